/*
 * counts.bin to a matrix of another program.
 *
 * Problem: of a symmetric matrix only the cells i <= j are stored, by row; the export wants every
 * row whole, so the cells must be transposed, in bounded memory.
 * Approach: three passes over counts.bin. The first counts the cells of every column. Columns are
 * then cut into ranges of about RANGE_CELLS cells, and every range gets its place in a temporary
 * file, exactly as large as needed. The second pass puts each cell off the diagonal into the range
 * of its column, through a small buffer per range. The third pass goes through the rows: when a
 * range begins it is read and sorted by column (a counting sort; within a column the cells came in
 * row order), and each row is its transposed cells followed by its stored ones.
 * Cost: the matrix is read three times and the temporary file written and read once.
 */
#include "counts/gv_matrix_export.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "counts/gv_counts.h"
#include <string.h>
#include <unistd.h>

enum {
    RECORD = 16,
    RANGE_CELLS = 1 << 20,
    RANGES_MAX = 2048,
    PUT_CELLS = 1024 /* cells in the buffer of a range */
};

#define TEMP_NAME "a temporary file of transposed counts"

/* Cells whose column is in first[r] .. first[r + 1], in a part of the temporary file. */
typedef struct range {
    uint32_t first;
    uint64_t begin, put; /* in cells: where the part begins; cells written to it */
    uint8_t *buffer;
    size_t buffered;
} range;

typedef struct exporter {
    gv_counts *counts;
    const gv_counts_info *info;
    gv_matrix_writer out;
    uint64_t entries;
    /* symmetric only */
    int fd;
    uint64_t *column_cells; /* [words] cells off the diagonal, by column */
    uint32_t *range_of;     /* [words] */
    range *ranges;
    uint32_t range_count;
    /* the range in memory */
    uint32_t loaded;
    uint8_t *raw;
    size_t raw_capacity;
    gv_counts_cell *sorted; /* by column; `column` holds the row, which is where it goes */
    size_t sorted_capacity;
    uint64_t *place;   /* [words] where the cells of a column end in `sorted` */
    uint32_t next_row; /* to be written */
} exporter;

static int put_entry(exporter *e, uint32_t row, uint32_t column, uint64_t value, gv_error *err)
{
    e->entries++;
    return e->out.put(&e->out, row, column, (double)value / (double)e->info->unit, err);
}

/* What is done with a stored row. */
typedef int row_fn(exporter *e, uint32_t row, const gv_counts_cell *cells, size_t n, gv_error *err);

/* One pass over counts.bin, from its current position. */
static int each_row(exporter *e, row_fn *take, gv_error *err)
{
    for (;;) {
        uint32_t row;
        const gv_counts_cell *cells;
        size_t n;
        int status = gv_counts_next_row(e->counts, &row, &cells, &n, err);
        if (status != GV_OK || n == 0)
            return status;
        status = take(e, row, cells, n, err);
        if (status == GV_OK)
            status = gv_signal_check(err);
        if (status != GV_OK)
            return status;
    }
}

static int put_stored(exporter *e, uint32_t row, const gv_counts_cell *cells, size_t n,
                      gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < n && status == GV_OK; i++)
        status = put_entry(e, row, cells[i].column, cells[i].value, err);
    return status;
}

static int count_row(exporter *e, uint32_t row, const gv_counts_cell *cells, size_t n,
                     gv_error *err)
{
    (void)err;
    for (size_t i = 0; i < n; i++)
        e->column_cells[cells[i].column] += cells[i].column != row;
    return GV_OK;
}

