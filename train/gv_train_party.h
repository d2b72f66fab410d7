/*
 * gv_train_party - rank 0's side of the algorithm that train.distributed names, as an engine.
 */
#ifndef GV_TRAIN_PARTY_H
#define GV_TRAIN_PARTY_H

#include "train/experiments/downpour/gv_downpour.h"
#include "train/experiments/sandblaster/gv_sandblaster.h"
#include "train/gv_train_stretch.h"

typedef struct gv_party {
    gv_rotation *rotation; /* NULL unless that is the algorithm */
    gv_downpour *downpour; /* likewise */
    gv_sandblaster *sandblaster;
    gv_engine engine;
} gv_party;

/* Can many ranks train like this? GV_E_USAGE, saying which keys do not go together. */
int gv_party_check(const gv_config *config, int ranks, gv_error *err);

/* For how many threads the list of tasks is arranged on all ranks, each of which has `threads`. */
unsigned gv_party_arrangement(const gv_comm *comm, const gv_config *config, unsigned threads);

/* All borrowed; the model is the whole one. Free with gv_party_drop, also after an error. */
int gv_party_make(gv_party *party, gv_comm *comm, const gv_config *config, gv_schedule *schedule,
                  const gv_store *store, gv_model *model, gv_error *err);
void gv_party_drop(gv_party *party);

#endif
