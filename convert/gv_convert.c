/*
 * Converting: read the whole file into memory, change words that the output format cannot hold,
 * write. Since all is in memory, input and output may be the same file.
 */
#include "convert/gv_convert.h"
#include "convert/gv_convert_subwords.h"

#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "base/gv_utf8.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <string.h>

static const struct format_names {
    enum gv_config_format format;
    const char *name;
    const char *endings[4]; /* of file names */
} formats[] = {
    {GV_FORMAT_TEXT, "text", {".txt", ".vec", ".glove"}},
    /* before word2vec, whose ending is a part of this one */
    {GV_FORMAT_FASTTEXT, "fasttext", {".ft.bin"}},
    {GV_FORMAT_WORD2VEC, "word2vec", {".bin", ".w2v"}},
    {GV_FORMAT_SQLITE, "sqlite", {".db", ".sqlite", ".sqlite3"}},
    {GV_FORMAT_SAFETENSORS, "safetensors", {".safetensors"}},
    {GV_FORMAT_NPY, "npy", {".npy"}},
    {GV_FORMAT_PROJECTOR, "projector", {".tsv"}},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

const char *gv_convert_format_name(enum gv_config_format format)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].format == format)
            return formats[i].name;
    return "unknown";
}

int gv_convert_format(enum gv_config_format *format, const char *name, gv_error *err)
{
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, formats[i].name) == 0) {
            *format = formats[i].format;
            return GV_OK;
        }
    }
    const char *near = gv_config_nearest_name(name, names, FORMATS);
    return gv_error_set(
        err, GV_E_USAGE,
        "unknown format '%s'%s%s%s; formats are text, word2vec, fasttext, sqlite, safetensors, "
        "npy, projector",
        name, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* The format that a file name implies. */
static int format_of_path(enum gv_config_format *format, const char *path, gv_error *err)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < 4 && formats[i].endings[k]; k++)
            if (strlen(formats[i].endings[k]) <= length &&
                strcmp(path + length - strlen(formats[i].endings[k]), formats[i].endings[k]) == 0) {
                *format = formats[i].format;
                return GV_OK;
            }
    return gv_error_set(err, GV_E_USAGE,
                        "%s: cannot tell the format from the name; add --to FORMAT (text, "
                        "word2vec, fasttext, sqlite, safetensors, npy, projector)",
                        path);
}

/* --- words that the format cannot hold ---------------------------------------------------------
 */

static void replace_bytes(char *word, const char *unwanted)
{
    for (char *p = word; (p = strpbrk(p, unwanted)); p++)
        *p = '_';
}

static void replace_ill_formed(char *word)
{
    uint8_t *p = (uint8_t *)word, *end = p + strlen(word);
    while (p < end) {
        bool well_formed;
        size_t n = gv_utf8_unit(p, end, &well_formed);
        if (n == 0) {
            n = (size_t)(end - p);
            well_formed = false;
        }
        if (!well_formed)
            memset(p, '?', n);
        p += n;
    }
}

/* Change the words that the format cannot hold. Bytes are replaced one by one, so lengths stay. */
static void adapt_words(gv_vectors *vectors, enum gv_config_format format, gv_progress *progress)
{
    uint64_t changed = 0;
    for (size_t row = 0; row < vectors->rows; row++) {
        char *word = vectors->words[row];
        if (!gv_vectors_word_problem(format, word))
            continue;
        changed++;
        if (format == GV_FORMAT_SQLITE || format == GV_FORMAT_SAFETENSORS)
            replace_ill_formed(word);
        else
            replace_bytes(word, format == GV_FORMAT_TEXT       ? "\n"
                                : format == GV_FORMAT_WORD2VEC ? " \n"
                                                               : "\n\t\r");
    }
    if (changed)
        gv_progress_note(progress,
                         "words changed because the %s format cannot hold them: %" PRIu64
                         " (those bytes became '%c')",
                         gv_convert_format_name(format), changed,
                         format == GV_FORMAT_SQLITE || format == GV_FORMAT_SAFETENSORS ? '?' : '_');
}

/* Programs that read fastText's models take the file for damaged, or the last of several rows with
 * the same word; look-ups here find the first. */
static int drop_repeats(gv_vectors *vectors, gv_progress *progress, gv_error *err)
{
    const size_t dim = vectors->dim;
    size_t kept = 0;
    if (vectors->duplicates == 0)
        return GV_OK;
    bool *repeats = gv_mem_alloc(vectors->rows, sizeof *repeats, err);
    if (!repeats)
        return GV_E_MEMORY;
    for (size_t row = 0; row < vectors->rows; row++)
        repeats[row] = gv_vectors_find(vectors, vectors->words[row]) != row;
    for (size_t row = 0; row < vectors->rows; row++) {
        if (repeats[row])
            continue;
        vectors->words[kept] = vectors->words[row];
        memmove(vectors->data + kept++ * dim, vectors->data + row * dim, dim * sizeof(float));
    }
    gv_mem_free(repeats);
    vectors->rows = kept;
    gv_progress_note(
        progress, "rows with the word of an earlier row, left out of the fasttext file: %" PRIu64,
        vectors->duplicates);
    return GV_OK;
}

