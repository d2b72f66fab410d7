/*
 * gv_products - dot products of many rows of floats, on one thread.
 *
 * Own code rather than a BLAS: OpenBLAS starts threads when it is loaded, takes more than 100 MB of
 * address space, and where it gets no memory it tries again for ever. These functions need no
 * memory but what the caller gives.
 *
 * Each product is a sum in a fixed order, which does not depend on how many rows there are. The
 * results have the same bits on all CPUs that multiply and add in one step (x86-64 with AVX2 or
 * AVX-512, AArch64).
 *
 * Errors: none. Threads: pure functions.
 */
#ifndef GV_PRODUCTS_H
#define GV_PRODUCTS_H

#include <stddef.h>

typedef struct gv_products_rows {
    const float *row; /* [n][dim] */
    size_t n, dim;
} gv_products_rows;

/* `n` rounded up to whole panels, the unit of gv_products_pack. */
#define GV_PRODUCTS_PANEL 32
static inline size_t gv_products_padded(size_t n)
{
    return (n + GV_PRODUCTS_PANEL - 1) / GV_PRODUCTS_PANEL * GV_PRODUCTS_PANEL;
}

/* product[i] = dot product of row i and `direction` ([dim]). */
void gv_products_with(float *product, gv_products_rows rows, const float *direction);

/*
 * product[i * stride + j] = dot product of left row i and right row j; both have the same dim.
 * `stride` is at least gv_products_padded(right.n): what is behind the last row becomes 0. `packed`
 * is scratch for gv_products_padded(right.n) x dim floats.
 */
void gv_products_each(float *product, size_t stride, gv_products_rows left, gv_products_rows right,
                      float *packed);

#endif
