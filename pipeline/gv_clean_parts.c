/*
 * The parts of a store, which may be outside the run directory.
 */
#include "pipeline/gv_clean_internal.h"

#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "store/gv_store_part.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A part of the store, wherever it was found; and a copy in the run directory that an earlier
 * store.part_dirs has left there. */
static int consider_part(gv_clean_survey *s, gv_store *store, uint32_t part, gv_error *err)
{
    const size_t n = strlen(s->clean->dir);
    char *path = NULL;
    if (gv_store_part_find(&path, store, part, NULL) != GV_OK)
        return GV_OK;
    const bool inside = strncmp(path, s->clean->dir, n) == 0 && path[n] == '/' &&
                        strcmp(path + n + 1, gv_store_part_list(store)[part].name) == 0;
    char *whole = inside ? NULL : realpath(path, NULL);
    int status = GV_OK;
    if (inside || whole)
        status = gv_clean_consider(s, inside ? path + n + 1 : whole, GV_CLEAN_STORE,
                                   GV_STAGE_SHUFFLE, err);
    if (status == GV_OK && !inside)
        status = gv_clean_consider(s, gv_store_part_list(store)[part].name, GV_CLEAN_STORE,
                                   GV_STAGE_SHUFFLE, err);
    free(whole);
    gv_mem_free(path);
    return status;
}

/* What was written of parts that no store.db names: a shuffle was killed. `known`: it can be read
 * which parts it names. */
static int consider_left(gv_clean_survey *s, const gv_strings *named, bool known, gv_error *err)
{
    int fd = openat(s->clean->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = GV_OK;
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder && fd >= 0)
        close(fd);
    for (struct dirent *entry; folder && status == GV_OK && (entry = readdir(folder));) {
        bool left = known && gv_run_names_is_part(entry->d_name, false);
        for (size_t i = 0; i < named->n && left; i++)
            left = strcmp(named->items[i], entry->d_name) != 0;
        if (left || gv_run_names_is_part(entry->d_name, true))
            status = gv_clean_consider(s, entry->d_name, 0, GV_STAGE_SHUFFLE, err);
    }
    if (folder)
        closedir(folder);
    return status;
}

/* They come before store.db, which names them: if the removal is interrupted, it still does. */
int gv_clean_consider_parts(gv_clean_survey *s, gv_error *err)
{
    gv_strings named = {0};
    gv_store *store = NULL;
    struct stat look;
    char *path = gv_mem_format(err, "%s/%s", s->clean->dir, GV_FILE_STORE);
    int status = path ? gv_store_part_names(&named, path, err) : GV_E_MEMORY;
    const bool exists = fstatat(s->clean->dir_fd, GV_FILE_STORE, &look, AT_SYMLINK_NOFOLLOW) == 0;
    if (status == GV_OK && exists)
        (void)!gv_store_open(&store, path, 0, NULL); /* a damaged one says nothing of parts */
    /* a store that is not ours keeps its parts */
    if (status == GV_OK && store && named.n > 0 && !gv_clean_foreign(s, GV_FILE_STORE, &look))
        for (uint32_t i = 0; i < named.n && status == GV_OK; i++)
            status = consider_part(s, store, i, err);
    if (status == GV_OK)
        status = consider_left(s, &named, store || !exists, err);
    gv_store_close(store);
    gv_strings_free(&named);
    gv_mem_free(path);
    return status;
}
