/* What a snapshot's metadata say of the contexts in it. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "context.h"
#include "error.h"
#include "rollback.h"
#include "snapshot_content.h"

#define NAMES_MOST 100 /* that are listed; all are counted */

struct summary {
    cJSON *names;
    uint32_t count;
    int failed;
};

static int summary_add(void *context, const char *name, const char *parent)
{
    struct summary *summary = context;
    (void)parent;
    if (summary->count++ >= NAMES_MOST)
        return 0;
    cJSON *text = cJSON_CreateString(name);
    if (!cJSON_AddItemToArray(summary->names, text)) {
        cJSON_Delete(text);
        summary->failed = 1;
    }
    return summary->failed;
}

/* {"count": ..., "names": [...]} as text, NULL: no memory. */
static char *summary_print(const struct summary *summary)
{
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;
    if (!summary->failed && cJSON_AddNumberToObject(object, "count", summary->count) != NULL &&
        cJSON_AddItemReferenceToObject(object, "names", summary->names))
        text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

/* The host's object with one member more, whose other text stays as it is. NULL: no memory, or it would be no object of
 * a size that can be kept. */
static char *summary_join(const char *metadata, const char *summary, pybox_status *status)
{
    static const char key[] = "\"contexts\":";
    cJSON *object = cJSON_Parse(metadata);
    const int fits = cJSON_IsObject(object) && !cJSON_HasObjectItem(object, "contexts");
    const int is_empty = fits && object->child == NULL;
    cJSON_Delete(object);
    const char *end = strrchr(metadata, '}');
    if (!fits || end == NULL)
        return NULL;
    const size_t head = (size_t)(end - metadata), bytes = head + sizeof key + strlen(summary) + 3;
    if (bytes > SNAPSHOT_METADATA_LIMIT_BYTES)
        return NULL;
    char *joined = malloc(bytes);
    if (joined == NULL) {
        *status = error_set_memory("a snapshot's metadata", bytes);
        return NULL;
    }
    memcpy(joined, metadata, head);
    joined[head] = '\0';
    if (!is_empty)
        strcat(joined, ",");
    strcat(strcat(strcat(joined, key), summary), "}");
    return joined;
}

pybox_status context_add_summary(struct pybox_box *box, const char *metadata, char **with)
{
    struct summary summary = {0};
    uint32_t first;
    *with = NULL;
    if (box->module->guest[GUEST_CONTEXTS] == NULL)
        return PYBOX_OK;
    rollback_enter(box->rollback);
    pybox_status status = context_find_first(box, &first);
    if (status != PYBOX_OK)
        return status;
    summary.names = cJSON_CreateArray();
    summary.failed = summary.names == NULL;
    /* A guest that has spoilt its list is saved as it is. */
    if (context_go_through(box, first, summary_add, &summary) == PYBOX_OK && summary.count > 1) {
        char *text = summary_print(&summary);
        if (text != NULL)
            *with = summary_join(metadata != NULL ? metadata : "{}", text, &status);
        else
            status = error_set_memory("a snapshot's metadata", 0);
        cJSON_free(text);
    }
    cJSON_Delete(summary.names);
    return status;
}
