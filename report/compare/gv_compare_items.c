/*
 * gv_compare_items - an item is known by a checksum of its texts. While files are read, items have
 * the numbers in which they were first met; then all are ordered by section and checksum.
 */
#include "report/compare/gv_compare_items.h"

#include "analysis/gv_items.h"
#include "app/gv_stamp.h"
#include "base/gv_file.h"
#include "base/gv_hash.h"
#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "config/gv_run_names.h"
#include "report/compare/gv_compare_read.h"
#include <stdlib.h>
#include <string.h>

typedef struct gv_compare_items_item {
    gv_hash key;
    uint32_t section; /* of sections.items */
    uint32_t seen_by; /* the last run that has it, + 1 */
    double score;
} item;

typedef gv_compare_items_set set_type;

/* --- sets ------------------------------------------------------------------------------------- */

/* The kinds of rows and what they are called in eval.json and in measures. */
typedef struct kind_names {
    const char *row, *list;
    enum gv_compare_kind kind;
    const char *measure[GV_COMPARE_ITEMS_MEASURES];
    double scale;
} kind_names;

static const kind_names kinds[] = {
    {GV_ITEMS_ANALOGY, "analogies", GV_COMPARE_ANALOGIES, {"accuracy", "accuracy_mul"}, 100.0},
    {GV_ITEMS_SIMILARITY, "similarity", GV_COMPARE_SIMILARITY, {"spearman", NULL}, 1.0},
    {GV_ITEMS_CATEGORY, "categories", GV_COMPARE_CATEGORIES, {"purity", NULL}, 1.0},
    {GV_ITEMS_OUTLIER, "outliers", GV_COMPARE_OUTLIERS, {"accuracy", "opp"}, 100.0}};

/* What reading one file works with. */
typedef struct reading {
    gv_compare_items *items;
    const gv_json *eval;
    size_t run;
    gv_text key; /* scratch */
    size_t last; /* the set of the row before, mostly that of this one, too */
} reading;

static int add_set(gv_compare_items *items, const kind_names *kind, const char *file, gv_error *err)
{
    int status = gv_mem_reserve(&items->set, &items->room, items->n + 1, sizeof *items->set, err);
    if (status != GV_OK)
        return status;
    set_type *set = &items->set[items->n++];
    *set = (set_type){.kind = kind->kind, .scale = kind->scale};
    memcpy(set->measure, kind->measure, sizeof set->measure);
    set->file = gv_mem_strdup(file, err);
    set->run = gv_mem_alloc_zero(items->runs, sizeof *set->run, err);
    return set->file && set->run ? GV_OK : GV_E_MEMORY;
}

static int find_set(set_type **set, reading *r, const gv_items_row *row, gv_error *err)
{
    const kind_names *kind = kinds;
    while (strcmp(kind->row, row->kind) != 0)
        kind++;
    const char *file = gv_compare_read_file_name(gv_json_get(r->eval, kind->list), row->file);
    for (size_t k = 0; k < r->items->n; k++) {
        const size_t at = (r->last + k) % r->items->n;
        if (r->items->set[at].kind == kind->kind && strcmp(r->items->set[at].file, file) == 0) {
            r->last = at;
            *set = &r->items->set[at];
            return GV_OK;
        }
    }
    int status = add_set(r->items, kind, file, err);
    r->last = r->items->n - 1;
    *set = &r->items->set[r->last];
    return status;
}

/* --- items ------------------------------------------------------------------------------------ */

static int grow_slots(set_type *set, gv_error *err)
{
    const size_t slots = set->slots ? set->slots * 2 : 1024;
    uint32_t *slot = gv_mem_alloc_zero(slots, sizeof *slot, err);
    if (!slot)
        return GV_E_MEMORY;
    for (size_t i = 0; i < set->n; i++) {
        size_t at = set->item[i].key.low & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = (uint32_t)i + 1;
    }
    gv_mem_free(set->slot);
    set->slot = slot;
    set->slots = slots;
    return GV_OK;
}

/* The item with this key that the run has not had yet: the n-th of several equal ones is that of
 * other runs' n-th. It is added if it is new. */
static int find_item(size_t *found, set_type *set, gv_hash key, size_t run, gv_error *err)
{
    int status = set->n * 2 >= set->slots ? grow_slots(set, err) : GV_OK;
    if (status == GV_OK)
        status = gv_mem_reserve(&set->item, &set->room, set->n + 1, sizeof *set->item, err);
    if (status != GV_OK)
        return status;
    size_t at = key.low & (set->slots - 1);
    while (set->slot[at]) {
        item *i = &set->item[set->slot[at] - 1];
        if (gv_hash_equal(i->key, key) && i->seen_by != run + 1) {
            *found = set->slot[at] - 1;
            i->seen_by = (uint32_t)run + 1;
            return GV_OK;
        }
        if (gv_hash_equal(i->key, key)) {
            key.low += 0x9e3779b97f4a7c15u; /* the key of the next one */
            at = key.low & (set->slots - 1);
        } else {
            at = (at + 1) & (set->slots - 1);
        }
    }
    *found = set->n;
    set->slot[at] = (uint32_t)set->n + 1;
    set->item[set->n++] = (item){.key = key, .seen_by = (uint32_t)run + 1, .score = NAN};
    return GV_OK;
}

