/*
 * From the guest's stack to the host's and back (module_abi.h).
 *
 *   void host_call(struct module_env *env, uint32_t import, uint64_t *values)
 *
 * The frame pointer stays on the guest's stack and leads back to it, for us and for a debugger. All registers that
 * a callee saves are on the guest's stack, below env->guest_stack, so that the host may leave the run there and
 * go on with it later (enter.h).
 */
#include "module_abi.h"

    .text
    .globl  host_call
    .hidden host_call
    .type   host_call, @function
    .p2align 4
host_call:
    .cfi_startproc
    pushq   %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq    %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq   %rbx
    .cfi_offset %rbx, -24
    pushq   %r12
    .cfi_offset %r12, -32
    pushq   %r13
    .cfi_offset %r13, -40
    pushq   %r14
    .cfi_offset %r14, -48
    pushq   %r15
    .cfi_offset %r15, -56
    movq    %rdi, %rbx
#ifndef METER_COUNTER_MEMORY /* module_meter.h */
    movq    %mm0, MODULE_ENV_FUEL(%rdi)
#endif
    emms
    leaq    3f(%rip), %rax /* where enter_resume() goes on, with env in rbx */
    pushq   %rax
    movq    %rsp, MODULE_ENV_GUEST_STACK(%rdi)
    movq    MODULE_ENV_HOST_STACK(%rdi), %rsp
    andq    $-16, %rsp
    callq   *MODULE_ENV_HOST_CALL(%rdi)
    movq    MODULE_ENV_MEMORY_BASE(%rbx), %rax
    wrgsbase %rax
1:
    movq    MODULE_ENV_FUEL(%rbx), %mm0
    movl    MODULE_ENV_STOP(%rbx), %edi
    testl   %edi, %edi
    jnz     2f
    leaq    -40(%rbp), %rsp
    popq    %r15
    .cfi_restore %r15
    popq    %r14
    .cfi_restore %r14
    popq    %r13
    .cfi_restore %r13
    popq    %r12
    .cfi_restore %r12
    popq    %rbx
    .cfi_restore %rbx
    popq    %rbp
    .cfi_restore %rbp
    .cfi_def_cfa %rsp, 8
    ret
2:
    .cfi_def_cfa %rbp, 16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    leaq    -48(%rbp), %rsp /* what env->guest_stack points to stays */
    andq    $-16, %rsp
    callq   wasm_rt_trap
    ud2
3:
    leaq    40(%rsp), %rbp
    jmp     1b
    .cfi_endproc
    .size   host_call, . - host_call

    .section .note.GNU-stack, "", @progbits
