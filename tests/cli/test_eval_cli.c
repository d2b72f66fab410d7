/* glove-eval from the outside: exit codes, eval.json, the table, staleness. */
#include "support/gv_test.h"

#include <jansson.h>
#include <string.h>

#define VECTORS                                                                                    \
    "man 1 0 0.1\nwoman 0 1 0.1\nking 1 0 2\nqueen 0 1 2\n"                                        \
    "car -1 -1 0.5\nroad -1 -0.9 0.4\n<unk> 0 1 1.9\n"

static void write_inputs(void)
{
    gv_test_write_text("v.txt", VECTORS);
    gv_test_write_text("q.txt", ": family\nman king woman queen\nman king woman car\n"
                                ": gram1\nman king woman queen\nman king woman nobody\n");
    gv_test_write_text("s.tsv", "man\twoman\t1\ncar\troad\t9\nking\tqueen\t5\n");
}

#define EVAL "glove-eval --run-dir run --progress none "

Test(eval_cli, scores_a_file_of_vectors)
{
    write_inputs();
    gv_test_result result = gv_test_run_ok(
        EVAL "--vectors v.txt --set eval.analogies=q.txt --set eval.similarity=s.tsv");
    cr_assert_str_empty(result.err);
    cr_assert_not_null(strstr(result.out, "family           1        2        2    50.00 %"), "%s",
                       result.out);
    cr_assert_not_null(strstr(result.out, "semantic "));
    cr_assert_not_null(strstr(result.out, "1.0000"));
    json_error_t why;
    json_t *json = json_load_file(gv_test_path("run/eval.json"), JSON_REJECT_DUPLICATES, &why);
    cr_assert_not_null(json, "%s", why.text);
    const json_t *made_by = json_object_get(json, "made_by");
    cr_assert_not_null(json_object_get(json_object_get(made_by, "vectors"), "xxh128"));
    cr_assert_eq(json_array_size(json_object_get(made_by, "inputs")), 2);
    json_object_del(json, "made_by");
    double accuracy, mul, spearman;
    json_int_t answered, total, pairs, missing;
    const char *file, *file2;
    json_t *sections;
    cr_assert_eq(
        json_unpack_ex(json, &why, JSON_STRICT,
                       "{s:[{s:s, s:F, s:F, s:I, s:I, s:o!}!], s:[{s:s, s:F, s:I, s:I!}!]!}",
                       "analogies", "file", &file, "accuracy", &accuracy, "accuracy_mul", &mul,
                       "answered", &answered, "total", &total, "sections", &sections, "similarity",
                       "file", &file2, "spearman", &spearman, "pairs", &pairs, "missing", &missing),
        0, "%s", why.text);
    cr_assert_str_eq(file, "q.txt");
    cr_assert_str_eq(file2, "s.tsv");
    cr_assert_float_eq(accuracy, 200.0 / 3.0, 1e-6);
    cr_assert(answered == 3 && total == 4 && pairs == 3 && missing == 0);
    cr_assert_float_eq(spearman, 1.0, 1e-9);
    cr_assert_eq(json_array_size(sections), 2);
    char *metrics = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    json_t *done = json_loads(metrics, 0, &why);
    cr_assert_not_null(done, "%s", metrics);
    cr_assert_str_eq(json_string_value(json_object_get(done, "event")), "done");
    cr_assert_float_eq(json_number_value(json_object_get(
                           json_array_get(json_object_get(done, "analogies"), 0), "accuracy")),
                       200.0 / 3.0, 1e-6);
    json_decref(json);
    json_decref(done);
}

/* The rows of run/eval.tsv that begin with `kind`, without the columns after `columns`. */
static const char *items(const char *kind, const char *columns)
{
    return gv_test_run_ok("grep ^%s run/eval.tsv | cut -f %s", kind, columns).out;
}

