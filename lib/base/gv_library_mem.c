#include "base/gv_library_mem.h"

#include "base/gv_malloc.h"
#include "base/gv_mem.h"
#include "base/gv_spare.h"

unsigned gv_library_mem_failures(void)
{
    return gv_spare_failures();
}

void *gv_library_mem_alloc(size_t bytes)
{
    void *block = gv_mem_alloc(bytes, 1, NULL);
    return block ? block : gv_spare_alloc(bytes);
}

void *gv_library_mem_resize(void *block, size_t bytes)
{
    void *grown = block;
    bool free_old;
    if (!block)
        return gv_library_mem_alloc(bytes);
    if (!gv_spare_has(block) && gv_mem_resize(&grown, bytes, 1, NULL) == GV_OK)
        return grown;
    grown = gv_spare_move(&free_old, block, bytes);
    if (free_old)
        gv_mem_free(block);
    return grown;
}

void gv_library_mem_free(void *block)
{
    if (gv_spare_has(block))
        gv_spare_free(block);
    else
        gv_mem_free(block);
}

unsigned gv_library_mem_enter(void)
{
    gv_malloc_begin();
    return gv_spare_failures();
}

bool gv_library_mem_leave(unsigned before)
{
    gv_malloc_end();
    return gv_spare_failures() != before;
}
