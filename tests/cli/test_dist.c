/* The tarball of make dist. */
#include "support/gv_test.h"

#include <stdlib.h>

static void need_git(void)
{
    if (system("git --version >/dev/null 2>&1"))
        gv_test_skip("git is not installed");
}

/* A source tree of a few files under version control, with the script. */
#define MAKE_TREE                                                                                  \
    "rm -rf tree && mkdir -p tree/tools tree/build && cd tree && cp " GV_SH_SOURCE                 \
    "/tools/dist.sh tools && echo 1.2 >VERSION && echo changes >CHANGELOG.md && echo object "      \
    ">build/x.o && "

Test(dist, same_commit_gives_same_bytes_and_states_its_name)
{
    need_git();
    gv_test_run_ok(MAKE_TREE
                   "printf '/build/\\n' >.gitignore && git init -q . && git add -A && "
                   "git -c user.name=a -c user.email=a@b commit -qm first && "
                   "sh tools/dist.sh build/a.tar.gz && touch VERSION && umask 077 && "
                   "sh tools/dist.sh build/b.tar.gz && cmp build/a.tar.gz build/b.tar.gz");
    gv_test_run_ok("cd tree && tar -xzf build/a.tar.gz && cmp VERSION glovebox-1.2/VERSION && "
                   "test ! -e glovebox-1.2/build && "
                   "test \"$(cat glovebox-1.2/COMMIT)\" = \"$(git rev-parse --short=12 HEAD)\"");
}

Test(dist, says_that_changes_are_left_out)
{
    need_git();
    gv_test_run_ok(MAKE_TREE "printf '/build/\\n' >.gitignore && git init -q . && git add -A && "
                             "git -c user.name=a -c user.email=a@b commit -qm first && "
                             "echo more >>CHANGELOG.md && "
                             "sh tools/dist.sh build/a.tar.gz 2>said && "
                             "grep -q 'not committed are not in build/a.tar.gz' said && "
                             "test \"$(tar -xzOf build/a.tar.gz "
                             "glovebox-1.2/CHANGELOG.md)\" = changes");
}

Test(dist, without_version_control_packs_the_tree_without_what_was_built)
{
    gv_test_run_ok(MAKE_TREE "mkdir runs && echo r >runs/r && sh tools/dist.sh build/a.tar.gz && "
                             "tar -tzf build/a.tar.gz | sort >list && "
                             "printf 'glovebox-1.2/\\nglovebox-1.2/CHANGELOG.md\\n"
                             "glovebox-1.2/VERSION\\nglovebox-1.2/tools/\\n"
                             "glovebox-1.2/tools/dist.sh\\n' | sort | cmp - list");
}
