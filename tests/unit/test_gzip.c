/* The check of gzip's checksums and lengths, on files of one and several members. It does not
 * decompress, so what stands for the compressed data is arbitrary. */
#include "support/gv_test.h"

#include "base/gv_bytes.h"
#include "base/gv_rng.h"
#include "text/gv_gzip.h"
#include <string.h>

enum { ROOM = 4000, MEMBERS = 5 };

typedef struct gzip_file {
    uint8_t packed[ROOM * 2], text[ROOM];
    size_t packed_bytes, text_bytes;
} gzip_file;

/* CRC-32 bit by bit, as RFC 1952 defines it. */
static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void add_packed(gzip_file *file, const void *bytes, size_t length)
{
    memcpy(file->packed + file->packed_bytes, bytes, length);
    file->packed_bytes += length;
}

/* A member that holds `length` random bytes; `inside` ([inside_bytes]) stands for its data. */
static void add_member(gzip_file *file, size_t length, const void *inside, size_t inside_bytes,
                       gv_rng *rng)
{
    static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    uint8_t trailer[8], *text = file->text + file->text_bytes;
    for (size_t i = 0; i < length; i++)
        text[i] = (uint8_t)gv_rng_below(rng, 256);
    gv_bytes_put32(trailer, crc_of(text, length));
    gv_bytes_put32(trailer + 4, (uint32_t)length);
    add_packed(file, header, sizeof header);
    add_packed(file, inside, inside_bytes);
    add_packed(file, trailer, sizeof trailer);
    file->text_bytes += length;
}

/* Both sides in pieces of `piece` bytes. */
static bool agrees(const gzip_file *file, size_t piece)
{
    static gv_gzip_check check;
    gv_gzip_check_begin(&check);
    for (size_t at = 0; at < file->packed_bytes; at += piece)
        gv_gzip_check_packed(&check, file->packed + at,
                             at + piece < file->packed_bytes ? piece : file->packed_bytes - at);
    for (size_t at = 0; at < file->text_bytes; at += piece)
        gv_gzip_check_unpacked(&check, file->text + at,
                               at + piece < file->text_bytes ? piece : file->text_bytes - at);
    return gv_gzip_check_agrees(&check);
}

/* Any byte changed, the length as it was: files of one and of several members are refused. */
Test(gzip, a_changed_byte_is_seen)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1);
    for (int round = 0; round < 200; round++) {
        static gzip_file file;
        memset(&file, 0, sizeof file);
        int members = 1 + (int)gv_rng_below(&rng, MEMBERS);
        for (int m = 0; m < members; m++)
            add_member(&file, 1 + (size_t)gv_rng_below(&rng, ROOM / MEMBERS), "data", 4, &rng);
        size_t piece = 1 + (size_t)gv_rng_below(&rng, 50);
        cr_assert(agrees(&file, piece), "round %d", round);
        size_t at = (size_t)gv_rng_below(&rng, file.text_bytes);
        file.text[at] ^= (uint8_t)(1 + gv_rng_below(&rng, 255));
        cr_assert_not(agrees(&file, piece), "round %d: byte %zu", round, at);
        file.text_bytes--;
        cr_assert_not(agrees(&file, piece), "round %d: shorter", round);
    }
}

Test(gzip, members_may_be_empty)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2);
    static gzip_file file;
    add_member(&file, 0, "x", 1, &rng);
    add_member(&file, 100, "data", 4, &rng);
    add_member(&file, 0, "x", 1, &rng);
    cr_assert(agrees(&file, 7));
}

/* An archive that holds a gzip file may have its header among its own data, behind the zeros of the
 * archive: that must not make the check a weaker one. */
Test(gzip, a_header_in_the_data_is_no_member)
{
    static const uint8_t inside[20] = {[8] = 0x1f, 0x8b, 8, [17] = 3};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    static gzip_file file;
    add_member(&file, 1000, inside, sizeof inside, &rng);
    cr_assert(agrees(&file, 64));
    file.text[500] ^= 1;
    cr_assert_not(agrees(&file, 64));
}
