#include "compat/gv_compat_stdin.h"

#include "compat/gv_compat_program.h"
#include <inttypes.h>
#include <string.h>

int gv_compat_stdin_config(gv_config **config, gv_error *err)
{
    /* The reference reads any bytes. */
    static char files[] = "corpus.files=[\"-\"]", bytes[] = "corpus.binary=accept";
    const gv_strings sets = {2, (char *[]){files, bytes}};
    return gv_config_load(config, NULL, &sets, "compat", err);
}

void gv_compat_stdin_cut_error(gv_error *err)
{
    static const char *const hints[] = {", or name the file in corpus.files", " (see corpus.",
                                        "corpus.files is \"-\", but "};
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        char *hint = strstr(err->text, hints[i]);
        if (hint && hint == err->text)
            memmove(hint, hint + strlen(hints[i]), strlen(hint + strlen(hints[i])) + 1);
        else if (hint)
            *hint = '\0';
    }
}

void gv_compat_stdin_report(const gv_corpus_stats *stats, bool verbose)
{
    const struct {
        uint64_t n;
        const char *what;
    } found[] = {
        {stats->invalid_utf8, "ill-formed UTF-8 sequences, each read as U+FFFD"},
        {stats->overlong, "words of more than 999 bytes, cut there"},
        {stats->nul_bytes, "NUL bytes, read as blanks"},
        {stats->lone_returns, "carriage returns without a newline, read as ends of lines"},
    };
    for (size_t i = 0; verbose && i < sizeof found / sizeof found[0]; i++)
        if (found[i].n > 0)
            gv_compat_program_say("Found %" PRIu64 " %s.\n", found[i].n, found[i].what);
}
