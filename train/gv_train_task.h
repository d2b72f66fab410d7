/*
 * gv_train_task - one task of the schedule: a packed tile becomes a kernel tile and is trained on.
 *
 * Threads: a gv_trainer is shared and read-only but for the model's rows; every thread has its own
 * gv_train_scratch.
 */
#ifndef GV_TRAIN_TASK_H
#define GV_TRAIN_TASK_H

#include "kernel/gv_kernel.h"
#include "kernel/gv_objective.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "schedule/gv_schedule.h"
#include "store/gv_store.h"
#include "train/experiments/row_sync/gv_row_sync.h"
#include "train/gv_unseen.h"

/* log X and f(X) of every value code; the entry of GV_TILE_ESCAPE is zero. */
typedef struct gv_train_numbers {
    float log_x, weight;
} gv_train_numbers;

enum { GV_TRAIN_CODES = 65536 };

/* What all tasks share. All borrowed, but `numbers`. */
typedef struct gv_trainer {
    gv_model *model;
    const gv_step_sizes *lanes;
    const gv_kernel *kernel;
    const uint32_t *segment_first; /* of the store */
    uint64_t unit;
    double x_max, alpha;
    bool constant_step;                     /* train.optimizer "sgd" */
    gv_unseen *unseen;                      /* train.objective "logistic"; else NULL. With it: */
    float logit_weight, logit_bound, focus; /* see gv_kernel_args */
    float keep;                /* what weight decay leaves of vectors before each further epoch */
    bool by_turns;             /* schedule `ordered`: a segment has a first task in an epoch */
    gv_row_sync *share;        /* steps are taken one by one through it; NULL: tiles as a whole */
    gv_train_numbers *numbers; /* [GV_TRAIN_CODES] */
} gv_trainer;

/* Fill trainer->numbers from the store's value table (unit, x_max and alpha are set). The caller
 * frees it with gv_mem_free. */
int gv_trainer_tabulate(gv_trainer *trainer, const gv_store_info *info, gv_error *err);

/* Room for the arrays of a kernel tile of at most `records` records. */
typedef struct gv_train_scratch {
    unsigned thread; /* its number; set by the caller */
    gv_model *model; /* trained on instead of the trainer's; set by the caller, or NULL */
    uint16_t *run_row, *run_length; /* of the transposed half of a diagonal tile */
    uint16_t *column;
    uint32_t *place; /* of escaped records */
    float *log_x, *weight;
    gv_unseen_scratch unseen; /* empty without trainer->unseen */
    bool judge;      /* set by the caller: add to `ignorant` what each task should not exceed */
    double ignorant; /* loss of a model that predicts nothing: for GloVe sum of 0.5 f(X) ((log X)^2
                        + 1), the 1 for the random numbers that a model begins with */
} gv_train_scratch;

/* How large tiles are, at most. */
typedef struct gv_train_sizes {
    size_t records; /* stored */
    size_t mixed;   /* with unseen cells; 0: there are none to come */
    size_t width;   /* words of a segment; only looked at with `mixed` */
} gv_train_sizes;

int gv_train_scratch_new(gv_train_scratch *scratch, gv_train_sizes sizes, gv_error *err);
void gv_train_scratch_free(gv_train_scratch *scratch);

/* Weight decay where tasks keep no turns: of all rows, as an epoch begins. With `by_turns` nothing
 * happens: there the first task of a segment's rows does it. No thread may be training. */
void gv_train_decay(const gv_trainer *trainer);

/*
 * Do `task` on its tile `view`. `*loss` receives the summed loss, `*records` the ordered pairs
 * visited. The tile has been checked (gv_tile_view); its escapes are checked here: GV_E_CORRUPT
 * with a text that lacks the file's name.
 */
int gv_train_task(double *loss, uint64_t *records, const gv_trainer *trainer,
                  gv_train_scratch *scratch, const gv_schedule_task *task, const gv_tile *view,
                  gv_error *err);

/* What is evaluated, and where. The model has no AdaGrad sums (gv_model_new_values), and neither have
 * the rows of the gradient. */
typedef struct gv_objective_job {
    const gv_objective_kernel *kernel;
    const gv_model *x;
    bool symmetric;   /* the store */
    bool context;     /* the gradient of context rows is wanted, not of word rows; */
    uint32_t segment; /* of this segment */
    float *gradient;  /* its rows; added to */
    double value;     /* the objective of the pairs that these rows are in; added to */
} gv_objective_job;

/*
 * The part of a tile, one of those of the segment's row or column, in the objective's gradient. Over
 * all of these tiles that is the whole gradient of the rows. Over the word rows of all segments (or
 * the context rows) the values add up to the objective. Of `trainer` the model is not used. Else
 * like gv_train_task.
 */
int gv_train_objective(gv_objective_job *job, const gv_trainer *trainer, gv_train_scratch *scratch,
                       const gv_tile *view, gv_error *err);

#endif
