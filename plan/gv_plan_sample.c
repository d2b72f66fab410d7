/*
 * Where the sample comes from.
 *
 * Plain files are taken as one long text, cut into as many equal parts as there are blocks; from
 * each part one block is read, at a random place. A block begins behind the first separator and
 * ends at its last one, so it holds whole tokens only; a window that would reach over its ends is
 * cut, which loses well under one per cent of the pairs.
 *
 * Compressed files can only be read front to back. Of at most STREAM_FILES of them, spread over
 * the list, a first part is decompressed, and every STREAM_STEP-th block of that is kept; how much
 * text came out of how many bytes on disk gives the size of the text in all.
 *
 * Cost: that of reading and tokenizing the sample once.
 */
#include "plan/gv_plan_sample.h"

#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "budget/gv_budget.h"
#include "text/gv_corpus_files.h"
#include "text/gv_space.h"
#include "text/gv_stream.h"
#include "text/gv_tokenizer.h"
#include "vocab/gv_stop_words.h"
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCKS = 256,        /* wished number of blocks */
    BLOCK_LEAST = 8192,  /* bytes: shorter ones would cut too many windows */
    BLOCK_MOST = 262144, /* with longer ones the sample would say too little about the rest */
    RAW_BYTES = 2 << 20, /* of text kept as it is, ... */
    RAW_PIECE = 16384,   /* ... so many of a block */
    STREAM_FILES = 32,   /* compressed files looked into */
    STREAM_STEP = 3, /* of so many blocks of a compressed file one is kept, or of more, so ... */
    STREAM_LEAST = 4 << 20, /* ... that this much text is seen: read-ahead blurs where we are */
    STREAM_RATIO = 3,       /* text bytes per compressed byte, before anything is known */
    SAMPLE_PER_CENT = 8,    /* of the corpus ... */
    SAMPLE_LEAST = 4 << 20, /* ... but at least, ... */
    SAMPLE_MOST = 32 << 20  /* ... and at most */
};

/* Reading everything loses a few bytes where blocks meet. */
static const double WHOLE = 0.98;

/* Words met so far, by 64-bit hash: among a million words two fall together once in 40 million
 * plans. */
typedef struct interner {
    uint64_t *hash;
    uint32_t *id;
    size_t slots, length_capacity, text_used, text_capacity;
} interner;

typedef struct reading {
    gv_plan_sample *sample;
    const gv_config *config;
    const gv_vocab *only;
    gv_stop_words *stop; /* of vocab.stop_file, or NULL */
    gv_corpus_files_found files;
    gv_tokenizer *scanner;
    gv_corpus_stats stats; /* the scanner wants one */
    interner words;
    uint8_t *buffer;
    size_t block_bytes;
    size_t start_capacity, raw_capacity;
    uint64_t plain_bytes, packed_bytes; /* on disk */
    uint64_t packed_text;               /* estimated */
    double inflate_seconds;
    uint64_t inflated;
} reading;

/* --- words ------------------------------------------------------------------------------------ */

/* The slot of `hash`: its own, or the empty one where it belongs. */
static size_t find_slot(const interner *words, uint64_t hash)
{
    size_t at = hash & (words->slots - 1);
    while (words->hash[at] != 0 && words->hash[at] != hash)
        at = (at + 1) & (words->slots - 1);
    return at;
}

static void free_interner(interner *words)
{
    gv_mem_free(words->hash);
    gv_mem_free(words->id);
}

static int grow_interner(interner *words, gv_error *err)
{
    interner larger = *words;
    larger.slots = words->slots ? words->slots * 2 : 1 << 16;
    larger.hash = gv_mem_alloc_zero(larger.slots, sizeof *larger.hash, err);
    larger.id = larger.hash ? gv_mem_alloc(larger.slots, sizeof *larger.id, err) : NULL;
    if (!larger.id) {
        gv_mem_free(larger.hash);
        return GV_E_MEMORY;
    }
    for (size_t i = 0; i < words->slots; i++) {
        if (words->hash[i] == 0)
            continue;
        size_t at = find_slot(&larger, words->hash[i]);
        larger.hash[at] = words->hash[i];
        larger.id[at] = words->id[i];
    }
    free_interner(words);
    *words = larger;
    return GV_OK;
}

