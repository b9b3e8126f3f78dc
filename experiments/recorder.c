#include "experiments/recorder.h"

#include <gsl/gsl_math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct eg_run_column train_columns[] = {
    {"step", "1", "updates done", EG_RUN_INT64},
    {"sequences", "sequence", "training sequences seen", EG_RUN_INT64},
    {"loss", "nat/sequence", "mean cost of the sequences since the last row", EG_RUN_FLOAT64},
    {"cost", "bit/sequence", "the same in the unit of the papers", EG_RUN_FLOAT64},
    {"learning_rate", "1", "learning rate of the last update", EG_RUN_FLOAT64},
    {"gradient_norm", "1", "mean norm of the gradient before clipping", EG_RUN_FLOAT64},
    {"clipped", "1", "mean fraction that was clipped", EG_RUN_FLOAT64},
    {"seconds", "s", "time in training since its start", EG_RUN_FLOAT64},
};

static const struct eg_run_column evaluate_columns[] = {
    {"step", "1", "updates done", EG_RUN_INT64},
    {"length", "step", "length of the sequences; 0: any size of the training", EG_RUN_INT64},
    {"repeats", "1", "repeats of the sequences; 0: none, or any", EG_RUN_INT64},
    {"mean", "bit/sequence", "mean cost", EG_RUN_FLOAT64},
    {"standard_error", "bit/sequence", "standard error of the mean cost", EG_RUN_FLOAT64},
    {"n", "sequence", "sequences evaluated", EG_RUN_INT64},
    {"exact_fraction", "1", "fraction of sequences without a wrong bit or class", EG_RUN_FLOAT64},
    {"wrong_bits", "bit/sequence", "mean number of wrong bits, or of wrong classes",
     EG_RUN_FLOAT64},
    {"wrong_bits_standard_error", "bit/sequence", "standard error of wrong_bits", EG_RUN_FLOAT64},
    {"chance", "bit/sequence", "cost of an answer that does not look at its input", EG_RUN_FLOAT64},
    {"optimum", "bit/sequence", "least cost there can be; NaN: not known", EG_RUN_FLOAT64},
};

/* Only of data that have splits or groups. */
static const struct eg_run_column split_columns[] = {
    {"split", "1", "0: items trained on, 1: validation, 2: test", EG_RUN_INT64},
    {"group", "1", "kind of items, from 1; 0: all of them", EG_RUN_INT64},
};

/* Only of tasks that ask for the next word. */
static const struct eg_run_column word_columns[] = {
    {"perplexity", "1", "2 to the power of the cost of a word", EG_RUN_FLOAT64},
};

