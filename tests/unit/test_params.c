/*
 * gv_params: which server holds which row, and rows and differences that travel to servers and
 * back, against a plain copy of the model. One thread drives all ranks.
 */
#include "base/gv_rng.h"
#include "dist/gv_comm_local.h"
#include "support/gv_test.h"
#include "train/experiments/servers/gv_params.h"
#include <string.h>

enum { WORDS = 100, SEGMENTS = 9, DIM = 5, KEYS = 2 * SEGMENTS };
enum { SERVERS = 3, REPLICA = 3, RANKS = 4 }; /* servers are the ranks 0 .. 2 */

static uint32_t first_words[SEGMENTS + 1];
static gv_store_info info;
static gv_params params;
static gv_comm_local_net *net;
static gv_comm *ranks[RANKS];
static gv_rng rng;

/* Segments of very different lengths, the last of one word. */
static void make_info(void)
{
    static const uint32_t first[SEGMENTS + 1] = {0, 1, 3, 10, 11, 40, 41, 80, 99, WORDS};
    memcpy(first_words, first, sizeof first);
    info = (gv_store_info){
        .vocab_size = WORDS, .segments = SEGMENTS, .segment_first = first_words, .groups = 1};
    gv_rng_seed(&rng, gv_test_seed(), GV_RNG_TEST, 95);
}

static void begin(void)
{
    gv_error err = GV_ERROR_INIT;
    make_info();
    gv_assert_ok(gv_params_make(&params, &info, 0, SERVERS, &err), err);
    gv_assert_ok(gv_comm_local_net_new(&net, RANKS, &err), err);
    for (int r = 0; r < RANKS; r++)
        gv_assert_ok(gv_comm_local_new(&ranks[r], net, r, &err), err);
}

static void end(void)
{
    for (int r = 0; r < RANKS; r++)
        gv_comm_local_free(ranks[r]);
    gv_comm_local_net_free(net);
    gv_params_free(&params);
}

/* A model of random whole numbers, so that sums of floats are exact. */
static gv_model *make_model(bool random)
{
    gv_model *model;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_model_new_zero(&model, WORDS, DIM, &err), err);
    for (size_t i = 0; random && i < WORDS * model->stride; i++) {
        model->word[i] = (float)(1 + gv_rng_below(&rng, 1000));
        model->context[i] = (float)(1 + gv_rng_below(&rng, 1000));
    }
    return model;
}

static void copy_model(gv_model *to, const gv_model *from)
{
    memcpy(to->word, from->word, from->bytes);
    memcpy(to->context, from->context, from->bytes);
}

static float *row_of(const gv_model *model, int side, uint32_t row)
{
    return (side ? model->context : model->word) + row * model->stride;
}

static bool same_row(const gv_model *a, const gv_model *b, int side, uint32_t row)
{
    return memcmp(row_of(a, side, row), row_of(b, side, row), a->stride * sizeof(float)) == 0;
}

static bool same_model(const gv_model *a, const gv_model *b)
{
    return memcmp(a->word, b->word, a->bytes) == 0 && memcmp(a->context, b->context, a->bytes) == 0;
}

static gv_comm_message receive(int rank, unsigned tag)
{
    gv_comm_message message;
    gv_error err = GV_ERROR_INIT;
    gv_assert_ok(gv_comm_receive(ranks[rank], &message, 0, &err), err);
    cr_assert_eq(message.tag, tag, "rank %d: tag %u", rank, message.tag);
    return message;
}

static uint32_t segment_of(uint32_t row)
{
    uint32_t segment = 0;
    while (row >= first_words[segment + 1])
        segment++;
    return segment;
}

/* --- who holds a row -------------------------------------------------------------------------- */

Test(params, every_row_has_one_server_and_servers_have_alike)
{
    gv_error err = GV_ERROR_INIT;
    make_info();
    for (unsigned first = 0; first < 3; first++)
        for (unsigned n = 1; n <= 5; n++) {
            unsigned rows[8] = {0};
            gv_assert_ok(gv_params_make(&params, &info, first, first + n, &err), err);
            cr_assert_eq(gv_params_keys(&params), (uint32_t)KEYS);
            for (int side = 0; side < 2; side++)
                for (uint32_t row = 0; row < WORDS; row++) {
                    unsigned owner = params.owner[side][row];
                    cr_assert(owner >= first && owner < first + n);
                    rows[owner]++;
                }
            for (unsigned s = first; s < first + n; s++) /* of 200 rows, dealt at random */
                cr_assert(rows[s] > 100 / n && rows[s] < 400 / n + 1, "%u of %u: %u", s, n,
                          rows[s]);
            gv_params_free(&params);
        }
}

