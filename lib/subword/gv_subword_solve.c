/*
 * With B the matrix of the index (how often a word has an n-gram), S = diag(1/N) and
 * W = diag(weight):
 *
 *     (B^T S W S B + ridge) z = B^T S W target
 *
 * so a step is two walks over the entries of B in which rows of LANES floats (a cache line) are
 * added up, and a factor per word between them.
 */
#include "subword/gv_subword_solve.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <math.h>
#include <string.h>

enum { LANES = GV_SUBWORD_SOLVE_LANES };

/* --- scratch ---------------------------------------------------------------------------------- */

uint64_t gv_subword_solve_scratch_bytes(const gv_subword_index *index)
{
    const uint64_t row = LANES * sizeof(float);
    return index->ngrams * (4 * row + sizeof(float)) + index->words * (row + sizeof(float));
}

int gv_subword_solve_scratch_init(gv_subword_solve_scratch *s, const gv_subword_index *index,
                                  gv_error *err)
{
    float **const arrays[] = {&s->z, &s->residual, &s->direction, &s->product, &s->target};
    *s = (gv_subword_solve_scratch){0};
    for (size_t i = 0; i < 5; i++) {
        size_t rows = i < 4 ? index->ngrams : index->words;
        s->bytes[i] = (rows + 1) * LANES * sizeof(float);
        if (!(*arrays[i] = gv_mem_big_alloc(s->bytes[i], err)))
            return GV_E_MEMORY;
    }
    s->diagonal = gv_mem_alloc(index->ngrams, sizeof *s->diagonal, err);
    s->weight = gv_mem_alloc(index->words, sizeof *s->weight, err);
    return s->diagonal && s->weight ? GV_OK : GV_E_MEMORY;
}

void gv_subword_solve_scratch_clear(gv_subword_solve_scratch *s)
{
    float *const arrays[] = {s->z, s->residual, s->direction, s->product, s->target};
    for (size_t i = 0; i < 5; i++)
        gv_mem_big_free(arrays[i], s->bytes[i]);
    gv_mem_free(s->diagonal);
    gv_mem_free(s->weight);
}

/* --- sparse products -------------------------------------------------------------------------- */

/* to = the sum of rows[id] over the n ids. */
static inline void add_up(float to[LANES], const float *rows, const uint32_t *ids, size_t n)
{
    float sum[LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        const float *row = rows + (size_t)ids[i] * LANES;
        for (size_t k = 0; k < LANES; k++)
            sum[k] += row[k];
    }
    memcpy(to, sum, sizeof sum);
}

/* to[word] = factor[word] * (B rows)[word] */
static void times_rows(float *to, const gv_subword_index *index, const float *rows,
                       const float *factor)
{
    for (size_t word = 0; word < index->words; word++, to += LANES) {
        size_t first = index->row_first[word], n = index->row_first[word + 1] - first;
        if (factor[word] == 0.0f) {
            memset(to, 0, LANES * sizeof *to);
            continue;
        }
        add_up(to, rows, index->row + first, n);
        for (size_t k = 0; k < LANES; k++)
            to[k] *= factor[word];
    }
}

/* to[ngram] = (B^T words)[ngram] + ridge * direction[ngram]; dot += to . direction */
static void times_columns(float *to, double dot[LANES], const gv_subword_index *index,
                          const float *words, const float *direction, float ridge)
{
    for (size_t g = 0; g < index->ngrams; g++, to += LANES, direction += LANES) {
        size_t first = index->column_first[g], n = index->column_first[g + 1] - first;
        add_up(to, words, index->column + first, n);
        for (size_t k = 0; k < LANES; k++) {
            to[k] += ridge * direction[k];
            dot[k] += (double)to[k] * (double)direction[k];
        }
    }
}

void gv_subword_solve_predict(float to[LANES], const gv_subword_index *index, const float *rows,
                              size_t word)
{
    size_t first = index->row_first[word], n = index->row_first[word + 1] - first;
    add_up(to, rows, index->row + first, n);
    const float scale = index->all[word] > 0 ? 1.0f / (float)index->all[word] : 0.0f;
    for (size_t k = 0; k < LANES; k++)
        to[k] *= scale;
}

/* --- conjugate gradients ---------------------------------------------------------------------- */

/* The diagonal of the normal equations, inverted. (An n-gram that a word has twice counts as two,
 * not as four: that only makes the scaling a little less good.) */
