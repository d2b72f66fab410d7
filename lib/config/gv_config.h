/*
 * gv_config - the config of a run: JSON that is read and checked once, then passed on as const.
 *
 * The table in gv_config_table.c holds every key with its type, default, range, help text, the
 * stages that read it and the stages whose bytes it decides. It drives reading, `--set`,
 * `--print-config`, help and man pages, configs/schema.json, docs/config.md and the checks for
 * stale files (gv_run.h). What the table cannot hold: the fields of struct gv_config below, the
 * enums of choices (their order is that of the table's lists), and checks that involve several keys
 * (check_together in gv_config.c).
 *
 * Relative paths in a config are relative to the program's working directory.
 *
 * Threads: functions touch only their arguments; a config that is no longer changed may be read by
 * any number of threads.
 */
#ifndef GV_CONFIG_H
#define GV_CONFIG_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_config_tokenizer { GV_TOKENIZER_WHITESPACE, GV_TOKENIZER_UNICODE };
enum gv_config_spaces { GV_SPACES_ASCII, GV_SPACES_UNICODE };
/* GV_LOWERCASE_NONE must stay 0: it is written false; the others have names. */
enum gv_config_oov { GV_OOV_SKIP, GV_OOV_SUBWORDS };
enum gv_config_lowercase { GV_LOWERCASE_NONE, GV_LOWERCASE_SIMPLE, GV_LOWERCASE_FOLD };
enum gv_config_binary { GV_BINARY_REFUSE, GV_BINARY_ACCEPT };
enum gv_config_corpus_format {
    GV_CORPUS_TEXT,
    GV_CORPUS_JSONL,
    GV_CORPUS_CSV,
    GV_CORPUS_TSV,
    GV_CORPUS_WIKIPEDIA
};
enum gv_config_documents { GV_DOCUMENTS_LINE, GV_DOCUMENTS_FILE, GV_DOCUMENTS_NONE };
/* GV_WEIGHTING_ARRAY must stay last: it has no name; it means a list of numbers. */
enum gv_config_weighting {
    GV_WEIGHTING_HARMONIC,
    GV_WEIGHTING_FLAT,
    GV_WEIGHTING_DYNAMIC,
    GV_WEIGHTING_ARRAY
};
enum gv_config_objective { GV_OBJECTIVE_GLOVE, GV_OBJECTIVE_WORD2VEC, GV_OBJECTIVE_LOGISTIC };
enum gv_config_eta_schedule { GV_ETA_CONSTANT, GV_ETA_FALLING };
enum gv_config_architecture { GV_ARCHITECTURE_SKIPGRAM, GV_ARCHITECTURE_CBOW };
enum gv_config_phrase_score { GV_PHRASE_NPMI, GV_PHRASE_WORD2VEC };
enum gv_config_distributed {
    GV_DISTRIBUTED_ROTATION,
    GV_DISTRIBUTED_DOWNPOUR,
    GV_DISTRIBUTED_SANDBLASTER
};
enum gv_config_optimizer { GV_OPTIMIZER_ADAGRAD, GV_OPTIMIZER_SGD };
enum gv_config_schedule_kind {
    GV_SCHEDULE_ORDERED,
    GV_SCHEDULE_HOGWILD,
    GV_SCHEDULE_ATOMIC,
    GV_SCHEDULE_LOCKED,
    GV_SCHEDULE_ROUND_ROBIN,
    GV_SCHEDULE_AVERAGED
};
enum gv_config_output_vectors {
    GV_OUTPUT_SUM,
    GV_OUTPUT_WORD,
    GV_OUTPUT_CONTEXT,
    GV_OUTPUT_CONCAT
};

/* Bits of output.formats. */
enum gv_config_format {
    GV_FORMAT_TEXT = 1 << 0,
    GV_FORMAT_WORD2VEC = 1 << 1,
    GV_FORMAT_SQLITE = 1 << 2,
    GV_FORMAT_SAFETENSORS = 1 << 3,
    GV_FORMAT_NPY = 1 << 4,
    GV_FORMAT_PROJECTOR = 1 << 5,
    GV_FORMAT_FASTTEXT = 1 << 6
};

