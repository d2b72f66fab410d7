/* Progress lines in each mode, and that counting from many threads loses nothing. */
#include "base/gv_mem.h"
#include "base/gv_progress.h"
#include "base/gv_text.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *output;
static size_t output_size;
static FILE *sink;

static gv_progress *open_progress(enum gv_progress_mode mode)
{
    gv_progress *progress;
    gv_error err = GV_ERROR_INIT;
    sink = open_memstream(&output, &output_size);
    gv_assert_ok(gv_progress_open(&progress, mode, sink, "vocab", &err), err);
    return progress;
}

/* Close and return what was printed. */
static const char *printed(gv_progress *progress)
{
    gv_progress_close(progress);
    fclose(sink);
    const char *text = gv_test_format("%s", output);
    free(output);
    return text;
}

static int add_many(void *context, unsigned thread, gv_error *err)
{
    (void)thread, (void)err;
    for (int i = 0; i < 100000; i++)
        gv_progress_add(context, 3);
    return GV_OK;
}

Test(progress, null_and_none_swallow_everything)
{
    gv_progress_begin(NULL, "x", 1, "bytes");
    gv_progress_add(NULL, 1);
    gv_progress_note(NULL, "x");
    gv_progress_hint(NULL, "x");
    gv_progress_end(NULL);
    gv_progress_close(NULL);
    gv_progress *progress = open_progress(GV_PROGRESS_NONE);
    gv_progress_begin(progress, "counting", 10, "tokens");
    gv_progress_add(progress, 10);
    gv_progress_note(progress, "hello");
    gv_progress_hint(progress, "hello");
    gv_progress_end(progress);
    cr_assert_str_eq(printed(progress), "");
}

Test(progress, plain_says_the_end_of_a_phase)
{
    gv_progress *progress = open_progress(GV_PROGRESS_AUTO); /* not a terminal */
    gv_progress_begin(progress, "counting", 2000000, "bytes");
    gv_progress_add(progress, 1500000);
    gv_progress_note(progress, "%d odd things", 3);
    gv_progress_end(progress);
    gv_progress_end(progress); /* no phase: nothing */
    const char *text = printed(progress);
    const char *expected = "vocab: 3 odd things\nvocab: counting: 1.5 MB in 0.0 s (";
    cr_assert_eq(strncmp(text, expected, strlen(expected)), 0, "%s", text);
    cr_assert_str_eq(strchr(text, '/'), "/s)\n");
}

Test(progress, hints_are_for_people)
{
    gv_progress *progress = open_progress(GV_PROGRESS_PLAIN);
    gv_progress_hint(progress, "look at %s", "this");
    cr_assert_str_eq(printed(progress), "vocab: look at this\n");
    progress = open_progress(GV_PROGRESS_JSON);
    gv_progress_hint(progress, "look at %s", "this");
    cr_assert_str_eq(printed(progress), "");
}

Test(progress, threads_lose_nothing)
{
    gv_progress *progress = open_progress(GV_PROGRESS_JSON);
    gv_progress_begin(progress, "counting", 1200000, "tokens");
    cr_assert_eq(gv_threads_run(4, add_many, progress, NULL), GV_OK);
    gv_progress_end(progress);
    const char *text = printed(progress);
    cr_assert_not_null(strstr(text, "\"done\":1200000,\"total\":1200000,\"unit\":\"tokens\""), "%s",
                       text);
}

/* Of a phase: done, and what the line of its end says. */
Test(progress, shares_of_others_belong_to_their_phase)
{
    gv_progress *counter, *progress = open_progress(GV_PROGRESS_PLAIN);
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_progress_open_counter(&counter, &err), err);
    gv_progress_share share;
    gv_progress_begin(counter, "reading", 100, "bytes");
    cr_assert_not(gv_progress_take(counter, &share));
    gv_progress_add(counter, 30);
    cr_assert(gv_progress_take(counter, &share));
    cr_assert(strcmp(share.phase, "reading") == 0 && share.done == 30);
    cr_assert_not(gv_progress_take(counter, &share), "each is taken once");
    gv_progress_add(counter, 40);
    gv_progress_note(counter, "nothing is shown");
    gv_progress_end(counter);
    gv_progress_begin(counter, "counting", 0, "tokens");
    gv_progress_add(counter, 5);

    gv_progress_begin(progress, "reading", 100, "bytes");
    gv_progress_add(progress, 30);
    gv_progress_add_share(progress, &share); /* of nothing */
    while (gv_progress_take(counter, &share))
        gv_progress_add_share(progress, &share); /* "counting" has not begun here */
    gv_progress_end(progress);
    gv_progress_begin(progress, "counting", 0, "tokens");
    gv_progress_add(progress, 2);
    gv_progress_add_share(progress, &(gv_progress_share){"reading", 1000});
    gv_progress_end(progress);
    gv_progress_close(counter);
    const char *text = printed(progress);
    cr_assert_not_null(strstr(text, "reading: 70 B in"), "%s", text);
    cr_assert_not_null(strstr(text, "counting: 7 tokens in"), "%s", text);
}

