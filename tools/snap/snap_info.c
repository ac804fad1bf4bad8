#include "snap_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "box_options.h"
#include "complain.h"
#include "exit_code.h"
#include "human.h"
#include "json_text.h"
#include "pybox.h"

static const char *snap_info_form(const pybox_snapshot_info *info)
{
    return info->form == PYBOX_FORM_MAPPED ? "mapped" : "compressed";
}

static int snap_info_print_text(const char *path, const pybox_snapshot_info *info)
{
    char file[HUMAN_BYTES], memory[HUMAN_BYTES], stored[HUMAN_BYTES];
    char tree[HUMAN_BYTES];
    printf("%s: %s snapshot, %s\n", path, snap_info_form(info),
           human_show(HUMAN_SIZE, info->file_bytes, file));
    printf("  memory    %s, stored as %s\n", human_show(HUMAN_SIZE, info->memory_bytes, memory),
           human_show(HUMAN_SIZE, info->stored_bytes, stored));
    printf("  files     %s\n", human_show(HUMAN_SIZE, info->tree_bytes, tree));
    printf("  globals   %" PRIu32 "\n", info->globals);
    printf("  digest    %s\n", info->digest);
    printf("  module    %s\n", info->module_hash);
    if (info->metering > 0)
        printf("  metering  version %" PRIu32 "\n", info->metering);
    else
        printf("  metering  none\n");
    printf("  metadata  %s\n", info->metadata);
    return fflush(stdout) != 0 ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}

static int snap_info_add(cJSON *object, const char *name, cJSON *item)
{
    return item != NULL && cJSON_AddItemToObject(object, name, item);
}

static int snap_info_fill(cJSON *object, const char *path, const pybox_snapshot_info *info)
{
    cJSON *metadata = json_text_value(info->metadata, strlen(info->metadata));
    if (metadata == NULL) /* not in plain ASCII: cJSON reads it, and its numbers become doubles */
        metadata = cJSON_Parse(info->metadata);
    return snap_info_add(object, "path", json_text_string(path, strlen(path))) &&
           snap_info_add(object, "form", cJSON_CreateString(snap_info_form(info))) &&
           snap_info_add(object, "digest", cJSON_CreateString(info->digest)) &&
           snap_info_add(object, "module_hash", cJSON_CreateString(info->module_hash)) &&
           snap_info_add(object, "metering", cJSON_CreateNumber(info->metering)) &&
           snap_info_add(object, "file_bytes", cJSON_CreateNumber((double)info->file_bytes)) &&
           snap_info_add(object, "memory_bytes", cJSON_CreateNumber((double)info->memory_bytes)) &&
           snap_info_add(object, "stored_bytes", cJSON_CreateNumber((double)info->stored_bytes)) &&
           snap_info_add(object, "tree_bytes", cJSON_CreateNumber((double)info->tree_bytes)) &&
           snap_info_add(object, "globals", cJSON_CreateNumber(info->globals)) &&
           snap_info_add(object, "metadata", metadata != NULL ? metadata : cJSON_CreateNull());
}

static int snap_info_print_json(const char *path, const pybox_snapshot_info *info)
{
    cJSON *object = cJSON_CreateObject();
    int code = EXIT_CODE_FAILED;
    if (object == NULL || !snap_info_fill(object, path, info))
        complain("out of memory");
    else
        code = json_text_print(object) != 0 ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
    cJSON_Delete(object);
    return code;
}

/* Says why a snapshot cannot be used. Damage has an exit code of its own. */
static int snap_info_failed(const char *path, pybox_status status)
{
    complain("%s: %s", path, pybox_error_message());
    int damaged = status >= PYBOX_ERROR_SNAPSHOT_FORMAT && status <= PYBOX_ERROR_SNAPSHOT_MODULE;
    return damaged ? EXIT_CODE_EXCEPTION : EXIT_CODE_FAILED;
}

int snap_info_print(const char *path, int json)
{
    pybox_snapshot_info *info;
    pybox_status status = pybox_snapshot_describe(path, &info);
    if (status != PYBOX_OK)
        return snap_info_failed(path, status);
    int code = json ? snap_info_print_json(path, info) : snap_info_print_text(path, info);
    pybox_snapshot_info_destroy(info);
    return code;
}

/* Reads "[--json] FILE". The file, or NULL after a message. */
static const char *snap_info_file(int argc, char **argv, int *json)
{
    static const struct option table[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    int option;
    *json = 0;
    while ((option = box_options_next(argc, argv, ":", table)) != -1) {
        if (option != 'j')
            return NULL;
        *json = 1;
    }
    if (argc - optind != 1) {
        complain("%s wants one FILE", argv[0]);
        return NULL;
    }
    return argv[optind];
}

int snap_info(int argc, char **argv)
{
    int json;
    const char *path = snap_info_file(argc, argv, &json);
    return path != NULL ? snap_info_print(path, json) : EXIT_CODE_USAGE;
}

int snap_info_verify(int argc, char **argv)
{
    int json;
    const char *path = snap_info_file(argc, argv, &json);
    if (path == NULL)
        return EXIT_CODE_USAGE;
    pybox_status status = pybox_snapshot_verify(path);
    if (status != PYBOX_OK)
        return snap_info_failed(path, status);
    if (json)
        return snap_info_print(path, 1);
    printf("%s: no damage found\n", path);
    return fflush(stdout) != 0 ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}
