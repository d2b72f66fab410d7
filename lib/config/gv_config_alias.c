#include "config/gv_config_alias.h"

#include <stddef.h>

#define ETA                                                                                        \
    {                                                                                              \
        "train.eta"                                                                                \
    }
#define DIM                                                                                        \
    {                                                                                              \
        "train.dim"                                                                                \
    }
#define EPOCHS                                                                                     \
    {                                                                                              \
        "train.epochs"                                                                             \
    }
#define THREADS                                                                                    \
    {                                                                                              \
        "train.threads", "cooccur.threads"                                                         \
    }
#define MIN                                                                                        \
    {                                                                                              \
        "vocab.min_count"                                                                          \
    }
#define MAX                                                                                        \
    {                                                                                              \
        "vocab.max_size"                                                                           \
    }
#define WINDOW                                                                                     \
    {                                                                                              \
        "cooccur.window", "train.window"                                                           \
    }
#define NEGATIVE                                                                                   \
    {                                                                                              \
        "train.negative"                                                                           \
    }
#define SAMPLE                                                                                     \
    {                                                                                              \
        "train.sample", "cooccur.sample"                                                           \
    }
#define FILES                                                                                      \
    {                                                                                              \
        "corpus.files"                                                                             \
    }
#define FORMATS                                                                                    \
    {                                                                                              \
        "output.formats"                                                                           \
    }
#define TEMP                                                                                       \
    {                                                                                              \
        "cooccur.temp_dir"                                                                         \
    }
#define MEMORY                                                                                     \
    {                                                                                              \
        "cooccur.memory_mb", "train.memory_mb"                                                     \
    }

#define OUTPUT_ADVICE                                                                              \
    "vectors go into the run directory (--run-dir), in the formats of output.formats"
#define STOP                                                                                       \
    {                                                                                              \
        "vocab.stop_file"                                                                          \
    }
#define CORPUS_FORMAT                                                                              \
    {                                                                                              \
        "corpus.format"                                                                            \
    }
#define FIELD                                                                                      \
    {                                                                                              \
        "corpus.field", "corpus.column"                                                            \
    }
#define SKIPGRAM_ADVICE                                                                            \
    "did you mean train.objective = word2vec with train.architecture = skipgram?"
#define CBOW_ADVICE     "did you mean train.objective = word2vec with train.architecture = cbow?"
#define PROGRESS_ADVICE "--progress says what is shown"
#define RESUME_ADVICE   "a stage that was stopped resumes by itself when it is started again"

