/* cooccur of `make compat`, in place of the reference's. */
#include "compat/gv_compat_cooccur.h"

int main(int argc, char **argv)
{
    return gv_compat_program_main(&gv_compat_cooccur_program, argc, argv);
}
