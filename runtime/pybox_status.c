/* Names and messages of the public API: nothing here can fail. */
#include "error.h"
#include "pybox.h"

const char *pybox_status_name(pybox_status status)
{
    switch (status) {
    case PYBOX_OK:
        return "ok";
    case PYBOX_ERROR_ARGUMENT:
        return "argument";
    case PYBOX_ERROR_NO_MEMORY:
        return "no_memory";
    case PYBOX_ERROR_IO:
        return "io";
    case PYBOX_ERROR_UNSUPPORTED:
        return "unsupported";
    case PYBOX_ERROR_BUSY:
        return "busy";
    case PYBOX_ERROR_DIRTY:
        return "dirty";
    case PYBOX_ERROR_LIMIT:
        return "limit";
    case PYBOX_ERROR_MODULE_FORMAT:
        return "module_format";
    case PYBOX_ERROR_MODULE_FOREIGN:
        return "module_foreign";
    case PYBOX_ERROR_MODULE_ABI:
        return "module_abi";
    case PYBOX_ERROR_MODULE_HASH:
        return "module_hash";
    case PYBOX_ERROR_MODULE_LOAD:
        return "module_load";
    case PYBOX_ERROR_MODULE_IMPORT:
        return "module_import";
    case PYBOX_ERROR_MODULE_EXPORT:
        return "module_export";
    case PYBOX_ERROR_SNAPSHOT_FORMAT:
        return "snapshot_format";
    case PYBOX_ERROR_SNAPSHOT_VERSION:
        return "snapshot_version";
    case PYBOX_ERROR_SNAPSHOT_CORRUPT:
        return "snapshot_corrupt";
    case PYBOX_ERROR_SNAPSHOT_PARENT:
        return "snapshot_parent";
    case PYBOX_ERROR_SNAPSHOT_MODULE:
        return "snapshot_module";
    case PYBOX_ERROR_PATH:
        return "path";
    case PYBOX_ERROR_ARCHIVE:
        return "archive";
    case PYBOX_ERROR_MISSING:
        return "missing";
    case PYBOX_ERROR_GUEST:
        return "guest";
    }
    return "unknown";
}

const char *pybox_outcome_name(pybox_outcome outcome)
{
    switch (outcome) {
    case PYBOX_DONE:
        return "done";
    case PYBOX_EXCEPTION:
        return "exception";
    case PYBOX_EXIT:
        return "exit";
    case PYBOX_PENDING:
        return "pending";
    case PYBOX_OUT_OF_FUEL:
        return "out_of_fuel";
    case PYBOX_DEADLINE:
        return "deadline";
    case PYBOX_INTERRUPTED:
        return "interrupted";
    case PYBOX_OUT_OF_MEMORY:
        return "out_of_memory";
    case PYBOX_OUTPUT_FULL:
        return "output_full";
    case PYBOX_LIMIT:
        return "limit";
    case PYBOX_TRAP:
        return "trap";
    }
    return "unknown";
}

const char *pybox_error_message(void)
{
    return error_message();
}

pybox_status pybox_error_set(pybox_status status, const char *message)
{
    return error_set(status, "%s", message != NULL ? message : "");
}

const char *pybox_version(void)
{
    return PYBOX_VERSION;
}
