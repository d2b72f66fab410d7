/*
 * One walk over the words numbers all n-grams in a hash table and notes which the words have; then
 * those that too few words have are dropped, the others are numbered anew in the same order, and
 * the matrix is transposed by counting.
 */
#include "subword/gv_subword_index.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "text/gv_ngrams.h"
#include <string.h>

enum { WORDS_PER_LOOK = 4096 };
#define MOST    (UINT32_MAX - 16)
#define DROPPED UINT32_MAX

/* An n-gram while they are counted. */
typedef struct seen {
    uint32_t end;       /* of its text */
    uint32_t words;     /* that have it */
    uint32_t last_word; /* the last one of these, + 1 */
} seen;

typedef struct counting {
    gv_subword_index *index;
    uint32_t word;
    char *text;
    seen *seen;
    uint32_t *slots; /* n-gram + 1, 0: free */
    size_t n, mask, seen_room, text_room, row_room;
} counting;

static void drop_counting(counting *c)
{
    gv_mem_free(c->text);
    gv_mem_free(c->seen);
    gv_mem_free(c->slots);
}

/* --- counting --------------------------------------------------------------------------------- */

static uint32_t begin_of(const counting *c, size_t i)
{
    return i > 0 ? c->seen[i - 1].end : 0;
}

static size_t find_slot(const counting *c, const char *text, size_t length)
{
    size_t slot = (size_t)gv_hash_64(text, length, 0) & c->mask;
    for (; c->slots[slot]; slot = (slot + 1) & c->mask) {
        size_t i = c->slots[slot] - 1;
        uint32_t begin = begin_of(c, i);
        if (c->seen[i].end - begin == length && memcmp(c->text + begin, text, length) == 0)
            break;
    }
    return slot;
}

static int grow_slots(counting *c, gv_error *err)
{
    size_t slots = c->slots ? 2 * (c->mask + 1) : 1 << 12;
    gv_mem_free(c->slots);
    c->slots = gv_mem_alloc_zero(slots, sizeof *c->slots, err);
    if (!c->slots)
        return GV_E_MEMORY;
    c->mask = slots - 1;
    for (size_t i = 0; i < c->n; i++) {
        uint32_t begin = begin_of(c, i);
        c->slots[find_slot(c, c->text + begin, c->seen[i].end - begin)] = (uint32_t)i + 1;
    }
    return GV_OK;
}

static int add_new(counting *c, size_t slot, const char *text, size_t length, gv_error *err)
{
    const uint32_t begin = begin_of(c, c->n);
    if (c->n >= MOST || length > MOST - begin)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the vocabulary has too many n-grams: raise subword.min_n, lower "
                            "subword.max_n, or set output.subwords to false");
    int status = gv_mem_reserve(&c->seen, &c->seen_room, c->n + 1, sizeof *c->seen, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&c->text, &c->text_room, begin + length, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(c->text + begin, text, length);
    c->seen[c->n++] = (seen){.end = begin + (uint32_t)length};
    c->slots[slot] = (uint32_t)c->n;
    return 2 * c->n > c->mask ? grow_slots(c, err) : GV_OK;
}

/* A gv_ngrams_found. */
static int count_one(void *context, const char *text, size_t length, gv_error *err)
{
    counting *c = context;
    gv_subword_index *index = c->index;
    size_t slot = find_slot(c, text, length);
    uint32_t i = c->slots[slot] ? c->slots[slot] - 1 : (uint32_t)c->n;
    int status = c->slots[slot] ? GV_OK : add_new(c, slot, text, length, err);
    if (status == GV_OK)
        status =
            gv_mem_reserve(&index->row, &c->row_room, index->entries + 1, sizeof *index->row, err);
    if (status != GV_OK)
        return status;
    seen *ngram = &c->seen[i];
    ngram->words += ngram->last_word != c->word + 1;
    ngram->last_word = c->word + 1;
    index->row[index->entries++] = i;
    return GV_OK;
}

