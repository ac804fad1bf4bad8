#include "instance.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

#define STORAGE_ALIGNMENT 16u

struct instance {
    struct module *module;
    const struct module_descriptor *descriptor;
    uint8_t *storage;
};

pybox_status instance_create(struct module *module, struct module_env *env, uint64_t pages,
                             struct instance **instance)
{
    *instance = NULL;
    const struct module_descriptor *descriptor = module_describe(module);
    struct instance *made = calloc(1, sizeof *made);
    size_t bytes =
        (descriptor->instance_bytes + STORAGE_ALIGNMENT) & ~(size_t)(STORAGE_ALIGNMENT - 1);
    uint8_t *storage = aligned_alloc(STORAGE_ALIGNMENT, bytes);
    if (made == NULL || storage == NULL) {
        free(made);
        free(storage);
        return error_set_memory("an instance of a module", bytes);
    }
    memset(storage, 0, bytes);
    *made = (struct instance){.descriptor = descriptor, .storage = storage};
    if (descriptor->instantiate(storage, env, pages) != 0) {
        free(storage);
        free(made);
        return error_set(PYBOX_ERROR_NO_MEMORY,
                         "module %s: no memory for the tables of an instance", descriptor->name);
    }
    made->module = module_hold(module);
    *instance = made;
    return PYBOX_OK;
}

void instance_destroy(struct instance *instance)
{
    if (instance == NULL)
        return;
    instance->descriptor->release(instance->storage);
    free(instance->storage);
    module_close(instance->module);
    free(instance);
}

void *instance_storage(struct instance *instance)
{
    return instance->storage;
}

void instance_set_pages(struct instance *instance, uint64_t pages)
{
    instance->descriptor->set_memory_pages(instance->storage, pages);
}

pybox_status instance_copy_segments(const struct instance *instance, const struct memory *memory)
{
    const struct module_descriptor *descriptor = instance->descriptor;
    for (uint32_t i = 0; i < descriptor->segment_count; i++) {
        const struct module_segment *segment = &descriptor->segments[i];
        if (memory_at(memory, segment->offset, segment->length) == NULL)
            return error_set(PYBOX_ERROR_MODULE_LOAD,
                             "module %s: data segment %u is %u bytes at %u; expected it within its "
                             "memory of %llu bytes",
                             descriptor->name, i, segment->length, segment->offset,
                             (unsigned long long)memory_bytes(memory));
    }
    for (uint32_t i = 0; i < descriptor->segment_count; i++) {
        const struct module_segment *segment = &descriptor->segments[i];
        if (segment->length > 0)
            memcpy(memory->base + segment->offset, segment->bytes, segment->length);
    }
    return PYBOX_OK;
}

static size_t global_bytes(const struct module_global *global)
{
    return global->type == 'i' || global->type == 'f' ? 4 : 8;
}

uint64_t instance_global(const struct instance *instance, uint32_t position)
{
    const struct module_global *global = &instance->descriptor->globals[position];
    uint64_t bits = 0; /* little-endian: the low bytes come first */
    memcpy(&bits, instance->storage + global->offset, global_bytes(global));
    return bits;
}

void instance_set_global(struct instance *instance, uint32_t position, uint64_t bits)
{
    const struct module_global *global = &instance->descriptor->globals[position];
    memcpy(instance->storage + global->offset, &bits, global_bytes(global));
}

int64_t instance_find_global(const struct instance *instance, uint32_t index, char type)
{
    const struct module_descriptor *descriptor = instance->descriptor;
    for (uint32_t i = 0; i < descriptor->global_count; i++)
        if (descriptor->globals[i].index == index && descriptor->globals[i].type == type)
            return i;
    return -1;
}
