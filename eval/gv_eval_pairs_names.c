#include "eval/gv_eval_pairs_names.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { NAME_BYTES = 64 };

/* The letters and digits of a name; those of ASCII in lower case. */
static void plain_name(char *to, const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < NAME_BYTES; name++)
        if (isalnum((unsigned char)*name) || (unsigned char)*name >= 0x80)
            to[n++] = (char)tolower((unsigned char)*name);
    to[n] = '\0';
}

static bool holds_one_of(const char *name, const char *const *parts)
{
    for (; *parts; parts++)
        if (strstr(name, *parts))
            return true;
    return false;
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

enum gv_eval_pairs_names_score gv_eval_pairs_names_score_of(const char *name)
{
    static const char *const other[] = {"rank",  "index",  "std",   "dev",   "var",   "concw",
                                        "concq", "concre", "count", "freq",  "assoc", "lineno",
                                        "numr",  "nrat",   "rater", "annot", "vote",  NULL};
    static const char *const likely[] = {"score", "simil", "relat", "rating", "mean", "aver",
                                         "avg",   "human", "gold",  "simlex", "judg", NULL};
    static const char *const never[] = {"", "id", "no", "nr", "n", "number", "line", "row", NULL};
    static const char *const surely[] = {"score", "similarity", "relatedness", "rating",
                                         "mean",  "average",    "gold",        NULL};
    char plain[NAME_BYTES];
    plain_name(plain, name);
    if (is_one_of(plain, never) || strncmp(plain, "sd", 2) == 0 || holds_one_of(plain, other))
        return GV_EVAL_PAIRS_NAMES_NEVER;
    return is_one_of(plain, surely)      ? GV_EVAL_PAIRS_NAMES_SURELY
           : holds_one_of(plain, likely) ? GV_EVAL_PAIRS_NAMES_LIKELY
                                         : GV_EVAL_PAIRS_NAMES_PERHAPS;
}
