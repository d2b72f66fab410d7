/*
 * A replica. Its course through the tasks of its leases, which follow each other:
 *
 *     wait for the rows of the coming tasks, blend them in
 *     push what the last tasks changed, if it is time
 *     ask for the rows of the tasks after the coming ones
 *     train on the coming tasks, on all threads
 *
 * `base` is what the servers have, as far as this replica knows: the rows as they were fetched,
 * with what it has pushed since. A fetch is asked for after a push, and messages are in order, so
 * the rows that come hold all that was pushed before; nothing is pushed between asking and
 * blending. So the difference of model and base is at any time what this replica has done and not
 * pushed.
 */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "train/experiments/downpour/gv_downpour.h"
#include "train/experiments/downpour/gv_downpour_lease.h"
#include "train/experiments/servers/gv_params.h"
#include <string.h>

/* Pushes that were not confirmed yet, at most: one is added while the next is collected. More would
 * only let a slow server fall behind, whose rows are then old. */
enum { PUSHES_OUT = 2 };
static const double wait_s = 0.05; /* seconds; a message ends a wait at once */

typedef struct lease {
    gv_downpour_lease_head head;
    uint32_t *tasks;
} lease;

/* A push that was sent, and the report for rank 0 when the servers have added it. */
typedef struct push {
    uint32_t number, missing; /* answers */
    uint8_t *done;            /* gv_downpour_lease_done, losses */
    size_t bytes;
} push;

typedef struct replica {
    gv_comm *comm;
    gv_training *t;
    gv_params params;
    gv_model *model, *base;
    bool drawn;      /* the order of epoch t->state->epoch */
    lease now, next; /* tasks NULL: none */
    /* places in `now`: tasks that were trained on; pushed; whose rows were asked for */
    uint32_t at, pushed, fetched;
    bool next_fetched;     /* the first rows of `next` were asked for */
    unsigned fetches;      /* answers that are to come */
    gv_comm_message *rows; /* [rows_n] answers that have come */
    size_t rows_n, rows_room;
    uint32_t *keys; /* [keys_n] a list; marked[key] */
    bool *marked;
    size_t keys_n;
    push pushes[PUSHES_OUT + 1];
    unsigned pushes_n;
    uint32_t pushes_begun;
    uint64_t records; /* since the last push */
    double baseline_loss;
    gv_usage reported;
    /* of the threads */
    uint32_t batch_end;
    atomic_uint_fast32_t claimed;
} replica;

/* --- messages --------------------------------------------------------------------------------- */

/* Are all tasks of a lease in the list? */
static bool are_tasks(const replica *r, const lease *l)
{
    bool all = true;
    for (uint32_t i = 0; i < l->head.tasks; i++)
        all &= l->tasks[i] < gv_schedule_count(r->t->schedule);
    return all;
}

static int take_lease(replica *r, const gv_comm_message *message, gv_error *err)
{
    lease *l = r->now.tasks ? &r->next : &r->now;
    const uint8_t *data = message->data;
    gv_downpour_lease_head head = {0};
    if (message->bytes >= sizeof head)
        memcpy(&head, data, sizeof head);
    if (l->tasks || head.tasks == 0 || message->from != 0 ||
        message->bytes != sizeof head + head.tasks * sizeof *l->tasks)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a lease that was not asked for",
                            message->from);
    if (head.store != gv_training_store_print(r->t))
        return gv_training_other_store(err);
    l->head = head;
    l->tasks = gv_mem_alloc(head.tasks, sizeof *l->tasks, err);
    if (!l->tasks)
        return GV_E_MEMORY;
    memcpy(l->tasks, data + sizeof head, head.tasks * sizeof *l->tasks);
    return are_tasks(r, l)
               ? GV_OK
               : gv_error_set(err, GV_E_RUNTIME, "rank %d sent a lease of tasks that do not exist",
                              message->from);
}

/* The pushes at the head of the queue that all servers have added: their tasks are done. Not
 * earlier: what is reported is never leased again, so it must be in the servers' rows, whatever
 * happens to this replica. */
