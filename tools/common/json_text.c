#include "json_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"

#define MAX_DEPTH 1000

/* ---- strings ---- */

/* The length of the UTF-8 sequence at `s` (1 to 4); or 0, and *bad is the length of the part to
 * replace. */
static size_t json_text_sequence(const unsigned char *s, size_t left, size_t *bad)
{
    *bad = 1;
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    /* The second byte's range keeps out overlong forms, surrogates, and what is over U+10FFFF. */
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < length; i++, (*bad)++) {
        if (i == left || s[i] < low || s[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

static char *json_text_escape(char *out, unsigned char c)
{
    static const char shorts[] = "b\bf\fn\nr\rt\t\"\"\\\\";
    *out++ = '\\';
    for (const char *s = shorts; *s != '\0'; s += 2) {
        if ((unsigned char)s[1] == c) {
            *out++ = s[0];
            return out;
        }
    }
    return out + sprintf(out, "u%04x", c);
}

cJSON *json_text_string(const char *bytes, size_t length)
{
    if (length > SIZE_MAX / 6 - 3)
        return NULL;
    char *text = malloc(6 * length + 3); /* the longest: a control character as \u0000 */
    if (text == NULL)
        return NULL;
    char *out = text;
    *out++ = '"';
    const unsigned char *s = (const unsigned char *)bytes, *end = s + length;
    while (s < end) {
        size_t bad, good = json_text_sequence(s, (size_t)(end - s), &bad);
        if (good == 0) {
            out = stpcpy(out, "\xef\xbf\xbd");
            s += bad;
        } else if (*s < ' ' || *s == '"' || *s == '\\' || *s == 0x7f) {
            out = json_text_escape(out, *s++);
        } else {
            memcpy(out, s, good);
            out += good;
            s += good;
        }
    }
    *out++ = '"';
    *out = '\0';
    cJSON *item = cJSON_CreateRaw(text);
    free(text);
    return item;
}

/* ---- values: each function returns the end of what it reads, or NULL ---- */

static const char *json_text_skip(const char *s)
{
    return s + strspn(s, " \t\n\r");
}

static const char *json_text_check_string(const char *s)
{
    for (s++; *s != '"'; s++) {
        size_t bad, good = json_text_sequence((const unsigned char *)s, SIZE_MAX, &bad); /* up to the NUL */
        if (good == 0 || (unsigned char)*s < ' ')
            return NULL;
        s += good - 1;
        if (*s == '\\') {
            s++;
            if (*s == 'u') {
                if (strspn(s + 1, "0123456789abcdefABCDEF") < 4)
                    return NULL;
                s += 4;
            } else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL) {
                return NULL;
            }
        }
    }
    return s + 1;
}

static const char *json_text_check_digits(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    return digits > 0 ? s + digits : NULL;
}

static const char *json_text_check_number(const char *s)
{
    if (*s == '-')
        s++;
    s = *s == '0' ? s + 1 : json_text_check_digits(s);
    if (s != NULL && *s == '.')
        s = json_text_check_digits(s + 1);
    if (s != NULL && (*s == 'e' || *s == 'E')) {
        s++;
        s = json_text_check_digits(s + (*s == '+' || *s == '-'));
    }
    return s;
}

static const char *json_text_check_scalar(const char *s)
{
    static const char *const words[] = {"null", "true", "false"};
    if (*s == '"')
        return json_text_check_string(s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(s, words[i], strlen(words[i])) == 0)
            return s + strlen(words[i]);
    return json_text_check_number(s);
}

/* A key and its colon. */
static const char *json_text_check_key(const char *s)
{
    s = json_text_skip(s);
    s = *s == '"' ? json_text_check_string(s) : NULL;
    if (s == NULL)
        return NULL;
    s = json_text_skip(s);
    return *s == ':' ? json_text_skip(s + 1) : NULL;
}

/* One value; containers are kept on a stack of their closing brackets, not on the native stack. */
static const char *json_text_check(const char *s)
{
    char closing[MAX_DEPTH];
    size_t depth = 0;
    for (;;) {
        s = json_text_skip(s);
        if (*s == '[' || *s == '{') {
            if (depth == MAX_DEPTH)
                return NULL;
            closing[depth++] = *s == '[' ? ']' : '}';
            s = json_text_skip(s + 1);
            if (*s != closing[depth - 1]) {
                s = closing[depth - 1] == '}' ? json_text_check_key(s) : s;
                if (s == NULL)
                    return NULL;
                continue;
            }
        } else {
            s = json_text_check_scalar(s);
            if (s == NULL)
                return NULL;
        }
        /* Behind a value, or at the end of an empty container. */
        while (depth > 0 && *(s = json_text_skip(s)) == closing[depth - 1]) {
            depth--;
            s++;
        }
        if (depth == 0)
            return json_text_skip(s);
        if (*s != ',')
            return NULL;
        s = closing[depth - 1] == '}' ? json_text_check_key(s + 1) : s + 1;
        if (s == NULL)
            return NULL;
    }
}

/* The UTF-16 unit of the escape \uXXXX at `s`, or 0 if there is none. */
static unsigned json_text_unit(const char *s)
{
    unsigned unit = 0;
    if (s[0] == '\\' && s[1] == 'u')
        sscanf(s + 2, "%4x", &unit);
    return unit;
}

/* Half a pair of surrogates is a JSON string by the grammar, but many parsers refuse it: U+FFFD
 * instead. `s` is valid otherwise, so that a backslash begins an escape. */
static void json_text_pair_surrogates(char *s)
{
    while ((s = strchr(s, '\\')) != NULL) {
        unsigned unit = json_text_unit(s);
        int high = unit >= 0xd800 && unit <= 0xdbff;
        unsigned next = high ? json_text_unit(s + 6) : 0;
        if (next >= 0xdc00 && next <= 0xdfff) {
            s += 12;
            continue;
        }
        if (unit >= 0xd800 && unit <= 0xdfff)
            memcpy(s + 2, "fffd", 4);
        s += 2;
    }
}

cJSON *json_text_value(const char *bytes, size_t length)
{
    char *text = strndup(bytes, length);
    if (text == NULL)
        return NULL;
    const char *end = json_text_check(text);
    cJSON *item = NULL;
    if (end != NULL && end == text + length) {
        json_text_pair_surrogates(text);
        item = cJSON_CreateRaw(text);
    }
    free(text);
    return item;
}

cJSON *json_text_number(uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return cJSON_CreateRaw(text);
}

int json_text_print(const cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    if (text == NULL)
        return ENOMEM;
    int failed = streams_write_all(STDOUT_FILENO, text, strlen(text));
    if (failed == 0)
        failed = streams_write_all(STDOUT_FILENO, "\n", 1);
    free(text);
    return failed;
}
