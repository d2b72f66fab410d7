/* Not there yet: the dispatcher falls back to another kernel. */
#include "math/gv_kernel_isa.h"

const gv_kernel *const gv_kernel_neon = NULL;
