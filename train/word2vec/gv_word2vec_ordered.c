#include "train/word2vec/gv_word2vec_ordered.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_test_hook.h"
#include "base/gv_threads.h"
#include "model/gv_pull.h"
#include "train/gv_divergence.h"
#include "train/gv_training.h"
#include "train/local/gv_local.h"
#include "train/word2vec/gv_word2vec_tile.h"
#include <math.h>
#include <string.h>

/* In an epoch, rows are pulled to their start vectors so often, or once in a stretch if there are
 * more of these: as in gv_task.c. */
enum { PULLS = 32 };

/* The pairs of a stretch, drawn or being drawn. */
typedef struct stretch {
    uint64_t number;                /* of the whole training; UINT64_MAX: none */
    gv_word2vec_pairs_chunk *chunk; /* [stretch_chunks] */
    bool *drawn;                    /* [stretch_chunks] by thread that draws it */
    size_t chunks;
    atomic_size_t next; /* chunk that no thread has taken yet */
} stretch;

typedef struct worker {
    _Alignas(64) gv_word2vec_tile_worker *tiles;
    gv_word2vec_pairs_drawer *drawer;
} worker;

typedef struct ordered {
    gv_word2vec_ordered_inputs in;
    const gv_word2vec_layout *layout;
    uint64_t all; /* stretches of the whole training */
    gv_schedule *schedule;
    gv_checkpoint part; /* where the stretch is; its `epoch` is the stretch's number */
    gv_training t;      /* of a stretch */
    gv_engine engine;   /* likewise */
    worker *workers;    /* [threads] */
    stretch stretches[2];
    stretch *now, *next;   /* of these */
    uint64_t words, pairs; /* of `now` */
    uint64_t words_before; /* of the epoch's stretches before `now` */
} ordered;

uint64_t gv_word2vec_ordered_tasks(const gv_word2vec_layout *layout)
{
    return layout->stretches * layout->tiles;
}

uint32_t gv_word2vec_ordered_segments(const gv_word2vec_layout *layout)
{
    return layout->segments.n + 1;
}

/* --- drawing pairs ---------------------------------------------------------------------------- */

/* Nothing of it is drawn yet. */
static void begin_stretch(ordered *e, stretch *s, uint64_t number)
{
    const gv_word2vec_layout *layout = e->layout;
    uint64_t place = number % layout->stretches;
    if (s->number == number)
        return;
    s->number = number;
    s->chunks = (size_t)(gv_word2vec_layout_first_chunk(layout, place + 1) -
                         gv_word2vec_layout_first_chunk(layout, place));
    memset(s->drawn, 0, s->chunks * sizeof *s->drawn);
    atomic_store(&s->next, 0);
}

static int draw_one(ordered *e, stretch *s, unsigned thread, size_t i, gv_error *err)
{
    const gv_word2vec_layout *layout = e->layout;
    uint64_t first = gv_word2vec_layout_first_chunk(layout, s->number % layout->stretches);
    int status = gv_word2vec_pairs_draw(&s->chunk[i], e->workers[thread].drawer,
                                        s->number / layout->stretches, first + i, err);
    s->drawn[i] = status == GV_OK;
    return status;
}

/* A gv_threads_fn: draw what the stretch `now` still lacks. */
static int draw_rest(void *context, unsigned thread, gv_error *err)
{
    ordered *e = context;
    int status = GV_OK;
    for (size_t i; status == GV_OK && (i = atomic_fetch_add(&e->now->next, 1)) < e->now->chunks;)
        if (!e->now->drawn[i])
            status = draw_one(e, e->now, thread, i, err);
    return status;
}

/* A thread that has no task left draws pairs of the next stretch. An error comes again, and is
 * reported, when the stretch is begun. */
static void draw_ahead(void *context, unsigned thread)
{
    ordered *e = context;
    stretch *s = e->next;
    gv_error ignored = {0};
    for (size_t i; s && !gv_signal_pending() && (i = atomic_fetch_add(&s->next, 1)) < s->chunks;)
        if (draw_one(e, s, thread, i, &ignored) != GV_OK)
            return;
}

