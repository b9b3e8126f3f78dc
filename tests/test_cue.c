#include <stdlib.h>

#include "tasks/patterns.h"
#include "tests/fixture.h"

enum { N = 1000, HEIGHT = 20, WIDTH = 50 };

struct fixture {
    struct eg_patterns patterns; /* cues look at its sizes only */
    struct eg_cue_options cue;
    struct eg_stream stream;
    int8_t spins[N];
    double outputs[N];
};

/* Spins with a period of 3, so that no row is like the next; outputs 1 to 1000. */
static void restore(struct fixture *f)
{
    for (int i = 0; i < N; i++) {
        f->spins[i] = i % 3 == 0 ? 1 : -1;
        f->outputs[i] = i + 1;
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        return 1;
    f->patterns = (struct eg_patterns){.sites = N, .first = N, .count = 4, .activity = 0.5};
    f->cue = (struct eg_cue_options){-1, EG_CUE_FLIP, EG_FILL_MINUS, EG_SECOND_RANDOM, 0.25};
    eg_stream_open(&f->stream, 7, EG_FOR_TESTS, 0, 0);
    restore(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static int8_t original(size_t i)
{
    return i % 3 == 0 ? 1 : -1;
}

static size_t changed(const struct fixture *f, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        assert_true(f->spins[i] == 1 || f->spins[i] == -1);
        n += f->spins[i] != original(i);
    }
    return n;
}

static void exactly_the_rounded_number_of_sites_is_flipped(void **state)
{
    struct fixture *f = *state;
    /* clang-format off */
    const struct { double amount; size_t want; } cases[] = {
        {0, 0}, {0.0004, 0}, {0.0006, 1}, {0.25, 250}, {0.3337, 334}, {0.5, 500}, {0.9996, 1000},
        {1, 1000},
    };
    /* clang-format on */
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int repeat = 0; repeat < 20; repeat++) {
            restore(f);
            f->cue.amount = cases[k].amount;
            eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
            assert_int_equal(changed(f, 0, N), cases[k].want);
        }
}

/* Each of the 1000 sites is flipped with probability 1/4: 500 of 2000 times, deviation 19.4; and
 * neighbours together with probability 250 * 249 / (1000 * 999). */
static void flipped_sites_are_drawn_evenly(void **state)
{
    struct fixture *f = *state;
    static int times[N];
    long neighbours = 0;
    memset(times, 0, sizeof times);
    for (int repeat = 0; repeat < 2000; repeat++) {
        restore(f);
        eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
        for (size_t i = 0; i < N; i++)
            times[i] += f->spins[i] != original(i);
        for (size_t i = 1; i < N; i++)
            neighbours += f->spins[i] != original(i) && f->spins[i - 1] != original(i - 1);
    }
    double chi2 = 0;
    for (int i = 0; i < N; i++) {
        check_close(times[i], 500, 0, 5 * 19.4);
        chi2 += (times[i] - 500.) * (times[i] - 500.) / (2000 * 0.25 * 0.75);
    }
    check_close(chi2, 1000, 0, 5 * sqrt(2000.));
    /* 1 998 000 pairs, hit with probability 0.062312; the pairs of a cue are nearly independent. */
    check_close((double) neighbours, 1998000 * 0.0623124, 0, 5 * 342.);
}

static void noise_flips_each_site_on_its_own(void **state)
{
    struct fixture *f = *state;
    f->cue.kind = EG_CUE_NOISE;
    f->cue.amount = 0.3;
    double sum = 0, squares = 0;
    for (int repeat = 0; repeat < 2000; repeat++) {
        restore(f);
        eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
        const double n = (double) changed(f, 0, N);
        sum += n;
        squares += n * n;
    }
    /* Binomial: mean 300, variance 210; five standard errors of both. */
    const double mean = sum / 2000, variance = squares / 2000 - mean * mean;
    check_close(mean, 300, 0, 5 * sqrt(210 / 2000.));
    check_close(variance, 210, 0, 5 * 210 * sqrt(2 / 2000.));
    f->cue.amount = 1;
    restore(f);
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, N), N);
}

