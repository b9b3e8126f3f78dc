/* models/memn2n.c -- an end-to-end memory network.
 *
 *     u^1     = sum_j l_j o B q_j                               the question
 *     m_i     = sum_j l_j o A^k x_ij + T_A(i)
 *     c_i     = sum_j l_j o C^k x_ij + T_C(i)
 *     p       = softmax(u^k . m_i)        o^k = sum_i p_i c_i   a hop
 *     u^{k+1} = u^k + o^k                 or H u^k + o^k
 *     logits  = W u^{K+1}
 *
 * Source  Sukhbaatar, Szlam, Weston & Fergus 2015 (arXiv:1503.08895), sec. 2-5; what the authors'
 *         code (facebookarchive/MemNN) does in another way is an option, named so below.
 *         docs/equations.md, part S.
 *
 * Adjacent tying: A^{k+1} = C^k, B = A^1, W^T = C^K: K + 1 embeddings.  An answer that is no word
 * of the vocabulary has a row of its own in the last.  Layer-wise tying: A, B, C and W are four
 * matrices, A and C the same in all hops. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "memory/hop.h"
#include "memory/sentences.h"
#include "models/model.h"
#include "tensor/activate.h"
#include "tensor/linear.h"
#include "tensor/pointwise.h"

enum { HOPS_MAX = 64 };
enum tying { ADJACENT, LAYER_WISE };
enum answers { ANSWERS_CLASSES, ANSWERS_VOCABULARY };
enum projection { PROJECTION_AUTO, PROJECTION_NONE, PROJECTION_SHARED, PROJECTION_EACH };

struct options {
    long dimension, hops, memory, linear_start;
    int encoding, temporal, tying, projection, noise, fill, answers;
    double noise_fraction, rectified, init, query_value;
};

static const char *const encodings[] = {"bag", "position", "position-code", NULL};
static const char *const temporals[] = {"none", "table", "word", NULL};
static const char *const tyings[] = {"adjacent", "layer-wise", NULL};
static const char *const projections[] = {"auto", "none", "shared", "each", NULL};
static const char *const answer_names[] = {"classes", "vocabulary", NULL};
static const char *const noises[] = {"none", "empty", "age", NULL};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    /* key          unit        help                                               field            type */
    {"dimension",   "number",   "numbers in a state and in an embedding, d",       AT(dimension),   EG_OPT_INT,    20, 1, 65536, NULL, NULL},
    {"hops",        "hop",      "hops, K",                                         AT(hops),        EG_OPT_INT,    3,  1, HOPS_MAX, NULL, NULL},
    {"memory",      "sentence", "statements remembered, the last before a question; fewer where the data have no more",
                                                                                   AT(memory),      EG_OPT_INT,    50, 1, 1048576, NULL, NULL},
    {"encoding",    "",         "how words make up a sentence: their sum, or weighted by position as in the paper or in the authors' code",
                                                                                   AT(encoding),    EG_OPT_CHOICE, EG_ENCODING_POSITION, 0, 0, encodings, NULL},
    {"temporal",    "",         "how the age of a statement is told: table, added to its embedding; word, a word more, as in the authors' code",
                                                                                   AT(temporal),    EG_OPT_CHOICE, EG_TEMPORAL_TABLE, 0, 0, temporals, NULL},
    {"tying",       "",         "which embeddings are the same",                   AT(tying),       EG_OPT_CHOICE, ADJACENT, 0, 0, tyings, NULL},
    {"projection",  "",         "matrix H on the state between hops; auto: shared with tying layer-wise, else none",
                                                                                   AT(projection),  EG_OPT_CHOICE, PROJECTION_AUTO, 0, 0, projections, NULL},
    {"rectified",   "1",        "part of the state, its last numbers, that is rectified after each hop",
                                                                                   AT(rectified),   EG_OPT_REAL,   0, 0, 1, NULL, NULL},
    {"fill",        "",         "slots that no statement is in take part in the softmax, as in the authors' code",
                                                                                   AT(fill),        EG_OPT_BOOL,   0, 0, 0, NULL, NULL},
    {"answers",     "",         "what the softmax of the answer is over: the answers of the data, or all words too, as in the authors' code",
                                                                                   AT(answers),     EG_OPT_CHOICE, ANSWERS_CLASSES, 0, 0, answer_names, NULL},
    {"noise",       "",         "in training: empty, empty memories among the statements; age, ages that skip some, as in the authors' code",
                                                                                   AT(noise),       EG_OPT_CHOICE, EG_NOISE_NONE, 0, 0, noises, NULL},
    {"noise_fraction", "1",     "how many, of the statements",                     AT(noise_fraction), EG_OPT_REAL, 0.1, 0, 1, NULL, NULL},
    {"linear_start", "sequence", "training sequences without the softmax of the hops, before it is put in",
                                                                                   AT(linear_start), EG_OPT_INT,   0, 0, 1e15, NULL, NULL},
    {"init",        "1",        "standard deviation of all initial values",        AT(init),        EG_OPT_REAL,   0.1, 0, 1e6, NULL, NULL},
    {"query_value", "1",        "every number of the first state, where there are no questions; 0: the state is the question",
                                                                                   AT(query_value), EG_OPT_REAL,   0, -1e6, 1e6, NULL, NULL},
    EG_OPTION_END,
};

