/* The order of an epoch, and threads that follow it. */
#include "schedule/gv_schedule_run.h"

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
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
    for (size_t k = 0; k < gv_schedule_count(schedule); k++) {
        const gv_schedule_task *t = &tasks[k];
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

/* Units cut the list; those for few threads are blocks. */
static void check_units(const layout *l, const gv_schedule *schedule, bool blocks)
{
    size_t units, count = gv_schedule_count(schedule);
    const uint32_t *begin = gv_schedule_items(schedule, &units);
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
    if (!blocks && l->info.groups > 1)
        cr_assert_eq(units, count);
    for (size_t u = 0; u < units; u++) {
        cr_assert(begin[u] < begin[u + 1] && begin[0] == 0);
        const gv_schedule_task *first = &tasks[begin[u]];
        for (size_t k = begin[u]; k < begin[u + 1]; k++)
            cr_assert(l->group[tasks[k].word_segment] == l->group[first->word_segment] &&
                      l->group[tasks[k].context_segment] == l->group[first->context_segment]);
    }
    cr_assert_eq(begin[units], count);
    if (blocks)
        cr_assert_leq(units, (size_t)l->info.groups * l->info.groups);
}

Test(schedule, every_pair_once)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int round = 0; round < 60; round++) {
        uint32_t segments = 1 + (uint32_t)gv_rng_below(&rng, SEGMENTS_MAX);
        uint32_t groups = 1 + (uint32_t)gv_rng_below(&rng, round % 4 ? 32 : 70);
        layout *l = make_layout(segments, groups, round % 2, round % 3 ? 100 : 40, &rng);
        gv_schedule *schedule = make_schedule(l);
        for (uint64_t epoch = 0; epoch < 4; epoch++) {
            gv_schedule_draw(schedule, 1, epoch, epoch % 2 ? 1 : 100);
            check_order(l, schedule);
            check_units(l, schedule, epoch % 2);
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

Test(schedule, a_random_order_visits_the_same_pairs)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 31);
    layout *l = make_layout(40, 6, true, 70, &rng);
    gv_schedule *schedule = make_schedule(l);
    size_t count = gv_schedule_count(schedule), same = 0;
    gv_schedule_task *first = malloc(count * sizeof *first);
    gv_schedule_draw_random(schedule, 5, 0);
    memcpy(first, gv_schedule_tasks(schedule), count * sizeof *first);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        gv_schedule_draw_random(schedule, 5, epoch);
        check_order(l, schedule);
        check_units(l, schedule, false);
        for (size_t k = 0; k < count; k++)
            same += first[k].tile == gv_schedule_tasks(schedule)[k].tile;
    }
    cr_assert_geq(same, count, "the same seed and epoch give the same order");
    cr_assert_lt(same, 2 * count, "another epoch gives another one");
    free(first);
    gv_schedule_free(schedule);
    free(l);
}

Test(schedule, order_follows_from_seed_and_epoch_only)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    layout *l = make_layout(40, 8, true, 90, &rng);
    gv_schedule *a = make_schedule(l), *b = make_schedule(l);
    gv_schedule_draw(a, 5, 3, 1);
    for (uint64_t epoch = 9; epoch > 3; epoch--)
        gv_schedule_draw(b, 4, epoch, 64); /* what was drawn before must not matter */
    gv_schedule_draw(b, 5, 3, 1);
    cr_assert(same_order(a, b));
    gv_schedule_draw(b, 5, 4, 1);
    cr_assert_not(same_order(a, b));
    gv_schedule_draw(b, 6, 3, 1);
    cr_assert_not(same_order(a, b));
    gv_schedule_free(a);
    gv_schedule_free(b);
    free(l);
}

