/*
 * Mixing unseen cells into tiles, against what the matrix says: the seen cells are all there, in
 * their order, with the logit of X / (X + N); the others are cells of the matrix that are 0; and
 * over many epochs every cell is drawn as often as its share says.
 */
#include "train/gv_unseen.h"

#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "support/gv_test_store.h"
#include <math.h>
#include <stdlib.h>

typedef struct fixture {
    gv_test_store_plan plan;
    gv_config *config;
    gv_store *store;
    const gv_store_info *info;
    gv_unseen *unseen;
    gv_unseen_scratch scratch;
    double *sums;  /* of rows, as X */
    double powers; /* the sum of their powers */
} fixture;

static double value_of(const fixture *f, uint32_t word, uint32_t context)
{
    return (double)gv_test_store_value(&f->plan, word, context) / (double)f->info->unit;
}

static void set_up(fixture *f, gv_test_store_plan plan, const char *set)
{
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_path("store.db");
    *f = (fixture){.plan = plan};
    gv_test_store_write(path, &plan);
    gv_strings sets = {0};
    gv_assert_ok(gv_strings_add(&sets, "train.objective=logistic", &err), err);
    gv_assert_ok(gv_strings_add(&sets, set, &err), err);
    gv_assert_ok(gv_config_load(&f->config, NULL, &sets, "test", &err), err);
    gv_strings_free(&sets);
    gv_assert_ok(gv_store_open(&f->store, path, 1, &err), err);
    f->info = gv_store_about(f->store);
    gv_assert_ok(gv_unseen_new(&f->unseen, f->store, f->config, &err), err);
    size_t records, width;
    gv_unseen_sizes(&records, &width, f->unseen, f->store);
    gv_assert_ok(gv_unseen_scratch_new(&f->scratch, records, width, &err), err);
    f->sums = calloc(plan.words, sizeof *f->sums);
    for (uint32_t i = 0; i < plan.words; i++) {
        for (uint32_t j = 0; j < plan.words; j++)
            f->sums[i] += value_of(f, i, j);
        f->powers += pow(f->sums[i], f->config->train_unseen_power);
    }
}

static void tear_down(fixture *f)
{
    free(f->sums);
    gv_unseen_scratch_free(&f->scratch);
    gv_unseen_free(f->unseen);
    gv_store_close(f->store);
    gv_config_free(f->config);
}

/* N of a pair. */
static double chance(const fixture *f, uint32_t word, uint32_t context)
{
    const gv_config *c = f->config;
    return c->train_unseen_ratio * f->sums[word] * pow(f->sums[context], c->train_unseen_power) /
           f->powers;
}

/* A tile as it is stored. */
typedef struct stored {
    gv_kernel_tile tile;
    uint16_t row[4096], length[4096], column[4096];
    float log_x[4096], weight[4096];
} stored;

static void add_row(const fixture *f, stored *s, uint32_t row, const uint32_t *columns,
                    const gv_unseen_place *place)
{
    uint32_t first = f->info->segment_first[place->row_segment];
    size_t before = s->tile.records;
    for (uint32_t j = columns[0]; j < columns[1]; j++) {
        uint64_t value = gv_test_store_value(&f->plan, row, j);
        if (value == 0 || (place->hollow && row == j))
            continue;
        s->column[s->tile.records] = (uint16_t)(j - columns[0]);
        s->log_x[s->tile.records] = (float)log((double)value / (double)f->info->unit);
        s->weight[s->tile.records++] = (float)(1 + row % 7);
    }
    if (s->tile.records > before) {
        s->row[s->tile.rows] = (uint16_t)(row - first);
        s->length[s->tile.rows++] = (uint16_t)(s->tile.records - before - 1);
    }
}

