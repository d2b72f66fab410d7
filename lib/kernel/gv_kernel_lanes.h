/*
 * gv_kernel_lanes - what a training kernel does to one vector of lanes: part of gv_kernel_body.h,
 * which includes it once for every length of vector that the instruction set works with. Not a
 * header of its own. OP(name) is the name of an operation, or of a function here, for vectors of
 * that length; the operations are listed in gv_kernel_body.h. + - * are those of the compiler's
 * vector types, one IEEE operation a lane.
 *
 * `c` is the number of the vector's first lane, `sums` the distance from a lane to its AdaGrad sum,
 * `p` the vector's place in a chunk of GV_LANES, m the number of records of the group, a constant.
 */

/* value - t / sqrt(s), about: step() of gv_kernel.h */
INLINE OP(vec) OP(step)(OP(vec) value, OP(vec) t, OP(vec) s)
{
    OP(vec) y = OP(guess)(s);

    return OP(fnma)(t * y, OP(fnma)(s * y, y, OP(set1)(GV_RSQRT_ALPHA)), value);
}

/* Add to the dot products of `a` with the rows, and to the magnitudes. */
INLINE void OP(dot)(dot_state *d, OP(vec) a, float *const *rows, size_t c, int p, int m)
{
    d->most = OP(most)(d->most, a);
    EACH(k, m, {
        OP(vec) b = OP(load)(rows[k] + c);
        d->acc[k][p] = OP(collect)(d->acc[k][p], a, b);
        d->most = OP(most)(d->most, b);
    });
}

/* The step sizes of the records: g times eta, lane by lane. */
INLINE void OP(scale)(OP(vec) * h, quad g, const float *eta, int m)
{
    OP(vec) etas = OP(load)(eta);

    EACH(k, m, { h[k] = OP(pick)(g, k) * etas; });
}

/* Move the stream rows by a run row that reads `a`; `bound` points to the clip or is NULL. */
INLINE void OP(move_stream)(OP(vec) a, const OP(vec) * h, float *const *rows, size_t c, size_t sums,
                            shape x, const OP(vec) * bound)
{
    EACH(k, x.m, {
        float *at = rows[k] + c;
        OP(vec) t = h[k] * a;
        if (bound)
            t = OP(clip)(t, *bound);
        if (x.constant) {
            OP(store)(at, OP(load)(at) - t);
        } else {
            OP(vec) s = OP(load)(at + sums);
            OP(store)(at, OP(step)(OP(load)(at), t, s));
            OP(store)(at + sums, OP(fma)(t, t, s));
        }
    });
}

/* Move a run row, its values `a` and sums `s`, by the stream rows as they are. */
INLINE void OP(move_run)(OP(vec) * a, OP(vec) * s, const OP(vec) * h, float *const *rows, size_t c,
                         shape x, const OP(vec) * bound)
{
    OP(vec) sum, square, before;

    EACH(k, x.m, {
        OP(vec) t = h[k] * OP(load)(rows[k] + c);
        if (bound)
            t = OP(clip)(t, *bound);
        if (k == 0) {
            sum = t;
            before = square = t * t;
        } else {
            before = square;
            sum = sum + t;
            square = OP(fma)(t, t, square);
        }
    });
    if (x.constant) {
        *a = *a - sum;
    } else {
        *a = OP(step)(*a, sum, x.m > 1 ? (OP(vec))(*s + before) : *s);
        *s = *s + square;
    }
}

/* One vector of the rows: what the pass `x` does to it, h being the step sizes of the records. */
INLINE void OP(visit)(const work *w, const lines *g, dot_state *d, const OP(vec) * hr,
                      const OP(vec) * hs, size_t c, size_t sums, int p, shape x)
{
    OP(vec) a = OP(load)(w->from + c), old = a, s, bound_run, bound_stream;

    if (x.clipped) {
        OP(vec) clips = OP(load)(w->pass->clip + c);
        bound_run = clips * OP(load)(w->pass->eta_run + c);
        bound_stream = clips * OP(load)(w->pass->eta_stream + c);
    }
    if (x.run) {
        if (!x.constant)
            s = OP(load)(w->row + c + sums);
        OP(move_run)(&a, &s, hr, g->rows, c, x, x.clipped ? &bound_run : NULL);
    }
    if (x.stream)
        OP(move_stream)(old, hs, g->rows, c, sums, x, x.clipped ? &bound_stream : NULL);
    if (x.run) {
        OP(store)(w->to + c, a);
        if (!x.constant)
            OP(store)(w->row + c + sums, s);
    }
    if (x.next)
        OP(dot)(d, a, g->next, c, p, x.next);
}

/* The same where each lane has an eta of its own. */
INLINE void OP(visit_odd)(const work *w, const lines *g, dot_state *d, size_t c, size_t sums, int p,
                          shape x)
{
    OP(vec) hr[GV_GROUP], hs[GV_GROUP];

    if (x.run)
        OP(scale)(hr, w->g, w->pass->eta_run + c, x.m);
    if (x.stream)
        OP(scale)(hs, w->g, w->pass->eta_stream + c, x.m);
    OP(visit)(w, g, d, hr, hs, c, sums, p, x);
}
