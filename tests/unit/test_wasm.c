/* The reader and writer of WebAssembly binaries: what they keep, and what they refuse and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"
#include "wasm_code.h"
#include "wasm_file.h"
#include "wasm_write.h"

#include <stdlib.h>
#include <string.h>

static char **file_names;
static int file_count;

#define HEAD "\0asm\1\0\0\0"

/* ------------------------------------------------------------------------------------------
 * Real modules come back as they were
 */

/* Moves over one section of a well-formed module; custom ones are skipped. NULL at the end. */
static const uint8_t *next_section(const uint8_t **at, const uint8_t *end, size_t *length)
{
    while (*at < end) {
        struct wasm_cursor cursor = {.file = *at, .at = *at, .end = end, .part = "test"};
        uint8_t id;
        uint32_t bytes;
        assert_int_equal(wasm_get_u8(&cursor, &id), PYBOX_OK);
        assert_int_equal(wasm_get_u32(&cursor, &bytes), PYBOX_OK);
        const uint8_t *payload = cursor.at;
        *at = payload + bytes;
        *length = bytes;
        if (id != 0)
            return payload;
    }
    return NULL;
}

static void round_trip(const uint8_t *bytes, size_t length)
{
    struct wasm_module module;
    struct wasm_writer writer = {0};
    if (wasm_read(bytes, length, &module) != PYBOX_OK)
        fail_msg("%s", error_message());
    assert_int_equal(wasm_write(&module, &writer), PYBOX_OK);
    const uint8_t *a = bytes + 8, *b = writer.bytes + 8;
    for (;;) {
        size_t a_length = 0, b_length = 0;
        const uint8_t *from = next_section(&a, bytes + length, &a_length);
        const uint8_t *to = next_section(&b, writer.bytes + writer.length, &b_length);
        if (from == NULL || to == NULL) {
            assert_ptr_equal(from, to);
            break;
        }
        assert_int_equal(a_length, b_length);
        assert_memory_equal(from, to, a_length);
    }
    /* What was written reads as the same module, and is written the same, custom sections included.
     */
    struct wasm_module again;
    struct wasm_writer second = {0};
    assert_int_equal(wasm_read(writer.bytes, writer.length, &again), PYBOX_OK);
    assert_int_equal(wasm_write(&again, &second), PYBOX_OK);
    assert_int_equal(second.length, writer.length);
    assert_memory_equal(second.bytes, writer.bytes, writer.length);
    wasm_free(&again);
    wasm_free(&module);
    free(second.bytes);
    free(writer.bytes);
}

static void test_round_trip(void **state)
{
    (void)state;
    assert_true(file_count > 0);
    for (int i = 0; i < file_count; i++) {
        uint8_t *bytes;
        size_t length;
        assert_int_equal(wasm_file_read(file_names[i], &bytes, &length), PYBOX_OK);
        round_trip(bytes, length);
        free(bytes);
    }
}

/* Every prefix of a real module is refused (or is a smaller module), none is read beyond its end.
 */
static void test_truncated(void **state)
{
    (void)state;
    uint8_t *bytes;
    size_t length, refused = 0;
    assert_int_equal(wasm_file_read(file_names[0], &bytes, &length), PYBOX_OK);
    for (size_t cut = 0; cut < length; cut++) {
        uint8_t *copy = malloc(cut > 0 ? cut : 1);
        struct wasm_module module;
        memcpy(copy, bytes, cut);
        refused += wasm_read(copy, cut, &module) != PYBOX_OK;
        wasm_free(&module);
        free(copy);
    }
    assert_true(refused > length - 20);
    free(bytes);
}

/* ------------------------------------------------------------------------------------------
 * Refusals
 */

struct refusal {
    const char *bytes;
    size_t length;
    pybox_status status;
    const char *message; /* a part of it */
};

#define REFUSE(bytes, status, message) {bytes, sizeof(bytes) - 1, PYBOX_ERROR_##status, message}

/* A module with one function of type () -> (), whose body's bytes behind the locals are `code`,
 * `size` of them below 100. */
#define BODY(size, code) HEAD "\1\4\1\x60\0\0\3\2\1\0\x0a" size code

