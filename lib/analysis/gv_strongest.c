/*
 * gv_strongest - one pass over the store that keeps the k best pairs of each word.
 *
 * The last of a full list is a threshold. Most pairs are weak: they fail it after one comparison.
 */
#include "analysis/gv_strongest.h"

#include "base/gv_mem.h"
#include <math.h>
#include <stdbool.h>

typedef struct search {
    gv_strongest *found;
    const gv_strongest_job *job;
    double *score; /* [rows][k] falling; 0 where there is no pair yet */
    double *share; /* [vocab_size] sum of the row / sum of all, 0 for a word without contexts */
    double unit, total; /* sum of all rows, in units */
    bool symmetric;     /* a cell stands for both directions */
} search;

static void offer(search *all, uint32_t word, uint32_t context, const double pair[2])
{
    const size_t k = all->found->k;
    if (word >= all->found->rows || context >= all->job->among || k == 0)
        return;
    double *score = all->score + word * k;
    uint32_t *id = all->found->id + word * k;
    float *lift = all->found->lift + word * k;
    size_t at = k - 1;
    if (pair[0] < score[at] || (pair[0] <= score[at] && context > id[at]))
        return;
    for (;
         at > 0 && (pair[0] > score[at - 1] || (pair[0] >= score[at - 1] && context < id[at - 1]));
         at--) {
        score[at] = score[at - 1];
        id[at] = id[at - 1];
        lift[at] = lift[at - 1];
    }
    score[at] = pair[0];
    id[at] = context;
    lift[at] = (float)pair[1];
}

/* A gv_store_each_fn. */
static void take_cell(void *context, uint32_t row, uint32_t column, uint64_t value)
{
    search *all = context;
    if (row == column || (row >= all->found->rows && column >= all->found->rows))
        return;
    const double x = (double)value, expected = all->share[row] * all->share[column] * all->total;
    if (!(x > expected) || !(expected > 0.0))
        return;
    const double lift = x / expected, pair[2] = {log1p(x / all->unit) * log(lift), lift};
    if (!(pair[0] > 0.0) || !isfinite(pair[0]))
        return;
    offer(all, row, column, pair);
    if (all->symmetric)
        offer(all, column, row, pair);
}

static int read_shares(search *all, gv_store *store, gv_error *err)
{
    const size_t n = gv_store_about(store)->vocab_size;
    uint64_t *sums = NULL;
    int status = gv_store_row_sums(&sums, store, err);
    if (status != GV_OK)
        return status;
    all->share = gv_mem_alloc(n, sizeof *all->share, err);
    for (size_t i = 0; i < n; i++)
        all->total += (double)sums[i];
    for (size_t i = 0; all->share && i < n; i++)
        all->share[i] = all->total > 0.0 ? (double)sums[i] / all->total : 0.0;
    gv_mem_free(sums);
    return all->share ? GV_OK : GV_E_MEMORY;
}

static gv_strongest *new_strongest(size_t rows, size_t k, gv_error *err)
{
    gv_strongest *found = gv_mem_alloc_zero(1, sizeof *found, err);
    if (!found)
        return NULL;
    *found = (gv_strongest){.rows = rows, .k = k};
    found->id = gv_mem_alloc(rows * k + 1, sizeof *found->id, err);
    found->lift = gv_mem_alloc_zero(rows * k + 1, sizeof *found->lift, err);
    if (!found->id || !found->lift) {
        gv_strongest_free(found);
        return NULL;
    }
    for (size_t i = 0; i < rows * k; i++)
        found->id[i] = GV_STRONGEST_NONE;
    return found;
}

int gv_strongest_find(gv_strongest **found, gv_store *store, const gv_strongest_job *job,
                      gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    const size_t rows = job->rows < info->vocab_size ? job->rows : info->vocab_size;
    search all = {.found = new_strongest(rows, job->k, err),
                  .job = job,
                  .score = gv_mem_alloc_zero(rows * job->k + 1, sizeof(double), err),
                  .unit = (double)info->unit,
                  .symmetric = info->symmetric};
    int status = all.found && all.score ? read_shares(&all, store, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_store_each(store, take_cell, &all, job->progress, err);
    gv_mem_free(all.score);
    gv_mem_free(all.share);
    if (status != GV_OK) {
        gv_strongest_free(all.found);
        all.found = NULL;
    }
    *found = all.found;
    return status;
}

void gv_strongest_free(gv_strongest *strongest)
{
    if (!strongest)
        return;
    gv_mem_free(strongest->id);
    gv_mem_free(strongest->lift);
    gv_mem_free(strongest);
}
