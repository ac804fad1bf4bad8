/* The help texts of pybox. */
#ifndef USAGE_H
#define USAGE_H

#include <stdio.h>

extern const char usage_short[];

/* What "pybox help" prints. */
void usage_print(FILE *file);

#endif
