/*
 * Writing and reading model.ckpt.
 *
 * Problem: a checkpoint is large (two matrices with their AdaGrad sums), is written often, and a
 * training must never resume from a damaged one. Approach: a header with its own checksum, which
 * includes what is done of the epoch, then the rows in chunks of about CHUNK_BYTES, each followed
 * by an XXH3-64 checksum. The seed of that is the header's checksum plus the chunk's number: so a
 * chunk in the wrong place, or of another checkpoint, does not match. The header's counts determine
 * the size of the file, which is checked before anything is read.
 *
 * Rows are packed without padding and constants: 2 * (dim + 1) floats, values then sums. One chunk
 * buffer is all the memory that is needed. Cost: one copy and two XXH3 sums over the bytes (the
 * chunks' and gv_file_writer's own), far below the cost of writing them.
 */
#include "model/gv_checkpoint.h"

#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    FORMAT_VERSION = 2,
    FIXED_BYTES = 128,      /* of the header before the recipe */
    RECIPE_LIMIT = 1 << 20, /* what a header may claim before its checksum is known */
    SEGMENTS_LIMIT = 1 << 16,
    CHUNK_BYTES = 1 << 20,
    STORE_HASH_CHARS = GV_HASH_HEX - 1,
    CHECKSUM_BYTES = 8
};

static const uint8_t magic[8] = {'G', 'V', 'C', 'K', 'P', 'T', '\r', '\n'};

#define ADVICE "delete it, or use --force, to train from the beginning"

struct gv_checkpoint_reader {
    gv_file_reader *in;
    gv_checkpoint state;
    uint64_t header_hash;
};

/* --- sizes ------------------------------------------------------------------------------------ */

static size_t row_floats(const gv_checkpoint *state)
{
    return state->values_only ? state->dim : 2 * ((size_t)state->dim + 1);
}

/* Whole rows in a chunk, at least one. */
static size_t rows_per_chunk(const gv_checkpoint *state)
{
    size_t rows = CHUNK_BYTES / (row_floats(state) * sizeof(float));
    return rows > 0 ? rows : 1;
}

static size_t padded(size_t bytes)
{
    return (bytes + 7) / 8 * 8;
}

/* Bytes of header, recipe, losses, counts of tasks, and header checksum. */
static size_t header_bytes(size_t recipe_bytes, uint32_t segments)
{
    return FIXED_BYTES + padded(recipe_bytes) + segments * sizeof(double) +
           padded(segments * sizeof(uint32_t)) + CHECKSUM_BYTES;
}

/* Size of the whole file; 0 if that does not fit 64 bits. */
static uint64_t file_bytes(const gv_checkpoint *state, size_t recipe_bytes)
{
    uint64_t chunks = (state->vocab_size + rows_per_chunk(state) - 1) / rows_per_chunk(state);
    uint64_t matrix;
    if (__builtin_mul_overflow((uint64_t)row_floats(state) * sizeof(float),
                               (uint64_t)state->vocab_size, &matrix) ||
        matrix > UINT64_MAX / 4)
        return 0;
    return header_bytes(recipe_bytes, state->segments) + 2 * (matrix + chunks * CHECKSUM_BYTES);
}

/* --- header ----------------------------------------------------------------------------------- */

