/*
 * The main program around a command module that pybox-aot compiled: opens the module that is linked
 * in, runs its _start in a box, and exits as it did. Uses pybox.h only; compiled with
 * PROGRAM_MODULE set to the symbol of the module.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pybox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const pybox_linked_module PROGRAM_MODULE;

enum {
    EXIT_USAGE = 2,
    EXIT_HOST = 125, /* pybox itself could not do its work */
    EXIT_TRAP = 134, /* as a shell shows abort() */
};

static const char usage[] =
    "Usage: %s [OPTION]... [--] [ARGUMENT]...\n"
    "Runs the WebAssembly program that is compiled in, in a box of its own. It sees its "
    "arguments,\n"
    "the standard streams, and what the options show it; nothing else of this machine. Its "
    "working\n"
    "directory is /.\n"
    "\n"
    "      --mount HOST:GUEST[:ro]  show the folder HOST as GUEST; :ro: it cannot be written to\n"
    "      --env NAME=VALUE         set an environment variable\n"
    "      --help                   this text; behind --, options are the program's own\n"
    "\n"
    "Exit status: the program's own; 134 if it was stopped (a trap, a limit); 125 if it could not\n"
    "be started; 2 for a wrong option.\n";

struct program {
    const char *name;
    pybox_mount *mounts;
    const char **environment;
    const char **arguments;
    pybox_box_options box;
};

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static int put_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context;
    return write_all(stream == PYBOX_STDERR ? STDERR_FILENO : STDOUT_FILENO, bytes, length);
}

static ptrdiff_t get_input(void *context, void *bytes, size_t capacity)
{
    (void)context;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, bytes, capacity);
        if (got >= 0)
            return got;
        if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, -1);
        else if (errno != EINTR)
            return -errno;
    }
}

/* HOST:GUEST[:ro], cut into its pieces. 0, or -1. */
static int parse_mount(char *text, pybox_mount *mount)
{
    size_t length = strlen(text);
    mount->read_only = length > 3 && strcmp(text + length - 3, ":ro") == 0;
    if (mount->read_only)
        text[length - 3] = 0;
    char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || colon[1] != '/')
        return -1;
    *colon = 0;
    mount->host = text;
    mount->guest = colon + 1;
    return 0;
}

/* Takes one option. 0, or the program's exit status. */
static int take_option(struct program *program, int option, char *value)
{
    switch (option) {
    case 'm':
        if (parse_mount(value, &program->mounts[program->box.mount_count++]) == 0)
            return 0;
        fprintf(stderr, "%s: --mount %s: expected HOST:/GUEST or HOST:/GUEST:ro\n", program->name,
                value);
        return EXIT_USAGE;
    case 'e':
        program->environment[program->box.environment_count++] = value;
        if (strchr(value, '=') != NULL && value[0] != '=')
            return 0;
        fprintf(stderr, "%s: --env %s: expected NAME=VALUE\n", program->name, value);
        return EXIT_USAGE;
    default:
        fprintf(stderr, "Try '%s --help'.\n", program->name);
        return EXIT_USAGE;
    }
}

/* 0, or the exit status with which the program is over (-1: the help was given). */
static int parse(struct program *program, int argc, char **argv)
{
    static const struct option options[] = {{"mount", required_argument, NULL, 'm'},
                                            {"env", required_argument, NULL, 'e'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (option == 'h') {
            printf(usage, program->name);
            return -1;
        }
        int status = take_option(program, option, optarg);
        if (status != 0)
            return status;
    }
    program->arguments[0] = program->name;
    program->box.argument_count = 1;
    for (int i = optind; i < argc; i++)
        program->arguments[program->box.argument_count++] = argv[i];
    return 0;
}

static int report_host(const struct program *program)
{
    fprintf(stderr, "%s: %s\n", program->name, pybox_error_message());
    return EXIT_HOST;
}

static int report_result(const struct program *program, const pybox_result *result)
{
    if (result->outcome == PYBOX_EXIT)
        return result->exit_code;
    if (result->outcome == PYBOX_DONE)
        return 0;
    fprintf(stderr, "%s: stopped (%s): %s\n", program->name, pybox_outcome_name(result->outcome),
            result->error.message.bytes);
    return EXIT_TRAP;
}

static int run(const struct program *program)
{
    pybox_engine *engine = NULL;
    pybox_module *module = NULL;
    pybox_box *box = NULL;
    const pybox_result *result;
    int status;
    if (pybox_engine_create(NULL, &engine) == PYBOX_OK &&
        pybox_module_open_linked(engine, &PROGRAM_MODULE, &module) == PYBOX_OK &&
        pybox_box_create(module, NULL, &program->box, &box) == PYBOX_OK &&
        pybox_box_start(box, &result) == PYBOX_OK)
        status = report_result(program, result);
    else
        status = report_host(program);
    pybox_box_destroy(box);
    pybox_module_close(module);
    pybox_engine_destroy(engine);
    return status;
}

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    size_t most = (size_t)argc + 1;
    struct program program = {
        .name = slash != NULL ? slash + 1
                : argc > 0    ? argv[0]
                              : "program",
        .mounts = calloc(most, sizeof(*program.mounts)),
        .environment = calloc(most, sizeof(*program.environment)),
        .arguments = calloc(most, sizeof(*program.arguments)),
    };
    if (program.mounts == NULL || program.environment == NULL || program.arguments == NULL) {
        perror(program.name);
        return EXIT_HOST;
    }
    program.box = (pybox_box_options){.arguments = program.arguments,
                                      .environment = program.environment,
                                      .mounts = program.mounts,
                                      .input_callback = get_input,
                                      .output = put_output,
                                      .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    signal(SIGPIPE, SIG_IGN); /* the guest gets EPIPE */
    int status = parse(&program, argc, argv);
    if (status == 0)
        status = run(&program);
    free(program.mounts);
    free(program.environment);
    free(program.arguments);
    return status < 0 ? 0 : status;
}
