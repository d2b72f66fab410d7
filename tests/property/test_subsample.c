/*
 * Subsampling against an oracle that goes through the text byte by byte and applies the rule to
 * each word: the same ids whatever threads, portions and compression, and the same counts.bin
 * whatever the limits of counting.
 */
#include "support/gv_test.h"

#include "base/gv_rng.h"
#include "cooccur/gv_cooccur.h"
#include "vocab/gv_encoder.h"
#include "vocab/gv_subsample.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 60, FILES = 3, SEED = 7 };

typedef struct ids {
    uint32_t *at;
    size_t n, capacity;
} ids;

/* Breaks that follow each other or stand at the start say nothing. */
static void put(ids *to, uint32_t id)
{
    if (id == GV_ENCODER_BREAK && (to->n == 0 || to->at[to->n - 1] == id))
        return;
    if (to->n == to->capacity) {
        to->capacity = 2 * to->capacity + 1024;
        to->at = realloc(to->at, to->capacity * sizeof *to->at);
    }
    to->at[to->n++] = id;
}

/* Words w0 .. of which w0 is the most frequent, some unknown, some longer than a block's overlap,
 * one longer than a section. */
static char *random_text(gv_rng *rng, size_t wanted, size_t *bytes)
{
    char *text = malloc(wanted + 700000);
    size_t n = 0;
    bool giant = false;
    while (n < wanted) {
        uint64_t a = gv_rng_below(rng, WORDS + 5), b = gv_rng_below(rng, WORDS + 5);
        size_t long_one = gv_rng_below(rng, 20000) == 0 ? 3000 + gv_rng_below(rng, 4000) : 0;
        if (!giant && n > wanted / 2) {
            giant = true;
            long_one = GV_SUBSAMPLE_SECTION * 5 / 2;
        }
        memset(text + n, 'x', long_one);
        n += long_one;
        if (long_one == 0)
            n += (size_t)sprintf(text + n, "w%lu", (unsigned long)(a * b / (WORDS + 5)));
        text[n++] = gv_rng_below(rng, 30) == 0 ? '\n' : ' ';
    }
    *bytes = n;
    return text;
}

typedef struct corpus {
    char *text[FILES];
    size_t bytes[FILES];
    char *plain[FILES], *packed[FILES]; /* paths */
    gv_vocab *vocab;
    uint64_t threshold[WORDS];
} corpus;

/* Give each known word of the text to `take`. */
static void each_word(const corpus *c,
                      void (*take)(void *context, uint32_t id, uint64_t file, uint64_t offset),
                      void *context)
{
    for (uint64_t f = 0; f < FILES; f++) {
        const char *text = c->text[f];
        for (size_t i = 0; i < c->bytes[f];) {
            size_t length = 0;
            while (i + length < c->bytes[f] && text[i + length] != ' ' && text[i + length] != '\n')
                length++;
            uint32_t id = length ? gv_vocab_lookup(c->vocab, text + i, length) : GV_VOCAB_NO_WORD;
            if (id != GV_VOCAB_NO_WORD)
                take(context, id, f, i);
            i += length;
            if (i < c->bytes[f] && text[i] == '\n')
                take(context, GV_ENCODER_BREAK, f, i);
            i++;
        }
        take(context, GV_ENCODER_BREAK, f, c->bytes[f]);
    }
}

static void tally(void *counts, uint32_t id, uint64_t file, uint64_t offset)
{
    (void)file, (void)offset;
    if (id != GV_ENCODER_BREAK)
        ((uint64_t *)counts)[id]++;
}

static gv_vocab *make_vocab(const uint64_t *counts)
{
    gv_error err = GV_ERROR_INIT;
    const char *names[WORDS];
    gv_vocab *vocab;
    for (unsigned i = 0; i < WORDS; i++)
        names[i] = gv_test_format("w%u", i);
    gv_assert_ok(gv_vocab_from_words(&vocab, names, counts, WORDS, &err), err);
    return vocab;
}

