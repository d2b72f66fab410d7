#!/bin/sh
# make deb: Debian packages from the tarball of make dist, into the folder of the tarball. DEBFULLNAME
# and DEBEMAIL name the maintainer, as for Debian's own tools; the log stands in deb/build.log there.
# Usage: deb.sh TARBALL
set -eu
tarball=$1
version=$(cat VERSION)
out=$(dirname "$tarball")
work=$out/deb
tree=$work/glovebox-$version
maintainer="${DEBFULLNAME:-glovebox maintainers} <${DEBEMAIL:-maintainers@glovebox.invalid}>"

rm -rf "$work"
mkdir -p "$work"
tar -xzf "$tarball" -C "$work"
cp -R tools/debian "$tree/debian"
sed "s/@MAINTAINER@/$maintainer/" tools/debian/control >"$tree/debian/control"
cp LICENSE "$tree/debian/copyright"
# the date of the newest file is that of the commit
cat >"$tree/debian/changelog" <<END
glovebox ($version) unstable; urgency=medium

  * See CHANGELOG.md.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$(stat -c %Y "$tree/VERSION")")
END

# make's variables of the caller must not reach the build
if ! (cd "$tree" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" \
    dpkg-buildpackage -b -us -uc) >"$work/build.log" 2>&1; then
    tail -n 30 "$work/build.log" >&2
    echo "deb.sh: the packages could not be built; the whole log is in $work/build.log" >&2
    exit 1
fi
for package in "$work"/*.deb; do
    mv -f "$package" "$out/"
    echo "$out/${package##*/}"
done
rm -rf "$tree"
