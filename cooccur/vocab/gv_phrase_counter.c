#include "cooccur/vocab/gv_phrase_counter.h"

#include "base/gv_mem.h"
#include <stdlib.h>
#include <string.h>

/* --- edges ------------------------------------------------------------------------------------ */

/* What the next token finds: the last unit and the spans behind it. */
static void add_span(uint8_t span[GV_PHRASE_PAIR_SPAN], uint8_t *n, uint32_t *unit, uint8_t number)
{
    if (*n < GV_PHRASE_PAIR_SPAN)
        span[(*n)++] = number;
    else
        *unit = GV_VOCAB_NO_WORD;
}

/* A barrier: nothing before it is in a pair with anything behind it. */
static void close_edge(gv_phrase_counter_edge *edge)
{
    if (edge->open)
        edge->head = GV_VOCAB_NO_WORD;
    edge->open = false;
    edge->tail = GV_VOCAB_NO_WORD;
    edge->n_tail = 0;
}

static void take_span(gv_phrase_counter_edge *edge, uint8_t number)
{
    if (edge->open && edge->n_head < GV_PHRASE_PAIR_SPAN)
        edge->head_span[edge->n_head++] = number;
    else if (edge->open)
        close_edge(edge);
    else
        add_span(edge->tail_span, &edge->n_tail, &edge->tail, number);
}

/* `*pair`: of the unit and the last one. */
static void take_unit(gv_phrase_counter_edge *edge, uint32_t unit, gv_phrase_pair *pair)
{
    *pair = (gv_phrase_pair){edge->open ? GV_VOCAB_NO_WORD : edge->tail, unit, {0}, edge->n_tail};
    memcpy(pair->span, edge->tail_span, sizeof pair->span);
    if (edge->open)
        edge->head = unit;
    edge->open = false;
    edge->tail = unit;
    edge->n_tail = 0;
}

void gv_phrase_counter_edge_link(gv_phrase_counter_edge *edge, const gv_phrase_counter_edge *next,
                                 gv_phrase_pair *pair)
{
    pair->first = GV_VOCAB_NO_WORD;
    if (!next->exists)
        return;
    if (!edge->exists) {
        *edge = *next;
        return;
    }
    if (edge->last_file != next->first_file)
        close_edge(edge);
    edge->last_file = next->last_file;
    /* the beginning of `next` as if its tokens came one by one, then its end as it is */
    for (unsigned i = 0; i < next->n_head; i++)
        take_span(edge, next->head_span[i]);
    if (next->open)
        return;
    if (next->head != GV_VOCAB_NO_WORD)
        take_unit(edge, next->head, pair);
    else
        close_edge(edge);
    edge->tail = next->tail;
    edge->n_tail = next->n_tail;
    memcpy(edge->tail_span, next->tail_span, sizeof edge->tail_span);
}

/* --- counting --------------------------------------------------------------------------------- */

void gv_phrase_counter_clear(gv_phrase_counter *counter)
{
    gv_mem_free(counter->done);
    gv_mem_free(counter->ids);
    gv_mem_free(counter->keys);
    gv_mem_free(counter->texts);
    *counter = (gv_phrase_counter){0};
}

void gv_phrase_counter_begin(gv_phrase_counter *counter, uint64_t sequence, uint64_t file)
{
    counter->block = (gv_phrase_counter_block){sequence,
                                               {.first_file = file,
                                                .last_file = file,
                                                .head = GV_VOCAB_NO_WORD,
                                                .tail = GV_VOCAB_NO_WORD,
                                                .open = true,
                                                .exists = true}};
}

static int make_room(gv_phrase_counter *counter, size_t n, gv_error *err)
{
    if (n <= counter->capacity)
        return GV_OK;
    int status = gv_mem_resize(&counter->ids, n, sizeof *counter->ids, err);
    if (status == GV_OK)
        status = gv_mem_resize(&counter->keys, n, sizeof *counter->keys, err);
    if (status == GV_OK)
        status = gv_mem_resize(&counter->texts, n, sizeof *counter->texts, err);
    if (status == GV_OK)
        counter->capacity = n;
    return status;
}

int gv_phrase_counter_take(gv_phrase_counter *counter, const gv_token *tokens, size_t n,
                           const gv_token **keys, size_t *n_keys, gv_error *err)
{
    gv_phrase_counter_edge *edge = &counter->block.edge;
    const uint8_t *roles = counter->units->role;
    size_t found = 0;
    *n_keys = 0;
    int status = make_room(counter, n, err);
    if (status != GV_OK)
        return status;
    gv_vocab_lookup_tokens(counter->units->words, tokens, n, counter->ids);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = counter->ids[i];
        uint8_t role = id == GV_VOCAB_NO_WORD ? GV_PHRASE_PAIR_NEVER : roles[id];
        gv_phrase_pair pair;
        if (role == GV_PHRASE_PAIR_NEVER) {
            close_edge(edge);
        } else if (role != GV_PHRASE_PAIR_HALF) {
            take_span(edge, (uint8_t)(role - 1));
        } else {
            take_unit(edge, id, &pair);
            if (pair.first == GV_VOCAB_NO_WORD)
                continue;
            counter->keys[found] = gv_phrase_pair_key(counter->texts[found], &pair);
            found++;
        }
    }
    *keys = counter->keys;
    *n_keys = found;
    return GV_OK;
}

int gv_phrase_counter_end(gv_phrase_counter *counter, gv_error *err)
{
    int status = gv_mem_reserve(&counter->done, &counter->done_capacity, counter->n_done + 1,
                                sizeof *counter->done, err);
    if (status == GV_OK)
        counter->done[counter->n_done++] = counter->block;
    return status;
}

static int compare_sequence(const void *left, const void *right)
{
    const gv_phrase_counter_block *a = left, *b = right;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

int gv_phrase_counter_link(gv_phrase_counter_edge *edge, gv_phrase_pair **pairs, size_t *n_pairs,
                           gv_phrase_counter *counters, size_t n, gv_error *err)
{
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++)
        blocks += counters[i].n_done;
    *edge = (gv_phrase_counter_edge){0};
    *n_pairs = 0;
    *pairs = gv_mem_alloc(blocks + 1, sizeof **pairs, err);
    gv_phrase_counter_block *all = gv_mem_alloc(blocks + 1, sizeof *all, err);
    if (!*pairs || !all) {
        gv_mem_free(all);
        return GV_E_MEMORY;
    }
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (counters[i].n_done > 0)
            memcpy(all + used, counters[i].done, counters[i].n_done * sizeof *all);
        used += counters[i].n_done;
    }
    qsort(all, blocks, sizeof *all, compare_sequence);
    for (size_t i = 0; i < blocks; i++) {
        gv_phrase_counter_edge_link(edge, &all[i].edge, &(*pairs)[*n_pairs]);
        *n_pairs += (*pairs)[*n_pairs].first != GV_VOCAB_NO_WORD;
    }
    gv_mem_free(all);
    return GV_OK;
}
