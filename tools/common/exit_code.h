/* The exit codes of the commands: the guest's own, and beside them those that say what else
 * happened. */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

#include "pybox.h"

enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_EXCEPTION = 1,     /* as python3 */
    EXIT_CODE_USAGE = 2,         /* as python3: a wrong option, or FILE cannot be read */
    EXIT_CODE_LIMIT = 119,       /* a limit without a code of its own */
    EXIT_CODE_OUTPUT_LOST = 120, /* as python3: output that could not be written at the end */
    EXIT_CODE_OUT_OF_FUEL = 121,
    EXIT_CODE_OUTPUT_FULL = 122,
    EXIT_CODE_OUT_OF_MEMORY = 123,
    EXIT_CODE_DEADLINE = 124, /* as timeout(1) */
    EXIT_CODE_FAILED = 125,   /* pybox itself could not do its work */
    EXIT_CODE_TRAP = 126,
    EXIT_CODE_INTERRUPTED = 130, /* as after Ctrl-C in a shell */
    EXIT_CODE_TERMINATED = 143,  /* as after SIGTERM in a shell */
};

/* What a command exits with after that run. */
int exit_code_of(const pybox_result *result);

#endif
