/* The x_max that is recommended for counts of a certain mean. */
#include "support/gv_test.h"
#include "train/gv_train_advice.h"
#include <math.h>

Test(train_advice, x_max_is_a_round_number_near_ten_times_the_mean)
{
    static const double cases[][2] = {{0, 1},     {0.01, 1},  {0.1, 1},   {0.13, 1}, {0.15, 2},
                                      {1.1, 10},  {1.85, 20}, {3.1, 20},  {3.3, 50}, {5, 50},
                                      {7.2, 100}, {23, 200},  {1e6, 1e7}, {NAN, 1},  {-1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_float_eq(gv_train_advice_x_max(cases[i][0]), cases[i][1], 1e-9 * cases[i][1],
                           "%g gives %g", cases[i][0], gv_train_advice_x_max(cases[i][0]));
}
