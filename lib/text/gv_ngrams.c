#include "text/gv_ngrams.h"

#include "base/gv_mem.h"
#include "text/gv_clusters.h"
#include <stdint.h>
#include <string.h>

enum { USUAL = 64 }; /* bytes of `<word>` for which no memory is allocated */

/* `<word>` and where its characters end. */
typedef struct bracketed {
    char *text;
    uint32_t *end;
    size_t length, characters;
    char small_text[USUAL];
    uint32_t small_end[USUAL];
} bracketed;

static void clear(bracketed *b)
{
    if (b->text != b->small_text)
        gv_mem_free(b->text);
    if (b->end != b->small_end)
        gv_mem_free(b->end);
}

static int make_room(bracketed *b, gv_error *err)
{
    b->text = b->small_text;
    b->end = b->small_end;
    if (b->length <= USUAL)
        return GV_OK;
    b->text = gv_mem_alloc(b->length, 1, err);
    b->end = gv_mem_alloc(b->length, sizeof *b->end, err);
    return b->text && b->end ? GV_OK : GV_E_MEMORY;
}

/* The word's characters, and one more for each bracket: what follows a bracket does not combine
 * with it. */
static int cut(bracketed *b, const char *word, size_t length, gv_error *err)
{
    b->length = length + 2;
    int status = make_room(b, err);
    if (status != GV_OK)
        return status;
    b->text[0] = '<';
    memcpy(b->text + 1, word, length);
    b->text[length + 1] = '>';
    size_t n;
    status = gv_clusters_cut(b->end + 1, &n, word, length, err);
    b->end[0] = 1;
    for (size_t i = 1; i <= n; i++)
        b->end[i]++;
    b->end[n + 1] = (uint32_t)length + 2;
    b->characters = n + 2;
    return status;
}

int gv_ngrams_each(const char *word, unsigned min_n, unsigned max_n, gv_ngrams_found *found,
                   void *context, gv_error *err)
{
    bracketed b;
    size_t length = strlen(word);
    if (length == 0 || length > GV_NGRAMS_WORD)
        return GV_OK;
    int status = cut(&b, word, length, err);
    for (size_t first = 0; status == GV_OK && first < b.characters; first++) {
        uint32_t from = first > 0 ? b.end[first - 1] : 0;
        for (size_t n = min_n; status == GV_OK && n <= max_n && first + n <= b.characters; n++) {
            size_t last = first + n - 1;
            if (n == 1 && (first == 0 || last == b.characters - 1))
                continue;
            status = found(context, b.text + from, b.end[last] - from, err);
        }
    }
    clear(&b);
    return status;
}
