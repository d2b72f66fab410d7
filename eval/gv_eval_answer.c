/* Analogies: gv_nearest_solve answers all questions of a file together. */
#include "analysis/gv_items.h"
#include "base/gv_mem.h"
#include "eval/gv_eval_internal.h"
#include <math.h>
#include <string.h>

double gv_eval_accuracy(uint64_t correct, uint64_t answered)
{
    return answered ? 100.0 * (double)correct / (double)answered : NAN;
}

/* The answerable questions of a file, with their right answers. */
typedef struct question_set {
    size_t n;
    gv_nearest_question *question;
    uint32_t *expected; /* rows */
    size_t *line;       /* the question's index in the file */
    gv_nearest_answer *answer;
} question_set;

static int make_sections(gv_eval_analogies *out, const gv_eval_questions *file, gv_error *err)
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

/* The row of the first of the alternatives ("a/b/c") that has a vector, and that is `wanted` unless
 * this is GV_NEAREST_NO_ROW. What has a vector as it is ("km/h", "/") is one word. */
static size_t find_alternative(const gv_eval_lookup *lookup, const char *alternatives,
                               size_t wanted)
{
    enum { WORD_BYTES = 1024 };
    char word[WORD_BYTES];
    const size_t whole = gv_eval_lookup_row(lookup, alternatives);
    if (whole != GV_NEAREST_NO_ROW)
        return wanted == GV_NEAREST_NO_ROW || whole == wanted ? whole : GV_NEAREST_NO_ROW;
    for (const char *at = alternatives; *at;) {
        size_t n = strcspn(at, "/"), row = GV_NEAREST_NO_ROW;
        if (n > 0 && n < WORD_BYTES) {
            memcpy(word, at, n);
            word[n] = '\0';
            row = gv_eval_lookup_row(lookup, word);
        }
        if (row != GV_NEAREST_NO_ROW && (wanted == GV_NEAREST_NO_ROW || row == wanted))
            return row;
        at += n + (at[n] == '/');
    }
    return GV_NEAREST_NO_ROW;
}

/* The row of the first form of the example ("a/b/c"), or of the whole if that is a word. */
static size_t find_first(const gv_eval_lookup *lookup, const char *forms)
{
    enum { WORD_BYTES = 1024 };
    char first[WORD_BYTES];
    const size_t whole = gv_eval_lookup_row(lookup, forms), n = strcspn(forms, "/");
    if (whole != GV_NEAREST_NO_ROW || forms[n] == '\0' || n == 0 || n >= WORD_BYTES)
        return whole;
    memcpy(first, forms, n);
    first[n] = '\0';
    return gv_eval_lookup_row(lookup, first);
}

/* The row of the k-th word of a question. */
static size_t look_up(const gv_eval_lookup *lookup, const gv_eval_questions *file, size_t i,
                      size_t k)
{
    const char *word = file->question[i].word[k];
    if (file->alternatives && k == 3)
        return find_alternative(lookup, word, GV_NEAREST_NO_ROW);
    return file->alternatives && k == 1 ? find_first(lookup, word)
                                        : gv_eval_lookup_row(lookup, word);
}

static int look_up_questions(question_set *set, gv_eval_analogies *out,
                             const gv_eval_lookup *lookup, const gv_eval_questions *file,
                             gv_error *err)
{
    set->question = gv_mem_alloc(file->n, sizeof *set->question, err);
    set->expected = gv_mem_alloc(file->n, sizeof *set->expected, err);
    set->line = gv_mem_alloc(file->n, sizeof *set->line, err);
    set->answer = gv_mem_alloc(file->n, sizeof *set->answer, err);
    if (!set->question || !set->expected || !set->line || !set->answer)
        return GV_E_MEMORY;
    for (size_t i = 0; i < file->n; i++) {
        const gv_eval_questions_question *line = &file->question[i];
        gv_eval_section *section = &out->section[line->section];
        size_t row[4], known = 0;
        section->total++;
        while (known < 4 && (row[known] = look_up(lookup, file, i, known)) != GV_NEAREST_NO_ROW)
            known++;
        if (known < 4)
            continue;
        section->answered++;
        set->question[set->n] =
            (gv_nearest_question){(uint32_t)row[0], (uint32_t)row[1], (uint32_t)row[2]};
        set->expected[set->n] = (uint32_t)row[3];
        set->line[set->n++] = i;
    }
    return GV_OK;
}

