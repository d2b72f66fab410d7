/*
 * A stage at work in its run directory: lock, config.json, up to date or not, upstream fit or not,
 * metrics.jsonl. Stamps and checksums are in gv_run_files.c.
 *
 * A stage locks <dir>/.stamps/<stage>.lock for as long as it runs, so two programs never write one
 * output. metrics.jsonl is appended to with one write() a line, so lines of several stages may
 * interleave but never mix.
 */
#include "app/gv_run.h"

#include "app/gv_run_internal.h"
#include "base/gv_clock.h"
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_text.h"
#include "text/gv_corpus_files.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { CONFIG_LIMIT = 16 << 20, REAL_DIGITS = 15 /* of numbers in metrics and provenance */ };

/* --- open and close --------------------------------------------------------------------------- */

/*
 * flock() with patience: a process that was just killed holds its lock until the kernel has taken
 * its memory and open files apart, and whoever restarts it at once should not be turned away.
 */
static bool lock_patiently(int fd, int operation)
{
    enum { PAUSE_MS = 50, PATIENCE_MS = 5000 };
    for (int waited = 0;; waited += PAUSE_MS) {
        if (flock(fd, operation) == 0)
            return true;
        if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= PATIENCE_MS ||
            gv_signal_pending())
            return false;
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
}

/* Open and lock `dir`/.stamps/`name`; `*fd` is -1 where the file system has no locks. */
static int take_lock(int *fd, const gv_run *run, const char *name, int operation, gv_error *err)
{
    char *path = gv_mem_format(err, "%s/.stamps/%s.lock", run->dir, name);
    if (!path)
        return GV_E_MEMORY;
    int status = GV_OK;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) {
        status = gv_error_set_errno(err, "cannot write %s", path);
    } else if (!lock_patiently(*fd, operation)) {
        if (errno == EWOULDBLOCK)
            status = gv_error_set(
                err, GV_E_RUNTIME,
                "another %s is at work in %s: wait for it, or choose another --run-dir",
                gv_config_stage_program(run->stage), run->dir);
        close(*fd);
        *fd = -1;
    }
    gv_mem_free(path);
    return status;
}

