/* gv_query_terms - the words of a question as directions. */
#include "base/gv_mem.h"
#include "query/gv_query_internal.h"

#include <string.h>

enum { ALIKE = 5 };

int gv_query_need_unseen(gv_query *query, gv_error *err)
{
    if (query->unseen)
        return GV_OK;
    return gv_words_unseen_open(&query->unseen, query->words, query->vectors_path, err);
}

int gv_query_no_vector(const gv_query *query, const char *word, gv_error *err)
{
    const char *alike[ALIKE], *hint = "";
    if (gv_words_unseen_file(query->unseen))
        hint = "; none of its n-grams is known";
    else if (gv_words_unseen_foreign(query->unseen))
        hint = "; the subwords.bin beside the vectors belongs to others, so it is not used";
    else if (!query->options.vectors)
        hint = "; with output.subwords = true glove-train gives unseen words vectors";
    size_t n = gv_words_similar(alike, ALIKE, query->words, word);
    return gv_query_unknown("vector", word, (gv_query_alike){alike, n}, hint, err);
}

/* --- terms ------------------------------------------------------------------------------------ */

int gv_query_terms_init(gv_query_terms *terms, const gv_query *query, size_t most, gv_error *err)
{
    *terms = (gv_query_terms){0};
    terms->unit = gv_mem_alloc(most, sizeof *terms->unit, err);
    terms->rows = gv_mem_alloc(most, sizeof *terms->rows, err);
    terms->unseen = gv_mem_alloc(most, sizeof *terms->unseen, err);
    terms->made = gv_mem_alloc(most, sizeof *terms->made, err);
    terms->dim = query->words->nearest.dim;
    return terms->unit && terms->rows && terms->unseen && terms->made ? GV_OK : GV_E_MEMORY;
}

void gv_query_terms_clear(gv_query_terms *terms)
{
    for (size_t i = 0; i < terms->unseen_n; i++)
        gv_mem_free(terms->made[i]);
    gv_mem_free(terms->made);
    gv_mem_free(terms->unseen);
    gv_mem_free(terms->rows);
    gv_mem_free(terms->unit);
    *terms = (gv_query_terms){0};
}

static int add_unseen(gv_query_terms *terms, gv_query *query, const char *word, gv_error *err)
{
    size_t known = 0;
    int status = gv_query_need_unseen(query, err);
    float *made = status == GV_OK ? gv_mem_alloc(terms->dim, sizeof *made, err) : NULL;
    if (!made)
        return status == GV_OK ? GV_E_MEMORY : status;
    status = gv_words_unseen_unit(query->unseen, word, made, &known, err);
    if (status == GV_OK && known == 0)
        status = gv_query_no_vector(query, word, err);
    if (status != GV_OK) {
        gv_mem_free(made);
        return status;
    }
    terms->unseen[terms->unseen_n] = word;
    terms->made[terms->unseen_n++] = made;
    terms->unit[terms->n++] = made;
    return GV_OK;
}

int gv_query_terms_add(gv_query_terms *terms, gv_query *query, const char *word, gv_error *err)
{
    const gv_nearest *nearest = &query->words->nearest;
    size_t row = gv_words_lookup(query->words, word), k = 0;
    if (row == GV_NEAREST_NO_ROW)
        return add_unseen(terms, query, word, err);
    const float *unit = nearest->unit + row * nearest->dim;
    while (k < nearest->dim && unit[k] == 0.0f)
        k++;
    if (k == nearest->dim)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "the vector of '%.100s' has no direction: its numbers are all 0, or not all "
            "finite (glove-convert check lists such rows)",
            word);
    terms->rows[terms->rows_n++] = (uint32_t)row;
    terms->unit[terms->n++] = unit;
    return GV_OK;
}

int gv_query_terms_find(gv_query_terms *terms, gv_query *query, const gv_strings *words,
                        gv_error *err)
{
    *terms = (gv_query_terms){0};
    int status = gv_query_need_vectors(query, err);
    if (status == GV_OK)
        status = gv_query_terms_init(terms, query, words->n, err);
    for (size_t i = 0; i < words->n && status == GV_OK; i++)
        status = gv_query_terms_add(terms, query, words->items[i], err);
    return status;
}

void gv_query_terms_write(gv_json_writer *answer, const gv_query_terms *terms)
{
    if (terms->unseen_n == 0)
        return;
    gv_json_open_array(answer, "from_subwords");
    for (size_t i = 0; i < terms->unseen_n; i++)
        gv_json_set_text(answer, NULL, terms->unseen[i]);
    gv_json_close(answer);
}