/* The turns of every pair of segments are the same in the lists for few and for many threads. */
Test(schedule, turns_depend_neither_on_threads_nor_on_strips)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 8);
    for (int round = 0; round < 40; round++) {
        uint32_t segments = 1 + (uint32_t)gv_rng_below(&rng, SEGMENTS_MAX);
        layout *l = make_layout(segments, 1 + (uint32_t)gv_rng_below(&rng, 32), round % 2,
                                round % 3 ? 100 : 40, &rng);
        gv_schedule *few = make_schedule(l), *many = make_schedule(l);
        gv_schedule_set_strip(few, (uint32_t)gv_rng_below(&rng, 65));
        gv_schedule_draw(few, 1, (uint64_t)round, 1);
        check_order(l, few);
        gv_schedule_draw(many, 1, (uint64_t)round, 1000);
        static uint32_t word[SEGMENTS_MAX][SEGMENTS_MAX], context[SEGMENTS_MAX][SEGMENTS_MAX];
        for (size_t k = 0; k < gv_schedule_count(few); k++) {
            const gv_schedule_task *t = &gv_schedule_tasks(few)[k];
            word[t->word_segment][t->context_segment] = t->word_turn;
            context[t->word_segment][t->context_segment] = t->context_turn;
        }
        for (size_t k = 0; k < gv_schedule_count(many); k++) {
            const gv_schedule_task *t = &gv_schedule_tasks(many)[k];
            cr_assert_eq(word[t->word_segment][t->context_segment], t->word_turn);
            cr_assert_eq(context[t->word_segment][t->context_segment], t->context_turn);
        }
        gv_schedule_free(few);
        gv_schedule_free(many);
        free(l);
    }
}

/* G blocks of a round are disjoint: with G groups, a word group's blocks come in G rounds, and the
 * pairs of groups that stand next to each other in the list belong to a Latin square. */
Test(schedule, groups_meet_in_a_latin_square)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    layout *l = make_layout(48, 6, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    gv_schedule_draw(schedule, 1, 0, 7);
    const gv_schedule_task *tasks = gv_schedule_tasks(schedule);
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

/* With more groups than ordinary stores have, those of an aligned range stay neighbours. */
Test(schedule, many_groups_are_permuted_by_halves)
{
    enum { GROUPS = 64 };
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 5);
    layout *l = make_layout(GROUPS, GROUPS, true, 10, &rng);
    gv_schedule *schedule = make_schedule(l);
    unsigned moved = 0;
    for (uint64_t epoch = 0; epoch < 20; epoch++) {
        unsigned char seen[GROUPS] = {0};
        gv_schedule_draw(schedule, gv_test_seed(), epoch, 4);
        const uint32_t *groups = gv_schedule_word_groups(schedule);
        for (uint32_t q = 0; q < GROUPS; q++) {
            seen[groups[q]]++;
            moved += groups[q] != q;
            for (uint32_t size = 2; size < GROUPS; size *= 2)
                cr_assert_eq(groups[q] / size, groups[q / size * size] / size);
        }
        for (uint32_t q = 0; q < GROUPS; q++)
            cr_assert_eq(seen[q], 1);
    }
    cr_assert_gt(moved, 600);
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
    gv_schedule_draw(schedule, 1, 1, 1);
    gv_schedule_draw(schedule, 1, 1, 64);
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
    const gv_schedule *schedule;
    unsigned word[SEGMENTS_MAX], context[SEGMENTS_MAX]; /* tasks ended on the segment */
    uint32_t done[SEGMENTS_MAX];
    atomic_uint out_of_turn;
    size_t fail_at, pause_after;
    atomic_size_t ended;
} witness;

static int watch(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                 gv_error *err)
{
    (void)thread;
    witness *w = context;
    if (index == w->fail_at)
        return gv_error_set(err, GV_E_RUNTIME, "failed on purpose");
    if (w->word[task->word_segment] != task->word_turn ||
        w->context[task->context_segment] != task->context_turn)
        atomic_fetch_add(&w->out_of_turn, 1);
    for (volatile int i = 0; i < (int)(index % 7) * 20; i++)
        ;
    w->word[task->word_segment]++;
    w->context[task->context_segment]++;
    atomic_fetch_add(&w->ended, 1);
    return GV_OK;
}

/* Without order only the number of tasks can be watched. */
static int count_only(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                      gv_error *err)
{
    (void)thread, (void)index, (void)task, (void)err;
    witness *w = context;
    atomic_fetch_add(&w->ended, 1);
    return GV_OK;
}

