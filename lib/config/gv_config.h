/*
 * gv_config - the one JSON config of a run: parsed once, checked, then passed around as const.
 *
 * One table (gv_config.c) holds every key with its type, default, range, the stages that read it,
 * and its help text; parsing, `--set`, `--print-config`, configs/schema.json, docs/config.md and
 * the staleness checks (gv_run.h) are all driven by it.
 *
 * Relative paths in the config are relative to the working directory of the program.
 */
#ifndef GV_CONFIG_H
#define GV_CONFIG_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_config_tokenizer { GV_TOKENIZER_WHITESPACE, GV_TOKENIZER_UNICODE };
enum gv_config_documents { GV_DOCUMENTS_LINE, GV_DOCUMENTS_FILE, GV_DOCUMENTS_NONE };
/* GV_WEIGHTING_ARRAY stays last: it is no name but the kind of a list. */
enum gv_config_weighting {
    GV_WEIGHTING_HARMONIC,
    GV_WEIGHTING_FLAT,
    GV_WEIGHTING_DYNAMIC,
    GV_WEIGHTING_ARRAY
};
enum gv_config_objective { GV_OBJECTIVE_GLOVE, GV_OBJECTIVE_WORD2VEC, GV_OBJECTIVE_LOGISTIC };
enum gv_config_architecture { GV_ARCHITECTURE_SKIPGRAM, GV_ARCHITECTURE_CBOW };
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
    GV_FORMAT_PROJECTOR = 1 << 5
};

/* The stages, as bits: which keys a stage reads, whose output is stale. */
enum gv_config_stage {
    GV_STAGE_VOCAB = 1 << 0,
    GV_STAGE_COOCCUR = 1 << 1,
    GV_STAGE_SHUFFLE = 1 << 2,
    GV_STAGE_TRAIN = 1 << 3,
    GV_STAGE_OUTPUT = 1 << 4, /* writing vectors: part of glove-train, but needs no retraining */
    GV_STAGE_EVAL = 1 << 5,
    /* train.epochs alone. A checkpoint may be continued to more epochs, so its recipe is that of
     * GV_STAGE_TRAIN; the recipe of the finished vectors is GV_STAGE_TRAIN | GV_STAGE_EPOCHS. */
    GV_STAGE_EPOCHS = 1 << 6,
    GV_STAGE_ENCODE = 1 << 7 /* the corpus as word ids: part of glove-train for word2vec */
};

/* Every key with its resolved value; names follow the keys. Sizes *_mb are in MiB. */
typedef struct gv_config {
    char *name;

    gv_strings corpus_files;
    enum gv_config_tokenizer corpus_tokenizer;
    bool corpus_lowercase;
    enum gv_config_documents corpus_documents;

    uint64_t vocab_min_count;
    uint64_t vocab_max_size; /* 0: no limit */
    char *vocab_file;        /* NULL: build it from the corpus */
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

    uint32_t train_dim;
    uint32_t train_epochs;
    double train_eta;
    double train_alpha;
    double train_x_max;
    double train_unseen_weight; /* of GV_OBJECTIVE_LOGISTIC, as the next eight */
    double train_unseen_draws;  /* for each ordered record */
    double train_unseen_ratio;
    double train_unseen_power, train_unseen_draw_power, train_unseen_focus;
    double train_logit_weight, train_logit_bound, train_weight_decay;
    double train_grad_clip; /* > 0; INFINITY when null: no clipping */
    double train_bias_eta;  /* NAN when null: eta */
    uint32_t train_threads; /* 0: all cores */
    uint64_t train_seed;
    enum gv_config_objective train_objective;
    enum gv_config_schedule_kind train_schedule;
    enum gv_config_optimizer train_optimizer;
    double train_step_decay; /* of GV_OPTIMIZER_SGD: factor of the step from epoch to epoch */
    enum gv_config_architecture train_architecture; /* from here on: of GV_OBJECTIVE_WORD2VEC */
    uint32_t train_window;                          /* words to each side at most */
    uint32_t train_negative;                        /* noise words for each word predicted */
    double train_sample;                            /* subsampling threshold; 0: off */
    uint32_t train_checkpoint_every;                /* epochs */
    uint64_t train_memory_mb;                       /* 0: what the machine has */
    enum gv_config_distributed train_distributed;   /* of glove-train-mpi, as all that follow */
    uint32_t train_servers;               /* ranks that hold shards; 0: by the number of ranks */
    uint32_t train_n_fetch, train_n_push; /* tiles */
    double train_warm_start;              /* epochs that one replica trains alone at first */

    double mpi_deadline_s; /* seconds of silence after which a rank is lost; 0: never */

    gv_strings eval_analogies;
    gv_strings eval_similarity;

    unsigned output_formats; /* bits of enum gv_config_format */
    enum gv_config_output_vectors output_vectors;
    bool output_unk;
} gv_config;

