/*
 * Header (HEADER_BYTES, with a checksum of its own), then the ids, 4 bytes each, little-endian. The
 * counts and the checksum of the ids are known only at the end, so the ids are spooled first, into
 * a nameless temporary file beside PATH, and copied behind the header: twice the writing, once per
 * corpus, for a file that is whole or not there.
 */
#include "vocab/gv_ids.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_file_writer.h"
#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_VERSION = 1, HEADER_BYTES = 80, BATCH = 1 << 18 };

static const uint8_t magic[8] = {'G', 'V', 'I', 'D', 'S', '\r', '\n', 0x1a};

#define ADVICE "delete it; the next run creates it again"

struct gv_ids {
    int fd;
    char *path;
    gv_ids_info info;
};

/* --- header ----------------------------------------------------------------------------------- */

static void put_header(uint8_t to[HEADER_BYTES], const gv_ids_info *info)
{
    memset(to, 0, HEADER_BYTES);
    memcpy(to, magic, sizeof magic);
    gv_bytes_put32(to + 8, FORMAT_VERSION);
    gv_bytes_put32(to + 12, info->vocab_size);
    gv_bytes_put64(to + 16, info->count);
    gv_bytes_put64(to + 24, info->words);
    gv_bytes_put64(to + 32, info->content.low);
    gv_bytes_put64(to + 40, info->content.high);
    gv_bytes_put64(to + 48, info->source.low);
    gv_bytes_put64(to + 56, info->source.high);
    gv_bytes_put64(to + 72, gv_hash_64(to, 72, 0));
}

static int get_header(gv_ids_info *info, const uint8_t from[HEADER_BYTES], uint64_t file_bytes,
                      const char *path, gv_error *err)
{
    if (memcmp(from, magic, sizeof magic) != 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is not a file of word ids; " ADVICE, path);
    if (gv_bytes_get32(from + 8) != FORMAT_VERSION)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s has format version %u, but this program reads version %d; " ADVICE,
                            path, gv_bytes_get32(from + 8), FORMAT_VERSION);
    if (gv_bytes_get64(from + 72) != gv_hash_64(from, 72, 0))
        return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (header: checksum mismatch); " ADVICE,
                            path);
    *info = (gv_ids_info){.vocab_size = gv_bytes_get32(from + 12),
                          .count = gv_bytes_get64(from + 16),
                          .words = gv_bytes_get64(from + 24),
                          .content = {gv_bytes_get64(from + 32), gv_bytes_get64(from + 40)},
                          .source = {gv_bytes_get64(from + 48), gv_bytes_get64(from + 56)}};
    /* the first test keeps the product of the last from overflowing */
    if (info->count > (UINT64_MAX - HEADER_BYTES) / 4 || info->words > info->count ||
        HEADER_BYTES + info->count * 4 != file_bytes)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is damaged (its size does not match its header); " ADVICE, path);
    return GV_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Ids on their way to the temporary file. */
typedef struct spool {
    int fd;
    uint64_t bytes;
    gv_hash_state *hasher;
    uint32_t *ids;
    uint8_t *packed;
    bool inside; /* a document has begun */
} spool;

static void drop_spool(spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    gv_hash_state_free(s->hasher);
    gv_mem_free(s->ids);
    gv_mem_free(s->packed);
}

static int make_spool(spool *s, const char *path, gv_error *err)
{
    *s = (spool){.fd = -1};
    if (!(s->hasher = gv_hash_state_new(err)) ||
        !(s->ids = gv_mem_alloc(BATCH + 1, sizeof *s->ids, err)) ||
        !(s->packed = gv_mem_alloc(BATCH + 1, sizeof *s->ids, err)))
        return GV_E_MEMORY;
    return gv_file_temp_open_beside(&s->fd, path, err);
}

/* Pack `n` ids, without breaks that follow none. Counts words. */
static size_t pack(spool *s, size_t n, uint64_t *words)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool word = s->ids[i] != GV_ENCODER_BREAK;
        if (!word && !s->inside)
            continue;
        s->inside = word;
        *words += word;
        gv_bytes_put32(s->packed + 4 * kept++, s->ids[i]);
    }
    return kept;
}

