/*
 * The layout that the shuffle would choose for the predicted matrix: the real gv_segments_cut, on
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
static double escaped_share(const gv_config *config)
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

static int sum_tiles(tile_sums *sums, const gv_segments *segments, const float *counts,
                     const gv_plan_pairs_matrix *matrix, const gv_plan_pairs *pairs, double escapes,
                     gv_error *err)
{
    double *mean = gv_mem_alloc_zero(segments->n, sizeof *mean, err);
    if (!mean)
        return GV_E_MEMORY;
    for (uint32_t s = 0; s < segments->n; s++) {
        for (uint32_t id = segments->first[s]; id < segments->first[s + 1]; id++)
            mean[s] += counts[id];
        mean[s] /= segments->first[s + 1] - segments->first[s];
    }
    for (uint32_t a = 0; a < segments->n; a++) {
        double rows = segments->first[a + 1] - segments->first[a];
        for (uint32_t b = pairs->symmetric ? a : 0; b < segments->n; b++) {
            double columns = segments->first[b + 1] - segments->first[b];
            add_tile(sums, rows, columns, gv_plan_pairs_expected(pairs, matrix, mean[a], mean[b]),
                     pairs->symmetric && a == b ? 0.5 : 1, escapes);
        }
    }
    gv_mem_free(mean);
    return GV_OK;
}

int gv_plan_cost_tiles(gv_plan_tiles *tiles, const gv_plan_pairs_matrix *matrix,
                       const gv_plan_pairs *pairs, const gv_config *config, gv_error *err)
{
    const gv_plan_words *words = pairs->words;
    uint32_t vocab = (uint32_t)fmin(words->vocab, GV_VOCAB_MAX);
    gv_segments segments = {0};
    tile_sums sums = {0};
    double *class_mass = gv_mem_alloc(words->vocab_classes + 1, sizeof *class_mass, err);
    uint32_t *mass = gv_mem_alloc(vocab, sizeof *mass, err);
    float *counts = gv_mem_alloc(vocab, sizeof *counts, err);
    int status = class_mass && mass && counts ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        class_masses(class_mass, matrix, pairs);
        spread(mass, counts, vocab, class_mass, words);
        status = gv_segments_cut(&segments, mass, vocab, GV_STORE_GROUPS, err);
    }
    if (status == GV_OK)
        status = sum_tiles(&sums, &segments, counts, matrix, pairs, escaped_share(config), err);
    if (status == GV_OK) {
        /* the tiles describe what a cell costs; how many cells there are is known better */
        double scale = sums.cells > 0 ? matrix->cells / sums.cells : 0;
        double blocks = segments.groups * (segments.groups + 1) / 2.0;
        *tiles = (gv_plan_tiles){.segments = segments.n,
                                 .tiles = sums.tiles,
                                 .gap_bytes = sums.cells > 0 ? 1 + sums.gaps / sums.cells : 1,
                                 .blob_bytes = sums.bytes * scale + sums.tiles * DIRECTORY_ENTRY,
                                 .stream_bytes = sums.stream * scale,
                                 .largest = ceil(sums.largest * scale)};
        for (uint32_t s = 0; s < segments.n; s++) {
            uint32_t width = segments.first[s + 1] - segments.first[s];
            tiles->widest = width > tiles->widest ? width : tiles->widest;
        }
        tiles->blobs = fmax(fmin(blocks, sums.tiles), tiles->blob_bytes / BLOB);
    }
    gv_segments_free(&segments);
    gv_mem_free(class_mass);
    gv_mem_free(mass);
    gv_mem_free(counts);
    return status;
}
