#include "convert/gv_convert_subwords.h"

#include "base/gv_mem.h"
#include "vectors/gv_words_unseen.h"

/* What vector_of looks in. */
typedef struct finder {
    const gv_convert_subwords_vectors *vectors;
    float *row; /* [dim] */
} finder;

/* A gv_subwords_find_vector. */
static const float *vector_of(void *context, const char *word)
{
    const finder *f = context;
    const gv_vectors *read = f->vectors->read;
    if (read) {
        const size_t row = gv_vectors_find(read, word);
        return row == SIZE_MAX ? NULL : read->data + row * read->dim;
    }
    return gv_vectors_stream_find(f->vectors->stream, word, f->row) ? f->row : NULL;
}

static int belong(bool *yes, const gv_subwords *subwords,
                  const gv_convert_subwords_vectors *vectors, gv_error *err)
{
    finder f = {.vectors = vectors, .row = gv_mem_alloc(vectors->dim, sizeof(float), err)};
    if (!f.row)
        return GV_E_MEMORY;
    *yes = gv_subwords_belong(subwords, vectors->dim, vector_of, &f);
    gv_mem_free(f.row);
    return GV_OK;
}

/* That beside the vectors. */
static int look_beside(gv_subwords **subwords, const gv_convert_subwords_vectors *vectors,
                       gv_progress *progress, gv_error *err)
{
    char *path = NULL;
    bool yes = false;
    int status = gv_words_unseen_beside(&path, vectors->input, err);
    if (status == GV_OK && path)
        status = gv_subwords_open_if_there(subwords, path, err);
    if (status == GV_OK && *subwords)
        status = belong(&yes, *subwords, vectors, err);
    if (status == GV_OK && *subwords && !yes) {
        gv_progress_note(progress, "%s belongs to other vectors and is not used", path);
        gv_subwords_free(*subwords);
        *subwords = NULL;
    } else if (status == GV_OK && *subwords) {
        gv_progress_note(progress, "%s: %zu n-grams", path, gv_subwords_count(*subwords));
    }
    gv_mem_free(path);
    return status;
}

static int open_given(gv_subwords **subwords, const gv_convert_subwords_vectors *vectors,
                      const char *given, gv_error *err)
{
    bool yes = false;
    int status = gv_subwords_open(subwords, given, err);
    if (status == GV_OK)
        status = belong(&yes, *subwords, vectors, err);
    if (status == GV_OK && !yes)
        status = gv_error_set(err, GV_E_USAGE, "%s belongs to other vectors than %s", given,
                              vectors->input);
    return status;
}

int gv_convert_subwords_find(gv_subwords **subwords, const gv_convert_subwords_vectors *vectors,
                             const char *given, gv_progress *progress, gv_error *err)
{
    *subwords = NULL;
    int status = given ? open_given(subwords, vectors, given, err)
                       : look_beside(subwords, vectors, progress, err);
    if (status != GV_OK) {
        gv_subwords_free(*subwords);
        *subwords = NULL;
    } else if (!*subwords) {
        gv_progress_note(progress,
                         "without subwords.bin the fastText model knows no words but these");
    }
    return status;
}