static void masked_sites_are_filled_and_no_others(void **state)
{
    struct fixture *f = *state;
    f->cue.kind = EG_CUE_MASK;
    f->cue.amount = 0.4;
    for (int fill = EG_FILL_MINUS; fill <= EG_FILL_PLUS; fill++) {
        const int8_t state_wanted = fill == EG_FILL_PLUS ? 1 : -1;
        f->cue.fill = fill;
        restore(f);
        for (size_t i = 0; i < N; i++)
            f->spins[i] = (int8_t) -state_wanted; /* so that each overwritten site shows */
        eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
        size_t n = 0;
        for (size_t i = 0; i < N; i++)
            n += f->spins[i] == state_wanted;
        assert_int_equal(n, 400);
    }
    /* Random fill: each of 400 sites differs with probability 1/2. */
    f->cue.fill = EG_FILL_RANDOM;
    double sum = 0;
    for (int repeat = 0; repeat < 500; repeat++) {
        restore(f);
        eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
        const size_t n = changed(f, 0, N);
        assert_true(n <= 400);
        sum += (double) n;
    }
    check_close(sum / 500, 200, 0, 5 * 10 / sqrt(500.));
}

static void a_crop_takes_the_last_rows_of_the_picture(void **state)
{
    struct fixture *f = *state;
    f->patterns.height = HEIGHT;
    f->patterns.width = WIDTH;
    f->cue.kind = EG_CUE_CROP;
    /* clang-format off */
    const struct { double amount; size_t rows; } cases[] = {
        {0, 0}, {0.02, 0}, {0.03, 1}, {0.25, 5}, {0.5, 10}, {1, 20},
    };
    /* clang-format on */
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int fill = EG_FILL_MINUS; fill <= EG_FILL_PLUS; fill++) {
            const size_t from = N - cases[k].rows * WIDTH;
            f->cue.amount = cases[k].amount;
            f->cue.fill = fill;
            restore(f);
            eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
            assert_int_equal(changed(f, 0, from), 0);
            for (size_t i = from; i < N; i++)
                assert_int_equal(f->spins[i], fill == EG_FILL_PLUS ? 1 : -1);
        }
    f->cue.amount = 0.5;
    f->cue.fill = EG_FILL_RANDOM;
    restore(f);
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, N / 2), 0);
    check_close((double) changed(f, N / 2, N), 250, 0, 5 * 11.2);
}

static void without_a_picture_a_crop_takes_the_last_sites(void **state)
{
    struct fixture *f = *state;
    f->cue.kind = EG_CUE_CROP;
    f->cue.amount = 0.1234;
    f->cue.fill = EG_FILL_PLUS;
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, N - 123), 0);
    for (size_t i = N - 123; i < N; i++)
        assert_int_equal(f->spins[i], 1);
}

static void the_second_layer_starts_at_random(void **state)
{
    struct fixture *f = *state;
    f->patterns.first = 400;
    for (int kind = EG_CUE_FLIP; kind <= EG_CUE_CROP; kind++) {
        f->cue = (struct eg_cue_options){-1, kind, EG_FILL_MINUS, EG_SECOND_RANDOM, 0};
        restore(f);
        eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
        assert_int_equal(changed(f, 0, 400), 0);
        check_close((double) changed(f, 400, N), 300, 0, 5 * 12.3);
        eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
        double sum = 0, squares = 0;
        for (size_t i = 0; i < 400; i++)
            check_close(f->outputs[i], i + 1, 0, 0);
        for (size_t i = 400; i < N; i++) {
            assert_true(f->outputs[i] >= -1 && f->outputs[i] < 1);
            sum += f->outputs[i];
            squares += f->outputs[i] * f->outputs[i];
        }
        /* Uniform: mean 0, mean square 1/3 with deviation sqrt(4 / 45). */
        check_close(sum / 600, 0, 0, 5 * sqrt(1 / 3. / 600));
        check_close(squares / 600, 1 / 3., 0, 5 * sqrt(4 / 45. / 600));
    }
    f->cue = (struct eg_cue_options){-1, EG_CUE_FLIP, EG_FILL_MINUS, EG_SECOND_RANDOM, 0.5};
    restore(f);
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, 400), 200); /* of the first layer, not of all sites */
}