static bool pause_now(void *context, unsigned thread)
{
    (void)thread;
    witness *w = context;
    return atomic_load(&w->ended) >= w->pause_after;
}

static uint64_t sum_of(const uint32_t *numbers, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += numbers[i];
    return sum;
}

/* An epoch in stretches that end by a pause, each with another number of threads. */
static void run_in_stretches(gv_schedule *schedule, witness *w, gv_schedule_run_range stretch,
                             uint64_t epoch, gv_rng *rng)
{
    gv_error err = GV_ERROR_INIT;
    size_t segments = gv_schedule_segments(schedule);
    stretch.done = w->done;
    stretch.context = w;
    stretch.pause = pause_now;
    stretch.pause_context = w;
    while (atomic_load(&w->ended) < gv_schedule_count(schedule)) {
        uint64_t before = atomic_load(&w->ended);
        w->pause_after = before + 1 + gv_rng_below(rng, 150);
        stretch.threads = 1 + (unsigned)gv_rng_below(rng, 10);
        gv_schedule_draw(schedule, 1, epoch, stretch.threads);
        gv_assert_ok(gv_schedule_run(schedule, &stretch, &err), err);
        cr_assert_gt(atomic_load(&w->ended), before);
        cr_assert_eq(sum_of(w->done, segments), atomic_load(&w->ended));
    }
    cr_assert_eq(atomic_load(&w->ended), gv_schedule_count(schedule));
}

Test(schedule, threads_keep_every_sequence, .timeout = 60)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 6);
    layout *l = make_layout(30, 5, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    for (uint64_t epoch = 0; epoch < 8; epoch++) {
        witness w = {.fail_at = SIZE_MAX};
        gv_schedule_run_range stretch = {.kind = GV_SCHEDULE_ORDERED, .work = watch};
        run_in_stretches(schedule, &w, stretch, epoch, &rng);
        cr_assert_eq(atomic_load(&w.out_of_turn), 0);
        for (uint32_t i = 0; i < 30; i++)
            cr_assert_eq(w.done[i], w.word[i]);
        witness wild = {.fail_at = SIZE_MAX};
        stretch = (gv_schedule_run_range){.kind = GV_SCHEDULE_HOGWILD, .work = count_only};
        run_in_stretches(schedule, &wild, stretch, epoch, &rng);
        cr_assert_eq(memcmp(w.done, wild.done, sizeof w.done), 0);
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
        witness w = {.fail_at = fail_at};
        gv_schedule_run_range stretch = {.kind = GV_SCHEDULE_ORDERED,
                                         .threads = fail_at % 2 ? 2 : 4,
                                         .done = w.done,
                                         .context = &w,
                                         .work = watch};
        gv_error err = GV_ERROR_INIT;
        gv_schedule_draw(schedule, 1, 0, stretch.threads);
        cr_assert_eq(gv_schedule_run(schedule, &stretch, &err), GV_E_RUNTIME);
        cr_assert_str_eq(err.text, "failed on purpose");
        cr_assert_eq(sum_of(w.done, 30), 0);
    }
    gv_schedule_free(schedule);
    free(l);
}

/* Counts of tasks done that leave out a task that others wait for: refused, not waited on. */
Test(schedule, impossible_beginnings_are_refused, .timeout = 60)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 9);
    layout *l = make_layout(30, 5, true, 100, &rng);
    gv_schedule *schedule = make_schedule(l);
    for (uint32_t segment = 0; segment < 30; segment++) {
        witness w = {.fail_at = SIZE_MAX};
        gv_schedule_run_range stretch = {.kind = GV_SCHEDULE_ORDERED,
                                         .threads = 3,
                                         .done = w.done,
                                         .context = &w,
                                         .work = watch};
        gv_error err = GV_ERROR_INIT;
        /* all of one segment, and none of those before them on its contexts; or too many */
        w.done[segment] = segment % 2 ? 30 : 1000;
        cr_assert_eq(gv_schedule_run(schedule, &stretch, &err), GV_E_CORRUPT);
        cr_assert_eq(atomic_load(&w.ended), 0);
    }
    gv_schedule_free(schedule);
    free(l);
}
