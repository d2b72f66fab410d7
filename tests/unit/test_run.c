/* The run directory: up to date or not, upstream fit or not, metrics, provenance, locks. */
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *notes; /* what the last stage() noted */

/* The config with one --set (NULL: none). */
static gv_config *config_with(const char *set)
{
    gv_strings sets = {0};
    gv_config *config;
    gv_error err = GV_ERROR_INIT;
    if (set)
        cr_assert_eq(gv_strings_add(&sets, set, NULL), GV_OK);
    gv_assert_ok(gv_config_load(&config, NULL, &sets, "x", &err), err);
    gv_strings_free(&sets);
    return config;
}

static const char *run_dir(void)
{
    return gv_test_path("run");
}

static gv_run *open_run(const gv_config *config, enum gv_config_stage stage, bool force,
                        gv_progress *progress)
{
    gv_run *run;
    gv_error err = GV_ERROR_INIT;
    const gv_run_options options = {
        .config = config, .dir = run_dir(), .stage = stage, .force = force, .progress = progress};
    gv_assert_ok(gv_run_open(&run, &options, &err), err);
    return run;
}

/* A pretended stage: one input, one output with the text `content`; true if it had to work. */
static bool stage(enum gv_config_stage which, const char *set, bool force, const char *input,
                  const char *output, const char *content)
{
    size_t size;
    char *noted;
    FILE *sink = open_memstream(&noted, &size);
    gv_progress *progress;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_progress_open(&progress, GV_PROGRESS_PLAIN, sink, "test", &err), err);
    gv_config *config = config_with(set);
    gv_run *run = open_run(config, which, force, progress);
    char *recipe, *path = gv_run_path(run, output, NULL), *in = gv_mem_strdup(input, NULL);
    gv_strings inputs = {1, &in}, outputs = {1, &path};
    bool fresh;
    gv_assert_ok(gv_config_recipe(&recipe, config, (unsigned)which, &err), err);
    gv_assert_ok(gv_run_up_to_date(&fresh, run, recipe, &inputs, &outputs, &err), err);
    if (!fresh) {
        gv_test_write_text(gv_test_format("run/%s", output), content);
        gv_json_writer fields = gv_json_begin();
        gv_json_set_int(&fields, "records", 7);
        gv_json_set_real(&fields, "loss", 0.1);
        gv_assert_ok(gv_run_done(run, recipe, &inputs, &outputs, &fields, &err), err);
    }
    gv_run_close(run);
    gv_progress_close(progress);
    fclose(sink);
    notes = gv_test_format("%s", noted);
    free(noted);
    gv_config_free(config);
    gv_mem_free(recipe);
    gv_mem_free(path);
    gv_mem_free(in);
    return !fresh;
}

static bool vocab(const char *set, const char *input)
{
    return stage(GV_STAGE_VOCAB, set, false, input, "vocab.txt", "a 1\n");
}

static bool counts(const char *set, const char *input)
{
    return stage(GV_STAGE_COOCCUR, set, false, input, "counts.bin", "a 1\n");
}

/* What the counting stage would find; the error text in `*text`. */
static int check(const char *set, const char *recipe, const char **text)
{
    gv_config *config = config_with(set);
    gv_run *run = open_run(config, GV_STAGE_COOCCUR, false, NULL);
    static gv_error err;
    err = (gv_error)GV_ERROR_INIT;
    int status = gv_run_check_upstream(run, GV_STAGE_VOCAB, "vocab.txt", recipe, &err);
    gv_run_close(run);
    gv_config_free(config);
    *text = err.text;
    return status;
}

Test(run, a_stage_works_once)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert(vocab(NULL, corpus));
    cr_assert_not(vocab(NULL, corpus));
    cr_assert_str_eq(notes, "test: vocab.txt is up to date\n");
    cr_assert_not(vocab("train.eta=0.1", corpus), "not a key of this stage");
    cr_assert_not(vocab("cooccur.threads=7", corpus), "changes no byte");
    cr_assert(vocab("vocab.min_count=1", corpus));
    cr_assert(vocab(NULL, corpus));
    cr_assert(stage(GV_STAGE_VOCAB, NULL, true, corpus, "vocab.txt", "a 1\n"), "--force");
}

