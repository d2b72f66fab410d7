#include "vectors/gv_fasttext.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* --- the head --------------------------------------------------------------------------------- */

enum { NUMBERS_BEFORE = 14, NUMBERS_AFTER = 3 }; /* of 32 bits, before and after `sample` */

/* Its fields of 32 bits, in order. */
static void list_numbers(int32_t *list[NUMBERS_BEFORE + NUMBERS_AFTER], gv_fasttext_head *head)
{
    int32_t *const fields[NUMBERS_BEFORE + NUMBERS_AFTER] = {(int32_t *)&head->magic,
                                                             (int32_t *)&head->version,
                                                             &head->dim,
                                                             &head->window,
                                                             &head->epochs,
                                                             &head->min_count,
                                                             &head->negative,
                                                             &head->word_ngrams,
                                                             &head->loss,
                                                             &head->model,
                                                             &head->buckets,
                                                             &head->min_n,
                                                             &head->max_n,
                                                             &head->update_rate,
                                                             &head->entries,
                                                             &head->words,
                                                             &head->labels};
    memcpy(list, fields, sizeof fields);
}

void gv_fasttext_put_head(uint8_t to[GV_FASTTEXT_HEAD], const gv_fasttext_head *head)
{
    gv_fasttext_head copy = *head;
    int32_t *list[NUMBERS_BEFORE + NUMBERS_AFTER];
    uint64_t sample;
    list_numbers(list, &copy);
    for (int i = 0; i < NUMBERS_BEFORE; i++, to += 4)
        gv_bytes_put32(to, (uint32_t)*list[i]);
    memcpy(&sample, &copy.sample, sizeof sample);
    gv_bytes_put64(to, sample);
    to += 8;
    for (int i = NUMBERS_BEFORE; i < NUMBERS_BEFORE + NUMBERS_AFTER; i++, to += 4)
        gv_bytes_put32(to, (uint32_t)*list[i]);
    gv_bytes_put64(to, (uint64_t)copy.tokens);
    gv_bytes_put64(to + 8, (uint64_t)copy.pruned);
}

void gv_fasttext_get_head(gv_fasttext_head *head, const uint8_t from[GV_FASTTEXT_HEAD])
{
    int32_t *list[NUMBERS_BEFORE + NUMBERS_AFTER];
    list_numbers(list, head);
    for (int i = 0; i < NUMBERS_BEFORE; i++, from += 4)
        *list[i] = (int32_t)gv_bytes_get32(from);
    uint64_t sample = gv_bytes_get64(from);
    memcpy(&head->sample, &sample, sizeof sample);
    from += 8;
    for (int i = NUMBERS_BEFORE; i < NUMBERS_BEFORE + NUMBERS_AFTER; i++, from += 4)
        *list[i] = (int32_t)gv_bytes_get32(from);
    head->tokens = (int64_t)gv_bytes_get64(from);
    head->pruned = (int64_t)gv_bytes_get64(from + 8);
}

int gv_fasttext_check_head(const gv_fasttext_head *head, const char *path, gv_error *err)
{
    enum { BUCKETS_MOST = 1 << 26 }; /* fastText makes 2 million */
    const char *problem = NULL;
    if (head->magic != GV_FASTTEXT_MAGIC)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s is no fastText model (.bin); leave out --from to have it recognised", path);
    if (head->version != GV_FASTTEXT_OLDEST && head->version != GV_FASTTEXT_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is a fastText model of version %" PRIu32
                            "; only versions %d and %d are read",
                            path, head->version, GV_FASTTEXT_OLDEST, GV_FASTTEXT_VERSION);
    if (head->dim < 1 || head->words < 0 || head->labels < 0 || head->entries < 0 ||
        (int64_t)head->words + head->labels != head->entries)
        problem = "the numbers of words and dimensions at its beginning are impossible";
    else if (head->buckets < 0 || head->buckets > BUCKETS_MOST || head->min_n < 0 ||
             head->max_n < 0 || head->max_n > GV_FASTTEXT_LONGEST ||
             (head->max_n > 0 && head->buckets == 0))
        problem = "the settings of its n-grams are impossible";
    if (problem)
        return gv_error_set(err, GV_E_CORRUPT, "%s is damaged: %s; obtain it again", path, problem);
    if (head->pruned > 0)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is a pruned fastText model (fasttext quantize -cutoff); use the "
                            ".bin that it was made from",
                            path);
    return GV_OK;
}

