/* One key's value: from JSON into the struct, checked, and back to text. */
#include "config/gv_config_key.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WEIGHTS_MAX = 1000, SHOWN_MAX = 60 };

static void *field_of(gv_config *config, const gv_config_key *key)
{
    return (char *)config + key->offset;
}

static const void *field_in(const gv_config *config, const gv_config_key *key)
{
    return (const char *)config + key->offset;
}

static void add_choices(gv_text *text, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++)
        gv_text_printf(text, "%s\"%s\"", i ? ", " : "", choices[i]);
}

static void add_range(gv_text *text, const gv_config_key *key)
{
    gv_text_add(text, key->above_min ? "above " : "from ");
    gv_text_real(text, key->min);
    gv_text_add(text, key->above_min ? " up to " : " to ");
    if (key->max < 1e16)
        gv_text_printf(text, "%.0f", key->max);
    else
        gv_text_real(text, key->max);
}

void gv_config_key_expected(gv_text *text, const gv_config_key *key)
{
    switch (key->type) {
    case GV_KEY_STRING:
        gv_text_add(text, "a string that is not empty");
        break;
    case GV_KEY_BOOL:
        gv_text_add(text, "true or false");
        break;
    case GV_KEY_UINT32:
    case GV_KEY_UINT64:
        gv_text_add(text, "an integer ");
        add_range(text, key);
        break;
    case GV_KEY_REAL:
        gv_text_add(text, "a number ");
        add_range(text, key);
        break;
    case GV_KEY_CHOICE:
        gv_text_add(text, key->choices[1] ? "one of " : "");
        add_choices(text, key->choices);
        break;
    case GV_KEY_CHOICES:
        gv_text_add(text, "a list of one or more of ");
        add_choices(text, key->choices);
        break;
    case GV_KEY_STRINGS:
        gv_text_add(text, key->numbers ? "a list of strings or numbers" : "a list of strings");
        break;
    case GV_KEY_LOWERCASE:
        gv_text_add(text, "true or false, or one of ");
        add_choices(text, key->choices);
        break;
    case GV_KEY_WEIGHTING:
        add_choices(text, key->choices);
        gv_text_printf(text, " or a list of 1 to %d numbers ", WEIGHTS_MAX);
        add_range(text, key);
        gv_text_add(text, ", not all 0");
        break;
    }
    if (key->nullable)
        gv_text_add(text, " or null");
}

/* True, yes, on, 1 for true, and their opposites */
static void suggest_bool(char hint[GV_KEY_SUGGESTION], const json_t *value)
{
    static const char *const words[][4] = {{"false", "no", "off", "f"}, {"true", "yes", "on", "t"}};
    const char *text = json_string_value(value);
    int meant = json_is_integer(value) && json_integer_value(value) >> 1 == 0
                    ? (int)json_integer_value(value)
                    : -1;
    for (int i = 0; text && i < 2; i++)
        for (size_t j = 0; j < 4; j++)
            if (strcasecmp(words[i][j], text) == 0)
                meant = i;
    if (meant >= 0)
        snprintf(hint, GV_KEY_SUGGESTION, "; did you mean %s?", words[meant][0]);
}

/* "KEY must be EXPECTED, not VALUE", with the nearest choice if it was a word. */
static int refuse(const gv_config_key *key, const json_t *value, gv_error *err)
{
    gv_text expected = GV_TEXT_INIT;
    gv_config_key_expected(&expected, key);
    char *wanted = NULL;
    if (gv_text_take(&wanted, &expected, err) != GV_OK)
        return GV_E_MEMORY;
    char *shown = NULL;
    int status = gv_jansson_dump(&shown, value,
                                 JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15), err);
    char hint[GV_KEY_SUGGESTION] = "";
    if (key->choices && json_is_string(value))
        gv_config_key_suggest_choice(hint, key, json_string_value(value));
    else if (key->type == GV_KEY_BOOL)
        suggest_bool(hint, value);
    if (status == GV_OK)
        status = gv_error_set(err, GV_E_USAGE, "%s must be %s, not %.*s%s%s", key->name, wanted,
                              (int)SHOWN_MAX, shown, strlen(shown) > SHOWN_MAX ? "..." : "", hint);
    gv_mem_free(shown);
    gv_mem_free(wanted);
    return status;
}

