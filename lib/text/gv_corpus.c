/*
 * The corpus as a whole: its files, what is said of them before work begins, and parts of it for
 * several ranks. gv_corpus_internal.h says which file does what else.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    DEFAULT_BLOCK = 4 << 20,
    STREAM_BLOCK = 1 << 20, /* at most: a stream's block is wholly in memory */
    PLAIN_PIECE = 256 << 10 /* at most: fits in L2 */
};

/* --- the corpus ------------------------------------------------------------------------------- */

static void set_block(gv_corpus *corpus, size_t block)
{
    corpus->block_bytes = block;
    corpus->stream_bytes = block < STREAM_BLOCK ? block : STREAM_BLOCK;
    corpus->stream_piece =
        corpus->stream_bytes + (corpus->phrases               ? GV_CORPUS_CUT_AHEAD
                                : block < GV_CORPUS_OVERSHOOT ? block
                                                              : GV_CORPUS_OVERSHOOT);
    corpus->piece_bytes = block < PLAIN_PIECE ? block : PLAIN_PIECE;
}

/* Threads that read records, beside those that read the corpus: as many, but not for a small
 * budget, as each needs some memory of its own. */
static unsigned record_threads(const gv_config *config)
{
    enum { MIB_EACH = 32 }; /* of the budget */
    uint64_t mib = config->vocab_memory_mb < config->cooccur_memory_mb ? config->vocab_memory_mb
                                                                       : config->cooccur_memory_mb;
    unsigned threads = gv_config_threads(config->cooccur_threads);
    return threads < mib / MIB_EACH ? threads : mib < 2 * MIB_EACH ? 1 : (unsigned)(mib / MIB_EACH);
}

int gv_corpus_open(gv_corpus **result, const gv_config *config, size_t block_bytes, gv_error *err)
{
    gv_corpus_files_found files;
    *result = NULL;
    int status = gv_corpus_files_find(&files, config, err);
    return status == GV_OK ? gv_corpus_open_found(result, &files, config, block_bytes, err)
                           : status;
}

int gv_corpus_open_found(gv_corpus **result, gv_corpus_files_found *files, const gv_config *config,
                         size_t block_bytes, gv_error *err)
{
    int status = GV_OK;
    *result = NULL;
    gv_corpus *corpus = gv_mem_alloc_zero(1, sizeof *corpus, err);
    if (!corpus) {
        gv_corpus_files_free(files);
        return GV_E_MEMORY;
    }
    corpus->files = *files;
    corpus->received = -1;
    pthread_mutex_init(&corpus->lock, NULL);
    pthread_cond_init(&corpus->released, NULL);
    corpus->tokenizer = config->corpus_tokenizer;
    corpus->spaces = config->corpus_spaces;
    corpus->lowercase = config->corpus_lowercase;
    corpus->documents = config->corpus_documents;
    set_block(corpus, block_bytes ? block_bytes : DEFAULT_BLOCK);
    corpus->reading = gv_stream_options_of(config, record_threads(config));
    corpus->reading_pattern = *corpus->reading.pattern;
    corpus->reading_fields = *corpus->reading.fields;
    corpus->reading.pattern = &corpus->reading_pattern;
    corpus->reading.fields = &corpus->reading_fields;
    bool streams = false, known = true;
    for (size_t i = 0; i < corpus->files.paths.n; i++) {
        streams |= !corpus->files.entries[i].plain;
        known &= corpus->files.entries[i].size > 0 || corpus->files.entries[i].plain;
        corpus->disk_bytes += corpus->files.entries[i].size;
    }
    if (!known)
        corpus->disk_bytes = 0;
    corpus->file_bytes = corpus->disk_bytes;
    corpus->end_file = corpus->files.paths.n;
    if (streams && !(corpus->carry = gv_mem_alloc(corpus->stream_piece, 1, err)))
        status = GV_E_MEMORY;
    if (status != GV_OK) {
        gv_corpus_close(corpus);
        return status;
    }
    *result = corpus;
    return GV_OK;
}

int gv_corpus_join_phrases(gv_corpus *corpus, const gv_phrases *phrases, gv_error *err)
{
    if (!phrases || gv_phrases_size(phrases) == 0)
        return GV_OK;
    corpus->phrases = phrases;
    set_block(corpus, corpus->block_bytes);
    return corpus->carry ? gv_mem_resize(&corpus->carry, corpus->stream_piece, 1, err) : GV_OK;
}

