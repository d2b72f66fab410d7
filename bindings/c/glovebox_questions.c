/* Questions: neighbours, analogies, similarity. */
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "bindings/c/glovebox_internal.h"

#include <math.h>
#include <string.h>

/* --- the search ------------------------------------------------------------------------------- */

/* The thread's part of the rows. */
static int scale_rows(void *context, unsigned thread, gv_error *err)
{
    glovebox_vectors *v = context;
    const size_t threads = v->threads > 1 ? v->threads : 1, rows = glovebox_rows(v);
    const size_t begin = rows * thread / threads, end = rows * (thread + 1) / threads;
    (void)err;
    gv_nearest_scales(v->scale + begin, glovebox_matrix(v) + begin * glovebox_dim(v), end - begin,
                      glovebox_dim(v));
    return GV_OK;
}

static int make_scales(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    const gv_vectors *vectors = v->words.vectors;
    gv_nearest *nearest = &v->words.nearest;
    if (vectors->rows >= UINT32_MAX || vectors->dim > INT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%zu vectors of %zu numbers are too many",
                            vectors->rows, vectors->dim);
    v->scale = gv_mem_alloc(vectors->rows, sizeof *v->scale, err);
    if (!v->scale)
        return GV_E_MEMORY;
    int status = gv_threads_run(v->threads > 1 ? v->threads : 1, scale_rows, v, err);
    if (status != GV_OK) {
        gv_mem_free(v->scale);
        v->scale = NULL;
        return status;
    }
    nearest->unit = vectors->data;
    nearest->scale = v->scale;
    nearest->rows = vectors->rows;
    nearest->dim = vectors->dim;
    nearest->threads = v->threads;
    nearest->skip = GV_NEAREST_NO_ROW;
    for (size_t row = 0; row < vectors->rows; row++)
        if (strcmp(vectors->words[row], "<unk>") == 0)
            nearest->skip = row;
    return GV_OK;
}

int glovebox_need_scales(glovebox_vectors *v, gv_error *err)
{
    return glovebox_part_need(&v->scaled, make_scales, v, err);
}

/* GLOVEBOX_OK if the list can be filled in. */
static int check_list(glovebox_list *list, const char *function, glovebox_error *err)
{
    if (!list)
        return glovebox_null(err, function, "list");
    list->n = 0;
    if (!list->found && list->top > 0)
        return glovebox_null(err, function, "list->found");
    return GLOVEBOX_OK;
}

/* False for numbers that are all 0, or not all finite. */
static bool has_direction(const float *vector, size_t dim)
{
    double squares = 0.0;
    for (size_t k = 0; k < dim; k++)
        squares += (double)vector[k] * vector[k];
    return squares > 0.0 && isfinite(squares);
}

/* A list of ours with room for as many rows as are wanted and exist; the caller frees `found`. */
static int begin_list(gv_nearest_list *list, const glovebox_vectors *v, const glovebox_list *wanted,
                      gv_error *err)
{
    const size_t rows = glovebox_rows(v);
    list->top = wanted->top < rows ? wanted->top : rows;
    list->found = gv_mem_alloc(list->top, sizeof *list->found, err);
    return list->found ? GV_OK : GV_E_MEMORY;
}

static void give_list(glovebox_list *to, const gv_nearest_list *list, const glovebox_vectors *v)
{
    for (size_t i = 0; i < list->n; i++)
        to->found[i] = (glovebox_neighbour){.word = glovebox_word(v, list->found[i].row),
                                            .row = list->found[i].row,
                                            .score = (double)list->found[i].score};
    to->n = list->n;
}

/* --- the words of a question ------------------------------------------------------------------ */

/* Words as directions of length 1. */
typedef struct terms {
    float *unit; /* [n][dim] */
    uint32_t *rows;
    size_t n, rows_n; /* of the words that have a row */
} terms;

static int no_direction(const char *word, glovebox_error *err)
{
    gv_error shown = GV_ERROR_INIT;
    gv_error_set(&shown, GV_E_RUNTIME,
                 "the vector of '%.100s' has no direction: its numbers are all 0, or not all "
                 "finite (glove-convert check lists such rows)",
                 word);
    return glovebox_fail(err, GLOVEBOX_E_RUNTIME, "%s", shown.text);
}

