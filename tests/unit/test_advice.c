/* gv_advice: what texts are taken for, and that ordinary text is left alone. */
#include "support/gv_test.h"
#include "text/gv_advice.h"
#include <string.h>

static const gv_config by_line = {.corpus_documents = GV_DOCUMENTS_LINE};

static const char *advice_with(const gv_corpus_stats *stats, const char *text, size_t length)
{
    static char to[GV_ADVICE_TEXT];
    gv_advice_corpus corpus = {.config = &by_line, .stats = stats};
    /* in memory of just its size, for the sanitizers */
    uint8_t *copy = malloc(length + (length == 0));
    memcpy(copy, text, length);
    corpus.sample[0] = (gv_advice_sample){copy, length};
    gv_advice_give(to, &corpus);
    free(copy);
    return to;
}

/* Advice on a text that is the whole corpus, with `invalid` ill-formed sequences. */
static const char *advice(const char *text, uint64_t invalid)
{
    gv_corpus_stats stats = {.bytes = strlen(text), .tokens = 1, .invalid_utf8 = invalid};
    for (const char *at = text; *at; at++)
        stats.tokens += *at == ' ';
    stats.documents = 1;
    return advice_with(&stats, text, strlen(text));
}

static void expect(const char *text, uint64_t invalid, const char *part)
{
    const char *got = advice(text, invalid);
    cr_assert_not_null(strstr(got, part), "'%s' lacks '%s' on\n%s", got, part, text);
}

static void expect_none(const char *text)
{
    cr_assert_str_eq(advice(text, 0), "", "on\n%s", text);
}

Test(advice, encodings)
{
    expect("Der M\xfcller f\xfchrt die Stra\xdf"
           "e entlang zu den H\xe4usern und gr\xfc\xdft die Leute",
           7, "iconv -f ISO-8859-1 -t UTF-8");
    expect("the author\x92s \x93words\x94 and the reader\x92s \x93thoughts\x94 are here to stay", 6,
           "iconv -f windows-1252 -t UTF-8");
    expect("\xcf\xf0\xe8\xe2\xe5\xf2, \xfd\xf2\xee \xf2\xe5\xea\xf1\xf2 \xed\xe0 "
           "\xf0\xf3\xf1\xf1\xea\xee\xec \xff\xe7\xfb\xea\xe5, \xea\xee\xf2\xee\xf0\xfb\xe9 "
           "\xed\xe5 \xe2 \xfe\xed\xe8\xea\xee\xe4\xe5",
           40, "iconv -f windows-1251 -t UTF-8");
    expect("\xf0\xd2\xc9\xd7\xc5\xd4, \xdc\xd4\xcf \xd4\xc5\xcb\xd3\xd4 \xce\xc1 "
           "\xd2\xd5\xd3\xd3\xcb\xcf\xcd \xd1\xda\xd9\xcb\xc5, \xcb\xcf\xd4\xcf\xd2\xd9\xca "
           "\xce\xc5 \xd7 \xc0\xce\xc9\xcb\xcf\xc4\xc5",
           40, "iconv -f KOI8-R -t UTF-8");
    expect("caf\xe9 na\xefve", 2, "iconv -f ");
    cr_assert_str_eq(advice("one \xff broken byte", 1), "", "one broken byte is no encoding");
    gv_corpus_stats rare = {.bytes = 4, .tokens = 1000000, .documents = 1, .invalid_utf8 = 900};
    cr_assert_str_eq(advice_with(&rare, "a \xff b", 5), "", "below one word in a thousand");
    gv_corpus_stats elsewhere = {.bytes = 4, .tokens = 1000, .documents = 1, .invalid_utf8 = 900};
    cr_assert_not_null(strstr(advice_with(&elsewhere, "a b", 3), "iconv -f ENCODING"));
}

