/* Sessions on disk: parked, resumed, listed, removed, collected; by several processes; and stores that are not well. */
#include "python_fixture.h"
#include "store_fixture.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

/* A store waits for locks by sleeping: here the time passes at once. */
struct timespec;
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted;
    (void)left;
    return 0;
}

static void a_session_goes_on_where_it_was(void **state)
{
    (void)state;
    uint64_t revision = 0;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "x = [1, 2]; f = open('/work/note', 'w'); f.write('kept'); f.flush()", "");
    park("one", box, &revision);
    assert_int_equal(revision, 1);
    assert_eval(box, "x.append(3)", ""); /* the box goes on, too */
    park("one", box, &revision);
    assert_int_equal(revision, 2);
    pybox_box_destroy(box);

    for (int i = 3; i < 6; i++) {
        box = resume("one", &revision);
        assert_int_equal(revision, i - 1);
        assert_eval(box, "len(x)", (char[]){(char)('0' + i), '\0'});
        assert_eval(box, "open('/work/note').read()", "'kept'");
        assert_eval(box, "x.append(0)", "");
        park("one", box, &revision);
        pybox_box_destroy(box);
    }
    assert_int_equal(count_files("snapshots", ".snap"), 6); /* the image's, and five states */
}

static void each_state_is_a_small_file_beside_the_images(void **state)
{
    (void)state;
    uint64_t revision = 0;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "x = 1 + 1", "");
    park("small", box, &revision);
    pybox_box_destroy(box);
    char name[128];
    pybox_image *resumed;
    assert_works(pybox_store_resume(store, module, "small", &resumed, &revision));
    snprintf(name, sizeof name, "snapshots/%s.snap", pybox_image_digest(resumed));
    pybox_image_close(resumed);
    struct stat found;
    assert_int_equal(stat(store_file(name), &found), 0);
    assert_in_range(found.st_size, 1, 64 << 10);
    pybox_snapshot_info *info;
    assert_works(pybox_snapshot_describe(store_file(name), &info));
    assert_string_equal(info->parent, pybox_image_digest(image));
    pybox_snapshot_info_destroy(info);
    assert_works(pybox_snapshot_verify(store_file(name)));
}

static void a_state_that_is_there_is_not_written_again(void **state)
{
    (void)state;
    uint64_t revision = 0, other = 0;
    pybox_box *box = make_box(NULL);
    park("untouched", box, &revision); /* it is the image's */
    assert_int_equal(count_files("snapshots", ".snap"), 1);
    assert_int_equal(count_files("snapshots", pybox_image_digest(image)), 1);
    assert_eval(box, "x = 5", "");
    park("untouched", box, &revision);
    park("a_copy", box, &other);
    assert_int_equal(revision, 2);
    assert_int_equal(other, 1);
    assert_int_equal(count_files("snapshots", ".snap"), 2);
    pybox_box_destroy(box);
    box = resume("a_copy", &other);
    assert_eval(box, "x", "5");
    pybox_box_destroy(box);
}

static void a_stale_revision_changes_nothing(void **state)
{
    (void)state;
    uint64_t mine = 0, theirs, wrong = 0;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "who = 'first'", "");
    park("s", box, &mine);
    pybox_box *one = resume("s", &mine), *two = resume("s", &theirs);
    assert_eval(one, "who = 'one'", "");
    assert_eval(two, "who = 'two'", "");
    park("s", one, &mine);
    assert_int_equal(pybox_store_park(store, "s", two, &theirs), PYBOX_ERROR_BUSY);
    assert_non_null(strstr(pybox_error_message(), "at revision 2, not 1"));
    assert_int_equal(theirs, 1);
    assert_int_equal(pybox_store_park(store, "s", two, &wrong), PYBOX_ERROR_BUSY); /* not a new one */
    pybox_box *now = resume("s", &theirs);
    assert_eval(now, "who", "'one'");
    wrong = 0;
    park("s_2", two, &wrong); /* what it has is not lost */
    wrong = 7;
    assert_int_equal(pybox_store_park(store, "never", two, &wrong), PYBOX_ERROR_BUSY);
    assert_int_equal(wrong, 7);
    pybox_box_destroy(box);
    pybox_box_destroy(one);
    pybox_box_destroy(two);
    pybox_box_destroy(now);
}

