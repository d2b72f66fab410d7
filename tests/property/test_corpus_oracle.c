/*
 * The corpus reader against an oracle: a single pass over the whole text, byte by byte, that knows
 * nothing of blocks, pieces or threads. Random bytes with everything that is odd; all block sizes;
 * threads 1 to 8; plain and compressed.
 */
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "support/gv_test.h"
#include "text/gv_corpus.h"
#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unicode/uchar.h>

/* A growing byte string: tokens end with '\1', breaks are '\2' (neither is in the test texts). */
typedef struct bytes {
    char *data;
    size_t n, capacity;
} bytes;

static void add(bytes *to, const void *from, size_t n)
{
    if (to->n + n > to->capacity) {
        to->capacity = 2 * (to->n + n) + 64;
        to->data = realloc(to->data, to->capacity);
    }
    memcpy(to->data + to->n, from, n);
    to->n += n;
}

/* Breaks that follow each other or stand at the start say nothing. */
static void add_break(bytes *to)
{
    if (to->n > 0 && to->data[to->n - 1] != '\2')
        add(to, "\2", 1);
}

/* --- the oracle: whitespace tokenizer without folding
 * --------------------------------------------- */

static void end_token(bytes *out, bytes *token, gv_corpus_stats *stats)
{
    size_t n = token->n;
    if (n > GV_TOKEN_MAX) {
        for (n = GV_TOKEN_MAX; ((unsigned char)token->data[n] & 0xc0) == 0x80; n--)
            ;
        stats->overlong++;
    }
    if (n == 5 && memcmp(token->data, "<unk>", 5) == 0) {
        stats->unk_tokens++;
    } else if (n > 0) {
        add(out, token->data, n);
        add(out, "\1", 1);
        stats->tokens++;
    }
    token->n = 0;
}

/* Could these n bytes be a character, or the start of one? By trying all code points' ranges. */
static bool prefix_ok(const uint8_t *p, size_t n)
{
    uint32_t low = 0, high = 0;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0xc0 || p[0] > 0xf7 || n > length)
        return false;
    low = high = p[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (i < n && (p[i] & 0xc0) != 0x80)
            return false;
        low = low << 6 | (i < n ? p[i] & 0x3fu : 0);
        high = high << 6 | (i < n ? p[i] & 0x3fu : 0x3f);
    }
    if (high < least[length] || low > 0x10ffff)
        return false;
    return low < 0xd800 || high > 0xdfff;
}

static size_t char_length(uint8_t lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/* The character of n well-formed bytes. */
static UChar32 point_of(const uint8_t *p, size_t n)
{
    uint32_t point = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        point = point << 6 | (p[i] & 0x3f);
    return (UChar32)point;
}

/* White space beyond blank, tab, newline, carriage return: as ICU has it, and as Python has. */
static bool is_other_space(const uint8_t *p, size_t n)
{
    return u_isUWhiteSpace(point_of(p, n)) || (n == 1 && *p >= 0x1c && *p <= 0x1f);
}

static void oracle_file(bytes *out, gv_corpus_stats *stats, const uint8_t *text, size_t length,
                        const gv_config *config)
{
    bool by_line = config->corpus_documents == GV_DOCUMENTS_LINE;
    bool unicode = config->corpus_spaces == GV_SPACES_UNICODE;
    bytes token = {0};
    size_t i = 0;
    stats->bytes += length;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        stats->byte_order_marks++;
        i = 3;
    }
    while (i < length) {
        uint8_t c = text[i];
        bool before_newline = c == '\r' && i + 1 < length && text[i + 1] == '\n';
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0) {
            end_token(out, &token, stats);
            stats->nul_bytes += c == 0;
            stats->carriage_returns += before_newline;
            stats->lone_returns += c == '\r' && !before_newline;
            if ((c == '\n' || (c == '\r' && !before_newline)) && by_line)
                add_break(out);
            i++;
        } else if (c < 0x80 && unicode && is_other_space(text + i, 1)) {
            stats->other_spaces++;
            end_token(out, &token, stats);
            i++;
        } else if (c < 0x80) {
            add(&token, &text[i++], 1);
        } else {
            size_t n = 1;
            bool good = prefix_ok(text + i, 1);
            while (good && n < char_length(c) && i + n < length && prefix_ok(text + i, n + 1))
                n++;
            if (good && n == char_length(c) && unicode && is_other_space(text + i, n)) {
                stats->other_spaces++;
                end_token(out, &token, stats);
            } else if (good && n == char_length(c)) {
                add(&token, text + i, n);
            } else {
                add(&token, "\xef\xbf\xbd", 3);
                stats->invalid_utf8++;
            }
            i += n;
        }
    }
    end_token(out, &token, stats);
    if (config->corpus_documents != GV_DOCUMENTS_NONE)
        add_break(out);
    free(token.data);
}

