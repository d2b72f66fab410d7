/*
 * Files that users take for vectors, and what to do with them. A magic number decides; what has
 * none is text in which no line ends in numbers.
 */
#include "text/gv_kind.h"
#include "vectors/gv_vectors_internal.h"
#include <string.h>
#include <strings.h>

#define SAVE_AGAIN "in Python: save_word2vec_format(\"vectors.bin\", binary=True)"

static int refuse(const char *path, const char *what, const char *remedy, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is %s, not a file of word vectors; %s", path, what,
                        remedy);
}

static const struct magic {
    const char *bytes;
    size_t length;
    const char *what, *remedy;
} magics[] = {
    {"GVCOUNTS", 8, "a co-occurrence matrix (counts.bin)",
     "train with it: glove-shuffle, then glove-train"},
    {"GVCKPT\r\n", 8, "the checkpoint of a training",
     "its vectors are the vectors.* files beside it"},
    {"GVSUBW\r\n", 8, "a file of n-grams (subwords.bin)",
     "name the vectors.* file beside it, and its n-grams are used as well"},
    {"GVEMBD\r\n", 8, "what glove-embed stores (embed.bin)",
     "its vectors are the vectors.* files beside it"},
    {"GVIDS\r\n", 7, "a corpus as word ids", "train with it: glove-train"},
    {"version https://git-lfs.github.com/spec/", 40, "a pointer of Git LFS",
     "fetch the file that it stands for: git lfs pull"},
};

/* Pickles since protocol 2: gensim's .model and .kv, and old files of torch.save. */
static bool is_pickle(const gv_vectors_sample *sample)
{
    const uint8_t *start = (const uint8_t *)sample->bytes;
    return sample->n > 2 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5;
}

/* The name of the first member of a zip archive; `*length` is 0 if there is none. */
static const char *first_member(const gv_vectors_sample *sample, size_t *length)
{
    enum { NAME_LENGTH = 26, NAME = 30 }; /* of a local file header (APPNOTE.TXT, 4.3.7) */
    const uint8_t *start = (const uint8_t *)sample->bytes;
    *length =
        sample->n > NAME ? (size_t)start[NAME_LENGTH] | (size_t)start[NAME_LENGTH + 1] << 8 : 0;
    if (*length > sample->n - NAME || *length > 200)
        *length = 0;
    return sample->bytes + NAME;
}

static int refuse_zip(const gv_vectors_sample *sample, const char *path, gv_error *err)
{
    size_t length;
    const char *name = first_member(sample, &length);
    if (length == 0)
        return refuse(path, "an empty or damaged zip archive", "obtain the file again", err);
    if (length > 4 && memcmp(name + length - 4, ".pkl", 4) == 0)
        return refuse(path, "a PyTorch file (torch.save)", "save the words and vectors as text",
                      err);
    if (length > 4 && memcmp(name + length - 4, ".npy", 4) == 0)
        return refuse(path, "a NumPy archive (.npz)",
                      "save the matrix with numpy.save and its words as text, and use "
                      "glove-convert --words",
                      err);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is a zip archive of several files; take one out of it, for example: "
                        "unzip \"%s\" \"%.*s\"",
                        path, path, (int)length, name);
}

/* Does the text begin so, whatever the case? */
static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

int gv_vectors_refuse_foreign(const gv_vectors_sample *sample, const char *path, gv_error *err)
{
    if (sample->n == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty", path);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (sample->n >= magics[i].length &&
            memcmp(sample->bytes, magics[i].bytes, magics[i].length) == 0)
            return refuse(path, magics[i].what, magics[i].remedy, err);
    if (is_pickle(sample))
        return refuse(path, "a Python pickle (gensim's own format?)",
                      "load it where it was made and write it in a common format, " SAVE_AGAIN,
                      err);
    if (sample->n >= 4 && memcmp(sample->bytes, "PK\x03\x04", 4) == 0)
        return refuse_zip(sample, path, err);
    const uint8_t *start = (const uint8_t *)sample->bytes;
    /* word2vec's binary format begins with digits and a space */
    const char *wide = gv_vectors_find_header(sample).found ? NULL : gv_kind_wide(start, sample->n);
    if (wide)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is text in %s; convert it first: iconv -f %s -t UTF-8", path, wide,
                            wide);
    if (gv_kind_is_archive(start, sample->n))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is %s; take the file of vectors out of it first (tar xf, 7z x)",
                            path, gv_kind_binary(start, sample->n));
    const char *kind = gv_kind_binary(start, sample->n);
    return kind ? refuse(path, kind, "see docs/formats.md for the formats that are read", err)
                : GV_OK;
}

static size_t count_commas(const char *line, const char *end)
{
    size_t n = 0;
    for (; line < end; line++)
        n += *line == ',' || *line == ';';
    return n;
}

