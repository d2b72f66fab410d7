/*
 * gv_kernel_body - the training kernel over registers of any length, included once by each
 * instruction set's file after it has defined its vector operations. Not a header of its own.
 *
 * Approach. Multiplications bound the kernel's speed, then stores, then the latency from a dot
 * product to the step sizes that depend on it. The steps of a tile row are worked through by four
 * walks along the lanes:
 *   dots          the dot products of the row's first step;
 *   advance       for every further step: apply the step before to the row's vector, and multiply
 *                 each register of it with the next step's column vectors at once. So the next dot
 *                 products are ready as early as possible, and while they are reduced and judged,
 *   move_columns  applies the step before to its column vectors, which nothing waits for;
 *   finish        applies the last step to the row's vector and its column vectors together.
 * Until move_columns has run it needs the row's values as the step saw them: so advance writes the
 * new values to one of two buffers in turn, and finish writes them to the row's vector itself.
 * Each walk is compiled for each number m = 1..4 of records in a step, with unrolled loops over
 * records (the macro EACH), so that arrays of vectors live in registers.
 *
 * Step sizes. eta is the same in all lanes of a vector except the last few, where biases and
 * constants stand: so g times eta is one number per record for most registers (`even` lanes), and a
 * register of its own for the others. Vectors are walked from their end.
 *
 * Clip. The bound is hardly ever reached (default 100), yet clipping takes four instructions per
 * register. So the walks with dot products also take the greatest magnitude of all values of the
 * step, by units that do not multiply. If max|g| * max eta * max|value| is within the smallest
 * bound then, rounding being monotone, no product can exceed its own bound, and the clip is left
 * out. A NaN or infinity among the values makes g, or that product, NaN or infinite: the comparison
 * fails, and the step is clipped.
 *
 * Prefetch. More than a third of all records find their column vector in none of the core's own
 * caches, so vectors come in two stages: those of FAR records later start from memory to the L2
 * cache, those of AHEAD records later go on to L1. Each line is prefetched by an instruction of its
 * own, spread over the arithmetic: in a burst they would fill the queue of misses and delay the
 * loads behind them. Distances are in records of the tile, so they cross from row to row; the
 * caller fetches the first FAR vectors of a tile.
 *
 * Invariants: a lane affects no other lane until the reduction; multiply and add are fused only by
 * fma_w and fnma_w (-ffp-contract=off). Column vectors of one tile row are all different, so within
 * a row the order of loading and storing them does not matter; between rows all stores of one come
 * before the loads of the next.
 *
 * The including file defines:
 *   VEC, PIECES          floats in a register; registers in a chunk of GV_LANES
 *   vec_w, vec_bits      a register of VEC floats, of unsigned integers
 *   load_w store_w set1_w
 *   fma_w(a, b, c) fnma_w(a, b, c)   a b + c, c - a b
 *   clip_w(t, c)         clip of gv_kernel.h, NaN passing through
 *   guess_w(s)           the float with the bits GV_RSQRT_MAGIC - (bits of s >> 1)
 *   most_w(most, v)      of each lane the larger of `most` and |v|; may ignore NaN
 *   pick_w(q, k)         element k (a constant) of a quad in all lanes
 *   collect_w(acc, a, b) a b + acc, for an accumulator acc
 *   the same with _n if VEC is GV_LANES: registers of half the length, for the last 8 lanes of a
 *   vector; they come first, so that most_n ignores `most` and collect_n knows that acc is 0
 *   top(most)            largest of all lanes, as a float
 *   reduce1(acc), reduce4(acc)  dot products from the accumulators of one record (other results
 *                        0), of four records
 *   quad_load(from, m)   the first m of four floats, then zeros
 *   quad_widen(q)        as four doubles
 *   quad_within(q, c)    whether all four elements <= c
 */
#include "kernel/gv_kernel_isa.h"
#include "kernel/gv_logistic.h"
#include <math.h>
#include <string.h>

#define ROWS_AHEAD 4    /* tile rows between the prefetch of a row's vector and its use */
#define LINE       16   /* floats in a cache line */
#define BUFFERED   1024 /* longest vector that advances through buffers */
#define LISTED     256  /* records whose vectors are looked up at once */

