/* --stats: what is said of a program's costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats.h"

static void check(const struct report *report, const char *wanted)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    stats_print(report, file);
    fclose(file);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_done(void **state)
{
    (void)state;
    const pybox_limits limits = {0};
    check(&(struct report){.limits = &limits,
                           .outcome = PYBOX_DONE,
                           .fuel_used = 1234567,
                           .fuel_left = PYBOX_UNLIMITED,
                           .wall_ns = 12345678,
                           .cpu_ns = 900000,
                           .memory_bytes = 28 << 20,
                           .host_calls = 4321,
                           .output_bytes = 17},
          "pybox: what the program used\n"
          "  outcome     done\n"
          "  fuel        1,234,567 used\n"
          "  wall time   12.3 ms\n"
          "  CPU time    900 us\n"
          "  memory      28.0 MiB of 512M\n"
          "  host calls  4,321\n"
          "  output      17 bytes\n");
}

static void test_stopped(void **state)
{
    (void)state;
    const pybox_limits limits = {
        .fuel = 1000000, .wall_ns = 250000000, .host_calls = 1000, .output_bytes = 4096};
    char type[] = "pybox.OutOfFuel";
    check(&(struct report){.limits = &limits,
                           .outcome = PYBOX_OUT_OF_FUEL,
                           .limit = "fuel",
                           .cut = 1,
                           .place = "line 3 of x.py, in f",
                           .type = {type, sizeof type - 1},
                           .fuel_used = 1000012},
          "pybox: what the program used\n"
          "  outcome     out_of_fuel (pybox.OutOfFuel), limit fuel, cut off\n"
          "  ended at    line 3 of x.py, in f\n"
          "  fuel        1,000,012 used, 0 left of 1M\n"
          "  wall time   0 ns of 250ms\n"
          "  CPU time    0 ns\n"
          "  memory      0 bytes of 512M\n"
          "  host calls  0 of 1k\n"
          "  output      0 bytes of 4K\n");
}

static void test_exit(void **state)
{
    (void)state;
    const pybox_limits limits = {0};
    check(&(struct report){.limits = &limits, .outcome = PYBOX_EXIT, .guest_code = 3},
          "pybox: what the program used\n"
          "  outcome     exit 3\n"
          "  fuel        0 used\n"
          "  wall time   0 ns\n"
          "  CPU time    0 ns\n"
          "  memory      0 bytes of 512M\n"
          "  host calls  0\n"
          "  output      0 bytes\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_exit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
