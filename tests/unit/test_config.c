/* The config: defaults, files, --set, errors with positions, recipes, generated texts. */
#include "base/gv_mem.h"
#include "config/gv_config_key.h"
#include "support/gv_test.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Load a file (NULL: none) with up to some --set arguments, NULL at the end. */
static int load(gv_config **config, gv_error *err, const char *path, ...)
{
    gv_strings sets = {0};
    va_list args;
    va_start(args, path);
    for (const char *set; (set = va_arg(args, const char *));)
        cr_assert_eq(gv_strings_add(&sets, set, NULL), GV_OK);
    va_end(args);
    *err = (gv_error)GV_ERROR_INIT;
    int status = gv_config_load(config, path, &sets, "default", err);
    gv_strings_free(&sets);
    return status;
}

static gv_config *load_ok(const char *text)
{
    gv_config *config;
    gv_error err;
    int status = load(&config, &err, gv_test_write_text("ok.json", text), NULL);
    gv_assert_ok(status, err);
    return config;
}

/* A config file that must be refused with a message that contains `part`. */
static void refuse_file(const char *text, const char *part)
{
    gv_config *config;
    gv_error err;
    int status = load(&config, &err, gv_test_write_text("bad.json", text), NULL);
    cr_assert_eq(status, GV_E_USAGE, "status %d for %s", status, text);
    cr_assert_null(config);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks '%s'", err.text, part);
}

static void refuse_set(const char *set, const char *part)
{
    gv_config *config;
    gv_error err;
    int status = load(&config, &err, NULL, set, NULL);
    cr_assert_eq(status, GV_E_USAGE, "status %d for %s", status, set);
    cr_assert_not_null(strstr(err.text, part), "'%s' lacks '%s'", err.text, part);
}

Test(config, defaults_are_the_documented_ones)
{
    gv_config *c;
    gv_error err;
    int status = load(&c, &err, NULL, NULL);
    gv_assert_ok(status, err);
    cr_assert_str_eq(c->name, "default");
    cr_assert_eq(c->corpus_files.n, 0);
    cr_assert_eq(c->corpus_tokenizer, GV_TOKENIZER_WHITESPACE);
    cr_assert_eq(c->corpus_lowercase, GV_LOWERCASE_NONE);
    cr_assert_eq(c->corpus_documents, GV_DOCUMENTS_LINE);
    cr_assert_eq(c->vocab_min_count, 5);
    cr_assert_eq(c->vocab_max_size, 0);
    cr_assert_null(c->vocab_file);
    cr_assert_eq(c->vocab_memory_mb, 2048);
    cr_assert_eq(c->cooccur_window, 15);
    cr_assert(c->cooccur_symmetric);
    cr_assert_eq(c->cooccur_weighting, GV_WEIGHTING_HARMONIC);
    cr_assert_null(c->cooccur_weights);
    cr_assert_eq(c->cooccur_memory_mb, 4096);
    cr_assert_null(c->cooccur_temp_dir);
    cr_assert_eq(c->shuffle_seed, 1);
    cr_assert_eq(c->train_dim, 100);
    cr_assert_eq(c->train_epochs, 25);
    cr_assert_float_eq(c->train_eta, 0.05, 0);
    cr_assert_float_eq(c->train_alpha, 0.75, 0);
    cr_assert_float_eq(c->train_x_max, 100, 0);
    cr_assert_float_eq(c->train_grad_clip, 100, 0);
    cr_assert_float_eq(c->train_bias_eta, 1, 0);
    cr_assert_eq(c->train_schedule, GV_SCHEDULE_ORDERED);
    cr_assert_eq(c->train_checkpoint_every, 1);
    cr_assert_eq(c->output_formats, (unsigned)GV_FORMAT_TEXT);
    cr_assert_eq(c->output_vectors, GV_OUTPUT_SUM);
    cr_assert(c->output_unk);
    gv_config_free(c);
}

