#include "compat/gv_compat_input.h"

#include "base/gv_bytes.h"
#include "base/gv_file.h"
#include "base/gv_input.h"
#include "base/gv_mem.h"
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD = GV_COMPAT_RECORDS_BYTES, BLOCK = 1 << 20 };

/* Put what a pipe gives into a temporary file, which takes the pipe's place. */
static int copy_pipe(gv_compat_input *input, uint64_t *bytes, const char *beside, gv_error *err)
{
    int copy = -1;
    size_t got = 1;
    uint8_t *block = gv_mem_alloc(BLOCK, 1, err);
    int status = block ? gv_file_temp_open_beside(&copy, beside, err) : GV_E_MEMORY;
    while (status == GV_OK && got > 0) {
        status = gv_input_read(&got, input->fd, block, BLOCK, input->path, err);
        if (status == GV_OK)
            status = gv_file_write(copy, block, got, "the temporary copy of the records", err);
        *bytes += got;
    }
    gv_mem_free(block);
    close(input->fd);
    input->fd = copy;
    return status;
}

int gv_compat_input_open(gv_compat_input *input, const char *path, const char *beside,
                         gv_error *err)
{
    struct stat info;
    uint64_t bytes = 0;
    *input = (gv_compat_input){.path = path, .fd = -1};
    int status = gv_input_open(&input->fd, path, err);
    if (status != GV_OK)
        return status;
    if (fstat(input->fd, &info) != 0)
        return gv_error_set_errno(err, "cannot examine %s", path);
    if (S_ISDIR(info.st_mode))
        return gv_error_set(err, GV_E_IO, "cannot read %s: it is a directory", path);
    if (S_ISREG(info.st_mode))
        bytes = (uint64_t)info.st_size;
    else
        status = copy_pipe(input, &bytes, beside, err);
    input->records = bytes / RECORD;
    if (status == GV_OK && bytes % RECORD != 0)
        return gv_error_set(err, GV_E_CORRUPT,
                            "%s: %" PRIu64 " bytes are no whole number of records of %d bytes; it "
                            "is truncated, or not from cooccur and shuffle",
                            path, bytes, RECORD);
    if (status == GV_OK && bytes == 0)
        return gv_error_set(err, GV_E_CORRUPT, "%s is empty: it has no records", path);
    return status;
}

void gv_compat_input_close(gv_compat_input *input)
{
    if (input->fd >= 0)
        close(input->fd);
    input->fd = -1;
}

int gv_compat_input_read(void *to, const gv_compat_input *input, uint64_t first, size_t n,
                         gv_error *err)
{
    return gv_file_pread(input->fd, to, n * RECORD, first * RECORD, input->path, err);
}

gv_compat_input_record gv_compat_input_get(const uint8_t *records, size_t i)
{
    const uint8_t *from = records + i * RECORD;
    return (gv_compat_input_record){(int32_t)gv_bytes_get32(from),
                                    (int32_t)gv_bytes_get32(from + 4),
                                    gv_bytes_get_double(from + 8)};
}
