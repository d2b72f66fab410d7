/* gv_query_vectors - the commands that use the vectors. */
#include "base/gv_mem.h"
#include "query/gv_query_internal.h"

#include <string.h>

enum { ALIKE = 5 };

int gv_query_find(uint32_t *row, const gv_words *words, const char *word, gv_error *err)
{
    const char *alike[ALIKE];
    size_t found = gv_words_lookup(words, word);
    if (found == GV_NEAREST_NO_ROW)
        return gv_query_unknown("vector", word, alike, gv_words_similar(alike, ALIKE, words, word),
                                err);
    *row = (uint32_t)found;
    return GV_OK;
}

int gv_query_find_direction(uint32_t *row, const gv_words *words, const char *word, gv_error *err)
{
    int status = gv_query_find(row, words, word, err);
    if (status != GV_OK)
        return status;
    const float *unit = words->nearest.unit + *row * words->nearest.dim;
    for (size_t k = 0; k < words->nearest.dim; k++)
        if (unit[k] != 0.0f)
            return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "the vector of '%.100s' has no direction: its numbers are all 0, or not all "
        "finite (glove-convert check lists such rows)",
        word);
}

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

/* Sum of the vectors of the words in `terms`, each scaled to length 1 and with the sign before it.
 * The rows of the words go to `rows`. */
static int add_up(float *sum, uint32_t *rows, size_t *n, const gv_words *words,
                  const gv_strings *terms, gv_error *err)
{
    const size_t dim = words->nearest.dim;
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
        int status = gv_query_find_direction(&rows[*n], words, term, err);
        if (status != GV_OK)
            return status;
        const float *row = words->nearest.unit + rows[(*n)++] * dim;
        for (size_t k = 0; k < dim; k++)
            sum[k] += sign * row[k];
        sign = 1.0f;
        due = false;
    }
    return GV_OK;
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
    size_t excluded = 0;
    gv_nearest_list list = {0};
    float *sum = gv_mem_alloc_zero(words->nearest.dim, sizeof *sum, err);
    uint32_t *rows = gv_mem_alloc(operands->n, sizeof *rows, err);
    status = sum && rows ? make_list(&list, query, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = add_up(sum, rows, &excluded, words, operands, err);
    if (status == GV_OK)
        status = gv_nearest_to(&list, &words->nearest, sum, rows, excluded, err);
    gv_query_write_words(answer, operands);
    write_neighbours(answer, words, list.found, list.n);
    gv_mem_free(sum);
    gv_mem_free(rows);
    gv_mem_free(list.found);
    return status;
}

int gv_query_analogy(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                     gv_error *err)
{
    int status = gv_query_need_vectors(query, err);
    uint32_t row[3] = {0};
    for (size_t i = 0; i < 3 && status == GV_OK; i++)
        status = gv_query_find_direction(&row[i], query->words, operands->items[i], err);
    if (status != GV_OK)
        return status;
    const gv_words *words = query->words;
    gv_nearest_list list = {0};
    status = make_list(&list, query, err);
    if (status != GV_OK)
        return status;
    const gv_nearest_question question = {row[0], row[1], row[2]};
    status = gv_nearest_analogy(&list, &words->nearest, &question,
                                query->options.mul ? GV_NEAREST_MUL : GV_NEAREST_ADD, err);
    gv_query_write_words(answer, operands);
    write_neighbours(answer, words, list.found, list.n);
    gv_json_set_text(answer, "method", query->options.mul ? "3CosMul" : "3CosAdd");
    gv_mem_free(list.found);
    return status;
}

int gv_query_similarity(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                        gv_error *err)
{
    int status = gv_query_need_vectors(query, err);
    uint32_t x = 0, y = 0;
    if (status == GV_OK)
        status = gv_query_find_direction(&x, query->words, operands->items[0], err);
    if (status == GV_OK)
        status = gv_query_find_direction(&y, query->words, operands->items[1], err);
    if (status != GV_OK)
        return status;
    const gv_nearest *nearest = &query->words->nearest;
    double dot = 0.0;
    for (size_t k = 0; k < nearest->dim; k++)
        dot += (double)nearest->unit[x * nearest->dim + k] * nearest->unit[y * nearest->dim + k];
    gv_query_write_words(answer, operands);
    gv_json_set_real(answer, "score", dot);
    return GV_OK;
}
