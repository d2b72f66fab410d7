/*
 * zipf_corpus - write a text of any length whose words follow Zipf's law, to measure how the
 * programs grow beyond the text at hand.
 *
 *   zipf_corpus [OPTIONS] TOKENS VOCABULARY SEED > FILE
 *
 * The law: the word of rank r is drawn with probability proportional to 1 / (r + shift)^exponent
 * (Zipf; the shift is Mandelbrot's) for the more frequent words, and from rank `knee` on falling
 * faster, as r^-tail, as it does in large corpora (two regimes). Without the second, long texts
 * would have far too many words that are frequent enough for a vocabulary. Drawn by Walker's alias
 * table: one random number and one look-up a token.
 *
 * Independent draws are a poor text: every pair of words meets at random, so there are many more
 * different pairs than in real text, where the same words meet again and again. Two options make up
 * for that, and neither changes how often a word occurs by more than a few per cent:
 *
 * - Topics. Each document has one of `topics` topics. A share of its draws is moved to another word
 *   of nearly the same rank, the one that belongs to the topic: ranks from HEAD on are cut into
 *   blocks, in which each topic has a place of its own. A block is as long as there are topics, or
 *   an eighth of its first rank where that is less, so that all its words are nearly equally
 *   frequent; topics then share words.
 * - Repeats. A share of the tokens repeats one of the last RECENT tokens of the document.
 *
 * Words are made of syllables of a consonant and a vowel (CV), the fewer the more frequent the
 * word: one for the first 100 ranks, two for the next 10,000, and so on; most end in one or two
 * more consonants. These can be told from a syllable, so no two ranks give one word. Words and
 * spaces take 5.8 bytes a token, as in English text.
 *
 * The text is made in parts of PART tokens, each with a random stream of its own and ending with a
 * document, a part per thread at a time, and written in order: the same arguments give the same
 * bytes for any number of threads.
 *
 * Cost: 24 bytes per word of the vocabulary, a buffer per thread; some 20 to 30 million tokens a
 * second and thread.
 *
 * The defaults were chosen so that 17 million tokens give about as many records, and as large a
 * vocabulary, as English text does, and 100 million about as many more
 * (docs/measurements/growth.md).
 *
 * Sources: Walker 1977 and Vose 1991 (alias tables); Mandelbrot 1953; Ferrer i Cancho and Sole 2001
 * (two regimes).
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PART = 1 << 20,         /* tokens made at a time */
    WORD = 16,              /* bytes of a slot: the letters, a zero, ..., their number */
    MOST_WORDS = 100000000, /* four syllables */
    HEAD = 128,             /* ranks that have no topic: "the", "of", ... */
    RECENT = 256,           /* tokens that may be repeated */
    MOST_TOPICS = 1 << 16,
    MOST_THREADS = 64
};

typedef struct zipf_law {
    double exponent, shift, tail, knee, repeated, topical;
    uint64_t tokens, seed;
    uint32_t words, topics, document; /* document: mean tokens */
    unsigned threads;
} zipf_law;

typedef struct generator {
    zipf_law law;
    uint32_t *cut;   /* of the alias table: below it the column's own word, ... */
    uint32_t *other; /* ... else this one */
    char (*word)[WORD];
    char *text[MOST_THREADS];
    size_t length[MOST_THREADS];
    uint64_t first_part;
} generator;

/* --- the words -------------------------------------------------------------------------------- */

static void spell(char word[WORD], uint32_t rank)
{
    static const char consonants[] = "tnsrldcmpbfghvkwzjyx", vowels[] = "eaiou";
    static const char *const ends[16] = {"",   "",   "n",  "s",  "r",  "t",  "l",  "st",
                                         "nd", "ns", "rt", "lt", "rs", "nk", "mp", "ll"};
    uint64_t level = 100, at = rank;
    size_t n = 0;
    while (at >= level) { /* ranks of words with fewer syllables */
        at -= level;
        level *= 100;
    }
    /* neighbours in rank shall not look alike; 61 shares no factor with 100 */
    at = at * 61 % level;
    for (uint64_t left = level; left > 1; left /= 100) {
        word[n++] = consonants[at % 20];
        word[n++] = vowels[at / 20 % 5];
        at /= 100;
    }
    for (const char *end = ends[(rank + 1) * UINT32_C(2654435761) >> 28]; *end; end++)
        word[n++] = *end;
    word[WORD - 1] = (char)n;
}

/* --- the law ---------------------------------------------------------------------------------- */

/* Of the word of rank `rank`, the first being 1. */
static double weight(const zipf_law *law, double rank)
{
    double head = pow(fmin(rank, law->knee) + law->shift, -law->exponent);
    return rank <= law->knee ? head : head * pow(rank / law->knee, -law->tail);
}

