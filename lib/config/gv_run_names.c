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

/* Behind the digits that `text` begins with; NULL if there are none. */
static const char *skip_number(const char *text)
{
    const size_t n = text ? strspn(text, "0123456789") : 0;
    return n > 0 ? text + n : NULL;
}

static const char *skip_text(const char *text, const char *skipped)
{
    const size_t n = strlen(skipped);
    return text && strncmp(text, skipped, n) == 0 ? text + n : NULL;
}

bool gv_run_names_is_part(const char *name, bool unfinished)
{
    enum { HASH = 16 /* digits of the content hash */ };
    const char *at = skip_number(skip_text(skip_number(skip_text(name, "store-")), "of"));
    if (unfinished) {
        at = skip_text(at, ".db.tmp");
        return at && is_ending(at);
    }
    at = skip_text(at, "-");
    return at && strspn(at, "0123456789abcdef") == HASH && strcmp(at + HASH, ".db") == 0;
}

bool gv_run_names_is_output(const char *name)
{
    if (gv_run_names_is_part(name, false) || gv_run_names_is_part(name, true))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(name, names[i], n) == 0 && is_ending(name + n))
            return true;
    }
    return strncmp(name, vectors, strlen(vectors)) == 0;
}
