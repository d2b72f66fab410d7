/*
 * Every kernel that this CPU can run gives the bits of the scalar reference: over all widths, run
 * lengths, clips and kinds of numbers, NaN counting as equal to NaN whatever its payload.
 */
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

#define ROWS          48
#define MAX_TILE_ROWS 12
#define MAX_LENGTH    20

/* What the numbers of a case look like. */
enum numbers { ORDINARY, LARGE, SMALL, SPECIAL, NUMBERS };

enum clips { NO_CLIP, WIDE_CLIP, TIGHT_CLIP, MIXED_CLIP, CLIPS };

typedef struct sample {
    gv_kernel_args args;
    gv_kernel_tile tile;
    size_t floats; /* in each matrix */
    uint16_t row[MAX_TILE_ROWS], row_length[MAX_TILE_ROWS];
    uint16_t *column;
    float *log_x, *weight, *eta_row, *eta_column, *clip;
} sample;

static float *floats(size_t n)
{
    float *block = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);

    cr_assert_not_null(block);
    return block;
}

static float special(gv_rng *rng)
{
    static const float values[] = {NAN,     INFINITY, -INFINITY, 0.0f,     -0.0f, 1e-45f,
                                   -3e-39f, 3.4e38f,  -3.4e38f,  1.2e-38f, 1e19f, -1e-20f};

    return values[gv_rng_below(rng, sizeof values / sizeof values[0])];
}

/* A number of the given kind, about half of them negative. */
static float number(gv_rng *rng, enum numbers kind)
{
    float u = (float)(gv_rng_uniform(rng) - 0.5);

    switch (kind) {
    case LARGE:
        return ldexpf(u, (int)gv_rng_below(rng, 60));
    case SMALL:
        return ldexpf(u, -(int)gv_rng_below(rng, 148));
    case SPECIAL:
        return gv_rng_below(rng, 200) == 0 ? special(rng) : u;
    default:
        return u;
    }
}

static float *matrix(gv_rng *rng, size_t width, enum numbers kind)
{
    float *rows = floats(ROWS * 2 * width);

    for (size_t r = 0; r < ROWS; r++)
        for (size_t l = 0; l < 2 * width; l++) {
            float v = number(rng, kind);
            /* sums of squares are not negative, except where anything goes */
            rows[r * 2 * width + l] = l < width || kind == SPECIAL ? v : fabsf(v);
        }
    return rows;
}

static float clip_of(gv_rng *rng, enum clips kind)
{
    if (kind == NO_CLIP || (kind == MIXED_CLIP && gv_rng_below(rng, 4) == 0))
        return INFINITY;
    if (kind == WIDE_CLIP)
        return 100.0f;
    return kind == TIGHT_CLIP ? 1e-3f : (float)(2.0 * gv_rng_uniform(rng));
}

static void make_tile(sample *s, gv_rng *rng, size_t longest, enum numbers kind)
{
    gv_kernel_tile *t = &s->tile;

    t->rows = 1 + gv_rng_below(rng, MAX_TILE_ROWS);
    t->records = 0;
    for (size_t r = 0; r < t->rows; r++) {
        s->row[r] = (uint16_t)gv_rng_below(rng, ROWS);
        s->row_length[r] = (uint16_t)gv_rng_below(rng, longest);
        t->records += s->row_length[r] + 1u;
    }
    /* exactly as many as there are, so that a sanitizer sees a read beyond */
    s->column = malloc(t->records * sizeof *s->column);
    s->log_x = malloc(t->records * sizeof *s->log_x);
    s->weight = malloc(t->records * sizeof *s->weight);
    size_t next = 0;
    for (size_t r = 0; r < t->rows; r++) {
        uint32_t order[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            order[i] = i;
        gv_rng_shuffle32(rng, order, ROWS);
        for (size_t k = 0; k <= s->row_length[r]; k++, next++) {
            s->column[next] = (uint16_t)order[k];
            s->log_x[next] = 4.0f * number(rng, kind);
            if (s->args.logistic && gv_rng_below(rng, 3) == 0)
                s->log_x[next] = -INFINITY; /* never seen */
            s->weight[next] = fabsf(number(rng, kind));
        }
    }
    t->row = s->row;
    t->row_length = s->row_length;
    t->column = s->column;
    t->log_x = s->log_x;
    t->weight = s->weight;
}

static void make_sample(sample *s, gv_rng *rng, size_t width, size_t longest, enum numbers kind,
                        enum clips clips)
{
    memset(s, 0, sizeof *s);
    s->floats = ROWS * 2 * width;
    s->eta_row = floats(width);
    s->eta_column = floats(width);
    s->clip = floats(width);
    size_t even = gv_rng_below(rng, 2) == 0 ? 0 : gv_rng_below(rng, width + 1);
    for (size_t l = 0; l < width; l++) { /* as models have it: the first lanes alike */
        s->eta_row[l] = l >= even && gv_rng_below(rng, 8) == 0 ? 0.0f : 0.05f;
        s->eta_column[l] = l >= even && gv_rng_below(rng, 8) == 0 ? 1.0f : 0.05f;
        s->clip[l] = clip_of(rng, clips);
    }
    s->args = (gv_kernel_args){.width = width,
                               .row_vectors = matrix(rng, width, kind),
                               .column_vectors = matrix(rng, width, kind),
                               .eta_row = s->eta_row,
                               .eta_column = s->eta_column,
                               .clip = s->clip,
                               .constant_step = gv_rng_below(rng, 4) == 0,
                               .logistic = gv_rng_below(rng, 3) == 0,
                               .scale = (float)(2.0 * gv_rng_uniform(rng)),
                               .logit_weight = (float)gv_rng_uniform(rng),
                               .logit_bound = (float)(4.0 * gv_rng_uniform(rng)),
                               .focus = (float)gv_rng_uniform(rng)};
    make_tile(s, rng, longest, kind);
}

static void free_sample(sample *s)
{
    void *blocks[] = {s->args.row_vectors, s->args.column_vectors, s->column, s->log_x, s->weight,
                      s->eta_row,          s->eta_column,          s->clip};

    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        free(blocks[i]);
}

static int same_bits(float x, float y)
{
    return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y));
}

