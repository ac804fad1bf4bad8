/* What the glue makes of a module, and which modules it refuses. That the result runs, tests/aot
 * shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"
#include "glue.h"
#include "module_abi.h"
#include "wasm_file.h"

#include <stdlib.h>
#include <string.h>

static char *file_name;

#define I32 ((const uint8_t *)"\x7f\x7f")
#define REFERENCE ((const uint8_t *)"\x70")

/* A module in pieces that tests change: one import, one exported function, one segment of each
 * kind. */
struct pieces {
    struct wasm_type types[2];
    struct wasm_import import;
    uint32_t functions[2];
    struct wasm_export export;
    struct wasm_table table;
    struct wasm_global global;
    struct wasm_element element;
    uint32_t element_functions[1];
    struct wasm_data data;
    struct wasm_body body;
    struct wasm_custom mark;
    struct wasm_module module;
    struct glue glue;
};

static const uint8_t mark_bytes[33];

static void make(struct pieces *p, const char *code, uint32_t code_length)
{
    memset(p, 0, sizeof(*p));
    p->types[0] = (struct wasm_type){
        .parameters = I32, .parameter_count = 2, .results = I32, .result_count = 1};
    p->import = (struct wasm_import){.module = {"env", 3}, .name = {"f", 1}};
    p->export = (struct wasm_export){.name = {"g", 1}, .index = 1};
    p->table = (struct wasm_table){WASM_FUNCREF, {.min = 1, .max = UINT32_MAX}};
    p->global = (struct wasm_global){.type = WASM_I32, .is_mutable = true};
    p->global.initial.opcode = 0x41;
    p->element = (struct wasm_element){.count = 1, .functions = p->element_functions};
    p->data = (struct wasm_data){.bytes = (const uint8_t *)"abc", .length = 3};
    p->body = (struct wasm_body){.bytes = (const uint8_t *)code, .length = code_length, .code = 1};
    p->mark = (struct wasm_custom){
        {METER_SECTION, strlen(METER_SECTION)}, mark_bytes, sizeof(mark_bytes)};
    p->module = (struct wasm_module){.types = p->types,
                                     .type_count = 2,
                                     .imports = &p->import,
                                     .import_count = 1,
                                     .functions = p->functions,
                                     .function_count = 2,
                                     .imported_functions = 1,
                                     .exports = &p->export,
                                     .export_count = 1,
                                     .tables = &p->table,
                                     .table_count = 1,
                                     .globals = &p->global,
                                     .global_count = 1,
                                     .elements = &p->element,
                                     .element_count = 1,
                                     .data = &p->data,
                                     .data_count = 1,
                                     .bodies = &p->body,
                                     .body_count = 1,
                                     .customs = &p->mark,
                                     .custom_count = 1,
                                     .has_memory = true,
                                     .memory = {.min = 1, .max = UINT32_MAX}};
    p->glue = (struct glue){.module = &p->module, .name = "test", .wasm2c = "1", .compiler = "c"};
}

static void plain(struct pieces *p)
{
    make(p, "\0\x0b", 2);
}

static void refused(struct pieces *p, pybox_status status, const char *message)
{
    pybox_status found = glue_plan(&p->glue);
    if (found != status || strstr(error_message(), message) == NULL)
        fail_msg("expected %d \"%s\"; found %d \"%s\"", status, message, found, error_message());
}

static void test_refusals(void **state)
{
    (void)state;
    struct pieces p;
    plain(&p);
    assert_int_equal(glue_plan(&p.glue), PYBOX_OK);
    p.module.custom_count = 0;
    refused(&p, PYBOX_ERROR_ARGUMENT, "expected what pybox-meter writes");

    static const char *const kinds[] = {NULL, "imports the table", "imports the memory",
                                        "imports the global"};
    for (int kind = WASM_TABLE; kind <= WASM_GLOBAL; kind++) {
        plain(&p);
        p.import.kind = (enum wasm_kind)kind;
        refused(&p, PYBOX_ERROR_UNSUPPORTED, kinds[kind]);
    }
    plain(&p);
    p.types[0].result_count = 2;
    refused(&p, PYBOX_ERROR_UNSUPPORTED, "import \"f\" has 2 results");
    plain(&p);
    p.functions[1] = 1;
    p.types[1] = (struct wasm_type){.results = REFERENCE, .result_count = 1};
    refused(&p, PYBOX_ERROR_UNSUPPORTED, "export \"g\" returns a reference");
    p.types[1] = (struct wasm_type){.parameters = REFERENCE, .parameter_count = 1};
    refused(&p, PYBOX_ERROR_UNSUPPORTED, "export \"g\": parameter 0 is a reference");
    plain(&p);
    p.export.name = (struct wasm_text){"a\0b", 3};
    refused(&p, PYBOX_ERROR_UNSUPPORTED, "none of them 0");
    plain(&p);
    p.data.offset.integer = 65534;
    refused(&p, PYBOX_ERROR_MODULE_FORMAT,
            "data segment 0 ends at 65537, behind the memory's 65536");
    p.data.offset.integer = -1;
    refused(&p, PYBOX_ERROR_MODULE_FORMAT, "data segment 0 ends at 4294967298");
    plain(&p);
    p.element.offset.integer = 1;
    refused(&p, PYBOX_ERROR_MODULE_FORMAT, "element segment 0 ends at 2");
}

