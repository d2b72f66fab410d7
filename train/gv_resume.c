#include "train/gv_resume.h"

#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <inttypes.h>
#include <string.h>

#define BEGUN_FILE ".stamps/train-begun.json"

/* Names in the list, and bytes of its file, at most. A name that is dropped makes an own checkpoint
 * look like one from elsewhere: it is refused, and the user is asked. */
enum { BEGUN_LIMIT = 64, BEGUN_BYTES = 1 << 16 };

/* --- trainings begun here --------------------------------------------------------------------- */

/* A name for a training: a hash of what identifies it. */
static int name_training(char hex[GV_HASH_HEX], const gv_checkpoint *c, gv_error *err)
{
    char *text = gv_mem_format(err, "%u %u %u %s %s", c->numerics_version, c->dim, c->vocab_size,
                               c->store_hash, c->recipe);
    if (!text)
        return GV_E_MEMORY;
    gv_hash_hex(gv_hash_of(text, strlen(text)), hex);
    gv_mem_free(text);
    return GV_OK;
}

/* {"begun": [names]}; NULL where there is no such file, or none that can be read: that is no error,
 * see BEGUN_LIMIT. Caller frees. */
static gv_json *read_begun(gv_run *run)
{
    char *path = gv_run_path(run, BEGUN_FILE, NULL), *text = NULL;
    size_t bytes = 0;
    gv_json *file = NULL;
    if (path && gv_file_reader_whole(&text, &bytes, path, BEGUN_BYTES, NULL) == GV_OK)
        file = gv_json_parse_or_null(text, bytes);
    gv_mem_free(text);
    gv_mem_free(path);
    return file;
}

