/*
 * All stages in sequence. What can be checked at once is checked before the first one: a missing
 * question file must not end a run after hours of training.
 */
#include "pipeline/gv_pipeline.h"

#include "app/gv_child.h"
#include "app/gv_child_program.h"
#include "app/gv_next_step.h"
#include "base/gv_amount.h"
#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_text.h"
#include "pipeline/gv_append.h"
#include "pipeline/gv_clean.h"
#include "pipeline/gv_pipeline_config.h"
#include "pipeline/gv_pipeline_expect.h"
#include "pipeline/gv_pipeline_keep.h"
#include "pipeline/gv_pipeline_show.h"
#include "pipeline/gv_pipeline_time.h"
#include "pipeline/gv_stage_locks.h"
#include "vectors/gv_vectors.h"
#include "vocab/gv_vocab.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *const gv_pipeline_stages[] = {"vocab", "cooccur", "shuffle", "train", "eval", NULL};

/* --- which stages ----------------------------------------------------------------------------- */

/* Does the config have that stage? */
static bool has_stage(const gv_config *config, enum gv_config_stage stage)
{
    if (stage & (GV_STAGE_COOCCUR | GV_STAGE_SHUFFLE))
        return config->train_objective != GV_OBJECTIVE_WORD2VEC;
    return stage != GV_STAGE_EVAL || gv_config_evaluates(config);
}

/* The number of the stage that `option` names; `otherwise` if it was not given. */
static int find_stage(size_t *found, const char *option, const char *name, size_t otherwise,
                      const gv_config *config, gv_error *err)
{
    *found = otherwise;
    if (!name)
        return GV_OK;
    size_t i = 0;
    while (gv_pipeline_stages[i] && strcmp(gv_pipeline_stages[i], name) != 0)
        i++;
    const char *near = gv_config_nearest_name(name, gv_pipeline_stages, GV_PIPELINE_TIME_STAGES);
    if (!gv_pipeline_stages[i])
        return gv_error_set(
            err, GV_E_USAGE, "%s must be vocab, cooccur, shuffle, train or eval, not \"%s\"%s%s%s",
            option, name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    *found = i;
    if (has_stage(config, gv_stage_locks_order[i]))
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE, "%s %s: %s", option, name,
                        i == GV_PIPELINE_TIME_STAGES - 1
                            ? "the config names no files in eval.analogies, eval.similarity, "
                              "eval.categories, eval.outliers or eval.probes"
                            : "train.objective \"word2vec\" learns from the text and counts no "
                              "pairs");
}

static int choose_stages(gv_pipeline_time *time, const gv_pipeline_options *options, gv_error *err)
{
    const gv_config *config = options->call->config;
    size_t first = 0, last = 0;
    int status = find_stage(&first, "--from", options->from, 0, config, err);
    if (status == GV_OK)
        status = find_stage(&last, "--to", options->to, GV_PIPELINE_TIME_STAGES - 1, config, err);
    if (status == GV_OK && first > last)
        status = gv_error_set(err, GV_E_USAGE, "--from %s comes after --to %s", options->from,
                              options->to);
    for (size_t i = first; status == GV_OK && i <= last; i++)
        if (has_stage(config, gv_stage_locks_order[i]))
            time->stages[time->n++] = gv_stage_locks_order[i];
    return status;
}

/* --- checks before the first stage ------------------------------------------------------------ */

static int check_config_given(const gv_program_call *call, gv_error *err)
{
    if (call->config_path)
        return GV_OK;
    if (!call->run_dir_given)
        return gv_error_set(
            err, GV_E_USAGE,
            "which config? glove-run CONFIG, or --run-dir DIR for a run that exists");
    gv_file_stat look;
    char *path = gv_file_path_join(call->run_dir, GV_FILE_CONFIG, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s is missing: name the config as well (glove-run CONFIG --run-dir "
                              "%s)",
                              path, call->run_dir);
    gv_mem_free(path);
    return status;
}

static int check_files(const char *key, const gv_strings *files, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < files->n && status == GV_OK; i++)
        status = gv_config_check_file(key, files->items[i], err);
    return status;
}

