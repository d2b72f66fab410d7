#include "vocab/gv_stop_words.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_strings.h"
#include "text/gv_lines.h"
#include "text/gv_tokenizer.h"
#include <inttypes.h>
#include <string.h>

enum { WORDS_MOST = 10000000 };

struct gv_stop_words {
    gv_strings words;
    uint32_t *slots; /* [mask + 1] number of a word + 1, by its hash; 0: none */
    size_t mask;
    uint64_t impossible;
};

static size_t find_slot(const gv_stop_words *stop, const char *word, size_t length)
{
    size_t at = (size_t)gv_hash_64(word, length, 0) & stop->mask;
    for (; stop->slots[at] != 0; at = (at + 1) & stop->mask) {
        const char *there = stop->words.items[stop->slots[at] - 1];
        if (strncmp(there, word, length) == 0 && there[length] == '\0')
            break;
    }
    return at;
}

bool gv_stop_words_has(const gv_stop_words *stop, const char *word, size_t length)
{
    return stop && stop->slots[find_slot(stop, word, length)] != 0;
}

uint64_t gv_stop_words_size(const gv_stop_words *stop)
{
    return stop ? stop->words.n : 0;
}

uint64_t gv_stop_words_impossible(const gv_stop_words *stop)
{
    return stop ? stop->impossible : 0;
}

/* Make the table twice as large, at least half of it empty. */
static int grow(gv_stop_words *stop, gv_error *err)
{
    size_t slots = stop->slots ? 2 * (stop->mask + 1) : 1024;
    uint32_t *larger = gv_mem_alloc_zero(slots, sizeof *larger, err);
    if (!larger)
        return GV_E_MEMORY;
    gv_mem_free(stop->slots);
    stop->slots = larger;
    stop->mask = slots - 1;
    for (size_t i = 0; i < stop->words.n; i++) {
        const char *word = stop->words.items[i];
        stop->slots[find_slot(stop, word, strlen(word))] = (uint32_t)(i + 1);
    }
    return GV_OK;
}

static int add_word(gv_stop_words *stop, const char *word, gv_error *err)
{
    int status = GV_OK;
    if (2 * (stop->words.n + 1) > stop->mask)
        status = grow(stop, err);
    if (status != GV_OK)
        return status;
    size_t slot = find_slot(stop, word, strlen(word));
    if (stop->slots[slot] != 0)
        return GV_OK;
    status = gv_strings_add(&stop->words, word, err);
    stop->slots[slot] = status == GV_OK ? (uint32_t)stop->words.n : 0;
    return status;
}

/* --- the file --------------------------------------------------------------------------------- */

/* The line without its comment and white space. */
static char *trim(char *line, size_t *length)
{
    char *bar = strchr(line, '|');
    if (bar && bar[1] && (bar == line || bar[-1] == ' ' || bar[-1] == '\t'))
        *bar = '\0';
    line += strspn(line, " \t");
    *length = strlen(line);
    while (*length > 0 && strchr(" \t", line[*length - 1]))
        --*length;
    line[*length] = '\0';
    return line;
}

/* What the tokenizer makes of the line: the word if it is one. */
static int take_line(gv_stop_words *stop, gv_tokenizer *tokenizer, const char *line, size_t length,
                     gv_error *err)
{
    char only[GV_TOKEN_MAX + 1] = "";
    unsigned words = 0;
    gv_tokenizer_reset(tokenizer, false);
    gv_tokenizer_feed(tokenizer, (const uint8_t *)line, length, true);
    for (;;) {
        enum gv_tokenizer_result result;
        const char *word;
        size_t n;
        int status = gv_tokenizer_next(tokenizer, &result, &word, &n, err);
        if (status != GV_OK)
            return status;
        if (result == GV_TOKENIZER_PIECE_END)
            break;
        if (result != GV_TOKENIZER_WORD)
            continue;
        memcpy(only, word, n);
        only[n] = '\0';
        words++;
    }
    stop->impossible += words != 1;
    return words == 1 ? add_word(stop, only, err) : GV_OK;
}

static int read_lines(gv_stop_words *stop, gv_lines *lines, gv_tokenizer *tokenizer,
                      const char *path, gv_error *err)
{
    for (;;) {
        char *line;
        size_t length;
        int status = gv_lines_next(lines, &line, &length, err);
        if (status != GV_OK || !line)
            return status;
        line = trim(line, &length);
        if (length == 0)
            continue;
        if (strpbrk(line, " \t"))
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s:%" PRIu64 ": \"%.60s\" holds white space; a stop list has one "
                                "word a line%s",
                                path, gv_lines_number(lines), line,
                                *line == '#' ? ", and its comments begin with |" : "");
        if (stop->words.n == WORDS_MOST)
            return gv_error_set(err, GV_E_CORRUPT, "%s: more than %d words", path, WORDS_MOST);
        status = take_line(stop, tokenizer, line, length, err);
        if (status != GV_OK)
            return status;
    }
}

int gv_stop_words_read(gv_stop_words **result, const gv_config *config, gv_error *err)
{
    const char *path = config->vocab_stop_file;
    *result = NULL;
    if (!path)
        return GV_OK;
    gv_corpus_stats stats = {0}; /* the tokenizer wants some */
    gv_lines *lines = NULL;
    gv_tokenizer *tokenizer = NULL;
    gv_stop_words *stop = gv_mem_alloc_zero(1, sizeof *stop, err);
    int status = stop ? grow(stop, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_config_check_file("vocab.stop_file", path, err);
    if (status == GV_OK)
        status = gv_tokenizer_new(&tokenizer, config->corpus_tokenizer, config->corpus_lowercase,
                                  &stats, err);
    if (status == GV_OK)
        status = gv_lines_open(&lines, path, err);
    if (status == GV_OK)
        status = read_lines(stop, lines, tokenizer, path, err);
    gv_lines_close(lines);
    gv_tokenizer_free(tokenizer);
    if (status != GV_OK) {
        gv_stop_words_free(stop);
        return status;
    }
    *result = stop;
    return GV_OK;
}

void gv_stop_words_free(gv_stop_words *stop)
{
    if (!stop)
        return;
    gv_strings_free(&stop->words);
    gv_mem_free(stop->slots);
    gv_mem_free(stop);
}
