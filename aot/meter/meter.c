#include "meter.h"

#include "bound.h"
#include "costs.h"
#include "error.h"
#include "rewrite.h"

#include <stdlib.h>
#include <string.h>

static const struct wasm_custom *find_mark(const struct wasm_module *module)
{
    for (uint32_t i = 0; i < module->custom_count; i++) {
        const struct wasm_text *name = &module->customs[i].name;
        if (name->length == strlen(METER_SECTION) &&
            memcmp(name->bytes, METER_SECTION, name->length) == 0)
            return &module->customs[i];
    }
    return NULL;
}

/* Writes `module` with the mark of `version` as its only custom section. */
static pybox_status write_marked(const struct wasm_module *module, uint32_t version,
                                 struct wasm_writer *writer)
{
    uint8_t costs_hash[32] = {0};
    struct wasm_writer mark = {0};
    if (version > 0)
        cost_table_hash(costs_hash);
    wasm_put_u32(&mark, version);
    wasm_put_bytes(&mark, costs_hash, sizeof(costs_hash));
    pybox_status status = wasm_writer_status(&mark);
    if (status == PYBOX_OK) {
        struct wasm_custom custom = {
            {METER_SECTION, strlen(METER_SECTION)}, mark.bytes, (uint32_t)mark.length};
        struct wasm_module marked = *module;
        marked.customs = &custom;
        marked.custom_count = 1;
        status = wasm_write(&marked, writer);
    }
    free(mark.bytes);
    return status;
}

static pybox_status check_unmetered(const struct wasm_module *module)
{
    if (find_mark(module) != NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the module is metered already (it has a \"%s\" "
                         "section); give it as the compiler wrote it",
                         METER_SECTION);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_text *from = &module->imports[i].module;
        if (from->length == strlen(METER_HOOKS) &&
            memcmp(from->bytes, METER_HOOKS, from->length) == 0)
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "the module imports from \"%s\", which is for what meters it",
                             METER_HOOKS);
    }
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * The counted module
 */

static const uint8_t type_i64[] = {WASM_I64}, type_pair[] = {WASM_I32, WASM_I32};

struct hook {
    const char *name;
    struct wasm_type type;
};

static const struct hook counting_hooks[HOOK_COUNT] = {
    [HOOK_CHARGE] = {"charge", {type_i64, NULL, 1, 0}},
    [HOOK_ADJUST] = {"adjust", {type_i64, NULL, 1, 0}},
    [HOOK_CHECK] = {"check", {NULL, NULL, 0, 0}},
    [HOOK_CHARGE_BY] = {"charge_by", {type_pair, NULL, 2, 0}},
    [HOOK_TAKE] = {"take", {NULL, type_i64, 0, 1}},
    [HOOK_GIVE] = {"give", {type_i64, NULL, 1, 0}},
};

static const struct hook training_hook = {METER_TRAINING_HOOK, {type_pair, type_pair, 2, 1}};

_Static_assert(HOOK_COUNT == METER_HOOK_COUNT, "meter.h");

/* What has to be allocated for the counted module. */
struct counted {
    struct wasm_module module;
    const struct hook *hooks; /* imported behind the module's own */
    uint32_t hook_count;
    struct wasm_writer code; /* all bodies, one after the other */
    bool *checks;
};

static uint32_t renumber(const struct wasm_module *module, uint32_t function, uint32_t hooks)
{
    return function < module->imported_functions || function == WASM_NULL_FUNCTION
               ? function
               : function + hooks;
}

/* A copy of `count` items with room for `more`. NULL if there is no memory. */
static void *copy_items(const void *items, uint32_t count, uint32_t more, size_t bytes)
{
    void *copy = calloc((size_t)count + more + 1, bytes);
    if (copy != NULL && count > 0)
        memcpy(copy, items, (size_t)count * bytes);
    return copy;
}

#define COPY(array, count, more) copy_items(array, count, more, sizeof(*(array)))

