/*
 * Counts as glove-cooccur does, in whole numbers, into a nameless temporary matrix file beside
 * -overflow-file, and turns that into records (gv_compat_records.h).
 */
#include "compat/gv_compat_cooccur.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "compat/gv_compat_records.h"
#include "compat/gv_compat_stdin.h"
#include "cooccur/gv_cooccur_text.h"
#include <inttypes.h>
#include <unistd.h>

enum flag {
    VERBOSE,
    SYMMETRIC,
    WINDOW_SIZE,
    VOCAB_FILE,
    MEMORY,
    MAX_PRODUCT,
    OVERFLOW_LENGTH,
    OVERFLOW_FILE,
    DISTANCE_WEIGHTING,
    FLAGS
};

static const gv_compat_flag flags[FLAGS] = {
    [VERBOSE] = {"-verbose", GV_COMPAT_FLAG_WHOLE, "2", -1e9, 1e9, "Messages: 0 few, 1 some, 2 all",
                 "3 means 2: words are not listed one by one"},
    [SYMMETRIC] = {"-symmetric", GV_COMPAT_FLAG_WHOLE, "1", -1e9, 1e9,
                   "0: only the context to the left; 1: left and right",
                   "the same: with 0 the first word of a record is the left one"},
    [WINDOW_SIZE] = {"-window-size", GV_COMPAT_FLAG_WHOLE, "15", 1, 10000,
                     "Context words to the left, and to the right if symmetric", NULL},
    [VOCAB_FILE] = {"-vocab-file", GV_COMPAT_FLAG_FILE, "vocab.txt", 0, 0,
                    "The vocabulary, from vocab_count",
                    "a malformed line or a repeated word is an error that names the line"},
    [MEMORY] = {"-memory", GV_COMPAT_FLAG_REAL, "3.0", 0, 1e6, "Memory in GB, about",
                "the help of the reference says 4.0, but 3.0 is what it takes; a bound that is "
                "kept, of at least 0.25, and at most three quarters of what is free"},
    [MAX_PRODUCT] = {"-max-product", GV_COMPAT_FLAG_WHOLE, "0", -1e18, 1e18,
                     "Accepted, without effect",
                     "there is no dense table whose size would have to be chosen"},
    [OVERFLOW_LENGTH] = {"-overflow-length", GV_COMPAT_FLAG_WHOLE, "0", -1e18, 1e18,
                         "Accepted, without effect", "there is no overflow buffer"},
    [OVERFLOW_FILE] = {"-overflow-file", GV_COMPAT_FLAG_FILE, "overflow", 0, 0,
                       "Beginning of the names of temporary files",
                       "only the folder counts: temporary files have no names"},
    [DISTANCE_WEIGHTING] = {"-distance-weighting", GV_COMPAT_FLAG_WHOLE, "1", -1e9, 1e9,
                            "1: a pair at distance d counts 1/d; 0: it counts 1", NULL},
};

enum { MIB = 1 << 20, LEAST_MIB = 256 };

/* Where temporary files are. */
typedef struct places {
    char *temp_dir;
    int fd;       /* of the matrix */
    char *counts; /* its path: the file has no name, but the descriptor has one */
} places;

static int make_config(gv_config **config, const gv_compat_flag_value *v, gv_error *err)
{
    int status = gv_compat_stdin_config(config, err);
    if (status != GV_OK)
        return status;
    gv_config *c = *config;
    c->cooccur_window = (uint32_t)v[WINDOW_SIZE].whole;
    c->cooccur_symmetric = v[SYMMETRIC].whole > 0;
    c->cooccur_weighting =
        v[DISTANCE_WEIGHTING].whole != 0 ? GV_WEIGHTING_HARMONIC : GV_WEIGHTING_FLAT;
    double mib = v[MEMORY].real * 1024;
    c->cooccur_memory_mb = mib > LEAST_MIB ? (uint64_t)mib : LEAST_MIB;
    return GV_OK;
}

