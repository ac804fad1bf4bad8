/* The host's access to the files of a box, and what it mounts there. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python_fixture.h"
#include "remove_tree.h"
#include "zip_fixture.h"

/* ---- helpers ---- */

static void write_file(pybox_box *box, const char *path, const char *text)
{
    assert_works(pybox_box_file_write(box, path, text, strlen(text)));
}

static void assert_text(pybox_box *box, const char *path, const char *text)
{
    pybox_bytes bytes;
    assert_works(pybox_box_file_read(box, path, 0, &bytes));
    assert_int_equal(bytes.length, strlen(text));
    assert_memory_equal(bytes.bytes, text, bytes.length + 1);
}

/* Refused with that status, and a message that has `part`. */
static void assert_refused(pybox_status got, pybox_status wanted, const char *part)
{
    if (got != wanted || strstr(pybox_error_message(), part) == NULL)
        fail_msg("%s: %s; expected %s with %s", pybox_status_name(got), pybox_error_message(),
                 pybox_status_name(wanted), part);
}

static char listed[8192];

static int add_listed(void *context, const pybox_file *file)
{
    static const char kinds[] = " -dlo";
    size_t used = strlen(listed);
    snprintf(listed + used, sizeof listed - used, "%c%s ", kinds[file->type], file->path);
    return context != NULL && --*(int *)context == 0;
}

static const char *list(pybox_box *box, const char *pattern)
{
    listed[0] = '\0';
    assert_works(pybox_box_file_list(box, pattern, add_listed, NULL));
    return listed;
}

static char host[64];

static int make_host(void **state)
{
    (void)state;
    strcpy(host, "/tmp/pybox-files-XXXXXX");
    return mkdtemp(host) == NULL ? -1 : 0;
}

static int remove_host(void **state)
{
    (void)state;
    return remove_tree(host);
}

