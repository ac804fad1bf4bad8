/* The C source that joins wasm2c's output to module_abi.h. */
#include "glue.h"

#include "module_abi.h"

#include <string.h>

static const char *c_type(uint8_t type)
{
    switch (type) {
    case WASM_I32:
        return "u32";
    case WASM_I64:
        return "u64";
    case WASM_F32:
        return "f32";
    default:
        return "f64";
    }
}

static int is_float(uint8_t type)
{
    return type == WASM_F32 || type == WASM_F64;
}

static const char *result_type(const struct wasm_type *type)
{
    return type->result_count == 0 ? "void" : c_type(type->results[0]);
}

/* u64 w2c_host_i3(struct w2c_host *host, u32 a0, f64 a1) { ... } */
static void print_import(FILE *out, uint32_t number, const struct wasm_type *type)
{
    uint32_t cells = type->parameter_count > 0 ? type->parameter_count : 1;
    fprintf(out, "\n%s w2c_host_i%u(struct w2c_host *host", result_type(type), number);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        fprintf(out, ", %s a%u", c_type(type->parameters[i]), i);
    fprintf(out, ")\n{\n    uint64_t values[%u] = {0};\n", cells);
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (is_float(type->parameters[i]))
            fprintf(out, "    __builtin_memcpy(&values[%u], &a%u, sizeof(a%u));\n", i, i, i);
        else
            fprintf(out, "    values[%u] = a%u;\n", i, i);
    }
    fprintf(out, "    host_call(env_of(host), %u, values);\n", number);
    if (type->result_count == 1 && is_float(type->results[0]))
        fprintf(out,
                "    %s result;\n    __builtin_memcpy(&result, values, sizeof(result));\n"
                "    return result;\n",
                c_type(type->results[0]));
    else if (type->result_count == 1)
        fprintf(out, "    return (%s)values[0];\n", c_type(type->results[0]));
    fprintf(out, "}\n");
}

/* static void call_3(void *guest, uint64_t *values) { ... }, which calls w2c_guest_<name>. */
static void print_export(FILE *out, uint32_t number, const char *name, const struct wasm_type *type)
{
    fprintf(out, "\nstatic void call_%u(void *guest, uint64_t *values)\n{\n    (void)values;\n",
            number);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        if (is_float(type->parameters[i]))
            fprintf(out, "    %s a%u;\n    __builtin_memcpy(&a%u, &values[%u], sizeof(a%u));\n",
                    c_type(type->parameters[i]), i, i, i, i);
    fprintf(out, "    ");
    if (type->result_count == 1)
        fprintf(out, "%s result = ", c_type(type->results[0]));
    fprintf(out, "w2c_guest_%s(guest", name);
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (is_float(type->parameters[i]))
            fprintf(out, ", a%u", i);
        else
            fprintf(out, ", (%s)values[%u]", c_type(type->parameters[i]), i);
    }
    fprintf(out, ");\n");
    if (type->result_count == 1 && is_float(type->results[0]))
        fprintf(out,
                "    values[0] = 0;\n    __builtin_memcpy(values, &result, sizeof(result));\n");
    else if (type->result_count == 1)
        fprintf(out, "    values[0] = result;\n");
    fprintf(out, "}\n");
}

static void print_exports(FILE *out, const struct glue *glue)
{
    static const struct wasm_type start_type;
    const struct wasm_module *module = glue->module;
    uint32_t number = 0;
    char name[16], text[GLUE_TYPE_BYTES];
    for (uint32_t i = 0; i < module->export_count; i++) {
        if (module->exports[i].kind != WASM_FUNCTION)
            continue;
        snprintf(name, sizeof(name), "e%u", number);
        print_export(out, number++, name, wasm_function_type(module, module->exports[i].index));
    }
    if (module->has_start)
        print_export(out, number, "start", &start_type);
    fprintf(out, "\nstatic const struct module_export exports[] = {\n");
    number = 0;
    for (uint32_t i = 0; i < module->export_count; i++) {
        if (module->exports[i].kind != WASM_FUNCTION)
            continue;
        fprintf(out, "    {");
        glue_print_string(out, module->exports[i].name);
        fprintf(out, ", \"%s\", call_%u},\n",
                glue_type(wasm_function_type(module, module->exports[i].index), text), number);
        number++;
    }
    if (module->has_start)
        fprintf(out, "    {\"\", \":\", call_%u},\n", number);
    fprintf(out, "    {0},\n};\n");
}

