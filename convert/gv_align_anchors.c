#include "convert/gv_align_anchors.h"

#include "base/gv_mem.h"
#include "base/gv_text.h"
#include "vectors/gv_vectors_labels.h"
#include <inttypes.h>

enum { SHOWN = 8 };

typedef struct reading {
    bool *chosen;
    const gv_vectors *base, *other;
    uint64_t listed, missing;
    gv_text some; /* of the missing words */
} reading;

static int take_word(reading *r, const gv_vectors_labels_word *label, gv_error *err)
{
    char *word = gv_mem_strndup(label->text, label->length, err);
    if (!word)
        return GV_E_MEMORY;
    const size_t row = gv_vectors_find(r->base, word);
    r->listed++;
    if (row != SIZE_MAX && gv_vectors_find(r->other, word) != SIZE_MAX) {
        r->chosen[row] = true;
    } else {
        if (r->missing < SHOWN)
            gv_text_printf(&r->some, "%s%.60s", r->missing ? ", " : "", word);
        r->missing++;
    }
    gv_mem_free(word);
    return GV_OK;
}

static int read_list(reading *r, const char *path, gv_error *err)
{
    gv_vectors_labels *labels = NULL;
    gv_vectors_labels_word word = {.text = ""};
    int status = gv_vectors_labels_open(&labels, path, false, err);
    while (status == GV_OK && word.text) {
        status = gv_vectors_labels_next(labels, &word, err);
        if (status == GV_OK && word.text)
            status = take_word(r, &word, err);
    }
    gv_vectors_labels_close(labels);
    if (status == GV_OK && r->listed == 0)
        status = gv_error_set(err, GV_E_CORRUPT,
                              "%s has no words; expected anchors, one word a line", path);
    return status;
}

int gv_align_anchors_read(bool **chosen, const char *path, const gv_vectors *base,
                          const gv_vectors *other, gv_progress *progress, gv_error *err)
{
    reading r = {.chosen = gv_mem_alloc_zero(base->rows, sizeof(bool), err),
                 .base = base,
                 .other = other,
                 .some = GV_TEXT_INIT};
    char *some = NULL;
    int status = r.chosen ? read_list(&r, path, err) : GV_E_MEMORY;
    *chosen = r.chosen;
    if (gv_text_take(&some, &r.some, status == GV_OK ? err : NULL) != GV_OK && status == GV_OK)
        status = GV_E_MEMORY;
    if (status == GV_OK && r.missing && r.missing < r.listed)
        gv_progress_note(progress,
                         "%s: %" PRIu64 " of %" PRIu64
                         " words are not in both files, and are no anchors: %s%s",
                         path, r.missing, r.listed, some, r.missing > SHOWN ? ", ..." : "");
    gv_mem_free(some);
    return status;
}
