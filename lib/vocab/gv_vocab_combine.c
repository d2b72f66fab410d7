/*
 * The words of all inputs are gathered in one vocabulary, by their first appearance, with their
 * sums in a common unit beside it; then those that stay are put in order, and the ids that were
 * noted for the inputs are replaced by places in that order.
 */
#include "vocab/gv_vocab_combine.h"

#include "base/gv_mem.h"
#include "vocab/gv_vocab_grow.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A gathered word. */
typedef struct gathered {
    int64_t sum;     /* of its weighted counts, in units */
    uint32_t having; /* inputs that have it */
    bool counted;    /* one of them has a count for it */
} gathered;

/* A word that stays. */
typedef struct kept {
    uint64_t count;
    const char *word;
    uint32_t from; /* its id among the gathered ones */
} kept;

typedef struct combiner {
    gv_vocab_combine_result *result;
    const gv_vocab *const *vocabs;
    size_t n;
    const gv_vocab_combine_options *options;
    gv_fraction_scale *scales; /* [n] */
    uint64_t unit;
    bool exact;
    gv_vocab *all;
    gathered *words; /* [words of `all`] */
    size_t word_capacity;
    kept *list;
    size_t kept;
    uint32_t first_negative; /* of the words below 0 */
} combiner;

/* --- gathering -------------------------------------------------------------------------------- */

static int choose_unit(combiner *c, const gv_fraction *weights, gv_error *err)
{
    gv_fraction_term *terms = gv_mem_alloc(c->n, sizeof *terms, err);
    c->scales = gv_mem_alloc(c->n, sizeof *c->scales, err);
    int status = terms && c->scales ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < c->n && status == GV_OK; i++)
        /* no count is more than the sum of all */
        terms[i] = (gv_fraction_term){weights[i], 1, gv_vocab_total(c->vocabs[i])};
    if (status == GV_OK)
        status = gv_fraction_common_unit(&c->unit, &c->exact, c->scales, terms, c->n, err);
    gv_mem_free(terms);
    return status;
}

/* The id of a word among the gathered ones, which it joins unless a list was given. */
static int gather(uint32_t *id, combiner *c, const char *word, size_t length, bool join,
                  gv_error *err)
{
    const uint32_t size = gv_vocab_size(c->all);
    *id = gv_vocab_grow_find(c->all, word, length);
    if (*id != GV_VOCAB_NO_WORD || !join)
        return GV_OK;
    int status =
        gv_mem_reserve(&c->words, &c->word_capacity, (size_t)size + 1, sizeof *c->words, err);
    if (status == GV_OK)
        status = gv_vocab_grow_join(id, c->all, word, length, 0, err);
    if (status == GV_OK)
        c->words[size] = (gathered){0};
    return status;
}

static int gather_given(combiner *c, gv_error *err)
{
    const gv_vocab *given = c->options->given;
    uint32_t id;
    int status = GV_OK;
    for (uint32_t i = 0; i < gv_vocab_size(given) && status == GV_OK; i++)
        status = gather(&id, c, gv_vocab_word(given, i), gv_vocab_word_length(given, i), true, err);
    return status;
}

static int gather_input(combiner *c, size_t input, gv_error *err)
{
    const gv_vocab *vocab = c->vocabs[input];
    const uint32_t size = gv_vocab_size(vocab);
    const bool join = c->options->words != GV_VOCAB_COMBINE_GIVEN;
    uint32_t *ids = gv_mem_alloc(size, sizeof *ids, err);
    int status = ids ? GV_OK : GV_E_MEMORY;
    c->result->ids[input] = ids;
    for (uint32_t i = 0; i < size && status == GV_OK; i++) {
        status =
            gather(&ids[i], c, gv_vocab_word(vocab, i), gv_vocab_word_length(vocab, i), join, err);
        if (status != GV_OK || ids[i] == GV_VOCAB_NO_WORD)
            continue;
        gathered *word = &c->words[ids[i]];
        word->sum += gv_fraction_apply(&c->scales[input], gv_vocab_count(vocab, i));
        word->having++;
        word->counted |= gv_vocab_count(vocab, i) > 0;
    }
    return status;
}

static int gather_all(combiner *c, gv_error *err)
{
    c->result->inputs = c->n;
    c->result->ids = gv_mem_alloc_zero(c->n, sizeof *c->result->ids, err);
    c->all = gv_vocab_grow_new(err);
    int status = c->result->ids && c->all ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && c->options->words == GV_VOCAB_COMBINE_GIVEN)
        status = gather_given(c, err);
    for (size_t i = 0; i < c->n && status == GV_OK; i++)
        status = gather_input(c, i, err);
    return status;
}

/* --- choosing --------------------------------------------------------------------------------- */

/* Rounded half up, but a word that occurs keeps at least 1. */
static uint64_t count_of(const combiner *c, int64_t sum)
{
    if (sum <= 0)
        return 0;
    uint64_t count = ((uint64_t)sum + c->unit / 2) / c->unit;
    return count > 0 ? count : 1;
}

