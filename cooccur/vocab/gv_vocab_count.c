/*
 * Building the vocabulary in three phases, each within the same budget:
 *
 * 1. Count. Every thread counts into its own table (no lock is shared but the reader's). A full
 *    table is sorted by word, written as a run, emptied.
 * 2. Merge. If no table was ever full and together they take at most half of the budget, one
 *    absorbs the others, two and two on all threads, and what is frequent enough in it is the list
 *    of phase 3. Should it be too small for that, the tables are sorted by word and merged where
 *    they are. Else they become sorted runs, too, their memory is given back, and the runs are
 *    merged, GV_BUDGET_FAN_IN at a time. Sums are then known.
 * 3. Order. Words that occur often enough go to a list in the memory that is left; a full list is
 *    sorted by count and written as a run. In the end the list, or the merge of the runs, is
 *    written as vocab.txt.
 *
 * Counts are sums and the order is total, so budgets and threads cannot change the file.
 */
#include "cooccur/vocab/gv_vocab_count.h"

#include "base/gv_decimal.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "budget/gv_budget_vocab.h"
#include "cooccur/gv_rank_parts.h"
#include "cooccur/vocab/gv_vocab_ranks.h"
#include "cooccur/vocab/gv_vocab_run.h"
#include "cooccur/vocab/gv_word_table.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

typedef struct counter {
    gv_word_table table;
    gv_vocab_run_file file;
    gv_vocab_run_list runs;
} counter;

typedef struct build {
    const gv_vocab_count_job *job;
    gv_rank_inbox inbox; /* comm is NULL in one process */
    gv_budget_vocab_limits plan;
    gv_corpus *corpus;
    unsigned sources;  /* plan.threads, and with ranks one more */
    counter *counters; /* [sources], of the threads; then the other ranks' runs */
    atomic_int stop;   /* a thread failed */
    /* phase 2 */
    unsigned stride;   /* thread i absorbs the table of thread i + stride */
    atomic_int no_fit; /* a table was too small to absorb another */
    bool spill_all;    /* tables become runs */
    gv_vocab_run_file merged;
    gv_vocab_run_list runs;
    /* phase 3 */
    gv_word_table survivors;
    gv_vocab_run_file order_file, order_merged;
    gv_vocab_run_list order_runs;
    gv_file_writer *out;
    gv_vocab_count_summary *summary;
} build;

/* --- the budget ------------------------------------------------------------------------------- */

static gv_budget_vocab_limits divide(const gv_vocab_count_job *job)
{
    const gv_budget_vocab basis = {.budget = job->config->vocab_memory_mb * GV_BUDGET_MIB,
                                   .available = gv_mem_available(),
                                   .on_host = job->comm ? gv_comm_ranks_on_host(job->comm) : 1,
                                   .threads = gv_config_threads(job->config->cooccur_threads),
                                   .table_bytes = job->table_bytes,
                                   .block_bytes = job->block_bytes};
    return gv_budget_vocab_divide(&basis);
}

/* --- phase 1: count --------------------------------------------------------------------------- */

/* Write a counter's table as a run and empty it. */
static int spill(build *b, counter *c, gv_error *err)
{
    gv_word_table_sort(&c->table, GV_BY_WORD);
    size_t buffer = b->plan.run_buffer / 4;
    int status =
        gv_vocab_run_write_table(&c->table, &c->file, b->job->temp_dir, buffer, &c->runs, err);
    gv_word_table_clear(&c->table);
    return status;
}

