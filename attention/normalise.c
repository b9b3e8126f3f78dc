#include "attention/normalise.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

#include "attention/heap.h"

const char *const eg_normaliser_names[] = {"softmax", "sparsemax", "entmax-1.5",
                                           "top-k",   "hard",      "hard-sampled",
                                           "gumbel",  "sigmoid",   NULL};

enum { SCORE, BETA };

/* One row at a time. */
struct row {
    size_t n, best;           /* best: the first of the largest z                    */
    const real *z;            /* at most 0, and 0 at `best`; sigmoid: as it is       */
    real *w;                  /* to be set                                           */
    real *p;                  /* to be set: what is differentiated, if it is not w   */
    real *work;               /* n                                                   */
    struct eg_stream *stream; /* NULL: nothing is drawn                              */
    const struct eg_kernels *kernels;
};

struct saved {
    struct eg_normaliser how;
    real *p;        /* (rows, N), or NULL                  */
    real *top;      /* (rows): what was taken off the y    */
    real *z, *work; /* N each, for one row at a time       */
};

static void softmax(real *p, const real *z, size_t n, const struct eg_kernels *kernels)
{
    (kernels->exp)(p, z, n); /* not the macro of <tgmath.h> */
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += p[i];
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

/* dz_i = p_i (dw_i - sum_j dw_j p_j) */
static void softmax_back(real *dz, const real *dw, const real *p, size_t n,
                         const struct eg_kernels *kernels)
{
    const real mean = kernels->dot(dw, p, n);
    for (size_t i = 0; i < n; i++)
        dz[i] = p[i] * (dw[i] - mean);
}

/* The numbers of z scale z_i > -1 into `to`: the others are no part of the support, whose threshold
 * is 1 below the largest number, which is 0, at most.  Returns how many. */
static size_t candidates(real *to, const real *z, real scale, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        to[count] = scale * z[i];
        count += to[count] > -1;
    }
    return count;
}

/* tau = (sum of the support - 1) / its size; the support are the k largest for the greatest k with
 * 1 + k z_k > the sum of these k. */
static void sparsemax(const struct row *r)
{
    const size_t n = candidates(r->work, r->z, 1, r->n);
    double sum = 0, tau = 0;
    eg_heap_make(r->work, n);
    for (size_t k = 1; k <= n; k++) {
        const double z = (double) eg_heap_pop(r->work, n - k + 1);
        if (!(1 + (double) k * z > sum + z))
            break;
        sum += z;
        tau = (sum - 1) / (double) k;
    }
    for (size_t i = 0; i < r->n; i++)
        r->w[i] = r->z[i] - (real) tau > 0 ? r->z[i] - (real) tau : 0;
}

/* dz_i = dw_i - the mean of dw over the support, there. */
static void sparsemax_back(real *dz, const real *dw, const real *w, size_t n)
{
    real sum = 0, size = 0;
#pragma omp simd reduction(+ : sum, size)
    for (size_t i = 0; i < n; i++) {
        sum += w[i] > 0 ? dw[i] : 0;
        size += w[i] > 0 ? 1 : 0;
    }
    for (size_t i = 0; i < n; i++)
        dz[i] = w[i] > 0 ? dw[i] - sum / size : 0;
}

/* With the mean and the sum of squared deviations S of the k largest z / 2, tau_k = mean -
 * sqrt((1 - S) / k) solves sum (z / 2 - tau)^2 = 1 over these; the support is the greatest k with
 * tau_k <= z_k / 2. */
static void entmax(const struct row *r)
{
    const size_t n = candidates(r->work, r->z, (real) 0.5, r->n);
    double mean = 0, squares = 0, tau = 0;
    eg_heap_make(r->work, n);
    for (size_t k = 1; k <= n; k++) {
        const double z = (double) eg_heap_pop(r->work, n - k + 1), off = z - mean;
        mean += off / (double) k;
        squares += off * (z - mean);
        const double left = squares < 1 ? (1 - squares) / (double) k : 0;
        if (mean - sqrt(left) > z)
            break;
        tau = mean - sqrt(left);
    }
    for (size_t i = 0; i < r->n; i++) {
        const real above = r->z[i] / 2 - (real) tau;
        r->w[i] = above > 0 ? above * above : 0;
    }
}

/* dz_i = s_i (dw_i - sum_j s_j dw_j / sum_j s_j), s = sqrt(w) */
static void entmax_back(real *dz, const real *dw, const real *w, size_t n)
{
    real sum = 0, size = 0;
#pragma omp simd reduction(+ : sum, size)
    for (size_t i = 0; i < n; i++) {
        dz[i] = sqrt(w[i]);
        sum += dz[i] * dw[i];
        size += dz[i];
    }
    for (size_t i = 0; i < n; i++)
        dz[i] *= dw[i] - sum / size;
}

