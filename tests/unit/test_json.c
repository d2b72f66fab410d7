/* gv_json: order and numbers of what is written, failures remembered, forgiving reads. */
#include "base/gv_mem.h"
#include "config/gv_json.h"
#include "support/gv_test.h"
#include <math.h>
#include <string.h>

static void write_sample(gv_json_writer *w)
{
    gv_json_set_text(w, "name", "a \"b\"\xff");
    gv_json_set_int(w, "int", -3);
    gv_json_set_uint(w, "uint", 1ull << 40);
    gv_json_set_real(w, "real", 0.1);
    gv_json_set_real(w, "nan", NAN);
    gv_json_set_bool(w, "yes", true);
    gv_json_set_text(w, "none", NULL);
    gv_json_set_parsed(w, "parsed", "{\"k\":[1]}");
    gv_json_open_array(w, "list");
    gv_json_set_int(w, NULL, 1);
    gv_json_open_object(w, NULL);
    gv_json_set_int(w, "deep", 2);
    gv_json_close(w);
    gv_json_close(w);
    gv_json_set_int(w, "int", 4);
}

#define SAMPLE                                                                                     \
    "{\"name\":\"a \\\"b\\\"\xef\xbf\xbd\",\"int\":4,\"uint\":1099511627776,\"real\":0.1,"         \
    "\"nan\":null,\"yes\":true,\"none\":null,\"parsed\":{\"k\":[1]},\"list\":[1,{\"deep\":2}]}"

Test(json, members_keep_their_order)
{
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_json_writer w = gv_json_begin();
    write_sample(&w);
    gv_assert_ok(gv_json_write(&text, &w, GV_JSON_COMPACT, 15, &err), err);
    cr_assert_str_eq(text, SAMPLE);
    gv_mem_free(text);
}

