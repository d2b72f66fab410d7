/* Vector files as they come: compressed, from Windows, with a byte order mark, or something
 * else. */
#include "base/gv_mem.h"
#include "support/gv_test.h"
#include "vectors/gv_vectors.h"
#include "vectors/gv_vectors_input.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_frog(const char *path, bool mark, uint64_t cr_lines)
{
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_vectors_read(&vectors, path, 0, &err), err);
    cr_assert_eq(vectors->rows, 3, "%s", path);
    cr_assert_eq(vectors->dim, 2, "%s", path);
    cr_assert_eq(gv_vectors_find(vectors, "the"), 0, "%s: first word '%s'", path,
                 vectors->words[0]);
    cr_assert_eq(gv_vectors_find(vectors, "frog"), 1);
    cr_assert_eq(vectors->data[5], 6);
    cr_assert_eq(vectors->mark, mark, "%s", path);
    cr_assert_eq(vectors->cr_lines, cr_lines, "%s: %lu", path, vectors->cr_lines);
    gv_vectors_free(vectors);
}

static void expect_refused(const char *name, const char *bytes, size_t n, const char *what,
                           const char *remedy)
{
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_write(name, bytes, n);
    cr_assert_eq(gv_vectors_read(&vectors, path, 0, &err), GV_E_CORRUPT, "%s: %s", name, err.text);
    cr_assert_null(vectors);
    cr_assert_not_null(strstr(err.text, path), "%s", err.text);
    cr_assert_not_null(strstr(err.text, what), "no '%s' in '%s'", what, err.text);
    cr_assert_not_null(strstr(err.text, remedy), "no '%s' in '%s'", remedy, err.text);
}

