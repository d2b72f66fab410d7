#include "report/verify/gv_verify_vectors.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_show.h"
#include "vectors/gv_vectors.h"
#include <stdio.h>
#include <string.h>

enum { SHORT = 60 };

/* One reading of a file. First every row of the run's file is hashed; then the other is compared
 * with the hashes up to the first row that differs; then that row of the run's file is read
 * again. */
typedef struct reading {
    gv_hash *hashes;
    size_t n, capacity;
    size_t at;     /* rows read so far */
    size_t wanted; /* the row to be kept; SIZE_MAX: the first that differs */
    bool compare, found;
    char *word;
    float *values;
    size_t dim;
} reading;

static gv_hash hash_of(const gv_vectors_row *row)
{
    const gv_hash word = gv_hash_of(row->word, row->length);
    const gv_hash values = gv_hash_of(row->values, row->dim * sizeof *row->values);
    const uint64_t both[] = {word.low, word.high, values.low, values.high};
    return gv_hash_of(both, sizeof both);
}

static int keep(reading *r, const gv_vectors_row *row, gv_error *err)
{
    r->word = gv_mem_strdup(row->word, err);
    r->values = gv_mem_alloc(row->dim, sizeof *r->values, err);
    r->dim = row->dim;
    if (!r->word || !r->values)
        return GV_E_MEMORY;
    memcpy(r->values, row->values, row->dim * sizeof *r->values);
    r->found = true;
    return gv_error_set(err, GV_E_RUNTIME, "enough was read");
}

static int take_row(void *context, const gv_vectors_row *row, gv_error *err)
{
    reading *r = context;
    const size_t at = r->at++;
    if (r->wanted == at)
        return keep(r, row, err);
    if (r->wanted != SIZE_MAX)
        return GV_OK;
    if (r->compare)
        return at < r->n && gv_hash_equal(r->hashes[at], hash_of(row)) ? GV_OK : keep(r, row, err);
    int status = gv_mem_reserve(&r->hashes, &r->capacity, r->n + 1, sizeof *r->hashes, err);
    if (status == GV_OK)
        r->hashes[r->n++] = hash_of(row);
    return status;
}

/* Problems end the reading: the file is to be as it was written. */
static int read_rows(reading *r, const char *path, const char *words_path, gv_error *err)
{
    const gv_vectors_sink sink = {.context = r, .row = take_row};
    const char *name = strrchr(path, '/');
    const bool wordless = name && strcmp(name, "/vectors.npy") == 0;
    const gv_vectors_options options = {.sink = &sink, .words_path = wordless ? words_path : NULL};
    gv_vectors *vectors = NULL;
    r->at = 0;
    int status = gv_vectors_read_with(&vectors, path, &options, err);
    gv_vectors_free(vectors);
    return status;
}

/* Also of numbers that are not equal to themselves. */
static bool same_bits(float a, float b)
{
    uint32_t of_a, of_b;
    memcpy(&of_a, &a, sizeof of_a);
    memcpy(&of_b, &b, sizeof of_b);
    return of_a == of_b;
}

static void say_values(char *where, const reading *a, const reading *b, size_t row)
{
    char words[2][SHORT];
    gv_show_line(words[0], SHORT, a->word);
    gv_show_line(words[1], SHORT, b->word);
    if (strcmp(a->word, b->word) != 0) {
        snprintf(where, GV_VERIFY_VECTORS, "row %zu: the word is %s in the run, %s made again",
                 row + 1, words[0], words[1]);
        return;
    }
    size_t k = 0;
    while (k < a->dim && k < b->dim && same_bits(a->values[k], b->values[k]))
        k++;
    if (k < a->dim && k < b->dim)
        snprintf(where, GV_VERIFY_VECTORS,
                 "row %zu (%s), number %zu: %.9g in the run, %.9g made again", row + 1, words[0],
                 k + 1, (double)a->values[k], (double)b->values[k]);
    else
        snprintf(where, GV_VERIFY_VECTORS, "row %zu (%s): %zu numbers in the run, %zu made again",
                 row + 1, words[0], a->dim, b->dim);
}

/* The file made again ended, or has a row that differs. */
static bool judge(char *where, reading *b, const char *const paths[2], const char *words_path)
{
    gv_error err = GV_ERROR_INIT;
    if (!b->found && b->at == b->n)
        return true;
    const size_t row = b->at - (b->found ? 1 : 0);
    if (row >= b->n || !b->found) {
        snprintf(where, GV_VERIFY_VECTORS, "%zu rows in the run, %s%zu made again", b->n,
                 b->found ? "more than " : "", row);
        return false;
    }
    reading a = {.wanted = row};
    if (read_rows(&a, paths[0], words_path, &err) != GV_OK && a.found)
        say_values(where, &a, b, row);
    gv_mem_free(a.word);
    gv_mem_free(a.values);
    return false;
}

bool gv_verify_vectors_compare(char where[GV_VERIFY_VECTORS], const char *const paths[2],
                               const char *words_path)
{
    gv_error err = GV_ERROR_INIT;
    reading r = {.wanted = SIZE_MAX};
    bool same = false;
    where[0] = '\0';
    int status = read_rows(&r, paths[0], words_path, &err);
    r.compare = true;
    if (status == GV_OK)
        status = read_rows(&r, paths[1], words_path, &err);
    if (status == GV_OK || r.found)
        same = judge(where, &r, paths, words_path);
    else
        snprintf(where, GV_VERIFY_VECTORS, "%.250s", err.text);
    gv_mem_free(r.hashes);
    gv_mem_free(r.word);
    gv_mem_free(r.values);
    return same;
}
