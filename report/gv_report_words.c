/* gv_report_words - looks for what the page says about words. */
#include "report/gv_report_words.h"

#include "app/gv_print.h"
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include "config/gv_run_names.h"
#include "report/gv_report_sections.h"
#include <math.h>
#include <string.h>

enum {
    NEIGHBOUR_WORDS = 10,
    NEIGHBOURS = 8,
    SHORTEST_WORD = 4, /* columns */
    LIST_NEIGHBOURS = 10,
    LIST_PAIRS = 8,
    PAIRED_WORDS = 20000 /* words with strongest pairs: rare ones have few */
};

/* --- neighbours of a few words ---------------------------------------------------------------- */

static void write_near(gv_json_writer *list, const gv_words *words, const char *word, uint32_t row)
{
    gv_nearest_neighbour found[NEIGHBOURS];
    gv_nearest_list near = {.found = found, .top = NEIGHBOURS};
    const float *direction = words->nearest.unit + row * words->nearest.dim;
    if (gv_nearest_to(&near, &words->nearest, direction, &row, 1, NULL) != GV_OK)
        gv_json_fail(list);
    gv_json_open_object(list, NULL);
    gv_json_set_text(list, "word", word);
    gv_json_open_array(list, "near");
    for (size_t i = 0; i < near.n; i++) {
        gv_json_open_object(list, NULL);
        gv_json_set_text(list, "word", words->vectors->words[found[i].row]);
        gv_json_set_real(list, "score", (double)found[i].score);
        gv_json_close(list);
    }
    gv_json_close(list);
    gv_json_close(list);
}

/* Choose words that are interesting: not the most frequent ones (the, of, and ...), and not short.
 * Their ranks grow by equal factors up to a tenth of the vocabulary, or half of a small one. */
static void choose_neighbours(gv_json_writer *list, const gv_words *words)
{
    const gv_vectors *vectors = words->vectors;
    const double rows = (double)vectors->rows;
    double rank = rows < 2000.0 ? 20.0 : 150.0;
    const double last = rows < 2000.0 ? rows / 2.0 : rows / 10.0;
    const double factor = last > rank ? pow(last / rank, 1.0 / NEIGHBOUR_WORDS) : 1.0;
    size_t row = 0;
    if (rows < 100.0)
        rank = 0.0;
    for (int i = 0; i < NEIGHBOUR_WORDS; i++, rank *= factor) {
        row = (size_t)rank > row ? (size_t)rank : row;
        while (row < vectors->rows &&
               (gv_print_width(vectors->words[row]) < SHORTEST_WORD || row == words->nearest.skip))
            row++;
        if (row >= vectors->rows)
            break;
        write_near(list, words, vectors->words[row], (uint32_t)row);
        row++;
    }
}

/* The words that the user asked for. */
static void write_chosen(gv_json_writer *list, const gv_words *words, const gv_strings *chosen)
{
    for (size_t i = 0; i < chosen->n; i++) {
        const char *word = chosen->items[i], *alike[NEIGHBOURS];
        const size_t row = gv_words_lookup(words, word);
        if (row != GV_NEAREST_NO_ROW) {
            write_near(list, words, words->vectors->words[row], (uint32_t)row);
            continue;
        }
        const size_t n = gv_words_similar(alike, NEIGHBOURS, words, word);
        gv_json_open_object(list, NULL);
        gv_json_set_text(list, "word", word);
        gv_json_open_array(list, "spelt_like");
        for (size_t k = 0; k < n; k++)
            gv_json_set_text(list, NULL, alike[k]);
        gv_json_close(list);
        gv_json_close(list);
    }
}

static int load_few(gv_report *report, const gv_strings *chosen, gv_error *err)
{
    gv_json_writer w = gv_json_begin();
    gv_json_open_array(&w, "words");
    if (chosen->n > 0)
        write_chosen(&w, report->words, chosen);
    else
        choose_neighbours(&w, report->words);
    return gv_json_take(&report->neighbours, &w, err);
}

/* --- the list --------------------------------------------------------------------------------- */

/* How often each word occurs, where the run has a vocabulary that says so. */
static int load_counts(gv_report *report, gv_error *err)
{
    const gv_vectors *vectors = report->words->vectors;
    gv_error why = GV_ERROR_INIT;
    gv_vocab *vocab = NULL;
    int status = gv_store_find_vocab(&vocab, report->run_dir, &why);
    if (status == GV_E_MEMORY || status == GV_E_IO)
        return gv_error_set(err, status, "%s", why.text);
    if (status != GV_OK)
        return GV_OK; /* a damaged one says nothing */
    if (!vocab || gv_vocab_total(vocab) == 0) {
        gv_vocab_free(vocab);
        return GV_OK;
    }
    report->counts = gv_mem_alloc_zero(vectors->rows, sizeof *report->counts, err);
    for (size_t i = 0; report->counts && i < vectors->rows; i++) {
        const char *word = vectors->words[i];
        const uint32_t id = gv_vocab_lookup(vocab, word, strlen(word));
        if (id != GV_VOCAB_NO_WORD)
            report->counts[i] = gv_vocab_count(vocab, id);
    }
    gv_vocab_free(vocab);
    return report->counts ? GV_OK : GV_E_MEMORY;
}

