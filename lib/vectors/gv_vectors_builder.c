/*
 * The growing result of the readers, and the word index.
 *
 * The result grows as rows come, because headerless text does not say how many there are: numbers
 * in one array (realloc moves large blocks by remapping, not copying), words packed into blocks of
 * 1 MiB that never move. The index is an open-addressing table of row numbers, at most half full,
 * built once at the end; so a lookup is one hash and one or two comparisons, and the finished
 * object is read-only.
 *
 * With a sink there is room for one row only: each is handed on as it is complete, and of the words
 * nothing is kept but checksums.
 */
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "vectors/gv_vectors_internal.h"
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
    gv_mem_free(vectors->counts);
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
                                    .wants_lines = options->lines,
                                    .sink = options->sink};
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
    size_t bytes = 0, before = builder->sink ? 0 : vectors->rows;
    int status = gv_vectors_bytes(&bytes, before + 1, vectors->dim, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&vectors->data, &builder->data_capacity, bytes / sizeof(float),
                                sizeof(float), err);
    if (status == GV_OK)
        *to = vectors->data + before * vectors->dim;
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

/* All bits of the exponent are set in infinity and NaN only. Without an early exit, so that the
 * loop vectorises: every number of the file passes here. */
static bool row_is_finite(const float *row, size_t dim)
{
    unsigned odd = 0;
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &row[i], sizeof bits);
        odd |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !odd;
}

int gv_vectors_builder_problem(const gv_vectors_builder *builder, enum gv_vectors_fault fault,
                               uint64_t line, const char *what, gv_error *err)
{
    const gv_vectors_problem problem = {
        .fault = fault,
        .line = line,
        .row = line || fault == GV_VECTORS_HEADER ? 0 : builder->vectors->rows + 1,
        .what = what};
    if (!builder->sink)
        return GV_OK;
    return builder->sink->problem(builder->sink->context, &problem, err);
}

static int skip_unnamed(gv_vectors_builder *builder, gv_error *err)
{
    if (builder->unnamed++ == 0)
        builder->first_unnamed = builder->line ? builder->line : builder->vectors->rows + 1;
    return gv_vectors_builder_problem(builder, GV_VECTORS_UNNAMED, builder->line,
                                      "has numbers but no word", err);
}

/* What note_words will need. */
static int look_at_word(gv_vectors_builder *builder, const char *word, size_t length, gv_error *err)
{
    builder->last_unknown = length == 5 && memcmp(word, "<unk>", 5) == 0;
    builder->quoted += length > 1 && word[0] == '"' && word[length - 1] == '"';
    if (!memchr(word, ' ', length) && !memchr(word, '\t', length))
        return GV_OK;
    if (builder->blanks++ > 0)
        return GV_OK;
    builder->blank_example = gv_mem_strndup(word, length < 40 ? length : 40, err);
    return builder->blank_example ? GV_OK : GV_E_MEMORY;
}

/* Room for the count of one more row; those of rows before the first one that has any are 0. */
static int reserve_count(gv_vectors_builder *builder, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    const bool first = !vectors->counts;
    int status = gv_mem_reserve(&vectors->counts, &builder->count_capacity, vectors->rows + 1,
                                sizeof *vectors->counts, err);
    if (status == GV_OK && first)
        memset(vectors->counts, 0, vectors->rows * sizeof *vectors->counts);
    return status;
}

/* Room for the word, line and count of one more row. */
static int reserve_row(gv_vectors_builder *builder, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    int status = gv_mem_reserve(&vectors->words, &builder->word_capacity, vectors->rows + 1,
                                sizeof(char *), err);
    if (status == GV_OK && builder->wants_lines && builder->line)
        status = gv_mem_reserve(&vectors->lines, &builder->line_capacity, vectors->rows + 1,
                                sizeof *vectors->lines, err);
    return status == GV_OK && (builder->count || vectors->counts) ? reserve_count(builder, err)
                                                                  : status;
}

static int keep_row(gv_vectors_builder *builder, const char *word, size_t length, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    int status = reserve_row(builder, err);
    if (status != GV_OK)
        return status;
    if (vectors->lines)
        vectors->lines[vectors->rows] = builder->line;
    if (vectors->counts)
        vectors->counts[vectors->rows] = builder->count;
    char *copy = keep_word(vectors->private_data, word, length, err);
    if (!copy)
        return GV_E_MEMORY;
    vectors->words[vectors->rows++] = copy;
    return GV_OK;
}

/* Hand the row to the sink. The word is copied, because it needs a NUL behind it. */
static int pass_row(gv_vectors_builder *builder, const char *word, size_t length, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    index_table *table = vectors->private_data;
    gv_vectors_row row = {.length = length,
                          .values = vectors->data,
                          .dim = vectors->dim,
                          .number = vectors->rows + 1,
                          .line = builder->line,
                          .count = builder->count,
                          .words_read = vectors->words_read,
                          .finite = row_is_finite(vectors->data, vectors->dim)};
    if (table->blocks)
        table->blocks->used = 0;
    row.word = keep_word(table, word, length, err);
    int status = row.word ? gv_vectors_seen_add(&builder->seen, word, length, &row.repeated, err)
                          : GV_E_MEMORY;
    if (status != GV_OK)
        return status;
    vectors->duplicates += row.repeated;
    vectors->not_finite += !row.finite;
    vectors->rows++;
    return builder->sink->row(builder->sink->context, &row, err);
}

