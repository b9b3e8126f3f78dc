#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "experiments/recall.h"
#include "experiments/recall_picture.h"

#include "check.h"

#include "record/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UPPER "\xe2\x96\x80"
#define LOWER "\xe2\x96\x84"
#define FULL "\xe2\x96\x88"
#define LIGHT "\xe2\x96\x91"
#define MEDIUM "\xe2\x96\x92"
#define DARK "\xe2\x96\x93"

/* The program's stand in main.c; the parser of the command line, which is linked, asks for some. */
const struct eg_verb *const eg_verbs[] = {NULL};

/* --- pictures --- */

static const double letters[] = {1, -1, -1, 1, 1, -1, 1, -1, 1, 1, 1, -1};
static const struct eg_picture picture = {
    .values = letters, .sites = 12, .height = 3, .width = 4, .low = -1, .high = 1};

static const char *line_of(const struct eg_picture *p, size_t line, int utf8)
{
    static char buffer[256];
    eg_picture_line(buffer, sizeof buffer, p, line, utf8);
    return buffer;
}

static void spins_in_ascii_are_a_character_each(void **state)
{
    (void) state;
    assert_int_equal(eg_picture_lines(&picture, 0), 3);
    assert_string_equal(line_of(&picture, 0, 0), "#..#");
    assert_string_equal(line_of(&picture, 1, 0), "#.#.");
    assert_string_equal(line_of(&picture, 2, 0), "###.");
}

static void half_blocks_show_two_rows_in_a_line(void **state)
{
    (void) state;
    assert_int_equal(eg_picture_lines(&picture, 1), 2);
    assert_string_equal(line_of(&picture, 0, 1), FULL " " LOWER UPPER);
    assert_string_equal(line_of(&picture, 1, 1), UPPER UPPER UPPER " ");
}

static void places_without_a_site_are_blank(void **state)
{
    (void) state;
    struct eg_picture p = picture;
    p.sites = 10;
    assert_string_equal(line_of(&p, 2, 0), "##  ");
    assert_string_equal(line_of(&p, 1, 1), UPPER UPPER "  ");
    assert_string_equal(line_of(&p, 7, 0), "    ");
    p.grey = 1;
    assert_string_equal(line_of(&p, 2, 0), "##  ");
}

static void real_numbers_have_five_levels(void **state)
{
    (void) state;
    const double values[] = {-7, -1, -0.5, 0, 0.5, 0.99, 1, 7, NAN};
    const struct eg_picture p = {
        .values = values, .sites = 9, .height = 1, .width = 9, .grey = 1, .low = -1, .high = 1};
    /* (x + 1) / 2 * 5 is -15, 0, 1.25, 2.5, 3.75, 4.975, 5, 20. */
    assert_string_equal(line_of(&p, 0, 0), "  .+*###?");
    assert_string_equal(line_of(&p, 0, 1), "  " LIGHT MEDIUM DARK FULL FULL FULL "?");
    assert_int_equal(eg_picture_lines(&p, 1), 1);
}

static void a_nan_among_spins_is_seen(void **state)
{
    (void) state;
    const double values[] = {1, NAN};
    const struct eg_picture p = {.values = values, .sites = 2, .height = 2, .width = 1};
    assert_string_equal(line_of(&p, 1, 0), "?");
    assert_string_equal(line_of(&p, 0, 1), "?");
}

static void a_line_is_cut_between_characters(void **state)
{
    (void) state;
    char small[6];
    memset(small, 'x', sizeof small);
    eg_picture_line(small, sizeof small, &picture, 1, 1);
    assert_string_equal(small, UPPER " "); /* the third half block needs three bytes, one is left */
    eg_picture_line(small, 3, &picture, 0, 0);
    assert_string_equal(small, "#.");
}

