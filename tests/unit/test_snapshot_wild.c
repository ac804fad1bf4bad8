/* Snapshots whose digests are all right and whose content was made by an enemy: wild globals (the stack pointer is
 * one) and memory that was overwritten. At worst a broken guest: this process, and other boxes, go on. */
#include "python_fixture.h"
#include "store_fixture.h"

#include "bytes.h"
#include "digest.h"
#include "snapshot_format.h"

#define RUN_NS UINT64_C(2000000000)
#define WRECKS 40
#define SCRATCHES 2000 /* bytes that are overwritten in one */

static uint8_t *file;
static size_t file_bytes;
static struct snapshot_head head;

static void read_file(const char *path)
{
    FILE *from = fopen(path, "rb");
    assert_non_null(from);
    fseek(from, 0, SEEK_END);
    file_bytes = (size_t)ftell(from);
    rewind(from);
    file = malloc(file_bytes);
    assert_non_null(file);
    assert_int_equal(fread(file, 1, file_bytes, from), file_bytes);
    fclose(from);
    assert_works(snapshot_format_decode_head(file, file_bytes, &head));
}

static void write_file(const char *path)
{
    FILE *to = fopen(path, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(file, 1, file_bytes, to), file_bytes);
    fclose(to);
}

/* Makes the digests match the globals. */
static void seal(void)
{
    struct snapshot_section *globals = &head.sections[SNAPSHOT_SECTION_GLOBALS - 1];
    struct digest digest;
    digest_start(&digest);
    digest_add(&digest, file + globals->offset, globals->stored_bytes);
    digest_finish(&digest, globals->digest);
    snapshot_format_content_digest(&head, head.digest);
    snapshot_format_encode_head(&head, file);
}

/* Begins with the file, and runs, if that is not refused. 1: as if nothing was wrong. */
static int use(const char *path)
{
    const pybox_image_options trusted = {.trusted = 1}; /* its memory is mapped as it is, and not checked */
    const pybox_box_options options = {.limits = &(pybox_limits){.wall_ns = RUN_NS}};
    pybox_image *wild;
    pybox_box *box;
    const pybox_result *result;
    int done = 0;
    assert_works(pybox_image_load(module, path, &trusted, &wild));
    if (pybox_box_create(module, wild, &options, &box) == PYBOX_OK) {
        const pybox_run run = {.mode = PYBOX_MODE_EVAL, .code = "sorted(str(i) for i in range(1000))[7]"};
        for (int i = 0; i < 2; i++) {
            if (pybox_box_run(box, &run, &result) != PYBOX_OK)
                assert_true(strlen(pybox_error_message()) > 0);
            else
                done += result->outcome == PYBOX_DONE;
        }
        pybox_box_destroy(box);
    }
    pybox_image_close(wild);
    box = make_box(NULL);
    assert_eval(box, "6 * 7", "42");
    pybox_box_destroy(box);
    return done == 2;
}

static int refused(const char *path)
{
    const pybox_image_options trusted = {.trusted = 1};
    pybox_image *wild;
    if (pybox_image_load(module, path, &trusted, &wild) == PYBOX_OK) {
        pybox_image_close(wild);
        return 0;
    }
    assert_non_null(strstr(pybox_error_message(), "stack pointer"));
    return 1;
}

static const char *save_mapped(void)
{
    static char path[256];
    pybox_box *box = make_box(NULL);
    eval(box, "import json, re");
    strcpy(path, store_file("wild.image"));
    assert_works(pybox_box_save(box, path, &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
    pybox_box_destroy(box);
    read_file(path);
    return path;
}

static void use_any_globals(void)
{
    const char *path = save_mapped();
    const struct snapshot_section *globals = &head.sections[SNAPSHOT_SECTION_GLOBALS - 1];
    const uint32_t memory = (uint32_t)head.sections[SNAPSHOT_SECTION_MEMORY - 1].content_bytes;
    const uint32_t values[] = {0, 1, 16, 4096, memory - 8, memory, memory + 65536, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    assert_true(globals->stored_bytes >= SNAPSHOT_GLOBAL_BYTES);
    int broken = 0, tried = 0;
    assert_int_equal(use(path), 1); /* as it was saved */
    for (uint64_t at = 0; at < globals->stored_bytes; at += SNAPSHOT_GLOBAL_BYTES) {
        uint8_t *value = file + globals->offset + at + SNAPSHOT_GLOBAL_VALUE;
        uint64_t before = bytes_load_u64(value);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            bytes_store_u64(value, values[i]);
            seal();
            write_file(path);
            int is_stack_pointer = at == 0; /* of the module's globals, the first */
            int is_wild = values[i] == 0 || values[i] > memory || values[i] % 16 != 0;
            assert_int_equal(refused(path), is_stack_pointer && is_wild);
            broken += is_stack_pointer && is_wild ? 1 : !use(path);
            tried++;
        }
        bytes_store_u64(value, before);
    }
    assert_in_range(broken, tried / 4, tried);
    free(file);
}

static void use_any_memory(void)
{
    const char *path = save_mapped();
    struct snapshot_section *section = &head.sections[SNAPSHOT_SECTION_MEMORY - 1];
    size_t length = (size_t)section->content_bytes;
    uint8_t *memory = file + section->offset + section->stored_bytes - length, *good = malloc(length);
    assert_non_null(good);
    memcpy(good, memory, length);
    uint64_t random = 88172645463325252u;
    int broken = 0;
    for (int wreck = 0; wreck < WRECKS; wreck++) {
        memcpy(memory, good, length);
        for (int i = 0; i < SCRATCHES << wreck % 4; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            size_t at = random % (length - 8) & ~(size_t)7;
            if (wreck % 2 == 0 || bytes_load_u64(memory + at) != 0)
                bytes_store_u64(memory + at, wreck % 3 == 0 ? random >> 32 : random);
        }
        write_file(path);
        broken += !use(path);
    }
    assert_in_range(broken, WRECKS / 4, WRECKS);
    free(good);
    free(file);
}

/* One test, in which the engine is made: cmocka puts its own signal handlers in place for each. */
static void wild_snapshots_break_only_their_guests(void **state)
{
    assert_int_equal(set_up(state), 0);
    use_any_globals();
    use_any_memory();
    tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wild_snapshots_break_only_their_guests, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
