#include "function_schema.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "error.h"
#include "text_builder.h"

/* ------------------------------------------------------------------------------------------
 * A schema of an annotation. signature_parse() has checked and spaced it.
 */

struct annotation {
    const char *at;
    struct text_builder *out;
};

static const struct {
    const char *type, *schema;
} simple[] = {
    {"str", "\"type\":\"string\""},   {"int", "\"type\":\"integer\""},
    {"float", "\"type\":\"number\""}, {"bool", "\"type\":\"boolean\""},
    {"None", "\"type\":\"null\""},    {"bytes", "\"type\":\"string\",\"contentEncoding\":\"base64\""},
    {"list", "\"type\":\"array\""},   {"tuple", "\"type\":\"array\""},
    {"dict", "\"type\":\"object\""},  {"set", "\"type\":\"array\",\"uniqueItems\":true"},
    {"List", "\"type\":\"array\""},   {"Tuple", "\"type\":\"array\""},
    {"Dict", "\"type\":\"object\""},  {"Set", "\"type\":\"array\",\"uniqueItems\":true"},
    {"frozenset", "\"type\":\"array\",\"uniqueItems\":true"},
    {"Sequence", "\"type\":\"array\""}, {"Mapping", "\"type\":\"object\""},
    {"Iterable", "\"type\":\"array\""},
};

static void annotation_schema(struct annotation *annotation);

/* Behind a string, number, name or bracket: where it ends. */
static const char *annotation_skip(const char *at)
{
    if (*at == '"' || *at == '\'') {
        const char quote = *at++;
        while (*at != quote)
            at += *at == '\\' ? 2 : 1;
        return at + 1;
    }
    if (*at == '[') {
        at++;
        while (*at != ']')
            at = *at == '[' || *at == '"' || *at == '\'' ? annotation_skip(at) : at + 1;
        return at + 1;
    }
    while (*at != '\0' && strchr("[],| ", *at) == NULL)
        at++;
    return at;
}

/* The next of the items between brackets: 1 if there is one. The first call comes behind the opening bracket; what has
 * been left of an item is passed over. */
static int annotation_item(struct annotation *annotation, int is_first)
{
    while (!is_first && *annotation->at != ',' && *annotation->at != ']') {
        const char *end = annotation_skip(annotation->at);
        annotation->at = end > annotation->at ? end : annotation->at + 1;
    }
    while (*annotation->at == ',' || *annotation->at == ' ')
        annotation->at++;
    if (*annotation->at != ']')
        return 1;
    annotation->at++;
    return 0;
}

/* A literal of Python's as JSON. */
static void annotation_literal(struct annotation *annotation)
{
    const char *start = annotation->at, *end = annotation_skip(start);
    annotation->at = end;
    size_t length = (size_t)(end - start);
    if (*start != '"' && *start != '\'') {
        if (length == 4 && memcmp(start, "None", 4) == 0)
            text_builder_add_text(annotation->out, "null");
        else if (length == 4 && memcmp(start, "True", 4) == 0)
            text_builder_add_text(annotation->out, "true");
        else if (length == 5 && memcmp(start, "False", 5) == 0)
            text_builder_add_text(annotation->out, "false");
        else if (*start == '-' || (*start >= '0' && *start <= '9'))
            text_builder_add(annotation->out, start, length);
        else
            text_builder_add_json(annotation->out, start, length);
        return;
    }
    text_builder_add_text(annotation->out, "\"");
    for (const char *at = start + 1; at < end - 1; at++) {
        if (*at == '\\' && at[1] == 'x') {
            text_builder_format(annotation->out, "\\u00%.2s", at + 2);
            at += 3;
        } else if (*at == '\\' && at[1] == '\'') {
            text_builder_add_text(annotation->out, "'");
            at++;
        } else if (*at == '\\') {
            text_builder_add(annotation->out, at++, 2);
        } else {
            text_builder_add(annotation->out, *at == '"' ? "\\\"" : at, *at == '"' ? 2 : 1);
        }
    }
    text_builder_add_text(annotation->out, "\"");
}

static void annotation_literals(struct annotation *annotation)
{
    int count = 0;
    text_builder_add_text(annotation->out, "\"enum\":[");
    while (annotation_item(annotation, count == 0)) {
        text_builder_add_text(annotation->out, count++ > 0 ? "," : "");
        annotation_literal(annotation);
    }
    text_builder_add_text(annotation->out, "]");
}