static bool contains(const gv_json *file, const char *name)
{
    const gv_json *list = gv_json_get(file, "begun");
    for (size_t i = 0; i < gv_json_count(list); i++) {
        const char *text = gv_json_text(gv_json_item(list, i));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* The file's names, without the oldest where there are too many, and `name`. */
static int write_begun(gv_run *run, const gv_json *file, const char *name, gv_error *err)
{
    const gv_json *list = gv_json_get(file, "begun");
    const size_t n = gv_json_count(list);
    gv_json_writer wanted = gv_json_begin();
    gv_json_open_array(&wanted, "begun");
    for (size_t i = n >= BEGUN_LIMIT; i < n; i++)
        gv_json_set_value(&wanted, NULL, gv_json_item(list, i));
    gv_json_set_text(&wanted, NULL, name);
    char *text = NULL, *path = gv_run_path(run, BEGUN_FILE, err);
    char *directory = gv_run_path(run, ".stamps", err);
    int status = gv_json_write(&text, &wanted, GV_JSON_COMPACT, 15, err);
    if (status == GV_OK)
        status = directory && path ? gv_file_make_dirs(directory, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(path);
    gv_mem_free(directory);
    gv_mem_free(text);
    return status;
}

int gv_resume_remember(gv_run *run, const gv_checkpoint *wanted, gv_error *err)
{
    char name[GV_HASH_HEX];
    int status = name_training(name, wanted, err);
    if (status != GV_OK)
        return status;
    gv_json *begun = read_begun(run);
    if (!contains(begun, name))
        status = write_begun(run, begun, name, err);
    gv_json_free(begun);
    return status;
}

/* --- the decision ----------------------------------------------------------------------------- */

bool gv_resume_same_training(const gv_checkpoint *a, const gv_checkpoint *b)
{
    return a->numerics_version == b->numerics_version && a->dim == b->dim &&
           a->vocab_size == b->vocab_size && strcmp(a->store_hash, b->store_hash) == 0 &&
           strcmp(a->recipe, b->recipe) == 0;
}

/* The file whose checksum a checkpoint holds. */
static const char *trained_on(const gv_checkpoint *c)
{
    return c->values_only ? GV_FILE_IDS : GV_FILE_STORE;
}

/* In words: in what the checkpoint differs from the training that is wanted. */
static int describe_difference(char **text, gv_run *run, const char *path,
                               const gv_checkpoint *found, const gv_checkpoint *wanted,
                               gv_error *err)
{
    gv_config_difference d;
    int status = gv_config_compare(&d, found->recipe, GV_STAGE_TRAIN, run->config, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", path);
        return status;
    }
    if (d.key)
        *text = gv_mem_format(err, "it was trained with %s = %s, the config says %s", d.key,
                              d.found, d.wanted);
    else if (found->numerics_version != wanted->numerics_version)
        *text = gv_mem_format(err, "it was trained by numerics version %u, this program has %u",
                              found->numerics_version, wanted->numerics_version);
    else
        *text = gv_mem_format(err, "it was trained on another %s", trained_on(wanted));
    return *text ? GV_OK : GV_E_MEMORY;
}

/* Another training's checkpoint: GV_OK with a note if it was begun here. */
static int judge_other(gv_run *run, const char *path, const gv_checkpoint *found,
                       const gv_checkpoint *wanted, gv_error *err)
{
    char name[GV_HASH_HEX];
    char *difference = NULL;
    int status = describe_difference(&difference, run, path, found, wanted, err);
    if (status == GV_OK)
        status = name_training(name, found, err);
    if (status == GV_OK) {
        gv_json *begun = read_begun(run);
        if (contains(begun, name))
            gv_progress_note(run->progress, "training starts from the beginning, not from %s: %s",
                             GV_FILE_CHECKPOINT, difference);
        else
            status =
                gv_error_set(err, GV_E_CORRUPT,
                             "%s belongs to another run: %s; delete it, or use --force, to train "
                             "from the beginning",
                             path, difference);
        gv_json_free(begun);
    }
    gv_mem_free(difference);
    return status;
}

/* This training's checkpoint: `*usable` unless it is further than wanted. */
static int judge_own(bool *usable, gv_run *run, const char *path, const gv_checkpoint *found,
                     const gv_checkpoint *wanted, gv_error *err)
{
    uint64_t epochs = run->config->train_epochs;
    /* equal is usable, too: nothing is trained, but vectors may be wanted in another form */
    *usable = found->epoch < epochs || (found->epoch == epochs && found->tasks_done == 0);
    if (!*usable)
        gv_progress_note(run->progress,
                         "training starts from the beginning: %s has more epochs than "
                         "train.epochs = %llu",
                         GV_FILE_CHECKPOINT, (unsigned long long)epochs);
    else if (found->tasks != wanted->tasks || found->segments != wanted->segments)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s does not fit %s; delete it, or use --force, to train from the beginning", path,
            trained_on(wanted));
    return GV_OK;
}

int gv_resume_find(gv_checkpoint_reader **reader, gv_run *run, const char *path,
                   const gv_checkpoint *wanted, gv_error *err)
{
    *reader = NULL;
    gv_file_stat stat;
    int status = gv_file_look(&stat, path, err);
    if (status != GV_OK || run->force || !stat.exists)
        return status;
    status = gv_checkpoint_open(reader, path, err);
    if (status != GV_OK)
        return status;
    const gv_checkpoint *found = gv_checkpoint_about(*reader);
    bool usable = false;
    if (gv_resume_same_training(found, wanted))
        status = judge_own(&usable, run, path, found, wanted, err);
    else
        status = judge_other(run, path, found, wanted, err);
    if (status != GV_OK || !usable) {
        gv_checkpoint_close(*reader);
        *reader = NULL;
    }
    return status;
}

void gv_resume_adopt(gv_checkpoint *state, const gv_checkpoint *found)
{
    gv_checkpoint own = *state;
    *state = *found;
    state->recipe = own.recipe;
    state->done = memcpy(own.done, found->done, found->segments * sizeof *own.done);
    state->losses = memcpy(own.losses, found->losses, found->segments * sizeof *own.losses);
}

int gv_resume_report(gv_run *run, const gv_checkpoint *state, uint64_t records,
                     const char *record_name, gv_error *err)
{
    gv_progress_note(run->progress,
                     "resuming from " GV_FILE_CHECKPOINT ": epoch %" PRIu64 ", after %" PRIu64
                     " of %" PRIu64 " %s",
                     state->epoch + 1, state->records, records, record_name);
    gv_json_writer fields = gv_json_begin();
    gv_json_set_uint(&fields, "epoch", state->epoch + 1);
    gv_json_set_uint(&fields, "position", state->records);
    return gv_run_event(run, "resume", &fields, err);
}
