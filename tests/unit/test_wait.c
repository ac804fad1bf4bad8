/* Lists of requests and answers to them, as bytes. */
#include "wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc_fault.h"
#include "bytes.h"

struct list {
    uint8_t bytes[4096];
    size_t length;
};

static void list_begin(struct list *list, uint64_t wake_ns, uint64_t last_id, uint32_t count)
{
    bytes_store_u64(list->bytes, wake_ns);
    bytes_store_u64(list->bytes + 8, last_id);
    bytes_store_u32(list->bytes + 16, count);
    list->length = GUEST_REQUESTS_HEAD;
}

static void list_add(struct list *list, uint64_t id, const char *function, const char *arguments)
{
    uint8_t *at = list->bytes + list->length;
    const uint32_t lengths[] = {(uint32_t)strlen(function), (uint32_t)strlen(arguments)};
    bytes_store_u64(at, id);
    bytes_store_u32(at + 8, lengths[0]);
    bytes_store_u32(at + 12, lengths[1]);
    memcpy(at + GUEST_REQUEST_HEAD, function, lengths[0]);
    memcpy(at + GUEST_REQUEST_HEAD + lengths[0], arguments, lengths[1]);
    list->length += GUEST_REQUEST_HEAD + lengths[0] + lengths[1];
}

/* Three requests: 2, 5 and 9, of 10 so far. */
static void read_three(struct wait *wait)
{
    struct list list;
    list_begin(&list, 77, 10, 3);
    list_add(&list, 2, "tools.a", "{}");
    list_add(&list, 5, "tools.b", "{\"x\":1}");
    list_add(&list, 9, "tools.c", "{}");
    assert_int_equal(wait_read(wait, list.bytes, list.length), PYBOX_OK);
}

static void test_a_list_is_read(void **state)
{
    (void)state;
    struct wait wait = {0};
    read_three(&wait);
    assert_true(wait.is_listed);
    assert_int_equal(wait.wake_ns, 77);
    assert_int_equal(wait.count, 3);
    assert_int_equal(wait.requests[1].id, 5);
    assert_string_equal(wait.requests[1].function, "tools.b");
    assert_string_equal(wait.requests[1].arguments.bytes, "{\"x\":1}");
    assert_int_equal(wait.requests[2].arguments.length, 2);
    wait_clear(&wait);
    assert_null(wait.requests);
}

static void test_every_cut_of_a_list_is_refused(void **state)
{
    (void)state;
    struct list list;
    struct wait wait = {0};
    list_begin(&list, 0, 9, 2);
    list_add(&list, 2, "tools.a", "{}");
    list_add(&list, 9, "tools.b", "{}");
    for (size_t length = 0; length < list.length; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees what is read behind it */
        memcpy(exact, list.bytes, length);
        assert_int_equal(wait_read(&wait, exact, length), PYBOX_ERROR_GUEST);
        assert_false(wait.is_listed);
        assert_int_equal(wait.count, 0);
        free(exact);
    }
    assert_int_equal(wait_read(&wait, list.bytes, list.length + 1), PYBOX_ERROR_GUEST);
    assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_OK);
    wait_clear(&wait);
}

static void test_wrong_lists_are_refused(void **state)
{
    (void)state;
    struct wait wait = {0};
    struct list list;
    static const struct {
        uint64_t first, second, last;
        const char *name;
    } wrong[] = {
        {5, 5, 9, "f"}, {6, 5, 9, "f"}, {0, 5, 9, "f"}, {4, 5, 4, "f"}, {4, 5, 9, ""}, {4, 5, 9, "a\nb"}, {4, 5, 9, "\xc0\x80"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        list_begin(&list, 0, wrong[i].last, 2);
        list_add(&list, wrong[i].first, "f", "{}");
        list_add(&list, wrong[i].second, wrong[i].name, "{}");
        assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_ERROR_GUEST);
    }
    list_begin(&list, 0, UINT64_MAX, GUEST_MAX_REQUESTS + 1);
    assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_ERROR_GUEST);
    static const char *const no_objects[] = {"", "\xff", "[]", "{", "{\"\xff\":1}", "{}{}"};
    for (size_t i = 0; i < sizeof no_objects / sizeof *no_objects; i++) {
        list_begin(&list, 0, 1, 1);
        list_add(&list, 1, "f", no_objects[i]);
        assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_ERROR_GUEST);
    }
    char name[WAIT_MAX_FUNCTION_BYTES + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    list_begin(&list, 0, 1, 1);
    list_add(&list, 1, name, "{}");
    assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_ERROR_GUEST);
    wait_clear(&wait);
}

