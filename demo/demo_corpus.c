/*
 * demo_corpus - write the corpus of `make demo` and the questions that belong to it.
 *
 *   demo-corpus GRAMMAR FACTS_DIR TOKENS SEED CORPUS_OUT QUESTIONS_OUT
 *
 * Sentences are drawn from a grammar over tables of facts (demo/grammar.txt explains its lines):
 * first a table by weight, then one of its sentence forms, then a row. The same arguments always
 * give the same bytes. Everything lives in memory: the tables are a few KiB.
 */
#include "base/gv_file.h"
#include "base/gv_file_reader.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 16, MAX_ROWS = 512, MAX_FORMS = 64, MAX_TABLES = 32, MAX_WORD = 64 };
enum { QUESTIONS_PER_SECTION = 400 };

typedef struct table {
    char name[MAX_WORD];
    unsigned weight;
    size_t columns, rows, forms;
    char column[MAX_COLUMNS][MAX_WORD];
    char cell[MAX_ROWS][MAX_COLUMNS][MAX_WORD];
    char *form[MAX_FORMS];
} table;

typedef struct demo {
    size_t tables;
    table *table[MAX_TABLES];
    uint64_t total_weight, total_cells;
    const char *facts_dir;
    gv_file_writer *questions;
    gv_rng rng;
} demo;

static int column_of(const table *t, const char *name, size_t length)
{
    for (size_t i = 0; i < t->columns; i++)
        if (strlen(t->column[i]) == length && memcmp(t->column[i], name, length) == 0)
            return (int)i;
    return -1;
}

static table *find_table(const demo *d, const char *name)
{
    for (size_t i = 0; i < d->tables; i++)
        if (strcmp(d->table[i]->name, name) == 0)
            return d->table[i];
    return NULL;
}

/* Split a tab-separated line into cells; returns their number. */
static size_t split_cells(char (*cells)[MAX_WORD], const char *line)
{
    size_t n = 0;
    while (n < MAX_COLUMNS) {
        size_t length = strcspn(line, "\t");
        snprintf(cells[n++], MAX_WORD, "%.*s", (int)length, line);
        if (line[length] == '\0')
            break;
        line += length + 1;
    }
    return n;
}

/* Columns of one name (object, object) become object1, object2. */
static void number_columns(table *t)
{
    for (size_t i = 0; i < t->columns; i++) {
        char original[MAX_WORD];
        memcpy(original, t->column[i], MAX_WORD);
        unsigned number = 1;
        for (size_t j = i + 1; j < t->columns; j++)
            if (strcmp(t->column[j], original) == 0)
                snprintf(t->column[j], MAX_WORD, "%.50s%u", original, ++number);
        if (number > 1)
            snprintf(t->column[i], MAX_WORD, "%.50s1", original);
    }
}

/* Takes one line of a file; `path` is for its messages. */
typedef int line_fn(void *context, const char *path, char *line, gv_error *err);

static int each_line(const char *path, line_fn *work, void *context, gv_error *err)
{
    gv_file_reader *in = NULL;
    char *line;
    size_t length;
    int status = gv_file_reader_open(&in, path, err);
    while (status == GV_OK && (status = gv_file_reader_line(in, &line, &length, err)) == GV_OK &&
           line)
        status = work(context, path, line, err);
    gv_file_reader_close(in);
    return status;
}

static int take_fact(void *context, const char *path, char *line, gv_error *err)
{
    table *t = context;
    if (strncmp(line, "# ", 2) == 0) {
        t->columns = split_cells(t->column, line + 2);
        number_columns(t);
    } else if (t->rows < MAX_ROWS && split_cells(t->cell[t->rows], line) == t->columns) {
        t->rows++;
    } else {
        return gv_error_set(err, GV_E_CORRUPT, "%s: a row with the wrong number of columns: %s",
                            path, line);
    }
    return GV_OK;
}

