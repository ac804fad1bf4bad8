#include "exit_code.h"

int exit_code_of(pybox_outcome outcome, int guest_code)
{
    switch (outcome) {
    case PYBOX_DONE:
        return EXIT_CODE_DONE;
    case PYBOX_EXCEPTION:
        return EXIT_CODE_EXCEPTION;
    case PYBOX_EXIT:
        return guest_code & 0xff;
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
