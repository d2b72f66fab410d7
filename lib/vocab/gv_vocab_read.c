/*
 * Reading vocab.txt and lists of words that a person wrote. Nothing is guessed: a line that is not
 * what it should be is an error, which says what the line looks like.
 */
#include "vocab/gv_vocab_internal.h"

#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "text/gv_lines.h"
#include "text/gv_space.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIELDS = 3 }; /* of a line that are looked at; there may be more */

/* One line, taken apart at blanks and tabs. */
typedef struct entry {
    char *field[FIELDS];
    size_t length[FIELDS];
    size_t n; /* fields, at most FIELDS */
    bool has_count;
    uint64_t count;
} entry;

typedef struct reading {
    gv_vocab *vocab;
    gv_lines *lines;
    const char *path;
    bool by_hand;     /* a list of the user's: counts are optional, empty lines say nothing */
    bool with_counts; /* as the first word has it */
    uint64_t most;    /* bytes of memory */
    const char *key;  /* of the config, that says so */
} reading;

static void split(entry *found, char *line, size_t length)
{
    *found = (entry){.n = 0};
    for (char *at = line, *end = line + length; found->n < FIELDS;) {
        at += strspn(at, " \t");
        if (at >= end)
            return;
        size_t i = found->n++;
        found->field[i] = at;
        found->length[i] = strcspn(at, " \t");
        at += found->length[i];
    }
}

static bool is_one_of(const char *word, size_t length, const char *const *names)
{
    for (; *names; names++)
        if (strlen(*names) == length && strncasecmp(word, *names, length) == 0)
            return true;
    return false;
}

static bool has_number(const entry *found, size_t i)
{
    char text[32], *end;
    if (strspn(found->field[i], "0123456789") >= found->length[i]) /* nearly always */
        return true;
    snprintf(text, sizeof text, "%.*s", (int)found->length[i], found->field[i]);
    (void)strtod(text, &end);
    return end > text && *end == '\0';
}

/* Does the line of a list look like something else? */
static const char *resembles(const entry *found, bool first)
{
    static const char *const counts[] = {"count", "counts", "freq", "frequency", "number", NULL};
    const char *word = found->field[0];
    char last = word[found->length[0] - 1];
    if (found->n == 2 && has_number(found, 1)) /* `word count`: any word may be meant */
        return NULL;
    if (first && (strncmp(word, "{\"", 2) == 0 || strncmp(word, "[\"", 2) == 0))
        return "this is JSON; write one word a line";
    if (first && found->n == 2 && is_one_of(found->field[1], found->length[1], counts))
        return "this is a header line; remove it";
    if (found->n > 1 && found->length[0] == 1 && strchr("#-*", last))
        return "a list has no comments and no marks before a word; write one word a line";
    if (found->n == 2 && has_number(found, 0))
        return "the number comes before the word, as from uniq -c; write `word count`, as awk "
               "'{print $2, $1}' does";
    if (found->n > 1 && (last == ',' || last == ';'))
        return "the words are separated by commas or semicolons; write one word a line";
    return NULL;
}

/* What is wrong with the fields behind the word, or NULL; reads the count. */
static const char *take_count(entry *found, bool by_hand)
{
    if (found->n == 1)
        return NULL;
    found->has_count = true;
    bool figure = strchr("+-0123456789", found->field[1][0]) && found->n == 2; /* "1,000" */
    bool numbers = figure || (has_number(found, 1) && (found->n == 2 || has_number(found, 2)));
    if (found->n > 2 && numbers && by_hand)
        return "more than one number follows the word, as in a file of vectors; write one word a "
               "line, or `word count`";
    if (!numbers && (by_hand || found->n > 2))
        return "write one word a line; a word holds no white space, so a name of two is written "
               "New_York, in the corpus as well";
    found->field[1][found->length[1]] = '\0';
    return found->n == 2 && gv_decimal_get_whole(&found->count, found->field[1])
               ? NULL
               : "expected `word count`, but the count is not a whole number below 2^64";
}

