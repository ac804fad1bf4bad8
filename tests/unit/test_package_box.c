/* Packages in boxes: seen at once, whatever the image remembers; merged, refused, charged, cloned, saved, compiled. */
#include "python_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "remove_tree.h"
#include "wheel_fixture.h"

static char place[] = "/tmp/pybox-test-package-XXXXXX";

static const char *in_place(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

/* A wheel with one module, and more lines of METADATA. */
static pybox_package *make_package(const char *name, const char *version, const char *file_name, const char *text,
                                   const char *more)
{
    struct wheel_fixture wheel;
    pybox_package *package;
    char stem[100], file[120], entry[200];
    snprintf(stem, sizeof stem, "%s-%s", name, version);
    snprintf(file, sizeof file, "%s.whl", stem);
    snprintf(entry, sizeof entry, "%s.dist-info/entry_points.txt", stem);
    wheel_fixture_distribution(&wheel, name, version, more);
    wheel_fixture_add(&wheel, file_name, text)->deflated = 1;
    wheel_fixture_add(&wheel, entry, "[console_scripts]\nrun = one:main\n");
    wheel_fixture_finish(&wheel, stem);
    wheel_fixture_save(&wheel, in_place(file));
    wheel_fixture_free(&wheel);
    assert_works(pybox_package_open(in_place(file), NULL, &package));
    return package;
}

static pybox_box *make_with(pybox_image *from, const pybox_package *const *packages, size_t count)
{
    pybox_box *box;
    const pybox_box_options options = {.packages = packages, .package_count = count};
    assert_works(pybox_box_create(module, from, &options, &box));
    return box;
}

static void test_seen(void **state)
{
    (void)state;
    pybox_package *one = make_package("one", "1.5", "one/__init__.py", "answer = 42\n", "Requires-Dist: two\n");
    const pybox_package_info *info = pybox_package_inform(one);
    assert_string_equal(info->name, "one");
    assert_string_equal(info->version, "1.5");
    assert_string_equal(info->summary, "a test");
    assert_string_equal(info->requires_python, "");
    assert_string_equal(info->requires[0], "two");
    assert_int_equal(info->require_count, 1);
    assert_int_equal(info->files, 5);
    assert_true(info->bytes > 12);
    assert_int_equal(info->compiled, 0);
    assert_null(pybox_package_inform(NULL));
    pybox_box *box = make_with(image, (const pybox_package *[]){one}, 1);
    pybox_package_close(one); /* the box holds it */
    assert_eval(box, "import one, importlib.metadata as m, importlib.resources as r\none.answer", "42");
    assert_eval(box, "one.__file__", "'/usr/lib/python3.13/site-packages/one/__init__.py'");
    assert_eval(box, "m.version('one'), m.requires('one'), [d.name for d in m.distributions()]", "('1.5', ['two'], ['one'])");
    assert_eval(box, "[(e.name, e.value) for e in m.entry_points(group='console_scripts')]", "[('run', 'one:main')]");
    assert_eval(box, "sorted(map(str, m.files('one')))[-1], m.files('one')[-2].size", "('one/__init__.py', 33)");
    assert_eval(box, "all(f.locate().exists() for f in m.files('one'))", "True");
    assert_eval(box, "r.files('one').joinpath('__init__.py').read_text()", "'answer = 42\\n'");
    assert_eval(box, "import inspect; inspect.getsource(one)", "'answer = 42\\n'");
    const pybox_result *result = run_limited(box, "open(one.__file__, 'w')", NULL);
    assert_int_equal(result->outcome, PYBOX_EXCEPTION); /* read-only */
    pybox_box_destroy(box);
    pybox_package_close(NULL);
}

/* An image whose caches are full of what was there before. */
static void test_caches(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    pybox_image *warm, *second;
    assert_eval(box, "import importlib.metadata, pkgutil\nlist(importlib.metadata.distributions())", "[]");
    assert_eval(box, "import importlib.util\nimportlib.util.find_spec('one'), len(list(pkgutil.iter_modules())) > 100",
                "(None, True)");
    assert_works(pybox_image_create(box, &warm));
    pybox_box_destroy(box);
    pybox_package *one = make_package("one", "1", "space/one.py", "x = 1\n", "");
    pybox_package *two = make_package("two", "1", "space/two.py", "x = 2\n", "");
    box = make_with(warm, (const pybox_package *[]){one}, 1);
    assert_works(pybox_image_create(box, &second)); /* before it has run */
    assert_eval(box, "import space.one\nspace.one.x, importlib.metadata.version('one')", "(1, '1')");
    pybox_image *third;
    assert_works(pybox_image_create(box, &third)); /* of a namespace package that is imported */
    pybox_box_destroy(box);
    box = make_with(second, NULL, 0);
    assert_eval(box, "import space.one\nspace.one.x, importlib.metadata.version('one')", "(1, '1')");
    pybox_box_destroy(box);
    pybox_image *images[] = {second, third};
    for (int i = 0; i < 2; i++) {
        box = make_with(images[i], (const pybox_package *[]){two}, 1);
        assert_eval(box, "import space.one, space.two\nspace.one.x + space.two.x", "3");
        assert_eval(box, "sorted(d.name for d in importlib.metadata.distributions())", "['one', 'two']");
        pybox_box_destroy(box);
        pybox_image_close(images[i]);
    }
    pybox_image_close(warm);
    pybox_package_close(one);
    pybox_package_close(two);
}

static void test_together(void **state)
{
    (void)state;
    pybox_package *one = make_package("one", "1", "space/one.py", "x = 1\n", "");
    pybox_package *two = make_package("two", "1", "space/two.py", "x = 2\n", "");
    pybox_package *other = make_package("One", "2", "other.py", "x = 3\n", "");
    pybox_package *same = make_package("three", "1", "space/one.py", "x = 4\n", "");
    const pybox_package *both[] = {one, two}, *versions[] = {one, other}, *files[] = {one, same}, *twice[] = {one, one};
    for (int i = 0; i < 3; i++) { /* the union of the first is used again */
        pybox_box *box = make_with(image, both, 2);
        assert_eval(box, "from space import one, two\none.x, two.x", "(1, 2)");
        pybox_box_destroy(box);
    }
    pybox_box *box = make_with(image, twice, 2);
    assert_eval(box, "from space import one\none.x", "1");
    pybox_box_destroy(box);
    pybox_box_options options = {.packages = versions, .package_count = 2};
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "two packages of the name one"));
    options.packages = files;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    assert_non_null(strstr(pybox_error_message(), "space/one.py"));
    options.packages = (const pybox_package *[]){NULL};
    options.package_count = 1;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    options.packages = NULL;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    options.packages = both;
    options.package_count = 1001;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_ARGUMENT);
    assert_null(box);
    pybox_package_close(one);
    pybox_package_close(two);
    pybox_package_close(other);
    pybox_package_close(same);
}

