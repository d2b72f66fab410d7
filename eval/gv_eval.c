/*
 * gv_eval - counts correct answers and correlates ranks.
 *
 * All files are read before anything is computed, so a mistake in the last one is found at once.
 * gv_nearest_solve answers all questions of a file together.
 */
#include "eval/gv_eval.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_files.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

double gv_eval_accuracy(uint64_t correct, uint64_t answered)
{
    return answered ? 100.0 * (double)correct / (double)answered : NAN;
}

/* --- analogies -------------------------------------------------------------------------------- */

/* The answerable questions of a file, with their right answers and sections. */
typedef struct question_set {
    size_t n;
    gv_nearest_question *question;
    uint32_t *expected;
    uint32_t *section;
    gv_nearest_answer *answer;
} question_set;

static int make_sections(gv_eval_analogies *out, const gv_eval_files_questions *file, gv_error *err)
{
    out->section = gv_mem_alloc_zero(file->sections, sizeof *out->section, err);
    if (!out->section)
        return GV_E_MEMORY;
    for (size_t i = 0; i < file->sections; i++) {
        out->section[i].name = gv_mem_strdup(file->section[i], err);
        if (!out->section[i].name)
            return GV_E_MEMORY;
        out->sections++;
    }
    return GV_OK;
}

static int look_up_questions(question_set *set, gv_eval_analogies *out, const gv_words *words,
                             const gv_eval_files_questions *file, gv_error *err)
{
    set->question = gv_mem_alloc(file->n, sizeof *set->question, err);
    set->expected = gv_mem_alloc(file->n, sizeof *set->expected, err);
    set->section = gv_mem_alloc(file->n, sizeof *set->section, err);
    set->answer = gv_mem_alloc(file->n, sizeof *set->answer, err);
    if (!set->question || !set->expected || !set->section || !set->answer)
        return GV_E_MEMORY;
    for (size_t i = 0; i < file->n; i++) {
        const gv_eval_files_question *line = &file->line[i];
        gv_eval_section *section = &out->section[line->section];
        size_t row[4], known = 0;
        section->total++;
        while (known < 4 &&
               (row[known] = gv_words_lookup(words, line->word[known])) != GV_NEAREST_NO_ROW)
            known++;
        if (known < 4)
            continue;
        section->answered++;
        set->question[set->n] =
            (gv_nearest_question){(uint32_t)row[0], (uint32_t)row[1], (uint32_t)row[2]};
        set->expected[set->n] = (uint32_t)row[3];
        set->section[set->n++] = line->section;
    }
    return GV_OK;
}

static void count_correct(gv_eval_analogies *out, const question_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        gv_eval_section *section = &out->section[set->section[i]];
        section->correct += set->answer[i].add.row == set->expected[i];
        section->correct_mul += set->answer[i].mul.row == set->expected[i];
    }
    for (size_t i = 0; i < out->sections; i++) {
        out->all.correct += out->section[i].correct;
        out->all.correct_mul += out->section[i].correct_mul;
        out->all.answered += out->section[i].answered;
        out->all.total += out->section[i].total;
    }
}

static int evaluate_analogies(gv_eval_analogies *out, const gv_words *words,
                              const gv_eval_files_questions *file, unsigned threads,
                              gv_progress *progress, gv_error *err)
{
    question_set set = {0};
    int status = make_sections(out, file, err);
    if (status == GV_OK)
        status = look_up_questions(&set, out, words, file, err);
    if (status == GV_OK) {
        gv_progress_begin(progress, "analogies", set.n, "questions");
        status =
            gv_nearest_solve(set.answer, &words->nearest,
                             (gv_nearest_questions){set.question, set.n}, threads, progress, err);
        gv_progress_end(progress);
    }
    if (status == GV_OK)
        count_correct(out, &set);
    gv_mem_free(set.question);
    gv_mem_free(set.expected);
    gv_mem_free(set.section);
    gv_mem_free(set.answer);
    return status;
}

/* --- similarity ------------------------------------------------------------------------------- */

typedef struct ranked {
    double value, rank;
    size_t number;
} ranked;

static int by_value(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    return (a->value > b->value) - (a->value < b->value);
}

static int by_number(const void *x, const void *y)
{
    const ranked *a = x, *b = y;
    return (a->number > b->number) - (a->number < b->number);
}

/* The ranks 1 .. n of the values, in their order; equal values have the mean of their ranks. */
static void rank(ranked *out, const double *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (ranked){.value = value[i], .number = i};
    qsort(out, n, sizeof *out, by_value);
    for (size_t first = 0, last; first < n; first = last) {
        for (last = first + 1; last < n && out[last].value <= out[first].value; last++)
            ;
        for (size_t i = first; i < last; i++)
            out[i].rank = ((double)first + 1.0 + (double)last) / 2.0;
    }
    qsort(out, n, sizeof *out, by_number);
}

int gv_eval_spearman(double *rho, const double *x, const double *y, size_t n, gv_error *err)
{
    *rho = NAN;
    if (n < 2)
        return GV_OK;
    ranked *p = gv_mem_alloc(n, sizeof *p, err), *q = gv_mem_alloc(n, sizeof *q, err);
    int status = p && q ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK) {
        rank(p, x, n);
        rank(q, y, n);
        const double mean = ((double)n + 1.0) / 2.0;
        double xy = 0.0, xx = 0.0, yy = 0.0;
        for (size_t i = 0; i < n; i++) {
            double u = p[i].rank - mean, v = q[i].rank - mean;
            xy += u * v;
            xx += u * u;
            yy += v * v;
        }
        if (xx > 0.0 && yy > 0.0)
            *rho = xy / sqrt(xx * yy);
    }
    gv_mem_free(p);
    gv_mem_free(q);
    return status;
}

