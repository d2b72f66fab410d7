/* The portable inner loops of counting, and the choice between them and others. */
#include "cooccur/gv_cooccur_rows.h"

#include "cooccur/gv_cooccur.h"
#include "counts/gv_counts_row.h"
#include "kernel/gv_kernel.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Neighbours of one side with column >= `base`, up to the end of the document. `step` is +1 or -1.
 * Pointers and window come one by one: they are known not to change by what is written. */
INLINE size_t pack_side(uint32_t *restrict columns, uint32_t *restrict tags, size_t n,
                        const uint32_t *restrict at, ptrdiff_t step, const uint32_t *restrict tag,
                        uint32_t window, uint32_t base)
{
    for (uint32_t k = 1; k <= window; k++) {
        at += step;
        uint32_t column = *at;
        if (column == GV_ENCODER_BREAK)
            break;
        columns[n] = column;
        tags[n] = tag[k];
        n += column >= base; /* no branch: it would be unpredictable */
    }
    return n;
}

static size_t pack_portable(const gv_cooccur_rows_pack *pack, const uint32_t *positions, size_t *at,
                            size_t end, uint32_t base, gv_cooccur_rows_list *list)
{
    const gv_cooccur_rows_pack p = *pack;
    size_t n = 0, i = *at;
    for (; i < end && n < GV_ROWS_LIST_FULL; i++) {
        const uint32_t *here = p.ids + positions[i];
        gv_cooccur_rows_prefetch(&p, positions, i);
        n = pack_side(list->column, list->tag, n, here, -1, p.tag, p.window, base);
        if (p.symmetric)
            n = pack_side(list->column, list->tag, n, here, 1, p.tag, p.window, base);
    }
    *at = i;
    return n;
}

static inline size_t collect_line(uint32_t *sums, uint32_t line, gv_cooccur_rows_cells *cells,
                                  size_t n)
{
    for (uint32_t i = 0; i < GV_ROWS_LINE; i++) {
        uint32_t column = line * GV_ROWS_LINE + i, value = sums[column];
        cells->column[GV_ROWS_LINE + n] = column;
        cells->value[n] = value;
        n += value != 0;
        sums[column] = 0;
    }
    return n;
}

static size_t collect_portable(uint32_t *sums, uint8_t *marks, uint32_t *line, uint32_t lines,
                               gv_cooccur_rows_cells *cells)
{
    size_t n = 0;
    uint32_t l = *line;
    for (; l < lines && n <= GV_ROWS_CELLS_ROOM - 64 * GV_ROWS_LINE; l++) {
        /* eight marks at a time: most lines of a rare word's row are empty */
        if (marks && l % 8 == 0 && l + 8 <= lines && gv_bytes_get64(marks + l) == 0) {
            l += 7;
            continue;
        }
        if (!marks || marks[l])
            n = collect_line(sums, l, cells, n);
        if (marks)
            marks[l] = 0;
    }
    *line = l;
    return n;
}

static uint8_t *code_portable(uint8_t *to, const gv_cooccur_rows_cells *cells, size_t n)
{
    const uint32_t *column = cells->column + GV_ROWS_LINE;
    for (size_t i = 0; i < n; i++) {
        uint32_t gap = column[i] - column[(ptrdiff_t)i - 1] - 1;
        to = gv_counts_row_put(to, gap);
        to = gv_counts_row_put(to, cells->value[i]);
    }
    return to;
}

INLINE const uint8_t *add_cells(gv_cooccur_rows_adder *adder, const uint8_t *from,
                                const uint8_t *last, bool grouped)
{
    gv_cooccur_rows_adder a = *adder;
    while (a.left > 0 && from <= last) {
        uint64_t gap, value;
        const uint8_t *second = gv_counts_row_get(from, last + 8, &gap), *end;
        if (!second || second > last || !(end = gv_counts_row_get(second, last + 8, &value)) ||
            !gv_cooccur_rows_add_cell(&a, gap, value, grouped))
            break;
        from = end;
    }
    *adder = a;
    return from;
}

static const uint8_t *add_portable(gv_cooccur_rows_adder *adder, const uint8_t *from,
                                   const uint8_t *last)
{
    return adder->groups ? add_cells(adder, from, last, true) : add_cells(adder, from, last, false);
}

const gv_cooccur_rows_kernel gv_cooccur_rows_portable = {
    "portable", pack_portable, collect_portable, code_portable, add_portable};

#if defined(__x86_64__)
/* What gv_cooccur_rows_avx512 needs beyond gv_kernel_avx512 and can be asked for; every processor
 * with this has lzcnt and popcnt. */
static bool bytes_can_move(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi2");
}
#else
static bool bytes_can_move(void)
{
    return false;
}
#endif

int gv_cooccur_rows_choose(const gv_cooccur_rows_kernel **rows, gv_error *err)
{
    const gv_kernel *kernel;
    *rows = &gv_cooccur_rows_portable;
    int status = gv_kernel_choose(&kernel, err);
    if (status == GV_OK && gv_cooccur_rows_avx512 && strcmp(kernel->name, "avx512") == 0 &&
        bytes_can_move())
        *rows = gv_cooccur_rows_avx512;
    return status;
}
