/* The order of an epoch, and threads that follow it. */
#include "math/gv_schedule_run.h"

#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "support/gv_test.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 64 };

/* A made-up directory: which pairs of segments have a tile. */
typedef struct layout {
    gv_store_info info;
    gv_store_tile tiles[SEGMENTS_MAX * SEGMENTS_MAX];
    uint32_t first[SEGMENTS_MAX + 1], group[SEGMENTS_MAX];
    bool there[SEGMENTS_MAX][SEGMENTS_MAX];
} layout;

static layout *make_layout(uint32_t segments, uint32_t groups, bool symmetric, unsigned percent,
                           gv_rng *rng)
{
    layout *l = calloc(1, sizeof *l);
    cr_assert_not_null(l);
    uint32_t n = 0;
    for (uint32_t i = 0; i < segments; i++) {
        l->first[i + 1] = l->first[i] + 1;
        l->group[i] = (uint32_t)gv_rng_below(rng, groups);
        for (uint32_t j = symmetric ? i : 0; j < segments; j++) {
            if (gv_rng_below(rng, 100) >= percent)
                continue;
            l->there[i][j] = true;
            l->tiles[n++] = (gv_store_tile){i, j, 0, 0, 1 + (uint32_t)gv_rng_below(rng, 1000)};
        }
    }
    l->info = (gv_store_info){.vocab_size = segments,
                              .symmetric = symmetric,
                              .segments = segments,
                              .segment_first = l->first,
                              .groups = groups,
                              .segment_group = l->group,
                              .tiles = n};
    return l;
}

static gv_schedule *make_schedule(const layout *l)
{
    gv_error err = GV_ERROR_INIT;
    gv_schedule *schedule;
    gv_assert_ok(gv_schedule_new(&schedule, &l->info, l->tiles, &err), err);
    return schedule;
}

/* Every (word segment, context segment) pair that the matrix has comes once; turns count up. */
static void check_order(const layout *l, const gv_schedule *schedule)
{
    static unsigned char seen[SEGMENTS_MAX][SEGMENTS_MAX];
    uint32_t word[SEGMENTS_MAX] = {0}, context[SEGMENTS_MAX] = {0};
    memset(seen, 0, sizeof seen);
    const gv_task *tasks = gv_schedule_tasks(schedule);
    for (size_t k = 0; k < gv_schedule_count(schedule); k++) {
        const gv_task *t = &tasks[k];
        const gv_store_tile *tile = &l->tiles[t->tile];
        uint32_t w = t->transposed ? tile->column_segment : tile->row_segment;
        uint32_t c = t->transposed ? tile->row_segment : tile->column_segment;
        cr_assert_eq(t->word_segment, w);
        cr_assert_eq(t->context_segment, c);
        cr_assert_eq(t->word_turn, word[w]++);
        cr_assert_eq(t->context_turn, context[c]++);
        cr_assert_eq(t->both, l->info.symmetric && w == c);
        cr_assert_eq(seen[w][c]++, 0, "task (%u, %u) comes twice", w, c);
    }
    for (uint32_t i = 0; i < l->info.segments; i++)
        for (uint32_t j = 0; j < l->info.segments; j++)
            cr_assert_eq(seen[i][j],
                         l->there[i][j] || (l->info.symmetric && l->there[j][i]) ? 1 : 0,
                         "pair (%u, %u)", i, j);
}

Test(schedule, every_pair_once)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int round = 0; round < 60; round++) {
        uint32_t segments = 1 + (uint32_t)gv_rng_below(&rng, SEGMENTS_MAX);
        uint32_t groups = 1 + (uint32_t)gv_rng_below(&rng, 32);
        layout *l = make_layout(segments, groups, round % 2, round % 3 ? 100 : 40, &rng);
        gv_schedule *schedule = make_schedule(l);
        for (uint64_t epoch = 0; epoch < 3; epoch++) {
            gv_schedule_draw(schedule, 1, epoch);
            check_order(l, schedule);
        }
        gv_schedule_free(schedule);
        free(l);
    }
}

static bool same_order(const gv_schedule *a, const gv_schedule *b)
{
    for (size_t k = 0; k < gv_schedule_count(a); k++)
        if (gv_schedule_tasks(a)[k].tile != gv_schedule_tasks(b)[k].tile ||
            gv_schedule_tasks(a)[k].transposed != gv_schedule_tasks(b)[k].transposed)
            return false;
    return true;
}

Test(schedule, order_follows_from_seed_and_epoch_only)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    layout *l = make_layout(40, 8, true, 90, &rng);
    gv_schedule *a = make_schedule(l), *b = make_schedule(l);
    gv_schedule_draw(a, 5, 3);
    for (uint64_t epoch = 9; epoch > 3; epoch--)
        gv_schedule_draw(b, 4, epoch); /* what was drawn before must not matter */
    gv_schedule_draw(b, 5, 3);
    cr_assert(same_order(a, b));
    gv_schedule_draw(b, 5, 4);
    cr_assert_not(same_order(a, b));
    gv_schedule_draw(b, 6, 3);
    cr_assert_not(same_order(a, b));
    gv_schedule_free(a);
    gv_schedule_free(b);
    free(l);
}

/* G blocks of a round are disjoint: with G groups, a word group's blocks come in G rounds, and the
 * pairs of groups that stand next to each other in the list belong to a Latin square. */