static int add_table(demo *d, const char *arguments, gv_error *err)
{
    char file[MAX_WORD];
    table *t = gv_mem_alloc_zero(1, sizeof *t, err);
    if (!t)
        return GV_E_MEMORY;
    if (d->tables == MAX_TABLES ||
        sscanf(arguments, "%63s %63s %u", t->name, file, &t->weight) != 3) {
        gv_mem_free(t);
        return gv_error_set(err, GV_E_CORRUPT, "grammar: bad table line: %s", arguments);
    }
    d->table[d->tables++] = t;
    d->total_weight += t->weight;
    char *path = gv_file_path_join(d->facts_dir, file, err);
    int status = path ? each_line(path, take_fact, t, err) : GV_E_MEMORY;
    d->total_cells += t->rows * t->columns;
    gv_mem_free(path);
    return status;
}

static int add_form(demo *d, const char *arguments, gv_error *err)
{
    char name[MAX_WORD];
    int begin = 0;
    table *t = NULL;
    if (sscanf(arguments, "%63s %n", name, &begin) == 1)
        t = find_table(d, name);
    if (!t || t->forms == MAX_FORMS)
        return gv_error_set(err, GV_E_CORRUPT, "grammar: bad say line: %s", arguments);
    t->form[t->forms] = gv_mem_strdup(arguments + begin, err);
    return t->form[t->forms++] ? GV_OK : GV_E_MEMORY;
}

/* All ordered pairs of rows, thinned out evenly to QUESTIONS_PER_SECTION. */
static int write_questions(demo *d, const char *arguments, gv_error *err)
{
    char name[MAX_WORD], from[MAX_WORD], to[MAX_WORD], section[MAX_WORD];
    if (sscanf(arguments, "%63s %63s %63s %63s", name, from, to, section) != 4)
        return gv_error_set(err, GV_E_CORRUPT, "grammar: bad ask line: %s", arguments);
    table *t = find_table(d, name);
    int a = t ? column_of(t, from, strlen(from)) : -1, b = t ? column_of(t, to, strlen(to)) : -1;
    if (a < 0 || b < 0)
        return gv_error_set(err, GV_E_CORRUPT, "grammar: unknown table or column: ask %s",
                            arguments);
    int status = gv_file_writer_printf(d->questions, err, ": %s\n", section);
    size_t pairs = t->rows * t->rows, step = pairs / QUESTIONS_PER_SECTION + 1;
    /* a step that shares no factor with the row count visits rows evenly */
    while (step > 1 && t->rows % step == 0)
        step++;
    for (size_t p = 1; p < pairs && status == GV_OK; p += step) {
        size_t i = p / t->rows, j = p % t->rows;
        if (i != j)
            status = gv_file_writer_printf(d->questions, err, "%s %s %s %s\n", t->cell[i][a],
                                           t->cell[i][b], t->cell[j][a], t->cell[j][b]);
    }
    return status;
}

static int take_rule(void *context, const char *path, char *line, gv_error *err)
{
    demo *d = context;
    if (strncmp(line, "table ", 6) == 0)
        return add_table(d, line + 6, err);
    if (strncmp(line, "say ", 4) == 0)
        return add_form(d, line + 4, err);
    if (strncmp(line, "ask ", 4) == 0)
        return write_questions(d, line + 4, err);
    if (line[0] != '#' && line[0] != '\0')
        return gv_error_set(err, GV_E_CORRUPT, "%s: unknown line: %s", path, line);
    return GV_OK;
}

/* A word from anywhere in the tables, each cell equally likely. */
static const char *any_word(demo *d)
{
    uint64_t ticket = gv_rng_below(&d->rng, d->total_cells);
    size_t i = 0;
    while (ticket >= d->table[i]->rows * d->table[i]->columns) {
        ticket -= d->table[i]->rows * d->table[i]->columns;
        i++;
    }
    return d->table[i]->cell[ticket / d->table[i]->columns][ticket % d->table[i]->columns];
}

