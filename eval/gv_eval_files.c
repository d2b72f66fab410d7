#include "eval/gv_eval_files.h"

#include "base/gv_file_reader.h"
#include "base/gv_mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT ((size_t)1 << 30)

/* Walks the lines of a text in place. */
typedef struct line_reader {
    const char *path;
    char *next, *end;
    size_t number;
} line_reader;

static int read_text(char **text, line_reader *lines, const char *path, gv_error *err)
{
    size_t bytes = 0;
    int status = gv_file_reader_whole(text, &bytes, path, FILE_LIMIT, err);
    if (status != GV_OK)
        return status;
    *lines = (line_reader){.path = path, .next = *text, .end = *text + bytes};
    if (bytes >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0)
        lines->next += 3;
    return GV_OK;
}

/* The next line, NUL-terminated, without CR; NULL in `*line` at the end. */
static int next_line(char **line, line_reader *lines, gv_error *err)
{
    *line = NULL;
    if (lines->next >= lines->end)
        return GV_OK;
    char *start = lines->next;
    char *stop = memchr(start, '\n', (size_t)(lines->end - start));
    if (!stop)
        stop = lines->end; /* where gv_file_reader_whole put its NUL */
    lines->next = stop + 1;
    lines->number++;
    if (memchr(start, '\0', (size_t)(stop - start)))
        return gv_error_set(err, GV_E_CORRUPT, "%s:%zu: NUL byte: this is not a text file",
                            lines->path, lines->number);
    if (stop > start && stop[-1] == '\r')
        stop--;
    *stop = '\0';
    *line = start;
    return GV_OK;
}

/* Cut `line` at the bytes of `separators` into at most `most` fields; returns how many there are,
 * most + 1 if more. */
static size_t cut(char **field, size_t most, char *line, const char *separators)
{
    size_t n = 0;
    for (char *at = line;;) {
        at += strspn(at, separators);
        if (*at == '\0')
            return n;
        if (n == most)
            return most + 1;
        field[n++] = at;
        at += strcspn(at, separators);
        if (*at != '\0')
            *at++ = '\0';
    }
}

/* --- analogies -------------------------------------------------------------------------------- */

static int add_section(gv_eval_files_questions *file, size_t *capacity, const char *name,
                       gv_error *err)
{
    int status =
        gv_mem_reserve(&file->section, capacity, file->sections + 1, sizeof *file->section, err);
    if (status == GV_OK)
        file->section[file->sections++] = name;
    return status;
}

/* "dir/gram3-comparative.txt" -> "gram3-comparative" */
static char *name_of(const char *path, gv_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return gv_mem_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base), err);
}

static int section_name(char **name, char *line, const line_reader *lines, gv_error *err)
{
    char *start = line + 1 + strspn(line + 1, " \t");
    size_t length = strlen(start);
    while (length > 0 && strchr(" \t", start[length - 1]))
        start[--length] = '\0';
    if (length == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s:%zu: the section has no name; expected ': name'",
                            lines->path, lines->number);
    *name = start;
    return GV_OK;
}

static int question_line(gv_eval_files_questions *file, size_t *capacity, size_t *section_capacity,
                         char *line, const line_reader *lines, gv_error *err)
{
    char *field[4];
    size_t n = cut(field, 4, line, " \t");
    if (n == 0)
        return GV_OK;
    if (n != 4)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s:%zu: expected four words (a is to b as c is to d) or ': section', found "
            "%s%zu",
            lines->path, lines->number, n > 4 ? "more than " : "", n > 4 ? (size_t)4 : n);
    int status = GV_OK;
    if (file->sections == 0)
        status = add_section(file, section_capacity, file->default_name, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&file->line, capacity, file->n + 1, sizeof *file->line, err);
    if (status != GV_OK)
        return status;
    gv_eval_files_question *question = &file->line[file->n++];
    for (size_t i = 0; i < 4; i++)
        question->word[i] = field[i];
    question->section = (uint32_t)(file->sections - 1);
    return GV_OK;
}

int gv_eval_files_read_questions(gv_eval_files_questions *file, const char *path, gv_error *err)
{
    *file = (gv_eval_files_questions){0};
    line_reader lines;
    size_t capacity = 0, section_capacity = 0;
    int status = read_text(&file->text, &lines, path, err);
    if (status == GV_OK && !(file->default_name = name_of(path, err)))
        status = GV_E_MEMORY;
    while (status == GV_OK) {
        char *line, *name = NULL;
        status = next_line(&line, &lines, err);
        if (status != GV_OK || !line)
            break;
        if (line[0] == ':') {
            status = section_name(&name, line, &lines, err);
            if (status == GV_OK)
                status = add_section(file, &section_capacity, name, err);
        } else {
            status = question_line(file, &capacity, &section_capacity, line, &lines, err);
        }
    }
    if (status == GV_OK && file->n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no questions in this file", path);
    if (status != GV_OK)
        gv_eval_files_free_questions(file);
    return status;
}

void gv_eval_files_free_questions(gv_eval_files_questions *file)
{
    gv_mem_free(file->text);
    gv_mem_free(file->line);
    gv_mem_free(file->section);
    gv_mem_free(file->default_name);
    *file = (gv_eval_files_questions){0};
}

/* --- similarity ------------------------------------------------------------------------------- */

static int similarity_line(gv_eval_files_pair *out, char *line, const line_reader *lines,
                           gv_error *err)
{
    char *field[3];
    size_t n = cut(field, 3, line, strchr(line, '\t') ? "\t" : " ");
    if (n != 3)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%zu: expected 'word word score', found %s%zu fields", lines->path,
                            lines->number, n > 3 ? "more than " : "", n > 3 ? (size_t)3 : n);
    char *end;
    double score = strtod(field[2], &end);
    end += strspn(end, " ");
    if (end == field[2] || *end != '\0' || !isfinite(score))
        return gv_error_set(err, GV_E_CORRUPT, "%s:%zu: the score '%.40s' is not a number",
                            lines->path, lines->number, field[2]);
    *out = (gv_eval_files_pair){{field[0], field[1]}, score};
    return GV_OK;
}

int gv_eval_files_read_pairs(gv_eval_files_pairs *file, const char *path, gv_error *err)
{
    *file = (gv_eval_files_pairs){0};
    line_reader lines;
    size_t capacity = 0;
    int status = read_text(&file->text, &lines, path, err);
    while (status == GV_OK) {
        char *line;
        status = next_line(&line, &lines, err);
        if (status != GV_OK || !line)
            break;
        if (line[0] == '#' || line[strspn(line, " \t")] == '\0')
            continue;
        status = gv_mem_reserve(&file->line, &capacity, file->n + 1, sizeof *file->line, err);
        if (status == GV_OK)
            status = similarity_line(&file->line[file->n++], line, &lines, err);
    }
    if (status == GV_OK && file->n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no word pairs in this file", path);
    if (status != GV_OK)
        gv_eval_files_free_pairs(file);
    return status;
}

void gv_eval_files_free_pairs(gv_eval_files_pairs *file)
{
    gv_mem_free(file->text);
    gv_mem_free(file->line);
    *file = (gv_eval_files_pairs){0};
}