Test(params, contiguous_shards_are_whole_segments_in_order)
{
    gv_error err = GV_ERROR_INIT;
    make_info();
    for (unsigned first = 0; first < 3; first++)
        for (unsigned n = 1; n <= 12; n++) { /* also more servers than segments */
            uint32_t next = 0;
            gv_assert_ok(gv_params_make_contiguous(&params, &info, first, first + n, &err), err);
            for (unsigned s = first; s < first + n; s++) {
                uint32_t begin_segment, end_segment;
                gv_params_segments(&begin_segment, &end_segment, &params, s);
                cr_assert(begin_segment == next && end_segment >= begin_segment);
                next = end_segment;
                for (uint32_t segment = begin_segment; segment < end_segment; segment++)
                    cr_assert_eq(gv_params_server(&params, segment), s);
            }
            cr_assert_eq(next, (uint32_t)SEGMENTS);
            for (uint32_t row = 0; row < WORDS; row++)
                for (int side = 0; side < 2; side++)
                    cr_assert_eq(params.owner[side][row],
                                 gv_params_server(&params, segment_of(row)));
            gv_params_free(&params);
        }
}

/* --- whole rows ------------------------------------------------------------------------------- */

/* Put a model onto the servers, fetch it again key by key: what comes is what was put. */
Test(params, rows_put_and_fetched_are_the_same)
{
    begin();
    gv_error err = GV_ERROR_INIT;
    gv_model *whole = make_model(true), *back = make_model(false), *servers[SERVERS];
    uint32_t keys[KEYS];
    for (uint32_t k = 0; k < KEYS; k++)
        keys[k] = k;
    for (unsigned s = 0; s < SERVERS; s++) {
        servers[s] = make_model(false);
        gv_assert_ok(gv_params_send_rows(ranks[REPLICA], &params, whole, s,
                                         (gv_params_list){keys, KEYS}, &err),
                     err);
        gv_comm_message put = receive((int)s, GV_TAG_PUT);
        gv_assert_ok(gv_params_receive_rows(servers[s], &params, s, &put, &err), err);
        gv_comm_message_free(&put);
        for (int side = 0; side < 2; side++)
            for (uint32_t row = 0; row < WORDS; row++)
                cr_assert_eq(same_row(servers[s], whole, side, row), params.owner[side][row] == s);
    }
    for (uint32_t k = 0; k < KEYS; k++)
        for (unsigned s = 0; s < SERVERS; s++) {
            gv_assert_ok(
                gv_params_send_fetch(ranks[REPLICA], s, (gv_params_list){&keys[k], 1}, &err), err);
            gv_comm_message fetch = receive((int)s, GV_TAG_FETCH);
            gv_assert_ok(gv_params_answer_fetch(ranks[s], &params, servers[s], &fetch, &err), err);
            gv_comm_message_free(&fetch);
            gv_comm_message rows = receive(REPLICA, GV_TAG_ROWS);
            gv_assert_ok(gv_params_receive_rows(back, &params, s, &rows, &err), err);
            gv_comm_message_free(&rows);
        }
    cr_assert(same_model(back, whole));
    for (unsigned s = 0; s < SERVERS; s++)
        gv_model_free(servers[s]);
    gv_model_free(whole);
    gv_model_free(back);
    end();
}

