/*
 * simulate_word2vec - how well word2vec with the schedule `ordered` keeps threads busy, by
 * simulation.
 *
 *   simulate_word2vec [KEY=NUMBER[,NUMBER ...] ...] RUN_DIR
 *
 * Reads vocab.txt and corpus.ids of a run directory, cuts text and vocabulary, and draws pairs,
 * visits, order and work items as the trainer does with its default settings.
 *
 *   threads=1,2,4,...   numbers of threads, powers of two up to 64
 *   pair=30 visit=60    nanoseconds per pair, and per visit of noise
 *   fixed=1500          per task besides
 *   draw=20             per pair that is drawn, its visits included
 *   sample=0.001        train.sample
 *   stretches=4         of the first epoch are simulated
 *
 * One line: stretches, segments, tasks of a stretch, pairs and visits of a task, and the
 * efficiency: time of one thread / (threads x time of `threads` threads). Effects of threads on
 * each other's caches and memory are not simulated.
 *
 * Approach: list scheduling, as in simulate_schedule. A thread that finds no work item left draws
 * chunks of the next stretch, which begins when all threads have ended.
 */
#include "options.h"
#include "threads.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "schedule/gv_schedule.h"
#include "train/word2vec/gv_word2vec_pairs.h"
#include <stdio.h>
#include <string.h>

enum { THREADS, PAIR, VISIT, FIXED, DRAW, SAMPLE, STRETCHES, KEYS };

typedef struct simulation {
    const bench_option *options;
    gv_config *config;
    gv_vocab *vocab;
    gv_ids *ids;
    uint64_t *threshold;
    gv_word2vec_text text;
    gv_word2vec_layout layout;
    gv_word2vec_pairs_drawer *drawer;
    gv_word2vec_pairs_chunk chunk;
    gv_schedule *schedule;
    double *pairs, *visits; /* [stretches * tiles] */
    double *drawing;        /* [stretches * stretch_chunks] nanoseconds of a chunk */
    uint64_t stretches;
} simulation;

static double key(const simulation *s, size_t k)
{
    return s->options[k].value[0];
}

/* --- pairs ------------------------------------------------------------------------------------ */

