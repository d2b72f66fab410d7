/*
 * Whether a word can occur is asked of the tokenizer itself: it must make just this word of it. So
 * lower case, normal forms, white space, punctuation and length are all covered.
 */
#include "cooccur/vocab/gv_vocab_notes.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "text/gv_tokenizer.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct gv_vocab_notes_check {
    gv_tokenizer *tokenizer;
    gv_corpus_stats ignored;
    bool split_spaces;
};

static void add(gv_vocab_notes_kind *kind, const char *word, size_t length)
{
    if (kind->words++ < GV_VOCAB_NOTES_SHOWN)
        gv_space_show(kind->example[kind->words - 1], word, length);
}

void gv_vocab_notes_see(gv_vocab_notes *notes, const char *word, size_t length)
{
    if (gv_space_find(word, length, NULL))
        add(&notes->spaced, word, length);
}

/* --- words that cannot occur ------------------------------------------------------------------ */

int gv_vocab_notes_check_new(gv_vocab_notes_check **result, const gv_config *config, gv_error *err)
{
    *result = NULL;
    gv_vocab_notes_check *check = gv_mem_alloc_zero(1, sizeof *check, err);
    if (!check)
        return GV_E_MEMORY;
    check->split_spaces = config->corpus_spaces == GV_SPACES_UNICODE;
    int status = gv_tokenizer_new(&check->tokenizer, config->corpus_tokenizer,
                                  config->corpus_lowercase, &check->ignored, err);
    if (status != GV_OK) {
        gv_vocab_notes_check_free(check);
        return status;
    }
    *result = check;
    return GV_OK;
}

void gv_vocab_notes_check_free(gv_vocab_notes_check *check)
{
    if (!check)
        return;
    gv_tokenizer_free(check->tokenizer);
    gv_mem_free(check);
}

/* What the tokenizer makes of the word, separated by blanks, for people. `*same`: the word
 * itself. */
static int tokenize(char to[GV_SPACE_SHOWN], bool *same, gv_vocab_notes_check *check,
                    const char *word, size_t length, gv_error *err)
{
    size_t used = 0, tokens = 0;
    to[0] = '\0';
    *same = false;
    gv_tokenizer_reset(check->tokenizer, false);
    gv_tokenizer_feed(check->tokenizer, (const uint8_t *)word, length, true);
    for (;; tokens++) {
        enum gv_tokenizer_result result;
        const char *token;
        size_t bytes;
        char shown[GV_SPACE_SHOWN];
        int status = gv_tokenizer_next(check->tokenizer, &result, &token, &bytes, err);
        if (status != GV_OK || result != GV_TOKENIZER_WORD)
            return status;
        *same = tokens == 0 && bytes == length && memcmp(token, word, bytes) == 0;
        gv_space_show(shown, token, bytes);
        int wrote = snprintf(to + used, GV_SPACE_SHOWN - used, "%s%s", tokens ? " " : "", shown);
        used += (size_t)wrote < GV_SPACE_SHOWN - used ? (size_t)wrote : 0;
    }
}

int gv_vocab_notes_absent(gv_vocab_notes *notes, gv_vocab_notes_check *check, const char *word,
                          size_t length, gv_error *err)
{
    char becomes[GV_SPACE_SHOWN];
    bool same;
    add(&notes->absent, word, length);
    int status = tokenize(becomes, &same, check, word, length, err);
    if (status != GV_OK || (same && !(check->split_spaces && gv_space_find(word, length, NULL))))
        return status;
    if (notes->impossible.words == 0)
        memcpy(notes->becomes, same ? "" : becomes, same ? 1 : sizeof becomes);
    add(&notes->impossible, word, length);
    return GV_OK;
}

/* --- telling ---------------------------------------------------------------------------------- */

/* `for example "a", "b"`. Lives in `text`, which the caller drops. */
static const char *examples(gv_text *text, const gv_vocab_notes_kind *kind)
{
    bool more = kind->words > GV_VOCAB_NOTES_SHOWN;
    gv_text_add(text, more ? "for example " : "");
    for (uint64_t i = 0; i < kind->words && i < GV_VOCAB_NOTES_SHOWN; i++)
        gv_text_printf(text, "%s\"%s\"", i ? ", " : "", kind->example[i]);
    return text->bytes ? text->bytes : "";
}

/* " (\"Frog\" becomes \"frog\" there)". */
static void add_becomes(gv_text *text, const gv_vocab_notes *notes)
{
    const char *word = notes->impossible.example[0];
    if (notes->becomes[0])
        gv_text_printf(text, "\"%s\" becomes \"%s\"", word, notes->becomes);
    else
        gv_text_printf(text, "\"%s\" is no word there", word);
}

int gv_vocab_notes_none_occurs(const gv_vocab_notes *notes, const char *path, gv_error *err)
{
    gv_text words = GV_TEXT_INIT, why = GV_TEXT_INIT;
    const char *first = notes->absent.example[0];
    if (strpbrk(first, ",;")) {
        gv_text_add(&why, "a line holds one word, and behind a blank or tab its count; commas and "
                          "semicolons are parts of words");
    } else if (strchr("\"'", first[0]) && first[0]) {
        gv_text_add(&why, "quotation marks are parts of words; remove them");
    } else if (notes->impossible.words > 0) {
        gv_text_add(&why, "with the corpus.* settings ");
        add_becomes(&why, notes);
    } else {
        gv_text_add(&why, "check vocab.file and corpus.files");
    }
    int status = gv_error_set(err, GV_E_RUNTIME,
                              "no word of the given vocabulary %s (%s) occurs in the corpus: %s",
                              path, examples(&words, &notes->absent), why.bytes ? why.bytes : "");
    gv_text_drop(&words);
    gv_text_drop(&why);
    return status;
}

void gv_vocab_notes_report(const gv_vocab_notes *notes, uint64_t given, gv_progress *progress)
{
    gv_text spaced = GV_TEXT_INIT, absent = GV_TEXT_INIT, why = GV_TEXT_INIT;
    uint64_t n = notes->spaced.words, gone = notes->absent.words;
    if (gone > 0)
        gv_progress_note(progress, "%" PRIu64 " of %" PRIu64 " given words %s not occur: %s", gone,
                         given, gone == 1 ? "does" : "do", examples(&absent, &notes->absent));
    if (notes->impossible.words > 0) {
        add_becomes(&why, notes);
        gv_progress_note(progress,
                         "%" PRIu64 " of these cannot occur with the corpus.* settings: %s",
                         notes->impossible.words, why.bytes ? why.bytes : "");
    }
    if (n > 0)
        gv_progress_note(progress,
                         "%" PRIu64 " word%s hold%s white space that other programs split at: %s; "
                         "corpus.spaces=unicode splits there, too",
                         n, n == 1 ? "" : "s", n == 1 ? "s" : "",
                         examples(&spaced, &notes->spaced));
    gv_text_drop(&spaced);
    gv_text_drop(&absent);
    gv_text_drop(&why);
}

void gv_vocab_notes_json(gv_json_writer *writer, const gv_vocab_notes *notes)
{
    gv_json_set_uint(writer, "words_with_spaces", notes->spaced.words);
    gv_json_set_uint(writer, "absent_words", notes->absent.words);
    gv_json_set_uint(writer, "impossible_words", notes->impossible.words);
}
