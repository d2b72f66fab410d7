#include "report/compare/gv_compare_base.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_config_key.h"
#include "report/compare/gv_compare_find.h"
#include "report/compare/gv_compare_settings.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 16 };

/* Values of --base. */
typedef struct wanted {
    size_t n;
    char *key[MOST];
    const char *value[MOST];
} wanted;

/* --- reading --base --------------------------------------------------------------------------- */

/* Does "key.name=" begin here? */
static bool begins_pair(const char *at)
{
    const char *dot = NULL, *start = at;
    for (; isalnum((unsigned char)*at) || *at == '_' || *at == '.'; at++)
        dot = *at == '.' ? at : dot;
    return *at == '=' && dot && dot > start;
}

/* Cut "a.b=1,c.d=2" in place; commas within values stay. */
static int read_pairs(wanted *w, char *text, const char *given, gv_error *err)
{
    for (char *at = text; at;) {
        char *comma = strchr(at, ','), *equals = strchr(at, '=');
        while (comma && !begins_pair(comma + 1))
            comma = strchr(comma + 1, ',');
        if (comma)
            *comma = '\0';
        if (!begins_pair(at) || !equals || w->n == MOST)
            return gv_error_set(err, GV_E_USAGE,
                                "--base %s: expected KEY=VALUE,.. or the directory of one of the "
                                "runs",
                                given);
        *equals = '\0';
        w->key[w->n] = at;
        w->value[w->n++] = equals + 1;
        at = comma ? comma + 1 : NULL;
    }
    return GV_OK;
}

static bool is_number(const char *text)
{
    char *end;
    (void)strtod(text, &end);
    return end > text && *end == '\0';
}

/* Is it the value that the user wrote: as text, or as a number? */
static int is_value(bool *same, const gv_json *value, const char *text, gv_error *err)
{
    char *own = value ? gv_compare_settings_value(value, err) : NULL;
    *same =
        own && (strcmp(own, text) == 0 || (is_number(own) && is_number(text) &&
                                           fabs(strtod(own, NULL) - strtod(text, NULL)) <= 0.0));
    gv_mem_free(own);
    return value && !own ? GV_E_MEMORY : GV_OK;
}

static bool is_wanted_key(const wanted *w, const char *key)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->key[i], key) == 0)
            return true;
    return false;
}

static int is_base(bool *yes, const gv_compare_setting *setting, const wanted *w, gv_error *err)
{
    int status = GV_OK;
    *yes = true;
    for (size_t i = 0; i < w->n && *yes && status == GV_OK; i++)
        status = is_value(yes, gv_json_get(setting->set, w->key[i]), w->value[i], err);
    return status;
}

/* "--base train.dim=200: no setting has it; train.dim is 100 or 300" */
static int refuse_value(const gv_compare *compare, const wanted *w, const char *given,
                        gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    char *list = NULL;
    for (size_t i = 0; i < w->n; i++) {
        bool differs = false;
        for (size_t k = 0; k < compare->keys.n; k++)
            differs |= strcmp(compare->keys.items[k], w->key[i]) == 0;
        if (!differs) {
            gv_text_drop(&text);
            char hint[GV_KEY_SUGGESTION] = "";
            if (!gv_config_key_find(w->key[i]))
                gv_config_key_suggest(hint, w->key[i], "%s", ~0u, false);
            return gv_error_set(err, GV_E_USAGE, "--base %s: the runs do not differ in %s%s", given,
                                w->key[i], hint);
        }
        gv_text_printf(&text, "%s%s is ", text.used ? "; " : "", w->key[i]);
        for (size_t s = 0; s < compare->settings; s++) {
            const gv_json *value = gv_json_get(compare->setting[s].set, w->key[i]);
            bool before = false;
            for (size_t p = 0; p < s; p++)
                before |= gv_json_equal(gv_json_get(compare->setting[p].set, w->key[i]), value);
            char *own = before ? NULL : gv_compare_settings_value(value, err);
            if (own)
                gv_text_printf(&text, "%s%s", s ? ", " : "", own);
            gv_mem_free(own);
        }
    }
    int status = gv_text_take(&list, &text, err);
    if (status == GV_OK)
        status = gv_error_set(err, GV_E_USAGE, "--base %s: no setting has it; %s", given, list);
    gv_mem_free(list);
    return status;
}

/* --- partners --------------------------------------------------------------------------------- */

/* Are the settings the same in all keys but the wanted ones? A key that the objective of one does
 * not use cannot differ. */
