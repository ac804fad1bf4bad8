#include "error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_set_returns_the_status_and_keeps_the_message(void **state)
{
    (void)state;
    assert_int_equal(error_set(PYBOX_ERROR_PATH, "mount %s: %d", "x", 7), PYBOX_ERROR_PATH);
    assert_string_equal(error_message(), "mount x: 7");
}

static void test_io_names_the_reason(void **state)
{
    (void)state;
    assert_int_equal(error_set_io(ENOENT, "open %s", "f"), PYBOX_ERROR_IO);
    assert_string_equal(error_message(), "open f: No such file or directory");
}

static void test_hostile_bytes_are_replaced(void **state)
{
    (void)state;
    error_set(PYBOX_ERROR_PATH, "a\nb\033[2Jc\177");
    assert_string_equal(error_message(), "a?b?[2Jc?");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(PYBOX_ERROR_PATH, "%s", text);
    assert_int_equal(strlen(error_message()), 1023);
    error_set_io(EIO, "%s", text);
    assert_int_equal(strlen(error_message()), 1023);
}

static void test_the_message_may_be_its_own_argument(void **state)
{
    (void)state;
    error_set(PYBOX_ERROR_PATH, "inner");
    error_set(PYBOX_ERROR_PATH, "outer: %s", error_message());
    assert_string_equal(error_message(), "outer: inner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_returns_the_status_and_keeps_the_message),
        cmocka_unit_test(test_io_names_the_reason),
        cmocka_unit_test(test_hostile_bytes_are_replaced),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_the_message_may_be_its_own_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