static int refuse_commas(const char *path, gv_error *err)
{
    return refuse(path, "text separated by commas or semicolons",
                  "separate word and numbers by tabs or spaces: tr ',;' '\\t\\t'", err);
}

/* Does a comma end the field before the last? The first field is a word, which may. */
static bool has_comma_and_blank(const char *line, const char *end)
{
    const char *field = gv_vectors_field_start(line, gv_vectors_trim_end(line, end));
    const char *before = gv_vectors_trim_end(line, field);
    return before > line && gv_vectors_field_start(line, before) > line &&
           (before[-1] == ',' || before[-1] == ';');
}

/* Is the last field, behind a blank, a number such as 0,5? */
static bool ends_in_decimal_comma(const char *line, const char *end)
{
    end = gv_vectors_trim_end(line, end);
    const char *field = gv_vectors_field_start(line, end);
    return field > line && count_commas(field, end) == 1 && field[0] != ',' && end[-1] != ',' &&
           (size_t)(end - field) <= strspn(field, "+-0123456789,eE") &&
           gv_vectors_trim_end(line, field)[-1] != ',';
}

int gv_vectors_refuse_text(const gv_vectors_sample *sample, const char *path, gv_error *err)
{
    const char *text = sample->bytes + strspn(sample->bytes, " \t\r\n"), *next;
    const char *end = sample->bytes + sample->n;
    if (begins(text, "<!doctype") || begins(text, "<html") || begins(text, "<?xml"))
        return refuse(path, "a page of the web (HTML or XML)",
                      "the download failed; obtain the file again", err);
    if (*text == '{' || *text == '[')
        return refuse(path, "JSON", "write the vectors as lines of a word and its numbers", err);
    if (memmem(text, (size_t)(end - text), "copy_reg", 8) || begins(text, "(dp"))
        return refuse(path, "a Python pickle (protocol 0)",
                      "load it where it was made and write it in a common format, " SAVE_AGAIN,
                      err);
    const char *line_end = gv_vectors_input_line_end(text, end, &next);
    if (ends_in_decimal_comma(text, line_end))
        return refuse(path, "text with decimal commas (line 1)", "write 0.5 for 0,5: tr , .", err);
    if (count_commas(text, line_end) > 1 && !memchr(text, '\0', (size_t)(line_end - text)))
        return refuse_commas(path, err);
    if (memchr(sample->bytes, '\0', sample->n))
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s is not a vector file, but binary data without a known mark; if the "
                            "GloVe reference wrote it (-binary 1), let it write text (-binary 0)",
                            path);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s is not a vector file: neither lines of a word and numbers, nor "
                        "word2vec's binary format, SQLite or safetensors",
                        path);
}

/* A line of `words` words and a number: what separates them is white space. The number is whole if
 * there is one word, a count. */
static bool is_pair_line(size_t *words, uint64_t *count, const char *line, const char *end)
{
    size_t fields = 0;
    *count = 0;
    end = gv_vectors_trim_end(line, end);
    const char *last = gv_vectors_field_start(line, end);
    for (const char *p = end; p > line; p = gv_vectors_trim_end(line, p)) {
        p = gv_vectors_field_start(line, p);
        fields++;
    }
    for (const char *p = last; p < end && *p >= '0' && *p <= '9' && end - last < 19; p++)
        *count = *count * 10 + (uint64_t)(*p - '0');
    *words = fields - 1;
    bool whole = strspn(last, "0123456789") >= (size_t)(end - last);
    bool letters = strspn(line, "0123456789") < (size_t)(last - line - 1);
    return fields == 3 || (fields == 2 && whole && letters);
}

int gv_vectors_refuse_pairs(const gv_vectors_sample *sample, const char *path, gv_error *err)
{
    enum { LINES = 100 };
    const char *line = sample->bytes, *end = sample->bytes + sample->n, *next;
    size_t n = 0, words, first_words = 0;
    uint64_t count, last = UINT64_MAX;
    if (has_comma_and_blank(line, gv_vectors_input_line_end(line, end, &next)))
        return refuse_commas(path, err);
    for (; n < LINES && line < end; n++, line = next) {
        const char *line_end = gv_vectors_input_line_end(line, end, &next);
        if (!next)
            next = end;
        if (line_end == line || !is_pair_line(&words, &count, line, line_end) ||
            (n > 0 && words != first_words) || (words == 1 && count > last))
            return GV_OK;
        first_words = words;
        last = count;
    }
    if (n < 2)
        return GV_OK;
    return first_words == 1 ? refuse(path, "a list of words with counts (vocab.txt?)",
                                     "the vectors of a run are its vectors.* files", err)
                            : refuse(path, "a list of word pairs with scores",
                                     "it belongs into eval.similarity, not here", err);
}
