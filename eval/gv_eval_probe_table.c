/* gv_eval_probe_table - the results of probes as tables for people. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "eval/gv_eval_probe.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 10 /* words at each end of an axis */ };

static bool is_weat(const gv_json *probe)
{
    return strcmp(gv_json_get_text(probe, "kind"), "weat") == 0;
}

/* With four decimals, or without a number `-`. */
static void number(FILE *out, const gv_json *value, int width)
{
    if (gv_json_is_number(value))
        fprintf(out, " %*.4f", width, gv_json_number(value));
    else
        fprintf(out, " %*s", width, "-");
}

/* With three digits, as p-values may be small, or without a number `-`. */
static void p_value(FILE *out, const gv_json *value, int width)
{
    if (gv_json_is_number(value))
        fprintf(out, " %*.3g", width, gv_json_number(value));
    else
        fprintf(out, " %*s", width, "-");
}

/* "NAME (missing: a, b)", where a set has missing words. */
static void missing_words(FILE *out, const char *name, const gv_json *set)
{
    const gv_json *missing = gv_json_get(set, "missing");
    const size_t n = gv_json_count(missing);
    if (n == 0)
        return;
    fputs("  without a vector: ", out);
    gv_print_pad(out, name, 0);
    fputs(": ", out);
    for (size_t i = 0; i < n; i++) {
        const char *word = gv_json_text(gv_json_item(missing, i));
        fputs(i > 0 ? ", " : "", out);
        gv_print_pad(out, word ? word : "?", 0);
    }
    fputc('\n', out);
}

static void remarks(FILE *out, const gv_json *probe)
{
    static const char *const keys[] = {"reason", "note"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = gv_json_get_text(probe, keys[i]);
        if (!*text)
            continue;
        fputs(i == 0 ? "  no result: " : "  note: ", out);
        gv_print_pad(out, text, 0);
        fputc('\n', out);
    }
}

static size_t widest(const gv_json *probes, bool weat)
{
    size_t width = strlen("WEAT");
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        const size_t columns = gv_print_width(gv_json_get_text(probe, "name"));
        if (is_weat(probe) == weat && columns > width)
            width = columns;
    }
    return width;
}

/* --- WEAT ------------------------------------------------------------------------------------- */

/* "23+25 of 50": the words used of two sets. */
static void sizes(FILE *out, const gv_json *sets)
{
    char text[96];
    const gv_json *first = gv_json_item(sets, 0), *second = gv_json_item(sets, 1);
    snprintf(text, sizeof text, "%.0f+%.0f of %.0f", gv_json_get_number(first, "used"),
             gv_json_get_number(second, "used"),
             gv_json_get_number(first, "total") + gv_json_get_number(second, "total"));
    fprintf(out, " %14s", text);
}

static void weat_line(FILE *out, const gv_json *probe, size_t width)
{
    const gv_json *sets[] = {gv_json_get(probe, "targets"), gv_json_get(probe, "attributes")};
    const bool exact = gv_json_is_true(gv_json_get(probe, "exact"));
    gv_print_pad(out, gv_json_get_text(probe, "name"), width);
    sizes(out, sets[0]);
    sizes(out, sets[1]);
    number(out, gv_json_get(probe, "effect_size"), 11);
    p_value(out, gv_json_get(probe, "p_value"), 10);
    const double partitions = gv_json_get_number(probe, "partitions");
    if (partitions > 0.0)
        fprintf(out, "  %s %.0f", exact ? "all" : "drawn", partitions);
    fputc('\n', out);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < gv_json_count(sets[s]); i++) {
            const gv_json *set = gv_json_item(sets[s], i);
            missing_words(out, gv_json_get_text(set, "name"), set);
        }
    remarks(out, probe);
}

static void weat_table(FILE *out, const gv_json *probes)
{
    const size_t width = widest(probes, true);
    bool any = false;
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        if (!is_weat(probe))
            continue;
        if (!any) {
            gv_print_pad(out, "WEAT", width);
            fprintf(out, " %14s %14s %11s %10s  %s\n", "targets", "attributes", "effect size",
                    "p-value", "partitions");
        }
        any = true;
        weat_line(out, probe, width);
    }
}

/* --- axis ------------------------------------------------------------------------------------- */

static int by_projection(const void *x, const void *y)
{
    const double a = gv_json_get_number(*(const gv_json *const *)x, "projection");
    const double b = gv_json_get_number(*(const gv_json *const *)y, "projection");
    return (a < b) - (a > b);
}

/* The words by projection, the highest first; of many those at both ends. */
static void projections(FILE *out, const gv_json *probe)
{
    const gv_json *words = gv_json_get(gv_json_get(probe, "words"), "words");
    const size_t n = gv_json_count(words);
    const gv_json **sorted = n > 0 ? gv_mem_alloc(n, sizeof(gv_json *), NULL) : NULL;
    if (!sorted || *gv_json_get_text(probe, "reason")) {
        gv_mem_free(sorted);
        return;
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = gv_json_item(words, i);
    qsort(sorted, n, sizeof(gv_json *), by_projection);
    for (size_t i = 0; i < n; i++) {
        const gv_json *score = gv_json_get(sorted[i], "score");
        if (n > 2 * SHOWN && i == SHOWN) {
            fprintf(out, "  ... %zu more\n", n - 2 * SHOWN);
            i = n - SHOWN;
        }
        number(out, gv_json_get(sorted[i], "projection"), 9);
        if (score)
            fprintf(out, " %10.6g", gv_json_number(score));
        fputs("  ", out);
        gv_print_pad(out, gv_json_get_text(sorted[i], "word"), 0);
        fputc('\n', out);
    }
    gv_mem_free(sorted);
}

static void share(FILE *out, const gv_json *set, int width)
{
    char text[64] = "-";
    if (set)
        snprintf(text, sizeof text, "%.0f of %.0f", gv_json_get_number(set, "used"),
                 gv_json_get_number(set, "total"));
    fprintf(out, " %*s", width, text);
}

static void axis_table(FILE *out, const gv_json *probe)
{
    const gv_json *words = gv_json_get(probe, "words");
    const size_t columns = gv_print_width(gv_json_get_text(probe, "name"));
    const size_t width = columns > strlen("axis") ? columns : strlen("axis");
    gv_print_pad(out, "axis", width);
    fprintf(out, " %12s %10s %12s %10s\n", "pairs", "agreement", "words", "Spearman");
    gv_print_pad(out, gv_json_get_text(probe, "name"), width);
    share(out, gv_json_get(probe, "pairs"), 12);
    number(out, gv_json_get(probe, "agreement"), 10);
    share(out, words, 12);
    number(out, gv_json_get(probe, "spearman"), 10);
    fputc('\n', out);
    missing_words(out, "pairs", gv_json_get(probe, "pairs"));
    if (words)
        missing_words(out, gv_json_get_text(words, "name"), words);
    remarks(out, probe);
    projections(out, probe);
}

void gv_eval_probe_table(FILE *out, const gv_json *probes)
{
    bool before = false;
    weat_table(out, probes);
    for (size_t i = 0; i < gv_json_count(probes); i++)
        before = before || is_weat(gv_json_item(probes, i));
    for (size_t i = 0; i < gv_json_count(probes); i++) {
        const gv_json *probe = gv_json_item(probes, i);
        if (is_weat(probe))
            continue;
        fputs(before ? "\n" : "", out);
        before = true;
        axis_table(out, probe);
    }
}
