/*
 * Any bytes as what glove-report reads of a run, parts with a NUL between them: metrics.jsonl,
 * eval.json, two stamps, the vectors' words and the config's settings. The page must be UTF-8
 * without control characters, and have no element but its own, whatever was read.
 */
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "eval/gv_eval.h"
#include "fuzz_file.h"
#include "report/gv_report.h"
#include <string.h>

static const char *const files[] = {"metrics.jsonl", "eval.json", ".stamps/vocab.json",
                                    ".stamps/train.json", "vectors.txt"};
enum { FILES = sizeof files / sizeof *files };

static gv_config *config;
static char dir[FUZZ_PATH];

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static char set[] = "output.formats=[\"text\"]";
    static const char seed[] =
        "{\"stage\":\"vocab\",\"event\":\"done\",\"words\":3,\"tokens\":9,\"distinct\":4,"
        "\"covered_tokens\":8,\"wall_s\":1.5,\"corpus\":{\"files\":1,\"documents\":2}}\n"
        "{\"stage\":\"cooccur\",\"event\":\"done\",\"cells\":5,\"records\":8,\"wall_s\":1}\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":1,\"loss\":0.5,\"wall_s\":1}\n"
        "{\"stage\":\"train\",\"event\":\"resume\",\"epoch\":2,\"position\":3}\n"
        "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":2,\"loss\":0.25,\"wall_s\":1}\n"
        "{\"stage\":\"train\",\"event\":\"done\",\"epochs\":2,\"loss\":0.25,\"host\":\"h\"}\n\0"
        "{\"analogies\":[{\"file\":\"q.txt\",\"accuracy\":50.0,\"accuracy_mul\":25.0,"
        "\"answered\":4,\"total\":5,\"sections\":[{\"name\":\"s\",\"accuracy\":50,\"answered\":4,"
        "\"total\":5,\"wrong\":[[\"a\",\"b\",\"c\",\"d\",\"e\"]]}]}],"
        "\"similarity\":[{\"file\":\"p.txt\",\"spearman\":0.5,\"pairs\":3,\"missing\":1}]}\0"
        "{\"recipe\":\"{}\",\"inputs\":[{\"file\":\"c.txt\",\"path\":\"/c.txt\",\"bytes\":9,"
        "\"mtime_ns\":1,\"xxh128\":\"00112233445566778899aabbccddeeff\"}],\"outputs\":[],"
        "\"done\":{\"wall_s\":1.5}}\0"
        "{\"recipe\":\"{}\",\"inputs\":[],\"outputs\":[{\"file\":\"vectors.txt\"}]}\0"
        "the 0.5 1\nhouse 1 0.25\n<b>bold 0.25 -1\nriver 1 1\n";
    char path[FUZZ_PATH];
    char *items[] = {set};
    const gv_strings sets = {1, items};
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    fuzz_path(dir, "run");
    fuzz_path(path, "run/.stamps");
    must(gv_config_load(&config, NULL, &sets, "fuzz", NULL) == GV_OK);
    must(mkdir(dir, 0700) == 0 && mkdir(path, 0700) == 0);
    return 0;
}

/* --- the page --------------------------------------------------------------------------------- */

static bool known_element(const char *name, size_t n)
{
    static const char *const known[] = {
        "!doctype", "html",   "head",     "meta",       "title",   "style",  "body",   "header",
        "main",     "h1",     "h2",       "h3",         "p",       "ul",     "li",     "ol",
        "table",    "thead",  "tbody",    "tr",         "th",      "td",     "a",      "span",
        "div",      "code",   "abbr",     "details",    "summary", "dl",     "dt",     "dd",
        "section",  "footer", "wbr",      "br",         "svg",     "path",   "line",   "text",
        "circle",   "g",      "polyline", "rect",       "b",       "small",  "strong", "em",
        "i",        "nav",    "figure",   "figcaption", "caption", "pre",    "script", "noscript",
        "button",   "input",  "label",    "select",     "option",  "canvas", "bdi"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == n && strncasecmp(known[i], name, n) == 0)
            return true;
    return false;
}

static void check_page(const char *html)
{
    must(gv_utf8_valid(html, strlen(html)));
    for (const char *at = html; *at; at++) {
        must((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t');
        if (*at != '<')
            continue;
        const char *name = at + 1 + (at[1] == '/');
        must(known_element(name, strcspn(name, " >/\n")));
        if (strncmp(at, "<script", strlen("<script")) == 0) { /* comparisons are no elements */
            at = strstr(at, "</script>");
            must(at != NULL);
        }
    }
}

/* --- the target ------------------------------------------------------------------------------- */

static void print_scores(void)
{
    char path[FUZZ_PATH + 16], *text = NULL;
    size_t n;
    snprintf(path, sizeof path, "%s/eval.json", dir);
    uint8_t *bytes = fuzz_read(path, &n);
    gv_json *json;
    if (gv_json_parse_if_valid(&json, (char *)bytes, n, NULL) != GV_OK)
        json = NULL;
    free(bytes);
    if (json && gv_eval_table(&text, json, NULL) == GV_OK)
        gv_mem_free(text);
    if (json && gv_eval_text(&text, json, NULL) == GV_OK)
        gv_mem_free(text);
    gv_json_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_report report;
    const gv_strings none = {0, NULL};
    char *html = NULL;
    for (size_t i = 0; i < FILES; i++) {
        char path[FUZZ_PATH + 32];
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        fuzz_write(path, data, n);
        data += n + (end != NULL);
        size -= n + (end != NULL);
    }
    print_scores();
    if (gv_report_gather(&report, config, dir,
                         &(gv_report_wanted){.words = &none, .listed = 100, .mapped = 20},
                         NULL) != GV_OK)
        return 0;
    must(gv_report_html(&html, &report, NULL) == GV_OK);
    check_page(html);
    gv_mem_free(html);
    gv_report_free(&report);
    return 0;
}
