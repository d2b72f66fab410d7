/*
 * gv_rank_parts, gv_rank_inbox: what ranks agree upon before they count, and messages that break
 * the protocol. Each rank is a thread.
 */
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_threads.h"
#include "config/gv_config.h"
#include "cooccur/gv_rank_parts.h"
#include "dist/gv_comm_local.h"
#include "dist/gv_rank_pieces.h"
#include "support/gv_test.h"
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANKS = 3, WORDS = 20000 };

typedef struct rank {
    const char *corpus; /* a setting */
    const char *host;   /* folder that it works in; NULL: that of rank 0 */
    size_t block;       /* that it would use alone */
    const gv_phrases *phrases;
    int status;
    gv_error error;
    gv_corpus_stats stats;
    char *words; /* [used] all of its part, a 0 behind each */
    size_t used, capacity;
} rank;

static gv_comm_local_net *net;
static rank ranks[RANKS];

static int keep_word(rank *r, const char *word, size_t length, gv_error *err)
{
    int status = gv_mem_reserve(&r->words, &r->capacity, r->used + length + 1, 1, err);
    if (status != GV_OK)
        return status;
    memcpy(r->words + r->used, word, length);
    r->used += length + 1;
    r->words[r->used - 1] = 0;
    return GV_OK;
}

static int read_part(rank *r, gv_corpus *corpus, gv_error *err)
{
    gv_corpus_reader *reader;
    uint64_t sequence;
    bool more = true;
    int status = gv_corpus_reader_new(&reader, corpus, err);
    while (status == GV_OK && more) {
        status = gv_corpus_next_block(reader, &sequence, &more, NULL, err);
        enum gv_corpus_token_kind kind = more ? GV_CORPUS_WORD : GV_CORPUS_END;
        const char *word;
        size_t length;
        while (status == GV_OK && kind != GV_CORPUS_END) {
            status = gv_corpus_token(reader, &kind, &word, &length, err);
            if (status == GV_OK && kind == GV_CORPUS_WORD)
                status = keep_word(r, word, length, err);
        }
    }
    gv_corpus_reader_free(reader);
    return status;
}

/* The corpus of this rank's part. */
static int open_part(gv_corpus **corpus, const rank *r, const gv_config *config,
                     gv_rank_inbox *inbox, gv_error *err)
{
    const gv_rank_parts_wish wish = {config, r->block, "/tmp"};
    if (gv_comm_rank(inbox->comm) > 0)
        return gv_rank_parts_get(corpus, inbox, &wish, err);
    int status = gv_corpus_open(corpus, config, r->block, err);
    if (status == GV_OK)
        status = gv_corpus_join_phrases(*corpus, r->phrases, err);
    return status == GV_OK ? gv_rank_parts_give(inbox, *corpus, NULL, err) : status;
}

static int agree_and_read(rank *r, gv_rank_inbox *inbox, gv_error *err)
{
    gv_config *config = NULL;
    gv_corpus *corpus = NULL;
    char *sets[] = {(char *)(uintptr_t)r->corpus};
    int status = gv_config_load(&config, NULL, &(gv_strings){1, sets}, "test", err);
    if (status == GV_OK)
        status = open_part(&corpus, r, config, inbox, err);
    if (status == GV_OK && gv_comm_rank(inbox->comm) > 0)
        status = gv_corpus_join_phrases(corpus, r->phrases, err);
    if (status == GV_OK)
        status = read_part(r, corpus, err);
    if (status == GV_OK)
        r->stats = gv_corpus_statistics(corpus);
    gv_corpus_close(corpus);
    gv_config_free(config);
    return status;
}

static int run_rank(void *context, unsigned number, gv_error *err)
{
    (void)context;
    rank *r = &ranks[number];
    gv_comm *comm;
    if (r->host && (unshare(CLONE_FS) != 0 || chdir(r->host) != 0))
        return gv_error_set_errno(err, "%s", r->host);
    int code, status = gv_comm_local_new(&comm, net, (int)number, err);
    if (status != GV_OK)
        return status;
    gv_rank_inbox inbox = {.comm = comm};
    r->status = agree_and_read(r, &inbox, &r->error);
    if (number == 0)
        gv_comm_end(comm, 0);
    else
        status = gv_comm_wait_end(comm, &code, err);
    gv_rank_inbox_clear(&inbox);
    gv_comm_local_free(comm);
    return status;
}

static void run_all(void)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_local_net_new(&net, RANKS, &err), err);
    gv_assert_ok(gv_threads_run(RANKS, run_rank, NULL, &err), err);
    gv_comm_local_net_free(net);
}

static void set_ranks(const char *files, const size_t blocks[RANKS])
{
    for (unsigned i = 0; i < RANKS; i++) {
        gv_mem_free(ranks[i].words);
        ranks[i] = (rank){.corpus = gv_test_format("corpus.files=[%s]", files), .block = blocks[i]};
    }
}

/* Paths are relative, and so not those of other hosts. */
static void enter_folder(void)
{
    cr_assert_eq(chdir(gv_test_path(".")), 0);
}

