/*
 * gv_vocab_order - words with their final counts become vocab.txt: most frequent first, ties in
 * byte order.
 *
 * Words that are frequent enough are listed in memory. When the list is full it is sorted by count
 * and written as a run; in the end the list, or the merge of the runs, is the order of vocab.txt.
 *
 * A vocabulary may be extended: its words stay, however rare, with what is added to their counts,
 * and vocab.max_size limits what comes on top of them.
 *
 * Threads: used by one thread.
 */
#ifndef GV_VOCAB_ORDER_H
#define GV_VOCAB_ORDER_H

#include "base/gv_file_writer.h"
#include "config/gv_config.h"
#include "cooccur/vocab/gv_vocab_notes.h"
#include "cooccur/vocab/gv_vocab_run.h"
#include "cooccur/vocab/gv_word_table.h"
#include "vocab/gv_stop_words.h"
#include "vocab/gv_vocab.h"

typedef struct gv_vocab_order {
    const gv_config *config;   /* borrowed; vocab.min_count and vocab.max_size */
    gv_word_table list;        /* of words that are frequent enough */
    gv_vocab_run_set runs;     /* of full lists */
    gv_file_writer *out;       /* vocab.txt being written */
    const gv_vocab *extended;  /* borrowed; NULL: none */
    const gv_stop_words *stop; /* borrowed; words that are not written; NULL: none */
    uint64_t *added;           /* [words of `extended`] to their counts */
    /* results */
    uint64_t distinct;       /* words that were added, the rare ones included */
    uint64_t words;          /* in vocab.txt */
    uint64_t new_words;      /* of these, not in the vocabulary that is extended */
    uint64_t covered;        /* sum of their counts */
    uint64_t stopped;        /* words of `stop` that were not written, */
    uint64_t stopped_tokens; /* and how often they occur */
    uint64_t spilled_runs;   /* lists that were full */
    gv_vocab_notes notes;    /* of the words in vocab.txt */
} gv_vocab_order;

/* `run_buffer` bytes are for each run that is merged, in files in `temp_dir` (borrowed). No list
 * yet. */
void gv_vocab_order_init(gv_vocab_order *order, const gv_config *config, const char *temp_dir,
                         size_t run_buffer);
void gv_vocab_order_clear(gv_vocab_order *order);

/* Extend `vocab` (borrowed until clear) instead of building from nothing. GV_E_MEMORY. */
GV_MUST_USE int gv_vocab_order_extend(gv_vocab_order *order, const gv_vocab *vocab, gv_error *err);

/* Begin an empty list of `bytes` bytes. */
GV_MUST_USE int gv_vocab_order_begin(gv_vocab_order *order, uint64_t bytes, gv_error *err);
/* A gv_vocab_merge_take: the next distinct word with its final count. `order` is a
 * gv_vocab_order. */
GV_MUST_USE int gv_vocab_order_add(void *order, const gv_word_table_word *word, gv_error *err);
/* Instead of both, where no vocabulary is extended: all words at once. Takes the contents of the
 * table, a hash table. */
void gv_vocab_order_take_table(gv_vocab_order *order, gv_word_table *table);

/* Write the words to `path`. No word, unless that `may_be`, or more than GV_VOCAB_MAX:
 * GV_E_RUNTIME. */
GV_MUST_USE int gv_vocab_order_write(gv_vocab_order *order, const char *path, bool may_be,
                                     gv_error *err);

#endif
