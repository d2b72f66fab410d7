/*
 * A worker: units of work, a few ahead, so that the rows of the next are on their way while threads
 * compute. Rows are kept for the length of an evaluation, in which they do not change.
 */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "math/gv_objective.h"
#include "train/gv_downpour_lease.h"
#include "train/gv_sandblaster.h"
#include "train/gv_sandblaster_messages.h"
#include <string.h>

static const double wait_s = 0.05;

typedef struct unit {
    uint32_t number;
    uint32_t fetched; /* answers of each shard after which its rows are here */
    double value;
} unit;

/* What a thread needs. */
typedef struct hand {
    gv_model *gradient; /* all zero between units */
    gv_train_scratch scratch;
} hand;

typedef struct worker {
    gv_comm *comm;
    gv_training *t;
    gv_objective_fn *objective;
    gv_shards shards;
    gv_model *x;
    hand *hands; /* [threads] */
    uint32_t evaluation;
    bool *here; /* [keys] rows were asked for in this evaluation */
    uint32_t *keys;
    bool *marked; /* scratch of list_keys */
    size_t keys_n;
    uint32_t asked, *answered; /* fetches; answers, [ranks] */
    unit *queue;               /* [2 threads] */
    size_t queued, wanted;     /* units that are here; that were asked for and did not come */
    size_t batch;              /* units at the head of the queue that threads are at */
    gv_tally told;
} worker;

/* --- units ------------------------------------------------------------------------------------ */

/* The tasks of a unit: begin to end - 1 of the list. */
static void tasks_of(const worker *w, uint32_t number, uint32_t *begin, uint32_t *end)
{
    size_t units;
    const uint32_t *unit_begin = gv_schedule_units(w->t->schedule, &units);
    *begin = unit_begin[number];
    *end = unit_begin[number + 1];
}

static void mark(worker *w, uint32_t key)
{
    if (w->marked[key])
        return;
    w->marked[key] = true;
    w->keys[w->keys_n++] = key;
}

/* List the keys of a unit. */
static void list_keys(worker *w, uint32_t number)
{
    const gv_task *list = gv_schedule_tasks(w->t->schedule);
    uint32_t begin, end;
    while (w->keys_n > 0)
        w->marked[w->keys[--w->keys_n]] = false;
    tasks_of(w, number, &begin, &end);
    for (uint32_t i = begin; i < end; i++) {
        mark(w, 2 * list[i].word_segment);
        mark(w, 2 * list[i].context_segment + 1);
        if (list[i].both) {
            mark(w, 2 * list[i].context_segment);
            mark(w, 2 * list[i].word_segment + 1);
        }
    }
}

/* Ask for the rows of the unit that are not here. */
static int ask(worker *w, uint32_t number, gv_error *err)
{
    size_t lacking = 0;
    int status = GV_OK;
    list_keys(w, number);
    for (size_t k = 0; k < w->keys_n; k++) {
        uint32_t key = w->keys[k];
        if (w->here[key])
            continue;
        w->here[key] = true;
        w->keys[k] = w->keys[lacking]; /* both stay in the list */
        w->keys[lacking++] = key;
    }
    if (lacking == 0)
        return GV_OK;
    for (unsigned s = w->shards.first; s < w->shards.end && status == GV_OK; s++)
        status = gv_fetch_send(w->comm, s, w->keys, lacking, err);
    w->asked++;
    return status;
}

static int take_unit(worker *w, const gv_message *message, gv_error *err)
{
    gv_unit_message m;
    size_t units;
    gv_schedule_units(w->t->schedule, &units);
    if (message->bytes != sizeof m)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent a damaged unit", message->from);
    memcpy(&m, message->data, sizeof m);
    if (m.unit >= units || w->wanted == 0)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected unit", message->from);
    w->wanted--;
    int status = ask(w, m.unit, err);
    w->queue[w->queued++] = (unit){.number = m.unit, .fetched = w->asked};
    return status;
}

/* Another point: rows are to be fetched anew; units of the last are not needed any more. */
static int begin_evaluation(worker *w, const gv_message *message, gv_error *err)
{
    if (message->bytes != sizeof w->evaluation)
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent a damaged evaluation", message->from);
    memcpy(&w->evaluation, message->data, sizeof w->evaluation);
    memset(w->here, 0, gv_shards_keys(&w->shards) * sizeof *w->here);
    w->queued = 0;
    return GV_OK;
}

