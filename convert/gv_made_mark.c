#include "convert/gv_made_mark.h"

#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MARK_LIMIT = 1 << 24, DIGITS = 15 };

static char *mark_path(const char *dir, gv_error *err)
{
    return gv_mem_format(err, "%s/" GV_FOLDER_STAMPS "/made.json", dir);
}

int gv_made_mark_read(gv_json **mark, const char *dir, gv_error *err)
{
    char *text = NULL, *path = mark_path(dir, err);
    size_t bytes = 0;
    *mark = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, MARK_LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(mark, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

int gv_made_mark_is(bool *ours, const char *dir, const gv_json *description, gv_error *err)
{
    gv_json *mark;
    int status = gv_made_mark_read(&mark, dir, err);
    *ours = mark && gv_json_equal(mark, description);
    gv_json_free(mark);
    return status;
}

int gv_made_mark_set(const char *dir, const gv_json *description, gv_error *err)
{
    char *text = NULL, *path = mark_path(dir, err);
    int status = path ? gv_json_print(&text, description, 1, DIGITS, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

int gv_made_mark_remove(const char *dir, gv_error *err)
{
    char *path = mark_path(dir, err);
    int status = path ? GV_OK : GV_E_MEMORY;
    if (path && unlink(path) != 0 && errno != ENOENT)
        status = gv_error_set_errno(err, "cannot remove %s", path);
    gv_mem_free(path);
    return status;
}