static void invert_diagonal(gv_subword_solve_scratch *s, const gv_subword_index *index,
                            double ridge)
{
    for (size_t g = 0; g < index->ngrams; g++) {
        double sum = ridge;
        for (size_t at = index->column_first[g]; at < index->column_first[g + 1]; at++)
            sum += (double)s->weight[index->column[at]];
        s->diagonal[g] = (float)(1.0 / sum);
    }
}

/* The right side as the first residual, and what follows from it; `energy` = r . M r. */
static void begin(gv_subword_solve_scratch *s, double energy[LANES],
                  const gv_subword_solve_problem *p)
{
    const gv_subword_index *index = p->index;
    for (size_t word = 0; word < index->words; word++) {
        const float scale = index->all[word] > 0 ? 1.0f / (float)index->all[word] : 0.0f;
        float *target = s->target + word * LANES;
        s->weight[word] = p->weight[word] * scale;
        for (size_t k = 0; k < LANES; k++)
            target[k] *= s->weight[word];
        s->weight[word] *= scale;
    }
    invert_diagonal(s, index, p->ridge);
    double unused[LANES] = {0};
    memset(s->z, 0, index->ngrams * LANES * sizeof *s->z);
    times_columns(s->residual, unused, index, s->target, s->z, 0);
    for (size_t g = 0; g < index->ngrams; g++)
        for (size_t k = 0; k < LANES; k++) {
            float r = s->residual[g * LANES + k], m = s->diagonal[g] * r;
            s->direction[g * LANES + k] = m;
            energy[k] += (double)r * (double)m;
        }
}

/* z += a direction; residual -= a product; energy = r . M r */
static void move(gv_subword_solve_scratch *s, double energy[LANES], const float a[LANES],
                 size_t ngrams)
{
    memset(energy, 0, LANES * sizeof *energy);
    for (size_t g = 0; g < ngrams; g++) {
        float *z = s->z + g * LANES, *r = s->residual + g * LANES;
        const float *d = s->direction + g * LANES, *q = s->product + g * LANES;
        const float inverse = s->diagonal[g];
        for (size_t k = 0; k < LANES; k++) {
            z[k] += a[k] * d[k];
            r[k] -= a[k] * q[k];
            energy[k] += (double)r[k] * (double)(inverse * r[k]);
        }
    }
}

/* direction = M r + b direction */
static void turn(gv_subword_solve_scratch *s, const float b[LANES], size_t ngrams)
{
    for (size_t g = 0; g < ngrams; g++) {
        float *d = s->direction + g * LANES;
        const float *r = s->residual + g * LANES, inverse = s->diagonal[g];
        for (size_t k = 0; k < LANES; k++)
            d[k] = inverse * r[k] + b[k] * d[k];
    }
}

/* The largest energy relative to that of the right side, squared. */
static double largest(const double energy[LANES], const double whole[LANES])
{
    double most = 0;
    for (size_t k = 0; k < LANES; k++)
        if (whole[k] > 0 && energy[k] / whole[k] > most)
            most = energy[k] / whole[k];
    return most;
}

static void step(gv_subword_solve_scratch *s, double energy[LANES],
                 const gv_subword_solve_problem *p)
{
    const gv_subword_index *index = p->index;
    double dot[LANES] = {0}, before[LANES];
    float a[LANES], b[LANES];
    times_rows(s->target, index, s->direction, s->weight);
    times_columns(s->product, dot, index, s->target, s->direction, (float)p->ridge);
    for (size_t k = 0; k < LANES; k++)
        a[k] = dot[k] > 0 ? (float)(energy[k] / dot[k]) : 0.0f;
    memcpy(before, energy, sizeof before);
    move(s, energy, a, index->ngrams);
    for (size_t k = 0; k < LANES; k++)
        b[k] = before[k] > 0 ? (float)(energy[k] / before[k]) : 0.0f;
    turn(s, b, index->ngrams);
}

int gv_subword_solve(gv_subword_solve_result *solved, const gv_subword_solve_problem *p,
                     gv_subword_solve_scratch *s, gv_error *err)
{
    double energy[LANES] = {0}, whole[LANES];
    int status = GV_OK;
    begin(s, energy, p);
    memcpy(whole, energy, sizeof whole);
    *solved = (gv_subword_solve_result){.residual = 1};
    while (status == GV_OK && solved->steps < p->most_steps &&
           (solved->residual = largest(energy, whole)) > p->tolerance * p->tolerance) {
        step(s, energy, p);
        solved->steps++;
        status = gv_signal_check(err);
    }
    solved->residual = sqrt(largest(energy, whole));
    return status;
}
