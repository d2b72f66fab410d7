/*
 * hypergraph - how sparse the training problem is, in the measures of Recht, Re, Wright, Niu
 * (Hogwild!, NIPS 2011, section 2).
 *
 *   hypergraph RUN_DIR
 *
 * Reads counts.bin. Vertices are the rows of the model, two a word (word row, context row); they
 * stand for the components of the paper's x, as all components of a row are read and written
 * together. Two lines of CSV, for two hypergraphs:
 *
 *   record  an edge is an ordered record (i,j): {word row i, context row j}
 *   step    an edge is a step of training (gv_row_sync.h): a row and up to GV_STEP_RECORDS columns.
 *           Which records share a step is drawn by glove-shuffle; how often a row is in a step does
 *           not depend on that, only on the segments, which are cut here as glove-shuffle cuts them
 *
 * and these columns, |E| being the number of edges:
 *
 *   vertices    those in at least one edge
 *   edges       |E|
 *   omega       rows of the largest edge (the paper's Omega)
 *   delta       edges with the most frequent row / |E| (its Delta)
 *   rho         greatest share of edges that meet one edge, which itself counts, as e meets e (its
 *               rho). Of steps it is an upper bound: the omega - 1 most frequent columns with the
 *               most frequent row, steps that hold two of them counted twice
 *   overlap     probability that two edges drawn at random meet: of records exact, of steps the
 *               mean number of rows they share, which is a little more
 *   delta_n, rho_n   delta and rho times vertices: the paper calls a problem sparse whose delta and
 *               rho are of the order of 1 / n
 *   n_fourth_root    vertices to the power 1/4: of fewer processors than that the paper says that
 * the speed-up is nearly linear, if delta and rho are that small
 *
 * Cost: one pass over counts.bin for records and two more for rho and for steps; 16 bytes a word.
 */
#include "base/gv_mem.h"
#include "counts/gv_counts.h"
#include "kernel/gv_kernel.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* How often each row is in an edge. Of steps: as row and as column of a tile apart. */
typedef struct degrees {
    uint32_t words;
    bool symmetric;
    uint32_t *word, *context;     /* [words] records */
    uint64_t *as_row, *as_column; /* [2 x words] steps: word rows, then context rows */
    uint64_t steps, largest;      /* largest: records of a step */
} degrees;

typedef struct measures {
    const char *edge;
    uint64_t vertices, edges;
    double omega, delta, rho, overlap;
} measures;

/* What is done with each stored row. */
typedef void row_fn(void *context, degrees *d, uint32_t row, const gv_counts_cell *cells, size_t n);

static int each_row(gv_counts *counts, row_fn *work, void *context, degrees *d, gv_error *err)
{
    const gv_counts_cell *cells;
    uint32_t row;
    size_t n;
    int status = gv_counts_rewind(counts, err);
    while (status == GV_OK &&
           (status = gv_counts_next_row(counts, &row, &cells, &n, err)) == GV_OK && n > 0)
        work(context, d, row, cells, n);
    return status;
}

/* --- records ---------------------------------------------------------------------------------- */

/* A stored cell (i,j), i != j, of a symmetric matrix is two records, (i,j) and (j,i). */
static void count_row(void *context, degrees *d, uint32_t row, const gv_counts_cell *cells,
                      size_t n)
{
    (void)context;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = cells[i].column;
        d->word[row]++;
        d->context[column]++;
        if (d->symmetric && column != row) {
            d->word[column]++;
            d->context[row]++;
        }
    }
}

/* The most edges that meet one edge of the row: those with its word row or its context row, less
 * the one that has both, itself. */
static void meet_row(void *context, degrees *d, uint32_t row, const gv_counts_cell *cells, size_t n)
{
    uint64_t *most = context;
    for (size_t i = 0; i < n; i++) {
        uint32_t column = cells[i].column;
        uint64_t one = (uint64_t)d->word[row] + d->context[column] - 1;
        uint64_t other = d->symmetric ? (uint64_t)d->word[column] + d->context[row] - 1 : 0;
        *most = *most < one ? one : *most;
        *most = *most < other ? other : *most;
    }
}