static void print_imports(FILE *out, const struct glue *glue)
{
    const struct wasm_module *module = glue->module;
    char text[GLUE_TYPE_BYTES];
    for (uint32_t i = 0; i < glue->import_count; i++)
        print_import(out, i, &module->types[module->imports[i].type]);
    fprintf(out, "\nstatic const struct module_import imports[] = {\n");
    for (uint32_t i = 0; i < glue->import_count; i++) {
        fprintf(out, "    {");
        glue_print_string(out, module->imports[i].module);
        fprintf(out, ", ");
        glue_print_string(out, module->imports[i].name);
        fprintf(out, ", \"%s\"},\n", glue_type(&module->types[module->imports[i].type], text));
    }
    fprintf(out, "    {0},\n};\n");
}

static char global_letter(uint8_t type)
{
    return type == WASM_I32 ? 'i' : type == WASM_I64 ? 'I' : type == WASM_F32 ? 'f' : 'F';
}

/* Mutable numbers; returns how many. */
static uint32_t print_globals(FILE *out, const struct wasm_module *module)
{
    uint32_t count = 0;
    fprintf(out, "\nstatic const struct module_global globals[] = {\n");
    for (uint32_t i = 0; i < module->global_count; i++) {
        const struct wasm_global *global = &module->globals[i];
        if (!global->is_mutable || global->type < WASM_F64)
            continue;
        fprintf(out, "    {%u, '%c', offsetof(w2c_guest, w2c_g%u)},\n", i,
                global_letter(global->type), i);
        count++;
    }
    fprintf(out, "    {0},\n};\n");
    return count;
}

/* Active segments; returns how many. */
static uint32_t print_segments(FILE *out, const struct wasm_module *module)
{
    uint32_t count = 0;
    uint64_t at = 0;
    fprintf(out, "\nextern const uint8_t guest_data[];\n"
                 "static const struct module_segment segments[] = {\n");
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct wasm_data *data = &module->data[i];
        if (data->mode != WASM_ACTIVE)
            continue;
        fprintf(out, "    {%uu, %uu, guest_data + %llu},\n", (uint32_t)data->offset.integer,
                data->length, (unsigned long long)at);
        at += data->length;
        count++;
    }
    fprintf(out, "    {0},\n};\n");
    return count;
}

/*
 * A module that never changes its tables has them once, for all of its instances, which only read them: 32 bytes a
 * function are dear in a box, and to fill for each. References to null could be shared too, but nobody has tables of
 * them.
 */
static int tables_are_shared(const struct glue *glue)
{
    const struct wasm_module *module = glue->module;
    if ((glue->flags & MODULE_FLAG_UNSAVABLE) != 0 || module->table_count == 0)
        return 0;
    for (uint32_t i = 0; i < module->table_count; i++)
        if (module->tables[i].type != WASM_FUNCREF)
            return 0;
    return 1;
}

static void print_shared_tables(FILE *out, const struct wasm_module *module)
{
    fprintf(out, "\n");
    for (uint32_t i = 0; i < module->table_count; i++) {
        uint32_t count = module->tables[i].limits.min;
        fprintf(out, "wasm_rt_funcref_t table_%u[%u];\n", i, count > 0 ? count : 1);
    }
    fprintf(out, "static w2c_guest shared; /* for its tables' sizes */\n"
                 "static pthread_once_t shared_once = PTHREAD_ONCE_INIT;\n"
                 "\nstatic void build_tables(void)\n{\n");
    for (uint32_t i = 0; i < module->table_count; i++)
        fprintf(out, "    w2c_guest_T%u(&shared)->data = table_%u;\n", i, i);
    fprintf(out, "    guest_init_tables(&shared);\n}\n"
                 "\nstatic int take_tables(void *guest)\n{\n"
                 "    pthread_once(&shared_once, build_tables);\n");
    for (uint32_t i = 0; i < module->table_count; i++)
        fprintf(out, "    *w2c_guest_T%u(guest) = *w2c_guest_T%u(&shared);\n", i, i);
    fprintf(out, "    return 0;\n}\n\nstatic void release(void *guest)\n{\n");
    for (uint32_t i = 0; i < module->table_count; i++)
        fprintf(out, "    w2c_guest_T%u(guest)->data = NULL;\n", i);
    fprintf(out, "    wasm2c_guest_free(guest);\n}\n");
}