static int set_string(gv_config *config, const gv_config_key *key, const json_t *value,
                      gv_error *err)
{
    char *copy = NULL;
    if (json_is_string(value) && json_string_length(value) > 0) {
        copy = gv_mem_strdup(json_string_value(value), err);
        if (!copy)
            return GV_E_MEMORY;
    } else if (!(key->nullable && json_is_null(value))) {
        return refuse(key, value, err);
    }
    char **field = field_of(config, key);
    gv_mem_free(*field);
    *field = copy;
    return GV_OK;
}

/* The number in `value` if it is in the key's range. Reals without fraction count as integers, as
 * in JSON Schema. */
static bool number_in_range(double *number, const gv_config_key *key, const json_t *value,
                            bool integer)
{
    if (!json_is_number(value))
        return false;
    double x = json_number_value(value);
    if (!isfinite(x) || x < key->min || x > key->max || (key->above_min && x <= key->min))
        return false;
    if (integer && x != floor(x))
        return false;
    *number = x;
    return true;
}

static int set_number(gv_config *config, const gv_config_key *key, const json_t *value,
                      gv_error *err)
{
    double x = key->null_value;
    bool is_null = key->nullable && json_is_null(value);
    if (!is_null && !number_in_range(&x, key, value, key->type != GV_KEY_REAL))
        return refuse(key, value, err);
    void *field = field_of(config, key);
    if (key->type == GV_KEY_REAL)
        *(double *)field = x;
    else if (key->type == GV_KEY_UINT32)
        *(uint32_t *)field = (uint32_t)x;
    else
        *(uint64_t *)field = (uint64_t)x; /* ranges end at 2^53, so x is exact */
    return GV_OK;
}

