#include "tests/data_plan.h"

struct drawn {
    struct eg_sequence s;
    real input[T * I], target[T * O], mask[T];
    uint8_t phase[T];
};

static void draw(const struct fixture *f, size_t number, struct drawn *d)
{
    memset(d, 0, sizeof *d);
    d->s = (struct eg_sequence){.extent.length = number,
                                .steps = task->steps(f->state, (struct eg_extent){number, 0}),
                                .input = d->input,
                                .target = d->target,
                                .mask = d->mask,
                                .phase = d->phase};
    task->draw(f->state, NULL, &d->s);
}

static void check_plain(const struct fixture *f, size_t number, size_t original)
{
    struct drawn d;
    draw(f, number, &d);
    const size_t i = original - 1, steps = (size_t) plain_length[i];
    assert_int_equal(d.s.steps, steps);
    check_all_close(d.input, plain_input[i][0], steps * I, 0.0, 0.0);
    check_all_close(d.target, plain_target[i][0], steps * O, 0.0, 0.0);
    check_all_close(d.mask, plain_mask[i], steps, 0.0, 0.0);
    for (size_t t = 0; t < steps; t++)
        check_close(d.phase[t], plain_phase[i][t], 0.0, 0.0);
}

static void sequences_are_those_of_the_file(void **state)
{
    struct fixture *f = *state;
    accepts(f);
    assert_int_equal(f->shape.inputs, I);
    assert_int_equal(f->shape.outputs, O);
    assert_int_equal(f->shape.loss, EG_LOSS_BITS);
    assert_int_equal(f->shape.items, S);
    assert_int_equal(f->shape.length_min, 1);
    assert_int_equal(f->shape.length_max, S);
    assert_int_equal(f->shape.steps_max, 4);
    check_close(f->shape.chance, 4.0 / 3, 1e-15, 0.0); /* 2, 1 and 1 steps are asked */
    for (size_t i = 1; i <= S; i++)
        check_plain(f, i, i);
}

static void a_number_that_no_sequence_has_gives_no_steps(void **state)
{
    struct fixture *f = *state;
    accepts(f);
    struct drawn d;
    const size_t none[] = {0, S + 1, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(task->steps(f->state, (struct eg_extent){none[i], 0}), 0);
        draw(f, none[i], &d);
        assert_int_equal(d.s.steps, 0);
    }
}

static void every_sequence_is_as_likely_as_any_other(void **state)
{
    struct fixture *f = *state;
    accepts(f);
    size_t seen[S + 1] = {0};
    for (uint64_t i = 0; i < 3000; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, i);
        const size_t number = task->draw_length(f->state, &stream);
        assert_in_range(number, 1, S);
        seen[number]++;
    }
    for (size_t i = 1; i <= S; i++)
        check_close(seen[i], 1000, 0.0, 130); /* five standard deviations */
}

static void without_a_mask_all_steps_are_asked(void **state)
{
    struct fixture *f = *state;
    f->plan.without[MASK] = f->plan.without[PHASE] = true;
    accepts(f);
    check_close(f->shape.chance, 7.0 / 3, 1e-15, 0.0);
    struct drawn d;
    draw(f, 1, &d);
    for (size_t t = 0; t < 4; t++) {
        check_close(d.mask[t], 1, 0.0, 0.0);
        assert_int_equal(d.phase[t], EG_PHASE_OUTPUT);
    }
}

static void without_a_phase_the_mask_says_which_it_is(void **state)
{
    struct fixture *f = *state;
    f->plan.without[PHASE] = true;
    accepts(f);
    struct drawn d;
    draw(f, 1, &d);
    const uint8_t want[4] = {EG_PHASE_INPUT, EG_PHASE_INPUT, EG_PHASE_OUTPUT, EG_PHASE_OUTPUT};
    assert_memory_equal(d.phase, want, 4);
}

