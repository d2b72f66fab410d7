#include "base/gv_disk.h"

#include "base/gv_amount.h"
#include "base/gv_mem.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What is kept back for root is free for root. Some network file systems state no size at all. */
static double free_bytes(const struct statvfs *room)
{
    if (room->f_blocks == 0)
        return INFINITY;
    return (double)(geteuid() == 0 ? room->f_bfree : room->f_bavail) * (double)room->f_frsize;
}

int gv_disk_nearest(char **at, const char *path, gv_error *err)
{
    struct stat info;
    if (!(*at = gv_mem_strdup(path[0] ? path : ".", err)))
        return GV_E_MEMORY;
    while (stat(*at, &info) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            int status =
                gv_error_set_errno(err, "cannot determine the free disk space of %s", path);
            gv_mem_free(*at);
            *at = NULL;
            return status;
        }
        char *slash = strrchr(*at, '/');
        if (slash == *at && slash[1] != '\0')
            slash[1] = '\0';
        else if (slash && slash != *at)
            *slash = '\0';
        else
            memcpy(*at, ".", 2);
    }
    return GV_OK;
}

int gv_disk_look(gv_disk *disk, const char *path, gv_error *err)
{
    char *at;
    struct stat info;
    struct statvfs room;
    int status = gv_disk_nearest(&at, path, err);
    if (status != GV_OK)
        return status;
    if (stat(at, &info) != 0 || statvfs(at, &room) != 0)
        status = gv_error_set_errno(err, "cannot determine the free disk space of %s", path);
    if (status == GV_OK)
        *disk = (gv_disk){info.st_dev, free_bytes(&room)};
    const char *pretend = getenv("GLOVEBOX_TEST_DISK_FREE");
    if (status == GV_OK && pretend)
        disk->free = strtod(pretend, NULL);
    gv_mem_free(at);
    return status;
}

int gv_disk_check(const char *path, double need, const char *what, gv_error *err)
{
    gv_disk disk;
    char texts[2][GV_AMOUNT_TEXT];
    int status = gv_disk_look(&disk, path, err);
    if (status != GV_OK || need <= disk.free)
        return status;
    return gv_error_set(err, GV_E_IO,
                        "%s at least %s of disk space, but %s are free at %s: free some space "
                        "there, then start again",
                        what, gv_amount_bytes(texts[0], need), gv_amount_bytes(texts[1], disk.free),
                        path);
}
