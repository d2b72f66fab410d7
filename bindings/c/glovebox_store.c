/* Counts: the words of a store.db, and the contexts of a word. */
#include "base/gv_file.h"
#include "base/gv_mem.h"
#include "bindings/c/glovebox_store_internal.h"
#include "config/gv_run_names.h"
#include "vectors/gv_words.h"

#include <string.h>
#include <sys/stat.h>

/* --- opening ---------------------------------------------------------------------------------- */

static const char *word_of(const void *vocab, size_t id)
{
    return gv_vocab_word(vocab, (uint32_t)id);
}

static int open_store(glovebox_store *s, const char *path, gv_error *err)
{
    struct stat info;
    const bool is_run = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    char *file = is_run ? gv_file_path_join(path, GV_FILE_STORE, err) : gv_mem_strdup(path, err);
    int status = file ? gv_store_open(&s->store, file, 1, err) : GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_store_vocab(&s->vocab, s->store, err);
    if (status == GV_OK)
        status = gv_store_row_sums(&s->sums, s->store, err);
    if (status == GV_OK)
        s->lower_case = gv_words_lower_case(gv_vocab_size(s->vocab), word_of, s->vocab);
    gv_mem_free(file);
    return status;
}

glovebox_store *glovebox_store_lazily(const glovebox_store *store)
{
    const union {
        const glovebox_store *given;
        glovebox_store *same;
    } handle = {store};
    return handle.same;
}

int glovebox_store_open(glovebox_store **store, const char *path, glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    if (!store)
        return glovebox_null(err, "glovebox_store_open", "store");
    *store = NULL;
    if (!path)
        return glovebox_null(err, "glovebox_store_open", "path");
    glovebox_store *s = gv_mem_alloc_zero(1, sizeof *s, &why);
    if (!s)
        return glovebox_translate(err, GV_E_MEMORY, &why);
    (void)pthread_mutex_init(&s->lock, NULL);
    int status = open_store(s, path, &why);
    if (status == GV_OK)
        *store = s;
    else
        glovebox_store_close(s);
    return glovebox_translate(err, status, &why);
}

void glovebox_store_close(glovebox_store *s)
{
    if (!s)
        return;
    gv_vocab_free(s->vocab);
    gv_store_close(s->store);
    gv_mem_free(s->sums);
    pthread_mutex_destroy(&s->lock);
    gv_mem_free(s);
}

/* --- words ------------------------------------------------------------------------------------ */

size_t glovebox_store_words(const glovebox_store *store)
{
    return store ? gv_vocab_size(store->vocab) : 0;
}

uint64_t glovebox_store_pairs(const glovebox_store *store)
{
    return store ? gv_store_about(store->store)->records : 0;
}

const char *glovebox_store_word(const glovebox_store *store, size_t id)
{
    return id < glovebox_store_words(store) ? gv_vocab_word(store->vocab, (uint32_t)id) : NULL;
}

static size_t find_id(const void *vocab, const char *word)
{
    const uint32_t id = gv_vocab_lookup(vocab, word, strlen(word));
    return id == GV_VOCAB_NO_WORD ? GV_NEAREST_NO_ROW : id;
}

int64_t glovebox_store_find(const glovebox_store *store, const char *word)
{
    const size_t id = store && word ? find_id(store->vocab, word) : GV_NEAREST_NO_ROW;
    return id == GV_NEAREST_NO_ROW ? -1 : (int64_t)id;
}

int64_t glovebox_store_lookup(const glovebox_store *store, const char *word)
{
    if (!store || !word)
        return -1;
    const size_t id = gv_words_find(word, store->lower_case, find_id, store->vocab);
    return id == GV_NEAREST_NO_ROW ? -1 : (int64_t)id;
}

uint64_t glovebox_store_count(const glovebox_store *store, size_t id)
{
    return id < glovebox_store_words(store) ? gv_vocab_count(store->vocab, (uint32_t)id) : 0;
}

double glovebox_store_sum(const glovebox_store *store, size_t id)
{
    return id < glovebox_store_words(store)
               ? (double)store->sums[id] / (double)gv_store_about(store->store)->unit
               : 0.0;
}

/* --- contexts --------------------------------------------------------------------------------- */

static void give_contexts(glovebox_contexts *to, const gv_store_pair_list *list,
                          const glovebox_store *s)
{
    const double unit = (double)gv_store_about(s->store)->unit;
    to->n = list->n < to->top ? list->n : to->top;
    to->all = list->contexts;
    for (size_t i = 0; i < to->n; i++)
        to->found[i] = (glovebox_context){.word = glovebox_store_word(s, list->pairs[i].id),
                                          .id = list->pairs[i].id,
                                          .x = (double)list->pairs[i].value / unit};
}

int glovebox_store_contexts(const glovebox_store *store, size_t id, glovebox_contexts *contexts,
                            glovebox_error *err)
{
    gv_error why = GV_ERROR_INIT;
    gv_store_pair_list list;
    if (!store || !contexts || (!contexts->found && contexts->top > 0))
        return glovebox_null(err, "glovebox_store_contexts",
                             !store      ? "store"
                             : !contexts ? "contexts"
                                         : "contexts->found");
    contexts->n = contexts->all = 0;
    if (id >= glovebox_store_words(store))
        return glovebox_fail(err, GLOVEBOX_E_ARGUMENT,
                             "glovebox_store_contexts: there is no word %zu", id);
    glovebox_store *s = glovebox_store_lazily(store);
    pthread_mutex_lock(&s->lock);
    /* a limit of 0 would mean all */
    int status =
        gv_store_pairs(&list, s->store, (uint32_t)id, contexts->top ? contexts->top : 1, &why);
    pthread_mutex_unlock(&s->lock);
    if (status != GV_OK)
        return glovebox_translate(err, status, &why);
    give_contexts(contexts, &list, store);
    gv_mem_free(list.pairs);
    return GLOVEBOX_OK;
}
