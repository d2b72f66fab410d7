/*
 * What all vector files share: names, dispatch by format, the growing result of the readers, and
 * the word index.
 *
 * The result grows as rows come, because headerless text does not say how many there are: numbers
 * in one array (realloc moves large blocks by remapping, not copying), words packed into blocks of
 * 1 MiB that never move. The index is an open-addressing table of row numbers, at most half full,
 * built once at the end; so a lookup is one hash and one or two comparisons, and the finished
 * object is read-only.
 */
#include "vectors/gv_vectors_internal.h"

#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <endian.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORD_BLOCK = 1 << 20 };

typedef struct word_block {
    struct word_block *next;
    size_t used, size;
    char bytes[];
} word_block;

/* gv_vectors.private_data */
typedef struct index {
    word_block *blocks;
    uint32_t *slots; /* row + 1, 0: free */
    size_t mask;     /* slots - 1, a power of two less one */
} index_table;

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

/* metadata.tsv beside the tensors: one word a line, and no header, as the Embedding Projector wants
 * it for a single column. */
static int write_labels(const char *tensor_path, const gv_vectors_source *source, gv_error *err)
{
    const char *slash = strrchr(tensor_path, '/');
    char *path = gv_mem_format(err, "%.*smetadata.tsv", slash ? (int)(slash + 1 - tensor_path) : 0,
                               tensor_path);
    gv_file_writer *out = NULL;
    int status = path ? gv_file_writer_open(&out, path, err) : GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < source->rows; row++) {
        const char *word = source->word(source->context, row);
        status = gv_vectors_check_word(path, GV_FORMAT_PROJECTOR, word, row, err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, word, strlen(word), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, "\n", 1, err);
    }
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

int gv_vectors_bytes(size_t *bytes, size_t rows, size_t dim, gv_error *err)
{
    size_t numbers;
    if (__builtin_mul_overflow(rows, dim, &numbers) ||
        __builtin_mul_overflow(numbers, sizeof(float), bytes))
        return gv_error_set(err, GV_E_MEMORY, "%zu vectors of %zu numbers exceed the address space",
                            rows, dim);
    return GV_OK;
}

/* --- the growing result ---------------------------------------------------------------------- */

void gv_vectors_free(gv_vectors *vectors)
{
    if (!vectors)
        return;
    index_table *table = vectors->private_data;
    for (word_block *block = table ? table->blocks : NULL, *next; block; block = next) {
        next = block->next;
        gv_mem_free(block);
    }
    if (table)
        gv_mem_free(table->slots);
    gv_mem_free(table);
    gv_mem_free(vectors->lines);
    gv_mem_free(vectors->metadata);
    gv_mem_free(vectors->note);
    gv_mem_free(vectors->words);
    gv_mem_free(vectors->data);
    gv_mem_free(vectors);
}

int gv_vectors_builder_begin(gv_vectors_builder *builder, const char *path, size_t dim,
                             const gv_vectors_options *options, gv_error *err)
{
    *builder = (gv_vectors_builder){.path = path,
                                    .limit = options->limit,
                                    .short_note = options->short_note,
                                    .wants_lines = options->lines};
    if (dim == 0 || dim > GV_VECTORS_MAX_DIM)
        return gv_error_set(err, GV_E_CORRUPT, "%s is damaged: it states %zu numbers per word",
                            path, dim);
    builder->vectors = gv_mem_alloc_zero(1, sizeof *builder->vectors, err);
    if (!builder->vectors)
        return GV_E_MEMORY;
    builder->vectors->dim = dim;
    builder->vectors->private_data = gv_mem_alloc_zero(1, sizeof(index_table), err);
    return builder->vectors->private_data ? GV_OK : GV_E_MEMORY;
}

int gv_vectors_builder_space(gv_vectors_builder *builder, float **to, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    /* The product is checked here, row by row, as only the headers of some formats state the
     * rows. */
    size_t bytes = 0;
    int status = gv_vectors_bytes(&bytes, vectors->rows + 1, vectors->dim, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&vectors->data, &builder->data_capacity, bytes / sizeof(float),
                                sizeof(float), err);
    if (status == GV_OK)
        *to = vectors->data + vectors->rows * vectors->dim;
    return status;
}