Test(config, some_defaults_depend_on_other_keys)
{
    gv_config *c;
    gv_error err;
    gv_assert_ok(load(&c, &err, NULL, "train.objective=word2vec", NULL), err);
    cr_assert_float_eq(c->train_eta, 0.025, 0);
    cr_assert_eq(c->train_schedule, GV_SCHEDULE_HOGWILD);
    cr_assert_eq(c->output_vectors, GV_OUTPUT_WORD);
    cr_assert_float_eq(c->train_bias_eta, 1, 0);
    gv_config_free(c);
    gv_assert_ok(load(&c, &err, NULL, "train.eta=0.05", "train.objective=word2vec", NULL), err);
    cr_assert_float_eq(c->train_eta, 0.05, 0, "what is given stays");
    gv_config_free(c);
    gv_assert_ok(load(&c, &err, NULL, "train.optimizer=sgd", NULL), err);
    cr_assert(isnan(c->train_bias_eta));
    cr_assert_eq(c->train_schedule, GV_SCHEDULE_ORDERED);
    gv_config_free(c);
}

/* A run directory's config.json, as it is after a run with `first`, then loaded with --set `second`
 * by a config of its own, or as the resolved one. */
static gv_config *load_again(const char *first, const char *second, bool resolved)
{
    gv_config *c;
    gv_error err;
    char *json = NULL, *item = (char *)(uintptr_t)second;
    gv_strings sets = {1, &item};
    gv_assert_ok(load(&c, &err, NULL, first, NULL), err);
    gv_assert_ok(gv_config_json(&json, c, &err), err);
    gv_config_free(c);
    const char *path = gv_test_write_text("config.json", json);
    gv_assert_ok((resolved ? gv_config_load_resolved : gv_config_load)(&c, path, &sets, "x", &err),
                 err);
    gv_mem_free(json);
    return c;
}

Test(config, a_resolved_config_does_not_pin_such_defaults)
{
    gv_config *c = load_again("train.dim=7", "train.objective=word2vec", true);
    cr_assert_eq(c->train_dim, 7);
    cr_assert_float_eq(c->train_eta, 0.025, 0);
    cr_assert_eq(c->output_vectors, GV_OUTPUT_WORD);
    gv_config_free(c);
    c = load_again("train.eta=0.04", "train.objective=word2vec", true);
    cr_assert_float_eq(c->train_eta, 0.04, 0, "not the default, so someone chose it");
    cr_assert_eq(c->train_schedule, GV_SCHEDULE_HOGWILD);
    gv_config_free(c);
    c = load_again("train.objective=word2vec", "train.objective=glove", true);
    cr_assert_float_eq(c->train_eta, 0.05, 0);
    cr_assert_eq(c->train_schedule, GV_SCHEDULE_ORDERED);
    gv_config_free(c);
    c = load_again("train.dim=7", "train.objective=word2vec", false);
    cr_assert_float_eq(c->train_eta, 0.05, 0, "somebody's own file means what it says");
    gv_config_free(c);
}

/* Load what an earlier version wrote as the config of a run: without the line of `key`. */
static gv_config *load_earlier(const char *set, const char *key, bool resolved)
{
    gv_config *c = load_again(set, "train.dim=7", true);
    gv_error err = GV_ERROR_INIT;
    char *json = NULL;
    gv_assert_ok(gv_config_json(&json, c, &err), err);
    gv_config_free(c);
    char *line = strstr(json, key), *next = line ? strchr(line, '\n') : NULL;
    cr_assert(line && next, "no %s in %s", key, json);
    memmove(line, next, strlen(next) + 1);
    const char *path = gv_test_write_text("earlier.json", json);
    gv_strings none = {0};
    gv_assert_ok((resolved ? gv_config_load_resolved : gv_config_load)(&c, path, &none, "x", &err),
                 err);
    gv_mem_free(json);
    return c;
}

Test(config, a_new_default_is_not_that_of_earlier_configs)
{
    for (int resolved = 0; resolved < 2; resolved++) {
        gv_config *c = load_earlier("train.objective=logistic", "\"eta_schedule\"", resolved);
        cr_assert_eq(c->train_eta_schedule, GV_ETA_CONSTANT);
        gv_config_free(c);
        c = load_earlier("train.objective=glove", "\"eta_schedule\"", resolved);
        cr_assert_eq(c->train_eta_schedule, GV_ETA_FALLING, "where it meant nothing");
        gv_config_free(c);
    }
    gv_config *c = load_ok("{\"train\": {\"objective\": \"logistic\"}}");
    cr_assert_eq(c->train_eta_schedule, GV_ETA_FALLING, "a person's config");
    gv_config_free(c);
}

