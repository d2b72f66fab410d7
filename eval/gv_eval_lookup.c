#include "eval/gv_eval_lookup.h"

#include "base/gv_mem.h"
#include <math.h>
#include <string.h>

static bool has_direction(const gv_nearest *nearest, size_t row)
{
    const float *unit = nearest->unit + row * nearest->dim;
    for (size_t k = 0; k < nearest->dim; k++)
        if (fpclassify(unit[k]) != FP_ZERO)
            return true;
    return false;
}

static size_t row_of(const gv_eval_lookup *lookup, const char *word)
{
    const size_t row = gv_words_lookup(lookup->words, word);
    return row != GV_NEAREST_NO_ROW && has_direction(&lookup->words->nearest, row)
               ? row
               : GV_NEAREST_NO_ROW;
}

/* "new york" as phrases are written, "new_york"; false if that is no other word, or too long. */
static bool join(char joined[GV_WORDS_FORM], const char *word)
{
    const size_t n = strlen(word);
    if (n >= GV_WORDS_FORM || !strchr(word, ' '))
        return false;
    memcpy(joined, word, n + 1);
    for (char *at = joined; (at = strchr(at, ' ')); at++)
        *at = '_';
    return true;
}

size_t gv_eval_lookup_row(const gv_eval_lookup *lookup, const char *word)
{
    char joined[GV_WORDS_FORM];
    const size_t row = row_of(lookup, word);
    return row == GV_NEAREST_NO_ROW && join(joined, word) ? row_of(lookup, joined) : row;
}

int gv_eval_lookup_word(enum gv_eval_lookup_source *source, float *unit,
                        const gv_eval_lookup *lookup, const char *word, gv_error *err)
{
    const gv_nearest *nearest = &lookup->words->nearest;
    const size_t row = gv_eval_lookup_row(lookup, word);
    char joined[GV_WORDS_FORM];
    size_t known = 0;
    int status = GV_OK;
    *source = GV_EVAL_LOOKUP_NONE;
    memset(unit, 0, nearest->dim * sizeof *unit);
    if (row != GV_NEAREST_NO_ROW) {
        memcpy(unit, nearest->unit + row * nearest->dim, nearest->dim * sizeof *unit);
        *source = GV_EVAL_LOOKUP_VOCABULARY;
    } else if (lookup->unseen) {
        status = gv_words_unseen_unit(lookup->unseen, join(joined, word) ? joined : word, unit,
                                      &known, err);
        *source = known > 0 ? GV_EVAL_LOOKUP_SUBWORDS : GV_EVAL_LOOKUP_NONE;
    }
    return status;
}

/* --- names of several words ------------------------------------------------------------------- */

/* Add the vectors of the words in `parts`, which is cut at `_`, to `sum`. */
static int add_parts(enum gv_eval_lookup_source *source, float *sum, char *parts,
                     const gv_eval_lookup *lookup, gv_error *err)
{
    const size_t dim = lookup->words->nearest.dim;
    enum gv_eval_lookup_source found = GV_EVAL_LOOKUP_NONE;
    int status = GV_OK;
    char *rest = NULL;
    float *part = gv_mem_alloc(dim, sizeof *part, err);
    if (!part)
        return GV_E_MEMORY;
    *source = GV_EVAL_LOOKUP_NONE;
    for (char *word = strtok_r(parts, "_", &rest); word; word = strtok_r(NULL, "_", &rest)) {
        status = gv_eval_lookup_word(&found, part, lookup, word, err);
        if (status != GV_OK || found == GV_EVAL_LOOKUP_NONE)
            break;
        for (size_t k = 0; k < dim; k++)
            sum[k] += part[k];
        *source = found > *source ? found : *source;
    }
    if (found == GV_EVAL_LOOKUP_NONE)
        *source = GV_EVAL_LOOKUP_NONE;
    gv_mem_free(part);
    return status;
}

/* The mean direction of the words in `name`, which is changed. */
static int mean_of_parts(enum gv_eval_lookup_source *source, float *unit, char *name,
                         const gv_eval_lookup *lookup, gv_error *err)
{
    const size_t dim = lookup->words->nearest.dim;
    gv_nearest one;
    memset(unit, 0, dim * sizeof *unit);
    int status = add_parts(source, unit, name, lookup, err);
    if (status == GV_OK)
        status = gv_nearest_init(&one, unit, 1, dim, GV_NEAREST_NO_ROW, err);
    if (status == GV_OK && *source != GV_EVAL_LOOKUP_NONE && !has_direction(&one, 0))
        *source = GV_EVAL_LOOKUP_NONE;
    if (*source == GV_EVAL_LOOKUP_NONE)
        memset(unit, 0, dim * sizeof *unit);
    return status;
}

int gv_eval_lookup_name(enum gv_eval_lookup_source *source, float *unit,
                        const gv_eval_lookup *lookup, const char *name, gv_error *err)
{
    char *joined = gv_mem_strdup(name, err);
    if (!joined)
        return GV_E_MEMORY;
    for (char *at = joined; (at = strchr(at, ' ')); at++)
        *at = '_';
    const bool whole =
        !strchr(joined, '_') || gv_eval_lookup_row(lookup, joined) != GV_NEAREST_NO_ROW;
    int status = whole ? gv_eval_lookup_word(source, unit, lookup, joined, err)
                       : mean_of_parts(source, unit, joined, lookup, err);
    gv_mem_free(joined);
    return status;
}
