#include "convert/gv_convert_word.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "convert/gv_convert_format.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* The format holds UTF-8 only. */
static bool needs_utf8(enum gv_config_format format)
{
    return format == GV_FORMAT_SQLITE || format == GV_FORMAT_SAFETENSORS;
}

static void replace_bytes(char *word, const char *unwanted)
{
    for (char *p = word; (p = strpbrk(p, unwanted)); p++)
        *p = '_';
}

static void replace_ill_formed(char *word)
{
    uint8_t *p = (uint8_t *)word, *end = p + strlen(word);
    while (p < end) {
        bool well_formed;
        size_t n = gv_utf8_unit(p, end, &well_formed);
        if (n == 0) {
            n = (size_t)(end - p);
            well_formed = false;
        }
        if (!well_formed)
            memset(p, '?', n);
        p += n;
    }
}

int gv_convert_word_adapt(gv_convert_word *words, const char **adapted, const char *word,
                          size_t length, gv_error *err)
{
    *adapted = word;
    if (!gv_vectors_word_problem(words->format, word))
        return GV_OK;
    int status = gv_mem_reserve(&words->word, &words->capacity, length + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(words->word, word, length + 1);
    if (needs_utf8(words->format))
        replace_ill_formed(words->word);
    else
        replace_bytes(words->word, words->format == GV_FORMAT_TEXT       ? "\n"
                                   : words->format == GV_FORMAT_WORD2VEC ? " \n"
                                                                         : "\n\t\r");
    words->changed++;
    *adapted = words->word;
    return GV_OK;
}

void gv_convert_word_note(const gv_convert_word *words, gv_progress *progress)
{
    if (words->changed)
        gv_progress_note(progress,
                         "words changed because the %s format cannot hold them: %" PRIu64
                         " (those bytes became '%c')",
                         gv_convert_format_name(words->format), words->changed,
                         needs_utf8(words->format) ? '?' : '_');
}

void gv_convert_word_clear(gv_convert_word *words)
{
    gv_mem_free(words->word);
    words->word = NULL;
}
