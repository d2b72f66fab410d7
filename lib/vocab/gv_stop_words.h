/*
 * gv_stop_words - the words of vocab.stop_file, which are never counted.
 *
 * One word a line, as the tokenizer would find it: each line goes through the tokenizer with the
 * corpus.* keys, so "The" is "the" with corpus.lowercase. From a "|" on, if there is anything
 * behind it, the line is a comment, as in the lists of Snowball. Lines of which the tokenizer makes
 * no word, or several, stop nothing.
 *
 * Threads: a list is not changed once it is made; any number of threads may look words up.
 */
#ifndef GV_STOP_WORDS_H
#define GV_STOP_WORDS_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "text/gv_token.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_stop_words gv_stop_words;

/* Read vocab.stop_file; `*stop` stays NULL if there is none. GV_E_USAGE: the file does not exist;
 * GV_E_CORRUPT: it is no list, with the line; GV_E_IO, GV_E_MEMORY, GV_E_RUNTIME of ICU. The caller
 * frees. */
GV_MUST_USE int gv_stop_words_read(gv_stop_words **stop, const gv_config *config, gv_error *err);
/* Accepts NULL. */
void gv_stop_words_free(gv_stop_words *stop);

/* Is the word in the list? False for NULL. */
bool gv_stop_words_has(const gv_stop_words *stop, const char *word, size_t length);
/* The number of words; and of lines that can stop none. 0 for NULL. */
uint64_t gv_stop_words_size(const gv_stop_words *stop);
uint64_t gv_stop_words_impossible(const gv_stop_words *stop);

#endif
