#include "run_request.h"

#include "error.h"
#include "host_frame.h"
#include "run.h"

pybox_status run_request(struct pybox_box *box, const struct run_request *request,
                         const pybox_result **result)
{
    const struct module_export *export = box->module->guest[request->export];
    if (export == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT, "module %s lacks an export that this needs; build it anew",
                         module_describe(box->module->native)->name);
    pybox_status status = run_begin(box, request->limits);
    if (status != PYBOX_OK)
        return status;
    run_set_context(box, request->context);
    status = run_prepare(box);
    const int is_nested = host_frame_in_nested_run(box);
    if (!is_nested && !request->is_kept)
        vfs_begin_run(box->vfs);
    if (status == PYBOX_OK && !is_nested)
        status = trace_prepare(box, request->traced);
    if (status == PYBOX_OK && request->room != NULL)
        status = box_put_room(box, request->room);
    if (status == PYBOX_OK)
        status = box_put_request(box, request->parts, request->part_count);
    if (status == PYBOX_OK) {
        box->refill = request->refill;
        box->refill_context = request->refill_context;
        box->profiling = request->is_profiled;
        if (!is_nested)
            box->is_kept = request->is_kept;
        for (int i = 0; i < 3; i++)
            box->values[i] = request->values[i];
        if (!is_nested && box->trace.callback != NULL)
            box->values[0] |= GUEST_RUN_TRACE;
        status = run_call(box, export, BOX_IDLE, 1);
    }
    return run_end(box, status, result);
}
