/*
 * The file is read leniently and row by row, so that damaged lines are listed instead of ending the
 * check; every row is tested for each kind of problem.
 */
#include "convert/gv_check.h"

#include "app/gv_print.h"
#include "base/gv_mem.h"
#include "convert/gv_convert_format.h"
#include "convert/gv_findings.h"
#include "text/gv_space.h"
#include "vectors/gv_vectors.h"
#include <inttypes.h>
#include <string.h>

enum { EXAMPLES = 5 };

/* Rows of one kind. */
typedef struct matches {
    uint64_t n;
    struct {
        char word[GV_SPACE_SHOWN];
        uint64_t line, row;
    } example[EXAMPLES]; /* the first of them */
} matches;

typedef struct check {
    gv_problem_list *list; /* NULL: none is wanted */
    matches found[GV_FINDINGS_KINDS];
    float *first; /* [dim] the numbers of the first row */
    bool *varies; /* [dim] is the column another number in some row? */
    size_t dim;
} check;

/* --- rows ------------------------------------------------------------------------------------- */

static int take_first(check *c, const gv_vectors_row *row, gv_error *err)
{
    c->dim = row->dim;
    c->first = gv_mem_alloc(row->dim, sizeof *c->first, err);
    c->varies = gv_mem_alloc_zero(row->dim, sizeof *c->varies, err);
    if (!c->first || !c->varies)
        return GV_E_MEMORY;
    memcpy(c->first, row->values, row->dim * sizeof *c->first);
    return GV_OK;
}

static int count(check *c, enum gv_findings_kind kind, const gv_vectors_row *row, gv_error *err)
{
    matches *found = &c->found[kind];
    const gv_findings_about *about = gv_findings_describe(kind);
    const gv_problem_list_item item = {.line = row->line,
                                       .row = row->line ? 0 : row->number,
                                       .kind = about->name,
                                       .what = about->row,
                                       .word = row->word,
                                       .done = "found"};
    if (found->n < EXAMPLES) {
        gv_space_show(found->example[found->n].word, row->word, row->length);
        found->example[found->n].line = row->line;
        found->example[found->n].row = row->number;
    }
    found->n++;
    return c->list ? gv_problem_list_add(c->list, &item, err) : GV_OK;
}

/* A row of gv_vectors_sink. */
static int take_row(void *context, const gv_vectors_row *row, gv_error *err)
{
    check *c = context;
    int status = c->first ? GV_OK : take_first(c, row, err);
    for (size_t k = 0; status == GV_OK && k < row->dim; k++)
        c->varies[k] |= row->values[k] != c->first[k];
    const unsigned kinds = gv_findings_of(row);
    for (unsigned kind = 0; kind < GV_FINDINGS_KINDS && status == GV_OK; kind++)
        if (kinds & 1u << kind)
            status = count(c, (enum gv_findings_kind)kind, row, err);
    return status;
}

/* A problem of gv_vectors_sink. */
static int take_problem(void *context, const gv_vectors_problem *problem, gv_error *err)
{
    check *c = context;
    return c->list ? gv_problem_list_add_fault(c->list, problem, "found", err) : GV_OK;
}

/* --- the report ------------------------------------------------------------------------------- */

/* Returns the number of rows. */
static uint64_t report_rows(FILE *out, const matches *found, const gv_findings_about *about)
{
    if (found->n == 0)
        return 0;
    fprintf(out, "  %s: %" PRIu64 ":", about->rows, found->n);
    for (size_t i = 0; i < EXAMPLES && i < found->n; i++)
        fprintf(out, "%s %s (%s %" PRIu64 ")", i ? "," : "", found->example[i].word,
                found->example[i].line ? "line" : "row",
                found->example[i].line ? found->example[i].line : found->example[i].row);
    fprintf(out, "%s; %s\n", found->n > EXAMPLES ? ", ..." : "", about->remedy);
    return found->n;
}

/* Columns with the same number in every row: training gives none, a wrong dimension may. Returns
 * their number. */
