/* glove-convert: converts vector files and matrices between formats. */
#include "app/gv_program.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "convert/gv_check.h"
#include "convert/gv_convert.h"
#include "counts/gv_reference.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The options of the command line; gv_program_main fills it before it calls convert. */
static struct {
    const char *from, *to, *header, *skip_damaged, *limit, *words, *vocab;
} given;

static const gv_program_option options[] = {
    {"--from", "FORMAT", "format of INPUT (default: detected from its content)", &given.from, NULL},
    {"--to", "FORMAT", "format of OUTPUT (default: chosen by the file name extension)", &given.to,
     NULL},
    {"--header", NULL, "text output: write word2vec's first line, `rows dim`", &given.header, NULL},
    {"--limit", "N", "only the first N vectors", &given.limit, NULL},
    {"--skip-damaged", NULL, "text input: skip lines that cannot be read", &given.skip_damaged,
     NULL},
    {"--words", "FILE",
     "npy input: read the words from FILE; else write the words to FILE, one per line",
     &given.words, NULL},
    {"--vocab", "FILE", "counts-import: the vocabulary (default: vocab.txt of the run)",
     &given.vocab, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int parse_options(gv_convert_options *parsed, gv_error *err)
{
    *parsed = (gv_convert_options){.header = given.header != NULL,
                                   .skip_damaged = given.skip_damaged != NULL,
                                   .words = given.words};
    int status = given.from ? gv_convert_format(&parsed->from, given.from, err) : GV_OK;
    if (status == GV_OK && given.to)
        status = gv_convert_format(&parsed->to, given.to, err);
    if (status != GV_OK || !given.limit)
        return status;
    char *end;
    unsigned long long limit = strtoull(given.limit, &end, 10);
    if (*given.limit < '0' || *given.limit > '9' || *end || limit == 0 || limit > UINT32_MAX)
        return gv_error_set(err, GV_E_USAGE, "--limit %s: expected a number from 1 to %u",
                            given.limit, UINT32_MAX);
    parsed->limit = (size_t)limit;
    return GV_OK;
}

static int export_counts(const char *counts, const char *bin, gv_progress *progress, gv_error *err)
{
    uint64_t records;
    int status = gv_reference_export(counts, bin, &records, err);
    if (status == GV_OK)
        gv_progress_note(progress, "%s: %" PRIu64 " records", bin, records);
    return status;
}

static int import_counts(const char *bin, const char *counts, const gv_config *config,
                         const char *run_dir, gv_progress *progress, gv_error *err)
{
    gv_vocab *vocab = NULL;
    double error;
    char *path = given.vocab ? gv_mem_strdup(given.vocab, err)
                             : gv_file_path_join(run_dir, GV_FILE_VOCAB, err);
    int status = path ? gv_vocab_read(&vocab, path, 1, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_reference_import(bin, vocab, config, counts, &error, err);
    if (status == GV_OK)
        gv_progress_note(progress,
                         "%s: rounding to whole units changed values by at most %.3g (relative)",
                         counts, error);
    gv_vocab_free(vocab);
    gv_mem_free(path);
    return status;
}

static int convert(const gv_config *config, const char *run_dir, gv_strings operands,
                   gv_progress *progress, gv_error *err)
{
    gv_convert_options parsed;
    int status = parse_options(&parsed, err);
    if (status != GV_OK)
        return status;
    char **operand = operands.items;
    if (operands.n == 3 && strcmp(operand[0], "counts-export") == 0)
        return export_counts(operand[1], operand[2], progress, err);
    if (operands.n == 3 && strcmp(operand[0], "counts-import") == 0)
        return import_counts(operand[1], operand[2], config, run_dir, progress, err);
    if (operands.n == 2 && strcmp(operand[0], "check") == 0)
        return gv_check_vectors(operand[1], &parsed, stdout, err);
    if (operands.n == 2)
        return gv_convert_file(operand[0], operand[1], &parsed, progress, err);
    return gv_error_set(err, GV_E_USAGE,
                        "expected INPUT OUTPUT, check FILE, counts-export COUNTS.bin "
                        "cooccurrence.bin, or counts-import cooccurrence.bin COUNTS.bin");
}

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-convert",
        .summary = "convert word vectors and co-occurrence counts between file formats",
        .operands =
            "INPUT OUTPUT | check FILE | counts-export INPUT OUTPUT | counts-import INPUT OUTPUT",
        .details =
            "Formats of vectors: text, word2vec (binary), sqlite, safetensors, npy, projector.\n"
            "The input may come from other programs; its format is detected from its\n"
            "content, that of the output is chosen by its name: .txt .vec .glove, .bin .w2v,\n"
            ".db .sqlite .sqlite3, .safetensors, .npy, .tsv (with metadata.tsv beside it).\n"
            "\n"
            "  check          print what a vector file holds and what is wrong with it, with\n"
            "                 lines and what to do; exit code 1 if other programs here\n"
            "                 refuse it, or words are repeated, or numbers not finite\n"
            "  counts-export  write a counts.bin as the reference's cooccurrence.bin\n"
            "  counts-import  read a cooccurrence.bin; window, weighting and symmetry are\n"
            "                 those of the config",
        .options = options,
        .tool_main = convert,
    };
    return gv_program_main(&program, argc, argv);
}
