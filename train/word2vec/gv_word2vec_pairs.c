/*
 * Approach: the text of the chunk is gone through once; pairs and visits are appended to two lists
 * with the number of their tile, and counted by tile. Then they go to their places (a counting
 * sort, stable).
 */
#include "train/word2vec/gv_word2vec_pairs.h"

#include "base/gv_mem.h"
#include <string.h>

/* A pair or a visit as it was drawn. */
typedef struct drawn {
    uint32_t tile;
    gv_word2vec_pair pair; /* visits: the word alone */
} drawn;

typedef struct list {
    drawn *item;
    size_t n, room;
} list;

struct gv_word2vec_pairs_drawer {
    gv_word2vec_text text;
    const gv_word2vec_layout *layout;
    uint32_t *raw, *word;
    list pairs, visits;
    uint64_t visit_part; /* of 2^32: the part of a visit beyond whole ones that a pair makes */
    uint32_t visits_whole;
};

enum { BREAK = UINT32_MAX }; /* in place of a code; there are far fewer segments */

int gv_word2vec_pairs_chunk_init(gv_word2vec_pairs_chunk *chunk, uint32_t tiles, gv_error *err)
{
    *chunk = (gv_word2vec_pairs_chunk){0};
    chunk->pair_begin = gv_mem_alloc_zero((size_t)tiles + 1, sizeof *chunk->pair_begin, err);
    chunk->visit_begin = gv_mem_alloc_zero((size_t)tiles + 1, sizeof *chunk->visit_begin, err);
    return chunk->pair_begin && chunk->visit_begin ? GV_OK : GV_E_MEMORY;
}

void gv_word2vec_pairs_chunk_clear(gv_word2vec_pairs_chunk *chunk)
{
    gv_mem_free(chunk->pair_begin);
    gv_mem_free(chunk->visit_begin);
    gv_mem_free(chunk->pair);
    gv_mem_free(chunk->visit);
    *chunk = (gv_word2vec_pairs_chunk){0};
}

int gv_word2vec_pairs_drawer_new(gv_word2vec_pairs_drawer **drawer, const gv_word2vec_text *text,
                                 const gv_word2vec_layout *layout, gv_error *err)
{
    const size_t room = GV_WORD2VEC_LAYOUT_CHUNK + 2 * GV_WORD2VEC_TEXT_MARGIN;
    const uint64_t negative = text->config->train_negative;
    gv_word2vec_pairs_drawer *d = gv_mem_alloc_zero(1, sizeof *d, err);
    *drawer = d;
    if (!d)
        return GV_E_MEMORY;
    d->text = *text;
    d->layout = layout;
    d->visits_whole = (uint32_t)(negative / GV_WORD2VEC_OUTPUTS);
    d->visit_part = (negative % GV_WORD2VEC_OUTPUTS << 32) / GV_WORD2VEC_OUTPUTS;
    if ((d->raw = gv_mem_alloc(room, sizeof *d->raw, err)) &&
        (d->word = gv_mem_alloc(room, sizeof *d->word, err)))
        return GV_OK;
    gv_word2vec_pairs_drawer_free(d);
    *drawer = NULL;
    return GV_E_MEMORY;
}

