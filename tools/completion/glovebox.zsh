#compdef glove-run glove-sweep glove-vocab glove-vocab-mpi glove-cooccur glove-cooccur-mpi glove-shuffle glove-shuffle-mpi glove-train glove-train-mpi glove-eval glove-query glove-embed glove-report glove-plan glove-convert glove-clean
# Completion for zsh: put this file as _glovebox into a folder of $fpath (make install does).
local line value
local -a plain open
for line in "${(@f)$(${words[1]%-mpi} --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    value=${line%%$'\t'*}
    case $value in
    :files|:dirs)
        compset -P '*='
        if [[ $value == :files ]]; then _files; else _files -/; fi
        ;;
    *=) open+=("${value//:/\\:}:${line#*$'\t'}") ;;
    ?*) plain+=("${value//:/\\:}:${line#*$'\t'}") ;;
    esac
done
(( $#open )) && _describe -t keys key open -S ''
(( $#plain )) && _describe -t values value plain
return 0
