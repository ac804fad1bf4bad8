/* The command pybox. */
#include <signal.h>
#include <stdio.h>

#include "command_line.h"
#include "complain.h"
#include "exit_code.h"
#include "repl.h"
#include "run_command.h"
#include "streams.h"
#include "usage.h"

/* After a text that was asked for. */
static int pybox_main_printed(void)
{
    return fflush(stdout) != 0 || ferror(stdout) ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}

static int pybox_main_do(const struct command_line *line)
{
    switch (line->command) {
    case COMMAND_RUN:
        return run_command(line);
    case COMMAND_REPL:
        return repl(line);
    case COMMAND_HELP:
        usage_print(stdout);
        return pybox_main_printed();
    case COMMAND_VERSION:
        printf("pybox %s\n", pybox_version());
        return pybox_main_printed();
    case COMMAND_NONE:
        break;
    }
    fputs(usage_short, stderr);
    return EXIT_CODE_USAGE;
}

int main(int argc, char **argv)
{
    complain_as("pybox");
    streams_open_closed();
    signal(SIGPIPE, SIG_IGN); /* a write to a closed pipe is an error that the guest is told */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that would be larger than this process may write */
    struct command_line line;
    int code = EXIT_CODE_USAGE;
    if (command_line_read(&line, argc, argv) == 0)
        code = pybox_main_do(&line);
    box_options_free(&line.box);
    copy_options_free(&line.copy);
    return code;
}
