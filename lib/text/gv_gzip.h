/*
 * gv_gzip - checks that what libarchive decompressed is what the gzip file states.
 *
 * libarchive (3.6) verifies neither the CRC nor the length at the end of a gzip member, so a
 * damaged file could pass as text. This object sees the bytes of the file and the decompressed
 * bytes and compares at the end. The CRC of a file of several members (`cat a.gz b.gz`) is put
 * together from theirs, if all of them have less than 4 GiB; else only the sum of the lengths is
 * checked, as a member states its length modulo 2^32.
 *
 * Source: RFC 1952 (gzip), section 2.3.
 * Threads: one object is used by one thread at a time.
 */
#ifndef GV_GZIP_H
#define GV_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GV_GZIP_TAIL = 18,   /* bytes of a member's trailer and of the next header */
    GV_GZIP_SLICE = 4096 /* bytes of the file that are searched at once */
};

typedef struct gv_gzip_check {
    uint32_t table[8][256]; /* CRC-32, eight bytes at a time */
    uint32_t crc;           /* of the decompressed bytes so far */
    uint64_t total;         /* their number */
    uint32_t stated;        /* CRC of what all members but the last state to hold */
    uint32_t lengths;       /* sum of the lengths that they state, modulo 2^32 as in the format */
    uint64_t members;       /* headers seen */
    uint8_t window[GV_GZIP_TAIL + GV_GZIP_SLICE]; /* the last bytes of the file so far */
    size_t window_used;
} gv_gzip_check;

/* Begin with an empty file. */
void gv_gzip_check_begin(gv_gzip_check *check);
/* The next bytes of the file, in pieces of any size. */
void gv_gzip_check_packed(gv_gzip_check *check, const uint8_t *bytes, size_t length);
/* The next decompressed bytes, in pieces of any size. */
void gv_gzip_check_unpacked(gv_gzip_check *check, const uint8_t *bytes, size_t length);
/* True if both agree; call it at the end of both. */
bool gv_gzip_check_agrees(const gv_gzip_check *check);

#endif
