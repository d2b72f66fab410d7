/* Phase 2 of building the vocabulary (gv_vocab_count.c): from tables and runs to sums. */
#include "cooccur/vocab/gv_vocab_count_internal.h"

#include "base/gv_threads.h"
#include "cooccur/vocab/gv_vocab_merge.h"

/* Write a thread's table as a run and empty it. All threads may do so at once, so each takes a
 * quarter of the buffer that a merge has for a run. */
int gv_vocab_count_spill(gv_vocab_count_state *b, unsigned thread, gv_error *err)
{
    gv_word_table *table = &b->tables[thread];
    gv_word_table_sort(table, GV_WORD_TABLE_BY_WORD);
    int status = gv_vocab_run_write_table(&b->sets[thread], table, b->plan.run_buffer / 4, err);
    gv_word_table_clear(table);
    return status;
}

/* One pair of tables. */
static int absorb_thread(void *context, unsigned thread, gv_error *err)
{
    gv_vocab_count_state *b = context;
    /* pairs share no table, so no lock is needed; odd tables wait for the next round */
    unsigned to = 2 * b->stride * thread, from = to + b->stride;
    bool full = false;
    if (from >= b->plan.threads || !b->tables[from].entries)
        return GV_OK;
    int status = gv_word_table_absorb(&b->tables[to], &b->tables[from], &full, err);
    if (full)
        atomic_store(&b->no_fit, 1);
    return status;
}

/* Bring all words into the first table, in pairs, pairs of pairs and so on. b->no_fit: some words
 * are still in other tables. */
static int absorb_all(gv_vocab_count_state *b, gv_error *err)
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

/* Sort the table of a thread, and write it if all tables become runs. */
static int sort_thread(void *context, unsigned thread, gv_error *err)
{
    gv_vocab_count_state *b = context;
    gv_word_table *table = &b->tables[thread];
    int status = GV_OK;
    if (!table->entries)
        return GV_OK;
    if (!b->spill_all) {
        gv_word_table_sort(table, GV_WORD_TABLE_BY_WORD);
        return GV_OK;
    }
    if (table->used > 0)
        status = gv_vocab_count_spill(b, thread, err);
    gv_word_table_free(table);
    return status;
}

/* Who receives the sums: the order, or job->take. */
static gv_vocab_merge_take *taker(gv_vocab_count_state *b, void **context)
{
    *context = b->job->take ? b->job->take_context : &b->order;
    return b->job->take ? b->job->take : gv_vocab_order_add;
}

static int begin_taking(gv_vocab_count_state *b, uint64_t bytes, gv_error *err)
{
    return b->job->take ? GV_OK : gv_vocab_order_begin(&b->order, bytes, err);
}

/* All sums are in the first table. */
static int take_table(gv_vocab_count_state *b, gv_error *err)
{
    gv_word_table *table = &b->tables[0];
    int status = GV_OK;
    if (!b->job->take && !b->job->extend) {
        gv_vocab_order_take_table(&b->order, table);
        return GV_OK;
    }
    gv_word_table_keep(table, 1);
    void *context;
    gv_vocab_merge_take *take = taker(b, &context);
    status = begin_taking(b, b->plan.table_bytes / 2, err);
    for (uint64_t i = 0; i < table->used && status == GV_OK; i++) {
        gv_word_table_word word = gv_word_table_get(table, i);
        status = take(context, &word, err);
    }
    return status;
}

/* Tables that stay in memory: joined by hashing if they fit into one, else sorted and merged. */
static int merge_in_memory(gv_vocab_count_state *b, uint64_t in_use, gv_error *err)
{
    void *context;
    gv_vocab_merge_take *take = taker(b, &context);
    int status = absorb_all(b, err);
    if (status != GV_OK)
        return status;
    if (!atomic_load(&b->no_fit))
        return take_table(b, err);
    status = gv_threads_run(b->plan.threads, sort_thread, b, err);
    if (status == GV_OK)
        status = begin_taking(b, b->plan.table_bytes - in_use, err);
    if (status == GV_OK)
        status = gv_vocab_merge_tables(b->tables, b->plan.threads, GV_WORD_TABLE_BY_WORD, take,
                                       context, err);
    return status;
}

/* All tables become runs, which end up in sets[0]: at most `most`. */
int gv_vocab_count_reduce(gv_vocab_count_state *b, size_t most, gv_error *err)
{
    b->spill_all = true;
    int status = gv_threads_run(b->plan.threads, sort_thread, b, err);
    if (status != GV_OK)
        return status;
    for (unsigned i = 0; i < b->n_sets; i++)
        b->summary->spilled_runs += b->sets[i].n;
    status = gv_vocab_merge_reduce(b->sets, b->n_sets, GV_BUDGET_FAN_IN, err);
    b->summary->merge_passes += b->sets[0].merge_passes;
    /* the metric does not count a last pass of few runs: it takes the place of the final merge */
    return status == GV_OK ? gv_vocab_merge_reduce(b->sets, b->n_sets, most, err) : status;
}

static int merge_on_disk(gv_vocab_count_state *b, gv_error *err)
{
    int status = gv_vocab_count_reduce(b, GV_BUDGET_FAN_IN, err);
    /* the tables are gone; a quarter of their memory is for the buffers of the merge */
    void *context;
    gv_vocab_merge_take *take = taker(b, &context);
    if (status == GV_OK)
        status = begin_taking(b, b->plan.table_bytes - b->plan.table_bytes / 4, err);
    if (status == GV_OK)
        status = gv_vocab_merge_runs(&b->sets[0], take, context, err);
    return status;
}

/* From tables and runs to words with their sums. */
int gv_vocab_count_merge(gv_vocab_count_state *b, gv_error *err)
{
    uint64_t runs = 0, in_use = 0;
    for (unsigned i = 0; i < b->plan.threads; i++)
        in_use += gv_word_table_memory(&b->tables[i]);
    for (unsigned i = 0; i < b->n_sets; i++)
        runs += b->sets[i].n;
    /* With ranks always: the others' words come as runs. Half of the budget, because merging in
     * memory needs a list of all words beside the tables. */
    bool disk = b->job->comm || runs > 0 || in_use > b->plan.table_bytes / 2;
    return disk ? merge_on_disk(b, err) : merge_in_memory(b, in_use, err);
}
