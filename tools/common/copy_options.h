/* Files that go into a box before its program runs, and out of it afterwards; and what the program has changed. */
#ifndef COPY_OPTIONS_H
#define COPY_OPTIONS_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "pybox.h"

struct copy_pair {
    const char *from, *to;
};

struct copy_options {
    struct copy_pair *in, *out;
    size_t in_count, out_count;
    int changes; /* are to be told */
};

/* Values of getopt_long(): far from those of other tables. */
enum copy_option { COPY_OPTION_FIRST = 0x1000, COPY_OPTION_IN = COPY_OPTION_FIRST, COPY_OPTION_OUT, COPY_OPTION_CHANGES,
                   COPY_OPTION_END };

/* clang-format off */
#define COPY_OPTIONS_LONG \
    {"copy-in", required_argument, NULL, COPY_OPTION_IN}, \
    {"copy-out", required_argument, NULL, COPY_OPTION_OUT}, \
    {"changes", no_argument, NULL, COPY_OPTION_CHANGES}
/* clang-format on */

/* Takes one of them. `value` is kept, and cut into pieces. 0, or -1 after a message. */
int copy_options_take(struct copy_options *options, int option, char *value);
void copy_options_free(struct copy_options *options);

/* Copy all of them. The first that fails ends it. */
pybox_status copy_options_do_in(const struct copy_options *options, pybox_box *box);
pybox_status copy_options_do_out(const struct copy_options *options, pybox_box *box);

/* One line a change of the last run: "+", "~" or "-" (made, modified, removed) and the path. */
pybox_status copy_options_print(pybox_box *box, const char *path, pybox_since since, FILE *file);

/* The same as a JSON array of objects; `*array` is NULL on failure. */
pybox_status copy_options_json(pybox_box *box, const char *path, pybox_since since, cJSON **array);

#endif
