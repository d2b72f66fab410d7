/*
 * gv_phrase_stage - phrases in the stage of glove-vocab: vocab.phrase_file, the passes of
 * vocab.phrases (gv_phrase_find.h), and phrases.tsv.
 *
 * Without phrases in the config, the functions do nothing. Threads: main thread only.
 */
#ifndef GV_PHRASE_STAGE_H
#define GV_PHRASE_STAGE_H

#include "app/gv_run.h"
#include "cooccur/vocab/gv_vocab_count.h"

/* Zeroed, then begun; all owned but `config`. */
typedef struct gv_phrase_stage {
    const gv_config *config; /* NULL: no phrases */
    char *path;              /* of phrases.tsv */
    gv_phrases *list;
    uint64_t given, skipped; /* of vocab.phrase_file: phrases, lines left out */
    unsigned passes;         /* made by this start */
    gv_run *run;             /* during gv_phrase_stage_find */
} gv_phrase_stage;

/* If the config asks for phrases: check the keys and read vocab.phrase_file. GV_E_USAGE; errors of
 * gv_phrases_file_read_list. */
GV_MUST_USE int gv_phrase_stage_begin(gv_phrase_stage *stage, const gv_config *config,
                                      const char *dir, gv_error *err);
/* GV_E_USAGE if phrases are to be found in one of `files` that can be read only once. */
GV_MUST_USE int gv_phrase_stage_check(const gv_phrase_stage *stage, const gv_strings *files,
                                      gv_error *err);
/* Find phrases. Rank 0; `comm` may be NULL. `recipe` and `inputs` tell for what a list that an
 * interrupted start left behind was made. */
GV_MUST_USE int gv_phrase_stage_find(gv_phrase_stage *stage, gv_run *run, gv_comm *comm,
                                     const char *recipe, const gv_strings *inputs, gv_error *err);
/* Have `job` count the text with the phrases joined. */
void gv_phrase_stage_apply(const gv_phrase_stage *stage, gv_vocab_count_job *job);
/* Write phrases.tsv. */
GV_MUST_USE int gv_phrase_stage_write(gv_phrase_stage *stage, gv_comm *comm, gv_error *err);
/* The stage is done: tell about it, and remove what was kept between passes. */
void gv_phrase_stage_end(const gv_phrase_stage *stage, gv_progress *progress);
/* Members of the "done" event. */
void gv_phrase_stage_json(const gv_phrase_stage *stage, gv_json_writer *writer);
void gv_phrase_stage_clear(gv_phrase_stage *stage);

/* Other ranks: their part in finding phrases; then `job` counts with them joined. */
GV_MUST_USE int gv_phrase_stage_work(gv_phrase_stage *stage, const gv_config *config,
                                     const char *dir, gv_vocab_count_job *job, gv_error *err);

#endif
