#include "embed/gv_embed_solve.h"

#include <math.h>

/* to[] -= factor from[] */
static void subtract(double *restrict to, const double *restrict from, double factor, size_t n)
{
    for (size_t k = 0; k < n; k++)
        to[k] -= factor * from[k];
}

/* Replace the lower half of `m` by L of M = L L'. */
static bool decompose(double *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = m[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= m[i * n + k] * m[j * n + k];
            if (i > j)
                m[i * n + j] = sum / m[j * n + j];
            else if (sum > 0.0 && isfinite(sum))
                m[i * n + i] = sqrt(sum);
            else
                return false;
        }
    return true;
}

bool gv_embed_solve(double *m, double *b, size_t n, size_t columns, double ridge)
{
    double trace = 0.0;
    for (size_t i = 0; i < n; i++)
        trace += m[i * n + i];
    for (size_t i = 0; i < n; i++)
        m[i * n + i] += ridge * trace / (double)n;
    if (!decompose(m, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            subtract(b + i * columns, b + k * columns, m[i * n + k], columns);
        for (size_t c = 0; c < columns; c++)
            b[i * columns + c] /= m[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            subtract(b + i * columns, b + k * columns, m[k * n + i], columns);
        for (size_t c = 0; c < columns; c++)
            b[i * columns + c] /= m[i * n + i];
    }
    return true;
}
