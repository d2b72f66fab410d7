#include "pipeline/gv_pipeline_config.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { CONFIG_LIMIT = 16 << 20 };

static const enum gv_config_stage stages[] = {GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE,
                                              GV_STAGE_TRAIN, GV_STAGE_EVAL};
enum { STAGES = sizeof stages / sizeof *stages };

int gv_pipeline_config_check_idle(const char *run_dir, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < STAGES && status == GV_OK; i++) {
        char *path =
            gv_mem_format(err, "%s/.stamps/%s.lock", run_dir, gv_config_stage_name(stages[i]));
        if (!path)
            return GV_E_MEMORY;
        int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            status = gv_error_set(err, GV_E_RUNTIME,
                                  "%s is running in %s; wait until it ends, or use another run "
                                  "directory; nothing is changed",
                                  gv_config_stage_program(stages[i]), run_dir);
        if (fd >= 0)
            close(fd); /* which releases the lock: the stages take it themselves */
        gv_mem_free(path);
    }
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
    gv_file_stat look;
    size_t bytes;
    char *path = gv_file_path_join(call->run_dir, GV_FILE_CONFIG, err);
    *before = NULL;
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.regular)
        status = gv_file_reader_whole(before, &bytes, path, CONFIG_LIMIT, err);
    else if (status == GV_OK && call->config_path)
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
