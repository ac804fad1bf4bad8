#include "module.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "samples/sample_module.h"

static const uint8_t hash[32] = {SAMPLE_HASH};
static const char *sample;

/* ------------------------------------------------------------------------------------------
 * Shared objects
 */

/* A copy of the sample in which the `which`-th occurrence of `from` is `to`; its path is to be
 * unlinked. */
static void copy_patched(char path[32], const void *from, const void *to, size_t length, int which)
{
    strcpy(path, "/tmp/test_module.XXXXXX");
    int in = open(sample, O_RDONLY), out = mkstemp(path);
    assert_true(in >= 0 && out >= 0);
    struct stat facts;
    fstat(in, &facts);
    uint8_t *bytes = malloc((size_t)facts.st_size), *at = bytes;
    assert_int_equal(read(in, bytes, (size_t)facts.st_size), facts.st_size);
    for (; length > 0; at++) {
        at = memmem(at, (size_t)(bytes + facts.st_size - at), from, length);
        assert_non_null(at);
        if (which-- == 0) {
            memcpy(at, to, length);
            break;
        }
    }
    assert_int_equal(write(out, bytes, (size_t)facts.st_size), facts.st_size);
    free(bytes);
    close(in);
    close(out);
}

static pybox_status open_patched(const void *from, const void *to, size_t length, int which)
{
    char path[32];
    struct module *module;
    copy_patched(path, from, to, length, which);
    pybox_status status = module_open(path, NULL, &module);
    assert_true((status == PYBOX_OK) == (module != NULL));
    unlink(path);
    module_close(module);
    return status;
}

static int next_fd(void)
{
    int fd = dup(1);
    close(fd);
    return fd;
}

static void test_a_module_is_opened(void **state)
{
    (void)state;
    struct module *module;
    int before = next_fd();
    assert_int_equal(module_open(sample, hash, &module), PYBOX_OK);
    const struct module_descriptor *descriptor = module_describe(module);
    assert_string_equal(descriptor->name, "sample");
    assert_int_equal(descriptor->memory_min_pages, 2);
    assert_string_equal(module_path(module), sample);
    module_close(module);
    module_close(NULL);
    assert_int_equal(next_fd(), before);
}

static void test_exports_are_found_by_name_and_type(void **state)
{
    (void)state;
    struct module *module;
    assert_int_equal(module_open(sample, NULL, &module), PYBOX_OK);
    assert_non_null(module_find_export(module, "add", "ii:i"));
    assert_string_equal(module_find_export(module, "add", NULL)->name, "add");
    assert_null(module_find_export(module, "add", "i:i"));
    assert_null(module_find_export(module, "ad", NULL));
    assert_null(module_find_export(module, "", NULL));
    assert_int_equal(module_type_values("ii:i"), 2);
    assert_int_equal(module_type_values(":"), 0);
    assert_int_equal(module_type_values("i:IIf"), 3);
    module_close(module);
}

static void test_files_that_are_no_modules_are_told_apart(void **state)
{
    (void)state;
    struct module *module;
    int before = next_fd();
    assert_int_equal(module_open("/no/such/file", NULL, &module), PYBOX_ERROR_IO);
    assert_null(module);
    assert_int_equal(module_open("/", NULL, &module), PYBOX_ERROR_MODULE_FORMAT);
    assert_int_equal(module_open("/etc/passwd", NULL, &module), PYBOX_ERROR_MODULE_FORMAT);
    assert_int_equal(module_open("/proc/self/exe", NULL, &module), PYBOX_ERROR_MODULE_FOREIGN);
    uint8_t other[32] = {1};
    assert_int_equal(module_open(sample, other, &module), PYBOX_ERROR_MODULE_HASH);
    assert_int_equal(next_fd(), before);
}

