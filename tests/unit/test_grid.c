/* Grids and lists of combinations: what is accepted, in which order, and what is refused. */
#include "base/gv_mem.h"
#include "config/gv_grid.h"
#include "support/gv_test.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Combine grids, NULL at the end. */
static int combine(gv_grid *grid, gv_error *err, const char *first, va_list rest)
{
    int status = GV_OK;
    *grid = (gv_grid){0};
    *err = (gv_error)GV_ERROR_INIT;
    for (const char *text = first; text && status == GV_OK; text = va_arg(rest, const char *))
        status = gv_grid_add(grid, text, err);
    return status == GV_OK ? gv_grid_combine(grid, err) : status;
}

/* All combinations as one text: "a=1 b=2;a=1 b=3". */
static void check_sets(const gv_grid *grid, const char *expected)
{
    char text[4096] = "";
    size_t used = 0;
    for (size_t i = 0; i < grid->n; i++)
        for (size_t j = 0; j < grid->combinations[i].sets.n; j++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                     j   ? " "
                                     : i ? ";"
                                         : "",
                                     grid->combinations[i].sets.items[j]);
    cr_assert_str_eq(text, expected);
}

static void expect(const char *expected, const char *first, ...)
{
    gv_grid grid;
    gv_error err;
    va_list rest;
    va_start(rest, first);
    int status = combine(&grid, &err, first, rest);
    va_end(rest);
    gv_assert_ok(status, err);
    check_sets(&grid, expected);
    gv_grid_clear(&grid);
}

static void refuse(const char *part, const char *first, ...)
{
    gv_grid grid;
    gv_error err;
    va_list rest;
    va_start(rest, first);
    int status = combine(&grid, &err, first, rest);
    va_end(rest);
    cr_assert_eq(status, GV_E_USAGE, "status %d for %s", status, first);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks '%s'", err.text, part);
    gv_grid_clear(&grid);
}

Test(grid, values_are_json_or_bare_and_the_last_grid_varies_fastest)
{
    expect("train.dim=50 train.seed=1;train.dim=50 train.seed=2;train.dim=100 "
           "train.seed=1;train.dim=100 train.seed=2",
           "train.dim=50,100", "train.seed=1..2", NULL);
    expect("train.objective=\"glove\";train.objective=\"word2vec\"",
           " train.objective = glove , \"word2vec\" ", NULL);
    expect("train.eta=0.05;train.eta=0.1;train.eta=1", "train.eta=5e-2,0.10,1.0", NULL);
    expect("cooccur.weighting=[1,0.5];cooccur.weighting=\"harmonic\"",
           "cooccur.weighting=[1,0.5],harmonic", NULL);
    expect("corpus.files=[\"a,b c.txt\",\"]\"];corpus.files=[\"d e.txt\"];corpus.files=[\"f=g\"]",
           "corpus.files=[\"a,b c.txt\", \"]\"],d e.txt,f=g", NULL);
    expect("corpus.files=[\"a\\\",b\"]", "corpus.files=\"a\\\",b\"", NULL);
    expect("train.grad_clip=null;train.grad_clip=5", "train.grad_clip=null,5", NULL);
    expect("corpus.lowercase=\"simple\";corpus.lowercase=false", "corpus.lowercase=true,false",
           NULL);
}

Test(grid, one_argument_may_hold_several_grids)
{
    expect("train.dim=5 train.seed=3;train.dim=5 train.seed=4;train.dim=6 "
           "train.seed=3;train.dim=6 train.seed=4",
           " train.dim=5, 6\ttrain.seed=3,4 ", NULL);
    expect("train.dim=5 corpus.files=[\"my file.txt\"]", "train.dim=5 corpus.files=my file.txt",
           NULL);
}

Test(grid, ranges_are_whole_numbers_up_or_down)
{
    expect("train.seed=3;train.seed=2;train.seed=1", "train.seed=3..1", NULL);
    expect("train.seed=7", "train.seed=7..7", NULL);
    expect("train.seed=1;train.seed=2;train.seed=9", "train.seed=1..2,9", NULL);
    expect("vocab.phrase_threshold=-1;vocab.phrase_threshold=0", "vocab.phrase_threshold=-1..0",
           NULL);
    expect("corpus.files=[\"1..3\"]", "corpus.files=1..3", NULL);
    refuse("train.seed must be", "train.seed=-1..1", NULL);
    refuse("0.1..0.5 is no range", "train.eta=0.1..0.5", NULL);
    refuse("1.. is no range", "train.seed=1..", NULL);
    refuse("1..2..3 is no range", "train.seed=1..2..3", NULL);
    refuse("at most 10000", "train.seed=1..1000000000000", NULL);
    refuse("is no range", "train.seed=1..99999999999999999999999", NULL);
    refuse("more than 10000 combinations", "train.seed=1..9000", "train.dim=1,2", NULL);
}

