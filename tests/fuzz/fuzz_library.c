/*
 * Any bytes opened by the C library: mapped where that is possible, with the words of an .npy file
 * in front, up to a NUL. An error, or words, numbers and answers. What is mapped must be what the
 * readers read.
 */
#include "bindings/c/glovebox.h"
#include "fuzz_file.h"
#include "vectors/gv_vectors.h"
#include <string.h>

enum { TOP = 3, DIM_MOST = 1 << 16 };

/* --- first inputs ----------------------------------------------------------------------------- */

static const char *word(void *context, size_t row)
{
    (void)context;
    static const char *const words[] = {"a", "b\"\\", "\x01\xc3\xbc"};
    return words[row];
}

static void vector(void *context, size_t row, float *to)
{
    (void)context;
    for (size_t i = 0; i < 3; i++)
        to[i] = (float)(row + i) / 4;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct {
        enum gv_config_format format;
        const char *name;
    } seeds[] = {{GV_FORMAT_SAFETENSORS, "safetensors"}, {GV_FORMAT_NPY, "npy"}};
    const gv_vectors_source source = {
        .rows = 3, .dim = 3, .word = word, .vector = vector, .metadata = "{}"};
    char path[FUZZ_PATH];
    (void)argc, (void)argv;
    for (size_t i = 0; getenv("FUZZ_SEEDS") && i < sizeof seeds / sizeof *seeds; i++) {
        size_t n;
        fuzz_path(path, "seed");
        if (gv_vectors_write_file(path, seeds[i].format, &source, 1, NULL) != GV_OK)
            abort();
        uint8_t *bytes = fuzz_read(path, &n), *input = malloc(n + 8);
        if (!input)
            abort();
        memcpy(input, "x 3\ny z", 8);
        memcpy(input + 8, bytes, n);
        fuzz_seed_bytes(seeds[i].name, input, n + 8);
        free(input);
        free(bytes);
    }
    return 0;
}

/* --- one input -------------------------------------------------------------------------------- */

/* The same file as the readers read it. */
static void compare(const glovebox_vectors *v, const char *path, const char *words)
{
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    glovebox_vectors *read = NULL;
    options.flags = GLOVEBOX_COPY;
    options.words = words;
    const int status = glovebox_open(&read, path, &options, NULL);
    /* the readers check the checksum */
    if (status != GLOVEBOX_OK && glovebox_check(v, NULL) == GLOVEBOX_OK)
        abort();
    if (status == GLOVEBOX_OK &&
        (glovebox_rows(read) != glovebox_rows(v) || glovebox_dim(read) != glovebox_dim(v) ||
         memcmp(glovebox_matrix(read), glovebox_matrix(v),
                glovebox_rows(v) * glovebox_dim(v) * sizeof(float)) != 0))
        abort();
    for (size_t row = 0; row < glovebox_rows(read); row++)
        if (strcmp(glovebox_word(read, row), glovebox_word(v, row)) != 0)
            abort();
    glovebox_close(read);
}

static void use(const glovebox_vectors *v)
{
    glovebox_neighbour found[TOP];
    glovebox_list list = {found, TOP, 0};
    double score;
    const char *first = glovebox_word(v, 0);
    for (size_t row = 0; row < glovebox_rows(v); row++)
        if (glovebox_find(v, glovebox_word(v, row)) < 0)
            abort();
    (void)glovebox_nearest_word(v, first, &list, NULL);
    (void)glovebox_similarity(v, first, "A", &score, NULL);
    float *to = glovebox_dim(v) <= DIM_MOST ? malloc(glovebox_dim(v) * sizeof *to) : NULL;
    if (to)
        (void)glovebox_text(v, first, strlen(first), GLOVEBOX_WEIGHTS_MEAN, to, NULL, NULL);
    free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH], words[FUZZ_PATH];
    glovebox_options options = GLOVEBOX_OPTIONS_INIT;
    glovebox_vectors *v = NULL;
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    if (!end)
        return 0;
    fuzz_path(words, "words");
    fuzz_write(words, data, (size_t)(end - data));
    fuzz_file(path, end + 1, size - (size_t)(end + 1 - data));
    options.words = words;
    if (glovebox_open(&v, path, &options, NULL) == GLOVEBOX_OK) {
        if (glovebox_is_mapped(v))
            compare(v, path, words);
        use(v);
    }
    glovebox_close(v);
    return 0;
}
