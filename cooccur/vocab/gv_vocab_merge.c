#include "cooccur/vocab/gv_vocab_merge.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <string.h>

enum { SIGNAL_EVERY = 1 << 16 }; /* words between two looks for signals: about 10 ms */

/* --- sources ---------------------------------------------------------------------------------- */

/* Where a merge takes words from: a sorted table or a run. */
typedef struct source {
    gv_word_table_word word; /* the current one */
    const gv_word_table *table;
    uint64_t next;    /* number of the next word of the table */
    gv_vocab_run run; /* what is left of it in the file */
    uint8_t *buffer;
    size_t begin, filled, capacity; /* unread bytes: [begin, filled) */
    char text[GV_TOKEN_MAX];        /* of the current word of a run */
} source;

/* Have a whole record in the buffer, unless the run ends. */
static int refill(source *from, gv_error *err)
{
    if (from->filled - from->begin >= GV_TOKEN_MAX + 3 * GV_VARINT_MAX ||
        from->run.begin == from->run.end)
        return GV_OK;
    memmove(from->buffer, from->buffer + from->begin, from->filled - from->begin);
    from->filled -= from->begin;
    from->begin = 0;
    uint64_t left = from->run.end - from->run.begin;
    size_t room = from->capacity - from->filled, bytes = left < room ? (size_t)left : room;
    int status = gv_file_pread(from->run.fd, from->buffer + from->filled, bytes, from->run.begin,
                               GV_VOCAB_RUN_NAME, err);
    from->run.begin += bytes;
    from->filled += bytes;
    return status;
}

/* Decode the next word of a run; false if it does not decode. */
static bool decode(source *from)
{
    const uint8_t *at = from->buffer + from->begin, *end = from->buffer + from->filled;
    uint64_t shared, rest, count;
    if (!(at = gv_bytes_get_varint(at, end, &shared)) ||
        !(at = gv_bytes_get_varint(at, end, &rest)) || shared > from->word.length ||
        rest > GV_TOKEN_MAX - shared || rest > (uint64_t)(end - at) || shared + rest == 0)
        return false;
    /* over the end of the word before, whose first `shared` bytes stay (gv_vocab_run.c) */
    memcpy(from->text + shared, at, (size_t)rest);
    at = gv_bytes_get_varint(at + rest, end, &count);
    if (!at)
        return false;
    from->word = (gv_word_table_word){from->text, (size_t)(shared + rest), count};
    from->begin = (size_t)(at - from->buffer);
    return true;
}

/* Go to the next word; `*more` is false at the end. */
static int advance(source *from, bool *more, gv_error *err)
{
    *more = false;
    if (from->table) {
        *more = from->next < from->table->used;
        if (*more)
            from->word = gv_word_table_get(from->table, from->next++);
        return GV_OK;
    }
    int status = refill(from, err);
    if (status != GV_OK || from->begin == from->filled)
        return status;
    *more = decode(from);
    return *more ? GV_OK : gv_error_set(err, GV_E_CORRUPT, "%s is damaged", GV_VOCAB_RUN_NAME);
}

/* --- merging ---------------------------------------------------------------------------------- */

/* What is merged: tables, or runs read with `buffer` bytes each. */
typedef struct input {
    const gv_word_table *tables;
    size_t n_tables;
    const gv_vocab_run *runs;
    size_t n_runs, buffer;
    enum gv_word_table_order order;
} input;

typedef struct merge {
    source *sources;
    size_t n_sources;
    source **heap; /* [n] the one with the smallest word first */
    size_t n;
    enum gv_word_table_order order;
    gv_word_table_word pending; /* its text is `text` */
    bool has_pending;
    char text[GV_TOKEN_MAX];
    gv_vocab_merge_take *take;
    void *context;
} merge;

/* Let the source at `i` sink to its place in the heap. */
static void sift_down(merge *m, size_t i)
{
    source *moving = m->heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= m->n)
            break;
        if (child + 1 < m->n &&
            gv_word_table_compare(&m->heap[child + 1]->word, &m->heap[child]->word, m->order) < 0)
            child++;
        if (gv_word_table_compare(&moving->word, &m->heap[child]->word, m->order) <= 0)
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = moving;
}

static int give_pending(merge *m, gv_error *err)
{
    int status = m->has_pending ? m->take(m->context, &m->pending, err) : GV_OK;
    m->has_pending = false;
    return status;
}

/* Add the smallest word to the pending one, or make it the pending one; its source advances. */
static int take_smallest(merge *m, gv_error *err)
{
    const gv_word_table_word *word = &m->heap[0]->word;
    int status = GV_OK;
    /* in the order of counts all words are distinct already, and equal words need not be
     * neighbours */
    if (m->order == GV_WORD_TABLE_BY_WORD && m->has_pending && word->length == m->pending.length &&
        memcmp(word->text, m->text, word->length) == 0) {
        m->pending.count += word->count;
    } else {
        status = give_pending(m, err);
        memcpy(m->text, word->text, word->length);
        m->pending = (gv_word_table_word){m->text, word->length, word->count};
        m->has_pending = true;
    }
    bool more;
    if (status == GV_OK)
        status = advance(m->heap[0], &more, err);
    if (status != GV_OK)
        return status;
    if (!more)
        m->heap[0] = m->heap[--m->n];
    if (m->n > 0)
        sift_down(m, 0);
    return GV_OK;
}

