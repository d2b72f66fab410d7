/*
 * gv_config_variable - the table of environment variables for tests and experiments, for the help
 * and the man pages. The code that a variable is for reads it itself.
 *
 * Threads: the table is constant.
 */
#ifndef GV_CONFIG_VARIABLE_H
#define GV_CONFIG_VARIABLE_H

/* An environment variable for tests and experiments. */
typedef struct gv_config_variable {
    const char *name, *value; /* "GLOVEBOX_TEST_X", "N" */
    const char *program;      /* the program that reads it, without "glove-" */
    const char *help;         /* one line */
} gv_config_variable;

/* Ends with an entry whose name is NULL. */
extern const gv_config_variable gv_config_variable_table[];

#endif
