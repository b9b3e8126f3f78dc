/* experiments/describe_associative.c -- `engram describe` of an associative memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/associative.h"
#include "experiments/describe.h"
#include "experiments/progress.h"
#include "experiments/recall.h"

static void describe_text(const struct eg_associative *a, const struct eg_patterns *p,
                          const char *yaml)
{
    const struct eg_associative_type *t = a->type;
    char dynamics[256];
    eg_recall_dynamics(dynamics, sizeof dynamics, a);
    printf("%s: %s memory, %s patterns\n\n", a->name, t->name, a->source->name);
    printf("memory      %s\n            %s\n            %s\n", t->summary, t->source, t->energy);
    printf("            %s along %s\n", t->descends(a->memory) ? "never rises" : "has no direction",
           t->spins ? "updates of one site at a time, at T = 0" : "the flow");
    printf("patterns    %s\n            %s\n", a->source->summary, a->source->source);
    printf("            %zu patterns of %zu sites", p->count, p->sites);
    if (p->first < p->sites)
        printf(", %zu of them in the first layer", p->first);
    if (p->height)
        printf(", pictures of %zu x %zu", p->height, p->width);
    printf("\nload        %s\n", t->load_words(a->memory));
    printf("dynamics    %s\n", dynamics);
    printf("room        %.3g MB for the network and one recall\n",
           t->bytes(a->memory, p->sites, p->count) / 1e6);
    printf("\noptions\n%s", yaml);
}

static int describe_json(const struct eg_associative *a, const struct eg_patterns *p)
{
    const struct eg_associative_type *t = a->type;
    printf("{\"report\": \"network\", \"memory\": ");
    eg_json_text(t->name);
    printf(", \"energy\": ");
    eg_json_text(t->energy);
    printf(", \"load_meaning\": ");
    eg_json_text(t->load_words(a->memory));
    printf(", \"sites\": %zu, \"first_layer\": %zu, \"patterns\": %zu, \"descends\": %s, "
           "\"bytes\": %.0f}\n",
           p->sites, p->first, p->count, t->descends(a->memory) ? "true" : "false",
           t->bytes(a->memory, p->sites, p->count));
    return eg_config_walk(a->config, eg_describe_json_option, NULL);
}

int eg_describe_associative(const struct eg_command *c)
{
    struct eg_message message = {{0}};
    struct eg_associative a;
    struct eg_patterns patterns = {0};
    int ret = eg_associative_init(&a, EG_KIND_RECALL, c->target[0], NULL, c->settings,
                                  c->n_settings, -1, &message);
    char *yaml = ret ? NULL : eg_config_yaml(a.config, 1);
    if (!ret && !yaml)
        ret = EG_RAISE(EG_ERR_NOMEM);
    if (!ret)
        ret = a.source->make(a.patterns, &patterns, 1, 0, a.arena, &message);
    if (!ret && c->json)
        ret = describe_json(&a, &patterns);
    else if (!ret)
        describe_text(&a, &patterns, yaml);
    free(yaml);
    eg_associative_free(&a);
    return ret ? eg_command_fail(ret, &message) : EG_EXIT_DONE;
}