void gv_word2vec_pairs_drawer_free(gv_word2vec_pairs_drawer *d)
{
    if (!d)
        return;
    gv_mem_free(d->raw);
    gv_mem_free(d->word);
    gv_mem_free(d->pairs.item);
    gv_mem_free(d->visits.item);
    gv_mem_free(d);
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* Visits of a word with code `word`. */
static void draw_visits(gv_word2vec_pairs_drawer *d, uint32_t word, uint32_t *count, gv_rng *rng)
{
    const gv_word2vec_layout *layout = d->layout;
    uint64_t visits = d->visits_whole + (gv_rng_next(rng) >> 32 < d->visit_part);
    for (uint64_t i = 0; i < visits; i++) {
        uint32_t segment = gv_noise_draw(&layout->segment_noise, rng);
        uint32_t tile = gv_word2vec_layout_segment(word) * layout->segments.n + segment;
        d->visits.item[d->visits.n++] = (drawn){tile, {(uint16_t)word, 0}};
        count[tile + 1]++;
    }
}

static void draw_pair(gv_word2vec_pairs_drawer *d, uint32_t word, uint32_t context, uint32_t *count)
{
    uint32_t tile = gv_word2vec_layout_segment(word) * d->layout->segments.n +
                    gv_word2vec_layout_segment(context);
    d->pairs.item[d->pairs.n++] = (drawn){tile, {(uint16_t)word, (uint16_t)context}};
    count[tile + 1]++;
}

/* Room for the pairs of one more word of the text. */
static int make_room(gv_word2vec_pairs_drawer *d, gv_error *err)
{
    const size_t pairs = 2 * (size_t)d->text.config->train_window;
    int status = gv_mem_reserve(&d->pairs.item, &d->pairs.room, d->pairs.n + pairs,
                                sizeof *d->pairs.item, err);
    if (status != GV_OK)
        return status;
    return gv_mem_reserve(&d->visits.item, &d->visits.room,
                          d->visits.n + pairs * (d->visits_whole + 1), sizeof *d->visits.item, err);
}

/* The word at place `at` with each word of its window, whose reach is random, so that near words
 * count more than far ones (word2vec.c). */
static void draw_window(gv_word2vec_pairs_drawer *d, const gv_word2vec_text_words *s, size_t at,
                        gv_word2vec_pairs_chunk *chunk, gv_rng *rng)
{
    const uint32_t *code = s->word;
    size_t reach = 1 + gv_rng_below(rng, d->text.config->train_window);
    for (size_t k = 1; k <= reach && k <= at && code[at - k] != BREAK; k++) {
        draw_pair(d, code[at - k], code[at], chunk->pair_begin);
        draw_visits(d, code[at - k], chunk->visit_begin, rng);
    }
    for (size_t k = 1; k <= reach && at + k < s->end && code[at + k] != BREAK; k++) {
        draw_pair(d, code[at + k], code[at], chunk->pair_begin);
        draw_visits(d, code[at + k], chunk->visit_begin, rng);
    }
}

static int draw_all(gv_word2vec_pairs_drawer *d, const gv_word2vec_text_words *s,
                    gv_word2vec_pairs_chunk *chunk, gv_rng *rng, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < s->end; i++)
        s->word[i] = s->word[i] == GV_ENCODER_BREAK ? BREAK : d->layout->code[s->word[i]];
    for (size_t at = s->begin; at < s->own && status == GV_OK; at++) {
        if (s->word[at] == BREAK)
            continue;
        status = make_room(d, err);
        if (status == GV_OK)
            draw_window(d, s, at, chunk, rng);
    }
    return status;
}

/* --- sorting ---------------------------------------------------------------------------------- */

/* begin[t + 1] counts tile t; afterwards begin[t] is the place of its first, and begin[t + 1] the
 * one behind its last, once all are in their places: until then begin[t + 1] moves. */
static void add_up(uint32_t *begin, uint32_t tiles)
{
    uint32_t before = 0;
    for (uint32_t t = 1; t <= tiles; t++) {
        uint32_t n = begin[t];
        begin[t] = before;
        before += n;
    }
}

/* Room for `n`, not more: a stretch has many chunks. */
static int make_room_in(void *items, size_t *room, size_t n, size_t size, gv_error *err)
{
    if (n <= *room)
        return GV_OK;
    int status = gv_mem_resize(items, n, size, err);
    *room = status == GV_OK ? n : *room;
    return status;
}

static int sort_by_tile(gv_word2vec_pairs_chunk *chunk, const gv_word2vec_pairs_drawer *d,
                        gv_error *err)
{
    uint32_t tiles = d->layout->tiles;
    int status =
        make_room_in(&chunk->pair, &chunk->pair_room, d->pairs.n, sizeof *chunk->pair, err);
    if (status == GV_OK)
        status =
            make_room_in(&chunk->visit, &chunk->visit_room, d->visits.n, sizeof *chunk->visit, err);
    if (status != GV_OK)
        return status;
    add_up(chunk->pair_begin, tiles);
    add_up(chunk->visit_begin, tiles);
    for (size_t i = 0; i < d->pairs.n; i++)
        chunk->pair[chunk->pair_begin[d->pairs.item[i].tile + 1]++] = d->pairs.item[i].pair;
    for (size_t i = 0; i < d->visits.n; i++)
        chunk->visit[chunk->visit_begin[d->visits.item[i].tile + 1]++] =
            d->visits.item[i].pair.word;
    return GV_OK;
}

int gv_word2vec_pairs_draw(gv_word2vec_pairs_chunk *chunk, gv_word2vec_pairs_drawer *d,
                           uint64_t epoch, uint64_t number, gv_error *err)
{
    const gv_word2vec_layout *layout = d->layout;
    gv_word2vec_text_words s = {.raw = d->raw, .word = d->word};
    gv_rng rng;
    memset(chunk->pair_begin, 0, ((size_t)layout->tiles + 1) * sizeof *chunk->pair_begin);
    memset(chunk->visit_begin, 0, ((size_t)layout->tiles + 1) * sizeof *chunk->visit_begin);
    d->pairs.n = d->visits.n = 0;
    int status = gv_word2vec_text_read(&s, &d->text, epoch, number * GV_WORD2VEC_LAYOUT_CHUNK,
                                       GV_WORD2VEC_LAYOUT_CHUNK, err);
    if (status != GV_OK)
        return status;
    chunk->words = s.words;
    gv_rng_seed(&rng, d->text.config->train_seed, GV_RNG_PAIRS, epoch * layout->chunks + number);
    status = draw_all(d, &s, chunk, &rng, err);
    return status == GV_OK ? sort_by_tile(chunk, d, err) : status;
}