static const struct eg_run_column size_columns[] = {
    {"step", "1", "updates done", EG_RUN_INT64},
    {"sequences", "sequence", "training sequences seen", EG_RUN_INT64},
    {"length", "step", "length of the sequences", EG_RUN_INT64},
    {"repeats", "1", "repeats of the sequences; 0: none", EG_RUN_INT64},
    {"cost", "bit/sequence", "mean cost of those since the last row of /train", EG_RUN_FLOAT64},
    {"n", "sequence", "how many there were", EG_RUN_INT64},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
enum {
    EVALUATE_COLUMNS_MAX = COUNT(evaluate_columns) + COUNT(split_columns) + COUNT(word_columns)
};

static size_t join(struct eg_run_column *to, size_t n, const struct eg_run_column *more,
                   size_t count)
{
    memcpy(to + n, more, count * sizeof *more);
    return n + count;
}

static int tables(struct eg_recorder *r, struct eg_message *message)
{
    struct eg_run_column columns[EVALUATE_COLUMNS_MAX];
    size_t n = join(columns, 0, evaluate_columns, COUNT(evaluate_columns));
    if (r->splits)
        n = join(columns, n, split_columns, COUNT(split_columns));
    if (r->words)
        n = join(columns, n, word_columns, COUNT(word_columns));
    int ret = eg_run_table(r->run, &r->train, "/train", train_columns, COUNT(train_columns),
                           "sequences", "cost", message);
    if (!ret)
        ret = eg_run_table(r->run, &r->evaluate, "/evaluate", columns, n, "step", NULL, message);
    if (!ret)
        ret = eg_run_table(r->run, &r->train_sizes, "/train_sizes", size_columns,
                           COUNT(size_columns), "step", NULL, message);
    return ret;
}

/* What the columns of /evaluate count. */
static int put_criterion(struct eg_recorder *r, enum eg_loss loss, struct eg_message *message)
{
    return eg_run_put_attr_text(r->run, "/evaluate", "criterion",
                                loss == EG_LOSS_BITS
                                    ? "a bit is wrong when its probability lies on the other side "
                                      "of one half; a sequence is "
                                      "exact when no bit is wrong"
                                    : "an answer is wrong when another class is likelier; a "
                                      "sequence is exact when no answer "
                                      "is wrong",
                                message);
}

/* Names, one a line. */
static int put_names(struct eg_run *run, const char *path, const char *long_name,
                     const char *const *names, size_t n, struct eg_message *message)
{
    size_t room = 1, at = 0;
    if (!names)
        return EG_OK;
    for (size_t i = 0; i < n; i++)
        room += strlen(names[i]) + 1;
    char *const text = malloc(room);
    if (!text)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t) snprintf(text + at, room - at, "%s%s", i ? "\n" : "", names[i]);
    const int ret = eg_run_put_text(run, path, long_name, text, message);
    free(text);
    return ret;
}

static const char longest[] = "longest_sentence"; /* an attribute of /words/symbols */

/* /words: what numbers stand for, of a task that has names for them. */
static int put_vocabulary(struct eg_run *run, const struct eg_task_shape *s,
                          struct eg_message *message)
{
    int ret = put_names(run, "/words/symbols", "words of the input, one a line", s->symbol_words,
                        s->symbols, message);
    if (!ret && s->symbol_words)
        ret = eg_run_put_attr_int(run, "/words/symbols", longest, (int64_t) s->words_max, message);
    if (!ret && s->symbol_words)
        ret = eg_run_put_attr_int(run, "/words/symbols", "unknown", (int64_t) s->unknown_words,
                                  message);
    if (!ret)
        ret = put_names(run, "/words/classes", "answers there are, one a line", s->class_words,
                        s->outputs, message);
    if (!ret && s->class_words)
        ret = eg_run_put_attr_int(run, "/words/classes", "unknown", (int64_t) s->unknown_answers,
                                  message);
    return ret ? ret
               : put_names(run, "/words/groups", "kinds of questions, one a line", s->group_words,
                           s->groups, message);
}

/* The names at `path` are these, where there are any. */
static int same_names(struct eg_run *run, const char *path, const char *const *names, size_t n,
                      struct eg_message *message)
{
    char *text = NULL;
    if (!names || !eg_run_exists(run, path))
        return EG_OK;
    const int ret = eg_run_get_text(run, path, &text, message);
    if (ret)
        return ret;
    const char *at = text;
    size_t i = 0;
    for (; i < n; i++) {
        const size_t length = strlen(names[i]);
        if (strncmp(at, names[i], length) || (at[length] != '\n' && at[length]))
            break;
        at += length + (at[length] == '\n');
    }
    const int same = i == n && !*at;
    free(text);
    return same ? EG_OK
                : EG_FAIL(EG_ERR_DATA, message,
                          "the data (task.*) have other words than %s was trained on",
                          eg_run_path(run));
}

