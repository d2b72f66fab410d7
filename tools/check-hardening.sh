#!/bin/sh
# Is each of these programs and libraries hardened as the Makefile says (HARDENING)? Usage: check-hardening.sh PROGRAM ...
# Exit code 1 and a line for each that is missing.
set -eu

failed=0
# check PROGRAM WHAT PATTERN: a line of readelf's output, in $found, must match
check() {
    printf '%s\n' "$found" | grep -Eq "$3" || { echo "check-hardening.sh: $1: $2" >&2; failed=1; }
}
for program in "$@"; do
    found=$(LC_ALL=C readelf -hldW --dyn-syms "$program")
    case $program in
    *.so*) ;;
    *) check "$program" "not position-independent (-pie)" 'Flags:.* PIE' ;;
    esac
    check "$program" "relocations stay writable (-z relro)" '^ *GNU_RELRO '
    check "$program" "functions are bound late (-z now)" 'Flags:.* NOW'
    check "$program" "the stack is executable (-z noexecstack)" '^ *GNU_STACK .* RW +0x'
    check "$program" "no stack protector (-fstack-protector-strong)" ' __stack_chk_fail(@|$)'
    check "$program" "no fortified functions (-D_FORTIFY_SOURCE=2)" ' __[a-z]+_chk(@|$)'
done
exit $failed
