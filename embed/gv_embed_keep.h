/*
 * gv_embed_keep - the common component and the transform of a run: taken from embed.bin if they are
 * there and fit, else computed, and stored.
 *
 * embed.bin is only used and written for the run's own vectors. A run directory that cannot be
 * written to, or in which another glove-embed is writing the file, gets none, with a note.
 *
 * Errors: those of gv_embed_fit.h. Threads: one at a time.
 */
#ifndef GV_EMBED_KEEP_H
#define GV_EMBED_KEEP_H

#include "base/gv_progress.h"
#include "embed/gv_embed_words.h"
#include "vectors/gv_embed_file.h"

/* Private. */
typedef struct gv_embed_keep {
    const gv_embed_words *words;
    const char *run_dir;
    gv_progress *progress;
    bool own;     /* the vectors are the run's */
    bool changed; /* `file` has more than what is stored */
    gv_embed_file file;
} gv_embed_keep;

/* Look for what is stored. All pointers are borrowed; the vectors must be as they are in their
 * file. End it with gv_embed_keep_end. */
GV_MUST_USE int gv_embed_keep_begin(gv_embed_keep *keep, const gv_embed_words *words,
                                    const char *run_dir, bool own, gv_progress *progress,
                                    gv_error *err);
/* The common component ([dim]); `words` have counts. The transform ([dim][dim]), for which the
 * store of the run is read unless it is stored; GV_E_USAGE if there is none. Borrowed until the
 * end. */
GV_MUST_USE int gv_embed_keep_component(const double **component, gv_embed_keep *keep,
                                        gv_error *err);
GV_MUST_USE int gv_embed_keep_transform(const double **transform, gv_embed_keep *keep,
                                        unsigned threads, gv_error *err);
/* Store what was computed, if anything. Where that is not possible, a note says so. */
void gv_embed_keep_store(gv_embed_keep *keep);
void gv_embed_keep_end(gv_embed_keep *keep);

#endif
