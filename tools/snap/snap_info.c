#include "snap_info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "box_options.h"
#include "complain.h"
#include "exit_code.h"
#include "human.h"
#include "json_text.h"
#include "printable.h"
#include "progress.h"
#include "snap_failure.h"
#include "snap_help.h"

static const char *snap_info_form(const pybox_snapshot_info *info)
{
    return info->form == PYBOX_FORM_MAPPED ? "mapped" : "compressed";
}

static int snap_info_print_text(const char *path, const pybox_snapshot_info *info)
{
    char file[HUMAN_BYTES], memory[HUMAN_BYTES], stored[HUMAN_BYTES];
    char tree[HUMAN_BYTES], created[HUMAN_DATE_BYTES];
    char name[4096];
    printf("%s: %s %s, %s\n", printable_copy(name, sizeof name, path, strlen(path)), snap_info_form(info),
           info->parent[0] != '\0' ? "delta" : "snapshot",
           human_show(HUMAN_SIZE, info->file_bytes, file));
    printf("  memory    %s, stored as %s\n", human_show(HUMAN_SIZE, info->memory_bytes, memory),
           human_show(HUMAN_SIZE, info->stored_bytes, stored));
    printf("  files     %s\n", human_show(HUMAN_SIZE, info->tree_bytes, tree));
    printf("  globals   %" PRIu32 "\n", info->globals);
    printf("  digest    %s\n", info->digest);
    if (info->parent[0] != '\0')
        printf("  parent    %s\n", info->parent);
    printf("  created   %s\n", human_date(info->created_ns, created));
    printf("  module    %s\n", info->module_hash);
    if (info->metering > 0)
        printf("  metering  version %" PRIu32 ", costs %.12s\n", info->metering, info->costs_hash);
    else
        printf("  metering  none\n");
    printf("  metadata  %s\n", info->metadata);
    return fflush(stdout) != 0 ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}

static int snap_info_add(cJSON *object, const char *name, cJSON *item)
{
    return item != NULL && cJSON_AddItemToObject(object, name, item);
}

static cJSON *snap_info_parent(const pybox_snapshot_info *info)
{
    return info->parent[0] != '\0' ? cJSON_CreateString(info->parent) : cJSON_CreateNull();
}

static cJSON *snap_info_created(const pybox_snapshot_info *info)
{
    return info->created_ns > 0 ? json_text_number(info->created_ns) : cJSON_CreateNull();
}

static int snap_info_fill(cJSON *object, const char *path, const pybox_snapshot_info *info)
{
    cJSON *metadata = json_text_value(info->metadata, strlen(info->metadata));
    if (metadata == NULL) /* what only cJSON takes for JSON */
        metadata = cJSON_Parse(info->metadata);
    return snap_info_add(object, "path", json_text_string(path, strlen(path))) &&
           snap_info_add(object, "form", cJSON_CreateString(snap_info_form(info))) &&
           snap_info_add(object, "digest", cJSON_CreateString(info->digest)) &&
           snap_info_add(object, "parent", snap_info_parent(info)) &&
           snap_info_add(object, "created_ns", snap_info_created(info)) &&
           snap_info_add(object, "module_hash", cJSON_CreateString(info->module_hash)) &&
           snap_info_add(object, "metering", cJSON_CreateNumber(info->metering)) &&
           snap_info_add(object, "costs_hash", cJSON_CreateString(info->costs_hash)) &&
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

int snap_info_print(const char *path, int json)
{
    pybox_snapshot_info *info;
    pybox_status status = pybox_snapshot_describe(path, &info);
    if (status != PYBOX_OK)
        return snap_failure_of(json, path, status);
    int code = json ? snap_info_print_json(path, info) : snap_info_print_text(path, info);
    pybox_snapshot_info_destroy(info);
    return code;
}

/* Reads "[--json] FILE". The file, or NULL after a message; or *json is -1: help was asked for. */
static const char *snap_info_file(int argc, char **argv, int *json)
{
    static const struct option table[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int option;
    *json = 0;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1) {
        if (option != 'j' && option != 'h')
            return NULL;
        *json = option == 'j' ? 1 : -1;
        if (option == 'h')
            return NULL;
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
    if (json < 0)
        return snap_help_print(argv[0]);
    return path != NULL ? snap_info_print(path, json) : EXIT_CODE_USAGE;
}

int snap_info_verify(int argc, char **argv)
{
    int json;
    const char *path = snap_info_file(argc, argv, &json);
    if (json < 0)
        return snap_help_print(argv[0]);
    if (path == NULL)
        return EXIT_CODE_USAGE;
    progress_begin("reading %s", path);
    pybox_status status = pybox_snapshot_verify(path);
    progress_end();
    if (status != PYBOX_OK)
        return snap_failure_of(json, path, status);
    if (json)
        return snap_info_print(path, 1);
    char name[4096];
    printf("%s: no damage found\n", printable_copy(name, sizeof name, path, strlen(path)));
    return fflush(stdout) != 0 ? EXIT_CODE_OUTPUT_LOST : EXIT_CODE_DONE;
}
