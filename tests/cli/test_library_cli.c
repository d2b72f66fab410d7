/* The C library as programs get it: what it exports, its header, its interface, installing it. */
#include "support/gv_test.h"

#include <string.h>

#define HEADER GV_SH_SOURCE "/bindings/c/glovebox.h"
#define SHARED GV_SH_BUILD "/../lib/libglovebox.so"

static void need_library(void)
{
    if (!gv_test_exists(GV_BUILD "/../lib/libglovebox.so"))
        gv_test_skip("needs libglovebox.so, which is not built with sanitizers");
}

/* Exactly the functions of the header, all with the version. */
Test(library_cli, exports)
{
    need_library();
    gv_test_run_ok("nm -D --defined-only " SHARED
                   " | awk '$2 != \"A\" {print $3}' | sort > symbols");
    gv_test_run_ok("grep '^GLOVEBOX_API' " HEADER " | grep -o 'glovebox_[a-z_]*(' | tr -d '(' |"
                   " sed 's/$/@@GLOVEBOX_0/' | sort > declared");
    gv_test_run_ok("diff symbols declared && [ $(wc -l < declared) -gt 30 ]");
    gv_test_result soname = gv_test_run_ok("readelf -d " SHARED " | grep SONAME");
    cr_assert(strstr(soname.out, "[libglovebox.so.0]"), "%s", soname.out);
}

/* It does not print, end the process, take signals or look at the environment. */
Test(library_cli, manners)
{
    need_library();
    gv_test_result calls = gv_test_run(
        "nm -D --undefined-only " SHARED " | awk '{print $2}' | sed 's/@.*//' | grep -xE "
        "'_?exit|abort|__assert_fail|v?f?printf|__v?f?printf_chk|f?puts|putchar|perror|stdout|"
        "stderr|"
        "signal|sigaction|setlocale|fesetenv|fesetround|getenv|secure_getenv|setenv|environ|fork|"
        "system|execv.*|sqlite3_config|rand|srand|mallopt'");
    cr_assert_str_eq(calls.out, "");
    gv_test_run_ok("! nm -D --defined-only " SHARED " | grep -w malloc");
}

Test(library_cli, header_in_every_c)
{
    static const char *const c[] = {"c99", "c11", "gnu89"}, *const cxx[] = {"c++98", "c++17"};
    if (gv_test_run("command -v gcc g++").exit_code != 0)
        gv_test_skip("needs the package g++");
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        gv_test_run_ok("gcc -std=%s -Wall -Wextra -pedantic -Werror -fsyntax-only -x c " HEADER,
                       c[i]);
    for (size_t i = 0; i < sizeof cxx / sizeof *cxx; i++)
        gv_test_run_ok("g++ -std=%s -Wall -Wextra -pedantic -Werror -fsyntax-only -x c++ " HEADER,
                       cxx[i]);
}

/* check-abi.py accepts what there is and additions, and names what breaks. */
Test(library_cli, interface_stays)
{
#define CHECK  "/usr/bin/python3 -B " GV_SH_SOURCE "/tools/check-abi.py "
#define RECORD SHARED " " GV_SH_SOURCE "/bindings/c/abi.txt"
    need_library();
    if (!gv_test_exists("/usr/bin/python3"))
        gv_test_skip("needs the package python3");
    gv_test_run_ok(CHECK HEADER " " RECORD);
    gv_test_run_ok("sed 's/NULL: the vocab.txt/&/; s/ GLOVEBOX_CHECK = 2/&, GLOVEBOX_MORE = 4/; "
                   "s/^    const char \\*words;.*/&\\n/' " HEADER " > more.h && " CHECK
                   "more.h " RECORD);
    gv_test_run_ok(
        "sed 's/uint32_t threads;/uint64_t threads;/; s/ GLOVEBOX_E_IO = 1/ GLOVEBOX_E_IO = 9/; "
        "s/size_t glovebox_rows(/int glovebox_rows(/' " HEADER " > less.h");
    gv_test_result breaks = gv_test_run(CHECK "less.h " RECORD);
    cr_assert_eq(breaks.exit_code, 1);
    cr_assert(strstr(breaks.out, "member glovebox_options.threads was"), "%s", breaks.out);
    cr_assert(strstr(breaks.out, "value GLOVEBOX_E_IO was `1` and is `9`"), "%s", breaks.out);
    cr_assert(strstr(breaks.out, "function glovebox_rows was"), "%s", breaks.out);
    cr_assert(strstr(breaks.err, "programs compiled with the last release would break"), "%s",
              breaks.err);
    gv_test_run_ok("! " CHECK HEADER " /lib/x86_64-linux-gnu/libm.so.6 " GV_SH_SOURCE
                   "/bindings/c/abi.txt || [ ! -e /lib/x86_64-linux-gnu/libm.so.6 ]");
}

