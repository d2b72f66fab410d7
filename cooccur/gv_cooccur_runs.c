/*
 * A run is written once, band after band, behind the runs of its level, so one file a level is
 * enough and writing is sequential. Only the offset of each band is kept in memory. Files have no
 * names: they vanish with the process, however it ends.
 */
#include "cooccur/gv_cooccur_runs.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <unistd.h>

void gv_cooccur_runs_init(gv_cooccur_runs *runs, const char *dir, unsigned fan_in, uint32_t bands)
{
    *runs = (gv_cooccur_runs){.dir = dir, .fan_in = fan_in, .bands = bands};
    for (unsigned i = 0; i < GV_COOCCUR_RUNS_LEVELS; i++)
        runs->level[i].fd = -1;
}

void gv_cooccur_runs_clear(gv_cooccur_runs *runs)
{
    for (unsigned i = 0; i < runs->levels; i++) {
        if (runs->level[i].fd >= 0)
            close(runs->level[i].fd);
        gv_mem_free(runs->level[i].offset);
    }
    *runs = (gv_cooccur_runs){0};
}

uint64_t gv_cooccur_runs_bytes(const gv_cooccur_runs *runs)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < runs->levels; i++)
        bytes += runs->level[i].size;
    return bytes;
}

unsigned gv_cooccur_runs_count(const gv_cooccur_runs *runs)
{
    unsigned count = 0;
    for (unsigned i = 0; i < runs->levels; i++)
        count += runs->level[i].runs;
    return count;
}

int gv_cooccur_runs_empty_level(gv_cooccur_runs_level *level, gv_error *err)
{
    level->runs = 0;
    level->size = 0;
    /* the space is wanted for the next runs */
    if (ftruncate(level->fd, 0) != 0)
        return gv_error_set_errno(err, "cannot empty %s", GV_COOCCUR_RUNS_NAME);
    return GV_OK;
}

int gv_cooccur_runs_begin(gv_cooccur_runs_writer *writer, gv_cooccur_runs *runs, unsigned level,
                          gv_error *err)
{
    if (level >= GV_COOCCUR_RUNS_LEVELS)
        return gv_error_set(err, GV_E_RUNTIME, "too many sorted runs; raise cooccur.memory_mb");
    gv_cooccur_runs_level *at = &runs->level[level];
    if (runs->levels <= level)
        runs->levels = level + 1;
    if (!at->offset) {
        at->offset =
            gv_mem_alloc((size_t)runs->fan_in * (runs->bands + 1), sizeof *at->offset, err);
        if (!at->offset)
            return GV_E_MEMORY;
    }
    if (at->fd < 0) {
        int status = gv_file_temp_open(&at->fd, runs->dir, err);
        if (status != GV_OK)
            return status;
    }
    *writer = (gv_cooccur_runs_writer){.level = at,
                                       .dir = runs->dir,
                                       .offset = at->offset + (size_t)at->runs * (runs->bands + 1),
                                       .bands = runs->bands};
    return GV_OK;
}

/* Bands up to `band` begin where the file ends now. */
static void note_offsets(gv_cooccur_runs_writer *writer, uint32_t band)
{
    /* empty bands too: they begin and end at the same place */
    while (writer->begun <= band)
        writer->offset[writer->begun++] = writer->level->size;
}

int gv_cooccur_runs_write(void *context, uint32_t band, const uint8_t *rows, size_t bytes,
                          gv_error *err)
{
    gv_cooccur_runs_writer *writer = context;
    note_offsets(writer, band);
    int status = gv_file_pwrite(writer->level->fd, rows, bytes, writer->level->size,
                                GV_COOCCUR_RUNS_NAME, err);
    if (status == GV_OK)
        writer->level->size += bytes;
    else
        gv_error_prefix(err, "%s (cooccur.temp_dir)", writer->dir);
    return status;
}

void gv_cooccur_runs_end(gv_cooccur_runs_writer *writer)
{
    note_offsets(writer, writer->bands);
    writer->level->runs++;
}