/* Vose's method: columns with less than their share are filled up from those with more. */
static int make_alias(generator *g, gv_error *err)
{
    uint32_t n = g->law.words, small = 0, large = n;
    double sum = 0, *mass = gv_mem_alloc(n, sizeof *mass, err);
    uint32_t *order = gv_mem_alloc(n, sizeof *order, err); /* small ones from the front */
    if (!mass || !order) {
        gv_mem_free(mass);
        gv_mem_free(order);
        return GV_E_MEMORY;
    }
    for (uint32_t r = 0; r < n; r++)
        sum += mass[r] = weight(&g->law, r + 1);
    for (uint32_t r = 0; r < n; r++) {
        mass[r] *= n / sum;
        order[mass[r] < 1 ? small++ : --large] = r;
        g->cut[r] = UINT32_MAX;
        g->other[r] = r;
    }
    while (small > 0 && large < n) {
        uint32_t poor = order[--small], rich = order[large];
        g->cut[poor] = (uint32_t)(mass[poor] * UINT32_MAX);
        g->other[poor] = rich;
        mass[rich] -= 1 - mass[poor];
        if (mass[rich] < 1) {
            large++;
            order[small++] = rich;
        }
    }
    gv_mem_free(mass);
    gv_mem_free(order);
    return GV_OK;
}

static uint32_t draw(const generator *g, gv_rng *rng)
{
    uint64_t bits = gv_rng_next(rng);
    uint32_t column = (uint32_t)((bits >> 32) * g->law.words >> 32);
    return (uint32_t)bits < g->cut[column] ? column : g->other[column];
}

/* The word of `topic` in the block of `rank`. */
static uint32_t of_topic(const generator *g, uint32_t rank, uint32_t topic)
{
    uint32_t begin = HEAD, size = HEAD / 8;
    if (rank < HEAD)
        return rank;
    while (size < g->law.topics && rank >= begin + size) {
        begin += size;
        size = begin / 8;
    }
    size = size < g->law.topics ? size : g->law.topics;
    begin += (rank - begin) / size * size;
    size = begin + size > g->law.words ? g->law.words - begin : size;
    /* where the topic stands in this block */
    uint32_t place = (uint32_t)((begin * UINT64_C(0x9e3779b97f4a7c15) >> 32) % g->law.topics);
    return begin + (topic + place) % g->law.topics % size;
}

/* --- the text --------------------------------------------------------------------------------- */

static uint32_t threshold(double share)
{
    return (uint32_t)(share * 65536);
}

/* Tokens of the next document: exponentially distributed, as lengths of articles roughly are. */
static uint64_t document_tokens(const generator *g, gv_rng *rng)
{
    double mean = g->law.document;
    return 1 + (uint64_t)fmin(-log1p(-gv_rng_uniform(rng)) * mean, 20 * mean);
}

static char *write_document(const generator *g, gv_rng *rng, char *text, uint64_t tokens)
{
    uint32_t recent[RECENT], topic = (uint32_t)gv_rng_below(rng, g->law.topics);
    uint32_t repeated = threshold(g->law.repeated), topical = threshold(g->law.topical);
    for (uint64_t i = 0; i < tokens; i++) {
        uint64_t dice = gv_rng_next(rng), known = i < RECENT ? i : RECENT;
        uint32_t word;
        if (known > 0 && (dice & 0xffff) < repeated) {
            word = recent[(i - 1 - ((dice >> 32) * known >> 32)) % RECENT];
        } else {
            word = draw(g, rng);
            if ((dice >> 16 & 0xffff) < topical)
                word = of_topic(g, word, topic);
        }
        recent[i % RECENT] = word;
        memcpy(text, g->word[word], WORD);
        text += g->word[word][WORD - 1];
        *text++ = ' ';
    }
    text[-1] = '\n';
    return text;
}

static uint64_t parts(const zipf_law *law)
{
    return (law->tokens + PART - 1) / PART;
}

static int make_part(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    generator *g = context;
    uint64_t part = g->first_part + thread;
    g->length[thread] = 0;
    if (part >= parts(&g->law))
        return GV_OK;
    uint64_t left = g->law.tokens - part * PART;
    left = left < PART ? left : PART;
    char *text = g->text[thread];
    gv_rng rng;
    gv_rng_seed(&rng, g->law.seed, GV_RNG_TEST, part);
    while (left > 0) {
        uint64_t tokens = document_tokens(g, &rng);
        tokens = tokens < left ? tokens : left;
        text = write_document(g, &rng, text, tokens);
        left -= tokens;
    }
    g->length[thread] = (size_t)(text - g->text[thread]);
    return GV_OK;
}

static int write_text(const char *text, size_t bytes, gv_error *err)
{
    while (bytes > 0) {
        ssize_t n = write(STDOUT_FILENO, text, bytes);
        if (n < 0 && errno != EINTR)
            return gv_error_set_errno(err, "cannot write to standard output");
        if (n > 0) {
            text += n;
            bytes -= (size_t)n;
        }
    }
    return GV_OK;
}

static int make_corpus(generator *g, gv_error *err)
{
    int status = make_alias(g, err);
    for (uint32_t r = 0; r < g->law.words; r++)
        spell(g->word[r], r);
    while (status == GV_OK && g->first_part < parts(&g->law)) {
        status = gv_threads_run(g->law.threads, make_part, g, err);
        for (unsigned t = 0; t < g->law.threads && status == GV_OK; t++)
            status = write_text(g->text[t], g->length[t], err);
        g->first_part += g->law.threads;
    }
    return status;
}

