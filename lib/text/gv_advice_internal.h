/*
 * gv_advice_internal - the tests of gv_advice that look at the form of a text. Private to
 * gv_advice.c and gv_advice_form.c.
 *
 * Threads: as gv_advice.h.
 */
#ifndef GV_ADVICE_INTERNAL_H
#define GV_ADVICE_INTERNAL_H

#include "text/gv_advice.h"
#include <stdbool.h>

/* Is the text JSON, full of markup, a table? Then write the advice and return true. */
bool gv_advice_on_json(char *to, const gv_advice_corpus *corpus);
bool gv_advice_on_markup(char *to, const gv_advice_corpus *corpus);
bool gv_advice_on_table(char *to, const gv_advice_corpus *corpus);

#endif