static void put_host(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", host, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const char *host_text(const char *name)
{
    static char text[256];
    char path[256];
    snprintf(path, sizeof path, "%s/%s", host, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* ---- reading and writing ---- */

static void test_in_and_out(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    write_file(box, "/work/in/deep/a.txt", "hello");
    write_file(box, "b.txt", ""); /* relative to /work */
    assert_eval(box, "open('/work/in/deep/a.txt').read(), open('b.txt').read()", "('hello', '')");
    eval(box, "with open('out.bin', 'wb') as f: f.write(bytes(range(256)))");
    pybox_bytes bytes;
    assert_works(pybox_box_file_read(box, "/work/out.bin", 256, &bytes));
    assert_int_equal(bytes.length, 256);
    for (int i = 0; i < 256; i++)
        assert_int_equal((unsigned char)bytes.bytes[i], i);
    assert_int_equal(bytes.bytes[256], '\0');
    write_file(box, "out.bin", "short"); /* replaces */
    assert_text(box, "out.bin", "short");
    assert_eval(box, "open('out.bin').read()", "'short'");
    write_file(box, "/tmp/t", "tmp is in memory, too");
    assert_text(box, "//tmp/./t", "tmp is in memory, too");
    pybox_box_destroy(box);
}

static void test_refusals(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    pybox_bytes bytes = {NULL, 1};
    const pybox_file *file = (const pybox_file *)box;
    eval(box, "import os; os.mkdir('d'); open('d/f', 'w').write('12345'); os.symlink('loop', 'loop')");
    assert_refused(pybox_box_file_read(box, "none", 0, &bytes), PYBOX_ERROR_MISSING, "not there");
    assert_string_equal(bytes.bytes, "");
    assert_int_equal(bytes.length, 0);
    assert_refused(pybox_box_file_read(box, "d", 0, &bytes), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_read(box, "d/f", 4, &bytes), PYBOX_ERROR_LIMIT, "more than 4 bytes");
    assert_refused(pybox_box_file_read(box, "d/f/g", 0, &bytes), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_read(box, "/dev/urandom", 0, &bytes), PYBOX_ERROR_PATH, "regular file");
    assert_refused(pybox_box_file_read(box, "loop", 0, &bytes), PYBOX_ERROR_PATH, "symbolic links");
    assert_refused(pybox_box_file_stat(box, "none", &file), PYBOX_ERROR_MISSING, "none");
    assert_null(file);
    assert_refused(pybox_box_file_write(box, "d", "x", 1), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_write(box, "d/", "x", 1), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_write(box, "d/f/x", "x", 1), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_write(box, "/usr/lib/python3.13/os.py", "x", 1), PYBOX_ERROR_PATH, "read-only");
    assert_refused(pybox_box_file_write(box, "/new/x", "x", 1), PYBOX_ERROR_PATH, "read-only");
    assert_refused(pybox_box_file_write(box, "", "x", 1), PYBOX_ERROR_PATH, "write");
    assert_refused(pybox_box_file_make_folder(box, "d/f"), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_remove(box, "d", 0), PYBOX_ERROR_PATH, "not empty");
    assert_refused(pybox_box_file_remove(box, "/work", 1), PYBOX_ERROR_PATH, "mounted");
    assert_refused(pybox_box_file_remove(box, "/", 1), PYBOX_ERROR_PATH, "mounted");
    assert_refused(pybox_box_file_remove(box, "/usr/lib/python3.13/os.py", 0), PYBOX_ERROR_PATH, "read-only");
    assert_refused(pybox_box_file_list(box, "none", add_listed, NULL), PYBOX_ERROR_MISSING, "none");
    assert_refused(pybox_box_file_write(NULL, "x", "x", 1), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_write(box, NULL, "x", 1), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_write(box, "x", NULL, 1), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_read(box, "x", 0, NULL), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_stat(box, "x", NULL), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_list(box, "x", NULL, NULL), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_eval(box, "sorted(os.listdir()), open('d/f').read()", "(['d', 'loop'], '12345')"); /* all as it was */
    pybox_box_destroy(box);
}

static void test_stat(void **state)
{
    (void)state;
    const uint64_t clock = 1700000000000000000;
    pybox_box *box = make_box(&(pybox_box_options){.clock_ns = &clock});
    const pybox_file *file;
    write_file(box, "f", "12345");
    eval(box, "import os; os.symlink('f', 'l')");
    assert_works(pybox_box_file_stat(box, "./f", &file));
    assert_string_equal(file->path, "/work/f");
    assert_int_equal(file->type, PYBOX_FILE_REGULAR);
    assert_int_equal(file->bytes, 5);
    assert_true(file->writable);
    assert_true(file->modified_ns >= clock && file->modified_ns < clock + 1000000000);
    assert_works(pybox_box_file_stat(box, "l", &file));
    assert_int_equal(file->type, PYBOX_FILE_LINK);
    assert_works(pybox_box_file_stat(box, "/", &file));
    assert_int_equal(file->type, PYBOX_FILE_DIRECTORY);
    assert_false(file->writable);
    assert_string_equal(file->path, "/");
    assert_works(pybox_box_file_stat(box, "/dev/null", &file));
    assert_int_equal(file->type, PYBOX_FILE_OTHER);
    assert_works(pybox_box_file_stat(box, "/usr/lib/python3.13/os.py", &file));
    assert_int_equal(file->type, PYBOX_FILE_REGULAR);
    assert_false(file->writable);
    pybox_box_destroy(box);
}

static void test_folders(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    assert_works(pybox_box_file_make_folder(box, "a/b/c"));
    assert_works(pybox_box_file_make_folder(box, "a/b/c/")); /* it is there */
    assert_works(pybox_box_file_make_folder(box, "/work"));
    write_file(box, "a/b/f", "x");
    eval(box, "import os; os.symlink('/work/keep', 'a/l'); os.mkdir('keep'); open('keep/f', 'w').close()");
    assert_string_equal(list(box, "a/b"), "d/work/a/b/c -/work/a/b/f ");
    assert_works(pybox_box_file_remove(box, "a", 1));
    assert_eval(box, "os.listdir(), os.listdir('keep')", "(['keep'], ['f'])"); /* the link was not followed */
    assert_works(pybox_box_file_remove(box, "keep/f", 0));
    assert_works(pybox_box_file_remove(box, "keep", 0));
    assert_string_equal(list(box, "/work"), "");
    pybox_box_destroy(box);
}

static void test_links(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    write_file(box, "real", "real");
    eval(box, "import os; os.symlink('real', 'l'); os.symlink('/work/d', 'way'); os.mkdir('d')");
    assert_text(box, "l", "real"); /* followed */
    write_file(box, "l", "new");   /* replaced */
    assert_text(box, "real", "real");
    assert_eval(box, "os.path.islink('l'), open('l').read()", "(False, 'new')");
    write_file(box, "way/f", "through"); /* on the way: followed */
    assert_text(box, "d/f", "through");
    assert_text(box, "way/../real", "real");
    assert_works(pybox_box_file_remove(box, "way", 1)); /* the link */
    assert_text(box, "d/f", "through");
    pybox_box_destroy(box);
}

/* ---- lists ---- */

static void test_patterns(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    write_file(box, "a.txt", "");
    write_file(box, "b.txt", "");
    write_file(box, ".hidden", "");
    write_file(box, "d/a.txt", "");
    write_file(box, "d/e/a.txt", "");
    write_file(box, "d/e/[x]", "");
    eval(box, "import os; os.symlink('/work', 'd/loop')");
    assert_string_equal(list(box, "*"), "-/work/.hidden -/work/a.txt -/work/b.txt d/work/d ");
    assert_string_equal(list(box, "?.txt"), "-/work/a.txt -/work/b.txt ");
    assert_string_equal(list(box, "[b-z].*"), "-/work/b.txt ");
    assert_string_equal(list(box, "[!b].txt"), "-/work/a.txt ");
    assert_string_equal(list(box, "/work/**/a.txt"), "-/work/a.txt -/work/d/a.txt -/work/d/e/a.txt ");
    assert_string_equal(list(box, "**/**/a.txt"), "-/work/a.txt -/work/d/a.txt -/work/d/e/a.txt ");
    assert_string_equal(list(box, "**/e/*"), "-/work/d/e/[x] -/work/d/e/a.txt ");
    assert_string_equal(list(box, "d/**"), "-/work/d/a.txt d/work/d/e -/work/d/e/[x] -/work/d/e/a.txt l/work/d/loop ");
    assert_string_equal(list(box, "d/loop/*.txt"), "-/work/d/loop/a.txt -/work/d/loop/b.txt ");
    assert_string_equal(list(box, "*/loop/*.txt"), ""); /* not followed behind a wildcard */
    assert_string_equal(list(box, "*/loop"), "l/work/d/loop ");
    assert_string_equal(list(box, "d/e/[[]x]"), "-/work/d/e/[x] ");
    assert_string_equal(list(box, "*.none"), "");
    assert_string_equal(list(box, "a.txt"), "-/work/a.txt ");
    assert_string_equal(list(box, "a*x*t"), "-/work/a.txt ");
    assert_string_equal(list(box, "/"), "d/dev d/tmp d/usr d/work ");
    assert_string_equal(list(box, "/usr/lib/python3.13/json/*r.py"),
                        "-/usr/lib/python3.13/json/decoder.py -/usr/lib/python3.13/json/encoder.py "
                        "-/usr/lib/python3.13/json/scanner.py ");
    int most = 2;
    listed[0] = '\0';
    assert_works(pybox_box_file_list(box, "*", add_listed, &most));
    assert_string_equal(listed, "-/work/.hidden -/work/a.txt ");
    pybox_box_destroy(box);
}

static void test_many_stars_take_no_time(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "open('a' * 255, 'w').close()");
    assert_string_equal(list(box, "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), "");
    eval(box, "import os\nfor i in range(60): os.mkdir('d'); os.chdir('d')\nos.chdir('/work')");
    assert_string_equal(list(box, "**/**/**/**/**/**/x"), "");
    pybox_box_destroy(box);
}

/* ---- state ---- */

static void test_part_of_the_state(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    write_file(box, "f", "one");
    checkpoint(box);
    write_file(box, "f", "two");
    write_file(box, "g", "two");
    pybox_box *clone = clone_box(box);
    assert_text(clone, "g", "two");
    rollback(box);
    assert_text(box, "f", "one");
    assert_string_equal(list(box, "/work"), "-/work/f ");
    assert_works(pybox_box_file_remove(box, "f", 0));
    rollback(box);
    assert_text(box, "f", "one");
    assert_eval(clone, "open('f').read()", "'two'");
    pybox_box_destroy(clone);
    char path[96];
    snprintf(path, sizeof path, "%s/files.snap", host);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    assert_works(pybox_box_create(module, saved, NULL, &box));
    assert_text(box, "f", "one"); /* before its first run */
    write_file(box, "f", "three");
    assert_eval(box, "open('f').read()", "'three'");
    pybox_box_destroy(box);
    pybox_image_close(saved);
}

static void test_limits(void **state)
{
    (void)state;
    const pybox_limits limits = {.files_bytes = 100000, .files = 8};
    pybox_box *box = make_box(&(pybox_box_options){.limits = &limits});
    static char large[200000];
    assert_works(pybox_box_file_write(box, "f", large, 40000));
    assert_refused(pybox_box_file_write(box, "f", large, 200000), PYBOX_ERROR_LIMIT, "limits");
    assert_refused(pybox_box_file_write(box, "d/e/g", large, 90000), PYBOX_ERROR_LIMIT, "limits");
    assert_string_equal(list(box, "**"), "-/work/f "); /* the folders neither */
    pybox_bytes bytes;
    assert_works(pybox_box_file_read(box, "f", 0, &bytes));
    assert_int_equal(bytes.length, 40000); /* the old contents */
    assert_refused(pybox_box_file_make_folder(box, "1/2/3/4/5/6/7/8/9"), PYBOX_ERROR_LIMIT, "limits");
    assert_string_equal(list(box, "**"), "-/work/f ");
    assert_works(pybox_box_file_write(box, "f", large, 90000)); /* what it replaces counts no more */
    assert_eval(box, "len(open('f').read())", "90000");
    pybox_box_destroy(box);
}

static pybox_box *busy_box;

static int busy_output(void *context, pybox_stream stream, const void *bytes, size_t length)
{
    (void)context;
    (void)stream;
    (void)bytes;
    (void)length;
    pybox_bytes read;
    const pybox_file *file;
    assert_int_equal(pybox_box_file_write(busy_box, "f", "x", 1), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_file_read(busy_box, "f", 0, &read), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_file_stat(busy_box, "f", &file), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_file_make_folder(busy_box, "f"), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_file_remove(busy_box, "f", 0), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_box_file_list(busy_box, "*", add_listed, NULL), PYBOX_ERROR_BUSY);
    return 0;
}

static void test_busy_and_dirty(void **state)
{
    (void)state;
    const pybox_limits limits = {.fuel = 2000000, .grace_fuel = 1};
    busy_box = make_box(&(pybox_box_options){.output = busy_output});
    eval(busy_box, "print(1)");
    run_limited(busy_box, "while True: pass", &limits);
    assert_int_equal(pybox_box_file_write(busy_box, "f", "x", 1), PYBOX_ERROR_DIRTY);
    rollback(busy_box);
    write_file(busy_box, "f", "x");
    pybox_box_destroy(busy_box);
}

static void test_the_guest_cannot_be_in_the_way(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    eval(box, "import os\nkept = []\ntry:\n  while True: kept.append(open('/dev/null'))\nexcept OSError: pass");
    write_file(box, "f", "no descriptor of the guest's is needed");
    assert_text(box, "f", "no descriptor of the guest's is needed");
    assert_string_equal(list(box, "*"), "-/work/f ");
    eval(box, "[f.close() for f in kept]; f = open('f', 'r+'); f.read(0)");
    write_file(box, "f", "new");
    assert_eval(box, "f.seek(0), f.read()", "(0, 'new')");
    assert_works(pybox_box_file_remove(box, "f", 0));
    assert_eval(box, "f.seek(0), f.read(), os.path.exists('f')", "(0, 'new', False)"); /* unlinked, and open */
    pybox_box_destroy(box);
}

/* ---- mounts ---- */

static void test_mount_kinds(void **state)
{
    (void)state;
    struct zip_fixture zip;
    zip_fixture_start(&zip);
    zip_fixture_add(&zip, "pack/__init__.py", "value = 7\n");
    zip_fixture_end(&zip);
    char path[96];
    snprintf(path, sizeof path, "%s/pack.zip", host);
    FILE *file = fopen(path, "w");
    fwrite(zip.bytes, 1, zip.length, file);
    fclose(file);
    const pybox_mount mounts[] = {
        {.guest = "/etc/app/config", .kind = PYBOX_MOUNT_BYTES, .bytes = "a\0b", .length = 3},
        {.guest = "/work/in.txt", .kind = PYBOX_MOUNT_BYTES, .bytes = "input", .length = 5},
        {.guest = "/empty", .kind = PYBOX_MOUNT_BYTES},
        {.guest = "/mem", .kind = PYBOX_MOUNT_MEMORY},
        {.guest = "/one", .kind = PYBOX_MOUNT_ARCHIVE, .host = path},
        {.guest = "/two", .kind = PYBOX_MOUNT_ARCHIVE, .bytes = zip.bytes, .length = zip.length},
    };
    pybox_box *box = make_box(&(pybox_box_options){.mounts = mounts, .mount_count = 6});
    memset(zip.bytes, 0, zip.length); /* it was copied */
    unlink(path);
    assert_eval(box, "open('/etc/app/config', 'rb').read(), open('in.txt').read(), open('/empty').read()",
                "(b'a\\x00b', 'input', '')");
    assert_eval(box, "import os; os.stat('in.txt').st_size, os.listdir('/work'), os.listdir('/etc/app')",
                "(5, ['in.txt'], ['config'])");
    const char *const refused[] = {"open('in.txt', 'w')", "open('in.txt', 'r+')", "os.remove('in.txt')",
                                   "os.truncate('in.txt', 0)", "os.utime('in.txt')", "os.rename('in.txt', 'x')",
                                   "open('/etc/app/new', 'w')", "open('/one/new', 'w')"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(run_limited(box, refused[i], NULL)->outcome, PYBOX_EXCEPTION);
    eval(box, "open('/mem/f', 'w').write('m'); f = open('in.txt'); f.read(2)");
    assert_text(box, "/mem/f", "m");
    assert_text(box, "in.txt", "input");
    assert_eval(box, "import sys; sys.path += ['/one']; import pack; pack.value", "7");
    assert_eval(box, "open('/two/pack/__init__.py').read()", "'value = 7\\n'");
    pybox_box *clone = clone_box(box);
    pybox_box_destroy(box);
    assert_eval(clone, "f.read(), open('/mem/f').read()", "('put', 'm')");
    pybox_box_destroy(clone);
    zip_fixture_free(&zip);
}

static void test_bytes_in_a_snapshot(void **state)
{
    (void)state;
    pybox_mount mount = {.guest = "/in", .kind = PYBOX_MOUNT_BYTES, .bytes = "first", .length = 5};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    eval(box, "f = open('/in'); f.read(1)");
    char path[96];
    snprintf(path, sizeof path, "%s/bytes.snap", host);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    mount.bytes = "other";
    assert_works(pybox_box_create(module, saved, &(pybox_box_options){.mounts = &mount, .mount_count = 1}, &box));
    assert_eval(box, "f.seek(2), f.read()", "(2, 'her')"); /* the mount is given anew */
    pybox_box_destroy(box);
    assert_works(pybox_box_create(module, saved, NULL, &box));
    size_t count;
    assert_string_equal(pybox_box_lost_files(box, &count)[0], "/in");
    assert_int_equal(count, 1);
    pybox_box_destroy(box);
    pybox_image_close(saved);
}

static void test_mounts_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        pybox_mount mount;
        pybox_status status;
        const char *part;
    } bad[] = {
        {{.guest = "/x"}, PYBOX_ERROR_ARGUMENT, "lacks its host path"},
        {{.host = "/tmp"}, PYBOX_ERROR_ARGUMENT, "lacks its guest path"},
        {{.host = "/tmp", .guest = "/x", .bytes = "x", .length = 1}, PYBOX_ERROR_ARGUMENT, "has bytes"},
        {{.host = "/tmp", .guest = "/x", .kind = PYBOX_MOUNT_MEMORY}, PYBOX_ERROR_ARGUMENT, "neither"},
        {{.guest = "/x", .kind = PYBOX_MOUNT_MEMORY, .read_only = 1}, PYBOX_ERROR_ARGUMENT, "writable"},
        {{.guest = "/x", .kind = PYBOX_MOUNT_BYTES, .length = 1}, PYBOX_ERROR_ARGUMENT, "bytes is NULL"},
        {{.host = "/tmp", .guest = "/x", .kind = PYBOX_MOUNT_BYTES}, PYBOX_ERROR_ARGUMENT, "bytes alone"},
        {{.host = "/tmp", .guest = "/x", .read_only = 1, .kind = PYBOX_MOUNT_OVERLAY}, PYBOX_ERROR_ARGUMENT, "writable"},
        {{.guest = "/x", .kind = PYBOX_MOUNT_OVERLAY}, PYBOX_ERROR_ARGUMENT, "lacks its host path"},
        {{.host = "/etc/passwd", .guest = "/x", .kind = PYBOX_MOUNT_OVERLAY}, PYBOX_ERROR_PATH, "expected a folder"},
        {{.guest = "/x", .kind = PYBOX_MOUNT_ARCHIVE}, PYBOX_ERROR_ARGUMENT, "either"},
        {{.guest = "/x", .kind = PYBOX_MOUNT_ARCHIVE, .bytes = "no", .length = 2}, PYBOX_ERROR_ARCHIVE, "/x"},
        {{.guest = "/x", .kind = (pybox_mount_kind)99}, PYBOX_ERROR_ARGUMENT, "known kind"},
        {{.guest = "/usr/lib/python3.13", .kind = PYBOX_MOUNT_MEMORY}, PYBOX_ERROR_PATH, "box's own"},
        {{.guest = "/usr/lib", .kind = PYBOX_MOUNT_MEMORY}, PYBOX_ERROR_PATH, "box's own"},
        {{.guest = "/dev/null", .kind = PYBOX_MOUNT_BYTES}, PYBOX_ERROR_PATH, "box's own"},
        {{.guest = "/", .kind = PYBOX_MOUNT_MEMORY}, PYBOX_ERROR_PATH, "absolute path"},
        {{.guest = "x", .kind = PYBOX_MOUNT_MEMORY}, PYBOX_ERROR_PATH, "absolute path"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pybox_box *box;
        assert_refused(pybox_box_create(module, image,
                                        &(pybox_box_options){.mounts = &bad[i].mount, .mount_count = 1}, &box),
                       bad[i].status, bad[i].part);
        assert_null(box);
    }
}

static void test_host_mounts(void **state)
{
    (void)state;
    char path[96];
    put_host("f", "host");
    snprintf(path, sizeof path, "%s/out", host);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    const pybox_mount mounts[] = {{.host = host, .guest = "/rw"}, {.host = host, .guest = "/ro", .read_only = 1}};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = mounts, .mount_count = 2});
    pybox_bytes bytes;
    assert_text(box, "/ro/f", "host");
    assert_refused(pybox_box_file_read(box, "/ro/out", 0, &bytes), PYBOX_ERROR_PATH, "leads out");
    assert_refused(pybox_box_file_write(box, "/ro/f", "x", 1), PYBOX_ERROR_PATH, "read-only");
    write_file(box, "/rw/d/new", "from outside");
    assert_string_equal(host_text("d/new"), "from outside");
    write_file(box, "/rw/out", "no link any more");
    assert_string_equal(host_text("out"), "no link any more");
    assert_string_equal(list(box, "/ro/**"), "d/ro/d -/ro/d/new -/ro/f -/ro/out ");
    assert_refused(pybox_box_file_remove(box, "/rw", 1), PYBOX_ERROR_PATH, "mounted");
    assert_works(pybox_box_file_remove(box, "/rw/d", 1));
    assert_null(host_text("d/new"));
    assert_string_equal(host_text("f"), "host");
    pybox_box_destroy(box);
}

static void test_overlays(void **state)
{
    (void)state;
    char path[96], folder[80];
    snprintf(folder, sizeof folder, "%s/data", host);
    assert_int_equal(mkdir(folder, 0777), 0);
    put_host("data/a", "one");
    put_host("data/b", "two");
    const pybox_mount mount = {.host = folder, .guest = "/data", .kind = PYBOX_MOUNT_OVERLAY};
    const pybox_box_options options = {.mounts = &mount, .mount_count = 1};
    pybox_box *box = make_box(&options);
    eval(box, "import os; old = open('/data/b'); old.read(1)\n"
              "with open('/data/a', 'a') as f: f.write('!')\nos.rename('/data/b', '/data/c'); os.mkdir('/data/d')");
    assert_eval(box, "sorted(os.listdir('/data')), open('/data/a').read(), old.read()", "(['a', 'c', 'd'], 'one!', 'wo')");
    write_file(box, "/data/d/e", "host");
    assert_string_equal(list(box, "/data/**"), "-/data/a -/data/c d/data/d -/data/d/e ");
    snprintf(path, sizeof path, "%s/overlay.snap", host);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box *clone = clone_box(box);
    checkpoint(box);
    eval(box, "import shutil; shutil.rmtree('/data/d'); os.remove('/data/a')");
    assert_eval(box, "os.listdir('/data')", "['c']");
    rollback(box);
    assert_eval(box, "sorted(os.listdir('/data'))", "['a', 'c', 'd']");
    pybox_box_destroy(box);
    assert_eval(clone, "sorted(os.listdir('/data')), open('/data/a').read()", "(['a', 'c', 'd'], 'one!')");
    pybox_box_destroy(clone);
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    assert_works(pybox_box_create(module, saved, &options, &box));
    assert_eval(box, "sorted(os.listdir('/data')), open('/data/d/e').read(), open('/data/c').read()",
                "(['a', 'c', 'd'], 'host', 'two')");
    pybox_box_destroy(box);
    assert_refused(pybox_box_create(module, saved, NULL, &box), PYBOX_ERROR_PATH, "mount");
    const pybox_mount other = {.host = folder, .guest = "/data"};
    assert_refused(pybox_box_create(module, saved, &(pybox_box_options){.mounts = &other, .mount_count = 1}, &box),
                   PYBOX_ERROR_PATH, "elsewhere");
    const pybox_mount memory = {.guest = "/data", .kind = PYBOX_MOUNT_MEMORY};
    assert_refused(pybox_box_create(module, saved, &(pybox_box_options){.mounts = &memory, .mount_count = 1}, &box),
                   PYBOX_ERROR_PATH, "overlay");
    pybox_image_close(saved);
    assert_string_equal(host_text("data/a"), "one"); /* never written */
    assert_string_equal(host_text("data/b"), "two");
    assert_null(host_text("data/c"));
    assert_null(host_text("data/d/e"));
}

/* An overlay that was only read needs not be there again. */
static void test_overlays_without_changes(void **state)
{
    (void)state;
    char path[96];
    put_host("f", "x");
    const pybox_mount mount = {.host = host, .guest = "/data", .kind = PYBOX_MOUNT_OVERLAY};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    assert_eval(box, "import os; os.listdir('/data'), open('/data/f').read()", "(['f'], 'x')");
    snprintf(path, sizeof path, "%s/overlay.snap", host);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    assert_works(pybox_box_create(module, saved, NULL, &box));
    pybox_box_destroy(box);
    pybox_image_close(saved);
}

/* ---- changes ---- */

static int add_change(void *context, const pybox_change *change)
{
    static const char kinds[] = " +~-";
    size_t used = strlen(listed);
    snprintf(listed + used, sizeof listed - used, "%c%s ", kinds[change->kind], change->file.path);
    if (change->kind == PYBOX_CHANGE_REMOVED)
        assert_int_equal(change->file.type, 0);
    else
        assert_true(change->file.type >= PYBOX_FILE_REGULAR && change->file.writable);
    return context != NULL;
}

static const char *changes(pybox_box *box, const char *path, pybox_since since)
{
    listed[0] = '\0';
    assert_works(pybox_box_file_changes(box, path, since, add_change, NULL));
    return listed;
}

static void test_changes(void **state)
{
    (void)state;
    static const pybox_rollback policies[] = {PYBOX_ROLLBACK_NEVER, PYBOX_ROLLBACK_STOPPED, PYBOX_ROLLBACK_RUN};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        pybox_box *box = make_policy(policies[i]);
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "");
        write_file(box, "in", "in");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "+/work/in ");
        eval(box, "import os; os.mkdir('d'); open('d/a', 'w').write('1'); open('b', 'w').write('2'); open('/tmp/t', 'w').close()");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "+/tmp/t +/work/b +/work/d +/work/d/a ");
        assert_string_equal(changes(box, "d", PYBOX_SINCE_RUN), "+/work/d +/work/d/a ");
        assert_string_equal(changes(box, "/tmp", PYBOX_SINCE_RUN), "+/tmp/t ");
        assert_string_equal(changes(box, "/tm", PYBOX_SINCE_RUN), "");
        eval(box, "x = open('b').read()"); /* looks only */
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "+/tmp/t +/work/b +/work/d +/work/d/a +/work/in ");
        checkpoint(box);
        eval(box, "f = open('in', 'a'); f.write('x'); f.flush()");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "~/work/in ");
        eval(box, "os.remove('b'); os.rename('d', 'e'); open('e/new', 'w').close()");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "-/work/b -/work/d +/work/e +/work/e/a +/work/e/new ");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_CHECKPOINT),
                            "-/work/b -/work/d +/work/e +/work/e/a +/work/e/new ~/work/in ");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "+/tmp/t +/work/e +/work/e/a +/work/e/new +/work/in ");
        eval(box, "open('b', 'w').write('again'); import shutil; shutil.rmtree('e'); f.close()");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "+/work/b -/work/e ");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_CHECKPOINT), "~/work/b -/work/d ~/work/in ");
        eval(box, "open('n', 'w').close(); os.replace('n', 'b'); open('o', 'w').close(); os.remove('o')");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "~/work/b ");
        rollback(box);
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_CHECKPOINT), "");
        assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "+/tmp/t +/work/b +/work/d +/work/d/a +/work/in ");
        pybox_box *clone = clone_box(box);
        assert_string_equal(changes(clone, NULL, PYBOX_SINCE_IMAGE), "");
        assert_works(pybox_box_file_remove(clone, "d", 1));
        assert_string_equal(changes(clone, NULL, PYBOX_SINCE_IMAGE), "-/work/d ");
        pybox_box_destroy(clone);
        pybox_box_destroy(box);
    }
}