void gv_corpus_close(gv_corpus *corpus)
{
    if (!corpus)
        return;
    gv_stream_close(corpus->stream);
    if (corpus->received >= 0)
        close(corpus->received);
    gv_corpus_files_free(&corpus->files);
    gv_mem_free(corpus->carry);
    gv_mem_free(corpus->block_note);
    gv_mem_free(corpus->samples);
    gv_mem_free(corpus->fields);
    pthread_cond_destroy(&corpus->released);
    pthread_mutex_destroy(&corpus->lock);
    gv_mem_free(corpus);
}

const gv_strings *gv_corpus_files(const gv_corpus *corpus)
{
    return &corpus->files.paths;
}

/* The first records of a file are all without the wanted field: say so before the rest is read. */
static void warn_of_field(const gv_stream *stream, const char *path, gv_progress *progress)
{
    gv_records_counts counts = gv_stream_count_records(stream);
    uint64_t left_out = counts.without + counts.not_text;
    if (counts.records > 0 || left_out == 0)
        return;
    gv_progress_note(progress,
                     "%s: the first %" PRIu64 " records have no text in the wanted field; "
                     "the fields of the first are: %s",
                     path, left_out, gv_stream_fields(stream));
}

/* A compressed file or an archive: whether there is text in it shows only inside. Of a zip archive
 * all members are looked at; others would have to be read for that. */
static int look_inside(const gv_corpus *corpus, size_t file, gv_progress *progress, gv_error *err)
{
    const gv_corpus_files_entry *entry = &corpus->files.entries[file];
    gv_stream_options reading = corpus->reading;
    gv_stream *stream = NULL;
    reading.threads = 1;
    if (entry->plain || entry->size == 0) /* a pipe can be read only once */
        return GV_OK;
    int status = gv_stream_open_corpus(&stream, corpus->files.paths.items[file], &reading, err);
    if (status == GV_OK)
        status = gv_stream_look_at_records(stream, err);
    if (status == GV_OK)
        warn_of_field(stream, corpus->files.paths.items[file], progress);
    bool more = entry->zip;
    while (status == GV_OK && more) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_stream_next_member(stream, &more, err);
    }
    gv_stream_close(stream);
    return status;
}

int gv_corpus_announce(const gv_corpus *corpus, gv_progress *progress, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < corpus->files.paths.n && status == GV_OK; i++) {
        status = gv_signal_check(err);
        if (status == GV_OK)
            status = look_inside(corpus, i, progress, err);
    }
    return status == GV_OK
               ? gv_corpus_files_report(&corpus->files, corpus->file_bytes, progress, err)
               : status;
}

void gv_corpus_json(const gv_corpus *corpus, gv_json_writer *writer)
{
    gv_json_set_uint(writer, "files", corpus->files.paths.n);
    gv_json_set_uint(writer, "disk_bytes", corpus->file_bytes);
    gv_json_set_uint(writer, "files_own", corpus->files.own);
    gv_json_set_uint(writer, "files_textless", corpus->files.textless);
}

int gv_corpus_list_inputs(gv_strings *inputs, const gv_strings *first, const gv_corpus *corpus,
                          gv_error *err)
{
    const gv_strings none = {0}, *files = corpus ? gv_corpus_files(corpus) : &none;
    *inputs =
        (gv_strings){.items = gv_mem_alloc(first->n + files->n + 1, sizeof *inputs->items, err)};
    if (!inputs->items)
        return GV_E_MEMORY;
    for (size_t i = 0; i < first->n; i++)
        if (first->items[i])
            inputs->items[inputs->n++] = first->items[i];
    for (size_t i = 0; i < files->n; i++)
        inputs->items[inputs->n++] = files->items[i];
    return GV_OK;
}

uint64_t gv_corpus_disk_bytes(const gv_corpus *corpus)
{
    return corpus->disk_bytes;
}

uint64_t gv_corpus_block(const gv_corpus *corpus)
{
    return corpus->block_bytes;
}

void gv_corpus_limit_threads(gv_corpus *corpus, unsigned threads)
{
    if (threads < corpus->reading.threads)
        corpus->reading.threads = threads;
}

void gv_corpus_limit_block(gv_corpus *corpus, uint64_t bytes)
{
    /* not larger: buffers were made for the block that the corpus was opened with */
    if (bytes > 0 && bytes < corpus->block_bytes)
        set_block(corpus, (size_t)bytes);
}

