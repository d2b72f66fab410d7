/*
 * From flags to files: read vocabulary and records, sort these into tiles (gv_compat_tiles.h),
 * train (gv_compat_train.h), save (gv_compat_params.h).
 */
#include "compat/gv_compat_glove.h"

#include "base/gv_amount.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "compat/gv_compat_params.h"
#include "compat/gv_compat_train.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum flag {
    VERBOSE,
    WRITE_HEADER,
    VECTOR_SIZE,
    THREADS,
    ITER,
    ETA,
    ALPHA,
    X_MAX,
    GRAD_CLIP,
    BINARY,
    MODEL,
    INPUT_FILE,
    VOCAB_FILE,
    SAVE_FILE,
    GRADSQ_FILE,
    SAVE_GRADSQ,
    CHECKPOINT_EVERY,
    LOAD_INIT_PARAM,
    SAVE_INIT_PARAM,
    INIT_PARAM_FILE,
    LOAD_INIT_GRADSQ,
    INIT_GRADSQ_FILE,
    SEED,
    FLAGS
};

static const gv_compat_flag flags[FLAGS] = {
    [VERBOSE] = {"-verbose", GV_COMPAT_FLAG_WHOLE, "2", -1e9, 1e9, "Messages: 0 few, 1 some, 2 all",
                 NULL},
    [WRITE_HEADER] = {"-write-header", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                      "1: a first line with the number of words and the vector size",
                      "the same bytes: the line does not count `<unk>`, and says the vector size "
                      "also where -model gives longer lines"},
    [VECTOR_SIZE] = {"-vector-size", GV_COMPAT_FLAG_WHOLE, "50", 1, 100000,
                     "Numbers in a vector, without the bias", NULL},
    [THREADS] = {"-threads", GV_COMPAT_FLAG_WHOLE, "8", 0, 1024, "Threads; 0 takes all processors",
                 "at most one for each processor; the vectors are the same for any number"},
    [ITER] = {"-iter", GV_COMPAT_FLAG_WHOLE, "25", 0, 1e6, "Passes over the records", NULL},
    [ETA] = {"-eta", GV_COMPAT_FLAG_REAL, "0.05", 0, 1e6, "First step size",
             "the same: it is not that of the biases, which is 1"},
    [ALPHA] = {"-alpha", GV_COMPAT_FLAG_REAL, "0.75", 0, 1e6, "Exponent of the weighting function",
               NULL},
    [X_MAX] = {"-x-max", GV_COMPAT_FLAG_REAL, "100.0", 1e-300, 1e300,
               "Cutoff of the weighting function", NULL},
    [GRAD_CLIP] = {"-grad-clip", GV_COMPAT_FLAG_REAL, "100.0", 1e-30, 1e300,
                   "Bound on each component of a gradient", "the same: biases have no bound"},
    [BINARY] = {"-binary", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                "Save as 0: text, 1: binary, 2: both", NULL},
    [MODEL] = {"-model", GV_COMPAT_FLAG_WHOLE, "2", -1e9, 1e9,
               "A line of the text has 0: word and context vector, each with its bias; 1: the word "
               "vector; 2: their sum; 3: word vector, then context vector",
               "3 does what its help says; the reference takes it for 2"},
    [INPUT_FILE] = {"-input-file", GV_COMPAT_FLAG_FILE, "cooccurrence.shuf.bin", 0, 0,
                    "The records, from cooccur and shuffle",
                    "may be a pipe (/dev/stdin); need not be shuffled"},
    [VOCAB_FILE] = {"-vocab-file", GV_COMPAT_FLAG_FILE, "vocab.txt", 0, 0,
                    "The vocabulary, from vocab_count",
                    "a malformed line or a repeated word is an error that names the line"},
    [SAVE_FILE] = {"-save-file", GV_COMPAT_FLAG_FILE, "vectors", 0, 0,
                   "Beginning of the names of the vectors, before .txt and .bin", NULL},
    [GRADSQ_FILE] = {"-gradsq-file", GV_COMPAT_FLAG_FILE, "gradsq", 0, 0,
                     "The same for the sums of squared gradients, which are then saved", NULL},
    [SAVE_GRADSQ] = {"-save-gradsq", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                     "1: save the sums of squared gradients", NULL},
    [CHECKPOINT_EVERY] = {"-checkpoint-every", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                          "Save after every so many passes, too, as NAME.001.bin and so on", NULL},
    [LOAD_INIT_PARAM] = {"-load-init-param", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                         "1: begin with the parameters in -init-param-file", NULL},
    [SAVE_INIT_PARAM] = {"-save-init-param", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                         "1: save the parameters before training, as NAME.000.bin", NULL},
    [INIT_PARAM_FILE] = {"-init-param-file", GV_COMPAT_FLAG_FILE, "vectors.000.bin", 0, 0,
                         "Parameters to begin with, binary", "a file of another size is an error"},
    [LOAD_INIT_GRADSQ] = {"-load-init-gradsq", GV_COMPAT_FLAG_WHOLE, "0", -1e9, 1e9,
                          "1: begin with the sums in -init-gradsq-file", NULL},
    [INIT_GRADSQ_FILE] = {"-init-gradsq-file", GV_COMPAT_FLAG_FILE, "gradsq.000.bin", 0, 0,
                          "Sums of squared gradients to begin with, binary",
                          "a file of another size is an error"},
    [SEED] = {"-seed", GV_COMPAT_FLAG_WHOLE, "0", -2147483648.0, 2147483647,
              "Seed of the first parameters; 0 takes the time",
              "other numbers for the same seed; repeatable with any number of threads"},
};