static pybox_status copy_module(const struct wasm_module *from, struct counted *counted)
{
    struct wasm_module *to = &counted->module;
    *to = *from;
    to->types = COPY(from->types, from->type_count, HOOK_COUNT);
    to->imports = COPY(from->imports, from->import_count, HOOK_COUNT);
    to->functions = COPY(from->functions, from->function_count, HOOK_COUNT);
    to->globals = COPY(from->globals, from->global_count, 0);
    to->exports = COPY(from->exports, from->export_count, 0);
    to->elements = COPY(from->elements, from->element_count, 0);
    to->bodies = COPY(from->bodies, from->body_count, 0);
    to->function_names = COPY(from->function_names, from->function_name_count, 0);
    counted->checks = calloc((size_t)from->body_count + 1, sizeof(*counted->checks));
    bool made = to->types != NULL && to->imports != NULL && to->functions != NULL &&
                to->globals != NULL && to->exports != NULL && to->elements != NULL &&
                to->bodies != NULL && to->function_names != NULL && counted->checks != NULL;
    for (uint32_t i = 0; to->elements != NULL && i < from->element_count; i++) {
        to->elements[i].functions = COPY(from->elements[i].functions, from->elements[i].count, 0);
        made = made && to->elements[i].functions != NULL;
    }
    return made ? PYBOX_OK : error_set_memory("the metered module", 0);
}

static void counted_free(struct counted *counted)
{
    struct wasm_module *module = &counted->module;
    for (uint32_t i = 0; module->elements != NULL && i < module->element_count; i++)
        free(module->elements[i].functions);
    free(module->types);
    free(module->imports);
    free(module->functions);
    free(module->globals);
    free(module->exports);
    free(module->elements);
    free(module->bodies);
    free(module->function_names);
    free(counted->checks);
    free(counted->code.bytes);
}

static pybox_status add_hooks(const struct wasm_module *from, struct counted *counted)
{
    struct wasm_module *to = &counted->module;
    uint32_t count = counted->hook_count;
    if (from->type_count + HOOK_COUNT > WASM_MAX_TYPES ||
        from->import_count + HOOK_COUNT > WASM_MAX_IMPORTS ||
        from->function_count + HOOK_COUNT > WASM_MAX_FUNCTIONS)
        return error_set(PYBOX_ERROR_LIMIT, "the module has no room for the imports of metering");
    uint32_t *functions = to->functions + from->imported_functions;
    memmove(functions + count, functions,
            (from->function_count - from->imported_functions) * sizeof(*functions));
    for (uint32_t i = 0; i < count; i++) {
        const struct hook *hook = &counted->hooks[i];
        uint32_t type = to->type_count++;
        to->types[type] = hook->type;
        to->imports[to->import_count++] =
            (struct wasm_import){.module = {METER_HOOKS, strlen(METER_HOOKS)},
                                 .name = {hook->name, (uint32_t)strlen(hook->name)},
                                 .kind = WASM_FUNCTION,
                                 .type = type};
        functions[i] = type;
    }
    to->function_count += count;
    to->imported_functions += count;
    return PYBOX_OK;
}

static void renumber_functions(const struct wasm_module *from, struct wasm_module *to,
                               uint32_t hooks)
{
    for (uint32_t i = 0; i < to->export_count; i++)
        if (to->exports[i].kind == WASM_FUNCTION)
            to->exports[i].index = renumber(from, to->exports[i].index, hooks);
    for (uint32_t i = 0; i < to->global_count; i++)
        if (to->globals[i].initial.opcode == WASM_OP_REF_FUNC)
            to->globals[i].initial.index = renumber(from, to->globals[i].initial.index, hooks);
    for (uint32_t i = 0; i < to->element_count; i++)
        for (uint32_t k = 0; k < to->elements[i].count; k++)
            to->elements[i].functions[k] = renumber(from, to->elements[i].functions[k], hooks);
    for (uint32_t i = 0; i < to->function_name_count; i++)
        to->function_names[i].index = renumber(from, to->function_names[i].index, hooks);
    if (to->has_start)
        to->start = renumber(from, to->start, hooks);
}

static pybox_status count_bodies(struct rewrite *rewrite, struct counted *counted)
{
    const struct wasm_module *from = rewrite->module;
    struct wasm_body *bodies = counted->module.bodies;
    pybox_status status = bound_find(from, counted->checks);
    for (uint32_t i = 0; i < from->body_count && status == PYBOX_OK; i++) {
        size_t start = counted->code.length;
        status = rewrite_body(rewrite, i, counted->checks[i], &counted->code, &bodies[i].code);
        bodies[i].length = (uint32_t)(counted->code.length - start);
    }
    return status;
}

