#include "module_abi.h"
#include "note.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "note_layout.h"
#include "samples/sample_module.h"

static const uint8_t hash[32] = {SAMPLE_HASH};

/* The sample module's bytes, and where its note's descriptor begins. */
static uint8_t *file;
static size_t file_bytes, note_at;

static int load_sample(const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0 || (file = malloc((size_t)facts.st_size)) == NULL)
        return 0;
    file_bytes = (size_t)facts.st_size;
    if (read(fd, file, file_bytes) != (ssize_t)file_bytes)
        return 0;
    close(fd);
    const uint8_t *found = memmem(file, file_bytes, hash, sizeof hash);
    note_at = found != NULL ? (size_t)(found - file) - 16 : 0;
    return found != NULL;
}

static pybox_status read_bytes(const void *bytes, size_t length, struct note **note)
{
    int fd = memfd_create("module", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    pybox_status status = note_read(fd, "sample.so", note);
    close(fd);
    assert_true((status == PYBOX_OK) == (*note != NULL));
    return status;
}

/* The status of reading the sample with `length` bytes at `at` replaced. */
static pybox_status read_patched(size_t at, const void *bytes, size_t length)
{
    uint8_t before[64];
    struct note *note;
    memcpy(before, file + at, length);
    memcpy(file + at, bytes, length);
    pybox_status status = read_bytes(file, file_bytes, &note);
    memcpy(file + at, before, length);
    note_free(note);
    return status;
}

static void test_a_note_is_read(void **state)
{
    (void)state;
    struct note *note;
    assert_int_equal(read_bytes(file, file_bytes, &note), PYBOX_OK);
    assert_int_equal(note->abi, MODULE_ABI);
    assert_int_equal(note->metering, 0);
    assert_int_equal(note->flags, 0);
    assert_memory_equal(note->hash, hash, sizeof hash);
    assert_string_equal(note->name, "sample");
    assert_string_equal(note->wasm2c, "by hand");
    assert_string_equal(note->compiler, "a C compiler");
    assert_int_equal(note->import_count, SAMPLE_IMPORT_COUNT);
    assert_int_equal(note->export_count, SAMPLE_EXPORT_COUNT);
    assert_string_equal(note->imports[4].module, "test");
    assert_string_equal(note->imports[4].name, "see");
    assert_string_equal(note->imports[4].type, "I:I");
    assert_string_equal(note->exports[0].name, "answer");
    assert_string_equal(note->exports[0].type, ":i");
    assert_string_equal(note->exports[SAMPLE_EXPORT_COUNT - 1].name, "edge");
    note_free(note);
    note_free(NULL);
}

static void test_the_hash_is_compared(void **state)
{
    (void)state;
    struct note *note;
    uint8_t other[32] = {0xab, 0xcd};
    assert_int_equal(read_bytes(file, file_bytes, &note), PYBOX_OK);
    assert_int_equal(note_expect_hash(note, "s.so", hash), PYBOX_OK);
    assert_int_equal(note_expect_hash(note, "s.so", other), PYBOX_ERROR_MODULE_HASH);
    assert_non_null(strstr(error_message(), "s.so"));
    assert_non_null(strstr(error_message(), "0102030405060708"));
    assert_non_null(strstr(error_message(), "abcd000000000000"));
    note_free(note);
}

static void test_a_file_cut_short_is_told(void **state)
{
    (void)state;
    struct note *note;
    for (size_t length = 0; length < file_bytes; length += length < 2048 ? 1 : 37) {
        assert_int_equal(read_bytes(file, length, &note), PYBOX_ERROR_MODULE_FORMAT);
        assert_non_null(strstr(error_message(), "sample.so"));
    }
    assert_int_equal(read_bytes(file, file_bytes - 1, &note), PYBOX_ERROR_MODULE_FORMAT);
}

static void test_no_elf_file_is_told(void **state)
{
    (void)state;
    struct note *note;
    static const char *const texts[] = {
        "",          "\177",
        "\177ELF",   "#!/bin/sh\nexit 0\n",
        "!<arch>\n", "\177ELG and so on and so on and so on and so on and so on"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(read_bytes(texts[i], strlen(texts[i]), &note), PYBOX_ERROR_MODULE_FORMAT);
    int directory = open("/", O_RDONLY);
    assert_int_equal(note_read(directory, "/", &note), PYBOX_ERROR_MODULE_FORMAT);
    close(directory);
    assert_int_equal(note_read(-1, "none", &note), PYBOX_ERROR_IO);
}

static void test_a_foreign_elf_file_is_told(void **state)
{
    (void)state;
    const uint8_t class32 = ELFCLASS32, big = ELFDATA2MSB;
    const uint16_t arm = EM_AARCH64, program = ET_EXEC;
    assert_int_equal(read_patched(EI_CLASS, &class32, 1), PYBOX_ERROR_MODULE_FOREIGN);
    assert_int_equal(read_patched(EI_DATA, &big, 1), PYBOX_ERROR_MODULE_FOREIGN);
    assert_int_equal(read_patched(offsetof(Elf64_Ehdr, e_machine), &arm, 2),
                     PYBOX_ERROR_MODULE_FOREIGN);
    assert_non_null(strstr(error_message(), "machine 183"));
    assert_int_equal(read_patched(offsetof(Elf64_Ehdr, e_type), &program, 2),
                     PYBOX_ERROR_MODULE_FOREIGN);
    assert_int_equal(read_patched(note_at - 8, "pybex", 5), PYBOX_ERROR_MODULE_FOREIGN);
    int self = open("/proc/self/exe", O_RDONLY);
    struct note *note;
    assert_int_equal(note_read(self, "self", &note), PYBOX_ERROR_MODULE_FOREIGN);
    assert_non_null(strstr(error_message(), "pybox note"));
    close(self);
}

static void test_another_abi_is_told(void **state)
{
    (void)state;
    const uint32_t next = MODULE_ABI + 1, zero = 0;
    assert_int_equal(read_patched(note_at + 4, &next, 4), PYBOX_ERROR_MODULE_ABI);
    assert_non_null(strstr(error_message(), "ABI 4"));
    assert_non_null(strstr(error_message(), "expected ABI 3"));
    assert_non_null(strstr(error_message(), "rebuild"));
    assert_int_equal(read_patched(note_at, &next, 4), PYBOX_ERROR_MODULE_ABI);
    assert_int_equal(read_patched(note_at, &zero, 4), PYBOX_ERROR_MODULE_ABI);
}

static void test_any_changed_byte_is_an_error_or_harmless(void **state)
{
    (void)state;
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    for (size_t at = 0; at < file_bytes; at += at < 4096 || at + 4096 > file_bytes ? 1 : 61) {
        for (size_t i = 0; i < sizeof masks; i++) {
            uint8_t changed = file[at] ^ masks[i];
            pybox_status status = read_patched(at, &changed, 1);
            assert_true(status == PYBOX_OK || status == PYBOX_ERROR_MODULE_FORMAT ||
                        status == PYBOX_ERROR_MODULE_FOREIGN || status == PYBOX_ERROR_MODULE_ABI);
        }
    }
}

/* ------------------------------------------------------------------------------------------
 * The descriptor alone
 */

struct built {
    uint8_t bytes[8192];
    size_t length;
};

static void put_u32(struct built *built, uint32_t value)
{
    memcpy(built->bytes + built->length, &value, 4);
    built->length += 4;
}

static void put_text(struct built *built, const char *text, size_t length)
{
    built->bytes[built->length++] = length & 0xff;
    built->bytes[built->length++] = (uint8_t)(length >> 8);
    memcpy(built->bytes + built->length, text, length);
    built->length += length;
}

/* A note with one export, of that type. */
static void build(struct built *built, uint32_t imports, uint32_t exports, const char *name,
                  size_t name_length, const char *type)
{
    *built = (struct built){.length = 0};
    put_u32(built, NOTE_LAYOUT);
    put_u32(built, MODULE_ABI);
    put_u32(built, 0);
    put_u32(built, 0);
    built->length += 64;
    put_u32(built, imports);
    put_u32(built, exports);
    put_text(built, name, name_length);
    put_text(built, "", 0);
    put_text(built, "", 0);
    put_text(built, "run", 3);
    put_text(built, type, strlen(type));
}

static pybox_status parse(const struct built *built)
{
    /* A copy that ends where the note ends, for the sanitizer to watch. */
    uint8_t *bytes = malloc(built->length);
    struct note *note;
    memcpy(bytes, built->bytes, built->length);
    pybox_status status = note_parse(bytes, built->length, "n", &note);
    free(bytes);
    note_free(note);
    return status;
}

static void test_counts_and_strings_are_checked(void **state)
{
    (void)state;
    static const char long_name[NOTE_MAX_STRING + 1] = {'x'};
    char name[NOTE_MAX_STRING + 1];
    memset(name, 'x', sizeof name);
    struct built built;
    build(&built, 0, 1, "m", 1, "iI:fF");
    assert_int_equal(parse(&built), PYBOX_OK);
    build(&built, 0, 1, name, NOTE_MAX_STRING, ":");
    assert_int_equal(parse(&built), PYBOX_OK);
    build(&built, 0, 1, name, NOTE_MAX_STRING + 1, ":");
    assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
    build(&built, 0, 1, long_name, 2, ":"); /* a NUL in it */
    assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
    static const uint32_t counts[] = {2, 1024, 1025, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        build(&built, 0, counts[i], "m", 1, ":");
        assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
        build(&built, counts[i], 1, "m", 1, ":");
        assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
    }
    static const char *const types[] = {"", "i", "x:", ":v", "i:i:i", "i :i"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        build(&built, 0, 1, "m", 1, types[i]);
        assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
    }
}

static void test_what_follows_is_checked(void **state)
{
    (void)state;
    struct built built;
    build(&built, 0, 1, "m", 1, ":");
    size_t length = built.length;
    for (built.length = length; built.length <= length + 3; built.length++)
        assert_int_equal(parse(&built), PYBOX_OK);
    assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT); /* four bytes of padding */
    built.length = length + 2;
    built.bytes[length + 1] = 1;
    assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
    for (built.length = 8; built.length < length; built.length++)
        assert_int_equal(parse(&built), PYBOX_ERROR_MODULE_FORMAT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_note_is_read),
        cmocka_unit_test(test_the_hash_is_compared),
        cmocka_unit_test(test_a_file_cut_short_is_told),
        cmocka_unit_test(test_no_elf_file_is_told),
        cmocka_unit_test(test_a_foreign_elf_file_is_told),
        cmocka_unit_test(test_another_abi_is_told),
        cmocka_unit_test(test_any_changed_byte_is_an_error_or_harmless),
        cmocka_unit_test(test_counts_and_strings_are_checked),
        cmocka_unit_test(test_what_follows_is_checked),
    };
    if (argc != 2 || !load_sample(argv[1]))
        return 99;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(file);
    return failed;
}
