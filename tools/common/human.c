#include "human.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char units[] = "KMGT";

/* The factor of a unit such as "", "B", "K", "KB", "KiB"; 0 if it is none. */
static uint64_t human_unit(const char *unit)
{
    if (*unit == '\0' || strcasecmp(unit, "b") == 0)
        return 1;
    const char *found = strchr(units, toupper((unsigned char)*unit));
    const char *rest = unit + 1;
    if (found == NULL ||
        (*rest != '\0' && strcasecmp(rest, "b") != 0 && strcasecmp(rest, "ib") != 0))
        return 0;
    return UINT64_C(1) << (10 * (found - units + 1));
}

int human_parse_size(const char *text, uint64_t *bytes)
{
    *bytes = 0;
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0 || digits > 20 || !isdigit((unsigned char)*text))
        return -1;
    char number[24];
    memcpy(number, text, digits);
    number[digits] = '\0';
    char *end;
    double value = strtod(number, &end);
    uint64_t factor = human_unit(text + digits + strspn(text + digits, " "));
    if (*end != '\0' || factor == 0 || value * (double)factor > 0x1p63)
        return -1;
    *bytes = (uint64_t)(value * (double)factor);
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

const char *human_size(uint64_t bytes, char text[HUMAN_SIZE_BYTES])
{
    double value = (double)bytes;
    int unit = -1;
    while (value >= 999.5 && unit < (int)sizeof units - 2) {
        value /= 1024;
        unit++;
    }
    int decimals = (value < 9.995) + (value < 99.95);
    if (unit < 0)
        snprintf(text, HUMAN_SIZE_BYTES, "%u bytes", (unsigned)bytes);
    else
        snprintf(text, HUMAN_SIZE_BYTES, "%.*f %ciB", decimals, value, units[unit]);
    return text;
}
