#include "snapshot_content.h"

#include "bytes.h"
#include "error.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

#define WHITESPACE " \t\r\n" /* of JSON */

static pybox_status content_check_globals(const struct snapshot_content *content,
                                          pybox_status status)
{
    if (content->global_count > SNAPSHOT_GLOBAL_LIMIT)
        return error_set(status, "the snapshot has %" PRIu32 " globals; at most %u can be saved",
                         content->global_count, SNAPSHOT_GLOBAL_LIMIT);
    for (uint32_t i = 0; i < content->global_count; i++) {
        const struct snapshot_global *global = &content->globals[i];
        if (i > 0 && global->index <= global[-1].index)
            return error_set(status,
                             "the snapshot's globals are not in ascending order at index %" PRIu32,
                             global->index);
        int narrow = global->type == 'i' || global->type == 'f';
        if (!narrow && global->type != 'I' && global->type != 'F')
            return error_set(status, "the snapshot's global %" PRIu32 " has the unknown type %d",
                             global->index, global->type);
        if (narrow && global->value > UINT32_MAX)
            return error_set(
                status, "the value of the snapshot's global %" PRIu32 " is wider than its type",
                global->index);
    }
    return PYBOX_OK;
}

/* cJSON lets them pass, even a NUL. */
static int content_has_controls(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && (text[i] == '\0' || !strchr(WHITESPACE, text[i])))
            return 1;
    return 0;
}

static pybox_status content_check_metadata(const struct snapshot_content *content,
                                           pybox_status status)
{
    if (content->metadata == NULL)
        return PYBOX_OK;
    if (content->metadata_bytes > SNAPSHOT_METADATA_LIMIT_BYTES)
        return error_set(status, "the snapshot's metadata has %zu bytes; at most %u are allowed",
                         content->metadata_bytes, SNAPSHOT_METADATA_LIMIT_BYTES);
    if (!bytes_are_utf8(content->metadata, content->metadata_bytes))
        return error_set(status, "the snapshot's metadata is not UTF-8");
    if (content_has_controls(content->metadata, content->metadata_bytes))
        return error_set(status, "the snapshot's metadata has control characters in it");
    const char *limit = content->metadata + content->metadata_bytes;
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithLengthOpts(content->metadata, content->metadata_bytes, &end, 0);
    while (json != NULL && end < limit && strchr(WHITESPACE, *end) != NULL)
        end++;
    int whole = json != NULL && end == limit;
    int object = whole && cJSON_IsObject(json);
    cJSON_Delete(json);
    if (!whole)
        return error_set(status, "the snapshot's metadata is not JSON");
    if (!object)
        return error_set(status, "the snapshot's metadata is JSON, but not an object");
    return PYBOX_OK;
}

pybox_status snapshot_content_check(const struct snapshot_content *content, pybox_status status)
{
    if (content->memory_bytes > SNAPSHOT_MEMORY_LIMIT_BYTES ||
        content->memory_bytes % SNAPSHOT_PAGE_BYTES != 0)
        return error_set(status,
                         "the snapshot's memory has %" PRIu64
                         " bytes; expected a multiple of %u, at most %" PRIu64,
                         content->memory_bytes, SNAPSHOT_PAGE_BYTES, SNAPSHOT_MEMORY_LIMIT_BYTES);
    if (content->tree_bytes > SNAPSHOT_TREE_LIMIT_BYTES)
        return error_set(status,
                         "the snapshot's file tree has %zu bytes; at most %" PRIu64 " are allowed",
                         content->tree_bytes, SNAPSHOT_TREE_LIMIT_BYTES);
    pybox_status result = content_check_globals(content, status);
    return result != PYBOX_OK ? result : content_check_metadata(content, status);
}