/* Bodies that ask before each branch. */
static pybox_status train_bodies(const struct wasm_module *from, struct counted *counted)
{
    uint32_t branch = 0;
    pybox_status status = PYBOX_OK;
    for (uint32_t i = 0; i < from->body_count && status == PYBOX_OK; i++) {
        size_t start = counted->code.length;
        status = rewrite_for_training(from, i, &branch, &counted->code);
        counted->module.bodies[i].length = (uint32_t)(counted->code.length - start);
    }
    return status;
}

/* Says where the bodies are, when the code has stopped moving. */
static pybox_status place_bodies(struct counted *counted)
{
    struct wasm_module *module = &counted->module;
    pybox_status status = wasm_writer_status(&counted->code);
    const uint8_t *at = counted->code.bytes;
    for (uint32_t i = 0; i < module->body_count && status == PYBOX_OK; i++) {
        if (module->bodies[i].length > WASM_MAX_BODY_BYTES)
            status = error_set(PYBOX_ERROR_LIMIT,
                               "function %u is %u bytes with its charges; at most %u are allowed",
                               module->imported_functions + i, module->bodies[i].length,
                               WASM_MAX_BODY_BYTES);
        module->bodies[i].bytes = at;
        at += module->bodies[i].length;
    }
    return status;
}

static pybox_status write_changed(const struct wasm_module *module,
                                  const struct meter_options *options, struct wasm_writer *writer)
{
    bool is_training = options->kind == METER_TRAINING;
    struct counted counted = {.hooks = is_training ? &training_hook : counting_hooks,
                              .hook_count = is_training ? 1 : HOOK_COUNT};
    struct rewrite rewrite = {.module = module, .branches = options->branches};
    pybox_status status = copy_module(module, &counted);
    if (status == PYBOX_OK)
        status = add_hooks(module, &counted);
    if (status == PYBOX_OK) {
        renumber_functions(module, &counted.module, counted.hook_count);
        status = is_training ? train_bodies(module, &counted) : count_bodies(&rewrite, &counted);
    }
    if (status == PYBOX_OK)
        status = place_bodies(&counted);
    if (status == PYBOX_OK)
        status = write_marked(&counted.module, is_training ? 0 : METER_VERSION, writer);
    rewrite_free(&rewrite);
    counted_free(&counted);
    return status;
}

pybox_status meter_write_as(const struct wasm_module *module, const struct meter_options *options,
                            struct wasm_writer *writer)
{
    pybox_status status = check_unmetered(module);
    if (status != PYBOX_OK)
        return status;
    return options->kind == METER_UNCOUNTED ? write_marked(module, 0, writer)
                                            : write_changed(module, options, writer);
}

pybox_status meter_write(const struct wasm_module *module, struct wasm_writer *writer)
{
    static const struct meter_options counted = {.kind = METER_COUNTED};
    return meter_write_as(module, &counted, writer);
}

pybox_status meter_read_mark(const struct wasm_module *module, struct meter_mark *mark)
{
    *mark = (struct meter_mark){0};
    const struct wasm_custom *custom = find_mark(module);
    if (custom == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the module has no \"%s\" section; expected what "
                         "pybox-meter writes",
                         METER_SECTION);
    struct wasm_cursor cursor = {.file = module->file,
                                 .at = custom->bytes,
                                 .end = custom->bytes + custom->length,
                                 .part = METER_SECTION " section"};
    const uint8_t *hash;
    struct meter_mark found;
    pybox_status status = wasm_get_u32(&cursor, &found.version);
    if (status == PYBOX_OK)
        status = wasm_get_bytes(&cursor, sizeof(found.costs_hash), "a hash", &hash);
    if (status == PYBOX_OK && cursor.at != cursor.end)
        status = wasm_malformed(&cursor, "%zu bytes too many", (size_t)(cursor.end - cursor.at));
    if (status != PYBOX_OK)
        return status;
    memcpy(found.costs_hash, hash, sizeof(found.costs_hash));
    *mark = found;
    return PYBOX_OK;
}
