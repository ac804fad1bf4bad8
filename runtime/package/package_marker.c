#include "package_marker.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES 128
#define NESTING_MOST 50
#define NUMBERS 6 /* of a version that are compared */

/* What markers ask for, in a box. */
static const struct {
    const char *name, *value;
    int is_version;
} marker_facts[] = {
    {"python_version", "3.13", 1},
    {"python_full_version", "3.13.5", 1},
    {"implementation_version", "3.13.5", 1},
    {"implementation_name", "cpython", 0},
    {"platform_python_implementation", "CPython", 0},
    {"os_name", "posix", 0},
    {"sys_platform", "wasi", 0},
    {"platform_system", "wasi", 0},
    {"platform_machine", "wasm32", 0},
    {"platform_release", "0.0.0", 0},
    {"platform_version", "0.0.0", 0},
    {"extra", "", 0},
};

struct marker {
    const char *at;
    int nesting;
    int bad;
};

struct marker_value {
    char text[VALUE_BYTES];
    int is_version;
};

static int marker_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void marker_skip(struct marker *marker)
{
    while (*marker->at == ' ' || *marker->at == '\t')
        marker->at++;
}

static int marker_takes(struct marker *marker, const char *word)
{
    size_t length = strlen(word);
    marker_skip(marker);
    if (strncmp(marker->at, word, length) != 0 || (marker_is_letter(word[0]) && marker_is_letter(marker->at[length])))
        return 0;
    marker->at += length;
    return 1;
}

/* The numbers a version begins with. Returns how many there are; *wild says that `.*` is behind them. */
static int marker_numbers(const char *text, unsigned long numbers[NUMBERS], int *wild)
{
    int count = 0;
    memset(numbers, 0, NUMBERS * sizeof *numbers);
    *wild = 0;
    while (*text == ' ')
        text++;
    while (count < NUMBERS && *text >= '0' && *text <= '9') {
        char *end;
        numbers[count++] = strtoul(text, &end, 10);
        text = end;
        if (text[0] == '.' && text[1] == '*')
            *wild = 1;
        if (*text != '.')
            break;
        text++;
    }
    return count;
}

static int marker_order(const unsigned long *one, const unsigned long *other, int count)
{
    for (int i = 0; i < count; i++)
        if (one[i] != other[i])
            return one[i] < other[i] ? -1 : 1;
    return 0;
}

/* The sign at `*at`, of versions; NULL if there is none. */
static const char *marker_sign(const char **at)
{
    static const char *const signs[] = {"===", "~=", "==", "!=", "<=", ">=", "<", ">"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(*at, signs[i], strlen(signs[i])) == 0) {
            *at += strlen(signs[i]);
            return signs[i];
        }
    return NULL;
}

static int marker_compare_versions(const char *one, const char *sign, const char *other)
{
    unsigned long a[NUMBERS], b[NUMBERS];
    int wild, ignored;
    if (marker_numbers(one, a, &ignored) == 0)
        return 1;
    int count = marker_numbers(other, b, &wild);
    if (count == 0)
        return 1;
    int order = marker_order(a, b, wild ? count : NUMBERS);
    switch (sign[0]) {
    case '=':
        return order == 0;
    case '!':
        return order != 0;
    case '~':
        return order >= 0 && marker_order(a, b, count - 1) == 0;
    case '<':
        return order < 0 || (sign[1] == '=' && order == 0);
    default:
        return order > 0 || (sign[1] == '=' && order == 0);
    }
}

/* A quoted text or a name of marker_facts[]. */
static void marker_value(struct marker *marker, struct marker_value *value)
{
    value->text[0] = '\0';
    value->is_version = 0;
    marker_skip(marker);
    if (*marker->at == '\'' || *marker->at == '"') {
        const char *start = marker->at + 1, *end = strchr(start, *marker->at);
        size_t length = end == NULL ? VALUE_BYTES : (size_t)(end - start);
        if (length >= VALUE_BYTES) {
            marker->bad = 1;
            return;
        }
        memcpy(value->text, start, length);
        value->text[length] = '\0';
        marker->at = end + 1;
        return;
    }
    for (size_t i = 0; i < sizeof marker_facts / sizeof *marker_facts; i++)
        if (marker_takes(marker, marker_facts[i].name)) {
            strcpy(value->text, marker_facts[i].value);
            value->is_version = marker_facts[i].is_version;
            return;
        }
    marker->bad = 1;
}

static int marker_comparison(struct marker *marker)
{
    struct marker_value one, other;
    marker_value(marker, &one);
    if (marker->bad)
        return 1;
    int negated = marker_takes(marker, "not");
    int contains = marker_takes(marker, "in");
    marker_skip(marker);
    const char *sign = contains ? "in" : marker_sign(&marker->at);
    if (sign == NULL || (negated && !contains)) {
        marker->bad = 1;
        return 1;
    }
    marker_value(marker, &other);
    if (marker->bad)
        return 1;
    if (contains)
        return (strstr(other.text, one.text) != NULL) != negated;
    if (one.is_version || other.is_version)
        return marker_compare_versions(one.text, sign, other.text);
    int order = strcmp(one.text, other.text);
    return sign[0] == '!' ? order != 0
           : sign[0] == '<' ? order < 0 || (sign[1] == '=' && order == 0)
           : sign[0] == '>' ? order > 0 || (sign[1] == '=' && order == 0)
                            : order == 0;
}

static int marker_any(struct marker *marker);

static int marker_all(struct marker *marker)
{
    int holds = 1;
    do {
        int part;
        if (marker_takes(marker, "(")) {
            marker->bad |= ++marker->nesting > NESTING_MOST;
            part = marker->bad ? 1 : marker_any(marker);
            marker->bad |= !marker_takes(marker, ")");
            marker->nesting--;
        } else {
            part = marker_comparison(marker);
        }
        holds = holds && part;
    } while (!marker->bad && marker_takes(marker, "and"));
    return holds;
}

static int marker_any(struct marker *marker)
{
    int holds = 0;
    do {
        int part = marker_all(marker);
        holds = holds || part;
    } while (!marker->bad && marker_takes(marker, "or"));
    return holds;
}

size_t package_requirement_read(const char *text, int *applies)
{
    size_t length = 0;
    while (marker_is_letter(text[length]) || text[length] == '-' || text[length] == '.')
        length++;
    const char *condition = strchr(text, ';');
    struct marker marker = {.at = condition == NULL ? "" : condition + 1};
    *applies = 1;
    if (condition != NULL) {
        int holds = marker_any(&marker);
        marker_skip(&marker);
        *applies = marker.bad || *marker.at != '\0' || holds;
    }
    return length;
}

int package_python_fits(const char *bounds)
{
    for (const char *at = bounds; *at != '\0';) {
        while (*at == ' ' || *at == ',')
            at++;
        const char *sign = marker_sign(&at);
        if (sign != NULL && !marker_compare_versions("3.13.5", sign, at))
            return 0;
        at += strcspn(at, ",");
    }
    return 1;
}
