/* experiments/describe.c -- the verbs list and describe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/associative.h"
#include "experiments/compare.h"
#include "experiments/describe.h"
#include "experiments/experiment.h"
#include "experiments/progress.h"

static const char *const kinds[] = {"tasks",    "memories", "controllers", "models",
                                    "patterns", "presets",  "comparisons"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void text_pair(const char *key, const char *value)
{
    printf(", \"%s\": ", key);
    eg_json_text(value);
}

static void line(const struct eg_command *c, const char *kind, const char *name,
                 const char *summary, const char *source)
{
    if (c->json) {
        printf("{\"report\": \"%s\"", kind);
        text_pair("name", name);
        text_pair("summary", summary);
        if (source)
            text_pair("source", source);
        printf("}\n");
        return;
    }
    printf("  %-14s %s\n", name, summary);
    if (source)
        printf("  %-14s   %s\n", "", source);
}

int eg_verb_list(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    const char *what = c->targets ? c->target[0] : NULL;
    int known = !what;
    for (size_t i = 0; i < KINDS; i++)
        known = known || !strcmp(what, kinds[i]);
    if (!known) {
        const char *near = eg_nearest(what, kinds, KINDS);
        const int ret =
            EG_FAIL(EG_ERR_CONFIG, &message,
                    "there is no list of '%s'; there are tasks, memories, "
                    "controllers, models, patterns, presets and comparisons%s%s%s",
                    what, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        return eg_command_fail(ret, &message);
    }
    if (!what || !strcmp(what, "tasks")) {
        if (!c->json)
            printf("tasks\n");
        for (const struct eg_task_type *const *t = eg_task_types; *t; t++)
            line(c, "task", (*t)->name, (*t)->summary, (*t)->source);
    }
    if (!what || !strcmp(what, "memories")) {
        if (!c->json)
            printf("memories\n");
        for (const struct eg_memory_type *const *t = eg_memory_types; *t; t++)
            line(c, "memory", (*t)->name, (*t)->summary, (*t)->source);
        for (const struct eg_associative_type *const *t = eg_associative_types; *t; t++)
            line(c, "memory", (*t)->name, (*t)->summary, (*t)->source);
    }
    if (!what || !strcmp(what, "controllers")) {
        if (!c->json)
            printf("controllers\n");
        for (const struct eg_controller_type *const *t = eg_controller_types; *t; t++)
            line(c, "controller", (*t)->name, (*t)->summary, (*t)->source);
    }
    if (!what || !strcmp(what, "models")) {
        if (!c->json)
            printf("models\n");
        for (const struct eg_model_type *const *t = eg_model_types; *t; t++)
            line(c, "model", (*t)->name, (*t)->summary, (*t)->source);
    }
    if (!what || !strcmp(what, "patterns")) {
        if (!c->json)
            printf("patterns\n");
        for (const struct eg_pattern_type *const *t = eg_pattern_types; *t; t++)
            line(c, "patterns", (*t)->name, (*t)->summary, (*t)->source);
    }
    if (!what || !strcmp(what, "presets")) {
        if (!c->json)
            printf("presets\n");
        for (const struct eg_preset *p = eg_presets; p->name; p++) {
            char summary[256];
            eg_preset_summary(p, summary, sizeof summary);
            line(c, "preset", p->name, summary, NULL);
        }
    }
    if (!what || !strcmp(what, "comparisons")) {
        if (!c->json)
            printf("comparisons\n");
        for (const struct eg_preset *p = eg_comparisons; p->name; p++) {
            char summary[256];
            eg_preset_summary(p, summary, sizeof summary);
            line(c, "comparison", p->name, summary, NULL);
        }
    }
    return EG_EXIT_DONE;
}

static void describe_parameters(const struct eg_model *m)
{
    printf("\nparameters (name, symbol, shape, unit, equation)\n");
    for (size_t i = 0; i < m->params.count; i++) {
        const struct eg_param_row *row = &m->params.rows[i];
        char numbers[48];
        snprintf(numbers, sizeof numbers, "%zu x %zu", row->rows, row->cols);
        printf("  %-36s %-4s %-12s = %-36s unit %-3s eq. %s\n", row->name, row->symbol, numbers,
               row->shape, row->unit, row->equation);
    }
    printf("  %zu learnable numbers in all\n", m->params.total);
}

static void describe_fields(const struct eg_model *m)
{
    struct eg_model_part part;
    for (size_t i = 0; m->type->part(m->state, i, &part); i++)
        for (const struct eg_field *f = part.fields; f->name; f++) {
            char shape[96] = "";
            size_t used = 0;
            for (const char *letter = f->shape; *letter && used < sizeof shape; letter++)
                used += (size_t) snprintf(shape + used, sizeof shape - used, " x %c = %zu", *letter,
                                          m->type->extent(m->state, i, *letter));
            printf("  %-17s %-8s %c%-24s unit %-3s eq. %-4s %s%s\n", f->name, f->symbol,
                   part.of_answers ? 'A' : 'T', shape, f->units, f->equation, f->help,
                   part.layers > 1 ? " (one set a layer)" : "");
        }
}

static void describe_control(const struct eg_model *m)
{
    char name[64];
    const char *activation;
    size_t from, n;
    if (!m->type->control_part
        || !m->type->control_part(m->state, 0, name, sizeof name, &from, &n, &activation))
        return;
    printf("\ncontrol of the memory: columns of h W_i + b_i\n");
    for (size_t i = 0;
         m->type->control_part(m->state, i, name, sizeof name, &from, &n, &activation); i++)
        printf("  %-20s columns %zu to %zu, %s\n", name, from, from + n - 1, activation);
}

/* One JSON object a tensor, a field, an option; one for the whole. */
int eg_describe_json_option(void *context, const char *key, const struct eg_option *row,
                            const void *value)
{
    (void) context;
    char text[1024];
    eg_option_print(text, sizeof text, row, value);
    printf("{\"report\": \"option\"");
    text_pair("name", key);
    text_pair("value", text);
    text_pair("unit", row->unit);
    text_pair("help", row->help);
    printf("}\n");
    return EG_OK;
}

