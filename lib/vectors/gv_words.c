/*
 * gv_words - from files and typed words to rows.
 *
 * Case: questions are often capitalised ("Athens Greece ...") where the vectors are lower case, so
 * a word that is not found is tried again in lower case, but only if the whole vocabulary has no
 * capitals: otherwise "us" would silently answer for "US". Most programs make corpora lower case by
 * the letters' lower case ("Straße" becomes "straße"), this project by case folding ("strasse"), so
 * both are tried, in this order.
 */
#include "vectors/gv_words.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "text/gv_icu.h"
#include <math.h>
#include <string.h>
#include <unicode/uchar.h>

enum { WORD_LETTERS = 64, FAR = 1000 };

/* --- finding and reading ------------------------------------------------------------------------
 */

int gv_words_find_file(char **path, const char **name, const gv_config *config, const char *dir,
                       gv_error *err)
{
    static const unsigned readable[] = {GV_FORMAT_SAFETENSORS, GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,
                                        GV_FORMAT_FASTTEXT, GV_FORMAT_TEXT};
    const char *wanted = NULL;
    *path = NULL;
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        const char *names[GV_VECTORS_FILES_MAX];
        if (!(config->output_formats & readable[i]) || gv_vectors_files(names, readable[i]) == 0)
            continue;
        gv_file_stat stat;
        gv_mem_free(*path);
        *path = gv_file_path_join(dir, names[0], err);
        if (!*path)
            return GV_E_MEMORY;
        int status = gv_file_look(&stat, *path, err);
        if (status == GV_OK && stat.exists) {
            if (name)
                *name = names[0];
            return GV_OK;
        }
        if (status != GV_OK) {
            gv_mem_free(*path);
            *path = NULL;
            return status;
        }
        wanted = wanted ? wanted : names[0];
    }
    gv_mem_free(*path);
    *path = NULL;
    if (!wanted)
        return gv_error_set(
            err, GV_E_USAGE,
            "output.formats lists no format that can be read back with its words; add \"text\" (or "
            "word2vec, fasttext, sqlite, safetensors) and run glove-train, or pass --vectors FILE");
    return gv_error_set(err, GV_E_USAGE,
                        "%s/%s is missing; run glove-train first, or pass --vectors FILE", dir,
                        wanted);
}

/* Has the word a letter that lower-casing as well as folding would change? Letters that only one of
 * them changes (Cherokee) occur in vocabularies made by the other. Names in brackets, such as
 * <UNK> and [PAD], are no words of the corpus. */
static bool has_capital(const char *word)
{
    const char *end = word + strlen(word);
    if (end - word > 2 &&
        ((word[0] == '<' && end[-1] == '>') || (word[0] == '[' && end[-1] == ']')))
        return false;
    while (*word != '\0') {
        UChar32 letter = (UChar32)gv_utf8_next(&word);
        if (u_tolower(letter) != letter && u_foldCase(letter, U_FOLD_CASE_DEFAULT) != letter)
            return true;
    }
    return false;
}

static const char *word_of(const void *context, size_t i)
{
    const gv_vectors *vectors = context;
    return vectors->words[i];
}

static int keep_lengths(gv_words *words, gv_error *err)
{
    const gv_vectors *vectors = words->vectors;
    words->length = gv_mem_alloc(vectors->rows, sizeof *words->length, err);
    for (size_t row = 0; words->length && row < vectors->rows; row++) {
        const float *values = vectors->data + row * vectors->dim;
        double square = 0.0;
        for (size_t k = 0; k < vectors->dim; k++)
            square += (double)values[k] * (double)values[k];
        words->length[row] = sqrt(square);
    }
    return words->length ? GV_OK : GV_E_MEMORY;
}

int gv_words_take(gv_words **words, gv_vectors *vectors, gv_error *err)
{
    *words = NULL;
    gv_words *made = gv_mem_alloc_zero(1, sizeof *made, err);
    if (!made) {
        gv_vectors_free(vectors);
        return GV_E_MEMORY;
    }
    made->vectors = vectors;
    made->lower_case = gv_words_lower_case(vectors->rows, word_of, vectors);
    size_t unk = GV_NEAREST_NO_ROW;
    for (size_t i = 0; i < vectors->rows; i++)
        if (strcmp(vectors->words[i], "<unk>") == 0)
            unk = i;
    int status = keep_lengths(made, err);
    if (status == GV_OK)
        status =
            gv_nearest_init(&made->nearest, vectors->data, vectors->rows, vectors->dim, unk, err);
    if (status != GV_OK) {
        gv_words_free(made);
        return status;
    }
    *words = made;
    return GV_OK;
}

int gv_words_read(gv_words **words, const char *path, gv_error *err)
{
    return gv_words_read_first(words, path, 0, err);
}

int gv_words_read_first(gv_words **words, const char *path, size_t limit, gv_error *err)
{
    gv_vectors *vectors = NULL;
    *words = NULL;
    int status = gv_vectors_read(&vectors, path, limit, err);
    if (status != GV_OK)
        return status;
    if (vectors->rows == 0) {
        gv_vectors_free(vectors);
        return gv_error_set(err, GV_E_CORRUPT, "%s contains no vectors", path);
    }
    return gv_words_take(words, vectors, err);
}

