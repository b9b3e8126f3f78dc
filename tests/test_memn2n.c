/* End-to-end memory networks: numbers computed in NumPy (tests/independent/memn2n_numpy.py), the
 * gradient of the whole network, and what must not change an answer. */
#include <stdio.h>

#include "models/model.h"
#include "tensor/loss.h"

#ifdef EG_DOUBLE
#include "tests/gradcheck.h"
#endif
#include "tests/check.h"
#include "tests/fixture.h"
#include "tests/story_block.h"

/* From memn2n_numpy.py. */
/* clang-format off */
static const double paper_logits[6] = {
    -0.3236983385039, -0.4415708756425, -0.4441028836865, 0.1507391101958,
    0.04533584567273, -0.07190936929429,
};
static const double paper_weights[6] = {
    0.5613334189569, 0.4386665810431, 0.704825738911, 0.295174261089,
    0.4866136883724, 0.5133863116276,
};
static const double code_logits[6] = {
    0.3331825814635, 0.3439698227133, 0.2649104197826, -0.4032376113283,
    -0.2989232575763, -0.1165286485597,
};
static const double code_weights[4] = {
    0.1983399511815, 0.3236941436229, 0.3437099753947, 0.2014895365939,
};
static const double linear_logits[18] = {
    3.949497219079, -5.18519540201, -7.869274126235, -0.7636255400372,
    7.292007210432, 6.276058390529, -2.547586443258, -8.201920336907,
    -3.652700226453, -0.06738169683203, -0.04809659471024, 0.03102281223051,
    0.07154845978924, 0.02306463842094, -0.05411261985556, -0.06397137023152,
    0.005753111618826, 0.06832046651804,
};
static const double linear_weights[4] = {
    0.6401041441223, 0.3867026477633, 0.05122234888265, 0.1188962862142,
};
static const double layers_logits[6] = {
    0.4910301643775, 0.3985482630507, 0.2019635549816, 0.03468724726741,
    -0.0614640921593, -0.1415607022073,
};
static const double layers_weights[6] = {
    0.527491736545, 0.472508263455, 0.4749610442238, 0.5250389557762,
    0.5021316509985, 0.4978683490015,
};
static const double text_logits[36] = {
    -0.01594118306178, 0.02389678936128, 0.05749280045801, 0.07607140350147,
    0.07477977412512, 0.05395529240515, 0.01903741749114, -0.02085312642608,
    -0.0552967290527, -0.1568176651361, 0.001315323090976, 0.1591047423247,
    0.2753352042687, 0.3196467288677, 0.2804649234834, 0.1680242723476,
    0.01169483791036, -0.147689346889, -0.08663804115731, 0.05108880303711,
    0.1754709954482, 0.2540192831066, 0.2662164590184, 0.2088765596143,
    0.09697705442477, -0.04025334413751, -0.1669693671674, -0.1244777284682,
    0.04334944376536, 0.1998535237036, 0.3041548601255, 0.3290094204381,
    0.2679250687351, 0.1368573442822, -0.0299582054254, -0.1889485215066,
};
static const double text_weights[6] = {
    0.3329112663882, 0.3397921314968, 0.327296602115, 0.2968818833397,
    0.4355163972621, 0.2676017193982,
};
static const double text_words_logits[36] = {
    -0.003869592320668, -0.03514398228139, -0.05723858767201, -0.06438218666504,
    -0.05470883534763, -0.03074526163734, 0.001249128732326, 0.03291724040735,
    0.05598720366646, -0.3017669843487, -0.3852158978129, -0.3680444852541,
    -0.2547380058211, -0.07489268066113, 0.1245149885964, 0.2913987178545,
    0.3821676393912, 0.3731124553048, -0.2201699372756, -0.2872149663554,
    -0.279238004605, -0.1983226744723, -0.06560446632641, 0.08424995771248,
    0.212097869921, 0.2845447539233, 0.2826671199852, -0.3049546712384,
    -0.3407095083695, -0.2874693117912, -0.1591406880783, 0.01075628213567,
    0.1778436574668, 0.2984773768168, 0.3411473071947, 0.2947078486125,
};
static const double text_words_weights[6] = {
    0.3402068909414, 0.3351355614906, 0.3246575475679, 0.4282729667908,
    0.2205421494118, 0.3511848837974,
};
/* clang-format on */

