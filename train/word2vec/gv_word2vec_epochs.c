#include "train/word2vec/gv_word2vec_epochs.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "train/gv_train_epochs.h"
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

typedef struct worker {
    _Alignas(64) gv_word2vec_hand *hand;
    gv_word2vec_sums sums; /* of this stretch */
} worker;

typedef struct loop {
    gv_run *run;
    const gv_word2vec_text *text;
    gv_checkpoint *state;
    gv_saver *saver;
    unsigned threads;
    worker *workers;
    uint64_t step;             /* a stretch pauses after so many chunks */
    uint64_t first;            /* chunk that the stretch begins with */
    atomic_uint_fast64_t next; /* chunk */
    atomic_bool stop;
} loop;

/* --- a stretch: chunks until the epoch's end or a pause -------------------------------------- */

/* The clock is looked at by one thread only. */
static bool time_to_stop(loop *l, unsigned thread, uint64_t chunk)
{
    if (gv_signal_pending() || (thread == 0 && gv_saver_due(l->saver)) ||
        chunk - l->first >= l->step)
        atomic_store_explicit(&l->stop, true, memory_order_relaxed);
    return atomic_load_explicit(&l->stop, memory_order_relaxed);
}

/* A claimed chunk is always done, so that the chunks done are a beginning. */
static int work(void *context, unsigned thread, gv_error *err)
{
    loop *l = context;
    worker *w = &l->workers[thread];
    int status = GV_OK;
    while (status == GV_OK && !time_to_stop(l, thread, atomic_load(&l->next))) {
        uint64_t chunk = atomic_fetch_add(&l->next, 1), before = w->sums.words;
        if (chunk >= l->state->tasks)
            break;
        status = gv_word2vec_train_chunk(w->hand, l->text, l->state->epoch, chunk, &w->sums, err);
        gv_progress_add(l->run->progress, w->sums.words - before);
    }
    if (status != GV_OK)
        atomic_store(&l->stop, true);
    return status;
}

/* Add up what the threads have done. */
static void collect(uint64_t *visited, loop *l)
{
    gv_checkpoint *state = l->state;
    for (unsigned t = 0; t < l->threads; t++) {
        gv_word2vec_sums *sums = &l->workers[t].sums;
        state->losses[GV_WORD2VEC_LOSS] += sums->loss;
        state->losses[GV_WORD2VEC_JUDGED] += (double)sums->judged;
        state->losses[GV_WORD2VEC_PAIRS] += (double)sums->pairs;
        state->records += sums->words;
        *visited += sums->words;
        *sums = (gv_word2vec_sums){0};
    }
}

static int run_stretch(uint64_t *visited, loop *l, gv_error *err)
{
    gv_checkpoint *state = l->state;
    l->first = state->position;
    atomic_store(&l->next, state->position);
    atomic_store(&l->stop, false);
    int status = gv_threads_run(l->threads, work, l, err);
    if (status != GV_OK)
        return status;
    uint64_t next = atomic_load(&l->next);
    state->position = next < state->tasks ? next : state->tasks;
    state->done[0] = (uint32_t)state->position;
    collect(visited, l);
    return GV_OK;
}

/* --- saving ----------------------------------------------------------------------------------- */

static int save(loop *l, gv_error *err)
{
    gv_checkpoint_matrix matrices[2];
    if (!gv_model_finite(l->text->model))
        return gv_error_set(
            err, GV_E_RUNTIME,
            "training diverged in epoch %" PRIu64
            ": the model holds numbers that are not finite; lower train.eta (now %g)",
            l->state->epoch + 1, l->run->config->train_eta);
    gv_model_matrices(matrices, l->text->model);
    return gv_saver_save(l->saver, l->state, matrices, err);
}

static int save_and_stop(loop *l, gv_error *err)
{
    int status = save(l, err);
    if (status == GV_OK)
        status = gv_saver_wait(l->saver, err);
    return status == GV_OK ? gv_train_stopped(l->run, l->state, err) : status;
}

/* --- an epoch --------------------------------------------------------------------------------- */

typedef struct part {
    double wall, cpu;
    uint64_t records;
} part;