static uint64_t count_documents(const bytes *out)
{
    uint64_t documents = 0;
    for (size_t i = 0; i < out->n; i++)
        documents += out->data[i] == '\2' || (i + 1 == out->n);
    return documents;
}

/* --- reading with the library -------------------------------------------------------------------
 */

typedef struct reading {
    gv_corpus *corpus;
    pthread_mutex_t lock;
    bytes *blocks; /* by sequence number */
    size_t n, capacity;
} reading;

static int read_thread(void *context, unsigned thread, gv_error *err)
{
    (void)thread;
    reading *r = context;
    gv_corpus_reader *reader;
    int status = gv_corpus_reader_new(&reader, r->corpus, err);
    while (status == GV_OK) {
        uint64_t sequence;
        bool more;
        bytes block = {0};
        status = gv_corpus_next_block(reader, &sequence, &more, NULL, err);
        if (status != GV_OK || !more)
            break;
        enum gv_corpus_token_kind kind = GV_CORPUS_WORD;
        while (status == GV_OK && kind != GV_CORPUS_END) {
            const char *word;
            size_t length;
            status = gv_corpus_token(reader, &kind, &word, &length, err);
            if (status == GV_OK && kind == GV_CORPUS_WORD)
                add(&block, word, length);
            if (status == GV_OK && kind != GV_CORPUS_END)
                add(&block, kind == GV_CORPUS_WORD ? "\1" : "\2", 1);
        }
        if (status != GV_OK) {
            free(block.data);
            break;
        }
        pthread_mutex_lock(&r->lock);
        if (sequence >= r->capacity) {
            size_t grown = 2 * (size_t)sequence + 16;
            r->blocks = realloc(r->blocks, grown * sizeof *r->blocks);
            memset(r->blocks + r->capacity, 0, (grown - r->capacity) * sizeof *r->blocks);
            r->capacity = grown;
        }
        r->blocks[sequence] = block;
        r->n = sequence + 1 > r->n ? sequence + 1 : r->n;
        pthread_mutex_unlock(&r->lock);
    }
    gv_corpus_reader_free(reader);
    return status;
}

/* What the blocks held, in order; frees them. */
static bytes join(reading *r)
{
    bytes all = {0};
    for (size_t i = 0; i < r->n; i++) {
        for (size_t k = 0; k < r->blocks[i].n; k++) {
            if (r->blocks[i].data[k] == '\2')
                add_break(&all);
            else
                add(&all, r->blocks[i].data + k, 1);
        }
        free(r->blocks[i].data);
    }
    free(r->blocks);
    return all;
}

static bytes read_corpus(const gv_config *config, size_t block, unsigned threads,
                         gv_corpus_stats *stats)
{
    gv_error err = GV_ERROR_INIT;
    reading r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    gv_assert_ok(gv_corpus_open(&r.corpus, config, block, &err), err);
    gv_assert_ok(gv_threads_run(threads, read_thread, &r, &err), err);
    *stats = gv_corpus_statistics(r.corpus);
    gv_corpus_close(r.corpus);
    return join(&r);
}

/* A path as gv_strings wants it; kept until the test ends. */
static char *mutable(const char *path)
{
    static char kept[64][300];
    static unsigned n;
    char *to = kept[n++ % 64];
    snprintf(to, sizeof kept[0], "%s", path);
    return to;
}

/* --- random texts -------------------------------------------------------------------------------
 */