static void names_are_checked(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    char longest[102];
    memset(longest, 'n', 101);
    longest[101] = '\0';
    static const char *const wrong[] = {"", ".", "..", ".hidden", "a/b", "../up", "a b", "a\n", "\xc3\xa9", "a*"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pybox_image *resumed;
        assert_int_equal(pybox_store_park(store, wrong[i], box, &revision), PYBOX_ERROR_ARGUMENT);
        assert_int_equal(pybox_store_resume(store, module, wrong[i], &resumed, &revision),
                         PYBOX_ERROR_ARGUMENT);
        assert_int_equal(pybox_store_remove(store, wrong[i]), PYBOX_ERROR_ARGUMENT);
    }
    assert_int_equal(pybox_store_park(store, longest, box, &revision), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(pybox_store_park(store, NULL, box, &revision), PYBOX_ERROR_ARGUMENT);
    longest[100] = '\0';
    park(longest, box, &revision);
    revision = 0;
    park("A-z_0.9", box, &revision);
    pybox_box_destroy(box);
}

struct listed {
    char names[512];
    int left;
    uint64_t bytes;
};

static int list_one(void *context, const pybox_session_info *info)
{
    struct listed *listed = context;
    strcat(listed->names, info->name);
    strcat(listed->names, info->revision == 1 ? " " : info->revision == 0 ? "? " : "+ ");
    assert_int_equal(strlen(info->digest), info->revision == 0 ? 0 : 64);
    assert_true(info->revision == 0 ? info->parked_ns == 0 && info->bytes == 0
                                    : info->parked_ns > UINT64_C(1600000000000000000));
    listed->bytes += info->bytes;
    return --listed->left == 0;
}

static void sessions_are_listed_by_name(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revisions[3] = {0};
    assert_eval(box, "x = 1", "");
    park("b", box, &revisions[0]);
    park("c", box, &revisions[1]);
    park("B", box, &revisions[2]);
    park("b", box, &revisions[0]);
    struct listed listed = {.left = 10};
    assert_works(pybox_store_list(store, list_one, &listed));
    assert_string_equal(listed.names, "B b+ c ");
    assert_true(listed.bytes > 0);
    listed = (struct listed){.left = 2};
    assert_works(pybox_store_list(store, list_one, &listed));
    assert_string_equal(listed.names, "B b+ ");

    assert_works(pybox_store_remove(store, "b"));
    assert_int_equal(pybox_store_remove(store, "b"), PYBOX_ERROR_ARGUMENT);
    pybox_image *resumed;
    uint64_t revision;
    assert_int_equal(pybox_store_resume(store, module, "b", &resumed, &revision), PYBOX_ERROR_ARGUMENT);
    assert_null(resumed);
    assert_int_equal(pybox_store_park(store, "b", box, &revisions[0]), PYBOX_ERROR_BUSY);
    assert_non_null(strstr(pybox_error_message(), "removed"));
    listed = (struct listed){.left = 10};
    assert_works(pybox_store_list(store, list_one, &listed));
    assert_string_equal(listed.names, "B c ");
    pybox_box_destroy(box);
}

static void what_no_session_needs_is_collected(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t kept = 0, gone = 0, files, bytes;
    assert_eval(box, "x = 1", "");
    park("kept", box, &kept);
    assert_eval(box, "x = 2", "");
    park("kept", box, &kept);
    assert_eval(box, "x = 3", "");
    park("gone", box, &gone);
    pybox_box_destroy(box);
    assert_works(pybox_store_remove(store, "gone"));
    assert_int_equal(count_files("snapshots", ".snap"), 4);

    assert_works(pybox_store_collect(store, UINT64_C(3600000000000), &files, &bytes));
    assert_int_equal(files, 0); /* they are young */
    assert_int_equal(bytes, 0);

    close(open(store_file("snapshots/.pybox-0123456789abcdef.tmp"), O_CREAT | O_WRONLY, 0600));
    close(open(store_file("sessions/.pybox-0123456789abcdef.tmp"), O_CREAT | O_WRONLY, 0600));
    close(open(store_file("snapshots/a_note.snap"), O_CREAT | O_WRONLY, 0600));
    int alive = open(store_file("snapshots/.pybox-aaaaaaaaaaaaaaaa.tmp"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(flock(alive, LOCK_EX), 0);
    usleep(20000); /* a file system's clock may lag behind by a tick */
    assert_works(pybox_store_collect(store, 0, &files, &bytes));
    assert_int_equal(files, 2);
    assert_true(bytes > 1000);
    assert_int_equal(count_files("snapshots", ".snap"), 3); /* the image's, the session's, and the note */
    assert_int_equal(count_files("snapshots", ".tmp"), 1);
    assert_int_equal(count_files("sessions", ".tmp"), 0);
    close(alive);
    box = resume("kept", &kept);
    assert_eval(box, "x", "2");
    pybox_box_destroy(box);

    assert_works(pybox_store_remove(store, "kept"));
    assert_works(pybox_store_collect(store, 0, &files, NULL));
    assert_int_equal(files, 2);
    assert_works(pybox_store_collect(store, 0, NULL, NULL));
}

/* Runs `work` in a process of its own; its exit code, or minus the signal that ended it. */
static pid_t start(int (*work)(int), int argument)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(work(argument));
    assert_true(child > 0);
    return child;
}

static int finish(pid_t child)
{
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
}

static int gate[2];

/* Resumes `race`, waits for the gate, parks: 0 if it did, 1 if another was first. */
static int race(int number)
{
    uint64_t revision;
    pybox_image *resumed;
    pybox_box *box;
    char code[64], byte;
    if (pybox_store_resume(store, module, "race", &resumed, &revision) != PYBOX_OK ||
        pybox_box_create(module, resumed, NULL, &box) != PYBOX_OK)
        return 90;
    const pybox_result *result;
    snprintf(code, sizeof code, "winner = %d", number);
    if (pybox_box_run(box, &(pybox_run){.code = code}, &result) != PYBOX_OK)
        return 91;
    close(gate[1]);
    if (read(gate[0], &byte, 1) != 0) /* until all have closed it */
        return 92;
    pybox_status status = pybox_store_park(store, "race", box, &revision);
    return status == PYBOX_OK ? 0 : status == PYBOX_ERROR_BUSY ? 1 : 93;
}

static void one_of_many_processes_continues_a_revision(void **state)
{
    (void)state;
    enum { RACERS = 6 };
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    park("race", box, &revision);
    pybox_box_destroy(box);
    for (int round = 0; round < 5; round++) {
        pid_t children[RACERS];
        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < RACERS; i++)
            children[i] = start(race, i);
        close(gate[1]);
        int winner = -1;
        for (int i = 0; i < RACERS; i++) {
            int how = finish(children[i]);
            assert_in_range(how, 0, 1);
            if (how == 0) {
                assert_int_equal(winner, -1);
                winner = i;
            }
        }
        close(gate[0]);
        assert_in_range(winner, 0, RACERS - 1);
        box = resume("race", &revision);
        assert_int_equal(revision, round + 2);
        assert_eval(box, "winner", (char[]){(char)('0' + winner), '\0'});
        pybox_box_destroy(box);
    }
}

/* Takes a session's lock and tells so; then waits to be killed. */
static int hold_lock(int how)
{
    int fd = open(store_file(how == 0 ? "sessions/.held.lock" : ".lock"), O_RDWR | O_CREAT, 0644);
    if (fd < 0 || flock(fd, LOCK_EX) != 0 || write(gate[1], "x", 1) != 1)
        return 1;
    for (;;)
        pause();
}

static void a_holder_of_a_lock_that_dies_frees_it(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    for (int how = 0; how < 2; how++) {
        char byte;
        assert_int_equal(pipe(gate), 0);
        pid_t child = start(hold_lock, how);
        assert_int_equal(read(gate[0], &byte, 1), 1);
        uint64_t before = revision;
        assert_int_equal(pybox_store_park(store, "held", box, &revision), PYBOX_ERROR_BUSY);
        assert_int_equal(revision, before);
        if (how == 1)
            assert_int_equal(pybox_store_collect(store, 0, NULL, NULL), PYBOX_ERROR_BUSY);
        kill(child, SIGKILL);
        assert_int_equal(finish(child), -SIGKILL);
        park("held", box, &revision);
        close(gate[0]);
        close(gate[1]);
    }
    pybox_box_destroy(box);
}

static void write_session(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "sessions/%s.json", name);
    FILE *file = fopen(store_file(path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_refused(const char *name, pybox_status expected)
{
    pybox_image *resumed;
    uint64_t revision = 99;
    pybox_status status = pybox_store_resume(store, module, name, &resumed, &revision);
    if (status != expected)
        fail_msg("%s: %s: %s", name, pybox_status_name(status), pybox_error_message());
    assert_null(resumed);
    assert_int_equal(revision, 0);
}

#define DIGEST_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void files_that_no_store_wrote_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "null", "{\"version\": 1}",
        "{\"version\": 2, \"digest\": \"" DIGEST_64 "\", \"revision\": 1}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "0\", \"revision\": 1}",
        "{\"version\": 1, \"digest\": \"../../../etc/passwd\", \"revision\": 1}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 0}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": -1}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 1e300}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 9007199254740994}",
        "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": \"1\"}",
    };
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    assert_eval(box, "x = 1", "");
    park("well", box, &revision);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_session("bad", texts[i]);
        assert_refused("bad", PYBOX_ERROR_SNAPSHOT_FORMAT);
        uint64_t stale = 0;
        assert_int_equal(pybox_store_park(store, "bad", box, &stale), PYBOX_ERROR_SNAPSHOT_FORMAT);
    }
    pybox_box_destroy(box);
    /* It might need anything, so nothing is deleted; others are listed. */
    assert_works(pybox_store_remove(store, "well"));
    uint64_t files = 99;
    usleep(20000);
    assert_int_equal(pybox_store_collect(store, 0, &files, NULL), PYBOX_ERROR_SNAPSHOT_FORMAT);
    assert_int_equal(files, 0);
    assert_int_equal(count_files("snapshots", ".snap"), 2);
    struct listed listed = {.left = 10};
    assert_works(pybox_store_list(store, list_one, &listed));
    assert_string_equal(listed.names, "bad? ");
    assert_works(pybox_store_remove(store, "bad"));
    assert_works(pybox_store_collect(store, 0, &files, NULL));
    assert_int_equal(files, 2);

    write_session("lost", "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 3}");
    assert_refused("lost", PYBOX_ERROR_IO);
    assert_works(pybox_store_collect(store, 0, NULL, NULL));
}

