/*
 * Cosines come from the sums that the fit needs anyway: with rows of length 1, the mean cosine of
 * x_i R and y_i is the mean of x_i R y_i^T = trace(R^T M) / n.
 */
#include "analysis/gv_procrustes.h"

#include "analysis/gv_polar.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    HELD_OUT_EVERY = 5,
    BATCH = 32,       /* anchors at a time, so that their rows stay in the cache */
    ROWS_A_TIME = 256 /* between two looks at signals */
};

static const double POOR = 0.1; /* cosine above chance */

/* Sums over some of the anchors. */
typedef struct sums {
    double *cross; /* [dim][dim] sum of x^T y of rows of length 1 */
    double *raw;   /* the same of rows as they are; NULL unless they are wanted */
    double *x, *y; /* [dim] sums of rows of length 1 */
    size_t n;
} sums;

enum part { FITTED, HELD_OUT, PARTS };

typedef struct work {
    const gv_procrustes_anchors *anchors;
    sums sums[PARTS];
    unsigned threads;
} work;

/* Which sums an anchor belongs to. Anchors are in order of frequency, so both parts have words of
 * all frequencies. */
static enum part part_of(const gv_procrustes_anchors *anchors, size_t i)
{
    return anchors->n >= GV_PROCRUSTES_FEWEST_TO_HOLD_OUT &&
                   i % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
               ? HELD_OUT
               : FITTED;
}

/* --- sums ------------------------------------------------------------------------------------- */

/* Rows of a batch of anchors at length 1, and their lengths. */
typedef struct batch {
    double *x, *y; /* [BATCH][dim] */
    double x_length[BATCH], y_length[BATCH];
} batch;

static double take_row(double *to, const float *row, size_t dim)
{
    double square = 0.0;
    for (size_t a = 0; a < dim; a++)
        square += (double)row[a] * (double)row[a];
    const double length = sqrt(square);
    for (size_t a = 0; a < dim; a++)
        to[a] = (double)row[a] / length;
    return length;
}

static void take_batch(batch *b, const gv_procrustes_anchors *anchors, size_t first, size_t n)
{
    const size_t dim = anchors->dim;
    for (size_t i = 0; i < n; i++) {
        b->x_length[i] =
            take_row(b->x + i * dim, anchors->other + anchors->other_row[first + i] * dim, dim);
        b->y_length[i] =
            take_row(b->y + i * dim, anchors->base + anchors->base_row[first + i] * dim, dim);
    }
}

static void add_row(double *restrict to, const double *restrict row, double factor, size_t dim)
{
    for (size_t a = 0; a < dim; a++)
        to[a] += factor * row[a];
}

/* Add a batch to the rows `from` to `to` of the sums. */
static void add_batch(work *w, const batch *b, size_t first, size_t n, size_t from, size_t to)
{
    const size_t dim = w->anchors->dim;
    for (size_t a = from; a < to; a++)
        for (size_t i = 0; i < n; i++) {
            sums *s = &w->sums[part_of(w->anchors, first + i)];
            const double x = b->x[i * dim + a];
            add_row(s->cross + a * dim, b->y + i * dim, x, dim);
            if (s->raw)
                add_row(s->raw + a * dim, b->y + i * dim, x * b->x_length[i] * b->y_length[i], dim);
        }
    for (size_t i = 0; i < n; i++) {
        sums *s = &w->sums[part_of(w->anchors, first + i)];
        add_row(s->x + from, b->x + i * dim + from, 1.0, to - from);
        add_row(s->y + from, b->y + i * dim + from, 1.0, to - from);
    }
}

/* A gv_threads_fn: a share of the rows of all sums. */
static int add_share(void *context, unsigned thread, gv_error *err)
{
    work *w = context;
    const size_t n = w->anchors->n, dim = w->anchors->dim;
    const size_t from = dim * thread / w->threads, to = dim * (thread + 1) / w->threads;
    batch b = {.x = gv_mem_alloc(BATCH * dim, sizeof *b.x, err),
               .y = gv_mem_alloc(BATCH * dim, sizeof *b.y, err)};
    int status = b.x && b.y ? GV_OK : GV_E_MEMORY;
    for (size_t first = 0; first < n && status == GV_OK; first += BATCH) {
        const size_t count = n - first < BATCH ? n - first : BATCH;
        take_batch(&b, w->anchors, first, count);
        add_batch(w, &b, first, count, from, to);
        status = gv_signal_check(err);
    }
    gv_mem_free(b.x);
    gv_mem_free(b.y);
    return status;
}

static int new_sums(sums *s, size_t dim, bool raw, gv_error *err)
{
    s->cross = gv_mem_alloc_zero(dim * dim, sizeof *s->cross, err);
    s->x = gv_mem_alloc_zero(dim, sizeof *s->x, err);
    s->y = gv_mem_alloc_zero(dim, sizeof *s->y, err);
    if (raw)
        s->raw = gv_mem_alloc_zero(dim * dim, sizeof *s->raw, err);
    return s->cross && s->x && s->y && (s->raw || !raw) ? GV_OK : GV_E_MEMORY;
}

static void free_sums(sums *s)
{
    gv_mem_free(s->cross);
    gv_mem_free(s->raw);
    gv_mem_free(s->x);
    gv_mem_free(s->y);
}

static void add_sums(sums *to, const sums *more, size_t dim)
{
    add_row(to->cross, more->cross, 1.0, dim * dim);
    if (to->raw)
        add_row(to->raw, more->raw, 1.0, dim * dim);
    add_row(to->x, more->x, 1.0, dim);
    add_row(to->y, more->y, 1.0, dim);
    to->n += more->n;
}