int eg_recorder_same_data(struct eg_run *run, const struct eg_experiment *e,
                          struct eg_message *message)
{
    const struct eg_task_shape *s = &e->source.shape;
    int64_t words;
    int ret = same_names(run, "/words/symbols", s->symbol_words, s->symbols, message);
    if (!ret)
        ret = same_names(run, "/words/classes", s->class_words, s->outputs, message);
    if (ret || strcmp(eg_config_text(e->config, "model.encoding", ""), "position-code") != 0
        || !eg_run_exists(run, "/words/symbols")
        || eg_run_get_attr_int(run, "/words/symbols", longest, &words, NULL)
        || words == (int64_t) s->words_max)
        return ret;
    return EG_FAIL(EG_ERR_DATA, message,
                   "the longest sentence to train on has %zu words, that of %s had "
                   "%lld; model.encoding = position-code weights all words by it",
                   s->words_max, eg_run_path(run), (long long) words);
}

struct values {
    struct eg_run *run;
    struct eg_message *message;
};

/* One typed dataset a key. */
static int put_value(void *context, const char *key, const struct eg_option *row, const void *value)
{
    const struct values *v = context;
    char path[256], text[1024];
    int n = snprintf(path, sizeof path, "/config_values/%s", key);
    for (char *c = path + strlen("/config_values/"); *c; c++)
        if (*c == '.')
            *c = '/';
    if (n < 0 || (size_t) n >= sizeof path)
        return EG_FAIL(EG_ERR_RANGE, v->message, "the key %s is too long", key);
    const char *unit = row->unit[0] ? row->unit : "1";
    switch (row->kind) {
    case EG_OPT_INT:
        return eg_run_put_int(v->run, path, unit, row->help, *(const long *) value, v->message);
    case EG_OPT_REAL:
        return eg_run_put_real(v->run, path, unit, row->help, *(const double *) value, v->message);
    case EG_OPT_BOOL:
        return eg_run_put_flag(v->run, path, row->help, *(const int *) value != 0, v->message);
    case EG_OPT_LIST: {
        const struct eg_list *list = value;
        int64_t numbers[EG_LIST_MAX];
        for (size_t i = 0; i < list->n; i++)
            numbers[i] = list->at[i];
        const struct eg_run_array array = {.units = unit,
                                           .long_name = row->help,
                                           .type = EG_RUN_INT64,
                                           .rank = 1,
                                           .dims = {list->n},
                                           .data = numbers};
        return eg_run_put(v->run, path, &array, v->message);
    }
    case EG_OPT_REALS: {
        const struct eg_reals *list = value;
        const struct eg_run_array array = {.units = unit,
                                           .long_name = row->help,
                                           .type = EG_RUN_FLOAT64,
                                           .rank = 1,
                                           .dims = {list->n},
                                           .data = list->at};
        return eg_run_put(v->run, path, &array, v->message);
    }
    default:
        eg_option_print(text, sizeof text, row, value);
        return eg_run_put_text(v->run, path, row->help,
                               row->kind == EG_OPT_TEXT ? *(const char *const *) value : text,
                               v->message);
    }
}

int eg_recorder_put_config(struct eg_run *run, const struct eg_config *config,
                           struct eg_message *message)
{
    struct values values = {run, message};
    char *yaml = eg_config_yaml(config, 0);
    int ret = yaml ? eg_run_put_text(run, "/config", "effective configuration, YAML", yaml, message)
                   : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    free(yaml);
    return ret ? ret : eg_config_walk(config, put_value, &values);
}

/* What length and repeats count, as attributes of the columns. */
static int put_words(struct eg_run *run, const struct eg_task_shape *shape,
                     struct eg_message *message)
{
    static const char *const tables[] = {"/train_sizes", "/evaluate"};
    int ret = EG_OK;
    for (size_t i = 0; i < COUNT(tables) && !ret; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/length", tables[i]);
        if (shape->length_words)
            ret = eg_run_put_attr_text(run, path, "counts", shape->length_words, message);
        snprintf(path, sizeof path, "%s/repeats", tables[i]);
        if (!ret && shape->repeats_words)
            ret = eg_run_put_attr_text(run, path, "counts", shape->repeats_words, message);
    }
    return ret;
}