static int count_all(counting *c, const gv_vocab *vocab, const gv_subwords_settings *settings,
                     gv_error *err)
{
    gv_subword_index *index = c->index;
    int status = grow_slots(c, err);
    for (uint32_t i = 0; status == GV_OK && i < index->words; i++) {
        index->row_first[i] = index->entries;
        c->word = i;
        if (i % WORDS_PER_LOOK == 0)
            status = gv_signal_check(err);
        if (status == GV_OK)
            status = gv_ngrams_each(gv_vocab_word(vocab, i), settings->min_n, settings->max_n,
                                    count_one, c, err);
        index->all[i] = (uint32_t)(index->entries - index->row_first[i]);
    }
    index->row_first[index->words] = index->entries;
    index->counting_bytes = c->seen_room * sizeof *c->seen + c->text_room +
                            (c->mask + 1) * sizeof *c->slots + c->row_room * sizeof *index->row +
                            (index->words + 1) * (sizeof(size_t) + sizeof(uint32_t));
    return status;
}

/* --- keeping ---------------------------------------------------------------------------------- */

/* Move the texts of the known n-grams together; `last_word` becomes the new number. */
static int keep_known(counting *c, uint32_t min_words, gv_error *err)
{
    gv_subword_index *index = c->index;
    size_t known = 0;
    for (size_t i = 0; i < c->n; i++)
        known += c->seen[i].words >= min_words;
    if (!(index->end = gv_mem_alloc(known, sizeof *index->end, err)))
        return GV_E_MEMORY;
    uint32_t used = 0, begin = 0;
    for (size_t i = 0; i < c->n; i++) {
        seen *ngram = &c->seen[i];
        uint32_t length = ngram->end - begin;
        ngram->last_word = DROPPED;
        if (ngram->words >= min_words) {
            memmove(c->text + used, c->text + begin, length);
            used += length;
            ngram->last_word = (uint32_t)index->ngrams;
            index->end[index->ngrams++] = used;
        }
        begin = ngram->end;
    }
    index->text = c->text;
    c->text = NULL;
    return gv_mem_resize(&index->text, used, 1, err);
}

static int keep_entries(counting *c, gv_error *err)
{
    gv_subword_index *index = c->index;
    size_t kept = 0;
    for (size_t i = 0, at = 0; i < index->words; i++) {
        size_t end = index->row_first[i + 1];
        index->row_first[i] = kept;
        for (; at < end; at++) {
            uint32_t ngram = c->seen[index->row[at]].last_word;
            if (ngram != DROPPED)
                index->row[kept++] = ngram;
        }
    }
    index->entries = index->row_first[index->words] = kept;
    return gv_mem_resize(&index->row, kept, sizeof *index->row, err);
}

static int transpose(gv_subword_index *index, gv_error *err)
{
    size_t *first = index->column_first =
        gv_mem_alloc_zero(index->ngrams + 1, sizeof *index->column_first, err);
    index->column = gv_mem_alloc(index->entries, sizeof *index->column, err);
    if (!first || !index->column)
        return GV_E_MEMORY;
    for (size_t at = 0; at < index->entries; at++)
        first[index->row[at] + 1]++;
    for (size_t i = 0; i < index->ngrams; i++)
        first[i + 1] += first[i];
    for (uint32_t word = 0; word < index->words; word++)
        for (size_t at = index->row_first[word]; at < index->row_first[word + 1]; at++)
            index->column[first[index->row[at]]++] = word;
    /* each now points to the end of its column, where the next one begins */
    memmove(first + 1, first, index->ngrams * sizeof *first);
    first[0] = 0;
    return GV_OK;
}

int gv_subword_index_make(gv_subword_index *index, const gv_vocab *vocab,
                          const gv_subwords_settings *settings, gv_error *err)
{
    *index = (gv_subword_index){.words = gv_vocab_size(vocab)};
    counting c = {.index = index};
    index->all = gv_mem_alloc(index->words, sizeof *index->all, err);
    index->row_first = gv_mem_alloc(index->words + 1, sizeof *index->row_first, err);
    int status = index->all && index->row_first ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = count_all(&c, vocab, settings, err);
    if (status == GV_OK)
        status = keep_known(&c, settings->min_words, err);
    if (status == GV_OK)
        status = keep_entries(&c, err);
    drop_counting(&c);
    return status == GV_OK ? transpose(index, err) : status;
}

void gv_subword_index_clear(gv_subword_index *index)
{
    gv_mem_free(index->text);
    gv_mem_free(index->end);
    gv_mem_free(index->all);
    gv_mem_free(index->row_first);
    gv_mem_free(index->row);
    gv_mem_free(index->column_first);
    gv_mem_free(index->column);
    *index = (gv_subword_index){0};
}
