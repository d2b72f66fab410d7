#include "data/gv_token.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t gv_token_hash_long(const char *text, size_t length)
{
    return (uint32_t)XXH3_64bits(text, length);
}