Test(advice, encoded_twice)
{
    expect("Der MÃ¼ller fÃ¤hrt Ã¼ber die StraÃŸe", 0, "WINDOWS-1252");
    expect("Der MÃ¼ller fÃ¤hrt Ã¼ber", 0,
           "(\"Ã¼\" for \"ü\"): undo it with iconv -f UTF-8 -t ISO-8859-1");
    expect("itâ€™s the authorâ€™s â€œwordâ€\xc2\x9d", 0, "(\"â€™\" for \"’\")");
    expect_none("LIBERTÉ» ÉGALITÉ» et «fraternité», déjà vu à Paris, où naïveté règne");
    expect_none("Ação São João, coração; Größe, Straße, Müller; 日本語 の テキスト; Привет");
    expect_none("„MENÜ“ und „TÜR“: Größe, Straße, Müller, für, über, schön, äußerst, Öl, Übung");
}

Test(advice, json)
{
    expect("{\"id\": 1, \"text\": \"the frog\"}\n{\"id\": 2, \"text\": \"the dog\"}\n", 0,
           "corpus.format = \"jsonl\" and corpus.field = \"text\"");
    expect("{\"body\":\"one line only\"}", 0, "if each line is a record, set corpus.format");
    expect("{\"id\": 7, \"data\": {\"n\": 1, \"body\": \"a frog\"}}\n", 0,
           "corpus.field = \"data.body\"");
    expect("{\"messages\": [{\"role\": \"user\", \"content\": \"a frog\"}]}\n", 0,
           "corpus.field = \"messages.content\"");
    expect("{\"text\": 5, \"cut", 0, "corpus.field = \"text\"");
    expect("[\n  {\n    \"title\": \"a\",\n    \"review\": \"b\"\n  },\n  {\n    \"review\": "
           "\"c\"\n  }\n]\n",
           0,
           "with jq -c, write one record a line, and set corpus.format = \"jsonl\" and "
           "corpus.field = \"review\"");
    expect_none("he said \"no\": it was \"late\"\n\"yes\": she said\nand so on\nand on\n");
    expect_none("{ a set } of words\n[sic] he wrote\n");
}

Test(advice, markup)
{
    expect("<html><body><p>the frog sat</p><br />on the mat</body></html>", 0, "markup (<html");
    expect("it is &quot;quoted&quot; and &lt;b&gt; bold &nbsp; text", 0, "&quot;");
    expect("the lt ref gt frog lt ref gt sat quot on quot the mat", 0, "markup (lt, ref)");
    expect("the [[frog]] is a {{convert|5|cm}} [[animal|beast]] with '''legs''' [[water]]", 0,
           "markup ([[, {{)");
    expect("<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\"> frog", 0,
           "corpus.format = \"wikipedia\"");
    expect_none("<s> the <unk> sat on <num> mats </s> <person> said <eos> a < b and b > c <3");
    expect_none("AT&T and R&D; P&L; the guitar amp of the ref");
    expect_none("<");
    expect_none("&");
    expect_none("a <p");
}

Test(advice, tables)
{
    expect("1\tthe frog\n2\tthe dog\n3\tthe cat\n4\ta mat\n5\ta hat\n", 0,
           "2 columns, separated by tabs");
    expect("id,date,text\n1,2,a\n2,3,b\n3,4,\"c, d\"\n4,5,e\n5,6,f\n6,7,g\n7,8,h\n8,9,i\n9,1,j\n",
           0, "3 columns, separated by commas");
    expect_none("one, two, three\nfour, five\nsix\nseven, eight\nnine, ten\na, b\nc\nd\ne\nf\ng\n");
    expect_none("a\tb\nc\td\n");
}

Test(advice, one_word_a_line)
{
    gv_corpus_stats stats = {.bytes = 10000, .tokens = 1100, .documents = 1000};
    cr_assert_not_null(strstr(advice_with(&stats, "the\nfrog\n", 9), "1.1 words on average"));
    stats.tokens = 2000;
    cr_assert_str_eq(advice_with(&stats, "the\nfrog\n", 9), "");
}

Test(advice, ordinary_text)
{
    expect_none("");
    expect_none("\n\n");
    expect_none("the quick brown fox\njumps over the lazy dog\n");
    expect_none("anarchism originated as a term of abuse first used against early working class");
}
