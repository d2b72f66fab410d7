/* gv_malloc.h for a library in somebody else's process: malloc stays as it is. */
#include "base/gv_malloc.h"

bool gv_malloc_is_ours(void)
{
    return false;
}

void gv_malloc_begin(void)
{
}

void gv_malloc_end(void)
{
}
