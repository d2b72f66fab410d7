/*
 * gv_routes: for random stores, ranks and epochs, an epoch is carried out as its routes say, one
 * task after the other in a random order that the turns allow. Every task must find the rows of
 * both of its segments at one rank, and what is sent must be the bytes that are computed.
 */
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include "train/rotation/gv_routes.h"
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 24, GROUPS_MAX = 9, TASKS_MAX = SEGMENTS_MAX * SEGMENTS_MAX };
enum { STORES = 150, EPOCHS = 3, ROW_BYTES = 96, HEAD_BYTES = 64, SEED = 11 };

/* A made-up store: which pairs of segments have a tile. */
typedef struct layout {
    gv_store_info info;
    gv_store_tile tiles[TASKS_MAX];
    uint32_t first[SEGMENTS_MAX + 1], group[SEGMENTS_MAX];
} layout;

/* An epoch on ranks: where rows are, and what is done. */
typedef struct simulation {
    const layout *l;
    gv_schedule *schedule;
    gv_routes routes;
    int ranks;
    int word_at[SEGMENTS_MAX], context_at[SEGMENTS_MAX]; /* rank that has the rows */
    uint32_t word_done[SEGMENTS_MAX], context_done[SEGMENTS_MAX];
    /* the visit of each context segment, and how many of its tasks are left */
    gv_routes_visit visit[SEGMENTS_MAX];
    uint32_t visit_left[SEGMENTS_MAX];
    bool done[TASKS_MAX];
    uint64_t bytes;
} simulation;

static void make_layout(layout *l, gv_rng *rng)
{
    *l = (layout){0};
    uint32_t segments = 1 + (uint32_t)gv_rng_below(rng, SEGMENTS_MAX), n = 0;
    uint32_t groups = 1 + (uint32_t)gv_rng_below(rng, GROUPS_MAX);
    bool symmetric = gv_rng_below(rng, 2);
    unsigned percent = gv_rng_below(rng, 3) ? 100 : 30;
    for (uint32_t i = 0; i < segments; i++) {
        l->first[i + 1] = l->first[i] + 1 + (uint32_t)gv_rng_below(rng, 9);
        l->group[i] = (uint32_t)gv_rng_below(rng, groups);
        for (uint32_t j = symmetric ? i : 0; j < segments; j++)
            if (gv_rng_below(rng, 100) < percent)
                l->tiles[n++] = (gv_store_tile){i, j, 0, 0, 1};
    }
    l->info = (gv_store_info){.vocab_size = l->first[segments],
                              .symmetric = symmetric,
                              .segments = segments,
                              .segment_first = l->first,
                              .groups = groups,
                              .segment_group = l->group,
                              .tiles = n};
}

static void begin(simulation *s, const layout *l, int ranks)
{
    gv_error err = GV_ERROR_INIT;
    *s = (simulation){.l = l, .ranks = ranks};
    gv_assert_ok(gv_schedule_new(&s->schedule, &l->info, l->tiles, &err), err);
    gv_assert_ok(gv_routes_init(&s->routes, s->schedule, &l->info, ranks, &err), err);
}

static void end(simulation *s)
{
    gv_routes_clear(&s->routes);
    gv_schedule_free(s->schedule);
}

/* Rows of a segment go from rank to rank. */
static void move(simulation *s, int *at, uint32_t segment, int to)
{
    cr_assert(to >= 0 && to < s->ranks);
    if (*at == to)
        return;
    *at = to;
    s->bytes +=
        HEAD_BYTES + ROW_BYTES * (uint64_t)(s->l->first[segment + 1] - s->l->first[segment]);
}

/* Begin the next visit of a context segment, if there is one. */
static void next_visit(simulation *s, uint32_t segment, uint32_t round)
{
    gv_routes_visit v = gv_routes_next_visit(&s->routes, segment, round),
                    *last = &s->visit[segment];
    if (v.rank >= 0) {
        cr_assert(v.end > round && v.end <= s->l->info.groups && v.tasks > 0);
        cr_assert(round == 0 || v.rank != last->rank, "two visits of a rank in succession");
        move(s, &s->context_at[segment], segment, v.rank);
    }
    *last = v;
    s->visit_left[segment] = v.rank >= 0 ? v.tasks : 0;
}

