#include "report/compare/gv_compare_settings.h"

#include "analysis/gv_interval.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_config_groups.h"
#include "report/compare/gv_compare_metrics.h"
#include "report/compare/gv_compare_read.h"
#include "report/gv_report_sections.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- values ----------------------------------------------------------------------------------- */

/* The texts of a list, joined by commas. */
static char *join(const gv_json *list, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    char *joined = NULL;
    for (size_t i = 0; i < gv_json_count(list); i++)
        gv_text_printf(&text, "%s%s", i ? "," : "", gv_json_text(gv_json_item(list, i)));
    return gv_text_take(&joined, &text, err) == GV_OK ? joined : NULL;
}

static bool is_list_of_texts(const gv_json *value)
{
    bool all = gv_json_count(value) > 0;
    for (size_t i = 0; i < gv_json_count(value); i++)
        all = all && gv_json_text(gv_json_item(value, i));
    return all;
}

char *gv_compare_settings_value(const gv_json *value, gv_error *err)
{
    char *text = NULL;
    if (!value)
        return gv_mem_strdup("–", err);
    if (gv_json_text(value))
        return gv_mem_strdup(gv_json_text(value), err);
    if (is_list_of_texts(value))
        return join(value, err);
    gv_json_writer w = gv_json_begin();
    gv_json_set_value(&w, "v", value);
    if (gv_json_write(&text, &w, GV_JSON_COMPACT, 15, err) != GV_OK)
        return NULL;
    const size_t length = strlen(text); /* {"v":...} */
    memmove(text, text + 5, length - 6);
    text[length - 6] = '\0';
    return text;
}

/* --- what decides scores beside the config's groups ------------------------------------------- */

/* Which runs have the same value of something; numbers from 0. */
typedef struct classes {
    size_t n;
    size_t *of;   /* [runs that take part] */
    char **value; /* [runs that take part] as text; */
} classes;

static void number_classes(classes *c, size_t runs)
{
    for (size_t i = 0; i < runs; i++) {
        size_t like = 0;
        while (strcmp(c->value[like], c->value[i]) != 0)
            like++;
        c->of[i] = like < i ? c->of[like] : c->n++;
    }
}

static void free_classes(classes *c, size_t runs)
{
    for (size_t i = 0; c->value && i < runs; i++)
        gv_mem_free(c->value[i]);
    gv_mem_free(c->value);
    gv_mem_free(c->of);
}

/* Checksums of what the vocabulary was made from: the corpus, and lists of words. NULL: unknown. */
static char *corpus_contents(const gv_compare_run *run, gv_error *err)
{
    const gv_json *inputs = gv_json_get(run->records.stamp[GV_REPORT_SECTIONS_VOCAB], "inputs");
    gv_text text = GV_TEXT_INIT;
    char *contents = NULL;
    bool known = gv_json_count(inputs) > 0;
    for (size_t i = 0; i < gv_json_count(inputs); i++) {
        const char *hash = gv_json_get_text(gv_json_item(inputs, i), "xxh128");
        known = known && *hash;
        gv_text_printf(&text, "%s ", hash);
    }
    if (gv_text_take(&contents, &text, err) != GV_OK)
        return NULL;
    if (!known)
        contents[0] = '\0';
    return contents;
}

static const gv_json *config_value(const gv_compare_run *run, const char *section, const char *key)
{
    return gv_json_get(gv_json_get(run->config_json, section), key);
}

const gv_json *gv_compare_settings_seed(const gv_compare_run *run, const char *key)
{
    char section[32];
    const char *dot = strchr(key, '.');
    snprintf(section, sizeof section, "%.*s", (int)(dot - key), key);
    return config_value(run, section, dot + 1);
}