static int intern(uint32_t *id, reading *r, const char *word, size_t length, gv_error *err)
{
    interner *words = &r->words;
    gv_plan_sample *sample = r->sample;
    if ((size_t)sample->words * 2 >= words->slots) {
        int status = grow_interner(words, err);
        if (status != GV_OK)
            return status;
    }
    uint64_t hash = gv_hash_64(word, length, 0) | 1;
    size_t at = find_slot(words, hash);
    if (words->hash[at] == 0) {
        int status = gv_mem_reserve(&sample->length, &words->length_capacity,
                                    (size_t)sample->words + 1, sizeof *sample->length, err);
        if (status != GV_OK)
            return status;
        status =
            gv_mem_reserve(&sample->text, &words->text_capacity, words->text_used + length, 1, err);
        if (status != GV_OK)
            return status;
        memcpy(sample->text + words->text_used, word, length);
        words->text_used += length;
        words->hash[at] = hash;
        words->id[at] = sample->words;
        sample->length[sample->words++] = (uint16_t)length;
    }
    *id = words->id[at];
    return GV_OK;
}

static int put_id(gv_plan_sample *sample, uint32_t id, gv_error *err)
{
    int status = gv_mem_reserve(&sample->ids, &sample->capacity, sample->count + 1,
                                sizeof *sample->ids, err);
    if (status == GV_OK)
        sample->ids[sample->count++] = id;
    return status;
}

/* --- a block ---------------------------------------------------------------------------------- */

static int take_word(reading *r, const char *word, size_t length, gv_error *err)
{
    uint32_t id = 0;
    if ((r->only && gv_vocab_lookup(r->only, word, length) == GV_VOCAB_NO_WORD) ||
        gv_stop_words_has(r->stop, word, length))
        return GV_OK;
    int status = intern(&id, r, word, length, err);
    if (status == GV_OK)
        status = put_id(r->sample, id, err);
    r->sample->tokens++;
    return status;
}

