/* glove-convert: converts vector files and matrices between formats, and merges counts. */
#include "app/gv_program.h"
#include "base/gv_file_target.h"
#include "convert/gv_align.h"
#include "convert/gv_check.h"
#include "convert/gv_convert.h"
#include "convert/gv_convert_format.h"
#include "convert/gv_convert_store.h"
#include "convert/gv_exchange.h"
#include "convert/gv_merge.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The options of the command line; gv_program_main fills it before it calls convert. */
static struct {
    const char *from, *to, *header, *skip_damaged, *limit, *words, *subwords, *list, *json, *vocab,
        *parts, *mirror, *ids, *floor, *derive, *add, *unit, *anchors, *fit;
} given;

static const gv_program_option options[] = {
    {"--from", "FORMAT", "format of INPUT (default: detected from its content)", &given.from, NULL},
    {"--to", "FORMAT", "format of OUTPUT (default: chosen by the file name extension)", &given.to,
     NULL},
    {"--header", NULL,
     "text output: write word2vec's first line, `rows dim`; counts-import of text: the first line "
     "is a "
     "header",
     &given.header, NULL},
    {"--limit", "N", "only the first N vectors", &given.limit, NULL},
    {"--skip-damaged", NULL, "text input: skip lines that cannot be read", &given.skip_damaged,
     NULL},
    {"--words", "FILE",
     "input without words (npy, projector, safetensors of other programs): read them from FILE; "
     "else write the words to FILE, one per line. "
     "counts-merge: union (default), the words that any input has, or intersection, those that all "
     "have",
     &given.words, NULL},
    {"--list-problems", NULL,
     "list every problem of the input with its line, and what was done; without OUTPUT only list",
     &given.list, NULL},
    {"--json", NULL, "list problems as JSON; align: report the fit as JSON", &given.json, NULL},
    {"--anchors", "FILE",
     "align: fit the rotation to the words of FILE, one a line (default: all words of both files)",
     &given.anchors, NULL},
    {"--fit", "unit|centred|raw",
     "align: fit the rotation to vectors of length 1 (default), to these minus their mean, or to "
     "vectors as they are",
     &given.fit, NULL},
    {"--parts", "N",
     "store-copy: write N parts beside OUTPUT, at most as many as the store has groups of words "
     "(default: one file)",
     &given.parts, NULL},
    {"--subwords", "FILE",
     "fasttext output: the n-grams of the vectors (default: subwords.bin beside INPUT, if it "
     "belongs to them)",
     &given.subwords, NULL},
    {"--vocab", "FILE",
     "counts: the vocabulary (default: vocab.txt of the run; counts-export: that beside INPUT; "
     "counts-merge: see --words)",
     &given.vocab, NULL},
    {"--derive-vocab", NULL,
     "counts-import of text: the vocabulary is the words of the file, with the sums of their "
     "values "
     "as counts (default where there is none)",
     &given.derive, NULL},
    {"--mirror", NULL,
     "counts-import: the file holds half of a symmetric matrix; add the other half", &given.mirror,
     NULL},
    {"--ids", "FIRST",
     "counts-import of text: words are given as line numbers of the vocabulary, the first being "
     "FIRST (0 or 1)",
     &given.ids, NULL},
    {"--add-duplicates", NULL,
     "counts-import: add up the values of a pair that is there more than once, instead of an error",
     &given.add, NULL},
    {"--unit", "N",
     "counts-import: store values as whole numbers of 1/N (default: the unit of the config, or "
     "2^-32 where values are no multiples of it)",
     &given.unit, NULL},
    {"--floor", "zero",
     "counts-merge with negative weights: leave out what would become negative, instead of an "
     "error",
     &given.floor, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static int parse_options(gv_convert_options *parsed, gv_error *err)
{
    *parsed = (gv_convert_options){.header = given.header != NULL,
                                   .skip_damaged = given.skip_damaged != NULL,
                                   .words = given.words,
                                   .list = given.list != NULL,
                                   .json = given.json != NULL,
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

/* What the operands ask for. */
enum task { VECTORS, CHECK, EXPORT, IMPORT, MERGE, ALIGN, STORE };

/* An option that the task does not look at would be a wish that is not fulfilled. */
static int check_options(enum task task, gv_error *err)
{
    const bool counts = task == EXPORT || task == IMPORT || task == MERGE;
    const struct {
        const char *name, *value;
        bool used;
    } given_options[] = {
        {"--from", given.from, task == VECTORS || task == CHECK},
        {"--to", given.to, task == VECTORS || task == EXPORT || task == ALIGN},
        {"--header", given.header, task == VECTORS || task == IMPORT || task == ALIGN},
        {"--limit", given.limit, task == VECTORS || task == CHECK},
        {"--skip-damaged", given.skip_damaged, task == VECTORS || task == CHECK},
        {"--words", given.words, (!counts && task != STORE) || task == MERGE},
        {"--subwords", given.subwords, task == VECTORS},
        {"--list-problems", given.list, task == VECTORS || task == CHECK},
        {"--json", given.json, !counts && task != STORE},
        {"--vocab", given.vocab, counts},
        {"--mirror", given.mirror, task == IMPORT},
        {"--derive-vocab", given.derive, task == IMPORT},
        {"--add-duplicates", given.add, task == IMPORT},
        {"--unit", given.unit, task == IMPORT},
        {"--ids", given.ids, task == IMPORT},
        {"--floor", given.floor, task == MERGE},
        {"--anchors", given.anchors, task == ALIGN},
        {"--fit", given.fit, task == ALIGN},
        {"--parts", given.parts, task == STORE},
    };
    static const char *const tasks[] = {"converting vectors", "check",        "counts-export",
                                        "counts-import",      "counts-merge", "align",
                                        "store-copy"};
    for (size_t i = 0; i < sizeof given_options / sizeof *given_options; i++)
        if (given_options[i].value && !given_options[i].used)
            return gv_error_set(err, GV_E_USAGE, "%s has no effect on %s; leave it out",
                                given_options[i].name, tasks[task]);
    return GV_OK;
}

static int find_task(enum task *task, gv_strings operands, gv_error *err)
{
    const char *first = operands.n > 0 ? operands.items[0] : "";
    if (operands.n >= 3 && strcmp(first, "counts-merge") == 0)
        *task = MERGE;
    else if (operands.n == 3 && strcmp(first, "counts-export") == 0)
        *task = EXPORT;
    else if (operands.n == 3 && strcmp(first, "counts-import") == 0)
        *task = IMPORT;
    else if (operands.n == 3 && strcmp(first, "store-copy") == 0)
        *task = STORE;
    else if (operands.n == 4 && strcmp(first, "align") == 0)
        *task = ALIGN;
    else if ((operands.n == 2 && strcmp(first, "check") == 0) || (operands.n == 1 && given.list))
        *task = CHECK;
    else if (operands.n == 2 && strncmp(first, "counts-", strlen("counts-")) != 0)
        *task = VECTORS;
    else
        return gv_error_set(err, GV_E_USAGE,
                            "expected INPUT OUTPUT, check FILE, align BASE OTHER OUTPUT, "
                            "counts-export COUNTS.bin OUTPUT, "
                            "counts-import INPUT COUNTS.bin, counts-merge OUT A[:WEIGHT] "
                            "B[:WEIGHT] ..., or store-copy STORE.db OUTPUT.db");
    int status = check_options(*task, err);
    return status == GV_OK && *task != CHECK && *task != MERGE
               ? check_output_name(operands.items[operands.n - 1], *task == IMPORT, err)
               : status;
}

static int merge(const gv_program_call *call, gv_error *err)
{
    const gv_strings inputs = {call->operands.n - 2, call->operands.items + 2};
    const bool common = given.words && strcmp(given.words, "intersection") == 0;
    const gv_merge_options merging = {.words = given.vocab ? GV_VOCAB_COMBINE_GIVEN
                                               : common    ? GV_VOCAB_COMBINE_INTERSECTION
                                                           : GV_VOCAB_COMBINE_UNION,
                                      .given = given.vocab,
                                      .floor = given.floor != NULL};
    if (given.words && !common && strcmp(given.words, "union") != 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--words %s: of counts-merge, expected union or intersection (a list "
                            "of words is --vocab FILE)",
                            given.words);
    if (given.words && given.vocab)
        return gv_error_set(err, GV_E_USAGE, "--words and --vocab contradict each other");
    if (given.floor && strcmp(given.floor, "zero") != 0)
        return gv_error_set(err, GV_E_USAGE, "--floor %s: expected zero", given.floor);
    if (call->run_dir_given)
        return gv_error_set(err, GV_E_USAGE,
                            "--run-dir has no effect on counts-merge: OUT is the run directory");
    return gv_merge_counts(call->operands.items[1], inputs, &merging, call, err);
}

static int align(const gv_program_call *call, gv_error *err)
{
    char **operand = call->operands.items;
    gv_align_options aligning = {.base = operand[1],
                                 .other = operand[2],
                                 .output = gv_file_target_path(operand[3]),
                                 .header = given.header != NULL,
                                 .json = given.json != NULL,
                                 .anchors = given.anchors,
                                 .fit = given.fit,
                                 .words = given.words};
    int status = given.to ? gv_convert_format(&aligning.to, given.to, err) : GV_OK;
    return status == GV_OK ? gv_align_file(&aligning, call->progress, err) : status;
}

/* A gv_program's call_main. */
static int convert(int *exit_code, const gv_program_call *call, gv_error *err)
{
    char **operand = call->operands.items;
    (void)exit_code;
    enum task task = VECTORS;
    gv_convert_options parsed;
    const gv_exchange_options exchange = {.to = given.to,
                                          .vocab = given.vocab,
                                          .derive = given.derive,
                                          .mirror = given.mirror,
                                          .add = given.add,
                                          .ids = given.ids,
                                          .unit = given.unit,
                                          .header = given.header};
    int status = find_task(&task, call->operands, err);
    if (status == GV_OK && task == EXPORT)
        return gv_exchange_export(operand[1], gv_file_target_path(operand[2]), &exchange, call,
                                  err);
    if (status == GV_OK && task == IMPORT)
        return gv_exchange_import(operand[1], gv_file_target_path(operand[2]), &exchange, call,
                                  err);
    if (status == GV_OK && task == MERGE)
        return merge(call, err);
    if (status == GV_OK && task == ALIGN)
        return align(call, err);
    if (status == GV_OK && task == STORE)
        return gv_convert_store(operand[1], operand[2], given.parts, call, err);
    if (status == GV_OK)
        status = parse_options(&parsed, err);
    if (status == GV_OK && task == CHECK)
        return gv_check_vectors(operand[call->operands.n - 1], &parsed, stdout, err);
    if (status == GV_OK)
        status = gv_convert_file(operand[0], gv_file_target_path(operand[1]), &parsed,
                                 call->progress, err);
    return status;
}

int main(int argc, char **argv)
{
    const gv_program program = {
        .name = "glove-convert",
        .summary = "convert word vectors and co-occurrence counts between file formats",
        .operands = "INPUT OUTPUT | check FILE | align BASE OTHER OUTPUT | counts-export INPUT "
                    "OUTPUT | counts-import INPUT OUTPUT | "
                    "counts-merge OUT A[:WEIGHT] B[:WEIGHT] ... | store-copy INPUT OUTPUT",
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
            "  align          rotate the vectors of OTHER into the space of BASE (orthogonal\n"
            "                 Procrustes), so that words can be compared across them; each a\n"
            "                 file of any format or a run directory; prints how well it fits\n"
            "  counts-export  write a counts.bin for other programs; the name chooses: .bin\n"
            "                 (the reference's cooccurrence.bin), .mtx (Matrix Market),\n"
            "                 .npz (scipy), .tsv .txt .csv (word, word, value)\n"
            "  counts-import  read any of these, recognised by its content, as counts.bin;\n"
            "                 window, weighting and symmetry are those of the config\n"
            "  counts-merge   add up the counts of several corpora, each a run directory or a\n"
            "                 counts.bin beside its vocab.txt, times its weight (1, -1,\n"
            "                 2.5, 1/3), exactly, as the run directory OUT, from which\n"
            "                 glove-run goes on\n"
            "  store-copy     write a store.db again with the same content, in one file or\n"
            "                 in --parts N; OUTPUT is then the file that names the parts",
        .options = options,
        .call_main = convert,
    };
    return gv_program_main(&program, argc, argv);
}
