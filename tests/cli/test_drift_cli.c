/* glove-report drift as users run it. */
#include "support/gv_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 20, TOPIC_WORDS = 15, LINES = 2500, LINE_WORDS = 12 };

/* Texts of topics with words of their own, some frequent, some rare; with `exchanged`, the third
 * words of the first two topics have taken each other's place. */
static void write_corpus(const char *name, uint64_t seed, bool exchanged)
{
    char *text = gv_test_keep(malloc(LINES * LINE_WORDS * 8)), *at = text;
    gv_rng rng;
    gv_rng_seed(&rng, seed, GV_RNG_TEST, 0);
    for (int line = 0; line < LINES; line++) {
        const unsigned topic = (unsigned)gv_rng_below(&rng, TOPICS);
        for (int i = 0; i < LINE_WORDS; i++) {
            const unsigned most = 1 + (unsigned)gv_rng_below(&rng, TOPIC_WORDS);
            const unsigned word = (unsigned)gv_rng_below(&rng, most);
            const unsigned of = exchanged && word == 2 && topic < 2 ? 1 - topic : topic;
            at += sprintf(at, "%c%c%u ", 'a' + of, 'a' + word, of);
        }
        at += sprintf(at, "\n");
    }
    gv_test_write_text(gv_test_format("%s.txt", name), text);
    gv_test_write_text("c.json",
                       "{\"train\": {\"dim\": 20, \"epochs\": 6, \"objective\": \"logistic\"},"
                       " \"cooccur\": {\"window\": 8}}");
    gv_test_run_ok("glove-run --config c.json --run-dir %s --set corpus.files=%s.txt "
                   "--progress none",
                   name, name);
}

/* Two words are exchanged in B: they come first, far beyond noise, and no other does. */
Test(drift_cli, planted_words_come_first, .timeout = 60)
{
    write_corpus("a", 1, false);
    write_corpus("b", 2, true);
    write_corpus("c", 3, false);
    gv_test_result result = gv_test_run_ok(
        "glove-report drift a b --noise a c --neighbours 15 --output out --progress none && "
        "sed -n '2,3p' out.csv | cut -d , -f 1 | sort | tr '\\n' ' ' && "
        "awk -F , 'NR > 1 && $6 <= 0.01 {n++} END {print n + 0}' out.csv");
    cr_assert_not_null(strstr(result.out, "ac0 bc1 "), "%s", result.out);
    const int beyond = atoi(strstr(result.out, "ac0 bc1 ") + strlen("ac0 bc1 "));
    cr_assert(beyond >= 2 && beyond <= 8, "%d words beyond noise", beyond);
    for (int by = 0; by < 2; by++) {
        static const char *const measures[] = {"neighbours", "cosine"};
        result = gv_test_run_ok("glove-report drift a b --noise a c a c --neighbours 15 --by %s "
                                "--progress none | grep -A 1 '^word' | tail -1",
                                measures[by]);
        cr_assert(strstr(result.out, "ac0") || strstr(result.out, "bc1"), "%s", result.out);
    }
    /* the same bytes again, in another process on one processor; and other files keep theirs */
    gv_test_run_ok("for f in html md csv json; do cp out.$f first.$f; done; "
                   "taskset -c 0 glove-report drift a b --noise a c --neighbours 15 --output out "
                   "--progress none && for f in html md csv json; do cmp out.$f first.$f; done");
    result = gv_test_run_ok("/usr/bin/python3 -c \"import json; d = json.load(open('out.json')); "
                            "w = d['words'][0]; print(d['noise']['words'] > 200, "
                            "len(d['words']) == d['compared'], {x[0] for x in w['near_a']} == "
                            "{w['word'][0]}, w['word'][0] in {x[0] for x in w['near_b']})\"");
    cr_assert_str_eq(result.out, "True True True False\n");
    /* without noise, how to make it; the commands work as they stand */
    result = gv_test_run_ok("glove-report drift a b --top 1 --progress none > text && "
                            "grep '^    [cg]' text | sed 's/$/ --progress none/; 1s/ --progress "
                            "none$//' > commands && sh -e ./commands");
    cr_assert_not_null(strstr(result.out, "noise: "), "%s", result.out);
}

static void write_space(const char *name, const char *prefix, int words, int dim)
{
    char text[1 << 16] = "";
    gv_rng rng;
    gv_rng_seed(&rng, 7, GV_RNG_TEST, 0);
    for (int i = 0; i < words; i++) {
        sprintf(text + strlen(text), "%s%d", prefix, i);
        for (int k = 0; k < dim; k++)
            sprintf(text + strlen(text), " %.4f", gv_rng_uniform(&rng) - 0.5);
        strcat(text, "\n");
    }
    gv_test_write_text(name, text);
}

