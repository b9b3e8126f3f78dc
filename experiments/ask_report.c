/* experiments/ask_report.c -- answers, and where each hop looked. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/ask.h"
#include "experiments/progress.h"

enum { ANSWERS = 3, BAR = 10 };

/* The likeliest answers, in order; how many.  None that no training question has. */
static size_t likeliest(const struct eg_ask_answer *a, size_t at[ANSWERS])
{
    size_t n = 0;
    for (; n < ANSWERS && n + a->unanswerable < a->classes; n++) {
        size_t best = a->classes;
        for (size_t c = a->unanswerable; c < a->classes; c++) {
            int taken = 0;
            for (size_t k = 0; k < n; k++)
                taken |= at[k] == c;
            if (!taken && (best == a->classes || a->probability[c] > a->probability[best]))
                best = c;
        }
        at[n] = best;
    }
    return n;
}

static const char *word(const struct eg_ask_answer *a, size_t class, char number[24])
{
    if (a->class_words)
        return a->class_words[class];
    snprintf(number, 24, "%zu", class);
    return number;
}

/* Bars are as long as there is room for beside each other. */
static int bar_length(size_t hops)
{
    return hops <= 3 ? BAR : hops <= 6 ? BAR / 2 : 0;
}

static void bars(const struct eg_ask_answer *a, const real *weights, size_t stride)
{
    static const char full[] = "##########";
    const int room = bar_length(a->hops);
    for (size_t k = 0; k < a->hops; k++) {
        const double p = weights ? (double) weights[k * stride] : NAN;
        if (!weights) {
            printf("  %4s %-*s", "-", room, "");
            continue;
        }
        char number[32];
        const int left = 4 + room - snprintf(number, sizeof number, "%4.2f", p);
        const int n = (int) lround(fmin(fmax(p, 0), 1) * room), rest = left > 0 ? left : 0;
        printf("  %s %-*.*s", number, rest, n < rest ? n : rest, full);
    }
}

/* Whether the weights of each hop add up to 1; they need not without a softmax. */
static int add_up(const struct eg_ask_answer *a)
{
    for (size_t k = 0; k < a->hops; k++) {
        double sum = a->empty ? (double) a->empty[k] : 0;
        for (size_t i = 0; i < a->held; i++)
            sum += (double) a->attention[k * a->slots + i];
        if (!(fabs(sum - 1) < 1e-3))
            return 0;
    }
    return 1;
}

static void table(const struct eg_ask_answer *a)
{
    if (!add_up(a))
        printf("in the linear start of its training the model has no softmax: weights are any "
               "numbers\n");
    const int room = bar_length(a->hops);
    for (size_t k = 0; k < a->hops; k++) {
        char name[32];
        snprintf(name, sizeof name, "hop %zu", k + 1);
        printf("  %-*s", 5 + room, name);
    }
    printf("  statement\n");
    for (size_t i = 0; i < a->asked->statements; i++) {
        const int there = i >= a->first && i - a->first < a->held;
        bars(a, there ? a->attention + (i - a->first) : NULL, a->slots);
        printf("  %zu %s%s\n", a->asked->passed + i + 1, a->asked->statement[i],
               there ? "" : " (not in memory)");
    }
    double empty = 0;
    for (size_t k = 0; a->empty && k < a->hops; k++)
        empty = fmax(empty, (double) a->empty[k]);
    if (empty >= 0.005) {
        bars(a, a->empty, 1);
        printf("  (slots without a statement)\n");
    }
}

void eg_ask_show(const struct eg_ask_answer *a)
{
    size_t at[ANSWERS];
    const size_t n = likeliest(a, at);
    char number[24];
    printf("%s\n", a->asked->question);
    for (size_t i = 0; i < n; i++)
        printf("  %6.4f  %s\n", a->probability[at[i]], word(a, at[i], number));
    if (a->asked->unknown) {
        printf("not known:");
        for (size_t i = 0; i < a->asked->unknown; i++)
            printf("%s %s", i ? "," : "", a->asked->unknown_word[i]);
        printf("\n");
    }
    if (a->asked->passed)
        printf("left out: the first %zu statement%s, more than any question of training had\n",
               a->asked->passed, a->asked->passed > 1 ? "s" : "");
    if (a->hops)
        table(a);
    else
        printf("this model has no attention over statements\n");
    printf("\n");
    fflush(stdout);
}

static void list_of_weights(const real *weights, size_t hops, size_t stride)
{
    printf("[");
    for (size_t k = 0; k < hops; k++)
        printf("%s%.9g", k ? ", " : "", (double) weights[k * stride]);
    printf("]");
}

void eg_ask_show_json(const struct eg_ask_answer *a)
{
    size_t at[ANSWERS];
    const size_t n = likeliest(a, at);
    char number[24];
    printf("{\"report\": \"ask\", \"question\": ");
    eg_json_text(a->asked->question);
    printf(", \"answers\": [");
    for (size_t i = 0; i < n; i++) {
        printf("%s{\"answer\": ", i ? ", " : "");
        eg_json_text(word(a, at[i], number));
        printf(", \"probability\": %.9g}", a->probability[at[i]]);
    }
    double none = 0;
    for (size_t c = 0; c < a->unanswerable; c++)
        none += a->probability[c];
    printf("], \"no_answer\": %.9g, \"unknown\": [", none);
    for (size_t i = 0; i < a->asked->unknown; i++) {
        printf("%s", i ? ", " : "");
        eg_json_text(a->asked->unknown_word[i]);
    }
    printf("], \"left_out\": %zu, \"hops\": %zu, \"statements\": [", a->asked->passed, a->hops);
    for (size_t i = 0; i < a->asked->statements; i++) {
        printf("%s{\"text\": ", i ? ", " : "");
        eg_json_text(a->asked->statement[i]);
        if (a->hops && i >= a->first && i - a->first < a->held) {
            printf(", \"attention\": ");
            list_of_weights(a->attention + (i - a->first), a->hops, a->slots);
        }
        printf("}");
    }
    printf("]");
    if (a->hops && a->empty) {
        printf(", \"attention_empty\": ");
        list_of_weights(a->empty, a->hops, 1);
    }
    printf("}\n");
    fflush(stdout);
}