static void make_files(void)
{
    enter_folder();
    gv_test_run_ok("yes 'one two three four' | head -n %d > text", WORDS / 4);
}

/* Memory and processors differ from machine to machine, and with them the blocks that ranks would
 * cut the corpus into. Every word is read once. */
Test(rank_parts, ranks_that_want_other_blocks_read_every_word_once)
{
    static const size_t blocks[][RANKS] = {
        {4096, 4096, 4096}, {4096, 1000, 9999}, {1 << 20, 777, 1 << 20}, {512, 1 << 20, 4096}};
    make_files();
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        uint64_t tokens = 0;
        set_ranks("\"text\"", blocks[b]);
        run_all();
        for (unsigned i = 0; i < RANKS; i++) {
            gv_assert_ok(ranks[i].status, ranks[i].error);
            tokens += ranks[i].stats.tokens;
            cr_assert_gt(ranks[i].stats.tokens, WORDS / 6u, "blocks %zu, rank %u", b, i);
        }
        cr_assert_eq(tokens, (uint64_t)WORDS, "blocks %zu", b);
    }
}

/* Rank 0's text, in order: what all ranks have read, one after the other. */
static void expect_words_of(const rank *alone)
{
    size_t used = 0;
    for (unsigned i = 0; i < RANKS; i++) {
        gv_assert_ok(ranks[i].status, ranks[i].error);
        const size_t n = ranks[i].used; /* 0: no words, and memcmp takes no NULL */
        cr_assert(used + n <= alone->used &&
                      (n == 0 || memcmp(alone->words + used, ranks[i].words, n) == 0),
                  "rank %u, block %zu", i, ranks[i].block);
        used += ranks[i].used;
    }
    cr_assert_eq(used, alone->used);
}

static void read_alone(rank *r)
{
    gv_config *config;
    gv_corpus *corpus;
    gv_error err = GV_ERROR_INIT;
    char *sets[] = {(char *)(uintptr_t)r->corpus};
    gv_assert_ok(gv_config_load(&config, NULL, &(gv_strings){1, sets}, "test", &err), err);
    gv_assert_ok(gv_corpus_open(&corpus, config, 0, &err), err);
    gv_assert_ok(gv_corpus_join_phrases(corpus, r->phrases, &err), err);
    gv_assert_ok(read_part(r, corpus, &err), err);
    gv_corpus_close(corpus);
    gv_config_free(config);
}

/* Texts of few kinds of bytes: long words, words joined over many blocks, no separators at all. */
static void write_odd_text(const char *name, gv_rng *rng)
{
    size_t n = (size_t)gv_rng_below(rng, gv_rng_below(rng, 4) == 0 ? 200000 : 3000);
    uint64_t separators = gv_rng_below(rng, 30);
    char *text = calloc(n + 1, 1);
    for (size_t i = 0; i < n; i++)
        text[i] = gv_rng_below(rng, 30) < separators ? (gv_rng_below(rng, 9) == 0 ? '\n' : ' ')
                                                     : (char)('a' + (char)gv_rng_below(rng, 2));
    gv_test_write_text(name, text);
    free(text);
}

/* The hosts of ranks 1 and 2 have none of the files, some, or other ones; blocks are small, phrases
 * reach over them. Every rank reads its part of rank 0's text. */
Test(rank_parts, hosts_without_files_read_the_text_of_rank_0, .timeout = 60)
{
    enum { ROUNDS = 40 };
    gv_rng rng;
    gv_phrases *phrases;
    gv_error err = GV_ERROR_INIT;
    enter_folder();
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 74);
    gv_assert_ok(gv_phrases_new(&phrases, &err), err);
    gv_assert_ok(gv_phrases_add(phrases, "a_a", 3, 1, 1, NULL, &err), err);
    gv_assert_ok(gv_phrases_add(phrases, "a_b_a", 5, 1, 1, NULL, &err), err);
    gv_phrases_sort(phrases);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const size_t block = 100 + (size_t)gv_rng_below(&rng, 5000),
                     blocks[RANKS] = {block, block + 7, block};
        const gv_phrases *joined = gv_rng_below(&rng, 2) ? phrases : NULL;
        gv_test_run_ok("rm -rf h1 h2 x*; mkdir h1 h2");
        write_odd_text("x1", &rng);
        write_odd_text("x2", &rng);
        write_odd_text("x3", &rng);
        gv_test_run_ok("gzip -k x1; cp x2 x3 h2; cp -p x3 h1; tr a b <x2 >h1/x2");
        rank alone = {.corpus = "corpus.files=[\"x1\",\"x2\",\"x3\",\"x1.gz\"]", .phrases = joined};
        read_alone(&alone);
        set_ranks("\"x1\",\"x2\",\"x3\",\"x1.gz\"", blocks);
        for (unsigned i = 0; i < RANKS; i++)
            ranks[i].phrases = joined;
        ranks[1].host = gv_test_path("h1");
        ranks[2].host = gv_test_path("h2");
        run_all();
        expect_words_of(&alone);
        gv_mem_free(alone.words);
    }
    gv_phrases_free(phrases);
}

