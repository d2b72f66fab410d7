/* glove-embed from the outside: texts and words, formats, pipes, what is stored and refused. */
#include "support/gv_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET "--progress none "
#define EMBED "glove-embed --run-dir run " QUIET

/* A finished run in the directory "run". */
static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 200, 30);
    gv_test_write_text("c.json", "{\"corpus\": {\"files\": [\"corpus.txt\"]},\n"
                                 " \"vocab\": {\"min_count\": 2},\n"
                                 " \"train\": {\"dim\": 8, \"epochs\": 2},\n"
                                 " \"output\": {\"formats\": [\"text\", \"safetensors\"]}}\n");
    gv_test_run_ok("glove-run c.json --run-dir run " QUIET);
}

/* Vectors without a run, for what needs no counts. */
static void prepare_vectors(void)
{
    gv_test_write_text("v.txt", "red 1 0\ngreen 0 1\nblue 0.5 -0.5\n<unk> 9 9\nred 7 7\n");
}

#define PLAIN "glove-embed --vectors v.txt --weights mean " QUIET

static void expect_output(const char *out, const char *command)
{
    gv_test_result r = gv_test_run_ok("%s", command);
    cr_expect_str_eq(r.out, out, "%s: %s", command, r.out);
}

/* --- texts ------------------------------------------------------------------------------------ */

Test(embed_cli, lines_have_vectors)
{
    prepare_vectors();
    expect_output("0.500000 0.500000\n0.000000 0.000000\n0.500000 -0.500000\n",
                  "printf 'red green\\n\\nblue' | " PLAIN);
    /* unknown words do not count, <unk> is none, the first of equal words is meant */
    expect_output("1.000000 0.000000\n0.000000 0.000000\n",
                  "printf 'red what <unk>\\nwhat\\n' | " PLAIN);
    expect_output("", PLAIN "< /dev/null");
    /* all ends of lines; the byte order mark; NUL separates */
    expect_output("1.000000 0.000000\n0.000000 1.000000\n0.000000 0.000000\n0.500000 0.500000\n",
                  "printf '\\357\\273\\277red\\r\\ngreen\\r\\rgreen\\0red\\r\\n' | " PLAIN);
    expect_output("1.000000 0.000000\n", "printf 'RED' | " PLAIN "--set corpus.lowercase=true");
    expect_output("0.500000 0.500000\n",
                  "printf '(Red), green!' | " PLAIN "--set corpus.tokenizer=unicode "
                  "--set corpus.lowercase=true");
}

Test(embed_cli, json_tells_of_words)
{
    prepare_vectors();
    expect_output("{\"line\":1,\"vector\":[0.500000,0.500000],\"words\":2,\"subwords\":0,"
                  "\"missing\":1}\n"
                  "{\"line\":2,\"vector\":[0.000000,0.000000],\"words\":0,\"subwords\":0,"
                  "\"missing\":0}\n",
                  "printf 'red green x\\n\\n' | " PLAIN "--format jsonl");
    gv_test_result r = gv_test_run_ok("printf 'x red\\n\\n' | glove-embed --vectors v.txt "
                                      "--weights mean --progress plain");
    cr_expect_not_null(strstr(r.err, "1 of 2 words have no vector"), "%s", r.err);
    cr_expect_not_null(strstr(r.err, "1 of 2 lines"), "%s", r.err);
}

Test(embed_cli, files_are_read_as_a_corpus)
{
    prepare_vectors();
    gv_test_run_ok("mkdir folder && printf 'red\\n' > folder/a.txt && printf 'green' > "
                   "folder/b.txt && printf 'blue\\n' | gzip > c.gz && printf 'red' > d.txt");
    expect_output("1.000000 0.000000\n0.000000 1.000000\n0.500000 -0.500000\n1.000000 0.000000\n",
                  PLAIN "folder c.gz 'd*.txt'");
    expect_output("1.000000 0.000000\n0.000000 1.000000\n", "printf 'green' | " PLAIN "d.txt -");
    gv_test_run_ok("tar cf t.tar folder/a.txt folder/b.txt");
    expect_output("1.000000 0.000000\n0.000000 1.000000\n", PLAIN "t.tar");
    expect_output("1.000000 0.000000\n0.000000 1.000000\n", "cat t.tar | " PLAIN);
    gv_test_expect_error(gv_test_run(PLAIN "none.txt"), 2, "none.txt", NULL);
    gv_test_run_ok("head -c 5000 /dev/urandom > noise");
    gv_test_expect_error(gv_test_run(PLAIN "noise"), 1, "noise", NULL);
}

