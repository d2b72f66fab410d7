#include "app/gv_stability_runs.h"

#include "app/gv_run_guard.h"
#include "app/gv_stability_found.h"
#include "base/gv_file.h"
#include "base/gv_file_target.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What names and labels point into. */
struct gv_stability_runs_found {
    gv_stability_found all;
    gv_config_groups *groups; /* of all runs; NULL: files of vectors, which are one group */
    gv_stability_job job;
    gv_stability_run *run; /* [n] those that are measured */
    size_t n, n_groups;
    size_t *group_of_run; /* [n] */
    const char **name;    /* [n] */
    const gv_json **set;  /* [n_groups] */
    const char **label;   /* [n_groups] */
};
typedef struct gv_stability_runs_found found_runs;

static int parse_number(size_t *number, const char *option, const char *text, size_t least,
                        gv_error *err)
{
    enum { MOST = 1000000000 };
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno || end == text || *end != '\0' || text[0] < '0' || text[0] > '9' || value < least ||
        value > MOST)
        return gv_error_set(err, GV_E_USAGE, "%s %s: expected a number from %zu to %d", option,
                            text, least, MOST);
    *number = (size_t)value;
    return GV_OK;
}

/* --- groups ----------------------------------------------------------------------------------- */

static size_t group_of(const found_runs *f, size_t i)
{
    return f->groups ? f->groups->of[i] : 0;
}

static size_t size_of(const found_runs *f, size_t i)
{
    return f->groups ? f->groups->group[f->groups->of[i]].configs : f->all.n;
}

/* Runs without settings cannot be told apart, and not grouped with others. */
static int make_groups(found_runs *f, const gv_strings *over, gv_error *err)
{
    size_t files = 0;
    for (size_t i = 0; i < f->all.n; i++)
        files += f->all.run[i].config == NULL;
    if (files > 0 && files < f->all.n)
        return gv_error_set(err, GV_E_USAGE,
                            "files of vectors and run directories cannot be compared with each "
                            "other: a file does not say how it was made; name only files, or only "
                            "runs");
    if (files > 0)
        return GV_OK;
    const gv_config **configs = gv_mem_alloc(f->all.n, sizeof(gv_config *), err);
    for (size_t i = 0; configs && i < f->all.n; i++)
        configs[i] = f->all.run[i].config;
    int status =
        configs ? gv_config_groups_make(&f->groups, configs, f->all.n, over, err) : GV_E_MEMORY;
    gv_mem_free(configs);
    return status;
}

static int refuse_alone(const found_runs *f, gv_error *err)
{
    static const char *const advice =
        "stability needs two runs or more that differ only in their seeds: train again with --set "
        "train.seed=2 into another run directory, or use glove-sweep --grid train.seed=1..3";
    if (f->all.n < 2)
        return gv_error_set(err, GV_E_USAGE, "%s%s; %s",
                            f->all.n ? "only one run was named: " : "no run was named",
                            f->all.n ? f->all.run[0].name : "", advice);
    return gv_error_set(err, GV_E_USAGE, "each of the %zu runs has other settings (%s: %s); %s",
                        f->all.n, f->all.run[1].name, f->groups->group[1].label, advice);
}

/* Vectors that must be equal say nothing about chance. */
static void note_twins(const found_runs *f, gv_progress *progress)
{
    for (size_t i = 0; f->groups && i < f->all.n; i++)
        if (f->groups->first[i] != i) {
            const size_t first = f->groups->first[i];
            gv_progress_note(progress,
                             "%s has the same settings and seeds as %s: their neighbours are the "
                             "same, not by merit",
                             f->all.run[i].name, f->all.run[first].name);
            return;
        }
}

/* The numbers of the groups that have two runs or more, from 0; SIZE_MAX for the others. */
static int number_groups(size_t **number, found_runs *f, gv_progress *progress, gv_error *err)
{
    const size_t groups = f->groups ? f->groups->n : 1;
    *number = gv_mem_alloc(groups, sizeof **number, err);
    for (size_t g = 0; *number && g < groups; g++)
        (*number)[g] = SIZE_MAX;
    for (size_t i = 0; *number && i < f->all.n; i++) {
        size_t *n = &(*number)[group_of(f, i)];
        if (size_of(f, i) < 2)
            gv_progress_note(progress, "%s is left out: no other run differs from it only in seeds",
                             f->all.run[i].name);
        else if (*n == SIZE_MAX)
            *n = f->n_groups++;
    }
    return *number ? GV_OK : GV_E_MEMORY;
}

