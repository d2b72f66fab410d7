/*
 * gv_eval - reads all files, then has them answered one by one, so that a mistake in the last one
 * is found at once.
 */
#include "eval/gv_eval.h"

#include "base/gv_mem.h"
#include "eval/gv_eval_internal.h"

typedef struct input_files {
    gv_eval_questions *questions;
    gv_eval_pairs *pairs;
} input_files;

static int read_files(input_files *files, const gv_eval_job *job, gv_error *err)
{
    const gv_strings *analogies = job->analogies, *similarity = job->similarity;
    files->questions = gv_mem_alloc_zero(analogies->n, sizeof *files->questions, err);
    files->pairs = gv_mem_alloc_zero(similarity->n, sizeof *files->pairs, err);
    int status = files->questions && files->pairs ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < analogies->n && status == GV_OK; i++)
        status = gv_eval_questions_read(&files->questions[i], analogies->items[i], err);
    for (size_t i = 0; i < similarity->n && status == GV_OK; i++)
        status = gv_eval_pairs_read(&files->pairs[i], similarity->items[i], err);
    return status;
}

static void free_files(input_files *files, const gv_eval_job *job)
{
    for (size_t i = 0; i < job->analogies->n && files->questions; i++)
        gv_eval_questions_free(&files->questions[i]);
    for (size_t i = 0; i < job->similarity->n && files->pairs; i++)
        gv_eval_pairs_free(&files->pairs[i]);
    gv_mem_free(files->questions);
    gv_mem_free(files->pairs);
}

static gv_eval_result *new_result(const gv_eval_job *job, gv_error *err)
{
    gv_eval_result *made = gv_mem_alloc_zero(1, sizeof *made, err);
    if (!made)
        return NULL;
    made->analogy = gv_mem_alloc_zero(job->analogies->n, sizeof *made->analogy, err);
    made->similarity = gv_mem_alloc_zero(job->similarity->n, sizeof *made->similarity, err);
    if (!made->analogy || !made->similarity) {
        gv_eval_free(made);
        return NULL;
    }
    made->analogies = job->analogies->n;
    made->similarities = job->similarity->n;
    made->lists = job->show_wrong > 0;
    made->vocab_limit = job->vocab_limit;
    return made;
}

/* Copies of the file's name and of the note on how it was read. */
static int name_file(char **file, char **note, const char *path, const char *read_as, gv_error *err)
{
    *file = gv_mem_strdup(path, err);
    *note = read_as ? gv_mem_strdup(read_as, err) : NULL;
    return *file && (*note || !read_as) ? GV_OK : GV_E_MEMORY;
}

static int evaluate(gv_eval_result *made, const gv_words *words, const input_files *files,
                    const gv_eval_job *job, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < made->analogies && status == GV_OK; i++) {
        gv_eval_analogies *out = &made->analogy[i];
        status = name_file(&out->file, &out->note, job->analogies->items[i],
                           files->questions[i].note, err);
        if (status == GV_OK)
            status = gv_eval_answer(out, words, &files->questions[i], job, err);
    }
    for (size_t i = 0; i < made->similarities && status == GV_OK; i++) {
        gv_eval_similarity *out = &made->similarity[i];
        status =
            name_file(&out->file, &out->note, job->similarity->items[i], files->pairs[i].note, err);
        if (status == GV_OK)
            status = gv_eval_compare(out, words, &files->pairs[i], job, err);
    }
    return status;
}

int gv_eval_run(gv_eval_result **result, const gv_words *words, const gv_eval_job *job,
                gv_error *err)
{
    input_files files = {0};
    gv_eval_result *made = NULL;
    *result = NULL;
    int status = read_files(&files, job, err);
    if (status == GV_OK && !(made = new_result(job, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = evaluate(made, words, &files, job, err);
    free_files(&files, job);
    if (status == GV_OK)
        *result = made;
    else
        gv_eval_free(made);
    return status;
}

static void free_analogies(gv_eval_analogies *file)
{
    for (size_t s = 0; s < file->sections; s++) {
        gv_mem_free(file->section[s].name);
        gv_strings_free(&file->section[s].wrong);
    }
    gv_mem_free(file->section);
    gv_mem_free(file->file);
    gv_mem_free(file->note);
}

static void free_similarity(gv_eval_similarity *file)
{
    for (size_t i = 0; i < file->differences; i++) {
        gv_mem_free(file->difference[i].word[0]);
        gv_mem_free(file->difference[i].word[1]);
    }
    gv_mem_free(file->difference);
    gv_mem_free(file->file);
    gv_mem_free(file->note);
}

void gv_eval_free(gv_eval_result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->analogies; i++)
        free_analogies(&result->analogy[i]);
    for (size_t i = 0; i < result->similarities; i++)
        free_similarity(&result->similarity[i]);
    gv_mem_free(result->analogy);
    gv_mem_free(result->similarity);
    gv_mem_free(result);
}
