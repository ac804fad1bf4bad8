#include "box_options.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "human.h"

/* Makes room for one more element behind the `count` there are. NULL after a message. */
static void *box_options_grow(void *elements, size_t count, size_t element_bytes)
{
    void *grown = reallocarray(elements, count + 1, element_bytes);
    if (grown == NULL)
        complain("out of memory");
    return grown;
}

/* HOST:GUEST[:ro]; HOST may have colons, GUEST may not. */
static int box_options_mount(struct box_options *options, char *value)
{
    pybox_mount mount = {.host = value};
    char *colon = strrchr(value, ':');
    if (colon != NULL && (strcmp(colon, ":ro") == 0 || strcmp(colon, ":rw") == 0)) {
        mount.read_only = colon[2] == 'o';
        *colon = '\0';
        colon = strrchr(value, ':');
    }
    if (colon == NULL || colon == value || colon[1] != '/')
        return complain(
            "--mount wants HOST:GUEST or HOST:GUEST:ro, where GUEST is an absolute path "
            "in the box, as in --mount ./data:/data:ro");
    *colon = '\0';
    for (char *end = colon + strlen(colon + 1); end > colon + 1 && *end == '/'; end--)
        *end = '\0'; /* a shell completes a folder's name with a slash */
    mount.guest = colon + 1;
    pybox_mount *mounts = box_options_grow(options->mounts, options->mount_count, sizeof mount);
    if (mounts == NULL)
        return -1;
    mounts[options->mount_count++] = mount;
    options->mounts = mounts;
    return 0;
}

/* Adds a text that is kept as it is. */
static int box_options_add(const char ***texts, size_t *count, const char *value)
{
    const char **grown = box_options_grow(*texts, *count, sizeof *grown);
    if (grown == NULL)
        return -1;
    grown[(*count)++] = value;
    *texts = grown;
    return 0;
}

static int box_options_environment(struct box_options *options, const char *value)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return complain("--env wants NAME=VALUE, not '%s'", value);
    return box_options_add(&options->environment, &options->environment_count, value);
}

static int box_options_number(const char *name, const char *value, uint64_t *number, int *given)
{
    if (human_parse_number(value, number) != 0)
        return complain("%s wants a whole number from 0 to 2^64 - 1, not '%s'", name, value);
    *given = 1;
    return 0;
}

int box_options_take(struct box_options *options, int option, char *value)
{
    if (option >= BOX_OPTION_LIMITS && option < BOX_OPTION_END)
        return limit_options_take(&options->limits, option - BOX_OPTION_LIMITS, value);
    switch (option) {
    case BOX_OPTION_MODULE:
        options->module = value;
        return 0;
    case BOX_OPTION_IMAGE:
        options->image = value;
        return 0;
    case BOX_OPTION_PARENTS:
        return box_options_add(&options->parents, &options->parent_count, value);
    case BOX_OPTION_TRUSTED:
        options->trusted = 1;
        return 0;
    case BOX_OPTION_CWD:
        options->directory = value;
        return 0;
    case BOX_OPTION_MOUNT:
        return box_options_mount(options, value);
    case BOX_OPTION_ENV:
        return box_options_environment(options, value);
    case BOX_OPTION_SEED:
        return box_options_number("--seed", value, &options->seed, &options->has_seed);
    case BOX_OPTION_CLOCK:
        return box_options_number("--clock", value, &options->clock_ns, &options->has_clock);
    case BOX_OPTION_JAIL:
        if (value != NULL && strcmp(value, "kill") != 0)
            return complain("--jail wants nothing or --jail=kill, not '%s'", value);
        options->jail = value != NULL ? 2 : 1;
        return 0;
    default:
        return -1; /* '?': reported already */
    }
}

int box_options_writes(struct box_options *options, const char *path)
{
    return path == NULL ? 0 : box_options_add(&options->writes, &options->write_count, path);
}

void box_options_free(struct box_options *options)
{
    free(options->writes);
    free(options->mounts);
    free(options->environment);
    free(options->parents);
    *options = (struct box_options){0};
}

int box_options_next(int argc, char **argv, const char *letters, const struct option *table)
{
    int at = optind;
    opterr = 0;
    int option = getopt_long(argc, argv, letters, table, NULL);
    if (option == ':') {
        complain("option %s needs a value", argv[optind - 1]);
        return '?';
    }
    if (option == '?') /* operands may stand before it */
        complain("unknown option %s", argv[at][0] == '-' ? argv[at] : argv[optind - 1]);
    return option;
}