/* Fill `to` (header_bytes of it, zeroed); returns the header's checksum. */
static uint64_t put_header(uint8_t *to, const gv_checkpoint *state, size_t recipe_bytes)
{
    memcpy(to, magic, sizeof magic);
    gv_bytes_put32(to + 8, FORMAT_VERSION);
    gv_bytes_put32(to + 12, state->numerics_version);
    gv_bytes_put32(to + 16, state->dim);
    gv_bytes_put32(to + 20, state->vocab_size);
    gv_bytes_put32(to + 24, (uint32_t)recipe_bytes);
    gv_bytes_put32(to + 28, (uint32_t)rows_per_chunk(state));
    memcpy(to + 32, state->store_hash, STORE_HASH_CHARS);
    gv_bytes_put64(to + 64, state->epoch);
    gv_bytes_put64(to + 72, state->tasks);
    gv_bytes_put64(to + 80, state->tasks_done);
    gv_bytes_put64(to + 88, state->records);
    gv_bytes_put32(to + 96, state->segments);
    gv_bytes_put32(to + 100, state->values_only);
    gv_bytes_put_double(to + 104, state->first_loss);
    gv_bytes_put_double(to + 112, state->lowest_loss);
    gv_bytes_put_double(to + 120, state->last_loss);
    memcpy(to + FIXED_BYTES, state->recipe, recipe_bytes);
    uint8_t *losses = to + FIXED_BYTES + padded(recipe_bytes);
    uint8_t *done = losses + state->segments * sizeof(double);
    for (uint32_t i = 0; i < state->segments; i++) {
        gv_bytes_put_double(losses + i * sizeof(double), state->losses[i]);
        gv_bytes_put32(done + i * sizeof(uint32_t), state->done[i]);
    }
    size_t end = header_bytes(recipe_bytes, state->segments) - CHECKSUM_BYTES;
    uint64_t hash = gv_hash_64(to, end, 0);
    gv_bytes_put64(to + end, hash);
    return hash;
}

static void get_header(gv_checkpoint *state, const uint8_t *from)
{
    state->numerics_version = gv_bytes_get32(from + 12);
    state->dim = gv_bytes_get32(from + 16);
    state->vocab_size = gv_bytes_get32(from + 20);
    memcpy(state->store_hash, from + 32, STORE_HASH_CHARS);
    state->store_hash[STORE_HASH_CHARS] = '\0';
    state->epoch = gv_bytes_get64(from + 64);
    state->tasks = gv_bytes_get64(from + 72);
    state->tasks_done = gv_bytes_get64(from + 80);
    state->records = gv_bytes_get64(from + 88);
    state->segments = gv_bytes_get32(from + 96);
    state->values_only = gv_bytes_get32(from + 100) == 1;
    state->first_loss = gv_bytes_get_double(from + 104);
    state->lowest_loss = gv_bytes_get_double(from + 112);
    state->last_loss = gv_bytes_get_double(from + 120);
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Floats are little-endian in the file; where the machine is as well, the compiler makes a copy of
 * this loop. */
static uint8_t *pack_floats(uint8_t *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        gv_bytes_put32(to + i * sizeof bits, bits);
    }
    return to + n * sizeof(float);
}

static const uint8_t *unpack_floats(float *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = gv_bytes_get32(from + i * sizeof bits);
        memcpy(to + i, &bits, sizeof bits);
    }
    return from + n * sizeof(float);
}

/* How many of the first n lanes have their sums at l + sums. Those of the others, at l + tail_sums,
 * follow each other as well, so a row is packed by few copies. */
static size_t front_lanes(const gv_checkpoint_matrix *matrix, size_t n)
{
    return matrix->tail > 0 && matrix->tail < n ? matrix->tail : n;
}

static size_t sum_place(const gv_checkpoint_matrix *matrix, size_t lane)
{
    bool in_tail = matrix->tail > 0 && lane >= matrix->tail;
    return lane + (in_tail ? matrix->tail_sums : matrix->sums);
}

static uint8_t *pack_row(uint8_t *to, const gv_checkpoint_matrix *matrix, size_t row,
                         const gv_checkpoint *state)
{
    const float *values = matrix->rows + row * matrix->stride;
    size_t dim = state->dim;
    if (state->values_only)
        return pack_floats(to, values, dim);
    size_t front = front_lanes(matrix, dim);
    to = pack_floats(to, values, dim);
    to = pack_floats(to, values + matrix->bias_lane, 1);
    to = pack_floats(to, values + sum_place(matrix, 0), front);
    to = pack_floats(to, values + sum_place(matrix, front), dim - front);
    return pack_floats(to, values + sum_place(matrix, matrix->bias_lane), 1);
}

