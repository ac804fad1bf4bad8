#include "launch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "complain.h"
#include "exit_code.h"
#include "interrupts.h"
#include "jail_entry.h"
#include "parent_folders.h"
#include "progress.h"

#define DEFAULT_MEMORY_BYTES (UINT64_C(512) << 20) /* of pybox_limits */

static pybox_status launch_engine(struct launch *launch, const struct box_options *options)
{
    *launch = (struct launch){0};
    const pybox_engine_options engine = {
        .size = sizeof engine,
        .stack_bytes = options->limits.stack_bytes,
    };
    return pybox_engine_create(&engine, &launch->engine);
}

pybox_status launch_image(struct launch *launch, const struct box_options *options)
{
    struct parent_folders parents;
    parent_folders_collect(&parents, options, launch->module, options->image);
    /* Not first decoded, and then refused by the box. */
    parents.open.memory_bytes =
        options->limits.memory_bytes > 0 ? options->limits.memory_bytes : DEFAULT_MEMORY_BYTES;
    pybox_status status =
        pybox_image_load(launch->module, options->image, &parents.open, &launch->image);
    parent_folders_free(&parents);
    return status;
}

pybox_status launch_open(struct launch *launch, const struct box_options *options, int from_nothing)
{
    pybox_status status = launch_engine(launch, options);
    if (status == PYBOX_OK)
        status = pybox_module_open(launch->engine, options->module, &launch->module);
    if (status == PYBOX_OK && !from_nothing)
        status = launch_image(launch, options);
    if (status != PYBOX_OK)
        launch_close(launch);
    return status;
}

pybox_status launch_open_linked(struct launch *launch, const struct box_options *options,
                                const pybox_linked_module *linked)
{
    pybox_status status = launch_engine(launch, options);
    if (status == PYBOX_OK)
        status = pybox_module_open_linked(launch->engine, linked, &launch->module);
    if (status != PYBOX_OK)
        launch_close(launch);
    return status;
}

/* pybox_requirement_callback. */
static int launch_tell_requirement(void *context, const char *package, const char *requirement)
{
    const char *advice = strncmp(requirement, "Python ", 7) == 0 ? "" : "; add it with another --package";
    (void)context;
    complain("note: package %s wants %s, which is not there%s", package, requirement, advice);
    return 0;
}

/* Replaces a package by its compiled form. */
static pybox_status launch_compile(struct launch *launch, pybox_package **package)
{
    pybox_package *compiled;
    progress_begin("compiling %s", pybox_package_inform(*package)->name);
    pybox_status status = pybox_package_compile(*package, launch->image, &compiled);
    progress_end();
    if (status == PYBOX_OK) {
        pybox_package_close(*package);
        *package = compiled;
    }
    return status;
}

/* --jail, once. */
static pybox_status launch_jail(struct launch *launch, const struct box_options *options)
{
    if (!options->jail || launch->jailed)
        return PYBOX_OK;
    pybox_status status = jail_entry(options);
    launch->jailed = status == PYBOX_OK;
    return status;
}

pybox_status launch_packages(struct launch *launch, const struct box_options *options, int compile)
{
    pybox_status status = PYBOX_OK;
    if (launch->packages != NULL || options->package_count == 0)
        return PYBOX_OK;
    launch->packages = calloc(options->package_count, sizeof *launch->packages);
    if (launch->packages == NULL)
        return PYBOX_ERROR_NO_MEMORY;
    for (size_t i = 0; i < options->package_count && status == PYBOX_OK; i++) {
        status = pybox_package_open(options->packages[i], NULL, &launch->packages[i]);
        launch->package_count += status == PYBOX_OK;
    }
    if (status == PYBOX_OK)
        status = launch_jail(launch, options); /* compiling them runs the guest */
    if (status == PYBOX_OK)
        status = pybox_package_check((const pybox_package *const *)launch->packages, launch->package_count,
                                     launch->image, launch_tell_requirement, NULL);
    for (size_t i = 0; compile && i < launch->package_count && status == PYBOX_OK; i++)
        status = launch_compile(launch, &launch->packages[i]);
    return status;
}

