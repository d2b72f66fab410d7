/*
 * gv_report_words_write - the searchable list of words as HTML, and its data.
 *
 * Lists of neighbours are numbers of words in the array "words": the listed words first, by their
 * rank, then those that only occur in a list. Numbers, cosines and lifts are packed into bytes and
 * base64, since 70,000 words with 10 neighbours as JSON would take three times as long to parse.
 */
#include "report/gv_report_words.h"

#include "base/gv_mem.h"
#include "report/gv_report_frame.h"
#include "report/gv_report_html.h"
#include <math.h>

enum { NO_WORD = UINT32_MAX };

/* The words of the page: `number` of each id, and the ids behind the listed ones. */
typedef struct page_words {
    uint32_t *number; /* [among] place in "words", or NO_WORD */
    uint32_t *other;  /* [others] ids of words that are not listed */
    size_t listed, others;
    unsigned bytes; /* of a number */
} page_words;

static void number_words(page_words *words, const uint32_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] != GV_NEIGHBOURS_NONE && words->number[ids[i]] == NO_WORD) {
            words->number[ids[i]] = (uint32_t)(words->listed + words->others);
            words->other[words->others++] = ids[i];
        }
}

static int collect_words(page_words *words, const gv_report *report)
{
    const gv_neighbours *near = report->near;
    const gv_strongest *pairs = report->pairs;
    *words = (page_words){.listed = report->listed,
                          .number = gv_mem_alloc(report->among, sizeof(uint32_t), NULL),
                          .other = gv_mem_alloc(report->among, sizeof(uint32_t), NULL)};
    if (!words->number || !words->other)
        return GV_E_MEMORY;
    for (size_t i = 0; i < report->among; i++)
        words->number[i] = i < report->listed ? (uint32_t)i : NO_WORD;
    number_words(words, near->id, near->rows * near->k);
    if (pairs)
        number_words(words, pairs->id, pairs->rows * pairs->k);
    words->bytes = words->listed + words->others < UINT16_MAX ? 2 : 3;
    return GV_OK;
}

/* Ids as numbers of words, little-endian; all bits set where there is none. */
static void write_ids(FILE *out, const page_words *words, const uint32_t *ids, size_t n)
{
    uint8_t *bytes = gv_mem_alloc(n * words->bytes + 1, 1, NULL);
    for (size_t i = 0; bytes && i < n; i++) {
        const uint32_t number = ids[i] == GV_NEIGHBOURS_NONE ? NO_WORD : words->number[ids[i]];
        for (unsigned b = 0; b < words->bytes; b++)
            bytes[i * words->bytes + b] = (uint8_t)(number >> 8 * b);
    }
    if (bytes)
        gv_report_frame_base64(out, bytes, n * words->bytes);
    gv_mem_free(bytes);
}

/* What becomes of a number in a byte. */
typedef uint8_t pack_fn(float number);

static uint8_t pack_cosine(float cosine)
{
    return (uint8_t)(100 + lroundf(100.0f * cosine)); /* 0 .. 200 */
}

static uint8_t pack_lift(float lift)
{
    const float steps = lift > 1.0f ? 16.0f * log2f(lift) : 0.0f;
    return (uint8_t)(steps < 255.0f ? lroundf(steps) : 255);
}

static void write_packed(FILE *out, const float *numbers, size_t n, pack_fn *pack)
{
    uint8_t *bytes = gv_mem_alloc(n + 1, 1, NULL);
    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = pack(numbers[i]);
    if (bytes)
        gv_report_frame_base64(out, bytes, n);
    gv_mem_free(bytes);
}

static void write_words(FILE *out, const gv_report *report, const page_words *words)
{
    char *const *text = report->words->vectors->words;
    fputs("{\"words\":[", out);
    for (size_t i = 0; i < words->listed + words->others; i++) {
        fputs(i ? "," : "", out);
        gv_report_frame_json_text(out,
                                  text[i < words->listed ? i : words->other[i - words->listed]]);
    }
    fprintf(out, "],\n\"listed\":%zu,\"bytes\":%u,\n\"counts\":", words->listed, words->bytes);
    if (!report->counts)
        fputs("null", out);
    for (size_t i = 0; report->counts && i < words->listed; i++)
        fprintf(out, "%s%llu", i ? "," : "[", (unsigned long long)report->counts[i]);
    fputs(report->counts ? "]" : "", out);
}

