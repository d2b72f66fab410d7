/*
 * Gradient descent on the Kullback-Leibler divergence of q from p (van der Maaten and Hinton 2008,
 * equation 5). With w_ij = 1 / (1 + |y_i - y_j|^2) and Z the sum of all w:
 *
 *   dC/dy_i = 4 [ sum over j of p_ij w_ij (y_i - y_j)  -  1/Z sum over j of w_ij^2 (y_i - y_j) ]
 *
 * Each row's sums are computed by one thread in a fixed order; Z is added up in the order of rows.
 * Steps have momentum and a gain per number (Jacobs 1988), as in van der Maaten's programs. The
 * factor 4 is in the learning rate, rows / exaggeration as Belkina et al. (2019) have it. It stays
 * the same in the second part: a larger one leaves fewer neighbours together.
 */
#include "analysis/gv_tsne_internal.h"
#include "base/gv_mem.h"
#include "base/gv_rng.h"
#include "base/gv_signal.h"
#include "base/gv_threads.h"
#include <math.h>
#include <string.h>

enum { STEPS_EXAGGERATED = 250, STEPS = 750, ROWS_OF_THREAD = 200 };

static const double EXAGGERATION = 12.0;
static const double START = 1e-4;      /* standard deviation of the first coordinate */
static const double JITTER = 1e-6;     /* so that equal rows do not stay on each other */
static const double LEAST_RATE = 50.0; /* for few rows */
static const double LONGEST_STEP = 5.0;

typedef struct descent {
    size_t n;
    unsigned threads;
    gv_tsne_affinity affinity;
    gv_tsne_tree tree;
    double exaggeration, momentum, rate;
    double *place;    /* [n][2] borrowed */
    double *pull;     /* [n][2] attraction */
    double *push;     /* [n][2] repulsion times Z */
    double *z;        /* [n] each row's part of Z */
    double *velocity; /* [n][2] */
    double *gain;     /* [n][2] */
} descent;

/* --- start ------------------------------------------------------------------------------------ */

static void centre(double *place, size_t n)
{
    double x = 0.0, y = 0.0;
    for (size_t i = 0; i < n; i++) {
        x += place[2 * i];
        y += place[2 * i + 1];
    }
    for (size_t i = 0; i < n; i++) {
        place[2 * i] -= x / (double)n;
        place[2 * i + 1] -= y / (double)n;
    }
}

/* Make the places small, keeping their shape. */
static void begin(double *place, size_t n)
{
    double largest = 0.0, square = 0.0;
    for (size_t i = 0; i < 2 * n; i++)
        largest = fmax(largest, fabs(place[i]));
    for (size_t i = 0; i < 2 * n && largest > 0.0; i++)
        place[i] /= largest; /* no sum or square overflows */
    centre(place, n);
    for (size_t i = 0; i < n; i++)
        square += place[2 * i] * place[2 * i];
    const double deviation = sqrt(square / (double)n);
    const double scale = deviation > 1e-9 ? START / deviation : START;
    for (size_t i = 0; i < n; i++) {
        gv_rng rng;
        gv_rng_seed(&rng, 1, GV_RNG_LAYOUT, i);
        for (size_t d = 0; d < 2; d++)
            place[2 * i + d] = place[2 * i + d] * scale + JITTER * (gv_rng_uniform(&rng) - 0.5);
    }
}

/* --- forces ----------------------------------------------------------------------------------- */

static void find_pull(descent *s, size_t i)
{
    const gv_tsne_affinity *a = &s->affinity;
    const double *own = s->place + 2 * i;
    double x = 0.0, y = 0.0;
    for (size_t e = a->begin[i]; e < a->begin[i + 1]; e++) {
        const double *other = s->place + 2 * (size_t)a->column[e];
        const double dx = own[0] - other[0], dy = own[1] - other[1];
        const double force = a->p[e] / (1.0 + dx * dx + dy * dy);
        x += force * dx;
        y += force * dy;
    }
    s->pull[2 * i] = x;
    s->pull[2 * i + 1] = y;
}

/* A gv_threads_fn: a part of the points in the order of the tree, so that they need about the same
 * cells. */
