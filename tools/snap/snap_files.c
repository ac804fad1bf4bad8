#include "snap_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "exit_code.h"
#include "launch.h"
#include "printable.h"
#include "snap_failure.h"
#include "snap_help.h"

enum { OPTION_CHANGES = BOX_OPTION_END, OPTION_REPLACE };

static const struct option table[] = {
    BOX_OPTIONS_OPEN,
    {"mount", required_argument, NULL, BOX_OPTION_MOUNT},
    {"changes", no_argument, NULL, OPTION_CHANGES},
    {"replace", no_argument, NULL, OPTION_REPLACE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct snap_files {
    struct box_options box;
    int changes, replace, help;
    char **operands; /* behind the snapshot */
};

/* Reads options and from `least` to `most` operands, the snapshot included. 0, or -1 after a message. */
static int snap_files_read(struct snap_files *files, int argc, char **argv, int least, int most, const char *wanted)
{
    int option;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1) {
        if (option == 'h')
            files->help = 1;
        else if (option == OPTION_CHANGES)
            files->changes = 1;
        else if (option == OPTION_REPLACE)
            files->replace = 1;
        else if (box_options_take(&files->box, option, optarg) != 0)
            return -1;
    }
    if (!files->help && (argc - optind < least || argc - optind > most))
        return complain("%s wants %s", argv[0], wanted);
    files->box.image = argv[optind];
    files->operands = argv + optind + 1;
    return 0;
}

static int snap_files_print(void *context, const pybox_file *file)
{
    static const char kinds[] = " -dlo";
    char path[4100];
    (void)context;
    return printf("%c %10llu  %s\n", kinds[file->type], (unsigned long long)file->bytes,
                  printable_copy(path, sizeof path, file->path, strlen(file->path))) < 0;
}

static pybox_status snap_files_do_list(struct snap_files *files, pybox_box *box)
{
    return pybox_box_file_list(box, files->operands[0] != NULL ? files->operands[0] : "/work/**", snap_files_print,
                               NULL);
}

static pybox_status snap_files_do_cat(struct snap_files *files, pybox_box *box)
{
    pybox_bytes bytes;
    pybox_status status = pybox_box_file_read(box, files->operands[0], PYBOX_UNLIMITED, &bytes);
    if (status == PYBOX_OK)
        fwrite(bytes.bytes, 1, bytes.length, stdout);
    return status;
}

static pybox_status snap_files_do_export(struct snap_files *files, pybox_box *box)
{
    const pybox_export_options how = {
        .size = sizeof how,
        .replace = files->replace,
        .only_changes = files->changes,
        .since = PYBOX_SINCE_HOST,
    };
    pybox_copied copied;
    pybox_status status = pybox_box_file_export(box, files->operands[0], files->operands[1], &how, &copied);
    if (status == PYBOX_OK && copied.skipped > 0)
        complain("%llu devices and links that lead out were left out", (unsigned long long)copied.skipped);
    return status;
}

static int snap_files_run(struct snap_files *files, pybox_status (*what)(struct snap_files *, pybox_box *))
{
    struct streams streams = STREAMS_TO(STDERR_FILENO);
    struct launch_program program = {.streams = &streams};
    struct launch launch;
    pybox_status status = launch_open(&launch, &files->box, 0);
    if (status == PYBOX_OK)
        status = launch_box(&launch, &files->box, &program);
    if (status == PYBOX_OK)
        status = what(files, launch.box);
    int code = status == PYBOX_OK ? EXIT_CODE_DONE : snap_failure_of(0, NULL, status);
    if (status == PYBOX_OK && (fflush(stdout) != 0 || ferror(stdout)))
        code = EXIT_CODE_OUTPUT_LOST;
    launch_close(&launch);
    return code;
}

static int snap_files_command(int argc, char **argv, int least, int most, const char *wanted,
                              pybox_status (*what)(struct snap_files *, pybox_box *))
{
    struct snap_files files = {0};
    int code = EXIT_CODE_USAGE;
    if (snap_files_read(&files, argc, argv, least, most, wanted) == 0)
        code = files.help ? snap_help_print(argv[0]) : snap_files_run(&files, what);
    box_options_free(&files.box);
    return code;
}

int snap_files_list(int argc, char **argv)
{
    return snap_files_command(argc, argv, 1, 2,
                              "a snapshot and perhaps a folder or pattern: pybox-snap files SNAP '/work/**'",
                              snap_files_do_list);
}

int snap_files_cat(int argc, char **argv)
{
    return snap_files_command(argc, argv, 2, 2, "a snapshot and a path: pybox-snap cat SNAP /work/FILE",
                              snap_files_do_cat);
}

int snap_files_export(int argc, char **argv)
{
    return snap_files_command(argc, argv, 3, 3,
                              "a snapshot, a path in it and one of the host: pybox-snap export SNAP /work FOLDER",
                              snap_files_do_export);
}
