/*
 * The plan from end to end: sample, words, pairs, costs, and then whether the disks have room.
 */
#include "plan/gv_plan.h"

#include "base/gv_amount.h"
#include "base/gv_disk.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "plan/gv_plan_internal.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- disks ------------------------------------------------------------------------------------ */

/* Bytes of existing files that the run replaces; in `*largest` those of the largest one. */
static int replaced_bytes(double *bytes, double *largest, const gv_plan *plan, const char *run_dir,
                          gv_error *err)
{
    *bytes = *largest = 0;
    for (uint32_t f = 0; f < plan->files; f++) {
        struct stat info;
        char *path = gv_file_path_join(run_dir, plan->file[f].name, err);
        if (!path)
            return GV_E_MEMORY;
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            *bytes += (double)info.st_size;
            *largest = fmax(*largest, (double)info.st_size);
        }
        gv_mem_free(path);
    }
    return GV_OK;
}

static double file_bytes(const gv_plan *plan, const char *name)
{
    for (uint32_t f = 0; f < plan->files; f++)
        if (strcmp(plan->file[f].name, name) == 0)
            return plan->file[f].bytes;
    return 0;
}

/* The most bytes on the disks at one time. Old files stay until new ones are complete. */
static void find_peaks(gv_plan *plan, double replaced, double largest)
{
    double lying = 0;
    for (int s = 0; s < GV_PLAN_STAGES; s++) {
        lying += plan->stage[s].disk;
        plan->temp_peak = fmax(plan->temp_peak, plan->stage[s].temp);
        plan->disk_peak = fmax(plan->disk_peak, lying + (plan->one_disk ? plan->stage[s].temp : 0));
    }
    /* a checkpoint is written beside the one before */
    plan->disk_peak = fmax(plan->disk_peak, lying + file_bytes(plan, "model.ckpt"));
    plan->disk_peak = fmax(plan->disk_peak - replaced + largest, 0);
}

static void check_disks(gv_plan *plan, const char *run_dir, const char *temp_dir)
{
    bool shared = plan->one_disk && plan->temp_peak > 0;
    char need[GV_AMOUNT_TEXT], have[GV_AMOUNT_TEXT];
    if (plan->misfit[0] != '\0')
        return;
    if (plan->disk_peak > plan->disk_free)
        snprintf(
            plan->misfit, sizeof plan->misfit,
            "the run would need about %s of disk%s, but %s are free at %.800s: free "
            "some space, choose another disk with --run-dir%s, or raise vocab.min_count",
            gv_amount_bytes(need, plan->disk_peak), shared ? " (including temporary files)" : "",
            gv_amount_bytes(have, plan->disk_free), run_dir, shared ? " or cooccur.temp_dir" : "");
    else if (!plan->one_disk && plan->temp_peak > plan->temp_free)
        snprintf(plan->misfit, sizeof plan->misfit,
                 "temporary files would need about %s of disk, but %s are free at "
                 "%.800s: set cooccur.temp_dir to another disk, or raise cooccur.memory_mb",
                 gv_amount_bytes(need, plan->temp_peak), gv_amount_bytes(have, plan->temp_free),
                 temp_dir);
}

static int plan_disks(gv_plan *plan, const gv_config *config, const char *run_dir, gv_error *err)
{
    const char *temp_dir = gv_config_temp_dir(config, run_dir);
    gv_disk run_disk, temp_disk;
    double replaced, largest;
    int status = gv_disk_look(&run_disk, run_dir, err);
    if (status == GV_OK)
        status = gv_disk_look(&temp_disk, temp_dir, err);
    if (status == GV_OK)
        status = replaced_bytes(&replaced, &largest, plan, run_dir, err);
    if (status != GV_OK)
        return status;
    plan->disk_free = run_disk.free;
    plan->temp_free = temp_disk.free;
    plan->one_disk = run_disk.device == temp_disk.device;
    find_peaks(plan, replaced, largest);
    check_disks(plan, run_dir, temp_dir);
    return GV_OK;
}

/* --- the plan --------------------------------------------------------------------------------- */

