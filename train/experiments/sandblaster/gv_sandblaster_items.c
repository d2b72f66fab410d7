#include "train/experiments/sandblaster/gv_sandblaster_items.h"

#include "base/gv_mem.h"
#include <string.h>

enum {
    LIMIT_PART = 16, /* a worker may have 1/16 of what it did in the last evaluation at a time, */
    LIMIT_MOST = 64, /* (or this, as long as that is not known) */
    COPY_PART = 16,  /* and gets copies of others' items when it has 1/16 of that */
    ITEM_FLOATS = 1 << 16 /* rows of an item, at most (but one segment at least): their values and
                             gradient stay in the second-level cache */
};

typedef gv_sandblaster_items_entry entry;

/* --- making ----------------------------------------------------------------------------------- */

static int allocate(gv_sandblaster_items *t, gv_error *err)
{
    size_t ranks = (size_t)t->ranks;
    return (t->limit = gv_mem_alloc_zero(ranks, sizeof *t->limit, err)) &&
                   (t->done = gv_mem_alloc_zero(ranks, sizeof *t->done, err)) &&
                   (t->values = gv_mem_alloc_zero(t->keys, sizeof *t->values, err)) &&
                   (t->counted = gv_mem_alloc_zero(t->keys, sizeof *t->counted, err)) &&
                   (t->item_of = gv_mem_alloc_zero(t->keys, sizeof *t->item_of, err)) &&
                   (t->entries = gv_mem_alloc_zero(t->keys, sizeof *t->entries, err))
               ? GV_OK
               : GV_E_MEMORY;
}

/* The end of the item that begins with segment `first`: segment after segment, while there is room.
 */
static uint32_t end_of_item(const gv_store_info *info, size_t width, uint32_t first)
{
    size_t words = ITEM_FLOATS / width;
    uint32_t end = first + 1;
    while (end < info->segments && end - first < GV_SANDBLASTER_ITEM_SEGMENTS &&
           info->segment_first[end + 1] - info->segment_first[first] <= words)
        end++;
    return end;
}

int gv_sandblaster_items_init(gv_sandblaster_items *t, const gv_store_info *info, size_t width,
                              int ranks, gv_error *err)
{
    *t = (gv_sandblaster_items){.keys = 2 * info->segments, .ranks = ranks};
    int status = allocate(t, err);
    for (uint32_t first = 0, end; status == GV_OK && first < info->segments; first = end) {
        end = end_of_item(info, width, first);
        for (uint32_t context = 0; context < 2; context++) {
            for (uint32_t s = first; s < end; s++)
                t->item_of[2 * s + context] = (uint32_t)t->n;
            t->entries[t->n++].item = (gv_sandblaster_item){first, end, context};
        }
    }
    return status;
}

void gv_sandblaster_items_clear(gv_sandblaster_items *t)
{
    gv_mem_free(t->entries);
    gv_mem_free(t->item_of);
    gv_mem_free(t->counted);
    gv_mem_free(t->values);
    gv_mem_free(t->limit);
    gv_mem_free(t->done);
    *t = (gv_sandblaster_items){0};
}

/* --- an evaluation ---------------------------------------------------------------------------- */

void gv_sandblaster_items_begin(gv_sandblaster_items *t, bool first)
{
    for (size_t i = 0; i < t->n; i++) {
        gv_sandblaster_item item = t->entries[i].item;
        t->entries[i] = (entry){.item = item, .left = item.end - item.first};
    }
    t->fresh = 0;
    t->left = t->keys;
    memset(t->counted, 0, t->keys * sizeof *t->counted);
    /* at least one, so that a worker that did nothing in the last evaluation can show that it is
     * faster now */
    for (int rank = 0; rank < t->ranks; rank++) {
        t->limit[rank] = first ? LIMIT_MOST : 1 + t->done[rank] / LIMIT_PART;
        t->done[rank] = 0;
    }
}

static bool has(const entry *u, int worker)
{
    bool found = false;
    for (int i = 0; i < GV_SANDBLASTER_ITEMS_COPIES; i++)
        found |= u->workers[i] == worker;
    return found;
}

/* A place for another worker; NULL: `worker` has the item already, or there is none. */
static int *free_place(entry *u, int worker)
{
    for (int i = 0; i < GV_SANDBLASTER_ITEMS_COPIES && !has(u, worker); i++)
        if (u->workers[i] == 0)
            return &u->workers[i];
    return NULL;
}

static unsigned copies_of(const entry *u)
{
    unsigned n = 0;
    for (int i = 0; i < GV_SANDBLASTER_ITEMS_COPIES; i++)
        n += u->workers[i] > 0;
    return n;
}

/*
 * The item that `worker` gets; t->n: none. An orphan (a lost worker left it) goes before a fresh
 * one, as the evaluation has waited longest for it. A copy goes to those only who have little else
 * to do, because most copies turn out to be needless; among copies the item that fewest workers
 * have, which is the likeliest to be late.
 *
 * It looks at every item that was given out: little work beside the gradient that an item is.
 */
static size_t choose(gv_sandblaster_items *t, int worker)
{
    size_t copy = t->n, orphan = t->n;
    unsigned own = 0;
    for (size_t i = 0; i < t->fresh; i++) {
        entry *u = &t->entries[i];
        if (u->left == 0)
            continue;
        own += has(u, worker);
        if (!free_place(u, worker))
            continue;
        if (copies_of(u) == 0)
            orphan = i;
        else if (copy == t->n || copies_of(u) < copies_of(&t->entries[copy]))
            copy = i;
    }
    if (own >= t->limit[worker])
        return t->n;
    if (orphan < t->n)
        return orphan;
    if (t->fresh < t->n)
        return t->fresh++;
    return own <= t->limit[worker] / COPY_PART ? copy : t->n;
}

bool gv_sandblaster_items_give(gv_sandblaster_items *t, gv_sandblaster_item *item, int worker)
{
    size_t number = choose(t, worker);
    if (number == t->n)
        return false;
    *free_place(&t->entries[number], worker) = worker;
    *item = t->entries[number].item;
    return true;
}

void gv_sandblaster_items_count(gv_sandblaster_items *t, uint32_t key, int worker, double value)
{
    if (t->counted[key])
        return;
    t->counted[key] = true;
    t->values[key] = value;
    if (worker > 0 && worker < t->ranks) /* it comes from a message */
        t->done[worker]++;
    t->entries[t->item_of[key]].left--;
    t->left--;
}

size_t gv_sandblaster_items_take_back(gv_sandblaster_items *t, int worker)
{
    size_t items = 0;
    for (size_t i = 0; i < t->fresh; i++)
        for (int k = 0; k < GV_SANDBLASTER_ITEMS_COPIES; k++)
            if (t->entries[i].left > 0 && t->entries[i].workers[k] == worker) {
                t->entries[i].workers[k] = 0;
                items++;
            }
    return items;
}

double gv_sandblaster_items_value(const gv_sandblaster_items *t)
{
    double sum = 0;
    for (uint32_t key = 0; key < t->keys; key++)
        sum += t->values[key];
    return sum;
}