static void test_note_and_code_must_agree(void **state)
{
    (void)state;
    uint8_t other[32] = {9, 9, 9};
    assert_int_equal(open_patched(hash, other, 32, 0), PYBOX_ERROR_MODULE_HASH); /* the note's */
    assert_int_equal(open_patched(hash, other, 32, 1), PYBOX_ERROR_MODULE_HASH); /* the code's */
    assert_non_null(strstr(error_message(), "not of the same module"));
    assert_int_equal(open_patched("load_host\3", "load_hose\3", 10, 0), PYBOX_ERROR_MODULE_HASH);
    assert_int_equal(open_patched("nested", "nestled", 6, 0), PYBOX_ERROR_MODULE_HASH);
}

static void test_the_code_may_be_of_another_abi(void **state)
{
    (void)state;
    const uint32_t right[2] = {MODULE_ABI, sizeof(struct module_descriptor)};
    const uint32_t abi[2] = {MODULE_ABI + 1, right[1]}, size[2] = {MODULE_ABI, right[1] - 8};
    assert_int_equal(open_patched(right, abi, sizeof right, 0), PYBOX_ERROR_MODULE_ABI);
    assert_int_equal(open_patched(right, size, sizeof right, 0), PYBOX_ERROR_MODULE_LOAD);
}

static void test_the_dynamic_linkers_reason_is_told(void **state)
{
    (void)state;
    assert_int_equal(open_patched("libc.so.6", "libq.so.6", 9, 0), PYBOX_ERROR_MODULE_LOAD);
    assert_non_null(strstr(error_message(), "libq.so.6"));
    assert_int_equal(open_patched("pybox_module", "pybox_modula", 12, 0), PYBOX_ERROR_MODULE_LOAD);
    assert_non_null(strstr(error_message(), "no symbol"));
}

static void test_a_path_may_get_another_file(void **state)
{
    (void)state;
    char path[32], next[32];
    uint8_t other[32] = {0};
    struct module *first, *second, *third;
    copy_patched(path, "", "", 0, 0);
    assert_int_equal(module_open(path, NULL, &first), PYBOX_OK);
    copy_patched(next, hash, other, 32, 1);
    int fd = open(next, O_RDWR); /* the note as well */
    uint8_t bytes[4096];
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
    memcpy(memmem(bytes, sizeof bytes, hash, 32), other, 32);
    assert_int_equal(pwrite(fd, bytes, sizeof bytes, 0), sizeof bytes);
    close(fd);
    assert_int_equal(rename(next, path), 0);
    assert_int_equal(module_open(path, NULL, &second), PYBOX_OK);
    assert_memory_equal(module_describe(first)->hash, hash, 32);
    assert_memory_equal(module_describe(second)->hash, other, 32);
    module_close(first); /* its file descriptor may be used again */
    assert_int_equal(module_open(sample, NULL, &third), PYBOX_OK);
    assert_memory_equal(module_describe(third)->hash, hash, 32);
    assert_memory_equal(module_describe(second)->hash, other, 32);
    module_close(second);
    module_close(third);
    unlink(path);
}

static void *open_and_close(void *shared)
{
    uintptr_t good = 0;
    for (int i = 0; i < 200; i++) {
        struct module *own;
        module_hold(shared);
        if (module_open(sample, hash, &own) == PYBOX_OK) {
            good += module_find_export(own, "add", "ii:i") != NULL;
            module_close(own);
        }
        module_close(shared);
    }
    return (void *)good;
}

static void test_threads_open_modules_at_once(void **state)
{
    (void)state;
    struct module *module;
    pthread_t threads[4];
    assert_int_equal(module_open(sample, NULL, &module), PYBOX_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, module), 0);
    for (int i = 0; i < 4; i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((uintptr_t)good, 200);
    }
    assert_non_null(module_find_export(module, "add", "ii:i"));
    module_close(module);
}

/* ------------------------------------------------------------------------------------------
 * Linked modules, of which each field can be broken
 */

static void call_nothing(void *instance, uint64_t *values)
{
    (void)instance, (void)values;
}