/* --- rotations -------------------------------------------------------------------------------- */

/* The rotation of these sums; `scratch` is [dim][dim]. */
static int find_rotation(double *rotation, size_t *rank, double *scratch, const sums *s,
                         const work *w, enum gv_procrustes_rows rows, gv_error *err)
{
    const size_t dim = w->anchors->dim;
    const double *matrix = rows == GV_PROCRUSTES_RAW ? s->raw : s->cross;
    if (rows == GV_PROCRUSTES_CENTRED) {
        for (size_t a = 0; a < dim; a++)
            for (size_t b = 0; b < dim; b++)
                scratch[a * dim + b] = matrix[a * dim + b] - s->x[a] * s->y[b] / (double)s->n;
        matrix = scratch;
    }
    return gv_polar(rotation, rank, matrix, dim, w->threads, err);
}

/* The mean over the words of the sums of x R y^T; without a rotation, of x y^T. */
static double mean_cosine(const sums *s, const double *rotation, size_t dim)
{
    double sum = 0.0;
    for (size_t a = 0; a < dim; a++)
        for (size_t b = rotation ? 0 : a; b < (rotation ? dim : a + 1); b++)
            sum += s->cross[a * dim + b] * (rotation ? rotation[a * dim + b] : 1.0);
    return sum / (double)s->n;
}

/* The same over all pairs of a word and another, or the same, word. */
static double mean_of_all_pairs(const sums *s, const double *rotation, size_t dim)
{
    const double n = (double)s->n;
    double sum = 0.0;
    for (size_t a = 0; a < dim; a++)
        for (size_t b = 0; b < dim; b++)
            sum += s->x[a] / n * rotation[a * dim + b] * (s->y[b] / n);
    return sum;
}

static int fit_both(double *rotation, gv_procrustes_fit *fit, work *w, double *scratch,
                    enum gv_procrustes_rows rows, gv_error *err)
{
    const size_t dim = w->anchors->dim;
    sums *fitted = &w->sums[FITTED], *held_out = &w->sums[HELD_OUT];
    int status = GV_OK;
    fit->held_out = NAN;
    if (held_out->n > 0) {
        status = find_rotation(rotation, NULL, scratch, fitted, w, rows, err);
        if (status == GV_OK)
            fit->held_out = mean_cosine(held_out, rotation, dim);
        add_sums(fitted, held_out, dim);
    }
    if (status == GV_OK)
        status = find_rotation(rotation, &fit->rank, scratch, fitted, w, rows, err);
    if (status == GV_OK) {
        fit->before = mean_cosine(fitted, NULL, dim);
        fit->after = mean_cosine(fitted, rotation, dim);
        fit->chance = mean_of_all_pairs(fitted, rotation, dim);
    }
    return status;
}

int gv_procrustes(double *rotation, gv_procrustes_fit *fit, const gv_procrustes_anchors *anchors,
                  enum gv_procrustes_rows rows, unsigned threads, gv_error *err)
{
    const size_t dim = anchors->dim;
    work w = {.anchors = anchors, .threads = threads == 0 ? 1 : threads};
    if (w.threads > dim)
        w.threads = (unsigned)dim;
    *fit = (gv_procrustes_fit){.anchors = anchors->n};
    for (size_t i = 0; i < anchors->n; i++)
        w.sums[part_of(anchors, i)].n++;
    int status = GV_OK;
    for (int i = 0; i < PARTS && status == GV_OK; i++)
        status = new_sums(&w.sums[i], dim, rows == GV_PROCRUSTES_RAW, err);
    double *scratch = gv_mem_alloc(dim * dim, sizeof *scratch, err);
    if (!scratch)
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_threads_run(w.threads, add_share, &w, err);
    if (status == GV_OK)
        status = fit_both(rotation, fit, &w, scratch, rows, err);
    for (int i = 0; i < PARTS; i++)
        free_sums(&w.sums[i]);
    gv_mem_free(scratch);
    return status;
}

int gv_procrustes_is_poor(const gv_procrustes_fit *fit)
{
    return isnan(fit->held_out) || fit->held_out - fit->chance < POOR;
}

/* --- applying --------------------------------------------------------------------------------- */

typedef struct application {
    float *rows;
    size_t n, dim;
    const double *rotation;
    unsigned threads;
} application;

/* A gv_threads_fn: a share of the rows. */
static int apply_share(void *context, unsigned thread, gv_error *err)
{
    const application *a = context;
    const size_t from = a->n * thread / a->threads, to = a->n * (thread + 1) / a->threads;
    double *turned = gv_mem_alloc(a->dim, sizeof *turned, err);
    int status = turned ? GV_OK : GV_E_MEMORY;
    for (size_t i = from; i < to && status == GV_OK; i++) {
        float *row = a->rows + i * a->dim;
        memset(turned, 0, a->dim * sizeof *turned);
        for (size_t k = 0; k < a->dim; k++)
            add_row(turned, a->rotation + k * a->dim, (double)row[k], a->dim);
        for (size_t k = 0; k < a->dim; k++)
            row[k] = (float)turned[k];
        if (i % ROWS_A_TIME == 0)
            status = gv_signal_check(err);
    }
    gv_mem_free(turned);
    return status;
}

int gv_procrustes_apply(float *rows, size_t n, const double *rotation, size_t dim, unsigned threads,
                        gv_error *err)
{
    application a = {.rows = rows,
                     .n = n,
                     .dim = dim,
                     .rotation = rotation,
                     .threads = threads == 0 ? 1 : threads};
    return gv_threads_run(a.threads, apply_share, &a, err);
}
