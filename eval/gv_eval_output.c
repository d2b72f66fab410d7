/* gv_eval_output - the results as JSON for programs and as tables for people. */
#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "eval/gv_eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void write_sections(gv_json_writer *w, const gv_eval_analogies *file)
{
    gv_json_open_array(w, "sections");
    for (size_t i = 0; i < file->sections; i++) {
        const gv_eval_section *section = &file->section[i];
        gv_json_open_object(w, NULL);
        gv_json_set_text(w, "name", section->name);
        gv_json_set_uint(w, "correct", section->correct);
        gv_json_set_uint(w, "answered", section->answered);
        gv_json_set_uint(w, "total", section->total);
        gv_json_close(w);
    }
    gv_json_close(w);
}

static void write_analogies(gv_json_writer *w, const gv_eval_analogies *file, bool sections)
{
    const gv_eval_section *all = &file->all;
    gv_json_open_object(w, NULL);
    gv_json_set_text(w, "file", file->file);
    gv_json_set_real(w, "accuracy", gv_eval_accuracy(all->correct, all->answered));
    gv_json_set_real(w, "accuracy_mul", gv_eval_accuracy(all->correct_mul, all->answered));
    gv_json_set_uint(w, "answered", all->answered);
    gv_json_set_uint(w, "total", all->total);
    if (sections)
        write_sections(w, file);
    gv_json_close(w);
}

static void write_similarity(gv_json_writer *w, const gv_eval_similarity *file)
{
    gv_json_open_object(w, NULL);
    gv_json_set_text(w, "file", file->file);
    gv_json_set_real(w, "spearman", file->spearman);
    gv_json_set_uint(w, "pairs", file->pairs);
    gv_json_set_uint(w, "missing", file->missing);
    gv_json_close(w);
}

static gv_json_writer write_result(const gv_eval_result *result, bool sections)
{
    gv_json_writer w = gv_json_begin();
    gv_json_open_array(&w, "analogies");
    for (size_t i = 0; i < result->analogies; i++)
        write_analogies(&w, &result->analogy[i], sections);
    gv_json_close(&w);
    gv_json_open_array(&w, "similarity");
    for (size_t i = 0; i < result->similarities; i++)
        write_similarity(&w, &result->similarity[i]);
    gv_json_close(&w);
    return w;
}

int gv_eval_json(char **json, const gv_eval_result *result, gv_error *err)
{
    enum { INDENT = 2, DIGITS = 10 };
    char *text = NULL;
    gv_json_writer w = write_result(result, true);
    int status = gv_json_write(&text, &w, INDENT, DIGITS, err);
    *json = status == GV_OK ? gv_mem_format(err, "%s\n", text) : NULL;
    gv_mem_free(text);
    return status == GV_OK && !*json ? GV_E_MEMORY : status;
}

gv_json_writer gv_eval_scores(const gv_eval_result *result)
{
    return write_result(result, false);
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
