/*
 * Dumps of wikis: pages-articles and its like, as MediaWiki exports them.
 *
 * The file is cut behind each "</page>", which is never part of a text, because "<" in a text is
 * written "&lt;". So the pages of a part are well-formed by themselves, and expat reads them inside
 * a root element of our own. The header before the first page has the names of the namespaces.
 *
 * Entities cannot be defined inside an element, so that nothing can grow or be fetched.
 */
#include "text/gv_records_internal.h"

#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    HEADER_MOST = 16 << 20, /* bytes before the first page */
    TITLE_MOST = 200,       /* bytes of a title in an error */
    NAME_MOST = 256         /* of a namespace, a content model */
};

static const char page_end[] = "</page>";
static const XML_Memory_Handling_Suite memory = {gv_library_mem_alloc, gv_library_mem_resize,
                                                 gv_library_mem_free};

/* --- a page ----------------------------------------------------------------------------------- */

enum element { OTHER, NAMESPACE, MODEL, TEXT };

/* What reads the pages of a part. */
typedef struct pages {
    XML_Parser parser;
    gv_wikitext *wikitext;
    gv_records_part *part;
    enum element inside; /* where characters belong */
    bool redirect, slot; /* inside <content>: what is beside the text of the page */
    char ns[NAME_MOST], model[NAME_MOST];
    size_t ns_length, model_length;
    char *text;
    size_t text_used, text_capacity;
    int status;
    gv_error error;
} pages;

/* Reading of XML stops; the error is in `error`. */
static void fail(pages *p, int status)
{
    p->status = status;
    XML_StopParser(p->parser, XML_FALSE);
}

static void begin_element(void *context, const XML_Char *name, const XML_Char **attributes)
{
    pages *p = context;
    (void)attributes;
    p->inside = OTHER;
    p->slot |= strcmp(name, "content") == 0;
    if (p->slot)
        return;
    if (strcmp(name, "page") == 0) {
        p->redirect = false;
        p->ns_length = p->model_length = p->text_used = 0;
    } else if (strcmp(name, "redirect") == 0) {
        p->redirect = true;
    } else if (strcmp(name, "ns") == 0) {
        p->inside = NAMESPACE;
    } else if (strcmp(name, "model") == 0) {
        p->inside = MODEL;
        p->model_length = 0;
    } else if (strcmp(name, "text") == 0) {
        p->inside = TEXT;
        p->text_used = 0; /* of several revisions the last one counts */
    }
}

static void add_short(char *to, size_t *used, const XML_Char *text, size_t n)
{
    size_t room = NAME_MOST - *used;
    memcpy(to + *used, text, n < room ? n : room);
    *used += n < room ? n : room;
}

static void add_characters(void *context, const XML_Char *text, int length)
{
    pages *p = context;
    size_t n = (size_t)length;
    if (p->inside == NAMESPACE)
        add_short(p->ns, &p->ns_length, text, n);
    else if (p->inside == MODEL)
        add_short(p->model, &p->model_length, text, n);
    if (p->inside != TEXT)
        return;
    int status = gv_mem_reserve(&p->text, &p->text_capacity, p->text_used + n, 1, &p->error);
    if (status != GV_OK) {
        fail(p, status);
        return;
    }
    memcpy(p->text + p->text_used, text, n);
    p->text_used += n;
}

static bool is(const char *text, size_t n, const char *what)
{
    return n == strlen(what) && memcmp(text, what, n) == 0;
}

