/*
 * gv_records_internal - what the formats of gv_records share: gv_records_json.c,
 * gv_records_table.c, gv_records_wiki.c.
 *
 * Threads: what belongs to a part is used by the thread that has it; what belongs to gv_records is
 * changed in `begin`, `cut` and `end` only, which one thread calls at a time and before any part
 * behind is worked on.
 */
#ifndef GV_RECORDS_INTERNAL_H
#define GV_RECORDS_INTERNAL_H

#include "base/gv_ordered.h"
#include "base/gv_text.h"
#include "text/gv_records.h"
#include "text/gv_wikitext.h"
#include <stdbool.h>

/* Whole records of a file, and their text. */
typedef struct gv_records_part {
    const gv_records *records;
    uint8_t *raw;
    size_t raw_used, raw_capacity;
    size_t raw_at; /* where the records begin: behind a header */
    bool first;    /* of the file */
    uint8_t *text;
    size_t text_used, text_capacity, text_at;
    uint64_t bad_line; /* where in `raw` an error is, from 1; 0: nowhere */
    gv_records_counts counts;
    gv_text fields; /* of the first part: see gv_records_fields */
    void *state;    /* what the format keeps from part to part; NULL at first */
} gv_records_part;

typedef struct gv_records_kind {
    /* The first part, whose beginning is there: read the header, or wait for more bytes, with
     * `*more`. Sets `raw_at`. NULL: no header. */
    int (*begin)(gv_records *r, gv_records_part *part, bool over, bool *more, gv_error *err);
    /* Behind the last whole record of the part's bytes; `raw_at` or 0: there is none. `from`: this
     * far they were looked at before. */
    size_t (*cut)(gv_records *r, const gv_records_part *part, size_t from);
    /* The file is over, and `part` has what is left of it. NULL: may be anything. */
    int (*end)(gv_records *r, gv_records_part *part, gv_error *err);
    /* Read the records. */
    int (*work)(gv_records_part *part, gv_error *err);
    void (*free_state)(void *state); /* NULL: there is none */
    /* Append where the bytes of the part end, for an error: ", in the page ..." NULL: nothing. */
    void (*place)(const gv_records_part *part, gv_text *to);
} gv_records_kind;

extern const gv_records_kind gv_records_jsonl, gv_records_csv, gv_records_tsv, gv_records_wiki;

struct gv_records {
    gv_records_source source;
    gv_records_options options;
    const gv_records_kind *kind;
    char *name; /* of the source */
    gv_ordered *ordered;
    gv_records_part *parts; /* [n] */
    void **list;
    unsigned n;
    gv_records_part *current;
    uint64_t lines; /* ends of lines in the parts before the current one */
    gv_records_counts counts;
    char *fields; /* of the first part */
    /* of the thread that takes parts */
    uint8_t *carry; /* read beyond the last part */
    size_t carry_used, carry_capacity;
    bool begun, over;
    /* of tables */
    uint8_t separator;
    size_t *columns; /* [options.fields->n] from 0 */
    /* of wikis */
    bool has_root; /* the file began with <mediawiki>, which must be closed */
    gv_wikitext_names names;
};

/* Append to the text of the part, newlines as blanks. GV_E_MEMORY. */
GV_MUST_USE int gv_records_put(gv_records_part *part, const void *bytes, size_t n, gv_error *err);
/* The record's text, behind `start`, is complete: end its line. GV_E_MEMORY. */
GV_MUST_USE int gv_records_end(gv_records_part *part, gv_error *err);
/* The line of the part in which this byte of `raw` is, from 1. */
uint64_t gv_records_line(const gv_records_part *part, size_t at);

#endif
