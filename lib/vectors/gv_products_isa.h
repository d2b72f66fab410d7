/*
 * gv_products_isa - the functions of gv_products.h for each instruction set. Private to
 * gv_products.
 */
#ifndef GV_PRODUCTS_ISA_H
#define GV_PRODUCTS_ISA_H

#include "vectors/gv_products.h"

typedef struct gv_products_isa {
    void (*with)(float *product, gv_products_rows rows, const float *direction);
    void (*each)(float *product, size_t stride, gv_products_rows left, gv_products_rows right,
                 float *packed);
} gv_products_isa;

extern const gv_products_isa gv_products_isa_base;
#if defined(__x86_64__)
extern const gv_products_isa gv_products_isa_avx2, gv_products_isa_avx512;
#endif

#endif
