/* gv_query_store - the commands that use the store, and `info`. */
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "query/gv_query_internal.h"

#include <string.h>

enum { ALIKE = 5 };

const char *gv_query_vocab_word(const void *vocab, size_t i)
{
    return gv_vocab_word(vocab, (uint32_t)i);
}

static size_t vocab_id(const void *vocab, const char *word)
{
    uint32_t id = gv_vocab_lookup(vocab, word, strlen(word));
    return id == GV_VOCAB_NO_WORD ? GV_NEAREST_NO_ROW : id;
}

/* The contexts of `word`: X of each cell and its share of the row. */
static void write_pairs(gv_json_writer *answer, const gv_query *query, uint32_t word,
                        const gv_store_pair *pairs, size_t n)
{
    const double unit = (double)gv_store_about(query->store)->unit;
    const double sum = (double)query->row_sums[word];
    gv_json_open_array(answer, "results");
    for (size_t i = 0; i < n; i++) {
        const double value = (double)pairs[i].value;
        gv_json_open_object(answer, NULL);
        gv_json_set_text(answer, "word", gv_vocab_word(query->vocab, pairs[i].id));
        gv_json_set_real(answer, "count", value / unit);
        gv_json_set_real(answer, "share", sum > 0.0 ? value / sum : 0.0);
        gv_json_close(answer);
    }
    gv_json_close(answer);
}

int gv_query_pairs(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                   gv_error *err)
{
    const char *alike[ALIKE], *word = operands->items[0];
    int status = gv_query_need_store(query, err);
    if (status != GV_OK)
        return status;
    size_t found = gv_words_find(word, query->lower_case, vocab_id, query->vocab);
    if (found == GV_NEAREST_NO_ROW) {
        size_t n = gv_words_spelt_like(alike, ALIKE, word, gv_vocab_size(query->vocab),
                                       gv_query_vocab_word, query->vocab);
        return gv_query_unknown("pairs", word, (gv_query_alike){alike, n}, "", err);
    }
    const uint32_t id = (uint32_t)found;
    gv_store_pair_list list;
    status = gv_store_pairs(&list, query->store, id, query->options.top, err);
    if (status != GV_OK)
        return status;
    gv_json_set_text(answer, "word", gv_vocab_word(query->vocab, id));
    gv_json_set_uint(answer, "occurrences", gv_vocab_count(query->vocab, id));
    gv_json_set_real(answer, "sum",
                     (double)query->row_sums[id] / (double)gv_store_about(query->store)->unit);
    gv_json_set_uint(answer, "contexts", list.contexts);
    write_pairs(answer, query, id, list.pairs, list.n);
    gv_mem_free(list.pairs);
    return GV_OK;
}

/* --- info ------------------------------------------------------------------------------------- */

/* Describe the vectors, or write null where there are none; a damaged file is an error. */
static int write_vectors(gv_json_writer *answer, gv_query *query, gv_error *err)
{
    gv_error missing = GV_ERROR_INIT;
    int status = gv_query_need_vectors(query, &missing);
    if (status == GV_E_USAGE && !query->options.vectors) {
        gv_json_set_null(answer, "vectors");
        return GV_OK;
    }
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", missing.text);
    const gv_vectors *vectors = query->words->vectors;
    gv_json_open_object(answer, "vectors");
    gv_json_set_text(answer, "file", query->vectors_path);
    gv_json_set_uint(answer, "words", vectors->rows);
    gv_json_set_uint(answer, "dimensions", vectors->dim);
    gv_json_set_bool(answer, "unk", query->words->nearest.skip != GV_NEAREST_NO_ROW);
    gv_json_set_text(answer, "note", vectors->note);
    status = gv_query_need_unseen(query, err);
    if (status == GV_OK && gv_words_unseen_file(query->unseen))
        gv_json_set_text(answer, "unseen_words", gv_words_unseen_file(query->unseen));
    gv_json_close(answer);
    return status;
}

static int write_store(gv_json_writer *answer, gv_query *query, gv_error *err)
{
    gv_error missing = GV_ERROR_INIT;
    int status = gv_query_need_store(query, &missing);
    if (status == GV_E_USAGE && !query->options.store) {
        gv_json_set_null(answer, "store");
        return GV_OK;
    }
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", missing.text);
    const gv_store_info *info = gv_store_about(query->store);
    gv_json_open_object(answer, "store");
    gv_json_set_text(answer, "file", query->store_path);
    gv_json_set_uint(answer, "words", info->vocab_size);
    gv_json_set_uint(answer, "records", info->records);
    gv_json_set_uint(answer, "window", info->window);
    gv_json_set_bool(answer, "symmetric", info->symmetric);
    gv_json_set_uint(answer, "tiles", info->tiles);
    gv_json_set_uint(answer, "blob_bytes", info->blob_bytes);
    gv_json_set_text(answer, "content_hash", info->content_hash);
    gv_json_close(answer);
    return GV_OK;
}

int gv_query_info(gv_json_writer *answer, gv_query *query, const gv_strings *operands,
                  gv_error *err)
{
    (void)operands;
    gv_json_set_text(answer, "run_dir", query->run_dir);
    int status = write_vectors(answer, query, err);
    return status == GV_OK ? write_store(answer, query, err) : status;
}