Test(run, inputs_count_by_content_not_by_name_or_time)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert(vocab(NULL, corpus));
    gv_test_write_text("corpus", "a b\n");
    cr_assert_not(vocab(NULL, corpus), "written anew, the same bytes");
    cr_assert_not(vocab(NULL, gv_test_write_text("other", "a b\n")), "another name");
    gv_test_write_text("corpus", "a c\n");
    cr_assert(vocab(NULL, corpus), "same size, other bytes");
    cr_assert_not(vocab(NULL, corpus));
    for (int i = 0; i < 5; i++) {
        gv_test_flip(corpus, 0);
        cr_assert(vocab(NULL, corpus), "change %d was missed", i);
    }
}

/* File times tick every few ms: a checksum that is to stand for size and time must not be taken
 * while a change in the same tick could still follow. */
Test(run, a_file_is_hashed_only_when_its_time_can_tell)
{
    gv_config *config = config_with(NULL);
    gv_run *run = open_run(config, GV_STAGE_VOCAB, false, NULL);
    gv_error err = GV_ERROR_INIT;
    gv_hash hash;
    struct stat look;
    struct timespec now;
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    gv_assert_ok(gv_run_hash(&hash, run, corpus, &err), err);
    clock_gettime(CLOCK_REALTIME, &now);
    cr_assert_eq(stat(corpus, &look), 0);
    double age = (double)(now.tv_sec - look.st_mtim.tv_sec) +
                 1e-9 * (double)(now.tv_nsec - look.st_mtim.tv_nsec);
    cr_assert_geq(age, 0.02, "hashed when only %g s old", age);
    cr_assert(gv_hash_equal(hash, gv_hash_of("a b\n", 4)));
    gv_run_close(run);
    gv_config_free(config);
}

Test(run, what_a_stage_wrote_is_not_read_again)
{
    gv_config *config = config_with(NULL);
    gv_run *run = open_run(config, GV_STAGE_VOCAB, false, NULL);
    gv_error err = GV_ERROR_INIT;
    gv_hash hash, told = {1, 2};
    const char *path = gv_test_write_text("run/vocab.txt", "a 1\n");
    gv_assert_ok(gv_run_know_hash(run, path, told, &err), err);
    gv_assert_ok(gv_run_hash(&hash, run, path, &err), err);
    cr_assert(gv_hash_equal(hash, told));
    gv_test_write_text("run/vocab.txt", "b 2\n");
    gv_assert_ok(gv_run_hash(&hash, run, path, &err), err);
    cr_assert(gv_hash_equal(hash, gv_hash_of("b 2\n", 4)), "an earlier file's checksum");
    gv_run_close(run);
    gv_config_free(config);
}

Test(run, outputs_must_be_there_and_unchanged)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert(counts(NULL, corpus));
    gv_test_flip(gv_test_path("run/counts.bin"), 0);
    cr_assert(counts(NULL, corpus), "damaged");
    cr_assert_eq(unlink(gv_test_path("run/counts.bin")), 0);
    cr_assert(counts(NULL, corpus), "missing");
    gv_test_write_text("run/.stamps/cooccur.json", "{\"recipe\": 5");
    cr_assert(counts(NULL, corpus), "a damaged stamp is none");
    gv_test_write_text("run/.stamps/cooccur.json",
                       "{\"recipe\": \"{}\", \"inputs\": [5], \"outputs\": [null]}");
    cr_assert(counts(NULL, corpus), "a strange stamp is none");
    cr_assert_not(counts(NULL, corpus));
}

Test(run, standard_input_is_never_up_to_date)
{
    cr_assert(vocab(NULL, "-"));
    cr_assert(vocab(NULL, "-"));
}

Test(run, a_run_may_be_moved)
{
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert(vocab(NULL, corpus));
    cr_assert_eq(rename(gv_test_path("run"), gv_test_path("moved")), 0);
    cr_assert_eq(rename(gv_test_path("moved"), gv_test_path("run")), 0);
    cr_assert_not(vocab(NULL, corpus));
}

