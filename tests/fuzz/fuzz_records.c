/*
 * Any bytes as JSON lines, tables, or a dump of a wiki: lines of text or an error, the same for any
 * pieces in which the bytes come; and as wikitext, which never becomes longer.
 */
#include "base/gv_hash.h"
#include "fuzz_file.h"
#include "support/pieces.h"
#include "text/gv_records.h"
#include "text/gv_wikitext.h"
#include <string.h>

/* Checksum of the text; 0 when the bytes are refused. */
static uint64_t read_all(const gv_records_options *options, const uint8_t *data, size_t size,
                         size_t piece)
{
    pieces in = {data, size, 0, piece};
    const gv_records_source source = {"FILE", &in, pieces_read};
    gv_records *records = NULL;
    uint64_t sum = 1, lines = 0;
    size_t got = 1;
    uint8_t text[64];
    int status = gv_records_open(&records, &source, options, NULL);
    while (status == GV_OK && got > 0) {
        status = gv_records_read(records, text, sizeof text, &got, NULL);
        for (size_t i = 0; i < got; i++) {
            lines += text[i] == '\n';
            sum = gv_hash_64(&text[i], 1, sum);
        }
    }
    if (status == GV_OK && gv_records_count(records).records != lines)
        abort();
    gv_records_close(records);
    return status == GV_OK ? sum : 0;
}

static void strip(const uint8_t *data, size_t size)
{
    const gv_wikitext_names names = {{0}, {0}};
    gv_wikitext *wikitext = NULL;
    const char *prose;
    size_t length = 0;
    if (gv_wikitext_new(&wikitext, &names, NULL) != GV_OK ||
        gv_wikitext_strip(wikitext, (const char *)data, size, &prose, &length, NULL) != GV_OK ||
        length > size)
        abort();
    gv_wikitext_free(wikitext);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[] = "text", inner[] = "a.0.b", second[] = "2";
    char *fields[] = {text, inner}, *columns[] = {second};
    const gv_strings names = {2, fields}, name = {1, fields}, number = {1, columns};
    if (size == 0)
        return 0;
    gv_records_options options = {.format = (enum gv_config_corpus_format)(1 + data[0] % 4),
                                  .fields = data[0] & 64   ? &number
                                            : data[0] & 32 ? &names
                                                           : &name,
                                  .threads = 1};
    uint64_t whole = read_all(&options, data + 1, size - 1, SIZE_MAX);
    if (whole != read_all(&options, data + 1, size - 1, 7))
        abort();
    strip(data + 1, size - 1);
    return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char *const seeds[] = {
        "\x04{\"text\":\"a\\ud800 \xff\",\"x\":NaN}\n{\"text\":[\"b\",null,[\"c\"]]}\n",
        "\x24{\"a\":[{\"b\":\"c\"}],\"text\":\"\\u0000\"}\n\n7\n",
        "\x05id,text\r\n1,\"a \"\"b\"\"\r\nc\"\r2,d\n",
        "\x05\"id\";\"text\"\n1;\"x;y\"\n",
        "\x45"
        "1,a\n2,\"b",
        "\x06id\ttext\n1\t\"a\n",
        "\x07<mediawiki><siteinfo><namespaces><namespace key=\"6\">Datei</namespace></namespaces>"
        "</siteinfo><page><title>A</title><ns>0</ns><revision><model>wikitext</model><text>"
        "'''a''' [[b|c]] {{d|{{e}}}} &lt;ref&gt;f&lt;/ref&gt; &amp;nbsp; [http://g h] == i "
        "==\n{|\n|}"
        "</text></revision></page></mediawiki>",
        "\x07<page><ns>1</ns><redirect title=\"x\"/><text>y</text></page>\n",
        "\x07== a ==\n* [[Datei:b|c [[d]]]]\n<!-- e "
        "--><math>f</math>&#x1F600;__TOC__''g''{{{h|i}}}"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char name[16];
        snprintf(name, sizeof name, "seed-%zu", i);
        fuzz_seed_bytes(name, seeds[i], strlen(seeds[i]));
    }
    return 0;
}
