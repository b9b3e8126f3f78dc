/* What a comparison comes down to: networks, run files, and what is known of them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/compare.h"
#include "record/check.h"

const char *const eg_compare_states[] = {"not_begun", "begun",      "done", "diverged",
                                         "failed",    "impossible", NULL};

/* --- the experiment of a pair --- */

struct settings {
    struct eg_setting at[EG_SETTINGS_MAX * 4];
    size_t n;
    struct eg_arena *arena;
};

static int put(struct settings *s, const char *text, const char *origin, const char *key)
{
    if (s->n == sizeof s->at / sizeof *s->at)
        return EG_RAISE(EG_ERR_RANGE);
    s->at[s->n++] = (struct eg_setting){.text = text, .origin = origin, .key = key};
    return EG_OK;
}

static int is_type(const char *key, size_t n)
{
    return n > 5 && !strncmp(key + n - 5, ".type", 5);
}

/* As "-s KEY=VALUE" is. */
static int put_joined(struct settings *s, const struct eg_compare_option *o)
{
    const size_t room = strlen(o->key) + strlen(o->value) + 2, far = strlen(o->origin) + 2;
    char *text = eg_arena_take(s->arena, room), *origin = eg_arena_take(s->arena, far);
    if (!text || !origin)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(text, room, "%s=%s", o->key, o->value);
    snprintf(origin, far, "%s:", o->origin);
    return put(s, text, origin, NULL);
}

/* What all or a task say counts as if it stood in the preset: what belongs to a type that is
 * replaced later on is passed over (eg_config_finish()).  Types come first, so that the rest
 * belongs to them. */
static int put_shared(struct settings *s, const struct eg_compare_part *part)
{
    int ret = EG_OK;
    for (int types = 1; types >= 0; types--)
        for (size_t i = 0; i < part->n && !ret; i++) {
            const struct eg_compare_option *o = &part->options[i];
            if (is_type(o->key, strlen(o->key)) == types)
                ret = types ? put_joined(s, o) : put(s, o->value, o->origin, o->key);
        }
    return ret;
}

static int put_command(struct settings *s, const struct eg_command *c)
{
    int ret = EG_OK;
    for (int types = 1; types >= 0; types--)
        for (size_t i = 0; i < c->n_settings && !ret; i++) {
            const char *text = c->settings[i].text, *equals = strchr(text, '=');
            const int whole = !equals || equals == text || is_type(text, (size_t) (equals - text));
            if (whole != types)
                continue;
            char *key = whole ? NULL : eg_arena_string(s->arena, text);
            if (!whole && !key)
                return EG_RAISE(EG_ERR_NOMEM);
            if (key)
                key[equals - text] = '\0';
            ret = whole ? put(s, text, "-s", NULL) : put(s, equals + 1, "-s", key);
        }
    return ret;
}

static int put_scheme(struct settings *s, const struct eg_compare_part *part)
{
    int ret = EG_OK;
    for (size_t i = 0; i < part->n && !ret; i++)
        ret = put_joined(s, &part->options[i]);
    return ret;
}

int eg_compare_experiment(struct eg_experiment *e, const struct eg_compare_plan *p, size_t scheme,
                          size_t task, long size, long seed, int *understood,
                          struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    const struct eg_compare_part *s = &c->schemes[scheme], *t = &c->tasks[task];
    const char *preset = t->preset ? t->preset : c->base.preset;
    const struct eg_arena_mark mark = eg_arena_mark(c->arena);
    struct settings *all = calloc(1, sizeof *all);
    struct eg_message why = {""};
    char number[32];
    *understood = 0;
    memset(e, 0, sizeof *e);
    int ret = all ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
    if (!ret) {
        all->arena = c->arena;
        if (!(ret = put_shared(all, &c->base)) && !(ret = put_shared(all, t))
            && !(ret = put_command(all, p->command)))
            ret = put_scheme(all, s);
    }
    if (!ret && size > 0) {
        snprintf(number, sizeof number, "%ld", size);
        ret = put(all, number, "match", "controller.size");
    }
    if (ret)
        EG_FAIL(ret, &why, "%s", ret == EG_ERR_NOMEM ? "out of memory" : "too many options");
    else
        ret = eg_experiment_init(e, preset, NULL, all->at, all->n, seed, &why);
    *understood = e->source.task != NULL;
    free(all);
    eg_arena_rewind(c->arena, mark);
    if (!ret)
        ret = eg_experiment_trainable(e, &why);
    if (!ret)
        return EG_OK;
    /* A sentence that does not say where it comes from is given a place. */
    const size_t n = strlen(c->name);
    if (*understood || !strncmp(why.text, c->name, n) || !strncmp(why.text, "-s", 2)
        || why.text[0] == '\'')
        return EG_FAIL(ret, message, "%s", why.text);
    return EG_FAIL(ret, message, "%s: scheme '%s', task '%s': %s", s->origin, s->label, t->label,
                   why.text);
}

