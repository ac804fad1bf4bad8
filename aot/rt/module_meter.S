/* What module_meter.h needs in assembly. */
#include "module_abi.h"
#include "module_meter.h"

    .section .rodata
    .globl  meter_amounts
    .hidden meter_amounts
    .type   meter_amounts, @object
    .p2align 6
meter_amounts:
    .set    amount, -METER_AMOUNTS
    .rept   2 * METER_AMOUNTS + 1
    .quad   amount
    .set    amount, amount + 1
    .endr
    .size   meter_amounts, . - meter_amounts

/* env in rdi. The fuel is below zero: the host is asked. Preserves every register but the flags, so that the
 * code which calls it need not save any. */
    .text
    .globl  meter_empty
    .hidden meter_empty
    .type   meter_empty, @function
    .p2align 4
meter_empty:
    .cfi_startproc
    pushq   %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq    %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq   %rax
    pushq   %rcx
    pushq   %rdx
    pushq   %rsi
    pushq   %rdi
    pushq   %r8
    pushq   %r9
    pushq   %r10
    pushq   %r11
    subq    $264, %rsp
    .set    number, 0
    .irp    register, xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
    movups  %\register, number(%rsp)
    .set    number, number + 16
    .endr
    movl    $MODULE_CALL_FUEL, %esi
    xorl    %edx, %edx
    callq   host_call
    .set    number, 0
    .irp    register, xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15
    movups  number(%rsp), %\register
    .set    number, number + 16
    .endr
    addq    $264, %rsp
    popq    %r11
    popq    %r10
    popq    %r9
    popq    %r8
    popq    %rdi
    popq    %rsi
    popq    %rdx
    popq    %rcx
    popq    %rax
    popq    %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size   meter_empty, . - meter_empty

    .section .note.GNU-stack, "", @progbits
