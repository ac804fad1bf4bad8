#include "save_options.h"

#include "complain.h"
#include "human.h"

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
        options->how.metadata = value;
        options->given = "metadata";
        return 0;
    default:
        return -1;
    }
}
