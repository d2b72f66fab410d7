/* Records as text (gv_records.h): JSON lines, CSV, TSV, dumps of wikis; for any number of threads
 * and any pieces in which the bytes come. */
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "support/gv_test.h"
#include "support/pieces.h"
#include "text/gv_records.h"
#include <stdio.h>
#include <string.h>

static gv_records_counts counts;
static char fields[1000];

/* The text, or NULL and the error. */
static char *read_with(enum gv_config_corpus_format format, const char *wanted, const char *bytes,
                       size_t n, unsigned threads, size_t piece, gv_error *err)
{
    char *names[4], copy[200];
    gv_strings list = {0, names};
    snprintf(copy, sizeof copy, "%s", wanted);
    for (char *name = strtok(copy, ","); name; name = strtok(NULL, ","))
        names[list.n++] = name;
    pieces in = {bytes, n, 0, piece};
    const gv_records_source source = {"FILE", &in, pieces_read};
    const gv_records_options options = {format, &list, threads};
    gv_records *records = NULL;
    gv_text text = GV_TEXT_INIT;
    size_t got = 1;
    int status = gv_records_open(&records, &source, &options, err);
    while (status == GV_OK && got > 0) {
        char part[100];
        status = gv_records_read(records, part, sizeof part, &got, err);
        gv_text_add_bytes(&text, part, got);
    }
    if (status == GV_OK) {
        counts = gv_records_count(records);
        snprintf(fields, sizeof fields, "%s", gv_records_fields(records));
    }
    gv_records_close(records);
    char *result = NULL;
    if (status == GV_OK)
        status = gv_text_take(&result, &text, err);
    gv_text_drop(&text);
    return gv_test_keep(result);
}

static void expect(enum gv_config_corpus_format format, const char *wanted, const char *bytes,
                   const char *text)
{
    for (unsigned threads = 1; threads <= 3; threads += 2)
        for (size_t piece = 1; piece < 2000; piece *= 37) {
            gv_error err = GV_ERROR_INIT;
            const char *found =
                read_with(format, wanted, bytes, strlen(bytes), threads, piece, &err);
            cr_assert_not_null(found, "%s: %s", bytes, err.text);
            cr_assert_str_eq(found, text, "%s: %s", bytes, found);
        }
}

static void refuse(enum gv_config_corpus_format format, const char *wanted, const char *bytes,
                   const char *part)
{
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        gv_error err = GV_ERROR_INIT;
        cr_assert_null(read_with(format, wanted, bytes, strlen(bytes), threads, 1000, &err), "%s",
                       bytes);
        cr_assert(strstr(err.text, part), "%s: %s", bytes, err.text);
    }
}

/* --- JSON lines ------------------------------------------------------------------------------- */

Test(records, json_fields)
{
    expect(GV_CORPUS_JSONL, "text", "{\"text\":\"a b\"}\n{\"id\":1, \"text\":\"c\\nd\\re\"}",
           "a b\nc d e\n");
    expect(GV_CORPUS_JSONL, "data.body",
           "{\"data\":{\"body\":\"a\"}}\r\n\n  \n{\"data.body\":\"b\"}\n", "a\nb\n");
    expect(GV_CORPUS_JSONL, "a.b.c", "{\"a.b\":{\"c\":\"x\"}}\n", "x\n");
    expect(GV_CORPUS_JSONL, "c.0.text", "{\"c\":[{\"text\":\"a\"},{\"text\":\"b\"}]}\n", "a\n");
    expect(GV_CORPUS_JSONL, "c.text", "{\"c\":[{\"text\":\"a\"},{\"text\":\"b\"}]}\n", "a b\n");
    expect(GV_CORPUS_JSONL, "text", "{\"text\":[\"a\",[\"b\"],null,\"c\"]}\n", "a b c\n");
    expect(GV_CORPUS_JSONL, "title,text", "{\"text\":\"b\",\"title\":\"a\"}\n{\"text\":\"c\"}\n",
           "a b\nc\n");
    expect(GV_CORPUS_JSONL, ".", "\"a\"\n\"b\"\n", "a\nb\n");
    expect(GV_CORPUS_JSONL, "1", "[\"a\",\"b\"]\n", "b\n");
    expect(GV_CORPUS_JSONL, "text", "\xef\xbb\xbf{\"text\":\"\\u00e9\\ud83d\\ude00\"}\n",
           "\xc3\xa9\xf0\x9f\x98\x80\n");
    expect(GV_CORPUS_JSONL, "text", "", "");
    expect(GV_CORPUS_JSONL, "text", "\n\n", "");
    expect(GV_CORPUS_JSONL, "text", "{\"text\":\"\"}\n", "\n");
}

