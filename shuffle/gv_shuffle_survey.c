/*
 * In a symmetric matrix a cell belongs to two rows, of which only one is being read, so every
 * thread keeps records and sums of all words; they are added up at the end. Sums that leave 64 bits
 * stay at the top (saturate) and are found at the end too, so that the loop over cells has no
 * branches.
 */
#include "shuffle/gv_shuffle_survey.h"

#include "base/gv_mem.h"
#include "counts/gv_counts_each.h"

/* What one thread adds up. */
typedef struct thread_sums {
    uint32_t *mass;
    uint64_t *row_sums;
} thread_sums;

typedef struct surveyor {
    gv_shuffle_survey *survey;
    thread_sums *sums_of; /* [threads]; the first is the survey's own */
    bool symmetric;
    gv_progress *progress;
} surveyor;

static int survey_part(void *context, unsigned thread, const gv_counts_each_part *part,
                       gv_error *err)
{
    (void)err;
    const surveyor *work = context;
    uint32_t *mass = work->sums_of[thread].mass;
    uint64_t *row_sums = work->sums_of[thread].row_sums, sum = 0;
    for (size_t i = 0; i < part->n; i++)
        sum = gv_shuffle_survey_add(sum, part->value[i]);
    row_sums[part->row] = gv_shuffle_survey_add(row_sums[part->row], sum);
    mass[part->row] += (uint32_t)part->n;
    if (work->symmetric) {
        /* a cell on the diagonal is one ordered record, not two; a row's columns ascend from it */
        for (size_t i = part->column[0] == part->row; i < part->n; i++) {
            uint32_t column = part->column[i];
            row_sums[column] = gv_shuffle_survey_add(row_sums[column], part->value[i]);
            mass[column]++;
        }
    }
    gv_shuffle_codes_sample_take(&work->survey->sample, thread, part->first_cell, part->value,
                                 part->n);
    gv_progress_add(work->progress, part->n);
    return GV_OK;
}

static void add_up(const gv_shuffle_survey *survey, const thread_sums *sums_of, unsigned threads)
{
    for (uint32_t id = 0; id < survey->vocab_size; id++) {
        for (unsigned t = 1; t < threads; t++) {
            survey->mass[id] += sums_of[t].mass[id];
            survey->row_sums[id] =
                gv_shuffle_survey_add(survey->row_sums[id], sums_of[t].row_sums[id]);
        }
    }
}

int gv_shuffle_survey_check(const gv_shuffle_survey *survey, const gv_vocab *vocab, gv_error *err)
{
    for (uint32_t id = 0; id < survey->vocab_size; id++) {
        if (survey->row_sums[id] > INT64_MAX)
            return gv_error_set(err, GV_E_RUNTIME,
                                "the counts in the row of '%s' add up to more than 63 bits; use a "
                                "smaller window or harmonic weighting",
                                gv_vocab_word(vocab, id));
    }
    return GV_OK;
}

static int open_sums(thread_sums *t, uint32_t vocab_size, gv_error *err)
{
    if (!(t->mass = gv_mem_alloc_zero(vocab_size, sizeof *t->mass, err)) ||
        !(t->row_sums = gv_mem_alloc_zero(vocab_size, sizeof *t->row_sums, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

/* All cells, or those of the share. */
static int read_cells(const gv_shuffle_survey_job *job, surveyor *work, gv_error *err)
{
    if (!job->share)
        return gv_counts_each(job->counts, job->threads, survey_part, work, err);
    const gv_counts_each_job each = {survey_part, work, job->threads};
    return gv_counts_each_of_share(job->totals, job->counts, job->share, &each, err);
}

int gv_shuffle_survey_make(gv_shuffle_survey *survey, const gv_shuffle_survey_job *job,
                           gv_error *err)
{
    const gv_counts_info *info = gv_counts_about(job->counts);
    const unsigned threads = job->threads;
    *survey = (gv_shuffle_survey){.vocab_size = info->vocab_size};
    surveyor work = {.survey = survey, .symmetric = info->symmetric, .progress = job->progress};
    if (!(work.sums_of = gv_mem_alloc_zero(threads, sizeof *work.sums_of, err)))
        return GV_E_MEMORY;
    int status = gv_shuffle_codes_sample_open(&survey->sample, info->cells, threads, err);
    for (unsigned t = 0; status == GV_OK && t < threads; t++)
        status = open_sums(&work.sums_of[t], info->vocab_size, err);
    if (status == GV_OK)
        status = read_cells(job, &work, err);
    survey->mass = work.sums_of[0].mass;
    survey->row_sums = work.sums_of[0].row_sums;
    if (status == GV_OK)
        add_up(survey, work.sums_of, threads);
    for (unsigned t = 1; t < threads; t++) {
        gv_mem_free(work.sums_of[t].mass);
        gv_mem_free(work.sums_of[t].row_sums);
    }
    gv_mem_free(work.sums_of);
    return status;
}

void gv_shuffle_survey_free(gv_shuffle_survey *survey)
{
    gv_mem_free(survey->mass);
    gv_mem_free(survey->row_sums);
    gv_shuffle_codes_sample_close(&survey->sample);
    *survey = (gv_shuffle_survey){0};
}
