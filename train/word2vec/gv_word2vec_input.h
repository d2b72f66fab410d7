/*
 * gv_word2vec_input - corpus.ids of the run directory: made from vocab.txt and the corpus if it is
 * not there, or was made from others.
 *
 * Epochs read the ids, so text is tokenized once. The file holds a checksum over all that it was
 * made from: files, vocabulary, and the keys that decide how text becomes words. Standard input has
 * none that is known beforehand, so its ids are always made anew.
 *
 * Threads: the main thread; making the ids starts others.
 */
#ifndef GV_WORD2VEC_INPUT_H
#define GV_WORD2VEC_INPUT_H

#include "app/gv_run.h"
#include "app/gv_run_phrases.h"
#include "vocab/gv_ids.h"
#include "vocab/gv_vocab.h"

/* What the ids come from; all owned. */
typedef struct gv_word2vec_input {
    char *vocab_path, *ids_path;
    gv_corpus *corpus;
    gv_run_phrases phrases;
    gv_strings
        files; /* vocab.txt, phrases.tsv, then those of the corpus; the strings are borrowed */
    gv_vocab *vocab; /* NULL until gv_word2vec_input_open */
    gv_ids *ids;     /* likewise */
} gv_word2vec_input;

/* Find the files: vocab.txt must be there and fit the config (gv_run_check_upstream). Free with
 * gv_word2vec_input_clear, also after an error. */
GV_MUST_USE int gv_word2vec_input_find(gv_word2vec_input *input, gv_run *run, gv_error *err);
/* Read the vocabulary, and open corpus.ids, which is made first, on `threads` threads, if need be
 * or with --force. A file that does not fit the vocabulary: GV_E_CORRUPT. A text in which no window
 * has two words: GV_E_RUNTIME. Errors of reading the
 * corpus and of writing. */
GV_MUST_USE int gv_word2vec_input_open(gv_word2vec_input *input, gv_run *run, unsigned threads,
                                       gv_error *err);
void gv_word2vec_input_clear(gv_word2vec_input *input);

#endif
