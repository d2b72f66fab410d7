#include "train/experiments/servers/gv_params.h"

#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include <string.h>

/* --- params ----------------------------------------------------------------------------------- */

static int allocate(gv_params *params, const gv_store_info *info, unsigned first, unsigned end,
                    gv_error *err)
{
    *params = (gv_params){.info = info, .first = first, .end = end};
    for (int side = 0; side < 2; side++)
        if (!(params->owner[side] = gv_mem_alloc(info->vocab_size, sizeof **params->owner, err)))
            return GV_E_MEMORY;
    return GV_OK;
}

int gv_params_make(gv_params *params, const gv_store_info *info, unsigned first, unsigned end,
                   gv_error *err)
{
    int status = allocate(params, info, first, end, err);
    for (uint32_t side = 0; side < 2 && status == GV_OK; side++)
        for (uint32_t row = 0; row < info->vocab_size; row++)
            params->owner[side][row] =
                (uint16_t)(first + gv_hash_64(&row, sizeof row, side) % (end - first));
    return status;
}

int gv_params_make_contiguous(gv_params *params, const gv_store_info *info, unsigned first,
                              unsigned end, gv_error *err)
{
    int status = allocate(params, info, first, end, err);
    params->contiguous = true;
    for (uint32_t s = 0; s < info->segments && status == GV_OK; s++) {
        uint64_t before = info->segment_first[s];
        uint16_t server = (uint16_t)(first + before * (end - first) / info->vocab_size);
        for (uint32_t row = info->segment_first[s]; row < info->segment_first[s + 1]; row++)
            params->owner[0][row] = params->owner[1][row] = server;
    }
    return status;
}

unsigned gv_params_server(const gv_params *params, uint32_t segment)
{
    return params->owner[0][params->info->segment_first[segment]];
}

void gv_params_segments(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server)
{
    uint32_t segments = params->info->segments;
    *first = 0;
    while (*first < segments && gv_params_server(params, *first) < server)
        ++*first;
    *end = *first;
    while (*end < segments && gv_params_server(params, *end) == server)
        ++*end;
}

void gv_params_key_range(uint32_t *first, uint32_t *end, const gv_params *params, unsigned server)
{
    *first = 0;
    *end = gv_params_keys(params);
    if (!params->contiguous)
        return;
    gv_params_segments(first, end, params, server);
    *first *= 2;
    *end *= 2;
}

void gv_params_free(gv_params *params)
{
    gv_mem_free(params->owner[0]);
    gv_mem_free(params->owner[1]);
    *params = (gv_params){0};
}

uint32_t gv_params_keys(const gv_params *params)
{
    return 2 * params->info->segments;
}

/* The rows of a key. */
typedef struct key_rows {
    const uint16_t *owner; /* [end] */
    uint32_t first, end;
} key_rows;

static key_rows rows_of(const gv_params *params, uint32_t key)
{
    const uint32_t *first = params->info->segment_first + key / 2;
    return (key_rows){params->owner[key % 2], first[0], first[1]};
}

static float *matrix_of(const gv_model *model, uint32_t key)
{
    return key % 2 ? model->context : model->word;
}

static size_t row_bytes(const gv_model *model)
{
    return model->stride * sizeof(float);
}

/* Rows of these keys that the server has. */
static size_t count_rows(const gv_params *params, unsigned server, gv_params_list list)
{
    size_t count = 0;
    for (size_t k = 0; k < list.n; k++) {
        key_rows rows = rows_of(params, list.keys[k]);
        for (uint32_t row = rows.first; row < rows.end; row++)
            count += rows.owner[row] == server;
    }
    return count;
}

static int misfit(const gv_comm_message *message, gv_error *err)
{
    return gv_error_set(err, GV_E_RUNTIME, "rank %d sent rows of the wrong size or number",
                        message->from);
}

/* Whether a rank is one of the servers. */
static bool is_server(const gv_params *params, int rank)
{
    return rank >= (int)params->first && rank < (int)params->end;
}

/* The list at the beginning of a message (number of keys, keys); false if there is none. */
static bool read_list(gv_params_list *list, const gv_comm_message *message, const gv_params *params)
{
    const uint32_t *words = message->data;
    if (message->bytes < sizeof *words || words[0] > message->bytes / sizeof *words - 1)
        return false;
    *list = (gv_params_list){words + 1, words[0]};
    for (size_t k = 0; k < list->n; k++)
        if (list->keys[k] >= gv_params_keys(params))
            return false;
    return true;
}