static void print_own_tables(FILE *out, const struct wasm_module *module)
{
    fprintf(out, "\nstatic void release(void *guest)\n{\n    wasm2c_guest_free(guest);\n}\n"
                 "\nstatic int take_tables(void *guest)\n{\n");
    if (module->table_count == 0)
        fprintf(out, "    (void)guest;\n");
    for (uint32_t i = 0; i < module->table_count; i++) {
        uint32_t count = module->tables[i].limits.min;
        fprintf(out,
                "    if ((w2c_guest_T%u(guest)->data = calloc(%u, sizeof(*w2c_guest_T%u(guest)->"
                "data))) == NULL)\n        return -1;\n",
                i, count > 0 ? count : 1, i);
    }
    if (module->table_count > 0)
        fprintf(out, "    guest_init_tables(guest);\n");
    fprintf(out, "    return 0;\n}\n");
}

static void print_instance(FILE *out, const struct wasm_module *module)
{
    fprintf(out, "\nstatic void set_memory_pages(void *guest, uint64_t pages)\n{\n");
    if (module->has_memory)
        fprintf(out, "    wasm_rt_memory_t *memory = w2c_guest_M0(guest);\n"
                     "    memory->pages = pages;\n    memory->size = pages * 65536;\n");
    else
        fprintf(out, "    (void)guest;\n    (void)pages;\n");
    fprintf(out, "}\n\nstatic int instantiate(void *guest, struct module_env *env, uint64_t pages)\n{\n"
                 "    ((struct instance *)guest)->env = env;\n");
    if (module->has_memory)
        fprintf(out, "    w2c_guest_M0(guest)->env = env;\n");
    fprintf(out,
            "    if (take_tables(guest) != 0) {\n        release(guest);\n        return -1;\n    }\n"
            "    wasm2c_guest_instantiate(guest%s);\n    set_memory_pages(guest, pages);\n"
            "    return 0;\n}\n",
            module->import_count > 0
                ? ", (struct w2c_host *)&((w2c_guest *)guest)->w2c_host_instance"
                : "");
}

static void print_hash(FILE *out, const char *field, const uint8_t *hash)
{
    fprintf(out, "    .%s = {", field);
    for (int i = 0; i < 32; i++)
        fprintf(out, "%s0x%02x", i == 0 ? "" : ", ", hash[i]);
    fprintf(out, "},\n");
}

/* The table as calls through it see it: where it never changes, the compiler knows where it is and how large. */
static void print_table(const struct glue *glue, uint32_t number, FILE *out)
{
    uint32_t count = glue->module->tables[number].limits.min;
    if (tables_are_shared(glue))
        fprintf(out,
                "extern wasm_rt_funcref_t table_%u[%u];\n"
                "#define GUEST_T%u ((wasm_rt_funcref_table_t){.data = table_%u, .size = %uu})\n",
                number, count > 0 ? count : 1, number, number, count);
    else
        fprintf(out, "#define GUEST_T%u instance->w2c_T%u\n", number, number);
}

/*
 * What the host holds as the instance. An import's first argument is what wasm2c calls the imported
 * module's instance. wasm2c 1.0.36 passes the cell's value in direct calls, but the cell's address
 * in calls through a table; so the cell holds its own address, and what is needed is found from
 * there. It lies at the start of the instance, so that every function in a table, imported or not, has the
 * instance as its first argument, and build-module makes wasm2c's calls pass that.
 */
