/*
 * Comments and tags. That a tag's end does not follow is remembered, so the text is not searched
 * twice for it.
 */
#include "text/gv_wikitext_internal.h"

#include <string.h>
#include <strings.h>

/* Tags whose content is no prose. */
static const char *const dropped[] = {
    "ref",      "math",     "gallery",        "syntaxhighlight", "source",
    "pre",      "code",     "timeline",       "score",           "chem",
    "ce",       "imagemap", "graph",          "mapframe",        "maplink",
    "hiero",    "style",    "templatestyles", "templatedata",    "indicator",
    "inputbox", "section",  "references",     "script",          "categorytree",
    "tt",       "noinclude"};
_Static_assert(sizeof dropped / sizeof *dropped <= GV_WIKI_DROPPED, "room for all");

enum { TAG_MOST = 4096 }; /* bytes of a tag; what is longer is none */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The first `what` ([n]) at or after `from`; NULL if there is none. */
static const char *find(const char *from, const char *end, const char *what, size_t n)
{
    return memmem(from, (size_t)(end - from), what, n);
}

static bool comment(gv_wikitext *w)
{
    const char *end = w->comment_unclosed ? NULL : find(w->at + 4, w->end, "-->", 3);
    w->comment_unclosed |= !end;
    if (!end)
        return false;
    w->at = end + 3;
    gv_wikitext_part(w);
    return true;
}

/* Behind "</name ... >", in any case, at or after `from`; NULL if there is none. */
static const char *behind_end_tag(const char *from, const char *end, const char *name, size_t n,
                                  const char **begin)
{
    while ((from = find(from, end, "</", 2))) {
        const char *behind = from + 2 + n;
        if ((size_t)(end - from) > 2 + n && strncasecmp(from + 2, name, n) == 0 &&
            !is_letter(*behind)) {
            *begin = from;
            const char *close = memchr(behind, '>', (size_t)(end - behind));
            return close ? close + 1 : end;
        }
        from += 2;
    }
    return NULL;
}

/* Which of the dropped tags is this? */
static size_t dropped_tag(const char *name, size_t n)
{
    size_t i = 0;
    while (i < sizeof dropped / sizeof *dropped &&
           (strlen(dropped[i]) != n || strncasecmp(dropped[i], name, n) != 0))
        i++;
    return i;
}

/* Go on behind the end of the tag that begins here, whose own end is `close`. */
static void skip_content(gv_wikitext *w, const char *name, size_t n, size_t which,
                         const char *close)
{
    const char *begin, *behind = NULL;
    w->at = close + 1;
    if (close[-1] == '/') /* <ref name="a" /> */
        return;
    if (!w->unclosed[which])
        behind = behind_end_tag(close + 1, w->end, name, n, &begin);
    w->unclosed[which] |= !behind;
    if (behind)
        w->at = behind;
}

/* <nowiki>: what it holds is text as it is. */
static void copy_content(gv_wikitext *w, const char *close)
{
    const char *begin = NULL, *behind = NULL;
    if (close[-1] != '/' && !w->nowiki_unclosed) {
        behind = behind_end_tag(close + 1, w->end, "nowiki", strlen("nowiki"), &begin);
        w->nowiki_unclosed = !behind;
    }
    w->at = close + 1;
    if (!behind)
        return;
    memcpy(w->out + w->used, w->at, (size_t)(begin - w->at));
    w->used += (size_t)(begin - w->at);
    w->at = behind;
}

/* Tags between which words are apart. */
static bool separates(const char *name, size_t n)
{
    static const char *const apart[] = {"br", "p",  "div", "li", "td",         "th",
                                        "tr", "dd", "dt",  "hr", "blockquote", "center"};
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        if (strlen(apart[i]) == n && strncasecmp(apart[i], name, n) == 0)
            return true;
    return false;
}

bool gv_wikitext_tag(gv_wikitext *w)
{
    if (w->end - w->at >= 4 && memcmp(w->at, "<!--", 4) == 0)
        return comment(w);
    const char *name = w->at + 1;
    bool ends = name < w->end && *name == '/';
    name += ends;
    size_t n = 0, room = (size_t)(w->end - name) < TAG_MOST ? (size_t)(w->end - name) : TAG_MOST;
    while (n < room && (is_letter(name[n]) || (n > 0 && name[n] >= '0' && name[n] <= '9')))
        n++;
    if (n == 0 || n == room || !strchr(" \t\r\n/>", name[n]))
        return false;
    const char *close = memchr(name, '>', room);
    if (!close || memchr(name, '<', (size_t)(close - name)))
        return false;
    size_t which = ends ? sizeof dropped / sizeof *dropped : dropped_tag(name, n);
    if (which < sizeof dropped / sizeof *dropped)
        skip_content(w, name, n, which, close);
    else if (!ends && n == strlen("nowiki") && strncasecmp(name, "nowiki", n) == 0)
        copy_content(w, close);
    else
        w->at = close + 1;
    if (separates(name, n) || which < sizeof dropped / sizeof *dropped)
        gv_wikitext_part(w);
    return true;
}
