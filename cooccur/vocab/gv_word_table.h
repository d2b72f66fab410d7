/*
 * gv_word_table - words with counts inside a fixed number of bytes.
 *
 * Two uses of the same memory: a hash table that counts words (gv_word_table_count), or a plain
 * list of words known to be distinct (gv_word_table_append, gv_word_table_keep). Both are then
 * sorted in place and read in order. Threads: one table is used by one thread at a time.
 */
#ifndef GV_WORD_TABLE_H
#define GV_WORD_TABLE_H

#include "base/gv_error.h"
#include "text/gv_token.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word; `text` is not NUL-terminated. */
typedef struct gv_word_table_word {
    const char *text;
    size_t length;
    uint64_t count;
} gv_word_table_word;

enum gv_word_table_order {
    GV_WORD_TABLE_BY_WORD, /* byte order */
    GV_WORD_TABLE_BY_COUNT /* count descending, ties in byte order: the order of vocab.txt */
};

/* Negative, 0, positive: `a` comes before, is, comes after `b`. */
int gv_word_table_compare(const gv_word_table_word *a, const gv_word_table_word *b,
                          enum gv_word_table_order order);

typedef struct gv_word_table_entry {
    uint64_t start[2]; /* of the word, as in gv_token */
    uint64_t count;    /* 0: empty slot */
    uint32_t record;   /* of a word longer than its start: where in the arena */
    uint32_t length;
} gv_word_table_entry;

typedef struct gv_word_table {
    bool list;                    /* plain list */
    uint64_t budget;              /* bytes that entries and arena may take */
    gv_word_table_entry *entries; /* [slots]; a list and a sorted table use [0, used) */
    uint64_t slots, used, slots_max;
    char *arena; /* words longer than their start, in units of GV_WORD_TABLE_ALIGN bytes */
    uint64_t arena_used, arena_size;
} gv_word_table;

/* The arena's addresses are 32-bit numbers that count units of this many bytes. */
#define GV_WORD_TABLE_ALIGN 4

/* The least budget that works. */
#define GV_WORD_TABLE_LEAST 4096

/* A hash table, or with `list` a plain list, of `budget` bytes (less than GV_WORD_TABLE_LEAST is
 * raised to it). Memory is reserved now and touched as it is used. Empty on failure (GV_E_MEMORY);
 * free accepts that. */
GV_MUST_USE int gv_word_table_init(gv_word_table *table, bool list, uint64_t budget, gv_error *err);
void gv_word_table_free(gv_word_table *table);
/* Bytes in use, and empty it (keeps the memory). */
uint64_t gv_word_table_memory(const gv_word_table *table);
void gv_word_table_clear(gv_word_table *table);

/*
 * Count tokens[0 .. n), those of length 0 left out; `*done` of them were looked at. Fewer than n:
 * tokens[*done] is new and there is no room; it has not been counted. Never so when the table is
 * empty. Counts cannot overflow (2^64 tokens).
 */
GV_MUST_USE int gv_word_table_count(gv_word_table *table, const gv_token *tokens, size_t n,
                                    size_t *done, gv_error *err);

/*
 * Move what `from` counted into `to`. `*full`: there was no room for all of it; what is left in
 * `from` has not been added, and `from` can only be absorbed further, sorted, cleared or freed.
 */
GV_MUST_USE int gv_word_table_absorb(gv_word_table *to, gv_word_table *from, bool *full,
                                     gv_error *err);
/* Make a counting table a list of the words that it counted at least `min_count` times. */
void gv_word_table_keep(gv_word_table *table, uint64_t min_count);

/* Add a word to a list. False: no room; nothing changed. */
bool gv_word_table_append(gv_word_table *table, const gv_word_table_word *word);

/* Sort in place; after it only gv_word_table_get, _clear and _free are allowed. */
void gv_word_table_sort(gv_word_table *table, enum gv_word_table_order order);
/* Word number i < used in order; borrowed. */
gv_word_table_word gv_word_table_get(const gv_word_table *table, uint64_t i);

#endif
