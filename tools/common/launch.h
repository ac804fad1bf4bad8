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
    pybox_package **packages; /* of the options, opened with the first box */
    size_t package_count;
    pybox_box *box;
    struct streams *streams; /* of the box */
    uint64_t wall_ns;        /* that a run may take: waiting for a stream ends then; 0: for ever */
    int jailed;
    int signal;              /* the last one that came during the last run, or 0 */
};

/* How the program in the box sees the world, beside the options. */
struct launch_program {
    const char *const *arguments; /* sys.argv */
    size_t argument_count;
    struct streams *streams;
    pybox_input_callback *input; /* NULL: streams_read() */
    void *input_context;
    int capture;  /* output is kept in the results; else it goes to the streams */
    int terminal; /* the streams are a person at a terminal */
};

/* Opens engine, module and image (unless `from_nothing`). On failure `launch` is empty. */
pybox_status launch_open(struct launch *launch, const struct box_options *options,
                         int from_nothing);

/* The same with a module that is linked in, without an image. */
pybox_status launch_open_linked(struct launch *launch, const struct box_options *options,
                                const pybox_linked_module *linked);

/* Opens the image of the options, if launch_open() has not. */
pybox_status launch_image(struct launch *launch, const struct box_options *options);

/* Opens the packages of the options, if that is not done; tells on standard error what they need and nobody has. With
 * `compile` they are compiled. */
pybox_status launch_packages(struct launch *launch, const struct box_options *options, int compile);

/* Makes the box; one that is there already is destroyed first. Opens the packages if launch_packages() has not. With
 * --jail the process is in it from then on. */
pybox_status launch_box(struct launch *launch, const struct box_options *options,
                        const struct launch_program *program);

/* pybox_box_run(), _finish() and _start(), with signals and waiting as interrupts.h says. */
pybox_status launch_run(struct launch *launch, const pybox_run *run, const pybox_result **result);
pybox_status launch_finish(struct launch *launch, const pybox_result **result);
pybox_status launch_start(struct launch *launch, const pybox_result **result);

/* What the command exits with after that run, the last one. */
int launch_exit_code(const struct launch *launch, const pybox_result *result);

void launch_close(struct launch *launch);

#endif
