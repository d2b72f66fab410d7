# Completion for fish: put this file into a folder of $fish_complete_path (make install does).
function __glovebox_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program (string replace -r -- '-mpi$' '' $words[1])
    for line in ($program --complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':files' ':dirs'
                __fish_complete_path (commandline -ct)
            case '*'
                echo $line
        end
    end
end
for program in glove-run glove-sweep glove-vocab glove-vocab-mpi glove-cooccur glove-cooccur-mpi glove-shuffle glove-shuffle-mpi glove-train glove-train-mpi glove-eval glove-query glove-embed glove-report glove-plan glove-convert glove-clean
    complete -c $program -f -a '(__glovebox_complete)'
end