static void a_strip_says_when_it_is_cut(void **state)
{
    (void) state;
    char buffer[64];
    eg_picture_strip(buffer, sizeof buffer, letters, 4, 4, 0);
    assert_string_equal(buffer, "#..#");
    eg_picture_strip(buffer, sizeof buffer, letters, 5, 4, 0);
    assert_string_equal(buffer, "#..~");
    eg_picture_strip(buffer, sizeof buffer, letters, 2, 4, 1);
    assert_string_equal(buffer, FULL LIGHT);
    eg_picture_strip(buffer, sizeof buffer, letters, 2, 0, 0);
    assert_string_equal(buffer, "");
}

static void what_is_picked_is_spread_evenly_and_has_both_ends(void **state)
{
    (void) state;
    size_t at[16];
    assert_int_equal(eg_picture_pick(10, 3, at), 3);
    assert_true(at[0] == 0 && at[1] == 5 && at[2] == 9);
    assert_int_equal(eg_picture_pick(2, 9, at), 2);
    assert_true(at[0] == 0 && at[1] == 1);
    assert_int_equal(eg_picture_pick(7, 1, at), 1);
    assert_int_equal(at[0], 6);
    assert_int_equal(eg_picture_pick(7, 0, at), 0);
    assert_int_equal(eg_picture_pick(0, 4, at), 0);
    for (size_t n = 1; n < 40; n++)
        for (size_t most = 2; most <= 16; most++) {
            const size_t k = eg_picture_pick(n, most, at);
            assert_int_equal(k, n < most ? n : most);
            assert_int_equal(at[0], 0);
            assert_int_equal(at[k - 1], n - 1);
            for (size_t i = 1; i < k; i++)
                assert_true(at[i] > at[i - 1]);
        }
}

static void patterns_without_a_shape_are_shown_nearly_square(void **state)
{
    (void) state;
    size_t height = 99, width = 99;
    struct eg_patterns p = {.first = 1000};
    assert_true(eg_picture_shape(&p, &height, &width));
    assert_true(width == 32 && height == 32);
    p.first = 7; /* 3 x 3, with two places empty */
    assert_true(eg_picture_shape(&p, &height, &width));
    assert_true(width == 3 && height == 3);
    p.first = 6;
    assert_true(eg_picture_shape(&p, &height, &width));
    assert_true(width == 3 && height == 2);
    p.first = 1025;
    assert_false(eg_picture_shape(&p, &height, &width));
    p.height = 5;
    p.width = 205;
    assert_true(eg_picture_shape(&p, &height, &width));
    assert_true(width == 205 && height == 5);
}

static void the_terminal_is_what_the_environment_says(void **state)
{
    (void) state;
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", "de_DE.UTF-8", 1);
    setenv("COLUMNS", "133", 1);
    assert_true(eg_terminal_find().utf8);
    assert_int_equal(eg_terminal_find().width, 133);
    setenv("LC_CTYPE", "C.utf8", 1);
    setenv("LANG", "C", 1);
    assert_true(eg_terminal_find().utf8);
    setenv("LC_ALL", "C", 1);
    assert_false(eg_terminal_find().utf8);
    setenv("LC_ALL", "", 1); /* as if it were not set */
    assert_true(eg_terminal_find().utf8);
}

/* --- trials --- */

struct lab {
    char folder[64], path[96];
    struct eg_associative a;
    struct eg_workplace w;
};

static void open_lab(struct lab *lab, const char *yaml)
{
    struct eg_message message = {{0}};
    if (eg_associative_init(&lab->a, EG_KIND_RECALL, "test", yaml, NULL, 0, -1, &message)
        || eg_workplace_init(&lab->w, &lab->a) || eg_workplace_learn(&lab->w, 0, &message))
        fail_msg("%s", message.text);
}

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof *lab);
    if (!lab)
        return -1;
    strcpy(lab->folder, "/tmp/engram-recall-XXXXXX");
    if (!mkdtemp(lab->folder))
        return -1;
    snprintf(lab->path, sizeof lab->path, "%s/a.h5", lab->folder);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;
    eg_workplace_free(&lab->w);
    eg_associative_free(&lab->a);
    unlink(lab->path);
    rmdir(lab->folder);
    free(lab);
    return 0;
}

