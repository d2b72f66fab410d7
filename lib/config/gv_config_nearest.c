/*
 * "Did you mean": the name at the least edit distance (insert, delete, replace, swap of
 * neighbours; case ignored, - is _). A cut-off or lengthened name, and one that has a part between
 * underscores in common, count as one edit. How many edits are near depends on the length: a name
 * with nothing near it gets no suggestion, since a wrong one costs more than none.
 *
 * Names are short, so the plain quadratic table on the stack is enough.
 * Source: the optimal string alignment distance (Damerau 1964).
 */
#include "config/gv_config.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63, CUT_LEAST = 3 /* letters of a cut-off name */ };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int letter(char c)
{
    return c == '-' ? '_' : tolower((unsigned char)c);
}

static bool equal(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (letter(a[i]) != letter(b[i]))
            return false;
    return true;
}

static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST + 1]; /* of the distances of a's first i bytes; row i % 3 */
    for (size_t i = 0; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0) {
                row[j] = i + j;
                continue;
            }
            int same = letter(a[i - 1]) == letter(b[j - 1]);
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a[i - 1]) == letter(b[j - 2]) &&
                letter(a[i - 2]) == letter(b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

/* Does the longer name begin with the shorter one, or is this its end after an underscore? */
static bool is_part(const char *shorter, size_t n, const char *longer, size_t m)
{
    if (n < CUT_LEAST || n >= m)
        return false;
    return equal(shorter, longer, n) ||
           (letter(longer[m - n - 1]) == '_' && equal(shorter, longer + m - n, n));
}

/* How many edits make a name of that length a near one. */
static size_t edits_allowed(size_t length)
{
    return length < 3 ? 0 : length < 6 ? 1 : length < 10 ? 2 : 3;
}

/* The edits between two names; more than are allowed if they are not near. */
static size_t distance(const char *a, const char *b)
{
    while (*a == '-' && *b == '-')
        a++, b++;
    size_t n = strlen(a), m = strlen(b), far = LONGEST;
    if (n == m && equal(a, b, n))
        return 0;
    if (is_part(a, n, b, m) || is_part(b, m, a, n))
        return 1;
    if (n <= LONGEST && m <= LONGEST)
        far = edit_distance(a, n, b, m);
    return far <= edits_allowed(least(n, m) + (n != m)) ? far : LONGEST;
}

const char *gv_config_nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t nearest_distance = LONGEST;
    for (size_t i = 0; i < n; i++) {
        size_t far = distance(name, names[i]);
        if (far < nearest_distance) {
            nearest = names[i];
            nearest_distance = far;
        }
    }
    return nearest;
}
