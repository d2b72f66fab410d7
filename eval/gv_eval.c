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
    gv_eval_labels *labels;
    gv_eval_sets *sets;
    gv_eval_probes *probes;
} input_files;

static int read_files(input_files *files, const gv_eval_job *job, gv_error *err)
{
    files->questions = gv_mem_alloc_zero(job->analogies.n, sizeof *files->questions, err);
    files->pairs = gv_mem_alloc_zero(job->similarity.n, sizeof *files->pairs, err);
    files->labels = gv_mem_alloc_zero(job->categories.n, sizeof *files->labels, err);
    files->sets = gv_mem_alloc_zero(job->outliers.n, sizeof *files->sets, err);
    files->probes = gv_mem_alloc_zero(job->probes.n, sizeof *files->probes, err);
    const bool room =
        files->questions && files->pairs && files->labels && files->sets && files->probes;
    int status = room ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < job->analogies.n && status == GV_OK; i++)
        status = gv_eval_questions_read(&files->questions[i], job->analogies.items[i], err);
    for (size_t i = 0; i < job->similarity.n && status == GV_OK; i++)
        status = gv_eval_pairs_read(&files->pairs[i], job->similarity.items[i], err);
    for (size_t i = 0; i < job->categories.n && status == GV_OK; i++)
        status = gv_eval_labels_read(&files->labels[i], job->categories.items[i], err);
    for (size_t i = 0; i < job->outliers.n && status == GV_OK; i++)
        status = gv_eval_sets_read(&files->sets[i], job->outliers.items[i], err);
    for (size_t i = 0; i < job->probes.n && status == GV_OK; i++)
        status = gv_eval_probes_read(&files->probes[i], job->probes.items[i], err);
    return status;
}

static void free_files(input_files *files, const gv_eval_job *job)
{
    for (size_t i = 0; i < job->analogies.n && files->questions; i++)
        gv_eval_questions_free(&files->questions[i]);
    for (size_t i = 0; i < job->similarity.n && files->pairs; i++)
        gv_eval_pairs_free(&files->pairs[i]);
    for (size_t i = 0; i < job->categories.n && files->labels; i++)
        gv_eval_labels_free(&files->labels[i]);
    for (size_t i = 0; i < job->outliers.n && files->sets; i++)
        gv_eval_sets_free(&files->sets[i]);
    for (size_t i = 0; i < job->probes.n && files->probes; i++)
        gv_eval_probes_free(&files->probes[i]);
    gv_mem_free(files->questions);
    gv_mem_free(files->pairs);
    gv_mem_free(files->labels);
    gv_mem_free(files->sets);
    gv_mem_free(files->probes);
}

static gv_eval_result *new_result(const gv_eval_job *job, gv_error *err)
{
    gv_eval_result *made = gv_mem_alloc_zero(1, sizeof *made, err);
    if (!made)
        return NULL;
    made->analogy = gv_mem_alloc_zero(job->analogies.n, sizeof *made->analogy, err);
    made->similarity = gv_mem_alloc_zero(job->similarity.n, sizeof *made->similarity, err);
    made->categories = gv_mem_alloc_zero(job->categories.n, sizeof *made->categories, err);
    made->outliers = gv_mem_alloc_zero(job->outliers.n, sizeof *made->outliers, err);
    if (!made->analogy || !made->similarity || !made->categories || !made->outliers) {
        gv_eval_free(made);
        return NULL;
    }
    made->analogies = job->analogies.n;
    made->similarities = job->similarity.n;
    made->categorisations = job->categories.n;
    made->detections = job->outliers.n;
    made->oov = job->unseen != NULL;
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

static int evaluate_rows(gv_eval_result *made, const gv_eval_lookup *lookup,
                         const input_files *files, const gv_eval_job *job, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < made->analogies && status == GV_OK; i++) {
        gv_eval_analogies *out = &made->analogy[i];
        status = name_file(&out->file, &out->note, job->analogies.items[i],
                           files->questions[i].note, err);
        if (status == GV_OK)
            status = gv_eval_answer(out, lookup, &files->questions[i], job, err);
    }
    for (size_t i = 0; i < made->similarities && status == GV_OK; i++) {
        gv_eval_similarity *out = &made->similarity[i];
        status =
            name_file(&out->file, &out->note, job->similarity.items[i], files->pairs[i].note, err);
        if (status == GV_OK)
            status = gv_eval_compare(out, lookup, &files->pairs[i], job, err);
    }
    return status;
}

static int evaluate_groups(gv_eval_result *made, const gv_eval_lookup *lookup,
                           const input_files *files, const gv_eval_job *job, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < made->categorisations && status == GV_OK; i++) {
        gv_eval_categories *out = &made->categories[i];
        status =
            name_file(&out->file, &out->note, job->categories.items[i], files->labels[i].note, err);
        if (status == GV_OK)
            status = gv_eval_categorise(out, lookup, &files->labels[i], job, err);
    }
    for (size_t i = 0; i < made->detections && status == GV_OK; i++) {
        gv_eval_outliers *out = &made->outliers[i];
        status =
            name_file(&out->file, &out->note, job->outliers.items[i], files->sets[i].note, err);
        if (status == GV_OK)
            status = gv_eval_detect(out, lookup, &files->sets[i], job, err);
    }
    return status;
}

static int evaluate_probes(gv_eval_result *made, const gv_eval_lookup *lookup,
                           const input_files *files, const gv_eval_job *job, gv_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < job->probes.n; i++)
        n += files->probes[i].n;
    made->probe = gv_mem_alloc_zero(n, sizeof *made->probe, err);
    int status = made->probe ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < job->probes.n && status == GV_OK; i++)
        for (size_t k = 0; k < files->probes[i].n && status == GV_OK; k++)
            status = gv_eval_probe_run(&made->probe[made->probes++], lookup, &files->probes[i],
                                       &files->probes[i].probe[k], job->threads, err);
    return status;
}

int gv_eval_run(gv_eval_result **result, const gv_words *words, const gv_eval_job *job,
                gv_error *err)
{
    const gv_eval_lookup lookup = {.words = words, .unseen = job->unseen};
    input_files files = {0};
    gv_eval_result *made = NULL;
    *result = NULL;
    int status = read_files(&files, job, err);
    if (status == GV_OK && !(made = new_result(job, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = evaluate_rows(made, &lookup, &files, job, err);
    if (status == GV_OK)
        status = evaluate_groups(made, &lookup, &files, job, err);
    if (status == GV_OK)
        status = evaluate_probes(made, &lookup, &files, job, err);
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
    for (size_t i = 0; i < result->categorisations; i++) {
        gv_mem_free(result->categories[i].file);
        gv_mem_free(result->categories[i].note);
    }
    for (size_t i = 0; i < result->detections; i++) {
        gv_mem_free(result->outliers[i].file);
        gv_mem_free(result->outliers[i].note);
    }
    for (size_t i = 0; i < result->probes; i++)
        gv_eval_probe_clear(&result->probe[i]);
    gv_mem_free(result->analogy);
    gv_mem_free(result->similarity);
    gv_mem_free(result->categories);
    gv_mem_free(result->outliers);
    gv_mem_free(result->probe);
    gv_mem_free(result);
}