const gv_config_alias gv_config_alias_table[] = {
    {"lr", .keys = ETA},
    {"learning_rate", .keys = ETA},
    {"learningrate", .keys = ETA},
    {"learn_rate", .keys = ETA},
    {"rate", .keys = ETA},
    {"start_alpha", .keys = ETA},
    {"alpha", .keys = {"train.eta", "train.alpha"}},
    {"alfa", .keys = {"train.alpha"}},
    {"minn", .keys = {"subword.min_n"}},
    {"maxn", .keys = {"subword.max_n"}},
    {"subwords", .keys = {"output.subwords"}},
    {"ngrams", .keys = {"output.subwords"}},
    {"min_alpha", .advice = "the learning rate of word2vec falls to 0 by itself"},
    {"d", .keys = DIM},
    {"size", .keys = DIM},
    {"vector_size", .keys = DIM},
    {"vectorsize", .keys = DIM},
    {"vectors_size", .keys = DIM},
    {"embedding_size", .keys = DIM},
    {"embedding_dim", .keys = DIM},
    {"emb_dim", .keys = DIM},
    {"emb_size", .keys = DIM},
    {"layer1_size", .keys = DIM},
    {"n_components", .keys = DIM},
    {"features", .keys = DIM},
    {"vocab.size", .keys = MAX},
    {"vocab_size", .keys = MAX},
    {"vocabulary_size", .keys = MAX},
    {"max_vocab", .keys = MAX},
    {"max_vocab_size", .keys = MAX},
    {"max_final_vocab", .keys = MAX},
    {"max_words", .keys = MAX},
    {"max_features", .keys = MAX},
    {"iter", .keys = EPOCHS},
    {"iters", .keys = EPOCHS},
    {"n_iter", .keys = EPOCHS},
    {"niter", .keys = EPOCHS},
    {"num_iter", .keys = EPOCHS},
    {"max_iter", .keys = EPOCHS},
    {"iterations", .keys = EPOCHS},
    {"n_epochs", .keys = EPOCHS},
    {"num_epochs", .keys = EPOCHS},
    {"passes", .keys = EPOCHS},
    {"threads", .keys = THREADS},
    {"workers", .keys = THREADS},
    {"n_jobs", .keys = THREADS},
    {"jobs", .keys = THREADS},
    {"cores", .keys = THREADS},
    {"cpus", .keys = THREADS},
    {"num_threads", .keys = THREADS},
    {"nthreads", .keys = THREADS},
    {"n_threads", .keys = THREADS},
    {"num_workers", .keys = THREADS},
    {"mincount", .keys = MIN},
    {"min_freq", .keys = MIN},
    {"minfreq", .keys = MIN},
    {"min_df", .keys = MIN},
    {"min_word_count", .keys = MIN},
    {"minimum_count", .keys = MIN},
    {"window", .keys = WINDOW},
    {"window_size", .keys = WINDOW},
    {"windowsize", .keys = WINDOW},
    {"ws", .keys = WINDOW},
    {"win", .keys = WINDOW},
    {"context_size", .keys = WINDOW},
    {"context_window", .keys = WINDOW},
    {"distance_weighting", .keys = {"cooccur.weighting"}},
    {"xmax", .keys = {"train.x_max"}},
    {"neg", .keys = NEGATIVE},
    {"ns", .keys = NEGATIVE},
    {"negatives", .keys = NEGATIVE},
    {"num_negative", .keys = NEGATIVE},
    {"negative_samples", .keys = NEGATIVE},
    {"negative_sampling", .keys = NEGATIVE},
    {"sample", .keys = SAMPLE},
    {"subsample", .keys = SAMPLE},
    {"subsampling", .keys = SAMPLE},
    {"hs", .advice = "there is no hierarchical softmax: word2vec draws train.negative noise words"},
    {"sg", .advice = SKIPGRAM_ADVICE},
    {"skipgram", .advice = SKIPGRAM_ADVICE},
    {"skip_gram", .advice = SKIPGRAM_ADVICE},
    {"sgns", .advice = SKIPGRAM_ADVICE},
    {"cbow", .advice = CBOW_ADVICE},
    {"word2vec", .advice = "did you mean train.objective = word2vec?"},
    {"w2v", .advice = "did you mean train.objective = word2vec?"},
    {"glove", .advice = "did you mean train.objective = glove?"},
    {"logistic", .advice = "did you mean train.objective = logistic?"},
    {"algorithm", .keys = {"train.objective"}},
    {"method", .keys = {"train.objective"}},
    {"model", .keys = {"train.objective", "output.vectors"}},
    {"loss", .keys = {"train.objective"}},
    {"clip", .keys = {"train.grad_clip"}},
    {"clipping", .keys = {"train.grad_clip"}},
    {"gradient_clip", .keys = {"train.grad_clip"}},
    {"seed", .keys = {"train.seed", "shuffle.seed"}},
    {"random_state", .keys = {"train.seed"}},
    {"random_seed", .keys = {"train.seed"}},
    {"stopwords", .keys = STOP},
    {"stop_words", .keys = STOP},
    {"stopword", .keys = STOP},
    {"stop_list", .keys = STOP},
    {"stoplist", .keys = STOP},
    {"stop_file", .keys = STOP},
    {"stopwords_file", .keys = STOP},
    {"stop_word_file", .keys = STOP},
    {"format", .keys = {"corpus.format", "output.formats"}},
    {"vectors.format", .keys = FORMATS},
    {"input_format", .keys = CORPUS_FORMAT},
    {"file_format", .keys = CORPUS_FORMAT},
    {"corpus_format", .keys = CORPUS_FORMAT},
    {"json_field", .keys = FIELD},
    {"text_field", .keys = FIELD},
    {"text_column", .keys = FIELD},
    {"text_key", .keys = FIELD},
    {"fields", .keys = FIELD},
    {"columns", .keys = FIELD},
    {"lower", .keys = {"corpus.lowercase"}},
    {"lower_case", .keys = {"corpus.lowercase"}},
    {"casefold", .keys = {"corpus.lowercase"}},
    {"tokenize", .keys = {"corpus.tokenizer"}},
    {"file", .keys = {"corpus.files", "vocab.file"}},
    {"filename", .keys = FILES},
    {"path", .keys = FILES},
    {"paths", .keys = FILES},
    {"input", .keys = FILES},
    {"input_file", .keys = FILES},
    {"corpus", .keys = FILES},
    {"corpus_file", .keys = FILES},
    {"train_file", .keys = FILES},
    {"train", .keys = FILES},
    {"text", .keys = FILES},
    {"sentences", .keys = FILES},
    {"read_vocab", .keys = {"vocab.file"}},
    {"vocab_file", .keys = {"vocab.file"}},
    {"wordlist", .keys = {"vocab.file"}},
    {"word_list", .keys = {"vocab.file"}},
    {"bigrams", .keys = {"vocab.phrases"}},
    {"collocations", .keys = {"vocab.phrases"}},
    {"connector_words", .keys = {"vocab.phrase_spans"}},
    {"common_terms", .keys = {"vocab.phrase_spans"}},
    {"save_vocab", .advice = "glove-vocab writes vocab.txt into the run directory (--run-dir)"},
    {"questions", .keys = {"eval.analogies"}},
    {"restrict_vocab", .keys = {"eval.vocab_limit"}},
    {"analogy", .keys = {"eval.analogies"}},
    {"wordsim", .keys = {"eval.similarity"}},
    {"similarities", .keys = {"eval.similarity"}},
    {"binary", .advice = "did you mean output.formats = word2vec?"},
    {"write_header", .keys = FORMATS},
    {"output_format", .keys = FORMATS},
    {"output", .advice = OUTPUT_ADVICE},
    {"output_file", .advice = OUTPUT_ADVICE},
    {"outfile", .advice = OUTPUT_ADVICE},
    {"out", .advice = OUTPUT_ADVICE},
    {"save_file", .advice = OUTPUT_ADVICE},
    {"output_dir", .advice = OUTPUT_ADVICE},
    {"out_dir", .advice = OUTPUT_ADVICE},
    {"run_dir", .advice = "the run directory is the option --run-dir DIR, or runs/NAME by name"},
    {"dir", .advice = "the run directory is the option --run-dir DIR, or runs/NAME by name"},
    {"memory_mb", .keys = MEMORY},
    {"memory", .keys = MEMORY},
    {"memory_limit", .keys = MEMORY},
    {"mem", .keys = MEMORY},
    {"overflow_length", .keys = {"cooccur.memory_mb"}},
    {"array_size", .keys = {"shuffle.memory_mb"}},
    {"overflow_file", .keys = TEMP},
    {"temp_file", .keys = TEMP},
    {"tmp_dir", .keys = TEMP},
    {"tmpdir", .keys = TEMP},
    {"tempdir", .keys = TEMP},
    {"save_every", .keys = {"train.checkpoint_every"}},
    {"checkpoint", .keys = {"train.checkpoint_every"}},
    {"checkpoints", .keys = {"train.checkpoint_every"}},
    {"load_init_param", .advice = RESUME_ADVICE},
    {"resume", .advice = RESUME_ADVICE},
    {"pretrained", .keys = {"train.init"}},
    {"pretrained_vectors", .keys = {"train.init"}},
    {"pretrained_embeddings", .keys = {"train.init"}},
    {"init_vectors", .keys = {"train.init"}},
    {"initial_embedding_dict", .keys = {"train.init"}},
    {"warm_start_vectors", .keys = {"train.init"}},
    {"mittens", .keys = {"train.retrofit"}},
    {"mu", .keys = {"train.retrofit"}},
    {"lock_factor", .keys = {"train.freeze"}},
    {"freeze_vectors", .keys = {"train.freeze"}},
    {"verbose", .advice = PROGRESS_ADVICE},
    {"quiet", .advice = PROGRESS_ADVICE},
    {"silent", .advice = PROGRESS_ADVICE},
    {"debug", .advice = PROGRESS_ADVICE},
    {"overwrite", .advice = "--force makes a stage work again"},
    {0}};

