#include "shuffle/gv_shuffle_old.h"

#include <string.h>

static bool has(const gv_shuffle_old_parts *parts, const char *name)
{
    for (uint32_t i = 0; i < parts->n; i++)
        if (strcmp(parts->part[i].name, name) == 0)
            return true;
    return false;
}

static int find_left(gv_strings *gone, const gv_shuffle_old_parts *parts, const char *store_path,
                     gv_error *err)
{
    gv_strings known = {0};
    int status = gv_strings_add_all(&known, gone, err);
    for (uint32_t i = 0; status == GV_OK && i < parts->n; i++)
        status = gv_strings_add(&known, parts->part[i].name, err);
    if (status == GV_OK)
        status = gv_store_part_left(gone, store_path, &known, err);
    gv_strings_free(&known);
    return status;
}

int gv_shuffle_old_find(gv_strings *gone, const gv_strings *old, const gv_shuffle_old_parts *parts,
                        const char *store_path, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && i < old->n; i++)
        if (!has(parts, old->items[i]))
            status = gv_strings_add(gone, old->items[i], err);
    return status == GV_OK ? find_left(gone, parts, store_path, err) : status;
}
