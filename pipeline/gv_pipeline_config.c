#include "pipeline/gv_pipeline_config.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "pipeline/gv_stage_locks.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_LIMIT = 16 << 20 };

int gv_pipeline_config_check_idle(const char *run_dir, gv_error *err)
{
    int locks[GV_STAGE_LOCKS];
    char *path = gv_file_path_join(run_dir, ".stamps", err);
    if (!path)
        return GV_E_MEMORY;
    int stamps = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gv_mem_free(path);
    if (stamps < 0)
        return GV_OK; /* no stage has run; what else is wrong the first one tells */
    int status = gv_stage_locks_take(
        locks, stamps, true, run_dir,
        "wait until it ends, or use another run directory; nothing is changed", err);
    gv_stage_locks_release(locks); /* the stages take them themselves */
    close(stamps);
    return status;
}

/* The file's settings, with those of --set that only name the run and its corpus. */
static int text_of_file(char **text, const gv_program_call *call, gv_error *err)
{
    gv_strings names = {0};
    gv_config *config = NULL;
    int status = GV_OK;
    for (size_t i = 0; i < call->sets.n && status == GV_OK; i++)
        if (strncmp(call->sets.items[i], "name=", 5) == 0 ||
            strncmp(call->sets.items[i], "corpus.files=", 13) == 0)
            status = gv_strings_add(&names, call->sets.items[i], err);
    if (status == GV_OK)
        status = gv_config_load(&config, call->config_path, &names, "default", err);
    if (status == GV_OK)
        status = gv_config_json(text, config, err);
    gv_config_free(config);
    gv_strings_free(&names);
    return status;
}

int gv_pipeline_config_before(char **before, const gv_program_call *call, gv_error *err)
{
    size_t bytes;
    char *path = gv_file_path_join(call->run_dir, GV_FILE_CONFIG, err);
    *before = NULL;
    int status =
        path ? gv_file_reader_whole_if_there(before, &bytes, path, CONFIG_LIMIT, err) : GV_E_MEMORY;
    if (status == GV_OK && !*before && call->config_path)
        status = text_of_file(before, call, err);
    gv_mem_free(path);
    return status;
}

/* Does the file exist? */
static bool is_there(const char *path)
{
    gv_file_stat look;
    return path && gv_file_look(&look, path, NULL) == GV_OK && look.exists;
}

void gv_pipeline_config_restore(const char *run_dir, enum gv_config_stage stage, const char *before)
{
    char *config = gv_file_path_join(run_dir, GV_FILE_CONFIG, NULL);
    /* glove-train and others leave this where a checkpoint goes on with their settings */
    char *begun =
        gv_mem_format(NULL, "%s/.stamps/%s.begun.json", run_dir, gv_config_stage_name(stage));
    if (before && begun && !is_there(begun) && is_there(config))
        (void)!gv_file_writer_whole(config, before, strlen(before), NULL);
    gv_mem_free(begun);
    gv_mem_free(config);
}