/* By contents if those of all runs are known, else by name. */
static int corpus_classes(classes *c, gv_compare_run *const *runs, size_t n, gv_error *err)
{
    bool known = true;
    int status = GV_OK;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        c->value[i] = corpus_contents(runs[i], err);
        status = c->value[i] ? GV_OK : GV_E_MEMORY;
        known = known && status == GV_OK && *c->value[i];
    }
    for (size_t i = 0; i < n && status == GV_OK && !known; i++) {
        gv_mem_free(c->value[i]);
        c->value[i] = gv_compare_settings_value(config_value(runs[i], "corpus", "files"), err);
        status = c->value[i] ? GV_OK : GV_E_MEMORY;
    }
    return status;
}

static int key_classes(classes *c, gv_compare_run *const *runs, size_t n, const char *section,
                       const char *key, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        c->value[i] = gv_compare_settings_value(config_value(runs[i], section, key), err);
        status = c->value[i] ? GV_OK : GV_E_MEMORY;
    }
    return status;
}

/* The keys that are looked at here; the first is the corpus. */
enum { EXTRA = 3 };
static const char *const extra[EXTRA][2] = {
    {"corpus", "files"}, {"eval", "oov"}, {"eval", "vocab_limit"}};

static int find_classes(classes c[EXTRA], gv_compare_run *const *runs, size_t n, gv_error *err)
{
    int status = GV_OK;
    for (size_t k = 0; k < EXTRA && status == GV_OK; k++) {
        c[k].value = gv_mem_alloc_zero(n, sizeof *c[k].value, err);
        c[k].of = gv_mem_alloc_zero(n, sizeof *c[k].of, err);
        status = c[k].value && c[k].of ? GV_OK : GV_E_MEMORY;
        if (status == GV_OK)
            status = k == 0 ? corpus_classes(&c[k], runs, n, err)
                            : key_classes(&c[k], runs, n, extra[k][0], extra[k][1], err);
        if (status == GV_OK)
            number_classes(&c[k], n);
    }
    return status;
}

/* --- settings --------------------------------------------------------------------------------- */

/* The runs that take part, and how they are grouped. */
typedef struct grouping {
    size_t n;
    gv_compare_run **run;
    const gv_config **config;
    gv_config_groups *groups;
    classes extra[EXTRA];
} grouping;

static bool same_setting(const grouping *g, size_t i, size_t j)
{
    bool same = g->groups->of[i] == g->groups->of[j];
    for (size_t k = 0; k < EXTRA; k++)
        same = same && g->extra[k].of[i] == g->extra[k].of[j];
    return same;
}

/* Append "train.objective=logistic": in quotes where it could be read otherwise. */
static int add_label(gv_text *label, const char *key, const gv_json *value, gv_error *err)
{
    char *text = gv_compare_settings_value(value, err);
    bool plain = text && *text;
    for (const char *at = text; at && *at && plain; at++)
        plain = !isspace((unsigned char)*at) && *at != '"';
    if (text)
        gv_text_printf(label, plain ? "%s%s=%s" : "%s%s=\"%s\"", label->used ? " " : "", key, text);
    gv_mem_free(text);
    return text ? GV_OK : GV_E_MEMORY;
}

/* The values that the setting of run `i` has of the keys that differ. */
static int describe(gv_compare_setting *setting, const gv_compare *compare, const grouping *g,
                    size_t i, gv_error *err)
{
    const gv_json *own = g->groups->group[g->groups->of[i]].set;
    gv_json_writer set = gv_json_begin();
    gv_text label = GV_TEXT_INIT;
    int status = GV_OK;
    for (size_t k = 0; k < compare->keys.n && status == GV_OK; k++) {
        const char *key = compare->keys.items[k];
        const gv_json *value = gv_json_get(own, key);
        for (size_t e = 0; e < EXTRA; e++) {
            const size_t n = strlen(extra[e][0]);
            if (strncmp(key, extra[e][0], n) == 0 && key[n] == '.' &&
                strcmp(key + n + 1, extra[e][1]) == 0)
                value = config_value(g->run[i], extra[e][0], extra[e][1]);
        }
        if (!value) /* its objective does not use the key */
            continue;
        gv_json_set_value(&set, key, value);
        status = add_label(&label, key, value, err);
    }
    if (status == GV_OK)
        status = gv_json_take(&setting->set, &set, err);
    if (status == GV_OK)
        status = gv_text_take(&setting->label, &label, err);
    gv_json_clear(&set);
    gv_text_drop(&label);
    return status;
}