Test(run, an_input_that_changes_meanwhile_is_noticed)
{
    gv_error err = GV_ERROR_INIT;
    char *corpus = gv_mem_strdup(gv_test_write_text("corpus", "a b\n"), NULL);
    gv_config *config = config_with(NULL);
    gv_run *run = open_run(config, GV_STAGE_VOCAB, false, NULL);
    char *out = gv_run_path(run, "vocab.txt", NULL);
    gv_strings inputs = {1, &corpus}, outputs = {1, &out};
    bool fresh;
    gv_assert_ok(gv_run_up_to_date(&fresh, run, "{}", &inputs, &outputs, &err), err);
    gv_test_write_text("run/vocab.txt", "a 1\n");
    gv_test_write_text("corpus", "a b c\n"); /* while the stage reads it */
    gv_assert_ok(gv_run_done(run, "{}", &inputs, &outputs, NULL, &err), err);
    gv_assert_ok(gv_run_up_to_date(&fresh, run, "{}", &inputs, &outputs, &err), err);
    cr_assert_not(fresh);
    gv_run_close(run);
    gv_config_free(config);
    gv_mem_free(corpus);
    gv_mem_free(out);
}

Test(run, upstream_missing_stale_changed_or_brought)
{
    const char *text, *corpus = gv_test_write_text("corpus", "a b\n");
    cr_assert_eq(check(NULL, NULL, &text), GV_E_USAGE);
    cr_assert_not_null(strstr(text, "run/vocab.txt is missing: run glove-vocab first"), "%s", text);

    gv_test_write_text("run/vocab.txt", "mine 1\n");
    cr_assert_eq(check(NULL, NULL, &text), GV_OK, "people may bring files: %s", text);

    cr_assert(stage(GV_STAGE_VOCAB, NULL, true, corpus, "vocab.txt", "a 1\n"));
    cr_assert_eq(check(NULL, NULL, &text), GV_OK, "%s", text);
    cr_assert_eq(check("vocab.min_count=9", NULL, &text), GV_E_USAGE);
    cr_assert_not_null(strstr(text, "run/vocab.txt was made with vocab.min_count = 5, the config "
                                    "says 9: run glove-vocab again"),
                       "%s", text);
    cr_assert_eq(check(NULL, "{\"vocab.min_count\":4}", &text), GV_E_USAGE,
                 "the recipe in the file counts, not the stamp's");
    cr_assert_eq(check(NULL, "garbage", &text), GV_E_CORRUPT);
    cr_assert_not_null(strstr(text, "run/vocab.txt: "), "%s", text);

    gv_test_write_text("corpus", "a c\n");
    cr_assert_eq(check(NULL, NULL, &text), GV_E_USAGE);
    cr_assert_not_null(strstr(text, "corpus has changed since "), "%s", text);
    cr_assert_eq(unlink(corpus), 0);
    cr_assert_eq(check(NULL, NULL, &text), GV_OK, "an input that is gone is no error: %s", text);

    gv_test_write_text("run/vocab.txt", "mine 1\n");
    cr_assert_eq(check("vocab.min_count=9", NULL, &text), GV_OK, "replaced by hand: %s", text);
}

Test(run, a_key_of_an_earlier_stage_names_that_stage)
{
    gv_config *config = config_with("corpus.lowercase=true");
    gv_run *run = open_run(config, GV_STAGE_SHUFFLE, false, NULL);
    gv_error err = GV_ERROR_INIT;
    gv_test_write_text("run/counts.bin", "x");
    cr_assert_eq(gv_run_check_upstream(run, GV_STAGE_COOCCUR, "counts.bin",
                                       "{\"corpus.lowercase\":false}", &err),
                 GV_E_USAGE);
    cr_assert_not_null(strstr(err.text, "corpus.lowercase = false, the config says \"simple\": run "
                                        "glove-vocab and the stages after it again"),
                       "%s", err.text);
    gv_run_close(run);
    gv_config_free(config);
}

