/*
 * The table of config keys. Its order is that of every printed config, recipe, help and document;
 * the keys of a section are neighbours.
 *
 * `decides` is what makes a file stale: it names the stages whose output has other bytes when the
 * key has another value. It leaves out files (they are compared by checksum) and threads, memory
 * budgets and folders (they change no byte).
 */
#include "config/gv_config_key.h"
#include "config/gv_config_variable.h"

#include <math.h>
#include <string.h>

/* The largest integer that every JSON reader holds exactly. */
#define JSON_INT_MAX 9007199254740991.0
#define MB_MAX       1073741824.0
#define EPOCH_MAX    1000000.0
#define THREADS_MAX  1024.0
#define NGRAM_MAX    100.0

#define VOCAB   GV_STAGE_VOCAB
#define COOCCUR GV_STAGE_COOCCUR
#define SHUFFLE GV_STAGE_SHUFFLE
#define TRAIN   GV_STAGE_TRAIN
#define OUTPUT  GV_STAGE_OUTPUT
#define EVAL    GV_STAGE_EVAL
#define EPOCHS  GV_STAGE_EPOCHS
#define ENCODE  GV_STAGE_ENCODE

/* The order of each list is that of its enum in gv_config.h. */
static const char *const tokenizers[] = {"whitespace", "unicode", NULL};
static const char *const spaces[] = {"ascii", "unicode", NULL};
static const char *const oovs[] = {"skip", "subwords", NULL};
static const char *const lowercases[] = {"simple", "fold", NULL};
static const char *const binaries[] = {"refuse", "accept", NULL};
static const char *const corpus_formats[] = {"text", "jsonl", "csv", "tsv", "wikipedia", NULL};
static const char *const documents[] = {"line", "file", "none", NULL};
static const char *const phrase_scores[] = {"npmi", "word2vec", NULL};
static const char *const weightings[] = {"harmonic", "flat", "dynamic", NULL};
static const char *const objectives[] = {"glove", "word2vec", "logistic", NULL};
static const char *const architectures[] = {"skipgram", "cbow", NULL};
static const char *const distributions[] = {"rotation", "downpour", "sandblaster", NULL};
static const char *const eta_schedules[] = {"constant", "falling", NULL};
static const char *const optimizers[] = {"adagrad", "sgd", NULL};
static const char *const schedules[] = {"ordered",     "hogwild",  "atomic", "locked",
                                        "round_robin", "averaged", NULL};
static const char *const formats[] = {"text", "word2vec",  "sqlite",   "safetensors",
                                      "npy",  "projector", "fasttext", NULL};
static const char *const vectors[] = {"sum", "word", "context", "concat", NULL};

_Static_assert(sizeof(enum gv_config_tokenizer) == sizeof(unsigned) &&
                   sizeof(enum gv_config_lowercase) == sizeof(unsigned),
               "choices are stored as unsigned");

#define AT(field) .offset = offsetof(gv_config, field)
#define WORD2VEC_DEFAULT(json)                                                                     \
    {                                                                                              \
        "train.objective", "word2vec", json                                                        \
    }
#define LOGISTIC_DEFAULT(json)                                                                     \
    {                                                                                              \
        "train.objective", "logistic", json                                                        \
    }

/* Objectives as bits. */
#define FOR_GLOVE    (1u << GV_OBJECTIVE_GLOVE)
#define FOR_WORD2VEC (1u << GV_OBJECTIVE_WORD2VEC)
#define FOR_LOGISTIC (1u << GV_OBJECTIVE_LOGISTIC)