static int put_spool(spool *s, size_t ids, gv_error *err)
{
    int status = gv_file_pwrite(s->fd, s->packed, ids * 4, s->bytes, "temporary file", err);
    /* packed, so that the checksum does not depend on the byte order of the machine */
    gv_hash_state_update(s->hasher, s->packed, ids * 4);
    s->bytes += ids * 4;
    return status;
}

static int fill_spool(spool *s, gv_encoder *encoder, gv_ids_info *info, gv_error *err)
{
    size_t n = 1;
    int status = GV_OK;
    while (n > 0 && status == GV_OK) {
        status = gv_encoder_fill(encoder, s->ids, BATCH, &n, err);
        if (status != GV_OK)
            break;
        if (n == 0 && s->inside) { /* the last document ends, too */
            s->ids[0] = GV_ENCODER_BREAK;
            return put_spool(s, pack(s, 1, &info->words), err);
        }
        status = put_spool(s, pack(s, n, &info->words), err);
        if (status == GV_OK)
            status = gv_signal_check(err);
    }
    return status;
}

static int copy_spool(spool *s, gv_file_writer *out, gv_error *err)
{
    int status = GV_OK;
    for (uint64_t at = 0, n; at < s->bytes && status == GV_OK; at += n) {
        n = s->bytes - at < BATCH * 4 ? s->bytes - at : BATCH * 4;
        status = gv_file_pread(s->fd, s->packed, n, at, "temporary file", err);
        if (status == GV_OK)
            status = gv_file_writer_write(out, s->packed, n, err);
    }
    return status;
}

