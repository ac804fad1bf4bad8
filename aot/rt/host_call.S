/*
 * void host_call(struct module_env *env, uint32_t import, uint64_t *values)
 *
 * From the guest's stack to the host's and back (module_abi.h). The frame pointer stays on the guest's
 * stack and leads back to it, for us and for a debugger.
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
    movq    %rdi, %rbx
    movq    MODULE_ENV_HOST_STACK(%rdi), %rsp
    andq    $-16, %rsp
    callq   *MODULE_ENV_HOST_CALL(%rdi)
    movq    MODULE_ENV_MEMORY_BASE(%rbx), %rax
    wrgsbase %rax
    leaq    -8(%rbp), %rsp
    movl    MODULE_ENV_STOP(%rbx), %edi
    testl   %edi, %edi
    jnz     1f
    popq    %rbx
    .cfi_restore %rbx
    popq    %rbp
    .cfi_def_cfa %rsp, 8
    ret
1:
    .cfi_def_cfa %rbp, 16
    .cfi_offset %rbx, -24
    subq    $8, %rsp
    callq   wasm_rt_trap
    ud2
    .cfi_endproc
    .size   host_call, . - host_call

    .section .note.GNU-stack, "", @progbits