static int count_block(build *b, counter *c, gv_corpus_reader *reader, gv_error *err)
{
    for (;;) {
        const gv_token *tokens;
        size_t n, done;
        int status = gv_corpus_tokens(reader, &tokens, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        for (; status == GV_OK && n > 0; tokens += done, n -= done) {
            status = gv_word_table_count(&c->table, tokens, n, &done, err);
            if (status == GV_OK && done < n)
                status = spill(b, c, err);
        }
        if (status != GV_OK)
            return status;
    }
}

/* Phase 1 of one thread. */
static int count_thread(void *context, unsigned thread, gv_error *err)
{
    build *b = context;
    counter *c = &b->counters[thread];
    gv_corpus_reader *reader = NULL;
    int status = gv_word_table_init(&c->table, false, b->plan.table_bytes / b->plan.threads, err);
    if (status == GV_OK)
        status = gv_corpus_reader_new(&reader, b->corpus, err);
    bool more = true;
    while (status == GV_OK && !atomic_load_explicit(&b->stop, memory_order_relaxed)) {
        uint64_t sequence;
        status = gv_corpus_next_block(reader, &sequence, &more, b->job->progress, err);
        if (status != GV_OK || !more)
            break;
        status = count_block(b, c, reader, err);
    }
    gv_corpus_reader_free(reader);
    if (status != GV_OK)
        atomic_store(&b->stop, 1);
    return status;
}

/* --- phase 2: merge --------------------------------------------------------------------------- */

/* Of one pair of tables. */
static int absorb_thread(void *context, unsigned thread, gv_error *err)
{
    build *b = context;
    unsigned to = 2 * b->stride * thread, from = to + b->stride;
    bool full = false;
    if (from >= b->plan.threads || !b->counters[from].table.entries)
        return GV_OK;
    int status = gv_word_table_absorb(&b->counters[to].table, &b->counters[from].table, &full, err);
    if (full)
        atomic_store(&b->no_fit, 1);
    return status;
}

/* Bring all words into the first table; b->no_fit: not all of them. */
static int absorb_all(build *b, gv_error *err)
{
    int status = GV_OK;
    for (b->stride = 1; b->stride < b->plan.threads && status == GV_OK; b->stride *= 2) {
        unsigned pairs = (b->plan.threads + 2 * b->stride - 1) / (2 * b->stride);
        status = gv_threads_run(pairs, absorb_thread, b, err);
        if (atomic_load(&b->no_fit))
            break;
    }
    return status;
}

/* Of one thread: sort its table, and write it if need be. */
static int sort_thread(void *context, unsigned thread, gv_error *err)
{
    build *b = context;
    counter *c = &b->counters[thread];
    int status = GV_OK;
    if (!c->table.entries)
        return GV_OK;
    if (!b->spill_all) {
        gv_word_table_sort(&c->table, GV_BY_WORD);
        return GV_OK;
    }
    if (c->table.used > 0)
        status = spill(b, c, err);
    gv_word_table_free(&c->table);
    return status;
}

/* Bytes of all tables; `*spilled` counts the runs so far. */
static uint64_t memory_in_use(const build *b, uint64_t *spilled)
{
    uint64_t bytes = 0;
    *spilled = 0;
    for (unsigned i = 0; i < b->sources; i++) {
        bytes += gv_word_table_memory(&b->counters[i].table);
        *spilled += b->counters[i].runs.n;
    }
    return bytes;
}

/* One list of all runs, reduced to what can be merged at once. */
static int gather_runs(build *b, gv_error *err)
{
    int status = GV_OK;
    gv_vocab_run_file *files = gv_mem_alloc(b->sources, sizeof *files, err);
    if (!files)
        return GV_E_MEMORY;
    for (unsigned i = 0; i < b->sources && status == GV_OK; i++) {
        const gv_vocab_run_list *runs = &b->counters[i].runs;
        status = gv_mem_reserve(&b->runs.parts, &b->runs.capacity, b->runs.n + runs->n,
                                sizeof *runs->parts, err);
        if (status == GV_OK && runs->n > 0)
            memcpy(b->runs.parts + b->runs.n, runs->parts, runs->n * sizeof *runs->parts);
        if (status == GV_OK)
            b->runs.n += runs->n;
    }
    /* the reduction closes the files: from here on they are in its hands */
    for (unsigned i = 0; i < b->sources; i++) {
        files[i] = b->counters[i].file;
        b->counters[i].file.fd = -1;
    }
    if (status == GV_OK)
        status = gv_vocab_run_reduce(&b->runs, files, b->sources, &b->merged, b->job->temp_dir,
                                     GV_BY_WORD, GV_BUDGET_FAN_IN, b->plan.run_buffer,
                                     &b->summary->merge_passes, err);
    for (unsigned i = 0; i < b->sources; i++)
        b->counters[i].file = files[i];
    gv_mem_free(files);
    return status;
}

/* --- phase 3: order --------------------------------------------------------------------------- */

static int spill_survivors(build *b, gv_error *err)
{
    gv_word_table_sort(&b->survivors, GV_BY_COUNT);
    int status = gv_vocab_run_write_table(&b->survivors, &b->order_file, b->job->temp_dir,
                                          b->plan.run_buffer, &b->order_runs, err);
    gv_word_table_clear(&b->survivors);
    return status;
}

/* The merge of phase 2 gives the words with their sums. */
static int take_sum(void *context, const gv_word_table_word *word, gv_error *err)
{
    build *b = context;
    b->summary->distinct++;
    if (word->count < b->job->config->vocab_min_count)
        return GV_OK;
    if (gv_word_table_append(&b->survivors, word))
        return GV_OK;
    int status = spill_survivors(b, err);
    if (status == GV_OK)
        gv_word_table_append(&b->survivors, word);
    return status;
}

/* Words in their final order become vocab.txt. */
static int write_word(void *context, const gv_word_table_word *word, gv_error *err)
{
    build *b = context;
    gv_vocab_count_summary *summary = b->summary;
    uint64_t most = b->job->config->vocab_max_size;
    if (most > 0 && summary->words >= most)
        return GV_OK;
    if (summary->words >= GV_VOCAB_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the corpus has more than %" PRIu32
                            " words that occur at least %" PRIu64
                            " times; raise vocab.min_count or set vocab.max_size",
                            (uint32_t)GV_VOCAB_MAX, b->job->config->vocab_min_count);
    summary->words++;
    summary->covered += word->count;
    char line[GV_TOKEN_MAX + GV_DECIMAL_WHOLE_MAX + 2];
    memcpy(line, word->text, word->length);
    char *at = line + word->length;
    *at++ = ' ';
    at = gv_decimal_put_whole(at, word->count);
    *at++ = '\n';
    return gv_file_writer_write(b->out, line, (size_t)(at - line), err);
}

static int write_survivors(build *b, gv_error *err)
{
    gv_word_table *tables = &b->survivors;
    if (b->order_runs.n == 0) {
        gv_word_table_sort(tables, GV_BY_COUNT);
        return gv_vocab_run_merge(tables, 1, NULL, 0, GV_BY_COUNT, 0, write_word, b, err);
    }
    int status = spill_survivors(b, err);
    gv_word_table_free(tables);
    b->summary->spilled_runs += b->order_runs.n;
    if (status == GV_OK)
        status = gv_vocab_run_reduce(&b->order_runs, &b->order_file, 1, &b->order_merged,
                                     b->job->temp_dir, GV_BY_COUNT, GV_BUDGET_FAN_IN,
                                     b->plan.run_buffer, &b->summary->merge_passes, err);
    if (status == GV_OK)
        status = gv_vocab_run_merge(NULL, 0, b->order_runs.parts, b->order_runs.n, GV_BY_COUNT,
                                    b->plan.run_buffer, write_word, b, err);
    return status;
}

/* --- all together ----------------------------------------------------------------------------- */

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

static int count_corpus(void *context, gv_error *err)
{
    build *b = context;
    gv_progress_begin(b->job->progress, "counting words", gv_corpus_disk_bytes(b->corpus), "bytes");
    int status = gv_threads_run(b->plan.threads, count_thread, b, err);
    gv_progress_end(b->job->progress);
    b->summary->corpus = gv_corpus_statistics(b->corpus);
    return status;
}

static int check_not_empty(const build *b, gv_error *err)
{
    char names[512];
    if (b->summary->corpus.tokens > 0)
        return GV_OK;
    name_files(names, sizeof names, gv_corpus_files(b->corpus));
    return gv_error_set(err, GV_E_RUNTIME, "the corpus is empty: there is no word in %s", names);
}

/* Tables that stay in memory become the survivors: by hashing if they fit, else by sorting. */
static int merge_in_memory(build *b, uint64_t in_use, gv_error *err)
{
    int status = absorb_all(b, err);
    if (status != GV_OK)
        return status;
    gv_word_table *first = &b->counters[0].table;
    if (!atomic_load(&b->no_fit)) {
        b->summary->distinct = first->used;
        gv_word_table_keep(first, b->job->config->vocab_min_count);
        b->survivors = *first;
        *first = (gv_word_table){0};
        return GV_OK;
    }
    status = gv_threads_run(b->plan.threads, sort_thread, b, err);
    if (status == GV_OK)
        status = gv_word_table_init(&b->survivors, true, b->plan.table_bytes - in_use, err);
    gv_word_table *tables =
        status == GV_OK ? gv_mem_alloc(b->plan.threads, sizeof *tables, err) : NULL;
    if (!tables)
        return status != GV_OK ? status : GV_E_MEMORY;
    for (unsigned i = 0; i < b->plan.threads; i++)
        tables[i] = b->counters[i].table;
    status = gv_vocab_run_merge(tables, b->plan.threads, NULL, 0, GV_BY_WORD, 0, take_sum, b, err);
    gv_mem_free(tables);
    return status;
}

/* All tables become runs, and all runs the survivors. */
static int merge_on_disk(build *b, gv_error *err)
{
    int status = gv_threads_run(b->plan.threads, sort_thread, b, err);
    if (status != GV_OK)
        return status;
    memory_in_use(b, &b->summary->spilled_runs);
    status = gather_runs(b, err);
    if (status == GV_OK)
        status = gv_word_table_init(&b->survivors, true,
                                    b->plan.table_bytes - b->plan.table_bytes / 4, err);
    if (status == GV_OK)
        status = gv_vocab_run_merge(NULL, 0, b->runs.parts, b->runs.n, GV_BY_WORD,
                                    b->plan.run_buffer, take_sum, b, err);
    return status;
}

/* Phase 2: from tables and runs to the survivors. */
static int merge_counts(build *b, gv_error *err)
{
    uint64_t runs, in_use = memory_in_use(b, &runs);
    b->spill_all = b->job->comm || runs > 0 || in_use > b->plan.table_bytes / 2;
    return b->spill_all ? merge_on_disk(b, err) : merge_in_memory(b, in_use, err);
}

static int merge_and_write(void *context, gv_error *err)
{
    build *b = context;
    gv_progress_begin(b->job->progress, "sorting words", 0, "words");
    int status = merge_counts(b, err);
    for (unsigned i = 0; i < b->sources; i++) {
        gv_word_table_free(&b->counters[i].table);
        gv_vocab_run_file_close(&b->counters[i].file);
    }
    gv_vocab_run_file_close(&b->merged);
    if (status == GV_OK)
        status = gv_file_writer_open(&b->out, b->job->path, err);
    if (status == GV_OK)
        status = write_survivors(b, err);
    if (status == GV_OK && b->summary->words == 0)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "no word occurs %" PRIu64 " times: of %" PRIu64
                              " distinct words none is left; lower vocab.min_count",
                              b->job->config->vocab_min_count, b->summary->distinct);
    if (status == GV_OK)
        status = gv_file_writer_commit(&b->out, err);
    gv_progress_add(b->job->progress, b->summary->words);
    gv_progress_end(b->job->progress);
    return status;
}

