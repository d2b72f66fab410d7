/*
 * Sharing rows between threads: alone, each schedule takes the kernel's own steps; together, those
 * that promise it lose no update.
 */
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include "train/experiments/row_sync/gv_row_sync.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 24, ROWS = 9, STRIDE = 2 * WIDTH, TILE_ROWS = 5, BIAS = 3, TILES = 400 };

static const enum gv_config_schedule_kind all_kinds[] = {GV_SCHEDULE_ORDERED, GV_SCHEDULE_HOGWILD,
                                                         GV_SCHEDULE_ATOMIC, GV_SCHEDULE_LOCKED,
                                                         GV_SCHEDULE_ROUND_ROBIN};

/* Both matrices, and a tile of all their rows but the last of its rows, which comes twice. */
typedef struct fixture {
    _Alignas(64) float rows[2][ROWS * STRIDE];
    _Alignas(64) float eta[WIDTH];
    _Alignas(64) float clip[WIDTH];
    uint16_t row[TILE_ROWS], row_length[TILE_ROWS], column[TILE_ROWS * ROWS];
    float log_x[TILE_ROWS * ROWS], weight[TILE_ROWS * ROWS];
    gv_kernel_tile tile;
    gv_kernel_args args;
} fixture;

/* Rows of 1, 3, 4, 6, 9 records. */
static void set_up(fixture *f, const gv_kernel *kernel)
{
    static const uint16_t lengths[TILE_ROWS] = {1, 3, 4, 6, 9};
    gv_rng rng;
    size_t n = 0;
    (void)kernel;
    gv_rng_seed(&rng, 5, GV_RNG_TEST, 0);
    memset(f, 0, sizeof *f);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < ROWS * STRIDE; i++)
            f->rows[side][i] =
                i % STRIDE < WIDTH ? (float)(gv_rng_uniform(&rng) - 0.5) : 1.0f; /* sums */
    for (size_t l = 0; l < WIDTH; l++) {
        f->eta[l] = 0.05f;
        f->clip[l] = l % 2 ? INFINITY : 0.3f;
    }
    for (size_t r = 0; r < TILE_ROWS; r++) {
        f->row[r] = (uint16_t)(r * 2 % ROWS);
        f->row_length[r] = (uint16_t)(lengths[r] - 1);
        for (size_t k = 0; k < lengths[r]; k++, n++) {
            f->column[n] = (uint16_t)((r + 2 * k) % ROWS);
            f->log_x[n] = (float)gv_rng_uniform(&rng) * 3;
            f->weight[n] = (float)gv_rng_uniform(&rng);
        }
    }
    f->tile = (gv_kernel_tile){TILE_ROWS, n, f->row, f->row_length, f->column, f->log_x, f->weight};
    f->args = (gv_kernel_args){.width = WIDTH,
                               .row_vectors = f->rows[0],
                               .column_vectors = f->rows[1],
                               .eta_row = f->eta,
                               .eta_column = f->eta,
                               .clip = f->clip};
}

static const gv_kernel *fastest(void)
{
    const gv_kernel *kernels[GV_KERNELS];
    return kernels[gv_kernel_list(kernels) - 1];
}

static gv_row_sync *new_share(enum gv_config_schedule_kind kind, gv_row_sync_options options,
                              unsigned threads)
{
    gv_row_sync *share;
    gv_error err = GV_ERROR_INIT;
    const gv_row_sync_setup setup = {kind, options, fastest(), ROWS, WIDTH, threads};
    gv_assert_ok(gv_row_sync_new(&share, &setup, &err), err);
    return share;
}

static double tile_alone(fixture *f, enum gv_config_schedule_kind kind, gv_row_sync_options options)
{
    gv_row_sync *share = new_share(kind, options, 1);
    gv_row_sync_join(share, 0);
    double loss = gv_row_sync_tile(share, 0, &f->args, &f->tile, 0, ROWS);
    gv_row_sync_leave(share, 0);
    gv_row_sync_free(share);
    return loss;
}

Test(share, alone_the_steps_are_those_of_the_kernel)
{
    static fixture want, got;
    for (int constant = 0; constant < 2; constant++)
        for (size_t i = 0; i < sizeof all_kinds / sizeof all_kinds[0]; i++) {
            set_up(&want, fastest());
            set_up(&got, fastest());
            want.args.constant_step = got.args.constant_step = constant;
            double loss = fastest()->train_tile(&want.args, &want.tile);
            cr_assert_eq(tile_alone(&got, all_kinds[i], (gv_row_sync_options){0}), loss, "kind %d",
                         (int)all_kinds[i]);
            if (all_kinds[i] != GV_SCHEDULE_ATOMIC) {
                cr_assert_eq(memcmp(want.rows, got.rows, sizeof want.rows), 0, "kind %d",
                             (int)all_kinds[i]);
                continue;
            }
            for (size_t k = 0; k < 2 * ROWS * STRIDE; k++) { /* differences round */
                double a = (double)(&got.rows[0][0])[k], b = (double)(&want.rows[0][0])[k];
                cr_assert(fabs(a - b) <= 1e-6 * (1 + fabs(b)), "number %zu: %a, kernel %a", k, a,
                          b);
            }
        }
}

