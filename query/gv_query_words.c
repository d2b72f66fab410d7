/* gv_query_words - commands about single words of the vectors: their numbers, their company, their
 * beginnings. */
#include "base/gv_mem.h"
#include "query/gv_query_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- odd -------------------------------------------------------------------------------------- */

typedef struct company {
    double score; /* mean cosine to the other words */
    size_t place; /* in the question */
} company;

/* The least score first; of equal ones, the word that comes first. */
static int by_score(const void *x, const void *y)
{
    const company *a = x, *b = y;
    int order = (a->score > b->score) - (a->score < b->score);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* The mean cosine of each word to the others: its product with the sum of these. */
static void keep_company(company *out, const gv_query_terms *terms, double *sum)
{
    const size_t dim = terms->dim, n = terms->n;
    memset(sum, 0, dim * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < dim; k++)
            sum[k] += (double)terms->unit[i][k];
    for (size_t i = 0; i < n; i++) {
        const float *unit = terms->unit[i];
        out[i] = (company){.place = i};
        for (size_t k = 0; k < dim; k++)
            out[i].score += (double)unit[k] * (sum[k] - (double)unit[k]) / (double)(n - 1);
    }
    qsort(out, n, sizeof *out, by_score);
}

int gv_query_odd(gv_json_writer *answer, gv_query *query, const gv_strings *operands, gv_error *err)
{
    const size_t n = operands->n;
    gv_query_terms terms;
    int status = gv_query_terms_find(&terms, query, operands, err);
    double *sum = gv_mem_alloc(terms.dim, sizeof *sum, err);
    company *words = gv_mem_alloc(n, sizeof *words, err);
    if (status == GV_OK)
        status = sum && words ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        keep_company(words, &terms, sum);
        gv_query_write_words(answer, operands);
        gv_json_set_text(answer, "odd", operands->items[words[0].place]);
        gv_json_open_array(answer, "results");
        for (size_t i = 0; i < n; i++) {
            gv_json_open_object(answer, NULL);
            gv_json_set_text(answer, "word", operands->items[words[i].place]);
            gv_json_set_real(answer, "score", words[i].score);
            gv_json_close(answer);
        }
        gv_json_close(answer);
        gv_query_terms_write(answer, &terms);
    }
    gv_query_terms_clear(&terms);
    gv_mem_free(sum);
    gv_mem_free(words);
    return status;
}

/* --- vector ----------------------------------------------------------------------------------- */

/* The number with the fewest digits that reads back as the same float. */
static double shortest(float value)
{
    char digits[32];
    for (int n = 6; n < 9; n++) {
        snprintf(digits, sizeof digits, "%.*g", n, (double)value);
        float back = strtof(digits, NULL);
        /* the same bits: -0 is not 0. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
        if (memcmp(&back, &value, sizeof back) == 0)
            return strtod(digits, NULL);
    }
    snprintf(digits, sizeof digits, "%.9g", (double)value);
    return strtod(digits, NULL);
}

static void write_vector(gv_json_writer *answer, const char *word, const float *numbers, size_t dim,
                         bool unseen)
{
    double squares = 0.0;
    gv_json_set_text(answer, "word", word);
    gv_json_open_array(answer, "vector");
    for (size_t k = 0; k < dim; k++) {
        squares += (double)numbers[k] * (double)numbers[k];
        gv_json_set_real(answer, NULL, shortest(numbers[k]));
    }
    gv_json_close(answer);
    gv_json_set_real(answer, "length", sqrt(squares));
    if (!unseen)
        return;
    gv_json_open_array(answer, "from_subwords");
    gv_json_set_text(answer, NULL, word);
    gv_json_close(answer);
}

static int write_unseen(gv_json_writer *answer, gv_query *query, const char *word, gv_error *err)
{
    const size_t dim = query->words->vectors->dim;
    size_t known = 0;
    int status = gv_query_need_unseen(query, err);
    float *numbers = status == GV_OK ? gv_mem_alloc(dim, sizeof *numbers, err) : NULL;
    if (!numbers)
        return status == GV_OK ? GV_E_MEMORY : status;
    status = gv_words_unseen_vector(query->unseen, word, numbers, &known, err);
    if (status == GV_OK && known == 0)
        status = gv_query_no_vector(query, word, err);
    if (status == GV_OK)
        write_vector(answer, word, numbers, dim, true);
    gv_mem_free(numbers);
    return status;
}

int gv_query_vector(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                    gv_error *err)
{
    int status = gv_query_need_vectors(query, err);
    if (status != GV_OK)
        return status;
    size_t row = gv_words_lookup(query->words, operands->items[0]);
    if (row == GV_NEAREST_NO_ROW)
        return write_unseen(answer, query, operands->items[0], err);
    if (!query->raw) /* those of query->words are scaled */
        status = gv_vectors_read(&query->raw, query->vectors_path, 0, err);
    if (status != GV_OK)
        return status;
    if (row >= query->raw->rows)
        return gv_error_set(err, GV_E_CORRUPT, "%s has changed meanwhile", query->vectors_path);
    write_vector(answer, query->raw->words[row], query->raw->data + row * query->raw->dim,
                 query->raw->dim, false);
    return GV_OK;
}

/* --- search ----------------------------------------------------------------------------------- */

typedef struct search {
    const gv_vectors *vectors;
    size_t top;
    size_t *matches; /* words that begin with the prefix */
    uint32_t *rows;  /* [top] the first of them */
} search;

/* For gv_words_find: the first row that begins with the prefix. */
static size_t search_prefix(const void *context, const char *prefix)
{
    const search *s = context;
    const size_t length = strlen(prefix);
    *s->matches = 0;
    for (size_t i = 0; i < s->vectors->rows; i++)
        if (strncmp(s->vectors->words[i], prefix, length) == 0) {
            if (*s->matches < s->top)
                s->rows[*s->matches] = (uint32_t)i;
            ++*s->matches;
        }
    return *s->matches > 0 ? s->rows[0] : GV_NEAREST_NO_ROW;
}

int gv_query_search(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                    gv_error *err)
{
    int status = gv_query_need_vectors(query, err);
    if (status != GV_OK)
        return status;
    size_t matches = 0;
    search s = {.vectors = query->words->vectors, .matches = &matches};
    s.top = query->options.top < s.vectors->rows ? query->options.top : s.vectors->rows;
    s.rows = gv_mem_alloc(s.top, sizeof *s.rows, err);
    if (!s.rows)
        return GV_E_MEMORY;
    gv_words_find(operands->items[0], query->words->lower_case, search_prefix, &s);
    gv_json_set_text(answer, "prefix", operands->items[0]);
    gv_json_set_uint(answer, "matches", matches);
    gv_json_open_array(answer, "results");
    for (size_t i = 0; i < s.top && i < matches; i++) {
        gv_json_open_object(answer, NULL);
        gv_json_set_text(answer, "word", s.vectors->words[s.rows[i]]);
        gv_json_set_uint(answer, "row", s.rows[i]);
        gv_json_close(answer);
    }
    gv_json_close(answer);
    gv_mem_free(s.rows);
    return GV_OK;
}