/* Cut the columns into ranges; a range may be larger than planned by one column. */
static int cut_ranges(exporter *e, gv_error *err)
{
    uint32_t words = e->info->vocab_size;
    /* 1 Mi cells are 16 MiB; of a large matrix ranges grow instead of their number, as each has a
     * buffer */
    uint64_t want = e->info->cells / RANGES_MAX + 1, inside = 0, begin = 0;
    if (want < RANGE_CELLS)
        want = RANGE_CELLS;
    e->range_of = gv_mem_alloc(words, sizeof *e->range_of, err);
    e->place = gv_mem_alloc(words, sizeof *e->place, err);
    e->ranges = gv_mem_alloc_zero(RANGES_MAX + 2, sizeof *e->ranges, err);
    if (!e->range_of || !e->place || !e->ranges)
        return GV_E_MEMORY;
    for (uint32_t word = 0; word < words; word++) {
        if (inside >= want || e->range_count == 0) {
            e->ranges[e->range_count++] = (range){.first = word, .begin = begin};
            inside = 0;
        }
        e->range_of[word] = e->range_count - 1;
        inside += e->column_cells[word];
        begin += e->column_cells[word];
    }
    e->ranges[e->range_count] = (range){.first = words, .begin = begin};
    for (uint32_t r = 0; r < e->range_count; r++)
        if (!(e->ranges[r].buffer = gv_mem_alloc(PUT_CELLS, RECORD, err)))
            return GV_E_MEMORY;
    return GV_OK;
}

static int flush_range(exporter *e, range *r, gv_error *err)
{
    int status = gv_file_pwrite(e->fd, r->buffer, r->buffered * RECORD,
                                (r->begin + r->put) * RECORD, TEMP_NAME, err);
    r->put += r->buffered;
    r->buffered = 0;
    return status;
}

/* Cells off the diagonal go to the ranges of their columns. The place of a range in the file is
 * fixed, because the first pass has counted its cells. */
static int scatter_row(exporter *e, uint32_t row, const gv_counts_cell *cells, size_t n,
                       gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        if (cells[i].column == row)
            continue;
        range *r = &e->ranges[e->range_of[cells[i].column]];
        uint8_t *to = r->buffer + r->buffered++ * RECORD;
        gv_bytes_put32(to, cells[i].column);
        gv_bytes_put32(to + 4, row);
        gv_bytes_put64(to + 8, cells[i].value);
        if (r->buffered == PUT_CELLS)
            status = flush_range(e, r, err);
    }
    return status;
}

/* The second pass. */
static int scatter(exporter *e, gv_error *err)
{
    int status = gv_counts_rewind(e->counts, err);
    if (status == GV_OK)
        status = each_row(e, scatter_row, err);
    for (uint32_t r = 0; r < e->range_count && status == GV_OK; r++)
        status = flush_range(e, &e->ranges[r], err);
    return status;
}

/* Read range `number` and sort it by column. */
static int load_range(exporter *e, uint32_t number, gv_error *err)
{
    const range *r = &e->ranges[number];
    size_t n = (size_t)(r[1].begin - r->begin);
    int status = gv_mem_reserve(&e->raw, &e->raw_capacity, n * RECORD, 1, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&e->sorted, &e->sorted_capacity, n, sizeof *e->sorted, err);
    if (status == GV_OK)
        status = gv_file_pread(e->fd, e->raw, n * RECORD, r->begin * RECORD, TEMP_NAME, err);
    if (status != GV_OK)
        return status;
    uint64_t place = 0;
    /* counting sort: `place` is first where a column begins, and at the end, after each of its
     * cells moved it by one, where it ends */
    for (uint32_t column = r->first; column < r[1].first; column++) {
        e->place[column] = place;
        place += e->column_cells[column];
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = e->raw + i * RECORD;
        uint32_t column = gv_bytes_get32(from);
        /* the temporary file is not under a checksum; at least it must not lead outside the
         * arrays */
        if (column < r->first || column >= r[1].first || e->place[column] >= n)
            return gv_error_set(err, GV_E_CORRUPT, "%s is damaged; check the disk", TEMP_NAME);
        e->sorted[e->place[column]++] =
            (gv_counts_cell){gv_bytes_get32(from + 4), gv_bytes_get64(from + 8)};
    }
    e->loaded = number;
    return GV_OK;
}

/* The transposed cells of row `row`. The ranges are needed in ascending order, each for consecutive
 * rows, so each is loaded once. */