Test(config, an_empty_object_is_all_defaults_named_after_the_file)
{
    gv_config *c = load_ok("{}");
    cr_assert_str_eq(c->name, "ok");
    cr_assert_eq(c->train_dim, 100);
    gv_config_free(c);
}

Test(config, reads_every_kind_of_value)
{
    gv_config *c =
        load_ok("{\"$schema\": \"schema.json\", \"name\": \"n\",\n"
                " \"corpus\": {\"files\": [\"a\", \"b*.gz\"], \"tokenizer\": \"unicode\","
                "  \"lowercase\": true},\n"
                " \"cooccur\": {\"weighting\": [1, 0.5, 0.25]},\n"
                " \"train\": {\"grad_clip\": null, \"bias_eta\": null, \"eta\": 1e-2,"
                "  \"dim\": 50.0, \"seed\": 9007199254740991},\n"
                " \"eval\": {\"analogies\": \"q.txt\"},\n"
                " \"output\": {\"formats\": [\"npy\", \"text\"]}}");
    cr_assert_str_eq(c->name, "n");
    cr_assert_eq(c->corpus_files.n, 2);
    cr_assert_str_eq(c->corpus_files.items[1], "b*.gz");
    cr_assert_eq(c->corpus_tokenizer, GV_TOKENIZER_UNICODE);
    cr_assert_eq(c->corpus_lowercase, GV_LOWERCASE_SIMPLE);
    cr_assert_eq(c->cooccur_weighting, GV_WEIGHTING_ARRAY);
    cr_assert_eq(c->cooccur_window, 3, "the list sets the window");
    cr_assert_float_eq(c->cooccur_weights[2], 0.25, 0);
    cr_assert(isinf(c->train_grad_clip));
    cr_assert(isnan(c->train_bias_eta));
    cr_assert_float_eq(c->train_eta, 0.01, 0);
    cr_assert_eq(c->train_dim, 50);
    cr_assert_eq(c->train_seed, 9007199254740991u);
    cr_assert_eq(c->eval_analogies.n, 1);
    cr_assert_eq(c->output_formats, (unsigned)(GV_FORMAT_TEXT | GV_FORMAT_NPY));
    gv_config_free(c);
}

Test(config, dotted_keys_are_understood_but_not_twice)
{
    gv_config *c = load_ok("{\"train.dim\": 7}");
    cr_assert_eq(c->train_dim, 7);
    gv_config_free(c);
    refuse_file("{\"train.dim\": 7, \"train\": {\"dim\": 8}}", "given twice");
}

Test(config, set_takes_json_or_a_bare_string)
{
    gv_config *c;
    gv_error err;
    int status = load(&c, &err, NULL, "train.dim=7", "corpus.files=[\"x\",\"y=z\"]", "name=2024",
                      "vocab.file=null", "eval.similarity=ws=353.tsv", "corpus.tokenizer=unicode",
                      "train.dim=8", "output.formats=npy", "cooccur.weighting=flat", NULL);
    gv_assert_ok(status, err);
    cr_assert_eq(c->train_dim, 8, "the last one wins");
    cr_assert_str_eq(c->corpus_files.items[1], "y=z");
    cr_assert_str_eq(c->name, "2024");
    cr_assert_null(c->vocab_file);
    cr_assert_str_eq(c->eval_similarity.items[0], "ws=353.tsv");
    cr_assert_eq(c->output_formats, (unsigned)GV_FORMAT_NPY);
    cr_assert_eq(c->cooccur_weighting, GV_WEIGHTING_FLAT);
    gv_config_free(c);
}

