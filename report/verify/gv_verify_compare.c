#include "report/verify/gv_verify_compare.h"

#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "config/gv_run_names.h"
#include "report/verify/gv_verify_scores.h"
#include "report/verify/gv_verify_where.h"
#include "store/gv_store_compare.h"
#include <stdio.h>
#include <string.h>

enum { VOCAB, COOCCUR, SHUFFLE, TRAIN, EVAL };

typedef struct pair {
    const char *name;
    const gv_json *record; /* of the run's file; NULL: none */
    const char *paths[2];  /* of the run, made again */
    const char *vocab_path;
} pair;

static int differs(gv_verify_compare *result, const char *where)
{
    result->kind = GV_VERIFY_COMPARE_DIFFERS;
    snprintf(result->text, sizeof result->text, "%.550s", where);
    return GV_OK;
}

/* A file that people remove when it has served (glove-clean), as opposed to results. */
static bool is_intermediate(size_t stage, const char *name)
{
    return stage < TRAIN || strcmp(name, GV_FILE_CHECKPOINT) == 0 || strcmp(name, GV_FILE_IDS) == 0;
}

static int compare_gone(gv_verify_compare *result, const pair *p, size_t stage, gv_error *err)
{
    bool same = false;
    result->missing = true;
    if (!is_intermediate(stage, p->name))
        return differs(result, "the run has no such file any more");
    result->kind = GV_VERIFY_COMPARE_GONE;
    if (!p->record || strcmp(p->name, GV_FILE_STORE) == 0)
        return GV_OK;
    int status = gv_verify_run_is_recorded(&same, p->record, p->paths[1], err);
    if (status == GV_OK && !same)
        return differs(result,
                       "the run has removed it; the checksum that its stamp has is another");
    result->kind = GV_VERIFY_COMPARE_RECORD;
    return status;
}

/* The contents are the same. Is the file itself still the one that was written? */
static int check_recorded(gv_verify_compare *result, const pair *p, gv_error *err)
{
    bool same = true;
    result->kind = GV_VERIFY_COMPARE_CONTENT;
    int status = p->record ? gv_verify_run_is_recorded(&same, p->record, p->paths[0], err) : GV_OK;
    return status == GV_OK && !same
               ? differs(result, "what was compared is the same, but the file was changed after it "
                                 "was made: its stamp has another checksum")
               : status;
}

static int compare_store(gv_verify_compare *result, const pair *p, gv_error *err)
{
    char where[GV_STORE_COMPARE_WHERE];
    gv_error own = GV_ERROR_INIT;
    bool same = false;
    int status = gv_store_compare(&same, where, p->paths[0], p->paths[1], &own);
    if (status == GV_E_CORRUPT)
        return differs(result, own.text);
    if (status != GV_OK)
        return gv_error_set(err, status, "%s", own.text);
    return same ? check_recorded(result, p, err) : differs(result, where);
}

static bool is_scores(const char *name)
{
    return strcmp(name, GV_FILE_EVAL) == 0 || strcmp(name, GV_FILE_ITEMS) == 0;
}

static int compare_scores(gv_verify_compare *result, const pair *p, gv_error *err)
{
    char where[GV_VERIFY_SCORES];
    bool same = false;
    int status = strcmp(p->name, GV_FILE_EVAL) == 0
                     ? gv_verify_scores_compare(&same, where, p->paths[0], p->paths[1], err)
                     : gv_verify_scores_compare_items(&same, where, p->paths[0], p->paths[1], err);
    if (status != GV_OK)
        return status;
    return same ? check_recorded(result, p, err) : differs(result, where);
}

/* Formats with metadata, which states the version of the program, or of SQLite. */
static bool has_metadata(const char *name)
{
    return strcmp(name, "vectors.db") == 0 || strcmp(name, "vectors.safetensors") == 0;
}

static int compare_bytes(gv_verify_compare *result, const pair *p, gv_error *err)
{
    char where[GV_VERIFY_WHERE] = "";
    bool same = false;
    uint64_t at = 0;
    int status = gv_verify_where_bytes(&same, &at, p->paths[0], p->paths[1], err);
    result->kind = GV_VERIFY_COMPARE_BYTES;
    if (status != GV_OK || same)
        return status;
    if (has_metadata(p->name) && gv_verify_where_same_vectors(where, p->paths, p->vocab_path))
        return check_recorded(result, p, err);
    where[0] = '\0';
    gv_verify_where_describe(where, p->name, p->paths, at, p->vocab_path);
    return differs(result, where);
}

static int compare(gv_verify_compare *result, const pair *p, size_t stage, gv_error *err)
{
    gv_file_stat look[2];
    int status = gv_file_look(&look[0], p->paths[0], err);
    if (status == GV_OK)
        status = gv_file_look(&look[1], p->paths[1], err);
    if (status != GV_OK)
        return status;
    if (!look[1].exists)
        return differs(result, "no such file was made again");
    if (!look[0].exists)
        return compare_gone(result, p, stage, err);
    if (!look[0].regular || !look[1].regular)
        return differs(result, "it is not a plain file");
    if (strcmp(p->name, GV_FILE_STORE) == 0)
        return compare_store(result, p, err);
    if (is_scores(p->name))
        return compare_scores(result, p, err);
    return compare_bytes(result, p, err);
}

int gv_verify_compare_file(gv_verify_compare *result, const gv_verify_run *run, size_t stage,
                           const char *name, const char *work, gv_error *err)
{
    char *a = gv_file_path_join(run->dir, name, err), *b = gv_file_path_join(work, name, err);
    char *vocab = gv_file_path_join(work, GV_FILE_VOCAB, err);
    const pair p = {name, gv_verify_run_record(run, stage, name), {a, b}, vocab};
    bool recorded = true, there = false;
    *result = (gv_verify_compare){.kind = GV_VERIFY_COMPARE_BYTES};
    int status = a && b && vocab ? compare(result, &p, stage, err) : GV_E_MEMORY;
    if (status == GV_OK && result->kind == GV_VERIFY_COMPARE_DIFFERS)
        status = gv_verify_run_has(&there, run->dir, name, err);
    if (status == GV_OK && there && p.record)
        status = gv_verify_run_is_recorded(&recorded, p.record, a, err);
    result->changed = !recorded;
    gv_mem_free(a);
    gv_mem_free(b);
    gv_mem_free(vocab);
    return status;
}
