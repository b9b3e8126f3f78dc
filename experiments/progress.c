#include "experiments/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double eg_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

void eg_progress_start(struct eg_progress *p, const struct eg_command *command, uint64_t total,
                       uint64_t done)
{
    *p = (struct eg_progress){.quiet = command->quiet,
                              .json = command->json,
                              .terminal = isatty(STDERR_FILENO),
                              .total = total,
                              .started = eg_clock(),
                              .first = (double) done};
}

static void duration(char *text, size_t size, double s)
{
    if (s < 100)
        snprintf(text, size, "%.0f s", s);
    else if (s < 6000)
        snprintf(text, size, "%.0f min", s / 60);
    else
        snprintf(text, size, "%.1f h", s / 3600);
}

void eg_progress_report(struct eg_progress *p, uint64_t sequences, double cost, double loss,
                        double rate, double norm, double seconds)
{
    if (p->json) {
        printf("{\"report\": \"train\", \"sequences\": %llu, \"cost\": %.9g, \"loss\": %.9g, "
               "\"learning_rate\": %.9g, \"gradient_norm\": %.9g, \"seconds\": %.3f}\n",
               (unsigned long long) sequences, cost, loss, rate, norm, seconds);
        fflush(stdout);
    }
    if (p->quiet || p->json)
        return;
    const double elapsed = eg_clock() - p->started, done = (double) sequences;
    const double speed = elapsed > 0 ? (done - p->first) / elapsed : 0;
    const double part = p->total ? done / (double) p->total : 1;
    char left[32] = "?";
    if (speed > 0)
        duration(left, sizeof left, ((double) p->total - done) / speed);
    if (p->terminal) {
        enum { WIDTH = 24 };
        char bar[WIDTH + 1];
        for (int i = 0; i < WIDTH; i++)
            bar[i] = i < (int) (part * WIDTH) ? '#' : '.';
        bar[WIDTH] = '\0';
        fprintf(stderr, "\r[%s] %3.0f %%  %9.4f bit/sequence  %6.0f sequences/s  %s left   ", bar,
                100 * part, cost, speed, left);
        p->dirty = 1;
    } else {
        fprintf(stderr, "%9llu sequences  %9.4f bit/sequence  %6.0f sequences/s  %s left\n",
                (unsigned long long) sequences, cost, speed, left);
    }
}

void eg_progress_say(struct eg_progress *p, const char *format, ...)
{
    if (p->quiet)
        return;
    if (p->dirty)
        fputc('\n', stderr);
    p->dirty = 0;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void eg_progress_head(struct eg_progress *p, const struct eg_head_report *head, uint64_t sequences)
{
    char sentence[256];
    eg_head_sentence(sentence, sizeof sentence, head);
    if (!p->json) {
        eg_progress_say(p, "%9llu sequences  %s", (unsigned long long) sequences, sentence);
        return;
    }
    printf("{\"report\": \"head\", \"sequences\": %llu, \"kind\": \"%s\", \"head\": %zu, "
           "\"diagnosis\": \"%s\", \"text\": ",
           (unsigned long long) sequences, eg_head_kinds[head->kind], head->head,
           eg_head_states[head->state]);
    eg_json_text(sentence);
    printf("}\n");
    fflush(stdout);
}

/* JSON has no NaN. */
static const char *number(char *text, size_t size, double x)
{
    snprintf(text, size, "%.9g", x);
    return isfinite(x) ? text : "null";
}

static void evaluation_json(const struct eg_evaluation *v, uint64_t updates)
{
    char chance[32], optimum[32];
    printf("{\"report\": \"evaluate\", \"step\": %llu, ", (unsigned long long) updates);
    if (v->name) {
        printf("\"split\": %d, \"group\": %zu, \"name\": ", (int) v->split, v->group);
        eg_json_text(v->name);
        printf(", ");
    }
    printf("\"length\": %zu, \"repeats\": %zu, "
           "\"mean\": %.9g, "
           "\"standard_error\": %.9g, \"n\": %zu, \"exact_fraction\": %.9g, "
           "\"wrong_bits\": %.9g, \"wrong_bits_standard_error\": %.9g, \"chance\": %s, "
           "\"optimum\": %s",
           v->length, v->repeats, v->mean, v->standard_error, v->n, v->exact, v->wrong,
           v->wrong_error, number(chance, sizeof chance, v->chance),
           number(optimum, sizeof optimum, v->optimum));
    if (!isnan(v->perplexity))
        printf(", \"perplexity\": %s", number(chance, sizeof chance, v->perplexity));
    printf("}\n");
}

void eg_progress_evaluation(struct eg_progress *p, const struct eg_evaluation *v, int first,
                            uint64_t updates)
{
    if (p->json) {
        evaluation_json(v, updates);
        fflush(stdout);
        return;
    }
    if (p->quiet)
        return;
    if (p->dirty)
        fputc('\n', stderr);
    p->dirty = 0;
    const int width = v->name ? 26 : 8; /* of the first column */
    if (first)
        printf("%*s  bit/sequence  standard error       n  exact  wrong %s/sequence\n", width,
               v->name ? "items" : "length", v->loss == EG_LOSS_BITS ? "bits" : "answers");
    char length[64] = "mixed";
    if (v->name)
        snprintf(length, sizeof length, "%s%s", v->group ? "test: " : "", v->name);
    else if (v->length && v->repeats)
        snprintf(length, sizeof length, "%zu x %zu", v->length, v->repeats);
    else if (v->length)
        snprintf(length, sizeof length, "%zu", v->length);
    printf("%*s  %12.6f  %14.6f  %6zu  %5.3f  %19.4f", width, length, v->mean, v->standard_error,
           v->n, v->exact, v->wrong);
    if (v->optimum > 0)
        printf("   best possible %.6f", v->optimum);
    if (!isnan(v->perplexity))
        printf("   perplexity %.6g", v->perplexity);
    printf("\n");
    fflush(stdout);
}

void eg_json_text(const char *text)
{
    putchar('"');
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if ((unsigned char) *c < 0x20)
            printf("\\u%04x", (unsigned) *c);
        else
            putchar(*c);
    putchar('"');
}
