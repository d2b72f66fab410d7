/*
 * JSON and tables are seen by the first lines of the corpus, all of which must look so; markup, by
 * its share of the words of all samples.
 */
#include "text/gv_advice_internal.h"

#include "config/gv_json.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* --- lines ------------------------------------------------------------------------------------ */

enum { LINES = 50 }; /* at the beginning that are looked at */

typedef struct line {
    const char *text;
    size_t length;
} line;

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The first lines that hold something, blanks at their ends cut off. The last line of the sample
 * may be cut; it is left out unless there is no other. */
static size_t first_lines(line lines[LINES], const gv_advice_corpus *corpus)
{
    const char *at = (const char *)corpus->sample[0].text;
    size_t left = at ? corpus->sample[0].length : 0, n = 0;
    if (left >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
        left -= 3;
    }
    while (left > 0 && n < LINES) {
        size_t length = 0;
        while (length < left && at[length] != '\n' && at[length] != '\r')
            length++;
        if (length == left && n > 0 && corpus->sample[0].length < corpus->stats->bytes)
            break;
        line found = {at, length};
        for (; found.length > 0 && is_blank(*found.text); found.length--)
            found.text++;
        while (found.length > 0 && is_blank(found.text[found.length - 1]))
            found.length--;
        if (found.length > 0)
            lines[n++] = found;
        length += length < left;
        at += length;
        left -= length;
    }
    return n;
}

/* Where `part` is in the line, or NULL. */
static const char *find(const line *in, const char *part)
{
    return memmem(in->text, in->length, part, strlen(part));
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* `{"key": ...`, or a line of an object over several lines: `"key": ...`. */
static bool is_json(const line *l)
{
    const char *colon = find(l, "\":");
    if (!colon)
        colon = find(l, "\" :");
    return colon && (l->text[0] == '{' || l->text[0] == '"' ||
                     (l->text[0] == '[' && l->length > 1 && strchr("{ ", l->text[1])));
}

/* Nothing but brackets and commas. */
static bool is_brackets(const line *l)
{
    for (size_t i = 0; i < l->length; i++)
        if (!strchr("{}[], ", l->text[i]))
            return false;
    return true;
}

enum { PATH_LENGTH = 128 };

/* The path of a string called `key` in a record, as corpus.field names it: "data.body". */
static bool find_field(char path[PATH_LENGTH], const gv_json *record, const char *key)
{
    while (gv_json_count(record) > 0) /* a list: its first element */
        record = gv_json_item(record, 0);
    if (gv_json_text(gv_json_get(record, key)))
        return snprintf(path, PATH_LENGTH, "%s", key) > 0;
    const char *name = NULL;
    while ((name = gv_json_next_key(record, name))) {
        char rest[PATH_LENGTH];
        if (find_field(rest, gv_json_get(record, name), key))
            return snprintf(path, PATH_LENGTH, "%s.%s", name, rest) < PATH_LENGTH;
    }
    return false;
}

/* Where the first record has the string `key`; elsewhere the key alone stands for it. */
static void name_field(char path[PATH_LENGTH], const line *first, const char *key)
{
    gv_json *record = NULL;
    gv_error ignored;
    if (gv_json_parse_if_valid(&record, first->text, first->length, &ignored) != GV_OK ||
        !find_field(path, record, key))
        snprintf(path, PATH_LENGTH, "%s", key);
    gv_json_free(record);
}

bool gv_advice_on_json(char *to, const gv_advice_corpus *corpus)
{
    static const char *const keys[] = {"text", "content", "body", "sentence", "review", "article"};
    line lines[LINES];
    size_t n = first_lines(lines, corpus), json = 0, others = 0;
    const char *key = "KEY";
    bool by_line = true; /* each line is a record */
    for (size_t i = 0; i < n; i++) {
        by_line &= lines[i].text[0] == '{' && !is_brackets(&lines[i]);
        if (is_brackets(&lines[i]))
            continue;
        json += is_json(&lines[i]);
        others += !is_json(&lines[i]);
        for (size_t k = sizeof keys / sizeof *keys; k-- > 0;) {
            char quoted[32];
            snprintf(quoted, sizeof quoted, "\"%s\"", keys[k]);
            if (find(&lines[i], quoted))
                key = keys[k];
        }
    }
    if (json == 0 || others * 4 > json)
        return false;
    char field[PATH_LENGTH];
    name_field(field, &lines[0], key);
    snprintf(
        to, GV_ADVICE_TEXT,
        "the text is JSON, whose keys and marks become words: %s set corpus.format = \"jsonl\" "
        "and corpus.field = \"%s\"",
        by_line ? "if each line is a record," : "with jq -c, write one record a line, and", field);
    return true;
}

/* --- tables ----------------------------------------------------------------------------------- */

/* Delimiters of a line outside of quotation marks. */
static size_t count_delimiters(const line *l, char delimiter)
{
    size_t n = 0;
    bool quoted = false;
    for (size_t i = 0; i < l->length; i++) {
        quoted ^= l->text[i] == '"';
        n += !quoted && l->text[i] == delimiter;
    }
    return n;
}

/* How many there are in every line; 0 if lines differ. */
static size_t same_delimiters(const line *lines, size_t n, char delimiter)
{
    size_t first = count_delimiters(&lines[0], delimiter);
    for (size_t i = 1; i < n; i++)
        if (count_delimiters(&lines[i], delimiter) != first)
            return 0;
    return first;
}

bool gv_advice_on_table(char *to, const gv_advice_corpus *corpus)
{
    /* lines, and delimiters in each, that are no chance any more: prose has commas, but no tabs */
    static const struct {
        char delimiter;
        size_t lines, least;
        const char *name, *format;
    } kinds[] = {{'\t', 5, 1, "tabs", "tsv"},
                 {',', 10, 2, "commas", "csv"},
                 {';', 10, 2, "semicolons", "csv"}};
    if (corpus->config->corpus_format != GV_CORPUS_TEXT)
        return false; /* it was one */
    line lines[LINES];
    size_t n = first_lines(lines, corpus);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t each = n >= kinds[i].lines ? same_delimiters(lines, n, kinds[i].delimiter) : 0;
        if (each < kinds[i].least)
            continue;
        snprintf(to, GV_ADVICE_TEXT,
                 "every line has %zu columns, separated by %s, and all of them are read as text: "
                 "set corpus.format = \"%s\" and corpus.column to the name or number of the one "
                 "that is the text",
                 each + 1, kinds[i].name, kinds[i].format);
        return true;
    }
    return false;
}