/*
 * Defaults, then the file at `path` (NULL: none), then each of `sets` ("a.b=VALUE") in order.
 * An unknown key or option, a value of the wrong type or out of range, a syntax error: GV_E_USAGE
 * with file:line:column (or the --set argument) and the nearest known key. The caller frees.
 * `default_name` is the value of `name` when the config has none (the file name without .json if
 * a file is given, else this).
 */
int gv_config_load(gv_config **config, const char *path, const gv_strings *sets,
                   const char *default_name, gv_error *err);
/* The same for the resolved config of a run directory, which names every key: one that stands there
 * at its default counts as not given, so that `--set train.objective=word2vec` brings that
 * objective's own defaults along. */
int gv_config_load_resolved(gv_config **config, const char *path, const gv_strings *sets,
                            const char *default_name, gv_error *err);
/* The config that gv_config_json wrote: for another process of the same job. */
int gv_config_load_text(gv_config **config, const char *text, gv_error *err);
void gv_config_free(gv_config *config);

/* Is `path`, a value of `key`, something that can be opened to be read? Not there, a directory:
 * GV_E_USAGE naming the key. For files that have to be there before a stage begins. */
int gv_config_check_file(const char *key, const char *path, gv_error *err);

/* The stages whose keys decide what training makes: those of the matrix, or with train.objective
 * "word2vec", which learns from the text, those of the corpus as ids. */
unsigned gv_config_train_stages(const gv_config *config);

/* Do threads share rows step by step with this schedule, instead of tile by tile? */
bool gv_config_schedule_by_steps(enum gv_config_schedule_kind schedule);

/* The value of train.schedule, of train.objective, of train.distributed as text (static). */
const char *gv_config_schedule_name(const gv_config *config);
const char *gv_config_objective_name(const gv_config *config);
const char *gv_config_distributed_name(const gv_config *config);

/* The resolved config as pretty JSON (all keys, table order, trailing newline); caller frees. */
int gv_config_json(char **json, const gv_config *config, gv_error *err);

/*
 * Canonical one-line JSON object {"corpus.lowercase":false,...} of the keys that the stages in the
 * mask `stages` read AND that determine the bytes of their output, in table order. Paths, threads,
 * memory budgets are left out (inputs are compared by checksum instead), and so is a key marked
 * `omit_default` (gv_config_key.h) that is at its default: a new key changes no file that is made
 * without it. Caller frees. Goes into headers of binary files and into stamps.
 */
int gv_config_recipe(char **json, const gv_config *config, unsigned stages, gv_error *err);

/*
 * Compare a recipe found in a file, one of the stages in the mask `stages`, with the config. Only
 * the keys that stand in `recipe` are looked at, and the `omit_default` keys of these stages, which
 * have their default where they do not stand there. `*key` becomes NULL when all agree, else the
 * first differing key (borrowed from the table), with its two values as JSON text in `found` and
 * `wanted` (GV_CONFIG_VALUE bytes each) and the first stage that reads this key in `*stage`. A
 * recipe that is no JSON object or names an unknown key: GV_E_CORRUPT.
 */
#define GV_CONFIG_VALUE 128
int gv_config_compare(const char **key, char *found, char *wanted, enum gv_config_stage *stage,
                      const char *recipe, unsigned stages, const gv_config *config, gv_error *err);

/* Generated texts: configs/schema.json, and docs/config.md's table of keys. Caller frees. */
int gv_config_schema(char **json, gv_error *err);
int gv_config_markdown(char **text, gv_error *err);

/* Program that runs a stage: "glove-vocab", ...; and its short name: "vocab", ... */
const char *gv_config_stage_program(enum gv_config_stage stage);
const char *gv_config_stage_name(enum gv_config_stage stage);

/* `threads` or, if 0, all cores; never more than 1024. */
unsigned gv_config_threads(uint32_t threads);

/* Edit distance based suggestion used for keys, options, values: the nearest of `names` (n of
 * them), or NULL if none is near. */
const char *gv_config_nearest_name(const char *name, const char *const *names, size_t n);

#endif
