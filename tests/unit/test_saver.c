/* Checkpoints in the background, and the file that one needs before it is there. */
#include "base/gv_file_writer.h"
#include "support/gv_test.h"
#include "train/gv_saver.h"
#include <string.h>
#include <sys/stat.h>

enum { ROWS = 2, DIM = 3 };

typedef struct fixture {
    gv_saver saver;
    gv_checkpoint state;
    gv_checkpoint_matrix matrices[2];
    float rows[2][ROWS * DIM];
    char recipe[3];
    uint32_t done;
    double losses;
} fixture;

static void set_up(fixture *f, const char *path)
{
    *f = (fixture){.state = {.numerics_version = 1,
                             .dim = DIM,
                             .vocab_size = ROWS,
                             .segments = 1,
                             .store_hash = "0123456789abcdef0123456789abcdef",
                             .values_only = true},
                   .recipe = "{}"};
    f->state.recipe = f->recipe;
    f->state.done = &f->done;
    f->state.losses = &f->losses;
    for (int side = 0; side < 2; side++)
        f->matrices[side] = (gv_checkpoint_matrix){.rows = f->rows[side], .stride = DIM};
    gv_saver_init(&f->saver, path);
}

static gv_file_writer *written(const char *path)
{
    gv_error err = GV_ERROR_INIT;
    gv_file_writer *out;
    gv_assert_ok(gv_file_writer_open(&out, path, &err), err);
    gv_assert_ok(gv_file_writer_write(out, "pair", 4, &err), err);
    return out;
}

static bool is_there(const char *path)
{
    struct stat look;
    return stat(path, &look) == 0;
}

Test(saver, the_needed_file_comes_too)
{
    gv_error err = GV_ERROR_INIT;
    fixture f;
    const char *path = gv_test_path("model.ckpt"), *needed = gv_test_path("needed");
    set_up(&f, path);
    gv_file_writer *out = written(needed);
    gv_assert_ok(gv_saver_need(&f.saver, &out, &err), err);
    cr_assert_null(out);
    cr_assert(!is_there(needed));
    gv_assert_ok(gv_saver_save(&f.saver, &f.state, f.matrices, &err), err);
    gv_assert_ok(gv_saver_end(&f.saver, &err), err);
    cr_assert(is_there(needed) && is_there(path));
}

/* A rename onto a directory fails: so does, at the latest, whatever comes after it. */
Test(saver, without_the_needed_file_no_checkpoint)
{
    gv_error err = GV_ERROR_INIT;
    fixture f;
    const char *path = gv_test_path("model.ckpt"), *needed = gv_test_path("needed");
    set_up(&f, path);
    gv_file_writer *out = written(needed);
    cr_assert_eq(mkdir(needed, 0777), 0); /* where the file is to go */
    gv_assert_ok(gv_saver_need(&f.saver, &out, &err), err);
    gv_assert_ok(gv_saver_save(&f.saver, &f.state, f.matrices, &err), err);
    cr_assert_eq(gv_saver_end(&f.saver, &err), GV_E_IO);
    cr_assert_not_null(strstr(err.text, needed), "%s", err.text);
    cr_assert(!is_there(path));
    cr_assert(!is_there(gv_test_format("%s.tmp", path)));
}

Test(saver, of_two_needed_files_the_first_is_there_at_once)
{
    gv_error err = GV_ERROR_INIT;
    fixture f;
    const char *first = gv_test_path("first"), *second = gv_test_path("second");
    set_up(&f, gv_test_path("model.ckpt"));
    gv_file_writer *out = written(first);
    gv_assert_ok(gv_saver_need(&f.saver, &out, &err), err);
    out = written(second);
    gv_assert_ok(gv_saver_need(&f.saver, &out, &err), err);
    cr_assert(is_there(first) && !is_there(second));
    /* the checkpoint never comes */
    gv_assert_ok(gv_saver_end(&f.saver, &err), err);
    cr_assert(!is_there(second));
    cr_assert(!is_there(gv_test_format("%s.tmp", second)));
}
