/* gv_test_html - what must hold of every page that glove-report writes. */
#ifndef GV_TEST_HTML_H
#define GV_TEST_HTML_H

#include "support/gv_test.h"
#include <ctype.h>
#include <string.h>

/* Every tag that is opened is closed in order; attributes hold no '<' or '>'. */
static inline void gv_test_html_nesting(const char *html)
{
    static const char *const empty[] = {"meta", "polyline", "!DOCTYPE", "br", "wbr", "input", NULL};
    char open[64][16];
    size_t depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at, '<')) {
        const char *end = strchr(at, '>');
        cr_assert(end && !memchr(at + 1, '<', (size_t)(end - at - 1)), "a bare '<': %.60s", at);
        const size_t closing = at[1] == '/';
        char name[16] = "";
        for (size_t i = 0;
             i < 15 && (isalnum((unsigned char)at[1 + closing + i]) || at[1 + closing + i] == '!');
             i++)
            name[i] = at[1 + closing + i];
        int is_empty = 0;
        for (size_t i = 0; empty[i]; i++)
            is_empty |= strcmp(empty[i], name) == 0;
        if (closing) {
            cr_assert_gt(depth, 0);
            cr_assert_str_eq(open[depth - 1], name, "</%s> closes <%s> at %.80s", name,
                             open[depth - 1], at);
            depth--;
        } else if (!is_empty && end[-1] != '/') {
            cr_assert_lt(depth, 64);
            memcpy(open[depth++], name, sizeof name);
        }
        if (!closing && (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)) {
            end = strstr(end, gv_test_format("</%s>", name)); /* all before it is text */
            cr_assert_not_null(end, "<%s> is not closed", name);
        }
        at = end;
    }
    cr_assert_eq(depth, 0, "<%s> is not closed", depth ? open[depth - 1] : "");
}

static inline void gv_test_html_self_contained(const char *html)
{
    static const char *const outside[] = {"http:", "https:", "src=", "url(", "@import", "<link"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_assert_null(strstr(html, outside[i]), "the page holds %s", outside[i]);
    cr_assert_not_null(strstr(html, "Content-Security-Policy\" content=\"default-src 'none';"));
}

#endif
