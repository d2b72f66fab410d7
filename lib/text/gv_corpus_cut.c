/*
 * Where blocks may begin when phrases are joined.
 *
 * Without phrases a block begins behind the first separator at or after a grid line's last byte
 * (gv_corpus_plain.c). A phrase could reach across that place, and then the words joined would
 * depend on the blocks. So a separator counts only if a line ends with it that no window crosses,
 * or if the word behind it can continue no phrase. Whether it does is a matter of that word alone:
 * every reader, with any blocks, finds the same places, and joining from there on gives what
 * joining from the start of the file gives. A text without such places, as "a a a a" with the
 * phrase "a a", is one block, which is read piece by piece; the others are empty.
 *
 * The word is asked of the tokenizer, which gets the span behind the separator. A span of more than
 * GV_TOKENIZER_SPAN_MAX bytes is not looked at: no block begins there.
 */
#include "text/gv_corpus_internal.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_space.h"
#include <string.h>

/* Bytes that are read to find a place: nearly always enough; always enough to judge one. */
enum { LOOK = 4096, LOOK_FAR = GV_CORPUS_CUT_AHEAD };

struct gv_corpus_cutter {
    const gv_corpus *corpus;
    gv_tokenizer *tokenizer;
    gv_corpus_stats ignored; /* the tokenizer's */
    uint8_t *span;           /* [GV_TOKENIZER_SPAN_MAX] */
    uint8_t *window;         /* [LOOK_FAR] of a plain file */
};

int gv_corpus_cutter_new(gv_corpus_cutter **result, const gv_corpus *corpus, gv_error *err)
{
    *result = NULL;
    gv_corpus_cutter *cutter = gv_mem_alloc_zero(1, sizeof *cutter, err);
    if (!cutter)
        return GV_E_MEMORY;
    cutter->corpus = corpus;
    int status = gv_tokenizer_new(&cutter->tokenizer, corpus->tokenizer, corpus->lowercase,
                                  &cutter->ignored, err);
    cutter->span = gv_mem_alloc(GV_TOKENIZER_SPAN_MAX, 1, err);
    cutter->window = gv_mem_alloc(LOOK_FAR, 1, err);
    if (status == GV_OK && (!cutter->span || !cutter->window))
        status = GV_E_MEMORY;
    if (status != GV_OK) {
        gv_corpus_cutter_free(cutter);
        return status;
    }
    *result = cutter;
    return GV_OK;
}

void gv_corpus_cutter_free(gv_corpus_cutter *cutter)
{
    if (!cutter)
        return;
    gv_tokenizer_free(cutter->tokenizer);
    gv_mem_free(cutter->span);
    gv_mem_free(cutter->window);
    gv_mem_free(cutter);
}

/* --- one place -------------------------------------------------------------------------------- */

enum verdict { CUT, NO_CUT, NEEDS_MORE };

static bool is_separator(uint8_t byte)
{
    return gv_tokenizer_may_cut(byte) || byte == '\r';
}

/* The first word of a span: can it continue a phrase? A span without a word might stand before one
 * that does. */
static int judge_span(enum verdict *verdict, gv_corpus_cutter *cutter, const uint8_t *span,
                      size_t length, gv_error *err)
{
    enum gv_tokenizer_result result;
    const char *word;
    size_t bytes;
    if (cutter->corpus->spaces == GV_SPACES_UNICODE) {
        memcpy(cutter->span, span, length);
        gv_space_blank(cutter->span, length);
        span = cutter->span;
    }
    gv_tokenizer_reset(cutter->tokenizer, false);
    gv_tokenizer_feed(cutter->tokenizer, span, length, true);
    int status = gv_tokenizer_next(cutter->tokenizer, &result, &word, &bytes, err);
    *verdict = status == GV_OK && result == GV_TOKENIZER_WORD &&
                       !gv_phrases_continues(cutter->corpus->phrases, word, bytes)
                   ? CUT
                   : NO_CUT;
    return status;
}

