/*
 * Matrix Market, and lines `word word value`. Of a symmetric matrix, Matrix Market holds the lower
 * triangle, which is the stored half with rows and columns exchanged.
 */
#include "base/gv_decimal.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "counts/gv_matrix_writer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER = 32, CACHED = 4096 };

/* Decimals of values: most counts of a corpus are few small ones, and printing a double takes
 * microseconds. A value has one place, by a hash of its bits. */
typedef struct decimals {
    struct {
        double value;
        uint8_t length; /* 0: none yet */
        char text[NUMBER];
    } cached[CACHED];
} decimals;

/* The shortest of 15, 16 or 17 digits that reads back as the value; returns its length. */
static size_t format_value(char to[NUMBER], double value)
{
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(to, NUMBER, "%.*g", digits, value);
        if (strtod(to, NULL) == value)
            break;
    }
    return (size_t)length;
}

/* The same through the cache. */
static size_t put_value(decimals *d, char to[NUMBER], double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    /* the top bits of a product with 2^64 divided by the golden ratio (Knuth, vol. 3, 6.4) */
    size_t place = bits * UINT64_C(0x9e3779b97f4a7c15) >> 52;
    if (d->cached[place].length == 0 || d->cached[place].value != value) {
        d->cached[place].length = (uint8_t)format_value(d->cached[place].text, value);
        d->cached[place].value = value;
    }
    memcpy(to, d->cached[place].text, d->cached[place].length);
    return d->cached[place].length;
}

static int begin(gv_matrix_writer *writer, gv_error *err)
{
    writer->state = gv_mem_alloc_zero(1, sizeof(decimals), err);
    return writer->state ? GV_OK : GV_E_MEMORY;
}

static void clear(gv_matrix_writer *writer)
{
    gv_mem_free(writer->state);
}

static int put_market(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                      gv_error *err)
{
    char line[2 * GV_DECIMAL_WHOLE_MAX + NUMBER + 3], *end = line;
    end = gv_decimal_put_whole(end, (uint64_t)(writer->half ? column : row) + 1);
    *end++ = ' ';
    end = gv_decimal_put_whole(end, (uint64_t)(writer->half ? row : column) + 1);
    *end++ = ' ';
    end += put_value(writer->state, end, value);
    *end++ = '\n';
    return gv_file_writer_write(writer->out, line, (size_t)(end - line), err);
}

static int finish(gv_matrix_writer *writer, gv_error *err)
{
    (void)writer, (void)err;
    return GV_OK;
}

/* What the matrix was made from, as comments. Readers of the format expect lines of fewer than
 * 1,024 bytes. */
static int put_comments(gv_matrix_writer *writer, gv_error *err)
{
    enum { LONGEST = 900 };
    const gv_counts_info *info = writer->info;
    const char *recipe = info->recipe ? info->recipe : "{}";
    char hex[GV_HASH_HEX];
    gv_hash_hex(info->vocab_hash, hex);
    int status =
        gv_file_writer_printf(writer->out, err,
                              "%% glovebox " GV_VERSION ": co-occurrence counts of %" PRIu32
                              " words; XXH3-128 of the vocabulary: %s\n%% made with\n",
                              info->vocab_size, hex);
    while (status == GV_OK && *recipe) {
        size_t n = strlen(recipe);
        n = n > LONGEST ? gv_utf8_cut(recipe, LONGEST) : n;
        status = gv_file_writer_printf(writer->out, err, "%% %.*s\n", (int)n, recipe);
        recipe += n;
    }
    return status;
}

int gv_matrix_writer_begin_market(gv_matrix_writer *writer, gv_error *err)
{
    const gv_counts_info *info = writer->info;
    writer->half = info->symmetric;
    writer->put = put_market;
    writer->finish = finish;
    writer->clear = clear;
    int status = begin(writer, err);
    if (status != GV_OK)
        return status;
    status = gv_file_writer_printf(writer->out, err, "%%%%MatrixMarket matrix coordinate real %s\n",
                                   writer->half ? "symmetric" : "general");
    if (status == GV_OK)
        status = put_comments(writer, err);
    if (status != GV_OK)
        return status;
    return gv_file_writer_printf(writer->out, err, "%" PRIu32 " %" PRIu32 " %" PRIu64 "\n",
                                 info->vocab_size, info->vocab_size,
                                 writer->half ? info->cells : info->records);
}

/* A word, in quotes where commas or quotes would be misread. */
static int put_word(gv_matrix_writer *writer, uint32_t id, gv_error *err)
{
    const char *word = gv_vocab_word(writer->vocab, id);
    if (writer->separator != ',' || !strpbrk(word, ",;\""))
        return gv_file_writer_write(writer->out, word, strlen(word), err);
    int status = gv_file_writer_write(writer->out, "\"", 1, err);
    for (const char *p = word; *p && status == GV_OK; p++)
        status = gv_file_writer_write(writer->out, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1, err);
    return status == GV_OK ? gv_file_writer_write(writer->out, "\"", 1, err) : status;
}

static int put_line(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                    gv_error *err)
{
    char number[NUMBER + 2];
    number[0] = writer->separator;
    size_t length = 1 + put_value(writer->state, number + 1, value);
    number[length++] = '\n';
    int status = put_word(writer, row, err);
    if (status == GV_OK)
        status = gv_file_writer_write(writer->out, &writer->separator, 1, err);
    if (status == GV_OK)
        status = put_word(writer, column, err);
    return status == GV_OK ? gv_file_writer_write(writer->out, number, length, err) : status;
}

int gv_matrix_writer_begin_text(gv_matrix_writer *writer, gv_error *err)
{
    writer->put = put_line;
    writer->finish = finish;
    writer->clear = clear;
    return begin(writer, err);
}
