/*
 * The words are counted as by glove-vocab (gv_vocab_count.h) and kept in memory from the least
 * count on. They are sorted as the reference sorts them on x86, where a char is signed: equal
 * counts by bytes of which those above 127 come before the ASCII ones.
 */
#include "compat/gv_compat_vocab.h"

#include "base/gv_decimal.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "compat/gv_compat_stdin.h"
#include "cooccur/vocab/gv_vocab_count.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum flag { VERBOSE, MAX_VOCAB, MIN_COUNT, FLAGS };

static const gv_compat_flag flags[FLAGS] = {
    [VERBOSE] = {"-verbose", GV_COMPAT_FLAG_WHOLE, "2", -1e9, 1e9, "Messages: 0 few, 1 some, 2 all",
                 NULL},
    [MAX_VOCAB] = {"-max-vocab", GV_COMPAT_FLAG_WHOLE, "0", -1e18, 1e18,
                   "The most words to keep, the most frequent ones; 0 keeps all",
                   "equally frequent words at the limit are kept by byte order, not at random"},
    [MIN_COUNT] = {"-min-count", GV_COMPAT_FLAG_WHOLE, "1", -1e18, 1e18,
                   "Leave out words that occur fewer times", NULL},
};

typedef struct word {
    uint64_t at; /* in the text of all words */
    uint64_t count;
    size_t length;
} word;

typedef struct words {
    uint64_t least;    /* count of words that are kept */
    uint64_t distinct; /* in the corpus */
    uint64_t dropped;  /* of them, as too rare */
    word *list;        /* [n] */
    size_t n, capacity;
    char *text;
    size_t used, text_capacity;
} words;

/* A gv_vocab_merge_take. */
static int take(void *context, const gv_word_table_word *counted, gv_error *err)
{
    words *w = context;
    w->distinct++;
    if (counted->count < w->least) {
        w->dropped++;
        return GV_OK;
    }
    if (gv_mem_reserve(&w->list, &w->capacity, w->n + 1, sizeof *w->list, err) != GV_OK ||
        gv_mem_reserve(&w->text, &w->text_capacity, w->used + counted->length, 1, err) != GV_OK)
        return GV_E_MEMORY;
    w->list[w->n++] = (word){w->used, counted->count, counted->length};
    memcpy(w->text + w->used, counted->text, counted->length);
    w->used += counted->length;
    return GV_OK;
}

static int compare(const void *a, const void *b, void *text)
{
    const word *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    const signed char *s = (const signed char *)text + x->at,
                      *t = (const signed char *)text + y->at;
    for (size_t i = 0; i < x->length && i < y->length; i++)
        if (s[i] != t[i])
            return s[i] - t[i];
    /* where one word ends, the reference compares its NUL with the other's next byte */
    if (x->length == y->length)
        return 0;
    return x->length < y->length ? -t[x->length] : s[y->length];
}

static int write_words(const words *w, size_t n, gv_error *err)
{
    enum { BUFFER = 1 << 16 };
    char *buffer = gv_mem_alloc(BUFFER, 1, err);
    size_t used = 0;
    int status = buffer ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; status == GV_OK && i < n; i++) {
        const word *one = &w->list[i];
        if (used + one->length + GV_DECIMAL_WHOLE_MAX + 2 > BUFFER) {
            status = gv_file_write(STDOUT_FILENO, buffer, used, "standard output", err);
            used = 0;
        }
        memcpy(buffer + used, w->text + one->at, one->length);
        char *end = buffer + used + one->length;
        *end++ = ' ';
        end = gv_decimal_put_whole(end, one->count);
        *end++ = '\n';
        used = (size_t)(end - buffer);
    }
    if (status == GV_OK)
        status = gv_file_write(STDOUT_FILENO, buffer, used, "standard output", err);
    gv_mem_free(buffer);
    return status;
}

/* As many as -max-vocab lets through. */
static size_t limit(const words *w, const gv_compat_flag_value *v)
{
    int64_t most = v[MAX_VOCAB].whole;
    return most > 0 && (uint64_t)most < w->n ? (size_t)most : w->n;
}

static void report(const words *w, size_t n, const gv_compat_flag_value *v)
{
    if (v[VERBOSE].whole > 0 && n < w->n)
        gv_compat_program_say("Truncating vocabulary at size %zu.\n", n);
    else if (v[VERBOSE].whole > 0 && w->dropped > 0)
        gv_compat_program_say("Truncating vocabulary at min count %" PRIu64 ".\n", w->least);
    gv_compat_program_say("Using vocabulary of size %zu.\n\n", n);
}

static int count(words *w, const gv_config *config, gv_progress *progress, bool verbose,
                 gv_error *err)
{
    char *temp_dir = NULL;
    gv_vocab_count_summary summary;
    int status = gv_file_temp_dir_beside(&temp_dir, "/dev/stdout", err);
    const gv_vocab_count_job job = {.config = config,
                                    .temp_dir = temp_dir,
                                    .progress = progress,
                                    .take = take,
                                    .take_context = w};
    if (status == GV_OK)
        status = gv_vocab_count_build(&summary, &job, err);
    gv_mem_free(temp_dir);
    if (status != GV_OK) {
        gv_compat_stdin_cut_error(err);
        return status;
    }
    if (summary.corpus.unk_tokens > 0)
        return gv_error_set(err, GV_E_CORRUPT,
                            "the corpus contains <unk>, which stands for unknown words in the "
                            "vectors: replace it (sed -e 's/<unk>/<raw_unk>/g')");
    if (verbose)
        gv_compat_program_say("Processed %" PRIu64 " tokens.\nCounted %" PRIu64 " unique words.\n",
                              summary.corpus.tokens, w->distinct);
    gv_compat_stdin_report(&summary.corpus, verbose);
    if (w->n == 0)
        return gv_error_set(err, GV_E_RUNTIME, "no word occurs %" PRIu64 " times: lower -min-count",
                            w->least);
    return GV_OK;
}

static int run(const gv_compat_flag_value *v, gv_progress *progress, gv_error *err)
{
    gv_config *config = NULL;
    words w = {.least = v[MIN_COUNT].whole > 1 ? (uint64_t)v[MIN_COUNT].whole : 1};
    gv_compat_program_say("BUILDING VOCABULARY\n");
    int status = gv_compat_stdin_config(&config, err);
    if (status == GV_OK)
        status = count(&w, config, progress, v[VERBOSE].whole > 1, err);
    if (status == GV_OK) {
        size_t n = limit(&w, v);
        qsort_r(w.list, w.n, sizeof *w.list, compare, w.text);
        status = write_words(&w, n, err);
        if (status == GV_OK)
            report(&w, n, v);
    }
    gv_config_free(config);
    gv_mem_free(w.list);
    gv_mem_free(w.text);
    return status;
}

const gv_compat_program gv_compat_vocab_program = {
    .name = "vocab_count",
    .summary = "Tool to extract unigram counts",
    .example = "./vocab_count -verbose 2 -max-vocab 100000 -min-count 10 < corpus.txt > vocab.txt",
    .n = FLAGS,
    .flags = flags,
    .run = run};
