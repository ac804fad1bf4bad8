#include "snap_failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_code.h"
#include "json_text.h"

int snap_failure_code(pybox_status status)
{
    int damaged = status >= PYBOX_ERROR_SNAPSHOT_FORMAT && status <= PYBOX_ERROR_SNAPSHOT_MODULE;
    return damaged ? EXIT_CODE_EXCEPTION : EXIT_CODE_FAILED;
}

/* 0, or -1 without memory. */
static int snap_failure_json(pybox_status status, const char *message)
{
    cJSON *object = cJSON_CreateObject(), *failure = cJSON_CreateObject();
    cJSON *name =
        status != PYBOX_OK ? cJSON_CreateString(pybox_status_name(status)) : cJSON_CreateNull();
    cJSON_AddItemToObject(failure, "status", name);
    cJSON_AddItemToObject(failure, "message", json_text_string(message, strlen(message)));
    int whole = cJSON_GetArraySize(failure) == 2;
    cJSON_AddItemToObject(object, "failure", failure);
    whole = whole && cJSON_GetArraySize(object) == 1;
    if (whole)
        json_text_print(object); /* where that fails, the exit code says enough */
    cJSON_Delete(object);
    return whole ? 0 : -1;
}

int snap_failure(int json, int code, pybox_status status, const char *format, ...)
{
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        message = NULL;
    va_end(arguments);
    if (message == NULL || (json && snap_failure_json(status, message) != 0))
        complain("out of memory");
    else if (!json)
        complain("%s", message);
    free(message);
    return code;
}

int snap_failure_of(int json, const char *path, pybox_status status)
{
    return snap_failure(json, snap_failure_code(status), status, "%s%s%s", path != NULL ? path : "",
                        path != NULL ? ": " : "", pybox_error_message());
}
