/*
 * libarchive with its "raw" format (one nameless member, filters taken off) for compressed data,
 * and without filters for archives: a compressed archive is two objects, one reading from the
 * other. "raw" would take any file at all, so plain text never goes there.
 */
#include "text/gv_unpack.h"

#include "base/gv_library_mem.h"
#include "base/gv_mem.h"
#include "text/gv_gzip.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

struct gv_unpack {
    gv_unpack_source source;
    struct archive *archive;
    bool members;        /* an archive */
    bool ended;          /* no more bytes in this member */
    char *member;        /* name of the current one */
    gv_gzip_check *gzip; /* NULL: not gzip */
    gv_error read_error; /* of the source, seen inside libarchive's callback */
    unsigned failures;   /* gv_library_mem_failures() before the current call */
};

/* libarchive asks for bytes of the file. */
static la_ssize_t give_bytes(struct archive *archive, void *context, const void **bytes)
{
    gv_unpack *unpack = context;
    const uint8_t *from = NULL;
    ssize_t got = unpack->source.read(unpack->source.context, &from, &unpack->read_error);
    if (got < 0) {
        archive_set_error(archive, EIO, "read error");
        return -1;
    }
    /* all bytes pass here, so this is where gzip's trailers are seen */
    if (unpack->gzip)
        gv_gzip_check_packed(unpack->gzip, from, (size_t)got);
    *bytes = from;
    return got;
}

static la_int64_t move_to(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    gv_unpack *unpack = context;
    int64_t at = unpack->source.seek(unpack->source.context, offset, whence);
    if (at < 0)
        archive_set_error(archive, EIO, "cannot seek");
    return at < 0 ? ARCHIVE_FATAL : at;
}

/* libarchive crashes, ends the program, or takes the data for damaged where an allocation fails. So
 * every call of it is between these two. */
static void enter(gv_unpack *unpack)
{
    unpack->failures = gv_library_mem_enter();
}

static int out_of_memory(const gv_unpack *unpack, gv_error *err)
{
    return gv_error_set(err, GV_E_MEMORY, "%s: out of memory while decompressing",
                        unpack->source.name);
}

static int leave(gv_unpack *unpack, int status, gv_error *err)
{
    return gv_library_mem_leave(unpack->failures) && status == GV_OK ? out_of_memory(unpack, err)
                                                                     : status;
}

/* What libarchive complains about, as an error of ours. */
static int failed(gv_unpack *unpack, gv_error *err)
{
    const char *name = unpack->source.name, *text = archive_error_string(unpack->archive);
    if (unpack->read_error.code != GV_OK)
        return gv_error_set(err, unpack->read_error.code, "%s", unpack->read_error.text);
    if (unpack->failures != gv_library_mem_failures() || archive_errno(unpack->archive) == ENOMEM)
        return out_of_memory(unpack, err);
    if (!text)
        text = "unknown error";
    if (!unpack->members)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: the compressed data is damaged or truncated (%s); obtain the file again", name,
            text);
    /* archive_read_has_encrypted_entries crashes where no format was recognised */
    if (strcasestr(text, "encrypt") || strcasestr(text, "passphrase"))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: the archive is encrypted; extract it with its password, and name "
                            "the files",
                            name);
    return gv_error_set(
        err, GV_E_CORRUPT,
        "%s: the archive is damaged, truncated or of a kind that cannot be read%s%s (%s); "
        "obtain the file again, or extract it and name the files",
        name, unpack->member ? " at its member " : "", unpack->member ? unpack->member : "", text);
}

