#include "model/gv_start.h"

#include "base/gv_mem.h"
#include <string.h>

int gv_start_new(gv_start **start, uint32_t vocab_size, uint32_t dim, gv_error *err)
{
    *start = gv_mem_alloc_zero(1, sizeof **start, err);
    if (!*start)
        return GV_E_MEMORY;
    (*start)->vocab_size = vocab_size;
    (*start)->dim = dim;
    return GV_OK;
}

static size_t vectors_bytes(const gv_start *start, const gv_start_side *s)
{
    return (size_t)s->room * start->dim * sizeof *s->vectors;
}

void gv_start_free(gv_start *start)
{
    for (int i = 0; start && i < GV_START_SIDES; i++) {
        gv_start_side *s = &start->side[i];
        if (s->shared)
            continue;
        gv_mem_free(s->place);
        if (s->vectors)
            gv_mem_big_free(s->vectors, vectors_bytes(start, s));
    }
    gv_mem_free(start);
}

int gv_start_reserve(gv_start *start, int side, uint32_t room, gv_error *err)
{
    gv_start_side *s = &start->side[side];
    s->place = gv_mem_alloc(start->vocab_size, sizeof *s->place, err);
    if (!s->place)
        return GV_E_MEMORY;
    for (uint32_t row = 0; row < start->vocab_size; row++)
        s->place[row] = GV_START_NONE;
    s->room = room;
    s->vectors = room > 0 ? gv_mem_big_alloc(vectors_bytes(start, s), err) : NULL;
    return s->vectors || room == 0 ? GV_OK : GV_E_MEMORY;
}

float *gv_start_add(gv_start *start, int side, uint32_t row)
{
    gv_start_side *s = &start->side[side];
    s->place[row] = s->given;
    return s->vectors + (size_t)s->given++ * start->dim;
}

void gv_start_share(gv_start *start)
{
    start->side[GV_START_CONTEXT] = start->side[GV_START_WORD];
    start->side[GV_START_CONTEXT].shared = true;
}

const float *gv_start_find(const gv_start *start, int side, size_t row)
{
    const gv_start_side *s = &start->side[side];
    return s->place && s->place[row] != GV_START_NONE
               ? s->vectors + (size_t)s->place[row] * start->dim
               : NULL;
}

uint64_t gv_start_bytes(uint32_t vocab_size, uint32_t dim, bool shared)
{
    uint64_t side = vocab_size * (sizeof(uint32_t) + (uint64_t)dim * sizeof(float));
    return shared ? side : 2 * side;
}
