/*
 * gv_stability - two passes over the files of vectors. The first finds the words that all runs
 * have. The second makes, run by run, a matrix of just these words, in one order, so that ids in
 * lists of neighbours mean the same word in all runs.
 */
#include "analysis/gv_stability.h"

#include "analysis/gv_neighbours.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include "vectors/gv_words.h"
#include "vocab/gv_vocab.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_AT_ONCE = 256 }; /* that a thread claims */

/* --- the words that all runs have ------------------------------------------------------------- */

/* The row of a word that can be compared, or GV_NEAREST_NO_ROW. `*empty` is set if it has a vector
 * without a direction. */
static size_t row_of(const gv_words *words, const char *word, bool *empty)
{
    const size_t row = gv_vectors_find(words->vectors, word);
    *empty = false;
    if (row == GV_NEAREST_NO_ROW || row == words->nearest.skip)
        return GV_NEAREST_NO_ROW;
    *empty = !(words->length[row] > 0.0) || !isfinite(words->length[row]);
    return *empty ? GV_NEAREST_NO_ROW : row;
}

/* All words of the first run, each once. */
static int take_words(gv_stability *s, const gv_words *words, gv_error *err)
{
    const gv_vectors *vectors = words->vectors;
    s->word = gv_mem_alloc_zero(vectors->rows, sizeof *s->word, err);
    if (!s->word)
        return GV_E_MEMORY;
    for (size_t i = 0; i < vectors->rows; i++) {
        bool empty;
        const size_t row = row_of(words, vectors->words[i], &empty);
        s->without += empty;
        if (row != i)
            continue;
        s->word[s->common] = gv_mem_strdup(vectors->words[i], err);
        if (!s->word[s->common])
            return GV_E_MEMORY;
        s->common++;
    }
    return GV_OK;
}

/* Keep the words that this run has, too. */
static void keep_words(gv_stability *s, const gv_words *words)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->common; i++) {
        bool empty;
        if (row_of(words, s->word[i], &empty) != GV_NEAREST_NO_ROW) {
            s->word[kept++] = s->word[i];
        } else {
            s->without += empty;
            gv_mem_free(s->word[i]);
        }
    }
    s->common = kept;
}

static int find_common(gv_stability *s, const gv_stability_job *job, gv_error *err)
{
    int status = GV_OK;
    gv_progress_begin(job->progress, "vocabularies", job->runs, "runs");
    for (size_t r = 0; r < job->runs && status == GV_OK; r++) {
        gv_words *words = NULL;
        status = gv_words_read(&words, job->run[r].vectors, err);
        if (status == GV_OK) {
            s->own[r] = words->vectors->rows - (words->nearest.skip != GV_NEAREST_NO_ROW);
            if (r == 0)
                status = take_words(s, words, err);
            else
                keep_words(s, words);
        }
        gv_words_free(words);
        if (status == GV_OK)
            status = gv_signal_check(err);
        gv_progress_add(job->progress, 1);
    }
    gv_progress_end(job->progress);
    return status;
}

/* With as many neighbours as there are other words, all lists would be the same. */
static int check_common(const gv_stability *s, const gv_stability_job *job, gv_error *err)
{
    if (s->common > job->neighbours + 1)
        return GV_OK;
    const char *first = job->run[0].name;
    if (s->common < 3)
        return gv_error_set(err, GV_E_USAGE,
                            "%s and the other runs have %s words in common, too few to compare "
                            "neighbours",
                            first, s->common == 0 ? "no" : "hardly any");
    return gv_error_set(err, GV_E_USAGE,
                        "%s and the other runs have only %zu words in common, so lists of %zu "
                        "neighbours hold all of them; --neighbours %zu or fewer",
                        first, s->common, job->neighbours, s->common - 2);
}

