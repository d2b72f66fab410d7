#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The option that `text` begins with, or NULL; `*numbers` is what stands behind the sign. */
static bench_option *find(const char **numbers, bench_option *options, size_t keys,
                          const char *text)
{
    const char *sign = strchr(text, '=');
    for (size_t k = 0; sign && k < keys; k++) {
        size_t n = (size_t)(sign - text);
        *numbers = sign + 1;
        if (strlen(options[k].name) == n && strncmp(options[k].name, text, n) == 0)
            return &options[k];
    }
    return NULL;
}

static int parse(bench_option *options, size_t keys, const char *text)
{
    const double most = 1e6;
    const char *numbers;
    bench_option *o = find(&numbers, options, keys, text);
    if (!o)
        return GV_E_USAGE;
    for (o->n = 0; o->n < BENCH_VALUES; numbers++) {
        char *end;
        double value = strtod(numbers, &end);
        if (end == numbers || !(value >= o->lowest && value <= most))
            return GV_E_USAGE;
        o->value[o->n++] = value;
        numbers = end;
        if (*numbers != ',')
            return *numbers == '\0' ? GV_OK : GV_E_USAGE;
    }
    return GV_E_USAGE;
}

int bench_main(int argc, char **argv, bench_option *options, size_t keys, bench_run_fn *run)
{
    gv_error err = GV_ERROR_INIT;
    const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
    for (int i = 1; i < argc - 1; i++)
        if (parse(options, keys, argv[i]) != GV_OK)
            return fprintf(stderr, "%s: cannot use '%s'\n", name, argv[i]), 2;
    if (argc < 2)
        return fprintf(stderr, "usage: %s [KEY=NUMBER[,NUMBER ...] ...] RUN_DIR\n", name), 2;
    if (run(argv[argc - 1], options, &err) != GV_OK)
        return fprintf(stderr, "%s: %s\n", name, err.text), 1;
    return 0;
}
