/* pybox run and pybox -c: one program, from its source to its exit. */
#ifndef RUN_COMMAND_H
#define RUN_COMMAND_H

#include "command_line.h"

/* Returns the command's exit code. */
int run_command(const struct command_line *line);

#endif