static size_t random_text(uint8_t *to, size_t room, gv_rng *rng)
{
    static const char *const parts[] = {
        "the ",
        "cat\n",
        "a",
        "\r\n",
        "\r",
        " <unk> ",
        "\t\n",
        "\xc3\xa9",
        "\xe2\x82\xac ",
        "\xf0\x9f\x98\x80",
        "\xef\xbb\xbf",
        "\xe2\x82",
        "\xff\xfe",
        "\xed\xa0\x80",
        "\xf0\x90",
        "<unk>",
        "  ",
        "word-with-some-length ",
        "\xc2\xa0",
        "\xe2\x80\xa8",
        "\xe3\x80\x80",
        "\xe1\x9a",
        "\v",
        "\xc2",
    };
    size_t n = 0, wanted = (size_t)gv_rng_below(rng, room - 1200);
    while (n < wanted) {
        uint64_t what = gv_rng_below(rng, 60);
        if (what == 0) { /* a token around the limit */
            size_t length = 990 + (size_t)gv_rng_below(rng, 20);
            memset(to + n, 'x', length);
            n += length;
        } else if (what == 1) {
            to[n++] = 0;
        } else if (what < 6) {
            uint8_t byte = (uint8_t)gv_rng_below(rng, 256);
            to[n++] = byte == 1 || byte == 2 ? ' ' : byte;
        } else {
            const char *part = parts[gv_rng_below(rng, sizeof parts / sizeof *parts)];
            memcpy(to + n, part, strlen(part));
            n += strlen(part);
        }
    }
    return n;
}

static void expect(const gv_config *config, size_t block, unsigned threads, const bytes *tokens,
                   const gv_corpus_stats *stats, uint64_t round)
{
    gv_corpus_stats got;
    bytes all = read_corpus(config, block, threads, &got);
    cr_assert(all.n == tokens->n && (all.n == 0 || memcmp(all.data, tokens->data, all.n) == 0),
              "tokens differ: seed %lu round %lu block %zu threads %u documents %d",
              (unsigned long)gv_test_seed(), (unsigned long)round, block, threads,
              (int)config->corpus_documents);
    cr_assert_eq(memcmp(&got, stats, sizeof got), 0, "statistics: round %lu block %zu threads %u",
                 (unsigned long)round, block, threads);
    free(all.data);
}

enum { FILES = 3, ROOM = 12000 };

Test(corpus, equals_the_oracle, .timeout = 60)
{
    static uint8_t text[FILES][ROOM];
    static const size_t blocks[] = {0, 1, 2, 3, 7, 64, 999, 1000, 4096, 100000};
    for (uint64_t round = 0; round < 24; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, round);
        size_t length[FILES];
        char *paths[FILES];
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = FILES, .items = paths},
                            .corpus_spaces = (enum gv_config_spaces)(round / 3 % 2),
                            .corpus_documents = (enum gv_config_documents)(round % 3)};
        bytes tokens = {0};
        gv_corpus_stats stats = {0};
        for (int f = 0; f < FILES; f++) {
            length[f] = round % 5 == 0 && f == 1 ? 0 : random_text(text[f], ROOM, &rng);
            const char *name = gv_test_format("t%d", f);
            paths[f] = mutable(gv_test_write(name, text[f], length[f]));
            oracle_file(&tokens, &stats, text[f], length[f], &config);
        }
        stats.documents = count_documents(&tokens);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            expect(&config, blocks[i], 1 + (unsigned)((round + i) % 8), &tokens, &stats, round);
        free(tokens.data);
    }
}

/* --- compressed ---------------------------------------------------------------------------------
 */

static void write_compressed(const char *path, const uint8_t *text, size_t length, int filter)
{
    struct archive *archive = archive_write_new();
    cr_assert_eq(archive_write_set_format_raw(archive), ARCHIVE_OK);
    cr_assert(archive_write_add_filter(archive, filter) >= ARCHIVE_WARN);
    cr_assert_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    cr_assert_eq(archive_write_data(archive, text, length), (la_ssize_t)length);
    archive_entry_free(entry);
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

static const int filters[] = {ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ,
                              ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_LZ4};

Test(corpus, compressed_equals_plain, .timeout = 60)
{
    static uint8_t text[ROOM];
    static const size_t blocks[] = {0, 1, 5, 500, 3000};
    for (uint64_t round = 0; round < 10; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 1000 + round);
        size_t length = round == 0 ? 0 : random_text(text, ROOM, &rng);
        const char *packed = gv_test_path("packed"), *plain = gv_test_write("plain", text, length);
        write_compressed(packed, text, length, filters[round % 5]);
        char *paths[] = {mutable(packed), mutable(plain), mutable(packed)};
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 3, .items = paths},
                            .corpus_spaces = (enum gv_config_spaces)(round % 2),
                            .corpus_documents = (enum gv_config_documents)(round % 3)};
        bytes tokens = {0};
        gv_corpus_stats stats = {0};
        for (int f = 0; f < 3; f++)
            oracle_file(&tokens, &stats, text, length, &config);
        stats.documents = count_documents(&tokens);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            for (unsigned threads = 1; threads <= 4; threads += 3)
                expect(&config, blocks[i], threads, &tokens, &stats, round);
        free(tokens.data);
    }
}