Test(embed_cli, what_is_read_is_not_replaced)
{
    prepare_vectors();
    gv_test_run_ok(
        "mkdir d && printf 'red\\n' > d/t.txt && ln -s d/t.txt link && cp d/t.txt kept && "
        "cp v.txt vkept");
    gv_test_expect_error(gv_test_run(PLAIN "d --output d/t.txt"), 2, "--output d/t.txt", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "link --output d/t.txt"), 2, "--output d/t.txt", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "d --output v.txt"), 2, "--output v.txt", NULL);
    prepare();
    gv_test_run_ok("printf 'w1\\tw2\\n' > d/t.txt; cp d/t.txt kept");
    gv_test_expect_error(
        gv_test_run(EMBED "--induce --format npy --words d/t.txt --output o.npy d"), 2,
        "--words d/t.txt", NULL);
    gv_test_run_ok("cmp d/t.txt kept && cmp v.txt vkept");
    gv_test_run_ok(PLAIN "d --output /dev/null && " PLAIN "d --output o && " PLAIN "d --output o");
}

Test(embed_cli, npy_states_its_rows)
{
    prepare_vectors();
    gv_test_run_ok("printf 'red\\n\\nblue\\n' > t.txt");
    gv_test_run_ok(PLAIN "--format npy --output out.npy t.txt");
    gv_test_run_ok(PLAIN "--format npy < t.txt | cmp - out.npy");
    size_t bytes;
    char *npy = gv_test_read(gv_test_path("out.npy"), &bytes);
    cr_expect_eq(bytes % 64, 3 * 2 * sizeof(float));
    cr_expect_not_null(strstr(npy + 10, "'shape': (3, 2)"), "%s", npy + 10);
    float numbers[6];
    memcpy(numbers, npy + bytes - sizeof numbers, sizeof numbers);
    cr_expect_float_eq(numbers[0], 1.0f, 0.0f);
    cr_expect_float_eq(numbers[2], 0.0f, 0.0f);
    cr_expect_float_eq(numbers[5], -0.5f, 0.0f);
    gv_test_run_ok(PLAIN "--format npy < /dev/null > empty.npy");
    npy = gv_test_read(gv_test_path("empty.npy"), &bytes);
    cr_expect_not_null(strstr(npy + 10, "'shape': (0, 2)"));
}

/* One line in, one line out, before the next line comes: the pipe is not waited for. */
Test(embed_cli, answers_while_the_pipe_is_open, .timeout = 30)
{
    prepare_vectors();
    gv_test_result r = gv_test_run_ok(
        "mkfifo in out; " PLAIN "--set train.threads=4 < in > out & exec 3> in 4< out; "
        "echo red >&3; read a <&4; echo blue >&3; read b <&4; exec 3>&-; wait; echo $a, $b");
    cr_expect_str_eq(r.out, "1.000000 0.000000, 0.500000 -0.500000\n", "%s", r.out);
}

Test(embed_cli, threads_do_not_change_the_bytes, .timeout = 60)
{
    prepare();
    /* short lines, a long one, and one without an end */
    gv_test_run_ok("(cat corpus.txt; tr '\\n' ' ' < corpus.txt; for i in 1 2 3 4 5 6 7 8 9 10 11 "
                   "12 13 14 15 16 17 18 19 20; do tr '\\n' ' ' < corpus.txt; done; echo; "
                   "cat corpus.txt; echo; printf w1) > text; "
                   "sed 's/^/w7\\t/' corpus.txt > contexts; (printf 'w9\\t'; tail -n 1 text) >> "
                   "contexts");
    static const char *const kinds[] = {"text", "--format jsonl text", "--format npy text",
                                        "--weights idf text", "--induce contexts"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gv_test_run_ok(EMBED "--set train.threads=1 %s > one", kinds[i]);
        for (int threads = 2; threads <= 8; threads += 3)
            gv_test_run_ok(EMBED "--set train.threads=%d %s | cmp - one", threads, kinds[i]);
    }
    gv_test_run_ok(EMBED "--induce --set train.threads=3 - < contexts | cmp - one");
}

/* --- words ------------------------------------------------------------------------------------ */