static void test_answers_are_kept_as_bytes(void **state)
{
    (void)state;
    struct wait wait = {0};
    read_three(&wait);
    assert_int_equal(wait_answer(&wait, 9, GUEST_ANSWER_JSON, NULL, 0, "[1]", 3), PYBOX_OK);
    assert_int_equal(wait_answer(&wait, 2, GUEST_ANSWER_ERROR, "\0\0\0\0", 4, "no", 2), PYBOX_OK);
    static const uint8_t expected[] = {9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, '[', '1', ']',
                                       2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 'n', 'o'};
    assert_int_equal(wait.answer_bytes, sizeof expected);
    assert_memory_equal(wait.answers, expected, sizeof expected);
    assert_int_equal(wait_list_open(&wait), 1);
    assert_int_equal(wait.open[0].id, 5);
    assert_int_equal(wait_answer(&wait, 9, GUEST_ANSWER_NONE, NULL, 0, NULL, 0), PYBOX_ERROR_ARGUMENT); /* again */
    assert_int_equal(wait_answer(&wait, 11, GUEST_ANSWER_NONE, NULL, 0, NULL, 0), PYBOX_ERROR_ARGUMENT); /* not yet asked */
    assert_int_equal(wait_answer(&wait, 0, GUEST_ANSWER_NONE, NULL, 0, NULL, 0), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(wait_answer(&wait, 3, GUEST_ANSWER_NONE, NULL, 0, NULL, 0), PYBOX_OK); /* no more: dropped */
    assert_int_equal(wait.answer_bytes, sizeof expected);
    assert_int_equal(wait_answer(&wait, 5, GUEST_ANSWER_JSON, NULL, 0, "", WAIT_MAX_ANSWER_BYTES), PYBOX_ERROR_LIMIT);
    assert_int_equal(wait_answer(&wait, 5, GUEST_ANSWER_NONE, NULL, 0, NULL, 0), PYBOX_OK);
    assert_int_equal(wait_list_open(&wait), 0);
    wait_clear(&wait);
}

static void test_without_memory_nothing_changes(void **state)
{
    (void)state;
    struct wait wait = {0};
    struct list list;
    list_begin(&list, 0, 1, 1);
    list_add(&list, 1, "f", "{}");
    for (int i = 0; i < 4; i++) {
        fail_at = i;
        pybox_status status = wait_read(&wait, list.bytes, list.length);
        fail_at = -1;
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_int_equal(wait.count, 0);
    }
    assert_int_equal(wait_read(&wait, list.bytes, list.length), PYBOX_OK);
    fail_at = 0;
    pybox_status status = wait_answer(&wait, 1, GUEST_ANSWER_JSON, NULL, 0, "1", 1);
    fail_at = -1;
    assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
    assert_int_equal(wait_list_open(&wait), 1);
    assert_int_equal(wait_answer(&wait, 1, GUEST_ANSWER_JSON, NULL, 0, "1", 1), PYBOX_OK);
    wait_clear(&wait);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_read),
        cmocka_unit_test(test_every_cut_of_a_list_is_refused),
        cmocka_unit_test(test_wrong_lists_are_refused),
        cmocka_unit_test(test_answers_are_kept_as_bytes),
        cmocka_unit_test(test_without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
