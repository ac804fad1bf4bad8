/* Copies of a box. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "box.h"
#include "error.h"
#include "point.h"

/* What the host has said of the box, and what it has been told. */
static pybox_status clone_options(const pybox_box *box, const struct box_contexts *contexts,
                                  pybox_box *made)
{
    made->limits = made->run_limits = box->limits;
    made->policy = box->policy;
    made->keeps_set_up = box->keeps_set_up;
    made->seeded = box->seeded;
    made->configured = box->configured;
    made->unrestored = box->seeded ? box->unrestored : 1;
    made->renewals = box->renewals;
    made->output.callback = box->output.callback;
    made->output.context = contexts->output;
    made->output.limit_bytes = box->limits.output_bytes;
    made->display.callback = box->display.callback;
    made->display.context = contexts->display;
    made->input_callback = box->input_callback;
    made->input_context = contexts->input;
    made->packages = box->packages != NULL ? vfs_archive_hold(box->packages) : NULL;
    stop_begin(&made->stop);
    if (box->wait.kind == PYBOX_WAIT_HOST)
        box_wait(made, 0);
    if (box->functions != NULL)
        made->functions = functions_hold_again(box->functions);
    if (box->input != NULL) {
        made->input = malloc(box->input_length);
        if (made->input == NULL)
            return error_set_memory("standard input", box->input_length);
        memcpy(made->input, box->input, box->input_length);
        made->input_length = box->input_length;
        made->input_used = box->input_used;
    }
    if (box->configuration != NULL) {
        size_t bytes = strlen(box->configuration) + 1;
        made->configuration = cJSON_malloc(bytes);
        if (made->configuration == NULL)
            return error_set_memory("a box's options", bytes);
        memcpy(made->configuration, box->configuration, bytes);
    }
    return PYBOX_OK;
}

/* What the guest has. */
static pybox_status clone_state(pybox_box *box, pybox_box *made)
{
    pybox_status status = vfs_clone(box->vfs, &made->vfs);
    if (status == PYBOX_OK)
        status = wasi_clone(box->wasi, made, made->vfs, &made->wasi);
    if (status == PYBOX_OK)
        status = box_build_memory(made);
    if (status != PYBOX_OK)
        return status;
    rollback_enter(made->rollback);
    status = rollback_clone(box->rollback, made->rollback);
    if (status != PYBOX_OK)
        return status;
    instance_set_pages(made->instance, made->memory.pages);
    const uint32_t globals = module_describe(box->module->native)->global_count;
    for (uint32_t i = 0; i < globals; i++)
        instance_set_global(made->instance, i, instance_global(box->instance, i));
    return PYBOX_OK;
}

pybox_status box_clone(pybox_box *box, const struct box_contexts *contexts,
                       const enum point_kind *origin, pybox_box **clone)
{
    *clone = NULL;
    pybox_box *made = box_allocate(box->module, box->image);
    if (made == NULL)
        return error_set_memory("a box", sizeof *made);
    made->first_run = origin != NULL && *origin == POINT_IMAGE; /* else it has more than its image */
    pybox_status status = clone_options(box, contexts, made);
    if (status == PYBOX_OK)
        status = clone_state(box, made);
    if (status == PYBOX_OK)
        status = box_list_lost_files(made);
    if (status == PYBOX_OK && origin != NULL)
        status = point_push(made, *origin);
    if (status != PYBOX_OK) {
        pybox_box_destroy(made);
        return status;
    }
    *clone = made;
    return PYBOX_OK;
}

pybox_status pybox_box_clone(pybox_box *box, void *context, pybox_box **clone)
{
    if (box == NULL || clone == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or clone is NULL; expected both");
    *clone = NULL;
    pybox_status status = box_check_still(box);
    if (status == PYBOX_OK)
        status = box_check_savable(box);
    if (status != PYBOX_OK)
        return status;
    const struct box_contexts contexts = {context, context, context};
    const enum point_kind origin = POINT_ORIGIN;
    return box_clone(box, &contexts, point_keeps_origin(box) ? &origin : NULL, clone);
}