/* The stages as bits, for sets of stages: those that read a key, those whose output is stale. */
enum gv_config_stage {
    GV_STAGE_VOCAB = 1 << 0,
    GV_STAGE_COOCCUR = 1 << 1,
    GV_STAGE_SHUFFLE = 1 << 2,
    GV_STAGE_TRAIN = 1 << 3,
    GV_STAGE_OUTPUT = 1 << 4, /* writing vectors: part of glove-train, but needs no retraining */
    GV_STAGE_EVAL = 1 << 5,
    /* train.epochs alone. A checkpoint may be continued to more epochs unless its rate depends on
     * their number, so it may be no part of a checkpoint's recipe (gv_config_checkpoint_stages);
     * the recipe of the finished vectors is GV_STAGE_TRAIN | GV_STAGE_EPOCHS. */
    GV_STAGE_EPOCHS = 1 << 6,
    GV_STAGE_ENCODE = 1 << 7 /* the corpus as word ids: part of glove-train for word2vec */
};

/* Every key with its value; the fields are named after the keys (train.dim: train_dim). Sizes *_mb
 * are in MiB. */
typedef struct gv_config {
    char *name;

    gv_strings corpus_files;
    gv_strings corpus_counted; /* those of corpus_files that are not read again */
    gv_strings corpus_pattern;
    enum gv_config_corpus_format corpus_format;
    gv_strings corpus_field;  /* of GV_CORPUS_JSONL: paths with dots */
    gv_strings corpus_column; /* of GV_CORPUS_CSV and _TSV: names, or numbers from 1 */
    enum gv_config_binary corpus_binary;
    enum gv_config_tokenizer corpus_tokenizer;
    enum gv_config_spaces corpus_spaces;
    enum gv_config_lowercase corpus_lowercase;
    enum gv_config_documents corpus_documents;

    uint64_t vocab_min_count;
    uint64_t vocab_max_size; /* 0: no limit */
    char *vocab_file;        /* NULL: build it from the corpus */
    char *vocab_extend;      /* NULL: none */
    char *vocab_stop_file;   /* NULL: none */
    bool vocab_stop_gap;
    uint32_t vocab_phrases; /* passes; 0: none are sought */
    uint64_t vocab_phrase_min_count;
    enum gv_config_phrase_score vocab_phrase_score;
    double vocab_phrase_threshold;
    gv_strings vocab_phrase_spans;
    char *vocab_phrase_file; /* NULL: none */
    uint64_t vocab_memory_mb;

    uint32_t cooccur_window;
    bool cooccur_symmetric;
    enum gv_config_weighting cooccur_weighting;
    double *cooccur_weights;       /* with GV_WEIGHTING_ARRAY: cooccur_window numbers >= 0, [0] for
                                      distance 1; else NULL */
    uint32_t cooccur_weight_count; /* cooccur_window with GV_WEIGHTING_ARRAY, else 0 */
    double cooccur_sample;         /* 0: off */
    uint64_t cooccur_seed;
    uint64_t cooccur_memory_mb;
    uint32_t cooccur_threads; /* 0: all cores */
    char *cooccur_temp_dir;   /* NULL: the run directory */

    uint64_t shuffle_seed;
    uint64_t shuffle_memory_mb;

    gv_strings store_part_dirs;

    uint32_t train_dim;
    uint32_t train_epochs;
    double train_eta;
    double train_alpha;
    double train_x_max;
    enum gv_config_eta_schedule train_eta_schedule; /* of GV_OBJECTIVE_LOGISTIC, like the next */
    double train_unseen_weight;                     /* nine */
    double train_unseen_draws;                      /* for each ordered record */
    double train_unseen_ratio;
    double train_unseen_power, train_unseen_draw_power, train_unseen_focus;
    double train_logit_weight, train_logit_bound, train_weight_decay;
    double train_grad_clip; /* > 0; INFINITY when null: no clipping */
    double train_bias_eta;  /* NAN when null: eta */
    uint32_t train_threads; /* 0: all cores */
    uint64_t train_seed;
    enum gv_config_objective train_objective;
    char *train_init, *train_init_context; /* NULL: random */
    double train_retrofit;
    bool train_freeze;
    enum gv_config_schedule_kind train_schedule;
    enum gv_config_optimizer train_optimizer;
    double train_step_decay; /* of GV_OPTIMIZER_SGD: factor of the step from epoch to epoch */
    enum gv_config_architecture train_architecture; /* from here on: of GV_OBJECTIVE_WORD2VEC */
    uint32_t train_window;                          /* words to each side at most */
    uint32_t train_negative;                        /* noise words for each word predicted */
    double train_sample;                            /* subsampling threshold; 0: off */
    uint32_t train_checkpoint_every;                /* epochs */
    uint64_t train_memory_mb;                       /* 0: what the machine has */
    enum gv_config_distributed train_distributed;   /* of glove-train-mpi, like the next four */
    uint32_t train_servers;                         /* parameter servers; 0: a third of all ranks */
    uint32_t train_n_fetch, train_n_push;           /* tiles */
    double train_warm_start; /* epochs that one replica trains alone at first */

    double mpi_deadline_s; /* seconds of silence after which a rank is lost; 0: never */

    gv_strings eval_analogies;
    gv_strings eval_similarity;
    gv_strings eval_categories;
    gv_strings eval_outliers;
    gv_strings eval_probes;
    enum gv_config_oov eval_oov;
    uint64_t eval_vocab_limit; /* 0: all words */
    uint32_t eval_show_wrong;  /* 0: list nothing */

    unsigned output_formats; /* bits of enum gv_config_format */
    enum gv_config_output_vectors output_vectors;
    bool output_unk;
    bool output_subwords;
    uint32_t subword_min_n, subword_max_n; /* of output_subwords, like the next three */
    uint32_t subword_min_words;
    double subword_ridge, subword_shrink;
} gv_config;

