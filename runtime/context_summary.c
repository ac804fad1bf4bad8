/* What a snapshot's metadata say of the contexts in it. */
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "context.h"
#include "error.h"
#include "rollback.h"
#include "save_metadata.h"

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
            *with = save_metadata_join(metadata != NULL ? metadata : "{}", "contexts", text, &status);
        else
            status = error_set_memory("a snapshot's metadata", 0);
        cJSON_free(text);
    }
    cJSON_Delete(summary.names);
    return status;
}