Test(eval_cli, a_row_for_each_item)
{
    write_inputs();
    gv_test_write_text("c.tsv",
                       "man\tperson\nwoman\tperson\ncar\tthing\nroad\tthing\nsky\tthing\n");
    gv_test_write_text("o.txt", "man\nking\n\ncar\nsky\n");
    gv_test_run_ok(EVAL "--vectors v.txt --set eval.analogies=q.txt --set eval.similarity=s.tsv "
                        "--set eval.categories=c.tsv --set eval.outliers=o.txt");
    cr_assert_str_eq(items("analogy", "2-11"),
                     "q.txt\tfamily\tman\tking\twoman\tqueen\t1\t1\tqueen\tqueen\n"
                     "q.txt\tfamily\tman\tking\twoman\tcar\t0\t0\tqueen\tqueen\n"
                     "q.txt\tgram1\tman\tking\twoman\tqueen\t1\t1\tqueen\tqueen\n"
                     "q.txt\tgram1\tman\tking\twoman\tnobody\t\t\t\t\n");
    cr_assert_str_eq(items("similarity", "2,4,5,12"),
                     "s.tsv\tman\twoman\t1\ns.tsv\tcar\troad\t9\ns.tsv\tking\tqueen\t5\n");
    cr_assert_str_eq(items("similarity", "13 | cut -c 1-5"), "0.009\n0.997\n0.799\n");
    cr_assert_str_eq(items("category", "2-4,8"), "c.tsv\tperson\tman\t1\nc.tsv\tperson\twoman\t1\n"
                                                 "c.tsv\tthing\tcar\t1\nc.tsv\tthing\troad\t1\n"
                                                 "c.tsv\tthing\tsky\t\n");
    cr_assert_str_eq(items("outlier", "2-4,8,14,15"),
                     "o.txt\t1\tcar\t1\t2\t2\no.txt\t1\tsky\t\t\t\n");
    /* a run that was evaluated by an earlier version has no such file, and gets one */
    gv_test_run_ok("rm run/eval.tsv");
    gv_test_run_ok(EVAL "--vectors v.txt");
    cr_assert_str_eq(items("outlier", "4"), "car\nsky\n");
}

Test(eval_cli, a_section_name_need_not_be_utf8)
{
    write_inputs();
    gv_test_write_text("q.txt", ": caf\xe9\nman king woman queen\n");
    gv_test_run_ok(EVAL "--vectors v.txt --set eval.analogies=q.txt");
    char *json = gv_test_read(gv_test_path("run/eval.json"), NULL);
    cr_assert_not_null(strstr(json, "\"caf\xef\xbf\xbd\""), "%s", json);
}

Test(eval_cli, up_to_date_and_stale)
{
    write_inputs();
    static const char command[] =
        "glove-eval --run-dir run --vectors v.txt --set eval.analogies=q.txt";
    gv_test_result first = gv_test_run_ok("%s", command);
    gv_test_result again = gv_test_run_ok("%s", command);
    cr_assert_not_null(strstr(again.err, "eval.json, eval.tsv are up to date"), "%s", again.err);
    cr_assert_str_eq(again.out, first.out, "the scores are shown again");
    cr_assert_str_eq(gv_test_run_ok("%s --json", command).out,
                     gv_test_read(gv_test_path("run/eval.json"), NULL));
    cr_assert_not_null(strstr(gv_test_run_ok("%s --force", command).out, "family"));
    gv_test_write_text("q.txt", ": other\nman king woman queen\n");
    cr_assert_not_null(strstr(gv_test_run_ok("%s", command).out, "3CosAdd"));
    gv_test_write_text("v.txt", VECTORS "extra 1 1 1\n");
    cr_assert_not_null(strstr(gv_test_run_ok("%s", command).out, "3CosAdd"));
}

Test(eval_cli, outside_of_a_run_nothing_is_written)
{
    write_inputs();
    gv_test_write_text("s.csv", "w1,w2,score\nman,woman,1\ncar,road,9\n");
    static const char *const command =
        "glove-eval --vectors v.txt --progress none --set eval.similarity=s.csv";
    gv_test_result table = gv_test_run_ok("%s", command);
    cr_assert_not_null(strstr(table.out, "fields are separated by commas"), "%s", table.out);
    gv_test_result json = gv_test_run_ok("%s --json 2>&1", command);
    json_t *scores = gv_test_keep(json_loads(json.out, 0, NULL));
    cr_assert_not_null(scores, "%s", json.out);
    cr_assert_not_null(
        json_object_get(json_array_get(json_object_get(scores, "similarity"), 0), "note"));
    cr_assert_not(gv_test_exists(gv_test_path("runs")));
    gv_test_run_ok("%s --run-dir run", command);
    json_t *own = gv_test_keep(json_load_file(gv_test_path("run/eval.json"), 0, NULL));
    json_object_del(own, "made_by");
    cr_assert(json_equal(scores, own));
    cr_assert_eq(gv_test_run("%s > /dev/full", command).exit_code, 1);
}

