/*
 * JSON lines. Each line is read by jansson. What other programs write though it is no JSON (NaN,
 * halves of surrogate pairs, control characters in strings, ill-formed UTF-8) is replaced, in a
 * line that jansson refuses, and it is tried once more.
 */
#include "text/gv_records_internal.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_jansson.h"
#include <ctype.h>
#include <string.h>

enum { FIELDS_MOST = 30 }; /* names that are listed */

/* --- where records end ------------------------------------------------------------------------ */

static size_t cut_lines(gv_records *r, const gv_records_part *part, size_t from)
{
    (void)r;
    const uint8_t *newline = memrchr(part->raw + from, '\n', part->raw_used - from);
    return newline ? (size_t)(newline - part->raw) + 1 : 0;
}

/* --- the field -------------------------------------------------------------------------------- */

/* What was found of the wanted fields of a record. */
typedef struct finding {
    gv_records_part *part;
    size_t start; /* of its text */
    bool text, other;
    int status;
} finding;

/* Strings, and lists of strings. */
static void add_value(finding *f, const json_t *value, gv_error *err)
{
    if (json_is_string(value)) {
        if (f->text && f->status == GV_OK)
            f->status = gv_records_put(f->part, " ", 1, err);
        if (f->status == GV_OK)
            f->status =
                gv_records_put(f->part, json_string_value(value), json_string_length(value), err);
        f->text = true;
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            add_value(f, json_array_get(value, i), err);
    } else {
        f->other |= value && !json_is_null(value);
    }
}

static void find(finding *f, const json_t *value, const char *path, gv_error *err);

/* Into the elements of a list: the one with this number, or all of them. */
static void find_in_list(finding *f, const json_t *list, const char *path, gv_error *err)
{
    size_t digits = strspn(path, "0123456789");
    if (digits > 0 && digits < 10 && (path[digits] == '.' || path[digits] == '\0')) {
        size_t index = 0;
        for (size_t i = 0; i < digits; i++)
            index = index * 10 + (size_t)(path[i] - '0');
        find(f, json_array_get(list, index), path[digits] ? path + digits + 1 : "", err);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        find(f, json_array_get(list, i), path, err);
}

/* Follow a path with dots. A name may contain some itself: the first part of the path that is a
 * name in the object counts, but before all others the whole path. */
static void find(finding *f, const json_t *value, const char *path, gv_error *err)
{
    if (*path == '\0' || !value) {
        add_value(f, value, err);
        return;
    }
    if (json_is_array(value)) {
        find_in_list(f, value, path, err);
        return;
    }
    const json_t *whole = json_object_get(value, path);
    if (whole) {
        add_value(f, whole, err);
        return;
    }
    for (const char *dot = strchr(path, '.'); dot && json_is_object(value);
         dot = strchr(dot + 1, '.')) {
        const json_t *inner = json_object_getn(value, path, (size_t)(dot - path));
        if (inner) {
            find(f, inner, dot + 1, err);
            return;
        }
    }
}

static int take_record(gv_records_part *part, const json_t *record, gv_error *err)
{
    const gv_strings *fields = part->records->options.fields;
    finding f = {.part = part, .start = part->text_used};
    for (size_t i = 0; i < fields->n && f.status == GV_OK; i++)
        find(&f, record, strcmp(fields->items[i], ".") == 0 ? "" : fields->items[i], err);
    if (f.status != GV_OK)
        return f.status;
    if (f.text)
        return gv_records_end(part, err);
    part->counts.not_text += f.other;
    part->counts.without += !f.other;
    return GV_OK;
}

/* --- names of fields -------------------------------------------------------------------------- */

static void list_fields(gv_text *list, const json_t *value, const char *before, unsigned *left)
{
    const char *key;
    json_t *inner;
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        if (*left == 0)
            return;
        char path[256];
        if ((size_t)snprintf(path, sizeof path, "%s%s%s", before, *before ? "." : "", key) >=
            sizeof path)
            continue;
        const json_t *item = json_is_array(inner) ? json_array_get(inner, 0) : inner;
        if (json_is_object(item) && json_object_size(item) > 0) {
            list_fields(list, item, path, left);
            continue;
        }
        gv_text_printf(list, "%s%s", list->used > 0 ? ", " : "", path);
        --*left;
    }
}

/* --- a line ----------------------------------------------------------------------------------- */

/* A string from `at`, behind its quotation mark: replace what jansson would refuse. Returns the
 * place of the mark at its end. */