Test(progress, json_lines_are_json)
{
    gv_progress *progress = open_progress(GV_PROGRESS_JSON);
    gv_progress_note(progress, "a \"quoted\" \\ line\nand ü");
    gv_progress_begin(progress, "counting", 0, "tokens");
    struct timespec pause = {.tv_nsec = 300000000};
    for (int i = 0; i < 5; i++) {
        gv_progress_add(progress, 1);
        nanosleep(&pause, NULL);
    }
    gv_progress_end(progress);
    char *text = gv_mem_strdup(printed(progress), NULL), *rest = text;
    size_t lines = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        cr_assert_not_null(object, "no JSON: %s", line);
        cr_assert_str_eq(json_string_value(json_object_get(object, "stage")), "vocab");
        if (lines == 0) {
            cr_assert_str_eq(json_string_value(json_object_get(object, "note")),
                             "a \"quoted\" \\ line\nand ü");
        } else {
            cr_assert_str_eq(json_string_value(json_object_get(object, "phase")), "counting");
            cr_assert(json_is_number(json_object_get(object, "rate")));
            cr_assert_not_null(json_object_get(object, "eta_s"));
        }
        json_decref(object);
    }
    gv_mem_free(text);
    cr_assert_geq(lines, 3, "a note, a line after a second, the end; not %zu", lines);
}

Test(progress, a_bar_leaves_a_clean_line)
{
    gv_progress *progress = open_progress(GV_PROGRESS_BAR);
    gv_progress_begin(progress, "counting", 100, "tokens");
    struct timespec pause = {.tv_nsec = 120000000};
    nanosleep(&pause, NULL);
    gv_progress_add(progress, 50);
    const char *text = printed(progress); /* closed inside the phase, as after an error */
    cr_assert_not_null(strstr(text, "\rvocab: counting [####"), "%s", text);
    cr_assert_not_null(strstr(text, "....] 50% of 100 tokens, "), "%s", text);
    cr_assert_leq(strcspn(text + 1, "\033\r"), 79, "wider than the terminal: %s", text);
    cr_assert_str_eq(text + strlen(text) - 4, "\r\033[K");
}

Test(text, grows_and_reports_failure_at_the_end)
{
    gv_text text = GV_TEXT_INIT;
    char *string;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_text_take(&string, &text, &err), err);
    cr_assert_str_eq(string, "");
    gv_mem_free(string);
    for (int i = 0; i < 1000; i++)
        gv_text_printf(&text, "%d,%300s", i % 10, "x");
    gv_assert_ok(gv_text_take(&string, &text, &err), err);
    cr_assert_eq(strlen(string), 1000u * 302);
    gv_mem_free(string);
    gv_mem_fail_at(1, 0);
    gv_text_add(&text, "lost");
    gv_mem_fail_at(0, 0);
    gv_text_add(&text, "too late");
    cr_assert_eq(gv_text_take(&string, &text, &err), GV_E_MEMORY);
    cr_assert_null(string);
}

Test(text, reals_are_short_and_exact)
{
    const double values[] = {0, 0.05, 100, 1e18, 1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5};
    const char *const texts[] = {"0",  "0.05", "100", "1e+18", "0.3333333333333333",
                                 NULL, NULL,   "-2.5"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        gv_text text = GV_TEXT_INIT;
        gv_text_real(&text, values[i]);
        cr_assert_eq(strtod(text.bytes, NULL), values[i], "%s", text.bytes);
        if (texts[i])
            cr_assert_str_eq(text.bytes, texts[i]);
        gv_text_drop(&text);
    }
}

Test(progress, programs_that_show_others)
{
    gv_progress_show(NULL, 0.5, "x");
    gv_progress_pass(NULL, "x");
    gv_progress_clear(NULL);
    cr_assert_eq(gv_progress_mode_of(NULL), GV_PROGRESS_NONE);
    gv_progress *progress = open_progress(GV_PROGRESS_BAR);
    gv_progress_show(progress, 0.5, "50%; train");
    gv_progress_pass(progress, "train: a line");
    cr_assert_str_eq(printed(progress), "\rvocab: [###############...............] 50%; train\033[K"
                                        "\r\033[Ktrain: a line\n");
    progress = open_progress(GV_PROGRESS_NONE);
    gv_progress_show(progress, 0.5, "50%");
    gv_progress_pass(progress, "x: error: y"); /* what others say is never lost */
    cr_assert_str_eq(printed(progress), "x: error: y\n");
}
