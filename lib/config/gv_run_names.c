#include "config/gv_run_names.h"

#include <stddef.h>
#include <string.h>

bool gv_run_names_is_output(const char *name)
{
    static const char *const names[] = {
        GV_FILE_CONFIG, GV_FILE_VOCAB,      GV_FILE_COUNTS,  GV_FILE_STORE,
        GV_FILE_IDS,    GV_FILE_CHECKPOINT, GV_FILE_HISTORY, GV_FILE_METRICS,
        GV_FILE_EVAL,   GV_FILE_REPORT,     "metadata.tsv",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "vectors.", strlen("vectors.")) == 0;
}
