/*
 * Reading safetensors, of this project and of others.
 *
 * This project's files have one tensor `embedding`, and the words in the metadata. Elsewhere the
 * matrix has other names (`embeddings`, `embedding.weight`, ...) and other types, and the words are
 * in a file of their own. The array of words is read one by one: as a whole it would take ten times
 * its bytes.
 */
#include "base/gv_bytes.h"
#include "base/gv_file_reader.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "config/gv_json.h"
#include "vectors/gv_vectors_npy.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_LIMIT = 100 * 1000 * 1000, ROWS_PER_LOOK = 4096 };

/* What the header says. */
typedef struct tensor_file {
    const char *path;
    gv_json *header; /* owned */
    gv_vectors_array array;
    const char *metadata, *checksum; /* borrowed, may be NULL */
    const char *words, *words_end;   /* the rest of the JSON array of words; NULL: it has none */
} tensor_file;

static int bad_header(const tensor_file *file, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is a safetensors file that is not read as vectors: %s", file->path,
                        what);
}

static int read_header(tensor_file *file, gv_file_reader *in, gv_error *err)
{
    uint8_t prefix[8];
    int status = gv_file_reader_seek(in, 0, err);
    if (status == GV_OK)
        status = gv_file_reader_read(in, prefix, sizeof prefix, err);
    if (status != GV_OK)
        return status;
    uint64_t length = gv_bytes_get64(prefix);
    /* the prefix was read, so the file is not shorter than it */
    if (length > HEADER_LIMIT || length > gv_file_reader_size(in) - sizeof prefix)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is truncated or damaged: it states a header of %" PRIu64 " bytes",
                            file->path, length);
    char *text = gv_mem_alloc(length, 1, err);
    status = text ? gv_file_reader_read(in, text, length, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_json_parse_if_valid(&file->header, text, length, err);
    if (status == GV_OK && !file->header)
        status = bad_header(file, "its header is not valid JSON", err);
    gv_mem_free(text);
    file->array.offset = sizeof prefix + length;
    return status;
}

/* --- the tensor ------------------------------------------------------------------------------- */

static bool find_type(enum gv_vectors_array_number *type, const gv_json *tensor)
{
    static const struct {
        const char *name;
        enum gv_vectors_array_number type;
    } types[] = {{"F32", GV_VECTORS_ARRAY_FLOAT32},
                 {"F64", GV_VECTORS_ARRAY_FLOAT64},
                 {"F16", GV_VECTORS_ARRAY_FLOAT16},
                 {"BF16", GV_VECTORS_ARRAY_BFLOAT16}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(gv_json_get_text(tensor, "dtype"), types[i].name) == 0) {
            *type = types[i].type;
            return true;
        }
    return false;
}

static bool is_matrix(const gv_json *tensor)
{
    enum gv_vectors_array_number type;
    return find_type(&type, tensor) && gv_json_count(gv_json_get(tensor, "shape")) == 2 &&
           gv_json_count(gv_json_get(tensor, "data_offsets")) == 2;
}

/* The tensor that has one of the usual names, else the only matrix of floats; NULL: there is none,
 * or there are several. */
static const gv_json *find_tensor(const gv_json *header)
{
    static const char *const names[] = {"embedding",
                                        "embeddings",
                                        "embedding.weight",
                                        "embeddings.weight",
                                        "word_embeddings.weight",
                                        "vectors",
                                        "weight"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_matrix(gv_json_get(header, names[i])))
            return gv_json_get(header, names[i]);
    const gv_json *found = NULL, *metadata = gv_json_get(header, "__metadata__");
    /* this project's files have no other name */
    if (strcmp(gv_json_get_text(metadata, "kind"), "glovebox vectors") == 0)
        return NULL;
    for (const char *key = NULL; (key = gv_json_next_key(header, key));) {
        if (!is_matrix(gv_json_get(header, key)))
            continue;
        if (found)
            return NULL;
        found = gv_json_get(header, key);
    }
    return found;
}

/* The names of the first tensors, for a message. */
static int no_tensor(const tensor_file *file, gv_error *err)
{
    char names[200] = "";
    size_t used = 0;
    for (const char *key = NULL; (key = gv_json_next_key(file->header, key));)
        if (strcmp(key, "__metadata__") != 0 && used < sizeof names - 50)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.40s", used ? ", " : "",
                                     key);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is a safetensors file that is not read as vectors: no tensor is called "
                        "embedding, embeddings, embedding.weight or vectors, nor is one the only "
                        "matrix of floats (F32, F64, F16, BF16); it has %s",
                        file->path, used ? names : "none");
}

/* Shape and place of the tensor, checked against the size of the file. */
static int parse_tensor(tensor_file *file, gv_file_reader *in, gv_error *err)
{
    gv_vectors_array *array = &file->array;
    const gv_json *tensor = find_tensor(file->header);
    const gv_json *shape = gv_json_get(tensor, "shape");
    const gv_json *place = gv_json_get(tensor, "data_offsets");
    if (!tensor || !find_type(&array->type, tensor))
        return no_tensor(file, err);
    array->rows = gv_json_item_uint(shape, 0);
    array->dim = gv_json_item_uint(shape, 1);
    uint64_t begin = gv_json_item_uint(place, 0), end = gv_json_item_uint(place, 1), bytes;
    if (__builtin_mul_overflow(array->rows, array->dim, &bytes) ||
        __builtin_mul_overflow(bytes, gv_vectors_array_size(array->type), &bytes) || end < begin ||
        end - begin != bytes)
        return bad_header(file, "the shape of its tensor does not match its offsets", err);
    /* the offset is at most the file's size (read_header), so this does not wrap */
    if (end > gv_file_reader_size(in) - array->offset)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is truncated: found %" PRIu64 " bytes, expected %" PRIu64,
                            file->path, gv_file_reader_size(in), array->offset + end);
    array->offset += begin;
    return GV_OK;
}