pybox_status launch_box(struct launch *launch, const struct box_options *options,
                        const struct launch_program *program)
{
    pybox_box_destroy(launch->box);
    launch->box = NULL;
    pybox_status status = launch_packages(launch, options, 0);
    if (status != PYBOX_OK)
        return status;
    launch->streams = program->streams;
    launch->wall_ns = options->limits.wall_ns;
    status = launch_jail(launch, options);
    if (status != PYBOX_OK)
        return status;
    pybox_box_options box = {
        .size = sizeof box,
        .arguments = program->arguments,
        .argument_count = program->argument_count,
        .environment = options->environment,
        .environment_count = options->environment_count,
        .mounts = options->mounts,
        .mount_count = options->mount_count,
        .packages = (const pybox_package *const *)launch->packages,
        .package_count = launch->package_count,
        .preopens = options->preopens,
        .preopen_count = options->preopen_count,
        .directory = options->directory,
        .input_callback = program->input != NULL ? program->input : streams_read,
        .input_context = program->input != NULL ? program->input_context : program->streams,
        .output = program->capture ? NULL : streams_write,
        .output_context = program->streams,
        .limits = &options->limits,
        .seed = options->has_seed ? &options->seed : NULL,
        .clock_ns = options->has_clock ? &options->clock_ns : NULL,
        .terminal = program->terminal,
        .rollback = options->rollback,
        .preset = options->preset,
    };
    return pybox_box_create(launch->module, launch->image, &box, &launch->box);
}

static void launch_begin(struct launch *launch)
{
    launch->streams->until_ns = UINT64_MAX;
    if (launch->wall_ns > 0 && launch->wall_ns < (uint64_t)INT64_MAX) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        launch->streams->until_ns =
            (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + launch->wall_ns;
    }
    interrupts_to(launch->box);
}

static pybox_status launch_end(struct launch *launch, pybox_status status)
{
    launch->signal = interrupts_end();
    launch->streams->until_ns = UINT64_MAX;
    return status;
}

/* What a program asks the host by hand: a command has no host functions, and nobody else answers. */
static pybox_status launch_refuse_requests(pybox_box *box)
{
    const pybox_request *requests;
    size_t count;
    pybox_status status = pybox_box_requests(box, &requests, &count);
    for (size_t i = 0; i < count && status == PYBOX_OK; i++)
        status = pybox_box_answer_error(box, requests[i].id, NULL, "a command answers no requests");
    return status;
}

pybox_status launch_run(struct launch *launch, const pybox_run *run, const pybox_result **result)
{
    launch_begin(launch);
    pybox_status status = pybox_box_run(launch->box, run, result);
    while (status == PYBOX_OK && (*result)->outcome == PYBOX_PENDING) {
        status = launch_refuse_requests(launch->box);
        if (status == PYBOX_OK)
            status = pybox_box_resume(launch->box, NULL, result);
    }
    return launch_end(launch, status);
}

pybox_status launch_finish(struct launch *launch, const pybox_result **result)
{
    launch_begin(launch);
    return launch_end(launch, pybox_box_finish(launch->box, result));
}

pybox_status launch_start(struct launch *launch, const pybox_result **result)
{
    launch_begin(launch);
    return launch_end(launch, pybox_box_start(launch->box, result));
}

int launch_exit_code(const struct launch *launch, const pybox_result *result)
{
    if (result->outcome == PYBOX_INTERRUPTED && launch->signal == SIGTERM)
        return EXIT_CODE_TERMINATED;
    return exit_code_of(result);
}

void launch_close(struct launch *launch)
{
    pybox_box_destroy(launch->box);
    for (size_t i = 0; i < launch->package_count; i++)
        pybox_package_close(launch->packages[i]);
    free(launch->packages);
    pybox_image_close(launch->image);
    pybox_module_close(launch->module);
    pybox_engine_destroy(launch->engine);
    *launch = (struct launch){0};
}
