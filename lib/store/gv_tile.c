/*
 * Packing and viewing tiles.
 *
 * A tile is a header of six 32-bit numbers and five arrays, one after the other:
 *
 *   row_segment  column_segment  rows  records  escapes  escape_bytes        6 x uint32
 *   row          [rows]      uint16, counted from the segment's first word
 *   row_length   [rows]      uint16, records minus 1
 *   code         [records]   uint16
 *   column       [records]   uint8 if the column segment has at most 256 words, else uint16
 *   escape       [escape_bytes] varints
 *   zeros up to a multiple of 8
 *
 * The 16-bit arrays come first, so all are aligned whenever the tile starts at a multiple of 8, and
 * a view is five pointers. That costs 4 bytes a record (3 in narrow tiles) and 4 a tile row; coding
 * the numbers with fewer bits would save perhaps a fifth and cost the trainer a decoding pass in
 * every epoch.
 *
 * Checking a view reads every array once; the loops are branch-free so that they run at memory
 * speed, and a tile that passed needs no test in the loops that use it.
 */
#include "store/gv_tile.h"

#include "base/gv_bytes.h"
#include <endian.h>
#include <string.h>

enum {
    HEADER = 24,   /* bytes of the six numbers */
    ROW_BYTES = 4, /* of a tile row: id and length */
    CODE_BYTES = 2,
    NARROW = 256 /* words of a column segment whose local ids fit into a byte */
};

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tile views point into little-endian arrays: a big-endian build needs a decoding pass here"
#endif

static size_t padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

/* Bytes of a column's local id. */
static size_t column_bytes(uint32_t column_width)
{
    return column_width <= NARROW ? 1 : 2;
}

static int damaged(gv_error *err, size_t offset, const char *what)
{
    return gv_error_set(err, GV_E_CORRUPT, "the tile at byte %zu is damaged (%s)", offset, what);
}

static const uint16_t *array16(const uint8_t *at)
{
    /* aligned by construction: see the layout above */
    return (const uint16_t *)(const void *)at;
}

static uint32_t largest16(const uint16_t *numbers, size_t n)
{
    uint16_t largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = numbers[i] > largest ? numbers[i] : largest;
    return largest;
}

static uint32_t largest8(const uint8_t *numbers, size_t n)
{
    uint8_t largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = numbers[i] > largest ? numbers[i] : largest;
    return largest;
}

/* Is every code one of the table's, or the escape? */
static int codes_are_known(const gv_tile *tile, uint32_t codes)
{
    size_t unknown = 0;
    for (size_t i = 0; i < tile->records; i++)
        unknown += (tile->code[i] >= codes) & (tile->code[i] != GV_TILE_ESCAPE);
    return unknown == 0;
}

/* Whoever goes through the records reads one varint for each escape code, so their numbers must
 * agree, or the reading would leave the tile. */
static int escapes_agree(const gv_tile *tile)
{
    size_t marked = 0;
    for (size_t i = 0; i < tile->records; i++)
        marked += tile->code[i] == GV_TILE_ESCAPE;
    if (marked != tile->escapes)
        return 0;
    const uint8_t *at = tile->escape, *end = at + tile->escape_bytes;
    for (uint32_t i = 0; i < tile->escapes; i++) {
        uint64_t value;
        if (!(at = gv_bytes_get_varint(at, end, &value)) || value == 0)
            return 0;
    }
    return at == end;
}

/* The loops below have no early exit, so that the compiler can vectorise them: a damaged tile is
 * rare, a whole one is read in every epoch. */
static int check_arrays(const gv_tile *tile, const gv_tile_place *place, gv_error *err)
{
    uint64_t total = 0;
    for (size_t i = 0; i < tile->rows; i++)
        total += (uint64_t)tile->row_length[i] + 1;
    if (total != tile->records)
        return damaged(err, place->offset, "its row lengths do not add up to its records");
    uint32_t column = tile->column8 ? largest8(tile->column8, tile->records)
                                    : largest16(tile->column16, tile->records);
    if (largest16(tile->row, tile->rows) >= place->row_width || column >= place->column_width)
        return damaged(err, place->offset, "a word is outside its segment");
    if (!codes_are_known(tile, place->codes))
        return damaged(err, place->offset, "it has an unknown value code");
    if (!escapes_agree(tile))
        return damaged(err, place->offset, "its escaped values do not match its codes");
    return GV_OK;
}