/* Write a list there; returns what comes behind it. */
static void *write_list(uint32_t *message, gv_params_list list)
{
    message[0] = (uint32_t)list.n;
    memcpy(message + 1, list.keys, list.n * sizeof *list.keys);
    return message + 1 + list.n;
}

static size_t list_bytes(gv_params_list list)
{
    return (list.n + 1) * sizeof *list.keys;
}

/* --- whole rows ------------------------------------------------------------------------------- */

int gv_params_send_fetch(gv_comm *comm, unsigned server, gv_params_list list, gv_error *err)
{
    uint32_t *message = gv_comm_buffer(list_bytes(list), err);
    if (!message)
        return GV_E_MEMORY;
    write_list(message, list);
    return gv_comm_post(comm, (int)server, GV_TAG_FETCH, message, list_bytes(list), err);
}

/* A message with a list and, behind it, the rows of `server`. */
static uint32_t *make_rows(size_t *bytes, const gv_params *params, const gv_model *model,
                           unsigned server, gv_params_list list, gv_error *err)
{
    *bytes = list_bytes(list) + count_rows(params, server, list) * row_bytes(model);
    uint32_t *message = gv_comm_buffer(*bytes, err);
    if (!message)
        return NULL;
    float *at = write_list(message, list);
    for (size_t k = 0; k < list.n; k++) {
        key_rows rows = rows_of(params, list.keys[k]);
        const float *matrix = matrix_of(model, list.keys[k]);
        for (uint32_t row = rows.first; row < rows.end; row++)
            if (rows.owner[row] == server) {
                memcpy(at, matrix + (size_t)row * model->stride, row_bytes(model));
                at += model->stride;
            }
    }
    return message;
}

int gv_params_answer_fetch(gv_comm *comm, const gv_params *params, const gv_model *model,
                           const gv_comm_message *fetch, gv_error *err)
{
    gv_params_list list;
    size_t bytes;
    if (!read_list(&list, fetch, params) || fetch->bytes != list_bytes(list))
        return misfit(fetch, err);
    uint32_t *message = make_rows(&bytes, params, model, (unsigned)gv_comm_rank(comm), list, err);
    return message ? gv_comm_post(comm, fetch->from, GV_TAG_ROWS, message, bytes, err)
                   : GV_E_MEMORY;
}

int gv_params_send_rows(gv_comm *comm, const gv_params *params, const gv_model *model,
                        unsigned server, gv_params_list list, gv_error *err)
{
    size_t bytes;
    uint32_t *message = make_rows(&bytes, params, model, server, list, err);
    return message ? gv_comm_post(comm, (int)server, GV_TAG_PUT, message, bytes, err) : GV_E_MEMORY;
}

/* The list of a message with whole rows, and where the rows begin. */
static bool open_rows(gv_params_list *list, const float **rows, const gv_comm_message *message,
                      const gv_params *params, const gv_model *model, unsigned server)
{
    if (!is_server(params, (int)server) || !read_list(list, message, params) ||
        message->bytes != list_bytes(*list) + count_rows(params, server, *list) * row_bytes(model))
        return false;
    *rows = (const float *)(const void *)(list->keys + list->n);
    return true;
}

static void add_change(float *restrict own, float *restrict base, const float *restrict fetched,
                       size_t stride)
{
    for (size_t i = 0; i < stride; i++) {
        own[i] += fetched[i] - base[i];
        base[i] = fetched[i];
    }
}

/* If a replica has trained since, `base` is what it began with. */
static int take_rows(gv_model *model, gv_model *base, const gv_params *params, unsigned server,
                     const gv_comm_message *message, gv_error *err)
{
    gv_params_list list;
    size_t stride = model->stride;
    const float *at;
    if (!open_rows(&list, &at, message, params, model, server))
        return misfit(message, err);
    for (size_t k = 0; k < list.n; k++) {
        key_rows rows = rows_of(params, list.keys[k]);
        float *own = matrix_of(model, list.keys[k]);
        float *before = base ? matrix_of(base, list.keys[k]) : NULL;
        for (uint32_t row = rows.first; row < rows.end; row++) {
            if (rows.owner[row] != server)
                continue;
            if (base)
                add_change(own + row * stride, before + row * stride, at, stride);
            else
                memcpy(own + row * stride, at, row_bytes(model));
            at += stride;
        }
    }
    return GV_OK;
}

int gv_params_receive_rows(gv_model *model, const gv_params *params, unsigned server,
                           const gv_comm_message *message, gv_error *err)
{
    return take_rows(model, NULL, params, server, message, err);
}

int gv_params_merge_rows(gv_model *model, gv_model *base, const gv_params *params, unsigned server,
                         const gv_comm_message *message, gv_error *err)
{
    return take_rows(model, base, params, server, message, err);
}

