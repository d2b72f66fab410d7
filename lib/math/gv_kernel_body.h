/*
 * gv_kernel_body - the training kernel over vectors of any length, included once by each
 * instruction set's file after it has defined its vector operations. Not a header of its own.
 *
 * Approach. A group of m records goes in two passes:
 *   1. m dot products side by side, the run row loaded once; the accumulators are then reduced
 *      together, so that the tree of the contract costs few instructions a record;
 *   2. vector by vector the m stream rows move, while the run row's sums stay in registers; the
 *      run row is stored once a group.
 * The bodies are written once and inlined for each m = 1..4, so every loop over records unrolls
 * (the macro EACH) and every array of vectors lives in registers.
 *
 * Clip. The bound is hardly ever met (default 100), yet clipping takes four instructions a vector
 * on the busiest ports. Pass 1 therefore takes the greatest magnitude of all values of the group
 * by integer instructions, which run on idle ports: where max|g| * max|value| is within the
 * smallest clip, rounding being monotone, no product can exceed its own clip, and pass 2 leaves
 * the clip out. Any NaN or infinity makes that comparison fail, and then pass 2 clips.
 *
 * Prefetch. More than a third of all records find their stream row in none of the core's own
 * caches, so rows come in two steps: in pass 1 those of FAR records later start from memory to the
 * L2 cache, in pass 2 those of AHEAD records later go on to L1. Each line is asked for by an
 * instruction of its own, spread over the arithmetic: in a burst they would fill the queue of
 * misses and hold up the loads behind them. Distances are in records of the tile, so they cross
 * the borders of runs; the first FAR rows of a tile are the caller's to fetch.
 *
 * Invariants: a lane takes part in nothing but itself until the reduction; multiply and add are
 * fused only by vec_fma (-ffp-contract=off). Rows of different records of a group are different,
 * so their order of loading and storing does not matter.
 *
 * The including file defines:
 *   vec, VEC             a vector of VEC floats; VEC divides GV_LANES
 *   vec_bits             a vector of unsigned 32-bit integers
 *   vec_load vec_store vec_set1 vec_add vec_sub vec_mul vec_fma(a, b, c) = a b + c
 *   vec_clip(t, c)       clip_l of gv_kernel.h, NaN passing through
 *   vec_guess(s)         the float with the bits GV_RSQRT_MAGIC - (bits of s >> 1)
 *   vec_larger(top, v)   of each lane the larger of `top` and the bits of |v|, as unsigned
 *   vec_top(top)         largest of all lanes, as a float
 *   vec_pick(q, k)       element k (a constant) of a quad in all lanes
 *   reduce1(acc), reduce4(acc)  dot products from the accumulators of one record (other results
 *                        0), of four records
 *   quad_load(from, m)   the first m of four floats, m a constant, then zeros
 *   quad_widen(q)        as four doubles
 *   quad_within(q, c)    all four elements <= c
 */
#include "math/gv_kernel_isa.h"
#include <math.h>

#define RUNS_AHEAD 4  /* runs between a run row's prefetch and its use */
#define LINE       16 /* floats in a cache line */

/* Records between a stream row's prefetch to L2, or to L1, and its use; long rows take long. */
#define FAR(width)   ((width) <= 128 ? 24u : 12u)
#define AHEAD(width) ((width) <= 128 ? 8u : 4u)

/* What all groups of a tile share. */
typedef struct tile_state {
    const gv_kernel_pass *pass;
    const gv_kernel_tile *tile;
    float clip_floor; /* smallest clip of all lanes */
    double loss;
} tile_state;

/* A group: its run row, its stream rows, and the rows to prefetch to L1 and to L2. */
typedef struct group {
    float *a;
    float *b[GV_GROUP];
    const float *ahead[GV_GROUP], *far[GV_GROUP];
} group;

INLINE vec rsqrt_estimate(vec s)
{
    vec y = vec_guess(s);
    vec t = vec_sub(vec_set1(GV_RSQRT_C2), vec_mul(s, vec_mul(y, y)));

    return vec_mul(y, vec_mul(vec_set1(GV_RSQRT_C1), t));
}

INLINE quad quad_magnitude(quad q)
{
    return (quad)((quad_bits)q & 0x7fffffffu);
}

INLINE void prefetch(const float *address)
{
    __builtin_prefetch(address, 1, 3);
}

INLINE void prefetch_far(const float *address)
{
    __builtin_prefetch(address, 0, 2);
}

