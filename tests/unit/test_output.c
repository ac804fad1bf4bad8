#include "output.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The N-th allocation from now fails; 0: none does. */
static int failing;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
    if (failing > 0 && --failing == 0)
        return NULL;
    return __real_realloc(old, size);
}

static void test_streams_are_captured_apart(void **state)
{
    (void)state;
    struct output output = {.limit_bytes = 100};
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "ab", 2), 0);
    assert_int_equal(output_write(&output, PYBOX_STDERR, "x", 1), 0);
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "c", 1), 0);
    assert_int_equal(output_write(&output, PYBOX_STDOUT, NULL, 0), 0);
    assert_string_equal(output_captured(&output, PYBOX_STDOUT).bytes, "abc");
    assert_int_equal(output_captured(&output, PYBOX_STDOUT).length, 3);
    assert_string_equal(output_captured(&output, PYBOX_STDERR).bytes, "x");
    assert_int_equal(output.written_bytes, 4);
    output_reset(&output);
    assert_string_equal(output_captured(&output, PYBOX_STDOUT).bytes, "");
    assert_int_equal(output.written_bytes, 0);
    output_free(&output);
}

static void test_the_limit_is_for_both_streams(void **state)
{
    (void)state;
    struct output output = {.limit_bytes = 5};
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "abc", 3), 0);
    assert_int_equal(output_write(&output, PYBOX_STDERR, "xyz", 3), OUTPUT_IS_FULL);
    assert_string_equal(output_captured(&output, PYBOX_STDERR).bytes, "xy");
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "d", 1), OUTPUT_IS_FULL);
    assert_string_equal(output_captured(&output, PYBOX_STDOUT).bytes, "abc");
    output_free(&output);
}

static void test_every_size_has_room_for_its_nul(void **state)
{
    (void)state;
    struct output output = {.limit_bytes = UINT64_MAX};
    char expected[3000];
    for (size_t i = 0; i < sizeof expected; i++) {
        expected[i] = (char)('a' + i % 26);
        assert_int_equal(output_write(&output, PYBOX_STDOUT, &expected[i], 1), 0);
        pybox_bytes got = output_captured(&output, PYBOX_STDOUT);
        assert_int_equal(strlen(got.bytes), i + 1);
        assert_memory_equal(got.bytes, expected, i + 1);
    }
    output_free(&output);
}

static void test_no_memory_is_the_guests_error_and_nothing_is_lost(void **state)
{
    (void)state;
    struct output output = {.limit_bytes = UINT64_MAX};
    static const char big[10000] = {'x'};
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "kept", 4), 0);
    failing = 1;
    assert_int_equal(output_write(&output, PYBOX_STDOUT, big, sizeof big), ENOMEM);
    assert_string_equal(output_captured(&output, PYBOX_STDOUT).bytes, "kept");
    assert_int_equal(output.written_bytes, 4);
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "!", 1), 0);
    assert_string_equal(output_captured(&output, PYBOX_STDOUT).bytes, "kept!");
    output_free(&output);
}

static int answer;
static int answer_with(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += stream == PYBOX_STDOUT ? length : 100 * length;
    return answer;
}

static void test_a_callback_gets_all_up_to_the_limit(void **state)
{
    (void)state;
    size_t seen = 0;
    struct output output = {.callback = answer_with, .context = &seen, .limit_bytes = 3};
    answer = 0;
    assert_int_equal(output_write(&output, PYBOX_STDERR, "ab", 2), 0);
    assert_int_equal(seen, 200);
    answer = EPIPE;
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "c", 1), EPIPE);
    assert_int_equal(output.written_bytes, 2);
    answer = -5; /* no errno: a broken host */
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "c", 1), EIO);
    answer = 0;
    assert_int_equal(output_write(&output, PYBOX_STDOUT, "cd", 2), OUTPUT_IS_FULL);
    assert_int_equal(output.written_bytes, 3);
    output_free(&output);
}

static char pieces[200];
static int note_piece(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context;
    size_t used = strlen(pieces);
    snprintf(pieces + used, sizeof pieces - used, "%d[%.*s]", (int)stream, (int)length, (const char *)bytes);
    return 0;
}

static void test_a_callback_gets_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *writes[5], *pieces;
    } cases[] = {
        {{"a\u00e9", "b"}, "1[a\u00e9]1[b]"},
        {{"a\xc3", "\xa9z"}, "1[a]1[\u00e9]1[z]"},
        {{"\xe2", "\x82", "\xac"}, "1[\u20ac]"},
        {{"\xf0\x9f\x98", "\x80"}, "1[\xf0\x9f\x98\x80]"},
        {{"x\xf0", "\x9f", "\x98", "\x80!"}, "1[x]1[\xf0\x9f\x98\x80]1[!]"},
        {{"\xc3", "z"}, "1[\xc3]1[z]"},             /* no character: the bytes as they are */
        {{"\x80\x80\x80\x80"}, "1[\x80\x80\x80\x80]"},
        {{"\xff\xfe", "a"}, "1[\xff\xfe]1[a]"},
        {{"\xe2\x82"}, "1[\xe2\x82]"},            /* nothing follows */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct output output = {.callback = note_piece, .limit_bytes = 100};
        pieces[0] = '\0';
        for (int k = 0; cases[i].writes[k] != NULL; k++)
            assert_int_equal(output_write(&output, PYBOX_STDOUT, cases[i].writes[k], strlen(cases[i].writes[k])), 0);
        output_finish(&output);
        assert_string_equal(pieces, cases[i].pieces);
        output_free(&output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_are_captured_apart),
        cmocka_unit_test(test_the_limit_is_for_both_streams),
        cmocka_unit_test(test_every_size_has_room_for_its_nul),
        cmocka_unit_test(test_no_memory_is_the_guests_error_and_nothing_is_lost),
        cmocka_unit_test(test_a_callback_gets_all_up_to_the_limit),
        cmocka_unit_test(test_a_callback_gets_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
