/*
 * From packed tile to kernel.
 *
 * The kernel wants columns as 16-bit numbers and log X and f(X) as arrays. Both are made a tile at
 * a time, in cache: a value code is looked up in one table of pairs (the frequent codes are small
 * numbers, so its front stays in cache); the rare escaped values follow, a batch at a time, from a
 * list of their places. A task needs a few bytes per record of scratch and no allocation.
 *
 * The loops are free of branches on data and do four records in few instructions, so that the
 * processor sees far enough ahead to wait for many table entries at once.
 */
#include "train/gv_train_task.h"

#include "base/gv_bytes.h"
#include "base/gv_mem.h"
#include "base/gv_test_hook.h"
#include "budget/gv_budget_train.h"
#include "kernel/gv_glove.h"
#include <math.h>
#include <string.h>

enum { ESCAPE_BATCH = 256, FIRST_RECORDS = 24, FIRST_RUNS = 4 };

typedef float quad __attribute__((vector_size(16)));
typedef uint8_t narrow_vector __attribute__((vector_size(8)));
typedef uint16_t wide_vector __attribute__((vector_size(16)));

int gv_trainer_tabulate(gv_trainer *trainer, const gv_store_info *info, gv_error *err)
{
    float *log_x = gv_mem_alloc(info->values, sizeof *log_x, err);
    float *weight = gv_mem_alloc(info->values, sizeof *weight, err);
    trainer->numbers = gv_mem_alloc_zero(GV_TRAIN_CODES, sizeof *trainer->numbers, err);
    int status = GV_E_MEMORY;
    if (log_x && weight && trainer->numbers) {
        gv_glove_table(log_x, weight, info->value, info->values,
                       &(gv_glove_weighting){trainer->unit, trainer->x_max, trainer->alpha});
        for (uint32_t code = 0; code < info->values && code < GV_TILE_ESCAPE; code++)
            trainer->numbers[code] = (gv_train_numbers){log_x[code], weight[code]};
        status = GV_OK;
    }
    gv_mem_free(log_x);
    gv_mem_free(weight);
    return status;
}

_Static_assert(sizeof(gv_train_numbers) == GV_BUDGET_TRAIN_CODE_BYTES &&
                   GV_TRAIN_CODES == GV_BUDGET_TRAIN_CODES,
               "gv_budget_train.h has the table's size");

int gv_train_scratch_new(gv_train_scratch *s, gv_train_sizes sizes, gv_error *err)
{
    size_t records = sizes.records;
    *s = (gv_train_scratch){0};
    if ((s->run_row = gv_mem_alloc(records, sizeof *s->run_row, err)) &&
        (s->run_length = gv_mem_alloc(records, sizeof *s->run_length, err)) &&
        (s->column = gv_mem_alloc(records, sizeof *s->column, err)) &&
        (s->place = gv_mem_alloc(records, sizeof *s->place, err)) &&
        (s->log_x = gv_mem_alloc(records, sizeof *s->log_x, err)) &&
        (s->weight = gv_mem_alloc(records, sizeof *s->weight, err)) &&
        (sizes.mixed == 0 ||
         gv_unseen_scratch_new(&s->unseen, sizes.mixed, sizes.width, err) == GV_OK))
        return GV_OK;
    gv_train_scratch_free(s);
    return GV_E_MEMORY;
}

void gv_train_scratch_free(gv_train_scratch *s)
{
    gv_mem_free(s->run_row);
    gv_mem_free(s->run_length);
    gv_mem_free(s->column);
    gv_mem_free(s->place);
    gv_mem_free(s->log_x);
    gv_mem_free(s->weight);
    gv_unseen_scratch_free(&s->unseen);
    *s = (gv_train_scratch){0};
}

/* --- preparing -------------------------------------------------------------------------------- */

/* Read up to `n` escaped values; returns how many. */
static size_t next_escapes(uint64_t *values, size_t n, const uint8_t **at, const uint8_t *end)
{
    size_t got = 0;
    while (got < n && *at && *at < end) {
        *at = gv_bytes_get_varint(*at, end, &values[got]);
        if (*at && values[got] > 0)
            got++;
        else
            *at = NULL;
    }
    return got;
}

