#include "trace.h"

#include <string.h>

#include "box.h"
#include "error.h"

#define TRACE_ALL (PYBOX_TRACE_CALL | PYBOX_TRACE_LINE | PYBOX_TRACE_RETURN | PYBOX_TRACE_RAISE)
#define TRACE_MOST UINT64_C(1000000)
#define TRACE_PATTERN_MOST 500

/* They are given on as they are. */
_Static_assert((int)PYBOX_TRACE_CALL == GUEST_TRACE_CALL && (int)PYBOX_TRACE_LINE == GUEST_TRACE_LINE &&
                   (int)PYBOX_TRACE_RETURN == GUEST_TRACE_RETURN && (int)PYBOX_TRACE_RAISE == GUEST_TRACE_RAISE,
               "the guest's events are the header's");

pybox_status trace_prepare(struct pybox_box *box, const pybox_run *run)
{
    box->trace = (struct trace){0};
    if (run == NULL || run->trace == NULL)
        return PYBOX_OK;
    const char *files = run->trace_files != NULL ? run->trace_files : "*";
    const struct box_part pattern = {files, strlen(files)};
    const uint32_t events = run->trace_events != 0 ? run->trace_events : TRACE_ALL;
    uint64_t values[2] = {events, pattern.length};
    uint32_t trap;
    if ((events & ~(uint32_t)TRACE_ALL) != 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "trace_events is %u; expected bits of pybox_trace_event", events);
    if (pattern.length > TRACE_PATTERN_MOST)
        return error_set(PYBOX_ERROR_ARGUMENT, "trace_files has %zu bytes; expected at most %d",
                         pattern.length, TRACE_PATTERN_MOST);
    if (box->module->guest[GUEST_TRACE] == NULL)
        return error_set(PYBOX_ERROR_UNSUPPORTED, "the module cannot trace its runs");
    pybox_status status = box_put_request(box, &pattern, 1);
    if (status == PYBOX_OK)
        status = box_call(box, box->module->guest[GUEST_TRACE], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return error_set(PYBOX_ERROR_GUEST, "the guest failed before the run: %s", box_trap_text(trap));
    box->trace = (struct trace){run->trace, run->trace_context,
                                run->trace_most != 0 ? run->trace_most : TRACE_MOST};
    return PYBOX_OK;
}

void trace_import(struct pybox_box *box, uint64_t *values)
{
    const struct guest_memory memory = box_memory(box);
    const uint32_t event = (uint32_t)values[0], line = (uint32_t)values[3];
    const uint32_t lengths[2] = {(uint32_t)values[2], (uint32_t)values[5]};
    const struct guest_text texts[2] = {
        {(const char *)guest_range(&memory, (uint32_t)values[1], lengths[0]), lengths[0]},
        {(const char *)guest_range(&memory, (uint32_t)values[4], lengths[1]), lengths[1]},
    };
    char file[TRACE_TEXT_MOST + 1], function[TRACE_TEXT_MOST + 1];
    struct trace *trace = &box->trace;
    values[0] = 1;
    const int is_event = event == PYBOX_TRACE_CALL || event == PYBOX_TRACE_LINE ||
                         event == PYBOX_TRACE_RETURN || event == PYBOX_TRACE_RAISE;
    if (trace->callback == NULL || trace->left == 0 || !is_event || texts[0].bytes == NULL || texts[1].bytes == NULL)
        return;
    guest_text_copy_line(file, sizeof file, &texts[0]);
    guest_text_copy_line(function, sizeof function, &texts[1]);
    trace->left--;
    if (trace->callback(trace->context, (pybox_trace_event)event, file, line, function) != 0) {
        trace->left = 0;
        stop_ask(&box->stop, PYBOX_INTERRUPT_STOP);
    }
    values[0] = trace->left == 0;
}
