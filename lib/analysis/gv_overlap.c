#include "analysis/gv_overlap.h"

static size_t common_of(const uint32_t *x, const uint32_t *y, size_t k)
{
    size_t n = 0, i = 0, j = 0;
    while (i < k && j < k && x[i] != UINT32_MAX && y[j] != UINT32_MAX) {
        n += x[i] == y[j];
        const int forward = x[i] <= y[j], back = y[j] <= x[i];
        i += (size_t)forward;
        j += (size_t)back;
    }
    return n;
}

int gv_overlap_holds(const uint32_t *list, size_t k, uint32_t id)
{
    size_t i = 0;
    while (i < k && list[i] < id)
        i++;
    return i < k && list[i] == id;
}

static uint32_t shared_by(const uint32_t *const *lists, size_t runs, size_t k)
{
    uint32_t shared = 0;
    for (size_t i = 0; i < k && lists[0][i] != UINT32_MAX; i++) {
        size_t run = 1;
        while (run < runs && gv_overlap_holds(lists[run], k, lists[0][i]))
            run++;
        shared += run == runs;
    }
    return shared;
}

gv_overlap gv_overlap_of(const uint32_t *const *lists, size_t runs, size_t k)
{
    const double pairs = (double)runs * (double)(runs - 1) / 2.0;
    gv_overlap overlap = {.shared = shared_by(lists, runs, k)};
    size_t sum = 0, least = k;
    for (size_t a = 0; a < runs; a++)
        for (size_t b = a + 1; b < runs; b++) {
            const size_t common = common_of(lists[a], lists[b], k);
            sum += common;
            least = common < least ? common : least;
            overlap.jaccard += (double)common / (double)(2 * k - common);
        }
    /* whole numbers as long as possible: equal overlaps are equal, and 0.6 is 0.6 */
    overlap.mean = (double)sum / ((double)k * pairs);
    overlap.least = (double)least / (double)k;
    overlap.jaccard /= pairs;
    return overlap;
}
