/*
 * gv_clean_internal - the list of glove-clean while it is made: gv_clean.c, and for the parts of a
 * store gv_clean_parts.c.
 */
#ifndef GV_CLEAN_INTERNAL_H
#define GV_CLEAN_INTERNAL_H

#include "config/gv_json.h"
#include "pipeline/gv_clean.h"
#include <sys/stat.h>

/* The stages that have stamps, in order: of each, what it needs comes from those before it. */
enum { GV_CLEAN_STAGES = GV_STAGE_LOCKS };

/* All that is known of a directory while it is looked at. */
typedef struct gv_clean_survey {
    gv_clean *clean;
    unsigned keep;
    bool all;
    gv_json *stamps[GV_CLEAN_STAGES];
    /* an input from outside that is gone or has changed */
    char missing[GV_CLEAN_STAGES][GV_CLEAN_REASON];
} gv_clean_survey;

/* Why the file is not ours; NULL: it is. */
const char *gv_clean_foreign(const gv_clean_survey *s, const char *name, const struct stat *look);
/* Add the file `name`, if it is there. Kind 0: it never stays. */
GV_MUST_USE int gv_clean_consider(gv_clean_survey *s, const char *name, unsigned kind,
                                  enum gv_config_stage stage, gv_error *err);
/* Add the parts of the store, and what was left of writing some. */
GV_MUST_USE int gv_clean_consider_parts(gv_clean_survey *s, gv_error *err);

#endif