static int add_term(terms *t, glovebox_vectors *v, const char *word, glovebox_error *err)
{
    const size_t dim = glovebox_dim(v);
    float *unit = t->unit + t->n * dim;
    gv_error why = GV_ERROR_INIT;
    gv_nearest one;
    size_t row = SIZE_MAX;
    bool known = true;
    int status = glovebox_find_row(&row, v, word, &why);
    if (status == GV_OK && row == SIZE_MAX) {
        status = glovebox_make_unseen(v, word, true, unit, &known, &why);
    } else if (status == GV_OK) {
        memcpy(unit, glovebox_row(v, row), dim * sizeof *unit);
        /* a matrix of one row: normalised as gv_words does it */
        status = gv_nearest_init(&one, unit, 1, dim, GV_NEAREST_NO_ROW, &why);
        t->rows[t->rows_n++] = (uint32_t)row;
    }
    if (status != GV_OK)
        return glovebox_translate(err, status, &why);
    if (!known)
        return glovebox_no_vector(v, word, err);
    if (!has_direction(unit, dim))
        return no_direction(word, err);
    t->n++;
    return GLOVEBOX_OK;
}

/* The caller clears, also on failure. */
static int find_terms(terms *t, glovebox_vectors *v, const char *const *words, size_t n,
                      glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    size_t numbers;
    *t = (terms){0};
    if (__builtin_mul_overflow(n, glovebox_dim(v), &numbers))
        numbers = SIZE_MAX;
    t->unit = gv_mem_alloc(numbers, sizeof *t->unit, &why);
    t->rows = gv_mem_alloc(n, sizeof *t->rows, &why);
    int status = glovebox_translate(err, t->unit && t->rows ? GV_OK : GV_E_MEMORY, &why);
    for (size_t i = 0; i < n && status == GLOVEBOX_OK; i++)
        status = add_term(t, v, words[i], err);
    return status;
}

static void clear_terms(terms *t)
{
    gv_mem_free(t->unit);
    gv_mem_free(t->rows);
}

/* --- neighbours ------------------------------------------------------------------------------- */

static int find_nearest(glovebox_list *list, glovebox_vectors *v, const float *query,
                        gv_nearest_excluded excluded, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    gv_nearest_list found = {0};
    int status = glovebox_need_scales(v, &why);
    if (status == GV_OK)
        status = begin_list(&found, v, list, &why);
    if (status == GV_OK)
        status = gv_nearest_to(&found, &v->words.nearest, query, excluded.rows, excluded.n, &why);
    if (status == GV_OK)
        give_list(list, &found, v);
    gv_mem_free(found.found);
    return glovebox_translate(err, status, &why);
}

int glovebox_nearest(const glovebox_vectors *vectors, const float *query, const uint64_t *excluded,
                     size_t excluded_n, glovebox_list *list, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!vectors || !query || (!excluded && excluded_n > 0))
        return glovebox_null(err, "glovebox_nearest",
                             !vectors ? "vectors"
                             : !query ? "query"
                                      : "excluded");
    int status = check_list(list, "glovebox_nearest", err);
    if (status != GLOVEBOX_OK)
        return status;
    if (!has_direction(query, glovebox_dim(vectors)))
        return glovebox_fail(
            err, GLOVEBOX_E_RUNTIME,
            "the vector has no direction: its numbers are all 0, or not all finite");
    uint32_t *rows = gv_mem_alloc(excluded_n, sizeof *rows, &why);
    if (!rows)
        return glovebox_translate(err, GV_E_MEMORY, &why);
    size_t n = 0;
    for (size_t i = 0; i < excluded_n; i++)
        if (excluded[i] < glovebox_rows(vectors)) /* others are no answers anyway */
            rows[n++] = (uint32_t)excluded[i];
    status =
        find_nearest(list, glovebox_lazily(vectors), query, (gv_nearest_excluded){rows, n}, err);
    gv_mem_free(rows);
    return status;
}

static int sum_terms(glovebox_list *list, glovebox_vectors *v, const terms *t, const float *factors,
                     glovebox_error *err)
{
    const size_t dim = glovebox_dim(v);
    gv_error why = GV_ERROR_INIT;
    float *sum = gv_mem_alloc_zero(dim, sizeof *sum, &why);
    if (!sum)
        return glovebox_translate(err, GV_E_MEMORY, &why);
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < dim; k++)
            sum[k] += (factors ? factors[i] : 1.0f) * t->unit[i * dim + k];
    int status =
        has_direction(sum, dim)
            ? find_nearest(list, v, sum, (gv_nearest_excluded){t->rows, t->rows_n}, err)
            : glovebox_fail(err, GLOVEBOX_E_RUNTIME,
                            "the sum has no direction: its words cancel out, or a factor is not "
                            "finite");
    gv_mem_free(sum);
    return status;
}