/* --- parameters --- */

struct counter {
    const struct eg_compare_plan *plan;
    size_t scheme, task;
    struct eg_experiment *e;
};

static int count_parameters(void *context, long size, size_t *parameters)
{
    struct counter *k = context;
    int understood;
    const int ret =
        eg_compare_experiment(k->e, k->plan, k->scheme, k->task, size, -1, &understood, NULL);
    if (!ret)
        *parameters = k->e->model.params.total;
    eg_experiment_free(k->e);
    return ret;
}

int eg_compare_nearest(eg_compare_count *count, void *context, size_t target, long *size,
                       size_t *parameters)
{
    long low = 1, high = 1;
    size_t below = 0, above = 0;
    int ret = count(context, low, &below);
    if (ret)
        return ret;
    *size = low;
    *parameters = below;
    if (below >= target)
        return EG_OK;
    /* below(low) < target; doubled until it is reached, or until a size is not allowed. */
    int bounded = 0;
    while (!bounded && high < 1L << 40) {
        high = 2 * low;
        if (count(context, high, &above) != EG_OK || above >= target)
            bounded = 1;
        else {
            low = high;
            below = above;
        }
    }
    int reached = 0;
    while (high - low > 1) {
        const long middle = low + (high - low) / 2;
        size_t n = 0;
        if (count(context, middle, &n) == EG_OK && n < target) {
            low = middle;
            below = n;
        } else {
            high = middle;
        }
    }
    *size = low;
    *parameters = below;
    reached = high > low && count(context, high, &above) == EG_OK;
    if (reached && above >= target && above - target < target - below) {
        *size = high;
        *parameters = above;
    }
    return EG_OK;
}

static int find_size(void *context, const char *key, const struct eg_option *row, const void *value)
{
    if (!strcmp(key, "controller.size") && row->kind == EG_OPT_INT)
        *(long *) context = *(const long *) value;
    return 0;
}

/* The largest of the sizes evaluated, where it goes beyond those of the training. */
static void find_longer(struct eg_compare_pair *pair, const struct eg_experiment *e)
{
    const struct eg_task_shape *s = &e->source.shape;
    pair->length_max = s->length_max;
    if (eg_experiment_splits(e))
        return;
    const size_t n = eg_experiment_sizes(e, &e->evaluate.lengths, &e->evaluate.repeats);
    for (size_t k = 0; k < n; k++) {
        const struct eg_extent x =
            eg_experiment_size(e, &e->evaluate.lengths, &e->evaluate.repeats, k);
        if ((x.length > s->length_max || x.repeats > s->repeats_max)
            && (x.length > pair->longer
                || (x.length == pair->longer && x.repeats > pair->longer_repeats))) {
            pair->longer = x.length;
            pair->longer_repeats = x.repeats;
        }
    }
}

/* That what a task starts from is there, so that this is said of the task. */
static int check_preset(const struct eg_comparison *c, size_t task, struct eg_message *message)
{
    const struct eg_compare_part *t = &c->tasks[task];
    struct eg_message why = {""};
    struct eg_config *config;
    int ret = eg_config_init(&config);
    if (!ret)
        ret =
            eg_setup_read(config, t->preset ? t->preset : c->base.preset, NULL, NULL, 0, -1, &why);
    eg_config_free(&config);
    return ret ? EG_FAIL(ret, message, "%s: task '%s': %s", t->origin, t->label,
                         why.text[0] ? why.text : "out of memory")
               : EG_OK;
}

