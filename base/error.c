#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES 1024

static _Thread_local char message[MESSAGE_BYTES];

static void error_format(const char *format, va_list arguments)
{
    char text[MESSAGE_BYTES]; /* an argument may be the message itself */
    vsnprintf(text, sizeof text, format, arguments);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    memcpy(message, text, sizeof text);
}

pybox_status error_set(pybox_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_format(format, arguments);
    va_end(arguments);
    return status;
}

pybox_status error_set_io(int error_number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_format(format, arguments);
    va_end(arguments);
    size_t used = strlen(message);
    char reason[128];
    /* The XSI or the GNU strerror_r: %m is thread-safe in glibc and simpler than telling them apart. */
    errno = error_number;
    snprintf(reason, sizeof reason, "%m");
    snprintf(message + used, sizeof message - used, ": %s", reason);
    return PYBOX_ERROR_IO;
}

pybox_status error_set_memory(const char *what, size_t bytes)
{
    return error_set(PYBOX_ERROR_NO_MEMORY, "cannot allocate %zu bytes for %s", bytes, what);
}

const char *error_message(void)
{
    return message;
}
