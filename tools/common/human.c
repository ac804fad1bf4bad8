#include "human.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define MOST (UINT64_C(1) << 63)

struct human_unit {
    const char *name;
    uint64_t factor;
};

/* Ascending, from the kind's own unit on. */
static const struct human_unit size_units[] = {
    {"", 1},
    {"K", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
    {"T", UINT64_C(1) << 40},
    {NULL, 0},
};

static const struct human_unit count_units[] = {
    {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {"T", 1000000000000}, {NULL, 0},
};

static const struct human_unit time_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", UINT64_C(60) * 1000000000},
    {"h", UINT64_C(3600) * 1000000000},
    {"d", UINT64_C(86400) * 1000000000},
    {NULL, 0},
};

static const struct human_unit *const kinds[] = {
    [HUMAN_SIZE] = size_units,
    [HUMAN_COUNT] = count_units,
    [HUMAN_TIME] = time_units,
};

/* Whether `text` spells the unit: "m" and "M" are two units of time, and one of the others. */
static int human_is_unit(enum human_kind kind, const struct human_unit *unit, const char *text)
{
    if (kind == HUMAN_TIME)
        return strcmp(text, unit->name) == 0;
    size_t length = strlen(unit->name);
    if (strncasecmp(text, unit->name, length) != 0)
        return 0;
    const char *rest = text + length;
    return *rest == '\0' || (kind == HUMAN_SIZE && (strcasecmp(rest, "b") == 0 ||
                                                    (length > 0 && strcasecmp(rest, "ib") == 0)));
}

/* The factor of the unit, or 0. */
static uint64_t human_factor(enum human_kind kind, const char *text)
{
    for (const struct human_unit *unit = kinds[kind]; unit->name != NULL; unit++)
        if (human_is_unit(kind, unit, text))
            return unit->factor;
    return 0;
}

int human_parse(enum human_kind kind, const char *text, uint64_t *value)
{
    *value = 0;
    size_t whole_digits = strspn(text, "0123456789");
    const char *fraction = text + whole_digits;
    size_t fraction_digits = *fraction == '.' ? strspn(++fraction, "0123456789") : 0;
    const char *unit = fraction + fraction_digits;
    uint64_t factor = human_factor(kind, unit + strspn(unit, " "));
    if (whole_digits == 0 || whole_digits > 19 || fraction_digits > 19 || factor == 0 ||
        (fraction > text + whole_digits && fraction_digits == 0))
        return -1;
    unsigned __int128 sum = (unsigned __int128)strtoull(text, NULL, 10) * factor, power = 1;
    for (size_t i = 0; i < fraction_digits; i++)
        power *= 10;
    if (fraction_digits > 0)
        sum += (unsigned __int128)strtoull(fraction, NULL, 10) * factor / power;
    if (sum > MOST)
        return -1;
    *value = (uint64_t)sum;
    return 0;
}

int human_parse_number(const char *text, uint64_t *number)
{
    *number = 0;
    if (!isdigit((unsigned char)*text))
        return -1;
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, base);
    if (*end != '\0' || errno != 0)
        return -1;
    *number = value;
    return 0;
}

const char *human_show(enum human_kind kind, uint64_t value, char text[HUMAN_BYTES])
{
    const struct human_unit *unit = kinds[kind];
    /* 0.98 KiB and not 1000 bytes: never more than three digits; but 119 s, and then 120 s = 2
     * m. */
    while (unit[1].name != NULL && (double)value / (double)unit->factor >= 999.5 &&
           (kind != HUMAN_TIME || unit[1].factor <= time_units[3].factor))
        unit++;
    const char *space = kind == HUMAN_COUNT ? "" : " ";
    const char *name = kind == HUMAN_SIZE && unit->factor == 1 ? "bytes" : unit->name;
    const char *more = kind == HUMAN_SIZE && unit->factor > 1 ? "iB" : "";
    double shown = (double)value / (double)unit->factor;
    int decimals = unit->factor == 1 ? 0 : (shown < 9.995) + (shown < 99.95);
    snprintf(text, HUMAN_BYTES, "%.*f%s%s%s", decimals, shown, space, name, more);
    return text;
}

const char *human_date(uint64_t ns, char text[HUMAN_DATE_BYTES])
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm when;
    if (ns == 0 || gmtime_r(&seconds, &when) == NULL)
        snprintf(text, HUMAN_DATE_BYTES, "not said");
    else
        strftime(text, HUMAN_DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &when);
    return text;
}

const char *human_spell(enum human_kind kind, uint64_t value, char text[HUMAN_BYTES])
{
    const struct human_unit *unit = kinds[kind], *best = unit;
    unsigned best_tenths = 0;
    for (; unit->name != NULL; unit++) {
        /* Tenths of a unit, if it is a whole number of them; of minutes and hours no tenths. */
        unsigned __int128 tenths = (unsigned __int128)value * 10;
        if (value < unit->factor || tenths % unit->factor != 0)
            continue;
        unsigned rest = (unsigned)(tenths / unit->factor % 10);
        if (rest != 0 && kind == HUMAN_TIME && unit->factor > time_units[3].factor)
            continue;
        best = unit;
        best_tenths = rest;
    }
    unsigned long long whole = value / best->factor;
    if (best_tenths > 0)
        snprintf(text, HUMAN_BYTES, "%llu.%u%s", whole, best_tenths, best->name);
    else
        snprintf(text, HUMAN_BYTES, "%llu%s", whole, best->name);
    return text;
}
