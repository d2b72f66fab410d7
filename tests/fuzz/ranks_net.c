#include "ranks_net.h"

#include "base/gv_bytes.h"
#include "dist/gv_comm_internal.h"
#include "fake_clock.h"
#include "fuzz_file.h"
#include <pthread.h>
#include <string.h>

static const char hosts[RANKS_NET_RANKS][GV_COMM_HOST_MAX] = {"a", "b", "c"};

static void put16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static unsigned get16(const uint8_t *from)
{
    return from[0] + 256u * from[1];
}

/* --- recording -------------------------------------------------------------------------------- */

typedef struct letter {
    struct letter *next;
    gv_comm_message message;
} letter;

static struct {
    pthread_mutex_t mutex;
    letter *first[RANKS_NET_RANKS];
} net = {.mutex = PTHREAD_MUTEX_INITIALIZER};

typedef struct transport {
    gv_comm_transport base; /* first */
    unsigned sent;          /* messages */
    ranks_net_record *record;
    /* replayed */
    const uint8_t *at, *end;
    unsigned idle; /* looks in vain */
} transport;

void ranks_net_append(ranks_net_record *record, const void *bytes, size_t n)
{
    if (record->n + n > record->room) {
        record->room = 2 * (record->n + n);
        record->bytes = realloc(record->bytes, record->room);
        if (!record->bytes)
            abort();
    }
    if (n > 0)
        memcpy(record->bytes + record->n, bytes, n);
    record->n += n;
}

/* Exactly as large as it is, so that the sanitizer notices a byte beyond. */
static void *copy_of(const void *bytes, size_t n)
{
    void *data = NULL;
    if (posix_memalign(&data, 64, n) != 0)
        abort();
    if (n > 0)
        memcpy(data, bytes, n);
    return data;
}

static int send_recorded(gv_comm_transport *base, void **request, int to,
                         const gv_comm_message *message, gv_error *err)
{
    (void)err;
    transport *self = (transport *)base;
    letter *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    *request = NULL;
    l->message = (gv_comm_message){base->rank, message->tag, message->bytes,
                                   copy_of(message->data, message->bytes)};
    pthread_mutex_lock(&net.mutex);
    letter **end = &net.first[to];
    while (*end)
        end = &(*end)->next;
    *end = l;
    pthread_mutex_unlock(&net.mutex);
    self->sent++;
    return GV_OK;
}

static int sent(gv_comm_transport *base, void *request, bool *done, gv_error *err)
{
    (void)base, (void)request, (void)err;
    *done = true;
    return GV_OK;
}

static int receive_recorded(gv_comm_transport *base, gv_comm_message *message, gv_error *err)
{
    (void)err;
    transport *self = (transport *)base;
    uint8_t head[RANKS_NET_HEAD];
    pthread_mutex_lock(&net.mutex);
    letter *l = net.first[base->rank];
    if (l)
        net.first[base->rank] = l->next;
    pthread_mutex_unlock(&net.mutex);
    *message = l ? l->message : (gv_comm_message){0};
    free(l);
    if (!l || message->tag == 2) /* a keep-alive */
        return GV_OK;
    head[0] = (uint8_t)message->from;
    put16(head + 1, message->tag);
    put16(head + 3, self->sent);
    gv_bytes_put32(head + 5, (uint32_t)message->bytes);
    ranks_net_append(self->record, head, sizeof head);
    ranks_net_append(self->record, message->data, message->bytes);
    return GV_OK;
}

static void free_transport(gv_comm_transport *base)
{
    free(base);
}

static gv_comm *open_comm(int rank, const transport *like)
{
    gv_comm *comm = NULL;
    transport *self = malloc(sizeof *self);
    if (!self)
        abort();
    *self = *like;
    self->base.rank = rank;
    self->base.size = RANKS_NET_RANKS;
    self->base.hosts = hosts;
    self->base.sent = sent;
    self->base.free = free_transport;
    if (gv_comm_new(&comm, &self->base, NULL) != GV_OK)
        abort();
    return comm;
}

gv_comm *ranks_net_recorded(int rank, ranks_net_record *record)
{
    const transport self = {.base = {.send = send_recorded, .receive = receive_recorded},
                            .record = record};
    return open_comm(rank, &self);
}

void ranks_net_clear(void)
{
    for (int rank = 0; rank < RANKS_NET_RANKS; rank++)
        for (letter *l; (l = net.first[rank]);) {
            net.first[rank] = l->next;
            free(l->message.data);
            free(l);
        }
}

/* --- replaying -------------------------------------------------------------------------------- */

/* Looks in vain, with a short pause each, before a message comes though it should wait for one that
 * the rank sends, and after the last message. */
enum { PATIENCE = 12, PAUSE_US = 20 };
static const double silence_s = 12; /* less than half of the deadline of 30 s */

static int send_nowhere(gv_comm_transport *base, void **request, int to,
                        const gv_comm_message *message, gv_error *err)
{
    (void)err;
    transport *self = (transport *)base;
    const uint8_t *data = message->data;
    uint8_t sum = 0; /* the sanitizer sees whether all of it may be read */
    for (size_t i = 0; i < message->bytes; i++)
        sum = (uint8_t)(sum + data[i]);
    if (to < 0 || to >= RANKS_NET_RANKS)
        abort();
    *request = NULL;
    self->sent += 1 + 0u * sum;
    return GV_OK;
}

