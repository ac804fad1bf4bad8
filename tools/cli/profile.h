/* --profile: the fuel of a program by function and line, as pybox_result.profile has it. */
#ifndef PROFILE_H
#define PROFILE_H

#include <stddef.h>
#include <stdio.h>

/* Writes a table of the 20 functions and the 20 lines that used the most. 0, or -1 if it is no
 * profile (the text comes from the guest) or memory is exhausted. */
int profile_print(const char *json, size_t length, FILE *file);

/* Writes it as one line for each stack, "a;b;c FUEL", which flame graph programs read. 0, or -1. */
int profile_print_folded(const char *json, size_t length, FILE *file);

/* Writes it to a file of the host: as it is if the name ends in .json, folded otherwise. 0, or
 * -1 after a message on standard error. */
int profile_save(const char *json, size_t length, const char *path);

#endif
