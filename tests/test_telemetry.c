/* How the heads of a memory fare: the numbers by hand, the states and their sentences, and heads of
 * networks whose behaviour is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/telemetry.h"

#include "tests/check.h"
#include "tests/fixture.h"

/* ---- numbers by hand ---- */

/* Two steps, one head of each kind, four slots. */
static const real reads[2][4] = {{(real) 0.5, (real) 0.5, 0, 0}, {0, 0, 0, 1}};
static const real writes[2][4] = {{0, 0, 0, (real) 0.25}, {(real) 0.5, 0, 0, 0}};
static const real gates[2] = {(real) 0.25, (real) 0.75}, strengths[2] = {2, 4};
static const real written[2] = {(real) 0.5, 2};

static void of_reads(struct eg_head_sums *sums)
{
    const struct eg_head_trace read = {.steps = 2,
                                       .heads = 1,
                                       .slots = 4,
                                       .weights = reads[0],
                                       .strength = strengths,
                                       .gate = gates};
    const struct eg_head_trace write = {.steps = 2, .heads = 1, .slots = 4, .weights = writes[0]};
    double room[4];
    eg_head_add(sums, &read, EG_HEAD_READ, &write, room);
}

static void a_read_head_by_hand(void **state)
{
    (void) state;
    struct eg_head_sums sums = {.steps = 0};
    struct eg_head_report head = {
        .kind = EG_HEAD_READ, .slots = 4, .has = EG_HEAD_HAS_STRENGTH | EG_HEAD_HAS_GATE};
    of_reads(&sums);
    eg_head_conclude(&head, &sums);
    check_close(head.entropy, 0.5, 1e-12, 1e-12);   /* 1 bit, 0 bit                            */
    check_close(head.effective, 1.5, 1e-12, 1e-12); /* 2 slots, 1 slot                         */
    check_close(head.alignment, 0.125, 1e-7, 1e-7); /* nothing; a quarter of what is read */
    check_close(head.movement, 1, 1e-12, 1e-12);
    check_close(head.strength, 3, 1e-12, 1e-12);
    check_close(head.gate, 0.5, 1e-12, 1e-12);
    check_close(head.gate_least, 0.25, 1e-12, 1e-12);
    check_close(head.gate_most, 0.75, 1e-12, 1e-12);
    assert_true(isnan(head.sharpening));
    assert_true(isnan(head.written));
}

static void a_write_head_looks_ahead(void **state)
{
    (void) state;
    struct eg_head_sums sums = {.steps = 0};
    struct eg_head_report head = {.kind = EG_HEAD_WRITE, .slots = 4, .has = EG_HEAD_HAS_WRITTEN};
    const struct eg_head_trace write = {
        .steps = 2, .heads = 1, .slots = 4, .weights = writes[0], .written = written};
    const struct eg_head_trace read = {.steps = 2, .heads = 1, .slots = 4, .weights = reads[0]};
    double room[4];
    eg_head_add(&sums, &write, EG_HEAD_WRITE, &read, room);
    eg_head_conclude(&head, &sums);
    check_close(head.alignment, 0.5, 1e-12, 1e-12); /* slot 3 is read in full, slot 0 was */
    check_close(head.movement, 0.375, 1e-12, 1e-12);
    check_close(head.written, 0.5625, 1e-12, 1e-12); /* (1/4 1/2 + 1/2 2) / 2 */
    check_close(head.effective, 1, 1e-12, 1e-12);
}

static void what_was_written_twice_is_read_once(void **state)
{
    (void) state;
    static const real same[3][2] = {{1, 0}, {1, 0}, {1, 0}};
    struct eg_head_sums sums = {.steps = 0};
    struct eg_head_report head = {.kind = EG_HEAD_READ, .slots = 2};
    const struct eg_head_trace both = {.steps = 3, .heads = 1, .slots = 2, .weights = same[0]};
    double room[2];
    eg_head_add(&sums, &both, EG_HEAD_READ, &both, room);
    eg_head_conclude(&head, &sums);
    check_close(head.alignment, 1, 1e-12, 1e-12);
}

static void sequences_are_weighted_by_their_steps(void **state)
{
    (void) state;
    struct eg_head_sums once = {.steps = 0}, thrice = {.steps = 0};
    struct eg_head_report a = {.kind = EG_HEAD_READ, .slots = 4}, b = a;
    of_reads(&once);
    for (int i = 0; i < 3; i++)
        of_reads(&thrice);
    eg_head_conclude(&a, &once);
    eg_head_conclude(&b, &thrice);
    check_close(a.entropy, b.entropy, 1e-12, 1e-12);
    check_close(a.movement, b.movement, 1e-12, 1e-12);
    check_close(a.alignment, b.alignment, 1e-12, 1e-12);
}

