/*
 * Rows on their way.
 *
 * A route: of every context segment and round the number of tasks that are not done yet. A visit is
 * a run of rounds with tasks, all at the same rank; rounds without tasks do not count. Because
 * turns of a segment count its tasks in the order of rounds, the turn of a visit's first task is
 * the number of tasks before it.
 *
 * A stretch ends in three steps. (1) Threads have nothing left to do, or were stopped. (2) Each
 * rank tells every other that it sends no more rows; as messages of a rank arrive in order, whoever
 * has heard this from all has all rows that were sent to it. (3) Other ranks report to rank 0.
 */
#include "train/rotation/gv_rotation.h"

#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    TAG_STRETCH = GV_TAG_FIRST,
    TAG_ROWS,   /* of a segment, from rank to rank */
    TAG_STOP,   /* rank 0: stop the stretch */
    TAG_PASSED, /* no more rows come from here in this stretch */
    TAG_COUNT,  /* records done since the last, for the progress */
    TAG_REPORT,
    TAG_GATHER,
    TAG_COPY,    /* of a segment's rows, to rank 0 */
    TAG_GATHERED /* that was all */
};

static const double wait_s = 0.0005, count_s = 0.5, long_wait_s = 0.2;

enum { UNSENT_MAX = 16 }; /* copies that are on their way to rank 0 at a time */

typedef struct rows_head {
    uint32_t context; /* 1: context rows, 0: word rows */
    uint32_t segment;
    uint8_t padding[56]; /* rows begin at a cache line */
} rows_head;

typedef struct stretch_head {
    uint64_t epoch;
    uint32_t arrangement, segments;
} stretch_head;

struct gv_rotation {
    gv_comm *comm;
    gv_schedule *schedule;
    const gv_store_info *info;
    gv_model *model;
    bool sparing;
    int rank, ranks;
    uint32_t segments, groups;
    bool *here[2]; /* [segments] of word rows, of context rows: are they at this rank? */
    /* of the stretch */
    const gv_schedule_range *stretch;
    atomic_uint_fast64_t *visited;
    uint64_t counted;
    double next_count;
    bool *mine;              /* [segments] */
    uint32_t *word_place;    /* [groups] q of each word group */
    uint32_t *context_place; /* [groups] */
    uint16_t *tasks_left;    /* [segments * groups] by context segment and round */
    uint32_t *words_left;    /* [segments] tasks of the word segment */
    uint32_t *turn;          /* [segments] context: tasks before round `round` */
    uint32_t *round;         /* [segments] context: first round that no visit has dealt with */
    atomic_uint *visit_left; /* [segments] context: tasks of the visit that is going on here */
    bool *visiting;          /* [segments] context: there is one */
    bool told_to_stop, passed;
    int others_passed;
    gv_comm_traffic before;
    /* Messages are in order only from one rank to another. So there may be rows and tidings of
     * ranks that have begun a stretch of which rank 0's order is still on its way here, and at rank
     * 0 reports before all have passed. */
    gv_comm_message *early;
    size_t early_count, early_room;
};

/* --- routes ----------------------------------------------------------------------------------- */

/* Whose are the blocks of the q-th word group? */
static int rank_of_place(const gv_rotation *r, uint32_t q)
{
    return (int)((uint64_t)q * (unsigned)r->ranks / r->groups);
}

static int rank_of_word(const gv_rotation *r, uint32_t segment)
{
    return rank_of_place(r, r->word_place[r->info->segment_group[segment]]);
}

/* Where is this context segment in round `round`? */
static int rank_of_round(const gv_rotation *r, uint32_t segment, uint32_t round)
{
    uint32_t place = r->context_place[r->info->segment_group[segment]];
    return rank_of_place(r, (place + r->groups - round) % r->groups);
}

typedef struct visit {
    int rank;     /* -1: there is none any more */
    uint32_t end; /* the round after its last */
    uint32_t tasks;
} visit;

