/* What crosses between host and guest as JSON is JSON, and within the caps. */
#include "value_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In memory of exactly that length, so that a sanitizer sees what is read behind it. */
static int check(const char *text, size_t length, struct value_fault *fault)
{
    char *copy = malloc(length + (length == 0));
    assert_non_null(copy);
    memcpy(copy, text, length);
    *fault = (struct value_fault){0};
    int failed = value_check(copy, length, fault);
    free(copy);
    return failed;
}

static void test_json_is_accepted(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null", "true", "false", "0", "-0", "12", "-1.5e+10", "1E5", "1e-05", "0.5", "\"\"", "[]", "{}", " [ ] ", "\t{\n}\r",
        "[1,[2,[]],{}]", "{\"a\":1,\"a\":2}", "{ \"a\" : [ null , true ] }", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u0000\"",
        "\"a\u00e9\u20ac\U0001f600 long enough for words of eight bytes, \x7f, and more\"", "\"\\ud83d\\ude00\"",
        "123456789012345678901234567890",
    };
    struct value_fault fault;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (check(texts[i], strlen(texts[i]), &fault) != 0)
            fail_msg("%s: at %zu: %s", texts[i], fault.offset, fault.what);
}

static void test_what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {
        {"", 0}, {" ", 1}, {"nul", 0}, {"nan", 0}, {"NaN", 0}, {"Infinity", 0}, {"-", 1}, {"+1", 0}, {"01", 0}, {"-01", 1}, {"1.", 2},
        {".5", 0}, {"1e", 2}, {"1e+", 3}, {"0x10", 1}, {"1 2", 2}, {"[", 1}, {"[1", 2}, {"[1,", 3}, {"[1,]", 3}, {"[,1]", 1}, {"]", 0},
        {"[1}", 2}, {"{", 1}, {"{\"a\"}", 4}, {"{\"a\":}", 5}, {"{\"a\":1,}", 7}, {"{a:1}", 1}, {"{1:1}", 1}, {"\"", 0}, {"\"\\\"", 0},
        {"\"\\", 1}, {"\"\\x\"", 1}, {"\"\\u12\"", 1}, {"\"\\u12g4\"", 1}, {"\"\n\"", 1}, {"\"abcdefgh\t\"", 9}, {"'a'", 0}, {"[1]x", 3},
        {"\"\\ud800\"", 1}, {"\"\\udc00\"", 1}, {"\"\\ud800\\u0041\"", 1}, {"\"\\ud800\\ud800\"", 1}, {"\"\x80\"", 1}, {"\"\xc0\xaf\"", 1},
        {"\"\xe0\x9f\xbf\"", 1}, {"\"\xed\xa0\x80\"", 1}, {"\"\xf4\x90\x80\x80\"", 1}, {"\"\xf5\x80\x80\x80\"", 1}, {"\"abcdefgh\xe2\x82\"", 9},
        {"\"\xe2\x82", 1}, {"\xef\xbb\xbf" "1", 0}, {"/**/1", 0}, {"1,", 1},
    };
    struct value_fault fault;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (check(cases[i].text, strlen(cases[i].text), &fault) != -1)
            fail_msg("%s was accepted", cases[i].text);
        if (fault.offset != cases[i].offset || fault.what == NULL || fault.is_cap)
            fail_msg("%s: at %zu: %s", cases[i].text, fault.offset, fault.what);
    }
    assert_int_equal(check("\"a\0b\"", 5, &fault), -1);
    assert_int_equal(fault.offset, 2);
    assert_int_equal(check("1\0", 2, &fault), -1);
}

/* `count` times `before`, the middle, `count` times `after`. */
static char *build(size_t count, const char *before, const char *middle, const char *after, size_t *length)
{
    const size_t b = strlen(before), m = strlen(middle), a = strlen(after);
    *length = count * (b + a) + m;
    char *text = malloc(*length + 1), *to = text;
    assert_non_null(text);
    for (size_t i = 0; i < count; i++, to += b)
        memcpy(to, before, b);
    memcpy(to, middle, m);
    to += m;
    for (size_t i = 0; i < count; i++, to += a)
        memcpy(to, after, a);
    return text;
}

static void assert_cap(size_t count, const char *before, const char *middle, const char *after, int accepted)
{
    size_t length;
    struct value_fault fault = {0};
    char *text = build(count, before, middle, after, &length);
    const int failed = value_check(text, length, &fault);
    free(text);
    assert_int_equal(failed, accepted ? 0 : -1);
    assert_int_equal(fault.is_cap, !accepted);
}

static void test_caps(void **state)
{
    (void)state;
    assert_cap(200, "[", "", "]", 1);
    assert_cap(201, "[", "", "]", 0);
    assert_cap(199, "{\"a\":", "[]", "}", 1);
    assert_cap(200, "{\"a\":", "[]", "}", 0);
    assert_cap(4299, "1", "1", "", 1);
    assert_cap(4300, "1", "1", "", 0);
    assert_cap(2150, "1", ".", "1", 1);
    assert_cap(2151, "1", ".", "1", 0);
    /* with the list itself */
    size_t length;
    struct value_fault fault;
    char *text = build(PYBOX_VALUE_ITEMS_MOST - 2, "1,", "1]", "", &length);
    char *list = malloc(length + 1);
    list[0] = '[';
    memcpy(list + 1, text, length);
    assert_int_equal(value_check(list, length + 1, &fault), 0);
    free(list);
    free(text);
    text = build(PYBOX_VALUE_ITEMS_MOST - 1, "1,", "1]", "", &length);
    list = malloc(length + 1);
    list[0] = '[';
    memcpy(list + 1, text, length);
    assert_int_equal(value_check(list, length + 1, &fault), -1);
    assert_true(fault.is_cap);
    free(list);
    free(text);
    assert_int_equal(value_check("1", PYBOX_VALUE_BYTES_MOST + 1, &fault), -1); /* not looked at */
    assert_true(fault.is_cap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_is_accepted),
        cmocka_unit_test(test_what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
