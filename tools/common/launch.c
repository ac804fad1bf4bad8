#include "launch.h"

pybox_status launch_open(struct launch *launch, const struct box_options *options, int from_nothing)
{
    *launch = (struct launch){0};
    pybox_status status = pybox_engine_create(NULL, &launch->engine);
    if (status == PYBOX_OK)
        status = pybox_module_open(launch->engine, options->module, &launch->module);
    if (status == PYBOX_OK && !from_nothing)
        status = pybox_image_open(launch->module, options->image, &launch->image);
    if (status != PYBOX_OK)
        launch_close(launch);
    return status;
}

pybox_status launch_box(struct launch *launch, const struct box_options *options,
                        const struct launch_program *program)
{
    pybox_box_destroy(launch->box);
    launch->box = NULL;
    pybox_box_options box = {
        .size = sizeof box,
        .arguments = program->arguments,
        .argument_count = program->argument_count,
        .environment = options->environment,
        .environment_count = options->environment_count,
        .mounts = options->mounts,
        .mount_count = options->mount_count,
        .directory = options->directory,
        .input_callback = streams_read,
        .input_context = program->streams,
        .output = program->capture ? NULL : streams_write,
        .output_context = program->streams,
        .limits = &options->limits,
        .seed = options->has_seed ? &options->seed : NULL,
        .clock_ns = options->has_clock ? &options->clock_ns : NULL,
        .terminal = program->terminal,
    };
    return pybox_box_create(launch->module, launch->image, &box, &launch->box);
}

void launch_close(struct launch *launch)
{
    pybox_box_destroy(launch->box);
    pybox_image_close(launch->image);
    pybox_module_close(launch->module);
    pybox_engine_destroy(launch->engine);
    *launch = (struct launch){0};
}
