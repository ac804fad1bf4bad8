/*
 * The contract between a native module (generated C, see aot/) and the program that runs it.
 *
 * A module is position-independent code that refers to nothing of the host's but libc and libm; all
 * else goes through the descriptor it exports and the two structs it is given. This header is
 * compiled into both sides, and into the assembly in aot/rt: the offsets below are asserted in
 * loader/module.c. Any change of meaning or layout raises MODULE_ABI.
 */
#ifndef MODULE_ABI_H
#define MODULE_ABI_H

#define MODULE_ABI 3

/* The symbol that a module's shared object exports. A linked-in module is pybox_module_<name>. */
#define MODULE_SYMBOL "pybox_module"

/* Offsets in struct module_env, for assembly. */
#define MODULE_ENV_HOST_STACK 0
#define MODULE_ENV_MEMORY_BASE 8
#define MODULE_ENV_HOST_CALL 16
#define MODULE_ENV_STOP 24
#define MODULE_ENV_FUEL 32
#define MODULE_ENV_GUEST_STACK 40

/* Native code subtracts constants of up to this from addresses without wrapping (aot/address/address.h). */
#define MODULE_MEMORY_BEFORE 65536

/* Before it calls libc or the host on the guest's stack, module code touches the stack this many bytes further
 * down, so that the fault of an overflow is module code's. The stack's guard must be larger than that. */
#define MODULE_STACK_RESERVE 32768

/* The import number of a call by which module code asks for fuel: `fuel` may be negative, and is to be refilled, or
 * `stop` set. Also called now and then in long bulk operations, whatever `fuel` is, so that deadlines
 * are kept. `values` is NULL. */
#define MODULE_CALL_FUEL 0xfffffffe

#ifndef __ASSEMBLER__

#include <stdint.h>

/*
 * The part of a box that module code knows, handed to it at instantiation.
 *
 * While guest code runs, the gs segment base is `memory_base`, and rsp is on the guest's native stack. Accesses reach
 * from MODULE_MEMORY_BEFORE bytes before that to 8 GiB behind: what is not the memory's pages must be inaccessible.
 * A host call switches to `host_stack` (set on every entry), calls `host_call` there, sets gs again, and
 * switches back. If `stop` is then not 0 it is a trap code: the module traps with it on its own
 * stack, so that no frame of the host is ever unwound.
 *
 * Fuel. While guest code of a metered module runs, the MMX register mm0 holds what is left of the
 * current slice; compilers never use it by themselves, so it costs generated code no general
 * register. On entry it is loaded from `fuel`; on every way out (host call, return, trap) it is
 * stored there and the x87 state is emptied (emms), as the host's code expects it; after a host
 * call it is loaded again, so the host may change it. When a check finds it negative, module code
 * calls MODULE_CALL_FUEL.
 */
struct module_env {
    void *host_stack;
    uint8_t *memory_base;
    /* Import number `import` (index into the descriptor's imports) is called. `values` holds the
     * arguments, one u64 each (i32 zero-extended, floats by their bits), and takes the results.
     * MODULE_CALL_MEMORY_GROW: values[0] is a number of 64 KiB pages to grow by, and becomes the old
     * size in pages, or UINT64_MAX if refused. */
    void (*host_call)(struct module_env *env, uint32_t import, uint64_t *values);
    uint32_t stop;
    uint32_t reserved;
    int64_t fuel;
    /* Where rsp stands on the guest's stack during a host call: there is the address to go on at, with
     * this struct in rbx and gs set, and above it all that host_call.S has saved. The run can be left there and
     * gone on with later. */
    void *guest_stack;
};

#define MODULE_CALL_MEMORY_GROW 0xffffffffu

/* Why a run was cut. The first ones are WebAssembly's own (numbers of wasm-rt.h). */
enum module_trap {
    MODULE_TRAP_NONE = 0,
    MODULE_TRAP_MEMORY = 1,            /* access outside linear memory, or bad table bounds */
    MODULE_TRAP_INT_OVERFLOW = 2,
    MODULE_TRAP_DIV_BY_ZERO = 3,
    MODULE_TRAP_INVALID_CONVERSION = 4,
    MODULE_TRAP_UNREACHABLE = 5,       /* abort() in the guest */
    MODULE_TRAP_CALL_INDIRECT = 6,     /* null or wrongly typed function pointer */
    MODULE_TRAP_EXHAUSTION = 9,        /* native stack overflow */
    MODULE_TRAP_EXIT = 32,             /* proc_exit */
    MODULE_TRAP_OUTPUT_FULL = 33,
    MODULE_TRAP_HOST = 34,             /* the host could not go on (no memory, broken invariants) */
    MODULE_TRAP_LIMIT = 35,            /* a limit, or an interrupt: the host has noted which */
    MODULE_TRAP_YIELD = 36,            /* no trap: the run is left on its stack, to be gone on with */
};

/* A function type as text: parameters ':' results; i = i32, I = i64, f = f32, F = f64. "iiI:i". */
typedef const char *module_type;

struct module_import {
    const char *module;
    const char *name;
    module_type type;
};

struct module_export {
    const char *name;
    module_type type;
    /* Calls it with arguments from, and results to, `values`. Only on the guest's stack. */
    void (*call)(void *instance, uint64_t *values);
};

/* A mutable global: part of a box's state. In order of index. */
struct module_global {
    uint32_t index;  /* in the wasm module's global index space */
    char type;       /* 'i' 'I' 'f' 'F' */
    uint64_t offset; /* of its cell in the instance */
};

/* An active data segment, copied to linear memory when a box starts without an image. */
struct module_segment {
    uint32_t offset;
    uint32_t length;
    const uint8_t *bytes;
};

/* What the module's only symbol points to. Read-only, lives as long as the module. */
struct module_descriptor {
    uint32_t abi;             /* MODULE_ABI */
    uint32_t descriptor_bytes;
    const char *name;
    uint8_t hash[32];         /* SHA-256 of the metered wasm */
    uint8_t costs_hash[32];   /* SHA-256 of the cost table; zeroes: not metered */
    uint32_t metering;        /* version of the metering pass; 0: not metered */
    uint32_t flags;           /* MODULE_FLAG_* */

    uint64_t instance_bytes;  /* storage of an instance, 16-byte aligned, zeroed by the host */
    /* Globals at their initial values, tables built or bound to those that all instances share, memory bound to
     * env->memory_base with `memory_pages` pages. Touches no linear memory, calls nothing of the host's but malloc and
     * pthread_once. 0, or -1 if memory for the tables is missing. */
    int (*instantiate)(void *instance, struct module_env *env, uint64_t memory_pages);
    void (*release)(void *instance); /* frees what instantiate allocated */
    /* Tells the instance that the memory has `pages` pages now (after a restore). */
    void (*set_memory_pages)(void *instance, uint64_t pages);

    uint64_t memory_min_pages;
    uint64_t memory_max_pages; /* at most 65536, of which a box has one less */

    const struct module_import *imports;
    const struct module_export *exports;
    const struct module_global *globals;
    const struct module_segment *segments;
    uint32_t import_count, export_count, global_count, segment_count;
    int32_t start_export; /* index of the start function's (unnamed) export, or -1 */

    /* Where the loader puts the function that ends a run with a trap code (called on the guest's
     * stack, does not return). The only thing in a module that the host writes, once. */
    void (**trap)(uint32_t code);

    /* The module's machine code: a fault outside it is not a guest's. */
    const uint8_t *code_start, *code_end;
};

/* It changes its tables, or has passive segments that it can drop: state that a snapshot does not hold. */
#define MODULE_FLAG_UNSAVABLE 1u

#endif
#endif
