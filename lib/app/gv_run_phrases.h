/*
 * gv_run_phrases - the phrases that the stages behind glove-vocab join, from phrases.tsv.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_RUN_PHRASES_H
#define GV_RUN_PHRASES_H

#include "app/gv_run.h"
#include "text/gv_corpus.h"

typedef struct gv_run_phrases {
    char *path;       /* of phrases.tsv; NULL: the config asks for no phrases */
    gv_phrases *list; /* once read */
} gv_run_phrases;

/* Name the file in the run directory `dir`, if the config asks for phrases. GV_E_MEMORY. */
GV_MUST_USE int gv_run_phrases_name(gv_run_phrases *phrases, const gv_config *config,
                                    const char *dir, gv_error *err);
/* The same, and check that it is the one that glove-vocab wrote for this config
 * (gv_run_check_upstream). */
GV_MUST_USE int gv_run_phrases_find(gv_run_phrases *phrases, gv_run *run, gv_error *err);
/* Read it, if there is one, and have `corpus` join the phrases (gv_corpus_join_phrases). Errors of
 * gv_phrases_file_read. */
GV_MUST_USE int gv_run_phrases_join(gv_run_phrases *phrases, gv_corpus *corpus, gv_error *err);
/* After the corpus was closed. */
void gv_run_phrases_clear(gv_run_phrases *phrases);

#endif
