#include "snap_diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "complain.h"
#include "exit_code.h"
#include "human.h"
#include "json_text.h"
#include "launch.h"
#include "parent_folders.h"
#include "printable.h"
#include "progress.h"
#include "snap_failure.h"
#include "snap_help.h"
#include "snap_listing.h"

#define PAGE_BYTES 4096

enum { OPTION_JSON = BOX_OPTION_END, OPTION_PAGES };

static const struct option table[] = {
    BOX_OPTIONS_OPEN,
    {"json", no_argument, NULL, OPTION_JSON},
    {"pages", no_argument, NULL, OPTION_PAGES},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct snap_diff {
    const char *paths[2];
    struct box_options box;
    int json, pages, help;

    struct launch launch;
    pybox_image *images[2];
    struct snap_listing listings[2];

    uint64_t ranges, page_bytes, differing; /* in memory */
    size_t entries;                         /* names and files that differ */
    cJSON *range_list, *kinds[LISTING_COUNT];
    int exhausted; /* of memory */
};

static int snap_diff_read(struct snap_diff *diff, int argc, char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1) {
        if (option == 'h')
            diff->help = 1;
        else if (option == OPTION_JSON)
            diff->json = 1;
        else if (option == OPTION_PAGES)
            diff->pages = 1;
        else if (box_options_take(&diff->box, option, optarg) != 0)
            return -1;
    }
    if (diff->help)
        return 0;
    if (argc - optind != 2)
        return complain("diff wants two files: pybox-snap diff A B");
    diff->paths[0] = argv[optind];
    diff->paths[1] = argv[optind + 1];
    return 0;
}

/* ---- memory ---- */

static void snap_diff_add(struct snap_diff *diff, cJSON *array, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item))
        diff->exhausted = 1;
}

static int snap_diff_range(void *context, uint64_t offset, uint64_t length, uint64_t differing)
{
    struct snap_diff *diff = context;
    char size[HUMAN_BYTES];
    diff->ranges++;
    diff->page_bytes += length;
    diff->differing += differing;
    if (diff->json) {
        const double numbers[] = {(double)offset, (double)length, (double)differing};
        snap_diff_add(diff, diff->range_list, cJSON_CreateDoubleArray(numbers, 3));
    } else if (diff->pages) {
        printf("  pages    0x%08" PRIx64 "-0x%08" PRIx64 "  %s, %" PRIu64 " bytes differ\n", offset,
               offset + length, human_show(HUMAN_SIZE, length, size), differing);
    }
    return 0;
}

static void snap_diff_print_memory(const struct snap_diff *diff)
{
    char pages[HUMAN_BYTES], bytes[HUMAN_BYTES];
    if (diff->ranges == 0)
        printf("  memory   the same\n");
    else
        printf("  memory   %" PRIu64 " pages differ (%s) in %" PRIu64 " %s; in them, %s\n",
               diff->page_bytes / PAGE_BYTES, human_show(HUMAN_SIZE, diff->page_bytes, pages),
               diff->ranges, diff->ranges == 1 ? "place" : "places",
               human_show(HUMAN_SIZE, diff->differing, bytes));
}

/* ---- names and files ---- */

static const char *const kind_titles[] = {[LISTING_NAMES] = "name", [LISTING_FILES] = "file"};

static void snap_diff_print_entry(int kind, const char *change, const cJSON *before,
                                  const cJSON *after)
{
    char key[256], was[LISTING_WHAT_BYTES], is[LISTING_WHAT_BYTES];
    const cJSON *one = after != NULL ? after : before;
    snap_listing_what(one, is);
    snap_listing_what(before != NULL ? before : one, was);
    int other = strcmp(was, is) != 0;
    printf("  %-8s %-8s %s (%s%s%s)\n", kind_titles[kind], change,
           printable_copy(key, sizeof key, one->string, strlen(one->string)), other ? was : "",
           other ? " to " : "", is);
}

static cJSON *snap_diff_what_json(const cJSON *entry)
{
    cJSON *what = entry != NULL ? cJSON_GetArrayItem(entry, 0) : NULL;
    return what != NULL ? cJSON_Duplicate(what, 1) : cJSON_CreateNull();
}

static cJSON *snap_diff_entry_json(int kind, const char *change, const cJSON *before,
                                   const cJSON *after)
{
    const char *key = (after != NULL ? after : before)->string;
    cJSON *item = cJSON_CreateObject();
    cJSON_AddItemToObject(item, kind_titles[kind], json_text_string(key, strlen(key)));
    cJSON_AddItemToObject(item, "change", cJSON_CreateString(change));
    cJSON_AddItemToObject(item, "before", snap_diff_what_json(before));
    cJSON_AddItemToObject(item, "after", snap_diff_what_json(after));
    if (cJSON_GetArraySize(item) == 4)
        return item;
    cJSON_Delete(item);
    return NULL;
}

static void snap_diff_entry(void *context, int kind, const cJSON *before, const cJSON *after)
{
    struct snap_diff *diff = context;
    const char *change = before == NULL ? "added" : after == NULL ? "removed" : "changed";
    diff->entries++;
    if (diff->json)
        snap_diff_add(diff, diff->kinds[kind], snap_diff_entry_json(kind, change, before, after));
    else
        snap_diff_print_entry(kind, change, before, after);
}

