#include "base/gv_mem.h"

#include "base/gv_amount.h"
#include "base/gv_limits.h"
#include "base/gv_test_hook.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_uint_fast64_t calls;
static atomic_uint_fast64_t fail_number; /* 0: hook off */
static atomic_int fail_forever;

/* Test hook: must this allocation fail? */
static int must_fail(void)
{
    uint64_t number = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    uint64_t wanted = atomic_load_explicit(&fail_number, memory_order_relaxed);
    if (gv_test_hook(GV_TEST_HOOK_ALLOCATION))
        return 1;
    if (wanted == 0)
        return 0;
    return number == wanted ||
           (number > wanted && atomic_load_explicit(&fail_forever, memory_order_relaxed));
}

void gv_mem_fail_at(uint64_t n, int forever)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_number, n);
}

uint64_t gv_mem_calls(void)
{
    return atomic_exchange(&calls, 0);
}

static _Thread_local unsigned failures;

unsigned gv_mem_failures(void)
{
    return failures;
}

static int out_of_memory(gv_error *err, size_t count, size_t size)
{
    failures++;
    char text[GV_AMOUNT_TEXT];
    return gv_error_set(err, GV_E_MEMORY, "out of memory: cannot allocate %s",
                        gv_amount_bytes(text, (double)count * (double)size));
}

void *gv_mem_alloc(size_t count, size_t size, gv_error *err)
{
    size_t bytes;
    void *block = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && !must_fail())
        block = malloc(bytes ? bytes : 1);
    if (!block)
        out_of_memory(err, count, size);
    return block;
}

void *gv_mem_alloc_zero(size_t count, size_t size, gv_error *err)
{
    void *block = must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
    if (!block)
        out_of_memory(err, count, size);
    return block;
}

int gv_mem_resize(void *block_pointer, size_t count, size_t size, gv_error *err)
{
    void *old, *block = NULL;
    memcpy(&old, block_pointer, sizeof old);
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes) && !must_fail())
        block = realloc(old, bytes ? bytes : 1);
    if (!block)
        return out_of_memory(err, count, size);
    memcpy(block_pointer, &block, sizeof block);
    return GV_OK;
}

int gv_mem_reserve(void *block_pointer, size_t *capacity, size_t need, size_t size, gv_error *err)
{
    if (need <= *capacity)
        return GV_OK;
    size_t grown = gv_mem_grown(*capacity);
    if (grown < need)
        grown = need;
    int status = gv_mem_resize(block_pointer, grown, size, err);
    if (status == GV_OK)
        *capacity = grown;
    return status;
}

char *gv_mem_strndup(const char *bytes, size_t n, gv_error *err)
{
    char *copy = gv_mem_alloc(n + 1, 1, err);
    if (!copy)
        return NULL;
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

char *gv_mem_strdup(const char *text, gv_error *err)
{
    return gv_mem_strndup(text, strlen(text), err);
}

char *gv_mem_format(gv_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : gv_mem_alloc((size_t)length + 1, 1, err);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void gv_mem_free(void *block)
{
    free(block);
}

void *gv_mem_big_alloc(size_t bytes, gv_error *err)
{
    void *block = MAP_FAILED;
    if (!must_fail())
        block = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);
    if (block == MAP_FAILED) {
        out_of_memory(err, bytes, 1);
        return NULL;
    }
    /* Only a hint: without huge pages all works, a little slower. */
    (void)madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

void gv_mem_big_free(void *block, size_t bytes)
{
    if (block)
        munmap(block, bytes ? bytes : 1);
}

unsigned long gv_mem_peak_rss_kb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (unsigned long)usage.ru_maxrss : 0;
}

/* A field of /proc/self/statm, in bytes: 0 address space, 1 resident, 5 data and stack. 0 if it is
 * not known. */
static uint64_t statm_bytes(int field)
{
    char line[256] = "", *at = line, *end = line;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    bool read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    uint64_t pages = 0;
    for (int i = 0; read && i <= field; i++, at = end) {
        pages = strtoull(at, &end, 10);
        read = end > at;
    }
    return read ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t gv_mem_resident_bytes(void)
{
    uint64_t bytes = statm_bytes(1);
    return bytes ? bytes : (uint64_t)gv_mem_peak_rss_kb() * 1024;
}

/* What a limit of the shell (ulimit) leaves beside the `used` bytes. */
static uint64_t left_of_limit(int resource, uint64_t used)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur > used ? limit.rlim_cur - used : 1;
}

uint64_t gv_mem_available(void)
{
    uint64_t available = gv_limits_memory("");
    uint64_t space = left_of_limit(RLIMIT_AS, statm_bytes(0));
    uint64_t data = left_of_limit(RLIMIT_DATA, statm_bytes(5));
    uint64_t limit = space < data ? space : data;
    return limit != UINT64_MAX && (available == 0 || limit < available) ? limit : available;
}