enum { FINAL = -1 }; /* instead of a number of passes */

typedef struct glove {
    const gv_compat_flag_value *v;
    gv_progress *progress;
    gv_vocab *vocab;
    gv_compat_input input;
    gv_compat_tiles tiles;
    gv_model *model;
    gv_compat_train train;
    uint64_t memory; /* bytes that may be used beside the model */
} glove;

static bool loud(const glove *g, int level)
{
    return g->v[VERBOSE].whole >= level;
}

static bool saves_sums(const glove *g)
{
    return g->v[GRADSQ_FILE].given || g->v[SAVE_GRADSQ].whole > 0;
}

/* --- inputs ----------------------------------------------------------------------------------- */

static unsigned threads(const glove *g)
{
    unsigned wanted = (unsigned)g->v[THREADS].whole, most = gv_threads_available();
    return wanted > 0 && wanted < most ? wanted : most;
}

/* Before any work. */
static int check_memory(glove *g, gv_error *err)
{
    char texts[2][GV_AMOUNT_TEXT];
    uint64_t model, free = gv_mem_available() / 16 * 15;
    uint32_t dim = (uint32_t)g->v[VECTOR_SIZE].whole, words = gv_vocab_size(g->vocab);
    int status = gv_model_bytes(&model, words, dim, err);
    if (status != GV_OK)
        return status;
    g->memory = free > model ? free - model : 0;
    return free > model ? GV_OK
                        : gv_error_set(err, GV_E_MEMORY,
                                       "the parameters of %" PRIu32 " words need %s of memory, and "
                                       "%s are free: lower -vector-size, or count fewer words",
                                       words, gv_amount_bytes(texts[0], (double)model),
                                       gv_amount_bytes(texts[1], (double)free));
}

/* Can files be made beside `path`? Else that would show at the end only. */
static int check_folder(const char *path, gv_error *err)
{
    int fd, status = gv_file_temp_open_beside(&fd, path, err);
    if (status == GV_OK)
        close(fd);
    else
        gv_error_prefix(err, "cannot save %s", path);
    return status;
}

static int check_folders(const glove *g, gv_error *err)
{
    int status = check_folder(g->v[SAVE_FILE].text, err);
    return status == GV_OK && saves_sums(g) ? check_folder(g->v[GRADSQ_FILE].text, err) : status;
}

static int open_inputs(glove *g, gv_error *err)
{
    int status = check_folders(g, err);
    if (status == GV_OK)
        status = gv_vocab_read(&g->vocab, g->v[VOCAB_FILE].text, 1, err);
    if (status == GV_OK)
        status = check_memory(g, err);
    gv_compat_program_say("TRAINING MODEL\n");
    if (status == GV_OK)
        status = gv_compat_input_open(&g->input, g->v[INPUT_FILE].text, g->v[SAVE_FILE].text, err);
    if (status == GV_OK)
        gv_compat_program_say("Read %" PRIu64 " lines.\n", g->input.records);
    return status;
}