/* Write config.json unless it says the same already; with `only_first` unless there is one. */
static int write_config(const gv_run *run, bool only_first, gv_error *err)
{
    char *json = NULL, *old = NULL, *path = gv_run_path(run, GV_FILE_CONFIG, err);
    size_t bytes = 0;
    gv_file_stat look;
    int lock = -1;
    int status = path ? gv_config_json(&json, run->config, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = take_lock(&lock, run, "config", LOCK_EX, err); /* two stages may start at once */
    if (status == GV_OK)
        status = gv_file_look(&look, path, err);
    if (status == GV_OK && look.regular)
        status = gv_file_reader_whole(&old, &bytes, path, CONFIG_LIMIT, err);
    if (status == GV_OK && (!old || (!only_first && strcmp(old, json) != 0)))
        status = gv_file_writer_whole(path, json, strlen(json), err);
    if (lock >= 0)
        close(lock);
    gv_mem_free(old);
    gv_mem_free(path);
    gv_mem_free(json);
    return status;
}

static int prepare(gv_run *run, gv_error *err)
{
    char *stamps = gv_file_path_join(run->dir, ".stamps", err);
    int status = stamps ? gv_file_make_dirs(stamps, err) : GV_E_MEMORY;
    gv_mem_free(stamps);
    if (status == GV_OK)
        status =
            take_lock(&run->lock_fd, run, gv_config_stage_name(run->stage), LOCK_EX | LOCK_NB, err);
    if (status == GV_OK)
        status = gv_run_files_open(run, err);
    if (status == GV_OK)
        status = write_config(run, true, err);
    return status;
}

int gv_run_open(gv_run **result, const gv_config *config, const char *dir,
                enum gv_config_stage stage, bool force, gv_progress *progress, gv_error *err)
{
    *result = NULL;
    gv_run *run = gv_mem_alloc_zero(1, sizeof *run, err);
    if (!run)
        return GV_E_MEMORY;
    *run = (gv_run){.config = config,
                    .stage = stage,
                    .force = force,
                    .progress = progress,
                    .wall_start = gv_clock_wall_seconds(),
                    .cpu_start = gv_clock_cpu_seconds(),
                    .lock_fd = -1};
    int status = (run->dir = gv_mem_strdup(dir, err)) ? prepare(run, err) : GV_E_MEMORY;
    if (status == GV_OK)
        *result = run;
    else
        gv_run_close(run);
    return status;
}

void gv_run_close(gv_run *run)
{
    if (!run)
        return;
    gv_run_files_close(run);
    if (run->lock_fd >= 0)
        close(run->lock_fd);
    gv_mem_free(run->dir);
    gv_mem_free(run);
}

char *gv_run_path(const gv_run *run, const char *file, gv_error *err)
{
    return gv_file_path_join(run->dir, file, err);
}

/* --- up to date? ------------------------------------------------------------------------------ */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Do the files agree with the stamp's records, one by one in order? Outputs by name, too. */
static int same_files(bool *same, gv_run *run, const json_t *records, const gv_strings *paths,
                      bool by_name, gv_error *err)
{
    size_t n = paths ? paths->n : 0;
    *same = json_array_size(records) == n;
    int status = GV_OK;
    for (size_t i = 0; i < n && *same && status == GV_OK; i++) {
        const json_t *record = json_array_get(records, i);
        const char *path = paths->items[i];
        const char *name = json_string_value(json_object_get(record, "path"));
        if (by_name && (!name || strcmp(base_name(name), base_name(path)) != 0))
            *same = false;
        else if (strcmp(path, "-") == 0)
            *same = false;
        else
            status = gv_run_same_file(same, run, record, path, err);
    }
    return status;
}

static void note_fresh(const gv_run *run, const gv_strings *outputs)
{
    gv_text names = GV_TEXT_INIT;
    for (size_t i = 0; i < outputs->n; i++)
        gv_text_printf(&names, "%s%s", i ? ", " : "", base_name(outputs->items[i]));
    gv_progress_note(run->progress, "%s %s up to date", names.bytes ? names.bytes : "the output",
                     outputs->n > 1 ? "are" : "is");
    gv_text_drop(&names);
}

int gv_run_up_to_date(bool *fresh, gv_run *run, const char *recipe, const gv_strings *inputs,
                      const gv_strings *outputs, gv_error *err)
{
    *fresh = false;
    const json_t *stamp = gv_run_stamp(run, run->stage);
    int status = write_config(run, false, err);
    if (status == GV_OK)
        status = gv_run_files_note(run, inputs, err);
    if (status != GV_OK || run->force || !stamp || !outputs || outputs->n == 0 ||
        strcmp(json_string_value(json_object_get(stamp, "recipe")), recipe) != 0)
        return status;
    bool same = false;
    status = same_files(&same, run, json_object_get(stamp, "outputs"), outputs, true, err);
    if (status == GV_OK && same)
        status = same_files(&same, run, json_object_get(stamp, "inputs"), inputs, false, err);
    if (status == GV_OK && same) {
        *fresh = true;
        note_fresh(run, outputs);
    }
    return status;
}

/* --- upstream --------------------------------------------------------------------------------- */

/* The stages whose keys stand in the recipe of a file. */
static unsigned recipe_stages(const gv_config *config, enum gv_config_stage made_by)
{
    if (made_by == GV_STAGE_TRAIN)
        return gv_config_train_stages(config) | GV_STAGE_EPOCHS | GV_STAGE_OUTPUT;
    return ((unsigned)made_by << 1) - 1;
}

static int check_recipe(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const char *recipe, gv_error *err)
{
    const char *key;
    char found[GV_CONFIG_VALUE], wanted[GV_CONFIG_VALUE];
    enum gv_config_stage first;
    int status = gv_config_compare(&key, found, wanted, &first, recipe,
                                   recipe_stages(run->config, made_by), run->config, err);
    if (status != GV_OK) {
        gv_error_prefix(err, "%s", path);
        return status;
    }
    if (!key)
        return GV_OK;
    bool same_program =
        strcmp(gv_config_stage_program(first), gv_config_stage_program(made_by)) == 0;
    return gv_error_set(err, GV_E_USAGE,
                        "%s was made with %s = %s, the config says %s: run %s%s again", path, key,
                        found, wanted, gv_config_stage_program(first),
                        same_program ? "" : " and the stages after it");
}

/* Are the files that `path` was made from still what they were, where they can still be seen? */
static int check_inputs(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const json_t *stamp, gv_error *err)
{
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(stamp, "inputs"), i, record)
    {
        gv_file_stat look;
        bool same = true;
        char *input = gv_run_record_path(run, record, err);
        int status = input ? gv_file_look(&look, input, err) : GV_E_MEMORY;
        bool known = json_is_string(json_object_get(record, "xxh128"));
        if (status == GV_OK && look.regular && known)
            status = gv_run_same_file(&same, run, record, input, err);
        if (status == GV_OK && !same)
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s has changed since %s was made from it: run %s again", input,
                                  path, gv_config_stage_program(made_by));
        gv_mem_free(input);
        if (status != GV_OK)
            return status;
    }
    return GV_OK;
}

