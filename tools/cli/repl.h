/* pybox repl: a statement at a time, in a box that lives as long as the conversation. */
#ifndef REPL_H
#define REPL_H

#include "command_line.h"

/* Returns the command's exit code. */
int repl(const struct command_line *line);

#endif
