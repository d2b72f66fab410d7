/*
 * Reading the parts of a store.
 *
 * The manifest says everything about a part, so each one that is opened is compared with it: size,
 * kind, version, tables, and every row of `meta`. What a part holds is checked blob by blob, by the
 * checksums of the manifest.
 */
#include "base/gv_mem.h"
#include "store/gv_store_part_internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

gv_store_part_set *gv_store_part_new(gv_error *err)
{
    return gv_mem_alloc_zero(1, sizeof(gv_store_part_set), err);
}

void gv_store_part_share(gv_store *store)
{
    if (store->parts)
        atomic_fetch_add(&store->parts->handles, 1);
}

static void free_set(gv_store_part_set *set)
{
    gv_strings_free(&set->folders);
    gv_mem_free(set->part);
    gv_mem_free(set->first_place);
    gv_mem_free(set->place);
    gv_mem_free(set->preferred);
    gv_mem_free(set);
}

const gv_store_part *gv_store_part_list(const gv_store *store)
{
    return store->parts ? store->parts->part : NULL;
}

/* --- the manifest ----------------------------------------------------------------------------- */

static int take_part(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    gv_store_part_set *set = store->parts;
    char name[GV_STORE_PART_NAME];
    const char *found = (const char *)sqlite3_column_text(row, 1);
    const char *hash = (const char *)sqlite3_column_text(row, 5);
    const int64_t bytes = sqlite3_column_int64(row, 2), blobs = sqlite3_column_int64(row, 3);
    const int64_t blob_bytes = sqlite3_column_int64(row, 4);
    gv_store_part part = {
        .bytes = (uint64_t)bytes, .blobs = (uint32_t)blobs, .blob_bytes = (uint64_t)blob_bytes};
    if (!found || !hash)
        return gv_store_reader_sql_failed(store, SQLITE_NOMEM, err);
    gv_store_part_name(name, i, store->info.parts, store->info.content_hash);
    if (strcmp(found, name) != 0 || !gv_store_reader_parse_hash(&part.hash, hash) || bytes < 1 ||
        blobs < 0 || blobs > store->info.blobs || blob_bytes < 0 || blob_bytes > bytes)
        return gv_store_reader_damaged(store, err, "table 'part' is inconsistent at part %" PRIu32,
                                       i + 1);
    memcpy(part.name, name, sizeof name);
    int status =
        gv_mem_reserve(&set->part, &set->part_capacity, (size_t)i + 1, sizeof *set->part, err);
    if (status == GV_OK)
        set->part[i] = part;
    return status;
}

static int take_place(gv_store *store, sqlite3_stmt *row, uint32_t i, gv_error *err)
{
    gv_store_part_set *set = store->parts;
    const int64_t blob = sqlite3_column_int64(row, 1), part = sqlite3_column_int64(row, 2);
    const int64_t at = sqlite3_column_int64(row, 3);
    const gv_store_part_place *before = i ? &set->place[i - 1] : NULL;
    /* by blob without a gap, then by part */
    const bool next = blob == set->next_blob;
    const bool more = before && blob == (int64_t)set->next_blob - 1 && part > before->part;
    if ((!next && !more) || blob >= store->info.blobs || part < 0 || part >= store->info.parts ||
        at < 0 || at >= set->part[part].blobs)
        return gv_store_reader_damaged(store, err, "table 'place' is inconsistent at row %" PRIu32,
                                       i);
    int status =
        gv_mem_reserve(&set->place, &set->place_capacity, (size_t)i + 1, sizeof *set->place, err);
    if (status != GV_OK)
        return status;
    if (next)
        set->first_place[set->next_blob++] = i;
    set->place[i] = (gv_store_part_place){.part = (uint32_t)part, .row = (uint32_t)at};
    return GV_OK;
}

