/* Products of rows with AVX2 and FMA. */
#if defined(__x86_64__)
#define VECTOR_BYTES 32
#define PANEL        16
#define TILE_ROWS    6
#include "vectors/gv_products_body.inc"

const gv_products_isa gv_products_isa_avx2 = {.with = with, .each = each};
#else
typedef int gv_products_avx2_is_empty;
#endif
