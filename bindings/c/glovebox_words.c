/* Words and their vectors. */
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "bindings/c/glovebox_internal.h"

#include <string.h>

enum { ALIKE = 5, ALIKE_MOST = 16 };

glovebox_vectors *glovebox_lazily(const glovebox_vectors *vectors)
{
    const union {
        const glovebox_vectors *given;
        glovebox_vectors *same;
    } handle = {vectors};
    return handle.same;
}

/* --- what there is ---------------------------------------------------------------------------- */

size_t glovebox_rows(const glovebox_vectors *vectors)
{
    return vectors ? vectors->words.vectors->rows : 0;
}

size_t glovebox_dim(const glovebox_vectors *vectors)
{
    return vectors ? vectors->words.vectors->dim : 0;
}

const char *glovebox_path(const glovebox_vectors *vectors)
{
    return vectors ? vectors->path : NULL;
}

const char *glovebox_format(const glovebox_vectors *vectors)
{
    if (!vectors)
        return NULL;
    switch (vectors->words.vectors->format) {
    case GV_FORMAT_TEXT:
        return "text";
    case GV_FORMAT_WORD2VEC:
        return "word2vec";
    case GV_FORMAT_SQLITE:
        return "sqlite";
    case GV_FORMAT_SAFETENSORS:
        return "safetensors";
    case GV_FORMAT_NPY:
        return "npy";
    case GV_FORMAT_PROJECTOR:
        return "projector";
    case GV_FORMAT_FASTTEXT:
        return "fasttext";
    }
    return NULL;
}

int glovebox_is_mapped(const glovebox_vectors *vectors)
{
    return vectors && vectors->map;
}

const char *glovebox_note(const glovebox_vectors *vectors)
{
    return vectors ? vectors->words.vectors->note : NULL;
}

const char *glovebox_metadata(const glovebox_vectors *vectors)
{
    return vectors ? vectors->words.vectors->metadata : NULL;
}

const char *glovebox_word(const glovebox_vectors *vectors, size_t row)
{
    return row < glovebox_rows(vectors) ? vectors->words.vectors->words[row] : NULL;
}

const float *glovebox_matrix(const glovebox_vectors *vectors)
{
    return vectors ? vectors->words.vectors->data : NULL;
}

const float *glovebox_row(const glovebox_vectors *vectors, size_t row)
{
    return row < glovebox_rows(vectors) ? vectors->words.vectors->data + row * glovebox_dim(vectors)
                                        : NULL;
}

/* --- looking up ------------------------------------------------------------------------------- */

static const char *word_of(const void *context, size_t i)
{
    const gv_vectors *vectors = context;
    return vectors->words[i];
}

static int make_index(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    return v->map ? gv_vectors_map_index(v->map, err) : GV_OK;
}

int glovebox_need_index(glovebox_vectors *v, gv_error *err)
{
    return glovebox_part_need(&v->indexed, make_index, v, err);
}

/* Without memory for an index it looks at all words. */
size_t glovebox_find_exactly(glovebox_vectors *v, const char *word)
{
    if (glovebox_need_index(v, NULL) == GV_OK)
        return gv_vectors_find(v->words.vectors, word);
    for (size_t row = 0; row < glovebox_rows(v); row++)
        if (strcmp(v->words.vectors->words[row], word) == 0)
            return row;
    return SIZE_MAX;
}

static int find_case(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    (void)err;
    v->words.lower_case = gv_words_lower_case(glovebox_rows(v), word_of, v->words.vectors);
    return GV_OK;
}

int glovebox_need_case(glovebox_vectors *v, gv_error *err)
{
    return glovebox_part_need(&v->cased, find_case, v, err);
}

int64_t glovebox_find(const glovebox_vectors *vectors, const char *word)
{
    if (!vectors || !word)
        return -1;
    const size_t row = glovebox_find_exactly(glovebox_lazily(vectors), word);
    return row == SIZE_MAX ? -1 : (int64_t)row;
}