/* Does each part have as many blobs, of as many bytes, as `place` puts there? */
static int check_sums(const gv_store *store, gv_error *err)
{
    const gv_store_part_set *set = store->parts;
    gv_store_part *sum = gv_mem_alloc_zero(store->info.parts, sizeof *sum, err);
    bool good = set->next_blob == store->info.blobs;
    if (!sum)
        return GV_E_MEMORY;
    for (uint32_t id = 0; good && id < store->info.blobs; id++)
        for (uint64_t i = set->first_place[id]; i < set->first_place[id + 1]; i++) {
            sum[set->place[i].part].blobs++;
            sum[set->place[i].part].blob_bytes += store->blobs[id].bytes;
        }
    for (uint32_t i = 0; good && i < store->info.parts; i++)
        good = sum[i].blobs == set->part[i].blobs && sum[i].blob_bytes == set->part[i].blob_bytes;
    gv_mem_free(sum);
    return good ? GV_OK
                : gv_store_reader_damaged(store, err,
                                          "its parts do not add up to what table 'place' states");
}

static int check_parts_hash(gv_store *store, gv_error *err)
{
    const gv_store_part_set *set = store->parts;
    gv_hash_state *hasher = gv_hash_state_new(err);
    if (!hasher)
        return GV_E_MEMORY;
    for (uint32_t id = 0; id < store->info.blobs; id++)
        for (uint64_t i = set->first_place[id]; i < set->first_place[id + 1]; i++)
            gv_store_part_hash_place(hasher, id, &set->place[i]);
    for (uint32_t i = 0; i < store->info.parts; i++)
        gv_store_part_hash_part(hasher, &set->part[i]);
    const gv_hash actual = gv_hash_state_digest(hasher);
    gv_hash_state_free(hasher);
    return gv_store_reader_check_hash(store, "parts_hash", actual,
                                      "tables 'part' and 'place' do not match their hash", err);
}

int gv_store_part_load(gv_store *store, gv_error *err)
{
    gv_store_part_set *set = store->parts;
    const gv_store_reader_table parts = {
        "part", "SELECT id, name, bytes, blobs, blob_bytes, hash FROM part ORDER BY id", "itiiit",
        store->info.parts};
    const gv_store_reader_table places = {"place",
                                          "SELECT id, blob, part_id, row FROM place ORDER BY id",
                                          "iiii", (uint32_t)set->places};
    if (store->info.parts == 0)
        return gv_store_reader_damaged(store, err, "it has no parts");
    if (!(set->preferred = gv_mem_alloc_zero(store->info.parts, sizeof *set->preferred, err)))
        return GV_E_MEMORY;
    set->first_place =
        gv_mem_alloc_zero((size_t)store->info.blobs + 1, sizeof *set->first_place, err);
    if (!set->first_place)
        return GV_E_MEMORY;
    int status = gv_store_reader_each_row(store, &parts, take_part, err);
    if (status == GV_OK)
        status = gv_store_reader_each_row(store, &places, take_place, err);
    if (status != GV_OK)
        return status;
    set->first_place[store->info.blobs] = set->places;
    status = check_sums(store, err);
    return status == GV_OK ? check_parts_hash(store, err) : status;
}

/* --- opening a part --------------------------------------------------------------------------- */

static const char advice[] = "; copy it again, or run the shuffle with --force";

static void close_connection(gv_store_part_connection *connection)
{
    gv_database_close(&connection->database);
    gv_mem_free(connection->path);
    gv_mem_free(connection);
}

void gv_store_part_close(gv_store *store)
{
    gv_store_part_set *set = store->parts;
    while (store->connections) {
        gv_store_part_connection *first = store->connections;
        store->connections = first->next;
        close_connection(first);
    }
    if (set && store->borrows)
        atomic_fetch_sub(&set->handles, 1);
    else if (set)
        free_set(set);
}

static int part_damaged(const gv_database *database, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s is damaged (%s)%s", database->path, what,
                        database->advice);
}

/* The number that a statement without parameters gives. */
static int ask(int64_t *number, const gv_database *database, const char *sql, gv_error *err)
{
    sqlite3_stmt *row = NULL;
    int status = gv_database_prepare(&row, database, sql, err);
    int code = status == GV_OK ? sqlite3_step(row) : SQLITE_ROW;
    if (status == GV_OK && code == SQLITE_ROW)
        *number = sqlite3_column_int64(row, 0);
    else if (status == GV_OK)
        status = gv_database_fail(database, code, err);
    sqlite3_finalize(row);
    return status;
}

