/*
 * gv_vectors_array - rows of a matrix of numbers in a file, as npy and safetensors hold it: any
 * floating-point type, row by row or column by column.
 *
 * Memory: 4 MiB, or a row if that is more.
 * Errors name the file: GV_E_IO, GV_E_MEMORY, GV_E_CORRUPT for a file that ends too early. Threads:
 * one at a time.
 */
#ifndef GV_VECTORS_ARRAY_H
#define GV_VECTORS_ARRAY_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_vectors_array_number {
    GV_VECTORS_ARRAY_FLOAT32,
    GV_VECTORS_ARRAY_FLOAT64,
    GV_VECTORS_ARRAY_FLOAT16,
    GV_VECTORS_ARRAY_BFLOAT16
};

typedef struct gv_vectors_array {
    /* set by the caller */
    const char *path; /* borrowed */
    uint64_t offset;  /* of the first number */
    size_t rows, dim;
    enum gv_vectors_array_number type;
    bool big_endian;
    bool by_columns; /* Fortran's order */
    /* private; zeroed by the caller */
    int fd;          /* 0: not open */
    uint8_t *block;  /* some rows, in the order of the file */
    size_t capacity; /* rows that fit */
    size_t first, n; /* rows in the block */
} gv_vectors_array;

/* Bytes of a number. */
size_t gv_vectors_array_size(enum gv_vectors_array_number type);
/* Open it, after the members above were set: the file must have all its numbers. The caller
 * closes, also on failure. */
GV_MUST_USE int gv_vectors_array_open(gv_vectors_array *array, gv_error *err);
void gv_vectors_array_close(gv_vectors_array *array);
/* The numbers of a row as float32 ([dim]), rounded to nearest. Rows in ascending order are read
 * fastest. */
GV_MUST_USE int gv_vectors_array_row(gv_vectors_array *array, size_t row, float *to, gv_error *err);

#endif