/* What packages take is taken from what the box may have of files. */
static void test_quota(void **state)
{
    (void)state;
    static char text[300001];
    memset(text, '#', sizeof text - 1);
    pybox_package *one = make_package("one", "1", "one.py", text, "");
    pybox_limits limits = {.files_bytes = 300000};
    pybox_box_options options = {.limits = &limits, .packages = (const pybox_package *[]){one}, .package_count = 1};
    pybox_box *box;
    assert_int_equal(pybox_box_create(module, image, &options, &box), PYBOX_ERROR_LIMIT);
    assert_non_null(strstr(pybox_error_message(), "files_bytes"));
    limits.files_bytes = 500000;
    assert_works(pybox_box_create(module, image, &options, &box));
    assert_eval(box, "open('a', 'wb').write(bytes(100000))", "100000");
    assert_int_equal(run_limited(box, "open('b', 'wb').write(bytes(150000))", NULL)->outcome, PYBOX_EXCEPTION);
    pybox_box_destroy(box);
    pybox_package *small;
    assert_int_equal(pybox_package_open(in_place("one-1.whl"), &(pybox_package_options){.bytes = 1000}, &small),
                     PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_package_open(in_place("one-1.whl"), &(pybox_package_options){.files = 4}, &small),
                     PYBOX_ERROR_LIMIT);
    assert_int_equal(pybox_package_open(in_place("one-1.whl"), &(pybox_package_options){.files = 70000}, &small),
                     PYBOX_ERROR_ARGUMENT);
    assert_null(small);
    pybox_package_close(one);
}