static int load(glove *g, enum flag wanted, enum flag file, enum gv_model_half half, gv_error *err)
{
    if (g->v[wanted].whole == 0)
        return GV_OK;
    gv_compat_program_say("\nLoading initial %s from %s \n",
                          half == GV_MODEL_VALUES ? "parameters" : "squared gradients",
                          g->v[file].text);
    return gv_compat_params_load(g->model, half, g->v[file].text, err);
}

static int make_model(glove *g, gv_error *err)
{
    int seed = g->v[SEED].whole != 0 ? (int)g->v[SEED].whole : (int)time(NULL);
    if (loud(g, 2))
        gv_compat_program_say("Initializing parameters...");
    gv_compat_program_say("Using random seed %d\n", seed);
    int status =
        gv_model_new(&g->model, gv_vocab_size(g->vocab), (uint32_t)g->v[VECTOR_SIZE].whole, err);
    if (status == GV_OK && g->v[LOAD_INIT_PARAM].whole == 0)
        status = gv_model_init(g->model, (uint64_t)(int64_t)seed, threads(g), err);
    if (status == GV_OK)
        status = load(g, LOAD_INIT_PARAM, INIT_PARAM_FILE, GV_MODEL_VALUES, err);
    if (status == GV_OK)
        status = load(g, LOAD_INIT_GRADSQ, INIT_GRADSQ_FILE, GV_MODEL_SUMS, err);
    if (status == GV_OK && loud(g, 2))
        gv_compat_program_say("done.\n");
    return status;
}

/* --- saving ----------------------------------------------------------------------------------- */

/* NAME.bin, NAME.003.txt; caller frees. */
static char *name_of(const char *name, int passes, const char *ending, gv_error *err)
{
    return passes == FINAL ? gv_mem_format(err, "%s.%s", name, ending)
                           : gv_mem_format(err, "%s.%03d.%s", name, passes, ending);
}

static int save_binary(const glove *g, enum gv_model_half half, const char *name, int passes,
                       gv_error *err)
{
    char *path = name_of(name, passes, "bin", err);
    int status = path ? gv_compat_params_save(g->model, half, path, err) : GV_E_MEMORY;
    gv_mem_free(path);
    return status;
}

static int save_text(const glove *g, enum gv_model_half half, const char *name, int passes,
                     gv_error *err)
{
    char *path = name_of(name, passes, "txt", err);
    int64_t model = g->v[MODEL].whole;
    if (!path)
        return GV_E_MEMORY;
    enum gv_compat_params_lines lines = model >= 0 && model < GV_COMPAT_PARAMS_LINES
                                            ? (enum gv_compat_params_lines)model
                                            : GV_COMPAT_PARAMS_SUM;
    int status = half == GV_MODEL_SUMS
                     ? gv_compat_params_text_sums(g->model, g->vocab, path, err)
                     : gv_compat_params_text(g->model, g->vocab, lines,
                                             g->v[WRITE_HEADER].whole != 0, path, err);
    gv_mem_free(path);
    return status;
}

/* All files of the model after `passes`: 0 those before training, FINAL those of the end. */
static int save(const glove *g, int passes, gv_error *err)
{
    int64_t kind = g->v[BINARY].whole;
    bool sums = saves_sums(g), text = kind != 1;
    bool binary = kind > 0 || passes == 0; /* what training begins with is read from binary files */
    const char *name = g->v[SAVE_FILE].text, *sums_name = g->v[GRADSQ_FILE].text;
    if (!gv_model_finite(g->model))
        return gv_error_set(err, GV_E_DIVERGED,
                            "training diverged: there are parameters that are no numbers; lower "
                            "-eta or -grad-clip");
    int status = binary ? save_binary(g, GV_MODEL_VALUES, name, passes, err) : GV_OK;
    if (status == GV_OK && binary && sums)
        status = save_binary(g, GV_MODEL_SUMS, sums_name, passes, err);
    if (status == GV_OK && text)
        status = save_text(g, GV_MODEL_VALUES, name, passes, err);
    if (status == GV_OK && text && sums)
        status = save_text(g, GV_MODEL_SUMS, sums_name, passes, err);
    return status;
}

static int save_first(const glove *g, gv_error *err)
{
    if (g->v[SAVE_INIT_PARAM].whole == 0)
        return GV_OK;
    if (loud(g, 2))
        gv_compat_program_say("Saving initial parameters... ");
    int status = save(g, 0, err);
    if (status == GV_OK && loud(g, 2))
        gv_compat_program_say("done.\n");
    return status;
}