static int choose_runs(found_runs *f, gv_progress *progress, gv_error *err)
{
    size_t *number = NULL;
    size_t paired = 0;
    for (size_t i = 0; i < f->all.n; i++)
        paired += size_of(f, i) >= 2;
    if (paired == 0)
        return refuse_alone(f, err);
    int status = number_groups(&number, f, progress, err);
    f->run = gv_mem_alloc(f->all.n, sizeof *f->run, err);
    f->name = gv_mem_alloc(f->all.n, sizeof *f->name, err);
    f->group_of_run = gv_mem_alloc(f->all.n, sizeof *f->group_of_run, err);
    f->set = gv_mem_alloc_zero(f->n_groups + 1, sizeof(gv_json *), err);
    f->label = gv_mem_alloc_zero(f->n_groups + 1, sizeof *f->label, err);
    if (!f->run || !f->name || !f->group_of_run || !f->set || !f->label)
        status = GV_E_MEMORY;
    for (size_t i = 0; i < f->all.n && status == GV_OK; i++) {
        const gv_stability_found_run *run = &f->all.run[i];
        const size_t group = number[group_of(f, i)];
        if (group == SIZE_MAX)
            continue;
        f->run[f->n] = (gv_stability_run){run->vectors, run->name, group};
        f->name[f->n] = run->name;
        f->group_of_run[f->n++] = group;
        f->set[group] = f->groups ? f->groups->group[f->groups->of[i]].set : NULL;
        f->label[group] = f->groups ? f->groups->group[f->groups->of[i]].label : "";
    }
    gv_mem_free(number);
    return status;
}

/* --- measuring -------------------------------------------------------------------------------- */

static void note_words(const gv_stability_runs *made, gv_progress *progress)
{
    const gv_stability *s = made->stability;
    size_t most = 0;
    for (size_t r = 1; r < s->runs; r++)
        most = s->own[r] > s->own[most] ? r : most;
    if (s->own[most] > s->common + s->without)
        gv_progress_note(progress,
                         "vocabularies differ: %zu words are in all runs, of %zu in %s; the others "
                         "are left out",
                         s->common, s->own[most], made->names.run[most]);
    if (s->without > 0)
        gv_progress_note(progress,
                         "%zu words are left out, whose vector in some run is zero or not finite",
                         s->without);
    if (s->words < s->common)
        gv_progress_note(progress,
                         "the first %zu of %zu words are measured (--words 0: all); neighbours are "
                         "sought among all",
                         s->words, s->common);
    if (s->count_error)
        gv_progress_note(progress, "counts of words are unknown: %s", s->count_error);
}

/* Remember which files were read, so that none is replaced. */
static int list_read(gv_stability_runs *made, gv_error *err)
{
    const gv_stability_found *all = &made->found->all;
    int status = GV_OK;
    for (size_t i = 0; i < all->n && status == GV_OK; i++) {
        status = gv_strings_add(&made->read, all->run[i].vectors, err);
        if (status == GV_OK && all->run[i].vocab)
            status = gv_strings_add(&made->read, all->run[i].vocab, err);
    }
    return status;
}

static int find_all(gv_stability_runs *made, gv_strings operands,
                    const gv_stability_runs_options *options, gv_error *err)
{
    found_runs *f = made->found;
    const char *neighbours = options->neighbours, *words = options->words;
    int status = parse_number(&f->job.neighbours, "--neighbours",
                              neighbours ? neighbours : GV_STABILITY_RUNS_NEIGHBOURS, 1, err);
    if (status == GV_OK)
        status =
            parse_number(&f->job.words, "--words", words ? words : GV_STABILITY_RUNS_WORDS, 0, err);
    for (size_t i = 0; i < operands.n && status == GV_OK; i++)
        status = gv_stability_found_add(&f->all, operands.items[i], f->job.progress, err);
    if (status == GV_OK)
        status = make_groups(f, &options->over, err);
    if (status == GV_OK)
        status = choose_runs(f, f->job.progress, err);
    if (status == GV_OK)
        note_twins(f, f->job.progress);
    return status == GV_OK ? list_read(made, err) : status;
}