static int receive_replayed(gv_comm_transport *base, gv_comm_message *message, gv_error *err)
{
    transport *self = (transport *)base;
    size_t left = (size_t)(self->end - self->at);
    *message = (gv_comm_message){0};
    if ((left < RANKS_NET_HEAD || self->sent < get16(self->at + 3)) && self->idle++ < PATIENCE) {
        usleep(PAUSE_US);
        return GV_OK;
    }
    if (left < RANKS_NET_HEAD)
        return gv_error_set(err, GV_E_RUNTIME, "the record has ended");
    self->idle = 0;
    unsigned tag = get16(self->at + 1);
    size_t bytes = gv_bytes_get32(self->at + 5);
    int from = self->at[0] % RANKS_NET_RANKS;
    self->at += RANKS_NET_HEAD;
    left -= RANKS_NET_HEAD;
    bytes = bytes < left ? bytes : left;
    if (tag == RANKS_NET_SILENCE || tag == GV_TAG_NONE)
        fake_clock_pass(silence_s);
    else
        *message = (gv_comm_message){from, tag, bytes, copy_of(self->at, bytes)};
    self->at += tag == RANKS_NET_SILENCE ? 0 : bytes;
    return GV_OK;
}

gv_comm *ranks_net_replayed(int rank, const uint8_t *data, size_t size)
{
    const transport self = {.base = {.send = send_nowhere, .receive = receive_replayed},
                            .at = data,
                            .end = data + size};
    fake_clock_use(true);
    return open_comm(rank, &self);
}

void ranks_net_replay_end(void)
{
    fake_clock_use(false);
}

/* --- mutating --------------------------------------------------------------------------------- */

enum { PLACES = 512 };

/* Where the messages begin, and where the last one ends; returns how many. */
static size_t find_messages(size_t place[PLACES + 1], const uint8_t *data, size_t size, size_t skip)
{
    size_t n = 0, at = skip;
    while (n < PLACES && at + RANKS_NET_HEAD <= size) {
        size_t bytes = gv_bytes_get32(data + at + 5), left = size - at - RANKS_NET_HEAD;
        place[n++] = at;
        at += RANKS_NET_HEAD + (bytes < left ? bytes : left);
    }
    place[n] = at;
    return n;
}

/* Put `with` bytes in place of the `bytes` at `at`; the new size, or `size` if there is no room. */
static size_t replace(uint8_t *data, size_t size, size_t room, size_t at, size_t bytes,
                      const uint8_t *from, size_t with)
{
    if (size - bytes + with > room)
        return size;
    memmove(data + at + with, data + at + bytes, size - at - bytes);
    memcpy(data + at, from, with);
    return size - bytes + with;
}

/* Change the content of the message at `at`, and its length along with it. */
static size_t mutate_content(uint8_t *data, size_t size, size_t room, size_t at, size_t end)
{
    enum { MOST = 1 << 14 };
    static uint8_t content[MOST];
    size_t begin = at + RANKS_NET_HEAD, n = end - begin;
    if (n > MOST / 2)
        return LLVMFuzzerMutate(data, size, room);
    memcpy(content, data + begin, n);
    size_t with = LLVMFuzzerMutate(content, n, MOST);
    size_t made = replace(data, size, room, begin, n, content, with);
    if (made == size - n + with)
        gv_bytes_put32(data + at + 5, (uint32_t)with);
    return made;
}

/* One word of the content becomes a number that counts and ids may get wrong. */
static size_t set_word(uint8_t *data, size_t size, size_t at, size_t end, unsigned seed)
{
    static const uint32_t odd[] = {0,    1,      2,      5,          6,          11,        12,
                                   0xff, 0xffff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff};
    size_t begin = at + RANKS_NET_HEAD, words = (end - begin) / 4;
    if (words > 0)
        gv_bytes_put32(data + begin + 4 * (seed / 7 % words), odd[seed % (sizeof odd / 4)]);
    return size;
}

size_t ranks_net_mutate(uint8_t *data, size_t size, size_t room, unsigned seed, size_t skip)
{
    size_t place[PLACES + 1], n = size > skip ? find_messages(place, data, size, skip) : 0;
    if (n == 0 || seed % 16 == 0)
        return LLVMFuzzerMutate(data, size, room);
    size_t i = seed / 16 % n, at = place[i], end = place[i + 1], bytes = end - at;
    const unsigned choice = seed / 16 / (unsigned)n;
    uint8_t *message = malloc(bytes);
    if (!message)
        abort();
    memcpy(message, data + at, bytes);
    switch (choice % 8) {
    case 0: /* once more, somewhere */
        size = replace(data, size, room, place[choice / 8 % (n + 1)], 0, message, bytes);
        break;
    case 1: /* left out */
        size = replace(data, size, room, at, bytes, message, 0);
        break;
    case 2: /* of another rank, or another kind */
        if (choice / 8 % 2)
            data[at] = (uint8_t)(choice / 16 % RANKS_NET_RANKS);
        else
            put16(data + at + 1, (choice / 16 % 32));
        break;
    case 3: /* later or earlier; or silence */
        put16(data + at + (choice / 8 % 2 ? 1 : 3),
              choice / 8 % 2 ? RANKS_NET_SILENCE : (choice / 16 % 64));
        break;
    case 4:
    case 5:
        size = set_word(data, size, at, end, choice / 8);
        break;
    default:
        size = mutate_content(data, size, room, at, end);
    }
    free(message);
    return size;
}