static int plan_pair(struct eg_compare_plan *p, struct eg_experiment *e, size_t scheme, size_t task,
                     struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    struct eg_compare_pair *pair = eg_compare_pair(p, scheme, task);
    const struct eg_compare_pair *first = eg_compare_pair(p, 0, task);
    struct counter counter = {.plan = p, .scheme = scheme, .task = task, .e = e};
    struct eg_message why = {""};
    int understood;
    int ret = eg_compare_experiment(e, p, scheme, task, 0, -1, &understood, &why);
    if (!ret && eg_config_walk(e->config, find_size, &pair->size))
        ret = EG_RAISE(EG_ERR_RANGE);
    if (!ret) {
        pair->possible = 1;
        pair->parameters = e->model.params.total;
        pair->threshold = e->train.solved;
        pair->budget = eg_experiment_updates(e) * (uint64_t) e->train.batch;
        find_longer(pair, e);
    }
    eg_experiment_free(e);
    if (ret && understood && (ret == EG_ERR_CONFIG || ret == EG_ERR_RANGE || ret == EG_ERR_SHAPE)) {
        pair->why = why;
        return EG_OK;
    }
    if (ret)
        return EG_FAIL(ret, message, "%s", why.text);
    if (c->match == EG_MATCH_NONE || scheme == 0)
        return EG_OK;
    if (!first->possible || !pair->size) {
        EG_FAIL(EG_ERR_CONFIG, &pair->why, "parameters are not matched: %s",
                pair->size ? "the first scheme is not possible" : "no controller.size");
        return EG_OK;
    }
    if (!eg_compare_nearest(count_parameters, &counter, first->parameters, &pair->size,
                            &pair->parameters))
        pair->matched = 1;
    return EG_OK;
}

/* --- run files --- */

static void ignore(void *context, const char *sentence)
{
    (void) context;
    (void) sentence;
}

/* Whether something there is a run that is worth to be looked at: *whole is 0 where it is broken.
 */
static int vet(const char *path, int *whole, struct eg_message *message)
{
    struct eg_run *run = NULL;
    char kind[64];
    *whole = 0;
    int ret = eg_run_open(&run, path, EG_RUN_READ, message);
    if (ret)
        return ret == EG_ERR_FORMAT ? EG_OK : ret;
    if (eg_run_get_attr_text(run, "/", "kind", kind, sizeof kind, NULL) == EG_OK)
        ret = EG_FAIL(EG_ERR_EXISTS, message, "%s exists already, and is no training (%s)", path,
                      kind);
    *whole = eg_run_exists(run, "/config") && eg_run_exists(run, "/train");
    eg_run_close(&run);
    return ret;
}

static int look(struct eg_compare_plan *p, struct eg_experiment *e, size_t scheme, size_t task,
                struct eg_seed_run *r, struct eg_message *message)
{
    const struct eg_compare_pair *pair = eg_compare_pair(p, scheme, task);
    struct eg_message why = {""};
    struct stat info;
    size_t problems = 0;
    int understood, whole;
    if (lstat(r->path, &info) != 0)
        return EG_OK;
    int ret = vet(r->path, &whole, message);
    if (ret)
        return ret;
    if (whole) {
        ret = eg_compare_experiment(e, p, scheme, task, pair->matched ? pair->size : 0, r->seed,
                                    &understood, message);
        if (ret) {
            eg_experiment_free(e);
            return ret;
        }
        ret = eg_seeds_look(r, e, &why);
        eg_experiment_free(e);
        if (ret == EG_ERR_EXISTS && !p->command->force)
            return EG_FAIL(ret, message, "%s", why.text);
        if (ret == EG_ERR_NOMEM)
            return EG_FAIL(ret, message, "out of memory");
        if (!ret && r->state == EG_SEED_GO_ON) {
            if ((ret = eg_run_check(r->path, ignore, NULL, &problems, message)))
                return ret;
            whole = problems == 0;
        }
        if (!ret && whole)
            return EG_OK;
    }
    if (ret != EG_ERR_EXISTS)
        p->remade++;
    r->state = EG_SEED_NEW;
    r->ended = 0;
    r->replace = 1;
    return EG_OK;
}

static char *format(const char *one, const char *two, const char *three, const char *four)
{
    const size_t n = strlen(one) + strlen(two) + strlen(three) + strlen(four) + 1;
    char *text = malloc(n);
    if (text)
        snprintf(text, n, "%s%s%s%s", one, two, three, four);
    return text;
}