enum { SYMBOLS = 9, PLACES_MAX = 64 };

struct net {
    struct eg_arena *arena;
    struct eg_model model;
    void *options;
    real *params;
};

static void open_net(struct net *n, const char *settings, const struct eg_model_size *size)
{
    struct eg_message message = {""};
    const struct eg_model_type *type = &eg_model_memn2n;
    n->arena = new_arena();
    n->options = new_options(type->options, type->options_size, settings);
    const struct eg_model_config config = {.options = n->options};
    const int ret = eg_model_init(&n->model, n->arena, type, &config, size, &message);
    if (ret)
        print_error("%s: %s\n", settings, message.text);
    assert_int_equal(ret, EG_OK);
    n->params = calloc(n->model.params.size, sizeof *n->params);
    assert_non_null(n->params);
    for (size_t t = 0; t < n->model.params.count; t++) {
        const struct eg_param_row *row = &n->model.params.rows[t];
        for (size_t i = 0; i < row->rows * row->cols; i++)
            n->params[row->offset + i] =
                (real) (0.5 * sin(1.7 * (double) (i + 1) + 2.3 * (double) t));
    }
}

static void close_net(struct net *n)
{
    free(n->options);
    free(n->params);
    eg_arena_free(&n->arena);
}

static const char *const story[] = {"1 2 3. 4 5. 6. 7 8 0 1. 2 2. 3 4 5?", "5 6. 1. 0 7?"};
static const char *const text[] = {"3! 1! 4! 1! 5! 8! 2! 6!"};

static const struct eg_model_size story_size = {
    .inputs = EG_COLUMNS, .outputs = 3, .symbols = SYMBOLS, .sentences_max = 5, .words_max = 4};
static const struct eg_model_size word_size = {.inputs = EG_COLUMNS,
                                               .outputs = SYMBOLS,
                                               .symbols = SYMBOLS,
                                               .sentences_max = 5,
                                               .words_max = 4};
static const struct eg_model_size text_size = {.inputs = EG_COLUMNS,
                                               .outputs = SYMBOLS,
                                               .symbols = SYMBOLS,
                                               .sentences_max = 8,
                                               .words_max = 1};

/* What was observed of one sequence at its last answer. */
struct seen {
    const struct net *net;
    size_t row, times;
    real attention[64], empty[8], first, statements, state[64];
};

static void look(void *context, long step, size_t rows, const void *shown)
{
    struct seen *seen = context;
    const struct eg_model_type *type = &eg_model_memn2n;
    assert_true(step >= 0);
    if (seen->row >= rows)
        return;
    real *to[] = {seen->attention, seen->empty, &seen->first, &seen->statements, seen->state};
    struct eg_model_part part;
    assert_true(type->part(seen->net->model.state, 0, &part));
    for (size_t i = 0; part.fields[i].name; i++)
        type->copy(shown, 0, 0, part.fields[i].id, seen->row, to[i]);
    seen->times++;
}

/* The logits of a block, on the arena of the net. */
static struct eg_var *answers(const struct net *n, const struct story_block *s, int all_steps,
                              struct seen *seen)
{
    struct eg_tape tape;
    struct eg_var *logits;
    eg_tape_begin(&tape, n->arena, eg_kernels_best(), n->params, NULL);
    assert_int_equal(
        eg_model_run(&n->model, &tape, &s->block, all_steps, seen ? look : NULL, seen, &logits),
        EG_OK);
    return logits;
}

static const double tolerance = sizeof(real) == 8 ? 1e-11 : 2e-5;

/* Logits of the first story, then of the second, which comes first in the block. */
static void check_story(const char *settings, const struct eg_model_size *size,
                        const double *logits, const double *weights, int linear)
{
    struct net n;
    struct story_block *s = malloc(sizeof *s);
    open_net(&n, settings, size);
    make_stories(s, story, 2, size->outputs);
    s->block.seen = linear ? 99 : EG_SEEN_ALL;
    struct seen seen = {.net = &n, .row = 1};
    const struct eg_var *z = answers(&n, s, 0, &seen);
    assert_int_equal(z->rows, 3);
    check_all_close(eg_row(z, 2), logits, size->outputs, tolerance, tolerance);
    check_all_close(eg_row(z, 1), logits + size->outputs, size->outputs, tolerance, tolerance);
    for (size_t c = 0; c < size->outputs; c++)
        assert_true(eg_row(z, 0)[c] == 0); /* not asked */
    const size_t hops = n.model.type->extent(n.model.state, 0, 'K');
    const size_t slots = n.model.type->extent(n.model.state, 0, 'N');
    assert_int_equal(seen.times, 1);
    check_close(seen.statements, 2, 0, 0);
    check_close(seen.first, 0, 0, 0);
    for (size_t k = 0; k < hops; k++) {
        check_all_close(seen.attention + k * slots, weights + 2 * k, 2, tolerance, tolerance);
        for (size_t i = 2; i < slots; i++)
            assert_true(seen.attention[k * slots + i] == 0);
    }
    free(s);
    close_net(&n);
}

