/*
 * The words in the header of a safetensors file.
 *
 * They are a JSON array inside a JSON string, so quotes and backslashes are escaped twice:
 *
 *     "words":"[\"the\",\"of\",\"say \\\"hi\\\"\"]"
 *
 * A parser of JSON would build a million strings and take most of a second. Here one pass undoes
 * both levels at once. What glovebox does not write, it leaves to the parser.
 */
#include "vectors/gv_vectors_map_internal.h"

#include <stdbool.h>
#include <string.h>

/* The quote that ends a string, from behind the one that begins it; NULL: there is none. */
static const char *end_of_string(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : NULL;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

static bool is(const char *begin, const char *end, const char *word)
{
    const size_t length = strlen(word);
    return (size_t)(end - begin) == length && memcmp(begin, word, length) == 0;
}

const char *gv_vectors_map_find_words(const char *at, const char *end)
{
    unsigned depth = 0;
    bool in_metadata = false;
    while (at < end) {
        if (*at != '"') {
            depth += *at == '{' || *at == '[';
            depth -= *at == '}' || *at == ']';
            at++;
            continue;
        }
        const char *text = at + 1, *close = end_of_string(text, end);
        if (!close)
            return NULL;
        at = skip_blanks(close + 1, end);
        if (at == end || *at != ':') /* no key */
            continue;
        at = skip_blanks(at + 1, end);
        if (depth == 1)
            in_metadata = is(text, close, "__metadata__");
        else if (depth == 2 && in_metadata && is(text, close, "words"))
            return at < end && *at == '"' ? at + 1 : NULL;
    }
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* What a backslash of the inner string means: `at` is behind it, on both levels. Returns where it
 * ends; NULL: unusual. */
static const char *take_escape(char *c, const char *at, const char *end)
{
    if (end - at >= 2 && at[0] == '\\' && (at[1] == '"' || at[1] == '\\')) {
        *c = at[1];
        return at + 2;
    }
    /* a control character */
    if (end - at < 5 || memcmp(at, "u00", 3) != 0 || hex_digit(at[3]) < 0 || hex_digit(at[4]) < 0)
        return NULL;
    *c = (char)(hex_digit(at[3]) * 16 + hex_digit(at[4]));
    return *c > 0 && *c < ' ' ? at + 5 : NULL;
}

/* A word from behind its first quote to behind its last. */
static const char *take_word(char **to, const char *at, const char *end)
{
    char *out = *to;
    for (;;) {
        while (at < end && *at != '\\' && *at != '"' && (unsigned char)*at >= ' ')
            *out++ = *at++;
        if (end - at < 2 || *at != '\\')
            return NULL;
        if (at[1] == '"')
            break;
        if (at[1] != '\\' || !(at = take_escape(out, at + 2, end)))
            return NULL;
        out++;
    }
    if (out == *to)
        return NULL;
    *out++ = '\0';
    *to = out;
    return at + 2;
}

const char *gv_vectors_map_decode_words(char *text, size_t *used, size_t *words, const char *at,
                                        const char *end)
{
    char *to = text;
    *words = 0;
    do {
        /* `[` before the first word, `,` before the others */
        if (end - at < 3 || *at != (*words ? ',' : '[') || at[1] != '\\' || at[2] != '"')
            return NULL;
        at = take_word(&to, at + 3, end);
        ++*words;
    } while (at && at < end && *at == ',');
    *used = (size_t)(to - text);
    return at && end - at >= 2 && at[0] == ']' && at[1] == '"' ? at + 1 : NULL;
}