/* Union[...] and Optional[...]. */
static void annotation_union(struct annotation *annotation, int is_optional)
{
    int count = 0;
    text_builder_add_text(annotation->out, "\"anyOf\":[");
    while (annotation_item(annotation, count == 0)) {
        text_builder_add_text(annotation->out, count++ > 0 ? "," : "");
        annotation_schema(annotation);
    }
    text_builder_add_text(annotation->out, is_optional ? ",{\"type\":\"null\"}]" : "]");
}

/* The items of a collection: of an array, the values of an object (behind its keys), or those of a tuple, one by one. */
static void annotation_items(struct annotation *annotation, const char *kind, int is_tuple)
{
    struct text_builder items = {0}, *out = annotation->out;
    int count = 0, is_endless = 0;
    annotation->out = &items;
    for (int is_first = 1; annotation_item(annotation, is_first); is_first = 0) {
        if (strncmp(annotation->at, "...", 3) == 0) {
            is_endless = 1;
            annotation->at += 3;
            continue;
        }
        if (!is_tuple)
            items.length = 0; /* the last one counts */
        else
            text_builder_add_text(&items, count > 0 ? "," : "");
        count++;
        annotation_schema(annotation);
    }
    annotation->out = out;
    char *made = text_builder_take(&items);
    if (made == NULL)
        out->failed = 1;
    else if (is_tuple && !is_endless)
        text_builder_format(out, ",\"prefixItems\":[%s],\"minItems\":%d,\"maxItems\":%d", made,
                            count, count);
    else if (count == 1 || (!is_tuple && count > 1)) /* else it makes no sense */
        text_builder_format(out, ",\"%s\":%s", kind, made);
    free(made);
}

static int name_is(const char *name, size_t length, const char *expected)
{
    return strlen(expected) == length && memcmp(name, expected, length) == 0;
}

/* A name, dotted perhaps, of which the last part counts, and what is in brackets behind it. */
static void annotation_name(struct annotation *annotation)
{
    const char *name = annotation->at, *end = annotation_skip(name);
    for (const char *at = name; at < end; at++)
        if (*at == '.')
            name = at + 1;
    const size_t length = (size_t)(end - name);
    annotation->at = end;
    const int has_items = *end == '[';
    if (has_items && name_is(name, length, "Literal")) {
        annotation->at++;
        annotation_literals(annotation);
        return;
    }
    if (has_items && (name_is(name, length, "Union") || name_is(name, length, "Optional"))) {
        annotation->at++;
        annotation_union(annotation, name_is(name, length, "Optional"));
        return;
    }
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (!name_is(name, length, simple[i].type))
            continue;
        text_builder_add_text(annotation->out, simple[i].schema);
        if (!has_items)
            return;
        annotation->at++;
        const int is_object = strstr(simple[i].schema, "object") != NULL;
        annotation_items(annotation, is_object ? "additionalProperties" : "items",
                         (simple[i].type[0] | 0x20) == 't');
        return;
    }
    if (has_items)
        annotation->at = annotation_skip(annotation->at);
}

static void annotation_part(struct annotation *annotation)
{
    text_builder_add_text(annotation->out, "{");
    if ((*annotation->at >= 'a' && *annotation->at <= 'z') ||
        (*annotation->at >= 'A' && *annotation->at <= 'Z') || *annotation->at == '_')
        annotation_name(annotation);
    else
        annotation->at = annotation_skip(annotation->at);
    /* What may follow a name in brackets, and has no schema: a further name or bracket. */
    while (*annotation->at == '.' || *annotation->at == '[')
        annotation->at = annotation_skip(annotation->at);
    text_builder_add_text(annotation->out, "}");
}

static void annotation_schema(struct annotation *annotation)
{
    struct text_builder parts = {0}, *out = annotation->out;
    int count = 1;
    annotation->out = &parts;
    annotation_part(annotation);
    while (strncmp(annotation->at, " | ", 3) == 0) {
        annotation->at += 3;
        text_builder_add_text(&parts, ",");
        annotation_part(annotation);
        count++;
    }
    annotation->out = out;
    char *made = text_builder_take(&parts);
    if (made == NULL)
        out->failed = 1;
    else if (count == 1)
        text_builder_add_text(out, made);
    else
        text_builder_format(out, "{\"anyOf\":[%s]}", made);
    free(made);
}

