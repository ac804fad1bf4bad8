/*
 * From the host's stack to the guest's and back (enter.S). Use trap_enter(): this is its machine
 * part.
 */
#ifndef ENTER_H
#define ENTER_H

/* What enter_guest() leaves at env->host_stack, in 8-byte slots, for enter_leave(). */
#define ENTER_FRAME_HOST_STACK 0
#define ENTER_FRAME_GS 8
#define ENTER_FRAME_MXCSR 16
#define ENTER_FRAME_X87 20
#define ENTER_FRAME_BYTES 40 /* 5 slots, so that the frame is 16-byte aligned */

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "module_abi.h"

/*
 * Calls call(instance, values) on the stack that ends at `stack_top` (16-byte aligned), with gs based at
 * env->memory_base, mm0 as env->fuel says (module_abi.h) and floating point as wasm has it (round to nearest, nothing
 * flushed to zero, no traps). Meanwhile env->host_stack is where host calls run: below this call's frame. Afterwards
 * registers, floating point control words, gs and env->host_stack are as before. Entries nest, on any thread, in the
 * same or another env, as long as each has a stack region of its own and they are left innermost first. Returns 0, or
 * what enter_leave() was given.
 */
int enter_guest(struct module_env *env, void *stack_top, void (*call)(void *, uint64_t *),
                void *instance, uint64_t *values);

/*
 * Goes on with an entry that was left with MODULE_TRAP_YIELD while it made a host call: behind that call,
 * with env->fuel and env->stop as they are now. On the thread that made the entry, whose stack must not
 * have been touched. Returns as enter_guest() does.
 */
int enter_resume(struct module_env *env);

/*
 * Goes on with an entry into `env` that was left by enter_leave(env, MODULE_TRAP_YIELD) in a host call: that
 * call returns to the guest, on the stack where env->guest_stack is. Returns as enter_guest(), to this caller.
 * On the thread that entered; env->stop is 0.
 */
int enter_resume(struct module_env *env);

/*
 * Cuts off the innermost entry into `env` on this thread: enter_guest() returns `code`, not 0. Only
 * where no host frame lies above that entry: on the guest's stack, or as the place to which a
 * signal handler redirects a thread that was there. Whatever the stack pointer is then, it is not
 * used.
 */
_Noreturn void enter_leave(struct module_env *env, int code);

#endif
#endif
