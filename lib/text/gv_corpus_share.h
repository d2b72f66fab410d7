/*
 * gv_corpus_share - a corpus whose files another process has found, and whose text may come from
 * there.
 *
 * Of ranks that read the parts of a corpus, rank 0 alone looks for its files. The others open the
 * corpus by its list, and get the text of files that they do not see. So all read the same text,
 * cut at the same places, whatever their hosts hold (gv_corpus_take_part).
 *
 * Threads: as gv_corpus.h.
 */
#ifndef GV_CORPUS_SHARE_H
#define GV_CORPUS_SHARE_H

#include "text/gv_corpus.h"

/* The files of `corpus` with their sizes and kinds, for gv_corpus_share_open. The caller frees. */
GV_MUST_USE int gv_corpus_share_list(uint8_t **list, size_t *bytes, const gv_corpus *corpus,
                                     gv_error *err);
/* As gv_corpus_open, but for the files: they are those of `list`, and not looked at. GV_E_RUNTIME:
 * it is no such list. */
GV_MUST_USE int gv_corpus_share_open(gv_corpus **corpus, const gv_config *config,
                                     size_t block_bytes, const uint8_t *list, size_t bytes,
                                     gv_error *err);

/* Can file `file` be read only once, or by its own process only? Such text cannot be shared. */
bool gv_corpus_share_is_pipe(const gv_corpus *corpus, size_t file);

/*
 * Which bytes of file `file` does a process read that takes part `part` of `parts`? From `*from` to
 * `*to`; none if they are equal. A pipe, whose size is not known, counts as one byte. Reads the
 * places where blocks begin; so join phrases before. Errors as gv_corpus.h.
 */
GV_MUST_USE int gv_corpus_share_range(uint64_t *from, uint64_t *to, gv_corpus *corpus,
                                      unsigned part, unsigned parts, size_t file, gv_error *err);

/* Text that was received, in one file for all files of the corpus: `fd` is open for reading, and
 * belongs to the corpus from here on; copies of whole compressed files are made in `temp_dir`,
 * which is borrowed. Before any reader exists. */
void gv_corpus_share_receive(gv_corpus *corpus, int fd, const char *temp_dir);
/* The bytes `from` to `to` of file `file` are at `at` in there. What is read of this file comes
 * from them; GV_E_RUNTIME if it wants others. */
void gv_corpus_share_put(gv_corpus *corpus, size_t file, uint64_t from, uint64_t to, uint64_t at);

#endif