static bool is_partner(const gv_compare *compare, size_t a, size_t b, const wanted *w)
{
    for (size_t k = 0; k < compare->keys.n; k++) {
        const char *key = compare->keys.items[k];
        const gv_json *x = gv_json_get(compare->setting[a].set, key);
        const gv_json *y = gv_json_get(compare->setting[b].set, key);
        if (!is_wanted_key(w, key) && x && y && !gv_json_equal(x, y))
            return false;
    }
    return true;
}

/* "train.dim = 300 against 100 (train.objective = logistic)" */
static int describe(gv_compare *compare, size_t s, gv_error *err)
{
    gv_compare_setting *setting = &compare->setting[s];
    const gv_json *base = compare->setting[setting->base].set;
    gv_text differs = GV_TEXT_INIT, same = GV_TEXT_INIT;
    int status = GV_OK;
    for (size_t k = 0; k < compare->keys.n && status == GV_OK; k++) {
        const char *key = compare->keys.items[k];
        const gv_json *x = gv_json_get(setting->set, key), *y = gv_json_get(base, key);
        const bool equal = x && y && gv_json_equal(x, y);
        char *own = gv_compare_settings_value(x, err);
        char *other = own ? gv_compare_settings_value(y, err) : NULL;
        status = other ? GV_OK : GV_E_MEMORY;
        if (other && equal)
            gv_text_printf(&same, "%s%s = %s", same.used ? ", " : "", key, own);
        else if (other && (x || y))
            gv_text_printf(&differs, "%s%s = %s against %s", differs.used ? ", " : "", key, own,
                           other);
        gv_mem_free(own);
        gv_mem_free(other);
    }
    if (same.used)
        gv_text_printf(&differs, " (%s)", same.bytes);
    differs.failed |= same.failed;
    gv_text_drop(&same);
    if (status != GV_OK) {
        gv_text_drop(&differs);
        return status;
    }
    return gv_text_take(&setting->against, &differs, err);
}

static int find_partners(gv_compare *compare, const wanted *w, const char *given, gv_error *err)
{
    bool any = false, base = false;
    int status = GV_OK;
    for (size_t b = 0; b < compare->settings && status == GV_OK; b++) {
        status = is_base(&base, &compare->setting[b], w, err);
        any |= base;
        for (size_t s = 0; s < compare->settings && base && status == GV_OK; s++) {
            bool itself = false;
            status = is_base(&itself, &compare->setting[s], w, err);
            if (!itself && compare->setting[s].base == SIZE_MAX && is_partner(compare, s, b, w))
                compare->setting[s].base = b;
        }
    }
    return status == GV_OK && !any ? refuse_value(compare, w, given, err) : status;
}

static void use_one(gv_compare *compare, size_t base)
{
    for (size_t s = 0; s < compare->settings; s++)
        if (s != base)
            compare->setting[s].base = base;
}

/* The setting of the run in that directory; SIZE_MAX: of none. */
static int find_run(size_t *setting, const gv_compare *compare, const char *dir, gv_error *err)
{
    struct stat look;
    *setting = SIZE_MAX;
    if (stat(dir, &look) != 0 || !S_ISDIR(look.st_mode))
        return GV_OK;
    for (size_t i = 0; i < compare->n; i++)
        if (gv_compare_find_is_same(&compare->run[i], dir)) {
            *setting = compare->run[i].setting;
            if (*setting == SIZE_MAX)
                return gv_error_set(err, GV_E_USAGE, "--base %s: this run takes no part: %s", dir,
                                    compare->run[i].missing ? compare->run[i].missing : "");
            return GV_OK;
        }
    return gv_error_set(err, GV_E_USAGE, "--base %s: this run is not among those to compare", dir);
}

static int find_wanted(gv_compare *compare, const char *given, gv_error *err)
{
    size_t setting;
    wanted w = {0};
    int status = find_run(&setting, compare, given, err);
    if (status != GV_OK)
        return status;
    if (setting != SIZE_MAX) {
        use_one(compare, setting);
        return GV_OK;
    }
    char *text = gv_mem_strdup(given, err);
    status = text ? read_pairs(&w, text, given, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = find_partners(compare, &w, given, err);
    gv_mem_free(text);
    return status;
}

int gv_compare_base_find(gv_compare *compare, const char *given, gv_error *err)
{
    int status = GV_OK;
    if (given)
        status = find_wanted(compare, given, err);
    else
        for (size_t i = 0; i < compare->n; i++)
            if (compare->run[i].setting != SIZE_MAX) {
                use_one(compare, compare->run[i].setting);
                break;
            }
    for (size_t s = 0; s < compare->settings && status == GV_OK; s++)
        if (compare->setting[s].base != SIZE_MAX)
            status = describe(compare, s, err);
    return status;
}
