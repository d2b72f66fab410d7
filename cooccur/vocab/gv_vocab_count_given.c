/*
 * A vocabulary that the user brings: written as it is, or, when it has no counts, with the counts
 * of its words in the corpus. Each thread adds into an array of its own, one number per word; there
 * are as many threads as such arrays fit the budget (one at least).
 */
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include <inttypes.h>
#include <stdatomic.h>

enum { PART = 256 }; /* tokens that are looked up at once */

typedef struct tally {
    const gv_vocab_count_job *job;
    const gv_vocab *vocab;
    gv_corpus *corpus;
    unsigned threads;
    size_t bytes;      /* of one array */
    uint64_t **counts; /* [threads][words] */
    atomic_int stop;
} tally;

static int tally_block(const gv_vocab *vocab, uint64_t *counts, gv_corpus_reader *reader,
                       gv_error *err)
{
    for (;;) {
        const gv_token *tokens;
        size_t n, part;
        int status = gv_corpus_tokens(reader, &tokens, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        for (; n > 0; tokens += part, n -= part) {
            uint32_t ids[PART];
            part = n < PART ? n : PART;
            gv_vocab_lookup_tokens(vocab, tokens, part, ids);
            for (size_t i = 0; i < part; i++)
                if (ids[i] != GV_VOCAB_NO_WORD)
                    counts[ids[i]]++;
        }
    }
}

static int tally_thread(void *context, unsigned thread, gv_error *err)
{
    tally *t = context;
    gv_corpus_reader *reader = NULL;
    int status = GV_OK;
    if (!(t->counts[thread] = gv_mem_big_alloc(t->bytes, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_corpus_reader_new(&reader, t->corpus, err);
    while (status == GV_OK && !atomic_load_explicit(&t->stop, memory_order_relaxed)) {
        uint64_t sequence;
        bool more;
        status = gv_corpus_next_block(reader, &sequence, &more, t->job->progress, err);
        if (status != GV_OK || !more)
            break;
        status = tally_block(t->vocab, t->counts[thread], reader, err);
    }
    gv_corpus_reader_free(reader);
    if (status != GV_OK)
        atomic_store(&t->stop, 1);
    return status;
}

/* Count the words of `t->vocab` in the corpus; the sums are in counts[0]. */
static int count_words(tally *t, gv_vocab_count_summary *summary, gv_error *err)
{
    gv_progress *progress = t->job->progress;
    int status = gv_corpus_open(&t->corpus, t->job->config, t->job->block_bytes, err);
    if (status == GV_OK)
        status = gv_corpus_join_phrases(t->corpus, t->job->phrases, err);
    if (status == GV_OK)
        status = gv_corpus_keep_samples(t->corpus, err);
    if (status == GV_OK && !(t->counts = gv_mem_alloc_zero(t->threads, sizeof *t->counts, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK)
        return status;
    gv_progress_begin(progress, "counting given words", gv_corpus_disk_bytes(t->corpus), "bytes");
    status = gv_threads_run(t->threads, tally_thread, t, err);
    gv_progress_end(progress);
    summary->corpus = gv_corpus_statistics(t->corpus);
    gv_vocab_count_advise(summary, t->job, t->corpus);
    uint32_t words = gv_vocab_size(t->vocab);
    for (unsigned i = 1; status == GV_OK && i < t->threads; i++)
        for (uint32_t id = 0; id < words; id++)
            t->counts[0][id] += t->counts[i][id];
    return status;
}

/* What there is to say about the words; counts[id] is how often each occurs. */
static int note_words(const tally *t, const uint64_t *counts, gv_vocab_notes *notes, gv_error *err)
{
    gv_vocab_notes_check *check = NULL;
    int status = gv_vocab_notes_check_new(&check, t->job->config, err);
    for (uint32_t id = 0; status == GV_OK && id < gv_vocab_size(t->vocab); id++) {
        const char *word = gv_vocab_word(t->vocab, id);
        size_t length = gv_vocab_word_length(t->vocab, id);
        gv_vocab_notes_see(notes, word, length);
        if (counts && counts[id] == 0)
            status = gv_vocab_notes_absent(notes, check, word, length, err);
    }
    gv_vocab_notes_check_free(check);
    return status;
}

/* vocab.txt: the words in their order, with the given counts or (not NULL) these. */
static int write_given(const tally *t, const uint64_t *counts, gv_vocab_count_summary *summary,
                       gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, t->job->path, err);
    if (status == GV_OK)
        status = note_words(t, counts, &summary->notes, err);
    for (uint32_t id = 0; status == GV_OK && id < gv_vocab_size(t->vocab); id++) {
        uint64_t count = counts ? counts[id] : gv_vocab_count(t->vocab, id);
        if (gv_stop_words_has(t->job->stop, gv_vocab_word(t->vocab, id),
                              gv_vocab_word_length(t->vocab, id))) {
            summary->words--;
            summary->stopped++;
            summary->stopped_tokens += count;
            continue;
        }
        summary->covered += count;
        summary->distinct += count > 0;
        status =
            gv_file_writer_printf(out, err, "%s %" PRIu64 "\n", gv_vocab_word(t->vocab, id), count);
    }
    if (status == GV_OK && summary->covered == 0)
        status = gv_vocab_notes_none_occurs(&summary->notes, t->job->config->vocab_file, err);
    return gv_file_writer_end(&out, status, err);
}

int gv_vocab_count_build_given(gv_vocab_count_summary *summary, const gv_vocab *vocab,
                               const gv_vocab_count_job *job, gv_error *err)
{
    *summary = (gv_vocab_count_summary){.words = gv_vocab_size(vocab)};
    tally t = {.job = job, .vocab = vocab, .bytes = (size_t)summary->words * sizeof(uint64_t)};
    uint64_t most = (job->config->vocab_memory_mb << 20) / t.bytes;
    t.threads = gv_config_threads(job->config->cooccur_threads);
    if (t.threads > most)
        t.threads = most > 0 ? (unsigned)most : 1;
    int status = GV_OK;
    if (gv_vocab_total(vocab) == 0)
        status = count_words(&t, summary, err);
    if (status == GV_OK)
        status = write_given(&t, t.counts ? t.counts[0] : NULL, summary, err);
    for (unsigned i = 0; t.counts && i < t.threads; i++)
        gv_mem_big_free(t.counts[i], t.bytes);
    gv_mem_free(t.counts);
    gv_corpus_close(t.corpus);
    return status;
}
