#include "eval/gv_eval_probe.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_axis.h"
#include "eval/gv_eval_spearman.h"
#include "eval/gv_eval_weat.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_WORDS = 2 /* of each set of a WEAT */ };

/* What a probe is computed from. */
typedef struct probing {
    gv_eval_probe *out;
    const gv_eval_lookup *lookup;
    const gv_eval_probes *file;
    const gv_eval_probes_probe *probe;
    size_t dim;
    float *unit; /* [2][dim] */
} probing;

/* --- words ------------------------------------------------------------------------------------ */

static int begin_set(const probing *p, size_t i, const char *kind, unsigned number, gv_error *err)
{
    const gv_eval_probes_set *from = &p->probe->set[i];
    gv_eval_probe_set *set = &p->out->set[i];
    set->name = *from->name ? gv_mem_strdup(from->name, err)
                            : gv_mem_format(err, number ? "%s %u" : "%s", kind, number);
    set->word = gv_mem_alloc_zero(from->n, sizeof *set->word, err);
    set->words = from->n;
    set->mean = NAN;
    return set->name && set->word ? GV_OK : GV_E_MEMORY;
}

/* Write the vector of the file's word `w` to `unit`; without one, it goes to the missing words. */
static int look_up(bool *found, const probing *p, gv_eval_probe_set *set, size_t w, float *unit,
                   gv_error *err)
{
    enum gv_eval_lookup_source source;
    const char *word = p->file->word[w].text;
    int status = gv_eval_lookup_word(&source, unit, p->lookup, word, err);
    *found = status == GV_OK && source != GV_EVAL_LOOKUP_NONE;
    if (status == GV_OK && !*found)
        status = gv_strings_add(&set->missing, word, err);
    set->from_subwords += source == GV_EVAL_LOOKUP_SUBWORDS && *found;
    return status;
}

static int use_word(gv_eval_probe_set *set, const char *word, const char *other, double value,
                    gv_error *err)
{
    gv_eval_probe_word *used = &set->word[set->n];
    used->word = gv_mem_strdup(word, err);
    used->other = other && used->word ? gv_mem_strdup(other, err) : NULL;
    used->value = value;
    used->score = NAN;
    set->n++;
    return used->word && (used->other || !other) ? GV_OK : GV_E_MEMORY;
}

static void set_mean(gv_eval_probe_set *set)
{
    double sum = 0.0;
    for (size_t i = 0; i < set->n; i++)
        sum += set->word[i].value;
    set->mean = set->n > 0 ? sum / (double)set->n : NAN;
}

static int give_reason(gv_eval_probe *out, char *reason)
{
    out->reason = reason;
    return reason ? GV_OK : GV_E_MEMORY;
}

/* --- WEAT ------------------------------------------------------------------------------------- */

/* A word's row, to find two spellings of one word. */
typedef struct row_of_word {
    size_t row, word;
} row_of_word;

static int by_row(const void *x, const void *y)
{
    const row_of_word *a = x, *b = y;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word);
}

/* Give a reason if two words of two sets, from `set` on, have the same row: they differ only in
 * case. */
static int check_rows(const probing *p, size_t set, gv_error *err)
{
    const gv_eval_probes_set *from = &p->probe->set[set];
    const size_t all = from[0].n + from[1].n;
    size_t n = 0;
    int status = GV_OK;
    row_of_word *rows = gv_mem_alloc(all, sizeof *rows, err);
    if (!rows)
        return GV_E_MEMORY;
    for (size_t i = 0; i < all; i++) {
        const size_t w = i < from[0].n ? from[0].first + i : from[1].first + i - from[0].n;
        const size_t row = gv_eval_lookup_row(p->lookup, p->file->word[w].text);
        if (row != GV_NEAREST_NO_ROW)
            rows[n++] = (row_of_word){row, w};
    }
    qsort(rows, n, sizeof *rows, by_row);
    for (size_t i = 1; i < n && status == GV_OK && !p->out->reason; i++)
        if (rows[i].row == rows[i - 1].row)
            status = give_reason(
                p->out, gv_mem_format(err, "\"%s\" and \"%s\" are the same word in these vectors",
                                      p->file->word[rows[i - 1].word].text,
                                      p->file->word[rows[i].word].text));
    gv_mem_free(rows);
    return status;
}