/* The first visit from round `round` on. */
static visit next_visit(const gv_rotation *r, uint32_t segment, uint32_t round)
{
    const uint16_t *left = r->tasks_left + (size_t)segment * r->groups;
    visit v = {.rank = -1, .end = round};
    for (; round < r->groups; round++) {
        if (left[round] == 0)
            continue;
        int rank = rank_of_round(r, segment, round);
        if (v.rank >= 0 && rank != v.rank)
            break;
        v.rank = rank;
        v.tasks += left[round];
        v.end = round + 1;
    }
    return v;
}

/* From the drawn order and what is done: whose word segments are whose, and all routes. */
static void plan(gv_rotation *r, const uint32_t *done)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(r->schedule);
    const uint32_t *word_groups = gv_schedule_word_groups(r->schedule);
    const uint32_t *context_groups = gv_schedule_context_groups(r->schedule);
    const uint32_t *group = r->info->segment_group;
    for (uint32_t q = 0; q < r->groups; q++) {
        r->word_place[word_groups[q]] = q;
        r->context_place[context_groups[q]] = q;
    }
    memset(r->tasks_left, 0, (size_t)r->segments * r->groups * sizeof *r->tasks_left);
    memset(r->words_left, 0, r->segments * sizeof *r->words_left);
    memset(r->turn, 0, r->segments * sizeof *r->turn);
    memset(r->round, 0, r->segments * sizeof *r->round);
    for (size_t i = 0, n = gv_schedule_count(r->schedule); i < n; i++) {
        const gv_schedule_task *t = &tasks[i];
        uint32_t segment = t->context_segment;
        if (t->word_turn < done[t->word_segment]) {
            r->turn[segment]++;
            continue;
        }
        uint32_t round =
            (r->context_place[group[segment]] + r->groups - r->word_place[group[t->word_segment]]) %
            r->groups;
        r->tasks_left[(size_t)segment * r->groups + round]++;
        r->words_left[t->word_segment]++;
    }
    for (uint32_t s = 0; s < r->segments; s++)
        r->mine[s] = rank_of_word(r, s) == r->rank;
}

/* --- rows ------------------------------------------------------------------------------------- */

static float *rows_of(const gv_rotation *r, bool context, uint32_t segment, size_t *bytes)
{
    const uint32_t *first = r->info->segment_first;
    *bytes = (size_t)(first[segment + 1] - first[segment]) * r->model->stride * sizeof(float);
    return (context ? r->model->context : r->model->word) +
           (size_t)first[segment] * r->model->stride;
}

/* Give back the whole pages among the rows. */
static void release_rows(float *rows, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)rows + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)rows + bytes) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_DONTNEED);
}

static int send_rows(gv_rotation *r, bool context, uint32_t segment, int to, unsigned tag,
                     gv_error *err)
{
    size_t bytes;
    float *rows = rows_of(r, context, segment, &bytes);
    uint8_t *message = gv_comm_buffer(sizeof(rows_head) + bytes, err);
    if (!message)
        return GV_E_MEMORY;
    rows_head head = {.context = context, .segment = segment};
    memcpy(message, &head, sizeof head);
    memcpy(message + sizeof head, rows, bytes);
    int status = gv_comm_post(r->comm, to, tag, message, sizeof head + bytes, err);
    if (status == GV_OK && tag == TAG_ROWS) {
        r->here[context][segment] = false;
        if (r->sparing)
            release_rows(rows, bytes);
    }
    return status;
}

/* Rows arrive: put them into the model. */
static int take_rows(gv_rotation *r, rows_head *head, const gv_comm_message *message, gv_error *err)
{
    size_t bytes = 0;
    float *rows = NULL;
    if (message->bytes >= sizeof *head) {
        memcpy(head, message->data, sizeof *head);
        if (head->segment < r->segments && head->context <= 1)
            rows = rows_of(r, head->context, head->segment, &bytes);
    }
    if (!rows || message->bytes != sizeof *head + bytes)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent rows that do not fit", message->from);
    memcpy(rows, (const uint8_t *)message->data + sizeof *head, bytes);
    return GV_OK;
}

/* --- a stretch -------------------------------------------------------------------------------- */

static void prepare(void *context, gv_schedule_turns *turns)
{
    gv_rotation *r = context;
    for (uint32_t s = 0; s < r->segments; s++) {
        gv_schedule_run_set_word_turn(turns, s, GV_TURN_AWAY);
        gv_schedule_run_set_context_turn(turns, s, GV_TURN_AWAY);
        r->visiting[s] = false;
    }
}