Test(vectors_input, ends_of_lines_and_marks)
{
    static const struct {
        const char *text;
        bool mark;
        uint64_t cr_lines;
    } files[] = {
        {"the 1 2\nfrog 3 4\nsat 5 6\n", false, 0},
        {"the 1 2\r\nfrog 3 4\r\nsat 5 6\r\n", false, 3},
        {"the 1 2\rfrog 3 4\rsat 5 6\r", false, 3},
        {"the 1 2\rfrog 3 4\nsat 5 6", false, 1},
        {"3 2\r\nthe 1 2\r\nfrog 3 4\r\nsat 5 6", false, 3},
        {"3 2\rthe 1 2\rfrog 3 4\rsat 5 6\r", false, 4},
        {"\xef\xbb\xbfthe 1 2\nfrog 3 4\nsat 5 6\n", true, 0},
        {"\xef\xbb\xbf"
         "3 2\r\nthe 1 2\r\nfrog 3 4\r\nsat 5 6\r\n",
         true, 4},
        {"\r\nthe 1 2 \r\n\r\nfrog 3 4\t\r\nsat 5 6\r\n\r\n", false, 6},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        expect_frog(gv_test_write_text(gv_test_format("%zu.txt", i), files[i].text), files[i].mark,
                    files[i].cr_lines);
}

Test(vectors_input, word2vec_behind_a_mark)
{
    static const char file[] =
        "\xef\xbb\xbf"
        "3 2\nthe \0\0\x80\x3f\0\0\0\x40\nfrog \0\0\x40\x40\0\0\x80\x40\nsat "
        "\0\0\xa0\x40\0\0\xc0\x40\n";
    expect_frog(gv_test_write("mark.bin", file, sizeof file - 1), true, 0);
}

/* One file in a zip archive stands for it; of several none does. */
Test(vectors_input, zip_archives)
{
    gv_test_write_text("t.txt", "the 1 2\nfrog 3 4\nsat 5 6\n");
    gv_test_run_ok("glove-convert t.txt t.bin && cp t.txt glove.6B.50d.txt");
    if (system("/usr/bin/python3 -c 'import zipfile' 2>/dev/null") != 0)
        gv_test_skip("python3 is not installed");
    gv_test_run_ok("/usr/bin/python3 -c \"import zipfile as z\n"
                   "def make(name, *files):\n"
                   "    with z.ZipFile(name, 'w', z.ZIP_DEFLATED) as f:\n"
                   "        [f.write(x) for x in files]\n"
                   "make('one.zip', 't.txt'); make('two.zip', 't.bin')\n"
                   "make('several.zip', 'glove.6B.50d.txt', 't.bin')\"");
    expect_frog(gv_test_path("one.zip"), false, 0);
    expect_frog(gv_test_path("two.zip"), false, 0);
    gv_test_expect_error(gv_test_run("glove-query --vectors several.zip info"), 1, "several.zip",
                         "unzip", "glove.6B.50d.txt", NULL);
    gv_test_truncate(gv_test_path("one.zip"), 60);
    gv_test_expect_error(gv_test_run("glove-query --vectors one.zip info"), 1, "one.zip", NULL);
    gv_test_run_ok("tar cf t.tar t.txt");
    gv_test_expect_error(gv_test_run("glove-query --vectors t.tar info"), 1, "tar archive",
                         "tar xf", NULL);
}

Test(vectors_input, compressed_and_piped)
{
    gv_test_write_text("t.txt", "the 1 2\nfrog 3 4\nsat 5 6\n");
    gv_test_run_ok("glove-convert t.txt t.bin && gzip -k t.txt t.bin && xz -k t.txt && bzip2 -k "
                   "t.bin && zstd -q t.txt");
    static const char *const names[] = {"t.txt.gz", "t.bin.gz", "t.txt.xz", "t.bin.bz2",
                                        "t.txt.zst"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_frog(gv_test_path(names[i]), false, 0);
    gv_test_run_ok("cat t.bin.gz | glove-convert - piped.txt && glove-convert t.txt direct.txt && "
                   "cmp piped.txt direct.txt");
    gv_test_truncate(gv_test_path("t.bin.gz"), 30);
    gv_test_expect_error(gv_test_run("glove-convert t.bin.gz x.txt"), 1, "t.bin.gz", "truncated",
                         NULL);
    gv_test_run_ok("glove-convert t.txt t.db && gzip -k t.db && glove-convert t.txt t.safetensors");
    gv_test_expect_error(gv_test_run("glove-convert t.db.gz x.txt"), 1, "SQLite", "compressed",
                         NULL);
    gv_test_expect_error(gv_test_run("cat t.safetensors | glove-convert - x.txt"), 1, "safetensors",
                         "pipe", NULL);
}

/* A CR LF that straddles the buffer's end is one end of a line. */
Test(vectors_input, lines_across_the_buffer)
{
    enum { BYTES = (1 << 18) + 40 };
    for (size_t at = (1 << 18) - 3; at < (1 << 18) + 2; at++) {
        char *text = malloc(BYTES);
        memset(text, 'x', BYTES);
        memcpy(text + at, "\r\nlast\r", 7);
        const char *path = gv_test_write("long.txt", text, at + 7);
        free(text);
        gv_vectors_input *in;
        gv_vectors_input_text line;
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_vectors_input_open(&in, path, &err), err);
        gv_assert_ok(gv_vectors_input_line(in, &line, &err), err);
        cr_assert_eq(line.length, at);
        gv_assert_ok(gv_vectors_input_line(in, &line, &err), err);
        cr_assert_str_eq(line.text, "last", "at %zu", at);
        cr_assert(line.cr && !line.open);
        gv_assert_ok(gv_vectors_input_line(in, &line, &err), err);
        cr_assert_null(line.text);
        gv_vectors_input_close(in);
    }
}

#define REFUSE(name, bytes, what, remedy)                                                          \
    expect_refused(name, bytes, sizeof(bytes) - 1, what, remedy)

Test(vectors_input, what_is_something_else)
{
    REFUSE("a.html", "<!DOCTYPE html>\n<html>\n404 1 2\n", "HTML", "obtain");
    REFUSE("a.xml", "<?xml version=\"1.0\"?>\n<Error>AccessDenied</Error>", "XML", "obtain");
    REFUSE("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 123\n", "LFS",
           "git lfs pull");
    REFUSE("a.json", "{\"king\": [0.1, 0.2],\n \"queen\": [0.3, 0.1]}\n", "JSON", "lines");
    REFUSE("a.csv", "king,0.1,0.2\nqueen,0.3,0.1\n", "commas", "tr ',");
    REFUSE("b.csv", "king, 0.1, 0.2\nqueen, 0.3, 0.1\n", "commas", "tr ',");
    REFUSE("d.csv", "king, 0.1, 0.2, 1\nqueen, 0.3, 0.1, 2\n", "commas", "tr ',");
    REFUSE("c.txt", "king 0,1 0,2\nqueen 0,3 0,1\n", "decimal commas", "tr , .");
    REFUSE("a.model", "\x80\x04\x95\x20\0\0\0\0\0\0\0", "pickle", "save_word2vec_format");
    REFUSE("b.model", "ccopy_reg\n_reconstructor\np0\n(cgensim", "pickle", "save_word2vec_format");
    REFUSE("a.pt", "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0archive/data.pkl",
           "PyTorch", "text");
    REFUSE("a.npz", "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0arr_0.npy", "npz",
           "--words");
    REFUSE("a.zip", "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0glove.6B.50d.txt",
           "zip archive", "glove.6B.50d.txt");
    REFUSE("b.zip", "PK\3\4\0", "zip archive", "obtain");
    REFUSE("utf16.txt", "\xff\xfet\0h\0e\0 \0001\0 \0002\0\n\0", "UTF-16LE", "iconv");
    REFUSE("vocab.txt", "the 100\nof 50\nand 50\n", "counts", "vectors.*");
    REFUSE("pairs.txt", "tiger\tcat\t7.35\nbook\tpaper\t7.46\n", "pairs", "eval.similarity");
    REFUSE("counts.bin", "GVCOUNTS\1\0\0\0", "co-occurrence", "glove-shuffle");
    REFUSE("model.ckpt", "GVCKPT\r\n\2\0\0\0", "checkpoint", "vectors.*");
    REFUSE("subwords.bin", "GVSUBW\r\n\1\0\0\0", "n-grams", "vectors.*");
    REFUSE("embed.bin", "GVEMBD\r\n\1\0\0\0", "glove-embed", "vectors.*");
    REFUSE("raw.bin", "\1\2\3\4\0\0\xf0\x3f\1\2\3\4\5\6\x10\x40", "binary data", "-binary 0");
    REFUSE("program", "\177ELF\2\1\1\0\0\0", "ELF", "formats");
}

/* What only looks like one of these is read. */
Test(vectors_input, odd_first_words)
{
    static const char *const files[] = {"{ 0.1 0.2\n[ 0.3 0.1\n",
                                        "<html 0.1 0.2\n<? 0.3 0.1\n",
                                        ", 0.1 0.2\n; 0.3 0.1\n",
                                        "PK 0.1 0.2\nGIF89a 1 2\n",
                                        "1984 0.5\n2001 0.25\n",
                                        "a, 0.5\n;;; 0.25\n",
                                        "90 85\n7 3\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gv_vectors *vectors;
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_vectors_read(&vectors, gv_test_write_text("odd", files[i]), 0, &err), err);
        cr_assert_eq(vectors->rows, 2);
        gv_vectors_free(vectors);
    }
}