/* --- markup ----------------------------------------------------------------------------------- */

typedef struct markup {
    uint64_t words, found;
    char example[2][24]; /* of different beginnings */
} markup;

static bool is_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

static bool is_one_of(const char *const *names, const char *text, size_t length)
{
    for (; *names; names++)
        if (strlen(*names) == length && strncasecmp(*names, text, length) == 0)
            return true;
    return false;
}

/* Length of the tag at `at` up to the end of its name, 0 if there is none. Only known names:
 * corpora have placeholders such as <unk>, <s> and <num>, which are words. */
static size_t tag_at(const char *at, const char *end)
{
    static const char *const names[] = {
        "a",      "b",      "i",          "p",         "br",       "hr",    "em",     "li",
        "ul",     "ol",     "td",         "th",        "tr",       "h1",    "h2",     "h3",
        "h4",     "h5",     "h6",         "div",       "span",     "img",   "table",  "tbody",
        "thead",  "strong", "small",      "font",      "body",     "html",  "head",   "title",
        "meta",   "link",   "script",     "style",     "form",     "input", "button", "pre",
        "code",   "sub",    "sup",        "cite",      "doc",      "page",  "text",   "ref",
        "math",   "nowiki", "gallery",    "article",   "section",  "nav",   "footer", "header",
        "figure", "center", "blockquote", "mediawiki", "revision", NULL};
    size_t left = (size_t)(end - at);
    if (left >= 4 && (memcmp(at, "<!--", 4) == 0 || strncasecmp(at, "<?xm", 4) == 0 ||
                      strncasecmp(at, "<!do", 4) == 0))
        return 4;
    const char *name = at + 1 + (left > 1 && at[1] == '/'), *to = name;
    while (to < end && is_name(*to))
        to++;
    if (to == end || !strchr("> /\t\n", *to) || !is_one_of(names, name, (size_t)(to - name)))
        return 0;
    return (size_t)(to - at);
}

