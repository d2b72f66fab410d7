/* The inner loops of counting: what they promise, and that all versions of them give the same. */
#include "support/gv_test.h"

#include "base/gv_rng.h"
#include "cooccur/gv_cooccur.h"
#include "cooccur/gv_cooccur_rows.h"
#include "counts/gv_counts_row.h"
#include <stdlib.h>
#include <string.h>

enum { IDS = 400, WORDS = 60 };

/* A gv_cooccur_rows_pack with its arrays; weights are 1000 + distance. */
typedef struct windows {
    uint32_t ids[GV_ROWS_LINE + 1 + IDS + 1 + GV_ROWS_LINE];
    uint32_t tag[GV_ROWS_WINDOW_MAX + 1], left[GV_ROWS_WINDOW_MAX + GV_ROWS_LINE],
        right[GV_ROWS_WINDOW_MAX + GV_ROWS_LINE];
    gv_cooccur_rows_pack pack;
} windows;

static void make_windows(windows *w, gv_rng *rng, uint32_t window, bool symmetric)
{
    uint32_t span = (window + GV_ROWS_LINE - 1) / GV_ROWS_LINE * GV_ROWS_LINE,
             *ids = w->ids + GV_ROWS_LINE + 1;
    uint64_t breaks = gv_rng_below(rng, 40);
    memset(w, 0, sizeof *w);
    for (uint32_t i = 0; i < IDS; i++)
        ids[i] = breaks && gv_rng_below(rng, breaks) == 0 ? GV_ENCODER_BREAK
                                                          : (uint32_t)gv_rng_below(rng, WORDS);
    ids[-1] = ids[IDS] = GV_ENCODER_BREAK;
    for (uint32_t k = 1; k <= window; k++)
        w->tag[k] = w->left[span - k] = w->right[k - 1] = 1000 + k;
    w->pack = (gv_cooccur_rows_pack){ids, window, span, w->tag, w->left, w->right, symmetric};
}

/* Pairs (column, tag) counted, so that the order does not matter. */
static void tally(uint32_t *seen, const gv_cooccur_rows_kernel *rows, const windows *w,
                  uint32_t base)
{
    uint32_t positions[IDS + GV_ROWS_POSITIONS_SLACK] = {0}, n = 0;
    for (uint32_t p = 0; p < IDS; p++)
        if (w->pack.ids[p] != GV_ENCODER_BREAK && p % 3 == 0)
            positions[n++] = p;
    gv_cooccur_rows_list *list = malloc(sizeof *list);
    for (size_t at = 0; at < n;) {
        size_t before = at, got = rows->pack(&w->pack, positions, &at, n, base, list);
        cr_assert_gt(at, before);
        cr_assert(at == n || got >= GV_ROWS_LIST_FULL);
        for (size_t i = 0; i < got; i++) {
            cr_assert(list->column[i] >= base && list->column[i] < WORDS);
            seen[list->column[i] * (GV_ROWS_WINDOW_MAX + 1) + list->tag[i] - 1000]++;
        }
    }
    free(list);
}

/* The same, one pair at a time. */
static void tally_slowly(uint32_t *seen, const windows *w, uint32_t base)
{
    const uint32_t *ids = w->pack.ids;
    for (ptrdiff_t p = 0; p < IDS; p += 3) {
        if (ids[p] == GV_ENCODER_BREAK)
            continue;
        for (int side = -1; side <= (w->pack.symmetric ? 1 : -1); side += 2)
            for (ptrdiff_t k = 1; k <= w->pack.window; k++) {
                uint32_t column = ids[p + side * k];
                if (column == GV_ENCODER_BREAK)
                    break;
                if (column >= base)
                    seen[column * (GV_ROWS_WINDOW_MAX + 1) + (uint32_t)k]++;
            }
    }
}

static const gv_cooccur_rows_kernel *kernel_number(unsigned i)
{
    i == 0 ? setenv("GLOVEBOX_KERNEL", "scalar", 1) : unsetenv("GLOVEBOX_KERNEL");
    const gv_cooccur_rows_kernel *rows;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_cooccur_rows_choose(&rows, &err), err);
    cr_assert(i > 0 || rows == &gv_cooccur_rows_portable);
    return rows;
}

