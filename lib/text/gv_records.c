/*
 * The bytes of the file become parts of whole records (take_part), these become text on several
 * threads, and the text is given out in the order of the parts (gv_ordered).
 *
 * Lines are counted as parts are given out, so a part knows only the line within itself in which an
 * error is, and the number is made complete when its turn comes.
 */
#include "text/gv_records_internal.h"

#include "base/gv_mem.h"
#include <inttypes.h>
#include <string.h>

enum { PART = 256 << 10 }; /* bytes of a part, about */

void gv_records_counts_add(gv_records_counts *to, const gv_records_counts *from)
{
    to->records += from->records;
    to->without += from->without;
    to->not_text += from->not_text;
    to->redirects += from->redirects;
    to->other_pages += from->other_pages;
    to->invalid_utf8 += from->invalid_utf8;
}

/* --- for the formats -------------------------------------------------------------------------- */

int gv_records_put(gv_records_part *part, const void *bytes, size_t n, gv_error *err)
{
    int status = gv_mem_reserve(&part->text, &part->text_capacity, part->text_used + n, 1, err);
    if (status != GV_OK || n == 0)
        return status;
    const uint8_t *from = bytes;
    uint8_t *to = part->text + part->text_used;
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] == '\n' || from[i] == '\r' ? ' ' : from[i];
    part->text_used += n;
    return GV_OK;
}

int gv_records_end(gv_records_part *part, gv_error *err)
{
    int status = gv_mem_reserve(&part->text, &part->text_capacity, part->text_used + 1, 1, err);
    if (status != GV_OK)
        return status;
    part->text[part->text_used++] = '\n';
    part->counts.records++;
    return GV_OK;
}

static uint64_t count_newlines(const uint8_t *bytes, size_t n)
{
    uint64_t newlines = 0;
    for (size_t i = 0; i < n; i++)
        newlines += bytes[i] == '\n';
    return newlines;
}

uint64_t gv_records_line(const gv_records_part *part, size_t at)
{
    return 1 + count_newlines(part->raw, at);
}

/* --- taking parts ----------------------------------------------------------------------------- */

/* Reading failed: say where, too. */
static int lost(const gv_records *r, const gv_records_part *part, const gv_error *cause,
                gv_error *err)
{
    gv_text where = GV_TEXT_INIT;
    if (r->kind->place && cause->code == GV_E_CORRUPT)
        r->kind->place(part, &where);
    gv_error_set(err, cause->code, "%s%s", cause->text,
                 where.bytes && !where.failed ? where.bytes : "");
    gv_text_drop(&where);
    return cause->code;
}

/* Read on behind what is there. A long record is read in ever larger pieces, as it is looked at
 * again for each. */
static int read_more(gv_records *r, gv_records_part *part, gv_error *err)
{
    size_t wanted = part->raw_used > PART ? part->raw_used : PART, got = 1;
    int status = gv_mem_reserve(&part->raw, &part->raw_capacity, part->raw_used + wanted, 1, err);
    while (status == GV_OK && wanted > 0 && got > 0) {
        gv_error local = GV_ERROR_INIT;
        status =
            r->source.read(r->source.context, part->raw + part->raw_used, wanted, &got, &local);
        if (status != GV_OK)
            return lost(r, part, &local, err);
        part->raw_used += got;
        wanted -= got;
    }
    r->over |= got == 0;
    return status;
}

/* Leave what is behind `cut` to the next part. */
static int end_part(gv_records *r, gv_records_part *part, size_t cut, gv_error *err)
{
    size_t n = part->raw_used - cut;
    int status = gv_mem_reserve(&r->carry, &r->carry_capacity, n, 1, err);
    if (status == GV_OK && n > 0)
        memcpy(r->carry, part->raw + cut, n);
    r->carry_used = n;
    part->raw_used = cut;
    return status;
}

/* Read the header, with as many more bytes as it takes. */
static int begin_file(gv_records *r, gv_records_part *part, gv_error *err)
{
    bool more = true;
    int status = GV_OK;
    r->begun = true;
    if (part->raw_used >= 3 && memcmp(part->raw, "\xef\xbb\xbf", 3) == 0)
        part->raw_at = 3;
    while (status == GV_OK && more && r->kind->begin) {
        status = r->kind->begin(r, part, r->over, &more, err);
        if (status == GV_OK && more)
            status = read_more(r, part, err);
    }
    return status;
}

static int too_long(gv_records_part *part, gv_error *err)
{
    part->bad_line = gv_records_line(part, part->raw_at);
    return gv_error_set(err, GV_E_CORRUPT,
                        "the record that begins here has more than %d MiB; is a quotation mark or "
                        "an end of a line missing?",
                        (int)(GV_RECORDS_MOST >> 20));
}

static int fill_part(gv_records *r, gv_records_part *part, gv_error *err)
{
    size_t from = part->raw_at;
    int status = GV_OK;
    for (;;) {
        if (part->raw_used < PART && !r->over)
            status = read_more(r, part, err);
        if (status == GV_OK && part->first && !r->begun) {
            status = begin_file(r, part, err);
            from = part->raw_at;
        }
        if (status != GV_OK)
            return status;
        if (r->over)
            return r->kind->end ? r->kind->end(r, part, err) : GV_OK;
        size_t cut = r->kind->cut(r, part, from);
        if (cut > part->raw_at)
            return end_part(r, part, cut, err);
        if (part->raw_used - part->raw_at > GV_RECORDS_MOST)
            return too_long(part, err);
        from = part->raw_used;
        status = read_more(r, part, err);
        if (status != GV_OK)
            return status;
    }
}

