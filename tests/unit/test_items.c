/* eval.tsv: what was written is read back, damage is refused with its line. */
#include "analysis/gv_items.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"

#include <math.h>
#include <string.h>

/* Rows as text again: what the reader saw. */
static int append(void *context, const gv_items_row *row, gv_error *err)
{
    (void)err;
    gv_items_write_row(context, row);
    return GV_OK;
}

static const char *text_of(gv_text *text)
{
    gv_error err = GV_ERROR_INIT;
    char *taken;
    gv_assert_ok(gv_text_take(&taken, text, &err), err);
    return gv_test_keep(taken);
}

Test(items, any_text_is_read_back)
{
    static const char *const odd[] = {"",         "plain",   "tab\there",    "line\nend\r",
                                      "quo\"te",  "back\\t", "\\x41",        "\xff\xfe",
                                      "caf\xc3",  "\\",      "\xe6\x97\xa5", "\\\\x",
                                      "\x01\x7f", "a b",     "\"",           "\xc3\xa9\\"};
    gv_text text = GV_TEXT_INIT, again = GV_TEXT_INIT;
    gv_items_write_names(&text);
    gv_items_write_names(&again);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        gv_items_row row = gv_items_begin_row(GV_ITEMS_ANALOGY, odd[i]);
        row.section = row.word[0] = row.word[3] = row.answer = odd[i];
        row.correct = i % 2 ? 1.0 : NAN;
        row.cosine = -0.25 * (double)i;
        row.position = (double)i;
        row.words = 16.0;
        gv_items_write_row(&text, &row);
    }
    const char *written = text_of(&text);
    for (const char *at = written; (at = strchr(at, '"')); at++)
        cr_assert(at > written && at[-1] == '\\', "a bare quotation mark");
    for (const char *at = written; *at; at++)
        cr_assert((unsigned char)*at != 0xff && *at != '\r', "a byte that is not UTF-8");
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_items_read(gv_test_write_text("t.tsv", written), append, &again, &err), err);
    cr_assert_str_eq(text_of(&again), written);
}

#define NAMES                                                                                      \
    "kind\tfile\tsection\tword1\tword2\tword3\tword4\tcorrect\tcorrect_mul\tanswer\tanswer_mul\t"  \
    "score\tcosine\tposition\twords\tcluster"

Test(items, columns_of_later_versions_are_left_out)
{
    gv_text rows = GV_TEXT_INIT;
    gv_error err = GV_ERROR_INIT;
    const char *path =
        gv_test_write_text("t.tsv", "new\t" NAMES "\n"
                                    "x\toutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t3\t8\t\n"
                                    "x\tunheard\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t3\t8\t\n");
    gv_assert_ok(gv_items_read(path, append, &rows, &err), err);
    cr_assert_str_eq(text_of(&rows), "outlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t3\t8\t\n");
}

Test(items, damage_is_told_with_its_line)
{
    static const char *const bad[][2] = {
        {"", "is empty"},
        {"\n", ":1: the table has no column"},
        {"kind\tfile\n", "'section'"},
        {NAMES "\noutlier\tf\n", ":2: too few or too many"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t3\t8\t\t\n", ":2: too few or too many"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t2\t\t\t\t\t\t3\t8\t\n", "'2'"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t9\t8\t\n", "position"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t\t-1\t8\t\n", "'-1'"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\tnan\t3\t8\t\n", "'nan'"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t1e999\t\t3\t8\t\n", "'1e999'"},
        {NAMES "\noutlier\tf\t2\tcar\t\t\t\t0\t\t\t\t\t0.5x\t3\t8\t\n", "'0.5x'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gv_text rows = GV_TEXT_INIT;
        gv_error err = GV_ERROR_INIT;
        const char *path = gv_test_write_text("t.tsv", bad[i][0]);
        cr_assert_eq(gv_items_read(path, append, &rows, &err), GV_E_CORRUPT, "%s", bad[i][0]);
        cr_assert_not_null(strstr(err.text, bad[i][1]), "%s: %s", bad[i][1], err.text);
        gv_text_drop(&rows);
    }
    gv_error err = GV_ERROR_INIT;
    gv_text rows = GV_TEXT_INIT;
    static const char nul[] = NAMES "\nout\0lier\t\n";
    const char *path = gv_test_write("t.tsv", nul, sizeof nul - 1);
    cr_assert_eq(gv_items_read(path, append, &rows, &err), GV_E_CORRUPT);
    cr_assert_not_null(strstr(err.text, ":2: a NUL byte"), "%s", err.text);
}
