#include "train/rotation/gv_routes.h"

#include "base/gv_mem.h"
#include <string.h>

/* --- making ----------------------------------------------------------------------------------- */

int gv_routes_init(gv_routes *r, const gv_schedule *schedule, const gv_store_info *info, int ranks,
                   gv_error *err)
{
    size_t n = info->segments, groups = info->groups;
    *r = (gv_routes){.schedule = schedule,
                     .info = info,
                     .ranks = ranks,
                     .segments = info->segments,
                     .by_group = gv_routes_by_group(info),
                     .groups = info->groups};
    if (ranks > (int)groups)
        return gv_error_set(err, GV_E_USAGE,
                            "%d ranks are too many: there are only %u word groups; start at most "
                            "%u ranks, with more threads each",
                            ranks, info->groups, info->groups);
    return (r->word_place = gv_mem_alloc_zero(groups, sizeof *r->word_place, err)) &&
                   (r->context_place = gv_mem_alloc_zero(groups, sizeof *r->context_place, err)) &&
                   (r->tasks_left = gv_mem_alloc_zero(n * groups, sizeof *r->tasks_left, err)) &&
                   (r->words_left = gv_mem_alloc_zero(n, sizeof *r->words_left, err)) &&
                   (r->turns_done = gv_mem_alloc_zero(n, sizeof *r->turns_done, err))
               ? GV_OK
               : GV_E_MEMORY;
}

void gv_routes_clear(gv_routes *r)
{
    gv_mem_free(r->word_place);
    gv_mem_free(r->context_place);
    gv_mem_free(r->tasks_left);
    gv_mem_free(r->words_left);
    gv_mem_free(r->turns_done);
    *r = (gv_routes){0};
}

/* --- routes ----------------------------------------------------------------------------------- */

static int rank_of_place(const gv_routes *r, uint32_t place)
{
    if (r->by_group)
        place = gv_schedule_word_groups(r->schedule)[place];
    return gv_routes_rank(place, r->groups, r->ranks);
}

/* In round t the word group at place q meets the context group at place q + t (mod groups): so
 * the context group at place p is met, in round t, by the word group at place p - t. */
static uint32_t place_met(const gv_routes *r, uint32_t context_place, uint32_t round)
{
    return (context_place + r->groups - round) % r->groups;
}

int gv_routes_owner(const gv_routes *r, uint32_t word_segment)
{
    return rank_of_place(r, r->word_place[r->info->segment_group[word_segment]]);
}

static int rank_of_round(const gv_routes *r, uint32_t context_segment, uint32_t round)
{
    uint32_t place = r->context_place[r->info->segment_group[context_segment]];
    return rank_of_place(r, place_met(r, place, round));
}

gv_routes_visit gv_routes_next_visit(const gv_routes *r, uint32_t context_segment, uint32_t round)
{
    const uint16_t *left = r->tasks_left + (size_t)context_segment * r->groups;
    gv_routes_visit v = {.rank = -1, .end = round};
    for (; round < r->groups; round++) {
        if (left[round] == 0) /* a round without tasks neither begins nor ends a visit */
            continue;
        int rank = rank_of_round(r, context_segment, round);
        if (v.rank >= 0 && rank != v.rank)
            break;
        v.rank = rank;
        v.tasks += left[round];
        v.end = round + 1;
    }
    return v;
}

static void place_groups(gv_routes *r)
{
    const uint32_t *word_groups = gv_schedule_word_groups(r->schedule);
    const uint32_t *context_groups = gv_schedule_context_groups(r->schedule);
    for (uint32_t q = 0; q < r->groups; q++) {
        r->word_place[word_groups[q]] = q;
        r->context_place[context_groups[q]] = q;
    }
}