static double cosine(const gv_nearest *nearest, size_t x, size_t y)
{
    const float *u = nearest->unit + x * nearest->dim, *v = nearest->unit + y * nearest->dim;
    double dot = 0.0;
    for (size_t k = 0; k < nearest->dim; k++)
        dot += (double)u[k] * (double)v[k];
    return dot;
}

static int evaluate_similarity(gv_eval_similarity *out, const gv_words *words,
                               const gv_eval_files_pairs *file, gv_error *err)
{
    double *ours = gv_mem_alloc(file->n, sizeof *ours, err);
    double *theirs = gv_mem_alloc(file->n, sizeof *theirs, err);
    int status = ours && theirs ? GV_OK : GV_E_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < file->n && status == GV_OK; i++) {
        size_t x = gv_words_lookup(words, file->line[i].word[0]);
        size_t y = gv_words_lookup(words, file->line[i].word[1]);
        if (x == GV_NEAREST_NO_ROW || y == GV_NEAREST_NO_ROW) {
            out->missing++;
            continue;
        }
        ours[n] = cosine(&words->nearest, x, y);
        theirs[n++] = file->line[i].score;
    }
    out->pairs = n;
    if (status == GV_OK)
        status = gv_eval_spearman(&out->spearman, ours, theirs, n, err);
    gv_mem_free(ours);
    gv_mem_free(theirs);
    return status;
}

/* --- all files ---------------------------------------------------------------------------------
 */

typedef struct input_files {
    gv_eval_files_questions *questions;
    gv_eval_files_pairs *pairs;
} input_files;

static int read_files(input_files *files, const gv_strings *analogies, const gv_strings *similarity,
                      gv_error *err)
{
    files->questions = gv_mem_alloc_zero(analogies->n, sizeof *files->questions, err);
    files->pairs = gv_mem_alloc_zero(similarity->n, sizeof *files->pairs, err);
    int status = files->questions && files->pairs ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < analogies->n && status == GV_OK; i++)
        status = gv_eval_files_read_questions(&files->questions[i], analogies->items[i], err);
    for (size_t i = 0; i < similarity->n && status == GV_OK; i++)
        status = gv_eval_files_read_pairs(&files->pairs[i], similarity->items[i], err);
    return status;
}

static void free_files(input_files *files, size_t analogies, size_t similarities)
{
    for (size_t i = 0; i < analogies && files->questions; i++)
        gv_eval_files_free_questions(&files->questions[i]);
    for (size_t i = 0; i < similarities && files->pairs; i++)
        gv_eval_files_free_pairs(&files->pairs[i]);
    gv_mem_free(files->questions);
    gv_mem_free(files->pairs);
}

static gv_eval_result *new_result(size_t analogies, size_t similarities, gv_error *err)
{
    gv_eval_result *made = gv_mem_alloc_zero(1, sizeof *made, err);
    if (!made)
        return NULL;
    made->analogy = gv_mem_alloc_zero(analogies, sizeof *made->analogy, err);
    made->similarity = gv_mem_alloc_zero(similarities, sizeof *made->similarity, err);
    if (!made->analogy || !made->similarity) {
        gv_eval_free(made);
        return NULL;
    }
    made->analogies = analogies;
    made->similarities = similarities;
    return made;
}

int gv_eval_run(gv_eval_result **result, const gv_words *words, const gv_eval_job *job,
                gv_error *err)
{
    const gv_strings *analogies = job->analogies, *similarity = job->similarity;
    input_files files = {0};
    gv_eval_result *made = NULL;
    *result = NULL;
    int status = read_files(&files, analogies, similarity, err);
    if (status == GV_OK && !(made = new_result(analogies->n, similarity->n, err)))
        status = GV_E_MEMORY;
    for (size_t i = 0; i < analogies->n && status == GV_OK; i++) {
        made->analogy[i].file = gv_mem_strdup(analogies->items[i], err);
        status = made->analogy[i].file
                     ? evaluate_analogies(&made->analogy[i], words, &files.questions[i],
                                          job->threads, job->progress, err)
                     : GV_E_MEMORY;
    }
    for (size_t i = 0; i < similarity->n && status == GV_OK; i++) {
        made->similarity[i].file = gv_mem_strdup(similarity->items[i], err);
        status = made->similarity[i].file
                     ? evaluate_similarity(&made->similarity[i], words, &files.pairs[i], err)
                     : GV_E_MEMORY;
    }
    free_files(&files, analogies->n, similarity->n);
    if (status == GV_OK)
        *result = made;
    else
        gv_eval_free(made);
    return status;
}

void gv_eval_free(gv_eval_result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->analogies; i++) {
        for (size_t s = 0; s < result->analogy[i].sections; s++)
            gv_mem_free(result->analogy[i].section[s].name);
        gv_mem_free(result->analogy[i].section);
        gv_mem_free(result->analogy[i].file);
    }
    for (size_t i = 0; i < result->similarities; i++)
        gv_mem_free(result->similarity[i].file);
    gv_mem_free(result->analogy);
    gv_mem_free(result->similarity);
    gv_mem_free(result);
}