static void store_tile(const fixture *f, stored *s, const gv_unseen_place *place)
{
    const uint32_t *first = f->info->segment_first;
    s->tile = (gv_kernel_tile){0};
    for (uint32_t row = first[place->row_segment]; row < first[place->row_segment + 1]; row++)
        add_row(f, s, row, first + place->column_segment, place);
    s->tile = (gv_kernel_tile){s->tile.rows, s->tile.records, s->row,   s->length,
                               s->column,    s->log_x,        s->weight};
}

/* One record of a mixed tile, in row `row`; `*next` is the next seen one of the stored tile. */
static void check_record(const fixture *f, const gv_kernel_tile *mixed, const stored *s,
                         const gv_unseen_place *place, uint32_t row, size_t k, size_t *next)
{
    uint32_t column = f->info->segment_first[place->column_segment] + mixed->column[k];
    uint32_t word = place->transposed ? column : row, context = place->transposed ? row : column;
    double x = value_of(f, row, column);
    if (x > 0 && !(place->hollow && row == column)) {
        double p = x / (x + chance(f, word, context)), logit = log(p / (1 - p));
        cr_assert_eq(mixed->column[k], s->column[*next], "seen cells keep their order");
        cr_assert_eq(mixed->weight[k], s->weight[*next]);
        cr_assert_float_eq(mixed->log_x[k], logit, 1e-5, "logit of (%u, %u) is %g, not %g", word,
                           context, (double)mixed->log_x[k], logit);
        ++*next;
        return;
    }
    cr_assert(!(place->hollow && row == column), "(%u, %u) was drawn", row, row);
    cr_assert_eq(mixed->log_x[k], -INFINITY);
    cr_assert_eq(mixed->weight[k], (float)f->config->train_unseen_weight);
}

/* Returns the number of unseen cells; adds each of them to `drawn`. */
static size_t check_tile(const fixture *f, const gv_kernel_tile *mixed, const stored *s,
                         const gv_unseen_place *place, uint32_t *drawn)
{
    size_t k = 0, next = 0, next_row = 0;
    uint32_t begin = f->info->segment_first[place->row_segment];
    for (size_t r = 0; r < mixed->rows; r++) {
        uint32_t row = begin + mixed->row[r];
        bool seen_columns[65536 / 8] = {false};
        if (next_row < s->tile.rows && s->row[next_row] == mixed->row[r])
            next_row++;
        for (size_t end = k + mixed->row_length[r] + 1u; k < end; k++) {
            cr_assert(!seen_columns[mixed->column[k]], "a column twice in a row");
            seen_columns[mixed->column[k]] = true;
            uint32_t column = f->info->segment_first[place->column_segment] + mixed->column[k];
            if (drawn && value_of(f, row, column) == 0)
                drawn[row * f->plan.words + column]++;
            check_record(f, mixed, s, place, row, k, &next);
        }
    }
    cr_assert_eq(k, mixed->records);
    cr_assert_eq(next, s->tile.records, "all seen cells are there");
    cr_assert_eq(next_row, s->tile.rows, "rows of seen cells keep their order");
    cr_assert_leq(mixed->records, f->scratch.records);
    return mixed->records - s->tile.records;
}

/* All tiles of an epoch, in both directions; returns how many unseen cells there were. */
static size_t check_epoch(fixture *f, uint64_t epoch, uint32_t *drawn)
{
    size_t unseen = 0;
    stored *s = malloc(sizeof *s);
    f->unseen->epoch = epoch;
    for (uint32_t t = 0; t < f->info->tiles; t++)
        for (int turned = 0; turned < (f->info->symmetric ? 2 : 1); turned++) {
            const gv_store_tile *where = &gv_store_tiles(f->store)[t];
            const gv_unseen_place place = {t, where->row_segment, where->column_segment, turned,
                                           turned && where->row_segment == where->column_segment};
            store_tile(f, s, &place);
            gv_kernel_tile mixed = s->tile;
            gv_unseen_mix(&mixed, &f->scratch, f->unseen, &place);
            unseen += check_tile(f, &mixed, s, &place, drawn);
        }
    free(s);
    return unseen;
}

