/*
 * Phrases against an oracle that knows no blocks, threads or tables: it holds the text as one array
 * of words and does everything the slow way. Texts are of few words, so that phrases overlap,
 * repeat themselves and nest; blocks are as small as a byte, so that every place is cut at.
 */
#include "base/gv_rng.h"
#include "cooccur/vocab/gv_phrase_find.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include "support/gv_test.h"
#include "text/gv_corpus.h"
#include "text/gv_phrases_file.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TOKENS_MAX = 3000, PHRASES_MAX = 2000, NAME = 1000, PATTERN = 6 };

/* --- the oracle ------------------------------------------------------------------------------- */

/* A text: words, and NULL where a document ends. */
typedef struct text {
    char *word[TOKENS_MAX];
    size_t n;
} text;

typedef struct list {
    char *name[PHRASES_MAX];
    unsigned long count[PHRASES_MAX];
    double score[PHRASES_MAX];
    size_t first[PHRASES_MAX]; /* bytes of the first half */
    size_t n;
} list;

static size_t find(const list *phrases, const char *name)
{
    size_t i = 0;
    while (i < phrases->n && strcmp(phrases->name[i], name) != 0)
        i++;
    return i;
}

/* At each word the longest phrase, from left to right. */
static void join(text *to, const text *from, const list *phrases)
{
    to->n = 0;
    for (size_t i = 0, length; i < from->n; i += length) {
        char name[NAME], *best = from->word[i];
        size_t used = 0;
        length = 1;
        for (size_t j = i; j < from->n && from->word[j] && used < NAME - 40; j++) {
            used += (size_t)sprintf(name + used, "%s%s", j > i ? "_" : "", from->word[j]);
            size_t at = find(phrases, name);
            if (j > i && at < phrases->n) {
                best = phrases->name[at];
                length = j + 1 - i;
            }
        }
        to->word[to->n++] = best;
    }
}

static unsigned long count_word(const text *t, const char *word)
{
    unsigned long n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->word[i] && strcmp(t->word[i], word) == 0;
    return n;
}

static bool is_span(const gv_config *config, const char *word)
{
    for (size_t i = 0; i < config->vocab_phrase_spans.n; i++)
        if (strcmp(config->vocab_phrase_spans.items[i], word) == 0)
            return true;
    return false;
}

/* The name of the pair whose first half is word i, or false; `*second` is the other half. */
static bool pair_at(char name[NAME], size_t *second, const text *t, size_t i,
                    const gv_config *config)
{
    if (!t->word[i] || is_span(config, t->word[i]))
        return false;
    int used = sprintf(name, "%s", t->word[i]);
    for (size_t j = i + 1; j < t->n && t->word[j] && j <= i + 3; j++) {
        used += sprintf(name + used, "_%s", t->word[j]);
        *second = j;
        if (!is_span(config, t->word[j]))
            return true;
    }
    return false;
}

static double score_of(const gv_config *config, double pair, double a, double b, double tokens)
{
    if (config->vocab_phrase_score == GV_PHRASE_WORD2VEC)
        return (pair - (double)config->vocab_phrase_min_count) * tokens / (a * b);
    return log(pair * tokens / (a * b)) / -log(pair / tokens);
}

static unsigned words_of(const char *name)
{
    unsigned n = 1;
    for (; *name; name++)
        n += *name == '_';
    return n;
}

