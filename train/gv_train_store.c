/*
 * The protocol: rank 0 sends the content hash of its store, each worker rank answers whether it has
 * that store, and rank 0 sends the file to those that have not.
 */
#include "train/gv_train_store.h"

#include "app/gv_run.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "dist/gv_shared_files.h"
#include "store/gv_store_part.h"
#include "train/rotation/gv_routes.h"
#include <string.h>
#include <unistd.h>

/* Far from the engines' tags: theirs may come before these, from ranks that are ahead. */
enum { TAG_STORE = 900, TAG_FOUND = 903 };

/* Has a worker rank found rank 0's store at its path? */
typedef enum found_kind { FOUND_NOT, FOUND_IT, FOUND_KINDS } found_kind;

/* --- parts ------------------------------------------------------------------------------------ */

/* Reading will be from the parts of the word groups that this rank owns; they must be there. */
static int choose_parts(gv_store *store, const gv_comm *comm, const gv_config *config,
                        gv_error *err)
{
    const gv_store_info *info = gv_store_about(store);
    if (info->parts == 0 || config->train_distributed != GV_DISTRIBUTED_ROTATION)
        return GV_OK;
    bool *own = gv_mem_alloc_zero(info->groups, sizeof *own, err);
    if (!own)
        return GV_E_MEMORY;
    for (uint32_t g = 0; g < info->groups; g++)
        own[g] = gv_routes_rank(g, info->groups, gv_comm_size(comm)) == gv_comm_rank(comm);
    gv_store_part_prefer(store, own);
    gv_mem_free(own);
    return gv_store_part_check_preferred(store, err);
}

int gv_train_store_open_first(gv_store **store, const char *path, gv_comm *comm,
                              const gv_config *config, gv_error *err)
{
    const gv_store_options options = {
        .directory = true, .parts_later = comm != NULL, .part_dirs = &config->store_part_dirs};
    int status = gv_store_open_with(store, path, &options, err);
    return status == GV_OK && comm ? choose_parts(*store, comm, config, err) : status;
}

/* --- rank 0 ----------------------------------------------------------------------------------- */

static int tell(gv_comm *comm, const gv_store *store, gv_error *err)
{
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(comm); rank++)
        status = gv_comm_send(comm, rank, TAG_STORE, gv_store_about(store)->content_hash,
                              GV_HASH_HEX, err);
    return status;
}

/* `answers` is [size] by rank, zeroed. */
static int hear(uint8_t *answers, gv_comm *comm, gv_error *err)
{
    int status = GV_OK;
    for (int i = 1; status == GV_OK && i < gv_comm_size(comm); i++) {
        gv_comm_message message;
        uint8_t answer = FOUND_KINDS;
        status = gv_comm_await(comm, &message, TAG_FOUND, err);
        if (status == GV_OK && message.bytes == 1)
            memcpy(&answer, message.data, 1);
        /* two answers of one rank would leave another without the store */
        if (status == GV_OK && (answer >= FOUND_KINDS || answers[message.from] != 0))
            status = gv_comm_unexpected(&message, err);
        if (status == GV_OK)
            answers[message.from] = (uint8_t)(answer + 1);
        gv_comm_message_free(&message);
    }
    return status;
}

