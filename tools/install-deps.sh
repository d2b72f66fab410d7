#!/bin/sh
# Install the Debian packages that are needed to build, test, measure or check glovebox.
# Does nothing if they are all installed. Usage: install-deps.sh [build|test|bench|dev|aarch64]
set -eu

want=${1:-build}
build="gcc make libc6-dev pkg-config libsqlite3-dev libjansson-dev libarchive-dev libxxhash-dev
       libicu-dev libopenblas-dev libedit-dev libopenmpi-dev openmpi-bin"
test="libcriterion-dev liblbfgs-dev iproute2 sqlite3 gzip bzip2 xz-utils zstd zip python3-gensim"
bench="python3 python3-numpy valgrind gnuplot-nox"
dev="clang clang-format cppcheck libclang-rt-14-dev python3"
aarch64="gcc-aarch64-linux-gnu qemu-user sqlite3"
case $want in
build) packages=$build ;;
test) packages="$build $test" ;;
bench) packages="$build $bench" ;;
dev) packages="$build $test $dev" ;;
aarch64) packages="$build $aarch64" ;;
*) echo "install-deps.sh: unknown set \"$want\" (use build, test, bench, dev or aarch64)" >&2; exit 2 ;;
esac

say() { echo "install-deps.sh: $*" >&2; }

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # another distribution: the compiler will name what is missing
    say "not a Debian system, nothing installed; install these packages (Debian's names):" $packages
    exit 0
fi

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo env DEBIAN_FRONTEND=noninteractive"
    if ! command -v sudo >/dev/null; then
        say "packages are missing and there is no sudo; run as root: apt-get install --no-install-recommends$missing"
        exit 1
    fi
fi
echo "Installing missing Debian packages${as_root:+ with sudo} (this may take minutes):$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin=$(date +%s)
# apt's output is shown only if it fails; $missing and $as_root are lists of words
if ! { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    say "apt-get failed (see above); run as root: apt-get update && apt-get install --no-install-recommends$missing"
    exit 1
fi
echo "Installed in $(($(date +%s) - begin)) s."
