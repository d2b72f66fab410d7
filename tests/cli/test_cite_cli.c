/* glove-report cite: how runs were made, for a paper. */
#include "support/gv_test.h"

#include <string.h>

#define CITE "glove-report cite --progress none "

static void prepare(void)
{
    gv_test_corpus("corpus.txt", gv_test_seed(), 20000, 300, 30);
    gv_test_write_text("sim.tsv", "w1\tw2\t3\nw3\tw4\t2\nw5\tw6\t1\n");
    gv_test_write_text("c.json",
                       "{\"corpus\": {\"files\": [\"corpus.txt\"]}, \"train\": {\"dim\": 8, "
                       "\"epochs\": 2}, \"eval\": {\"similarity\": [\"sim.tsv\"]}}");
}

static void expect(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "'%s' is not in: %s", part, text);
}

/* Every brace that opens closes, outside comments; no special character is bare. */
static void check_latex(const char *text)
{
    int depth = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            continue;
        }
        if (*p == '%') {
            p += strcspn(p, "\n");
            continue;
        }
        depth += (*p == '{') - (*p == '}');
        cr_assert_geq(depth, 0, "a brace closes nothing at: %.60s", p);
        cr_assert(!strchr("$#_^~", *p) || (*p == '~' && strncmp(p, "~\\cite", 6) == 0),
                  "a bare %c at: %.60s", *p, p);
    }
    cr_assert_eq(depth, 0);
}

Test(cite_cli, one_run, .timeout = 60)
{
    prepare();
    gv_test_run_ok("glove-run c.json --progress none && grep -o '[0-9a-f]\\{32\\}' "
                   "runs/c/.stamps/vocab.json | head -n 1 >sum");
    char *sum = gv_test_read(gv_test_path("sum"), NULL);
    sum[strcspn(sum, "\n")] = '\0';
    gv_test_result r = gv_test_run_ok(CITE "runs/c");
    expect(r.out, "on a corpus of 20,000 tokens");
    expect(r.out, gv_test_format("checksum `%s`", sum));
    expect(r.out, "within 15 words to each side, weighted by the inverse of their distance");
    expect(r.out, "Vectors of 8 dimensions were trained for 2 epochs with the objective of GloVe "
                  "(Pennington et al. 2014)");
    expect(r.out, "The seed of training was 1");
    expect(r.out, "on `sim.tsv` (3 pairs)");
    expect(r.out, "| `train.eta` | `0.05` |");
    expect(r.out, "@inproceedings{pennington2014glove,");
    cr_expect_null(strstr(r.out, "logit_weight"), "a setting without effect is listed");
    cr_expect_null(strstr(r.out, "mikolov"), "a paper whose method was not used is listed");
    r = gv_test_run_ok(CITE "runs/c --format bibtex");
    cr_expect_eq(strncmp(r.out, "@", 1), 0, "%s", r.out);
    cr_expect_null(strstr(r.out, "trained"), "%s", r.out);
    /* without stamps the events tell the same, but checksums of files */
    gv_test_run_ok("cp -r runs/c 'a$b_c & %%d' && rm -r 'a$b_c & %%d/.stamps'");
    r = gv_test_run_ok(CITE "'a$b_c & %%d' --format latex --output m.tex");
    cr_expect_str_eq(r.out, "");
    char *latex = gv_test_read(gv_test_path("m.tex"), NULL);
    check_latex(latex);
    expect(latex, "\\texttt{a\\$b\\_c \\& \\%d}");
    expect(latex, "~\\cite{pennington2014glove}");
    expect(latex, "on a corpus of 20,000 tokens");
    /* what is wrong */
    gv_test_expect_error(gv_test_run(CITE "runs/c --format word"), 2, "--format must be", NULL);
    gv_test_expect_error(gv_test_run(CITE "runs/c --output runs/c/config.json"), 2,
                         "runs/c/config.json is a file of a run", NULL);
    gv_test_expect_error(gv_test_run(CITE "nowhere"), 2, "nowhere is no run directory", NULL);
    gv_test_run_ok("mkdir new && cp c.json new/config.json");
    gv_test_expect_error(gv_test_run(CITE "new"), 2, "no training is recorded", NULL);
    gv_test_expect_error(gv_test_run("glove-report cite"), 2, "run directories", NULL);
}

Test(cite_cli, several_runs, .timeout = 60)
{
    prepare();
    gv_test_run_ok("for s in 1 2 3; do glove-run c.json --set train.seed=$s --run-dir s/r$s "
                   "--progress none; done >/dev/null");
    gv_test_result r = gv_test_run_ok(CITE "s/r1 s/r2 s/r3");
    expect(r.out, "There were 3 runs, with the seeds 1 to 3. ");
    expect(r.out, "(sd ");
    expect(r.out, "| `train.seed` | `1 to 3` |");
    /* a sweep: one that is not done is left out */
    gv_test_write_text("s/sweep.json",
                       "{\"runs\": [{\"dir\": \"r1\", \"set\": {}, \"state\": \"done\", \"error\": "
                       "null}, {\"dir\": \"r3\", \"set\": {}, \"state\": \"done\", \"error\": "
                       "null}, {\"dir\": \"r2\", \"set\": {}, \"state\": \"failed\", \"error\": "
                       "\"x\"}]}");
    r = gv_test_run_ok("glove-report cite --progress plain s");
    expect(r.out, "There were 2 runs, with the seeds 1 and 3. ");
    expect(r.err, "1 of 3 runs are not done");
    /* other settings, too: no sentence is about one of them alone */
    gv_test_run_ok("glove-train --config c.json --run-dir s/r2 --set "
                   "train.objective=logistic --force --progress none && glove-eval --run-dir s/r2 "
                   "--progress none >/dev/null");
    r = gv_test_run_ok(CITE "s/r1 s/r2");
    expect(r.out, "`train.objective` (glove and logistic)");
    expect(r.out, "the objective of GloVe (Pennington et al. 2014), and with glovebox's logistic");
    expect(r.out, "| `train.eta` | `0.05 and 0.3` |");
    expect(r.out, "## Scores");
}
