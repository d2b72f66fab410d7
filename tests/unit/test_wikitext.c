/* MediaWiki's mark-up, and what is left of it. */
#include "base/gv_clock.h"
#include "support/gv_test.h"
#include "text/gv_wikitext.h"
#include <string.h>

static gv_wikitext_names names;

static const char *strip(const char *text, size_t n, size_t *length)
{
    gv_error err = GV_ERROR_INIT;
    gv_wikitext *w = NULL;
    const char *prose;
    gv_assert_ok(gv_wikitext_new(&w, &names, &err), err);
    gv_assert_ok(gv_wikitext_strip(w, text, n, &prose, length, &err), err);
    cr_assert_leq(*length, n);
    char *copy = gv_test_keep(malloc(*length + 1));
    memcpy(copy, prose, *length);
    copy[*length] = '\0';
    gv_wikitext_free(w);
    return copy;
}

static void expect(const char *text, const char *prose)
{
    size_t length;
    const char *found = strip(text, strlen(text), &length);
    cr_assert_str_eq(found, prose, "%s: \"%s\"", text, found);
}

Test(wikitext, templates_and_tables)
{
    expect("a {{b|c={{d}}}} e", "a  e");
    expect("a{{b}}c", "a c");
    expect("a{{b}}.", "a.");
    expect("{{{1|x}}}y {{{{{1}}}}}z", "y z");
    expect("a\n{| class=\"x\"\n|-\n| b || {{c|d}}\n{|\n| e\n|}\n|}\nf", "a\n\nf");
    expect("{{a|\n| b = {{c}}\n|}}d", "d");
    expect("a } b } c { d", "a } b } c { d");
}

Test(wikitext, links)
{
    expect("[[a]] [[b|c]] [[d]]s [[:de:e|f]] [[#g|h]]", "a c ds f h");
    expect("[[File:a.jpg|thumb|the [[b|caption]] of {{c}} it]]d", "d");
    expect("[[Category:a]][[de:Frosch]][[zh-min-nan:x]]b [[Bild:c.png]]", "b ");
    expect("[[Dune: Part Two]] [[2001: A Space Odyssey|2001]]", "Dune: Part Two 2001");
    expect("[http://a.org/x the label] [https://b.org] http://c.org/d?e=f g", "the label   g");
    expect("[[a|[b]]] [c] ]] d", "[b] [c]  d");
    expect("[[a\n\nb]] c [[d]]", "a\n\nb c d");
    expect("a [[", "a ");
}

Test(wikitext, lines)
{
    expect("== A b ==\n* c\n#: d\n----\n;e:f\n''g'' '''h''' '''''i''''' don't",
           "A b\nc\nd\n\ne:f\ng h i don't");
    expect("__TOC__ __a__ b__NOTOC__", " __a__ b");
    /* an elided article before italics */
    expect("dans l'''Odyss\xc3\xa9"
           "e'' de ''Hom\xc3\xa8re''\nL'''Iliade'' a",
           "dans l'Odyss\xc3\xa9"
           "e de Hom\xc3\xa8re\nL'Iliade a");
    expect("nell'''Odissea'' di '''Omero'''\n'''a''' l''b''", "nell'Odissea di Omero\na lb");
    expect("di '''x''' nell'''Odissea'' l'''a '''b", "di x nellOdissea l'a b");
}

Test(wikitext, tags_and_entities)
{
    expect("a<ref name=\"x\">b {{c}}</ref> d<ref name=x /> e<br>f <b>g</b>h", "a d e f gh");
    expect("a<!-- b\n -->c <!-- d", "a c <!-- d");
    expect("x<sub>2</sub> a < b <3 c<d>e</d>", "x2 a < b <3 ce");
    expect("<math>\\frac{a}{b}</math> <nowiki>[[a]] {{b}}</nowiki> <gallery>\nc\n</gallery>",
           " [[a]] {{b}} ");
    expect("a&nbsp;b &amp;lt; &eacute;&#8211;&#x1F600; AT&T &foo; &#xD800;",
           "a b &lt; \xc3\xa9\xe2\x80\x93\xf0\x9f\x98\x80 AT&T &foo; &#xD800;");
}

/* What is never closed costs no more time than what is. */
Test(wikitext, linear_in_the_length, .timeout = 60)
{
    static const char *const units[] = {
        "{{", "[[a|", "{|\n", "<ref>", "<!--", "[http://a ", "<nowiki>",  "'''", "{{{a|",
        "[[", "<a",   "]]",   "}}",    "&",    "<",          "[[a|{{b]]", "\n|}"};
    enum { BYTES = 1 << 20 };
    char *text = gv_test_keep(malloc(BYTES));
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t n = strlen(units[u]), length;
        for (size_t i = 0; i < BYTES; i++)
            text[i] = units[u][i % n];
        double start = gv_clock_cpu_seconds();
        (void)strip(text, BYTES, &length);
        cr_assert_lt(gv_clock_cpu_seconds() - start, 3.0, "%s", units[u]);
    }
}
