/*
 * A word at a time, with the next one on its way: while a step runs, the rows that the next step
 * needs are fetched from memory, since noise words are anywhere in it.
 *
 * A word is taken on by an example: the words of its window and its noise words. Usually it is one
 * step of the kernel; where there are more words than a step holds, it is several.
 */
#include "train/word2vec/gv_word2vec_chunk.h"

#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "budget/gv_budget_train.h"
#include "model/gv_pull.h"
#include "train/word2vec/gv_word2vec_text.h"
#include <string.h>

enum {
    JUDGE_EVERY = 64, /* examples: the loss takes a logarithm for each output, so it is sampled */
    EXAMPLES = 3      /* one at work; one whose rows, one whose noise slots are on their way */
};

/* A word that is to be predicted and what goes with it. */
typedef struct example {
    uint32_t word;
    uint64_t *random; /* [negative] of which its noise words follow */
    uint32_t *input;  /* [2 * window] words of the window */
    uint32_t *output; /* [negative + 1] the word, then noise words, all different */
    uint32_t *times;  /* [negative + 1] how often each was drawn */
    size_t inputs, outputs;
    bool judged; /* its loss is taken */
} example;

struct gv_word2vec_chunk_worker {
    uint32_t *raw, *word; /* the chunk with its margins; what is kept of it */
    uint32_t *lists;      /* of the examples */
    uint64_t *randoms;    /* likewise */
    example examples[EXAMPLES];
    float *rows;  /* two: zeros for unused outputs, the mean of a window */
    float *mean;  /* the second */
    float *moved; /* a third: the mean as it was */
    size_t rows_bytes;
};

static size_t list_room(const gv_config *config)
{
    return 2 * (size_t)config->train_window + 2 * ((size_t)config->train_negative + 1);
}

static size_t raw_room(void)
{
    return GV_WORD2VEC_CHUNK + 2 * GV_WORD2VEC_TEXT_MARGIN;
}

_Static_assert(
    GV_WORD2VEC_CHUNK == GV_BUDGET_WORD2VEC_CHUNK_WORDS &&
        GV_WORD2VEC_TEXT_MARGIN == GV_BUDGET_WORD2VEC_MARGIN_WORDS &&
        EXAMPLES == GV_BUDGET_WORD2VEC_EXAMPLES,
    "gv_budget_train_word2vec_thread counts what gv_word2vec_chunk_worker_new allocates");

static void set_examples(gv_word2vec_chunk_worker *h, const gv_config *config)
{
    for (int i = 0; i < EXAMPLES; i++) {
        example *t = &h->examples[i];
        t->random = h->randoms + (size_t)i * config->train_negative;
        t->input = h->lists + (size_t)i * list_room(config);
        t->output = t->input + 2 * (size_t)config->train_window;
        t->times = t->output + config->train_negative + 1;
    }
}

int gv_word2vec_chunk_worker_new(gv_word2vec_chunk_worker **worker,
                                 const gv_word2vec_chunk_text *text, gv_error *err)
{
    size_t width = text->model->width;
    *worker = NULL;
    gv_word2vec_chunk_worker *h = gv_mem_alloc_zero(1, sizeof *h, err);
    if (!h)
        return GV_E_MEMORY;
    h->rows_bytes = 3 * width * sizeof(float);
    if (!(h->raw = gv_mem_alloc(raw_room(), sizeof *h->raw, err)) ||
        !(h->word = gv_mem_alloc(raw_room(), sizeof *h->word, err)) ||
        !(h->lists =
              gv_mem_alloc(EXAMPLES * list_room(text->source.config), sizeof *h->lists, err)) ||
        !(h->randoms = gv_mem_alloc(EXAMPLES * (size_t)text->source.config->train_negative,
                                    sizeof *h->randoms, err)) ||
        !(h->rows = gv_mem_big_alloc(h->rows_bytes, err))) {
        gv_word2vec_chunk_worker_free(h);
        return GV_E_MEMORY;
    }
    h->mean = h->rows + width;
    h->moved = h->mean + width;
    set_examples(h, text->source.config);
    *worker = h;
    return GV_OK;
}

