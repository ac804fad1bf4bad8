/*
 * Running guest code so that it can be cut off: by a trap of its own, or by a fault of its.
 *
 * A fault (SIGSEGV, SIGBUS) is the guest's only if the thread is in trap_enter(), on its innermost
 * run's side, and
 *   - the instruction is in the module's code and the address in the box's memory reservation, or
 *   - the address is in the guard of the run's stack, and the instruction in the module's code or
 * the stack pointer on that stack (libm's leaf functions run there: the page they need may be the
 * guard's), or
 *   - there is no address, as the kernel could not write a signal frame on the full guest's stack.
 * Everything else is the host's, and goes to the handler that was there before.
 *
 * A handler of the host's for another signal that is not SA_ONSTACK runs on the guest's stack if it
 * comes while guest code runs. If it overflows that stack, it is cut off with the guest: use
 * SA_ONSTACK.
 */
#ifndef TRAP_H
#define TRAP_H

#include <stdint.h>

#include "memory.h"
#include "module_abi.h"
#include "pybox.h"
#include "stack.h"

/* One call into a box. All of it is the caller's, and stays as it is until trap_enter() returns; of
 * `memory` only `base` is used. */
struct trap_run {
    struct module_env *env;
    const uint8_t *code_start, *code_end;
    const struct memory *memory;
    const struct stack *stack;
};

/* Installs the process's SIGSEGV and SIGBUS handlers, once; they stay. What is not a guest's fault
 * goes on to the handlers found then, as the kernel would have called them. Any thread. Errors:
 * UNSUPPORTED. */
pybox_status trap_install(void);

/* For hosts that handle the signals themselves: both must have an SA_SIGINFO handler on the
 * alternate stack (SA_ONSTACK), which is to call trap_signal(). Errors: ARGUMENT. */
pybox_status trap_check_host(void);

/* To be called by a signal handler with its arguments. 1: it was a guest's fault and the handler
 * must return now; the thread then goes on at the end of trap_enter(), with the signal mask it had.
 * 0: it was not, and nothing was changed. Async-signal-safe. */
int trap_signal(int signal_number, void *siginfo, void *ucontext);

/*
 * Calls call(instance, values), an export of a module, on the run's stack. 0, or the MODULE_TRAP_*
 * code that cut it off; MODULE_TRAP_HOST with nothing run if the thread lacks an alternate signal
 * stack and none can be had (a thread gets one with its first run, freed with the thread). Runs may
 * nest: a host call may enter the same or another box on another stack.
 */
int trap_enter(const struct trap_run *run, void (*call)(void *, uint64_t *), void *instance,
               uint64_t *values);

/* Goes on with a run that was left with MODULE_TRAP_YIELD, on the same thread and stack; returns as trap_enter(). */
int trap_resume(const struct trap_run *run);

/* What module_bind_trap() is given: cuts off the calling thread's innermost run. Does not return.
 * Only on the guest's stack. */
void trap_raise(uint32_t code);

#endif