/* Where the escape codes stand. */
static size_t find_escapes(uint32_t *place, const gv_tile *view)
{
    size_t n = 0;
    for (uint32_t k = 0; k < view->records; k++) {
        place[n] = k; /* stays if it is one */
        n += view->code[k] == GV_TILE_ESCAPE;
    }
    return n;
}

static int resolve_escapes(const gv_trainer *trainer, gv_train_scratch *scratch,
                           const gv_tile *view, gv_error *err)
{
    uint64_t values[ESCAPE_BATCH];
    float log_x[ESCAPE_BATCH], weight[ESCAPE_BATCH];
    const uint8_t *at = view->escape, *end = view->escape + view->escape_bytes;
    size_t places = find_escapes(scratch->place, view), got;
    for (size_t done = 0; done < places; done += got) {
        size_t left = places - done;
        got = next_escapes(values, left < ESCAPE_BATCH ? left : ESCAPE_BATCH, &at, end);
        if (got == 0)
            return gv_error_set(err, GV_E_CORRUPT, "a tile has too few values");
        gv_glove_table(log_x, weight, values, got,
                       &(gv_glove_weighting){trainer->unit, trainer->x_max, trainer->alpha});
        for (size_t i = 0; i < got; i++) {
            scratch->log_x[scratch->place[done + i]] = log_x[i];
            scratch->weight[scratch->place[done + i]] = weight[i];
        }
    }
    return GV_OK;
}

/* Two pairs, side by side. */
static quad load_pairs(const gv_train_numbers *first, const gv_train_numbers *second)
{
    double halves[2];
    quad pairs;
    memcpy(&halves[0], first, sizeof halves[0]);
    memcpy(&halves[1], second, sizeof halves[1]);
    memcpy(&pairs, halves, sizeof pairs);
    return pairs;
}

static void look_up_codes(const gv_trainer *trainer, gv_train_scratch *scratch, const gv_tile *view)
{
    const gv_train_numbers *numbers = trainer->numbers;
    const uint16_t *code = view->code;
    float *log_x = scratch->log_x, *weight = scratch->weight;
    size_t k = 0;
    for (; k + 4 <= view->records; k += 4) {
        quad low = load_pairs(&numbers[code[k]], &numbers[code[k + 1]]);
        quad high = load_pairs(&numbers[code[k + 2]], &numbers[code[k + 3]]);
        quad logs = __builtin_shufflevector(low, high, 0, 2, 4, 6);
        quad weights = __builtin_shufflevector(low, high, 1, 3, 5, 7);
        memcpy(log_x + k, &logs, sizeof logs);
        memcpy(weight + k, &weights, sizeof weights);
    }
    for (; k < view->records; k++) {
        log_x[k] = numbers[code[k]].log_x;
        weight[k] = numbers[code[k]].weight;
    }
}

static const uint16_t *wide_columns(gv_train_scratch *scratch, const gv_tile *view)
{
    if (view->column16)
        return view->column16;
    size_t k = 0;
    for (; k + 8 <= view->records; k += 8) {
        narrow_vector narrow;
        memcpy(&narrow, view->column8 + k, sizeof narrow);
        wide_vector wide = __builtin_convertvector(narrow, wide_vector);
        memcpy(scratch->column + k, &wide, sizeof wide);
    }
    for (; k < view->records; k++)
        scratch->column[k] = view->column8[k];
    return scratch->column;
}

static int prepare(gv_kernel_tile *tile, const gv_trainer *trainer, gv_train_scratch *scratch,
                   const gv_tile *view, gv_error *err)
{
    look_up_codes(trainer, scratch, view);
    *tile = (gv_kernel_tile){.rows = view->rows,
                             .records = view->records,
                             .row = view->row,
                             .row_length = view->row_length,
                             .column = wide_columns(scratch, view),
                             .log_x = scratch->log_x,
                             .weight = scratch->weight};
    return view->escapes > 0 ? resolve_escapes(trainer, scratch, view, err) : GV_OK;
}

/* The tile without the records (i,i), compacted into the scratch: reading is always at or ahead of
 * writing. A run that becomes empty goes. */
