/* gv_cite_scores - what eval.json says: a sentence for each test set, as mean and standard
 * deviation over the runs of a group, or a table where there are several groups. */
#include "report/cite/gv_cite.h"

#include "base/gv_mem.h"
#include <math.h>
#include <string.h>

/* The kinds of test sets, in the order of eval.json. */
static const struct kind {
    const char *list, *score, *title, *sentence, *unit, *counted, *things;
    int digits;
} kinds[] = {{"analogies", "accuracy", "accuracy, analogies",
              "The accuracy on analogies, answered by 3CosAdd", " %", "answered", "questions", 1},
             {"similarity", "spearman", "Spearman's rho",
              "Spearman's rank correlation with human judgements", "", "pairs", "pairs", 3},
             {"categories", "purity", "purity of clusters",
              "The purity of words clustered by their vectors", "", "words", "words", 3},
             {"outliers", "accuracy", "outliers found", "The accuracy of finding outliers", " %",
              "sets", "sets", 1}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The scores of a test set in a group of runs. */
typedef struct summary {
    size_t n;
    double mean, sd, counted;
} summary;

/* The entry of that file; NULL: the run has none. */
static const gv_json *find(const gv_cite_runs_run *run, const struct kind *kind, const char *file)
{
    const gv_json *list = gv_json_get(run->eval, kind->list);
    for (size_t i = 0; i < gv_json_count(list); i++) {
        const gv_json *entry = gv_json_item(list, i);
        if (strcmp(base_name(gv_json_get_text(entry, "file")), file) == 0)
            return entry;
    }
    return NULL;
}

static summary summarise(const gv_cite_runs *runs, size_t group, const struct kind *kind,
                         const char *file)
{
    summary s = {0};
    double squares = 0; /* Welford's method */
    for (size_t i = 0; i < runs->n; i++) {
        const gv_json *entry = find(&runs->run[i], kind, file);
        const gv_json *score = gv_json_get(entry, kind->score);
        if (runs->groups->of[i] != group || !gv_json_is_number(score))
            continue;
        const double value = gv_json_number(score), from_mean = value - s.mean;
        s.n++;
        s.mean += from_mean / (double)s.n;
        squares += from_mean * (value - s.mean);
        s.counted = gv_json_get_number(entry, kind->counted);
    }
    s.sd = s.n > 1 ? sqrt(squares / (double)(s.n - 1)) : 0;
    return s;
}

/* The names of the test sets of one kind, each once. Caller frees. */
static int list_files(gv_strings *files, const gv_cite_runs *runs, const struct kind *kind,
                      gv_error *err)
{
    int status = GV_OK;
    *files = (gv_strings){0};
    for (size_t i = 0; i < runs->n; i++) {
        const gv_json *list = gv_json_get(runs->run[i].eval, kind->list);
        for (size_t k = 0; k < gv_json_count(list) && status == GV_OK; k++) {
            const char *name = base_name(gv_json_get_text(gv_json_item(list, k), "file"));
            bool known = false;
            for (size_t j = 0; j < files->n; j++)
                known |= strcmp(files->items[j], name) == 0;
            if (!known)
                status = gv_strings_add(files, name, err);
        }
    }
    return status;
}

/* "42.9 % on questions.txt (16346 questions) and ..." */
static void say_kind(gv_cite_pen *pen, const gv_cite_runs *runs, const struct kind *kind,
                     const gv_strings *files)
{
    for (size_t i = 0; i < files->n; i++) {
        const summary s = summarise(runs, 0, kind, files->items[i]);
        gv_cite_pen_say(pen, "%s", i == 0 ? "" : i + 1 < files->n ? ", " : " and ");
        if (s.n == 0)
            gv_cite_pen_say(pen, "nothing");
        else
            gv_cite_pen_say(pen, "%.*f%s", kind->digits, s.mean, kind->unit);
        if (s.n > 1)
            gv_cite_pen_say(pen, " (sd %.*f)", kind->digits, s.sd);
        gv_cite_pen_say(pen, " on ");
        gv_cite_pen_code(pen, files->items[i]);
        if (s.n > 0)
            gv_cite_pen_say(pen, " (%.0f %s)", s.counted, kind->things);
    }
    gv_cite_pen_say(pen, ". ");
}

static void say_title(gv_cite_pen *pen, size_t kind)
{
    gv_cite_pen_say(pen, "%s", kinds[kind].sentence);
    if (kind == 0)
        gv_cite_pen_cite(pen, GV_CITE_PAPERS_COSADD);
    else if (kind == 2)
        gv_cite_pen_cite(pen, GV_CITE_PAPERS_CLUSTERS);
    else if (kind == 3)
        gv_cite_pen_cite(pen, GV_CITE_PAPERS_OUTLIERS);
    gv_cite_pen_say(pen, "%s was ", kind == 0 ? "," : "");
}

static int one_group(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < KINDS && status == GV_OK; i++) {
        gv_strings files;
        status = list_files(&files, runs, &kinds[i], err);
        if (status == GV_OK && files.n > 0) {
            say_title(pen, i);
            say_kind(pen, runs, &kinds[i], &files);
        }
        gv_strings_free(&files);
    }
    if (runs->n > 1)
        gv_cite_pen_say(pen, "Scores are means over the runs, with their standard deviations. ");
    gv_cite_pen_end_paragraph(pen);
    return status;
}

/* A row for each group of each test set. */
static int several_groups(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err)
{
    static const char *const titles[] = {"test set", "settings", "score", "runs"};
    int status = GV_OK;
    gv_cite_pen_end_paragraph(pen);
    gv_cite_pen_heading(pen, "Scores");
    gv_cite_pen_begin_table(pen, titles, 4);
    for (size_t i = 0; i < KINDS && status == GV_OK; i++) {
        gv_strings files;
        status = list_files(&files, runs, &kinds[i], err);
        for (size_t k = 0; k < files.n; k++)
            for (size_t g = 0; g < runs->groups->n; g++) {
                const summary s = summarise(runs, g, &kinds[i], files.items[k]);
                gv_cite_pen_begin_cell(pen, 0);
                gv_cite_pen_code(pen, files.items[k]);
                gv_cite_pen_say(pen, ", %s", kinds[i].title);
                gv_cite_pen_begin_cell(pen, 1);
                gv_cite_pen_code(pen, runs->groups->group[g].label);
                gv_cite_pen_begin_cell(pen, 2);
                if (s.n > 0)
                    gv_cite_pen_say(pen, "%.*f%s", kinds[i].digits, s.mean, kinds[i].unit);
                if (s.n > 1)
                    gv_cite_pen_say(pen, " (sd %.*f)", kinds[i].digits, s.sd);
                gv_cite_pen_begin_cell(pen, 3);
                gv_cite_pen_say(pen, "%zu", s.n);
                gv_cite_pen_end_row(pen);
            }
        gv_strings_free(&files);
    }
    gv_cite_pen_end_table(pen);
    return status;
}

int gv_cite_scores(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err)
{
    size_t evaluated = 0;
    for (size_t i = 0; i < runs->n; i++)
        for (size_t k = 0; k < KINDS; k++)
            evaluated += gv_json_count(gv_json_get(runs->run[i].eval, kinds[k].list));
    if (evaluated == 0) {
        gv_cite_pen_end_paragraph(pen);
        return GV_OK;
    }
    return runs->groups->n == 1 ? one_group(pen, runs, err) : several_groups(pen, runs, err);
}
