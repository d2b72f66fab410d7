#include "config/gv_run_names.h"

#include "base/gv_sqlite.h"
#include <stddef.h>
#include <string.h>

/* The files that the programs write, without those of glove-train whose names depend on the format
 * of the vectors. */
static const char *const names[] = {
    GV_FILE_CONFIG,     GV_FILE_VOCAB,   GV_FILE_COUNTS,  GV_FILE_STORE,   GV_FILE_IDS,
    GV_FILE_CHECKPOINT, GV_FILE_HISTORY, GV_FILE_METRICS, GV_FILE_EVAL,    GV_FILE_REPORT,
    GV_FILE_SUBWORDS,   GV_FILE_EMBED,   "metadata.tsv",  GV_FILE_PHRASES, GV_FILE_ITEMS,
};
static const char vectors[] = "vectors.";

/* What may stand behind a name: temporary files, and those that SQLite keeps beside a database. */
static bool is_ending(const char *rest)
{
    if (strncmp(rest, ".tmp", 4) == 0)
        rest += 4;
    return *rest == '\0' || gv_sqlite_is_beside(rest);
}

bool gv_run_names_is_output(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(name, names[i], n) == 0 && is_ending(name + n))
            return true;
    }
    return strncmp(name, vectors, strlen(vectors)) == 0;
}
