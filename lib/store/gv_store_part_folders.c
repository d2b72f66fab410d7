/*
 * Names and folders of the parts of a store: where they are looked for, where they are written, and
 * which ones a new store leaves behind.
 */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "config/gv_run_names.h"
#include "store/gv_store_part_internal.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gv_store_part_name(char name[GV_STORE_PART_NAME], uint32_t part, uint32_t parts,
                        const char *content_hash)
{
    snprintf(name, GV_STORE_PART_NAME, "store-%" PRIu32 "of%" PRIu32 "-%.16s.db", part + 1, parts,
             content_hash);
}

/* The folder of a file; the caller frees. NULL: GV_E_MEMORY. */
static char *folder_of(const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/');
    return slash ? gv_mem_strndup(path, slash == path ? 1 : (size_t)(slash - path), err)
                 : gv_mem_strdup(".", err);
}

char *gv_store_part_folder(const gv_strings *part_dirs, const char *path, gv_error *err)
{
    struct stat look;
    for (size_t i = 0; part_dirs && i < part_dirs->n; i++)
        if (stat(part_dirs->items[i], &look) == 0 && S_ISDIR(look.st_mode))
            return gv_mem_strdup(part_dirs->items[i], err);
    return folder_of(path, err);
}

/* Append store.part_dirs of the config beside the store. One that cannot be read says nothing. */
static int add_configured(gv_strings *folders, const char *folder, gv_error *err)
{
    gv_config *config = NULL;
    char *path = gv_file_path_join(folder, GV_FILE_CONFIG, err);
    if (!path)
        return GV_E_MEMORY;
    int status = gv_config_load(&config, path, NULL, "run", NULL);
    gv_mem_free(path);
    if (status != GV_OK)
        return status == GV_E_MEMORY ? gv_error_set(err, status, "out of memory") : GV_OK;
    status = gv_strings_add_all(folders, &config->store_part_dirs, err);
    gv_config_free(config);
    return status;
}

int gv_store_part_take_folders(gv_store *store, const gv_strings *part_dirs, gv_error *err)
{
    gv_strings *folders = &store->parts->folders;
    char *own = folder_of(store->path, err);
    if (!own)
        return GV_E_MEMORY;
    int status =
        part_dirs ? gv_strings_add_all(folders, part_dirs, err) : add_configured(folders, own, err);
    if (status == GV_OK)
        status = gv_strings_add(folders, own, err);
    gv_mem_free(own);
    return status;
}

bool gv_store_part_is_file(const char *path)
{
    enum { HEADER = 100, APPLICATION_ID = 68 /* in SQLite's header, big-endian */ };
    static const char magic[] = "SQLite format 3";
    char head[HEADER];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    const bool whole = read(fd, head, HEADER) == HEADER;
    close(fd);
    return whole && memcmp(head, magic, sizeof magic) == 0 &&
           memcmp(head + APPLICATION_ID, "GVSP", 4) == 0;
}

int gv_store_part_names(gv_strings *names, const char *path, gv_error *err)
{
    gv_store *store = NULL;
    int status = gv_store_open(&store, path, 0, NULL);
    if (status == GV_E_MEMORY)
        return gv_error_set(err, status, "%s: out of memory", path);
    if (status != GV_OK)
        return GV_OK;
    for (uint32_t i = 0; status == GV_OK && i < gv_store_about(store)->parts; i++)
        status = gv_strings_add(names, gv_store_part_list(store)[i].name, err);
    gv_store_close(store);
    return status;
}

static bool has(const gv_strings *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

int gv_store_part_left(gv_strings *left, const char *path, const gv_strings *named, gv_error *err)
{
    char *own = folder_of(path, err);
    DIR *folder = own ? opendir(own) : NULL;
    int status = own ? GV_OK : GV_E_MEMORY;
    for (struct dirent *entry; folder && status == GV_OK && (entry = readdir(folder));) {
        if (!gv_run_names_is_part(entry->d_name, false) || has(named, entry->d_name))
            continue;
        char *part = gv_file_path_join(own, entry->d_name, err);
        status = part ? GV_OK : GV_E_MEMORY;
        if (status == GV_OK && gv_store_part_is_file(part))
            status = gv_strings_add(left, entry->d_name, err);
        gv_mem_free(part);
    }
    if (folder)
        closedir(folder);
    gv_mem_free(own);
    return status;
}

static int remove_in(const char *folder, const gv_strings *old, const gv_strings *kept,
                     gv_error *err)
{
    for (size_t i = 0; i < old->n; i++) {
        if (has(kept, old->items[i]))
            continue;
        char *path = gv_file_path_join(folder, old->items[i], err);
        if (!path)
            return GV_E_MEMORY;
        (void)unlink(path);
        gv_mem_free(path);
    }
    return GV_OK;
}

int gv_store_part_remove_old(const gv_strings *old, const char *path, const gv_strings *part_dirs,
                             gv_error *err)
{
    gv_strings kept = {0};
    char *own = folder_of(path, err);
    int status = own ? gv_store_part_names(&kept, path, err) : GV_E_MEMORY;
    for (size_t i = 0; status == GV_OK && part_dirs && i < part_dirs->n; i++)
        status = remove_in(part_dirs->items[i], old, &kept, err);
    if (status == GV_OK)
        status = remove_in(own, old, &kept, err);
    gv_strings_free(&kept);
    gv_mem_free(own);
    return status;
}
