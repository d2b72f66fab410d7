/*
 * The table `word` of a store: vocabulary and row sums, each checked against its hash.
 */
#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "store/gv_store_internal.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- a row ------------------------------------------------------------------------------------ */

/* Feed the line of vocab.txt, `word SP count LF`. */
static void hash_line(gv_hash_state *hasher, const char *word, size_t bytes, uint64_t count)
{
    char end[GV_DECIMAL_WHOLE_MAX + 2];
    char *at = end;
    *at++ = ' ';
    at = gv_decimal_put_whole(at, count);
    *at++ = '\n';
    gv_hash_state_update(hasher, word, bytes);
    gv_hash_state_update(hasher, end, (size_t)(at - end));
}

static int take_text(gv_store *store, sqlite3_stmt *row, uint32_t id, uint64_t count, gv_error *err)
{
    const gv_store_reader_list *list = &store->list;
    const char *word = (const char *)sqlite3_column_text(row, 3);
    size_t bytes = (size_t)sqlite3_column_bytes(row, 3);
    if (!word) /* a text is NULL only where memory ran out */
        return gv_store_reader_sql_failed(store, SQLITE_NOMEM, err);
    const char *fault = gv_vocab_word_fault(word, bytes);
    if (fault)
        return gv_store_reader_damaged(store, err, "table 'word': id %" PRIu32 ": %s", id + 1,
                                       fault);
    if (list->seen)
        list->seen[id] = gv_hash_of(word, bytes);
    if (list->hasher)
        hash_line(list->hasher, word, bytes, count);
    if (list->words && !(list->words[id] = gv_mem_strdup(word, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

static int take_word(gv_store *store, sqlite3_stmt *row, uint32_t id, gv_error *err)
{
    gv_store_reader_list *list = &store->list;
    int64_t count = sqlite3_column_int64(row, 1), sum = sqlite3_column_int64(row, 2);
    if (count < 0 || sum < 0 || __builtin_add_overflow(list->total, (uint64_t)count, &list->total))
        return gv_store_reader_damaged(
            store, err, "table 'word': id %" PRIu32 ": its counts are out of range", id + 1);
    if (list->counts)
        list->counts[id] = (uint64_t)count;
    if (list->sums)
        list->sums[id] = (uint64_t)sum;
    bool text = list->words || list->seen || list->hasher;
    return text ? take_text(store, row, id, (uint64_t)count, err) : GV_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

static int load_words(gv_store *store, gv_store_reader_list list, gv_error *err)
{
    const gv_store_reader_table table = {
        "word", "SELECT id - 1, count, row_sum, word FROM word ORDER BY id", "iiit",
        store->info.vocab_size};
    store->list = list;
    return gv_store_reader_each_row(store, &table, take_word, err);
}

static int wrong_words(gv_store *store, gv_error *err)
{
    return gv_store_reader_damaged(store, err, "table 'word' does not match its hash");
}

static int load_vocab(gv_vocab **vocab, gv_store *store, gv_error *err)
{
    *vocab = NULL;
    size_t size = store->info.vocab_size;
    gv_store_reader_list list = {.words = gv_mem_alloc_zero(size, sizeof *list.words, err),
                                 .counts = gv_mem_alloc(size, sizeof *list.counts, err)};
    int status = list.words && list.counts ? load_words(store, list, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        /* a damaged table may hold the same word twice */
        status =
            gv_vocab_from_words(vocab, (const char *const *)list.words, list.counts, size, err);
        if (status != GV_OK)
            gv_error_prefix(err, "%s", store->path);
    }
    if (status == GV_OK && !gv_hash_equal(gv_vocab_hash(*vocab), store->info.vocab_hash)) {
        gv_vocab_free(*vocab);
        *vocab = NULL;
        status = wrong_words(store, err);
    }
    for (size_t i = 0; list.words && i < size; i++)
        gv_mem_free(list.words[i]);
    gv_mem_free(list.words);
    gv_mem_free(list.counts);
    return status;
}

int gv_store_vocab(gv_vocab **vocab, gv_store *store, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    int status = load_vocab(vocab, store, &own);
    return gv_store_reader_end(store, status, &own, err);
}

static int open_vocab(gv_vocab **vocab, const char *store_path, gv_error *err)
{
    gv_store *store = NULL;
    int status = gv_store_open(&store, store_path, 0, err);
    if (status == GV_OK)
        status = gv_store_vocab(vocab, store, err);
    gv_store_close(store);
    return status;
}

int gv_store_find_vocab(gv_vocab **vocab, const char *dir, gv_error *err)
{
    gv_file_stat text = {0}, tiles = {0};
    char *vocab_path = gv_file_path_join(dir, GV_FILE_VOCAB, err);
    char *store_path = gv_file_path_join(dir, GV_FILE_STORE, err);
    *vocab = NULL;
    int status = vocab_path && store_path ? gv_file_look(&text, vocab_path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&tiles, store_path, err);
    if (status == GV_OK && text.exists)
        status = gv_vocab_read(vocab, vocab_path, 0, err);
    else if (status == GV_OK && tiles.exists)
        status = open_vocab(vocab, store_path, err);
    gv_mem_free(store_path);
    gv_mem_free(vocab_path);
    return status;
}

static int check_row_sums(gv_store *store, const uint64_t *sums, gv_error *err)
{
    if (gv_hash_equal(gv_store_row_sum_hash(sums, store->info.vocab_size), store->row_sum_hash))
        return GV_OK;
    return gv_store_reader_damaged(store, err, "the row sums do not match their hash");
}

int gv_store_row_sums(uint64_t **sums, gv_store *store, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    gv_store_reader_list list = {.sums =
                                     gv_mem_alloc(store->info.vocab_size, sizeof *list.sums, &own)};
    int status = list.sums ? load_words(store, list, &own) : GV_E_MEMORY;
    if (status == GV_OK)
        status = check_row_sums(store, list.sums, &own);
    if (status != GV_OK) {
        gv_mem_free(list.sums);
        list.sums = NULL;
    }
    *sums = list.sums;
    return gv_store_reader_end(store, status, &own, err);
}

/* --- checking --------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
    const gv_hash *a = left, *b = right;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    return (a->low > b->low) - (a->low < b->low);
}

/* Words are compared by their checksums of 128 bits: 16 bytes a word instead of a vocabulary. */
static int check_distinct(gv_store *store, gv_hash *seen, gv_error *err)
{
    size_t n = store->info.vocab_size;
    qsort(seen, n, sizeof *seen, by_value);
    for (size_t i = 1; i < n; i++)
        if (gv_hash_equal(seen[i - 1], seen[i]))
            return gv_store_reader_damaged(store, err, "table 'word' has a word twice");
    return GV_OK;
}

int gv_store_check_words(gv_store *store, gv_error *err)
{
    size_t n = store->info.vocab_size;
    gv_error own = GV_ERROR_INIT;
    gv_store_reader_list list = {.seen = gv_mem_alloc(n, sizeof *list.seen, &own),
                                 .sums = gv_mem_alloc(n, sizeof *list.sums, &own),
                                 .hasher = gv_hash_state_new(&own)};
    int status =
        list.seen && list.sums && list.hasher ? load_words(store, list, &own) : GV_E_MEMORY;
    if (status == GV_OK &&
        !gv_hash_equal(gv_hash_state_digest(list.hasher), store->info.vocab_hash))
        status = wrong_words(store, &own);
    if (status == GV_OK)
        status = check_row_sums(store, list.sums, &own);
    if (status == GV_OK)
        status = check_distinct(store, list.seen, &own);
    gv_hash_state_free(list.hasher);
    gv_mem_free(list.sums);
    gv_mem_free(list.seen);
    return gv_store_reader_end(store, status, &own, err);
}
