/* The restore contract (what it costs is in test_random_fuel.c): no two boxes, clones or rollbacks share random
 * numbers that the guest did not seed; what it seeded goes on; with a fixed seed all is the same again. */
#include "python_fixture.h"

#define MANY 1000
#define PARTS 9 /* of each tuple that is looked at */

/* Numbers of all generators that nobody seeded. */
static const char numbers[] = "import random, secrets, uuid, tempfile, os\n"
                              "(random.random(), random.getrandbits(64), secrets.token_hex(16), str(uuid.uuid4()),"
                              " os.path.basename(tempfile.mktemp()), os.urandom(8).hex(), random.SystemRandom().random(),"
                              " uuid.getnode(), str(uuid.uuid1()))";

struct seen {
    char *texts[MANY * 2 + 2];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void see(struct seen *seen, const char *text)
{
    seen->texts[seen->count] = strdup(text);
    assert_non_null(seen->texts[seen->count++]);
}

/* No text is there twice, as a whole or in one of its parts. */
static void assert_different(struct seen *seen)
{
    for (int part = -1; part < PARTS; part++) {
        char *parts[MANY * 2 + 2];
        for (size_t i = 0; i < seen->count; i++) {
            char *at = seen->texts[i] + 1;
            for (int skipped = 0; skipped < part; skipped++) {
                at = strstr(at, ", ");
                assert_non_null(at);
                at += 2;
            }
            parts[i] = part < 0 ? strdup(seen->texts[i]) : strndup(at, strcspn(at, ",)"));
        }
        qsort(parts, seen->count, sizeof *parts, compare);
        for (size_t i = 1; i < seen->count; i++)
            if (strcmp(parts[i - 1], parts[i]) == 0)
                fail_msg("twice: %s", parts[i]);
        for (size_t i = 0; i < seen->count; i++)
            free(parts[i]);
    }
    for (size_t i = 0; i < seen->count; i++)
        free(seen->texts[i]);
}

static void test_a_thousand_boxes(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    for (int i = 0; i < MANY; i++) {
        pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
        see(&seen, eval(box, numbers));
        pybox_box_destroy(box);
    }
    assert_different(&seen);
}

static void test_a_thousand_clones(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, numbers); /* not looked at: uuid.getnode() is to be the same again in this box, which is not restored */
    for (int i = 0; i < MANY; i++) {
        pybox_box *clone = clone_box(box);
        see(&seen, eval(clone, numbers));
        pybox_box_destroy(clone);
    }
    see(&seen, eval(box, numbers));
    pybox_box_destroy(box);
    assert_different(&seen);
}

static void test_a_thousand_rollbacks(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, numbers);
    checkpoint(box);
    for (int i = 0; i < MANY; i++) {
        see(&seen, eval(box, numbers));
        rollback(box);
    }
    pybox_box_destroy(box);
    assert_different(&seen);
}

static void test_a_thousand_fresh_states(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    pybox_box *box = make_policy(PYBOX_ROLLBACK_ALWAYS);
    for (int i = 0; i < MANY; i++)
        see(&seen, eval(box, numbers));
    pybox_box_destroy(box);
    assert_different(&seen);
}

/* Of a hundred clones and a hundred rollbacks of a box as it is now. */
static void see_copies(pybox_box *box, struct seen *seen, const char *code)
{
    checkpoint(box);
    for (int i = 0; i < 100; i++) {
        pybox_box *clone = clone_box(box);
        see(seen, eval(clone, code));
        pybox_box_destroy(clone);
        see(seen, eval(box, code));
        rollback(box);
    }
    drop(box);
}

/* Generators that were there before, with what they had drawn and not handed out. */
static void test_instances_that_nobody_seeded(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    static const char next[] = "(r.random(), g.gauss(0, 1), s.getrandbits(40), next(names), os.urandom(8).hex(),"
                               " r.randrange(10**15), n.random(), a.random(), uuid.getnode())";
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import random, tempfile, os, uuid\n"
              "r, g, s, n = random.Random(), random.Random(), random.SystemRandom(), random.Random(None)\n"
              "a = random.Random(5); a.seed()\n"
              "names = tempfile._get_candidate_names()\n"
              "(r.random(), g.gauss(0, 1), n.random(), a.random(), next(names), uuid.getnode())");
    see_copies(box, &seen, next);
    pybox_box_destroy(box);
    assert_different(&seen);
}

/* What the standard library draws by means of them, and SQLite by itself, when all of it has been in use before. */
static void test_the_library_in_use(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    static const char next[] =
        "(uuid.getnode(), str(uuid.uuid1())[24:], email.utils.make_msgid(domain='x'), email.generator.Generator._make_boundary(),"
        " cnonce(), db.execute('select random()').fetchone()[0], db.execute('select hex(randomblob(60))').fetchone()[0],"
        " statistics.NormalDist().samples(1)[0], a.gauss())";
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import email.generator, email.utils, random, sqlite3, statistics, urllib.request, uuid\n"
              "db = sqlite3.connect(':memory:')\n"
              "a = random.Random(); a.gauss()\n"
              "cnonce = lambda: urllib.request.AbstractDigestAuthHandler().get_cnonce('n')");
    eval(box, next);
    see_copies(box, &seen, next);
    pybox_box_destroy(box);
    assert_different(&seen);
}

