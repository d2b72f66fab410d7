/*
 * gv_plan_sample - a part of the corpus, read for glove-plan: blocks of text from places spread
 * evenly over the plain files, and from the first part of compressed ones.
 *
 * The blocks are in random order (drawn with a fixed seed), so any consecutive ones are themselves
 * a small sample of the whole corpus. The plan measures growth by that: it compares one half, one
 * quarter and so on of the blocks with all of them.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_SAMPLE_H
#define GV_PLAN_SAMPLE_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "vocab/gv_vocab.h"
#include <stddef.h>
#include <stdint.h>

#define GV_PLAN_BREAK UINT32_MAX /* among the ids: no window crosses this place */

typedef struct gv_plan_sample {
    uint32_t *ids;          /* [count] word ids in text order, with breaks between */
    size_t count, capacity; /* of ids */
    size_t *block_start;    /* [blocks + 1] where each block's ids begin; the last is `count` */
    uint32_t blocks;
    uint32_t words;   /* distinct; their ids are 0 .. words - 1 */
    uint16_t *length; /* [words] bytes of each */
    char *text;       /* the words, one after the other, without NULs */
    uint8_t *raw;     /* [raw_bytes] pieces of the text as it was read, to time the stages' own
                                tokenizer on */
    size_t raw_bytes;
    uint64_t tokens;         /* ids that are not breaks */
    uint64_t bytes;          /* of text read for the ids */
    uint64_t corpus_bytes;   /* of text in the corpus; estimated for compressed files */
    uint64_t disk_bytes;     /* of the corpus files */
    double fraction;         /* bytes / corpus_bytes, 0 .. 1; 1 if all of the corpus was read */
    double read_seconds;     /* CPU seconds of reading `bytes`: tokenizing and looking up */
    double inflate_per_byte; /* CPU seconds of decompressing a byte of text of the corpus */
} gv_plan_sample;

/*
 * Read the sample. `share`: part of the corpus to read, in (0, 1]; 0 means 8 %, but at least 4 MiB
 * and at most 32 MiB. `only` (may be NULL): only words of this vocabulary count; others take no
 * position, as in counting. The sample borrows nothing; free it with gv_plan_sample_free.
 *
 * Errors: GV_E_USAGE if the corpus can be read only once (stdin, a pipe) or corpus.files matches
 * nothing; GV_E_RUNTIME if it is empty or the sample has no token; GV_E_IO; GV_E_CORRUPT for
 * damaged compressed files; GV_E_MEMORY; GV_E_STOPPED. The sample is then empty.
 */
GV_MUST_USE int gv_plan_sample_read(gv_plan_sample *sample, const gv_config *config, double share,
                                    const gv_vocab *only, gv_error *err);
/* Accepts an empty sample ({0}). */
void gv_plan_sample_free(gv_plan_sample *sample);

/* The first block of part `part` if the first `blocks` blocks are divided into `parts` equal
 * parts. */
static inline uint32_t gv_plan_sample_part(uint32_t blocks, uint32_t part, uint32_t parts)
{
    return (uint32_t)((uint64_t)blocks * part / parts);
}

#endif
