/* gv_report_map - computes the map of words. */
#include "report/gv_report_map.h"

#include "analysis/gv_kmeans.h"
#include "analysis/gv_pca.h"
#include "analysis/gv_tsne.h"
#include "base/gv_mem.h"
#include "base/gv_threads.h"
#include <math.h>
#include <string.h>

enum { PERPLEXITY = 30, WORDS_OF_GROUP = 20 /* at least, on average */ };

/* --- words ------------------------------------------------------------------------------------ */

static bool has_direction(const float *row, size_t dim)
{
    for (size_t d = 0; d < dim; d++)
        if (row[d] != 0.0f)
            return true;
    return false;
}

/* The rows of the map, one after the other, into `unit`. */
static void choose_rows(gv_report_map *map, float *unit, const gv_words *words, size_t most)
{
    const size_t dim = words->nearest.dim;
    for (size_t row = 0; row < words->nearest.rows && map->n < most; row++) {
        const float *from = words->nearest.unit + row * dim;
        if (row == words->nearest.skip || !has_direction(from, dim))
            continue;
        memcpy(unit + map->n * dim, from, dim * sizeof *unit);
        map->row[map->n++] = (uint32_t)row;
    }
}

/* --- layouts ---------------------------------------------------------------------------------- */

static int find_layouts(gv_report_map *map, gv_products_rows rows, gv_progress *progress,
                        gv_error *err)
{
    const gv_pca_job pca_job = {
        .rows = rows, .components = 2, .threads = gv_threads_available(), .progress = progress};
    const gv_tsne_job tsne_job = {.rows = rows,
                                  .perplexity = PERPLEXITY,
                                  .threads = gv_threads_available(),
                                  .progress = progress};
    double *pca_place = map->place[GV_REPORT_MAP_PCA], *tsne_place = map->place[GV_REPORT_MAP_TSNE];
    gv_pca pca;
    int status = gv_pca_find(&pca, &pca_job, err);
    if (status != GV_OK)
        return status;
    for (size_t i = 0; i < rows.n; i++)
        gv_pca_project(pca_place + 2 * i, &pca, rows.row + i * rows.dim);
    map->explained = pca.total > 0.0 ? (pca.variance[0] + pca.variance[1]) / pca.total : 0.0;
    gv_pca_free(&pca);
    memcpy(tsne_place, pca_place, 2 * rows.n * sizeof *tsne_place);
    return gv_tsne_place(tsne_place, &tsne_job, err);
}

static double distance2(const double *place, size_t i, size_t j)
{
    const double x = place[2 * i] - place[2 * j], y = place[2 * i + 1] - place[2 * j + 1];
    return x * x + y * y;
}

/* The distance within which the k nearest places of place i are, squared. `least`: scratch [k]. */
static double reach_of(const double *place, size_t n, size_t i, size_t k, double *least)
{
    size_t found = 0;
    for (size_t j = 0; j < n; j++) {
        const double distance = distance2(place, i, j);
        if (j == i || (found == k && !(distance < least[k - 1])))
            continue;
        size_t at = found < k ? found++ : k - 1;
        for (; at > 0 && least[at - 1] > distance; at--)
            least[at] = least[at - 1];
        least[at] = distance;
    }
    return found > 0 ? least[found - 1] : 0.0;
}

/* The part of the nearest words that are among as many nearest ones in the layout. */
static double find_kept(const gv_report_map *map, const double *place)
{
    const size_t k = map->near->k;
    size_t kept = 0, all = 0;
    for (size_t i = 0; i < map->n; i++) {
        double least[GV_REPORT_MAP_NEAR];
        const double reach = reach_of(place, map->n, i, k, least);
        for (size_t j = 0; j < k && map->near->id[i * k + j] != GV_NEIGHBOURS_NONE; j++) {
            kept += distance2(place, i, map->near->id[i * k + j]) <= reach;
            all++;
        }
    }
    return all > 0 ? (double)kept / (double)all : 0.0;
}

static int find_near(gv_report_map *map, gv_products_rows rows, gv_error *err)
{
    const gv_nearest nearest = {
        .unit = rows.row, .rows = rows.n, .dim = rows.dim, .skip = GV_NEAREST_NO_ROW};
    const gv_neighbours_job job = {.rows = rows.n,
                                   .among = rows.n,
                                   .k = GV_REPORT_MAP_NEAR,
                                   .threads = gv_threads_available()};
    int status = gv_neighbours_find(&map->near, &nearest, &job, err);
    for (int l = 0; l < GV_REPORT_MAP_LAYOUTS && status == GV_OK; l++)
        map->kept[l] = find_kept(map, map->place[l]);
    return status;
}

/* --- groups ----------------------------------------------------------------------------------- */

/* Number the groups in the order of their most frequent words. */
static void number_groups(gv_report_map *map)
{
    uint32_t number[GV_REPORT_MAP_GROUPS], next = 0;
    memset(number, 0xff, sizeof number);
    for (size_t i = 0; i < map->n; i++) {
        uint32_t *group = &map->group[i];
        if (number[*group] == UINT32_MAX)
            number[*group] = next++;
        *group = number[*group];
    }
    map->groups = next; /* k-means leaves none empty, unless rows are equal */
}

