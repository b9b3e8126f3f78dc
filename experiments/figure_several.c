#include "experiments/figure_several.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/statistics.h"

/* What tells two runs apart. */
struct identity {
    size_t preset;
    int64_t seed;
};

static int find_preset(struct eg_several *s, struct eg_run *run, size_t *preset,
                       struct eg_message *message)
{
    char name[sizeof s->presets[0].name];
    if (eg_run_get_attr_text(run, "/", "name", name, sizeof name, NULL) != EG_OK)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s does not say of what preset it is",
                       eg_run_path(run));
    size_t k = 0;
    while (k < s->n && strcmp(s->presets[k].name, name) != 0)
        k++;
    if (k == EG_CHART_COLOURS)
        return EG_FAIL(EG_ERR_RANGE, message, "%s: a figure has at most %d presets",
                       eg_run_path(run), (int) EG_CHART_COLOURS);
    if (k == s->n) {
        memcpy(s->presets[k].name, name, sizeof name);
        eg_chart_plain(s->presets[k].plain, sizeof s->presets[k].plain, name);
        s->n++;
    }
    *preset = k;
    return EG_OK;
}

int eg_several_read(struct eg_several *s, const char *const *paths, size_t n,
                    int (*each)(void *context, struct eg_run *run, size_t preset,
                                struct eg_message *message),
                    void *context, struct eg_message *message)
{
    *s = (struct eg_several){.n = 0};
    struct identity *known = calloc(n, sizeof *known);
    int rc = known ? EG_OK : EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
    for (size_t i = 0; rc == EG_OK && i < n; i++) {
        struct eg_run *run = NULL;
        rc = eg_run_open(&run, paths[i], EG_RUN_READ, message);
        if (rc == EG_OK)
            rc = find_preset(s, run, &known[i].preset, message);
        if (rc == EG_OK)
            rc = eg_run_get_attr_int(run, "/", "seed", &known[i].seed, message);
        for (size_t k = 0; rc == EG_OK && k < i; k++)
            if (known[k].preset == known[i].preset && known[k].seed == known[i].seed)
                rc = EG_FAIL(EG_ERR_RANGE, message,
                             "%s and %s are both seed %lld of %s, and a seed counts once", paths[k],
                             paths[i], (long long) known[i].seed, s->presets[known[i].preset].name);
        if (rc == EG_OK) {
            s->presets[known[i].preset].runs++;
            rc = each(context, run, known[i].preset, message);
        }
        eg_run_close(&run);
    }
    free(known);
    return rc;
}

void eg_several_quartiles(double *x, size_t n, double quartiles[3])
{
    /* Between a number and infinity nothing can be interpolated, between it and this one can. */
    const double huge = 1e300;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            x[k++] = x[i] < huge ? x[i] : huge;
    for (int q = 0; q < 3; q++) {
        quartiles[q] = eg_quantile(x, k, 0.25 * (q + 1));
        if (quartiles[q] > 1e-3 * huge)
            quartiles[q] = INFINITY;
    }
}

size_t eg_several_keys(const struct eg_several *s, const size_t *runs,
                       struct eg_key keys[EG_CHART_COLOURS],
                       char names[EG_CHART_COLOURS][EG_SEVERAL_WORDS])
{
    size_t n = 0;
    for (size_t k = 0; k < s->n; k++) {
        const size_t seeds = runs ? runs[k] : s->presets[k].runs;
        if (seeds == 0)
            continue;
        snprintf(names[n], EG_SEVERAL_WORDS, "%s (%zu seed%s)", s->presets[k].plain, seeds,
                 seeds == 1 ? "" : "s");
        keys[n] =
            (struct eg_key){.name = names[n], .colour = eg_chart_colour(k), .mark = EG_MARK_LINE};
        n++;
    }
    return n;
}