Test(cooccur_rows, windows, .timeout = 60)
{
    static windows w;
    static const uint32_t widths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 1000};
    size_t pairs = (size_t)WORDS * (GV_ROWS_WINDOW_MAX + 1);
    uint32_t *wanted = calloc(pairs, sizeof *wanted), *seen = calloc(pairs, sizeof *seen);
    for (unsigned round = 0; round < 200; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round);
        uint32_t window = widths[round % (sizeof widths / sizeof *widths)];
        make_windows(&w, &rng, window, round % 2);
        uint32_t base = gv_rng_below(&rng, 3) ? (uint32_t)gv_rng_below(&rng, WORDS) : 0;
        memset(wanted, 0, pairs * sizeof *wanted);
        tally_slowly(wanted, &w, base);
        for (unsigned k = 0; k < 2; k++) {
            memset(seen, 0, pairs * sizeof *seen);
            tally(seen, kernel_number(k), &w, base);
            cr_assert_eq(memcmp(seen, wanted, pairs * sizeof *seen), 0, "window %u, base %u, %s",
                         window, base, kernel_number(k)->name);
        }
    }
    free(wanted);
    free(seen);
}

Test(cooccur_rows, cells_of_sums)
{
    enum { LINES = 300, SUMS = LINES * GV_ROWS_LINE, MARKS = (LINES + 63) / 64 * 64 };
    uint32_t *sums = malloc(SUMS * sizeof *sums);
    uint8_t *marks = calloc(MARKS, 1);
    gv_cooccur_rows_cells *cells = malloc(sizeof *cells);
    for (unsigned round = 0; round < 80; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round / 4);
        const gv_cooccur_rows_kernel *rows = kernel_number(round % 2);
        bool marked = round % 4 < 2;
        uint32_t first = (uint32_t)gv_rng_below(&rng, LINES), next = first * GV_ROWS_LINE;
        uint64_t sparse = 1 + gv_rng_below(&rng, round % 8 ? 200 : 2);
        size_t set = 0;
        memset(sums, 0, SUMS * sizeof *sums);
        for (uint32_t i = next; i < SUMS; i++)
            if (gv_rng_below(&rng, sparse) == 0) {
                sums[i] = i + 7;
                marks[i / GV_ROWS_LINE] = marked;
                set++;
            }
        for (uint32_t line = first; line < LINES;) {
            size_t n = rows->collect(sums, marked ? marks : NULL, &line, LINES, cells);
            for (size_t i = 0; i < n; i++, set--) {
                uint32_t column = cells->column[GV_ROWS_LINE + i];
                cr_assert_geq(column, next);
                cr_assert_eq(cells->value[i], column + 7);
                next = column + 1;
            }
        }
        cr_assert_eq(set, 0);
        for (uint32_t i = 0; i < SUMS; i++)
            cr_assert(sums[i] == 0 && marks[i / GV_ROWS_LINE] == 0);
    }
    free(sums);
    free(marks);
    free(cells);
}

Test(cooccur_rows, bytes_of_cells)
{
    gv_cooccur_rows_cells *cells = malloc(sizeof *cells);
    uint8_t *coded = malloc(GV_ROWS_CELLS_ROOM * GV_COUNTS_ROW_CELL_MAX + GV_ROWS_CODE_SLACK);
    for (unsigned round = 0; round < 400; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round / 2);
        const gv_cooccur_rows_kernel *rows = kernel_number(round % 2);
        size_t n = 1 + gv_rng_below(&rng, round < 40 ? 20 : 700);
        unsigned most = (unsigned)gv_rng_below(&rng, 23); /* bits of a gap */
        uint32_t column = UINT32_MAX;                     /* before column 0 */
        cells->column[GV_ROWS_LINE - 1] = column;
        for (size_t i = 0; i < n; i++) {
            column += 1 + (uint32_t)(gv_rng_next(&rng) >> (63 - most));
            cells->column[GV_ROWS_LINE + i] = column;
            cells->value[i] = 1 + (uint32_t)(gv_rng_next(&rng) >> (33 + gv_rng_below(&rng, 31)));
            if (i % 50 == 0)
                cells->value[i] = UINT32_MAX;
        }
        const uint8_t *from = coded, *end = rows->code(coded, cells, n);
        memset(coded + (end - coded), 0, GV_ROWS_CODE_SLACK);
        for (size_t i = 0; i < n; i++) {
            uint64_t gap, value;
            from = gv_counts_row_get(gv_counts_row_get(from, end, &gap), end, &value);
            cr_assert_not_null(from);
            cr_assert_eq(gap,
                         cells->column[GV_ROWS_LINE + i] - cells->column[GV_ROWS_LINE + i - 1] - 1);
            cr_assert_eq(value, cells->value[i]);
        }
        cr_assert_eq(from, end);
    }
    free(cells);
    free(coded);
}
