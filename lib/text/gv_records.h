/*
 * gv_records - the text of a file whose records hold more than text: JSON lines, CSV and TSV
 * tables, dumps of wikis (corpus.format). Each record becomes one line of text; newlines inside it
 * become blanks. So a record is what a line is in a file of text, and everything that reads text
 * reads records.
 *
 * Records are cut out of the bytes one after the other and read by several threads; the text does
 * not depend on them. Memory is bounded by GV_RECORDS_MOST.
 *
 * Records without text in the wanted field are left out and counted. What cannot be read is
 * GV_E_CORRUPT naming file and line; a table without the wanted column GV_E_USAGE.
 *
 * Threads: one object is used by one thread at a time; `read` of the source is called by one thread
 * at a time, any of several.
 */
#ifndef GV_RECORDS_H
#define GV_RECORDS_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_config.h"
#include <stddef.h>
#include <stdint.h>

#define GV_RECORDS_MOST (UINT64_C(64) << 20) /* bytes of a record */

/* What became of the records. */
typedef struct gv_records_counts {
    uint64_t records;      /* as text */
    uint64_t without;      /* left out: without the field, or it is null */
    uint64_t not_text;     /* left out: the field is a number or the like */
    uint64_t redirects;    /* pages of a wiki that only lead to others */
    uint64_t other_pages;  /* of other namespaces than articles, or not in wikitext */
    uint64_t invalid_utf8; /* in JSON: ill-formed sequences and halves of surrogate pairs, each
                              replaced by U+FFFD */
} gv_records_counts;
void gv_records_counts_add(gv_records_counts *to, const gv_records_counts *from);

typedef struct gv_records_options {
    enum gv_config_corpus_format format; /* not GV_CORPUS_TEXT */
    const gv_strings *fields;            /* corpus.field or corpus.column; borrowed */
    unsigned threads;                    /* 1: none are started */
} gv_records_options;

/* Where the bytes come from; borrowed. */
typedef struct gv_records_source {
    const char *name; /* of the file, for errors */
    void *context;
    /* Some bytes, at most `bytes`; `*got` is 0 at the end. */
    int (*read)(void *context, void *data, size_t bytes, size_t *got, gv_error *err);
} gv_records_source;

typedef struct gv_records gv_records;
/* Begin with a file. GV_E_MEMORY. The caller closes. */
GV_MUST_USE int gv_records_open(gv_records **records, const gv_records_source *source,
                                const gv_records_options *options, gv_error *err);
/* Accepts NULL. */
void gv_records_close(gv_records *records);
/* Some text, at most `bytes`; `*got` is 0 at the end. */
GV_MUST_USE int gv_records_read(gv_records *records, void *data, size_t bytes, size_t *got,
                                gv_error *err);
/* Read the first records, so that errors in them and their fields are known. */
GV_MUST_USE int gv_records_look(gv_records *records, gv_error *err);
/* Of the records whose text was given out so far, and those before them that were left out. */
gv_records_counts gv_records_count(const gv_records *records);
/* The fields or columns of the first record, "id, text, meta.lang"; "" if there is none. Borrowed;
 * complete when some text was read or the end was reached. */
const char *gv_records_fields(const gv_records *records);

#endif