/* Keep the beginning of a text, up to a separator. */
static int keep_raw(reading *r, const uint8_t *text, size_t length, gv_error *err)
{
    gv_plan_sample *sample = r->sample;
    size_t n = length < RAW_PIECE ? length : RAW_PIECE;
    while (n > 0 && !gv_tokenizer_may_cut(text[n - 1]))
        n--;
    if (n == 0 || sample->raw_bytes + n > RAW_BYTES)
        return GV_OK;
    int status = gv_mem_reserve(&sample->raw, &r->raw_capacity, sample->raw_bytes + n + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(sample->raw + sample->raw_bytes, text, n);
    sample->raw_bytes += n;
    return GV_OK;
}

/* The whole tokens of a piece of text; `whole_start`: a token may begin at its first byte. */
static int take_text(reading *r, uint8_t *text, size_t length, bool whole_start, gv_error *err)
{
    size_t begin = 0;
    while (!whole_start && begin < length && !gv_tokenizer_may_cut(text[begin]))
        begin++;
    while (length > begin && !gv_tokenizer_may_cut(text[length - 1]))
        length--;
    r->sample->bytes += length - begin;
    if (r->config->corpus_spaces == GV_SPACES_UNICODE)
        gv_space_blank(text + begin, length - begin);
    int kept = keep_raw(r, text + begin, length - begin, err);
    if (kept != GV_OK)
        return kept;
    gv_tokenizer_reset(r->scanner, whole_start);
    gv_tokenizer_feed(r->scanner, text + begin, length - begin, true);
    for (;;) {
        enum gv_tokenizer_result result;
        const char *word;
        size_t bytes;
        int status = gv_tokenizer_next(r->scanner, &result, &word, &bytes, err);
        if (status == GV_OK && result == GV_TOKENIZER_WORD)
            status = take_word(r, word, bytes, err);
        else if (status == GV_OK && result == GV_TOKENIZER_NEWLINE &&
                 r->config->corpus_documents == GV_DOCUMENTS_LINE)
            status = put_id(r->sample, GV_PLAN_BREAK, err);
        if (status != GV_OK || result == GV_TOKENIZER_PIECE_END)
            return status;
    }
}

/* A new block begins. */
static int begin_block(reading *r, gv_error *err)
{
    gv_plan_sample *sample = r->sample;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_mem_reserve(&sample->block_start, &r->start_capacity,
                                (size_t)sample->blocks + 2, sizeof *sample->block_start, err);
    if (status != GV_OK)
        return status;
    sample->block_start[sample->blocks++] = sample->count;
    return put_id(sample, GV_PLAN_BREAK, err);
}

static void end_block(gv_plan_sample *sample)
{
    sample->block_start[sample->blocks] = sample->count;
}

/* --- plain files ------------------------------------------------------------------------------ */

/* `left` bytes at `offset` of all plain files taken as one text, as a block; small files may make
 * up one block. */
static int read_block(reading *r, uint64_t offset, size_t left, gv_error *err)
{
    int status = begin_block(r, err);
    for (size_t i = 0; status == GV_OK && left > 0 && i < r->files.paths.n; i++) {
        if (!r->files.entries[i].plain)
            continue;
        if (offset >= r->files.entries[i].size) {
            offset -= r->files.entries[i].size;
            continue;
        }
        uint64_t rest = r->files.entries[i].size - offset;
        size_t bytes = rest < left ? (size_t)rest : left;
        int fd = open(r->files.paths.items[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return gv_error_set_errno(err, "cannot read %s", r->files.paths.items[i]);
        status = gv_file_pread(fd, r->buffer, bytes, offset, r->files.paths.items[i], err);
        close(fd);
        left -= bytes;
        if (status == GV_OK && offset + bytes == r->files.entries[i].size)
            r->buffer[bytes++] = '\n'; /* the end of a file ends a token */
        if (status == GV_OK)
            status = take_text(r, r->buffer, bytes, offset == 0, err);
        offset = 0;
    }
    if (status == GV_OK)
        end_block(r->sample);
    return status;
}

/* `wanted` bytes of the plain files, in evenly spread blocks. */
static int read_plain(reading *r, uint64_t wanted, gv_error *err)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 0);
    uint64_t blocks = (wanted + r->block_bytes - 1) / r->block_bytes;
    int status = GV_OK;
    for (uint64_t b = 0; b < blocks && status == GV_OK; b++) {
        /* part b is [begin, end) */
        uint64_t begin = (uint64_t)((double)b / (double)blocks * (double)r->plain_bytes);
        uint64_t end = (uint64_t)((double)(b + 1) / (double)blocks * (double)r->plain_bytes);
        uint64_t room = end - begin > r->block_bytes ? end - begin - r->block_bytes : 0;
        if (room > 0)
            begin += gv_rng_below(&rng, room + 1);
        status = read_block(r, begin, room > 0 ? r->block_bytes : (size_t)(end - begin), err);
    }
    return status;
}

/* --- compressed files ------------------------------------------------------------------------- */

/* Fill the buffer, with text of as many members as it takes. `*got` is less only at the end of the
 * file. */
static int fill_buffer(reading *r, gv_stream *stream, size_t *got, uint64_t *disk, gv_error *err)
{
    bool more = true;
    int status = GV_OK;
    *got = 0;
    *disk = 0;
    while (status == GV_OK && more && *got < r->block_bytes) {
        size_t part = 0;
        uint64_t now = 0;
        status = gv_stream_read(stream, r->buffer + *got, r->block_bytes - *got, &part, &now, err);
        *got += part;
        *disk += now;
        if (status != GV_OK || *got == r->block_bytes)
            return status;
        status = gv_stream_next_member(stream, &more, err);
        if (more)
            r->buffer[(*got)++] = '\n'; /* the end of a member ends a token */
    }
    return status;
}

/* Keep `wanted` bytes of the first part of a file; estimate the text in all of it. */
static int read_stream(reading *r, size_t file, uint64_t wanted, gv_error *err)
{
    uint64_t likely = r->files.entries[file].size * STREAM_RATIO;
    uint64_t first = gv_budget_clamp(wanted * STREAM_STEP, STREAM_LEAST, UINT64_MAX);
    if (first > likely)
        first = likely;
    uint64_t step = gv_budget_clamp(first / (wanted + 1), 1, UINT64_MAX);
    gv_stream *stream = NULL;
    uint64_t text = 0, disk = 0, now = 0;
    size_t got = r->block_bytes;
    const gv_stream_options options = gv_stream_options_of(r->config, 1);
    int status = gv_stream_open_corpus(&stream, r->files.paths.items[file], &options, err);
    /* once all of the file is in the stream's buffers, its text can as well be read to the end */
    for (uint64_t b = 0; status == GV_OK && got == r->block_bytes &&
                         (text < first || disk >= r->files.entries[file].size);
         b++) {
        double start = gv_clock_thread_seconds();
        status = fill_buffer(r, stream, &got, &now, err);
        r->inflate_seconds += gv_clock_thread_seconds() - start;
        text += got;
        disk += now;
        if (status != GV_OK || b % step != 0 || got == 0)
            continue;
        status = begin_block(r, err);
        if (status == GV_OK)
            status = take_text(r, r->buffer, got, b == 0, err);
        if (status == GV_OK)
            end_block(r->sample);
    }
    gv_stream_close(stream);
    r->inflated += text;
    if (disk > 0 && got == r->block_bytes)
        r->packed_text +=
            (uint64_t)((double)text / (double)disk * (double)r->files.entries[file].size);
    else
        r->packed_text += text; /* all of it was read */
    return status;
}

/* `wanted` bytes of text from the compressed files. */
static int read_packed(reading *r, uint64_t wanted, gv_error *err)
{
    size_t packed = 0, looked = 0;
    uint64_t looked_bytes = 0;
    for (size_t i = 0; i < r->files.paths.n; i++)
        packed += !r->files.entries[i].plain;
    size_t step = packed ? (packed + STREAM_FILES - 1) / STREAM_FILES : 1, at = 0;
    size_t some = packed ? (packed + step - 1) / step : 1;
    int status = GV_OK;
    for (size_t i = 0; i < r->files.paths.n && status == GV_OK; i++) {
        if (r->files.entries[i].plain || at++ % step != 0)
            continue;
        status = read_stream(r, i, wanted / some, err);
        looked_bytes += r->files.entries[i].size;
        looked++;
    }
    if (looked_bytes > 0)
        r->packed_text =
            (uint64_t)((double)r->packed_text / (double)looked_bytes * (double)r->packed_bytes);
    return status;
}

/* --- the sample ------------------------------------------------------------------------------- */

static int look_at_files(reading *r, gv_error *err)
{
    int status = gv_corpus_files_find(&r->files, r->config, err);
    for (size_t i = 0; status == GV_OK && i < r->files.paths.n; i++) {
        gv_file_stat look = {0};
        if (strcmp(r->files.paths.items[i], "-") != 0)
            status = gv_file_look(&look, r->files.paths.items[i], err);
        if (status == GV_OK && !look.regular)
            return gv_error_set(
                err, GV_E_USAGE,
                "corpus.files: %s can be read only once, so no sample can be drawn from "
                "it; use a file instead",
                r->files.paths.items[i]);
        *(r->files.entries[i].plain ? &r->plain_bytes : &r->packed_bytes) +=
            r->files.entries[i].size;
    }
    r->sample->disk_bytes = r->plain_bytes + r->packed_bytes;
    return status;
}

static uint64_t sample_bytes(uint64_t text, double share)
{
    uint64_t wanted =
        share > 0 ? (uint64_t)(share * (double)text)
                  : gv_budget_clamp(text / 100 * SAMPLE_PER_CENT, SAMPLE_LEAST, SAMPLE_MOST);
    return wanted < text ? wanted : text;
}

/* Put the blocks into random order. */
static int shuffle_blocks(gv_plan_sample *sample, gv_error *err)
{
    uint32_t n = sample->blocks;
    int status = GV_E_MEMORY;
    uint32_t *order = gv_mem_alloc(n, sizeof *order, err), *ids = NULL;
    size_t *start = gv_mem_alloc((size_t)n + 1, sizeof *start, err), used = 0;
    if (!order || !start || !(ids = gv_mem_alloc(sample->count, sizeof *ids, err)))
        goto cleanup;
    for (uint32_t b = 0; b < n; b++)
        order[b] = b;
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 1);
    gv_rng_shuffle32(&rng, order, n);
    for (uint32_t b = 0; b < n; b++) {
        size_t from = sample->block_start[order[b]], to = sample->block_start[order[b] + 1];
        memcpy(ids + used, sample->ids + from, (to - from) * sizeof *ids);
        start[b] = used;
        used += to - from;
    }
    start[n] = used;
    uint32_t *old_ids = sample->ids;
    size_t *old_start = sample->block_start;
    sample->ids = ids;
    sample->block_start = start;
    ids = old_ids;
    start = old_start;
    status = GV_OK;
cleanup:
    gv_mem_free(ids);
    gv_mem_free(start);
    gv_mem_free(order);
    return status;
}