static gv_test_store_plan sparse(bool symmetric)
{
    gv_test_store_plan plan = gv_test_store_small();
    plan.words = 90;
    plan.percent = 20;
    plan.symmetric = symmetric;
    return plan;
}

Test(unseen, mixes_what_the_matrix_says, .timeout = 60)
{
    static const char *const sets[] = {"train.unseen_draws=1", "train.unseen_draws=30",
                                       "train.unseen_power=0.3", "train.unseen_draws=0"};
    for (size_t i = 0; i < 8; i++) {
        fixture f;
        set_up(&f, sparse(i % 2), sets[i / 2]);
        size_t unseen = check_epoch(&f, i, NULL);
        cr_assert((unseen > 0) == (i / 2 != 3), "%zu unseen cells", unseen);
        tear_down(&f);
    }
}

Test(unseen, full_and_tiny_matrices, .timeout = 60)
{
    gv_test_store_plan plan = sparse(true);
    fixture f;
    plan.percent = 100;
    set_up(&f, plan, "train.unseen_draws=2");
    cr_assert_eq(check_epoch(&f, 0, NULL), 0, "nothing is unseen");
    tear_down(&f);
    plan.words = plan.segment_words = 1;
    set_up(&f, plan, "train.unseen_draws=2");
    check_epoch(&f, 0, NULL);
    tear_down(&f);
}

/* A cell (i, j) of a tile that is there is drawn at least once in an epoch with probability
 * 1 - e^-m or a little more, m = draws D_ij; with few draws that is about m. */
Test(unseen, draws_are_shared_out_as_said, .timeout = 120)
{
    enum { EPOCHS = 3000 };
    fixture f;
    set_up(&f, sparse(false), "train.unseen_draws=0.02");
    uint32_t words = f.plan.words, *drawn = calloc((size_t)words * words, sizeof *drawn);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++)
        check_epoch(&f, epoch, drawn);
    double power = f.config->train_unseen_draw_power, all = 0, squares = 0;
    size_t cells = 0;
    for (uint32_t w = 0; w < words; w++)
        all += pow(f.sums[w], power);
    for (uint32_t i = 0; i < words; i++)
        for (uint32_t j = 0; j < words; j++) {
            double m = EPOCHS * f.unseen->draws * pow(f.sums[i] * f.sums[j], power) / (all * all);
            uint32_t n = drawn[i * words + j];
            if (value_of(&f, i, j) > 0 || n == 0)
                continue; /* seen, or of a tile that is empty */
            cr_assert_lt(fabs(n - m), 6 * sqrt(m) + 1, "(%u, %u): %u times, %g expected", i, j, n,
                         m);
            squares += (n - m) * (n - m) / m;
            cells++;
        }
    cr_assert_gt(cells, 1000);
    cr_assert_lt(squares / (double)cells, 1.2, "mean square %g", squares / (double)cells);
    free(drawn);
    tear_down(&f);
}

Test(unseen, epochs_seeds_and_directions_differ, .timeout = 60)
{
    fixture f;
    set_up(&f, sparse(true), "train.unseen_draws=1");
    uint32_t words = f.plan.words;
    uint32_t *drawn[3];
    for (size_t i = 0; i < 3; i++) {
        drawn[i] = calloc((size_t)words * words, sizeof **drawn);
        check_epoch(&f, i == 2 ? 0 : i, drawn[i]);
    }
    size_t bytes = (size_t)words * words * sizeof **drawn;
    cr_assert_neq(memcmp(drawn[0], drawn[1], bytes), 0, "another epoch, other cells");
    cr_assert_eq(memcmp(drawn[0], drawn[2], bytes), 0, "the same epoch, the same cells");
    for (size_t i = 0; i < 3; i++)
        free(drawn[i]);
    tear_down(&f);
}
