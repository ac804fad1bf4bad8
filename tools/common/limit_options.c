#include "limit_options.h"

#include <stddef.h>
#include <string.h>

#include "complain.h"

const struct limit_option limit_options[LIMIT_OPTION_COUNT] = {
#define LIMIT_OPTION_ROW(id, name, field, kind, normal, least, most, help)                         \
    {name,   #field, kind, offsetof(pybox_limits, field), sizeof(((pybox_limits *)0)->field),      \
     normal, least,  most, help},
    LIMIT_OPTIONS(LIMIT_OPTION_ROW)
#undef LIMIT_OPTION_ROW
};

static const char *const units[] = {
    [HUMAN_SIZE] = "SIZE",
    [HUMAN_COUNT] = "COUNT",
    [HUMAN_TIME] = "TIME",
};

static const char *const wanted[] = {
    [HUMAN_SIZE] = "a size such as 64M or 1.5G",
    [HUMAN_COUNT] = "a count such as 1000, 250k or 1.5G",
    [HUMAN_TIME] = "a time such as 250ms, 2s or 1.5h",
};

int limit_options_take(pybox_limits *limits, enum limit_option_index index, const char *value)
{
    const struct limit_option *option = &limit_options[index];
    int may_be_unlimited = option->most == PYBOX_UNLIMITED;
    uint64_t number = PYBOX_UNLIMITED;
    int is_word = strcmp(value, "unlimited") == 0 || strcmp(value, "none") == 0;
    if (!(may_be_unlimited && is_word) &&
        (human_parse(option->kind, value, &number) != 0 || number == 0))
        return complain("--%s wants %s%s, not '%s'", option->name, wanted[option->kind],
                        may_be_unlimited ? ", or 'unlimited'" : "", value);
    if (number < option->least || number > option->most) {
        char least[HUMAN_BYTES], most[HUMAN_BYTES];
        return complain("--%s can be %s to %s, not %s", option->name,
                        human_spell(option->kind, option->least, least),
                        human_spell(option->kind, option->most, most), value);
    }
    /* Little-endian: the low bytes come first. */
    memcpy((char *)limits + option->offset, &number, option->bytes);
    return 0;
}

void limit_options_prefer(pybox_limits *limits, const pybox_limits *preset)
{
    const pybox_limits *normal = pybox_preset_limits(PYBOX_PRESET_NORMAL);
    for (size_t i = 0; i < LIMIT_OPTION_COUNT; i++) {
        const struct limit_option *option = &limit_options[i];
        static const char unset[sizeof(uint64_t)];
        char *field = (char *)limits + option->offset;
        const char *value = (const char *)preset + option->offset;
        if (memcmp(field, unset, option->bytes) == 0 &&
            memcmp(value, (const char *)normal + option->offset, option->bytes) != 0)
            memcpy(field, value, option->bytes);
    }
}

const struct limit_option *limit_options_find(const char *field)
{
    for (size_t i = 0; i < LIMIT_OPTION_COUNT; i++)
        if (strcmp(limit_options[i].field, field) == 0)
            return &limit_options[i];
    return NULL;
}

uint64_t limit_options_value(const pybox_limits *limits, const struct limit_option *option)
{
    uint64_t value = 0;
    memcpy(&value, (const char *)limits + option->offset, option->bytes);
    if (value == 0)
        value = option->normal;
    return value != 0 ? value : PYBOX_UNLIMITED;
}

void limit_options_help(FILE *file)
{
    for (size_t i = 0; i < LIMIT_OPTION_COUNT; i++) {
        const struct limit_option *option = &limit_options[i];
        char word[40], text[HUMAN_BYTES];
        snprintf(word, sizeof word, "%s %s", option->name, units[option->kind]);
        fprintf(file, "  --%-22s %s", word, option->help);
        if (option->normal != 0)
            fprintf(file, " (default %s", human_spell(option->kind, option->normal, text));
        else
            fputs(" (default: none", file);
        if (i == LIMIT_OPTION_OUTPUT)
            fputs("; 16M with --json", file);
        if (option->most != PYBOX_UNLIMITED && option->most != option->normal)
            fprintf(file, ", at most %s", human_spell(option->kind, option->most, text));
        fputs(")\n", file);
    }
}
