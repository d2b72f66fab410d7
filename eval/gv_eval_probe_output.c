/* gv_eval_probe_output - the results of probes as JSON. */
#include "eval/gv_eval_probe.h"
#include <math.h>

static void write_missing(gv_json_writer *w, const gv_eval_probe_set *set)
{
    gv_json_open_array(w, "missing");
    for (size_t i = 0; i < set->missing.n; i++)
        gv_json_set_text(w, NULL, set->missing.items[i]);
    gv_json_close(w);
}

/* The words with their value, which is called `value`. */
static void write_words(gv_json_writer *w, const gv_eval_probe_set *set, const char *key,
                        const char *value, bool scored)
{
    gv_json_open_array(w, key);
    for (size_t i = 0; i < set->n; i++) {
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "word", set->word[i].word);
        gv_json_set_real(w, value, set->word[i].value);
        if (scored)
            gv_json_set_real(w, "score", set->word[i].score);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_used(gv_json_writer *w, const gv_eval_probe_set *set, bool oov, bool details)
{
    gv_json_set_uint(w, "total", set->words);
    gv_json_set_uint(w, "used", set->n);
    if (oov)
        gv_json_set_uint(w, "from_subwords", set->from_subwords);
    if (details)
        write_missing(w, set);
}

/* Two targets, or two attributes. */
static void write_sets(gv_json_writer *w, const gv_eval_probe *probe, size_t first, bool oov,
                       bool details)
{
    const bool targets = first == GV_EVAL_PROBES_TARGET;
    gv_json_open_array(w, targets ? "targets" : "attributes");
    for (size_t i = first; i < first + 2; i++) {
        const gv_eval_probe_set *set = &probe->set[i];
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "name", set->name);
        write_used(w, set, oov, details);
        if (targets)
            gv_json_set_real(w, "mean", set->mean);
        if (targets && details)
            write_words(w, set, "words", "association", false);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_weat(gv_json_writer *w, const gv_eval_probe *probe, bool oov, bool details)
{
    gv_json_set_real(w, "effect_size", probe->effect_size);
    gv_json_set_real(w, "p_value", probe->p_value);
    gv_json_set_real(w, "statistic", probe->statistic);
    if (!probe->reason) {
        gv_json_set_uint(w, "partitions", probe->partitions);
        gv_json_set_bool(w, "exact", probe->exact);
    }
    write_sets(w, probe, GV_EVAL_PROBES_TARGET, oov, details);
    write_sets(w, probe, GV_EVAL_PROBES_ATTRIBUTE, oov, details);
}

static void write_pairs(gv_json_writer *w, const gv_eval_probe_set *set, bool oov, bool details)
{
    gv_json_open_object(w, "pairs");
    write_used(w, set, oov, details);
    if (details) {
        gv_json_open_array(w, "pairs");
        for (size_t i = 0; i < set->n; i++) {
            gv_json_open_object(w, NULL);
            gv_json_open_array(w, "words");
            gv_json_set_text(w, NULL, set->word[i].word);
            gv_json_set_text(w, NULL, set->word[i].other);
            gv_json_close(w);
            gv_json_set_real(w, "agreement", set->word[i].value);
            gv_json_close(w);
        }
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_axis(gv_json_writer *w, const gv_eval_probe *probe, bool oov, bool details)
{
    const gv_eval_probe_set *words = &probe->set[GV_EVAL_PROBES_WORDS];
    gv_json_set_real(w, "agreement", probe->agreement);
    if (probe->scored)
        gv_json_set_real(w, "spearman", probe->spearman);
    write_pairs(w, &probe->set[GV_EVAL_PROBES_PAIRS], oov, details);
    if (!words->name)
        return;
    gv_json_open_object(w, "words");
    gv_json_set_text(w, "name", words->name);
    write_used(w, words, oov, details);
    gv_json_set_real(w, "mean", words->mean);
    if (details)
        write_words(w, words, "words", "projection", probe->scored);
    gv_json_close(w);
}

void gv_eval_probe_write(gv_json_writer *w, const gv_eval_probe *probe, size_t n, bool oov,
                         bool details)
{
    if (n == 0)
        return;
    gv_json_open_array(w, "probes");
    for (size_t i = 0; i < n; i++) {
        const bool weat = probe[i].kind == GV_EVAL_PROBES_WEAT;
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "file", probe[i].file);
        gv_json_set_text(w, "name", probe[i].name);
        gv_json_set_text(w, "kind", weat ? "weat" : "axis");
        if (probe[i].reason)
            gv_json_set_text(w, "reason", probe[i].reason);
        (weat ? write_weat : write_axis)(w, &probe[i], oov, details);
        if (details && probe[i].note)
            gv_json_set_text(w, "note", probe[i].note);
        gv_json_close(w);
    }
    gv_json_close(w);
}