static int plan_paths(struct eg_compare_plan *p)
{
    const struct eg_comparison *c = p->comparison;
    const size_t seeds = eg_compare_seeds(c);
    char plain[512], tail[96];
    eg_setup_file(plain, sizeof plain, c->name, -1);
    p->output = p->command->output ? format(p->command->output, "", "", "")
                                   : format("compare-", plain, "", "");
    if (!p->output)
        return EG_RAISE(EG_ERR_NOMEM);
    const size_t n = strlen(p->output);
    p->folder = format(p->output, "", "", "");
    if (p->folder && n > 3 && !strcmp(p->output + n - 3, ".h5")) {
        p->folder[n - 3] = '\0';
    } else if (p->folder) {
        free(p->output);
        p->output = format(p->folder, ".h5", "", "");
    }
    if (!p->folder || !p->output)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t t = 0; t < c->n_tasks; t++)
        for (size_t s = 0; s < c->n_schemes; s++) {
            char stem[256];
            snprintf(stem, sizeof stem, "/%s/%s", c->tasks[t].file, c->schemes[s].file);
            struct eg_compare_pair *pair = eg_compare_pair(p, s, t);
            if (!(pair->config = format(p->folder, stem, ".yaml", "")))
                return EG_RAISE(EG_ERR_NOMEM);
            for (size_t k = 0; k < seeds; k++) {
                const size_t i = eg_compare_run(c, s, t, k);
                struct eg_seed_run *r = &p->runs[i];
                *r = (struct eg_seed_run){.seed = c->seed_first + (long) k, .name = pair->config};
                snprintf(tail, sizeof tail, "-%ld.h5", r->seed);
                r->path = format(p->folder, stem, tail, "");
                snprintf(tail, sizeof tail, ", seed %ld", r->seed);
                p->names[i] = format(c->tasks[t].label, ", ", c->schemes[s].label, tail);
                r->label = p->names[i];
                if (!r->path || !r->label)
                    return EG_RAISE(EG_ERR_NOMEM);
            }
        }
    return EG_OK;
}

