/*
 * gv_train_start - training that starts from vectors that exist: train.init, train.init_context.
 *
 * A source is a file of vectors of any format, or a run directory, whose model.ckpt has word and
 * context vectors, biases and AdaGrad sums. Words are matched by their spelling, exactly. What a
 * file's vector is follows from output.vectors, so that a training of no epochs writes what it has
 * read: with "sum" a half of it is the word's and a half the context's; with "word" it is the
 * word's, and the context's is random; and so on. With train.init_context both are given.
 *
 * The stage calls, in this order: gv_train_start_find, whose files are inputs like the others (so a
 * changed file makes the vectors stale); gv_train_start_add_recipe, which makes the contents part
 * of what a checkpoint is of; gv_train_start_check_memory; gv_train_start_make.
 *
 * Threads: the main thread, or that of a background task.
 */
#ifndef GV_TRAIN_START_H
#define GV_TRAIN_START_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"
#include "model/gv_model.h"
#include "model/gv_start.h"
#include "vocab/gv_vocab.h"

enum {
    GV_TRAIN_START_INIT,
    GV_TRAIN_START_INIT_CONTEXT,
    GV_TRAIN_START_SOURCES,
    GV_TRAIN_START_FILES = 4 /* of all sources, at most */
};

/* What one of the two keys names. */
typedef struct gv_train_start_source {
    const char *key;  /* the config key */
    const char *path; /* its value, borrowed; NULL: not set, and nothing else counts */
    bool checkpoint;  /* a run directory with model.ckpt: */
    char *files[2];   /* owned: the file of vectors; or model.ckpt and vocab.txt */
    size_t n;
    uint64_t bytes; /* of the first file */
    char hash[GV_HASH_HEX];
} gv_train_start_source;

typedef struct gv_train_start {
    gv_train_start_source source[GV_TRAIN_START_SOURCES];
    gv_start *start; /* owned: what training needs of it; NULL: nothing */
    /* private */
    gv_strings inputs;
    char **items;
} gv_train_start;

/* Find the files that the config names. GV_E_USAGE, naming the key: there is no such file, or it is
 * one that this run writes. Free with gv_train_start_clear, also after an error; a zeroed struct
 * may be cleared. */
GV_MUST_USE int gv_train_start_find(gv_train_start *s, gv_run *run, gv_error *err);
void gv_train_start_clear(gv_train_start *s);

/* `first`, the other inputs of the stage, and these files; borrowed from `s` (or `*first`), items
 * from both. */
GV_MUST_USE int gv_train_start_inputs(const gv_strings **inputs, gv_train_start *s,
                                      const gv_strings *first, gv_error *err);
/* Add the contents' checksums to a recipe, a JSON object; `*recipe` is replaced. */
GV_MUST_USE int gv_train_start_add_recipe(char **recipe, const gv_train_start *s, gv_error *err);

/* GV_E_MEMORY if reading the files beside a model of `model` bytes takes more than the budget. */
GV_MUST_USE int gv_train_start_check_memory(const gv_train_start *s, const gv_config *config,
                                            uint32_t vocab_size, uint64_t model, gv_error *err);

/*
 * Read the sources, for a model whose rows are the words of `vocab`. `fresh`: put the vectors into
 * the model, which is filled with random numbers, and say how many words were found (a note, and an
 * event "init"). Else, where training resumes, only keep what training needs. Sets s->start and
 * model->held. GV_E_USAGE: another number of dimensions; GV_E_CORRUPT naming the file.
 */
GV_MUST_USE int gv_train_start_make(gv_train_start *s, gv_run *run, const gv_vocab *vocab,
                                    gv_model *model, bool fresh, gv_error *err);

/* Is there something that every rank needs during training (train.retrofit, train.freeze)? */
bool gv_train_start_is_shared(const gv_config *config);
/* Rank 0 tells it to the other ranks, and each takes it; servers, which have no use for it, too.
 * Neither does anything where nothing is shared. The caller frees `*start`. */
GV_MUST_USE int gv_train_start_tell(gv_comm *comm, const gv_config *config, const gv_start *start,
                                    gv_error *err);
GV_MUST_USE int gv_train_start_await(gv_start **start, gv_comm *comm, const gv_config *config,
                                     gv_error *err);

#endif
