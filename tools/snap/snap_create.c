#include "snap_create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "human.h"
#include "launch.h"
#include "snap_info.h"
#include "snap_steps.h"
#include "stopped.h"

enum option_value {
    OPTION_FROM_NOTHING = BOX_OPTION_END,
    OPTION_EXEC,
    OPTION_SCRIPT,
    OPTION_IMPORT,
    OPTION_IMPORT_LIST,
    OPTION_MAPPED,
    OPTION_LEVEL,
    OPTION_METADATA,
    OPTION_JSON,
};

static const struct option table[] = {
    BOX_OPTIONS_LONG,
    {"from-nothing", no_argument, NULL, OPTION_FROM_NOTHING},
    {"exec", required_argument, NULL, OPTION_EXEC},
    {"script", required_argument, NULL, OPTION_SCRIPT},
    {"import", required_argument, NULL, OPTION_IMPORT},
    {"import-list", required_argument, NULL, OPTION_IMPORT_LIST},
    {"mapped", no_argument, NULL, OPTION_MAPPED},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"metadata", required_argument, NULL, OPTION_METADATA},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

struct snap_create {
    const char *out;
    struct box_options box;
    struct snap_steps steps;
    pybox_save_options save;
    int from_nothing;
    int json;
};

static int snap_create_level(struct snap_create *create, const char *value)
{
    uint64_t level;
    if (human_parse_number(value, &level) != 0 || level < 1 || level > 19)
        return complain("--level wants a number from 1 to 19, not '%s'", value);
    create->save.level = (int)level;
    return 0;
}

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
    case OPTION_MAPPED:
        create->save.form = PYBOX_FORM_MAPPED;
        return 0;
    case OPTION_LEVEL:
        return snap_create_level(create, value);
    case OPTION_METADATA:
        create->save.metadata = value;
        return 0;
    case OPTION_JSON:
        create->json = 1;
        return 0;
    default:
        return box_options_take(&create->box, option, value);
    }
}

static int snap_create_read(struct snap_create *create, int argc, char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, ":", table)) != -1)
        if (snap_create_option(create, option, optarg) != 0)
            return -1;
    if (argc - optind != 1)
        return complain("create wants one file to write: pybox-snap create OUT ...");
    if (create->from_nothing && create->box.image != NULL)
        return complain("--from-nothing and --image do not go together");
    create->out = argv[optind];
    return 0;
}

/* Runs one step. Returns the exit code. */
static int snap_create_step(struct launch *launch, const pybox_limits *limits,
                            const struct snap_step *step)
{
    pybox_run run = {
        .size = sizeof run,
        .code = step->code,
        .code_length = step->length,
        .filename = step->filename,
    };
    const pybox_result *result;
    if (launch_run(launch, &run, &result) != PYBOX_OK) {
        complain("%s", pybox_error_message());
        return EXIT_CODE_FAILED;
    }
    int code = launch_exit_code(launch, result);
    if (code == EXIT_CODE_DONE)
        return code;
    char stopped[STOPPED_BYTES];
    streams_write_all(STDERR_FILENO, result->error.traceback.bytes, result->error.traceback.length);
    if (*stopped_explain(result, limits, step->filename, stopped) != '\0')
        complain("stopped: %s; nothing was saved", stopped);
    else if (result->outcome == PYBOX_EXIT)
        complain("%s called sys.exit(%d); nothing was saved", step->filename, result->exit_code);
    else
        complain("%s ended with %s%s%.*s; nothing was saved", step->filename,
                 pybox_outcome_name(result->outcome), result->error.type.length > 0 ? " " : "",
                 (int)result->error.type.length, result->error.type.bytes);
    return code;
}

static int snap_create_run(const struct snap_create *create, struct launch *launch)
{
    struct streams streams = STREAMS_TO(STDERR_FILENO);
    struct launch_program program = {.streams = &streams};
    if (launch_open(launch, &create->box, create->from_nothing) != PYBOX_OK ||
        launch_box(launch, &create->box, &program) != PYBOX_OK) {
        complain("%s", pybox_error_message());
        return EXIT_CODE_FAILED;
    }
    for (size_t i = 0; i < create->steps.count; i++) {
        int code = snap_create_step(launch, &create->box.limits, &create->steps.steps[i]);
        if (code != EXIT_CODE_DONE)
            return code;
    }
    if (pybox_box_save(launch->box, create->out, &create->save) != PYBOX_OK) {
        complain("%s", pybox_error_message());
        return EXIT_CODE_FAILED;
    }
    return EXIT_CODE_DONE;
}

int snap_create(int argc, char **argv)
{
    struct snap_create create = {.save = {.size = sizeof create.save}};
    int code = EXIT_CODE_USAGE;
    if (snap_create_read(&create, argc, argv) == 0) {
        struct launch launch = {0};
        code = snap_create_run(&create, &launch);
        launch_close(&launch);
        if (code == EXIT_CODE_DONE)
            code = snap_info_print(create.out, create.json);
    }
    snap_steps_free(&create.steps);
    box_options_free(&create.box);
    return code;
}
