#include "vectors/gv_vectors_seen.h"

#include "base/gv_mem.h"

static bool is_free(const gv_hash *slot)
{
    return slot->low == 0 && slot->high == 0;
}

/* The slot of a checksum, or the free one where it belongs. One slot in four is free at least. */
static gv_hash *find(gv_hash *slot, size_t slots, gv_hash hash)
{
    size_t i = hash.low & (slots - 1);
    while (!is_free(&slot[i]) && !gv_hash_equal(slot[i], hash))
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

static int grow(gv_vectors_seen *seen, gv_error *err)
{
    enum { FIRST = 1024 };
    size_t slots = seen->slots ? 2 * seen->slots : FIRST;
    gv_hash *larger = gv_mem_alloc_zero(slots, sizeof *larger, err);
    if (!larger)
        return GV_E_MEMORY;
    for (size_t i = 0; i < seen->slots; i++)
        if (!is_free(&seen->slot[i]))
            *find(larger, slots, seen->slot[i]) = seen->slot[i];
    gv_mem_free(seen->slot);
    seen->slot = larger;
    seen->slots = slots;
    return GV_OK;
}

int gv_vectors_seen_add(gv_vectors_seen *seen, const char *word, size_t length, bool *before,
                        gv_error *err)
{
    if (seen->used >= seen->slots / 4 * 3) {
        int status = grow(seen, err);
        if (status != GV_OK)
            return status;
    }
    gv_hash hash = gv_hash_of(word, length);
    /* what marks a free slot is no checksum */
    if (is_free(&hash))
        hash.low = 1;
    gv_hash *slot = find(seen->slot, seen->slots, hash);
    *before = !is_free(slot);
    *slot = hash;
    seen->used += !*before;
    return GV_OK;
}

void gv_vectors_seen_clear(gv_vectors_seen *seen)
{
    gv_mem_free(seen->slot);
    *seen = (gv_vectors_seen){0};
}
