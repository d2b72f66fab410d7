#include "embed/gv_embed_words.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "store/gv_store.h"
#include "vectors/gv_words.h"
#include "vectors/gv_words_unseen.h"
#include <string.h>

/* --- keys ------------------------------------------------------------------------------------- */

/* Can a text hold the word of this row, and does no earlier row have it? */
static bool is_key(const gv_vectors *vectors, size_t row)
{
    const char *word = vectors->words[row];
    return !gv_vocab_word_fault(word, strlen(word)) && gv_vectors_find(vectors, word) == row;
}

static int make_keys(gv_embed_words *words, gv_error *err)
{
    const gv_vectors *vectors = words->vectors;
    uint32_t n = 0;
    const char **text = gv_mem_alloc(vectors->rows, sizeof *text, err);
    words->row = gv_mem_alloc(vectors->rows, sizeof *words->row, err);
    uint64_t *none = gv_mem_alloc_zero(vectors->rows, sizeof *none, err);
    int status = text && words->row && none ? GV_OK : GV_E_MEMORY;
    for (size_t row = 0; status == GV_OK && row < vectors->rows; row++)
        if (is_key(vectors, row)) {
            text[n] = vectors->words[row];
            words->row[n++] = (uint32_t)row;
        }
    if (status == GV_OK && n == 0)
        status =
            gv_error_set(err, GV_E_CORRUPT, "%s has no words that a text could hold", words->path);
    if (status == GV_OK)
        status = gv_vocab_from_words(&words->keys, text, none, n, err);
    gv_mem_free(text);
    gv_mem_free(none);
    return status;
}

/* --- counts ----------------------------------------------------------------------------------- */

static int read_counts(gv_embed_words *words, const char *run_dir, gv_error *err)
{
    gv_vocab *vocab = NULL;
    const uint32_t n = gv_vocab_size(words->keys);
    int status = gv_store_find_vocab(&vocab, run_dir, err);
    if (status == GV_OK && !vocab)
        status =
            gv_error_set(err, GV_E_USAGE,
                         "%s has no " GV_FILE_VOCAB ", by whose counts words are weighted; give "
                         "--run-dir DIR with one, or --weights mean",
                         run_dir);
    if (status == GV_OK && !(words->count = gv_mem_alloc(n, sizeof *words->count, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK) {
        words->total = gv_vocab_total(vocab);
        words->least = UINT64_MAX;
        for (uint32_t i = 0; i < gv_vocab_size(vocab); i++)
            if (gv_vocab_count(vocab, i) < words->least)
                words->least = gv_vocab_count(vocab, i);
        words->least += words->least == 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t id = gv_vocab_lookup(vocab, gv_vocab_word(words->keys, i),
                                          gv_vocab_word_length(words->keys, i));
            uint64_t count = id == GV_VOCAB_NO_WORD ? 0 : gv_vocab_count(vocab, id);
            words->count[i] = count > 0 ? count : words->least;
        }
        words->total += words->total == 0;
    }
    gv_vocab_free(vocab);
    return status;
}

/* --- n-grams ---------------------------------------------------------------------------------- */

static const float *find_vector(void *context, const char *word)
{
    const gv_vectors *vectors = context;
    const size_t row = gv_vectors_find(vectors, word);
    return row == SIZE_MAX ? NULL : vectors->data + row * vectors->dim;
}

static int open_subwords(gv_embed_words *words, const gv_embed_words_options *options,
                         gv_error *err)
{
    char *path = NULL;
    const bool should_be_there = !options->vectors && options->config->output_subwords &&
                                 words->vectors->format != GV_FORMAT_FASTTEXT;
    int status = gv_words_unseen_beside(&path, words->path, err);
    if (status == GV_OK && path)
        status = gv_subwords_open_if_there(&words->subwords, path, err);
    else if (status == GV_OK && should_be_there)
        gv_progress_note(options->progress,
                         "%s has no " GV_FILE_SUBWORDS ", so words that are not in the vocabulary "
                         "have no vectors; glove-train makes it again",
                         options->run_dir);
    if (status == GV_OK && words->subwords &&
        !gv_subwords_belong(words->subwords, words->vectors->dim, find_vector, words->vectors)) {
        if (!options->vectors && words->vectors->format != GV_FORMAT_FASTTEXT)
            gv_progress_note(options->progress,
                             "%s belongs to other vectors than %s and is not used; glove-train "
                             "writes both",
                             path, words->path);
        gv_subwords_free(words->subwords);
        words->subwords = NULL;
    }
    gv_mem_free(path);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

int gv_embed_words_open(gv_embed_words **result, const gv_embed_words_options *options,
                        gv_error *err)
{
    *result = NULL;
    gv_embed_words *words = gv_mem_alloc_zero(1, sizeof *words, err);
    if (!words)
        return GV_E_MEMORY;
    int status = GV_OK;
    if (!options->vectors)
        status = gv_words_find_file(&words->path, NULL, options->config, options->run_dir, err);
    else if (!(words->path = gv_mem_strdup(options->vectors, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_vectors_read(&words->vectors, words->path, 0, err);
    if (status == GV_OK && words->vectors->not_finite > 0)
        status = gv_error_set(err, GV_E_CORRUPT,
                              "%s: vectors with NaN or infinity, which would spread to every text; "
                              "glove-convert check names them",
                              words->path);
    if (status == GV_OK)
        status = make_keys(words, err);
    if (status == GV_OK && options->counts)
        status = read_counts(words, options->run_dir, err);
    if (status == GV_OK)
        status = open_subwords(words, options, err);
    if (status != GV_OK) {
        gv_embed_words_free(words);
        return status;
    }
    *result = words;
    return GV_OK;
}

void gv_embed_words_free(gv_embed_words *words)
{
    if (!words)
        return;
    gv_vectors_free(words->vectors);
    gv_vocab_free(words->keys);
    gv_subwords_free(words->subwords);
    gv_mem_free(words->row);
    gv_mem_free(words->count);
    gv_mem_free(words->path);
    gv_mem_free(words);
}