void gv_words_free(gv_words *words)
{
    if (!words)
        return;
    gv_vectors_free(words->vectors);
    gv_mem_free(words->length);
    gv_mem_free(words);
}

bool gv_words_lower_form(char to[GV_WORDS_FORM], const char *word, int form)
{
    static const enum gv_config_lowercase kinds[GV_WORDS_FORMS] = {GV_LOWERCASE_SIMPLE,
                                                                   GV_LOWERCASE_FOLD};
    gv_icu_caser *caser = NULL;
    const char *lower;
    size_t length = strlen(word), bytes = GV_WORDS_FORM;
    if (length >= GV_WORDS_FORM || !gv_utf8_valid(word, length) ||
        gv_icu_caser_new(&caser, kinds[form], NULL) != GV_OK)
        return false;
    if (gv_icu_caser_apply(caser, word, length, &lower, &bytes, NULL) != GV_OK)
        bytes = GV_WORDS_FORM;
    if (bytes < GV_WORDS_FORM) {
        memcpy(to, lower, bytes);
        to[bytes] = '\0';
    }
    gv_icu_caser_free(caser);
    return bytes < GV_WORDS_FORM;
}

size_t gv_words_find(const char *word, bool lower_case,
                     size_t (*find)(const void *context, const char *word), const void *context)
{
    char lower[GV_WORDS_FORM];
    size_t row = find(context, word);
    for (int form = 0; form < GV_WORDS_FORMS && row == GV_NEAREST_NO_ROW && lower_case; form++)
        if (gv_words_lower_form(lower, word, form))
            row = find(context, lower);
    return row;
}

bool gv_words_lower_case(size_t n, const char *(*get)(const void *context, size_t i),
                         const void *context)
{
    for (size_t i = 0; i < n; i++)
        if (has_capital(get(context, i)))
            return false;
    return true;
}

static size_t row_of(const void *context, const char *word)
{
    return gv_vectors_find(context, word);
}

size_t gv_words_lookup(const gv_words *words, const char *word)
{
    size_t row = gv_words_find(word, words->lower_case, row_of, words->vectors);
    if (row != GV_NEAREST_NO_ROW || !strchr(word, ' '))
        return row;
    /* no word holds a blank: a phrase is meant */
    char *name = gv_mem_strdup(word, NULL);
    for (char *at = name; at && (at = strchr(at, ' ')); *at = '_')
        ;
    if (name)
        row = gv_words_find(name, words->lower_case, row_of, words->vectors);
    gv_mem_free(name);
    return row;
}

/* --- words that are spelt alike -----------------------------------------------------------------
 */

/* The letters of a word without their case, at most WORD_LETTERS. */
static size_t letters(uint32_t *out, const char *word)
{
    size_t n = 0;
    while (*word != '\0' && n < WORD_LETTERS)
        out[n++] = (uint32_t)u_foldCase((UChar32)gv_utf8_next(&word), U_FOLD_CASE_DEFAULT);
    return n;
}

/* Levenshtein distance with neighbouring letters swapped counting 1, or FAR if above `limit`. */
static size_t distance(const uint32_t *x, size_t n, const uint32_t *y, size_t m, size_t limit)
{
    if (n > m + limit || m > n + limit)
        return FAR;
    /* Of the matrix of distances between all prefixes three rows are enough: the present one, the
     * last, and for a swap the one before that (optimal string alignment). */
    size_t rows[3][WORD_LETTERS + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        size_t least = now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (x[i - 1] != y[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
            if (best < least)
                least = best;
        }
        /* a row's least value is never below that of the row before, so the end cannot be within
         * the limit, either */
        if (least > limit)
            return FAR;
    }
    return rows[n % 3][m] <= limit ? rows[n % 3][m] : FAR;
}

size_t gv_words_spelt_like(const char **found, size_t limit, const char *word, size_t n,
                           const char *(*get)(const void *context, size_t i), const void *context)
{
    enum { MOST = 16 };
    size_t far[MOST], used = 0;
    uint32_t wanted[WORD_LETTERS], other[WORD_LETTERS];
    const size_t length = letters(wanted, word);
    /* a third of the letters: what differs by more is no typing error */
    size_t most = length / 3 < 3 ? length / 3 : 3;
    if (length < 2) /* every other letter would be like it */
        return 0;
    most = most == 0 ? 1 : most;
    limit = limit < MOST ? limit : MOST;
    for (size_t i = 0; i < n && limit > 0; i++) {
        const char *candidate = get(context, i);
        size_t d = distance(wanted, length, other, letters(other, candidate), most);
        if (d > most || (used == limit && d >= far[used - 1]))
            continue;
        used += used < limit;
        size_t at = used - 1;
        /* insertion sort; of equal distances the earlier word stays first */
        for (; at > 0 && far[at - 1] > d; at--) {
            far[at] = far[at - 1];
            found[at] = found[at - 1];
        }
        far[at] = d;
        found[at] = candidate;
    }
    return used;
}

size_t gv_words_similar(const char **found, size_t limit, const gv_words *words, const char *word)
{
    return gv_words_spelt_like(found, limit, word, words->vectors->rows, word_of, words->vectors);
}