static int find_keys(gv_compare *compare, const grouping *g, gv_error *err)
{
    int status = GV_OK;
    for (size_t k = 0; k < EXTRA && status == GV_OK; k++) {
        char key[64];
        snprintf(key, sizeof key, "%s.%s", extra[k][0], extra[k][1]);
        if (k == 1) /* the corpus comes first, evaluation last */
            for (size_t i = 0; i < g->groups->keys.n && status == GV_OK; i++)
                status = gv_strings_add(&compare->keys, g->groups->keys.items[i], err);
        if (g->extra[k].n > 1 && status == GV_OK)
            status = gv_strings_add(&compare->keys, key, err);
    }
    return status;
}

static int add_settings(gv_compare *compare, const grouping *g, gv_error *err)
{
    int status = GV_OK;
    compare->setting = gv_mem_alloc_zero(g->n, sizeof *compare->setting, err);
    if (!compare->setting)
        return GV_E_MEMORY;
    for (size_t i = 0; i < g->n && status == GV_OK; i++) {
        size_t like = 0;
        while (!same_setting(g, like, i))
            like++;
        if (like < i) {
            g->run[i]->setting = g->run[like]->setting;
            continue;
        }
        gv_compare_setting *setting = &compare->setting[compare->settings];
        g->run[i]->setting = compare->settings++;
        setting->base = SIZE_MAX;
        status = describe(setting, compare, g, i, err);
    }
    return status;
}

/* --- their runs ------------------------------------------------------------------------------- */

/* The same training twice says nothing about noise. */
static int leave_out_repeated(gv_compare *compare, const grouping *g, gv_error *err)
{
    int status = GV_OK;
    for (size_t i = 0; i < g->n && status == GV_OK; i++)
        for (size_t k = 0; k < i && status == GV_OK && g->run[i]->trained; k++) {
            if (!same_setting(g, i, k) || g->groups->first[i] != g->groups->first[k] ||
                g->config[i]->train_schedule != GV_SCHEDULE_ORDERED || !g->run[k]->trained)
                continue;
            char *what = gv_mem_format(
                err, "the same settings and seeds as %s: left out, as it is the same training",
                g->run[k]->dir);
            gv_mem_free(g->run[i]->missing);
            gv_mem_free(g->run[i]->command);
            g->run[i]->missing = what;
            g->run[i]->command = NULL;
            g->run[i]->trained = false;
            g->run[i]->setting = SIZE_MAX;
            status = what ? GV_OK : GV_E_MEMORY;
        }
    (void)compare;
    return status;
}

static int by_seeds(const void *x, const void *y, void *context)
{
    const gv_compare *compare = context;
    const gv_compare_run *a = &compare->run[*(const size_t *)x];
    const gv_compare_run *b = &compare->run[*(const size_t *)y];
    const int order = strverscmp(a->seeds, b->seeds);
    return order ? order : strcmp(a->dir, b->dir);
}

static int list_runs(gv_compare *compare, gv_error *err)
{
    for (size_t s = 0; s < compare->settings; s++) {
        gv_compare_setting *setting = &compare->setting[s];
        setting->run = gv_mem_alloc(compare->n, sizeof *setting->run, err);
        if (!setting->run)
            return GV_E_MEMORY;
        for (size_t i = 0; i < compare->n; i++)
            if (compare->run[i].setting == s)
                setting->run[setting->n++] = i;
        qsort_r(setting->run, setting->n, sizeof *setting->run, by_seeds, compare);
    }
    return GV_OK;
}