static void test_changes_over_a_snapshot(void **state)
{
    (void)state;
    char path[96];
    pybox_box *box = make_box(NULL);
    eval(box, "import os\nfor n in 'abcdefghijklmnop': open(n, 'w').write(n)\nos.mkdir('dir'); open('dir/x', 'w').close()");
    snprintf(path, sizeof path, "%s/changes.snap", host);
    assert_works(pybox_box_save(box, path, NULL));
    pybox_box_destroy(box);
    pybox_image *saved;
    assert_works(pybox_image_open(module, path, &saved));
    assert_works(pybox_box_create(module, saved, NULL, &box));
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "");
    eval(box, "os.remove('a'); open('b', 'w').write('B'); os.rename('c', 'z'); os.utime('d', (5, 5)); os.symlink('e', 'link')");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE), "-/work/a ~/work/b -/work/c ~/work/d +/work/link +/work/z ");
    eval(box, "open('a', 'w').close(); os.remove('dir/x'); os.rmdir('dir'); open('dir', 'w').close()");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_IMAGE),
                        "~/work/a ~/work/b -/work/c ~/work/d ~/work/dir +/work/link +/work/z ");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "+/work/a ~/work/dir ");
    pybox_box_destroy(box);
    pybox_image_close(saved);
}

static void test_changes_of_an_overlay(void **state)
{
    (void)state;
    char command[512];
    snprintf(command, sizeof command, "cd %s && mkdir -p o/d/e o/k && echo 1 >o/a && echo 2 >o/b && echo 3 >o/d/x && echo 4 >o/d/e/y && echo 5 >o/k/z",
             host);
    assert_int_equal(system(command), 0);
    char folder[80];
    snprintf(folder, sizeof folder, "%s/o", host);
    const pybox_mount mount = {.host = folder, .guest = "/o", .kind = PYBOX_MOUNT_OVERLAY};
    pybox_box *box = make_box(&(pybox_box_options){.mounts = &mount, .mount_count = 1});
    eval(box, "import os; [list(w) for w in os.walk('/o')]; open('/o/a').read(); os.stat('/o/d/x')");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_HOST), "");
    eval(box, "open('/o/a', 'a').write('!'); os.remove('/o/b'); open('/o/k/new', 'w').close()");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN), "~/o/a -/o/b +/o/k/new ");
    checkpoint(box);
    eval(box, "os.rename('/o/d', '/o/f'); open('/o/b', 'w').close(); os.remove('/o/k/new')");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_RUN),
                        "+/o/b -/o/d +/o/f +/o/f/e +/o/f/e/y +/o/f/x -/o/k/new ");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_CHECKPOINT),
                        "+/o/b -/o/d +/o/f +/o/f/e +/o/f/e/y +/o/f/x -/o/k/new ");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_HOST), "~/o/a ~/o/b -/o/d +/o/f +/o/f/e +/o/f/e/y +/o/f/x ");
    assert_string_equal(changes(box, "/o/f", PYBOX_SINCE_HOST), "+/o/f +/o/f/e +/o/f/e/y +/o/f/x ");
    snprintf(command, sizeof command, "%s/changes", host);
    pybox_copied copied;
    assert_works(pybox_box_file_export(box, "/o", command,
                                       &(pybox_export_options){.only_changes = 1, .since = PYBOX_SINCE_HOST}, &copied));
    assert_int_equal(copied.files, 4);
    assert_int_equal(copied.folders, 3);
    assert_string_equal(host_text("changes/a"), "1\n!");
    assert_string_equal(host_text("changes/f/e/y"), "4\n");
    assert_null(host_text("changes/k/z"));
    rollback(box);
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_CHECKPOINT), "");
    assert_string_equal(changes(box, NULL, PYBOX_SINCE_HOST), "~/o/a -/o/b +/o/k/new ");
    assert_string_equal(host_text("o/a"), "1\n");
    pybox_box_destroy(box);
}