void gv_word2vec_chunk_worker_free(gv_word2vec_chunk_worker *h)
{
    if (!h)
        return;
    gv_mem_free(h->raw);
    gv_mem_free(h->word);
    gv_mem_free(h->lists);
    gv_mem_free(h->randoms);
    if (h->rows)
        gv_mem_big_free(h->rows, h->rows_bytes);
    gv_mem_free(h);
}

uint64_t gv_word2vec_chunk_count(uint64_t ids)
{
    return (ids + GV_WORD2VEC_CHUNK - 1) / GV_WORD2VEC_CHUNK;
}

/* --- an example ------------------------------------------------------------------------------- */

/* Words of the window, `reach` to each side, within the document. The farthest on the right is
 * listed last: it is usually the only one that the window of the word before did not have
 * (look_ahead). */
static void find_window(example *t, const uint32_t *word, size_t at, size_t end, size_t reach)
{
    t->inputs = 0;
    for (size_t k = 1; k <= reach && k <= at && word[at - k] != GV_ENCODER_BREAK; k++)
        t->input[t->inputs++] = word[at - k];
    for (size_t k = 1; k <= reach && at + k < end && word[at + k] != GV_ENCODER_BREAK; k++)
        t->input[t->inputs++] = word[at + k];
}

/* The random numbers of the noise words. They are looked up one example later, and the rows they
 * lead to are used another one later: so neither the miss in the noise table nor that in the matrix
 * is waited for. */
static void draw_noise(example *t, const gv_noise *noise, uint32_t draws, gv_rng *rng)
{
    for (uint32_t i = 0; i < draws; i++) {
        t->random[i] = gv_rng_next(rng);
        gv_noise_fetch(noise, t->random[i]);
    }
}

/* The word itself and the noise words drawn for it. A draw of the word itself does not count, as in
 * word2vec.c; a word drawn twice counts twice. */
static void find_outputs(example *t, const gv_noise *noise, uint32_t draws)
{
    if (t->inputs == 0)
        return; /* there is no such example, nor have random numbers been drawn */
    t->output[0] = t->word;
    t->times[0] = 1;
    t->outputs = 1;
    for (uint32_t i = 0; i < draws; i++) {
        uint32_t drawn = gv_noise_word(noise, t->random[i]);
        size_t at = 0;
        while (at < t->outputs && t->output[at] != drawn)
            at++;
        if (at == t->outputs) {
            t->output[t->outputs] = drawn;
            t->times[t->outputs++] = 1;
        } else if (at > 0) {
            t->times[at]++;
        }
    }
}

/* The rows of the example that comes next, if there is one. The words of its window but the last
 * one have just been used. */
static void look_ahead(gv_word2vec_step *step, const example *t, const gv_model *model)
{
    step->ahead = 0;
    if (t->inputs == 0)
        return;
    step->fetch[step->ahead++] = model->word + t->input[t->inputs - 1] * model->stride;
    for (size_t j = 0; j < t->outputs && step->ahead < GV_WORD2VEC_AHEAD; j++)
        step->fetch[step->ahead++] = model->context + t->output[j] * model->stride;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Point the step to up to six outputs from number `first` on. */
static void aim(gv_word2vec_step *step, const example *t, size_t first, const gv_model *model,
                float *zeros, float rate)
{
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
        bool used = first + j < t->outputs;
        float times = used ? (float)t->times[first + j] : 0;
        step->output[j] = used ? model->context + t->output[first + j] * model->stride : zeros;
        step->label[j] = first + j == 0 ? 1.0f : 0.0f;
        step->rate[j] = times * rate;
        step->times[j] = times;
    }
}

