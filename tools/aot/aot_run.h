/* Starting other programs. */
#ifndef AOT_RUN_H
#define AOT_RUN_H

#include <stddef.h>

#define AOT_RUN_ARGUMENTS 64

/* A command line that grows; the texts are not copied. */
struct aot_command {
    const char *words[AOT_RUN_ARGUMENTS + 1];
    size_t count;
};

/* Adds one word (a second one too, if it is not NULL). At most AOT_RUN_ARGUMENTS in all. */
void aot_run_add(struct aot_command *command, const char *word, const char *second);

/* Runs it and waits. Its exit status, 128 + a signal's number, or 127 after a message. */
int aot_run(const struct aot_command *command, int verbose);

#endif