/* Words of random lengths, each the number of its first byte and x's. */
static size_t numbered_text(uint8_t *to, size_t room, gv_rng *rng)
{
    size_t n = 0;
    while (n < room - 1500) {
        int digits = sprintf((char *)to + n, "%zu", n);
        size_t more = gv_rng_below(rng, 50) ? gv_rng_below(rng, 12) : gv_rng_below(rng, 900);
        memset(to + n + digits, 'x', more);
        n += (size_t)digits + more;
        for (size_t spaces = 1 + gv_rng_below(rng, 3); spaces > 0; spaces--)
            to[n++] = gv_rng_below(rng, 9) ? ' ' : '\n';
    }
    return n;
}

/* Check the place of every token; returns how many there were. */
static size_t check_places(const gv_config *config, size_t block_bytes)
{
    gv_error err = GV_ERROR_INIT;
    gv_corpus *corpus;
    gv_corpus_reader *reader;
    size_t tokens = 0;
    gv_assert_ok(gv_corpus_open(&corpus, config, block_bytes, &err), err);
    gv_assert_ok(gv_corpus_reader_new(&reader, corpus, &err), err);
    uint64_t sequence, file, block, before = 0;
    bool more;
    for (;;) {
        gv_assert_ok(gv_corpus_next_block(reader, &sequence, &more, NULL, &err), err);
        if (!more)
            break;
        enum gv_corpus_token_kind kind;
        const char *word;
        size_t length;
        gv_corpus_place(reader, &file, &block);
        cr_assert_geq(file, before);
        before = file;
        do {
            gv_assert_ok(gv_corpus_token(reader, &kind, &word, &length, &err), err);
            if (kind != GV_CORPUS_WORD)
                continue;
            uint64_t offset = 0;
            for (size_t i = 0; i < length && word[i] != 'x'; i++)
                offset = 10 * offset + (uint64_t)(word[i] - '0');
            cr_assert_eq(block, offset / block_bytes, "block %lu, byte %lu, B = %zu",
                         (unsigned long)block, (unsigned long)offset, block_bytes);
            tokens++;
        } while (kind != GV_CORPUS_END);
    }
    cr_assert_eq(before, config->corpus_files.n - 1);
    gv_corpus_reader_free(reader);
    gv_corpus_close(corpus);
    return tokens;
}

Test(corpus, every_token_is_in_the_block_of_its_first_byte, .timeout = 60)
{
    static uint8_t text[ROOM];
    static const size_t blocks[] = {1, 2, 7, 64, 999, 1000, 3000, 4096, 5000, 100000};
    for (uint64_t round = 0; round < 10; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 4000 + round);
        size_t length = numbered_text(text, ROOM, &rng), tokens = 0;
        const char *packed = gv_test_path("packed"), *plain = gv_test_write("plain", text, length);
        write_compressed(packed, text, length, filters[round % 5]);
        char *paths[] = {mutable(packed), mutable(plain), mutable(packed)};
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 3, .items = paths}};
        for (size_t i = 0; i < length; i++)
            tokens += text[i] > ' ' && (i == 0 || text[i - 1] <= ' ');
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            cr_assert_eq(check_places(&config, blocks[i]), 3 * tokens);
    }
}

/* The other tokenizer and folding have no oracle here (they are ICU): whatever the blocks and
 * threads, the tokens are those of one reader with one block. */
Test(corpus, unicode_tokens_do_not_depend_on_blocks, .timeout = 60)
{
    static uint8_t text[ROOM];
    static const size_t blocks[] = {1, 13, 1000};
    for (uint64_t round = 0; round < 8; round++) {
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 2000 + round);
        size_t length = random_text(text, ROOM, &rng);
        char *path = mutable(gv_test_write("t", text, length));
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 1, .items = &path},
                            .corpus_tokenizer =
                                round % 4 ? GV_TOKENIZER_UNICODE : GV_TOKENIZER_WHITESPACE,
                            .corpus_lowercase = (enum gv_config_lowercase)(round % 3)};
        gv_corpus_stats stats;
        bytes tokens = read_corpus(&config, 0, 1, &stats);
        cr_assert(tokens.n > 0);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            expect(&config, blocks[i], 1 + 3 * (unsigned)(i % 2), &tokens, &stats, round);
        free(tokens.data);
    }
}

/* Flip one byte anywhere or cut the file anywhere: either an error that names the file or, where
 * the format cannot tell (bytes of a header that mean nothing), the same tokens. Never other
 * tokens. */
