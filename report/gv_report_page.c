/* gv_report_page - the page as a whole: its head, the figures at the top, the order of sections. */
#include "app/gv_print.h"
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "report/gv_report.h"
#include "report/gv_report_assets.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include "report/gv_report_sections.h"
#include "report/gv_report_stability_run.h"
#include "report/gv_report_terms.h"
#include "report/gv_report_words.h"

#include <math.h>
#include <string.h>

#define number_of gv_report_sections_number

/* --- the figures at the top ------------------------------------------------------------------- */

static void card_begin(FILE *out)
{
    fputs("<div class=\"card\"><b>", out);
}

static void card_label(FILE *out)
{
    fputs("</b><span>", out);
}

static void card_end(FILE *out)
{
    fputs("</span></div>\n", out);
}

static void write_count_card(FILE *out, const gv_json *done, const char *key, const char *term)
{
    const double number = number_of(done, key);
    if (!isfinite(number))
        return;
    card_begin(out);
    gv_report_html_count(out, number);
    card_label(out);
    gv_report_terms_write(out, term);
    card_end(out);
}

/* The file of `scores` with the most of what `counted` counts, if it has enough for a headline. */
static const gv_json *largest(const gv_json *scores, const char *counted)
{
    const gv_json *best = NULL;
    for (size_t i = 0; i < gv_json_count(scores); i++) {
        const gv_json *file = gv_json_item(scores, i);
        const double n = number_of(file, counted);
        if (n >= GV_REPORT_SECTIONS_FEW && (!best || n > number_of(best, counted)))
            best = file;
    }
    return best;
}

static void write_score_cards(FILE *out, const gv_report *report)
{
    const gv_json *file = largest(gv_json_get(report->eval, "analogies"), "answered");
    if (file && isfinite(number_of(file, "accuracy"))) {
        card_begin(out);
        fprintf(out, "%.1f %%", number_of(file, "accuracy"));
        card_label(out);
        fputs("of ", out);
        gv_report_html_count(out, number_of(file, "answered"));
        fputs(" analogies correct (", out);
        gv_report_terms_write(out, "accuracy");
        fputs(")", out);
        gv_report_sections_vocab_limit(out, report, ", ");
        card_end(out);
    }
    file = largest(gv_json_get(report->eval, "similarity"), "pairs");
    if (file && isfinite(number_of(file, "spearman"))) {
        card_begin(out);
        fprintf(out, "%.3f", number_of(file, "spearman"));
        card_label(out);
        gv_report_terms_write(out, "spearman");
        fputs(" over ", out);
        gv_report_html_count(out, number_of(file, "pairs"));
        fputs(" pairs", out);
        gv_report_sections_vocab_limit(out, report, ", ");
        card_end(out);
    }
}

static void write_cards(FILE *out, const gv_report *report)
{
    double wall = 0.0;
    fputs("<div class=\"cards\">\n", out);
    write_count_card(out, report->done[GV_REPORT_SECTIONS_VOCAB], "tokens", "tokens");
    write_count_card(out, report->done[GV_REPORT_SECTIONS_VOCAB], "words", "words");
    write_count_card(out, report->done[GV_REPORT_SECTIONS_COOCCUR], "records", "ordered_pairs");
    if (report->n_epochs > 0) {
        const gv_json *last = report->epochs[report->n_epochs - 1];
        card_begin(out);
        fprintf(out, "%.5f", number_of(last, "loss"));
        card_label(out);
        gv_report_terms_write(out, "loss");
        fprintf(out, " after epoch %.0f", number_of(last, "epoch"));
        card_end(out);
    }
    if (!gv_report_sections_other_vectors(report))
        write_score_cards(out, report);
    for (size_t i = 0; i < GV_REPORT_STAGES; i++)
        if (isfinite(number_of(report->done[i], "wall_s")))
            wall += number_of(report->done[i], "wall_s");
    if (wall > 0.0) {
        card_begin(out);
        gv_report_html_seconds(out, wall);
        card_label(out);
        fputs("all stages together", out);
        card_end(out);
    }
    fputs("</div>\n", out);
}

