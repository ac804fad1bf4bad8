/* Nothing of one guest reaches another: a box is given a secret in every place that it has, and the next box that is
 * made from the same parts is searched for it, its whole linear memory and all of its files. */
#include "python_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_1 "guest-to-guest-"
#define PART_2 "secret-7f3a9c"
#define SECRET PART_1 PART_2

/* In the code it stands in two pieces: what is found are copies that the guest has made. */
#define PLANT                                                                                                          \
    "import os, sys, random, sqlite3, decimal, zlib\n"                                                                 \
    "secret = '" PART_1 "' + '" PART_2 "'\n"                                                                           \
    "kept = [secret * 3 for _ in range(1000)]\n"                                                                       \
    "large = bytearray(secret.encode() * 500_000)\n"                                                                 \
    "for path in ('/work/', '/tmp/'):\n"                                                                               \
    "    os.makedirs(path + 'deep/' + secret)\n"                                                                       \
    "    open(path + 'file', 'w').write(secret * 1000)\n"                                                              \
    "    os.symlink(secret, path + 'link')\n"                                                                          \
    "left_open = open('/tmp/unlinked', 'w+'); left_open.write(secret * 10_000); left_open.flush()\n"                   \
    "os.unlink('/tmp/unlinked')\n"                                                                                     \
    "os.environ['SECRET'] = secret; sys.argv.append(secret); sys.modules[secret] = sys\n"                              \
    "base = sqlite3.connect(':memory:'); base.execute('create table t (x)')\n"                                         \
    "base.executemany('insert into t values (?)', [(secret,)] * 1000)\n"                                               \
    "def deep(n): local = secret + str(n); return n and deep(n - 1) or len(local)\n"                                   \
    "deep(500); print(secret, end='')\n"                                                                               \
    "del large\n"

/* Fills what memory it can get without writing to it, so that what was there before would be in the snapshot; and looks
 * at all files. */
#define LOOK                                                                                                           \
    "import os\n"                                                                                                      \
    "def look():\n"                                                                                                    \
    "    found = []\n"                                                                                                 \
    "    for top, folders, files in os.walk('/'):\n"                                                                   \
    "        if top.startswith('/usr'): continue\n"                                                                    \
    "        for name in folders + files:\n"                                                                           \
    "            path = top + '/' + name\n"                                                                            \
    "            found.append(path)\n"                                                                                 \
    "            if os.path.islink(path): found.append(os.readlink(path))\n"                                           \
    "            elif os.path.isfile(path) and '/dev/' not in path: found.append(open(path).read())\n"                 \
    "    return ' '.join(found)\n"                                                                                     \
    "room = [bytearray(1 << 20) for _ in range(40)]\n"                                                                \
    "seen = look() + repr(os.environ)\n"                                                                               \
    "print(('guest-to-' + 'guest') in seen, end='')\n"                                                                 \
    "del look, seen\n"

static char folder[] = "/tmp/pybox-leaks-XXXXXX";

static const pybox_result *run_code(pybox_box *box, const char *code)
{
    const pybox_result *result;
    assert_works(pybox_box_run(box, &(pybox_run){.code = code}, &result));
    return result;
}

static void plant(pybox_box *box)
{
    const pybox_result *result = run_code(box, PLANT);
    if (result->outcome != PYBOX_DONE)
        fail_msg("the secret was not planted: %s", result->error.traceback.bytes);
    assert_string_equal(result->output.bytes, SECRET);
}

/* How often the first half of the secret is in the box's whole memory, and whether it is in its files. */
static size_t search(pybox_box *box, int *in_files)
{
    char path[128];
    struct stat stat;
    const pybox_result *result = run_code(box, LOOK);
    if (result->outcome != PYBOX_DONE)
        fail_msg("it could not look: %s", result->error.traceback.bytes);
    *in_files = strcmp(result->output.bytes, "True") == 0;
    snprintf(path, sizeof path, "%s/box.image", folder);
    assert_works(pybox_box_save(box, path, &(pybox_save_options){.form = PYBOX_FORM_MAPPED}));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &stat), 0);
    assert_true(stat.st_size > 10 << 20);
    char *bytes = malloc((size_t)stat.st_size);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, (size_t)stat.st_size), stat.st_size);
    close(fd);
    unlink(path);
    size_t count = 0;
    const char *end = bytes + stat.st_size, *at = bytes;
    /* Only whole ones: the halves are in the code of who plants. */
    for (; (at = memmem(at, (size_t)(end - at), SECRET, sizeof SECRET - 1)) != NULL; at++)
        count++;
    free(bytes);
    return count;
}

static void assert_clean(pybox_box *box)
{
    int in_files;
    size_t count = search(box, &in_files);
    if (count > 0 || in_files)
        fail_msg("the secret is there: %zu times in memory%s", count, in_files ? ", and in files" : "");
}

/* The search finds what is there: else the others prove nothing. */
static void test_the_search_finds_it(void **state)
{
    (void)state;
    int in_files;
    pybox_box *box = make_box(NULL);
    plant(box);
    assert_true(search(box, &in_files) > 1000);
    assert_true(in_files);
    pybox_box_destroy(box);
}

static void test_beside_and_after_another_box(void **state)
{
    (void)state;
    pybox_box *secret = make_box(NULL);
    plant(secret);
    pybox_box *beside = make_box(NULL);
    assert_clean(beside);
    pybox_box_destroy(secret); /* its memory is kept for the next */
    pybox_box *after = make_box(NULL);
    assert_clean(after);
    pybox_box_destroy(after);
    pybox_box_destroy(beside);
}