static void ended(void *context, const gv_schedule_task *task)
{
    gv_rotation *r = context;
    atomic_fetch_sub_explicit(&r->visit_left[task->context_segment], 1, memory_order_release);
}

/* Context rows are here, and free: begin their next visit, or send them to where it is. */
static int send_on(gv_rotation *r, gv_schedule_turns *turns, uint32_t segment, gv_error *err)
{
    visit v = next_visit(r, segment, r->round[segment]);
    if (v.rank < 0)
        return GV_OK;
    if (v.rank != r->rank)
        return send_rows(r, true, segment, v.rank, TAG_ROWS, err);
    atomic_store_explicit(&r->visit_left[segment], v.tasks, memory_order_relaxed);
    r->visiting[segment] = true;
    gv_schedule_run_set_context_turn(turns, segment, r->turn[segment]);
    r->turn[segment] += v.tasks;
    r->round[segment] = v.end;
    return GV_OK;
}

/* They have come from another rank: what lies before their next visit here is over. */
static void skip_to_own_visit(gv_rotation *r, uint32_t segment)
{
    for (;;) {
        visit v = next_visit(r, segment, r->round[segment]);
        if (v.rank < 0 || v.rank == r->rank)
            return;
        r->turn[segment] += v.tasks;
        r->round[segment] = v.end;
    }
}

static int begin_word(gv_rotation *r, gv_schedule_turns *turns, uint32_t segment, gv_error *err)
{
    if (r->words_left[segment] == 0)
        return GV_OK;
    int owner = rank_of_word(r, segment);
    if (owner != r->rank)
        return send_rows(r, false, segment, owner, TAG_ROWS, err);
    gv_schedule_run_set_word_turn(turns, segment, r->stretch->done[segment]);
    return GV_OK;
}

static int send_out(gv_rotation *r, gv_schedule_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t s = 0; s < r->segments && status == GV_OK; s++) {
        if (r->here[0][s])
            status = begin_word(r, turns, s, err);
        if (status == GV_OK && r->here[1][s])
            status = send_on(r, turns, s, err);
    }
    return status;
}

/* Context segments whose visit is over move on. */
static int forward(gv_rotation *r, gv_schedule_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t s = 0; s < r->segments && status == GV_OK; s++) {
        if (!r->visiting[s] || atomic_load_explicit(&r->visit_left[s], memory_order_acquire) > 0)
            continue;
        r->visiting[s] = false;
        gv_schedule_run_set_context_turn(turns, s, GV_TURN_AWAY);
        status = send_on(r, turns, s, err);
    }
    return status;
}

static int arrive(gv_rotation *r, gv_schedule_turns *turns, const gv_comm_message *message,
                  gv_error *err)
{
    rows_head head;
    int status = take_rows(r, &head, message, err);
    if (status != GV_OK)
        return status;
    r->here[head.context][head.segment] = true;
    if (r->passed) /* only kept: here is where the next stretch will find them */
        return GV_OK;
    if (!head.context)
        return begin_word(r, turns, head.segment, err);
    skip_to_own_visit(r, head.segment);
    return send_on(r, turns, head.segment, err);
}

static int tell_others(gv_rotation *r, unsigned tag, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 0; rank < r->ranks && status == GV_OK; rank++)
        if (rank != r->rank)
            status = gv_comm_send(r->comm, rank, tag, NULL, 0, err);
    return status;
}

/* Keep a message for what comes next; it is taken. */
static int keep_early(gv_rotation *r, gv_comm_message *message, gv_error *err)
{
    int status =
        gv_mem_reserve(&r->early, &r->early_room, r->early_count + 1, sizeof *r->early, err);
    if (status == GV_OK) {
        r->early[r->early_count++] = *message;
        *message = (gv_comm_message){0};
    }
    return status;
}

