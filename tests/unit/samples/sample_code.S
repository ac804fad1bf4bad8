/* The sample module's note, and what it does that C cannot. */
#include "module_abi.h"
#include "note_layout.h"
#include "sample_module.h"

    .macro text string
    .2byte 2f - 1f
1:  .ascii "\string"
2:
    .endm

    .section .note.pybox, "a", @note
    .p2align 2
    .4byte 4f - 3f          /* name size */
    .4byte 6f - 5f          /* descriptor size */
    .4byte NOTE_TYPE
3:  .asciz NOTE_NAME
4:  .p2align 2
5:  .4byte NOTE_LAYOUT
    .4byte MODULE_ABI
    .4byte 0, 0             /* metering, flags */
    .byte SAMPLE_HASH
    .fill 32                /* costs_hash */
    .4byte SAMPLE_IMPORT_COUNT
    .4byte SAMPLE_EXPORT_COUNT
    text "sample"
    text "by hand"
    text "a C compiler"
    .irp name, twice, stop, nested, fault, see
    text "test"
    text "\name"
    text "I:I"
    .endr
    text "answer"
    text ":i"
    text "empty"
    text ":"
    text "add"
    text "ii:i"
    text "count"
    text ":i"
    text "load"
    text "I:i"
    text "store"
    text "Ii:"
    text "load_host"
    text "I:i"
    text "recurse"
    text "I:I"
    text "trap"
    text "i:"
    text "host"
    text "iI:I"
    text "host_loop"
    text "II:"
    text "grow"
    text "I:I"
    text "spin"
    text "i:"
    text "control_words"
    text "IIi:II"
    text "pages"
    text ":I"
    text "clobber"
    text "i:"
    text "sink"
    text "II:"
    text "edge"
    text "II:"
6:  .p2align 2

    .text
    .globl sample_clobber
    .hidden sample_clobber
    .type sample_clobber, @function
sample_clobber:
    movl    (%rsi), %edi
    movq    $-1, %rax
    movq    %rax, %rbx
    movq    %rax, %rbp
    movq    %rax, %r12
    movq    %rax, %r13
    movq    %rax, %r14
    movq    %rax, %r15
    testl   %edi, %edi
    jz      1f
    std
    movl    $0xffffffff, %eax
    movq    %gs:1(%rax), %rax /* 4 GiB: beyond any memory */
1:  ret
    .size sample_clobber, . - sample_clobber

    .globl sample_sink
    .hidden sample_sink
    .type sample_sink, @function
sample_sink:
    movq    %rsp, %rax
    movq    (%rsi), %rsp
    addq    8(%rsi), %rsp
    movb    $1, %gs:0
1:  pause
    cmpb    $2, %gs:0
    jne     1b
    movq    %rax, %rsp
    ret
    .size sample_sink, . - sample_sink

    .globl sample_edge
    .hidden sample_edge
    .type sample_edge, @function
sample_edge:
    pushq   %rbx
    movq    %rsp, %rbx
    movq    (%rsi), %rsp
    addq    8(%rsi), %rsp
    leaq    1f(%rip), %rdi
    xorl    %esi, %esi
    call    strtod@PLT
    movq    %rbx, %rsp
    popq    %rbx
    ret
1:  .asciz "1.5"
    .size sample_edge, . - sample_edge

    .section .note.GNU-stack, "", @progbits