Test(records, json_without_text_is_counted)
{
    expect(GV_CORPUS_JSONL, "text",
           "{\"id\":1,\"m\":{\"n\":[{\"o\":1}]}}\n{\"text\":null}\n{\"text\":7}\n{\"text\":{}}\n"
           "{\"text\":[1]}\n{\"text\":\"a\"}\n7\n",
           "a\n");
    cr_assert_eq(counts.records, 1u);
    cr_assert_eq(counts.without, 3u);
    cr_assert_eq(counts.not_text, 3u);
    cr_assert_str_eq(fields, "id, m.n.o");
}

/* What other programs write and is no JSON: replaced, as little as possible. */
Test(records, json_that_is_nearly_json)
{
    expect(GV_CORPUS_JSONL, "text", "{\"x\":NaN,\"y\":-Infinity,\"text\":\"NaN\"}\n", "NaN\n");
    expect(GV_CORPUS_JSONL, "text", "{\"x\":18446744073709551616,\"text\":\"a\"}\n", "a\n");
    expect(GV_CORPUS_JSONL, "text", "{\"text\":\"a\tb\"}\n", "a b\n");
    expect(GV_CORPUS_JSONL, "text",
           "{\"text\":\"a\\ud83d b\\udc00 \\\\ud83d \\ud83d\\ud83d\\ude00\"}\n",
           "a\xef\xbf\xbd b\xef\xbf\xbd \\ud83d \xef\xbf\xbd\xf0\x9f\x98\x80\n");
    cr_assert_eq(counts.invalid_utf8, 3u);
    expect(GV_CORPUS_JSONL, "text", "{\"text\":\"a\xff z\xe2\x82\"}\n",
           "a\xef\xbf\xbd z\xef\xbf\xbd\n");
    cr_assert_eq(counts.invalid_utf8, 2u);
    gv_error err = GV_ERROR_INIT;
    const char *nul =
        read_with(GV_CORPUS_JSONL, "text", "{\"text\":\"a\\u0000b\"}", 19, 1, 5, &err);
    cr_assert(nul && memcmp(nul, "a\0b\n", 4) == 0, "%s", err.text);
}

Test(records, json_errors)
{
    refuse(GV_CORPUS_JSONL, "text", "{\"text\":\"a\"}\n\n{\"text\" \"b\"}\n",
           "FILE: line 3: not JSON: ");
    refuse(GV_CORPUS_JSONL, "text", "the frog\n", "line 1: not JSON");
    refuse(GV_CORPUS_JSONL, "text", "[\n {\"text\":\"a\"}\n]\n", "jq -c '.[]'");
    refuse(GV_CORPUS_JSONL, "text", "{\n \"text\":\"a\"\n}\n", "jq -c .");
    refuse(GV_CORPUS_JSONL, "text", "{\"text\":\"a\"}\n{\"text\":\"b", "line 2: not JSON");
    refuse(GV_CORPUS_JSONL, "text", "{\"text\":\"a\"} {\"text\":\"b\"}\n", "line 1: not JSON");
    char deep[10001];
    memset(deep, '[', 10000);
    deep[10000] = '\0';
    refuse(GV_CORPUS_JSONL, "text", deep, "line 1: ");
}

/* A line that is far behind: its number counts the lines of all parts before. */
Test(records, line_numbers_over_many_parts)
{
    gv_text text = GV_TEXT_INIT;
    for (int i = 1; i < 40000; i++)
        gv_text_printf(&text, "{\"text\":\"the line of number %d\"}\n", i);
    gv_text_add(&text, "{]\n");
    for (int i = 1; i < 10000; i++)
        gv_text_add(&text, "{\"text\":\"and more\"}\n");
    refuse(GV_CORPUS_JSONL, "text", text.bytes, "FILE: line 40000: not JSON");
    gv_text_drop(&text);
}

