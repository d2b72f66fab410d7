#!/bin/sh
# Part of make install: glovebox(7) and the completion of the shells, into the folders where Debian's
# man, bash-completion, zsh and fish look.
# Usage: DESTDIR=... PREFIX=... install-shells.sh install|uninstall PROGRAM...
set -eu

share=${DESTDIR:-}${PREFIX:-/usr/local}/share
man=$share/man/man7
bash=$share/bash-completion/completions
zsh=$share/zsh/site-functions
fish=$share/fish/vendor_completions.d
mode=$1
shift

if [ "$mode" = uninstall ]; then
    rm -f "$man/glovebox.7" "$bash/glovebox" "$zsh/_glovebox" "$fish/glovebox.fish"
    for program in "$@"; do
        rm -f "$bash/$program"
    done
    exit 0
fi
install -d "$man" "$bash" "$zsh" "$fish"
install -m 644 docs/man/glovebox.7 "$man"
install -m 644 tools/completion/glovebox.bash "$bash/glovebox"
install -m 644 tools/completion/glovebox.zsh "$zsh/_glovebox"
install -m 644 tools/completion/glovebox.fish "$fish/glovebox.fish"
# bash-completion looks for a file with the name of the command
for program in "$@"; do
    ln -sf glovebox "$bash/$program"
done
