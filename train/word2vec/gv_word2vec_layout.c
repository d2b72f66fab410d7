/*
 * The weights of a word are the pairs that it is expected to have, as a word and as a context, and
 * its share of the noise. Segments of equal weight give tiles of about equal work; the most
 * frequent words have a segment each or share it with few, so their rows stay in the nearest cache.
 */
#include "train/word2vec/gv_word2vec_layout.h"

#include "base/gv_mem.h"

/* Pairs of a stretch's tile, on average, at least; else there are fewer segments. */
enum { TILE_PAIRS = 256 };

static const double noise_part = 0.3;        /* of a segment's work, roughly */
static const double whole_mass = 1073741824; /* 2^30: what the weights of all words add up to */

/* --- the text --------------------------------------------------------------------------------- */

static void cut_text(gv_word2vec_layout *layout, const gv_word2vec_text *text)
{
    uint64_t count = gv_ids_about(text->ids)->count;
    uint64_t most = GV_WORD2VEC_LAYOUT_STRETCH;
    layout->chunks = (count + GV_WORD2VEC_LAYOUT_CHUNK - 1) / GV_WORD2VEC_LAYOUT_CHUNK;
    layout->stretches = (layout->chunks + most - 1) / most;
    /* all about equally long */
    layout->stretch_chunks = (layout->chunks + layout->stretches - 1) / layout->stretches;
    layout->stretches = (layout->chunks + layout->stretch_chunks - 1) / layout->stretch_chunks;
}

uint64_t gv_word2vec_layout_first_chunk(const gv_word2vec_layout *layout, uint64_t stretch)
{
    uint64_t first = stretch * layout->stretch_chunks;
    return first < layout->chunks ? first : layout->chunks;
}

/* --- the vocabulary --------------------------------------------------------------------------- */

/* Of each word the tokens that are expected to be kept in an epoch; returns their sum. */
static double expect_kept(double *kept, const gv_word2vec_text *text, const gv_vocab *vocab)
{
    double sum = 0;
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++) {
        double count = (double)gv_vocab_count(vocab, id);
        kept[id] = text->threshold ? count * ((double)text->threshold[id] / 0x1p64) : count;
        sum += kept[id];
    }
    return sum;
}

static uint32_t parts_for(const gv_word2vec_layout *layout, const gv_word2vec_text *text,
                          double kept)
{
    double pairs = kept * (text->config->train_window + 1.0) / (double)layout->stretches;
    uint32_t parts = 1;
    while (parts < GV_WORD2VEC_LAYOUT_SEGMENTS &&
           (parts + 1.0) * (parts + 1.0) * TILE_PAIRS <= pairs)
        parts++;
    return parts;
}

/* The largest weight in each segment, as a share of the segment's. */
static int find_tops(double **tops, const gv_word2vec_layout *layout, const double *weight,
                     gv_error *err)
{
    const uint32_t *first = layout->segments.first;
    double *top = *tops = gv_mem_alloc_zero(layout->segments.n, sizeof *top, err);
    if (!top)
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < layout->segments.n; s++) {
        double sum = 0;
        for (uint32_t id = first[s]; id < first[s + 1]; id++) {
            sum += weight[id];
            top[s] = weight[id] > top[s] ? weight[id] : top[s];
        }
        top[s] = sum > 0 ? top[s] / sum : 1;
    }
    return GV_OK;
}

static int cut_vocabulary(gv_word2vec_layout *layout, const gv_word2vec_text *text,
                          const gv_vocab *vocab, const double *noise, gv_error *err)
{
    uint32_t words = gv_vocab_size(vocab);
    double *kept = gv_mem_alloc(words, sizeof *kept, err);
    uint32_t *mass = gv_mem_alloc(words, sizeof *mass, err);
    int status = kept && mass ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        double kept_sum = expect_kept(kept, text, vocab), noise_sum = 0;
        for (uint32_t id = 0; id < words; id++)
            noise_sum += noise[id];
        for (uint32_t id = 0; id < words; id++) {
            double share = kept_sum > 0 ? (1 - noise_part) * kept[id] / kept_sum : 0;
            share += noise_sum > 0 ? noise_part * noise[id] / noise_sum : 0;
            mass[id] = (uint32_t)(share * whole_mass);
        }
        const gv_segments_rule rule = {.parts = parts_for(layout, text, kept_sum),
                                       .parts_max = 1,
                                       .words = GV_SEGMENTS_MAX_WORDS,
                                       .many = GV_SEGMENTS_MAX,
                                       .groups = GV_WORD2VEC_LAYOUT_GROUPS};
        status = gv_segments_cut_by(&layout->segments, &rule, mass, words, err);
    }
    if (status == GV_OK)
        status = find_tops(&layout->top, layout, kept, err);
    if (status == GV_OK)
        status = find_tops(&layout->noise_top, layout, noise, err);
    gv_mem_free(kept);
    gv_mem_free(mass);
    return status;
}

