/*
 * The vocabulary in memory: the words one after the other in one arena (by id, so the frequent
 * ones share cache lines), counts and offsets by id, and an open-addressing hash index.
 *
 * The index is looked up once for every token of the corpus, so it is laid out for that: a slot is
 * 32 bytes, holds the first 16 bytes of its word, and two slots share a cache line. A word of up to
 * 16 bytes (almost any) is compared in the slot itself, so its lookup touches one cache line, which
 * is asked for AHEAD tokens early; a longer word compares its other bytes in the arena. Words hold
 * no NUL, so padding with NULs is unambiguous. At most two slots in three are in use; collisions go
 * to the next slot. Hash: that of gv_token.
 */
#include "vocab/gv_vocab_internal.h"

#include "base/gv_decimal.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <inttypes.h>
#include <string.h>

enum { AHEAD = 32, LEAST_SLOTS = 64 };

typedef struct slot {
    uint64_t start[2];  /* of the word, as in gv_token */
    uint32_t id;        /* GV_VOCAB_NO_WORD: empty */
    uint32_t unused[3]; /* half a cache line in all */
} slot;

struct gv_vocab {
    uint32_t size;
    char *arena; /* words, each with its NUL */
    size_t arena_used, arena_capacity;
    uint64_t *offset; /* [size + 1] into the arena */
    size_t offset_capacity;
    uint64_t *count; /* [size] */
    size_t count_capacity;
    slot *slots;
    uint64_t slot_mask; /* slots - 1, a power of two minus 1 */
    uint64_t total;
    gv_hash hash;
};

static inline size_t word_length(const gv_vocab *vocab, uint32_t id)
{
    return (size_t)(vocab->offset[id + 1] - vocab->offset[id]) - 1;
}

/* Is the long word `id` the token, beyond the start that they share? */
static bool same_rest(const gv_vocab *vocab, uint32_t id, const gv_token *token)
{
    return word_length(vocab, id) == token->length &&
           memcmp(vocab->arena + vocab->offset[id] + GV_TOKEN_START, token->text + GV_TOKEN_START,
                  token->length - GV_TOKEN_START) == 0;
}

static inline slot *home_slot(const gv_vocab *vocab, const gv_token *token)
{
    return &vocab->slots[token->hash & vocab->slot_mask];
}

/* The slot that holds the word, or the empty one where it would go. */
static inline slot *find_slot(const gv_vocab *vocab, const gv_token *token)
{
    for (uint64_t i = token->hash & vocab->slot_mask;; i = (i + 1) & vocab->slot_mask) {
        slot *s = &vocab->slots[i];
        if (s->id == GV_VOCAB_NO_WORD)
            return s;
        /* a word of just the start's length and a longer one can share it: the length decides */
        if (gv_token_same_start(token, s->start) &&
            (token->length < GV_TOKEN_START || same_rest(vocab, s->id, token)))
            return s;
    }
}

uint32_t gv_vocab_lookup(const gv_vocab *vocab, const char *word, size_t length)
{
    gv_token token = gv_token_of(word, length);
    uint32_t id = find_slot(vocab, &token)->id;
    /* a NUL in the word would look like padding */
    return id != GV_VOCAB_NO_WORD && word_length(vocab, id) == length ? id : GV_VOCAB_NO_WORD;
}

void gv_vocab_lookup_tokens(const gv_vocab *vocab, const gv_token *tokens, size_t n, uint32_t *ids)
{
    for (size_t i = 0; i < n && i < AHEAD; i++)
        __builtin_prefetch(home_slot(vocab, &tokens[i]));
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(home_slot(vocab, &tokens[i + AHEAD]));
        ids[i] = find_slot(vocab, &tokens[i])->id;
    }
}

static size_t slot_bytes(uint64_t slots)
{
    return (size_t)slots * sizeof(slot);
}

static slot slot_of(const gv_token *token, uint32_t id)
{
    return (slot){.start = {token->start[0], token->start[1]}, .id = id};
}

