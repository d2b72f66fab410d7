/*
 * gv_compat_stdin - the corpus on standard input, read as the reference reads it: words between
 * blanks, tabs and ends of lines, a document a line.
 *
 * Threads: the main thread.
 */
#ifndef GV_COMPAT_STDIN_H
#define GV_COMPAT_STDIN_H

#include "config/gv_config.h"
#include "text/gv_corpus_stats.h"

/* A config whose corpus is that. Caller frees with gv_config_free. */
GV_MUST_USE int gv_compat_stdin_config(gv_config **config, gv_error *err);

/* Cut from an error of a stage what names keys of a config: these programs have none. */
void gv_compat_stdin_cut_error(gv_error *err);

/* If `verbose`, say on stderr what the reference takes in another way: a line for each kind. */
void gv_compat_stdin_report(const gv_corpus_stats *stats, bool verbose);

#endif
