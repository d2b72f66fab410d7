/*
 * A text, and the same text as JSON lines, CSV, TSV and a dump of a wiki: random documents of any
 * characters give the same tokens, in the same blocks, for any number of threads, block sizes and
 * compression.
 */
#include "base/gv_hash.h"
#include "base/gv_text.h"
#include "support/gv_test.h"
#include "text/gv_corpus.h"
#include <stdio.h>
#include <string.h>

enum { DOCUMENTS = 3000, LENGTH = 400 };

typedef struct forms {
    gv_text text, json, csv, tsv, wiki;
} forms;

/* A character of a document in each form; what a form cannot hold is left out by the caller. */
static void add(forms *f, gv_rng *rng, const char *c)
{
    gv_text_add(&f->text, c);
    if (strchr("\"\\/", *c))
        gv_text_printf(&f->json, "\\%s", c);
    else if (*c == 'a' && gv_rng_below(rng, 2) == 0)
        gv_text_add(&f->json, "\\u0061");
    else
        gv_text_add(&f->json, *c == ' ' && gv_rng_below(rng, 4) == 0 ? "\\n" : c);
    gv_text_add(&f->csv, *c == '"' ? "\"\"" : *c == ' ' && gv_rng_below(rng, 4) == 0 ? "\n" : c);
    gv_text_add(&f->tsv, c);
    gv_text_add(&f->wiki, *c == ' ' && gv_rng_below(rng, 4) == 0 ? "&lt;br /&gt; " : c);
}

static void make(forms *f, gv_rng *rng)
{
    static const char *const letters[] = {"a",
                                          "b",
                                          "c",
                                          "e",
                                          "\"",
                                          "\\",
                                          ",",
                                          " ",
                                          " ",
                                          " ",
                                          "/",
                                          "\xc3\xa9",
                                          "\xf0\x9f\x98\x80",
                                          ";",
                                          "\xe6\x97\xa5"};
    gv_text_add(&f->csv, "id,the text\r\n");
    gv_text_add(&f->wiki, "<mediawiki>\n");
    for (int d = 0; d < DOCUMENTS; d++) {
        gv_text_printf(&f->json, "{\"id\":%d,\"data\":{\"the text\":\"", d);
        gv_text_printf(&f->csv, "%d,\"", d);
        gv_text_printf(&f->tsv, "%d\t", d);
        gv_text_add(&f->wiki, "<page><ns>0</ns><revision><text>");
        add(f, rng, "x"); /* at the beginning of a line ";" is mark-up in a wiki */
        for (uint64_t n = gv_rng_below(rng, LENGTH); n > 0; n--)
            add(f, rng, letters[gv_rng_below(rng, sizeof letters / sizeof *letters)]);
        gv_text_add(&f->text, "\n");
        gv_text_add(&f->json, "\"}}\n");
        gv_text_add(&f->csv, "\"\r\n");
        gv_text_add(&f->tsv, "\n");
        gv_text_add(&f->wiki, "</text></revision></page>\n");
    }
    gv_text_add(&f->wiki, "</mediawiki>\n");
}

/* A hash of all tokens and of the blocks in which they are. */
static uint64_t read_all(const char *path, enum gv_config_corpus_format format, const char *wanted,
                         unsigned threads, size_t block)
{
    char *files[] = {(char *)(uintptr_t)path}, *fields[] = {(char *)(uintptr_t)wanted};
    const gv_config config = {.corpus_files = {1, files},
                              .corpus_format = format,
                              .corpus_field = {1, fields},
                              .corpus_column = {1, fields},
                              .vocab_memory_mb = 1000,
                              .cooccur_memory_mb = 1000,
                              .cooccur_threads = threads};
    gv_error err = GV_ERROR_INIT;
    gv_corpus *corpus = NULL;
    gv_corpus_reader *reader = NULL;
    uint64_t sum = 1, sequence, file, number;
    bool more = true;
    gv_assert_ok(gv_corpus_open(&corpus, &config, block, &err), err);
    gv_assert_ok(gv_corpus_reader_new(&reader, corpus, &err), err);
    while (more) {
        const gv_token *tokens;
        size_t n = 1;
        gv_assert_ok(gv_corpus_next_block(reader, &sequence, &more, NULL, &err), err);
        gv_corpus_place(reader, &file, &number);
        sum = more ? gv_hash_64(&number, sizeof number, sum) : sum;
        while (more && n > 0) {
            gv_assert_ok(gv_corpus_tokens(reader, &tokens, &n, &err), err);
            for (size_t i = 0; i < n; i++)
                sum = gv_hash_64(tokens[i].text, tokens[i].length, sum + tokens[i].length);
        }
    }
    gv_corpus_reader_free(reader);
    gv_corpus_close(corpus);
    return sum;
}

Test(records, same_tokens_as_the_text, .timeout = 120)
{
    gv_rng rng;
    forms f = {0};
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 11);
    make(&f, &rng);
    const struct {
        const char *name, *wanted;
        gv_text *bytes;
        enum gv_config_corpus_format format;
    } cases[] = {{"a.jsonl", "data.the text", &f.json, GV_CORPUS_JSONL},
                 {"a.csv", "the text", &f.csv, GV_CORPUS_CSV},
                 {"a.tsv", "2", &f.tsv, GV_CORPUS_TSV},
                 {"a.xml", "text", &f.wiki, GV_CORPUS_WIKIPEDIA}};
    const char *text = gv_test_write("a.txt", f.text.bytes, f.text.used);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path =
            gv_test_write(cases[i].name, cases[i].bytes->bytes, cases[i].bytes->used);
        /* three bzip2 streams, cut anywhere */
        gv_test_run_ok(
            "n=$(($(wc -c < %s) / 3)) && (head -c $n %s | bzip2 && tail -c +$((n + 1)) %s "
            "| head -c $n | bzip2 && tail -c +$((2 * n + 1)) %s | bzip2) > %s.bz2",
            path, path, path, path, path);
        const char *packed = gv_test_format("%s.bz2", path);
        for (size_t block = 5000; block <= 1000000; block *= 200) {
            uint64_t wanted = read_all(text, GV_CORPUS_TEXT, "x", 1, block);
            for (unsigned threads = 1; threads <= 4; threads += 3) {
                cr_assert_eq(read_all(path, cases[i].format, cases[i].wanted, threads, block),
                             wanted, "%s, %u threads, blocks of %zu, seed %lu", path, threads,
                             block, gv_test_seed());
                cr_assert_eq(read_all(packed, cases[i].format, cases[i].wanted, threads, block),
                             wanted, "%s, %u threads", packed, threads);
            }
        }
    }
    gv_text *all[] = {&f.text, &f.json, &f.csv, &f.tsv, &f.wiki};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gv_text_drop(all[i]);
}
