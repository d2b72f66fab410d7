/*
 * A word table: 32-byte entries, two in a cache line, and an arena for long words, both inside one
 * budget.
 *
 * Counting is open addressing with linear probing. An entry holds the first 16 bytes of its word,
 * which is the whole word almost always, so counting a token touches one cache line; which one is
 * known from its hash, and it is asked for AHEAD tokens early. The table doubles, in place, while
 * entries and arena fit the budget; after that it fills to 7/8 and is full.
 *
 * Sorting is a quicksort on the entries in place, since the library's qsort may allocate as much
 * again: the smaller part recursively (so the stack stays logarithmic), pivots by a fixed generator
 * (so no input order is bad), insertion sort for short parts. The starts of two words, as
 * big-endian numbers, compare as their bytes do and decide most comparisons. All words of a table
 * are distinct, so the order is total and the result unique.
 */
#include "cooccur/vocab/gv_word_table.h"

#include "base/gv_mem.h"
#include "budget/gv_budget_vocab.h"
#include <endian.h>
#include <string.h>

enum {
    SHORT = 16, /* entries that insertion sort is faster for */
    AHEAD = 32  /* tokens between the prefetch of a slot and its use: enough for memory to answer */
};

_Static_assert(sizeof(gv_word_table_entry) == GV_BUDGET_VOCAB_ENTRY_BYTES &&
                   GV_WORD_TABLE_LEAST == GV_BUDGET_VOCAB_TABLE_LEAST,
               "gv_budget_vocab.h has these sizes");

/* --- words ------------------------------------------------------------------------------------ */

static int compare_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shared = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, shared);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

