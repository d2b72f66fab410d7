/*
 * The loops over text are those of the library. Those of counting and of the shuffle are private to
 * their stages; what stands for them here does the same to the caches.
 */
#include "plan/gv_plan_rates.h"

#include "base/gv_clock.h"
#include "base/gv_disk.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "plan/gv_plan_known.h"
#include "plan/gv_plan_passes.h"
#include "text/gv_tokenizer.h"
#include "vocab/gv_vocab.h"
#include <math.h>
#include <unistd.h>

static const double LOOP_SECONDS = 0.06; /* of each loop, several passes of it */
enum { PART = 256 };

/* One pass of a loop over `context`. */
typedef int pass_fn(void *context, gv_error *err);

/* Seconds of a pass. */
static int time_passes(double *seconds, pass_fn *pass, void *context, gv_error *err)
{
    gv_plan_passes passes;
    int status = GV_OK;
    gv_plan_passes_begin(&passes, LOOP_SECONDS);
    while (status == GV_OK && gv_plan_passes_more(&passes)) {
        status = pass(context, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        gv_plan_passes_took(&passes);
    }
    *seconds = gv_plan_passes_quick(&passes);
    return status;
}

/* --- text ------------------------------------------------------------------------------------- */

typedef struct text_pass {
    const gv_plan_sample *sample;
    gv_tokenizer *tokenizer;
    const gv_vocab *vocab; /* NULL: tokens are not looked up */
    uint64_t tokens;       /* of the last pass */
} text_pass;

static int pass_text(void *context, gv_error *err)
{
    text_pass *p = context;
    uint32_t ids[PART];
    const gv_token *tokens;
    size_t n = 0, newlines;
    p->tokens = 0;
    gv_tokenizer_reset(p->tokenizer, true);
    gv_tokenizer_feed(p->tokenizer, p->sample->raw, p->sample->raw_bytes, true);
    int status;
    do {
        status = gv_tokenizer_batch(p->tokenizer, true, &tokens, &n, &newlines, err);
        if (status != GV_OK)
            return status;
        p->tokens += n;
        for (size_t i = 0; p->vocab && i < n; i += PART)
            gv_vocab_lookup_tokens(p->vocab, tokens + i, n - i < PART ? n - i : PART, ids);
    } while (n > 0);
    return GV_OK;
}

static int measure_text(gv_plan_rates *rates, text_pass *pass, const gv_vocab *vocab, gv_error *err)
{
    double split = 0, both = 0;
    int status = time_passes(&split, pass_text, pass, err);
    pass->vocab = vocab;
    if (status == GV_OK)
        status = time_passes(&both, pass_text, pass, err);
    rates->split = pass->sample->raw_bytes > 0 ? split / (double)pass->sample->raw_bytes : 0;
    rates->look_up = pass->tokens > 0 ? fmax(both - split, 0) / (double)pass->tokens : 0;
    return status;
}

static int rate_text(gv_plan_rates *rates, const gv_plan_sample *sample, const gv_plan_words *words,
                     const gv_config *config, gv_error *err)
{
    gv_corpus_stats stats = {0};
    gv_plan_known known = {0};
    gv_vocab *vocab = NULL;
    text_pass pass = {.sample = sample};
    int status = gv_plan_known_take(&known, sample, words, err);
    if (status == GV_OK && known.n > 0)
        status = gv_vocab_from_words(&vocab, known.word, known.count, known.n, err);
    if (status == GV_OK)
        status = gv_tokenizer_new(&pass.tokenizer, config->corpus_tokenizer,
                                  config->corpus_lowercase, &stats, err);
    if (status == GV_OK)
        status = measure_text(rates, &pass, vocab, err);
    gv_tokenizer_free(pass.tokenizer);
    gv_vocab_free(vocab);
    gv_plan_known_free(&known);
    return status;
}

/* --- memory ----------------------------------------------------------------------------------- */

enum {
    CELLS = 1 << 18,
    CODES = 1 << 16,
    LISTS = 32,
    LIST_CELLS = CELLS / LISTS * 2 + 80, /* not all in one set of the cache */
    SUMS = 1 << 16
};

typedef struct memory_pass {
    uint32_t cell[CELLS], list[LISTS][LIST_CELLS];
    uint32_t sum[SUMS];
    uint8_t mark[SUMS / 16];
    uint16_t code[CODES];
} memory_pass;

static int pass_sums(void *context, gv_error *err)
{
    memory_pass *p = context;
    (void)err;
    for (size_t i = 0; i < CELLS; i++) {
        uint32_t column = p->cell[i] % SUMS;
        p->sum[column] += (uint32_t)i;
        p->mark[column / 16] = 1;
    }
    return GV_OK;
}

static int pass_scatter(void *context, gv_error *err)
{
    memory_pass *p = context;
    size_t used[LISTS] = {0};
    (void)err;
    for (size_t i = 0; i < CELLS; i++) {
        uint32_t cell = p->cell[i], list = cell >> 27;
        p->list[list][used[list]] = cell << 16 | p->code[cell % CODES];
        used[list] += used[list] + 1 < LIST_CELLS;
    }
    return GV_OK;
}

/* Columns like words: the frequent ones far more often. */
static void fill_cells(memory_pass *p)
{
    gv_rng rng;
    gv_rng_seed(&rng, 1, GV_RNG_TEST, 3);
    for (size_t i = 0; i < CELLS; i++) {
        double column = exp2(16 * gv_rng_uniform(&rng));
        p->cell[i] = (uint32_t)(gv_rng_next(&rng) << 16) | ((uint32_t)column & 0xffff);
    }
}

static int rate_memory(gv_plan_rates *rates, gv_error *err)
{
    memory_pass *p = gv_mem_alloc_zero(1, sizeof *p, err);
    double sums = 0, scatter = 0;
    if (!p)
        return GV_E_MEMORY;
    fill_cells(p);
    int status = time_passes(&sums, pass_sums, p, err);
    if (status == GV_OK)
        status = time_passes(&scatter, pass_scatter, p, err);
    rates->sum = sums / CELLS;
    rates->scatter = scatter / CELLS;
    gv_mem_free(p);
    return status;
}

int gv_plan_rates_measure(gv_plan_rates *rates, const gv_plan_sample *sample,
                          const gv_plan_words *words, const gv_config *config, gv_error *err)
{
    *rates = (gv_plan_rates){0};
    int status = rate_text(rates, sample, words, config, err);
    return status == GV_OK ? rate_memory(rates, err) : status;
}

/* --- the disk --------------------------------------------------------------------------------- */

/* A nameless file in the nearest directory that exists; -1: none can be made. */
static int nameless_file(const char *path)
{
    gv_error ignored = GV_ERROR_INIT;
    char *at;
    int fd = -1;
    if (gv_disk_nearest(&at, path, &ignored) != GV_OK)
        return -1;
    int status = gv_file_temp_open(&fd, at, &ignored);
    gv_mem_free(at);
    return status == GV_OK ? fd : -1;
}

/* Seconds of writing and syncing a piece; INFINITY if it fails. */
static double write_piece(int fd, const uint8_t *piece, size_t bytes)
{
    double begin = gv_clock_wall_seconds();
    bool good = write(fd, piece, bytes) == (ssize_t)bytes && fdatasync(fd) == 0;
    return good ? gv_clock_wall_seconds() - begin : INFINITY;
}

/* A large piece takes longer than a small one by the time of its bytes: what each sync takes for
 * itself, and long where other programs sync too, is in both. */
double gv_plan_rates_disk(const char *path)
{
    enum { SMALL = 1 << 20, LARGE = 16 << 20, TIMES = 2 };
    double small = INFINITY, large = INFINITY;
    int fd = nameless_file(path);
    gv_error ignored = GV_ERROR_INIT;
    uint8_t *piece = fd >= 0 ? gv_mem_alloc_zero(LARGE, 1, &ignored) : NULL;
    for (int i = 0; i < TIMES && piece; i++) {
        small = fmin(small, write_piece(fd, piece, SMALL));
        large = fmin(large, write_piece(fd, piece, LARGE));
    }
    if (fd >= 0)
        close(fd);
    gv_mem_free(piece);
    return isfinite(large) && large > small ? (LARGE - SMALL) / (large - small) : INFINITY;
}
