/*
 * gv_kernel_lanes - what a training kernel does to one register of lanes: part of gv_kernel_body.h,
 * which includes it once for every length of register that the instruction set works with. Not a
 * header of its own. OP(name) is the name of an operation, or of a function here, for registers of
 * that length; the operations are listed in gv_kernel_body.h. + - * are those of the compiler's
 * vector types, one IEEE operation a lane. The order of operations here is the one that gv_kernel.h
 * writes down: another order would give other bytes.
 *
 * `c` is the number of the register's first lane, `sums` the distance from a lane to its AdaGrad
 * sum, `p` the register's place in a chunk of GV_LANES, m the number of records of the step, a
 * constant.
 */

/* move() of gv_kernel.h: value - t / sqrt(s), approximately */
INLINE OP(vec) OP(adagrad)(OP(vec) value, OP(vec) t, OP(vec) s)
{
    OP(vec) y = OP(guess)(s);

    return OP(fnma)(t * y, OP(fnma)(s * y, y, OP(set1)(GV_RSQRT_ALPHA)), value);
}

/* Add to the dot products of `a` with the columns, and to the magnitudes. */
INLINE void OP(dot)(dot_state *d, OP(vec) a, float *const *columns, size_t c, int p, int m)
{
    d->most = OP(most)(d->most, a);
    EACH(k, m, {
        OP(vec) b = OP(load)(columns[k] + c);
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

/* Update the column vectors; `a` is the row's value when the step began, `bound` points to the
 * clip or is NULL. */
INLINE void OP(move_columns)(OP(vec) a, const OP(vec) * h, float *const *columns, size_t c,
                             size_t sums, shape x, const OP(vec) * bound)
{
    EACH(k, x.m, {
        float *at = columns[k] + c;
        OP(vec) t = h[k] * a;
        if (bound)
            t = OP(clip)(t, *bound);
        if (x.constant) {
            OP(store)(at, OP(load)(at) - t);
        } else {
            OP(vec) s = OP(load)(at + sums);
            OP(store)(at, OP(adagrad)(OP(load)(at), t, s));
            OP(store)(at + sums, OP(fma)(t, t, s));
        }
    });
}

/* Update the row's values `a` and sums `s` by the column vectors, which have not been updated. */
INLINE void OP(move_row)(OP(vec) * a, OP(vec) * s, const OP(vec) * h, float *const *columns,
                         size_t c, shape x, const OP(vec) * bound)
{
    OP(vec) sum, square, before;

    EACH(k, x.m, {
        OP(vec) t = h[k] * OP(load)(columns[k] + c);
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
        *a = OP(adagrad)(*a, sum, x.m > 1 ? (OP(vec))(*s + before) : *s);
        *s = *s + square;
    }
}

/* What the walk `x` does to one register; h_row and h_column hold the step sizes of the records.
 * The row is computed first, because it reads the columns as they were before their update; these
 * in turn read `old`, the row as it was. */
INLINE void OP(visit)(const work *w, const lines *g, dot_state *d, const OP(vec) * h_row,
                      const OP(vec) * h_column, size_t c, size_t sums, int p, shape x)
{
    OP(vec) a = OP(load)(w->from + c), old = a, s, bound_row, bound_column;

    if (x.clipped) {
        OP(vec) clips = OP(load)(w->args->clip + c);
        bound_row = clips * OP(load)(w->args->eta_row + c);
        bound_column = clips * OP(load)(w->args->eta_column + c);
    }
    if (x.row) {
        if (!x.constant)
            s = OP(load)(w->row + c + sums);
        OP(move_row)(&a, &s, h_row, g->columns, c, x, x.clipped ? &bound_row : NULL);
    }
    if (x.columns)
        OP(move_columns)(old, h_column, g->columns, c, sums, x, x.clipped ? &bound_column : NULL);
    if (x.row) {
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
    OP(vec) h_row[GV_STEP_RECORDS], h_column[GV_STEP_RECORDS];

    if (x.row)
        OP(scale)(h_row, w->g, w->args->eta_row + c, x.m);
    if (x.columns)
        OP(scale)(h_column, w->g, w->args->eta_column + c, x.m);
    OP(visit)(w, g, d, h_row, h_column, c, sums, p, x);
}
