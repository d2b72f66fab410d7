/* gv_config_groups: which configs differ only in their seeds. */
#include "base/gv_mem.h"
#include "config/gv_config_groups.h"
#include "support/gv_test.h"

#include <string.h>

enum { MOST = 8 };

/* A config with the settings in `text`, which blanks separate. */
static gv_config *config_of(const char *text)
{
    gv_error err = GV_ERROR_INIT;
    gv_strings sets = {0};
    gv_config *config = NULL;
    char *copy = strdup(text);
    for (char *set = strtok(copy, " "); set; set = strtok(NULL, " "))
        gv_assert_ok(gv_strings_add(&sets, set, &err), err);
    gv_assert_ok(gv_config_load(&config, NULL, &sets, "x", &err), err);
    gv_strings_free(&sets);
    free(copy);
    return config;
}

typedef struct grouped {
    gv_config *config[MOST];
    size_t n;
    gv_config_groups *groups;
} grouped;

static grouped group(const char *const *texts, char *ignored)
{
    grouped g = {0};
    gv_error err = GV_ERROR_INIT;
    for (; texts[g.n]; g.n++)
        g.config[g.n] = config_of(texts[g.n]);
    gv_assert_ok(gv_config_groups_make(&g.groups, (const gv_config *const *)g.config, g.n,
                                       &(gv_strings){ignored != NULL, &ignored}, &err),
                 err);
    return g;
}

static void clear(grouped *g)
{
    gv_config_groups_free(g->groups);
    for (size_t i = 0; i < g->n; i++)
        gv_config_free(g->config[i]);
}

Test(config_groups, seeds_make_no_group)
{
    const char *const texts[] = {"train.seed=1 name=a", "train.seed=2 name=b train.threads=3",
                                 "shuffle.seed=5 eval.analogies=q.txt output.formats=npy",
                                 "train.seed=2 cooccur.memory_mb=7", NULL};
    grouped g = group(texts, NULL);
    cr_assert_eq(g.groups->n, 1);
    cr_assert_eq(g.groups->group[0].configs, 4);
    cr_assert_str_eq(g.groups->group[0].label, "");
    cr_assert_eq(g.groups->keys.n, 0);
    const size_t first[] = {0, 1, 2, 1};
    cr_assert_eq(memcmp(g.groups->first, first, sizeof first), 0);
    clear(&g);
}

Test(config_groups, what_differs_is_named)
{
    const char *const texts[] = {"train.dim=50", "train.dim=50 train.seed=2",
                                 "train.dim=300 train.objective=logistic", NULL};
    grouped g = group(texts, NULL);
    cr_assert_eq(g.groups->n, 2);
    cr_assert(g.groups->of[0] == 0 && g.groups->of[1] == 0 && g.groups->of[2] == 1);
    cr_assert_str_eq(g.groups->group[0].label, "train.dim=50 train.objective=glove");
    cr_assert_str_eq(g.groups->group[1].label, "train.dim=300 train.objective=logistic");
    cr_assert_eq(gv_json_get_number(g.groups->group[1].set, "train.dim"), 300.0);
    cr_assert_str_eq(gv_json_get_text(g.groups->group[0].set, "train.objective"), "glove");
    /* train.eta differs, too, but only because the objective does */
    cr_assert_eq(g.groups->keys.n, 2);
    clear(&g);
}

/* A key that only one objective uses is named for that one. */
Test(config_groups, keys_of_one_objective)
{
    const char *const texts[] = {"", "train.objective=logistic train.unseen_draws=3", NULL};
    grouped g = group(texts, NULL);
    cr_assert_str_eq(g.groups->group[0].label, "train.objective=glove");
    cr_assert_str_eq(g.groups->group[1].label, "train.unseen_draws=3 train.objective=logistic");
    cr_assert_null(gv_json_get(g.groups->group[0].set, "train.unseen_draws"));
    clear(&g);
}

Test(config_groups, ignored_keys)
{
    const char *const texts[] = {"corpus.files=a.txt", "corpus.files=b.txt train.seed=2", NULL};
    grouped g = group(texts, NULL);
    cr_assert_eq(g.groups->n, 2);
    cr_assert_str_eq(g.groups->group[1].label, "corpus.files=[\"b.txt\"]");
    clear(&g);
    char key[] = "corpus.files", wrong[] = "corpus.file", *list = wrong;
    g = group(texts, key);
    cr_assert_eq(g.groups->n, 1);
    clear(&g);
    gv_config_groups *none;
    gv_error err = GV_ERROR_INIT;
    cr_assert_eq(gv_config_groups_make(&none, NULL, 0, &(gv_strings){1, &list}, &err), GV_E_USAGE);
    cr_assert(strstr(err.text, "corpus.files"), "%s", err.text);
}

Test(config_groups, failing_allocations)
{
    gv_config *configs[2] = {config_of("train.dim=50"), config_of("train.dim=60")};
    int status = GV_E_MEMORY;
    for (uint64_t n = 1; status != GV_OK; n++) {
        gv_config_groups *groups = NULL;
        gv_error err = GV_ERROR_INIT;
        cr_assert_lt(n, 5000);
        gv_mem_fail_at(n, 0);
        status = gv_config_groups_make(&groups, (const gv_config *const *)configs, 2,
                                       &(gv_strings){0}, &err);
        gv_mem_fail_at(0, 0);
        cr_assert(status == GV_OK || (status == GV_E_MEMORY && err.text[0] && !groups));
        gv_config_groups_free(groups);
    }
    gv_config_free(configs[0]);
    gv_config_free(configs[1]);
}
