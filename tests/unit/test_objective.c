/*
 * The objective and its gradient: kernels against the scalar one, bit for bit; tiles of a store
 * against a plain loop over the matrix in double; that loop against finite differences.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_glove.h"
#include "kernel/gv_objective.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include "train/experiments/sandblaster/gv_gradient.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIM = 11 };
static const double x_max = 20, alpha = 0.75;

/* --- kernels ---------------------------------------------------------------------------------- */

enum { ROWS = 40, TILE_ROWS = 30, RECORDS_MOST = TILE_ROWS * 20 };

typedef struct tile {
    gv_kernel_tile is;
    uint16_t row[TILE_ROWS], row_length[TILE_ROWS], column[RECORDS_MOST];
    float log_x[RECORDS_MOST], weight[RECORDS_MOST];
} tile;

/* Rows of 1 to 20 records, the columns of each all different. */
static void random_tile(tile *t, gv_rng *rng)
{
    size_t n = 0;
    for (size_t r = 0; r < TILE_ROWS; r++) {
        size_t length = 1 + gv_rng_below(rng, 20), start = gv_rng_below(rng, ROWS);
        t->row[r] = (uint16_t)gv_rng_below(rng, ROWS);
        t->row_length[r] = (uint16_t)(length - 1);
        for (size_t i = 0; i < length; i++, n++) {
            t->column[n] = (uint16_t)((start + 7 * i) % ROWS);
            t->log_x[n] = (float)(8 * gv_rng_uniform(rng));
            t->weight[n] = (float)gv_rng_uniform(rng);
        }
    }
    t->is = (gv_kernel_tile){TILE_ROWS, n, t->row, t->row_length, t->column, t->log_x, t->weight};
}

static float *random_rows(size_t width, gv_rng *rng)
{
    gv_error err = GV_ERROR_INIT;
    float *rows = gv_mem_big_alloc(ROWS * width * sizeof *rows, &err);
    cr_assert_not_null(rows);
    for (size_t i = 0; i < ROWS * width; i++)
        rows[i] = (float)(gv_rng_uniform(rng) - 0.5);
    return rows;
}

static void compare_kernels(const gv_objective_kernel *kernel, size_t width, gv_rng *rng)
{
    tile t;
    random_tile(&t, rng);
    size_t bytes = ROWS * width * sizeof(float);
    float *row = random_rows(width, rng), *column = random_rows(width, rng);
    float *begin = random_rows(width, rng), *got = random_rows(width, rng);
    float *wanted = random_rows(width, rng);
    for (int spread = 0; spread < 2; spread++) {
        gv_objective_args args = {width, row, column, wanted};
        memcpy(wanted, begin, bytes);
        memcpy(got, begin, bytes);
        double right =
            (spread ? gv_objective_scalar.spread : gv_objective_scalar.collect)(&args, &t.is);
        args.gradient = got;
        double value = (spread ? kernel->spread : kernel->collect)(&args, &t.is);
        cr_assert_eq(value, right, "%s, width %zu: %.17g, %.17g", kernel->name, width, value,
                     right);
        cr_assert_eq(memcmp(got, wanted, bytes), 0, "%s, width %zu, spread %d", kernel->name, width,
                     spread);
    }
    float *all[] = {row, column, begin, got, wanted};
    for (size_t i = 0; i < 5; i++)
        gv_mem_big_free(all[i], bytes);
}

Test(objective, kernels_match_the_scalar_one)
{
    const gv_kernel *list[GV_KERNELS];
    size_t n = gv_kernel_list(list);
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 90);
    for (size_t i = 0; i < n; i++) {
        cr_assert_str_eq(gv_objective_of(list[i])->name, list[i]->name);
        for (size_t width = GV_LANES; width <= 7 * GV_LANES; width += GV_LANES)
            compare_kernels(gv_objective_of(list[i]), width, &rng);
    }
}

/* --- the whole objective ---------------------------------------------------------------------- */

typedef struct matrix {
    gv_test_store_plan plan;
    uint64_t unit;
    double *x, *g; /* [2][words][DIM + 1]: vectors and biases of words, then of contexts */
} matrix;

static double *at(double *v, const matrix *m, int side, uint32_t row)
{
    return v + ((size_t)side * m->plan.words + row) * (DIM + 1);
}