static int digest(gv_rotation *r, gv_schedule_turns *turns, gv_comm_message *message, gv_error *err)
{
    uint64_t count = 0;
    switch (message->tag) {
    case TAG_ROWS:
        return arrive(r, turns, message, err);
    case TAG_STOP:
        r->told_to_stop = true;
        gv_schedule_run_stop(turns);
        return GV_OK;
    case TAG_PASSED:
        r->others_passed++;
        return GV_OK;
    case TAG_REPORT:
        return keep_early(r, message, err);
    case TAG_COUNT:
        if (message->bytes == sizeof count)
            memcpy(&count, message->data, sizeof count);
        *r->visited += count;
        return GV_OK;
    default:
        return gv_comm_unexpected(message, err);
    }
}

/* Rank 0 decides about the end; the others let it know how far they are. */
static int keep_in_touch(gv_rotation *r, gv_schedule_turns *turns, gv_error *err)
{
    const gv_schedule_range *s = r->stretch;
    if (r->rank == 0) {
        if (r->told_to_stop || !s->pause || !s->pause(s->context, 0))
            return GV_OK;
        r->told_to_stop = true;
        gv_schedule_run_stop(turns);
        return tell_others(r, TAG_STOP, err);
    }
    double now = gv_clock_wall_seconds();
    if (now < r->next_count)
        return GV_OK;
    r->next_count = now + count_s;
    uint64_t visited = atomic_load_explicit(r->visited, memory_order_relaxed);
    uint64_t count = visited - r->counted;
    r->counted = visited;
    return gv_comm_send(r->comm, 0, TAG_COUNT, &count, sizeof count, err);
}

/* The threads have stopped, or have nothing left to do: say so. */
static int pass(gv_rotation *r, gv_error *err)
{
    r->passed = true;
    return tell_others(r, TAG_PASSED, err);
}

static int digest_early(gv_rotation *r, gv_schedule_turns *turns, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < r->early_count; i++) {
        if (status == GV_OK)
            status = digest(r, turns, &r->early[i], err);
        gv_comm_message_free(&r->early[i]);
    }
    r->early_count = 0;
    return status;
}

static int move(void *context, gv_schedule_turns *turns, gv_error *err)
{
    gv_rotation *r = context;
    gv_comm_message message = {0};
    int status = send_out(r, turns, err);
    if (status == GV_OK)
        status = digest_early(r, turns, err);
    while (status == GV_OK && (!r->passed || r->others_passed < r->ranks - 1)) {
        if (gv_schedule_run_stopped(turns) && !r->told_to_stop)
            return GV_OK; /* a thread has failed: its error is the stretch's */
        unsigned working = gv_schedule_run_working(turns);
        if (!r->passed)
            status = forward(r, turns, err);
        if (status == GV_OK && !r->passed && working == 0)
            status = pass(r, err);
        if (status == GV_OK)
            status = keep_in_touch(r, turns, err);
        if (status == GV_OK)
            status = gv_comm_receive(r->comm, &message, wait_s, err);
        if (status == GV_OK && message.tag != GV_TAG_NONE)
            status = digest(r, turns, &message, err);
        gv_comm_message_free(&message);
    }
    return status;
}

int gv_rotation_run(gv_rotation *r, const gv_schedule_range *stretch, atomic_uint_fast64_t *visited,
                    gv_error *err)
{
    gv_schedule_mover mover = {
        .context = r, .mine = r->mine, .prepare = prepare, .ended = ended, .move = move};
    gv_schedule_range own = *stretch;
    own.mover = &mover;
    own.pause = NULL; /* asked by rank 0's mover for all */
    r->stretch = stretch;
    r->visited = visited;
    r->counted = 0;
    r->next_count = gv_clock_wall_seconds() + count_s;
    r->told_to_stop = r->passed = false;
    r->others_passed = 0;
    r->before = gv_comm_sent(r->comm);
    plan(r, stretch->done);
    return gv_schedule_run(r->schedule, &own, err);
}

/* --- orders and reports ----------------------------------------------------------------------- */