static void top_k(const struct row *r, size_t k)
{
    const size_t n = r->n;
    k = k < n ? k : n;
    memcpy(r->work, r->z, n * sizeof *r->work);
    eg_heap_make(r->work, n);
    real least = 0;
    for (size_t i = 0; i < k; i++)
        least = eg_heap_pop(r->work, n - i);
    size_t equal = k; /* places for those that are equal to the least */
    for (size_t i = 0; i < n; i++)
        equal -= r->z[i] > least;
    (r->kernels->exp)(r->work, r->z, n);
    real sum = 0;
    for (size_t i = 0; i < n; i++) {
        const int taken = r->z[i] > least || (r->z[i] == least && equal > 0);
        equal -= r->z[i] == least && equal > 0;
        r->w[i] = taken ? r->work[i] : 0;
        sum += r->w[i];
    }
    for (size_t i = 0; i < n; i++)
        r->w[i] /= sum;
}

static void one_hot(real *w, size_t at, size_t n)
{
    memset(w, 0, n * sizeof *w);
    w[at] = 1;
}

/* A place with the probabilities p; never one whose probability is 0. */
static size_t draw(const real *p, size_t n, struct eg_stream *stream)
{
    const double u = eg_stream_uniform(stream);
    double sum = 0, below = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double) p[i];
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        below += (double) p[i];
        if (below > u * sum)
            return i;
        last = p[i] > 0 ? i : last;
    }
    return last;
}

/* -ln(-ln U_i) into r->work; U = (k + 1/2) / 2^23, which float holds exactly and is neither 0
 * nor 1.  r->w is overwritten. */
static void gumbel_noise(const struct row *r)
{
    real *u = r->work;
    for (size_t i = 0; i < r->n; i += 2) {
        const uint64_t bits = eg_stream_bits(r->stream);
        u[i] = ((real) (bits >> 41) + (real) 0.5) * (real) 0x1p-23;
        if (i + 1 < r->n)
            u[i + 1] = ((real) (bits >> 18 & 0x7fffff) + (real) 0.5) * (real) 0x1p-23;
    }
    (r->kernels->log)(r->w, u, r->n);
    for (size_t i = 0; i < r->n; i++)
        r->w[i] = -r->w[i];
    (r->kernels->log)(u, r->w, r->n);
    for (size_t i = 0; i < r->n; i++)
        u[i] = -u[i];
}

static void gumbel(const struct row *r, real temperature, int straight_through)
{
    real *x = r->work, *p = straight_through ? r->p : r->w;
    size_t best = 0;
    memset(x, 0, r->n * sizeof *x);
    if (r->stream)
        gumbel_noise(r);
    for (size_t i = 0; i < r->n; i++) {
        x[i] += r->z[i];
        best = x[i] > x[best] ? i : best;
    }
    const real top = x[best];
    for (size_t i = 0; i < r->n; i++)
        x[i] = (x[i] - top) / temperature;
    softmax(p, x, r->n, r->kernels);
    if (straight_through)
        one_hot(r->w, best, r->n);
}

/* z_i = beta (y_i - top): nothing but the sigmoid changes when a number is added to all z, and this
 * way beta y does not overflow.  Returns whether all of it are numbers. */
static int strengthen(struct row *r, real *z, real *top, const real *y, real beta, int shift)
{
    r->best = 0;
    for (size_t i = 1; i < r->n; i++)
        r->best = y[i] > y[r->best] ? i : r->best;
    *top = shift ? y[r->best] : 0;
    real spoilt = 0;
    for (size_t i = 0; i < r->n; i++) {
        z[i] = beta * (y[i] - *top);
        spoilt += z[i] != z[i];
    }
    r->z = z;
    return spoilt == 0;
}

static void forward(const struct eg_node *node, struct eg_tape *tape, size_t at)
{
    const struct saved *s = node->saved;
    struct row r = {.n = node->out->cols,
                    .w = eg_row(node->out, at),
                    .p = s->p ? s->p + at * node->out->cols : NULL,
                    .work = s->work,
                    .stream = tape->noise ? &tape->noise[at] : NULL,
                    .kernels = tape->kernels};
    const int sound = strengthen(&r, s->z, &s->top[at], eg_row(node->in[SCORE], at),
                                 eg_row(node->in[BETA], at)[0], s->how.kind != EG_NORM_SIGMOID);
    if (!sound) {
        for (size_t i = 0; i < r.n; i++) {
            r.w[i] = NAN;
            if (r.p)
                r.p[i] = NAN;
        }
        return;
    }
    switch (s->how.kind) {
    case EG_NORM_SPARSEMAX:
        sparsemax(&r);
        break;
    case EG_NORM_ENTMAX15:
        entmax(&r);
        break;
    case EG_NORM_TOP_K:
        top_k(&r, s->how.k);
        break;
    case EG_NORM_HARD:
        softmax(r.p, r.z, r.n, r.kernels);
        one_hot(r.w, r.best, r.n);
        break;
    case EG_NORM_HARD_SAMPLED:
        softmax(r.p, r.z, r.n, r.kernels);
        one_hot(r.w, r.stream ? draw(r.p, r.n, r.stream) : r.best, r.n);
        break;
    case EG_NORM_GUMBEL:
        gumbel(&r, (real) s->how.temperature, s->how.straight_through);
        break;
    case EG_NORM_SIGMOID:
        (r.kernels->sigmoid)(r.w, r.z, r.n);
        break;
    default:
        softmax(r.w, r.z, r.n, r.kernels);
    }
}

