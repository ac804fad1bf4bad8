#include "snap_merge.h"

#include "complain.h"
#include "exit_code.h"
#include "launch.h"
#include "parent_folders.h"
#include "progress.h"
#include "save_options.h"
#include "snap_failure.h"
#include "snap_help.h"
#include "snap_info.h"

enum { OPTION_JSON = SAVE_OPTION_END };

static const struct option table[] = {
    BOX_OPTIONS_OPEN,
    SAVE_OPTIONS_FULL,
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct snap_merge {
    const char *delta, *out;
    struct box_options box;
    struct save_options save;
    int json, help;
};

static int snap_merge_read(struct snap_merge *merge, int argc, char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1) {
        if (option == 'h')
            merge->help = 1;
        else if (option == OPTION_JSON)
            merge->json = 1;
        else if (option >= SAVE_OPTION_FIRST && option < SAVE_OPTION_END
                     ? save_options_take(&merge->save, option, optarg) != 0
                     : box_options_take(&merge->box, option, optarg) != 0)
            return -1;
    }
    if (merge->help)
        return 0;
    if (argc - optind != 2)
        return complain("merge wants two files, the one to read and the one to write: "
                        "pybox-snap merge DELTA OUT");
    merge->delta = argv[optind];
    merge->out = argv[optind + 1];
    return 0;
}

static pybox_status snap_merge_write(const struct snap_merge *merge, struct launch *launch)
{
    struct parent_folders parents;
    parent_folders_collect(&parents, &merge->box, launch->module, merge->delta);
    progress_begin("merging %s", merge->delta);
    pybox_status status = pybox_snapshot_merge(launch->module, merge->delta, &parents.open,
                                               merge->out, &merge->save.how);
    progress_end();
    parent_folders_free(&parents);
    return status;
}

static int snap_merge_run(const struct snap_merge *merge)
{
    struct launch launch;
    pybox_status status = launch_open(&launch, &merge->box, 1);
    if (status == PYBOX_OK)
        status = snap_merge_write(merge, &launch);
    /* Other errors are of either file; the message says which. */
    int read = status >= PYBOX_ERROR_SNAPSHOT_FORMAT && status <= PYBOX_ERROR_SNAPSHOT_PARENT;
    int code = EXIT_CODE_DONE;
    if (status != PYBOX_OK)
        code = snap_failure_of(merge->json, read ? merge->delta : NULL, status);
    launch_close(&launch);
    return code == EXIT_CODE_DONE ? snap_info_print(merge->out, merge->json) : code;
}

int snap_merge(int argc, char **argv)
{
    struct snap_merge merge = {0};
    int code = EXIT_CODE_USAGE;
    if (snap_merge_read(&merge, argc, argv) == 0)
        code = merge.help ? snap_help_print(argv[0]) : snap_merge_run(&merge);
    box_options_free(&merge.box);
    return code;
}
