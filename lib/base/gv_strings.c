#include "base/gv_strings.h"

#include "base/gv_mem.h"

void gv_strings_free(gv_strings *strings)
{
    for (size_t i = 0; i < strings->n; i++)
        gv_mem_free(strings->items[i]);
    gv_mem_free(strings->items);
    *strings = (gv_strings){0};
}

int gv_strings_add(gv_strings *strings, const char *item, gv_error *err)
{
    char *copy = gv_mem_strdup(item, err);
    if (!copy)
        return GV_E_MEMORY;
    int status = gv_mem_resize(&strings->items, strings->n + 1, sizeof *strings->items, err);
    if (status == GV_OK)
        strings->items[strings->n++] = copy;
    else
        gv_mem_free(copy);
    return status;
}

int gv_strings_add_all(gv_strings *strings, const gv_strings *from, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < from->n && status == GV_OK; i++)
        status = gv_strings_add(strings, from->items[i], err);
    return status;
}
