#include "eval/gv_eval_probes.h"

#include "base/gv_mem.h"
#include "base/gv_utf8.h"
#include "config/gv_config.h"
#include "eval/gv_eval_probes_internal.h"
#include <math.h>
#include <string.h>
#include <strings.h>

/* What a title says that its words are. */
enum role { ROLE_WEAT, ROLE_TARGET, ROLE_ATTRIBUTE, ROLE_AXIS, ROLE_WORDS, ROLES };

static const char *const role_names[ROLES] = {"weat", "target", "attribute", "axis", "words"};

#define WANTED                                                                                     \
    "a set begins with \": target NAME\" or \": attribute NAME\" (two of each make a WEAT), or "   \
    "with \": axis NAME\" and \": words NAME\""

/* Where reading is. */
typedef struct place {
    gv_eval_probes *probes;
    gv_eval_probes_probe *probe; /* NULL before the first one */
    gv_eval_probes_set *set;     /* that words go to; NULL: none */
    enum role role;              /* of `set` */
    gv_text note;                /* of `probe` */
} place;

static int fail(const gv_eval_probes *probes, uint64_t line, const char *what, gv_error *err)
{
    return gv_error_set(err, GV_E_CORRUPT, "%s:%lu: %s", probes->rows.path, (unsigned long)line,
                        what);
}

/* --- the end of a set, and of a probe --------------------------------------------------------- */

/* Which set of a probe has the role; of two, the first. */
static size_t position_of(enum role role)
{
    switch (role) {
    case ROLE_ATTRIBUTE:
        return GV_EVAL_PROBES_ATTRIBUTE;
    case ROLE_WORDS:
        return GV_EVAL_PROBES_WORDS;
    default:
        return GV_EVAL_PROBES_TARGET;
    }
}

static enum gv_eval_probes_kind kind_of(enum role role)
{
    return role == ROLE_AXIS || role == ROLE_WORDS ? GV_EVAL_PROBES_AXIS : GV_EVAL_PROBES_WEAT;
}

/* Give an empty set the words of the last one before it with the same role and name. */
static int take_earlier(place *at, gv_error *err)
{
    gv_eval_probes_set *set = at->set;
    const size_t from = position_of(at->role), two = kind_of(at->role) == GV_EVAL_PROBES_WEAT;
    for (size_t p = at->probes->n; p-- > 0;) {
        const gv_eval_probes_probe *probe = &at->probes->probe[p];
        for (size_t i = from; i <= from + two && probe->kind == kind_of(at->role); i++)
            if (*set->name && probe->set[i].n > 0 && strcmp(probe->set[i].name, set->name) == 0) {
                set->first = probe->set[i].first;
                set->n = probe->set[i].n;
                set->scored = probe->set[i].scored;
                return GV_OK;
            }
    }
    return fail(at->probes, set->line,
                "no words below this line; only a set whose role and name an earlier one has "
                "may be empty, and takes its words",
                err);
}

static int end_set(place *at, gv_error *err)
{
    if (!at->set)
        return GV_OK;
    int status = at->set->n == 0 ? take_earlier(at, err)
                                 : gv_eval_probes_check_set(&at->note, at->probes, at->set,
                                                            at->role == ROLE_AXIS, err);
    at->set = NULL;
    return status;
}

static int count_sets(const gv_eval_probes *probes, const gv_eval_probes_probe *probe, size_t from,
                      const char *what, gv_error *err)
{
    if (probe->set[from + 1].line)
        return GV_OK;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%lu: the WEAT \"%s\" has %s %s; it compares two targets by two "
                        "attributes",
                        probes->rows.path, (unsigned long)probe->line, probe->name,
                        probe->set[from].line ? "only one" : "no", what);
}

static int end_probe(place *at, gv_error *err)
{
    gv_eval_probes_probe *probe = at->probe;
    if (!probe)
        return GV_OK;
    int status = end_set(at, err);
    if (status == GV_OK && probe->kind == GV_EVAL_PROBES_WEAT) {
        status = count_sets(at->probes, probe, GV_EVAL_PROBES_TARGET, "target", err);
        if (status == GV_OK)
            status = count_sets(at->probes, probe, GV_EVAL_PROBES_ATTRIBUTE, "attribute", err);
        if (status == GV_OK)
            status = gv_eval_probes_check_weat(&at->note, at->probes, probe, err);
    }
    if (status == GV_OK && at->note.used > 0)
        status = gv_text_take(&probe->note, &at->note, err);
    gv_text_drop(&at->note);
    at->probe = NULL;
    return status;
}

