/* Any bytes as a tile: the first four give the segment widths. A view that passes is walked. */
#include "base/gv_bytes.h"
#include "store/gv_tile.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    uint32_t row_width = 1u + data[0] + 256u * data[1],
             column_width = 1u + data[2] + 256u * data[3];
    size_t bytes = size - 4;
    uint8_t *blob = aligned_alloc(64, (bytes + 64) & ~(size_t)63);
    memcpy(blob, data + 4, bytes);
    gv_tile tile;
    if (gv_tile_view(&tile,
                     &(gv_tile_place){blob, bytes, 0, row_width, column_width, GV_TILE_ESCAPE},
                     NULL) == GV_OK) {
        const uint8_t *escape = tile.escape, *end = escape + tile.escape_bytes;
        size_t k = 0;
        for (uint32_t r = 0; r < tile.rows; r++) {
            if (tile.row[r] >= row_width)
                abort();
            for (size_t i = 0; i <= tile.row_length[r]; i++, k++) {
                uint64_t value = 1;
                if ((tile.column8 ? tile.column8[k] : tile.column16[k]) >= column_width)
                    abort();
                if (tile.code[k] == GV_TILE_ESCAPE)
                    escape = gv_bytes_get_varint(escape, end, &value);
                if (!escape || value == 0)
                    abort();
            }
        }
        if (k != tile.records || escape != end)
            abort();
    }
    free(blob);
    return 0;
}
