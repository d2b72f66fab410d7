/* Nothing that a terminal obeys or that reorders text reaches people, whatever words and files are
 * called; what programs read holds the characters themselves. */
#include "base/gv_show.h"
#include "base/gv_utf8.h"
#include "support/gv_test.h"
#include <string.h>

/* Escape, C1 as a character and as a byte, bidirectional controls, a line separator. */
#define BAD                                                                                        \
    "a\x1b[31m\xc2\x9b"                                                                            \
    "31m\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8"
#define BAD_NAME BAD "\x9b\n.txt"

static void expect_safe(const char *what, const char *text)
{
    cr_expect(gv_utf8_valid(text, strlen(text)), "%s is not UTF-8: %s", what, text);
    for (const char *at = text; *at;) {
        uint32_t point = gv_utf8_next(&at);
        cr_assert(point == '\n' || point == '\t' || !gv_show_is_unsafe(point), "%s: U+%04X in %s",
                  what, point, text);
    }
}

static gv_test_result run_safely(const char *command)
{
    gv_test_result r = gv_test_run("%s", command);
    expect_safe(command, r.out);
    expect_safe(command, r.err);
    return r;
}

static void make_files(void)
{
    gv_test_write_text(BAD_NAME, "x " BAD " y z x " BAD " y z x\n");
    gv_test_write_text("v.txt", "x 1 0\n" BAD " 1 0.1\ny 0 1\n\x9b\xff 0.1 1\nz 1 1\n");
    gv_test_write_text("pairs" BAD_NAME, "x\t" BAD "\t5\ny\tz\t2\nx\ty\t1\n");
    gv_test_write_text("questions" BAD_NAME, ": " BAD "\nx " BAD " y z\nx z y " BAD "\n");
    gv_test_write_text("c.json", "{\"corpus\":{\"files\":[\"a*\"]},\"vocab\":{\"min_count\":1},"
                                 "\"train\":{\"dim\":2,\"epochs\":1},"
                                 "\"eval\":{\"show_wrong\":3}}");
}

Test(show_cli, words_and_names_of_files_are_spelled_out, .timeout = 60)
{
    make_files();
    gv_test_result r = run_safely("d=$(printf 'run\\033\\302\\233') && glove-run --config c.json "
                                  "--progress plain --run-dir \"$d\"");
    cr_assert_eq(r.exit_code, 0, "%s", r.err);
    static const char *const commands[] = {
        "glove-query --vectors v.txt nearest x",
        "glove-query --vectors v.txt search a",
        "glove-query --run-dir run* info",
        "glove-query --run-dir run* pairs x",
        "glove-convert check v.txt",
        "cp v.txt v\x1b\xe2\x80\xae.txt && glove-convert check v\x1b*.txt",
        ("glove-eval --vectors v.txt --set eval.show_wrong=3 --set \"eval.similarity=[\\\"$(ls | "
         "grep ^pairs)\\\"]\" --run-dir e"),
        "glove-report --run-dir run*",
        "glove-clean --dry-run run*",
        "glove-vocab --config c.json --run-dir r --set \"vocab.file=$(printf 'no\\033\\237')\"",
        "glove-vocab \"$(printf -- '--no\\033\\342\\200\\256')\"",
        "glove-query --vectors \"$(printf 'no\\033\\342\\200\\256')\" nearest x",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        run_safely(commands[i]);
    expect_safe("report", gv_test_run_ok("cat run*/report.html").out);
}

Test(show_cli, programs_get_the_characters_themselves)
{
    make_files();
    const char *json = gv_test_run_ok("glove-query --json --vectors v.txt nearest x").out;
    cr_assert(strstr(json, "\xe2\x80\xae") && strstr(json, "\xc2\x9b"), "%s", json);
    gv_test_run_ok("glove-convert --progress none v.txt again.txt && cut -d' ' -f1 v.txt >a && "
                   "cut -d' ' -f1 again.txt >b && cmp a b");
}