static void schema_add_parameter(struct text_builder *out, const struct parameter *parameter)
{
    struct annotation annotation = {parameter->annotation, out};
    text_builder_format(out, "\"%s\":", parameter->name);
    if (parameter->kind == PARAMETER_VARIABLE)
        text_builder_add_text(out, "{\"type\":\"array\",\"items\":");
    if (parameter->kind == PARAMETER_KEYWORDS)
        text_builder_add_text(out, "{\"type\":\"object\",\"additionalProperties\":");
    if (parameter->annotation != NULL)
        annotation_schema(&annotation);
    else
        text_builder_add_text(out, "{}");
    if (parameter->kind == PARAMETER_VARIABLE || parameter->kind == PARAMETER_KEYWORDS)
        text_builder_add_text(out, "}");
    if (parameter->value == NULL || out->failed)
        return;
    out->length--; /* the closing brace */
    text_builder_add_text(out, out->bytes[out->length - 1] == '{' ? "\"default\":" : ",\"default\":");
    text_builder_add_text(out, parameter->value);
    text_builder_add_text(out, "}");
}

pybox_status schema_of_signature(const struct signature *signature, char **schema)
{
    struct text_builder out = {0};
    int required = 0;
    text_builder_add_text(&out, "{\"type\":\"object\",\"properties\":{");
    for (uint32_t i = 0; i < signature->count; i++) {
        text_builder_add_text(&out, i > 0 ? "," : "");
        schema_add_parameter(&out, &signature->parameters[i]);
    }
    text_builder_add_text(&out, "},\"required\":[");
    for (uint32_t i = 0; i < signature->count; i++) {
        const struct parameter *parameter = &signature->parameters[i];
        if (parameter->value == NULL && parameter->kind != PARAMETER_VARIABLE &&
            parameter->kind != PARAMETER_KEYWORDS)
            text_builder_format(&out, "%s\"%s\"", required++ > 0 ? "," : "", parameter->name);
    }
    text_builder_add_text(&out, "],\"additionalProperties\":false}");
    *schema = text_builder_take(&out);
    return *schema != NULL ? PYBOX_OK : error_set_memory("a function's schema", 0);
}

/* ------------------------------------------------------------------------------------------
 * A signature of a schema
 */

static void type_of_schema(struct text_builder *out, const cJSON *schema);

/* A JSON value as Python writes it. */
static void add_value(struct text_builder *out, const cJSON *value)
{
    if (cJSON_IsNull(value) || cJSON_IsBool(value)) {
        text_builder_add_text(out, cJSON_IsNull(value) ? "None" : cJSON_IsTrue(value) ? "True" : "False");
    } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
        const cJSON *item;
        const int is_object = cJSON_IsObject(value);
        text_builder_add_text(out, is_object ? "{" : "[");
        cJSON_ArrayForEach(item, value)
        {
            if (is_object) {
                text_builder_add_json(out, item->string, strlen(item->string));
                text_builder_add_text(out, ": ");
            }
            add_value(out, item);
            text_builder_add_text(out, ", ");
        }
        text_builder_add_text(out, is_object ? "}" : "]");
    } else if (cJSON_IsString(value)) {
        text_builder_add_json(out, value->valuestring, strlen(value->valuestring));
    } else {
        char *text = cJSON_PrintUnformatted(value);
        if (text == NULL)
            out->failed = 1;
        else
            text_builder_add_text(out, text);
        cJSON_free(text);
    }
}

/* Literal[...], if Python has one for all of the values: 1. */
static int literal_of_values(struct text_builder *out, const cJSON *values)
{
    const cJSON *value;
    if (!cJSON_IsArray(values) || cJSON_GetArraySize(values) == 0)
        return 0;
    cJSON_ArrayForEach(value, values)
        if (cJSON_IsArray(value) || cJSON_IsObject(value) ||
            (cJSON_IsNumber(value) && value->valuedouble != (double)value->valueint))
            return 0;
    text_builder_add_text(out, "Literal[");
    cJSON_ArrayForEach(value, values)
    {
        add_value(out, value);
        text_builder_add_text(out, value->next != NULL ? ", " : "]");
    }
    return 1;
}

static void union_of_schemas(struct text_builder *out, const cJSON *schemas)
{
    const cJSON *schema;
    cJSON_ArrayForEach(schema, schemas)
    {
        type_of_schema(out, schema);
        text_builder_add_text(out, schema->next != NULL ? " | " : "");
    }
}

