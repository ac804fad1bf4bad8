#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"

static const char *command = "pybox";

void complain_as(const char *name)
{
    command = name;
}

int complain(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    if (text != NULL)
        printable_copy(text, strlen(text) + 1, text, strlen(text));
    fprintf(stderr, "%s: %s\n", command, text != NULL ? text : "out of memory");
    free(text);
    return -1;
}
