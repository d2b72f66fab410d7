/* Completion of command lines: what the programs offer, and the scripts of the shells that are
 * installed here. */
#include "support/gv_test.h"

#include <stdio.h>
#include <string.h>

static void expect_offer(const char *command, const char *line)
{
    gv_test_result r = gv_test_run_ok("%s | cut -f 1", command);
    const char *lines = gv_test_format("\n%s", r.out);
    cr_expect_not_null(strstr(lines, gv_test_format("\n%s\n", line)), "%s: %s not in: %s", command,
                       line, r.out);
}

Test(completion, programs_offer_what_fits)
{
    expect_offer("glove-train --complete ''", "--config");
    expect_offer("glove-train --complete --pro", "--progress");
    expect_offer("glove-train --complete --progress j", "json");
    expect_offer("glove-train --complete --progress=", "--progress=plain");
    expect_offer("glove-train --complete --set train.ob", "train.objective=");
    expect_offer("glove-train --complete --set train.objective=lo", "train.objective=logistic");
    expect_offer("glove-train --complete --set=output.unk=", "--set=output.unk=false");
    expect_offer("glove-vocab --complete --set corpus.files=", ":files");
    expect_offer("glove-vocab --complete --run-dir ''", ":dirs");
    expect_offer("glove-run --complete my.json --from s", "shuffle");
    expect_offer("glove-run --complete --set train.dim=", "train.dim=100");
    expect_offer("glove-run --complete ''", ":files");
    expect_offer("glove-clean --complete ''", ":dirs");
    expect_offer("glove-query --complete ne", "nearest");
    expect_offer("glove-embed --complete --format j", "jsonl");
    expect_offer("glove-convert --complete counts-i", "counts-import");
    expect_offer("glove-clean --complete --keep ''", "vectors");
    expect_offer("glove-report --complete com", "compare");
    expect_offer("glove-report --complete ''", "stability");
    /* a program offers the keys that it reads */
    cr_expect_str_empty(gv_test_run_ok("glove-vocab --complete --set train.dim").out);
    cr_expect_str_empty(gv_test_run_ok("glove-vocab --complete --nix").out);
    gv_test_expect_error(gv_test_run("glove-vocab --print-completion csh"), 2, "bash", NULL);
}

/* Is the shell here? */
static bool has(const char *shell)
{
    bool here = gv_test_run("command -v %s", shell).exit_code == 0;
    if (!here)
        gv_test_skip("%s is not installed", shell);
    return here;
}

/* What bash completes of the words, the last of which is typed now. bash has cut them at '='. */
static const char *in_bash(const char *words)
{
    return gv_test_run_ok("bash -c 'source <(glove-vocab --print-completion bash)\n"
                          "COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                          "_glovebox $COMP_WORDS\nprintf \"%%s\\n\" \"${COMPREPLY[@]}\"'",
                          words)
        .out;
}

Test(completion, bash)
{
    if (!has("bash"))
        return;
    cr_expect_str_eq(in_bash("glove-train --set train.objec"), "train.objective=\n");
    cr_expect_str_eq(in_bash("glove-train --set train.objective = lo"), "logistic\n");
    cr_expect_str_eq(in_bash("glove-train --set train.objective ="), "glove\nword2vec\nlogistic\n");
    cr_expect_str_eq(in_bash("glove-train-mpi --set = train.objective = w"), "word2vec\n");
    cr_expect_str_eq(in_bash("glove-run --from tr"), "train\n");
    gv_test_write_text("a b.json", "{}");
    cr_expect_str_eq(in_bash("glove-run a"), "a b.json\n");
    cr_expect_str_eq(in_bash("glove-train --config = a"), "a b.json\n");
    gv_test_result r = gv_test_run_ok("bash -c 'source <(glove-vocab --print-completion bash); "
                                      "complete -p glove-run glove-clean glove-train-mpi'");
    cr_expect_not_null(strstr(r.out, "complete -F _glovebox glove-run"), "%s", r.out);
}

Test(completion, zsh, .timeout = 60)
{
    if (!has("zsh"))
        return;
    /* keys on a terminal of its own: zsh completes nowhere else */
    gv_test_run_ok(
        "mkdir f && glove-vocab --print-completion zsh > f/_glovebox && zsh -n f/_glovebox");
    gv_test_write_text("keys.zsh", "zmodload zsh/zpty\n"
                                   "zpty z 'zsh -f -i'\n"
                                   "zpty -w z 'PS1=; fpath=($PWD/f $fpath); autoload -Uz compinit; "
                                   "compinit -u -d $PWD/dump; print rea''dy'\n"
                                   "zpty -r z line '*ready*'\n"
                                   "zpty -n -w z $'glove-train --set train.objective=lo\\t'\n"
                                   "zpty -r z line '*logistic*' && print found\n"
                                   "zpty -d z\n");
    gv_test_result r = gv_test_run("timeout 20 zsh -f keys.zsh");
    cr_expect_not_null(strstr(r.out, "found"), "%s%s", r.out, r.err);
}

Test(completion, fish)
{
    if (!has("fish"))
        return;
    gv_test_run_ok("glove-vocab --print-completion fish > g.fish");
    const char *ask = /* without a locale fish reads no path with an umlaut */
        "LC_ALL=C.UTF-8 HOME=$PWD fish --no-config -c 'source g.fish; complete -C \"%s\"' | cut -f "
        "1";
    cr_expect_str_eq(gv_test_run_ok(ask, "glove-train --set train.objective=lo").out,
                     "train.objective=logistic\n");
    cr_expect_str_eq(gv_test_run_ok(ask, "glove-run --from tr").out, "train\n");
    gv_test_write_text("a.json", "{}");
    cr_expect_not_null(strstr(gv_test_run_ok(ask, "glove-run a").out, "a.json"));
}