/* The objective at m->x; with `g`, adds the gradient to m->g. */
static double evaluate_plainly(const matrix *m, bool g)
{
    double sum = 0;
    for (uint32_t i = 0; i < m->plan.words; i++)
        for (uint32_t j = 0; j < m->plan.words; j++) {
            uint64_t value = gv_test_store_value(&m->plan, i, j);
            float log_x, weight;
            if (value == 0)
                continue;
            gv_glove_table(&log_x, &weight, &value, 1,
                           &(gv_glove_weighting){m->unit, x_max, alpha});
            double *w = at(m->x, m, 0, i), *c = at(m->x, m, 1, j);
            double diff = w[DIM] + c[DIM] - (double)log_x;
            for (int d = 0; d < DIM; d++)
                diff += w[d] * c[d];
            double slope = (double)weight * diff;
            sum += 0.5 * slope * diff;
            for (int d = 0; g && d <= DIM; d++) {
                at(m->g, m, 0, i)[d] += slope * (d < DIM ? c[d] : 1);
                at(m->g, m, 1, j)[d] += slope * (d < DIM ? w[d] : 1);
            }
        }
    return sum;
}

static void begin(matrix *m, const gv_test_store_plan *plan, const gv_model *model)
{
    size_t n = 2 * (size_t)plan->words * (DIM + 1);
    gv_error err = GV_ERROR_INIT;
    *m = (matrix){.plan = *plan, .unit = 4};
    m->x = gv_test_keep(gv_mem_alloc_zero(n, sizeof(double), &err));
    m->g = gv_test_keep(gv_mem_alloc_zero(n, sizeof(double), &err));
    for (int side = 0; side < 2; side++)
        for (uint32_t row = 0; row < plan->words; row++) {
            const float *from = (side ? model->context : model->word) + row * model->stride;
            for (int d = 0; d < DIM; d++)
                at(m->x, m, side, row)[d] = (double)from[d];
            at(m->x, m, side, row)[DIM] = (double)from[DIM + side];
        }
}

Test(objective, gradient_is_that_of_finite_differences)
{
    gv_error err = GV_ERROR_INIT;
    gv_test_store_plan plan = gv_test_store_small();
    gv_model *model;
    matrix m;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 91);
    gv_assert_ok(gv_model_new(&model, plan.words, DIM, &err), err);
    gv_assert_ok(gv_model_init(model, 1, 1, &err), err);
    begin(&m, &plan, model);
    evaluate_plainly(&m, true);
    for (int trial = 0; trial < 20; trial++) {
        size_t i = gv_rng_below(&rng, 2 * plan.words * (DIM + 1));
        double x = m.x[i], h = 1e-5, up, down;
        m.x[i] = x + h;
        up = evaluate_plainly(&m, false);
        m.x[i] = x - h;
        down = evaluate_plainly(&m, false);
        m.x[i] = x;
        cr_assert_float_eq((up - down) / (2 * h), m.g[i], 1e-4 * (1 + fabs(m.g[i])), "lane %zu", i);
    }
    gv_model_free(model);
}

/* The rows of a segment in a gradient, against the plain one. */
static void expect_rows(matrix *m, const float *rows, const gv_model *x, int side, uint32_t first,
                        uint32_t end)
{
    for (uint32_t row = first; row < end; row++)
        for (int d = 0; d <= DIM; d++) {
            float got = rows[(row - first) * x->stride + (size_t)(d < DIM ? d : DIM + side)];
            double wanted = at(m->g, m, side, row)[d];
            cr_assert_float_eq((double)got, wanted, 1e-3 * (0.1 + fabs(wanted)),
                               "side %d, row %u, lane %d: %g, wanted %g", side, row, d, (double)got,
                               wanted);
        }
}