static bool reads_corpus(const gv_config *config, enum gv_config_stage stage)
{
    return stage == GV_STAGE_VOCAB || stage == GV_STAGE_COOCCUR ||
           (stage == GV_STAGE_TRAIN && config->train_objective == GV_OBJECTIVE_WORD2VEC);
}

/* Standard input can be read once. */
static int check_stdin(const gv_pipeline_time *time, const gv_config *config, gv_error *err)
{
    const char *readers[2] = {NULL, NULL};
    bool from_stdin = false;
    for (size_t i = 0; i < config->corpus_files.n; i++)
        from_stdin |=
            !gv_config_is_counted(config, i) && strcmp(config->corpus_files.items[i], "-") == 0;
    for (size_t i = 0; i < time->n; i++)
        if (reads_corpus(config, time->stages[i]))
            readers[readers[0] != NULL] = gv_config_stage_program(time->stages[i]);
    if (!from_stdin || !readers[1])
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "corpus.files: \"-\": %s and %s both read the corpus, but standard input "
                        "can be read only once; write it to a file",
                        readers[0], readers[1]);
}

static int check(const gv_pipeline_time *time, const gv_config *config, gv_error *err)
{
    int status = check_stdin(time, config, err);
    if (status != GV_OK || time->stages[time->n - 1] != GV_STAGE_EVAL)
        return status;
    if (config->eval_oov == GV_OOV_SUBWORDS && !config->output_subwords)
        return gv_error_set(err, GV_E_USAGE,
                            "eval.oov \"subwords\" needs vectors that are trained with "
                            "output.subwords = true");
    status = check_files("eval.analogies", &config->eval_analogies, err);
    if (status == GV_OK)
        status = check_files("eval.similarity", &config->eval_similarity, err);
    if (status == GV_OK)
        status = check_files("eval.categories", &config->eval_categories, err);
    if (status == GV_OK)
        status = check_files("eval.outliers", &config->eval_outliers, err);
    if (status == GV_OK)
        status = check_files("eval.probes", &config->eval_probes, err);
    return status;
}

/* --- running ---------------------------------------------------------------------------------- */

/* A signal came when no stage could save, or say so. */
static int stopped(int *exit_code, int signal_number, const char *program, gv_error *err)
{
    *exit_code = 0;
    gv_signal_pretend(signal_number); /* it decides the exit code */
    return gv_error_set(err, GV_E_STOPPED, "stopped by %s before %s had begun to work",
                        gv_signal_name(signal_number), program);
}

/* A stage that ended with another code than 0. */
static int stage_failed(int *exit_code, const gv_pipeline_show *show, const char *program,
                        const gv_child_end *end, gv_error *err)
{
    *exit_code = end->exit_code;
    if (show->error_told)
        return GV_OK;
    if (end->killed_by && end->killed_by == gv_child_signals_pending())
        return stopped(exit_code, end->killed_by, program, err);
    *exit_code = 0;
    if (end->killed_by)
        return gv_error_set(err, GV_E_RUNTIME, "%s was killed by signal %d (%s)%s", program,
                            end->killed_by, strsignal(end->killed_by),
                            end->killed_by == SIGKILL ? ": memory may have run out" : "");
    return gv_error_set(err, GV_E_RUNTIME, "%s ended with exit code %d", program, end->exit_code);
}

static int run_stage(int *exit_code, gv_pipeline_show *show, const gv_program_call *call,
                     enum gv_config_stage stage, gv_error *err)
{
    const char *program = gv_config_stage_program(stage);
    const char *mode = gv_progress_mode_of(show->progress) == GV_PROGRESS_NONE ? "none" : "json";
    const gv_child_output output = gv_pipeline_show_output(show);
    gv_strings arguments = {0};
    gv_child_end end = {0};
    char *path = NULL;
    int status = gv_child_program_find(&path, program, err);
    if (status == GV_OK)
        status = gv_child_program_arguments(&arguments, path, call, call->force, mode, err);
    if (status == GV_OK)
        status = gv_child_run(&end, arguments.items, &output, err);
    gv_progress_clear(show->progress);
    if (status == GV_OK && end.exit_code != 0)
        status = stage_failed(exit_code, show, program, &end, err);
    if (status == GV_OK && show->output_error != 0) {
        errno = show->output_error;
        status = gv_error_set_errno(err, "cannot write to standard output");
    }
    gv_strings_free(&arguments);
    gv_mem_free(path);
    return status;
}

