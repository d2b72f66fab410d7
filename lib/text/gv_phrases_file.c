#include "text/gv_phrases_file.h"

#include "base/gv_decimal.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_utf8.h"
#include "text/gv_lines.h"
#include "text/gv_space.h"
#include "text/gv_tokenizer.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SIGNAL_EVERY = 1 << 14, NAME_ROOM = 4 * GV_TOKEN_MAX };

/* A file that is being read. */
typedef struct reading {
    gv_phrases *phrases;
    const char *path;
    gv_lines *lines;
    char *head; /* of phrases.tsv: room for a first line; NULL: there is none */
    /* of a user's list */
    const gv_config *config;
    gv_tokenizer *tokenizer; /* NULL: phrases.tsv */
    gv_corpus_stats ignored; /* the tokenizer's */
    uint64_t skipped;
} reading;

/* A line, taken apart at tabs. */
typedef struct fields {
    char *name;
    size_t length;
    char *count, *score; /* NULL: none */
} fields;

static int refuse(const reading *r, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s:%" PRIu64 ": %s", r->path, gv_lines_number(r->lines),
                        what);
}

static int refuse_phrase(const reading *r, const char *name, size_t length, const char *what,
                         gv_error *err)
{
    char shown[GV_SPACE_SHOWN];
    return gv_error_set(err, GV_E_CORRUPT, "%s:%" PRIu64 ": the phrase \"%s\" %s", r->path,
                        gv_lines_number(r->lines), gv_space_show(shown, name, length), what);
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* "12.345678", as phrases.tsv has it, without rounding. */
static bool get_exact(int64_t *score, const char *text)
{
    bool minus = *text == '-';
    text += minus;
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || whole > 12 || text[whole] != '.' || strlen(text + whole) != 7 ||
        strspn(text + whole + 1, "0123456789") != 6)
        return false;
    int64_t value = 0;
    for (const char *at = text; *at; at++)
        if (*at != '.')
            value = 10 * value + (*at - '0');
    *score = minus ? -value : value;
    return true;
}

/* Any other number. */
static bool get_score(int64_t *score, const char *text)
{
    float value;
    if (get_exact(score, text))
        return true;
    const char *end = gv_decimal_get(text, &value);
    if (!end || *end != '\0' || !(value > -1e12f && value < 1e12f))
        return false;
    *score = (int64_t)((double)value * GV_PHRASES_SCORE_UNIT + (value < 0 ? -0.5 : 0.5));
    return true;
}

static void put_score(char to[32], int64_t score)
{
    uint64_t size = score < 0 ? 0 - (uint64_t)score : (uint64_t)score;
    char *at = to, *end;
    if (score < 0)
        *at++ = '-';
    at = gv_decimal_put_whole(at, size / GV_PHRASES_SCORE_UNIT);
    *at++ = '.';
    end = at + 6;
    size %= GV_PHRASES_SCORE_UNIT;
    for (char *digit = end; digit-- > at; size /= 10)
        *digit = (char)('0' + size % 10);
    *end = '\0';
}

/* --- lines ------------------------------------------------------------------------------------ */

/* What is wrong with the line, or NULL. */
static const char *split(fields *f, char *line, size_t length)
{
    *f = (fields){.name = line, .length = length};
    if (memchr(line, '\0', length))
        return "the line contains a NUL byte";
    if (!gv_utf8_valid(line, length))
        return "the line is not valid UTF-8";
    char *tab = memchr(line, '\t', length);
    if (!tab)
        return NULL;
    f->length = (size_t)(tab - line);
    *tab = '\0';
    f->count = tab + 1;
    if ((tab = strchr(f->count, '\t'))) {
        *tab = '\0';
        f->score = tab + 1;
    }
    return NULL;
}

static int get_numbers(uint64_t *count, int64_t *score, const reading *r, const fields *f,
                       gv_error *err)
{
    *count = 0;
    *score = 0;
    if (f->count && !gv_decimal_get_whole(count, f->count))
        return refuse(
            r, "expected `phrase TAB count TAB score`, but the count is not a whole number", err);
    if (f->score && !get_score(score, f->score))
        return refuse(r, "expected `phrase TAB count TAB score`, but the score is not a number",
                      err);
    return GV_OK;
}

/* A line of phrases.tsv. */
static int take_own(reading *r, const fields *f, gv_error *err)
{
    uint64_t count;
    int64_t score;
    bool is_new;
    if (!f->score)
        return refuse(r, "expected `phrase TAB count TAB score`", err);
    int status = get_numbers(&count, &score, r, f, err);
    if (status != GV_OK)
        return status;
    const char *fault = gv_phrases_fault(f->name, f->length);
    if (!fault && strcspn(f->name, " \r\n") < f->length)
        fault = "holds white space";
    if (fault)
        return refuse_phrase(r, f->name, f->length, fault, err);
    status = gv_phrases_add(r->phrases, f->name, f->length, count, score, &is_new, err);
    if (status == GV_OK && !is_new)
        status = refuse_phrase(r, f->name, f->length, "is in an earlier line, too", err);
    return status;
}