/* --- n-grams ---------------------------------------------------------------------------------- */

static const uint32_t fnv_basis = 2166136261u, fnv_prime = 16777619u;

/* The byte is extended by its sign, as fastText's first versions did where `char` has one. */
static uint32_t hash_byte(uint32_t hash, char byte)
{
    uint32_t extended = (uint8_t)byte;
    extended |= extended & 0x80 ? 0xffffff00u : 0;
    return (hash ^ extended) * fnv_prime;
}

uint32_t gv_fasttext_hash(const char *text, size_t length)
{
    uint32_t hash = fnv_basis;
    for (size_t i = 0; i < length; i++)
        hash = hash_byte(hash, text[i]);
    return hash;
}

/* Is it a byte of a character that began before? */
static bool continues(char byte)
{
    return ((uint8_t)byte & 0xC0) == 0x80;
}

/* The n-grams that begin at `start`, of a text of `length` bytes. */
static int cut_at(gv_fasttext_cutter *cutter, size_t start, size_t length, gv_error *err)
{
    const char *text = cutter->text;
    uint32_t hash = fnv_basis;
    size_t end = start;
    for (uint32_t n = 1; n <= cutter->max_n && end < length; n++) {
        do
            hash = hash_byte(hash, text[end++]);
        while (end < length && continues(text[end]));
        /* the brackets alone are none */
        if (n < cutter->min_n || (n == 1 && (start == 0 || end == length)))
            continue;
        int status = gv_mem_reserve(&cutter->piece, &cutter->piece_capacity, cutter->n + 1,
                                    sizeof *cutter->piece, err);
        if (status != GV_OK)
            return status;
        cutter->piece[cutter->n++] =
            (gv_fasttext_piece){(uint32_t)start, (uint32_t)(end - start), hash % cutter->buckets};
    }
    return GV_OK;
}

void gv_fasttext_cutter_init(gv_fasttext_cutter *cutter, const gv_fasttext_head *head)
{
    /* supervised models of version 11 state lengths of n-grams but have none */
    const bool without =
        head->pruned == 0 || head->min_n > head->max_n ||
        (head->version == GV_FASTTEXT_OLDEST && head->model == GV_FASTTEXT_SUPERVISED);
    *cutter = (gv_fasttext_cutter){.min_n = (uint32_t)head->min_n,
                                   .max_n = without ? 0 : (uint32_t)head->max_n,
                                   .buckets = (uint32_t)head->buckets};
}

int gv_fasttext_cut(gv_fasttext_cutter *cutter, const char *word, gv_error *err)
{
    size_t length = strlen(word) + 2;
    cutter->n = 0;
    if (cutter->max_n == 0 || cutter->max_n < cutter->min_n || strcmp(word, "</s>") == 0)
        return GV_OK;
    int status =
        gv_mem_reserve(&cutter->text, &cutter->text_capacity, length, sizeof *cutter->text, err);
    if (status != GV_OK)
        return status;
    cutter->text[0] = '<';
    memcpy(cutter->text + 1, word, length - 2);
    cutter->text[length - 1] = '>';
    for (size_t start = 0; start < length && status == GV_OK; start++)
        if (!continues(cutter->text[start]))
            status = cut_at(cutter, start, length, err);
    return status;
}

void gv_fasttext_cutter_clear(gv_fasttext_cutter *cutter)
{
    gv_mem_free(cutter->text);
    gv_mem_free(cutter->piece);
    *cutter = (gv_fasttext_cutter){0};
}
