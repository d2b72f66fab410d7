/* Products of rows for the base instruction set. */
#define VECTOR_BYTES 16
#define PANEL        8
#define TILE_ROWS    6
#include "vectors/gv_products_body.inc"

const gv_products_isa gv_products_isa_base = {.with = with, .each = each};
