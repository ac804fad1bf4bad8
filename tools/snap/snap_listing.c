#include "snap_listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "human.h"
#include "printable.h"
#include "stopped.h"

/* A listing is not to take longer, whatever the guest does. */
#define LISTING_WALL_NS UINT64_C(30000000000)
#define LISTING_MEMORY_BYTES (UINT64_C(4) << 30)

/* Names with underscores on both sides are Python's own, and ours. A repr tells an address if a value has nothing
 * better, and the addresses of what was not touched are the same in two snapshots of one origin. */
static const char listing_code[] =
    "def __pybox_listing__(names):\n"
    "    import hashlib, os\n"
    "    def digest(data):\n"
    "        return hashlib.sha256(data).hexdigest()[:32]\n"
    "    def shown(name):\n"
    "        return name.encode('utf-8', 'backslashreplace').decode()\n"
    "    def of(value):\n"
    "        try:\n"
    "            text = repr(value)\n"
    "        except Exception as error:\n"
    "            text = type(error).__name__\n"
    "        return [shown(type(value).__qualname__), digest(text.encode('utf-8', 'surrogatepass'))]\n"
    "    def content(path):\n"
    "        with open(path, 'rb') as file:\n"
    "            data = file.read()\n"
    "        return [len(data), digest(data)]\n"
    "    files = {}\n"
    "    for top in '/work', '/tmp':\n"
    "        for folder, _, inside in os.walk(top):\n"
    "            for name in inside:\n"
    "                path = os.path.join(folder, name)\n"
    "                files[shown(path)] = content(path)\n"
    "    own = {shown(name): of(value) for name, value in names.items()\n"
    "           if isinstance(name, str) and not name[:2] == '__' == name[-2:]}\n"
    "    return [own, files]\n"
    "__pybox_listing__(dict(globals()))\n";

static int listing_by_key(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* What a name or file is, and a digest. The guest can answer anything, and comparing nested objects takes time
 * without bound. */
static int listing_is_entry(const cJSON *entry)
{
    const cJSON *what = cJSON_GetArrayItem(entry, 0);
    return cJSON_IsArray(entry) && cJSON_GetArraySize(entry) == 2 &&
           (cJSON_IsString(what) || cJSON_IsNumber(what)) && cJSON_IsString(cJSON_GetArrayItem(entry, 1));
}

/* Sorts the members of an object. 0, or -1 if it is none, or not of entries, or memory is exhausted. */
static int listing_sort(struct snap_listing *listing, int kind)
{
    const cJSON *object = cJSON_GetArrayItem(listing->root, kind), *entry;
    if (!cJSON_IsObject(object))
        return -1;
    const cJSON **entries = calloc((size_t)cJSON_GetArraySize(object) + 1, sizeof *entries);
    if (entries == NULL)
        return -1;
    size_t count = 0;
    int valid = 1;
    cJSON_ArrayForEach(entry, object)
    {
        valid = valid && listing_is_entry(entry);
        entries[count++] = entry;
    }
    qsort(entries, count, sizeof *entries, listing_by_key);
    listing->entries[kind] = entries;
    listing->counts[kind] = valid ? count : 0;
    return valid ? 0 : -1;
}

static void listing_take(struct snap_listing *listing, const pybox_result *result,
                         const pybox_limits *limits)
{
    char why[STOPPED_BYTES];
    if (result->outcome != PYBOX_DONE) {
        if (*stopped_explain(result, limits, "the listing", why) == '\0')
            printable_copy(why, sizeof why, result->error.type.bytes, result->error.type.length);
        snprintf(listing->failure, sizeof listing->failure, "listing them ended with %s: %.300s",
                 pybox_outcome_name(result->outcome), why);
        return;
    }
    listing->root = cJSON_ParseWithLength(result->value.bytes, result->value.length);
    for (int kind = 0; kind < LISTING_COUNT; kind++)
        if (listing_sort(listing, kind) != 0)
            snprintf(listing->failure, sizeof listing->failure, "the listing makes no sense");
}

void snap_listing_make(struct snap_listing *listing, struct launch *launch,
                       const struct box_options *options)
{
    *listing = (struct snap_listing){0};
    struct box_options chosen = *options;
    chosen.limits = (pybox_limits){
        .size = sizeof chosen.limits,
        .wall_ns = LISTING_WALL_NS,
        .memory_bytes = LISTING_MEMORY_BYTES,
    };
    struct streams streams = STREAMS_TO(STDERR_FILENO);
    const struct launch_program program = {.streams = &streams, .capture = 1};
    const pybox_run run = {
        .size = sizeof run,
        .mode = PYBOX_MODE_EVAL,
        .code = listing_code,
        .filename = "<listing>",
    };
    const pybox_result *result;
    if (launch_box(launch, &chosen, &program) != PYBOX_OK ||
        launch_run(launch, &run, &result) != PYBOX_OK)
        snprintf(listing->failure, sizeof listing->failure, "%.500s", pybox_error_message());
    else
        listing_take(listing, result, &chosen.limits);
}

static void listing_compare_kind(const struct snap_listing *before,
                                 const struct snap_listing *after, int kind,
                                 snap_listing_callback *each, void *context)
{
    size_t i = 0, j = 0;
    while (i < before->counts[kind] || j < after->counts[kind]) {
        const cJSON *a = i < before->counts[kind] ? before->entries[kind][i] : NULL;
        const cJSON *b = j < after->counts[kind] ? after->entries[kind][j] : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a->string, b->string);
        if (order < 0)
            each(context, kind, a, NULL);
        else if (order > 0)
            each(context, kind, NULL, b);
        else if (!cJSON_Compare(a, b, 1))
            each(context, kind, a, b);
        i += order <= 0;
        j += order >= 0;
    }
}

void snap_listing_compare(const struct snap_listing *before, const struct snap_listing *after,
                          snap_listing_callback *each, void *context)
{
    for (int kind = 0; kind < LISTING_COUNT; kind++)
        listing_compare_kind(before, after, kind, each, context);
}

const char *snap_listing_what(const cJSON *entry, char text[LISTING_WHAT_BYTES])
{
    const cJSON *what = cJSON_GetArrayItem(entry, 0);
    char size[HUMAN_BYTES];
    text[0] = '\0';
    if (cJSON_IsString(what))
        printable_copy(text, LISTING_WHAT_BYTES, what->valuestring, strlen(what->valuestring));
    else if (cJSON_IsNumber(what) && what->valuedouble >= 0 && what->valuedouble < 0x1p53)
        snprintf(text, LISTING_WHAT_BYTES, "%s",
                 human_show(HUMAN_SIZE, (uint64_t)what->valuedouble, size));
    return text;
}

void snap_listing_free(struct snap_listing *listing)
{
    for (int kind = 0; kind < LISTING_COUNT; kind++)
        free(listing->entries[kind]);
    cJSON_Delete(listing->root);
    *listing = (struct snap_listing){0};
}
