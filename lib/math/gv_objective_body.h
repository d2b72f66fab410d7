/* The body of gv_objective_fn, compiled once for each instruction set; OBJECTIVE is its name. */
#include "math/gv_objective.h"

typedef float eight __attribute__((vector_size(32), may_alias));

static inline float sum_of(eight v)
{
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

static inline float dot_of(const eight *a, const eight *b, size_t n)
{
    eight sum = {0};
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum_of(sum);
}

double OBJECTIVE(const gv_objective_pass *pass, const gv_kernel_tile *tile)
{
    const size_t n = pass->width / 8;
    double value = 0;
    size_t k = 0;
    for (size_t r = 0; r < tile->runs; r++) {
        const size_t row = tile->run_row[r] * n;
        const eight *a = (const eight *)pass->run_rows + row;
        eight *restrict a_gradient = (eight *)pass->run_gradient + row;
        for (size_t end = k + tile->run_length[r] + 1u; k < end; k++) {
            const size_t column = tile->column[k] * n;
            const eight *b = (const eight *)pass->stream_rows + column;
            eight *restrict b_gradient = (eight *)pass->stream_gradient + column;
            float difference = dot_of(a, b, n) - tile->log_x[k];
            float g = tile->weight[k] * difference;
            value += (double)g * (double)difference;
            for (size_t i = 0; i < n; i++) {
                a_gradient[i] += g * b[i];
                b_gradient[i] += g * a[i];
            }
        }
    }
    return 0.5 * value;
}
