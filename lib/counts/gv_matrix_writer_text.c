/*
 * Matrix Market, and lines `word word value`. Of a symmetric matrix, Matrix Market holds the lower
 * triangle, which is the stored half with rows and columns exchanged.
 */
#include "base/gv_decimal.h"
#include "counts/gv_matrix_writer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER = 32 };

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

static int put_market(gv_matrix_writer *writer, uint32_t row, uint32_t column, double value,
                      gv_error *err)
{
    char line[2 * GV_DECIMAL_WHOLE_MAX + NUMBER + 3], *end = line;
    end = gv_decimal_put_whole(end, (uint64_t)(writer->half ? column : row) + 1);
    *end++ = ' ';
    end = gv_decimal_put_whole(end, (uint64_t)(writer->half ? row : column) + 1);
    *end++ = ' ';
    end += format_value(end, value);
    *end++ = '\n';
    return gv_file_writer_write(writer->out, line, (size_t)(end - line), err);
}

static int finish(gv_matrix_writer *writer, gv_error *err)
{
    (void)writer, (void)err;
    return GV_OK;
}

int gv_matrix_writer_begin_market(gv_matrix_writer *writer, gv_error *err)
{
    const gv_counts_info *info = writer->info;
    writer->half = info->symmetric;
    writer->put = put_market;
    writer->finish = finish;
    return gv_file_writer_printf(writer->out, err,
                                 "%%%%MatrixMarket matrix coordinate real %s\n%" PRIu32 " %" PRIu32
                                 " %" PRIu64 "\n",
                                 writer->half ? "symmetric" : "general", info->vocab_size,
                                 info->vocab_size, writer->half ? info->cells : info->records);
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
    size_t length = 1 + format_value(number + 1, value);
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
    (void)err;
    writer->put = put_line;
    writer->finish = finish;
    return GV_OK;
}
