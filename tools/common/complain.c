#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

static const char *command = "pybox";

void complain_as(const char *name)
{
    command = name;
}

int complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    flockfile(stderr);
    fprintf(stderr, "%s: ", command);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
    return -1;
}
