/*
 * gv_ids - corpus.ids: the corpus as word ids, in one file that training streams.
 *
 * The words of the vocabulary in the order of the text, one GV_ENCODER_BREAK where a document ends
 * (also after the last one), no empty documents. The bytes are a function of the corpus, the
 * vocabulary and the corpus.* keys. A header tells counts, the checksum of the ids, and what they
 * were made from; docs/formats.md has every byte.
 *
 * Threads: gv_ids_read may be called by many threads at once; the rest by one.
 */
#ifndef GV_IDS_H
#define GV_IDS_H

#include "base/gv_error.h"
#include "base/gv_hash.h"
#include "vocab/gv_encoder.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gv_ids_info {
    uint64_t count;      /* ids and breaks */
    uint64_t words;      /* ids alone */
    uint32_t vocab_size; /* every id is below it */
    gv_hash128 content;  /* of the ids */
    gv_hash128 source;   /* of what they were made from, as the caller computes it */
} gv_ids_info;

/*
 * Write PATH from `encoder`, read to its end. `info` tells vocab_size and source; the rest is
 * filled in. A corpus without a single word of the vocabulary: GV_E_RUNTIME. PATH appears when it
 * is whole.
 */
GV_MUST_USE int gv_ids_write(const char *path, gv_encoder *encoder, gv_ids_info *info,
                             gv_error *err);

typedef struct gv_ids gv_ids;

/*
 * Open PATH and check all of it against its checksum (one pass over the file). Whatever is wrong
 * with it (empty, truncated, foreign, damaged, an id beyond the vocabulary): GV_E_CORRUPT naming
 * it.
 */
GV_MUST_USE int gv_ids_open(gv_ids **ids, const char *path, gv_error *err);
void gv_ids_close(gv_ids *ids);
/* Borrowed until close. */
const gv_ids_info *gv_ids_about(const gv_ids *ids);
/* Only look at the header: is PATH there, sound as far as can be seen, and made from `source`? */
GV_MUST_USE int gv_ids_is_from(bool *from, const char *path, gv_hash128 source, gv_error *err);

/* Copy ids first .. first + n - 1, which must exist. */
GV_MUST_USE int gv_ids_read(uint32_t *to, const gv_ids *ids, uint64_t first, size_t n,
                            gv_error *err);

#endif
