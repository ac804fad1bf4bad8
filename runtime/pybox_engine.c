#include <stdlib.h>

#include "error.h"
#include "handles.h"
#include "host_check.h"
#include "options.h"
#include "pagemap.h"
#include "trap.h"

#define DEFAULT_STACK_BYTES (UINT64_C(64) << 20)
#define MIN_STACK_BYTES (UINT64_C(256) << 10)
#define MAX_STACK_BYTES (UINT64_C(4) << 30)

pybox_status pybox_engine_create(const pybox_engine_options *options, pybox_engine **engine)
{
    if (engine == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "engine is NULL; expected where to store the handle");
    *engine = NULL;
    pybox_engine_options chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_engine_options");
    if (status != PYBOX_OK)
        return status;
    uint64_t stack_bytes = chosen.stack_bytes > 0 ? chosen.stack_bytes : DEFAULT_STACK_BYTES;
    if (stack_bytes < MIN_STACK_BYTES || stack_bytes > MAX_STACK_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "stack_bytes is %llu; expected 256 KiB to 4 GiB, or 0 for 64 MiB",
                         (unsigned long long)stack_bytes);
    if (chosen.signals != PYBOX_SIGNALS_LIBRARY && chosen.signals != PYBOX_SIGNALS_HOST)
        return error_set(PYBOX_ERROR_ARGUMENT, "signals is %d; expected a pybox_signals",
                         (int)chosen.signals);
    status = host_check();
    if (status == PYBOX_OK)
        status = chosen.signals == PYBOX_SIGNALS_LIBRARY ? trap_install() : trap_check_host();
    if (status != PYBOX_OK)
        return status;
    pybox_engine *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("an engine", sizeof *made);
    status = stack_pool_create(stack_bytes, &made->stacks);
    if (status != PYBOX_OK) {
        free(made);
        return status;
    }
    atomic_init(&made->holds, 1);
    (void)pagemap_probe(); /* opens what rollback needs: in a jail it could not (pybox_jail_enter()) */
    *engine = made;
    return PYBOX_OK;
}

struct pybox_engine *engine_hold(struct pybox_engine *engine)
{
    atomic_fetch_add_explicit(&engine->holds, 1, memory_order_relaxed);
    return engine;
}

void pybox_engine_destroy(pybox_engine *engine)
{
    if (engine == NULL || atomic_fetch_sub_explicit(&engine->holds, 1, memory_order_acq_rel) > 1)
        return;
    stack_pool_destroy(engine->stacks);
    free(engine);
}

int pybox_signal_handle(int signal_number, void *siginfo, void *ucontext)
{
    return trap_signal(signal_number, siginfo, ucontext);
}
