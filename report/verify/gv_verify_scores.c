#include "report/verify/gv_verify_scores.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "config/gv_json.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT = 1 << 30, SHORT = 60, PATH = 160, PATH_FIELD = 4096 };

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

/* --- eval.tsv --------------------------------------------------------------------------------- */

/* Compare two lines field by field; of field `names` only what is behind the last slash. If they
 * differ, `*field` is its number from 1. */
static bool same_line(const char *a, const char *b, size_t names, size_t *field)
{
    for (*field = 1;; (*field)++) {
        char parts[2][PATH_FIELD];
        const size_t n[2] = {strcspn(a, "\t"), strcspn(b, "\t")};
        if (*field == names) {
            snprintf(parts[0], PATH_FIELD, "%.*s", (int)n[0], a);
            snprintf(parts[1], PATH_FIELD, "%.*s", (int)n[1], b);
            if (strcmp(base_name(parts[0]), base_name(parts[1])) != 0)
                return false;
        } else if (n[0] != n[1] || memcmp(a, b, n[0]) != 0) {
            return false;
        }
        a += n[0];
        b += n[1];
        if (*a != *b || !*a)
            return *a == *b;
        a++;
        b++;
    }
}

/* The number of the column "file", from 1; 0: there is none. */
static size_t file_column(const char *titles)
{
    for (size_t number = 1;; number++) {
        const size_t n = strcspn(titles, "\t");
        if (n == 4 && memcmp(titles, "file", 4) == 0)
            return number;
        if (!titles[n])
            return 0;
        titles += n + 1;
    }
}

static void say_field(char *where, uint64_t line, size_t field, const char *a, const char *b)
{
    char texts[2][SHORT];
    const char *lines[] = {a, b};
    for (int i = 0; i < 2; i++) {
        char whole[PATH_FIELD];
        const char *at = lines[i];
        for (size_t k = 1; k < field && *at; k++)
            at += strcspn(at, "\t") + (at[strcspn(at, "\t")] == '\t');
        snprintf(whole, sizeof whole, "%.*s", (int)strcspn(at, "\t"), at);
        gv_show_line(texts[i], SHORT, whole);
    }
    snprintf(where, GV_VERIFY_SCORES,
             "line %" PRIu64 ", field %zu: \"%s\" in the run, \"%s\" made again", line, field,
             texts[0], texts[1]);
}

static int compare_lines(bool *same, char *where, gv_file_reader *const files[2], gv_error *err)
{
    char *lines[2];
    size_t length, names = 0, field = 0;
    for (uint64_t number = 1; *same; number++) {
        for (int i = 0; i < 2; i++) {
            int status = gv_file_reader_line(files[i], &lines[i], &length, err);
            if (status != GV_OK)
                return status;
        }
        if (!lines[0] || !lines[1]) {
            *same = !lines[0] && !lines[1];
            if (!*same)
                snprintf(where, GV_VERIFY_SCORES, "the %s ends before line %" PRIu64,
                         lines[0] ? "one made again" : "run's", number);
            return GV_OK;
        }
        names = number == 1 ? file_column(lines[0]) : names;
        *same = same_line(lines[0], lines[1], names, &field);
        if (!*same)
            say_field(where, number, field, lines[0], lines[1]);
    }
    return GV_OK;
}

int gv_verify_scores_compare_items(bool *same, char where[GV_VERIFY_SCORES], const char *a,
                                   const char *b, gv_error *err)
{
    gv_file_reader *files[2] = {NULL, NULL};
    *same = true;
    where[0] = '\0';
    int status = gv_file_reader_open(&files[0], a, err);
    if (status == GV_OK)
        status = gv_file_reader_open(&files[1], b, err);
    if (status == GV_OK)
        status = compare_lines(same, where, files, err);
    gv_file_reader_close(files[0]);
    gv_file_reader_close(files[1]);
    return status;
}