void gv_corpus_hint(char to[GV_CORPUS_HINT], const gv_corpus *corpus)
{
    const gv_corpus_stats *stats = &corpus->stats;
    const gv_strings *fields = corpus->reading.fields;
    uint64_t left_out = stats->records_without + stats->records_not_text;
    bool json = corpus->reading.format == GV_CORPUS_JSONL;
    to[0] = '\0';
    if (left_out > 0 && stats->records_read == 0)
        snprintf(to, GV_CORPUS_HINT,
                 "; none of the %" PRIu64 " records has text in the %s \"%s\"%s (%s); the %s: %s",
                 left_out, json ? "field" : "column", fields->items[0],
                 fields->n > 1 ? " or the others" : "", json ? "corpus.field" : "corpus.column",
                 json ? "fields of the first are" : "columns are",
                 corpus->fields ? corpus->fields : "unknown");
    else if (stats->records_read == 0 && stats->redirects + stats->other_pages > 0)
        snprintf(to, GV_CORPUS_HINT, "; none of the %" PRIu64 " pages is an article",
                 stats->redirects + stats->other_pages);
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Text of a file, about. Gzip and its like shrink text to about a third. The estimate only balances
 * the parts; no result depends on it. */
static uint64_t weight_of(const gv_corpus_files_entry *file)
{
    enum { COMPRESSION = 3 };
    return file->packed ? COMPRESSION * file->size : file->size;
}

/* Where part `part` of `parts` begins, `all` being the weight of all files. The end of a part is
 * computed by the same call as the beginning of the next, so parts neither overlap nor leave
 * anything out, on whichever ranks they are. */
static void find_edge(const gv_corpus *corpus, unsigned part, unsigned parts, uint64_t all,
                      size_t *file, uint64_t *block)
{
    uint64_t wanted = (uint64_t)((double)all * part / parts);
    *block = 0;
    for (*file = 0; part > 0 && *file < corpus->files.paths.n; ++*file) {
        const gv_corpus_files_entry *at = &corpus->files.entries[*file];
        uint64_t weight = weight_of(at);
        if (wanted >= weight && part < parts) {
            wanted -= weight;
            continue;
        }
        if (part == parts)
            continue;
        if (at->plain)
            /* a plain file is cut at its nearest block, a stream not at all: it goes to the part
             * that holds its middle */
            *block = (wanted + corpus->block_bytes / 2) / corpus->block_bytes;
        else
            *file += wanted >= weight / 2;
        return;
    }
}

static uint64_t weight_of_all(const gv_corpus *corpus)
{
    uint64_t all = 0;
    for (size_t i = 0; i < corpus->files.paths.n; i++)
        all += weight_of(&corpus->files.entries[i]);
    return all;
}

void gv_corpus_part_edges(gv_corpus_edge *first, gv_corpus_edge *end, const gv_corpus *corpus,
                          unsigned part, unsigned parts)
{
    uint64_t all = weight_of_all(corpus);
    find_edge(corpus, part, parts, all, &first->file, &first->block);
    find_edge(corpus, part + 1, parts, all, &end->file, &end->block);
}

int gv_corpus_take_part(gv_corpus *corpus, unsigned part, unsigned parts, gv_error *err)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < corpus->files.paths.n; i++)
        if (parts > 1 && strcmp(corpus->files.paths.items[i], "-") == 0)
            return gv_error_set(
                err, GV_E_USAGE,
                "standard input cannot be read by several ranks; put the text into a file "
                "that rank 0 can read");
    gv_corpus_edge first, end;
    gv_corpus_part_edges(&first, &end, corpus, part, parts);
    corpus->file = first.file;
    corpus->block = first.block;
    corpus->end_file = end.file;
    corpus->end_block = end.block;
    for (size_t i = corpus->file; i < corpus->files.paths.n && i <= corpus->end_file; i++) {
        uint64_t size = corpus->files.entries[i].size, from = 0, to = size;
        if (i == corpus->file)
            from = corpus->block * corpus->block_bytes;
        if (i == corpus->end_file)
            to = corpus->end_block * corpus->block_bytes;
        to = to < size ? to : size;
        bytes += to > from ? to - from : 0;
    }
    corpus->disk_bytes = bytes;
    return GV_OK;
}
