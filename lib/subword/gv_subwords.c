/* The object: its index of n-grams (open addressing, built once) and the vectors of words. */
#include "subword/gv_subwords_internal.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "text/gv_ngrams.h"
#include <math.h>
#include <string.h>

/* --- the index -------------------------------------------------------------------------------- */

size_t gv_subwords_slots(size_t n)
{
    size_t slots = 16;
    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

const char *gv_subwords_ngram(const gv_subwords *s, size_t i, size_t *length)
{
    uint32_t from = i > 0 ? s->parts.end[i - 1] : 0;
    *length = s->parts.end[i] - from;
    return s->parts.text + from;
}

/* The slot of this text, or the free one where it would be. */
static size_t find_slot(const gv_subwords *s, const char *text, size_t length)
{
    size_t slot = (size_t)gv_hash_64(text, length, 0) & s->mask;
    for (; s->slots[slot]; slot = (slot + 1) & s->mask) {
        size_t other_length;
        const char *other = gv_subwords_ngram(s, s->slots[slot] - 1, &other_length);
        if (other_length == length && memcmp(other, text, length) == 0)
            break;
    }
    return slot;
}

int gv_subwords_make_index(gv_subwords *s, gv_error *err)
{
    s->mask = gv_subwords_slots(s->parts.count) - 1;
    s->slots = gv_mem_alloc_zero(s->mask + 1, sizeof *s->slots, err);
    if (!s->slots)
        return GV_E_MEMORY;
    for (size_t i = 0; i < s->parts.count; i++) {
        size_t length;
        const char *text = gv_subwords_ngram(s, i, &length);
        size_t slot = find_slot(s, text, length);
        if (s->slots[slot])
            return GV_E_CORRUPT;
        s->slots[slot] = (uint32_t)i + 1;
    }
    return GV_OK;
}

int gv_subwords_new(gv_subwords **subwords, const gv_subwords_parts *parts, gv_error *err)
{
    *subwords = NULL;
    gv_subwords *s = gv_mem_alloc_zero(1, sizeof *s, err);
    if (!s)
        return GV_E_MEMORY;
    s->parts = *parts;
    int status = gv_subwords_make_index(s, err);
    if (status == GV_E_CORRUPT)
        status = gv_error_set(err, GV_E_RUNTIME, "an n-gram is there twice");
    if (status == GV_OK)
        *subwords = s;
    else
        gv_subwords_free(s);
    return status;
}

size_t gv_subwords_find(const gv_subwords *s, const char *text, size_t length)
{
    uint32_t found = s->slots[find_slot(s, text, length)];
    return found ? found - 1 : SIZE_MAX;
}

void gv_subwords_free(gv_subwords *s)
{
    if (!s)
        return;
    gv_mem_free(s->slots);
    gv_mem_free(s->text);
    gv_mem_free(s->probe_text);
    gv_mem_free(s->metadata);
    gv_mem_free(s->end);
    gv_mem_free(s->probe_word);
    gv_mem_free(s->offset);
    gv_mem_free(s->probe_vector);
    gv_mem_big_free(s->row, s->row_bytes);
    gv_mem_free(s);
}

/* --- what it consists of ---------------------------------------------------------------------- */

size_t gv_subwords_dim(const gv_subwords *s)
{
    return s->parts.dim;
}

gv_subwords_settings gv_subwords_settings_of(const gv_subwords *s)
{
    return s->parts.settings;
}

unsigned gv_subwords_min_n(const gv_subwords *s)
{
    return s->parts.settings.min_n;
}

unsigned gv_subwords_max_n(const gv_subwords *s)
{
    return s->parts.settings.max_n;
}

size_t gv_subwords_count(const gv_subwords *s)
{
    return s->parts.count;
}

const float *gv_subwords_row(const gv_subwords *s, size_t i)
{
    return s->parts.row + i * s->parts.dim;
}

const float *gv_subwords_offset(const gv_subwords *s)
{
    return s->parts.offset;
}

float *gv_subwords_rows_to_change(gv_subwords *s)
{
    return s->row;
}

float *gv_subwords_offset_to_change(gv_subwords *s)
{
    return s->offset;
}

const char *gv_subwords_metadata(const gv_subwords *s)
{
    return s->parts.metadata;
}

/* --- vectors ---------------------------------------------------------------------------------- */

typedef struct sum {
    const gv_subwords *subwords;
    float *to;
    size_t all, known;
} sum;

/* A gv_ngrams_found. */
static int add(void *context, const char *text, size_t length, gv_error *err)
{
    (void)err;
    sum *s = context;
    size_t i = gv_subwords_find(s->subwords, text, length);
    s->all++;
    if (i == SIZE_MAX)
        return GV_OK;
    s->known++;
    const float *row = gv_subwords_row(s->subwords, i);
    for (size_t k = 0; k < s->subwords->parts.dim; k++)
        s->to[k] += row[k];
    return GV_OK;
}

int gv_subwords_vector(const gv_subwords *s, const char *word, float *to, size_t *known,
                       gv_error *err)
{
    const gv_subwords_parts *parts = &s->parts;
    sum total = {.subwords = s, .to = to};
    memset(to, 0, parts->dim * sizeof *to);
    *known = 0;
    int status =
        gv_ngrams_each(word, parts->settings.min_n, parts->settings.max_n, add, &total, err);
    if (status != GV_OK || total.known == 0)
        return status;
    const float scale = 1.0f / (float)total.all;
    for (size_t k = 0; k < parts->dim; k++)
        to[k] = parts->offset[k] + to[k] * scale;
    *known = total.known;
    return GV_OK;
}

/* Is b the number a, or what is left of it in six decimals? */
static bool agree(float a, float b)
{
    return isfinite(a) ? fabs((double)a - (double)b) <= 1e-6 * (1 + fabs((double)a)) : !isfinite(b);
}

bool gv_subwords_belong(const gv_subwords *s, size_t dim, gv_subwords_find_vector *find,
                        void *context)
{
    const gv_subwords_parts *parts = &s->parts;
    size_t found = 0;
    for (size_t i = 0; dim == parts->dim && i < parts->probes; i++) {
        const float *vector = find(context, parts->probe_word[i]);
        found += vector != NULL;
        for (size_t k = 0; vector && k < dim; k++)
            if (!agree(parts->probe_vector[i * dim + k], vector[k]))
                return false;
    }
    return found > 0;
}
