/*
 * The repulsion by a tree (Barnes and Hut 1986; van der Maaten 2014, section 4.2). A cell is cut at
 * the middle of the smallest rectangle around its points, so there are no empty cells, and cells of
 * equal points end the cutting. Cells lie in the order of a walk, and each states which one follows
 * it: a walk needs no stack.
 */
#include "analysis/gv_tsne_internal.h"
#include "base/gv_mem.h"

enum {
    LEAF = 4,    /* points that are not cut further */
    DEEPEST = 64 /* cells within cells; only places of very unequal distances get there */
};

/* A cell stands for its points if its size is below this part of its distance. */
static const double THETA2 = 0.25;

/* The smallest rectangle around points. */
typedef struct box {
    double low[2], high[2];
} box;

static box find_box(const gv_tsne_tree *tree, uint32_t first, uint32_t last)
{
    const double *point = tree->place + 2 * (size_t)tree->order[first];
    box b = {{point[0], point[1]}, {point[0], point[1]}};
    for (uint32_t i = first + 1; i < last; i++) {
        point = tree->place + 2 * (size_t)tree->order[i];
        for (int d = 0; d < 2; d++) {
            b.low[d] = point[d] < b.low[d] ? point[d] : b.low[d];
            b.high[d] = point[d] > b.high[d] ? point[d] : b.high[d];
        }
    }
    return b;
}

/* Move the points below `middle` before the others; returns where the others begin. */
static uint32_t divide(gv_tsne_tree *tree, uint32_t first, uint32_t last, int d, double middle)
{
    uint32_t at = first;
    for (uint32_t i = first; i < last; i++)
        if (tree->place[2 * (size_t)tree->order[i] + (size_t)d] < middle) {
            const uint32_t point = tree->order[i];
            tree->order[i] = tree->order[at];
            tree->order[at++] = point;
        }
    return at;
}

/* The middle of a range; not its beginning, unless the range is a single number. */
static double middle_of(double low, double high)
{
    const double middle = low + (high - low) / 2.0;
    return middle > low ? middle : high;
}

static int add_cell(gv_tsne_tree *tree, uint32_t first, uint32_t last, unsigned depth,
                    gv_error *err);

/* Add the up to four cells inside a rectangle. */
static int add_quarters(gv_tsne_tree *tree, const gv_tsne_cell *cell, const box *b, unsigned depth,
                        gv_error *err)
{
    const double x = middle_of(b->low[0], b->high[0]), y = middle_of(b->low[1], b->high[1]);
    uint32_t cut[5] = {cell->first, 0, 0, 0, cell->last};
    cut[2] = divide(tree, cell->first, cell->last, 0, x);
    cut[1] = divide(tree, cut[0], cut[2], 1, y);
    cut[3] = divide(tree, cut[2], cut[4], 1, y);
    int status = GV_OK;
    for (int q = 0; q < 4 && status == GV_OK; q++)
        if (cut[q] < cut[q + 1])
            status = add_cell(tree, cut[q], cut[q + 1], depth + 1, err);
    return status;
}

static int add_cell(gv_tsne_tree *tree, uint32_t first, uint32_t last, unsigned depth,
                    gv_error *err)
{
    const size_t number = tree->cells;
    const box b = find_box(tree, first, last);
    const double width = b.high[0] - b.low[0], height = b.high[1] - b.low[1];
    const double size = width > height ? width : height;
    gv_tsne_cell cell = {.size2 = size * size, .first = first, .last = last};
    if (gv_mem_reserve(&tree->cell, &tree->capacity, number + 1, sizeof *tree->cell, err) != GV_OK)
        return GV_E_MEMORY;
    for (uint32_t i = first; i < last; i++) {
        cell.x += tree->place[2 * (size_t)tree->order[i]];
        cell.y += tree->place[2 * (size_t)tree->order[i] + 1];
    }
    cell.x /= (double)(last - first);
    cell.y /= (double)(last - first);
    cell.leaf = last - first <= LEAF || depth == DEEPEST || !(cell.size2 > 0.0);
    tree->cells++;
    int status = cell.leaf ? GV_OK : add_quarters(tree, &cell, &b, depth, err);
    cell.after = (uint32_t)tree->cells;
    tree->cell[number] = cell;
    return status;
}

int gv_tsne_tree_build(gv_tsne_tree *tree, const double *place, size_t n, gv_error *err)
{
    if (!tree->order) {
        tree->order = gv_mem_alloc(n, sizeof *tree->order, err);
        if (!tree->order)
            return GV_E_MEMORY;
        for (size_t i = 0; i < n; i++)
            tree->order[i] = (uint32_t)i;
    }
    tree->place = place;
    tree->n = n;
    tree->cells = 0;
    return add_cell(tree, 0, (uint32_t)n, 0, err);
}

void gv_tsne_tree_free(gv_tsne_tree *tree)
{
    gv_mem_free(tree->order);
    gv_mem_free(tree->cell);
    *tree = (gv_tsne_tree){0};
}

double gv_tsne_tree_repulsion(double force[2], const gv_tsne_tree *tree, uint32_t at)
{
    const double *own = tree->place + 2 * (size_t)tree->order[at];
    double sum = 0.0, force_x = 0.0, force_y = 0.0;
    for (uint32_t c = 0; c < tree->cells;) {
        const gv_tsne_cell *cell = &tree->cell[c];
        const double x = own[0] - cell->x, y = own[1] - cell->y, distance2 = x * x + y * y;
        if (cell->size2 <= THETA2 * distance2 || !(cell->size2 > 0.0)) {
            const uint32_t inside = at >= cell->first && at < cell->last;
            const double q = 1.0 / (1.0 + distance2);
            const double times = (double)(cell->last - cell->first - inside) * q;
            sum += times;
            force_x += times * q * x;
            force_y += times * q * y;
            c = cell->after;
            continue;
        }
        c++;
        if (!cell->leaf)
            continue;
        for (uint32_t i = cell->first; i < cell->last; i++) {
            const double *other = tree->place + 2 * (size_t)tree->order[i];
            const double dx = own[0] - other[0], dy = own[1] - other[1];
            const double q = i == at ? 0.0 : 1.0 / (1.0 + dx * dx + dy * dy);
            sum += q;
            force_x += q * q * dx;
            force_y += q * q * dy;
        }
    }
    force[0] = force_x;
    force[1] = force_y;
    return sum;
}