/* All pairs of stretch number `number` become those of `now`. */
static int complete_stretch(ordered *e, uint64_t number, gv_error *err)
{
    e->now = &e->stretches[number % 2];
    begin_stretch(e, e->now, number);
    atomic_store(&e->now->next, 0);
    int status = gv_threads_run(e->in.threads, draw_rest, e, err);
    e->words = e->pairs = 0;
    for (size_t i = 0; i < e->now->chunks && status == GV_OK; i++) {
        e->words += e->now->chunk[i].words;
        e->pairs += e->now->chunk[i].pair_begin[e->layout->tiles];
    }
    e->next = number + 1 < e->all ? &e->stretches[(number + 1) % 2] : NULL;
    if (e->next)
        begin_stretch(e, e->next, number + 1);
    return status;
}

/* --- a task ----------------------------------------------------------------------------------- */

/* The rate falls with the text gone through, and within a stretch with the tasks of the segment. */
static float rate_of(const ordered *e, const gv_schedule_task *task)
{
    double segments = e->layout->segments.n;
    double done = (double)e->now->number + task->word_turn / segments;
    return gv_word2vec_text_rate(e->in.text->config, done / (double)e->all);
}

/* Pull the rows of a segment, as often in the stretch as makes PULLS in an epoch. */
static void pull_segment(const ordered *e, int side, uint32_t segment, uint32_t turn, float rate)
{
    const gv_word2vec_layout *layout = e->layout;
    const uint32_t *first = layout->segments.first + segment, turns = layout->segments.n;
    uint64_t pulls = (PULLS + layout->stretches - 1) / layout->stretches;
    pulls = pulls < turns ? pulls : turns;
    const gv_start *start = e->in.text->start;
    if (start->frozen)
        gv_pull_hold(start, e->in.text->model, side, first[0], first[1]);
    if ((turn + 1) * pulls / turns == turn * pulls / turns)
        return;
    gv_pull_step step = {
        .part = 1.0 / (double)(pulls * layout->stretches), .eta = (double)rate, .constant = true};
    gv_pull_rows(start, e->in.text->model, side, first[0], first[1], step);
}

/* In words of the text, for the progress: the tasks' parts of those of the stretch. */
static void count_task(ordered *e)
{
    uint64_t tiles = e->layout->tiles;
    uint64_t begun = atomic_fetch_add_explicit(&e->t.tasks.begun, 1, memory_order_relaxed);
    uint64_t words = (begun + 1) * e->words / tiles - begun * e->words / tiles;
    atomic_fetch_add_explicit(&e->t.tasks.visited, words, memory_order_relaxed);
    gv_progress_add(e->in.progress, words);
}

static int do_task(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                   gv_error *err)
{
    ordered *e = context;
    const gv_word2vec_tile tile = {.layout = e->layout,
                                   .chunk = e->now->chunk,
                                   .chunks = e->now->chunks,
                                   .kernel = e->in.text->kernel,
                                   .model = e->in.text->model,
                                   .word_segment = task->word_segment,
                                   .context_segment = task->context_segment,
                                   .seed = e->in.text->config->train_seed,
                                   .stream = e->now->number * e->layout->tiles + task->tile,
                                   .eta = e->in.text->config->train_eta,
                                   .rate = rate_of(e, task)};
    int status =
        gv_word2vec_tile_train(e->workers[thread].tiles, &tile, &e->t.tasks.losses[index], err);
    if (status == GV_OK && !isfinite(e->t.tasks.losses[index]))
        status = gv_divergence_not_finite(err, e->in.text->config, e->in.state->epoch);
    if (e->in.text->start) {
        pull_segment(e, GV_START_WORD, task->word_segment, task->word_turn, tile.rate);
        pull_segment(e, GV_START_CONTEXT, task->context_segment, task->context_turn, tile.rate);
    }
    count_task(e);
    gv_test_hook(GV_TEST_HOOK_TASK);
    return status;
}

static void enter_nothing(void *context, unsigned thread)
{
    (void)context;
    (void)thread;
}

/* --- a stretch -------------------------------------------------------------------------------- */

