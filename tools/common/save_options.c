#include "save_options.h"

#include "complain.h"
#include "human.h"

#include <cjson/cJSON.h>

/* The library checks it again, and more strictly, but only when all has been done that is to be saved. */
static int save_options_is_object(const char *value)
{
    cJSON *object = cJSON_ParseWithOpts(value, NULL, 1);
    int valid = cJSON_IsObject(object);
    cJSON_Delete(object);
    return valid;
}

int save_options_check(const struct save_options *options)
{
    if (options->how.delta && options->how.form == PYBOX_FORM_MAPPED)
        return complain("--delta and --mapped do not go together: a delta is always compressed");
    return 0;
}

int save_options_take(struct save_options *options, int option, const char *value)
{
    uint64_t level;
    options->how.size = sizeof options->how;
    switch (option) {
    case SAVE_OPTION_SAVE:
        options->path = value;
        return 0;
    case SAVE_OPTION_DELTA:
        options->how.delta = 1;
        options->given = "delta";
        return 0;
    case SAVE_OPTION_MAPPED:
        options->how.form = PYBOX_FORM_MAPPED;
        options->given = "mapped";
        return 0;
    case SAVE_OPTION_LEVEL:
        if (human_parse_number(value, &level) != 0 || level < 1 || level > 19)
            return complain("--level wants a number from 1 to 19, not '%s'", value);
        options->how.level = (int)level;
        options->given = "level";
        return 0;
    case SAVE_OPTION_METADATA:
        if (!save_options_is_object(value))
            return complain("--metadata wants a JSON object, such as '{\"made by\": \"me\"}'");
        options->how.metadata = value;
        options->given = "metadata";
        return 0;
    default:
        return -1;
    }
}
