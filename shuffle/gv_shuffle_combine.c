#include "shuffle/gv_shuffle_combine.h"

#include "base/gv_mem.h"
#include "dist/gv_rank_pieces.h"
#include "shuffle/gv_shuffle_rank.h"
#include <string.h>

/* --- surveys ---------------------------------------------------------------------------------- */

/* What a survey consists of, in the order of sending. */
enum kind { TOTALS, MASS, ROW_SUMS, SMALL, LARGE, KINDS };

static const size_t item_bytes[KINDS] = {[TOTALS] = sizeof(gv_counts_share_totals),
                                         [MASS] = sizeof(uint32_t),
                                         [ROW_SUMS] = sizeof(uint64_t),
                                         [SMALL] = sizeof(uint32_t),
                                         [LARGE] = sizeof(uint64_t)};

/* Items of one kind follow. */
typedef struct piece_head {
    uint32_t number; /* of the piece, from 0: one that comes twice would count twice */
    uint32_t kind;
    uint64_t first; /* number of the first item */
} piece_head;

typedef struct sending {
    gv_shuffle_survey *survey;
    const gv_counts_share_totals *totals;
    piece_head next;
} sending;

static const void *items_of(const sending *s, uint32_t kind, uint64_t *n)
{
    const gv_shuffle_codes_sample *sample = &s->survey->sample;
    *n = kind == TOTALS  ? 1
         : kind == SMALL ? GV_SAMPLE_SMALL
         : kind == LARGE ? atomic_load(&sample->n)
                         : s->survey->vocab_size;
    const void *const items[KINDS] = {s->totals, s->survey->mass, s->survey->row_sums,
                                      sample->small[0], sample->large};
    return items[kind];
}

/* A gv_rank_pieces_next. */
static int next_piece(void *context, void **data, size_t *bytes, gv_error *err)
{
    sending *s = context;
    uint64_t n = 0;
    const uint8_t *items = NULL;
    *data = NULL;
    for (; s->next.kind < KINDS; s->next.kind++, s->next.first = 0) {
        items = items_of(s, s->next.kind, &n);
        if (s->next.first < n)
            break;
    }
    if (s->next.kind == KINDS)
        return GV_OK;
    size_t size = item_bytes[s->next.kind];
    uint64_t left = n - s->next.first, most = GV_RANK_PIECES_BYTES / size;
    size_t part = (size_t)(left < most ? left : most);
    *bytes = sizeof s->next + part * size;
    uint8_t *to = gv_comm_buffer(*bytes, err);
    if (!to)
        return GV_E_MEMORY;
    memcpy(to, &s->next, sizeof s->next);
    memcpy(to + sizeof s->next, items + s->next.first * size, part * size);
    s->next.number++;
    s->next.first += part;
    *data = to;
    return GV_OK;
}

int gv_shuffle_combine_send(gv_rank_inbox *inbox, gv_shuffle_survey *survey,
                            const gv_counts_share_totals *totals, gv_error *err)
{
    sending s = {.survey = survey, .totals = totals};
    gv_shuffle_codes_sample_join(&survey->sample);
    return gv_rank_pieces_send(inbox, next_piece, &s, err);
}

typedef struct fetching {
    gv_shuffle_survey *survey;
    gv_counts_share_totals *totals;
    uint32_t number; /* of the next piece */
} fetching;

/* Add up the items of a piece, at any alignment; false if there are no such items. */
static bool add_items(fetching *f, const piece_head *head, const uint8_t *items, size_t n)
{
    gv_shuffle_survey *survey = f->survey;
    gv_shuffle_codes_sample *sample = &survey->sample;
    uint64_t end = head->kind == TOTALS  ? 1
                   : head->kind == SMALL ? GV_SAMPLE_SMALL
                   : head->kind == LARGE ? sample->capacity
                                         : survey->vocab_size;
    if (head->first > end || n > end - head->first)
        return false;
    size_t have = atomic_load(&sample->n);
    if (head->kind == TOTALS) {
        memcpy(f->totals, items, sizeof *f->totals);
    } else if (head->kind == LARGE) {
        if (n > sample->capacity - have)
            return false;
        memcpy(sample->large + have, items, n * sizeof *sample->large);
        atomic_store(&sample->n, have + n);
    } else if (head->kind == ROW_SUMS) {
        for (size_t i = 0; i < n; i++) {
            uint64_t *to = &survey->row_sums[head->first + i], more;
            memcpy(&more, items + i * sizeof more, sizeof more);
            *to = gv_shuffle_survey_add(*to, more);
        }
    } else {
        uint32_t *to = (head->kind == MASS ? survey->mass : sample->small[0]) + head->first;
        for (size_t i = 0; i < n; i++) {
            uint32_t more;
            memcpy(&more, items + i * sizeof more, sizeof more);
            to[i] += more;
        }
    }
    return true;
}

/* A gv_rank_pieces_take. */
static int take_piece(void *context, const gv_comm_message *piece, gv_error *err)
{
    fetching *f = context;
    piece_head head;
    if (piece->bytes < sizeof head)
        return gv_comm_unexpected(piece, err);
    memcpy(&head, piece->data, sizeof head);
    size_t bytes = piece->bytes - sizeof head;
    if (head.number != f->number++ || head.kind >= KINDS || bytes % item_bytes[head.kind] != 0 ||
        !add_items(f, &head, (const uint8_t *)piece->data + sizeof head,
                   bytes / item_bytes[head.kind]))
        return gv_comm_unexpected(piece, err);
    return GV_OK;
}

