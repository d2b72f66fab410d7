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

/* Seconds of work below which it is not recorded, as it may be thrown away in any case; and by
 * which it must have grown to be recorded again, as that syncs a file. */
enum { RECORDED_FROM_S = 30, RECORDED_EACH_S = 10 };

/* --- trainings begun here --------------------------------------------------------------------- */

/*
 * The file: {"begun": [names], "spent_s": {name: seconds}, "diverged": [names]}. One that is
 * missing or cannot be read is no error, see BEGUN_LIMIT.
 */

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

/* `*file` is NULL where there is no such file, or none that can be read. Caller frees it. The only
 * error is GV_E_MEMORY: then nothing may be written in the file's place. */
static int read_begun(gv_json **file, gv_run *run, gv_error *err)
{
    char *path = gv_run_path(run, BEGUN_FILE, err), *text = NULL;
    size_t bytes = 0;
    gv_error reason = GV_ERROR_INIT;
    *file = NULL;
    int status =
        path ? gv_file_reader_whole(&text, &bytes, path, BEGUN_BYTES, &reason) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_json_parse_if_valid(file, text, bytes, err);
    else if (status != GV_E_MEMORY)
        status = GV_OK;
    else
        gv_error_set(err, status, "%s", reason.text);
    gv_mem_free(text);
    gv_mem_free(path);
    return status;
}