static void links_pipes_and_huge_files_are_refused(void **state)
{
    (void)state;
    write_session("real", "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 3}");
    assert_int_equal(symlink("real.json", store_file("sessions/link.json")), 0);
    assert_refused("link", PYBOX_ERROR_IO);
    assert_int_equal(mkfifo(store_file("sessions/pipe.json"), 0600), 0);
    assert_refused("pipe", PYBOX_ERROR_SNAPSHOT_FORMAT);
    write_session("huge", "{");
    assert_int_equal(truncate(store_file("sessions/huge.json"), INT64_C(1) << 40), 0);
    assert_refused("huge", PYBOX_ERROR_SNAPSHOT_FORMAT);
    assert_int_equal(mkdir(store_file("sessions/folder.json"), 0700), 0);
    assert_refused("folder", PYBOX_ERROR_SNAPSHOT_FORMAT);

    /* A snapshot that is a pipe, a link to itself, and huge. */
    assert_int_equal(mkfifo(store_file("snapshots/" DIGEST_64 ".snap"), 0600), 0);
    assert_refused("real", PYBOX_ERROR_IO);
    unlink(store_file("snapshots/" DIGEST_64 ".snap"));
    assert_int_equal(symlink(DIGEST_64 ".snap", store_file("snapshots/" DIGEST_64 ".snap")), 0);
    assert_refused("real", PYBOX_ERROR_IO);
    unlink(store_file("snapshots/" DIGEST_64 ".snap"));
    int fd = open(store_file("snapshots/" DIGEST_64 ".snap"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
    close(fd);
    assert_refused("real", PYBOX_ERROR_SNAPSHOT_FORMAT);

    /* A lock that is a link: nothing is locked or made elsewhere. */
    assert_int_equal(symlink("/tmp/pybox-is-not-made", store_file("sessions/.linked.lock")), 0);
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    assert_int_equal(pybox_store_park(store, "linked", box, &revision), PYBOX_ERROR_IO);
    assert_int_equal(access("/tmp/pybox-is-not-made", F_OK), -1);
    pybox_box_destroy(box);

    /* Folders that are links are not opened. */
    pybox_store *other;
    char folder[128];
    snprintf(folder, sizeof folder, "%s", store_file("other"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink("/tmp", store_file("other/snapshots")), 0);
    assert_int_equal(pybox_store_open(folder, &other), PYBOX_ERROR_IO);
    assert_null(other);
    assert_int_equal(pybox_store_open(store_file("sessions/real.json"), &other), PYBOX_ERROR_IO);
    assert_int_equal(pybox_store_open("", &other), PYBOX_ERROR_ARGUMENT);
}

static void a_snapshot_of_another_state_is_noticed(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    assert_eval(box, "x = 1", "");
    park("s", box, &revision);
    pybox_image *resumed;
    assert_works(pybox_store_resume(store, module, "s", &resumed, &revision));
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/snapshots/%s.snap", store_folder, pybox_image_digest(resumed));
    snprintf(to, sizeof to, "%s/snapshots/" DIGEST_64 ".snap", store_folder);
    pybox_image_close(resumed);
    assert_int_equal(rename(from, to), 0);
    write_session("other", "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 3}");
    assert_refused("other", PYBOX_ERROR_SNAPSHOT_CORRUPT);
    assert_refused("s", PYBOX_ERROR_IO);
    pybox_box_destroy(box);
}

/* The image of a session that was resumed is a delta; a box of it is parked as a delta of what is below. */
static void sessions_do_not_get_deeper(void **state)
{
    (void)state;
    uint64_t revision = 0;
    pybox_box *box = make_box(NULL);
    assert_eval(box, "n = 0", "");
    park("deep", box, &revision);
    pybox_box_destroy(box);
    for (int i = 0; i < 100; i++) {
        box = resume("deep", &revision);
        assert_eval(box, "n += 1", "");
        park("deep", box, &revision);
        pybox_box_destroy(box);
        if (i % 10 == 9)
            assert_works(pybox_store_collect(store, 0, NULL, NULL));
    }
    box = resume("deep", &revision);
    assert_int_equal(revision, 101);
    assert_eval(box, "n", "100");
    pybox_box_destroy(box);
}

/* Who holds a session that was removed must not overwrite a new one of its name. */
static void a_session_made_again_is_another(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t old = 0, other = 0, again = 0;
    assert_eval(box, "x = 1", "");
    park("name", box, &old);
    park("name", box, &old);
    assert_int_equal(old, 2);
    assert_works(pybox_store_remove(store, "name"));
    park("name", box, &again);
    assert_int_equal(again, 3); /* and not 1: the next park would have made it 2 */
    for (int i = 0; i < 3; i++) {
        uint64_t stale = old;
        assert_int_equal(pybox_store_park(store, "name", box, &stale), PYBOX_ERROR_BUSY);
        assert_int_equal(stale, old);
        park("name", box, &again);
    }
    /* Also if the store was opened anew, and other sessions of lower revisions were removed since. */
    park("low", box, &other);
    assert_int_equal(other, 3);
    assert_works(pybox_store_remove(store, "name"));
    assert_works(pybox_store_remove(store, "low"));
    pybox_store_close(store);
    assert_works(pybox_store_open(store_folder, &store));
    uint64_t last = again;
    again = 0;
    park("name", box, &again);
    assert_int_equal(again, last + 1);
    assert_int_equal(pybox_store_park(store, "name", box, &last), PYBOX_ERROR_BUSY);
    assert_int_equal(pybox_store_remove(store, "low"), PYBOX_ERROR_ARGUMENT);
    pybox_box_destroy(box);
}

/* A store that was opened by a relative path stays where it is. */
static void the_working_directory_may_change(void **state)
{
    (void)state;
    char *before = getcwd(NULL, 0), *name = strrchr(store_folder, '/') + 1;
    pybox_store *relative;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    pybox_image *resumed;
    assert_eval(box, "x = 1", "");
    assert_int_equal(chdir(store_folder), 0);
    assert_int_equal(chdir(".."), 0);
    assert_works(pybox_store_open(name, &relative));
    assert_int_equal(chdir("/"), 0);
    assert_works(pybox_store_park(relative, "s", box, &revision));
    assert_works(pybox_store_resume(relative, module, "s", &resumed, &revision));
    assert_int_equal(count_files("sessions", ".json"), 1);
    pybox_image_close(resumed);
    pybox_store_close(relative);
    pybox_box_destroy(box);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void write_removed(const char *text)
{
    FILE *file = fopen(store_file("sessions/.removed.json"), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void revisions_end_before_numbers_do(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    assert_eval(box, "x = 1", "");
    write_session("last", "{\"version\": 1, \"digest\": \"" DIGEST_64 "\", \"revision\": 9007199254740991}");
    revision = UINT64_C(9007199254740991);
    park("last", box, &revision);
    assert_int_equal(revision, UINT64_C(9007199254740992));
    assert_int_equal(pybox_store_park(store, "last", box, &revision), PYBOX_ERROR_LIMIT);
    pybox_box *resumed = resume("last", &revision); /* it is as it was */
    assert_int_equal(revision, UINT64_C(9007199254740992));
    assert_eval(resumed, "x", "1");
    pybox_box_destroy(resumed);
    assert_works(pybox_store_remove(store, "last"));
    revision = 0;
    assert_int_equal(pybox_store_park(store, "new", box, &revision), PYBOX_ERROR_LIMIT);

    /* A file of what was removed that is not well: nothing is new or removed, and the others go on. */
    write_removed("{\"version\": 1, \"revision\": 7}");
    park("well", box, &revision);
    assert_int_equal(revision, 8);
    static const char *const texts[] = {"", "{", "[1]", "{\"version\": 2, \"revision\": 3}", "{\"version\": 1, \"revision\": -3}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t none = 0;
        write_removed(texts[i]);
        assert_int_equal(pybox_store_park(store, "new", box, &none), PYBOX_ERROR_SNAPSHOT_FORMAT);
        assert_int_equal(pybox_store_remove(store, "well"), PYBOX_ERROR_SNAPSHOT_FORMAT);
        park("well", box, &revision);
    }
    pybox_box_destroy(box);
}

/* A store that cannot be written to can be read: its folders, and its lock that is there. */
static void a_store_is_read_without_the_right_to_write(void **state)
{
    (void)state;
    pybox_box *box = make_box(NULL);
    uint64_t revision = 0;
    assert_eval(box, "x = 1", "");
    park("s", box, &revision);
    pid_t child = fork();
    if (child == 0) {
        pybox_store *theirs;
        pybox_image *theirs_image;
        uint64_t files;
        if (chmod(store_folder, 0555) != 0 || chmod(store_file("sessions"), 0555) != 0 ||
            chmod(store_file("snapshots"), 0555) != 0 || chmod(store_file(".lock"), 0444) != 0 ||
            (geteuid() == 0 && setuid(65534) != 0))
            _exit(1);
        if (pybox_store_open(store_folder, &theirs) != PYBOX_OK ||
            pybox_store_resume(theirs, module, "s", &theirs_image, &revision) != PYBOX_OK ||
            pybox_store_survey(theirs, 0, &files, NULL) != PYBOX_OK)
            _exit(2);
        _exit(pybox_store_park(theirs, "s", box, &revision) == PYBOX_ERROR_IO ? 0 : 3);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
    assert_int_equal(chmod(store_folder, 0755) | chmod(store_file("sessions"), 0755) | chmod(store_file("snapshots"), 0755), 0);
    park("s", box, &revision);
    pybox_box_destroy(box);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_session_goes_on_where_it_was),
        STORE_TEST(each_state_is_a_small_file_beside_the_images),
        STORE_TEST(a_state_that_is_there_is_not_written_again),
        STORE_TEST(a_stale_revision_changes_nothing),
        STORE_TEST(names_are_checked),
        STORE_TEST(sessions_are_listed_by_name),
        STORE_TEST(what_no_session_needs_is_collected),
        STORE_TEST(one_of_many_processes_continues_a_revision),
        STORE_TEST(a_holder_of_a_lock_that_dies_frees_it),
        STORE_TEST(files_that_no_store_wrote_are_refused),
        STORE_TEST(links_pipes_and_huge_files_are_refused),
        STORE_TEST(a_snapshot_of_another_state_is_noticed),
        STORE_TEST(sessions_do_not_get_deeper),
        STORE_TEST(a_session_made_again_is_another),
        STORE_TEST(revisions_end_before_numbers_do),
        STORE_TEST(the_working_directory_may_change),
        STORE_TEST(a_store_is_read_without_the_right_to_write),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