/* Does the word stay? What leaves it out is counted. */
static bool stays(combiner *c, uint32_t id, uint64_t count)
{
    const gv_vocab_combine_options *options = c->options;
    const gathered *word = &c->words[id];
    if (options->words == GV_VOCAB_COMBINE_INTERSECTION && word->having < c->n)
        return false;
    if (word->sum < 0 && c->result->negative++ == 0)
        c->first_negative = id;
    if (options->words == GV_VOCAB_COMBINE_GIVEN)
        return true;
    c->result->cancelled += word->counted && word->sum == 0;
    if (word->counted && word->sum <= 0)
        return false;
    c->result->left_out += count < options->min_count;
    return count >= options->min_count;
}

static int choose(combiner *c, gv_error *err)
{
    const uint32_t size = gv_vocab_size(c->all);
    if (!(c->list = gv_mem_alloc(size, sizeof *c->list, err)))
        return GV_E_MEMORY;
    for (uint32_t id = 0; id < size; id++) {
        const int64_t sum = c->words[id].sum;
        const uint64_t count = count_of(c, sum);
        if (!stays(c, id, count))
            continue;
        c->list[c->kept++] = (kept){count, gv_vocab_word(c->all, id), id};
        c->result->rounded += sum > 0 && (!c->exact || (uint64_t)sum % c->unit > 0);
    }
    if (c->result->negative > 0 && !c->options->floor)
        return gv_error_set(
            err, GV_E_RUNTIME,
            "%" PRIu64 " word%s would have a negative count, for example \"%.60s\" %.10g: more is "
            "subtracted than is there; add --floor zero to leave them out",
            c->result->negative, c->result->negative == 1 ? "" : "s",
            gv_vocab_word(c->all, c->first_negative),
            (double)c->words[c->first_negative].sum / (double)c->unit);
    return GV_OK;
}

/* A comparison for qsort: by count descending, ties by bytes (strcmp compares them unsigned). */
static int by_count(const void *a, const void *b)
{
    const kept *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->word, y->word);
}

static void put_in_order(combiner *c)
{
    if (c->options->words == GV_VOCAB_COMBINE_GIVEN)
        return;
    if (c->kept > 0)
        qsort(c->list, c->kept, sizeof *c->list, by_count);
    if (c->options->max_size == 0 || c->options->max_size >= c->kept)
        return;
    c->result->left_out += c->kept - c->options->max_size;
    c->kept = (size_t)c->options->max_size;
}

/* --- the result ------------------------------------------------------------------------------- */

static int make_vocab(combiner *c, gv_error *err)
{
    gv_vocab *vocab = c->result->vocab = gv_vocab_grow_new(err);
    int status = vocab ? GV_OK : GV_E_MEMORY;
    uint32_t id;
    for (size_t i = 0; i < c->kept && status == GV_OK; i++)
        status = gv_vocab_grow_join(&id, vocab, c->list[i].word,
                                    gv_vocab_word_length(c->all, c->list[i].from), c->list[i].count,
                                    err);
    return status == GV_OK ? gv_vocab_grow_end(vocab, err) : status;
}

/* From ids among the gathered words to ids in the result. */
static int renumber(combiner *c, gv_error *err)
{
    const uint32_t size = gv_vocab_size(c->all);
    uint32_t *place = gv_mem_alloc(size, sizeof *place, err);
    if (!place)
        return GV_E_MEMORY;
    memset(place, 0xff, size * sizeof *place); /* GV_VOCAB_NO_WORD */
    for (size_t i = 0; i < c->kept; i++)
        place[c->list[i].from] = (uint32_t)i;
    for (size_t input = 0; input < c->n; input++) {
        uint32_t *ids = c->result->ids[input];
        for (uint32_t i = 0; i < gv_vocab_size(c->vocabs[input]); i++)
            if (ids[i] != GV_VOCAB_NO_WORD)
                ids[i] = place[ids[i]];
    }
    gv_mem_free(place);
    return GV_OK;
}

int gv_vocab_combine(gv_vocab_combine_result *result, const gv_vocab *const *vocabs,
                     const gv_fraction *weights, size_t n, const gv_vocab_combine_options *options,
                     gv_error *err)
{
    *result = (gv_vocab_combine_result){0};
    combiner c = {.result = result, .vocabs = vocabs, .n = n, .options = options};
    int status = choose_unit(&c, weights, err);
    if (status == GV_OK)
        status = gather_all(&c, err);
    if (status == GV_OK)
        status = choose(&c, err);
    if (status == GV_OK && c.kept == 0)
        status = gv_error_set(err, GV_E_RUNTIME, "no words are left: %s",
                              options->words == GV_VOCAB_COMBINE_INTERSECTION
                                  ? "no word is in all vocabularies"
                                  : "the vocabularies have none, or vocab.min_count is too large");
    if (status == GV_OK) {
        put_in_order(&c);
        status = make_vocab(&c, err);
    }
    if (status == GV_OK)
        status = renumber(&c, err);
    gv_vocab_free(c.all);
    gv_mem_free(c.scales);
    gv_mem_free(c.words);
    gv_mem_free(c.list);
    return status;
}

void gv_vocab_combine_clear(gv_vocab_combine_result *result)
{
    for (size_t i = 0; result->ids && i < result->inputs; i++)
        gv_mem_free(result->ids[i]);
    gv_mem_free(result->ids);
    gv_vocab_free(result->vocab);
    *result = (gv_vocab_combine_result){0};
}
