#include "bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void numbers_are_little_endian_at_any_alignment(void **state)
{
    (void)state;
    uint8_t bytes[17] = {0};
    for (size_t at = 0; at < 8; at++) {
        bytes_store_u64(bytes + at, UINT64_C(0x0102030405060708));
        assert_int_equal(bytes[at], 8);
        assert_int_equal(bytes[at + 7], 1);
        assert_true(bytes_load_u64(bytes + at) == UINT64_C(0x0102030405060708));
        bytes_store_u32(bytes + at, 0xfffefdfc);
        assert_int_equal(bytes[at], 0xfc);
        assert_int_equal(bytes_load_u32(bytes + at), 0xfffefdfc);
    }
}

static void rounding_up_does_not_wrap(void **state)
{
    (void)state;
    assert_int_equal(bytes_round_up(0, 8), 0);
    assert_int_equal(bytes_round_up(1, 8), 8);
    assert_int_equal(bytes_round_up(8, 8), 8);
    assert_int_equal(bytes_round_up(9, 4096), 4096);
    assert_true(bytes_round_up(UINT64_MAX - 7, 8) == UINT64_MAX - 7);
    assert_true(bytes_round_up(UINT64_MAX - 6, 8) == 0);
    assert_true(bytes_round_up(UINT64_MAX, 8) == 0);
}

static void a_single_byte_is_not_zero_wherever_it_is(void **state)
{
    (void)state;
    uint8_t bytes[100] = {0};
    for (size_t length = 0; length <= sizeof bytes; length++) {
        assert_int_equal(bytes_are_zero(bytes, length), 1);
        for (size_t at = 0; at < length; at++) {
            bytes[at] = 0x80;
            assert_int_equal(bytes_are_zero(bytes, length), 0);
            assert_int_equal(bytes_are_zero(bytes, at), 1);
            bytes[at] = 0;
        }
    }
}

static void utf8_is_that_of_the_standard(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "a\xe2\x82\xac z"};
    static const char *const bad[] = {"\x80",     /* a continuation alone */
                                      "\xc0\x80", /* overlong, two bytes */
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",     /* overlong, three */
                                      "\xf0\x8f\xbf\xbf", /* overlong, four */
                                      "\xed\xa0\x80",     /* a surrogate */
                                      "\xf4\x90\x80\x80", /* beyond U+10FFFF */
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc2", /* cut off */
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "a\xe2\x82z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(bytes_are_utf8(good[i], strlen(good[i])), 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(bytes_are_utf8(bad[i], strlen(bad[i])), 0);
    assert_int_equal(bytes_are_utf8("a\0b", 3), 1);
    assert_int_equal(bytes_are_utf8("\xe2\x82\xac", 2), 0); /* never looks behind the length */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian_at_any_alignment),
        cmocka_unit_test(rounding_up_does_not_wrap),
        cmocka_unit_test(a_single_byte_is_not_zero_wherever_it_is),
        cmocka_unit_test(utf8_is_that_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
