#include "host_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"

static void test_a_machine_that_runs_the_tests_passes(void **state)
{
    (void)state;
    assert_int_equal(host_check(), PYBOX_OK);
}

static void test_too_many_open_files_is_no_lack_of_the_machine(void **state)
{
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    const struct rlimit none = {0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    pybox_status status = host_check();
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(status, PYBOX_OK);
}

static void test_no_file_is_left_open(void **state)
{
    (void)state;
    int before = dup(1), after;
    close(before);
    host_check();
    after = dup(1);
    close(after);
    assert_int_equal(after, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_machine_that_runs_the_tests_passes),
        cmocka_unit_test(test_too_many_open_files_is_no_lack_of_the_machine),
        cmocka_unit_test(test_no_file_is_left_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