Test(vectors_input, rows_know_their_lines)
{
    const gv_vectors_options options = {.lines = true, .skip_damaged = true};
    gv_vectors *vectors;
    gv_error err = GV_ERROR_INIT;
    const char *path = gv_test_write_text("l.txt", "9 2\na 1 2\n\nb x\nc 3 4\n 5 6\nd 7 8\n");
    gv_assert_ok(gv_vectors_read_with(&vectors, path, &options, &err), err);
    cr_assert_eq(vectors->rows, 3);
    cr_assert_eq(vectors->lines[1], 5);
    cr_assert_eq(vectors->lines[2], 7);
    cr_assert(vectors->header_wrong);
    cr_assert_not_null(strstr(vectors->note, "line 6"), "%s", vectors->note);
    gv_vectors_free(vectors);
}

/* Lines that begin with more than a word are read, and told. */
Test(vectors_input, more_than_a_word)
{
    static const struct {
        const char *text, *note;
    } files[] = {{"1 the 1 2\n2 frog 3 4\n3 sat 5 6\n", "3 of 3 words hold blanks"},
                 {"\"the\" 1 2\n\"frog\" 3 4\n\"sat\" 5 6\n", "double quotes"},
                 {"the 1 2\nfrog 3 4\nNew York 5 6\n", NULL}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        gv_vectors *vectors;
        gv_error err = GV_ERROR_INIT;
        gv_assert_ok(gv_vectors_read(&vectors, gv_test_write_text("w", files[i].text), 0, &err),
                     err);
        cr_assert(files[i].note ? vectors->note && strstr(vectors->note, files[i].note)
                                : !vectors->note,
                  "%s", vectors->note);
        gv_vectors_free(vectors);
    }
}

