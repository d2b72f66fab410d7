/* Examples for the man pages. tests/cli/test_examples.c checks that the programs accept them. */
#include "app/gv_program_internal.h"

const gv_program_example gv_program_examples[] = {
    {"glove-run", "glove-run my.json", "run all stages into runs/my"},
    {"glove-run", "glove-run my.json --set train.dim=200 --set name=my200",
     "the same with other settings, into runs/my200"},
    {"glove-run", "glove-run my.json --to shuffle", "count now, train later"},
    {"glove-run", "glove-run --run-dir runs/my --from train --force",
     "train again in a run that exists, without counting again"},

    {"glove-vocab", "glove-vocab --config my.json", "count the words of corpus.files"},
    {"glove-vocab", "glove-vocab --set 'corpus.files=[\"a.txt.gz\",\"b.txt\"]' --run-dir runs/ab",
     "the same without a config file"},
    {"glove-vocab", "glove-vocab --config my.json --set vocab.max_size=50000",
     "keep only the 50000 most frequent words"},
    {"glove-vocab-mpi", "mpirun -np 4 glove-vocab-mpi --config my.json",
     "count words on four ranks"},

    {"glove-cooccur", "glove-cooccur --config my.json", "count co-occurrences"},
    {"glove-cooccur", "glove-cooccur --config my.json --set cooccur.memory_mb=8192",
     "with a larger memory budget"},
    {"glove-cooccur-mpi", "mpirun -np 4 glove-cooccur-mpi --config my.json",
     "count co-occurrences on four ranks"},

    {"glove-shuffle", "glove-shuffle --config my.json", "write store.db"},

    {"glove-train", "glove-train --config my.json", "train, or resume a training"},
    {"glove-train", "glove-train --config my.json --set train.objective=logistic",
     "train with the recommended objective"},
    {"glove-train", "glove-train --run-dir runs/my --set train.epochs=50",
     "continue a finished training to 50 epochs"},
    {"glove-train", "glove-train --config my.json --set 'output.formats=[\"text\",\"sqlite\"]'",
     "write the vectors in two formats; a finished training is not repeated"},
    {"glove-train-mpi", "mpirun -np 4 glove-train-mpi --config my.json", "train on four ranks"},

    {"glove-eval", "glove-eval --run-dir runs/my --set eval.analogies=questions-words.txt",
     "answer a file of analogies with the vectors of a run"},
    {"glove-eval", "glove-eval --vectors other.txt --set eval.similarity=men.tsv --json",
     "score vectors of another program, for a program to read"},
    {"glove-eval",
     "glove-eval --run-dir runs/my --set 'eval.analogies=sets/*.txt' --set eval.show_wrong=5",
     "answer several files, and list what is wrong"},
    {"glove-eval",
     "glove-eval --run-dir runs/my --set eval.analogies=questions-words.txt --set "
     "eval.vocab_limit=30000",
     "the same question file among the first 30,000 words, as most papers do"},
    {"glove-eval",
     "glove-eval --run-dir runs/my --set eval.similarity=rw.tsv --set eval.oov=subwords",
     "compare rare words, those that the vectors do not have by their n-grams"},

    {"glove-query", "glove-query --run-dir runs/my nearest frog", "the words nearest to frog"},
    {"glove-query", "glove-query --run-dir runs/my king - man + woman",
     "the words nearest to a sum"},
    {"glove-query", "glove-query --run-dir runs/my odd breakfast cereal dinner lunch",
     "the word that fits the others least"},
    {"glove-query", "glove-query --run-dir runs/my --top 3 analogy paris france tokyo",
     "paris is to france as tokyo is to ?"},
    {"glove-query", "glove-query --vectors other.txt", "a prompt for any file of vectors"},

    {"glove-embed", "glove-embed --run-dir runs/my reviews.txt --output reviews.vec",
     "one vector for each line of a file"},
    {"glove-embed", "glove-embed --run-dir runs/my --format npy --output texts.npy texts.zip",
     "the same as a NumPy matrix, from an archive"},
    {"glove-embed", "glove-embed --run-dir runs/my --induce contexts.tsv",
     "vectors of words from lines of a word, a TAB and a text that has it"},

    {"glove-report", "glove-report --run-dir runs/my", "write runs/my/report.html"},
    {"glove-report", "glove-report --run-dir runs/my --output my.html", "write it elsewhere"},

    {"glove-plan", "glove-plan --config my.json", "estimate what all stages need"},
    {"glove-plan", "glove-plan --config my.json --sample 20 --json",
     "read a fifth of the corpus; answer for programs"},

    {"glove-convert", "glove-convert vectors.txt vectors.bin",
     "convert text to word2vec's binary format"},
    {"glove-convert", "glove-convert check vectors.txt",
     "say what is wrong with a file of vectors"},
    {"glove-convert", "glove-convert counts-export runs/my/counts.bin cooccurrence.bin",
     "write the matrix as the reference does"},
    {"glove-convert", "glove-convert counts-import edges.csv counts.bin --vocab vocab.txt --mirror",
     "read a matrix of another program that has each pair in one order"},

    {"glove-clean", "glove-clean --dry-run runs/my", "list what could be removed"},
    {"glove-clean", "glove-clean --keep vectors runs/my",
     "keep the vectors and the scores, remove counts, store and checkpoints"},
    {"glove-clean", "glove-clean --keep store --keep vectors --yes runs/my runs/other",
     "keep the matrix, too, so that vectors can be trained without counting again"},
    {NULL, NULL, NULL}};
