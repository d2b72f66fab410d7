/* What the corpus was like, for metrics and for people: one table lists the fields for both,
 * and for adding statistics up. */
#include "text/gv_corpus_stats.h"
#include "text/gv_icu.h"
#include <inttypes.h>
#include <stddef.h>

/* A field of gv_corpus_stats; `note` is printed when it is not 0. */
typedef struct stat_field {
    const char *name;
    size_t offset;
    const char *one, *many, *note;
} stat_field;

#define FIELD(name) #name, offsetof(gv_corpus_stats, name)

static const stat_field fields[] = {
    {FIELD(bytes), NULL, NULL, NULL},
    {FIELD(tokens), NULL, NULL, NULL},
    {FIELD(documents), NULL, NULL, NULL},
    {FIELD(invalid_utf8), "invalid UTF-8 sequence", "invalid UTF-8 sequences",
     "replaced by U+FFFD"},
    {FIELD(overlong), "token", "tokens", "longer than 999 bytes cut"},
    {FIELD(nul_bytes), "NUL byte", "NUL bytes", "treated as white space"},
    {FIELD(carriage_returns), "carriage return", "carriage returns", "dropped"},
    {FIELD(lone_returns), "carriage return", "carriage returns",
     "without a newline behind taken as ends of lines"},
    {FIELD(other_spaces), NULL, NULL, NULL},
    {FIELD(unk_tokens), "literal <unk>", "literal <unk>", "dropped (the name is reserved)"},
    {FIELD(byte_order_marks), "byte order mark", "byte order marks", "dropped"},
    {FIELD(members), "file", "files", "read from archives"},
    {FIELD(members_unmatched), "file", "files",
     "in archives left out: hidden, or no match for corpus.pattern"},
    {FIELD(members_textless), "file", "files", "in archives left out: images and the like"},
    {FIELD(records_read), "record", "records", "read as documents"},
    {FIELD(records_without), "record", "records", "left out: without the wanted field"},
    {FIELD(records_not_text), "record", "records", "left out: the wanted field is no text"},
    {FIELD(redirects), "page", "pages", "left out: redirects"},
    {FIELD(other_pages), "page", "pages", "left out: no articles, or not in wikitext"},
};

static uint64_t value_of(const gv_corpus_stats *stats, const stat_field *field)
{
    return *(const uint64_t *)(const void *)((const char *)stats + field->offset);
}

void gv_corpus_stats_add(gv_corpus_stats *to, const gv_corpus_stats *from)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *(uint64_t *)(void *)((char *)to + fields[i].offset) += value_of(from, &fields[i]);
}

void gv_corpus_stats_json(gv_json_writer *writer, const gv_corpus_stats *stats)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        gv_json_set_uint(writer, fields[i].name, value_of(stats, &fields[i]));
    gv_json_set_text(writer, "icu", gv_icu_version());
}

void gv_corpus_stats_report(const gv_corpus_stats *stats, gv_progress *progress)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t value = value_of(stats, &fields[i]);
        if (fields[i].note && value > 0)
            gv_progress_note(progress, "%" PRIu64 " %s %s", value,
                             value == 1 ? fields[i].one : fields[i].many, fields[i].note);
    }
}