/* Snapshots need nothing beside them; deltas make layers; what is there already may come again. */
static void test_baked(void **state)
{
    (void)state;
    char path[300], layer[300], merged[300];
    strcpy(path, in_place("one.snap"));
    strcpy(layer, in_place("two.snap"));
    strcpy(merged, in_place("merged.snap"));
    pybox_package *one = make_package("one", "1", "one.py", "x = 1\n", "");
    pybox_package *other = make_package("one", "2", "one.py", "x = 3\n", "");
    pybox_package *two = make_package("two", "1", "two.py", "import one\nx = one.x + 1\n", "");
    pybox_box *box = make_with(image, (const pybox_package *[]){one}, 1);
    assert_eval(box, "open('kept', 'w').write('text')", "4");
    assert_works(pybox_box_save(box, path, &(pybox_save_options){.metadata = "{\"mine\": 1}"}));
    pybox_box_destroy(box);
    pybox_package_close(one);
    pybox_snapshot_info *info;
    assert_works(pybox_snapshot_describe(path, &info));
    assert_string_equal(info->metadata, "{\"mine\": 1,\"packages\":{\"names\":[\"one 1\"],\"count\":1}}");
    pybox_snapshot_info_destroy(info);
    pybox_image *baked, *layered;
    assert_works(pybox_image_open(module, path, &baked));
    box = make_with(baked, (const pybox_package *[]){two}, 1);
    assert_eval(box, "import two\ntwo.x, open('kept').read()", "(2, 'text')");
    assert_works(pybox_box_save(box, layer, &(pybox_save_options){.delta = 1}));
    pybox_box_destroy(box);
    pybox_box_options options = {.packages = (const pybox_package *[]){other}, .package_count = 1};
    assert_int_equal(pybox_box_create(module, baked, &options, &box), PYBOX_ERROR_ARGUMENT);
    pybox_image_close(baked);
    assert_works(pybox_image_open(module, layer, &layered));
    one = make_package("one", "1", "one.py", "x = 1\n", "");
    box = make_with(layered, (const pybox_package *[]){one, two}, 2);
    assert_eval(box, "import importlib.metadata as m\ntwo.x, sorted(d.name for d in m.distributions())", "(2, ['one', 'two'])");
    pybox_box_destroy(box);
    pybox_image_close(layered);
    assert_works(pybox_snapshot_merge(module, layer, NULL, merged, NULL));
    assert_works(pybox_image_open(module, merged, &layered));
    box = make_with(layered, NULL, 0);
    assert_eval(box, "import one\none.x, two.x", "(1, 2)");
    int shared;
    pybox_image *received;
    assert_works(pybox_image_share(layered, &shared));
    assert_works(pybox_image_receive(module, shared, &received));
    pybox_box_destroy(box);
    box = make_with(received, NULL, 0);
    assert_eval(box, "import one\none.x, two.x", "(1, 2)");
    pybox_box_destroy(box);
    pybox_image_close(received);
    pybox_image_close(layered);
    pybox_package_close(one);
    pybox_package_close(other);
    pybox_package_close(two);
}

/* The base image with packages is no other: a layer is small, and memory needs no more than it. */
static void test_clones_and_pools(void **state)
{
    (void)state;
    pybox_package *one = make_package("one", "1", "one.py", "x = 1\n", "");
    const pybox_box_options options = {
        .packages = (const pybox_package *[]){one}, .package_count = 1, .rollback = PYBOX_ROLLBACK_ALWAYS};
    pybox_box *box = make_box(&options), *clone = clone_box(box), *taken;
    pybox_pool *pool;
    pybox_box_destroy(box);
    assert_eval(clone, "import one\none.x", "1");
    assert_eval(clone, "import sys\n'one' in sys.modules", "False"); /* rolled back */
    assert_eval(clone, "import one\none.x", "1");
    pybox_box_destroy(clone);
    assert_works(pybox_pool_create(module, image, &options, NULL, &pool));
    pybox_package_close(one);
    assert_works(pybox_pool_take(pool, 0, &taken));
    assert_eval(taken, "import one\none.x", "1");
    pybox_image *made;
    assert_works(pybox_image_create(taken, &made));
    pybox_pool_give(pool, taken);
    pybox_pool_destroy(pool);
    box = make_with(made, NULL, 0);
    pybox_image_close(made);
    assert_eval(box, "import one\none.x", "1");
    pybox_box_destroy(box);
}