static void one_pass(list *phrases, const text *raw, const gv_config *config)
{
    static text t;
    char name[NAME], other[NAME];
    join(&t, raw, phrases);
    size_t second, ignored, tokens = 0;
    for (size_t i = 0; i < t.n; i++)
        tokens += t.word[i] != NULL;
    static list found;
    found.n = 0;
    for (size_t i = 0; i < t.n; i++) {
        if (!pair_at(name, &second, &t, i, config))
            continue;
        size_t there = find(&found, name), first = strlen(t.word[i]);
        if (there < found.n && found.first[there] == first)
            continue;
        unsigned long pair = 0, a = count_word(&t, t.word[i]), b = count_word(&t, t.word[second]);
        for (size_t k = i; k < t.n; k++)
            pair += pair_at(other, &ignored, &t, k, config) && strcmp(name, other) == 0 &&
                    strcmp(t.word[k], t.word[i]) == 0;
        double score = score_of(config, (double)pair, (double)a, (double)b, (double)tokens);
        if (pair < config->vocab_phrase_min_count || score < config->vocab_phrase_threshold ||
            words_of(name) > GV_PHRASES_WORDS_MAX)
            continue;
        /* "a_b c" and "a b_c" are one phrase, with the better score */
        if (there < found.n && (found.score[there] > score + 1e-7 ||
                                (found.score[there] > score - 1e-7 && found.count[there] >= pair)))
            continue;
        if (there == found.n)
            found.name[found.n++] = strdup(name);
        found.count[there] = pair;
        found.score[there] = score;
        found.first[there] = first;
    }
    for (size_t i = 0; i < found.n; i++) {
        phrases->name[phrases->n] = found.name[i];
        phrases->count[phrases->n] = found.count[i];
        phrases->score[phrases->n++] = found.score[i];
    }
}

/* --- texts ------------------------------------------------------------------------------------ */

/* A random text as the bytes of up to `files` files, and as words. */
static void make_text(text *t, gv_rng *rng, gv_config *config, size_t tokens, size_t files)
{
    static const char *const words[] = {"a", "b", "c", "of", "the", "x1", "long-word-number-seven",
                                        "d", "e", "f"};
    static const char *const seps[] = {" ",  " ",    " ",  " ",    "  ",
                                       "\t", " \n ", "\n", "\r\n", " \r "};
    const bool by_line = config->corpus_documents == GV_DOCUMENTS_LINE;
    const bool lines = gv_rng_below(rng, 2);
    size_t range = 3 + (size_t)gv_rng_below(rng, 8), pattern[PATTERN], next = PATTERN;
    for (size_t i = 0; i < PATTERN; i++) /* what is said again and again */
        pattern[i] = i == 2 ? 1 : (size_t)gv_rng_below(rng, range);
    t->n = 0;
    for (size_t file = 0; file < files; file++) {
        char *bytes = malloc(tokens * 40 + 40), *at = bytes;
        for (size_t i = 0; i < tokens / files; i++) {
            if (next >= PATTERN && gv_rng_below(rng, 6) == 0)
                next = (size_t)gv_rng_below(rng, 3);
            const char *word =
                words[next < PATTERN ? pattern[next++]
                                     : gv_rng_below(rng, gv_rng_below(rng, range) + 1)];
            size_t sep = gv_rng_below(rng, lines ? 10 : 6);
            at += sprintf(at, "%s%s", word, seps[sep]);
            t->word[t->n++] = strdup(word);
            if (by_line && strpbrk(seps[sep], "\n\r"))
                t->word[t->n++] = NULL;
        }
        if (gv_rng_below(rng, 3) == 0 && at > bytes)
            at[-1] = ' ';
        *at = '\0';
        t->word[t->n++] = NULL; /* no phrase crosses the end of a file */
        char *path = config->corpus_files.items[file];
        gv_test_write(strrchr(path, '/') + 1, bytes, (size_t)(at - bytes));
        if (strlen(path) > 3 && strcmp(path + strlen(path) - 3, ".gz") == 0)
            gv_test_run_ok("gzip -n <%s >packed && mv packed %s", path, path);
        free(bytes);
    }
}

/* --- what is tested --------------------------------------------------------------------------- */