int gv_train_store_share(gv_comm *comm, const gv_store *store, const char *path,
                         gv_progress *progress, gv_error *err)
{
    if (!comm)
        return GV_OK;
    size_t size = (size_t)gv_comm_size(comm);
    uint8_t *answers = gv_mem_alloc_zero(size, 1, err);
    int *without = gv_mem_alloc(size, sizeof *without, err), n = 0;
    int status = answers && without ? tell(comm, store, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = hear(answers, comm, err);
    for (size_t rank = 1; status == GV_OK && rank < size; rank++)
        if (answers[rank] != FOUND_IT + 1)
            without[n++] = (int)rank;
    /* if another store has taken its place meanwhile, they see that by its hash */
    if (status == GV_OK && n > 0)
        status = gv_shared_files_send(comm, path, without, n, progress, err);
    gv_mem_free(answers);
    gv_mem_free(without);
    return status;
}

/* --- worker ranks ----------------------------------------------------------------------------- */

typedef struct search {
    gv_train_store *found;
    const gv_comm *comm;
    const gv_config *config;
    const char *dir, *temp_dir;
} search;

/* What is at the path; it need be no store. This and open_copy read and write: background tasks. */
static int open_own(void *context, gv_error *err)
{
    search *s = context;
    gv_error why = GV_ERROR_INIT;
    if (!(s->found->path = gv_file_path_join(s->dir, GV_FILE_STORE, err)))
        return GV_E_MEMORY;
    const gv_store_options options = {
        .directory = true, .parts_later = true, .part_dirs = &s->config->store_part_dirs};
    int status = gv_store_open_with(&s->found->store, s->found->path, &options, &why);
    return status == GV_E_MEMORY || status == GV_E_STOPPED
               ? gv_error_set(err, status, "%s", why.text)
               : GV_OK;
}

static int make_copy(void *context, gv_error *err)
{
    search *s = context;
    char path[GV_RELAY_PATH];
    int status = gv_file_temp_open(&s->found->copy, s->temp_dir, err);
    if (status != GV_OK)
        return status;
    s->found->is_copy = true;
    gv_relay_path(path, s->found->copy);
    gv_mem_free(s->found->path);
    s->found->path = gv_mem_strdup(path, err);
    return s->found->path ? GV_OK : GV_E_MEMORY;
}

static int open_copy(void *context, gv_error *err)
{
    search *s = context;
    gv_strings dirs = {0};
    const gv_store_options options = {.directory = true, .parts_later = true, .part_dirs = &dirs};
    int status = gv_strings_add_all(&dirs, &s->config->store_part_dirs, err);
    if (status == GV_OK)
        status = gv_strings_add(&dirs, s->dir, err); /* not that of the copy */
    if (status == GV_OK)
        status = gv_store_open_with(&s->found->store, s->found->path, &options, err);
    gv_strings_free(&dirs);
    return status;
}

static int find_parts(void *context, gv_error *err)
{
    search *s = context;
    return choose_parts(s->found->store, s->comm, s->config, err);
}

static bool has_hash(const gv_train_store *found, const char hash[GV_HASH_HEX])
{
    return found->store &&
           memcmp(gv_store_about(found->store)->content_hash, hash, GV_HASH_HEX) == 0;
}

static int await_hash(char hash[GV_HASH_HEX], gv_comm *comm, gv_error *err)
{
    gv_comm_message message;
    int status = gv_comm_await(comm, &message, TAG_STORE, err);
    if (status == GV_OK && message.bytes != GV_HASH_HEX)
        status = gv_comm_unexpected(&message, err);
    if (status == GV_OK)
        memcpy(hash, message.data, GV_HASH_HEX);
    gv_comm_message_free(&message);
    return status;
}

static int get_copy(search *s, gv_comm *comm, const char hash[GV_HASH_HEX], gv_error *err)
{
    static const char name[] = "the copy of " GV_FILE_STORE;
    uint64_t bytes;
    gv_store_close(s->found->store);
    s->found->store = NULL;
    int status = gv_comm_run_background(comm, make_copy, s, err);
    if (status == GV_OK)
        status = gv_relay_receive(&bytes, comm, s->found->copy, 0, name, err);
    if (status == GV_OK)
        status = gv_comm_run_background(comm, open_copy, s, err);
    if (status != GV_OK && status != GV_E_STOPPED)
        gv_error_prefix(err, "a copy of %s in %s", GV_FILE_STORE, s->temp_dir);
    if (status == GV_OK && !has_hash(s->found, hash))
        status = gv_error_set(err, GV_E_RUNTIME, "rank 0 sent another %s than it has; start again",
                              GV_FILE_STORE);
    return status;
}

int gv_train_store_open(gv_train_store *found, gv_comm *comm, const gv_config *config,
                        const char *dir, gv_error *err)
{
    search s = {found, comm, config, dir, gv_relay_temp_dir(comm, config, dir)};
    char hash[GV_HASH_HEX];
    int status = gv_comm_run_background(comm, open_own, &s, err);
    if (status == GV_OK)
        status = await_hash(hash, comm, err);
    if (status != GV_OK)
        return status;
    bool has = has_hash(found, hash);
    uint8_t answer = has ? FOUND_IT : FOUND_NOT;
    status = gv_comm_send(comm, 0, TAG_FOUND, &answer, 1, err);
    if (status == GV_OK && !has)
        status = get_copy(&s, comm, hash, err);
    return status == GV_OK ? gv_comm_run_background(comm, find_parts, &s, err) : status;
}

void gv_train_store_clear(gv_train_store *found)
{
    gv_store_close(found->store);
    gv_mem_free(found->path);
    if (found->is_copy)
        close(found->copy);
    *found = (gv_train_store){0};
}
