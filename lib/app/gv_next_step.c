#include "app/gv_next_step.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "vectors/gv_words.h"
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

/* "PROGRAM --run-dir DIR" of a program beside this one: found as this one was, by the search path
 * or by its folder. */
static void add_command(gv_text *text, const char *program, const char *dir)
{
    const char *own = program_invocation_name, *slash = strrchr(own, '/');
    gv_text path = GV_TEXT_INIT;
    gv_text_add_bytes(&path, own, slash ? (size_t)(slash + 1 - own) : 0);
    gv_text_add(&path, program);
    gv_next_step_quote(text, path.bytes ? path.bytes : program);
    text->failed |= path.failed;
    gv_text_add(text, " --run-dir ");
    gv_next_step_quote(text, dir);
    gv_text_drop(&path);
}

/* Vectors as numbers alone (npy), or without a reader, cannot be asked. */
static bool can_query(const gv_config *config, const char *dir)
{
    char *path = NULL;
    bool can = gv_words_find_file(&path, NULL, config, dir, NULL) == GV_OK;
    gv_mem_free(path);
    return can;
}

void gv_next_step_show(gv_progress *progress, const gv_next_step *step)
{
    const char *word = step->vocab ? gv_next_step_word(step->vocab) : NULL, *more;
    gv_text line = GV_TEXT_INIT;
    if (can_query(step->config, step->dir)) {
        add_command(&line, "glove-query", step->dir);
        if (word)
            gv_text_printf(&line, " nearest %s", word);
        more = step->scores
                   ? "glove-eval scores the vectors, glove-report writes a page about the run"
                   : "glove-report writes a page about the run";
    } else {
        add_command(&line, "glove-report", step->dir);
        more = "glove-query needs \"text\" in output.formats, too";
    }
    if (!line.failed)
        gv_progress_hint(progress, "next: %s (%s)", line.bytes, more);
    gv_text_drop(&line);
}
