/* glove-convert and files as others write them: every kind of damage and oddity is told with its
 * line, and what was read comes out again. */
#include "support/gv_test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void expect_text(const char *name, const char *text)
{
    char *found = gv_test_read(gv_test_path(name), NULL);
    cr_assert_str_eq(found, text, "%s: %s", name, found);
    free(found);
}

static void expect_in(const char *text, const char *what)
{
    cr_assert_not_null(strstr(text, what), "no '%s' in '%s'", what, text);
}

/* Converted to text, `bytes` give `text`. */
static void expect_converted(const char *bytes, const char *text)
{
    gv_test_write_text("in.txt", bytes);
    gv_test_run_ok("glove-convert in.txt out.txt");
    expect_text("out.txt", text);
}

#define THREE "a 1.000000 2.000000 3.000000\nb 4.000000 5.000000 6.000000\n"

Test(convert_files, headers_of_data_frames)
{
    expect_converted("word 0 1 2\na 1 2 3\nb 4 5 6\n", THREE);
    expect_converted("\t0\t1\t2\na\t1\t2\t3\nb\t4\t5\t6\n", THREE);
    expect_converted("V1 V2 V3\na 1 2 3\nb 4 5 6\n", THREE);
    expect_converted("\"V1\" \"V2\" \"V3\"\n\"a\" 1 2 3\n\"b\" 4 5 6\n", THREE);
    expect_converted("word dim0 dim1 dim2\na 1 2 3\nb 4 5 6\n", THREE);
    /* these are rows */
    expect_converted("a 1 2 3\nb 4 5 6\n", THREE);
    expect_converted("zero 0 1 2\nb 4 5 6\n",
                     "zero 0.000000 1.000000 2.000000\nb 4.000000 5.000000 6.000000\n");
}

/* The traits of GloVe's 840B file: words that hold blanks, U+00A0, U+0085 and CR, addresses,
 * several rows of one word. */
Test(convert_files, words_as_in_the_wild)
{
    gv_test_write_text("w.txt", ". . . 1 2 3\nat name@domain.com 4 5 6\na\xc2\xa0"
                                "b 1 1 2\nc\xc2\x85"
                                "d 1 2 2\ncr\rword 1 0 1\n<unk> 1 2 1\nunk 2 2 3\nunk 9 9 8\n");
    gv_test_result result = gv_test_run_ok("glove-convert --list-problems w.txt w.bin");
    expect_in(result.out, "w.txt: line 1: has a word with white space, at which other programs "
                          "split: . . .; written as ._._.\n");
    expect_in(result.out, "line 3: has a word with white space, at which other programs split: "
                          "a<U+00A0>b; kept\n");
    expect_in(result.out, "line 4:");
    expect_in(result.out, "line 5:");
    expect_in(result.out, "line 8: repeats the word of an earlier row: unk; left out\n");
    expect_in(result.err, "w.bin: word2vec, rows in: 8, rows out: 7");
    gv_test_run_ok("glove-convert w.bin back.txt && glove-convert w.txt same.txt");
    char *same = gv_test_read(gv_test_path("same.txt"), NULL);
    expect_in(same, "\nat name@domain.com 4.000000");
    expect_in(same, "\ncr\rword 1.000000");
    cr_assert_null(strstr(same, "9.000000"), "%s", same);
    gv_test_run_ok("glove-convert same.txt again.txt && cmp same.txt again.txt");
}

