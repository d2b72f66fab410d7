/*
 * Rows that travel.
 *
 * While threads do tasks, the main thread of every rank moves rows (the `move` of a
 * gv_schedule_run_mover). It gives a segment's rows to the threads by setting the segment's counter
 * of ended tasks, and takes them away by setting it to GV_TURN_AWAY, for which no task waits.
 *
 * A work range ends in three steps. (1) Threads have nothing left to do, or were stopped. (2) Each
 * rank informs every other that it sends no more rows; as messages of a rank arrive in order, a
 * rank that has this from all others has all rows that were sent to it. (3) Worker ranks report to
 * rank 0.
 *
 * Messages are in order only between two ranks. So another rank may begin a work range, and send
 * rows and end marks of it, before rank 0's order to begin arrives here. And rank 0 may get reports
 * before it has all end marks. Such messages are kept for later (`early`).
 */
#include "train/rotation/gv_rotation.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_train.h"
#include "train/rotation/gv_routes.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    TAG_RANGE = GV_TAG_FIRST, /* rank 0: begin a work range */
    TAG_ROWS,                 /* of a segment, from rank to rank */
    TAG_STOP,                 /* rank 0: pause */
    TAG_NO_MORE_ROWS,         /* from this rank in this work range */
    TAG_COUNT,                /* records done since the last, for the progress */
    TAG_REPORT,               /* what a worker rank did in the work range */
    TAG_GATHER,               /* rank 0 wants the rows that are at other ranks */
    TAG_COPY,                 /* of a segment's rows, to rank 0 */
    TAG_GATHERED              /* those were all */
};

static const double wait_s = 0.0005;   /* for a message, between two looks at the threads */
static const double long_wait_s = 0.2; /* for a message, when no threads work */
static const double count_s = 0.5;     /* between two counts for the progress */

/* Copies under way to rank 0 at a time: each is a message in memory until it is sent. */
enum { UNSENT_MAX = 16 };

enum side { WORD, CONTEXT };

typedef struct rows_head {
    uint32_t side; /* enum side */
    uint32_t segment;
    uint8_t padding[GV_ROTATION_ROWS_HEAD - 2 * sizeof(uint32_t)]; /* rows begin at a cache line */
} rows_head;

/* The head of TAG_RANGE; losses and done of all segments follow. */
typedef struct range_head {
    uint64_t epoch, store; /* gv_training_store_print */
    uint32_t arrangement, segments;
} range_head;

typedef struct rotation {
    gv_training *t;
    gv_comm *comm;
    gv_routes routes;
    int rank, ranks;
    bool low_memory; /* rows that have left give their memory back */
    bool *here[2];   /* [segments] by side: are the rows at this rank? */
    bool *copied;    /* [2 segments] rank 0, gathering: a copy of the rows has come */
    bool *mine;      /* [segments] word segments whose tasks are this rank's in this epoch */
    /* of context segments, in the work range */
    uint32_t *turn;          /* [segments] tasks before the next visit: its first turn */
    uint32_t *round;         /* [segments] the first round after the visits so far */
    atomic_uint *visit_left; /* [segments] tasks left of the visit that is under way here */
    bool *visiting;          /* [segments] there is one */
    /* of the work range */
    double next_count_s; /* wall clock */
    uint64_t counted;    /* records that rank 0 knows of */
    bool stopping, no_more_rows;
    bool *done;      /* [ranks] sends no more rows; rank 0, later: has reported, has gathered */
    int others_done; /* how many of them */
    gv_comm_traffic sent_before;
    gv_comm_message *early; /* [early_count] */
    size_t early_count, early_room;
} rotation;

/* --- rows ------------------------------------------------------------------------------------- */

static float *rows_of(const rotation *r, enum side side, uint32_t segment, size_t *bytes)
{
    const uint32_t *first = r->t->info->segment_first;
    const gv_model *model = r->t->model;
    *bytes = (size_t)(first[segment + 1] - first[segment]) * model->stride * sizeof(float);
    return (side == CONTEXT ? model->context : model->word) +
           (size_t)first[segment] * model->stride;
}

