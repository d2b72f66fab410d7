/* Tiles: what was packed is what a view shows, and nothing damaged passes as a tile. */
#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "store/gv_tile.h"
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

typedef struct sample {
    uint32_t row_width, column_width;
    size_t n, bytes;
    gv_tile_record *records;
    uint16_t *codes;
    uint8_t *blob;
} sample;

/* A tile of `rows` tile rows of up to `columns` records each; every `escape`-th value is
 * escaped. */
static sample make(uint32_t row_width, uint32_t column_width, size_t rows, size_t columns,
                   size_t escape, uint64_t seed)
{
    sample s = {.row_width = row_width, .column_width = column_width};
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 1);
    s.records = calloc(rows * columns, sizeof *s.records);
    s.codes = calloc(rows * columns, sizeof *s.codes);
    for (size_t r = 0; r < rows; r++) {
        uint16_t row = (uint16_t)(row_width - 1 - r);
        size_t length = r == 0 ? columns : 1 + gv_rng_below(&rng, columns);
        for (size_t i = 0; i < length; i++, s.n++) {
            s.records[s.n].row = row;
            s.records[s.n].column = (uint16_t)(column_width - 1 - i);
            s.records[s.n].value = 1 + (gv_rng_next(&rng) >> gv_rng_below(&rng, 64));
            int escaped = escape && s.n % escape == 0;
            s.codes[s.n] = escaped ? GV_TILE_ESCAPE : (uint16_t)gv_rng_below(&rng, 65535);
        }
    }
    s.blob = aligned_alloc(64, (gv_tile_bound(s.n) + 127) & ~(size_t)63);
    s.bytes =
        gv_tile_pack(s.blob, (gv_tile_shape){3, 7, column_width, 0, 0}, s.records, s.codes, s.n);
    cr_assert_leq(s.bytes, gv_tile_bound(s.n));
    cr_assert_eq(s.bytes % 8, 0);
    return s;
}

static void drop(sample *s)
{
    free(s->records);
    free(s->codes);
    free(s->blob);
}

static int view(gv_tile *tile, const sample *s, gv_error *err)
{
    return gv_tile_view(
        tile, &(gv_tile_place){s->blob, s->bytes, 0, s->row_width, s->column_width, GV_TILE_ESCAPE},
        err);
}

static void expect_same(const sample *s)
{
    gv_error err = GV_ERROR_INIT;
    gv_tile tile;
    gv_assert_ok(view(&tile, s, &err), err);
    cr_assert_eq(tile.row_segment, 3);
    cr_assert_eq(tile.column_segment, 7);
    cr_assert_eq(tile.records, s->n);
    cr_assert_eq(tile.column8 != NULL, s->column_width <= 256);
    const uint8_t *escape = tile.escape;
    size_t record = 0;
    for (uint32_t r = 0; r < tile.rows; r++) {
        for (size_t k = 0; k <= tile.row_length[r]; k++, record++) {
            const gv_tile_record *wanted = &s->records[record];
            cr_assert_eq(tile.row[r], wanted->row);
            cr_assert_eq(tile.column8 ? tile.column8[record] : tile.column16[record],
                         wanted->column);
            cr_assert_eq(tile.code[record], s->codes[record]);
            if (tile.code[record] == GV_TILE_ESCAPE) {
                uint64_t value;
                escape = gv_bytes_get_varint(escape, tile.escape + tile.escape_bytes, &value);
                cr_assert_not_null(escape);
                cr_assert_eq(value, wanted->value);
            }
        }
    }
    cr_assert_eq(record, s->n);
}

Test(tile, one_record)
{
    sample s = make(1, 1, 1, 1, 0, 1);
    expect_same(&s);
    sample escaped = make(1, 1, 1, 1, 1, 1);
    expect_same(&escaped);
    drop(&s);
    drop(&escaped);
}

Test(tile, narrow_and_wide_columns)
{
    for (uint32_t width = 255; width <= 258; width++) {
        sample s = make(64, width, 40, 20, 5, gv_test_seed() + width);
        expect_same(&s);
        drop(&s);
    }
}

Test(tile, widest_segments)
{
    sample s = make(65536, 65536, 3, 65536, 9, gv_test_seed());
    expect_same(&s);
    cr_assert_eq(s.records[0].column, 65535);
    drop(&s);
}

Test(tile, every_value_survives)
{
    sample s = make(512, 512, 200, 30, 1, gv_test_seed());
    s.records[1].value = UINT64_MAX;
    s.records[2].value = 1;
    s.bytes = gv_tile_pack(s.blob, (gv_tile_shape){3, 7, 512, 0, 0}, s.records, s.codes, s.n);
    expect_same(&s);
    drop(&s);
}