int gv_vectors_builder_add(gv_vectors_builder *builder, const char *word, size_t length,
                           gv_error *err)
{
    if (length == 0)
        return skip_unnamed(builder, err);
    if (builder->vectors->rows >= GV_VECTORS_MAX_ROWS)
        return gv_error_set(err, GV_E_RUNTIME, "%s has more than %u vectors", builder->path,
                            GV_VECTORS_MAX_ROWS);
    int status = look_at_word(builder, word, length, err);
    if (status != GV_OK)
        return status;
    return builder->sink ? pass_row(builder, word, length, err)
                         : keep_row(builder, word, length, err);
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

/* Words that show that the lines have more fields than one word and the numbers: a row number
 * before the word, quotes around it. */
static int note_words(gv_vectors_builder *builder, gv_error *err)
{
    const size_t rows = builder->vectors->rows;
    if (rows > 1 && builder->blanks > rows / 2)
        return gv_vectors_builder_note(
            builder, err,
            "%" PRIu64
            " of %zu words hold blanks, such as \"%.40s\"; do the lines begin with more than a "
            "word?",
            builder->blanks, rows, builder->blank_example);
    if (rows > 1 && builder->quoted == rows)
        return gv_vectors_builder_note(builder, err,
                                       "all words are in double quotes, which are read as a part "
                                       "of them; remove them from the file");
    return GV_OK;
}

static int note_oddities(gv_vectors_builder *builder, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    int status = GV_OK;
    for (size_t row = 0; !builder->sink && row < vectors->rows; row++)
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

/* Give back what growing left over, and have valid pointers also without any rows. With a sink
 * nothing is kept. */
static int fit(gv_vectors *vectors, bool kept, gv_error *err)
{
    size_t rows = kept ? vectors->rows : 0;
    int status = gv_mem_resize(&vectors->data, rows * vectors->dim, sizeof(float), err);
    if (status == GV_OK)
        status = gv_mem_resize(&vectors->words, rows, sizeof(char *), err);
    return status;
}

int gv_vectors_builder_end(gv_vectors_builder *builder, gv_vectors **result, int status,
                           enum gv_config_format format, gv_error *err)
{
    gv_vectors *vectors = builder->vectors;
    if (status == GV_OK && !builder->sink)
        status = build_index(vectors, err);
    if (status == GV_OK)
        status = note_oddities(builder, err);
    if (status == GV_OK)
        status = fit(vectors, !builder->sink, err);
    if (status == GV_OK) {
        vectors->format = format;
        vectors->note = builder->note;
        *result = vectors;
    } else {
        gv_vectors_free(vectors);
        gv_mem_free(builder->note);
    }
    gv_mem_free(builder->blank_example);
    gv_vectors_seen_clear(&builder->seen);
    *builder = (gv_vectors_builder){0};
    return status;
}

int gv_vectors_pour(gv_vectors **result, const gv_vectors_sink *sink, gv_error *err)
{
    gv_vectors *vectors = *result;
    index_table *table = vectors->private_data;
    int status = GV_OK;
    for (size_t i = 0; i < vectors->rows && status == GV_OK; i++) {
        const float *values = vectors->data + i * vectors->dim;
        const gv_vectors_row row = {.word = vectors->words[i],
                                    .length = strlen(vectors->words[i]),
                                    .values = values,
                                    .dim = vectors->dim,
                                    .number = i + 1,
                                    .count = vectors->counts ? vectors->counts[i] : 0,
                                    .repeated = gv_vectors_find(vectors, vectors->words[i]) != i,
                                    .finite = row_is_finite(values, vectors->dim)};
        status = sink->row(sink->context, &row, err);
    }
    if (status == GV_OK)
        status = fit(vectors, false, err);
    gv_mem_free(vectors->counts);
    vectors->counts = NULL;
    gv_mem_free(table->slots);
    table->slots = NULL;
    if (status == GV_OK)
        return GV_OK;
    gv_vectors_free(vectors);
    *result = NULL;
    return status;
}

size_t gv_vectors_find(const gv_vectors *vectors, const char *word)
{
    const index_table *table = vectors->private_data;
    if (vectors->own_find)
        return vectors->own_find(vectors, word);
    if (table && !table->slots)
        return SIZE_MAX; /* the rows went to a sink */
    if (table) {
        size_t slot = find_slot(vectors, table, word);
        return table->slots[slot] ? table->slots[slot] - 1 : SIZE_MAX;
    }
    for (size_t row = 0; row < vectors->rows; row++) /* an object that a caller put together */
        if (strcmp(vectors->words[row], word) == 0)
            return row;
    return SIZE_MAX;
}