static int instantiate(void *instance, struct module_env *env, uint64_t pages)
{
    (void)instance, (void)env, (void)pages;
    return 0;
}

static void release(void *instance)
{
    (void)instance;
}

static void set_pages(void *instance, uint64_t pages)
{
    (void)instance, (void)pages;
}

static void (*trap_slot)(uint32_t code);
static void (*const constant_slot)(uint32_t code) = NULL;
static struct module_import imports[2];
static struct module_export exports[2];
static struct module_global globals[2];
static struct module_segment segments[1];
static struct module_descriptor linked;
static const uint8_t data[] = "data";

/* The linker's: the program's code. */
extern const uint8_t _init[] __attribute__((visibility("hidden")));
extern const uint8_t etext[] __attribute__((visibility("hidden")));

static int reset_linked(void **state)
{
    (void)state;
    imports[0] = (struct module_import){"m", "a", "i:i"};
    imports[1] = (struct module_import){"m", "b", ":"};
    exports[0] = (struct module_export){"run", "ii:i", call_nothing};
    exports[1] = (struct module_export){"", ":", call_nothing};
    globals[0] = (struct module_global){0, 'i', 0};
    globals[1] = (struct module_global){3, 'F', 8};
    segments[0] = (struct module_segment){0, 4, data};
    linked = (struct module_descriptor){
        .abi = MODULE_ABI,
        .descriptor_bytes = sizeof linked,
        .name = "linked",
        .instance_bytes = 16,
        .instantiate = instantiate,
        .release = release,
        .set_memory_pages = set_pages,
        .memory_min_pages = 1,
        .memory_max_pages = 65536,
        .imports = imports,
        .exports = exports,
        .globals = globals,
        .segments = segments,
        .import_count = 2,
        .export_count = 2,
        .global_count = 2,
        .segment_count = 1,
        .start_export = 1,
        .trap = &trap_slot,
        .code_start = _init,
        .code_end = etext,
    };
    return 0;
}

static pybox_status open_linked(void)
{
    struct module *module;
    pybox_status status = module_open_linked(&linked, &module);
    assert_true((status == PYBOX_OK) == (module != NULL));
    module_close(module);
    return status;
}

static void test_a_linked_module_is_opened(void **state)
{
    (void)state;
    struct module *module;
    assert_int_equal(module_open_linked(&linked, &module), PYBOX_OK);
    assert_ptr_equal(module_describe(module), &linked);
    assert_null(module_path(module));
    assert_non_null(module_find_export(module, "run", "ii:i"));
    assert_null(module_find_export(module, "", ":")); /* the start function is no export */
    module_bind_trap(module, (void (*)(uint32_t))(uintptr_t)abort);
    assert_ptr_equal((void *)trap_slot, (void *)abort);
    module_close(module_hold(module));
    module_close(module);
    assert_int_equal(module_open_linked(NULL, &module), PYBOX_ERROR_ARGUMENT);
    assert_null(module);
}

/* Sets a field, expects the refusal, and repairs it. */
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        field = value;                                                                             \
        assert_int_equal(open_linked(), PYBOX_ERROR_MODULE_LOAD);                                  \
        reset_linked(NULL);                                                                        \
        assert_int_equal(open_linked(), PYBOX_OK);                                                 \
    } while (0)

static uint8_t *elsewhere; /* not in the program's file */

static void test_sizes_and_counts_are_checked(void **state)
{
    (void)state;
    linked.abi = 0;
    assert_int_equal(open_linked(), PYBOX_ERROR_MODULE_ABI);
    reset_linked(NULL);
    REFUSED(linked.descriptor_bytes, 0);
    REFUSED(linked.instance_bytes, UINT64_MAX);
    REFUSED(linked.instance_bytes, 15);
    REFUSED(linked.memory_max_pages, 65537);
    REFUSED(linked.memory_min_pages, 65537);
    REFUSED(linked.memory_max_pages, 0);
    REFUSED(linked.import_count, UINT32_MAX);
    REFUSED(linked.export_count, UINT32_MAX);
    REFUSED(linked.global_count, UINT32_MAX);
    REFUSED(linked.segment_count, UINT32_MAX);
    REFUSED(linked.start_export, 2);
    REFUSED(linked.start_export, -2);
    REFUSED(linked.start_export, INT32_MIN);
}

