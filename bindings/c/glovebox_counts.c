/* How often the words of vectors occur in their corpus. */
#include "base/gv_mem.h"
#include "bindings/c/glovebox_internal.h"
#include "config/gv_run_names.h"
#include "store/gv_store.h"

#include <string.h>

static void total_counts(glovebox_vectors *v, const gv_vocab *vocab)
{
    v->total = gv_vocab_total(vocab);
    v->least = UINT64_MAX;
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++)
        if (gv_vocab_count(vocab, id) < v->least)
            v->least = gv_vocab_count(vocab, id);
    v->least += v->least == 0;
    v->total += v->total == 0;
}

static int read_counts(void *owner, gv_error *err)
{
    glovebox_vectors *v = owner;
    gv_vocab *vocab = NULL;
    const size_t rows = glovebox_rows(v);
    int status = gv_store_find_vocab(&vocab, v->dir, err);
    if (status == GV_OK && !vocab)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s has no " GV_FILE_VOCAB ", so the counts of words are not known",
                              v->dir);
    if (status == GV_OK && !v->count && !(v->count = gv_mem_alloc(rows, sizeof *v->count, err)))
        status = GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < rows; row++) {
        const char *word = glovebox_word(v, row);
        const uint32_t id = gv_vocab_lookup(vocab, word, strlen(word));
        v->count[row] = id == GV_VOCAB_NO_WORD ? 0 : gv_vocab_count(vocab, id);
    }
    if (status == GV_OK)
        total_counts(v, vocab);
    gv_vocab_free(vocab);
    return status;
}

int glovebox_need_counts(glovebox_vectors *v, gv_error *err)
{
    return glovebox_part_need(&v->counted, read_counts, v, err);
}

int glovebox_count(const glovebox_vectors *vectors, size_t row, uint64_t *count,
                   glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!vectors || !count)
        return glovebox_null(err, "glovebox_count", !vectors ? "vectors" : "count");
    if (row >= glovebox_rows(vectors))
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT, "glovebox_count: there is no row %zu", row);
    glovebox_vectors *v = glovebox_lazily(vectors);
    int status = glovebox_need_counts(v, &why);
    if (status == GV_OK)
        *count = v->count[row];
    return glovebox_translate(err, status, &why);
}
