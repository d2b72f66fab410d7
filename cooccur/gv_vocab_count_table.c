/*
 * A word table: 16-byte entries and an arena of words, both inside one budget.
 *
 * Counting is open addressing with linear probing. An entry holds 32 bits of the hash, which also
 * choose its slot, so growing moves entries without looking at the words. The table doubles while
 * the old and the new entries and the arena fit the budget together; after that it fills to 7/8
 * and is full.
 *
 * Sorting is a quicksort on the entries in place, since the library's qsort may allocate as much
 * again: the smaller part recursively (so the stack stays logarithmic), pivots by a fixed generator
 * (so no input order is bad), insertion sort for short parts. The entries' keys then hold the first
 * four bytes of the word, which decide most comparisons without touching the arena. All words of a
 * table are distinct, so the order is total and the result unique.
 */
#include "cooccur/gv_vocab_count_table.h"

#include "base/gv_mem.h"
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { LEAST_SLOTS = 64, RECORD_MAX = 1004, SHORT = 16 };

/* --- words ------------------------------------------------------------------------------------ */

static int compare_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shared = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, shared);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

int gv_word_compare(const gv_word *a, const gv_word *b, enum gv_word_order order)
{
    if (order == GV_BY_COUNT && a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return compare_text(a->text, a->length, b->text, b->length);
}

static inline const char *record_at(const gv_word_table *table, uint32_t record)
{
    return table->arena + (uint64_t)record * 4;
}

static inline size_t record_length(const char *record)
{
    uint16_t length;
    memcpy(&length, record, sizeof length);
    return length;
}

static inline uint64_t record_bytes(size_t length)
{
    return (sizeof(uint16_t) + length + 3) / 4 * 4;
}

static uint32_t store_record(gv_word_table *table, const char *word, size_t length)
{
    char *record = table->arena + table->arena_used;
    uint32_t place = (uint32_t)(table->arena_used / 4);
    uint16_t stored = (uint16_t)length;
    memcpy(record, &stored, sizeof stored);
    memcpy(record + sizeof stored, word, length);
    table->arena_used += record_bytes(length);
    return place;
}

gv_word gv_word_table_get(const gv_word_table *table, uint64_t i)
{
    const gv_word_entry *entry = &table->entries[i];
    const char *record = record_at(table, entry->record);
    return (gv_word){record + sizeof(uint16_t), record_length(record), entry->count};
}

/* --- memory ----------------------------------------------------------------------------------- */

int gv_word_table_init(gv_word_table *table, bool list, uint64_t budget, gv_error *err)
{
    *table = (gv_word_table){.list = list};
    /* the arena is addressed by 32 bits in units of 4 bytes */
    uint64_t most = UINT64_C(23) << 30;
    table->budget = budget < GV_WORD_TABLE_LEAST ? GV_WORD_TABLE_LEAST
                    : budget > most              ? most
                                                 : budget;
    uint64_t slots = LEAST_SLOTS;
    if (list)
        slots = table->budget / 2 / sizeof(gv_word_entry);
    else
        while (2 * slots * sizeof(gv_word_entry) <= table->budget / 8 * 5)
            slots *= 2;
    table->slots_max = slots;
    table->arena_size = table->budget - slots * sizeof(gv_word_entry);
    table->slots = list ? slots : LEAST_SLOTS;
    table->entries = gv_big_alloc(table->slots * sizeof(gv_word_entry), err);
    table->arena = gv_big_alloc(table->arena_size, err);
    if (table->entries && table->arena)
        return GV_OK;
    gv_word_table_free(table);
    return GV_E_MEMORY;
}

void gv_word_table_free(gv_word_table *table)
{
    gv_big_free(table->entries, table->slots * sizeof(gv_word_entry));
    gv_big_free(table->arena, table->arena_size);
    *table = (gv_word_table){0};
}

uint64_t gv_word_table_memory(const gv_word_table *table)
{
    return table->arena_used + (table->list ? table->used : table->slots) * sizeof(gv_word_entry);
}

void gv_word_table_clear(gv_word_table *table)
{
    if (!table->list)
        memset(table->entries, 0, table->slots * sizeof(gv_word_entry));
    table->used = 0;
    table->arena_used = 0;
}

/* --- counting --------------------------------------------------------------------------------- */

/* Double the slots. */
static int grow(gv_word_table *table, gv_error *err)
{
    uint64_t slots = 2 * table->slots, mask = slots - 1;
    gv_word_entry *entries = gv_big_alloc(slots * sizeof *entries, err);
    if (!entries)
        return GV_E_MEMORY;
    for (uint64_t i = 0; i < table->slots; i++) {
        const gv_word_entry *entry = &table->entries[i];
        if (entry->count == 0)
            continue;
        uint64_t to = entry->key & mask;
        while (entries[to].count != 0)
            to = (to + 1) & mask;
        entries[to] = *entry;
    }
    gv_big_free(table->entries, table->slots * sizeof *entries);
    table->entries = entries;
    table->slots = slots;
    return GV_OK;
}

/* Room for one more word of this length? Grows the table when it is time to. */
static int make_room(gv_word_table *table, size_t length, bool *full, gv_error *err)
{
    uint64_t arena = table->arena_used + record_bytes(length);
    *full = arena > table->arena_size || table->used + 1 > table->slots / 8 * 7;
    if (table->used + 1 <= table->slots / 8 * 5 || table->slots >= table->slots_max ||
        arena > table->arena_size)
        return GV_OK;
    uint64_t both = 3 * table->slots * sizeof(gv_word_entry);
    if (table->arena_used + both > table->budget)
        return GV_OK;
    int status = grow(table, err);
    *full = false;
    return status;
}

/* The slot of the word, or the empty one where it belongs. */
static inline gv_word_entry *find(const gv_word_table *table, const char *word, size_t length,
                                  uint32_t key)
{
    uint64_t mask = table->slots - 1;
    for (uint64_t i = key & mask;; i = (i + 1) & mask) {
        gv_word_entry *entry = &table->entries[i];
        if (entry->count == 0)
            return entry;
        if (entry->key != key)
            continue;
        const char *record = record_at(table, entry->record);
        if (record_length(record) == length && memcmp(record + sizeof(uint16_t), word, length) == 0)
            return entry;
    }
}

int gv_word_table_count(gv_word_table *table, const char *word, size_t length, bool *full,
                        gv_error *err)
{
    uint32_t key = (uint32_t)XXH3_64bits(word, length);
    gv_word_entry *entry = find(table, word, length, key);
    *full = false;
    if (entry->count > 0) {
        entry->count++;
        return GV_OK;
    }
    uint64_t slots = table->slots;
    int status = make_room(table, length, full, err);
    if (status != GV_OK || *full)
        return status;
    if (table->slots != slots)
        entry = find(table, word, length, key);
    *entry = (gv_word_entry){1, store_record(table, word, length), key};
    table->used++;
    return GV_OK;
}

bool gv_word_table_append(gv_word_table *table, const gv_word *word)
{
    if (table->used == table->slots ||
        table->arena_used + record_bytes(word->length) > table->arena_size)
        return false;
    table->entries[table->used++] =
        (gv_word_entry){word->count, store_record(table, word->text, word->length), 0};
    return true;
}

/* --- sorting ---------------------------------------------------------------------------------- */

typedef struct sorting {
    const gv_word_table *table;
    enum gv_word_order order;
    uint64_t random; /* state of the generator of pivots */
} sorting;

/* The first four bytes of a word, so that numbers compare as the bytes do (a shorter word is padded
 * with 0, which no word holds). */
static uint32_t first_bytes(const char *text, size_t length)
{
    uint32_t key = 0;
    for (size_t i = 0; i < 4; i++)
        key = key << 8 | (i < length ? (uint8_t)text[i] : 0);
    return key;
}

static inline bool before(const sorting *s, const gv_word_entry *a, const gv_word_entry *b)
{
    if (s->order == GV_BY_COUNT && a->count != b->count)
        return a->count > b->count;
    if (a->key != b->key)
        return a->key < b->key;
    const char *x = record_at(s->table, a->record), *y = record_at(s->table, b->record);
    return compare_text(x + sizeof(uint16_t), record_length(x), y + sizeof(uint16_t),
                        record_length(y)) < 0;
}

static void insertion_sort(const sorting *s, gv_word_entry *entries, uint64_t n)
{
    for (uint64_t i = 1; i < n; i++) {
        gv_word_entry moving = entries[i];
        uint64_t to = i;
        for (; to > 0 && before(s, &moving, &entries[to - 1]); to--)
            entries[to] = entries[to - 1];
        entries[to] = moving;
    }
}

/* Hoare's partition: entries [0, m) are not after, [m, n) not before the pivot; 0 < m < n. */
static uint64_t partition(sorting *s, gv_word_entry *entries, uint64_t n)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t place = (s->random >> 33) % n;
    gv_word_entry pivot = entries[place];
    entries[place] = entries[0];
    entries[0] = pivot;
    uint64_t i = 0, j = n;
    for (;;) {
        do
            j--;
        while (before(s, &pivot, &entries[j]));
        if (i >= j)
            return j + 1;
        gv_word_entry swapped = entries[i];
        entries[i] = entries[j];
        entries[j] = swapped;
        do
            i++;
        while (before(s, &entries[i], &pivot));
    }
}

static void quicksort(sorting *s, gv_word_entry *entries, uint64_t n)
{
    while (n > SHORT) {
        uint64_t m = partition(s, entries, n);
        if (m <= n - m) {
            quicksort(s, entries, m);
            entries += m;
            n -= m;
        } else {
            quicksort(s, entries + m, n - m);
            n = m;
        }
    }
    insertion_sort(s, entries, n);
}

void gv_word_table_sort(gv_word_table *table, enum gv_word_order order)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < (table->list ? table->used : table->slots); i++) {
        if (table->entries[i].count == 0 && !table->list)
            continue;
        gv_word_entry entry = table->entries[i];
        const char *record = record_at(table, entry.record);
        entry.key = first_bytes(record + sizeof(uint16_t), record_length(record));
        table->entries[n++] = entry;
    }
    sorting s = {.table = table, .order = order, .random = 1};
    quicksort(&s, table->entries, n);
}