Test(tile, neighbours_in_a_blob)
{
    gv_error err = GV_ERROR_INIT;
    sample a = make(10, 300, 4, 5, 2, 1), b = make(10, 20, 3, 7, 2, 2);
    uint8_t *blob = aligned_alloc(64, (a.bytes + b.bytes + 63) & ~(size_t)63);
    memcpy(blob, a.blob, a.bytes);
    memcpy(blob + a.bytes, b.blob, b.bytes);
    gv_tile tile;
    gv_assert_ok(
        gv_tile_view(&tile,
                     &(gv_tile_place){blob, a.bytes + b.bytes, a.bytes, 10, 20, GV_TILE_ESCAPE},
                     &err),
        err);
    cr_assert_eq(tile.records, b.n);
    free(blob);
    drop(&a);
    drop(&b);
}

Test(tile, truncation_is_noticed)
{
    sample s = make(40, 300, 10, 8, 3, gv_test_seed());
    gv_error err = GV_ERROR_INIT;
    gv_tile tile;
    gv_assert_ok(view(&tile, &s, &err), err);
    size_t used = (size_t)(tile.escape + tile.escape_bytes - s.blob);
    for (size_t bytes = 0; bytes < used; bytes++)
        cr_assert_eq(
            gv_tile_view(&tile, &(gv_tile_place){s.blob, bytes, 0, 40, 300, GV_TILE_ESCAPE}, NULL),
            GV_E_CORRUPT);
    drop(&s);
}

Test(tile, bad_offsets_are_noticed)
{
    sample s = make(40, 300, 10, 8, 3, gv_test_seed());
    gv_tile tile;
    const size_t offsets[] = {1, 4, s.bytes, s.bytes + 8, SIZE_MAX - 7};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        cr_assert_eq(
            gv_tile_view(&tile,
                         &(gv_tile_place){s.blob, s.bytes, offsets[i], 40, 300, GV_TILE_ESCAPE},
                         NULL),
            GV_E_CORRUPT);
    drop(&s);
}

Test(tile, words_outside_their_segment_are_noticed)
{
    gv_tile tile;
    for (uint32_t width = 100; width <= 300; width += 200) {
        sample s = make(40, width, 10, 8, 3, gv_test_seed());
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(gv_tile_view(&tile,
                                  &(gv_tile_place){s.blob, s.bytes, 0, 39, width, GV_TILE_ESCAPE},
                                  &err),
                     GV_E_CORRUPT);
        cr_assert(strstr(err.text, "outside its segment"));
        cr_assert_eq(
            gv_tile_view(&tile, &(gv_tile_place){s.blob, s.bytes, 0, 40, width - 1, GV_TILE_ESCAPE},
                         NULL),
            GV_E_CORRUPT);
        drop(&s);
    }
}

Test(tile, wrong_counts_are_noticed)
{
    sample s = make(40, 300, 10, 8, 3, gv_test_seed());
    gv_tile tile;
    for (size_t field = 2; field < 6; field++) {
        uint32_t kept = gv_bytes_get32(s.blob + 4 * field);
        const uint32_t wrong[] = {0, kept - 1, kept + 1, UINT32_MAX};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            gv_bytes_put32(s.blob + 4 * field, wrong[i]);
            cr_assert_eq(view(&tile, &s, NULL), GV_E_CORRUPT, "field %zu = %u", field, wrong[i]);
        }
        gv_bytes_put32(s.blob + 4 * field, kept);
    }
    cr_assert_eq(view(&tile, &s, NULL), GV_OK);
    drop(&s);
}

/* Whatever a flipped byte makes of a tile, a view that passes can be walked safely. */
Test(tile, flipped_bytes_never_make_an_unsafe_view)
{
    sample s = make(40, 300, 10, 8, 3, gv_test_seed());
    for (size_t at = 0; at < s.bytes; at++) {
        for (int bit = 0; bit < 8; bit++) {
            gv_tile tile;
            s.blob[at] ^= (uint8_t)(1 << bit);
            if (view(&tile, &s, NULL) == GV_OK) {
                uint64_t records = 0;
                for (uint32_t r = 0; r < tile.rows; r++) {
                    cr_assert_lt(tile.row[r], 40);
                    records += (uint64_t)tile.row_length[r] + 1;
                }
                cr_assert_eq(records, tile.records);
                for (size_t i = 0; i < tile.records; i++)
                    cr_assert_lt(tile.column16[i], 300);
                cr_assert_leq((size_t)(tile.escape + tile.escape_bytes - s.blob), s.bytes);
            }
            s.blob[at] ^= (uint8_t)(1 << bit);
        }
    }
    drop(&s);
}
