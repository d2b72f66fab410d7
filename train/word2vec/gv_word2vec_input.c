#include "train/word2vec/gv_word2vec_input.h"

#include "base/gv_mem.h"
#include "budget/gv_budget.h"
#include "train/gv_training.h"
#include "vocab/gv_encoder.h"
#include <string.h>

int gv_word2vec_input_find(gv_word2vec_input *input, gv_run *run, gv_error *err)
{
    *input = (gv_word2vec_input){0};
    int status = gv_run_check_upstream(run, GV_STAGE_VOCAB, GV_FILE_VOCAB, NULL, err);
    if (status != GV_OK)
        return status;
    input->vocab_path = gv_run_path(run, GV_FILE_VOCAB, err);
    input->ids_path = gv_run_path(run, GV_FILE_IDS, err);
    if (!input->vocab_path || !input->ids_path)
        return GV_E_MEMORY;
    status = gv_corpus_open(&input->corpus, run->config, 0, err);
    if (status == GV_OK)
        status = gv_run_phrases_find(&input->phrases, run, err);
    const gv_strings first = {2, (char *[]){input->vocab_path, input->phrases.path}};
    if (status == GV_OK)
        status = gv_corpus_list_inputs(&input->files, &first, input->corpus, err);
    return status;
}

void gv_word2vec_input_clear(gv_word2vec_input *input)
{
    gv_ids_close(input->ids);
    gv_vocab_free(input->vocab);
    gv_corpus_close(input->corpus);
    gv_run_phrases_clear(&input->phrases);
    gv_mem_free(input->files.items);
    gv_mem_free(input->ids_path);
    gv_mem_free(input->vocab_path);
    *input = (gv_word2vec_input){0};
}

/* A checksum over all that corpus.ids depends on: the keys that decide how text becomes words, the
 * vocabulary, the files. Standard input cannot be known before it is read: `*known` is false. */
static int hash_source(gv_hash *hash, bool *known, const gv_word2vec_input *input, gv_run *run,
                       gv_error *err)
{
    char *recipe = NULL;
    gv_hash_state *hasher = gv_hash_state_new(err);
    int status = hasher
                     ? gv_config_recipe(&recipe, run->config, GV_STAGE_VOCAB | GV_STAGE_ENCODE, err)
                     : GV_E_MEMORY;
    *known = true;
    if (status == GV_OK)
        gv_hash_state_update(hasher, recipe, strlen(recipe));
    for (size_t i = 0; i < input->files.n && status == GV_OK; i++) {
        gv_hash file = {0, 0};
        if (strcmp(input->files.items[i], "-") == 0)
            *known = false;
        else
            status = gv_run_hash(&file, run, input->files.items[i], err);
        gv_hash_state_update(hasher, &file, sizeof file);
    }
    if (status == GV_OK)
        *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    gv_mem_free(recipe);
    return status;
}

static int encode(gv_word2vec_input *input, gv_run *run, gv_hash source, unsigned threads,
                  gv_error *err)
{
    gv_encoder *encoder = NULL;
    gv_ids_info info = {.vocab_size = gv_vocab_size(input->vocab), .source = source};
    int status = gv_corpus_announce(input->corpus, run->progress, err);
    if (status == GV_OK)
        status = gv_run_phrases_join(&input->phrases, input->corpus, err);
    if (status != GV_OK)
        return status;
    gv_corpus_limit_threads(input->corpus, threads);
    gv_progress_begin(run->progress, "reading", gv_corpus_disk_bytes(input->corpus), "bytes");
    status = gv_encoder_open(&encoder, input->corpus, input->vocab, NULL, run->progress, err);
    if (status == GV_OK)
        status = gv_encoder_threads(encoder, threads, err);
    if (status == GV_OK)
        status = gv_ids_write(input->ids_path, encoder, &info, err);
    gv_encoder_close(encoder);
    gv_progress_end(run->progress);
    if (status == GV_OK) {
        gv_corpus_stats stats = gv_corpus_statistics(input->corpus);
        gv_corpus_stats_report(&stats, run->progress);
        gv_progress_note(run->progress, GV_FILE_IDS ": %llu words of the vocabulary",
                         (unsigned long long)info.words);
    }
    return status;
}

static int check_ids(const gv_word2vec_input *input, gv_error *err)
{
    const gv_ids_info *info = gv_ids_about(input->ids);
    if (info->vocab_size != gv_vocab_size(input->vocab))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s does not match %s; delete it; the next run creates it again",
                            input->ids_path, input->vocab_path);
    if (info->count - info->words == info->words) /* each document is one word */
        return gv_error_set(err, GV_E_RUNTIME,
                            "no pairs to train on: no two words of the vocabulary are in the same "
                            "window (see corpus.documents, vocab.min_count)");
    return GV_OK;
}

int gv_word2vec_input_open(gv_word2vec_input *input, gv_run *run, unsigned threads, gv_error *err)
{
    gv_hash source = {0, 0};
    bool known = false, there = false;
    uint64_t budget = gv_training_memory_budget(run->config);
    int status = gv_vocab_read_within(&input->vocab, input->vocab_path, 0,
                                      gv_budget_of_reading(budget), "train.memory_mb", err);
    if (status == GV_OK)
        status = hash_source(&source, &known, input, run, err);
    if (status == GV_OK && known && !run->force)
        status = gv_ids_is_from(&there, input->ids_path, source, err);
    if (status == GV_OK && !there)
        status = encode(input, run, source, threads, err);
    if (status == GV_OK)
        status = gv_ids_open(&input->ids, input->ids_path, err);
    return status == GV_OK ? check_ids(input, err) : status;
}
