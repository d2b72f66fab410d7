/*
 * gv_stability_write - a gv_stability as stability.tsv and stability.json (docs/formats.md).
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_STABILITY_WRITE_H
#define GV_STABILITY_WRITE_H

#include "analysis/gv_stability.h"
#include "config/gv_json.h"

/* What is not in the measurement itself: for each of its groups the settings in which it differs
 * from the others (an object, NULL for none) and the same as text, for each run its directory and
 * its group. All borrowed. */
typedef struct gv_stability_write_names {
    const gv_json *const *set;  /* [groups] */
    const char *const *label;   /* [groups] */
    const char *const *run;     /* [runs] */
    const size_t *group_of_run; /* [runs] */
} gv_stability_write_names;

/* A line of column names, then one for each word of each group. The caller frees the text. */
GV_MUST_USE int gv_stability_write_tsv(char **text, const gv_stability *stability,
                                       const gv_stability_write_names *names, gv_error *err);
/* The numbers of each group and band, and its most and least stable words. Released with
 * gv_json_free. */
GV_MUST_USE int gv_stability_write_json(gv_json **json, const gv_stability *stability,
                                        const gv_stability_write_names *names, gv_error *err);

#endif
