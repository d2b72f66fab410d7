/*
 * SQLite's files with any content: a good store.db or vectors.db whose rows, tables and schema are
 * then changed as the bytes say, so that what is behind SQLite's own checks is tried. The first
 * byte chooses the file, and whether a store is trained on; its two highest bits choose a store in
 * parts, of which the manifest or a part is changed. It is made in memory, and written for the
 * reader.
 *
 * A change: kind, table, column, row, kind of value, then its value (8 bytes, or a length and that
 * many bytes).
 */
#include "app/gv_run.h"
#include "base/gv_mem.h"
#include "fuzz_file.h"
#include "small_store.h"
#include "store/gv_store_copy.h"
#include "store/gv_store_part.h"
#include "train/gv_train.h"
#include "vectors/gv_vectors.h"
#include <sqlite3.h>
#include <string.h>

enum { TABLES = 8, COLUMNS = 16, NAME = 32, CHANGES = 12, HEAD = 5, SQL = 512 };

typedef struct table {
    char name[NAME], column[COLUMNS][NAME];
    unsigned columns;
} table;

typedef struct base {
    uint8_t *bytes;
    size_t size;
    table tables[TABLES];
    unsigned n;
} base;

enum { STORE, VECTORS, MANIFEST, PART, BASES };
static base bases[BASES];
static char part_path[FUZZ_PATH]; /* of the part that is changed; the others stay */
static gv_config *config;         /* of training */

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* --- the good files --------------------------------------------------------------------------- */

static sqlite3 *open_copy(const base *b)
{
    sqlite3 *db = NULL;
    uint8_t *copy = sqlite3_malloc64(b->size);
    must(copy && sqlite3_open(":memory:", &db) == SQLITE_OK);
    memcpy(copy, b->bytes, b->size);
    must(sqlite3_deserialize(db, "main", copy, (sqlite3_int64)b->size, (sqlite3_int64)b->size,
                             SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) ==
         SQLITE_OK);
    return db;
}

static void list_columns(sqlite3 *db, table *t)
{
    char sql[SQL];
    sqlite3_stmt *rows = NULL;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", t->name);
    must(sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW && t->columns < COLUMNS)
        snprintf(t->column[t->columns++], NAME, "%s", sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
}

static void take_base(base *b, const char *path)
{
    sqlite3_stmt *rows = NULL;
    b->bytes = fuzz_read(path, &b->size);
    sqlite3 *db = open_copy(b);
    must(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1, &rows,
                            NULL) == SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW && b->n < TABLES) {
        snprintf(b->tables[b->n].name, NAME, "%s", sqlite3_column_text(rows, 0));
        list_columns(db, &b->tables[b->n++]);
    }
    sqlite3_finalize(rows);
    must(sqlite3_close(db) == SQLITE_OK && b->n > 0);
}

/* The store at `path` in two parts, in the folder "run". */
static void make_parts(const char *path)
{
    const gv_store_copy_options options = {.parts = 2};
    char manifest[FUZZ_PATH], name[FUZZ_PATH / 2];
    gv_strings names = {0};
    fuzz_path(manifest, "run/store.db");
    must(gv_store_copy(path, manifest, &options, NULL, NULL) == GV_OK);
    must(gv_store_part_names(&names, manifest, NULL) == GV_OK && names.n == 2);
    snprintf(name, sizeof name, "run/%.64s", names.items[1]);
    fuzz_path(part_path, name);
    take_base(&bases[MANIFEST], manifest);
    take_base(&bases[PART], part_path);
    gv_strings_free(&names);
}

static const char *word(void *context, size_t row)
{
    (void)context;
    static const char *const words[] = {"a", "b", "<unk>"};
    return words[row];
}

static void vector(void *context, size_t row, float *to)
{
    (void)context;
    for (size_t i = 0; i < 3; i++)
        to[i] = (float)(row + i) / 4;
}

static void make_config(void)
{
    static char dim[] = "train.dim=2", epochs[] = "train.epochs=1", threads[] = "train.threads=1",
                memory[] = "train.memory_mb=64", formats[] = "output.formats=[\"text\"]";
    char *items[] = {dim, epochs, threads, memory, formats};
    const gv_strings sets = {5, items};
    must(gv_config_load(&config, NULL, &sets, "fuzz", NULL) == GV_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    static const uint8_t seeds[][15] = {{0},
                                        {1},
                                        {2},
                                        {0x40},
                                        {0x42},
                                        {0x80},
                                        {0, 0, 2, 1, 1, 1, 9},
                                        {1, 7, 0, 0, 0, 0},
                                        {0x40, 2, 6, 2, 0, 8},
                                        {0x80, 2, 1, 1, 0, 8}};
    const gv_vectors_source source = {
        .rows = 3, .dim = 3, .word = word, .vector = vector, .metadata = "{\"version\":\"1\"}"};
    char path[FUZZ_PATH];
    make_config();
    fuzz_path(path, "run");
    must(mkdir(path, 0700) == 0);
    fuzz_path(path, "good.db");
    small_store_write(path);
    take_base(&bases[STORE], path);
    make_parts(path);
    must(gv_vectors_write_file(path, GV_FORMAT_SQLITE, &source, 1, NULL) == GV_OK);
    take_base(&bases[VECTORS], path);
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char name[16];
        snprintf(name, sizeof name, "seed-%zu", i);
        fuzz_seed_bytes(name, seeds[i], i < 6 ? 1 : sizeof seeds[i]);
    }
    return 0;
}