static int open_places(places *p, const char *overflow_file, gv_error *err)
{
    *p = (places){.fd = -1};
    int status = gv_file_temp_dir_beside(&p->temp_dir, overflow_file, err);
    if (status == GV_OK)
        status = gv_file_temp_open(&p->fd, p->temp_dir, err);
    if (status == GV_OK && !(p->counts = gv_mem_format(err, "/dev/fd/%d", p->fd)))
        status = GV_E_MEMORY;
    return status;
}

static void close_places(places *p)
{
    if (p->fd >= 0)
        close(p->fd);
    gv_mem_free(p->counts);
    gv_mem_free(p->temp_dir);
}

static void announce(const gv_compat_flag_value *v)
{
    gv_compat_program_say("COUNTING COOCCURRENCES\n");
    if (v[VERBOSE].whole > 0)
        gv_compat_program_say("window size: %" PRId64 "\ncontext: %s\n", v[WINDOW_SIZE].whole,
                              v[SYMMETRIC].whole > 0 ? "symmetric" : "asymmetric");
    if (v[VERBOSE].whole > 1)
        gv_compat_program_say("Reading vocab from file \"%s\"...", v[VOCAB_FILE].text);
}

/* Count into the file at p->counts. */
static int count(const gv_config *config, const places *p, const gv_compat_flag_value *v,
                 gv_progress *progress, gv_error *err)
{
    gv_cooccur_text text = {0};
    gv_cooccur_result result;
    bool verbose = v[VERBOSE].whole > 1;
    int status = gv_cooccur_text_find(&text, config, 1, progress, err);
    if (status == GV_OK)
        status = gv_cooccur_text_open(&text, v[VOCAB_FILE].text, err);
    if (status == GV_OK && verbose)
        gv_compat_program_say("loaded %" PRIu32 " words.\n", gv_vocab_size(text.vocab));
    else if (verbose)
        gv_compat_program_say("\n");
    const gv_cooccur_job job = {.config = config,
                                .vocab = text.vocab,
                                .recipe = "{}",
                                .temp_dir = p->temp_dir,
                                .counts_path = p->counts,
                                .progress = progress};
    gv_cooccur_source source = gv_cooccur_text_source(&text);
    if (status == GV_OK)
        status = gv_cooccur_count(&job, &text.limits, &source, &result, err);
    if (status != GV_OK)
        gv_compat_stdin_cut_error(err);
    gv_cooccur_text_end(&text);
    if (status == GV_OK) {
        gv_corpus_stats stats = gv_corpus_statistics(text.corpus);
        if (verbose)
            gv_compat_program_say("Processed %" PRIu64 " tokens.\n", stats.tokens);
        gv_compat_stdin_report(&stats, verbose);
    }
    gv_cooccur_text_close(&text);
    return status;
}

static int run(const gv_compat_flag_value *v, gv_progress *progress, gv_error *err)
{
    gv_config *config = NULL;
    places p;
    uint64_t records = 0;
    announce(v);
    int status = open_places(&p, v[OVERFLOW_FILE].text, err);
    if (status == GV_OK)
        status = make_config(&config, v, err);
    if (status == GV_OK)
        status = count(config, &p, v, progress, err);
    if (status == GV_OK)
        status = gv_compat_records_write(&records, p.counts, config->cooccur_memory_mb * MIB / 2,
                                         progress, err);
    if (status == GV_OK)
        gv_compat_program_say("Merging cooccurrence files: processed %" PRIu64 " lines.\n\n",
                              records);
    close_places(&p);
    gv_config_free(config);
    return status;
}

const gv_compat_program gv_compat_cooccur_program = {
    .name = "cooccur",
    .summary = "Tool to calculate word-word cooccurrence statistics",
    .example = "./cooccur -verbose 2 -symmetric 0 -window-size 10 -vocab-file vocab.txt "
               "-memory 8.0 -overflow-file tempoverflow < corpus.txt > cooccurrences.bin",
    .bare = GV_COMPAT_PROGRAM_HELPS_UNFED,
    .n = FLAGS,
    .flags = flags,
    .run = run};
