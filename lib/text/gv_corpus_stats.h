/*
 * gv_corpus_stats - what reading a corpus found: amounts, and oddities of the text.
 *
 * Threads: pure functions.
 */
#ifndef GV_CORPUS_STATS_H
#define GV_CORPUS_STATS_H

#include "base/gv_progress.h"
#include "config/gv_json.h"
#include <stdint.h>

typedef struct gv_corpus_stats {
    uint64_t bytes;             /* of text, after decompression */
    uint64_t tokens;            /* delivered */
    uint64_t documents;         /* that hold at least one token */
    uint64_t invalid_utf8;      /* ill-formed sequences, each replaced by U+FFFD */
    uint64_t overlong;          /* tokens cut to GV_TOKEN_MAX bytes */
    uint64_t nul_bytes;         /* treated as white space */
    uint64_t carriage_returns;  /* dropped, before a newline */
    uint64_t lone_returns;      /* carriage returns that end a line by themselves */
    uint64_t other_spaces;      /* with corpus.spaces "unicode": white space beyond the ASCII one */
    uint64_t unk_tokens;        /* literal "<unk>" in the text, dropped */
    uint64_t byte_order_marks;  /* dropped at the start of a file */
    uint64_t members;           /* of archives, read */
    uint64_t members_unmatched; /* left out: hidden, or not of corpus.pattern */
    uint64_t members_textless;  /* left out: images and the like */
    /* with corpus.format (gv_records.h) */
    uint64_t records_read;     /* JSON records, rows, pages that became documents */
    uint64_t records_without;  /* left out: without the wanted field, or it is null */
    uint64_t records_not_text; /* left out: the field holds no text */
    uint64_t redirects;        /* pages left out */
    uint64_t other_pages;      /* pages left out: of other namespaces, not in wikitext */
} gv_corpus_stats;

/* Add the numbers of `from` to those of `to`. */
void gv_corpus_stats_add(gv_corpus_stats *to, const gv_corpus_stats *from);
/* Write the statistics and the version of ICU as members of the object open in `writer`. */
void gv_corpus_stats_json(gv_json_writer *writer, const gv_corpus_stats *stats);
/* Tell the user what was odd ("3 invalid UTF-8 sequences replaced by U+FFFD"); nothing if nothing
 * was. */
void gv_corpus_stats_report(const gv_corpus_stats *stats, gv_progress *progress);

#endif
