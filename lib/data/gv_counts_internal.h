/* gv_counts_internal - the fixed parts of counts.bin, shared by its writer and its reader. Byte
 * layout in docs/formats.md. */
#ifndef GV_COUNTS_INTERNAL_H
#define GV_COUNTS_INTERNAL_H

#include "base/gv_hash.h"
#include <stdint.h>

#define GV_COUNTS_MAGIC       "GVCOUNTS"
#define GV_COUNTS_TAIL        "GVCNTEND"
#define GV_COUNTS_VERSION     1u
#define GV_COUNTS_SYMMETRIC   1u /* bit of the header's flags */
#define GV_COUNTS_RECIPE_MAX  (1u << 20)
#define GV_COUNTS_BLOCK_BYTES (1u << 18) /* a block ends with the row that reaches this */

enum {
    GV_COUNTS_HEAD = 56,       /* bytes of the header before the recipe */
    GV_COUNTS_CHECK = 8,       /* bytes of a checksum */
    GV_COUNTS_BLOCK_HEAD = 32, /* tag, rows, payload bytes, cells, checksum */
    GV_COUNTS_TRAILER = 64
};

#define GV_COUNTS_BLOCK_TAG 0x53574f52u /* "ROWS" */

/* Seed of the checksums of block `number`: blocks cannot change places, or files. */
static inline uint64_t gv_counts_seed(uint64_t header_check, uint64_t number)
{
    return header_check + number + 1;
}

#endif