/* --- differences ------------------------------------------------------------------------------ */

/* A message of differences: number of the push, how many rows; then of each row: key, row, and its
 * differences. */
enum { PUSH_HEAD = 2, ROW_HEAD = 2 };

static size_t push_words(const gv_model *model)
{
    return ROW_HEAD + model->stride;
}

/* If the row has changed: its differences to `to`. Tasks name whole segments, of which a few tiles
 * touch only some rows; the others need not be sent. */
static bool put_difference(float *to, const float *own, float *before, size_t stride)
{
    if (memcmp(own, before, stride * sizeof *own) == 0)
        return false;
    for (size_t i = 0; i < stride; i++) {
        to[i] = own[i] - before[i];
        before[i] = own[i];
    }
    return true;
}

/* The changed rows of a key behind `*at`, which moves; returns how many. */
static uint32_t put_rows(uint32_t **at, const gv_params *params, const gv_params_push *push,
                         unsigned server, uint32_t key)
{
    key_rows rows = rows_of(params, key);
    size_t stride = push->model->stride;
    uint32_t count = 0;
    for (uint32_t row = rows.first; row < rows.end; row++) {
        if (rows.owner[row] != server ||
            !put_difference((float *)(void *)(*at + ROW_HEAD),
                            matrix_of(push->model, key) + row * stride,
                            matrix_of(push->base, key) + row * stride, stride))
            continue;
        (*at)[0] = key;
        (*at)[1] = row;
        *at += push_words(push->model);
        count++;
    }
    return count;
}

int gv_params_send_push(bool *sent, gv_comm *comm, const gv_params *params, unsigned server,
                        const gv_params_push *push, gv_error *err)
{
    size_t most = PUSH_HEAD + count_rows(params, server, push->list) * push_words(push->model);
    uint32_t *message = gv_comm_buffer(most * sizeof *message, err), count = 0;
    if (!message)
        return GV_E_MEMORY;
    uint32_t *at = message + PUSH_HEAD;
    for (size_t k = 0; k < push->list.n; k++)
        count += put_rows(&at, params, push, server, push->list.keys[k]);
    *sent = count > 0;
    if (!*sent) {
        gv_comm_buffer_free(message);
        return GV_OK;
    }
    message[0] = push->number;
    message[1] = count;
    return gv_comm_post(comm, (int)server, GV_TAG_PUSH, message,
                        (size_t)(at - message) * sizeof *message, err);
}

static int add_push(gv_model *model, const gv_params *params, unsigned server,
                    const gv_comm_message *message, gv_error *err)
{
    const uint32_t *words = message->data;
    size_t n = message->bytes / sizeof *words;
    if (n < PUSH_HEAD ||
        message->bytes != (PUSH_HEAD + words[1] * push_words(model)) * sizeof *words)
        return misfit(message, err);
    const uint32_t *at = words + PUSH_HEAD;
    for (uint32_t i = 0; i < words[1]; i++, at += push_words(model)) {
        uint32_t key = at[0], row = at[1];
        key_rows rows = {0};
        if (key < gv_params_keys(params))
            rows = rows_of(params, key);
        if (row < rows.first || row >= rows.end || rows.owner[row] != server)
            return misfit(message, err);
        float *restrict to = matrix_of(model, key) + (size_t)row * model->stride;
        const float *restrict difference = (const float *)(const void *)(at + ROW_HEAD);
        /* values and AdaGrad sums alike (gv_downpour.h) */
        for (size_t c = 0; c < model->stride; c++)
            to[c] += difference[c];
    }
    return GV_OK;
}

int gv_params_receive_push(gv_comm *comm, const gv_params *params, gv_model *model, unsigned server,
                           const gv_comm_message *message, gv_error *err)
{
    int status = add_push(model, params, server, message, err);
    return status == GV_OK ? gv_comm_send(comm, message->from, GV_TAG_PUSHED, message->data,
                                          sizeof(uint32_t), err)
                           : status;
}

/* --- lost ranks ------------------------------------------------------------------------------- */

int gv_params_forget_rank(gv_comm *comm, const gv_comm_message *message, gv_error *err)
{
    int lost = 0; /* rank 0 cannot be the one that is lost */
    if (message->bytes == sizeof lost)
        memcpy(&lost, message->data, sizeof lost);
    if (message->from != 0 || lost <= 0 || lost >= gv_comm_size(comm) || lost == gv_comm_rank(comm))
        return gv_comm_unexpected(message, err);
    gv_comm_forget(comm, lost);
    return GV_OK;
}