/*
 * Read a config: the defaults, then the file at `path` (NULL: none), then each of `sets`
 * ("train.dim=50") in order. `default_name` is the value of `name` if the config does not give one
 * and there is no file; with a file it is the file's name without .json. Caller frees.
 *
 * GV_E_USAGE, with FILE:LINE:COLUMN or the --set argument: invalid JSON, an unknown key (with the
 * nearest known one), a value of the wrong type or out of range, values that do not fit together.
 */
GV_MUST_USE int gv_config_load(gv_config **config, const char *path, const gv_strings *sets,
                               const char *default_name, gv_error *err);
/* The same for a file that gv_config_json wrote and that therefore names every key: a key at its
 * default counts as not given, so that `--set train.objective=word2vec` brings the defaults of that
 * objective with it. */
GV_MUST_USE int gv_config_load_resolved(gv_config **config, const char *path,
                                        const gv_strings *sets, const char *default_name,
                                        gv_error *err);
/* The config whose text gv_config_json made, for another process of the same job. Caller frees. */
GV_MUST_USE int gv_config_load_text(gv_config **config, const char *text, gv_error *err);
/* Accepts NULL. */
void gv_config_free(gv_config *config);

/* Append to `lasting` those of `sets` that belong into the run directory's config.json: all but
 * threads, memory and folders, which are of the machine. */
GV_MUST_USE int gv_config_lasting_sets(gv_strings *lasting, const gv_strings *sets, gv_error *err);
/* Is the key of this name among `sets`? */
bool gv_config_is_set(const gv_strings *sets, const char *key);

/* The config as indented JSON: all keys in table order, with a newline at the end. Caller frees. */
GV_MUST_USE int gv_config_json(char **json, const gv_config *config, gv_error *err);

/* Does the config name files for glove-eval? */
bool gv_config_evaluates(const gv_config *config);
/* Can `path`, a value of `key`, be opened for reading? If it is missing or a directory: GV_E_USAGE
 * naming the key. For files that must be there before a stage begins. */
GV_MUST_USE int gv_config_check_file(const char *key, const char *path, gv_error *err);

