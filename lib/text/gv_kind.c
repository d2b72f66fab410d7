/*
 * One table of magic numbers; then what the bytes of a file without one say. A magic number that is
 * a plain word ("PACK", "BM") is asked for together with what must follow it, so that no text is
 * taken for something else.
 */
#include "text/gv_kind.h"

#include "base/gv_bytes.h"
#include "base/gv_utf8.h"
#include "text/gv_icu.h"
#include <string.h>

/* What to do with a kind of file. */
enum way_out { CONVERT, EXTRACT, TO_TEXT, DECOMPRESS, DECRYPT, LFS_PULL, NO_TEXT, OWN };

typedef struct magic {
    size_t offset, length;
    const char *bytes, *what;
    enum way_out way_out;
    bool archive; /* libarchive reads its members */
} magic;

#define AT(offset, bytes) (offset), sizeof(bytes) - 1, (bytes)

static const magic magics[] = {
    {AT(0, "PK\3\4"), "a zip archive", EXTRACT, true},
    {AT(0, "PK\5\6"), "an empty zip archive", EXTRACT, true},
    {AT(0, "PK\7\10PK\3\4"), "a zip archive", EXTRACT, true},
    {AT(0, "PK00PK\3\4"), "a zip archive", EXTRACT, true},
    {AT(257, "ustar"), "a tar archive", EXTRACT, true},
    {AT(0, "7z\274\257\47\34"), "a 7z archive", EXTRACT, true},
    {AT(0, "Rar!\32\7"), "a RAR archive", EXTRACT, false},
    {AT(0, "MSCF\0\0\0\0"), "a cabinet archive", EXTRACT, false},
    {AT(0, "070707"), "a cpio archive", EXTRACT, false},
    {AT(0, "070701"), "a cpio archive", EXTRACT, false},
    {AT(0, "070702"), "a cpio archive", EXTRACT, false},
    {AT(0, "\307\161"), "a cpio archive", EXTRACT, false},
    {AT(0, "!<arch>\n"), "an ar archive", EXTRACT, false},
    {AT(0, "xar!\0\34"), "a xar archive", EXTRACT, false},
    {AT(2, "-lh5-"), "an LHA archive", EXTRACT, false},
    {AT(32769, "CD001"), "an ISO 9660 image", EXTRACT, false},

    {AT(0, "%PDF-"), "a PDF document", TO_TEXT, false},
    {AT(0, "{\\rtf"), "an RTF document", TO_TEXT, false},
    {AT(0, "\320\317\21\340\241\261\32\341"), "a Microsoft Office document", TO_TEXT, false},
    {AT(0, "AT&TFORM"), "a DjVu document", TO_TEXT, false},
    {AT(60, "BOOKMOBI"), "a Mobipocket book", TO_TEXT, false},
    {AT(0, "ITSF\3\0\0\0"), "a compiled HTML help file", TO_TEXT, false},
    {AT(0, "%!PS-Adobe"), "a PostScript document", TO_TEXT, false},

    {AT(0, "PAR1\25"), "a Parquet table", CONVERT, false},
    {AT(0, "ARROW1\0\0"), "an Arrow table", CONVERT, false},
    {AT(0, "\377\377\377\377"), "an Arrow stream", CONVERT, false},
    {AT(0, "FEA1\0\0\0\0"), "a Feather table", CONVERT, false},
    {AT(0, "Obj\1"), "an Avro table", CONVERT, false},
    {AT(0, "\211HDF\r\n\32\n"), "an HDF5 file", CONVERT, false},
    {AT(0, "CDF\1"), "a NetCDF file", CONVERT, false},
    {AT(0, "SQLite format 3\0"), "an SQLite database", CONVERT, false},
    {AT(0, "\223NUMPY"), "a NumPy array (.npy)", CONVERT, false},
    {AT(0, "GGUF\2\0"), "a GGUF model", CONVERT, false},
    {AT(0, "GGUF\3\0"), "a GGUF model", CONVERT, false},
    {AT(0, "\272\26\117\57"), "a fastText model", CONVERT, false},
    {AT(0, "MATLAB 5.0 MAT-file"), "a MATLAB file", CONVERT, false},
    {AT(0, "RDX2\n"), "an R data file", CONVERT, false},
    {AT(0, "RDX3\n"), "an R data file", CONVERT, false},
    {AT(0, "RDA2\n"), "an R data file", CONVERT, false},
    {AT(0, "RDA3\n"), "an R data file", CONVERT, false},
    {AT(0, "X\n\0\0\0"), "an R data file", CONVERT, false},
    {AT(0, "\200\2"), "a Python pickle", CONVERT, false},
    {AT(0, "\200\3"), "a Python pickle", CONVERT, false},
    {AT(0, "\200\4"), "a Python pickle", CONVERT, false},
    {AT(0, "\200\5"), "a Python pickle", CONVERT, false},

    {AT(0, "GVCOUNTS"), "a co-occurrence matrix of glovebox (counts.bin)", OWN, false},
    {AT(0, "GVCKPT\r\n"), "a checkpoint of glovebox (model.ckpt)", OWN, false},
    {AT(0, "GVIDS\r\n\32"), "encoded text of glovebox (corpus.ids)", OWN, false},
    {AT(0, "GVSUBW\r\n"), "vectors of n-grams of glovebox (subwords.bin)", OWN, false},
    {AT(0, "GVEMBD\r\n"), "what glove-embed stores (embed.bin)", OWN, false},
    {AT(0, "\272\26O/"), "a fastText model", OWN, false},

    {AT(0, "\211PNG\r\n\32\n"), "a PNG image", NO_TEXT, false},
    {AT(0, "\377\330\377"), "a JPEG image", NO_TEXT, false},
    {AT(0, "GIF87a"), "a GIF image", NO_TEXT, false},
    {AT(0, "GIF89a"), "a GIF image", NO_TEXT, false},
    {AT(0, "II*\0"), "a TIFF image", NO_TEXT, false},
    {AT(0, "MM\0*"), "a TIFF image", NO_TEXT, false},
    {AT(8, "WEBPVP8"), "a WebP image", NO_TEXT, false},
    {AT(0, "8BPS\0\1"), "a Photoshop image", NO_TEXT, false},
    {AT(0, "\0\0\0\14jP  \r\n"), "a JPEG 2000 image", NO_TEXT, false},
    {AT(0, "\0\0\1\0"), "an icon", NO_TEXT, false},

    {AT(8, "WAVEfmt "), "a WAV recording", NO_TEXT, false},
    {AT(8, "AVI LIST"), "an AVI film", NO_TEXT, false},
    {AT(0, "ID3\2"), "an MP3 recording", NO_TEXT, false},
    {AT(0, "ID3\3"), "an MP3 recording", NO_TEXT, false},
    {AT(0, "ID3\4"), "an MP3 recording", NO_TEXT, false},
    {AT(0, "OggS\0"), "an Ogg recording", NO_TEXT, false},
    {AT(0, "fLaC\0"), "a FLAC recording", NO_TEXT, false},
    {AT(0, "MThd\0\0\0\6"), "a MIDI file", NO_TEXT, false},
    {AT(0, "\32\105\337\243"), "a Matroska or WebM film", NO_TEXT, false},
    {AT(0, "FLV\1"), "a Flash film", NO_TEXT, false},
    {AT(0, "\0\0\1\272"), "an MPEG film", NO_TEXT, false},
    {AT(0, "\60\46\262\165\216\146\317\21"), "a Windows Media file", NO_TEXT, false},

    {AT(0, "\177ELF"), "a program or library (ELF)", NO_TEXT, false},
    {AT(0, "\312\376\272\276"), "a Java class or macOS program", NO_TEXT, false},
    {AT(0, "\317\372\355\376"), "a macOS program", NO_TEXT, false},
    {AT(0, "\316\372\355\376"), "a macOS program", NO_TEXT, false},
    {AT(0, "\0asm"), "a WebAssembly program", NO_TEXT, false},
    {AT(0, "dex\n03"), "an Android program", NO_TEXT, false},
    {AT(0, "\33Lua"), "a compiled Lua program", NO_TEXT, false},
    {AT(0, "PACK\0\0\0\2"), "a Git pack", NO_TEXT, false},
    {AT(0, "DIRC\0\0\0"), "a Git index", NO_TEXT, false},
    {AT(0, "\377tOc"), "a Git pack index", NO_TEXT, false},
    {AT(0, "OTTO\0"), "a font", NO_TEXT, false},
    {AT(0, "\0\1\0\0\0"), "a TrueType font", NO_TEXT, false},
    {AT(0, "wOFF\0"), "a font", NO_TEXT, false},
    {AT(0, "wOF2\0"), "a font", NO_TEXT, false},

    {AT(0, "]\0\0"), "an LZMA file", DECOMPRESS, false},
    {AT(0, "\211LZO\0\r\n\32\n"), "an lzop file", DECOMPRESS, false},
    {AT(0, "\377\6\0\0sNaPpY"), "a Snappy file", DECOMPRESS, false},
    {AT(0, "\37\36"), "a packed file (pack)", DECOMPRESS, false},
    {AT(0, "LRZI\0"), "an lrzip file", DECOMPRESS, false},
    {AT(0, "Salted__"), "a file encrypted by openssl", DECRYPT, false},
    {AT(0, "age-encryption.org/v1\n"), "a file encrypted by age", DECRYPT, false},
    {AT(0, "-----BEGIN PGP MESSAGE-----"), "a file encrypted by PGP", DECRYPT, false},
    {AT(0, "version https://git-lfs.github.com/spec/"), "a Git LFS pointer, not the file itself",
     LFS_PULL, false},
};

