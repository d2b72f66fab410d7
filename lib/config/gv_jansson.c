#include "config/gv_jansson.h"

#include "base/gv_library_mem.h"
#include "base/gv_malloc.h"
#include "base/gv_text.h"
#include <stdbool.h>

/* Before main: whoever uses jansson first, its memory is ours. */
__attribute__((constructor)) static void give_memory(void)
{
    if (gv_malloc_is_ours())
        json_set_alloc_funcs(gv_library_mem_alloc, gv_library_mem_free);
}

static int out_of_memory(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for JSON");
}

int gv_jansson_load(json_t **value, const char *text, size_t bytes, size_t flags,
                    json_error_t *where, gv_error *err)
{
    json_error_t own = {.line = 0};
    json_error_t *why = where ? where : &own;
    const unsigned before = gv_library_mem_failures();
    *value = json_loadb(text, bytes, flags, why);
    bool failed = gv_library_mem_failures() != before;
    /* it sets this code, or no text at all */
    if (!*value)
        failed |= why->text[0] == '\0' || json_error_code(why) == json_error_out_of_memory;
    if (!failed)
        return GV_OK;
    json_decref(*value);
    *value = NULL;
    return out_of_memory(err);
}

static int append(const char *bytes, size_t n, void *context)
{
    gv_text *text = context;
    gv_text_add_bytes(text, bytes, n);
    return text->failed ? -1 : 0;
}

int gv_jansson_dump(char **text, const json_t *value, size_t flags, gv_error *err)
{
    gv_text written = GV_TEXT_INIT;
    const unsigned before = gv_library_mem_failures();
    *text = NULL;
    const bool failed = json_dump_callback(value, append, &written, flags) != 0;
    if (failed || gv_library_mem_failures() != before) {
        gv_text_drop(&written);
        return out_of_memory(err);
    }
    return gv_text_take(text, &written, err);
}