static int make_codes(gv_word2vec_layout *layout, uint32_t words, gv_error *err)
{
    const uint32_t *first = layout->segments.first;
    if (!(layout->code = gv_mem_alloc(words, sizeof *layout->code, err)))
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < layout->segments.n; s++)
        for (uint32_t id = first[s]; id < first[s + 1]; id++)
            layout->code[id] = s << 16 | (id - first[s]);
    return GV_OK;
}

/* --- noise ------------------------------------------------------------------------------------ */

static int make_noise(gv_word2vec_layout *layout, const double *weight, uint32_t words,
                      gv_error *err)
{
    const uint32_t *first = layout->segments.first;
    uint32_t segments = layout->segments.n;
    double *sum = gv_mem_alloc_zero(segments, sizeof *sum, err);
    layout->slots = gv_mem_alloc(words, sizeof *layout->slots, err);
    layout->segment_noise.slots = gv_mem_alloc(segments, sizeof *layout->segment_noise.slots, err);
    layout->segment_noise.words = segments;
    int status = sum && layout->slots && layout->segment_noise.slots ? GV_OK : GV_E_MEMORY;
    for (uint32_t s = 0; s < segments && status == GV_OK; s++) {
        for (uint32_t id = first[s]; id < first[s + 1]; id++)
            sum[s] += weight[id];
        status = gv_noise_fill(layout->slots + first[s], weight + first[s], first[s + 1] - first[s],
                               err);
    }
    if (status == GV_OK)
        status = gv_noise_fill(layout->segment_noise.slots, sum, segments, err);
    gv_mem_free(sum);
    return status;
}

/* --- tiles ------------------------------------------------------------------------------------ */

static int make_tiles(gv_word2vec_layout *layout, uint32_t words, gv_error *err)
{
    uint32_t n = layout->segments.n;
    layout->tiles = n * n;
    if (!(layout->tile = gv_mem_alloc_zero(layout->tiles, sizeof *layout->tile, err)))
        return GV_E_MEMORY;
    for (uint32_t t = 0; t < layout->tiles; t++)
        layout->tile[t] =
            (gv_store_tile){.row_segment = t / n, .column_segment = t % n, .records = 1};
    layout->info = (gv_store_info){.vocab_size = words,
                                   .segments = n,
                                   .segment_first = layout->segments.first,
                                   .groups = layout->segments.groups,
                                   .segment_group = layout->segments.group,
                                   .tiles = layout->tiles};
    return GV_OK;
}

/* What all of this depends on but the config: the text and the counts of its words. */
static int name_content(gv_word2vec_layout *layout, const gv_word2vec_text *text,
                        const gv_vocab *vocab, gv_error *err)
{
    const gv_ids_info *ids = gv_ids_about(text->ids);
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    gv_hash_state_update(hasher, &ids->content, sizeof ids->content);
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++) {
        uint64_t count = gv_vocab_count(vocab, id);
        gv_hash_state_update(hasher, &count, sizeof count);
    }
    gv_hash_hex(gv_hash_state_digest(hasher), layout->info.content_hash);
    gv_hash_state_free(hasher);
    return GV_OK;
}

int gv_word2vec_layout_make(gv_word2vec_layout *layout, const gv_word2vec_text *text,
                            const gv_vocab *vocab, gv_error *err)
{
    uint32_t words = gv_vocab_size(vocab);
    double *weight = gv_mem_alloc(words, sizeof *weight, err);
    *layout = (gv_word2vec_layout){0};
    int status = weight ? GV_OK : GV_E_MEMORY;
    cut_text(layout, text);
    if (status == GV_OK) {
        gv_noise_weights(weight, vocab, GV_NOISE_POWER);
        status = cut_vocabulary(layout, text, vocab, weight, err);
    }
    if (status == GV_OK)
        status = make_codes(layout, words, err);
    if (status == GV_OK)
        status = make_noise(layout, weight, words, err);
    if (status == GV_OK)
        status = make_tiles(layout, words, err);
    if (status == GV_OK)
        status = name_content(layout, text, vocab, err);
    gv_mem_free(weight);
    return status;
}

void gv_word2vec_layout_clear(gv_word2vec_layout *layout)
{
    gv_segments_free(&layout->segments);
    gv_noise_clear(&layout->segment_noise);
    gv_mem_free(layout->slots);
    gv_mem_free(layout->code);
    gv_mem_free(layout->top);
    gv_mem_free(layout->noise_top);
    gv_mem_free(layout->tile);
    *layout = (gv_word2vec_layout){0};
}
