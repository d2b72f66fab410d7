#include "report/verify/gv_verify_scores.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "config/gv_json.h"
#include <stdio.h>
#include <string.h>

enum { LIMIT = 1 << 30, SHORT = 60, PATH = 160 };

static void show_value(char text[SHORT], const gv_json *value)
{
    char *printed = NULL;
    int status = gv_json_print(&printed, value, GV_JSON_ONE_LINE, 15, NULL);
    gv_show_line(text, SHORT, status == GV_OK ? printed : "?");
    gv_mem_free(printed);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool same_value(char *where, const gv_json *a, const gv_json *b, const char *path);

static bool same_items(char *where, const gv_json *a, const gv_json *b, const char *path)
{
    if (gv_json_count(a) != gv_json_count(b)) {
        snprintf(where, GV_VERIFY_SCORES, "%s: %zu entries in the run, %zu made again", path,
                 gv_json_count(a), gv_json_count(b));
        return false;
    }
    for (size_t i = 0; i < gv_json_count(a); i++) {
        const gv_json *item = gv_json_item(a, i);
        const char *file = gv_json_get_text(item, "file"), *name = gv_json_get_text(item, "name");
        const char *of = *file ? base_name(file) : name;
        char longer[PATH];
        snprintf(longer, sizeof longer, "%.70s %zu%s%.30s%s", path, i + 1, *of ? " (" : "", of,
                 *of ? ")" : "");
        if (!same_value(where, item, gv_json_item(b, i), longer))
            return false;
    }
    return true;
}

static bool same_members(char *where, const gv_json *a, const gv_json *b, const char *path)
{
    for (const char *key = NULL; (key = gv_json_next_key(a, key));) {
        char longer[PATH];
        if (strcmp(key, "file") == 0 || strcmp(key, "made_by") == 0 || !gv_json_get(b, key))
            continue;
        snprintf(longer, sizeof longer, "%.80s%s%.30s", path, *path ? ", " : "", key);
        if (!same_value(where, gv_json_get(a, key), gv_json_get(b, key), longer))
            return false;
    }
    return true;
}

static bool same_value(char *where, const gv_json *a, const gv_json *b, const char *path)
{
    char texts[2][SHORT];
    if (gv_json_kind(a) == GV_JSON_OBJECT && gv_json_kind(b) == GV_JSON_OBJECT)
        return same_members(where, a, b, path);
    if (gv_json_kind(a) == GV_JSON_ARRAY && gv_json_kind(b) == GV_JSON_ARRAY)
        return same_items(where, a, b, path);
    if (gv_json_equal(a, b))
        return true;
    show_value(texts[0], a);
    show_value(texts[1], b);
    snprintf(where, GV_VERIFY_SCORES, "%s: %s in the run, %s made again", path, texts[0], texts[1]);
    return false;
}

static int load(gv_json **json, const char *path, gv_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    int status = gv_file_reader_whole(&text, &bytes, path, LIMIT, err);
    *json = NULL;
    if (status == GV_OK)
        status = gv_json_parse_if_valid(json, text, bytes, err);
    gv_mem_free(text);
    return status;
}

int gv_verify_scores_compare(bool *same, char where[GV_VERIFY_SCORES], const char *a, const char *b,
                             gv_error *err)
{
    gv_json *scores[2] = {NULL, NULL};
    *same = false;
    where[0] = '\0';
    int status = load(&scores[0], a, err);
    if (status == GV_OK)
        status = load(&scores[1], b, err);
    if (status == GV_OK && gv_json_kind(scores[0]) != GV_JSON_OBJECT)
        snprintf(where, GV_VERIFY_SCORES, "the run's is damaged: it is not a JSON object");
    else if (status == GV_OK)
        *same = same_value(where, scores[0], scores[1], "");
    gv_json_free(scores[0]);
    gv_json_free(scores[1]);
    return status;
}