/* clang-format off */
static const struct refusal refusals[] = {
    REFUSE("\0as", MODULE_FORMAT, "3 bytes; expected 8"),
    REFUSE("\x7f" "ELF\2\1\1\0", MODULE_FORMAT, "first bytes 7f 45 4c 46; expected 00 61 73 6d"),
    REFUSE("\0asm\2\0\0\0", UNSUPPORTED, "version 02 00 00 00"),
    REFUSE("\0asm\x0d\0\1\0", UNSUPPORTED, "component"),
    /* sections */
    REFUSE(HEAD "\x0e\0", MODULE_FORMAT, "at byte 0x8 in the list of sections: a section of kind 14"),
    REFUSE(HEAD "\x0d\0", UNSUPPORTED, "exceptions"),
    REFUSE(HEAD "\3\1\0\1\1\0", MODULE_FORMAT, "type section is in the wrong place"),
    REFUSE(HEAD "\1\1\0\1\1\0", MODULE_FORMAT, "type section is in the wrong place, or there twice"),
    REFUSE(HEAD "\1\5\0", MODULE_FORMAT, "type section of 5 bytes, but only 1 are left"),
    REFUSE(HEAD "\1\2\0\0", MODULE_FORMAT, "in the type section: 1 bytes too many"),
    REFUSE(HEAD "\1\x80", MODULE_FORMAT, "ends inside a number"),
    REFUSE(HEAD "\1\x80\x80\x80\x80\x80\0", MODULE_FORMAT, "longer than 32 bits need"),
    REFUSE(HEAD "\1\xff\xff\xff\xff\x1f", MODULE_FORMAT, "does not fit in 32 bits"),
    REFUSE(HEAD "\0\3\2\xc3\x28", MODULE_FORMAT, "a custom section's name is not UTF-8"),
    /* types */
    REFUSE(HEAD "\1\2\5\x60", MODULE_FORMAT, "it claims 5 types in 1 bytes"),
    REFUSE(HEAD "\1\2\1\x40", MODULE_FORMAT, "type 0 begins with 0x40"),
    REFUSE(HEAD "\1\2\1\x5f", UNSUPPORTED, "garbage collection"),
    REFUSE(HEAD "\1\5\1\x60\1\x7b\0", UNSUPPORTED, "SIMD"),
    REFUSE(HEAD "\1\5\1\x60\1\x01\0", MODULE_FORMAT, "0x01 is no value type"),
    REFUSE(HEAD "\1\5\1\x60\1\x64\0", UNSUPPORTED, "no references but funcref and externref"),
    /* imports */
    REFUSE(HEAD "\2\5\1\0\0\0\0", MODULE_FORMAT, "type 0 is named; there are 0"),
    REFUSE(HEAD "\2\6\1\0\0\4\0\0", UNSUPPORTED, "exception tags"),
    REFUSE(HEAD "\2\6\1\0\0\5\0\0", MODULE_FORMAT, "an import of kind 5"),
    REFUSE(HEAD "\2\x0b\2\0\0\2\0\1\0\0\2\0\1", UNSUPPORTED, "a second memory"),
    /* functions, tables, memories */
    REFUSE(HEAD "\3\2\1\0", MODULE_FORMAT, "type 0 is named; there are 0"),
    REFUSE(HEAD "\1\4\1\x60\0\0\3\2\1\0", MODULE_FORMAT, "in the module's end: 1 functions have no body"),
    REFUSE(HEAD "\4\4\1\x7f\0\0", UNSUPPORTED, "a table of 0x7f"),
    REFUSE(HEAD "\4\5\1\x70\1\2\1", MODULE_FORMAT, "a table of 2 to 1"),
    REFUSE(HEAD "\5\3\1\4\1", UNSUPPORTED, "64-bit"),
    REFUSE(HEAD "\5\4\1\3\1\2", UNSUPPORTED, "shared between threads"),
    REFUSE(HEAD "\5\5\2\0\1\0\1", UNSUPPORTED, "more than one memory"),
    REFUSE(HEAD "\5\5\1\0\x81\x80\4", MODULE_FORMAT, "a memory of 65537"),
    REFUSE(HEAD "\5\6\1\1\1\x81\x80\4", MODULE_FORMAT, "a memory of 1 to 65537"),
    /* globals and constant expressions */
    REFUSE(HEAD "\6\6\1\x7f\2\x41\0\x0b", MODULE_FORMAT, "0x02 as a global's mutability"),
    REFUSE(HEAD "\6\6\1\x7f\0\x42\0\x0b", MODULE_FORMAT, "a constant of type 0x7e; expected 0x7f"),
    REFUSE(HEAD "\6\5\1\x7f\0\1\x0b", MODULE_FORMAT, "not constant"),
    REFUSE(HEAD "\6\x09\1\x7f\0\x41\0\x41\0\x6a\x0b", UNSUPPORTED, "more than one instruction"),
    REFUSE(HEAD "\6\6\1\x7f\0\x23\0\x0b", MODULE_FORMAT, "imported global 0 is named; there are 0"),
    /* exports, start */
    REFUSE(HEAD "\7\4\1\0\0\0", MODULE_FORMAT, "function 0 is named; there are 0"),
    REFUSE(HEAD "\7\4\1\0\2\0", MODULE_FORMAT, "memory 0 is named; there are 0"),
    REFUSE(HEAD "\5\3\1\0\1\7\x09\2\1x\2\0\1x\2\0", MODULE_FORMAT, "two exports are named \"x\""),
    REFUSE(HEAD "\1\5\1\x60\1\x7f\0\3\2\1\0\x08\1\0", MODULE_FORMAT, "parameters or results"),
    /* elements, data */
    REFUSE(HEAD "\x09\6\1\0\x41\0\x0b\0", MODULE_FORMAT, "table 0 is named; there are 0"),
    REFUSE(HEAD "\4\4\1\x70\0\0\x09\6\1\x08\x41\0\x0b\0", MODULE_FORMAT, "element segment of form 8"),
    REFUSE(HEAD "\4\4\1\x6f\0\0\x09\6\1\0\x41\0\x0b\0", MODULE_FORMAT, "elements of type 0x70"),
    REFUSE(HEAD "\x0b\6\1\0\x41\0\x0b\0", MODULE_FORMAT, "memory 0 is named; there are 0"),
    REFUSE(HEAD "\5\3\1\0\1\x0b\6\1\3\x41\0\x0b\0", MODULE_FORMAT, "data segment of form 3"),
    REFUSE(HEAD "\5\3\1\0\1\x0b\6\1\0\x41\0\x0b\5", MODULE_FORMAT, "a data segment of 5 bytes"),
    REFUSE(HEAD "\x0c\1\1", MODULE_FORMAT, "no data section; the data count section says 1"),
    REFUSE(HEAD "\5\3\1\0\1\x0c\1\2\x0b\6\1\0\x41\0\x0b\0", MODULE_FORMAT, "section says 2"),
    /* code */
    REFUSE(BODY("\4", "\2\2\0\x0b"), MODULE_FORMAT, "2 function bodies for 1 functions"),
    REFUSE(BODY("\4", "\1\2\0\1"), MODULE_FORMAT, "in the code section: it ends where a byte"),
    REFUSE(BODY("\5", "\1\3\0\x0b\1"), MODULE_FORMAT, "function 0 goes on behind its last end"),
    REFUSE(BODY("\7", "\1\5\1\1\x60\x0b\0"), MODULE_FORMAT, "0x60 is no value type"),
    REFUSE(BODY("\x0a", "\1\x08\1\xd1\x86\3\x7f\x0b\0\0"), LIMIT, "more than 50000 locals"),
    REFUSE(BODY("\6", "\1\4\0\x20\0\x0b"), MODULE_FORMAT, "local.get of local 0; there are 0"),
    REFUSE(BODY("\6", "\1\4\0\x10\7\x0b"), MODULE_FORMAT, "call of function 7; there are 1"),
    REFUSE(BODY("\6", "\1\4\0\x0c\1\x0b"), MODULE_FORMAT, "br of label 1; there are 1"),
    REFUSE(BODY("\x08", "\1\6\0\x0e\1\1\0\x0b"), MODULE_FORMAT, "br_table of label 1"),
    REFUSE(BODY("\7", "\1\5\0\x28\2\0\x0b"), MODULE_FORMAT, "i32.load in a module without a memory"),
    REFUSE(BODY("\7", "\1\5\0\x28\3\0\x0b"), MODULE_FORMAT, "an alignment of 2^3; at most 2^2"),
    REFUSE(BODY("\7", "\1\5\0\x3f\1\x0b\0"), UNSUPPORTED, "more than one memory"),
    REFUSE(BODY("\5", "\1\3\0\5\x0b"), MODULE_FORMAT, "else without an if"),
    REFUSE(BODY("\6", "\1\4\0\2\x41\x0b"), MODULE_FORMAT, "block type -63"),
    REFUSE(BODY("\6", "\1\4\0\2\5\x0b"), MODULE_FORMAT, "block of type 5; there are 1"),
    REFUSE(BODY("\6", "\1\4\0\x23\0\x0b"), MODULE_FORMAT, "global.get of global 0"),
    REFUSE(BODY("\7", "\1\5\0\x11\0\0\x0b"), MODULE_FORMAT, "call_indirect of table 0"),
    REFUSE(BODY("\5", "\1\3\0\6\x0b"), UNSUPPORTED, "needs exception handling"),
    REFUSE(BODY("\6", "\1\4\0\xfd\0\x0b"), UNSUPPORTED, "needs SIMD"),
    REFUSE(BODY("\6", "\1\4\0\xfe\0\x0b"), UNSUPPORTED, "needs threads"),
    REFUSE(BODY("\6", "\1\4\0\xfb\0\x0b"), UNSUPPORTED, "needs garbage collection"),
    REFUSE(BODY("\6", "\1\4\0\x14\0\x0b"), UNSUPPORTED, "needs typed function references"),
    REFUSE(BODY("\5", "\1\3\0\xff\x0b"), MODULE_FORMAT, "0xff is no instruction"),
    REFUSE(BODY("\6", "\1\4\0\xfc\x12\x0b"), MODULE_FORMAT, "0xfc 18 is no instruction"),
    REFUSE(BODY("\7", "\1\5\0\xfc\x09\0\x0b"), MODULE_FORMAT, "without a data count section"),
    REFUSE(BODY("\7", "\1\5\0\xfc\x0d\0\x0b"), MODULE_FORMAT, "elem.drop of element segment 0"),
    REFUSE(BODY("\6", "\1\4\0\xd0\x7f\x0b"), UNSUPPORTED, "neither funcref nor externref"),
    REFUSE(BODY("\7", "\1\5\0\x1c\2\x7f\x0b"), LIMIT, "types of a select"),
};
/* clang-format on */

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];
        /* A copy of its own, so that a sanitizer sees a byte too many. */
        uint8_t *bytes = malloc(refusal->length);
        struct wasm_module module;
        memcpy(bytes, refusal->bytes, refusal->length);
        pybox_status status = wasm_read(bytes, refusal->length, &module);
        if (status != refusal->status || strstr(error_message(), refusal->message) == NULL)
            fail_msg("number %zu: expected %d \"%s\"; found %d \"%s\"", i, refusal->status,
                     refusal->message, status, status == PYBOX_OK ? "" : error_message());
        assert_null(module.types);
        wasm_free(&module);
        free(bytes);
    }
}

