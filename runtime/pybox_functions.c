/* Sets of host functions. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "digest.h"
#include "error.h"
#include "function_names.h"
#include "function_schema.h"
#include "functions.h"
#include "options.h"
#include "text_builder.h"

#define DEFAULT_MODULE "tools"
#define DOCUMENTATION_BYTES 65536
#define SCHEMA_BYTES 65536

pybox_status pybox_functions_create(pybox_functions **functions)
{
    if (functions == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "functions is NULL; expected where to put the set");
    *functions = NULL;
    pybox_functions *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("a set of functions", sizeof *made);
    atomic_init(&made->holds, 1);
    pthread_mutex_init(&made->lock, NULL);
    *functions = made;
    return PYBOX_OK;
}

static void function_free(struct function *function)
{
    if (function == NULL)
        return;
    free((char *)function->info.name);
    free((char *)function->info.module);
    free((char *)function->info.documentation);
    free((char *)function->info.schema);
    free(function->full_name);
    signature_free(&function->signature);
    free(function);
}

void pybox_functions_destroy(pybox_functions *functions)
{
    if (functions == NULL ||
        atomic_fetch_sub_explicit(&functions->holds, 1, memory_order_acq_rel) > 1)
        return;
    for (uint32_t i = 0; i < functions->count; i++)
        function_free(functions->list[i]);
    pthread_mutex_destroy(&functions->lock);
    free(functions->list);
    free(functions->sorted);
    free(functions->declarations);
    free(functions);
}

/* ------------------------------------------------------------------------------------------
 * Adding
 */

static pybox_status function_check_text(const char *field, const char *text, size_t most)
{
    if (text == NULL)
        return PYBOX_OK;
    size_t length = strlen(text);
    if (length > most)
        return error_set(PYBOX_ERROR_LIMIT, "pybox_function.%s has %zu bytes; expected at most %zu",
                         field, length, most);
    if (!bytes_are_utf8(text, length))
        return error_set(PYBOX_ERROR_ARGUMENT, "pybox_function.%s is not UTF-8", field);
    return PYBOX_OK;
}

static pybox_status function_check(const pybox_function *given)
{
    pybox_status status = function_names_check(given->name, given->module);
    if (status == PYBOX_OK)
        status = function_check_text("signature", given->signature, SIGNATURE_BYTES);
    if (status == PYBOX_OK)
        status = function_check_text("schema", given->schema, SCHEMA_BYTES);
    if (status == PYBOX_OK)
        status = function_check_text("documentation", given->documentation, DOCUMENTATION_BYTES);
    if (status != PYBOX_OK)
        return status;
    if ((given->signature == NULL) == (given->schema == NULL))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "pybox_function has %s; expected a signature or a schema",
                         given->schema != NULL ? "both" : "neither signature nor schema");
    if (given->function == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "pybox_function.function is NULL; expected the host's function");
    if (given->form != PYBOX_VALUES_PLAIN && given->form != PYBOX_VALUES_TAGGED)
        return error_set(PYBOX_ERROR_ARGUMENT, "pybox_function.form is %d; expected a pybox_form_of_values",
                         (int)given->form);
    return PYBOX_OK;
}

/* Signature and schema, each from the other. */
static pybox_status function_make_signature(struct function *made, const pybox_function *given)
{
    char *text = NULL, *parameters = NULL, *schema = NULL;
    pybox_status status = PYBOX_OK;
    if (given->signature == NULL)
        status = schema_to_signature(given->schema, &text);
    if (status == PYBOX_OK)
        status = signature_parse(text != NULL ? text : given->signature, &made->signature);
    if (status == PYBOX_OK && given->schema == NULL)
        status = schema_of_signature(&made->signature, &parameters);
    if (status == PYBOX_OK)
        status = functions_describe_tool(made, given->schema != NULL ? given->schema : parameters,
                                         &schema);
    made->info.signature = made->signature.text;
    made->info.schema = schema;
    free(text);
    free(parameters);
    return status;
}

