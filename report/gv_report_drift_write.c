/* What the formats share. */
#include "report/gv_report_drift_write.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_config.h"
#include "config/gv_run_names.h"
#include <string.h>

unsigned gv_report_drift_write_kept(const gv_drift *drift, size_t i)
{
    return (unsigned)(drift->overlap[i] * (double)drift->k + 0.5);
}

void gv_report_drift_write_put_near(FILE *out, const gv_report_drift *drift, size_t i, int in_b,
                                    void (*put)(FILE *out, const char *word))
{
    const gv_drift *measured = &drift->pair.drift;
    const uint32_t *near = (in_b ? measured->near_b : measured->near_a) + i * measured->shown;
    for (size_t j = 0; j < measured->shown && j < GV_REPORT_DRIFT_NEAR; j++) {
        fputs(j ? ", " : "", out);
        put(out, gv_report_drift_word(drift, near[j]));
    }
}

static size_t find_word(const gv_report_drift *drift, const char *word)
{
    for (size_t i = 0; i < drift->pair.shared.n; i++)
        if (strcmp(gv_report_drift_word(drift, i), word) == 0)
            return i;
    return SIZE_MAX;
}

const char *gv_report_drift_write_why_not(const gv_report_drift *drift, const char *word,
                                          size_t *found)
{
    const gv_report_drift_pair *pair = &drift->pair;
    *found = find_word(drift, word);
    if (*found != SIZE_MAX)
        return NULL;
    const bool a = gv_vectors_find(pair->a.vectors, word) != SIZE_MAX;
    const bool b = gv_vectors_find(pair->b.vectors, word) != SIZE_MAX;
    return a && b ? "in both, but too rare to be compared (--min-count, --limit)"
           : a    ? "only in A"
           : b    ? "only in B"
                  : "in neither";
}

bool gv_report_drift_write_next_shown(const gv_report_drift *drift, size_t *at, size_t top,
                                      size_t *word)
{
    const size_t n = drift->pair.shared.n, first = top < n ? top : n;
    const gv_strings *asked = &drift->options->words;
    while (*at < first + asked->n) {
        const size_t i = (*at)++;
        if (i < first) {
            *word = drift->order[i];
            return true;
        }
        if (!gv_report_drift_write_why_not(drift, asked->items[i - first], word))
            return true;
    }
    return false;
}

double gv_report_drift_write_by_chance(const gv_report_drift *drift)
{
    return GV_REPORT_DRIFT_P * (double)drift->pair.shared.n;
}

void gv_report_drift_write_band_name(char to[64], const gv_report_drift_band *band)
{
    if (band->to > 1e15)
        snprintf(to, 64, "%.0f or more", band->from);
    else if (band->from < 1.0)
        snprintf(to, 64, "less than %.0f", band->to);
    else
        snprintf(to, 64, "%.0f to %.0f", band->from, band->to);
}

/* --- how to make noise ------------------------------------------------------------------------ */

static double total(const gv_report_drift_corpus *corpus)
{
    double sum = 0.0;
    for (size_t i = 0; corpus->count && i < corpus->vectors->rows; i++)
        sum += (double)corpus->count[i];
    return sum;
}

/* Append the corpus files of a run, as words of a shell; `name` if they are not known. */
static void add_texts(gv_text *text, const gv_report_drift_corpus *corpus, const char *name)
{
    gv_config *config = NULL;
    char *path =
        corpus->given.is_dir ? gv_file_path_join(corpus->given.given, GV_FILE_CONFIG, NULL) : NULL;
    if (!path ||
        gv_config_load_resolved(&config, path, &(gv_strings){0}, "default", NULL) != GV_OK ||
        config->corpus_files.n == 0)
        gv_text_printf(text, " TEXTS-OF-%s", name);
    else
        for (size_t i = 0; i < config->corpus_files.n; i++) {
            gv_text_add(text, " ");
            gv_text_shell_word(text, config->corpus_files.items[i]);
        }
    gv_config_free(config);
    gv_mem_free(path);
}

static void add_run(gv_text *text, const gv_report_drift_corpus *corpus, const char *name,
                    const char *indent)
{
    gv_text_printf(text, "%sglove-run --run-dir noise-%s --set corpus.files=noise-%s.txt ", indent,
                   name, name);
    if (corpus->given.is_dir) {
        gv_text config = GV_TEXT_INIT;
        gv_text_printf(&config, "%s/%s", corpus->given.given, GV_FILE_CONFIG);
        gv_text_shell_word(text, config.bytes ? config.bytes : "CONFIG");
        gv_text_drop(&config);
    } else {
        gv_text_add(text, "CONFIG");
    }
    gv_text_add(text, "\n");
}

char *gv_report_drift_write_recipe(const gv_report_drift *drift, const char *indent)
{
    const gv_report_drift_corpus *a = &drift->pair.a, *b = &drift->pair.b;
    const double in_a = total(a), in_b = total(b);
    gv_text text = GV_TEXT_INIT;
    char *made = NULL;
    gv_text_printf(&text, "%scat", indent);
    add_texts(&text, a, "A");
    add_texts(&text, b, "B");
    gv_text_printf(&text,
                   " | awk 'BEGIN {srand(1)} {print > (rand() < %.2f ? \"noise-1.txt\" : "
                   "\"noise-2.txt\")}'\n",
                   in_a > 0.0 && in_b > 0.0 ? in_a / (in_a + in_b) : 0.5);
    add_run(&text, a, "1", indent);
    add_run(&text, b, "2", indent);
    gv_text_printf(&text, "%sglove-report drift ", indent);
    gv_text_shell_word(&text, drift->options->a);
    gv_text_add(&text, " ");
    gv_text_shell_word(&text, drift->options->b);
    gv_text_add(&text, " --noise noise-1 noise-2\n");
    return gv_text_take(&made, &text, NULL) == GV_OK ? made : NULL;
}
