/* gv_report's pieces: numbers, times, escaping; failing allocations. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "report/gv_report_chart.h"
#include "report/gv_report_frame.h"
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

/* What `draw` writes; lives as long as the test. */
static const char *drawn(void (*draw)(FILE *out))
{
    gv_print_buffer buffer;
    gv_error err = GV_ERROR_INIT;
    char *text;
    gv_assert_ok(gv_print_open(&buffer, &err), err);
    draw(buffer.stream);
    gv_assert_ok(gv_print_close(&text, &buffer, &err), err);
    const char *kept = gv_test_format("%s", text);
    gv_mem_free(text);
    return kept;
}

static void expect_parts(const char *text, const char *const *parts)
{
    for (; *parts; parts++)
        cr_assert_not_null(strstr(text, *parts), "%s is not in %s", *parts, text);
}

static void draw_lines(FILE *out)
{
    static const double epochs[] = {1, 2, 3}, first[] = {0.9, 0.5, 0.4}, second[] = {0.8, NAN, 0.6};
    const gv_report_chart_series series[] = {{"<a>", epochs, first, 3}, {"b", epochs, second, 3}};
    const gv_report_chart chart = {
        .title = "Loss & more", .x_label = "epoch", .y_label = "loss", .format = "%.2f"};
    gv_report_chart_lines(out, &chart, series, 2);
}

Test(report, lines_over_each_other)
{
    const char *text = drawn(draw_lines);
    static const char *const parts[] = {
        "Loss &amp; more",
        "&lt;a&gt;, epoch 1: 0.90<",
        "b, epoch 3: 0.60<",
        ">0.80</td>",
        "data-sort=\"\">\xe2\x80\x93</td>", /* the point that is missing */
        "the axis begins at 0.4, not at 0",
        "class=\"curve s2 d0\"",
        NULL};
    expect_parts(text, parts);
    cr_assert_null(strstr(text, "nan"));
}

static void draw_strips(FILE *out)
{
    static const double seeds[] = {-1.5, 0.5, NAN};
    static const char *const names[] = {"seed <1>", "seed 2", "seed 3"};
    const gv_report_chart_strip strips[] = {{"men & more", seeds, names, 3, -0.5, -2.0, 1.0},
                                            {"nothing", NULL, NULL, 0, NAN, NAN, NAN}};
    const gv_report_chart chart = {
        .title = "Differences", .x_label = "points", .format = "%+.2f", .has_reference = 1};
    gv_report_chart_strips(out, &chart, strips, 2);
}

static void draw_no_strips(FILE *out)
{
    const gv_report_chart_strip strip = {"nothing", NULL, NULL, 0, NAN, NAN, NAN};
    const gv_report_chart chart = {.title = "t", .x_label = "x", .format = "%g"};
    gv_report_chart_strips(out, &chart, &strip, 1);
    gv_report_chart_lines(out, &chart, NULL, 0);
}

Test(report, strips_with_intervals)
{
    const char *text = drawn(draw_strips);
    static const char *const parts[] = {"men &amp; more",
                                        "seed &lt;1&gt;: -1.50<",
                                        "seed 2: +0.50<",
                                        "class=\"zero\"",
                                        "class=\"range s2\"",
                                        "-1.50, +0.50</td>",
                                        NULL};
    expect_parts(text, parts);
    cr_assert_null(strstr(text, "nan"));
    cr_assert_str_eq(drawn(draw_no_strips), "");
}

static void write_block(FILE *out)
{
    gv_report_frame_data_begin(out, "d");
    gv_report_frame_json(out, "{\"a\":\"</script><!--\",\"b\":");
    gv_report_frame_json_text(out, "\"\\</script>\n\x01\xff");
    fputs(",\"c\":[", out);
    for (size_t n = 0; n <= 4; n++) {
        fputs(n ? "," : "", out);
        gv_report_frame_base64(out, "\x00\xff\x10<", n);
    }
    fputs("]}", out);
    gv_report_frame_data_end(out);
}

/* No text can end the block that it stands in. */
Test(report, blocks_of_data)
{
    cr_assert_str_eq(drawn(write_block),
                     "<script type=\"application/json\" id=\"d\">"
                     "{\"a\":\"\\u003c/script>\\u003c!--\",\"b\":"
                     "\"\\\"\\\\\\u003c/script>\\u003cU+000A>\\u003cU+0001>\\u003cFF>\","
                     "\"c\":[\"\",\"AA==\",\"AP8=\",\"AP8Q\",\"AP8QPA==\"]}</script>\n");
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