/* A cut row does not outvote the header. */
Test(vectors_input, header_decides_between_lengths)
{
    expect_refused("h.txt", "2 3\nthe 1 2 3\nfrog 2 1\n", 23, "line 3", "has 2 numbers");
}

Test(vectors_input, words_of_an_array)
{
    gv_test_write_text("t.txt", "the 1 2\nNew York 3 4\nsat 5 6\n");
    gv_test_run_ok("glove-convert t.txt t.npy");
    gv_test_write_text("words", "\xef\xbb\xbfthe 10\r\n\r\n New York 7 \r\nsat\t3\r\n\r\n");
    gv_test_run_ok(
        "glove-convert t.npy back.txt --words words && glove-convert t.txt t2.txt && cmp "
        "back.txt t2.txt && gzip -k words && glove-convert t.npy back.txt --words "
        "words.gz && cmp back.txt t2.txt");
    gv_test_expect_error(gv_test_run("glove-convert t.npy x.txt --words t.npy"), 1, "NumPy", NULL);
}

Test(vectors_input, repair_is_named)
{
    gv_test_write_text("h.txt", "9 2\na 1 2\nb 3 4\n");
    gv_test_expect_error(gv_test_run("glove-query --vectors h.txt info"), 1, "states 9 rows, but 2",
                         "--skip-damaged", NULL);
    gv_test_run_ok("glove-convert --skip-damaged h.txt new.txt");
    gv_test_run_ok("glove-query --vectors new.txt info");
}

/* Every allocation fails once: an error, or what would have been read. */
Test(vectors_input, failing_allocations)
{
    gv_test_write_text("t.txt", "\xef\xbb\xbfthe 1 2\r\nfrog 3 4\r\nsat 5 6");
    gv_test_run_ok("gzip -k t.txt");
    static const char *const names[] = {"t.txt", "t.txt.gz"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (uint64_t n = 1;; n++) {
            const gv_vectors_options options = {.lines = true};
            gv_vectors *vectors = NULL;
            gv_error err = GV_ERROR_INIT;
            const char *path = gv_test_path(names[i]);
            gv_mem_fail_at(n, 1);
            int status = gv_vectors_read_with(&vectors, path, &options, &err);
            gv_mem_fail_at(0, 0);
            if (status == GV_OK) {
                cr_assert_eq(vectors->rows, 3);
                gv_vectors_free(vectors);
                break;
            }
            cr_assert_eq(status, GV_E_MEMORY, "%s, %lu: %s", path, n, err.text);
            cr_assert_null(vectors);
        }
}
