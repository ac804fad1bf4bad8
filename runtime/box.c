#include "box.h"

#include <string.h>

#include "enter.h"
#include "error.h"
#include "trap.h"

struct guest_memory box_memory(const struct pybox_box *box)
{
    return (struct guest_memory){box->memory.base, memory_bytes(&box->memory)};
}

static struct trap_run box_describe_run(struct pybox_box *box, const struct stack *stack)
{
    const struct module_descriptor *descriptor = module_describe(box->module->native);
    return (struct trap_run){
        .env = &box->env,
        .code_start = descriptor->code_start,
        .code_end = descriptor->code_end,
        .memory = &box->memory,
        .stack = stack,
    };
}

/* After the guest has been left: the stack goes back, or waits with the run on it. */
static void box_leave(struct pybox_box *box, struct stack *stack, uint32_t trap)
{
    if (trap == MODULE_TRAP_YIELD)
        box->suspended = *stack;
    else
        stack_give(box->module->engine->stacks, stack);
}

pybox_status box_call(struct pybox_box *box, const struct module_export *export, uint64_t *values,
                      uint32_t *trap)
{
    struct stack stack;
    pybox_status status = stack_take(box->module->engine->stacks, &stack);
    if (status != PYBOX_OK)
        return status;
    if (box->phase == BOX_RUN)
        stack_limit(&stack, box->run_limits.stack_bytes);
    box->env.memory_base = box->memory.base;
    box->env.stop = 0;
    const struct trap_run run = box_describe_run(box, &stack);
    *trap = (uint32_t)trap_enter(&run, export->call, instance_storage(box->instance), values);
    box_leave(box, &stack, *trap);
    return PYBOX_OK;
}

uint32_t box_resume(struct pybox_box *box)
{
    struct stack stack = box->suspended;
    box->suspended = (struct stack){0};
    box->env.stop = 0;
    const struct trap_run run = box_describe_run(box, &stack);
    uint32_t trap = (uint32_t)trap_resume(&run);
    box_leave(box, &stack, trap);
    return trap;
}

void box_abandon(struct pybox_box *box)
{
    if (box->suspended.top != NULL)
        stack_give(box->module->engine->stacks, &box->suspended);
}

pybox_status box_check_rest(const struct pybox_box *box)
{
    switch (box->state) {
    case BOX_RUNNING:
        return error_set(PYBOX_ERROR_BUSY, "the box is running; a box does one thing at a time");
    case BOX_PENDING:
        return error_set(PYBOX_ERROR_BUSY,
                         "a run of the box is pending on its native stack%s; go on with it by "
                         "pybox_box_resume()",
                         box->wait.kind == PYBOX_WAIT_STACK
                             ? " (asyncio.run() or a synchronous call waits for the host: with top-level await the "
                               "box could be saved)"
                             : "");
    case BOX_WAITING:
        return error_set(PYBOX_ERROR_BUSY, "a run of the box waits for the host's answers; give them by "
                                           "pybox_box_answer() and go on with it by pybox_box_resume()");
    case BOX_DIRTY:
        return error_set(PYBOX_ERROR_DIRTY, "the box was cut off in the middle of a run; roll it back or "
                                            "destroy it");
    case BOX_FINISHED:
        return error_set(PYBOX_ERROR_DIRTY, "the box's program has ended; roll it back or destroy it");
    case BOX_IDLE:
        break;
    }
    return PYBOX_OK;
}

pybox_status box_check_still(const struct pybox_box *box)
{
    return box->state == BOX_WAITING ? PYBOX_OK : box_check_rest(box);
}

void box_wait(struct pybox_box *box, int has_account)
{
    box->state = BOX_WAITING;
    box->wait.kind = PYBOX_WAIT_HOST;
    box->wait.has_account = has_account;
    if (has_account) {
        box->wait.fuel = box->fuel;
        run_clock_rest(&box->clock);
    } else {
        stop_begin(&box->stop);
    }
}

pybox_status box_check_savable(const struct pybox_box *box)
{
    const struct module_descriptor *descriptor = module_describe(box->module->native);
    if ((descriptor->flags & MODULE_FLAG_UNSAVABLE) == 0)
        return PYBOX_OK;
    return error_set(PYBOX_ERROR_UNSUPPORTED,
                     "module %s changes its tables or drops segments; its state cannot be saved",
                     descriptor->name);
}

const char *box_trap_text(uint32_t trap)
{
    switch (trap) {
    case MODULE_TRAP_MEMORY:
        return "access outside the box's memory";
    case MODULE_TRAP_INT_OVERFLOW:
        return "integer overflow";
    case MODULE_TRAP_DIV_BY_ZERO:
        return "integer division by zero";
    case MODULE_TRAP_INVALID_CONVERSION:
        return "conversion of a float to an integer that cannot hold it";
    case MODULE_TRAP_UNREACHABLE:
        return "the program aborted";
    case MODULE_TRAP_CALL_INDIRECT:
        return "call through a wrong function pointer";
    case MODULE_TRAP_EXHAUSTION:
        return "native stack overflow";
    case MODULE_TRAP_EXIT:
        return "the program ended itself";
    case MODULE_TRAP_LIMIT:
        return "it does not come to an end";
    default:
        return "the host could not go on";
    }
}

/* Where the guest has room for so many bytes. */
static pybox_status box_ask_room(struct pybox_box *box, enum guest_export which, uint64_t bytes, uint8_t **to)
{
    uint64_t values[1] = {bytes};
    uint32_t trap;
    pybox_status status = box_call(box, box->module->guest[which], values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap != 0)
        return error_set(PYBOX_ERROR_GUEST, "the guest failed before the run: %s", box_trap_text(trap));
    if ((uint32_t)values[0] == 0)
        return error_set(PYBOX_ERROR_LIMIT,
                         "the box has no memory left for a request of %llu bytes; raise its "
                         "memory limit",
                         (unsigned long long)bytes);
    const struct guest_memory memory = box_memory(box);
    *to = guest_range(&memory, (uint32_t)values[0], bytes);
    if (*to == NULL)
        return error_set(PYBOX_ERROR_GUEST, "the guest broke its protocol (a buffer outside its "
                                            "memory): its code has been tampered with");
    return PYBOX_OK;
}

pybox_status box_put_room(struct pybox_box *box, const pybox_bytes *bytes)
{
    uint8_t *to;
    if (box->module->guest[GUEST_ROOM] == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT, "the module lacks " GUEST_EXPORT_ROOM "; build it anew");
    pybox_status status = box_ask_room(box, GUEST_ROOM, bytes->length, &to);
    if (status == PYBOX_OK)
        memcpy(to, bytes->bytes, bytes->length);
    return status;
}

pybox_status box_put_request(struct pybox_box *box, const struct box_part *parts, int count)
{
    uint64_t total = 0;
    for (int i = 0; i < count; i++)
        total += (uint64_t)parts[i].length + 1;
    if (total > INT32_MAX)
        return error_set(PYBOX_ERROR_LIMIT, "a request of %llu bytes; expected at most 2 GiB",
                         (unsigned long long)total);
    uint8_t *to;
    pybox_status status = box_ask_room(box, GUEST_BUFFER, total, &to);
    if (status != PYBOX_OK)
        return status;
    for (int i = 0; i < count; i++) {
        memcpy(to, parts[i].bytes, parts[i].length);
        to[parts[i].length] = '\0';
        to += parts[i].length + 1;
    }
    return PYBOX_OK;
}