/* Index of a string among the choices; false if it is none of them. */
static bool choice_index(unsigned *index, const gv_config_key *key, const json_t *value)
{
    const char *text = json_string_value(value);
    for (unsigned i = 0; text && key->choices[i]; i++) {
        if (strcmp(key->choices[i], text) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

static int set_choice(gv_config *config, const gv_config_key *key, const json_t *value,
                      gv_error *err)
{
    unsigned index;
    if (!choice_index(&index, key, value))
        return refuse(key, value, err);
    memcpy(field_of(config, key), &index, sizeof index);
    return GV_OK;
}

/* true is the first of the choices, which the enum counts from 1. */
static int set_lowercase(gv_config *config, const gv_config_key *key, const json_t *value,
                         gv_error *err)
{
    unsigned index = 0;
    if (!json_is_boolean(value) && !choice_index(&index, key, value))
        return refuse(key, value, err);
    index = json_is_false(value) ? 0 : index + 1;
    memcpy(field_of(config, key), &index, sizeof index);
    return GV_OK;
}

static int set_choices(gv_config *config, const gv_config_key *key, const json_t *value,
                       gv_error *err)
{
    unsigned bits = 0, index;
    size_t i;
    json_t *item;
    if (json_is_string(value)) {
        if (!choice_index(&index, key, value))
            return refuse(key, value, err);
        bits = 1u << index;
    } else if (!json_is_array(value)) {
        return refuse(key, value, err);
    }
    json_array_foreach(value, i, item)
    {
        if (!choice_index(&index, key, item))
            return refuse(key, item, err);
        bits |= 1u << index;
    }
    if (bits == 0)
        return refuse(key, value, err);
    memcpy(field_of(config, key), &bits, sizeof bits);
    return GV_OK;
}

/* Add an element of a list of strings; `whole` is the list. */
static int add_string(gv_strings *list, const gv_config_key *key, const json_t *item,
                      const json_t *whole, gv_error *err)
{
    char digits[24];
    if (key->numbers && json_is_integer(item)) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(item));
        return gv_strings_add(list, digits, err);
    }
    return json_string_length(item) > 0 ? gv_strings_add(list, json_string_value(item), err)
                                        : refuse(key, whole, err);
}

static int set_strings(gv_config *config, const gv_config_key *key, const json_t *value,
                       gv_error *err)
{
    gv_strings list = {0};
    bool single = json_is_string(value) || (key->numbers && json_is_integer(value));
    if (!single && !json_is_array(value))
        return refuse(key, value, err);
    size_t n = single ? 1 : json_array_size(value);
    for (size_t i = 0; i < n; i++) {
        int status = add_string(&list, key, single ? value : json_array_get(value, i), value, err);
        if (status != GV_OK) {
            gv_strings_free(&list);
            return status;
        }
    }
    gv_strings *field = field_of(config, key);
    gv_strings_free(field);
    *field = list;
    return GV_OK;
}

static int set_weighting(gv_config *config, const gv_config_key *key, const json_t *value,
                         gv_error *err)
{
    double *weights = NULL, sum = 0;
    size_t n = json_array_size(value);
    unsigned index = GV_WEIGHTING_ARRAY;
    if (json_is_array(value)) {
        if (n < 1 || n > WEIGHTS_MAX)
            return refuse(key, value, err);
        if (!(weights = gv_mem_alloc(n, sizeof *weights, err)))
            return GV_E_MEMORY;
        for (size_t i = 0; i < n; i++) {
            if (!number_in_range(&weights[i], key, json_array_get(value, i), false)) {
                gv_mem_free(weights);
                return refuse(key, value, err);
            }
            sum += weights[i];
        }
        if (sum == 0) {
            gv_mem_free(weights);
            return refuse(key, value, err);
        }
    } else if (!choice_index(&index, key, value)) {
        return refuse(key, value, err);
    }
    gv_mem_free(config->cooccur_weights);
    config->cooccur_weights = weights;
    config->cooccur_weight_count = (uint32_t)n;
    config->cooccur_weighting = (enum gv_config_weighting)index;
    return GV_OK;
}

int gv_config_key_parse(json_t **value, const gv_config_key *key, const char *text, gv_error *err)
{
    bool textual = key->type == GV_KEY_STRING || key->type == GV_KEY_STRINGS ||
                   key->type == GV_KEY_CHOICE || key->type == GV_KEY_CHOICES;
    int status = gv_jansson_load(value, text, strlen(text),
                                 JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL, err);
    if (status != GV_OK)
        return status;
    if (*value && textual && !json_is_string(*value) && !json_is_array(*value) &&
        !(json_is_null(*value) && key->nullable)) {
        json_decref(*value);
        *value = NULL;
    }
    if (*value)
        return GV_OK;
    if (!gv_utf8_valid(text, strlen(text)))
        return gv_error_set(err, GV_E_USAGE, "the value is not valid UTF-8");
    *value = json_string(text);
    return *value ? GV_OK : gv_error_set(err, GV_E_MEMORY, "out of memory for the value");
}

int gv_config_key_set(gv_config *config, const gv_config_key *key, const json_t *value,
                      gv_error *err)
{
    switch (key->type) {
    case GV_KEY_STRING:
        return set_string(config, key, value, err);
    case GV_KEY_BOOL:
        if (!json_is_boolean(value))
            return refuse(key, value, err);
        *(bool *)field_of(config, key) = json_is_true(value);
        return GV_OK;
    case GV_KEY_UINT32:
    case GV_KEY_UINT64:
    case GV_KEY_REAL:
        return set_number(config, key, value, err);
    case GV_KEY_CHOICE:
        return set_choice(config, key, value, err);
    case GV_KEY_CHOICES:
        return set_choices(config, key, value, err);
    case GV_KEY_STRINGS:
        return set_strings(config, key, value, err);
    case GV_KEY_LOWERCASE:
        return set_lowercase(config, key, value, err);
    case GV_KEY_WEIGHTING:
        return set_weighting(config, key, value, err);
    }
    return gv_error_set(err, GV_E_RUNTIME, "%s has no type", key->name);
}

int gv_config_key_recipe_set(gv_config *config, const gv_config_key *key, const json_t *value,
                             gv_error *err)
{
    if (key->type != GV_KEY_LOWERCASE || !json_is_true(value))
        return gv_config_key_set(config, key, value, err);
    *(enum gv_config_lowercase *)field_of(config, key) = GV_LOWERCASE_FOLD;
    return GV_OK;
}

static void add_json_string(gv_text *text, const char *string)
{
    json_t *value = json_string(string);
    char *shown = NULL;
    if (value && gv_jansson_dump(&shown, value, JSON_ENCODE_ANY, NULL) == GV_OK)
        gv_text_add(text, shown);
    else
        text->failed = 1;
    gv_mem_free(shown);
    json_decref(value);
}

static void add_strings(gv_text *text, const gv_strings *strings)
{
    gv_text_add(text, "[");
    for (size_t i = 0; i < strings->n; i++) {
        gv_text_add(text, i ? "," : "");
        add_json_string(text, strings->items[i]);
    }
    gv_text_add(text, "]");
}

static void add_bits(gv_text *text, unsigned bits, const char *const *choices)
{
    const char *separator = "";
    gv_text_add(text, "[");
    for (unsigned i = 0; choices[i]; i++) {
        if (bits & (1u << i)) {
            gv_text_printf(text, "%s\"%s\"", separator, choices[i]);
            separator = ",";
        }
    }
    gv_text_add(text, "]");
}

static void add_weighting(gv_text *text, const gv_config *config, const gv_config_key *key)
{
    if (config->cooccur_weighting != GV_WEIGHTING_ARRAY) {
        gv_text_printf(text, "\"%s\"", key->choices[config->cooccur_weighting]);
        return;
    }
    for (uint32_t i = 0; i < config->cooccur_weight_count; i++) {
        gv_text_add(text, i ? "," : "[");
        gv_text_real(text, config->cooccur_weights[i]);
    }
    gv_text_add(text, "]");
}

void gv_config_key_text(gv_text *text, const gv_config *config, const gv_config_key *key)
{
    const void *field = field_in(config, key);
    unsigned choice;
    switch (key->type) {
    case GV_KEY_STRING: {
        const char *string = *(char *const *)field;
        if (string)
            add_json_string(text, string);
        else
            gv_text_add(text, "null");
        break;
    }
    case GV_KEY_BOOL:
        gv_text_add(text, *(const bool *)field ? "true" : "false");
        break;
    case GV_KEY_UINT32:
        gv_text_printf(text, "%" PRIu32, *(const uint32_t *)field);
        break;
    case GV_KEY_UINT64:
        gv_text_printf(text, "%" PRIu64, *(const uint64_t *)field);
        break;
    case GV_KEY_REAL:
        gv_text_real(text, *(const double *)field);
        break;
    case GV_KEY_CHOICE:
        memcpy(&choice, field, sizeof choice);
        gv_text_printf(text, "\"%s\"", key->choices[choice]);
        break;
    case GV_KEY_CHOICES:
        memcpy(&choice, field, sizeof choice);
        add_bits(text, choice, key->choices);
        break;
    case GV_KEY_STRINGS:
        add_strings(text, field);
        break;
    case GV_KEY_LOWERCASE:
        memcpy(&choice, field, sizeof choice);
        if (choice == 0)
            gv_text_add(text, "false");
        else
            gv_text_printf(text, "\"%s\"", key->choices[choice - 1]);
        break;
    case GV_KEY_WEIGHTING:
        add_weighting(text, config, key);
        break;
    }
}

void gv_config_key_recipe_text(gv_text *text, const gv_config *config, const gv_config_key *key)
{
    if (key->type == GV_KEY_LOWERCASE && config->corpus_lowercase == GV_LOWERCASE_FOLD)
        gv_text_add(text, "true");
    else
        gv_config_key_text(text, config, key);
}