Test(config, unknown_keys_name_position_and_neighbour)
{
    refuse_file("{\n  \"train\": {\"eta\": 0.1,\n     \"dimm\": 5}\n}",
                "bad.json:3:6: unknown key \"train.dimm\"; did you mean \"train.dim\"?");
    refuse_file("{\"dim\": 5}", "bad.json:1:2: unknown key \"dim\"; did you mean \"train.dim\"?");
    refuse_file("{\"trian\": {\"dim\": 5}}", "did you mean \"train\"?");
    refuse_file("{\"train\": {\"dimensions\": 5}}", "did you mean \"train.dim\"?");
    refuse_file("{\"corpus\": {\"files\": [\"\\\"}]\", \"ü\"], \"ä\": 1}}",
                "bad.json:1:37: unknown");
    refuse_set("train.dimm=5", "--set train.dimm=5: unknown key \"train.dimm\"; did you mean "
                               "\"train.dim\"?");
    refuse_set("\x01\x02=5", "unknown key");
}

Test(config, positions_survive_escapes_and_nesting)
{
    /* the key is spelt with an escape, and a string before it looks like the key */
    refuse_file(
        "{\"corpus\": {\"files\": [\"\\\"dim\\\": 0\"]},\n \"train\":\n {\"\\u0064im\": 0}}",
        "bad.json:3:3: train.dim must be");
}

Test(config, syntax_errors_have_a_position)
{
    refuse_file("", "bad.json:1:1: invalid JSON");
    refuse_file("{\n \"train\": {,}}", "bad.json:2:12: invalid JSON");
    refuse_file("{\"train\": {\"dim\": 1, \"dim\": 2}}", "duplicate");
    refuse_file("[]", "bad.json:1:1: the config must be one JSON object");
    refuse_file("{} x", "invalid JSON");
    refuse_file("{\"train\": 5}", "bad.json:1:2: \"train\" is a section");
    refuse_file("{\"name\": \"\xff\"}", "invalid JSON");
}

Test(config, a_byte_order_mark_is_skipped)
{
    gv_error err = GV_ERROR_INIT;
    gv_config *config;
    const char *path = gv_test_write_text("bom.json", "\xef\xbb\xbf{\"train\": {\"dim\": 7}}");
    gv_assert_ok(gv_config_load(&config, path, NULL, "x", &err), err);
    cr_assert_eq(config->train_dim, 7);
    gv_config_free(config);
    path = gv_test_write_text("bom.json", "\xef\xbb\xbf{\"train\": {\"dmi\": 7}}");
    cr_assert_eq(gv_config_load(&config, path, NULL, "x", &err), GV_E_USAGE);
    cr_assert_not_null(strstr(err.text, "bom.json:1:12: "), "%s", err.text);
}

Test(config, a_missing_file_is_a_usage_error)
{
    gv_config *c;
    gv_error err;
    cr_assert_eq(load(&c, &err, "/nonexistent/x.json", NULL), GV_E_USAGE);
    cr_assert_not_null(strstr(err.text, "/nonexistent/x.json"));
    cr_assert_eq(load(&c, &err, gv_test_dir(), NULL), GV_E_USAGE);
}

Test(config, values_out_of_range_or_of_the_wrong_type)
{
    refuse_set("train.dim=0", "train.dim must be an integer from 1 to 4096, not 0");
    refuse_set("train.dim=4097", "not 4097");
    refuse_set("train.dim=5.5", "not 5.5");
    refuse_set("train.dim=\"5\"", "not \"5\"");
    refuse_set("train.dim=1e400", "train.dim must be");
    refuse_set("train.dim=99999999999999999999", "train.dim must be");
    refuse_set("train.dim=", "not \"\"");
    refuse_set("train.eta=0", "a number above 0 up to 100, not 0");
    refuse_set("train.eta=null", "not null");
    refuse_set("train.eta=NaN", "train.eta must be");
    refuse_set("train.grad_clip=-1", "or null, not -1");
    refuse_set("corpus.lowercase=1", "true or false");
    refuse_set("train.schedule=orderd", "did you mean \"ordered\"?");
    refuse_set("train.schedule=downpour", "one of \"ordered\", \"hogwild\", \"atomic\"");
    refuse_set("output.formats=[]", "one or more of");
    refuse_set("output.formats=[\"text\",\"npx\"]", "did you mean \"npy\"?");
    refuse_set("corpus.files=[1]", "a list of strings");
    refuse_set("corpus.files=[\"\"]", "a list of strings");
    refuse_set("cooccur.sample=-0.1", "cooccur.sample must be a number from 0 to 1");
    refuse_set("cooccur.sample=1.5", "cooccur.sample must be");
    refuse_set("cooccur.sample=null", "cooccur.sample must be");
    refuse_set("cooccur.seed=-1", "cooccur.seed must be an integer");
    refuse_set("cooccur.weighting=array", "\"harmonic\", \"flat\", \"dynamic\" or a list");
    refuse_set("cooccur.weighting=[]", "cooccur.weighting must be");
    refuse_set("cooccur.weighting=[0,0]", "not all 0");
    refuse_set("cooccur.weighting=[1,-1]", "cooccur.weighting must be");
    refuse_set("cooccur.weighting=[1,\"x\"]", "cooccur.weighting must be");
    refuse_set("name=a/b", "--run-dir takes a path");
    refuse_set("name=..", "--run-dir takes a path");
    refuse_set("train.dim", "write KEY=VALUE");
    refuse_set("=5", "write KEY=VALUE");
}