/* Formats whose marks are more than bytes at one place. */

/* PE programs: "MZ", and at the place that byte 60 gives "PE\0\0". */
static bool is_windows_program(const uint8_t *start, size_t length)
{
    if (length < 64 || memcmp(start, "MZ", 2) != 0)
        return false;
    uint32_t header = gv_bytes_get32(start + 60);
    return header >= 64 && header < length - 4 && memcmp(start + header, "PE\0\0", 4) == 0;
}

/* BMP: "BM", the size, four bytes of 0. */
static bool is_bitmap(const uint8_t *start, size_t length)
{
    return length >= 14 && memcmp(start, "BM", 2) == 0 && gv_bytes_get32(start + 6) == 0;
}

/* MP4, MOV, HEIC: a first box called "ftyp", of less than 64 KiB. */
static bool is_mp4(const uint8_t *start, size_t length)
{
    return length >= 12 && start[0] == 0 && start[1] == 0 && memcmp(start + 4, "ftyp", 4) == 0;
}

static bool is_noise(const uint8_t *start, size_t length)
{
    gv_kind_sample sample = {0};
    gv_kind_count(&sample, start, length < GV_KIND_BYTES ? length : GV_KIND_BYTES);
    return gv_kind_is_noise(&sample);
}

/* ORC: no more than "ORC", so what follows must not look like text. */
static bool is_orc(const uint8_t *start, size_t length)
{
    return length >= 16 && memcmp(start, "ORC", 3) == 0 && is_noise(start, length);
}

