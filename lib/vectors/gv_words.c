/*
 * gv_words - from files and typed words to rows.
 *
 * Case: questions are often capitalised ("Athens Greece ...") where the vectors are lower case, so
 * a word that is not found is tried again case-folded, but only if the whole vocabulary is lower
 * case: otherwise "us" would silently answer for "US".
 */
#include "vectors/gv_words.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <string.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>

enum { WORD_BYTES = 4096, WORD_LETTERS = 64, FAR = 1000 };

/* --- finding and reading ------------------------------------------------------------------------
 */

int gv_words_find_file(char **path, const char **name, const gv_config *config, const char *dir,
                       gv_error *err)
{
    static const unsigned readable[] = {GV_FORMAT_SAFETENSORS, GV_FORMAT_WORD2VEC, GV_FORMAT_SQLITE,
                                        GV_FORMAT_TEXT};
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
        wanted = wanted ? wanted : names[0];
    }
    gv_mem_free(*path);
    *path = NULL;
    if (!wanted)
        return gv_error_set(
            err, GV_E_USAGE,
            "output.formats lists no format that can be read back with its words; add \"text\" (or "
            "word2vec, sqlite, safetensors) and run glove-train, or pass --vectors FILE");
    return gv_error_set(err, GV_E_USAGE,
                        "%s/%s is missing; run glove-train first, or pass --vectors FILE", dir,
                        wanted);
}

static bool has_upper_case(const char *word)
{
    while (*word != '\0')
        if (u_isUUppercase((UChar32)gv_utf8_next(&word)))
            return true;
    return false;
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
    made->lower_case = true;
    size_t unk = GV_NEAREST_NO_ROW;
    for (size_t i = 0; i < vectors->rows; i++) {
        if (strcmp(vectors->words[i], "<unk>") == 0)
            unk = i;
        made->lower_case = made->lower_case && !has_upper_case(vectors->words[i]);
    }
    int status =
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
    gv_vectors *vectors = NULL;
    *words = NULL;
    int status = gv_vectors_read(&vectors, path, 0, err);
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
    gv_mem_free(words);
}

size_t gv_words_lookup(const gv_words *words, const char *word)
{
    size_t row = gv_vectors_find(words->vectors, word);
    size_t length = strlen(word);
    if (row != SIZE_MAX || !words->lower_case || length >= WORD_BYTES)
        return row;
    char folded[WORD_BYTES];
    UErrorCode code = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("", U_FOLD_CASE_DEFAULT, &code);
    if (U_FAILURE(code))
        return GV_NEAREST_NO_ROW;
    int32_t bytes = ucasemap_utf8FoldCase(map, folded, WORD_BYTES, word, (int32_t)length, &code);
    ucasemap_close(map);
    if (U_FAILURE(code) || bytes >= WORD_BYTES)
        return GV_NEAREST_NO_ROW;
    return gv_vectors_find(words->vectors, folded);
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

static const char *word_of(const void *context, size_t i)
{
    const gv_vectors *vectors = context;
    return vectors->words[i];
}

size_t gv_words_similar(const char **found, size_t limit, const gv_words *words, const char *word)
{
    return gv_words_spelt_like(found, limit, word, words->vectors->rows, word_of, words->vectors);
}