Test(corpus, damaged_compressed_files, .timeout = 60)
{
    static uint8_t text[ROOM];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 3000);
    size_t length = 0;
    while (length < ROOM / 2)
        length = random_text(text, ROOM, &rng);
    for (int filter = 0; filter < 4; filter++) {
        const char *path = gv_test_path("packed");
        write_compressed(path, text, length, filters[filter]);
        size_t packed;
        char *good = gv_test_read(path, &packed);
        char *items = mutable(path);
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 1, .items = &items}};
        gv_corpus_stats stats;
        bytes tokens = read_corpus(&config, 0, 1, &stats);
        unsigned refused = 0;
        for (int round = 0; round < 60; round++) {
            size_t at = 10 + (size_t)gv_rng_below(&rng, packed - 10);
            gv_test_write("packed", good, packed);
            /* zstd's checksum is optional, and libarchive writes none: only cut */
            if (round % 2 || filters[filter] == ARCHIVE_FILTER_ZSTD)
                gv_test_truncate(path, (long)at);
            else
                gv_test_flip(path, (long)at);
            gv_error err = GV_ERROR_INIT;
            reading r = {.lock = PTHREAD_MUTEX_INITIALIZER};
            gv_assert_ok(gv_corpus_open(&r.corpus, &config, 0, &err), err);
            int status = read_thread(&r, 0, &err);
            bytes all = join(&r);
            if (status != GV_OK) {
                refused++;
                cr_assert_eq(status, GV_E_CORRUPT);
                cr_assert_not_null(strstr(err.text, path), "%s", err.text);
            } else {
                cr_assert(all.n == tokens.n && memcmp(all.data, tokens.data, all.n) == 0,
                          "filter %d byte %zu of %zu: damage passed", filter, at, packed);
            }
            free(all.data);
            gv_corpus_close(r.corpus);
        }
        free(tokens.data);
        cr_assert(refused >= 50, "filter %d: only %u of 60 refused", filter, refused);
        if (filters[filter] == ARCHIVE_FILTER_GZIP)
            cr_assert(refused >= 57, "gzip: only %u of 60 refused", refused);
    }
}

/* --- archives -----------------------------------------------------------------------------------
 */

typedef struct archive_kind {
    const char *name;
    int format, filter; /* of libarchive */
} archive_kind;

static const archive_kind archive_kinds[] = {
    {"zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE},
    {"tar", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE},
    {"tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP},
    {"tar.zst", ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FILTER_ZSTD},
    {"tar.xz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ},
    {"7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE},
};

static void write_member(struct archive *archive, const char *name, const void *text, size_t length)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)length);
    cr_assert_eq(archive_write_header(archive, entry), ARCHIVE_OK);
    cr_assert_eq(archive_write_data(archive, text, length), (la_ssize_t)length);
    archive_entry_free(entry);
}

/* Members "m0", "m1"...; of two, the first is compressed by itself. */
static void write_archive(const char *path, const archive_kind *kind, uint8_t text[][ROOM],
                          const size_t *length)
{
    struct archive *archive = archive_write_new();
    cr_assert_eq(archive_write_set_format(archive, kind->format), ARCHIVE_OK);
    cr_assert(archive_write_add_filter(archive, kind->filter) >= ARCHIVE_WARN);
    cr_assert_eq(archive_write_open_filename(archive, path), ARCHIVE_OK);
    for (int f = 0; f < FILES; f++) {
        size_t packed = length[f];
        const char *name = gv_test_format("folder/m%d", f);
        const void *data = text[f];
        if (f == 1) {
            write_compressed(gv_test_path("member"), text[f], length[f], ARCHIVE_FILTER_GZIP);
            data = gv_test_read(gv_test_path("member"), &packed);
        }
        write_member(archive, name, data, packed);
        write_member(archive, gv_test_format("folder/.hidden%d", f), "hidden words", 12);
    }
    cr_assert_eq(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

/* An archive is its members, one after the other, as if they were files. */
Test(corpus, archives_equal_their_members, .timeout = 60)
{
    static uint8_t text[FILES][ROOM];
    static const size_t blocks[] = {0, 1, 7, 1000};
    for (uint64_t round = 0; round < 12; round++) {
        const archive_kind *kind = &archive_kinds[round % 6];
        gv_rng rng;
        gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 5000 + round);
        char *path = mutable(gv_test_path("archive")), *plain;
        size_t length[FILES];
        bytes tokens = {0};
        gv_corpus_stats stats = {.members = 2 * FILES, .members_unmatched = 2 * FILES};
        enum gv_config_documents documents = (enum gv_config_documents)(round % 3);
        for (int f = 0; f < FILES; f++)
            length[f] = round % 5 == 0 && f != 0 ? 0 : random_text(text[f], ROOM, &rng);
        write_archive(path, kind, text, length);
        plain = mutable(gv_test_write("plain", text[0], length[0]));
        char *paths[] = {path, plain, path};
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 3, .items = paths},
                            .corpus_documents = documents};
        for (int f = 0; f < FILES; f++)
            oracle_file(&tokens, &stats, text[f], length[f], &config);
        oracle_file(&tokens, &stats, text[0], length[0], &config);
        for (int f = 0; f < FILES; f++)
            oracle_file(&tokens, &stats, text[f], length[f], &config);
        stats.documents = count_documents(&tokens);
        for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
            for (unsigned threads = 1; threads <= 4; threads += 3)
                expect(&config, blocks[i], threads, &tokens, &stats, round);
        free(tokens.data);
    }
}

