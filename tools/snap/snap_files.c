#include "snap_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "complain.h"
#include "exit_code.h"
#include "json_text.h"
#include "launch.h"
#include "printable.h"
#include "snap_failure.h"
#include "snap_help.h"

enum { OPTION_CHANGES = BOX_OPTION_END, OPTION_REPLACE, OPTION_JSON };

static const struct option table[] = {
    BOX_OPTIONS_OPEN,
    LIMIT_OPTIONS(BOX_OPTION_LIMIT) /* a snapshot may have more than a box has by default */
    {"preset", required_argument, NULL, BOX_OPTION_PRESET},
    {"mount", required_argument, NULL, BOX_OPTION_MOUNT},
    {"changes", no_argument, NULL, OPTION_CHANGES},
    {"replace", no_argument, NULL, OPTION_REPLACE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct snap_files {
    struct box_options box;
    int changes, replace, json, help;
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
        else if (option == OPTION_JSON)
            files->json = 1;
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

static int snap_files_add(void *context, const pybox_file *file)
{
    static const char *const types[] = {"", "file", "folder", "link", "other"};
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToObject(object, "path", json_text_string(file->path, strlen(file->path))) ||
        !cJSON_AddItemToObject(object, "type", cJSON_CreateString(types[file->type])) ||
        !cJSON_AddItemToObject(object, "bytes", json_text_number(file->bytes)) ||
        !cJSON_AddItemToObject(object, "modified_ns", json_text_number(file->modified_ns)) ||
        !cJSON_AddItemToArray(context, object)) {
        cJSON_Delete(object);
        return 1;
    }
    return 0;
}

/* Prints {NAME: item, "failure": null}; takes the item, which is NULL without memory. */
static pybox_status snap_files_print_json(const char *name, cJSON *item)
{
    cJSON *object = cJSON_CreateObject();
    int printed = item != NULL && cJSON_AddItemToObject(object, name, item) &&
                  cJSON_AddItemToObject(object, "failure", cJSON_CreateNull()) && json_text_print(object) == 0;
    if (!printed && (object == NULL || cJSON_GetObjectItem(object, name) == NULL))
        cJSON_Delete(item);
    cJSON_Delete(object);
    return printed || ferror(stdout) ? PYBOX_OK : pybox_error_set(PYBOX_ERROR_NO_MEMORY, "out of memory");
}

static pybox_status snap_files_do_list(struct snap_files *files, pybox_box *box)
{
    const char *pattern = files->operands[0] != NULL ? files->operands[0] : "/work/**";
    if (!files->json)
        return pybox_box_file_list(box, pattern, snap_files_print, NULL);
    cJSON *array = cJSON_CreateArray();
    pybox_status status = pybox_box_file_list(box, pattern, snap_files_add, array);
    if (status == PYBOX_OK)
        return snap_files_print_json("files", array);
    cJSON_Delete(array);
    return status;
}

static pybox_status snap_files_do_cat(struct snap_files *files, pybox_box *box)
{
    pybox_bytes bytes;
    pybox_status status = pybox_box_file_read(box, files->operands[0], PYBOX_UNLIMITED, &bytes);
    if (status == PYBOX_OK)
        fwrite(bytes.bytes, 1, bytes.length, stdout);
    return status;
}

static cJSON *snap_files_count(const pybox_copied *copied)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "files", json_text_number(copied->files));
    cJSON_AddItemToObject(object, "folders", json_text_number(copied->folders));
    cJSON_AddItemToObject(object, "links", json_text_number(copied->links));
    cJSON_AddItemToObject(object, "bytes", json_text_number(copied->bytes));
    cJSON_AddItemToObject(object, "skipped", json_text_number(copied->skipped));
    return object;
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
    if (status == PYBOX_OK && files->json)
        return snap_files_print_json("copied", snap_files_count(&copied));
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
    int code = status == PYBOX_OK ? EXIT_CODE_DONE : snap_failure_of(files->json, NULL, status);
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