/* --- converting ----------------------------------------------------------------------------------
 */

static const char *row_word(void *context, size_t row)
{
    return ((const gv_vectors *)context)->words[row];
}

static void row_vector(void *context, size_t row, float *to)
{
    const gv_vectors *vectors = context;
    memcpy(to, vectors->data + row * vectors->dim, vectors->dim * sizeof(float));
}

static int write_words(const char *path, const gv_vectors *vectors, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    for (size_t row = 0; status == GV_OK && row < vectors->rows; row++) {
        status = gv_file_writer_write(out, vectors->words[row], strlen(vectors->words[row]), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, "\n", 1, err);
    }
    return gv_file_writer_end(&out, status, err);
}

static int write_vectors(gv_vectors *vectors, const gv_subwords *subwords, const char *output,
                         enum gv_config_format to, const gv_convert_options *options, gv_error *err)
{
    const gv_vectors_source source = {.rows = vectors->rows,
                                      .dim = vectors->dim,
                                      .context = vectors,
                                      .word = row_word,
                                      .vector = row_vector,
                                      .metadata = vectors->metadata,
                                      .subwords = subwords};
    if (options->header)
        return gv_vectors_write_word2vec_text(output, &source, gv_threads_available(), err);
    return gv_vectors_write_file(output, to, &source, gv_threads_available(), err);
}

static int read_input(gv_vectors **vectors, const char *input, const gv_convert_options *options,
                      gv_error *err)
{
    const gv_vectors_options reading = {.limit = options->limit,
                                        .format = options->from,
                                        .skip_damaged = options->skip_damaged,
                                        .words_path = options->words};
    return gv_vectors_read_with(vectors, input, &reading, err);
}

/* The format of the output. */
static int decide_target(enum gv_config_format *to, const char *output,
                         const gv_convert_options *options, gv_error *err)
{
    *to = options->to;
    int status = *to ? GV_OK : format_of_path(to, output, err);
    if (status == GV_OK && options->header && *to != GV_FORMAT_TEXT)
        status = gv_error_set(err, GV_E_USAGE, "--header is for the text format, not for %s",
                              gv_convert_format_name(*to));
    if (status == GV_OK && options->subwords && *to != GV_FORMAT_FASTTEXT)
        status = gv_error_set(err, GV_E_USAGE, "--subwords is for the fasttext format, not for %s",
                              gv_convert_format_name(*to));
    if (status == GV_OK && (*to == GV_FORMAT_SQLITE || *to == GV_FORMAT_PROJECTOR))
        status = gv_file_target_need_file(output, gv_convert_format_name(*to), err);
    return status;
}

int gv_convert_file(const char *input, const char *output, const gv_convert_options *options,
                    gv_progress *progress, gv_error *err)
{
    enum gv_config_format to;
    gv_vectors *vectors = NULL;
    gv_subwords *subwords = NULL;
    int status = decide_target(&to, output, options, err);
    if (status == GV_OK)
        status = read_input(&vectors, input, options, err);
    if (status != GV_OK)
        return status;
    gv_progress_note(progress, "%s: %s, %zu vectors of %zu numbers", input,
                     gv_convert_format_name(vectors->format), vectors->rows, vectors->dim);
    if (vectors->note)
        gv_progress_note(progress, "%s: %s", input, vectors->note);
    adapt_words(vectors, options->header ? GV_FORMAT_WORD2VEC : to, progress);
    if (to == GV_FORMAT_FASTTEXT)
        status =
            gv_convert_subwords_find(&subwords, vectors, input, options->subwords, progress, err);
    if (status == GV_OK && to == GV_FORMAT_FASTTEXT)
        status = drop_repeats(vectors, progress, err);
    if (status == GV_OK)
        status = write_vectors(vectors, subwords, output, to, options, err);
    if (status == GV_OK && options->words && vectors->format != GV_FORMAT_NPY)
        status = write_words(gv_file_target_path(options->words), vectors, err);
    else if (status == GV_OK && to == GV_FORMAT_NPY && !options->words)
        gv_progress_note(progress, "%s holds no words; --words FILE writes them to another file",
                         output);
    gv_subwords_free(subwords);
    gv_vectors_free(vectors);
    return status;
}
