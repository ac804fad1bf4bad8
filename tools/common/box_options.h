/* The options that every command that makes a box understands: what it is made from and what it may
 * do. */
#ifndef BOX_OPTIONS_H
#define BOX_OPTIONS_H

#include <getopt.h>

#include "limit_options.h"
#include "pybox.h"

struct box_options {
    const char *module; /* NULL: the one installed with pybox */
    const char *image;  /* NULL: the base image */
    const char **parents; /* folders where those of a delta are looked for, beside the usual ones */
    size_t parent_count;
    int trusted; /* a mapped image is not copied */
    const char *directory;
    pybox_mount *mounts;
    size_t mount_count;
    const char **packages; /* paths of wheels and folders */
    size_t package_count;
    const char **environment;
    size_t environment_count;
    const char **preopens;
    size_t preopen_count;
    pybox_limits limits;
    uint64_t seed, clock_ns;
    int has_seed, has_clock;
    pybox_rollback rollback;
    pybox_preset preset;
    int jail; /* of pybox_jail_enter(), before the program runs: 1; 2: everything that is refused ends the process */
    int jail_terminal; /* in which the command edits lines at a terminal */
    const char **writes; /* files and folders of the host that the command itself will write by then */
    size_t write_count;
    const char **reads; /* ... and will read after it is in the jail */
    size_t read_count;
};

/* The values that getopt_long() returns for them: outside the range of characters. */
enum box_option {
    BOX_OPTION_FIRST = 0x100,
    BOX_OPTION_MODULE = BOX_OPTION_FIRST,
    BOX_OPTION_IMAGE,
    BOX_OPTION_PARENTS,
    BOX_OPTION_TRUSTED,
    BOX_OPTION_MOUNT,
    BOX_OPTION_PACKAGE,
    BOX_OPTION_ENV,
    BOX_OPTION_CWD,
    BOX_OPTION_PREOPEN, /* of programs that pybox-aot made only: with an image its descriptors count */
    BOX_OPTION_SEED,
    BOX_OPTION_CLOCK,
    BOX_OPTION_PRESET,
    BOX_OPTION_JAIL,
    BOX_OPTION_LIMITS, /* the first of LIMIT_OPTION_COUNT */
    BOX_OPTION_END = BOX_OPTION_LIMITS + LIMIT_OPTION_COUNT
};

/* Their entries in a command's table of long options: all, those for what the program in the box sees and may use, and
 * those for how snapshots are opened. */
/* clang-format off */
#define BOX_OPTION_LIMIT(id, name, ...) \
    {name, required_argument, NULL, BOX_OPTION_LIMITS + LIMIT_OPTION_##id},
#define BOX_OPTIONS_WORLD \
    LIMIT_OPTIONS(BOX_OPTION_LIMIT) \
    {"mount", required_argument, NULL, BOX_OPTION_MOUNT}, \
    {"package", required_argument, NULL, BOX_OPTION_PACKAGE}, \
    {"env", required_argument, NULL, BOX_OPTION_ENV}, \
    {"cwd", required_argument, NULL, BOX_OPTION_CWD}, \
    {"seed", required_argument, NULL, BOX_OPTION_SEED}, \
    {"clock", required_argument, NULL, BOX_OPTION_CLOCK}, \
    {"preset", required_argument, NULL, BOX_OPTION_PRESET}, \
    {"jail", optional_argument, NULL, BOX_OPTION_JAIL}
#define BOX_OPTIONS_OPEN \
    {"module", required_argument, NULL, BOX_OPTION_MODULE}, \
    {"parents", required_argument, NULL, BOX_OPTION_PARENTS}, \
    {"trusted", no_argument, NULL, BOX_OPTION_TRUSTED}
#define BOX_OPTIONS_LONG \
    BOX_OPTIONS_WORLD, \
    BOX_OPTIONS_OPEN, \
    {"image", required_argument, NULL, BOX_OPTION_IMAGE}
/* clang-format on */

/* Takes one of them. `value` is kept, and cut into pieces. 0, or -1 after a message on standard
 * error. */
int box_options_take(struct box_options *options, int option, char *value);

/* The command will write there. NULL is nothing. 0, or -1 after a message. */
int box_options_writes(struct box_options *options, const char *path);

/* The command will read there once the box is made; as above. */
int box_options_reads(struct box_options *options, const char *path);

void box_options_free(struct box_options *options);

/* The next option of getopt_long(), or -1 behind the last; an unknown option or a missing value is
 * reported on standard error and gives '?'. */
int box_options_next(int argc, char **argv, const char *letters, const struct option *table);

#endif