int glovebox_find_row(size_t *row, glovebox_vectors *v, const char *word, gv_error *err)
{
    *row = glovebox_find_exactly(v, word);
    if (*row != SIZE_MAX)
        return GV_OK;
    int status = glovebox_need_index(v, err);
    if (status == GV_OK)
        status = glovebox_need_case(v, err);
    if (status == GV_OK)
        *row = gv_words_lookup(&v->words, word);
    return status;
}

int64_t glovebox_lookup(const glovebox_vectors *vectors, const char *word)
{
    size_t row;
    if (!vectors || !word ||
        glovebox_find_row(&row, glovebox_lazily(vectors), word, NULL) != GV_OK || row == SIZE_MAX)
        return -1;
    return (int64_t)row;
}

size_t glovebox_spelt_like(const glovebox_vectors *vectors, const char *word, const char **found,
                           size_t limit)
{
    if (!vectors || !word || !found)
        return 0;
    return gv_words_similar(found, limit < ALIKE_MOST ? limit : ALIKE_MOST, &vectors->words, word);
}

/* --- vectors of words ------------------------------------------------------------------------- */

static int open_unseen(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    int status = glovebox_need_index(v, err);
    if (status == GV_OK)
        status = glovebox_need_case(v, err);
    return status == GV_OK ? gv_words_unseen_open(&v->unseen, &v->words, v->path, err) : status;
}

int glovebox_need_unseen(glovebox_vectors *v, gv_error *err)
{
    return glovebox_part_need(&v->subwords, open_unseen, v, err);
}

int glovebox_make_unseen(glovebox_vectors *v, const char *word, bool unit, float *to, bool *known,
                         gv_error *err)
{
    size_t ngrams = 0;
    int status = glovebox_need_unseen(v, err);
    if (status != GV_OK)
        return status;
    pthread_mutex_lock(&v->unseen_lock);
    status = unit ? gv_words_unseen_unit(v->unseen, word, to, &ngrams, err)
                  : gv_words_unseen_vector(v->unseen, word, to, &ngrams, err);
    pthread_mutex_unlock(&v->unseen_lock);
    *known = ngrams > 0;
    return status;
}

int glovebox_no_vector(glovebox_vectors *v, const char *word, glovebox_error *err)
{
    const char *alike[ALIKE], *hint = "";
    gv_text list = GV_TEXT_INIT;
    char *text = NULL;
    if (gv_words_unseen_file(v->unseen))
        hint = "; none of its n-grams is known";
    else if (gv_words_unseen_foreign(v->unseen))
        hint = "; the subwords.bin beside the vectors belongs to others, so it is not used";
    const size_t n = gv_words_similar(alike, ALIKE, &v->words, word);
    for (size_t i = 0; i < n; i++)
        gv_text_printf(&list, "%s%.100s", i ? ", " : "; similar words: ", alike[i]);
    if (gv_text_take(&text, &list, NULL) != GV_OK)
        text = NULL;
    gv_error shown = GV_ERROR_INIT; /* which makes the words safe to show */
    gv_error_set(&shown, GV_E_RUNTIME, "no vector for '%.200s'%s%s", word, text ? text : "", hint);
    gv_mem_free(text);
    return glovebox_fail(err, GLOVEBOX_E_NOT_FOUND, "%s", shown.text);
}

int glovebox_vector(const glovebox_vectors *vectors, const char *word, float *to,
                    int *from_subwords, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    size_t row = SIZE_MAX;
    bool known = true;
    if (!vectors || !word || !to)
        return glovebox_null(err, "glovebox_vector", !vectors ? "vectors" : !word ? "word" : "to");
    glovebox_vectors *v = glovebox_lazily(vectors);
    int status = glovebox_find_row(&row, v, word, &why);
    if (status == GV_OK && row == SIZE_MAX)
        status = glovebox_make_unseen(v, word, false, to, &known, &why);
    if (status != GV_OK)
        return glovebox_translate(err, status, &why);
    if (!known)
        return glovebox_no_vector(v, word, err);
    if (row != SIZE_MAX)
        memcpy(to, glovebox_row(v, row), glovebox_dim(v) * sizeof *to);
    if (from_subwords)
        *from_subwords = row == SIZE_MAX;
    return GLOVEBOX_OK;
}