static void test_after_a_rollback(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    plant(box);
    assert_works(pybox_box_rollback(box));
    assert_clean(box);
    assert_works(pybox_box_rollback(box));
    assert_works(pybox_box_checkpoint(box));
    plant(box);
    assert_works(pybox_box_rollback(box));
    assert_clean(box);
    pybox_box_destroy(box);
}

/* One that ended, one that was cut off in the middle, one whose interpreter has crashed. */
static void test_through_a_pool(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        uint64_t fuel;
        pybox_outcome outcome;
    } ends[] = {
        {"pass", 0, PYBOX_DONE},
        {"import os; os._exit(0)", 0, PYBOX_EXIT},
        {"while True:\n try:\n  while True: pass\n except BaseException: pass", 5000000, PYBOX_OUT_OF_FUEL},
        {"import os; os.abort()", 0, PYBOX_TRAP},
        {"x = bytearray(600 << 20)", 0, PYBOX_OUT_OF_MEMORY},
    };
    pybox_pool *pool;
    pybox_box *box;
    assert_works(pybox_pool_create(module, image, NULL, &(pybox_pool_options){.maximum = 1}, &pool));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const pybox_result *result;
        const pybox_limits limits = {.fuel = ends[i].fuel > 0 ? ends[i].fuel : PYBOX_UNLIMITED};
        assert_works(pybox_pool_take(pool, 0, &box));
        plant(box);
        assert_works(pybox_box_run(box, &(pybox_run){.code = ends[i].code, .limits = &limits}, &result));
        assert_int_equal(result->outcome, ends[i].outcome);
        pybox_pool_give(pool, box);
        assert_works(pybox_pool_take(pool, 0, &box));
        assert_clean(box);
        pybox_pool_give(pool, box);
    }
    pybox_pool_destroy(pool);
}

static void test_from_a_clone(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL), *clone, *another;
    assert_works(pybox_box_clone(box, NULL, &clone));
    plant(clone);
    assert_clean(box);
    assert_works(pybox_box_clone(box, NULL, &another));
    assert_clean(another);
    pybox_box_destroy(clone);
    pybox_box_destroy(another);
    assert_works(pybox_box_clone(box, NULL, &another)); /* in the memory of one that had it */
    assert_clean(another);
    pybox_box_destroy(another);
    pybox_box_destroy(box);
}

/* Mounts that look alike are each box's own, but for a host directory that the host has made writable. */
static void test_through_mounts(void **state)
{
    (void)state;
    char below[128];
    snprintf(below, sizeof below, "%s/below", folder);
    assert_int_equal(mkdir(below, 0700), 0);
    const pybox_mount mounts[] = {
        {.host = below, .guest = "/overlay", .kind = PYBOX_MOUNT_OVERLAY},
        {.guest = "/memory", .kind = PYBOX_MOUNT_MEMORY},
        {.host = below, .guest = "/shown", .read_only = 1},
    };
    const pybox_box_options options = {.mounts = mounts, .mount_count = 3};
    pybox_box *secret = make_box(&options), *beside = make_box(&options);
    plant(secret);
    const pybox_result *result = run_code(secret, "for path in ('/overlay/', '/memory/'):\n"
                                                  "    open(path + secret, 'w').write(secret)\n"
                                                  "try: open('/shown/file', 'w')\n"
                                                  "except OSError: print('refused', end='')\n");
    assert_int_equal(result->outcome, PYBOX_DONE);
    assert_string_equal(result->output.bytes, "refused");
    assert_clean(beside);
    pybox_box_destroy(secret);
    pybox_box *after = make_box(&options);
    assert_clean(after);
    pybox_box_destroy(after);
    pybox_box_destroy(beside);
    assert_int_equal(rmdir(below), 0); /* and it is empty */
}

/* What the host gave to one alone. */
static void test_what_the_host_gave_to_another(void **state)
{
    (void)state;
    static const char *const words[] = {SECRET}, *const environment[] = {"KEY=" SECRET};
    const pybox_box_options options = {.arguments = words,
                                       .argument_count = 1,
                                       .environment = environment,
                                       .environment_count = 1,
                                       .input = SECRET,
                                       .input_length = sizeof SECRET - 1};
    pybox_box *given = make_box(&options);
    const pybox_value value = {.kind = PYBOX_VALUE_JSON, .bytes = "\"" SECRET "\""};
    const pybox_result *result;
    assert_works(pybox_variable_set(given, &(pybox_variable){.name = "value"}, &value));
    assert_works(pybox_box_run(given,
                               &(pybox_run){.code = "import os, sys; print(sys.argv[0] == value == input() == "
                                                    "os.environ['KEY'], end='')"},
                               &result));
    assert_string_equal(result->output.bytes, "True");
    pybox_box_destroy(given);
    pybox_box *after = make_box(NULL);
    assert_clean(after);
    pybox_box_destroy(after);
}

static int set_up_all(void **state)
{
    return mkdtemp(folder) != NULL ? set_up(state) : -1;
}

static int tear_down_all(void **state)
{
    return tear_down(state) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_search_finds_it),    cmocka_unit_test(test_beside_and_after_another_box),
        cmocka_unit_test(test_after_a_rollback),       cmocka_unit_test(test_through_a_pool),
        cmocka_unit_test(test_from_a_clone),           cmocka_unit_test(test_through_mounts),
        cmocka_unit_test(test_what_the_host_gave_to_another),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