static int open_sources(merge *m, const input *from, gv_error *err)
{
    m->n_sources = from->n_tables + from->n_runs;
    m->sources = gv_mem_alloc_zero(m->n_sources, sizeof *m->sources, err);
    m->heap = gv_mem_alloc_zero(m->n_sources, sizeof(source *), err);
    if (!m->sources || !m->heap)
        return GV_E_MEMORY;
    for (size_t i = 0; i < m->n_sources; i++) {
        source *s = &m->sources[i];
        if (i < from->n_tables) {
            s->table = &from->tables[i];
        } else {
            s->run = from->runs[i - from->n_tables];
            s->capacity = from->buffer < GV_BUDGET_VOCAB_BUFFER_LEAST ? GV_BUDGET_VOCAB_BUFFER_LEAST
                                                                      : from->buffer;
            if (!(s->buffer = gv_mem_alloc(s->capacity, 1, err)))
                return GV_E_MEMORY;
        }
        bool more;
        int status = advance(s, &more, err);
        if (status != GV_OK)
            return status;
        if (more)
            m->heap[m->n++] = s;
    }
    for (size_t i = m->n; i-- > 0;)
        sift_down(m, i);
    return GV_OK;
}

static void close_sources(merge *m)
{
    for (size_t i = 0; m->sources && i < m->n_sources; i++)
        gv_mem_free(m->sources[i].buffer);
    gv_mem_free(m->sources);
    gv_mem_free(m->heap);
}

static int merge_all(const input *from, gv_vocab_merge_take *take, void *context, gv_error *err)
{
    merge m = {.order = from->order, .take = take, .context = context};
    int status = open_sources(&m, from, err);
    for (uint64_t word = 1; status == GV_OK && m.n > 0; word++) {
        status = take_smallest(&m, err);
        if (status == GV_OK && word % SIGNAL_EVERY == 0)
            status = gv_signal_check(err);
    }
    if (status == GV_OK)
        status = give_pending(&m, err);
    close_sources(&m);
    return status;
}

int gv_vocab_merge_tables(const gv_word_table *tables, size_t n, enum gv_word_table_order order,
                          gv_vocab_merge_take *take, void *context, gv_error *err)
{
    const input from = {.tables = tables, .n_tables = n, .order = order};
    return merge_all(&from, take, context, err);
}

int gv_vocab_merge_runs(const gv_vocab_run_set *set, gv_vocab_merge_take *take, void *context,
                        gv_error *err)
{
    const input from = {
        .runs = set->runs, .n_runs = set->n, .buffer = set->buffer, .order = set->order};
    return merge_all(&from, take, context, err);
}

/* --- passes ----------------------------------------------------------------------------------- */

/* A gv_vocab_merge_take. */
static int put_in_run(void *writer, const gv_word_table_word *word, gv_error *err)
{
    return gv_vocab_run_put(writer, word, err);
}

/* Every GV_BUDGET_FAN_IN runs of `from` become one run of `to`. */
static int merge_pass(gv_vocab_run_set *to, const gv_vocab_run_set *from, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < from->n; i += GV_BUDGET_FAN_IN) {
        size_t left = from->n - i;
        gv_vocab_run_set some = *from; /* borrows the runs */
        some.runs += i;
        some.n = left < GV_BUDGET_FAN_IN ? left : GV_BUDGET_FAN_IN;
        gv_vocab_run_writer writer;
        status = gv_vocab_run_begin(&writer, to, to->buffer, err);
        if (status == GV_OK)
            status = gv_vocab_merge_runs(&some, put_in_run, &writer, err);
        status = gv_vocab_run_end(&writer, status, err);
    }
    return status;
}

/* List the runs of all sets in the first. */
static int join(gv_vocab_run_set *sets, size_t n, gv_error *err)
{
    gv_vocab_run_set *all = &sets[0];
    for (size_t i = 1; i < n; i++) {
        int status =
            gv_mem_reserve(&all->runs, &all->capacity, all->n + sets[i].n, sizeof *all->runs, err);
        if (status != GV_OK)
            return status;
        if (sets[i].n > 0)
            memcpy(all->runs + all->n, sets[i].runs, sets[i].n * sizeof *all->runs);
        all->n += sets[i].n;
        sets[i].n = 0;
    }
    return GV_OK;
}

int gv_vocab_merge_reduce(gv_vocab_run_set *sets, size_t n, size_t most, gv_error *err)
{
    gv_vocab_run_set *all = &sets[0];
    int status = join(sets, n, err);
    while (status == GV_OK && all->n > most) {
        gv_vocab_run_set merged;
        /* a file of its own: the runs that are read must stay until the pass is over */
        gv_vocab_run_set_init(&merged, all->temp_dir, all->order, all->buffer);
        merged.merge_passes = all->merge_passes + 1;
        status = merge_pass(&merged, all, err);
        /* each pass frees the disk space of what it read */
        for (size_t i = 0; i < n; i++)
            gv_vocab_run_set_clear(&sets[i]);
        *all = merged;
    }
    return status;
}