/* Each word of the window against the outputs. */
static void skipgram(const gv_word2vec_chunk_text *text, const gv_word2vec_chunk_worker *h,
                     const example *t, gv_word2vec_step *step, float rate)
{
    for (size_t j = 0; j < t->outputs; j += GV_WORD2VEC_OUTPUTS) {
        aim(step, t, j, text->model, h->rows, rate);
        for (size_t i = 0; i < t->inputs; i += step->inputs) {
            size_t left = t->inputs - i;
            step->inputs = left < GV_WORD2VEC_INPUTS ? left : GV_WORD2VEC_INPUTS;
            for (size_t k = 0; k < step->inputs; k++)
                step->input[k] = text->model->word + t->input[i + k] * text->model->stride;
            text->kernel->step(step);
            step->ahead = 0;
        }
    }
}

/* The mean of the window against the outputs; what moves it moves each word of the window,
 * undivided, as in word2vec.c. */
static void cbow(const gv_word2vec_chunk_text *text, const gv_word2vec_chunk_worker *h,
                 const example *t, gv_word2vec_step *step, float rate)
{
    const gv_model *model = text->model;
    const gv_word2vec_window window = {model->word, model->stride, model->width, t->input,
                                       t->inputs};
    text->kernel->mean(h->mean, &window);
    memcpy(h->moved, h->mean, model->width * sizeof *h->mean);
    step->inputs = 1;
    step->input[0] = h->moved;
    for (size_t j = 0; j < t->outputs; j += GV_WORD2VEC_OUTPUTS) {
        aim(step, t, j, model, h->rows, rate);
        text->kernel->step(step);
        step->ahead = 0;
    }
    text->kernel->spread(&window, h->mean, h->moved);
}

/* Put frozen rows that the example may have moved where they belong. */
static void hold_example(const gv_word2vec_chunk_text *text, const example *t)
{
    if (!text->start->frozen)
        return;
    for (size_t i = 0; i < t->inputs; i++)
        gv_pull_hold(text->start, text->model, GV_START_WORD, t->input[i], t->input[i] + 1);
    for (size_t j = 0; j < t->outputs; j++)
        gv_pull_hold(text->start, text->model, GV_START_CONTEXT, t->output[j], t->output[j] + 1);
}

static void train_example(const gv_word2vec_chunk_text *text, const gv_word2vec_chunk_worker *h,
                          const example *t, const example *next, float rate,
                          gv_word2vec_chunk_sums *sums)
{
    gv_word2vec_step step = {.width = text->model->width, .loss = t->judged ? &sums->loss : NULL};
    bool is_cbow = text->source.config->train_architecture == GV_ARCHITECTURE_CBOW;
    uint64_t pairs = is_cbow ? 1 : t->inputs;
    look_ahead(&step, next, text->model);
    if (is_cbow)
        cbow(text, h, t, &step, rate);
    else
        skipgram(text, h, t, &step, rate);
    if (text->start)
        hold_example(text, t);
    sums->pairs += pairs;
    sums->judged += t->judged ? pairs : 0;
}

/* --- a chunk ---------------------------------------------------------------------------------- */

/* Once for a chunk, so that it does not depend on what other threads have done meanwhile. */
static float rate_of(const gv_word2vec_chunk_text *text, uint64_t epoch, uint64_t chunk)
{
    const gv_config *config = text->source.config;
    double chunks = (double)gv_word2vec_chunk_count(gv_ids_about(text->source.ids)->count);
    return gv_word2vec_text_rate(config, ((double)epoch * chunks + (double)chunk) /
                                             (chunks * config->train_epochs));
}

/* The next word from `at` on that has a window begins an example; returns the place behind it.
 * Where there is none the example has no inputs. */
