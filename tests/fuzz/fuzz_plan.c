/* Any bytes as the corpus that glove-plan samples: numbers that are finite, or an error. */
#include "config/gv_config.h"
#include "fuzz_file.h"
#include "plan/gv_plan.h"
#include "plan/gv_plan_sample.h"
#include <math.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const char seed[] = "\0a b c a b d a c b a\na b a c d e f g a b c\n";
    fuzz_seed_bytes("small", seed, sizeof seed - 1);
    fuzz_seed_bytes("whole", (const char[]){24, 'a', ' ', 'b', ' ', 'a', '\n'}, 7);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH], set[FUZZ_PATH + 32];
    static char few[] = "vocab.min_count=1", fold[] = "corpus.lowercase=\"fold\"",
                words[] = "corpus.tokenizer=\"unicode\"", flat[] = "cooccur.weighting=\"flat\"";
    gv_config *config = NULL;
    gv_plan plan;
    if (size < 1)
        return 0;
    fuzz_file(path, data + 1, size - 1);
    snprintf(set, sizeof set, "corpus.files=[\"%s\"]", path);
    char *items[5] = {set, few};
    gv_strings sets = {2, items};
    if (data[0] & 1)
        items[sets.n++] = fold;
    if (data[0] & 2)
        items[sets.n++] = words;
    if (data[0] & 4)
        items[sets.n++] = flat;
    if (gv_config_load(&config, NULL, &sets, "fuzz", NULL) != GV_OK)
        abort();
    gv_plan_sample sample;
    if (gv_plan_sample_read(&sample, config, 0.5, NULL, NULL) == GV_OK)
        gv_plan_sample_free(&sample);
    /* the whole plan measures how fast the machine is, which takes long */
    if ((data[0] & 24) == 24 && gv_plan_make(&plan, config, fuzz_dir(), 0, NULL) == GV_OK)
        for (int i = 0; i < GV_PLAN_STAGES; i++)
            if (!isfinite(plan.stage[i].memory) || !isfinite(plan.stage[i].cpu_s) ||
                plan.stage[i].memory < 0 || plan.stage[i].disk < 0)
                abort();
    gv_config_free(config);
    return 0;
}