/* Pass 1: the dot products; `top` receives the magnitudes if `bounded`. */
INLINE quad dots(const group *u, size_t width, int m, int bounded, vec_bits *top)
{
    vec acc[GV_GROUP][PIECES];
    vec_bits most = (vec_bits)vec_set1(0.0f);

    EACH(k, GV_GROUP, { EACH(p, PIECES, { acc[k][p] = vec_set1(0.0f); }); });
    for (size_t c = 0; c < width; c += GV_LANES) {
        vec a[PIECES];

        EACH(p, PIECES, {
            a[p] = vec_load(u->a + c + p * VEC);
            if (bounded)
                most = vec_larger(most, a[p]);
        });
        EACH(k, m, {
            EACH(p, PIECES, {
                vec b = vec_load(u->b[k] + c + p * VEC);
                acc[k][p] = vec_fma(a[p], b, acc[k][p]);
                if (bounded)
                    most = vec_larger(most, b);
            });
            prefetch_far(u->far[k] + c);
            prefetch_far(u->far[k] + width + c);
        });
    }
    *top = most;
    return m == 1 ? reduce1(acc[0]) : reduce4(acc);
}

/* Pass 2: move the stream rows and the run row by the g of each record. */
INLINE void update(const gv_kernel_pass *pass, const group *u, size_t width, quad g4, int m,
                   int clipped)
{
    /* Copies, because for all the compiler knows a store to a row could change pass and u. */
    const float *clips = pass->clip, *etas_run = pass->eta_run, *etas_stream = pass->eta_stream;
    float *run_row = u->a, *rows[GV_GROUP];
    const float *ahead[GV_GROUP];
    vec g[GV_GROUP];

    EACH(k, m, {
        rows[k] = u->b[k];
        ahead[k] = u->ahead[k];
        g[k] = vec_pick(g4, k);
    });
    for (size_t c = 0; c < width; c += VEC) {
        vec a = vec_load(run_row + c), bound = vec_load(clips + c);
        vec eta_run = vec_load(etas_run + c), eta_stream = vec_load(etas_stream + c);
        vec sum = vec_set1(0.0f), square = sum, before = sum;

        EACH(k, m, {
            vec b = vec_load(rows[k] + c), adagrad = vec_load(rows[k] + width + c);
            vec tb = vec_mul(g[k], a), ta = vec_mul(g[k], b);
            if (clipped) {
                tb = vec_clip(tb, bound);
                ta = vec_clip(ta, bound);
            }
            tb = vec_mul(tb, eta_stream);
            ta = vec_mul(ta, eta_run);
            vec_store(rows[k] + c, vec_sub(b, vec_mul(tb, rsqrt_estimate(adagrad))));
            vec_store(rows[k] + width + c, vec_fma(tb, tb, adagrad));
            if (c % LINE == 0) {
                prefetch(ahead[k] + c);
                prefetch(ahead[k] + width + c);
            }
            before = square;
            sum = vec_add(sum, ta);
            square = vec_fma(ta, ta, square);
        });
        vec adagrad = vec_load(run_row + width + c);
        vec step = vec_mul(sum, rsqrt_estimate(vec_add(adagrad, before)));
        vec_store(run_row + c, vec_sub(a, step));
        vec_store(run_row + width + c, vec_add(adagrad, square));
    }
}

/* The same with the clip: rare, so out of the way of the others. */
static __attribute__((noinline, cold)) void update_clipped(const gv_kernel_pass *pass,
                                                           const group *u, quad g, int m)
{
    switch (m) {
    case 1:
        update(pass, u, pass->width, g, 1, 1);
        break;
    case 2:
        update(pass, u, pass->width, g, 2, 1);
        break;
    case 3:
        update(pass, u, pass->width, g, 3, 1);
        break;
    default:
        update(pass, u, pass->width, g, 4, 1);
    }
}

/* Add 0.5 g diff of each record, in order. */
INLINE double add_loss(double loss, quad g, quad diff, int m)
{
    quad_double term = 0.5 * quad_widen(g) * quad_widen(diff);

    EACH(k, m, { loss += term[k]; });
    return loss;
}

/* Can no product of the group reach the smallest clip? See the head of this file. */
INLINE int within(quad g, vec_bits top, float clip_floor)
{
    return quad_within(quad_magnitude(g) * vec_top(top), clip_floor);
}

