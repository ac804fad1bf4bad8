/* A set of host functions, behind the public handle. It does not change any more once a box has it. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "function_signature.h"
#include "pybox.h"

struct function {
    pybox_function_info info; /* its texts are the function's own */
    char *full_name;          /* "module.name" */
    struct signature signature;
    pybox_form_of_values form;
    pybox_host_function *function;
    void *context;
};

struct pybox_functions {
    atomic_uint holds;
    pthread_mutex_t lock; /* of what follows until it is in use */
    int in_use;
    uint32_t count, capacity;
    struct function **list;   /* by number: in the order of adding */
    struct function **sorted; /* by full name */
    uint64_t text_bytes;      /* of all declarations, about */
    /* Once it is in use. */
    char *declarations;  /* JSON, for the guest */
    uint64_t name[2];    /* of the set: 128 bits of the declarations' digest */
};

#define FUNCTIONS_MOST 10000
#define FUNCTIONS_TEXT_BYTES (UINT64_C(64) << 20)

/* For a box: the set is in use from now on. Errors: NO_MEMORY. */
pybox_status functions_hold(const pybox_functions *functions, struct pybox_functions **held);

/* For a further box of the same. */
struct pybox_functions *functions_hold_again(struct pybox_functions *functions);

/* JSON for tools: {"name", "description", "parameters"}, of which the last is a schema; the caller's to free. Errors:
 * NO_MEMORY. */
pybox_status functions_describe_tool(const struct function *function, const char *parameters,
                                     char **schema);

#endif
