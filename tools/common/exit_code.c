#include "exit_code.h"

#include <string.h>

int exit_code_of(const pybox_result *result)
{
    switch (result->outcome) {
    case PYBOX_DONE:
        return EXIT_CODE_DONE;
    case PYBOX_EXCEPTION: /* Ctrl-C that nobody caught: as python3 */
        return strcmp(result->error.type.bytes, "KeyboardInterrupt") == 0 ? EXIT_CODE_INTERRUPTED
                                                                          : EXIT_CODE_EXCEPTION;
    case PYBOX_EXIT:
        return result->exit_code & 0xff;
    case PYBOX_OUT_OF_FUEL:
        return EXIT_CODE_OUT_OF_FUEL;
    case PYBOX_DEADLINE:
        return EXIT_CODE_DEADLINE;
    case PYBOX_INTERRUPTED:
        return EXIT_CODE_INTERRUPTED;
    case PYBOX_OUT_OF_MEMORY:
        return EXIT_CODE_OUT_OF_MEMORY;
    case PYBOX_OUTPUT_FULL:
        return EXIT_CODE_OUTPUT_FULL;
    case PYBOX_TRAP:
        return EXIT_CODE_TRAP;
    case PYBOX_PENDING:
    case PYBOX_LIMIT:
        return EXIT_CODE_LIMIT;
    }
    return EXIT_CODE_FAILED;
}