/* Whether a snapshot can hold the module's state, by what its code does. */
static void test_savable(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        uint32_t length;
        int active, unsavable;
    } cases[] = {
        {"\0\x25\0\x0b", 4, 0, 0},       /* table.get */
        {"\0\x26\0\x0b", 4, 0, 1},       /* table.set */
        {"\0\xfc\x0c\0\0\x0b", 6, 0, 1}, /* table.init */
        {"\0\xfc\x0e\0\0\x0b", 6, 0, 1}, /* table.copy */
        {"\0\xfc\x0f\0\x0b", 5, 0, 1},   /* table.grow */
        {"\0\xfc\x11\0\x0b", 5, 0, 1},   /* table.fill */
        {"\0\xfc\x08\0\0\x0b", 6, 0, 0}, /* memory.init */
        {"\0\xfc\x09\0\x0b", 5, 0, 1},   /* data.drop of a passive segment */
        {"\0\xfc\x09\0\x0b", 5, 1, 0},   /* ... of an active one: it is dropped already */
        {"\0\xfc\x0d\0\x0b", 5, 0, 1},   /* elem.drop */
        {"\0\xfc\x0d\0\x0b", 5, 1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pieces p;
        make(&p, cases[i].code, cases[i].length);
        p.data.mode = p.element.mode = cases[i].active ? WASM_ACTIVE : WASM_PASSIVE;
        assert_int_equal(glue_plan(&p.glue), PYBOX_OK);
        if (p.glue.flags != (cases[i].unsavable ? MODULE_FLAG_UNSAVABLE : 0))
            fail_msg("case %zu: flags %u", i, p.glue.flags);
    }
    struct pieces p;
    plain(&p);
    p.global.type = WASM_FUNCREF;
    assert_int_equal(glue_plan(&p.glue), PYBOX_OK);
    assert_int_equal(p.glue.flags, MODULE_FLAG_UNSAVABLE);
}

static void test_types(void **state)
{
    (void)state;
    char text[GLUE_TYPE_BYTES];
    struct wasm_type type = {.parameters = (const uint8_t *)"\x7f\x7e\x7d\x7c",
                             .parameter_count = 4,
                             .results = (const uint8_t *)"\x7c",
                             .result_count = 1};
    assert_string_equal(glue_type(&type, text), "iIfF:F");
    assert_string_equal(glue_type(&(struct wasm_type){0}, text), ":");
}

static void test_strings(void **state)
{
    (void)state;
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    glue_print_string(out, (struct wasm_text){"a\"\\?\n\0\xff"
                                              "0",
                                              8});
    fclose(out);
    assert_string_equal(text, "\"a\\042\\134\\077\\012\\000\\3770\"");
    free(text);
}

static int exports(const struct wasm_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].name.length == strlen(name) &&
            memcmp(module->exports[i].name.bytes, name, strlen(name)) == 0)
            return 1;
    return 0;
}

/* The module for wasm2c, of a real one: our names, no data, the same code. */
static void test_code(void **state)
{
    (void)state;
    uint8_t *bytes;
    size_t length;
    struct wasm_module module, metered, code;
    struct wasm_writer first = {0}, second = {0}, data = {0};
    assert_int_equal(wasm_file_read(file_name, &bytes, &length), PYBOX_OK);
    assert_int_equal(wasm_read(bytes, length, &module), PYBOX_OK);
    assert_int_equal(meter_write(&module, &first), PYBOX_OK);
    assert_int_equal(wasm_read(first.bytes, first.length, &metered), PYBOX_OK);
    struct glue glue = {.module = &metered, .name = "real", .wasm2c = "1", .compiler = "c"};
    assert_int_equal(glue_plan(&glue), PYBOX_OK);
    assert_int_equal(glue_write_code(&glue, &second), PYBOX_OK);
    assert_int_equal(glue_write_data(&glue, &data), PYBOX_OK);
    assert_int_equal(wasm_read(second.bytes, second.length, &code), PYBOX_OK);
    assert_int_equal(code.body_count, module.body_count);
    assert_int_equal(code.data_count, 0);
    assert_true(exports(&code, "e0") && exports(&code, "M0") && exports(&code, "T0") &&
                exports(&code, "g0") && !exports(&code, "count"));
    for (uint32_t i = 0; i < code.import_count; i++)
        assert_memory_equal(code.imports[i].module.bytes, "host", 4);
    size_t total = 0;
    for (uint32_t i = 0; i < module.data_count; i++)
        total += module.data[i].length;
    assert_int_equal(data.length, total);
    assert_memory_equal(data.bytes, module.data[0].bytes, module.data[0].length);
    wasm_free(&code);
    wasm_free(&metered);
    wasm_free(&module);
    free(first.bytes);
    free(second.bytes);
    free(data.bytes);
    free(bytes);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    file_name = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_savable),
        cmocka_unit_test(test_types),    cmocka_unit_test(test_strings),
        cmocka_unit_test(test_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
