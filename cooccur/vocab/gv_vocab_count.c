/*
 * Building the vocabulary in three phases, each within the same budget:
 *
 * 1. Count. Every thread counts into its own table; the only lock that is shared is the reader's. A
 *    full table is sorted by word, written as a run, and emptied.
 * 2. Merge. If no table was ever full and together they take at most half of the budget, one
 *    absorbs the others, in pairs on all threads. If it is too small for that, the tables are
 *    sorted by word and merged in memory. Otherwise all of them become sorted runs, their memory is
 *    given back, and the runs are merged. Now the sums are known.
 * 3. Order (gv_vocab_order.h). Words that occur often enough are sorted by count and written.
 *
 * Counts are sums and the order is total, so neither budget nor threads can change the file.
 */
#include "cooccur/vocab/gv_vocab_count_internal.h"

#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "budget/gv_budget_vocab.h"
#include "cooccur/gv_rank_parts.h"
#include "cooccur/vocab/gv_vocab_merge.h"
#include "cooccur/vocab/gv_vocab_order.h"
#include "cooccur/vocab/gv_vocab_ranks.h"
#include "cooccur/vocab/gv_vocab_run.h"
#include "cooccur/vocab/gv_word_table.h"
#include <stdatomic.h>
#include <stdio.h>

/* --- the budget ------------------------------------------------------------------------------- */

static gv_budget_vocab_limits divide(const gv_vocab_count_job *job)
{
    const gv_budget_vocab basis = {.budget = job->config->vocab_memory_mb * GV_BUDGET_MIB,
                                   .available = gv_mem_available(),
                                   .on_host = job->comm ? gv_comm_ranks_on_host(job->comm) : 1,
                                   .threads = gv_config_threads(job->config->cooccur_threads),
                                   .table_bytes = job->table_bytes,
                                   .held_bytes = job->held_bytes,
                                   .block_bytes = job->block_bytes};
    return gv_budget_vocab_divide(&basis);
}

/* --- phase 1: count --------------------------------------------------------------------------- */

static int count_tokens(gv_vocab_count_state *b, unsigned thread, const gv_token *tokens, size_t n,
                        gv_error *err)
{
    int status = GV_OK;
    for (size_t done; status == GV_OK && n > 0; tokens += done, n -= done) {
        status = gv_word_table_count(&b->tables[thread], tokens, n, &done, err);
        /* tokens[done] was not counted: it is the first that the emptied table sees */
        if (status == GV_OK && done < n)
            status = gv_vocab_count_spill(b, thread, err);
    }
    return status;
}

