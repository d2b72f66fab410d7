/*
 * gv_stream - the text of one file that can only be read front to back: compressed (gzip, bzip2,
 * xz, zstd, lz4, lzip, compress; recognised by the first bytes), an archive (zip, tar, 7z, itself
 * compressed or not), a pipe, or standard input ("-").
 *
 * An archive's text comes member by member; other files are one member. Members may be compressed,
 * too. Members whose records hold more than text (corpus.format) come as the text of these
 * (gv_records.h).
 *
 * Threads: one stream is used by one thread at a time.
 */
#ifndef GV_STREAM_H
#define GV_STREAM_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "text/gv_records.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_STREAM_MAGIC_BYTES 8 /* bytes that gv_stream_is_compressed needs, if the file has them */

/* Does a file that starts with these bytes look compressed? */
bool gv_stream_is_compressed(const uint8_t *start, size_t length);

typedef struct gv_stream gv_stream;
/* Open `path`, "-" being standard input, and only decompress it, whatever it holds. GV_E_IO,
 * GV_E_MEMORY; GV_E_CORRUPT if a compressed file has an invalid header. The caller closes. */
GV_MUST_USE int gv_stream_open(gv_stream **stream, const char *path, gv_error *err);

/* What is read of a corpus. */
typedef struct gv_stream_options {
    const gv_strings *pattern; /* members of archives (gv_paths_match_any); borrowed */
    bool binary;               /* also what is no text */
    bool prompt;               /* what begins with a line of text is text: wait for no more */
    enum gv_config_corpus_format format;
    const gv_strings *fields; /* corpus.field or corpus.column; borrowed; not of GV_CORPUS_TEXT */
    const char *name;         /* of the file, for errors; NULL: its path; borrowed */
    unsigned threads;         /* for records and their decompression; 0, 1: the caller's alone */
} gv_stream_options;
/* What the corpus.* keys say, for `threads` threads; borrowed from the config. */
gv_stream_options gv_stream_options_of(const gv_config *config, unsigned threads);
/* Open a file of the corpus: archives are read, and what is neither text nor an archive of it is an
 * error that names it. As gv_stream_open; and GV_E_CORRUPT: no text, or an archive without any;
 * GV_E_USAGE: an archive in which nothing matches the pattern. */
GV_MUST_USE int gv_stream_open_corpus(gv_stream **stream, const char *path,
                                      const gv_stream_options *options, gv_error *err);
/* Accepts NULL. */
void gv_stream_close(gv_stream *stream);

/* Read up to `bytes` bytes of text; `*got` is less only at the end of the member. `*disk` receives
 * how many bytes of the file this took. Damaged or truncated data is GV_E_CORRUPT naming the
 * file. */
GV_MUST_USE int gv_stream_read(gv_stream *stream, void *data, size_t bytes, size_t *got,
                               uint64_t *disk, gv_error *err);
/* The same, but as soon as there is some text, so that what a person types is seen at once; 0 bytes
 * only at the end. */
GV_MUST_USE int gv_stream_read_some(gv_stream *stream, void *data, size_t bytes, size_t *got,
                                    gv_error *err);
/* Go to the next member that is to be read; `*more` is false behind the last one. Errors as
 * gv_stream_open_corpus. */
GV_MUST_USE int gv_stream_next_member(gv_stream *stream, bool *more, gv_error *err);
/* What became of the members of an archive so far; all 0 for other files. */
typedef struct gv_stream_members {
    uint64_t read, unmatched, textless; /* textless: images and the like */
} gv_stream_members;
gv_stream_members gv_stream_count_members(const gv_stream *stream);
/* Read the first records of the member, if it is of records. */
GV_MUST_USE int gv_stream_look_at_records(gv_stream *stream, gv_error *err);
/* What became of the records so far, in all members; and the fields of the first one with fields
 * (gv_records_fields), which is borrowed. */
gv_records_counts gv_stream_count_records(const gv_stream *stream);
const char *gv_stream_fields(const gv_stream *stream);

#endif