/* Slots of an index with `words` words. */
static uint64_t slots_for(uint64_t words)
{
    uint64_t slots = LEAST_SLOTS;
    while (slots / 3 * 2 <= words)
        slots *= 2;
    return slots;
}

/* Make the index large enough for `words` words, moving what is in it. */
static int index_reserve(gv_vocab *vocab, uint64_t words, gv_error *err)
{
    uint64_t slots = vocab->slots ? vocab->slot_mask + 1 : 0;
    /* at most two slots in three are in use, so a search always meets an empty one */
    if (slots / 3 * 2 > words)
        return GV_OK;
    uint64_t grown = slots_for(words);
    slot *fresh = gv_mem_big_alloc(slot_bytes(grown), err);
    if (!fresh)
        return GV_E_MEMORY;
    /* all bits set: the id of every slot is GV_VOCAB_NO_WORD */
    memset(fresh, 0xff, slot_bytes(grown));
    gv_mem_big_free(vocab->slots, slot_bytes(slots));
    vocab->slots = fresh;
    vocab->slot_mask = grown - 1;
    for (uint32_t id = 0; id < vocab->size; id++) {
        gv_token token = gv_token_of(vocab->arena + vocab->offset[id], word_length(vocab, id));
        *find_slot(vocab, &token) = slot_of(&token, id);
    }
    return GV_OK;
}

gv_vocab *gv_vocab_new(gv_error *err)
{
    return gv_mem_alloc_zero(1, sizeof(gv_vocab), err);
}

int gv_vocab_add(gv_vocab *vocab, const char *word, size_t length, uint64_t count, bool *duplicate,
                 gv_error *err)
{
    *duplicate = false;
    if (vocab->size >= GV_VOCAB_MAX)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the vocabulary has more than %" PRIu32 " words; raise vocab.min_count",
                            (uint32_t)GV_VOCAB_MAX);
    uint32_t id = vocab->size;
    int status = index_reserve(vocab, (uint64_t)id + 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&vocab->arena, &vocab->arena_capacity,
                                vocab->arena_used + length + 1, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&vocab->offset, &vocab->offset_capacity, (size_t)id + 2,
                                sizeof *vocab->offset, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&vocab->count, &vocab->count_capacity, (size_t)id + 1,
                                sizeof *vocab->count, err);
    if (status != GV_OK)
        return status;
    gv_token token = gv_token_of(word, length);
    slot *place = find_slot(vocab, &token);
    if (place->id != GV_VOCAB_NO_WORD) {
        *duplicate = true;
        return GV_OK;
    }
    *place = slot_of(&token, id);
    vocab->offset[id] = vocab->arena_used;
    memcpy(vocab->arena + vocab->arena_used, word, length);
    vocab->arena[vocab->arena_used + length] = '\0';
    vocab->arena_used += length + 1;
    /* one entry more than words: the end of each is the beginning of the next */
    vocab->offset[id + 1] = vocab->arena_used;
    vocab->count[id] = count;
    vocab->size++;
    if (__builtin_add_overflow(vocab->total, count, &vocab->total))
        return gv_error_set(err, GV_E_CORRUPT, "the sum of all counts exceeds 64 bits");
    return GV_OK;
}

/* Line `id` of vocab.txt without its word: " COUNT\n" at `to` (24 bytes); returns its length. */
static size_t line_end(char *to, const gv_vocab *vocab, uint32_t id)
{
    char *at = to;
    *at++ = ' ';
    at = gv_decimal_put_whole(at, vocab->count[id]);
    *at++ = '\n';
    return (size_t)(at - to);
}

