/*
 * gv_npz - arrays of NumPy's .npz files: a zip archive with one .npy file for each array.
 *
 * An array is read front to back, as numbers of the types that are needed here, whatever type they
 * have in the file. Several arrays of one file may be open at once.
 *
 * Errors name file and array: GV_E_CORRUPT, GV_E_IO, GV_E_MEMORY.
 * Source: NumPy Enhancement Proposal 1 (.npy).
 * Threads: one array is used by one thread at a time.
 */
#ifndef GV_NPZ_H
#define GV_NPZ_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_npz gv_npz;

/* Open the array `name` (without .npy) of the file `path`. `*array` is NULL on failure, and with
 * GV_OK if the file has no such array. The caller closes. */
GV_MUST_USE int gv_npz_open(gv_npz **array, const char *path, const char *name, gv_error *err);
/* Accepts NULL. */
void gv_npz_close(gv_npz *array);

/* Elements in all, along all dimensions. */
uint64_t gv_npz_size(const gv_npz *array);

/* The next `n` elements; GV_E_CORRUPT if they are not numbers, or fewer are left. For whole
 * numbers, elements that are not whole or negative are GV_E_CORRUPT, too. */
GV_MUST_USE int gv_npz_read_numbers(gv_npz *array, double *to, size_t n, gv_error *err);
GV_MUST_USE int gv_npz_read_whole(gv_npz *array, uint64_t *to, size_t n, gv_error *err);
/* The text of an array of one string, NUL-terminated; cut off at `room` - 1 bytes. */
GV_MUST_USE int gv_npz_read_text(gv_npz *array, char *to, size_t room, gv_error *err);

#endif