Test(json, layouts_and_digits)
{
    gv_error err = GV_ERROR_INIT;
    static const struct {
        int layout;
        unsigned digits;
        const char *text;
    } cases[] = {{GV_JSON_COMPACT, 3, "{\"a\":0.333,\"b\":[]}"},
                 {GV_JSON_ONE_LINE, 5, "{\"a\": 0.33333, \"b\": []}"},
                 {2, 1, "{\n  \"a\": 0.3,\n  \"b\": []\n}"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text;
        gv_json_writer w = gv_json_begin();
        gv_json_set_real(&w, "a", 1.0 / 3);
        gv_json_open_array(&w, "b");
        gv_assert_ok(gv_json_write(&text, &w, cases[i].layout, cases[i].digits, &err), err);
        cr_assert_str_eq(text, cases[i].text);
        gv_mem_free(text);
    }
}

Test(json, a_failure_is_remembered)
{
    gv_error err = GV_ERROR_INIT;
    char *text = NULL;
    gv_json_writer w = gv_json_begin();
    gv_json_set_parsed(&w, "bad", "{");
    gv_json_set_int(&w, "good", 1);
    cr_assert_eq(gv_json_write(&text, &w, GV_JSON_COMPACT, 15, &err), GV_E_MEMORY);
    cr_assert_null(text);
    w = gv_json_begin();
    for (int i = 0; i < GV_JSON_DEPTH; i++)
        gv_json_open_object(&w, "deeper");
    err = (gv_error)GV_ERROR_INIT;
    cr_assert_eq(gv_json_write(&text, &w, GV_JSON_COMPACT, 15, &err), GV_E_MEMORY);
    gv_json_clear(&w);
}

Test(json, an_array_wants_no_key_and_an_object_wants_one)
{
    gv_json *value;
    gv_json_writer w = gv_json_begin();
    gv_json_set_int(&w, NULL, 1);
    cr_assert_eq(gv_json_take(&value, &w, NULL), GV_E_MEMORY);
    w = gv_json_begin();
    gv_json_open_array(&w, "list");
    gv_json_set_int(&w, "key", 1);
    cr_assert_eq(gv_json_take(&value, &w, NULL), GV_E_MEMORY);
    cr_assert_null(value);
}

Test(json, reading_is_forgiving)
{
    gv_error err = GV_ERROR_INIT;
    gv_json *value;
    gv_assert_ok(gv_json_parse(&value, SAMPLE, strlen(SAMPLE), &err), err);
    const gv_json *list = gv_json_get(value, "list");
    cr_assert_eq(gv_json_count(list), 2);
    cr_assert_eq(gv_json_int(gv_json_item(list, 0)), 1);
    cr_assert_eq(gv_json_get_number(gv_json_item(list, 1), "deep"), 2.0);
    cr_assert_eq(gv_json_kind(gv_json_get(value, "nan")), GV_JSON_NULL);
    cr_assert(gv_json_is_true(gv_json_get(value, "yes")));
    cr_assert_eq(gv_json_kind(gv_json_item(list, 2)), GV_JSON_MISSING);
    cr_assert_str_eq(gv_json_get_text(list, "no object"), "");
    cr_assert_eq(gv_json_count(value), 0);
    cr_assert_null(gv_json_text(gv_json_get(value, "int")));
    size_t keys = 0;
    for (const char *key = NULL; (key = gv_json_next_key(value, key));)
        keys++;
    cr_assert_eq(keys, 9);
    gv_json_free(value);
}

Test(json, text_that_is_not_json_is_located)
{
    gv_error err = GV_ERROR_INIT;
    gv_json *value;
    cr_assert_eq(gv_json_parse(&value, "{\n \"a\": x}", 11, &err), GV_E_CORRUPT);
    cr_assert_null(value);
    cr_assert_eq(strncmp(err.text, "line 2, column 7: ", 18), 0, "%s", err.text);
}

/* The text with a string that outgrows jansson's first buffers, read and written again. */
static int copy_text(char **copy, const char *text, gv_error *err)
{
    gv_json *value;
    *copy = NULL;
    int status = gv_json_parse(&value, text, strlen(text), err);
    if (status == GV_OK)
        status = gv_json_print(copy, value, GV_JSON_COMPACT, 15, err);
    gv_json_free(value);
    return status;
}

Test(json, every_failed_allocation_is_told)
{
    char text[3000];
    memset(text, 'a', sizeof text);
    memcpy(text, "{\"k\":[1.5,\"", 11);
    memcpy(text + sizeof text - 4, "\"]}", 4);
    for (int forever = 0; forever < 2; forever++) {
        unsigned failed = 0;
        for (uint64_t n = 1, calls = n; calls + 1 >= n; n++) {
            gv_error err = GV_ERROR_INIT;
            char *copy;
            gv_mem_fail_at(n, forever);
            int status = copy_text(&copy, text, &err);
            calls = gv_mem_calls();
            gv_mem_fail_at(0, 0);
            failed += status != GV_OK;
            if (status == GV_OK)
                cr_assert_str_eq(copy, text);
            else
                cr_assert_eq(status, GV_E_MEMORY, "allocation %lu: %s", (unsigned long)n, err.text);
            gv_mem_free(copy);
        }
        cr_assert_gt(failed, 10);
    }
}

Test(json, a_writer_tells_a_failed_allocation)
{
    for (uint64_t n = 1, calls = n; calls + 1 >= n; n++) {
        gv_error err = GV_ERROR_INIT;
        char *text;
        gv_mem_fail_at(n, 0);
        gv_json_writer w = gv_json_begin();
        write_sample(&w);
        int status = gv_json_write(&text, &w, GV_JSON_COMPACT, 15, &err);
        calls = gv_mem_calls();
        gv_mem_fail_at(0, 0);
        if (status == GV_OK)
            cr_assert_str_eq(text, SAMPLE);
        else
            cr_assert_eq(status, GV_E_MEMORY);
        gv_mem_free(text);
    }
}
