#include "options.h"

#include <string.h>

#include "error.h"

/* A struct that claims more than this was not initialised. */
#define MAX_OPTION_BYTES 4096

pybox_status options_copy(void *chosen, size_t known, const void *options, const char *name)
{
    if (options == NULL)
        return PYBOX_OK;
    size_t size;
    memcpy(&size, options, sizeof size);
    if (size == 0)
        size = known;
    if (size < sizeof size || size > MAX_OPTION_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT, "%s.size is %zu; expected sizeof(%s) or 0", name, size,
                         name);
    for (size_t i = known; i < size; i++)
        if (((const char *)options)[i] != 0)
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "%s has a field set that this version of the library (%s) does not know",
                             name, PYBOX_VERSION);
    memcpy(chosen, options, size < known ? size : known);
    return PYBOX_OK;
}