Test(eval_cli, show_wrong)
{
    write_inputs();
    static const char *const command = EVAL "--vectors v.txt --set eval.analogies=q.txt";
    cr_assert_null(strstr(gv_test_run_ok("%s", command).out, "answered queen"));
    gv_test_result result = gv_test_run_ok("%s --set eval.show_wrong=5", command);
    cr_assert_not_null(
        strstr(result.out, "family: man is to king as woman is to car, answered queen\n"), "%s",
        result.out);
}

Test(eval_cli, questions_may_be_compressed_or_standard_input)
{
    write_inputs();
    gv_test_run_ok("gzip -k q.txt");
    cr_assert_not_null(strstr(
        gv_test_run_ok("glove-eval --vectors v.txt --set eval.analogies=q.txt.gz").out, "family "));
    cr_assert_not_null(
        strstr(gv_test_run_ok("glove-eval --vectors v.txt --set eval.analogies=- < q.txt").out,
               "family "));
    gv_test_run_ok("zip -q q.zip q.txt || { printf 'PK\\003\\004' > q.zip; head -c 60 /dev/zero >> "
                   "q.zip; }");
    gv_test_expect_error(
        gv_test_run("glove-eval --vectors v.txt --progress none --set eval.analogies=q.zip"), 1,
        "q.zip", "zip", NULL);
}

Test(eval_cli, folders_and_patterns)
{
    write_inputs();
    gv_test_run_ok(
        "mkdir -p sets/a sets/b && cp q.txt sets/a/ && gzip -c q.txt > sets/b/p.txt.gz && "
        "cp s.tsv sets/ && echo not a question > sets/a/LICENSE");
    static const char *const names[] = {"sets/a", "sets/*/*.txt*", "sets/**/q.txt", "sets/?/"};
    static const int files[] = {1, 2, 1, 2};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gv_test_result result = gv_test_run_ok(
            "glove-eval --vectors v.txt --progress none --json --set 'eval.analogies=%s'",
            names[i]);
        json_t *scores = gv_test_keep(json_loads(result.out, 0, NULL));
        cr_assert_eq(json_array_size(json_object_get(scores, "analogies")), (size_t)files[i], "%s",
                     result.out);
    }
    gv_test_expect_error(
        gv_test_run("glove-eval --vectors v.txt --set 'eval.analogies=sets/*.csv'"), 2,
        "eval.analogies", "sets/*.csv", NULL);
    gv_test_run_ok("mkdir empty");
    gv_test_expect_error(gv_test_run("glove-eval --vectors v.txt --set eval.similarity=empty"), 2,
                         "eval.similarity", "empty", NULL);
}

Test(eval_cli, only_the_first_words)
{
    write_inputs();
    static const char *const command = "glove-eval --json --vectors "
                                       "%s.txt --set eval.analogies=q.txt "
                                       "--set eval.similarity=s.tsv %s";
    gv_test_run_ok("head -3 v.txt > first.txt");
    const char *all = gv_test_run_ok(command, "v", "--run-dir run").out;
    const char *some = gv_test_run_ok(command, "v", "--run-dir run --set eval.vocab_limit=3").out;
    cr_assert_not_null(strstr(some, "\"vocab_limit\": 3,"), "%s", some);
    cr_assert_null(strstr(all, "vocab_limit"));
    gv_test_run_ok("sed '/vocab_limit/d; /made_by/q' run/eval.json > some.json");
    gv_test_run_ok(command, "first",
                   "--run-dir first > first.json && sed /made_by/q first.json | "
                   "diff some.json -");
    /* the key decides what the file holds, and its default is as if it were not there */
    cr_assert_str_eq(gv_test_run_ok(command, "v", "--run-dir run --set eval.vocab_limit=0").out,
                     all);
    gv_test_result again = gv_test_run_ok(command, "v", "--run-dir run");
    cr_assert_not_null(strstr(again.err, "up to date"), "%s", again.err);
    gv_test_expect_error(gv_test_run(command, "v", "--set eval.vocab_limit=-1"), 2,
                         "eval.vocab_limit", NULL);
}

/* The same figures as those of gensim and scipy. */
Test(eval_cli, agrees_with_gensim)
{
    if (!gv_test_exists("/usr/lib/python3/dist-packages/gensim"))
        gv_test_skip("needs the package python3-gensim");
    gv_test_result result = gv_test_run("/usr/bin/python3 -B %s/tests/support/check_eval.py . %lu",
                                        GV_SH_SOURCE, (unsigned long)gv_test_seed());
    cr_assert_eq(result.exit_code, 0, "seed %lu: %s%s", (unsigned long)gv_test_seed(), result.out,
                 result.err);
    cr_assert_not_null(strstr(result.out, "scipy agrees"), "%s", result.out);
    cr_assert_not_null(strstr(result.out, "probes agree"), "%s", result.out);
}

