/*
 * gv_rank_parts, gv_rank_inbox: what ranks agree upon before they count, and messages that break
 * the protocol. Each rank is a thread.
 */
#include "base/gv_threads.h"
#include "config/gv_config.h"
#include "cooccur/gv_rank_parts.h"
#include "dist/gv_comm_local.h"
#include "dist/gv_rank_pieces.h"
#include "support/gv_test.h"
#include <string.h>

enum { RANKS = 3, WORDS = 20000 };

typedef struct rank {
    const char *corpus, *input; /* a setting, a path */
    size_t block;               /* that it would use alone */
    int status;
    gv_error error;
    gv_corpus_stats stats;
} rank;

static gv_comm_local_net *net;
static rank ranks[RANKS];

static int read_part(gv_corpus *corpus, gv_error *err)
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
        while (status == GV_OK && kind != GV_CORPUS_END)
            status = gv_corpus_token(reader, &kind, &word, &length, err);
    }
    gv_corpus_reader_free(reader);
    return status;
}

static int agree_and_read(rank *r, gv_rank_inbox *inbox, gv_error *err)
{
    gv_config *config = NULL;
    gv_corpus *corpus = NULL;
    char *sets[] = {(char *)(uintptr_t)r->corpus};
    int status = gv_config_load(&config, NULL, &(gv_strings){1, sets}, "test", err);
    if (status == GV_OK)
        status = gv_corpus_open(&corpus, config, r->block, err);
    if (status == GV_OK)
        status = gv_rank_parts_agree(
            inbox, corpus,
            &(const gv_strings){r->input != NULL, (char *[]){(char *)(uintptr_t)r->input}}, err);
    if (status == GV_OK)
        status = read_part(corpus, err);
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

/* All ranks; `text` and `input` are the files of rank 2. */
static void run_all(const char *text, const char *input, const size_t blocks[RANKS])
{
    gv_error err = GV_ERROR_INIT;
    for (unsigned i = 0; i < RANKS; i++)
        ranks[i] = (rank){
            .corpus = gv_test_format("corpus.files=[\"%s\"]", gv_test_path(i == 2 ? text : "text")),
            .input = gv_test_path(i == 2 ? input : "input"),
            .block = blocks[i]};
    gv_assert_ok(gv_comm_local_net_new(&net, RANKS, &err), err);
    gv_assert_ok(gv_threads_run(RANKS, run_rank, NULL, &err), err);
    gv_comm_local_net_free(net);
}

static void make_files(void)
{
    gv_test_run_ok("yes 'one two three four' | head -n %d > text; cp text copy; echo a > input; "
                   "echo b > another",
                   WORDS / 4);
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
        run_all("text", "input", blocks[b]);
        for (unsigned i = 0; i < RANKS; i++) {
            gv_assert_ok(ranks[i].status, ranks[i].error);
            tokens += ranks[i].stats.tokens;
            cr_assert_gt(ranks[i].stats.tokens, WORDS / 6u, "blocks %zu, rank %u", b, i);
        }
        cr_assert_eq(tokens, (uint64_t)WORDS, "blocks %zu", b);
    }
}

Test(rank_parts, a_rank_with_other_files_is_named)
{
    static const size_t blocks[RANKS] = {4096, 4096, 4096};
    make_files();
    run_all("copy", "input", blocks);
    cr_assert_eq(ranks[0].status, GV_E_USAGE);
    cr_assert_not_null(strstr(ranks[0].error.text, "corpus.files: rank 2 on host thread2"), "%s",
                       ranks[0].error.text);
    run_all("text", "another", blocks);
    cr_assert_eq(ranks[0].status, GV_E_USAGE);
    cr_assert_not_null(strstr(ranks[0].error.text, "input: rank 2 on host thread2"), "%s",
                       ranks[0].error.text);
    for (int i = 0; i < RANKS; i++)
        cr_assert_eq(ranks[i].status, i == 0 ? GV_E_USAGE : GV_E_STOPPED);
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
    rank r = {.corpus = gv_test_format("corpus.files=[\"%s\"]", gv_test_path("text")),
              .input = gv_test_path("input"),
              .block = 4096};
    gv_rank_inbox inbox = {.comm = comms[number]};
    cr_assert_eq(agree_and_read(&r, &inbox, &r.error), GV_E_RUNTIME, "%s", r.error.text);
    cr_assert_not_null(strstr(r.error.text, "unexpected message"), "%s", r.error.text);
    gv_rank_inbox_clear(&inbox);
    end_pair();
}

Test(rank_parts, agreement_with_a_liar)
{
    static const uint64_t zero = 0, large = 4097, three[4] = {0};
    make_files();
    static const struct {
        int from;
        unsigned tag;
        const void *data;
        size_t bytes;
    } lies[] = {{1, GV_RANK_TAG_FILES, "", 0},
                {1, GV_RANK_TAG_FILES, three, 25},
                {1, GV_RANK_TAG_PIECE, three, 24},
                {0, GV_RANK_TAG_FILES, "", 0},
                {0, GV_RANK_TAG_FILES, three, 24},
                {0, GV_RANK_TAG_FILES, &zero, sizeof zero},
                {0, GV_RANK_TAG_FILES, &large, sizeof large}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        begin_pair();
        send(lies[i].from, lies[i].tag, lies[i].data, lies[i].bytes);
        expect_refusal(1 - lies[i].from);
    }
}