static size_t mend_string(uint8_t *line, size_t n, size_t at, uint64_t *mended)
{
    bool high = false; /* the escape before was the first half of a pair */
    while (at < n && line[at] != '"') {
        bool second = false, first = false;
        if (line[at] < ' ') {
            line[at] = ' ';
        } else if (line[at] == '\\' && at + 5 < n && line[at + 1] == 'u') {
            char digits[5] = {0};
            memcpy(digits, line + at + 2, 4);
            uint32_t point = (uint32_t)strtoul(digits, NULL, 16);
            first = point >= 0xd800 && point < 0xdc00;
            second = point >= 0xdc00 && point < 0xe000;
            bool paired = second && high;
            if (first && at + 11 < n && line[at + 6] == '\\' && line[at + 7] == 'u') {
                memcpy(digits, line + at + 8, 4);
                point = (uint32_t)strtoul(digits, NULL, 16);
                paired = point >= 0xdc00 && point < 0xe000;
            }
            if ((first || second) && !paired) {
                memcpy(line + at + 2, "fffd", 4);
                ++*mended;
            }
            first &= paired;
            at += 5;
        } else if (line[at] == '\\' && at + 1 < n) {
            at++;
        }
        high = first;
        at++;
    }
    return at;
}

/* NaN and infinities, as Python writes them, become numbers of the same length. */
static void mend_number(uint8_t *line, size_t n, size_t at)
{
    if (n - at >= 3 && memcmp(line + at, "NaN", 3) == 0)
        memcpy(line + at, "0.0", 3);
    else if (n - at >= 8 && memcmp(line + at, "Infinity", 8) == 0)
        memcpy(line + at, "0.000000", 8);
}

/* Ill-formed UTF-8 becomes U+FFFD, in a copy if there is any. */
static int mend_utf8(char **copy, const uint8_t *line, size_t *n, uint64_t *mended, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const uint8_t *end = line + *n;
    *copy = NULL;
    if (gv_utf8_valid((const char *)line, *n))
        return GV_OK;
    while (line < end) {
        bool good;
        size_t unit = gv_utf8_unit(line, end, &good);
        if (unit == 0) {
            unit = (size_t)(end - line);
            good = false;
        }
        gv_text_add_bytes(&text, good ? (const void *)line : "\xef\xbf\xbd", good ? unit : 3);
        *mended += !good;
        line += unit;
    }
    *n = text.used;
    return gv_text_take(copy, &text, err);
}

/* Once more, after replacing what can be replaced; the line's bytes are changed. */
static int parse_mended(json_t **value, gv_records_part *part, uint8_t *line, size_t n,
                        json_error_t *where, gv_error *err)
{
    char *copy = NULL;
    uint64_t mended = 0;
    for (size_t at = 0; at < n; at++) {
        if (line[at] == '"')
            at = mend_string(line, n, at + 1, &mended);
        else if (line[at] == 'N' || line[at] == 'I')
            mend_number(line, n, at);
    }
    int status = mend_utf8(&copy, line, &n, &mended, err);
    if (status == GV_OK)
        status =
            gv_jansson_load(value, copy ? copy : (const char *)line, n,
                            JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, where, err);
    if (*value)
        part->counts.invalid_utf8 += mended;
    gv_mem_free(copy);
    return status;
}

static int refuse(gv_records_part *part, const uint8_t *line, size_t n, const json_error_t *where,
                  gv_error *err)
{
    bool first = part->first && part->counts.records + part->counts.without == 0;
    bool opens = n > 0 && (*line == '[' || *line == '{') &&
                 json_error_code(where) == json_error_premature_end_of_input;
    part->bad_line = gv_records_line(part, (size_t)(line - part->raw));
    if (first && opens)
        return gv_error_set(err, GV_E_CORRUPT,
                            "this record goes on in the next line; JSON lines have one record a "
                            "line: jq -c %s FILE.json > FILE.jsonl",
                            *line == '[' ? "'.[]'" : ".");
    return gv_error_set(err, GV_E_CORRUPT, "not JSON: %s (column %d)%s", where->text, where->column,
                        first ? "; corpus.format \"jsonl\" is one JSON record a line" : "");
}

static int read_line(gv_records_part *part, uint8_t *line, size_t n, gv_error *err)
{
    json_t *record = NULL;
    json_error_t where;
    int status = gv_jansson_load(&record, (const char *)line, n, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                                 &where, err);
    if (status == GV_OK && !record)
        status = parse_mended(&record, part, line, n, &where, err);
    if (status == GV_OK && !record)
        return refuse(part, line, n, &where, err);
    if (status == GV_OK)
        status = take_record(part, record, err);
    if (status == GV_OK && part->first && part->fields.used == 0) {
        unsigned left = FIELDS_MOST;
        const json_t *shown = json_is_array(record) ? json_array_get(record, 0) : record;
        list_fields(&part->fields, shown, "", &left);
    }
    json_decref(record);
    return status;
}

static int read_lines(gv_records_part *part, gv_error *err)
{
    uint8_t *at = part->raw + part->raw_at, *end = part->raw + part->raw_used;
    int status = GV_OK;
    while (at < end && status == GV_OK) {
        uint8_t *newline = memchr(at, '\n', (size_t)(end - at)), *last = newline ? newline : end;
        uint8_t *next = newline ? newline + 1 : end;
        while (at < last && isspace(*at))
            at++;
        while (last > at && isspace(last[-1]))
            last--;
        if (last > at)
            status = read_line(part, at, (size_t)(last - at), err);
        at = next;
    }
    return status;
}

const gv_records_kind gv_records_jsonl = {.cut = cut_lines, .work = read_lines};