/* The rows of the m records from `first` on. */
INLINE void find_rows(const tile_state *s, group *u, size_t width, size_t first, int m)
{
    const gv_kernel_tile *tile = s->tile;
    const float *rows = s->pass->stream_rows;
    size_t stride = 2 * width, last = tile->records - 1;

    EACH(k, m, {
        size_t at = first + k, ahead = at + AHEAD(width), far = at + FAR(width);
        u->b[k] = s->pass->stream_rows + tile->column[at] * stride;
        u->ahead[k] = rows + tile->column[ahead < last ? ahead : last] * stride;
        u->far[k] = rows + tile->column[far < last ? far : last] * stride;
    });
}

/* The g of each record from the dot products; adds to the loss. */
INLINE quad judge(tile_state *s, quad dot, size_t first, int m)
{
    quad diff = dot - quad_load(s->tile->log_x + first, m);
    quad g = quad_load(s->tile->weight + first, m) * diff;

    s->loss = add_loss(s->loss, g, diff, m);
    return g;
}

INLINE void train_group(tile_state *s, float *run_row, size_t width, size_t first, int m,
                        int bounded)
{
    group own = {.a = run_row}, *u = &own;
    vec_bits top;

    find_rows(s, u, width, first, m);
    quad g = judge(s, dots(u, width, m, bounded, &top), first, m);
    if (!bounded || __builtin_expect(within(g, top, s->clip_floor), 1))
        update(s->pass, u, width, g, m, 0);
    else {
        group copy = *u; /* so that u itself need not lie in memory */
        update_clipped(s->pass, &copy, g, m);
    }
}

#if VEC == GV_LANES
/*
 * Pass 2 of a full group and pass 1 of the next full group of the same run in one: as soon as a
 * vector of the run row has moved, it is multiplied with the next stream rows. So the processor
 * need not look past a whole pass 2 for work that fills the pause while dot products are added up.
 * The rows of a run are different, so pass 1 reads nothing that pass 2 has yet to write.
 */
INLINE quad update_and_dots(const gv_kernel_pass *pass, const group *u, const group *next,
                            size_t width, quad g4, int bounded, vec_bits *top)
{
    const float *etas_run = pass->eta_run, *etas_stream = pass->eta_stream;
    float *run_row = u->a, *rows[GV_GROUP];
    const float *ahead[GV_GROUP], *far[GV_GROUP], *coming[GV_GROUP];
    vec g[GV_GROUP], acc[GV_GROUP][PIECES];
    vec_bits most = (vec_bits)vec_set1(0.0f);

    EACH(k, GV_GROUP, {
        rows[k] = u->b[k];
        ahead[k] = u->ahead[k];
        far[k] = next->far[k];
        coming[k] = next->b[k];
        g[k] = vec_pick(g4, k);
        acc[k][0] = vec_set1(0.0f);
    });
    for (size_t c = 0; c < width; c += VEC) {
        vec a = vec_load(run_row + c);
        vec eta_run = vec_load(etas_run + c), eta_stream = vec_load(etas_stream + c);
        vec sum = vec_set1(0.0f), square = sum, before = sum;

        EACH(k, GV_GROUP, {
            vec b = vec_load(rows[k] + c), adagrad = vec_load(rows[k] + width + c);
            vec tb = vec_mul(vec_mul(g[k], a), eta_stream);
            vec ta = vec_mul(vec_mul(g[k], b), eta_run);
            vec_store(rows[k] + c, vec_sub(b, vec_mul(tb, rsqrt_estimate(adagrad))));
            vec_store(rows[k] + width + c, vec_fma(tb, tb, adagrad));
            prefetch(ahead[k] + c);
            prefetch(ahead[k] + width + c);
            before = square;
            sum = vec_add(sum, ta);
            square = vec_fma(ta, ta, square);
        });
        vec adagrad = vec_load(run_row + width + c);
        vec step = vec_mul(sum, rsqrt_estimate(vec_add(adagrad, before)));
        a = vec_sub(a, step);
        vec_store(run_row + c, a);
        vec_store(run_row + width + c, vec_add(adagrad, square));
        if (bounded)
            most = vec_larger(most, a);
        EACH(k, GV_GROUP, {
            vec b = vec_load(coming[k] + c);
            acc[k][0] = vec_fma(a, b, acc[k][0]);
            if (bounded)
                most = vec_larger(most, b);
            prefetch_far(far[k] + c);
            prefetch_far(far[k] + width + c);
        });
    }
    *top = most;
    return reduce4(acc);
}