static int count_block(gv_vocab_count_state *b, unsigned thread, gv_corpus_reader *reader,
                       gv_error *err)
{
    for (;;) {
        const gv_token *tokens;
        size_t n;
        int status = gv_corpus_tokens(reader, &tokens, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        status = count_tokens(b, thread, tokens, n, err);
        if (status != GV_OK)
            return status;
    }
}

/* The same for pairs. */
static int count_block_pairs(gv_vocab_count_state *b, unsigned thread, gv_corpus_reader *reader,
                             uint64_t sequence, gv_error *err)
{
    gv_phrase_counter *counter = &b->counters[thread];
    uint64_t file, block;
    gv_corpus_place(reader, &file, &block);
    /* members of an archive are files, too */
    gv_phrase_counter_begin(counter, sequence,
                            file * GV_CORPUS_PLACE_MEMBER + block / GV_CORPUS_PLACE_MEMBER);
    for (;;) {
        const gv_token *tokens, *keys = NULL;
        size_t n, n_keys = 0;
        int status = gv_corpus_tokens(reader, &tokens, &n, err);
        if (status == GV_OK && n == 0)
            return gv_phrase_counter_end(counter, err);
        if (status == GV_OK)
            status = gv_phrase_counter_take(counter, tokens, n, &keys, &n_keys, err);
        if (status == GV_OK)
            status = count_tokens(b, thread, keys, n_keys, err);
        if (status != GV_OK)
            return status;
    }
}

static int count_thread(void *context, unsigned thread, gv_error *err)
{
    gv_vocab_count_state *b = context;
    gv_corpus_reader *reader = NULL;
    int status =
        gv_word_table_init(&b->tables[thread], false, b->plan.table_bytes / b->plan.threads, err);
    if (status == GV_OK)
        status = gv_corpus_reader_new(&reader, b->corpus, err);
    bool more = true;
    while (status == GV_OK && !atomic_load_explicit(&b->failed, memory_order_relaxed)) {
        uint64_t sequence;
        status = gv_corpus_next_block(reader, &sequence, &more, b->job->progress, err);
        if (status != GV_OK || !more)
            break;
        status = b->counters ? count_block_pairs(b, thread, reader, sequence, err)
                             : count_block(b, thread, reader, err);
    }
    gv_corpus_reader_free(reader);
    if (status != GV_OK)
        atomic_store(&b->failed, 1);
    return status;
}

static int count_pair(gv_vocab_count_state *b, const gv_phrase_pair *pair, gv_error *err)
{
    char text[GV_PHRASE_PAIR_KEY];
    gv_token key = gv_phrase_pair_key(text, pair);
    return pair->first == GV_VOCAB_NO_WORD ? GV_OK : count_tokens(b, 0, &key, 1, err);
}

/* The pairs whose halves are in two blocks. */
static int link_blocks(gv_vocab_count_state *b, gv_error *err)
{
    gv_phrase_pair *pairs = NULL;
    size_t n = 0;
    int status = gv_phrase_counter_link(&b->edge, &pairs, &n, b->counters, b->plan.threads, err);
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = count_pair(b, &pairs[i], err);
    gv_mem_free(pairs);
    return status;
}

/* --- the course ------------------------------------------------------------------------------- */

/* "a, b and 3 more" for an error about the corpus's files; `to` has `size` bytes. */
static void name_files(char *to, size_t size, const gv_strings *files)
{
    size_t used = 0;
    to[0] = '\0';
    for (size_t i = 0; i < files->n && i < 3 && used < size; i++)
        used += (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "", files->items[i]);
    if (files->n > 3 && used < size)
        snprintf(to + used, size - used, " and %zu more", files->n - 3);
}

static void free_counts(gv_vocab_count_state *b)
{
    for (unsigned i = 0; b->tables && i < b->plan.threads; i++)
        gv_word_table_free(&b->tables[i]);
    for (unsigned i = 0; b->counters && i < b->plan.threads; i++)
        gv_phrase_counter_clear(&b->counters[i]);
    for (unsigned i = 0; i < b->n_sets; i++)
        gv_vocab_run_set_clear(&b->sets[i]);
}

static int count_corpus(void *context, gv_error *err)
{
    gv_vocab_count_state *b = context;
    const char *label = b->job->label ? b->job->label : "counting words";
    gv_progress_begin(b->job->progress, label, b->corpus_bytes, "bytes");
    int status = gv_threads_run(b->plan.threads, count_thread, b, err);
    if (status == GV_OK && b->counters)
        status = link_blocks(b, err);
    if (!b->job->comm) /* else the other ranks may still be counting */
        gv_progress_end(b->job->progress);
    b->summary->corpus = gv_corpus_statistics(b->corpus);
    return status;
}

static int check_not_empty(const gv_vocab_count_state *b, gv_error *err)
{
    char names[512];
    if (b->summary->corpus.tokens > 0)
        return GV_OK;
    char hint[GV_CORPUS_HINT];
    name_files(names, sizeof names, gv_corpus_files(b->corpus));
    gv_corpus_hint(hint, b->corpus);
    return gv_error_set(err, GV_E_RUNTIME, "the corpus is empty: no words in %s%s", names, hint);
}

static int merge_and_write(void *context, gv_error *err)
{
    gv_vocab_count_state *b = context;
    gv_progress_begin(b->job->progress, "sorting words", 0, "words");
    int status = gv_vocab_count_merge(b, err);
    free_counts(b); /* memory and disk space for the order */
    if (status == GV_OK && !b->job->take)
        status = gv_vocab_order_write(&b->order, b->job->path, b->job->may_be_empty, err);
    b->summary->distinct = b->order.distinct;
    b->summary->words = b->order.words;
    b->summary->new_words = b->order.new_words;
    b->summary->covered = b->order.covered;
    b->summary->stopped = b->order.stopped;
    b->summary->stopped_tokens = b->order.stopped_tokens;
    b->summary->notes = b->order.notes;
    b->summary->spilled_runs += b->order.spilled_runs;
    b->summary->merge_passes += b->order.runs.merge_passes;
    gv_progress_add(b->job->progress, b->summary->words);
    gv_progress_end(b->job->progress);
    return status;
}

static void build_free(gv_vocab_count_state *b)
{
    free_counts(b);
    gv_mem_free(b->tables);
    gv_mem_free(b->counters);
    gv_mem_free(b->sets);
    gv_vocab_order_clear(&b->order);
    gv_corpus_close(b->corpus);
    gv_rank_inbox_clear(&b->inbox);
}

/* Long work that sends no messages; keep-alives continue during it. */
static int run_background(gv_vocab_count_state *b, int (*work)(void *context, gv_error *err),
                          gv_error *err)
{
    return gv_comm_run_background(b->job->comm, work, b, err);
}

static int find_corpus(void *context, gv_error *err)
{
    gv_vocab_count_state *b = context;
    int status = gv_corpus_open(&b->corpus, b->job->config, b->plan.block_bytes, err);
    if (status == GV_OK)
        b->corpus_bytes = gv_corpus_disk_bytes(b->corpus);
    return status == GV_OK ? gv_corpus_join_phrases(b->corpus, b->job->phrases, err) : status;
}

/* The corpus, or this rank's part of it. Rank 0 finds the files, and knows where phrases let them
 * be cut. */
static int open_corpus(gv_vocab_count_state *b, gv_error *err)
{
    const gv_vocab_count_job *job = b->job;
    const gv_rank_parts_wish wish = {job->config, b->plan.block_bytes, job->temp_dir};
    bool finds = !job->comm || gv_comm_rank(job->comm) == 0;
    int status = finds ? run_background(b, find_corpus, err)
                       : gv_rank_parts_get(&b->corpus, &b->inbox, &wish, err);
    if (status == GV_OK && !finds)
        status = gv_corpus_join_phrases(b->corpus, job->phrases, err);
    if (status == GV_OK && finds && job->comm)
        status = gv_rank_parts_give(&b->inbox, b->corpus, job->progress, err);
    return status == GV_OK ? gv_corpus_keep_samples(b->corpus, err) : status;
}

/* Up to the counting. */
static int begin(gv_vocab_count_state *b, const gv_vocab_count_job *job,
                 gv_vocab_count_summary *summary, gv_error *err)
{
    *summary = (gv_vocab_count_summary){0};
    *b = (gv_vocab_count_state){
        .job = job, .inbox = {.comm = job->comm}, .plan = divide(job), .summary = summary};
    gv_vocab_order_init(&b->order, job->config, job->temp_dir, b->plan.run_buffer);
    b->order.stop = job->stop;
    int status = job->extend ? gv_vocab_order_extend(&b->order, job->extend, err) : GV_OK;
    if (status == GV_OK)
        status = open_corpus(b, err);
    if (status != GV_OK)
        return status;
    unsigned n_sets = b->plan.threads + (job->comm != NULL);
    b->tables = gv_mem_alloc_zero(b->plan.threads, sizeof *b->tables, err);
    b->sets = gv_mem_alloc_zero(n_sets, sizeof *b->sets, err);
    if (job->pairs)
        b->counters = gv_mem_alloc_zero(b->plan.threads, sizeof *b->counters, err);
    if (!b->tables || !b->sets || (job->pairs && !b->counters))
        return GV_E_MEMORY;
    for (unsigned i = 0; b->counters && i < b->plan.threads; i++)
        b->counters[i].units = job->pairs;
    for (; b->n_sets < n_sets; b->n_sets++)
        gv_vocab_run_set_init(&b->sets[b->n_sets], job->temp_dir, GV_WORD_TABLE_BY_WORD,
                              b->plan.run_buffer);
    return GV_OK;
}

/* --- many ranks ------------------------------------------------------------------------------- */

static gv_vocab_ranks_part own_part(const gv_vocab_count_state *b)
{
    return (gv_vocab_ranks_part){.corpus = gv_corpus_part_statistics(b->corpus),
                                 .edge = b->edge,
                                 .spilled_runs = b->summary->spilled_runs,
                                 .merge_passes = b->summary->merge_passes};
}

/* Rank 0: the others' runs, and the statistics of the whole corpus. */
static int collect_parts(gv_vocab_count_state *b, gv_error *err)
{
    size_t size = (size_t)gv_comm_size(b->inbox.comm);
    gv_vocab_ranks_part *parts = gv_mem_alloc(size, sizeof *parts, err);
    gv_corpus_part *corpus = gv_mem_alloc(size, sizeof *corpus, err);
    int status = parts && corpus ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        parts[0] = own_part(b);
        status = gv_vocab_ranks_collect(&b->inbox, &b->sets[b->plan.threads], parts, err);
    }
    for (size_t i = 0; status == GV_OK && i < size; i++) {
        gv_phrase_pair pair = {.first = GV_VOCAB_NO_WORD};
        if (i > 0)
            gv_phrase_counter_edge_link(&b->edge, &parts[i].edge, &pair);
        status = count_pair(b, &pair, err);
        corpus[i] = parts[i].corpus;
        b->summary->merge_passes += i > 0 ? parts[i].merge_passes : 0;
    }
    if (status == GV_OK)
        b->summary->corpus = gv_corpus_join(corpus, size);
    gv_mem_free(parts);
    gv_mem_free(corpus);
    return status;
}