const gv_config_key gv_config_key_table[] = {
    {"name", "names the run directory, `runs/<name>`", GV_KEY_STRING, AT(name),
     .reads = VOCAB | COOCCUR | SHUFFLE | TRAIN | EVAL},

    {"corpus.files",
     "files, patterns (`*`, `**`), folders or archives (zip, tar, 7z); `-` is standard input; "
     "compressed files (gzip, bzip2, xz, zstd, lz4) are decompressed",
     GV_KEY_STRINGS, AT(corpus_files), "[]", .reads = VOCAB | COOCCUR},
    {"corpus.counted",
     "those of `corpus.files` that were counted before and are not read again; what they gave is "
     "in "
     "the folder `base` of the run directory (docs/append.md)",
     GV_KEY_STRINGS, AT(corpus_counted), "[]", .reads = VOCAB | COOCCUR | TRAIN},
    {"corpus.pattern",
     "which files of folders and members of archives are read: patterns for the name, or for the "
     "path inside if they have a slash; hidden files are left out",
     GV_KEY_STRINGS, AT(corpus_pattern), "[\"*\"]", .reads = VOCAB | COOCCUR, .decides = VOCAB,
     .omit_default = true},
    {"corpus.format",
     "what the files hold. `text`: text; `jsonl`: JSON, one record a line; `csv`, `tsv`: tables; "
     "`wikipedia`: a dump of a wiki (`pages-articles.xml.bz2`). A record, row or page is read as "
     "one line of text",
     GV_KEY_CHOICE, AT(corpus_format), "\"text\"", .choices = corpus_formats,
     .reads = VOCAB | COOCCUR, .decides = VOCAB, .omit_default = true},
    {"corpus.field",
     "`jsonl`: which field of a record is the text: a path with dots (`data.body`), or a list of "
     "them, whose texts are put one behind the other",
     GV_KEY_STRINGS, AT(corpus_field), "[\"text\"]",
     .needs = {.key = "corpus.format", .values = {"jsonl"}}, .reads = VOCAB | COOCCUR,
     .decides = VOCAB, .omit_default = true},
    {"corpus.column",
     "`csv`, `tsv`: which column is the text: its name in the first line, or its number, from 1, "
     "in a file without names; or a list of them",
     GV_KEY_STRINGS, AT(corpus_column), "[\"text\"]", .numbers = true,
     .needs = {.key = "corpus.format", .values = {"csv", "tsv"}}, .reads = VOCAB | COOCCUR,
     .decides = VOCAB, .omit_default = true},
    {"corpus.binary",
     "files that are no UTF-8 text. `refuse`: an error that says what they are; `accept`: their "
     "bytes are read as text",
     GV_KEY_CHOICE, AT(corpus_binary), "\"refuse\"", .choices = binaries, .reads = VOCAB | COOCCUR,
     .decides = VOCAB, .omit_default = true},
    {"corpus.tokenizer",
     "`whitespace`: the bytes between ASCII white space; `unicode`: NFKC and word segmentation",
     GV_KEY_CHOICE, AT(corpus_tokenizer), "\"whitespace\"", .choices = tokenizers,
     .reads = VOCAB | COOCCUR, .decides = VOCAB},
    {"corpus.spaces",
     "white space between words. `ascii`: blanks, tabs, ends of lines; `unicode`: no-break and "
     "ideographic spaces and all others, too",
     GV_KEY_CHOICE, AT(corpus_spaces), "\"ascii\"", .choices = spaces, .reads = VOCAB | COOCCUR,
     .decides = VOCAB, .omit_default = true},
    {"corpus.lowercase",
     "`simple`, which `true` means: lower case, with the final sigma; `fold`: full Unicode case "
     "folding (`ß` becomes `ss`), which `true` meant before",
     GV_KEY_LOWERCASE, AT(corpus_lowercase), "false", .choices = lowercases,
     .reads = VOCAB | COOCCUR, .decides = VOCAB},
    {"corpus.documents",
     "where windows end. `line`: at each newline; `file`: at the end of each file; `none`: nowhere",
     GV_KEY_CHOICE, AT(corpus_documents), "\"line\"", .choices = documents,
     .reads = VOCAB | COOCCUR, .decides = COOCCUR | ENCODE, .decides_phrases = VOCAB},

    {"vocab.min_count", "leave out words with fewer occurrences", GV_KEY_UINT64,
     AT(vocab_min_count), "5", 0, JSON_INT_MAX, .needs = {.key = "vocab.file", .unset = true},
     .reads = VOCAB, .decides = VOCAB},
    {"vocab.max_size", "keep only this many of the most frequent words; 0: no limit", GV_KEY_UINT64,
     AT(vocab_max_size), "0", 0, (double)(UINT32_MAX - 16),
     .needs = {.key = "vocab.file", .unset = true}, .reads = VOCAB, .decides = VOCAB},
    {"vocab.file", "use the vocabulary of this file; null: build it from the corpus", GV_KEY_STRING,
     AT(vocab_file), "null", .nullable = true, .reads = VOCAB},
    {"vocab.extend",
     "a vocabulary that grows: all its words stay, and the corpus adds to their counts; null: none",
     GV_KEY_STRING, AT(vocab_extend), "null", .nullable = true, .reads = VOCAB},
    {"vocab.phrases",
     "number of passes over the text that look for phrases (`new york`), which are read as one "
     "word (`new_york`) from then on; each pass can make them twice as long; 0: none",
     GV_KEY_UINT32, AT(vocab_phrases), "0", 0, 8, .reads = VOCAB | COOCCUR, .decides = VOCAB,
     .omit_default = true},
    {"vocab.phrase_min_count", "least number of occurrences of a phrase, and of each of its parts",
     GV_KEY_UINT64, AT(vocab_phrase_min_count), "10", 1, JSON_INT_MAX,
     .needs = {.key = "vocab.phrases"}, .reads = VOCAB, .decides = VOCAB, .omit_default = true},
    {"vocab.phrase_score",
     "how strongly two words attract each other. `npmi`: normalised pointwise mutual information, "
     "from -1 to 1; `word2vec`: (count - vocab.phrase_min_count) tokens / (count of one x count of "
     "the other)",
     GV_KEY_CHOICE, AT(vocab_phrase_score), "\"npmi\"", .choices = phrase_scores,
     .needs = {.key = "vocab.phrases"}, .reads = VOCAB, .decides = VOCAB, .omit_default = true},
    {"vocab.phrase_threshold", "the least score of a phrase", GV_KEY_REAL,
     AT(vocab_phrase_threshold), "0.5", -1, 1e12,
     .except = {{"vocab.phrase_score", "word2vec", "100"}}, .needs = {.key = "vocab.phrases"},
     .reads = VOCAB, .decides = VOCAB, .omit_default = true},
    {"vocab.phrase_spans",
     "words that a phrase may have inside, at most two between others, and never at its ends: "
     "`[\"of\", \"the\"]` allows `bank_of_england`",
     GV_KEY_STRINGS, AT(vocab_phrase_spans), "[]", .needs = {.key = "vocab.phrases"},
     .reads = VOCAB, .decides = VOCAB, .omit_default = true},
    {"vocab.phrase_file",
     "a list of phrases to be read as one word, one a line; more are found if `vocab.phrases` says "
     "so; null: no list",
     GV_KEY_STRING, AT(vocab_phrase_file), "null", .nullable = true, .reads = VOCAB | COOCCUR},
    {"vocab.stop_file",
     "a list of words that are never counted, one a line (`the`, `of`...); null: none",
     GV_KEY_STRING, AT(vocab_stop_file), "null", .nullable = true, .reads = VOCAB | COOCCUR},
    {"vocab.stop_gap",
     "true: stop words keep their places in windows; false: the words around them move together, "
     "as around all words that are not in the vocabulary",
     GV_KEY_BOOL, AT(vocab_stop_gap), "false", .needs = {.key = "vocab.stop_file"},
     .reads = COOCCUR, .decides = COOCCUR, .omit_default = true,
     .objectives = FOR_GLOVE | FOR_LOGISTIC},
    {"vocab.memory_mb", "memory budget for building the vocabulary, in MiB", GV_KEY_UINT64,
     AT(vocab_memory_mb), "2048", 1, MB_MAX, .machine = true, .reads = VOCAB},

    {"cooccur.window", "words on each side that count as context", GV_KEY_UINT32,
     AT(cooccur_window), "15", 1, 1000, .reads = COOCCUR, .decides = COOCCUR},
    {"cooccur.symmetric", "false: only the words to the left are context", GV_KEY_BOOL,
     AT(cooccur_symmetric), "true", .reads = COOCCUR, .decides = COOCCUR},
    {"cooccur.weighting",
     "weight of a pair at distance k. `harmonic`: 1/k; `flat`: 1; `dynamic`: "
     "(window - k + 1) / window; or a list with one number per distance, whose length must be "
     "`cooccur.window` or sets it",
     GV_KEY_WEIGHTING, AT(cooccur_weighting), "\"harmonic\"", 0, 1000000, .choices = weightings,
     .reads = COOCCUR, .decides = COOCCUR},
    {"cooccur.sample",
     "drop frequent words at random before counting, as word2vec does: a word with the share f of "
     "the text is kept with probability (sqrt(f / sample) + 1) sample / f; 0: off",
     GV_KEY_REAL, AT(cooccur_sample), "0", 0, 1, .reads = COOCCUR, .decides = COOCCUR,
     .omit_default = true},
    {"cooccur.seed", "seed for `cooccur.sample`", GV_KEY_UINT64, AT(cooccur_seed), "1", 0,
     JSON_INT_MAX, .needs = {.key = "cooccur.sample"}, .reads = COOCCUR, .decides = COOCCUR,
     .omit_default = true},
    {"cooccur.memory_mb", "memory budget for counting, in MiB", GV_KEY_UINT64,
     AT(cooccur_memory_mb), "4096", 1, MB_MAX, .machine = true, .reads = COOCCUR},
    {"cooccur.threads", "threads for vocabulary, counting and shuffle; 0: all cores", GV_KEY_UINT32,
     AT(cooccur_threads), "0", 0, THREADS_MAX, .machine = true, .reads = VOCAB | COOCCUR | SHUFFLE},
    {"cooccur.temp_dir", "folder for temporary files; null: the run directory", GV_KEY_STRING,
     AT(cooccur_temp_dir), "null", .nullable = true, .machine = true,
     .reads = VOCAB | COOCCUR | SHUFFLE},

    {"shuffle.seed", "seed for the order of records and for the assignment of segments to groups",
     GV_KEY_UINT64, AT(shuffle_seed), "1", 0, JSON_INT_MAX, .reads = SHUFFLE, .decides = SHUFFLE},
    {"shuffle.memory_mb", "memory budget for the shuffle, in MiB", GV_KEY_UINT64,
     AT(shuffle_memory_mb), "2048", 1, MB_MAX, .machine = true, .reads = SHUFFLE},

    {"store.part_dirs",
     "folders with the parts of a store in parts (docs/store.md), in the order in which they "
     "are searched; last comes the folder of store.db. A rank writes its part to the first one "
     "that its machine has",
     GV_KEY_STRINGS, AT(store_part_dirs), "[]", .reads = SHUFFLE | TRAIN,
     .objectives = FOR_GLOVE | FOR_LOGISTIC},

    {"train.dim", "dimensions of a vector", GV_KEY_UINT32, AT(train_dim), "100", 1, 4096,
     .reads = TRAIN, .decides = TRAIN},
    {"train.epochs", "number of epochs; in each one every record is trained on once", GV_KEY_UINT32,
     AT(train_epochs), "25", 0, EPOCH_MAX, .reads = TRAIN, .decides = EPOCHS,
     .except = {LOGISTIC_DEFAULT("12")}},
    {"train.eta", "initial learning rate", GV_KEY_REAL, AT(train_eta), "0.05", 0, 100,
     .above_min = true, .reads = TRAIN, .decides = TRAIN,
     .except = {WORD2VEC_DEFAULT("0.025"), LOGISTIC_DEFAULT("0.3")}},
    {"train.alpha", "exponent of the weight f(x) = (x / x_max)^alpha", GV_KEY_REAL, AT(train_alpha),
     "0.75", 0, 10, .reads = TRAIN, .decides = TRAIN, .objectives = FOR_GLOVE | FOR_LOGISTIC},
    {"train.x_max",
     "counts from this value on have weight 1; `glove`: 100 suits billions of tokens, 10 millions",
     GV_KEY_REAL, AT(train_x_max), "100", 0, 1e18, .above_min = true, .reads = TRAIN,
     .decides = TRAIN, .objectives = FOR_GLOVE | FOR_LOGISTIC, .except = {LOGISTIC_DEFAULT("50")}},
    {"train.unseen_weight",
     "`logistic`: weight of an unseen pair (one that never co-occurred); a seen pair has f(x)",
     GV_KEY_REAL, AT(train_unseen_weight), "0.2", 0, 1e6, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.unseen_draws", "`logistic`: unseen pairs drawn for each seen pair", GV_KEY_REAL,
     AT(train_unseen_draws), "1", 0, 1000, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.unseen_ratio",
     "`logistic`: pairs expected by chance for each counted pair; the k of negative sampling",
     GV_KEY_REAL, AT(train_unseen_ratio), "2", 0, 1e6, .above_min = true, .reads = TRAIN,
     .decides = TRAIN, .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.unseen_power",
     "`logistic`: a context occurs by chance in proportion to this power of its count", GV_KEY_REAL,
     AT(train_unseen_power), "0.75", 0, 10, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.unseen_draw_power",
     "`logistic`: unseen pairs are drawn in proportion to this power of both words' counts",
     GV_KEY_REAL, AT(train_unseen_draw_power), "0.6", 0, 10, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.unseen_focus",
     "`logistic`: 0: unseen pairs count by their cross-entropy; 1: those that the model thinks "
     "are likely count more, others less",
     GV_KEY_REAL, AT(train_unseen_focus), "1", 0, 1, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.logit_weight",
     "`logistic`: weight of the error of log(p / (1 - p)) of a seen pair, relative to that of p",
     GV_KEY_REAL, AT(train_logit_weight), "0.1", 0, 1000, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.logit_bound",
     "`logistic`: limit of the error of log(p / (1 - p)); a larger one counts as this", GV_KEY_REAL,
     AT(train_logit_bound), "3", 0, 1e6, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.weight_decay",
     "`logistic`: vectors shrink by this share before each epoch but the first", GV_KEY_REAL,
     AT(train_weight_decay), "0.08", 0, 1, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_LOGISTIC, .omit_default = true},
    {"train.grad_clip", "clip gradient components to this magnitude; null: no clipping",
     GV_KEY_REAL, AT(train_grad_clip), "100", 0, 1e18, .above_min = true, .nullable = true,
     .null_value = INFINITY, .reads = TRAIN, .decides = TRAIN, .objectives = FOR_GLOVE},
    {"train.bias_eta", "learning rate of the biases; null: `train.eta`, as in the paper",
     GV_KEY_REAL, AT(train_bias_eta), "1", 0, 100, .nullable = true, .null_value = NAN,
     .reads = TRAIN, .decides = TRAIN, .objectives = FOR_GLOVE,
     .except = {{"train.optimizer", "sgd", "null"}}},
    {"train.threads", "threads for training and evaluation; 0: all cores", GV_KEY_UINT32,
     AT(train_threads), "0", 0, THREADS_MAX, .machine = true, .reads = TRAIN | EVAL},
    {"train.seed", "seed for the initial vectors and for the order of each epoch", GV_KEY_UINT64,
     AT(train_seed), "1", 0, JSON_INT_MAX, .reads = TRAIN, .decides = TRAIN},
    {"train.objective",
     "`glove`: fits the logarithms of the counts; `logistic`: also learns from unseen pairs, and "
     "gives better vectors (docs/quality.md); `word2vec`: negative sampling along the text",
     GV_KEY_CHOICE, AT(train_objective), "\"glove\"", .choices = objectives, .reads = TRAIN,
     .decides = TRAIN},
    {"train.eta_schedule",
     "`logistic`: `falling`: the learning rate falls to nearly 0 over the epochs, so that few of "
     "them suffice; `constant`: it stays as it is, and more epochs can continue a training",
     GV_KEY_CHOICE, AT(train_eta_schedule), "\"falling\"", .choices = eta_schedules, .reads = TRAIN,
     .decides = TRAIN, .objectives = FOR_LOGISTIC, .omit_default = true, .before = "\"constant\""},
    {"train.init",
     "words that are in this file of vectors (of any format), or in this run directory, start from "
     "there, the others at random (docs/fine-tuning.md); null: all at random",
     GV_KEY_STRING, AT(train_init), "null", .nullable = true, .reads = TRAIN},
    {"train.init_context",
     "likewise for context vectors; the vectors of `train.init` are then word vectors",
     GV_KEY_STRING, AT(train_init_context), "null", .nullable = true,
     .needs = {.key = "train.init"}, .reads = TRAIN},
    {"train.retrofit",
     "pull words towards where `train.init` let them start; the mu of Mittens; 0: do not",
     GV_KEY_REAL, AT(train_retrofit), "0", 0, 1e12, .needs = {.key = "train.init"}, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true},
    {"train.freeze", "words that `train.init` has stay as they are there; only others are trained",
     GV_KEY_BOOL, AT(train_freeze), "false", .needs = {.key = "train.init"}, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true},
    {"train.schedule",
     "how threads share the model. `ordered`: the same bytes for any number of threads; `hogwild`: "
     "threads never wait",
     GV_KEY_CHOICE, AT(train_schedule), "\"ordered\"", .choices = schedules, .reads = TRAIN,
     .decides = TRAIN, .except = {WORD2VEC_DEFAULT("\"hogwild\"")}, .user_choices = 2,
     .experiments = "`atomic`, `locked`, `round_robin`, `averaged`: other ways to share the model"},
    {"train.optimizer",
     "`adagrad`: each parameter has its own step size; `sgd`: all have the same, `train.eta`",
     GV_KEY_CHOICE, AT(train_optimizer), "\"adagrad\"", .choices = optimizers, .reads = TRAIN,
     .decides = TRAIN, .objectives = FOR_GLOVE, .omit_default = true, .experiment = true},
    {"train.step_decay", "`sgd`: factor of the step size from each epoch to the next", GV_KEY_REAL,
     AT(train_step_decay), "0.9", 0, 1, .above_min = true,
     .needs = {.key = "train.optimizer", .values = {"sgd"}}, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_GLOVE, .omit_default = true, .experiment = true},
    {"train.architecture",
     "`word2vec`: `skipgram` predicts each neighbour from the word, `cbow` the word from all its "
     "neighbours",
     GV_KEY_CHOICE, AT(train_architecture), "\"skipgram\"", .choices = architectures,
     .reads = TRAIN, .decides = TRAIN, .objectives = FOR_WORD2VEC, .omit_default = true},
    {"train.window",
     "`word2vec`: maximum number of neighbours on each side; the number is drawn for each word",
     GV_KEY_UINT32, AT(train_window), "5", 1, 1000, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_WORD2VEC, .omit_default = true},
    {"train.negative", "`word2vec`: noise words for each predicted word", GV_KEY_UINT32,
     AT(train_negative), "5", 1, 1000, .reads = TRAIN, .decides = TRAIN, .objectives = FOR_WORD2VEC,
     .omit_default = true},
    {"train.sample",
     "`word2vec`: words with a larger share of the text than this are dropped at random; 0: off",
     GV_KEY_REAL, AT(train_sample), "0.001", 0, 1, .reads = TRAIN, .decides = TRAIN,
     .objectives = FOR_WORD2VEC, .omit_default = true},
    {"train.checkpoint_every", "epochs between checkpoints (there is also one every minute)",
     GV_KEY_UINT32, AT(train_checkpoint_every), "1", 1, EPOCH_MAX, .machine = true, .reads = TRAIN},
    {"train.memory_mb", "memory budget for training, in MiB; 0: what the machine has",
     GV_KEY_UINT64, AT(train_memory_mb), "0", 0, MB_MAX, .machine = true, .reads = TRAIN},
    {"train.distributed",
     "how `glove-train-mpi` divides the work. `rotation`: the same bytes as `glove-train`; "
     "`downpour`: Downpour SGD with parameter servers; `sandblaster`: Sandblaster L-BFGS",
     GV_KEY_CHOICE, AT(train_distributed), "\"rotation\"", .choices = distributions, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true, .experiment = true},
    {"train.servers",
     "`downpour`, `sandblaster`: ranks that are parameter servers; 0: a third of all, at least one",
     GV_KEY_UINT32, AT(train_servers), "0", 0, THREADS_MAX, .machine = true,
     .needs = {.key = "train.distributed", .values = {"downpour", "sandblaster"}}, .reads = TRAIN,
     .experiment = true},
    {"train.n_fetch", "`downpour`: tiles between two fetches of parameters", GV_KEY_UINT32,
     AT(train_n_fetch), "100", 1, EPOCH_MAX,
     .needs = {.key = "train.distributed", .values = {"downpour"}}, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true, .experiment = true},
    {"train.n_push", "`downpour`: tiles between two pushes of gradients", GV_KEY_UINT32,
     AT(train_n_push), "100", 1, EPOCH_MAX,
     .needs = {.key = "train.distributed", .values = {"downpour"}}, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true, .experiment = true},
    {"train.warm_start",
     "`downpour`: epochs (or a fraction of one) that one replica trains alone at first",
     GV_KEY_REAL, AT(train_warm_start), "0", 0, EPOCH_MAX,
     .needs = {.key = "train.distributed", .values = {"downpour"}}, .reads = TRAIN,
     .decides = TRAIN, .omit_default = true, .experiment = true},

    {"mpi.deadline_s", "seconds of silence after which a rank counts as lost; 0: never",
     GV_KEY_REAL, AT(mpi_deadline_s), "60", 0, EPOCH_MAX, .machine = true,
     .reads = COOCCUR | SHUFFLE | TRAIN},

    {"eval.analogies", "files of analogy questions: four words per line, below `: section` lines",
     GV_KEY_STRINGS, AT(eval_analogies), "[]", .reads = EVAL, .decides = EVAL},
    {"eval.similarity", "files of word pairs: two words and a score per line", GV_KEY_STRINGS,
     AT(eval_similarity), "[]", .reads = EVAL, .decides = EVAL},
    {"eval.categories", "files of words with their categories: `word TAB category` lines",
     GV_KEY_STRINGS, AT(eval_categories), "[]", .reads = EVAL, .decides = EVAL,
     .omit_default = true},
    {"eval.outliers",
     "files of sets with outliers: words one per line, an empty line, words that do not belong to "
     "them",
     GV_KEY_STRINGS, AT(eval_outliers), "[]", .reads = EVAL, .decides = EVAL, .omit_default = true},
    {"eval.probes",
     "files of probes: sets of words for WEAT (`: target NAME`, `: attribute NAME`), axes of pairs "
     "(`: axis NAME`) and words to project onto them",
     GV_KEY_STRINGS, AT(eval_probes), "[]", .reads = EVAL, .decides = EVAL, .omit_default = true},
    {"eval.oov",
     "words that are not in the vectors. `skip`: what they occur in is left out; `subwords`: word "
     "pairs, categories, outliers and probes use their vectors from subwords.bin (analogies do "
     "not)",
     GV_KEY_CHOICE, AT(eval_oov), "\"skip\"", .choices = oovs, .reads = EVAL, .decides = EVAL,
     .omit_default = true},
    {"eval.vocab_limit",
     "only the first N words of the vectors, which are the most frequent ones, are asked for and "
     "are answers; other words count as missing. 30000 is usual in the literature; 0: all words",
     GV_KEY_UINT64, AT(eval_vocab_limit), "0", 0, JSON_INT_MAX, .reads = EVAL, .decides = EVAL,
     .omit_default = true},
    {"eval.show_wrong",
     "list that many wrong answers of each section, and of each similarity file the pairs whose "
     "ranks differ the most",
     GV_KEY_UINT32, AT(eval_show_wrong), "0", 0, EPOCH_MAX, .reads = EVAL, .decides = EVAL,
     .omit_default = true},

    {"output.formats", "file formats in which to write the vectors", GV_KEY_CHOICES,
     AT(output_formats), "[\"text\"]", .choices = formats, .reads = OUTPUT | EVAL,
     .decides = OUTPUT},
    {"output.vectors",
     "`sum`: word plus context vector; `word`; `context`; `concat`: both, one after the other",
     GV_KEY_CHOICE, AT(output_vectors), "\"sum\"", .choices = vectors, .reads = OUTPUT,
     .decides = OUTPUT, .except = {WORD2VEC_DEFAULT("\"word\"")}},
    {"output.unk", "write a row for `<unk>`", GV_KEY_BOOL, AT(output_unk), "true", .reads = OUTPUT,
     .decides = OUTPUT},
    {"output.subwords",
     "fit vectors of character n-grams, from which unseen words get vectors (`subwords.bin`), and "
     "mix those of the vocabulary with them",
     GV_KEY_BOOL, AT(output_subwords), "false", .reads = OUTPUT, .decides = OUTPUT,
     .omit_default = true},

    {"subword.min_n", "least number of characters of an n-gram", GV_KEY_UINT32, AT(subword_min_n),
     "3", 1, NGRAM_MAX, .needs = {.key = "output.subwords"}, .reads = OUTPUT, .decides = OUTPUT,
     .omit_default = true},
    {"subword.max_n", "largest number of characters of an n-gram", GV_KEY_UINT32, AT(subword_max_n),
     "6", 1, NGRAM_MAX, .needs = {.key = "output.subwords"}, .reads = OUTPUT, .decides = OUTPUT,
     .omit_default = true},
    {"subword.min_words", "use only n-grams that at least this many words of the vocabulary have",
     GV_KEY_UINT32, AT(subword_min_words), "2", 1, UINT32_MAX, .needs = {.key = "output.subwords"},
     .reads = OUTPUT, .decides = OUTPUT, .omit_default = true},
    {"subword.ridge",
     "the regression's penalty on vectors of n-grams: larger values trust single n-grams less",
     GV_KEY_REAL, AT(subword_ridge), "0.005", 0, 1e6, .above_min = true,
     .needs = {.key = "output.subwords"}, .reads = OUTPUT, .decides = OUTPUT, .omit_default = true},
    {"subword.shrink",
     "how much the n-grams count in the vectors of words, most in those of rare ones; 0: these "
     "stay "
     "as they are, and only unseen words gain",
     GV_KEY_REAL, AT(subword_shrink), "10", 0, JSON_INT_MAX, .needs = {.key = "output.subwords"},
     .reads = OUTPUT, .decides = OUTPUT, .omit_default = true},
    {.name = NULL}};

