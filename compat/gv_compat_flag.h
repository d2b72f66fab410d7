/*
 * gv_compat_flag - the flags of the reference's programs: one table per program decides what is
 * read, what the help says and what docs/compat.md lists.
 *
 * A flag has one dash and a value: `-window-size 10`. Flags come in any order, and the first of two
 * equal ones counts, as in the reference. A flag that the table does not have is ignored, as in the
 * reference, but not in silence.
 *
 * Threads: the main thread.
 */
#ifndef GV_COMPAT_FLAG_H
#define GV_COMPAT_FLAG_H

#include "base/gv_error.h"
#include "base/gv_text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_compat_flag_kind { GV_COMPAT_FLAG_WHOLE, GV_COMPAT_FLAG_REAL, GV_COMPAT_FLAG_FILE };

typedef struct gv_compat_flag {
    const char *name; /* with its dash */
    enum gv_compat_flag_kind kind;
    const char *standard; /* the value if the flag is not given, as text */
    double least, most;   /* of numbers */
    const char *help;     /* what it does: a sentence without its period */
    const char *here;     /* where this differs from the reference, for docs/compat.md; or NULL */
} gv_compat_flag;

typedef struct gv_compat_flag_value {
    bool given;
    int64_t whole;
    double real;
    const char *text; /* borrowed from the arguments or the table */
} gv_compat_flag_value;

/* Says one line about an argument that is ignored. */
typedef void gv_compat_flag_say(void *context, const char *line);

/* Read the arguments behind argv[0]. `values`: [n], one for each flag, filled also for those that
 * are not given. GV_E_USAGE naming the flag: no value behind it, no number, a number out of range.
 */
GV_MUST_USE int gv_compat_flag_parse(gv_compat_flag_value *values, const gv_compat_flag *flags,
                                     size_t n, char **argv, gv_compat_flag_say *say, void *context,
                                     gv_error *err);

/* Append the list of flags for the help, or the rows of a Markdown table. */
void gv_compat_flag_usage(gv_text *text, const gv_compat_flag *flags, size_t n);
void gv_compat_flag_markdown(gv_text *text, const gv_compat_flag *flags, size_t n);

#endif
