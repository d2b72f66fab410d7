/* vocab_count of `make compat`, in place of the reference's. */
#include "compat/gv_compat_vocab.h"

int main(int argc, char **argv)
{
    return gv_compat_program_main(&gv_compat_vocab_program, argc, argv);
}