int gv_shuffle_combine_fetch(gv_rank_inbox *inbox, gv_shuffle_survey *survey,
                             gv_counts_share_totals *totals, gv_error *err)
{
    int status = GV_OK;
    gv_shuffle_codes_sample_join(&survey->sample);
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(inbox->comm); rank++) {
        fetching f = {survey, &totals[rank], 0};
        status = gv_rank_pieces_fetch(inbox, rank, take_piece, &f, err);
    }
    return status;
}

/* --- layouts ---------------------------------------------------------------------------------- */

/* The values [values] (uint64_t), the first words [segments + 1] and the groups [segments]
 * (uint32_t) follow. */
typedef struct layout_head {
    uint32_t values, segments, groups, padding;
} layout_head;

static size_t layout_bytes(const layout_head *head)
{
    return sizeof *head + head->values * sizeof(uint64_t) +
           (2 * (size_t)head->segments + 1) * sizeof(uint32_t);
}

int gv_shuffle_combine_tell(gv_rank_inbox *inbox, const gv_shuffle_layout *layout, gv_error *err)
{
    const gv_segments *segments = &layout->segments;
    const layout_head head = {layout->codes.n, segments->n, segments->groups, 0};
    const size_t values = head.values * sizeof(uint64_t),
                 firsts = ((size_t)head.segments + 1) * sizeof(uint32_t);
    uint8_t *text = gv_mem_alloc(layout_bytes(&head), 1, err);
    if (!text)
        return GV_E_MEMORY;
    uint8_t *at = text + sizeof head;
    memcpy(text, &head, sizeof head);
    if (values > 0)
        memcpy(at, layout->codes.value, values);
    memcpy(at + values, segments->first, firsts);
    memcpy(at + values + firsts, segments->group, head.segments * sizeof(uint32_t));
    int status = GV_OK;
    for (int rank = 1; status == GV_OK && rank < gv_comm_size(inbox->comm); rank++)
        status =
            gv_comm_send(inbox->comm, rank, GV_SHUFFLE_RANK_LAYOUT, text, layout_bytes(&head), err);
    gv_mem_free(text);
    return status;
}

/* Others may have heard before this rank, and be at the exchange. */
static enum gv_rank_inbox_answer is_layout(const void *context, const gv_comm_message *message)
{
    (void)context;
    if (message->tag == GV_SHUFFLE_RANK_CELLS || message->tag == GV_SHUFFLE_RANK_CELLS_END)
        return GV_RANK_INBOX_LATER;
    bool layout = message->from == 0 && message->tag == GV_SHUFFLE_RANK_LAYOUT;
    return layout ? GV_RANK_INBOX_NOW : GV_RANK_INBOX_NEVER;
}

/* What is an index here must be one. */
static bool is_good(const gv_segments *segments, uint32_t words)
{
    bool good = segments->first[0] == 0 && segments->first[segments->n] == words;
    for (uint32_t i = 0; good && i < segments->n; i++)
        good = segments->first[i] < segments->first[i + 1] &&
               segments->first[i + 1] - segments->first[i] <= GV_SEGMENTS_MAX_WORDS &&
               segments->group[i] < segments->groups;
    return good;
}

static int read_layout(gv_shuffle_layout *layout, const gv_comm_message *message, uint32_t words,
                       gv_error *err)
{
    gv_segments *segments = &layout->segments;
    layout_head head;
    if (message->bytes < sizeof head)
        return gv_comm_unexpected(message, err);
    memcpy(&head, message->data, sizeof head);
    if (head.values > GV_SHUFFLE_CODES_MAX || head.segments == 0 ||
        head.segments > GV_SEGMENTS_MAX || head.groups == 0 ||
        head.groups > GV_SEGMENTS_MAX_GROUPS || message->bytes != layout_bytes(&head))
        return gv_comm_unexpected(message, err);
    *segments = (gv_segments){.n = head.segments, .groups = head.groups};
    if (!(segments->first =
              gv_mem_alloc((size_t)head.segments + 1, sizeof *segments->first, err)) ||
        !(segments->group = gv_mem_alloc(head.segments, sizeof *segments->group, err)))
        return GV_E_MEMORY;
    const uint8_t *at = (const uint8_t *)message->data + sizeof head;
    const size_t firsts = ((size_t)head.segments + 1) * sizeof(uint32_t);
    /* messages are aligned, and so are values behind the head */
    int status =
        gv_shuffle_codes_copy(&layout->codes, (const uint64_t *)(const void *)at, head.values, err);
    at += head.values * sizeof(uint64_t);
    memcpy(segments->first, at, firsts);
    memcpy(segments->group, at + firsts, head.segments * sizeof(uint32_t));
    if (status == GV_OK && !is_good(segments, words))
        status = gv_comm_unexpected(message, err);
    return status;
}

int gv_shuffle_combine_hear(gv_shuffle_layout *layout, gv_rank_inbox *inbox,
                            const gv_counts_info *info, gv_error *err)
{
    gv_comm_message message;
    *layout = (gv_shuffle_layout){.symmetric = info->symmetric};
    int status = gv_rank_inbox_receive(inbox, &message, is_layout, NULL, err);
    if (status == GV_OK)
        status = read_layout(layout, &message, info->vocab_size, err);
    gv_comm_message_free(&message);
    return status == GV_OK ? gv_shuffle_layout_complete(layout, err) : status;
}
