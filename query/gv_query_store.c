/* gv_query_store - the commands that ask the store, and `info`. */
#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "app/gv_print.h"
#include "query/gv_query_internal.h"

#include <string.h>

enum { ALIKE = 5 };

static const char *vocab_word(const void *context, size_t i)
{
    return gv_vocab_word(context, (uint32_t)i);
}

/* X of a cell and its share of the row. */
static json_t *pair_json(const gv_query *query, const gv_store_pair *pair, uint32_t word)
{
    const gv_store_info *info = gv_store_about(query->store);
    const uint64_t sum = query->row_sums[word];
    return json_pack("{s:o, s:f, s:f}", "word",
                     gv_print_json(gv_vocab_word(query->vocab, pair->id)), "count",
                     (double)pair->value / (double)info->unit, "share",
                     sum ? (double)pair->value / (double)sum : 0.0);
}

static int fill_pairs(json_t *result, const gv_query *query, uint32_t word,
                      const gv_store_pair *pairs, size_t n, gv_error *err)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, pair_json(query, &pairs[i], word)) != 0) {
            json_decref(array);
            array = NULL;
        }
    return gv_query_set(result, "results", array, err);
}

int gv_query_pairs(json_t **result, gv_query *query, const gv_strings *operands, gv_error *err)
{
    const char *alike[ALIKE], *word = operands->items[0];
    int status = gv_query_need_store(query, err);
    if (status != GV_OK)
        return status;
    uint32_t id = gv_vocab_lookup(query->vocab, word, strlen(word));
    if (id == GV_NO_WORD)
        return gv_query_unknown("pairs", word, alike,
                                gv_words_spelt_like(alike, ALIKE, word, gv_vocab_size(query->vocab),
                                                    vocab_word, query->vocab),
                                err);
    gv_store_pair *pairs = NULL;
    size_t returned = 0, all = 0;
    status = gv_store_pairs(&pairs, &returned, &all, query->store, id, query->options.top, err);
    if (status != GV_OK)
        return status;
    *result =
        json_pack("{s:s, s:o, s:I, s:f, s:I}", "command", "pairs", "word", gv_print_json(word),
                  "occurrences", (json_int_t)gv_vocab_count(query->vocab, id), "sum",
                  (double)query->row_sums[id] / (double)gv_store_about(query->store)->unit,
                  "contexts", (json_int_t)all);
    status = *result ? fill_pairs(*result, query, id, pairs, returned, err)
                     : gv_error_set(err, GV_E_MEMORY, "out of memory while answering");
    gv_mem_free(pairs);
    return status;
}

/* --- info
 * ----------------------------------------------------------------------------------------- */

/* Describe the vectors, or say null where there are none; a damaged file is an error. */
static int vectors_info(json_t **out, gv_query *query, gv_error *err)
{
    gv_error missing = GV_ERROR_INIT;
    int status = gv_query_need_vectors(query, &missing);
    if (status == GV_E_USAGE && !query->options.vectors) {
        *out = json_null();
        return GV_OK;
    }
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", missing.text);
    const gv_vectors *vectors = query->words->vectors;
    *out = json_pack("{s:o, s:I, s:I, s:b, s:o}", "file", gv_print_json(query->vectors_path),
                     "words", (json_int_t)vectors->rows, "dimensions", (json_int_t)vectors->dim,
                     "unk", query->words->nearest.skip != GV_NO_ROW, "note",
                     vectors->note ? gv_print_json(vectors->note) : json_null());
    return *out ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory while answering");
}

static int store_info(json_t **out, gv_query *query, gv_error *err)
{
    gv_error missing = GV_ERROR_INIT;
    int status = gv_query_need_store(query, &missing);
    if (status == GV_E_USAGE && !query->options.store) {
        *out = json_null();
        return GV_OK;
    }
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", missing.text);
    const gv_store_info *info = gv_store_about(query->store);
    *out =
        json_pack("{s:o, s:I, s:I, s:I, s:b, s:I, s:I, s:s}", "file",
                  gv_print_json(query->store_path), "words", (json_int_t)info->vocab_size,
                  "records", (json_int_t)info->records, "window", (json_int_t)info->window,
                  "symmetric", (int)info->symmetric, "tiles", (json_int_t)info->tiles, "blob_bytes",
                  (json_int_t)info->blob_bytes, "content_hash", info->content_hash);
    return *out ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory while answering");
}

int gv_query_info(json_t **result, gv_query *query, const gv_strings *operands, gv_error *err)
{
    (void)operands;
    json_t *vectors = NULL, *store = NULL;
    int status = vectors_info(&vectors, query, err);
    if (status == GV_OK)
        status = store_info(&store, query, err);
    if (status != GV_OK) {
        json_decref(vectors);
        return status;
    }
    *result = json_pack("{s:s, s:s, s:o, s:o}", "command", "info", "run_dir", query->run_dir,
                        "vectors", vectors, "store", store);
    return *result ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory while answering");
}