static void any_integer_or_float_type_is_read(void **state)
{
    struct fixture *f = *state;
    const hid_t types[] = {H5T_STD_I8LE,  H5T_STD_I16BE,  H5T_STD_U32LE,  H5T_STD_U64BE,
                           H5T_STD_I64LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_NATIVE_LDOUBLE};
    for (size_t k = 0; k < S * T; k++) /* nothing that an unsigned whole number cannot hold */
        f->plan.values[TARGET][k] = (double) (k % 2);
    for (size_t k = 0; k < S * T * I; k++)
        f->plan.values[INPUT][k] = (double) k;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        for (int k = 0; k < SETS; k++)
            f->plan.type[k] = types[i];
        accepts(f);
        struct drawn d;
        draw(f, 3, &d);
        assert_int_equal(d.s.steps, 2);
        const double want[4] = {16, 17, 18, 19};
        check_all_close(d.input, want, 4, 0.0, 0.0);
        check_close(d.target[1], 1, 0.0, 0.0);
    }
}

static void a_mask_of_truth_values_is_read(void **state)
{
    struct fixture *f = *state;
    const hid_t type = H5Tenum_create(H5T_NATIVE_SCHAR); /* as h5py stores bool */
    assert_true(H5Tenum_insert(type, "FALSE", &(signed char){0}) >= 0);
    assert_true(H5Tenum_insert(type, "TRUE", &(signed char){1}) >= 0);
    f->plan.type[MASK] = type;
    accepts(f);
    H5Tclose(type);
    check_plain(f, 1, 1);
}

static void a_range_of_the_sequences_can_be_chosen(void **state)
{
    struct fixture *f = *state;
    f->first = 2;
    f->plan.values[INPUT][0] = NAN; /* in sequence 1, which nobody asked for */
    f->plan.values[LENGTH][0] = 99;
    accepts(f);
    assert_int_equal(f->shape.items, 2);
    assert_int_equal(f->shape.length_max, 2);
    assert_int_equal(f->shape.steps_max, 2);
    check_plain(f, 1, 2);
    check_plain(f, 2, 3);
    f->last = 2;
    accepts(f);
    assert_int_equal(f->shape.items, 1);
    check_plain(f, 1, 2);
    f->first = 0;
    refuses(f, EG_ERR_DATA, "length of sequence 1 of 3 is 99");

    f->first = 4;
    refuses(f, EG_ERR_RANGE, "task.first = 4");
    f->first = 0;
    f->last = 7;
    refuses(f, EG_ERR_RANGE, "has only 3 sequences");
    f->first = 3;
    f->last = 2;
    assert_int_equal(load(f, f->path), EG_ERR_RANGE);
    assert_non_null(strstr(f->message.text, "task.first = 3 is more than task.last = 2"));
}

static void a_path_is_needed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, NULL), EG_ERR_RANGE);
    assert_non_null(strstr(f->message.text, "task.path is needed"));
}

static void lengths_lie_between_one_and_the_steps(void **state)
{
    struct fixture *f = *state;
    const double bad[] = {0, -1, 5, 1e18};
    const char *const want[] = {"is 0;", "is -1;", "is 5; allowed are whole numbers from 1 to 4",
                                "is 1e+18;"};
    for (size_t i = 0; i < 4; i++) {
        f->plan.values[LENGTH][2] = bad[i];
        refuses(f, EG_ERR_DATA, "length of sequence 3 of 3");
        refuses_file(f, EG_ERR_DATA, want[i]);
    }
    f->plan.type[LENGTH] = H5T_NATIVE_DOUBLE;
    f->plan.values[LENGTH][2] = 1.5;
    refuses(f, EG_ERR_DATA, "length of sequence 3 of 3 is 1.5");
    f->plan.values[LENGTH][2] = NAN;
    refuses(f, EG_ERR_DATA, "length of sequence 3 of 3 is ");
}