static void build_free(build *b)
{
    for (unsigned i = 0; b->counters && i < b->sources; i++) {
        gv_word_table_free(&b->counters[i].table);
        gv_vocab_run_file_close(&b->counters[i].file);
        gv_mem_free(b->counters[i].runs.parts);
    }
    gv_mem_free(b->counters);
    gv_vocab_run_file_close(&b->merged);
    gv_mem_free(b->runs.parts);
    gv_word_table_free(&b->survivors);
    gv_vocab_run_file_close(&b->order_file);
    gv_vocab_run_file_close(&b->order_merged);
    gv_mem_free(b->order_runs.parts);
    gv_file_writer_abort(&b->out);
    gv_corpus_close(b->corpus);
    gv_rank_inbox_clear(&b->inbox);
}

/* Up to the counting. */
static int begin(build *b, const gv_vocab_count_job *job, gv_vocab_count_summary *summary,
                 gv_error *err)
{
    *summary = (gv_vocab_count_summary){0};
    *b = (build){.job = job,
                 .inbox = {.comm = job->comm},
                 .plan = divide(job),
                 .summary = summary,
                 .merged = GV_RUN_FILE_NONE,
                 .order_file = GV_RUN_FILE_NONE,
                 .order_merged = GV_RUN_FILE_NONE};
    b->sources = b->plan.threads + (job->comm != NULL);
    int status = gv_corpus_open(&b->corpus, job->config, b->plan.block_bytes, err);
    if (status == GV_OK && job->comm)
        status = gv_rank_parts_agree(&b->inbox, b->corpus, err);
    if (status == GV_OK && !(b->counters = gv_mem_alloc_zero(b->sources, sizeof *b->counters, err)))
        status = GV_E_MEMORY;
    for (unsigned i = 0; status == GV_OK && i < b->sources; i++)
        b->counters[i].file.fd = -1;
    return status;
}