static void make_corpus(corpus *c, uint64_t seed, double sample)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, seed);
    for (unsigned f = 0; f < FILES; f++) {
        c->text[f] = random_text(&rng, 50000 + gv_rng_below(&rng, 700000), &c->bytes[f]);
        const char *name = gv_test_format("t%u", f);
        c->plain[f] = (char *)(uintptr_t)gv_test_write(name, c->text[f], c->bytes[f]);
        gv_test_run_ok("gzip -kf -1 %s", name);
        c->packed[f] = (char *)(uintptr_t)gv_test_format("%s.gz", c->plain[f]);
    }
    uint64_t counts[WORDS] = {0};
    c->vocab = make_vocab(counts);
    each_word(c, tally, counts);
    gv_vocab_free(c->vocab);
    c->vocab = make_vocab(counts);
    gv_subsample_thresholds(c->threshold, c->vocab, sample);
}

static void drop_corpus(corpus *c)
{
    for (unsigned f = 0; f < FILES; f++)
        free(c->text[f]);
    gv_vocab_free(c->vocab);
}

/* --- the oracle ------------------------------------------------------------------------------- */

typedef struct oracle {
    const corpus *c;
    ids kept;
    uint64_t file, section, ordinal;
} oracle;

static void keep_or_drop(void *context, uint32_t id, uint64_t file, uint64_t offset)
{
    oracle *o = context;
    if (id == GV_ENCODER_BREAK) {
        put(&o->kept, id);
        return;
    }
    uint64_t section = offset / GV_SUBSAMPLE_SECTION;
    if (file != o->file || section != o->section)
        o->ordinal = 0;
    o->file = file;
    o->section = section;
    uint64_t random = gv_subsample_random(gv_subsample_key(SEED, file, section), o->ordinal++);
    if (gv_subsample_keeps(o->c->threshold[id], random))
        put(&o->kept, id);
}

static ids expected_ids(const corpus *c)
{
    oracle o = {.c = c};
    each_word(c, keep_or_drop, &o);
    return o.kept;
}

/* --- the encoder ------------------------------------------------------------------------------ */

typedef struct encoding {
    gv_corpus *corpus;
    gv_encoder *encoder;
} encoding;

static encoding begin(const corpus *c, bool packed, unsigned threads)
{
    gv_error err = GV_ERROR_INIT;
    encoding e;
    gv_config config = {.corpus_files = {FILES, packed ? (char **)(uintptr_t)c->packed
                                                       : (char **)(uintptr_t)c->plain}};
    gv_assert_ok(gv_corpus_open(&e.corpus, &config, GV_SUBSAMPLE_SECTION, &err), err);
    gv_assert_ok(gv_encoder_open(&e.encoder, e.corpus, c->vocab, NULL, NULL, &err), err);
    gv_encoder_subsample(e.encoder, c->threshold, SEED);
    gv_assert_ok(gv_encoder_threads(e.encoder, threads, &err), err);
    return e;
}

static void end(encoding *e)
{
    gv_encoder_close(e->encoder);
    gv_corpus_close(e->corpus);
}

static ids encoded_ids(const corpus *c, bool packed, unsigned threads, size_t room)
{
    gv_error err = GV_ERROR_INIT;
    ids all = {0};
    size_t n;
    uint32_t *buffer = calloc(room, sizeof *buffer);
    encoding e = begin(c, packed, threads);
    do {
        gv_assert_ok(gv_encoder_fill(e.encoder, buffer, room, &n, &err), err);
        for (size_t i = 0; i < n; i++)
            put(&all, buffer[i]);
    } while (n > 0);
    end(&e);
    free(buffer);
    return all;
}

Test(subsample, the_encoder_equals_the_oracle, .timeout = 120)
{
    static const double samples[] = {1e-3, 0.05, 1e-5};
    static const size_t rooms[] = {1000, 1 << 17, 1 << 22};
    for (uint64_t round = 0; round < 3; round++) {
        corpus c;
        make_corpus(&c, round, samples[round]);
        ids wanted = expected_ids(&c);
        cr_assert_gt(wanted.n, 100);
        for (unsigned i = 0; i < 18; i++) {
            bool packed = i % 2;
            unsigned threads = 1 + i / 2 % 3;
            size_t room = rooms[i / 6];
            ids got = encoded_ids(&c, packed, threads, room);
            cr_assert(got.n == wanted.n && memcmp(got.at, wanted.at, got.n * sizeof *got.at) == 0,
                      "round %lu, packed %d, %u threads, room %zu: %zu ids instead of %zu",
                      (unsigned long)round, packed, threads, room, got.n, wanted.n);
            free(got.at);
        }
        free(wanted.at);
        drop_corpus(&c);
    }
}

