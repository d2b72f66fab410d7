#include "convert/gv_align_inputs.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include <string.h>

static int is_same_file(bool *same, const char *a, const char *b, gv_error *err)
{
    gv_file_stat first = {0}, second = {0};
    int status = gv_file_look(&first, a, err);
    if (status == GV_OK)
        status = gv_file_look(&second, b, err);
    *same = status == GV_OK && first.exists && second.exists && first.device == second.device &&
            first.inode == second.inode;
    return status;
}

/* The folder of a path; caller frees. */
static char *folder_of(const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/');
    return slash ? gv_mem_strndup(path, slash == path ? 1 : (size_t)(slash - path), err)
                 : gv_mem_strdup(".", err);
}

static int is_input(const char *output, gv_error *err)
{
    return gv_error_set(err, GV_E_USAGE,
                        "%s is an input; align writes to another file and keeps its inputs",
                        output);
}

/* Would the file `output` take the place of an input, or of a file of an input's run? */
static int check_file(const gv_words_given *in, const char *output, gv_error *err)
{
    const char *slash = strrchr(output, '/'), *name = slash ? slash + 1 : output;
    char *folder = folder_of(output, err), *in_folder = folder_of(in->vectors, err);
    char *metadata = in_folder ? gv_file_path_join(in_folder, "metadata.tsv", err) : NULL;
    const struct {
        const char *path;
        bool is_input;
    } inputs[] = {{in->vectors, strcmp(in->vectors, "-") != 0},
                  {metadata, strlen(in->vectors) > 4 &&
                                 strcmp(in->vectors + strlen(in->vectors) - 4, ".tsv") == 0}};
    int status = folder && metadata ? GV_OK : GV_E_MEMORY;
    bool same = false;
    for (size_t i = 0; i < 2 && status == GV_OK && !same; i++)
        if (inputs[i].is_input)
            status = is_same_file(&same, output, inputs[i].path, err);
    if (status == GV_OK && same)
        status = is_input(output, err);
    if (status == GV_OK && in->is_dir && gv_run_names_is_output(name)) {
        status = is_same_file(&same, folder, in->given, err);
        if (status == GV_OK && same)
            status = gv_error_set(err, GV_E_USAGE,
                                  "%s is the name of a file of the run %s, which align keeps as it "
                                  "is; choose another name",
                                  output, in->given);
    }
    gv_mem_free(folder);
    gv_mem_free(in_folder);
    gv_mem_free(metadata);
    return status;
}

static int guard_file(const gv_align_inputs *in, const char *output, gv_error *err)
{
    bool same = false;
    int status = in->anchors ? is_same_file(&same, output, in->anchors, err) : GV_OK;
    if (status == GV_OK && same)
        status = is_input(output, err);
    if (status == GV_OK)
        status = check_file(&in->base_given, output, err);
    return status == GV_OK ? check_file(&in->other_given, output, err) : status;
}

int gv_align_inputs_guard(const gv_align_inputs *in, const char *output, bool is_table,
                          gv_error *err)
{
    int status = guard_file(in, output, err);
    if (status != GV_OK || !is_table)
        return status;
    char *folder = folder_of(output, err);
    char *metadata = folder ? gv_file_path_join(folder, "metadata.tsv", err) : NULL;
    status = metadata ? guard_file(in, metadata, err) : GV_E_MEMORY;
    gv_mem_free(folder);
    gv_mem_free(metadata);
    return status;
}

int gv_align_inputs_find(gv_align_inputs *in, const char *base, const char *other, gv_error *err)
{
    if (strcmp(base, "-") == 0 && strcmp(other, "-") == 0)
        return gv_error_set(err, GV_E_USAGE, "only one of BASE and OTHER can be standard input");
    int status = gv_words_given_find(&in->base_given, base, err);
    return status == GV_OK ? gv_words_given_find(&in->other_given, other, err) : status;
}

int gv_align_inputs_read(gv_align_inputs *in, gv_error *err)
{
    int status = gv_words_given_read(&in->base, &in->base_given, err);
    if (status == GV_OK)
        status = gv_words_given_read(&in->other, &in->other_given, err);
    if (status == GV_OK && in->base->dim != in->other->dim)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "%s has vectors of %zu numbers, but %s of %zu; only vectors of the "
                              "same dimension can be aligned: train one of them again",
                              in->base_given.vectors, in->base->dim, in->other_given.vectors,
                              in->other->dim);
    return status;
}

void gv_align_inputs_clear(gv_align_inputs *in)
{
    gv_vectors_free(in->base);
    gv_vectors_free(in->other);
    gv_words_given_clear(&in->base_given);
    gv_words_given_clear(&in->other_given);
    *in = (gv_align_inputs){0};
}
