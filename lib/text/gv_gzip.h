/*
 * gv_gzip - is what libarchive unpacked what the gzip file says?
 *
 * libarchive (3.6) checks neither the CRC nor the length at the end of a gzip member, so a damaged
 * file could pass as text. This watches the file's bytes and the unpacked bytes and compares at the
 * end. A file of one member is checked by CRC and length; of one made of several members (as
 * `cat a.gz b.gz` makes) only the sum of the lengths is checked.
 * Threads: one object is used by one thread at a time.
 */
#ifndef GV_GZIP_H
#define GV_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_GZIP_TAIL = 18, GV_GZIP_SLICE = 4096 };

typedef struct gv_gzip_check {
    uint32_t table[8][256]; /* CRC-32, eight bytes at a time */
    uint32_t crc;           /* of the unpacked bytes so far */
    uint32_t total;         /* their number, modulo 2^32 as in the format */
    uint32_t lengths;       /* sum of the lengths that members but the last state */
    uint64_t members;       /* headers seen */
    uint8_t window[GV_GZIP_TAIL + GV_GZIP_SLICE]; /* the last bytes of the file so far */
    size_t window_used;
} gv_gzip_check;

void gv_gzip_check_begin(gv_gzip_check *check);
/* The next bytes of the file. */
void gv_gzip_check_packed(gv_gzip_check *check, const uint8_t *bytes, size_t length);
/* The next unpacked bytes. */
void gv_gzip_check_unpacked(gv_gzip_check *check, const uint8_t *bytes, size_t length);
/* At the end of both: do they agree? */
bool gv_gzip_check_agrees(const gv_gzip_check *check);

#endif
