#include "app/gv_next_step.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <ctype.h>
#include <errno.h> /* program_invocation_name */
#include <string.h>

/* Nobody learns anything from the neighbours of "the". From rank 400 on, text of 1 to 100 MB in
 * English, German and Russian has words with a meaning of their own among those of five letters. */
enum { FUNCTION_WORDS = 400, LETTERS = 5, FEWEST_LETTERS = 2 };

/* --- the word --------------------------------------------------------------------------------- */

/* Close enough to choose a word: no ASCII sign, and none of Latin-1's or general signs and
 * spaces. */
static bool is_letter(uint32_t point)
{
    if (point < 0x80)
        return isalpha((int)point);
    return point >= 0xc0 && (point < 0x2000 || point > 0x303f);
}

static bool has_letters(const char *word, unsigned least)
{
    unsigned letters = 0;
    while (*word && is_letter(gv_utf8_next(&word)))
        letters++;
    return !*word && letters >= least;
}

const char *gv_next_step_word(const gv_vocab *vocab)
{
    uint32_t size = gv_vocab_size(vocab);
    uint32_t first = size / 3 < FUNCTION_WORDS ? size / 3 : FUNCTION_WORDS;
    static const unsigned least[] = {LETTERS, FEWEST_LETTERS};
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        for (uint32_t id = first; id < size; id++)
            if (has_letters(gv_vocab_word(vocab, id), least[i]))
                return gv_vocab_word(vocab, id);
    return NULL;
}

/* --- the command ------------------------------------------------------------------------------ */

void gv_next_step_quote(gv_text *text, const char *argument)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_-./+:@%,=";
    if (*argument && strspn(argument, safe) == strlen(argument)) {
        gv_text_add(text, argument);
        return;
    }
    gv_text_add(text, "'");
    for (; *argument; argument++)
        if (*argument == '\'')
            gv_text_add(text, "'\\''");
        else
            gv_text_add_bytes(text, argument, 1);
    gv_text_add(text, "'");
}

/* A program beside this one: found as this one was, by the search path or by its folder. */
static void add_program(gv_text *text, const char *name)
{
    const char *own = program_invocation_name, *slash = strrchr(own, '/');
    gv_text path = GV_TEXT_INIT;
    gv_text_add_bytes(&path, own, slash ? (size_t)(slash + 1 - own) : 0);
    gv_text_add(&path, name);
    gv_next_step_quote(text, path.bytes ? path.bytes : name);
    gv_text_drop(&path);
}

void gv_next_step_show(gv_progress *progress, const char *dir, const gv_vocab *vocab, bool scores)
{
    const char *word = vocab ? gv_next_step_word(vocab) : NULL;
    gv_text line = GV_TEXT_INIT;
    add_program(&line, "glove-query");
    gv_text_add(&line, " --run-dir ");
    gv_next_step_quote(&line, dir);
    if (word)
        gv_text_printf(&line, " nearest %s", word);
    if (!line.failed)
        gv_progress_hint(progress, "next: %s (%sglove-report writes a page about the run)",
                         line.bytes, scores ? "glove-eval scores the vectors, " : "");
    gv_text_drop(&line);
}
