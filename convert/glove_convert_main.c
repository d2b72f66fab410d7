/* glove-convert: converts vector files and matrices between formats. */
#include "app/gv_program.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_mem.h"
#include "convert/gv_check.h"
#include "convert/gv_convert.h"
#include "counts/gv_matrix_export.h"
#include "counts/gv_matrix_import.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The options of the command line; gv_program_main fills it before it calls convert. */
static struct {
    const char *from, *to, *header, *skip_damaged, *limit, *words, *subwords, *vocab, *mirror, *ids;
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
    {"--subwords", "FILE",
     "fasttext output: the n-grams of the vectors (default: subwords.bin beside INPUT, if it "
     "belongs to them)",
     &given.subwords, NULL},
    {"--vocab", "FILE",
     "counts: the vocabulary (default: vocab.txt of the run; counts-export: that beside INPUT)",
     &given.vocab, NULL},
    {"--mirror", NULL,
     "counts-import: the file holds half of a symmetric matrix; add the other half", &given.mirror,
     NULL},
    {"--ids", "FIRST",
     "counts-import of text: words are given as line numbers of the vocabulary, the first being "
     "FIRST (0 or 1)",
     &given.ids, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int parse_options(gv_convert_options *parsed, gv_error *err)
{
    *parsed = (gv_convert_options){.header = given.header != NULL,
                                   .skip_damaged = given.skip_damaged != NULL,
                                   .words = given.words,
                                   .subwords = given.subwords};
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

/* Where a vocabulary is, if the user does not say: beside the counts, else in the run directory. */
static int vocab_path(char **path, const char *counts, const char *run_dir, gv_error *err)
{
    if (given.vocab) {
        *path = gv_mem_strdup(given.vocab, err);
        return *path ? GV_OK : GV_E_MEMORY;
    }
    const char *slash = counts ? strrchr(counts, '/') : NULL;
    gv_file_stat stat = {0};
    *path = gv_mem_format(err, "%.*s%s", slash ? (int)(slash + 1 - counts) : 0,
                          counts ? counts : "", GV_FILE_VOCAB);
    int status = *path ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK && counts)
        status = gv_file_look(&stat, *path, err);
    if (status != GV_OK || stat.exists)
        return status;
    gv_mem_free(*path);
    *path = gv_file_path_join(run_dir, GV_FILE_VOCAB, err);
    return *path ? GV_OK : GV_E_MEMORY;
}

static int export_counts(const char *counts, const char *output, const char *run_dir,
                         gv_progress *progress, gv_error *err)
{
    uint64_t entries;
    enum gv_matrix_writer_format format;
    gv_vocab *vocab = NULL;
    char *path = NULL;
    int status = gv_matrix_writer_choose(&format, output, given.to, err);
    bool words = format == GV_MATRIX_WRITER_TSV || format == GV_MATRIX_WRITER_CSV;
    if (status == GV_OK && words)
        status = vocab_path(&path, counts, run_dir, err);
    if (status == GV_OK && words)
        status = gv_vocab_read(&vocab, path, 1, err);
    if (status == GV_OK)
        status = gv_matrix_export(counts, vocab, output, format, &entries, err);
    if (status == GV_OK)
        gv_progress_note(progress, "%s: %" PRIu64 " %s", output, entries,
                         format == GV_MATRIX_WRITER_MARKET ? "entries" : "records");
    gv_vocab_free(vocab);
    gv_mem_free(path);
    return status;
}

/* The last ending of the file name if it is one of `endings`, else NULL. */
static const char *has_ending(const char *path, const char *const *endings)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (; dot && *endings; endings++)
        if (strcasecmp(dot, *endings) == 0)
            return dot;
    return NULL;
}

/* A file must not have a name that says what it is not. */
static int check_output_name(const char *path, bool is_counts, gv_error *err)
{
    static const char *const compressed[] = {".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip", NULL};
    static const char *const matrices[] = {".npz", ".mtx", ".tsv", ".csv", ".txt", NULL};
    const char *ending = has_ending(path, compressed);
    if (ending)
        return gv_error_set(err, GV_E_USAGE,
                            "%s: output is not compressed: leave out %s, and compress the file "
                            "afterwards",
                            path, ending);
    ending = is_counts ? has_ending(path, matrices) : NULL;
    if (ending)
        return gv_error_set(err, GV_E_USAGE,
                            "%s: counts-import writes a counts.bin, which is no %s file: name it "
                            "with .bin; counts-export writes %s",
                            path, ending, ending);
    return GV_OK;
}

static int parse_ids(int *first, gv_error *err)
{
    *first = -1;
    if (!given.ids)
        return GV_OK;
    if (strcmp(given.ids, "0") != 0 && strcmp(given.ids, "1") != 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--ids %s: expected 0 or 1, the number of the first word", given.ids);
    *first = *given.ids - '0';
    return GV_OK;
}

static int import_counts(const char *input, const char *counts, const gv_config *config,
                         const char *run_dir, gv_progress *progress, gv_error *err)
{
    gv_vocab *vocab = NULL;
    gv_matrix_import_options importing = {.mirror = given.mirror != NULL};
    gv_matrix_import_report report = {0};
    char *path = NULL;
    int status = parse_ids(&importing.ids_from, err);
    if (status == GV_OK)
        status = vocab_path(&path, NULL, run_dir, err);
    if (status == GV_OK)
        status = gv_vocab_read(&vocab, path, 1, err);
    if (status == GV_OK)
        status = gv_matrix_import(input, vocab, config, &importing, counts, &report, err);
    if (status == GV_OK)
        gv_progress_note(progress, "%s: %s, %" PRIu64 " entries", input, report.format,
                         report.entries);
    for (size_t i = 0; status == GV_OK && i < report.notes.n; i++)
        gv_progress_note(progress, "%s: %s", input, report.notes.items[i]);
    gv_strings_free(&report.notes);
    gv_vocab_free(vocab);
    gv_mem_free(path);
    return status;
}

/* What the operands ask for. */
enum task { VECTORS, CHECK, EXPORT, IMPORT };

/* An option that the task does not look at would be a wish that is not fulfilled. */
static int check_options(enum task task, gv_error *err)
{
    const bool counts = task == EXPORT || task == IMPORT;
    const struct {
        const char *name, *value;
        bool used;
    } given_options[] = {
        {"--from", given.from, !counts},
        {"--to", given.to, task == VECTORS || task == EXPORT},
        {"--header", given.header, task == VECTORS},
        {"--limit", given.limit, !counts},
        {"--skip-damaged", given.skip_damaged, !counts},
        {"--words", given.words, !counts},
        {"--subwords", given.subwords, task == VECTORS},
        {"--vocab", given.vocab, counts},
        {"--mirror", given.mirror, task == IMPORT},
        {"--ids", given.ids, task == IMPORT},
    };
    static const char *const tasks[] = {"converting vectors", "check", "counts-export",
                                        "counts-import"};
    for (size_t i = 0; i < sizeof given_options / sizeof *given_options; i++)
        if (given_options[i].value && !given_options[i].used)
            return gv_error_set(err, GV_E_USAGE, "%s has no effect on %s; leave it out",
                                given_options[i].name, tasks[task]);
    return GV_OK;
}

static int find_task(enum task *task, gv_strings operands, gv_error *err)
{
    const char *first = operands.n > 0 ? operands.items[0] : "";
    if (operands.n == 3 && strcmp(first, "counts-export") == 0)
        *task = EXPORT;
    else if (operands.n == 3 && strcmp(first, "counts-import") == 0)
        *task = IMPORT;
    else if (operands.n == 2 && strcmp(first, "check") == 0)
        *task = CHECK;
    else if (operands.n == 2)
        *task = VECTORS;
    else
        return gv_error_set(err, GV_E_USAGE,
                            "expected INPUT OUTPUT, check FILE, counts-export COUNTS.bin OUTPUT, "
                            "or counts-import INPUT COUNTS.bin");
    int status = check_options(*task, err);
    return status == GV_OK && *task != CHECK
               ? check_output_name(operands.items[operands.n - 1], *task == IMPORT, err)
               : status;
}

static int convert(const gv_config *config, const char *run_dir, gv_strings operands,
                   gv_progress *progress, gv_error *err)
{
    char **operand = operands.items;
    enum task task = VECTORS;
    gv_convert_options parsed;
    int status = find_task(&task, operands, err);
    if (status == GV_OK && task == EXPORT)
        return export_counts(operand[1], gv_file_target_path(operand[2]), run_dir, progress, err);
    if (status == GV_OK && task == IMPORT)
        return import_counts(operand[1], gv_file_target_path(operand[2]), config, run_dir, progress,
                             err);
    if (status == GV_OK)
        status = parse_options(&parsed, err);
    if (status == GV_OK && task == CHECK)
        return gv_check_vectors(operand[1], &parsed, stdout, err);
    if (status == GV_OK)
        status =
            gv_convert_file(operand[0], gv_file_target_path(operand[1]), &parsed, progress, err);
    return status;
}

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-convert",
        .summary = "convert word vectors and co-occurrence counts between file formats",
        .operands =
            "INPUT OUTPUT | check FILE | counts-export INPUT OUTPUT | counts-import INPUT OUTPUT",
        .details =
            "Formats of vectors: text, word2vec (binary), fasttext (.bin), sqlite, safetensors,\n"
            "npy, projector.\n"
            "The input may come from other programs and be compressed; its format is\n"
            "detected from its content, that of the output is chosen by its name: .txt .vec\n"
            ".glove, .bin .w2v, .ft.bin, .db .sqlite .sqlite3, .safetensors, .npy, .tsv\n"
            "(with metadata.tsv beside it). OUTPUT may be - (standard output) or a pipe, with\n"
            "--to FORMAT; sqlite and projector need files.\n"
            "\n"
            "  check          print what a vector file holds and what is wrong with it, with\n"
            "                 lines and what to do; exit code 1 if other programs here\n"
            "                 refuse it, or words are repeated, or numbers not finite\n"
            "  counts-export  write a counts.bin for other programs; the name chooses: .bin (the\n"
            "                 reference's cooccurrence.bin), .mtx (Matrix Market), .npz\n"
            "                 (scipy), .tsv .txt .csv (word, word, value)\n"
            "  counts-import  read any of these, recognised by its content, as counts.bin;\n"
            "                 window, weighting and symmetry are those of the config",
        .options = options,
        .tool_main = convert,
    };
    return gv_program_main(&program, argc, argv);
}
