/*
 * gv_vectors_map_internal - the words in the header of a safetensors file, found without a parser
 * of JSON. Private to gv_vectors_map.
 *
 * Threads: pure functions.
 */
#ifndef GV_VECTORS_MAP_INTERNAL_H
#define GV_VECTORS_MAP_INTERNAL_H

#include <stddef.h>

/* The inside of the string that is the member `words` of `__metadata__`, from its first byte, in a
 * header that ends at `end`; NULL: there is none. */
const char *gv_vectors_map_find_words(const char *header, const char *end);

/*
 * The words of that string, as glovebox writes it, one after the other to `text`, each with a NUL
 * behind it. `text` has room for as many bytes as there are up to `end`. `*words` is their number,
 * `*used` the bytes written. Returns the quote that ends the string; NULL if it is written in
 * another way, or a word is empty.
 */
const char *gv_vectors_map_decode_words(char *text, size_t *used, size_t *words, const char *at,
                                        const char *end);

#endif