void glue_print_header(const struct glue *glue, FILE *out)
{
    fprintf(out, "\n/* Written by pybox-glue. */\n#ifndef GUEST_INSTANCE\n#define GUEST_INSTANCE\n"
                 "struct instance {\n    w2c_guest guest; /* first: the guest's code gets this */\n"
                 "    struct module_env *env;\n};\n");
    if (glue->module->table_count > 0)
        fprintf(out, "\n/* Was wasm2c's init_tables(). */\nvoid guest_init_tables(w2c_guest *guest);\n");
    for (uint32_t i = 0; i < glue->module->table_count; i++)
        print_table(glue, i, out);
    if (glue->module->import_count > 0)
        fprintf(out, "\n_Static_assert(offsetof(w2c_guest, w2c_host_instance) == 0, \"calls through tables\");\n"
                     "static inline struct module_env *env_of(struct w2c_host *host)\n{\n"
                     "    char *guest = (char *)host - offsetof(w2c_guest, w2c_host_instance);\n"
                     "    return ((struct instance *)guest)->env;\n}\n");
    if (glue->mark.version > 0)
        fprintf(out, "#include \"module_meter.h\"\n");
    fprintf(out, "#endif\n");
}

void glue_print_source(const struct glue *glue, FILE *out)
{
    const struct wasm_module *module = glue->module;
    /* libc's first: what guest.h brings is hidden. */
    fprintf(out, "/* Written by pybox-glue. */\n#include <pthread.h>\n\n#include \"guest.h\"\n#include \"module_rt.h\"\n");
    print_imports(out, glue);
    print_exports(out, glue);
    uint32_t globals = print_globals(out, module);
    uint32_t segments = print_segments(out, module);
    if (tables_are_shared(glue))
        print_shared_tables(out, module);
    else
        print_own_tables(out, module);
    print_instance(out, module);
    fprintf(out,
            "\n#pragma GCC visibility push(default)\n"
            "extern const struct module_descriptor pybox_module_%s;\n"
            "const struct module_descriptor pybox_module_%s = {\n"
            "    .abi = MODULE_ABI,\n"
            "    .descriptor_bytes = sizeof(struct module_descriptor),\n"
            "    .name = \"%s\",\n",
            glue->name, glue->name, glue->name);
    print_hash(out, "hash", glue->hash);
    print_hash(out, "costs_hash", glue->mark.costs_hash);
    fprintf(out,
            "    .metering = %u,\n    .flags = %uu,\n"
            "    .instance_bytes = sizeof(struct instance),\n    .instantiate = instantiate,\n"
            "    .release = release,\n    .set_memory_pages = set_memory_pages,\n",
            glue->mark.version, glue->flags);
    fprintf(out, "    .memory_min_pages = %u,\n    .memory_max_pages = %u,\n", module->memory.min,
            !module->has_memory      ? 0
            : module->memory.has_max ? module->memory.max
                                     : WASM_MAX_PAGES);
    fprintf(out,
            "    .imports = imports,\n    .exports = exports,\n    .globals = globals,\n"
            "    .segments = segments,\n    .import_count = %u,\n    .export_count = %u,\n"
            "    .global_count = %u,\n    .segment_count = %u,\n    .start_export = %d,\n",
            glue->import_count, glue->exported_functions + module->has_start, globals, segments,
            module->has_start ? (int)glue->exported_functions : -1);
    fprintf(out, "    .trap = &module_trap,\n    .code_start = module_code_start,\n"
                 "    .code_end = module_code_end,\n};\n");
}

void glue_print_data(FILE *out)
{
    fprintf(out, "    .section .rodata.guest_data, \"a\", @progbits\n"
                 "    .globl  guest_data\n    .hidden guest_data\n"
                 "    .type   guest_data, @object\n    .p2align 6\nguest_data:\n"
                 "    .incbin \"data.bin\"\n    .byte 0\n    .size guest_data, . - guest_data\n"
                 "    .section .note.GNU-stack, \"\", @progbits\n");
}
