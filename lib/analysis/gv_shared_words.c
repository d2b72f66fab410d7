#include "analysis/gv_shared_words.h"

#include "base/gv_mem.h"
#include <math.h>
#include <string.h>

static bool has_direction(const gv_vectors *vectors, size_t row)
{
    const float *values = vectors->data + row * vectors->dim;
    double square = 0.0;
    for (size_t i = 0; i < vectors->dim; i++)
        square += (double)values[i] * (double)values[i];
    return square > 0.0 && isfinite(square);
}

int gv_shared_words_find(gv_shared_words *shared, const gv_vectors *a, const gv_vectors *b,
                         const bool *chosen, gv_error *err)
{
    *shared = (gv_shared_words){0};
    if (a->rows > UINT32_MAX || b->rows > UINT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "more than %u vectors cannot be compared",
                            UINT32_MAX);
    const size_t most = a->rows < b->rows ? a->rows : b->rows;
    shared->a = gv_mem_alloc(most, sizeof *shared->a, err);
    shared->b = gv_mem_alloc(most, sizeof *shared->b, err);
    if (!shared->a || !shared->b)
        return GV_E_MEMORY;
    for (size_t row = 0; row < a->rows; row++) {
        const char *word = a->words[row];
        const size_t there = chosen && !chosen[row] ? SIZE_MAX : gv_vectors_find(b, word);
        if (there == SIZE_MAX || strcmp(word, "<unk>") == 0 || gv_vectors_find(a, word) != row)
            continue;
        if (!has_direction(a, row) || !has_direction(b, there)) {
            shared->no_direction++;
            continue;
        }
        shared->a[shared->n] = (uint32_t)row;
        shared->b[shared->n++] = (uint32_t)there;
    }
    return GV_OK;
}

void gv_shared_words_clear(gv_shared_words *shared)
{
    gv_mem_free(shared->a);
    gv_mem_free(shared->b);
    *shared = (gv_shared_words){0};
}
