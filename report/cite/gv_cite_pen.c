#include "report/cite/gv_cite_pen.h"

#include "base/gv_mem.h"
#include "base/gv_show.h"
#include <stdarg.h>
#include <string.h>

const char *const gv_cite_pen_formats[] = {"markdown", "latex", "text", "bibtex", NULL};

/* What a byte is in LaTeX, if it is not itself. */
static const char *latex_of(char byte, char next)
{
    static const char *const escapes[][2] = {{"\\", "\\textbackslash{}"},
                                             {"{", "\\{"},
                                             {"}", "\\}"},
                                             {"$", "\\$"},
                                             {"&", "\\&"},
                                             {"#", "\\#"},
                                             {"_", "\\_"},
                                             {"%", "\\%"},
                                             {"~", "\\textasciitilde{}"},
                                             {"^", "\\textasciicircum{}"},
                                             {"<", "\\textless{}"},
                                             {">", "\\textgreater{}"},
                                             {"|", "\\textbar{}"},
                                             {"\"", "{\\char34}"},
                                             {"`", "\\textasciigrave{}"}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i][0][0] == byte)
            return escapes[i][1];
    if (byte == '-' && next == '-') /* two would become a dash */
        return "-{}";
    return NULL;
}

/* Write text that people read; `code`: inside Markdown's back quotes, where only tables need
 * care. */
static void put(gv_cite_pen *pen, const char *text, bool code)
{
    while (*text) {
        char shown[GV_SHOW_CHARACTER];
        gv_show_character(shown, &text);
        for (const char *p = shown; *p; p++) {
            const char *latex =
                pen->format == GV_CITE_PEN_LATEX ? latex_of(*p, p[1] ? p[1] : *text) : NULL;
            if (latex)
                fputs(latex, pen->out);
            else if (pen->format == GV_CITE_PEN_MARKDOWN && strchr(code ? "|" : "\\`*_[]<>#|", *p))
                fprintf(pen->out, "\\%c", *p);
            else
                fputc(*p, pen->out);
        }
    }
}

void gv_cite_pen_say(gv_cite_pen *pen, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    if (pen->format == GV_CITE_PEN_BIBTEX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put(pen, text, false);
}

/* Back quotes: one more than the longest row of them inside. */
static void put_markdown_code(gv_cite_pen *pen, const char *text)
{
    size_t longest = 0, row = 0;
    for (const char *p = text; *p; p++) {
        row = *p == '`' ? row + 1 : 0;
        longest = row > longest ? row : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        fputc('`', pen->out);
    if (longest > 0 || !*text)
        fputc(' ', pen->out);
    put(pen, text, true);
    if (longest > 0)
        fputc(' ', pen->out);
    for (size_t i = 0; i <= longest; i++)
        fputc('`', pen->out);
}

void gv_cite_pen_code(gv_cite_pen *pen, const char *text)
{
    switch (pen->format) {
    case GV_CITE_PEN_MARKDOWN:
        put_markdown_code(pen, text);
        break;
    case GV_CITE_PEN_LATEX:
        fputs("\\texttt{", pen->out);
        put(pen, text, true);
        fputs("}", pen->out);
        break;
    case GV_CITE_PEN_TEXT:
        put(pen, text, true);
        break;
    case GV_CITE_PEN_BIBTEX:
        break;
    }
}

void gv_cite_pen_cite(gv_cite_pen *pen, enum gv_cite_papers_id paper)
{
    const gv_cite_papers *cited = &gv_cite_papers_table[paper];
    pen->used[paper] = true;
    if (pen->format == GV_CITE_PEN_LATEX)
        fprintf(pen->out, "~\\cite{%s}", cited->key);
    else if (pen->format != GV_CITE_PEN_BIBTEX)
        fprintf(pen->out, " (%s)", cited->named);
}

void gv_cite_pen_heading(gv_cite_pen *pen, const char *title)
{
    switch (pen->format) {
    case GV_CITE_PEN_MARKDOWN:
        fprintf(pen->out, "## %s\n\n", title);
        break;
    case GV_CITE_PEN_LATEX:
        fprintf(pen->out, "\\paragraph{%s.}\n", title);
        break;
    case GV_CITE_PEN_TEXT:
        fprintf(pen->out, "%s\n\n", title);
        break;
    case GV_CITE_PEN_BIBTEX:
        break;
    }
}

void gv_cite_pen_end_paragraph(gv_cite_pen *pen)
{
    if (pen->format != GV_CITE_PEN_BIBTEX)
        fputs("\n\n", pen->out);
}

/* --- tables ----------------------------------------------------------------------------------- */

void gv_cite_pen_begin_table(gv_cite_pen *pen, const char *const *titles, size_t columns)
{
    if (pen->format == GV_CITE_PEN_BIBTEX)
        return;
    if (pen->format == GV_CITE_PEN_LATEX)
        fprintf(pen->out, "\\begin{tabular}{%.*s}\n\\hline\n", (int)columns, "llllllll");
    for (size_t i = 0; i < columns; i++) {
        gv_cite_pen_begin_cell(pen, i);
        put(pen, titles[i], false);
    }
    gv_cite_pen_end_row(pen);
    if (pen->format == GV_CITE_PEN_LATEX)
        fputs("\\hline\n", pen->out);
    for (size_t i = 0; i < columns && pen->format == GV_CITE_PEN_MARKDOWN; i++)
        fputs(i + 1 < columns ? "|---" : "|---|\n", pen->out);
}

void gv_cite_pen_begin_cell(gv_cite_pen *pen, size_t column)
{
    static const char *const first[] = {"| ", "", "", ""};
    static const char *const others[] = {" | ", " & ", "\t", ""};
    fputs(column == 0 ? first[pen->format] : others[pen->format], pen->out);
}

void gv_cite_pen_end_row(gv_cite_pen *pen)
{
    static const char *const ends[] = {" |\n", " \\\\\n", "\n", ""};
    fputs(ends[pen->format], pen->out);
}

void gv_cite_pen_end_table(gv_cite_pen *pen)
{
    static const char *const ends[] = {"\n", "\\hline\n\\end{tabular}\n\n", "\n", ""};
    fputs(ends[pen->format], pen->out);
}

/* --- papers ----------------------------------------------------------------------------------- */

/* In LaTeX as comments, to be copied into the .bib file. */
static void put_entry(gv_cite_pen *pen, const char *entry)
{
    while (*entry) {
        const size_t n = strcspn(entry, "\n");
        fprintf(pen->out, "%s%.*s\n", pen->format == GV_CITE_PEN_LATEX ? "% " : "", (int)n, entry);
        entry += n + (entry[n] == '\n');
    }
}

void gv_cite_pen_papers(gv_cite_pen *pen)
{
    if (pen->format == GV_CITE_PEN_MARKDOWN)
        fputs("## References\n\n```bibtex\n", pen->out);
    else if (pen->format == GV_CITE_PEN_LATEX)
        fputs("% For the .bib file:\n", pen->out);
    else if (pen->format == GV_CITE_PEN_TEXT)
        fputs("References\n\n", pen->out);
    for (size_t i = 0; i < GV_CITE_PAPERS; i++)
        if (pen->used[i])
            put_entry(pen, gv_cite_papers_table[i].bibtex);
    if (pen->format == GV_CITE_PEN_MARKDOWN)
        fputs("```\n", pen->out);
}
