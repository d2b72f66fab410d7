/* JSON by jansson. A gv_json is a json_t; only its reference count changes behind a const. */
#include "config/gv_json.h"

#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "base/gv_utf8.h"
#include "config/gv_jansson.h"
#include <math.h>
#include <string.h>

/* jansson's iterators and reference counts want a value that is not const. */
static json_t *mutable(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

/* --- writing ---------------------------------------------------------------------------------- */

gv_json_writer gv_json_begin(void)
{
    gv_json_writer writer = {.failures = gv_library_mem_failures()};
    writer.open[0] = json_object();
    writer.depth = 1;
    writer.failed = writer.open[0] == NULL;
    return writer;
}

void gv_json_fail(gv_json_writer *writer)
{
    writer->failed = true;
}

void gv_json_clear(gv_json_writer *writer)
{
    json_decref(writer->open[0]);
    *writer = (gv_json_writer){.failed = true};
}

/* Takes `value`; NULL is one that could not be made. */
static void put(gv_json_writer *writer, const char *key, json_t *value)
{
    json_t *to = writer->failed ? NULL : writer->open[writer->depth - 1];
    const int failed = key ? json_object_set_new(to, key, value) : json_array_append_new(to, value);
    if (failed)
        writer->failed = true;
}

void gv_json_set_int(gv_json_writer *writer, const char *key, int64_t value)
{
    put(writer, key, json_integer(value));
}

void gv_json_set_uint(gv_json_writer *writer, const char *key, uint64_t value)
{
    put(writer, key, json_integer((json_int_t)value));
}

void gv_json_set_real(gv_json_writer *writer, const char *key, double value)
{
    put(writer, key, isfinite(value) ? json_real(value) : json_null());
}

void gv_json_set_bool(gv_json_writer *writer, const char *key, bool value)
{
    put(writer, key, json_boolean(value));
}

/* A string of text that is not UTF-8. */
static json_t *repaired(const char *text)
{
    char *clean = gv_mem_alloc(strlen(text), 3, NULL), *to = clean;
    if (!clean)
        return NULL;
    while (*text != '\0') {
        const char *start = text;
        const bool bad = gv_utf8_next(&text) == 0xfffd;
        const size_t bytes = bad ? 3 : (size_t)(text - start);
        memcpy(to, bad ? "\xef\xbf\xbd" : start, bytes);
        to += bytes;
    }
    json_t *string = json_stringn(clean, (size_t)(to - clean));
    gv_mem_free(clean);
    return string;
}

void gv_json_set_text(gv_json_writer *writer, const char *key, const char *text)
{
    if (!text)
        gv_json_set_null(writer, key);
    else
        put(writer, key, gv_utf8_valid(text, strlen(text)) ? json_string(text) : repaired(text));
}

void gv_json_set_null(gv_json_writer *writer, const char *key)
{
    put(writer, key, json_null());
}

void gv_json_set_value(gv_json_writer *writer, const char *key, const gv_json *value)
{
    put(writer, key, json_incref(mutable(value)));
}

void gv_json_set_parsed(gv_json_writer *writer, const char *key, const char *json)
{
    json_t *value;
    if (gv_jansson_load(&value, json, strlen(json), 0, NULL, NULL) != GV_OK)
        writer->failed = true;
    put(writer, key, value);
}

static void open_container(gv_json_writer *writer, const char *key, json_t *container)
{
    put(writer, key, container);
    if (writer->depth == GV_JSON_DEPTH)
        writer->failed = true;
    if (!writer->failed)
        writer->open[writer->depth++] = container;
}

void gv_json_open_object(gv_json_writer *writer, const char *key)
{
    open_container(writer, key, json_object());
}

void gv_json_open_array(gv_json_writer *writer, const char *key)
{
    open_container(writer, key, json_array());
}

void gv_json_close(gv_json_writer *writer)
{
    if (!writer->failed)
        writer->depth--;
}

int gv_json_take(gv_json **value, gv_json_writer *writer, gv_error *err)
{
    const bool failed = writer->failed || writer->failures != gv_library_mem_failures();
    *value = failed ? NULL : json_incref(writer->open[0]);
    gv_json_clear(writer);
    return failed ? gv_error_set(err, GV_E_MEMORY, "out of memory for JSON") : GV_OK;
}

/* --- text ------------------------------------------------------------------------------------- */

int gv_json_print(char **text, const gv_json *value, int layout, unsigned digits, gv_error *err)
{
    size_t flags = layout == GV_JSON_COMPACT ? JSON_COMPACT : JSON_INDENT((size_t)layout);
    flags |= JSON_ENCODE_ANY | JSON_REAL_PRECISION((size_t)digits);
    return gv_jansson_dump(text, value, flags, err);
}

int gv_json_write(char **text, gv_json_writer *writer, int layout, unsigned digits, gv_error *err)
{
    gv_json *value = NULL;
    *text = NULL;
    int status = gv_json_take(&value, writer, err);
    if (status == GV_OK)
        status = gv_json_print(text, value, layout, digits, err);
    gv_json_free(value);
    return status;
}

int gv_json_parse(gv_json **value, const char *text, size_t bytes, gv_error *err)
{
    json_error_t where;
    int status = gv_jansson_load(value, text, bytes, 0, &where, err);
    if (status != GV_OK || *value)
        return status;
    return gv_error_set(err, GV_E_CORRUPT, "line %d, column %d: %s", where.line, where.column,
                        where.text);
}

int gv_json_parse_if_valid(gv_json **value, const char *text, size_t bytes, gv_error *err)
{
    return gv_jansson_load(value, text, bytes, 0, NULL, err);
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

int gv_json_next_text(gv_json **value, const char **at, const char *end, gv_error *err)
{
    json_error_t where;
    const char *start = skip_blanks(*at, end);
    *value = NULL;
    if (start < end && *start == ']' && skip_blanks(start + 1, end) == end) {
        *at = end;
        return GV_OK;
    }
    if (start == end || (*start != '[' && *start != ','))
        return GV_OK;
    const bool first = *start == '[';
    start = skip_blanks(start + 1, end);
    if (first && start < end && *start == ']' && skip_blanks(start + 1, end) == end) {
        *at = end;
        return GV_OK;
    }
    if (start == end || *start != '"')
        return GV_OK;
    int status =
        gv_jansson_load(value, start, (size_t)(end - start),
                        JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_ALLOW_NUL, &where, err);
    if (status == GV_OK && *value)
        *at = start + where.position;
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

void gv_json_free(gv_json *value)
{
    json_decref(value);
}

enum gv_json_kind gv_json_kind(const gv_json *value)
{
    if (!value)
        return GV_JSON_MISSING;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return GV_JSON_OBJECT;
    case JSON_ARRAY:
        return GV_JSON_ARRAY;
    case JSON_STRING:
        return GV_JSON_TEXT;
    case JSON_INTEGER:
        return GV_JSON_INT;
    case JSON_REAL:
        return GV_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return GV_JSON_BOOL;
    default:
        return GV_JSON_NULL;
    }
}

bool gv_json_equal(const gv_json *a, const gv_json *b)
{
    return json_equal(mutable(a), mutable(b)) != 0;
}

const gv_json *gv_json_get(const gv_json *object, const char *key)
{
    return json_object_get(object, key);
}

const char *gv_json_next_key(const gv_json *object, const char *key)
{
    json_t *o = mutable(object);
    return json_object_iter_key(key ? json_object_iter_next(o, json_object_iter_at(o, key))
                                    : json_object_iter(o));
}

size_t gv_json_count(const gv_json *array)
{
    return json_array_size(array);
}

const gv_json *gv_json_item(const gv_json *array, size_t i)
{
    return json_array_get(array, i);
}

const char *gv_json_text(const gv_json *value)
{
    return json_string_value(value);
}

size_t gv_json_text_length(const gv_json *value)
{
    return json_string_length(value);
}

double gv_json_number(const gv_json *value)
{
    return json_number_value(value);
}

int64_t gv_json_int(const gv_json *value)
{
    return json_integer_value(value);
}

uint64_t gv_json_item_uint(const gv_json *array, size_t i)
{
    const int64_t value = gv_json_int(gv_json_item(array, i));
    return value > 0 ? (uint64_t)value : 0;
}

bool gv_json_is_true(const gv_json *value)
{
    return json_is_true(value);
}

bool gv_json_is_number(const gv_json *value)
{
    return json_is_number(value);
}

const char *gv_json_get_text(const gv_json *object, const char *key)
{
    const char *text = gv_json_text(gv_json_get(object, key));
    return text ? text : "";
}

double gv_json_get_number(const gv_json *object, const char *key)
{
    return gv_json_number(gv_json_get(object, key));
}
