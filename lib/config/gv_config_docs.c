/* Texts generated from the key table: the JSON Schema and the table of docs/config.md. */
#include "config/gv_config_key.h"
#include "config/gv_config_variable.h"

#include "base/gv_mem.h"
#include <string.h>

/* --- JSON Schema ------------------------------------------------------------------------------ */

static void add_escaped(gv_text *text, const char *string)
{
    for (; *string; string++) {
        if (*string == '"' || *string == '\\')
            gv_text_add(text, "\\");
        gv_text_add_bytes(text, string, 1);
    }
}

static void add_limits(gv_text *text, const gv_config_key *key)
{
    gv_text_add(text, key->above_min ? "\"exclusiveMinimum\": " : "\"minimum\": ");
    gv_text_real(text, key->min);
    gv_text_add(text, ", \"maximum\": ");
    gv_text_real(text, key->max);
}

static void add_enum(gv_text *text, const char *const *choices)
{
    gv_text_add(text, "\"enum\": [");
    for (size_t i = 0; choices[i]; i++)
        gv_text_printf(text, "%s\"%s\"", i ? ", " : "", choices[i]);
    gv_text_add(text, "]");
}

/* A string or null member "type". */
static void add_type(gv_text *text, const gv_config_key *key, const char *type)
{
    if (key->nullable)
        gv_text_printf(text, "\"type\": [\"%s\", \"null\"]", type);
    else
        gv_text_printf(text, "\"type\": \"%s\"", type);
}

static void add_constraint(gv_text *text, const gv_config_key *key)
{
    switch (key->type) {
    case GV_KEY_STRING:
        add_type(text, key, "string");
        gv_text_add(text, ", \"minLength\": 1");
        break;
    case GV_KEY_BOOL:
        add_type(text, key, "boolean");
        break;
    case GV_KEY_UINT32:
    case GV_KEY_UINT64:
        add_type(text, key, "integer");
        gv_text_add(text, ", ");
        add_limits(text, key);
        break;
    case GV_KEY_REAL:
        add_type(text, key, "number");
        gv_text_add(text, ", ");
        add_limits(text, key);
        break;
    case GV_KEY_CHOICE:
        add_enum(text, key->choices);
        break;
    case GV_KEY_CHOICES:
        gv_text_add(text, "\"anyOf\": [{\"type\": \"array\", \"minItems\": 1, \"items\": {");
        add_enum(text, key->choices);
        gv_text_add(text, "}}, {");
        add_enum(text, key->choices);
        gv_text_add(text, "}]");
        break;
    case GV_KEY_STRINGS:
        gv_text_printf(text,
                       "\"anyOf\": [{\"type\": \"array\", \"items\": {\"type\": %s, "
                       "\"minLength\": 1}}, {\"type\": %s, \"minLength\": 1}]",
                       key->numbers ? "[\"string\", \"integer\"]" : "\"string\"",
                       key->numbers ? "[\"string\", \"integer\"]" : "\"string\"");
        break;
    case GV_KEY_LOWERCASE:
        gv_text_add(text, "\"enum\": [true, false");
        for (size_t i = 0; key->choices[i]; i++)
            gv_text_printf(text, ", \"%s\"", key->choices[i]);
        gv_text_add(text, "]");
        break;
    case GV_KEY_WEIGHTING:
        gv_text_add(text, "\"anyOf\": [{");
        add_enum(text, key->choices);
        gv_text_add(text, "}, {\"type\": \"array\", \"minItems\": 1, \"maxItems\": 1000, "
                          "\"items\": {\"type\": \"number\", ");
        add_limits(text, key);
        gv_text_add(text, "}}]");
        break;
    }
}

/* One property; `name` without its section. */
static void add_property(gv_text *text, const gv_config_key *key, const char *name,
                         const char *indent)
{
    gv_text_printf(text, "%s\"%s\": {\n%s  \"description\": \"", indent, name, indent);
    gv_text_add(text, key->experiment ? "for experiments: " : "");
    add_escaped(text, key->help);
    gv_text_add(text, key->experiments ? "; for experiments: " : "");
    add_escaped(text, key->experiments ? key->experiments : "");
    gv_text_add(text, "\"");
    gv_text_printf(text, ",\n%s  ", indent);
    add_constraint(text, key);
    if (key->fallback && !key->except[0].fallback) /* a schema's default is one for all */
        gv_text_printf(text, ",\n%s  \"default\": %s", indent, key->fallback);
    gv_text_printf(text, "\n%s}", indent);
}

