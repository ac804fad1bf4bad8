#include "snap_create.h"

#include <errno.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "keep.h"
#include "launch.h"
#include "printable.h"
#include "progress.h"
#include "save_options.h"
#include "snap_failure.h"
#include "snap_help.h"
#include "snap_info.h"
#include "snap_steps.h"
#include "stopped.h"

enum option_value {
    OPTION_FROM_NOTHING = SAVE_OPTION_END,
    OPTION_EXEC,
    OPTION_SCRIPT,
    OPTION_IMPORT,
    OPTION_IMPORT_LIST,
    OPTION_FILE,
    OPTION_PARENT,
    OPTION_NO_COMPILE,
    OPTION_JSON,
};

static const struct option table[] = {
    BOX_OPTIONS_LONG,
    SAVE_OPTIONS_LONG,
    {"from-nothing", no_argument, NULL, OPTION_FROM_NOTHING},
    {"exec", required_argument, NULL, OPTION_EXEC},
    {"script", required_argument, NULL, OPTION_SCRIPT},
    {"import", required_argument, NULL, OPTION_IMPORT},
    {"import-list", required_argument, NULL, OPTION_IMPORT_LIST},
    {"file", required_argument, NULL, OPTION_FILE},
    {"parent", required_argument, NULL, OPTION_PARENT},
    {"no-compile", no_argument, NULL, OPTION_NO_COMPILE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct snap_create {
    struct box_options box;
    struct snap_steps steps;
    struct save_options save;
    int from_nothing;
    int no_compile; /* packages stay as they are */
    int json, help;
};

static int snap_create_option(struct snap_create *create, int option, char *value)
{
    switch (option) {
    case OPTION_FROM_NOTHING:
        create->from_nothing = 1;
        return 0;
    case OPTION_EXEC:
        return snap_steps_add_code(&create->steps, value);
    case OPTION_SCRIPT:
        return snap_steps_add_script(&create->steps, value);
    case OPTION_IMPORT:
        return snap_steps_add_import(&create->steps, value);
    case OPTION_IMPORT_LIST:
        return snap_steps_add_import_list(&create->steps, value);
    case OPTION_FILE:
        return snap_steps_add_file(&create->steps, value);
    case OPTION_PARENT:
        create->box.image = value;
        return save_options_take(&create->save, SAVE_OPTION_DELTA, NULL);
    case OPTION_NO_COMPILE:
        create->no_compile = 1;
        return 0;
    case OPTION_JSON:
        create->json = 1;
        return 0;
    case 'h':
        create->help = 1;
        return 0;
    default:
        if (option >= SAVE_OPTION_FIRST && option < SAVE_OPTION_END)
            return save_options_take(&create->save, option, value);
        return box_options_take(&create->box, option, value);
    }
}

static int snap_create_read(struct snap_create *create, int argc, char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1)
        if (snap_create_option(create, option, optarg) != 0)
            return -1;
    if (create->help)
        return 0;
    if (argc - optind != 1)
        return complain("create wants one file to write: pybox-snap create OUT ...");
    if (create->from_nothing && create->box.image != NULL)
        return complain("--from-nothing and --image do not go together");
    if (create->from_nothing && create->save.how.delta)
        return complain("--from-nothing and --delta do not go together");
    if (save_options_check(&create->save) != 0)
        return -1;
    create->save.path = argv[optind];
    return box_options_writes(&create->box, create->save.path);
}

/* The standard input of the steps: their own, or the file that one copies. */
struct snap_create_input {
    struct streams *streams;
    int file; /* -1: none */
};

static ptrdiff_t snap_create_read_input(void *context, void *bytes, size_t capacity)
{
    struct snap_create_input *input = context;
    if (input->file < 0)
        return streams_read(input->streams, bytes, capacity);
    ssize_t got = read(input->file, bytes, capacity);
    return got >= 0 ? got : -errno;
}

/* A call failed. */
static int snap_create_fail(const struct snap_create *create, pybox_status status)
{
    return snap_failure(create->json, EXIT_CODE_FAILED, status, "%s", pybox_error_message());
}

/* Runs one step. Returns the exit code. */
static int snap_create_step(const struct snap_create *create, struct launch *launch,
                            const struct snap_step *step)
{
    pybox_run run = {
        .size = sizeof run,
        .code = step->code,
        .code_length = step->length,
        .filename = step->filename,
    };
    const pybox_result *result;
    if (step->quiet)
        progress_begin("running %s", step->filename);
    pybox_status status = launch_run(launch, &run, &result);
    progress_end();
    if (status != PYBOX_OK)
        return snap_create_fail(create, status);
    int code = launch_exit_code(launch, result);
    if (code == EXIT_CODE_DONE)
        return code;
    char stopped[STOPPED_BYTES];
    if (step->file >= 0 && result->outcome == PYBOX_EXCEPTION)
        return snap_failure(create->json, EXIT_CODE_FAILED, PYBOX_OK,
                            "%s cannot be written in the box: %s; nothing was saved", step->filename,
                            printable_copy(stopped, sizeof stopped, result->error.message.bytes,
                                           result->error.message.length));
    streams_write_all(STDERR_FILENO, result->error.traceback.bytes, result->error.traceback.length);
    if (*stopped_explain(result, &create->box.limits, step->filename, stopped) != '\0')
        return snap_failure(create->json, code, PYBOX_OK, "stopped: %s; nothing was saved", stopped);
    if (result->outcome == PYBOX_EXIT)
        return snap_failure(create->json, code, PYBOX_OK, "%s called sys.exit(%d); nothing was saved",
                            step->filename, result->exit_code);
    return snap_failure(create->json, code, PYBOX_OK, "%s ended with %s%s%.*s; nothing was saved",
                        step->filename, pybox_outcome_name(result->outcome),
                        result->error.type.length > 0 ? " " : "", (int)result->error.type.length,
                        result->error.type.bytes);
}

static int snap_create_steps(const struct snap_create *create, struct launch *launch,
                             struct snap_create_input *input)
{
    int code = EXIT_CODE_DONE;
    for (size_t i = 0; i < create->steps.count && code == EXIT_CODE_DONE; i++) {
        const struct snap_step *step = &create->steps.steps[i];
        input->file = step->file;
        code = snap_create_step(create, launch, step);
    }
    return code;
}

static int snap_create_run(const struct snap_create *create, struct launch *launch)
{
    struct streams streams = STREAMS_TO(STDERR_FILENO);
    struct snap_create_input input = {.streams = &streams, .file = -1};
    struct launch_program program = {
        .streams = &streams, .input = snap_create_read_input, .input_context = &input};
    pybox_status status = launch_open(launch, &create->box, create->from_nothing);
    if (status == PYBOX_OK)
        status = launch_packages(launch, &create->box, launch->image != NULL && !create->no_compile);
    if (status == PYBOX_OK)
        status = launch_box(launch, &create->box, &program);
    if (status != PYBOX_OK)
        return snap_create_fail(create, status);
    int code = snap_create_steps(create, launch, &input);
    if (code == EXIT_CODE_DONE)
        status = keep_save(&create->save, launch);
    return status == PYBOX_OK ? code : snap_create_fail(create, status);
}

int snap_create(int argc, char **argv)
{
    struct snap_create create = {0};
    int code = EXIT_CODE_USAGE;
    if (snap_create_read(&create, argc, argv) != 0) {
        code = EXIT_CODE_USAGE;
    } else if (create.help) {
        code = snap_help_print(argv[0]);
    } else {
        struct launch launch = {0};
        code = snap_create_run(&create, &launch);
        launch_close(&launch);
        if (code == EXIT_CODE_DONE)
            code = snap_info_print(create.save.path, create.json);
    }
    snap_steps_free(&create.steps);
    box_options_free(&create.box);
    return code;
}