/* Over the bytes of vocab.txt, so the hash of the object is that of the file. */
int gv_vocab_finish(gv_vocab *vocab, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    char end[24];
    for (uint32_t id = 0; id < vocab->size; id++) {
        gv_hash_state_update(hasher, gv_vocab_word(vocab, id), word_length(vocab, id));
        gv_hash_state_update(hasher, end, line_end(end, vocab, id));
    }
    vocab->hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

const char *gv_vocab_word_fault(const char *word, size_t length)
{
    if (length == 0)
        return "the word is empty";
    if (length > GV_TOKEN_MAX)
        return "the word has more than 999 bytes";
    if (length == 5 && memcmp(word, "<unk>", 5) == 0)
        return "the word <unk> is reserved for unknown words; remove the line";
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\0')
            return "the word contains a NUL byte";
        if (word[i] == ' ' || word[i] == '\t' || word[i] == '\n' || word[i] == '\r')
            return "the word contains white space";
    }
    return gv_utf8_valid(word, length) ? NULL : "the word is not valid UTF-8";
}

int gv_vocab_from_words(gv_vocab **result, const char *const *words, const uint64_t *counts,
                        size_t n, gv_error *err)
{
    *result = NULL;
    gv_vocab *vocab = gv_vocab_new(err);
    if (!vocab)
        return GV_E_MEMORY;
    int status = index_reserve(vocab, n, err);
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        size_t length = strlen(words[i]);
        const char *fault = gv_vocab_word_fault(words[i], length);
        bool duplicate = false;
        if (!fault)
            status = gv_vocab_add(vocab, words[i], length, counts[i], &duplicate, err);
        if (duplicate)
            fault = "the word appears twice";
        if (fault)
            status = gv_error_set(err, GV_E_CORRUPT, "vocabulary: word %zu: %s", i + 1, fault);
    }
    if (status == GV_OK)
        status = gv_vocab_finish(vocab, err);
    if (status != GV_OK) {
        gv_vocab_free(vocab);
        return status;
    }
    *result = vocab;
    return GV_OK;
}

int gv_vocab_write(const gv_vocab *vocab, const char *path, gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    char end[24];
    for (uint32_t id = 0; status == GV_OK && id < vocab->size; id++) {
        status = gv_file_writer_write(out, gv_vocab_word(vocab, id), word_length(vocab, id), err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, end, line_end(end, vocab, id), err);
    }
    return gv_file_writer_end(&out, status, err);
}

void gv_vocab_free(gv_vocab *vocab)
{
    if (!vocab)
        return;
    if (vocab->slots)
        gv_mem_big_free(vocab->slots, slot_bytes(vocab->slot_mask + 1));
    gv_mem_free(vocab->count);
    gv_mem_free(vocab->offset);
    gv_mem_free(vocab->arena);
    gv_mem_free(vocab);
}

uint32_t gv_vocab_size(const gv_vocab *vocab)
{
    return vocab->size;
}

const char *gv_vocab_word(const gv_vocab *vocab, uint32_t id)
{
    return vocab->arena + vocab->offset[id];
}

size_t gv_vocab_word_length(const gv_vocab *vocab, uint32_t id)
{
    return word_length(vocab, id);
}

uint64_t gv_vocab_count(const gv_vocab *vocab, uint32_t id)
{
    return vocab->count[id];
}

uint64_t gv_vocab_total(const gv_vocab *vocab)
{
    return vocab->total;
}

gv_hash gv_vocab_hash(const gv_vocab *vocab)
{
    return vocab->hash;
}

size_t gv_vocab_memory(const gv_vocab *vocab)
{
    size_t slots = vocab->slots ? slot_bytes(vocab->slot_mask + 1) : 0;
    return sizeof *vocab + slots + vocab->arena_capacity +
           vocab->offset_capacity * sizeof *vocab->offset +
           vocab->count_capacity * sizeof *vocab->count;
}

/* Capacity of an array that has grown to hold `need` elements one by one. */
static uint64_t grown_to(uint64_t need)
{
    size_t capacity = 0;
    while (capacity < need)
        capacity = gv_mem_grown(capacity);
    return capacity;
}

uint64_t gv_vocab_memory_for(uint64_t words, uint64_t text_bytes)
{
    uint64_t arena = grown_to(text_bytes + words); /* each word has its NUL */
    return sizeof(gv_vocab) + slot_bytes(slots_for(words)) + arena +
           grown_to(words + 1) * sizeof(uint64_t) + grown_to(words) * sizeof(uint64_t);
}