static uint64_t report_columns(FILE *out, const gv_vectors *vectors, const check *c)
{
    uint64_t n = 0;
    size_t example = 0;
    for (size_t k = 0; vectors->rows > 2 && k < c->dim; k++) {
        if (!c->varies[k] && n++ == 0)
            example = k;
    }
    if (n)
        fprintf(out,
                "  numbers that are the same in every row: %" PRIu64
                ": number %zu is always %g; do they belong to the vectors?\n",
                n, example + 1, (double)c->first[example]);
    return n;
}

/* How the bytes of a text file are laid out. Returns how many remarks there were. */
static uint64_t report_layout(FILE *out, const gv_vectors *vectors)
{
    if (vectors->mark)
        fprintf(out, "  begins with a byte order mark, which other programs take for a part of the "
                     "first word; glove-convert FILE FILE removes it\n");
    if (vectors->cr_lines)
        fprintf(out,
                "  lines that end in CR: %" PRIu64
                "; other programs may take it for a part of the last number; glove-convert FILE "
                "FILE removes it\n",
                vectors->cr_lines);
    return (uint64_t)vectors->mark + (vectors->cr_lines > 0);
}

/* Print everything; returns how much was found. */
static uint64_t report(FILE *out, const gv_vectors *vectors, const check *c)
{
    if (vectors->note) {
        fputs("  ", out);
        gv_print_pad(out, vectors->note, 0);
        fputc('\n', out);
    }
    if (vectors->rows == 0)
        fprintf(out, "  contains no vectors; obtain the file again\n");
    uint64_t found = (uint64_t)(vectors->rows == 0) + (vectors->note != NULL);
    found += report_layout(out, vectors);
    for (unsigned kind = 0; kind < GV_FINDINGS_KINDS; kind++)
        found +=
            report_rows(out, &c->found[kind], gv_findings_describe((enum gv_findings_kind)kind));
    return found + report_columns(out, vectors, c);
}

/* For how many reasons the check fails. */
static uint64_t count_problems(const gv_vectors *vectors, const check *c)
{
    uint64_t problems = vectors->skipped + vectors->header_wrong + (vectors->rows == 0);
    for (unsigned kind = 0; kind < GV_FINDINGS_KINDS; kind++)
        problems +=
            gv_findings_describe((enum gv_findings_kind)kind)->problem ? c->found[kind].n : 0;
    return problems;
}

static int print(const char *path, const gv_vectors *vectors, const check *c, FILE *out,
                 gv_error *err)
{
    gv_print_pad(out, path, 0);
    fprintf(out, ": %s%s, %zu vectors of %zu numbers\n", gv_convert_format_name(vectors->format),
            vectors->header ? " with a header line" : "", vectors->rows, vectors->dim);
    if (report(out, vectors, c) == 0)
        fprintf(out, "  no problem found\n");
    if (fflush(out) != 0 || ferror(out))
        return gv_error_set_errno(err, "cannot write the results of the check");
    return GV_OK;
}

int gv_check_vectors(const char *path, const gv_convert_options *options, FILE *out, gv_error *err)
{
    gv_problem_list list = {.out = out, .file = path, .json = options->json};
    check c = {.list = options->list || options->json ? &list : NULL};
    const gv_vectors_sink sink = {.context = &c, .row = take_row, .problem = take_problem};
    const gv_vectors_options lenient = {.limit = options->limit,
                                        .format = options->from,
                                        .skip_damaged = true,
                                        .short_note = true,
                                        .words_path = options->words,
                                        .sink = &sink};
    gv_vectors *vectors = NULL;
    int status = c.list ? gv_problem_list_begin(&list, err) : GV_OK;
    if (status == GV_OK) {
        status = gv_vectors_read_with(&vectors, path, &lenient, err);
        if (c.list)
            status = gv_problem_list_finish(
                c.list, &(gv_problem_list_end){.vectors = vectors, .done = "found"}, status, err);
    }
    if (status == GV_OK && !c.list)
        status = print(path, vectors, &c, out, err);
    const uint64_t problems = status == GV_OK ? count_problems(vectors, &c) : 0;
    gv_vectors_free(vectors);
    gv_mem_free(c.first);
    gv_mem_free(c.varies);
    if (problems)
        return gv_error_set(err, GV_E_CORRUPT, "%s: %" PRIu64 " problem%s (see above)", path,
                            problems, problems == 1 ? "" : "s");
    return status;
}
