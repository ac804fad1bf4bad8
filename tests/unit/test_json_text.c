/* JSON strings of any bytes, and values that are checked and kept as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_text.h"

static void assert_string_of(const char *bytes, size_t length, const char *wanted)
{
    cJSON *item = json_text_string(bytes, length);
    assert_non_null(item);
    char *text = cJSON_PrintUnformatted(item);
    assert_string_equal(text, wanted);
    free(text);
    cJSON_Delete(item);
}

static void test_strings(void **state)
{
    (void)state;
    assert_string_of("", 0, "\"\"");
    assert_string_of("a\0b", 3, "\"a\\u0000b\"");
    assert_string_of("\"\\\b\f\n\r\t\x1f\x7f/", 10, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\\u007f/\"");
    assert_string_of("\xc3\xa4\xe6\x97\xa5\xf0\x9f\x90\x8d", 9,
                     "\"\xc3\xa4\xe6\x97\xa5\xf0\x9f\x90\x8d\"");
}

#define BAD "\xef\xbf\xbd"

static void test_bad_utf8(void **state)
{
    (void)state;
    assert_string_of("\xff", 1, "\"" BAD "\"");
    assert_string_of("\x80", 1, "\"" BAD "\"");
    assert_string_of("\xc0\xaf", 2, "\"" BAD BAD "\"");                 /* overlong */
    assert_string_of("\xe0\x9f\xbf", 3, "\"" BAD BAD BAD "\"");         /* overlong */
    assert_string_of("\xed\xa0\x80", 3, "\"" BAD BAD BAD "\"");         /* a surrogate */
    assert_string_of("\xf4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\""); /* over U+10FFFF */
    assert_string_of("\xe2\x82", 2, "\"" BAD "\"");                     /* cut: one maximal part */
    assert_string_of("\xf0\x9f\x90", 3, "\"" BAD "\"");
    assert_string_of("\xf0\x9f(", 3, "\"" BAD "(\"");
}

/* Accepted exactly as spelt, or not at all. */
static int is_value(const char *text)
{
    cJSON *item = json_text_value(text, strlen(text));
    if (item == NULL)
        return 0;
    char *printed = cJSON_PrintUnformatted(item);
    assert_string_equal(printed, text);
    free(printed);
    cJSON_Delete(item);
    return 1;
}

static void test_values(void **state)
{
    (void)state;
    static const char *const good[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+30",
        "1E5",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\\n\\u00e4\\\"\"",
        "\"\xc3\xa4\xf0\x9f\x90\x8d\"",
        "[]",
        "{}",
        "[1, [], {}]",
        "{\"a\": 1, \"b\": [2, {\"c\": null}]}",
        " [ 1 , 2 ] ",
        "[[[]]]",
        "[{\"x\": []}, 1]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(is_value(good[i]));
    static const char *const bad[] = {
        "",
        " ",
        "nul",
        "nulll",
        "NaN",
        "Infinity",
        "01",
        "1.",
        ".5",
        "1e",
        "-",
        "+1",
        "0x1",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\xc3\"",
        "\"\xed\xa0\x80\"",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "{1: 2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "[}",
        "{]",
        "1 2",
        "[]]",
        "[] x",
        "\"\\u123\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(is_value(bad[i]));
}

static void test_surrogates(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"\"\\ud83d\\udc0d\"", "\"\\ud83d\\udc0d\""}, /* a pair stays */
        {"\"\\ud83d\"", "\"\\ufffd\""},
        {"\"\\uDC0D\\ud83d\"", "\"\\ufffd\\ufffd\""},
        {"\"\\ud83d\\ud83d\\udc0d\"", "\"\\ufffd\\ud83d\\udc0d\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""}, /* a backslash, and text */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cJSON *item = json_text_value(texts[i][0], strlen(texts[i][0]));
        assert_non_null(item);
        assert_string_equal(item->valuestring, texts[i][1]);
        cJSON_Delete(item);
    }
}

static void test_value_with_nul(void **state)
{
    (void)state;
    assert_null(json_text_value("1\0", 2));
    assert_null(json_text_value("[1]\0x", 5));
}

static void test_depth(void **state)
{
    (void)state;
    enum { DEPTH = 1000 };
    char text[2 * DEPTH + 3];
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[2 * DEPTH] = '\0';
    assert_true(is_value(text));
    memset(text, '[', DEPTH + 1);
    memset(text + DEPTH + 1, ']', DEPTH + 1);
    text[2 * DEPTH + 2] = '\0';
    assert_false(is_value(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings), cmocka_unit_test(test_bad_utf8),
        cmocka_unit_test(test_values),  cmocka_unit_test(test_value_with_nul),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_surrogates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