/* Installed into places with blanks, found by pkg-config, compiled, run, removed. */
Test(library_cli, installed_example, .timeout = 120)
{
    need_library();
    if (gv_test_run("command -v make pkg-config gcc").exit_code != 0)
        gv_test_skip("needs make, pkg-config and gcc");
    gv_test_write_text("v.txt", "frog 1 0 2\ntoad 1 0.1 2\ncar -3 1 0\n");
    gv_test_run_ok("env -u MAKEFLAGS -u MFLAGS -u FLAVOUR make -s -o library -C " GV_SH_SOURCE
                   " install-library \"PREFIX=$PWD/my place\" "
                   "\"LIBDIR=$PWD/my place/lib 64\" >/dev/null");
    gv_test_run_ok("export PKG_CONFIG_PATH=\"$PWD/my place/lib 64/pkgconfig\" && "
                   "cp " GV_SH_SOURCE "/bindings/c/example.c . && "
                   "eval gcc -std=c99 -pedantic -Wall -Werror example.c -o example "
                   "$(pkg-config --cflags --libs glovebox)");
    gv_test_result result =
        gv_test_run_ok("LD_LIBRARY_PATH=\"$PWD/my place/lib 64\" ./example v.txt Frog toad");
    cr_assert_str_eq(result.out, "3 words, 3 numbers each\ntoad                 0.9990\n"
                                 "car                  -0.4243\n"
                                 "similarity of Frog and toad: 0.9990\n");
    cr_assert_str_eq(result.err, "");
    result = gv_test_run("LD_LIBRARY_PATH=\"$PWD/my place/lib 64\" ./example v.txt frag toad");
    cr_assert_eq(result.exit_code, 1);
    cr_assert_str_eq(result.err, "./example: no vector for 'frag'; similar words: frog\n");
    if (gv_test_run("command -v valgrind").exit_code == 0)
        gv_test_run_ok("LD_LIBRARY_PATH=\"$PWD/my place/lib 64\" valgrind -q --leak-check=full "
                       "--error-exitcode=9 ./example v.txt frog toad");
    gv_test_run_ok("env -u MAKEFLAGS -u MFLAGS -u FLAVOUR make -s -C " GV_SH_SOURCE
                   " uninstall-library \"PREFIX=$PWD/my place\" "
                   "\"LIBDIR=$PWD/my place/lib 64\" >/dev/null");
    gv_test_run_ok("[ -z \"$(find 'my place' ! -type d)\" ]");
}

/* Root's installation into a folder of the loader renews the loader's cache; no other does. */
Test(library_cli, loader_cache)
{
    need_library();
    if (gv_test_run("command -v make pkg-config").exit_code != 0)
        gv_test_skip("needs make and pkg-config");
    gv_test_run_ok("mkdir bin && cd bin && echo 'echo $USER_ID' >id && "
                   "echo '[ $# -gt 0 ] && echo \"$LOADER: (x)\" || touch \"$MARK\"' >ldconfig && "
                   "sed -i '1i #!/bin/sh' id ldconfig && chmod +x id ldconfig");
    static const struct {
        const char *user, *loader, *dest;
        bool renewed;
    } cases[] = {{"0", "$PWD/a b/lib", "", true},
                 {"1000", "$PWD/a b/lib", "", false},
                 {"0", "/other/lib", "", false},
                 {"0", "$PWD/a b/lib", "$PWD/d", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        gv_test_run_ok("rm -f mark; export PATH=\"$PWD/bin:$PATH\" MARK=\"$PWD/mark\" USER_ID=%s "
                       "LOADER=\"%s\"; env -u MAKEFLAGS -u MFLAGS -u FLAVOUR make -s -o library "
                       "-C " GV_SH_SOURCE
                       " install-library \"PREFIX=$PWD/a b\" \"DESTDIR=%s\" >/dev/null && %s test "
                       "-e mark",
                       cases[i].user, cases[i].loader, cases[i].dest, cases[i].renewed ? "" : "!");
}

/* In the source tree. */
Test(library_cli, example_from_the_build)
{
    need_library();
    if (gv_test_run("command -v pkg-config gcc").exit_code != 0)
        gv_test_skip("needs pkg-config and gcc");
    gv_test_write_text("v.txt", "frog 1 0 2\ntoad 1 0.1 2\ncar -3 1 0\n");
    /* a link, because pkg-config escapes no quotes in the path of the tree */
    gv_test_run_ok("ln -s " GV_SH_BUILD "/.. built && export PKG_CONFIG_PATH=built/lib && "
                   "cp " GV_SH_SOURCE "/bindings/c/example.c . && "
                   "gcc example.c -o example $(pkg-config --cflags --libs glovebox)");
    gv_test_run_ok("LD_LIBRARY_PATH=" GV_SH_BUILD "/../lib ./example v.txt frog toad");
}
