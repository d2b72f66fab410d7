/* gv_stability_table - what people read on standard output. */
#include "app/gv_print.h"
#include "app/gv_stability_runs.h"
#include "base/gv_mem.h"
#include <stdio.h>
#include <string.h>

enum { EXAMPLES = 10, CELL = 32 };

static double percent(size_t part, size_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

/* "101-300" */
static const char *range(char cell[CELL], uint64_t from, uint64_t to)
{
    snprintf(cell, CELL, from == to ? "%llu" : "%llu-%llu", (unsigned long long)from,
             (unsigned long long)to);
    return cell;
}

static void print_band(FILE *out, const gv_stability *s, const gv_stability_band *band,
                       const char *name)
{
    char counts[CELL] = "-";
    const size_t n = band->to - band->from;
    if (s->count)
        range(counts, band->most, band->least);
    fprintf(out, "%-15s %17s %8zu %8.3f %8.3f %8.3f", name, counts, n, band->overlap, band->jaccard,
            band->shared);
    for (int v = 0; v < GV_STABILITY_VERDICTS; v++)
        fprintf(out, " %8.1f %%", percent(band->verdicts[v], n));
    fprintf(out, "\n");
}

static void print_bands(FILE *out, const gv_stability *s, size_t group)
{
    size_t ends[GV_STABILITY_BANDS], from = 0;
    const size_t n = gv_stability_bands(ends, s->words);
    fprintf(out, "%-15s %17s %8s %8s %8s %8s %10s %10s %10s\n", "words", "count", "number",
            "overlap", "jaccard", "in all", "trusted", "unclear", "untrusted");
    for (size_t b = 0; b < n; from = ends[b++]) {
        char name[CELL];
        const gv_stability_band band = gv_stability_band_of(s, group, from, ends[b]);
        print_band(out, s, &band, range(name, from + 1, ends[b]));
    }
    const gv_stability_band all = gv_stability_band_of(s, group, 0, s->words);
    if (n > 1)
        print_band(out, s, &all, "all");
}

/* The words that stand out. Of few words all are frequent. */
static int print_examples(FILE *out, const gv_stability *s, size_t group,
                          enum gv_stability_extreme which, gv_error *err)
{
    size_t *words, n = EXAMPLES;
    if (which == GV_STABILITY_LEAST_STABLE_FREQUENT && s->words <= GV_STABILITY_FREQUENT)
        return GV_OK;
    int status = gv_stability_extremes(&words, &n, s, group, which, err);
    fprintf(out, "%s stable", which == GV_STABILITY_MOST_STABLE ? "most" : "least");
    if (which == GV_STABILITY_LEAST_STABLE_FREQUENT)
        fprintf(out, " of the first %d", GV_STABILITY_FREQUENT);
    fputc(':', out);
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        fputc(' ', out);
        gv_print_pad(out, s->word[words[i]], 0);
    }
    fprintf(out, "\n");
    gv_mem_free(words);
    return status;
}

static int print_group(FILE *out, const gv_stability_runs *runs, size_t group, gv_error *err)
{
    const gv_stability *s = runs->stability;
    fprintf(out, "\n");
    if (*runs->names.label[group]) {
        gv_print_pad(out, runs->names.label[group], 0);
        fprintf(out, ", ");
    }
    fprintf(out, "%zu runs\n", s->group[group].runs);
    print_bands(out, s, group);
    int status = GV_OK;
    for (int e = 0; e < GV_STABILITY_EXTREMES && status == GV_OK; e++)
        status = print_examples(out, s, group, (enum gv_stability_extreme)e, err);
    return status;
}

/* The overlaps of all groups beside each other. */
static void print_side_by_side(FILE *out, const gv_stability_runs *runs)
{
    const gv_stability *s = runs->stability;
    size_t ends[GV_STABILITY_BANDS], width = 3;
    const size_t n = gv_stability_bands(ends, s->words);
    for (size_t g = 0; g < s->groups; g++) {
        const size_t columns = gv_print_width(runs->names.label[g]);
        width = columns > width ? columns : width;
    }
    fprintf(out, "\noverlap by words\n");
    gv_print_pad(out, "set", width);
    for (size_t b = 0, from = 0; b < n; from = ends[b++]) {
        char name[CELL];
        fprintf(out, " %13s", range(name, from + 1, ends[b]));
    }
    fprintf(out, " %8s\n", "all");
    for (size_t g = 0; g < s->groups; g++) {
        gv_print_pad(out, runs->names.label[g], width);
        for (size_t b = 0, from = 0; b < n; from = ends[b++])
            fprintf(out, " %13.3f", gv_stability_band_of(s, g, from, ends[b]).overlap);
        fprintf(out, " %8.3f\n", gv_stability_band_of(s, g, 0, s->words).overlap);
    }
}

int gv_stability_runs_table(char **text, const gv_stability_runs *runs, gv_error *err)
{
    const gv_stability *s = runs->stability;
    gv_print_buffer buffer;
    *text = NULL;
    int status = gv_print_open(&buffer, err);
    if (status != GV_OK)
        return status;
    fprintf(buffer.stream,
            "Overlap of the %zu nearest neighbours of %zu words between runs; by chance %.2g\n",
            s->neighbours, s->words, gv_stability_chance(s));
    if (s->groups > 1)
        print_side_by_side(buffer.stream, runs);
    for (size_t g = 0; g < s->groups && status == GV_OK; g++)
        status = print_group(buffer.stream, runs, g, err);
    fprintf(buffer.stream,
            "\ntrusted: an overlap of %.1f or more; untrusted: below %.1f (docs/stability.md)\n",
            GV_STABILITY_TRUSTED, GV_STABILITY_UNTRUSTED);
    if (status == GV_OK)
        return gv_print_close(text, &buffer, err);
    char *unfinished = NULL;
    (void)!gv_print_close(&unfinished, &buffer, NULL);
    gv_mem_free(unfinished);
    return status;
}