static int same_double(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y));
}

/* Run `kernel` on copies of the sample's rows. */
static double run(const gv_kernel *kernel, const sample *s, float *row_vectors,
                  float *column_vectors)
{
    gv_kernel_args args = s->args;

    memcpy(row_vectors, s->args.row_vectors, s->floats * sizeof(float));
    memcpy(column_vectors, s->args.column_vectors, s->floats * sizeof(float));
    args.row_vectors = row_vectors;
    args.column_vectors = column_vectors;
    return kernel->train_tile(&args, &s->tile);
}

/* The same by half steps, step by step. */
static double run_halves(const gv_kernel *kernel, const sample *s, float *row_vectors,
                         float *column_vectors)
{
    gv_kernel_args args = s->args;
    const gv_kernel_tile *tile = &s->tile;
    gv_kernel_summary summary;
    double loss[GV_STEP_RECORDS] = {0};
    size_t stride = 2 * args.width, next = 0;

    memcpy(row_vectors, s->args.row_vectors, s->floats * sizeof(float));
    memcpy(column_vectors, s->args.column_vectors, s->floats * sizeof(float));
    gv_kernel_summarise(&summary, &args);
    for (size_t r = 0; r < tile->rows; r++)
        for (size_t end = next + tile->row_length[r] + 1u, m; next < end; next += m) {
            m = end - next < GV_STEP_RECORDS ? end - next : GV_STEP_RECORDS;
            gv_kernel_step step = {.args = &args,
                                   .summary = &summary,
                                   .row = row_vectors + tile->row[r] * stride,
                                   .records = m};
            for (size_t k = 0; k < m; k++)
                step.column[k] = column_vectors + tile->column[next + k] * stride;
            kernel->gradient(&step, tile->log_x + next, tile->weight + next, loss);
            kernel->update(&step);
        }
    return gv_kernel_loss(&args, loss);
}

static void expect_same(const float *got, const float *want, const sample *s, const char *what)
{
    for (size_t i = 0; i < s->floats; i++)
        cr_assert(same_bits(got[i], want[i]), "%s: row %zu lane %zu: %a, reference %a", what,
                  i / (2 * s->args.width), i % (2 * s->args.width), (double)got[i],
                  (double)want[i]);
}

/* All kernels on one sample. Returns how many were compared with the reference. */
static void compare(const sample *s, const char *what)
{
    const gv_kernel *kernels[GV_KERNELS];
    size_t n = gv_kernel_list(kernels);
    float *want_row = floats(s->floats), *want_column = floats(s->floats);
    float *got_row = floats(s->floats), *got_column = floats(s->floats);
    double want = run(kernels[0], s, want_row, want_column);

    for (size_t i = 1; i < 2 * n; i++) {
        const char *name =
            gv_test_format("%s %s%s", kernels[i % n]->name, what, i < n ? "" : ", half steps");
        double got = (i < n ? run : run_halves)(kernels[i % n], s, got_row, got_column);
        expect_same(got_row, want_row, s, gv_test_format("%s row side", name));
        expect_same(got_column, want_column, s, gv_test_format("%s column side", name));
        cr_assert(same_double(got, want), "%s: loss %a, reference %a", name, got, want);
    }
    free(want_row);
    free(want_column);
    free(got_row);
    free(got_column);
}

static void check(gv_rng *rng, size_t width, size_t longest, enum numbers kind, enum clips clips)
{
    sample s;

    make_sample(&s, rng, width, longest, kind, clips);
    compare(&s, gv_test_format("(seed %llu, width %zu, rows to %zu records, numbers %d, clip %d)",
                               (unsigned long long)gv_test_seed(), width, longest, (int)kind,
                               (int)clips));
    free_sample(&s);
}

Test(kernel, every_width_gives_the_reference_bits)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (size_t width = 8; width <= 1192; width += width < 320 ? 8 : 176)
        for (int kind = 0; kind < NUMBERS; kind++)
            check(&rng, width, 13, (enum numbers)kind, (enum clips)gv_rng_below(&rng, CLIPS));
}

Test(kernel, every_row_length_and_clip_gives_the_reference_bits)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (size_t longest = 1; longest <= MAX_LENGTH; longest++)
        for (int clips = 0; clips < CLIPS; clips++)
            for (int kind = 0; kind < NUMBERS; kind++)
                check(&rng, 8 * (1 + gv_rng_below(&rng, 13)), longest, (enum numbers)kind,
                      (enum clips)clips);
}

/* A clip that some lanes of some records just meet is where leaving it out would show. */
Test(kernel, clip_at_the_edge_gives_the_reference_bits)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (int round = 0; round < 200; round++) {
        sample s;
        make_sample(&s, &rng, 32, 6 + gv_rng_below(&rng, 8), ORDINARY, NO_CLIP);
        float edge = (float)(0.3 * gv_rng_uniform(&rng));
        for (size_t l = 0; l < 32; l++)
            s.clip[l] = gv_rng_below(&rng, 2) == 0 ? INFINITY : edge;
        compare(&s, gv_test_format("(seed %llu, round %d, edge %a)",
                                   (unsigned long long)gv_test_seed(), round, (double)edge));
        free_sample(&s);
    }
}