int eg_compare_plan(struct eg_compare_plan *p, const struct eg_comparison *c,
                    const struct eg_command *command, struct eg_message *message)
{
    const size_t pairs = c->n_schemes * c->n_tasks, seeds = eg_compare_seeds(c);
    *p = (struct eg_compare_plan){.comparison = c, .command = command};
    if (pairs * seeds > EG_COMPARE_CELLS_MAX)
        return EG_FAIL(
            EG_ERR_RANGE, message,
            "%s: %zu schemes, %zu tasks and %zu seeds are %zu runs; allowed are at most %d",
            c->name, c->n_schemes, c->n_tasks, seeds, pairs * seeds, (int) EG_COMPARE_CELLS_MAX);
    p->pairs = calloc(pairs, sizeof *p->pairs);
    p->runs = calloc(pairs * seeds, sizeof *p->runs);
    p->names = calloc(pairs * seeds, sizeof *p->names);
    p->results = calloc(pairs * seeds, sizeof *p->results);
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = EG_OK;
    if (!p->pairs || !p->runs || !p->names || !p->results || !e) {
        ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    p->cells = pairs * seeds;
    if (plan_paths(p)) {
        ret = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }
    for (size_t t = 0; t < c->n_tasks && !ret; t++)
        ret = check_preset(c, t, message);
    for (size_t t = 0; t < c->n_tasks && !ret; t++)
        for (size_t s = 0; s < c->n_schemes && !ret; s++)
            ret = plan_pair(p, e, s, t, message);
    for (size_t i = 0; i < p->cells && !ret; i++) {
        const size_t s = i % c->n_schemes, t = i / c->n_schemes % c->n_tasks;
        if (eg_compare_pair(p, s, t)->possible)
            ret = look(p, e, s, t, &p->runs[i], message);
        else
            p->runs[i].state = EG_SEED_KEPT; /* there is nothing to be done */
        if (!ret)
            eg_compare_settle(p, i);
    }
out:
    free(e);
    return ret;
}

void eg_compare_plan_free(struct eg_compare_plan *p)
{
    for (size_t i = 0; i < p->cells; i++) {
        free(p->runs[i].path);
        free(p->names[i]);
    }
    for (size_t i = 0; p->cells && i < p->comparison->n_schemes * p->comparison->n_tasks; i++)
        free(p->pairs[i].config);
    free(p->pairs);
    free(p->runs);
    free(p->names);
    free(p->results);
    free(p->output);
    free(p->folder);
    *p = (struct eg_compare_plan){.output = NULL};
}

void eg_compare_settle(struct eg_compare_plan *p, size_t run)
{
    const struct eg_comparison *c = p->comparison;
    const struct eg_seed_run *r = &p->runs[run];
    const struct eg_outcome *o = &r->outcome;
    const size_t s = run % c->n_schemes, t = run / c->n_schemes % c->n_tasks;
    const struct eg_compare_pair *pair = eg_compare_pair(p, s, t);
    struct eg_compare_result *x =
        &p->results[eg_compare_at(c, s, t, run / c->n_schemes / c->n_tasks)];
    *x = (struct eg_compare_result){EG_CELL_NEW, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!pair->possible)
        x->state = EG_CELL_IMPOSSIBLE;
    else if (!r->ended)
        x->state = o->exit && o->exit != EG_EXIT_INTERRUPTED ? EG_CELL_FAILED
                   : r->state == EG_SEED_GO_ON               ? EG_CELL_BEGUN
                                                             : EG_CELL_NEW;
    if (!r->ended)
        return;
    x->state = o->exit == EG_EXIT_DIVERGED ? EG_CELL_DIVERGED : EG_CELL_DONE;
    x->seconds = o->seconds;
    x->cost = x->state == EG_CELL_DIVERGED ? INFINITY : o->cost;
    x->solved_at = x->cost < pair->threshold ? (double) o->solved : INFINITY;
    if (x->state == EG_CELL_DIVERGED && pair->longer)
        x->longer = INFINITY;
    for (size_t i = 0; pair->longer && i < o->lengths; i++) {
        const struct eg_evaluation *v = &o->by_length[i];
        if (v->length == pair->longer && v->repeats == pair->longer_repeats) {
            x->longer = v->mean;
            x->longer_exact = v->exact;
            x->longer_wrong = v->wrong;
        }
    }
}

/* --- what is written before the runs --- */

static int make_folder(const char *path, struct eg_message *message)
{
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return EG_OK;
    const int why = errno;
    if (why == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return EG_OK;
    return EG_FAIL(EG_ERR_IO, message, "the folder %s cannot be made: %s", path, strerror(why));
}

static int is_same(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    const char *at = text;
    int c;
    while ((c = fgetc(file)) != EOF && *at && (char) c == *at)
        at++;
    const int same = c == EOF && !*at && !ferror(file);
    fclose(file);
    return same;
}

/* Whole or not at all. */
static int write_config(const char *path, const char *text, struct eg_message *message)
{
    if (is_same(path, text))
        return EG_OK;
    char *hidden = format(path, ".tmp", "", "");
    FILE *file = hidden ? fopen(hidden, "wb") : NULL;
    const int bad = !file || fputs(text, file) < 0;
    int ret = EG_OK;
    if ((file && fclose(file)) || bad || rename(hidden, path))
        ret = EG_FAIL(EG_ERR_IO, message, "%s cannot be written: %s", path, strerror(errno));
    free(hidden);
    return ret;
}

int eg_compare_prepare(const struct eg_compare_plan *p, struct eg_message *message)
{
    const struct eg_comparison *c = p->comparison;
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret = e ? make_folder(p->folder, message) : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t t = 0; t < c->n_tasks && !ret; t++) {
        char *folder = format(p->folder, "/", c->tasks[t].file, "");
        ret =
            folder ? make_folder(folder, message) : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        free(folder);
        for (size_t s = 0; s < c->n_schemes && !ret; s++) {
            const struct eg_compare_pair *pair = eg_compare_pair(p, s, t);
            int understood;
            if (!pair->possible)
                continue;
            ret = eg_compare_experiment(e, p, s, t, pair->matched ? pair->size : 0, -1, &understood,
                                        message);
            char *yaml = ret ? NULL : eg_config_yaml(e->config, 0);
            if (!ret)
                ret = yaml ? write_config(pair->config, yaml, message)
                           : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
            free(yaml);
            eg_experiment_free(e);
        }
    }
    free(e);
    return ret;
}