static void no_amount_leaves_everything(void **state)
{
    struct fixture *f = *state;
    for (int kind = EG_CUE_FLIP; kind <= EG_CUE_CROP; kind++)
        for (int fill = EG_FILL_MINUS; fill <= EG_FILL_RANDOM; fill++) {
            f->cue = (struct eg_cue_options){-1, kind, fill, EG_SECOND_RANDOM, 0};
            eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
            eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
            assert_int_equal(changed(f, 0, N), 0);
            for (size_t i = 0; i < N; i++)
                check_close(f->outputs[i], i + 1, 0, 0);
        }
}

static void real_states_are_flipped_masked_and_cropped_too(void **state)
{
    struct fixture *f = *state;
    const double want[] = {[EG_FILL_MINUS] = -1, [EG_FILL_PLUS] = 1, [EG_FILL_RANDOM] = 0};
    f->cue.amount = 0.25;
    eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        check_close(fabs(f->outputs[i]), i + 1, 0, 0);
        n += f->outputs[i] < 0;
    }
    assert_int_equal(n, 250);
    for (int kind = EG_CUE_MASK; kind <= EG_CUE_CROP; kind++)
        for (int fill = EG_FILL_MINUS; fill <= EG_FILL_RANDOM; fill++) {
            f->cue.kind = kind;
            f->cue.fill = fill;
            restore(f);
            f->outputs[0] = 7; /* for +1 is a fill as well */
            eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
            n = 0;
            for (size_t i = 0; i < N; i++) {
                const int filled = f->outputs[i] <= want[fill] && f->outputs[i] >= want[fill];
                assert_true(filled || f->outputs[i] > 1.5);
                assert_true(kind != EG_CUE_CROP || filled == (i >= 750));
                n += (size_t) filled;
            }
            assert_int_equal(n, 250);
        }
}

static void noise_of_real_states_is_normal(void **state)
{
    struct fixture *f = *state;
    f->cue.kind = EG_CUE_NOISE;
    f->cue.amount = 3;
    double sum = 0, squares = 0;
    for (int repeat = 0; repeat < 100; repeat++) {
        restore(f);
        eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
        for (size_t i = 0; i < N; i++) {
            const double noise = f->outputs[i] - (double) (i + 1);
            sum += noise;
            squares += noise * noise;
        }
    }
    check_close(sum / 1e5, 0, 0, 5 * 3 / sqrt(1e5));
    check_close(squares / 1e5, 9, 0, 5 * 9 * sqrt(2 / 1e5));
}

static void equal_streams_make_equal_cues(void **state)
{
    struct fixture *f = *state;
    int8_t before[N] = {0};
    for (int kind = EG_CUE_FLIP; kind <= EG_CUE_MASK; kind++) {
        f->cue = (struct eg_cue_options){-1, kind, EG_FILL_RANDOM, EG_SECOND_RANDOM, 0.5};
        for (uint64_t trial = 0; trial < 4; trial++) {
            eg_stream_open(&f->stream, 1, EG_FOR_CUES, 0, trial / 2);
            restore(f);
            eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
            const int same = memcmp(before, f->spins, N) == 0;
            assert_true(trial == 0 || same == (trial % 2 == 1));
            memcpy(before, f->spins, N);
        }
    }
}