/* ---- copies ---- */

static void test_export(void **state)
{
    (void)state;
    char path[128], other[128];
    pybox_copied copied;
    pybox_box *box = make_box(NULL);
    eval(box, "import os; os.makedirs('t/d/e'); open('t/a', 'w').write('a'); open('t/d/b', 'w').write('b' * 100000)\n"
              "with open('t/d/hole', 'wb') as f: f.seek(30 << 20); f.write(b'x')");
    eval(box, "os.symlink('/etc/passwd', 't/out1'); os.symlink('../../x', 't/d/out2'); os.symlink('..', 't/out3')\n"
              "os.symlink('.', 't/here'); os.symlink('here/../..', 't/out4'); os.symlink('../a', 't/d/in1'); os.symlink('d/e', 't/in2')");
    snprintf(path, sizeof path, "%s/out", host);
    assert_works(pybox_box_file_export(box, "t", path, NULL, &copied));
    assert_int_equal(copied.files, 3);
    assert_int_equal(copied.folders, 3);
    assert_int_equal(copied.links, 3);
    assert_int_equal(copied.skipped, 4);
    assert_string_equal(host_text("out/a"), "a");
    assert_string_equal(host_text("out/d/in1"), "a");
    struct stat facts;
    snprintf(other, sizeof other, "%s/out/d/hole", host);
    assert_int_equal(stat(other, &facts), 0);
    assert_int_equal(facts.st_size, (30 << 20) + 1);
    assert_true(facts.st_blocks * 512 < 4 << 20);
    /* What is there stays, unless it is to be replaced. */
    put_host("out/a", "old");
    assert_refused(pybox_box_file_export(box, "t/a", path, NULL, &copied), PYBOX_ERROR_IO, "exists");
    assert_string_equal(host_text("out/a"), "old");
    assert_works(pybox_box_file_export(box, "t/a", path, &(pybox_export_options){.replace = 1}, NULL));
    assert_string_equal(host_text("out/a"), "a");
    snprintf(other, sizeof other, "%s/single", host);
    assert_works(pybox_box_file_export(box, "t/a", other, NULL, NULL));
    assert_string_equal(host_text("single"), "a");
    /* Links of the host's are not followed below the folder. */
    char elsewhere[128];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", host);
    assert_int_equal(mkdir(elsewhere, 0777), 0);
    snprintf(other, sizeof other, "%s/trap", host);
    assert_int_equal(mkdir(other, 0777), 0);
    snprintf(other, sizeof other, "%s/trap/d", host);
    assert_int_equal(symlink(elsewhere, other), 0);
    snprintf(other, sizeof other, "%s/trap", host);
    assert_refused(pybox_box_file_export(box, "t", other, &(pybox_export_options){.replace = 1}, NULL), PYBOX_ERROR_IO,
                   "directory");
    assert_null(host_text("elsewhere/b"));
    snprintf(path, sizeof path, "%s/few", host);
    assert_refused(pybox_box_file_export(box, "t", path, &(pybox_export_options){.max_bytes = 1000}, &copied),
                   PYBOX_ERROR_LIMIT, "large");
    assert_refused(pybox_box_file_export(box, "t", path, &(pybox_export_options){.max_files = 1, .replace = 1}, &copied),
                   PYBOX_ERROR_LIMIT, "large");
    assert_refused(pybox_box_file_export(box, "none", path, NULL, NULL), PYBOX_ERROR_MISSING, "none");
    assert_refused(pybox_box_file_export(box, "t/out1", path, NULL, NULL), PYBOX_ERROR_PATH, "t/out1");
    assert_refused(pybox_box_file_export(box, "t", NULL, NULL, NULL), PYBOX_ERROR_ARGUMENT, "NULL");
    assert_refused(pybox_box_file_export(box, "t", path, &(pybox_export_options){.since = (pybox_since)9}, NULL),
                   PYBOX_ERROR_ARGUMENT, "since");
    pybox_box_destroy(box);
}