/* Plan the epoch without what is done, and send all rows where they are needed first. */
static void plan(simulation *s)
{
    bool any[SEGMENTS_MAX] = {false};
    gv_routes_plan(&s->routes, s->word_done);
    const gv_schedule_task *tasks = gv_schedule_tasks(s->schedule);
    for (size_t i = 0; i < gv_schedule_count(s->schedule); i++)
        any[tasks[i].word_segment] |= !s->done[i];
    for (uint32_t segment = 0; segment < s->l->info.segments; segment++) {
        if (any[segment])
            move(s, &s->word_at[segment], segment, gv_routes_owner(&s->routes, segment));
        next_visit(s, segment, 0);
    }
}

/* The tasks whose turn it is for both of their segments. */
static size_t find_ready(const simulation *s, size_t *ready)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(s->schedule);
    size_t n = 0;
    for (size_t i = 0; i < gv_schedule_count(s->schedule); i++)
        if (!s->done[i] && tasks[i].word_turn == s->word_done[tasks[i].word_segment] &&
            tasks[i].context_turn == s->context_done[tasks[i].context_segment])
            ready[n++] = i;
    return n;
}

static void note_done(simulation *s, size_t i)
{
    const gv_schedule_task *task = &gv_schedule_tasks(s->schedule)[i];
    s->done[i] = true;
    s->word_done[task->word_segment]++;
    s->context_done[task->context_segment]++;
}

/* Carry out `most` tasks, or all that are left. With `checked`, rows must be where they are
 * needed. */
static void run(simulation *s, size_t most, bool checked, gv_rng *rng)
{
    size_t ready[TASKS_MAX], n;
    for (size_t k = 0; k < most && (n = find_ready(s, ready)) > 0; k++) {
        size_t i = ready[gv_rng_below(rng, n)];
        const gv_schedule_task *task = &gv_schedule_tasks(s->schedule)[i];
        uint32_t context = task->context_segment;
        note_done(s, i);
        if (!checked)
            continue;
        cr_assert_gt(s->visit_left[context], 0u, "a task after the last visit");
        cr_assert_eq(s->context_at[context], s->word_at[task->word_segment],
                     "task %zu: word rows at rank %d, context rows at rank %d", i,
                     s->word_at[task->word_segment], s->context_at[context]);
        if (--s->visit_left[context] == 0)
            next_visit(s, context, s->visit[context].end);
    }
}

static void expect_finished(const simulation *s)
{
    for (size_t i = 0; i < gv_schedule_count(s->schedule); i++)
        cr_assert(s->done[i], "task %zu was never possible", i);
    for (uint32_t segment = 0; segment < s->l->info.segments; segment++) {
        cr_assert_eq(s->visit[segment].rank, -1, "a visit without tasks");
        cr_assert_eq(s->visit_left[segment], 0u);
    }
}

static void draw(simulation *s, uint64_t epoch)
{
    gv_schedule_draw(s->schedule, SEED, epoch, 1);
    memset(s->word_done, 0, sizeof s->word_done);
    memset(s->context_done, 0, sizeof s->context_done);
    memset(s->done, 0, sizeof s->done);
    s->bytes = 0;
}

static int random_ranks(const layout *l, gv_rng *rng)
{
    return 1 + (int)gv_rng_below(rng, l->info.groups);
}

/* What the library says that epoch `epoch` sends. */
static gv_routes_bytes computed_bytes(const simulation *s, uint64_t epoch)
{
    gv_error err = GV_ERROR_INIT;
    gv_routes_bytes bytes;
    gv_schedule *schedule;
    gv_assert_ok(gv_schedule_new(&schedule, &s->l->info, s->l->tiles, &err), err);
    const gv_routes_question question = {.schedule = schedule,
                                         .info = &s->l->info,
                                         .ranks = s->ranks,
                                         .row_bytes = ROW_BYTES,
                                         .head_bytes = HEAD_BYTES,
                                         .seed = SEED,
                                         .epoch = epoch};
    gv_assert_ok(gv_routes_count_bytes(&bytes, &question, &err), err);
    gv_schedule_free(schedule);
    return bytes;
}