static void json_fields(const struct eg_field *fields, const char *part)
{
    for (const struct eg_field *f = fields; f->name; f++) {
        printf("{\"report\": \"field\"");
        text_pair("part", part);
        text_pair("name", f->name);
        text_pair("symbol", f->symbol);
        text_pair("shape", f->shape);
        text_pair("unit", f->units);
        text_pair("equation", f->equation);
        text_pair("help", f->help);
        printf("}\n");
    }
}

static int describe_json(const struct eg_experiment *e)
{
    const struct eg_model *m = &e->model;
    const struct eg_task_shape *s = &e->source.shape;
    struct eg_model_part part;
    printf("{\"report\": \"model\"");
    text_pair("model", m->type->name);
    for (size_t i = 0; m->type->part(m->state, i, &part); i++)
        text_pair(part.role, part.name);
    text_pair("task", e->source.task->name);
    printf(", \"inputs\": %zu, \"outputs\": %zu, \"steps\": %zu, \"chance\": %.9g, "
           "\"parameters\": %zu, \"flops_per_sequence\": %.9g}\n",
           s->inputs, s->outputs, s->steps_max, s->chance, m->params.total,
           eg_model_flops(m, s->steps_max, eg_experiment_asked(e)));
    for (size_t i = 0; i < m->params.count; i++) {
        const struct eg_param_row *row = &m->params.rows[i];
        printf("{\"report\": \"parameter\"");
        text_pair("name", row->name);
        text_pair("symbol", row->symbol);
        text_pair("shape", row->shape);
        text_pair("unit", row->unit);
        text_pair("equation", row->equation);
        printf(", \"rows\": %zu, \"cols\": %zu}\n", row->rows, row->cols);
    }
    for (size_t i = 0; m->type->part(m->state, i, &part); i++)
        json_fields(part.fields, part.role);
    return eg_config_walk(e->config, eg_describe_json_option, NULL);
}

int eg_verb_describe(const struct eg_command *c)
{
    if (eg_setup_is_associative(c))
        return eg_describe_associative(c);
    struct eg_message message = {{0}};
    struct eg_experiment *e = calloc(1, sizeof *e);
    int ret =
        e ? eg_experiment_init(e, c->target[0], NULL, c->settings, c->n_settings, -1, &message)
          : EG_RAISE(EG_ERR_NOMEM);
    char *yaml = ret ? NULL : eg_config_yaml(e->config, 1);
    if (!ret && !yaml)
        ret = EG_RAISE(EG_ERR_NOMEM);
    if (!ret && c->json) {
        ret = describe_json(e);
    } else if (!ret) {
        const struct eg_model *m = &e->model;
        const struct eg_task_shape *s = &e->source.shape;
        struct eg_model_part part;
        printf("%s:", c->target[0]);
        for (size_t i = 0; m->type->part(m->state, i, &part); i++)
            printf(" %s %s,", part.name, part.role);
        printf(" %s task\n\n", e->source.task->name);
        if (!m->type->parts)
            printf("model       %s\n            %s\n", m->type->summary, m->type->source);
        for (size_t i = 0; m->type->part(m->state, i, &part); i++)
            printf("%-11s %s\n            %s\n", part.role, part.summary, part.source);
        printf("task        %s\n            %s\n", e->source.task->summary, e->source.task->source);
        printf("            %zu inputs, %zu outputs, at most %zu steps; chance %g bit/sequence\n",
               s->inputs, s->outputs, s->steps_max, s->chance);
        describe_parameters(m);
        describe_control(m);
        printf("\nrecorded of every step (T steps)%s\n",
               m->type->parts ? "" : " or every answer (A answers)");
        describe_fields(m);
        printf("\ncost of one training sequence of %zu steps: %.2f MFLOP\n", s->steps_max,
               eg_model_flops(m, s->steps_max, eg_experiment_asked(e)) * 1e-6);
        printf("\noptions\n%s", yaml);
    }
    free(yaml);
    if (e)
        eg_experiment_free(e);
    free(e);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}