/* Put the word into the list of its group, which is by cosine with the middle. */
static void take_typical(gv_report_map *map, double *cosine, size_t word, double value)
{
    const size_t first = map->group[word] * (size_t)GV_REPORT_MAP_TYPICAL;
    size_t at = first + GV_REPORT_MAP_TYPICAL;
    for (; at > first && value > cosine[at - 1]; at--)
        if (at < first + GV_REPORT_MAP_TYPICAL) {
            cosine[at] = cosine[at - 1];
            map->typical[at] = map->typical[at - 1];
        }
    if (at < first + GV_REPORT_MAP_TYPICAL) {
        cosine[at] = value;
        map->typical[at] = (uint32_t)word;
    }
}

/* The words nearest to the middle of each group. */
static int find_typical(gv_report_map *map, gv_products_rows rows, gv_error *err)
{
    double cosine[GV_REPORT_MAP_GROUPS * GV_REPORT_MAP_TYPICAL];
    double *sum = gv_mem_alloc_zero(map->groups * rows.dim, sizeof *sum, err);
    if (!sum)
        return GV_E_MEMORY;
    for (size_t i = 0; i < map->groups * GV_REPORT_MAP_TYPICAL; i++) {
        map->typical[i] = GV_NEIGHBOURS_NONE;
        cosine[i] = -INFINITY;
    }
    for (size_t i = 0; i < rows.n; i++)
        for (size_t d = 0; d < rows.dim; d++)
            sum[map->group[i] * rows.dim + d] += (double)rows.row[i * rows.dim + d];
    for (size_t i = 0; i < rows.n; i++) {
        double value = 0.0;
        for (size_t d = 0; d < rows.dim; d++)
            value += sum[map->group[i] * rows.dim + d] * (double)rows.row[i * rows.dim + d];
        take_typical(map, cosine, i, value);
    }
    gv_mem_free(sum);
    return GV_OK;
}

static int find_groups(gv_report_map *map, gv_products_rows rows, gv_progress *progress,
                       gv_error *err)
{
    const size_t most = rows.n / WORDS_OF_GROUP + 1;
    const gv_kmeans_job job = {.rows = rows,
                               .k = most < GV_REPORT_MAP_GROUPS ? most : GV_REPORT_MAP_GROUPS,
                               .runs = 10,
                               .threads = gv_threads_available(),
                               .progress = progress};
    int status = gv_kmeans_find(map->group, &job, err);
    if (status != GV_OK)
        return status;
    number_groups(map);
    return find_typical(map, rows, err);
}

/* --- all of it -------------------------------------------------------------------------------- */

static int make(gv_report_map *map, float *unit, const gv_words *words, size_t most,
                gv_progress *progress, gv_error *err)
{
    choose_rows(map, unit, words, most);
    if (map->n < GV_REPORT_MAP_LEAST) {
        gv_report_map_free(map);
        return GV_OK;
    }
    const gv_products_rows rows = {unit, map->n, words->nearest.dim};
    int status = find_layouts(map, rows, progress, err);
    if (status == GV_OK)
        status = find_near(map, rows, err);
    return status == GV_OK ? find_groups(map, rows, progress, err) : status;
}

int gv_report_map_find(gv_report_map *map, const gv_words *words, size_t most,
                       gv_progress *progress, gv_error *err)
{
    const size_t n = most < words->nearest.rows ? most : words->nearest.rows;
    *map = (gv_report_map){0};
    if (n < GV_REPORT_MAP_LEAST)
        return GV_OK;
    float *unit = gv_mem_alloc(n * words->nearest.dim, sizeof *unit, err);
    map->row = gv_mem_alloc(n, sizeof *map->row, err);
    map->group = gv_mem_alloc(n, sizeof *map->group, err);
    map->typical =
        gv_mem_alloc(GV_REPORT_MAP_GROUPS * GV_REPORT_MAP_TYPICAL, sizeof *map->typical, err);
    int status = unit && map->row && map->group && map->typical ? GV_OK : GV_E_MEMORY;
    for (int l = 0; l < GV_REPORT_MAP_LAYOUTS && status == GV_OK; l++) {
        map->place[l] = gv_mem_alloc(2 * n, sizeof *map->place[l], err);
        status = map->place[l] ? GV_OK : GV_E_MEMORY;
    }
    if (status == GV_OK)
        status = make(map, unit, words, n, progress, err);
    gv_mem_free(unit);
    if (status != GV_OK)
        gv_report_map_free(map);
    return status;
}

void gv_report_map_free(gv_report_map *map)
{
    gv_mem_free(map->row);
    gv_mem_free(map->group);
    gv_mem_free(map->typical);
    for (int l = 0; l < GV_REPORT_MAP_LAYOUTS; l++)
        gv_mem_free(map->place[l]);
    gv_neighbours_free(map->near);
    *map = (gv_report_map){0};
}
