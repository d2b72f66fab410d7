#include "convert/gv_exchange.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "counts/gv_matrix_export.h"
#include "counts/gv_matrix_import.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <string.h>

/* Where a vocabulary is, if the user does not say: beside the counts, else in the run directory. */
static int vocab_path(char **path, const char *counts, const char *given, const char *run_dir,
                      gv_error *err)
{
    if (given) {
        *path = gv_mem_strdup(given, err);
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

int gv_exchange_export(const char *counts, const char *output, const gv_exchange_options *options,
                       const gv_program_call *call, gv_error *err)
{
    uint64_t entries;
    enum gv_matrix_writer_format format;
    gv_vocab *vocab = NULL;
    char *path = NULL;
    int status = gv_matrix_writer_choose(&format, output, options->to, err);
    bool words = format == GV_MATRIX_WRITER_TSV || format == GV_MATRIX_WRITER_CSV;
    if (status == GV_OK && words)
        status = vocab_path(&path, counts, options->vocab, call->run_dir, err);
    if (status == GV_OK && words)
        status = gv_vocab_read(&vocab, path, 1, err);
    if (status == GV_OK)
        status = gv_matrix_export(counts, vocab, output, format, &entries, err);
    if (status == GV_OK)
        gv_progress_note(call->progress, "%s: %" PRIu64 " %s", output, entries,
                         format == GV_MATRIX_WRITER_MARKET ? "entries" : "records");
    gv_vocab_free(vocab);
    gv_mem_free(path);
    return status;
}

static int parse_ids(int *first, const char *given, gv_error *err)
{
    *first = -1;
    if (!given)
        return GV_OK;
    if (strcmp(given, "0") != 0 && strcmp(given, "1") != 0)
        return gv_error_set(err, GV_E_USAGE,
                            "--ids %s: expected 0 or 1, the number of the first word", given);
    *first = *given - '0';
    return GV_OK;
}

int gv_exchange_import(const char *input, const char *counts, const gv_exchange_options *options,
                       const gv_program_call *call, gv_error *err)
{
    gv_vocab *vocab = NULL;
    gv_matrix_import_options importing = {.mirror = options->mirror != NULL};
    gv_matrix_import_report report = {0};
    char *path = NULL;
    int status = parse_ids(&importing.ids_from, options->ids, err);
    if (status == GV_OK)
        status = vocab_path(&path, NULL, options->vocab, call->run_dir, err);
    if (status == GV_OK)
        status = gv_vocab_read(&vocab, path, 1, err);
    if (status == GV_OK)
        status = gv_matrix_import(input, vocab, call->config, &importing, counts, &report, err);
    if (status == GV_OK)
        gv_progress_note(call->progress, "%s: %s, %" PRIu64 " entries", input, report.format,
                         report.entries);
    for (size_t i = 0; status == GV_OK && i < report.notes.n; i++)
        gv_progress_note(call->progress, "%s: %s", input, report.notes.items[i]);
    gv_strings_free(&report.notes);
    gv_vocab_free(vocab);
    gv_mem_free(path);
    return status;
}