/* Give back the whole pages among the rows; they are zero when they are touched again. */
static void release_rows(float *rows, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)rows + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)rows + bytes) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* The rows move (TAG_ROWS), or rank 0 gets a copy (TAG_COPY). */
static int send_rows(rotation *r, enum side side, uint32_t segment, int to, unsigned tag,
                     gv_error *err)
{
    size_t bytes;
    float *rows = rows_of(r, side, segment, &bytes);
    uint8_t *message = gv_comm_buffer(sizeof(rows_head) + bytes, err);
    if (!message)
        return GV_E_MEMORY;
    rows_head head = {.side = side, .segment = segment};
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, rows, bytes);
    int status = gv_comm_post(r->comm, to, tag, message, sizeof head + bytes, err);
    if (status == GV_OK && tag == TAG_ROWS) {
        r->here[side][segment] = false;
        if (r->low_memory)
            release_rows(rows, bytes);
    }
    return status;
}

/* Put rows that have arrived into the model. */
static int receive_rows(rotation *r, rows_head *head, const gv_comm_message *message, gv_error *err)
{
    size_t bytes = 0;
    float *rows = NULL;
    if (message->bytes >= sizeof *head) {
        memcpy(head, message->data, sizeof *head);
        if (head->segment < r->routes.segments && head->side <= CONTEXT)
            rows = rows_of(r, head->side, head->segment, &bytes);
    }
    if (!rows || message->bytes != sizeof *head + bytes)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent rows of the wrong size",
                            message->from);
    if (r->here[head->side][head->segment])
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent rows that are at this rank",
                            message->from);
    memcpy(rows, (const uint8_t *)message->data + sizeof *head, bytes);
    return GV_OK;
}

/* A rank says something that it may say once. */
static int note_once(rotation *r, const gv_comm_message *message, gv_error *err)
{
    if (r->done[message->from] || message->from == r->rank)
        return gv_comm_unexpected(message, err);
    r->done[message->from] = true;
    r->others_done++;
    return GV_OK;
}

/* Nobody has said it yet. */
static void await_all(rotation *r)
{
    memset(r->done, 0, (size_t)r->ranks * sizeof *r->done);
    r->others_done = 0;
}

static int send_to_others(rotation *r, unsigned tag, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 0; rank < r->ranks && status == GV_OK; rank++)
        if (rank != r->rank)
            status = gv_comm_send(r->comm, rank, tag, NULL, 0, err);
    return status;
}

/* Keep a message for later; it is taken over. */
static int keep_early(rotation *r, gv_comm_message *message, gv_error *err)
{
    int status =
        gv_mem_reserve(&r->early, &r->early_room, r->early_count + 1, sizeof *r->early, err);
    if (status == GV_OK) {
        r->early[r->early_count++] = *message;
        *message = (gv_comm_message){0};
    }
    return status;
}

/* --- a work range: moving rows ---------------------------------------------------------------- */

static void prepare(void *context, gv_schedule_run_turns *turns)
{
    /* no rows are given out yet; `begin_rows` does that once threads run and messages can be
     * sent */
    rotation *r = context;
    for (uint32_t s = 0; s < r->routes.segments; s++) {
        gv_schedule_run_set_word_turn(turns, s, GV_TURN_AWAY);
        gv_schedule_run_set_context_turn(turns, s, GV_TURN_AWAY);
        r->visiting[s] = false;
    }
}

static void ended(void *context, const gv_schedule_task *task)
{
    rotation *r = context;
    /* pairs with the acquire in move_on: who sends the rows sees what the task wrote */
    atomic_fetch_sub_explicit(&r->visit_left[task->context_segment], 1, memory_order_release);
}

static void step_over(rotation *r, uint32_t segment, const gv_routes_visit *visit)
{
    r->turn[segment] += visit->tasks;
    r->round[segment] = visit->end;
}

/* Context rows are here and free: begin their next visit, or send them to where it is. */
static int begin_visit(rotation *r, gv_schedule_run_turns *turns, uint32_t segment, gv_error *err)
{
    gv_routes_visit v = gv_routes_next_visit(&r->routes, segment, r->round[segment]);
    if (v.rank < 0)
        return GV_OK;
    if (v.rank != r->rank)
        return send_rows(r, CONTEXT, segment, v.rank, TAG_ROWS, err);
    /* before the turn is set, from which moment on a thread may end the first task */
    atomic_store_explicit(&r->visit_left[segment], v.tasks, memory_order_relaxed);
    r->visiting[segment] = true;
    gv_schedule_run_set_context_turn(turns, segment, r->turn[segment]);
    step_over(r, segment, &v);
    return GV_OK;
}