static int draw_stretch(simulation *s, uint64_t n, gv_error *err)
{
    const gv_word2vec_layout *l = &s->layout;
    uint64_t first = gv_word2vec_layout_first_chunk(l, n);
    uint64_t end = gv_word2vec_layout_first_chunk(l, n + 1);
    int status = GV_OK;
    for (uint64_t c = first; c < end && status == GV_OK; c++) {
        status = gv_word2vec_pairs_draw(&s->chunk, s->drawer, 0, c, err);
        if (status != GV_OK)
            return status;
        for (uint32_t t = 0; t < l->tiles; t++) {
            s->pairs[n * l->tiles + t] += s->chunk.pair_begin[t + 1] - s->chunk.pair_begin[t];
            s->visits[n * l->tiles + t] += s->chunk.visit_begin[t + 1] - s->chunk.visit_begin[t];
        }
        s->drawing[n * l->stretch_chunks + c - first] =
            key(s, DRAW) * s->chunk.pair_begin[l->tiles];
    }
    return status;
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct stretch_tiles {
    const simulation *s;
    uint64_t stretch;
} stretch_tiles;

/* A bench_threads_time. */
static double task_time(const void *context, const gv_schedule_task *task)
{
    const stretch_tiles *t = context;
    const simulation *s = t->s;
    size_t at = t->stretch * s->layout.tiles + task->tile;
    return key(s, FIXED) + key(s, PAIR) * s->pairs[at] + key(s, VISIT) * s->visits[at];
}

/* The next stretch's pairs, by threads that are free. */
static double do_drawing(const simulation *s, uint64_t stretch, size_t threads, double *at)
{
    double work = 0;
    for (size_t c = 0; stretch < s->stretches && c < s->layout.stretch_chunks; c++) {
        double time = s->drawing[stretch * s->layout.stretch_chunks + c];
        at[bench_threads_first(at, threads)] += time;
        work += time;
    }
    return work;
}

static int efficiency(double *result, const simulation *s, unsigned threads, gv_error *err)
{
    size_t n = threads + 2 * (size_t)s->layout.segments.n;
    double *at = gv_mem_alloc_zero(n, sizeof *at, err);
    if (!at)
        return GV_E_MEMORY;
    double work = do_drawing(s, 0, threads, at), time = bench_threads_end(at, threads);
    for (uint64_t stretch = 0; stretch < s->stretches; stretch++) {
        gv_schedule_draw(s->schedule, s->config->train_seed, stretch, threads);
        memset(at, 0, n * sizeof *at);
        const stretch_tiles times = {s, stretch};
        work +=
            bench_threads_run(s->schedule, threads, s->layout.segments.n, at, task_time, &times);
        work += do_drawing(s, stretch + 1, threads, at);
        time += bench_threads_end(at, threads);
    }
    *result = time > 0 ? work / (time * threads) : 1;
    gv_mem_free(at);
    return GV_OK;
}

/* --- input ------------------------------------------------------------------------------------ */

static int open_text(simulation *s, const char *dir, gv_error *err)
{
    char *vocab = gv_file_path_join(dir, "vocab.txt", err);
    char *ids = gv_file_path_join(dir, "corpus.ids", err);
    int status = vocab && ids ? gv_vocab_read(&s->vocab, vocab, 0, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_ids_open(&s->ids, ids, err);
    gv_mem_free(vocab);
    gv_mem_free(ids);
    if (status == GV_OK)
        status = gv_config_load_text(
            &s->config, "{\"name\": \"any\", \"train\": {\"objective\": \"word2vec\"}}", err);
    if (status != GV_OK)
        return status;
    s->config->train_sample = key(s, SAMPLE);
    status = gv_word2vec_text_thresholds(&s->threshold, s->config, s->vocab, err);
    s->text = (gv_word2vec_text){s->config, s->ids, s->threshold};
    return status == GV_OK ? gv_word2vec_layout_make(&s->layout, &s->text, s->vocab, err) : status;
}

static int draw_all(simulation *s, gv_error *err)
{
    const gv_word2vec_layout *l = &s->layout;
    s->stretches = (uint64_t)key(s, STRETCHES);
    s->stretches = s->stretches < l->stretches ? s->stretches : l->stretches;
    s->pairs = gv_mem_alloc_zero(s->stretches * l->tiles, sizeof *s->pairs, err);
    s->visits = gv_mem_alloc_zero(s->stretches * l->tiles, sizeof *s->visits, err);
    s->drawing = gv_mem_alloc_zero(s->stretches * l->stretch_chunks, sizeof *s->drawing, err);
    int status = s->pairs && s->visits && s->drawing ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_word2vec_pairs_drawer_new(&s->drawer, &s->text, l, err);
    if (status == GV_OK)
        status = gv_word2vec_pairs_chunk_init(&s->chunk, l->tiles, err);
    for (uint64_t n = 0; n < s->stretches && status == GV_OK; n++)
        status = draw_stretch(s, n, err);
    return status == GV_OK ? gv_schedule_new(&s->schedule, &l->info, l->tile, err) : status;
}

static void clear(simulation *s)
{
    gv_schedule_free(s->schedule);
    gv_word2vec_pairs_chunk_clear(&s->chunk);
    gv_word2vec_pairs_drawer_free(s->drawer);
    gv_word2vec_layout_clear(&s->layout);
    gv_mem_free(s->pairs);
    gv_mem_free(s->visits);
    gv_mem_free(s->drawing);
    gv_mem_free(s->threshold);
    gv_ids_close(s->ids);
    gv_vocab_free(s->vocab);
    gv_config_free(s->config);
}

/* --- the table -------------------------------------------------------------------------------- */

static int print(const simulation *s, gv_error *err)
{
    const gv_word2vec_layout *l = &s->layout;
    const bench_option *threads = &s->options[THREADS];
    double n = (double)(s->stretches * l->tiles), pairs = 0, visits = 0;
    for (size_t i = 0; i < s->stretches * l->tiles; i++) {
        pairs += s->pairs[i];
        visits += s->visits[i];
    }
    printf("V = %u, %llu stretches, %u segments, %u tasks each, of %.0f pairs and %.0f visits\n\n|",
           gv_vocab_size(s->vocab), (unsigned long long)l->stretches, l->segments.n, l->tiles,
           pairs / n, visits / n);
    for (size_t i = 0; i < threads->n; i++)
        printf(" %5g |", threads->value[i]);
    printf("\n|");
    for (size_t i = 0; i < threads->n; i++)
        printf("---|");
    printf("\n|");
    int status = GV_OK;
    for (size_t i = 0; i < threads->n && status == GV_OK; i++) {
        double share;
        status = efficiency(&share, s, (unsigned)threads->value[i], err);
        if (status == GV_OK)
            printf(" %.3f |", share);
    }
    putchar('\n');
    return status;
}

static int run(const char *dir, const bench_option *options, gv_error *err)
{
    simulation s = {.options = options};
    int status = open_text(&s, dir, err);
    if (status == GV_OK)
        status = draw_all(&s, err);
    if (status == GV_OK)
        status = print(&s, err);
    clear(&s);
    return status;
}

int main(int argc, char **argv)
{
    bench_option options[KEYS] = {
        [THREADS] = {"threads", 7, {1, 2, 4, 8, 16, 32, 64}, 1},
        [PAIR] = {"pair", 1, {30}, 0},
        [VISIT] = {"visit", 1, {60}, 0},
        [FIXED] = {"fixed", 1, {1500}, 0},
        [DRAW] = {"draw", 1, {20}, 0},
        [SAMPLE] = {"sample", 1, {0.001}, 0},
        [STRETCHES] = {"stretches", 1, {4}, 1},
    };
    return bench_main(argc, argv, options, KEYS, run);
}
