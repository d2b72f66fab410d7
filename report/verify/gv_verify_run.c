#include "report/verify/gv_verify_run.h"

#include "app/gv_run.h"
#include "app/gv_stamp.h"
#include "app/gv_sweep_file.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include "kernel/gv_kernel.h"
#include "model/gv_checkpoint.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VOCAB, COOCCUR, SHUFFLE, TRAIN, EVAL };

const enum gv_config_stage gv_verify_run_stages[GV_VERIFY_RUN_STAGES] = {
    GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};

/* By the first of its outputs a stage without a stamp is known to be done. */
static const char *const first_output[] = {GV_FILE_VOCAB, GV_FILE_COUNTS, GV_FILE_STORE,
                                           GV_FILE_CHECKPOINT, GV_FILE_EVAL};

const gv_json *gv_verify_run_done(const gv_verify_run *run, size_t stage)
{
    return gv_json_get(run->stamp[stage], "done");
}

int gv_verify_run_has(bool *there, const char *dir, const char *name, gv_error *err)
{
    gv_file_stat look = {.exists = false};
    char *path = gv_file_path_join(dir, name, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    *there = look.exists;
    gv_mem_free(path);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Only settings that change no byte make sense: where files are, threads, memory. */
static int check_sets(const gv_strings *sets, gv_error *err)
{
    static const char *const allowed[] = {
        "corpus.files",      "vocab.file",      "vocab.extend",
        "vocab.phrase_file", "vocab.stop_file", "vocab.memory_mb",
        "cooccur.memory_mb", "cooccur.threads", "cooccur.temp_dir",
        "shuffle.memory_mb", "train.init",      "train.init_context",
        "train.threads",     "train.memory_mb", "train.checkpoint_every",
        "eval.analogies",    "eval.similarity", "eval.categories",
        "eval.outliers",     "eval.probes",     NULL};
    for (size_t i = 0; i < sets->n; i++) {
        const size_t n = strcspn(sets->items[i], "=");
        bool known = false;
        for (const char *const *key = allowed; *key && !known; key++)
            known = strlen(*key) == n && strncmp(*key, sets->items[i], n) == 0;
        if (!known)
            return gv_error_set(err, GV_E_USAGE,
                                "--set %.*s: a run is verified with its own settings; only where "
                                "files are, threads and memory may be set",
                                (int)n, sets->items[i]);
    }
    return GV_OK;
}

static int no_run(const char *dir, gv_error *err)
{
    bool sweep = false;
    int status = gv_sweep_file_is_there(&sweep, dir, err);
    if (status == GV_OK && sweep)
        return gv_error_set(err, GV_E_USAGE, "%s is a sweep: name one of the run directories in it",
                            dir);
    return status == GV_OK ? gv_error_set(err, GV_E_USAGE, "%s is no run directory: it has no %s",
                                          dir, GV_FILE_CONFIG)
                           : status;
}

static int load_config(gv_verify_run *run, const gv_strings *sets, gv_error *err)
{
    bool there = false;
    char *path = gv_file_path_join(run->dir, GV_FILE_CONFIG, err);
    int status = path ? gv_verify_run_has(&there, run->dir, GV_FILE_CONFIG, err) : GV_E_MEMORY;
    if (status == GV_OK && !there)
        status = no_run(run->dir, err);
    if (status == GV_OK)
        status = check_sets(sets, err);
    if (status == GV_OK)
        status = gv_config_load(&run->plain, path, &(gv_strings){0}, "default", err);
    if (status == GV_OK)
        status = gv_config_load(&run->config, path, sets, "default", err);
    gv_mem_free(path);
    return status;
}

/* --- what can be done again ------------------------------------------------------------------- */

static bool has_stage(const gv_config *config, size_t stage)
{
    return config->train_objective != GV_OBJECTIVE_WORD2VEC ||
           (stage != COOCCUR && stage != SHUFFLE);
}

/* Did a tool make the output of the stage, or somebody bring it? */
static bool is_given(gv_verify_run *run, size_t stage, bool there)
{
    const char *tool = gv_json_get_text(gv_verify_run_done(run, stage), "tool");
    const bool brought = there && !run->stamp[stage] && stage <= COOCCUR &&
                         run->config->corpus_files.n == 0 &&
                         !(stage == VOCAB && run->config->vocab_file);
    if (*tool)
        snprintf(run->reason[stage], GV_VERIFY_RUN_REASON, "made by %s", tool);
    else if (brought)
        snprintf(run->reason[stage], GV_VERIFY_RUN_REASON, "corpus.files names no text");
    return *tool || brought;
}

/* Does a training give other bytes each time? */
static bool is_unordered(gv_verify_run *run)
{
    const gv_config *config = run->config;
    const gv_json *done = gv_verify_run_done(run, TRAIN);
    const double threads = gv_json_get_number(done, "threads");
    const bool mpi = strncmp(gv_json_get_text(done, "command"), "glove-train-mpi", 15) == 0;
    if (mpi && config->train_distributed != GV_DISTRIBUTED_ROTATION) {
        snprintf(run->reason[TRAIN], GV_VERIFY_RUN_REASON,
                 "glove-train-mpi with train.distributed \"%s\" gives other vectors each time",
                 gv_config_distributed_name(config));
        return true;
    }
    if (config->train_schedule == GV_SCHEDULE_ORDERED || threads == 1)
        return false;
    char by[48] = "an unknown number of threads";
    if (threads > 0)
        snprintf(by, sizeof by, "%.0f threads", threads);
    snprintf(run->reason[TRAIN], GV_VERIFY_RUN_REASON,
             "train.schedule \"%s\" with %s gives other vectors each time; with 1 thread it would "
             "give the same",
             gv_config_schedule_name(config), by);
    return true;
}

/* Are the scores those of vectors from elsewhere? */
static bool is_of_other_vectors(gv_verify_run *run)
{
    const gv_json *first = gv_json_item(gv_json_get(run->stamp[EVAL], "inputs"), 0);
    if (gv_json_get_text(first, "path")[0] != '/')
        return false;
    snprintf(run->reason[EVAL], GV_VERIFY_RUN_REASON,
             "it has the scores of %.200s, which is not of this run (glove-eval --vectors)",
             gv_json_get_text(first, "file"));
    return true;
}

/* Is any file of vectors there, or a checkpoint? */
static int has_outputs(bool *there, const gv_verify_run *run, size_t stage, gv_error *err)
{
    const char *names[GV_VECTORS_FILES_MAX];
    int status = gv_verify_run_has(there, run->dir, first_output[stage], err);
    const size_t n = stage == TRAIN ? gv_vectors_files(names, run->config->output_formats) : 0;
    for (size_t i = 0; i < n && status == GV_OK && !*there; i++)
        status = gv_verify_run_has(there, run->dir, names[i], err);
    return status;
}

static int choose_work(gv_verify_run *run, size_t last, gv_error *err)
{
    size_t done = 0; /* number of the last stage that was done, from 1 */
    for (size_t i = 0; i <= last; i++) {
        bool there = false;
        int status = gv_stamp_read(&run->stamp[i], run->dir, gv_verify_run_stages[i], err);
        if (status == GV_OK)
            status = has_outputs(&there, run, i, err);
        if (status != GV_OK)
            return status;
        if (!has_stage(run->config, i) || (i == EVAL && !there && !run->stamp[i]))
            continue;
        run->work[i] = is_given(run, i, there) ? GV_VERIFY_RUN_GIVEN : GV_VERIFY_RUN_AGAIN;
        if (there || run->stamp[i])
            done = i + 1;
    }
    for (size_t i = done; i <= last; i++)
        run->work[i] = GV_VERIFY_RUN_NOTHING;
    if (done == 0)
        return gv_error_set(err, GV_E_USAGE,
                            "%s: no stage has been run yet; glove-run --run-dir "
                            "%s runs them",
                            run->dir, run->dir);
    if (run->work[TRAIN] == GV_VERIFY_RUN_AGAIN && is_unordered(run))
        run->work[TRAIN] = GV_VERIFY_RUN_CANNOT;
    if (run->work[EVAL] == GV_VERIFY_RUN_AGAIN && is_of_other_vectors(run))
        run->work[EVAL] = GV_VERIFY_RUN_CANNOT;
    return GV_OK;
}

/* The number of the stage of that name. */
static int find_last(size_t *last, const char *to, gv_error *err)
{
    *last = EVAL;
    if (!to)
        return GV_OK;
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES; i++)
        if (strcmp(to, gv_config_stage_name(gv_verify_run_stages[i])) == 0) {
            *last = i;
            return GV_OK;
        }
    return gv_error_set(err, GV_E_USAGE,
                        "--to must be vocab, cooccur, shuffle, train or eval, not \"%s\"", to);
}

int gv_verify_run_open(gv_verify_run *run, const char *dir, const gv_strings *sets, const char *to,
                       gv_error *err)
{
    size_t last = EVAL;
    *run = (gv_verify_run){.dir = dir};
    int status = find_last(&last, to, err);
    if (status == GV_OK)
        status = load_config(run, sets, err);
    if (status == GV_OK)
        status = choose_work(run, last, err);
    return status;
}

void gv_verify_run_clear(gv_verify_run *run)
{
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES; i++)
        gv_json_free(run->stamp[i]);
    gv_config_free(run->config);
    gv_config_free(run->plain);
    *run = (gv_verify_run){0};
}