static bool contains(const gv_json *list, const char *name)
{
    for (size_t i = 0; i < gv_json_count(list); i++) {
        const char *text = gv_json_text(gv_json_item(list, i));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

/* What is known about one training. */
typedef struct record {
    double spent_s;
    bool diverged;
} record;

static record find_record(const gv_json *file, const char *name)
{
    return (record){.spent_s = gv_json_get_number(gv_json_get(file, "spent_s"), name),
                    .diverged = contains(gv_json_get(file, "diverged"), name)};
}

static const char *name_at(const gv_json *list, size_t i)
{
    const char *name = gv_json_text(gv_json_item(list, i));
    return name ? name : "";
}

/* The file's names, without the oldest where there are too many, and at last `name`, with what is
 * known about each. Caller frees. */
static int print_begun(char **text, const gv_json *file, const char *name, record own,
                       gv_error *err)
{
    const gv_json *list = gv_json_get(file, "begun");
    const size_t n = gv_json_count(list), first = n >= BEGUN_LIMIT ? n - BEGUN_LIMIT + 1 : 0;
    gv_json_writer w = gv_json_begin();
    gv_json_open_array(&w, "begun");
    for (size_t i = first; i < n; i++)
        if (strcmp(name_at(list, i), name) != 0)
            gv_json_set_text(&w, NULL, name_at(list, i));
    gv_json_set_text(&w, NULL, name);
    gv_json_close(&w);
    gv_json_open_object(&w, "spent_s");
    for (size_t i = first; i < n; i++) {
        double spent = find_record(file, name_at(list, i)).spent_s;
        if (spent > 0 && strcmp(name_at(list, i), name) != 0)
            gv_json_set_real(&w, name_at(list, i), spent);
    }
    gv_json_set_real(&w, name, own.spent_s);
    gv_json_close(&w);
    gv_json_open_array(&w, "diverged");
    for (size_t i = first; i < n; i++)
        if (find_record(file, name_at(list, i)).diverged && strcmp(name_at(list, i), name) != 0)
            gv_json_set_text(&w, NULL, name_at(list, i));
    if (own.diverged)
        gv_json_set_text(&w, NULL, name);
    gv_json_close(&w);
    return gv_json_write(text, &w, GV_JSON_COMPACT, 15, err);
}

static int write_begun(gv_run *run, const gv_json *file, const char *name, record own,
                       gv_error *err)
{
    char *text = NULL, *path = gv_run_path(run, BEGUN_FILE, err);
    char *directory = gv_run_path(run, ".stamps", err);
    int status = print_begun(&text, file, name, own, err);
    if (status == GV_OK)
        status = directory && path ? gv_file_make_dirs(directory, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_file_writer_whole(path, text, strlen(text), err);
    gv_mem_free(path);
    gv_mem_free(directory);
    gv_mem_free(text);
    return status;
}

/* Keep `change` in the record of this training. */
static int record_begun(gv_run *run, const gv_checkpoint *training,
                        void (*change)(record *own, double number), double number, gv_error *err)
{
    char name[GV_HASH_HEX];
    gv_json *file;
    int status = name_training(name, training, err);
    if (status == GV_OK)
        status = read_begun(&file, run, err);
    if (status != GV_OK)
        return status;
    record own = find_record(file, name), before = own;
    change(&own, number);
    if (!contains(gv_json_get(file, "begun"), name) || own.spent_s != before.spent_s ||
        own.diverged != before.diverged)
        status = write_begun(run, file, name, own, err);
    gv_json_free(file);
    return status;
}

/* `number`: it resumes with the work that there is; 0: from the beginning. */
static void change_begun(record *own, double number)
{
    own->diverged = false;
    if (number == 0)
        own->spent_s = 0;
}

static void change_spent(record *own, double number)
{
    if (number - own->spent_s >= RECORDED_EACH_S)
        own->spent_s = number;
}

static void change_diverged(record *own, double number)
{
    (void)number;
    own->diverged = true;
}

int gv_resume_remember(gv_run *run, const gv_checkpoint *wanted, bool resumes, gv_error *err)
{
    return record_begun(run, wanted, change_begun, resumes, err);
}

int gv_resume_record_spent(gv_run *run, const gv_checkpoint *training, double seconds,
                           gv_error *err)
{
    return seconds < RECORDED_FROM_S ? GV_OK
                                     : record_begun(run, training, change_spent, seconds, err);
}

int gv_resume_record_diverged(gv_run *run, const gv_checkpoint *training, gv_error *err)
{
    return record_begun(run, training, change_diverged, 0, err);
}

double gv_resume_spent(gv_run *run, const gv_checkpoint *training)
{
    char name[GV_HASH_HEX];
    gv_json *file;
    if (name_training(name, training, NULL) != GV_OK || read_begun(&file, run, NULL) != GV_OK)
        return 0;
    double spent = find_record(file, name).spent_s;
    gv_json_free(file);
    return spent;
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

/* Did it start from other vectors than are wanted (gv_train_start_add_recipe)? */
static int has_other_start(bool *other, const gv_checkpoint *found, const gv_checkpoint *wanted,
                           gv_error *err)
{
    static const char *const keys[] = {"train.init", "train.init_context"};
    gv_json *theirs = NULL, *ours = NULL;
    *other = false;
    int status = gv_json_parse_if_valid(&theirs, found->recipe, strlen(found->recipe), err);
    if (status == GV_OK)
        status = gv_json_parse_if_valid(&ours, wanted->recipe, strlen(wanted->recipe), err);
    for (size_t i = 0; status == GV_OK && i < sizeof keys / sizeof *keys; i++) {
        const char *a = gv_json_get_text(theirs, keys[i]), *b = gv_json_get_text(ours, keys[i]);
        *other |= strcmp(a, b) != 0;
    }
    gv_json_free(theirs);
    gv_json_free(ours);
    return status;
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
    bool other_start = false;
    status = has_other_start(&other_start, found, wanted, err);
    if (status != GV_OK)
        return status;
    if (d.key)
        *text = gv_mem_format(err, "it was trained with %s = %s, the config says %s", d.key,
                              d.found, d.wanted);
    else if (found->numerics_version != wanted->numerics_version)
        *text = gv_mem_format(err, "it was trained by numerics version %u, this program has %u",
                              found->numerics_version, wanted->numerics_version);
    else if (other_start)
        *text = gv_mem_strdup("it did not start from the vectors that train.init names now", err);
    else
        *text = gv_mem_format(err, "it was trained on another %s", trained_on(wanted));
    return *text ? GV_OK : GV_E_MEMORY;
}

/* Seconds of work in the checkpoint that is there: as recorded, or if it is the one that the last
 * finished training left, as that one's stamp says. */
static int work_in(double *seconds, gv_run *run, const char *path, const record *known,
                   gv_error *err)
{
    bool stamped = false;
    int status = gv_run_is_own_output(&stamped, run, path, err);
    double done = stamped ? gv_run_recorded_seconds(run) : 0;
    *seconds = known->spent_s > done ? known->spent_s : done;
    if (known->diverged)
        *seconds = 0;
    return status;
}

/* Training starts from the beginning, for the reason `why`, and replaces this checkpoint. */
static int start_over(gv_run *run, const char *path, const record *known, const char *why,
                      gv_error *err)
{
    double seconds;
    int status = work_in(&seconds, run, path, known, err);
    if (status != GV_OK)
        return status;
    if (gv_run_is_long(seconds)) {
        char *reason = gv_mem_format(err, "%s: %s", path, why);
        status = reason ? gv_run_refuse_discard(run, reason, seconds, err) : GV_E_MEMORY;
        gv_mem_free(reason);
        return status;
    }
    gv_progress_note(run->progress, "training starts from the beginning, not from %s: %s",
                     GV_FILE_CHECKPOINT, why);
    return GV_OK;
}

/* Another training's checkpoint: GV_OK with a note if it was begun here. */
static int judge_other(gv_run *run, const char *path, const gv_checkpoint *found,
                       const gv_checkpoint *wanted, gv_error *err)
{
    char name[GV_HASH_HEX];
    char *difference = NULL;
    gv_json *file = NULL;
    int status = describe_difference(&difference, run, path, found, wanted, err);
    if (status == GV_OK)
        status = name_training(name, found, err);
    if (status == GV_OK)
        status = read_begun(&file, run, err);
    if (status == GV_OK) {
        const record known = find_record(file, name);
        if (contains(gv_json_get(file, "begun"), name))
            status = start_over(run, path, &known, difference, err);
        else
            status =
                gv_error_set(err, GV_E_CORRUPT,
                             "%s belongs to another run: %s; delete it, or use --force, to train "
                             "from the beginning",
                             path, difference);
    }
    gv_json_free(file);
    gv_mem_free(difference);
    return status;
}

/* More epochs than are wanted: GV_OK with a note if that is little work. */
static int judge_longer(gv_run *run, const char *path, const gv_checkpoint *found, gv_error *err)
{
    char name[GV_HASH_HEX];
    gv_json *file = NULL;
    int status = name_training(name, found, err);
    char *why = gv_mem_format(
        err, "it was trained for %" PRIu64 " epochs%s, train.epochs is %" PRIu32, found->epoch,
        found->tasks_done ? " and more" : "", run->config->train_epochs);
    if (status == GV_OK && !why)
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = read_begun(&file, run, err);
    if (status == GV_OK) {
        const record known = find_record(file, name);
        status = start_over(run, path, &known, why, err);
    }
    gv_json_free(file);
    gv_mem_free(why);
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
        return judge_longer(run, path, found, err);
    if (found->tasks != wanted->tasks || found->segments != wanted->segments)
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
