#include "train/word2vec/gv_word2vec_stretch.h"

#include "base/gv_mem.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <stdatomic.h>
#include <string.h>

/* A stretch that is drawn, or being drawn. */
typedef struct drawing {
    gv_word2vec_stretch stretch; /* number UINT64_MAX: none */
    bool *drawn;                 /* [stretch_chunks] by the thread that draws it */
    atomic_size_t next;          /* chunk that no thread has taken yet */
} drawing;

struct gv_word2vec_stretch_queue {
    const gv_word2vec_layout *layout;
    uint64_t all;
    unsigned threads;
    gv_word2vec_pairs_drawer **drawer; /* [threads] */
    drawing drawings[2];
    drawing *now, *next; /* of these */
};

/* --- beginning and end ------------------------------------------------------------------------ */

static void free_drawing(drawing *d, uint64_t chunks)
{
    for (uint64_t i = 0; d->stretch.chunk && i < chunks; i++)
        gv_word2vec_pairs_chunk_clear(&d->stretch.chunk[i]);
    gv_mem_free(d->stretch.chunk);
    gv_mem_free(d->drawn);
}

void gv_word2vec_stretch_free(gv_word2vec_stretch_queue *s)
{
    if (!s)
        return;
    for (unsigned t = 0; s->drawer && t < s->threads; t++)
        gv_word2vec_pairs_drawer_free(s->drawer[t]);
    gv_mem_free(s->drawer);
    for (unsigned i = 0; i < 2; i++)
        free_drawing(&s->drawings[i], s->layout->stretch_chunks);
    gv_mem_free(s);
}

static int make_drawing(drawing *d, const gv_word2vec_layout *layout, gv_error *err)
{
    gv_word2vec_stretch *s = &d->stretch;
    s->number = UINT64_MAX;
    s->chunk = gv_mem_alloc_zero(layout->stretch_chunks, sizeof *s->chunk, err);
    d->drawn = gv_mem_alloc_zero(layout->stretch_chunks, sizeof *d->drawn, err);
    int status = s->chunk && d->drawn ? GV_OK : GV_E_MEMORY;
    for (uint64_t i = 0; i < layout->stretch_chunks && status == GV_OK; i++)
        status = gv_word2vec_pairs_chunk_init(&s->chunk[i], layout->tiles, err);
    return status;
}

int gv_word2vec_stretch_new(gv_word2vec_stretch_queue **stretches, const gv_word2vec_text *text,
                            const gv_word2vec_layout *layout, uint64_t all, unsigned threads,
                            gv_error *err)
{
    gv_word2vec_stretch_queue *s = gv_mem_alloc_zero(1, sizeof *s, err);
    *stretches = s;
    if (!s)
        return GV_E_MEMORY;
    s->layout = layout;
    s->all = all;
    s->threads = threads;
    s->drawer = gv_mem_alloc_zero(threads, sizeof(gv_word2vec_pairs_drawer *), err);
    int status = s->drawer ? GV_OK : GV_E_MEMORY;
    for (unsigned t = 0; t < threads && status == GV_OK; t++)
        status = gv_word2vec_pairs_drawer_new(&s->drawer[t], text, layout, err);
    for (unsigned i = 0; i < 2 && status == GV_OK; i++)
        status = make_drawing(&s->drawings[i], layout, err);
    if (status == GV_OK)
        return GV_OK;
    gv_word2vec_stretch_free(s);
    *stretches = NULL;
    return status;
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* Nothing of it is drawn yet, unless it has been begun before. */
static drawing *begin(gv_word2vec_stretch_queue *s, uint64_t number)
{
    const gv_word2vec_layout *layout = s->layout;
    drawing *d = &s->drawings[number % 2];
    uint64_t place = number % layout->stretches;
    if (d->stretch.number == number)
        return d;
    d->stretch.number = number;
    d->stretch.chunks = (size_t)(gv_word2vec_layout_first_chunk(layout, place + 1) -
                                 gv_word2vec_layout_first_chunk(layout, place));
    memset(d->drawn, 0, d->stretch.chunks * sizeof *d->drawn);
    atomic_store(&d->next, 0);
    return d;
}

static int draw_chunk(gv_word2vec_stretch_queue *s, drawing *d, unsigned thread, size_t i,
                      gv_error *err)
{
    const gv_word2vec_layout *layout = s->layout;
    uint64_t number = d->stretch.number;
    uint64_t first = gv_word2vec_layout_first_chunk(layout, number % layout->stretches);
    int status = gv_word2vec_pairs_draw(&d->stretch.chunk[i], s->drawer[thread],
                                        number / layout->stretches, first + i, err);
    d->drawn[i] = status == GV_OK;
    return status;
}

/* A gv_threads_fn: what `now` still lacks. */
static int draw_rest(void *context, unsigned thread, gv_error *err)
{
    gv_word2vec_stretch_queue *s = context;
    drawing *d = s->now;
    int status = GV_OK;
    for (size_t i; status == GV_OK && (i = atomic_fetch_add(&d->next, 1)) < d->stretch.chunks;)
        if (!d->drawn[i])
            status = draw_chunk(s, d, thread, i, err);
    return status;
}

int gv_word2vec_stretch_complete(gv_word2vec_stretch_queue *s, uint64_t number, gv_error *err)
{
    s->now = begin(s, number);
    atomic_store(&s->now->next, 0);
    int status = gv_threads_run(s->threads, draw_rest, s, err);
    gv_word2vec_stretch *now = &s->now->stretch;
    now->words = now->pairs = 0;
    for (size_t i = 0; i < now->chunks && status == GV_OK; i++) {
        now->words += now->chunk[i].words;
        now->pairs += now->chunk[i].pair_begin[s->layout->tiles];
    }
    s->next = number + 1 < s->all ? begin(s, number + 1) : NULL;
    return status;
}

const gv_word2vec_stretch *gv_word2vec_stretch_now(const gv_word2vec_stretch_queue *s)
{
    return &s->now->stretch;
}

void gv_word2vec_stretch_draw_ahead(gv_word2vec_stretch_queue *s, unsigned thread)
{
    drawing *d = s->next;
    gv_error ignored = {0};
    for (size_t i;
         d && !gv_signal_pending() && (i = atomic_fetch_add(&d->next, 1)) < d->stretch.chunks;)
        if (draw_chunk(s, d, thread, i, &ignored) != GV_OK)
            return;
}