/* --- changes ---------------------------------------------------------------------------------- */

typedef struct change {
    uint8_t kind, row, value;
    const table *table;
    const char *column;
    int64_t number;
    const uint8_t *bytes;
    size_t n;
} change;

/* Read a change at `*at`; false at the end. */
static bool take_change(change *c, const base *b, const uint8_t **at, const uint8_t *end)
{
    static const int64_t odd[] = {0,         1,          -1,        2,         65535,   65536,
                                  INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN, 1 << 20, 255};
    if (end - *at < HEAD)
        return false;
    const uint8_t *head = *at;
    *at += HEAD;
    *c = (change){.kind = head[0], .row = head[3], .value = head[4] % 7};
    c->table = &b->tables[head[1] % b->n];
    c->column = c->table->column[head[2] % (c->table->columns ? c->table->columns : 1)];
    c->number = odd[head[4] / 7 % (sizeof odd / sizeof *odd)];
    if (c->value >= 3) { /* bytes */
        c->n = *at < end ? *(*at)++ : 0;
        c->n = c->n < (size_t)(end - *at) ? c->n : (size_t)(end - *at);
        c->bytes = *at;
        *at += c->n;
    } else if (c->value == 1 && end - *at >= 8) {
        memcpy(&c->number, *at, 8);
        *at += 8;
    }
    return true;
}

static void bind_value(sqlite3_stmt *s, const change *c)
{
    double real;
    memcpy(&real, &c->number, sizeof real);
    switch (c->value) {
    case 0:
        sqlite3_bind_null(s, 1);
        break;
    case 3:
        sqlite3_bind_text(s, 1, (const char *)c->bytes, (int)c->n, SQLITE_STATIC);
        break;
    case 4:
        sqlite3_bind_blob(s, 1, c->n ? (const void *)c->bytes : "", (int)c->n, SQLITE_STATIC);
        break;
    case 5:
        sqlite3_bind_zeroblob(s, 1, (int)(c->number & 0x3fff));
        break;
    case 6:
        sqlite3_bind_double(s, 1, real);
        break;
    default:
        sqlite3_bind_int64(s, 1, c->number);
    }
}

/* The statement of a change, with ?1 for its value. */
static void write_sql(char sql[SQL], const change *c)
{
    const char *t = c->table->name, *k = c->column;
    switch (c->kind % 10) {
    case 0:
    case 1:
        snprintf(sql, SQL,
                 "UPDATE \"%s\" SET \"%s\" = ?1 WHERE \"%s\" IN (SELECT \"%s\" FROM "
                 "\"%s\" LIMIT 1 OFFSET %u)",
                 t, k, c->table->column[0], c->table->column[0], t, c->row);
        break;
    case 2:
        snprintf(sql, SQL, "UPDATE \"%s\" SET \"%s\" = \"%s\" + ?1", t, k, k);
        break;
    case 3:
        snprintf(sql, SQL,
                 "DELETE FROM \"%s\" WHERE \"%s\" IN (SELECT \"%s\" FROM \"%s\" LIMIT 1 "
                 "OFFSET %u)",
                 t, c->table->column[0], c->table->column[0], t, c->row);
        break;
    case 4:
        snprintf(sql, SQL, "INSERT INTO \"%s\" SELECT * FROM \"%s\" LIMIT 1 OFFSET %u", t, t,
                 c->row);
        break;
    case 5: /* without types and constraints, perhaps with rows twice */
        snprintf(sql, SQL,
                 "CREATE TABLE copy AS SELECT * FROM \"%s\"%s%s; DROP TABLE \"%s\"; "
                 "ALTER TABLE copy RENAME TO \"%s\"",
                 t, c->row % 2 ? " UNION ALL SELECT * FROM " : "", c->row % 2 ? t : "", t, t);
        break;
    case 6:
        snprintf(sql, SQL,
                 "ALTER TABLE \"%s\" RENAME TO other; CREATE VIEW \"%s\" AS SELECT * "
                 "FROM other",
                 t, t);
        break;
    case 7:
        snprintf(sql, SQL, "PRAGMA %s = %lld", c->row % 2 ? "user_version" : "application_id",
                 (long long)c->number);
        break;
    case 8:
        snprintf(sql, SQL, "%s", c->row % 2 ? "DROP TABLE" : "ALTER TABLE");
        snprintf(sql + strlen(sql), SQL - strlen(sql),
                 c->row % 2 ? " \"%s\""
                            : " \"%s\" DROP "
                              "COLUMN \"%s\"",
                 t, k);
        break;
    default: /* whatever it says */
        snprintf(sql, SQL, "%.*s", (int)c->n, c->bytes ? (const char *)c->bytes : "");
    }
}

