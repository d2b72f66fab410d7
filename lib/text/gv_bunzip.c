/*
 * A bzip2 stream begins at a byte, with "BZh", a digit and the six bytes of its first block. By
 * these ten bytes the data is cut into streams without decompressing it; that they occur by chance
 * inside a stream happens once in 2^74 bytes, and then the data is called damaged.
 *
 * A part is one or more whole streams, unpacked by one thread. Where it is too long for that,
 * packed or unpacked, the caller's thread does the rest: `unpack` stays open.
 */
#include "text/gv_bunzip.h"

#include "base/gv_mem.h"
#include "base/gv_ordered.h"
#include <string.h>

enum {
    MAGIC = 10,
    LEAST = 128 << 10,    /* bytes of a part, unless it is the last */
    OUTPUT_STEP = 1 << 20 /* of unpacked bytes */
};

typedef struct part {
    gv_bunzip *owner;
    uint8_t *raw, *text;
    size_t raw_used, raw_capacity, raw_at;
    size_t text_used, text_capacity, text_at;
    gv_unpack *unpack; /* what is not in `text` yet, else NULL */
    bool open_end;     /* the source goes on where `raw` ends */
    gv_error failure;  /* behind what is in `text` */
} part;

struct gv_bunzip {
    gv_unpack_source source;
    gv_ordered *ordered;
    part *parts;
    void **list;
    unsigned n;
    part *current;
    /* of take_part */
    uint8_t *carry; /* read beyond the last part */
    size_t carry_used, carry_capacity;
    bool over; /* nothing more to take */
};

/* --- cutting ---------------------------------------------------------------------------------- */

/* The first place at or after `from` where a stream may begin, or `n`. */
static size_t find_stream(const uint8_t *bytes, size_t n, size_t from)
{
    static const uint8_t block[] = {'1', 'A', 'Y', '&', 'S', 'Y'};
    static const uint8_t empty[] = {0x17, 0x72, 0x45, 0x38, 0x50, 0x90};
    while (from + MAGIC <= n) {
        const uint8_t *at = memchr(bytes + from, 'B', n - from - MAGIC + 1);
        if (!at)
            return n;
        if (at[1] == 'Z' && at[2] == 'h' && at[3] >= '1' && at[3] <= '9' &&
            (memcmp(at + 4, block, sizeof block) == 0 || memcmp(at + 4, empty, sizeof empty) == 0))
            return (size_t)(at - bytes);
        from = (size_t)(at - bytes) + 1;
    }
    return n;
}

static int append(uint8_t **to, size_t *used, size_t *capacity, const void *bytes, size_t n,
                  gv_error *err)
{
    int status = gv_mem_reserve(to, capacity, *used + n, 1, err);
    if (status == GV_OK && n > 0)
        memcpy(*to + *used, bytes, n);
    *used += status == GV_OK ? n : 0;
    return status;
}

/* Leave what is behind `cut` to the next part. */
static int end_part(gv_bunzip *b, part *p, size_t cut, gv_error *err)
{
    b->carry_used = 0;
    int status =
        append(&b->carry, &b->carry_used, &b->carry_capacity, p->raw + cut, p->raw_used - cut, err);
    p->raw_used = cut;
    return status;
}

static int take_part(void *context, void *which, bool *more, gv_error *err)
{
    gv_bunzip *b = context;
    part *p = which;
    *more = !b->over;
    p->raw_used = p->raw_at = p->text_used = p->text_at = 0;
    p->open_end = false;
    p->failure.code = GV_OK;
    if (b->over)
        return GV_OK;
    int status = append(&p->raw, &p->raw_used, &p->raw_capacity, b->carry, b->carry_used, err);
    b->carry_used = 0;
    for (size_t looked = LEAST; status == GV_OK;) {
        size_t cut = find_stream(p->raw, p->raw_used, looked);
        if (cut < p->raw_used)
            return end_part(b, p, cut, err);
        looked = p->raw_used > looked + MAGIC ? p->raw_used - MAGIC + 1 : looked;
        if (p->raw_used > GV_BUNZIP_PART) {
            p->open_end = b->over = true;
            return GV_OK;
        }
        const uint8_t *bytes;
        gv_error local = GV_ERROR_INIT;
        ssize_t got = b->source.read(b->source.context, &bytes, &local);
        if (got < 0)
            return gv_error_set(err, local.code, "%s", local.text);
        b->over = got == 0;
        if (got == 0)
            break;
        status = append(&p->raw, &p->raw_used, &p->raw_capacity, bytes, (size_t)got, err);
    }
    *more = p->raw_used > 0;
    return status;
}