Test(schedule, groups_meet_in_a_latin_square)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    layout *l = make_layout(48, 6, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    gv_schedule_draw(schedule, 1, 0);
    const gv_task *tasks = gv_schedule_tasks(schedule);
    unsigned round_of[6][6] = {{0}}, round = 0;
    unsigned char word_busy[6] = {0}, context_busy[6] = {0}, met[6][6] = {{0}};
    for (size_t k = 0; k < gv_schedule_count(schedule); k++) {
        uint32_t w = l->group[tasks[k].word_segment], c = l->group[tasks[k].context_segment];
        if (met[w][c] && round_of[w][c] == round)
            continue;
        cr_assert_not(met[w][c], "block (%u, %u) is split over rounds", w, c);
        if (word_busy[w] || context_busy[c]) { /* a new round has begun */
            round++;
            memset(word_busy, 0, sizeof word_busy);
            memset(context_busy, 0, sizeof context_busy);
        }
        cr_assert(!word_busy[w] && !context_busy[c]);
        word_busy[w] = context_busy[c] = met[w][c] = 1;
        round_of[w][c] = round;
    }
    cr_assert_leq(round, 5u);
    gv_schedule_free(schedule);
    free(l);
}

Test(schedule, empty_store_and_damaged_directory)
{
    gv_error err = GV_ERROR_INIT;
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 4);
    layout *l = make_layout(3, 2, true, 0, &rng);
    gv_schedule *schedule = make_schedule(l);
    cr_assert_eq(gv_schedule_count(schedule), 0);
    gv_schedule_draw(schedule, 1, 1);
    gv_schedule_free(schedule);

    l->info.tiles = 1;
    l->tiles[0] = (gv_store_tile){0, 3, 0, 0, 1};
    cr_assert_eq(gv_schedule_new(&schedule, &l->info, l->tiles, &err), GV_E_CORRUPT);
    l->tiles[0].column_segment = 0;
    l->group[2] = 2;
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_schedule_new(&schedule, &l->info, l->tiles, &err), GV_E_CORRUPT);
    free(l);
}

Test(schedule, failing_allocations)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 5);
    layout *l = make_layout(5, 2, true, 80, &rng);
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_schedule *schedule = NULL;
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status = gv_schedule_new(&schedule, &l->info, l->tiles, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && !schedule));
        cr_assert_lt(n, 100);
        gv_schedule_free(schedule);
    }
    free(l);
}

/* --- threads ---------------------------------------------------------------------------------- */

/* What the workers saw: two plain arrays that only the order protects. */
typedef struct witness {
    unsigned word[SEGMENTS_MAX], context[SEGMENTS_MAX]; /* tasks ended on the segment */
    unsigned char *done;
    atomic_uint out_of_turn;
    size_t fail_at, pause_after;
    atomic_size_t begun;
} witness;

static int watch(void *context, unsigned thread, size_t index, const gv_task *task, gv_error *err)
{
    (void)thread;
    witness *w = context;
    if (index == w->fail_at)
        return gv_fail(err, GV_E_RUNTIME, "failed on purpose");
    if (w->word[task->word_segment] != task->word_turn ||
        w->context[task->context_segment] != task->context_turn)
        atomic_fetch_add(&w->out_of_turn, 1);
    for (volatile int i = 0; i < (int)(index % 7) * 20; i++)
        ;
    w->word[task->word_segment]++;
    w->context[task->context_segment]++;
    w->done[index]++;
    atomic_fetch_add(&w->begun, 1);
    return GV_OK;
}

static bool pause_now(void *context, unsigned thread)
{
    (void)thread;
    witness *w = context;
    return atomic_load(&w->begun) >= w->pause_after;
}

Test(schedule, threads_keep_every_sequence, .timeout = 60)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 6);
    layout *l = make_layout(30, 5, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    size_t count = gv_schedule_count(schedule);
    for (unsigned threads = 1; threads <= 8; threads++) {
        witness w = {.done = calloc(count, 1), .fail_at = SIZE_MAX};
        gv_stretch stretch = {.kind = GV_SCHEDULE_ORDERED,
                              .threads = threads,
                              .context = &w,
                              .work = watch,
                              .pause = pause_now};
        gv_error err = GV_ERROR_INIT;
        gv_schedule_draw(schedule, 1, threads);
        /* in stretches that end by a pause: what is done is a prefix, and the rest follows */
        while (stretch.begin < count) {
            size_t reached = 0;
            w.pause_after = atomic_load(&w.begun) + 100;
            stretch.end = count;
            gv_assert_ok(gv_schedule_run(&reached, schedule, &stretch, &err), err);
            for (size_t k = 0; k < count; k++)
                cr_assert_eq(w.done[k], k < reached, "task %zu of %zu reached", k, reached);
            stretch.begin = reached;
        }
        cr_assert_eq(atomic_load(&w.out_of_turn), 0);
        free(w.done);
    }
    gv_schedule_free(schedule);
    free(l);
}

Test(schedule, a_failing_task_ends_all_threads, .timeout = 60)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 7);
    layout *l = make_layout(30, 5, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    size_t count = gv_schedule_count(schedule);
    for (size_t fail_at = 0; fail_at < count; fail_at += 97) {
        witness w = {.done = calloc(count, 1), .fail_at = fail_at};
        gv_stretch stretch = {
            .kind = GV_SCHEDULE_ORDERED, .threads = 4, .end = count, .context = &w, .work = watch};
        gv_error err = GV_ERROR_INIT;
        size_t reached = 0;
        cr_assert_eq(gv_schedule_run(&reached, schedule, &stretch, &err), GV_E_RUNTIME);
        cr_assert_str_eq(err.text, "failed on purpose");
        free(w.done);
    }
    gv_schedule_free(schedule);
    free(l);
}