Test(embed_cli, words_are_induced, .timeout = 60)
{
    prepare();
    gv_test_run_ok("printf 'new one\\tw3 new one w4 w5\\n\\nw8\\tw1 w2\\nnew one\\tw6 w7\\n' > c");
    gv_test_result r = gv_test_run_ok(EMBED "--induce c --format jsonl | cut -c1-30");
    cr_expect_eq(strncmp(r.out, "{\"word\":\"new_one\",\"vector\":[", 28), 0, "%s", r.out);
    r = gv_test_run_ok(EMBED "--induce c --format jsonl | sed 's/.*],//'");
    cr_expect_str_eq(r.out,
                     "\"lines\":2,\"occurrences\":1,\"contexts\":2,\"subwords\":false}\n"
                     "\"lines\":1,\"occurrences\":0,\"contexts\":1,\"subwords\":false}\n",
                     "%s", r.out);
    /* a file of vectors that the other programs read, as text and as npy */
    gv_test_run_ok(EMBED "--induce c --output i.txt; glove-query --vectors i.txt nearest new_one");
    gv_test_run_ok(EMBED "--induce c --format npy --output i.npy --words w.txt");
    r = gv_test_run_ok("cat w.txt; glove-convert i.npy back.txt --words w.txt " QUIET
                       "&& cmp back.txt i.txt");
    cr_expect_str_eq(r.out, "new_one\nw8\n", "%s", r.out);
    expect_output("", EMBED "--induce < /dev/null");
    /* the order of lines of different words does not matter to each */
    gv_test_run_ok("sort c | grep . | " EMBED "--induce | sort > a; sort i.txt | cmp - a");
    /* nothing is known of its contexts */
    r = gv_test_run_ok("printf 'x\\tzzz\\n' | glove-embed --run-dir run --induce --progress plain");
    cr_expect_eq(strncmp(r.out, "x 0.000000 ", 11), 0, "%s", r.out);
    cr_expect_not_null(strstr(r.err, "1 of 1 words"), "%s", r.err);
}

/* A run with phrases and n-grams: texts are read with the former joined, unseen words answer. */
Test(embed_cli, phrases_and_ngrams_take_part, .timeout = 60)
{
    prepare();
    gv_test_write_text("phrases.txt", "w1 w2\nw3 w1 w4\n");
    gv_test_run_ok("glove-run c.json --run-dir both --set vocab.phrase_file=phrases.txt --set "
                   "vocab.min_count=1 --set output.subwords=true --set subword.min_words=1 " QUIET
                   "&& grep -q '^w1_w2 ' both/vocab.txt");
    const char *command = "glove-embed --run-dir both --format jsonl " QUIET;
    gv_test_result r = gv_test_run_ok("printf 'w1 w2 w5\nw3 w1\nw4 w1\nw2 w1w2x' | %s | sed "
                                      "'s/.*],//'",
                                      command);
    cr_expect_str_eq(r.out,
                     "\"words\":2,\"subwords\":0,\"missing\":0}\n"
                     "\"words\":2,\"subwords\":0,\"missing\":0}\n"
                     "\"words\":2,\"subwords\":0,\"missing\":0}\n"
                     "\"words\":1,\"subwords\":1,\"missing\":0}\n",
                     "phrases end with the line: %s", r.out);
    r = gv_test_run_ok("printf 'w1 w2\tw5 w1 w2 w6\nw1w2x\t\n' | %s --induce | sed 's/.*],//'",
                       command);
    cr_expect_str_eq(r.out,
                     "\"lines\":1,\"occurrences\":1,\"contexts\":1,\"subwords\":true}\n"
                     "\"lines\":1,\"occurrences\":0,\"contexts\":0,\"subwords\":true}\n",
                     "%s", r.out);
    /* a fastText model has its own */
    gv_test_run_ok(
        "glove-train --run-dir both --set 'output.formats=[\"text\",\"fasttext\"]' " QUIET
        "; mkdir ft; cp both/vectors.ft.bin ft/m.bin");
    r = gv_test_run_ok(
        "echo w1w2x | glove-embed --vectors ft/m.bin --weights mean --format jsonl " QUIET
        "| sed 's/.*],//'");
    cr_expect_str_eq(r.out, "\"words\":0,\"subwords\":1,\"missing\":0}\n", "%s", r.out);
    /* keys that say how text is read, other than those of the vectors */
    r = gv_test_run_ok("echo w1 w2 | glove-embed --run-dir both --set corpus.lowercase=true "
                       "--set train.dim=3 --progress plain");
    cr_expect_not_null(strstr(r.err, "made with corpus.lowercase = "), "%s", r.err);
    r = gv_test_run_ok("echo w1 w2 | glove-embed --run-dir both --set train.dim=3 "
                       "--progress plain");
    cr_expect_null(strstr(r.err, "made with"), "%s", r.err);
    /* phrases other than those that the text was read with */
    gv_test_run_ok("cp both/phrases.tsv kept; head -n 1 kept > both/phrases.tsv");
    gv_test_expect_error(gv_test_run("echo w1 w2 | glove-embed --run-dir both " QUIET), 1,
                         "both/phrases.tsv is not the file that glove-vocab wrote here", NULL);
    gv_test_run_ok("rm both/phrases.tsv");
    gv_test_expect_error(gv_test_run("echo w1 w2 | glove-embed --run-dir both " QUIET), 2,
                         "both/phrases.tsv is missing: run glove-vocab first", NULL);
    gv_test_run_ok("cp kept both/phrases.tsv");
    gv_test_run_ok("echo w1 w2 | glove-embed --run-dir both " QUIET);
    gv_test_run_ok("mv both/subwords.bin kept; rm both/vectors.ft.bin");
    r = gv_test_run_ok("echo w1 | glove-embed --run-dir both --progress plain; "
                       "mv kept both/subwords.bin");
    cr_expect_not_null(strstr(r.err, "both has no subwords.bin"), "%s", r.err);
    r = gv_test_run_ok("echo w1 | glove-embed --run-dir run --progress plain");
    cr_expect_null(strstr(r.err, "subwords.bin"), "%s", r.err);
    /* of other vectors: left out */
    gv_test_run_ok("cp both/subwords.bin run; rm -f run/embed.bin");
    r = gv_test_run("echo zz | glove-embed --run-dir run --format jsonl --progress plain");
    cr_expect_not_null(strstr(r.err, "subwords.bin"), "%s", r.err);
    cr_expect_not_null(strstr(r.out, "\"missing\":1"), "%s", r.out);
}