static int allow(void *context, int action, const char *a, const char *b, const char *c,
                 const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

static int give_up(void *context)
{
    return ++*(int *)context > 100;
}

static void apply(sqlite3 *db, const change *c)
{
    char sql[SQL];
    write_sql(sql, c);
    for (const char *rest = sql; rest && *rest;) {
        sqlite3_stmt *s = NULL;
        if (sqlite3_prepare_v2(db, rest, -1, &s, &rest) != SQLITE_OK || !s) {
            sqlite3_finalize(s);
            return;
        }
        if (sqlite3_bind_parameter_count(s) > 0)
            bind_value(s, c);
        while (sqlite3_step(s) == SQLITE_ROW)
            continue;
        sqlite3_finalize(s);
    }
}

/* --- the target ------------------------------------------------------------------------------- */

static void read_vectors(const char *path)
{
    gv_vectors *vectors = NULL;
    if (gv_vectors_read(&vectors, path, 0, NULL) == GV_OK)
        for (size_t i = 0; i < vectors->rows; i++)
            must(gv_vectors_find(vectors, vectors->words[i]) <= i);
    gv_vectors_free(vectors);
}

/* Vectors that training makes without an error are numbers. */
static void train(const uint8_t *bytes, size_t n)
{
    char dir[FUZZ_PATH], path[FUZZ_PATH];
    gv_run *run = NULL;
    gv_vectors *vectors = NULL;
    fuzz_path(dir, "run");
    fuzz_path(path, "run/store.db");
    fuzz_write(path, bytes, n);
    const gv_run_options options = {
        .config = config, .dir = dir, .stage = GV_STAGE_TRAIN, .force = true};
    must(gv_run_open(&run, &options, NULL) == GV_OK);
    int status = gv_train_stage(run, NULL);
    gv_run_end(run, status);
    gv_run_close(run);
    if (status != GV_OK)
        return;
    fuzz_path(path, "run/vectors.txt");
    must(gv_vectors_read(&vectors, path, 0, NULL) == GV_OK && vectors->not_finite == 0);
    gv_vectors_free(vectors);
}

/* A changed manifest with good parts, or the other way round. */
static void read_parts(int which, const uint8_t *bytes, size_t n, bool trains)
{
    const base *manifest = &bases[MANIFEST], *part = &bases[PART];
    char path[FUZZ_PATH];
    fuzz_path(path, "run/store.db");
    fuzz_write(part_path, which == PART ? bytes : part->bytes, which == PART ? n : part->size);
    if (which == PART) {
        bytes = manifest->bytes;
        n = manifest->size;
    }
    fuzz_write(path, bytes, n);
    if (trains)
        train(bytes, n);
    else
        small_store_read(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const int which = data[0] >> 6 == 1 ? MANIFEST : data[0] >> 6 == 2 ? PART : data[0] % 2;
    const base *b = &bases[which];
    const uint8_t *at = data + 1;
    char path[FUZZ_PATH];
    sqlite3 *db = open_copy(b);
    sqlite3_int64 bytes = 0;
    int ticks = 0;
    change c;
    sqlite3_set_authorizer(db, allow, NULL);
    sqlite3_progress_handler(db, 1000, give_up, &ticks);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
    for (int i = 0; i < CHANGES && take_change(&c, b, &at, data + size); i++)
        apply(db, &c);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    uint8_t *made = sqlite3_serialize(db, "main", &bytes, 0);
    if (made) {
        fuzz_file(path, made, (size_t)bytes);
        if (which == MANIFEST || which == PART)
            read_parts(which, made, (size_t)bytes, data[0] % 4 == 2);
        else if (which == VECTORS)
            read_vectors(path);
        else if (data[0] % 4 == 2)
            train(made, (size_t)bytes);
        else
            small_store_read(path);
    }
    sqlite3_free(made);
    sqlite3_close(db);
    return 0;
}