/* Counts are for reading only, so a vocab.txt that cannot be read costs them, not the result. */
static int read_counts(gv_stability *s, const char *path, gv_error *err)
{
    gv_vocab *vocab = NULL;
    gv_error inner = GV_ERROR_INIT;
    if (!path)
        return GV_OK;
    int status = gv_vocab_read(&vocab, path, 0, &inner);
    if (status == GV_E_MEMORY || status == GV_E_STOPPED)
        return gv_error_set(err, status, "%s", inner.text);
    if (status != GV_OK)
        return (s->count_error = gv_mem_strdup(inner.text, err)) ? GV_OK : GV_E_MEMORY;
    s->count = gv_mem_alloc_zero(s->common, sizeof *s->count, err);
    for (size_t i = 0; i < s->common && s->count; i++) {
        const uint32_t id = gv_vocab_lookup(vocab, s->word[i], strlen(s->word[i]));
        s->count[i] = id == GV_VOCAB_NO_WORD ? 0 : gv_vocab_count(vocab, id);
    }
    gv_vocab_free(vocab);
    return s->count ? GV_OK : GV_E_MEMORY;
}

/* --- lists of neighbours ---------------------------------------------------------------------- */

/* The vectors of the common words, in their order. */
static int gather(float **unit, size_t *dim, const gv_stability *s, const char *path, gv_error *err)
{
    gv_words *words = NULL;
    *unit = NULL;
    int status = gv_words_read(&words, path, err);
    if (status != GV_OK)
        return status;
    *dim = words->nearest.dim;
    *unit = gv_mem_alloc(s->common * *dim, sizeof **unit, err);
    status = *unit ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < s->common && status == GV_OK; i++) {
        bool empty;
        const size_t row = row_of(words, s->word[i], &empty);
        if (row == GV_NEAREST_NO_ROW)
            status = gv_error_set(err, GV_E_RUNTIME, "%s has changed while it was read", path);
        else
            memcpy(*unit + i * *dim, words->nearest.unit + row * *dim, *dim * sizeof **unit);
    }
    gv_words_free(words);
    return status;
}

static int find_neighbours(gv_neighbours **found, const gv_stability *s,
                           const gv_stability_job *job, size_t run, gv_error *err)
{
    float *unit = NULL;
    size_t dim = 0;
    *found = NULL;
    int status = gather(&unit, &dim, s, job->run[run].vectors, err);
    const gv_nearest nearest = {
        .unit = unit, .rows = s->common, .dim = dim, .skip = GV_NEAREST_NO_ROW};
    const gv_neighbours_job wanted = {.rows = s->words,
                                      .among = s->common,
                                      .k = job->neighbours,
                                      .threads = job->threads,
                                      .progress = job->progress};
    if (status == GV_OK)
        status = gv_neighbours_find(found, &nearest, &wanted, err);
    gv_mem_free(unit);
    return status;
}

/* --- one group -------------------------------------------------------------------------------- */

/* The lists of a group's runs, and the threads that compare them. */
typedef struct comparison {
    const gv_stability *s;
    gv_stability_group *group;
    uint32_t **list;      /* [runs][words x neighbours], each list ascending */
    const uint32_t *near; /* the first run's lists, nearest first */
    atomic_size_t next;
} comparison;