Test(embed_cli, bad_lines_are_named, .timeout = 60)
{
    prepare();
    gv_test_run_ok("mkdir two; printf 'a\\tw1\\n' > two/a; printf 'b\\tw1\\nno tab\\n' > two/b; "
                   "printf 'a\\tw1\\n\\tw1\\n' > none; yes x | head -n 65 | tr '\\n' ' ' > long; "
                   "printf '\\tw1' >> long; echo earlier > out");
    gv_test_expect_error(gv_test_run(EMBED "--induce two --output out"), 1,
                         "two/b, line 2: ", "TAB", NULL);
    expect_output("earlier\n", "cat out");
    gv_test_expect_error(gv_test_run(EMBED "--induce none"), 1, "none, line 2: ", "no word", NULL);
    gv_test_expect_error(gv_test_run(EMBED "--induce long"), 1, "long, line 1: ", "64", NULL);
    gv_test_expect_error(gv_test_run("printf x | " EMBED "--induce"), 1, "standard input, line 1",
                         NULL);
    /* while the pipe stays open, with threads that wait for it */
    gv_test_expect_error(gv_test_run("mkfifo in; timeout 20 " EMBED
                                     "--set train.threads=4 --induce < in & "
                                     "exec 3> in; echo x >&3; wait $!"),
                         1, "standard input, line 1", NULL);
}

/* --- what is stored --------------------------------------------------------------------------- */

Test(embed_cli, what_was_computed_is_kept, .timeout = 60)
{
    prepare();
    gv_test_run_ok("printf 'w3\\tw1 w3 w2\\n' > c; echo w1 w2 > t");
    gv_test_run_ok(EMBED "t > t1; " EMBED "--induce c > c1; cp run/embed.bin kept");
    /* again: the same, from the file, which stays as it is */
    gv_test_run_ok(EMBED "t | cmp - t1 && " EMBED
                         "--induce c | cmp - c1 && cmp kept run/embed.bin");
    /* it serves without the store */
    gv_test_run_ok("glove-clean run --keep vectors " QUIET "; test ! -e run/store.db");
    gv_test_run_ok(EMBED "--induce c | cmp - c1");
    /* damaged or of other vectors: not used */
    gv_test_flip(gv_test_path("run/embed.bin"), 200);
    gv_test_result r = gv_test_run("glove-embed --run-dir run --progress plain t | cmp - t1");
    cr_expect_eq(r.exit_code, 0);
    cr_expect_not_null(strstr(r.err, "embed.bin"), "%s", r.err);
    gv_test_expect_error(gv_test_run(EMBED "--induce c"), 2, "store.db", "glove-shuffle", NULL);
    gv_test_run_ok("glove-run run " QUIET "; " EMBED "--induce c | cmp - c1");
    gv_test_run_ok("glove-train --run-dir run --set train.seed=9 --force " QUIET);
    gv_test_run_ok("! " EMBED "--induce c | cmp -s - c1");
    /* another file of vectors has nothing stored */
    gv_test_run_ok("cp run/vectors.txt v.txt; cp run/embed.bin kept; rm run/embed.bin");
    gv_test_run_ok(EMBED "--vectors v.txt t; test ! -e run/embed.bin");
    /* a directory that is none of a run's, and a lock that is taken */
    gv_test_run_ok("mkdir bare; cp run/vocab.txt run/vectors.txt run/config.json bare; "
                   "glove-embed --run-dir bare " QUIET "t; test ! -e bare/embed.bin");
    r = gv_test_run_ok("flock run/.stamps/embed.lock glove-embed --run-dir run --progress plain t");
    cr_expect_not_null(strstr(r.err, "not stored"), "%s", r.err);
}