/* The part of the epoch's state that the stretch begins with. */
static void begin_part(ordered *e, uint64_t stretch_of_epoch)
{
    const gv_checkpoint *state = e->in.state;
    const uint32_t segments = e->layout->segments.n;
    gv_checkpoint *part = &e->part;
    part->epoch = e->now->number;
    part->tasks_done = state->tasks_done - stretch_of_epoch * e->layout->tiles;
    part->records = 0;
    for (uint32_t s = 0; s < segments; s++)
        part->done[s] = state->done[s] - (uint32_t)stretch_of_epoch * segments;
    memcpy(part->losses, state->losses, segments * sizeof *part->losses);
    e->words_before = state->records - e->words * part->tasks_done / e->layout->tiles;
}

/* And back. The pairs count when all of them are done. */
static void end_part(ordered *e, uint64_t stretch_of_epoch)
{
    const gv_checkpoint *part = &e->part;
    const uint32_t segments = e->layout->segments.n;
    gv_checkpoint *state = e->in.state;
    state->tasks_done = stretch_of_epoch * e->layout->tiles + part->tasks_done;
    state->records = e->words_before + e->words * part->tasks_done / e->layout->tiles;
    for (uint32_t s = 0; s < segments; s++)
        state->done[s] = (uint32_t)stretch_of_epoch * segments + part->done[s];
    memcpy(state->losses, part->losses, segments * sizeof *part->losses);
    if (part->tasks_done == part->tasks)
        state->losses[segments] += (double)e->pairs;
}

/* No loss is in the result: no baseline is known to compare it with. */
static void add_result(gv_engine_result *sum, const gv_engine_result *one)
{
    sum->tasks += one->tasks;
    gv_usage_add(&sum->usage, &one->usage);
}

static int run_stretch(ordered *e, gv_engine_result *sum, gv_error *err)
{
    gv_checkpoint *state = e->in.state;
    gv_engine_result result;
    uint64_t place = state->tasks_done / e->layout->tiles, before = state->records;
    int status = complete_stretch(e, state->epoch * e->layout->stretches + place, err);
    if (status != GV_OK)
        return status;
    begin_part(e, place);
    e->engine.begin_epoch(e->engine.epoch_context);
    status = e->engine.run_range(e->engine.context, &result, err);
    if (status != GV_OK)
        return status;
    end_part(e, place);
    add_result(sum, &result);
    sum->records += state->records - before;
    return GV_OK;
}

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    ordered *e = context;
    const gv_checkpoint *state = e->in.state;
    int status = GV_OK;
    *result = (gv_engine_result){0};
    do
        status = run_stretch(e, result, err);
    while (status == GV_OK && state->tasks_done < state->tasks && !gv_signal_pending() &&
           e->part.tasks_done == e->part.tasks && !gv_saver_due(e->in.saver) &&
           result->tasks < e->t.pause_after);
    return status;
}

