/*
 * gv_ids - corpus.ids: the corpus as word ids, in one file that word2vec training streams.
 *
 * The file holds the words of the vocabulary in the order of the text and one GV_ENCODER_BREAK at
 * the end of each document, also the last one; no document is empty. Its bytes depend on the
 * corpus, the vocabulary and the corpus.* keys. A header states the counts, the checksum of the
 * ids, and what they were made from.
 *
 * Source: the byte layout in docs/formats.md.
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
    gv_hash content;     /* of the ids */
    gv_hash source;      /* of what they were made from, as the caller computes it */
} gv_ids_info;

/*
 * Write PATH from `encoder`, read to its end. The caller sets vocab_size and source in `info`; the
 * rest is filled in. PATH appears when it is complete. A corpus without a word of the vocabulary is
 * GV_E_RUNTIME; else the errors of gv_encoder_fill, and GV_E_IO.
 */
GV_MUST_USE int gv_ids_write(const char *path, gv_encoder *encoder, gv_ids_info *info,
                             gv_error *err);

typedef struct gv_ids gv_ids;

/*
 * Open PATH and compare all of it with its checksum (one pass over the file). An empty, truncated,
 * foreign or damaged file, or one with an id beyond the vocabulary, is GV_E_CORRUPT naming it. The
 * caller closes.
 */
GV_MUST_USE int gv_ids_open(gv_ids **ids, const char *path, gv_error *err);
/* Accepts NULL. */
void gv_ids_close(gv_ids *ids);
/* Borrowed until close. */
const gv_ids_info *gv_ids_about(const gv_ids *ids);
/* Look at the header only: `*from` is true if PATH exists, its header is sound, and it was made
 * from `source`. A bad file is not an error; the result is false. */
GV_MUST_USE int gv_ids_is_from(bool *from, const char *path, gv_hash source, gv_error *err);

/* Copy ids first .. first + n - 1, which must exist, to `to` ([n]), all of them in range. GV_E_IO;
 * GV_E_RUNTIME if the file was changed since it was opened. */
GV_MUST_USE int gv_ids_read(uint32_t *to, const gv_ids *ids, uint64_t first, size_t n,
                            gv_error *err);

#endif
