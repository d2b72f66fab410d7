/*
 * gv_quad - four floats side by side, one for each record of a step, and loops over records that
 * are sure to unroll. For lib/kernel only, and for tests of it.
 *
 * The types are the compiler's vector types (GCC and Clang): + - * / and comparisons work on them
 * element by element, each as one IEEE operation, so the results do not depend on the instruction
 * set that they are compiled for.
 */
#ifndef GV_QUAD_H
#define GV_QUAD_H

#include <stdint.h>

typedef float gv_quad __attribute__((vector_size(16)));
typedef uint32_t gv_quad_bits __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

/*
 * The body for index = 0 .. n-1, n <= 4, index and n being compile-time constants. An ordinary loop
 * that the compiler leaves rolled would index an array of vectors by a variable, and that array
 * would then live in memory instead of registers. May be nested.
 */
#define EACH(index, n, ...)                                                                        \
    do {                                                                                           \
        EACH_ONE(index, 0, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 1, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 2, n, __VA_ARGS__)                                                         \
        EACH_ONE(index, 3, n, __VA_ARGS__)                                                         \
    } while (0)
#define EACH_ONE(index, value, n, ...)                                                             \
    if ((n) > value) {                                                                             \
        enum { index = value };                                                                    \
        __VA_ARGS__                                                                                \
    }

#endif