enum field { ATTENTION, EMPTY, FIRST, STATEMENTS, STATE };

static const struct eg_field field_rows[] = {
    {"attention",       "p", "KN", "1", "weight of each statement in memory, the oldest first, in each hop", "S8", ATTENTION, 0},
    {"attention_empty", "p", "K",  "1", "weight of all empty slots in each hop",               "S8",  EMPTY,      0},
    {"first_statement", "",  "",   "1", "number of the first statement in memory, from 0",     "S1",  FIRST,      0},
    {"statements",      "n", "",   "1", "statements in memory",                                "S1",  STATEMENTS, 0},
    {"state",           "u", "KD", "1", "state after each hop",                                "S10", STATE,      0},
    EG_FIELD_END,
};
/* clang-format on */

struct memn2n {
    struct options options;
    struct eg_sentence_rules rules;
    size_t dimension, hops, symbols;
    size_t outputs; /* columns of the logits: answers, then words that are none of them */
    size_t tables;  /* K + 1 embeddings, or A and C                                  */
    struct eg_param embedding[HOPS_MAX + 1], time[HOPS_MAX + 1]; /* time: of a table         */
    struct eg_param question, answer, projection[HOPS_MAX];
    size_t projections;
    const uint32_t *class_symbol; /* row of the last embedding that each answer is; NULL: c  */
    struct eg_segment segments[2];
    size_t segment_count;
};

/* What fields are copied from. */
struct shown {
    const struct memn2n *model;
    const struct eg_sentences *sentences;
    const real *p[HOPS_MAX];
    const struct eg_var *u[HOPS_MAX + 1];
    size_t place; /* of the first row of the step */
};

static int declared(struct eg_params *params, const char *group, const struct memn2n *s,
                    struct eg_param_row *row, const char *symbol, size_t number, int numbered,
                    struct eg_param *out)
{
    char name[64], text[64];
    snprintf(name, sizeof name, numbered ? "%s%zu" : "%s", row->name, number);
    snprintf(text, sizeof text, numbered ? "%s^%zu" : "%s", symbol, number ? number : 1);
    struct eg_param_row here = *row;
    here.name = name;
    here.symbol = eg_arena_string(params->arena, text);
    here.unit = "1";
    here.init = eg_init_normal;
    here.scale = s->options.init;
    if (!here.symbol)
        return EG_RAISE(EG_ERR_NOMEM);
    return eg_params_add(params, group, &here, out);
}

/* Rows of answers that are no words; which rows are answers, and other words where these are asked
 * for. */