/* Context rows have come from another rank. What remains of the route up to their next visit here
 * has therefore been done elsewhere. */
static void skip_to_own_visit(rotation *r, uint32_t segment)
{
    for (;;) {
        gv_routes_visit v = gv_routes_next_visit(&r->routes, segment, r->round[segment]);
        if (v.rank < 0 || v.rank == r->rank)
            return;
        step_over(r, segment, &v);
    }
}

/* Word rows are here: their tasks may begin, or their owner gets them. */
static int begin_word(rotation *r, gv_schedule_run_turns *turns, uint32_t segment, gv_error *err)
{
    if (r->routes.words_left[segment] == 0)
        return GV_OK;
    int owner = gv_routes_owner(&r->routes, segment);
    if (owner != r->rank)
        return send_rows(r, WORD, segment, owner, TAG_ROWS, err);
    gv_schedule_run_set_word_turn(turns, segment, r->t->state->done[segment]);
    return GV_OK;
}

/* All rows that are here as the work range begins. */
static int begin_rows(rotation *r, gv_schedule_run_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t s = 0; s < r->routes.segments && status == GV_OK; s++) {
        if (r->here[WORD][s])
            status = begin_word(r, turns, s, err);
        if (status == GV_OK && r->here[CONTEXT][s])
            status = begin_visit(r, turns, s, err);
    }
    return status;
}

/* Context segments whose visit is over move on. */
static int move_on(rotation *r, gv_schedule_run_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t s = 0; s < r->routes.segments && status == GV_OK; s++) {
        if (!r->visiting[s] || atomic_load_explicit(&r->visit_left[s], memory_order_acquire) > 0)
            continue;
        r->visiting[s] = false;
        /* the next tasks here, if any, are another visit's: they wait until the rows are back */
        gv_schedule_run_set_context_turn(turns, s, GV_TURN_AWAY);
        status = begin_visit(r, turns, s, err);
    }
    return status;
}

/* Rows are in one place at a time. Threads may work on those that are here, so that no others may
 * come over them. */
static bool are_here(const rotation *r, const gv_comm_message *message)
{
    rows_head head = {.segment = UINT32_MAX};
    if (message->bytes >= sizeof head)
        memcpy(&head, message->data, sizeof head);
    return head.segment < r->routes.segments && head.side <= CONTEXT &&
           r->here[head.side][head.segment];
}

static int handle_rows(rotation *r, gv_schedule_run_turns *turns, const gv_comm_message *message,
                       gv_error *err)
{
    rows_head head;
    if (are_here(r, message))
        return gv_comm_unexpected(message, err);
    int status = receive_rows(r, &head, message, err);
    if (status != GV_OK)
        return status;
    r->here[head.side][head.segment] = true;
    if (r->no_more_rows) /* threads have ended: the next work range finds the rows here */
        return GV_OK;
    if (head.side == WORD)
        return begin_word(r, turns, head.segment, err);
    skip_to_own_visit(r, head.segment);
    return begin_visit(r, turns, head.segment, err);
}

/* --- a work range: messages and its end ------------------------------------------------------- */

static int take_count(rotation *r, const gv_comm_message *message, gv_error *err)
{
    uint64_t count = 0;
    if (r->rank != 0 || message->bytes != sizeof count)
        return gv_comm_unexpected(message, err);
    memcpy(&count, message->data, sizeof count);
    gv_progress_add(r->t->progress, count);
    return GV_OK;
}

