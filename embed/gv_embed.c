#include "embed/gv_embed.h"

#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "embed/gv_embed_induce.h"
#include "embed/gv_embed_keep.h"
#include "embed/gv_embed_write.h"
#include "text/gv_phrases_file.h"
#include <inttypes.h>

/* What of the text had no vector. */
static void report(const gv_embed_documents_counts *counts, gv_progress *progress)
{
    const uint64_t words = counts->known + counts->subwords + counts->missing;
    if (counts->subwords > 0)
        gv_progress_note(progress,
                         "%" PRIu64 " of %" PRIu64 " words are not in the vocabulary and got "
                         "vectors from their n-grams",
                         counts->subwords, words);
    if (counts->missing > 0)
        gv_progress_note(progress, "%" PRIu64 " of %" PRIu64 " words have no vector",
                         counts->missing, words);
    if (counts->zero > 0)
        gv_progress_note(progress,
                         "%" PRIu64 " of %" PRIu64 " lines have no word with a vector; theirs is "
                         "all zeros",
                         counts->zero, counts->lines);
}

/* What both kinds of work need. */
typedef struct material {
    gv_embed_words *words;
    gv_embed_input *input;
    gv_phrases *phrases; /* NULL: none are joined */
} material;

static int embed_documents(const gv_embed_options *o, const material *m, const double *component,
                           gv_error *err)
{
    gv_embed_documents_counts counts = {0};
    gv_embed_output *output = NULL;
    int status = gv_embed_output_open(&output, o->output, o->format, err);
    const gv_embed_documents_job job = {.config = o->config,
                                        .words = m->words,
                                        .phrases = m->phrases,
                                        .weights = o->weights,
                                        .component = component,
                                        .input = m->input,
                                        .output = output,
                                        .format = o->format,
                                        .threads = gv_config_threads(o->config->train_threads),
                                        .progress = o->progress};
    gv_progress_begin(o->progress, "embedding", gv_embed_input_bytes(m->input), "bytes");
    if (status == GV_OK)
        status = gv_embed_documents_run(&counts, &job, err);
    status =
        gv_embed_output_end(&output, status, (size_t)counts.lines, m->words->vectors->dim, err);
    if (status == GV_OK) {
        gv_progress_end(o->progress);
        report(&counts, o->progress);
    }
    return status;
}

/* Documents, with the common component if the weights want one. */
static int run_documents(const gv_embed_options *o, const material *m, gv_error *err)
{
    gv_embed_keep keep = {0};
    const double *component = NULL;
    int status = GV_OK;
    if (o->weights == GV_DOCUMENT_SIF) {
        status = gv_embed_keep_begin(&keep, m->words, o->run_dir, !o->vectors, o->progress, err);
        if (status == GV_OK)
            status = gv_embed_keep_component(&component, &keep, err);
        if (status == GV_OK)
            gv_embed_keep_store(&keep);
    }
    if (status == GV_OK)
        status = embed_documents(o, m, component, err);
    gv_embed_keep_end(&keep);
    return status;
}

static int run_induction(const gv_embed_options *o, const material *m, gv_error *err)
{
    const unsigned threads = gv_config_threads(o->config->train_threads);
    gv_embed_induce_list list = {0};
    gv_embed_keep keep;
    gv_embed_induce_job job = {.config = o->config,
                               .words = m->words,
                               .phrases = m->phrases,
                               .input = m->input,
                               .threads = threads,
                               .progress = o->progress};
    int status = gv_embed_keep_begin(&keep, m->words, o->run_dir, !o->vectors, o->progress, err);
    if (status == GV_OK)
        status = gv_embed_keep_transform(&job.transform, &keep, threads, err);
    if (status == GV_OK)
        gv_embed_keep_store(&keep);
    gv_progress_begin(o->progress, "reading contexts", gv_embed_input_bytes(m->input), "bytes");
    if (status == GV_OK)
        status = gv_embed_induce(&list, &job, err);
    if (status == GV_OK) {
        gv_progress_end(o->progress);
        const gv_embed_write_job to = {
            .output = o->output, .words = o->words, .format = o->format, .progress = o->progress};
        status = gv_embed_write_induced(&list, m->words->vectors->dim, &to, err);
    }
    gv_embed_keep_end(&keep);
    gv_embed_induce_list_clear(&list);
    return status;
}

