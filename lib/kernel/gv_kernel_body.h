/*
 * gv_kernel_body - the training kernel over vectors of any length, included once by each
 * instruction set's file after it has defined its vector operations. Not a header of its own.
 *
 * Approach. Multiplications bound the kernel's speed, then stores, then the time that a dot product
 * takes to become the step size of the next vectors. A run goes through these passes:
 *   dots     the dot products of its first group;
 *   advance  for every further group: the run row moves by the group before, and each vector of it
 *            is at once multiplied with the stream rows of the next group. So the dot products are
 *            ready as early as they can be, and while they are added up and judged,
 *   stream   moves the stream rows of the group before, which nothing waits for;
 *   finish   moves the run row and the stream rows of the last group in one.
 * While stream is still to come it needs the run row as the group saw it: so advance writes the
 * run row's new values to one of two buffers in turn, and finish writes them to the row itself.
 * Each pass is compiled for each number m = 1..4 of records in a group, loops over records being
 * unrolled (the macro EACH), so that arrays of vectors live in registers.
 *
 * Step sizes. eta is the same in all lanes of a row but those of the last vectors, where bias and
 * constants stand: so g times eta is one number a record for most vectors (`even` lanes), and a
 * vector of its own for the others. Rows are walked from their end.
 *
 * Clip. The bound is hardly ever met (default 100), yet clipping takes four instructions a vector.
 * The passes with dot products therefore take the greatest magnitude of all values of the group,
 * off the multipliers: where max|g| * max eta * max|value| is within the smallest bound, rounding
 * being monotone, no product can exceed its own bound, and the clip is left out. A NaN or infinity
 * among the values makes g, or that product, NaN or infinite: the comparison fails, and the group
 * is clipped.
 *
 * Prefetch. More than a third of all records find their stream row in none of the core's own
 * caches, so rows come in two steps: those of FAR records later start from memory to the L2 cache,
 * those of AHEAD records later go on to L1. Each line is asked for by an instruction of its own,
 * spread over the arithmetic: in a burst they would fill the queue of misses and hold up the loads
 * behind them. Distances are in records of the tile, so they cross the borders of runs; the first
 * FAR rows of a tile are the caller's to fetch.
 *
 * Invariants: a lane takes part in nothing but itself until the reduction; multiply and add are
 * fused only by vec_fma and vec_fnma (-ffp-contract=off). Rows of different records of a run are
 * different, so within a run the order of loading and storing them does not matter; between runs
 * all stores of one come before the loads of the next.
 *
 * The including file defines:
 *   VEC, PIECES          floats in a vector; vectors in a chunk of GV_LANES
 *   vec_w, vec_bits      a vector of VEC floats, of unsigned integers
 *   load_w store_w set1_w
 *   fma_w(a, b, c) fnma_w(a, b, c)   a b + c, c - a b
 *   clip_w(t, c)         clip of gv_kernel.h, NaN passing through
 *   guess_w(s)           the float with the bits GV_RSQRT_MAGIC - (bits of s >> 1)
 *   most_w(most, v)      of each lane the larger of `most` and |v|; NaN may be passed over
 *   pick_w(q, k)         element k (a constant) of a quad in all lanes
 *   collect_w(acc, a, b) a b + acc, for an accumulator acc
 *   the same with _n if VEC is GV_LANES: vectors of half the length, for the last 8 lanes of a
 *   row; they come first, so that most_n ignores `most` and collect_n knows that acc is 0
 *   top(most)            largest of all lanes, as a float
 *   reduce1(acc), reduce4(acc)  dot products from the accumulators of one record (other results
 *                        0), of four records
 *   quad_load(from, m)   the first m of four floats, then zeros
 *   quad_widen(q)        as four doubles
 *   quad_within(q, c)    all four elements <= c
 */
#include "kernel/gv_kernel_isa.h"
#include "kernel/gv_logistic.h"
#include <math.h>
#include <string.h>

#define RUNS_AHEAD 4    /* runs between a run row's prefetch and its use */
#define LINE       16   /* floats in a cache line */
#define BUFFERED   1024 /* longest row that advances through buffers */
#define LISTED     256  /* records whose rows are looked up at once */

