/*
 * Two steps of noise are under way: one at work, and one whose words are drawn and whose rows are
 * fetched meanwhile. The pairs' kernel fetches rows for itself, as its list is known.
 */
#include "train/word2vec/gv_word2vec_tile.h"

#include "base/gv_mem.h"
#include <string.h>

enum { JUDGE_EVERY = 16, STEPS = 2 }; /* the loss takes logarithms, so it is sampled */

_Static_assert((JUDGE_EVERY & (JUDGE_EVERY - 1)) == 0, "a power of two: a mask chooses");

/* How often a row, or a pair of rows, is expected in a step at most (see limit_steps), up to this
 * train.eta; fewer with a larger one. */
static const double usual_eta = 0.025;
static const double same_row = 3, same_cell = 1, same_pair = 2;

/* A step of noise. */
typedef struct noise_step {
    float *input[GV_WORD2VEC_TILE_VISITS], *output[GV_WORD2VEC_OUTPUTS];
    float times[GV_WORD2VEC_OUTPUTS];
    size_t inputs;
} noise_step;

struct gv_word2vec_tile_worker {
    gv_word2vec_pair *pair;
    uint16_t *visit;
    size_t pair_room, visit_room;
    size_t pairs, visits;
    float *zeros; /* a row for outputs that are not used */
    size_t zeros_bytes;
    noise_step step[STEPS];
};

int gv_word2vec_tile_worker_new(gv_word2vec_tile_worker **worker, size_t width, gv_error *err)
{
    gv_word2vec_tile_worker *w = gv_mem_alloc_zero(1, sizeof *w, err);
    *worker = w;
    if (!w)
        return GV_E_MEMORY;
    w->zeros_bytes = width * sizeof *w->zeros;
    if ((w->zeros = gv_mem_big_alloc(w->zeros_bytes, err)))
        return GV_OK;
    gv_word2vec_tile_worker_free(w);
    *worker = NULL;
    return GV_E_MEMORY;
}

void gv_word2vec_tile_worker_free(gv_word2vec_tile_worker *w)
{
    if (!w)
        return;
    gv_mem_free(w->pair);
    gv_mem_free(w->visit);
    if (w->zeros)
        gv_mem_big_free(w->zeros, w->zeros_bytes);
    gv_mem_free(w);
}

/* --- the lists -------------------------------------------------------------------------------- */

static int gather(gv_word2vec_tile_worker *w, const gv_word2vec_tile *t, gv_error *err)
{
    size_t tile = (size_t)t->word_segment * t->layout->segments.n + t->context_segment;
    size_t pairs = 0, visits = 0;
    for (size_t i = 0; i < t->chunks; i++) {
        const gv_word2vec_pairs_chunk *c = &t->chunk[i];
        pairs += c->pair_begin[tile + 1] - c->pair_begin[tile];
        visits += c->visit_begin[tile + 1] - c->visit_begin[tile];
    }
    int status = gv_mem_reserve(&w->pair, &w->pair_room, pairs, sizeof *w->pair, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&w->visit, &w->visit_room, visits, sizeof *w->visit, err);
    if (status != GV_OK)
        return status;
    w->pairs = w->visits = 0;
    for (size_t i = 0; i < t->chunks; i++) {
        const gv_word2vec_pairs_chunk *c = &t->chunk[i];
        pairs = c->pair_begin[tile + 1] - c->pair_begin[tile];
        visits = c->visit_begin[tile + 1] - c->visit_begin[tile];
        if (pairs > 0)
            memcpy(w->pair + w->pairs, c->pair + c->pair_begin[tile], pairs * sizeof *w->pair);
        if (visits > 0)
            memcpy(w->visit + w->visits, c->visit + c->visit_begin[tile],
                   visits * sizeof *w->visit);
        w->pairs += pairs;
        w->visits += visits;
    }
    return GV_OK;
}

/* --- noise ------------------------------------------------------------------------------------ */

/* Where the tile's rows begin, and what draws its noise. */
typedef struct place {
    float *word, *context;
    size_t stride, width;
    size_t inputs; /* of a step of noise */
    size_t pairs;  /* that the kernel takes at once */
    gv_noise noise;
    gv_rng rng;
} place;

/* A word drawn more than once counts so often. */
static void draw_outputs(noise_step *s, place *p, float *zeros)
{
    uint32_t drawn[GV_WORD2VEC_OUTPUTS] = {0};
    size_t outputs = 0;
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++) {
        uint32_t one = gv_noise_draw(&p->noise, &p->rng);
        size_t at = 0;
        while (at < outputs && drawn[at] != one)
            at++;
        if (at == outputs) {
            drawn[outputs] = one;
            s->times[outputs] = 0;
            s->output[outputs++] = p->context + one * p->stride;
        }
        s->times[at]++;
    }
    for (; outputs < GV_WORD2VEC_OUTPUTS; outputs++) {
        s->output[outputs] = zeros;
        s->times[outputs] = 0;
    }
}

