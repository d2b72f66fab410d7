/* Any bytes as lines of glove-query's prompt, about small vectors and a small store. */
#include "base/gv_mem.h"
#include "fuzz_file.h"
#include "query/gv_query.h"
#include "small_store.h"
#include "support/small_subwords.h"
#include <string.h>

static gv_query *query[2];

/* subwords.bin beside the vectors, with n-grams of one or two letters. */
static void write_subwords(void)
{
    static const uint32_t end[] = {1, 2, 4};
    static const float rows[] = {1, 2, 3, 0, 0, 0, -1, 1, 1};
    const small_subwords some = {.min_n = 1,
                                 .max_n = 2,
                                 .count = 3,
                                 .text = "wz<k",
                                 .end = end,
                                 .row = rows,
                                 .offset = {0, 0.5f, 0},
                                 .probe_word = "w0",
                                 .probe_vector = {1, 0.5f, 0}};
    char path[FUZZ_PATH];
    fuzz_path(path, "subwords.bin");
    if (small_subwords_write(path, &some, NULL) != GV_OK)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char vectors[] = "w0 1 0.5 0\nw1 0 1 0\nw2 0.5 0.5 1\nw3 0 0 0\nw4 -1 1 2\n"
                                  "w5 nan 1 2\nStra\xc3\x9f"
                                  "e 1 2 3\na b 3 2 1\n";
    static const char seed[] =
        "nearest w0\nanalogy w0 w1 w2\nsimilarity w0 w1\nodd w0 w1 w2\n"
        "vector w0\nsearch w*\npairs w3\ninfo\nhelp\n# x\n'a b'\nwz\nvector k\n"
        "similarity w9 W\nquit\n";
    static char path[FUZZ_PATH], store[FUZZ_PATH];
    static gv_config *config;
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    fuzz_path(path, "vectors.txt");
    fuzz_path(store, "store.db");
    fuzz_write(path, vectors, sizeof vectors - 1);
    small_store_write(store);
    write_subwords();
    if (gv_config_load(&config, NULL, NULL, "fuzz", NULL) != GV_OK)
        abort();
    for (int json = 0; json < 2; json++) {
        const gv_query_options options = {
            .vectors = path, .store = store, .top = 3, .mul = json, .json = json};
        if (gv_query_open(&query[json], &options, config, fuzz_dir(), NULL) != GV_OK)
            abort();
    }
    return 0;
}

static void answer(gv_query *to, const char *line)
{
    gv_error failure = GV_ERROR_INIT;
    char *text = NULL;
    bool quit = false;
    if (gv_query_line(&text, &quit, to, line, &failure) != GV_OK) {
        if (failure.text[0] == '\0' || gv_query_error_json(&text, &failure, NULL) != GV_OK)
            abort();
    }
    gv_mem_free(text);
    size_t at = 0;
    for (int n = 0; n < 5 && gv_query_complete(to, line, n % 2 == 0, &at); n++)
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *save = NULL;
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    int lines = 0;
    for (char *line = strtok_r(text, "\n", &save); line && lines < 16;
         line = strtok_r(NULL, "\n", &save), lines++) {
        answer(query[0], line);
        answer(query[1], line);
    }
    free(text);
    return 0;
}