/* Records between a stream row's prefetch to L2, or to L1, and its use; long rows take long. */
#define FAR(width)   ((width) <= 128 ? 24u : 12u)
#define AHEAD(width) ((width) <= 128 ? 8u : 4u)

/* What all groups of a tile share. The rows are looked up for many records at a time, each being
 * needed three times: to prefetch it twice and to work on it. */
typedef struct tile_state {
    const gv_kernel_pass *pass;
    const gv_kernel_tile *tile;
    gv_kernel_common common;
    quad_double loss;
    size_t listed;       /* record that rows[0] belongs to */
    float *rows[LISTED]; /* stream rows of the records from there on */
} tile_state;

/* Dot products on their way. */
typedef struct dot_state {
    vec_w acc[GV_GROUP][PIECES];
    vec_bits most;
} dot_state;

/* What a pass does, all of it constants: dots, advance, stream or finish, see above. */
typedef struct shape {
    int m;        /* records of the group that moves */
    int run;      /* moves the run row? */
    int stream;   /* moves the stream rows? */
    int next;     /* records of the group whose dot products are taken, or 0 */
    int clipped;  /* with clip? */
    int constant; /* steps without AdaGrad? */
    int alone;    /* no rows that come after are known, so none to prefetch? */
} shape;

/* What a pass works on. */
typedef struct work {
    const gv_kernel_pass *pass;
    const float *from;  /* values of the run row as the group sees them */
    float *to;          /* its values afterwards */
    float *row;         /* itself, for its AdaGrad sums */
    float *const *u;    /* rows of the group that moves and of the records after it */
    float *const *next; /* likewise of the group of the dot products */
    quad g;             /* of the group that moves */
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

/* Addresses that a pass goes along. Copies, because for all the compiler knows a store to a row
 * could change the list they come from. */
typedef struct lines {
    float *rows[GV_GROUP], *next[GV_GROUP];
    const float *ahead[GV_GROUP], *far[GV_GROUP];
} lines;

/* The line at float `at` of each row that is to come. */
INLINE void prefetch_line(const lines *g, size_t at, shape x)
{
    if (x.alone)
        return;
    if (x.stream)
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
    return (work){.pass = w->pass,
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

/* A pass over a row. */
INLINE void walk(const work *given, dot_state *d, shape x)
{
    work copy = copy_of(given), *w = &copy; /* as for lines */
    size_t c = w->width, tail = gv_kernel_tail(c), sums = c - tail;
    lines g;

    EACH(k, x.m, {
        g.rows[k] = w->u[k];
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
    vec_w h[GV_GROUP];
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
    EACH(k, GV_GROUP, { EACH(p, PIECES, { d->acc[k][p] = set1_w(0.0f); }); });
    walk(w, d, x);
    return x.next == 1 ? reduce1(d->acc[0]) : reduce4(d->acc);
}

/* --- a group ---------------------------------------------------------------------------------- */

/* Do one of four things, by the number of records. */
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
    dot = take_dots(w, &d, (shape){.m = GV_GROUP, .run = 1, .next = n, .constant = constant})
    BY_COUNT(m, ADVANCE)
    *most = d.most;
    return dot;
}

INLINE void stream(const work *w, int constant)
{
    walk(w, NULL, (shape){.m = GV_GROUP, .stream = 1, .constant = constant});
}

INLINE void finish(const work *w, size_t m, int constant, int alone)
{
#define FINISH(n)                                                                                  \
    walk(w, NULL, (shape){.m = n, .run = 1, .stream = 1, .constant = constant, .alone = alone})
    BY_COUNT(m, FINISH)
}

/* The same with the clip: rare, so out of the way of the others. */
static __attribute__((noinline, cold)) void finish_clipped(const work *given, size_t m)
{
    work w = copy_of(given);

    if (w.from != w.to)
        memcpy(w.to, w.from, w.width * sizeof(float));
    w.from = w.to;
    w.even = 0;
#define FINISH_CLIPPED(n)                                                                          \
    walk(&w, NULL, (shape){.m = n, .run = 1, .stream = 1, .clipped = 1, .alone = 1})
#define FINISH_CLIPPED_CONSTANT(n)                                                                 \
    walk(&w, NULL, (shape){.m = n, .run = 1, .stream = 1, .clipped = 1, .constant = 1, .alone = 1})
    if (w.pass->constant_step) {
        BY_COUNT(m, FINISH_CLIPPED_CONSTANT)
    } else {
        BY_COUNT(m, FINISH_CLIPPED)
    }
}

/* List the stream rows from record `first` on; after the last record, its row again. */
static __attribute__((noinline)) void list_rows(tile_state *s, size_t first)
{
    size_t stride = 2 * s->pass->width, last = s->tile->records - 1;

    for (size_t i = 0; i < LISTED; i++) {
        size_t at = first + i < last ? first + i : last;
        s->rows[i] = s->pass->stream_rows + s->tile->column[at] * stride;
    }
    s->listed = first;
}

/* The rows of two groups from record `first` on, and those to prefetch meanwhile. */
INLINE float *const *rows_from(tile_state *s, size_t first)
{
    if (__builtin_expect(first - s->listed > LISTED - 2 * GV_GROUP - FAR(0), 0))
        list_rows(s, first);
    return s->rows + (first - s->listed);
}

/* With the cross-entropy: out of the way of the others, which it would cost registers. */
static __attribute__((noinline)) quad judge_logistic(const gv_kernel_pass *pass, quad dot, quad x,
                                                     quad weight, quad_double *loss)
{
    quad plus, unused, z = dot * pass->scale;
    quad s = gv_logistic_quad(z, &plus), p = gv_logistic_quad(x, &unused);
    quad e = z - x, h = gv_logistic_bound(e, pass->logit_bound);
    quad diff = (s - p) + pass->logit_weight * h;
    quad extra = pass->logit_weight * (h * (e - 0.5f * h));
    quad_bits unseen = (quad_bits)(x == -INFINITY);

    diff = gv_logistic_pick(unseen, s * ((1.0f - pass->focus) + 2.0f * pass->focus * s), diff);
    extra = gv_logistic_pick(unseen, pass->focus * (plus - 2.0f * s), extra);
    *loss += quad_widen(weight) * quad_widen((plus - p * z) + extra);
    return weight * diff;
}

/* The g of each record from the dot products; adds to the loss. A record that is not there has
 * weight 0. */
INLINE quad judge_quads(const gv_kernel_pass *pass, quad dot, quad x, quad weight,
                        quad_double *loss)
{
    if (pass->logistic)
        return judge_logistic(pass, dot, x, weight, loss);
    quad diff = dot - x;
    quad g = weight * diff;

    *loss += quad_widen(g) * quad_widen(diff);
    return g;
}

INLINE quad judge(tile_state *s, quad dot, size_t first, size_t m)
{
    return judge_quads(s->pass, dot, quad_load(s->tile->log_x + first, m),
                       quad_load(s->tile->weight + first, m), &s->loss);
}

/* Can no product of the group reach its bound? See the head of this file. */
INLINE int within(const gv_kernel_common *common, quad g, vec_bits most)
{
    quad magnitude = (quad)((quad_bits)g & 0x7fffffffu);

    return quad_within(magnitude * common->eta_top * top(most), common->clip_low);
}

/* --- runs ------------------------------------------------------------------------------------- */

INLINE size_t group_of(size_t records)
{
    return records < GV_GROUP ? records : GV_GROUP;
}

/* Move all rows of the group. */
INLINE void finish_group(work *w, float *row, size_t m, int plain, int constant)
{
    w->to = row;
    if (__builtin_expect(plain, 1))
        finish(w, m, constant, 0);
    else {
        work copy = copy_of(w); /* so that w itself need not lie in memory */
        finish_clipped(&copy, m);
    }
    w->from = row;
}

/* The records first .. end-1, all of the run row `row`. */
INLINE void train_run(tile_state *s, float *row, size_t width, size_t even, int constant,
                      size_t first, size_t end)
{
    _Alignas(64) float buffer[2][BUFFERED];
    size_t m = group_of(end - first);
    vec_bits most;
    unsigned turn = 0;
    work w = {.pass = s->pass,
              .from = row,
              .row = row,
              .eta = s->common.eta,
              .width = width,
              .even = even};

    w.next = rows_from(s, first);
    quad g = judge(s, dots(&w, &most, m, 0), first, m);
    for (;;) {
        int plain = within(&s->common, g, most);
        w.g = g;
        w.u = rows_from(s, first);
        w.next = w.u + m;
        first += m;
        if (first == end) {
            finish_group(&w, row, m, plain, constant);
            return;
        }
        m = group_of(end - first);
        if (__builtin_expect(plain && width <= BUFFERED, 1)) {
            w.to = buffer[turn ^= 1];
            g = judge(s, advance(&w, &most, m, constant), first, m);
            stream(&w, constant);
            w.from = w.to;
        } else {
            finish_group(&w, row, GV_GROUP, plain, constant);
            g = judge(s, dots(&w, &most, m, 0), first, m);
        }
    }
}

INLINE void train_runs(tile_state *s, size_t width, size_t even, int constant)
{
    const gv_kernel_tile *tile = s->tile;
    size_t stride = 2 * width, first = 0;

    for (size_t r = 0; r < tile->runs; r++) {
        size_t end = first + tile->run_length[r] + 1;
        size_t far = r + RUNS_AHEAD < tile->runs ? r + RUNS_AHEAD : tile->runs - 1;
        const float *next = s->pass->run_rows + tile->run_row[far] * stride;

        for (size_t c = 0; c < stride; c += LINE)
            prefetch(next + c);
        train_run(s, s->pass->run_rows + tile->run_row[r] * stride, width, even, constant, first,
                  end);
        first = end;
    }
}

/* Compiled once for each of the widths of the usual dimensions 50, 100 and 300: known distances
 * between values and sums leave room in the address registers. */
static void train_any(tile_state *s)
{
    train_runs(s, s->pass->width, s->common.even, 0);
}

static void train_56(tile_state *s)
{
    train_runs(s, 56, 48, 0);
}

static void train_104(tile_state *s)
{
    train_runs(s, 104, 96, 0);
}

static void train_304(tile_state *s)
{
    train_runs(s, 304, 288, 0);
}

static void train_constant(tile_state *s)
{
    train_runs(s, s->pass->width, s->common.even, 1);
}

static double train_tile(const gv_kernel_pass *pass, const gv_kernel_tile *tile)
{
    tile_state s;

    if (tile->records == 0)
        return 0;
    s.pass = pass;
    s.tile = tile;
    s.loss = (quad_double){0};
    list_rows(&s, 0);

    gv_kernel_survey(&s.common, pass);
    if (pass->constant_step)
        train_constant(&s);
    else if (pass->width == 56 && s.common.even == 48)
        train_56(&s);
    else if (pass->width == 104 && s.common.even == 96)
        train_104(&s);
    else if (pass->width == 304 && s.common.even == 288)
        train_304(&s);
    else
        train_any(&s);
    double loss[GV_GROUP];
    memcpy(loss, &s.loss, sizeof loss);
    return gv_kernel_loss(pass, loss);
}

/* --- half steps ------------------------------------------------------------------------------- */

INLINE work work_of(const gv_kernel_group *group)
{
    return (work){.pass = group->pass,
                  .from = group->run,
                  .to = group->run,
                  .row = group->run,
                  .u = group->stream,
                  .next = group->stream,
                  .g = quad_load(group->g, GV_GROUP),
                  .eta = group->common->eta,
                  .width = group->pass->width,
                  .even = group->common->even};
}

static void gradient(gv_kernel_group *group, const float *log_x, const float *weight,
                     double loss[GV_GROUP])
{
    work w = work_of(group);
    vec_bits most;
    quad_double sum;
    memcpy(&sum, loss, sizeof sum);
    quad dot = dots(&w, &most, group->records, 1);
    quad g = judge_quads(group->pass, dot, quad_load(log_x, group->records),
                         quad_load(weight, group->records), &sum);

    memcpy(group->g, &g, sizeof g);
    memcpy(loss, &sum, sizeof sum);
}

/* The rows may have changed since the gradient, so magnitudes are taken of what they are now. */
static void update(const gv_kernel_group *group)
{
    work w = work_of(group);
    vec_bits most;

    if (group->common->eta_top > 0) {
        dots(&w, &most, group->records, 1);
        if (!within(group->common, w.g, most)) {
            finish_clipped(&w, group->records);
            return;
        }
    }
    if (group->pass->constant_step)
        finish(&w, group->records, 1, 1);
    else
        finish(&w, group->records, 0, 1);
}
