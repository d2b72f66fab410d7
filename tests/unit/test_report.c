/* gv_report's pieces: numbers, times, escaping; failing allocations. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "report/gv_report_html.h"
#include "support/gv_test.h"

#include <math.h>
#include <string.h>

typedef void number_fn(FILE *out, double number);

static void expect_number(number_fn *fn, double number, const char *wanted)
{
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    fn(buffer.stream, number);
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    cr_assert_str_eq(text, wanted);
    gv_mem_free(text);
}

Test(report, numbers)
{
    expect_number(gv_report_html_count, 0, "0");
    expect_number(gv_report_html_count, 999, "999");
    expect_number(gv_report_html_count, 1000, "1,000");
    expect_number(gv_report_html_count, -1234567, "-1,234,567");
    expect_number(gv_report_html_count, 59802567, "59,802,567");
    expect_number(gv_report_html_count, NAN, "nan");
    expect_number(gv_report_html_bytes, 0, "0 B");
    expect_number(gv_report_html_bytes, 999, "999 B");
    expect_number(gv_report_html_bytes, 1000, "1.0 kB");
    expect_number(gv_report_html_bytes, 999600, "1.0 MB");
    expect_number(gv_report_html_bytes, 123456789, "123 MB");
    expect_number(gv_report_html_bytes, 1.25e12, "1.2 TB");
    expect_number(gv_report_html_seconds, 0.5, "0.50 s");
    expect_number(gv_report_html_seconds, 59.94, "59.9 s");
    expect_number(gv_report_html_seconds, 60, "1 min 00 s");
    expect_number(gv_report_html_seconds, 119.9, "1 min 59 s");
    expect_number(gv_report_html_seconds, 3661, "1 h 01 min");
    expect_number(gv_report_html_seconds, -1, "?");
    expect_number(gv_report_html_seconds, NAN, "?");
}

Test(report, escaping)
{
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    gv_report_html_text(buffer.stream, "<a href='x'>&\"\xff\x01\xc3\xa9</a>");
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    cr_assert_str_eq(text, "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;FF&gt;&lt;U+0001&gt;\xc3\xa9"
                           "&lt;/a&gt;");
    gv_mem_free(text);
}

Test(report, failing_allocations)
{
    const char *dir = gv_test_dir();
    gv_test_write_text("metrics.jsonl",
                       "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":1}\nbad\n");
    gv_test_write_text("vectors.txt", "alpha 1 0\nbeta 1 0.1\ngamma 0 1\n");
    gv_test_write_text("eval.json", "{\"analogies\":[],\"similarity\":[]}");
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_config_load(&config, NULL, &(gv_strings){0}, "test", &err), err);
    int whole = 0;
    for (uint64_t n = 1; !whole; n++) {
        cr_assert_lt(n, 2000);
        gv_report report;
        char *html = NULL;
        err = (gv_error)GV_ERROR_INIT;
        gv_mem_calls();
        gv_mem_fail_at(n, 0);
        int status =
            gv_report_gather(&report, config, dir,
                             &(gv_report_wanted){.words = &(gv_strings){0}, .listed = 100}, &err);
        if (status == GV_OK) {
            status = gv_report_html(&html, &report, &err);
            cr_assert_eq(status == GV_OK, html != NULL);
            gv_report_free(&report);
        }
        whole = gv_mem_calls() < n; /* the n-th allocation never came */
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || status == GV_E_MEMORY, "status %d: %s", status, err.text);
        cr_assert(!whole || (status == GV_OK && strstr(html, "<td class=\"word\">alpha</td>")));
        gv_mem_free(html);
    }
    gv_config_free(config);
}
