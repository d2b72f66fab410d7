/* What the shuffle writes, holds and does. */
#include "plan/gv_plan_internal.h"

#include "store/gv_store.h"
#include <math.h>

/* See FACTOR in gv_plan_cost.c. In cells scattered: a cell; one whose value has no code, and what
 * is added each time that these values double beyond `near_values` bytes; a tile; a byte of the
 * temporary file. */
static const struct {
    double cell, escape, far_values, near_values, tile, spool;
} FACTOR = {.cell = 7,
            .escape = 100,
            .far_values = 37,
            .near_values = 20 << 20,
            .tile = 4900,
            .spool = 0.9};

/* How large store.db is, fitted to stores of 10 to 100 MB of text: SQLite's pages of 16 KiB, of
 * which 6 belong to small tables; what a blob leaves empty of its last page and its row, at most a
 * quarter of small ones; its overflow pages' links; a row of the table of values; a row of a word
 * beside its letters, and how full the pages of rows are. */
static const struct {
    double page, pages, blob_loss, blob_loss_part, links, value, word, fill;
} STORE = {.page = 16384,
           .pages = 6,
           .blob_loss = 2600,
           .blob_loss_part = 0.25,
           .links = 1.001,
           .value = 12.3,
           .word = 16,
           .fill = 1.15};

static const double SPOOL_LOSS = 1.04; /* of the spool: slabs that are not full */

/* One cell in ten has a value that no other has before it, until all codes are taken. */
static double value_count(const gv_plan_basis *basis)
{
    return fmin(GV_TILE_ESCAPE, basis->matrix.cells / 10);
}

static double store_bytes(const gv_plan_basis *basis)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    double lost = fmin(STORE.blob_loss * tiles->blobs, STORE.blob_loss_part * tiles->blob_bytes);
    return tiles->blob_bytes * STORE.links + STORE.pages * STORE.page + lost +
           value_count(basis) * STORE.value +
           basis->words->vocab * (basis->words->word_bytes + STORE.word) * STORE.fill;
}

gv_budget_shuffle gv_plan_cost_budget_shuffle(const gv_plan *plan, const gv_plan_basis *basis)
{
    uint64_t budget =
        gv_budget_of_key(basis->config->shuffle_memory_mb, gv_plan_cost_available(plan));
    return (gv_budget_shuffle){.budget = budget,
                               .cells = (uint64_t)basis->matrix.cells,
                               .vocabulary = gv_plan_cost_vocabulary_bytes(basis->words),
                               .words = (uint32_t)basis->words->vocab};
}

/* CPU seconds, with a temporary file of `temp` bytes. */
static double shuffle_seconds(const gv_plan_basis *basis, double temp)
{
    enum { VALUE_BYTES = 16 }; /* of a value in a table */
    double escaped = basis->matrix.cells * gv_plan_cost_escaped_share(basis->config);
    double far = gv_plan_cost_doublings(escaped * VALUE_BYTES, FACTOR.near_values);
    return (basis->matrix.cells * FACTOR.cell +
            escaped * (FACTOR.escape + far * FACTOR.far_values) + basis->tiles.tiles * FACTOR.tile +
            temp * FACTOR.spool) *
           basis->rates.scatter;
}

void gv_plan_cost_shuffle(gv_plan *plan, const gv_plan_basis *basis)
{
    const gv_plan_tiles *tiles = &basis->tiles;
    const gv_budget_shuffle asked = gv_plan_cost_budget_shuffle(plan, basis);
    gv_plan_stage *stage = &plan->stage[GV_PLAN_SHUFFLE];
    double budget = (double)asked.budget;
    double first = (double)gv_budget_shuffle_first_pass(&asked);
    /* the second pass, but for the spool that its least has room for */
    double second =
        (double)(gv_budget_shuffle_second_pass(&asked) - gv_budget_shuffle_buffers(asked.cells));
    stage->memory = fmin(fmax(first, second + tiles->stream_bytes * SPOOL_LOSS), budget);
    stage->temp = second + tiles->stream_bytes > budget ? tiles->stream_bytes : 0;
    gv_plan_cost_check_budget(
        plan, GV_PLAN_SHUFFLE,
        (gv_plan_cost_shortage){(double)gv_budget_shuffle_least(&asked), budget,
                                "shuffle.memory_mb", "raise shuffle.memory_mb or vocab.min_count"});
    gv_plan_cost_put_time(
        plan, GV_PLAN_SHUFFLE,
        (gv_plan_cost_work){.work = shuffle_seconds(basis, stage->temp), .threads = plan->threads});
    gv_plan_cost_put_file(plan, GV_PLAN_SHUFFLE, "store.db", store_bytes(basis));
}