void gv_routes_plan(gv_routes *r, const uint32_t *done)
{
    const gv_schedule_task *tasks = gv_schedule_tasks(r->schedule);
    const uint32_t *group = r->info->segment_group;
    place_groups(r);
    memset(r->tasks_left, 0, (size_t)r->segments * r->groups * sizeof *r->tasks_left);
    memset(r->words_left, 0, r->segments * sizeof *r->words_left);
    memset(r->turns_done, 0, r->segments * sizeof *r->turns_done);
    for (size_t i = 0, n = gv_schedule_count(r->schedule); i < n; i++) {
        const gv_schedule_task *t = &tasks[i];
        uint32_t context = t->context_segment;
        /* What is done is a beginning of the turns of both segments (gv_schedule_run.h), so
         * counting the tasks done of a context segment gives the turn of its next. */
        if (t->word_turn < done[t->word_segment]) {
            r->turns_done[context]++;
            continue;
        }
        uint32_t round =
            place_met(r, r->context_place[group[context]], r->word_place[group[t->word_segment]]);
        r->tasks_left[(size_t)context * r->groups + round]++;
        r->words_left[t->word_segment]++;
    }
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* The ranks at which the rows of each segment are. */
typedef struct row_ranks {
    const gv_routes_question *q;
    int *words, *contexts; /* [segments] rank */
} row_ranks;

/* Move the rows of a segment to rank `to`; returns the bytes that this sends. */
static uint64_t move_rows(const row_ranks *w, int *at, uint32_t segment, int to)
{
    uint64_t rows = gv_store_segment_words(w->q->info, segment);
    if (at[segment] == to)
        return 0;
    at[segment] = to;
    return rows * w->q->row_bytes + w->q->head_bytes;
}

/* Follow all rows through the epoch that is drawn. */
static uint64_t follow_epoch(row_ranks *w, gv_routes *r, const uint32_t *nothing_done)
{
    uint64_t sum = 0;
    gv_routes_plan(r, nothing_done);
    for (uint32_t s = 0; s < r->segments; s++) {
        if (r->words_left[s] > 0)
            sum += move_rows(w, w->words, s, gv_routes_owner(r, s));
        for (gv_routes_visit v = gv_routes_next_visit(r, s, 0); v.rank >= 0;
             v = gv_routes_next_visit(r, s, v.end))
            sum += move_rows(w, w->contexts, s, v.rank);
    }
    return sum;
}

static uint64_t follow_gathering(row_ranks *w)
{
    uint64_t sum = 0;
    for (uint32_t s = 0; s < w->q->info->segments; s++)
        sum += move_rows(w, w->words, s, 0) + move_rows(w, w->contexts, s, 0);
    return sum;
}

/* Where an epoch leaves rows does not depend on where they were when it began. So where they are
 * when epoch e begins follows from epoch e - 1 alone, and no earlier one is drawn. */
int gv_routes_count_bytes(gv_routes_bytes *bytes, const gv_routes_question *q, gv_error *err)
{
    size_t n = q->info->segments;
    gv_routes r;
    row_ranks w = {q, gv_mem_alloc_zero(n, sizeof *w.words, err),
                   gv_mem_alloc_zero(n, sizeof *w.contexts, err)};
    uint32_t *nothing = gv_mem_alloc_zero(n, sizeof *nothing, err);
    int status = gv_routes_init(&r, q->schedule, q->info, q->ranks, err);
    if (status == GV_OK && (!w.words || !w.contexts || !nothing))
        status = GV_E_MEMORY;
    for (uint64_t e = q->epoch > 0 ? q->epoch - 1 : 0; status == GV_OK && e <= q->epoch; e++) {
        gv_schedule_draw(q->schedule, q->seed, e, 1);
        bytes->epoch = follow_epoch(&w, &r, nothing);
    }
    if (status == GV_OK)
        bytes->gather = follow_gathering(&w);
    gv_routes_clear(&r);
    gv_mem_free(nothing);
    gv_mem_free(w.words);
    gv_mem_free(w.contexts);
    return status;
}