/* A replica keeps its own changes: what comes + (own - base). Other rows stay as they were. */
Test(params, merged_rows_keep_own_changes)
{
    begin();
    gv_error err = GV_ERROR_INIT;
    gv_model *server = make_model(true), *own = make_model(true), *base = make_model(true);
    gv_model *own_before = make_model(false), *base_before = make_model(false);
    static const uint32_t keys[] = {3, 8, 17};
    copy_model(own_before, own);
    copy_model(base_before, base);
    gv_assert_ok(
        gv_params_send_rows(ranks[REPLICA], &params, server, 1, (gv_params_list){keys, 3}, &err),
        err);
    gv_comm_message rows = receive(1, GV_TAG_PUT);
    gv_assert_ok(gv_params_merge_rows(own, base, &params, 1, &rows, &err), err);
    gv_comm_message_free(&rows);
    for (int side = 0; side < 2; side++)
        for (uint32_t row = 0; row < WORDS; row++) {
            uint32_t key = 2 * segment_of(row) + (uint32_t)side;
            bool came = (key == 3 || key == 8 || key == 17) && params.owner[side][row] == 1;
            for (size_t i = 0; i < own->stride; i++) {
                float was = row_of(own_before, side, row)[i];
                float old = row_of(base_before, side, row)[i];
                float got = row_of(server, side, row)[i];
                cr_assert_eq(row_of(own, side, row)[i], came ? was + got - old : was);
                cr_assert_eq(row_of(base, side, row)[i], came ? got : old);
            }
        }
    gv_model *all[] = {server, own, base, own_before, base_before};
    for (size_t i = 0; i < 5; i++)
        gv_model_free(all[i]);
    end();
}

/* --- differences ------------------------------------------------------------------------------ */

enum { PUSH_NUMBER = 7 };

/* Send the differences of all keys to one server, if there are any; it adds them. */
static void push(gv_model *server_model, unsigned server, gv_model *model, gv_model *base)
{
    gv_error err = GV_ERROR_INIT;
    uint32_t keys[KEYS], number;
    bool sent = false;
    for (uint32_t k = 0; k < KEYS; k++)
        keys[k] = k;
    const gv_params_push changes = {
        .model = model, .base = base, .list = {keys, KEYS}, .number = PUSH_NUMBER};
    gv_assert_ok(gv_params_send_push(&sent, ranks[REPLICA], &params, server, &changes, &err), err);
    if (!sent)
        return;
    gv_comm_message message = receive((int)server, GV_TAG_PUSH);
    gv_assert_ok(
        gv_params_receive_push(ranks[server], &params, server_model, server, &message, &err), err);
    gv_comm_message_free(&message);
    message = receive(REPLICA, GV_TAG_PUSHED);
    cr_assert_eq(message.bytes, sizeof number);
    memcpy(&number, message.data, sizeof number);
    cr_assert_eq(number, (uint32_t)PUSH_NUMBER);
    gv_comm_message_free(&message);
}

/* Many rounds of random changes: the servers together have what a plain sum of them gives. */
Test(params, pushed_differences_add_up)
{
    enum { ROUNDS = 20 };
    begin();
    gv_model *server = make_model(true), *model = make_model(false), *base = make_model(false);
    gv_model *oracle = make_model(false);
    copy_model(oracle, server);
    copy_model(model, server);
    copy_model(base, server);
    for (int round = 0; round < ROUNDS; round++) {
        for (int change = 0; change < 30; change++) {
            int side = (int)gv_rng_below(&rng, 2);
            uint32_t row = (uint32_t)gv_rng_below(&rng, WORDS);
            size_t i = gv_rng_below(&rng, model->stride);
            float difference = (float)gv_rng_below(&rng, 100);
            row_of(model, side, row)[i] += difference;
            row_of(oracle, side, row)[i] += difference;
        }
        for (unsigned s = 0; s < SERVERS; s++)
            push(server, s, model, base);
        cr_assert(same_model(server, oracle), "round %d", round);
        cr_assert(same_model(base, model), "what was sent is the new base");
    }
    gv_model *all[] = {server, model, base, oracle};
    for (size_t i = 0; i < 4; i++)
        gv_model_free(all[i]);
    end();
}

Test(params, nothing_changed_is_no_message)
{
    begin();
    gv_error err = GV_ERROR_INIT;
    gv_model *model = make_model(true), *base = make_model(false);
    copy_model(base, model);
    static const uint32_t keys[] = {0, 1, 2};
    bool sent = true;
    const gv_params_push changes = {.model = model, .base = base, .list = {keys, 3}};
    gv_assert_ok(gv_params_send_push(&sent, ranks[REPLICA], &params, 0, &changes, &err), err);
    cr_assert_not(sent);
    receive(0, GV_TAG_NONE);
    gv_model_free(model);
    gv_model_free(base);
    end();
}

/* --- damaged messages ------------------------------------------------------------------------- */

/* A message of `words` numbers from the replica. */
static gv_comm_message message_of(uint32_t *data, size_t words)
{
    return (gv_comm_message){
        .from = REPLICA, .tag = GV_TAG_ROWS, .bytes = words * sizeof *data, .data = data};
}

