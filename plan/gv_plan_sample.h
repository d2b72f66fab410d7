/*
 * gv_plan_sample - a part of the corpus, read for glove-plan: blocks of text from places spread
 * evenly over the plain files, and from the first part of compressed ones.
 *
 * Blocks stand in random order (drawn with a fixed seed), so that any consecutive ones are
 * themselves a small sample of the whole corpus. That is how growth is measured: counts of one
 * half, one quarter ... of the blocks against those of all.
 */
#ifndef GV_PLAN_SAMPLE_H
#define GV_PLAN_SAMPLE_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "vocab/gv_vocab.h"
#include <stddef.h>
#include <stdint.h>

#define GV_PLAN_BREAK UINT32_MAX /* in the ids: windows do not cross this place */

typedef struct gv_plan_sample {
    uint32_t *ids; /* word ids in text order, breaks between */
    size_t count, capacity;
    size_t *block_start; /* [blocks + 1] where each block's ids begin */
    uint32_t blocks;
    uint32_t words;   /* distinct */
    uint16_t *length; /* [words] bytes of each */
    uint64_t tokens;
    uint64_t bytes;          /* of text read for the ids */
    uint64_t corpus_bytes;   /* of text in the corpus; estimated for compressed files */
    uint64_t disk_bytes;     /* of the corpus files */
    double fraction;         /* bytes / corpus_bytes */
    double read_seconds;     /* CPU seconds that reading `bytes` took, tokenizing and looking up */
    double inflate_per_byte; /* CPU seconds of decompressing a byte of text of the corpus */
} gv_plan_sample;

/*
 * Read the sample. `share` of the corpus in (0, 1], or 0 to choose: 8 %, but at least 4 MiB and at
 * most 32 MiB. `only` (may be NULL): words that count; others take no position, as in counting.
 * A corpus that can be read only once (stdin, a pipe): GV_E_USAGE. No token: GV_E_RUNTIME.
 */
int gv_plan_sample_read(gv_plan_sample *sample, const gv_config *config, double share,
                        const gv_vocab *only, gv_error *err);
void gv_plan_sample_free(gv_plan_sample *sample);

#endif