int gv_tile_view(gv_tile *tile, const gv_tile_place *place, gv_error *err)
{
    /* wraps if the offset is behind the blob, which the next line refuses first */
    size_t left = place->bytes - place->offset;
    if (place->offset % 8 != 0 || place->offset > place->bytes || left < HEADER)
        return damaged(err, place->offset, "its header is outside the blob");
    const uint8_t *at = place->blob + place->offset;
    *tile = (gv_tile){.row_segment = gv_bytes_get32(at),
                      .column_segment = gv_bytes_get32(at + 4),
                      .rows = gv_bytes_get32(at + 8),
                      .records = gv_bytes_get32(at + 12),
                      .escapes = gv_bytes_get32(at + 16),
                      .escape_bytes = gv_bytes_get32(at + 20)};
    size_t column_size = column_bytes(place->column_width);
    /* 32-bit numbers from the file: each term is below 2^35, so the sum does not overflow */
    uint64_t need = HEADER + (uint64_t)tile->rows * ROW_BYTES +
                    (uint64_t)tile->records * (CODE_BYTES + column_size) + tile->escape_bytes;
    if (need > left)
        return damaged(err, place->offset, "it is longer than the rest of the blob");
    if (tile->records == 0)
        return damaged(err, place->offset, "it holds no records");
    tile->row = array16(at + HEADER);
    tile->row_length = tile->row + tile->rows;
    tile->code = tile->row_length + tile->rows;
    const uint8_t *column = (const uint8_t *)(tile->code + tile->records);
    if (column_size == 1)
        tile->column8 = column;
    else
        tile->column16 = array16(column);
    tile->escape = column + column_size * tile->records;
    return check_arrays(tile, place, err);
}

size_t gv_tile_bytes(size_t rows, size_t records, uint32_t column_width, size_t escape_bytes)
{
    return padded(HEADER + ROW_BYTES * rows + (CODE_BYTES + column_bytes(column_width)) * records +
                  escape_bytes);
}

void gv_tile_begin(gv_tile_writer *writer, uint8_t *to, const gv_tile_shape *shape)
{
    gv_bytes_put32(to, shape->row_segment);
    gv_bytes_put32(to + 4, shape->column_segment);
    gv_bytes_put32(to + 8, shape->rows);
    gv_bytes_put32(to + 12, shape->records);
    *writer = (gv_tile_writer){.start = to, .row = (uint16_t *)(void *)(to + HEADER)};
    writer->row_length = writer->row + shape->rows;
    writer->code = writer->row_length + shape->rows;
    uint8_t *column = (uint8_t *)(writer->code + shape->records);
    size_t column_size = column_bytes(shape->column_width);
    if (column_size == 1)
        writer->column8 = column;
    else
        writer->column16 = (uint16_t *)(void *)column;
    writer->escape = writer->escape_begin = column + column_size * shape->records;
}

size_t gv_tile_end(gv_tile_writer *writer)
{
    gv_bytes_put32(writer->start + 16, writer->escapes);
    gv_bytes_put32(writer->start + 20, (uint32_t)(writer->escape - writer->escape_begin));
    size_t bytes = (size_t)(writer->escape - writer->start);
    /* zeros, not what was in the buffer: the bytes of a store depend on its content only */
    memset(writer->escape, 0, padded(bytes) - bytes);
    return padded(bytes);
}

size_t gv_tile_bound(size_t records)
{
    /* at worst every record is a tile row of its own, with a wide column, and escaped */
    return padded(HEADER + records * (ROW_BYTES + CODE_BYTES + 2 + GV_VARINT_MAX));
}

static void pack_record(gv_tile_writer *writer, size_t i, const gv_tile_record *record,
                        uint16_t code)
{
    writer->code[i] = code;
    if (writer->column8)
        writer->column8[i] = (uint8_t)record->column;
    else /* one of both is set. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
        writer->column16[i] = record->column;
    if (code == GV_TILE_ESCAPE) {
        writer->escape = gv_bytes_put_varint(writer->escape, record->value);
        writer->escapes++;
    }
}

size_t gv_tile_pack(uint8_t *to, gv_tile_shape shape, const gv_tile_record *records,
                    const uint16_t *codes, size_t n)
{
    shape.rows = 1;
    shape.records = (uint32_t)n;
    for (size_t i = 1; i < n; i++)
        shape.rows += records[i].row != records[i - 1].row;
    gv_tile_writer writer;
    gv_tile_begin(&writer, to, &shape);
    /* a tile row has at most 65536 records, one for each column of a segment, so the length minus 1
     * fits into 16 bits */
    for (size_t i = 0, r = 0; i < n; r++) {
        size_t begin = i;
        for (; i < n && records[i].row == records[begin].row; i++)
            pack_record(&writer, i, &records[i], codes[i]);
        writer.row[r] = records[begin].row;
        writer.row_length[r] = (uint16_t)(i - begin - 1);
    }
    return gv_tile_end(&writer);
}