static void stories_are_answered_as_numpy_answers_them(void **state)
{
    (void) state;
    check_story("dimension=4", &story_size, paper_logits, paper_weights, 0);
    check_story("dimension=4 hops=2 memory=4 encoding=position-code temporal=word fill=true",
                &story_size, code_logits, code_weights, 0);
    check_story("dimension=3 hops=2 encoding=bag temporal=none linear_start=100", &word_size,
                linear_logits, linear_weights, 1);
    check_story("dimension=4 temporal=word tying=layer-wise rectified=0.5", &story_size,
                layers_logits, layers_weights, 0);
}

/* Every step is asked, so that sentences are shared. */
static void texts_are_answered_as_numpy_answers_them(void **state)
{
    (void) state;
    const char *const settings[] = {"dimension=4 hops=2 memory=3 encoding=bag tying=layer-wise "
                                    "rectified=0.5 query_value=0.1",
                                    "dimension=4 hops=2 memory=3 encoding=position-code "
                                    "temporal=word query_value=0.1"};
    const double *const logits[] = {text_logits, text_words_logits};
    const double *const weights[] = {text_weights, text_words_weights};
    for (size_t i = 0; i < 2; i++) {
        struct net n;
        struct story_block *s = malloc(sizeof *s);
        open_net(&n, settings[i], &text_size);
        make_stories(s, text, 1, SYMBOLS);
        struct seen seen = {.net = &n};
        const struct eg_var *z = answers(&n, s, 0, &seen);
        assert_int_equal(z->rows, 8);
        check_all_close(eg_row(z, 4), logits[i], 36, tolerance, tolerance);
        check_all_close(seen.attention, weights[i], 6, tolerance, tolerance);
        assert_int_equal(seen.times, 8);
        check_close(seen.first, 5, 0, 0);
        free(s);
        close_net(&n);
    }
}

/* Combinations worth telling apart; a text where `size` is that of one. */
static const struct {
    const char *settings;
    const struct eg_model_size *size;
    int training;
} nets[] = {
    {"dimension=3", &story_size, 0},
    {"dimension=3 hops=1 encoding=bag temporal=none", &word_size, 0},
    {"dimension=3 hops=2 encoding=position-code temporal=word fill=true", &word_size, 0},
    {"dimension=3 hops=2 temporal=word tying=layer-wise memory=3", &story_size, 0},
    {"dimension=3 hops=3 tying=layer-wise projection=each fill=true", &story_size, 0},
    {"dimension=4 hops=2 projection=shared rectified=0.5", &story_size, 0},
    {"dimension=4 hops=2 tying=layer-wise projection=none rectified=1 query_value=0.3", &story_size,
     0},
    {"dimension=3 noise=empty noise_fraction=0.5 linear_start=1000000", &story_size, 1},
    {"dimension=3 noise=empty noise_fraction=0.5 fill=true", &story_size, 1},
    {"dimension=3 noise=age noise_fraction=0.9 temporal=word", &story_size, 1},
    {"dimension=3 hops=2 memory=3 tying=layer-wise query_value=0.1 rectified=0.5", &text_size, 0},
    {"dimension=3 hops=2 memory=3 temporal=word encoding=position-code query_value=0.1 fill=true",
     &text_size, 0},
    {"dimension=3 hops=2 memory=4 temporal=none query_value=0.1", &text_size, 0},
    {"dimension=3 hops=2 memory=3 noise=age noise_fraction=0.9 query_value=0.1", &text_size, 1},
};
enum { NETS = sizeof nets / sizeof nets[0] };

