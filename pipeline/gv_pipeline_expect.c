#include "pipeline/gv_pipeline_expect.h"

#include "app/gv_child.h"
#include "app/gv_child_program.h"
#include "app/gv_stamp.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_json.h"
#include "text/gv_corpus_files.h"
#include <string.h>
#include <sys/stat.h>

/* From this size of the corpus on glove-plan's second is little beside the run. */
static const uint64_t large_corpus = 64 << 20;

static int from_stamps(bool *any, gv_pipeline_time *time, const char *dir, gv_error *err)
{
    int status = GV_OK;
    *any = false;
    for (size_t i = 0; i < time->n && status == GV_OK; i++) {
        gv_json *stamp = NULL;
        status = gv_stamp_read(&stamp, dir, time->stages[i], err);
        const gv_json *wall = gv_json_get(gv_json_get(stamp, "done"), "wall_s");
        time->expected[i] = gv_json_is_number(wall) ? gv_json_number(wall) : -1;
        *any |= time->expected[i] >= 0;
        gv_json_free(stamp);
    }
    return status;
}

/* Is the corpus large, and files only? A pipe must not be opened by anyone but the stage. */
static bool is_large(const gv_config *config)
{
    gv_corpus_files_found found = {0};
    uint64_t bytes = 0;
    for (size_t i = 0; i < config->corpus_files.n; i++) {
        struct stat look;
        const char *path = config->corpus_files.items[i];
        if (strcmp(path, "-") == 0 ||
            (stat(path, &look) == 0 && !S_ISREG(look.st_mode) && !S_ISDIR(look.st_mode)))
            return false;
    }
    if (gv_corpus_files_find(&found, config, NULL) != GV_OK)
        return false;
    for (size_t i = 0; i < found.paths.n; i++)
        bytes += found.entries[i].size;
    gv_corpus_files_free(&found);
    return bytes >= large_corpus;
}

static void collect(void *self, const char *bytes, size_t n)
{
    gv_text_add_bytes(self, bytes, n);
}

/* What glove-plan --json prints; `*plan` is NULL if it fails. */
static int ask_plan(gv_json **plan, const gv_program_call *call, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    const gv_child_output output = {.out = collect, .self = &text};
    gv_strings arguments = {0};
    gv_child_end end;
    gv_error reason = GV_ERROR_INIT;
    char *path = NULL;
    *plan = NULL;
    int status = gv_child_program_find(&path, "glove-plan", &reason);
    if (status == GV_OK)
        status = gv_child_program_arguments(&arguments, path, call, false, "none", err);
    if (status == GV_OK)
        status = gv_child_program_add(&arguments, "--json", err);
    if (status == GV_OK && gv_child_run(&end, arguments.items, &output, &reason) == GV_OK &&
        text.bytes)
        status = gv_json_parse_if_valid(plan, text.bytes, text.used, err);
    gv_text_drop(&text);
    gv_strings_free(&arguments);
    gv_mem_free(path);
    return status == GV_E_MEMORY ? status : GV_OK;
}

static void from_plan(gv_pipeline_time *time, const gv_json *plan)
{
    const gv_json *stages = gv_json_get(plan, "stages");
    for (size_t i = 0; i < time->n; i++)
        for (size_t j = 0; j < gv_json_count(stages); j++) {
            const gv_json *stage = gv_json_item(stages, j);
            const char *program = gv_config_stage_program(time->stages[i]);
            if (strcmp(gv_json_get_text(stage, "program"), program) == 0)
                time->expected[i] = gv_json_get_number(stage, "wall_s");
        }
}

int gv_pipeline_expect(gv_pipeline_time *time, const gv_program_call *call, gv_error *err)
{
    bool known;
    gv_json *plan = NULL;
    int status = from_stamps(&known, time, call->run_dir, err);
    if (status != GV_OK || known || time->stages[0] != GV_STAGE_VOCAB || !is_large(call->config))
        return status;
    status = ask_plan(&plan, call, err);
    from_plan(time, plan);
    const char *misfit = gv_json_text(gv_json_get(plan, "misfit"));
    if (misfit)
        gv_progress_note(call->progress, "warning: glove-plan expects a problem: %s", misfit);
    gv_json_free(plan);
    return status;
}
