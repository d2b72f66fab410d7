#include "cooccur/gv_cooccur_text.h"

#include "base/gv_mem.h"
#include "vocab/gv_subsample.h"
#include <inttypes.h>

void gv_cooccur_text_begin(gv_cooccur_text *text, const gv_config *config, unsigned share,
                           gv_progress *progress)
{
    *text = (gv_cooccur_text){
        .config = config,
        .progress = progress,
        .budget = gv_budget_of_key(config->cooccur_memory_mb, gv_mem_available()) / share,
        .threads = gv_config_threads(config->cooccur_threads)};
    /* subsampling goes by a token's place within a segment of the text, so blocks must be these */
    text->block_bytes = config->cooccur_sample > 0
                            ? GV_SUBSAMPLE_SECTION
                            : gv_budget_cooccur_block(text->budget, text->threads);
}

int gv_cooccur_text_find(gv_cooccur_text *text, const gv_config *config, unsigned share,
                         gv_progress *progress, gv_error *err)
{
    gv_cooccur_text_begin(text, config, share, progress);
    int status = gv_corpus_open(&text->corpus, config, text->block_bytes, err);
    if (status == GV_OK)
        text->corpus_bytes = gv_corpus_disk_bytes(text->corpus);
    return status;
}

/* With cooccur.sample: let the encoder drop tokens. */
static int subsample(gv_cooccur_text *text, gv_error *err)
{
    const gv_config *config = text->config;
    if (config->cooccur_sample == 0)
        return GV_OK;
    text->threshold = gv_mem_alloc(gv_vocab_size(text->vocab), sizeof *text->threshold, err);
    if (!text->threshold)
        return GV_E_MEMORY;
    gv_subsample_thresholds(text->threshold, text->vocab, config->cooccur_sample);
    gv_encoder_subsample(text->encoder, text->threshold, config->cooccur_seed);
    return GV_OK;
}

static int refuse_memory(const gv_budget_cooccur *basis, const gv_config *config, gv_error *err)
{
    const uint64_t MIB = GV_BUDGET_MIB, key = config->cooccur_memory_mb;
    uint64_t budget = basis->budget / MIB, least = gv_budget_cooccur_smallest(basis) / MIB;
    if (budget < key && least <= key)
        return gv_error_set(err, GV_E_MEMORY,
                            "only %" PRIu64 " MiB of memory are free for counting, and a "
                            "vocabulary of %" PRIu32 " words needs at least %" PRIu64
                            " MiB: free some memory, or raise vocab.min_count",
                            budget, basis->words, least);
    return gv_error_set(err, GV_E_MEMORY,
                        "cooccur.memory_mb = %" PRIu64 " is too small: a vocabulary of %" PRIu32
                        " words needs at least %" PRIu64 " MiB",
                        key, basis->words, least);
}

/* Divide the memory, which may mean fewer threads. */
static int plan(gv_cooccur_text *text, gv_error *err)
{
    bool fixed_blocks = text->config->cooccur_sample > 0;
    const gv_budget_cooccur basis = {.budget = text->budget,
                                     .used = gv_mem_resident_bytes(),
                                     .disk_bytes = gv_corpus_disk_bytes(text->corpus),
                                     .block_bytes = fixed_blocks ? text->block_bytes : 0,
                                     .words = gv_vocab_size(text->vocab),
                                     .threads = text->threads};
    if (!gv_budget_cooccur_divide(&text->limits, &basis))
        return refuse_memory(&basis, text->config, err);
    if (text->limits.threads < text->threads)
        gv_progress_note(text->progress,
                         "using %u threads instead of %u, to stay within cooccur.memory_mb",
                         text->limits.threads, text->threads);
    return gv_encoder_threads(text->encoder, text->limits.threads, err);
}

int gv_cooccur_text_join(gv_cooccur_text *text, gv_error *err)
{
    return text->phrases.list ? GV_OK : gv_run_phrases_join(&text->phrases, text->corpus, err);
}

int gv_cooccur_text_open(gv_cooccur_text *text, const char *vocab_path, gv_error *err)
{
    int status = gv_vocab_read_within(&text->vocab, vocab_path, 0,
                                      gv_budget_of_reading(text->budget), "cooccur.memory_mb", err);
    if (status == GV_OK)
        status = gv_cooccur_text_join(text, err);
    if (status == GV_OK && text->config->vocab_stop_gap)
        status = gv_stop_words_read(&text->stop, text->config, err);
    if (status != GV_OK)
        return status;
    gv_progress_begin(text->progress, "reading", text->corpus_bytes, "bytes");
    status =
        gv_encoder_open(&text->encoder, text->corpus, text->vocab, text->stop, text->progress, err);
    if (status == GV_OK)
        status = subsample(text, err);
    return status == GV_OK ? plan(text, err) : status;
}

static int fill(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err)
{
    return gv_encoder_fill(context, ids, room, n, err);
}

gv_cooccur_source gv_cooccur_text_source(gv_cooccur_text *text)
{
    return (gv_cooccur_source){text->encoder, fill};
}

void gv_cooccur_text_end(gv_cooccur_text *text)
{
    gv_encoder_close(text->encoder);
    text->encoder = NULL;
}

void gv_cooccur_text_close(gv_cooccur_text *text)
{
    gv_cooccur_text_end(text);
    gv_mem_free(text->threshold);
    gv_vocab_free(text->vocab);
    gv_stop_words_free(text->stop);
    gv_corpus_close(text->corpus);
    gv_run_phrases_clear(&text->phrases);
    *text = (gv_cooccur_text){0};
}
