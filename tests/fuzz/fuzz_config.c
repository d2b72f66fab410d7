/*
 * Any bytes as a config file, and behind a NUL as --set values, each ended by a NUL. What is
 * accepted must be the same config when it is written and read again. The bytes also are the recipe
 * in a file that is compared with a config.
 */
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "fuzz_file.h"
#include <string.h>

enum { SETS = 16 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char small[] = "{\"name\": \"x\", \"corpus\": {\"files\": [\"a.txt\"]},\n"
                                " \"train\": {\"dim\": 50, \"eta\": 0.05}}\0train.dim=3\0"
                                "corpus.lowercase=fold\0output.formats=[\"text\",\"npy\"]";
    static const char alias[] = "{\"train\": {\"vector_size\": 50, \"alpha\": 0.5}, \"window\": 3}"
                                "\0vector-size=5\0train.objective=skipgram\0x_max=9";
    static const char words[] = "{\"train\": {\"objective\": \"word2vec\", \"grad_clip\": null},"
                                "\"cooccur\": {\"window\": 2, \"weighting\": [1, 0.5]}}\0"
                                "cooccur.window=3";
    gv_config *config = NULL;
    char *json = NULL;
    fuzz_seed_bytes("small", small, sizeof small - 1);
    fuzz_seed_bytes("alias", alias, sizeof alias - 1);
    fuzz_seed_bytes("words", words, sizeof words - 1);
    if (gv_config_load(&config, NULL, NULL, "fuzz", NULL) != GV_OK ||
        gv_config_json(&json, config, NULL) != GV_OK)
        abort();
    fuzz_seed_bytes("whole", json, strlen(json));
    gv_mem_free(json);
    if (gv_config_recipe(&json, config, GV_STAGE_VOCAB | GV_STAGE_TRAIN, NULL) != GV_OK)
        abort();
    fuzz_seed_bytes("recipe", json, strlen(json));
    gv_mem_free(json);
    gv_config_free(config);
    return 0;
}

/* Written and read again, it is the same. */
static void check_again(const gv_config *config)
{
    gv_config *again = NULL;
    char *json = NULL, *more = NULL;
    if (gv_config_json(&json, config, NULL) != GV_OK ||
        gv_config_load_text(&again, json, NULL) != GV_OK ||
        gv_config_json(&more, again, NULL) != GV_OK || strcmp(json, more) != 0)
        abort();
    gv_mem_free(json);
    gv_mem_free(more);
    gv_config_free(again);
}

static void load(const char *path, const gv_strings *sets, bool resolved)
{
    gv_config *config = NULL;
    gv_error err = GV_ERROR_INIT;
    int status =
        (resolved ? gv_config_load_resolved : gv_config_load)(&config, path, sets, "fuzz", &err);
    if (status == GV_OK)
        check_again(config);
    else if (err.text[0] == '\0')
        abort();
    gv_config_free(config);
}

static void compare(const char *recipe)
{
    static gv_config *config;
    gv_config_difference difference;
    if (!config && gv_config_load(&config, NULL, NULL, "fuzz", NULL) != GV_OK)
        abort();
    (void)!gv_config_compare(&difference, recipe, GV_STAGE_VOCAB | GV_STAGE_TRAIN, config, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH], *items[SETS], *text = malloc(size + 1);
    gv_strings sets = {0, items}, lasting = {0};
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    size_t n = strlen(text);
    fuzz_file(path, data, n);
    for (char *at = text + n + 1; at < text + size && sets.n < SETS; at += strlen(at) + 1)
        items[sets.n++] = at;
    load(path, &sets, false);
    load(path, &sets, true);
    load(NULL, &sets, false);
    compare(text);
    (void)!gv_config_lasting_sets(&lasting, &sets, NULL);
    gv_strings_free(&lasting);
    free(text);
    return 0;
}
