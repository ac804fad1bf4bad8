#include "save_metadata.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "error.h"
#include "snapshot_content.h"

char *save_metadata_join(const char *metadata, const char *key, const char *value, pybox_status *status)
{
    cJSON *object = cJSON_Parse(metadata);
    const int fits = cJSON_IsObject(object) && !cJSON_HasObjectItem(object, key);
    const int is_empty = fits && object->child == NULL;
    cJSON_Delete(object);
    const char *end = strrchr(metadata, '}');
    if (!fits || end == NULL)
        return NULL;
    const size_t head = (size_t)(end - metadata), bytes = head + strlen(key) + strlen(value) + 6;
    if (bytes > SNAPSHOT_METADATA_LIMIT_BYTES)
        return NULL;
    char *joined = malloc(bytes);
    if (joined == NULL) {
        *status = error_set_memory("a snapshot's metadata", bytes);
        return NULL;
    }
    memcpy(joined, metadata, head);
    joined[head] = '\0';
    strcat(strcat(strcat(joined, is_empty ? "\"" : ",\""), key), "\":");
    strcat(strcat(joined, value), "}");
    return joined;
}
