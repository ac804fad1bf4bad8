/* Any bytes as a value: what is accepted must be what cJSON takes too, as a whole, and what cJSON then prints is accepted again. */
#include "value_check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct value_fault fault = {0};
    if (value_check((const char *)bytes, length, &fault) != 0) {
        if (fault.what == NULL || fault.offset > length)
            abort();
        return 0;
    }
    const char *end = NULL;
    char *text = malloc(length + 1);
    if (text == NULL)
        return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    cJSON *tree = cJSON_ParseWithLengthOpts(text, length + 1, &end, 1);
    const int has_nul = strstr(text, "\\u0000") != NULL; /* which cJSON's strings end at */
    free(text);
    if (tree == NULL)
        abort();
    char *printed = cJSON_PrintUnformatted(tree);
    if (printed == NULL || (!has_nul && value_check(printed, strlen(printed), &fault) != 0))
        abort();
    cJSON_free(printed);
    cJSON_Delete(tree);
    return 0;
}