static const char *const spins_yaml =
    "seed: 3\nmemory: {type: hopfield, rule: hebbian}\npatterns: {type: random, sites: 60, count: "
    "9}\ncue: {kind: flip, amount: 0.3}\nrecall: {trials: 24, keep: 3}\n";
static const char *const real_yaml =
    "seed: 3\nmemory: {type: modern, beta: 0.1}\npatterns: {type: random, sites: 40, count: "
    "5}\ncue: {kind: flip, amount: 0.2}\nrecall: {trials: 12, keep: 2}\n";

static void all(struct lab *lab, struct eg_trials *t, int threads)
{
    struct eg_message message = {{0}};
    lab->a.threads = threads;
    if (eg_trials_init(t, &lab->w, &message) || eg_trials_run(t, &lab->w, 0, &message))
        fail_msg("%s", message.text);
    assert_int_equal(t->done, t->n);
}

static void check_same(const struct eg_trials *a, const struct eg_trials *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t k = 0; k < a->n; k++) {
        const struct eg_trial *x = &a->trial[k], *y = &b->trial[k];
        assert_true(x->done && y->done);
        assert_int_equal(x->traced, y->traced);
        assert_memory_equal(x->trace, y->trace, x->traced * EG_TRACES * sizeof *x->trace);
        assert_int_equal(x->recalled.target, y->recalled.target);
        assert_int_equal(x->recalled.settled.sweeps, y->recalled.settled.sweeps);
        assert_int_equal(x->recalled.settled.rest, y->recalled.settled.rest);
        assert_int_equal(x->recalled.end, y->recalled.end);
        check_close(x->recalled.settled.energy, y->recalled.settled.energy, 0, 0);
        check_close(x->recalled.settled.rise, y->recalled.settled.rise, 0, 0);
        check_close(x->recalled.overlap_start, y->recalled.overlap_start, 0, 0);
        check_close(x->recalled.overlap, y->recalled.overlap, 0, 0);
        assert_int_equal(x->frames.n, y->frames.n);
        if (x->frames.n)
            assert_memory_equal(x->frames.states, y->frames.states,
                                x->frames.n * a->state_size * a->patterns->sites);
    }
    assert_memory_equal(a->overlaps, b->overlaps, a->n * a->patterns->count * sizeof(double));
}

static void trials_are_the_same_at_any_number_of_threads(void **state)
{
    struct lab *lab = *state;
    struct eg_trials one, three;
    open_lab(lab, spins_yaml);
    all(lab, &one, 1);
    all(lab, &three, 3);
    check_same(&one, &three);
    eg_trials_free(&one);
    eg_trials_free(&three);
}

static void traces_begin_at_the_cue_and_end_where_the_recall_does(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    open_lab(lab, spins_yaml);
    all(lab, &t, 2);
    size_t kept = 0;
    for (size_t k = 0; k < t.n; k++) {
        const struct eg_trial *trial = &t.trial[k];
        const struct eg_recalled *r = &trial->recalled;
        const double *last = trial->trace + EG_TRACES * (trial->traced - 1);
        assert_int_equal(r->target, k % 9);
        assert_int_equal(trial->traced, r->settled.sweeps + 1);
        check_close(trial->trace[EG_TRACE_ENERGY], r->settled.energy_start, 0, 0);
        check_close(trial->trace[EG_TRACE_OVERLAP], 1 - 2 * 0.3, 1e-15, 0);
        check_close(trial->trace[EG_TRACE_MOVED], 0, 0, 0);
        check_close(last[EG_TRACE_ENERGY], r->settled.energy, 0, 0);
        check_close(last[EG_TRACE_OVERLAP], r->overlap, 0, 0);
        check_close(t.overlaps[k * 9 + r->target], r->overlap, 0, 0);
        double moves = 0;
        for (size_t i = 1; i < trial->traced; i++) {
            const double *row = trial->trace + EG_TRACES * i;
            moves += row[EG_TRACE_MOVED];
            assert_true(row[EG_TRACE_ENERGY] <= row[EG_TRACE_ENERGY - EG_TRACES] + 1e-9);
        }
        check_close(moves, r->settled.moves, 0, 0);
        kept += trial->frames.n > 0;
        assert_true(trial->frames.n == 0 || trial->frames.n == trial->traced);
    }
    assert_int_equal(kept, 3);
    eg_trials_free(&t);
}

