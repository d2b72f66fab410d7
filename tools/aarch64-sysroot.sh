#!/bin/sh
# Unpack Debian's arm64 libraries that glovebox needs into a folder, for cross-building and qemu-user.
# Usage: aarch64-sysroot.sh DIR
#
# The system is left alone: apt works with package lists, a cache and an (empty) status of its own
# inside DIR, so it neither needs root nor installs anything, and finds what the libraries depend on
# by itself. No maintainer script runs; none of these packages needs one. About 45 MB are downloaded.
set -eu

dir=${1:?usage: aarch64-sysroot.sh DIR}
packages="libc6-dev libsqlite3-dev libjansson-dev libarchive-dev libxxhash-dev libicu-dev
          libedit-dev libexpat1-dev"
triplet=aarch64-linux-gnu

[ -f "$dir/.complete" ] && exit 0
for tool in apt-get dpkg-deb; do
    command -v $tool >/dev/null || { echo "aarch64-sysroot.sh: needs Debian's $tool" >&2; exit 1; }
done
echo "Unpacking Debian's arm64 libraries into $dir (about 45 MB to download) ..."
rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
apt=$(cd "$dir/apt" && pwd)
: >"$apt/status"

apt_get() {
    apt-get -q -y -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
        -o Debug::NoLocking=1 -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" \
        -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" "$@" >>"$apt/log" 2>&1 ||
        { cat "$apt/log" >&2; echo "aarch64-sysroot.sh: apt-get failed (above)" >&2; exit 1; }
}
apt_get update
# $packages is a list of words
apt_get install --no-install-recommends --download-only $packages
for package in "$apt"/archives/*.deb; do
    dpkg-deb -x "$package" "$dir"
done
rm -rf "$apt"

# absolute links would lead out of the folder
find "$dir" -type l -lname '/*' | while read -r link; do
    target=$(readlink "$link")
    ln -sfn "$(realpath -m --relative-to "$(dirname "$link")" "$dir$target")" "$link"
done
: >"$dir/.complete"
