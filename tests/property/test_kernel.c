/*
 * Every kernel that this CPU can run gives the bits of the scalar reference: over all widths, run
 * lengths, clips and kinds of numbers, NaN counting as equal to NaN whatever its payload.
 */
#include "base/gv_rng.h"
#include "kernel/gv_kernel.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

#define ROWS     48
#define MAX_RUNS 12
#define MAX_RUN  20

/* What the numbers of a case look like. */
enum numbers { ORDINARY, LARGE, SMALL, SPECIAL, NUMBERS };

enum clips { NO_CLIP, WIDE_CLIP, TIGHT_CLIP, MIXED_CLIP, CLIPS };

typedef struct sample {
    gv_kernel_pass pass;
    gv_kernel_tile tile;
    size_t floats; /* in each matrix */
    uint16_t run_row[MAX_RUNS], run_length[MAX_RUNS];
    uint16_t *column;
    float *log_x, *weight, *eta_run, *eta_stream, *clip;
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

    t->runs = 1 + gv_rng_below(rng, MAX_RUNS);
    t->records = 0;
    for (size_t r = 0; r < t->runs; r++) {
        s->run_row[r] = (uint16_t)gv_rng_below(rng, ROWS);
        s->run_length[r] = (uint16_t)gv_rng_below(rng, longest);
        t->records += s->run_length[r] + 1u;
    }
    /* exactly as many as there are, so that a sanitizer sees a read beyond */
    s->column = malloc(t->records * sizeof *s->column);
    s->log_x = malloc(t->records * sizeof *s->log_x);
    s->weight = malloc(t->records * sizeof *s->weight);
    size_t next = 0;
    for (size_t r = 0; r < t->runs; r++) {
        uint32_t order[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            order[i] = i;
        gv_rng_shuffle32(rng, order, ROWS);
        for (size_t k = 0; k <= s->run_length[r]; k++, next++) {
            s->column[next] = (uint16_t)order[k];
            s->log_x[next] = 4.0f * number(rng, kind);
            if (s->pass.logistic && gv_rng_below(rng, 3) == 0)
                s->log_x[next] = -INFINITY; /* never seen */
            s->weight[next] = fabsf(number(rng, kind));
        }
    }
    t->run_row = s->run_row;
    t->run_length = s->run_length;
    t->column = s->column;
    t->log_x = s->log_x;
    t->weight = s->weight;
}

static void make_sample(sample *s, gv_rng *rng, size_t width, size_t longest, enum numbers kind,
                        enum clips clips)
{
    memset(s, 0, sizeof *s);
    s->floats = ROWS * 2 * width;
    s->eta_run = floats(width);
    s->eta_stream = floats(width);
    s->clip = floats(width);
    size_t even = gv_rng_below(rng, 2) == 0 ? 0 : gv_rng_below(rng, width + 1);
    for (size_t l = 0; l < width; l++) { /* as models have it: the first lanes alike */
        s->eta_run[l] = l >= even && gv_rng_below(rng, 8) == 0 ? 0.0f : 0.05f;
        s->eta_stream[l] = l >= even && gv_rng_below(rng, 8) == 0 ? 1.0f : 0.05f;
        s->clip[l] = clip_of(rng, clips);
    }
    s->pass = (gv_kernel_pass){.width = width,
                               .run_rows = matrix(rng, width, kind),
                               .stream_rows = matrix(rng, width, kind),
                               .eta_run = s->eta_run,
                               .eta_stream = s->eta_stream,
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
    void *blocks[] = {s->pass.run_rows, s->pass.stream_rows, s->column,     s->log_x,
                      s->weight,        s->eta_run,          s->eta_stream, s->clip};

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
static double run(const gv_kernel *kernel, const sample *s, float *run_rows, float *stream_rows)
{
    gv_kernel_pass pass = s->pass;

    memcpy(run_rows, s->pass.run_rows, s->floats * sizeof(float));
    memcpy(stream_rows, s->pass.stream_rows, s->floats * sizeof(float));
    pass.run_rows = run_rows;
    pass.stream_rows = stream_rows;
    return kernel->train_tile(&pass, &s->tile);
}

/* The same by half steps, group by group. */
static double run_halves(const gv_kernel *kernel, const sample *s, float *run_rows,
                         float *stream_rows)
{
    gv_kernel_pass pass = s->pass;
    const gv_kernel_tile *tile = &s->tile;
    gv_kernel_common common;
    double loss[GV_GROUP] = {0};
    size_t stride = 2 * pass.width, next = 0;

    memcpy(run_rows, s->pass.run_rows, s->floats * sizeof(float));
    memcpy(stream_rows, s->pass.stream_rows, s->floats * sizeof(float));
    gv_kernel_survey(&common, &pass);
    for (size_t r = 0; r < tile->runs; r++)
        for (size_t end = next + tile->run_length[r] + 1u, m; next < end; next += m) {
            m = end - next < GV_GROUP ? end - next : GV_GROUP;
            gv_kernel_group group = {.pass = &pass,
                                     .common = &common,
                                     .run = run_rows + tile->run_row[r] * stride,
                                     .records = m};
            for (size_t k = 0; k < m; k++)
                group.stream[k] = stream_rows + tile->column[next + k] * stride;
            kernel->gradient(&group, tile->log_x + next, tile->weight + next, loss);
            kernel->update(&group);
        }
    return gv_kernel_loss(&pass, loss);
}

static void expect_same(const float *got, const float *want, const sample *s, const char *what)
{
    for (size_t i = 0; i < s->floats; i++)
        cr_assert(same_bits(got[i], want[i]), "%s: row %zu lane %zu: %a, reference %a", what,
                  i / (2 * s->pass.width), i % (2 * s->pass.width), (double)got[i],
                  (double)want[i]);
}

/* All kernels on one sample. Returns how many were compared with the reference. */
static void compare(const sample *s, const char *what)
{
    const gv_kernel *kernels[4];
    size_t n = gv_kernel_list(kernels);
    float *want_run = floats(s->floats), *want_stream = floats(s->floats);
    float *got_run = floats(s->floats), *got_stream = floats(s->floats);
    double want = run(kernels[0], s, want_run, want_stream);

    for (size_t i = 1; i < 2 * n; i++) {
        const char *name =
            gv_test_format("%s %s%s", kernels[i % n]->name, what, i < n ? "" : ", half steps");
        double got = (i < n ? run : run_halves)(kernels[i % n], s, got_run, got_stream);
        expect_same(got_run, want_run, s, gv_test_format("%s run side", name));
        expect_same(got_stream, want_stream, s, gv_test_format("%s stream side", name));
        cr_assert(same_double(got, want), "%s: loss %a, reference %a", name, got, want);
    }
    free(want_run);
    free(want_stream);
    free(got_run);
    free(got_stream);
}

static void check(gv_rng *rng, size_t width, size_t longest, enum numbers kind, enum clips clips)
{
    sample s;

    make_sample(&s, rng, width, longest, kind, clips);
    compare(&s, gv_test_format("(seed %llu, width %zu, runs to %zu, numbers %d, clip %d)",
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

Test(kernel, every_run_length_and_clip_gives_the_reference_bits)
{
    gv_rng rng;

    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    for (size_t longest = 1; longest <= MAX_RUN; longest++)
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