static int find_classes(struct memn2n *s, const struct eg_model_size *size, struct eg_arena *arena,
                        size_t *more)
{
    const char *const *words = size->symbol_words, *const *classes = size->class_words;
    const int named = words && classes, all = s->options.answers == ANSWERS_VOCABULARY;
    *more = 0;
    size_t c = 0;
    while (c < size->outputs && c < size->symbols && (!named || !strcmp(words[c], classes[c])))
        c++;
    if (c == size->outputs && (named || size->outputs == size->symbols)) {
        s->outputs = all ? size->symbols : size->outputs;
        return EG_OK;
    }
    uint32_t *symbol =
        eg_arena_take(arena, (size->outputs + (all ? size->symbols : 0)) * sizeof *symbol);
    if (!symbol)
        return EG_RAISE(EG_ERR_NOMEM);
    for (c = 0; c < size->outputs; c++) {
        size_t at = named ? 0 : size->symbols;
        while (at < size->symbols && strcmp(words[at], classes[c]))
            at++;
        symbol[c] = (uint32_t) (at < size->symbols ? at : size->symbols + (*more)++);
    }
    for (size_t at = 0; all && at < size->symbols; at++) {
        for (c = 0; c < size->outputs && symbol[c] != at;)
            c++;
        if (c == size->outputs)
            symbol[s->outputs++] = (uint32_t) at;
    }
    s->class_symbol = symbol;
    return EG_OK;
}

static int declare_embeddings(struct memn2n *s, struct eg_params *params, size_t more)
{
    const int word = s->rules.temporal == EG_TEMPORAL_WORD, adjacent = s->options.tying == ADJACENT;
    int ret;
    for (size_t k = 0; k < s->tables; k++) {
        const size_t answers = adjacent && k + 1 == s->tables ? more : 0;
        struct eg_param_row row = {
            .name = adjacent ? "embedding"
                    : k      ? "output"
                             : "input",
            .shape = word ? "(symbols + slots) x dimension" : "symbols x dimension",
            .equation = k ? "S5" : "S4",
            .rows = s->symbols + answers + (word ? s->rules.slots : 0),
            .cols = s->dimension,
        };
        if (answers)
            row.shape = word ? "(symbols + other answers + slots) x dimension"
                             : "(symbols + other answers) x dimension";
        if ((ret =
                 declared(params, "memory", s, &row, k ? "C" : "A", k, adjacent, &s->embedding[k])))
            return ret;
    }
    for (size_t k = 0; k < s->tables && s->rules.temporal == EG_TEMPORAL_TABLE; k++) {
        struct eg_param_row row = {.name = adjacent ? "time"
                                           : k      ? "time_output"
                                                    : "time_input",
                                   .shape = "slots x dimension",
                                   .equation = "S6",
                                   .rows = s->rules.slots,
                                   .cols = s->dimension};
        if ((ret =
                 declared(params, "memory", s, &row, k ? "T_C" : "T_A", k, adjacent, &s->time[k])))
            return ret;
    }
    return EG_OK;
}

