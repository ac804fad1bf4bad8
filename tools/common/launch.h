/* From a command's options to a box that is ready to run. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "box_options.h"
#include "pybox.h"
#include "streams.h"

struct launch {
    pybox_engine *engine;
    pybox_module *module;
    pybox_image *image; /* NULL: boxes are started from nothing */
    pybox_box *box;
};

/* How the program in the box sees the world, beside the options. */
struct launch_program {
    const char *const *arguments; /* sys.argv */
    size_t argument_count;
    struct streams *streams;
    int capture;  /* output is kept in the results; else it goes to the streams */
    int terminal; /* the streams are a person at a terminal */
};

/* Opens engine, module and image (unless `from_nothing`). On failure `launch` is empty. */
pybox_status launch_open(struct launch *launch, const struct box_options *options,
                         int from_nothing);

/* Makes the box; one that is there already is destroyed first. */
pybox_status launch_box(struct launch *launch, const struct box_options *options,
                        const struct launch_program *program);

void launch_close(struct launch *launch);

#endif