/* Are the stamp's inputs from number `at` on the files `paths`, by contents? What came from
 * standard input, or cannot be seen any more, is taken to be the same. */
static int same_inputs(bool *same, gv_run *run, const json_t *records, size_t at,
                       const gv_strings *paths, gv_error *err)
{
    int status = GV_OK;
    *same = json_array_size(records) == at + paths->n;
    for (size_t i = 0; i < paths->n && *same && status == GV_OK; i++) {
        const json_t *record = json_array_get(records, at + i);
        gv_file_stat look;
        if (strcmp(paths->items[i], "-") == 0 || !json_is_string(json_object_get(record, "xxh128")))
            break;
        status = gv_file_look(&look, paths->items[i], err);
        if (status == GV_OK && look.exists)
            status = gv_run_same_file(same, run, record, paths->items[i], err);
    }
    return status;
}

/*
 * Do vocab.file and corpus.files still name the files that `path` was made from (by contents, in
 * order)? The stamp of the vocabulary has vocab.file first, if there was one, and no corpus if that
 * brought the counts; the stamp of the matrix has vocab.txt first.
 */
static int check_corpus(gv_run *run, enum gv_config_stage made_by, const char *path,
                        const json_t *stamp, gv_error *err)
{
    const json_t *records = json_object_get(stamp, "inputs");
    const gv_config *config = run->config;
    gv_strings paths = {0};
    gv_corpus_files_entry *files = NULL;
    gv_error gone = GV_ERROR_INIT;
    size_t before = made_by == GV_STAGE_COOCCUR;
    bool same = true;
    int status = GV_OK;
    if (made_by == GV_STAGE_VOCAB && config->vocab_file) {
        const gv_strings given = {1, (char *[]){config->vocab_file}};
        json_t *first = json_pack("[O?]", json_array_get(records, before++));
        status = same_inputs(&same, run, first, 0, &given, err);
        json_decref(first);
        if (status == GV_OK && !same)
            status = gv_error_set(
                err, GV_E_USAGE,
                "%s was made from another file than vocab.file names now: run %s again", path,
                gv_config_stage_program(made_by));
        if (status != GV_OK || json_array_size(records) == 1)
            return status;
    }
    if (gv_corpus_files_find(&paths, &files, &config->corpus_files, &gone) != GV_OK)
        return GV_OK; /* they cannot be seen any more: nothing can be said */
    status = same_inputs(&same, run, records, before, &paths, err);
    if (status == GV_OK && !same)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s was made from other files than corpus.files%s now: run %s again",
                              path, made_by == GV_STAGE_VOCAB ? " and vocab.file name" : " names",
                              gv_config_stage_program(made_by));
    gv_corpus_files_free(&paths, files);
    return status;
}