/* --- settings and arithmetic ------------------------------------------------------------------ */

static int check_settings(const gv_verify_run *run, size_t stage, gv_error *err)
{
    const enum gv_config_stage made_by = gv_verify_run_stages[stage];
    const char *recipe = gv_json_text(gv_json_get(run->stamp[stage], "recipe"));
    gv_config_difference d;
    if (!recipe)
        return GV_OK;
    int status =
        gv_config_compare(&d, recipe, gv_run_recipe_stages(run->plain, made_by), run->plain, err);
    if (status != GV_OK || !d.key)
        return status;
    const gv_json *first =
        gv_json_item(gv_json_get(run->stamp[stage], "outputs"), d.stage == GV_STAGE_OUTPUT ? 1 : 0);
    const char *name = gv_json_get_text(first, "path");
    return gv_error_set(err, GV_E_RUNTIME,
                        "%s, stage %s: %s was made with %s = %s, but config.json says %s: it was "
                        "changed since",
                        run->dir, gv_config_stage_name(made_by), *name ? name : first_output[stage],
                        d.key, d.found, d.wanted);
}

static int check_numerics(const gv_verify_run *run, gv_error *err)
{
    gv_checkpoint_reader *reader = NULL;
    bool there = false;
    char *path = gv_file_path_join(run->dir, GV_FILE_CHECKPOINT, err);
    int status = path ? gv_verify_run_has(&there, run->dir, GV_FILE_CHECKPOINT, err) : GV_E_MEMORY;
    /* a damaged one is found when it is compared */
    if (status == GV_OK && there && gv_checkpoint_open(&reader, path, NULL) == GV_OK) {
        const uint32_t version = gv_checkpoint_about(reader)->numerics_version;
        const gv_json *done = gv_verify_run_done(run, TRAIN);
        if (version != GV_NUMERICS_VERSION)
            status = gv_error_set(
                err, GV_E_RUNTIME,
                "%s, stage train: model.ckpt is of numerics version %" PRIu32 ", made by glovebox "
                "%s %s; this program has version %d, whose vectors are others (docs/numerics.md); "
                "verify with that glovebox, or without training (--to shuffle)",
                run->dir, version, gv_json_get_text(done, "version"),
                gv_json_get_text(done, "commit"), GV_NUMERICS_VERSION);
    }
    gv_checkpoint_close(reader);
    gv_mem_free(path);
    return status;
}