/* Length of the entity at `at` ("&quot;", "&#39;"), 0 if there is none. */
static size_t entity_at(const char *at, const char *end)
{
    enum { LEAST = 2, MOST = 8 };
    bool numbered = end - at > 1 && at[1] == '#';
    const char *to = at + 1 + numbered, *name = to;
    while (to < end && to - name <= MOST && is_name(*to))
        to++;
    numbered &= to > name;
    return to < end && *to == ';' && (numbered || to - name >= LEAST) && to - name <= MOST
               ? (size_t)(to - at) + 1
               : 0;
}

static bool same(const char *example, const char *text, size_t length)
{
    return strlen(example) == length && memcmp(example, text, length) == 0;
}

static void add(markup *found, const char *text, size_t length)
{
    size_t slot = found->example[0][0] == '\0' ? 0 : 1;
    found->found++;
    if (length > 1 && text[1] == '/') /* the end of an element says no more than its beginning */
        return;
    if (slot == 1 && (found->example[1][0] || same(found->example[0], text, length)))
        return;
    snprintf(found->example[slot], sizeof found->example[0], "%.*s", (int)length, text);
}

/* Count in a word, which white space ends: tags and the like within it, or all of it where only
 * the name of an entity or a tag is left. */
static void take_word(markup *found, const char *word, const char *end, const char *text_end)
{
    static const char *const orphans[] = {"lt", "gt", "quot", "nbsp", "amp", "ref", "br", NULL};
    found->words++;
    if (is_one_of(orphans, word, (size_t)(end - word))) {
        add(found, word, (size_t)(end - word));
        return;
    }
    for (const char *at = word; at < end; at++) {
        size_t length = *at == '<' ? tag_at(at, text_end) : *at == '&' ? entity_at(at, end) : 0;
        if ((*at == '[' || *at == '{') && at + 1 < end && at[1] == *at)
            length = 2;
        if (length > 0) {
            add(found, at, length);
            at += length - 1;
        }
    }
}

/* A dump of a wiki, read as text. */
static bool is_dump(const gv_advice_corpus *corpus)
{
    static const char root[] = "<mediawiki";
    const gv_advice_sample *start = &corpus->sample[0];
    return corpus->config->corpus_format == GV_CORPUS_TEXT && start->text &&
           memmem(start->text, start->length < 100 ? start->length : 100, root, strlen(root));
}

bool gv_advice_on_markup(char *to, const gv_advice_corpus *corpus)
{
    enum { LEAST = 4, ONE_IN = 100 };
    markup found = {0};
    if (is_dump(corpus)) {
        snprintf(to, GV_ADVICE_TEXT,
                 "this is a dump of a wiki, and its markup was read as text: set corpus.format = "
                 "\"wikipedia\"");
        return true;
    }
    for (size_t i = 0; i < GV_ADVICE_SAMPLES; i++) {
        const char *at = (const char *)corpus->sample[i].text;
        const char *end = at ? at + corpus->sample[i].length : NULL;
        while (at && at < end) {
            const char *word = at;
            while (at < end && !strchr(" \t\n\r", *at))
                at++;
            if (at > word)
                take_word(&found, word, at, end);
            else
                at++;
        }
    }
    if (found.found < LEAST || found.found * ONE_IN < found.words)
        return false;
    bool two = found.example[1][0] != '\0';
    snprintf(to, GV_ADVICE_TEXT,
             "the text holds markup (%s%s%s), %" PRIu64 " for each 100 words of a sample: remove "
             "tags and decode entities first",
             found.example[0], two ? ", " : "", found.example[1], found.found * 100 / found.words);
    return true;
}