int gv_rotation_begin(gv_rotation *r, const gv_checkpoint *state, unsigned arrangement,
                      gv_error *err)
{
    size_t done = r->segments * sizeof *state->done, losses = r->segments * sizeof *state->losses;
    stretch_head head = {state->epoch, arrangement, r->segments};
    int status = GV_OK;
    for (int rank = 1; rank < r->ranks && status == GV_OK; rank++) {
        uint8_t *message = gv_comm_buffer(sizeof head + done + losses, err);
        if (!message)
            return GV_E_MEMORY;
        memcpy(message, &head, sizeof head);
        memcpy(message + sizeof head, state->losses, losses);
        memcpy(message + sizeof head + losses, state->done, done);
        status =
            gv_comm_post(r->comm, rank, TAG_STRETCH, message, sizeof head + done + losses, err);
    }
    return status;
}

static int take_stretch(gv_rotation *r, gv_checkpoint *state, unsigned *arrangement,
                        const gv_comm_message *message, gv_error *err)
{
    size_t done = r->segments * sizeof *state->done, losses = r->segments * sizeof *state->losses;
    stretch_head head;
    const uint8_t *data = message->data;
    if (message->bytes != sizeof head + done + losses)
        return gv_error_set(err, GV_E_CORRUPT, "this rank's store.db is not that of rank 0");
    memcpy(&head, data, sizeof head);
    memcpy(state->losses, data + sizeof head, losses);
    memcpy(state->done, data + sizeof head + losses, done);
    state->epoch = head.epoch;
    state->position = state->records = 0;
    *arrangement = head.arrangement;
    return GV_OK;
}

/* Other ranks: send rank 0 copies of what is here, a bounded number at a time. */
static int send_copies(gv_rotation *r, gv_error *err)
{
    int status = GV_OK;
    unsigned unsent = 0;
    for (unsigned context = 0; context < 2; context++)
        for (uint32_t s = 0; s < r->segments && status == GV_OK; s++) {
            if (!r->here[context][s])
                continue;
            status = send_rows(r, context, s, 0, TAG_COPY, err);
            if (status == GV_OK && ++unsent % UNSENT_MAX == 0)
                status = gv_comm_flush(r->comm, long_wait_s, err);
        }
    return status == GV_OK ? gv_comm_send(r->comm, 0, TAG_GATHERED, NULL, 0, err) : status;
}

/* A message between stretches; `*begin` if it is the order to begin one. */
static int serve(gv_rotation *r, gv_checkpoint *state, unsigned *arrangement,
                 gv_comm_message *message, bool *begin, gv_error *err)
{
    switch (message->tag) {
    case GV_TAG_NONE:
    case TAG_STOP: /* it came too late */
        return GV_OK;
    case TAG_STRETCH:
        *begin = true;
        return take_stretch(r, state, arrangement, message, err);
    case TAG_GATHER:
        return send_copies(r, err);
    case TAG_ROWS:
    case TAG_PASSED:
        return keep_early(r, message, err);
    default:
        return gv_comm_unexpected(message, err);
    }
}

int gv_rotation_await(gv_rotation *r, gv_checkpoint *state, unsigned *arrangement, gv_error *err)
{
    gv_comm_message message = {0};
    int status = GV_OK;
    bool begin = false;
    while (status == GV_OK && !begin) {
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK)
            status = serve(r, state, arrangement, &message, &begin, err);
        gv_comm_message_free(&message);
    }
    return status;
}

/* What this rank has sent in the stretch. */
static gv_comm_traffic sent_since(const gv_rotation *r)
{
    gv_comm_traffic sent = gv_comm_sent(r->comm);
    return (gv_comm_traffic){sent.bytes - r->before.bytes, sent.messages - r->before.messages};
}

int gv_rotation_report(gv_rotation *r, const gv_checkpoint *state, const gv_part *part,
                       gv_error *err)
{
    size_t done = r->segments * sizeof *state->done, losses = r->segments * sizeof *state->losses;
    gv_part own = *part;
    own.took.sent = sent_since(r);
    uint8_t *message = gv_comm_buffer(sizeof own + done + losses, err);
    if (!message)
        return GV_E_MEMORY;
    memcpy(message, &own, sizeof own);
    memcpy(message + sizeof own, state->losses, losses);
    memcpy(message + sizeof own + losses, state->done, done);
    return gv_comm_post(r->comm, 0, TAG_REPORT, message, sizeof own + done + losses, err);
}