/* Add the mean vector of an attribute's words, times `sign`, to `to` ([dim]). */
static int add_attribute(double *to, const probing *p, size_t i, double sign, gv_error *err)
{
    gv_eval_probe_set *set = &p->out->set[i];
    double *sum = gv_mem_alloc_zero(p->dim, sizeof *sum, err);
    int status = sum ? GV_OK : GV_E_MEMORY;
    for (size_t k = 0; k < p->probe->set[i].n && status == GV_OK; k++) {
        const size_t w = p->probe->set[i].first + k;
        bool found = false;
        status = look_up(&found, p, set, w, p->unit, err);
        if (status == GV_OK && found)
            status = use_word(set, p->file->word[w].text, NULL, NAN, err);
        for (size_t d = 0; d < p->dim && found; d++)
            sum[d] += (double)p->unit[d];
    }
    for (size_t d = 0; d < p->dim && set->n > 0 && status == GV_OK; d++)
        to[d] += sign * sum[d] / (double)set->n;
    gv_mem_free(sum);
    return status;
}

/* The associations of a target's words, by the difference of both attributes' mean vectors. */
static int associate(const probing *p, size_t i, const double *contrast, gv_error *err)
{
    gv_eval_probe_set *set = &p->out->set[i];
    int status = GV_OK;
    for (size_t k = 0; k < p->probe->set[i].n && status == GV_OK; k++) {
        const size_t w = p->probe->set[i].first + k;
        bool found = false;
        double dot = 0.0;
        status = look_up(&found, p, set, w, p->unit, err);
        for (size_t d = 0; d < p->dim && found; d++)
            dot += contrast[d] * (double)p->unit[d];
        if (status == GV_OK && found)
            status = use_word(set, p->file->word[w].text, NULL, dot, err);
    }
    set_mean(set);
    return status;
}

/* A set that has too few words left. */
static int check_sizes(gv_eval_probe *out, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS && status == GV_OK && !out->reason; i++) {
        const gv_eval_probe_set *set = &out->set[i];
        if (set->n < LEAST_WORDS)
            status = give_reason(
                out, gv_mem_format(err, "%zu of %lu words of %s have a vector; wanted: at least %d",
                                   set->n, (unsigned long)set->words, set->name, LEAST_WORDS));
    }
    return status;
}

static int test_targets(const probing *p, unsigned threads, gv_error *err)
{
    gv_eval_probe *out = p->out;
    const gv_eval_probe_set *set = &out->set[GV_EVAL_PROBES_TARGET];
    gv_eval_weat found;
    double *s = gv_mem_alloc(set[0].n + set[1].n, sizeof *s, err);
    if (!s)
        return GV_E_MEMORY;
    for (size_t i = 0; i < set[0].n + set[1].n; i++)
        s[i] = i < set[0].n ? set[0].word[i].value : set[1].word[i - set[0].n].value;
    int status = gv_eval_weat_test(&found, s, set[0].n, set[1].n, threads, err);
    gv_mem_free(s);
    if (status != GV_OK)
        return status;
    out->effect_size = found.effect_size;
    out->p_value = found.p_value;
    out->statistic = found.statistic;
    out->partitions = found.partitions;
    out->exact = found.exact;
    if (isnan(found.effect_size))
        status = give_reason(
            out, gv_mem_strdup("all words of the targets have the same association", err));
    return status;
}

