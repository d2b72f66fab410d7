#include "convert/gv_exchange.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "convert/gv_made_words.h"
#include "counts/gv_matrix_export.h"
#include "vocab/gv_vocab.h"
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the vocabulary of counts is, if the user does not say: beside them, else in the run
 * directory. Caller frees. */
static int vocab_path(char **path, const char *counts, const char *given, const char *run_dir,
                      gv_error *err)
{
    gv_file_stat stat;
    *path = NULL;
    if (given) {
        *path = gv_mem_strdup(given, err);
        return *path ? GV_OK : GV_E_MEMORY;
    }
    int status = gv_made_words_beside(path, counts, err);
    if (status == GV_OK)
        status = gv_file_look(&stat, *path, err);
    if (status != GV_OK || stat.exists)
        return status;
    gv_mem_free(*path);
    *path = gv_file_path_join(run_dir, GV_FILE_VOCAB, err);
    return *path ? GV_OK : GV_E_MEMORY;
}

/* counts.bin of a run directory, or the file itself; GV_E_IO: it cannot be read. Caller frees, also
 * on failure. */
static int counts_path(char **path, const char *given, gv_error *err)
{
    struct stat info;
    *path = stat(given, &info) == 0 && S_ISDIR(info.st_mode)
                ? gv_file_path_join(given, GV_FILE_COUNTS, err)
                : gv_mem_strdup(given, err);
    if (!*path)
        return GV_E_MEMORY;
    return access(*path, R_OK) == 0 ? GV_OK : gv_error_set_errno(err, "cannot read %s", *path);
}

int gv_exchange_export(const char *given, const char *output, const gv_exchange_options *options,
                       const gv_program_call *call, gv_error *err)
{
    uint64_t entries;
    enum gv_matrix_writer_format format;
    gv_vocab *vocab = NULL;
    char *counts = NULL, *path = NULL;
    int status = gv_matrix_writer_choose(&format, output, options->to, err);
    bool words = format == GV_MATRIX_WRITER_TSV || format == GV_MATRIX_WRITER_CSV;
    if (status == GV_OK)
        status = counts_path(&counts, given, err);
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
    gv_mem_free(counts);
    gv_mem_free(path);
    return status;
}