static int tell_epoch(const loop *l, const part *begin, double loss, gv_error *err)
{
    const gv_checkpoint *state = l->state;
    double wall = gv_clock_wall_seconds() - begin->wall, cpu = gv_clock_cpu_seconds() - begin->cpu;
    gv_progress_note(l->run->progress, "epoch %" PRIu64 "/%" PRIu32 ": loss %.6f, %.1f s",
                     state->epoch + 1, l->run->config->train_epochs, loss, wall);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "epoch", state->epoch + 1);
    gv_json_set_real(&fields, "loss", loss);
    gv_json_set_uint(&fields, "records", state->records);
    gv_json_set_uint(&fields, "pairs", (uint64_t)state->losses[GV_WORD2VEC_PAIRS]);
    gv_json_set_real(&fields, "wall_s", wall);
    gv_json_set_real(&fields, "cpu_s", cpu);
    if (begin->records > 0) /* times are of the rest only */
        gv_json_set_uint(&fields, "records_before", begin->records);
    return gv_run_event(l->run, "epoch", &fields, err);
}

static int finish_epoch(loop *l, const part *begin, gv_error *err)
{
    gv_checkpoint *state = l->state;
    double judged = state->losses[GV_WORD2VEC_JUDGED];
    double loss = judged > 0 ? state->losses[GV_WORD2VEC_LOSS] / judged : 0;
    int status = tell_epoch(l, begin, loss, err);
    if (state->epoch == 0)
        state->first_loss = loss;
    if (state->epoch == 0 || loss < state->lowest_loss)
        state->lowest_loss = loss;
    state->last_loss = loss;
    state->epoch++;
    state->position = state->records = state->done[0] = 0;
    memset(state->losses, 0, GV_WORD2VEC_SUMS * sizeof *state->losses);
    return status;
}

static int run_epoch(uint64_t *visited, loop *l, gv_error *err)
{
    const gv_config *config = l->run->config;
    gv_checkpoint *state = l->state;
    part begin = {gv_clock_wall_seconds(), gv_clock_cpu_seconds(), state->records};
    while (state->position < state->tasks) {
        int status = run_stretch(visited, l, err);
        if (status == GV_OK && state->position < state->tasks)
            status = gv_signal_pending() ? save_and_stop(l, err) : save(l, err);
        if (status != GV_OK)
            return status;
    }
    int status = finish_epoch(l, &begin, err);
    bool last = state->epoch == config->train_epochs;
    if (status != GV_OK || (gv_signal_pending() && !last))
        return status != GV_OK ? status : save_and_stop(l, err);
    return last || state->epoch % config->train_checkpoint_every == 0 ? save(l, err) : GV_OK;
}

/* --- all epochs ------------------------------------------------------------------------------- */

static int make_workers(loop *l, gv_error *err)
{
    l->workers = gv_mem_big_alloc(l->threads * sizeof *l->workers, err);
    int status = l->workers ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; t < l->threads && status == GV_OK; t++)
        status = gv_word2vec_hand_new(&l->workers[t].hand, l->text, err);
    return status;
}

static void drop_workers(loop *l)
{
    for (unsigned t = 0; l->workers && t < l->threads; t++)
        gv_word2vec_hand_free(l->workers[t].hand);
    if (l->workers)
        gv_mem_big_free(l->workers, l->threads * sizeof *l->workers);
}

int gv_word2vec_epochs(uint64_t *visited, gv_run *run, const gv_word2vec_text *text,
                       gv_checkpoint *state, gv_saver *saver, unsigned threads, gv_error *err)
{
    uint64_t words = gv_ids_about(text->ids)->words, total, epochs = run->config->train_epochs;
    loop l = {.run = run,
              .text = text,
              .state = state,
              .saver = saver,
              .threads = threads,
              .step = gv_train_tasks_per_checkpoint()};
    *visited = 0;
    int status = make_workers(&l, err);
    if (status == GV_OK) {
        if (__builtin_mul_overflow(epochs - state->epoch, words, &total))
            total = 0;
        gv_progress_begin(run->progress, "training",
                          total > state->records ? total - state->records : 0, "words");
        while (status == GV_OK && state->epoch < epochs)
            status = run_epoch(visited, &l, err);
        gv_progress_end(run->progress);
    }
    drop_workers(&l);
    return status;
}