static void same_list(const gv_phrases *got, const list *expected, const char *where)
{
    char name[NAME];
    cr_assert_eq(gv_phrases_size(got), expected->n, "%s: %zu phrases instead of %zu", where,
                 gv_phrases_size(got), expected->n);
    for (size_t i = 0; i < expected->n; i++) {
        sprintf(name, "%.*s", (int)gv_phrases_name(got, i)->length, gv_phrases_name(got, i)->text);
        size_t at = find(expected, name);
        cr_assert_lt(at, expected->n, "%s: %s is no phrase", where, name);
        cr_assert_eq(gv_phrases_count(got, i), expected->count[at], "%s: count of %s", where, name);
        double score = (double)gv_phrases_score(got, i) / GV_PHRASES_SCORE_UNIT;
        cr_assert(fabs(score - expected->score[at]) < 2e-6, "%s: score of %s", where, name);
        cr_assert(i == 0 || gv_phrases_score(got, i) <= gv_phrases_score(got, i - 1));
    }
}

/* The text that readers see, blocks in order. */
static void same_text(const gv_config *config, const gv_phrases *phrases, const text *expected,
                      size_t block, const char *where)
{
    gv_error err = GV_ERROR_INIT;
    gv_corpus *corpus;
    gv_corpus_reader *reader;
    size_t at = 0, tokens = 0;
    bool more = true;
    gv_assert_ok(gv_corpus_open(&corpus, config, block, &err), err);
    gv_assert_ok(gv_corpus_join_phrases(corpus, phrases, &err), err);
    gv_assert_ok(gv_corpus_reader_new(&reader, corpus, &err), err);
    while (more) {
        uint64_t sequence;
        enum gv_corpus_token_kind kind = GV_CORPUS_END;
        const char *word;
        size_t length;
        gv_assert_ok(gv_corpus_next_block(reader, &sequence, &more, NULL, &err), err);
        do {
            if (more)
                gv_assert_ok(gv_corpus_token(reader, &kind, &word, &length, &err), err);
            while (kind == GV_CORPUS_WORD && at < expected->n && !expected->word[at])
                at++; /* how many breaks there are between words is of no importance */
            if (kind == GV_CORPUS_WORD) {
                cr_assert(at < expected->n && strlen(expected->word[at]) == length &&
                              memcmp(expected->word[at], word, length) == 0,
                          "%s: word %zu is %.*s, not %s", where, at, (int)length, word,
                          at < expected->n ? expected->word[at] : "the end");
                at++;
                tokens++;
            }
        } while (kind != GV_CORPUS_END);
    }
    gv_corpus_reader_free(reader);
    while (at < expected->n && !expected->word[at])
        at++;
    cr_assert_eq(at, expected->n, "%s: the text ends early", where);
    cr_assert_eq(gv_corpus_statistics(corpus).tokens, tokens, "%s", where);
    gv_corpus_close(corpus);
}

static void same_vocabulary(const gv_config *config, const gv_phrases *phrases, const text *joined,
                            const gv_phrase_find_job *like, const char *where)
{
    gv_error err = GV_ERROR_INIT;
    gv_vocab_count_summary summary;
    gv_vocab *vocab;
    gv_vocab_count_job job = {.config = config,
                              .path = gv_test_path("vocab.txt"),
                              .temp_dir = gv_test_dir(),
                              .table_bytes = like->table_bytes,
                              .block_bytes = like->block_bytes,
                              .phrases = phrases};
    gv_assert_ok(gv_vocab_count_build(&summary, &job, &err), err);
    gv_assert_ok(gv_vocab_read(&vocab, job.path, 0, &err), err);
    uint64_t tokens = 0;
    for (uint32_t id = 0; id < gv_vocab_size(vocab); id++) {
        cr_assert_eq(gv_vocab_count(vocab, id), count_word(joined, gv_vocab_word(vocab, id)),
                     "%s: %s", where, gv_vocab_word(vocab, id));
        tokens += gv_vocab_count(vocab, id);
    }
    for (size_t i = 0; i < joined->n; i++)
        tokens -= joined->word[i] != NULL;
    cr_assert_eq(tokens, 0, "%s: the counts are not those of the text", where);
    gv_vocab_free(vocab);
}