/* Records between the prefetch of a column's vector to L2, or to L1, and its use: enough for memory
 * to answer. A record of a long vector takes longer, so fewer of them suffice. */
#define FAR(width)   ((width) <= 128 ? 24u : 12u)
#define AHEAD(width) ((width) <= 128 ? 8u : 4u)

/* What all steps of a tile share. Column vectors are looked up for many records at a time, each
 * being needed three times: to prefetch it twice and to work on it. */
typedef struct tile_state {
    const gv_kernel_args *args;
    const gv_kernel_tile *tile;
    gv_kernel_summary summary;
    quad_double loss;
    size_t listed;          /* record that vectors[0] belongs to */
    float *vectors[LISTED]; /* column vectors of the records from there on */
} tile_state;

/* Dot products in the making. */
typedef struct dot_state {
    vec_w acc[GV_STEP_RECORDS][PIECES];
    vec_bits most;
} dot_state;

/* What a walk does: dots, advance, move_columns or finish, see above. All constants. */
typedef struct shape {
    int m;        /* records of the step that is applied */
    int row;      /* 1: applied to the row's vector */
    int columns;  /* 1: applied to the column vectors */
    int next;     /* records of the step whose dot products are taken, or 0 */
    int clipped;  /* 1: with clip */
    int constant; /* 1: without AdaGrad */
    int alone;    /* 1: no later records are known, so there is nothing to prefetch */
} shape;

/* What a walk works on. */
typedef struct work {
    const gv_kernel_args *args;
    const float *from;  /* values of the row's vector as the step sees them */
    float *to;          /* its values afterwards */
    float *row;         /* the vector itself, for its AdaGrad sums */
    float *const *u;    /* column vectors of the step that is applied, and of later records */
    float *const *next; /* likewise of the step of the dot products */
    quad g;             /* of the step that is applied */
    float eta;          /* of all even lanes */
    size_t width, even;
} work;

INLINE void prefetch(const float *address)
{
    __builtin_prefetch(address, 1, 3);
}

INLINE void prefetch_far(const float *address)
{
    __builtin_prefetch(address, 0, 2);
}

/* Addresses that a walk goes along. Copies, because as far as the compiler knows a store to a
 * vector could change the list they come from. */
typedef struct lines {
    float *columns[GV_STEP_RECORDS], *next[GV_STEP_RECORDS];
    const float *ahead[GV_STEP_RECORDS], *far[GV_STEP_RECORDS];
} lines;

/* Prefetch the line at float `at` of each vector that is needed later. */
INLINE void prefetch_line(const lines *g, size_t at, shape x)
{
    if (x.alone)
        return;
    if (x.columns)
        EACH(k, x.m, { prefetch(g->ahead[k] + at); });
    if (x.next)
        EACH(k, x.next, { prefetch_far(g->far[k] + at); });
}

#define OP(name) name##_w
#include "kernel/gv_kernel_lanes.h"
#undef OP
#if VEC == GV_LANES
#define OP(name) name##_n
#include "kernel/gv_kernel_lanes.h"
#undef OP
#define HALF(name)  name##_n
#define HALF_PIECES 1
#else
#define HALF(name)  name##_w
#define HALF_PIECES (PIECES / 2)
#endif

/* Field by field, because reading the whole of what was just written in parts stalls. */
INLINE work copy_of(const work *w)
{
    return (work){.args = w->args,
                  .from = w->from,
                  .to = w->to,
                  .row = w->row,
                  .u = w->u,
                  .next = w->next,
                  .g = w->g,
                  .eta = w->eta,
                  .width = w->width,
                  .even = w->even};
}

/* A walk over all lanes, from the last chunk down to the first: the order of the dot products. The
 * prefetched lines 2 c and 2 c + LINE cover values and sums alike, a vector being 2 width
 * floats. */
