#include "convert/gv_merge_input.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "convert/gv_made_words.h"
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { DIGITS = 15 };

/* --- PATH:WEIGHT ------------------------------------------------------------------------------ */

static int take_weight(gv_merge_input *input, const char *operand, gv_error *err)
{
    gv_file_stat look;
    const char *colon = strrchr(operand, ':');
    int status = gv_file_look(&look, operand, err);
    if (status != GV_OK)
        return status;
    if (look.exists || !colon || colon == operand)
        colon = operand + strlen(operand);
    input->name = gv_mem_strndup(operand, (size_t)(colon - operand), err);
    input->weight_text = gv_mem_strdup(*colon ? colon + 1 : "1", err);
    if (!input->name || !input->weight_text)
        return GV_E_MEMORY;
    if (!gv_fraction_parse(&input->weight, input->weight_text))
        return gv_error_set(err, GV_E_USAGE,
                            "%s: the weight after the last colon must be a number of at most 18 "
                            "digits such as 2, -1, 2.5 or 1/3, not \"%s\"",
                            operand, input->weight_text);
    if (input->weight.numerator == 0)
        return gv_error_set(err, GV_E_USAGE, "%s: the weight 0 leaves it out; leave out the name",
                            operand);
    return GV_OK;
}

/* --- files ------------------------------------------------------------------------------------ */

static int find_files(gv_merge_input *input, gv_error *err)
{
    struct stat info;
    if (stat(input->name, &info) != 0)
        return gv_error_set_errno(err, "%s", input->name);
    if (!S_ISDIR(info.st_mode)) {
        input->counts_path = gv_mem_strdup(input->name, err);
        return input->counts_path
                   ? gv_made_words_beside(&input->vocab_path, input->counts_path, err)
                   : GV_E_MEMORY;
    }
    input->dir = gv_mem_strdup(input->name, err);
    input->counts_path = gv_file_path_join(input->name, GV_FILE_COUNTS, err);
    input->vocab_path = gv_file_path_join(input->name, GV_FILE_VOCAB, err);
    return input->dir && input->counts_path && input->vocab_path ? GV_OK : GV_E_MEMORY;
}

static int open_files(gv_merge_input *input, gv_error *err)
{
    int status = gv_counts_open(&input->counts, input->counts_path, err);
    if (status == GV_OK)
        status = gv_vocab_read(&input->vocab, input->vocab_path, 1, err);
    if (status != GV_OK)
        return status;
    const gv_counts_info *info = gv_counts_about(input->counts);
    if (info->vocab_size != gv_vocab_size(input->vocab) ||
        !gv_hash_equal(info->vocab_hash, gv_vocab_hash(input->vocab)))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is not the vocabulary that %s was counted with; put that one there",
                            input->vocab_path, input->counts_path);
    status = gv_json_parse(&input->recipe, info->recipe, strlen(info->recipe), err);
    if (status != GV_OK)
        gv_error_prefix(err, "%s: its recipe", input->counts_path);
    return status;
}

int gv_merge_input_open(gv_merge_input *input, const char *operand, gv_error *err)
{
    *input = (gv_merge_input){0};
    int status = take_weight(input, operand, err);
    if (status == GV_OK)
        status = find_files(input, err);
    return status == GV_OK ? open_files(input, err) : status;
}

void gv_merge_input_clear(gv_merge_input *input)
{
    gv_counts_close(input->counts);
    gv_vocab_free(input->vocab);
    gv_json_free(input->recipe);
    gv_mem_free(input->name);
    gv_mem_free(input->weight_text);
    gv_mem_free(input->dir);
    gv_mem_free(input->counts_path);
    gv_mem_free(input->vocab_path);
    *input = (gv_merge_input){0};
}

/* --- do they fit together? -------------------------------------------------------------------- */

/* A value of a recipe as text; a recipe leaves out what is at its default. Caller frees. */
static int value_text(char **text, const gv_json *value, gv_error *err)
{
    if (value)
        return gv_json_print(text, value, GV_JSON_ONE_LINE, DIGITS, err);
    *text = gv_mem_strdup("the default", err);
    return *text ? GV_OK : GV_E_MEMORY;
}

/* The values of a key differ: an error if the counts `must` agree in it, else a note. */
static int tell_difference(const gv_merge_input *first, const gv_merge_input *other,
                           const char *key, bool must, gv_progress *progress, gv_error *err)
{
    char *a = NULL, *b = NULL;
    int status = value_text(&a, gv_json_get(first->recipe, key), err);
    if (status == GV_OK)
        status = value_text(&b, gv_json_get(other->recipe, key), err);
    if (status == GV_OK && must)
        status = gv_error_set(err, GV_E_USAGE,
                              "%s was counted with %s = %s, but %s with %s: such counts cannot be "
                              "added up; count one of them again",
                              first->name, key, a, other->name, b);
    else if (status == GV_OK)
        gv_progress_note(progress, "note: %s was counted with %s = %s, %s with %s", first->name,
                         key, a, other->name, b);
    gv_mem_free(a);
    gv_mem_free(b);
    return status;
}

int gv_merge_input_check_alike(const gv_merge_input *first, const gv_merge_input *other,
                               gv_progress *progress, gv_error *err)
{
    static const struct {
        const char *key;
        bool must;
    } keys[] = {{"cooccur.window", true},    {"cooccur.symmetric", true},
                {"cooccur.weighting", true}, {"cooccur.sample", false},
                {"corpus.tokenizer", false}, {"corpus.spaces", false},
                {"corpus.lowercase", false}, {"corpus.documents", false},
                {"corpus.binary", false},    {"vocab.phrases", false}};
    int status = GV_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == GV_OK; i++) {
        const gv_json *x = gv_json_get(first->recipe, keys[i].key);
        const gv_json *y = gv_json_get(other->recipe, keys[i].key);
        if ((x || y) && !gv_json_equal(x, y))
            status = tell_difference(first, other, keys[i].key, keys[i].must, progress, err);
    }
    const gv_counts_info *a = gv_counts_about(first->counts), *b = gv_counts_about(other->counts);
    if (status == GV_OK && a->symmetric != b->symmetric)
        status = gv_error_set(err, GV_E_USAGE, "%s is symmetric, %s is not", first->name,
                              a->symmetric ? other->name : first->name);
    if (status == GV_OK && a->window > 0 && b->window > 0 && a->window != b->window)
        status =
            gv_error_set(err, GV_E_USAGE,
                         "%s was counted with cooccur.window = %" PRIu32 ", but %s with %" PRIu32,
                         first->name, a->window, other->name, b->window);
    return status;
}