/* Pages lead elsewhere by their text, too, in dumps without <redirect/>. */
static bool begins_redirect(const char *text, size_t n)
{
    static const char word[] = "#redirect";
    size_t at = 0;
    while (at < n && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    return n - at >= sizeof word - 1 && strncasecmp(text + at, word, sizeof word - 1) == 0;
}

static int take_page(pages *p, gv_error *err)
{
    gv_records_counts *counts = &p->part->counts;
    bool article = (p->ns_length == 0 || is(p->ns, p->ns_length, "0")) &&
                   (p->model_length == 0 || is(p->model, p->model_length, "wikitext"));
    p->redirect = p->redirect || (p->text && begins_redirect(p->text, p->text_used));
    counts->redirects += article && p->redirect;
    counts->other_pages += !article;
    if (!article || p->redirect)
        return GV_OK;
    const char *prose;
    size_t n;
    int status =
        gv_wikitext_strip(p->wikitext, p->text ? p->text : "", p->text_used, &prose, &n, err);
    if (status == GV_OK)
        status = gv_records_put(p->part, prose, n, err);
    return status == GV_OK ? gv_records_end(p->part, err) : status;
}

static void end_element(void *context, const XML_Char *name)
{
    pages *p = context;
    p->inside = OTHER;
    if (strcmp(name, "content") == 0)
        p->slot = false;
    if (strcmp(name, "page") != 0)
        return;
    int status = take_page(p, &p->error);
    if (status != GV_OK)
        fail(p, status);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void free_pages(void *state)
{
    pages *p = state;
    if (p->parser)
        XML_ParserFree(p->parser);
    gv_wikitext_free(p->wikitext);
    gv_mem_free(p->text);
    gv_mem_free(p);
}

static int make_pages(gv_records_part *part, gv_error *err)
{
    pages *p = gv_mem_alloc_zero(1, sizeof *p, err);
    if (!p)
        return GV_E_MEMORY;
    part->state = p;
    p->part = part;
    p->parser = XML_ParserCreate_MM("UTF-8", &memory, NULL);
    if (!p->parser)
        return gv_error_set(err, GV_E_MEMORY, "out of memory for XML");
    return gv_wikitext_new(&p->wikitext, &part->records->names, err);
}

static int parse(pages *p, const void *text, size_t n, bool last, gv_error *err)
{
    const unsigned before = gv_library_mem_failures();
    enum XML_Status done = XML_Parse(p->parser, text, (int)n, last);
    if (p->status != GV_OK)
        return gv_error_set(err, p->status, "%s", p->error.text);
    if (gv_library_mem_failures() != before)
        return gv_error_set(err, GV_E_MEMORY, "out of memory for XML");
    if (done == XML_STATUS_OK)
        return GV_OK;
    /* the root element is in the first line, too */
    p->part->bad_line = gv_records_line(p->part, p->part->raw_at) - 1 +
                        (uint64_t)XML_GetCurrentLineNumber(p->parser);
    return gv_error_set(err, GV_E_CORRUPT, "not well-formed XML: %s",
                        XML_ErrorString(XML_GetErrorCode(p->parser)));
}

static int work_wiki(gv_records_part *part, gv_error *err)
{
    static const char root[] = "<mediawiki>", root_end[] = "</mediawiki>";
    const size_t n = part->raw_used - part->raw_at;
    int status = part->state ? GV_OK : make_pages(part, err);
    if (status != GV_OK)
        return status;
    pages *p = part->state;
    const unsigned before = gv_library_mem_failures();
    p->status = GV_OK;
    p->slot = false;
    p->error.code = GV_OK;
    if (!XML_ParserReset(p->parser, "UTF-8") || gv_library_mem_failures() != before)
        return gv_error_set(err, GV_E_MEMORY, "out of memory for XML");
    XML_SetUserData(p->parser, p);
    XML_SetElementHandler(p->parser, begin_element, end_element);
    XML_SetCharacterDataHandler(p->parser, add_characters);
    if (part->first)
        gv_text_add(&part->fields, "text");
    status = parse(p, root, strlen(root), false, err);
    if (status == GV_OK)
        status = parse(p, part->raw + part->raw_at, n, false, err);
    return status == GV_OK ? parse(p, root_end, strlen(root_end), true, err) : status;
}

/* --- cutting ---------------------------------------------------------------------------------- */

/* Behind the last `</page>` that begins at or after `from`; 0 if there is none. */
static size_t behind_last_page(const gv_records_part *part, size_t from)
{
    const size_t n = sizeof page_end - 1;
    for (size_t at = part->raw_used; at >= from + n; at--) {
        const uint8_t *bracket = memrchr(part->raw + from, '>', at - from);
        if (!bracket)
            return 0;
        at = (size_t)(bracket - part->raw) + 1;
        if (at >= from + n && memcmp(part->raw + at - n, page_end, n) == 0)
            return at;
    }
    return 0;
}

static size_t cut_wiki(gv_records *r, const gv_records_part *part, size_t from)
{
    (void)r;
    size_t back = from > part->raw_at + sizeof page_end ? from - sizeof page_end : part->raw_at;
    return behind_last_page(part, back);
}

/* --- the header ------------------------------------------------------------------------------- */

typedef struct header {
    gv_records *r;
    XML_Parser parser;
    bool root, inside;
    long key;
    char name[NAME_MOST];
    size_t length;
    int status;
    gv_error *err;
} header;

static void begin_in_header(void *context, const XML_Char *name, const XML_Char **attributes)
{
    header *h = context;
    h->root |= strcmp(name, "mediawiki") == 0;
    h->inside = strcmp(name, "namespace") == 0;
    h->length = 0;
    for (size_t i = 0; h->inside && attributes[i]; i += 2)
        if (strcmp(attributes[i], "key") == 0)
            h->key = strtol(attributes[i + 1], NULL, 10);
}

static void characters_in_header(void *context, const XML_Char *text, int length)
{
    header *h = context;
    if (h->inside)
        add_short(h->name, &h->length, text, (size_t)length);
}

static void end_in_header(void *context, const XML_Char *name)
{
    header *h = context;
    (void)name;
    if (h->inside && h->length < NAME_MOST && h->status == GV_OK) {
        h->name[h->length] = '\0';
        h->status = gv_wikitext_names_add(&h->r->names, h->key, h->name, h->err);
    }
    h->inside = false;
}

static int refuse_header(gv_records_part *part, uint64_t line, const char *why, gv_error *err)
{
    part->bad_line = line;
    return gv_error_set(err, GV_E_CORRUPT,
                        "this is no dump of a wiki%s%s; corpus.format \"wikipedia\" reads "
                        "pages-articles.xml.bz2 and its like",
                        *why ? ": " : "", why);
}

/* Read what is before the first page, or `all` of the file. */
static int parse_header(gv_records *r, gv_records_part *part, size_t n, bool all, gv_error *err)
{
    header h = {.r = r, .err = err, .parser = XML_ParserCreate_MM("UTF-8", &memory, NULL)};
    if (!h.parser)
        return gv_error_set(err, GV_E_MEMORY, "out of memory for XML");
    const unsigned before = gv_library_mem_failures();
    XML_SetUserData(h.parser, &h);
    XML_SetElementHandler(h.parser, begin_in_header, end_in_header);
    XML_SetCharacterDataHandler(h.parser, characters_in_header);
    enum XML_Status done = XML_Parse(h.parser, (const char *)part->raw + part->raw_at, (int)n, all);
    int status = h.status;
    if (status == GV_OK && gv_library_mem_failures() != before)
        status = gv_error_set(err, GV_E_MEMORY, "out of memory for XML");
    else if (status == GV_OK && done != XML_STATUS_OK)
        status = refuse_header(part, (uint64_t)XML_GetCurrentLineNumber(h.parser),
                               XML_ErrorString(XML_GetErrorCode(h.parser)), err);
    else if (status == GV_OK && !h.root)
        status = refuse_header(part, 1, "", err);
    r->has_root = h.root && !all; /* and its end is still to come */
    XML_ParserFree(h.parser);
    return status;
}

/* A piece of a dump may begin with a page. */
static bool begins_with_page(const gv_records_part *part)
{
    size_t at = part->raw_at;
    while (at < part->raw_used && strchr(" \t\r\n", part->raw[at]) && part->raw[at])
        at++;
    return part->raw_used - at >= 6 && memcmp(part->raw + at, "<page>", 6) == 0;
}

static int begin_wiki(gv_records *r, gv_records_part *part, bool over, bool *more, gv_error *err)
{
    const uint8_t *from = part->raw + part->raw_at;
    size_t left = part->raw_used - part->raw_at;
    const uint8_t *page = memmem(from, left, "<page>", strlen("<page>"));
    *more = false;
    if (begins_with_page(part) || (over && left == 0))
        return GV_OK;
    bool wait = !page && !over && left < HEADER_MOST;
    /* what is no XML is told now, not after 16 MiB of it */
    if (wait && (left == 0 || memchr(from, '<', left < 64 ? left : 64))) {
        *more = true;
        return GV_OK;
    }
    size_t n = page ? (size_t)(page - from) : left;
    int status = parse_header(r, part, n, !page, err);
    if (status == GV_OK && !page && !over)
        return refuse_header(part, 1, "it has no <page>", err);
    part->raw_at += n;
    return status;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Name the page that is not complete. */
static void name_page(const gv_records_part *part, gv_text *to)
{
    static const char open[] = "<title>";
    size_t cut = behind_last_page(part, part->raw_at), rest = cut > 0 ? cut : part->raw_at;
    const uint8_t *end = part->raw + part->raw_used, *begin = part->raw + rest;
    begin = memmem(begin, (size_t)(end - begin), open, strlen(open));
    if (!begin)
        return;
    begin += strlen(open);
    const uint8_t *close = memchr(begin, '<', (size_t)(end - begin));
    size_t n = (size_t)((close ? close : end) - begin);
    gv_text_printf(to, ", in the page \"%.*s\"", (int)(n < TITLE_MOST ? n : TITLE_MOST),
                   (const char *)begin);
}

static int refuse_end(gv_records_part *part, size_t rest, gv_error *err)
{
    gv_text page = GV_TEXT_INIT;
    name_page(part, &page);
    part->bad_line = gv_records_line(part, rest);
    gv_error_set(err, GV_E_CORRUPT,
                 "the dump is truncated: </mediawiki> is missing%s; obtain the file again",
                 page.bytes && !page.failed ? page.bytes : "");
    gv_text_drop(&page);
    return GV_E_CORRUPT;
}

static int end_wiki(gv_records *r, gv_records_part *part, gv_error *err)
{
    static const char root_end[] = "</mediawiki>";
    size_t cut = behind_last_page(part, part->raw_at), rest = cut > 0 ? cut : part->raw_at;
    const uint8_t *at = part->raw + rest, *end = part->raw + part->raw_used;
    bool whole = r->has_root && memmem(at, (size_t)(end - at), root_end, strlen(root_end));
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    if (!whole && (r->has_root || at < end))
        return refuse_end(part, rest, err);
    part->raw_used = rest;
    return GV_OK;
}

const gv_records_kind gv_records_wiki = {.begin = begin_wiki,
                                         .cut = cut_wiki,
                                         .end = end_wiki,
                                         .work = work_wiki,
                                         .free_state = free_pages,
                                         .place = name_page};