int gv_verify_run_check(const gv_verify_run *run, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES && status == GV_OK; i++)
        if (run->work[i] != GV_VERIFY_RUN_NOTHING)
            status = check_settings(run, i, err);
    if (status == GV_OK && run->work[TRAIN] == GV_VERIFY_RUN_AGAIN)
        status = check_numerics(run, err);
    return status;
}

/* --- outputs ---------------------------------------------------------------------------------- */

double gv_verify_run_bytes(const gv_verify_run *run)
{
    double bytes = 0;
    for (size_t i = 0; i < GV_VERIFY_RUN_STAGES; i++) {
        const gv_json *outputs = gv_json_get(run->stamp[i], "outputs");
        for (size_t k = 0; run->work[i] == GV_VERIFY_RUN_AGAIN && k < gv_json_count(outputs); k++)
            bytes += gv_json_get_number(gv_json_item(outputs, k), "bytes");
    }
    return bytes;
}

double gv_verify_run_seconds(const gv_verify_run *run, size_t stage)
{
    const double s = gv_json_get_number(gv_verify_run_done(run, stage), "wall_s");
    return s > 0 ? s : 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const gv_json *gv_verify_run_record(const gv_verify_run *run, size_t stage, const char *name)
{
    const gv_json *outputs = gv_json_get(run->stamp[stage], "outputs");
    for (size_t i = 0; i < gv_json_count(outputs); i++) {
        const gv_json *record = gv_json_item(outputs, i);
        if (strcmp(base_name(gv_json_get_text(record, "path")), name) == 0)
            return record;
    }
    return NULL;
}

int gv_verify_run_is_recorded(bool *same, const gv_json *record, const char *path, gv_error *err)
{
    gv_file_stat look;
    gv_hash hash;
    char hex[GV_HASH_HEX];
    *same = false;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.regular ||
        (int64_t)look.size != gv_json_int(gv_json_get(record, "bytes")))
        return status;
    status = gv_file_reader_hash(&hash, path, err);
    if (status == GV_OK) {
        gv_hash_hex(hash, hex);
        *same = strcmp(hex, gv_json_get_text(record, "xxh128")) == 0;
    }
    return status;
}