/* Bring all rows to rank 0, in a copy of the simulation. */
static uint64_t gathered_bytes(simulation s)
{
    s.bytes = 0;
    for (uint32_t segment = 0; segment < s.l->info.segments; segment++) {
        move(&s, &s.word_at[segment], segment, 0);
        move(&s, &s.context_at[segment], segment, 0);
    }
    return s.bytes;
}

Test(routes, every_task_finds_both_rows_and_bytes_are_as_computed, .timeout = 120)
{
    static layout l;
    static simulation s;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 90);
    for (int store = 0; store < STORES; store++) {
        make_layout(&l, &rng);
        begin(&s, &l, random_ranks(&l, &rng));
        for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
            draw(&s, epoch);
            plan(&s);
            run(&s, SIZE_MAX, true, &rng);
            expect_finished(&s);
            gv_routes_bytes bytes = computed_bytes(&s, epoch);
            cr_assert_eq(bytes.epoch, s.bytes, "store %d, epoch %d", store, (int)epoch);
            cr_assert_eq(bytes.gather, gathered_bytes(s), "store %d, epoch %d", store, (int)epoch);
        }
        end(&s);
    }
}

/* From any state in which an epoch can be interrupted, with any other number of ranks. */
Test(routes, an_interrupted_epoch_is_finished_on_other_ranks, .timeout = 120)
{
    static layout l;
    static simulation s;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 91);
    for (int store = 0; store < STORES; store++) {
        make_layout(&l, &rng);
        begin(&s, &l, random_ranks(&l, &rng));
        draw(&s, (uint64_t)store);
        run(&s, gv_rng_below(&rng, gv_schedule_count(s.schedule) + 1), false, &rng);
        plan(&s);
        run(&s, gv_rng_below(&rng, gv_schedule_count(s.schedule) + 1), true, &rng);
        plan(&s); /* again, from where the rows are now */
        run(&s, SIZE_MAX, true, &rng);
        expect_finished(&s);
        end(&s);
    }
}

Test(routes, places_are_dealt_evenly)
{
    static layout l;
    static simulation s;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 92);
    for (int store = 0; store < STORES; store++) {
        make_layout(&l, &rng);
        begin(&s, &l, random_ranks(&l, &rng));
        draw(&s, 0);
        plan(&s);
        unsigned groups_of[GROUPS_MAX] = {0};
        const uint32_t *word_groups = gv_schedule_word_groups(s.schedule);
        int owner[GROUPS_MAX], last = 0;
        memset(owner, -1, sizeof owner);
        for (uint32_t segment = 0; segment < l.info.segments; segment++) {
            int rank = gv_routes_owner(&s.routes, segment), *known = &owner[l.group[segment]];
            cr_assert(*known < 0 || *known == rank, "a group's word rows are at one rank");
            *known = rank;
        }
        for (uint32_t q = 0; q < l.info.groups; q++) {
            int rank = owner[word_groups[q]];
            if (rank < 0) /* a group without segments */
                continue;
            cr_assert_geq(rank, last, "neighbouring places are at one rank");
            last = rank;
            groups_of[rank]++;
        }
        unsigned most = (l.info.groups + (unsigned)s.ranks - 1) / (unsigned)s.ranks;
        for (int rank = 0; rank < s.ranks; rank++)
            cr_assert_leq(groups_of[rank], most);
        end(&s);
    }
}

Test(routes, more_ranks_than_groups_are_refused)
{
    static layout l;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 93);
    make_layout(&l, &rng);
    gv_error err = GV_ERROR_INIT;
    gv_schedule *schedule;
    gv_routes routes;
    gv_assert_ok(gv_schedule_new(&schedule, &l.info, l.tiles, &err), err);
    cr_assert_eq(gv_routes_init(&routes, schedule, &l.info, (int)l.info.groups + 1, &err),
                 GV_E_USAGE);
    gv_routes_clear(&routes);
    gv_schedule_free(schedule);
}
