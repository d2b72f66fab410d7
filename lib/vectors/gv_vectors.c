/*
 * What all vector files share: names, dispatch by format, words, numbers.
 */
#include "vectors/gv_vectors_internal.h"

#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <endian.h>
#include <string.h>

/* --- names and dispatch ------------------------------------------------------------------- */

size_t gv_vectors_files(const char *names[GV_VECTORS_FILES_MAX], unsigned formats)
{
    static const struct {
        unsigned format;
        const char *name;
    } files[GV_VECTORS_FILES_MAX] = {
        {GV_FORMAT_TEXT, "vectors.txt"},       {GV_FORMAT_WORD2VEC, "vectors.bin"},
        {GV_FORMAT_SQLITE, "vectors.db"},      {GV_FORMAT_SAFETENSORS, "vectors.safetensors"},
        {GV_FORMAT_NPY, "vectors.npy"},        {GV_FORMAT_PROJECTOR, "vectors.tsv"},
        {GV_FORMAT_PROJECTOR, "metadata.tsv"}, {GV_FORMAT_FASTTEXT, "vectors.ft.bin"},
    };
    size_t n = 0;
    for (size_t i = 0; i < GV_VECTORS_FILES_MAX; i++)
        if (formats & files[i].format)
            names[n++] = files[i].name;
    return n;
}

