/* bench/hogwild: the hypergraph's measures against a count by hand, the simulation's limits, and
 * the whole of `make hogwild` in small. No time is asserted. */
#include "support/gv_test.h"

#include "counts/gv_counts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HYPERGRAPH GV_SH_BUILD "/bench/hogwild/hypergraph "
#define SIMULATE   GV_SH_BUILD "/bench/hogwild/simulate "
#define HOGWILD                                                                                    \
    "env BIN=\"$(dirname \"$(command -v glove-vocab)\")\" BENCHES=" GV_SH_BUILD                    \
    "/bench CORPUS=corpus.txt "                                                                    \
    "DIR=out SEEDS=1 EPOCHS=2 RUNS=1 DIM=8 THREADS='1 2' CONFLICT_THREADS=2 DELAYS='0 100' "       \
    "DELAY_BYTES=20000 SIM_THREADS='1 4' STEPS=1000 %s /usr/bin/python3 -B " GV_SH_SOURCE          \
    "/bench/hogwild/hogwild.py"

enum { WORDS = 23 };

/* --- the hypergraph --------------------------------------------------------------------------- */

/* Cells of a matrix, drawn; cell[i][j] of a symmetric one only for i <= j. */
static void draw_cells(bool cell[WORDS][WORDS], bool symmetric)
{
    unsigned state = (unsigned)gv_test_seed();
    for (unsigned i = 0; i < WORDS; i++)
        for (unsigned j = 0; j < WORDS; j++) {
            state = state * 1103515245u + 12345u;
            cell[i][j] = (!symmetric || i <= j) && state >> 16 & 1 && (state >> 17 & 3) + i < WORDS;
        }
}

static void write_counts(bool cell[WORDS][WORDS], bool symmetric)
{
    gv_error err = GV_ERROR_INIT;
    char recipe[] = "{}";
    gv_counts_info info = {
        .vocab_size = WORDS, .symmetric = symmetric, .unit = 1, .recipe = recipe};
    gv_counts_writer *writer;
    gv_test_run_ok("mkdir -p run");
    gv_assert_ok(gv_counts_create(&writer, gv_test_path("run/counts.bin"), &info, &err), err);
    for (uint32_t i = 0; i < WORDS; i++) {
        gv_counts_cell cells[WORDS];
        size_t n = 0;
        for (uint32_t j = 0; j < WORDS; j++)
            if (cell[i][j])
                cells[n++] = (gv_counts_cell){j, 1};
        if (n > 0)
            gv_assert_ok(gv_counts_put_row(writer, i, cells, n, &err), err);
    }
    gv_assert_ok(gv_counts_commit(&writer, 1000, NULL, &err), err);
}

/* Number `column` of the line that begins with `edge`. */
static double figure(const char *csv, const char *edge, int column)
{
    const char *at = strstr(csv, gv_test_format("\n%s,", edge));
    cr_assert(at, "no %s in %s", edge, csv);
    for (int i = 0; i < column; i++)
        at = strchr(at, ',') + 1;
    return strtod(at, NULL);
}

/* By the definitions: all pairs of edges are looked at. */
static void check_records(bool symmetric)
{
    static bool cell[WORDS][WORDS];
    unsigned word[WORDS * WORDS], context[WORDS * WORDS], degree[2 * WORDS] = {0};
    unsigned n = 0, delta = 0, rho = 0, meetings = 0, vertices = 0;
    draw_cells(cell, symmetric);
    write_counts(cell, symmetric);
    for (unsigned i = 0; i < WORDS; i++)
        for (unsigned j = 0; j < WORDS; j++)
            if (cell[i][j] || (symmetric && cell[j][i])) {
                word[n] = i;
                context[n++] = j;
                degree[i]++;
                degree[WORDS + j]++;
            }
    for (unsigned v = 0; v < 2 * WORDS; v++) {
        vertices += degree[v] > 0;
        delta = delta < degree[v] ? degree[v] : delta;
    }
    for (unsigned e = 0; e < n; e++) {
        unsigned meet = 0;
        for (unsigned f = 0; f < n; f++)
            meet += word[e] == word[f] || context[e] == context[f];
        rho = rho < meet ? meet : rho;
        meetings += meet;
    }
    const char *csv = gv_test_run_ok(HYPERGRAPH "run").out;
    cr_assert_eq(figure(csv, "record", 1), vertices, "%s", csv);
    cr_assert_eq(figure(csv, "record", 2), n, "%s", csv);
    cr_assert_eq(figure(csv, "record", 3), 2, "%s", csv);
    cr_assert_float_eq(figure(csv, "record", 4), (double)delta / n, 1e-8, "%s", csv);
    cr_assert_float_eq(figure(csv, "record", 5), (double)rho / n, 1e-8, "%s", csv);
    cr_assert_float_eq(figure(csv, "record", 6), (double)meetings / n / n, 1e-8, "%s", csv);
    cr_assert_eq(figure(csv, "step", 3), 5, "%s", csv);
}

Test(hogwild, hypergraph_of_records_by_hand)
{
    check_records(false);
    check_records(true);
}

static void make_store(void)
{
    gv_test_corpus("corpus.txt", 1, 20000, 300, 50);
    gv_test_run_ok("for stage in vocab cooccur shuffle; do glove-$stage --run-dir run --progress "
                   "none --set 'corpus.files=[\"corpus.txt\"]' || exit 1; done");
}

/* Training counts the steps that it takes. */
Test(hogwild, hypergraph_of_steps_as_trained)
{
    make_store();
    const char *csv = gv_test_run_ok(HYPERGRAPH "run").out;
    gv_test_run_ok("GLOVEBOX_TEST_CONFLICTS=1 glove-train --run-dir run --progress none --set "
                   "train.epochs=1 --set train.dim=8");
    const char *metrics = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    const char *counts = strstr(metrics, "\"conflicts\":{");
    cr_assert(counts, "%s", metrics);
    cr_assert_eq(strtod(strstr(counts, "\"steps\":") + 8, NULL), figure(csv, "step", 2), "%s %s",
                 csv, counts);
}

