/* Sizes, counts, times and numbers as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "human.h"

#define SECOND UINT64_C(1000000000)

struct spelt {
    const char *text;
    uint64_t value;
};

static void check_good(enum human_kind kind, const struct spelt *good, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 7;
        assert_int_equal(human_parse(kind, good[i].text, &value), 0);
        assert_int_equal(value, good[i].value);
    }
}

static void check_bad(enum human_kind kind, const char *const *bad, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 7;
        assert_int_equal(human_parse(kind, bad[i], &value), -1);
        assert_int_equal(value, 0);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_sizes(void **state)
{
    (void)state;
    static const struct spelt good[] = {
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
    static const char *const bad[] = {
        "",     " ",    "M",     "-1",       "+1",  "1X",   "1KK", "1iB", "1.2.3", ".5",
        "1e3",  "0x10", "1 M M", "8388609T", "nan", "1.",   "1.M", "1ms", "M1",
        "123456789012345678901234567890"};
    check_good(HUMAN_SIZE, good, COUNT(good));
    check_bad(HUMAN_SIZE, bad, COUNT(bad));
}

static void test_counts(void **state)
{
    (void)state;
    static const struct spelt good[] = {
        {"0", 0},          {"1000", 1000},         {"250k", 250000},
        {"250K", 250000},  {"10M", 10000000},      {"1.1G", 1100000000},
        {"1 M", 1000000},  {"2T", 2000 * SECOND},  {"0.0000015M", 1},
        {"9223372036854775807", INT64_MAX},        {"9.223372036854775807T", 9223372036854},
    };
    static const char *const bad[] = {"", "k", "10MB", "10MiB", "1ms", "-1", "10m0", "9223373T", "1e6"};
    check_good(HUMAN_COUNT, good, COUNT(good));
    check_bad(HUMAN_COUNT, bad, COUNT(bad));
}

static void test_times(void **state)
{
    (void)state;
    static const struct spelt good[] = {
        {"250ms", SECOND / 4},  {"2s", 2 * SECOND},   {"1.5h", 5400 * SECOND}, {"100us", 100000},
        {"7ns", 7},             {"5m", 300 * SECOND}, {"1.5 s", 3 * SECOND / 2}, {"0s", 0},
    };
    static const char *const bad[] = {"", "250", "2S", "2M", "1 minute", "s", "-1s", "1h30m", "1w"};
    check_good(HUMAN_TIME, good, COUNT(good));
    check_bad(HUMAN_TIME, bad, COUNT(bad));
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
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(human_parse_number(bad[i], &number), -1);
}

static void test_shown(void **state)
{
    (void)state;
    static const struct {
        enum human_kind kind;
        uint64_t value;
        const char *text;
    } shown[] = {
        {HUMAN_SIZE, 0, "0 bytes"},
        {HUMAN_SIZE, 999, "999 bytes"},
        {HUMAN_SIZE, 1000, "0.98 KiB"},
        {HUMAN_SIZE, 1024, "1.00 KiB"},
        {HUMAN_SIZE, 1 << 20, "1.00 MiB"},
        {HUMAN_SIZE, 20 << 20, "20.0 MiB"},
        {HUMAN_SIZE, 200 << 20, "200 MiB"},
        {HUMAN_SIZE, UINT64_MAX, "16777216 TiB"},
        {HUMAN_COUNT, 0, "0"},
        {HUMAN_COUNT, 999, "999"},
        {HUMAN_COUNT, 1234, "1.23k"},
        {HUMAN_COUNT, 12345678, "12.3M"},
        {HUMAN_TIME, 0, "0 ns"},
        {HUMAN_TIME, 1500, "1.50 us"},
        {HUMAN_TIME, 12345678, "12.3 ms"},
        {HUMAN_TIME, 90 * SECOND, "90.0 s"},
        {HUMAN_TIME, 100000 * SECOND, "100000 s"},
    };
    for (size_t i = 0; i < COUNT(shown); i++) {
        char text[HUMAN_BYTES];
        assert_string_equal(human_show(shown[i].kind, shown[i].value, text), shown[i].text);
    }
}

/* What is spelt is short, and read back as the same value. */
static void test_spelt(void **state)
{
    (void)state;
    static const struct {
        enum human_kind kind;
        uint64_t value;
        const char *text;
    } spelt[] = {
        {HUMAN_SIZE, 65536, "64K"},
        {HUMAN_SIZE, UINT64_C(3) << 29, "1.5G"},
        {HUMAN_SIZE, 1000, "1000"},
        {HUMAN_COUNT, 1000000, "1M"},
        {HUMAN_COUNT, 1500000, "1.5M"},
        {HUMAN_COUNT, 1234567, "1234567"},
        {HUMAN_COUNT, 1234000, "1234k"},
        {HUMAN_COUNT, 3, "3"},
        {HUMAN_TIME, SECOND / 4, "250ms"},
        {HUMAN_TIME, 90 * SECOND, "90s"},
        {HUMAN_TIME, 120 * SECOND, "2m"},
        {HUMAN_TIME, 1, "1ns"},
    };
    for (size_t i = 0; i < COUNT(spelt); i++) {
        char text[HUMAN_BYTES];
        uint64_t value;
        assert_string_equal(human_spell(spelt[i].kind, spelt[i].value, text), spelt[i].text);
        assert_int_equal(human_parse(spelt[i].kind, text, &value), 0);
        assert_int_equal(value, spelt[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),   cmocka_unit_test(test_counts),
        cmocka_unit_test(test_times),   cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_shown),   cmocka_unit_test(test_spelt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
