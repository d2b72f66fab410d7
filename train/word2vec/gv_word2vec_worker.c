#include "train/word2vec/gv_word2vec_worker.h"

#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "budget/gv_budget.h"
#include "dist/gv_shared_files.h"
#include "train/gv_train_start.h"
#include "train/gv_training.h"
#include "train/word2vec/gv_word2vec_ordered.h"
#include <string.h>

/* Far from the engines' tags, as TAG_STORE of gv_train_worker.c. */
enum { TAG_TEXT = 902 };

/* What this rank owns; zeroed, then filled step by step. */
typedef struct worker {
    const gv_config *config; /* borrowed, as `dir` */
    const char *dir;
    gv_shared_files files;
    gv_vocab *vocab;
    gv_ids *ids;
    uint64_t *threshold;
    gv_word2vec_layout layout;
    gv_model *model;
    gv_start *start;
} worker;

static void free_worker(worker *w)
{
    gv_model_free(w->model);
    gv_start_free(w->start);
    gv_word2vec_layout_clear(&w->layout);
    gv_mem_free(w->threshold);
    gv_ids_close(w->ids);
    gv_vocab_free(w->vocab);
    gv_shared_files_clear(&w->files);
}

/* The files that all ranks read, in an order that all know. */
enum { VOCAB, IDS, FILES };
typedef struct file_names {
    char *paths[FILES];
} file_names;

static int name_files(file_names *names, const char *dir, gv_error *err)
{
    names->paths[VOCAB] = gv_file_path_join(dir, GV_FILE_VOCAB, err);
    names->paths[IDS] = gv_file_path_join(dir, GV_FILE_IDS, err);
    return names->paths[VOCAB] && names->paths[IDS] ? GV_OK : GV_E_MEMORY;
}

static void free_names(file_names *names)
{
    for (int i = 0; i < FILES; i++)
        gv_mem_free(names->paths[i]);
}

int gv_word2vec_worker_tell(gv_comm *comm, const gv_word2vec_layout *layout, const char *dir,
                            gv_progress *progress, gv_error *err)
{
    file_names names;
    if (!comm)
        return GV_OK;
    int status = name_files(&names, dir, err);
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(comm); rank++)
        status = gv_comm_send(comm, rank, TAG_TEXT, layout->info.content_hash, GV_HASH_HEX, err);
    if (status == GV_OK)
        status = gv_shared_files_give(comm, &(gv_strings){FILES, names.paths}, progress, err);
    free_names(&names);
    return status;
}

/* The hash that rank 0 has; its files are complete then. */
static int await_text(char hash[GV_HASH_HEX], gv_comm *comm, gv_error *err)
{
    gv_comm_message message;
    int status = gv_comm_await(comm, &message, TAG_TEXT, err);
    if (status != GV_OK)
        return status;
    if (message.bytes == GV_HASH_HEX)
        memcpy(hash, message.data, GV_HASH_HEX);
    else
        status = gv_comm_unexpected(&message, err);
    gv_comm_message_free(&message);
    return status;
}

static int get_files(worker *w, gv_comm *comm, gv_error *err)
{
    file_names names;
    int status = name_files(&names, w->dir, err);
    if (status == GV_OK)
        status = gv_shared_files_get(&w->files, comm, &(gv_strings){FILES, names.paths},
                                     gv_relay_temp_dir(comm, w->config, w->dir), err);
    free_names(&names);
    return status;
}

static int open_files(worker *w, gv_error *err)
{
    uint64_t budget = gv_budget_of_reading(gv_training_memory_budget(w->config));
    int status =
        gv_vocab_read_within(&w->vocab, w->files.path[VOCAB], 0, budget, "train.memory_mb", err);
    return status == GV_OK ? gv_ids_open(&w->ids, w->files.path[IDS], err) : status;
}

/* Long work: a background task. */
static int make_parts(void *context, gv_error *err)
{
    worker *w = context;
    int status = open_files(w, err);
    if (status != GV_OK)
        return status;
    if (gv_ids_about(w->ids)->vocab_size != gv_vocab_size(w->vocab))
        return gv_error_set(err, GV_E_CORRUPT, "%s: " GV_FILE_IDS " does not match " GV_FILE_VOCAB,
                            w->dir);
    status = gv_word2vec_text_thresholds(&w->threshold, w->config, w->vocab, err);
    const gv_word2vec_text text = {w->config, w->ids, w->threshold};
    if (status == GV_OK)
        status = gv_word2vec_layout_make(&w->layout, &text, w->vocab, err);
    return status == GV_OK
               ? gv_model_new_plain(&w->model, gv_vocab_size(w->vocab), w->config->train_dim, err)
               : status;
}

static int train(worker *w, gv_comm *comm, gv_error *err)
{
    gv_word2vec_chunk_text text = {.source = {w->config, w->ids, w->threshold},
                                   .start = w->start,
                                   .vocab = w->vocab,
                                   .model = w->model};
    const gv_word2vec_ordered_inputs inputs = {.text = &text,
                                               .layout = &w->layout,
                                               .comm = comm,
                                               .threads =
                                                   gv_config_threads(w->config->train_threads)};
    int status = gv_word2vec_choose(&text.kernel, err);
    return status == GV_OK ? gv_word2vec_ordered_work(&inputs, err) : status;
}

int gv_word2vec_worker(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err)
{
    worker w = {.config = config, .dir = dir};
    char hash[GV_HASH_HEX];
    int status = await_text(hash, comm, err);
    if (status == GV_OK)
        status = get_files(&w, comm, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, make_parts, &w, err);
    if (status == GV_OK && memcmp(hash, w.layout.info.content_hash, GV_HASH_HEX) != 0)
        status =
            gv_error_set(err, GV_E_RUNTIME,
                         "%s: " GV_FILE_VOCAB " or " GV_FILE_IDS " was replaced while training "
                         "began; start again",
                         dir);
    if (status == GV_OK)
        status = gv_train_start_await(&w.start, comm, config, err);
    if (status == GV_OK)
        status = train(&w, comm, err);
    free_worker(&w);
    return status;
}