static int check_kind(const gv_database *database, gv_error *err)
{
    int64_t application = 0, version = 0;
    int status = ask(&application, database, "PRAGMA application_id", err);
    if (status == GV_OK)
        status = ask(&version, database, "PRAGMA user_version", err);
    if (status == GV_OK && application != GV_STORE_PART_APPLICATION_ID)
        return part_damaged(database, "it is an SQLite database, but no part of a store", err);
    if (status == GV_OK && version != GV_STORE_PART_VERSION)
        return part_damaged(database, "it has another version than this program reads", err);
    for (int i = 0; status == GV_OK && i < GV_STORE_PART_TABLES; i++) {
        gv_database_table found;
        status = gv_database_find_table(&found, database, gv_store_part_schema[i].name, err);
        if (status == GV_OK &&
            (!found.plain || found.others || strcmp(found.sql, gv_store_part_schema[i].sql) != 0))
            status = part_damaged(database, "its tables are not those of a part", err);
    }
    return status;
}

/* What `meta` of a part must be, as text by key. */
enum { META_ROWS = 7, META_TEXT = 40 };
typedef struct meta_row {
    const char *key;
    char value[META_TEXT];
} meta_row;

static void expected_meta(meta_row row[META_ROWS], const gv_store *store, uint32_t number)
{
    const gv_store_part *part = &store->parts->part[number];
    static const char *const keys[META_ROWS] = {"blob_bytes", "blobs",  "content_hash", "format",
                                                "hash",       "number", "parts"};
    for (int i = 0; i < META_ROWS; i++)
        row[i].key = keys[i];
    snprintf(row[0].value, META_TEXT, "%" PRIu64, part->blob_bytes);
    snprintf(row[1].value, META_TEXT, "%" PRIu32, part->blobs);
    snprintf(row[2].value, META_TEXT, "%s", store->info.content_hash);
    snprintf(row[3].value, META_TEXT, "%s", GV_STORE_PART_FORMAT);
    gv_hash_hex(part->hash, row[4].value);
    snprintf(row[5].value, META_TEXT, "%" PRIu32, number + 1);
    snprintf(row[6].value, META_TEXT, "%" PRIu32, store->info.parts);
}

static int check_meta(const gv_database *database, const gv_store *store, uint32_t number,
                      gv_error *err)
{
    meta_row expected[META_ROWS];
    sqlite3_stmt *row = NULL;
    int code = SQLITE_DONE, n = 0;
    expected_meta(expected, store, number);
    int status =
        gv_database_prepare(&row, database, "SELECT key, value FROM meta ORDER BY key", err);
    for (; status == GV_OK && (code = sqlite3_step(row)) == SQLITE_ROW; n++) {
        const char *key = (const char *)sqlite3_column_text(row, 0);
        const char *value = (const char *)sqlite3_column_text(row, 1);
        if (sqlite3_errcode(database->db) == SQLITE_NOMEM)
            status = gv_database_fail(database, SQLITE_NOMEM, err);
        else if (n >= META_ROWS || !key || !value || strcmp(key, expected[n].key) != 0 ||
                 strcmp(value, expected[n].value) != 0)
            status = part_damaged(database, "it is not the part that the store names", err);
    }
    if (status == GV_OK && code != SQLITE_DONE)
        status = gv_database_fail(database, code, err);
    if (status == GV_OK && n != META_ROWS)
        status = part_damaged(database, "rows are missing in its table 'meta'", err);
    sqlite3_finalize(row);
    return status;
}

static int open_part(gv_store_part_connection *connection, const gv_store *store, uint32_t number,
                     gv_error *err)
{
    char what[96];
    const uint64_t bytes = store->parts->part[number].bytes;
    gv_database *database = &connection->database;
    *database = (gv_database){.path = connection->path, .advice = advice};
    int status = gv_database_open(database, err);
    if (status == GV_OK && database->bytes != bytes) {
        snprintf(what, sizeof what, "it has %" PRIu64 " bytes, expected %" PRIu64, database->bytes,
                 bytes);
        status = part_damaged(database, what, err);
    }
    if (status == GV_OK)
        status = check_kind(database, err);
    return status == GV_OK ? check_meta(database, store, number, err) : status;
}

