/*
 * gv_resume - can training resume from the checkpoint in the run directory?
 *
 * A checkpoint belongs to this training if it was made by the same keys (but train.epochs) from a
 * store with the same content. If not, there are two cases. The run directory began that training
 * itself, before the config changed: then training starts from the beginning, with a note. Or the
 * file came from elsewhere: then it is refused. To distinguish them the run directory keeps a list
 * of the trainings it began, .stamps/train-begun.json, with the time that each has taken: a start
 * from the beginning that would throw away more than a minute needs --force.
 *
 * Threads: one at a time, on rank 0; gv_resume_remember in a background task.
 */
#ifndef GV_RESUME_H
#define GV_RESUME_H

#include "app/gv_run.h"
#include "model/gv_checkpoint.h"

/*
 * Look at the checkpoint at `path`. `*reader` receives it, opened, if training can resume from it
 * (the caller closes it), or NULL if training starts from the beginning: no file, --force, another
 * config (a note says which key), or fewer epochs than it has. `wanted` describes this training.
 * A damaged file, or one of another training that was not begun here: GV_E_CORRUPT naming it.
 * GV_E_USAGE if the checkpoint would be replaced and has more than a minute of work in it, unless
 * that training diverged.
 */
GV_MUST_USE int gv_resume_find(gv_checkpoint_reader **reader, gv_run *run, const char *path,
                               const gv_checkpoint *wanted, gv_error *err);

/* The work in a training's checkpoint, as the run directory recorded it, in seconds; 0: unknown. */
double gv_resume_spent(gv_run *run, const gv_checkpoint *training);
/* Record it; short work is not recorded, which costs nothing. Any one thread at a time. */
GV_MUST_USE int gv_resume_record_spent(gv_run *run, const gv_checkpoint *training, double seconds,
                                       gv_error *err);
/* Record that this training diverges: its checkpoint is not worth keeping. */
GV_MUST_USE int gv_resume_record_diverged(gv_run *run, const gv_checkpoint *training,
                                          gv_error *err);

/* Do two checkpoints belong to the same training, epochs aside? */
bool gv_resume_same_training(const gv_checkpoint *a, const gv_checkpoint *b);

/* Note that this run directory begins or (`resumes`) resumes this training. */
GV_MUST_USE int gv_resume_remember(gv_run *run, const gv_checkpoint *wanted, bool resumes,
                                   gv_error *err);

/* Make `state` what the checkpoint says; its recipe, which is equal, and its arrays, which are as
 * long, stay its own. */
void gv_resume_adopt(gv_checkpoint *state, const gv_checkpoint *found);

/* A note and a "resume" event. An epoch has `records` of what the note calls `record_name`. */
GV_MUST_USE int gv_resume_report(gv_run *run, const gv_checkpoint *state, uint64_t records,
                                 const char *record_name, gv_error *err);

#endif