/* --- titles ----------------------------------------------------------------------------------- */

static int begin_probe(place *at, enum gv_eval_probes_kind kind, const char *name, uint64_t line,
                       gv_error *err)
{
    gv_eval_probes *probes = at->probes;
    int status = end_probe(at, err);
    if (status == GV_OK)
        status = gv_mem_reserve(&probes->probe, &probes->room, probes->n + 1, sizeof *probes->probe,
                                err);
    if (status != GV_OK)
        return status;
    name = *name ? name : probes->default_name;
    for (size_t i = 0; i < probes->n; i++)
        if (strcmp(probes->probe[i].name, name) == 0)
            return gv_error_set(err, GV_E_CORRUPT,
                                "%s:%lu: there is another probe called \"%s\" (line %lu); give "
                                "each a name: \": weat NAME\", \": axis NAME\"",
                                probes->rows.path, (unsigned long)line, name,
                                (unsigned long)probes->probe[i].line);
    at->probe = &probes->probe[probes->n++];
    *at->probe = (gv_eval_probes_probe){.kind = kind, .name = name, .line = line};
    return GV_OK;
}

/* A third target or attribute, other words: they belong to another probe. */
static int too_many(const place *at, enum role role, uint64_t line, gv_error *err)
{
    const bool weat = kind_of(role) == GV_EVAL_PROBES_WEAT;
    return gv_error_set(err, GV_E_CORRUPT,
                        "%s:%lu: \"%s\" has %s already; \": %s NAME\" begins another probe",
                        at->probes->rows.path, (unsigned long)line, at->probe->name,
                        weat ? role == ROLE_TARGET ? "two targets" : "two attributes" : "its words",
                        weat ? "weat" : "axis");
}

static int begin_set(place *at, enum role role, const char *name, uint64_t line, gv_error *err)
{
    const enum gv_eval_probes_kind kind = kind_of(role);
    int status = GV_OK;
    if (at->probe ? at->probe->kind != kind : true) {
        if (role == ROLE_WORDS)
            return fail(at->probes, line, "words without an axis; begin one with \": axis NAME\"",
                        err);
        status = begin_probe(at, kind, "", line, err);
    } else {
        status = end_set(at, err);
    }
    if (status != GV_OK)
        return status;
    gv_eval_probes_set *set = &at->probe->set[position_of(role)];
    if (set->line && kind == GV_EVAL_PROBES_WEAT)
        set++;
    if (set->line)
        return too_many(at, role, line, err);
    *set = (gv_eval_probes_set){.name = name, .line = line, .first = at->probes->words};
    at->set = set;
    at->role = role;
    return GV_OK;
}

/* The role that `word` ([n]) names, also in the plural; ROLES: none. */
static enum role role_of(const char *word, size_t n)
{
    enum role role = 0;
    while (role < ROLES) {
        const size_t length = strlen(role_names[role]);
        if (strncasecmp(word, role_names[role], length) == 0 &&
            (n == length || (n == length + 1 && (word[length] == 's' || word[length] == 'S'))))
            break;
        role++;
    }
    return role == ROLES && n == strlen("word") && strncasecmp(word, "word", n) == 0 ? ROLE_WORDS
                                                                                     : role;
}

static int unknown_role(const gv_eval_probes *probes, const char *word, size_t n, uint64_t line,
                        gv_error *err)
{
    char *name = gv_mem_strndup(word, n, err);
    if (!name)
        return GV_E_MEMORY;
    const char *near = gv_config_nearest_name(name, role_names, ROLES);
    int status = gv_error_set(err, GV_E_CORRUPT,
                              "%s:%lu: \": %s\" does not say what its words are"
                              "%s%s%s; " WANTED,
                              probes->rows.path, (unsigned long)line, name,
                              near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    gv_mem_free(name);
    return status;
}

static int read_title(place *at, size_t i, gv_error *err)
{
    const uint64_t line = at->probes->rows.line[i].number;
    const char *text = gv_eval_rows_text(&at->probes->rows, i) + 1;
    text += strspn(text, " \t");
    const size_t n = strcspn(text, " \t:");
    if (!gv_utf8_valid(text, strlen(text)))
        return fail(at->probes, line, "the line is not UTF-8", err);
    const enum role role = role_of(text, n);
    if (role == ROLES)
        return unknown_role(at->probes, text, n, line, err);
    const char *name = text + n + strspn(text + n, " \t:");
    if (role == ROLE_WEAT)
        return begin_probe(at, GV_EVAL_PROBES_WEAT, name, line, err);
    int status = role == ROLE_AXIS ? begin_probe(at, GV_EVAL_PROBES_AXIS, name, line, err) : GV_OK;
    return status == GV_OK ? begin_set(at, role, name, line, err) : status;
}

/* --- words ------------------------------------------------------------------------------------ */

static int add_word(place *at, const char *text, double score, uint64_t line, gv_error *err)
{
    gv_eval_probes *probes = at->probes;
    int status = gv_mem_reserve(&probes->word, &probes->word_room, probes->words + 1,
                                sizeof *probes->word, err);
    if (status != GV_OK)
        return status;
    probes->word[probes->words++] = (gv_eval_probes_word){text, score, line};
    at->set->n++;
    return GV_OK;
}

static int add_pair(place *at, char *const *field, size_t n, uint64_t line, gv_error *err)
{
    if (n != 2)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s:%lu: %zu %s; an axis wants two words a line, the one at its upper "
                            "end first",
                            at->probes->rows.path, (unsigned long)line, n,
                            n == 1 ? "word" : "words");
    if (strcmp(field[0], field[1]) == 0)
        return fail(at->probes, line, "the words of the pair are the same", err);
    int status = add_word(at, field[0], NAN, line, err);
    return status == GV_OK ? add_word(at, field[1], NAN, line, err) : status;
}