/* --- tables ----------------------------------------------------------------------------------- */

Test(records, csv)
{
    expect(GV_CORPUS_CSV, "text", "id,text,n\n1,a b,2\n", "a b\n");
    expect(GV_CORPUS_CSV, "text", "\xef\xbb\xbfid,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,d\r\n3,e",
           "a, \"b\"  c\nd\ne\n");
    expect(GV_CORPUS_CSV, "text", "\"id\";\"text\"\n1;\"a;b,c\"\n2;5\" disk\n",
           "a;b,c\n5\" disk\n");
    expect(GV_CORPUS_CSV, "text", "id\ttext\n1\t\"a\"\n", "a\n");
    expect(GV_CORPUS_CSV, "text", "text\na\n\nb\n", "a\nb\n");
    expect(GV_CORPUS_CSV, "2", "1,a\n2,\"b\n\nc\"\n", "a\nb  c\n");
    expect(GV_CORPUS_CSV, "3,2", "1,a,x\n2,b\n3\n", "x a\nb\n");
    cr_assert_eq(counts.without, 1u);
    cr_assert_str_eq(fields, "1 to 3");
    expect(GV_CORPUS_CSV, "b,a", "a,b\r1,2\r", "2 1\n");
    expect(GV_CORPUS_CSV, "text", "id,text\n1,\"a\"b c\n2,\n", "ab c\n\n");
    expect(GV_CORPUS_CSV, "text", "text\n", "");
    expect(GV_CORPUS_CSV, "text", "", "");
    cr_assert_eq(counts.records, 0u);
}

Test(records, tsv_has_no_quotation_marks)
{
    expect(GV_CORPUS_TSV, "text", "id\ttext\n1\t\"a\n2\tb \"c\" d\r\n", "\"a\nb \"c\" d\n");
    expect(GV_CORPUS_TSV, "2", "1\ta\n2\tb,c\n3", "a\nb,c\n");
    cr_assert_eq(counts.without, 1u);
}

Test(records, table_errors)
{
    refuse(GV_CORPUS_CSV, "txt", "id,text\n1,a\n", "FILE: line 1: there is no column \"txt\"");
    refuse(GV_CORPUS_CSV, "txt", "id,text\n1,a\n", "the columns are: id, text.");
    refuse(GV_CORPUS_CSV, "0", "id,text\n1,a\n", "the column's number, from 1");
    refuse(GV_CORPUS_CSV, "text", "id;body\n1;a\n", "the columns are: id, body.");
    refuse(GV_CORPUS_CSV, "text", "id,text\n1,a\n2,\"b\n3,c\n",
           "FILE: line 3: in the row that begins here");
}

/* --- wikis ------------------------------------------------------------------------------------ */

#define HEAD                                                                                       \
    "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" xml:lang=\"xx\">\n"            \
    "<siteinfo><namespaces><namespace key=\"6\">Dosya</namespace><namespace key=\"0\"/>"           \
    "<namespace key=\"14\">KATEGORİ</namespace></namespaces></siteinfo>\n"
#define PAGE(title, ns, more, text)                                                                \
    "<page>\n<title>" title "</title><ns>" ns "</ns>" more                                         \
    "<revision><model>wikitext</model><text bytes=\"9\">" text "</text></revision></page>\n"
#define TAIL "</mediawiki>\n"

Test(records, wiki)
{
    expect(
        GV_CORPUS_WIKIPEDIA, "text",
        HEAD PAGE("A", "0", "", "the '''frog'''&amp;nbsp;&lt;ref&gt;x&lt;/ref&gt; [[a|sat]]\n\nb")
            PAGE("B", "0", "<redirect title=\"A\" />", "#REDIRECT [[A]]") PAGE("C", "1", "", "talk")
                PAGE("D", "0", "", "[[Dosya:x.jpg|c]][[kategori:Y]]d") TAIL,
        "the frog  sat  b\nd\n");
    cr_assert_eq(counts.records, 2u);
    cr_assert_eq(counts.redirects, 1u);
    cr_assert_eq(counts.other_pages, 1u);
    expect(GV_CORPUS_WIKIPEDIA, "text",
           HEAD PAGE("A", "0", "", " \n#Redirect [[B]]") PAGE("B", "0", "", "#red [[c]]") TAIL,
           "red c\n");
    cr_assert_eq(counts.redirects, 1u);
    /* a piece without its beginning and end; several revisions; another content model */
    expect(GV_CORPUS_WIKIPEDIA, "text",
           PAGE("A", "0", "", "a") "<page><ns>0</ns><revision><text>old</text></revision>"
                                   "<revision><text>new</text></revision></page>"
                                   "<page><ns>0</ns><revision><model>css</model><text>c</text>"
                                   "</revision></page>",
           "a\nnew\n");
    expect(GV_CORPUS_WIKIPEDIA, "text", HEAD TAIL, "");
    expect(GV_CORPUS_WIKIPEDIA, "text", "", "");
}

