#include "sample_box.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"

const char *sample_path;

static void need(pybox_status status)
{
    if (status == PYBOX_OK)
        return;
    fprintf(stderr, "%s\n", error_message());
    exit(99);
}

static void host_call(struct module_env *env, uint32_t import, uint64_t *values)
{
    struct sample_box *box = (struct sample_box *)env;
    switch (import) {
    case MODULE_CALL_MEMORY_GROW:
        values[0] = memory_grow(&box->memory, values[0]);
        break;
    case SAMPLE_IMPORT_TWICE:
        values[0] *= 2;
        break;
    case SAMPLE_IMPORT_STOP:
        env->stop = (uint32_t)values[0];
        break;
    case SAMPLE_IMPORT_NESTED:
        values[0] = box->nested(box, values[0]);
        break;
    case SAMPLE_IMPORT_FAULT:
        values[0] = *(volatile uint8_t *)values[0];
        break;
    default:
        values[0] = box->see(box, values[0]);
        break;
    }
}

void sample_box_open(struct sample_box *box)
{
    *box = (struct sample_box){0};
    need(module_open(sample_path, NULL, &box->module));
    module_bind_trap(box->module, trap_raise);
    need(stack_pool_create(1 << 20, &box->pool));
    need(memory_create(2, 10, &box->memory));
    box->env = (struct module_env){.memory_base = box->memory.base, .host_call = host_call};
    need(instance_create(box->module, &box->env, box->memory.pages, &box->instance));
}

void sample_box_close(struct sample_box *box)
{
    instance_destroy(box->instance);
    memory_destroy(&box->memory);
    stack_pool_destroy(box->pool);
    module_close(box->module);
}

int sample_call(struct sample_box *box, const char *name, uint64_t *values)
{
    const struct module_export *export = module_find_export(box->module, name, NULL);
    const struct module_descriptor *descriptor = module_describe(box->module);
    if (export == NULL) {
        fprintf(stderr, "no export %s\n", name);
        exit(99);
    }
    struct stack outer = box->stack, stack;
    need(stack_take(box->pool, &stack));
    box->stack = stack;
    box->env.stop = 0;
    const struct trap_run run = {
        .env = &box->env,
        .code_start = descriptor->code_start,
        .code_end = descriptor->code_end,
        .memory = &box->memory,
        .stack = &stack,
    };
    int code = trap_enter(&run, export->call, instance_storage(box->instance), values);
    stack_give(box->pool, &stack);
    box->stack = outer;
    return code;
}

int sample_call1(struct sample_box *box, const char *name, uint64_t value)
{
    uint64_t values[4] = {value};
    return sample_call(box, name, values);
}