_Static_assert(sizeof gv_config_key_table / sizeof *gv_config_key_table <= GV_KEY_MOST,
               "arrays with an element for each key are too small");

const gv_config_variable gv_config_variable_table[] = {
    {"GLOVEBOX_TEST_CHECKPOINT_TASKS", "N", "train",
     "write a checkpoint after every N tasks, not by the clock"},
    {"GLOVEBOX_TEST_RANDOM_ORDER", "1", "train",
     "visit the tasks of an epoch in uniformly random order (gives other vectors)"},
    {"GLOVEBOX_TEST_DELAY_NS", "N", "train", "make each record's gradient take N ns longer"},
    {"GLOVEBOX_TEST_CONFLICTS", "1", "train",
     "count how often another thread wrote a row while a step was working on it (`conflicts` in "
     "metrics.jsonl)"},
    {"GLOVEBOX_TEST_TUNING", "near=N,far=N,strip=N", "train",
     "replace numbers that depend on the CPU: distances of prefetches, segments kept in the cache"},
    {"GLOVEBOX_TEST_DISK_FREE", "BYTES", "plan, shuffle, train",
     "assume that every disk has so much free space"},
    {0}};

const char *gv_config_key_help(const gv_config_key *key, bool experiments)
{
    if (key->experiment == experiments)
        return key->help;
    return experiments ? key->experiments : NULL;
}