Test(config, weights_and_an_explicit_window_must_agree)
{
    gv_config *c;
    gv_error err;
    int status = load(&c, &err, NULL, "cooccur.window=2", "cooccur.weighting=[1,2]", NULL);
    gv_assert_ok(status, err);
    gv_config_free(c);
    status = load(&c, &err, NULL, "cooccur.weighting=[1,2]", "cooccur.window=3", NULL);
    cr_assert_eq(status, GV_E_USAGE);
    cr_assert_not_null(strstr(err.text, "2 weights but cooccur.window is 3"), "%s", err.text);
}

Test(config, the_printed_config_reads_back_as_itself)
{
    const char *const sets[] = {
        "train.eta=0.1",       "cooccur.weighting=[1,0.1,0.3333333333333333]",
        "train.bias_eta=null", "name=a \"b\" ü",
        "vocab.file=v.txt",    "output.formats=[\"sqlite\",\"text\"]"};
    gv_strings list = {0};
    gv_config *first, *second;
    gv_error err = GV_ERROR_INIT;
    char *text, *again;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        cr_assert_eq(gv_strings_add(&list, sets[i], NULL), GV_OK);
    gv_assert_ok(gv_config_load(&first, NULL, &list, "x", &err), err);
    gv_assert_ok(gv_config_json(&text, first, &err), err);
    const char *path = gv_test_write_text("again.json", text);
    gv_assert_ok(gv_config_load(&second, path, NULL, "y", &err), err);
    gv_assert_ok(gv_config_json(&again, second, &err), err);
    cr_assert_str_eq(text, again);
    cr_assert_not_null(strstr(text, "\"eta\": 0.1,"), "numbers are short: %s", text);
    gv_mem_free(text);
    gv_mem_free(again);
    gv_config_free(first);
    gv_config_free(second);
    gv_strings_free(&list);
}

/* A recipe that lives as long as the test. */
static const char *recipe_of(const gv_config *config, unsigned stages)
{
    char *recipe;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_config_recipe(&recipe, config, stages, &err), err);
    const char *kept = gv_test_format("%s", recipe);
    gv_mem_free(recipe);
    return kept;
}

Test(config, recipes_hold_what_decides_the_bytes)
{
    gv_config *c;
    gv_error err;
    const char *recipe;
    gv_assert_ok(load(&c, &err, NULL, "cooccur.window=4", NULL), err);
    recipe = recipe_of(c, GV_STAGE_VOCAB);
    cr_assert_str_eq(recipe, "{\"corpus.tokenizer\":\"whitespace\",\"corpus.lowercase\":false,"
                             "\"vocab.min_count\":5,\"vocab.max_size\":0}");
    recipe = recipe_of(c, GV_STAGE_COOCCUR);
    cr_assert_str_eq(recipe, "{\"corpus.documents\":\"line\",\"cooccur.window\":4,"
                             "\"cooccur.symmetric\":true,\"cooccur.weighting\":\"harmonic\"}");
    recipe = recipe_of(c, GV_STAGE_TRAIN);
    cr_assert_null(strstr(recipe, "epochs"), "a checkpoint may be continued");
    recipe = recipe_of(c, GV_STAGE_TRAIN | GV_STAGE_EPOCHS);
    cr_assert_not_null(strstr(recipe, "\"train.epochs\":25"));
    cr_assert_null(strstr(recipe, "threads"));
    recipe = recipe_of(c, 0);
    cr_assert_str_eq(recipe, "{}");
    gv_config_free(c);
}

