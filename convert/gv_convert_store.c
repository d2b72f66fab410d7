#include "convert/gv_convert_store.h"

#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "store/gv_store_copy.h"
#include "store/gv_store_part.h"
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

static int parse_parts(uint32_t *parts, const char *text, gv_error *err)
{
    uint64_t number = 0;
    *parts = 0;
    if (!text)
        return GV_OK;
    if (!gv_decimal_get_whole(&number, text) || number == 0 || number > GV_STORE_PARTS_MAX)
        return gv_error_set(err, GV_E_USAGE, "--parts %s: expected a number from 1 to %d", text,
                            GV_STORE_PARTS_MAX);
    *parts = (uint32_t)number;
    return GV_OK;
}

/* store.db of a run directory, or the file itself; the caller frees. NULL: GV_E_MEMORY. */
static char *store_path(const char *given, gv_error *err)
{
    struct stat info;
    return stat(given, &info) == 0 && S_ISDIR(info.st_mode)
               ? gv_file_path_join(given, GV_FILE_STORE, err)
               : gv_mem_strdup(given, err);
}

/* Written over itself, a store would lose its parts. */
static int check_distinct(const char *from, const char *to, gv_error *err)
{
    gv_file_stat a, b;
    int status = gv_file_look(&a, from, err);
    if (status == GV_OK)
        status = gv_file_look(&b, to, err);
    if (status == GV_OK && a.exists && b.exists && a.device == b.device && a.inode == b.inode)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is the store itself; write the copy to another folder, then move "
                              "it with its parts",
                              to);
    return status;
}

static int report(const char *path, const gv_program_call *call, gv_error *err)
{
    gv_store *store = NULL;
    int status = gv_store_open(&store, path, 0, err);
    if (status != GV_OK)
        return status;
    const uint32_t parts = gv_store_about(store)->parts;
    for (uint32_t i = 0; i < parts; i++)
        gv_progress_note(call->progress, "%s: %" PRIu64 " bytes", gv_store_part_list(store)[i].name,
                         gv_store_part_list(store)[i].bytes);
    gv_progress_note(call->progress, "%s: %" PRIu64 " records in %s, content hash %s", path,
                     gv_store_about(store)->records, parts ? "parts" : "one file",
                     gv_store_about(store)->content_hash);
    gv_store_close(store);
    return GV_OK;
}

int gv_convert_store(const char *input, const char *output, const char *parts,
                     const gv_program_call *call, gv_error *err)
{
    gv_store_copy_options options = {0};
    char *from = store_path(input, err), *to = store_path(output, err);
    int status = from && to ? parse_parts(&options.parts, parts, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = check_distinct(from, to, err);
    if (status == GV_OK)
        status = gv_store_copy(from, to, &options, call->progress, err);
    if (status == GV_OK)
        status = report(to, call, err);
    gv_mem_free(from);
    gv_mem_free(to);
    return status;
}