static int report_done(replica *r, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && r->pushes_n > 0 && r->pushes[0].missing == 0) {
        status = gv_comm_post(r->comm, 0, GV_TAG_DONE, r->pushes[0].done, r->pushes[0].bytes, err);
        memmove(r->pushes, r->pushes + 1, --r->pushes_n * sizeof *r->pushes);
    }
    return status;
}

static int take_answer(replica *r, const gv_comm_message *message, gv_error *err)
{
    uint32_t number = 0;
    if (message->bytes == sizeof number)
        memcpy(&number, message->data, sizeof number);
    for (unsigned i = 0; i < r->pushes_n; i++)
        if (r->pushes[i].number == number && r->pushes[i].missing > 0) {
            r->pushes[i].missing--;
            return report_done(r, err);
        }
    return gv_error_set(err, GV_E_RUNTIME, "rank %d confirmed a push that was not sent",
                        message->from);
}

static int keep_rows(replica *r, gv_comm_message *message, gv_error *err)
{
    if (r->rows_n >= r->fetches)
        return gv_comm_unexpected(message, err);
    int status = gv_mem_reserve(&r->rows, &r->rows_room, r->rows_n + 1, sizeof *r->rows, err);
    if (status == GV_OK) {
        r->rows[r->rows_n++] = *message;
        *message = (gv_comm_message){0};
    }
    return status;
}