/* Files without counts; odd words; words of one corpus alone. */
Test(drift_cli, files_of_vectors)
{
    write_space("a.txt", "w", 80, 6);
    write_space("b.txt", "w", 60, 6);
    gv_test_run_ok("sed -i 's/^w3 /<b>\\&|\",x /' a.txt b.txt; echo 'zero 0 0 0 0 0 0' >> b.txt; "
                   "echo '<unk> 1 2 3 4 5 6' >> a.txt; "
                   "echo 'nan 1 2 3 4 5 nan' >> a.txt; echo 'nan 1 2 3 4 5 6' >> b.txt");
    gv_test_result result =
        gv_test_run_ok("glove-report drift a.txt b.txt --noise a.txt b.txt --word w5 --word w70 "
                       "--word nowhere --top 60 --output o");
    cr_assert_not_null(strstr(result.out, "60 words compared"), "%s", result.out);
    cr_assert_null(strstr(result.err, "warning"), "%s", result.err);
    cr_assert_not_null(strstr(result.out, "rank takes its place"));
    cr_assert_not_null(strstr(result.out, "w70: only in A"));
    cr_assert_not_null(strstr(result.out, "nowhere: in neither"));
    cr_assert_not_null(strstr(result.out, "only in A: 20 words: w60, w61"));
    cr_assert_not_null(strstr(result.out, "only in B: 1 words: zero"));
    cr_assert_null(strstr(result.out, "<unk>"));
    write_space("five.txt", "w", 20, 5);
    gv_test_result warned =
        gv_test_run_ok("glove-report drift a.txt b.txt --noise five.txt five.txt");
    cr_assert_not_null(strstr(warned.err, "warning: the vectors of --noise have 5 numbers"));
    cr_assert_not_null(strstr(warned.err, "only 19 of the 60 words"), "%s", warned.err);
    result = gv_test_run_ok("grep -c '<b>&' o.html; grep -o '&lt;b&gt;&amp;|&quot;,x' o.html | "
                            "head -1; grep '\\\\<b' o.md | head -1; grep '^\"<b>&|\"\",x\"' o.csv; "
                            "grep -c 'http' o.html");
    cr_assert(strncmp(result.out, "0\n&lt;b", 7) == 0, "%s", result.out);
}

Test(drift_cli, wrong_usage)
{
    write_space("a.txt", "w", 30, 6);
    write_space("five.txt", "w", 30, 5);
    write_space("other.txt", "x", 30, 6);
    gv_test_run_ok("mkdir run other; cp a.txt run/vectors.txt; cp a.txt other/vectors.txt; "
                   "seq 0 29 | sed 's/.*/w& 7/' > run/vocab.txt; cp run/vocab.txt other");
    gv_test_expect_error(gv_test_run("glove-report drift a.txt"), 2, "two run directories", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt five.txt"), 1,
                         "a.txt has vectors of 6 numbers", "five.txt of 5", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt other.txt"), 1, "share 0 words",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-report drift run other"), 1, "0 words that occur 20",
                         "lower --min-count", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift run missing"), 1, "missing", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --noise a.txt"), 2, "--noise",
                         "two runs", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --noise a.txt five.txt"), 1,
                         "five.txt of 5", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --by size"), 2, "--by size",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --top -3"), 2, "--top", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --neighbours 0"), 2,
                         "--neighbours", NULL);
    gv_test_expect_error(gv_test_run("glove-report --noise a.txt --run-dir run"), 2, "--noise",
                         "no effect", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --output -"), 2, "--output",
                         "four files", NULL);
    gv_test_run_ok("cp a.txt a.csv");
    gv_test_expect_error(gv_test_run("glove-report drift a.csv a.txt --output a --progress none"),
                         2, "a.csv is an input", NULL);
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --noise a.txt a.csv --output "
                                     "a --progress none"),
                         2, "a.csv is an input", NULL);
    cr_assert_not(gv_test_exists(gv_test_path("a.html")));
    gv_test_run_ok("echo {} > run/config.json");
    gv_test_expect_error(gv_test_run("glove-report drift a.txt a.txt --output run/config"), 2,
                         "run/config.json is a file of a run", NULL);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/config.json"), NULL), "{}\n");
    gv_test_expect_error(
        gv_test_run("glove-report drift a.txt a.txt --output no/such --progress none"), 1,
        "no/such.html", NULL);
}
