/* The restore contract: new random numbers are not charged, so that a run uses the same fuel however its box came to
 * be; and with a fixed seed and clock everything repeats bit for bit. */
#include "python_fixture.h"

#include <unistd.h>

#include "guest_abi.h"

static uint64_t fuel_of(pybox_box *box, const char *code)
{
    const pybox_result *result = run_limited(box, code, NULL);
    if (result->outcome != PYBOX_DONE)
        fail_msg("%s: %s", code, result->error.traceback.bytes);
    return result->fuel_used;
}

static const uint64_t seed = 7, clock_ns = UINT64_C(1700000000) * 1000000000;

/* ---- fuel ---- */

/* Uses that take the same steps whatever the numbers are. */
static const char *const uses[] = {
    "x = random.random()",
    "x = [random.random() for i in range(1000)]", /* past the end of a state */
    "x = random.uniform(1, 2)",
    "x = r.random()",
    "x = [y.random() for y in many]",
    "x = n.random()", /* seeded */
    "x = os.urandom(16)",
    "x = secrets.token_hex(16)",
    "x = [next(names) for i in range(5)]",
    "x = db.execute('select length(randomblob(40))').fetchone()",
    "x = db.execute('select length(randomblob(500))').fetchone()",
};
static const char set_up_uses[] = "import os, random, secrets, sqlite3, tempfile\n"
                                  "r, n, many = random.Random(), random.Random(1), [random.Random() for i in range(900)]\n"
                                  "names = tempfile._get_candidate_names()\n"
                                  "db = sqlite3.connect(':memory:')\n";

/* After a checkpoint the first run has nothing new to be given, those after rollbacks and in clones have. */
static void test_a_restore_does_not_change_the_fuel(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, set_up_uses);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        for (int k = 0; k < 3; k++)
            eval(box, uses[i]); /* caches of the interpreter are warm */
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        checkpoint(box);
        const uint64_t fuel = fuel_of(box, uses[i]);
        uint64_t host_calls = run_limited(box, uses[i], NULL)->host_calls;
        for (int k = 0; k < 3; k++) {
            rollback(box);
            pybox_box *clone = clone_box(box);
            if (fuel_of(box, uses[i]) != fuel || fuel_of(clone, uses[i]) != fuel)
                fail_msg("%s: not %llu", uses[i], (unsigned long long)fuel);
            assert_int_equal(run_limited(clone, uses[i], NULL)->host_calls, host_calls);
            pybox_box_destroy(clone);
        }
        rollback(box);
        drop(box);
    }
    pybox_box_destroy(box);
}

/* However a box was made, its first use of random numbers is the same. */
static void first_use(const char *code)
{
    const pybox_box_options kinds[] = {
        {.rollback = PYBOX_ROLLBACK_NEVER},     {.rollback = PYBOX_ROLLBACK_STOPPED},
        {.rollback = PYBOX_ROLLBACK_RUN},       {.rollback = PYBOX_ROLLBACK_ALWAYS},
        {.seed = &seed},                        {.seed = &seed, .clock_ns = &clock_ns},
        {.seed = &seed, .rollback = PYBOX_ROLLBACK_ALWAYS},
    };
    uint64_t fuel = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        pybox_box *box = make_box(&kinds[i]);
        checkpoint(box);
        pybox_box *clone = clone_box(box);
        fuel = i == 0 ? fuel_of(clone, code) : fuel;
        if (i > 0)
            assert_int_equal(fuel_of(clone, code), fuel);
        pybox_box_destroy(clone);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(fuel_of(box, code), fuel);
            rollback(box);
        }
        drop(box);
        assert_int_equal(fuel_of(box, code), fuel);
        pybox_box_destroy(box);
    }
}

static void test_a_first_use_is_the_same_everywhere(void **state)
{
    (void)state;
    first_use("x = 1 + 1");
    first_use("import random; x = random.random()");
    first_use("import random; x = random.Random(); y = x.random()");
    first_use("import secrets; x = secrets.token_hex(16)");
    first_use("import random; random.seed(3); x = random.random()");
}

/* A program with more generators than are free pays for the rest as for calls of the host. */
static void test_many_generators_are_charged(void **state)
{
    (void)state;
    char code[128];
    snprintf(code, sizeof code, "import random; many = [random.Random() for i in range(%u)]", GUEST_RENEWALS + 1);
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, code);
    for (int k = 0; k < 3; k++)
        eval(box, "for x in many: x.random()");
    checkpoint(box);
    const uint64_t fuel = fuel_of(box, "for x in many: x.random()");
    rollback(box);
    const uint64_t after = fuel_of(box, "for x in many: x.random()");
    assert_int_equal(after - fuel, 504 + 624 * 4 / 16);
    pybox_box_destroy(box);
}

/* ---- bit for bit ---- */

struct transcript {
    char text[16384];
    size_t length;
};