static int make_single_run(void *context, gv_error *err)
{
    return gv_vocab_count_reduce(context, 1, err);
}

int gv_vocab_count_build_part(const gv_vocab_count_job *job, gv_error *err)
{
    gv_vocab_count_summary summary;
    gv_vocab_count_state b;
    int status = begin(&b, job, &summary, err);
    if (status == GV_OK)
        status = run_background(&b, count_corpus, err);
    if (status == GV_OK)
        status = run_background(&b, make_single_run, err);
    if (status == GV_OK) {
        const gv_vocab_ranks_part part = own_part(&b);
        const gv_vocab_run none = {.fd = -1}, *run = b.sets[0].n > 0 ? b.sets[0].runs : &none;
        status = gv_vocab_ranks_send(&b.inbox, run, &part, err);
    }
    build_free(&b);
    return status;
}

void gv_vocab_count_advise(gv_vocab_count_summary *summary, const gv_vocab_count_job *job,
                           const gv_corpus *corpus)
{
    gv_advice_corpus about = {.config = job->config, .stats = &summary->corpus};
    gv_corpus_samples(&about, corpus);
    gv_advice_give(summary->advice, &about);
}

int gv_vocab_count_build(gv_vocab_count_summary *summary, const gv_vocab_count_job *job,
                         gv_error *err)
{
    gv_vocab_count_state b;
    int status = begin(&b, job, summary, err);
    if (status == GV_OK)
        status = run_background(&b, count_corpus, err);
    if (status == GV_OK && job->comm)
        status = collect_parts(&b, err);
    gv_progress_end(job->progress);
    if (status == GV_OK)
        status = check_not_empty(&b, err);
    if (status == GV_OK)
        gv_vocab_count_advise(summary, job, b.corpus);
    if (status == GV_OK)
        status = run_background(&b, merge_and_write, err);
    build_free(&b);
    return status;
}
