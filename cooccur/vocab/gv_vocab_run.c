/*
 * Words are coded against the word before (front coding): in byte order neighbours share most of
 * their bytes, so a run is much shorter than its text. In the order of counts little is shared,
 * but the same code serves.
 *
 * The first word of a run shares nothing, because a writer begins without a last word; so every run
 * can be read by itself, also at another rank.
 */
#include "cooccur/vocab/gv_vocab_run.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>
#include <unistd.h>

void gv_vocab_run_set_init(gv_vocab_run_set *set, const char *temp_dir,
                           enum gv_word_table_order order, size_t buffer)
{
    *set = (gv_vocab_run_set){.temp_dir = temp_dir, .order = order, .buffer = buffer, .fd = -1};
}

void gv_vocab_run_set_clear(gv_vocab_run_set *set)
{
    if (set->fd >= 0)
        close(set->fd);
    gv_mem_free(set->runs);
    set->fd = -1;
    set->end = 0;
    set->runs = NULL;
    set->n = set->capacity = 0;
}

static int open_file(gv_vocab_run_set *set, gv_error *err)
{
    return set->fd < 0 ? gv_file_temp_open(&set->fd, set->temp_dir, err) : GV_OK;
}

int gv_vocab_run_append(gv_vocab_run_set *set, const void *data, size_t bytes, gv_error *err)
{
    int status = open_file(set, err);
    if (status == GV_OK)
        status = gv_file_pwrite(set->fd, data, bytes, set->end, GV_VOCAB_RUN_NAME, err);
    if (status == GV_OK)
        set->end += bytes;
    return status;
}

int gv_vocab_run_add(gv_vocab_run_set *set, uint64_t begin, gv_error *err)
{
    int status = gv_mem_reserve(&set->runs, &set->capacity, set->n + 1, sizeof *set->runs, err);
    if (status == GV_OK)
        set->runs[set->n++] = (gv_vocab_run){set->fd, begin, set->end};
    return status;
}

int gv_vocab_run_begin(gv_vocab_run_writer *writer, gv_vocab_run_set *set, size_t buffer,
                       gv_error *err)
{
    *writer = (gv_vocab_run_writer){.set = set, .begin = set->end, .capacity = buffer};
    if (buffer < GV_BUDGET_VOCAB_BUFFER_LEAST)
        writer->capacity = GV_BUDGET_VOCAB_BUFFER_LEAST;
    int status = open_file(set, err);
    if (status == GV_OK && !(writer->buffer = gv_mem_alloc(writer->capacity, 1, err)))
        status = GV_E_MEMORY;
    return status;
}

static int flush(gv_vocab_run_writer *writer, gv_error *err)
{
    int status = gv_vocab_run_append(writer->set, writer->buffer, writer->used, err);
    if (status == GV_OK)
        writer->used = 0;
    return status;
}

int gv_vocab_run_put(gv_vocab_run_writer *writer, const gv_word_table_word *word, gv_error *err)
{
    /* room for the longest record of this word: shared, rest and count, and all of its bytes */
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
    /* the shared bytes are there already */
    memcpy(writer->last + shared, word->text + shared, rest);
    writer->last_length = word->length;
    return GV_OK;
}

int gv_vocab_run_end(gv_vocab_run_writer *writer, int status, gv_error *err)
{
    if (status == GV_OK)
        status = flush(writer, err);
    if (status == GV_OK)
        status = gv_vocab_run_add(writer->set, writer->begin, err);
    gv_mem_free(writer->buffer);
    writer->buffer = NULL;
    return status;
}

int gv_vocab_run_write_table(gv_vocab_run_set *set, const gv_word_table *table, size_t buffer,
                             gv_error *err)
{
    gv_vocab_run_writer writer;
    int status = gv_vocab_run_begin(&writer, set, buffer, err);
    for (uint64_t i = 0; status == GV_OK && i < table->used; i++) {
        gv_word_table_word word = gv_word_table_get(table, i);
        status = gv_vocab_run_put(&writer, &word, err);
    }
    return gv_vocab_run_end(&writer, status, err);
}
