/* The ELF note as assembly. The assembler has no u16 string form, so the lengths are ours to count.
 */
#include "glue.h"

#include "module_abi.h"
#include "note_layout.h"

#include <string.h>

static void print_text(FILE *out, struct wasm_text text)
{
    fprintf(out, "    .short %u\n    .ascii ", text.length);
    glue_print_string(out, text);
    fputc('\n', out);
}

static void print_c_text(FILE *out, const char *text)
{
    print_text(out, (struct wasm_text){text, (uint32_t)strlen(text)});
}

static void print_hash(FILE *out, const uint8_t *hash)
{
    fprintf(out, "    .byte ");
    for (int i = 0; i < 32; i++)
        fprintf(out, "%s0x%02x", i == 0 ? "" : ", ", hash[i]);
    fputc('\n', out);
}

void note_print(const struct glue *glue, FILE *out)
{
    const struct wasm_module *module = glue->module;
    char text[GLUE_TYPE_BYTES];
    fprintf(out,
            "    .section " NOTE_SECTION ", \"a\", @note\n    .p2align 2\n"
            "    .long %zu, 2f - 1f, %u\n    .asciz \"" NOTE_NAME "\"\n    .p2align 2\n1:\n"
            "    .long %u, %u, %u, %u\n",
            sizeof(NOTE_NAME), NOTE_TYPE, NOTE_LAYOUT, MODULE_ABI, glue->mark.version, glue->flags);
    print_hash(out, glue->hash);
    print_hash(out, glue->mark.costs_hash);
    fprintf(out, "    .long %u, %u\n", glue->import_count, glue->exported_functions);
    print_c_text(out, glue->name);
    print_c_text(out, glue->wasm2c);
    print_c_text(out, glue->compiler);
    for (uint32_t i = 0; i < glue->import_count; i++) {
        print_text(out, module->imports[i].module);
        print_text(out, module->imports[i].name);
        print_c_text(out, glue_type(&module->types[module->imports[i].type], text));
    }
    for (uint32_t i = 0; i < module->export_count; i++) {
        if (module->exports[i].kind != WASM_FUNCTION)
            continue;
        print_text(out, module->exports[i].name);
        print_c_text(out, glue_type(wasm_function_type(module, module->exports[i].index), text));
    }
    fprintf(out, "2:\n    .p2align 2\n    .section .note.GNU-stack, \"\", @progbits\n");
}