static void the_summary_counts_what_is_there(void **state)
{
    (void) state;
    struct eg_trial trial[4] = {{.done = 1}, {.done = 1}, {.done = 0}, {.done = 1}};
    const struct eg_trials t = {.n = 4, .trial = trial};
    const size_t sweeps[4] = {2, 4, 1000, 9};
    for (size_t k = 0; k < 4; k++)
        trial[k].recalled.settled.sweeps = sweeps[k];
    trial[1].recalled.end = EG_ATTRACTOR_SPURIOUS;
    struct eg_trials_summary s;
    eg_trials_summary(&t, &s);
    assert_int_equal(s.done, 3);
    assert_int_equal(s.class[EG_ATTRACTOR_TARGET], 2);
    assert_int_equal(s.class[EG_ATTRACTOR_SPURIOUS], 1);
    check_close(s.sweeps, 5, 1e-15, 0);
    check_close(s.sweeps_error, sqrt(26.0 / 2 / 3), 1e-14, 0); /* 9 + 1 + 16 */
}

static void frames_without_room_keep_the_first_and_the_newest(void **state)
{
    (void) state;
    struct eg_frames f = {.room = 3};
    for (int8_t sweep = 0; sweep < 7; sweep++) {
        const int8_t spins[2] = {sweep, (int8_t) -sweep};
        assert_int_equal(eg_frames_add(&f, (size_t) sweep, spins, sizeof spins, NULL, 0), EG_OK);
        assert_int_equal(f.cut, sweep > 2);
    }
    const int8_t want[6] = {0, 0, 1, -1, 6, -6};
    assert_int_equal(f.n, 3);
    assert_int_equal(f.sweep[2], 6);
    assert_memory_equal(f.states, want, sizeof want);
    free(f.sweep);
    free(f.states);
}

/* --- the file --- */

static void write_file(struct lab *lab, const struct eg_trials *t, struct eg_run **run)
{
    struct eg_message message = {{0}};
    if (eg_run_create(run, lab->path, NULL, EG_RUN_FORCE, &message)
        || eg_recall_put(*run, t, &message))
        fail_msg("%s", message.text);
}

static void an_interrupted_file_gives_back_the_trials_it_has(void **state)
{
    struct lab *lab = *state;
    struct eg_trials whole, part, again;
    struct eg_message message = {{0}};
    struct eg_run *run;
    const char *const yaml[] = {spins_yaml, real_yaml};
    for (size_t i = 0; i < 2; i++) {
        open_lab(lab, yaml[i]);
        all(lab, &whole, 1);
        all(lab, &part, 1);
        for (size_t k = 1; k < part.n; k += 3)
            part.trial[k].done = 0;
        write_file(lab, &part, &run);
        assert_true(eg_run_exists(run, "/hopfield/done"));
        assert_int_equal(eg_trials_init(&again, &lab->w, &message), EG_OK);
        assert_int_equal(eg_recall_get(run, &again, &message), EG_OK);
        size_t there = 0;
        for (size_t k = 0; k < again.n; k++) {
            /* Those whose states are kept are done anew. */
            assert_int_equal(again.trial[k].done, k % 3 != 1 && k >= whole.kept);
            there += again.trial[k].done != 0;
        }
        assert_int_equal(again.done, there);
        assert_int_equal(eg_trials_run(&again, &lab->w, 0, &message), EG_OK);
        check_same(&whole, &again);
        assert_int_equal(eg_recall_put(run, &again, &message), EG_OK);
        assert_false(eg_run_exists(run, "/hopfield/done"));
        eg_run_close(&run);
        eg_trials_free(&whole);
        eg_trials_free(&part);
        eg_trials_free(&again);
        eg_workplace_free(&lab->w);
        eg_associative_free(&lab->a);
    }
}

