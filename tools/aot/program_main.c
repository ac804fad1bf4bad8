/*
 * The main program around a command module that pybox-aot compiled: opens the module that is linked
 * in, runs its _start in a box, and exits as it did. pybox-aot links it as it is, with program_module
 * as another name for the module's symbol.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box_options.h"
#include "complain.h"
#include "exit_code.h"
#include "jail_entry.h"
#include "launch.h"
#include "stopped.h"

extern const pybox_linked_module program_module;

enum {
    EXIT_TRAP = 134, /* as a shell shows abort() */
    OPTION_HELP = BOX_OPTION_END,
};

static const struct option table[] = {
    BOX_OPTIONS_WORLD,
    {"preopen", required_argument, NULL, BOX_OPTION_PREOPEN},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void program_main_help(const char *name)
{
    printf("Usage: %s [OPTION]... [--] [ARGUMENT]...\n"
           "Runs the WebAssembly program that is compiled in, in a box of its own. It sees its "
           "arguments,\n"
           "the standard streams, and what the options show it; nothing else of this machine. Its "
           "working\n"
           "directory is /.\n"
           "\n"
           "  --mount HOST:GUEST[:KIND]  show the folder HOST as GUEST. KIND: rw; ro; overlay, changes are lost\n"
           "                           at the end; archive, a ZIP file; :GUEST:memory, an empty folder\n"
           "  --preopen NAME           open the folder NAME of the box for it, for programs that look for\n"
           "                           one by that name; may be given more than once\n"
           "  --env NAME=VALUE         set an environment variable\n"
           "  --cwd DIR                the folder it starts in\n"
           "  --seed N                 fix all random numbers\n"
           "  --preset NAME            strict, normal or permissive limits, for those that are not given\n"
           "  --clock NS               fix the clocks: they begin NS nanoseconds after 1970\n"
           "  --jail[=kill]            put this process behind a second wall first, the kernel's (seccomp,\n"
           "                           Landlock); kill: all that it refuses ends the process\n"
           "  --help                   this text; behind --, options are the program's own\n"
           "\n"
           "What it may use (sizes 64M, 1.5G; counts 1000, 250k, 10M; times 250ms, 2s, 1.5h; or\n"
           "'unlimited')\n",
           name);
    limit_options_help(stdout);
    puts("\n"
         "Exit status: the program's own; 134 if it crashed; 119 to 124 if it met a limit; 130\n"
         "after Ctrl-C; 125 if it could not be started; 2 for a wrong option.");
}

/* 0; 1 if the help was given; -1 after a message. */
static int program_main_options(struct box_options *options, const char *name, int argc,
                                char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, "+:", table)) != -1) {
        if (option == OPTION_HELP) {
            program_main_help(name);
            return 1;
        }
        if (box_options_take(options, option, optarg) != 0) {
            fprintf(stderr, "Try '%s --help'.\n", name);
            return -1;
        }
    }
    return 0;
}

static int program_main_code(const struct launch *launch, const struct box_options *options,
                             const char *name, const pybox_result *result)
{
    char stopped[STOPPED_BYTES];
    if (*stopped_explain(result, &options->limits, name, stopped) != '\0')
        complain("stopped: %s", stopped);
    return result->outcome == PYBOX_TRAP ? EXIT_TRAP : launch_exit_code(launch, result);
}

static int program_main_run(const struct box_options *options, const char *name,
                            const char *const *arguments, size_t argument_count)
{
    struct streams streams = STREAMS_TO(STDOUT_FILENO);
    const struct launch_program program = {
        .arguments = arguments,
        .argument_count = argument_count,
        .streams = &streams,
        .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
    };
    struct launch launch;
    const pybox_result *result;
    if (options->jail)
        jail_entry_close_inherited();
    int code = EXIT_CODE_FAILED;
    if (launch_open_linked(&launch, options, &program_module) == PYBOX_OK &&
        launch_box(&launch, options, &program) == PYBOX_OK &&
        launch_start(&launch, &result) == PYBOX_OK)
        code = program_main_code(&launch, options, name, result);
    else
        complain("%s", pybox_error_message());
    launch_close(&launch);
    return code;
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "program";
    complain_as(name);
    streams_open_closed();
    signal(SIGPIPE, SIG_IGN); /* the guest gets EPIPE */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that would be larger than this process may write */
    struct box_options options = {0};
    int read = program_main_options(&options, name, argc, argv);
    int code = read < 0 ? EXIT_CODE_USAGE : EXIT_CODE_DONE;
    if (read == 0) {
        char *alone[2] = {NULL, NULL};
        char **arguments = argc > 0 ? argv + optind - 1 : alone; /* its name, and those behind it */
        arguments[0] = (char *)name;
        code = program_main_run(&options, name, (const char *const *)arguments,
                                argc > 0 ? (size_t)(argc - optind + 1) : 1);
    }
    box_options_free(&options);
    return code;
}