static const char *const longer[] = {"1 2 3. 4 5. 6. 7 8 0 1. 2 2. 3 4 5?",
                                     "3 3 2. 6 7. 1 4. 0 7. 8 1?", "8. 2 4. 5?", "2?"};
static const char *const texts[] = {"3! 1! 4! 1! 5! 8! 2! 6!", "1. 4. 2! 5! 7. 5!", "0! 3!"};

static size_t texts_of(size_t i, const char *const **out)
{
    *out = nets[i].size == &text_size ? texts : longer;
    return nets[i].size == &text_size ? 3 : 4;
}

static void make_block(struct story_block *s, size_t i, const char *const *list, size_t count)
{
    make_stories(s, list, count, nets[i].size->outputs);
    s->block.training = nets[i].training;
    if (nets[i].training)
        s->block.seen = 5;
}

/* What is asked at some step alone, and with others. */
static void a_sequence_is_answered_alike_alone_and_in_a_block(void **state)
{
    (void) state;
    for (size_t i = 0; i < NETS; i++) {
        struct net n;
        const char *const *list;
        const size_t count = texts_of(i, &list);
        struct story_block *s = malloc(sizeof *s), *one = malloc(sizeof *one);
        open_net(&n, nets[i].settings, nets[i].size);
        make_block(s, i, list, count);
        const struct eg_var *all = answers(&n, s, 1, NULL);
        assert_int_equal(all->rows, s->block.total);
        for (size_t b = 0; b < count; b++) {
            make_block(one, i, list + b, 1);
            one->keys[0] = s->keys[b];
            const struct eg_var *z = answers(&n, one, 1, NULL);
            for (size_t t = 0; t < one->block.steps; t++)
                for (size_t c = 0; c < nets[i].size->outputs; c++)
                    check_close(eg_row(z, t)[c], eg_row(all, s->from[t] + b)[c], tolerance,
                                tolerance);
        }
        /* And the steps that ask, without the others. */
        const struct eg_var *some = answers(&n, s, 0, NULL);
        size_t at = 0;
        for (size_t t = 0; t < s->block.steps; t++)
            for (size_t b = 0; b < s->rows[t] && s->asked[t]; b++, at++)
                for (size_t c = 0; c < nets[i].size->outputs; c++)
                    assert_true(eg_row(some, at)[c] == eg_row(all, s->from[t] + b)[c]);
        assert_int_equal(at, some->rows);
        free(s);
        free(one);
        close_net(&n);
    }
}

static void without_ages_the_order_of_statements_does_not_matter(void **state)
{
    (void) state;
    static const char *const other[] = {"7 8 0 1. 2 2. 1 2 3. 6. 4 5. 3 4 5?"};
    for (int aged = 0; aged < 2; aged++) {
        struct net n;
        struct story_block *s = malloc(sizeof *s);
        open_net(&n, aged ? "dimension=4 temporal=table" : "dimension=4 temporal=none",
                 &story_size);
        make_stories(s, story, 1, 3);
        const struct eg_var *a = answers(&n, s, 0, NULL);
        make_stories(s, other, 1, 3);
        const struct eg_var *b = answers(&n, s, 0, NULL);
        double moved = 0;
        for (size_t c = 0; c < 3; c++)
            moved = fmax(moved, fabs((double) a->x[c] - (double) b->x[c]));
        assert_true(aged ? moved > 0.01 : moved < tolerance);
        free(s);
        close_net(&n);
    }
}

static void the_order_of_words_matters_with_position_encoding_only(void **state)
{
    (void) state;
    static const char *const other[] = {"3 1 2. 5 4. 6. 8 0 7 1. 2 2. 5 4 3?"};
    static const char *const settings[] = {"encoding=bag", "encoding=position",
                                           "encoding=position-code"};
    for (size_t i = 0; i < 3; i++) {
        struct net n;
        struct story_block *s = malloc(sizeof *s);
        open_net(&n, settings[i], &story_size);
        make_stories(s, story, 1, 3);
        const struct eg_var *a = answers(&n, s, 0, NULL);
        make_stories(s, other, 1, 3);
        const struct eg_var *b = answers(&n, s, 0, NULL);
        double moved = 0;
        for (size_t c = 0; c < 3; c++)
            moved = fmax(moved, fabs((double) a->x[c] - (double) b->x[c]));
        assert_true(i ? moved > 0.001 : moved < tolerance);
        free(s);
        close_net(&n);
    }
}