/* Take a line apart; returns what is wrong with it, or NULL. `found->n` is 0 for an empty line. */
static const char *parse_line(entry *found, char *line, size_t length, const reading *r)
{
    bool first = gv_vocab_size(r->vocab) == 0;
    if (memchr(line, '\0', length))
        return "the line contains a NUL byte";
    split(found, line, length);
    if (found->n == 0)
        return r->by_hand ? NULL : "an empty line; each line is a word, so remove it";
    const char *fault = r->by_hand ? resembles(found, first) : NULL;
    if (!fault)
        fault = gv_vocab_word_fault(found->field[0], found->length[0]);
    if (!fault)
        fault = take_count(found, r->by_hand);
    if (fault)
        return fault;
    if (!found->has_count && !r->by_hand)
        return "the line has no count; expected `word count`";
    if (!first && found->has_count != r->with_counts)
        return r->with_counts ? "the line has no count, but the lines before have one"
                              : "the line has a count, but the lines before have none";
    return NULL;
}

static int refuse(const reading *r, const char *fault, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s:%" PRIu64 ": %s", r->path, gv_lines_number(r->lines),
                        fault);
}

static int too_large(const reading *r, gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY,
                        "%s alone takes more memory than there is: raise %s or vocab.min_count",
                        r->path, r->key);
}

static int take_word(reading *r, const entry *found, gv_error *err)
{
    bool duplicate;
    r->with_counts = found->has_count;
    int status =
        gv_vocab_add(r->vocab, found->field[0], found->length[0], found->count, &duplicate, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s:%" PRIu64, r->path, gv_lines_number(r->lines));
        return status;
    }
    if (!duplicate)
        return gv_vocab_memory(r->vocab) > r->most ? too_large(r, err) : GV_OK;
    char shown[GV_SPACE_SHOWN];
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%" PRIu64 ": the word \"%s\" is in an earlier line, too; remove one",
                        r->path, gv_lines_number(r->lines),
                        gv_space_show(shown, found->field[0], found->length[0]));
}

/* Do all words of a list with counts end like this? Then it is no part of them. */
static bool all_end_with(const gv_vocab *vocab, char end)
{
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++)
        if (gv_vocab_word(vocab, id)[gv_vocab_word_length(vocab, id) - 1] != end)
            return false;
    return true;
}

static int check_words(const reading *r, gv_error *err)
{
    if (gv_vocab_size(r->vocab) == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s: the vocabulary is empty", r->path);
    if (r->by_hand && r->with_counts &&
        (all_end_with(r->vocab, ',') || all_end_with(r->vocab, ';')))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: every word ends with a comma or semicolon, as in a table; write "
                            "`word count`, with a blank or tab between",
                            r->path);
    return GV_OK;
}

static int read_lines(reading *r, gv_error *err)
{
    for (;;) {
        char *line;
        size_t length;
        entry found;
        int status = gv_lines_next(r->lines, &line, &length, err);
        if (status != GV_OK || !line)
            return status;
        const char *fault = parse_line(&found, line, length, r);
        if (fault)
            return refuse(r, fault, err);
        if (found.n > 0)
            status = take_word(r, &found, err);
        if (status != GV_OK)
            return status;
    }
}

/* Words take more memory than bytes in the file, so the size alone may say that they are too many.
 */
static int check_size(const reading *r, gv_error *err)
{
    gv_file_stat look = {0};
    if (r->most == UINT64_MAX || strcmp(r->path, "-") == 0)
        return GV_OK;
    int status = gv_file_look(&look, r->path, err);
    return status == GV_OK && look.regular && look.size > r->most ? too_large(r, err) : status;
}

int gv_vocab_read(gv_vocab **result, const char *path, int by_hand, gv_error *err)
{
    return gv_vocab_read_within(result, path, by_hand, UINT64_MAX, "", err);
}

int gv_vocab_read_within(gv_vocab **result, const char *path, int by_hand, uint64_t most,
                         const char *key, gv_error *err)
{
    *result = NULL;
    reading r = {.path = path,
                 .by_hand = by_hand != 0,
                 .most = most,
                 .key = key,
                 .vocab = gv_vocab_new(err)};
    if (!r.vocab)
        return GV_E_MEMORY;
    int status = check_size(&r, err);
    if (status == GV_OK)
        status = gv_lines_open(&r.lines, path, err);
    if (status == GV_OK)
        status = read_lines(&r, err);
    if (status == GV_OK)
        status = check_words(&r, err);
    if (status == GV_OK)
        status = gv_vocab_finish(r.vocab, err);
    gv_lines_close(r.lines);
    if (status != GV_OK) {
        gv_vocab_free(r.vocab);
        return status;
    }
    *result = r.vocab;
    return GV_OK;
}
