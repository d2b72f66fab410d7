/*
 * gv_wikitext_internal - what the parts of gv_wikitext share:
 *
 *   gv_wikitext.c          the walk through the text; what opens and closes
 *   gv_wikitext_tags.c     comments and tags
 *   gv_wikitext_links.c    what a link leaves; names of namespaces
 *   gv_wikitext_entities.c entities
 *
 * Threads: as gv_wikitext.h.
 */
#ifndef GV_WIKITEXT_INTERNAL_H
#define GV_WIKITEXT_INTERNAL_H

#include "text/gv_icu.h"
#include "text/gv_wikitext.h"
#include <stdbool.h>
#include <stdint.h>

enum gv_wikitext_kind {
    GV_WIKI_TEMPLATE,
    GV_WIKI_PARAMETER,
    GV_WIKI_TABLE,
    GV_WIKI_LINK,
    GV_WIKI_URL
};
enum { GV_WIKI_KINDS = GV_WIKI_URL + 1 };

/* What was opened and is not closed yet. */
typedef struct gv_wikitext_open {
    enum gv_wikitext_kind kind;
    size_t at;  /* what it holds begins here in the prose */
    size_t bar; /* of a link: behind its first "|" in the prose; 0: none yet */
} gv_wikitext_open;

enum { GV_WIKI_DROPPED = 32 }; /* most names of tags that hold no prose */

struct gv_wikitext {
    const gv_wikitext_names *names;
    gv_icu_caser *caser;
    const char *begin, *at, *end; /* of the text */
    const char *quotes_end;       /* of the line in which `elision` was sought; NULL: none yet */
    const char *elision;          /* the run of three apostrophes there that is one and two */
    char *out;                    /* the prose so far */
    size_t used, capacity;
    size_t line; /* where the present line begins in it */
    bool line_start, heading;
    gv_wikitext_open *stack;
    size_t depth, stack_capacity;
    size_t open[GV_WIKI_KINDS];     /* how many of each kind are on the stack */
    bool unclosed[GV_WIKI_DROPPED]; /* tags of which no end follows, */
    bool nowiki_unclosed, comment_unclosed;
};

/* Something was dropped between the last byte of the prose and the next of the text: keep words
 * apart. */
void gv_wikitext_part(gv_wikitext *w);

/* At "<": go on behind the tag or comment, and drop it; false if it is neither. */
bool gv_wikitext_tag(gv_wikitext *w);
/* At "&": put the character and go on behind the entity; false if it is none. */
bool gv_wikitext_entity(gv_wikitext *w);
/* The link on top of the stack is closed: leave what it shows. */
GV_MUST_USE int gv_wikitext_close_link(gv_wikitext *w, const gv_wikitext_open *link, gv_error *err);

/* A named entity's character; 0 if there is none. */
uint32_t gv_wikitext_entity_named(const char *name, size_t length);

#endif
