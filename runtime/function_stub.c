/* Stubs: a module's host functions as a .pyi file has them, for type checkers and for prompts. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "functions.h"
#include "text_builder.h"

/* Names of typing that annotations are likely to use. */
static const char *const typing_names[] = {
    "Any",      "Callable", "Dict",     "Final",    "Iterable", "Iterator", "List",  "Literal",
    "Mapping",  "Optional", "Sequence", "Set",      "Tuple",    "Type",     "Union",
};
#define TYPING_NAMES (sizeof typing_names / sizeof *typing_names)

static int is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* Whether a word stands in the text, not behind a dot. */
static int has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if ((at == text || !is_word(at[-1])) && (!is_word(at[length]) || at[length] == '.'))
            return 1;
    return 0;
}

static int stub_has(const struct function *function, const char *module)
{
    return module == NULL || strcmp(function->info.module, module) == 0;
}

static void stub_imports(struct text_builder *out, const pybox_functions *functions, const char *module)
{
    int count = 0;
    for (size_t k = 0; k < TYPING_NAMES; k++) {
        int used = 0;
        for (uint32_t i = 0; i < functions->count && !used; i++)
            used = stub_has(functions->list[i], module) &&
                   has_word(functions->list[i]->signature.text, typing_names[k]);
        if (used)
            text_builder_format(out, "%s%s", count++ > 0 ? ", " : "from typing import ", typing_names[k]);
    }
    text_builder_add_text(out, count > 0 ? "\n\n" : "");
}

/* A docstring, its lines further in. */
static void stub_documentation(struct text_builder *out, const char *text)
{
    text_builder_add_text(out, "    \"\"\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"')
            text_builder_add_text(out, "\\");
        if (*at == '\r')
            continue;
        text_builder_add(out, at, 1);
        if (*at == '\n' && at[1] != '\n' && at[1] != '\0')
            text_builder_add_text(out, "    ");
    }
    text_builder_add_text(out, "\"\"\"\n");
}

static void stub_function(struct text_builder *out, const struct function *function)
{
    const pybox_function_info *info = &function->info;
    text_builder_format(out, "%sdef %s", info->is_async ? "async " : "", info->name);
    text_builder_add_text(out, function->signature.text);
    if (info->documentation[0] == '\0') {
        text_builder_add_text(out, ": ...\n\n");
        return;
    }
    text_builder_add_text(out, ":\n");
    stub_documentation(out, info->documentation);
    text_builder_add_text(out, "    ...\n\n");
}

/* All functions of one module, which comes first in the set with function `first`. */
static void stub_module(struct text_builder *out, const pybox_functions *functions, uint32_t first)
{
    const char *module = functions->list[first]->info.module;
    for (uint32_t i = first; i < functions->count; i++)
        if (stub_has(functions->list[i], module))
            stub_function(out, functions->list[i]);
}

static int is_first_of_module(const pybox_functions *functions, uint32_t number)
{
    for (uint32_t i = 0; i < number; i++)
        if (stub_has(functions->list[i], functions->list[number]->info.module))
            return 0;
    return 1;
}

pybox_status pybox_functions_stub(const pybox_functions *functions, const char *module, char **text)
{
    struct text_builder out = {0};
    int found = module == NULL;
    if (functions == NULL || text == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "functions or text is NULL; expected both");
    *text = NULL;
    stub_imports(&out, functions, module);
    for (uint32_t i = 0; i < functions->count; i++) {
        if (!stub_has(functions->list[i], module) || !is_first_of_module(functions, i))
            continue;
        found = 1;
        if (module == NULL)
            text_builder_format(&out, "# module %s\n\n", functions->list[i]->info.module);
        stub_module(&out, functions, i);
    }
    if (!found) {
        text_builder_free(&out);
        return error_set(PYBOX_ERROR_ARGUMENT, "no function of the set is in a module %s", module);
    }
    while (out.length > 1 && out.bytes[out.length - 1] == '\n' && out.bytes[out.length - 2] == '\n')
        out.length--;
    *text = text_builder_take(&out);
    return *text != NULL ? PYBOX_OK : error_set_memory("a stub", 0);
}

void pybox_text_free(char *text)
{
    free(text);
}