/* Copies what is given, which has been checked. */
static pybox_status function_make(const pybox_function *given, struct function **function)
{
    struct function *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_set_memory("a host function", sizeof *made);
    struct text_builder full_name = {0};
    text_builder_format(&full_name, "%s.%s", given->module, given->name);
    made->full_name = text_builder_take(&full_name);
    made->info.size = sizeof made->info;
    made->info.name = strdup(given->name);
    made->info.module = strdup(given->module);
    made->info.documentation = strdup(given->documentation != NULL ? given->documentation : "");
    made->info.is_async = given->is_async != 0;
    made->form = given->form;
    made->function = given->function;
    made->context = given->context;
    pybox_status status = PYBOX_OK;
    if (made->full_name == NULL || made->info.name == NULL || made->info.module == NULL ||
        made->info.documentation == NULL)
        status = error_set_memory("a host function", 0);
    if (status == PYBOX_OK)
        status = function_make_signature(made, given);
    if (status != PYBOX_OK) {
        function_free(made);
        return status;
    }
    *function = made;
    return PYBOX_OK;
}

/* Where a name is, or would be, among the sorted ones. */
static uint32_t functions_find(const pybox_functions *functions, const char *full_name)
{
    uint32_t low = 0, high = functions->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(functions->sorted[middle]->full_name, full_name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A function's name is no module's of the set, nor the other way round: the guest has one object of a name. `from` is a
 * module, or a function's full name. */
static int functions_have_below(const pybox_functions *functions, const char *from)
{
    size_t length = strlen(from);
    for (uint32_t i = 0; i < functions->count; i++) {
        const char *module = functions->list[i]->info.module;
        if (strncmp(module, from, length) == 0 && (module[length] == '\0' || module[length] == '.'))
            return 1;
    }
    return 0;
}

/* The function of which the module, or one that it is in, has the name; or NULL. */
static const struct function *functions_above(const pybox_functions *functions, const char *module)
{
    char name[512];
    for (size_t length = 0; length < sizeof name - 1 && module[length] != '\0';) {
        name[length] = module[length];
        length++;
        if (module[length] != '\0' && module[length] != '.')
            continue;
        name[length] = '\0';
        uint32_t at = functions_find(functions, name);
        if (at < functions->count && strcmp(functions->sorted[at]->full_name, name) == 0)
            return functions->sorted[at];
    }
    return NULL;
}

static pybox_status functions_check_new(const pybox_functions *functions, const struct function *made)
{
    uint32_t at = functions_find(functions, made->full_name);
    if (functions->in_use)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the set of functions is in use by a box; expected one that no box has had");
    if (at < functions->count && strcmp(functions->sorted[at]->full_name, made->full_name) == 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "the set has a function %s already", made->full_name);
    if (functions_have_below(functions, made->full_name) ||
        functions_above(functions, made->info.module) != NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "%s would be a function and a module; expected names that are one of them",
                         functions_have_below(functions, made->full_name) ? made->full_name
                                                                          : made->info.module);
    if (functions->count == FUNCTIONS_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "the set has %d functions; expected no more", FUNCTIONS_MOST);
    return PYBOX_OK;
}

static uint64_t function_text_bytes(const struct function *function)
{
    return strlen(function->info.documentation) + strlen(function->info.schema) +
           strlen(function->signature.text) + 512;
}

static pybox_status functions_put(pybox_functions *functions, struct function *made)
{
    pybox_status status = functions_check_new(functions, made);
    const uint64_t bytes = function_text_bytes(made);
    if (status != PYBOX_OK)
        return status;
    if (functions->text_bytes + bytes > FUNCTIONS_TEXT_BYTES)
        return error_set(PYBOX_ERROR_LIMIT, "the set's texts have more than %llu bytes",
                         (unsigned long long)FUNCTIONS_TEXT_BYTES);
    if (functions->count == functions->capacity) {
        uint32_t capacity = functions->capacity > 0 ? functions->capacity * 2 : 16;
        struct function **list = realloc(functions->list, capacity * sizeof(*list));
        if (list != NULL)
            functions->list = list;
        struct function **sorted = realloc(functions->sorted, capacity * sizeof(*sorted));
        if (sorted != NULL)
            functions->sorted = sorted;
        if (list == NULL || sorted == NULL)
            return error_set_memory("a set of functions", capacity * sizeof(*list));
        functions->capacity = capacity;
    }
    uint32_t at = functions_find(functions, made->full_name);
    memmove(functions->sorted + at + 1, functions->sorted + at,
            (functions->count - at) * sizeof(*functions->sorted));
    functions->sorted[at] = made;
    functions->list[functions->count++] = made;
    functions->text_bytes += bytes;
    return PYBOX_OK;
}

pybox_status pybox_functions_add(pybox_functions *functions, const pybox_function *function)
{
    if (functions == NULL || function == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "functions or function is NULL; expected both");
    pybox_function given = {0};
    struct function *made = NULL;
    pybox_status status = options_copy(&given, sizeof given, function, "pybox_function");
    if (status == PYBOX_OK && given.module == NULL)
        given.module = DEFAULT_MODULE;
    if (status == PYBOX_OK)
        status = function_check(&given);
    if (status == PYBOX_OK)
        status = function_make(&given, &made);
    if (status != PYBOX_OK)
        return status;
    pthread_mutex_lock(&functions->lock);
    status = functions_put(functions, made);
    pthread_mutex_unlock(&functions->lock);
    if (status != PYBOX_OK)
        function_free(made);
    return status;
}

void pybox_functions_list(const pybox_functions *functions,
                          int (*each)(void *context, const pybox_function_info *info), void *context)
{
    for (uint32_t i = 0; functions != NULL && each != NULL && i < functions->count; i++)
        if (each(context, &functions->list[i]->info) != 0)
            return;
}

/* ------------------------------------------------------------------------------------------
 * For boxes
 */

static void declare_function(struct text_builder *out, const struct function *function)
{
    const struct signature *signature = &function->signature;
    int variable = -1;
    text_builder_format(out, "{\"name\":\"%s\",\"module\":\"%s\",\"async\":%s,\"tagged\":%s,\"signature\":",
                        function->info.name, function->info.module,
                        function->info.is_async ? "true" : "false",
                        function->form == PYBOX_VALUES_TAGGED ? "true" : "false");
    text_builder_add_json(out, signature->text, strlen(signature->text));
    text_builder_add_text(out, ",\"documentation\":");
    if (function->info.documentation[0] != '\0')
        text_builder_add_json(out, function->info.documentation, strlen(function->info.documentation));
    else
        text_builder_add_text(out, "null");
    text_builder_add_text(out, ",\"parameters\":[");
    for (uint32_t i = 0; i < signature->count; i++) {
        text_builder_format(out, "%s\"%s\"", i > 0 ? "," : "", signature->parameters[i].name);
        if (signature->parameters[i].kind == PARAMETER_VARIABLE)
            variable = (int)i;
    }
    text_builder_format(out, "],\"variable\":%d}", variable);
}

static pybox_status functions_declare(pybox_functions *functions)
{
    struct text_builder out = {0};
    uint8_t digest[DIGEST_BYTES];
    text_builder_add_text(&out, "[");
    for (uint32_t i = 0; i < functions->count; i++) {
        text_builder_add_text(&out, i > 0 ? "," : "");
        declare_function(&out, functions->list[i]);
    }
    text_builder_add_text(&out, "]");
    functions->declarations = text_builder_take(&out);
    if (functions->declarations == NULL)
        return error_set_memory("the declarations of a set of functions", 0);
    digest_bytes(functions->declarations, strlen(functions->declarations), digest);
    functions->name[0] = bytes_load_u64(digest) | 1; /* both 0: no set */
    functions->name[1] = bytes_load_u64(digest + 8);
    functions->in_use = 1;
    return PYBOX_OK;
}

pybox_status functions_hold(const pybox_functions *functions, struct pybox_functions **held)
{
    pybox_functions *set = (pybox_functions *)functions; /* what a caller sees of it does not change */
    pthread_mutex_lock(&set->lock);
    pybox_status status = set->in_use ? PYBOX_OK : functions_declare(set);
    pthread_mutex_unlock(&set->lock);
    *held = status == PYBOX_OK ? functions_hold_again(set) : NULL;
    return status;
}

struct pybox_functions *functions_hold_again(struct pybox_functions *functions)
{
    atomic_fetch_add_explicit(&functions->holds, 1, memory_order_relaxed);
    return functions;
}

pybox_status functions_describe_tool(const struct function *function, const char *parameters,
                                     char **schema)
{
    struct text_builder out = {0};
    text_builder_format(&out, "{\"name\":\"%s\",\"description\":", function->info.name);
    text_builder_add_json(&out, function->info.documentation, strlen(function->info.documentation));
    text_builder_add_text(&out, ",\"parameters\":");
    text_builder_add_text(&out, parameters);
    text_builder_add_text(&out, "}");
    *schema = text_builder_take(&out);
    return *schema != NULL ? PYBOX_OK : error_set_memory("a function's schema", 0);
}
