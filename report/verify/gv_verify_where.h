/*
 * gv_verify_where - where two files differ first, in words: byte, line, word, number.
 *
 * `a` is the file of the run, `b` the one that was made again. What cannot be found out (a damaged
 * file, too little memory) leaves a text that says less; it is no error.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_WHERE_H
#define GV_VERIFY_WHERE_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stdint.h>

enum { GV_VERIFY_WHERE = 500 };

/* Are the bytes the same? If not, `*at` is the first that differs. GV_E_IO, GV_E_MEMORY;
 * GV_E_STOPPED after a signal. */
GV_MUST_USE int gv_verify_where_bytes(bool *same, uint64_t *at, const char *a, const char *b,
                                      gv_error *err);

/* Append to `text` ([GV_VERIFY_WHERE]) what byte `at` of both files is, for a file of the run
 * called `name`. `vocab_path` has the words of rows. */
void gv_verify_where_describe(char *text, const char *name, const char *const paths[2], uint64_t at,
                              const char *vocab_path);

/* Do two files of vectors hold the same words and numbers? If not, `text` says where. False with a
 * text also where one of them cannot be read. */
bool gv_verify_where_same_vectors(char *text, const char *const paths[2], const char *vocab_path);

#endif