static int run_weat(const probing *p, unsigned threads, gv_error *err)
{
    double *contrast = gv_mem_alloc_zero(p->dim, sizeof *contrast, err);
    int status = contrast ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS && status == GV_OK; i++)
        status = begin_set(p, i, i < GV_EVAL_PROBES_ATTRIBUTE ? "target" : "attribute",
                           (unsigned)(i % 2) + 1, err);
    if (status == GV_OK)
        status = add_attribute(contrast, p, GV_EVAL_PROBES_ATTRIBUTE, 1.0, err);
    if (status == GV_OK)
        status = add_attribute(contrast, p, GV_EVAL_PROBES_ATTRIBUTE + 1, -1.0, err);
    for (size_t i = 0; i < 2 && status == GV_OK; i++)
        status = associate(p, GV_EVAL_PROBES_TARGET + i, contrast, err);
    gv_mem_free(contrast);
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS && status == GV_OK && !p->out->reason; i += 2)
        status = check_rows(p, i, err);
    if (status == GV_OK)
        status = check_sizes(p->out, err);
    return status == GV_OK && !p->out->reason ? test_targets(p, threads, err) : status;
}

/* --- axis ------------------------------------------------------------------------------------- */

/* The differences of the pairs both of whose words have a vector. */
static int make_differences(double *difference, const probing *p, gv_error *err)
{
    gv_eval_probe_set *set = &p->out->set[GV_EVAL_PROBES_PAIRS];
    const gv_eval_probes_set *from = &p->probe->set[GV_EVAL_PROBES_PAIRS];
    int status = GV_OK;
    for (size_t w = from->first; w < from->first + from->n && status == GV_OK; w += 2) {
        const char *word = p->file->word[w].text, *other = p->file->word[w + 1].text;
        bool found = false, both = false;
        status = look_up(&found, p, set, w, p->unit, err);
        if (status == GV_OK)
            status = look_up(&both, p, set, w + 1, p->unit + p->dim, err);
        if (status != GV_OK || !found || !both)
            continue;
        const bool differ = gv_eval_axis_difference(difference + set->n * p->dim, p->unit,
                                                    p->unit + p->dim, p->dim);
        if (differ)
            status = use_word(set, word, other, NAN, err);
        else if (!p->out->reason)
            status = give_reason(
                p->out, gv_mem_format(err, "\"%s\" and \"%s\" have the same vector", word, other));
    }
    return status;
}

static int find_axis(gv_eval_axis *axis, const probing *p, gv_error *err)
{
    gv_eval_probe_set *set = &p->out->set[GV_EVAL_PROBES_PAIRS];
    axis->n = set->n;
    if (p->out->reason)
        return GV_OK;
    if (set->n == 0)
        return give_reason(p->out,
                           gv_mem_strdup("no pair has a vector for both of its words", err));
    double agreement;
    const bool made = gv_eval_axis_make(axis, &agreement);
    p->out->agreement = made ? agreement : NAN;
    if (!made)
        return give_reason(
            p->out, gv_mem_strdup("the differences of the pairs cancel each other out", err));
    for (size_t i = 0; i < set->n; i++)
        set->word[i].value = gv_eval_axis_agreement(axis, i);
    return GV_OK;
}

/* Onto an axis without direction (there is a reason then) all projections are NAN. */
static int project(const probing *p, const gv_eval_axis *axis, gv_error *err)
{
    gv_eval_probe_set *set = &p->out->set[GV_EVAL_PROBES_WORDS];
    const gv_eval_probes_set *from = &p->probe->set[GV_EVAL_PROBES_WORDS];
    int status = GV_OK;
    for (size_t w = from->first; w < from->first + from->n && status == GV_OK; w++) {
        bool found = false;
        status = look_up(&found, p, set, w, p->unit, err);
        if (status != GV_OK || !found)
            continue;
        status = use_word(set, p->file->word[w].text, NULL,
                          p->out->reason ? NAN : gv_eval_axis_projection(axis, p->unit), err);
        set->word[set->n - 1].score = p->file->word[w].score;
    }
    set_mean(set);
    return status;
}