static int declare(struct memn2n *s, const struct eg_model_size *size, struct eg_params *params)
{
    size_t more = 0;
    const int adjacent = s->options.tying == ADJACENT;
    const int all = s->options.answers == ANSWERS_VOCABULARY;
    int ret = adjacent || all ? find_classes(s, size, params->arena, &more) : EG_OK;
    if (!adjacent)
        s->class_symbol = NULL; /* the answers have a matrix of their own */
    if (ret || (ret = declare_embeddings(s, params, more)))
        return ret;
    s->question = s->embedding[0];
    s->answer = s->embedding[s->tables - 1];
    struct eg_param_row row = {.name = "embedding",
                               .shape = "symbols x dimension",
                               .equation = "S7",
                               .rows = s->symbols,
                               .cols = s->dimension};
    if (!adjacent && s->options.query_value == 0
        && (ret = declared(params, "question", s, &row, "B", 0, 0, &s->question)))
        return ret;
    row = (struct eg_param_row){.name = "weight",
                                .shape = "dimension x dimension",
                                .equation = "S10",
                                .rows = s->dimension,
                                .cols = s->dimension};
    const int each = s->options.projection == PROJECTION_EACH;
    for (size_t k = 0; k < s->projections; k++)
        if ((ret = declared(params, "state", s, &row, "H", k + 1, each, &s->projection[k])))
            return ret;
    row = (struct eg_param_row){.name = "weight",
                                .shape = all ? "(outputs + other words) x dimension"
                                             : "outputs x dimension",
                                .equation = "S12",
                                .rows = s->outputs,
                                .cols = s->dimension};
    return adjacent ? EG_OK : declared(params, "answer", s, &row, "W", 0, 0, &s->answer);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int init(void *state, const struct eg_model_config *config, const struct eg_model_size *size,
                struct eg_params *params, struct eg_message *message)
{
    struct memn2n *s = state;
    const struct options *o = config->options;
    if (size->symbols == 0)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "model.type: memn2n answers questions in words; this task gives numbers");
    s->options = *o;
    s->dimension = (size_t) o->dimension;
    s->hops = (size_t) o->hops;
    s->symbols = size->symbols;
    s->outputs = size->outputs;
    s->tables = o->tying == ADJACENT ? s->hops + 1 : 2;
    if (o->projection == PROJECTION_EACH)
        s->projections = s->hops;
    else if (o->projection == PROJECTION_SHARED
             || (o->projection == PROJECTION_AUTO && o->tying == LAYER_WISE))
        s->projections = 1;
    /* Empty memories between them need slots beyond those of the longest story. */
    size_t most = size->sentences_max ? size->sentences_max : 1;
    if (o->noise == EG_NOISE_EMPTY)
        most += (size_t) ceil(o->noise_fraction * (double) most);
    s->rules = (struct eg_sentence_rules){.slots = least((size_t) o->memory, most),
                                          .dimension = s->dimension,
                                          .words_max = size->words_max ? size->words_max : 1,
                                          .encoding = (enum eg_encoding) o->encoding,
                                          .temporal = (enum eg_temporal) o->temporal,
                                          .noise = (enum eg_noise) o->noise,
                                          .amount = o->noise_fraction,
                                          .fill = o->fill};
    const size_t bent = (size_t) lround(o->rectified * (double) s->dimension);
    if (bent < s->dimension)
        s->segments[s->segment_count++] = (struct eg_segment){0, s->dimension - bent, EG_IDENTITY};
    if (bent)
        s->segments[s->segment_count++] = (struct eg_segment){s->dimension - bent, bent, EG_RELU};
    else
        s->segment_count = 0;
    const int ret = declare(s, size, params);
    if (ret)
        return EG_FAIL(ret, message, "the model is too large: %s", eg_status_text(ret));
    return EG_OK;
}

/* The sentences by the embeddings, and what their ages add where it is not in them. */
struct embedded {
    struct eg_var *rows[HOPS_MAX + 1], *ages[HOPS_MAX + 1];
};

static struct eg_var *times(const struct memn2n *s, struct eg_tape *tape, struct eg_var *table,
                            size_t k)
{
    if (s->rules.temporal == EG_TEMPORAL_TABLE)
        return eg_tape_param(tape, &s->time[k]);
    if (s->rules.temporal == EG_TEMPORAL_WORD && table)
        return eg_tape_rows(tape, table, table->rows - s->rules.slots, s->rules.slots);
    return NULL;
}

static int embed(const struct memn2n *s, struct eg_tape *tape, const struct eg_sentences *q,
                 struct embedded *out)
{
    for (size_t k = 0; k < s->tables; k++) {
        struct eg_var *table = eg_tape_param(tape, &s->embedding[k]);
        struct eg_var *time = times(s, tape, table, k);
        out->ages[k] = NULL;
        out->rows[k] = eg_bags(tape, table, q->shared ? NULL : time, &q->statements);
        if (q->shared && time)
            out->ages[k] =
                s->rules.temporal == EG_TEMPORAL_WORD ? eg_bags(tape, table, time, &q->ages) : time;
        if (!out->rows[k] || (s->rules.temporal != EG_TEMPORAL_NONE && !time)
            || (q->shared && time && !out->ages[k]))
            return EG_RAISE(EG_ERR_NOMEM);
    }
    return EG_OK;
}