/* 0, or -1 after a message. */
static int snap_diff_compare_listings(struct snap_diff *diff)
{
    fflush(stdout);
    for (int side = 0; side < 2; side++)
        if (diff->listings[side].failure[0] != '\0')
            return complain("%s: names and files are not compared: %s", diff->paths[side],
                            diff->listings[side].failure);
    snap_listing_compare(&diff->listings[0], &diff->listings[1], snap_diff_entry, diff);
    if (diff->entries == 0 && !diff->json)
        printf("  names    the same, and so are files\n");
    return 0;
}

/* ---- all of it ---- */

static cJSON *snap_diff_memory_json(struct snap_diff *diff)
{
    cJSON *memory = cJSON_CreateObject();
    cJSON_AddItemToObject(memory, "pages", json_text_number(diff->page_bytes / PAGE_BYTES));
    cJSON_AddItemToObject(memory, "page_bytes", json_text_number(diff->page_bytes));
    cJSON_AddItemToObject(memory, "differing_bytes", json_text_number(diff->differing));
    cJSON_AddItemToObject(memory, "ranges", diff->range_list);
    return memory;
}

static int snap_diff_print_json(struct snap_diff *diff, int listed)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "a", json_text_string(diff->paths[0], strlen(diff->paths[0])));
    cJSON_AddItemToObject(object, "b", json_text_string(diff->paths[1], strlen(diff->paths[1])));
    cJSON_AddItemToObject(object, "same",
                          listed || diff->ranges > 0
                              ? cJSON_CreateBool(diff->ranges + diff->entries == 0)
                              : cJSON_CreateNull());
    cJSON_AddItemToObject(object, "memory", snap_diff_memory_json(diff));
    for (int kind = 0; kind < LISTING_COUNT; kind++) {
        if (!listed) {
            cJSON_Delete(diff->kinds[kind]);
            diff->kinds[kind] = cJSON_CreateNull();
        }
        cJSON_AddItemToObject(object, kind == LISTING_NAMES ? "names" : "files", diff->kinds[kind]);
    }
    int failed = ENOMEM;
    if (!diff->exhausted && cJSON_GetArraySize(object) == 6)
        failed = json_text_print(object);
    else
        complain("out of memory");
    cJSON_Delete(object);
    if (failed == ENOMEM)
        return EXIT_CODE_FAILED;
    return failed == 0 ? EXIT_CODE_DONE : EXIT_CODE_OUTPUT_LOST;
}

/* Lists what is in an image, and closes it. */
static void snap_diff_list(struct snap_diff *diff, int side)
{
    struct launch *launch = &diff->launch;
    launch->image = diff->images[side];
    diff->images[side] = NULL;
    snap_listing_make(&diff->listings[side], launch, &diff->box);
    pybox_box_destroy(launch->box);
    pybox_image_close(launch->image);
    launch->box = NULL;
    launch->image = NULL;
}

/* A call failed. 1 would mean that they differ. */
static int snap_diff_fail(const struct snap_diff *diff, const char *path, pybox_status status)
{
    snap_failure_of(diff->json, path, status);
    return EXIT_CODE_FAILED;
}

static int snap_diff_print(struct snap_diff *diff)
{
    if (diff->json) {
        diff->range_list = cJSON_CreateArray();
        for (int kind = 0; kind < LISTING_COUNT; kind++)
            diff->kinds[kind] = cJSON_CreateArray();
    }
    pybox_status status = pybox_image_compare(diff->images[0], diff->images[1], snap_diff_range, diff);
    if (status != PYBOX_OK)
        return snap_diff_fail(diff, NULL, status);
    if (!diff->json)
        snap_diff_print_memory(diff);
    progress_begin("listing names and files");
    for (int side = 0; side < 2; side++)
        snap_diff_list(diff, side);
    progress_end();
    int listed = snap_diff_compare_listings(diff) == 0;
    int code = diff->json ? snap_diff_print_json(diff, listed) : snap_help_printed();
    if (code == EXIT_CODE_DONE && !listed)
        code = EXIT_CODE_FAILED;
    if (code == EXIT_CODE_DONE && diff->ranges + diff->entries > 0)
        code = 1; /* as diff */
    return code;
}

static pybox_status snap_diff_open(struct snap_diff *diff, int side)
{
    struct parent_folders parents;
    parent_folders_collect(&parents, &diff->box, diff->launch.module, diff->paths[side]);
    progress_begin("reading %s", diff->paths[side]);
    pybox_status status = pybox_image_load(diff->launch.module, diff->paths[side], &parents.open,
                                           &diff->images[side]);
    progress_end();
    parent_folders_free(&parents);
    return status;
}

static int snap_diff_run(struct snap_diff *diff)
{
    pybox_status status = launch_open(&diff->launch, &diff->box, 1);
    if (status != PYBOX_OK)
        return snap_diff_fail(diff, NULL, status);
    for (int side = 0; side < 2; side++) {
        status = snap_diff_open(diff, side);
        if (status != PYBOX_OK)
            return snap_diff_fail(diff, diff->paths[side], status);
    }
    return snap_diff_print(diff);
}

int snap_diff(int argc, char **argv)
{
    struct snap_diff diff = {0};
    int code = EXIT_CODE_USAGE;
    if (snap_diff_read(&diff, argc, argv) == 0)
        code = diff.help ? snap_help_print(argv[0]) : snap_diff_run(&diff);
    for (int side = 0; side < 2; side++) {
        snap_listing_free(&diff.listings[side]);
        pybox_image_close(diff.images[side]);
    }
    launch_close(&diff.launch);
    box_options_free(&diff.box);
    return code;
}