size_t gv_config_key_count(void)
{
    return sizeof gv_config_key_table / sizeof gv_config_key_table[0] - 1;
}

const gv_config_key *gv_config_key_find(const char *name)
{
    for (const gv_config_key *key = gv_config_key_table; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

bool gv_config_key_counts(const gv_config *config, const gv_config_key *key)
{
    return !key->objectives || (key->objectives >> config->train_objective & 1);
}

/* Has the key, one of choices, this value? */
static bool has_choice(const gv_config *config, const char *name, const char *value)
{
    const gv_config_key *key = gv_config_key_find(name);
    unsigned choice;
    memcpy(&choice, (const char *)config + key->offset, sizeof choice);
    return strcmp(key->choices[choice], value) == 0;
}

int gv_config_key_needs_met(bool *met, const gv_config *config, const gv_config_key *key,
                            gv_error *err)
{
    const gv_config_key_need *need = &key->needs;
    bool at_default = false;
    *met = !need->key;
    for (size_t i = 0; i < 2 && need->values[i]; i++)
        *met |= has_choice(config, need->key, need->values[i]);
    if (!need->key || need->values[0])
        return GV_OK;
    int status = gv_config_key_is_default(&at_default, config, gv_config_key_find(need->key), err);
    *met = at_default == need->unset;
    return status;
}

const char *gv_config_schedule_name(const gv_config *config)
{
    return schedules[config->train_schedule];
}

const char *gv_config_distributed_name(const gv_config *config)
{
    return distributions[config->train_distributed];
}

const char *gv_config_objective_name(const gv_config *config)
{
    return objectives[config->train_objective];
}

/* --- defaults --------------------------------------------------------------------------------- */

const char *gv_config_key_default(const gv_config *config, const gv_config_key *key)
{
    for (size_t i = 0; i < GV_KEY_EXCEPTIONS && key->except[i].fallback; i++)
        if (has_choice(config, key->except[i].key, key->except[i].value))
            return key->except[i].fallback;
    return key->fallback;
}

const char *gv_config_key_unstated(const gv_config *config, const gv_config_key *key)
{
    return key->before ? key->before : gv_config_key_default(config, key);
}

void gv_config_key_default_text(gv_text *text, const gv_config_key *key, const char *quote)
{
    if (!key->fallback) {
        gv_text_add(text, "file name of the config");
        return;
    }
    gv_text_printf(text, "%s%s%s", quote, key->fallback, quote);
    for (size_t i = 0; i < GV_KEY_EXCEPTIONS && key->except[i].fallback; i++) {
        const gv_config_key_exception *except = &key->except[i];
        gv_text_printf(text, "; %s%s%s with ", quote, except->fallback, quote);
        if (i == 0 || strcmp(except->key, except[-1].key) != 0) /* else it has been named */
            gv_text_printf(text, "%s = ", except->key);
        gv_text_add(text, except->value);
    }
}