static int run(const zipf_law *law, gv_error *err)
{
    generator g = {.law = *law};
    int status = GV_E_MEMORY;
    if (!(g.cut = gv_mem_alloc(law->words, sizeof *g.cut, err)) ||
        !(g.other = gv_mem_alloc(law->words, sizeof *g.other, err)) ||
        !(g.word = gv_mem_alloc_zero(law->words, sizeof *g.word, err)))
        goto cleanup;
    for (unsigned t = 0; t < law->threads; t++)
        /* a word takes at most its letters and a space; WORD bytes are copied each time */
        if (!(g.text[t] = gv_mem_alloc((size_t)PART * 11 + WORD, 1, err)))
            goto cleanup;
    status = make_corpus(&g, err);
cleanup:
    for (unsigned t = 0; t < law->threads; t++)
        gv_mem_free(g.text[t]);
    gv_mem_free(g.cut);
    gv_mem_free(g.other);
    gv_mem_free(g.word);
    return status;
}

/* --- the command line ------------------------------------------------------------------------- */

static const char usage[] =
    "usage: zipf_corpus [OPTIONS] TOKENS VOCABULARY SEED > FILE\n"
    "  --exponent X    of Zipf's law [1.0]\n"
    "  --shift X       Mandelbrot's: frequency ~ 1 / (rank + shift)^exponent [0.7]\n"
    "  --tail X        exponent of rare words [1.7]\n"
    "  --knee N        rank from which on words are rare [8000]\n"
    "  --topics N      that documents are about [400]\n"
    "  --topical X     share of the tokens that depend on the topic [0.65]\n"
    "  --repeated X    share of the tokens that repeat a recent one [0.25]\n"
    "  --document N    mean number of tokens of a document, a line [500]\n"
    "  --threads N     [all cores]; does not change the text\n"
    "--topical 0 --repeated 0 draws each token independently.\n";

/* A number of the command line in [low, high]; 1e9 is one, too. */
static bool parse(double *value, const char *text, double low, double high, bool whole)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *value >= low && *value <= high &&
           (!whole || *value == floor(*value));
}

static bool set_option(zipf_law *law, int option, const char *text)
{
    double value;
    bool whole = strchr("tdnk", option), share = strchr("pr", option), power = strchr("ea", option);
    double high = option == 't'   ? MOST_TOPICS
                  : option == 'n' ? MOST_THREADS
                  : share         ? 1
                  : power         ? 10
                                  : 1e9;
    if (!parse(&value, text, whole ? 1 : 0, high, whole))
        return false;
    switch (option) {
    case 'e':
        law->exponent = value;
        break;
    case 's':
        law->shift = value;
        break;
    case 'a':
        law->tail = value;
        break;
    case 'k':
        law->knee = value;
        break;
    case 't':
        law->topics = (uint32_t)value;
        break;
    case 'p':
        law->topical = value;
        break;
    case 'r':
        law->repeated = value;
        break;
    case 'd':
        law->document = (uint32_t)value;
        break;
    default:
        law->threads = (unsigned)value;
    }
    return true;
}

static bool parse_arguments(zipf_law *law, int argc, char **argv)
{
    static const struct option options[] = {
        {"exponent", required_argument, NULL, 'e'}, {"shift", required_argument, NULL, 's'},
        {"tail", required_argument, NULL, 'a'},     {"knee", required_argument, NULL, 'k'},
        {"topics", required_argument, NULL, 't'},   {"topical", required_argument, NULL, 'p'},
        {"repeated", required_argument, NULL, 'r'}, {"document", required_argument, NULL, 'd'},
        {"threads", required_argument, NULL, 'n'},  {NULL, 0, NULL, 0}};
    int option;
    double tokens, words, seed;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (option == '?' || !set_option(law, option, optarg))
            return false;
    if (argc - optind != 3 || !parse(&tokens, argv[optind], 1, 1e15, true) ||
        !parse(&words, argv[optind + 1], 1, MOST_WORDS, true) ||
        !parse(&seed, argv[optind + 2], 0, 1e15, true))
        return false;
    law->tokens = (uint64_t)tokens;
    law->words = (uint32_t)words;
    law->seed = (uint64_t)seed;
    return true;
}

int main(int argc, char **argv)
{
    gv_error err = GV_ERROR_INIT;
    zipf_law law = {.exponent = 1,
                    .shift = 0.7,
                    .tail = 1.7,
                    .knee = 8000,
                    .topics = 400,
                    .topical = 0.65,
                    .repeated = 0.25,
                    .document = 500,
                    .threads = gv_threads_available()};
    law.threads = law.threads < MOST_THREADS ? law.threads : MOST_THREADS;
    if (!parse_arguments(&law, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    int status = run(&law, &err);
    if (status != GV_OK)
        fprintf(stderr, "zipf_corpus: error: %s\n", err.text);
    return gv_error_exit_code(status, 0);
}
