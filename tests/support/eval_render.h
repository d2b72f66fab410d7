/* eval_render - the text of eval.json, or the tables, of a result of glove-eval. */
#ifndef EVAL_RENDER_H
#define EVAL_RENDER_H

#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include "support/gv_test.h"
#include <string.h>

/* `write`: gv_eval_text or gv_eval_table. The text lives until the test ends. */
static inline const char *eval_render(const gv_eval_result *result,
                                      int (*write)(char **text, const gv_json *json, gv_error *err))
{
    gv_error err = GV_ERROR_INIT;
    gv_json *json;
    char *text;
    gv_assert_ok(gv_eval_json(&json, result, &err), err);
    gv_assert_ok(write(&text, json, &err), err);
    gv_json_free(json);
    const char *copy = gv_test_keep(strdup(text));
    gv_mem_free(text);
    return copy;
}

#endif
