/*
 * Runs on disk. The merge keeps one current word per source in a binary heap; the smallest word is
 * collected into `pending` until a different one comes, so equal words add up whatever their
 * number. Cost: about log2(sources) comparisons a word and sequential reads and writes. A merge
 * opens at most the wanted number of runs, however many there are: more are merged in passes.
 */
#include "cooccur/vocab/gv_vocab_run.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "budget/gv_budget_vocab.h"
#include <string.h>
#include <unistd.h>

_Static_assert(GV_RUN_BUFFER_LEAST == GV_BUDGET_VOCAB_BUFFER_LEAST, "gv_budget_vocab.h has it");

enum { WORD_MAX = 999, SIGNAL_EVERY = 1 << 16 };

void gv_vocab_run_file_close(gv_vocab_run_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    *file = (gv_vocab_run_file){.fd = -1};
}

/* --- writing ---------------------------------------------------------------------------------- */

int gv_vocab_run_begin(gv_vocab_run_writer *writer, gv_vocab_run_file *file, const char *temp_dir,
                       size_t buffer, gv_error *err)
{
    *writer = (gv_vocab_run_writer){.file = file, .begin = file->end, .capacity = buffer};
    if (buffer < GV_RUN_BUFFER_LEAST)
        writer->capacity = GV_RUN_BUFFER_LEAST;
    int status = file->fd < 0 ? gv_file_temp_open(&file->fd, temp_dir, err) : GV_OK;
    if (status == GV_OK && !(writer->buffer = gv_mem_alloc(writer->capacity, 1, err)))
        status = GV_E_MEMORY;
    return status;
}

int gv_vocab_run_append(gv_vocab_run_file *file, const char *temp_dir, const void *data,
                        size_t bytes, gv_error *err)
{
    int status = file->fd < 0 ? gv_file_temp_open(&file->fd, temp_dir, err) : GV_OK;
    if (status == GV_OK)
        status = gv_file_pwrite(file->fd, data, bytes, file->end, GV_VOCAB_RUN_NAME, err);
    if (status == GV_OK)
        file->end += bytes;
    return status;
}

int gv_vocab_run_list_add(gv_vocab_run_list *list, const gv_vocab_run_file *file, uint64_t begin,
                          gv_error *err)
{
    int status =
        gv_mem_reserve(&list->parts, &list->capacity, list->n + 1, sizeof *list->parts, err);
    if (status == GV_OK)
        list->parts[list->n++] = (gv_vocab_run_part){file->fd, begin, file->end};
    return status;
}

static int flush(gv_vocab_run_writer *writer, gv_error *err)
{
    int status = gv_vocab_run_append(writer->file, NULL, writer->buffer, writer->used, err);
    if (status == GV_OK)
        writer->used = 0;
    return status;
}

int gv_vocab_run_put(gv_vocab_run_writer *writer, const gv_word_table_word *word, gv_error *err)
{
    if (writer->capacity - writer->used < word->length + 3 * GV_VARINT_MAX) {
        int status = flush(writer, err);
        if (status != GV_OK)
            return status;
    }
    size_t shared = 0;
    while (shared < word->length && shared < writer->last_length &&
           word->text[shared] == writer->last[shared])
        shared++;
    size_t rest = word->length - shared;
    uint8_t *to = writer->buffer + writer->used;
    to = gv_bytes_put_varint(to, shared);
    to = gv_bytes_put_varint(to, rest);
    memcpy(to, word->text + shared, rest);
    to = gv_bytes_put_varint(to + rest, word->count);
    writer->used = (size_t)(to - writer->buffer);
    memcpy(writer->last + shared, word->text + shared, rest);
    writer->last_length = word->length;
    return GV_OK;
}

int gv_vocab_run_end(gv_vocab_run_writer *writer, gv_vocab_run_list *list, gv_error *err)
{
    int status = GV_OK;
    if (list && writer->buffer)
        status = flush(writer, err);
    if (list && status == GV_OK)
        status = gv_vocab_run_list_add(list, writer->file, writer->begin, err);
    gv_mem_free(writer->buffer);
    writer->buffer = NULL;
    return status;
}

int gv_vocab_run_write_table(const gv_word_table *table, gv_vocab_run_file *file,
                             const char *temp_dir, size_t buffer, gv_vocab_run_list *list,
                             gv_error *err)
{
    gv_vocab_run_writer writer;
    int status = gv_vocab_run_begin(&writer, file, temp_dir, buffer, err);
    for (uint64_t i = 0; status == GV_OK && i < table->used; i++) {
        gv_word_table_word word = gv_word_table_get(table, i);
        status = gv_vocab_run_put(&writer, &word, err);
    }
    int ended = gv_vocab_run_end(&writer, status == GV_OK ? list : NULL, err);
    return status == GV_OK ? ended : status;
}

/* --- sources ---------------------------------------------------------------------------------- */

/* Where a merge takes words from: a sorted table or a run. */
typedef struct source {
    gv_word_table_word word; /* the current one */
    const gv_word_table *table;
    uint64_t next; /* number of the next word of the table */
    gv_vocab_run_part run;
    uint8_t *buffer;
    size_t begin, filled, capacity; /* unread bytes: [begin, filled) */
    char text[WORD_MAX];            /* of the current word of a run */
} source;

