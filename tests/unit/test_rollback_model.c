/* Any sequence of calls against whole copies of the memory, for each method. */
#include "rollback_ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MODEL_DEPTH 6

/* The memory and its checkpoints as whole copies. */
struct model {
    uint8_t *copies[MODEL_DEPTH];
    uint64_t pages[MODEL_DEPTH];
    uint32_t depth;
};

static void model_keep(struct model *model, const struct fixture *fixture)
{
    model->copies[model->depth] = fixture_copy(fixture);
    model->pages[model->depth++] = fixture->memory.pages;
}

static void model_assert(const struct model *model, const struct fixture *fixture)
{
    assert_int_equal(rollback_depth(fixture->rollback), model->depth);
    if (model->depth == 0)
        fixture_assert_fresh(fixture);
    else
        fixture_assert_equal(fixture, model->copies[model->depth - 1],
                             model->pages[model->depth - 1]);
}

static void write_at_random(struct fixture *fixture, unsigned *seed)
{
    uint64_t pages = fixture->memory.pages * 16;
    int bulk = rand_r(seed) % 8 == 0;
    uint64_t first = (uint64_t)rand_r(seed) % pages;
    uint64_t count = bulk ? 400 : 1 + (uint64_t)rand_r(seed) % 4;
    int sparse = rand_r(seed) % 2 == 0;
    for (uint64_t page = first; page < first + count && page < pages; page++)
        if (sparse)
            write_byte(fixture, page, (uint8_t)(rand_r(seed) % 3));
        else
            fixture_write(fixture, page, (uint8_t)(rand_r(seed) % 3));
}

static void step_at_random(struct fixture *fixture, struct model *model, unsigned *seed)
{
    switch (rand_r(seed) % 12) {
    case 0:
        rollback_enter(fixture->rollback);
        if (fixture->memory.pages < 90)
            memory_grow(&fixture->memory, 1 + (uint64_t)rand_r(seed) % 3);
        break;
    case 1:
    case 2:
        if (model->depth == MODEL_DEPTH)
            break;
        checkpoint(fixture);
        model_keep(model, fixture);
        break;
    case 3:
        if (model->depth == 0)
            break;
        assert_int_equal(rollback_drop(fixture->rollback), PYBOX_OK);
        free(model->copies[--model->depth]);
        break;
    case 4:
        if (model->depth == 0)
            break;
        assert_int_equal(rollback_renew(fixture->rollback), PYBOX_OK);
        free(model->copies[--model->depth]);
        model_keep(model, fixture);
        break;
    case 5:
        assert_int_equal(rollback_trim(fixture->rollback), PYBOX_OK);
        break;
    case 6:
    case 7:
    case 8:
        restore(fixture);
        model_assert(model, fixture);
        break;
    default:
        write_at_random(fixture, seed);
    }
}

static void test_any_sequence_of_calls(void **state)
{
    (void)state;
    unsigned start;
    assert_int_equal(getrandom(&start, sizeof start, 0), sizeof start);
    print_message("the seed is %u\n", start);
    for (unsigned round = 0; round < 3; round++) {
        unsigned seed = start + round;
        struct rollback_options options = way->options;
        options.resident_bytes = round == 0 ? 100 * FIXTURE_PAGE : 0;
        struct fixture fixture;
        fixture_make(&fixture, &options);
        struct model model = {0};
        for (int step = 0; step < 250; step++)
            step_at_random(&fixture, &model, &seed);
        while (model.depth > 0) {
            restore(&fixture);
            model_assert(&model, &fixture);
            assert_int_equal(rollback_drop(fixture.rollback), PYBOX_OK);
            free(model.copies[--model.depth]);
        }
        assert_int_equal(rollback_reset(fixture.rollback), PYBOX_OK);
        fixture_assert_fresh(&fixture);
        fixture_free(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_any_sequence_of_calls),
    };
    int failed = 0;
    RUN_WITH_EACH_WAY(tests, failed)
    return failed;
}
