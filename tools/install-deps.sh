#!/bin/sh
# Install the Debian packages that are needed to build, test, measure or check glovebox. Does nothing
# if they are all there. What can be done without (MPI, programs that only some tests use) is
# installed, too, but its lack is no failure.
# Usage: install-deps.sh [build|test|bench|dev|aarch64|deb]
#   DEPS=no         install nothing, only say what is missing
#   DEPS_WAIT=300   seconds to wait while another program uses apt
set -eu
PATH=$PATH:/usr/sbin:/sbin # dpkg needs them; `su` does not set them

want=${1:-build}
build="gcc make libc6-dev pkg-config libsqlite3-dev libjansson-dev libarchive-dev libexpat1-dev
       libxxhash-dev libicu-dev libedit-dev"
mpi="libopenmpi-dev openmpi-bin"
test_extra="liblbfgs-dev iproute2 sqlite3 gzip bzip2 xz-utils zstd zip python3-gensim fasttext
            python3-pandas python3-sklearn mypy r-base-core r-cran-matrix chromium"
needed=$build
optional=$mpi
case $want in
build) ;;
test) needed="$build libcriterion-dev" optional="$mpi $test_extra" ;;
bench) needed="$build python3 python3-numpy valgrind gnuplot-nox" ;;
dev)
    needed="$build libcriterion-dev clang clang-format clang-tidy cppcheck libclang-rt-14-dev python3"
    optional="$mpi $test_extra"
    ;;
aarch64) needed="$build gcc-aarch64-linux-gnu qemu-user sqlite3" ;;
deb) needed="$build $mpi build-essential debhelper dpkg-dev" optional= ;;
*) echo "install-deps.sh: unknown set \"$want\" (use build, test, bench, dev, aarch64 or deb)" >&2; exit 2 ;;
esac

say() { echo "install-deps.sh: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Is what a package gives there, from wherever it comes? Asked about packages that are not installed.
found() {
    case $1 in
    gcc) has "${CC:-gcc}" ;;
    make | zstd | zip | sqlite3 | gzip | bzip2 | valgrind | clang | clang-format | clang-tidy | cppcheck) has "$1" ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    pkg-config) has pkg-config ;;
    libsqlite3-dev) module sqlite3 ;;
    libjansson-dev) module jansson ;;
    libarchive-dev) module libarchive ;;
    libexpat1-dev) module expat ;;
    libxxhash-dev) module libxxhash ;;
    libicu-dev) module icu-i18n ;;
    libedit-dev) module libedit ;;
    libopenmpi-dev) module ompi-c ;;
    libcriterion-dev) module criterion ;;
    openmpi-bin) has mpirun ;;
    fasttext) has fasttext ;;
    mypy) has mypy ;;
    chromium) has chromium || has chromium-browser || has google-chrome ;;
    r-base-core) has Rscript ;;
    iproute2) has ip ;;
    xz-utils) has xz ;;
    *) false ;;
    esac
}
module() { has pkg-config && pkg-config --exists "$1" 2>/dev/null; }

# missing PACKAGE...: those that are not there, each after a blank
missing() {
    for package in "$@"; do
        if has dpkg-query; then
            dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
        fi
        found "$package" || printf ' %s' "$package"
    done
}
# the lists are words
look() {
    missing_needed=$(missing $needed)
    missing_optional=$(missing $optional)
}
look
[ -n "$missing_needed$missing_optional" ] || exit 0

# What is lost without the optional packages that are missing.
losses() {
    case $missing_optional in *mpi*) say "without Open MPI the programs of many ranks (glove-*-mpi) are not built" ;; esac
    [ "$want" = build ] || say "tests that need what is missing are skipped"
}
# give_up REASON: nothing can be installed. Go on if nothing that is missing is needed.
give_up() {
    advice="apt-get update && apt-get install -y --no-install-recommends$missing_needed$missing_optional"
    if ! has apt-get; then
        advice="install these packages, by their names in Debian:$missing_needed$missing_optional"
    elif [ "$(id -u)" != 0 ]; then
        advice="ask an administrator to run: $advice"
    else
        advice="run: $advice"
    fi
    if [ -n "$missing_needed" ]; then
        say "error: needed packages are missing, and $1;"
        say "$advice"
        exit 1
    fi
    say "not installed:$missing_optional ($1)"
    losses
    [ "${DEPS:-}" = no ] || say "to have them, $advice"
    exit 0
}

[ "${DEPS:-}" != no ] || give_up "DEPS=no forbids to install them"
has apt-get || give_up "this is no Debian system (no apt-get)"
as_root=
if [ "$(id -u)" != 0 ]; then
    has sudo || give_up "there is no sudo"
    as_root="sudo -n"
    if ! sudo -n true 2>/dev/null; then
        # nobody is asked for a password for what can be done without
        { [ -n "$missing_needed" ] && [ -t 2 ] && (: </dev/tty) 2>/dev/null; } || give_up "sudo needs a password"
        sudo -v || give_up "sudo refused"
        as_root=sudo
    fi
    as_root="$as_root env DEBIAN_FRONTEND=noninteractive"
fi
export DEBIAN_FRONTEND=noninteractive

echo "Installing missing Debian packages${as_root:+ with sudo} (this may take minutes):$missing_needed$missing_optional"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
begin=$(date +%s)
LC_ALL=C
export LC_ALL # the log is searched for messages

# apt ARGUMENT...: apt-get, whose output goes to the log; waits while another program uses apt
apt() {
    until $as_root apt-get "$@" >"$log" 2>&1; do
        grep -Eq 'Could not get lock|Unable to (acquire|lock)' "$log" || return 1
        if [ $(($(date +%s) - begin)) -ge "${DEPS_WAIT:-300}" ]; then return 1; fi
        [ -n "${waiting:-}" ] || say "another program is using apt; waiting until it has ended"
        waiting=yes
        sleep 3
    done
}
install() { apt install -y --no-install-recommends "$@"; }
# Why the last command failed, in few words.
why() {
    if grep -Eq 'Could not get lock|Unable to (acquire|lock)' "$log"; then
        echo "another program is using apt"
    elif grep -Eq 'Could not resolve|Temporary failure|Unable to connect|Could not connect|Network is unreachable|Failed to fetch' "$log"; then
        echo "Debian's package servers cannot be reached (is there a network?)"
    elif grep -q 'Unable to locate package\|has no installation candidate' "$log"; then
        echo "apt knows no $(sed -n "s/.*Unable to locate package \([^ ]*\).*/\1/p; s/.*Package '\([^']*\)' has no.*/\1/p" "$log" | tr '\n' ' ')(its sources need Debian's \"main\")"
    elif grep -Eiq 'password|sudoers' "$log"; then
        echo "sudo refused"
    else
        grep -E '^(E|dpkg|sudo):' "$log" | head -n 5 >&2
        echo "apt-get failed"
    fi
}

# an update may fail because of a source that is not needed, or for lack of a network: the lists that
# are there may do
apt update || true
unreachable=$(grep -Ec 'Could not resolve|Temporary failure|Unable to connect|Could not connect|Network is unreachable' "$log" || true)
if ! install $missing_needed $missing_optional; then
    reason=$(why)
    [ "$unreachable" = 0 ] || reason="Debian's package servers cannot be reached (is there a network?)"
    [ -z "$missing_needed" ] || [ -z "$missing_optional" ] || install $missing_needed || true
    look
    [ -n "$missing_needed" ] || for package in $missing_optional; do install "$package" || true; done
    look
    [ -z "$missing_needed$missing_optional" ] || give_up "$reason"
fi
echo "Installed in $(($(date +%s) - begin)) s."
