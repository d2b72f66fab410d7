/*
 * bench_kernel - records per second of every training kernel, and how close that is to what the
 * machine could do at best.
 *
 *   bench_kernel [dim ...]            default: 50 100 300
 *   bench_kernel --cpu                name the processor
 *
 * One thread, one tile of random records between 512 row words and 512 column words (a segment of
 * the store), whose rows have 1, 2, 4 or 16 records; rows and columns are drawn at random. Each
 * figure is the median of ROUNDS timings in thread CPU time; "spread" is the slowest over the
 * fastest.
 *
 * The floor: what a record costs if nothing but its loads, nothing but its stores, or nothing but
 * its arithmetic had to be done, on data in the L1 cache or in registers, by the widest
 * instructions of the kernel; or if nothing but its lines had to be brought to the L1 cache and
 * back ("caches": the tile is walked through in the kernel's order, and each line of its vectors is
 * prefetched, loaded and stored once). The costliest of the four bounds the kernel: "share" is
 * floor / time. It is not their sum, because a core computes while lines are on their way. A
 * record's loads are its column's vector twice (values for the dot product, then values and sums)
 * and its part of the row's vector; its stores are the column's vector once and its part of the
 * row's.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "kernel/gv_cpu.h"
#include "kernel/gv_kernel.h"
#include "kernel/gv_tuning.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROWS    512
#define RECORDS 32768
#define ROUNDS  9

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* --- floors ----------------------------------------------------------------------------------- */

/* Nanoseconds for one vector (load, store, or all arithmetic of one vector of one record). */
typedef struct floors {
    size_t lanes; /* floats in a vector */
    double load, store, arithmetic;
} floors;

#if defined(__x86_64__)
#include <immintrin.h>
#define L1_FLOATS 4096 /* 16 KiB */
#define LOOPS     20000

/* The same three loops for two instruction sets. The arithmetic loop does the products, steps and
 * sums of one vector on four independent records; its results feed the next turn. */
#define FLOORS(name, isa, vec, ivec, bytes, load, store, add, mul, fma, fnma, set1, to_int,        \
               to_float, shift, isub, iset1)                                                       \
    __attribute__((target(isa))) static double name##_load(const float *l1)                        \
    {                                                                                              \
        double from = cpu_seconds();                                                               \
        for (int i = 0; i < LOOPS / 8; i++)                                                        \
            for (size_t at = 0; at < L1_FLOATS; at += 8 * (bytes / 4)) {                           \
                vec v0 = load(l1 + at), v1 = load(l1 + at + bytes / 4);                            \
                vec v2 = load(l1 + at + 2 * (bytes / 4)), v3 = load(l1 + at + 3 * (bytes / 4));    \
                vec v4 = load(l1 + at + 4 * (bytes / 4)), v5 = load(l1 + at + 5 * (bytes / 4));    \
                vec v6 = load(l1 + at + 6 * (bytes / 4)), v7 = load(l1 + at + 7 * (bytes / 4));    \
                __asm__ volatile(""                                                                \
                                 :                                                                 \
                                 : "x"(v0), "x"(v1), "x"(v2), "x"(v3), "x"(v4), "x"(v5), "x"(v6),  \
                                   "x"(v7));                                                       \
            }                                                                                      \
        return (cpu_seconds() - from) / ((double)(LOOPS / 8) * (L1_FLOATS / (bytes / 4))) * 1e9;   \
    }                                                                                              \
    __attribute__((target(isa))) static double name##_store(float *l1)                             \
    {                                                                                              \
        vec v = set1(1.0f);                                                                        \
        double from = cpu_seconds();                                                               \
        for (int i = 0; i < LOOPS / 8; i++)                                                        \
            for (size_t at = 0; at < L1_FLOATS; at += 4 * (bytes / 4)) {                           \
                store(l1 + at, v);                                                                 \
                store(l1 + at + bytes / 4, v);                                                     \
                store(l1 + at + 2 * (bytes / 4), v);                                               \
                store(l1 + at + 3 * (bytes / 4), v);                                               \
                __asm__ volatile("" : : : "memory");                                               \
            }                                                                                      \
        return (cpu_seconds() - from) / ((double)(LOOPS / 8) * (L1_FLOATS / (bytes / 4))) * 1e9;   \
    }                                                                                              \
    __attribute__((target(isa))) static double name##_arithmetic(float *unused)                    \
    {                                                                                              \
        vec a = set1(0.25f);                                                                       \
        vec alpha = set1(1.891f);                                                                  \
        ivec magic = iset1(0x5f0b3800);                                                            \
        (void)unused;                                                                              \
        double from = cpu_seconds();                                                               \
        for (int i = 0; i < LOOPS * 16; i++) {                                                     \
            vec sum = set1(0.0f), square = sum;                                                    \
            for (int k = 0; k < 4; k++) {                                                          \
                vec g = set1(0.5f), b = a, s = set1(2.0f);                                         \
                __asm__ volatile("" : "+x"(g), "+x"(b), "+x"(s));                                  \
                vec dot = fma(a, b, g);                                                            \
                vec tb = mul(g, a), ta = mul(g, b);                                                \
                vec y = to_float(isub(magic, shift(to_int(s), 1)));                                \
                vec moved = fnma(mul(tb, y), fnma(mul(s, y), y, alpha), b);                        \
                vec grown = fma(tb, tb, s);                                                        \
                sum = add(sum, ta);                                                                \
                square = fma(ta, ta, square);                                                      \
                __asm__ volatile("" : : "x"(dot), "x"(moved), "x"(grown));                         \
            }                                                                                      \
            __asm__ volatile("" : : "x"(sum), "x"(square));                                        \
        }                                                                                          \
        double ns = (cpu_seconds() - from) / (LOOPS * 64.0) * 1e9;                                 \
        return ns;                                                                                 \
    }