/* Open the part in `folder`. `*result` is NULL if there is no file of its name. */
static int try_folder(gv_store_part_connection **result, const gv_store *store, const char *folder,
                      uint32_t number, gv_error *err)
{
    gv_file_stat look = {0};
    *result = NULL;
    gv_store_part_connection *connection = gv_mem_alloc_zero(1, sizeof *connection, err);
    if (!connection)
        return GV_E_MEMORY;
    connection->part = number;
    connection->path = gv_file_path_join(folder, store->parts->part[number].name, err);
    int status = connection->path ? gv_file_look(&look, connection->path, err) : GV_E_MEMORY;
    if (status == GV_OK && look.exists && !look.regular)
        status = gv_error_set(err, GV_E_IO, "cannot read %s: not a regular file", connection->path);
    if (status == GV_OK && look.exists)
        status = open_part(connection, store, number, err);
    if (status == GV_OK && look.exists)
        *result = connection;
    else
        close_connection(connection);
    return status;
}

/* The error that no folder has the part; `cause`: what was wrong with a file of its name. */
static int not_found(const gv_store *store, uint32_t number, const gv_error *cause, gv_error *err)
{
    enum { SHOWN = 8, FOLDERS = 900 };
    const gv_strings *folders = &store->parts->folders;
    char list[FOLDERS] = "";
    size_t n = 0;
    for (size_t i = 0; i < folders->n && n < sizeof list; i++) {
        if (i == SHOWN && folders->n > SHOWN + 1) {
            snprintf(list + n, sizeof list - n, " and %zu more", folders->n - i);
            break;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", folders->items[i]);
    }
    const gv_store_part *part = &store->parts->part[number];
    if (cause->code != GV_OK)
        return gv_error_set(err, cause->code,
                            "%s, part %" PRIu32 " of %" PRIu32 " (%s): %s; looked "
                            "in: %s",
                            store->path, number + 1, store->info.parts, part->name, cause->text,
                            list);
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s: its part %" PRIu32 " of %" PRIu32 ", %s, is missing; looked in: %s; "
                        "set store.part_dirs to the folder that has it, or run the shuffle with "
                        "--force",
                        store->path, number + 1, store->info.parts, part->name, list);
}

/* Errors that another folder cannot mend. */
static bool is_final(int status)
{
    return status == GV_E_MEMORY || status == GV_E_STOPPED;
}

static int open_anywhere(gv_store_part_connection **result, const gv_store *store, uint32_t number,
                         gv_error *err)
{
    const gv_strings *folders = &store->parts->folders;
    gv_error first = GV_ERROR_INIT;
    *result = NULL;
    for (size_t i = 0; i < folders->n; i++) {
        gv_error own = GV_ERROR_INIT;
        int status = try_folder(result, store, folders->items[i], number, &own);
        if (*result)
            return GV_OK;
        if (is_final(status))
            return gv_error_set(err, status, "%s", own.text);
        if (status != GV_OK && first.code == GV_OK)
            first = own;
    }
    return not_found(store, number, &first, err);
}

int gv_store_part_find(char **path, gv_store *store, uint32_t part, gv_error *err)
{
    gv_store_part_connection *connection = NULL;
    gv_error own = GV_ERROR_INIT;
    *path = NULL;
    if (!store->parts || part >= store->info.parts)
        return gv_error_set(err, GV_E_RUNTIME, "%s has no part %" PRIu32, store->path, part + 1);
    int status = open_anywhere(&connection, store, part, &own);
    if (status == GV_OK) {
        *path = connection->path;
        connection->path = NULL;
        close_connection(connection);
    }
    return gv_store_reader_end(store, status, &own, err);
}