int gv_stability_runs_find(gv_stability_runs **runs, gv_strings operands,
                           const gv_stability_runs_options *options, gv_progress *progress,
                           gv_error *err)
{
    gv_stability_runs *made = gv_mem_alloc_zero(1, sizeof *made, err);
    found_runs *f = made ? gv_mem_alloc_zero(1, sizeof *f, err) : NULL;
    int status = f ? GV_OK : GV_E_MEMORY;
    *runs = NULL;
    if (f) {
        made->found = f;
        f->job.progress = progress;
        status = find_all(made, operands, options, err);
    }
    if (status == GV_OK) {
        made->names = (gv_stability_write_names){
            .set = f->set, .label = f->label, .run = f->name, .group_of_run = f->group_of_run};
        *runs = made;
    } else {
        gv_stability_runs_free(made);
    }
    return status;
}

int gv_stability_runs_measure(gv_stability_runs *runs, unsigned threads, gv_error *err)
{
    found_runs *f = runs->found;
    gv_file_stat look = {0};
    char *vocab = f->all.run[0].vocab;
    for (size_t i = 0; i < f->all.n; i++)
        if (f->all.run[i].name == f->name[0])
            vocab = f->all.run[i].vocab;
    int status = vocab ? gv_file_look(&look, vocab, err) : GV_OK;
    f->job.run = f->run;
    f->job.runs = f->n;
    f->job.groups = f->n_groups;
    f->job.threads = threads;
    f->job.vocab = look.exists ? vocab : NULL;
    if (status == GV_OK)
        status = gv_stability_measure(&runs->stability, &f->job, err);
    if (status == GV_OK)
        note_words(runs, f->job.progress);
    return status;
}

void gv_stability_runs_free(gv_stability_runs *runs)
{
    if (!runs)
        return;
    found_runs *f = runs->found;
    if (f) {
        gv_stability_found_clear(&f->all);
        gv_config_groups_free(f->groups);
        gv_mem_free(f->run);
        gv_mem_free(f->name);
        gv_mem_free(f->group_of_run);
        gv_mem_free(f->set);
        gv_mem_free(f->label);
    }
    gv_mem_free(f);
    gv_strings_free(&runs->read);
    gv_stability_free(runs->stability);
    gv_mem_free(runs);
}

/* --- output ----------------------------------------------------------------------------------- */

int gv_stability_runs_check_output(const gv_stability_runs *runs, const char *path, gv_error *err)
{
    gv_file_stat output = {0}, input = {0};
    const char *target = gv_file_target_path(path);
    int status = gv_run_guard_check_output(target, err);
    if (status == GV_OK)
        status = gv_file_look(&output, target, err);
    for (size_t i = 0; i < runs->read.n && status == GV_OK && output.exists; i++) {
        status = gv_file_look(&input, runs->read.items[i], err);
        if (status == GV_OK && output.regular && gv_file_same_look(&output, &input))
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s would replace %s, which is read; name another file", path,
                                  runs->read.items[i]);
    }
    return status;
}

int gv_stability_runs_write_tsv(const gv_stability_runs *runs, const char *path, gv_error *err)
{
    char *text = NULL;
    int status = gv_stability_write_tsv(&text, runs->stability, &runs->names, err);
    if (status == GV_OK)
        status = gv_file_writer_whole(gv_file_target_path(path), text, strlen(text), err);
    gv_mem_free(text);
    return status;
}

int gv_stability_runs_json(char **text, const gv_stability_runs *runs, gv_error *err)
{
    enum { DIGITS = 6, INDENT = 2 };
    gv_json *json = NULL;
    char *plain = NULL;
    *text = NULL;
    int status = gv_stability_write_json(&json, runs->stability, &runs->names, err);
    if (status == GV_OK)
        status = gv_json_print(&plain, json, INDENT, DIGITS, err);
    if (status == GV_OK && !(*text = gv_mem_format(err, "%s\n", plain)))
        status = GV_E_MEMORY;
    gv_mem_free(plain);
    gv_json_free(json);
    return status;
}
