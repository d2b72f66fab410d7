#!/bin/sh
# Install what building, testing and checking glovebox needs, from Debian's packages.
# Says what it does; does nothing when all is there. Usage: install-deps.sh [build|test|dev]
set -eu

want=${1:-build}
build="gcc make libc6-dev pkg-config libsqlite3-dev libjansson-dev libarchive-dev libxxhash-dev
       libicu-dev libopenblas-dev libedit-dev"
test="libcriterion-dev sqlite3 zstd python3-gensim"
dev="clang clang-format clang-tidy cppcheck libclang-rt-14-dev man-db"
case $want in
build) packages=$build ;;
test) packages="$build $test" ;;
dev) packages="$build $test $dev" ;;
*) echo "install-deps.sh: unknown set $want (build, test, dev)" >&2; exit 2 ;;
esac

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "install-deps.sh: these packages (Debian's names) are missing and there is no apt-get:$missing" >&2
    exit 1
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing missing packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# $missing and $sudo are lists of words on purpose
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends $missing