/* Write the text of a {slot}: `slot` is its inside, of `length` bytes. */
static int write_slot(demo *d, gv_file_writer *out, const table *t, size_t row, size_t other,
                      const char *slot, size_t length, gv_error *err)
{
    if (length == 3 && memcmp(slot, "any", 3) == 0) {
        const char *any = any_word(d);
        return gv_file_writer_write(out, any, strlen(any), err);
    }
    if (length > 6 && memcmp(slot, "other:", 6) == 0) {
        slot += 6;
        length -= 6;
        row = other;
    }
    int column = column_of(t, slot, length);
    if (column < 0)
        return gv_error_set(err, GV_E_CORRUPT, "grammar: table %s has no column %.*s", t->name,
                            (int)length, slot);
    const char *word = t->cell[row][column];
    return gv_file_writer_write(out, word, strlen(word), err);
}

static int write_sentence(demo *d, gv_file_writer *out, const table *t, uint64_t *tokens,
                          gv_error *err)
{
    const char *form = t->form[gv_rng_below(&d->rng, t->forms)];
    size_t row = gv_rng_below(&d->rng, t->rows), other = gv_rng_below(&d->rng, t->rows);
    int status = GV_OK;
    while (*form && status == GV_OK) {
        size_t plain = strcspn(form, "{");
        status = gv_file_writer_write(out, form, plain, err);
        for (size_t i = 0; i < plain; i++)
            *tokens += form[i] == ' ';
        form += plain;
        if (*form == '{' && status == GV_OK) {
            size_t length = strcspn(form, "}");
            status = write_slot(d, out, t, row, other, form + 1, length - 1, err);
            form += length + (form[length] == '}');
        }
    }
    *tokens += 1;
    return status == GV_OK ? gv_file_writer_write(out, "\n", 1, err) : status;
}

static const table *draw_table(demo *d)
{
    uint64_t ticket = gv_rng_below(&d->rng, d->total_weight);
    size_t i = 0;
    while (ticket >= d->table[i]->weight)
        ticket -= d->table[i++]->weight;
    return d->table[i];
}

static int write_corpus(demo *d, const char *path, uint64_t wanted, gv_error *err)
{
    gv_file_writer *out = NULL;
    uint64_t tokens = 0;
    int status = gv_file_writer_open(&out, path, err);
    while (status == GV_OK && tokens < wanted)
        status = write_sentence(d, out, draw_table(d), &tokens, err);
    if (status == GV_OK)
        return gv_file_writer_commit(&out, err);
    gv_file_writer_abort(&out);
    return status;
}

static void demo_clear(demo *d)
{
    gv_file_writer_abort(&d->questions);
    for (size_t i = 0; i < d->tables; i++) {
        for (size_t j = 0; j < d->table[i]->forms; j++)
            gv_mem_free(d->table[i]->form[j]);
        gv_mem_free(d->table[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr,
                "usage: demo-corpus GRAMMAR FACTS_DIR TOKENS SEED CORPUS_OUT QUESTIONS_OUT\n");
        return 2;
    }
    gv_error err = GV_ERROR_INIT;
    demo d = {.facts_dir = argv[2]};
    gv_rng_seed(&d.rng, strtoull(argv[4], NULL, 10), GV_RNG_DEMO, 0);
    int status = gv_file_writer_open(&d.questions, argv[6], &err);
    if (status == GV_OK)
        status = each_line(argv[1], take_rule, &d, &err);
    if (status == GV_OK && d.total_weight == 0)
        status = gv_error_set(&err, GV_E_CORRUPT, "%s: no tables", argv[1]);
    if (status == GV_OK)
        status = write_corpus(&d, argv[5], strtoull(argv[3], NULL, 10), &err);
    if (status == GV_OK)
        status = gv_file_writer_commit(&d.questions, &err);
    if (status != GV_OK)
        fprintf(stderr, "demo-corpus: error: %s\n", err.text);
    demo_clear(&d);
    return gv_error_exit_code(status, 0);
}
