/*
 * gv_verify_vectors - whether two files of vectors, of any format, hold the same words and numbers.
 *
 * Rows are read one by one: memory is 16 bytes a row of `a`, and what reading row by row takes.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_VECTORS_H
#define GV_VERIFY_VECTORS_H

#include <stdbool.h>

enum { GV_VERIFY_VECTORS = 300 };

/* If not, `where` says where: "row 17 (the), number 3: 0.1 in the run, 0.2 made again"; or why a
 * file could not be read. `words_path`: the words of files that have none. */
bool gv_verify_vectors_compare(char where[GV_VERIFY_VECTORS], const char *const paths[2],
                               const char *words_path);

#endif
