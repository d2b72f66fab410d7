/*
 * gv_cooccur_text - the text to be counted: corpus, vocabulary, and the ids that come of them.
 *
 * Errors: GV_E_MEMORY if cooccur.memory_mb is too small for the vocabulary, naming the least that
 * is enough; those of gv_corpus.h, gv_vocab.h and gv_encoder.h.
 *
 * Threads: used by one thread at a time.
 */
#ifndef GV_COOCCUR_TEXT_H
#define GV_COOCCUR_TEXT_H

#include "app/gv_run_phrases.h"
#include "cooccur/gv_cooccur.h"
#include "text/gv_corpus.h"

/* Zeroed, then filled step by step; gv_cooccur_text_close after any of them. */
typedef struct gv_cooccur_text {
    const gv_config *config; /* borrowed */
    gv_progress *progress;   /* borrowed, may be NULL */
    uint64_t budget;         /* bytes, of this process */
    unsigned threads;        /* wished */
    size_t block_bytes;
    gv_corpus *corpus;
    uint64_t corpus_bytes; /* of all its files on the disk, also where this process reads a part */
    gv_run_phrases phrases;
    gv_stop_words *stop; /* that keep their places; NULL: none */
    gv_vocab *vocab;
    gv_encoder *encoder;
    uint64_t *threshold; /* of the subsampling, or NULL */
    gv_budget_cooccur_limits limits;
} gv_cooccur_text;

/* How much memory and how many threads may be used, and the size of blocks. `share`: of how many
 * processes on this machine that do the same, among which cooccur.memory_mb is split. */
void gv_cooccur_text_begin(gv_cooccur_text *text, const gv_config *config, unsigned share,
                           gv_progress *progress);
/* The same, and find the files. (Where another process has found them, the caller sets
 * `corpus`.) */
GV_MUST_USE int gv_cooccur_text_find(gv_cooccur_text *text, const gv_config *config, unsigned share,
                                     gv_progress *progress, gv_error *err);
/* Read the phrases (if text->phrases names some), for the corpus to join. gv_cooccur_text_open does
 * so, too, if it was not done. */
GV_MUST_USE int gv_cooccur_text_join(gv_cooccur_text *text, gv_error *err);
/* Read the vocabulary and the phrases, begin to read the corpus, and plan how the memory is spent.
 */
GV_MUST_USE int gv_cooccur_text_open(gv_cooccur_text *text, const char *vocab_path, gv_error *err);
/* The ids; borrows `text`. */
gv_cooccur_source gv_cooccur_text_source(gv_cooccur_text *text);
/* No more is read: now the corpus has all its statistics. */
void gv_cooccur_text_end(gv_cooccur_text *text);
void gv_cooccur_text_close(gv_cooccur_text *text);

#endif