Test(eval_cli, categories_and_outliers)
{
    write_inputs();
    gv_test_write_text("c.tsv", "\xef\xbb\xbf"
                                "car\ta\r\nqueen\tb\r\nking\tb\r\nnobody\ta\r\n");
    gv_test_write_text("o.txt", "man\r\nKing\r\n\r\ncar\r\nwoman\r\nnobody\r\n");
    gv_test_run_ok("gzip -k c.tsv && mkdir sets && cp o.txt sets/a.txt && cp o.txt sets/b.txt");
    static const char *const command = "glove-eval --vectors v.txt --progress none --set "
                                       "eval.categories=%s --set eval.outliers=%s";
    gv_test_result plain = gv_test_run_ok(command, "c.tsv", "o.txt");
    cr_assert_not_null(strstr(plain.out, "c.tsv             3        1        2     1.0000"), "%s",
                       plain.out);
    cr_assert_not_null(strstr(plain.out, "o.txt           1        2        3        1"), "%s",
                       plain.out);
    cr_assert_not_null(strstr(gv_test_run_ok(command, "c.tsv.gz", "o.txt").out, "1.0000"));
    cr_assert_not_null(strstr(gv_test_run_ok(command, "- < c.tsv", "o.txt").out, "1.0000"));
    const char *folder = gv_test_run_ok(command, "c.tsv", "sets").out;
    cr_assert(strstr(folder, "sets/a.txt") && strstr(folder, "sets/b.txt"), "%s", folder);
    /* in the run's files, and up to date */
    static const char *const stage = "glove-eval --run-dir run --vectors v.txt --json --set "
                                     "eval.outliers=o.txt --set eval.categories=c.tsv";
    const char *json = gv_test_run_ok("%s", stage).out;
    cr_assert_not_null(strstr(json, "\"sets\": 1,"), "%s", json);
    cr_assert_not_null(
        strstr(gv_test_read(gv_test_path("run/metrics.jsonl"), NULL), "\"purity\":1.0"));
    cr_assert_not_null(strstr(gv_test_run_ok("%s", stage).err, "up to date"));
    gv_test_write_text("o.txt", "man\nking\n\ncar\n");
    cr_assert_not_null(strstr(gv_test_run_ok("%s", stage).out, "\"total\": 1"));
    gv_test_expect_error(gv_test_run(command, "none.tsv", "o.txt"), 2, "eval.categories",
                         "none.tsv", NULL);
    gv_test_expect_error(gv_test_run(command, "c.tsv", "none.txt"), 2, "eval.outliers", "none.txt",
                         NULL);
    gv_test_expect_error(gv_test_run(command, "q.txt", "o.txt"), 1, "q.txt:", "word TAB category",
                         NULL);
    gv_test_expect_error(gv_test_run(command, "c.tsv", "c.tsv"), 1, "c.tsv:1:", "one word a line",
                         NULL);
    gv_test_write_text("run.json", "{\"corpus\": {\"files\": [\"q.txt\"]}, "
                                   "\"eval\": {\"outliers\": [\"none.txt\"]}}");
    gv_test_expect_error(gv_test_run("glove-run --progress none run.json"), 2, "eval.outliers",
                         "none.txt", NULL);
    gv_test_expect_error(gv_test_run("glove-run --progress none run.json --set eval.oov=subwords"),
                         2, "eval.oov", "output.subwords = true", NULL);
}

