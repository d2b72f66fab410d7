/* Whole stages, each time with another allocation or write failing. Not every allocation's turn
 * comes: each start of a stage syncs files, which a slow disk makes long. */
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "config/gv_config.h"
#include "cooccur/gv_cooccur_stage.h"
#include "cooccur/vocab/gv_vocab_stage.h"
#include "eval/gv_eval_stage.h"
#include "support/gv_test_faults.h"
#include "train/gv_train.h"
#include <string.h>

#define CONFIG                                                                                     \
    "{\"name\": \"run\", \"corpus\": {\"files\": [\"%s\"]}, \"vocab\": {\"min_count\": 1}, "       \
    "\"cooccur\": {\"window\": 3, \"threads\": 1}, "                                               \
    "\"train\": {\"dim\": 4, \"epochs\": 2, \"threads\": 1 %s}, "                                  \
    "\"output\": {\"formats\": [\"text\", \"word2vec\", \"safetensors\", \"npy\"]}, "              \
    "\"eval\": {\"analogies\": [\"%s\"], \"similarity\": [\"%s\"], "                               \
    "\"categories\": [\"%s\"], \"outliers\": [\"%s\"], \"probes\": [\"%s\"]}}"

typedef struct stage {
    const gv_config *config;
    enum gv_config_stage which;
    int (*main)(gv_run *run, gv_error *err);
} stage;

static int run_stage(void *context, gv_error *err)
{
    const stage *s = context;
    gv_run *run = NULL;
    const gv_run_options options = {
        .config = s->config, .dir = gv_test_path("run"), .stage = s->which, .force = true};
    int status = gv_run_open(&run, &options, err);
    if (status == GV_OK) {
        status = s->main(run, err);
        gv_run_end(run, status);
    }
    gv_run_close(run);
    return status;
}

static int eval_main(gv_run *run, gv_error *err)
{
    char *json = NULL;
    int status = gv_eval_stage(&json, run, NULL, err);
    gv_mem_free(json);
    return status;
}

static gv_config *config_with(const char *train)
{
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    const char *text = gv_test_format(
        CONFIG, gv_test_corpus("corpus.txt", 1, 400, 12, 10), train,
        gv_test_write_text("questions.txt", ": s\nw0 w1 w2 w3\nw1 w2 w3 w4\nw0 w2 w1 w3\n"),
        gv_test_write_text("pairs.tsv", "w0\tw1\t3\nw1\tw2\t1\nw0\tw3\t2\n"),
        gv_test_write_text("labels.tsv", "w0\ta\nw1\tb\nw2\ta\n"),
        gv_test_write_text("sets.txt", "w0\nw1_w2\n\nw3\n"),
        gv_test_write_text("probes.txt", ": target\nw0 w1 w1\n: target\nw2 w3\n: attribute\nw4 w5 "
                                         "no\n: attribute\nw6 w7\n: axis a\nw0 w1\nw2 w3\n"
                                         ": words\nw4 1\nw5 2\n"));
    gv_assert_ok(gv_config_load_text(&config, text, &err), err);
    return config;
}

static void run_once(stage s)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(run_stage(&s, &err), err);
}

/* Every output is, in the end, what it was before anything failed. */
static void sweep(stage s, const char *output, unsigned step, unsigned least, unsigned least_writes)
{
    run_once(s);
    const char *path = gv_test_format("%s/%s", gv_test_path("run"), output);
    size_t n, m;
    char *before = gv_test_read(path, &n);
    unsigned failed = gv_test_every_allocation(run_stage, &s, step);
    unsigned failed_writes = gv_test_every_write(run_stage, &s);
    char *after = gv_test_read(path, &m);
    cr_assert(n == m && memcmp(before, after, n) == 0, "%s", output);
    cr_assert_geq(failed, least);
    cr_assert_geq(failed_writes, least_writes);
}

Test(every_call, counting, .timeout = 300)
{
    gv_config *config = config_with("");
    sweep((stage){config, GV_STAGE_VOCAB, gv_vocab_stage}, "vocab.txt", 5, 10, 2);
    sweep((stage){config, GV_STAGE_COOCCUR, gv_cooccur_stage}, "counts.bin", 5, 10, 2);
    gv_config_free(config);
}

Test(every_call, training, .timeout = 300)
{
    gv_config *config = config_with("");
    run_once((stage){config, GV_STAGE_VOCAB, gv_vocab_stage});
    run_once((stage){config, GV_STAGE_COOCCUR, gv_cooccur_stage});
    gv_test_run_ok("glove-shuffle --progress none --run-dir run");
    sweep((stage){config, GV_STAGE_TRAIN, gv_train_stage}, "vectors.txt", 7, 15, 5);
    sweep((stage){config, GV_STAGE_EVAL, eval_main}, "eval.json", 7, 8, 2);
    gv_config_free(config);
}

Test(every_call, training_from_vectors, .timeout = 300)
{
    const char *file = gv_test_write_text("start.txt", "w0 1 2 3 4\nw2 -1 nan 0 1\nw5 0 0 1 1\n");
    gv_config *config = config_with(gv_test_format(", \"init\": \"%s\", \"retrofit\": 1", file));
    run_once((stage){config, GV_STAGE_VOCAB, gv_vocab_stage});
    run_once((stage){config, GV_STAGE_COOCCUR, gv_cooccur_stage});
    gv_test_run_ok("glove-shuffle --progress none --run-dir run");
    sweep((stage){config, GV_STAGE_TRAIN, gv_train_stage}, "vectors.txt", 9, 15, 5);
    gv_config_free(config);
}

Test(every_call, word2vec, .timeout = 300)
{
    gv_config *config = config_with(", \"objective\": \"word2vec\", \"schedule\": \"hogwild\"");
    run_once((stage){config, GV_STAGE_VOCAB, gv_vocab_stage});
    sweep((stage){config, GV_STAGE_TRAIN, gv_train_stage}, "vectors.txt", 7, 15, 5);
    gv_config_free(config);
}