/* Have a whole record in the buffer, unless the run ends. */
static int refill(source *from, gv_error *err)
{
    if (from->filled - from->begin >= WORD_MAX + 3 * GV_VARINT_MAX ||
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
        rest > WORD_MAX - shared || rest > (uint64_t)(end - at))
        return false;
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

typedef struct merge {
    source *sources;
    size_t n_sources;
    source **heap; /* [n] the one with the smallest word first */
    size_t n;
    enum gv_word_table_order order;
    gv_word_table_word pending; /* its text is `text` */
    bool has_pending;
    char text[WORD_MAX];
    gv_vocab_run_sink *sink;
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
    int status = m->has_pending ? m->sink(m->context, &m->pending, err) : GV_OK;
    m->has_pending = false;
    return status;
}

/* Take the smallest word. */
static int take(merge *m, gv_error *err)
{
    const gv_word_table_word *word = &m->heap[0]->word;
    int status = GV_OK;
    if (m->order == GV_BY_WORD && m->has_pending && word->length == m->pending.length &&
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

static int merge_begin(merge *m, const gv_word_table *tables, size_t n_tables,
                       const gv_vocab_run_part *runs, size_t n_runs, size_t buffer, gv_error *err)
{
    if (buffer < GV_RUN_BUFFER_LEAST)
        buffer = GV_RUN_BUFFER_LEAST;
    m->n_sources = n_tables + n_runs;
    m->sources = gv_mem_alloc_zero(m->n_sources, sizeof *m->sources, err);
    m->heap = gv_mem_alloc_zero(m->n_sources, sizeof(source *), err);
    if (!m->sources || !m->heap)
        return GV_E_MEMORY;
    for (size_t i = 0; i < m->n_sources; i++) {
        source *from = &m->sources[i];
        if (i < n_tables) {
            from->table = &tables[i];
        } else {
            from->run = runs[i - n_tables];
            from->capacity = buffer;
            if (!(from->buffer = gv_mem_alloc(buffer, 1, err)))
                return GV_E_MEMORY;
        }
        bool more;
        int status = advance(from, &more, err);
        if (status != GV_OK)
            return status;
        if (more)
            m->heap[m->n++] = from;
    }
    for (size_t i = m->n; i-- > 0;)
        sift_down(m, i);
    return GV_OK;
}

static void merge_end(merge *m)
{
    for (size_t i = 0; m->sources && i < m->n_sources; i++)
        gv_mem_free(m->sources[i].buffer);
    gv_mem_free(m->sources);
    gv_mem_free(m->heap);
}

int gv_vocab_run_merge(const gv_word_table *tables, size_t n_tables, const gv_vocab_run_part *runs,
                       size_t n_runs, enum gv_word_table_order order, size_t buffer,
                       gv_vocab_run_sink *sink, void *context, gv_error *err)
{
    merge m = {.order = order, .sink = sink, .context = context};
    int status = merge_begin(&m, tables, n_tables, runs, n_runs, buffer, err);
    for (uint64_t step = 1; status == GV_OK && m.n > 0; step++) {
        status = take(&m, err);
        if (status == GV_OK && step % SIGNAL_EVERY == 0)
            status = gv_signal_check(err);
    }
    if (status == GV_OK)
        status = give_pending(&m, err);
    merge_end(&m);
    return status;
}

static int put_in_run(void *context, const gv_word_table_word *word, gv_error *err)
{
    return gv_vocab_run_put(context, word, err);
}

/* One pass: groups of `fan_in` runs of `list` become one run each of `to`. */
static int one_pass(gv_vocab_run_list *to, gv_vocab_run_file *file, const gv_vocab_run_list *list,
                    const char *temp_dir, enum gv_word_table_order order, size_t fan_in,
                    size_t buffer, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < list->n; i += fan_in) {
        size_t group = list->n - i < fan_in ? list->n - i : fan_in;
        gv_vocab_run_writer writer;
        status = gv_vocab_run_begin(&writer, file, temp_dir, buffer, err);
        if (status == GV_OK)
            status = gv_vocab_run_merge(NULL, 0, list->parts + i, group, order, buffer, put_in_run,
                                        &writer, err);
        int ended = gv_vocab_run_end(&writer, status == GV_OK ? to : NULL, err);
        status = status == GV_OK ? ended : status;
    }
    return status;
}

int gv_vocab_run_reduce(gv_vocab_run_list *list, gv_vocab_run_file *files, size_t n_files,
                        gv_vocab_run_file *last, const char *temp_dir,
                        enum gv_word_table_order order, size_t fan_in, size_t buffer,
                        uint64_t *passes, gv_error *err)
{
    int status = GV_OK;
    while (status == GV_OK && list->n > fan_in) {
        gv_vocab_run_list merged = {0};
        gv_vocab_run_file file = GV_RUN_FILE_NONE;
        status = one_pass(&merged, &file, list, temp_dir, order, fan_in, buffer, err);
        for (size_t i = 0; i < n_files; i++)
            gv_vocab_run_file_close(&files[i]);
        gv_vocab_run_file_close(last);
        *last = file;
        gv_mem_free(list->parts);
        *list = merged;
        ++*passes;
    }
    return status;
}
