/* sweep.json: written and read back, and damaged in all ways. */
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gv_json *parse(const char *text)
{
    gv_json *value;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_json_parse(&value, text, strlen(text), &err), err);
    return value;
}

/* A sweep.json of this text; its folder. */
static const char *folder_with(const char *text)
{
    const char *path = gv_test_write_text("sweep.json", text);
    static char dir[4096];
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    return dir;
}

/* Two runs, one of them failed. */
static void fill(gv_sweep_file *file)
{
    gv_json *first = parse("{\"train.dim\":50}"), *second = parse("{\"train.eta\":0.05}");
    *file = (gv_sweep_file){.name = gv_mem_strdup("tiny", NULL),
                            .config = gv_mem_strdup("configs/tiny.json", NULL),
                            .grid = parse("{\"train.dim\":[50]}"),
                            .base = parse("{\"train\":{\"dim\":100}}")};
    cr_assert_eq(gv_strings_add(&file->sets, "train.epochs=5", NULL), GV_OK);
    cr_assert_eq(gv_sweep_file_add(file, "dim=50", first, NULL), GV_OK);
    cr_assert_eq(gv_sweep_file_add(file, "eta=0.05", second, NULL), GV_OK);
    file->runs[1].state = GV_SWEEP_FILE_FAILED;
    file->runs[1].error = gv_mem_strdup("disk \"full\"", NULL);
    gv_json_free(first);
    gv_json_free(second);
}

Test(sweep_file, what_is_written_is_read)
{
    gv_sweep_file file, again;
    gv_error err = GV_ERROR_INIT;
    char *text;
    size_t bytes;
    bool there;
    const char *dir = folder_with("{}");
    fill(&file);
    gv_assert_ok(gv_sweep_file_write(&file, dir, &err), err);
    gv_assert_ok(gv_file_reader_whole(&text, &bytes, gv_test_path("sweep.json"), 1 << 20, &err),
                 err);
    gv_json *root = parse(text);
    cr_assert_eq(gv_json_count(gv_json_get(root, "runs")), 2);
    cr_assert_not_null(strstr(text, "\"train.eta\": 0.05}") ? text : strstr(text, "0.05\n"));
    gv_assert_ok(gv_sweep_file_read(&again, dir, &err), err);
    cr_assert_eq(again.n, 2);
    cr_assert_str_eq(again.runs[0].dir, "dim=50");
    cr_assert(gv_json_equal(again.runs[0].set, file.runs[0].set));
    cr_assert_eq(again.runs[0].state, GV_SWEEP_FILE_WAITING);
    cr_assert_null(again.runs[0].error);
    cr_assert_eq(again.runs[1].state, GV_SWEEP_FILE_FAILED);
    cr_assert_str_eq(again.runs[1].error, "disk \"full\"");
    cr_assert_str_eq(again.name, "tiny");
    cr_assert_str_eq(again.config, "configs/tiny.json");
    cr_assert_str_eq(again.sets.items[0], "train.epochs=5");
    cr_assert(gv_json_equal(again.grid, file.grid) && gv_json_equal(again.base, file.base));
    cr_assert_null(again.list);
    gv_assert_ok(gv_sweep_file_is_there(&there, dir, &err), err);
    cr_assert(there);
    cr_assert_eq(unlink(gv_test_path("sweep.json")), 0);
    gv_sweep_file_clear(&again);
    gv_assert_ok(gv_sweep_file_read(&again, dir, &err), err);
    cr_assert_eq(again.n, 0);
    gv_assert_ok(gv_sweep_file_is_there(&there, dir, &err), err);
    cr_assert(!there);
    gv_json_free(root);
    gv_mem_free(text);
    gv_sweep_file_clear(&file);
}

static void refuse(const char *part, const char *text)
{
    gv_sweep_file file;
    gv_error err = GV_ERROR_INIT;
    int status = gv_sweep_file_read(&file, folder_with(text), &err);
    cr_assert_eq(status, GV_E_CORRUPT, "status %d for %s", status, text);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks '%s'", err.text, part);
    cr_assert_not_null(strstr(err.text, "sweep.json"));
    gv_sweep_file_clear(&file);
}

#define RUN(dir) "{\"dir\": " dir ", \"set\": {}, \"state\": \"done\"}"

Test(sweep_file, odd_files_are_refused)
{
    refuse("", "");
    refuse("no list \"runs\"", "{}");
    refuse("no list \"runs\"", "[]");
    refuse("run 1: \"dir\"", "{\"runs\": [5]}");
    refuse("run 2: \"dir\"", "{\"runs\": [" RUN("\"a\"") ", " RUN("\"../b\"") "]}");
    refuse("\"dir\"", "{\"runs\": [" RUN("\"\"") "]}");
    refuse("\"dir\"", "{\"runs\": [" RUN("\"..\"") "]}");
    refuse("\"dir\"", "{\"runs\": [" RUN("\"/tmp\"") "]}");
    refuse("\"dir\"", "{\"runs\": [" RUN("\"a\\nb\"") "]}");
    refuse("\"set\"", "{\"runs\": [{\"dir\": \"a\", \"state\": \"done\"}]}");
    refuse("\"state\"", "{\"runs\": [{\"dir\": \"a\", \"set\": {}, \"state\": \"dead\"}]}");
    refuse("two runs are in a",
           "{\"runs\": [" RUN("\"a\"") ", " RUN("\"b\"") ", " RUN("\"a\"") "]}");
}

Test(sweep_file, no_damage_and_no_failure_is_fatal)
{
    gv_sweep_file file, again;
    gv_error err = GV_ERROR_INIT;
    char *text;
    size_t bytes;
    const char *dir = folder_with("{}");
    fill(&file);
    gv_assert_ok(gv_sweep_file_write(&file, dir, &err), err);
    gv_assert_ok(gv_file_reader_whole(&text, &bytes, gv_test_path("sweep.json"), 1 << 20, &err),
                 err);
    for (size_t i = 0; i < bytes; i++) {
        const char was = text[i];
        text[i] = i % 2 ? '\0' : (char)(was ^ 4); /* an end, or another character */
        dir = folder_with(text);
        int status = gv_sweep_file_read(&again, dir, NULL);
        cr_assert(status == GV_OK || status == GV_E_CORRUPT, "byte %zu: %d", i, status);
        gv_sweep_file_clear(&again);
        text[i] = was;
    }
    dir = folder_with(text);
    for (uint64_t n = 1;; n++) {
        err = (gv_error)GV_ERROR_INIT;
        gv_mem_fail_at(n, 1);
        int status = gv_sweep_file_read(&again, dir, &err);
        if (status == GV_OK)
            status = gv_sweep_file_write(&again, dir, &err);
        gv_mem_fail_at(0, 0);
        gv_sweep_file_clear(&again);
        if (status == GV_OK)
            break;
        cr_assert_eq(status, GV_E_MEMORY, "call %zu: %s", (size_t)n, err.text);
    }
    gv_mem_free(text);
    gv_sweep_file_clear(&file);
}