static int check_parts(gv_store *store, bool preferred, gv_error *err)
{
    int status = GV_OK;
    for (uint32_t i = 0; status == GV_OK && i < store->info.parts; i++) {
        if (preferred && !store->parts->preferred[i])
            continue;
        gv_store_part_connection *connection = NULL;
        status = open_anywhere(&connection, store, i, err);
        if (status == GV_OK)
            close_connection(connection);
    }
    return status;
}

int gv_store_part_check_all(gv_store *store, gv_error *err)
{
    return check_parts(store, false, err);
}

int gv_store_part_check_preferred(gv_store *store, gv_error *err)
{
    gv_error own = GV_ERROR_INIT;
    int status = store->parts ? check_parts(store, true, &own) : GV_OK;
    return gv_store_reader_end(store, status, &own, err);
}

/* --- blobs ------------------------------------------------------------------------------------ */

void gv_store_part_prefer(gv_store *store, const bool *groups)
{
    gv_store_part_set *set = store->parts;
    if (!set)
        return;
    memset(set->preferred, 0, store->info.parts * sizeof *set->preferred);
    for (uint32_t g = 0; g < store->info.groups; g++)
        if (groups[g])
            set->preferred[gv_store_part_of_group(g, store->info.groups, store->info.parts)] = true;
}

bool gv_store_part_prefers(const gv_store *store)
{
    bool any = false;
    for (uint32_t i = 0; store->parts && i < store->info.parts && !any; i++)
        any = store->parts->preferred[i];
    return any;
}

/* Put the connection to the part first in the list of this handle, if there is one. */
static gv_store_part_connection *use_open(gv_store *store, uint32_t part)
{
    gv_store_part_connection **at = &store->connections;
    while (*at && (*at)->part != part)
        at = &(*at)->next;
    gv_store_part_connection *found = *at;
    if (found) {
        *at = found->next;
        found->next = store->connections;
        store->connections = found;
    }
    return found;
}

/* Close those that were not used for the longest time. */
static void keep_at_most(gv_store *store, unsigned most)
{
    gv_store_part_connection **at = &store->connections;
    for (unsigned i = 0; *at && i < most; i++)
        at = &(*at)->next;
    while (*at) {
        gv_store_part_connection *last = *at;
        *at = last->next;
        close_connection(last);
    }
}

static int connect_part(gv_store *store, uint32_t part, gv_error *err)
{
    gv_store_part_connection *connection = NULL;
    const unsigned most = GV_STORE_PART_OPEN_MOST / (atomic_load(&store->parts->handles) + 1);
    if (use_open(store, part))
        return GV_OK;
    keep_at_most(store, most > 1 ? most - 1 : 0);
    int status = open_anywhere(&connection, store, part, err);
    if (status != GV_OK)
        return status;
    connection->next = store->connections;
    store->connections = connection;
    return GV_OK;
}

/* The places of the blob from the most wanted on: preferred parts, then the others. */
static const gv_store_part_place *choose(const gv_store *store, uint32_t id, uint64_t n)
{
    const gv_store_part_set *set = store->parts;
    const gv_store_part_place *place = set->place + set->first_place[id];
    const uint64_t places = set->first_place[id + 1] - set->first_place[id];
    for (int preferred = 1; preferred >= 0; preferred--)
        for (uint64_t i = 0; i < places; i++)
            if (set->preferred[place[i].part] == preferred && n-- == 0)
                return &place[i];
    return NULL;
}

int gv_store_part_connect(const gv_store_part_connection **connection, uint32_t *row,
                          gv_store *store, uint32_t id, gv_error *err)
{
    const gv_store_part_place *place;
    gv_error first = GV_ERROR_INIT;
    for (uint64_t n = 0; (place = choose(store, id, n)); n++) {
        gv_error own = GV_ERROR_INIT;
        int status = connect_part(store, place->part, &own);
        if (status == GV_OK) {
            *connection = store->connections;
            *row = place->row;
            return GV_OK;
        }
        if (first.code == GV_OK || is_final(status))
            first = own;
        if (is_final(status))
            break;
    }
    return gv_error_set(err, first.code, "%s", first.text);
}