static int take_part(void *context, void *which, bool *more, gv_error *err)
{
    gv_records *r = context;
    gv_records_part *part = which;
    *more = false;
    part->raw_used = part->raw_at = part->text_used = part->text_at = 0;
    part->bad_line = 0;
    part->first = !r->begun;
    part->counts = (gv_records_counts){0};
    if (r->over && r->begun)
        return GV_OK;
    int status = gv_mem_reserve(&part->raw, &part->raw_capacity, r->carry_used + 1, 1, err);
    if (status == GV_OK && r->carry_used > 0)
        memcpy(part->raw, r->carry, r->carry_used);
    part->raw_used = r->carry_used;
    r->carry_used = 0;
    if (status == GV_OK)
        status = fill_part(r, part, err);
    *more = part->raw_used > 0;
    return status;
}

static int work_on_part(void *context, void *which, gv_error *err)
{
    const gv_records *r = context;
    return r->kind->work(which, err);
}

/* --- all -------------------------------------------------------------------------------------- */

static const gv_records_kind *kind_of(enum gv_config_corpus_format format)
{
    switch (format) {
    case GV_CORPUS_JSONL:
        return &gv_records_jsonl;
    case GV_CORPUS_CSV:
        return &gv_records_csv;
    case GV_CORPUS_TSV:
        return &gv_records_tsv;
    case GV_CORPUS_WIKIPEDIA:
    case GV_CORPUS_TEXT:
        break;
    }
    return &gv_records_wiki;
}

int gv_records_open(gv_records **result, const gv_records_source *source,
                    const gv_records_options *options, gv_error *err)
{
    *result = NULL;
    gv_records *r = gv_mem_alloc_zero(1, sizeof *r, err);
    if (!r)
        return GV_E_MEMORY;
    r->source = *source;
    r->options = *options;
    r->kind = kind_of(options->format);
    r->n = options->threads + 2;
    r->name = gv_mem_strdup(source->name, err);
    r->parts = gv_mem_alloc_zero(r->n, sizeof *r->parts, err);
    r->list = gv_mem_alloc(r->n, sizeof *r->list, err);
    r->columns = gv_mem_alloc_zero(options->fields->n + 1, sizeof *r->columns, err);
    int status = r->name && r->parts && r->list && r->columns ? GV_OK : GV_E_MEMORY;
    for (unsigned i = 0; i < r->n && status == GV_OK; i++) {
        r->parts[i].records = r;
        r->list[i] = &r->parts[i];
    }
    const gv_ordered_job job = {r, take_part, work_on_part, r->list, r->n, options->threads};
    if (status == GV_OK)
        status = gv_ordered_open(&r->ordered, &job, err);
    if (status != GV_OK) {
        gv_records_close(r);
        return status;
    }
    *result = r;
    return GV_OK;
}

static void free_part(const gv_records *r, gv_records_part *part)
{
    if (part->state)
        r->kind->free_state(part->state);
    gv_mem_free(part->raw);
    gv_mem_free(part->text);
    gv_text_drop(&part->fields);
}

void gv_records_close(gv_records *r)
{
    if (!r)
        return;
    gv_ordered_close(r->ordered);
    for (unsigned i = 0; r->parts && i < r->n; i++)
        free_part(r, &r->parts[i]);
    gv_wikitext_names_free(&r->names);
    gv_mem_free(r->parts);
    gv_mem_free(r->list);
    gv_mem_free(r->columns);
    gv_mem_free(r->carry);
    gv_mem_free(r->fields);
    gv_mem_free(r->name);
    gv_mem_free(r);
}

/* Have the next part. */
static int next_part(gv_records *r, gv_error *err)
{
    void *next;
    gv_error cause = GV_ERROR_INIT;
    if (r->current)
        r->lines += count_newlines(r->current->raw, r->current->raw_used);
    r->current = NULL;
    int status = gv_ordered_next(r->ordered, &next, &cause);
    gv_records_part *part = next;
    if (status != GV_OK && part && part->bad_line > 0)
        return gv_error_set(err, status, "%s: line %" PRIu64 ": %s", r->name,
                            r->lines + part->bad_line, cause.text);
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", cause.text);
    r->current = part;
    if (!part)
        return GV_OK;
    gv_records_counts_add(&r->counts, &part->counts);
    return part->first ? gv_text_take(&r->fields, &part->fields, err) : GV_OK;
}

int gv_records_read(gv_records *r, void *data, size_t bytes, size_t *got, gv_error *err)
{
    int status = GV_OK;
    *got = 0;
    while (status == GV_OK) {
        gv_records_part *part = r->current;
        if (part && part->text_at < part->text_used) {
            size_t left = part->text_used - part->text_at;
            *got = left < bytes ? left : bytes;
            memcpy(data, part->text + part->text_at, *got);
            part->text_at += *got;
            return GV_OK;
        }
        status = next_part(r, err);
        if (!r->current)
            break;
    }
    return status;
}

int gv_records_look(gv_records *r, gv_error *err)
{
    return r->current ? GV_OK : next_part(r, err);
}

gv_records_counts gv_records_count(const gv_records *r)
{
    return r->counts;
}

const char *gv_records_fields(const gv_records *r)
{
    return r->fields ? r->fields : "";
}