INLINE void walk(const work *given, dot_state *d, shape x)
{
    work copy = copy_of(given), *w = &copy; /* a copy for the same reason as lines */
    size_t c = w->width, tail = gv_kernel_tail(c), sums = c - tail;
    lines g;

    EACH(k, x.m, {
        g.columns[k] = w->u[k];
        if (!x.alone)
            g.ahead[k] = w->u[k + AHEAD(w->width)];
    });
    EACH(k, x.next, {
        g.next[k] = w->next[k];
        if (!x.alone)
            g.far[k] = w->next[k + FAR(w->width)];
    });
    if (c > tail) {
        c = tail;
        EACH(p, HALF_PIECES, { HALF(visit_odd)(w, &g, d, c + p * VEC, sums, p, x); });
        prefetch_line(&g, 2 * c, x);
    }
    sums += w->width;
    while (c > w->even) {
        c -= GV_LANES;
        EACH(p, PIECES, { visit_odd_w(w, &g, d, c + p * VEC, sums, p, x); });
        prefetch_line(&g, 2 * c, x);
        prefetch_line(&g, 2 * c + LINE, x);
    }
    vec_w h[GV_STEP_RECORDS];
    EACH(k, x.m, { h[k] = pick_w(w->g * w->eta, k); });
    while (c > 0) {
        c -= GV_LANES;
        EACH(p, PIECES, { visit_w(w, &g, d, h, h, c + p * VEC, sums, p, x); });
        prefetch_line(&g, 2 * c, x);
        prefetch_line(&g, 2 * c + LINE, x);
    }
}

INLINE quad take_dots(const work *w, dot_state *d, shape x)
{
    d->most = (vec_bits)set1_w(0.0f);
    EACH(k, GV_STEP_RECORDS, { EACH(p, PIECES, { d->acc[k][p] = set1_w(0.0f); }); });
    walk(w, d, x);
    return x.next == 1 ? reduce1(d->acc[0]) : reduce4(d->acc);
}

/* --- a step ----------------------------------------------------------------------------------- */

/* Do one of four things, by the number of records: the walks want it as a constant. */
#define BY_COUNT(m, DO)                                                                            \
    switch (m) {                                                                                   \
    case 1:                                                                                        \
        DO(1);                                                                                     \
        break;                                                                                     \
    case 2:                                                                                        \
        DO(2);                                                                                     \
        break;                                                                                     \
    case 3:                                                                                        \
        DO(3);                                                                                     \
        break;                                                                                     \
    default:                                                                                       \
        DO(4);                                                                                     \
    }

INLINE quad dots(const work *w, vec_bits *most, size_t m, int alone)
{
    dot_state d;
    quad dot;

#define DOTS(n) dot = take_dots(w, &d, (shape){.next = n, .alone = alone})
    BY_COUNT(m, DOTS)
    *most = d.most;
    return dot;
}

INLINE quad advance(const work *w, vec_bits *most, size_t m, int constant)
{
    dot_state d;
    quad dot;

#define ADVANCE(n)                                                                                 \
    dot = take_dots(w, &d, (shape){.m = GV_STEP_RECORDS, .row = 1, .next = n, .constant = constant})
    BY_COUNT(m, ADVANCE)
    *most = d.most;
    return dot;
}

INLINE void move_columns(const work *w, int constant)
{
    walk(w, NULL, (shape){.m = GV_STEP_RECORDS, .columns = 1, .constant = constant});
}

INLINE void finish(const work *w, size_t m, int constant, int alone)
{
#define FINISH(n)                                                                                  \
    walk(w, NULL, (shape){.m = n, .row = 1, .columns = 1, .constant = constant, .alone = alone})
    BY_COUNT(m, FINISH)
}

/* finish with the clip: rare, so out of the way of the others. */
static __attribute__((noinline, cold)) void finish_clipped(const work *given, size_t m)
{
    work w = copy_of(given);

    if (w.from != w.to)
        memcpy(w.to, w.from, w.width * sizeof(float));
    w.from = w.to;
    w.even = 0;
#define FINISH_CLIPPED(n)                                                                          \
    walk(&w, NULL, (shape){.m = n, .row = 1, .columns = 1, .clipped = 1, .alone = 1})
#define FINISH_CLIPPED_CONSTANT(n)                                                                 \
    walk(&w, NULL, (shape){.m = n, .row = 1, .columns = 1, .clipped = 1, .constant = 1, .alone = 1})
    if (w.args->constant_step) {
        BY_COUNT(m, FINISH_CLIPPED_CONSTANT)
    } else {
        BY_COUNT(m, FINISH_CLIPPED)
    }
}

