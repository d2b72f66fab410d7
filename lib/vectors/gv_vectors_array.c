#include "vectors/gv_vectors_array.h"

#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_mem.h"
#include "vectors/gv_vectors_internal.h"
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 22 };

size_t gv_vectors_array_size(enum gv_vectors_array_number type)
{
    return type == GV_VECTORS_ARRAY_FLOAT64 ? 8 : type == GV_VECTORS_ARRAY_FLOAT32 ? 4 : 2;
}

static int truncated(const gv_vectors_array *array, uint64_t found, uint64_t expected,
                     gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is truncated: found %" PRIu64 " bytes, expected %" PRIu64, array->path,
                        found, expected);
}

int gv_vectors_array_open(gv_vectors_array *array, gv_error *err)
{
    gv_file_stat stat;
    const size_t size = gv_vectors_array_size(array->type);
    uint64_t bytes, end;
    if (__builtin_mul_overflow(array->rows, array->dim, &bytes) ||
        __builtin_mul_overflow(bytes, size, &bytes) ||
        __builtin_add_overflow(bytes, array->offset, &end))
        return gv_error_set(err, GV_E_CORRUPT, "%s is damaged: it states %zu rows of %zu numbers",
                            array->path, array->rows, array->dim);
    int status = gv_file_look(&stat, array->path, err);
    if (status == GV_OK && end > stat.size)
        status = truncated(array, stat.size, end, err);
    if (status != GV_OK)
        return status;
    const size_t row_bytes = array->dim * size;
    array->capacity = row_bytes && row_bytes < BLOCK ? BLOCK / row_bytes : 1;
    if (array->capacity > array->rows && array->rows > 0)
        array->capacity = array->rows;
    array->block = gv_mem_alloc(array->capacity, row_bytes, err);
    if (!array->block)
        return GV_E_MEMORY;
    return gv_file_open_plain(&array->fd, array->path, O_RDONLY, err);
}

void gv_vectors_array_close(gv_vectors_array *array)
{
    if (array->fd > 0)
        close(array->fd);
    gv_mem_free(array->block);
    array->fd = 0;
    array->block = NULL;
}

/* Read the block that begins with `row`: in Fortran's order a piece of every column. */
static int fill(gv_vectors_array *array, size_t row, gv_error *err)
{
    const size_t size = gv_vectors_array_size(array->type);
    size_t n = array->rows - row < array->capacity ? array->rows - row : array->capacity;
    int status = GV_OK;
    array->n = 0;
    if (!array->by_columns)
        status = gv_file_pread(array->fd, array->block, n * array->dim * size,
                               array->offset + (uint64_t)row * array->dim * size, array->path, err);
    for (size_t k = 0; array->by_columns && k < array->dim && status == GV_OK; k++)
        status = gv_file_pread(array->fd, array->block + k * n * size, n * size,
                               array->offset + ((uint64_t)k * array->rows + row) * size,
                               array->path, err);
    if (status != GV_OK)
        return status;
    array->first = row;
    array->n = n;
    return GV_OK;
}

/* IEEE 754 binary16; every one of them is a float32. */
static float half(uint16_t bits)
{
    const uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value = exponent == 31 ? (fraction ? NAN : INFINITY)
                  : exponent     ? ldexpf((float)(fraction + 1024), (int)exponent - 25)
                                 : ldexpf((float)fraction, -24);
    return bits & 0x8000 ? -value : value;
}

/* The number whose bytes are at `from`. */
static float number(const gv_vectors_array *array, const uint8_t *from)
{
    const size_t size = gv_vectors_array_size(array->type);
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)from[array->big_endian ? size - 1 - i : i] << 8 * i;
    uint32_t low = (uint32_t)bits;
    double wide;
    float value;
    switch (array->type) {
    case GV_VECTORS_ARRAY_FLOAT64:
        memcpy(&wide, &bits, sizeof wide);
        return (float)wide;
    case GV_VECTORS_ARRAY_FLOAT16:
        return half((uint16_t)bits);
    case GV_VECTORS_ARRAY_BFLOAT16:
        low <<= 16;
        break;
    case GV_VECTORS_ARRAY_FLOAT32:
        break;
    }
    memcpy(&value, &low, sizeof value);
    return value;
}

int gv_vectors_array_row(gv_vectors_array *array, size_t row, float *to, gv_error *err)
{
    const size_t size = gv_vectors_array_size(array->type), dim = array->dim;
    if (row < array->first || row >= array->first + array->n) {
        int status = fill(array, row, err);
        if (status != GV_OK)
            return status;
    }
    const size_t at = row - array->first;
    const size_t begin = array->by_columns ? at : at * dim, step = array->by_columns ? array->n : 1;
    if (array->type == GV_VECTORS_ARRAY_FLOAT32 && !array->big_endian && !array->by_columns) {
        memcpy(to, array->block + begin * size, dim * size);
        gv_vectors_swap(to, dim);
        return GV_OK;
    }
    for (size_t k = 0; k < dim; k++)
        to[k] = number(array, array->block + (begin + k * step) * size);
    return GV_OK;
}
