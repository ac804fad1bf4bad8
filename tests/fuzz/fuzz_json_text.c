/* Any bytes as a guest's JSON value and as its output: what is accepted or made must be what
 * another JSON parser takes too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* `spelling`, or NULL: what is printed must be as long, and the same but for half surrogate pairs.
 */
static void check(cJSON *item, const char *spelling, size_t length)
{
    char *text = cJSON_PrintUnformatted(item);
    cJSON *parsed = cJSON_ParseWithOpts(text, NULL, 1);
    if (text == NULL || parsed == NULL)
        abort();
    if (spelling != NULL && strlen(text) != length)
        abort();
    for (size_t i = 0; spelling != NULL && i < length; i++)
        if (text[i] != spelling[i] && text[i] != 'f' && text[i] != 'd')
            abort();
    if (spelling == NULL && !cJSON_IsString(parsed))
        abort();
    cJSON_Delete(parsed);
    free(text);
    cJSON_Delete(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    cJSON *value = json_text_value((const char *)bytes, length);
    if (value != NULL)
        check(value, (const char *)bytes, length);
    /* cJSON_Parse() refuses the NULs that a JSON string may spell: checked by the unit test. */
    if (memchr(bytes, 0, length) == NULL)
        check(json_text_string((const char *)bytes, length), NULL, 0);
    return 0;
}