/* Recipes that do not state a key whose default has changed are of a time before it. */
Test(config, recipes_without_a_key_mean_what_they_meant)
{
    gv_config *c;
    gv_error err;
    gv_config_difference d;
    gv_assert_ok(
        load(&c, &err, NULL, "train.objective=logistic", "train.eta_schedule=constant", NULL), err);
    const char *old = recipe_of(c, GV_STAGE_TRAIN);
    cr_assert_null(strstr(old, "eta_schedule"), "%s", old);
    cr_assert_eq(gv_config_checkpoint_stages(c), GV_STAGE_TRAIN);
    gv_assert_ok(gv_config_compare(&d, old, GV_STAGE_TRAIN, c, &err), err);
    cr_assert_null(d.key);
    gv_config_free(c);

    gv_assert_ok(load(&c, &err, NULL, "train.objective=glove", NULL), err);
    const char *glove = recipe_of(c, GV_STAGE_TRAIN);
    cr_assert_eq(gv_config_checkpoint_stages(c), GV_STAGE_TRAIN);
    gv_config_free(c);

    gv_assert_ok(load(&c, &err, NULL, "train.objective=logistic", NULL), err);
    cr_assert_eq(gv_config_checkpoint_stages(c), GV_STAGE_TRAIN | GV_STAGE_EPOCHS);
    const char *new = recipe_of(c, gv_config_checkpoint_stages(c));
    cr_assert_not_null(strstr(new, "\"train.eta_schedule\":\"falling\""), "%s", new);
    cr_assert_not_null(strstr(new, "\"train.epochs\":12"), "%s", new);
    gv_assert_ok(gv_config_compare(&d, old, GV_STAGE_TRAIN, c, &err), err);
    cr_assert_str_eq(d.key, "train.eta_schedule");
    cr_assert_str_eq(d.found, "\"constant\"");
    gv_assert_ok(gv_config_compare(&d, glove, GV_STAGE_TRAIN, c, &err), err);
    cr_assert_str_eq(d.key, "train.objective", "the cause of other differences");
    gv_config_free(c);
}

/* true means "simple"; a recipe that says true is of a time when it meant folding, and "fold" is
 * still written that way, so that files of then are up to date. */
Test(config, lower_case_is_simple_or_folding)
{
    static const struct {
        const char *set, *recipe;
        enum gv_config_lowercase meaning;
    } cases[] = {
        {"corpus.lowercase=false", "\"corpus.lowercase\":false", GV_LOWERCASE_NONE},
        {"corpus.lowercase=true", "\"corpus.lowercase\":\"simple\"", GV_LOWERCASE_SIMPLE},
        {"corpus.lowercase=simple", "\"corpus.lowercase\":\"simple\"", GV_LOWERCASE_SIMPLE},
        {"corpus.lowercase=fold", "\"corpus.lowercase\":true", GV_LOWERCASE_FOLD}};
    gv_config *c;
    gv_error err;
    gv_config_difference d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gv_assert_ok(load(&c, &err, NULL, cases[i].set, NULL), err);
        cr_assert_eq(c->corpus_lowercase, cases[i].meaning, "%s", cases[i].set);
        const char *recipe = recipe_of(c, GV_STAGE_VOCAB);
        cr_assert_not_null(strstr(recipe, cases[i].recipe), "%s", recipe);
        gv_assert_ok(gv_config_compare(&d, recipe, GV_STAGE_VOCAB, c, &err), err);
        cr_assert_null(d.key);
        const char *old = "{\"corpus.lowercase\":true}";
        gv_assert_ok(gv_config_compare(&d, old, GV_STAGE_VOCAB, c, &err), err);
        cr_assert_eq(d.key == NULL, cases[i].meaning == GV_LOWERCASE_FOLD, "%s", cases[i].set);
        cr_assert(!d.key || strcmp(d.found, "\"fold\" (once written true)") == 0, "%s", d.found);
        gv_config_free(c);
    }
    refuse_set("corpus.lowercase=folding", "did you mean \"fold\"?");
    refuse_set("corpus.lowercase=null", "true or false, or one of \"simple\", \"fold\"");
}