/* A pipe cannot be sent; its middle lies in rank 1's part. */
Test(rank_parts, a_pipe_that_a_rank_does_not_see)
{
    static const size_t blocks[RANKS] = {4096, 4096, 4096};
    make_files();
    gv_test_run_ok("mkfifo pipe; mkdir h");
    set_ranks("\"text\",\"pipe\",\"text\"", blocks);
    ranks[1].host = gv_test_path("h");
    run_all();
    cr_assert_eq(ranks[0].status, GV_E_USAGE);
    cr_assert_not_null(strstr(ranks[0].error.text, "pipe is no file, and rank 1 on host thread1"),
                       "%s", ranks[0].error.text);
    for (int i = 1; i < RANKS; i++)
        cr_assert_eq(ranks[i].status, GV_E_STOPPED);
}

/* --- messages that lie ------------------------------------------------------------------------ */

static gv_comm *comms[2];

static void begin_pair(void)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_local_net_new(&net, 2, &err), err);
    for (int i = 0; i < 2; i++)
        gv_assert_ok(gv_comm_local_new(&comms[i], net, i, &err), err);
}

static void end_pair(void)
{
    for (int i = 0; i < 2; i++)
        gv_comm_local_free(comms[i]);
    gv_comm_local_net_free(net);
}

static void send(int from, unsigned tag, const void *data, size_t bytes)
{
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_send(comms[from], 1 - from, tag, data, bytes, &err), err);
}

/* What rank `number` makes of the messages that the other has sent. */
static void expect_refusal(int number)
{
    rank r = {.corpus = "corpus.files=[\"text\"]", .block = 4096};
    gv_rank_inbox inbox = {.comm = comms[number]};
    cr_assert_eq(agree_and_read(&r, &inbox, &r.error), GV_E_RUNTIME, "%s", r.error.text);
    cr_assert(strstr(r.error.text, "unexpected message") || strstr(r.error.text, "invalid list"),
              "%s", r.error.text);
    gv_rank_inbox_clear(&inbox);
    end_pair();
}

typedef struct lie {
    int from;
    unsigned tag;
    const void *data;
    size_t bytes;
} lie;

Test(rank_parts, agreement_with_a_liar)
{
    static const uint64_t three[4] = {0}, endless[2] = {UINT64_MAX}, one[9] = {1};
    static const uint8_t no_block[9] = {0}, no_answer[9] = {1, 0, 0, 0, 0, 0, 0, 0, 3};
    make_files();
    static const lie lies[] = {{1, GV_RANK_TAG_FOUND, "", 0},
                               {1, GV_RANK_TAG_FOUND, three, 25},
                               {1, GV_RANK_TAG_FOUND, no_block, 9},
                               {1, GV_RANK_TAG_FOUND, no_answer, 9},
                               {1, GV_RANK_TAG_PIECE, three, 9},
                               {0, GV_RANK_TAG_BLOCK, three, 8},
                               {0, GV_RANK_TAG_FILES, "", 0},
                               {0, GV_RANK_TAG_FILES, three, 24},
                               {0, GV_RANK_TAG_FILES, endless, sizeof endless},
                               {0, GV_RANK_TAG_FILES, one, 8},
                               {0, GV_RANK_TAG_FILES, one, 40},
                               {0, GV_RANK_TAG_FILES, one, 50},
                               {0, GV_RANK_TAG_FILES, one, 72}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        begin_pair();
        send(lies[i].from, lies[i].tag, lies[i].data, lies[i].bytes);
        expect_refusal(1 - lies[i].from);
    }
}

/* Rank 0 sends what it should, and then this. */
static void send_files(void)
{
    static uint8_t message[8 + 32 + 16 + 4] = {1};
    message[40] = 1;  /* plain */
    message[44] = 99; /* its size */
    message[52] = 4;  /* the length of its path */
    memcpy(message + 56, "text", 4);
    send(0, GV_RANK_TAG_FILES, message, sizeof message);
}

Test(rank_parts, text_of_a_liar)
{
    enum { BLOCK = 99 };
    static const uint64_t zero = 0, large = 4097, block = BLOCK;
    static const uint64_t no_file[6] = {1, 0, 5}, backwards[6] = {0, 5, 4};
    make_files();
    static const lie blocks[] = {{0, GV_RANK_TAG_BLOCK, &zero, sizeof zero},
                                 {0, GV_RANK_TAG_BLOCK, &large, sizeof large},
                                 {0, GV_RANK_TAG_BLOCK, &block, 7},
                                 {0, GV_RANK_TAG_TEXT, &block, 8}},
                     texts[] = {{0, GV_RANK_TAG_TEXT, no_file, 47},
                                {0, GV_RANK_TAG_TEXT, no_file, 48},
                                {0, GV_RANK_TAG_TEXT, backwards, 48},
                                {0, GV_RANK_TAG_BLOCK, backwards, 48}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        begin_pair();
        send_files();
        send(0, blocks[i].tag, blocks[i].data, blocks[i].bytes);
        expect_refusal(1);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        begin_pair();
        send_files();
        send(0, GV_RANK_TAG_BLOCK, &block, sizeof block);
        send(0, texts[i].tag, texts[i].data, texts[i].bytes);
        expect_refusal(1);
    }
}