int eg_recorder_begin(struct eg_run **run, const struct eg_recorder_head *head,
                      const struct eg_command *command, const char *path,
                      struct eg_message *message)
{
    int ret =
        eg_run_create(run, path, NULL, EG_RUN_LATER | (command->force ? EG_RUN_FORCE : 0), message);
    if (ret == EG_ERR_EXISTS) {
        const size_t n = strlen(message->text);
        snprintf(message->text + n, sizeof message->text - n, "; --force replaces it");
    }
    if (!ret)
        ret = eg_run_put_attr_int(*run, "/", "seed", head->seed, message);
    if (!ret)
        ret = eg_run_put_attr_text(*run, "/", "default", head->group, message);
    if (!ret)
        ret = eg_run_put_attr_text(*run, "/", "name", head->name, message);
    if (!ret && head->kind)
        ret = eg_run_put_attr_text(*run, "/", "kind", head->kind, message);
    if (!ret)
        ret = eg_recorder_put_config(*run, head->config, message);
    if (!ret)
        ret = eg_recorder_provenance(*run, head->kernels, head->threads, command, message);
    if (ret)
        eg_run_close(run);
    return ret;
}

int eg_recorder_create(struct eg_recorder *r, const struct eg_experiment *e,
                       const struct eg_command *command, const char *path,
                       struct eg_message *message)
{
    const struct eg_recorder_head head = {.name = e->name,
                                          .group = "train",
                                          .seed = e->run.seed,
                                          .config = e->config,
                                          .kernels = e->kernels,
                                          .threads = e->threads};
    *r = (struct eg_recorder){.splits = eg_experiment_splits(e),
                              .words = eg_task_asks_words(&e->source.shape)};
    int ret = eg_recorder_begin(&r->run, &head, command, path, message);
    if (ret)
        return ret;
    if (!(ret = eg_run_put_attr_int(r->run, "/", "inputs", (int64_t) e->model.inputs, message))
        && !(ret = eg_run_put_attr_int(r->run, "/", "outputs", (int64_t) e->model.outputs, message))
        && !(ret = tables(r, message)) && !(ret = put_criterion(r, e->source.shape.loss, message))
        && !(ret = put_vocabulary(r->run, &e->source.shape, message))
        && !(ret = eg_run_put_attr_real(r->run, "/train/cost", "chance", e->source.shape.chance,
                                        message))
        && !(ret = put_words(r->run, &e->source.shape, message)) && !isnan(e->source.shape.optimum))
        ret = eg_run_put_attr_real(r->run, "/train/cost", "optimum", e->source.shape.optimum,
                                   message);
    if (ret)
        eg_run_close(&r->run);
    return ret;
}

int eg_recorder_config(struct eg_run *run, char **text, struct eg_message *message)
{
    char kind[32] = "";
    if (eg_run_get_attr_text(run, "/", "kind", kind, sizeof kind, NULL) != EG_OK)
        kind[0] = '\0';
    if (!strcmp(kind, "bench"))
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s has what engram bench --slots measured, and is no run: the same command "
                       "measures again, engram plot draws it",
                       eg_run_path(run));
    if (!strcmp(kind, "compare"))
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s is a comparison and no run: engram compare goes on with it, and the "
                       "folder beside it has its runs",
                       eg_run_path(run));
    return eg_run_get_text(run, "/config", text, message);
}

