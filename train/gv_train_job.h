/*
 * gv_train_job - one training in its run directory, for any objective: outputs, state,
 * checkpoint, epochs, vectors.
 *
 * The stages of tiles (gv_train.h) and of word2vec go through it in this order:
 *
 *     gv_train_job_open     name the outputs; nothing to do if they are up to date
 *     gv_train_job_resume   the state to begin with, from the checkpoint if there is a fitting one
 *     gv_train_job_load     the model, from the checkpoint
 *     gv_train_job_train    train the epochs that are left (gv_train_job_run); the last checkpoint
 *                           is then on the disk
 *     gv_train_job_finish   write the vectors, the stamp and the last event
 *
 * Threads: the main thread.
 */
#ifndef GV_TRAIN_JOB_H
#define GV_TRAIN_JOB_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"
#include "model/gv_checkpoint.h"
#include "model/gv_model.h"
#include "train/gv_engine.h"
#include "train/gv_epochs.h"
#include "train/gv_saver.h"
#include "train/gv_train_output.h"
#include "train/gv_train_start.h"
#include "vocab/gv_vocab.h"

typedef struct gv_train_job {
    gv_run *run;                 /* borrowed */
    gv_comm *comm;               /* borrowed; NULL: this process is alone */
    const gv_strings *inputs;    /* borrowed */
    const gv_train_start *start; /* borrowed: vectors that training starts from; NULL: none */
    unsigned threads;
    const char *kernel; /* name, for the last event; set by the caller */
    uint64_t records;   /* of an epoch, and what they are; set by the caller */
    const char *record_name;
    uint64_t
        subwords_bytes;  /* of subwords.bin (gv_train_subwords_check), for the check of the disk */
    gv_model *model;     /* owned; set by the caller */
    gv_checkpoint state; /* owns its recipe and arrays */
    /* private */
    char *checkpoint_path;
    char *recipe;                         /* of everything up to the vectors, for the stamp */
    char *outputs_item[GV_TRAIN_OUTPUTS]; /* owned */
    gv_strings outputs;
    gv_checkpoint_reader *reader; /* the checkpoint to resume from; NULL: there is none */
    gv_saver saver;
    gv_epochs_done done;
    gv_json_writer fields; /* of the last event */
} gv_train_job;

/* `*fresh`: all outputs are up to date, there is nothing to do. Free with gv_train_job_close, also
 * after an error. */
GV_MUST_USE int gv_train_job_open(gv_train_job *job, bool *fresh, gv_error *err);
void gv_train_job_close(gv_train_job *job);

/*
 * The state in which this training begins: `begin` has what identifies it, and the sizes; arrays
 * and recipe (gv_config_checkpoint_stages) are made here. Looks for a checkpoint to resume from
 * (gv_resume_find).
 */
GV_MUST_USE int gv_train_job_resume(gv_train_job *job, const gv_checkpoint *begin, gv_error *err);

/* Is the model to come from a checkpoint? If so gv_train_job_load fills job->model and the state;
 * else the caller fills the model with random numbers. */
bool gv_train_job_resumes(const gv_train_job *job);
GV_MUST_USE int gv_train_job_load(gv_train_job *job, gv_error *err);

/* Makes the engine, hands it to gv_train_job_run, and frees it. `stage` is the caller's. */
typedef int gv_train_job_epochs(void *stage, gv_error *err);

/*
 * Bring the model to train.epochs, and its checkpoint onto the disk. Records in the run directory
 * that this training was begun, and calls `train_epochs(stage, ...)` unless the model has all its
 * epochs already; a new training of no epochs only has its checkpoint written. Waits for the saver
 * in any case. Returns the first error: of training, or else of saving.
 */
GV_MUST_USE int gv_train_job_train(gv_train_job *job, gv_train_job_epochs *train_epochs,
                                   void *stage, gv_error *err);
/* Within `train_epochs`: run the epochs with `engine` (borrowed), which then describes itself in
 * the last event. Errors and checkpoints: gv_epochs_run. */
GV_MUST_USE int gv_train_job_run(gv_train_job *job, const gv_engine *engine, gv_error *err);

/* Write vectors of the words of `vocab`. Long work: on many ranks within a background task. */
GV_MUST_USE int gv_train_job_finish(gv_train_job *job, const gv_vocab *vocab, gv_error *err);

#endif
