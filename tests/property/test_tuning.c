/* The bytes of vectors and losses depend on no distance of a prefetch, with every kernel. */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_tuning.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROWS = 40, COLUMNS = 60, RECORDS_MOST = ROWS * COLUMNS };

typedef struct fixture {
    gv_kernel_args args;
    gv_kernel_tile tile;
    size_t floats;
    float *start, *vectors, *eta, *clip;
    uint16_t row[ROWS], length[ROWS], column[RECORDS_MOST];
    float log_x[RECORDS_MOST], weight[RECORDS_MOST];
} fixture;

static void draw_records(fixture *f, gv_rng *rng)
{
    uint32_t order[COLUMNS];
    for (uint32_t i = 0; i < COLUMNS; i++)
        order[i] = i;
    for (uint16_t r = 0; r < ROWS; r++) {
        size_t n = 1 + gv_rng_below(rng, r % 4 == 0 ? COLUMNS : 6);
        f->row[r] = r;
        f->length[r] = (uint16_t)(n - 1);
        gv_rng_shuffle32(rng, order, COLUMNS);
        for (size_t i = 0; i < n; i++) {
            f->column[f->tile.records] = (uint16_t)order[i];
            f->log_x[f->tile.records] = (float)(6 * gv_rng_uniform(rng) - 2);
            f->weight[f->tile.records++] = (float)gv_rng_uniform(rng);
        }
    }
    f->tile.rows = ROWS;
    f->tile.row = f->row;
    f->tile.row_length = f->length;
    f->tile.column = f->column;
    f->tile.log_x = f->log_x;
    f->tile.weight = f->weight;
}

static void make(fixture *f, size_t width)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, width);
    f->floats = (ROWS + COLUMNS) * 2 * width;
    f->start = gv_mem_big_alloc(f->floats * sizeof(float), NULL);
    f->vectors = gv_mem_big_alloc(f->floats * sizeof(float), NULL);
    f->eta = gv_mem_big_alloc(width * sizeof(float), NULL);
    f->clip = gv_mem_big_alloc(width * sizeof(float), NULL);
    cr_assert(f->start && f->vectors && f->eta && f->clip);
    for (size_t i = 0; i < f->floats; i++)
        f->start[i] = i % (2 * width) >= width ? 1 : (float)(gv_rng_uniform(&rng) - 0.5);
    for (size_t l = 0; l < width; l++) {
        f->eta[l] = l + 6 < width ? 0.05f : 0;
        f->clip[l] = 100;
    }
    f->args = (gv_kernel_args){.width = width,
                               .row_vectors = f->vectors,
                               .column_vectors = f->vectors + ROWS * 2 * width,
                               .eta_row = f->eta,
                               .eta_column = f->eta,
                               .clip = f->clip};
    draw_records(f, &rng);
}

static void drop(fixture *f)
{
    gv_mem_big_free(f->start, f->floats * sizeof(float));
    gv_mem_big_free(f->vectors, f->floats * sizeof(float));
    gv_mem_big_free(f->eta, f->args.width * sizeof(float));
    gv_mem_big_free(f->clip, f->args.width * sizeof(float));
}

static double train(fixture *f, const gv_kernel *kernel, unsigned near, unsigned far)
{
    memcpy(f->vectors, f->start, f->floats * sizeof(float));
    f->args.near = near;
    f->args.far = far;
    return kernel->train_tile(&f->args, &f->tile);
}

static void same_over_the_grid(const gv_kernel *kernel, size_t width)
{
    static fixture f;
    f = (fixture){0};
    make(&f, width);
    float *expected = gv_mem_alloc(f.floats, sizeof *expected, NULL);
    double loss = train(&f, &gv_kernel_scalar, 0, 0);
    memcpy(expected, f.vectors, f.floats * sizeof *expected);
    for (unsigned near = 1; near <= GV_TUNING_NEAR_MOST; near += 3)
        for (unsigned far = 1; far <= GV_TUNING_FAR_MOST; far += 13) {
            cr_assert_eq(train(&f, kernel, near, far), loss, "%s, %u, %u", kernel->name, near, far);
            cr_assert_eq(memcmp(expected, f.vectors, f.floats * sizeof *expected), 0,
                         "%s, width %zu: near %u, far %u", kernel->name, width, near, far);
        }
    gv_mem_free(expected);
    drop(&f);
}

Test(tuning, bytes_are_the_same)
{
    const size_t widths[] = {8, 56, 104, 128, 136, 304};
    const gv_kernel *kernels[GV_KERNELS];
    size_t n = gv_kernel_list(kernels);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
            same_over_the_grid(kernels[k], widths[i]);
}