/* safetensors: the length of a JSON object in 8 bytes, then the object. */
static bool is_safetensors(const uint8_t *start, size_t length)
{
    return length >= 10 && memcmp(start + 3, "\0\0\0\0\0{\"", 7) == 0;
}

/* MPEG audio without a tag: frame sync, layer 3, no reserved rates. */
static bool is_mp3(const uint8_t *start, size_t length)
{
    return length >= 4 && start[0] == 0xff && (start[1] & 0xe6) == 0xe2 &&
           (start[2] & 0xf0) != 0xf0 && (start[2] & 0xf0) != 0 && (start[2] & 0x0c) != 0x0c;
}

/* tar of before 1988 has no magic: a name, then the sum of the header's bytes in octal digits. */
static bool is_old_tar(const uint8_t *start, size_t length)
{
    enum { HEADER = 512, SUM_AT = 148, SUM_BYTES = 8 };
    if (length < HEADER || start[0] == 0)
        return false;
    unsigned stated = 0, sum = 0, digits = 0;
    for (size_t i = 0; i < SUM_BYTES; i++) {
        uint8_t c = start[SUM_AT + i];
        if (c >= '0' && c <= '7') {
            stated = stated * 8 + (c - '0');
            digits++;
        } else if (c != ' ' && c != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < HEADER; i++) /* the field itself counts as blanks */
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : start[i];
    return digits > 0 && stated == sum;
}

static const struct {
    bool (*is)(const uint8_t *start, size_t length);
    magic kind;
} shapes[] = {
    {is_windows_program, {AT(0, ""), "a Windows program", NO_TEXT, false}},
    {is_bitmap, {AT(0, ""), "a BMP image", NO_TEXT, false}},
    {is_mp4, {AT(0, ""), "an MP4 film or HEIC image", NO_TEXT, false}},
    {is_orc, {AT(0, ""), "an ORC table", CONVERT, false}},
    {is_safetensors, {AT(0, ""), "a safetensors file", CONVERT, false}},
    {is_mp3, {AT(0, ""), "an MP3 recording", NO_TEXT, false}},
    {is_old_tar, {AT(0, ""), "a tar archive", EXTRACT, true}},
};

/* Does `m` only look like a magic number because text can begin like that? */
static bool is_likely_text(const magic *m, const uint8_t *start, size_t length)
{
    /* digits: cpio in its text forms has only octal or hexadecimal digits for a while */
    if (m->bytes[0] != '0' || m->length != 6)
        return false;
    for (size_t i = 6; i < 70; i++)
        if (i >= length ||
            !((start[i] >= '0' && start[i] <= '9') || (start[i] >= 'a' && start[i] <= 'f') ||
              (start[i] >= 'A' && start[i] <= 'F')))
            return true;
    return false;
}

static const magic *find_magic(const uint8_t *start, size_t length)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const magic *m = &magics[i];
        if (length >= m->offset + m->length &&
            memcmp(start + m->offset, m->bytes, m->length) == 0 &&
            !is_likely_text(m, start, length))
            return m;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].is(start, length))
            return &shapes[i].kind;
    return NULL;
}

