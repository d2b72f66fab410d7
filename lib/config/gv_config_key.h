/*
 * gv_config_key - the table of config keys, and reading and writing one key's value.
 *
 * For lib/config and for gv_program (help and man pages); all other code uses struct gv_config. To
 * add a key: a field in gv_config.h and a line in gv_config_table.c, with `omit_default` if it
 * decides the bytes of a file.
 *
 * Threads: the table is constant; functions touch only their arguments.
 */
#ifndef GV_CONFIG_KEY_H
#define GV_CONFIG_KEY_H

#include "base/gv_text.h"
#include "config/gv_config.h"
#include "config/gv_jansson.h"

enum gv_config_key_type {
    GV_KEY_STRING,    /* char * */
    GV_KEY_BOOL,      /* bool */
    GV_KEY_UINT32,    /* uint32_t */
    GV_KEY_UINT64,    /* uint64_t */
    GV_KEY_REAL,      /* double */
    GV_KEY_CHOICE,    /* an enum: the index in `choices` */
    GV_KEY_CHOICES,   /* unsigned: bit i for choices[i] */
    GV_KEY_STRINGS,   /* gv_strings */
    GV_KEY_LOWERCASE, /* corpus.lowercase: false, true (the first choice), or a choice; its enum
                         begins with false */
    GV_KEY_WEIGHTING  /* cooccur.weighting: a choice or an array of numbers */
};

/* Another default, for when another key, one of choices, has a certain value. */
enum { GV_KEY_EXCEPTIONS = 2 };
typedef struct gv_config_key_exception {
    const char *key, *value; /* the other key: "train.objective", "word2vec" */
    const char *fallback;    /* the default then, as JSON text; NULL: no exception */
} gv_config_key_exception;

/* Another key that must have one of these values, or without values not be at its default. */
typedef struct gv_config_key_need {
    const char *key;       /* NULL: none */
    const char *values[2]; /* of choices; NULL: no more */
    bool unset;            /* or that must be at its default */
} gv_config_key_need;

typedef struct gv_config_key {
    const char *name; /* "train.dim" */
    const char *help; /* one line, Markdown allowed */
    enum gv_config_key_type type;
    size_t offset;        /* of its field in gv_config */
    const char *fallback; /* the default as JSON text; NULL: computed (name) */
    double min, max;      /* of numbers, and of each number in a list */
    bool above_min;       /* the value must be above `min` */
    bool numbers;         /* in lists of strings, whole numbers are taken as strings */
    bool nullable;        /* null is allowed; it means NULL, or `null_value` */
    double null_value;
    const char *const *choices; /* ends with NULL */
    unsigned reads;             /* the stages that read it */
    unsigned decides;           /* the stages whose output bytes depend on it */
    unsigned decides_phrases;   /* and those for which this is so only where phrases are joined */
    /* Of the machine, not of the result: threads, memory, folders. A --set of it is not kept in
     * config.json. */
    bool machine;
    gv_config_key_exception except[GV_KEY_EXCEPTIONS]; /* other defaults */
    gv_config_key_need needs; /* what else must be set for it to have an effect */
    unsigned objectives;      /* the train.objective values that use it, as bits; 0: all */
    bool omit_default;        /* recipes state it only where it is not at its default: for keys
                                   that were added when there were files without them */
    /* With omit_default: what files without the key were made with, where that is no longer the
     * default. NULL: the default. Recipes then leave the key out at this value instead. */
    const char *before;
    bool experiment;       /* for comparisons only; listed after the users' keys */
    unsigned user_choices; /* number of `choices` for users; the rest are for comparisons; 0: all */
    const char *experiments; /* help for that rest, else NULL */
} gv_config_key;

enum { GV_KEY_MOST = 128 }; /* keys that the table may have */

/* All keys, sections together; ends with an entry whose name is NULL. */
extern const gv_config_key gv_config_key_table[];

/* A key's line in the list of the users' keys, or in the list for experiments; NULL where it does
 * not belong. A key with choices of both kinds is in both lists. */
const char *gv_config_key_help(const gv_config_key *key, bool experiments);