static int read_all(reading *r, double share, gv_error *err)
{
    gv_plan_sample *sample = r->sample;
    uint64_t packed = r->packed_bytes * STREAM_RATIO, text = r->plain_bytes + packed;
    uint64_t wanted = sample_bytes(text, share);
    if (text == 0)
        return gv_error_set(err, GV_E_RUNTIME, "the corpus is empty");
    r->block_bytes = (size_t)gv_budget_clamp(wanted / BLOCKS, BLOCK_LEAST, BLOCK_MOST);
    if (!(r->buffer = gv_mem_alloc(r->block_bytes + 1, 1, err)))
        return GV_E_MEMORY;
    double of_packed = (double)packed / (double)text, start = gv_clock_thread_seconds();
    uint64_t from_packed = (uint64_t)(of_packed * (double)wanted);
    int status = read_plain(r, wanted - from_packed, err);
    if (status == GV_OK && r->packed_bytes > 0)
        status = read_packed(r, from_packed, err);
    if (status != GV_OK)
        return status;
    sample->read_seconds = gv_clock_thread_seconds() - start - r->inflate_seconds;
    sample->corpus_bytes = r->plain_bytes + r->packed_text;
    if (r->inflated > 0 && sample->corpus_bytes > 0)
        sample->inflate_per_byte = r->inflate_seconds / (double)r->inflated *
                                   (double)r->packed_text / (double)sample->corpus_bytes;
    if (sample->tokens == 0)
        return gv_error_set(err, GV_E_RUNTIME, "no words were found in a sample of the corpus");
    sample->fraction = (double)sample->bytes / (double)sample->corpus_bytes;
    if (sample->fraction > WHOLE) {
        sample->fraction = 1;
        sample->bytes = sample->corpus_bytes;
    }
    return shuffle_blocks(sample, err);
}

int gv_plan_sample_read(gv_plan_sample *sample, const gv_config *config, double share,
                        const gv_vocab *only, gv_error *err)
{
    *sample = (gv_plan_sample){0};
    reading r = {.sample = sample, .config = config, .only = only};
    int status = look_at_files(&r, err);
    if (status == GV_OK)
        status = gv_stop_words_read(&r.stop, config, err);
    if (status == GV_OK)
        status = gv_tokenizer_new(&r.scanner, config->corpus_tokenizer, config->corpus_lowercase,
                                  &r.stats, err);
    if (status == GV_OK)
        status = read_all(&r, share, err);
    gv_tokenizer_free(r.scanner);
    gv_stop_words_free(r.stop);
    gv_corpus_files_free(&r.files);
    free_interner(&r.words);
    gv_mem_free(r.buffer);
    if (status != GV_OK)
        gv_plan_sample_free(sample);
    return status;
}

void gv_plan_sample_free(gv_plan_sample *sample)
{
    gv_mem_free(sample->ids);
    gv_mem_free(sample->block_start);
    gv_mem_free(sample->length);
    gv_mem_free(sample->text);
    gv_mem_free(sample->raw);
    *sample = (gv_plan_sample){0};
}