/* May a block begin behind the separator `text`[0]? `n` bytes are there; `over`: no more follow. */
static int judge(enum verdict *verdict, gv_corpus_cutter *cutter, const uint8_t *text, size_t n,
                 bool over, gv_error *err)
{
    const uint8_t *span = text + 1;
    size_t left = n - 1, length = 0;
    *verdict = CUT;
    if (text[0] == '\n' && cutter->corpus->documents == GV_DOCUMENTS_LINE)
        return GV_OK;
    while (length < left && length <= GV_TOKENIZER_SPAN_MAX && !is_separator(span[length]))
        length++;
    *verdict = NO_CUT;
    if (length > GV_TOKENIZER_SPAN_MAX || (length == 0 && left > 0))
        return GV_OK;
    if (length == left && !over) {
        *verdict = NEEDS_MORE;
        return GV_OK;
    }
    *verdict = CUT;
    return left == 0 ? GV_OK : judge_span(verdict, cutter, span, length, err);
}

/* The first separator in `text` ([n]) from `*at` on, before `limit`, behind which a block may
 * begin, or that needs more text. */
static int search(enum verdict *verdict, size_t *at, gv_corpus_cutter *cutter, const uint8_t *text,
                  size_t n, size_t limit, bool over, gv_error *err)
{
    *verdict = NO_CUT;
    for (; *at < limit; ++*at) {
        if (!gv_tokenizer_may_cut(text[*at]))
            continue;
        int status = judge(verdict, cutter, text + *at, n - *at, over, err);
        if (status != GV_OK || *verdict != NO_CUT)
            return status;
    }
    return GV_OK;
}

/* --- streams ---------------------------------------------------------------------------------- */

int gv_corpus_cut_stream(size_t *cut, bool *found, gv_corpus_reader *reader, const uint8_t *text,
                         size_t n, size_t from, gv_error *err)
{
    enum verdict verdict;
    *cut = from;
    int status =
        search(&verdict, cut, reader->cutter, text, n, n, reader->corpus->stream_over, err);
    *found = verdict == CUT;
    *cut += *found;
    return status;
}

/* --- plain files ------------------------------------------------------------------------------ */

/* The place behind the first separator in [from, limit) behind which a block may begin; `*place` is
 * 0 if there is none. */
static int find_place(uint64_t *place, const gv_corpus_reader *reader, uint64_t from,
                      uint64_t limit, gv_error *err)
{
    gv_corpus_cutter *cutter = reader->cutter;
    const uint64_t size = reader->file_size;
    size_t look = LOOK;
    *place = 0;
    for (uint64_t begin = from; begin < limit;) {
        size_t n = size - begin < look ? (size_t)(size - begin) : look, at = 0;
        size_t until = limit - begin < n ? (size_t)(limit - begin) : n;
        enum verdict verdict = NO_CUT;
        int status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_corpus_plain_read(reader, cutter->window, n, begin, err);
        if (status == GV_OK)
            status =
                search(&verdict, &at, cutter, cutter->window, n, until, begin + n == size, err);
        if (status != GV_OK)
            return status;
        begin += at;
        look = LOOK_FAR;
        if (verdict == CUT) {
            *place = begin + 1;
            return GV_OK;
        }
    }
    return GV_OK;
}

int gv_corpus_cut_plain(gv_corpus_reader *reader, gv_error *err)
{
    const uint64_t begin = reader->position, end = reader->block_end, size = reader->file_size;
    uint64_t place = 0;
    int status = GV_OK;
    reader->text_end = size;
    if (begin > 0) {
        status = find_place(&place, reader, begin - 1, reader->file_ends ? end : end - 1, err);
        reader->position = place;
        reader->text_open = place > 0 && place < size;
    }
    if (status != GV_OK || !reader->text_open || reader->file_ends)
        return status;
    status = find_place(&place, reader, end - 1, size, err);
    if (status == GV_OK && place > 0)
        reader->text_end = place;
    return status;
}