Test(grid, mistakes_are_one_line_with_the_grid)
{
    refuse("--grid \"train.dimm=5\": unknown key \"train.dimm\"; did you mean \"train.dim\"?",
           "train.dimm=5", NULL);
    refuse("unknown key \"train.sed\"", "train.dim=5 train.sed=1", NULL);
    refuse("train.dim must be an integer", "train.dim=5,big", NULL);
    refuse("train.dim must be an integer", "train.dim=[5,6]", NULL);
    refuse("did you mean \"logistic\"", "train.objective=glove,logstic", NULL);
    refuse("a value is missing", "train.dim=", NULL);
    refuse("a value is missing", "train.dim=5,,6", NULL);
    refuse("a value is missing", "train.dim=5,", NULL);
    refuse("write KEY=VALUE", "train.dim", NULL);
    refuse("write KEY=VALUE", "=5", NULL);
    refuse("write KEY=VALUE", "", NULL);
    refuse("does not end", "corpus.files=[\"a\",", NULL);
    refuse("a comma is missing", "corpus.files=[\"a\"] b", NULL);
    refuse("train.dim is in two grids", "train.dim=5", "train.dim=6", NULL);
    refuse("train.dim is in two grids", "train.dim=5 train.dim=6", NULL);
    refuse("name cannot differ", "name=a,b", NULL);
    refuse("train.threads cannot differ", "train.threads=1,2", NULL);
    refuse("nothing differs", NULL, NULL);
}

Test(grid, equal_combinations_are_one)
{
    gv_grid grid = {0};
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_grid_add(&grid, "train.eta=0.1,1e-1,0.2", &err), GV_OK);
    gv_assert_ok(gv_grid_combine(&grid, &err), err);
    cr_assert_eq(grid.n, 2);
    cr_assert_eq(grid.merged, 1);
    gv_grid_clear(&grid);
}

/* --- files ------------------------------------------------------------------------------------ */

static int read_file(gv_grid *grid, gv_error *err, const char *text, const char *more)
{
    *grid = (gv_grid){0};
    *err = (gv_error)GV_ERROR_INIT;
    int status = gv_grid_add_file(grid, gv_test_write_text("list.json", text), err);
    if (status == GV_OK && more)
        status = gv_grid_add(grid, more, err);
    return status == GV_OK ? gv_grid_combine(grid, err) : status;
}

static void expect_file(const char *expected, const char *text, const char *more)
{
    gv_grid grid;
    gv_error err;
    int status = read_file(&grid, &err, text, more);
    gv_assert_ok(status, err);
    check_sets(&grid, expected);
    gv_grid_clear(&grid);
}

static void refuse_file(const char *part, const char *text, const char *more)
{
    gv_grid grid;
    gv_error err;
    int status = read_file(&grid, &err, text, more);
    cr_assert_eq(status, GV_E_USAGE, "status %d for %s", status, text);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks '%s'", err.text, part);
    gv_grid_clear(&grid);
}

Test(grid, a_file_lists_combinations)
{
    expect_file("train.dim=50 train.seed=2;train.seed=7",
                "\xef\xbb\xbf[{\"train.dim\": 50, \"train\": {\"seed\": 2}}, {\"train.seed\": 7}]",
                NULL);
    expect_file("train.dim=5 train.seed=1;train.dim=5 train.seed=2;train.dim=6 "
                "train.seed=1;train.dim=6 train.seed=2",
                "[{\"train.dim\": 5}, {\"train.dim\": 6}]", "train.seed=1,2");
    expect_file("train.dim=5", "{\"runs\": [{\"dir\": \"dim=5\", \"set\": {\"train.dim\": 5}}]}",
                NULL);
    gv_grid grid;
    gv_error err;
    gv_assert_ok(read_file(&grid, &err, "[{}]", NULL), err);
    cr_assert_eq(grid.n, 1);
    cr_assert_eq(grid.combinations[0].sets.n, 0);
    gv_grid_clear(&grid);
}

Test(grid, mistakes_in_a_file_name_the_run)
{
    refuse_file("run 2 of the list: unknown key \"train.dimm\"; did you mean",
                "[{\"train.dim\": 5}, {\"train\": {\"dimm\": 6}}]", NULL);
    refuse_file("run 1 of the list: train.dim must be", "[{\"train.dim\": \"5\"}]", NULL);
    refuse_file("given twice", "[{\"train.dim\": 5, \"train\": {\"dim\": 6}}]", NULL);
    refuse_file("unknown key \"model.dimension\"; did you mean \"train.dim\"?",
                "[{\"model\": {\"dimension\": 6}}]", NULL);
    refuse_file("it must be an object", "[5]", NULL);
    refuse_file("must be a list of runs", "[]", NULL);
    refuse_file("must be a list of runs", "{\"train.dim\": 5}", NULL);
    refuse_file("list.json:1:", "[{\"train.dim\": 5}", NULL);
    refuse_file("invalid JSON", "[{\"train.dim\": 5, \"train.dim\": 6}]", NULL);
    refuse_file("name cannot differ", "[{\"name\": \"a\"}]", NULL);
    refuse_file("train.dim is in a grid and in the file", "[{\"train.dim\": 5}]", "train.dim=6");
}

Test(grid, memory_may_run_out_anywhere)
{
    const char *path =
        gv_test_write_text("list.json", "[{\"train.dim\": 5}, {\"train\": {\"dim\": 6}}]");
    for (uint64_t n = 1;; n++) {
        gv_grid grid = {0};
        gv_error err = GV_ERROR_INIT;
        gv_mem_fail_at(n, 0);
        int status = gv_grid_add(&grid, "train.seed=1..2 corpus.files=[\"a\"],b", &err);
        if (status == GV_OK)
            status = gv_grid_add_file(&grid, path, &err);
        if (status == GV_OK)
            status = gv_grid_combine(&grid, &err);
        const bool reached = gv_mem_calls() >= n;
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_E_MEMORY || (status == GV_OK && grid.n == 8), "call %zu: %d, %s",
                  (size_t)n, status, err.text);
        gv_grid_clear(&grid);
        if (!reached)
            break;
    }
}
