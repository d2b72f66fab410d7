/* The names of formats, and of files that hold them. */
#include "convert/gv_convert_format.h"

#include <string.h>

static const struct format_names {
    enum gv_config_format format;
    const char *name;
    const char *endings[4]; /* of file names */
} formats[] = {
    {GV_FORMAT_TEXT, "text", {".txt", ".vec", ".glove"}},
    /* before word2vec, whose ending is a part of this one */
    {GV_FORMAT_FASTTEXT, "fasttext", {".ft.bin"}},
    {GV_FORMAT_WORD2VEC, "word2vec", {".bin", ".w2v"}},
    {GV_FORMAT_SQLITE, "sqlite", {".db", ".sqlite", ".sqlite3"}},
    {GV_FORMAT_SAFETENSORS, "safetensors", {".safetensors"}},
    {GV_FORMAT_NPY, "npy", {".npy"}},
    {GV_FORMAT_PROJECTOR, "projector", {".tsv"}},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

const char *gv_convert_format_name(enum gv_config_format format)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].format == format)
            return formats[i].name;
    return "unknown";
}

int gv_convert_format(enum gv_config_format *format, const char *name, gv_error *err)
{
    const char *names[FORMATS];
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i].name;
        if (strcmp(name, formats[i].name) == 0) {
            *format = formats[i].format;
            return GV_OK;
        }
    }
    const char *near = gv_config_nearest_name(name, names, FORMATS);
    return gv_error_set(
        err, GV_E_USAGE,
        "unknown format '%s'%s%s%s; formats are text, word2vec, fasttext, sqlite, safetensors, "
        "npy, projector",
        name, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

int gv_convert_format_of_path(enum gv_config_format *format, const char *path, gv_error *err)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < FORMATS; i++)
        for (size_t k = 0; k < 4 && formats[i].endings[k]; k++)
            if (strlen(formats[i].endings[k]) <= length &&
                strcmp(path + length - strlen(formats[i].endings[k]), formats[i].endings[k]) == 0) {
                *format = formats[i].format;
                return GV_OK;
            }
    return gv_error_set(err, GV_E_USAGE,
                        "%s: cannot tell the format from the name; add --to FORMAT (text, "
                        "word2vec, fasttext, sqlite, safetensors, npy, projector)",
                        path);
}
