/*
 * gv_phrases_file - lists of phrases in files: phrases.tsv, and lists that users bring.
 *
 * phrases.tsv: `phrase TAB count TAB score`, one line a phrase, the words joined by '_', the score
 * with six decimals.
 * A user's list (vocab.phrase_file): one phrase a line, its words separated by blanks or by '_',
 * cut into words as the corpus is; what stands behind a tab is the count, behind another the score.
 * So phrases.tsv is one, too. Empty lines are skipped, and so are lines that begin with '#' and do
 * not end with a score as phrases.tsv has it.
 *
 * Errors: GV_E_CORRUPT, naming file and line; those of gv_lines.h; GV_E_MEMORY.
 * Threads: functions touch only their arguments.
 */
#ifndef GV_PHRASES_FILE_H
#define GV_PHRASES_FILE_H

#include "config/gv_config.h"
#include "text/gv_phrases.h"

enum { GV_PHRASES_FILE_HEAD = 128 }; /* bytes of a line before the phrases, its NUL included */

/* Add the phrases of a phrases.tsv to `phrases`. A phrase that is there twice is an error.
 * `head` ([GV_PHRASES_FILE_HEAD], may be NULL) receives a first line that begins with '#', which is
 * an error otherwise. */
GV_MUST_USE int gv_phrases_file_read(gv_phrases *phrases, const char *path, char *head,
                                     gv_error *err);

/*
 * Add the phrases of a user's list, tokenized as `config` says; doubles are one. Lines of which the
 * tokenizer makes fewer than two words are left out: `*skipped` of them. A line that holds one word
 * is an error; so is a list without a phrase.
 */
GV_MUST_USE int gv_phrases_file_read_list(gv_phrases *phrases, uint64_t *skipped, const char *path,
                                          const gv_config *config, gv_error *err);

/* Write the phrases in their order to `path`, replacing it at once; `head` (may be NULL), which
 * begins with '#', comes first. GV_E_IO. */
GV_MUST_USE int gv_phrases_file_write(const gv_phrases *phrases, const char *path, const char *head,
                                      gv_error *err);

#endif