static int run_stages(int *exit_code, gv_pipeline_show *show, const gv_program_call *call,
                      gv_error *err)
{
    gv_pipeline_time *time = show->time;
    char *before = NULL;
    int status = gv_pipeline_config_before(&before, call, err);
    for (size_t i = 0; i < time->n && status == GV_OK && *exit_code == 0; i++) {
        int signal_number = gv_child_signals_pending();
        const char *program = gv_config_stage_program(time->stages[i]);
        if (signal_number) {
            /* it came when the stage before had just ended */
            status = stopped(exit_code, signal_number, program, err);
            break;
        }
        gv_pipeline_time_begin(time, i, gv_clock_wall_seconds());
        gv_pipeline_show_begin(show);
        status = run_stage(exit_code, show, call, time->stages[i], err);
        gv_pipeline_time_end(time, gv_clock_wall_seconds());
        if ((status != GV_OK && status != GV_E_STOPPED) || *exit_code == 1 || *exit_code == 2)
            gv_pipeline_config_restore(call->run_dir, time->stages[i], before);
    }
    gv_mem_free(before);
    return status;
}

/* --- before and after ------------------------------------------------------------------------- */

/* "vocab, cooccur, shuffle, train in runs/my" */
static void tell_begin(gv_progress *progress, const gv_pipeline_time *time, const char *dir)
{
    gv_text names = GV_TEXT_INIT;
    for (size_t i = 0; i < time->n; i++)
        gv_text_printf(&names, "%s%s", i ? ", " : "", gv_config_stage_name(time->stages[i]));
    if (names.bytes)
        gv_progress_note(progress, "%s in %s", names.bytes, dir);
    gv_text_drop(&names);
}

/* What to look at; a vocabulary that cannot be read is no reason to fail now. */
static void tell_next(gv_progress *progress, const gv_program_call *call)
{
    gv_vocab *vocab = NULL;
    char *path = gv_file_path_join(call->run_dir, GV_FILE_VOCAB, NULL);
    if (path && gv_vocab_read(&vocab, path, 1, NULL) != GV_OK)
        vocab = NULL;
    const gv_next_step next = {.config = call->config, .dir = call->run_dir, .vocab = vocab};
    gv_next_step_show(progress, &next);
    gv_vocab_free(vocab);
    gv_mem_free(path);
}

/* "done in 1:23 min; vectors: runs/my/vectors.txt" */
static void tell_end(gv_progress *progress, const gv_pipeline_time *time, double start,
                     const gv_program_call *call)
{
    char taken[GV_AMOUNT_TEXT];
    gv_amount_time(taken, gv_clock_wall_seconds() - start);
    const char *names[GV_VECTORS_FILES_MAX];
    size_t n = gv_vectors_files(names, call->config->output_formats);
    gv_text files = GV_TEXT_INIT;
    for (size_t i = 0; i < n; i++)
        gv_text_printf(&files, "%s %s/%s", i ? "," : "; vectors:", call->run_dir, names[i]);
    bool trained = time->stages[time->n - 1] & (GV_STAGE_TRAIN | GV_STAGE_EVAL);
    gv_progress_note(progress, "done in %s%s", taken, trained && files.bytes ? files.bytes : "");
    if (trained)
        tell_next(progress, call);
    gv_text_drop(&files);
}