Test(convert_files, problems_are_listed)
{
    gv_test_write_text("bad.txt", "\xef\xbb\xbf"
                                  "a 1 2\r\nb 1\na 3 4\n 5 6\nc nan 1\nd 0 0\n\xff 1 2\ne 1,5 2\n");
    gv_test_write_text("kept.bin", "before");
    gv_test_result result = gv_test_run("glove-convert --list-problems bad.txt kept.bin");
    gv_test_expect_error(result, 1, "damage in 2 places", "kept.bin is not written",
                         "--skip-damaged", NULL);
    expect_text("kept.bin", "before");
    static const char *const lines[] = {
        "bad.txt: line 1: begins with a byte order mark; not written\n",
        "bad.txt: line 2: has 1 numbers instead of 2; the file is not converted\n",
        "bad.txt: line 3: repeats the word of an earlier row: a; left out\n",
        "bad.txt: line 4: has numbers but no word; left out\n",
        "bad.txt: line 5: has NaN or infinite numbers: c; kept\n",
        "bad.txt: line 6: has zeros only: d; kept\n",
        "bad.txt: line 7: has a word that is not valid UTF-8: ",
        "bad.txt: line 8: has \"1,5\" where a number is expected; write 0.5 for 0,5; the file is",
        "bad.txt: lines that end in CR: 1; not written\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect_in(result.out, lines[i]);
    result = gv_test_run_ok("glove-convert --skip-damaged --list-problems --json bad.txt x.bin");
    gv_test_write_text("list.json", result.out);
    gv_test_run_ok("python3 -c 'import json; j = json.load(open(\"list.json\")); "
                   "assert (j[\"rows_in\"], j[\"rows_out\"]) == (8, 4), j; "
                   "assert [p[\"kind\"] for p in j[\"problems\"]] == [\"damaged\", "
                   "\"repeated-word\", \"no-word\", \"not-finite\", \"zeros\", \"not-utf8\", "
                   "\"damaged\", \"byte-order-mark\", \"cr\"], j; "
                   "assert j[\"problems\"][0][\"line\"] == 2'");
    gv_test_write_text("good.txt", "a 1 2\nb 3 4\n");
    result = gv_test_run_ok("glove-convert --list-problems good.txt");
    cr_assert_str_eq(result.out, "good.txt: no problem found\n");
    /* the vectors have standard output to themselves */
    result = gv_test_run_ok("glove-convert --to text --list-problems good.txt -");
    cr_assert_str_eq(result.out, "a 1.000000 2.000000\nb 3.000000 4.000000\n");
    result = gv_test_run("glove-convert --json check none.txt");
    cr_assert_eq(result.exit_code, 1);
    expect_in(result.out, "\"error\": \"cannot read none.txt");
}

/* What is read of a truncated binary file, if that is wanted. */
Test(convert_files, truncated_word2vec)
{
    gv_test_write_text("v.txt", "a 1 2\nb 3 4\nc 5 6\n");
    gv_test_run_ok("glove-convert v.txt v.bin && head -c 20 v.bin > cut.bin");
    gv_test_expect_error(gv_test_run("glove-convert cut.bin x.txt"), 1, "cut.bin", "truncated",
                         NULL);
    gv_test_run_ok("glove-convert --skip-damaged cut.bin x.txt");
    expect_text("x.txt", "a 1.000000 2.000000\n");
    gv_test_result result = gv_test_run("glove-convert --list-problems cut.bin");
    expect_in(result.out, "cut.bin: row 2: ends after 1 of the 3 rows stated in line 1; found\n");
    cr_assert_eq(result.exit_code, 1);
}

/* The projector's table is read with its words, with and without names of columns. */
Test(convert_files, projector)
{
    gv_test_write_text("v.txt", THREE);
    static const char *const metadata[] = {"a\nb\n", "word\na\nb\n", "count\tword\n7\ta\n8\tb\n",
                                           "a\r\nb\r\n"};
    gv_test_run_ok("glove-convert v.txt v.tsv");
    for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
        gv_test_write_text("metadata.tsv", metadata[i]);
        gv_test_run_ok("glove-convert v.tsv back.txt");
        expect_text("back.txt", THREE);
    }
    gv_test_write_text("metadata.tsv", "a\n");
    gv_test_expect_error(gv_test_run("glove-convert v.tsv back.txt"), 1, "metadata.tsv", "1 lines",
                         NULL);
    gv_test_write_text("metadata.tsv", "a\nb\nc\n");
    gv_test_expect_error(gv_test_run("glove-convert v.tsv back.txt"), 1, "metadata.tsv",
                         "more lines", NULL);
    gv_test_write_text("other", "a\nb\n");
    gv_test_run_ok("glove-convert v.tsv back.txt --words other");
    expect_text("back.txt", THREE);
}