/* ---- states ---- */

static struct eg_head_report well(void)
{
    return (struct eg_head_report){.kind = EG_HEAD_WRITE,
                                   .head = 1,
                                   .slots = 128,
                                   .entropy = 1,
                                   .effective = 2,
                                   .strength = 5,
                                   .gate = 0.5,
                                   .gate_least = 0.01,
                                   .gate_most = 0.9,
                                   .sharpening = 2,
                                   .alignment = 0.5,
                                   .movement = 0.3,
                                   .written = 1,
                                   .memory = 2};
}

static void assert_state(struct eg_head_report head, enum eg_head_state expected, const char *words)
{
    char text[256];
    head.state = eg_head_judge(&head);
    assert_int_equal(head.state, expected);
    eg_head_sentence(text, sizeof text, &head);
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
    assert_true(expected != EG_HEAD_WELL || !*text);
}

static void each_trouble_has_a_state_and_a_sentence(void **state)
{
    (void) state;
    struct eg_head_report h = well();
    assert_state(h, EG_HEAD_WELL, "");
    h.effective = 127;
    assert_state(h, EG_HEAD_UNIFORM, "write head 1 uniform: looks at all slots alike, 127 of 128");
    h = well();
    h.written = 1e-5;
    assert_state(h, EG_HEAD_DEAD, "write head 1 dead: it writes nothing");
    h = well();
    h.movement = 1e-5;
    assert_state(h, EG_HEAD_DEAD, "never moves");
    h = well();
    h.entropy = h.effective = NAN;
    assert_state(h, EG_HEAD_DEAD, "weighting is 0 everywhere");
    h = well();
    h.gate_most = 1e-5;
    assert_state(h, EG_HEAD_SATURATED, "its gate is shut at every step");
    h = well();
    h.gate_least = 0.99999;
    h.gate_most = 1;
    assert_state(h, EG_HEAD_SATURATED, "its gate is open at every step");
    h = well();
    h.strength = 1e4;
    assert_state(h, EG_HEAD_SATURATED, "a key strength of 1e+04");
    h = well();
    h.memory = 1e6;
    assert_state(h, EG_HEAD_SATURATED, "numbers of the memory reach 1e+06");
}

static void what_is_not_known_is_no_trouble(void **state)
{
    (void) state;
    struct eg_head_report h = {.kind = EG_HEAD_HOP,
                               .slots = 6,
                               .entropy = 1,
                               .effective = 2,
                               .strength = NAN,
                               .gate = NAN,
                               .gate_least = NAN,
                               .gate_most = NAN,
                               .sharpening = NAN,
                               .alignment = NAN,
                               .movement = NAN,
                               .written = NAN,
                               .memory = NAN};
    assert_state(h, EG_HEAD_WELL, "");
    h.slots = 1; /* one statement: there is nothing to choose from */
    h.effective = 1;
    assert_state(h, EG_HEAD_WELL, "");
}

/* ---- heads of networks ---- */

struct watched {
    struct eg_experiment *e;
    struct eg_telemetry heads;
};

static struct watched open_watched(const char *preset, const char *const *settings)
{
    struct watched w = {.e = calloc(1, sizeof *w.e)};
    struct eg_setting texts[8];
    struct eg_message message = {{0}};
    size_t n = 0;
    for (; settings[n]; n++)
        texts[n] = (struct eg_setting){.text = settings[n], .origin = "test"};
    assert_non_null(w.e);
    if (eg_experiment_init(w.e, preset, NULL, texts, n, 7, &message)
        || eg_experiment_trainer(w.e, 1, &message))
        fail_msg("%s: %s", preset, message.text);
    assert_int_equal(eg_telemetry_init(&w.heads, w.e->arena, &w.e->model), EG_OK);
    return w;
}

static void close_watched(struct watched *w)
{
    eg_experiment_free(w->e);
    free(w->e);
}

static void measure(struct watched *w)
{
    assert_int_equal(eg_telemetry_measure(&w->heads, w->e, 3), EG_OK);
}