/* --- training --------------------------------------------------------------------------------- */

static int sort_records(glove *g, gv_error *err)
{
    const gv_compat_tiles_job job = {.input = &g->input,
                                     .vocab_size = gv_vocab_size(g->vocab),
                                     .weighting = {1, g->v[X_MAX].real, g->v[ALPHA].real},
                                     .memory = g->memory,
                                     .threads = threads(g),
                                     .beside = g->v[SAVE_FILE].text,
                                     .progress = g->progress};
    int status = gv_compat_tiles_build(&g->tiles, &job, err);
    if (status == GV_OK && g->tiles.unusable > 0)
        gv_compat_program_say("glove: warning: %s: %" PRIu64
                              " records are left out, the first is number %" PRIu64
                              ": a word below 1, or a value that is not above 0\n",
                              g->input.path, g->tiles.unusable, g->tiles.first_unusable);
    return status;
}

static void report_settings(const glove *g)
{
    if (loud(g, 1))
        gv_compat_program_say(
            "vector size: %" PRId64 "\nvocab size: %" PRIu32 "\nx_max: %f\nalpha: %f\n",
            g->v[VECTOR_SIZE].whole, g->model->vocab_size, g->v[X_MAX].real, g->v[ALPHA].real);
}

static void report_pass(int pass, double cost)
{
    char when[80] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (localtime_r(&now, &parts))
        strftime(when, sizeof when, "%x - %I:%M.%S%p", &parts);
    gv_compat_program_say("%s, iter: %03d, cost: %f\n", when, pass, cost);
}

static int pass(glove *g, int number, gv_error *err)
{
    double cost = 0;
    int64_t every = g->v[CHECKPOINT_EVERY].whole;
    gv_progress_begin(g->progress, "training", g->tiles.records, "records");
    int status = gv_compat_train_epoch(&cost, &g->train, err);
    gv_progress_end(g->progress);
    if (status != GV_OK)
        return status;
    report_pass(number, cost);
    if (!isfinite(cost))
        return gv_error_set(err, GV_E_DIVERGED,
                            "training diverged in iteration %d: lower -eta or -grad-clip; nothing "
                            "is saved from here on",
                            number);
    if (every <= 0 || number % every != 0)
        return GV_OK;
    gv_compat_program_say("    saving intermediate parameters for iter %03d...", number);
    status = save(g, number, err);
    gv_compat_program_say(status == GV_OK ? "done.\n" : "\n");
    return status;
}

static int train(glove *g, gv_error *err)
{
    g->train = (gv_compat_train){.tiles = &g->tiles,
                                 .model = g->model,
                                 .eta = g->v[ETA].real,
                                 .clip = g->v[GRAD_CLIP].real,
                                 .threads = threads(g),
                                 .progress = g->progress};
    int status = gv_compat_train_open(&g->train, err);
    for (int i = 1; status == GV_OK && i <= g->v[ITER].whole; i++)
        status = pass(g, i, err);
    return status == GV_OK ? save(g, FINAL, err) : status;
}

static int run(const gv_compat_flag_value *v, gv_progress *progress, gv_error *err)
{
    glove g = {.v = v, .progress = progress, .input.fd = -1, .tiles.fd = -1};
    int status = open_inputs(&g, err);
    if (status == GV_OK)
        status = make_model(&g, err);
    if (status == GV_OK)
        status = save_first(&g, err);
    if (status == GV_OK)
        report_settings(&g);
    if (status == GV_OK)
        status = sort_records(&g, err);
    if (status == GV_OK)
        status = train(&g, err);
    gv_compat_train_close(&g.train);
    gv_model_free(g.model);
    gv_compat_tiles_free(&g.tiles);
    gv_compat_input_close(&g.input);
    gv_vocab_free(g.vocab);
    return status;
}

const gv_compat_program gv_compat_glove_program = {
    .name = "glove",
    .summary = "GloVe: Global Vectors for Word Representation",
    .example = "./glove -input-file cooccurrence.shuf.bin -vocab-file vocab.txt -save-file vectors "
               "-gradsq-file gradsq -verbose 2 -vector-size 100 -threads 16 -alpha 0.75 "
               "-x-max 100.0 -eta 0.05 -binary 2 -model 2",
    .bare = GV_COMPAT_PROGRAM_HELPS,
    .n = FLAGS,
    .flags = flags,
    .run = run};
