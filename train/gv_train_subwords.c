#include "train/gv_train_subwords.h"

#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_mem.h"
#include "budget/gv_budget_subword.h"
#include "train/gv_training.h"
#include "vectors/gv_fasttext_buckets.h"
#include <inttypes.h>
#include <unistd.h>

gv_subwords_settings gv_train_subwords_settings(const gv_config *config)
{
    return (gv_subwords_settings){.min_n = config->subword_min_n,
                                  .max_n = config->subword_max_n,
                                  .min_words = config->subword_min_words,
                                  .ridge = config->subword_ridge,
                                  .shrink = config->subword_shrink};
}

static size_t output_dim(const gv_config *config)
{
    return config->train_dim * (config->output_vectors == GV_OUTPUT_CONCAT ? (size_t)2 : 1);
}

static int refuse(const gv_config *config, const gv_subword_fit_sizes *sizes, uint64_t need,
                  uint64_t budget, gv_error *err)
{
    const bool given = config->train_memory_mb > 0;
    char texts[2][GV_AMOUNT_TEXT];
    return gv_error_set(err, GV_E_MEMORY,
                        "output.subwords: fitting the n-grams will need %s of memory (%" PRIu64
                        " n-grams, %" PRIu64 " dimensions), but %s is %s: lower train.dim, raise "
                        "subword.min_words or vocab.min_count%s, or set output.subwords to false",
                        gv_amount_bytes(texts[0], (double)need), sizes->ngrams, sizes->dim,
                        given ? "train.memory_mb" : "what is available",
                        gv_amount_bytes(texts[1], (double)budget),
                        given ? ", raise train.memory_mb" : "");
}

int gv_train_subwords_check(uint64_t *file_bytes, const gv_config *config, const gv_vocab *vocab,
                            uint64_t model, gv_error *err)
{
    *file_bytes = 0;
    if (!config->output_subwords)
        return GV_OK;
    const gv_subwords_settings settings = gv_train_subwords_settings(config);
    gv_subword_fit_sizes sizes;
    int status = gv_subword_fit_measure(&sizes, vocab, &settings, output_dim(config), err);
    if (status != GV_OK)
        return status;
    const uint64_t need = gv_budget_subword_bytes(&sizes, model, 1);
    const uint64_t budget = gv_training_memory_budget(config);
    *file_bytes = sizes.ngrams * (sizes.dim * sizeof(float) + sizeof(uint32_t)) + sizes.text;
    if (config->output_formats & GV_FORMAT_FASTTEXT)
        *file_bytes += gv_fasttext_buckets_for(sizes.ngrams) * sizes.dim * sizeof(float);
    return need > budget ? refuse(config, &sizes, need, budget, err) : GV_OK;
}

/* The vectors that would be written without n-grams; the model is not needed any more. */
static int take_vectors(gv_train_subwords *to, const gv_config *config, gv_model **model,
                        gv_error *err)
{
    const enum gv_config_output_vectors kind = config->output_vectors;
    const size_t words = (*model)->vocab_size;
    to->dim = gv_model_output_dim(*model, kind);
    to->bytes = (words + 1) * to->dim * sizeof *to->vectors;
    if (!(to->vectors = gv_mem_big_alloc(to->bytes, err)))
        return GV_E_MEMORY;
    for (size_t i = 0; i < words; i++)
        gv_model_output(to->vectors + i * to->dim, *model, kind, i);
    gv_model_output_unk(to->vectors + words * to->dim, *model, kind);
    gv_model_free(*model);
    *model = NULL;
    return GV_OK;
}

static int report(const gv_train_subwords *s, gv_run *run, double wall_start, double cpu_start,
                  gv_error *err)
{
    const gv_subword_fit_report *fit = &s->fit.report;
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "ngrams", fit->ngrams);
    gv_json_set_uint(&fields, "entries", fit->entries);
    gv_json_set_uint(&fields, "steps", fit->steps);
    gv_json_set_real(&fields, "residual", fit->residual);
    gv_json_set_real(&fields, "reliability", fit->reliability);
    gv_json_set_real(&fields, "wall_s", gv_clock_wall_seconds() - wall_start);
    gv_json_set_real(&fields, "cpu_s", gv_clock_cpu_seconds() - cpu_start);
    return gv_run_event(run, "subwords", &fields, err);
}

static int write_file(const gv_train_subwords *s, const gv_run *run, gv_error *err)
{
    char *path = gv_run_path(run, GV_FILE_SUBWORDS, err);
    int status = path ? gv_subwords_write(path, &s->fit.parts, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

int gv_train_subwords_make(gv_train_subwords *to, gv_run *run, const gv_vocab *vocab,
                           gv_model **model, const char *metadata, unsigned threads, gv_error *err)
{
    const gv_config *config = run->config;
    const double wall_start = gv_clock_wall_seconds(), cpu_start = gv_clock_cpu_seconds();
    *to = (gv_train_subwords){0};
    int status = take_vectors(to, config, model, err);
    if (status != GV_OK)
        return status;
    const uint64_t budget = gv_training_memory_budget(config);
    const bool given = config->train_memory_mb > 0; /* else it is what is left */
    const gv_subword_fit_input input = {.vocab = vocab,
                                        .vectors = to->vectors,
                                        .dim = to->dim,
                                        .settings = gv_train_subwords_settings(config),
                                        .metadata = metadata,
                                        .threads = threads,
                                        .memory = given && budget > to->bytes ? budget - to->bytes
                                                                              : budget,
                                        .progress = run->progress};
    status = gv_subword_fit_run(&to->fit, &input, err);
    if (status == GV_OK)
        status = report(to, run, wall_start, cpu_start, err);
    if (status == GV_OK)
        status = write_file(to, run, err);
    return status == GV_OK ? gv_subwords_new(&to->subwords, &to->fit.parts, err) : status;
}

int gv_train_subwords_remove_old(gv_run *run, gv_error *err)
{
    bool own = false;
    char *path = gv_run_path(run, GV_FILE_SUBWORDS, err);
    int status = path ? gv_run_is_own_output(&own, run, path, err) : GV_E_MEMORY;
    if (status == GV_OK && own && unlink(path) == 0)
        gv_progress_note(run->progress, "%s is removed: it belonged to the vectors before",
                         GV_FILE_SUBWORDS);
    gv_mem_free(path);
    return status;
}

void gv_train_subwords_clear(gv_train_subwords *s)
{
    gv_subwords_free(s->subwords);
    gv_subword_fit_clear(&s->fit);
    gv_mem_big_free(s->vectors, s->bytes);
    *s = (gv_train_subwords){0};
}
