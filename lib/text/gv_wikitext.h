/*
 * gv_wikitext - the prose of a wiki page: MediaWiki's mark-up removed, well enough for word
 * vectors.
 *
 * Dropped with all they hold: templates, tables, comments, references, formulas, code and other
 * tags that hold no prose, links to files and categories with their captions, links to the page in
 * other languages, bare URLs, magic words. Reduced to their text: other links, external links with
 * a label, headings, list items, bold and italics, other tags, entities. Templates are not
 * expanded.
 *
 * The time is linear in the length, for any text: what is opened and never closed is text.
 *
 * Threads: an object belongs to one thread at a time; names are shared.
 */
#ifndef GV_WIKITEXT_H
#define GV_WIKITEXT_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include <stddef.h>

/* The names of the namespaces whose links are no text, in lower case; those of the English and some
 * other wikis are known anyway. */
typedef struct gv_wikitext_names {
    gv_strings files, categories;
} gv_wikitext_names;
/* Add a name as siteinfo has it, for the namespace `key`; others than files and categories are
 * ignored. GV_E_MEMORY, GV_E_RUNTIME of ICU. */
GV_MUST_USE int gv_wikitext_names_add(gv_wikitext_names *names, long key, const char *name,
                                      gv_error *err);
void gv_wikitext_names_free(gv_wikitext_names *names);

typedef struct gv_wikitext gv_wikitext;
/* `names` is borrowed until free. The caller frees. */
GV_MUST_USE int gv_wikitext_new(gv_wikitext **wikitext, const gv_wikitext_names *names,
                                gv_error *err);
/* Accepts NULL. */
void gv_wikitext_free(gv_wikitext *wikitext);

/* The prose of `text` ([n], valid UTF-8 or not): `*prose` ([*length], at most n bytes) is borrowed
 * until the next call. GV_E_MEMORY, GV_E_RUNTIME of ICU. */
GV_MUST_USE int gv_wikitext_strip(gv_wikitext *wikitext, const char *text, size_t n,
                                  const char **prose, size_t *length, gv_error *err);

#endif
