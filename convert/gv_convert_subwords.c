#include "convert/gv_convert_subwords.h"

#include "base/gv_mem.h"
#include "vectors/gv_words_unseen.h"

/* A gv_subwords_find_vector. */
static const float *vector_of(void *context, const char *word)
{
    const gv_vectors *vectors = context;
    size_t row = gv_vectors_find(vectors, word);
    return row == SIZE_MAX ? NULL : vectors->data + row * vectors->dim;
}

/* Borrowed from the caller's vectors, which it does not change. */
static bool belongs(const gv_subwords *subwords, const gv_vectors *vectors)
{
    gv_vectors copy = *vectors;
    return gv_subwords_belong(subwords, vectors->dim, vector_of, &copy);
}

/* That beside the vectors. */
static int look_beside(gv_subwords **subwords, const gv_vectors *vectors, const char *input,
                       gv_progress *progress, gv_error *err)
{
    char *path = NULL;
    int status = gv_words_unseen_beside(&path, input, err);
    if (status == GV_OK && path)
        status = gv_subwords_open_if_there(subwords, path, err);
    if (status == GV_OK && *subwords && !belongs(*subwords, vectors)) {
        gv_progress_note(progress, "%s belongs to other vectors and is not used", path);
        gv_subwords_free(*subwords);
        *subwords = NULL;
    } else if (status == GV_OK && *subwords) {
        gv_progress_note(progress, "%s: %zu n-grams", path, gv_subwords_count(*subwords));
    }
    gv_mem_free(path);
    return status;
}

int gv_convert_subwords_find(gv_subwords **subwords, const gv_vectors *vectors, const char *input,
                             const char *given, gv_progress *progress, gv_error *err)
{
    *subwords = NULL;
    int status = given ? gv_subwords_open(subwords, given, err)
                       : look_beside(subwords, vectors, input, progress, err);
    if (status == GV_OK && given && !belongs(*subwords, vectors)) {
        gv_subwords_free(*subwords);
        *subwords = NULL;
        return gv_error_set(err, GV_E_USAGE, "%s belongs to other vectors than %s", given, input);
    }
    if (status == GV_OK && !*subwords)
        gv_progress_note(progress,
                         "without subwords.bin the fastText model knows no words but these");
    return status;
}
