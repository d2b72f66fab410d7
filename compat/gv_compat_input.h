/*
 * gv_compat_input - a file of records (gv_compat_records.h) that is read from any place, by many
 * threads.
 *
 * A pipe is copied to a nameless temporary file first.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, GV_E_STOPPED; GV_E_CORRUPT for a file that is no sequence of
 * records. Each names the file.
 * Threads: gv_compat_input_read by any; the others by one.
 */
#ifndef GV_COMPAT_INPUT_H
#define GV_COMPAT_INPUT_H

#include "base/gv_error.h"
#include "compat/gv_compat_records.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_compat_input {
    const char *path; /* borrowed; for errors */
    int fd;
    uint64_t records;
} gv_compat_input;

/* Open `path`. `beside`: the copy of a pipe goes into the folder of this path. Close also after an
 * error. */
GV_MUST_USE int gv_compat_input_open(gv_compat_input *input, const char *path, const char *beside,
                                     gv_error *err);
void gv_compat_input_close(gv_compat_input *input);

/* Read records first .. first + n - 1 to `to`; they are there. */
GV_MUST_USE int gv_compat_input_read(void *to, const gv_compat_input *input, uint64_t first,
                                     size_t n, gv_error *err);

/* The fields of record number `i` from `records`. */
typedef struct gv_compat_input_record {
    int32_t word1, word2;
    double value;
} gv_compat_input_record;
gv_compat_input_record gv_compat_input_get(const uint8_t *records, size_t i);

#endif
