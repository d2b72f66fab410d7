#include "convert/gv_made_words.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include <string.h>

int gv_made_words_beside(char **path, const char *counts, gv_error *err)
{
    const char *slash = strrchr(counts, '/'), *dot = strrchr(counts, '.');
    const size_t dir = slash ? (size_t)(slash + 1 - counts) : 0;
    const size_t stem = dot && dot > counts + dir ? (size_t)(dot - counts) : strlen(counts);
    gv_file_stat look;
    *path = gv_mem_format(err, "%.*s." GV_FILE_VOCAB, (int)stem, counts);
    int status = *path ? gv_file_look(&look, *path, err) : GV_E_MEMORY;
    if (status != GV_OK || look.exists)
        return status;
    gv_mem_free(*path);
    *path = gv_mem_format(err, "%.*s" GV_FILE_VOCAB, (int)dir, counts);
    return *path ? GV_OK : GV_E_MEMORY;
}

static int done(gv_run *run, const gv_made_words *made, gv_error *err)
{
    char *recipe = NULL, *path = gv_run_path(run, GV_FILE_VOCAB, err);
    int status = path ? gv_config_recipe(&recipe, run->config, GV_STAGE_VOCAB, err) : GV_E_MEMORY;
    if (status == GV_OK) {
        const gv_strings outputs = {1, &path};
        gv_json_writer fields = gv_json_begin();
        gv_json_set_text(&fields, "tool", made->tool);
        gv_json_set_value(&fields, made->member, made->description);
        gv_json_set_uint(&fields, "words", gv_vocab_size(made->vocab));
        gv_json_set_uint(&fields, "tokens", gv_vocab_total(made->vocab));
        gv_json_set_uint(&fields, "covered_tokens", gv_vocab_total(made->vocab));
        status = gv_run_done(run, recipe, made->inputs, &outputs, &fields, err);
    }
    gv_mem_free(recipe);
    gv_mem_free(path);
    return status;
}

int gv_made_words_stamp(const gv_made_words *made, const gv_run_options *options, gv_error *err)
{
    gv_run *run = NULL;
    gv_run_options vocab = *options;
    vocab.stage = GV_STAGE_VOCAB;
    int status = gv_run_open(&run, &vocab, err);
    if (status == GV_OK) {
        status = done(run, made, err);
        gv_run_end(run, status);
    }
    gv_run_close(run);
    return status;
}
