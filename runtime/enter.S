/*
 * enter_guest(), enter_resume() and enter_leave(): see enter.h. x86-64 System V.
 *
 * The frame on the host's stack, which env->host_stack points to while the guest runs, from the low
 * end: the outer env->host_stack, the outer gs base, the control words, 2 spare slots (alignment);
 * then r15 r14 r13 r12 rbx rbp and the return address. rbp is the frame pointer: it leads a debugger
 * from the guest's stack to the host's. The file has no CET property, so glibc leaves shadow stacks
 * off: they know nothing of our stacks.
 */
#include "enter.h"
#include "module_abi.h"

#define SAVED_BYTES 48 /* rbp, rbx, r12 to r15 */

    .section .rodata
    .p2align 2
guest_mxcsr: /* all exceptions masked, round to nearest, denormals kept */
    .long   0x1f80
guest_x87:   /* all exceptions masked, round to nearest, 64 bit */
    .word   0x037f

    .text
/* Saves what is the host's, and makes the processor the guest's. rdi: env */
    .macro  ENTER
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
    subq    $ENTER_FRAME_BYTES, %rsp
    stmxcsr ENTER_FRAME_MXCSR(%rsp)
    fnstcw  ENTER_FRAME_X87(%rsp)
    ldmxcsr guest_mxcsr(%rip)
    fldcw   guest_x87(%rip)
    rdgsbase %rax
    movq    %rax, ENTER_FRAME_GS(%rsp)
    movq    MODULE_ENV_HOST_STACK(%rdi), %rax
    movq    %rax, ENTER_FRAME_HOST_STACK(%rsp)
    movq    %rsp, MODULE_ENV_HOST_STACK(%rdi)
    movq    MODULE_ENV_MEMORY_BASE(%rdi), %rax
    wrgsbase %rax
    .endm

    .globl  enter_guest
    .hidden enter_guest
    .type   enter_guest, @function
    .p2align 4
/* rdi env, rsi stack_top, rdx call, rcx instance, r8 values */
enter_guest:
    .cfi_startproc
    .cfi_signal_frame /* to gdb, stacks that do not follow each other are an error elsewhere */
    ENTER
    movq    MODULE_ENV_FUEL(%rdi), %mm0
    movq    %rsi, %rsp
    /* Where the way back finds the env: module code may have taken any register for its own. */
    pushq   $0
    pushq   %rdi
    movq    %rcx, %rdi
    movq    %r8, %rsi
    callq   *%rdx
    popq    %rdi
    xorl    %esi, %esi
    jmp     enter_leave
    .cfi_endproc
    .size   enter_guest, . - enter_guest

    .globl  enter_resume
    .hidden enter_resume
    .type   enter_resume, @function
    .p2align 4
/* rdi env */
enter_resume:
    .cfi_startproc
    .cfi_signal_frame
    ENTER
    movq    %rdi, %rbx
    movq    MODULE_ENV_GUEST_STACK(%rdi), %rsp
    ret     /* to host_call.S, which loads mm0 */
    .cfi_endproc
    .size   enter_resume, . - enter_resume

    .globl  enter_leave
    .hidden enter_leave
    .type   enter_leave, @function
    .p2align 4
/* rdi env, esi code */
enter_leave:
    .cfi_startproc
    .cfi_signal_frame
    /* In the first instructions the thread is still elsewhere: nothing above it can be told. */
    .cfi_undefined %rip
    movq    %mm0, MODULE_ENV_FUEL(%rdi)
    emms
    movq    MODULE_ENV_HOST_STACK(%rdi), %rsp
    .cfi_restore %rip
    .cfi_def_cfa %rsp, ENTER_FRAME_BYTES + SAVED_BYTES + 8
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    cld
    movq    ENTER_FRAME_HOST_STACK(%rsp), %rax
    movq    %rax, MODULE_ENV_HOST_STACK(%rdi)
    movq    ENTER_FRAME_GS(%rsp), %rax
    wrgsbase %rax
    ldmxcsr ENTER_FRAME_MXCSR(%rsp)
    fldcw   ENTER_FRAME_X87(%rsp)
    movl    %esi, %eax
    addq    $ENTER_FRAME_BYTES, %rsp
    .cfi_def_cfa_offset SAVED_BYTES + 8
    popq    %r15
    .cfi_restore %r15
    .cfi_def_cfa_offset 48
    popq    %r14
    .cfi_restore %r14
    .cfi_def_cfa_offset 40
    popq    %r13
    .cfi_restore %r13
    .cfi_def_cfa_offset 32
    popq    %r12
    .cfi_restore %r12
    .cfi_def_cfa_offset 24
    popq    %rbx
    .cfi_restore %rbx
    .cfi_def_cfa_offset 16
    popq    %rbp
    .cfi_restore %rbp
    .cfi_def_cfa_offset 8
    ret
    .cfi_endproc
    .size   enter_leave, . - enter_leave

    .section .note.GNU-stack, "", @progbits