static int find_forces(void *context, unsigned thread, gv_error *err)
{
    (void)err;
    descent *s = context;
    const size_t last = s->n * (thread + 1) / s->threads;
    for (size_t at = s->n * thread / s->threads; at < last; at++) {
        const size_t i = s->tree.order[at];
        find_pull(s, i);
        s->z[i] = gv_tsne_tree_repulsion(s->push + 2 * i, &s->tree, (uint32_t)at);
    }
    return GV_OK;
}

/* --- steps ------------------------------------------------------------------------------------ */

static void move(descent *s, size_t i, double z)
{
    double *velocity = s->velocity + 2 * i, *gain = s->gain + 2 * i;
    for (size_t d = 0; d < 2; d++) {
        const double push = z > 0.0 ? s->push[2 * i + d] / z : 0.0;
        const double gradient = s->exaggeration * s->pull[2 * i + d] - push;
        gain[d] = (gradient > 0.0) != (velocity[d] > 0.0) ? gain[d] + 0.2 : gain[d] * 0.8;
        gain[d] = gain[d] < 0.01 ? 0.01 : gain[d];
        velocity[d] = s->momentum * velocity[d] - s->rate * gain[d] * gradient;
    }
    const double length = sqrt(velocity[0] * velocity[0] + velocity[1] * velocity[1]);
    const double shorten = length > LONGEST_STEP ? LONGEST_STEP / length : 1.0;
    for (size_t d = 0; d < 2; d++) {
        velocity[d] *= shorten;
        s->place[2 * i + d] += velocity[d];
    }
}

static int step(descent *s, gv_error *err)
{
    double z = 0.0;
    int status = gv_signal_check(err);
    if (status == GV_OK)
        status = gv_tsne_tree_build(&s->tree, s->place, s->n, err);
    if (status == GV_OK)
        status = gv_threads_run(s->threads, find_forces, s, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < s->n; i++)
        z += s->z[i];
    for (size_t i = 0; i < s->n; i++)
        move(s, i, z);
    centre(s->place, s->n);
    return GV_OK;
}

static int descend(descent *s, const gv_tsne_job *job, gv_error *err)
{
    const int usual = job->steps[0] == 0 && job->steps[1] == 0;
    const unsigned steps[2] = {usual ? STEPS_EXAGGERATED : job->steps[0],
                               usual ? STEPS : job->steps[1]};
    int status = GV_OK;
    s->rate = fmax((double)s->n / EXAGGERATION, LEAST_RATE);
    gv_progress_begin(job->progress, "placing words", (uint64_t)steps[0] + steps[1], "steps");
    for (int part = 0; part < 2; part++) {
        s->exaggeration = part == 0 ? EXAGGERATION : 1.0;
        s->momentum = part == 0 ? 0.5 : 0.8;
        for (unsigned i = 0; i < steps[part] && status == GV_OK; i++) {
            status = step(s, err);
            gv_progress_add(job->progress, 1);
        }
    }
    gv_progress_end(job->progress);
    return status;
}

int gv_tsne_place(double *place, const gv_tsne_job *job, gv_error *err)
{
    const size_t n = job->rows.n;
    descent s = {.n = n, .place = place};
    if (n == 0)
        return GV_OK;
    const unsigned most = (unsigned)(n / ROWS_OF_THREAD + 1);
    s.threads = job->threads < most ? job->threads : most;
    s.pull = gv_mem_alloc(2 * n, sizeof *s.pull, err);
    s.push = gv_mem_alloc(2 * n, sizeof *s.push, err);
    s.z = gv_mem_alloc(n, sizeof *s.z, err);
    s.velocity = gv_mem_alloc_zero(2 * n, sizeof *s.velocity, err);
    s.gain = gv_mem_alloc(2 * n, sizeof *s.gain, err);
    int status = s.pull && s.push && s.z && s.velocity && s.gain ? GV_OK : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_tsne_affinity_find(&s.affinity, job, err);
    if (status == GV_OK) {
        begin(place, n);
        for (size_t i = 0; i < 2 * n; i++)
            s.gain[i] = 1.0;
        status = descend(&s, job, err);
    }
    gv_tsne_affinity_free(&s.affinity);
    gv_tsne_tree_free(&s.tree);
    gv_mem_free(s.pull);
    gv_mem_free(s.push);
    gv_mem_free(s.z);
    gv_mem_free(s.velocity);
    gv_mem_free(s.gain);
    return status;
}
