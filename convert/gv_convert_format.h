/*
 * gv_convert_format - the names of formats, and the names of files that tell them.
 *
 * Threads: any.
 */
#ifndef GV_CONVERT_FORMAT_H
#define GV_CONVERT_FORMAT_H

#include "base/gv_error.h"
#include "config/gv_config.h"

/* The format called `name` ("text", "word2vec", ...); an unknown one is GV_E_USAGE with the
 * nearest. */
GV_MUST_USE int gv_convert_format(enum gv_config_format *format, const char *name, gv_error *err);
/* The format that the name of a file implies; GV_E_USAGE if it implies none. */
GV_MUST_USE int gv_convert_format_of_path(enum gv_config_format *format, const char *path,
                                          gv_error *err);
/* The name of a format; static. */
const char *gv_convert_format_name(enum gv_config_format format);

#endif