static size_t begin_example(example *t, const gv_word2vec_chunk_worker *h,
                            const gv_word2vec_chunk_text *text, const gv_word2vec_text_words *s,
                            size_t at, gv_rng *rng)
{
    const gv_config *config = text->source.config;
    t->inputs = 0;
    for (; at < s->own; at++) {
        t->word = h->word[at];
        if (t->word == GV_ENCODER_BREAK)
            continue;
        /* the reach is random, so that near words count more than far ones (word2vec.c) */
        find_window(t, h->word, at, s->end, 1 + gv_rng_below(rng, config->train_window));
        if (t->inputs == 0)
            continue;
        draw_noise(t, text->noise, config->train_negative, rng);
        return at + 1;
    }
    return at;
}

static void pull_word(const gv_word2vec_chunk_text *text, uint32_t id, float rate)
{
    if (id == GV_ENCODER_BREAK)
        return;
    uint64_t count = gv_vocab_count(text->vocab, id);
    const gv_pull_step step = {
        .part = 1.0 / (double)(count > 0 ? count : 1), .eta = (double)rate, .constant = true};
    for (int side = 0; side < GV_START_SIDES; side++)
        gv_pull_rows(text->start, text->model, side, id, id + 1, step);
}

/* Pull the words of the chunk to their start vectors: each of its occurrences, also one that was
 * left out, is a part of the epoch's penalty. So do the few words beside the chunk that its windows
 * may have reached: a row that was moved is always pulled afterwards. */
static void pull_words(const gv_word2vec_chunk_text *text, const gv_word2vec_chunk_worker *h,
                       const gv_word2vec_text_words *s, float rate)
{
    const size_t reach = text->source.config->train_window;
    size_t left = s->begin > reach ? s->begin - reach : 0;
    size_t right = s->end - s->own > reach ? s->own + reach : s->end;
    for (size_t i = 0; i < s->own_ids; i++)
        pull_word(text, h->raw[s->own_first + i], rate);
    for (size_t i = left; i < s->begin; i++)
        pull_word(text, h->word[i], rate);
    for (size_t i = s->own; i < right; i++)
        pull_word(text, h->word[i], rate);
}

int gv_word2vec_chunk_train(gv_word2vec_chunk_worker *h, const gv_word2vec_chunk_text *text,
                            uint64_t epoch, uint64_t chunk, gv_word2vec_chunk_sums *sums,
                            gv_error *err)
{
    gv_word2vec_text_words s = {.raw = h->raw, .word = h->word};
    gv_rng rng;
    uint64_t chunks = gv_word2vec_chunk_count(gv_ids_about(text->source.ids)->count);
    float rate = rate_of(text, epoch, chunk);
    int status = gv_word2vec_text_read(&s, &text->source, epoch, chunk * GV_WORD2VEC_CHUNK,
                                       GV_WORD2VEC_CHUNK, err);
    if (status != GV_OK)
        return status;
    /* a stream for each chunk and epoch: what a chunk draws does not depend on which thread does
     * it */
    gv_rng_seed(&rng, text->source.config->train_seed, GV_RNG_WORD2VEC, epoch * chunks + chunk);
    size_t at = begin_example(&h->examples[0], h, text, &s, s.begin, &rng);
    at = begin_example(&h->examples[1], h, text, &s, at, &rng);
    find_outputs(&h->examples[0], text->noise, text->source.config->train_negative);
    for (uint64_t n = 0; h->examples[n % EXAMPLES].inputs > 0; n++) {
        example *next = &h->examples[(n + 1) % EXAMPLES];
        find_outputs(next, text->noise, text->source.config->train_negative);
        at = begin_example(&h->examples[(n + 2) % EXAMPLES], h, text, &s, at, &rng);
        h->examples[n % EXAMPLES].judged = n % JUDGE_EVERY == 0;
        train_example(text, h, &h->examples[n % EXAMPLES], next, rate, sums);
    }
    if (text->start)
        pull_words(text, h, &s, rate);
    sums->words += s.words;
    gv_test_hook(GV_TEST_HOOK_TASK);
    return GV_OK;
}