/* npy of every kind that numpy writes, and safetensors of others, with the words elsewhere. */
Test(convert_files, arrays_of_numpy, .timeout = 120)
{
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0)
        gv_test_skip("python3-numpy is not installed");
    gv_test_write_text("words", "a 10\nb 9\n");
    gv_test_write_text(
        "make.py",
        "import numpy as np, json, struct\n"
        "from numpy.lib import format as f\n"
        "m = np.array([[1, 2, 3], [4, 5, 6]])\n"
        "n = 0\n"
        "for t in ('<f4', '>f4', '<f8', '>f8', '<f2'):\n"
        "    for order in 'CF':\n"
        "        for version in ((1, 0), (2, 0), (3, 0)):\n"
        "            with open('%d.npy' % n, 'wb') as out:\n"
        "                f.write_array(out, np.asarray(m, t, order), version)\n"
        "            n += 1\n"
        "np.save('ints.npy', m)\n"
        "np.save('flat.npy', m.astype('f4').ravel())\n"
        "def tensors(name, kind, raw, meta, tensor):\n"
        "    h = {tensor: {'dtype': kind, 'shape': [2, 3], 'data_offsets': [0, len(raw)]}}\n"
        "    if meta: h['__metadata__'] = meta\n"
        "    h = json.dumps(h).encode()\n"
        "    open(name, 'wb').write(struct.pack('<Q', len(h)) + h + raw)\n"
        "tensors('0.safetensors', 'F16', m.astype('<f2').tobytes(), None, 'embeddings')\n"
        "tensors('1.safetensors', 'F64', m.astype('<f8').tobytes(), None, 'embedding.weight')\n"
        "tensors('2.safetensors', 'BF16', (m.astype('<f4').view('<u4') >> "
        "16).astype('<u2').tobytes(),\n"
        "        {'format': 'pt'}, 'model.tokens')\n"
        "tensors('own.safetensors', 'F32', m.astype('<f4').tobytes(), {'vocab': '[\"a\", "
        "\"b\"]'}, 'vectors')\n");
    gv_test_run_ok("/usr/bin/python3 make.py");
    for (int i = 0; i < 30; i++) {
        gv_test_run_ok("glove-convert %d.npy back.txt --words words", i);
        expect_text("back.txt", THREE);
    }
    for (int i = 0; i < 3; i++) {
        gv_test_run_ok("glove-convert %d.safetensors back.txt --words words", i);
        expect_text("back.txt", THREE);
        gv_test_expect_error(gv_test_run("glove-convert %d.safetensors back.txt", i), 1, "no words",
                             "--words", NULL);
    }
    gv_test_run_ok("glove-convert own.safetensors back.txt");
    expect_text("back.txt", THREE);
    gv_test_expect_error(gv_test_run("glove-convert ints.npy x.txt --words words"), 1, "floats",
                         NULL);
    gv_test_expect_error(gv_test_run("glove-convert flat.npy x.txt --words words"), 1,
                         "two-dimensional", NULL);
}

/* Counts of words go from one fastText model to another, and come from a vocabulary. */
Test(convert_files, counts_are_kept)
{
    gv_test_write_text("v.txt", THREE);
    gv_test_write_text("vocab.txt", "a 1000\nb 70\n");
    gv_test_run_ok("glove-convert v.txt v.npy && glove-convert v.npy one.ft.bin --words vocab.txt "
                   "&& glove-convert one.ft.bin two.ft.bin && cmp one.ft.bin two.ft.bin && "
                   "glove-convert v.txt none.ft.bin");
    gv_test_run_ok("! cmp -s one.ft.bin none.ft.bin");
}

Test(convert_files, no_rows_and_one_number)
{
    gv_test_write_text("none.txt", "0 3\n");
    gv_test_run_ok("for to in bin db safetensors ft.bin; do glove-convert none.txt none.$to && "
                   "glove-convert --header none.$to back.txt && cmp none.txt back.txt || exit 1; "
                   "done");
    gv_test_write_text("one.txt", "a 1.500000\nb 2.500000\n");
    gv_test_run_ok("for to in bin db safetensors ft.bin; do glove-convert one.txt one.$to && "
                   "glove-convert one.$to back.txt && cmp one.txt back.txt || exit 1; done");
}

/* A file that another program writes is left to it; one that a killed program left is replaced. */
Test(convert_files, two_to_one_output)
{
    gv_test_write_text("v.txt", THREE);
    gv_test_write_text("out.txt", "before");
    int fd = open(gv_test_write_text("out.txt.tmp", "half"), O_WRONLY);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    gv_test_expect_error(gv_test_run("glove-convert v.txt out.txt"), 1, "out.txt.tmp",
                         "being written by another program", NULL);
    expect_text("out.txt", "before");
    expect_text("out.txt.tmp", "half");
    close(fd);
    gv_test_run_ok("glove-convert v.txt out.txt");
    expect_text("out.txt", THREE);
    cr_assert_not(gv_test_exists(gv_test_path("out.txt.tmp")));
}

/* Memory does not grow with the file: 40 MB of numbers in some 60 MB of address space more than
 * three rows need, whichever way. */
Test(convert_files, memory_is_bounded, .timeout = 120)
{
#ifdef __SANITIZE_ADDRESS__
    gv_test_skip("the address sanitizer takes more memory itself");
#endif
    gv_test_run_ok("awk 'BEGIN { for (i = 0; i < 50000; i++) { printf \"w%%d\", i; for (k = 0; k "
                   "< 200; k++) printf \" 0.%%d\", (i * 7 + k) %% 10; print \"\" } }' > big.txt");
    gv_test_run_ok("peak() { /usr/bin/python3 -c 'import resource, subprocess, sys; "
                   "subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL); "
                   "sys.exit(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 64000)' "
                   "glove-convert \"$@\"; }; "
                   "peak big.txt a.bin && peak a.bin a.safetensors && peak a.safetensors a.db && "
                   "peak a.db a.ft.bin && peak a.ft.bin back.txt && glove-convert big.txt c.txt && "
                   "cmp back.txt c.txt");
}