Test(share, counts_and_delays_change_nothing)
{
    static fixture want, got;
    set_up(&want, fastest());
    set_up(&got, fastest());
    tile_alone(&want, GV_SCHEDULE_LOCKED, (gv_row_sync_options){0});
    double begin = gv_clock_wall_seconds();
    tile_alone(&got, GV_SCHEDULE_LOCKED,
               (gv_row_sync_options){.delay_ns = 100000, .conflicts = true});
    cr_assert_geq(gv_clock_wall_seconds() - begin, 0.9 * 1e-4 * (double)got.tile.records);
    cr_assert_eq(memcmp(want.rows, got.rows, sizeof want.rows), 0);
}

/* --- several threads on the same rows --------------------------------------------------------- */

/* Every record adds exactly 1 to the bias lane of both its rows: log X is so large that the dot
 * product vanishes beside it, and the weight makes the product -1. So the final values count the
 * updates that have not been lost. */
static void make_counting(fixture *f)
{
    set_up(f, fastest());
    memset(f->rows, 0, sizeof f->rows);
    for (size_t l = 0; l < WIDTH; l++) {
        f->eta[l] = l == BIAS || l == BIAS + 1 ? 1.0f : 0.0f;
        f->clip[l] = INFINITY;
    }
    for (size_t r = 0; r < ROWS; r++) {
        f->rows[0][r * STRIDE + BIAS + 1] = 1;
        f->rows[1][r * STRIDE + BIAS] = 1;
    }
    for (size_t k = 0; k < f->tile.records; k++) {
        f->log_x[k] = ldexpf(1, 60);
        f->weight[k] = ldexpf(1, -60);
    }
    f->args.constant_step = true;
}

typedef struct crowd {
    fixture *f;
    gv_row_sync *share;
    _Alignas(64) float eta_row[WIDTH];
    _Alignas(64) float eta_column[WIDTH];
} crowd;

static int work_in_crowd(void *context, unsigned thread, gv_error *err)
{
    crowd *c = context;
    gv_kernel_args args = c->f->args;
    (void)err;
    args.eta_row = c->eta_row;
    args.eta_column = c->eta_column;
    gv_row_sync_join(c->share, thread);
    if (thread > 0) /* thread 0 leaves early, as one that finds no more work */
        for (int i = 0; i < TILES; i++)
            gv_row_sync_tile(c->share, thread, &args, &c->f->tile, 0, ROWS);
    gv_row_sync_leave(c->share, thread);
    return GV_OK;
}

/* Sum of the bias lanes of both matrices, and what it is if nothing is lost. */
static double crowd_total(enum gv_config_schedule_kind kind, unsigned threads, double *whole,
                          gv_row_sync_counts *counts)
{
    static fixture f;
    static crowd c;
    gv_error err = GV_ERROR_INIT;
    make_counting(&f);
    c = (crowd){.f = &f,
                .share = new_share(kind, (gv_row_sync_options){.conflicts = true}, threads)};
    c.eta_row[BIAS] = c.eta_column[BIAS + 1] = 1;
    for (int round = 0; round < 2; round++) { /* a second stretch begins anew */
        gv_row_sync_begin(c.share);
        gv_assert_ok(gv_threads_run(threads, work_in_crowd, &c, &err), err);
    }
    *whole = 4.0 * (threads - 1) * TILES * (double)f.tile.records;
    *counts = gv_row_sync_counted(c.share);
    gv_row_sync_free(c.share);
    double total = 0;
    for (size_t r = 0; r < ROWS; r++)
        total += (double)f.rows[0][r * STRIDE + BIAS] + (double)f.rows[1][r * STRIDE + BIAS + 1];
    return total;
}

Test(share, no_update_is_lost_where_that_is_promised, .timeout = 60)
{
    static const enum gv_config_schedule_kind kinds[] = {GV_SCHEDULE_ATOMIC, GV_SCHEDULE_LOCKED,
                                                         GV_SCHEDULE_ROUND_ROBIN};
    double whole, total;
    gv_row_sync_counts counts;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (unsigned threads = 2; threads <= 4; threads++) {
            total = crowd_total(kinds[i], threads, &whole, &counts);
            cr_assert_eq(total, whole, "kind %d, %u threads: %g of %g", (int)kinds[i], threads,
                         total, whole);
            cr_assert_gt(counts.steps, 0u);
            cr_assert_leq(counts.steps_in_conflict, counts.steps);
            if (threads == 2) /* one of them works */
                cr_assert_eq(counts.conflicts, 0u);
        }
}

Test(share, hogwild_may_lose_updates_but_makes_none_up, .timeout = 60)
{
    double whole, total;
    gv_row_sync_counts counts;
    total = crowd_total(GV_SCHEDULE_HOGWILD, 4, &whole, &counts);
    cr_assert_leq(total, whole);
    cr_assert_gt(total, 0);
    if (counts.conflicts == 0)
        cr_assert_eq(total, whole, "no row was written in between, yet %g of %g", total, whole);
}

Test(share, failing_allocations)
{
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_row_sync *share;
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        status =
            gv_row_sync_new(&share,
                            &(gv_row_sync_setup){
                                GV_SCHEDULE_LOCKED, {.conflicts = true}, fastest(), ROWS, WIDTH, 3},
                            &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && !share), "%s", err.text);
        cr_assert_lt(n, 100);
        gv_row_sync_free(share);
    }
}
