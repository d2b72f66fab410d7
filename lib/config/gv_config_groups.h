/*
 * gv_config_groups - which of several configs are the same but for their seeds.
 *
 * A group is what one compares: runs whose results differ by chance alone. Only keys that decide
 * vectors count; not names, threads, memory, folders, formats of files, and what is evaluated. Nor
 * does a key which a config's objective does not use.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_CONFIG_GROUPS_H
#define GV_CONFIG_GROUPS_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_config.h"
#include "config/gv_json.h"

typedef struct gv_config_groups_group {
    gv_json *set; /* the keys that differ between groups, with this group's values:
                     {"train.dim": 100}. A key that is at its default in all groups is left out, as
                     defaults may depend on other keys */
    char *label;  /* the same as "train.dim=100 train.objective=logistic"; "" for a single group */
    size_t configs;
} gv_config_groups_group;

typedef struct gv_config_groups {
    size_t n; /* groups, in the order of their first configs */
    gv_config_groups_group *group;
    gv_strings keys; /* of all `set`, in the order of docs/config.md */
    size_t configs;
    size_t *of;    /* [configs] the group of each */
    size_t *first; /* [configs] the first config that is the same, seeds included: often itself */
} gv_config_groups;

/*
 * Group `n` configs. Keys of `ignored` (such as "corpus.files", for corpora that were sampled at
 * random) do not count, either. GV_E_USAGE: one of them is no key. The caller frees.
 */
GV_MUST_USE int gv_config_groups_make(gv_config_groups **groups, const gv_config *const *configs,
                                      size_t n, const gv_strings *ignored, gv_error *err);
/* Accepts NULL. */
void gv_config_groups_free(gv_config_groups *groups);

/* Is that the name of a seed ("train.seed")? */
bool gv_config_groups_is_seed(const char *key);

#endif
