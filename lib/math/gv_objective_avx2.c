#include "math/gv_objective.h"

#ifdef __AVX2__
#define OBJECTIVE objective_avx2
static gv_objective_fn objective_avx2;
#include "math/gv_objective_body.h"
gv_objective_fn *const gv_objective_avx2 = objective_avx2;
#else
gv_objective_fn *const gv_objective_avx2 = NULL;
#endif