static void test_pointers_must_lie_in_the_object(void **state)
{
    (void)state;
    REFUSED(linked.name, NULL);
    REFUSED(linked.name, (const char *)elsewhere);
    REFUSED(linked.imports, NULL);
    REFUSED(linked.imports, (const struct module_import *)elsewhere);
    REFUSED(linked.imports, (const struct module_import *)((uintptr_t)imports + 1));
    REFUSED(linked.exports, (const struct module_export *)elsewhere);
    REFUSED(linked.exports, (const struct module_export *)UINTPTR_MAX);
    REFUSED(linked.globals, (const struct module_global *)elsewhere);
    REFUSED(linked.segments, (const struct module_segment *)elsewhere);
    REFUSED(linked.trap, NULL);
    REFUSED(linked.trap, (void (**)(uint32_t))(uintptr_t)&constant_slot);
    REFUSED(linked.trap, (void (**)(uint32_t))elsewhere);
    REFUSED(imports[1].module, (const char *)elsewhere);
    REFUSED(imports[1].name, NULL);
    REFUSED(imports[0].type, NULL);
    REFUSED(exports[0].name, (const char *)elsewhere);
    REFUSED(segments[0].bytes, elsewhere);
    REFUSED(segments[0].length, UINT32_MAX);
}

static void test_functions_must_lie_in_the_code(void **state)
{
    (void)state;
    REFUSED(linked.code_start, NULL);
    REFUSED(linked.code_end, NULL);
    REFUSED(linked.code_end, _init);
    REFUSED(linked.code_start, data);
    REFUSED(linked.code_end, (const uint8_t *)UINTPTR_MAX);
    REFUSED(linked.code_end, _init + 1);
    REFUSED(linked.instantiate, NULL);
    REFUSED(linked.release, NULL);
    REFUSED(linked.set_memory_pages, (void (*)(void *, uint64_t))(uintptr_t)data);
    REFUSED(exports[1].call, NULL);
    REFUSED(exports[1].call, (void (*)(void *, uint64_t *))elsewhere);
}

static void test_types_and_globals_are_checked(void **state)
{
    (void)state;
    REFUSED(imports[0].type, "i");
    REFUSED(exports[0].type, "i:v");
    REFUSED(globals[0].type, 'v');
    REFUSED(globals[0].type, '\0');
    REFUSED(globals[1].offset, 9);
    REFUSED(globals[1].offset, UINT64_MAX);
    REFUSED(globals[1].index, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_module_is_opened),
        cmocka_unit_test(test_exports_are_found_by_name_and_type),
        cmocka_unit_test(test_files_that_are_no_modules_are_told_apart),
        cmocka_unit_test(test_note_and_code_must_agree),
        cmocka_unit_test(test_the_code_may_be_of_another_abi),
        cmocka_unit_test(test_the_dynamic_linkers_reason_is_told),
        cmocka_unit_test(test_a_path_may_get_another_file),
        cmocka_unit_test(test_threads_open_modules_at_once),
        cmocka_unit_test_setup(test_a_linked_module_is_opened, reset_linked),
        cmocka_unit_test_setup(test_sizes_and_counts_are_checked, reset_linked),
        cmocka_unit_test_setup(test_pointers_must_lie_in_the_object, reset_linked),
        cmocka_unit_test_setup(test_functions_must_lie_in_the_code, reset_linked),
        cmocka_unit_test_setup(test_types_and_globals_are_checked, reset_linked),
    };
    if (argc != 2 || (elsewhere = calloc(1, 4096)) == NULL)
        return 99;
    sample = argv[1];
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(elsewhere);
    return failed;
}
