/* The result for a terminal, and as Markdown. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "report/gv_report_drift_write.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_plain(FILE *out, const char *word)
{
    gv_print_pad(out, word, 0);
}

/* Text that Markdown shows as it is, in a cell of a table, too. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_{}[]<>()#+-.!|~&$", *text))
            fputc('\\', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

/* --- what was compared ------------------------------------------------------------------------ */

static void put_about(FILE *out, const gv_report_drift *drift, void (*put)(FILE *, const char *),
                      const char *end)
{
    const gv_report_drift_pair *pair = &drift->pair;
    const gv_procrustes_fit *fit = &pair->drift.fit;
    const size_t n = pair->shared.n;
    fputs("A: ", out);
    put(out, drift->options->a);
    fputs(", B: ", out);
    put(out, drift->options->b);
    fprintf(out, "%s%zu words compared, of %zu that both have; %zu neighbours of each%s", end, n,
            pair->all_shared, pair->drift.k, end);
    if (isnan(fit->held_out))
        fprintf(out, "alignment: too few words to see how well it fits%s", end);
    else
        fprintf(out, "alignment: mean cosine %.3f of words held out, %.3f of any two words%s%s",
                fit->held_out, fit->chance,
                gv_procrustes_is_poor(fit) ? ": a poor fit, distances say little" : "", end);
    if (!drift->counted)
        fprintf(out,
                "how often words occur is not known (no vocab.txt beside the vectors): their "
                "rank takes its place%s",
                end);
    if (drift->noise_words)
        fprintf(out,
                "noise: %zu words of %zu pair%s; %zu words moved further than 99 %% of noise at "
                "their frequency, %.0f would by chance%s",
                drift->noise_words, drift->options->noise.n / 2,
                drift->options->noise.n > 2 ? "s" : "", drift->beyond_words,
                gv_report_drift_write_by_chance(drift), end);
}

static void put_count(FILE *out, uint64_t count, int width)
{
    if (count)
        fprintf(out, "%*" PRIu64, width, count);
    else
        fprintf(out, "%*s", width, "-");
}

static void put_recipe(FILE *out, const gv_report_drift *drift)
{
    char *recipe = gv_report_drift_write_recipe(drift, "    ");
    fputs(recipe ? recipe : "", out);
    gv_mem_free(recipe);
}

/* --- text ------------------------------------------------------------------------------------- */

static void put_word(FILE *out, const gv_report_drift *drift, size_t i)
{
    const gv_drift *measured = &drift->pair.drift;
    gv_print_pad(out, gv_report_drift_word(drift, i), 20);
    fputc(' ', out);
    put_count(out, gv_report_drift_count_a(drift, i), 9);
    put_count(out, gv_report_drift_count_b(drift, i), 9);
    fprintf(out, " %7u %9.3f", gv_report_drift_write_kept(measured, i), measured->distance[i]);
    if (drift->noise_words) {
        const gv_drift_noise_beyond *beyond = &drift->beyond[drift->options->by][i];
        fprintf(out, " %8.1f %7.3f", beyond->z, beyond->p);
    }
    fputs("\n    A: ", out);
    gv_report_drift_write_put_near(out, drift, i, 0, put_plain);
    fputs("\n    B: ", out);
    gv_report_drift_write_put_near(out, drift, i, 1, put_plain);
    fputc('\n', out);
}

static void put_bands(FILE *out, const gv_report_drift *drift)
{
    const size_t k = drift->pair.drift.k;
    if (!drift->counted)
        return;
    fprintf(out, "\n%-18s %8s %8s %9s", "occurrences", "words", "kept", "distance");
    fputs(drift->noise_words ? "   noise: kept, distance   beyond\n" : "\n", out);
    for (size_t i = 0; i < drift->bands; i++) {
        const gv_report_drift_band *band = &drift->band[i];
        char name[64];
        gv_report_drift_write_band_name(name, band);
        fprintf(out, "%-18s %8zu %8.1f %9.3f", name, band->words,
                (double)k * (1.0 - band->moved[GV_REPORT_DRIFT_NEIGHBOURS]),
                band->moved[GV_REPORT_DRIFT_COSINE]);
        if (drift->noise_words && band->noise_words)
            fprintf(out, "       %8.1f %9.3f %8zu",
                    (double)k * (1.0 - band->noise[GV_REPORT_DRIFT_NEIGHBOURS]),
                    band->noise[GV_REPORT_DRIFT_COSINE], band->beyond);
        fputc('\n', out);
    }
}