static int end_epoch(void *context, gv_engine_epoch *epoch, gv_error *err)
{
    const ordered *e = context;
    const gv_checkpoint *state = e->in.state;
    const uint32_t segments = e->layout->segments.n;
    double sum = 0, pairs = state->losses[segments];
    (void)err;
    for (uint32_t s = 0; s < segments; s++)
        sum += state->losses[s];
    *epoch = (gv_engine_epoch){.loss = pairs > 0 ? sum / pairs : 0, .pairs = (uint64_t)pairs};
    return GV_OK;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_stretch(stretch *s, uint64_t chunks)
{
    for (uint64_t i = 0; s->chunk && i < chunks; i++)
        gv_word2vec_pairs_chunk_clear(&s->chunk[i]);
    gv_mem_free(s->chunk);
    gv_mem_free(s->drawn);
}

static void free_engine(void *context)
{
    ordered *e = context;
    if (e->engine.free)
        e->engine.free(e->engine.context);
    gv_training_close(&e->t);
    gv_schedule_free(e->schedule);
    for (unsigned t = 0; e->workers && t < e->in.threads; t++) {
        gv_word2vec_tile_worker_free(e->workers[t].tiles);
        gv_word2vec_pairs_drawer_free(e->workers[t].drawer);
    }
    if (e->workers)
        gv_mem_big_free(e->workers, e->in.threads * sizeof *e->workers);
    for (unsigned i = 0; i < 2; i++)
        free_stretch(&e->stretches[i], e->layout->stretch_chunks);
    gv_mem_free(e->part.done);
    gv_mem_free(e->part.losses);
    gv_mem_free(e);
}

static int make_stretch(stretch *s, const gv_word2vec_layout *layout, gv_error *err)
{
    s->number = UINT64_MAX;
    s->chunk = gv_mem_alloc_zero(layout->stretch_chunks, sizeof *s->chunk, err);
    s->drawn = gv_mem_alloc_zero(layout->stretch_chunks, sizeof *s->drawn, err);
    int status = s->chunk && s->drawn ? GV_OK : GV_E_MEMORY;
    for (uint64_t i = 0; i < layout->stretch_chunks && status == GV_OK; i++)
        status = gv_word2vec_pairs_chunk_init(&s->chunk[i], layout->tiles, err);
    return status;
}

static int make_workers(ordered *e, gv_error *err)
{
    const gv_word2vec_text text = {e->in.text->config, e->in.text->ids, e->in.text->threshold};
    e->workers = gv_mem_big_alloc(e->in.threads * sizeof *e->workers, err);
    int status = e->workers ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; t < e->in.threads && status == GV_OK; t++) {
        worker *w = &e->workers[t];
        status = gv_word2vec_tile_worker_new(&w->tiles, e->in.text->model->width, err);
        if (status == GV_OK)
            status = gv_word2vec_pairs_drawer_new(&w->drawer, &text, e->layout, err);
    }
    return status;
}

static int make_part(ordered *e, gv_error *err)
{
    const uint32_t segments = e->layout->segments.n;
    e->part = (gv_checkpoint){.segments = segments, .tasks = e->layout->tiles};
    e->part.done = gv_mem_alloc_zero(segments, sizeof *e->part.done, err);
    e->part.losses = gv_mem_alloc_zero(segments, sizeof *e->part.losses, err);
    return e->part.done && e->part.losses ? GV_OK : GV_E_MEMORY;
}

static int make_training(ordered *e, gv_error *err)
{
    const gv_training_work work = {e, do_task, enter_nothing, draw_ahead};
    e->t = (gv_training){.config = e->in.text->config,
                         .progress = e->in.progress,
                         .info = &e->layout->info,
                         .schedule = e->schedule,
                         .model = e->in.text->model,
                         .state = &e->part,
                         .saver = e->in.saver,
                         .threads = e->in.threads,
                         .arrangement = e->in.threads};
    int status = gv_training_open_for(&e->t, work, err);
    if (status == GV_OK)
        e->engine = gv_local_engine(&e->t);
    return status;
}

static int make(ordered *e, gv_error *err)
{
    int status = make_part(e, err);
    for (unsigned i = 0; i < 2 && status == GV_OK; i++)
        status = make_stretch(&e->stretches[i], e->layout, err);
    if (status == GV_OK)
        status = make_workers(e, err);
    if (status == GV_OK)
        status = gv_schedule_new(&e->schedule, &e->layout->info, e->layout->tile, err);
    return status == GV_OK ? make_training(e, err) : status;
}

int gv_word2vec_ordered_open(gv_engine *engine, const gv_word2vec_ordered_inputs *inputs,
                             gv_error *err)
{
    ordered *e = gv_mem_alloc_zero(1, sizeof *e, err);
    if (!e)
        return GV_E_MEMORY;
    e->in = *inputs;
    e->layout = inputs->layout;
    e->all = e->layout->stretches * inputs->text->config->train_epochs;
    int status = make(e, err);
    if (status != GV_OK) {
        free_engine(e);
        return status;
    }
    *engine = (gv_engine){.context = e,
                          .epoch_context = e,
                          /* a stretch begins by itself */
                          .begin_epoch = gv_engine_begin_nothing,
                          .run_range = run_range,
                          .end_epoch = end_epoch,
                          .gather = gv_engine_gather_nothing,
                          .describe = gv_engine_describe_nothing,
                          .free = free_engine};
    return GV_OK;
}
