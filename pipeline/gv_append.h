/*
 * gv_append - more text for a run that exists: glove-run --append (docs/append.md).
 *
 * The stages work in RUN/append, a run directory of its own whose folder `base` has the vocabulary,
 * the counts and the model of RUN. RUN stays as it is until all of them are done; then the files
 * of RUN/append take the places of those of RUN.
 *
 *     append/append.json   first of all: the texts, and size and time of RUN's files
 *     append/config.json   the folder is complete: stages may work
 *     append/replacing     all stages are done: the files move, and nothing but that may follow
 *
 * A kill before the last leaves RUN as it was; after it, the next glove-run goes on moving.
 *
 * Threads: main thread only.
 */
#ifndef GV_APPEND_H
#define GV_APPEND_H

#include "app/gv_program.h"

typedef struct gv_append {
    gv_program_call call; /* of the stages; its config and run_dir are those below */
    gv_config *config;
    char *dir;           /* RUN/append */
    const char *run_dir; /* RUN; borrowed */
    bool has_model;      /* RUN has one, from which training goes on */
    bool moved;          /* the text is in RUN already: `call` is that of RUN */
} gv_append;

/*
 * Prepare RUN/append for the stages, or find it as an earlier start left it. `call` (borrowed) is
 * that of glove-run, `files` the new text. Clear it also after an error.
 *
 * GV_E_USAGE: no such run, or it has no counts; settings other than those of the run; a text that
 * the run has already, unless call->force or it is that of the last append; another append that is
 * not finished; what text cannot be appended to.
 */
GV_MUST_USE int gv_append_begin(gv_append *append, const gv_program_call *call,
                                const gv_strings *files, gv_error *err);
/* All stages are done: put their files in the place of RUN's. GV_E_RUNTIME if a stage works in RUN;
 * GV_E_USAGE if RUN has changed since the append began. */
GV_MUST_USE int gv_append_end(gv_append *append, gv_error *err);
void gv_append_clear(gv_append *append);

/* Before other work in `run_dir`: if an append was killed while it moved files, continue with that;
 * one that waits for its stages is told. */
GV_MUST_USE int gv_append_recover(const char *run_dir, gv_progress *progress, gv_error *err);

#endif