static void test_nesting(void **state)
{
    (void)state;
    for (uint32_t depth = WASM_MAX_NESTING - 1; depth <= WASM_MAX_NESTING; depth++) {
        struct wasm_writer body = {0}, writer = {0};
        wasm_put_u8(&body, 0); /* locals */
        for (uint32_t i = 0; i < depth; i++)
            wasm_put_bytes(&body, "\2\x40", 2);
        for (uint32_t i = 0; i <= depth; i++)
            wasm_put_u8(&body, WASM_OP_END);
        uint32_t type = 0;
        struct wasm_type types = {0};
        struct wasm_body bodies = {.bytes = body.bytes, .length = (uint32_t)body.length};
        struct wasm_module module = {.types = &types,
                                     .type_count = 1,
                                     .functions = &type,
                                     .function_count = 1,
                                     .bodies = &bodies,
                                     .body_count = 1};
        struct wasm_module read;
        assert_int_equal(wasm_write(&module, &writer), PYBOX_OK);
        assert_int_equal(wasm_read(writer.bytes, writer.length, &read),
                         depth < WASM_MAX_NESTING ? PYBOX_OK : PYBOX_ERROR_LIMIT);
        wasm_free(&read);
        free(writer.bytes);
        free(body.bytes);
    }
}

/* ------------------------------------------------------------------------------------------
 * Pieces
 */