/* The step of the visits from `at` on; no inputs if there are none. */
static void draw_step(gv_word2vec_tile_worker *w, noise_step *s, place *p, size_t at)
{
    size_t left = at < w->visits ? w->visits - at : 0;
    s->inputs = left < p->inputs ? left : p->inputs;
    for (size_t i = 0; i < s->inputs; i++)
        s->input[i] = p->word + w->visit[at + i] * p->stride;
    if (s->inputs > 0)
        draw_outputs(s, p, w->zeros);
}

static void look_ahead(gv_word2vec_step *step, const noise_step *next)
{
    step->ahead = 0;
    if (next->inputs == 0)
        return;
    for (size_t i = 0; i < next->inputs; i++)
        step->fetch[step->ahead++] = next->input[i];
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        step->fetch[step->ahead++] = next->output[j];
}
_Static_assert(GV_WORD2VEC_TILE_VISITS + GV_WORD2VEC_OUTPUTS <= GV_WORD2VEC_AHEAD,
               "all rows of the next step are fetched");

static void take_noise(const gv_word2vec_tile *t, const noise_step *s, const noise_step *next,
                       double *loss)
{
    gv_word2vec_step step = {.width = t->model->width, .inputs = s->inputs, .loss = loss};
    memcpy(step.input, s->input, sizeof s->input);
    memcpy(step.output, s->output, sizeof s->output);
    memcpy(step.times, s->times, sizeof s->times);
    for (size_t j = 0; j < GV_WORD2VEC_OUTPUTS; j++)
        step.rate[j] = s->times[j] * t->rate;
    look_ahead(&step, next);
    t->kernel->step(&step);
}

/* --- a tile ----------------------------------------------------------------------------------- */

static size_t whole(double number, size_t most)
{
    return number >= (double)most ? most : number >= 1 ? (size_t)number : 1;
}

/* A step takes its dot products before it moves anything. Where segments are a few frequent words,
 * the same two would meet many times in it and move much too far, so these tiles have smaller
 * steps, and smaller ones still where the rate is large. */
static void limit_steps(place *p, const gv_word2vec_tile *t)
{
    double word = t->layout->top[t->word_segment];
    double noise = t->layout->noise_top[t->context_segment];
    double context = t->layout->top[t->context_segment];
    double part = t->eta > usual_eta ? usual_eta / t->eta : 1;
    double one = part * same_row / (word > noise ? word : noise);
    double both = part * same_cell / (word * noise);
    p->inputs = whole(one < both ? one : both, GV_WORD2VEC_TILE_VISITS);
    p->pairs = whole(part * same_pair / (word * context), SIZE_MAX / 2);
}

static place find_place(const gv_word2vec_tile *t)
{
    const uint32_t *first = t->layout->segments.first;
    const gv_model *m = t->model;
    place p = {.word = m->word + (size_t)first[t->word_segment] * m->stride,
               .context = m->context + (size_t)first[t->context_segment] * m->stride,
               .stride = m->stride,
               .width = m->width,
               .noise = gv_word2vec_layout_noise(t->layout, t->context_segment)};
    limit_steps(&p, t);
    gv_rng_seed(&p.rng, t->seed, GV_RNG_NOISE, t->stream);
    return p;
}

static void take_pairs(const gv_word2vec_tile_worker *w, const gv_word2vec_tile *t, const place *p,
                       size_t first, size_t end, double *loss)
{
    gv_word2vec_pairs pairs = {.word = p->word,
                               .context = p->context,
                               .stride = p->stride,
                               .width = p->width,
                               .rate = t->rate,
                               .loss = loss};
    /* whole groups of the kernel, unless the tile has to take fewer */
    size_t most = p->pairs < GV_WORD2VEC_PAIRS ? p->pairs : SIZE_MAX;
    for (; first < end; first += pairs.pairs) {
        pairs.pair = w->pair + first;
        pairs.pairs = end - first < most ? end - first : most;
        pairs.ahead = w->pairs - first - pairs.pairs;
        t->kernel->pairs(&pairs);
    }
}

int gv_word2vec_tile_train(gv_word2vec_tile_worker *w, const gv_word2vec_tile *t, double *loss,
                           gv_error *err)
{
    int status = gather(w, t, err);
    if (status != GV_OK)
        return status;
    place p = find_place(t);
    size_t steps = (w->visits + p.inputs - 1) / p.inputs;
    size_t turns = steps > 0 ? steps : 1, judged = gv_rng_next(&p.rng) % JUDGE_EVERY;
    double sum = 0;
    draw_step(w, &w->step[0], &p, 0);
    for (size_t i = 0; i < turns; i++) {
        double *one = (i & (JUDGE_EVERY - 1)) == judged ? &sum : NULL;
        noise_step *s = &w->step[i % STEPS], *next = &w->step[(i + 1) % STEPS];
        draw_step(w, next, &p, (i + 1) * p.inputs);
        if (s->inputs > 0)
            take_noise(t, s, next, one);
        take_pairs(w, t, &p, w->pairs * i / turns, w->pairs * (i + 1) / turns, one);
    }
    *loss = sum * JUDGE_EVERY;
    return GV_OK;
}
