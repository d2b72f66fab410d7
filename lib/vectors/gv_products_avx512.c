/* Products of rows with AVX-512. */
#if defined(__x86_64__)
#define VECTOR_BYTES 64
#define PANEL        32
#define TILE_ROWS    12
#include "vectors/gv_products_body.inc"

const gv_products_isa gv_products_isa_avx512 = {.with = with, .each = each};
#else
typedef int gv_products_avx512_is_empty;
#endif
