/* What pybox was asked to do. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include "box_options.h"
#include "copy_options.h"
#include "save_options.h"

enum command {
    COMMAND_NONE, /* the command line is empty */
    COMMAND_RUN,
    COMMAND_REPL,
    COMMAND_HELP,
    COMMAND_VERSION,
};

struct command_line {
    enum command command;
    struct box_options box;
    struct save_options save;
    struct copy_options copy;
    int rollback; /* box.rollback was given */
    const char *session, *store; /* both or none */
    int json, stats, profile;
    const char *profile_file;     /* NULL: the profile is printed */
    const char *code;             /* of -c; else NULL */
    const char *file;             /* to be read by the command, "-" is standard input; or NULL */
    const char *const *arguments; /* sys.argv of the guest */
    size_t argument_count;
};

/* Reads the arguments of main(). 0, or -1 after a message on standard error. The result points into
 * argv and is freed with box_options_free(&line->box). */
int command_line_read(struct command_line *line, int argc, char **argv);

/* The same of "restore SNAP [OPTION]... [--] [-c CODE | FILE] [ARG]...": COMMAND_REPL without CODE and FILE. */
int command_line_read_restore(struct command_line *line, int argc, char **argv);

#endif