static gv_hash key_of(gv_text *text, const gv_items_row *row)
{
    text->used = 0;
    gv_text_printf(text, "%s\t", row->section);
    for (size_t w = 0; w < GV_ITEMS_WORDS; w++)
        gv_text_printf(text, "%s\t", row->word[w] ? row->word[w] : "");
    gv_text_real(text, row->score);
    return gv_hash_of(text->bytes, text->used);
}

static int section_of(uint32_t *section, set_type *set, const char *name, gv_error *err)
{
    if (set->kind != GV_COMPARE_ANALOGIES)
        name = ""; /* categories and sets of outliers are too small for sections */
    for (size_t s = set->sections.n; s-- > 0;)
        if (strcmp(set->sections.items[s], name) == 0) {
            *section = (uint32_t)s;
            return GV_OK;
        }
    *section = (uint32_t)set->sections.n;
    return gv_strings_add(&set->sections, name, err);
}

/* Room for the values of one more item. */
static int grow_run(gv_compare_items_run *run, size_t n, const char *const *measure, gv_error *err)
{
    size_t room = run->n;
    if (n <= run->n)
        return GV_OK;
    for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES; m++) {
        size_t own = run->n;
        if (!measure[m])
            continue;
        if (gv_mem_reserve(&run->value[m], &own, n, sizeof **run->value, err) != GV_OK)
            return GV_E_MEMORY;
        for (size_t i = run->n; i < own; i++)
            run->value[m][i] = NAN;
        room = own;
    }
    run->n = room;
    return GV_OK;
}

static void set_values(const set_type *set, gv_compare_items_run *run, size_t at,
                       const gv_items_row *row)
{
    const double first = set->kind == GV_COMPARE_SIMILARITY ? row->cosine : row->correct;
    const double second =
        set->kind == GV_COMPARE_OUTLIERS ? row->position / row->words : row->correct_mul;
    run->value[0][at] = (float)first;
    if (set->measure[1])
        run->value[1][at] = (float)second;
}

/* A gv_items_take. */
static int take(void *context, const gv_items_row *row, gv_error *err)
{
    reading *r = context;
    set_type *set = NULL;
    size_t at = 0;
    int status = find_set(&set, r, row, err);
    if (status != GV_OK)
        return status;
    const gv_hash key = key_of(&r->key, row);
    if (r->key.failed)
        return gv_error_set(err, GV_E_MEMORY, "out of memory");
    if (set->n >= UINT32_MAX - 1 || (set->kind == GV_COMPARE_SIMILARITY && !isfinite(row->score)))
        return GV_OK;
    status = find_item(&at, set, key, r->run, err);
    if (status == GV_OK)
        status = section_of(&set->item[at].section, set, row->section, err);
    if (status == GV_OK)
        status = grow_run(&set->run[r->run], at + 1, set->measure, err);
    if (status != GV_OK)
        return status;
    set->item[at].score = row->score;
    set_values(set, &set->run[r->run], at, row);
    return GV_OK;
}

/* --- order ------------------------------------------------------------------------------------ */

typedef struct place {
    gv_hash key;
    const char *section;
    size_t item;
} place;

static int by_place(const void *x, const void *y)
{
    const place *a = x, *b = y;
    const int sections = strcmp(a->section, b->section);
    if (sections != 0)
        return sections;
    if (a->key.high != b->key.high)
        return a->key.high < b->key.high ? -1 : 1;
    return (a->key.low > b->key.low) - (a->key.low < b->key.low);
}

/* Has any run answered it? */
static bool is_answered(const set_type *set, size_t runs, size_t i)
{
    for (size_t r = 0; r < runs; r++)
        for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES; m++)
            if (set->run[r].value[m] && i < set->run[r].n && !isnan(set->run[r].value[m][i]))
                return true;
    return false;
}

static int order_run(gv_compare_items_run *run, const place *places, size_t n, gv_error *err)
{
    for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES; m++) {
        if (!run->value[m])
            continue;
        float *ordered = gv_mem_alloc(n, sizeof *ordered, err);
        if (!ordered)
            return GV_E_MEMORY;
        for (size_t i = 0; i < n; i++)
            ordered[i] = places[i].item < run->n ? run->value[m][places[i].item] : NAN;
        gv_mem_free(run->value[m]);
        run->value[m] = ordered;
    }
    run->n = run->n > 0 ? n : 0;
    return GV_OK;
}