static void a_file_of_other_trials_is_refused(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    struct eg_message message = {{0}};
    struct eg_run *run;
    open_lab(lab, spins_yaml);
    all(lab, &t, 1);
    for (size_t k = 3; k < t.n; k++)
        t.trial[k].done = k > 9;
    t.trial[12].recalled.target = 9; /* there are 0 to 8 */
    write_file(lab, &t, &run);
    eg_trials_free(&t);
    assert_int_equal(eg_trials_init(&t, &lab->w, &message), EG_OK);
    assert_int_equal(eg_recall_get(run, &t, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "trial 12 is 9"));
    eg_run_close(&run);
    eg_trials_free(&t);
}

static void count_problem(void *context, const char *sentence)
{
    if (strstr(sentence, "/hopfield")) {
        print_error("%s\n", sentence);
        ++*(size_t *) context;
    }
}

static void the_file_has_states_that_stay_after_rest(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    struct eg_message message = {{0}};
    struct eg_run *run;
    struct eg_run_shape shape;
    open_lab(lab, spins_yaml);
    all(lab, &t, 2);
    write_file(lab, &t, &run);
    const size_t longest = eg_trials_longest(&t), sites = 60;
    assert_int_equal(eg_run_shape(run, "/hopfield/states", &shape, &message), EG_OK);
    assert_true(shape.rank == 3 && shape.dims[0] == 3 && shape.dims[1] == longest
                && shape.dims[2] == sites);
    uint8_t *states = calloc(shape.count, 1);
    double *energy = calloc(t.n * longest, sizeof *energy);
    assert_true(states && energy);
    assert_int_equal(
        eg_run_get(run, "/hopfield/states", EG_RUN_UINT8, states, shape.count, &message), EG_OK);
    assert_int_equal(
        eg_run_get(run, "/hopfield/energy", EG_RUN_FLOAT64, energy, t.n * longest, &message),
        EG_OK);
    for (size_t k = 0; k < t.n; k++)
        for (size_t sweep = 0; sweep < longest; sweep++) {
            const struct eg_trial *trial = &t.trial[k];
            if (sweep < trial->traced)
                check_close(energy[k * longest + sweep], trial->trace[sweep * EG_TRACES], 0, 0);
            else
                assert_true(isnan(energy[k * longest + sweep]));
            if (k >= 3)
                continue;
            const size_t frame = sweep < trial->traced ? sweep : trial->traced - 1;
            for (size_t i = 0; i < sites; i++)
                assert_int_equal(states[(k * longest + sweep) * sites + i],
                                 ((const int8_t *) trial->frames.states)[frame * sites + i] > 0);
        }
    free(states);
    free(energy);
    eg_run_close(&run);
    eg_trials_free(&t);
}

static void weights_on_the_patterns_sum_to_one(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    struct eg_message message = {{0}};
    struct eg_run *run;
    struct eg_run_shape shape;
    open_lab(lab, real_yaml);
    all(lab, &t, 2);
    write_file(lab, &t, &run);
    assert_int_equal(eg_run_shape(run, "/hopfield/weights", &shape, &message), EG_OK);
    assert_true(shape.dims[0] == 2 && shape.dims[2] == 5);
    double *weights = calloc(shape.count, sizeof *weights);
    assert_non_null(weights);
    assert_int_equal(
        eg_run_get(run, "/hopfield/weights", EG_RUN_FLOAT64, weights, shape.count, &message),
        EG_OK);
    for (size_t row = 0; row < shape.count / 5; row++) {
        double sum = 0;
        for (size_t mu = 0; mu < 5; mu++)
            sum += weights[row * 5 + mu];
        check_close(sum, 1, 0, 1e-12);
    }
    free(weights);
    eg_run_close(&run);
    eg_trials_free(&t);
}