static void write_data(FILE *out, const gv_report *report, const page_words *words)
{
    const gv_neighbours *near = report->near;
    const gv_strongest *pairs = report->pairs;
    gv_report_frame_data_begin(out, "words-data");
    write_words(out, report, words);
    fprintf(out, ",\n\"near\":{\"rows\":%zu,\"k\":%zu,\"id\":", near->rows, near->k);
    write_ids(out, words, near->id, near->rows * near->k);
    fputs(",\n\"cosine\":", out);
    write_packed(out, near->cosine, near->rows * near->k, pack_cosine);
    fputs("},\n\"pairs\":", out);
    if (pairs) {
        fprintf(out, "{\"rows\":%zu,\"k\":%zu,\"id\":", pairs->rows, pairs->k);
        write_ids(out, words, pairs->id, pairs->rows * pairs->k);
        fputs(",\n\"lift\":", out);
        write_packed(out, pairs->lift, pairs->rows * pairs->k, pack_lift);
        fputs("}}", out);
    } else {
        fputs("null}", out);
    }
    gv_report_frame_data_end(out);
}

/* What the list holds, and how to get more. */
static void write_extent(FILE *out, const gv_report *report)
{
    const size_t rows = gv_report_words_known(report->words);
    const bool all = report->listed == rows;
    fputs("<p class=\"soft\">", out);
    fputs(!all ? "The first " : rows > 1 ? "All " : "", out);
    gv_report_html_count(out, (double)report->listed);
    if (!all) {
        fputs(" of ", out);
        gv_report_html_count(out, (double)rows);
    }
    fputs(rows > 1 ? " words" : " word", out);
    fputs(report->counts ? ", from frequent to rare, each with its nearest words by cosine"
                         : ", each with its nearest words by cosine",
          out);
    if (report->among < rows) {
        fputs(" among the first ", out);
        gv_report_html_count(out, (double)report->among);
    }
    fputs(all ? "." : ". <code>glove-report --words N</code> lists more or fewer.", out);
    if (report->pairs) {
        fputs(report->pairs->rows < report->listed ? " The first " : " ", out);
        if (report->pairs->rows < report->listed)
            gv_report_html_count(out, (double)report->pairs->rows);
        else
            fputs("They", out);
        fputs(" also have their strongest pairs: words that were counted near them both often and "
              "more "
              "often than by chance, by "
              "log(1&nbsp;+&nbsp;X)&nbsp;log(X&nbsp;/&nbsp;expected&nbsp;X).",
              out);
    } else if (report->pairs_note) {
        fputs(" No strongest pairs: ", out);
        gv_report_html_text(out, report->pairs_note);
        fputs(".", out);
    }
    fputs("</p>\n", out);
}

void gv_report_words_write(FILE *out, const gv_report *report)
{
    if (!report->near)
        return;
    write_extent(out, report);
    fputs("<noscript><p>To search them, allow JavaScript for this page.</p></noscript>\n"
          "<div class=\"words\" id=\"words-search\" hidden>\n"
          "<div class=\"screen\"><label for=\"words-input\">Search a word</label>\n"
          "<input type=\"search\" id=\"words-input\" autocomplete=\"off\" autocapitalize=\"off\" "
          "spellcheck=\"false\" aria-describedby=\"words-state\">\n"
          "<p class=\"soft\" id=\"words-state\" role=\"status\"></p>\n"
          "<ol id=\"words-found\"></ol></div>\n"
          "<div id=\"words-shown\" aria-live=\"polite\"></div>\n</div>\n",
          out);
}

void gv_report_words_write_data(FILE *out, const gv_report *report)
{
    page_words words;
    if (!report->near)
        return;
    if (collect_words(&words, report) == GV_OK) /* if not, gv_print_close reports it */
        write_data(out, report, &words);
    gv_mem_free(words.number);
    gv_mem_free(words.other);
}
