/*
 * Signatures of host functions, and schemas: what is accepted is spaced evenly, means the same when it is read again, and
 * has a schema that is JSON.
 */
#include "function_schema.h"
#include "function_signature.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "bytes.h"

static void check(const char *text)
{
    struct signature first, second;
    char *schema;
    if (signature_parse(text, &first) != PYBOX_OK)
        return;
    if (signature_parse(first.text, &second) != PYBOX_OK || strcmp(first.text, second.text) != 0 ||
        first.count != second.count)
        abort();
    if (schema_of_signature(&first, &schema) != PYBOX_OK)
        abort();
    cJSON *parsed = cJSON_Parse(schema);
    if (parsed == NULL ||
        cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(parsed, "properties")) != (int)first.count)
        abort();
    cJSON_Delete(parsed);
    free(schema);
    signature_free(&first);
    signature_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = malloc(length + 1), *made;
    if (text == NULL)
        return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (bytes_are_utf8(text, strlen(text))) {
        check(text);
        if (schema_to_signature(text, &made) == PYBOX_OK) {
            check(made);
            free(made);
        }
    }
    free(text);
    return 0;
}
