/* gv_eval_output - the results as JSON for programs and as tables for people. */
#include "base/gv_mem.h"
#include "eval/gv_eval.h"
#include "app/gv_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A number, or null when it is undefined. */
static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *section_json(const gv_eval_section *section)
{
    return json_pack("{s:o, s:I, s:I, s:I}", "name", gv_print_json(section->name), "correct",
                     (json_int_t)section->correct, "answered", (json_int_t)section->answered,
                     "total", (json_int_t)section->total);
}

static json_t *analogies_json(const gv_eval_analogies *file)
{
    const gv_eval_section *all = &file->all;
    json_t *sections = json_array();
    for (size_t i = 0; i < file->sections; i++)
        if (json_array_append_new(sections, section_json(&file->section[i])) != 0) {
            json_decref(sections);
            return NULL;
        }
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:o}", "file", gv_print_json(file->file), "accuracy",
        number_or_null(gv_eval_accuracy(all->correct, all->answered)), "accuracy_mul",
        number_or_null(gv_eval_accuracy(all->correct_mul, all->answered)), "answered",
        (json_int_t)all->answered, "total", (json_int_t)all->total, "sections", sections);
}

static json_t *similarity_json(const gv_eval_similarity *file)
{
    return json_pack("{s:o, s:o, s:I, s:I}", "file", gv_print_json(file->file), "spearman",
                     number_or_null(file->spearman), "pairs", (json_int_t)file->pairs, "missing",
                     (json_int_t)file->missing);
}

static int no_json(gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "out of memory for the JSON of the scores");
}

int gv_eval_json(json_t **json, const gv_eval_result *result, gv_error *err)
{
    json_t *analogies = json_array(), *similarity = json_array();
    int bad = !analogies || !similarity;
    for (size_t i = 0; i < result->analogies && !bad; i++)
        bad = json_array_append_new(analogies, analogies_json(&result->analogy[i])) != 0;
    for (size_t i = 0; i < result->similarities && !bad; i++)
        bad = json_array_append_new(similarity, similarity_json(&result->similarity[i])) != 0;
    *json = bad ? NULL : json_pack("{s:O, s:O}", "analogies", analogies, "similarity", similarity);
    json_decref(analogies);
    json_decref(similarity);
    return *json ? GV_OK : no_json(err);
}

int gv_eval_scores(json_t **json, const gv_eval_result *result, gv_error *err)
{
    int status = gv_eval_json(json, result, err);
    json_t *file;
    size_t i;
    if (status != GV_OK)
        return status;
    json_array_foreach(json_object_get(*json, "analogies"), i, file)
        json_object_del(file, "sections");
    return GV_OK;
}

/* --- tables -------------------------------------------------------------------------------------
 */

static void table_line(FILE *out, size_t width, const gv_eval_section *section, const char *name)
{
    double add = gv_eval_accuracy(section->correct, section->answered);
    double mul = gv_eval_accuracy(section->correct_mul, section->answered);
    gv_print_pad(out, name, width);
    fprintf(out, " %8lu %8lu %8lu", (unsigned long)section->correct,
            (unsigned long)section->answered, (unsigned long)section->total);
    if (isfinite(add))
        fprintf(out, " %8.2f %% %8.2f %%\n", add, mul);
    else
        fprintf(out, "        -          -\n");
}

static void add_to(gv_eval_section *sum, const gv_eval_section *section)
{
    sum->correct += section->correct;
    sum->correct_mul += section->correct_mul;
    sum->answered += section->answered;
    sum->total += section->total;
}

static void analogies_table(FILE *out, const gv_eval_analogies *file)
{
    gv_eval_section syntactic = {0}, semantic = {0};
    size_t width = strlen("syntactic"), syntactic_sections = 0;
    for (size_t i = 0; i < file->sections; i++) {
        size_t columns = gv_print_width(file->section[i].name);
        width = columns > width ? columns : width;
    }
    fprintf(out, "analogies: %s\n", file->file);
    gv_print_pad(out, "section", width);
    fprintf(out, " %8s %8s %8s %10s %10s\n", "correct", "answered", "total", "3CosAdd", "3CosMul");
    for (size_t i = 0; i < file->sections; i++) {
        const gv_eval_section *section = &file->section[i];
        const int is_syntactic = strncmp(section->name, "gram", 4) == 0;
        syntactic_sections += (size_t)is_syntactic;
        add_to(is_syntactic ? &syntactic : &semantic, section);
        table_line(out, width, section, section->name);
    }
    if (syntactic_sections > 0 && syntactic_sections < file->sections) {
        table_line(out, width, &semantic, "semantic");
        table_line(out, width, &syntactic, "syntactic");
    }
    if (file->sections > 1)
        table_line(out, width, &file->all, "all");
    fputc('\n', out);
}

static void similarity_table(FILE *out, const gv_eval_result *result)
{
    size_t width = strlen("similarity");
    for (size_t i = 0; i < result->similarities; i++) {
        size_t columns = gv_print_width(result->similarity[i].file);
        width = columns > width ? columns : width;
    }
    gv_print_pad(out, "similarity", width);
    fprintf(out, " %8s %8s %10s\n", "pairs", "missing", "Spearman");
    for (size_t i = 0; i < result->similarities; i++) {
        const gv_eval_similarity *file = &result->similarity[i];
        gv_print_pad(out, file->file, width);
        fprintf(out, " %8lu %8lu", (unsigned long)file->pairs, (unsigned long)file->missing);
        if (isfinite(file->spearman))
            fprintf(out, " %10.4f\n", file->spearman);
        else
            fprintf(out, " %10s\n", "-");
    }
}

int gv_eval_table(char **text, const gv_eval_result *result, gv_error *err)
{
    gv_print_buffer buffer;
    int status = gv_print_open(&buffer, err);
    *text = NULL;
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < result->analogies; i++)
        analogies_table(buffer.stream, &result->analogy[i]);
    if (result->similarities > 0)
        similarity_table(buffer.stream, result);
    return gv_print_close(text, &buffer, err);
}
