#include "scaled_tiles.h"

#include "base/gv_mem.h"
#include <math.h>
#include <string.h>

/* What a pair of segments holds. */
typedef struct tally {
    float records, rows;
} tally;

/* A word of the matrix as it is: its copies, and the segments that hold them. */
typedef struct spread {
    uint32_t first, copies;     /* ids in the larger vocabulary */
    uint32_t segment, segments; /* the first one, and how many */
} spread;

typedef struct scaling {
    bench_tiles *l;
    const scaled_tiles_plan *plan;
    spread *word;   /* [of the matrix] */
    tally *tallies; /* [segments x segments] */
    uint32_t *seen; /* [of the matrix] row segment, plus one, in which it was a column last */
} scaling;

static uint32_t first_copy(double words, uint32_t word)
{
    return (uint32_t)floor(words * word);
}

/* The larger vocabulary, cut. */
static int cut(scaling *s, const uint32_t *mass, uint32_t vocab_size, gv_error *err)
{
    uint32_t size = first_copy(s->plan->words, vocab_size);
    uint32_t *larger = gv_mem_alloc(size, sizeof *larger, err);
    if (!larger)
        return GV_E_MEMORY;
    for (uint32_t word = 0; word < vocab_size; word++) {
        uint32_t first = first_copy(s->plan->words, word);
        uint32_t copies = first_copy(s->plan->words, word + 1) - first;
        s->word[word] = (spread){.first = first, .copies = copies};
        double each = s->plan->records * mass[word] / copies;
        for (uint32_t i = 0; i < copies; i++)
            larger[first + i] = each < UINT32_MAX ? (uint32_t)each : UINT32_MAX;
    }
    gv_segments *segments = &s->l->segments;
    int status = s->plan->rule ? gv_segments_cut_by(segments, s->plan->rule, larger, size, err)
                               : gv_segments_cut(segments, larger, size, err);
    gv_mem_free(larger);
    if (status == GV_OK && segments->n > BENCH_TILES_MAX_SEGMENTS)
        status = gv_error_set(err, GV_E_USAGE, "%u segments: more than %d are not simulated",
                              segments->n, BENCH_TILES_MAX_SEGMENTS);
    s->l->info.vocab_size = size;
    return status;
}

static void find_segments(scaling *s, uint32_t vocab_size)
{
    const gv_segments *segments = &s->l->segments;
    for (uint32_t word = 0; word < vocab_size; word++) {
        spread *w = &s->word[word];
        w->segment = gv_segments_find(segments->first, segments->n, w->first);
        w->segments = gv_segments_find(segments->first, segments->n, w->first + w->copies - 1) -
                      w->segment + 1;
    }
}

/* Copies of a word in a segment. */
static float copies_in(const scaling *s, const spread *w, uint32_t segment)
{
    const uint32_t *first = s->l->segments.first;
    uint32_t begin = w->first > first[segment] ? w->first : first[segment];
    uint32_t end =
        w->first + w->copies < first[segment + 1] ? w->first + w->copies : first[segment + 1];
    return (float)(end - begin);
}

/* The part of a row that is in one segment. */
static void tally_part(scaling *s, uint32_t row, uint32_t segment, const gv_counts_cell *cells,
                       size_t n)
{
    const spread *r = &s->word[row];
    tally *of_row = s->tallies + (size_t)segment * s->l->segments.n;
    float rows = copies_in(s, r, segment);
    float share = (float)s->plan->records * rows / (float)r->copies;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        const spread *c = &s->word[cells[i].column];
        uint32_t *seen = &s->seen[cells[i].column];
        for (uint32_t to = c->segment; to < c->segment + c->segments; to++) {
            float columns = copies_in(s, c, to);
            of_row[to].records += share * columns / (float)c->copies;
            of_row[to].rows += (to != last ? rows : 0) + (*seen != segment + 1 ? columns : 0);
            last = to;
        }
        *seen = segment + 1;
    }
}

static int tally_all(scaling *s, gv_counts *counts, gv_error *err)
{
    const gv_counts_cell *cells;
    uint32_t row;
    size_t n;
    int status = gv_counts_rewind(counts, err);
    while (status == GV_OK &&
           (status = gv_counts_next_row(counts, &row, &cells, &n, err)) == GV_OK && n > 0)
        for (uint32_t i = 0; i < s->word[row].segments; i++)
            tally_part(s, row, s->word[row].segment + i, cells, n);
    return status;
}

/* Cells of the upper half may be in tiles below the diagonal, where copies of a word are: these
 * are stored on the other side. */
static void fold(scaling *s)
{
    size_t n = s->l->segments.n;
    for (size_t i = 0; i < n && s->l->info.symmetric; i++)
        for (size_t j = 0; j < i; j++) {
            tally *below = &s->tallies[i * n + j], *above = &s->tallies[j * n + i];
            above->records += below->records;
            above->rows = above->rows > below->rows ? above->rows : below->rows;
            *below = (tally){0};
        }
}

static int list_tiles(scaling *s, gv_error *err)
{
    bench_tiles *l = s->l;
    size_t n = l->segments.n, tiles = 0;
    for (size_t i = 0; i < n * n; i++)
        tiles += s->tallies[i].records > 0;
    if (!(l->tiles = gv_mem_alloc_zero(tiles, sizeof *l->tiles, err)) ||
        !(l->rows = gv_mem_alloc(tiles, sizeof *l->rows, err)))
        return GV_E_MEMORY;
    for (size_t i = 0; i < n * n; i++) {
        if (s->tallies[i].records <= 0)
            continue;
        double records = ceil((double)s->tallies[i].records);
        l->tiles[l->info.tiles].row_segment = (uint32_t)(i / n);
        l->tiles[l->info.tiles].column_segment = (uint32_t)(i % n);
        l->tiles[l->info.tiles].records = (uint32_t)fmin(records, UINT32_MAX);
        l->rows[l->info.tiles++] = (uint32_t)s->tallies[i].rows;
    }
    return GV_OK;
}

int scaled_tiles_make(bench_tiles *l, gv_counts *counts, const uint32_t *mass,
                      const scaled_tiles_plan *plan, gv_error *err)
{
    const gv_counts_info *about = gv_counts_about(counts);
    scaling s = {.l = l, .plan = plan};
    *l = (bench_tiles){.info = {.symmetric = about->symmetric}};
    l->info.records = (uint64_t)(plan->records * (double)about->records);
    s.word = gv_mem_alloc_zero(about->vocab_size, sizeof *s.word, err);
    s.seen = gv_mem_alloc_zero(about->vocab_size, sizeof *s.seen, err);
    int status = s.word && s.seen ? cut(&s, mass, about->vocab_size, err) : GV_E_MEMORY;
    size_t bytes = (size_t)l->segments.n * l->segments.n * sizeof *s.tallies;
    if (status == GV_OK && !(s.tallies = gv_mem_big_alloc(bytes, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK) {
        find_segments(&s, about->vocab_size);
        status = tally_all(&s, counts, err);
    }
    if (status == GV_OK) {
        fold(&s);
        status = list_tiles(&s, err);
    }
    if (s.tallies)
        gv_mem_big_free(s.tallies, bytes);
    gv_mem_free(s.word);
    gv_mem_free(s.seen);
    bench_tiles_describe(l);
    if (status != GV_OK)
        bench_tiles_drop(l);
    return status;
}
