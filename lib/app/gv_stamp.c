#include "app/gv_stamp.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"

enum { STAMP_LIMIT = 1 << 30 };

int gv_stamp_read(gv_json **stamp, const char *dir, enum gv_config_stage stage, gv_error *err)
{
    char *text = NULL;
    char *path = gv_mem_format(err, "%s/.stamps/%s.json", dir, gv_config_stage_name(stage));
    size_t bytes = 0;
    *stamp = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(&text, &bytes, path, STAMP_LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && text)
        status = gv_json_parse_if_valid(stamp, text, bytes, err);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}
