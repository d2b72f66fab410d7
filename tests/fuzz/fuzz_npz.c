/*
 * Any arrays in a .npz file: the target makes the zip archive, whose checksums would stop a change
 * of a byte. A member: its name (1 byte), its length (2), its bytes.
 */
#include "base/gv_bytes.h"
#include "counts/gv_counts.h"
#include "counts/gv_matrix_import.h"
#include "small_matrix.h"
#include <string.h>

enum { MEMBERS = 10, LOCAL = 30, CENTRAL = 46, END = 22 };

static const char *const names[] = {"indices.npy", "indptr.npy", "format.npy", "shape.npy",
                                    "data.npy",    "row.npy",    "col.npy",    "other.npy"};
enum { NAMES = sizeof names / sizeof *names };

static gv_vocab *vocab;
static gv_config *config;
static char counts_path[FUZZ_PATH];

/* --- the archive ------------------------------------------------------------------------------ */

static uint32_t crc_of(const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

typedef struct archive {
    uint8_t *bytes; /* members, then `list` of them */
    size_t n;
    uint8_t list[MEMBERS * 64];
    size_t listed;
    unsigned members;
} archive;

/* What the two heads of a member share: from the version to the length of the name. */
static void put_about(uint8_t *to, uint32_t crc, size_t n, size_t name)
{
    gv_bytes_put32(to, 20); /* version, flags */
    gv_bytes_put32(to + 4, 0);
    gv_bytes_put32(to + 8, 0x21);
    gv_bytes_put32(to + 10, crc);
    gv_bytes_put32(to + 14, (uint32_t)n);
    gv_bytes_put32(to + 18, (uint32_t)n);
    gv_bytes_put32(to + 22, (uint32_t)name);
}

static void put_member(archive *a, const char *name, const uint8_t *bytes, size_t n)
{
    size_t length = strlen(name), at = a->n;
    uint32_t crc = crc_of(bytes, n);
    uint8_t *local = a->bytes + a->n, *central = a->list + a->listed;
    memset(local, 0, LOCAL);
    memcpy(local, "PK\3\4", 4);
    put_about(local + 4, crc, n, length);
    memcpy(local + LOCAL, name, length);
    memcpy(local + LOCAL + length, bytes, n);
    a->n += LOCAL + length + n;
    memset(central, 0, CENTRAL);
    memcpy(central, "PK\1\2\24\0", 6);
    put_about(central + 6, crc, n, length);
    gv_bytes_put32(central + 42, (uint32_t)at);
    memcpy(central + CENTRAL, name, length);
    a->listed += CENTRAL + length;
    a->members++;
}

static void end_archive(archive *a)
{
    size_t at = a->n;
    memcpy(a->bytes + a->n, a->list, a->listed);
    uint8_t *end = a->bytes + a->n + a->listed;
    memset(end, 0, END);
    memcpy(end, "PK\5\6", 4);
    end[8] = end[10] = (uint8_t)a->members;
    gv_bytes_put32(end + 12, (uint32_t)a->listed);
    gv_bytes_put32(end + 16, (uint32_t)at);
    a->n += a->listed + END;
}

/* --- the target ------------------------------------------------------------------------------- */

/* A member for the first input: a header as NumPy writes it, then `data`. */
static size_t seed_member(uint8_t *to, uint8_t name, const char *about, const void *data, size_t n)
{
    enum { HEADER = 118 };
    memset(to, ' ', 3 + 10 + HEADER);
    to[0] = name;
    to[1] = (uint8_t)(10 + HEADER + n);
    to[2] = 0;
    memcpy(to + 3, "\x93NUMPY\1\0\x76\0", 10);
    memcpy(to + 13, about, strlen(about));
    to[12 + HEADER] = '\n';
    memcpy(to + 13 + HEADER, data, n);
    return 13 + HEADER + n;
}

static void write_seed(void)
{
    static const int32_t indices[] = {1, 0, 2}, indptr[] = {0, 1, 2, 3}, shape[] = {3, 3};
    static const double data[] = {1.5, 1.5, 2};
    uint8_t seed[5 * 256];
    size_t n = 0;
    const char *ints = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }";
    n += seed_member(seed + n, 0, ints, indices, sizeof indices);
    ints = "{'descr': '<i4', 'fortran_order': False, 'shape': (4,), }";
    n += seed_member(seed + n, 1, ints, indptr, sizeof indptr);
    n += seed_member(seed + n, 2, "{'descr': '|S3', 'fortran_order': False, 'shape': (), }", "csr",
                     3);
    ints = "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }";
    n += seed_member(seed + n, 3, ints, shape, sizeof shape);
    ints = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
    n += seed_member(seed + n, 4, ints, data, sizeof data);
    fuzz_seed_bytes("csr", seed, n);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    small_matrix_begin(&vocab, &config, counts_path);
    write_seed();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    archive a = {.bytes = malloc(size + MEMBERS * (LOCAL + CENTRAL + 64) + END)};
    const gv_matrix_import_options options = {.mirror = size % 2, .ids_from = -1};
    gv_matrix_import_report report;
    gv_counts *made = NULL;
    char path[FUZZ_PATH];
    if (!a.bytes)
        abort();
    while (size >= 3 && a.members < MEMBERS) {
        size_t n = data[1] + 256u * data[2];
        n = n < size - 3 ? n : size - 3;
        put_member(&a, names[data[0] % NAMES], data + 3, n);
        data += 3 + n;
        size -= 3 + n;
    }
    end_archive(&a);
    fuzz_path(path, "input.npz");
    fuzz_write(path, a.bytes, a.n);
    free(a.bytes);
    int status = gv_matrix_import(path, vocab, config, &options, counts_path, &report, NULL);
    gv_strings_free(&report.notes);
    if (status == GV_OK &&
        (gv_counts_open(&made, counts_path, NULL) != GV_OK || gv_counts_about(made)->records == 0))
        abort();
    gv_counts_close(made);
    return 0;
}