/* The words of a user's phrase, joined by '_'; `*length` is cut at NAME_ROOM. */
static int tokenize(char to[NAME_ROOM], size_t *length, size_t *words, reading *r, const fields *f,
                    gv_error *err)
{
    *length = *words = 0;
    gv_tokenizer_reset(r->tokenizer, false);
    gv_tokenizer_feed(r->tokenizer, (const uint8_t *)f->name, f->length, true);
    for (;;) {
        enum gv_tokenizer_result result;
        const char *word;
        size_t bytes;
        int status = gv_tokenizer_next(r->tokenizer, &result, &word, &bytes, err);
        if (status != GV_OK || result != GV_TOKENIZER_WORD)
            return status;
        if (*length + 1 + bytes > NAME_ROOM)
            return refuse(r, "the phrase is longer than 999 bytes", err);
        if (++*words > 1)
            to[(*length)++] = '_';
        memcpy(to + *length, word, bytes);
        *length += bytes;
    }
}

/* A line of a user's list. */
static int take_given(reading *r, const fields *f, gv_error *err)
{
    char name[NAME_ROOM];
    uint64_t count;
    int64_t score;
    size_t length, words, blanks = 0;
    for (size_t i = 0; i < f->length; i++) {
        if (f->name[i] == '_')
            f->name[i] = ' ';
        blanks += f->name[i] == ' ' && i > 0 && f->name[i - 1] != ' ' && i + 1 < f->length;
    }
    if (r->config->corpus_spaces == GV_SPACES_UNICODE)
        blanks += gv_space_blank((uint8_t *)f->name, f->length);
    int status = get_numbers(&count, &score, r, f, err);
    if (status == GV_OK)
        status = tokenize(name, &length, &words, r, f, err);
    if (status != GV_OK)
        return status;
    if (words < 2 && blanks == 0)
        return refuse_phrase(r, f->name, f->length,
                             "has a single word; write one phrase a line, its words separated by "
                             "blanks or '_'",
                             err);
    r->skipped += words < 2;
    if (words < 2)
        return GV_OK;
    const char *fault = gv_phrases_fault(name, length);
    if (fault)
        return refuse_phrase(r, name, length, fault, err);
    return gv_phrases_add(r->phrases, name, length, count, score, NULL, err);
}

/* Is it a line without a phrase? A comment begins with '#', but so may a phrase of phrases.tsv,
 * which has a score. */
static bool says_nothing(const char *line, size_t length)
{
    int64_t score;
    const char *tab = length > 0 ? memrchr(line, '\t', length) : NULL;
    return strspn(line, " ") == length || (line[0] == '#' && !(tab && get_exact(&score, tab + 1)));
}

static int read_lines(reading *r, gv_error *err)
{
    for (;;) {
        char *line;
        size_t length;
        fields f;
        int status = gv_lines_next(r->lines, &line, &length, err);
        if (status != GV_OK || !line)
            return status;
        if (r->tokenizer && says_nothing(line, length))
            continue;
        if (r->head && line[0] == '#' && gv_lines_number(r->lines) == 1) {
            snprintf(r->head, GV_PHRASES_FILE_HEAD, "%s", line);
            continue;
        }
        const char *fault = split(&f, line, length);
        if (fault)
            return refuse(r, fault, err);
        status = r->tokenizer ? take_given(r, &f, err) : take_own(r, &f, err);
        if (status == GV_OK && gv_lines_number(r->lines) % SIGNAL_EVERY == 0)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
    }
}

static int read_file(reading *r, gv_error *err)
{
    int status = gv_lines_open(&r->lines, r->path, err);
    if (status == GV_OK)
        status = read_lines(r, err);
    gv_lines_close(r->lines);
    return status;
}

int gv_phrases_file_read(gv_phrases *phrases, const char *path, char *head, gv_error *err)
{
    reading r = {.phrases = phrases, .path = path, .head = head};
    if (head)
        head[0] = '\0';
    return read_file(&r, err);
}

int gv_phrases_file_read_list(gv_phrases *phrases, uint64_t *skipped, const char *path,
                              const gv_config *config, gv_error *err)
{
    reading r = {.phrases = phrases, .path = path, .config = config};
    int status = gv_tokenizer_new(&r.tokenizer, config->corpus_tokenizer, config->corpus_lowercase,
                                  &r.ignored, err);
    if (status == GV_OK)
        status = read_file(&r, err);
    gv_tokenizer_free(r.tokenizer);
    *skipped = r.skipped;
    if (status == GV_OK && gv_phrases_size(phrases) == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s has no phrases", path);
    return status;
}

int gv_phrases_file_write(const gv_phrases *phrases, const char *path, const char *head,
                          gv_error *err)
{
    gv_file_writer *out = NULL;
    int status = gv_file_writer_open(&out, path, err);
    if (status == GV_OK && head)
        status = gv_file_writer_printf(out, err, "%s\n", head);
    for (size_t i = 0; status == GV_OK && i < gv_phrases_size(phrases); i++) {
        const gv_token *name = gv_phrases_name(phrases, i);
        char score[32];
        put_score(score, gv_phrases_score(phrases, i));
        status = gv_file_writer_printf(out, err, "%.*s\t%" PRIu64 "\t%s\n", (int)name->length,
                                       name->text, gv_phrases_count(phrases, i), score);
    }
    return gv_file_writer_end(&out, status, err);
}