/* Wait for a message, `wait` seconds at most. */
static int receive(replica *r, double wait, gv_error *err)
{
    gv_comm_message message;
    int status = gv_comm_receive(r->comm, &message, wait, err);
    if (status == GV_OK && message.tag == GV_TAG_LEASE)
        status = take_lease(r, &message, err);
    else if (status == GV_OK && message.tag == GV_TAG_ROWS)
        status = keep_rows(r, &message, err);
    else if (status == GV_OK && message.tag == GV_TAG_PUSHED)
        status = take_answer(r, &message, err);
    else if (status == GV_OK && message.tag != GV_TAG_NONE)
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

static int want(replica *r, gv_error *err)
{
    return gv_comm_send(r->comm, 0, GV_TAG_WANT, NULL, 0, err);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void mark(replica *r, uint32_t key)
{
    if (r->marked[key])
        return;
    r->marked[key] = true;
    r->keys[r->keys_n++] = key;
}

/* List the keys of tasks begin .. end - 1 of a lease. */
static void list_keys(replica *r, const lease *l, uint32_t begin, uint32_t end)
{
    const gv_schedule_task *list = gv_schedule_tasks(r->t->schedule);
    while (r->keys_n > 0)
        r->marked[r->keys[--r->keys_n]] = false;
    for (uint32_t i = begin; i < end; i++) {
        const gv_schedule_task *task = &list[l->tasks[i]];
        mark(r, 2 * task->word_segment);
        mark(r, 2 * task->context_segment + 1);
        if (task->both) {
            mark(r, 2 * task->context_segment);
            mark(r, 2 * task->word_segment + 1);
        }
    }
}

/* Ask for the rows of the tasks from `begin` on. */
static int ask(replica *r, const lease *l, uint32_t begin, gv_error *err)
{
    uint32_t end = l->head.tasks - begin > r->t->config->train_n_fetch
                       ? begin + r->t->config->train_n_fetch
                       : l->head.tasks;
    int status = GV_OK;
    list_keys(r, l, begin, end);
    /* rows are dealt to the servers one by one, so each server has some of every key */
    for (unsigned server = 0; server < r->params.end && status == GV_OK; server++) {
        status = gv_params_send_fetch(r->comm, server, (gv_params_list){r->keys, r->keys_n}, err);
        r->fetches++;
    }
    return status;
}

static int blend(replica *r, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && r->rows_n < r->fetches)
        status = receive(r, wait_s, err);
    for (size_t i = 0; i < r->rows_n; i++) {
        if (status == GV_OK)
            status = gv_params_merge_rows(r->model, r->base, &r->params, (unsigned)r->rows[i].from,
                                          &r->rows[i], err);
        gv_comm_message_free(&r->rows[i]);
    }
    r->rows_n = r->fetches = 0;
    return status;
}

/* The report for rank 0 when the push has been added. */
static int describe_done(replica *r, push *p, gv_error *err)
{
    uint32_t n = r->at - r->pushed;
    gv_downpour_lease_done head = {.lease = r->now.head.lease,
                                   .tasks = n,
                                   .records = r->records,
                                   .baseline_loss = r->baseline_loss,
                                   .usage = gv_usage_since(&r->reported, r->comm)};
    p->bytes = sizeof head + n * sizeof(double);
    if (!(p->done = gv_comm_buffer(p->bytes, err)))
        return GV_E_MEMORY;
    memcpy(p->done, &head, sizeof head);
    for (uint32_t k = 0; k < n; k++)
        memcpy(p->done + sizeof head + k * sizeof(double),
               &r->t->tasks.losses[r->now.tasks[r->pushed + k]], sizeof(double));
    r->records = 0;
    r->baseline_loss = 0;
    return GV_OK;
}

/* Push what the tasks since the last push have changed. */
static int push_changes(replica *r, gv_error *err)
{
    int status = GV_OK;
    /* slow servers slow their replicas */
    while (status == GV_OK && r->pushes_n == PUSHES_OUT)
        status = receive(r, wait_s, err);
    if (status != GV_OK)
        return status;
    push *p = &r->pushes[r->pushes_n++];
    *p = (push){.number = r->pushes_begun++};
    list_keys(r, &r->now, r->pushed, r->at);
    const gv_params_push changes = {
        .model = r->model, .base = r->base, .list = {r->keys, r->keys_n}, .number = p->number};
    for (unsigned server = 0; server < r->params.end && status == GV_OK; server++) {
        bool sent = false;
        status = gv_params_send_push(&sent, r->comm, &r->params, server, &changes, err);
        p->missing += sent;
    }
    if (status == GV_OK)
        status = describe_done(r, p, err);
    r->pushed = r->at;
    return status == GV_OK ? report_done(r, err) : status;
}

/* --- training --------------------------------------------------------------------------------- */

static int train_thread(void *context, unsigned thread, gv_error *err)
{
    replica *r = context;
    const gv_schedule_task *list = gv_schedule_tasks(r->t->schedule);
    int status = GV_OK;
    while (status == GV_OK) {
        uint_fast32_t i = atomic_fetch_add(&r->claimed, 1);
        if (i >= r->batch_end)
            break;
        status = gv_task_run(&r->t->tasks, thread, r->now.tasks[i], &list[r->now.tasks[i]], err);
    }
    return status;
}

static int train_batch(void *context, gv_error *err)
{
    replica *r = context;
    return gv_threads_run(r->t->threads, train_thread, r, err);
}

/* Where the tasks from `at` on end: where rows are fetched, or changes pushed. */
static uint32_t batch_end(const replica *r)
{
    const uint32_t n_fetch = r->t->config->train_n_fetch, n_push = r->t->config->train_n_push;
    uint32_t to_fetch = n_fetch - r->at % n_fetch, to_push = n_push - r->at % n_push;
    uint32_t length = to_fetch < to_push ? to_fetch : to_push, left = r->now.head.tasks - r->at;
    return r->at + (length < left ? length : left);
}

static int train(replica *r, gv_error *err)
{
    r->batch_end = batch_end(r);
    atomic_store(&r->claimed, r->at);
    int status = gv_comm_run_background(r->comm, train_batch, r, err);
    gv_training_take_sums(r->t, &r->records, &r->baseline_loss);
    r->at = r->batch_end;
    return status;
}

/* --- the course ------------------------------------------------------------------------------- */

/* Leases of another epoch are of another order. */
static void draw(replica *r)
{
    if (r->drawn && r->t->state->epoch == r->now.head.epoch)
        return;
    r->t->state->epoch = r->now.head.epoch;
    gv_training_begin_epoch(r->t);
    r->drawn = true;
}

/* The current lease is done: wait for the next. */
static int next_lease(replica *r, gv_error *err)
{
    gv_mem_free(r->now.tasks);
    r->now = r->next;
    r->next = (lease){0};
    r->at = r->pushed = 0;
    r->fetched = r->next_fetched;
    r->next_fetched = false;
    int status = GV_OK;
    while (status == GV_OK && !r->now.tasks)
        status = receive(r, wait_s, err);
    if (status != GV_OK)
        return status;
    draw(r);
    /* the lease after this one is then here when this one is done */
    return want(r, err);
}

/* Rows are needed at `at`, or were asked for already. */
static int ask_if_due(replica *r, gv_error *err)
{
    if (r->at % r->t->config->train_n_fetch != 0 || r->fetched > r->at)
        return GV_OK;
    r->fetched = r->at + 1;
    return ask(r, &r->now, r->at, err);
}

/* Ask ahead: for what comes after the tasks that are trained on next. */
static int ask_ahead(replica *r, gv_error *err)
{
    uint32_t end = batch_end(r);
    if (end < r->now.head.tasks) {
        if (end % r->t->config->train_n_fetch != 0)
            return GV_OK;
        r->fetched = end + 1;
        return ask(r, &r->now, end, err);
    }
    /* tasks are places in the list of an epoch, and only this epoch's is drawn */
    if (!r->next.tasks || r->next.head.epoch != r->now.head.epoch)
        return GV_OK;
    r->next_fetched = true;
    return ask(r, &r->next, 0, err);
}

static bool push_due(const replica *r)
{
    return r->at > r->pushed &&
           (r->at % r->t->config->train_n_push == 0 || r->at == r->now.head.tasks);
}

static int step(replica *r, gv_error *err)
{
    int status = blend(r, err);
    if (status == GV_OK && push_due(r))
        status = push_changes(r, err);
    if (status == GV_OK && (!r->now.tasks || r->at == r->now.head.tasks))
        status = next_lease(r, err);
    if (status == GV_OK)
        status = ask_if_due(r, err);
    if (status == GV_OK)
        status = blend(r, err);
    if (status == GV_OK)
        status = receive(r, 0, err); /* a lease may be there */
    if (status == GV_OK)
        status = ask_ahead(r, err);
    return status == GV_OK ? train(r, err) : status;
}

static int begin(replica *r, gv_error *err)
{
    uint32_t keys;
    unsigned servers;
    int status = gv_downpour_servers(&servers, r->t->config, gv_comm_size(r->comm), err);
    if (status == GV_OK)
        status = gv_params_make(&r->params, r->t->info, 0, servers, err);
    if (status == GV_OK)
        status = gv_model_new_zero(&r->base, r->model->vocab_size, r->model->dim, err);
    if (status != GV_OK)
        return status;
    keys = gv_params_keys(&r->params);
    r->keys = gv_mem_alloc(keys, sizeof *r->keys, err);
    r->marked = gv_mem_alloc_zero(keys, sizeof *r->marked, err);
    r->reported = gv_usage_now(r->comm);
    return r->keys && r->marked ? want(r, err) : GV_E_MEMORY;
}

static void end(replica *r)
{
    for (size_t i = 0; i < r->rows_n; i++)
        gv_comm_message_free(&r->rows[i]);
    for (unsigned i = 0; i < r->pushes_n; i++)
        gv_comm_buffer_free(r->pushes[i].done);
    gv_mem_free(r->rows);
    gv_mem_free(r->now.tasks);
    gv_mem_free(r->next.tasks);
    gv_mem_free(r->keys);
    gv_mem_free(r->marked);
    gv_model_free(r->base);
    gv_params_free(&r->params);
}

int gv_downpour_replicate(gv_training *training, gv_error *err)
{
    replica r = {.comm = training->comm, .t = training, .model = training->model};
    int status = begin(&r, err);
    while (status == GV_OK)
        status = step(&r, err);
    end(&r);
    return status;
}