static int tell_tally(worker *w, gv_error *err)
{
    gv_tally now = gv_tally_now(w->comm), since = gv_tally_since(&now, &w->told);
    w->told = now;
    return gv_comm_send(w->comm, 0, GV_TAG_TALLY, &since, sizeof since, err);
}

static int digest(worker *w, const gv_message *message, gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case GV_TAG_EVALUATE:
        return begin_evaluation(w, message, err);
    case GV_TAG_UNIT:
        return take_unit(w, message, err);
    case GV_TAG_ROWS:
        w->answered[message->from]++;
        return gv_rows_take(w->x, &w->shards, (unsigned)message->from, message, err);
    case GV_TAG_TALLY:
        return tell_tally(w, err);
    case GV_TAG_GONE:
        return GV_OK;
    default:
        return gv_fail(err, GV_E_RUNTIME, "rank %d sent an unexpected message of kind %u",
                       message->from, message->tag);
    }
}

static int receive(worker *w, double wait, gv_error *err)
{
    gv_message message;
    int status = gv_comm_receive(w->comm, &message, wait, err);
    if (status == GV_OK)
        status = digest(w, &message, err);
    gv_message_drop(&message);
    return status;
}

static int want_more(worker *w, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && w->queued + w->wanted < 2 * (size_t)w->t->threads) {
        status = gv_comm_send(w->comm, 0, GV_TAG_WANT, NULL, 0, err);
        w->wanted++;
    }
    return status;
}

/* Units at the head of the queue whose rows are here, at most one a thread. */
static size_t ready(const worker *w)
{
    uint32_t least = UINT32_MAX;
    size_t n = 0;
    for (unsigned s = w->shards.first; s < w->shards.end; s++)
        least = w->answered[s] < least ? w->answered[s] : least;
    while (n < w->queued && n < w->t->threads && w->queue[n].fetched <= least)
        n++;
    return n;
}

/* --- computing -------------------------------------------------------------------------------- */

static int do_task(worker *w, hand *h, unsigned thread, const gv_task *task, double *value,
                   gv_error *err)
{
    const gv_training *t = w->t;
    gv_tile view;
    int status = gv_tile_cache_get(&view, t->cache, thread, task->tile, err);
    if (status != GV_OK)
        return status;
    gv_objective_job job = {
        .x = w->x, .gradient = h->gradient, .function = w->objective, .value = value};
    status = gv_train_objective(&job, t->trainer, &h->scratch, task, &view, err);
    gv_tile_cache_release(t->cache, task->tile);
    if (status != GV_OK)
        gv_error_prefix(err, "%s", t->store_path);
    return status;
}

/* One unit, one thread. */
static int compute(void *context, unsigned thread, gv_error *err)
{
    worker *w = context;
    if (thread >= w->batch)
        return GV_OK;
    const gv_task *list = gv_schedule_tasks(w->t->schedule);
    unit *u = &w->queue[thread];
    uint32_t begin, end;
    int status = GV_OK;
    tasks_of(w, u->number, &begin, &end);
    u->value = 0;
    for (uint32_t i = begin; i < end && status == GV_OK; i++) {
        double value = 0;
        status = do_task(w, &w->hands[thread], thread, &list[i], &value, err);
        u->value += value;
    }
    return status;
}

static int compute_batch(void *context, gv_error *err)
{
    worker *w = context;
    return gv_threads_run((unsigned)w->batch, compute, w, err);
}

/* The constant ones of the rows have no gradient. */
static void fix_constants(const worker *w, gv_model *gradient)
{
    for (size_t k = 0; k < w->keys_n; k++) {
        const uint32_t *first = w->t->info->segment_first + w->keys[k] / 2;
        bool context = w->keys[k] % 2;
        float *matrix = context ? gradient->context : gradient->word;
        for (uint32_t row = first[0]; row < first[1]; row++)
            matrix[row * gradient->stride + gradient->dim + (context ? 0 : 1)] = 0;
    }
}