static void a_sequence_without_a_question_is_refused(void **state)
{
    struct fixture *f = *state;
    f->plan.values[MASK][2 * T + 1] = 0; /* 1 is left in the padding */
    refuses(f, EG_ERR_DATA, "mask of sequence 3 of 3 is 0 at all of its 2 steps");
}

static void numbers_must_be_finite(void **state)
{
    struct fixture *f = *state;
    const struct plan whole = f->plan;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        f->plan = whole;
        f->plan.values[INPUT][(2 * T + 1) * I + 1] = bad[i];
        refuses(f, EG_ERR_DATA, "input of sequence 3 of 3, step 2 of 2, channel 2 of 2 is ");
        f->plan = whole;
        f->plan.values[TARGET][T] = bad[i];
        refuses(f, EG_ERR_DATA, "target of sequence 2 of 3, step 1 of 1, channel 1 of 1 is ");
    }
    f->plan = whole;
    f->plan.values[INPUT][0] = NAN;
    refuses(f, EG_ERR_DATA, "is NaN; allowed are finite numbers that fit " EG_REAL_NAME);
#ifndef EG_DOUBLE
    f->plan.type[INPUT] = H5T_NATIVE_DOUBLE;
    f->plan.values[INPUT][0] = 1e39;
    refuses(f, EG_ERR_DATA, "is 1e+39; allowed");
#endif
}

static void targets_lie_between_zero_and_one(void **state)
{
    struct fixture *f = *state;
    f->plan.values[TARGET][1] = 1.5;
    refuses(f, EG_ERR_DATA,
            "target of sequence 1 of 3, step 2 of 4, channel 1 of 1 is 1.5; "
            "allowed are values from 0 to 1");
    f->plan.values[TARGET][1] = -0.25;
    refuses(f, EG_ERR_DATA, "is -0.25; allowed");
}

static void a_mask_is_zero_or_one(void **state)
{
    struct fixture *f = *state;
    f->plan.type[MASK] = H5T_NATIVE_FLOAT;
    const double bad[] = {2, 0.5, -1, NAN};
    for (size_t i = 0; i < 4; i++) {
        f->plan.values[MASK][3] = bad[i];
        refuses(f, EG_ERR_DATA, "mask of sequence 1 of 3, step 4 of 4 is ");
        refuses_file(f, EG_ERR_DATA, "; allowed are 0 and 1");
    }
}

static void a_phase_is_zero_to_four(void **state)
{
    struct fixture *f = *state;
    f->plan.values[PHASE][3] = 4;
    accepts(f);
    f->plan.values[PHASE][3] = 5;
    refuses(f, EG_ERR_DATA, "phase of sequence 1 of 3, step 4 of 4 is 5; allowed are 0 (input)");
}