/* List the column vectors from record `first` on; after the last record, its vector again. */
static __attribute__((noinline)) void list_vectors(tile_state *s, size_t first)
{
    size_t stride = 2 * s->args->width, last = s->tile->records - 1;

    for (size_t i = 0; i < LISTED; i++) {
        size_t at = first + i < last ? first + i : last;
        s->vectors[i] = s->args->column_vectors + s->tile->column[at] * stride;
    }
    s->listed = first;
}

/* The column vectors of two steps from record `first` on, and those to prefetch meanwhile. */
INLINE float *const *vectors_from(tile_state *s, size_t first)
{
    if (__builtin_expect(first - s->listed > LISTED - 2 * GV_STEP_RECORDS - FAR(0), 0))
        list_vectors(s, first);
    return s->vectors + (first - s->listed);
}

/* judge for the cross-entropy: not inlined, because it would cost the other objective registers. */
static __attribute__((noinline)) quad judge_logistic(const gv_kernel_args *args, quad dot, quad x,
                                                     quad weight, quad_double *loss)
{
    quad plus, unused, z = dot * args->scale;
    quad s = gv_logistic_quad(z, &plus), p = gv_logistic_quad(x, &unused);
    quad e = z - x, h = gv_logistic_bound(e, args->logit_bound);
    quad diff = (s - p) + args->logit_weight * h;
    quad extra = args->logit_weight * (h * (e - 0.5f * h));
    quad_bits unseen = (quad_bits)(x == -INFINITY);

    diff = gv_logistic_pick(unseen, s * ((1.0f - args->focus) + 2.0f * args->focus * s), diff);
    extra = gv_logistic_pick(unseen, args->focus * (plus - 2.0f * s), extra);
    *loss += quad_widen(weight) * quad_widen((plus - p * z) + extra);
    return weight * diff;
}

/* The g of each record from the dot products; adds to the loss. A record that is not there has
 * weight 0. */
INLINE quad judge_quads(const gv_kernel_args *args, quad dot, quad x, quad weight,
                        quad_double *loss)
{
    if (args->logistic)
        return judge_logistic(args, dot, x, weight, loss);
    quad diff = dot - x;
    quad g = weight * diff;

    *loss += quad_widen(g) * quad_widen(diff);
    return g;
}

INLINE quad judge(tile_state *s, quad dot, size_t first, size_t m)
{
    return judge_quads(s->args, dot, quad_load(s->tile->log_x + first, m),
                       quad_load(s->tile->weight + first, m), &s->loss);
}

/* Whether no product of the step can reach its bound; see Clip in the head of this file. */
INLINE int within(const gv_kernel_summary *summary, quad g, vec_bits most)
{
    quad magnitude = (quad)((quad_bits)g & 0x7fffffffu);

    return quad_within(magnitude * summary->eta_top * top(most), summary->clip_low);
}

/* --- rows ------------------------------------------------------------------------------------- */

INLINE size_t step_of(size_t records)
{
    return records < GV_STEP_RECORDS ? records : GV_STEP_RECORDS;
}

/* Apply the last step of a tile row to all its vectors. */
INLINE void finish_step(work *w, float *row, size_t m, int plain, int constant)
{
    w->to = row;
    if (__builtin_expect(plain, 1))
        finish(w, m, constant, 0);
    else {
        work copy = copy_of(w); /* so that w itself can stay in registers */
        finish_clipped(&copy, m);
    }
    w->from = row;
}

/* Train on the records first .. end-1 of a tile row, whose vector is `row`. A vector too long for
 * the buffers, or a step that may be clipped, is finished in place, and the next dot products are
 * taken by a walk of their own. */
INLINE void train_row(tile_state *s, float *row, size_t width, size_t even, int constant,
                      size_t first, size_t end)
{
    _Alignas(64) float buffer[2][BUFFERED];
    size_t m = step_of(end - first);
    vec_bits most;
    unsigned turn = 0;
    work w = {.args = s->args,
              .from = row,
              .row = row,
              .eta = s->summary.eta,
              .width = width,
              .even = even};

    w.next = vectors_from(s, first);
    quad g = judge(s, dots(&w, &most, m, 0), first, m);
    for (;;) {
        int plain = within(&s->summary, g, most);
        w.g = g;
        w.u = vectors_from(s, first);
        w.next = w.u + m;
        first += m;
        if (first == end) {
            finish_step(&w, row, m, plain, constant);
            return;
        }
        m = step_of(end - first);
        if (__builtin_expect(plain && width <= BUFFERED, 1)) {
            w.to = buffer[turn ^= 1];
            g = judge(s, advance(&w, &most, m, constant), first, m);
            move_columns(&w, constant);
            w.from = w.to;
        } else {
            finish_step(&w, row, GV_STEP_RECORDS, plain, constant);
            g = judge(s, dots(&w, &most, m, 0), first, m);
        }
    }
}

