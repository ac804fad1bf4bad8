#include "snap_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "box_options.h"
#include "complain.h"
#include "exit_code.h"
#include "human.h"
#include "json_text.h"
#include "progress.h"
#include "snap_failure.h"
#include "snap_help.h"

enum { OPTION_JSON = 1, OPTION_AGE, OPTION_DRY_RUN };

struct snap_store {
    pybox_store *store;
    const char *folder, *name; /* the operands */
    uint64_t age_ns;
    int json, dry_run, help;

    size_t count;
    cJSON *sessions; /* with --json */
    int exhausted;   /* of memory */
};

static int snap_store_age(struct snap_store *job, const char *value)
{
    if (human_parse(HUMAN_TIME, value, &job->age_ns) != 0)
        return complain("--age wants a time such as 90s, 1.5h or 7d, not '%s'", value);
    return 0;
}

/* Those of list and remove. */
static const struct option plain_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Reads the options of the table and `operands` operands. 0, or -1 after a message. */
static int snap_store_read(struct snap_store *job, int argc, char **argv,
                           const struct option *table, int operands)
{
    int option;
    while ((option = box_options_next(argc, argv, ":h", table)) != -1) {
        if (option == 'h')
            job->help = 1;
        else if (option == OPTION_JSON)
            job->json = 1;
        else if (option == OPTION_DRY_RUN)
            job->dry_run = 1;
        else if (option != OPTION_AGE || snap_store_age(job, optarg) != 0)
            return -1;
    }
    if (job->help)
        return 0;
    if (argc - optind != operands)
        return complain("%s wants %s", argv[0],
                        operands == 1 ? "the folder of a store" : "the folder of a store and a name");
    job->folder = argv[optind];
    job->name = operands > 1 ? argv[optind + 1] : NULL;
    return 0;
}

static int snap_store_fail(const struct snap_store *job, pybox_status status)
{
    return snap_failure(job->json, EXIT_CODE_FAILED, status, "%s", pybox_error_message());
}

/* Opens the store, which must be there: one is made where sessions are parked, not where somebody mistyped a folder.
 * Returns the exit code. */
static int snap_store_open(struct snap_store *job)
{
    struct stat facts;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/sessions", job->folder);
    if (length >= (int)sizeof path || stat(path, &facts) != 0)
        return snap_failure(job->json, EXIT_CODE_FAILED, PYBOX_ERROR_IO, "there is no store in %s: %s",
                            job->folder,
                            length >= (int)sizeof path ? strerror(ENAMETOOLONG) : strerror(errno));
    pybox_status status = pybox_store_open(job->folder, &job->store);
    return status == PYBOX_OK ? EXIT_CODE_DONE : snap_store_fail(job, status);
}

/* Does the work of a command in the store. Returns the exit code. */
static int snap_store_do(struct snap_store *job, const char *command,
                         int (*work)(struct snap_store *job))
{
    if (job->help)
        return snap_help_print(command);
    int code = snap_store_open(job);
    if (code == EXIT_CODE_DONE)
        code = work(job);
    pybox_store_close(job->store);
    return code;
}

/* Prints an object and deletes it. `members`: how many it has, unless memory was exhausted. */
static int snap_store_print_json(cJSON *object, int members)
{
    int failed = cJSON_GetArraySize(object) == members ? json_text_print(object) : ENOMEM;
    cJSON_Delete(object);
    if (failed == ENOMEM)
        complain("out of memory");
    return failed == 0 ? EXIT_CODE_DONE : failed == ENOMEM ? EXIT_CODE_FAILED : EXIT_CODE_OUTPUT_LOST;
}

/* ---- list ---- */

static cJSON *snap_store_known(int damaged, uint64_t number)
{
    return damaged ? cJSON_CreateNull() : json_text_number(number);
}

static cJSON *snap_store_session_json(const pybox_session_info *info)
{
    cJSON *session = cJSON_CreateObject();
    int damaged = info->revision == 0;
    cJSON_AddItemToObject(session, "name", cJSON_CreateString(info->name));
    cJSON_AddItemToObject(session, "revision", snap_store_known(damaged, info->revision));
    cJSON_AddItemToObject(session, "parked_ns", snap_store_known(damaged, info->parked_ns));
    cJSON_AddItemToObject(session, "bytes", snap_store_known(damaged, info->bytes));
    cJSON_AddItemToObject(session, "digest",
                          damaged ? cJSON_CreateNull() : cJSON_CreateString(info->digest));
    if (cJSON_GetArraySize(session) == 5)
        return session;
    cJSON_Delete(session);
    return NULL;
}

