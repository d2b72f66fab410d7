#include "cooccur/vocab/gv_vocab_order.h"

#include "base/gv_decimal.h"
#include "cooccur/vocab/gv_vocab_merge.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <string.h>

void gv_vocab_order_init(gv_vocab_order *order, const gv_config *config, const char *temp_dir,
                         size_t run_buffer)
{
    *order = (gv_vocab_order){.config = config};
    gv_vocab_run_set_init(&order->runs, temp_dir, GV_WORD_TABLE_BY_COUNT, run_buffer);
}

void gv_vocab_order_clear(gv_vocab_order *order)
{
    gv_word_table_free(&order->list);
    gv_vocab_run_set_clear(&order->runs);
    gv_file_writer_abort(&order->out);
}

int gv_vocab_order_begin(gv_vocab_order *order, uint64_t bytes, gv_error *err)
{
    return gv_word_table_init(&order->list, true, bytes, err);
}

/* Write the list as a run and empty it. */
static int spill(gv_vocab_order *order, gv_error *err)
{
    gv_word_table_sort(&order->list, GV_WORD_TABLE_BY_COUNT);
    int status = gv_vocab_run_write_table(&order->runs, &order->list, order->runs.buffer, err);
    gv_word_table_clear(&order->list);
    return status;
}

int gv_vocab_order_add(void *context, const gv_word_table_word *word, gv_error *err)
{
    gv_vocab_order *order = context;
    order->distinct++;
    if (word->count < order->config->vocab_min_count)
        return GV_OK;
    if (gv_word_table_append(&order->list, word))
        return GV_OK;
    int status = spill(order, err);
    if (status == GV_OK)
        gv_word_table_append(&order->list, word); /* an empty list has room */
    return status;
}

void gv_vocab_order_take_table(gv_vocab_order *order, gv_word_table *table)
{
    /* no copy of the words: the table's own memory becomes the list */
    order->distinct = table->used;
    gv_word_table_keep(table, order->config->vocab_min_count);
    order->list = *table;
    *table = (gv_word_table){0};
}

/* A gv_vocab_merge_take: words in their final order become lines of vocab.txt. */
static int write_word(void *context, const gv_word_table_word *word, gv_error *err)
{
    gv_vocab_order *order = context;
    const gv_config *config = order->config;
    if (config->vocab_max_size > 0 && order->words >= config->vocab_max_size)
        return GV_OK;
    if (order->words >= GV_VOCAB_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the corpus has more than %" PRIu32
                            " words that occur at least %" PRIu64
                            " times; raise vocab.min_count or set vocab.max_size",
                            (uint32_t)GV_VOCAB_MAX, config->vocab_min_count);
    order->words++;
    order->covered += word->count;
    gv_vocab_notes_see(&order->notes, word->text, word->length);
    char line[GV_TOKEN_MAX + GV_DECIMAL_WHOLE_MAX + 2];
    memcpy(line, word->text, word->length);
    char *at = line + word->length;
    *at++ = ' ';
    at = gv_decimal_put_whole(at, word->count);
    *at++ = '\n';
    return gv_file_writer_write(order->out, line, (size_t)(at - line), err);
}

static int write_words(gv_vocab_order *order, gv_error *err)
{
    if (order->runs.n == 0) {
        gv_word_table_sort(&order->list, GV_WORD_TABLE_BY_COUNT);
        return gv_vocab_merge_tables(&order->list, 1, GV_WORD_TABLE_BY_COUNT, write_word, order,
                                     err);
    }
    int status = spill(order, err);
    gv_word_table_free(&order->list); /* its memory goes to the buffers of the merge */
    order->spilled_runs += order->runs.n;
    if (status == GV_OK)
        status = gv_vocab_merge_reduce(&order->runs, 1, GV_BUDGET_FAN_IN, err);
    return status == GV_OK ? gv_vocab_merge_runs(&order->runs, write_word, order, err) : status;
}

int gv_vocab_order_write(gv_vocab_order *order, const char *path, bool may_be, gv_error *err)
{
    int status = gv_file_writer_open(&order->out, path, err);
    if (status == GV_OK)
        status = write_words(order, err);
    if (status == GV_OK && order->words == 0 && !may_be)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "none of %" PRIu64 " distinct words occurs at least %" PRIu64
                              " times; lower vocab.min_count",
                              order->distinct, order->config->vocab_min_count);
    return status == GV_OK ? gv_file_writer_commit(&order->out, err) : status;
}
