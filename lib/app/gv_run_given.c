/*
 * Outputs of a stage that were not made by its program: counts that were merged or imported, with
 * their vocabulary. There is no text to count them from again, so the stage leaves them alone.
 */
#include "app/gv_run_internal.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"

const char *gv_run_tool(const gv_run *run, enum gv_config_stage made_by)
{
    const json_t *done = json_object_get(gv_run_stamp(run, made_by), "done");
    return json_string_value(json_object_get(done, "tool"));
}

const char *gv_run_maker(const gv_run *run, enum gv_config_stage made_by)
{
    const char *tool = gv_run_tool(run, made_by);
    return tool ? tool : gv_config_stage_program(made_by);
}

/* There is text to count, but the output is of a tool. */
static int check_counted_instead(const gv_run *run, const char *path, bool exists, gv_error *err)
{
    const char *tool = gv_run_tool(run, run->stage);
    if (!tool || !exists || run->force)
        return GV_OK;
    return gv_error_set(err, GV_E_USAGE,
                        "%s was made by %s, not from corpus.files; to replace it by what %s counts "
                        "there, use --force, or another run directory (--set name=NAME or "
                        "--run-dir DIR)",
                        path, tool, gv_config_stage_program(run->stage));
}

static int keep(gv_run *run, const char *file, const char *path, bool exists, gv_error *err)
{
    const char *tool = gv_run_tool(run, run->stage);
    int status = GV_OK;
    if (!exists)
        return gv_error_set(err, GV_E_USAGE, "%s is missing: run %s again", path, tool);
    if (tool)
        status = gv_run_check_upstream(run, run->stage, file, NULL, err);
    if (status == GV_OK)
        status = gv_run_config_write(run, false, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; run->notes && i < run->notes->n; i++)
        gv_progress_note(run->progress, "%s", run->notes->items[i]);
    if (tool)
        gv_progress_note(run->progress, "%s is up to date (made by %s)", file, tool);
    else
        gv_progress_note(run->progress, "%s is used as it is: corpus.files names no text", file);
    return GV_OK;
}

int gv_run_keep_given(bool *given, gv_run *run, const char *file, gv_error *err)
{
    const gv_config *config = run->config;
    const bool listed = run->stage == GV_STAGE_VOCAB && config->vocab_file;
    gv_file_stat look;
    char *path = gv_run_path(run, file, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    *given = false;
    if (status == GV_OK && (config->corpus_files.n > 0 || listed)) {
        status = check_counted_instead(run, path, look.exists, err);
    } else if (status == GV_OK) {
        *given = gv_run_tool(run, run->stage) || (look.exists && !gv_run_stamp(run, run->stage));
        if (*given)
            status = keep(run, file, path, look.exists, err);
    }
    gv_mem_free(path);
    return status;
}