static void what_a_cue_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct eg_message message = {""};
    for (long target = -1; target < 4; target++) {
        f->cue.target = target;
        assert_int_equal(eg_cue_check(&f->cue, &f->patterns, 0, &message), EG_OK);
    }
    f->cue.target = 4;
    assert_int_equal(eg_cue_check(&f->cue, &f->patterns, 0, &message), EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "cue.target = 4: there are 4 patterns"));
    f->cue.target = 0;
    f->cue.amount = 1.5;
    for (int kind = EG_CUE_FLIP; kind <= EG_CUE_CROP; kind++)
        for (int real_states = 0; real_states < 2; real_states++) {
            f->cue.kind = kind;
            const int fine = kind == EG_CUE_NOISE && real_states;
            assert_int_equal(eg_cue_check(&f->cue, &f->patterns, real_states, &message),
                             fine ? EG_OK : EG_ERR_RANGE);
            if (!fine)
                assert_non_null(strstr(message.text, "cue.amount = 1.5"));
        }
    /* Not checked, it is taken for 1. */
    f->cue.kind = EG_CUE_FLIP;
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, N), N);
}

static void a_second_layer_that_is_kept_stays(void **state)
{
    struct fixture *f = *state;
    f->patterns.first = 400;
    f->cue = (struct eg_cue_options){-1, EG_CUE_FLIP, EG_FILL_MINUS, EG_SECOND_KEPT, 0.25};
    restore(f);
    eg_cue_spins(&f->cue, &f->patterns, &f->stream, f->spins);
    assert_int_equal(changed(f, 0, 400), 100);
    assert_int_equal(changed(f, 400, N), 0);
    eg_cue_outputs(&f->cue, &f->patterns, &f->stream, f->outputs);
    for (size_t i = 400; i < N; i++)
        check_close(f->outputs[i], i + 1, 0, 0);
}

static void options_are_read_by_their_rows(void **state)
{
    (void) state;
    struct eg_cue_options *cue = new_options(eg_cue_rows, sizeof *cue, "");
    assert_int_equal(cue->target, -1);
    assert_int_equal(cue->kind, EG_CUE_FLIP);
    assert_int_equal(cue->fill, EG_FILL_MINUS);
    check_close(cue->amount, 0, 0, 0);
    assert_int_equal(cue->second, EG_SECOND_RANDOM);
    free(cue);
    cue = new_options(eg_cue_rows, sizeof *cue,
                      "target=3 kind=crop fill=random amount=0.5 second=kept");
    assert_int_equal(cue->target, 3);
    assert_int_equal(cue->kind, EG_CUE_CROP);
    assert_int_equal(cue->fill, EG_FILL_RANDOM);
    assert_int_equal(cue->second, EG_SECOND_KEPT);
    check_close(cue->amount, 0.5, 0, 0);
    free(cue);
}

static void the_rows_state_the_ranges(void **state)
{
    (void) state;
    const char *const bad[] = {"of.amount=-0.1", "of.amount=10.5", "of.target=-2", "of.kind=blur",
                               "of.fill=grey"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct eg_cue_options cue;
        struct eg_message message = {""};
        struct eg_config *config;
        assert_int_equal(eg_config_init(&config), EG_OK);
        assert_int_equal(eg_config_assign(config, bad[i], "test", &message), EG_OK);
        assert_true(eg_config_bind(config, "of", eg_cue_rows, &cue, &message) != EG_OK);
        eg_config_free(&config);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(exactly_the_rounded_number_of_sites_is_flipped),
        T(flipped_sites_are_drawn_evenly),
        T(noise_flips_each_site_on_its_own),
        T(masked_sites_are_filled_and_no_others),
        T(a_crop_takes_the_last_rows_of_the_picture),
        T(without_a_picture_a_crop_takes_the_last_sites),
        T(the_second_layer_starts_at_random),
        T(a_second_layer_that_is_kept_stays),
        T(no_amount_leaves_everything),
        T(real_states_are_flipped_masked_and_cropped_too),
        T(noise_of_real_states_is_normal),
        T(equal_streams_make_equal_cues),
        T(what_a_cue_cannot_be_is_refused),
        T(options_are_read_by_their_rows),
        T(the_rows_state_the_ranges),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
