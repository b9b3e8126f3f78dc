/* tests/figure_sample.h -- a small run file with everything in it that figures show.
 *
 * Copy of LENGTH vectors of BITS bits; one write and two read heads; REPORTS of training and
 * two evaluations. */
#ifndef EG_TESTS_FIGURE_SAMPLE_H
#define EG_TESTS_FIGURE_SAMPLE_H

#include <math.h>
#include <stdio.h>

#include "record/run.h"

#include "tests/check.h"

enum { LENGTH = 4, STEPS = 2 * LENGTH + 1, BITS = 3, SLOTS = 16, REPORTS = 50 };

static inline void put(struct eg_run *run, const char *path, enum eg_run_type type, int rank,
                       const size_t *dims, const void *data)
{
    struct eg_message message = {.text = ""};
    struct eg_run_array array = {.type = type, .rank = rank, .data = data};
    for (int i = 0; i < rank; i++)
        array.dims[i] = dims[i];
    if (eg_run_put(run, path, &array, &message) != EG_OK)
        fail_msg("%s", message.text);
}

static inline void put_phase(struct eg_run *run, const char *path)
{
    static const uint8_t values[] = {0, 1, 2};
    uint8_t phase[STEPS];
    for (size_t t = 0; t < STEPS; t++)
        phase[t] = t < LENGTH ? 0 : t == LENGTH ? 1 : 2;
    const struct eg_run_array array = {.type = EG_RUN_UINT8,
                                       .rank = 1,
                                       .dims = {STEPS},
                                       .data = phase,
                                       .flag_values = values,
                                       .n_flags = 3,
                                       .flag_meanings = "input delimiter output"};
    assert_int_equal(eg_run_put(run, path, &array, NULL), EG_OK);
}

static inline void put_head(struct eg_run *run, const char *kind, size_t heads)
{
    float weights[STEPS * 2 * SLOTS] = {0}, scalar[STEPS * 2], shift[STEPS * 2 * 3] = {0};
    for (size_t t = 0; t < STEPS; t++)
        for (size_t h = 0; h < heads; h++) {
            weights[(t * heads + h) * SLOTS + t % SLOTS] = 1;
            scalar[t * heads + h] = 0.25F + (float) h;
            shift[(t * heads + h) * 3 + 2] = 1;
        }
    const size_t three[] = {STEPS, heads, SLOTS}, two[] = {STEPS, heads},
                 offsets[] = {STEPS, heads, 3};
    char path[96];
    static const char *const scalars[] = {"gate", "strength", "sharpening"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/probe/copy-4/%s_%s", kind, scalars[i]);
        put(run, path, EG_RUN_FLOAT32, 2, two, scalar);
    }
    snprintf(path, sizeof path, "/probe/copy-4/%s_weights", kind);
    put(run, path, EG_RUN_FLOAT32, 3, three, weights);
    snprintf(path, sizeof path, "/probe/copy-4/%s_shift", kind);
    put(run, path, EG_RUN_FLOAT32, 3, offsets, shift);
}

static inline void put_probe(struct eg_run *run)
{
    float input[STEPS * (BITS + 1)] = {0}, target[STEPS * BITS] = {0}, output[STEPS * BITS];
    uint8_t mask[STEPS];
    for (size_t t = 0; t < STEPS; t++) {
        mask[t] = t > LENGTH;
        input[t * (BITS + 1) + (t == LENGTH ? BITS : 0)] = t <= LENGTH;
        for (size_t i = 0; i < BITS; i++) {
            target[t * BITS + i] = mask[t] && i == 0;
            output[t * BITS + i] = mask[t] && i == 0 ? 0.75F : 0.25F;
        }
    }
    output[(STEPS - 1) * BITS + 2] = 1; /* one bit is wrong */
    const size_t in[] = {STEPS, BITS + 1}, out[] = {STEPS, BITS}, one[] = {STEPS};
    put(run, "/probe/copy-4/input", EG_RUN_FLOAT32, 2, in, input);
    put(run, "/probe/copy-4/target", EG_RUN_FLOAT32, 2, out, target);
    put(run, "/probe/copy-4/output", EG_RUN_FLOAT32, 2, out, output);
    put(run, "/probe/copy-4/mask", EG_RUN_UINT8, 1, one, mask);
    put_phase(run, "/probe/copy-4/phase");
}

static inline void put_tables(struct eg_run *run)
{
    static const struct eg_run_column train[] = {
        {"sequences", "sequence", NULL, EG_RUN_INT64},
        {"cost", "bit/sequence", NULL, EG_RUN_FLOAT64},
    };
    static const struct eg_run_column evaluate[] = {
        {"step", "step", NULL, EG_RUN_INT64},
        {"length", "step", NULL, EG_RUN_INT64},
        {"mean", "bit/sequence", NULL, EG_RUN_FLOAT64},
        {"standard_error", "bit/sequence", NULL, EG_RUN_FLOAT64},
        {"n", NULL, NULL, EG_RUN_INT64},
        {"exact_fraction", NULL, NULL, EG_RUN_FLOAT64},
        {"wrong_bits", "bit/sequence", NULL, EG_RUN_FLOAT64},
    };
    struct eg_run_table *table;
    assert_int_equal(eg_run_table(run, &table, "/train", train, 2, "sequences", "cost", NULL),
                     EG_OK);
    for (int i = 0; i < REPORTS; i++) {
        const double row[] = {100.0 * (i + 1), 30 * pow(0.8, i)};
        assert_int_equal(eg_run_append(table, row, NULL), EG_OK);
    }
    assert_int_equal(eg_run_table(run, &table, "/evaluate", evaluate, 7, "length", NULL, NULL),
                     EG_OK);
    const double rows[][7] = {
        {10, 10, 9, 1, 100, 0, 3}, /* an earlier evaluation, which is not drawn */
        {20, 5, 0.002, 0.001, 100, 1, 0},
        {20, 40, 2.5, 0.5, 100, 0.75, 0.5},
    };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(eg_run_append(table, rows[i], NULL), EG_OK);
    assert_int_equal(
        eg_run_put_int(run, "/config_values/task/length_min", "step", "shortest", 1, NULL), EG_OK);
    assert_int_equal(
        eg_run_put_int(run, "/config_values/task/length_max", "step", "longest", 20, NULL), EG_OK);
}

static inline void make_run(const char *path, void (*spoil)(struct eg_run *run))
{
    struct eg_run *run;
    struct eg_message message = {.text = ""};
    if (eg_run_create(&run, path, NULL, EG_RUN_FORCE, &message) != EG_OK)
        fail_msg("%s", message.text);
    put_tables(run);
    put_probe(run);
    put_head(run, "write", 1);
    put_head(run, "read", 2);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_real(run, "/train/cost", "chance", 31.5, NULL), EG_OK);
    if (spoil)
        spoil(run);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

#endif