/*
 * The file differs from what the stamp says was left here. vocab.txt is text, and people edit it;
 * a binary file that changed was damaged or exchanged.
 */
static int replaced_file(gv_run *run, enum gv_config_stage made_by, const char *file,
                         const char *path, gv_error *err)
{
    const char *program = gv_config_stage_program(made_by);
    if (strcmp(file, GV_FILE_VOCAB) == 0) {
        gv_progress_note(run->progress, "%s is not the one that %s made here; taken as it is", path,
                         program);
        return GV_OK;
    }
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s is not the file that %s left here, it was damaged or exchanged: run %s again "
        "(or, if you put it there, remove %s/.stamps/%s.json)",
        path, program, program, run->dir, gv_config_stage_name(made_by));
}

static int check_stamp(gv_run *run, enum gv_config_stage made_by, const char *file,
                       const char *path, const char *recipe, gv_error *err)
{
    const json_t *stamp = gv_run_stamp(run, made_by);
    const json_t *record = gv_run_find_output(stamp, file);
    bool ours = false;
    int status = record ? gv_run_same_file(&ours, run, record, path, err) : GV_OK;
    if (status == GV_OK && record && !ours)
        status = replaced_file(run, made_by, file, path, err);
    if (status == GV_OK && !recipe && ours)
        recipe = json_string_value(json_object_get(stamp, "recipe"));
    if (status == GV_OK && recipe)
        status = check_recipe(run, made_by, path, recipe, err);
    if (status == GV_OK && ours)
        status = check_inputs(run, made_by, path, stamp, err);
    if (status == GV_OK && ours && (made_by == GV_STAGE_VOCAB || made_by == GV_STAGE_COOCCUR))
        status = check_corpus(run, made_by, path, stamp, err);
    return status;
}

int gv_run_check_upstream(gv_run *run, enum gv_config_stage made_by, const char *file,
                          const char *recipe, gv_error *err)
{
    char *path = gv_run_path(run, file, err);
    gv_file_stat look;
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_error_set(err, GV_E_USAGE, "%s is missing: run %s first", path,
                              gv_config_stage_program(made_by));
    if (status == GV_OK)
        status = check_stamp(run, made_by, file, path, recipe, err);
    gv_mem_free(path);
    return status;
}

/* --- metrics and the end of a stage ------------------------------------------------------------
 */

/* {"stage":, "event":, ...}, to be continued. */
static gv_json_writer begin_event(const gv_run *run, const char *event)
{
    gv_json_writer line = gv_json_begin();
    gv_json_set_text(&line, "stage", gv_config_stage_name(run->stage));
    gv_json_set_text(&line, "event", event);
    return line;
}

/* Add the members that were written to `fields` (may be NULL), and end both writers. */
static int end_event(gv_json **event, gv_json_writer *line, gv_json_writer *fields, gv_error *err)
{
    gv_json *members = NULL;
    int status = fields ? gv_json_take(&members, fields, err) : GV_OK;
    for (const char *key = NULL; (key = gv_json_next_key(members, key));)
        gv_json_set_value(line, key, gv_json_get(members, key));
    if (status == GV_OK)
        status = gv_json_take(event, line, err);
    else
        gv_json_clear(line);
    gv_json_free(members);
    return status;
}

/* A line that a dying process left unfinished must not swallow the next one. */
static bool ends_inside_line(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int append_line(const char *path, const char *json, gv_error *err)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return gv_error_set_errno(err, "cannot write %s", path);
    char *line = gv_mem_format(err, "%s%s\n", ends_inside_line(fd) ? "\n" : "", json);
    int status = line ? GV_OK : GV_E_MEMORY;
    if (line) {
        size_t bytes = strlen(line);
        ssize_t done = write(fd, line, bytes);
        if (done < 0)
            status = gv_error_set_errno(err, "cannot write %s", path);
        else if ((size_t)done != bytes)
            status = gv_error_set(err, GV_E_IO, "cannot write %s: the disk is full", path);
    }
    if (close(fd) != 0 && status == GV_OK)
        status = gv_error_set_errno(err, "cannot write %s", path);
    gv_mem_free(line);
    return status;
}

