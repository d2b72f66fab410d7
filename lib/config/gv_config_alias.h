/*
 * gv_config_alias - the names that other programs have for what config keys set: GloVe's C
 * programs, word2vec.c, gensim, fastText, scikit-learn. For suggestions only: a config must use the
 * names of the key table.
 *
 * Threads: the tables are constant.
 */
#ifndef GV_CONFIG_ALIAS_H
#define GV_CONFIG_ALIAS_H

enum { GV_CONFIG_ALIAS_KEYS = 2 };

/* A name elsewhere, in lower case with _ for -; "section.name" holds in that section only. */
typedef struct gv_config_alias {
    const char *name;
    const char *keys[GV_CONFIG_ALIAS_KEYS]; /* what it may mean, the likeliest first; NULL: none */
    const char *advice;                     /* where it is no key: a sentence to show instead */
} gv_config_alias;

/* Ends with an entry whose name is NULL. */
extern const gv_config_alias gv_config_alias_table[];

/* A value elsewhere for one of a key's choices. */
typedef struct gv_config_alias_value {
    const char *key, *name; /* "train.objective", "skipgram" */
    const char *choice;     /* the choice that it means */
    const char *also;       /* a setting that goes with it, or NULL */
} gv_config_alias_value;

/* Ends with an entry whose key is NULL. */
extern const gv_config_alias_value gv_config_alias_values[];

#endif