/* The state is not shared either, and a generator that holds a number back shows no old one. */
static void test_states_that_are_asked_for(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    static const char next[] = "import hashlib; (r.random(),"
                               " *[hashlib.md5(repr(x).encode()).hexdigest() for x in (r.getstate(), g.getstate(),"
                               " g.__reduce__(), r.randbytes(2500), copy.copy(g).random(), pickle.dumps(g), copy.deepcopy(r).getstate(),"
                               " g.gauss(0, 1))])";
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import copy, pickle, random; r, g = random.Random(), random.Random(); r.random(); g.gauss()");
    see_copies(box, &seen, next);
    assert_eval(box, "g = random.Random(); g.gauss(); held = g.gauss_next is not None; held", "True");
    checkpoint(box);
    rollback(box);
    assert_eval(box, "g.getstate()[2], g.gauss_next", "(None, None)");
    drop(box);
    pybox_box_destroy(box);
    assert_different(&seen);
}

/* The numbers that come next are the same after a rollback and in a clone. Destroys the box. */
static void assert_goes_on_alike(pybox_box *box, const char *next)
{
    char expected[512];
    checkpoint(box);
    pybox_box *clone = clone_box(box);
    snprintf(expected, sizeof expected, "%s", eval(box, next));
    rollback(box);
    assert_eval(box, next, expected);
    assert_eval(clone, next, expected);
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
}

/* Copies and states that a program has taken are its own seeds. */
static void test_what_counts_as_seeded(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    static const char next[] = "[x.random() for x in rs], random.random()";
    eval(box, "import copy, pickle, random\n"
              "r = random.Random()\n"
              "rs = [copy.copy(r), copy.deepcopy(r), pickle.loads(pickle.dumps(r)), random.Random(), random.Random()]\n"
              "rs[3].setstate(r.getstate()); rs[4].seed('text'); random.seed(5)");
    assert_goes_on_alike(box, next);
}

/* What no restore can change, as docs/RANDOM.md says: hashes, where objects are, and what has been drawn and kept. */
static void test_what_is_the_same_in_all_copies(void **state)
{
    (void)state;
    char expected[512];
    static const char same[] = "hash('text'), hash(b'bytes'), [*{'a', 'b', 'c', 'd'}], id(thing), hash(thing),"
                               " multiprocessing.current_process().authkey.hex(), f.read(4)";
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import multiprocessing\nclass Thing: pass\nthing = Thing(); f = open('/dev/urandom', 'rb'); f.read(4)");
    checkpoint(box);
    snprintf(expected, sizeof expected, "%s", eval(box, same));
    rollback(box);
    pybox_box *clone = clone_box(box);
    assert_eval(box, same, expected);
    assert_eval(clone, same, expected);
    pybox_box_destroy(clone);
    pybox_box *other = make_policy(PYBOX_ROLLBACK_NEVER);
    snprintf(expected, sizeof expected, "%s", eval(other, "hash('text'), hash(b'bytes')"));
    assert_eval(box, "hash('text'), hash(b'bytes')", expected);
    pybox_box_destroy(other);
    pybox_box_destroy(box);
}

static void test_what_the_guest_seeded_goes_on(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    static const char next[] = "(r.random(), r.gauss(0, 1), [r.randrange(1000) for i in range(5)])";
    eval(box, "import random; r = random.Random(42); r.random()");
    assert_goes_on_alike(box, next);
}

/* With a fixed seed and clock a rollback brings everything back, and two boxes are the same. */
static void test_a_fixed_seed_repeats_bit_for_bit(void **state)
{
    (void)state;
    static const char both[] = "import random, secrets, time, uuid; (random.random(), secrets.token_hex(8), time.time_ns(),"
                               " uuid.uuid4().hex, random.random())";
    const uint64_t seed = 7, clock_ns = UINT64_C(1000000000) * 1000000000;
    char first[512] = "", second[512] = "";
    for (int policy = PYBOX_ROLLBACK_NEVER; policy <= PYBOX_ROLLBACK_ALWAYS; policy++) {
        pybox_box *box = make_box(&(pybox_box_options){.seed = &seed, .clock_ns = &clock_ns, .rollback = (pybox_rollback)policy});
        for (int i = 0; i < 3; i++) { /* from its beginning */
            if (first[0] == '\0')
                snprintf(first, sizeof first, "%s", eval(box, both));
            else
                assert_eval(box, both, first);
            rollback(box);
        }
        if (policy == PYBOX_ROLLBACK_ALWAYS) {
            pybox_box_destroy(box);
            break;
        }
        eval(box, both);
        checkpoint(box);
        for (int i = 0; i < 3; i++) { /* from a checkpoint */
            if (second[0] == '\0')
                snprintf(second, sizeof second, "%s", eval(box, both));
            else
                assert_eval(box, both, second);
            rollback(box);
        }
        pybox_box *clone = clone_box(box);
        assert_eval(clone, both, second);
        pybox_box_destroy(clone);
        pybox_box_destroy(box);
    }
    assert_string_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_boxes),
        cmocka_unit_test(test_a_thousand_clones),
        cmocka_unit_test(test_a_thousand_rollbacks),
        cmocka_unit_test(test_a_thousand_fresh_states),
        cmocka_unit_test(test_instances_that_nobody_seeded),
        cmocka_unit_test(test_the_library_in_use),
        cmocka_unit_test(test_states_that_are_asked_for),
        cmocka_unit_test(test_what_the_guest_seeded_goes_on),
        cmocka_unit_test(test_what_counts_as_seeded),
        cmocka_unit_test(test_what_is_the_same_in_all_copies),
        cmocka_unit_test(test_a_fixed_seed_repeats_bit_for_bit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
