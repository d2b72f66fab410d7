/*
 * The layout that the shuffle would choose for the estimated matrix: the real gv_segments_cut, on
 * the expected number of records in the row of each word. Within a segment words are about equally
 * frequent, so a tile is described by the mean frequencies of its two segments.
 */
#include "plan/gv_plan_internal.h"

#include "base/gv_mem.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"
#include <math.h>

enum { TILE_HEAD = 24, TILE_PADDING = 4, DIRECTORY_ENTRY = 16, NARROW = 256, BLOB = 1 << 20 };

static const double ESCAPE_BYTES = 3.2; /* of a value that has no code */

/* Share of the cells whose value is not among the 65,535 most frequent ones. The wider the window,
 * the more values there are; measured on text with harmonic weights: none up to 7 words, 0.045 at
 * 15, 0.15 at 30. Sums of small whole numbers are few. */
double gv_plan_cost_escaped_share(const gv_config *config)
{
    if (config->cooccur_weighting == GV_WEIGHTING_FLAT ||
        config->cooccur_weighting == GV_WEIGHTING_DYNAMIC)
        return 0;
    return fmin(fmax(0.007 * (config->cooccur_window - 8.5), 0), 0.25);
}

/* Expected records in the row of a word of each class. */
static void class_masses(double *mass, const gv_plan_pairs_matrix *matrix,
                         const gv_plan_pairs *pairs)
{
    const gv_plan_words *words = pairs->words;
    for (uint32_t a = 0; a < words->vocab_classes; a++) {
        mass[a] = 0;
        for (uint32_t b = 0; b < words->vocab_classes; b++)
            mass[a] += words->class[b].words *
                       -expm1(-gv_plan_pairs_expected(pairs, matrix, words->class[a].count,
                                                      words->class[b].count));
    }
}

/* mass[id] and counts[id] for every word of the vocabulary. */
static void spread(uint32_t *mass, float *counts, uint32_t vocab, const double *class_mass,
                   const gv_plan_words *words)
{
    uint32_t id = 0;
    double end = 0;
    for (uint32_t a = 0; a < words->vocab_classes; a++) {
        end += words->class[a].words;
        for (; id < vocab && id < end; id++) {
            mass[id] = (uint32_t)fmin(class_mass[a] + 0.5, UINT32_MAX);
            counts[id] = (float)words->class[a].count;
        }
    }
    for (; id < vocab; id++) {
        mass[id] = 0;
        counts[id] = 0;
    }
}

typedef struct tile_sums {
    double cells, runs, gaps, tiles, bytes, stream;
    double largest; /* cells of a tile */
} tile_sums;

/* One tile of `rows` x `columns` words that meet `m` times each. */
static void add_tile(tile_sums *sums, double rows, double columns, double m, double part,
                     double escapes)
{
    double there = -expm1(-m), cells = rows * columns * there * part;
    double runs = rows * -expm1(-columns * part * m);
    double some = -expm1(-cells), gone = 1 - there;
    double escaped = cells * escapes * ESCAPE_BYTES;
    sums->cells += cells;
    sums->largest = fmax(sums->largest, cells);
    sums->runs += runs;
    sums->tiles += some;
    sums->gaps += cells * (pow(gone, 128) + pow(gone, 16384));
    sums->bytes += some * (TILE_HEAD + TILE_PADDING) + runs * 4 +
                   cells * (columns <= NARROW ? 3 : 4) + escaped;
    sums->stream += runs * 4 + cells * 4 + escaped;
}

/* The matrix in segments. */
typedef struct layout {
    const gv_plan_pairs_matrix *matrix;
    const gv_plan_pairs *pairs;
    uint32_t vocab;
    double *class_mass; /* [classes] expected records in the row of a word */
    uint32_t *mass;     /* [vocab] the same for each word */
    float *counts;      /* [vocab] */
    gv_segments segments;
    double *mean; /* [segments] count of a word */
} layout;