/* Add what rank `message->from` has done. */
static int add_report(gv_rotation *r, gv_checkpoint *state, gv_part *part,
                      const gv_comm_message *message, gv_error *err)
{
    size_t done = r->segments * sizeof *state->done, losses = r->segments * sizeof *state->losses;
    gv_part other;
    const uint8_t *data = message->data;
    if (message->bytes != sizeof other + done + losses)
        return gv_error_set(err, GV_E_RUNTIME, "rank %d sent a report that does not fit",
                            message->from);
    memcpy(&other, data, sizeof other);
    for (uint32_t s = 0; s < r->segments; s++) {
        if (rank_of_word(r, s) != message->from)
            continue;
        memcpy(&state->losses[s], data + sizeof other + s * sizeof *state->losses,
               sizeof *state->losses);
        memcpy(&state->done[s], data + sizeof other + losses + s * sizeof *state->done,
               sizeof *state->done);
    }
    state->position += other.tasks;
    state->records += other.records;
    part->tasks += other.tasks;
    part->records += other.records;
    part->loss += other.loss;
    part->ignorant += other.ignorant;
    gv_usage_add(&part->took, &other.took);
    return GV_OK;
}

static int collect_early(gv_rotation *r, gv_checkpoint *state, gv_part *part, int *reports,
                         gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < r->early_count; i++) {
        if (status == GV_OK)
            status = add_report(r, state, part, &r->early[i], err);
        gv_comm_message_free(&r->early[i]);
        ++*reports;
    }
    r->early_count = 0;
    return status;
}

int gv_rotation_collect(gv_rotation *r, gv_checkpoint *state, gv_part *part, gv_error *err)
{
    gv_comm_message message = {0};
    int reports = 0;
    const gv_usage own = {.sent = sent_since(r)};
    gv_usage_add(&part->took, &own);
    int status = collect_early(r, state, part, &reports, err);
    while (status == GV_OK && reports < r->ranks - 1) {
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK && message.tag == TAG_REPORT) {
            status = add_report(r, state, part, &message, err);
            reports++;
        }
        gv_comm_message_free(&message);
    }
    return status;
}

int gv_rotation_gather(gv_rotation *r, gv_error *err)
{
    gv_comm_message message = {0};
    rows_head head;
    int finished = 0, status = tell_others(r, TAG_GATHER, err);
    while (status == GV_OK && finished < r->ranks - 1) {
        status = gv_comm_receive(r->comm, &message, long_wait_s, err);
        if (status == GV_OK && message.tag == TAG_COPY)
            status = take_rows(r, &head, &message, err);
        finished += status == GV_OK && message.tag == TAG_GATHERED;
        gv_comm_message_free(&message);
    }
    return status;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int allocate(gv_rotation *r, gv_error *err)
{
    size_t n = r->segments;
    return (r->here[0] = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->here[1] = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->mine = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->visiting = gv_mem_alloc_zero(n, sizeof(bool), err)) &&
                   (r->word_place = gv_mem_alloc_zero(r->groups, sizeof(uint32_t), err)) &&
                   (r->context_place = gv_mem_alloc_zero(r->groups, sizeof(uint32_t), err)) &&
                   (r->tasks_left = gv_mem_alloc_zero(n * r->groups, sizeof(uint16_t), err)) &&
                   (r->words_left = gv_mem_alloc_zero(n, sizeof(uint32_t), err)) &&
                   (r->turn = gv_mem_alloc_zero(n, sizeof(uint32_t), err)) &&
                   (r->round = gv_mem_alloc_zero(n, sizeof(uint32_t), err)) &&
                   (r->visit_left = gv_mem_alloc_zero(n, sizeof(atomic_uint), err))
               ? GV_OK
               : GV_E_MEMORY;
}

static int make(gv_rotation **result, const gv_rotation *like, gv_error *err)
{
    gv_rotation *r = gv_mem_alloc_zero(1, sizeof *r, err);
    *result = NULL;
    if (!r)
        return GV_E_MEMORY;
    *r = *like;
    r->segments = r->info->segments;
    r->groups = r->info->groups;
    int status = allocate(r, err);
    if (status == GV_OK)
        *result = r;
    else
        gv_rotation_free(r);
    return status;
}

int gv_rotation_new(gv_rotation **result, gv_comm *comm, gv_schedule *schedule,
                    const gv_store_info *info, gv_model *model, bool sparing, gv_error *err)
{
    *result = NULL;
    if (gv_comm_size(comm) > (int)info->groups)
        return gv_error_set(
            err, GV_E_USAGE,
            "%d ranks, but the store has %u groups of words to deal to them: start at "
            "most %u ranks, with more threads each",
            gv_comm_size(comm), info->groups, info->groups);
    gv_rotation like = {.comm = comm,
                        .schedule = schedule,
                        .info = info,
                        .model = model,
                        .sparing = sparing,
                        .rank = gv_comm_rank(comm),
                        .ranks = gv_comm_size(comm)};
    int status = make(result, &like, err);
    for (uint32_t s = 0; status == GV_OK && s < info->segments && like.rank == 0; s++)
        (*result)->here[0][s] = (*result)->here[1][s] = true;
    return status;
}

void gv_rotation_free(gv_rotation *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->early_count; i++)
        gv_comm_message_free(&r->early[i]);
    gv_mem_free(r->early);
    gv_mem_free(r->here[0]);
    gv_mem_free(r->here[1]);
    gv_mem_free(r->mine);
    gv_mem_free(r->visiting);
    gv_mem_free(r->word_place);
    gv_mem_free(r->context_place);
    gv_mem_free(r->tasks_left);
    gv_mem_free(r->words_left);
    gv_mem_free(r->turn);
    gv_mem_free(r->round);
    gv_mem_free(r->visit_left);
    gv_mem_free(r);
}