static void note_sizes(gv_plan *plan, const gv_plan_basis *basis)
{
    plan->corpus_bytes = (double)basis->sample->corpus_bytes;
    plan->sample_bytes = (double)basis->sample->bytes;
    plan->fraction = basis->sample->fraction;
    plan->corpus_tokens = basis->words->corpus_tokens;
    plan->distinct = basis->words->distinct;
    plan->vocab = basis->words->vocab;
    plan->tokens = basis->words->vocab_tokens;
    if (basis->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        return; /* there will be no matrix */
    plan->cells = basis->matrix.cells;
    plan->records = basis->matrix.records;
}

/* Basis borrows the others. */
struct gv_plan_estimate {
    gv_vocab *given; /* of vocab.file, or NULL */
    gv_plan_sample sample;
    gv_plan_words words;
    gv_plan_pairs pairs;
    gv_plan_basis basis; /* without tiles and subwords */
};

static int read_corpus(gv_plan_estimate *e, const gv_config *config, double share, gv_error *err)
{
    int status = GV_OK;
    if (config->vocab_file)
        status = gv_vocab_read(&e->given, config->vocab_file, 1, err);
    if (status == GV_OK)
        status = gv_plan_sample_read(&e->sample, config, share, e->given, err);
    if (status == GV_OK)
        status = gv_plan_words_guess(&e->words, &e->sample, config, e->given, err);
    if (status == GV_OK)
        status = gv_plan_pairs_measure(&e->pairs, &e->sample, &e->words, config, err);
    if (status == GV_OK) {
        e->basis.sample = &e->sample;
        e->basis.words = &e->words;
        e->basis.pairs = &e->pairs;
        gv_plan_pairs_at(&e->basis.matrix, &e->pairs, e->words.vocab_tokens);
        status = gv_plan_rates_measure(&e->basis.rates, &e->sample, &e->words, config, err);
    }
    return status;
}

int gv_plan_estimate_make(gv_plan_estimate **estimate, const gv_config *config, double share,
                          gv_error *err)
{
    gv_plan_estimate *e = gv_mem_alloc_zero(1, sizeof *e, err);
    *estimate = NULL;
    if (!e)
        return GV_E_MEMORY;
    int status = read_corpus(e, config, share, err);
    if (status == GV_OK)
        *estimate = e;
    else
        gv_plan_estimate_free(e);
    return status;
}

void gv_plan_estimate_free(gv_plan_estimate *e)
{
    if (!e)
        return;
    gv_vocab_free(e->given);
    gv_plan_words_free(&e->words);
    gv_plan_sample_free(&e->sample);
    gv_mem_free(e);
}

int gv_plan_make_from(gv_plan *plan, const gv_plan_estimate *estimate, const gv_config *config,
                      const char *run_dir, gv_error *err)
{
    gv_plan_basis basis = estimate->basis;
    basis.config = config;
    *plan = (gv_plan){.threads = gv_config_threads(config->cooccur_threads),
                      .train_threads = gv_config_threads(config->train_threads),
                      .memory_available = (double)gv_mem_available()};
    if (plan->memory_available <= 0)
        plan->memory_available = INFINITY;
    int status = gv_plan_cost_subword_sizes(&basis.subwords, &basis, err);
    if (status == GV_OK)
        status = gv_plan_cost_tiles(&basis.tiles, &basis.matrix, basis.pairs, config, err);
    if (status == GV_OK) {
        note_sizes(plan, &basis);
        status = gv_plan_cost_stages(plan, &basis, err);
    }
    return status == GV_OK ? plan_disks(plan, config, run_dir, err) : status;
}

/* No stage ends before the disk has taken its files. Temporary ones may stay in memory. */
static void wait_for_disk(gv_plan *plan, const char *run_dir)
{
    double rate = gv_plan_rates_disk(run_dir);
    for (int s = 0; s < GV_PLAN_STAGES; s++)
        plan->stage[s].wall_s = fmax(plan->stage[s].wall_s, plan->stage[s].disk / rate);
}

int gv_plan_make(gv_plan *plan, const gv_config *config, const char *run_dir, double share,
                 gv_error *err)
{
    gv_plan_estimate *estimate = NULL;
    int status = gv_plan_estimate_make(&estimate, config, share, err);
    if (status == GV_OK)
        status = gv_plan_make_from(plan, estimate, config, run_dir, err);
    if (status == GV_OK)
        wait_for_disk(plan, run_dir);
    gv_plan_estimate_free(estimate);
    return status;
}