/* The full groups of a run; returns the first record that is left. */
INLINE size_t train_full_groups(tile_state *s, group *u, size_t width, size_t first, size_t end,
                                int bounded)
{
    vec_bits top;
    group next;

    if (end - first < GV_GROUP)
        return first;
    find_rows(s, u, width, first, GV_GROUP);
    quad dot = dots(u, width, GV_GROUP, bounded, &top);
    for (; end - first >= 2 * GV_GROUP; first += GV_GROUP) {
        quad g = judge(s, dot, first, GV_GROUP);
        next.a = u->a;
        find_rows(s, &next, width, first + GV_GROUP, GV_GROUP);
        if (!bounded || __builtin_expect(within(g, top, s->clip_floor), 1)) {
            dot = update_and_dots(s->pass, u, &next, width, g, bounded, &top);
        } else {
            {
                group copy = *u; /* so that u itself need not lie in memory */
                update_clipped(s->pass, &copy, g, GV_GROUP);
            }
            dot = dots(&next, width, GV_GROUP, bounded, &top);
        }
        *u = next;
    }
    quad g = judge(s, dot, first, GV_GROUP);
    if (!bounded || __builtin_expect(within(g, top, s->clip_floor), 1))
        update(s->pass, u, width, g, GV_GROUP, 0);
    else {
        group copy = *u; /* so that u itself need not lie in memory */
        update_clipped(s->pass, &copy, g, GV_GROUP);
    }
    return first + GV_GROUP;
}
#else
/* Too few registers to work on two groups at once. */
INLINE size_t train_full_groups(tile_state *s, group *u, size_t width, size_t first, size_t end,
                                int bounded)
{
    for (; end - first >= GV_GROUP; first += GV_GROUP)
        train_group(s, u->a, width, first, GV_GROUP, bounded);
    return first;
}
#endif

/* The records first .. end-1, all of one run. */
INLINE void train_run(tile_state *s, group *u, size_t width, size_t first, size_t end, int bounded)
{
    first = train_full_groups(s, u, width, first, end, bounded);
    switch (end - first) {
    case 1:
        train_group(s, u->a, width, first, 1, bounded);
        break;
    case 2:
        train_group(s, u->a, width, first, 2, bounded);
        break;
    case 3:
        train_group(s, u->a, width, first, 3, bounded);
        break;
    default:
        break;
    }
}

INLINE double train_runs(tile_state *s, size_t width, int bounded)
{
    const gv_kernel_tile *tile = s->tile;
    size_t stride = 2 * width, first = 0;
    group u;

    for (size_t r = 0; r < tile->runs; r++) {
        size_t end = first + tile->run_length[r] + 1;
        size_t far = r + RUNS_AHEAD < tile->runs ? r + RUNS_AHEAD : tile->runs - 1;
        const float *next = s->pass->run_rows + tile->run_row[far] * stride;

        for (size_t c = 0; c < stride; c += LINE)
            prefetch(next + c);
        u.a = s->pass->run_rows + tile->run_row[r] * stride;
        train_run(s, &u, width, first, end, bounded);
        first = end;
    }
    return s->loss;
}

/* Compiled once for each of the widths of the usual dimensions 50, 100 and 300: known distances
 * between values and sums leave room in the address registers. */
static double train_any(tile_state *s)
{
    return s->clip_floor == INFINITY ? train_runs(s, s->pass->width, 0)
                                     : train_runs(s, s->pass->width, 1);
}

static double train_64(tile_state *s)
{
    return train_runs(s, 64, 1);
}

static double train_112(tile_state *s)
{
    return train_runs(s, 112, 1);
}

static double train_304(tile_state *s)
{
    return train_runs(s, 304, 1);
}

static double train_tile(const gv_kernel_pass *pass, const gv_kernel_tile *tile)
{
    tile_state s = {.pass = pass, .tile = tile, .clip_floor = INFINITY, .loss = 0};

    for (size_t l = 0; l < pass->width; l++)
        if (pass->clip[l] < s.clip_floor)
            s.clip_floor = pass->clip[l];
    switch (s.clip_floor < INFINITY ? pass->width : 0) {
    case 64:
        return train_64(&s);
    case 112:
        return train_112(&s);
    case 304:
        return train_304(&s);
    default:
        return train_any(&s);
    }
}