/* One side of one segment, from all tiles. */
static double evaluate_segment(matrix *m, gv_store *store, const gv_prepare_table *table,
                               const gv_model *x, uint32_t segment, bool context)
{
    const gv_store_info *info = gv_store_about(store);
    gv_error err = GV_ERROR_INIT;
    gv_prepare_scratch scratch;
    const gv_kernel *kernel;
    uint32_t first = info->segment_first[segment], end = info->segment_first[segment + 1];
    size_t bytes = (end - first) * x->stride * sizeof(float);
    gv_assert_ok(gv_kernel_choose(&kernel, &err), err);
    gv_gradient_job job = {.kernel = gv_objective_of(kernel),
                           .table = table,
                           .segment_first = info->segment_first,
                           .x = x,
                           .symmetric = info->symmetric,
                           .context = context,
                           .segment = segment,
                           .gradient = gv_mem_big_alloc(bytes, &err)};
    gv_assert_ok(gv_prepare_scratch_new(&scratch, 100000, &err), err);
    for (uint32_t t = 0; t < info->tiles; t++) {
        const gv_store_tile *where = &gv_store_tiles(store)[t];
        gv_tile view;
        if (where->row_segment != segment && where->column_segment != segment)
            continue;
        uint8_t *blob = gv_test_tile_read(&view, store, where);
        gv_assert_ok(gv_gradient_add_tile(&job, &scratch, &view, &err), err);
        free(blob);
    }
    expect_rows(m, job.gradient, x, context, first, end);
    gv_prepare_scratch_free(&scratch);
    gv_mem_big_free(job.gradient, bytes);
    return job.value;
}

static void compare_store(const gv_test_store_plan *plan)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path(plan->symmetric ? "symmetric.db" : "asymmetric.db");
    gv_store *store;
    gv_model *model, *x;
    matrix m;
    gv_test_store_write(path, plan);
    gv_assert_ok(gv_store_open(&store, path, 1, &err), err);
    const gv_store_info *info = gv_store_about(store);
    gv_prepare_table table;
    gv_assert_ok(gv_prepare_table_new(&table, info, x_max, alpha, &err), err);
    gv_assert_ok(gv_model_new(&model, plan->words, DIM, &err), err);
    gv_assert_ok(gv_model_init(model, 2, 1, &err), err);
    gv_assert_ok(gv_model_new_values(&x, plan->words, DIM, &err), err);
    gv_model_copy(x, GV_MODEL_VALUES, model, GV_MODEL_VALUES);
    begin(&m, plan, model);
    double wanted = evaluate_plainly(&m, true);
    for (int context = 0; context < 2; context++) {
        double value = 0;
        for (uint32_t s = 0; s < info->segments; s++)
            value += evaluate_segment(&m, store, &table, x, s, context);
        cr_assert_float_eq(value, wanted, 1e-5 * wanted, "%g, wanted %g", value, wanted);
    }
    gv_model_free(x);
    gv_model_free(model);
    gv_prepare_table_free(&table);
    gv_store_close(store);
}

Test(objective, tiles_give_the_whole_gradient)
{
    gv_test_store_plan plan = gv_test_store_small();
    compare_store(&plan);
    plan.symmetric = !plan.symmetric;
    compare_store(&plan);
}

/* Values into sums and back. */
Test(objective, halves_of_a_model)
{
    gv_error err = GV_ERROR_INIT;
    for (uint32_t dim = 1; dim < 40; dim += 6) {
        gv_model *model, *values, *back;
        gv_assert_ok(gv_model_new(&model, 7, dim, &err), err);
        gv_assert_ok(gv_model_init(model, 3, 1, &err), err);
        gv_assert_ok(gv_model_new_values(&values, 7, dim, &err), err);
        gv_assert_ok(gv_model_new_zero(&back, 7, dim, &err), err);
        gv_model_copy(values, GV_MODEL_VALUES, model, GV_MODEL_VALUES);
        gv_model_copy(back, GV_MODEL_SUMS, values, GV_MODEL_VALUES);
        memset(values->word, 0, values->bytes);
        gv_model_copy(values, GV_MODEL_VALUES, back, GV_MODEL_SUMS);
        for (size_t row = 0; row < 7; row++) {
            const float *from = model->word + row * model->stride;
            const float *sums = back->word + row * back->stride;
            cr_assert_eq(
                memcmp(from, values->word + row * values->stride, model->width * sizeof(float)), 0);
            for (size_t lane = 0; lane < model->width; lane++)
                cr_assert_eq(sums[gv_kernel_sum(model->width, lane)], from[lane]);
        }
        gv_model_free(model);
        gv_model_free(values);
        gv_model_free(back);
    }
}