int gv_config_schema(char **json, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    gv_text_add(&text, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                       "  \"title\": \"glovebox config\",\n  \"type\": \"object\",\n"
                       "  \"additionalProperties\": false,\n  \"properties\": {\n"
                       "    \"$schema\": {\"type\": \"string\"}");
    const char *section = "";
    size_t length = 0;
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        const char *dot = strchr(key->name, '.');
        size_t n = dot ? (size_t)(dot - key->name) : 0;
        bool opened = n != length || strncmp(section, key->name, n) != 0;
        if (opened) {
            gv_text_printf(&text,
                           "%s,\n    \"%.*s\": {\n      \"type\": \"object\",\n"
                           "      \"additionalProperties\": false,\n"
                           "      \"properties\": {\n",
                           length ? "\n      }\n    }" : "", (int)n, key->name);
            section = key->name;
            length = n;
        } else {
            gv_text_add(&text, ",\n");
        }
        add_property(&text, key, dot ? dot + 1 : key->name, dot ? "        " : "    ");
    }
    gv_text_add(&text, length ? "\n      }\n    }\n  }\n}\n" : "\n  }\n}\n");
    return gv_text_take(json, &text, err);
}

/* --- Markdown --------------------------------------------------------------------------------- */

static void add_readers(gv_text *text, const gv_config_key *key)
{
    static const enum gv_config_stage programs[] = {
        GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE, GV_STAGE_TRAIN, GV_STAGE_EVAL};
    const char *separator = "";
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        unsigned mask = (unsigned)programs[i];
        if (programs[i] == GV_STAGE_TRAIN)
            mask |= GV_STAGE_OUTPUT;
        if (key->reads & mask) {
            gv_text_printf(text, "%s%s", separator, gv_config_stage_name(programs[i]));
            separator = ", ";
        }
    }
}

/* The values that the key may have, as far as the list is concerned. */
static void add_values(gv_text *text, const gv_config_key *key, bool experiments)
{
    if (key->user_choices == 0) {
        gv_config_key_expected(text, key);
        return;
    }
    const char *separator = "one of ";
    for (unsigned i = 0; key->choices[i]; i++)
        if (experiments == (i >= key->user_choices)) {
            gv_text_printf(text, "%s\"%s\"", separator, key->choices[i]);
            separator = ", ";
        }
}

static void add_table(gv_text *text, bool experiments)
{
    gv_text_add(text, "| key | default | values | meaning | read by |\n|---|---|---|---|---|\n");
    for (const gv_config_key *key = gv_config_key_table; key->name; key++) {
        const char *help = gv_config_key_help(key, experiments);
        if (!help)
            continue;
        gv_text_printf(text, "| `%s` | ", key->name);
        gv_config_key_default_text(text, key, "`");
        gv_text_add(text, " | ");
        add_values(text, key, experiments);
        gv_text_printf(text, " | %s | ", help);
        add_readers(text, key);
        gv_text_add(text, " |\n");
    }
}

static void add_variables(gv_text *text)
{
    gv_text_add(text, "\n| environment variable | meaning | read by |\n|---|---|---|\n");
    for (const gv_config_variable *variable = gv_config_variable_table; variable->name; variable++)
        gv_text_printf(text, "| `%s=%s` | %s | %s |\n", variable->name, variable->value,
                       variable->help, variable->program);
}

int gv_config_markdown(char **result, gv_error *err)
{
    gv_text text = GV_TEXT_INIT;
    add_table(&text, false);
    gv_text_add(&text, "\n### For experiments\n\nThese serve comparisons and tests. Training does "
                       "not need them.\n\n");
    add_table(&text, true);
    add_variables(&text);
    return gv_text_take(result, &text, err);
}

const char *gv_config_meaning(const char *name)
{
    const gv_config_key *key = gv_config_key_find(name);
    return key ? key->help : NULL;
}
