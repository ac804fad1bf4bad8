#include "host_import.h"

#include <stddef.h>
#include <string.h>

#include "display.h"
#include "guard.h"
#include "guest_abi.h"
#include "host_function.h"
#include "trace.h"
#include "wait_import.h"

static const struct host_import imports[] = {
    {GUEST_IMPORT_FUEL, ":I", 1, guard_fuel_used},
    {GUEST_IMPORT_RENEW, "iiii:", 1, guard_random_renew},
    {GUEST_IMPORT_DISPLAY, "iiiii:i", 0, display_import},
    {GUEST_IMPORT_TRACE, "iiiiii:i", 0, trace_import},
    {GUEST_IMPORT_HOST_CALL, "ii:i", 0, host_function_call},
    {GUEST_IMPORT_HOST_TAKE, "ii:i", 0, host_function_take},
    {GUEST_IMPORT_WAIT, "ii:i", 0, wait_import_wait},
    {GUEST_IMPORT_ANSWERS, "i:", 0, wait_import_answers},
};

const struct host_import *host_import_find(const char *module, const char *name, const char *type)
{
    if (strcmp(module, GUEST_IMPORT_MODULE) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof imports / sizeof *imports; i++)
        if (strcmp(name, imports[i].name) == 0 && strcmp(type, imports[i].type) == 0)
            return &imports[i];
    return NULL;
}