/* --- recipes ---------------------------------------------------------------------------------- */

/*
 * The recipe of the stages in the mask `stages`: a JSON object on one line,
 * {"corpus.lowercase":false,...}, in table order, of the keys that decide the bytes of their
 * output. It leaves out keys marked `omit_default` (gv_config_key.h) that are at their default, so
 * a new key does not change the files that are made without it. It goes into the headers of binary
 * files and into stamps. Caller frees.
 */
GV_MUST_USE int gv_config_recipe(char **json, const gv_config *config, unsigned stages,
                                 gv_error *err);

enum { GV_CONFIG_VALUE = 128 }; /* bytes of a value's text; longer ones are cut */

/* Where a recipe and a config differ. */
typedef struct gv_config_difference {
    const char *key;              /* static; NULL: nowhere, and the rest is undefined */
    char found[GV_CONFIG_VALUE];  /* the recipe's value as JSON */
    char wanted[GV_CONFIG_VALUE]; /* the config's value as JSON */
    enum gv_config_stage stage;   /* the first stage whose bytes the key decides */
} gv_config_difference;

/*
 * Find the first key whose value in `recipe` differs from the config's, in table order, but keys
 * whose default depends on another key after all others. `recipe` was found in a file and belongs
 * to the stages in the mask `stages`. A key that it does not name is skipped, or if it is one of
 * these stages' `omit_default` keys, has its default. A recipe that is not a JSON object, or names
 * an unknown key: GV_E_CORRUPT.
 */
GV_MUST_USE int gv_config_compare(gv_config_difference *difference, const char *recipe,
                                  unsigned stages, const gv_config *config, gv_error *err);

/* --- stages and names ------------------------------------------------------------------------- */

/* The stages whose keys decide what training makes: those of the matrix, or with train.objective
 * "word2vec", which learns from the text, those of the corpus as word ids. */
unsigned gv_config_train_stages(const gv_config *config);
/* Those whose keys decide what a checkpoint holds: GV_STAGE_TRAIN, and GV_STAGE_EPOCHS where the
 * learning rate depends on the number of epochs, so that more of them cannot continue a training.
 */
unsigned gv_config_checkpoint_stages(const gv_config *config);

/* Is number `i` of corpus.files one of corpus.counted? Of equal names as many as corpus.counted has
 * are, from the first on. */
bool gv_config_is_counted(const gv_config *config, size_t i);

/* Are phrases joined in the text? */
bool gv_config_joins_phrases(const gv_config *config);

/* Do threads share rows step by step with this schedule, instead of tile by tile? */
bool gv_config_schedule_by_steps(enum gv_config_schedule_kind schedule);

/* The program that runs a stage ("glove-vocab") and the stage's short name ("vocab"); static. */
const char *gv_config_stage_program(enum gv_config_stage stage);
const char *gv_config_stage_name(enum gv_config_stage stage);

/* The values of train.schedule, train.objective and train.distributed as text; static. */
const char *gv_config_schedule_name(const gv_config *config);
const char *gv_config_objective_name(const gv_config *config);
const char *gv_config_distributed_name(const gv_config *config);

/* `threads`, or all cores if it is 0; at most 1024. */
unsigned gv_config_threads(uint32_t threads);

/* Where temporary files go: cooccur.temp_dir, or the run directory `run_dir` if it is not set.
 * Borrowed from either. */
const char *gv_config_temp_dir(const gv_config *config, const char *run_dir);

/* The one of `n` names that `name` was probably meant to be, by edit distance; NULL if none is
 * near. For keys, options, values and commands. */
const char *gv_config_nearest_name(const char *name, const char *const *names, size_t n);

/* --- generated texts -------------------------------------------------------------------------- */

/* configs/schema.json, and the tables of docs/config.md. Caller frees. */
GV_MUST_USE int gv_config_schema(char **json, gv_error *err);
GV_MUST_USE int gv_config_markdown(char **text, gv_error *err);
/* What the key of that full name means, in one line of Markdown; NULL if there is no such key.
 * Static. */
const char *gv_config_meaning(const char *key);

#endif
