/* Any bytes as a file of questions, of word pairs, of categories, of sets with outliers, of probes.
 */
#include "eval/gv_eval_labels.h"
#include "eval/gv_eval_pairs.h"
#include "eval/gv_eval_probes.h"
#include "eval/gv_eval_questions.h"
#include "eval/gv_eval_sets.h"
#include "fuzz_file.h"
#include <math.h>
#include <string.h>

static void questions(const char *path)
{
    gv_eval_questions file;
    if (gv_eval_questions_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++) {
        if (file.question[i].section >= file.sections)
            abort();
        for (size_t k = 0; k < 4; k++)
            if (file.question[i].word[k][0] == '\0')
                abort();
    }
    gv_eval_questions_free(&file);
}

static void pairs(const char *path)
{
    gv_eval_pairs file;
    if (gv_eval_pairs_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++)
        if (!isfinite(file.pair[i].score) || file.pair[i].word[0][0] == '\0' ||
            file.pair[i].word[1][0] == '\0')
            abort();
    gv_eval_pairs_free(&file);
}

static void labels(const char *path)
{
    gv_eval_labels file;
    if (gv_eval_labels_read(&file, path, NULL) != GV_OK)
        return;
    if (file.n < 2 || file.categories < 2)
        abort();
    for (size_t i = 0; i < file.n; i++)
        if (file.item[i].category >= file.categories || file.item[i].word[0] == '\0')
            abort();
    gv_eval_labels_free(&file);
}

static void sets(const char *path)
{
    gv_eval_sets file;
    if (gv_eval_sets_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++) {
        const gv_eval_sets_set *set = &file.set[i];
        if (set->words < 2 || set->outliers < 1 ||
            set->first + set->words + set->outliers > file.words)
            abort();
        for (size_t k = 0; k < set->words + set->outliers; k++)
            if (file.word[set->first + k][0] == '\0')
                abort();
    }
    gv_eval_sets_free(&file);
}

/* A set's words lie in the file's, are not empty, and have scores together. */
static void probe_set(const gv_eval_probes *file, const gv_eval_probes_set *set)
{
    if (set->first > file->words || set->n > file->words - set->first)
        abort();
    for (size_t k = set->first; k < set->first + set->n; k++)
        if (strlen(file->word[k].text) == 0 || isfinite(file->word[k].score) != set->scored)
            abort();
}

static void probes(const char *path)
{
    gv_eval_probes file;
    if (gv_eval_probes_read(&file, path, NULL) != GV_OK)
        return;
    for (size_t i = 0; i < file.n; i++) {
        const gv_eval_probes_probe *probe = &file.probe[i];
        const gv_eval_probes_set *set = probe->set;
        const bool weat = probe->kind == GV_EVAL_PROBES_WEAT;
        if (probe->name[0] == '\0' || set[0].n == 0 || (!weat && set[0].n % 2 != 0))
            abort();
        for (size_t k = 0; k < GV_EVAL_PROBES_SETS; k++) {
            probe_set(&file, &set[k]);
            if (weat && set[k].n == 0)
                abort();
        }
    }
    gv_eval_probes_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    questions(path);
    pairs(path);
    labels(path);
    sets(path);
    probes(path);
    return 0;
}
