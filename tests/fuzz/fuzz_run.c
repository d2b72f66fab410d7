/*
 * Any bytes as what a run directory remembers, parts with a NUL between them: the stamps of the
 * stages, .stamps/train.begun.json, .stamps/train-begun.json, config.json, vocab.txt, and what text
 * that was appended leaves: base/parts.json, append/append.json. A stage looks at them as a stage
 * does; glove-clean decides what it would remove, and removes it. Nothing outside of the directory
 * may go.
 */
#include "app/gv_run.h"
#include "app/gv_run_base.h"
#include "app/gv_stamp.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "fake_clock.h"
#include "fuzz_file.h"
#include "model/gv_checkpoint.h"
#include "pipeline/gv_append_folder.h"
#include "pipeline/gv_append_texts.h"
#include "pipeline/gv_clean.h"
#include "pipeline/gv_pipeline_expect.h"
#include "train/gv_resume.h"
#include <string.h>

static const char *const files[] = {".stamps/vocab.json",
                                    ".stamps/cooccur.json",
                                    ".stamps/train.json",
                                    ".stamps/train.begun.json",
                                    ".stamps/train-begun.json",
                                    "config.json",
                                    "vocab.txt",
                                    "base/parts.json",
                                    "append/append.json"};
enum { FILES = sizeof files / sizeof *files };

static gv_config *config;
static char dir[FUZZ_PATH], outside[FUZZ_PATH], corpus[FUZZ_PATH];

static void must(bool holds)
{
    if (!holds)
        abort();
}

static char *in_dir(const char *name)
{
    char *path = gv_mem_format(NULL, "%s/%s", dir, name);
    must(path);
    return path;
}

/* --- the first input: what two stages leave --------------------------------------------------- */

/* A pretended stage that makes `output` of `input`. */
static void do_stage(enum gv_config_stage stage, char *input, const char *output, const char *text)
{
    const gv_run_options options = {.config = config, .dir = dir, .stage = stage};
    gv_run *run = NULL;
    char *recipe = NULL, *path = in_dir(output);
    gv_strings inputs = {1, &input}, outputs = {1, &path};
    bool fresh;
    must(gv_config_recipe(&recipe, config, (unsigned)stage, NULL) == GV_OK &&
         gv_run_open(&run, &options, NULL) == GV_OK &&
         gv_run_up_to_date(&fresh, run, recipe, &inputs, &outputs, NULL) == GV_OK);
    fuzz_write(path, text, strlen(text));
    gv_json_writer fields = gv_json_begin();
    gv_json_set_int(&fields, "records", 7);
    must(gv_run_done(run, recipe, &inputs, &outputs, &fields, NULL) == GV_OK);
    gv_run_end(run, GV_OK);
    gv_run_close(run);
    gv_mem_free(recipe);
    gv_mem_free(path);
}

static gv_checkpoint training(void)
{
    static char recipe[] = "{\"train.dim\":3}";
    static uint32_t done[1];
    static double losses[1];
    return (gv_checkpoint){.numerics_version = 1,
                           .dim = 3,
                           .vocab_size = 4,
                           .recipe = recipe,
                           .tasks = 9,
                           .segments = 1,
                           .done = done,
                           .losses = losses};
}

static void write_seed(void)
{
    const gv_run_options options = {.config = config, .dir = dir, .stage = GV_STAGE_TRAIN};
    const gv_checkpoint wanted = training();
    gv_run *run = NULL;
    char *made = in_dir("vocab.txt"), seed[FUZZ_PATH];
    uint8_t begun[] = "{\"before\":null,\"written\":\"{}\"}";
    do_stage(GV_STAGE_VOCAB, corpus, "vocab.txt", "a 1\n");
    do_stage(GV_STAGE_COOCCUR, made, "counts.bin", "counts");
    must(gv_run_open(&run, &options, NULL) == GV_OK &&
         gv_resume_remember(run, &wanted, false, NULL) == GV_OK);
    gv_run_close(run);
    if (!fuzz_seed(seed, "small"))
        abort();
    FILE *out = fopen(seed, "wb");
    for (size_t i = 0; i < FILES; i++) {
        char *path = in_dir(files[i]);
        size_t n = sizeof begun - 1;
        uint8_t *bytes = access(path, F_OK) == 0 ? fuzz_read(path, &n) : begun;
        must(out && fwrite(bytes, 1, n, out) == n && fputc(0, out) == 0);
        if (bytes != begun)
            free(bytes);
        gv_mem_free(path);
    }
    must(fclose(out) == 0);
    gv_mem_free(made);
}

