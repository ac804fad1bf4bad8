/* Sizes and numbers as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "human.h"

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"65536", 65536},
        {"1b", 1},
        {"64M", UINT64_C(64) << 20},
        {"64MiB", UINT64_C(64) << 20},
        {"64 mb", UINT64_C(64) << 20},
        {"8k", 8192},
        {"1.5G", UINT64_C(3) << 29},
        {"0.5K", 512},
        {"4T", UINT64_C(4) << 40},
        {"8388607T", UINT64_C(8388607) << 40},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t bytes = 7;
        assert_int_equal(human_parse_size(good[i].text, &bytes), 0);
        assert_int_equal(bytes, good[i].bytes);
    }
}

static void test_bad_sizes(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      " ",  "M",   "-1",   "+1",    "1X",       "1KK", "1iB",
        "1.2.3", ".5", "1e3", "0x10", "1 M M", "8388609T", "nan", "123456789012345678901234567890"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t bytes = 7;
        assert_int_equal(human_parse_size(bad[i], &bytes), -1);
        assert_int_equal(bytes, 0);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t number;
    assert_int_equal(human_parse_number("18446744073709551615", &number), 0);
    assert_true(number == UINT64_MAX);
    assert_int_equal(human_parse_number("0xff", &number), 0);
    assert_int_equal(number, 255);
    assert_int_equal(human_parse_number("010", &number), 0);
    assert_int_equal(number, 10);
    static const char *const bad[] = {"",  "-1", " 1",  "1 ",
                                      "x", "0x", "1.0", "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(human_parse_number(bad[i], &number), -1);
}

static void test_readable(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {
        {0, "0 bytes"},         {999, "999 bytes"},           {1000, "0.98 KiB"},
        {1024, "1.00 KiB"},     {1 << 20, "1.00 MiB"},        {20 << 20, "20.0 MiB"},
        {200 << 20, "200 MiB"}, {UINT64_MAX, "16777216 TiB"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[HUMAN_SIZE_BYTES];
        assert_string_equal(human_size(sizes[i].bytes, text), sizes[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_bad_sizes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