static int correlate(gv_eval_probe *out, gv_error *err)
{
    const gv_eval_probe_set *set = &out->set[GV_EVAL_PROBES_WORDS];
    double *x = gv_mem_alloc(set->n, sizeof *x, err), *y = gv_mem_alloc(set->n, sizeof *y, err);
    int status = x && y ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < set->n && status == GV_OK; i++) {
        x[i] = set->word[i].value;
        y[i] = set->word[i].score;
    }
    if (status == GV_OK)
        status = gv_eval_spearman(&out->spearman, x, y, set->n, err);
    gv_mem_free(x);
    gv_mem_free(y);
    return status;
}

static int run_axis(const probing *p, gv_error *err)
{
    const gv_eval_probes_set *pairs = &p->probe->set[GV_EVAL_PROBES_PAIRS];
    const bool words = p->probe->set[GV_EVAL_PROBES_WORDS].line > 0;
    double *difference = gv_mem_alloc(pairs->n / 2 * p->dim, sizeof *difference, err);
    double *direction = gv_mem_alloc(p->dim, sizeof *direction, err);
    gv_eval_axis axis = {.dim = p->dim, .difference = difference, .direction = direction};
    int status = difference && direction ? GV_OK : GV_E_MEMORY;
    p->out->scored = words && p->probe->set[GV_EVAL_PROBES_WORDS].scored;
    if (status == GV_OK)
        status = begin_set(p, GV_EVAL_PROBES_PAIRS, "pairs", 0, err);
    if (status == GV_OK && words)
        status = begin_set(p, GV_EVAL_PROBES_WORDS, "words", 0, err);
    p->out->set[GV_EVAL_PROBES_PAIRS].words = pairs->n / 2;
    if (status == GV_OK)
        status = make_differences(difference, p, err);
    if (status == GV_OK)
        status = find_axis(&axis, p, err);
    if (status == GV_OK && words)
        status = project(p, &axis, err);
    if (status == GV_OK && p->out->scored && !p->out->reason)
        status = correlate(p->out, err);
    gv_mem_free(difference);
    gv_mem_free(direction);
    return status;
}

/* --- both ------------------------------------------------------------------------------------- */

int gv_eval_probe_run(gv_eval_probe *out, const gv_eval_lookup *lookup, const gv_eval_probes *file,
                      const gv_eval_probes_probe *probe, unsigned threads, gv_error *err)
{
    const size_t dim = lookup->words->nearest.dim;
    const probing p = {out, lookup, file, probe, dim, gv_mem_alloc(2 * dim, sizeof(float), err)};
    out->kind = probe->kind;
    out->effect_size = out->p_value = out->statistic = out->agreement = out->spearman = NAN;
    out->file = gv_mem_strdup(file->rows.path, err);
    out->name = gv_mem_strdup(probe->name, err);
    out->note = probe->note ? gv_mem_strdup(probe->note, err) : NULL;
    int status =
        p.unit && out->file && out->name && (out->note || !probe->note) ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status =
            probe->kind == GV_EVAL_PROBES_WEAT ? run_weat(&p, threads, err) : run_axis(&p, err);
    gv_mem_free(p.unit);
    return status;
}

void gv_eval_probe_clear(gv_eval_probe *probe)
{
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS; i++) {
        gv_eval_probe_set *set = &probe->set[i];
        for (size_t k = 0; k < set->n; k++) {
            gv_mem_free(set->word[k].word);
            gv_mem_free(set->word[k].other);
        }
        gv_mem_free(set->word);
        gv_mem_free(set->name);
        gv_strings_free(&set->missing);
    }
    gv_mem_free(probe->file);
    gv_mem_free(probe->name);
    gv_mem_free(probe->note);
    gv_mem_free(probe->reason);
    *probe = (gv_eval_probe){0};
}