static int add_if_there(gv_strings *names, const gv_verify_run *run, const char *name,
                        gv_error *err)
{
    bool there = false;
    int status = gv_verify_run_has(&there, run->dir, name, err);
    return status == GV_OK && there ? gv_strings_add(names, name, err) : status;
}

int gv_verify_run_outputs(gv_strings *names, const gv_verify_run *run, size_t stage, gv_error *err)
{
    const gv_json *outputs = gv_json_get(run->stamp[stage], "outputs");
    const char *files[GV_VECTORS_FILES_MAX];
    int status = GV_OK;
    *names = (gv_strings){0};
    if (stage == TRAIN && run->config->train_objective == GV_OBJECTIVE_WORD2VEC)
        status = add_if_there(names, run, GV_FILE_IDS, err);
    for (size_t i = 0; i < gv_json_count(outputs) && status == GV_OK; i++)
        status = gv_strings_add(names,
                                base_name(gv_json_get_text(gv_json_item(outputs, i), "path")), err);
    if (status != GV_OK || gv_json_count(outputs) > 0)
        return status;
    status = add_if_there(names, run, first_output[stage], err);
    if (status == GV_OK && stage == VOCAB)
        status = add_if_there(names, run, GV_FILE_PHRASES, err);
    const size_t n = stage == TRAIN ? gv_vectors_files(files, run->config->output_formats) : 0;
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = add_if_there(names, run, files[i], err);
    if (status == GV_OK && stage == TRAIN)
        status = add_if_there(names, run, GV_FILE_SUBWORDS, err);
    return status;
}
