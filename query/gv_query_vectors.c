/* gv_query_vectors - the commands that use the vectors. */
#include "base/gv_mem.h"
#include "query/gv_query_internal.h"

#include <math.h>
#include <string.h>

void gv_query_write_words(gv_json_writer *answer, const gv_strings *words)
{
    gv_json_open_array(answer, "words");
    for (size_t i = 0; i < words->n; i++)
        gv_json_set_text(answer, NULL, words->items[i]);
    gv_json_close(answer);
}

static void write_neighbours(gv_json_writer *answer, const gv_words *words,
                             const gv_nearest_neighbour *found, size_t n)
{
    gv_json_open_array(answer, "results");
    for (size_t i = 0; i < n; i++) {
        gv_json_open_object(answer, NULL);
        gv_json_set_text(answer, "word", words->vectors->words[found[i].row]);
        gv_json_set_real(answer, "score", (double)found[i].score);
        gv_json_close(answer);
    }
    gv_json_close(answer);
}

static bool is_sign(const gv_strings *terms, size_t i)
{
    return i < terms->n && (strcmp(terms->items[i], "+") == 0 || strcmp(terms->items[i], "-") == 0);
}

/* Is the i-th term, "+" or "-", a word? It is where a word is due, at the beginning and behind a
 * sign; only directly before the first word it is that word's sign. */
static bool is_word(const gv_strings *terms, size_t i, bool due)
{
    if (!is_sign(terms, i))
        return true;
    return due && (i > 0 || i + 1 == terms->n || is_sign(terms, i + 1));
}

/* Does a word have to follow the last term? */
static bool ends_with_sign(const gv_strings *terms)
{
    bool due = true;
    for (size_t i = 0; i < terms->n; i++)
        due = !is_word(terms, i, due);
    return due;
}

/* Sum of the vectors of the words in the question, each scaled to length 1 and with the sign before
 * it. The words are added to `found`. */
static int add_up(float *sum, gv_query_terms *found, gv_query *query, const gv_strings *terms,
                  gv_error *err)
{
    float sign = 1.0f;
    bool due = true;
    if (ends_with_sign(terms))
        return gv_error_set(err, GV_E_USAGE, "a word is missing after the last sign");
    for (size_t i = 0; i < terms->n; i++) {
        const char *term = terms->items[i];
        if (!is_word(terms, i, due)) {
            sign = term[0] == '-' ? -1.0f : 1.0f;
            due = true;
            continue;
        }
        int status = gv_query_terms_add(found, query, term, err);
        if (status != GV_OK)
            return status;
        const float *unit = found->unit[found->n - 1];
        for (size_t k = 0; k < found->dim; k++)
            sum[k] += sign * unit[k];
        sign = 1.0f;
        due = false;
    }
    return GV_OK;
}

/* Is a word near the sum? Its terms are finite, so the sum is, too. */
static int check_sum(const float *sum, size_t dim, gv_error *err)
{
    for (size_t k = 0; k < dim; k++)
        if (sum[k] != 0.0f)
            return GV_OK;
    return gv_error_set(err, GV_E_RUNTIME, "the words cancel out: their sum has no direction");
}

/* An empty list with room for as many rows as are wanted and exist. */
static int make_list(gv_nearest_list *list, const gv_query *query, gv_error *err)
{
    size_t rows = query->words->nearest.rows;
    list->top = query->options.top < rows ? query->options.top : rows;
    list->found = gv_mem_alloc(list->top, sizeof *list->found, err);
    return list->found ? GV_OK : GV_E_MEMORY;
}

int gv_query_nearest(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                     gv_error *err)
{
    int status = gv_query_need_vectors(query, err);
    if (status != GV_OK)
        return status;
    const gv_words *words = query->words;
    gv_query_terms terms;
    gv_nearest_list list = {0};
    float *sum = gv_mem_alloc_zero(words->nearest.dim, sizeof *sum, err);
    status = gv_query_terms_init(&terms, query, operands->n, err);
    if (status == GV_OK)
        status = sum ? make_list(&list, query, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = add_up(sum, &terms, query, operands, err);
    if (status == GV_OK)
        status = check_sum(sum, terms.dim, err);
    if (status == GV_OK)
        status = gv_nearest_to(&list, &words->nearest, sum, terms.rows, terms.rows_n, err);
    gv_query_write_words(answer, operands);
    write_neighbours(answer, words, list.found, list.n);
    gv_query_terms_write(answer, &terms);
    gv_query_terms_clear(&terms);
    gv_mem_free(sum);
    gv_mem_free(list.found);
    return status;
}

int gv_query_analogy(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                     gv_error *err)
{
    gv_query_terms terms;
    gv_nearest_list list = {0};
    int status = gv_query_terms_find(&terms, query, operands, err);
    if (status == GV_OK)
        status = make_list(&list, query, err);
    if (status == GV_OK)
        status = gv_nearest_analogy_of(&list, &query->words->nearest, terms.unit,
                                       (gv_nearest_excluded){terms.rows, terms.rows_n},
                                       query->options.mul ? GV_NEAREST_MUL : GV_NEAREST_ADD, err);
    if (status == GV_OK) {
        gv_query_write_words(answer, operands);
        write_neighbours(answer, query->words, list.found, list.n);
        gv_json_set_text(answer, "method", query->options.mul ? "3CosMul" : "3CosAdd");
        gv_query_terms_write(answer, &terms);
    }
    gv_query_terms_clear(&terms);
    gv_mem_free(list.found);
    return status;
}

int gv_query_similarity(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                        gv_error *err)
{
    gv_query_terms terms;
    double dot = 0.0;
    int status = gv_query_terms_find(&terms, query, operands, err);
    for (size_t k = 0; k < terms.dim && status == GV_OK; k++)
        dot += (double)terms.unit[0][k] * terms.unit[1][k];
    if (status == GV_OK) {
        gv_query_write_words(answer, operands);
        gv_json_set_real(answer, "score", fmax(-1.0, fmin(dot, 1.0)));
        gv_query_terms_write(answer, &terms);
    }
    gv_query_terms_clear(&terms);
    return status;
}
