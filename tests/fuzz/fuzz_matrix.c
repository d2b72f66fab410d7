/* Any bytes as a matrix of another program, in each of the formats, over a vocabulary or over the
 * words in it: an error, or counts within the vocabulary, never a crash. */
#include "counts/gv_counts.h"
#include "counts/gv_matrix_derive.h"
#include "counts/gv_matrix_export.h"
#include "counts/gv_matrix_import.h"
#include "small_matrix.h"
#include <string.h>

static gv_vocab *vocab;
static gv_config *config;
static char counts_path[FUZZ_PATH];

/* A matrix of each format to begin with. */
static void write_seeds(void)
{
    static const char text[] = "a,b,1.5\nb,a,1.5\nc,c,2\n";
    static const char market[] = "%%MatrixMarket matrix coordinate real symmetric\n3 3 2\n2 1 1.5\n"
                                 "3 3 2\n";
    static const char edges[] = "source,target\na,\"b c\"\na,b\n#x,y\n";
    static const char dictionary[] = "a b {'weight': 2.5}\nb c {}\n";
    static const char names[][8] = {"bin", "mtx", "npz", "tsv", "csv"};
    fuzz_seed_bytes("text", text, sizeof text - 1);
    fuzz_seed_bytes("market", market, sizeof market - 1);
    fuzz_seed_bytes("edges", edges, sizeof edges - 1);
    fuzz_seed_bytes("dictionary", dictionary, sizeof dictionary - 1);
    char path[FUZZ_PATH];
    if (!fuzz_seed(path, "text"))
        return;
    gv_matrix_import_report report;
    const gv_matrix_import_options options = {.ids_from = -1};
    if (gv_matrix_import(path, vocab, config, &options, counts_path, &report, NULL) != GV_OK)
        abort();
    gv_strings_free(&report.notes);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum gv_matrix_writer_format format;
        if (!fuzz_seed(path, names[i]) ||
            gv_matrix_writer_choose(&format, path, names[i], NULL) != GV_OK ||
            gv_matrix_export(counts_path, vocab, path, format, NULL, NULL) != GV_OK)
            abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    small_matrix_begin(&vocab, &config, counts_path);
    write_seeds();
    return 0;
}

static void check_counts(const char *path)
{
    gv_counts *made = NULL;
    if (gv_counts_open(&made, path, NULL) != GV_OK || gv_counts_about(made)->records == 0)
        abort();
    gv_counts_close(made);
}

/* The words of the file become a vocabulary. */
static void derive(const char *path)
{
    char derived_path[FUZZ_PATH], folder[FUZZ_PATH];
    const gv_matrix_import_options options = {.mirror = true, .add = true, .ids_from = -1};
    gv_matrix_import_report report;
    gv_vocab *derived = NULL;
    uint64_t left_out;
    fuzz_path(derived_path, "derived.bin");
    fuzz_path(folder, ".");
    int status = gv_matrix_import(path, NULL, config, &options, counts_path, &report, NULL);
    const gv_matrix_derive_options deriving = {.from = counts_path,
                                               .words = report.words,
                                               .path = derived_path,
                                               .temp_dir = folder,
                                               .threads = 1};
    if (status == GV_OK && gv_matrix_derive(&derived, &left_out, &deriving, NULL) == GV_OK)
        check_counts(derived_path);
    gv_vocab_free(derived);
    gv_vocab_free(report.words);
    gv_strings_free(&report.notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH];
    fuzz_file(path, data, size);
    for (int choice = 0; choice < 3; choice++) {
        const gv_matrix_import_options options = {.mirror = choice == 1,
                                                  .ids_from = choice == 2 ? 0 : -1};
        gv_matrix_import_report report;
        int status = gv_matrix_import(path, vocab, config, &options, counts_path, &report, NULL);
        gv_strings_free(&report.notes);
        if (status != GV_OK)
            continue;
        check_counts(counts_path);
    }
    derive(path);
    return 0;
}