INLINE void train_rows(tile_state *s, size_t width, size_t even, int constant)
{
    const gv_kernel_tile *tile = s->tile;
    size_t stride = 2 * width, first = 0;

    for (size_t r = 0; r < tile->rows; r++) {
        size_t end = first + tile->row_length[r] + 1;
        size_t far = r + ROWS_AHEAD < tile->rows ? r + ROWS_AHEAD : tile->rows - 1;
        const float *next = s->args->row_vectors + tile->row[far] * stride;

        for (size_t c = 0; c < stride; c += LINE)
            prefetch(next + c);
        train_row(s, s->args->row_vectors + tile->row[r] * stride, width, even, constant, first,
                  end);
        first = end;
    }
}

/* Compiled once for each width of the usual dimensions 50, 100 and 300: known distances between
 * values and sums save address registers. */
static void train_any(tile_state *s)
{
    train_rows(s, s->args->width, s->summary.even, 0);
}

static void train_56(tile_state *s)
{
    train_rows(s, 56, 48, 0);
}

static void train_104(tile_state *s)
{
    train_rows(s, 104, 96, 0);
}

static void train_304(tile_state *s)
{
    train_rows(s, 304, 288, 0);
}

static void train_constant(tile_state *s)
{
    train_rows(s, s->args->width, s->summary.even, 1);
}

static double train_tile(const gv_kernel_args *args, const gv_kernel_tile *tile)
{
    tile_state s;

    if (tile->records == 0)
        return 0;
    s.args = args;
    s.tile = tile;
    s.loss = (quad_double){0};
    list_vectors(&s, 0);

    gv_kernel_summarise(&s.summary, args);
    if (args->constant_step)
        train_constant(&s);
    else if (args->width == 56 && s.summary.even == 48)
        train_56(&s);
    else if (args->width == 104 && s.summary.even == 96)
        train_104(&s);
    else if (args->width == 304 && s.summary.even == 288)
        train_304(&s);
    else
        train_any(&s);
    double loss[GV_STEP_RECORDS];
    memcpy(loss, &s.loss, sizeof loss);
    return gv_kernel_loss(args, loss);
}

/* --- half steps ------------------------------------------------------------------------------- */

INLINE work work_of(const gv_kernel_step *step)
{
    return (work){.args = step->args,
                  .from = step->row,
                  .to = step->row,
                  .row = step->row,
                  .u = step->column,
                  .next = step->column,
                  .g = quad_load(step->g, GV_STEP_RECORDS),
                  .eta = step->summary->eta,
                  .width = step->args->width,
                  .even = step->summary->even};
}

static void gradient(gv_kernel_step *step, const float *log_x, const float *weight,
                     double loss[GV_STEP_RECORDS])
{
    work w = work_of(step);
    vec_bits most;
    quad_double sum;
    memcpy(&sum, loss, sizeof sum);
    quad dot = dots(&w, &most, step->records, 1);
    quad g = judge_quads(step->args, dot, quad_load(log_x, step->records),
                         quad_load(weight, step->records), &sum);

    memcpy(step->g, &g, sizeof g);
    memcpy(loss, &sum, sizeof sum);
}

/* The vectors may have changed since the gradient, so their magnitudes are taken again. */
static void update(const gv_kernel_step *step)
{
    work w = work_of(step);
    vec_bits most;

    if (step->summary->eta_top > 0) {
        dots(&w, &most, step->records, 1);
        if (!within(step->summary, w.g, most)) {
            finish_clipped(&w, step->records);
            return;
        }
    }
    if (step->args->constant_step)
        finish(&w, step->records, 1, 1);
    else
        finish(&w, step->records, 0, 1);
}