/* Long work in which no messages are sent: the other ranks hear of this one all the same. */
static int aside(build *b, int (*work)(void *context, gv_error *err), gv_error *err)
{
    return gv_comm_run_background(b->job->comm, work, b, err);
}

/* --- many ranks ------------------------------------------------------------------------------- */

static gv_vocab_ranks_part own_part(const build *b)
{
    return (gv_vocab_ranks_part){.corpus = gv_corpus_part_statistics(b->corpus),
                                 .spilled_runs = b->summary->spilled_runs,
                                 .merge_passes = b->summary->merge_passes};
}

/* Rank 0: the others' runs, and the statistics of the whole corpus. */
static int collect_parts(build *b, gv_error *err)
{
    size_t size = (size_t)gv_comm_size(b->inbox.comm);
    counter *others = &b->counters[b->plan.threads];
    gv_vocab_ranks_part *parts = gv_mem_alloc(size, sizeof *parts, err);
    gv_corpus_part *corpus = gv_mem_alloc(size, sizeof *corpus, err);
    int status = parts && corpus ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        parts[0] = own_part(b);
        status = gv_vocab_ranks_collect(&b->inbox, &others->file, &others->runs, b->job->temp_dir,
                                        parts, err);
    }
    for (size_t i = 0; status == GV_OK && i < size; i++) {
        corpus[i] = parts[i].corpus;
        b->summary->merge_passes += i > 0 ? parts[i].merge_passes : 0;
    }
    if (status == GV_OK)
        b->summary->corpus = gv_corpus_join(corpus, size);
    gv_mem_free(parts);
    gv_mem_free(corpus);
    return status;
}

