#include "train/experiments/sandblaster/gv_sandblaster_history.h"

#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "train/gv_resume.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int gv_sandblaster_history_open(gv_sandblaster_history *p, gv_run *run, uint32_t vocab_size,
                                uint32_t dim, gv_error *err)
{
    *p = (gv_sandblaster_history){.run = run};
    if (!(p->dir = gv_run_path(run, GV_FILE_HISTORY, err)))
        return GV_E_MEMORY;
    int status = gv_file_make_dirs(p->dir, err);
    return status == GV_OK ? gv_model_new_zero(&p->rows, vocab_size, dim, err) : status;
}

void gv_sandblaster_history_close(gv_sandblaster_history *p)
{
    gv_model_free(p->rows);
    gv_mem_free(p->dir);
    *p = (gv_sandblaster_history){0};
}

static char *path_of(const gv_sandblaster_history *p, uint64_t iteration, gv_error *err)
{
    return gv_mem_format(err, "%s/%" PRIu64, p->dir, iteration);
}

int gv_sandblaster_history_write(gv_sandblaster_history *p, gv_saver *saver,
                                 const gv_checkpoint *state, uint64_t iteration, unsigned kept,
                                 gv_error *err)
{
    gv_file_writer *out;
    gv_checkpoint_matrix matrices[2];
    gv_checkpoint about = *state;
    /* a checkpoint's fields, used for what identifies a pair (see the header) */
    about.epoch = iteration;
    about.records = kept;
    gv_model_matrices(matrices, p->rows);
    char *path = path_of(p, iteration, err);
    if (!path)
        return GV_E_MEMORY;
    int status = gv_checkpoint_begin(&out, path, &about, matrices, err);
    gv_mem_free(path);
    return status == GV_OK ? gv_saver_need(saver, &out, err) : status;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* GV_E_CORRUPT: there is no such pair. */
static int read_file(unsigned *kept, gv_sandblaster_history *p, const gv_checkpoint *state,
                     const char *path, uint64_t iteration, gv_error *err)
{
    gv_checkpoint_reader *reader;
    gv_checkpoint_matrix matrices[2];
    int status = gv_checkpoint_open(&reader, path, err);
    if (status != GV_OK)
        return status;
    const gv_checkpoint *about = gv_checkpoint_about(reader);
    gv_model_matrices(matrices, p->rows);
    if (!gv_resume_same_training(about, state) || about->epoch != iteration)
        status = gv_error_set(err, GV_E_CORRUPT, "%s belongs to another training", path);
    else
        status = gv_checkpoint_load(reader, matrices, err);
    if (status == GV_OK)
        *kept = (unsigned)about->records;
    gv_checkpoint_close(reader);
    return status;
}

int gv_sandblaster_history_read(unsigned *kept, gv_sandblaster_history *p,
                                const gv_checkpoint *state, uint64_t iteration, gv_error *err)
{
    gv_file_stat stat;
    gv_error why = GV_ERROR_INIT;
    *kept = 0;
    char *path = path_of(p, iteration, err);
    if (!path)
        return GV_E_MEMORY;
    int status = gv_file_look(&stat, path, &why);
    if (status == GV_OK && !stat.exists)
        status = gv_error_set(&why, GV_E_CORRUPT, "there is no %s", path);
    else if (status == GV_OK)
        status = read_file(kept, p, state, path, iteration, &why);
    gv_mem_free(path);
    /* L-BFGS without a history begins along the gradient: slower for some iterations, not wrong */
    if (status == GV_E_CORRUPT) {
        gv_progress_note(p->run->progress, "the history of L-BFGS starts empty: %s", why.text);
        return GV_OK;
    }
    return status == GV_OK ? GV_OK : gv_error_set(err, status, "%s", why.text);
}

/* --- tidying ---------------------------------------------------------------------------------- */

void gv_sandblaster_history_tidy(gv_sandblaster_history *p, uint64_t first, uint64_t last)
{
    DIR *dir = opendir(p->dir);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char *end;
        uint64_t iteration = strtoull(entry->d_name, &end, 10);
        bool ours = end > entry->d_name && (*end == '\0' || strcmp(end, ".tmp") == 0);
        if (ours && (iteration < first || iteration > last))
            unlinkat(dirfd(dir), entry->d_name, 0); /* a file too many does no harm */
    }
    if (dir)
        closedir(dir);
}