/* The phrases that the run's text was read with. */
static int read_phrases(material *m, const gv_embed_options *o, gv_error *err)
{
    if (!gv_config_joins_phrases(o->config))
        return GV_OK;
    char *path = gv_file_path_join(o->run_dir, GV_FILE_PHRASES, err);
    int status = path ? gv_stamp_check_output(o->run_dir, GV_STAGE_VOCAB, GV_FILE_PHRASES, err)
                      : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_phrases_new(&m->phrases, err);
    if (status == GV_OK)
        status = gv_phrases_file_read(m->phrases, path, NULL, err);
    gv_mem_free(path);
    return status;
}

/* Is the text cut into words, and are they counted, as when the vectors were made? A note, as these
 * keys may have been set for this start. */
static int note_other_keys(const gv_embed_options *o, gv_error *err)
{
    gv_json *stamp = NULL;
    gv_config_difference d = {0};
    gv_error ignored = GV_ERROR_INIT;
    if (o->vectors)
        return GV_OK;
    int status = gv_stamp_read(&stamp, o->run_dir, GV_STAGE_TRAIN, err);
    const char *recipe = gv_json_get_text(stamp, "recipe");
    const unsigned stages = gv_config_train_stages(o->config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    if (status == GV_OK && recipe &&
        gv_config_compare(&d, recipe, stages, o->config, &ignored) == GV_OK && d.key &&
        (d.stage == GV_STAGE_VOCAB || d.stage == GV_STAGE_COOCCUR))
        gv_progress_note(o->progress,
                         "the vectors were made with %s = %s, and texts are now read with %s",
                         d.key, d.found, d.wanted);
    gv_json_free(stamp);
    return status;
}

/* Writing to `path` (NULL: nowhere) must not replace a file that is read. */
static int refuse_own_input(const char *option, const char *path, const material *m, gv_error *err)
{
    const gv_strings *files = gv_embed_input_files(m->input);
    gv_file_stat output = {0}, input = {0};
    int status = path ? gv_file_look(&output, path, err) : GV_OK;
    for (size_t i = 0; status == GV_OK && output.exists && output.regular && i <= files->n; i++) {
        const char *name = i < files->n ? files->items[i] : m->words->path;
        status = gv_file_look(&input, name, err);
        if (status == GV_OK && input.exists && gv_file_same_look(&output, &input))
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s %s would replace %s, which is read; name another file",
                                  option, path, name);
    }
    return status;
}

int gv_embed_run(const gv_embed_options *o, gv_error *err)
{
    material m = {0};
    const gv_embed_words_options which = {.config = o->config,
                                          .run_dir = o->run_dir,
                                          .vectors = o->vectors,
                                          .counts = o->induce || o->weights != GV_DOCUMENT_MEAN,
                                          .progress = o->progress};
    int status = gv_embed_input_open(&m.input, o->config, &o->files, err);
    if (status == GV_OK)
        status = gv_embed_words_open(&m.words, &which, err);
    if (status == GV_OK)
        status = refuse_own_input("--output", o->output, &m, err);
    if (status == GV_OK)
        status = refuse_own_input("--words", o->words, &m, err);
    if (status == GV_OK)
        status = note_other_keys(o, err);
    if (status == GV_OK)
        status = read_phrases(&m, o, err);
    if (status == GV_OK)
        status = o->induce ? run_induction(o, &m, err) : run_documents(o, &m, err);
    gv_phrases_free(m.phrases);
    gv_embed_words_free(m.words);
    gv_embed_input_close(m.input);
    return status;
}