static void what_would_be_too_large_is_left_out_and_named(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    struct eg_message message = {{0}};
    open_lab(lab, spins_yaml);
    /* 10^6 trials of 9 patterns: 72 MB of overlaps. */
    lab->a.recall.trials = 1000000;
    assert_int_equal(eg_trials_init(&t, &lab->w, &message), EG_OK);
    assert_null(t.overlaps);
    assert_non_null(strstr(t.note, "overlaps"));
    assert_int_equal(t.trace_most, 8);
    assert_int_equal(t.kept, 3);
    eg_trials_free(&t);
    /* Two states of 60 sites for 3 * 10^6 trials: 360 MB. */
    lab->a.recall.trials = lab->a.recall.keep = 3000000;
    assert_int_equal(eg_trials_init(&t, &lab->w, &message), EG_OK);
    assert_int_equal(t.kept, 0);
    assert_non_null(strstr(t.note, "states"));
    eg_trials_free(&t);
}

static void the_dynamics_is_a_sentence(void **state)
{
    (void) state;
    static const struct eg_associative_type spins = {.name = "x"};
    struct eg_associative a = {.type = &spins, .dynamics = {.sweeps_max = 50}};
    char text[256];
    eg_recall_dynamics(text, sizeof text, &a);
    assert_string_equal(text, "asynchronous, sites in an order drawn anew for each sweep, ties "
                              "keep, to rest, at most 50 sweeps");
    a.dynamics = (struct eg_dynamics_options){.update = EG_UPDATE_GLAUBER,
                                              .order = EG_ORDER_FIXED,
                                              .anneal = EG_ANNEAL_LINEAR,
                                              .quench = 1,
                                              .temperature = 2,
                                              .temperature_end = 0.5,
                                              .sweeps_max = 50};
    eg_recall_dynamics(text, sizeof text, &a);
    assert_string_equal(text, "Glauber, sites in fixed order, T = 2 to 0.5, linearly, 50 sweeps, "
                              "then to rest at T = 0");
}

static void the_group_is_whole(void **state)
{
    struct lab *lab = *state;
    struct eg_trials t;
    struct eg_message message = {{0}};
    struct eg_run *run;
    size_t problems, here = 0;
    open_lab(lab, spins_yaml);
    all(lab, &t, 1);
    write_file(lab, &t, &run);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", "done", &message), EG_OK);
    assert_int_equal(eg_run_save(run, 0, &message), EG_OK);
    eg_run_close(&run);
    eg_trials_free(&t);
    /* Of what every run file has, this one has nothing. */
    assert_int_equal(eg_run_check(lab->path, count_problem, &here, &problems, &message), EG_OK);
    assert_int_equal(here, 0);
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spins_in_ascii_are_a_character_each),
        cmocka_unit_test(half_blocks_show_two_rows_in_a_line),
        cmocka_unit_test(places_without_a_site_are_blank),
        cmocka_unit_test(real_numbers_have_five_levels),
        cmocka_unit_test(a_nan_among_spins_is_seen),
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(a_strip_says_when_it_is_cut),
        cmocka_unit_test(what_is_picked_is_spread_evenly_and_has_both_ends),
        cmocka_unit_test(patterns_without_a_shape_are_shown_nearly_square),
        cmocka_unit_test(the_terminal_is_what_the_environment_says),
        cmocka_unit_test(the_summary_counts_what_is_there),
        cmocka_unit_test(frames_without_room_keep_the_first_and_the_newest),
        cmocka_unit_test(the_dynamics_is_a_sentence),
        cmocka_unit_test_setup_teardown(trials_are_the_same_at_any_number_of_threads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(traces_begin_at_the_cue_and_end_where_the_recall_does,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_file_gives_back_the_trials_it_has, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_other_trials_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_file_has_states_that_stay_after_rest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(weights_on_the_patterns_sum_to_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_would_be_too_large_is_left_out_and_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_group_is_whole, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