/* Packages: a zip archive whose members are the parts of one thing. The first member may tell, by
 * its name and, if it is stored as it is, what follows the name. */
static const struct {
    const char *mark, *member;
    magic kind;
} packages[] = {
    {"mimetypeapplication/epub+zip",
     "META-INF/container.xml",
     {AT(0, ""), "an EPUB book", TO_TEXT, true}},
    {"mimetypeapplication/vnd.oasis",
     "META-INF/manifest.xml",
     {AT(0, ""), "an OpenDocument file", TO_TEXT, true}},
    {"[Content_Types].xml",
     "[Content_Types].xml",
     {AT(0, ""), "a Microsoft Office document", TO_TEXT, true}},
    {"META-INF/MANIFEST.MF", NULL, {AT(0, ""), "a Java archive", NO_TEXT, true}},
    {".npy", NULL, {AT(0, ""), "a NumPy archive (.npz)", CONVERT, true}},
    {"/data.pkl", NULL, {AT(0, ""), "a PyTorch model", CONVERT, true}},
};

static const magic *look_into_zip(const uint8_t *start, size_t length)
{
    enum { NAME_AT = 30, NEAR = 120 };
    size_t n = length < NEAR ? length : NEAR;
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
        if (n > NAME_AT &&
            memmem(start + NAME_AT, n - NAME_AT, packages[i].mark, strlen(packages[i].mark)))
            return &packages[i].kind;
    return NULL;
}

static const magic *find(const uint8_t *start, size_t length)
{
    const magic *m = find_magic(start, length);
    const magic *zip = m && memcmp(start, "PK\3\4", 4) == 0 ? look_into_zip(start, length) : NULL;
    return zip ? zip : m;
}

const char *gv_kind_binary(const uint8_t *start, size_t length)
{
    const magic *m = find(start, length);
    return m ? m->what : NULL;
}

bool gv_kind_is_archive(const uint8_t *start, size_t length)
{
    const magic *m = find(start, length);
    return m && m->archive;
}

bool gv_kind_is_textless(const uint8_t *start, size_t length)
{
    const magic *m = find(start, length);
    return m && m->way_out == NO_TEXT;
}

const char *gv_kind_package(const char *member, const uint8_t *start, size_t length)
{
    static const char mimetype[] = "mimetype";
    bool states = strcmp(member, mimetype) == 0;
    for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
        const char *mark = packages[i].mark;
        if (packages[i].member && strcmp(member, packages[i].member) == 0)
            return packages[i].kind.what;
        if (!states || strncmp(mark, mimetype, sizeof mimetype - 1) != 0)
            continue;
        mark += sizeof mimetype - 1;
        if (length >= strlen(mark) && memcmp(start, mark, strlen(mark)) == 0)
            return packages[i].kind.what;
    }
    return NULL;
}

/* UTF-16 of languages whose characters have no high byte of 0 (Chinese, Japanese) shows at the ends
 * of lines. */
static const char *wide_by_newlines(const uint8_t *start, size_t length)
{
    enum { LEAST = 3 };
    size_t little = 0, big = 0, other = 0;
    for (size_t i = 0; i < length; i++) {
        if (start[i] != '\n')
            continue;
        if (i % 2 == 0 && i + 1 < length && start[i + 1] == 0)
            little++;
        else if (i % 2 == 1 && start[i - 1] == 0)
            big++;
        else
            other++;
    }
    if (little >= LEAST && little > 9 * (big + other))
        return "UTF-16LE";
    return big >= LEAST && big > 9 * (little + other) ? "UTF-16BE" : NULL;
}