static const uint8_t *unpack_row(const gv_checkpoint_matrix *matrix, const uint8_t *from,
                                 size_t row, const gv_checkpoint *state)
{
    float *values = matrix->rows + row * matrix->stride;
    size_t dim = state->dim;
    if (state->values_only)
        return unpack_floats(values, from, dim);
    size_t front = front_lanes(matrix, dim);
    from = unpack_floats(values, from, dim);
    from = unpack_floats(values + matrix->bias_lane, from, 1);
    from = unpack_floats(values + sum_place(matrix, 0), from, front);
    from = unpack_floats(values + sum_place(matrix, front), from, dim - front);
    return unpack_floats(values + sum_place(matrix, matrix->bias_lane), from, 1);
}

static uint8_t *chunk_buffer(const gv_checkpoint *state, gv_error *err)
{
    return gv_mem_alloc(rows_per_chunk(state) * row_floats(state) * sizeof(float) + CHECKSUM_BYTES,
                        1, err);
}

static int write_matrix(gv_file_writer *out, uint8_t *buffer, uint64_t *seed,
                        const gv_checkpoint *state, const gv_checkpoint_matrix *matrix,
                        gv_error *err)
{
    size_t step = rows_per_chunk(state);
    for (size_t row = 0; row < state->vocab_size; row += step) {
        size_t end = state->vocab_size - row < step ? state->vocab_size : row + step;
        uint8_t *to = buffer;
        for (size_t r = row; r < end; r++)
            to = pack_row(to, matrix, r, state);
        size_t bytes = (size_t)(to - buffer);
        gv_bytes_put64(to, gv_hash_64(buffer, bytes, (*seed)++));
        int status = gv_file_writer_write(out, buffer, bytes + CHECKSUM_BYTES, err);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

static int write_header(gv_file_writer *out, uint64_t *hash, const gv_checkpoint *state,
                        gv_error *err)
{
    size_t recipe_bytes = strlen(state->recipe);
    if (recipe_bytes > RECIPE_LIMIT)
        return gv_error_set(err, GV_E_RUNTIME,
                            "the recipe of training is too long for a checkpoint");
    size_t bytes = header_bytes(recipe_bytes, state->segments);
    uint8_t *header = gv_mem_alloc_zero(bytes, 1, err);
    if (!header)
        return GV_E_MEMORY;
    *hash = put_header(header, state, recipe_bytes);
    int status = gv_file_writer_write(out, header, bytes, err);
    gv_mem_free(header);
    return status;
}

int gv_checkpoint_begin(gv_file_writer **out, const char *path, const gv_checkpoint *state,
                        const gv_checkpoint_matrix matrices[2], gv_error *err)
{
    *out = NULL;
    uint64_t seed = 0;
    uint8_t *buffer = chunk_buffer(state, err);
    if (!buffer)
        return GV_E_MEMORY;
    int status = gv_file_writer_open(out, path, err);
    if (status == GV_OK)
        status = write_header(*out, &seed, state, err);
    for (int side = 0; status == GV_OK && side < 2; side++)
        status = write_matrix(*out, buffer, &seed, state, &matrices[side], err);
    if (status != GV_OK)
        gv_file_writer_abort(out);
    gv_mem_free(buffer);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Check what the fixed part alone shows, before its checksum is known. */
static int check_kind(const uint8_t *fixed, const char *path, gv_error *err)
{
    if (memcmp(fixed, magic, sizeof magic) != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s: not a checkpoint of glove-train: " ADVICE,
                            path);
    if (gv_bytes_get32(fixed + 8) != FORMAT_VERSION)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: checkpoint format version %u, this program reads version %d: " ADVICE, path,
            gv_bytes_get32(fixed + 8), FORMAT_VERSION);
    if (gv_bytes_get32(fixed + 24) > RECIPE_LIMIT || gv_bytes_get32(fixed + 96) > SEGMENTS_LIMIT)
        return gv_error_set(err, GV_E_CORRUPT, "%s: damaged header: " ADVICE, path);
    return GV_OK;
}

static uint64_t sum_of_done(const gv_checkpoint *state)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < state->segments; i++)
        sum += state->done[i];
    return sum;
}