static void leave_out_diagonal(gv_kernel_tile *tile, gv_train_scratch *s)
{
    size_t from = 0, to = 0, runs = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        uint16_t row = tile->row[r];
        size_t begin = to;
        for (size_t end = from + tile->row_length[r] + 1u; from < end; from++) {
            if (tile->column[from] == row)
                continue;
            s->column[to] = tile->column[from];
            s->log_x[to] = tile->log_x[from];
            s->weight[to++] = tile->weight[from];
        }
        if (to > begin) {
            s->run_row[runs] = row;
            s->run_length[runs++] = (uint16_t)(to - begin - 1);
        }
    }
    *tile = (gv_kernel_tile){runs, to, s->run_row, s->run_length, s->column, s->log_x, s->weight};
}

/* --- training --------------------------------------------------------------------------------- */

/* The kernel's sides: rows of the tile are word rows, or (transposed) context rows. */
static gv_kernel_args make_pass(const gv_trainer *trainer, const gv_train_scratch *scratch,
                                const gv_tile *view, bool transposed)
{
    const gv_model *model = scratch->model ? scratch->model : trainer->model;
    const gv_step_sizes *lanes = trainer->lanes;
    size_t run_first = (size_t)trainer->segment_first[view->row_segment] * model->stride;
    size_t stream_first = (size_t)trainer->segment_first[view->column_segment] * model->stride;
    return (gv_kernel_args){.width = model->width,
                            .row_vectors = (transposed ? model->context : model->word) + run_first,
                            .column_vectors =
                                (transposed ? model->word : model->context) + stream_first,
                            .eta_row = transposed ? lanes->eta_context : lanes->eta_word,
                            .eta_column = transposed ? lanes->eta_word : lanes->eta_context,
                            .clip = lanes->clip,
                            .constant_step = trainer->constant_step,
                            .logistic = trainer->unseen != NULL,
                            .scale = trainer->model->scale * trainer->model->scale,
                            .logit_weight = trainer->logit_weight,
                            .logit_bound = trainer->logit_bound,
                            .focus = trainer->focus};
}

/* The seam: where schedules differ in how a tile's records meet the model. */
static double train_tile(const gv_trainer *trainer, const gv_train_scratch *scratch,
                         const gv_kernel_args *pass, const gv_kernel_tile *tile,
                         const gv_tile *view, bool transposed)
{
    if (!trainer->share)
        return trainer->kernel->train_tile(pass, tile);
    uint32_t contexts = trainer->model->vocab_size; /* number of the first context row */
    return gv_row_sync_tile(trainer->share, scratch->thread, trainer->kernel, pass, tile,
                            trainer->segment_first[view->row_segment] + (transposed ? contexts : 0),
                            trainer->segment_first[view->column_segment] +
                                (transposed ? 0 : contexts));
}

/* What a pair costs a model whose vectors are 0. */
static double ignorant_cost(const gv_kernel_args *pass, float x)
{
    const double log_2 = 0.69314718055994531, focus = (double)pass->focus;
    if (!pass->logistic)
        return 0.5 * (double)(x * x + 1);
    if (x == -INFINITY) /* never seen */
        return (1 + focus) * log_2 - focus;
    double off = fabs((double)x), bound = (double)pass->logit_bound;
    double counted = off < bound ? off : bound;
    return log_2 + (double)pass->logit_weight * counted * (off - 0.5 * counted);
}

static double ignorant_loss(const gv_kernel_args *pass, const gv_kernel_tile *tile)
{
    double sum = 0;
    for (size_t k = 0; k < tile->records; k++)
        sum += (double)tile->weight[k] * ignorant_cost(pass, tile->log_x[k]);
    return sum;
}

/* The kernel fetches rows from memory well ahead, but not the first ones of a tile: they are asked
 * for here and arrive while the records are prepared. */
static void fetch_first_rows(const gv_kernel_args *pass, const gv_tile *view)
{
    enum { LINE = 16 }; /* floats in a cache line */
    size_t stride = 2 * pass->width;
    for (size_t k = 0; k < FIRST_RECORDS && k < view->records; k++) {
        size_t column = view->column8 ? view->column8[k] : view->column16[k];
        for (size_t c = 0; c < stride; c += LINE)
            __builtin_prefetch(pass->column_vectors + column * stride + c, 0, 2);
    }
    for (size_t r = 0; r < FIRST_RUNS && r < view->rows; r++)
        for (size_t c = 0; c < stride; c += LINE)
            __builtin_prefetch(pass->row_vectors + view->row[r] * stride + c, 0, 2);
}

