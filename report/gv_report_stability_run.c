#include "report/gv_report_stability_run.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)16 << 20)

static gv_json *read_stability(const char *run_dir)
{
    gv_json *json = NULL;
    char *path = gv_file_path_join(run_dir, "../stability.json", NULL), *text = NULL;
    size_t bytes = 0;
    if (path && gv_file_reader_whole_if_there(&text, &bytes, path, FILE_LIMIT, NULL) == GV_OK &&
        text && gv_json_parse_if_valid(&json, text, bytes, NULL) != GV_OK)
        json = NULL;
    gv_mem_free(text);
    gv_mem_free(path);
    return json;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The group that has the run called `name`; NULL: none. */
static const gv_json *find_group(const gv_json *stability, const char *name)
{
    const gv_json *groups = gv_json_get(stability, "groups");
    for (size_t g = 0; g < gv_json_count(groups); g++) {
        const gv_json *runs = gv_json_get(gv_json_item(groups, g), "runs");
        for (size_t r = 0; r < gv_json_count(runs); r++) {
            const char *run = gv_json_text(gv_json_item(runs, r));
            if (run && strcmp(last_name(run), name) == 0)
                return gv_json_item(groups, g);
        }
    }
    return NULL;
}

void gv_report_stability_run_write(FILE *out, const char *run_dir)
{
    char *whole = realpath(run_dir, NULL); /* "." and "x/" have no name of their own */
    gv_json *stability = whole ? read_stability(whole) : NULL;
    const gv_json *group = whole ? find_group(stability, last_name(whole)) : NULL;
    const double words = gv_json_get_number(group, "words");
    if (words > 0.0)
        fprintf(out,
                "<p>Of the %.0f nearest neighbours of a word, %.0f %% come back on average in runs "
                "with other seeds (%zu runs). The neighbours of %.0f %% of the words can be "
                "trusted, those of %.0f %% cannot; <code>stability.html</code> in the folder above "
                "has each word.</p>\n",
                gv_json_get_number(stability, "neighbours"),
                100.0 * gv_json_get_number(group, "overlap"),
                gv_json_count(gv_json_get(group, "runs")),
                100.0 * gv_json_get_number(group, "trusted") / words,
                100.0 * gv_json_get_number(group, "untrusted") / words);
    gv_json_free(stability);
    free(whole);
}