/* All slots are alike at the start, and content alone cannot tell them apart. */
static void slots_that_are_alike_are_read_alike(void **state)
{
    (void) state;
    static const char *const settings[] = {"memory.slots=16",      "memory.location=none",
                                           "memory.gate=off",      "memory.sharpening=off",
                                           "memory.write_heads=2", NULL};
    struct watched w = open_watched("ntm-ff/copy", settings);
    assert_int_equal(w.heads.n, 3);
    measure(&w);
    for (size_t i = 0; i < 3; i++) {
        const struct eg_head_report *h = &w.heads.heads[i];
        assert_int_equal(h->kind, i < 1 ? EG_HEAD_READ : EG_HEAD_WRITE);
        assert_int_equal(h->head, i < 1 ? 0 : i - 1);
        assert_int_equal(h->state, EG_HEAD_UNIFORM);
        check_close(h->effective, 16, 1e-3, 1e-3);
        check_close(h->movement, 0, 1e-5, 1e-5);
        assert_true(isnan(h->gate) && isnan(h->sharpening));
        assert_true(h->strength > 0 && h->memory > 0);
        assert_int_equal(isnan(h->written), i < 1);
    }
    close_watched(&w);
}

/* Each write takes the next of as many slots as there can be steps. */
static void appended_slots_are_one_and_move_on(void **state)
{
    (void) state;
    static const char *const settings[] = {"task.length_max=5", "memory.slots=16",
                                           "memory.write=append", NULL};
    struct watched w = open_watched("ntm-ff/copy", settings);
    measure(&w);
    const struct eg_head_report *h = &w.heads.heads[1];
    assert_int_equal(h->kind, EG_HEAD_WRITE);
    check_close(h->entropy, 0, 1e-12, 1e-12);
    check_close(h->effective, 1, 1e-12, 1e-12);
    check_close(h->movement, 1, 1e-12, 1e-12);
    close_watched(&w);
}

static void two_measurements_are_equal_and_the_training_goes_on_the_same(void **state)
{
    (void) state;
    static const char *const settings[] = {"train.batch=4", "task.length_max=4", NULL};
    struct watched a = open_watched("ntm/copy", settings), b = open_watched("ntm/copy", settings);
    struct eg_update_report report;
    for (uint64_t u = 0; u < 3; u++) {
        measure(&a);
        assert_int_equal(eg_trainer_update(&a.e->trainer, u, 0, &report), EG_OK);
        assert_int_equal(eg_trainer_update(&b.e->trainer, u, 0, &report), EG_OK);
    }
    measure(&a);
    measure(&b);
    assert_memory_equal(a.e->trainer.values, b.e->trainer.values,
                        a.e->model.params.size * sizeof(real));
    for (size_t i = 0; i < a.heads.n; i++) {
        assert_true(a.heads.heads[i].entropy == b.heads.heads[i].entropy);
        assert_true(a.heads.heads[i].memory == b.heads.heads[i].memory);
        assert_true(a.heads.heads[i].movement == b.heads.heads[i].movement);
    }
    close_watched(&a);
    close_watched(&b);
}

static void a_network_without_heads_has_none(void **state)
{
    (void) state;
    static const char *const settings[] = {NULL};
    struct watched w = open_watched("lstm/copy", settings);
    assert_int_equal(w.heads.n, 0);
    measure(&w);
    close_watched(&w);
}

static void hops_are_heads_too(void **state)
{
    (void) state;
    static const char *const settings[] = {NULL};
    struct watched w = open_watched("memn2n/babi-like", settings);
    measure(&w);
    assert_int_equal(w.heads.n, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct eg_head_report *h = &w.heads.heads[i];
        assert_int_equal(h->kind, EG_HEAD_HOP);
        assert_true(h->slots >= 1 && h->effective >= 1 && h->effective <= 50);
        assert_true(isnan(h->alignment) && isnan(h->memory));
    }
    close_watched(&w);
}

static void a_memory_too_large_to_look_at_is_left_alone(void **state)
{
    (void) state;
    static const char *const settings[] = {"memory.slots=1000000", NULL};
    struct watched w = open_watched("sam/scaling", settings);
    assert_int_equal(w.heads.n, 8);
    measure(&w);
    assert_int_equal(w.heads.n, 0);
    close_watched(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_head_by_hand),
        cmocka_unit_test(a_write_head_looks_ahead),
        cmocka_unit_test(what_was_written_twice_is_read_once),
        cmocka_unit_test(sequences_are_weighted_by_their_steps),
        cmocka_unit_test(each_trouble_has_a_state_and_a_sentence),
        cmocka_unit_test(what_is_not_known_is_no_trouble),
        cmocka_unit_test(slots_that_are_alike_are_read_alike),
        cmocka_unit_test(appended_slots_are_one_and_move_on),
        cmocka_unit_test(two_measurements_are_equal_and_the_training_goes_on_the_same),
        cmocka_unit_test(a_network_without_heads_has_none),
        cmocka_unit_test(hops_are_heads_too),
        cmocka_unit_test(a_memory_too_large_to_look_at_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
