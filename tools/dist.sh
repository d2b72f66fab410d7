#!/bin/sh
# make dist: the source as a tarball, OUTPUT (glovebox-VERSION.tar.gz). In a git checkout it holds the
# last commit, whose name goes into the file COMMIT, so that programs built from the tarball can state
# it; without git, the tree as it is. The same commit always gives the same bytes.
# Usage: dist.sh OUTPUT
set -eu
output=$1
version=$(cat VERSION)
name=glovebox-$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"

# A checkout inside another repository is not that repository.
if [ -e .git ] && git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    when=$(git log -1 --format=%ct)
    git archive HEAD | tar -x -C "$work/$name"
    git rev-parse --short=12 HEAD >"$work/$name/COMMIT"
    [ -z "$(git status --porcelain)" ] || echo "dist.sh: the changes that are not committed are not in $output" >&2
else
    when=$(stat -c %Y CHANGELOG.md)
    tar -c --exclude=./build --exclude=./runs --exclude=./data --exclude='./*.tmp' . | tar -x -C "$work/$name"
fi

mkdir -p "$(dirname "$output")"
tar -c -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rwX,go=rX --mtime="@$when" "$name" |
    gzip -9n >"$output.tmp"
mv -f "$output.tmp" "$output"
