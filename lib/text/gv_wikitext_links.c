#include "text/gv_wikitext_internal.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include <string.h>

enum { FILES = 6, CATEGORIES = 14 }; /* MediaWiki's numbers of these namespaces */

/* Names beside those that a dump states: English works in every wiki, and wikis keep names that
 * they had before. */
static const char *const files[] = {
    "file",        "image",  "bild",     "datei",      "imagen",  "archivo", "fichier",
    "immagine",    "imagem", "ficheiro", "afbeelding", "bestand", "grafika", "plik",
    "изображение", "файл",   "画像",     "bilde",      "billede", "fil",     "kuva",
    "tiedosto",    "kép",    "fájl",     "gambar",     "berkas",  "soubor",  "obrázok",
    "súbor",       "文件",   "图像",     "檔案",       "圖像",    "파일",    "그림"};
static const char *const categories[] = {"category",  "kategorie", "catégorie", "categoría",
                                         "categoria", "kategoria", "категория", "カテゴリ",
                                         "分类",      "分類",      "분류"};

static int lower(gv_icu_caser *caser, const char *name, size_t n, const char **to, size_t *length,
                 gv_error *err)
{
    return gv_icu_caser_apply(caser, name, n, to, length, err);
}

int gv_wikitext_names_add(gv_wikitext_names *names, long key, const char *name, gv_error *err)
{
    if ((key != FILES && key != CATEGORIES) || !*name || strlen(name) > 255)
        return GV_OK;
    gv_icu_caser *caser = NULL;
    const char *small;
    size_t n = 0;
    char *copy = NULL;
    int status = gv_icu_caser_new(&caser, GV_LOWERCASE_SIMPLE, err);
    if (status == GV_OK)
        status = lower(caser, name, strlen(name), &small, &n, err);
    if (status == GV_OK && !(copy = gv_mem_strndup(small, n, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = gv_strings_add(key == FILES ? &names->files : &names->categories, copy, err);
    gv_mem_free(copy);
    gv_icu_caser_free(caser);
    return status;
}

void gv_wikitext_names_free(gv_wikitext_names *names)
{
    gv_strings_free(&names->files);
    gv_strings_free(&names->categories);
}

static bool is_one_of(const char *name, size_t n, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == n && memcmp(list[i], name, n) == 0)
            return true;
    return false;
}

/* "de", "als", "zh-min-nan", "simple": the code of a language. */
static bool is_language(const char *name, size_t n)
{
    size_t first = 0;
    while (first < n && name[first] >= 'a' && name[first] <= 'z')
        first++;
    if (n == strlen("simple") && memcmp(name, "simple", n) == 0)
        return true;
    if (first < 2 || first > 3)
        return false;
    for (size_t i = first; i < n; i++)
        if (name[i] != '-' && (name[i] < 'a' || name[i] > 'z'))
            return false;
    return n <= 12;
}

/* Does the link show nothing where it stands? `prefix` ([n]) is what is before its first colon. */
static int is_hidden(bool *hidden, const gv_wikitext *w, const char *prefix, size_t n,
                     gv_error *err)
{
    const gv_wikitext_names *names = w->names;
    *hidden = false;
    while (n > 0 && (prefix[0] == ' ' || prefix[0] == '\n')) {
        prefix++;
        n--;
    }
    while (n > 0 && (prefix[n - 1] == ' ' || prefix[n - 1] == '\n'))
        n--;
    if (n == 0 || n > 255 || !gv_utf8_valid(prefix, n))
        return GV_OK;
    const char *name;
    size_t length;
    int status = lower(w->caser, prefix, n, &name, &length, err);
    if (status != GV_OK)
        return status;
    *hidden = is_one_of(name, length, files, sizeof files / sizeof *files) ||
              is_one_of(name, length, categories, sizeof categories / sizeof *categories) ||
              is_one_of(name, length, (const char *const *)names->files.items, names->files.n) ||
              is_one_of(name, length, (const char *const *)names->categories.items,
                        names->categories.n) ||
              is_language(prefix, n);
    return GV_OK;
}

int gv_wikitext_close_link(gv_wikitext *w, const gv_wikitext_open *link, gv_error *err)
{
    char *text = w->out + link->at;
    size_t n = w->used - link->at, target = link->bar > 0 ? link->bar - 1 - link->at : n;
    const char *colon = memchr(text, ':', target);
    size_t from = colon == text; /* [[:de:Frosch]] is shown */
    bool hidden = false;
    /* "word: word" is a title: names are followed by their page at once */
    if (colon && !from && (colon + 1 == text + target || colon[1] != ' ' || colon[-1] != ' ')) {
        int status = is_hidden(&hidden, w, text, (size_t)(colon - text), err);
        if (status != GV_OK)
            return status;
    }
    if (link->bar > 0 && link->bar < w->used)
        from = link->bar - link->at;
    else if (link->bar > 0)
        n = target;
    if (hidden)
        from = n;
    memmove(text, text + from, n - from);
    w->used = link->at + n - from;
    if (w->line > w->used)
        w->line = w->used;
    if (hidden)
        gv_wikitext_part(w);
    return GV_OK;
}