/* Reading gives an error that names the file, or these tokens. */
static void expect_error_or(const gv_config *config, const bytes *tokens, const char *path,
                            const char *what)
{
    gv_error err = GV_ERROR_INIT;
    reading r = {.lock = PTHREAD_MUTEX_INITIALIZER};
    gv_assert_ok(gv_corpus_open(&r.corpus, config, 0, &err), err);
    int status = read_thread(&r, 0, &err);
    bytes all = join(&r);
    if (status != GV_OK)
        cr_assert(strstr(err.text, path), "%s: %s", what, err.text);
    else
        cr_assert(all.n == tokens->n && memcmp(all.data, tokens->data, all.n) == 0,
                  "%s passed, %lu bytes for %lu", what, (unsigned long)all.n,
                  (unsigned long)tokens->n);
    free(all.data);
    gv_corpus_close(r.corpus);
}

/* Cut an archive anywhere: an error that names it, or all tokens (where only its directory or
 * padding is lost), never other tokens. */
Test(corpus, cut_archives, .timeout = 60)
{
    static uint8_t text[FILES][ROOM];
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 6000);
    size_t length[FILES];
    for (int f = 0; f < FILES; f++)
        length[f] = random_text(text[f], ROOM, &rng);
    for (size_t k = 0; k < sizeof archive_kinds / sizeof *archive_kinds; k++) {
        char *path = mutable(gv_test_path("archive"));
        write_archive(path, &archive_kinds[k], text, length);
        size_t packed;
        char *good = gv_test_read(path, &packed);
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 1, .items = &path}};
        gv_corpus_stats stats;
        bytes tokens = read_corpus(&config, 0, 1, &stats);
        for (int round = 0; round < 40; round++) {
            size_t at = 600 + (size_t)gv_rng_below(&rng, packed - 600);
            gv_test_write("archive", good, at);
            expect_error_or(&config, &tokens, path,
                            gv_test_format("%s: cut at %zu", archive_kinds[k].name, at));
        }
        free(tokens.data);
    }
}

/* Flip a byte anywhere in a compressed archive: gzip, xz and 7z have checksums over all of it, so
 * there is an error that names the archive, or the same tokens. */
Test(corpus, damaged_archives, .timeout = 60)
{
    static uint8_t text[FILES][ROOM];
    static const size_t kinds[] = {2, 4, 5};
    gv_rng rng;
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 7000);
    size_t length[FILES];
    for (int f = 0; f < FILES; f++)
        length[f] = random_text(text[f], ROOM, &rng);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char *path = mutable(gv_test_path("archive"));
        write_archive(path, &archive_kinds[kinds[k]], text, length);
        size_t packed;
        char *good = gv_test_read(path, &packed);
        gv_config config = {.corpus_binary = GV_BINARY_ACCEPT,
                            .corpus_files = {.n = 1, .items = &path}};
        gv_corpus_stats stats;
        bytes tokens = read_corpus(&config, 0, 1, &stats);
        for (int round = 0; round < 40; round++) {
            gv_test_write("archive", good, packed);
            size_t at = 10 + (size_t)gv_rng_below(&rng, packed - 10);
            gv_test_flip(path, (long)at);
            expect_error_or(&config, &tokens, path,
                            gv_test_format("%s: byte %zu", archive_kinds[kinds[k]].name, at));
        }
        free(tokens.data);
    }
}
