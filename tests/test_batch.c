/* Sequences put together into blocks: which one it is decides what it holds. */
#include <stdlib.h>
#include <string.h>

#include "experiments/batch.h"

#include "tests/check.h"
#include "tests/fixture.h"

struct fixture {
    struct eg_arena *arena;
    void *options;
    struct eg_source source;
};

static void open_task(struct fixture *f, const struct eg_task_type *task, const char *settings)
{
    struct eg_message m;
    f->arena = new_arena();
    f->options = new_options(task->options, task->options_size, settings);
    void *state = eg_arena_zeros(f->arena, 1, task->state_size);
    f->source = (struct eg_source){.task = task, .state = state};
    assert_int_equal(task->init(state, f->options, f->arena, &f->source.shape, &m), EG_OK);
}

static void open_source(struct fixture *f, const char *settings)
{
    open_task(f, &eg_task_copy, settings);
}

static void close_source(struct fixture *f)
{
    free(f->options);
    eg_arena_free(&f->arena);
}

static void draw(const struct fixture *f, struct eg_draw *draws, size_t n, uint64_t step)
{
    for (size_t i = 0; i < n; i++)
        draws[i] = (struct eg_draw){.seed = 1, .purpose = EG_FOR_TRAINING, .step = step, .item = i};
    eg_draw_lengths(&f->source, draws, n);
}

static void lengths_are_drawn_where_none_is_given(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[200];
    open_source(&f, "length_max=9");
    draw(&f, draws, 200, 0);
    size_t seen[10] = {0};
    for (size_t i = 0; i < 200; i++) {
        assert_true(draws[i].extent.length >= 1 && draws[i].extent.length <= 9);
        assert_int_equal(draws[i].steps, 2 * draws[i].extent.length + 1);
        seen[draws[i].extent.length]++;
    }
    for (size_t i = 1; i <= 9; i++)
        assert_true(seen[i] > 5);
    struct eg_draw given = {.seed = 1, .purpose = EG_FOR_EVALUATION, .extent.length = 120};
    eg_draw_lengths(&f.source, &given, 1);
    assert_true(given.extent.length == 120 && given.steps == 241);
    close_source(&f);
}

static void sorting_puts_the_longest_first_and_equal_ones_by_item(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[100];
    open_source(&f, "length_max=9");
    draw(&f, draws, 100, 3);
    eg_draw_sort(draws, 100);
    int seen[100] = {0};
    for (size_t i = 0; i < 100; i++) {
        seen[draws[i].item]++;
        if (i > 0)
            assert_true(
                draws[i].steps < draws[i - 1].steps
                || (draws[i].steps == draws[i - 1].steps && draws[i].item > draws[i - 1].item));
    }
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    close_source(&f);
}

static int same_sequence(const struct eg_source *source, const struct eg_block *block, size_t b,
                         const struct eg_sequence *s)
{
    const size_t inputs = source->shape.inputs, outputs = source->shape.outputs;
    for (size_t t = 0; t < s->steps; t++) {
        const size_t row = block->from[t] + b;
        if (b >= block->rows[t]
            || memcmp(block->input + row * inputs, s->input + t * inputs, inputs * sizeof(real))
            || memcmp(block->target + row * outputs, s->target + t * outputs,
                      outputs * sizeof(real))
            || block->mask[row] != s->mask[t])
            return 0;
    }
    return s->steps == block->steps || block->rows[s->steps] <= b; /* and it ends there */
}

/* Every sequence of every block is what eg_sequence_make() gives for it alone, and is in one. */
static void check_blocks(const struct eg_task_type *task, const char *settings)
{
    static const size_t batches[] = {1, 2, 7, 8, 9, 16, 17, 50};
    struct fixture f;
    open_task(&f, task, settings);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const size_t n = batches[i], blocks = eg_block_count(n);
        struct eg_draw draws[50];
        int seen[50] = {0};
        draw(&f, draws, n, 4);
        eg_draw_sort(draws, n);
        size_t longest = 0, shortest = SIZE_MAX;
        for (size_t k = 0; k < blocks; k++) {
            struct eg_block block;
            size_t members[EG_BLOCK];
            assert_int_equal(
                eg_block_make(&block, members, f.arena, &f.source, draws, n, k, blocks), EG_OK);
            assert_true(block.count >= 1 && block.count <= EG_BLOCK);
            assert_true(block.rows[0] == block.count && block.from[0] == 0);
            size_t total = 0;
            for (size_t t = 0; t < block.steps; t++) {
                assert_true(t == 0 || block.rows[t] <= block.rows[t - 1]);
                assert_int_equal(block.from[t], total);
                int asked = 0;
                for (size_t r = 0; r < block.rows[t]; r++)
                    asked |= block.mask[total + r] != 0;
                assert_int_equal(block.asked[t], asked);
                total += block.rows[t];
            }
            assert_int_equal(block.total, total);
            longest = total > longest ? total : longest;
            shortest = total < shortest ? total : shortest;
            for (size_t b = 0; b < block.count; b++) {
                struct eg_sequence s;
                assert_int_equal(eg_sequence_make(&s, f.arena, &f.source, &draws[members[b]]),
                                 EG_OK);
                assert_true(same_sequence(&f.source, &block, b, &s));
                seen[members[b]]++;
            }
        }
        for (size_t k = 0; k < n; k++)
            assert_int_equal(seen[k], 1);
        if (n % EG_BLOCK == 0) /* dealt out like cards: about the same work each */
            assert_true(longest - shortest <= 2 * f.source.shape.steps_max);
    }
    close_source(&f);
}

