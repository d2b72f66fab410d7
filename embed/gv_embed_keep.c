#include "embed/gv_embed_keep.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_file_open.h"
#include "base/gv_lock.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "embed/gv_embed_documents.h"
#include "embed/gv_embed_fit.h"
#include <string.h>
#include <unistd.h>

/* --- what it belongs to ----------------------------------------------------------------------- */

static int hash_vectors(gv_hash *hash, const gv_vectors *vectors, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    for (size_t row = 0; row < vectors->rows; row++)
        gv_hash_state_update(hasher, vectors->words[row], strlen(vectors->words[row]) + 1);
    gv_hash_state_update(hasher, vectors->data, vectors->rows * vectors->dim * sizeof(float));
    *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

static int hash_counts(gv_hash *hash, const gv_embed_words *words, gv_error *err)
{
    gv_hash_state *hasher = gv_hash_state_new(err);
    uint8_t number[8];
    if (!hasher)
        return GV_E_MEMORY;
    for (uint32_t key = 0; key < gv_vocab_size(words->keys); key++) {
        gv_bytes_put64(number, words->count[key]);
        gv_hash_state_update(hasher, number, sizeof number);
    }
    gv_bytes_put64(number, words->total);
    gv_hash_state_update(hasher, number, sizeof number);
    *hash = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return GV_OK;
}

/* --- looking for it --------------------------------------------------------------------------- */

int gv_embed_keep_begin(gv_embed_keep *keep, const gv_embed_words *words, const char *run_dir,
                        bool own, gv_progress *progress, gv_error *err)
{
    *keep = (gv_embed_keep){.words = words, .run_dir = run_dir, .own = own, .progress = progress};
    gv_error fault = GV_ERROR_INIT;
    gv_file_stat look = {0};
    gv_hash vectors;
    const uint32_t dim = (uint32_t)words->vectors->dim;
    char *path = gv_file_path_join(run_dir, GV_FILE_EMBED, err);
    int status = path ? hash_vectors(&vectors, words->vectors, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_look(&look, path, err);
    if (status == GV_OK && own && look.exists) {
        status = gv_embed_file_read(&keep->file, path, &fault);
        if (status == GV_E_MEMORY)
            gv_error_set(err, status, "%s", fault.text);
        else if (status != GV_OK)
            gv_progress_note(progress, "%s; it is computed again", fault.text);
        status = status == GV_E_MEMORY ? status : GV_OK;
    }
    gv_mem_free(path);
    if (status != GV_OK)
        return status;
    if (keep->file.dim != dim || !gv_hash_equal(keep->file.vectors, vectors))
        gv_embed_file_clear(&keep->file);
    keep->file.dim = dim;
    keep->file.vectors = vectors;
    return GV_OK;
}

void gv_embed_keep_end(gv_embed_keep *keep)
{
    gv_embed_file_clear(&keep->file);
}

/* --- the parts -------------------------------------------------------------------------------- */

int gv_embed_keep_component(const double **component, gv_embed_keep *keep, gv_error *err)
{
    gv_hash counts;
    gv_embed_file *file = &keep->file;
    int status = hash_counts(&counts, keep->words, err);
    if (status != GV_OK)
        return status;
    if (!file->component || !gv_hash_equal(file->counts, counts)) {
        if (!file->component &&
            !(file->component = gv_mem_alloc(file->dim, sizeof *file->component, err)))
            return GV_E_MEMORY;
        gv_embed_documents_component(file->component, keep->words);
        file->counts = counts;
        keep->changed = true;
    }
    *component = file->component;
    return GV_OK;
}

/* Where the store should be, and what to do if it is not. */
static int no_store(const char *path, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "%s is missing, from which --induce learns what contexts say of a word; "
                        "make it from the run's corpus with glove-cooccur and glove-shuffle, for "
                        "vectors of word2vec too",
                        path);
}

static int fit(gv_embed_keep *keep, gv_store *store, unsigned threads, gv_error *err)
{
    gv_embed_file *file = &keep->file;
    const size_t dim = file->dim;
    double *transform = gv_mem_alloc(dim * dim, sizeof *transform, err);
    int status = transform ? gv_embed_fit(transform, &file->used, store, keep->words, threads,
                                          keep->progress, err)
                           : GV_E_MEMORY;
    if (status != GV_OK) {
        gv_mem_free(transform);
        return status;
    }
    gv_mem_free(file->transform);
    file->transform = transform;
    memcpy(file->store, gv_store_about(store)->content_hash, sizeof file->store);
    keep->changed = true;
    return GV_OK;
}

int gv_embed_keep_transform(const double **transform, gv_embed_keep *keep, unsigned threads,
                            gv_error *err)
{
    gv_store *store = NULL;
    gv_file_stat look = {0};
    char *path = gv_file_path_join(keep->run_dir, GV_FILE_STORE, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists && !keep->file.transform)
        status = no_store(path, err);
    if (status == GV_OK && look.exists)
        status = gv_store_open(&store, path, 1, err);
    /* a store that was removed since is not needed */
    if (status == GV_OK && store &&
        (!keep->file.transform ||
         strcmp(keep->file.store, gv_store_about(store)->content_hash) != 0))
        status = fit(keep, store, threads, err);
    gv_store_close(store);
    gv_mem_free(path);
    *transform = keep->file.transform;
    return status;
}

/* --- storing ---------------------------------------------------------------------------------- */

/* Alone, so that no two write the same temporary file. */
static int store(const gv_embed_keep *keep, gv_error *err)
{
    int lock = -1;
    char *path = gv_file_path_join(keep->run_dir, GV_FILE_EMBED, err);
    char *lock_path = gv_mem_format(err, "%s/" GV_FOLDER_STAMPS "/embed.lock", keep->run_dir);
    int status = path && lock_path ? gv_file_open_lasting(&lock, lock_path, 0, err) : GV_E_MEMORY;
    if (status == GV_OK && gv_lock_take(lock, GV_LOCK_ALONE, false) == GV_LOCK_BUSY)
        status = gv_error_set(err, GV_E_RUNTIME, "another glove-embed is writing %s", path);
    if (status == GV_OK)
        status = gv_embed_file_write(&keep->file, path, err);
    if (lock >= 0)
        close(lock);
    gv_mem_free(lock_path);
    gv_mem_free(path);
    return status;
}

void gv_embed_keep_store(gv_embed_keep *keep)
{
    gv_error fault = GV_ERROR_INIT;
    if (!keep->own || !keep->changed)
        return;
    keep->changed = false;
    if (store(keep, &fault) != GV_OK)
        gv_progress_note(keep->progress, "not stored, so it will be computed again: %s",
                         fault.text);
}
