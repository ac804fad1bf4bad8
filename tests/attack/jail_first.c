/* Linked to a test's program: all of it runs in a jail that ends the process at the first system call that the library
 * should not need. */
#include <stdio.h>
#include <unistd.h>

#include "pybox.h"

__attribute__((constructor)) static void jail_first(void)
{
    pybox_engine *engine; /* as pybox_jail_enter() advises */
    const pybox_jail_options options = {
        .size = sizeof options,
        .allow = PYBOX_JAIL_WRITE | PYBOX_JAIL_THREADS | PYBOX_JAIL_MODULES,
        .kill = 1,
    };
    if (pybox_engine_create(NULL, &engine) != PYBOX_OK || pybox_jail_enter(&options) != PYBOX_OK) {
        fprintf(stderr, "no jail: %s\n", pybox_error_message());
        _exit(1);
    }
    pybox_engine_destroy(engine);
}
