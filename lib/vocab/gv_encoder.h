/*
 * gv_encoder - the corpus as a sequence of word ids, read by several threads.
 *
 * Words outside the vocabulary are dropped, but for stop words that keep their places;
 * GV_ENCODER_BREAK marks the end of a document. The words and the documents they are in depend on
 * the corpus and the vocabulary, never on threads or block size. The number of breaks between two
 * documents does: one, or a few where blocks meet.
 *
 * Errors: those of gv_corpus.h. After an error the encoder can only be closed.
 *
 * Threads: an encoder starts threads of its own inside gv_encoder_fill; it is used by one thread at
 * a time, any of them.
 */
#ifndef GV_ENCODER_H
#define GV_ENCODER_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "text/gv_corpus.h"
#include "vocab/gv_stop_words.h"
#include "vocab/gv_vocab.h"
#include <stddef.h>
#include <stdint.h>

#define GV_ENCODER_BREAK UINT32_MAX /* in a sequence of ids: a document ends here */

typedef struct gv_encoder gv_encoder;

/* The id of all stop words that keep their places: the first one behind the vocabulary. */
static inline uint32_t gv_encoder_gap(const gv_vocab *vocab)
{
    return gv_vocab_size(vocab);
}

/*
 * Corpus and vocabulary are borrowed until the encoder is closed; `progress` (may be NULL) advances
 * by bytes on disk. One thread reads until gv_encoder_threads says otherwise. The first block is
 * read at once, so that the caller can measure what a reader needs before it divides a memory
 * budget. `stop`: words that keep their places, as gv_encoder_gap; borrowed; NULL: none. The caller
 * closes.
 */
GV_MUST_USE int gv_encoder_open(gv_encoder **encoder, gv_corpus *corpus, const gv_vocab *vocab,
                                const gv_stop_words *stop, gv_progress *progress, gv_error *err);

/* Read with `threads` threads from now on; never with fewer than before. */
GV_MUST_USE int gv_encoder_threads(gv_encoder *encoder, unsigned threads, gv_error *err);

/*
 * From now on drop tokens at random (gv_subsample.h): those of word w are kept whose random number
 * is at most threshold[w] ([gv_vocab_size], borrowed until the encoder is closed). Dropped words
 * take no position. Call it before the first fill, at most once, on a corpus that was opened with
 * blocks of GV_SUBSAMPLE_SECTION bytes: then the result depends on the corpus, the vocabulary and
 * the seed only.
 */
void gv_encoder_subsample(gv_encoder *encoder, const uint64_t *threshold, uint64_t seed);

/*
 * Store the next ids at `ids`: exactly `room` of them unless the text ends; `*n` = 0 at the end.
 * Each is below the vocabulary's size, or GV_ENCODER_BREAK, or with `stop` gv_encoder_gap.
 * GV_E_STOPPED on a signal.
 */
GV_MUST_USE int gv_encoder_fill(gv_encoder *encoder, uint32_t *ids, size_t room, size_t *n,
                                gv_error *err);

/* Frees the readers, so that the corpus's statistics are complete. Accepts NULL. */
void gv_encoder_close(gv_encoder *encoder);

#endif