Test(run, metrics_are_whole_lines)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config = config_with(NULL);
    gv_run *run = open_run(config, GV_STAGE_TRAIN, false, NULL);
    gv_test_write_text("run/metrics.jsonl", "{\"stage\": \"tra"); /* a process died here */
    gv_json_writer epoch = gv_json_begin(), counts = gv_json_begin();
    gv_json_set_int(&epoch, "epoch", 3);
    gv_json_set_real(&epoch, "loss", 0.05);
    gv_json_set_int(&counts, "records", 9);
    gv_assert_ok(gv_run_event(run, "epoch", &epoch, &err), err);
    gv_assert_ok(gv_run_event(run, "resume", NULL, &err), err);
    gv_assert_ok(gv_run_done(run, "{}", NULL, NULL, &counts, &err), err);
    char *text = gv_test_read(gv_test_path("run/metrics.jsonl"), NULL);
    char *line = text; /* what was left of a line is gone */
    const char *expected = "{\"stage\":\"train\",\"event\":\"epoch\",\"epoch\":3,\"loss\":0.05}\n"
                           "{\"stage\":\"train\",\"event\":\"resume\"}\n";
    cr_assert_eq(strncmp(line, expected, strlen(expected)), 0, "%s", line);
    json_t *done = json_loads(line + strlen(expected), 0, NULL);
    cr_assert_str_eq(json_string_value(json_object_get(done, "event")), "done");
    cr_assert(json_is_real(json_object_get(done, "wall_s")));
    cr_assert(json_is_real(json_object_get(done, "cpu_s")));
    cr_assert_gt(json_integer_value(json_object_get(done, "peak_rss_kb")), 100);
    cr_assert_str_eq(json_string_value(json_object_get(done, "version")), GV_VERSION);
    cr_assert_eq(json_integer_value(json_object_get(done, "records")), 9);
    json_decref(done);
    gv_run_close(run);
    gv_config_free(config);
}

Test(run, provenance_tells_config_corpus_and_stages)
{
    gv_error err = GV_ERROR_INIT;
    const char *corpus = gv_test_write_text("corpus", "a b\n");
    vocab(NULL, corpus);
    gv_config *config = config_with("train.dim=7");
    gv_run *run = open_run(config, GV_STAGE_SHUFFLE, false, NULL);
    char *text;
    gv_assert_ok(gv_run_provenance(&text, run, &err), err);
    json_t *provenance = json_loads(text, 0, NULL);
    gv_mem_free(text);
    const json_t *file = json_array_get(json_object_get(provenance, "corpus"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(file, "file")), corpus);
    cr_assert_eq(json_integer_value(json_object_get(file, "bytes")), 4);
    char hex[GV_HASH_HEX];
    gv_hash_hex(gv_hash_of("a b\n", 4), hex);
    cr_assert_str_eq(json_string_value(json_object_get(file, "xxh128")), hex);
    const json_t *train = json_object_get(json_object_get(provenance, "config"), "train");
    cr_assert_eq(json_integer_value(json_object_get(train, "dim")), 7);
    const json_t *done = json_array_get(json_object_get(provenance, "stages"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(done, "stage")), "vocab");
    cr_assert_eq(json_integer_value(json_object_get(done, "records")), 7);
    json_decref(provenance);
    gv_run_close(run);
    gv_config_free(config);
}

/* A program that is started again while the kernel still clears away the killed one. */
Test(run, waits_for_a_lock_that_is_about_to_go)
{
    gv_config *config = config_with(NULL);
    gv_run *dying = open_run(config, GV_STAGE_VOCAB, false, NULL);
    pid_t child = fork(); /* shares the lock until it ends */
    cr_assert(child >= 0);
    if (child == 0) {
        usleep(400000);
        _exit(0);
    }
    gv_run_close(dying);
    gv_run_close(open_run(config, GV_STAGE_VOCAB, false, NULL));
    gv_config_free(config);
}

Test(run, one_program_at_a_stage)
{
    gv_config *config = config_with(NULL);
    gv_run *first = open_run(config, GV_STAGE_VOCAB, false, NULL), *second;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(
        gv_run_open(&second,
                    &(gv_run_options){.config = config, .dir = run_dir(), .stage = GV_STAGE_VOCAB},
                    &err),
        GV_E_RUNTIME);
    cr_assert_null(second);
    cr_assert_not_null(strstr(err.text, "another glove-vocab is running in "), "%s", err.text);
    gv_run_close(open_run(config, GV_STAGE_COOCCUR, false, NULL)); /* another stage may */
    gv_run_close(first);
    gv_run_close(open_run(config, GV_STAGE_VOCAB, false, NULL));
    gv_config_free(config);
}

Test(run, a_directory_that_cannot_be_made)
{
    gv_config *config = config_with(NULL);
    gv_run *run;
    gv_error err = GV_ERROR_INIT;
    const char *file = gv_test_write_text("file", "");
    cr_assert_eq(
        gv_run_open(&run, &(gv_run_options){.config = config, .dir = file, .stage = GV_STAGE_VOCAB},
                    &err),
        GV_E_IO);
    cr_assert_not_null(strstr(err.text, file), "%s", err.text);
    gv_config_free(config);
}