/* A checkpoint of another training beside it, for the names in train-begun.json. */
static void write_checkpoint(void)
{
    static float rows[4 * 8];
    const gv_checkpoint state = training();
    const gv_checkpoint_matrix matrix = {.rows = rows, .stride = 8, .sums = 4, .bias_lane = 3};
    const gv_checkpoint_matrix matrices[2] = {matrix, matrix};
    gv_file_writer *out = NULL;
    char path[FUZZ_PATH];
    fuzz_path(path, "model.ckpt");
    must(gv_checkpoint_begin(&out, path, &state, matrices, NULL) == GV_OK &&
         gv_file_writer_commit(&out, NULL) == GV_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static char set[FUZZ_PATH + 32];
    fuzz_path(dir, "run");
    fuzz_path(outside, "outside.txt");
    fuzz_path(corpus, "corpus.txt");
    fuzz_write(outside, "x", 1);
    fuzz_write(corpus, "a b", 3);
    snprintf(set, sizeof set, "corpus.files=[\"%s\"]", corpus);
    char *items[] = {set};
    const gv_strings sets = {1, items};
    must(gv_config_load(&config, NULL, &sets, "fuzz", NULL) == GV_OK && mkdir(dir, 0700) == 0);
    if (getenv("FUZZ_SEEDS"))
        write_seed();
    write_checkpoint();
    fake_clock_use(true); /* a fresh file would be waited for before it is hashed */
    static const char *const folders[] = {".stamps", "base", "append"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *folder = in_dir(folders[i]);
        mkdir(folder, 0700);
        gv_mem_free(folder);
    }
    return 0;
}

/* --- the target ------------------------------------------------------------------------------- */

static void put_files(const uint8_t *data, size_t size)
{
    static const char *const others[] = {"counts.bin", "model.ckpt", "store.db", "store.db.tmp"};
    for (size_t i = 0; i < FILES; i++) {
        const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = end ? (size_t)(end - data) : size;
        char *path = in_dir(files[i]);
        if (n > 0)
            fuzz_write(path, data, n);
        else
            unlink(path);
        gv_mem_free(path);
        data += n + (end != NULL);
        size -= n + (end != NULL);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char *path = in_dir(others[i]);
        fuzz_write(path, "counts", 6);
        gv_mem_free(path);
    }
}

/* What a stage asks before it works. */
static void ask(gv_run *run, char *input, const char *output)
{
    char *path = in_dir(output), *text = NULL;
    gv_strings inputs = {1, &input}, outputs = {1, &path};
    bool answer;
    (void)!gv_run_check_upstream(run, GV_STAGE_VOCAB, "vocab.txt", NULL, NULL);
    (void)!gv_run_check_upstream(run, GV_STAGE_COOCCUR, "counts.bin", NULL, NULL);
    if (gv_run_is_own_output(&answer, run, path, NULL) == GV_OK && answer &&
        gv_run_describe_change(&text, run, (unsigned)run->stage, output, &inputs, NULL) == GV_OK)
        gv_mem_free(text);
    (void)gv_run_recorded_seconds(run);
    (void)!gv_run_check_discard_trained(run, (unsigned)run->stage, &inputs, &outputs, NULL);
    if (gv_run_provenance(&text, run, NULL) == GV_OK)
        gv_mem_free(text);
    (void)!gv_run_up_to_date(&answer, run, "{\"vocab.min_count\":5}", &inputs, &outputs, NULL);
    gv_mem_free(path);
}

/* What glove-run --append asks of a run to which text was appended before. */
static void append(void)
{
    gv_config earlier = *config;
    gv_strings names = {0};
    gv_json *parts = NULL;
    char *folder = in_dir("append");
    enum gv_append_folder_state state;
    earlier.corpus_counted = config->corpus_files;
    if (gv_append_texts_read(&parts, dir, &earlier, NULL) == GV_OK) {
        (void)!gv_append_texts_check_new(parts, &config->corpus_files, NULL);
        (void)!gv_append_texts_last(&names, parts, NULL);
    }
    gv_strings_free(&names);
    gv_json_free(parts);
    if (gv_run_base_start(&earlier, dir, NULL) == GV_OK)
        gv_mem_free(earlier.train_init);
    if (gv_append_folder_files(&names, folder, NULL) == GV_OK)
        (void)!gv_append_folder_check_run(folder, dir, NULL);
    gv_strings_free(&names);
    (void)!gv_append_folder_look(&state, folder, NULL);
    mkdir(folder, 0700); /* an empty one is removed */
    gv_mem_free(folder);
}

/* The training is wanted, or another one, or fewer epochs of it. */
static void resume(gv_run *run, const gv_checkpoint *wanted)
{
    char path[FUZZ_PATH], other[] = "{\"train.dim\":4}";
    gv_checkpoint changed = *wanted;
    gv_checkpoint_reader *reader = NULL;
    fuzz_path(path, "model.ckpt");
    changed.recipe = other;
    if (gv_resume_find(&reader, run, path, wanted, NULL) == GV_OK)
        gv_checkpoint_close(reader);
    if (gv_resume_find(&reader, run, path, &changed, NULL) == GV_OK)
        gv_checkpoint_close(reader);
}

static void be_stage(enum gv_config_stage stage, char *input, const char *output)
{
    const gv_run_options options = {.config = config, .dir = dir, .stage = stage};
    const gv_checkpoint wanted = training();
    gv_run *run = NULL;
    if (gv_run_open(&run, &options, NULL) != GV_OK)
        return;
    ask(run, input, output);
    if (stage == GV_STAGE_TRAIN) {
        resume(run, &wanted);
        (void)gv_resume_spent(run, &wanted);
        (void)!gv_resume_record_spent(run, &wanted, 100, NULL);
        (void)!gv_resume_record_diverged(run, &wanted, NULL);
        (void)!gv_resume_remember(run, &wanted, true, NULL);
    }
    gv_run_end(run, stage == GV_STAGE_TRAIN ? GV_E_RUNTIME : GV_E_STOPPED);
    gv_run_close(run);
}

static void clean_up(void)
{
    gv_clean *clean = NULL;
    if (gv_clean_open(&clean, dir, 0, true, NULL) == GV_OK)
        (void)!gv_clean_remove(clean, NULL);
    gv_clean_close(clean);
    must(access(outside, F_OK) == 0 && access(corpus, F_OK) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_pipeline_time times = {.n = 2, .stages = {GV_STAGE_VOCAB, GV_STAGE_TRAIN}};
    const gv_program_call call = {.config = config, .run_dir = dir};
    gv_config *found = NULL;
    char *vocab = in_dir("vocab.txt"), *resolved = in_dir("config.json");
    put_files(data, size);
    (void)!gv_pipeline_expect(&times, &call, NULL);
    if (gv_config_load_resolved(&found, resolved, NULL, "fuzz", NULL) == GV_OK)
        gv_config_free(found);
    be_stage(GV_STAGE_VOCAB, corpus, "vocab.txt");
    be_stage(GV_STAGE_COOCCUR, vocab, "counts.bin");
    be_stage(GV_STAGE_TRAIN, vocab, "model.ckpt");
    append();
    clean_up();
    gv_mem_free(vocab);
    gv_mem_free(resolved);
    return 0;
}
