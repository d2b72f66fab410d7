/* gv_lines: line ends, byte order marks, compression, pipes, and files that are not text. */
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "text/gv_lines.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All lines of a file, each in brackets. */
static const char *all_lines(const char *path)
{
    static char shown[1 << 12];
    gv_lines *lines = NULL;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_lines_open(&lines, path, &err), err);
    char *line;
    size_t length, used = 0;
    for (uint64_t number = 1;; number++) {
        gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
        if (!line)
            break;
        cr_assert_eq(gv_lines_number(lines), number);
        cr_assert_eq(line[length], '\0');
        shown[used++] = '[';
        memcpy(shown + used, line, length);
        used += length;
        shown[used++] = ']';
    }
    shown[used] = '\0';
    gv_lines_close(lines);
    return shown;
}

static void expect_lines(const char *text, const char *wanted)
{
    const char *shown = all_lines(gv_test_write_text("text", text));
    cr_assert_str_eq(shown, wanted, "%s: %s", text, shown);
}

Test(lines, lf_crlf_and_cr_end_a_line)
{
    expect_lines("", "");
    expect_lines("\n", "[]");
    expect_lines("\r", "[]");
    expect_lines("\r\n", "[]");
    expect_lines("\n\r", "[][]");
    expect_lines("a", "[a]");
    expect_lines("a\n", "[a]");
    expect_lines("a\r", "[a]");
    expect_lines("a\r\n", "[a]");
    expect_lines("a\rb\r\nc\nd", "[a][b][c][d]");
    expect_lines("a\r\r\nb\n\n", "[a][][b][]");
}

Test(lines, byte_order_mark_is_dropped_at_the_start_only)
{
    expect_lines("\xef\xbb\xbf", "");
    expect_lines("\xef\xbb\xbf"
                 "a\n\xef\xbb\xbf"
                 "b",
                 "[a][\xef\xbb\xbf"
                 "b]");
    expect_lines("\xef\xbb", "[\xef\xbb]");
}

Test(lines, nul_bytes_are_counted)
{
    gv_lines *lines = NULL;
    gv_error err = GV_ERROR_INIT;
    char *line;
    size_t length;
    gv_assert_ok(gv_lines_open(&lines, gv_test_write("nul", "a\0b\nc", 5), &err), err);
    gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
    cr_assert(length == 3 && memcmp(line, "a\0b", 4) == 0);
    gv_lines_close(lines);
}

/* Line ends at every place around the border of the buffer. */
Test(lines, long_lines_cross_the_buffer)
{
    enum { LONG = 3 << 16 };
    char *text = gv_test_keep(gv_mem_alloc(LONG + 16, 1, NULL));
    for (int shift = -3; shift <= 3; shift++) {
        size_t first = (size_t)((1 << 16) + shift);
        memset(text, 'x', LONG);
        memcpy(text + first, "\r\n", 2);
        gv_lines *lines = NULL;
        gv_error err = GV_ERROR_INIT;
        char *line;
        size_t length;
        gv_assert_ok(gv_lines_open(&lines, gv_test_write("long", text, LONG), &err), err);
        gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
        cr_assert_eq(length, first);
        gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
        cr_assert_eq(length, LONG - first - 2);
        cr_assert(line[0] == 'x' && line[length - 1] == 'x');
        gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
        cr_assert_null(line);
        gv_lines_close(lines);
    }
}

Test(lines, compressed_files_are_read)
{
    static const char *const tools[] = {"gzip", "xz", "bzip2", "zstd"};
    gv_test_write_text("words", "\xef\xbb\xbfone\r\ntwo\r\nthree");
    gv_test_write_text("none", "");
    for (size_t i = 0; i < 4; i++) {
        gv_test_run_ok("%s -qc words > words.z; %s -qc none > none.z", tools[i], tools[i]);
        cr_assert_str_eq(all_lines(gv_test_path("words.z")), "[one][two][three]", "%s", tools[i]);
        cr_assert_str_eq(all_lines(gv_test_path("none.z")), "", "%s", tools[i]);
        /* a member without text at the beginning or in the middle ends nothing */
        gv_test_run_ok("cat none.z words.z none.z words.z > all.z");
        cr_assert_str_eq(all_lines(gv_test_path("all.z")),
                         "[one][two][three\xef\xbb\xbfone][two][three]", "%s", tools[i]);
        gv_test_run_ok("%s -qc words.z > twice.z", tools[i]);
        cr_assert_str_eq(all_lines(gv_test_path("twice.z")), "[one][two][three]", "%s", tools[i]);
    }
}

static void expect_refusal(const char *path, int code, const char *text)
{
    gv_lines *lines = NULL;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_lines_open(&lines, path, &err), code, "%s: %s", path, err.text);
    cr_assert_null(lines);
    cr_assert(strstr(err.text, path) && strstr(err.text, text), "%s", err.text);
}

Test(lines, what_is_not_text_is_refused_by_name)
{
    gv_test_write_text("words", "one\ntwo\n");
    gv_test_run_ok(
        "zip -q words.zip words && tar czf words.tar.gz words && tar cf words.tar words");
    expect_refusal(gv_test_path("words.zip"), GV_E_CORRUPT, "a zip archive");
    expect_refusal(gv_test_path("words.tar"), GV_E_CORRUPT, "a tar archive");
    expect_refusal(gv_test_path("words.tar.gz"), GV_E_CORRUPT, "a tar archive");
    expect_refusal(gv_test_write_text("words.pdf", "%PDF-1.4\n1 0 obj\n"), GV_E_CORRUPT,
                   "a PDF document");
    expect_refusal(gv_test_write("wide",
                                 "\xff\xfe"
                                 "a\0\n\0",
                                 6),
                   GV_E_CORRUPT, "UTF-16LE");
    expect_refusal(gv_test_path("nothing"), GV_E_IO, "No such file");
    expect_refusal(gv_test_dir(), GV_E_IO, "directory");
}

Test(lines, damage_is_an_error)
{
    gv_test_write_text("words", "one\ntwo\n");
    gv_test_run_ok("gzip -c words > words.gz");
    gv_test_truncate(gv_test_path("words.gz"), 25);
    gv_lines *lines = NULL;
    gv_error err = GV_ERROR_INIT;
    char *line = NULL;
    size_t length;
    int status = gv_lines_open(&lines, gv_test_path("words.gz"), &err);
    while (status == GV_OK) {
        status = gv_lines_next(lines, &line, &length, &err);
        cr_assert(status != GV_OK || line, "the end of a truncated file");
    }
    cr_assert_eq(status, GV_E_CORRUPT);
    gv_lines_close(lines);
}

/* A person types: each line is there before the next one is written. */
Test(lines, a_pipe_gives_lines_as_they_come)
{
    static const char *const typed[] = {"B\n", "\xc3\x9f\n", "PK\n", "x\r", "\ny\n", "\x1f\n"};
    static const char *const wanted[] = {"B", "\xc3\x9f", "PK", "x", "y", "\x1f"};
    const char *path = gv_test_path("pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    int to = open(path, O_RDWR);
    gv_lines *lines = NULL;
    gv_error err = GV_ERROR_INIT;
    char *line;
    size_t length;
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(write(to, typed[i], strlen(typed[i])), (ssize_t)strlen(typed[i]));
        if (i == 0)
            gv_assert_ok(gv_lines_open(&lines, path, &err), err);
        gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
        cr_assert(line && strcmp(line, wanted[i]) == 0, "%s: %s", wanted[i], line);
    }
    close(to);
    gv_assert_ok(gv_lines_next(lines, &line, &length, &err), err);
    cr_assert_null(line);
    gv_lines_close(lines);
}
