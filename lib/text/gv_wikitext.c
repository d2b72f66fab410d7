/*
 * One walk. What is opened goes onto a stack with the place in the prose where it began; when it is
 * closed, that part of the prose is dropped or reduced. What is inside has been dealt with by then,
 * so every byte is handled once, and moved at most once for each link around it (LINKS_MOST).
 *
 * An end closes the nearest beginning of its kind, and what was opened since stays as text. A link
 * ends with its paragraph.
 */
#include "text/gv_wikitext_internal.h"

#include "base/gv_mem.h"
#include <string.h>

enum {
    LINKS_MOST = 16,   /* links inside each other; more are text */
    DEPTH_MOST = 65536 /* of the stack */
};

/* Bytes that may begin mark-up anywhere in a line. */
static const bool special[256] = {
    ['{'] = true, ['}'] = true,  ['['] = true, [']'] = true, ['|'] = true,  ['<'] = true,
    ['&'] = true, ['\''] = true, ['_'] = true, [':'] = true, ['\n'] = true, ['\r'] = true};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (signed char)c < 0;
}

void gv_wikitext_part(gv_wikitext *w)
{
    if (w->used > 0 && w->at < w->end && is_word(w->out[w->used - 1]) && is_word(*w->at))
        w->out[w->used++] = ' ';
}

static void put(gv_wikitext *w, char c)
{
    w->out[w->used++] = c;
}

/* How often the byte at the present place is repeated; no more than `most` are counted. Where the
 * run is not used up, it would be counted again. */
static size_t run_of(const gv_wikitext *w, char c, size_t most)
{
    size_t n = 0;
    while (n < most && w->at + n < w->end && w->at[n] == c)
        n++;
    return n;
}

static bool follows(const gv_wikitext *w, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(w->end - w->at) >= n && memcmp(w->at, text, n) == 0;
}

/* --- opening and closing ---------------------------------------------------------------------- */

static int open_kind(gv_wikitext *w, enum gv_wikitext_kind kind, gv_error *err)
{
    if (w->depth == DEPTH_MOST || (kind == GV_WIKI_LINK && w->open[kind] == LINKS_MOST))
        return GV_OK;
    int status = gv_mem_reserve(&w->stack, &w->stack_capacity, w->depth + 1, sizeof *w->stack, err);
    if (status != GV_OK)
        return status;
    w->stack[w->depth++] = (gv_wikitext_open){.kind = kind, .at = w->used};
    w->open[kind]++;
    return GV_OK;
}

/* Take off the stack what is above the nearest of its kind, and that. */
static gv_wikitext_open pop_to(gv_wikitext *w, enum gv_wikitext_kind kind)
{
    gv_wikitext_open top;
    do {
        top = w->stack[--w->depth];
        w->open[top.kind]--;
    } while (top.kind != kind);
    return top;
}

/* Drop all that it holds. */
static void close_dropped(gv_wikitext *w, enum gv_wikitext_kind kind)
{
    w->used = pop_to(w, kind).at;
    if (w->line > w->used)
        w->line = w->used;
    gv_wikitext_part(w);
}

/* A paragraph has ended: links do not reach beyond it. */
static void end_links(gv_wikitext *w)
{
    while (w->depth > 0 && w->stack[w->depth - 1].kind >= GV_WIKI_LINK) {
        w->depth--;
        w->open[w->stack[w->depth].kind]--;
    }
}

static int open_braces(gv_wikitext *w, gv_error *err)
{
    size_t n = run_of(w, '{', SIZE_MAX);
    int status = GV_OK;
    if (n == 1) {
        if (!(w->line_start && w->at + 1 < w->end && w->at[1] == '|')) {
            put(w, *w->at++);
            return GV_OK;
        }
        w->at += 2;
        return open_kind(w, GV_WIKI_TABLE, err);
    }
    w->at += n;
    /* an odd number ends with a parameter, which has three */
    for (size_t left = n; left >= 2 && status == GV_OK; left -= left == 3 ? 3 : 2)
        status = open_kind(w, left == 3 ? GV_WIKI_PARAMETER : GV_WIKI_TEMPLATE, err);
    return status;
}

static void close_braces(gv_wikitext *w)
{
    size_t n = run_of(w, '}', 3);
    if (n < 2) {
        put(w, *w->at++);
        return;
    }
    bool parameter = n >= 3 && w->open[GV_WIKI_PARAMETER] > 0 &&
                     w->stack[w->depth - 1].kind == GV_WIKI_PARAMETER;
    w->at += parameter ? 3 : 2;
    if (parameter)
        close_dropped(w, GV_WIKI_PARAMETER);
    else if (w->open[GV_WIKI_TEMPLATE] > 0)
        close_dropped(w, GV_WIKI_TEMPLATE);
}