/* The stages of `call` from the checks on. `expect` is the call whose earlier times are known. */
static int run(int *exit_code, const gv_pipeline_options *options, const gv_program_call *call,
               gv_pipeline_time *time, gv_error *err)
{
    gv_pipeline_show show = {.progress = call->progress, .time = time};
    int status = check(time, call->config, err);
    if (status == GV_OK)
        status = gv_pipeline_config_check_idle(options->call->run_dir, err);
    if (status == GV_OK && call != options->call)
        status = gv_pipeline_config_check_idle(call->run_dir, err);
    if (status == GV_OK)
        status = gv_child_signals_take(err);
    if (status == GV_OK)
        tell_begin(call->progress, time, call->run_dir);
    if (status == GV_OK) /* of an append the run itself tells how long stages take */
        status = gv_pipeline_expect(time, options->call, err);
    time->start = gv_clock_wall_seconds();
    if (status == GV_OK)
        status = run_stages(exit_code, &show, call, err);
    gv_pipeline_show_clear(&show);
    return status;
}

static int run_append(int *exit_code, const gv_pipeline_options *options, gv_pipeline_time *time,
                      gv_error *err)
{
    gv_append append;
    gv_pipeline_options of_append = *options;
    bool all = false;
    int status = gv_append_begin(&append, options->call, &options->append, err);
    of_append.call = &append.call;
    if (status == GV_OK)
        status = choose_stages(time, &of_append, err);
    if (status == GV_OK) {
        status = run(exit_code, options, &append.call, time, err);
        all = time->stages[time->n - 1] & (GV_STAGE_TRAIN | GV_STAGE_EVAL);
    }
    if (status == GV_OK && *exit_code == 0 && all)
        status = gv_append_end(&append, err);
    else if (status == GV_OK && *exit_code == 0 && !append.moved)
        gv_progress_note(options->call->progress,
                         "%s stays as it was; the same command without --to goes on",
                         options->call->run_dir);
    gv_append_clear(&append);
    return status;
}

/* --keep removes what stages would need that were not run. */
static int parse_keep(unsigned *keep, const gv_pipeline_options *options, gv_error *err)
{
    int status = gv_clean_parse(keep, &options->keep, err);
    if (status == GV_OK && *keep && options->to && strcmp(options->to, "train") != 0 &&
        strcmp(options->to, "eval") != 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--keep is for a run that ends with vectors; leave out --to %s",
                            options->to);
    return status;
}

/* All but the scores is complete, and stays as it is. */
static void leave_scores(gv_pipeline_time *time)
{
    time->n = time->n > 0 && time->stages[time->n - 1] == GV_STAGE_EVAL;
    time->stages[0] = GV_STAGE_EVAL;
}

/* The stages of the run itself. */
static int run_own(int *exit_code, const gv_pipeline_options *options, gv_pipeline_time *time,
                   gv_error *err)
{
    const gv_program_call *call = options->call;
    bool complete = false;
    int status = gv_append_recover(call->run_dir, call->progress, err);
    if (status == GV_OK)
        status = choose_stages(time, options, err);
    if (status == GV_OK && !options->from && !options->to)
        status = gv_pipeline_keep_check(&complete, call, err);
    if (complete)
        leave_scores(time);
    return status == GV_OK && time->n > 0 ? run(exit_code, options, call, time, err) : status;
}

int gv_pipeline_run(int *exit_code, const gv_pipeline_options *options, gv_error *err)
{
    const gv_program_call *call = options->call;
    gv_pipeline_time time = {0};
    unsigned keep = 0;
    double start = gv_clock_wall_seconds();
    int status = check_config_given(call, err);
    if (status == GV_OK)
        status = parse_keep(&keep, options, err);
    if (status == GV_OK)
        status = options->append.n > 0 ? run_append(exit_code, options, &time, err)
                                       : run_own(exit_code, options, &time, err);
    if (status == GV_OK && *exit_code == 0 && keep)
        status = gv_pipeline_keep_apply(call, keep, err);
    if (status == GV_OK && *exit_code == 0 && time.n > 0)
        tell_end(call->progress, &time, start, call);
    return status;
}
