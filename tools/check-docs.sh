#!/bin/sh
# Documentation: every link leads to a file and a heading that exist, every source file and page
# that is named exists, lines of prose and of comments in C have at most 100 columns (code, tables
# and URLs may be longer).
# Prints each breach; exit code 1 if there was one.
set -eu
LC_ALL=C # columns are counted from bytes
export LC_ALL

fail=0
breach() {
    echo "$1"
    fail=1
}

# the anchors of a page's headings, as GitHub makes them
anchors() {
    sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g'
}

pages=$(find . -path ./build -prune -o -path ./.git -prune -o -name '*.md' -print | sed 's,^\./,,' | sort)
for page in $pages; do
    folder=$(dirname "$page")
    for link in $(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//'); do
        case $link in
        http*) continue ;;
        *'#'*) anchor=${link#*#} ;;
        *) anchor= ;;
        esac
        target=${link%%#*}
        file=$folder/$target
        [ -n "$target" ] || file=$page
        if [ ! -e "$file" ]; then
            breach "$page: link to $link: no such file"
        elif [ -n "$anchor" ] && ! anchors "$file" | grep -qx -e "$anchor"; then
            breach "$page: link to $link: no such heading"
        fi
    done
    # `lib/base/gv_file.c` and the like
    for file in $(grep -o '`[a-z][a-z0-9]*/[a-z0-9_./-]*\.\([chy]\|py\|sh\|md\|json\)`' "$page" | tr -d '`' | sort -u); do
        root=${file%%/*}
        [ ! -d "$root" ] || [ "$root" = build ] || [ -e "$file" ] || breach "$page: $file: no such file"
    done
    awk -v page="$page" '
        /^```/ { code = !code }
        code || /^    / || /^\|/ || /https?:\/\// || /^<!--/ { next }
        {
            columns = $0
            gsub(/[\200-\277]/, "", columns) # bytes after the first of a UTF-8 character
            if (length(columns) > 100) {
                printf "%s:%d: %d columns; prose wraps at 100\n", page, NR, length(columns)
                bad = 1
            }
        }
        END { exit bad }' "$page" || fail=1
done

# pages that the sources name
sources=$(git ls-files '*.c' '*.h' '*.py' '*.sh' '*.1' Makefile)
for page in $(grep -oh '\bdocs/[a-z0-9/]*\.md' $sources | sort -u); do
    [ -e "$page" ] || breach "$(grep -l "$page" $sources | tr '\n' ' '): $page: no such page"
done

# comments, which clang-format leaves as they are where they are long
awk '
    /\/\*|^ *\*/ {
        columns = $0
        gsub(/[\200-\277]/, "", columns)
        if (length(columns) > 100) {
            printf "%s:%d: %d columns; comments wrap at 100\n", FILENAME, FNR, length(columns)
            bad = 1
        }
    }
    END { exit bad }' $(git ls-files '*.c' '*.h' '*.inc') || fail=1
exit $fail