/* Does a URL begin here? How many bytes of it are its scheme with "//"; 0 if none does. */
static size_t scheme(const gv_wikitext *w)
{
    static const char *const known[] = {"http://", "https://", "//",    "ftp://",
                                        "mailto:", "news:",    "irc://"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (follows(w, known[i]))
            return strlen(known[i]);
    return 0;
}

/* Go on behind the URL. */
static void skip_url(gv_wikitext *w)
{
    while (w->at < w->end && !strchr(" \t\r\n]|<>\"{}[", *w->at))
        w->at++;
}

static int open_bracket(gv_wikitext *w, gv_error *err)
{
    if (follows(w, "[[")) {
        w->at += 2;
        return open_kind(w, GV_WIKI_LINK, err);
    }
    put(w, *w->at++);
    if (scheme(w) == 0)
        return GV_OK;
    w->used--;
    skip_url(w);
    while (w->at < w->end && *w->at == ' ')
        w->at++;
    return open_kind(w, GV_WIKI_URL, err);
}

static int close_bracket(gv_wikitext *w, gv_error *err)
{
    /* "]]" ends a link, unless a URL was opened inside it: [[File:a.jpg|see [http://b c]]] */
    bool url = w->depth > 0 && w->stack[w->depth - 1].kind == GV_WIKI_URL;
    if (follows(w, "]]") && w->open[GV_WIKI_LINK] > 0 && !url) {
        w->at += 2;
        const gv_wikitext_open link = pop_to(w, GV_WIKI_LINK);
        return gv_wikitext_close_link(w, &link, err);
    }
    if (url)
        pop_to(w, GV_WIKI_URL);
    else if (!follows(w, "]]"))
        put(w, *w->at);
    else
        w->at++;
    w->at++;
    return GV_OK;
}

static void see_bar(gv_wikitext *w)
{
    gv_wikitext_open *top = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;
    put(w, *w->at++);
    if (top && top->kind == GV_WIKI_LINK && top->bar == 0)
        top->bar = w->used;
}

/* --- in a line -------------------------------------------------------------------------------- */

/* "l'''Odyssee''" is an elided article and italics. As MediaWiki does: if both bold and italics
 * were left open at the end of the line, one run of three is an apostrophe and italics, namely the
 * first behind a word of one letter, or else the first behind any. From the first run of a line. */
static void find_elision(gv_wikitext *w)
{
    const char *eol = memchr(w->at, '\n', (size_t)(w->end - w->at)), *any = NULL, *single = NULL;
    size_t bold = 0, italics = 0, n = 0;
    w->quotes_end = eol ? eol : w->end;
    for (const char *at = w->at; at; at = memchr(at + n, '\'', (size_t)(w->quotes_end - at) - n)) {
        for (n = 0; at + n < w->quotes_end && at[n] == '\'';)
            n++;
        bold += n >= 3;
        italics += n == 2 || n >= 5;
        if (n != 3 || at == w->begin || at[-1] == ' ' || at[-1] == '\n')
            continue;
        if (!any)
            any = at;
        if (!single && at - 1 > w->begin && at[-2] == ' ')
            single = at;
    }
    w->elision = bold % 2 == 0 || italics % 2 == 0 ? NULL : single ? single : any;
}

/* Bold and italics are two to five apostrophes; one is an apostrophe. */
static void quotes(gv_wikitext *w)
{
    if (w->at >= w->quotes_end)
        find_elision(w);
    size_t n = run_of(w, '\'', SIZE_MAX), text = n == 1 || n == 4 ? 1 : n > 5 ? n - 5 : 0;
    text += w->at == w->elision;
    w->at += n;
    while (text-- > 0)
        put(w, '\'');
}

/* __TOC__ and the like. */
static void underscores(gv_wikitext *w)
{
    size_t n = 2;
    if (follows(w, "__"))
        while (w->at + n < w->end && w->at[n] >= 'A' && w->at[n] <= 'Z')
            n++;
    if (n > 2 && w->end - w->at >= (ptrdiff_t)n + 2 && w->at[n] == '_' && w->at[n + 1] == '_')
        w->at += n + 2;
    else
        put(w, *w->at++);
}

/* A bare URL: its scheme is in the prose already. */
static void colon(gv_wikitext *w)
{
    static const char *const schemes[] = {"https", "http", "ftp"};
    for (size_t i = 0; follows(w, "://") && i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (w->used < n || memcmp(w->out + w->used - n, schemes[i], n) != 0 ||
            (w->used > n && is_word(w->out[w->used - n - 1])))
            continue;
        w->used -= n;
        skip_url(w);
        return;
    }
    put(w, *w->at++);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The signs around a heading: those before it have been skipped. */
static void end_heading(gv_wikitext *w)
{
    while (w->used > w->line && strchr("= \t", w->out[w->used - 1]))
        w->used--;
    w->heading = false;
}

static void end_line(gv_wikitext *w)
{
    if (w->heading)
        end_heading(w);
    if (w->used == w->line)
        end_links(w);
    put(w, '\n');
    w->at++;
    w->line = w->used;
    w->line_start = true;
}

/* What has a meaning at the beginning of a line only. */
static void begin_line(gv_wikitext *w)
{
    while (w->at < w->end && strchr("*#:; \t", *w->at) && *w->at)
        w->at++;
    size_t rule = run_of(w, '-', SIZE_MAX);
    if (rule >= 4)
        w->at += rule;
    size_t equals = run_of(w, '=', 7);
    w->heading = equals > 0 && equals <= 6;
    if (w->heading)
        w->at += equals;
    while (w->heading && w->at < w->end && *w->at == ' ')
        w->at++;
    /* the end of a table; in a template it is an empty argument and the template's end */
    if (follows(w, "|}") && !follows(w, "|}}") && w->open[GV_WIKI_TABLE] > 0) {
        w->at += 2;
        close_dropped(w, GV_WIKI_TABLE);
    }
}

/* --- the walk --------------------------------------------------------------------------------- */

/* At a special byte. */
static int handle(gv_wikitext *w, gv_error *err)
{
    switch (*w->at) {
    case '{':
        return open_braces(w, err);
    case '}':
        close_braces(w);
        return GV_OK;
    case '[':
        return open_bracket(w, err);
    case ']':
        return close_bracket(w, err);
    case '|':
        see_bar(w);
        return GV_OK;
    case '\'':
        quotes(w);
        return GV_OK;
    case '_':
        underscores(w);
        return GV_OK;
    case ':':
        colon(w);
        return GV_OK;
    case '\n':
    case '\r':
        end_line(w);
        return GV_OK;
    case '<':
        if (!gv_wikitext_tag(w))
            put(w, *w->at++);
        return GV_OK;
    default:
        if (!gv_wikitext_entity(w))
            put(w, *w->at++);
        return GV_OK;
    }
}

static int walk(gv_wikitext *w, gv_error *err)
{
    int status = GV_OK;
    w->line_start = true;
    while (status == GV_OK && w->at < w->end) {
        if (w->line_start) {
            begin_line(w);
            if (w->at < w->end && *w->at == '{')
                status = open_braces(w, err);
            w->line_start = false;
            continue;
        }
        const char *from = w->at;
        while (w->at < w->end && !special[(unsigned char)*w->at])
            w->at++;
        memcpy(w->out + w->used, from, (size_t)(w->at - from));
        w->used += (size_t)(w->at - from);
        if (w->at < w->end)
            status = handle(w, err);
    }
    if (w->heading)
        end_heading(w);
    return status;
}

int gv_wikitext_new(gv_wikitext **result, const gv_wikitext_names *names, gv_error *err)
{
    *result = NULL;
    gv_wikitext *w = gv_mem_alloc_zero(1, sizeof *w, err);
    if (!w)
        return GV_E_MEMORY;
    w->names = names;
    int status = gv_icu_caser_new(&w->caser, GV_LOWERCASE_SIMPLE, err);
    if (status != GV_OK) {
        gv_wikitext_free(w);
        return status;
    }
    *result = w;
    return GV_OK;
}

void gv_wikitext_free(gv_wikitext *w)
{
    if (!w)
        return;
    gv_icu_caser_free(w->caser);
    gv_mem_free(w->out);
    gv_mem_free(w->stack);
    gv_mem_free(w);
}

int gv_wikitext_strip(gv_wikitext *w, const char *text, size_t n, const char **prose,
                      size_t *length, gv_error *err)
{
    /* nothing makes the text longer: a blank for something dropped, a character for its entity */
    int status = gv_mem_reserve(&w->out, &w->capacity, n + 1, 1, err);
    w->begin = w->at = text;
    w->quotes_end = w->elision = NULL;
    w->end = text + n;
    w->used = w->line = w->depth = 0;
    w->heading = w->nowiki_unclosed = w->comment_unclosed = false;
    memset(w->open, 0, sizeof w->open);
    memset(w->unclosed, 0, sizeof w->unclosed);
    if (status == GV_OK)
        status = walk(w, err);
    *prose = w->out;
    *length = w->used;
    return status;
}
