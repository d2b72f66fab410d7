/*
 * gv_train_tools - what training works with beside model, order and state: step sizes, tables,
 * copies, synchronisation, tiles; made and dropped together, on every rank.
 */
#ifndef GV_TRAIN_TOOLS_H
#define GV_TRAIN_TOOLS_H

#include "dist/gv_comm.h"
#include "model/gv_step_sizes.h"
#include "train/experiments/averaging/gv_averaging.h"
#include "train/gv_tile_cache.h"
#include "train/gv_train_task.h"

typedef struct gv_train_tools {
    gv_step_sizes lanes;
    gv_averaging copies; /* empty unless train.schedule is `averaged` */
    gv_tile_cache *cache;
    gv_trainer trainer;
} gv_train_tools;

/* All borrowed. */
typedef struct gv_train_material {
    const gv_config *config;
    gv_store *store;
    const char *store_path;
    const gv_kernel *kernel;
    gv_model *model;
    gv_unseen *unseen; /* NULL unless train.objective is "logistic" */
    gv_row_sync_options sharing;
    unsigned threads;
    uint64_t tile_budget; /* bytes */
    gv_progress *progress;
} gv_train_material;

/* Free with gv_train_tools_drop, also after an error. The copies are not filled yet. */
int gv_train_tools_make(gv_train_tools *tools, const gv_train_material *material, gv_error *err);
void gv_train_tools_drop(gv_train_tools *tools);
/* The same on a rank of many, which stays in touch with the others while tiles are read. */
int gv_train_tools_make_on(gv_comm *comm, gv_train_tools *tools, const gv_train_material *material,
                           gv_error *err);

/* How large tiles get; `unseen` may be NULL. */
gv_train_sizes gv_train_sizes_of(const gv_store *store, const gv_unseen *unseen);
/* With train.objective "logistic", what is needed of the store beside its tiles; else `*unseen` is
 * NULL. Free with gv_unseen_free. */
int gv_train_make_unseen(gv_unseen **unseen, gv_store *store, const gv_config *config,
                         gv_error *err);
/* What a new model of this objective is like, before it is filled. */
void gv_train_shape_model(gv_model *model, const gv_config *config);
/* A number in an environment variable; 0 if it is not set. */
unsigned long long gv_train_variable(const char *name);
/* Measurements of docs/experiments/hogwild.md; they change no byte where threads do not. */
gv_row_sync_options gv_train_sharing(void);

#endif
