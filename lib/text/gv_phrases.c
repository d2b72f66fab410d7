/*
 * One hash table, keyed by text, knows everything that joining asks: of each phrase its name, the
 * beginnings of the name up to each '_', and each word but the first. The texts of all of them lie
 * in one copy of the name. A text that is, say, a name and a later word of another has one entry
 * with two flags.
 */
#include "text/gv_phrases.h"

#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 64 << 10,  /* bytes of names that are allocated at once */
    LEAST_SLOTS = 256, /* of the table, a power of two as all its sizes */
    FILTER_BITS = 8    /* of the filter, for each slot */
};

enum flag {
    NAME = 1,   /* of a phrase */
    BEGINS = 2, /* a name, up to a '_' */
    LATER = 4   /* a word of a name, not the first */
};

typedef struct entry {
    gv_token token;
    uint32_t flags;  /* 0: empty slot */
    uint32_t phrase; /* with NAME: its number */
} entry;

typedef struct found {
    gv_token name;
    uint64_t count;
    int64_t score;
} found;

struct gv_phrases {
    found *list; /* [n] */
    size_t n, capacity;
    entry *table; /* [slots] */
    size_t slots, used;
    uint64_t *filter; /* [slots * FILTER_BITS / 64] hashes of what has BEGINS */
    char **chunks;    /* [n_chunks] the texts */
    size_t n_chunks, chunks_capacity, chunk_used;
    size_t longest;
};

/* --- the table -------------------------------------------------------------------------------- */

