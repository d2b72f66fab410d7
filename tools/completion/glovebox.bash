# Completion for bash: source this file, or put it where bash-completion looks, under the
# name of each program (make install does).
_glovebox()
{
    local word line i typed before=
    local -a words=()
    # bash cuts words at = and : as well; the program needs them whole
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ $word == [=:]* || ${words[-1]} == *[=:] ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    typed=${words[-1]}
    [[ $typed != *[=:]* ]] || before=${typed%"${typed##*[=:]}"}
    COMPREPLY=()
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        case $line in
        :files | :dirs)
            compopt -o filenames 2>/dev/null
            [[ $line == :files ]] && i=-f || i=-d
            while IFS= read -r word; do COMPREPLY+=("$word"); done \
                < <(compgen $i -- "${typed#"$before"}")
            ;;
        *)
            COMPREPLY+=("${line#"$before"}")
            [[ $line != *= ]] || compopt -o nospace 2>/dev/null
            ;;
        esac
    done < <("${1%-mpi}" --complete "${words[@]}" 2>/dev/null)
}
complete -F _glovebox glove-run glove-sweep glove-vocab glove-vocab-mpi glove-cooccur glove-cooccur-mpi glove-shuffle glove-shuffle-mpi glove-train glove-train-mpi glove-eval glove-query glove-embed glove-report glove-plan glove-convert glove-clean
