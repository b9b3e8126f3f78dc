/* experiments/inspect.c -- the verbs that look at run files: plot, diff, check. */
#include <stdio.h>
#include <string.h>

#include "core/config.h"
#include "experiments/command.h"
#include "experiments/figure.h"
#include "experiments/progress.h"
#include "record/check.h"
#include "record/diff.h"

/* Context of say(): the command. */
static void say(void *context, const char *sentence)
{
    const struct eg_command *c = *(const struct eg_command **) context;
    if (c->json) {
        printf("{\"report\": \"%s\", \"text\": ", c->verb);
        eg_json_text(sentence);
        printf("}\n");
    } else {
        printf("%s\n", sentence);
    }
}

/* The last line of diff and check: how many, or the sentence for none. */
static void conclude(const struct eg_command *c, const char *what, size_t n, const char *none)
{
    if (c->json)
        printf("{\"report\": \"%s\", \"%s\": %zu}\n", c->verb, what, n);
    else if (!n)
        printf("%s%s\n", c->targets == 1 ? c->target[0] : "", none);
}

/* The place of `name` in a NULL-ended list, or a message that names the nearest. */
static int choose(const char *flag, const char *name, const char *const *names, size_t *at,
                  struct eg_message *message)
{
    size_t n = 0;
    for (; names[n]; n++)
        if (!strcmp(names[n], name)) {
            *at = n;
            return EG_OK;
        }
    const char *near = eg_nearest(name, names, n);
    return EG_FAIL(EG_ERR_CONFIG, message, "%s %s: there is no such thing%s%s%s", flag, name,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

int eg_verb_plot(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    size_t format = EG_PLOT_SVG, figure = 0;
    int ret = EG_OK;
    if (c->format)
        ret = choose("--format", c->format, eg_plot_formats, &format, &message);
    if (!ret && c->figure)
        ret = choose("--figure", c->figure, eg_plot_names, &figure, &message);
    const struct eg_plot_options options = {.run = c->target[0],
                                            .runs = c->targets > 1 ? c->target : NULL,
                                            .n_runs = c->targets,
                                            .output = c->output,
                                            .format = (enum eg_plot_format) format,
                                            .figures = c->figure ? 1u << figure : EG_PLOT_ALL,
                                            .force = c->force,
                                            .written = c->quiet ? NULL : say,
                                            .context = &c};
    if (!ret)
        ret = eg_plot_run(&options, &message);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}

int eg_verb_diff(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    size_t differences = 0;
    const int ret = eg_run_diff(c->target[0], c->target[1], say, &c, &differences, &message);
    if (ret)
        return eg_command_fail(ret, &message);
    conclude(c, "differences", differences, "equal to the last bit");
    return differences ? 1 : EG_EXIT_DONE;
}

int eg_verb_check(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    size_t problems = 0;
    const int ret = eg_run_check(c->target[0], say, &c, &problems, &message);
    if (ret)
        return eg_command_fail(ret, &message);
    conclude(c, "problems", problems, " is whole");
    return problems ? EG_EXIT_IO : EG_EXIT_DONE;
}