Test(config, keys_at_their_default)
{
    static const struct {
        const char *key;
        bool is_default;
    } cases[] = {{"train.dim", true},
                 {"train.eta", false},
                 {"train.grad_clip", false},
                 {"cooccur.weighting", true},
                 {"output.formats", true},
                 {"vocab.file", true},
                 {"name", false}};
    gv_config *c;
    gv_error err;
    gv_assert_ok(load(&c, &err, NULL, "train.dim=1e2", "train.eta=0.1", "train.grad_clip=null",
                      "output.formats=text", NULL),
                 err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_default;
        gv_assert_ok(
            gv_config_key_is_default(&is_default, c, gv_config_key_find(cases[i].key), &err), err);
        cr_assert_eq(is_default, cases[i].is_default, "%s", cases[i].key);
    }
    gv_config_free(c);
}

/* A key that files made before it cannot have: at its default, no recipe mentions it. */
Test(config, later_keys_stand_in_recipes_only_if_not_at_their_default)
{
    static const char older[] = "{\"cooccur.window\":15}";
    gv_config *usual, *sampled;
    gv_error err;
    gv_config_difference d;
    const char *recipe;
    gv_assert_ok(load(&usual, &err, NULL, "cooccur.sample=0.0", NULL), err);
    gv_assert_ok(
        load(&sampled, &err, NULL, "cooccur.sample=1e-3", "cooccur.weighting=dynamic", NULL), err);
    cr_assert_null(strstr(recipe_of(usual, ~0u), "cooccur.sample"));
    recipe = recipe_of(sampled, GV_STAGE_COOCCUR);
    cr_assert_str_eq(recipe, "{\"corpus.documents\":\"line\",\"cooccur.window\":15,"
                             "\"cooccur.symmetric\":true,\"cooccur.weighting\":\"dynamic\","
                             "\"cooccur.sample\":0.001}");
    /* an older file: as if made with the default */
    gv_assert_ok(gv_config_compare(&d, older, GV_STAGE_COOCCUR, usual, &err), err);
    cr_assert_null(d.key);
    gv_assert_ok(gv_config_compare(&d, older, GV_STAGE_COOCCUR, sampled, &err), err);
    cr_assert_str_eq(d.key, "cooccur.sample");
    cr_assert_str_eq(d.found, "0");
    cr_assert_str_eq(d.wanted, "0.001");
    cr_assert_eq(d.stage, GV_STAGE_COOCCUR);
    /* a recipe of other stages says nothing of it */
    gv_assert_ok(gv_config_compare(&d, "{\"vocab.min_count\":5}", GV_STAGE_VOCAB, sampled, &err),
                 err);
    cr_assert_null(d.key);
    /* and the other way: a sampled file, a config without */
    gv_assert_ok(gv_config_compare(&d, "{\"cooccur.sample\":0.001}", GV_STAGE_COOCCUR, usual, &err),
                 err);
    cr_assert_str_eq(d.key, "cooccur.sample");
    cr_assert_str_eq(d.found, "0.001");
    cr_assert_str_eq(d.wanted, "0");
    gv_config_free(usual);
    gv_config_free(sampled);
}

Test(config, compare_names_the_first_differing_key)
{
    gv_config *c;
    gv_error err;
    const char *recipe;
    gv_config_difference d;
    gv_assert_ok(load(&c, &err, NULL, NULL), err);
    recipe = recipe_of(c, ~0u);
    gv_assert_ok(gv_config_compare(&d, recipe, ~0u, c, &err), err);
    cr_assert_null(d.key);
    gv_assert_ok(gv_config_compare(&d, "{}", ~0u, c, &err), err);
    cr_assert_null(d.key);
    /* written differently, the same value */
    gv_assert_ok(
        gv_config_compare(&d, "{\"train.x_max\": 1e2, \"output.formats\": \"text\"}", ~0u, c, &err),
        err);
    cr_assert_null(d.key);
    gv_assert_ok(gv_config_compare(&d, "{\"train.dim\":100,\"cooccur.window\":7}", ~0u, c, &err),
                 err);
    cr_assert_str_eq(d.key, "cooccur.window");
    cr_assert_str_eq(d.found, "7");
    cr_assert_str_eq(d.wanted, "15");
    cr_assert_eq(d.stage, GV_STAGE_COOCCUR);
    gv_assert_ok(gv_config_compare(&d, "{\"train.epochs\":1}", ~0u, c, &err), err);
    cr_assert_eq(d.stage, GV_STAGE_TRAIN);
    gv_assert_ok(gv_config_compare(&d, "{\"cooccur.weighting\":[1,2,3]}", ~0u, c, &err), err);
    cr_assert_str_eq(d.found, "[1,2,3]");
    gv_assert_ok(gv_config_compare(&d, "{\"train.schedule\":\"later\"}", ~0u, c, &err), err);
    cr_assert_str_eq(d.key, "train.schedule", "a value of another version differs");
    gv_config_free(c);
}