const char *gv_kind_wide(const uint8_t *start, size_t length)
{
    if (length >= 4 && memcmp(start, "\xff\xfe\0\0", 4) == 0)
        return "UTF-32LE";
    if (length >= 4 && memcmp(start, "\0\0\xfe\xff", 4) == 0)
        return "UTF-32BE";
    if (length >= 2 && memcmp(start, "\xff\xfe", 2) == 0)
        return "UTF-16LE";
    if (length >= 2 && memcmp(start, "\xfe\xff", 2) == 0)
        return "UTF-16BE";
    /* without a mark: most characters of most texts have a high byte of 0, on one side always */
    size_t units = (length < GV_KIND_BYTES ? length : GV_KIND_BYTES) / 4, nul[4] = {0};
    for (size_t i = 0; i < 4 * units; i++)
        nul[i % 4] += start[i] == 0;
    size_t many = units / 2, few = units / 50;
    if (units < 4)
        return NULL;
    if (nul[0] <= few && nul[1] > many && nul[2] <= few && nul[3] > many)
        return "UTF-16LE";
    if (nul[0] > many && nul[1] <= few && nul[2] > many && nul[3] <= few)
        return "UTF-16BE";
    if (nul[0] <= few && nul[2] == units && nul[3] == units)
        return "UTF-32LE";
    if (nul[0] == units && nul[1] == units && nul[3] <= few)
        return "UTF-32BE";
    return wide_by_newlines(start, 4 * units);
}

void gv_kind_count(gv_kind_sample *sample, const uint8_t *bytes, size_t length)
{
    const uint8_t *end = bytes + length;
    for (int i = 0; i < 3 && bytes < end && (*bytes & 0xc0) == 0x80; i++)
        bytes++; /* the rest of a character */
    sample->bytes += (size_t)(end - bytes);
    while (bytes < end) {
        bool well_formed = true;
        size_t unit = gv_utf8_unit(bytes, end, &well_formed);
        if (unit == 0)
            return;
        if (!well_formed)
            sample->invalid += unit;
        /* backspace to carriage return, end of file (DOS) and escape are found in text */
        else if (bytes[0] < 0x20 && !(bytes[0] >= 8 && bytes[0] <= 13) && bytes[0] != 0x1a &&
                 bytes[0] != 0x1b)
            sample->control++;
        bytes += unit;
    }
}

bool gv_kind_is_noise(const gv_kind_sample *sample)
{
    /* Latin-1 text in European languages has up to 15 % of invalid bytes, compressed or encrypted
     * data half; numbers have NULs, and text hardly any */
    enum { LEAST = 8, CONTROL_PERCENT = 10, ODD_PERCENT = 30 };
    uint64_t odd = sample->control + sample->invalid;
    return odd >= LEAST && (sample->control * 100 > sample->bytes * CONTROL_PERCENT ||
                            odd * 100 > sample->bytes * ODD_PERCENT);
}

static const char *advice(enum way_out way_out)
{
    switch (way_out) {
    case EXTRACT:
        return "extract it and name the files of text";
    case CONVERT:
        return "export its text, and name that";
    case TO_TEXT:
        return "convert it to text first (pdftotext, pandoc -t plain, libreoffice --convert-to "
               "txt)";
    case DECOMPRESS:
        return "decompress it, or compress it with gzip, bzip2, xz or zstd";
    case DECRYPT:
        return "decrypt it first";
    case LFS_PULL:
        return "get the file with git lfs pull";
    case OWN:
        return "name the text it was made from";
    case NO_TEXT:
        break;
    }
    return "name a file of text";
}

static int refuse(const magic *m, const char *path, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s: this is %s, not text; %s", path, m->what,
                        advice(m->way_out));
}

int gv_kind_check_package(const uint8_t *start, size_t length, const char *path, gv_error *err)
{
    const magic *m = find(start, length);
    return m && m->way_out != EXTRACT ? refuse(m, path, err) : GV_OK;
}

int gv_kind_check_text(const uint8_t *start, size_t length, const char *path, gv_error *err)
{
    const magic *m = find(start, length);
    if (m)
        return refuse(m, path, err);
    const char *wide = gv_kind_wide(start, length);
    if (wide)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: this is %s text, not UTF-8; convert it: iconv -f %s -t UTF-8 FILE "
                            "> NEW_FILE",
                            path, wide, wide);
    return is_noise(start, length) ? gv_kind_refuse_noise(start, length, path, err) : GV_OK;
}

int gv_kind_refuse_noise(const uint8_t *start, size_t length, const char *path, gv_error *err)
{
    char encoding[64];
    if (gv_icu_guess_encoding(encoding, sizeof encoding, (const char *)start, length))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: this is not UTF-8 text; it could be %s: iconv -f %s -t UTF-8 FILE "
                            "> NEW_FILE",
                            path, encoding, encoding);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: this is not UTF-8 text (too many NUL, control or invalid bytes); name "
                        "a file of text; text in another encoding is converted with iconv -f "
                        "ENCODING -t UTF-8 FILE > NEW_FILE",
                        path);
}

int gv_kind_refuse_package(const char *what, const char *path, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s: this is %s, not text; %s", path, what,
                        advice(TO_TEXT));
}
