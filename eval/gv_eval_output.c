/* gv_eval_output - the results as JSON. */
#include "base/gv_mem.h"
#include "eval/gv_eval.h"

static void write_wrong(gv_json_writer *w, const gv_strings *wrong)
{
    gv_json_open_array(w, "wrong");
    for (size_t i = 0; i + GV_EVAL_WRONG_WORDS <= wrong->n; i += GV_EVAL_WRONG_WORDS) {
        char *const *words = wrong->items + i;
        gv_json_open_object(w, NULL);
        gv_json_open_array(w, "question");
        for (size_t k = 0; k < 3; k++)
            gv_json_set_text(w, NULL, words[k]);
        gv_json_close(w);
        gv_json_set_text(w, "right", words[3]);
        gv_json_set_text(w, "given", words[4][0] ? words[4] : NULL);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_sections(gv_json_writer *w, const gv_eval_analogies *file, bool lists)
{
    gv_json_open_array(w, "sections");
    for (size_t i = 0; i < file->sections; i++) {
        const gv_eval_section *section = &file->section[i];
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "name", section->name);
        gv_json_set_uint(w, "correct", section->correct);
        gv_json_set_uint(w, "correct_mul", section->correct_mul);
        gv_json_set_uint(w, "answered", section->answered);
        gv_json_set_uint(w, "total", section->total);
        if (lists)
            write_wrong(w, &section->wrong);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_note(gv_json_writer *w, const char *note)
{
    if (note)
        gv_json_set_text(w, "note", note);
}

static void write_analogies(gv_json_writer *w, const gv_eval_analogies *file)
{
    const gv_eval_section *all = &file->all;
    gv_json_set_text(w, "file", file->file);
    gv_json_set_real(w, "accuracy", gv_eval_accuracy(all->correct, all->answered));
    gv_json_set_real(w, "accuracy_mul", gv_eval_accuracy(all->correct_mul, all->answered));
    gv_json_set_uint(w, "answered", all->answered);
    gv_json_set_uint(w, "total", all->total);
}

static void write_similarity(gv_json_writer *w, const gv_eval_similarity *file, bool oov)
{
    gv_json_set_text(w, "file", file->file);
    gv_json_set_real(w, "spearman", file->spearman);
    gv_json_set_uint(w, "pairs", file->pairs);
    gv_json_set_uint(w, "missing", file->missing);
    if (oov) {
        gv_json_set_uint(w, "from_subwords", file->from_subwords);
        gv_json_set_real(w, "spearman_known", file->spearman_known);
    }
}

static void write_differences(gv_json_writer *w, const gv_eval_similarity *file)
{
    gv_json_open_array(w, "differences");
    for (size_t i = 0; i < file->differences; i++) {
        const gv_eval_difference *difference = &file->difference[i];
        gv_json_open_object(w, NULL);
        gv_json_open_array(w, "words");
        gv_json_set_text(w, NULL, difference->word[0]);
        gv_json_set_text(w, NULL, difference->word[1]);
        gv_json_close(w);
        gv_json_set_real(w, "score", difference->score);
        gv_json_set_real(w, "score_rank", difference->score_rank);
        gv_json_set_real(w, "cosine", difference->cosine);
        gv_json_set_real(w, "cosine_rank", difference->cosine_rank);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_categories(gv_json_writer *w, const gv_eval_result *result, bool details)
{
    if (result->categorisations == 0)
        return;
    gv_json_open_array(w, "categories");
    for (size_t i = 0; i < result->categorisations; i++) {
        const gv_eval_categories *file = &result->categories[i];
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "file", file->file);
        gv_json_set_real(w, "purity", file->purity);
        gv_json_set_uint(w, "words", file->words);
        gv_json_set_uint(w, "missing", file->missing);
        if (result->oov)
            gv_json_set_uint(w, "from_subwords", file->from_subwords);
        gv_json_set_uint(w, "categories", file->categories);
        if (details)
            write_note(w, file->note);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_outliers(gv_json_writer *w, const gv_eval_result *result, bool details)
{
    if (result->detections == 0)
        return;
    gv_json_open_array(w, "outliers");
    for (size_t i = 0; i < result->detections; i++) {
        const gv_eval_outliers *file = &result->outliers[i];
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "file", file->file);
        gv_json_set_real(w, "accuracy", file->accuracy);
        gv_json_set_real(w, "opp", file->opp);
        gv_json_set_uint(w, "sets", file->sets);
        gv_json_set_uint(w, "answered", file->answered);
        gv_json_set_uint(w, "total", file->total);
        gv_json_set_uint(w, "missing", file->missing);
        if (result->oov)
            gv_json_set_uint(w, "from_subwords", file->from_subwords);
        if (details)
            write_note(w, file->note);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static gv_json_writer write_result(const gv_eval_result *result, bool details)
{
    gv_json_writer w = gv_json_begin();
    if (result->vocab_limit > 0)
        gv_json_set_uint(&w, "vocab_limit", result->vocab_limit);
    gv_json_open_array(&w, "analogies");
    for (size_t i = 0; i < result->analogies; i++) {
        gv_json_open_object(&w, NULL);
        write_analogies(&w, &result->analogy[i]);
        if (details) {
            write_sections(&w, &result->analogy[i], result->lists);
            write_note(&w, result->analogy[i].note);
        }
        gv_json_close(&w);
    }
    gv_json_close(&w);
    gv_json_open_array(&w, "similarity");
    for (size_t i = 0; i < result->similarities; i++) {
        gv_json_open_object(&w, NULL);
        write_similarity(&w, &result->similarity[i], result->oov);
        if (details && result->lists)
            write_differences(&w, &result->similarity[i]);
        if (details)
            write_note(&w, result->similarity[i].note);
        gv_json_close(&w);
    }
    gv_json_close(&w);
    write_categories(&w, result, details);
    write_outliers(&w, result, details);
    gv_eval_probe_write(&w, result->probe, result->probes, result->oov, details);
    return w;
}

int gv_eval_json(gv_json **json, const gv_eval_result *result, gv_error *err)
{
    gv_json_writer w = write_result(result, true);
    return gv_json_take(json, &w, err);
}

gv_json_writer gv_eval_scores(const gv_eval_result *result)
{
    return write_result(result, false);
}

int gv_eval_text(char **text, const gv_json *json, gv_error *err)
{
    enum { INDENT = 2, DIGITS = 10 };
    char *lines = NULL;
    int status = gv_json_print(&lines, json, INDENT, DIGITS, err);
    *text = status == GV_OK ? gv_mem_format(err, "%s\n", lines) : NULL;
    gv_mem_free(lines);
    return status == GV_OK && !*text ? GV_E_MEMORY : status;
}
