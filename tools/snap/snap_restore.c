#include "snap_restore.h"

#include "command_line.h"
#include "exit_code.h"
#include "repl.h"
#include "run_command.h"
#include "snap_help.h"

static int snap_restore_do(const struct command_line *line)
{
    switch (line->command) {
    case COMMAND_RUN:
        return run_command(line);
    case COMMAND_REPL:
        return repl(line);
    case COMMAND_VERSION:
        return snap_help_version();
    case COMMAND_HELP:
    case COMMAND_NONE:
        break;
    }
    return snap_help_print("restore");
}

int snap_restore(int argc, char **argv)
{
    struct command_line line;
    int code = EXIT_CODE_USAGE;
    if (command_line_read_restore(&line, argc, argv) == 0)
        code = snap_restore_do(&line);
    box_options_free(&line.box);
    copy_options_free(&line.copy);
    return code;
}