/* Words to be projected: a word and its score, or any number of words. */
static int add_scored(place *at, char *const *field, size_t n, uint64_t line, gv_error *err)
{
    double score = NAN;
    const bool scored = n == 2 && gv_eval_rows_number(&score, field[1]);
    if (at->set->n == 0)
        at->set->scored = scored;
    if (at->set->scored != scored)
        return fail(at->probes, line,
                    scored ? "a score, but the words above have none; give all a score, or none"
                           : "no score, but the words above have one; give all a score, or none: "
                             "\"WORD SCORE\" on a line",
                    err);
    int status = GV_OK;
    for (size_t k = 0; k < (scored ? 1 : n) && status == GV_OK; k++)
        status = add_word(at, field[k], score, line, err);
    return status;
}

static int read_words(place *at, size_t i, gv_error *err)
{
    gv_eval_rows *rows = &at->probes->rows;
    const uint64_t line = rows->line[i].number;
    int status = gv_eval_rows_cut_list(rows, i, err);
    if (status != GV_OK)
        return status;
    char *const *field = rows->field + rows->line[i].first;
    const size_t n = rows->line[i].n, length = n > 0 ? strlen(field[0]) : 0;
    if (length > 1 && field[0][length - 1] == ':' && role_of(field[0], length - 1) != ROLES)
        return fail(at->probes, line, "the colon comes first: \": target NAME\"", err);
    if (!at->set)
        return fail(at->probes, line, "words that are in no set; " WANTED, err);
    if (at->role == ROLE_AXIS)
        return add_pair(at, field, n, line, err);
    if (at->role == ROLE_WORDS)
        return add_scored(at, field, n, line, err);
    for (size_t k = 0; k < n && status == GV_OK; k++)
        status = add_word(at, field[k], NAN, line, err);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static int read_lines(gv_eval_probes *probes, gv_error *err)
{
    place at = {.probes = probes, .note = GV_TEXT_INIT};
    int status = GV_OK;
    for (size_t i = 0; i < probes->rows.n && status == GV_OK; i++)
        status = probes->rows.line[i].title ? read_title(&at, i, err) : read_words(&at, i, err);
    if (status == GV_OK)
        status = end_probe(&at, err);
    gv_text_drop(&at.note);
    return status;
}

int gv_eval_probes_read(gv_eval_probes *probes, const char *path, gv_error *err)
{
    *probes = (gv_eval_probes){0};
    int status = gv_eval_rows_read(&probes->rows, path, true, err);
    if (status == GV_OK && probes->rows.n == 0)
        status = gv_error_set(err, GV_E_CORRUPT, "%s: no words in this file; " WANTED, path);
    if (status == GV_OK && !(probes->default_name = gv_eval_rows_name_of(path, err)))
        status = GV_E_MEMORY;
    if (status == GV_OK)
        status = read_lines(probes, err);
    if (status != GV_OK)
        gv_eval_probes_free(probes);
    return status;
}

void gv_eval_probes_free(gv_eval_probes *probes)
{
    for (size_t i = 0; i < probes->n; i++)
        gv_mem_free(probes->probe[i].note);
    gv_eval_rows_free(&probes->rows);
    gv_mem_free(probes->word);
    gv_mem_free(probes->probe);
    gv_mem_free(probes->default_name);
    *probes = (gv_eval_probes){0};
}
