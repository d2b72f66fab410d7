#!/bin/sh
# Download text8 (the first 100 MB of cleaned English Wikipedia, Matt Mahoney) and check it.
# Usage: get-text8.sh URL FILE
set -eu

url=$1
file=$2
# of the unpacked text, so it does not matter how the archive was packed
md5=3bea1919949baf155f99411df5fada7e

for tool in curl bsdtar; do
    command -v $tool >/dev/null || {
        echo "get-text8.sh: please install curl and libarchive-tools (apt-get install)" >&2
        exit 1
    }
done
mkdir -p "$(dirname "$file")"
curl -fL --retry 2 -o "$file.zip" "$url" || {
    echo "get-text8.sh: cannot download $url: is there a network?" >&2
    exit 1
}
bsdtar -xOf "$file.zip" text8 >"$file.tmp"
if ! echo "$md5  $file.tmp" | md5sum -c --quiet -; then
    echo "get-text8.sh: what $url gave is not text8 (md5 differs from $md5)" >&2
    rm -f "$file.tmp"
    exit 1
fi
mv "$file.tmp" "$file"
rm -f "$file.zip"