static int open_compressed(gv_unpack *unpack, gv_error *err)
{
    struct archive *archive = unpack->archive;
    /* ARCHIVE_WARN here only says that an outside program would be used */
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_compress(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_lz4(archive);
    archive_read_support_filter_lzip(archive);
    /* a compressed file of nothing is an empty text, which "raw" would refuse */
    archive_read_support_format_empty(archive);
    archive_read_support_format_raw(archive);
    unpack->gzip = gv_mem_alloc(1, sizeof *unpack->gzip, err);
    if (!unpack->gzip)
        return GV_E_MEMORY;
    gv_gzip_check_begin(unpack->gzip);
    if (archive_read_open1(archive) != ARCHIVE_OK)
        return failed(unpack, err);
    /* a file cut off inside its own header is not recognised, and "raw" would pass it as text */
    if (archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE)
        return gv_error_set(
            err, GV_E_CORRUPT,
            "%s: the compressed data is damaged or truncated (invalid header); obtain "
            "the file again",
            unpack->source.name);
    /* Other formats check themselves. What was compressed twice cannot be compared: what is seen
     * here is not what the outer file states. */
    if (archive_filter_count(archive) > 2 ||
        archive_filter_code(archive, 0) != ARCHIVE_FILTER_GZIP) {
        gv_mem_free(unpack->gzip);
        unpack->gzip = NULL;
    }
    return GV_OK;
}

static int open_members(gv_unpack *unpack, gv_error *err)
{
    struct archive *archive = unpack->archive;
    archive_read_support_format_tar(archive);
    archive_read_support_format_7zip(archive);
    /* by its directory where the file can be searched; else as the members come */
    if (unpack->source.seek)
        archive_read_support_format_zip_seekable(archive);
    archive_read_support_format_zip_streamable(archive);
    return archive_read_open1(archive) == ARCHIVE_OK ? GV_OK : failed(unpack, err);
}

int gv_unpack_open(gv_unpack **result, const gv_unpack_source *source, bool archive, gv_error *err)
{
    *result = NULL;
    gv_unpack *unpack = gv_mem_alloc_zero(1, sizeof *unpack, err);
    if (!unpack)
        return GV_E_MEMORY;
    unpack->source = *source;
    unpack->members = archive;
    enter(unpack);
    unpack->archive = archive_read_new();
    int status = GV_OK;
    if (!unpack->archive) {
        status = out_of_memory(unpack, err);
    } else {
        archive_read_set_read_callback(unpack->archive, give_bytes);
        archive_read_set_callback_data(unpack->archive, unpack);
        if (source->seek)
            archive_read_set_seek_callback(unpack->archive, move_to);
        status = archive ? open_members(unpack, err) : open_compressed(unpack, err);
    }
    status = leave(unpack, status, err);
    if (status != GV_OK) {
        gv_unpack_close(unpack);
        return status;
    }
    *result = unpack;
    return GV_OK;
}

void gv_unpack_close(gv_unpack *unpack)
{
    if (!unpack)
        return;
    enter(unpack);
    if (unpack->archive)
        archive_read_free(unpack->archive);
    (void)gv_library_mem_leave(unpack->failures); /* what was read is not in doubt */
    gv_mem_free(unpack->member);
    gv_mem_free(unpack->gzip);
    gv_mem_free(unpack);
}

/* The name of a member; the locale's idea of it only where it has no UTF-8. */
static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    return name && *name ? name : "(unnamed)";
}

/* The next header. Names in UTF-8 are lost in a locale that has no form for them, such as the C
 * locale of a program that sets none. */
static int next_header(gv_unpack *unpack, struct archive_entry **entry, gv_error *err)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    int status = archive_read_next_header(unpack->archive, entry), result = GV_OK;
    if (unpack->members && (status == ARCHIVE_OK || status == ARCHIVE_WARN)) {
        gv_mem_free(unpack->member);
        unpack->member = gv_mem_strdup(name_of(*entry), err);
        result = unpack->member ? GV_OK : GV_E_MEMORY;
    }
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    unpack->ended = status == ARCHIVE_EOF;
    /* a warning only says that the name or a date has no form in this locale */
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN && status != ARCHIVE_EOF)
        return failed(unpack, err);
    return result;
}

static int next_member(gv_unpack *unpack, const char **name, gv_error *err)
{
    *name = NULL;
    for (;;) {
        struct archive_entry *entry;
        int status = next_header(unpack, &entry, err);
        if (status != GV_OK)
            return status;
        if (unpack->ended && unpack->members)
            return GV_OK;
        *name = "";
        if (!unpack->members)
            return GV_OK; /* if it has ended, the text is empty */
        *name = NULL;
        /* links have no bytes of their own */
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        if (archive_entry_is_encrypted(entry))
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s: its member %s is encrypted; extract it with its password, and "
                                "name the files",
                                unpack->source.name, unpack->member);
        *name = unpack->member;
        return GV_OK;
    }
}

int gv_unpack_next(gv_unpack *unpack, const char **name, gv_error *err)
{
    enter(unpack);
    return leave(unpack, next_member(unpack, name, err), err);
}

/* The member is over: look whether what gzip states agrees. */
static int check_end(gv_unpack *unpack, gv_error *err)
{
    unpack->ended = true;
    if (!unpack->gzip || gv_gzip_check_agrees(unpack->gzip))
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: the compressed data is damaged (gzip checksum or length mismatch); "
                        "obtain the file again",
                        unpack->source.name);
}

int gv_unpack_read(gv_unpack *unpack, void *data, size_t bytes, size_t *got, gv_error *err)
{
    *got = 0;
    if (unpack->ended)
        return GV_OK;
    la_ssize_t part;
    enter(unpack);
    do
        part = archive_read_data(unpack->archive, data, bytes);
    while (part == ARCHIVE_RETRY);
    int status = leave(unpack, part < 0 ? failed(unpack, err) : GV_OK, err);
    if (status != GV_OK)
        return status;
    if (unpack->gzip)
        gv_gzip_check_unpacked(unpack->gzip, data, (size_t)part);
    *got = (size_t)part;
    return part == 0 ? check_end(unpack, err) : GV_OK;
}
