/* gv_error: one line, the first error wins, exit codes. */
#include "base/gv_error.h"
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include <errno.h>
#include <string.h>

Test(error, set_returns_the_code)
{
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_error_set(&err, GV_E_CORRUPT, "%s: tile %d", "store.db", 7), GV_E_CORRUPT);
    cr_assert_eq(err.code, GV_E_CORRUPT);
    cr_assert_str_eq(err.text, "store.db: tile 7");
    cr_assert_eq(gv_error_set(NULL, GV_E_IO, "nobody asks"), GV_E_IO);
    gv_error_prefix(NULL, "nobody asks");
}

Test(error, the_first_one_wins)
{
    gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_E_IO, "first");
    cr_assert_eq(gv_error_set(&err, GV_E_MEMORY, "second"), GV_E_MEMORY);
    errno = ENOENT;
    cr_assert_eq(gv_error_set_errno(&err, "third"), GV_E_IO);
    cr_assert_eq(err.code, GV_E_IO);
    cr_assert_str_eq(err.text, "first");
}

Test(error, stays_one_line)
{
    gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_E_USAGE, "no file '%s'", "a\nb\tc\033[31m\177\xc3\xa4");
    cr_assert_str_eq(err.text, "no file 'a<U+000A>b<U+0009>c<U+001B>[31m<U+007F>\xc3\xa4'");
    gv_error_prefix(&err, "%s", "\xe2\x80\xae\x9b");
    cr_assert_eq(strncmp(err.text, "<U+202E><9B>: no file", 21), 0, "%s", err.text);
}

/* The beginning and the end stay: what went wrong stands behind the path. */
Test(error, a_long_text_loses_its_middle)
{
    char text[2 * GV_ERROR_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    gv_error err = GV_ERROR_INIT;
    gv_error_set(&err, GV_E_USAGE, "cannot read %s: it is a directory", text);
    cr_assert_eq(strncmp(err.text, "cannot read xxx", 15), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, "x...x"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "x: it is a directory"), "%s", err.text);
    gv_error_prefix(&err, "%s", text);
    cr_assert_not_null(strstr(err.text, "x: it is a directory"), "%s", err.text);
    gv_error system = GV_ERROR_INIT;
    errno = ENOENT;
    gv_error_set_errno(&system, "%s", text);
    cr_assert_not_null(strstr(system.text, "x: No such file or directory"), "%s", system.text);
}

Test(error, a_long_text_is_not_cut_inside_a_character)
{
    for (size_t shift = 0; shift < 3; shift++) {
        char text[2 * GV_ERROR_TEXT] = "";
        for (size_t i = 0; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        gv_error err = GV_ERROR_INIT;
        gv_error_set(&err, GV_E_USAGE, "%.*s%s", (int)shift, "ab", text);
        cr_assert(gv_utf8_valid(err.text, strlen(err.text)), "%s", err.text);
    }
}

Test(error, of_the_system_has_its_reason)
{
    static const struct {
        int number, status;
        const char *text;
    } cases[] = {{ENOENT, GV_E_IO, "cannot read x: No such file or directory"},
                 {ENOMEM, GV_E_MEMORY, "cannot read x: Cannot allocate memory"}};
    for (size_t i = 0; i < 2; i++) {
        gv_error err = GV_ERROR_INIT;
        errno = cases[i].number;
        cr_assert_eq(gv_error_set_errno(&err, "cannot read %s", "x"), cases[i].status);
        cr_assert_str_eq(err.text, cases[i].text);
    }
    errno = ENOMEM;
    cr_assert_eq(gv_error_set_errno(NULL, "x"), GV_E_MEMORY);
}

Test(error, of_a_limit_on_files_names_it)
{
    gv_error err = GV_ERROR_INIT;
    errno = EFBIG;
    cr_assert_eq(gv_error_set_errno(&err, "cannot write x"), GV_E_IO);
    cr_assert_not_null(strstr(err.text, "File too large"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "ulimit -f"), "%s", err.text);
}

/* A full disk says what to do about it. */
Test(error, of_a_full_disk_has_advice)
{
    static const int numbers[] = {ENOSPC, EDQUOT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        gv_error err = GV_ERROR_INIT;
        errno = numbers[i];
        cr_assert_eq(gv_error_set_errno(&err, "x"), GV_E_IO);
        cr_assert_not_null(strstr(err.text, "; free some space there, then start again"), "%s",
                           err.text);
    }
}

Test(error, a_prefix_goes_before_an_error_only)
{
    gv_error err = GV_ERROR_INIT;
    gv_error_prefix(&err, "line 3");
    cr_assert_str_eq(err.text, "");
    gv_error_set(&err, GV_E_USAGE, "no number");
    gv_error_prefix(&err, "line %d", 3);
    cr_assert_str_eq(err.text, "line 3: no number");
    cr_assert_eq(err.code, GV_E_USAGE);
}

Test(error, exit_codes)
{
    cr_assert_eq(gv_error_exit_code(GV_OK, 15), 0);
    static const int one[] = {GV_E_IO, GV_E_MEMORY, GV_E_CORRUPT, GV_E_RUNTIME};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(gv_error_exit_code(one[i], 15), 1);
    cr_assert_eq(gv_error_exit_code(GV_E_USAGE, 15), 2);
    cr_assert_eq(gv_error_exit_code(GV_E_STOPPED, 2), 130);
    cr_assert_eq(gv_error_exit_code(GV_E_STOPPED, 15), 143);
}