/* A copy of the word in the blocks. What is left in the block before stays unused: less than a word
 * in each MiB. */
static char *keep_word(index_table *table, const char *word, size_t length, gv_error *err)
{
    word_block *block = table->blocks;
    if (!block || block->size - block->used < length + 1) {
        size_t size = length + 1 > WORD_BLOCK ? length + 1 : WORD_BLOCK;
        block = gv_mem_alloc(sizeof *block + size, 1, err);
        if (!block)
            return NULL;
        block->next = table->blocks;
        block->used = 0;
        block->size = size;
        table->blocks = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, word, length);
    copy[length] = '\0';
    block->used += length + 1;
    return copy;
}

int gv_vectors_builder_add(gv_vectors_builder *builder, const char *word, size_t length,
                           gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    if (length == 0) {
        if (builder->unnamed++ == 0)
            builder->first_unnamed = builder->line ? builder->line : vectors->rows + 1;
        return GV_OK;
    }
    if (vectors->rows >= GV_VECTORS_MAX_ROWS)
        return gv_error_set(err, GV_E_RUNTIME, "%s has more than %u vectors", builder->path,
                            GV_VECTORS_MAX_ROWS);
    int status = gv_mem_reserve(&vectors->words, &builder->word_capacity, vectors->rows + 1,
                                sizeof(char *), err);
    if (status == GV_OK && builder->wants_lines && builder->line)
        status = gv_mem_reserve(&vectors->lines, &builder->line_capacity, vectors->rows + 1,
                                sizeof *vectors->lines, err);
    if (status != GV_OK)
        return status;
    if (vectors->lines)
        vectors->lines[vectors->rows] = builder->line;
    char *copy = keep_word(vectors->private_data, word, length, err);
    if (!copy)
        return GV_E_MEMORY;
    vectors->words[vectors->rows++] = copy;
    return GV_OK;
}

bool gv_vectors_builder_full(const gv_vectors_builder *builder)
{
    return builder->limit != 0 && builder->vectors->rows >= builder->limit;
}

int gv_vectors_builder_note(gv_vectors_builder *builder, gv_error *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *joined = builder->note ? gv_mem_format(err, "%s; %s", builder->note, text)
                                 : gv_mem_strdup(text, err);
    if (!joined)
        return GV_E_MEMORY;
    gv_mem_free(builder->note);
    builder->note = joined;
    return GV_OK;
}

/* Slot of the word, or the free slot where it belongs. The search ends because at least half of the
 * slots are free. */
static size_t find_slot(const gv_vectors *vectors, const index_table *table, const char *word)
{
    size_t slot = gv_hash_64(word, strlen(word), 0) & table->mask;
    while (table->slots[slot] && strcmp(vectors->words[table->slots[slot] - 1], word) != 0)
        slot = (slot + 1) & table->mask;
    return slot;
}

static int build_index(gv_vectors *vectors, gv_error *err)
{
    index_table *table = vectors->private_data;
    /* linear probing in a table at most half full looks at 1.5 slots for a word that is there and
     * at 2.5 for one that is not (Knuth, vol. 3, section 6.4) */
    size_t slots = 16;
    while (slots < 2 * vectors->rows)
        slots *= 2;
    table->slots = gv_mem_alloc_zero(slots, sizeof *table->slots, err);
    if (!table->slots)
        return GV_E_MEMORY;
    table->mask = slots - 1;
    for (size_t row = 0; row < vectors->rows; row++) {
        size_t slot = find_slot(vectors, table, vectors->words[row]);
        /* the first row of a word keeps it: rows are mostly ordered by falling frequency */
        if (table->slots[slot])
            vectors->duplicates++;
        else
            table->slots[slot] = (uint32_t)row + 1;
    }
    return GV_OK;
}