Test(eval_cli, unseen_words_from_subwords)
{
    gv_test_corpus("corpus.txt", 1, 3000, 60, 10);
    gv_test_write_text("s.tsv", "w1\tw2\t1\nw3\tW1unseen\t2\nw4\tw7w8\t3\nw5\tzebra\t0\n");
    static const char *const eval = "glove-eval --run-dir run --json --set eval.oov=%s";
    static const char *const quiet = "glove-eval --run-dir run --progress none --set eval.oov=%s";
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"vocab\": {\"min_count\": 1}, "
                       "\"train\": {\"dim\": 8, \"epochs\": 2}, \"output\": {\"subwords\": true}, "
                       "\"subword\": {\"min_n\": 2}, \"eval\": {\"similarity\": [\"s.tsv\"]}}");
    gv_test_run_ok("glove-run --progress none --run-dir run c.json");
    cr_assert_null(strstr(gv_test_read(gv_test_path("run/eval.json"), NULL), "from_subwords"));
    const char *all = gv_test_run_ok(eval, "subwords").out;
    cr_assert_not_null(strstr(all, "\"pairs\": 3"), "%s", all);
    cr_assert_not_null(strstr(all, "\"missing\": 1"), "%s", all);
    cr_assert_not_null(strstr(all, "\"from_subwords\": 2"), "%s", all);
    cr_assert_not_null(strstr(gv_test_run_ok(eval, "subwords").err, "up to date"));
    /* subwords.bin is an input: another one makes eval.json stale, and must belong here */
    gv_test_run_ok("cp -r run other && glove-train --progress none --run-dir other "
                   "--set train.seed=2 && cp other/subwords.bin run/");
    cr_assert_null(strstr(gv_test_run(eval, "subwords").err, "was made with"),
                   "keys of other stages are none of eval.json's");
    gv_test_expect_error(gv_test_run(quiet, "subwords"), 2, "subwords.bin", "other vectors",
                         "eval.oov", NULL);
    gv_test_run_ok("rm run/subwords.bin");
    gv_test_expect_error(gv_test_run(quiet, "subwords"), 2, "needs subwords.bin",
                         "output.subwords = true", NULL);
    gv_test_run_ok("echo no subwords > run/subwords.bin");
    gv_test_expect_error(gv_test_run(quiet, "subwords"), 1, "run/subwords.bin", NULL);
    cr_assert_not_null(strstr(gv_test_run_ok(eval, "skip").out, "\"missing\": 3"));
}

Test(eval_cli, finds_the_vectors_of_the_run)
{
    write_inputs();
    gv_test_run_ok("mkdir -p run && cp v.txt run/vectors.txt");
    cr_assert_not_null(strstr(gv_test_run_ok(EVAL "--set eval.analogies=q.txt").out, "family"));
}

Test(eval_cli, errors)
{
    write_inputs();
    gv_test_expect_error(gv_test_run("glove-eval --run-dir run1 --progress none --vectors v.txt"),
                         2, "glove-eval: error: ", "eval.analogies", "eval.similarity", NULL);
    gv_test_expect_error(
        gv_test_run("glove-eval --run-dir run2 --progress none --set eval.analogies=q.txt"), 2,
        "vectors.txt", "glove-train", NULL);
    gv_test_expect_error(gv_test_run("glove-eval --run-dir run3 --progress none --set "
                                     "eval.analogies=q.txt --set output.formats=npy"),
                         2, "output.formats", NULL);
    gv_test_expect_error(gv_test_run("glove-eval --run-dir run4 --progress none --vectors v.txt "
                                     "--set eval.analogies=none.txt"),
                         2, "eval.analogies", "none.txt", NULL);
    gv_test_write_text("bad.txt", "man king woman queen\nman king woman\n");
    gv_test_expect_error(gv_test_run("glove-eval --run-dir run5 --progress none --vectors v.txt "
                                     "--set eval.analogies=bad.txt"),
                         1, "bad.txt:2:", "four words", NULL);
    gv_test_write_text("bad.tsv", "man woman much\n");
    gv_test_expect_error(gv_test_run("glove-eval --run-dir run6 --progress none --vectors v.txt "
                                     "--set eval.similarity=bad.tsv"),
                         1, "bad.tsv:1:", NULL);
    gv_test_write_text("v.txt", "");
    gv_test_expect_error(
        gv_test_run(
            "glove-eval --run-dir run7 --progress none --vectors v.txt --set eval.analogies=q.txt"),
        1, "v.txt", NULL);
    cr_assert_eq(gv_test_run("ls run*/eval.json").exit_code, 2, "a failure left an eval.json");
}

Test(eval_cli, a_full_disk_keeps_the_old_output)
{
    write_inputs();
    gv_test_run_ok(EVAL "--vectors v.txt --set eval.analogies=q.txt");
    char *before = gv_test_read(gv_test_path("run/eval.json"), NULL);
    gv_test_run_ok("chmod 0777 run");
    gv_test_write_text("q.txt", "man king woman car\n");
    gv_test_result result = gv_test_run("mkdir run/eval.json.tmp && " EVAL
                                        "--vectors v.txt --set eval.analogies=q.txt");
    cr_assert_eq(result.exit_code, 1);
    cr_assert_str_eq(gv_test_read(gv_test_path("run/eval.json"), NULL), before);
}