/* --- the page --------------------------------------------------------------------------------- */

/* In the order of `titles`. */
static void write_terms(FILE *out, const gv_report *report)
{
    (void)report;
    gv_report_terms_list(out);
}

static void write_map(FILE *out, const gv_report *report)
{
    if (report->map.n == 0)
        fputs(report->words ? "<p class=\"soft\">No map: it was left out, or there are too few "
                              "words.</p>\n"
                            : "<p class=\"soft\">No map: there are no vectors to show.</p>\n",
              out);
    gv_report_map_write(out, &report->map, report->words, report->counts);
}

static void (*const writers[])(FILE *, const gv_report *) = {
    gv_report_sections_evaluation, gv_report_sections_neighbours, write_map,
    gv_report_sections_training,   gv_report_sections_stages,     gv_report_sections_corpus,
    gv_report_sections_settings,   gv_report_sections_origin,     write_terms};

static const gv_report_frame_section titles[] = {{"scores", "Evaluation"},
                                                 {"words", "Words"},
                                                 {"map", "Map"},
                                                 {"training", "Training"},
                                                 {"stages", "Stages"},
                                                 {"corpus", "Corpus and counts"},
                                                 {"settings", "Settings"},
                                                 {"origin", "How this run was made"},
                                                 {"terms", "What the terms mean"}};

enum { SECTIONS = sizeof titles / sizeof *titles };
_Static_assert(sizeof writers / sizeof *writers == SECTIONS, "each section has a title");

/* Where the run's folder is a sweep: how to compare its runs. */
static void write_sweep(FILE *out, const gv_report *report)
{
    char *folder = gv_file_path_join(report->run_dir, "..", NULL);
    bool swept = false;
    if (folder && gv_sweep_file_is_there(&swept, folder, NULL) == GV_OK && swept)
        fputs("<p>This is a run of a sweep, the folder above it. <code>glove-report compare</code> "
              "compares the runs of a sweep.</p>\n",
              out);
    gv_mem_free(folder);
}

static void write_begin(FILE *out, const gv_report *report)
{
    const char *date =
        gv_json_get_text(report->done[GV_REPORT_SECTIONS_TRAIN], "time"); /* 2026-01-31T... */
    char about[80] = "Word vectors by glovebox, run directory";
    if (strlen(date) > 10)
        snprintf(about, sizeof about, "Word vectors by glovebox, trained on %.10s, run directory",
                 date);
    gv_report_frame_begin(out, &(gv_report_frame){.title = gv_json_get_text(report->config, "name"),
                                                  .about = about,
                                                  .path = report->run_dir,
                                                  .sections = titles,
                                                  .n = SECTIONS});
    write_sweep(out, report);
    gv_report_stability_run_write(out, report->run_dir);
    write_cards(out, report);
}

void gv_report_sections_missing(FILE *out, const char *what, enum gv_config_stage stage)
{
    fprintf(out, "<p class=\"soft\">No %s yet: run <code>%s</code>.</p>\n", what,
            gv_config_stage_program(stage));
}

double gv_report_sections_number(const gv_json *object, const char *key)
{
    const gv_json *value = gv_json_get(object, key);
    return gv_json_is_number(value) ? gv_json_number(value) : NAN;
}

int gv_report_html(char **html, const gv_report *report, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *html = NULL;
    if (status != GV_OK)
        return status;
    const char *const scripts[] = {gv_report_assets_words, gv_report_assets_map,
                                   gv_report_assets_map_controls, NULL};
    FILE *out = buffer.stream;
    write_begin(out, report);
    for (size_t i = 0; i < SECTIONS; i++) {
        gv_report_frame_section_begin(out, &titles[i]);
        writers[i](out, report);
        gv_report_frame_section_end(out);
    }
    gv_report_words_write_data(out, report);
    gv_report_frame_end(out, scripts);
    return gv_print_close(html, &buffer, err);
}
