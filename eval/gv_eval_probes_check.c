#include "eval/gv_eval_probes_internal.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A word, or a pair in the order of its words' bytes, with its place in the set. */
typedef struct entry {
    const char *text, *other; /* `other`: "" for a single word */
    size_t place;
} entry;

static int by_text(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    int order = strcmp(a->text, b->text);
    if (order == 0)
        order = strcmp(a->other, b->other);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static bool same_text(const entry *a, const entry *b)
{
    return strcmp(a->text, b->text) == 0 && strcmp(a->other, b->other) == 0;
}

static entry *sorted_entries(const gv_eval_probes_word *word, size_t n, bool pairs, gv_error *err)
{
    const size_t step = pairs ? 2 : 1;
    entry *made = gv_mem_alloc(n / step, sizeof *made, err);
    for (size_t i = 0; made && i + step <= n; i += step) {
        const char *text = word[i].text, *other = pairs ? word[i + 1].text : "";
        const bool turned = pairs && strcmp(text, other) > 0;
        made[i / step] = (entry){turned ? other : text, turned ? text : other, i};
    }
    if (made)
        qsort(made, n / step, sizeof *made, by_text);
    return made;
}

static int refuse(const gv_eval_probes *probes, const gv_eval_probes_word *word,
                  const gv_eval_probes_word *before, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: \"%s\" %s (line %lu)", probes->rows.path,
                        (unsigned long)word->line, word->text, what, (unsigned long)before->line);
}

/* --- within a set ----------------------------------------------------------------------------- */

static int check_repeated(const gv_eval_probes *probes, const gv_eval_probes_word *word,
                          const gv_eval_probes_word *before, bool pairs, gv_error *err)
{
    if (pairs && strcmp(word->text, before->text) != 0)
        return refuse(probes, word, before, "begins a pair that is also there the other way round",
                      err);
    if (fabs(word->score - before->score) > 0.0 || isnan(word->score) != isnan(before->score))
        return refuse(probes, word, before, "is there twice, with different scores", err);
    return GV_OK;
}

/* Take the words without text out of the set. */
static void close_gaps(gv_eval_probes *probes, gv_eval_probes_set *set)
{
    gv_eval_probes_word *word = probes->word + set->first;
    size_t kept = 0;
    for (size_t i = 0; i < set->n; i++)
        if (word[i].text)
            word[kept++] = word[i];
    probes->words -= set->n - kept;
    set->n = kept;
}

static void note_repeated(gv_text *note, size_t repeated, const gv_eval_probes_word *word)
{
    gv_text_printf(note, "%s%zu %s twice in a set, and counted once (line %lu: \"%s\"%s)",
                   note->used ? "; " : "", repeated, repeated == 1 ? "word is" : "words are",
                   (unsigned long)word->line, word->text, repeated == 1 ? "" : ", ...");
}

int gv_eval_probes_check_set(gv_text *note, gv_eval_probes *probes, gv_eval_probes_set *set,
                             bool pairs, gv_error *err)
{
    gv_eval_probes_word *word = probes->word + set->first, first = {0};
    const size_t step = pairs ? 2 : 1, n = set->n / step;
    size_t repeated = 0;
    int status = GV_OK;
    entry *sorted = sorted_entries(word, set->n, pairs, err);
    if (!sorted)
        return GV_E_MEMORY;
    for (size_t i = 1, kept = 0; i < n && status == GV_OK; i++) {
        gv_eval_probes_word *at = word + sorted[i].place;
        if (!same_text(&sorted[i], &sorted[kept])) {
            kept = i;
            continue;
        }
        status = check_repeated(probes, at, word + sorted[kept].place, pairs, err);
        first = repeated++ == 0 || at->line < first.line ? *at : first;
        for (size_t k = 0; k < step && status == GV_OK; k++)
            at[k].text = NULL;
    }
    gv_mem_free(sorted);
    if (status == GV_OK && repeated > 0) {
        close_gaps(probes, set);
        note_repeated(note, repeated, &first);
    }
    return status;
}

/* --- between sets ----------------------------------------------------------------------------- */

/* The first word of `b`, in the order of bytes, that `a` has too, or NULL; `*in_a` is its entry
 * there. Both are sorted, without repetitions. */
static const entry *shared_word(const entry **in_a, const entry *a, size_t n, const entry *b,
                                size_t m)
{
    for (size_t i = 0, j = 0; i < n && j < m;) {
        const int order = strcmp(a[i].text, b[j].text);
        if (order == 0) {
            *in_a = &a[i];
            return &b[j];
        }
        *(order < 0 ? &i : &j) += 1;
    }
    return NULL;
}

static int check_sorted(gv_text *note, const gv_eval_probes *probes,
                        const gv_eval_probes_probe *probe, entry *const sorted[GV_EVAL_PROBES_SETS],
                        gv_error *err)
{
    const gv_eval_probes_set *set = probe->set;
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS; i++)
        for (size_t j = i + 1; j < GV_EVAL_PROBES_SETS; j++) {
            const entry *in_a = NULL;
            const entry *in_b = shared_word(&in_a, sorted[i], set[i].n, sorted[j], set[j].n);
            if (!in_b)
                continue;
            const bool alike = i / 2 == j / 2;
            if (alike)
                return refuse(probes, probes->word + set[j].first + in_b->place,
                              probes->word + set[i].first + in_a->place,
                              i == GV_EVAL_PROBES_TARGET ? "is in both targets; leave it out of one"
                                                         : "is in both attributes; leave it out of "
                                                           "one",
                              err);
            gv_text_printf(note, "%s\"%s\" is a word of a target and of an attribute",
                           note->used ? "; " : "", in_b->text);
        }
    return GV_OK;
}

int gv_eval_probes_check_weat(gv_text *note, const gv_eval_probes *probes,
                              const gv_eval_probes_probe *probe, gv_error *err)
{
    entry *sorted[GV_EVAL_PROBES_SETS] = {NULL};
    int status = GV_OK;
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS && status == GV_OK; i++) {
        const gv_eval_probes_set *set = &probe->set[i];
        sorted[i] = sorted_entries(probes->word + set->first, set->n, false, err);
        status = sorted[i] ? GV_OK : GV_E_MEMORY;
    }
    if (status == GV_OK)
        status = check_sorted(note, probes, probe, sorted, err);
    for (size_t i = 0; i < GV_EVAL_PROBES_SETS; i++)
        gv_mem_free(sorted[i]);
    return status;
}
