#include "train/experiments/sandblaster/gv_gradient.h"

/* Pairs in one direction, as far as they concern the job's rows: these are the rows of the tile,
 * its columns, both (of a diagonal tile), or neither. */
static void add_direction(gv_gradient_job *job, const gv_kernel_tile *tile, const gv_tile *view,
                          bool transposed)
{
    const gv_model *x = job->x;
    const uint32_t *first = job->segment_first;
    gv_objective_args pass = {
        .width = x->width,
        .row_vectors =
            (transposed ? x->context : x->word) + (size_t)first[view->row_segment] * x->stride,
        .column_vectors =
            (transposed ? x->word : x->context) + (size_t)first[view->column_segment] * x->stride,
        .gradient = job->gradient,
    };
    if (view->row_segment == job->segment && job->context == transposed)
        job->value += job->kernel->collect(&pass, tile);
    if (view->column_segment == job->segment && job->context != transposed)
        job->value += job->kernel->spread(&pass, tile);
}

int gv_gradient_add_tile(gv_gradient_job *job, gv_prepare_scratch *scratch, const gv_tile *view,
                         gv_error *err)
{
    gv_kernel_tile tile;
    int status = gv_prepare_tile(&tile, job->table, scratch, view, err);
    if (status != GV_OK)
        return status;
    add_direction(job, &tile, view, false);
    if (!job->symmetric)
        return GV_OK;
    if (view->row_segment == view->column_segment)
        gv_prepare_without_diagonal(&tile, scratch);
    add_direction(job, &tile, view, true);
    return GV_OK;
}