static void attention_and_what_empty_slots_get_sum_to_one(void **state)
{
    (void) state;
    for (int fill = 0; fill < 2; fill++) {
        struct net n;
        struct story_block *s = malloc(sizeof *s);
        open_net(&n, fill ? "dimension=4 fill=true" : "dimension=4", &story_size);
        make_stories(s, story, 2, 3);
        struct seen seen = {.net = &n, .row = 1};
        (void) answers(&n, s, 0, &seen);
        for (size_t k = 0; k < 3; k++) {
            double sum = 0;
            for (size_t i = 0; i < 5; i++)
                sum += (double) seen.attention[5 * k + i];
            check_close(sum + (double) seen.empty[k], 1, 1e-6, 0);
            assert_true(fill ? seen.empty[k] > (real) 0.1 : seen.empty[k] == 0);
        }
        free(s);
        close_net(&n);
    }
}

static void noise_is_of_training_and_of_the_key_alone(void **state)
{
    (void) state;
    struct net n;
    struct story_block *s = malloc(sizeof *s);
    open_net(&n, "dimension=4 noise=empty noise_fraction=0.5", &story_size);
    make_stories(s, story, 1, 3);
    const struct eg_var *quiet = answers(&n, s, 0, NULL);
    s->block.training = 1;
    const struct eg_var *noisy = answers(&n, s, 0, NULL), *again = answers(&n, s, 0, NULL);
    int changed = 0;
    for (size_t c = 0; c < 3; c++) {
        assert_true(noisy->x[c] == again->x[c]);
        changed |= noisy->x[c] != quiet->x[c];
    }
    assert_true(changed);
    free(s);
    close_net(&n);
}