/* How many keys there are; the key of that full name, or NULL. */
size_t gv_config_key_count(void);
const gv_config_key *gv_config_key_find(const char *name);

enum { GV_KEY_SUGGESTION = 256 }; /* bytes of a suggestion's text */

/*
 * What the user of an unknown key or option `name` probably means: "; did you mean \"train.dim\"?",
 * or another sentence that begins with "; "; empty if nothing is near. `format` shows a key
 * ("\"%s\""). Keys that the stages in the mask `stages` read come first. With `sure`, only
 * where the name is a key's own or one that another program has for it, not one that is similar.
 * Returns whether there is a suggestion.
 */
bool gv_config_key_suggest(char text[GV_KEY_SUGGESTION], const char *name, const char *format,
                           unsigned stages, bool sure);
/* Likewise for a value of a key with choices. */
bool gv_config_key_suggest_choice(char text[GV_KEY_SUGGESTION], const gv_config_key *key,
                                  const char *value);
/* Likewise for the name of a section, the first part of a key. */
bool gv_config_key_suggest_section(char text[GV_KEY_SUGGESTION], const char *name);

/* GV_E_USAGE: there is no key of this name; with a suggestion, which `value` (may be NULL) helps to
 * find. */
int gv_config_key_unknown(const char *name, const json_t *value, gv_error *err);

/* The value that files which do not state the key were made with, as JSON text. Static. */
const char *gv_config_key_unstated(const gv_config *config, const gv_config_key *key);

/* The key's default as JSON text, given the other keys of `config`; NULL if it is computed (name).
 * Static. */
const char *gv_config_key_default(const gv_config *config, const gv_config_key *key);
/* Append the default and its exceptions as text for people; `quote` goes around each value. */
void gv_config_key_default_text(gv_text *text, const gv_config_key *key, const char *quote);

/* Put a JSON value into the key's field and free what was there. A value that is not allowed is
 * GV_E_USAGE "train.dim must be an integer from 1 to 4096, not 0" and leaves the field as it
 * was. */
GV_MUST_USE int gv_config_key_set(gv_config *config, const gv_config_key *key, const json_t *value,
                                  gv_error *err);
/* The value that a command line gives the key: JSON, or else a bare string. A key that holds text
 * takes a scalar such as 2024 or true as text. New reference; NULL after an error. */
GV_MUST_USE int gv_config_key_parse(json_t **value, const gv_config_key *key, const char *text,
                                    gv_error *err);
/* Append the key's value as JSON on one line. */
void gv_config_key_text(gv_text *text, const gv_config *config, const gv_config_key *key);
/* The same as it is in a recipe, which must not change from version to version: where it was true
 * when that meant folding, it still is. */
void gv_config_key_recipe_text(gv_text *text, const gv_config *config, const gv_config_key *key);
/* Put the JSON value of a recipe into the key's field, as gv_config_key_set. */
GV_MUST_USE int gv_config_key_recipe_set(gv_config *config, const gv_config_key *key,
                                         const json_t *value, gv_error *err);
/* Append which values are allowed: "an integer from 1 to 4096". */
void gv_config_key_expected(gv_text *text, const gv_config_key *key);

/* Does the config's train.objective use the key? */
bool gv_config_key_counts(const gv_config *config, const gv_config_key *key);
/* Is the need of the key (gv_config_key.needs) met? The only error is GV_E_MEMORY. */
GV_MUST_USE int gv_config_key_needs_met(bool *met, const gv_config *config,
                                        const gv_config_key *key, gv_error *err);

/* Does the key have its default value? False for a key without a default (name). The only error is
 * GV_E_MEMORY. */
GV_MUST_USE int gv_config_key_is_default(bool *is_default, const gv_config *config,
                                         const gv_config_key *key, gv_error *err);

/* Find the key at the dotted path `path` in the JSON text, which must be valid: its line and
 * column, counted in characters from 1. False if it is not there. */
bool gv_config_key_where(const char *text, size_t bytes, const char *path, size_t *line,
                         size_t *column);

#endif
