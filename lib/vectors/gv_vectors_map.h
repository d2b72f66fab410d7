/*
 * gv_vectors_map - vectors whose numbers stay in their file, which is mapped into memory.
 *
 * For safetensors files that glovebox wrote, and npy arrays of little-endian float32 in C order
 * with a file of words. Opening costs one pass over the words; the numbers are read by the system
 * when they are used, and not checked: neither against the checksum nor for NaN.
 *
 * Nobody may shorten the file or write into it; replacing it by rename is fine.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, GV_E_CORRUPT; each names the file.
 * Threads: opening, indexing and closing are for one thread; the rest is only read.
 */
#ifndef GV_VECTORS_MAP_H
#define GV_VECTORS_MAP_H

#include "vectors/gv_vectors.h"

typedef struct gv_vectors_map gv_vectors_map;

/* Map the file at `path`; `words_path` (may be NULL) has the words of an npy file, one a line.
 * `*map` is NULL, without an error, if the file is no such file, or is not as it should be:
 * gv_vectors_read can read it, or says what is wrong. The caller closes. */
GV_MUST_USE int gv_vectors_map_open(gv_vectors_map **map, const char *path, const char *words_path,
                                    gv_error *err);
/* Accepts NULL. */
void gv_vectors_map_close(gv_vectors_map *map);

/* The vectors, which belong to the map; their numbers cannot be written to. Without an index,
 * gv_vectors_find looks at all words. */
gv_vectors *gv_vectors_map_vectors(gv_vectors_map *map);
/* Make the index of the words, and count those that are repeated. */
GV_MUST_USE int gv_vectors_map_index(gv_vectors_map *map, gv_error *err);
/* GV_E_CORRUPT if words and numbers do not match the checksum that the file states of itself. */
GV_MUST_USE int gv_vectors_map_check(const gv_vectors_map *map, gv_error *err);

#endif
