#include "vectors/gv_words_unseen.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "subword/gv_subwords.h"
#include "vectors/gv_fasttext_file.h"
#include <string.h>

struct gv_words_unseen {
    const gv_words *words;
    char *path; /* of the n-grams */
    gv_subwords *subwords;
    gv_fasttext_file *model; /* or this has them; NULL, both: there are none */
    bool foreign;
    float *row; /* [dim] */
};

/* A gv_subwords_find_vector: the rows of `words` in the scale of their file. */
static const float *vector_of(void *context, const char *word)
{
    gv_words_unseen *unseen = context;
    const gv_words *words = unseen->words;
    const size_t row = gv_vectors_find(words->vectors, word), dim = words->vectors->dim;
    if (row == SIZE_MAX)
        return NULL;
    if (!words->length)
        return words->vectors->data + row * dim;
    for (size_t k = 0; k < dim; k++)
        unseen->row[k] = (float)(words->length[row] * words->vectors->data[row * dim + k]);
    return unseen->row;
}

int gv_words_unseen_beside(char **path, const char *vectors, gv_error *err)
{
    const char *slash = strrchr(vectors, '/');
    gv_file_stat stat = {0};
    *path = NULL;
    /* standard input has no neighbours */
    int status = strcmp(vectors, "-") == 0 ? GV_OK : gv_file_look(&stat, vectors, err);
    if (status != GV_OK || !stat.exists)
        return status;
    *path = gv_mem_format(err, "%.*s" GV_FILE_SUBWORDS, slash ? (int)(slash + 1 - vectors) : 0,
                          vectors);
    if (!*path)
        return GV_E_MEMORY;
    status = gv_file_look(&stat, *path, err);
    if (status != GV_OK || !stat.exists) {
        gv_mem_free(*path);
        *path = NULL;
    }
    return status;
}

static int open_subwords(gv_words_unseen *unseen, const char *vectors, gv_error *err)
{
    int status = gv_words_unseen_beside(&unseen->path, vectors, err);
    if (status == GV_OK && unseen->path)
        status = gv_subwords_open_if_there(&unseen->subwords, unseen->path, err);
    if (status != GV_OK || !unseen->subwords ||
        gv_subwords_belong(unseen->subwords, unseen->words->vectors->dim, vector_of, unseen))
        return status;
    unseen->foreign = true;
    gv_subwords_free(unseen->subwords);
    unseen->subwords = NULL;
    gv_mem_free(unseen->path);
    unseen->path = NULL;
    return GV_OK;
}

static int open_model(gv_words_unseen *unseen, const char *path, gv_error *err)
{
    const gv_vectors *vectors = unseen->words->vectors;
    if (vectors->format != GV_FORMAT_FASTTEXT || strcmp(path, "-") == 0)
        return GV_OK;
    int status = gv_fasttext_file_open(&unseen->model, path, err);
    if (status != GV_OK || !unseen->model)
        return status;
    if (gv_fasttext_file_dim(unseen->model) != vectors->dim)
        return gv_error_set(err, GV_E_CORRUPT, "%s has changed meanwhile", path);
    unseen->foreign = false;
    gv_mem_free(unseen->path);
    unseen->path = gv_mem_strdup(path, err);
    return unseen->path ? GV_OK : GV_E_MEMORY;
}

int gv_words_unseen_open(gv_words_unseen **result, const gv_words *words, const char *path,
                         gv_error *err)
{
    *result = NULL;
    gv_words_unseen *unseen = gv_mem_alloc_zero(1, sizeof *unseen, err);
    if (!unseen)
        return GV_E_MEMORY;
    unseen->words = words;
    unseen->row = gv_mem_alloc(words->vectors->dim, sizeof *unseen->row, err);
    int status = unseen->row ? open_subwords(unseen, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !unseen->subwords)
        status = open_model(unseen, path, err);
    if (status == GV_OK)
        *result = unseen;
    else
        gv_words_unseen_close(unseen);
    return status;
}

void gv_words_unseen_close(gv_words_unseen *unseen)
{
    if (!unseen)
        return;
    gv_subwords_free(unseen->subwords);
    gv_fasttext_file_close(unseen->model);
    gv_mem_free(unseen->path);
    gv_mem_free(unseen->row);
    gv_mem_free(unseen);
}

const char *gv_words_unseen_file(const gv_words_unseen *unseen)
{
    return unseen->subwords || unseen->model ? unseen->path : NULL;
}

bool gv_words_unseen_foreign(const gv_words_unseen *unseen)
{
    return unseen->foreign;
}

/* Of exactly this word. */
static int make_vector(gv_words_unseen *unseen, const char *word, float *to, size_t *known,
                       gv_error *err)
{
    return unseen->model ? gv_fasttext_file_vector(unseen->model, word, to, known, err)
                         : gv_subwords_vector(unseen->subwords, word, to, known, err);
}

int gv_words_unseen_exactly(gv_words_unseen *unseen, const char *word, float *to, size_t *known,
                            gv_error *err)
{
    *known = 0;
    memset(to, 0, unseen->words->vectors->dim * sizeof *to);
    return unseen->subwords || unseen->model ? make_vector(unseen, word, to, known, err) : GV_OK;
}

int gv_words_unseen_vector(gv_words_unseen *unseen, const char *word, float *to, size_t *known,
                           gv_error *err)
{
    const size_t dim = unseen->words->vectors->dim;
    char lower[GV_WORDS_FORM];
    *known = 0;
    memset(to, 0, dim * sizeof *to);
    if (!unseen->subwords && !unseen->model)
        return GV_OK;
    int status = make_vector(unseen, word, to, known, err);
    for (int form = 0; form < GV_WORDS_FORMS && status == GV_OK; form++) {
        size_t n = 0;
        if (!unseen->words->lower_case || !gv_words_lower_form(lower, word, form))
            continue;
        status = make_vector(unseen, lower, unseen->row, &n, err);
        /* lower case is as good as the word itself: there are no capitals in the vocabulary */
        if (n > *known || (n == *known && form == 0)) {
            *known = n;
            memcpy(to, unseen->row, dim * sizeof *to);
        }
    }
    return status;
}

int gv_words_unseen_unit(gv_words_unseen *unseen, const char *word, float *to, size_t *known,
                         gv_error *err)
{
    const size_t dim = unseen->words->vectors->dim;
    gv_nearest one; /* a matrix of one row: its normalisation is that of the others */
    int status = gv_words_unseen_vector(unseen, word, to, known, err);
    if (status == GV_OK)
        status = gv_nearest_init(&one, to, 1, dim, GV_NEAREST_NO_ROW, err);
    size_t k = 0;
    while (k < dim && to[k] == 0.0f)
        k++;
    *known = k < dim ? *known : 0;
    return status;
}