static int measure_records(measures *m, degrees *d, gv_counts *counts, gv_error *err)
{
    uint64_t meet = 0, most = 0;
    double squares = 0;
    int status = each_row(counts, count_row, NULL, d, err);
    if (status == GV_OK)
        status = each_row(counts, meet_row, &meet, d, err);
    *m = (measures){.edge = "record", .edges = gv_counts_about(counts)->records, .omega = 2};
    double edges = (double)m->edges;
    for (uint32_t i = 0; i < d->words; i++) {
        m->vertices += (d->word[i] > 0) + (uint64_t)(d->context[i] > 0);
        most = most < d->word[i] ? d->word[i] : most;
        most = most < d->context[i] ? d->context[i] : most;
        squares += (double)d->word[i] * d->word[i] + (double)d->context[i] * d->context[i];
    }
    m->delta = (double)most / edges;
    m->rho = (double)meet / edges;
    m->overlap = (squares - edges) / (edges * edges); /* the edge itself is met twice */
    return status;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* The steps of a tile row: `records` of one row with columns of one segment. */
static void end_row(degrees *d, uint32_t row, uint64_t records)
{
    uint64_t steps = (records + GV_STEP_RECORDS - 1) / GV_STEP_RECORDS;
    uint64_t largest = records < GV_STEP_RECORDS ? records : GV_STEP_RECORDS;
    d->as_row[row] += steps;
    d->steps += steps;
    d->largest = d->largest < largest ? largest : d->largest;
}

/* One direction of a row, which is cut into tile rows by the segments of its columns. The row has
 * number `row`, column c the number first_column + c. The column `left_out` is not visited in this
 * direction. */
static void step_direction(degrees *d, const gv_segments *segments, const gv_counts_cell *cells,
                           size_t n, uint32_t row, uint32_t first_column, uint32_t left_out)
{
    uint32_t segment = n > 0 ? gv_segments_find(segments->first, segments->n, cells[0].column) : 0;
    uint64_t records = 0;
    for (size_t i = 0; i < n; i++) {
        if (cells[i].column >= segments->first[segment + 1]) {
            end_row(d, row, records);
            records = 0;
            segment = gv_segments_find(segments->first, segments->n, cells[i].column);
        }
        if (cells[i].column == left_out)
            continue;
        d->as_column[first_column + cells[i].column]++;
        records++;
    }
    end_row(d, row, records);
}

/* Stored rows are tile rows in both directions (gv_schedule.h): (i,j) meets word row i with context
 * rows j; read as (j,i), context row i with word rows j. A cell (i,i) is visited once. */
static void step_row(void *context, degrees *d, uint32_t row, const gv_counts_cell *cells, size_t n)
{
    step_direction(d, context, cells, n, row, d->words, UINT32_MAX);
    if (d->symmetric)
        step_direction(d, context, cells, n, d->words + row, 0, row);
}

static void keep_largest(uint64_t *largest, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++)
        if (value > largest[i]) {
            uint64_t smaller = largest[i];
            largest[i] = value;
            value = smaller;
        }
}

static int measure_steps(measures *m, degrees *d, gv_counts *counts, gv_error *err)
{
    gv_segments segments;
    uint64_t most = 0, run = 0, streams[GV_STEP_RECORDS] = {0};
    double squares = 0;
    int status = gv_segments_cut(&segments, d->word, d->words, err);
    if (status != GV_OK)
        return status;
    status = each_row(counts, step_row, &segments, d, err);
    gv_segments_free(&segments);
    for (size_t i = 0; i < 2 * (size_t)d->words; i++) {
        uint64_t degree = d->as_row[i] + d->as_column[i];
        m->vertices += degree > 0;
        most = most < degree ? degree : most;
        squares += (double)degree * (double)degree;
        run = d->as_row[i] > 0 && run < degree ? degree : run;
        keep_largest(streams, GV_STEP_RECORDS, d->as_column[i] > 0 ? degree : 0);
    }
    double edges = (double)d->steps;
    m->edge = "step";
    m->edges = d->steps;
    m->omega = (double)d->largest + 1;
    m->delta = (double)most / edges;
    for (size_t i = 0; i < GV_STEP_RECORDS; i++)
        run += streams[i];
    m->rho = fmin(1, (double)run / edges);
    m->overlap = squares / (edges * edges);
    return status;
}

/* --- the program ------------------------------------------------------------------------------ */

static void print(const measures *m)
{
    double n = (double)m->vertices;
    printf("%s,%llu,%llu,%g,%.9g,%.9g,%.9g,%.6g,%.6g,%.6g\n", m->edge,
           (unsigned long long)m->vertices, (unsigned long long)m->edges, m->omega, m->delta,
           m->rho, m->overlap, m->delta * n, m->rho * n, pow(n, 0.25));
}

static void free_degrees(degrees *d)
{
    gv_mem_free(d->word);
    gv_mem_free(d->context);
    gv_mem_free(d->as_row);
    gv_mem_free(d->as_column);
}

static int make_degrees(degrees *d, const gv_counts_info *about, gv_error *err)
{
    *d = (degrees){.words = about->vocab_size, .symmetric = about->symmetric};
    size_t rows = 2 * (size_t)d->words;
    if ((d->word = gv_mem_alloc_zero(d->words, sizeof *d->word, err)) &&
        (d->context = gv_mem_alloc_zero(d->words, sizeof *d->context, err)) &&
        (d->as_row = gv_mem_alloc_zero(rows, sizeof *d->as_row, err)) &&
        (d->as_column = gv_mem_alloc_zero(rows, sizeof *d->as_column, err)))
        return GV_OK;
    free_degrees(d);
    return GV_E_MEMORY;
}

static int run(const char *path, gv_error *err)
{
    gv_counts *counts;
    degrees d;
    measures records = {0}, steps = {0};
    int status = gv_counts_open(&counts, path, err);
    if (status != GV_OK)
        return status;
    status = make_degrees(&d, gv_counts_about(counts), err);
    if (status == GV_OK) {
        status = measure_records(&records, &d, counts, err);
        if (status == GV_OK)
            status = measure_steps(&steps, &d, counts, err);
        free_degrees(&d);
    }
    gv_counts_close(counts);
    if (status != GV_OK)
        return status;
    puts("edge,vertices,edges,omega,delta,rho,overlap,delta_n,rho_n,n_fourth_root");
    print(&records);
    print(&steps);
    return GV_OK;
}

int main(int argc, char **argv)
{
    gv_error err = GV_ERROR_INIT;
    char path[4096];
    if (argc != 2 || snprintf(path, sizeof path, "%s/counts.bin", argv[1]) >= (int)sizeof path)
        return fputs("usage: hypergraph RUN_DIR\n", stderr), 2;
    if (run(path, &err) != GV_OK)
        return fprintf(stderr, "hypergraph: %s\n", err.text), 1;
    return 0;
}