/* --- unpacking -------------------------------------------------------------------------------- */

static ssize_t give_raw(void *context, const uint8_t **bytes, gv_error *err)
{
    part *p = context;
    size_t left = p->raw_used - p->raw_at;
    if (left == 0 && p->open_end)
        return p->owner->source.read(p->owner->source.context, bytes, err);
    *bytes = p->raw + p->raw_at;
    p->raw_at = p->raw_used;
    return (ssize_t)left;
}

/* Unpack what comes next; at the end `unpack` is closed. */
static int unpack_step(part *p, gv_error *err)
{
    size_t got = 0;
    int status = gv_mem_reserve(&p->text, &p->text_capacity, p->text_used + OUTPUT_STEP, 1, err);
    if (status == GV_OK)
        status = gv_unpack_read(p->unpack, p->text + p->text_used, OUTPUT_STEP, &got, err);
    p->text_used += got;
    if (status != GV_OK || got == 0) {
        gv_unpack_close(p->unpack);
        p->unpack = NULL;
    }
    return status;
}

static int unpack_part(void *context, void *which, gv_error *err)
{
    const gv_bunzip *b = context;
    part *p = which;
    const char *name;
    const gv_unpack_source source = {.name = b->source.name, .context = p, .read = give_raw};
    int status = gv_unpack_open(&p->unpack, &source, false, err);
    if (status == GV_OK)
        status = gv_unpack_next(p->unpack, &name, err);
    /* only the caller's thread may go on reading behind `raw` */
    while (status == GV_OK && !p->open_end && p->unpack && p->text_used < GV_BUNZIP_TEXT &&
           p->failure.code == GV_OK)
        (void)unpack_step(p, &p->failure);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

int gv_bunzip_open(gv_bunzip **result, const gv_unpack_source *source, unsigned threads,
                   gv_error *err)
{
    *result = NULL;
    gv_bunzip *b = gv_mem_alloc_zero(1, sizeof *b, err);
    if (!b)
        return GV_E_MEMORY;
    b->source = *source;
    b->n = threads + 2;
    b->parts = gv_mem_alloc_zero(b->n, sizeof *b->parts, err);
    b->list = b->parts ? gv_mem_alloc(b->n, sizeof *b->list, err) : NULL;
    int status = b->list ? GV_OK : GV_E_MEMORY;
    for (unsigned i = 0; i < b->n && status == GV_OK; i++) {
        b->parts[i].owner = b;
        b->list[i] = &b->parts[i];
    }
    const gv_ordered_job job = {b, take_part, unpack_part, b->list, b->n, threads};
    if (status == GV_OK)
        status = gv_ordered_open(&b->ordered, &job, err);
    if (status != GV_OK) {
        gv_bunzip_close(b);
        return status;
    }
    *result = b;
    return GV_OK;
}

void gv_bunzip_close(gv_bunzip *b)
{
    if (!b)
        return;
    gv_ordered_close(b->ordered);
    for (unsigned i = 0; b->parts && i < b->n; i++) {
        gv_unpack_close(b->parts[i].unpack);
        gv_mem_free(b->parts[i].raw);
        gv_mem_free(b->parts[i].text);
    }
    gv_mem_free(b->parts);
    gv_mem_free(b->list);
    gv_mem_free(b->carry);
    gv_mem_free(b);
}

int gv_bunzip_read(gv_bunzip *b, void *data, size_t bytes, size_t *got, gv_error *err)
{
    int status = GV_OK;
    *got = 0;
    while (status == GV_OK && *got == 0) {
        part *p = b->current;
        if (p && p->text_at < p->text_used) {
            size_t left = p->text_used - p->text_at;
            *got = left < bytes ? left : bytes;
            memcpy(data, p->text + p->text_at, *got);
            p->text_at += *got;
        } else if (p && p->unpack) {
            p->text_used = p->text_at = 0;
            status = unpack_step(p, err);
        } else if (p && p->failure.code != GV_OK) {
            status = gv_error_set(err, p->failure.code, "%s", p->failure.text);
        } else {
            void *next;
            b->current = NULL;
            status = gv_ordered_next(b->ordered, &next, err);
            b->current = status == GV_OK ? next : NULL;
            if (!b->current)
                break;
        }
    }
    return status;
}