static struct eg_var *first_state(const struct memn2n *s, struct eg_tape *tape,
                                  const struct eg_sentences *q)
{
    if (s->options.query_value == 0)
        return eg_bags(tape, eg_tape_param(tape, &s->question), NULL, &q->questions);
    struct eg_var *u = eg_tape_var(tape, q->plan.questions, s->dimension, 0);
    for (size_t i = 0; u && i < u->rows * u->cols; i++)
        u->x[i] = (real) s->options.query_value;
    return u;
}

static struct eg_var *next_state(const struct memn2n *s, struct eg_tape *tape, size_t k,
                                 struct eg_var *u, struct eg_var *o)
{
    struct eg_var *next;
    if (s->projections)
        next =
            o ? eg_linear(tape, &s->projection[s->projections > 1 ? k : 0], NULL, o, 1, &u) : NULL;
    else
        next = eg_add(tape, u, o);
    return s->segment_count ? eg_activate(tape, next, s->segments, s->segment_count) : next;
}

/* Rows in the order of their places. */
static struct eg_var *arranged(struct eg_tape *tape, struct eg_var *u, const struct eg_sentences *q)
{
    if (!q->order)
        return u;
    size_t *from = eg_arena_take(tape->arena, (q->plan.questions + 1) * sizeof *from);
    for (size_t i = 0; from && i <= q->plan.questions; i++)
        from[i] = i;
    const struct eg_bags rows = {.n = q->plan.questions, .from = from, .symbol = q->order};
    return from ? eg_bags(tape, u, NULL, &rows) : NULL;
}

static int run(const void *state, struct eg_tape *tape, const struct eg_block *block, int all_steps,
               eg_observe *observe, void *context, struct eg_var **logits)
{
    const struct memn2n *s = state;
    const struct eg_words words = {.count = block->count,
                                   .steps = block->steps,
                                   .rows = block->rows,
                                   .from = block->from,
                                   .input = block->input,
                                   .mask = block->mask,
                                   .asked = block->asked,
                                   .all_steps = all_steps,
                                   .keys = block->training ? block->keys : NULL};
    struct eg_sentences *q = eg_arena_take(tape->arena, sizeof *q);
    struct embedded *e = eg_arena_take(tape->arena, sizeof *e);
    struct shown *shown = eg_arena_take(tape->arena, sizeof *shown);
    if (!q || !e || !shown)
        return EG_RAISE(EG_ERR_NOMEM);
    int ret = eg_sentences_make(q, tape->arena, &s->rules, &words);
    if (ret || (ret = embed(s, tape, q, e)))
        return ret;
    q->plan.linear =
        s->options.linear_start > 0 && block->seen < (uint64_t) s->options.linear_start;
    *shown = (struct shown){.model = s, .sentences = q};
    struct eg_var *u = first_state(s, tape, q);
    for (size_t k = 0; k < s->hops; k++) {
        const size_t a = s->options.tying == ADJACENT ? k : 0, c = a + 1;
        struct eg_var *o =
            eg_hop(tape, u, e->rows[a], e->ages[a], e->rows[c], e->ages[c], &q->plan, &shown->p[k]);
        u = next_state(s, tape, k, u, o);
        shown->u[k] = u;
    }
    const struct eg_match match = {
        .rows = q->places, .classes = s->outputs, .place = q->place, .symbol = s->class_symbol};
    if (u)
        u = arranged(tape, u, q);
    *logits = eg_match(tape, u, eg_tape_param(tape, &s->answer), &match);
    if (!*logits)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t t = 0; t < block->steps && observe; t++) {
        if (block->asked[t])
            observe(context, (long) t, block->rows[t], shown);
        if (all_steps || block->asked[t])
            shown->place += block->rows[t];
    }
    return EG_OK;
}

