#include "aot_run.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void aot_run_add(struct aot_command *command, const char *word, const char *second)
{
    command->words[command->count++] = word;
    if (second != NULL)
        command->words[command->count++] = second;
}

int aot_run(const struct aot_command *command, int verbose)
{
    if (verbose) {
        for (size_t i = 0; i < command->count; i++)
            fprintf(stderr, "%s%s", i > 0 ? " " : "", command->words[i]);
        fputc('\n', stderr);
    }
    pid_t child;
    int error =
        posix_spawnp(&child, command->words[0], NULL, NULL, (char *const *)command->words, environ);
    if (error != 0) {
        fprintf(stderr, "pybox-aot: %s: cannot be started: %s\n", command->words[0],
                strerror(error));
        return 127;
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