static int send_unit(worker *w, const unit *u, gv_model *gradient, gv_error *err)
{
    gv_push_label label = {.number = u->number, .round = w->evaluation};
    gv_unit_message value = {
        .evaluation = w->evaluation, .unit = u->number, .worker = gv_comm_rank(w->comm)};
    int status = GV_OK;
    value.value = u->value;
    list_keys(w, u->number);
    fix_constants(w, gradient);
    for (unsigned s = w->shards.first; s < w->shards.end && status == GV_OK; s++) {
        bool sent;
        status = gv_push_send(&sent, w->comm, &w->shards, gradient, NULL, s, w->keys, w->keys_n,
                              GV_TAG_GRADIENT, label, true, err);
    }
    return status == GV_OK ? gv_comm_send(w->comm, 0, GV_TAG_VALUE, &value, sizeof value, err)
                           : status;
}

/* The units at the head of the queue. What they were of an evaluation that ends meanwhile is not
 * lost: messages wait until gv_comm_work has returned. */
static int do_batch(worker *w, size_t n, gv_error *err)
{
    w->batch = n;
    int status = gv_comm_work(w->comm, compute_batch, w, err);
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = send_unit(w, &w->queue[i], w->hands[i].gradient, err);
    w->queued -= n;
    memmove(w->queue, w->queue + n, w->queued * sizeof *w->queue);
    return status;
}

/* --- the course ------------------------------------------------------------------------------- */

static int make_hands(worker *w, gv_error *err)
{
    const gv_training *t = w->t;
    int status = GV_OK;
    w->hands = gv_alloc_zero(t->threads, sizeof *w->hands, err);
    if (!w->hands)
        return GV_E_MEMORY;
    for (unsigned i = 0; i < t->threads && status == GV_OK; i++) {
        status = gv_model_new_values(&w->hands[i].gradient, t->info->vocab_size,
                                     t->config->train_dim, err);
        if (status == GV_OK)
            status = gv_train_scratch_new(&w->hands[i].scratch, t->largest_tile, err);
    }
    return status;
}

static int begin(worker *w, gv_error *err)
{
    unsigned servers;
    const gv_training *t = w->t;
    int status = gv_sandblaster_servers(&servers, t->config, gv_comm_size(w->comm), err);
    if (status == GV_OK)
        status = gv_shards_make(&w->shards, t->info, 1, 1 + servers, err);
    if (status == GV_OK)
        status = gv_model_new_values(&w->x, t->info->vocab_size, t->config->train_dim, err);
    if (status == GV_OK)
        status = make_hands(w, err);
    if (status != GV_OK)
        return status;
    size_t keys = gv_shards_keys(&w->shards);
    w->here = gv_alloc_zero(keys, sizeof *w->here, err);
    w->keys = gv_alloc(keys, sizeof *w->keys, err);
    w->marked = gv_alloc_zero(keys, sizeof *w->marked, err);
    w->answered = gv_alloc_zero((size_t)gv_comm_size(w->comm), sizeof *w->answered, err);
    w->queue = gv_alloc(2 * (size_t)t->threads, sizeof *w->queue, err);
    w->told = gv_tally_now(w->comm);
    /* the units are those of the first epoch's order, in every evaluation */
    gv_schedule_draw(t->schedule, t->config->train_seed, 0, 1);
    return w->here && w->keys && w->marked && w->answered && w->queue ? GV_OK : GV_E_MEMORY;
}

static void end(worker *w)
{
    for (unsigned i = 0; w->hands && i < w->t->threads; i++) {
        gv_model_free(w->hands[i].gradient);
        gv_train_scratch_free(&w->hands[i].scratch);
    }
    gv_free(w->hands);
    gv_free(w->queue);
    gv_free(w->answered);
    gv_free(w->marked);
    gv_free(w->keys);
    gv_free(w->here);
    gv_model_free(w->x);
    gv_shards_drop(&w->shards);
}

int gv_sandblaster_work(gv_comm *comm, gv_training *training, const gv_kernel *kernel,
                        gv_error *err)
{
    worker w = {.comm = comm, .t = training, .objective = gv_objective_choose(kernel)};
    int status = begin(&w, err);
    while (status == GV_OK) {
        status = want_more(&w, err);
        size_t n = ready(&w);
        if (status == GV_OK)
            status = n > 0 ? do_batch(&w, n, err) : receive(&w, wait_s, err);
    }
    end(&w);
    return status;
}