static int ascending(const void *x, const void *y)
{
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static void compare_word(const comparison *c, const uint32_t **lists, size_t word)
{
    const size_t k = c->s->neighbours, runs = c->group->runs;
    for (size_t r = 0; r < runs; r++)
        lists[r] = c->list[r] + word * k;
    c->group->overlap[word] = gv_overlap_of(lists, runs, k);
    uint32_t *shared = c->group->shared + word * k;
    for (size_t i = 0; i < k; i++) {
        const uint32_t id = c->near[word * k + i];
        size_t run = 0;
        while (run < runs && gv_overlap_holds(lists[run], k, id))
            run++;
        if (run == runs && id != GV_NEIGHBOURS_NONE)
            *shared++ = id;
    }
}

static int compare_thread(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    comparison *c = context;
    const uint32_t **lists = gv_mem_alloc(c->group->runs, sizeof *lists, err);
    int status = lists ? GV_OK : GV_E_MEMORY;
    while (status == GV_OK) {
        /* relaxed: the counter orders nothing but itself; results are read after the threads were
         * joined */
        size_t word = atomic_fetch_add_explicit(&c->next, WORDS_AT_ONCE, memory_order_relaxed);
        if (word >= c->s->words)
            break;
        for (size_t i = word; i < word + WORDS_AT_ONCE && i < c->s->words; i++)
            compare_word(c, lists, i);
        status = gv_signal_check(err);
    }
    gv_mem_free(lists);
    return status;
}

/* The lists of one run, sorted; those of the group's first run are kept as they are, too. */
static int take_lists(comparison *c, uint32_t **near, size_t n, const gv_stability_job *job,
                      size_t run, gv_error *err)
{
    const size_t k = c->s->neighbours, ids = c->s->words * k;
    gv_neighbours *found = NULL;
    int status = find_neighbours(&found, c->s, job, run, err);
    if (status == GV_OK && n == 0) {
        *near = gv_mem_alloc(ids, sizeof **near, err);
        if (*near)
            memcpy(*near, found->id, ids * sizeof **near);
        else
            status = GV_E_MEMORY;
    }
    if (status == GV_OK) {
        c->list[n] = found->id;
        found->id = NULL;
        for (size_t word = 0; word < c->s->words; word++)
            qsort(c->list[n] + word * k, k, sizeof **c->list, ascending);
    }
    gv_neighbours_free(found);
    return status;
}

static int compare_group(const gv_stability *s, gv_stability_group *group, size_t number,
                         const gv_stability_job *job, gv_error *err)
{
    comparison c = {.s = s, .group = group};
    uint32_t *near = NULL;
    size_t n = 0;
    c.list = gv_mem_alloc_zero(group->runs, sizeof *c.list, err);
    group->overlap = gv_mem_alloc(s->words, sizeof *group->overlap, err);
    group->shared = gv_mem_alloc(s->words * s->neighbours, sizeof *group->shared, err);
    int status = c.list && group->overlap && group->shared ? GV_OK : GV_E_MEMORY;
    for (size_t r = 0; r < job->runs && status == GV_OK; r++)
        if (job->run[r].group == number)
            status = take_lists(&c, &near, n++, job, r, err);
    c.near = near;
    if (status == GV_OK)
        status = gv_threads_run(job->threads > 0 ? job->threads : 1, compare_thread, &c, err);
    for (size_t r = 0; c.list && r < group->runs; r++)
        gv_mem_free(c.list[r]);
    gv_mem_free(c.list);
    gv_mem_free(near);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int prepare(gv_stability *s, const gv_stability_job *job, gv_error *err)
{
    s->runs = job->runs;
    s->neighbours = job->neighbours;
    s->own = gv_mem_alloc_zero(job->runs, sizeof *s->own, err);
    s->group = gv_mem_alloc_zero(job->groups, sizeof *s->group, err);
    if (!s->own || !s->group)
        return GV_E_MEMORY;
    s->groups = job->groups;
    for (size_t r = 0; r < job->runs; r++)
        s->group[job->run[r].group].runs++;
    int status = find_common(s, job, err);
    if (status == GV_OK)
        status = check_common(s, job, err);
    if (status == GV_OK)
        status = read_counts(s, job->vocab, err);
    s->words = job->words > 0 && job->words < s->common ? job->words : s->common;
    return status;
}

int gv_stability_measure(gv_stability **stability, const gv_stability_job *job, gv_error *err)
{
    *stability = NULL;
    gv_stability *s = gv_mem_alloc_zero(1, sizeof *s, err);
    if (!s)
        return GV_E_MEMORY;
    int status = prepare(s, job, err);
    if (status == GV_OK) {
        gv_progress_begin(job->progress, "neighbours", job->runs * s->words, "words");
        for (size_t g = 0; g < s->groups && status == GV_OK; g++)
            status = compare_group(s, &s->group[g], g, job, err);
        gv_progress_end(job->progress);
    }
    if (status == GV_OK)
        *stability = s;
    else
        gv_stability_free(s);
    return status;
}

void gv_stability_free(gv_stability *stability)
{
    if (!stability)
        return;
    for (size_t i = 0; stability->word && i < stability->common; i++)
        gv_mem_free(stability->word[i]);
    for (size_t g = 0; g < stability->groups; g++) {
        gv_mem_free(stability->group[g].overlap);
        gv_mem_free(stability->group[g].shared);
    }
    gv_mem_free(stability->group);
    gv_mem_free(stability->word);
    gv_mem_free(stability->count);
    gv_mem_free(stability->own);
    gv_mem_free(stability->count_error);
    gv_mem_free(stability);
}