const gv_config_alias_value gv_config_alias_values[] = {
    {"train.objective", "skipgram", "word2vec", "train.architecture = skipgram"},
    {"train.objective", "skip-gram", "word2vec", "train.architecture = skipgram"},
    {"train.objective", "skip_gram", "word2vec", "train.architecture = skipgram"},
    {"train.objective", "sg", "word2vec", "train.architecture = skipgram"},
    {"train.objective", "sgns", "word2vec", "train.architecture = skipgram"},
    {"train.objective", "cbow", "word2vec", "train.architecture = cbow"},
    {"train.objective", "w2v", "word2vec", NULL},
    {"train.architecture", "sg", "skipgram", NULL},
    {"train.schedule", "sequential", "ordered", NULL},
    {"train.schedule", "deterministic", "ordered", NULL},
    {"train.schedule", "async", "hogwild", NULL},
    {"train.schedule", "asynchronous", "hogwild", NULL},
    {"train.schedule", "lockfree", "hogwild", NULL},
    {"corpus.tokenizer", "icu", "unicode", NULL},
    {"corpus.tokenizer", "utf8", "unicode", NULL},
    {"corpus.tokenizer", "utf-8", "unicode", NULL},
    {"corpus.tokenizer", "space", "whitespace", NULL},
    {"corpus.tokenizer", "split", "whitespace", NULL},
    {"corpus.documents", "sentence", "line", NULL},
    {"corpus.documents", "paragraph", "line", NULL},
    {"cooccur.weighting", "inverse", "harmonic", NULL},
    {"cooccur.weighting", "1/k", "harmonic", NULL},
    {"cooccur.weighting", "distance", "harmonic", NULL},
    {"cooccur.weighting", "linear", "dynamic", NULL},
    {"cooccur.weighting", "uniform", "flat", NULL},
    {"cooccur.weighting", "constant", "flat", NULL},
    {"cooccur.weighting", "none", "flat", NULL},
    {"output.formats", "txt", "text", NULL},
    {"output.formats", "glove", "text", NULL},
    {"output.formats", "bin", "word2vec", NULL},
    {"output.formats", "binary", "word2vec", NULL},
    {"output.formats", "w2v", "word2vec", NULL},
    {"output.formats", "gensim", "word2vec", NULL},
    {"output.formats", "facebook", "fasttext", NULL},
    {"output.formats", "ft", "fasttext", NULL},
    {"output.formats", "numpy", "npy", NULL},
    {"output.formats", "db", "sqlite", NULL},
    {"output.formats", "sqlite3", "sqlite", NULL},
    {"output.formats", "tsv", "projector", NULL},
    {"output.formats", "tensorboard", "projector", NULL},
    {"output.vectors", "both", "concat", NULL},
    {"output.vectors", "average", "sum", NULL},
    {"output.vectors", "mean", "sum", NULL},
    {"output.vectors", "words", "word", NULL},
    {0}};