/* dz from dw, by kind. */
static void kind_back(real *dz, const real *dw, const real *w, const real *p, size_t n,
                      const struct eg_normaliser *how, real advantage,
                      const struct eg_kernels *kernels)
{
    switch (how->kind) {
    case EG_NORM_SPARSEMAX:
        sparsemax_back(dz, dw, w, n);
        break;
    case EG_NORM_ENTMAX15:
        entmax_back(dz, dw, w, n);
        break;
    case EG_NORM_HARD_SAMPLED:
        for (size_t i = 0; i < n; i++)
            dz[i] = advantage * (w[i] - p[i]);
        break;
    case EG_NORM_SIGMOID:
        for (size_t i = 0; i < n; i++)
            dz[i] = dw[i] * w[i] * (1 - w[i]);
        break;
    case EG_NORM_GUMBEL:
        softmax_back(dz, dw, p, n, kernels);
        for (size_t i = 0; i < n; i++)
            dz[i] /= (real) how->temperature;
        break;
    default:
        softmax_back(dz, dw, p, n, kernels);
    }
}

/* dy_i = beta dz_i, dbeta = sum_i dz_i (y_i - top): the sum of dz is 0 but for the sigmoid, whose
 * top is 0. */
static void normalise_back(const struct eg_node *node, struct eg_tape *tape, size_t at)
{
    const struct saved *s = node->saved;
    const size_t n = node->out->cols;
    const real *w = eg_row(node->out, at), *y = eg_row(node->in[SCORE], at);
    real *dz = s->z, *dy = eg_drow(node->in[SCORE], at), *dbeta = eg_drow(node->in[BETA], at);
    kind_back(dz, eg_drow(node->out, at), w, s->p ? s->p + at * n : w, n, &s->how,
              tape->advantage ? tape->advantage[at] : 0, tape->kernels);
    if (dy)
        tape->kernels->axpy(dy, eg_row(node->in[BETA], at)[0], dz, n);
    if (dbeta) {
        const real top = s->top[at]; /* no mutant: it cancels, and is 0 for the sigmoid */
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t i = 0; i < n; i++)
            sum += dz[i] * (y[i] - top);
        dbeta[0] += sum;
    }
}

static const struct eg_row_op normalise_op = {forward, normalise_back};

struct eg_var *eg_normalise(struct eg_tape *tape, const struct eg_normaliser *how,
                            struct eg_var *score, struct eg_var *beta)
{
    if (!score || !beta)
        return NULL;
    assert(beta->cols == 1 && beta->rows == score->rows);
    assert(how->kind != EG_NORM_TOP_K || how->k >= 1);
    assert(how->kind != EG_NORM_GUMBEL || how->temperature > 0);
    const size_t rows = score->rows, n = score->cols;
    const int apart = how->kind == EG_NORM_HARD || how->kind == EG_NORM_HARD_SAMPLED
                      || (how->kind == EG_NORM_GUMBEL && how->straight_through);
    struct eg_var *w = eg_tape_var(tape, rows, n, 1);
    struct saved *s = eg_arena_take(tape->arena, sizeof *s);
    real *room = eg_arena_take(tape->arena, ((apart ? rows : 0) * n + rows + 2 * n) * sizeof *room);
    if (!w || !s || !room)
        return NULL;
    *s = (struct saved){.how = *how, .z = room, .work = room + n, .top = room + 2 * n};
    s->p = apart ? s->top + rows : NULL;
    struct eg_var *in[] = {score, beta};
    return eg_tape_push_rows(tape, &normalise_op, w, 2, in, s);
}

void eg_advantages(real *advantage, const double *cost, const double *asked, size_t n, double scale)
{
    for (size_t r = 0; r < n; r++) {
        double others = 0, weight = 0;
        for (size_t j = 0; j < n; j++)
            if (j != r) {
                others += cost[j];
                weight += asked[j];
            }
        const double baseline = weight > 0 ? asked[r] * others / weight : 0;
        advantage[r] = (real) (scale * (cost[r] - baseline));
    }
}
