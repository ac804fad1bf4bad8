/*
 * What a guest may import besides WASI: the functions of module "pybox". A function gets the arguments in `values`
 * (one u64 each, i32 zero-extended) and puts the result into values[0]. Everything in them comes from a hostile
 * guest: addresses go through guest_range().
 * A function may set box->env.stop, as in struct module_env; then the guest is not returned to.
 */
#ifndef HOST_IMPORT_H
#define HOST_IMPORT_H

#include <stdint.h>

struct pybox_box;

struct host_import {
    const char *name;
    const char *type; /* as in module_abi.h */
    /* It only looks, or keeps account itself: it is allowed in the library's own calls within a host call, it is not counted, and the run is not
     * looked at behind it. */
    int is_look;
    void (*function)(struct pybox_box *box, uint64_t *values);
};

/* The row that satisfies an import, or NULL if there is none of that module, name and type. Any thread. */
const struct host_import *host_import_find(const char *module, const char *name, const char *type);

#endif