int eg_recorder_resume(struct eg_recorder *r, struct eg_run *run, const int64_t rows[EG_TABLES],
                       struct eg_message *message)
{
    *r = (struct eg_recorder){.run = run,
                              .splits = eg_run_exists(run, "/evaluate/split"),
                              .words = eg_run_exists(run, "/evaluate/perplexity")};
    int ret = tables(r, message);
    if (!ret)
        ret = eg_run_cut(r->train, (size_t) rows[EG_ROWS_TRAIN], message);
    if (!ret)
        ret = eg_run_cut(r->evaluate, (size_t) rows[EG_ROWS_EVALUATE], message);
    if (!ret)
        ret = eg_run_cut(r->train_sizes, (size_t) rows[EG_ROWS_SIZES], message);
    if (!ret && eg_run_exists(run, EG_RECORDER_HEADS)
        && !(ret = eg_recorder_open_heads(r, message)))
        ret = eg_run_cut(r->heads, (size_t) rows[EG_ROWS_HEADS], message);
    if (!ret && eg_run_exists(run, EG_RECORDER_ROLLBACKS)
        && !(ret = eg_recorder_open_rollbacks(r, message)))
        ret = eg_run_cut(r->rollbacks, (size_t) rows[EG_ROWS_ROLLBACKS], message);
    return ret;
}

int eg_recorder_row(struct eg_recorder *r, const struct eg_experiment *e, uint64_t updates,
                    double rate, const struct eg_progress_sums *sums, struct eg_message *message)
{
    const double n = sums->updates > 0 ? sums->updates : 1;
    const double row[] = {(double) updates,
                          (double) (updates * (uint64_t) e->train.batch),
                          sums->loss / n,
                          sums->loss / n / M_LN2,
                          rate,
                          sums->norm / n,
                          sums->clipped / n,
                          sums->seconds};
    int ret = eg_run_append(r->train, row, message);
    const struct eg_sizes *s = &e->sizes;
    for (size_t k = 0; k < s->n && !ret; k++) {
        const struct eg_extent extent = eg_sizes_extent(s, k);
        const double count = s->sums[s->n + k];
        const double size_row[] = {
            row[0], row[1], (double) extent.length, (double) extent.repeats, s->sums[k] / count,
            count};
        if (count > 0)
            ret = eg_run_append(r->train_sizes, size_row, message);
    }
    return ret;
}

int eg_recorder_evaluation(struct eg_recorder *r, uint64_t updates, const struct eg_evaluation *v,
                           struct eg_message *message)
{
    double row[EVALUATE_COLUMNS_MAX] = {(double) updates, (double) v->length, (double) v->repeats,
                                        v->mean,          v->standard_error,  (double) v->n,
                                        v->exact,         v->wrong,           v->wrong_error,
                                        v->chance,        v->optimum};
    size_t n = COUNT(evaluate_columns);
    if (r->splits) {
        row[n++] = (double) v->split;
        row[n++] = (double) v->group;
    }
    if (r->words)
        row[n++] = v->perplexity;
    return eg_run_append(r->evaluate, row, message);
}

int eg_recorder_parameters(struct eg_recorder *r, const struct eg_experiment *e,
                           struct eg_message *message)
{
    const struct eg_params *params = &e->model.params;
    for (size_t i = 0; i < params->count; i++) {
        const struct eg_param_row *row = &params->rows[i];
        char path[256], long_name[256];
        const int a = snprintf(path, sizeof path, "/parameters/%s", row->name);
        const int b = snprintf(long_name, sizeof long_name, "%s: %s", row->symbol, row->shape);
        if (a < 0 || b < 0 || (size_t) a >= sizeof path || (size_t) b >= sizeof long_name)
            return EG_FAIL(EG_ERR_RANGE, message, "the name %s is too long", row->name);
        struct eg_run_array array = {.units = row->unit,
                                     .long_name = long_name,
                                     .type = EG_RUN_REAL,
                                     .rank = 2,
                                     .dims = {row->rows, row->cols},
                                     .data = e->trainer.values + row->offset,
                                     .equation = row->equation};
        if (row->rows == 1) {
            array.rank = 1;
            array.dims[0] = row->cols;
        }
        const int ret = eg_run_put(r->run, path, &array, message);
        if (ret)
            return ret;
    }
    return EG_OK;
}