static void test_compiled(void **state)
{
    (void)state;
    struct wheel_fixture wheel;
    pybox_package *package, *compiled;
    wheel_fixture_distribution(&wheel, "one", "1", "");
    wheel_fixture_add(&wheel, "one/__init__.py", "x = 1\nraise_ = lambda: 1 / 0\n");
    wheel_fixture_add(&wheel, "one/broken.py", "print 'Python 2'\n");
    wheel_fixture_add(&wheel, "one/tests/test_one.py", "x = 1\n");
    wheel_fixture_add(&wheel, "two.py", "assert True, ('always',)\nx = 2\n");
    wheel_fixture_finish(&wheel, "one-1");
    wheel_fixture_save(&wheel, in_place("one.whl"));
    wheel_fixture_free(&wheel);
    assert_works(pybox_package_open(in_place("one.whl"), NULL, &package));
    assert_works(pybox_package_compile(package, image, &compiled));
    const pybox_package_info *info = pybox_package_inform(compiled);
    assert_string_equal(info->name, "one");
    assert_int_equal(info->compiled, 1);
    assert_int_equal(info->files, pybox_package_inform(package)->files + 2);
    pybox_package_close(package);
    pybox_box *box = make_with(image, (const pybox_package *[]){compiled}, 1);
    assert_eval(box, "import one, two, os\none.__cached__, os.path.exists(one.__cached__), two.x",
                "('/usr/lib/python3.13/site-packages/one/__pycache__/__init__.cpython-313.pyc', True, 2)");
    assert_eval(box, "sorted(os.listdir(os.path.dirname(one.__file__)))", "['__init__.py', '__pycache__', 'broken.py', 'tests']");
    assert_eval(box, "os.listdir(os.path.dirname(one.__file__) + '/tests')", "['test_one.py']");
    assert_eval(box, "open(one.__cached__, 'rb').read(8)[4:]", "b'\\x01\\x00\\x00\\x00'"); /* never checked */
    const pybox_result *result = run_limited(box, "one.raise_()", NULL);
    assert_non_null(strstr(result->error.traceback.bytes, "site-packages/one/__init__.py\", line 2"));
    pybox_image *baked;
    assert_works(pybox_image_create(box, &baked));
    pybox_box_destroy(box);
    package = make_package("three", "1", "three.py", "x = 3\n", ""); /* in a box that has other packages */
    pybox_package_close(compiled);
    assert_works(pybox_package_compile(package, baked, &compiled));
    assert_int_equal(pybox_package_inform(compiled)->files, pybox_package_inform(package)->files + 1);
    pybox_package_close(package);
    pybox_package_close(compiled);
    pybox_image_close(baked);
    assert_int_equal(pybox_package_compile(NULL, image, &compiled), PYBOX_ERROR_ARGUMENT);
    assert_null(compiled);
}

static int collect(void *context, const char *package, const char *requirement)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 500 - used, "%s: %s\n", package, requirement);
    return strstr(text, "stop") != NULL;
}