int gv_ids_write(const char *path, gv_encoder *encoder, gv_ids_info *info, gv_error *err)
{
    uint8_t header[HEADER_BYTES];
    spool s;
    gv_file_writer *out = NULL;
    int status = make_spool(&s, path, err);
    info->words = 0;
    if (status == GV_OK)
        status = fill_spool(&s, encoder, info, err);
    if (status == GV_OK && info->words == 0)
        status = gv_error_set(err, GV_E_RUNTIME,
                              "the corpus contains no word of the vocabulary; check corpus.files");
    if (status == GV_OK) {
        info->count = s.bytes / 4;
        info->content = gv_hash_state_digest(s.hasher);
        put_header(header, info);
        status = gv_file_writer_open(&out, path, err);
    }
    if (status == GV_OK)
        status = gv_file_writer_write(out, header, sizeof header, err);
    if (status == GV_OK)
        status = copy_spool(&s, out, err);
    status = gv_file_writer_end(&out, status, err);
    drop_spool(&s);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int read_header(gv_ids *ids, gv_error *err)
{
    uint8_t header[HEADER_BYTES];
    gv_file_stat look;
    int status = gv_file_look(&look, ids->path, err);
    if (status != GV_OK)
        return status;
    if ((ids->fd = open(ids->path, O_RDONLY | O_CLOEXEC)) < 0)
        return gv_error_set_errno(err, "cannot read %s", ids->path);
    if (look.size < HEADER_BYTES)
        return gv_error_set(err, GV_E_CORRUPT, "%s is %s; " ADVICE, ids->path,
                            look.size == 0 ? "empty" : "truncated");
    status = gv_file_pread(ids->fd, header, sizeof header, 0, ids->path, err);
    return status == GV_OK ? get_header(&ids->info, header, look.size, ids->path, err) : status;
}

static int open_header(gv_ids **result, const char *path, gv_error *err)
{
    *result = NULL;
    gv_ids *ids = gv_mem_alloc_zero(1, sizeof *ids, err);
    if (!ids)
        return GV_E_MEMORY;
    ids->fd = -1;
    ids->path = gv_mem_strdup(path, err);
    int status = ids->path ? read_header(ids, err) : GV_E_MEMORY;
    if (status != GV_OK) {
        gv_ids_close(ids);
        return status;
    }
    *result = ids;
    return GV_OK;
}

/* Are all ids below the vocabulary's size, are there as many words as the header says, and is the
 * checksum right? A wrong id is found here once, so that training may index by ids without a test.
 * All errors are gathered: a damaged file is rare, and the loop has no early exit. */
static int check_ids(const gv_ids *ids, gv_hash_state *hasher, uint32_t *batch, gv_error *err)
{
    uint64_t wrong = 0, breaks = 0;
    bool inside = false; /* a document has begun, and not ended */
    for (uint64_t at = 0; at < ids->info.count; at += BATCH) {
        size_t n = ids->info.count - at < BATCH ? (size_t)(ids->info.count - at) : BATCH;
        int status = gv_file_pread(ids->fd, batch, n * 4, HEADER_BYTES + at * 4, ids->path, err);
        if (status != GV_OK)
            return status;
        gv_hash_state_update(hasher, batch, n * 4);
        for (size_t i = 0; i < n; i++) {
            uint32_t id = gv_bytes_get32((const uint8_t *)(batch + i));
            bool ends = id == GV_ENCODER_BREAK;
            wrong += (id >= ids->info.vocab_size && !ends) || (ends && !inside);
            breaks += ends;
            inside = !ends;
        }
    }
    if (wrong > 0 || inside || ids->info.words != ids->info.count - breaks ||
        ids->info.words == 0 || !gv_hash_equal(gv_hash_state_digest(hasher), ids->info.content))
        return gv_error_set(err, GV_E_CORRUPT, "%s: damaged: " ADVICE, ids->path);
    return GV_OK;
}

int gv_ids_open(gv_ids **result, const char *path, gv_error *err)
{
    gv_ids *ids;
    int status = open_header(&ids, path, err);
    *result = NULL;
    if (status != GV_OK)
        return status;
    gv_hash_state *hasher = gv_hash_state_new(err);
    uint32_t *batch = hasher ? gv_mem_alloc(BATCH, sizeof *batch, err) : NULL;
    status = batch ? check_ids(ids, hasher, batch, err) : GV_E_MEMORY;
    gv_mem_free(batch);
    gv_hash_state_free(hasher);
    if (status == GV_OK)
        *result = ids;
    else
        gv_ids_close(ids);
    return status;
}

void gv_ids_close(gv_ids *ids)
{
    if (!ids)
        return;
    if (ids->fd >= 0)
        close(ids->fd);
    gv_mem_free(ids->path);
    gv_mem_free(ids);
}

const gv_ids_info *gv_ids_about(const gv_ids *ids)
{
    return &ids->info;
}

int gv_ids_is_from(bool *from, const char *path, gv_hash source, gv_error *err)
{
    gv_file_stat look;
    gv_ids *ids;
    *from = false;
    int status = gv_file_look(&look, path, err);
    if (status != GV_OK || !look.exists)
        return status;
    gv_error ignored = GV_ERROR_INIT; /* a file that cannot be used is made again */
    status = open_header(&ids, path, &ignored);
    if (status == GV_OK)
        *from = gv_hash_equal(ids->info.source, source);
    gv_ids_close(ids);
    /* without memory nothing is known of the file, so that is an error of the caller's, too */
    return status == GV_E_MEMORY ? gv_error_set(err, status, "%s", ignored.text) : GV_OK;
}

int gv_ids_read(uint32_t *to, const gv_ids *ids, uint64_t first, size_t n, gv_error *err)
{
    int status =
        gv_file_pread(ids->fd, to, n * sizeof *to, HEADER_BYTES + first * 4, ids->path, err);
    uint64_t wrong = 0;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        to[i] =
            gv_bytes_get32((const uint8_t *)(to + i)); /* nothing to do on little-endian machines */
        wrong += to[i] >= ids->info.vocab_size && to[i] != GV_ENCODER_BREAK;
    }
    /* they were in range when the file was opened */
    if (wrong > 0)
        return gv_error_set(err, GV_E_RUNTIME, "%s was changed while it was read; start again",
                            ids->path);
    return status;
}
