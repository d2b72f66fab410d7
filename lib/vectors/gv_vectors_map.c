/*
 * The file is mapped as a whole. Its words are copied into one block; the index is an
 * open-addressing table of row numbers, at most half full, as in gv_vectors.c.
 *
 * What the mapping cannot serve is left to the readers, with their messages: so everything here
 * that looks odd only means "not mapped".
 */
#include "vectors/gv_vectors_map.h"

#include "base/gv_bytes.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_json.h"
#include "vectors/gv_vectors_internal.h"
#include "vectors/gv_vectors_labels.h"
#include "vectors/gv_vectors_map_internal.h"
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PREFIX = 8, NPY_PREFIX = 10, NPY_HEADER = 1000, HEX = GV_HASH_HEX - 1 };

struct gv_vectors_map {
    gv_vectors vectors;
    char *path;
    void *file; /* the mapping */
    size_t bytes;
    char *text;                 /* of the words, each with its NUL */
    size_t used;                /* bytes of it */
    uint32_t *slots;            /* row + 1, 0: free; NULL: there is no index yet */
    size_t mask;                /* slots - 1, a power of two less one */
    char checksum[GV_HASH_HEX]; /* "": the file states none */
};

/* --- the index -------------------------------------------------------------------------------- */

/* Slot of the word, or the free slot where it belongs. */
static size_t find_slot(const gv_vectors_map *map, const uint32_t *slots, size_t mask,
                        const char *word)
{
    size_t slot = gv_hash_64(word, strlen(word), 0) & mask;
    while (slots[slot] && strcmp(map->vectors.words[slots[slot] - 1], word) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

/* A gv_vectors.own_find. */
static size_t find_indexed(const gv_vectors *vectors, const char *word)
{
    const gv_vectors_map *map = vectors->private_data;
    const size_t slot = find_slot(map, map->slots, map->mask, word);
    return map->slots[slot] ? map->slots[slot] - 1 : SIZE_MAX;
}

int gv_vectors_map_index(gv_vectors_map *map, gv_error *err)
{
    size_t slots = 16;
    while (slots < 2 * map->vectors.rows)
        slots *= 2;
    uint32_t *table = gv_mem_alloc_zero(slots, sizeof *table, err);
    if (!table)
        return GV_E_MEMORY;
    for (size_t row = 0; row < map->vectors.rows; row++) {
        const size_t slot = find_slot(map, table, slots - 1, map->vectors.words[row]);
        /* the first row of a word keeps it */
        if (table[slot])
            map->vectors.duplicates++;
        else
            table[slot] = (uint32_t)row + 1;
    }
    map->slots = table;
    map->mask = slots - 1;
    map->vectors.private_data = map;
    map->vectors.own_find = find_indexed;
    return GV_OK;
}

/* --- words ------------------------------------------------------------------------------------ */

/* vectors.words from the text. */
static int list_words(gv_vectors_map *map, gv_error *err)
{
    gv_vectors *vectors = &map->vectors;
    vectors->words = gv_mem_alloc(vectors->rows, sizeof *vectors->words, err);
    if (!vectors->words)
        return GV_E_MEMORY;
    char *at = map->text;
    for (size_t row = 0; row < vectors->rows; row++) {
        vectors->words[row] = at;
        at += strlen(at) + 1;
    }
    return GV_OK;
}

/* `rows` x `dim` numbers begin `offset` bytes into the file: false if they cannot be there. */
static bool place_numbers(gv_vectors_map *map, uint64_t rows, uint64_t dim, uint64_t offset)
{
    uint64_t bytes;
    if (rows == 0 || rows > GV_VECTORS_MAX_ROWS || dim == 0 || dim > GV_VECTORS_MAX_DIM ||
        __builtin_mul_overflow(rows * sizeof(float), dim, &bytes) || offset % sizeof(float) != 0 ||
        offset > map->bytes || bytes > map->bytes - offset)
        return false;
    map->vectors.rows = (size_t)rows;
    map->vectors.dim = (size_t)dim;
    void *numbers = (char *)map->file + offset;
    map->vectors.data = numbers;
    return true;
}

/* --- safetensors ------------------------------------------------------------------------------ */

/* What stands for the words in the header that is parsed. A second member `words` would come in
 * its place. */
static const char stand_in[] = "mapped";

/* The header with that for its words, from `begin` to `close`; NULL: it is no JSON. */
static int parse_rest(gv_json **rest, const char *header, size_t length, const char *begin,
                      const char *close, gv_error *err)
{
    const size_t before = (size_t)(begin - header), after = (size_t)(header + length - close);
    const size_t between = strlen(stand_in);
    char *text = gv_mem_alloc(before + between + after, 1, err);
    *rest = NULL;
    if (!text)
        return GV_E_MEMORY;
    memcpy(text, header, before);
    memcpy(text + before, stand_in, between);
    memcpy(text + before + between, close, after);
    int status = gv_json_parse_if_valid(rest, text, before + between + after, err);
    gv_mem_free(text);
    return status;
}

/* The tensor, and what the metadata says; `data` is the offset behind the header. */
static int take_tensor(bool *mapped, gv_vectors_map *map, const gv_json *header, uint64_t data,
                       gv_error *err)
{
    const gv_json *tensor = gv_json_get(header, "embedding");
    const gv_json *shape = gv_json_get(tensor, "shape");
    const gv_json *place = gv_json_get(tensor, "data_offsets");
    const gv_json *metadata = gv_json_get(header, "__metadata__");
    const char *about = gv_json_text(gv_json_get(metadata, "metadata"));
    const char *checksum = gv_json_get_text(metadata, "xxh128");
    const uint64_t begin = gv_json_item_uint(place, 0), end = gv_json_item_uint(place, 1);
    *mapped = strcmp(gv_json_get_text(tensor, "dtype"), "F32") == 0 && gv_json_count(shape) == 2 &&
              gv_json_count(place) == 2 && begin <= end && begin <= map->bytes &&
              strcmp(gv_json_get_text(metadata, "words"), stand_in) == 0 &&
              place_numbers(map, gv_json_item_uint(shape, 0), gv_json_item_uint(shape, 1),
                            data + begin) &&
              end - begin == map->vectors.rows * map->vectors.dim * sizeof(float);
    if (*mapped && strlen(checksum) == HEX)
        memcpy(map->checksum, checksum, sizeof map->checksum);
    if (*mapped && about && !(map->vectors.metadata = gv_mem_strdup(about, err)))
        return GV_E_MEMORY;
    return GV_OK;
}

static int map_safetensors(bool *mapped, gv_vectors_map *map, gv_error *err)
{
    const char *file = map->file, *header = file + PREFIX;
    const uint64_t length = gv_bytes_get64(map->file);
    gv_json *rest = NULL;
    size_t words;
    if (length > map->bytes - PREFIX || *header != '{')
        return GV_OK;
    const char *begin = gv_vectors_map_find_words(header, header + length), *close;
    if (!begin)
        return GV_OK;
    map->text = gv_mem_alloc((size_t)(header + length - begin), 1, err);
    if (!map->text)
        return GV_E_MEMORY;
    close = gv_vectors_map_decode_words(map->text, &map->used, &words, begin, header + length);
    if (!close || !gv_utf8_valid(map->text, map->used))
        return GV_OK;
    int status = parse_rest(&rest, header, length, begin, close, err);
    if (status == GV_OK && rest)
        status = take_tensor(mapped, map, rest, PREFIX + length, err);
    gv_json_free(rest);
    *mapped = *mapped && map->vectors.rows == words;
    map->vectors.format = GV_FORMAT_SAFETENSORS;
    if (status == GV_OK && *mapped)
        status = gv_mem_resize(&map->text, map->used, 1, err);
    return status;
}

/* --- npy -------------------------------------------------------------------------------------- */

/* numpy writes the dictionary in one fixed form; the padding behind it does not matter. Numbers
 * that are too large, or have a sign, become such as no file has room for. */
static bool parse_shape(const char *header, uint64_t *rows, uint64_t *dim)
{
    static const char begin[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    char *end;
    if (strncmp(header, begin, strlen(begin)) != 0)
        return false;
    *rows = strtoull(header + strlen(begin), &end, 10);
    if (strncmp(end, ", ", 2) != 0)
        return false;
    *dim = strtoull(end + 2, &end, 10);
    return strncmp(end, "), }", 4) == 0;
}

static bool take_array(gv_vectors_map *map)
{
    const uint8_t *file = map->file;
    char header[NPY_HEADER + 1];
    uint64_t rows = 0, dim = 0;
    if (map->bytes < NPY_PREFIX || memcmp(file, "\x93NUMPY\x01", 7) != 0)
        return false;
    const size_t length = (size_t)file[8] | (size_t)file[9] << 8;
    if (length > NPY_HEADER || length > map->bytes - NPY_PREFIX)
        return false;
    memcpy(header, file + NPY_PREFIX, length);
    header[length] = '\0';
    map->vectors.format = GV_FORMAT_NPY;
    return parse_shape(header, &rows, &dim) && place_numbers(map, rows, dim, NPY_PREFIX + length) &&
           map->bytes - NPY_PREFIX - length == map->vectors.rows * map->vectors.dim * sizeof(float);
}

static int keep_word(gv_vectors_map *map, size_t *capacity, const char *word, size_t length,
                     gv_error *err)
{
    int status = gv_mem_reserve(&map->text, capacity, map->used + length + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(map->text + map->used, word, length);
    map->text[map->used + length] = '\0';
    map->used += length + 1;
    return GV_OK;
}

/* The words of all rows; vocab.txt does not list that of the last. */
static int read_words(bool *mapped, gv_vectors_map *map, gv_vectors_labels *labels, gv_error *err)
{
    gv_vectors_labels_word label;
    size_t capacity = 0, words = 0;
    int status = GV_OK;
    while (status == GV_OK && words <= map->vectors.rows) {
        status = gv_vectors_labels_next(labels, &label, err);
        if (status != GV_OK || !label.text)
            break;
        if (memchr(label.text, '\0', label.length))
            return GV_OK;
        status = keep_word(map, &capacity, label.text, label.length, err);
        words++;
    }
    if (status == GV_OK && words + 1 == map->vectors.rows) {
        status = keep_word(map, &capacity, "<unk>", strlen("<unk>"), err);
        words++;
    }
    *mapped = status == GV_OK && words == map->vectors.rows;
    return status;
}

static int map_npy(bool *mapped, gv_vectors_map *map, const char *words_path, gv_error *err)
{
    gv_vectors_labels *labels = NULL;
    if (!words_path || !take_array(map))
        return GV_OK;
    int status = gv_vectors_labels_open(&labels, words_path, false, err);
    if (status == GV_OK)
        status = read_words(mapped, map, labels, err);
    gv_vectors_labels_close(labels);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Map the file, if it is one that can be. */
static bool map_file(gv_vectors_map *map)
{
    struct stat info;
    int fd = open(map->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > NPY_PREFIX;
    if (good) {
        map->bytes = (size_t)info.st_size;
        map->file = mmap(NULL, map->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        good = map->file != MAP_FAILED;
        map->file = good ? map->file : NULL;
    }
    close(fd);
    return good;
}

static int open_map(bool *mapped, gv_vectors_map *map, const char *words_path, gv_error *err)
{
    *mapped = false;
    if (!map_file(map))
        return GV_OK;
    int status = map_npy(mapped, map, words_path, err);
    if (status == GV_OK && !*mapped && !map->text)
        status = map_safetensors(mapped, map, err);
    return status == GV_OK && *mapped ? list_words(map, err) : status;
}

int gv_vectors_map_open(gv_vectors_map **result, const char *path, const char *words_path,
                        gv_error *err)
{
    bool mapped = false;
    *result = NULL;
    /* numbers in files are little-endian; standard input has no path */
    if (__BYTE_ORDER != __LITTLE_ENDIAN || strcmp(path, "-") == 0)
        return GV_OK;
    gv_vectors_map *map = gv_mem_alloc_zero(1, sizeof *map, err);
    if (!map)
        return GV_E_MEMORY;
    map->path = gv_mem_strdup(path, err);
    int status = map->path ? open_map(&mapped, map, words_path, err) : GV_E_MEMORY;
    if (status == GV_OK && mapped)
        *result = map;
    else
        gv_vectors_map_close(map);
    return status;
}

void gv_vectors_map_close(gv_vectors_map *map)
{
    if (!map)
        return;
    if (map->file)
        munmap(map->file, map->bytes);
    gv_mem_free(map->vectors.words);
    gv_mem_free(map->vectors.metadata);
    gv_mem_free(map->slots);
    gv_mem_free(map->text);
    gv_mem_free(map->path);
    gv_mem_free(map);
}

gv_vectors *gv_vectors_map_vectors(gv_vectors_map *map)
{
    return &map->vectors;
}

int gv_vectors_map_check(const gv_vectors_map *map, gv_error *err)
{
    const gv_vectors *vectors = &map->vectors;
    char hex[GV_HASH_HEX];
    if (map->checksum[0] == '\0')
        return GV_OK;
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    for (size_t row = 0; row < vectors->rows; row++)
        gv_vectors_hash_row(hasher, vectors->words[row], vectors->data + row * vectors->dim,
                            vectors->dim * sizeof(float));
    gv_hash_hex(gv_hash_state_digest(hasher), hex);
    gv_hash_state_free(hasher);
    if (strcmp(hex, map->checksum) == 0)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is damaged: words and numbers do not match the checksum in its header",
                        map->path);
}