static int summarise(gv_compare *compare, gv_error *err)
{
    double *values = gv_mem_alloc(compare->n, sizeof *values, err);
    for (size_t s = 0; s < compare->settings && values; s++) {
        gv_compare_setting *setting = &compare->setting[s];
        setting->summary = gv_mem_alloc_zero(compare->metrics, sizeof *setting->summary, err);
        if (!setting->summary)
            break;
        for (size_t m = 0; m < compare->metrics; m++) {
            size_t n = 0;
            for (size_t i = 0; i < setting->n; i++)
                if (isfinite(compare->run[setting->run[i]].value[m]))
                    values[n++] = compare->run[setting->run[i]].value[m];
            setting->summary[m] = (gv_compare_summary){gv_interval_mean(values, n),
                                                       gv_interval_deviation(values, n), n};
        }
    }
    const bool done =
        values && (compare->settings == 0 || compare->setting[compare->settings - 1].summary);
    gv_mem_free(values);
    return done ? GV_OK : GV_E_MEMORY;
}

/* The seeds that differ between runs. */
static int find_seed_keys(gv_compare *compare, gv_error *err)
{
    static const char *const sections[] = {"cooccur", "shuffle", "train"};
    int status = GV_OK;
    for (size_t k = 0; k < sizeof sections / sizeof *sections && status == GV_OK; k++) {
        const gv_json *first = NULL;
        bool differs = false;
        for (size_t i = 0; i < compare->n; i++) {
            const gv_json *seed = config_value(&compare->run[i], sections[k], "seed");
            if (!compare->run[i].trained)
                continue;
            differs = differs || (first && !gv_json_equal(first, seed));
            first = first ? first : seed;
        }
        char key[32];
        snprintf(key, sizeof key, "%s.seed", sections[k]);
        if (differs)
            status = gv_strings_add(&compare->seed_keys, key, err);
    }
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int group_runs(grouping *g, gv_compare *compare, gv_error *err)
{
    static char files[] = "corpus.files", counted[] = "corpus.counted";
    const gv_strings ignored = {2, (char *[]){files, counted}};
    g->run = gv_mem_alloc(compare->n, sizeof(gv_compare_run *), err);
    g->config = gv_mem_alloc(compare->n, sizeof(gv_config *), err);
    if (!g->run || !g->config)
        return GV_E_MEMORY;
    for (size_t i = 0; i < compare->n; i++)
        if (compare->run[i].trained) {
            g->run[g->n] = &compare->run[i];
            g->config[g->n++] = compare->run[i].config;
        }
    int status = gv_config_groups_make(&g->groups, g->config, g->n, &ignored, err);
    return status == GV_OK ? find_classes(g->extra, g->run, g->n, err) : status;
}

int gv_compare_settings_make(gv_compare *compare, gv_error *err)
{
    grouping g = {0};
    int status = group_runs(&g, compare, err);
    if (status == GV_OK)
        status = find_keys(compare, &g, err);
    if (status == GV_OK)
        status = add_settings(compare, &g, err);
    if (status == GV_OK)
        status = leave_out_repeated(compare, &g, err);
    if (status == GV_OK)
        status = list_runs(compare, err);
    if (status == GV_OK)
        status = summarise(compare, err);
    if (status == GV_OK)
        status = find_seed_keys(compare, err);
    for (size_t k = 0; k < EXTRA; k++)
        free_classes(&g.extra[k], g.n);
    gv_config_groups_free(g.groups);
    gv_mem_free(g.run);
    gv_mem_free(g.config);
    return status;
}

void gv_compare_settings_free(gv_compare *compare)
{
    for (size_t s = 0; s < compare->settings; s++) {
        gv_json_free(compare->setting[s].set);
        gv_mem_free(compare->setting[s].label);
        gv_mem_free(compare->setting[s].run);
        gv_mem_free(compare->setting[s].summary);
        gv_mem_free(compare->setting[s].against);
    }
    gv_mem_free(compare->setting);
    gv_mem_free(compare->shown);
}