static void type_of_name(struct text_builder *out, const char *name, const cJSON *schema)
{
    static const char *const types[][2] = {{"string", "str"}, {"integer", "int"},
                                           {"number", "float"}, {"boolean", "bool"},
                                           {"null", "None"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(name, types[i][0]) == 0) {
            text_builder_add_text(out, types[i][1]);
            return;
        }
    const int is_array = strcmp(name, "array") == 0;
    const cJSON *inner =
        cJSON_GetObjectItemCaseSensitive(schema, is_array ? "items" : "additionalProperties");
    if (!is_array && strcmp(name, "object") != 0) {
        text_builder_add_text(out, "Any");
    } else if (cJSON_IsObject(inner)) {
        text_builder_add_text(out, is_array ? "list[" : "dict[str, ");
        type_of_schema(out, inner);
        text_builder_add_text(out, "]");
    } else {
        text_builder_add_text(out, is_array ? "list" : "dict");
    }
}

static void type_of_schema(struct text_builder *out, const cJSON *schema)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(schema, "type");
    const cJSON *any = cJSON_GetObjectItemCaseSensitive(schema, "anyOf");
    const cJSON *name;
    if (!cJSON_IsArray(any))
        any = cJSON_GetObjectItemCaseSensitive(schema, "oneOf");
    if (literal_of_values(out, cJSON_GetObjectItemCaseSensitive(schema, "enum")))
        return;
    if (cJSON_IsArray(any) && any->child != NULL) {
        union_of_schemas(out, any);
    } else if (cJSON_IsArray(type) && type->child != NULL) {
        cJSON_ArrayForEach(name, type)
        {
            type_of_name(out, cJSON_IsString(name) ? name->valuestring : "", schema);
            text_builder_add_text(out, name->next != NULL ? " | " : "");
        }
    } else {
        type_of_name(out, cJSON_IsString(type) ? type->valuestring : "", schema);
    }
}

static int is_required(const cJSON *required, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, required)
        if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
            return 1;
    return 0;
}

/* All properties that are required, or are not. Errors: ARGUMENT. */
static pybox_status add_properties(struct text_builder *out, const cJSON *schema, int required,
                                   int *count)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(schema, "required"), *property;
    cJSON_ArrayForEach(property, cJSON_GetObjectItemCaseSensitive(schema, "properties"))
    {
        if (!signature_is_name(property->string, strlen(property->string)))
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "the schema has a property \"%.100s\"; expected what can be the name of a "
                             "parameter",
                             property->string);
        if (is_required(names, property->string) != required)
            continue;
        text_builder_format(out, "%s%s: ", (*count)++ > 0 ? ", " : "*, ", property->string);
        type_of_schema(out, property);
        if (required)
            continue;
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(property, "default");
        text_builder_add_text(out, value != NULL ? " = " : " | None = ");
        if (value != NULL)
            add_value(out, value);
        else
            text_builder_add_text(out, "None");
    }
    return PYBOX_OK;
}

pybox_status schema_to_signature(const char *schema, char **signature)
{
    *signature = NULL;
    cJSON *parsed = cJSON_Parse(schema);
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(parsed, "type");
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(parsed, "properties"), *name;
    pybox_status status = PYBOX_OK;
    if (!cJSON_IsObject(parsed) || !cJSON_IsString(type) || strcmp(type->valuestring, "object") != 0 ||
        (properties != NULL && !cJSON_IsObject(properties)))
        status = error_set(PYBOX_ERROR_ARGUMENT,
                           "schema is no JSON schema of an object; expected {\"type\": \"object\", "
                           "\"properties\": {...}}");
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(parsed, "required"))
        if (status == PYBOX_OK && (!cJSON_IsString(name) || cJSON_GetObjectItemCaseSensitive(
                                                                properties, name->valuestring) == NULL))
            status = error_set(PYBOX_ERROR_ARGUMENT, "the schema requires what is none of its properties");
    struct text_builder out = {0};
    int count = 0;
    text_builder_add_text(&out, "(");
    if (status == PYBOX_OK)
        status = add_properties(&out, parsed, 1, &count);
    if (status == PYBOX_OK)
        status = add_properties(&out, parsed, 0, &count);
    text_builder_add_text(&out, ")");
    cJSON_Delete(parsed);
    if (status != PYBOX_OK) {
        text_builder_free(&out);
        return status;
    }
    *signature = text_builder_take(&out);
    return *signature != NULL ? PYBOX_OK : error_set_memory("a signature", 0);
}
