#include "app/gv_stamp.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include <string.h>

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

/* The checksum of the file among the outputs of a stamp (borrowed), or NULL. */
static const char *recorded_hash(const gv_json *stamp, const char *file)
{
    const gv_json *outputs = gv_json_get(stamp, "outputs");
    for (size_t i = 0; i < gv_json_count(outputs); i++) {
        const char *path = gv_json_get_text(gv_json_item(outputs, i), "path");
        if (path && strcmp(path, file) == 0)
            return gv_json_get_text(gv_json_item(outputs, i), "xxh128");
    }
    return NULL;
}

int gv_stamp_replaced(const char *path, const char *dir, enum gv_config_stage stage,
                      const char *program, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is not the file that %s wrote here: it was damaged or replaced; run %s "
                        "again (or, if you put it there, remove %s/.stamps/%s.json)",
                        path, program, program, dir, gv_config_stage_name(stage));
}

int gv_stamp_check_output(const char *dir, enum gv_config_stage stage, const char *file,
                          gv_error *err)
{
    gv_json *stamp = NULL;
    char *data = NULL, hex[GV_HASH_HEX];
    size_t bytes = 0;
    char *path = gv_file_path_join(dir, file, err);
    int status = path ? gv_stamp_read(&stamp, dir, stage, err) : GV_E_MEMORY;
    const char *recorded = recorded_hash(stamp, file);
    if (status == GV_OK)
        status = gv_file_reader_whole_if_there(&data, &bytes, path, STAMP_LIMIT, err);
    if (status == GV_OK && !data)
        status = gv_error_set(err, GV_E_USAGE, "%s is missing: run %s first", path,
                              gv_config_stage_program(stage));
    if (status == GV_OK && recorded) {
        gv_hash_hex(gv_hash_of(data, bytes), hex);
        if (strcmp(hex, recorded) != 0)
            status = gv_stamp_replaced(path, dir, stage, gv_config_stage_program(stage), err);
    }
    gv_mem_free(data);
    gv_mem_free(path);
    gv_json_free(stamp);
    return status;
}
