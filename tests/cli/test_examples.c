/* The examples of every man page: the program accepts their options and keys. */
#include "support/gv_test.h"
#include <stdlib.h>
#include <string.h>

/* The command in the line of a man page, without roff: "\\fBglove\\-run my.json\\fR". */
static const char *plain(const char *line, size_t length)
{
    char *text = gv_test_keep(malloc(length + 1)), *to = text;
    for (const char *from = line; from < line + length; from++) {
        if (from[0] == '\\' && from[1] == 'f')
            from += 2;
        else if (from[0] == '\\')
            *to++ = *++from == 'e' ? '\\' : *from;
        else
            *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* Run the example, but let it print its config only. */
static void check_example(const char *program, const char *command)
{
    const char *own = strstr(command, program);
    cr_assert(own == command || strncmp(command, "mpirun -np 4 ", 13) == 0, "%s: %s", program,
              command);
    if (strstr(program, "-mpi")) /* the options are those of the program without ranks */
        own = gv_test_format("%.*s%s", (int)strlen(program) - 4, own, own + strlen(program));
    gv_test_result r = gv_test_run("%s --print-config", own);
    cr_expect_eq(r.exit_code, 0, "%s: %s", command, r.err);
}

static unsigned check_page(const char *program)
{
    unsigned n = 0;
    gv_test_result r = gv_test_run_ok("sed -n '/^.SH EXAMPLES/,/^.SH EXIT/p' "
                                      "\"$GV_TEST_SOURCE/docs/man/%s.1\"",
                                      program);
    for (const char *line = strstr(r.out, "\\fB"); line; line = strstr(line + 1, "\\fB")) {
        check_example(program, plain(line, strcspn(line, "\n")));
        n++;
    }
    return n;
}

Test(examples, are_accepted, .timeout = 60)
{
    gv_test_run_ok("mkdir -p runs/my");
    gv_test_write_text("my.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]}}");
    gv_test_result r =
        gv_test_run_ok("cp my.json runs/my/config.json; cd \"$GV_TEST_SOURCE/docs/man\" && ls *.1");
    for (char *page = strtok(r.out, "\n"); page; page = strtok(NULL, "\n")) {
        page[strlen(page) - 2] = '\0';
        if (gv_test_run("command -v %s", page).exit_code == 0) /* without MPI some are not built */
            cr_expect_gt(check_page(page), 0, "%s.1 has no examples", page);
    }
}

/* glovebox(7) names every program, and no page has a mistake that groff would report. */
Test(examples, pages_are_sound)
{
    gv_test_result r = gv_test_run_ok("cd \"$GV_TEST_SOURCE/docs/man\" && for page in *.1; do "
                                      "grep -q \"$(echo ${page%%.1} | sed 's/-/.-/g')\" "
                                      "glovebox.7 || echo $page; done");
    cr_expect_str_empty(r.out, "glovebox.7 does not name: %s", r.out);
    if (gv_test_run("command -v groff").exit_code != 0)
        gv_test_skip("groff is not installed");
    r = gv_test_run_ok(
        "groff -Kutf8 -man -Tutf8 -ww \"$GV_TEST_SOURCE\"/docs/man/*.[17] > /dev/null");
    cr_expect_str_empty(r.err);
}