static void blocks_hold_the_sequences_whatever_the_batch(void **state)
{
    (void) state;
    check_blocks(&eg_task_copy, "bits=5 length_max=6");
    for (size_t i = 0; eg_task_types[i]; i++)
        if (!eg_task_types[i]->draw_length)
            check_blocks(eg_task_types[i], "");
}

/* A curriculum draws what the sequences seen before say, and the contents come after it. */
static void a_sequence_depends_on_what_was_seen_before(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_sequence s, again;
    open_source(&f, "");
    f.source.curriculum = (struct eg_curriculum){.type = EG_CURRICULUM_GROWING, .sequences = 1000};
    for (uint64_t seen = 0; seen <= 1000; seen += 100) {
        struct eg_draw draw = {.seed = 1, .purpose = EG_FOR_TRAINING, .step = 3, .seen = seen};
        eg_draw_lengths(&f.source, &draw, 1);
        assert_true(draw.extent.length >= 1 && draw.extent.length <= 1 + 19 * seen / 1000);
        assert_int_equal(eg_sequence_make(&s, f.arena, &f.source, &draw), EG_OK);
        assert_int_equal(eg_sequence_make(&again, f.arena, &f.source, &draw), EG_OK);
        assert_memory_equal(s.input, again.input, s.steps * 9 * sizeof(real));
        assert_int_equal(s.steps, 2 * draw.extent.length + 1);
    }
    close_source(&f);
}

/* Item 3 of step 7 is the same in a batch of 4 and of 40, and another than item 3 of step 8. */
static void a_larger_batch_begins_with_the_smaller_one(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw few[4], many[40], later[4];
    open_source(&f, "");
    draw(&f, few, 4, 7);
    draw(&f, many, 40, 7);
    draw(&f, later, 4, 8);
    int differs = 0;
    for (size_t i = 0; i < 4; i++) {
        struct eg_sequence a, b, c;
        assert_int_equal(few[i].extent.length, many[i].extent.length);
        assert_int_equal(eg_sequence_make(&a, f.arena, &f.source, &few[i]), EG_OK);
        assert_int_equal(eg_sequence_make(&b, f.arena, &f.source, &many[i]), EG_OK);
        assert_int_equal(eg_sequence_make(&c, f.arena, &f.source, &later[i]), EG_OK);
        assert_memory_equal(a.input, b.input, a.steps * f.source.shape.inputs * sizeof(real));
        differs |= c.steps != a.steps
                   || memcmp(a.input, c.input, a.steps * f.source.shape.inputs * sizeof(real));
    }
    assert_true(differs);
    close_source(&f);
}

static void a_block_survives_every_allocation_failing_once(void **state)
{
    (void) state;
    struct fixture f;
    struct eg_draw draws[8];
    open_source(&f, "length_max=4");
    draw(&f, draws, 8, 0);
    eg_draw_sort(draws, 8);
    int ret = EG_ERR_NOMEM;
    for (size_t n = 0; ret != EG_OK; n++) {
        struct eg_arena *arena = new_arena();
        struct eg_block block;
        size_t members[EG_BLOCK];
        assert_true(n < 1000);
        eg_arena_fail_after(arena, n);
        ret = eg_block_make(&block, members, arena, &f.source, draws, 8, 0, 1);
        assert_true(ret == EG_OK || ret == EG_ERR_NOMEM);
        eg_arena_free(&arena);
    }
    close_source(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_drawn_where_none_is_given),
        cmocka_unit_test(sorting_puts_the_longest_first_and_equal_ones_by_item),
        cmocka_unit_test(blocks_hold_the_sequences_whatever_the_batch),
        cmocka_unit_test(a_sequence_depends_on_what_was_seen_before),
        cmocka_unit_test(a_larger_batch_begins_with_the_smaller_one),
        cmocka_unit_test(a_block_survives_every_allocation_failing_once),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
