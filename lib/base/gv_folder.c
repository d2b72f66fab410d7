#include "base/gv_folder.h"

#include "base/gv_mem.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int gv_folder_make(char **path, const char *prefix, gv_error *err)
{
    *path = gv_mem_format(err, "%s-XXXXXX", prefix);
    if (!*path)
        return GV_E_MEMORY;
    if (mkdtemp(*path))
        return GV_OK;
    int status = gv_error_set_errno(err, "cannot make the folder %s", *path);
    gv_mem_free(*path);
    *path = NULL;
    return status;
}

static int remove_entry(const char *path, const struct stat *look, int kind, struct FTW *place)
{
    (void)look;
    (void)place;
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

int gv_folder_remove(const char *path, gv_error *err)
{
    enum { DESCRIPTORS = 8 };
    if (nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return GV_OK;
    return gv_error_set_errno(err, "cannot remove %s", path);
}