/* How often each word stays: five standard deviations around what word2vec's formula says. */
Test(subsample, words_stay_as_often_as_the_formula_says, .timeout = 60)
{
    const double t = 2e-3;
    corpus c;
    make_corpus(&c, 10, t);
    ids all = encoded_ids(&c, false, 2, 1 << 16);
    double kept[WORDS] = {0}, total = (double)gv_vocab_total(c.vocab);
    for (size_t i = 0; i < all.n; i++)
        if (all.at[i] != GV_ENCODER_BREAK)
            kept[all.at[i]]++;
    for (uint32_t w = 0; w < WORDS; w++) {
        double n = (double)gv_vocab_count(c.vocab, w), f = n / total;
        double p = fmin(1, (sqrt(f / t) + 1) * t / f);
        cr_assert_float_eq(kept[w], n * p, 5 * sqrt(n * p * (1 - p)) + 1e-9,
                           "w%u: %.0f of %.0f kept, p = %g", w, kept[w], n, p);
    }
    free(all.at);
    drop_corpus(&c);
}

/* --- counting --------------------------------------------------------------------------------- */

static int fill_from_encoder(void *encoder, uint32_t *to, size_t room, size_t *n, gv_error *err)
{
    return gv_encoder_fill(encoder, to, room, n, err);
}

/* The ids that the oracle kept, as a source. */
static int fill_from_ids(void *left, uint32_t *to, size_t room, size_t *n, gv_error *err)
{
    (void)err;
    ids *from = left;
    *n = from->n < room ? from->n : room;
    memcpy(to, from->at, *n * sizeof *to);
    from->at += *n;
    from->n -= *n;
    return GV_OK;
}

static char *count(const corpus *c, gv_cooccur_source source,
                   const gv_budget_cooccur_limits *limits, size_t *bytes)
{
    gv_error err = GV_ERROR_INIT;
    gv_config config = {
        .cooccur_window = 5, .cooccur_symmetric = true, .cooccur_weighting = GV_WEIGHTING_DYNAMIC};
    const char *path = gv_test_path("counts.bin");
    gv_cooccur_job job = {.config = &config,
                          .vocab = c->vocab,
                          .recipe = "{}",
                          .temp_dir = gv_test_dir(),
                          .counts_path = path};
    gv_cooccur_result result;
    gv_assert_ok(gv_cooccur_count(&job, limits, &source, &result, &err), err);
    return gv_test_read(path, bytes);
}

Test(subsample, counts_are_those_of_the_tokens_kept, .timeout = 120)
{
    corpus c;
    make_corpus(&c, 20, 1e-2);
    ids wanted = expected_ids(&c), left = wanted;
    gv_budget_cooccur_limits roomy = {1, 1 << 22, 1 << 20, 4096, 16, 0, 0};
    size_t bytes, again;
    char *first = count(&c, (gv_cooccur_source){&left, fill_from_ids}, &roomy, &bytes);
    static const size_t batches[] = {1 << 22, 50000, 9999};
    for (unsigned i = 0; i < 9; i++) {
        unsigned threads = 1 + i % 3;
        gv_budget_cooccur_limits limits = {threads, batches[i / 3], 1 << 12, 1 << 10, 4, 0, 0};
        encoding e = begin(&c, i % 2, threads);
        char *other = count(&c, (gv_cooccur_source){e.encoder, fill_from_encoder}, &limits, &again);
        cr_assert(bytes == again && memcmp(first, other, bytes) == 0, "%u threads, batches of %zu",
                  threads, limits.batch_tokens);
        end(&e);
        free(other);
    }
    free(first);
    free(wanted.at);
    drop_corpus(&c);
}
