/*
 * gv_phrase_find - the passes of vocab.phrases: from text to a list of phrases.
 *
 * A pass reads the text twice, with the phrases of the passes before joined: it counts words, then
 * pairs of those that occur vocab.phrase_min_count times (gv_phrase_counter.h). Pairs that occur as
 * often and whose score (gv_phrase_score.h) reaches vocab.phrase_threshold are phrases from then
 * on. A pass that finds none is the last.
 *
 * After each pass the list is written to .stamps/vocab.phrases of the run directory, from where
 * other ranks read it, and from where a later start goes on if this one is killed.
 *
 * Errors: those of gv_vocab_count.h and gv_phrases_file.h; GV_E_MEMORY if the phrases take more
 * than a quarter of vocab.memory_mb.
 * Threads: the functions start threads of their own and are called by one thread.
 */
#ifndef GV_PHRASE_FIND_H
#define GV_PHRASE_FIND_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "dist/gv_comm.h"
#include "text/gv_phrases.h"

/* What a pass has found. */
typedef struct gv_phrase_find_pass {
    unsigned number;     /* from 1 */
    uint64_t tokens;     /* of the text as it was read */
    uint64_t words;      /* distinct ones that occur often enough */
    uint64_t pairs;      /* distinct ones of these */
    uint64_t candidates; /* that occur often enough */
    uint64_t found;      /* phrases that are new */
    uint64_t phrases;    /* in the list now */
    double wall_s, cpu_s;
} gv_phrase_find_pass;

typedef struct gv_phrase_find_job {
    const gv_config *config;
    const char *dir;       /* the run directory */
    gv_progress *progress; /* may be NULL */
    gv_comm *comm;         /* NULL: no other ranks */
    const char *source; /* rank 0: a text of at most 64 bytes that stands for keys and files; a list
                              that was written for another one is not gone on from. NULL: for none */
    uint64_t table_bytes; /* tests: as in gv_vocab_count.h */
    size_t block_bytes;
    /* rank 0: called after each pass; may be NULL */
    int (*after_pass)(void *context, const gv_phrase_find_pass *pass, gv_error *err);
    void *context;
} gv_phrase_find_job;

/* Rank 0: add what is found to `phrases`, which holds those of vocab.phrase_file. Sorted. */
GV_MUST_USE int gv_phrase_find(gv_phrases *phrases, const gv_phrase_find_job *job, gv_error *err);
/* Other ranks: their part in it; `phrases` is empty, and receives the list. */
GV_MUST_USE int gv_phrase_find_part(gv_phrases *phrases, const gv_phrase_find_job *job,
                                    gv_error *err);

/* Rank 0, when the stage is done: remove what was kept between passes. */
void gv_phrase_find_forget(const char *dir);

#endif