static int put_word(void *context, const gv_word_table_word *word, gv_error *err)
{
    gv_vocab_run_writer *writer = context;
    return gv_vocab_run_put(writer, word, err);
}

/* The other ranks: b->runs becomes a single run, or is empty, if there are no words. */
static int make_single_run(void *context, gv_error *err)
{
    build *b = context;
    b->spill_all = true;
    int status = gv_threads_run(b->plan.threads, sort_thread, b, err);
    memory_in_use(b, &b->summary->spilled_runs);
    if (status == GV_OK)
        status = gather_runs(b, err);
    if (status != GV_OK || b->runs.n <= 1)
        return status;
    gv_vocab_run_writer writer;
    size_t buffer = b->plan.run_buffer;
    gv_vocab_run_list merged = {0};
    status = gv_vocab_run_begin(&writer, &b->order_file, b->job->temp_dir, buffer, err);
    if (status == GV_OK)
        status = gv_vocab_run_merge(NULL, 0, b->runs.parts, b->runs.n, GV_BY_WORD, buffer, put_word,
                                    &writer, err);
    int ended = gv_vocab_run_end(&writer, status == GV_OK ? &merged : NULL, err);
    gv_mem_free(b->runs.parts);
    b->runs = merged;
    return status == GV_OK ? ended : status;
}

int gv_vocab_count_build_part(const gv_vocab_count_job *job, gv_error *err)
{
    gv_vocab_count_summary summary;
    build b;
    int status = begin(&b, job, &summary, err);
    if (status == GV_OK)
        status = aside(&b, count_corpus, err);
    if (status == GV_OK)
        status = aside(&b, make_single_run, err);
    if (status == GV_OK) {
        const gv_vocab_ranks_part part = own_part(&b);
        const gv_vocab_run_part none = {.fd = -1}, *run = b.runs.n > 0 ? b.runs.parts : &none;
        status = gv_vocab_ranks_send(&b.inbox, run, &part, err);
    }
    build_free(&b);
    return status;
}

int gv_vocab_count_build(gv_vocab_count_summary *summary, const gv_vocab_count_job *job,
                         gv_error *err)
{
    build b;
    int status = begin(&b, job, summary, err);
    if (status == GV_OK)
        status = aside(&b, count_corpus, err);
    if (status == GV_OK && job->comm)
        status = collect_parts(&b, err);
    if (status == GV_OK)
        status = check_not_empty(&b, err);
    if (status == GV_OK)
        status = aside(&b, merge_and_write, err);
    build_free(&b);
    return status;
}