/* Sections and scores in the order of items. */
static int order_sections(set_type *set, const place *places, size_t n, gv_error *err)
{
    gv_strings sections = {0};
    int status = GV_OK;
    set->ends = gv_mem_alloc(set->sections.n + 1, sizeof *set->ends, err);
    if (set->kind == GV_COMPARE_SIMILARITY)
        set->scores = gv_mem_alloc(n, sizeof *set->scores, err);
    if (!set->ends || (set->kind == GV_COMPARE_SIMILARITY && !set->scores))
        return GV_E_MEMORY;
    for (size_t i = 0; i < n && status == GV_OK; i++) {
        if (set->scores)
            set->scores[i] = set->item[places[i].item].score;
        if (i == 0 || strcmp(places[i].section, places[i - 1].section) != 0)
            status = gv_strings_add(&sections, places[i].section, err);
        if (status == GV_OK)
            set->ends[sections.n - 1] = i + 1;
    }
    gv_strings_free(&set->sections);
    set->sections = sections;
    return status;
}

static int order(set_type *set, size_t runs, gv_error *err)
{
    place *places = gv_mem_alloc(set->n, sizeof *places, err);
    size_t n = 0;
    int status = places ? GV_OK : GV_E_MEMORY;
    for (size_t i = 0; i < set->n && places; i++)
        if (is_answered(set, runs, i))
            places[n++] = (place){set->item[i].key, set->sections.items[set->item[i].section], i};
    if (n > 1)
        qsort(places, n, sizeof *places, by_place);
    for (size_t r = 0; r < runs && status == GV_OK; r++)
        status = order_run(&set->run[r], places, n, err);
    if (status == GV_OK)
        status = order_sections(set, places, n, err);
    set->n = n;
    gv_mem_free(places);
    gv_mem_free(set->item);
    gv_mem_free(set->slot);
    set->item = NULL;
    set->slot = NULL;
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static void forget_run(gv_compare_items *items, size_t run)
{
    for (size_t s = 0; s < items->n; s++) {
        for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES; m++)
            gv_mem_free(items->set[s].run[run].value[m]);
        items->set[s].run[run] = (gv_compare_items_run){0};
    }
}

static int read_run(gv_compare_items *items, gv_compare *compare, size_t i, gv_error *err)
{
    gv_compare_run *run = &compare->run[i];
    reading r = {.items = items, .eval = run->records.eval, .run = i, .key = GV_TEXT_INIT};
    gv_error why = GV_ERROR_INIT;
    gv_file_stat look = {0};
    char *path = gv_file_path_join(run->dir, GV_FILE_ITEMS, err);
    int status = path ? gv_file_look(&look, path, err) : GV_E_MEMORY;
    if (status == GV_OK && !look.exists)
        status = gv_compare_read_lacks(
            run, "no eval.tsv, as an earlier version evaluated it: its scores have no intervals",
            "glove-eval --run-dir", err);
    else if (status == GV_OK) {
        status = gv_stamp_check_output(run->dir, GV_STAGE_EVAL, GV_FILE_ITEMS, &why);
        if (status == GV_OK)
            status = gv_items_read(path, take, &r, &why);
        if (status != GV_OK && status != GV_E_MEMORY) {
            forget_run(items, i);
            status = gv_compare_read_lacks(run, why.text, "glove-eval --force --run-dir", err);
        } else if (status != GV_OK) {
            gv_error_set(err, status, "%s", why.text);
        }
    }
    gv_text_drop(&r.key);
    gv_mem_free(path);
    return status;
}

int gv_compare_items_read(gv_compare_items *items, gv_compare *compare, gv_error *err)
{
    int status = GV_OK;
    *items = (gv_compare_items){.runs = compare->n};
    for (size_t i = 0; i < compare->n && status == GV_OK; i++)
        if (compare->run[i].trained && compare->run[i].records.eval)
            status = read_run(items, compare, i, err);
    for (size_t s = 0; s < items->n && status == GV_OK; s++)
        status = order(&items->set[s], items->runs, err);
    return status;
}

void gv_compare_items_free(gv_compare_items *items)
{
    for (size_t s = 0; s < items->n; s++) {
        set_type *set = &items->set[s];
        for (size_t r = 0; r < items->runs && set->run; r++)
            for (size_t m = 0; m < GV_COMPARE_ITEMS_MEASURES; m++)
                gv_mem_free(set->run[r].value[m]);
        gv_mem_free(set->run);
        gv_mem_free(set->file);
        gv_mem_free(set->item);
        gv_mem_free(set->slot);
        gv_mem_free(set->ends);
        gv_mem_free(set->scores);
        gv_strings_free(&set->sections);
    }
    gv_mem_free(items->set);
    *items = (gv_compare_items){0};
}