static int handle(rotation *r, gv_schedule_run_turns *turns, gv_comm_message *message,
                  gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
        return GV_OK;
    case TAG_ROWS:
        return handle_rows(r, turns, message, err);
    case TAG_STOP:
        if (message->from != 0)
            return gv_comm_unexpected(message, err);
        r->stopping = true;
        gv_schedule_run_stop(turns);
        return GV_OK;
    case TAG_NO_MORE_ROWS:
        return note_once(r, message, err);
    case TAG_REPORT: /* its rank has ended the range, as all others */
        return r->rank == 0 && r->done[message->from] ? keep_early(r, message, err)
                                                      : gv_comm_unexpected(message, err);
    case TAG_COUNT:
        return take_count(r, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

/* Tell rank 0 how many records were visited since it was last told. */
static int send_count(rotation *r, gv_error *err)
{
    uint64_t visited = atomic_load_explicit(&r->t->tasks.visited, memory_order_relaxed);
    uint64_t count = visited - r->counted;
    r->counted = visited;
    r->next_count_s = gv_clock_wall_seconds() + count_s;
    return gv_comm_send(r->comm, 0, TAG_COUNT, &count, sizeof count, err);
}

/* Rank 0 decides when to pause; the others report how far they are. */
static int pause_or_count(rotation *r, gv_schedule_run_turns *turns, gv_error *err)
{
    /* only rank 0 has a saver, and one decision for all keeps work ranges the same everywhere */
    if (r->rank == 0) {
        if (r->stopping || !r->t->pause(r->t, 0))
            return GV_OK;
        r->stopping = true;
        gv_schedule_run_stop(turns);
        return send_to_others(r, TAG_STOP, err);
    }
    return gv_clock_wall_seconds() < r->next_count_s ? GV_OK : send_count(r, err);
}

static int handle_early(rotation *r, gv_schedule_run_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < r->early_count; i++) {
        if (status == GV_OK)
            status = handle(r, turns, &r->early[i], err);
        gv_comm_message_free(&r->early[i]);
    }
    r->early_count = 0;
    return status;
}

/* One look at threads and messages. */
static int move_once(rotation *r, gv_schedule_run_turns *turns, gv_error *err)
{
    gv_comm_message message = {0};
    /* Read before rows move on: if no thread worked even then, this move_on has seen the end of
     * every task, and sends what is still to be sent. Visits that a pause cut short stay at this
     * rank. */
    unsigned working = gv_schedule_run_working(turns);
    int status = r->no_more_rows ? GV_OK : move_on(r, turns, err);
    if (status == GV_OK && !r->no_more_rows && working == 0) {
        r->no_more_rows = true;
        if (r->rank != 0) /* before the other message: rank 0 then knows all of this range */
            status = send_count(r, err);
        if (status == GV_OK)
            status = send_to_others(r, TAG_NO_MORE_ROWS, err);
    }
    if (status == GV_OK)
        status = pause_or_count(r, turns, err);
    if (status == GV_OK)
        status = gv_comm_receive(r->comm, &message, wait_s, err);
    if (status == GV_OK)
        status = handle(r, turns, &message, err);
    gv_comm_message_free(&message);
    return status;
}

static int move(void *context, gv_schedule_run_turns *turns, gv_error *err)
{
    rotation *r = context;
    int status = begin_rows(r, turns, err);
    if (status == GV_OK)
        status = handle_early(r, turns, err);
    while (status == GV_OK && (!r->no_more_rows || r->others_done < r->ranks - 1)) {
        if (gv_schedule_run_stopped(turns) && !r->stopping)
            return GV_OK; /* a thread has failed: its error is the work range's */
        status = move_once(r, turns, err);
    }
    return status;
}

static void plan_range(rotation *r)
{
    /* every rank comes to the same routes, from the same `done`, which came with the order */
    gv_routes_plan(&r->routes, r->t->state->done);
    for (uint32_t s = 0; s < r->routes.segments; s++) {
        r->mine[s] = gv_routes_owner(&r->routes, s) == r->rank;
        r->turn[s] = r->routes.turns_done[s];
        r->round[s] = 0;
    }
    r->counted = 0;
    r->next_count_s = gv_clock_wall_seconds() + count_s;
    r->stopping = r->no_more_rows = false;
    await_all(r);
    r->sent_before = gv_comm_sent(r->comm);
}

/* This rank's part of a work range. Returns when no rows are on their way. */
static int run_part(rotation *r, gv_engine_result *result, gv_error *err)
{
    const gv_schedule_run_mover mover = {
        .context = r, .mine = r->mine, .prepare = prepare, .ended = ended, .move = move};
    gv_schedule_run_range range;
    plan_range(r);
    gv_training_begin_range(r->t, &range);
    range.mover = &mover;
    int status = gv_schedule_run(r->t->schedule, &range, err);
    if (status != GV_OK)
        return status;
    gv_training_end_range(r->t, result);
    gv_comm_traffic sent = gv_comm_sent(r->comm);
    result->usage.sent = (gv_comm_traffic){sent.bytes - r->sent_before.bytes,
                                           sent.messages - r->sent_before.messages};
    return GV_OK;
}

/* --- orders and reports ----------------------------------------------------------------------- */

/* A message of `head`, then losses and done of all segments. */
static int send_state(rotation *r, int to, unsigned tag, const void *head, size_t head_bytes,
                      gv_error *err)
{
    const gv_checkpoint *state = r->t->state;
    size_t losses = state->segments * sizeof *state->losses;
    size_t done = state->segments * sizeof *state->done;
    uint8_t *message = gv_comm_buffer(head_bytes + losses + done, err);
    if (!message)
        return GV_E_MEMORY;
    memcpy(message, head, head_bytes);
    memcpy(message + head_bytes, state->losses, losses);
    memcpy(message + head_bytes + losses, state->done, done);
    return gv_comm_post(r->comm, to, tag, message, head_bytes + losses + done, err);
}

/* Is the message as long as send_state makes it? */
static bool has_state(const rotation *r, const gv_comm_message *message, size_t head_bytes)
{
    const gv_checkpoint *state = r->t->state;
    return message->bytes ==
           head_bytes + state->segments * (sizeof *state->losses + sizeof *state->done);
}

/* Take loss and done of one segment from such a message into the state. */
static void take_segment(rotation *r, uint32_t segment, const gv_comm_message *message,
                         size_t head_bytes)
{
    gv_checkpoint *state = r->t->state;
    const uint8_t *losses = (const uint8_t *)message->data + head_bytes;
    const uint8_t *done = losses + state->segments * sizeof *state->losses;
    memcpy(&state->losses[segment], losses + segment * sizeof *state->losses,
           sizeof *state->losses);
    memcpy(&state->done[segment], done + segment * sizeof *state->done, sizeof *state->done);
}

static int order_range(rotation *r, gv_error *err)
{
    const gv_checkpoint *state = r->t->state;
    range_head head = {state->epoch, gv_training_store_print(r->t), r->t->arrangement,
                       state->segments};
    int status = GV_OK;
    for (int rank = 1; rank < r->ranks && status == GV_OK; rank++)
        status = send_state(r, rank, TAG_RANGE, &head, sizeof head, err);
    return status;
}

static int take_order(rotation *r, const gv_comm_message *message, gv_error *err)
{
    gv_checkpoint *state = r->t->state;
    range_head head = {0};
    if (message->bytes >= sizeof head)
        memcpy(&head, message->data, sizeof head);
    if (head.store != gv_training_store_print(r->t) || head.segments != state->segments)
        return gv_training_other_store(err);
    if (message->from != 0 || !has_state(r, message, sizeof head) || head.arrangement == 0)
        return gv_comm_unexpected(message, err);
    for (uint32_t s = 0; s < state->segments; s++)
        take_segment(r, s, message, sizeof head);
    state->epoch = head.epoch;
    state->tasks_done = state->records = 0; /* totals are kept by rank 0, which adds the reports */
    r->t->arrangement = head.arrangement;
    return GV_OK;
}

/* Rank 0: add what rank `message->from` has done. */
static int add_report(rotation *r, gv_engine_result *sum, const gv_comm_message *message,
                      gv_error *err)
{
    gv_engine_result other;
    if (!has_state(r, message, sizeof other))
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a report of the wrong size",
                            message->from);
    int status = note_once(r, message, err);
    if (status != GV_OK)
        return status;
    memcpy(&other, message->data, sizeof other);
    for (uint32_t s = 0; s < r->routes.segments; s++)
        if (gv_routes_owner(&r->routes, s) == message->from)
            take_segment(r, s, message, sizeof other);
    r->t->state->tasks_done += other.tasks;
    r->t->state->records += other.records;
    sum->tasks += other.tasks;
    sum->records += other.records;
    sum->loss += other.loss;
    sum->baseline_loss += other.baseline_loss;
    gv_usage_add(&sum->usage, &other.usage);
    return GV_OK;
}