/* The tile in one direction. */
static double train_direction(const gv_trainer *trainer, gv_train_scratch *scratch,
                              const gv_schedule_task *task, const gv_tile *view,
                              gv_kernel_tile tile, bool transposed, bool hollow)
{
    gv_kernel_args pass = make_pass(trainer, scratch, view, transposed);
    if (trainer->unseen) {
        const gv_unseen_place place = {task->tile, view->row_segment, view->column_segment,
                                       transposed, hollow};
        gv_unseen_mix(&tile, &scratch->unseen, trainer->unseen, &place);
    }
    if (scratch->judge)
        scratch->ignorant += ignorant_loss(&pass, &tile);
    return train_tile(trainer, scratch, &pass, &tile, view, transposed);
}

/* Every epoch but the first begins with it. */
static bool decays(const gv_trainer *trainer)
{
    return trainer->unseen && trainer->unseen->epoch > 0 && trainer->keep < 1;
}

void gv_train_decay(const gv_trainer *trainer)
{
    const gv_model *model = trainer->model;
    if (trainer->by_turns || !decays(trainer))
        return;
    gv_model_decay(model, model->word, 0, model->vocab_size, trainer->keep);
    gv_model_decay(model, model->context, 0, model->vocab_size, trainer->keep);
}

/* Of a segment's rows, before their first task. */
static void decay_by_turns(const gv_trainer *trainer, const gv_schedule_task *task)
{
    const gv_model *model = trainer->model;
    const uint32_t *first = trainer->segment_first;
    uint32_t word = task->word_segment, context = task->context_segment;
    if (task->word_turn == 0)
        gv_model_decay(model, model->word, first[word], first[word + 1], trainer->keep);
    if (task->context_turn == 0)
        gv_model_decay(model, model->context, first[context], first[context + 1], trainer->keep);
}

int gv_train_task(double *loss, uint64_t *records, const gv_trainer *trainer,
                  gv_train_scratch *scratch, const gv_schedule_task *task, const gv_tile *view,
                  gv_error *err)
{
    gv_kernel_tile tile;
    gv_kernel_args pass = make_pass(trainer, scratch, view, task->transposed);
    fetch_first_rows(&pass, view);
    if (trainer->by_turns && decays(trainer))
        decay_by_turns(trainer, task);
    int status = prepare(&tile, trainer, scratch, view, err);
    if (status != GV_OK)
        return status;
    *loss = train_direction(trainer, scratch, task, view, tile, task->transposed, false);
    *records = tile.records;
    if (task->both) {
        leave_out_diagonal(&tile, scratch);
        *loss += train_direction(trainer, scratch, task, view, tile, true, true);
        *records += tile.records;
    }
    gv_test_hook(GV_TEST_HOOK_TASK);
    return GV_OK;
}

/* --- evaluating ------------------------------------------------------------------------------- */

/* Pairs in one direction, as far as they concern the job's rows: these are the tile's rows, its
 * columns, both (of a diagonal tile), or none. */
static void evaluate_tile(gv_objective_job *job, const gv_trainer *trainer,
                          const gv_kernel_tile *tile, const gv_tile *view, bool transposed)
{
    const gv_model *x = job->x;
    gv_objective_args pass = {
        .width = x->width,
        .row_vectors = (transposed ? x->context : x->word) +
                       (size_t)trainer->segment_first[view->row_segment] * x->stride,
        .column_vectors = (transposed ? x->word : x->context) +
                          (size_t)trainer->segment_first[view->column_segment] * x->stride,
        .gradient = job->gradient,
    };
    if (view->row_segment == job->segment && job->context == transposed)
        job->value += job->kernel->collect(&pass, tile);
    if (view->column_segment == job->segment && job->context != transposed)
        job->value += job->kernel->spread(&pass, tile);
}

int gv_train_objective(gv_objective_job *job, const gv_trainer *trainer, gv_train_scratch *scratch,
                       const gv_tile *view, gv_error *err)
{
    gv_kernel_tile tile;
    int status = prepare(&tile, trainer, scratch, view, err);
    if (status != GV_OK)
        return status;
    evaluate_tile(job, trainer, &tile, view, false);
    gv_test_hook(GV_TEST_HOOK_TASK);
    if (!job->symmetric)
        return GV_OK;
    if (view->row_segment == view->column_segment)
        leave_out_diagonal(&tile, scratch);
    evaluate_tile(job, trainer, &tile, view, true);
    return GV_OK;
}