Test(embed_cli, what_is_missing_is_said, .timeout = 60)
{
    prepare_vectors();
    gv_test_expect_error(gv_test_run("echo red | glove-embed --vectors v.txt " QUIET), 2,
                         "vocab.txt", "--weights mean", NULL);
    gv_test_expect_error(gv_test_run("echo red | glove-embed --run-dir nowhere " QUIET), 2,
                         "glove-train", NULL);
    gv_test_run_ok("mkdir run; printf 'red 3\\ngreen 2\\n' > run/vocab.txt; cp v.txt "
                   "run/vectors.txt");
    gv_test_expect_error(gv_test_run("printf 'x\\tred' | " EMBED "--induce"), 2, "store.db",
                         "glove-shuffle", NULL);
    gv_test_write_text("nan.txt", "red 1 nan\ngreen 2 3\n");
    gv_test_expect_error(gv_test_run("echo red | glove-embed --vectors nan.txt --weights mean"), 1,
                         "nan.txt", "NaN", NULL);
}

/* --- options and output ----------------------------------------------------------------------- */

Test(embed_cli, wrong_options_are_named)
{
    prepare_vectors();
    gv_test_expect_error(gv_test_run(PLAIN "--format tsv"), 2, "tsv", "jsonl", NULL);
    gv_test_expect_error(gv_test_run("glove-embed --weights tfidf"), 2, "tfidf", "sif", NULL);
    gv_test_expect_error(gv_test_run("glove-embed --induce --weights sif"), 2, "--weights", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "--words w"), 2, "--words", "npy", NULL);
    gv_test_expect_error(gv_test_run("glove-embed --induce --words w"), 2, "--words", NULL);
    gv_test_expect_error(gv_test_run("glove-embed --wieghts sif"), 2, "--weights", NULL);
}

Test(embed_cli, output_goes_where_it_should, .timeout = 30)
{
    prepare_vectors();
    gv_test_run_ok("echo red > t; echo before > file; ln -s file link");
    gv_test_run_ok(PLAIN "--output link t; test ! -L link");
    expect_output("before\n1.000000 0.000000\n", "cat file link");
    expect_output("1.000000 0.000000\n", PLAIN "--output - t");
    expect_output("1.000000 0.000000\n", "mkfifo p; " PLAIN "--output p t & cat p; wait");
    gv_test_run_ok(PLAIN "--output /dev/null t; test -c /dev/null");
    /* nobody reads on; no room; no such folder */
    gv_test_expect_error(gv_test_run("yes red | (" PLAIN
                                     "; echo $? > code) | head -n 1 > /dev/null; "
                                     "exit $(cat code)"),
                         1, "glove-embed: error: ", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "t > /dev/full"), 1, "No space left", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "--format npy t > /dev/full"), 1, "No space left", NULL);
    gv_test_expect_error(gv_test_run(PLAIN "--output none/x t"), 1, "none/x", NULL);
    /* a failure leaves the file as it was */
    gv_test_run_ok("echo before > file; gzip -c t > t.gz; head -c 20 t.gz > cut.gz");
    gv_test_expect_error(gv_test_run(PLAIN "--output file cut.gz"), 1, "cut.gz", NULL);
    expect_output("before\n", "cat file");
    cr_expect_not(gv_test_exists(gv_test_path("file.tmp")));
}

Test(embed_cli, a_signal_ends_it, .timeout = 30)
{
    prepare_vectors();
    gv_test_result r = gv_test_run(
        "mkfifo in; " PLAIN "--output file --set train.threads=4 < in & pid=$!; "
        "exec 3> in; echo red >&3; kill -TERM $pid; wait $pid; code=$?; ls; exit $code");
    cr_expect_eq(r.exit_code, 143, "%s", r.err);
    cr_expect_null(strstr(r.out, "file"), "%s", r.out);
}
