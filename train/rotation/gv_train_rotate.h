/*
 * gv_train_rotate - training with train.distributed "rotation": how stretches, threads and moving
 * rows (gv_rotation.h) come together, on rank 0 and on the others.
 */
#ifndef GV_TRAIN_ROTATE_H
#define GV_TRAIN_ROTATE_H

#include "train/gv_train_stretch.h"

/* The rotation of this rank, with this training's rule for giving back memory. All borrowed. */
int gv_train_make_rotation(gv_rotation **rotation, gv_comm *comm, const gv_config *config,
                           gv_schedule *schedule, const gv_store *store, gv_model *model,
                           gv_error *err);

/* Rank 0: the functions of a gv_engine; `context` is its gv_rotation. */
int gv_train_rotate(void *context, gv_crew *crew, gv_part *part, gv_error *err);
int gv_train_gather(void *context, gv_error *err);

/* Other ranks: stretch after stretch until rank 0 ends the job: GV_E_STOPPED. */
int gv_train_rotate_serve(gv_training *training, gv_error *err);

#endif
