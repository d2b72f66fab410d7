#include "cooccur/vocab/gv_vocab_order.h"

#include "base/gv_decimal.h"
#include "base/gv_mem.h"
#include "cooccur/vocab/gv_vocab_merge.h"
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
    gv_mem_free(order->added);
}

int gv_vocab_order_extend(gv_vocab_order *order, const gv_vocab *vocab, gv_error *err)
{
    order->added = gv_mem_alloc_zero(gv_vocab_size(vocab), sizeof *order->added, err);
    order->extended = vocab;
    return order->added ? GV_OK : GV_E_MEMORY;
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

/* Add a word to the list. */
static int list_word(gv_vocab_order *order, const gv_word_table_word *word, gv_error *err)
{
    if (gv_word_table_append(&order->list, word))
        return GV_OK;
    int status = spill(order, err);
    if (status == GV_OK)
        gv_word_table_append(&order->list, word); /* an empty list has room */
    return status;
}

/* The id of a word in the vocabulary that is extended; GV_VOCAB_NO_WORD if it is new. */
static uint32_t id_of_old(const gv_vocab_order *order, const gv_word_table_word *word)
{
    return order->extended ? gv_vocab_lookup(order->extended, word->text, word->length)
                           : GV_VOCAB_NO_WORD;
}

int gv_vocab_order_add(void *context, const gv_word_table_word *word, gv_error *err)
{
    gv_vocab_order *order = context;
    const uint32_t old = id_of_old(order, word);
    order->distinct++;
    if (old != GV_VOCAB_NO_WORD) {
        order->added[old] = word->count;
        return GV_OK;
    }
    return word->count < order->config->vocab_min_count ? GV_OK : list_word(order, word, err);
}

/* The words that were there before, with their counts of then and now. */
static int list_old(gv_vocab_order *order, gv_error *err)
{
    const gv_vocab *old = order->extended;
    int status = GV_OK;
    for (uint32_t id = 0; old && id < gv_vocab_size(old) && status == GV_OK; id++) {
        gv_word_table_word word = {.text = gv_vocab_word(old, id),
                                   .length = gv_vocab_word_length(old, id)};
        if (__builtin_add_overflow(gv_vocab_count(old, id), order->added[id], &word.count))
            return gv_error_set(err, GV_E_RUNTIME, "the count of \"%s\" exceeds 64 bits",
                                word.text);
        status = list_word(order, &word, err);
    }
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

/* Has vocab.max_size no room for this word? Words that are extended are never left out. */
static bool is_left_out(gv_vocab_order *order, const gv_word_table_word *word)
{
    const uint64_t most = order->config->vocab_max_size;
    const uint64_t old = order->extended ? gv_vocab_size(order->extended) : 0;
    if (id_of_old(order, word) != GV_VOCAB_NO_WORD)
        return false;
    if (most > 0 && order->new_words + old >= most)
        return true;
    order->new_words++;
    return false;
}

/* A gv_vocab_merge_take: words in their final order become lines of vocab.txt. */
static int write_word(void *context, const gv_word_table_word *word, gv_error *err)
{
    gv_vocab_order *order = context;
    const gv_config *config = order->config;
    if (id_of_old(order, word) == GV_VOCAB_NO_WORD &&
        gv_stop_words_has(order->stop, word->text, word->length)) {
        order->stopped++;
        order->stopped_tokens += word->count;
        return GV_OK;
    }
    if (is_left_out(order, word))
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
        status = list_old(order, err);
    if (status == GV_OK)
        status = write_words(order, err);
    if (status == GV_OK && order->words == 0 && !may_be)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "none of %" PRIu64 " distinct words%s occurs at least %" PRIu64
                              " times; lower vocab.min_count",
                              order->distinct,
                              order->stopped > 0 ? " (but some of vocab.stop_file)" : "",
                              order->config->vocab_min_count);
    return status == GV_OK ? gv_file_writer_commit(&order->out, err) : status;
}
