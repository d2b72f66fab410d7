/*
 * gv_vocab_count - the words of a corpus with their counts, exactly, in bounded memory.
 *
 * Threads count into tables of their own. A table that is full goes to a nameless temporary file,
 * sorted by word; the sorted runs are merged, at most GV_BUDGET_FAN_IN at a time, and the words
 * that occur often enough are sorted by count, in memory or again with temporary files. The file
 * written is the same, byte by byte, for any budget and any number of threads and ranks
 * (gv_vocab_ranks.h).
 *
 * Threads: the functions start threads of their own and are called by one thread.
 */
#ifndef GV_VOCAB_COUNT_H
#define GV_VOCAB_COUNT_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "cooccur/vocab/gv_phrase_counter.h"
#include "cooccur/vocab/gv_vocab_merge.h"
#include "cooccur/vocab/gv_vocab_notes.h"
#include "dist/gv_comm.h"
#include "text/gv_corpus.h"
#include "vocab/gv_stop_words.h"
#include "vocab/gv_vocab.h"
#include <stdint.h>

typedef struct gv_vocab_count_job {
    const gv_config *config;
    const char *path;       /* where vocab.txt goes (replaced atomically) */
    const char *temp_dir;   /* for runs */
    uint64_t table_bytes;   /* tests: bytes for tables and sorting, all threads together, instead of
                              vocab.memory_mb less what the program itself takes; 0: not given */
    size_t block_bytes;     /* tests: of the corpus; 0: chosen */
    gv_progress *progress;  /* borrowed, may be NULL */
    gv_comm *comm;          /* the ranks among which the corpus is divided, this one being rank 0;
                              NULL: there is none but this */
    const gv_vocab *extend; /* borrowed: its words stay, and their counts grow; NULL: none */
    const char *label;      /* of the progress; NULL: "counting words" */
    /* phrases (gv_phrase_find.h) */
    const gv_phrases *phrases;         /* joined before anything is counted; may be NULL */
    uint64_t held_bytes;               /* memory that they and `pairs` take of vocab.memory_mb */
    const gv_phrase_pair_units *pairs; /* not NULL: count pairs of these, not words */
    gv_vocab_merge_take *take; /* not NULL: receives all sums, in any order; no file is written */
    void *take_context;
    bool may_be_empty;         /* a vocabulary without a word is written, too */
    const gv_stop_words *stop; /* words that are left out of it; NULL: none */
} gv_vocab_count_job;

typedef struct gv_vocab_count_summary {
    uint64_t words;              /* in the vocabulary */
    uint64_t new_words;          /* of these, not in the vocabulary that is extended */
    uint64_t distinct;           /* in the corpus; with vocab.file: of its words */
    uint64_t covered;            /* tokens that are words of the vocabulary */
    uint64_t stopped;            /* words of vocab.stop_file that the corpus has often enough */
    uint64_t stopped_tokens;     /* how often they occur */
    uint64_t spilled_runs;       /* tables written to disk */
    uint64_t merge_passes;       /* over the runs, beside the last */
    gv_vocab_notes notes;        /* of the words */
    char advice[GV_ADVICE_TEXT]; /* on the text, may be empty */
    gv_corpus_stats corpus;      /* all 0 if the corpus was not read */
} gv_vocab_count_summary;

/* After the corpus was read and summary->corpus is known: fill summary->advice. */
void gv_vocab_count_advise(gv_vocab_count_summary *summary, const gv_vocab_count_job *job,
                           const gv_corpus *corpus);

/*
 * Count the corpus of job->config and write its vocabulary: vocab.min_count, vocab.max_size,
 * vocab.memory_mb and cooccur.threads apply. No token in the corpus, or no word that is frequent
 * enough: GV_E_RUNTIME. More than GV_VOCAB_MAX words: GV_E_RUNTIME.
 */
GV_MUST_USE int gv_vocab_count_build(gv_vocab_count_summary *summary, const gv_vocab_count_job *job,
                                     gv_error *err);

/* The other ranks' part in it; job->path is not used. */
GV_MUST_USE int gv_vocab_count_build_part(const gv_vocab_count_job *job, gv_error *err);

/*
 * Write a vocabulary that the user gave, in its order. If its counts are all 0 (the file had none)
 * its words are counted in the corpus first; words that do not occur keep the count 0. Min_count,
 * max_size and the memory budget do not apply.
 */
GV_MUST_USE int gv_vocab_count_build_given(gv_vocab_count_summary *summary, const gv_vocab *vocab,
                                           const gv_vocab_count_job *job, gv_error *err);

#endif