static void test_import(void **state)
{
    (void)state;
    char command[512], path[128];
    snprintf(command, sizeof command, "cd %s && mkdir -p i/d && echo one >i/a && echo two >i/d/b && ln -s /etc/passwd i/l && mkfifo i/p && truncate -s 50M i/sparse",
             host);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/i", host);
    pybox_copied copied;
    pybox_box *box = make_box(NULL);
    assert_works(pybox_box_file_import(box, path, "/work/new/in", &copied));
    assert_int_equal(copied.files, 3);
    assert_int_equal(copied.folders, 1);
    assert_int_equal(copied.links, 1);
    assert_int_equal(copied.skipped, 1);
    assert_eval(box, "import os; open('new/in/d/b').read(), os.readlink('new/in/l'), os.path.exists('new/in/l')",
                "('two\\n', '/etc/passwd', False)");
    assert_eval(box, "os.stat('new/in/sparse').st_size", "52428800");
    put_host("i/a", "changed");
    assert_works(pybox_box_file_import(box, path, "new/in", NULL)); /* over it */
    assert_text(box, "new/in/a", "changed");
    snprintf(path, sizeof path, "%s/i/a", host);
    assert_works(pybox_box_file_import(box, path, "single", NULL));
    assert_text(box, "single", "changed");
    assert_refused(pybox_box_file_import(box, path, "new", NULL), PYBOX_ERROR_PATH, "directory");
    assert_refused(pybox_box_file_import(box, path, "/usr/lib/python3.13/x", NULL), PYBOX_ERROR_PATH, "read-only");
    assert_refused(pybox_box_file_import(box, "/nonexistent", "x", NULL), PYBOX_ERROR_IO, "/nonexistent");
    assert_refused(pybox_box_file_import(box, "/dev/null", "x", NULL), PYBOX_ERROR_IO, "/dev/null");
    assert_refused(pybox_box_file_import(box, NULL, "x", NULL), PYBOX_ERROR_ARGUMENT, "NULL");
    pybox_box_destroy(box);
    const pybox_limits limits = {.files_bytes = 100000, .files = 6};
    box = make_box(&(pybox_box_options){.limits = &limits});
    write_file(box, "kept", "kept");
    snprintf(command, sizeof command, "cd %s && for n in 1 2 3 4 5; do echo $n >i/d/$n; done", host);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/i", host);
    assert_refused(pybox_box_file_import(box, path, "in", NULL), PYBOX_ERROR_LIMIT, "in");
    assert_string_equal(list(box, "**"), "-/work/kept "); /* nothing of it */
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_and_out),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_stat),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_many_stars_take_no_time),
        cmocka_unit_test_setup_teardown(test_part_of_the_state, make_host, remove_host),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_busy_and_dirty),
        cmocka_unit_test(test_the_guest_cannot_be_in_the_way),
        cmocka_unit_test_setup_teardown(test_mount_kinds, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_bytes_in_a_snapshot, make_host, remove_host),
        cmocka_unit_test(test_mounts_that_are_refused),
        cmocka_unit_test_setup_teardown(test_host_mounts, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_overlays, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_overlays_without_changes, make_host, remove_host),
        cmocka_unit_test(test_changes),
        cmocka_unit_test_setup_teardown(test_changes_over_a_snapshot, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_changes_of_an_overlay, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_export, make_host, remove_host),
        cmocka_unit_test_setup_teardown(test_import, make_host, remove_host),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
