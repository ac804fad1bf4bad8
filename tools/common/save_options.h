/* The options that say how a state is written. */
#ifndef SAVE_OPTIONS_H
#define SAVE_OPTIONS_H

#include "box_options.h"

struct save_options {
    const char *path; /* NULL: nothing is written */
    pybox_save_options how;
    const char *given; /* the last of the options below but --save, without its dashes; NULL: none */
};

/* The values that getopt_long() returns for them. */
enum save_option {
    SAVE_OPTION_FIRST = BOX_OPTION_END,
    SAVE_OPTION_SAVE = SAVE_OPTION_FIRST,
    SAVE_OPTION_DELTA,
    SAVE_OPTION_MAPPED,
    SAVE_OPTION_LEVEL,
    SAVE_OPTION_METADATA,
    SAVE_OPTION_END
};

/* Entries in a table of long options: how a full snapshot is written, a full one or a delta, and after a run. */
/* clang-format off */
#define SAVE_OPTIONS_FULL \
    {"mapped", no_argument, NULL, SAVE_OPTION_MAPPED}, \
    {"level", required_argument, NULL, SAVE_OPTION_LEVEL}, \
    {"metadata", required_argument, NULL, SAVE_OPTION_METADATA}
#define SAVE_OPTIONS_LONG \
    SAVE_OPTIONS_FULL, \
    {"delta", no_argument, NULL, SAVE_OPTION_DELTA}
#define SAVE_OPTIONS_RUN \
    SAVE_OPTIONS_LONG, \
    {"save", required_argument, NULL, SAVE_OPTION_SAVE}
/* clang-format on */

/* Whether those that were taken go together. 0, or -1 after a message. */
int save_options_check(const struct save_options *options);

/* Takes one of them. `value` is kept. 0, or -1 after a message on standard error. */
int save_options_take(struct save_options *options, int option, const char *value);

#endif