FLOORS(wide, "avx512f", __m512, __m512i, 64, _mm512_load_ps, _mm512_store_ps, _mm512_add_ps,
       _mm512_mul_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_set1_ps, _mm512_castps_si512,
       _mm512_castsi512_ps, _mm512_srli_epi32, _mm512_sub_epi32, _mm512_set1_epi32)
FLOORS(half, "avx2,fma", __m256, __m256i, 32, _mm256_load_ps, _mm256_store_ps, _mm256_add_ps,
       _mm256_mul_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_set1_ps, _mm256_castps_si256,
       _mm256_castsi256_ps, _mm256_srli_epi32, _mm256_sub_epi32, _mm256_set1_epi32)

/* Load and store every line of a tile's vectors in the kernel's order, prefetched as there. */
#define TOUCH(name, isa, vec, lanes, load, store)                                                  \
    __attribute__((target(isa))) static void name##_vector(float *at, const float *soon,           \
                                                           size_t floats)                          \
    {                                                                                              \
        for (size_t c = 0; c < floats; c += 16) {                                                  \
            __builtin_prefetch(soon + c, 1, 3);                                                    \
            for (size_t p = c; p < c + 16; p += (lanes)) {                                         \
                vec v = load(at + p);                                                              \
                __asm__ volatile("" : "+x"(v));                                                    \
                store(at + p, v);                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

TOUCH(wide, "avx512f", __m512, 16, _mm512_load_ps, _mm512_store_ps)
TOUCH(half, "avx2,fma", __m256, 8, _mm256_load_ps, _mm256_store_ps)

/* Nanoseconds a record. */
static double touch_tile(const gv_kernel_args *args, const gv_kernel_tile *tile, size_t lanes)
{
    void (*touch)(float *, const float *, size_t) = lanes == 16 ? wide_vector : half_vector;
    size_t stride = 2 * args->width, k = 0;
    double from = cpu_seconds();

    for (size_t r = 0; r < tile->rows; r++) {
        size_t later = r + 4 < tile->rows ? r + 4 : tile->rows - 1;
        touch(args->row_vectors + tile->row[r] * stride,
              args->row_vectors + tile->row[later] * stride, stride);
        for (size_t end = k + tile->row_length[r] + 1; k < end; k++) {
            size_t soon = k + args->near < tile->records ? k + args->near : tile->records - 1;
            touch(args->column_vectors + tile->column[k] * stride,
                  args->column_vectors + tile->column[soon] * stride, stride);
        }
    }
    return (cpu_seconds() - from) / (double)tile->records * 1e9;
}

static double least(double (*measure)(float *), float *l1)
{
    double best = INFINITY;

    for (int i = 0; i < ROUNDS; i++)
        best = fmin(best, measure(l1));
    return best;
}

static double wide_load_floor(float *l1)
{
    return wide_load(l1);
}

static double half_load_floor(float *l1)
{
    return half_load(l1);
}

static floors measure_floors(const char *kernel)
{
    static float l1[L1_FLOATS] __attribute__((aligned(64)));
    floors f = {0, 0, 0, 0};

    if (strcmp(kernel, "avx512") == 0)
        f = (floors){16, least(wide_load_floor, l1), least(wide_store, l1),
                     least(wide_arithmetic, l1)};
    else if (strcmp(kernel, "avx2") == 0)
        f = (floors){8, least(half_load_floor, l1), least(half_store, l1),
                     least(half_arithmetic, l1)};
    return f;
}
#else
static floors measure_floors(const char *kernel)
{
    (void)kernel;
    return (floors){0, 0, 0, 0};
}

static double touch_tile(const gv_kernel_args *args, const gv_kernel_tile *tile, size_t lanes)
{
    (void)args;
    (void)tile;
    (void)lanes;
    return 0;
}
#endif

typedef struct bound {
    double ns; /* of a record; 0: not measured */
    const char *resource;
} bound;

static void raise_to(bound *b, double ns, const char *resource)
{
    if (ns > b->ns)
        *b = (bound){ns, resource};
}

/* The costliest resource for a record of a tile row of `length`. */
static bound find_bound(const floors *f, size_t width, size_t length, double caches)
{
    double records = length < GV_STEP_RECORDS ? (double)length : GV_STEP_RECORDS;
    bound b = {0, ""};

    if (f->lanes == 0)
        return b;
    double vectors = (double)width / (double)f->lanes;
    raise_to(&b, vectors * f->arithmetic, "arithmetic");
    raise_to(&b, vectors * (3.0 + 3.0 / records) * f->load, "loads");
    raise_to(&b, vectors * (2.0 + 2.0 / records) * f->store, "stores");
    raise_to(&b, caches, "caches");
    return b;
}

/* --- the kernels ------------------------------------------------------------------------------ */

typedef struct bench {
    gv_kernel_args args;
    gv_kernel_tile tile;
    float *start; /* both matrices as they were */
    float *rows;
    size_t floats; /* of both */
    float *eta, *clip;
    uint16_t row[RECORDS], row_length[RECORDS], column[RECORDS];
    float log_x[RECORDS], weight[RECORDS];
} bench;

static void draw_rows(bench *b, gv_rng *rng, size_t dim)
{
    size_t width = b->args.width;

    for (size_t i = 0; i < b->floats; i++) {
        size_t lane = i % (2 * width);
        float u = (float)((gv_rng_uniform(rng) - 0.5) / (double)dim);
        b->start[i] = lane >= width ? 1.0f : lane < dim + 2 ? u : 0.0f;
    }
    for (size_t l = 0; l < width; l++) {
        b->eta[l] = l < dim + 2 ? 0.05f : 0.0f;
        b->clip[l] = l < dim ? 100.0f : INFINITY;
    }
}

static void draw_tile(bench *b, gv_rng *rng, size_t length)
{
    uint32_t order[ROWS];

    for (uint32_t i = 0; i < ROWS; i++)
        order[i] = i;
    b->tile.rows = RECORDS / length;
    b->tile.records = RECORDS;
    for (size_t r = 0; r < b->tile.rows; r++) {
        b->row[r] = (uint16_t)gv_rng_below(rng, ROWS);
        b->row_length[r] = (uint16_t)(length - 1);
        gv_rng_shuffle32(rng, order, ROWS);
        for (size_t k = 0; k < length; k++) {
            size_t i = r * length + k;
            b->column[i] = (uint16_t)order[k];
            b->log_x[i] = (float)(6.0 * gv_rng_uniform(rng) - 2.0);
            b->weight[i] = (float)gv_rng_uniform(rng);
        }
    }
}

/* Returns 0 when memory is short. */
static int prepare(bench *b, size_t dim, size_t length)
{
    gv_rng rng;
    size_t width = (dim + 2 + GV_WIDTH - 1) / GV_WIDTH * GV_WIDTH;

    b->floats = (size_t)ROWS * 4 * width;
    b->start = gv_mem_big_alloc(b->floats * sizeof(float), NULL);
    b->rows = gv_mem_big_alloc(b->floats * sizeof(float), NULL);
    b->eta = gv_mem_big_alloc(width * sizeof(float), NULL);
    b->clip = gv_mem_big_alloc(width * sizeof(float), NULL);
    if (!b->start || !b->rows || !b->eta || !b->clip)
        return 0;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, length);
    b->args = (gv_kernel_args){.width = width,
                               .row_vectors = b->rows,
                               .column_vectors = b->rows + b->floats / 2,
                               .eta_row = b->eta,
                               .eta_column = b->eta,
                               .clip = b->clip};
    gv_tuning tuning;
    gv_error err;
    if (gv_tuning_choose(&tuning, width, &err) != GV_OK) {
        fprintf(stderr, "bench_kernel: error: %s\n", err.text);
        exit(2);
    }
    b->args.near = tuning.near;
    b->args.far = tuning.far;
    draw_rows(b, &rng, dim);
    draw_tile(b, &rng, length);
    b->tile.row = b->row;
    b->tile.row_length = b->row_length;
    b->tile.column = b->column;
    b->tile.log_x = b->log_x;
    b->tile.weight = b->weight;
    return 1;
}

static void release(bench *b)
{
    gv_mem_big_free(b->start, b->floats * sizeof(float));
    gv_mem_big_free(b->rows, b->floats * sizeof(float));
    gv_mem_big_free(b->eta, b->args.width * sizeof(float));
    gv_mem_big_free(b->clip, b->args.width * sizeof(float));
}

/* Time the tile ROUNDS times from the same start; prints one line. */
static void time_kernel(bench *b, const gv_kernel *kernel, const floors *f, size_t dim,
                        size_t length)
{
    double ns[ROUNDS], loss = 0;

    for (int i = 0; i < ROUNDS; i++) {
        memcpy(b->rows, b->start, b->floats * sizeof(float));
        loss = kernel->train_tile(&b->args, &b->tile); /* warm: the first call is not timed */
        double from = cpu_seconds();
        loss += kernel->train_tile(&b->args, &b->tile);
        ns[i] = (cpu_seconds() - from) / RECORDS * 1e9;
    }
    qsort(ns, ROUNDS, sizeof ns[0], by_value);
    double median = ns[ROUNDS / 2], caches = INFINITY;
    for (int i = 0; i < ROUNDS && f->lanes > 0; i++)
        caches = fmin(caches, touch_tile(&b->args, &b->tile, f->lanes));
    bound least = find_bound(f, b->args.width, length, caches);
    printf("%-7s d=%-4zu run=%-3zu %8.2f ns/record %8.2f M records/s  spread %.2f", kernel->name,
           dim, length, median, 1e3 / median, ns[ROUNDS - 1] / ns[0]);
    if (least.ns > 0)
        printf("  floor %6.2f ns  share %2.0f %%  by %s, caches %.2f ns", least.ns,
               100 * least.ns / median, least.resource, caches);
    printf("%s\n", isfinite(loss) ? "" : "  (loss not finite)");
}

static int bench_dim(bench *b, size_t dim)
{
    static const size_t lengths[] = {1, 2, 4, 16};
    const gv_kernel *kernels[GV_KERNELS];
    size_t n = gv_kernel_list(kernels);

    for (size_t k = n; k-- > 0;) {
        floors f = measure_floors(kernels[k]->name);
        if (f.lanes > 0)
            printf(
                "%-7s floor per vector of %zu: load %.3f ns, store %.3f ns, arithmetic %.3f ns\n",
                kernels[k]->name, f.lanes, f.load, f.store, f.arithmetic);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            if (!prepare(b, dim, lengths[i]))
                return 0;
            time_kernel(b, kernels[k], &f, dim, lengths[i]);
            release(b);
        }
    }
    return 1;
}

static void print_cpu(const char *before)
{
    char text[128];
    gv_cpu cpu;

    gv_cpu_find(&cpu);
    gv_cpu_describe(text, sizeof text, &cpu);
    printf("%s%s\n", before, text);
}

int main(int argc, char **argv)
{
    static bench b;
    static const size_t usual[] = {50, 100, 300};
    int given = argc - 1, ok = 1;

    if (given == 1 && strcmp(argv[1], "--cpu") == 0) {
        print_cpu("");
        return 0;
    }
    print_cpu("cpu: ");

    for (int i = 0; ok && i < (given > 0 ? given : 3); i++) {
        size_t dim = given > 0 ? strtoul(argv[i + 1], NULL, 10) : usual[i];
        if (dim < 1 || dim > 10000) {
            fprintf(stderr, "usage: bench_kernel [dim ...], dim from 1 to 10000\n");
            return 2;
        }
        ok = bench_dim(&b, dim);
    }
    if (!ok)
        fprintf(stderr, "bench_kernel: error: not enough memory\n");
    return ok ? 0 : 1;
}