static int write_event(const gv_run *run, const gv_json *event, gv_error *err)
{
    char *text = NULL, *path = gv_run_path(run, GV_FILE_METRICS, err);
    int status =
        path ? gv_json_print(&text, event, GV_JSON_COMPACT, REAL_DIGITS, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = append_line(path, text, err);
    gv_mem_free(path);
    gv_mem_free(text);
    return status;
}

int gv_run_event(gv_run *run, const char *name, gv_json_writer *fields, gv_error *err)
{
    gv_json *event = NULL;
    gv_json_writer line = begin_event(run, name);
    int status = end_event(&event, &line, fields, err);
    if (status == GV_OK)
        status = write_event(run, event, err);
    gv_json_free(event);
    return status;
}

static double milliseconds(double seconds)
{
    return round(seconds * 1000) / 1000;
}

int gv_run_done(gv_run *run, const char *recipe, const gv_strings *inputs,
                const gv_strings *outputs, gv_json_writer *fields, gv_error *err)
{
    gv_json *event = NULL;
    gv_json_writer line = begin_event(run, "done");
    gv_json_set_real(&line, "wall_s", milliseconds(gv_clock_wall_seconds() - run->wall_start));
    gv_json_set_real(&line, "cpu_s", milliseconds(gv_clock_cpu_seconds() - run->cpu_start));
    gv_json_set_uint(&line, "peak_rss_kb", gv_mem_peak_rss_kb());
    gv_json_set_text(&line, "version", GV_VERSION);
    int status = end_event(&event, &line, fields, err);
    if (status == GV_OK)
        status = gv_run_stamp_write(run, recipe, inputs, outputs, event, err);
    if (status == GV_OK)
        status = write_event(run, event, err);
    gv_json_free(event);
    return status;
}

/* --- provenance ------------------------------------------------------------------------------- */

/* Null where a damaged stamp lacks the member. */
static void copy_member(gv_json_writer *w, const gv_json *record, const char *name)
{
    const gv_json *value = gv_json_get(record, name);
    if (value)
        gv_json_set_value(w, name, value);
    else
        gv_json_set_null(w, name);
}

/* The corpus files of a stamp: inputs from outside the run directory. */
static void write_corpus(gv_json_writer *w, const gv_json *stamp)
{
    const gv_json *inputs = gv_json_get(stamp, "inputs");
    for (size_t i = 0; i < gv_json_count(inputs); i++) {
        const gv_json *record = gv_json_item(inputs, i);
        const char *path = gv_json_get_text(record, "path");
        if (path[0] != '/' && strcmp(path, "-") != 0)
            continue;
        gv_json_open_object(w, NULL);
        copy_member(w, record, "file");
        copy_member(w, record, "bytes");
        copy_member(w, record, "xxh128");
        gv_json_close(w);
    }
}

int gv_run_provenance(char **provenance, gv_run *run, gv_error *err)
{
    char *config = NULL;
    *provenance = NULL;
    int status = gv_config_json(&config, run->config, err);
    if (status != GV_OK)
        return status;
    const gv_json *counted = gv_run_stamp(run, GV_STAGE_COOCCUR);
    gv_json_writer w = gv_json_begin();
    gv_json_set_text(&w, "version", GV_VERSION);
    gv_json_set_parsed(&w, "config", config);
    gv_mem_free(config);
    gv_json_open_array(&w, "corpus");
    write_corpus(&w, counted ? counted : gv_run_stamp(run, GV_STAGE_VOCAB));
    gv_json_close(&w);
    gv_json_open_array(&w, "stages");
    for (unsigned i = 0; i < GV_RUN_STAGES; i++) {
        const gv_json *done = gv_json_get(run->files->stamps[i], "done");
        if (gv_json_kind(done) == GV_JSON_OBJECT)
            gv_json_set_value(&w, NULL, done);
    }
    gv_json_close(&w);
    return gv_json_write(provenance, &w, 1, REAL_DIGITS, err);
}
