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

/* What may stand behind GUEST. */
static const struct mount_word {
    const char *word;
    pybox_mount_kind kind;
    int read_only;
    int has_host;
} mount_words[] = {
    {"rw", PYBOX_MOUNT_HOST, 0, 1},      {"ro", PYBOX_MOUNT_HOST, 1, 1},
    {"overlay", PYBOX_MOUNT_OVERLAY, 0, 1}, {"archive", PYBOX_MOUNT_ARCHIVE, 0, 1},
    {"memory", PYBOX_MOUNT_MEMORY, 0, 0},
};

/* HOST:GUEST[:KIND]; HOST may have colons, GUEST may not. */
static int box_options_mount(struct box_options *options, char *value)
{
    const struct mount_word *how = &mount_words[0];
    char *colon = strrchr(value, ':');
    for (size_t i = 0; colon != NULL && i < sizeof mount_words / sizeof *mount_words; i++) {
        if (strcmp(colon + 1, mount_words[i].word) != 0)
            continue;
        how = &mount_words[i];
        *colon = '\0';
        colon = strrchr(value, ':');
        break;
    }
    if (colon == NULL || (colon != value) != how->has_host || colon[1] != '/')
        return complain(
            "--mount wants HOST:GUEST or HOST:GUEST:KIND, where GUEST is an absolute path in the box and KIND is rw, "
            "ro, overlay or archive (or :GUEST:memory), as in --mount ./data:/data:ro");
    pybox_mount mount = {
        .host = how->has_host ? value : NULL,
        .read_only = how->read_only,
        .kind = how->kind,
    };
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

/* The limits are looked at here, too: what is not given has the preset's, wherever that stands. */
static int box_options_preset(struct box_options *options, const char *value)
{
    if (pybox_preset_find(value, &options->preset) != PYBOX_OK)
        return complain("--preset wants strict, normal or permissive, not '%s'", value);
    limit_options_prefer(&options->limits, pybox_preset_limits(options->preset));
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
    case BOX_OPTION_PREOPEN:
        return box_options_add(&options->preopens, &options->preopen_count, value);
    case BOX_OPTION_MOUNT:
        return box_options_mount(options, value);
    case BOX_OPTION_PACKAGE:
        return box_options_add(&options->packages, &options->package_count, value);
    case BOX_OPTION_ENV:
        return box_options_environment(options, value);
    case BOX_OPTION_PRESET:
        return box_options_preset(options, value);
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

int box_options_reads(struct box_options *options, const char *path)
{
    return box_options_add(&options->reads, &options->read_count, path);
}

void box_options_free(struct box_options *options)
{
    free(options->writes);
    free(options->reads);
    free(options->mounts);
    free(options->packages);
    free(options->environment);
    free(options->preopens);
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