static void check(gv_rng *rng, const gv_config *config, const text *raw, const list *expected)
{
    static text joined;
    gv_error err = GV_ERROR_INIT;
    join(&joined, raw, expected);
    for (int form = 0; form < 4; form++) {
        gv_config own = *config;
        own.cooccur_threads = 1 + (uint32_t)gv_rng_below(rng, 6);
        const gv_phrase_find_job job = {
            .config = &own,
            .dir = gv_test_dir(),
            .table_bytes = form == 0 ? 0 : 4096 + gv_rng_below(rng, 20000),
            .block_bytes =
                form == 3 ? 0 : 1 + (size_t)gv_rng_below(rng, 1u << gv_rng_below(rng, 9))};
        const char *where =
            gv_test_format("seed %lu, %zu files, %u threads, %lu bytes of tables, blocks of %zu",
                           (unsigned long)gv_test_seed(), config->corpus_files.n,
                           own.cooccur_threads, (unsigned long)job.table_bytes, job.block_bytes);
        gv_phrases *phrases;
        gv_assert_ok(gv_phrases_new(&phrases, &err), err);
        gv_assert_ok(gv_phrase_find(phrases, &job, &err), err);
        same_list(phrases, expected, where);
        same_text(&own, phrases, &joined, job.block_bytes, where);
        same_vocabulary(&own, phrases, &joined, &job, where);
        gv_phrases_free(phrases);
    }
}

static void forget(text *raw, list *phrases)
{
    for (size_t i = 0; i < raw->n; i++)
        free(raw->word[i]);
    for (size_t i = 0; i < phrases->n; i++)
        free(phrases->name[i]);
}

Test(phrases, equal_an_oracle_for_any_blocks_threads_and_budget, .timeout = 120)
{
    static text raw;
    static list phrases;
    static char of[] = "of", b[] = "b", *spans[] = {of, b};
    size_t found = 0, long_ones = 0, inside = 0;
    gv_test_run_ok("mkdir -p .stamps");
    for (uint64_t round = 0; round < 14; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 4000 + round);
        char *paths[3];
        size_t files = 1 + (size_t)gv_rng_below(&rng, 3);
        for (size_t i = 0; i < files; i++)
            paths[i] = strdup(gv_test_path(
                gv_test_format("f%zu.txt%s", i, gv_rng_below(&rng, 3) == 0 ? ".gz" : "")));
        bool by_words = gv_rng_below(&rng, 3) == 0;
        gv_config config = {.corpus_files = {.n = files, .items = paths},
                            .corpus_documents = (enum gv_config_documents)gv_rng_below(&rng, 3),
                            .vocab_min_count = 0,
                            .vocab_memory_mb = 64,
                            .vocab_phrases = 1 + (uint32_t)gv_rng_below(&rng, 4),
                            .vocab_phrase_min_count = 1 + gv_rng_below(&rng, 4),
                            .vocab_phrase_score = by_words ? GV_PHRASE_WORD2VEC : GV_PHRASE_NPMI,
                            .vocab_phrase_threshold =
                                by_words ? 0.5137 + (double)gv_rng_below(&rng, 5)
                                         : -0.0513 + 0.1 * (double)gv_rng_below(&rng, 4),
                            .vocab_phrase_spans = {.n = round % 3, .items = spans}};
        make_text(&raw, &rng, &config, 100 + (size_t)gv_rng_below(&rng, 700), files);
        phrases.n = 0;
        for (uint32_t pass = 0; pass < config.vocab_phrases; pass++)
            one_pass(&phrases, &raw, &config);
        check(&rng, &config, &raw, &phrases);
        found += phrases.n;
        for (size_t i = 0; i < phrases.n; i++) {
            long_ones += words_of(phrases.name[i]) > 3;
            inside += config.vocab_phrase_spans.n > 0 && strstr(phrases.name[i], "_b_") != NULL;
        }
        forget(&raw, &phrases);
        for (size_t i = 0; i < files; i++)
            free(paths[i]);
    }
    cr_assert(found > 100 && long_ones > 20 && inside > 2,
              "%zu phrases, %zu long ones, %zu that span: the test does not reach everything",
              found, long_ones, inside);
}