int glovebox_nearest_sum(const glovebox_vectors *vectors, const char *const *words,
                         const float *factors, size_t n, glovebox_list *list, glovebox_error *err)
{
    terms t;
    if (!vectors || !words)
        return glovebox_null(err, "glovebox_nearest_sum", !vectors ? "vectors" : "words");
    if (n == 0)
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "glovebox_nearest_sum: n is 0");
    for (size_t i = 0; i < n; i++)
        if (!words[i])
            return glovebox_null(err, "glovebox_nearest_sum", "a word");
    int status = check_list(list, "glovebox_nearest_sum", err);
    if (status != GLOVEBOX_OK)
        return status;
    glovebox_vectors *v = glovebox_lazily(vectors);
    status = find_terms(&t, v, words, n, err);
    if (status == GLOVEBOX_OK)
        status = sum_terms(list, v, &t, factors, err);
    clear_terms(&t);
    return status;
}

int glovebox_nearest_word(const glovebox_vectors *vectors, const char *word, glovebox_list *list,
                          glovebox_error *err)
{
    if (!word)
        return glovebox_null(err, "glovebox_nearest_word", "word");
    return glovebox_nearest_sum(vectors, &word, NULL, 1, list, err);
}

/* --- analogies -------------------------------------------------------------------------------- */

static int solve(glovebox_list *list, glovebox_vectors *v, const terms *t,
                 enum gv_nearest_method method, glovebox_error *err)
{
    const size_t dim = glovebox_dim(v);
    const float *const unit[3] = {t->unit, t->unit + dim, t->unit + 2 * dim};
    gv_error why = GV_ERROR_INIT;
    gv_nearest_list found = {0};
    int status = glovebox_need_scales(v, &why);
    if (status == GV_OK)
        status = begin_list(&found, v, list, &why);
    if (status == GV_OK)
        status = gv_nearest_analogy_of(&found, &v->words.nearest, unit,
                                       (gv_nearest_excluded){t->rows, t->rows_n}, method, &why);
    if (status == GV_OK)
        give_list(list, &found, v);
    gv_mem_free(found.found);
    return glovebox_translate(err, status, &why);
}

static int analogy(const glovebox_vectors *vectors, const char *const abc[3],
                   enum gv_nearest_method method, glovebox_list *list, glovebox_error *err)
{
    const char *function = method == GV_NEAREST_MUL ? "glovebox_analogy_mul" : "glovebox_analogy";
    terms t;
    if (!vectors)
        return glovebox_null(err, function, "vectors");
    if (!abc[0] || !abc[1] || !abc[2])
        return glovebox_null(err, function, "a word");
    int status = check_list(list, function, err);
    if (status != GLOVEBOX_OK)
        return status;
    glovebox_vectors *v = glovebox_lazily(vectors);
    status = find_terms(&t, v, abc, 3, err);
    if (status == GLOVEBOX_OK)
        status = solve(list, v, &t, method, err);
    clear_terms(&t);
    return status;
}

int glovebox_analogy(const glovebox_vectors *vectors, const char *a, const char *b, const char *c,
                     glovebox_list *list, glovebox_error *err)
{
    return analogy(vectors, (const char *const[]){a, b, c}, GV_NEAREST_ADD, list, err);
}

int glovebox_analogy_mul(const glovebox_vectors *vectors, const char *a, const char *b,
                         const char *c, glovebox_list *list, glovebox_error *err)
{
    return analogy(vectors, (const char *const[]){a, b, c}, GV_NEAREST_MUL, list, err);
}

int glovebox_similarity(const glovebox_vectors *vectors, const char *a, const char *b,
                        double *score, glovebox_error *err)
{
    const char *const words[] = {a, b};
    terms t;
    if (!vectors || !a || !b || !score)
        return glovebox_null(err, "glovebox_similarity",
                             !vectors ? "vectors"
                             : !score ? "score"
                                      : "a word");
    glovebox_vectors *v = glovebox_lazily(vectors);
    const size_t dim = glovebox_dim(v);
    int status = find_terms(&t, v, words, 2, err);
    double dot = 0.0;
    for (size_t k = 0; k < dim && status == GLOVEBOX_OK; k++)
        dot += (double)t.unit[k] * t.unit[dim + k];
    if (status == GLOVEBOX_OK)
        *score = fmax(-1.0, fmin(dot, 1.0)); /* lengths are 1 but for rounding */
    clear_terms(&t);
    return status;
}