static int snap_store_show(void *context, const pybox_session_info *info)
{
    struct snap_store *job = context;
    char date[HUMAN_DATE_BYTES], bytes[HUMAN_BYTES];
    if (job->json) {
        cJSON *session = snap_store_session_json(info);
        if (session == NULL || !cJSON_AddItemToArray(job->sessions, session))
            job->exhausted = 1;
        return job->exhausted;
    }
    if (job->count++ == 0)
        printf("%-24s %8s  %-23s  %s\n", "SESSION", "REVISION", "PARKED", "SIZE");
    if (info->revision == 0)
        printf("%-24s %8s  its file is damaged\n", info->name, "-");
    else
        printf("%-24s %8" PRIu64 "  %-23s  %s\n", info->name, info->revision,
               human_date(info->parked_ns, date), human_show(HUMAN_SIZE, info->bytes, bytes));
    return 0;
}

static int snap_store_list_work(struct snap_store *job)
{
    if (job->json)
        job->sessions = cJSON_CreateArray();
    pybox_status status = pybox_store_list(job->store, snap_store_show, job);
    if (status != PYBOX_OK) {
        cJSON_Delete(job->sessions);
        return snap_store_fail(job, status);
    }
    if (!job->json) {
        if (job->count == 0)
            printf("no sessions\n");
        return snap_help_printed();
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "store", json_text_string(job->folder, strlen(job->folder)));
    cJSON_AddItemToObject(object, "sessions", job->sessions);
    return snap_store_print_json(object, job->exhausted ? -1 : 2);
}

int snap_store_list(int argc, char **argv)
{
    struct snap_store job = {0};
    if (snap_store_read(&job, argc, argv, plain_options, 1) != 0)
        return EXIT_CODE_USAGE;
    return snap_store_do(&job, argv[0], snap_store_list_work);
}

/* ---- remove ---- */

static int snap_store_remove_work(struct snap_store *job)
{
    pybox_status status = pybox_store_remove(job->store, job->name);
    if (status != PYBOX_OK)
        return snap_store_fail(job, status);
    if (!job->json)
        return EXIT_CODE_DONE;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "store", json_text_string(job->folder, strlen(job->folder)));
    cJSON_AddItemToObject(object, "removed", json_text_string(job->name, strlen(job->name)));
    return snap_store_print_json(object, 2);
}

int snap_store_remove(int argc, char **argv)
{
    struct snap_store job = {0};
    if (snap_store_read(&job, argc, argv, plain_options, 2) != 0)
        return EXIT_CODE_USAGE;
    return snap_store_do(&job, argv[0], snap_store_remove_work);
}

/* ---- gc ---- */

static int snap_store_collect_work(struct snap_store *job)
{
    uint64_t files, bytes;
    char size[HUMAN_BYTES];
    progress_begin("looking for what is not needed in %s", job->folder);
    pybox_status status =
        job->dry_run ? pybox_store_survey(job->store, job->age_ns, &files, &bytes)
                     : pybox_store_collect(job->store, job->age_ns, &files, &bytes);
    progress_end();
    if (status != PYBOX_OK)
        return snap_store_fail(job, status);
    if (!job->json) {
        printf("%" PRIu64 " %s, %s, %s\n", files, files == 1 ? "snapshot" : "snapshots",
               human_show(HUMAN_SIZE, bytes, size),
               job->dry_run ? "would be deleted" : "deleted");
        return snap_help_printed();
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "store", json_text_string(job->folder, strlen(job->folder)));
    cJSON_AddItemToObject(object, "dry_run", cJSON_CreateBool(job->dry_run));
    cJSON_AddItemToObject(object, "files", json_text_number(files));
    cJSON_AddItemToObject(object, "bytes", json_text_number(bytes));
    return snap_store_print_json(object, 4);
}

int snap_store_collect(int argc, char **argv)
{
    static const struct option table[] = {
        {"age", required_argument, NULL, OPTION_AGE},
        {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct snap_store job = {0};
    if (snap_store_read(&job, argc, argv, table, 1) != 0)
        return EXIT_CODE_USAGE;
    return snap_store_do(&job, argv[0], snap_store_collect_work);
}