static void free_layout(layout *l)
{
    gv_segments_free(&l->segments);
    gv_mem_free(l->class_mass);
    gv_mem_free(l->mass);
    gv_mem_free(l->counts);
    gv_mem_free(l->mean);
}

static uint32_t width(const gv_segments *segments, uint32_t segment)
{
    return segments->first[segment + 1] - segments->first[segment];
}

/* Free with free_layout, also after failure. */
static int make_layout(layout *l, gv_error *err)
{
    const gv_plan_words *words = l->pairs->words;
    l->vocab = (uint32_t)fmin(words->vocab, GV_VOCAB_MAX);
    if (!(l->class_mass = gv_mem_alloc(words->vocab_classes + 1, sizeof *l->class_mass, err)) ||
        !(l->mass = gv_mem_alloc(l->vocab, sizeof *l->mass, err)) ||
        !(l->counts = gv_mem_alloc(l->vocab, sizeof *l->counts, err)))
        return GV_E_MEMORY;
    class_masses(l->class_mass, l->matrix, l->pairs);
    spread(l->mass, l->counts, l->vocab, l->class_mass, words);
    int status = gv_segments_cut(&l->segments, l->mass, l->vocab, err);
    if (status != GV_OK)
        return status;
    const gv_segments *segments = &l->segments;
    if (!(l->mean = gv_mem_alloc_zero(segments->n, sizeof *l->mean, err)))
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < segments->n; s++) {
        for (uint32_t id = segments->first[s]; id < segments->first[s + 1]; id++)
            l->mean[s] += l->counts[id];
        l->mean[s] /= width(segments, s);
    }
    return GV_OK;
}

static tile_sums sum_tiles(const layout *l, double escapes)
{
    tile_sums sums = {0};
    bool symmetric = l->pairs->symmetric;
    for (uint32_t a = 0; a < l->segments.n; a++)
        for (uint32_t b = symmetric ? a : 0; b < l->segments.n; b++)
            add_tile(&sums, width(&l->segments, a), width(&l->segments, b),
                     gv_plan_pairs_expected(l->pairs, l->matrix, l->mean[a], l->mean[b]),
                     symmetric && a == b ? 0.5 : 1, escapes);
    return sums;
}

static gv_plan_tiles describe(const layout *l, const tile_sums *sums)
{
    const gv_segments *segments = &l->segments;
    /* the tiles describe what a cell costs; how many cells there are is known better */
    double scale = sums->cells > 0 ? l->matrix->cells / sums->cells : 0;
    double blocks = segments->groups * (segments->groups + 1) / 2.0;
    gv_plan_tiles tiles = {.segments = segments->n,
                           .groups = segments->groups,
                           .tiles = sums->tiles,
                           .gap_bytes = sums->cells > 0 ? 1 + sums->gaps / sums->cells : 1,
                           .blob_bytes = sums->bytes * scale + sums->tiles * DIRECTORY_ENTRY,
                           .runs = sums->runs * scale,
                           .stream_bytes = sums->stream * scale,
                           .largest = ceil(sums->largest * scale)};
    tiles.blobs = fmax(fmin(blocks, sums->tiles), tiles.blob_bytes / BLOB);
    for (uint32_t s = 0; s < segments->n; s++)
        if (width(segments, s) > tiles.widest)
            tiles.widest = width(segments, s);
    return tiles;
}

int gv_plan_cost_tiles(gv_plan_tiles *tiles, const gv_plan_pairs_matrix *matrix,
                       const gv_plan_pairs *pairs, const gv_config *config, gv_error *err)
{
    layout l = {.matrix = matrix, .pairs = pairs};
    int status = make_layout(&l, err);
    if (status == GV_OK) {
        tile_sums sums = sum_tiles(&l, gv_plan_cost_escaped_share(config));
        *tiles = describe(&l, &sums);
    }
    free_layout(&l);
    return status;
}