/* What ranks say that they did is what their segments show, or a report was lost. */
static int check_reports(const rotation *r, gv_error *err)
{
    const gv_checkpoint *state = r->t->state;
    uint64_t done = 0;
    for (uint32_t s = 0; s < state->segments; s++)
        done += state->done[s];
    if (done == state->tasks_done)
        return GV_OK;
    return gv_error_set(err, GV_E_RUNTIME,
                        "the ranks report %" PRIu64 " tiles done, and their segments show %" PRIu64,
                        state->tasks_done, done);
}

/* Of all worker ranks. Counts for the progress that come now are dropped: this range is over. */
static int collect_reports(rotation *r, gv_engine_result *sum, gv_error *err)
{
    int status = GV_OK;
    await_all(r);
    for (size_t i = 0; i < r->early_count; i++) { /* only reports come early at rank 0 */
        if (status == GV_OK)
            status = add_report(r, sum, &r->early[i], err);
        gv_comm_message_free(&r->early[i]);
    }
    r->early_count = 0;
    while (status == GV_OK && r->others_done < r->ranks - 1) {
        gv_comm_message message = {0};
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK && message.tag == TAG_REPORT)
            status = add_report(r, sum, &message, err);
        else if (status == GV_OK && message.tag != GV_TAG_NONE && message.tag != TAG_COUNT)
            status = gv_comm_unexpected(&message, err);
        gv_comm_message_free(&message);
    }
    return status == GV_OK ? check_reports(r, err) : status;
}