static void test_missing(void **state)
{
    (void)state;
    char told[500] = "";
    pybox_package *one = make_package("one", "1", "one.py", "", "Requires-Dist: Two>=1\nRequires-Dist: x; extra == 'x'\n"
                                                                "Requires-Dist: y; sys_platform == 'win32'\n"
                                                                "Requires-Dist: z (<3)\nRequires-Python: >=3.14\n");
    pybox_package *two = make_package("two", "1", "two.py", "", "Requires-Dist: stop\nRequires-Dist: never\n");
    const pybox_package *packages[] = {one, two};
    assert_works(pybox_package_check(packages, 1, NULL, collect, told));
    assert_string_equal(told, "one: Python >=3.14\none: Two>=1\none: z (<3)\n");
    told[0] = '\0';
    assert_works(pybox_package_check(packages, 2, image, collect, told));
    assert_string_equal(told, "one: Python >=3.14\none: z (<3)\ntwo: stop\n");
    pybox_box *box = make_with(image, packages + 1, 1);
    pybox_image *baked;
    assert_works(pybox_image_create(box, &baked));
    pybox_box_destroy(box);
    pybox_package *stop = make_package("stop", "1", "stop.py", "", "");
    told[0] = '\0';
    assert_works(pybox_package_check((const pybox_package *[]){stop}, 1, baked, collect, told));
    assert_string_equal(told, "two: never\n");
    assert_int_equal(pybox_package_check(NULL, 1, NULL, collect, told), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_package_check(packages, 1, NULL, NULL, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_package_check((const pybox_package *[]){NULL}, 1, NULL, collect, told), PYBOX_ERROR_ARGUMENT);
    pybox_image_close(baked);
    pybox_package_close(one);
    pybox_package_close(two);
    pybox_package_close(stop);
}

static void test_refused(void **state)
{
    (void)state;
    pybox_package *package = (pybox_package *)1;
    FILE *file = fopen(in_place("one-1.tar.gz"), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(pybox_package_open(in_place("one-1.tar.gz"), NULL, &package), PYBOX_ERROR_UNSUPPORTED);
    assert_non_null(strstr(pybox_error_message(), "a source distribution, which must be built; expected a wheel"));
    assert_null(package);
    file = fopen(in_place("one.txt"), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(pybox_package_open(in_place("one.txt"), NULL, &package), PYBOX_ERROR_UNSUPPORTED);
    assert_int_equal(pybox_package_open(in_place("none.whl"), NULL, &package), PYBOX_ERROR_IO);
    file = fopen(in_place("empty.whl"), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(pybox_package_open(in_place("empty.whl"), NULL, &package), PYBOX_ERROR_ARCHIVE);
    assert_int_equal(pybox_package_open(NULL, NULL, &package), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_package_open(in_place("empty.whl"), NULL, NULL), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(mkdir(in_place("folder"), 0700), 0);
    assert_int_equal(pybox_package_open(in_place("folder"), NULL, &package), PYBOX_ERROR_PATH);
    file = fopen(in_place("folder/module.py"), "w");
    assert_non_null(file);
    fclose(file);
    assert_works(pybox_package_open(in_place("folder/"), NULL, &package));
    assert_string_equal(pybox_package_inform(package)->name, "folder");
    pybox_package_close(package);
}

/* Every allocation fails in turn: a clear status, and nothing is made. */
static void test_allocations(void **state)
{
    (void)state;
    pybox_status status;
    pybox_package *one = make_package("one", "1", "one.py", "x = 1\n", ""), *opened;
    for (long i = 0; fail_at = i, (status = pybox_package_open(in_place("one-1.whl"), NULL, &opened)) != PYBOX_OK; i++) {
        fail_at = -1;
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_null(opened);
        assert_true(i < 1000);
    }
    fail_at = -1;
    pybox_package_close(opened);
    long i = 0;
    for (int failed = 1; failed; i++) {
        pybox_package *two = make_package("two", "1", "two.py", "x = 2\n", ""); /* new ones: a union is made each time */
        pybox_box *box;
        const pybox_box_options options = {.packages = (const pybox_package *[]){two, one}, .package_count = 2};
        fail_at = i;
        status = pybox_box_create(module, image, &options, &box);
        failed = fail_at < 0;
        fail_at = -1;
        assert_true(status == PYBOX_OK || status == PYBOX_ERROR_NO_MEMORY);
        if (status == PYBOX_OK)
            assert_eval(box, "import one, two\none.x + two.x", "3");
        else
            assert_null(box);
        pybox_box_destroy(box);
        pybox_package_close(two);
        assert_true(i < 1000);
    }
    assert_true(i > 10);
    pybox_package_close(one);
}

static int make_place(void **state)
{
    return mkdtemp(place) == NULL ? -1 : set_up(state);
}

static int remove_place(void **state)
{
    return remove_tree(place) != 0 ? -1 : tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen),     cmocka_unit_test(test_caches), cmocka_unit_test(test_together),
        cmocka_unit_test(test_quota),    cmocka_unit_test(test_baked),  cmocka_unit_test(test_clones_and_pools),
        cmocka_unit_test(test_compiled), cmocka_unit_test(test_missing), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
