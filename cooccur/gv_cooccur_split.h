/*
 * gv_cooccur_split - rows so frequent that all threads gather them together.
 *
 * Problem: a band is one thread's, and a band has whole rows. The row of a word that is a third of
 * the text would keep one thread busy for a third of the work, while the others wait.
 * Approach: the bands of a batch are cut into tasks (gv_cooccur_sink.h), so that a row with more
 * positions than a small part of a thread's share is a task by itself. Threads that come to this
 * task all work on it: each takes chunks of the positions and adds them in its own arrays; when no
 * chunk is left, each takes ranges of the columns, and adds up there the arrays of all. The thread
 * that came first has the sums in the end, and codes the row; the others go on.
 *
 * Sums are integers, so nothing of this shows in the result. No memory is needed for it.
 *
 * Threads wait for each other only while one has a chunk or a range in hand, and never for one that
 * has not come. So any number of them may be running.
 *
 * Threads: one thread cuts; gv_cooccur_split_gather is called by all that have claimed the task.
 */
#ifndef GV_COOCCUR_SPLIT_H
#define GV_COOCCUR_SPLIT_H

#include "cooccur/gv_cooccur_counter.h"

/* What the threads do with the row of a shared task. */
enum gv_cooccur_split_stage {
    GV_COOCCUR_SPLIT_ADD,  /* positions, each thread in its own arrays */
    GV_COOCCUR_SPLIT_JOIN, /* add the arrays up, in the owner's */
    GV_COOCCUR_SPLIT_DONE
};

typedef struct gv_cooccur_split {
    gv_cooccur_counter *counter;
    uint32_t *first; /* [tasks.count + 1] task t has rows first[t] .. first[t + 1] - 1 */
    gv_cooccur_sink_tasks tasks; /* owned; a shared one has one row */
    /* the shared task that was begun last, guarded by the mutex of the sink */
    int64_t task; /* -1: none yet */
    enum gv_cooccur_split_stage stage;
    gv_cooccur_worker *owner; /* of the thread that came first */
    size_t at, end, chunk;    /* positions that nobody has taken; how many are taken at once */
    uint32_t line, range;     /* of sums: those from `line` on nobody has taken; taken at once */
    unsigned busy;            /* threads that have taken some and are not done with them */
} gv_cooccur_split;

/* Cut the bands of the counter into tasks for its batch, which is indexed. Clear also after an
 * error. */
GV_MUST_USE int gv_cooccur_split_cut(gv_cooccur_split *split, gv_cooccur_counter *counter,
                                     gv_error *err);
void gv_cooccur_split_clear(gv_cooccur_split *split);

/*
 * Gather the row of a shared task together with the other threads that call this. `*owner`: the
 * worker has the sums, as after gv_cooccur_gather_row, and the caller codes them and ends the task;
 * the others have nothing more to do with it. False: the sum of `*column` exceeds 64 bits. After a
 * failure of another thread the caller is no owner.
 */
bool gv_cooccur_split_gather(gv_cooccur_split *split, gv_cooccur_worker *worker, uint32_t task,
                             bool *owner, uint32_t *column);

#endif