static double flops(const void *state, const struct eg_params *params, size_t steps, size_t asked)
{
    (void) params;
    const struct memn2n *s = state;
    const double d = (double) s->dimension, ask = (double) asked, slots = (double) s->rules.slots;
    /* A word is weighted and added by each embedding, and back; a slot is weighed and summed up in
     * two products each, and back in four. */
    const double embeddings = (double) (steps * s->tables) * d * 6;
    const double hops = ask * (double) s->hops * slots * d * 12;
    const double states = ask * (double) (s->projections ? s->hops : 0) * d * d * 6;
    return embeddings + hops + states + ask * d * (double) s->outputs * 6;
}

static int part(const void *state, size_t i, struct eg_model_part *part)
{
    (void) state;
    if (i > 0)
        return 0;
    *part = (struct eg_model_part){.role = "memory",
                                   .name = "sentences",
                                   .summary = "statements, read by the state of a question",
                                   .source = eg_model_memn2n.source,
                                   .fields = field_rows,
                                   .layers = 1,
                                   .of_answers = 1};
    return 1;
}

static size_t extent(const void *state, size_t part, char letter)
{
    (void) part;
    const struct memn2n *s = state;
    switch (letter) {
    case 'K':
        return s->hops;
    case 'N':
        return s->rules.slots;
    case 'D':
        return s->dimension;
    default:
        return 0;
    }
}

/* The question that sequence `row` is asked, or `questions`. */
static size_t asked_of(const struct shown *shown, size_t row)
{
    const struct eg_sentences *q = shown->sentences;
    for (size_t i = 0; i < q->plan.questions; i++)
        if (q->place[i] == shown->place + row)
            return q->order ? q->order[i] : i;
    return q->plan.questions;
}

/* Weights that an empty slot gets have no room of their own: they are what is left of 1. */
static void copy(const void *state, size_t part, size_t layer, int field, size_t row, real *out)
{
    (void) part;
    (void) layer;
    const struct shown *shown = state;
    const struct memn2n *s = shown->model;
    const struct eg_hop_plan *plan = &shown->sentences->plan;
    const size_t q = asked_of(shown, row), slots = s->rules.slots, d = s->dimension;
    const size_t sizes[] = {[ATTENTION] = s->hops * slots,
                            [EMPTY] = s->hops,
                            [FIRST] = 1,
                            [STATEMENTS] = 1,
                            [STATE] = s->hops * d};
    memset(out, 0, sizes[field] * sizeof *out);
    if (q == plan->questions)
        return;
    if (field == FIRST)
        *out = (real) shown->sentences->first[q];
    else if (field == STATEMENTS)
        *out = (real) plan->slots[q];
    for (size_t k = 0; k < s->hops; k++) {
        const real *p = shown->p[k] + plan->place[q];
        double left = plan->empty[q] && !plan->linear ? 1 : 0;
        for (size_t i = 0; i < plan->slots[q]; i++)
            left -= left > 0 ? (double) p[i] : 0;
        if (field == ATTENTION)
            memcpy(out + k * slots, p, plan->slots[q] * sizeof *p);
        else if (field == EMPTY)
            out[k] = (real) (left > 0 ? left : 0);
        else if (field == STATE)
            memcpy(out + k * d, eg_row(shown->u[k], q), d * sizeof *out);
    }
}

const struct eg_model_type eg_model_memn2n = {
    .name = "memn2n",
    .summary = "end-to-end memory network: sentences, read in several hops",
    .source = "Sukhbaatar, Szlam, Weston & Fergus 2015, arXiv:1503.08895",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct memn2n),
    .init = init,
    .run = run,
    .flops = flops,
    .part = part,
    .extent = extent,
    .copy = copy,
};
