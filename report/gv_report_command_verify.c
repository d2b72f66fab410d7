#include "report/gv_report_command.h"
#include "report/verify/gv_verify.h"

int gv_report_command_verify(int *exit_code, const gv_program_call *call,
                             const gv_report_command_options *options, gv_error *err)
{
    (void)exit_code;
    const gv_verify_options of_verify = {.dir = call->operands.items[0],
                                         .work = options->work,
                                         .corpus_dir = options->corpus_dir,
                                         .to = options->to};
    return gv_verify_run_again(call, &of_verify, err);
}
