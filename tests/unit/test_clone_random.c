/* The restore contract: no two boxes, clones or rollbacks share random numbers that the guest did not seed; what it seeded
 * goes on; with a fixed seed all is the same again. */
#include "python_fixture.h"

#define MANY 1000

/* Numbers of all generators that nobody seeded. */
static const char numbers[] = "import random, secrets, uuid, tempfile, os\n"
                              "(random.random(), random.getrandbits(64), secrets.token_hex(16), str(uuid.uuid4()),"
                              " os.path.basename(tempfile.mktemp()), os.urandom(8).hex(), random.SystemRandom().random())";

struct seen {
    char *texts[MANY * 2];
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

/* No text is there twice, as a whole or in one of its seven numbers. */
static void assert_different(struct seen *seen)
{
    for (int part = -1; part < 7; part++) {
        char *parts[MANY * 2];
        for (size_t i = 0; i < seen->count; i++) {
            char *at = seen->texts[i] + 1;
            for (int skipped = 0; skipped < part; skipped++)
                at = strstr(at, ", ") + 2;
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
    see(&seen, eval(box, numbers));
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
    see(&seen, eval(box, numbers));
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

/* Generators that were there before, with what they had drawn and not handed out. */
static void test_instances_that_nobody_seeded(void **state)
{
    (void)state;
    struct seen seen = {.count = 0};
    static const char next[] = "(r.random(), g.gauss(0, 1), s.getrandbits(40), next(names), os.urandom(8).hex(),"
                               " r.sample(range(10**9), 1)[0], n.random())";
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "import random, tempfile, os\n"
              "r, g, s, n = random.Random(), random.Random(), random.SystemRandom(), random.Random(None)\n"
              "names = tempfile._get_candidate_names()\n"
              "(r.random(), g.gauss(0, 1), n.random(), next(names))");
    checkpoint(box);
    for (int i = 0; i < 100; i++) {
        pybox_box *clone = clone_box(box);
        see(&seen, eval(clone, next));
        pybox_box_destroy(clone);
        see(&seen, eval(box, next));
        rollback(box);
    }
    pybox_box_destroy(box);
    assert_different(&seen);
}

static void test_what_the_guest_seeded_goes_on(void **state)
{
    (void)state;
    char expected[512];
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    static const char next[] = "(r.random(), r.gauss(0, 1), [r.randrange(1000) for i in range(5)])";
    eval(box, "import random; r = random.Random(42); r.random()");
    checkpoint(box);
    pybox_box *clone = clone_box(box);
    snprintf(expected, sizeof expected, "%s", eval(box, next));
    rollback(box);
    assert_eval(box, next, expected);
    assert_eval(clone, next, expected);
    pybox_box_destroy(clone);
    pybox_box_destroy(box);
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

/* It is no part of the run: neither its host calls nor its fuel, of which it needs far more than such a run. (A run may need a
 * little more or less afterwards: other numbers are of other lengths.) */
static void test_new_numbers_are_not_charged(void **state)
{
    (void)state;
    pybox_box *box = make_policy(PYBOX_ROLLBACK_NEVER);
    eval(box, "x = 1 + 1");
    checkpoint(box);
    const pybox_result *result = run_limited(box, "x = 1 + 1", NULL);
    uint64_t fuel = result->fuel_used, host_calls = result->host_calls;
    for (int i = 0; i < 3; i++) {
        rollback(box);
        result = run_limited(box, "x = 1 + 1", NULL);
        assert_in_range(result->fuel_used, fuel - 1000, fuel + 1000);
        assert_int_equal(result->host_calls, host_calls);
    }
    pybox_box_destroy(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thousand_boxes),
        cmocka_unit_test(test_a_thousand_clones),
        cmocka_unit_test(test_a_thousand_rollbacks),
        cmocka_unit_test(test_a_thousand_fresh_states),
        cmocka_unit_test(test_instances_that_nobody_seeded),
        cmocka_unit_test(test_what_the_guest_seeded_goes_on),
        cmocka_unit_test(test_a_fixed_seed_repeats_bit_for_bit),
        cmocka_unit_test(test_new_numbers_are_not_charged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