static void note(struct transcript *transcript, pybox_box *box, const char *code)
{
    const pybox_result *result = run_limited(box, code, NULL);
    assert_int_equal(result->outcome, PYBOX_DONE);
    transcript->length +=
        (size_t)snprintf(transcript->text + transcript->length, sizeof transcript->text - transcript->length,
                         "%s|%s|%llu fuel, %llu calls\n", result->value_repr.bytes, result->output.bytes,
                         (unsigned long long)result->fuel_used, (unsigned long long)result->host_calls);
    assert_in_range(transcript->length, 1, sizeof transcript->text - 1);
}

static void note_digest(struct transcript *transcript, pybox_box *box)
{
    pybox_image *made;
    assert_works(pybox_image_create(box, &made));
    transcript->length +=
        (size_t)snprintf(transcript->text + transcript->length, sizeof transcript->text - transcript->length,
                         "%s\n", pybox_image_digest(made));
    assert_in_range(transcript->length, 1, sizeof transcript->text - 1);
    pybox_image_close(made);
}

/* Draws from everything, prints, writes a file, makes sets and objects. */
static const char draw[] =
    "import os, random, secrets, tempfile, time, uuid\n"
    "print(random.random(), random.gauss(), r.getrandbits(100), random.sample(range(100), 5))\n"
    "print(secrets.token_hex(), uuid.uuid1(), uuid.uuid4(), uuid.getnode(), os.urandom(8), time.time_ns())\n"
    "print(db.execute('select random(), hex(randomblob(9))').fetchall(), random.SystemRandom().random())\n"
    "f = tempfile.NamedTemporaryFile(delete=False); f.write(os.urandom(100)); f.close()\n"
    "words = {secrets.token_hex(3) for i in range(50)}; print(words)\n"
    "f.name, os.stat(f.name).st_mtime_ns, id(words), random.random()";
static const char prepare[] = "import random, sqlite3; r = random.Random(); db = sqlite3.connect(':memory:'); r.random()";

/* From a box as it is: a run, its state, a run more. */
static void note_from(struct transcript *transcript, pybox_box *box)
{
    transcript->length = 0;
    note(transcript, box, draw);
    note_digest(transcript, box);
    note(transcript, box, draw);
    note_digest(transcript, box);
}

static void assert_same(const struct transcript *a, const struct transcript *b)
{
    assert_string_equal(a->text, b->text);
}

/* `first` is what a box of the image does; rollbacks and clones of such boxes must do the same. */
static void repeat_from_image(pybox_image *from, const uint64_t *with_seed, struct transcript *first, int *known)
{
    const pybox_box_options options = {.seed = with_seed, .clock_ns = &clock_ns};
    struct transcript found;
    for (int i = 0; i < 2; i++) {
        pybox_box *box;
        assert_works(pybox_box_create(module, from, &options, &box));
        pybox_box *clone = clone_box(box);
        for (int k = 0; k < 2; k++) {
            note_from(&found, box);
            if (!(*known)++)
                *first = found;
            assert_same(&found, first);
            rollback(box);
        }
        note_from(&found, clone);
        assert_same(&found, first);
        pybox_box_destroy(clone);
        pybox_box_destroy(box);
    }
}

static void test_a_fixed_seed_and_clock_repeat_bit_for_bit(void **state)
{
    (void)state;
    static struct transcript first[4], found;
    const uint64_t other_seed = 8;
    char path[] = "/tmp/pybox-random-XXXXXX";
    int known[2] = {0}, file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    for (int i = 0; i < 2; i++) { /* from the beginning, twice */
        pybox_box *box = make_box(&(pybox_box_options){.seed = &seed, .clock_ns = &clock_ns});
        note(&first[i], box, prepare);
        note(&first[i], box, draw);
        note_digest(&first[i], box);
        assert_same(&first[0], &first[i]);
        checkpoint(box);
        for (int k = 0; k < 2; k++) { /* from a checkpoint */
            pybox_box *clone = clone_box(box);
            note_from(&found, box);
            if (i == 0 && k == 0)
                first[2] = found;
            assert_same(&found, &first[2]);
            note_from(&found, clone);
            assert_same(&found, &first[2]);
            pybox_box_destroy(clone);
            rollback(box);
        }
        assert_works(pybox_box_save(box, path, NULL));
        pybox_box_destroy(box);
        pybox_image *saved;
        assert_works(pybox_image_open(module, path, &saved));
        repeat_from_image(saved, &seed, &first[3], &known[0]);
        if (i == 0)
            repeat_from_image(saved, &other_seed, &found, &known[1]);
        if (i == 0)
            assert_string_not_equal(found.text, first[3].text);
        pybox_image_close(saved);
    }
    assert_string_not_equal(first[2].text, first[3].text); /* a box of a snapshot begins its numbers anew */
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_restore_does_not_change_the_fuel),
        cmocka_unit_test(test_a_first_use_is_the_same_everywhere),
        cmocka_unit_test(test_many_generators_are_charged),
        cmocka_unit_test(test_a_fixed_seed_and_clock_repeat_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