/* All bits of the exponent are set in infinity and NaN only. Without an early exit, so that the
 * loop vectorises: every number of the file passes here. */
static int row_is_finite(const float *row, size_t dim)
{
    unsigned odd = 0;
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &row[i], sizeof bits);
        odd |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !odd;
}

/* Words that show that the lines have more fields than one word and the numbers: a row number
 * before the word, quotes around it. */
static int note_words(gv_vectors_builder *builder, gv_error *err)
{
    const gv_vectors *vectors = builder->vectors;
    size_t blanks = 0, quoted = 0;
    for (size_t row = 0; row < vectors->rows; row++) {
        const char *word = vectors->words[row];
        size_t length = strlen(word);
        blanks += strpbrk(word, " \t") != NULL;
        quoted += length > 1 && word[0] == '"' && word[length - 1] == '"';
    }
    if (vectors->rows > 1 && blanks > vectors->rows / 2)
        return gv_vectors_builder_note(
            builder, err,
            "%zu of %zu words hold blanks, such as \"%.40s\"; do the lines begin with more than a "
            "word?",
            blanks, vectors->rows, vectors->words[0]);
    if (vectors->rows > 1 && quoted == vectors->rows)
        return gv_vectors_builder_note(builder, err,
                                       "all words are in double quotes, which are read as a part "
                                       "of them; remove them from the file");
    return GV_OK;
}

static int note_oddities(gv_vectors_builder *builder, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    int status = GV_OK;
    for (size_t row = 0; row < vectors->rows; row++)
        if (!row_is_finite(vectors->data + row * vectors->dim, vectors->dim))
            vectors->not_finite++;
    /* readers that leave out damaged lines have counted these in `skipped` */
    vectors->skipped += builder->unnamed;
    if (builder->unnamed)
        status = gv_vectors_builder_note(
            builder, err, "rows without a word, skipped: %" PRIu64 " (the first is %s %" PRIu64 ")",
            builder->unnamed, builder->line ? "line" : "row", builder->first_unnamed);
    if (status == GV_OK)
        status = note_words(builder, err);
    if (status == GV_OK && vectors->duplicates && !builder->short_note)
        status = gv_vectors_builder_note(
            builder, err, "rows with the word of an earlier row, ignored in lookups: %" PRIu64,
            vectors->duplicates);
    if (status == GV_OK && vectors->not_finite && !builder->short_note)
        status = gv_vectors_builder_note(
            builder, err, "rows with NaN or infinite numbers: %" PRIu64, vectors->not_finite);
    return status;
}

int gv_vectors_builder_end(gv_vectors_builder *builder, gv_vectors **result, int status,
                           enum gv_config_format format, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    if (status == GV_OK)
        status = build_index(vectors, err);
    if (status == GV_OK)
        status = note_oddities(builder, err);
    /* give back what growing left over, and have valid pointers also without any rows */
    if (status == GV_OK)
        status = gv_mem_resize(&vectors->data, vectors->rows * vectors->dim, sizeof(float), err);
    if (status == GV_OK)
        status = gv_mem_resize(&vectors->words, vectors->rows, sizeof(char *), err);
    if (status == GV_OK) {
        vectors->format = format;
        vectors->note = builder->note;
        *result = vectors;
    } else {
        gv_vectors_free(vectors);
        gv_mem_free(builder->note);
    }
    *builder = (gv_vectors_builder){0};
    return status;
}

size_t gv_vectors_find(const gv_vectors *vectors, const char *word)
{
    const index_table *table = vectors->private_data;
    if (vectors->own_find)
        return vectors->own_find(vectors, word);
    if (table) {
        size_t slot = find_slot(vectors, table, word);
        return table->slots[slot] ? table->slots[slot] - 1 : SIZE_MAX;
    }
    for (size_t row = 0; row < vectors->rows; row++) /* an object that a caller put together */
        if (strcmp(vectors->words[row], word) == 0)
            return row;
    return SIZE_MAX;
}
