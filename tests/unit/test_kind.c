/* gv_kind: files that are not text are recognised, text that looks like them is not. */
#include "support/gv_test.h"
#include "text/gv_kind.h"
#include <string.h>

typedef struct known_kind {
    const char *bytes;
    size_t length;
    const char *what; /* a part of the name */
} known_kind;

#define OF(text) (text), sizeof(text) - 1

static const known_kind binaries[] = {
    {OF("PK\3\4\24\0\0\0\10\0text8"), "a zip archive"},
    {OF("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\10\0\0\0mimetypeapplication/epub+zip"),
     "an EPUB book"},
    {OF("PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\23\0\0\0[Content_Types].xml"),
     "a Microsoft Office document"},
    {OF("PK\5\6\0\0\0\0"), "an empty zip archive"},
    {OF("7z\274\257\47\34\0\4"), "a 7z archive"},
    {OF("%PDF-1.7\n%"), "a PDF document"},
    {OF("\211PNG\r\n\32\n\0\0\0\15IHDR"), "a PNG image"},
    {OF("\377\330\377\340\0\20JFIF"), "a JPEG image"},
    {OF("GIF89a\1\0\1\0"), "a GIF image"},
    {OF("PAR1\25\4\25\0"), "a Parquet table"},
    {OF("\223NUMPY\1\0v\0{'descr'"), "a NumPy array"},
    {OF("SQLite format 3\0\20\0"), "an SQLite database"},
    {OF("\17\0\0\0\0\0\0\0{\"a\": {}}      "), "a safetensors file"},
    {OF("\177ELF\2\1\1\0"), "ELF"},
    {OF("\320\317\21\340\241\261\32\341\0\0"), "a Microsoft Office document"},
    {OF("PACK\0\0\0\2\0\0\0\5"), "a Git pack"},
    {OF("\312\376\272\276\0\0\0\75"), "a Java class"},
    {OF("ID3\4\0\0"), "an MP3 recording"},
    {OF("\377\373\220\104\0\0"), "an MP3 recording"},
    {OF("\0\0\0\40ftypisom\0\0\2\0"), "an MP4 film"},
    {OF("GVCOUNTS\1\0\0\0"), "counts.bin"},
    {OF("GVSUBW\r\n\1\0\0\0"), "subwords.bin"},
    {OF("GVEMBD\r\n\1\0\0\0"), "embed.bin"},
    {OF("\272\26O/\14\0\0\0"), "fastText"},
    {OF("version https://git-lfs.github.com/spec/v1\noid sha256:0"), "a Git LFS pointer"},
};

Test(kind, recognises_binary_files)
{
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) {
        const char *what = gv_kind_binary((const uint8_t *)binaries[i].bytes, binaries[i].length);
        cr_assert(what && strstr(what, binaries[i].what), "%s: %s", binaries[i].what,
                  what ? what : "(none)");
    }
}

static const char *const texts[] = {
    "the quick brown fox\n",
    "PK is short for primary key\n",
    "PACK your things\n",
    "BM is a city code, and nothing else here\n",
    "MZ are the first letters of a name, and the text goes on for more than sixty-four bytes\n",
    "PAR1 is a gene\n",
    "ORC\nelf\ndwarf\nhobbit\n",
    "GGUF is a format\n",
    "CDF 1\n",
    "soft ftyp\n",
    "softftyp and more\n",
    "070707 is a number, and not one of cpio\n",
    "070707\n070708\n070709\n",
    "RIFF raff WAVE\n",
    "7z\n",
    "ID3 tags\n",
    "OggS\n",
    "{\"json\": true}\n",
    "a",
    "",
    "BZh is bzip2\n",
    "na\xefve caf\xe9s in Latin-1 are text with odd bytes, of which most of it is plain ASCII\n",
    "\xef\xbb\xbfwith a byte order mark\n",
    "\xe8\xaa\x9e\xe5\xad\xa6\xe3\x81\xae\n",
};

Test(kind, leaves_text_alone)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        gv_error err = GV_ERROR_INIT;
        const uint8_t *bytes = (const uint8_t *)texts[i];
        int status = gv_kind_check_text(bytes, strlen(texts[i]), "x", &err);
        cr_assert_eq(status, GV_OK, "%s: %s", texts[i], err.text);
        cr_assert(!gv_kind_is_archive(bytes, strlen(texts[i])));
    }
}

