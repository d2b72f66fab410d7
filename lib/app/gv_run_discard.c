/*
 * What a stage does not throw away without --force: an output that took more than a minute to make
 * and is to be replaced by a different one, and a vocab.txt that somebody has edited.
 *
 * An output that was damaged or deleted is no loss, nor is one that will be the same again. Scores
 * (glove-eval) are of the vectors that are there; they are never protected.
 */
#include "app/gv_run_internal.h"

#include "base/gv_amount.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>

static const double long_work_s = 60;

bool gv_run_is_long(double seconds)
{
    return seconds > long_work_s;
}

double gv_run_recorded_seconds(const gv_run *run)
{
    const json_t *done = json_object_get(gv_run_stamp(run, run->stage), "done");
    return json_number_value(json_object_get(done, "wall_s"));
}

int gv_run_refuse_discard(const gv_run *run, const char *why, double seconds, gv_error *err)
{
    char lost[GV_AMOUNT_TEXT];
    return gv_error_set(err, GV_E_USAGE,
                        "%s; %s would replace %s of work: use --force if it may, or another run "
                        "directory (--set name=NAME or --run-dir DIR)",
                        why, gv_config_stage_program(run->stage), gv_amount_time(lost, seconds));
}

/* --- why it would be another output ----------------------------------------------------------- */

/* The first input that is not the one of the stamp, in words. Caller frees. */
static int describe_input(char **why, gv_run *run, const char *output, const json_t *records,
                          const gv_strings *inputs, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; status == GV_OK && inputs && i < inputs->n; i++) {
        const json_t *record = json_array_get(records, i);
        const char *path = inputs->items[i];
        const char *before = json_string_value(json_object_get(record, "file"));
        bool same = false;
        if (!before)
            break;
        if (strcmp(path, "-") != 0)
            status = gv_run_same_file(&same, run, record, path, err);
        if (status != GV_OK || same)
            continue;
        *why = strcmp(before, path) == 0
                   ? gv_mem_format(err, "%s was made from %s, which is another now", output, path)
                   : gv_mem_format(err, "%s was made from %s, now it would be from %s", output,
                                   before, path);
        return *why ? GV_OK : GV_E_MEMORY;
    }
    if (status == GV_OK && !(*why = gv_mem_format(err, "%s was made from other files", output)))
        status = GV_E_MEMORY;
    return status;
}

int gv_run_describe_change(char **why, gv_run *run, unsigned stages, const char *output,
                           const gv_strings *inputs, gv_error *err)
{
    const json_t *stamp = gv_run_stamp(run, run->stage);
    const char *recipe = json_string_value(json_object_get(stamp, "recipe"));
    gv_config_difference d = {0};
    gv_error ignored = GV_ERROR_INIT; /* a recipe of another version names no key of this one */
    *why = NULL;
    if (gv_config_compare(&d, recipe, stages, run->config, &ignored) == GV_OK && d.key) {
        *why = gv_mem_format(err, "%s was made with %s = %s, the config says %s", output, d.key,
                             d.found, d.wanted);
        return *why ? GV_OK : GV_E_MEMORY;
    }
    return describe_input(why, run, output, json_object_get(stamp, "inputs"), inputs, err);
}

/* --- the checks ------------------------------------------------------------------------------- */

/* Is the file the one that the stamp describes? `*exists`: there is a file at all. */
static int is_stamped(bool *stamped, bool *exists, gv_run *run, const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/');
    const json_t *record =
        gv_run_find_output(gv_run_stamp(run, run->stage), slash ? slash + 1 : path);
    gv_file_stat look;
    *stamped = *exists = false;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.exists)
        return status;
    *exists = true;
    return record ? gv_run_same_file(stamped, run, record, path, err) : GV_OK;
}

int gv_run_is_own_output(bool *own, gv_run *run, const char *path, gv_error *err)
{
    bool exists;
    return is_stamped(own, &exists, run, path, err);
}

static int refuse_edited(const char *path, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "%s is not the file that glove-vocab wrote here; glove-cooccur uses it as "
                        "it is. To keep it as your own list, copy it and set vocab.file to the "
                        "copy; to replace it, use --force",
                        path);
}

int gv_run_check_discard(gv_run *run, const gv_strings *inputs, const gv_strings *outputs,
                         gv_error *err)
{
    bool stamped, exists, killed, vocab = run->stage == GV_STAGE_VOCAB;
    if (run->force || !outputs || outputs->n == 0 ||
        !(vocab || run->stage == GV_STAGE_COOCCUR || run->stage == GV_STAGE_SHUFFLE))
        return GV_OK;
    const char *path = outputs->items[0];
    int status = is_stamped(&stamped, &exists, run, path, err);
    if (status != GV_OK || !exists)
        return status;
    /* a start that was killed may have replaced the file, but not its stamp */
    if (!stamped) {
        status = gv_run_config_was_killed(&killed, run, err);
        return status == GV_OK && vocab && !killed ? refuse_edited(path, err) : status;
    }
    double seconds = gv_run_recorded_seconds(run);
    if (!gv_run_is_long(seconds))
        return GV_OK;
    char *why = NULL;
    status = gv_run_describe_change(&why, run, ((unsigned)run->stage << 1) - 1, path, inputs, err);
    if (status == GV_OK)
        status = gv_run_refuse_discard(run, why, seconds, err);
    gv_mem_free(why);
    return status;
}

int gv_run_check_discard_trained(gv_run *run, unsigned stages, const gv_strings *inputs,
                                 const gv_strings *outputs, gv_error *err)
{
    const json_t *stamp = gv_run_stamp(run, run->stage);
    const char *recipe = json_string_value(json_object_get(stamp, "recipe"));
    double seconds = gv_run_recorded_seconds(run);
    gv_config_difference d = {0};
    bool kept = false, same = true;
    const char *vectors = NULL;
    int status = GV_OK;
    if (run->force || !recipe || !gv_run_is_long(seconds))
        return GV_OK;
    for (size_t i = 0; i < outputs->n && !kept && status == GV_OK; i++) {
        bool exists;
        vectors = outputs->items[i];
        if (!strstr(vectors, GV_FILE_CHECKPOINT))
            status = is_stamped(&kept, &exists, run, vectors, err);
    }
    gv_error ignored = GV_ERROR_INIT;
    if (status != GV_OK || !kept ||
        gv_config_compare(&d, recipe, stages, run->config, &ignored) != GV_OK)
        return status;
    for (size_t i = 0; i < inputs->n && same && status == GV_OK; i++)
        status = gv_run_same_file(&same, run, json_array_get(json_object_get(stamp, "inputs"), i),
                                  inputs->items[i], err);
    if (status != GV_OK || (same && !d.key))
        return status; /* the same training: what it made before it will make again */
    char *why = NULL;
    status = gv_run_describe_change(&why, run, stages, vectors, inputs, err);
    if (status == GV_OK)
        status = gv_run_refuse_discard(run, why, seconds, err);
    gv_mem_free(why);
    return status;
}