int gv_word_table_compare(const gv_word_table_word *a, const gv_word_table_word *b,
                          enum gv_word_table_order order)
{
    if (order == GV_WORD_TABLE_BY_COUNT && a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return compare_text(a->text, a->length, b->text, b->length);
}

static inline bool is_long(size_t length)
{
    return length > GV_TOKEN_START;
}

static inline char *record_at(const gv_word_table *table, uint32_t record)
{
    return table->arena + (uint64_t)record * GV_WORD_TABLE_ALIGN;
}

/* The text of an entry; a short word is stored in the entry itself. */
static inline const char *entry_text(const gv_word_table *table, const gv_word_table_entry *entry)
{
    return is_long(entry->length) ? record_at(table, entry->record) : (const char *)entry->start;
}

static inline uint64_t record_bytes(size_t length)
{
    return is_long(length)
               ? (length + GV_WORD_TABLE_ALIGN - 1) / GV_WORD_TABLE_ALIGN * GV_WORD_TABLE_ALIGN
               : 0;
}

/* An entry of the word, which goes to the arena if it is long. */
static gv_word_table_entry make_entry(gv_word_table *table, const uint64_t start[2],
                                      const char *text, size_t length, uint64_t count)
{
    gv_word_table_entry entry = {{start[0], start[1]},
                                 count,
                                 (uint32_t)(table->arena_used / GV_WORD_TABLE_ALIGN),
                                 (uint32_t)length};
    if (is_long(length))
        memcpy(table->arena + table->arena_used, text, length);
    table->arena_used += record_bytes(length);
    return entry;
}

gv_word_table_word gv_word_table_get(const gv_word_table *table, uint64_t i)
{
    const gv_word_table_entry *entry = &table->entries[i];
    return (gv_word_table_word){entry_text(table, entry), entry->length, entry->count};
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
    uint64_t slots = list ? table->budget / 2 / sizeof(gv_word_table_entry)
                          : gv_budget_vocab_slots_most(table->budget);
    table->slots_max = slots;
    table->arena_size = table->budget - slots * sizeof(gv_word_table_entry);
    table->slots = list ? slots : GV_BUDGET_VOCAB_LEAST_SLOTS;
    table->entries = gv_mem_big_alloc(slots * sizeof(gv_word_table_entry), err);
    table->arena = gv_mem_big_alloc(table->arena_size, err);
    if (table->entries && table->arena)
        return GV_OK;
    gv_word_table_free(table);
    return GV_E_MEMORY;
}

void gv_word_table_free(gv_word_table *table)
{
    gv_mem_big_free(table->entries, table->slots_max * sizeof(gv_word_table_entry));
    gv_mem_big_free(table->arena, table->arena_size);
    *table = (gv_word_table){0};
}

uint64_t gv_word_table_memory(const gv_word_table *table)
{
    return table->arena_used +
           (table->list ? table->used : table->slots) * sizeof(gv_word_table_entry);
}

void gv_word_table_clear(gv_word_table *table)
{
    if (!table->list)
        memset(table->entries, 0, table->slots * sizeof(gv_word_table_entry));
    table->used = 0;
    table->arena_used = 0;
}

/* --- counting --------------------------------------------------------------------------------- */

static inline uint32_t entry_hash(const gv_word_table *table, const gv_word_table_entry *entry)
{
    return gv_token_hash(entry->start, entry_text(table, entry), entry->length);
}

/* Put an entry that is not there into its place. */
static void insert(gv_word_table *table, const gv_word_table_entry *entry)
{
    uint64_t mask = table->slots - 1, to = entry_hash(table, entry) & mask;
    while (table->entries[to].count != 0)
        to = (to + 1) & mask;
    table->entries[to] = *entry;
}

/*
 * Double the slots; the new ones follow the old ones. Every entry leaves its slot and is
 * inserted again, in the order of the slots, beginning behind an empty one. Its new home is its old
 * one or as far into the new half; on the way from there to its place it passes only entries that
 * have moved already: in the old half it gets no further than the slot it left, and the new half
 * holds no others. Those before the first empty slot, which may belong to the end of the table,
 * wait until all others have moved.
 */
static int grow(gv_word_table *table, gv_error *err)
{
    uint64_t old = table->slots, first = 0;
    gv_word_table_entry *entries = table->entries, *waiting = NULL;
    while (entries[first].count != 0)
        first++;
    if (first > 0 && !(waiting = gv_mem_alloc(first, sizeof *waiting, err)))
        return GV_E_MEMORY;
    if (first > 0)
        memcpy(waiting, entries, first * sizeof *entries);
    memset(entries, 0, first * sizeof *entries);
    table->slots = 2 * old;
    for (uint64_t i = first + 1; i < old; i++) {
        gv_word_table_entry moving = entries[i];
        if (moving.count == 0)
            continue;
        entries[i] = (gv_word_table_entry){0};
        insert(table, &moving);
    }
    for (uint64_t i = 0; i < first; i++)
        insert(table, &waiting[i]);
    gv_mem_free(waiting);
    return GV_OK;
}

/* Room for one more word of this length? Grows the table when it is time to. */
static int make_room(gv_word_table *table, size_t length, bool *full, gv_error *err)
{
    uint64_t arena = table->arena_used + record_bytes(length);
    *full = arena > table->arena_size || table->used + 1 > gv_budget_vocab_full_at(table->slots);
    if (table->used + 1 <= gv_budget_vocab_grow_at(table->slots) ||
        table->slots >= table->slots_max || arena > table->arena_size)
        return GV_OK;
    if (table->arena_used + 2 * table->slots * sizeof(gv_word_table_entry) > table->budget)
        return GV_OK;
    int status = grow(table, err);
    *full = false;
    return status;
}

/* The same bytes behind the start? */
static bool same_long(const gv_word_table *table, const gv_word_table_entry *entry,
                      const gv_token *token)
{
    return entry->length == token->length &&
           memcmp(record_at(table, entry->record) + GV_TOKEN_START, token->text + GV_TOKEN_START,
                  token->length - GV_TOKEN_START) == 0;
}

/* The slot of the word, or the empty one where it belongs, among `mask` + 1 `entries`. */
static inline gv_word_table_entry *find(const gv_word_table *table, gv_word_table_entry *entries,
                                        uint64_t mask, const gv_token *token)
{
    for (uint64_t i = token->hash & mask;; i = (i + 1) & mask) {
        gv_word_table_entry *entry = &entries[i];
        /* no word's start is that of an empty slot */
        if (gv_token_same_start(token, entry->start) &&
            (!is_long(token->length) || same_long(table, entry, token)))
            return entry;
        if (entry->count == 0)
            return entry;
    }
}

static inline gv_word_table_entry *find_in(const gv_word_table *table, const gv_token *token)
{
    return find(table, table->entries, table->slots - 1, token);
}

/* `token`, which is not there and belongs to `entry`, gets a slot and a count. */
static int add(gv_word_table *table, gv_word_table_entry *entry, const gv_token *token,
               uint64_t count, bool *full, gv_error *err)
{
    uint64_t slots = table->slots;
    int status = make_room(table, token->length, full, err);
    if (status != GV_OK || *full)
        return status;
    if (table->slots != slots)
        entry = find_in(table, token);
    *entry = make_entry(table, token->start, token->text, token->length, count);
    table->used++;
    return GV_OK;
}

/* Count tokens[i], tokens[i + 1] ... until one is new, which is returned, or n. */
static size_t count_known(const gv_word_table *table, const gv_token *tokens, size_t i, size_t n,
                          gv_word_table_entry **place)
{
    gv_word_table_entry *entries = table->entries;
    uint64_t mask = table->slots - 1;
    for (; i < n; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(&entries[tokens[i + AHEAD].hash & mask], 1);
        if (tokens[i].length == 0)
            continue;
        gv_word_table_entry *entry = find(table, entries, mask, &tokens[i]);
        if (entry->count == 0) {
            *place = entry;
            break;
        }
        entry->count++;
    }
    return i;
}

int gv_word_table_count(gv_word_table *table, const gv_token *tokens, size_t n, size_t *done,
                        gv_error *err)
{
    int status = GV_OK;
    bool full = false;
    size_t i = 0;
    for (; i < n && i < AHEAD; i++)
        __builtin_prefetch(&table->entries[tokens[i].hash & (table->slots - 1)], 1);
    for (i = 0; status == GV_OK; i++) {
        gv_word_table_entry *place = NULL;
        i = count_known(table, tokens, i, n, &place);
        if (i == n)
            break;
        status = add(table, place, &tokens[i], 1, &full, err);
        if (full)
            break;
    }
    *done = i;
    return status;
}

static gv_token token_of(const gv_word_table *table, const gv_word_table_entry *entry)
{
    return (gv_token){.text = entry_text(table, entry),
                      .start = {entry->start[0], entry->start[1]},
                      .length = entry->length,
                      .hash = entry_hash(table, entry)};
}

int gv_word_table_absorb(gv_word_table *to, gv_word_table *from, bool *full, gv_error *err)
{
    *full = false;
    for (uint64_t i = 0; i < from->slots; i++) {
        gv_word_table_entry *entry = &from->entries[i];
        if (i + AHEAD < from->slots && entry[AHEAD].count > 0 && !is_long(entry[AHEAD].length))
            __builtin_prefetch(
                &to->entries[gv_token_hash_short(entry[AHEAD].start) & (to->slots - 1)], 1);
        if (entry->count == 0)
            continue;
        gv_token token = token_of(from, entry);
        gv_word_table_entry *place = find_in(to, &token);
        if (place->count > 0) {
            place->count += entry->count;
        } else {
            int status = add(to, place, &token, entry->count, full, err);
            if (status != GV_OK || *full)
                return status;
        }
        entry->count = 0;
        from->used--;
    }
    return GV_OK;
}

/* Move the entries that count at least `least` to the front. */
static void gather(gv_word_table *table, uint64_t least)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < table->slots; i++)
        if (table->entries[i].count >= least)
            table->entries[n++] = table->entries[i];
    table->used = n;
}

