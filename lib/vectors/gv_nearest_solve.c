/*
 * gv_nearest_solve - tens of thousands of analogies at once.
 *
 * Problem: q questions over V words need q x V scores by two methods. A product of a questions x
 * dim matrix with the vocabulary costs q V dim multiplications, and gives 3CosAdd only.
 *
 * Approach: questions are made of few distinct words (some 900 in 19,544 questions), and both
 * scores are functions of the cosines to those. So the cosines of a block of the vocabulary to all
 * distinct words of a batch are one small matrix product, and each question then only combines
 * three rows of the result, which are in the cache. Questions are sorted by (a, b): what depends on
 * a and b alone is computed once for all their c. What remains per question and word is two
 * additions, a multiplication and two comparisons, on vectors. The running best is the threshold of
 * the comparison; a chunk of words is looked at one by one only when something in it exceeds that,
 * which happens a few dozen times per question.
 *
 * Invariants: blocks have fixed limits and each is computed by one thread alone; results of threads
 * are merged by (score, lower row). So the answers do not depend on the number of threads. Batches
 * have at most DISTINCT different words, so memory is bounded: (DISTINCT + dim) x WORDS floats a
 * thread.
 */
#include "vectors/gv_nearest.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "vectors/gv_products.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    DISTINCT = 1024, /* distinct words of a batch */
    WORDS = 512,     /* words of the vocabulary in a block */
    CHUNK = 64,      /* words between two looks at the result of the comparisons */
    LANES = 4,
    BATCH = 1 << 16 /* questions of a batch */
};

/* Vectors over arrays of float. Every array that they read begins at a multiple of 16 bytes:
 * scratch is page-aligned, and WORDS and CHUNK are multiples of LANES. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef int32_t mask __attribute__((vector_size(LANES * sizeof(int32_t)), may_alias));

/* A question of a batch: its number among the caller's, and its words as rows of the batch. */
typedef struct item {
    uint32_t a, b, c;
    size_t number;
} item;

typedef struct batch {
    const gv_nearest *nearest;
    gv_nearest_questions questions;
    item *items; /* sorted by a, b, number */
    size_t n;
    float *word; /* distinct x dim: their unit vectors */
    uint32_t distinct;
    uint32_t *place; /* [rows] a row's place in `word` plus 1, or 0 */
    uint32_t *row;   /* [distinct] the reverse */
    atomic_size_t next_block;
    gv_nearest_answer *answers; /* threads x n */
} batch;

static void consider(gv_nearest_neighbour *best, float score, uint32_t row)
{
    if (score > best->score || (score == best->score && row < best->row))
        *best = (gv_nearest_neighbour){row, score};
}

static lanes fill(float value)
{
    return (lanes){value, value, value, value};
}

static int any(mask m)
{
    return (m[0] | m[1] | m[2] | m[3]) != 0;
}

/* A block of the vocabulary and what is known of its words. */
typedef struct block {
    uint32_t first; /* its first row */
    size_t count;   /* rows, at most WORDS */
    float *cosine;  /* [distinct][WORDS] cosines to the distinct words of the batch */
    /* what does not depend on c, for the current pair (a, b) */
    float *difference; /* [WORDS] cos b - cos a */
    float *ratio;      /* [WORDS] s(b) / (2 (s(a) + epsilon)), s(x) = (1 + cos x) / 2 */
} block;

/* Fill `difference` and `ratio`. Beyond `count` both are NaN, which no comparison finds larger than
 * anything, so that `scan` may look at whole chunks. */
static void prepare_pair(const block *words, const item *q)
{
    const float *a = words->cosine + q->a * WORDS, *b = words->cosine + q->b * WORDS;
    for (size_t i = 0; i < words->count; i++) {
        words->difference[i] = b[i] - a[i];
        words->ratio[i] = 0.5f * (0.5f + 0.5f * b[i]) / (0.5f + 0.5f * a[i] + GV_NEAREST_EPSILON);
    }
    for (size_t i = words->count; i % CHUNK != 0; i++)
        words->difference[i] = words->ratio[i] = NAN;
}