/* A byte order mark, or the places of NUL bytes, tell UTF-16 and UTF-32. */
Test(kind, names_wide_encodings)
{
    const char *text = "The quick brown fox jumps over the lazy dog.\n";
    static const struct {
        const char *name;
        size_t unit, at;
    } wide[] = {{"UTF-16LE", 2, 0}, {"UTF-16BE", 2, 1}, {"UTF-32LE", 4, 0}, {"UTF-32BE", 4, 3}};
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[256] = {0};
        for (size_t k = 0; text[k]; k++)
            bytes[k * wide[i].unit + wide[i].at] = (uint8_t)text[k];
        const char *name = gv_kind_wide(bytes, strlen(text) * wide[i].unit);
        cr_assert(name && strcmp(name, wide[i].name) == 0, "%s: %s", wide[i].name, name);
        gv_error err = GV_ERROR_INIT;
        cr_assert_eq(gv_kind_check_text(bytes, strlen(text) * wide[i].unit, "x", &err),
                     GV_E_CORRUPT);
        cr_assert(strstr(err.text, "iconv -f UTF-"), "%s", err.text);
    }
    cr_assert_str_eq(gv_kind_wide((const uint8_t *)"\xff\xfe"
                                                   "a\0",
                                  4),
                     "UTF-16LE");
    cr_assert_str_eq(gv_kind_wide((const uint8_t *)"\xff\xfe\0\0"
                                                   "a\0\0\0",
                                  8),
                     "UTF-32LE");
}

static bool is_noise(const uint8_t *bytes, size_t length)
{
    gv_kind_sample sample = {0};
    gv_kind_count(&sample, bytes, length);
    return gv_kind_is_noise(&sample);
}

Test(kind, random_bytes_and_numbers_are_noise)
{
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), 0, 0);
    uint8_t bytes[2048];
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)gv_rng_next(&rng);
        cr_assert(is_noise(bytes, sizeof bytes));
        for (size_t i = 0; i < sizeof bytes; i += 4) /* small numbers in 32 bits */
            bytes[i] = bytes[i + 1] = 0;
        cr_assert(is_noise(bytes, sizeof bytes));
    }
    /* a few NUL and invalid bytes in text */
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += 20)
        bytes[i] = i % 40 ? 0 : 0xff;
    cr_assert(!is_noise(bytes, sizeof bytes));
}

/* Text in another encoding is refused with the name of it. */
Test(kind, guesses_the_encoding)
{
    static const char *const lines[][2] = {
        {"SHIFT_JIS", "\x8c\xe1\x94\x79\x82\xcd\x94\x4c\x82\xc5\x82\xa0\x82\xe9\x81\x42\x96\xbc\x91"
                      "\x4f\x82\xcd\x82\xdc\x82\xbe\x96\xb3\x82\xa2\x81\x42\n"},
        {"windows-1251", "\302\361\345 \361\367\340\361\362\353\350\342\373\345 \361"
                         "\345\354\374\350 \357\356\365\356\346\350 \344\360\363\343 "
                         "\355\340 \344\360\363\343\340, \352\340\346\344\340\377 \355"
                         "\345\361\367\340\361\362\353\350\342\340\377 \361\345\354"
                         "\374\377 \355\345\361\367\340\361\362\353\350\342\340 \357"
                         "\356-\361\342\356\345\354\363. "},
    };
    for (size_t i = 0; i < 2; i++) {
        const char *text = "";
        for (int k = 0; k < 20; k++)
            text = gv_test_format("%s%s", text, lines[i][1]);
        gv_error err = GV_ERROR_INIT;
        int status = gv_kind_check_text((const uint8_t *)text, strlen(text), "x", &err);
        cr_assert_eq(status, GV_E_CORRUPT);
        cr_assert(strcasestr(err.text, lines[i][0]), "%s: %s", lines[i][0], err.text);
    }
    /* Japanese in UTF-16 has hardly a byte of 0, but at the ends of lines */
    const char wide[] = "\x42\x30\x44\x30\x46\x30\n\0\x42\x30\x44\x30\x46\x30\n\0"
                        "\x42\x30\x44\x30\x46\x30\n\0\x42\x30\x44\x30\x46\x30\n";
    const char *name = gv_kind_wide((const uint8_t *)wide, sizeof wide);
    cr_assert(name && strcmp(name, "UTF-16LE") == 0);
}