void gv_word_table_keep(gv_word_table *table, uint64_t min_count)
{
    gather(table, min_count > 0 ? min_count : 1);
    table->list = true;
}

bool gv_word_table_append(gv_word_table *table, const gv_word_table_word *word)
{
    if (table->used == table->slots ||
        table->arena_used + record_bytes(word->length) > table->arena_size)
        return false;
    uint64_t start[2];
    gv_token_start_within(start, word->text, word->length);
    table->entries[table->used++] = make_entry(table, start, word->text, word->length, word->count);
    return true;
}

/* --- sorting ---------------------------------------------------------------------------------- */

typedef struct sorting {
    const gv_word_table *table;
    enum gv_word_table_order order;
    uint64_t random; /* state of the generator of pivots */
} sorting;

static inline bool before(const sorting *s, const gv_word_table_entry *a,
                          const gv_word_table_entry *b)
{
    if (s->order == GV_WORD_TABLE_BY_COUNT && a->count != b->count)
        return a->count > b->count;
    /* big-endian numbers compare as their bytes do; a short word is padded with zeros, which no
     * word holds */
    if (a->start[0] != b->start[0])
        return be64toh(a->start[0]) < be64toh(b->start[0]);
    if (a->start[1] != b->start[1])
        return be64toh(a->start[1]) < be64toh(b->start[1]);
    return compare_text(entry_text(s->table, a), a->length, entry_text(s->table, b), b->length) < 0;
}

static void insertion_sort(const sorting *s, gv_word_table_entry *entries, uint64_t n)
{
    for (uint64_t i = 1; i < n; i++) {
        gv_word_table_entry moving = entries[i];
        uint64_t to = i;
        for (; to > 0 && before(s, &moving, &entries[to - 1]); to--)
            entries[to] = entries[to - 1];
        entries[to] = moving;
    }
}

/* Hoare's partition: entries [0, m) are not after, [m, n) not before the pivot; 0 < m < n. */
static uint64_t partition(sorting *s, gv_word_table_entry *entries, uint64_t n)
{
    /* Knuth's linear congruential generator (MMIX); its high bits are the random ones */
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t place = (s->random >> 33) % n;
    gv_word_table_entry pivot = entries[place];
    entries[place] = entries[0];
    entries[0] = pivot;
    uint64_t i = 0, j = n;
    for (;;) {
        do
            j--;
        while (before(s, &pivot, &entries[j]));
        if (i >= j)
            return j + 1;
        gv_word_table_entry swapped = entries[i];
        entries[i] = entries[j];
        entries[j] = swapped;
        do
            i++;
        while (before(s, &entries[i], &pivot));
    }
}

static void quicksort(sorting *s, gv_word_table_entry *entries, uint64_t n)
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

void gv_word_table_sort(gv_word_table *table, enum gv_word_table_order order)
{
    if (!table->list)
        gather(table, 1);
    sorting s = {.table = table, .order = order, .random = 1};
    quicksort(&s, table->entries, table->used);
}