static void test_numbers(void **state)
{
    (void)state;
    static const int64_t values[] = {0,   1,   -1,        63,        64,        -64,      -65,
                                     127, 128, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct wasm_writer writer = {0};
        int64_t wide = 0;
        int32_t narrow = 0;
        wasm_put_s64(&writer, values[i]);
        struct wasm_cursor cursor = {.file = writer.bytes,
                                     .at = writer.bytes,
                                     .end = writer.bytes + writer.length,
                                     .part = "test"};
        struct wasm_cursor second = cursor;
        assert_int_equal(wasm_get_s64(&cursor, &wide), PYBOX_OK);
        assert_true(wide == values[i] && cursor.at == cursor.end);
        if (values[i] >= INT32_MIN && values[i] <= INT32_MAX) {
            assert_int_equal(wasm_get_s32(&second, &narrow), PYBOX_OK);
            assert_int_equal(narrow, values[i]);
        } else {
            assert_int_equal(wasm_get_s32(&second, &narrow), PYBOX_ERROR_MODULE_FORMAT);
        }
        free(writer.bytes);
    }
}

static void test_instructions(void **state)
{
    (void)state;
    static const uint8_t code[] = {0x41, 0x7f, 0x0e, 0x02, 0x00, 0x01, 0x02, 0xfc,
                                   0x0a, 0x00, 0x00, 0x29, 0x03, 0x80, 0x01, 0x44,
                                   0,    0,    0,    0,    0,    0,    0xf8, 0x7f};
    static const char *const names[] = {"i32.const", "br_table", "memory.copy", "i64.load",
                                        "f64.const"};
    struct wasm_cursor cursor = {
        .file = code, .at = code, .end = code + sizeof(code), .part = "test"};
    struct wasm_instruction found[5];
    for (int i = 0; i < 5; i++) {
        assert_int_equal(wasm_next(&cursor, &found[i]), PYBOX_OK);
        assert_string_equal(found[i].info->name, names[i]);
    }
    assert_ptr_equal(cursor.at, cursor.end);
    assert_int_equal(found[0].integer, -1);
    assert_int_equal(found[1].label_count, 2);
    assert_int_equal(found[1].index, 2);
    assert_int_equal(found[1].length, 5);
    assert_int_equal(found[2].opcode, 0xfc0a);
    assert_int_equal(found[3].offset, 128);
    assert_true(found[4].bits == 0x7ff8000000000000ull);
}

/* A broken name section costs the names and nothing else. */
static void test_names(void **state)
{
    (void)state;
    static const char good[] = BODY("\4", "\1\2\0\x0b") "\0\x0b\4name\1\4\1\0\1x";
    static const char bad[] = BODY("\4", "\1\2\0\x0b") "\0\x0b\4name\1\x7f\1\0\1x";
    struct wasm_module module;
    assert_int_equal(wasm_read((const uint8_t *)good, sizeof(good) - 1, &module), PYBOX_OK);
    assert_int_equal(module.function_name_count, 1);
    assert_memory_equal(module.function_names[0].name.bytes, "x", 1);
    wasm_free(&module);
    assert_int_equal(wasm_read((const uint8_t *)bad, sizeof(bad) - 1, &module), PYBOX_OK);
    assert_int_equal(module.function_name_count, 0);
    wasm_free(&module);
}

int main(int argc, char **argv)
{
    file_names = argv + 1;
    file_count = argc - 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_numbers),    cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