Test(records, wiki_errors)
{
    refuse(GV_CORPUS_WIKIPEDIA, "text", "the frog sat", "FILE: line 1: this is no dump of a wiki");
    refuse(GV_CORPUS_WIKIPEDIA, "text", "<html><body/></html>", "this is no dump of a wiki");
    refuse(GV_CORPUS_WIKIPEDIA, "text", HEAD, "this is no dump of a wiki");
    refuse(GV_CORPUS_WIKIPEDIA, "text", HEAD PAGE("A", "0", "", "a"), "</mediawiki> is missing");
    refuse(GV_CORPUS_WIKIPEDIA, "text", HEAD PAGE("A", "0", "", "a") "<page><title>Frog</title><te",
           "FILE: line 4: the dump is truncated: </mediawiki> is missing, in the page \"Frog\"");
    refuse(GV_CORPUS_WIKIPEDIA, "text", HEAD PAGE("A", "0", "", "a &lol; b") TAIL,
           "FILE: line 4: not well-formed XML: undefined entity");
    refuse(GV_CORPUS_WIKIPEDIA, "text",
           HEAD "<!DOCTYPE x [<!ENTITY lol \"lol\">]>" PAGE("A", "0", "", "&lol;") TAIL,
           "FILE: line ");
}

/* --- failures --------------------------------------------------------------------------------- */

Test(records, each_allocation_may_fail, .timeout = 60)
{
    static const struct {
        enum gv_config_corpus_format format;
        const char *bytes;
    } cases[] = {{GV_CORPUS_JSONL, "{\"text\":\"a\"}\n{\"text\":\"\\ud800 b\xff\"}\n"},
                 {GV_CORPUS_CSV, "id,text\n1,\"a \"\"b\"\"\"\n2,c\n"},
                 {GV_CORPUS_WIKIPEDIA, HEAD PAGE("A", "0", "", "the [[a:b|frog]] {{x}} sat") TAIL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t n = 1;; n++) {
            gv_error err = GV_ERROR_INIT;
            gv_mem_fail_at(n, 1);
            const char *found = read_with(cases[i].format, "text", cases[i].bytes,
                                          strlen(cases[i].bytes), 1, 9, &err);
            gv_mem_fail_at(0, 0);
            if (found)
                break;
            cr_assert_eq(err.code, GV_E_MEMORY, "case %zu, %lu: %s", i, n, err.text);
        }
}

/* Damage never passes for something else than an error or a text. */
Test(records, damaged_bytes, .timeout = 60)
{
    static const char wiki[] = HEAD PAGE("A", "0", "", "the [[a|frog]] {{x}} &lt;ref&gt; sat") TAIL;
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3);
    for (int i = 0; i < 600; i++) {
        char copy[sizeof wiki];
        memcpy(copy, wiki, sizeof wiki);
        size_t n = i % 2 ? gv_rng_below(&rng, sizeof wiki) : sizeof wiki - 1;
        if (n > 0 && i % 3)
            copy[gv_rng_below(&rng, n)] ^= (char)(1 << gv_rng_below(&rng, 8));
        gv_error err = GV_ERROR_INIT;
        enum gv_config_corpus_format format = (enum gv_config_corpus_format)(
            i % 5 ? GV_CORPUS_WIKIPEDIA : 1 + (int)gv_rng_below(&rng, 3));
        const char *found = read_with(format, "text", copy, n, 1, 1000, &err);
        cr_assert(found || err.code == GV_E_CORRUPT || err.code == GV_E_USAGE, "%s", err.text);
    }
}