static int put_transposed(exporter *e, uint32_t row, gv_error *err)
{
    int status = GV_OK;
    if (e->range_of[row] != e->loaded)
        status = load_range(e, e->range_of[row], err);
    uint64_t end = status == GV_OK ? e->place[row] : 0, n = e->column_cells[row];
    for (uint64_t i = end - n; i < end && status == GV_OK; i++)
        status = put_entry(e, row, e->sorted[i].column, e->sorted[i].value, err);
    return status;
}

/* The transposed cells of the rows up to `end` that are not yet written: those of a row that is not
 * stored are all it has. */
static int put_transposed_up_to(exporter *e, uint32_t end, gv_error *err)
{
    int status = GV_OK;
    for (; e->next_row < end && status == GV_OK; e->next_row++)
        status = put_transposed(e, e->next_row, err);
    return status;
}

static int put_whole_row(exporter *e, uint32_t row, const gv_counts_cell *cells, size_t n,
                         gv_error *err)
{
    int status = put_transposed_up_to(e, row + 1, err);
    return status == GV_OK ? put_stored(e, row, cells, n, err) : status;
}

/* The third pass. */
static int put_symmetric(exporter *e, gv_error *err)
{
    e->loaded = UINT32_MAX;
    int status = gv_counts_rewind(e->counts, err);
    if (status == GV_OK)
        status = each_row(e, put_whole_row, err);
    return status == GV_OK ? put_transposed_up_to(e, e->info->vocab_size, err) : status;
}

static int export_symmetric(exporter *e, gv_error *err)
{
    e->column_cells = gv_mem_alloc_zero(e->info->vocab_size, sizeof *e->column_cells, err);
    int status = e->column_cells ? gv_file_temp_open_beside(&e->fd, e->out.path, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = each_row(e, count_row, err); /* the first pass */
    if (status == GV_OK)
        status = cut_ranges(e, err);
    if (status == GV_OK)
        status = scatter(e, err);
    if (status == GV_OK)
        status = put_symmetric(e, err);
    return status;
}

static void release(exporter *e)
{
    if (e->out.clear)
        e->out.clear(&e->out);
    gv_file_writer_abort(&e->out.out);
    gv_counts_close(e->counts);
    if (e->fd >= 0)
        close(e->fd);
    for (uint32_t r = 0; r < e->range_count; r++)
        gv_mem_free(e->ranges[r].buffer);
    gv_mem_free(e->ranges);
    gv_mem_free(e->range_of);
    gv_mem_free(e->column_cells);
    gv_mem_free(e->place);
    gv_mem_free(e->raw);
    gv_mem_free(e->sorted);
}

static int check(const exporter *e, const gv_vocab *vocab, const char *counts_path, gv_error *err)
{
    if (e->info->vocab_size > INT32_MAX)
        return gv_error_set(err, GV_E_RUNTIME, "%s: the formats hold at most 2^31 - 1 words",
                            counts_path);
    if (vocab && !gv_hash_equal(gv_vocab_hash(vocab), e->info->vocab_hash))
        return gv_error_set(err, GV_E_USAGE,
                            "the vocabulary is not the one that %s was counted with; give that one "
                            "(--vocab FILE)",
                            counts_path);
    return GV_OK;
}

int gv_matrix_export(const char *counts_path, const gv_vocab *vocab, const char *out_path,
                     enum gv_matrix_writer_format format, uint64_t *entries, gv_error *err)
{
    exporter e = {.fd = -1};
    int status = gv_counts_open(&e.counts, counts_path, err);
    if (status != GV_OK)
        return status;
    e.info = gv_counts_about(e.counts);
    e.out = (gv_matrix_writer){.path = out_path, .info = e.info, .vocab = vocab};
    status = check(&e, vocab, counts_path, err);
    if (status == GV_OK)
        status = gv_matrix_writer_open(&e.out, format, err);
    if (status == GV_OK)
        status = e.info->symmetric && !e.out.half ? export_symmetric(&e, err)
                                                  : each_row(&e, put_stored, err);
    if (status == GV_OK)
        status = e.out.finish(&e.out, err);
    if (status == GV_OK)
        status = gv_file_writer_commit(&e.out.out, err);
    if (status == GV_OK && entries)
        *entries = e.entries;
    release(&e);
    return status;
}