Test(config, damaged_recipes_are_corrupt_files)
{
    const char *const bad[] = {"", "[]", "{\"train.dim\":", "{\"train.dimm\":1}", "nonsense"};
    gv_config *c;
    gv_error err;
    gv_assert_ok(load(&c, &err, NULL, NULL), err);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gv_config_difference d;
        err = (gv_error)GV_ERROR_INIT;
        cr_assert_eq(gv_config_compare(&d, bad[i], ~0u, c, &err), GV_E_CORRUPT, "%s", bad[i]);
    }
    gv_config_free(c);
}

Test(config, sent_texts_are_checked)
{
    static const char *const texts[] = {"{}", "[]", "{\"name\": null}", "{\"nam\": \"x\"}", "{"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gv_config *config = NULL;
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(gv_config_load_text(&config, texts[i], &err), GV_E_USAGE, "%s", texts[i]);
        cr_assert(!config && err.text[0] != '\0', "%s", texts[i]);
    }
}

Test(config, nearest_names)
{
    const char *const names[] = {"--config", "--set", "--run-dir", "--force"};
    cr_assert_str_eq(gv_config_nearest_name("--cofnig", names, 4), "--config");
    cr_assert_str_eq(gv_config_nearest_name("--run_dir", names, 4), "--run-dir");
    cr_assert_str_eq(gv_config_nearest_name("--FORCE", names, 4), "--force");
    cr_assert_str_eq(gv_config_nearest_name("--conf", names, 4), "--config");
    cr_assert_null(gv_config_nearest_name("xyz", (const char *const[]){"abc"}, 1));
    cr_assert_null(gv_config_nearest_name("x", names, 0));
    char longest[500];
    memset(longest, 'q', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_assert_null(gv_config_nearest_name(longest, names, 4));
}

Test(config, threads)
{
    cr_assert_eq(gv_config_threads(3), 3);
    cr_assert_geq(gv_config_threads(0), 1);
    cr_assert_eq(gv_config_threads(5000), 1024);
}

Test(config, table_is_well_formed)
{
    unsigned stages = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        cr_assert_eq(gv_config_key_find(key->name), key, "%s stands twice", key->name);
        cr_assert_neq(key->reads, 0u, "nobody reads %s", key->name);
        cr_assert_null(strchr(key->help, '|'), "%s would break the table", key->name);
        stages |= key->decides;
    }
    cr_assert_eq(stages, 2u * GV_STAGE_ENCODE - 1, "every stage has a recipe");
}

/* Generated files: `make docs` writes them anew. */
Test(config, schema_file_is_current)
{
    char *generated;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_config_schema(&generated, &err), err);
    json_t *parsed = json_loads(generated, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(parsed, "the schema is valid JSON");
    char *file = gv_test_read(GV_SOURCE "/configs/schema.json", NULL);
    cr_assert_str_eq(file, generated, "configs/schema.json is out of date: make docs");
    json_decref(parsed);
    gv_mem_free(generated);
}

Test(config, documented_table_is_current)
{
    char *generated;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_config_markdown(&generated, &err), err);
    char *file = gv_test_read(GV_SOURCE "/docs/config.md", NULL);
    cr_assert_not_null(strstr(file, generated), "docs/config.md is out of date: make docs");
    gv_mem_free(generated);
}