/* Answers that are words share their rows; others have rows of their own. */
/* Columns: the answers h, x, a; with the vocabulary then the words that are none, b to g and i. */
static void answers_are_rows_and_other_words_come_behind_them(void **state)
{
    (void) state;
    static const char *const words[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    static const char *const answer_words[] = {"h", "x", "a"};
    static const struct {
        const char *settings, *param;
        size_t rows, columns, at[10];
    } cases[] = {
        {"dimension=4 hops=2 temporal=none", "memory/embedding2", SYMBOLS + 1, 3, {7, 9, 0}},
        {"dimension=4 hops=2 temporal=none answers=vocabulary",
         "memory/embedding2",
         SYMBOLS + 1,
         10,
         {7, 9, 0, 1, 2, 3, 4, 5, 6, 8}},
        {"dimension=4 hops=2 temporal=none answers=vocabulary tying=layer-wise",
         "answer/weight",
         10,
         10,
         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}};
    struct eg_model_size size = story_size;
    size.symbol_words = words;
    size.class_words = answer_words;
    for (size_t i = 0; i < 3; i++) {
        struct net n;
        struct story_block *s = malloc(sizeof *s);
        struct seen seen = {.net = &n};
        open_net(&n, cases[i].settings, &size);
        const struct eg_param_row *row = eg_params_find(&n.model.params, cases[i].param);
        assert_non_null(row);
        assert_int_equal(row->rows, cases[i].rows);
        make_stories(s, story, 1, 3);
        const struct eg_var *z = answers(&n, s, 0, &seen);
        assert_int_equal(z->cols, cases[i].columns);
        for (size_t c = 0; c < z->cols; c++) {
            double dot = 0;
            for (size_t k = 0; k < 4; k++)
                dot += (double) seen.state[4 + k]
                       * (double) n.params[row->offset + cases[i].at[c] * 4 + k];
            check_close(z->x[c], dot, 1e-5, 1e-6);
        }
        free(s);
        close_net(&n);
    }
    /* Where the answers are all words there are no others. */
    struct net n;
    open_net(&n, "dimension=4 hops=2 temporal=none answers=vocabulary", &word_size);
    assert_int_equal(eg_params_find(&n.model.params, "memory/embedding2")->rows, SYMBOLS);
    close_net(&n);
}

static void a_task_of_numbers_is_refused(void **state)
{
    (void) state;
    struct eg_message message = {""};
    struct eg_model model;
    struct eg_arena *arena = new_arena();
    void *options = new_options(eg_model_memn2n.options, eg_model_memn2n.options_size, "");
    const struct eg_model_config config = {.options = options};
    const struct eg_model_size size = {.inputs = 3, .outputs = 2};
    assert_int_equal(eg_model_init(&model, arena, &eg_model_memn2n, &config, &size, &message),
                     EG_ERR_RANGE);
    assert_non_null(strstr(message.text, "model.type"));
    free(options);
    eg_arena_free(&arena);
}

static void every_allocation_may_fail(void **state)
{
    (void) state;
    for (size_t i = 0; i < NETS; i++) {
        struct net n;
        const char *const *list;
        const size_t count = texts_of(i, &list);
        struct story_block *s = malloc(sizeof *s);
        real *grads = NULL;
        open_net(&n, nets[i].settings, nets[i].size);
        grads = calloc(n.model.params.size, sizeof *grads);
        make_block(s, i, list, count);
        struct eg_arena *arena = new_arena();
        size_t pieces = 0;
        for (int ret = EG_ERR_NOMEM; ret; pieces++) {
            struct eg_tape tape;
            struct eg_var *logits;
            eg_arena_rewind(arena, (struct eg_arena_mark){0});
            eg_tape_begin(&tape, arena, eg_kernels_best(), n.params, grads);
            eg_arena_fail_after(arena, pieces);
            ret = eg_model_run(&n.model, &tape, &s->block, 0, NULL, NULL, &logits);
            assert_true(ret == EG_OK || (ret == EG_ERR_NOMEM && !logits));
            assert_true(pieces < 2000);
        }
        assert_true(pieces > 20);
        eg_arena_free(&arena);
        free(grads);
        free(s);
        close_net(&n);
    }
}

#ifdef EG_DOUBLE

/* Classes of the rows that are asked, and their masks; the loss of a block. */
static struct eg_var *loss_of(struct eg_tape *tape, const struct net *n,
                              const struct story_block *s)
{
    struct eg_var *logits;
    if (eg_model_run(&n->model, tape, &s->block, 0, NULL, NULL, &logits))
        return NULL;
    int *classes = eg_arena_take(tape->arena, logits->rows * sizeof *classes);
    real *mask = eg_arena_take(tape->arena, logits->rows * sizeof *mask);
    if (!classes || !mask)
        return NULL;
    size_t at = 0;
    for (size_t t = 0; t < s->block.steps; t++)
        for (size_t r = 0; r < s->rows[t] && s->asked[t]; r++, at++) {
            classes[at] = (int) s->target[s->from[t] + r];
            mask[at] = s->mask[s->from[t] + r];
        }
    return eg_softmax_loss(tape, logits, classes, mask, 1);
}

struct problem {
    const struct net *net;
    const struct story_block *block;
};

static struct eg_var *build(struct eg_tape *tape, struct eg_var *x, const void *context)
{
    (void) x;
    const struct problem *p = context;
    return loss_of(tape, p->net, p->block);
}

static void gradients_are_derivatives(void **state)
{
    (void) state;
    for (size_t i = 0; i < NETS; i++) {
        struct net n;
        const char *const *list;
        const size_t count = texts_of(i, &list);
        struct story_block *s = malloc(sizeof *s);
        open_net(&n, nets[i].settings, nets[i].size);
        make_block(s, i, list, count);
        const struct problem problem = {.net = &n, .block = s};
        const struct grad_case net = {.name = nets[i].settings,
                                      .build = build,
                                      .context = &problem,
                                      .params = &n.model.params,
                                      .spread = 0.5};
        check_grad_seeds(&net, 3);
        free(s);
        close_net(&n);
    }
}

#endif

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_are_answered_as_numpy_answers_them),
        cmocka_unit_test(texts_are_answered_as_numpy_answers_them),
        cmocka_unit_test(a_sequence_is_answered_alike_alone_and_in_a_block),
        cmocka_unit_test(without_ages_the_order_of_statements_does_not_matter),
        cmocka_unit_test(the_order_of_words_matters_with_position_encoding_only),
        cmocka_unit_test(attention_and_what_empty_slots_get_sum_to_one),
        cmocka_unit_test(noise_is_of_training_and_of_the_key_alone),
        cmocka_unit_test(answers_are_rows_and_other_words_come_behind_them),
        cmocka_unit_test(a_task_of_numbers_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
#ifdef EG_DOUBLE
        cmocka_unit_test(gradients_are_derivatives),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
