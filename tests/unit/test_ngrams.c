/* The characters and the n-grams of words, in many scripts. */
#include "tests/support/gv_test.h"
#include "text/gv_clusters.h"
#include "text/gv_ngrams.h"
#include <stdio.h>
#include <string.h>

/* The characters of `word`, separated by bars. */
static const char *cut(const char *word)
{
    static char text[1000];
    uint32_t end[200];
    size_t n;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_clusters_cut(end, &n, word, strlen(word), &err), err);
    size_t used = 0, from = 0;
    for (size_t i = 0; i < n; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i > 0 ? "|" : "",
                                 (int)(end[i] - from), word + from);
        from = end[i];
    }
    cr_assert_eq(from, n > 0 ? strlen(word) : 0);
    return text;
}

Test(clusters, are_characters_as_readers_see_them)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"word", "w|o|r|d"},
        {"na\u00efve", "n|a|\u00ef|v|e"},
        {"nai\u0308ve", "n|a|i\u0308|v|e"}, /* a combining mark */
        {"\u0441\u043b\u043e\u0432\u043e", "\u0441|\u043b|\u043e|\u0432|\u043e"},
        {"\u65e5\u672c\u8a9e", "\u65e5|\u672c|\u8a9e"},
        {"\u0939\u093f\u0928\u0940", "\u0939\u093f|\u0928\u0940"}, /* Hindi: vowel signs */
        {"\u0e19\u0e49\u0e33", "\u0e19\u0e49\u0e33"},              /* Thai: tone mark, sara am */
        {"\u0645\u064f\u0645", "\u0645\u064f|\u0645"},             /* Arabic: damma */
        {"\u1112\u1161\u11ab\u1100\u1173\u11af",
         "\u1112\u1161\u11ab|\u1100\u1173\u11af"},     /* Hangul as jamo */
        {"\ud55c\uae00", "\ud55c|\uae00"},             /* and as syllables */
        {"\uac00\u11a8\uac00", "\uac00\u11a8|\uac00"}, /* and as both */
        {"\U0001f468\u200d\U0001f469\u200d\U0001f467x",
         "\U0001f468\u200d\U0001f469\u200d\U0001f467|x"}, /* a family */
        {"\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
         "\U0001f1e9\U0001f1ea|\U0001f1eb\U0001f1f7"}, /* two flags */
        {"\U0001f44d\U0001f3fd!", "\U0001f44d\U0001f3fd|!"},
        {"\U0001d54f\U0001d54f", "\U0001d54f|\U0001d54f"},
        {"a\xff\xe2\x82i\xcc\x88", "a|\xff|\xe2\x82|i|\xcc\x88"}, /* ill-formed: nothing combines */
        {"a\xe2\x82", "a|\xe2\x82"},
        {"\r\n", "\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(cut(cases[i][0]), cases[i][1], "case %zu: %s, not %s", i, cut(cases[i][0]),
                         cases[i][1]);
}

Test(clusters, texts_that_are_too_long_are_refused)
{
    gv_error err = GV_ERROR_INIT;
    size_t n = 1;
    cr_assert_eq(gv_clusters_cut(NULL, &n, "", GV_CLUSTERS_TEXT + 1, &err), GV_E_RUNTIME);
    cr_assert_eq(n, 0);
}

/* --- n-grams ---------------------------------------------------------------------------------- */

typedef struct list {
    char text[4000];
    size_t used, n, stop_after;
} list;

static int note(void *context, const char *text, size_t length, gv_error *err)
{
    list *l = context;
    l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s%.*s",
                                l->n > 0 ? " " : "", (int)length, text);
    l->n++;
    return l->n == l->stop_after ? gv_error_set(err, GV_E_RUNTIME, "enough") : GV_OK;
}

static const char *ngrams(const char *word, unsigned min_n, unsigned max_n)
{
    static list l;
    gv_error err = GV_ERROR_INIT;
    l = (list){.n = 0};
    gv_assert_ok(gv_ngrams_each(word, min_n, max_n, note, &l, &err), err);
    return l.text;
}

Test(ngrams, are_those_of_fasttext)
{
    cr_assert_str_eq(ngrams("where", 3, 3), "<wh whe her ere re>");
    cr_assert_str_eq(ngrams("her", 3, 6), "<he <her <her> her her> er>");
    cr_assert_str_eq(ngrams("ab", 1, 2), "<a a ab b b>"); /* no bracket alone */
    cr_assert_str_eq(ngrams("a", 3, 6), "<a>");
    cr_assert_str_eq(ngrams("a", 4, 6), "");
    cr_assert_str_eq(ngrams("aaa", 2, 2), "<a aa aa a>"); /* each as often as it is there */
    cr_assert_str_eq(ngrams("", 1, 6), "");
    cr_assert_str_eq(ngrams("abc", 3, 2), "");
}

Test(ngrams, are_made_of_characters)
{
    cr_assert_str_eq(ngrams("\u0939\u093f\u0928\u0940", 3, 3),
                     "<\u0939\u093f\u0928\u0940 \u0939\u093f\u0928\u0940>");
    /* a mark at the beginning does not combine with the bracket */
    cr_assert_str_eq(ngrams("\u0308x", 2, 2), "<\u0308 \u0308x x>");
    cr_assert_str_eq(ngrams("\xff\xfe", 2, 2), "<\xff \xff\xfe \xfe>");
}

static int count(void *context, const char *text, size_t length, gv_error *err)
{
    (void)text, (void)length, (void)err;
    ++*(size_t *)context;
    return GV_OK;
}

Test(ngrams, of_long_words)
{
    static char word[GV_NGRAMS_WORD + 2];
    memset(word, 'x', 300);
    size_t n = 0;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_ngrams_each(word, 3, 6, count, &n, &err), err);
    cr_assert_eq(n, 300 + 299 + 298 + 297);
    memset(word, 'x', sizeof word - 1);
    n = 0;
    gv_assert_ok(gv_ngrams_each(word, 3, 6, count, &n, &err), err);
    cr_assert_eq(n, 0);
}

Test(ngrams, the_walk_ends_with_an_error)
{
    list l = {.stop_after = 2};
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_ngrams_each("where", 3, 6, note, &l, &err), GV_E_RUNTIME);
    cr_assert_str_eq(err.text, "enough");
    cr_assert_eq(l.n, 2);
}