Test(hogwild, hypergraph_names_what_is_wrong)
{
    gv_test_expect_error(gv_test_run(HYPERGRAPH), 2, "usage", NULL);
    gv_test_expect_error(gv_test_run(HYPERGRAPH "nowhere"), 1, "nowhere", NULL);
}

/* --- the simulation --------------------------------------------------------------------------- */

/* Every schedule takes every step once, whatever the threads; nobody is faster than the threads
 * allow; `ordered` has no conflicts, and the others have some in random order. */
Test(hogwild, simulation_keeps_its_limits, .timeout = 60)
{
    make_store();
    double steps = figure(gv_test_run_ok(HYPERGRAPH "run").out, "step", 2);
    char *csv = gv_test_run_ok(SIMULATE "threads=1,2,16 steps=0 run").out;
    int lines = 0;
    for (char *line = strtok(strchr(csv, '\n'), "\n"); line; line = strtok(NULL, "\n"), lines++) {
        char schedule[16], order[16];
        double threads, taken, speedup, over, conflicts, rows;
        cr_assert_eq(sscanf(line, "%15[^,],%15[^,],%lf,%lf,%lf,%lf,%lf,%lf", schedule, order,
                            &threads, &taken, &speedup, &over, &conflicts, &rows),
                     8, "%s", line);
        cr_assert_eq(taken, steps, "%s", line);
        cr_assert(speedup > 0 && speedup <= 1.02 * threads, "%s", line);
        cr_assert(threads > 1 || (speedup == 1 && conflicts == 0), "%s", line);
        if (strcmp(schedule, "ordered") == 0 || strcmp(schedule, "averaged") == 0)
            cr_assert_eq(conflicts, 0, "%s", line);
        else if (threads == 16 && strcmp(order, "random") == 0)
            cr_assert(conflicts > 0 && conflicts < 1, "%s", line);
    }
    cr_assert_eq(lines, 6 * 2 * 3);
}

Test(hogwild, simulation_refuses_wrong_options)
{
    static const char *const wrong[] = {"threads=0", "threads=1,x",  "schedules=hog", "orders=",
                                        "steps=-1",  "gradient=abc", "jitter=2",      "lock"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        gv_test_expect_error(gv_test_run(SIMULATE "%s run", wrong[i]), 2, wrong[i], NULL);
    gv_test_expect_error(gv_test_run(SIMULATE "nowhere"), 1, "nowhere", NULL);
}

/* --- all of it -------------------------------------------------------------------------------- */

static int lines_of(const char *name)
{
    int lines = 0;
    for (const char *at = gv_test_read(gv_test_path(name), NULL); (at = strchr(at, '\n')); at++)
        lines++;
    return lines;
}

static const char *all_parts(void)
{
    bool drawn = gv_test_run("command -v gnuplot").exit_code == 0;
    return drawn ? "" : "PARTS='runs speed conflicts delay graph simulate'";
}

Test(hogwild, experiment_in_small, .timeout = 300)
{
    gv_test_corpus("corpus.txt", 1, 20000, 300, 50);
    const char *parts = all_parts();
    const char *text = gv_test_run_ok(HOGWILD, parts).out;
    static const char *const titles[] = {"## Full trainings", "## Speed",          "## Conflicts",
                                         "## Delay",          "## The hypergraph", "## Simulated"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        cr_assert(strstr(text, titles[i]), "no %s in %s", titles[i], text);
    /* a line for the head; schedules x threads x orders x epochs, and so on */
    cr_assert_eq(lines_of("out/runs.csv"), 1 + 6 * 2 * 2 * 2);
    cr_assert_eq(lines_of("out/speed.csv"), 1 + (3 + 6) * 2 * 2);
    cr_assert_eq(lines_of("out/conflicts.csv"), 1 + 5 * 2);
    cr_assert_eq(lines_of("out/delay.csv"), 1 + 5 * 2 * 2);
    cr_assert_eq(lines_of("out/simulate.csv"), 1 + 6 * 2 * 2);
    if (*parts == '\0')
        cr_assert(strstr(gv_test_read(gv_test_path("out/speedup-blocks.svg"), NULL), "<svg"));
    /* again: nothing is left to do */
    gv_test_result again = gv_test_run_ok(HOGWILD, "PARTS='runs speed conflicts delay'");
    cr_assert_str_eq(again.err, "");
    cr_assert_eq(lines_of("out/runs.csv"), 1 + 6 * 2 * 2 * 2);
    /* other settings are not mixed in */
    gv_test_expect_error(gv_test_run(HOGWILD, "DIM=9"), 2, "dim", "DIR", NULL);
}

Test(hogwild, experiment_refuses_wrong_settings)
{
    gv_test_corpus("corpus.txt", 1, 20000, 300, 50);
    gv_test_expect_error(gv_test_run(HOGWILD, "PARTS=rnus"), 2, "rnus", "runs", NULL);
    gv_test_expect_error(gv_test_run(HOGWILD, "SCHEDULES=hog"), 2, "hog", "hogwild", NULL);
    gv_test_expect_error(gv_test_run(HOGWILD, "CORPUS=nothing"), 2, "CORPUS=nothing", NULL);
    gv_test_expect_error(gv_test_run(HOGWILD, "SEEDS=0"), 2, "SEEDS=0", NULL);
    gv_test_expect_error(gv_test_run(HOGWILD, "THREADS=two"), 2, "THREADS=two", NULL);
}