static void put_alone(FILE *out, const gv_report_drift *drift, int in_b)
{
    enum { FIRST = 15 };
    const gv_report_drift_alone *alone = &drift->alone[in_b];
    const gv_report_drift_corpus *corpus = in_b ? &drift->pair.b : &drift->pair.a;
    fprintf(out, "only in %c: %zu words", in_b ? 'B' : 'A', alone->n);
    for (size_t i = 0; i < alone->listed && i < FIRST; i++) {
        fputs(i ? ", " : ": ", out);
        put_plain(out, corpus->vectors->words[alone->row[i]]);
        if (corpus->count && corpus->count[alone->row[i]])
            fprintf(out, " (%" PRIu64 ")", corpus->count[alone->row[i]]);
    }
    fputs(alone->n > FIRST ? ", ...\n" : "\n", out);
}

static void put_missing(FILE *out, const gv_report_drift *drift)
{
    const gv_strings *asked = &drift->options->words;
    for (size_t i = 0; i < asked->n; i++) {
        size_t found;
        const char *why = gv_report_drift_write_why_not(drift, asked->items[i], &found);
        if (!why)
            continue;
        put_plain(out, asked->items[i]);
        fprintf(out, ": %s\n", why);
    }
}

static void put_no_noise(FILE *out, const gv_report_drift *drift)
{
    fputs("\nNoise is unknown, so this order says little: any two trainings differ, and rare words "
          "most.\nDeal the texts (one a line) of both corpora at random into two, train on these "
          "with the same\nsettings, and give the runs:\n\n",
          out);
    put_recipe(out, drift);
}

void gv_report_drift_write_text(FILE *out, const gv_report_drift *drift)
{
    size_t at = 0, word;
    put_about(out, drift, put_plain, "\n");
    fprintf(out, "\n%-20s %9s%9s %7s %9s", "word", "in A", "in B", "kept", "distance");
    fputs(drift->noise_words ? "        z       p\n" : "\n", out);
    while (gv_report_drift_write_next_shown(drift, &at, drift->options->top, &word))
        put_word(out, drift, word);
    put_missing(out, drift);
    put_bands(out, drift);
    fputc('\n', out);
    put_alone(out, drift, 0);
    put_alone(out, drift, 1);
    if (!drift->noise_words)
        put_no_noise(out, drift);
}

/* --- Markdown --------------------------------------------------------------------------------- */

static void put_row(FILE *out, const gv_report_drift *drift, size_t i)
{
    const gv_drift *measured = &drift->pair.drift;
    fputs("| ", out);
    put_escaped(out, gv_report_drift_word(drift, i));
    fputs(" | ", out);
    put_count(out, gv_report_drift_count_a(drift, i), 0);
    fputs(" | ", out);
    put_count(out, gv_report_drift_count_b(drift, i), 0);
    fprintf(out, " | %u | %.3f | ", gv_report_drift_write_kept(measured, i), measured->distance[i]);
    if (drift->noise_words) {
        const gv_drift_noise_beyond *beyond = &drift->beyond[drift->options->by][i];
        fprintf(out, "%.1f | %.3f | ", beyond->z, beyond->p);
    }
    gv_report_drift_write_put_near(out, drift, i, 0, put_escaped);
    fputs(" | ", out);
    gv_report_drift_write_put_near(out, drift, i, 1, put_escaped);
    fputs(" |\n", out);
}

void gv_report_drift_write_markdown(FILE *out, const gv_report_drift *drift)
{
    size_t at = 0, word;
    fputs("# Words that moved\n\n", out);
    put_about(out, drift, put_escaped, ".  \n");
    fprintf(out,
            "\n| word | in A | in B | kept of %zu | distance |%s nearest in A | nearest in B |\n",
            drift->pair.drift.k, drift->noise_words ? " z | p |" : "");
    fprintf(out, "|---|---:|---:|---:|---:|%s---|---|\n", drift->noise_words ? "---:|---:|" : "");
    while (gv_report_drift_write_next_shown(drift, &at, drift->options->top, &word))
        put_row(out, drift, word);
    if (drift->noise_words)
        return;
    fputs("\nNoise is unknown: any two trainings differ, and rare words most. To see it:\n\n", out);
    put_recipe(out, drift);
}