static int not_finite(const gv_checkpoint_reader *reader, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s: it holds numbers that are not finite: " ADVICE,
                        gv_file_reader_path(reader->in));
}

/* Find counts that no correct writer can have produced, or a size that does not follow from them:
 * a checksum shows damage, but not that the file was made by another program. */
static int check_state(const gv_checkpoint_reader *reader, const uint8_t *header,
                       size_t recipe_bytes, gv_error *err)
{
    const gv_checkpoint *state = &reader->state;
    const char *path = gv_file_reader_path(reader->in);
    if (state->dim == 0 || state->vocab_size == 0 || state->dim > UINT32_MAX / 16 ||
        gv_bytes_get32(header + 28) != rows_per_chunk(state) || gv_bytes_get32(header + 100) > 1 ||
        (state->tasks_done != 0 && state->tasks_done >= state->tasks) ||
        sum_of_done(state) != state->tasks_done || strlen(state->recipe) != recipe_bytes)
        return gv_error_set(err, GV_E_CORRUPT, "%s: invalid header: " ADVICE, path);
    bool finite =
        isfinite(state->first_loss) && isfinite(state->lowest_loss) && isfinite(state->last_loss);
    for (uint32_t i = 0; i < state->segments; i++)
        finite &= isfinite(state->losses[i]);
    if (!finite)
        return not_finite(reader, err);
    uint64_t bytes = file_bytes(state, recipe_bytes);
    if (bytes != gv_file_reader_size(reader->in))
        return gv_error_set(err, GV_E_CORRUPT, "%s: %s: %llu bytes instead of %llu: " ADVICE, path,
                            gv_file_reader_size(reader->in) < bytes ? "truncated" : "too long",
                            (unsigned long long)gv_file_reader_size(reader->in),
                            (unsigned long long)bytes);
    return GV_OK;
}

/* The header behind the fixed part: recipe, losses, counts of tasks. */
static int get_arrays(gv_checkpoint *state, const uint8_t *from, size_t recipe_bytes, gv_error *err)
{
    const uint8_t *losses = from + padded(recipe_bytes);
    const uint8_t *done = losses + state->segments * sizeof(double);
    if (!(state->recipe = gv_mem_strndup((const char *)from, recipe_bytes, err)) ||
        !(state->losses = gv_mem_alloc(state->segments, sizeof *state->losses, err)) ||
        !(state->done = gv_mem_alloc(state->segments, sizeof *state->done, err)))
        return GV_E_MEMORY;
    for (uint32_t i = 0; i < state->segments; i++) {
        state->losses[i] = gv_bytes_get_double(losses + i * sizeof(double));
        state->done[i] = gv_bytes_get32(done + i * sizeof(uint32_t));
    }
    return GV_OK;
}

/* Read the rest of the header, from byte FIXED_BYTES on, behind the part that is in `*header`. */
static int read_rest_of_header(gv_checkpoint_reader *reader, uint8_t **header, gv_error *err)
{
    size_t recipe_bytes = gv_bytes_get32(*header + 24);
    size_t bytes = header_bytes(recipe_bytes, gv_bytes_get32(*header + 96));
    /* no checksum covers the length yet, so it must not decide about an allocation */
    if (bytes > gv_file_reader_size(reader->in))
        return gv_error_set(err, GV_E_CORRUPT, "%s: truncated, or a damaged header: " ADVICE,
                            gv_file_reader_path(reader->in));
    int status = gv_mem_resize(header, bytes, 1, err);
    if (status == GV_OK)
        status = gv_file_reader_read(reader->in, *header + FIXED_BYTES, bytes - FIXED_BYTES, err);
    if (status != GV_OK)
        return status;
    size_t end = bytes - CHECKSUM_BYTES;
    reader->header_hash = gv_hash_64(*header, end, 0);
    if (reader->header_hash != gv_bytes_get64(*header + end))
        return gv_error_set(err, GV_E_CORRUPT, "%s: damaged header: " ADVICE,
                            gv_file_reader_path(reader->in));
    get_header(&reader->state, *header);
    status = get_arrays(&reader->state, *header + FIXED_BYTES, recipe_bytes, err);
    return status == GV_OK ? check_state(reader, *header, recipe_bytes, err) : status;
}