/* More than one block of 16 MiB, in chunks, and the last sequence is the wrong one. */
static void large_files_are_read_in_parts(void **state)
{
    struct fixture *f = *state;
    enum { N = 20, STEPS = 1000, WIDTH = 150 };
    float *const input = malloc((size_t) N * STEPS * WIDTH * sizeof *input);
    assert_non_null(input);
    for (size_t i = 0; i < (size_t) N * STEPS * WIDTH; i++)
        input[i] = (float) (i % 100003);
    float target[N * STEPS] = {0};
    int length[N];
    for (int i = 0; i < N; i++)
        length[i] = STEPS - 7 * i;
    const hid_t file = H5Fcreate(f->path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t dims[3] = {N, STEPS, WIDTH}, one[3] = {N, STEPS, 1};
    const hsize_t chunk[3] = {3, 64, WIDTH};
    const struct {
        const char *name;
        int rank;
        const hsize_t *dims;
        hid_t type;
        const void *values;
    } sets[] = {{"input", 3, dims, H5T_NATIVE_FLOAT, input},
                {"target", 3, one, H5T_NATIVE_FLOAT, target},
                {"length", 1, dims, H5T_NATIVE_INT, length}};
    for (size_t i = 0; i < 3; i++) {
        const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        if (i == 0)
            assert_true(H5Pset_chunk(plist, 3, chunk) >= 0);
        const hid_t space = H5Screate_simple(sets[i].rank, sets[i].dims, NULL);
        const hid_t set =
            H5Dcreate2(file, sets[i].name, sets[i].type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
        assert_true(H5Dwrite(set, sets[i].type, H5S_ALL, H5S_ALL, H5P_DEFAULT, sets[i].values)
                    >= 0);
        H5Dclose(set);
        H5Sclose(space);
        H5Pclose(plist);
    }
    H5Fclose(file);
    if (load(f, f->path) != EG_OK)
        fail_msg("%s", f->message.text);
    real *const got = malloc((size_t) STEPS * WIDTH * sizeof *got);
    real *const other = malloc((size_t) STEPS * sizeof *other);
    real *const mask = malloc((size_t) STEPS * sizeof *mask);
    uint8_t *const phase = malloc(STEPS);
    assert_true(got && other && mask && phase);
    for (size_t i = 0; i < N; i++) {
        struct eg_sequence s = {
            .extent.length = i + 1, .input = got, .target = other, .mask = mask, .phase = phase};
        task->draw(f->state, NULL, &s);
        assert_int_equal(s.steps, length[i]);
        for (size_t k = 0; k < s.steps * WIDTH; k++)
            if (fabs((double) got[k] - (double) input[i * STEPS * WIDTH + k]) > 0)
                fail_msg("sequence %zu differs at %zu", i + 1, k);
    }
    free(phase);
    free(mask);
    free(other);
    free(got);
    free(input);
}

static void every_allocation_may_fail(void **state)
{
    struct fixture *f = *state;
    write_plan(f);
    size_t n = 0;
    for (int status = EG_ERR_NOMEM; status != EG_OK; n++) {
        const struct eg_arena_mark mark = eg_arena_mark(f->arena);
        eg_arena_fail_after(f->arena, n);
        status = load(f, f->path);
        assert_true(status == EG_OK || status == EG_ERR_NOMEM);
        if (status)
            assert_non_null(strstr(f->message.text, "do not fit into memory"));
        eg_arena_rewind(f->arena, mark);
    }
    assert_true(n > 1);
}

static void a_message_is_not_needed(void **state)
{
    struct fixture *f = *state;
    struct {
        const char *path;
        long first, last;
    } options = {f->path, 0, 0};
    assert_int_equal(task->options_size, sizeof options);
    assert_int_equal(task->init(f->state, &options, f->arena, &f->shape, NULL), EG_ERR_IO);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        WITH_FILE(sequences_are_those_of_the_file),
        WITH_FILE(a_number_that_no_sequence_has_gives_no_steps),
        WITH_FILE(every_sequence_is_as_likely_as_any_other),
        WITH_FILE(without_a_mask_all_steps_are_asked),
        WITH_FILE(without_a_phase_the_mask_says_which_it_is),
        WITH_FILE(any_integer_or_float_type_is_read),
        WITH_FILE(a_mask_of_truth_values_is_read),
        WITH_FILE(a_range_of_the_sequences_can_be_chosen),
        WITH_FILE(a_path_is_needed),
        WITH_FILE(lengths_lie_between_one_and_the_steps),
        WITH_FILE(a_sequence_without_a_question_is_refused),
        WITH_FILE(numbers_must_be_finite),
        WITH_FILE(targets_lie_between_zero_and_one),
        WITH_FILE(a_mask_is_zero_or_one),
        WITH_FILE(a_phase_is_zero_to_four),
        WITH_FILE(large_files_are_read_in_parts),
        WITH_FILE(every_allocation_may_fail),
        WITH_FILE(a_message_is_not_needed),
    };
    return cmocka_run_group_tests_name("task_file", tests, NULL, NULL);
}