/* --- words and rows --------------------------------------------------------------------------- */

static int parse_metadata(tensor_file *file, const char *words_path, gv_error *err)
{
    static const char *const names[] = {"words", "vocab", "vocabulary", "tokens"};
    const gv_json *metadata = gv_json_get(file->header, "__metadata__");
    file->metadata = gv_json_text(gv_json_get(metadata, "metadata"));
    file->checksum = gv_json_text(gv_json_get(metadata, "xxh128"));
    for (size_t i = 0; i < sizeof names / sizeof *names && !file->words; i++) {
        const gv_json *text = gv_json_get(metadata, names[i]);
        file->words = gv_json_text(text);
        file->words_end = file->words ? file->words + gv_json_text_length(text) : NULL;
    }
    if (file->words || words_path)
        return GV_OK;
    return bad_header(file,
                      "it has no words (glovebox leaves them out where its header would exceed 100 "
                      "MB); pass them to glove-convert (--words FILE, one a line)",
                      err);
}

static int bad_words(const tensor_file *file, gv_error *err)
{
    return bad_header(file, "its words are not a JSON array of a string for each row", err);
}

static int take_row(gv_vectors_builder *builder, tensor_file *file, size_t row,
                    gv_hash_state *hasher, gv_error *err)
{
    float *values;
    gv_json *word = NULL;
    int status = row % ROWS_PER_LOOK == 0 ? gv_signal_check(err) : GV_OK;
    if (status == GV_OK)
        status = gv_json_next_text(&word, &file->words, file->words_end, err);
    if (status == GV_OK && !word)
        return bad_words(file, err);
    if (status == GV_OK && strlen(gv_json_text(word)) != gv_json_text_length(word))
        status = bad_header(file, "a word contains a NUL byte", err);
    if (status == GV_OK)
        status = gv_vectors_builder_space(builder, &values, err);
    if (status == GV_OK)
        status = gv_vectors_array_row(&file->array, row, values, err);
    if (status == GV_OK) {
        gv_vectors_swap(values, file->array.dim);
        gv_vectors_hash_row(hasher, gv_json_text(word), values, file->array.dim * sizeof(float));
        gv_vectors_swap(values, file->array.dim);
        status =
            gv_vectors_builder_add(builder, gv_json_text(word), gv_json_text_length(word), err);
    }
    gv_json_free(word);
    return status;
}

/* After the last row: is that the end of the words, and do words and numbers agree with the
 * checksum? */
static int check_end(tensor_file *file, const gv_hash_state *hasher, gv_error *err)
{
    gv_json *word = NULL;
    char hex[GV_HASH_HEX];
    int status = gv_json_next_text(&word, &file->words, file->words_end, err);
    if (status == GV_OK && (word || file->words != file->words_end))
        status = bad_words(file, err);
    gv_json_free(word);
    if (status != GV_OK || !file->checksum)
        return status;
    gv_hash_hex(gv_hash_state_digest(hasher), hex);
    if (strcmp(hex, file->checksum) != 0)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s is damaged: words and numbers do not match the checksum in its header", file->path);
    return GV_OK;
}

static int take_rows(gv_vectors_builder *builder, tensor_file *file, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    int status = hasher ? gv_vectors_array_open(&file->array, err) : GV_E_MEMORY;
    size_t row = 0;
    for (; status == GV_OK && row < file->array.rows && !gv_vectors_builder_full(builder); row++)
        status = take_row(builder, file, row, hasher, err);
    if (status == GV_OK && row == file->array.rows)
        status = check_end(file, hasher, err);
    gv_vectors_array_close(&file->array);
    gv_hash_state_free(hasher);
    return status;
}

/* With the words of a file. */
static int take_named_rows(gv_vectors_builder *builder, tensor_file *file, const char *words_path,
                           gv_error *err)
{
    gv_vectors_labels *labels = NULL;
    int status = gv_vectors_labels_open(&labels, words_path, false, err);
    if (status == GV_OK)
        status = gv_vectors_npy_take_rows(builder, &file->array, labels, err);
    gv_vectors_labels_close(labels);
    return status;
}

int gv_vectors_read_safetensors(gv_vectors **vectors, gv_file_reader *in,
                                const gv_vectors_options *options, gv_error *err)
{
    tensor_file file = {.path = gv_file_reader_path(in)};
    gv_vectors_builder builder = {0};
    file.array.path = file.path;
    int status = read_header(&file, in, err);
    if (status == GV_OK)
        status = parse_tensor(&file, in, err);
    if (status == GV_OK)
        status = parse_metadata(&file, options->words_path, err);
    if (status == GV_OK)
        status = gv_vectors_builder_begin(&builder, file.path, file.array.dim, options, err);
    if (status == GV_OK)
        status = file.words ? take_rows(&builder, &file, err)
                            : take_named_rows(&builder, &file, options->words_path, err);
    if (status == GV_OK && file.metadata &&
        !(builder.vectors->metadata = gv_mem_strdup(file.metadata, err)))
        status = GV_E_MEMORY;
    gv_json_free(file.header);
    return gv_vectors_builder_end(&builder, vectors, status, GV_FORMAT_SAFETENSORS, err);
}