/* The word of a row; NULL if there is no such row. */
static const char *word_of(const gv_eval_lookup *lookup, uint32_t row)
{
    const gv_vectors *vectors = lookup->words->vectors;
    return row < vectors->rows ? vectors->words[row] : NULL;
}

/* Remember a question, its right answer and the given one. */
static int list_wrong(gv_eval_section *section, const gv_eval_questions_question *question,
                      const gv_eval_lookup *lookup, uint32_t given, gv_error *err)
{
    int status = GV_OK;
    for (size_t k = 0; k < 4 && status == GV_OK; k++)
        status = gv_strings_add(&section->wrong, question->word[k], err);
    const char *answer = word_of(lookup, given); /* NULL: there is no other word at all */
    return status == GV_OK ? gv_strings_add(&section->wrong, answer ? answer : "", err) : status;
}

/* Is `row` the right answer to question `i` of the set, or one of them? */
static bool is_right(const question_set *set, const gv_eval_questions *file,
                     const gv_eval_lookup *lookup, size_t i, uint32_t row)
{
    if (row == set->expected[i])
        return true;
    return file->alternatives && row < lookup->words->nearest.rows &&
           find_alternative(lookup, file->question[set->line[i]].word[3], row) == row;
}

static int count_correct(gv_eval_analogies *out, const question_set *set,
                         const gv_eval_lookup *lookup, const gv_eval_questions *file,
                         size_t show_wrong, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < set->n && status == GV_OK; i++) {
        const gv_eval_questions_question *question = &file->question[set->line[i]];
        gv_eval_section *section = &out->section[question->section];
        bool correct = is_right(set, file, lookup, i, set->answer[i].add.row);
        section->correct += correct;
        section->correct_mul += is_right(set, file, lookup, i, set->answer[i].mul.row);
        if (!correct && section->wrong.n < show_wrong * GV_EVAL_WRONG_WORDS)
            status = list_wrong(section, question, lookup, set->answer[i].add.row, err);
    }
    for (size_t i = 0; i < out->sections; i++) {
        out->all.correct += out->section[i].correct;
        out->all.correct_mul += out->section[i].correct_mul;
        out->all.answered += out->section[i].answered;
        out->all.total += out->section[i].total;
    }
    return status;
}

/* A row for each question, also for those that are not answered. */
static void list_items(gv_text *items, const gv_eval_analogies *out, const question_set *set,
                       const gv_eval_lookup *lookup, const gv_eval_questions *file)
{
    for (size_t i = 0, k = 0; i < file->n; i++) {
        const gv_eval_questions_question *question = &file->question[i];
        gv_items_row row = gv_items_begin_row(GV_ITEMS_ANALOGY, out->file);
        row.section = file->section[question->section];
        for (size_t w = 0; w < GV_ITEMS_WORDS; w++)
            row.word[w] = question->word[w];
        if (k < set->n && set->line[k] == i) {
            const gv_nearest_answer *answer = &set->answer[k];
            row.correct = is_right(set, file, lookup, k, answer->add.row);
            row.correct_mul = is_right(set, file, lookup, k, answer->mul.row);
            row.answer = word_of(lookup, answer->add.row);
            row.answer_mul = word_of(lookup, answer->mul.row);
            k++;
        }
        gv_items_write_row(items, &row);
    }
}

int gv_eval_answer(gv_eval_analogies *out, const gv_eval_lookup *lookup,
                   const gv_eval_questions *file, const gv_eval_job *job, gv_error *err)
{
    question_set set = {0};
    int status = make_sections(out, file, err);
    if (status == GV_OK)
        status = look_up_questions(&set, out, lookup, file, err);
    if (status == GV_OK) {
        gv_progress_begin(job->progress, "analogies", set.n, "questions");
        status = gv_nearest_solve(set.answer, &lookup->words->nearest,
                                  (gv_nearest_questions){set.question, set.n}, job->threads,
                                  job->progress, err);
        gv_progress_end(job->progress);
    }
    if (status == GV_OK)
        status = count_correct(out, &set, lookup, file, job->show_wrong, err);
    if (status == GV_OK && job->items)
        list_items(job->items, out, &set, lookup, file);
    gv_mem_free(set.question);
    gv_mem_free(set.expected);
    gv_mem_free(set.line);
    gv_mem_free(set.answer);
    return status;
}