int gv_vectors_write(const char *dir, unsigned formats, const gv_vectors_source *source,
                     unsigned threads, gv_error *err)
{
    for (unsigned bit = 1; bit <= formats; bit <<= 1) {
        const char *names[GV_VECTORS_FILES_MAX];
        if (!(formats & bit) || gv_vectors_files(names, bit) == 0)
            continue;
        char *path = gv_file_path_join(dir, names[0], err);
        if (!path)
            return GV_E_MEMORY;
        int status = gv_vectors_write_file(path, (enum gv_config_format)bit, source, threads, err);
        gv_mem_free(path);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

int gv_vectors_labels_path(char **path, const char *table, gv_error *err)
{
    const char *slash = strrchr(table, '/');
    *path = gv_mem_format(err, "%.*smetadata.tsv", slash ? (int)(slash + 1 - table) : 0, table);
    return *path ? GV_OK : GV_E_MEMORY;
}

/* One word a line, and no header, as the Embedding Projector wants it for a single column. */
int gv_vectors_put_labels(gv_file_writer *out, const char *path, const gv_vectors_source *source,
                          gv_error *err)
{
    int status = GV_OK;
    for (size_t row = 0; status == GV_OK && row < source->rows; row++) {
        const char *word = source->word(source->context, row);
        status = gv_vectors_check_word(path, GV_FORMAT_PROJECTOR, word, row, err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, word, strlen(word), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, "\n", 1, err);
    }
    return status;
}

/* metadata.tsv beside the tensors. */
static int write_labels(const char *tensor_path, const gv_vectors_source *source, gv_error *err)
{
    char *path;
    gv_file_writer *out = NULL;
    int status = gv_vectors_labels_path(&path, tensor_path, err);
    if (status == GV_OK)
        status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK)
        status = gv_vectors_put_labels(out, path, source, err);
    status = gv_file_writer_end(&out, status, err);
    gv_mem_free(path);
    return status;
}

static int write_projector(const char *path, const gv_vectors_source *source, unsigned threads,
                           gv_error *err)
{
    const gv_vectors_style style = {.format = GV_FORMAT_PROJECTOR, .separator = '\t'};
    int status = gv_file_target_need_file(path, "projector", err);
    if (status == GV_OK)
        status = gv_vectors_write_text(path, &style, source, threads, err);
    return status == GV_OK ? write_labels(path, source, err) : status;
}

int gv_vectors_write_file(const char *path, enum gv_config_format format,
                          const gv_vectors_source *source, unsigned threads, gv_error *err)
{
    const gv_vectors_style text = {.format = GV_FORMAT_TEXT, .words = true, .separator = ' '};
    if (source->dim == 0 || source->dim > GV_VECTORS_MAX_DIM || source->rows > GV_VECTORS_MAX_ROWS)
        return gv_error_set(err, GV_E_RUNTIME,
                            "cannot write %s: %zu vectors of %zu numbers are out of range", path,
                            source->rows, source->dim);
    switch (format) {
    case GV_FORMAT_TEXT:
        return gv_vectors_write_text(path, &text, source, threads, err);
    case GV_FORMAT_WORD2VEC:
        return gv_vectors_write_word2vec(path, source, err);
    case GV_FORMAT_SQLITE:
        return gv_vectors_write_db(path, source, err);
    case GV_FORMAT_SAFETENSORS:
        return gv_vectors_write_safetensors(path, source, err);
    case GV_FORMAT_NPY:
        return gv_vectors_write_npy(path, source, err);
    case GV_FORMAT_PROJECTOR:
        return write_projector(path, source, threads, err);
    case GV_FORMAT_FASTTEXT:
        return gv_vectors_write_fasttext(path, source, err);
    }
    return gv_error_set(err, GV_E_RUNTIME, "cannot write %s: unknown format", path);
}

int gv_vectors_write_word2vec_text(const char *path, const gv_vectors_source *source,
                                   unsigned threads, gv_error *err)
{
    const gv_vectors_style style = {
        .format = GV_FORMAT_WORD2VEC, .header = true, .words = true, .separator = ' '};
    return gv_vectors_write_text(path, &style, source, threads, err);
}

/* --- words -------------------------------------------------------------------------------- */

const char *gv_vectors_word_problem(enum gv_config_format format, const char *word)
{
    /* npy holds no words. Text is split at line feeds, and its words are found from the end of the
     * line, so they may hold spaces; a binary word ends at its first space; a table's line is split
     * at tabs; JSON and SQLite's TEXT must be UTF-8; fastText's words end at a NUL. */
    if (format == GV_FORMAT_NPY)
        return NULL;
    if (*word == '\0')
        return "is empty";
    if (format == GV_FORMAT_FASTTEXT)
        return NULL;
    if (format == GV_FORMAT_SQLITE || format == GV_FORMAT_SAFETENSORS)
        return gv_utf8_valid(word, strlen(word)) ? NULL : "is not valid UTF-8";
    if (strchr(word, '\n'))
        return "contains a newline";
    if (format == GV_FORMAT_WORD2VEC && strchr(word, ' '))
        return "contains a space";
    if (format == GV_FORMAT_PROJECTOR && strpbrk(word, "\t\r"))
        return "contains a tab or carriage return";
    return NULL;
}

int gv_vectors_check_word(const char *path, enum gv_config_format format, const char *word,
                          size_t row, gv_error *err)
{
    const char *problem = gv_vectors_word_problem(format, word);
    if (!problem)
        return GV_OK;
    return gv_error_set(
        err, GV_E_RUNTIME,
        "cannot write %s: the word \"%.100s\" of row %zu %s, which this format does not allow",
        path, word, row + 1, problem);
}

/* --- numbers ------------------------------------------------------------------------------ */

void gv_vectors_hash_row(gv_hash_state *hasher, const char *word, const void *values, size_t bytes)
{
    gv_hash_state_update(hasher, word, strlen(word) + 1);
    gv_hash_state_update(hasher, values, bytes);
}

void gv_vectors_swap(float *values, size_t n)
{
#if __BYTE_ORDER == __BIG_ENDIAN
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        /* through memcpy: a swapped number may be a signalling NaN, which a floating-point register
         * could change */
        memcpy(&bits, &values[i], sizeof bits);
        bits = htole32(bits);
        memcpy(&values[i], &bits, sizeof bits);
    }
#else
    (void)values;
    (void)n;
#endif
}

int gv_vectors_source_check(const gv_vectors_source *source, int status, gv_error *err)
{
    return status == GV_OK && source->check ? source->check(source->context, err) : status;
}

int gv_vectors_bytes(size_t *bytes, size_t rows, size_t dim, gv_error *err)
{
    size_t numbers;
    if (__builtin_mul_overflow(rows, dim, &numbers) ||
        __builtin_mul_overflow(numbers, sizeof(float), bytes))
        return gv_error_set(err, GV_E_MEMORY, "%zu vectors of %zu numbers exceed the address space",
                            rows, dim);
    return GV_OK;
}