/* --- on paper --------------------------------------------------------------------------------- */

static uint64_t move_on_paper(int *at, int to, uint64_t bytes)
{
    bool stays = *at == to;
    *at = to;
    return stays ? 0 : bytes + sizeof(rows_head);
}

/* Bytes of rows sent in the epoch that is drawn; `at` [2][segments] is where rows are. */
static uint64_t epoch_on_paper(gv_rotation *r, int *at[2], const uint32_t *nothing_done,
                               size_t row_bytes)
{
    const uint32_t *first = r->info->segment_first;
    uint64_t sum = 0;
    plan(r, nothing_done);
    for (uint32_t s = 0; s < r->segments; s++) {
        uint64_t bytes = (uint64_t)(first[s + 1] - first[s]) * row_bytes;
        if (r->words_left[s] > 0)
            sum += move_on_paper(&at[0][s], rank_of_word(r, s), bytes);
        for (visit v = next_visit(r, s, 0); v.rank >= 0; v = next_visit(r, s, v.end))
            sum += move_on_paper(&at[1][s], v.rank, bytes);
    }
    return sum;
}

int gv_rotation_bytes(uint64_t *epoch_bytes, uint64_t *gather_bytes, gv_schedule *schedule,
                      const gv_store_info *info, size_t row_bytes, int ranks, uint64_t seed,
                      uint64_t epoch, gv_error *err)
{
    gv_rotation *r, like = {.schedule = schedule, .info = info, .ranks = ranks};
    int status = make(&r, &like, err);
    if (status != GV_OK)
        return status;
    int *at[2] = {gv_mem_alloc_zero(info->segments, sizeof(int), err),
                  gv_mem_alloc_zero(info->segments, sizeof(int), err)};
    uint32_t *nothing = gv_mem_alloc_zero(info->segments, sizeof *nothing, err);
    status = at[0] && at[1] && nothing ? GV_OK : GV_E_MEMORY;
    for (uint64_t e = epoch > 0 ? epoch - 1 : 0; status == GV_OK && e <= epoch; e++) {
        gv_schedule_draw(schedule, seed, e, 1);
        *epoch_bytes = epoch_on_paper(r, at, nothing, row_bytes);
    }
    *gather_bytes = 0;
    for (uint32_t s = 0; s < info->segments && status == GV_OK; s++)
        for (int side = 0; side < 2; side++)
            *gather_bytes += move_on_paper(&at[side][s], 0,
                                           (uint64_t)gv_store_segment_words(info, s) * row_bytes);
    gv_mem_free(nothing);
    gv_mem_free(at[0]);
    gv_mem_free(at[1]);
    gv_rotation_free(r);
    return status;
}