static int read_header(gv_checkpoint_reader *reader, gv_error *err)
{
    const char *path = gv_file_reader_path(reader->in);
    if (gv_file_reader_size(reader->in) < header_bytes(0, 0))
        return gv_error_set(err, GV_E_CORRUPT, "%s: %s: " ADVICE, path,
                            gv_file_reader_size(reader->in) == 0 ? "empty file" : "truncated");
    uint8_t *header = gv_mem_alloc(FIXED_BYTES, 1, err);
    if (!header)
        return GV_E_MEMORY;
    int status = gv_file_reader_read(reader->in, header, FIXED_BYTES, err);
    if (status == GV_OK)
        status = check_kind(header, path, err);
    if (status == GV_OK)
        status = read_rest_of_header(reader, &header, err);
    gv_mem_free(header);
    return status;
}

int gv_checkpoint_open(gv_checkpoint_reader **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_checkpoint_reader *reader = gv_mem_alloc_zero(1, sizeof *reader, err);
    if (!reader)
        return GV_E_MEMORY;
    int status = gv_file_reader_open(&reader->in, path, err);
    if (status == GV_OK)
        status = read_header(reader, err);
    if (status != GV_OK) {
        gv_checkpoint_close(reader);
        return status;
    }
    *result = reader;
    return GV_OK;
}

void gv_checkpoint_close(gv_checkpoint_reader *reader)
{
    if (!reader)
        return;
    gv_file_reader_close(reader->in);
    gv_mem_free(reader->state.recipe);
    gv_mem_free(reader->state.losses);
    gv_mem_free(reader->state.done);
    gv_mem_free(reader);
}

const gv_checkpoint *gv_checkpoint_about(const gv_checkpoint_reader *reader)
{
    return &reader->state;
}

/* Is every value of the row, in the file's form, a number? The sums of the squares may overflow. */
static bool row_is_finite(const uint8_t *from, const gv_checkpoint *state)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t bad = 0;
    for (size_t i = 0; i < state->dim + !state->values_only; i++)
        bad |= (gv_bytes_get32(from + 4 * i) & exponent) == exponent;
    return bad == 0;
}

static int read_matrix(gv_checkpoint_reader *reader, uint8_t *buffer, uint64_t *seed,
                       const gv_checkpoint_matrix *matrix, gv_error *err)
{
    const gv_checkpoint *state = &reader->state;
    size_t step = rows_per_chunk(state);
    for (size_t row = 0; row < state->vocab_size; row += step) {
        size_t end = state->vocab_size - row < step ? state->vocab_size : row + step;
        size_t bytes = (end - row) * row_floats(state) * sizeof(float);
        int status = gv_file_reader_read(reader->in, buffer, bytes + CHECKSUM_BYTES, err);
        if (status != GV_OK)
            return status;
        if (gv_hash_64(buffer, bytes, *seed) != gv_bytes_get64(buffer + bytes))
            return gv_error_set(
                err, GV_E_CORRUPT, "%s: damaged: chunk %llu fails its checksum: " ADVICE,
                gv_file_reader_path(reader->in), (unsigned long long)(*seed - reader->header_hash));
        (*seed)++;
        const uint8_t *from = buffer;
        for (size_t r = row; r < end; r++) {
            if (!row_is_finite(from, state))
                return not_finite(reader, err);
            from = unpack_row(matrix, from, r, state);
        }
    }
    return GV_OK;
}

int gv_checkpoint_load(gv_checkpoint_reader *reader, const gv_checkpoint_matrix matrices[2],
                       gv_error *err)
{
    uint8_t *buffer = chunk_buffer(&reader->state, err);
    if (!buffer)
        return GV_E_MEMORY;
    uint64_t seed = reader->header_hash;
    int status = GV_OK;
    for (int side = 0; status == GV_OK && side < 2; side++)
        status = read_matrix(reader, buffer, &seed, &matrices[side], err);
    gv_mem_free(buffer);
    return status;
}
