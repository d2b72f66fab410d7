/*
 * gv_config_table - the table of config keys, and reading and writing one key's value.
 *
 * For the config module itself and for gv_program (help and man pages); everyone else sees the
 * parsed struct gv_config only. To add a key: a field in gv_config, a line in gv_config_table.c,
 * with `omit_default` if it decides the bytes of a file.
 * Threads: the table is constant; functions touch only their arguments.
 */
#ifndef GV_CONFIG_KEY_H
#define GV_CONFIG_KEY_H

#include "base/gv_text.h"
#include "config/gv_config.h"
#include <jansson.h>

enum gv_config_key_type {
    GV_KEY_STRING,   /* char * */
    GV_KEY_BOOL,     /* bool */
    GV_KEY_UINT32,   /* uint32_t */
    GV_KEY_UINT64,   /* uint64_t */
    GV_KEY_REAL,     /* double */
    GV_KEY_CHOICE,   /* an enum: the index in `choices` */
    GV_KEY_CHOICES,  /* unsigned: bit i for choices[i] */
    GV_KEY_STRINGS,  /* gv_strings */
    GV_KEY_WEIGHTING /* cooccur.weighting: a choice or an array of numbers */
};

/* Another default where a key of choices, which stands elsewhere in the table, has this value. */
enum { GV_KEY_EXCEPTIONS = 2 };
typedef struct gv_config_key_exception {
    const char *key, *value; /* "train.objective", "word2vec" */
    const char *fallback;    /* JSON text; NULL: there is no exception */
} gv_config_key_exception;

typedef struct gv_config_key {
    const char *name; /* "train.dim" */
    const char *help; /* one line, Markdown allowed */
    enum gv_config_key_type type;
    size_t offset;        /* of its field in gv_config */
    const char *fallback; /* the default as JSON text; NULL: computed (name) */
    double min, max;      /* of numbers; for strings in lists unused */
    bool above_min;       /* `min` itself is not allowed */
    bool nullable;        /* null is allowed: NULL, or `null_value` for numbers */
    double null_value;
    const char *const *choices;                        /* ends with NULL */
    unsigned reads;                                    /* stages that look at it */
    unsigned decides;                                  /* stages whose output bytes depend on it */
    gv_config_key_exception except[GV_KEY_EXCEPTIONS]; /* when the default is another one */
    unsigned objectives; /* counts only with these train.objective, as bits; 0: with any */
    bool omit_default;   /* recipes state it only where it is not at its default: for keys
                                   that were added when there were files without them */
    bool experiment;     /* for comparisons only; listed after the users' keys */
    unsigned
        user_choices; /* so many of `choices` are for users, the rest for comparisons; 0: all */
    const char *experiments; /* help for that rest, else NULL */
} gv_config_key;

/* An environment variable for tests and experiments. */
typedef struct gv_config_variable {
    const char *name, *value; /* "GLOVEBOX_TEST_X", "N" */
    const char *program;      /* the program that reads it, without "glove-" */
    const char *help;         /* one line */
} gv_config_variable;

/* Did jansson fail for want of memory? It then sets the code or says nothing at all. */
static inline bool gv_config_key_out_of_memory(const json_error_t *error)
{
    return error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory;
}

/* All keys, sections together; ends with an entry whose name is NULL. */
extern const gv_config_key gv_config_keys[];

/* Ends with an entry whose name is NULL. */
extern const gv_config_variable gv_config_variables[];

/* A key's line in the list of the users' keys, or in the list for experiments; NULL where it does not
 * belong. A key with choices of both kinds is in both lists. */
const char *gv_config_key_help(const gv_config_key *key, bool experiments);

/* Number of keys; the key of that full name, or NULL. */
size_t gv_config_key_count(void);
const gv_config_key *gv_config_key_find(const char *name);
/* The key that `name` (unknown) was probably meant to be, or NULL. */
const char *gv_config_key_suggest(const char *name);

/* The key's default in a config whose other keys are as given; NULL: computed (name). */
const char *gv_config_key_default(const gv_config *config, const gv_config_key *key);
/* Append the default, with its exception, as people read it; `quote` goes around each value. */
void gv_config_key_default_text(gv_text *text, const gv_config_key *key, const char *quote);

/* Put a JSON value into the key's field, freeing what was there. GV_E_USAGE "train.dim must be an
 * integer from 1 to 4096, not 0" leaves the field as it was. */
int gv_config_key_set(gv_config *config, const gv_config_key *key, const json_t *value,
                      gv_error *err);
/* Append the field's value as one-line JSON. */
void gv_config_key_text(gv_text *text, const gv_config *config, const gv_config_key *key);
/* Append what values are allowed: "an integer from 1 to 4096". */
void gv_config_key_expected(gv_text *text, const gv_config_key *key);

/* Does the config's train.objective make use of the key? */
bool gv_config_key_counts(const gv_config *config, const gv_config_key *key);

/* Does the key have its default value? False for a key without one (name). Running out of memory is
 * the only error. */
int gv_config_key_is_default(bool *is_default, const gv_config *config, const gv_config_key *key,
                             gv_error *err);

/* Line and column (from 1, in characters) of the key at the dotted path `path` in the JSON text;
 * false if it is not there. The text must be valid JSON. */
bool gv_config_key_where(const char *text, size_t bytes, const char *path, size_t *line,
                         size_t *column);

#endif
