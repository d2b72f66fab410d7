/*
 * "Did you mean": the name at the least edit distance (insert, delete, replace, swap of
 * neighbours; case ignored), where a cut-off or lengthened name counts as one edit. Names are
 * short, so the plain quadratic table on the stack is enough.
 * Source: the optimal string alignment distance (Damerau 1964).
 */
#include "config/gv_config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
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
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 &&
                tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == tolower((unsigned char)b[j - 1]))
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t common = least(n, m);
    if (common >= 2 && strncasecmp(a, b, common) == 0)
        return n != m;
    if (n > LONGEST || m > LONGEST)
        return n + m;
    return edit_distance(a, n, b, m);
}

const char *gv_config_nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t nearest_distance = 0;
    for (size_t i = 0; i < n; i++) {
        size_t far = distance(name, names[i]);
        size_t longer = strlen(name) > strlen(names[i]) ? strlen(name) : strlen(names[i]);
        /* do not suggest a name that has nothing in common */
        if (far < longer && (!nearest || far < nearest_distance)) {
            nearest = names[i];
            nearest_distance = far;
        }
    }
    return nearest;
}