Test(params, damaged_rows_are_refused)
{
    begin();
    gv_model *model = make_model(true), *before = make_model(false), *base = make_model(true);
    copy_model(before, model);
    uint32_t none[1] = {0}, too_many[2] = {2, 0}, huge[2] = {UINT32_MAX, 0}, unknown[2] = {1, KEYS};
    uint32_t short_of_rows[2] = {1, 13}, too_long[2] = {0, 0};
    const gv_comm_message messages[] = {message_of(none, 0),          message_of(too_many, 2),
                                        message_of(huge, 2),          message_of(unknown, 2),
                                        message_of(short_of_rows, 2), message_of(too_long, 2)};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        gv_error err[3] = {GV_ERROR_INIT, GV_ERROR_INIT, GV_ERROR_INIT};
        cr_assert_eq(gv_params_receive_rows(model, &params, 1, &messages[i], &err[0]), GV_E_RUNTIME,
                     "message %zu", i);
        cr_assert_eq(gv_params_merge_rows(model, base, &params, 1, &messages[i], &err[1]),
                     GV_E_RUNTIME, "message %zu", i);
        cr_assert_not_null(strstr(err[0].text, "rank 3"), "%s", err[0].text);
        if (i < 4) /* a fetch is keys alone */
            cr_assert_eq(gv_params_answer_fetch(ranks[1], &params, model, &messages[i], &err[2]),
                         GV_E_RUNTIME, "message %zu", i);
    }
    cr_assert(same_model(model, before));
    receive(REPLICA, GV_TAG_NONE);
    gv_model_free(model);
    gv_model_free(before);
    gv_model_free(base);
    end();
}

Test(params, damaged_differences_are_refused)
{
    begin();
    gv_model *model = make_model(true), *before = make_model(false);
    copy_model(before, model);
    size_t words = 2 + 2 + model->stride; /* number, rows; key, row, differences */
    uint32_t row = 0, good[200] = {7, 1};
    cr_assert_lt(words, 200u);
    while (params.owner[0][row] != 1)
        row++;
    good[2] = 2 * segment_of(row);
    good[3] = row;
    static const struct {
        size_t place;
        uint32_t value;
        long more; /* words more than the message should have */
    } cases[] = {{1, 0, 0},     {1, 2, 0},  {1, UINT32_MAX, 0}, {2, KEYS, 0},
                 {3, WORDS, 0}, {0, 7, -1}, {0, 7, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t bad[200];
        gv_error err = GV_ERROR_INIT;
        memcpy(bad, good, sizeof bad);
        bad[cases[i].place] = cases[i].value;
        gv_comm_message message = message_of(bad, (size_t)((long)words + cases[i].more));
        cr_assert_eq(gv_params_receive_push(ranks[1], &params, model, 1, &message, &err),
                     GV_E_RUNTIME, "case %zu", i);
    }
    gv_error err[4] = {GV_ERROR_INIT, GV_ERROR_INIT, GV_ERROR_INIT, GV_ERROR_INIT};
    gv_comm_message whole = message_of(good, words), half = message_of(good, 1);
    cr_assert_eq(gv_params_receive_push(ranks[0], &params, model, 0, &whole, &err[0]), GV_E_RUNTIME,
                 "the row of another server");
    cr_assert_eq(gv_params_receive_push(ranks[1], &params, model, 1, &half, &err[1]), GV_E_RUNTIME);
    gv_assert_ok(gv_params_receive_push(ranks[1], &params, model, 1, &whole, &err[3]), err[3]);
    cr_assert(same_model(model, before), "the differences were zero");
    gv_model_free(model);
    gv_model_free(before);
    end();
}

Test(params, a_lost_rank_is_forgotten)
{
    begin();
    gv_error err = GV_ERROR_INIT, bad = GV_ERROR_INIT;
    int lost = 2;
    gv_comm_message message = {.from = 0, .tag = GV_TAG_GONE, .bytes = sizeof lost, .data = &lost};
    gv_assert_ok(gv_params_forget_rank(ranks[1], &message, &err), err);
    cr_assert(gv_comm_is_lost(ranks[1], 2));
    message.bytes = 1;
    cr_assert_eq(gv_params_forget_rank(ranks[1], &message, &bad), GV_E_RUNTIME);
    end();
}
