/*
 * Members are found by their headers: ten bytes of which about six are fixed (RFC 1952, 2.3), so
 * that a chance match in compressed data occurs once in 2e11 bytes. The eight bytes before a header
 * are the CRC and length of the previous member. A chance match in a file of one member does no
 * harm: if CRC and length of the whole match the file's end, the file is good.
 */
#include "text/gv_gzip.h"

#include "base/gv_bytes.h"
#include <string.h>

enum { HEADER = 10, TRAILER = 8 };

static const uint32_t polynomial = 0xedb88320; /* of RFC 1952, section 8, its bits reversed */

void gv_gzip_check_begin(gv_gzip_check *check)
{
    memset(check, 0, sizeof *check);
    /* table[k][b] is the effect of byte b with k bytes behind it, so eight bytes take eight
     * independent lookups (slicing-by-8, Kounavis and Berry 2005). */
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? polynomial : 0);
        check->table[0][byte] = crc;
    }
    for (unsigned byte = 0; byte < 256; byte++)
        for (unsigned k = 1; k < 8; k++) {
            uint32_t before = check->table[k - 1][byte];
            check->table[k][byte] = (before >> 8) ^ check->table[0][before & 0xff];
        }
}

/* a b modulo the polynomial of the CRC, over GF(2). As in the CRC itself, the highest bit is the
 * coefficient of x^0. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = UINT32_C(1) << 31; bit != 0; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = (b >> 1) ^ (b & 1 ? polynomial : 0);
    }
    return product;
}

/* The CRC of a text of CRC `first` followed by one of CRC `second` and this length: a byte more
 * multiplies by x^8, so the first moves by x^(8 length), and the CRCs of a sum are added. */
static uint32_t join(uint32_t first, uint32_t second, uint32_t length)
{
    uint32_t power = UINT32_C(1) << 31, square = UINT32_C(1) << (31 - 8);
    for (; length > 0; length >>= 1, square = multiply(square, square))
        if (length & 1)
            power = multiply(power, square);
    return multiply(first, power) ^ second;
}

/* True if a member can start with these HEADER bytes: magic, method 8 (deflate), no reserved flags,
 * known extra flags and operating system. See RFC 1952, section 2.3.1. The test is stricter than
 * the format, so that chance matches are rare; a member with other extra flags is not counted. */
static bool is_header(const uint8_t *p)
{
    return p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && (p[3] & 0xe0) == 0 &&
           (p[8] == 0 || p[8] == 2 || p[8] == 4) && (p[9] <= 13 || p[9] == 255);
}

/* Search the window for headers; those within its first `seen` bytes were counted before. A header
 * and the trailer before it are 18 bytes, so GV_GZIP_TAIL bytes of the past are enough. */
static void find_headers(gv_gzip_check *check, size_t seen)
{
    /* the first header that was not wholly in what was seen before */
    size_t from = seen >= HEADER ? seen - HEADER + 1 : 0;
    for (; from + HEADER <= check->window_used; from++) {
        const uint8_t *p = check->window + from;
        if (p[0] != 0x1f || !is_header(p))
            continue;
        if (from >= TRAILER && check->members > 0) {
            uint32_t length = gv_bytes_get32(p - 4);
            check->stated = join(check->stated, gv_bytes_get32(p - TRAILER), length);
            check->lengths += length;
        }
        check->members++;
    }
}

void gv_gzip_check_packed(gv_gzip_check *check, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t part = length < GV_GZIP_SLICE ? length : GV_GZIP_SLICE;
        size_t kept = check->window_used < GV_GZIP_TAIL ? check->window_used : GV_GZIP_TAIL;
        memmove(check->window, check->window + check->window_used - kept, kept);
        memcpy(check->window + kept, bytes, part);
        check->window_used = kept + part;
        find_headers(check, kept);
        bytes += part;
        length -= part;
    }
}

void gv_gzip_check_unpacked(gv_gzip_check *check, const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~check->crc;
    check->total += length;
    /* the CRC so far goes into the first four bytes; the tables then move it on by eight bytes at
     * once */
    for (; length >= 8; bytes += 8, length -= 8) {
        uint32_t a = crc ^ gv_bytes_get32(bytes), b = gv_bytes_get32(bytes + 4);
        crc = check->table[7][a & 0xff] ^ check->table[6][a >> 8 & 0xff] ^
              check->table[5][a >> 16 & 0xff] ^ check->table[4][a >> 24] ^
              check->table[3][b & 0xff] ^ check->table[2][b >> 8 & 0xff] ^
              check->table[1][b >> 16 & 0xff] ^ check->table[0][b >> 24];
    }
    for (; length > 0; bytes++, length--)
        crc = (crc >> 8) ^ check->table[0][(crc ^ *bytes) & 0xff];
    check->crc = ~crc;
}

bool gv_gzip_check_agrees(const gv_gzip_check *check)
{
    if (check->window_used < TRAILER)
        return false;
    const uint8_t *trailer = check->window + check->window_used - TRAILER;
    uint32_t crc = gv_bytes_get32(trailer), length = gv_bytes_get32(trailer + 4);
    if (crc == check->crc && length == (uint32_t)check->total)
        return true;
    if (check->members < 2 || check->lengths + length != (uint32_t)check->total)
        return false;
    /* a member of 4 GiB and more states another length than that by which its CRC moves */
    return check->total > UINT32_MAX || join(check->stated, crc, length) == check->crc;
}
