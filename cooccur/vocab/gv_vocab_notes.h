/*
 * gv_vocab_notes - what a user should know about the words of a vocabulary: some hold white space
 * that other programs split at; some of a given list do not occur, or never can.
 *
 * Threads: used by one thread.
 */
#ifndef GV_VOCAB_NOTES_H
#define GV_VOCAB_NOTES_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "text/gv_space.h"
#include <stddef.h>
#include <stdint.h>

enum { GV_VOCAB_NOTES_SHOWN = 3 }; /* examples of each kind */

/* Words of one kind: how many, and the first of them as text for people. */
typedef struct gv_vocab_notes_kind {
    uint64_t words;
    char example[GV_VOCAB_NOTES_SHOWN][GV_SPACE_SHOWN];
} gv_vocab_notes_kind;

typedef struct gv_vocab_notes {
    gv_vocab_notes_kind spaced;     /* hold white space that other programs split at */
    gv_vocab_notes_kind absent;     /* of a given list: do not occur in the corpus */
    gv_vocab_notes_kind impossible; /* of these: the tokenizer makes no such words */
    char becomes[GV_SPACE_SHOWN];   /* what it makes of the first of these; empty: nothing */
} gv_vocab_notes;

/* The next word of vocab.txt. */
void gv_vocab_notes_see(gv_vocab_notes *notes, const char *word, size_t length);

/* A given word that does not occur: can it, with the corpus.* keys of `config`? GV_E_MEMORY, or
 * GV_E_RUNTIME from ICU. */
typedef struct gv_vocab_notes_check gv_vocab_notes_check;
GV_MUST_USE int gv_vocab_notes_check_new(gv_vocab_notes_check **check, const gv_config *config,
                                         gv_error *err);
/* Accepts NULL. */
void gv_vocab_notes_check_free(gv_vocab_notes_check *check);
GV_MUST_USE int gv_vocab_notes_absent(gv_vocab_notes *notes, gv_vocab_notes_check *check,
                                      const char *word, size_t length, gv_error *err);

/* The error that no given word occurs, with the likely reason: GV_E_RUNTIME. */
int gv_vocab_notes_none_occurs(const gv_vocab_notes *notes, const char *path, gv_error *err);

/* Tell the user; write the numbers as members of the object open in `writer`. */
void gv_vocab_notes_report(const gv_vocab_notes *notes, uint64_t given, gv_progress *progress);
void gv_vocab_notes_json(gv_json_writer *writer, const gv_vocab_notes *notes);

#endif