/* --- rank 0: the engine ----------------------------------------------------------------------- */

static int run_range(void *context, gv_engine_result *result, gv_error *err)
{
    rotation *r = context;
    int status = order_range(r, err);
    if (status == GV_OK)
        status = run_part(r, result, err);
    return status == GV_OK ? collect_reports(r, result, err) : status;
}

static int take_copy(rotation *r, const gv_comm_message *message, gv_error *err)
{
    rows_head head;
    int status = receive_rows(r, &head, message, err);
    if (status != GV_OK)
        return status;
    bool *copied = &r->copied[2 * head.segment + head.side];
    if (*copied)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent rows that another has sent",
                            message->from);
    *copied = true;
    return GV_OK;
}

static int handle_gathering(rotation *r, const gv_comm_message *message, gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
    case TAG_COUNT:
        return GV_OK;
    case TAG_COPY:
        return take_copy(r, message, err);
    case TAG_GATHERED:
        return note_once(r, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

/* All rows are at this rank or have been copied. */
static int check_gathered(const rotation *r, gv_error *err)
{
    for (enum side side = WORD; side <= CONTEXT; side++)
        for (uint32_t s = 0; s < r->routes.segments; s++)
            if (!r->here[side][s] && !r->copied[2 * s + side])
                return gv_error_set(err, GV_E_RUNTIME,
                                    "rows are missing: no rank has segment %" PRIu32, s);
    return GV_OK;
}

static int gather(void *context, gv_error *err)
{
    rotation *r = context;
    await_all(r);
    memset(r->copied, 0, 2 * (size_t)r->routes.segments * sizeof *r->copied);
    int status = send_to_others(r, TAG_GATHER, err);
    while (status == GV_OK && r->others_done < r->ranks - 1) {
        gv_comm_message message = {0};
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK)
            status = handle_gathering(r, &message, err);
        gv_comm_message_free(&message);
    }
    return status == GV_OK ? check_gathered(r, err) : status;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

/* Send rank 0 copies of what is here, a bounded number at a time. */
static int send_copies(rotation *r, gv_error *err)
{
    int status = GV_OK;
    unsigned unsent = 0;
    for (enum side side = WORD; side <= CONTEXT; side++)
        for (uint32_t s = 0; s < r->routes.segments && status == GV_OK; s++) {
            if (!r->here[side][s])
                continue;
            status = send_rows(r, side, s, 0, TAG_COPY, err);
            if (status == GV_OK && ++unsent % UNSENT_MAX == 0)
                status = gv_comm_flush(r->comm, long_wait_s, err);
        }
    return status == GV_OK ? gv_comm_send(r->comm, 0, TAG_GATHERED, NULL, 0, err) : status;
}

/* A message between work ranges; `*begin` if it is the order to begin one. */
static int handle_between(rotation *r, gv_comm_message *message, bool *begin, gv_error *err)
{
    bool order =
        message->tag == TAG_STOP || message->tag == TAG_RANGE || message->tag == TAG_GATHER;
    if (order && message->from != 0)
        return gv_comm_unexpected(message, err);
    switch (message->tag) {
    case GV_TAG_NONE:
    case TAG_STOP: /* rank 0 sent it when this rank had ended already */
        return GV_OK;
    case TAG_RANGE:
        *begin = true;
        return take_order(r, message, err);
    case TAG_GATHER:
        return send_copies(r, err);
    case TAG_ROWS:
    case TAG_NO_MORE_ROWS:
        return keep_early(r, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

static int await_order(rotation *r, gv_error *err)
{
    int status = GV_OK;
    bool begin = false;
    while (status == GV_OK && !begin) {
        gv_comm_message message = {0};
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK)
            status = handle_between(r, &message, &begin, err);
        gv_comm_message_free(&message);
    }
    return status;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_rotation(void *context)
{
    rotation *r = context;
    for (size_t i = 0; i < r->early_count; i++)
        gv_comm_message_free(&r->early[i]);
    gv_mem_free(r->early);
    gv_mem_free(r->here[WORD]);
    gv_mem_free(r->here[CONTEXT]);
    gv_mem_free(r->copied);
    gv_mem_free(r->done);
    gv_mem_free(r->mine);
    gv_mem_free(r->turn);
    gv_mem_free(r->round);
    gv_mem_free(r->visit_left);
    gv_mem_free(r->visiting);
    gv_routes_clear(&r->routes);
    gv_mem_free(r);
}

static int allocate(rotation *r, gv_error *err)
{
    size_t n = r->routes.segments;
    return (r->here[WORD] = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->here[CONTEXT] = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->copied = gv_mem_alloc_zero(2 * n, sizeof(bool), err)) &&
                   (r->done = gv_mem_alloc_zero((size_t)r->ranks, sizeof(bool), err)) &&
                   (r->mine = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->turn = gv_mem_alloc_zero(n, sizeof(uint32_t), err)) &&
                   (r->round = gv_mem_alloc_zero(n, sizeof(uint32_t), err)) &&
                   (r->visit_left = gv_mem_alloc_zero(n, sizeof(atomic_uint), err)) &&
                   (r->visiting = gv_mem_alloc_zero(n, sizeof(bool), err))
               ? GV_OK
               : GV_E_MEMORY;
}

/* At the beginning rank 0 has all rows. */
static int new_rotation(rotation **result, gv_training *t, gv_error *err)
{
    rotation *r = gv_mem_alloc_zero(1, sizeof *r, err);
    *result = r;
    if (!r)
        return GV_E_MEMORY;
    r->t = t;
    r->comm = t->comm;
    r->rank = gv_comm_rank(t->comm);
    r->ranks = gv_comm_size(t->comm);
    r->low_memory =
        gv_budget_train_low_memory(gv_training_memory_budget(t->config),
                                   2 * (uint64_t)t->model->bytes, gv_comm_ranks_on_host(t->comm));
    int status = gv_routes_init(&r->routes, t->schedule, t->info, r->ranks, err);
    if (status == GV_OK)
        status = allocate(r, err);
    for (uint32_t s = 0; status == GV_OK && s < r->routes.segments && r->rank == 0; s++)
        r->here[WORD][s] = r->here[CONTEXT][s] = true;
    return status;
}

int gv_rotation_open(gv_engine *engine, gv_training *training, gv_error *err)
{
    rotation *r;
    int status = new_rotation(&r, training, err);
    if (status != GV_OK) {
        if (r)
            free_rotation(r);
        return status;
    }
    *engine = gv_training_engine(training);
    engine->context = r;
    engine->many_ranks = true;
    engine->run_range = run_range;
    engine->gather = gather;
    engine->free = free_rotation;
    return GV_OK;
}

int gv_rotation_work(gv_training *training, gv_error *err)
{
    rotation *r;
    gv_engine_result result;
    int status = new_rotation(&r, training, err);
    while (status == GV_OK) {
        status = await_order(r, err);
        if (status != GV_OK)
            break;
        gv_training_begin_epoch(training);
        if (training->work.begin)
            status = training->work.begin(training->work.context, err);
        if (status == GV_OK)
            status = run_part(r, &result, err);
        if (status == GV_OK)
            status = send_state(r, 0, TAG_REPORT, &result, sizeof result, err);
    }
    if (r)
        free_rotation(r);
    return status;
}