/* Look one by one at the words of the chunk that begins at place `at` of the block. */
static void rescan(gv_nearest_answer *answer, const batch *work, const item *q, const block *words,
                   size_t at)
{
    /* Beyond the block's last word both scores are NaN, which `consider` refuses. */
    const uint32_t not_a = work->row[q->a], not_b = work->row[q->b], not_c = work->row[q->c];
    const float *c = words->cosine + q->c * WORDS;
    for (size_t i = at; i < at + CHUNK; i++) {
        uint32_t row = words->first + (uint32_t)i;
        if (row == not_a || row == not_b || row == not_c || row == work->nearest->skip)
            continue;
        consider(&answer->add, words->difference[i] + c[i], row);
        consider(&answer->mul, words->ratio[i] * (1.0f + c[i]), row);
    }
}

/* One question over one block. The best scores so far are thresholds: only a chunk with a word
 * above one of them is looked at word by word. Above, not equal: a thread claims blocks in rising
 * order, so a word of the same score that comes later has a higher row, and the lower row wins. */
static void scan(gv_nearest_answer *answer, const batch *work, const item *q, const block *words)
{
    const lanes one = fill(1.0f);
    const float *c = words->cosine + q->c * WORDS;
    for (size_t at = 0; at < words->count; at += CHUNK) {
        const lanes *d = (const lanes *)(words->difference + at);
        const lanes *r = (const lanes *)(words->ratio + at), *x = (const lanes *)(c + at);
        const lanes add = fill(answer->add.score), mul = fill(answer->mul.score);
        mask hit = {0};
        for (size_t i = 0; i < CHUNK / LANES; i++)
            hit |= ((d[i] + x[i]) > add) | ((r[i] * (one + x[i])) > mul);
        if (any(hit))
            rescan(answer, work, q, words, at);
    }
}

/* All questions of the batch over the block that begins at row `first`. `scratch` holds DISTINCT +
 * 2 + dim rows of WORDS floats. */
static void solve_block(gv_nearest_answer *answers, const batch *work, float *scratch, size_t first)
{
    const gv_nearest *nearest = work->nearest;
    const size_t left = nearest->rows - first;
    const block words = {.first = (uint32_t)first,
                         .count = left < WORDS ? left : WORDS,
                         .difference = scratch,
                         .ratio = scratch + WORDS,
                         .cosine = scratch + 2 * WORDS};
    /* [distinct x dim] x [words x dim] transposed = [distinct][WORDS]: the stride is WORDS for the
     * last block, too, so that rows keep their alignment */
    gv_products_each(
        words.cosine, WORDS, (gv_products_rows){work->word, work->distinct, nearest->dim},
        (gv_products_rows){nearest->unit + first * nearest->dim, words.count, nearest->dim},
        scratch + (DISTINCT + 2) * WORDS);
    for (size_t i = 0; i < work->n; i++) {
        const item *q = &work->items[i];
        if (i == 0 || q->a != q[-1].a || q->b != q[-1].b)
            prepare_pair(&words, q);
        scan(&answers[i], work, q, &words);
    }
}

static int solve_thread(void *context, unsigned thread, gv_error *err)
{
    batch *work = context;
    /* 2 MiB and a copy of the block; a question reads five rows of it, 10 KiB, which stay in L1 */
    const size_t bytes = (DISTINCT + 2 + work->nearest->dim) * WORDS * sizeof(float);
    float *scratch = gv_mem_big_alloc(bytes, err);
    if (!scratch)
        return GV_E_MEMORY;
    gv_nearest_answer *answers = work->answers + thread * work->n;
    int status = GV_OK;
    for (;;) {
        /* relaxed: the counter orders nothing but itself; results are read after the threads were
         * joined */
        size_t first = atomic_fetch_add_explicit(&work->next_block, 1, memory_order_relaxed);
        if (first >= (work->nearest->rows + WORDS - 1) / WORDS)
            break;
        status = gv_signal_check(err);
        if (status != GV_OK)
            break;
        solve_block(answers, work, scratch, first * WORDS);
    }
    gv_mem_big_free(scratch, bytes);
    return status;
}