static bool same(const gv_token *a, const gv_token *b)
{
    return a->hash == b->hash && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* The entry of the text, or the empty slot where it belongs. */
static entry *find(const gv_phrases *phrases, const gv_token *token)
{
    size_t mask = phrases->slots - 1;
    for (size_t i = token->hash & mask;; i = (i + 1) & mask)
        if (phrases->table[i].flags == 0 || same(&phrases->table[i].token, token))
            return &phrases->table[i];
}

static size_t filter_bit(const gv_phrases *phrases, uint32_t hash)
{
    /* the table uses the low bits */
    return (hash * UINT32_C(0x9e3779b1)) & (phrases->slots * FILTER_BITS - 1);
}

static void set_filter(gv_phrases *phrases, uint32_t hash)
{
    size_t bit = filter_bit(phrases, hash);
    phrases->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

static int resize(gv_phrases *phrases, size_t slots, gv_error *err)
{
    entry *old = phrases->table, *table = gv_mem_alloc_zero(slots, sizeof *table, err);
    uint64_t *filter = gv_mem_alloc_zero(slots * FILTER_BITS / 64, sizeof *filter, err);
    size_t n = phrases->slots;
    if (!table || !filter) {
        gv_mem_free(table);
        gv_mem_free(filter);
        return GV_E_MEMORY;
    }
    gv_mem_free(phrases->filter);
    phrases->table = table;
    phrases->filter = filter;
    phrases->slots = slots;
    for (size_t i = 0; i < n; i++) {
        if (old[i].flags == 0)
            continue;
        *find(phrases, &old[i].token) = old[i];
        if (old[i].flags & BEGINS)
            set_filter(phrases, old[i].token.hash);
    }
    gv_mem_free(old);
    return GV_OK;
}

/* Have room for `more` entries, at half of the slots at most. */
static int reserve(gv_phrases *phrases, size_t more, gv_error *err)
{
    size_t slots = phrases->slots;
    while ((phrases->used + more) * 2 > slots)
        slots *= 2;
    return slots > phrases->slots ? resize(phrases, slots, err) : GV_OK;
}

/* Set a flag of a text, for which there is room. */
static entry *put(gv_phrases *phrases, const char *text, size_t length, enum flag flag)
{
    gv_token token = gv_token_of(text, length);
    entry *place = find(phrases, &token);
    if (place->flags == 0) {
        place->token = token;
        phrases->used++;
    }
    place->flags |= flag;
    if (flag == BEGINS)
        set_filter(phrases, token.hash);
    return place;
}

/* --- the list --------------------------------------------------------------------------------- */

int gv_phrases_new(gv_phrases **result, gv_error *err)
{
    *result = gv_mem_alloc_zero(1, sizeof **result, err);
    int status = *result ? resize(*result, LEAST_SLOTS, err) : GV_E_MEMORY;
    if (status != GV_OK) {
        gv_phrases_free(*result);
        *result = NULL;
    }
    return status;
}

void gv_phrases_clear(gv_phrases *phrases)
{
    for (size_t i = 0; i < phrases->n_chunks; i++)
        gv_mem_free(phrases->chunks[i]);
    memset(phrases->table, 0, phrases->slots * sizeof *phrases->table);
    memset(phrases->filter, 0, phrases->slots * FILTER_BITS / 8);
    phrases->n = phrases->used = phrases->n_chunks = phrases->chunk_used = phrases->longest = 0;
}

void gv_phrases_free(gv_phrases *phrases)
{
    if (!phrases)
        return;
    for (size_t i = 0; i < phrases->n_chunks; i++)
        gv_mem_free(phrases->chunks[i]);
    gv_mem_free(phrases->chunks);
    gv_mem_free(phrases->table);
    gv_mem_free(phrases->filter);
    gv_mem_free(phrases->list);
    gv_mem_free(phrases);
}

static size_t count_words(const char *name, size_t length)
{
    size_t words = 1;
    for (size_t i = 0; i < length; i++)
        words += name[i] == '_';
    return words;
}

const char *gv_phrases_fault(const char *name, size_t length)
{
    size_t words = count_words(name, length);
    if (length == 0)
        return "is empty";
    if (name[0] == '_' || name[length - 1] == '_')
        return "begins or ends with '_'";
    for (size_t i = 1; i < length; i++)
        if (name[i] == '_' && name[i - 1] == '_')
            return "has two '_' side by side";
    if (words < 2)
        return "has a single word";
    if (words > GV_PHRASES_WORDS_MAX)
        return "has more than 32 words";
    return length > GV_TOKEN_MAX ? "is longer than 999 bytes" : NULL;
}

/* A copy of the name that stays where it is. */
static const char *keep_text(gv_phrases *phrases, const char *name, size_t length, gv_error *err)
{
    if (phrases->n_chunks == 0 || phrases->chunk_used + length > CHUNK) {
        if (gv_mem_reserve(&phrases->chunks, &phrases->chunks_capacity, phrases->n_chunks + 1,
                           sizeof *phrases->chunks, err) != GV_OK)
            return NULL;
        char *chunk = gv_mem_alloc(CHUNK, 1, err);
        if (!chunk)
            return NULL;
        phrases->chunks[phrases->n_chunks++] = chunk;
        phrases->chunk_used = 0;
    }
    char *copy = phrases->chunks[phrases->n_chunks - 1] + phrases->chunk_used;
    memcpy(copy, name, length);
    phrases->chunk_used += length;
    return copy;
}

/* Phrase number n, new: list its name, beginnings and words. */
static void put_texts(gv_phrases *phrases, const gv_token *name)
{
    const char *text = name->text;
    size_t words = 1, word = 0;
    put(phrases, text, name->length, NAME)->phrase = (uint32_t)phrases->n;
    for (size_t i = 0; i <= name->length; i++) {
        if (i < name->length && text[i] != '_')
            continue;
        if (i < name->length) {
            put(phrases, text, i, BEGINS);
            words++;
        }
        if (word > 0)
            put(phrases, text + word, i - word, LATER);
        word = i + 1;
    }
    if (words > phrases->longest)
        phrases->longest = words;
}

int gv_phrases_add(gv_phrases *phrases, const char *name, size_t length, uint64_t count,
                   int64_t score, bool *is_new, gv_error *err)
{
    gv_token token = gv_token_of(name, length);
    entry *there = find(phrases, &token);
    if (is_new)
        *is_new = !(there->flags & NAME);
    if (there->flags & NAME) {
        found *old = &phrases->list[there->phrase];
        if (score > old->score || (score == old->score && count > old->count)) {
            old->score = score;
            old->count = count;
        }
        return GV_OK;
    }
    if (phrases->n == UINT32_MAX)
        return gv_error_set(err, GV_E_MEMORY, "too many phrases");
    int status = reserve(phrases, 2 * count_words(name, length), err);
    if (status == GV_OK)
        status = gv_mem_reserve(&phrases->list, &phrases->capacity, phrases->n + 1,
                                sizeof *phrases->list, err);
    if (status != GV_OK || !(token.text = keep_text(phrases, name, length, err)))
        return GV_E_MEMORY;
    put_texts(phrases, &token);
    phrases->list[phrases->n++] = (found){token, count, score};
    return GV_OK;
}

static int compare(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    size_t shared = a->name.length < b->name.length ? a->name.length : b->name.length;
    int order = memcmp(a->name.text, b->name.text, shared);
    return order != 0 ? order
                      : (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

void gv_phrases_sort(gv_phrases *phrases)
{
    if (phrases->n > 1)
        qsort(phrases->list, phrases->n, sizeof *phrases->list, compare);
    for (size_t i = 0; i < phrases->n; i++)
        find(phrases, &phrases->list[i].name)->phrase = (uint32_t)i;
}

size_t gv_phrases_size(const gv_phrases *phrases)
{
    return phrases->n;
}

const gv_token *gv_phrases_name(const gv_phrases *phrases, size_t i)
{
    return &phrases->list[i].name;
}

uint64_t gv_phrases_count(const gv_phrases *phrases, size_t i)
{
    return phrases->list[i].count;
}

int64_t gv_phrases_score(const gv_phrases *phrases, size_t i)
{
    return phrases->list[i].score;
}

uint64_t gv_phrases_memory(const gv_phrases *phrases)
{
    return phrases->capacity * sizeof *phrases->list +
           phrases->slots * (sizeof *phrases->table + FILTER_BITS / 8) +
           (uint64_t)phrases->n_chunks * CHUNK;
}

/* --- joining ---------------------------------------------------------------------------------- */

size_t gv_phrases_longest(const gv_phrases *phrases)
{
    return phrases->longest;
}

bool gv_phrases_may_begin(const gv_phrases *phrases, const gv_token *token)
{
    size_t bit = filter_bit(phrases, token->hash);
    return phrases->filter[bit / 64] >> bit % 64 & 1;
}

void gv_phrases_find(const gv_phrases *phrases, const gv_token *token, const gv_token **phrase,
                     bool *goes_on)
{
    const entry *there = find(phrases, token);
    *phrase = there->flags & NAME ? &phrases->list[there->phrase].name : NULL;
    *goes_on = (there->flags & BEGINS) != 0;
}

bool gv_phrases_continues(const gv_phrases *phrases, const char *text, size_t length)
{
    const char *end = memchr(text, '_', length);
    gv_token first = gv_token_of(text, end ? (size_t)(end - text) : length);
    return (find(phrases, &first)->flags & LATER) != 0;
}