static int find_near(gv_report *report, gv_progress *progress, gv_error *err)
{
    gv_progress_begin(progress, "nearest words", report->listed, "words");
    int status = gv_neighbours_find(&report->near, &report->words->nearest,
                                    &(gv_neighbours_job){.rows = report->listed,
                                                         .among = report->among,
                                                         .k = LIST_NEIGHBOURS,
                                                         .threads = gv_threads_available(),
                                                         .progress = progress},
                                    err);
    gv_progress_end(progress);
    return status;
}

/* Has the store the words of the vectors, in their order? The ids of its pairs are theirs then. */
static int check_words(const gv_report *report, gv_store *store, gv_error *err)
{
    const gv_vectors *vectors = report->words->vectors;
    gv_vocab *vocab = NULL;
    int status = gv_store_vocab(&vocab, store, err);
    const size_t n = status == GV_OK ? gv_vocab_size(vocab) : 0;
    for (size_t i = 0; status == GV_OK && i < report->among && i != report->words->nearest.skip;
         i++)
        if (i >= n || strcmp(vectors->words[i], gv_vocab_word(vocab, (uint32_t)i)) != 0)
            status =
                gv_error_set(err, GV_E_USAGE, GV_FILE_STORE " has other words than the vectors");
    gv_vocab_free(vocab);
    return status;
}

static int find_pairs(gv_report *report, const char *path, gv_progress *progress, gv_error *err)
{
    gv_store *store = NULL;
    int status = gv_store_open(&store, path, 0, err);
    if (status == GV_OK)
        status = check_words(report, store, err);
    if (status == GV_OK) {
        gv_progress_begin(progress, "strongest pairs", gv_store_about(store)->blob_bytes, "bytes");
        status = gv_strongest_find(&report->pairs, store,
                                   &(gv_strongest_job){.rows = report->listed < PAIRED_WORDS
                                                                   ? report->listed
                                                                   : PAIRED_WORDS,
                                                       .among = report->among,
                                                       .k = LIST_PAIRS,
                                                       .progress = progress},
                                   err);
        gv_progress_end(progress);
    }
    gv_store_close(store);
    return status;
}

/* A store that cannot be used is told on the page. */
static int load_pairs(gv_report *report, gv_progress *progress, gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    gv_file_stat stat;
    char *path = gv_file_path_join(report->run_dir, GV_FILE_STORE, err);
    int status = path ? gv_file_look(&stat, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !stat.exists && !gv_report_sections_is_word2vec(report)) {
        report->pairs_note = gv_mem_strdup("there is no " GV_FILE_STORE, err);
        status = report->pairs_note ? GV_OK : GV_E_MEMORY;
    } else if (status == GV_OK && stat.exists) {
        status = find_pairs(report, path, progress, &why);
        if (status == GV_E_IO || status == GV_E_MEMORY || status == GV_E_STOPPED) {
            gv_error_set(err, status, "%s", why.text);
        } else if (status != GV_OK) {
            report->pairs_note = gv_mem_strdup(why.text, err);
            status = report->pairs_note ? GV_OK : GV_E_MEMORY;
        }
    }
    gv_mem_free(path);
    return status;
}

size_t gv_report_words_known(const gv_words *words)
{
    return words->vectors->rows - (words->nearest.skip == words->vectors->rows - 1);
}

static int load_list(gv_report *report, const gv_report_wanted *wanted, gv_error *err)
{
    const size_t rows = gv_report_words_known(report->words);
    const size_t among = wanted->listed > GV_REPORT_LISTED ? wanted->listed : GV_REPORT_LISTED;
    report->listed = wanted->listed < rows ? wanted->listed : rows;
    report->among = among < rows ? among : rows;
    if (report->listed == 0)
        return GV_OK;
    int status = load_counts(report, err);
    if (status == GV_OK)
        status = find_near(report, wanted->progress, err);
    return status == GV_OK ? load_pairs(report, wanted->progress, err) : status;
}

int gv_report_words_load(gv_report *report, const gv_config *config, const gv_report_wanted *wanted,
                         gv_error *err)
{
    gv_error why = GV_ERROR_INIT;
    char *path = NULL;
    int status = gv_words_find_file(&path, NULL, config, report->run_dir, &why);
    if (status == GV_OK)
        status = gv_words_read(&report->words, path, &why);
    gv_mem_free(path);
    if (status == GV_E_IO || status == GV_E_MEMORY)
        return gv_error_set(err, status, "%s", why.text);
    if (status != GV_OK) {
        report->neighbours_note = gv_mem_strdup(why.text, err);
        return report->neighbours_note ? GV_OK : GV_E_MEMORY;
    }
    status = load_few(report, wanted->words, err);
    if (status == GV_OK)
        status = load_list(report, wanted, err);
    return status == GV_OK ? gv_report_map_find(&report->map, report->words, wanted->mapped,
                                                wanted->progress, err)
                           : status;
}

void gv_report_words_free(gv_report *report)
{
    gv_words_free(report->words);
    gv_mem_free(report->counts);
    gv_neighbours_free(report->near);
    gv_strongest_free(report->pairs);
    gv_mem_free(report->pairs_note);
    gv_report_map_free(&report->map);
}