/* --- batches ---------------------------------------------------------------------------------- */

/* The place of `row` among the batch's distinct words, which it joins if it is new. */
static uint32_t place_of(batch *work, uint32_t row)
{
    if (work->place[row] == 0) {
        const size_t dim = work->nearest->dim;
        work->row[work->distinct] = row;
        memcpy(work->word + work->distinct * dim, work->nearest->unit + row * dim,
               dim * sizeof(float));
        work->place[row] = ++work->distinct;
    }
    return work->place[row] - 1;
}

static int by_pair(const void *x, const void *y)
{
    const item *p = x, *q = y;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    if (p->b != q->b)
        return p->b < q->b ? -1 : 1;
    return p->number < q->number ? -1 : p->number > q->number;
}

/* Take questions from number `first` on until the batch is full. */
static void gather(batch *work, size_t first)
{
    /* only the entries in use: the table has one for every row of the vocabulary */
    for (uint32_t i = 0; i < work->distinct; i++)
        work->place[work->row[i]] = 0;
    work->distinct = 0;
    work->n = 0;
    /* a question may add three words that are new */
    while (first < work->questions.n && work->n < BATCH && work->distinct + 3 <= DISTINCT) {
        const gv_nearest_question *q = &work->questions.item[first];
        item *it = &work->items[work->n++];
        it->a = place_of(work, q->a);
        it->b = place_of(work, q->b);
        it->c = place_of(work, q->c);
        it->number = first++;
    }
    qsort(work->items, work->n, sizeof *work->items, by_pair);
}

static int solve_batch(gv_nearest_answer *answers, batch *work, unsigned threads, gv_error *err)
{
    const gv_nearest_answer nothing = {{UINT32_MAX, -INFINITY}, {UINT32_MAX, -INFINITY}};
    for (size_t i = 0; i < threads * work->n; i++)
        work->answers[i] = nothing;
    atomic_store(&work->next_block, 0);
    int status = gv_threads_run(threads, solve_thread, work, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < work->n; i++) {
        gv_nearest_answer best = work->answers[i];
        for (unsigned t = 1; t < threads; t++) {
            const gv_nearest_answer *other = &work->answers[t * work->n + i];
            consider(&best.add, other->add.score, other->add.row);
            consider(&best.mul, other->mul.score, other->mul.row);
        }
        answers[work->items[i].number] = best;
    }
    return GV_OK;
}

int gv_nearest_solve(gv_nearest_answer *answers, const gv_nearest *nearest,
                     gv_nearest_questions questions, unsigned threads, gv_progress *progress,
                     gv_error *err)
{
    const size_t most = questions.n < BATCH ? questions.n : BATCH;
    int status = GV_E_MEMORY;
    const size_t blocks = (nearest->rows + WORDS - 1) / WORDS;
    const size_t distinct = nearest->rows < DISTINCT ? nearest->rows : DISTINCT;
    if (threads > blocks)
        threads = (unsigned)blocks;
    if (threads == 0)
        threads = 1;
    batch work = {.nearest = nearest, .questions = questions};
    work.items = gv_mem_alloc(most, sizeof *work.items, err);
    work.row = gv_mem_alloc(distinct, sizeof *work.row, err);
    work.place = gv_mem_alloc_zero(nearest->rows, sizeof *work.place, err);
    work.word = gv_mem_alloc(distinct * nearest->dim, sizeof *work.word, err);
    work.answers = gv_mem_alloc(threads * most, sizeof *work.answers, err);
    if (!work.items || !work.row || !work.place || !work.word || !work.answers)
        goto cleanup;
    status = GV_OK;
    for (size_t done = 0; done < questions.n && status == GV_OK; done += work.n) {
        gather(&work, done);
        status = solve_batch(answers, &work, threads, err);
        gv_progress_add(progress, work.n);
    }
cleanup:
    gv_mem_free(work.items);
    gv_mem_free(work.row);
    gv_mem_free(work.place);
    gv_mem_free(work.word);
    gv_mem_free(work.answers);
    return status;
}
