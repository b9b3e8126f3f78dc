#include "attention/window.h"

#include <assert.h>
#include <tgmath.h>

/* What the ops need beside their inputs. */
struct saved {
    size_t n; /* range, slots or reach */
    int gaussian;
};

static struct saved *keep(struct eg_tape *tape, size_t n, int gaussian)
{
    struct saved *saved = eg_arena_take(tape->arena, sizeof *saved);
    if (saved)
        *saved = (struct saved){.n = n, .gaussian = gaussian};
    return saved;
}

/* y_i += a w_(i - by mod n): in two pieces, so that no index wraps in a loop. */
static void add_moved(real *y, const real *w, real a, size_t by, size_t n)
{
    for (size_t i = by; i < n; i++)
        y[i] += a * w[i - by];
    for (size_t i = 0; i < by; i++)
        y[i] += a * w[i + n - by];
}

static real dot_moved(const real *y, const real *w, size_t by, size_t n)
{
    real sum = 0;
    for (size_t i = by; i < n; i++)
        sum += y[i] * w[i - by];
    for (size_t i = 0; i < by; i++)
        sum += y[i] * w[i + n - by];
    return sum;
}

/* D t as whole slots to the right, mod n, and the part left over; 0 when t is no number in
 * [-1, 1], and then *part is none either. */
static size_t whole(real t, size_t range, size_t n, real *part)
{
    const real x = t * (real) range;
    *part = x - floor(x);
    if (!(fabs(t) <= 1)) {
        *part = NAN;
        return 0;
    }
    const long k = (long) floor(x) % (long) n;
    return (size_t) (k < 0 ? k + (long) n : k);
}

static void shift_real(real *y, const real *w, real t, size_t range, size_t n)
{
    real f;
    const size_t k = whole(t, range, n, &f);
    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    add_moved(y, w, 1 - f, k, n);
    add_moved(y, w, f, (k + 1) % n, n);
}

/* dw_i = (1 - f) dy(i + k) + f dy(i + k + 1);  dt = D sum_i dy_i (w(i - k - 1) - w(i - k)) */
static void shift_real_back(real *dw, real *dt, const real *dy, const real *w, real t, size_t range,
                            size_t n)
{
    real f;
    const size_t k = whole(t, range, n, &f), next = (k + 1) % n;
    if (dw) {
        add_moved(dw, dy, 1 - f, (n - k) % n, n);
        add_moved(dw, dy, f, (n - next) % n, n);
    }
    if (dt)
        dt[0] += (real) range * (dot_moved(dy, w, next, n) - dot_moved(dy, w, k, n));
}

static void shift_real_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    shift_real(eg_row(node->out, r), eg_row(node->in[0], r), eg_row(node->in[1], r)[0], saved->n,
               node->out->cols);
}

static void shift_real_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *w = node->in[0], *t = node->in[1];
    shift_real_back(eg_drow(w, r), eg_drow(t, r), eg_drow(node->out, r), eg_row(w, r),
                    eg_row(t, r)[0], saved->n, node->out->cols);
}

static const struct eg_row_op shift_real_op = {shift_real_row, shift_real_row_back};

struct eg_var *eg_shift_real(struct eg_tape *tape, struct eg_var *w, struct eg_var *t, size_t range)
{
    if (!w || !t)
        return NULL;
    assert(t->cols == 1 && t->rows == w->rows);
    struct eg_var *y = eg_tape_var(tape, w->rows, w->cols, 1);
    struct saved *saved = keep(tape, range, 0);
    if (!y || !saved)
        return NULL;
    return eg_tape_push_rows(tape, &shift_real_op, y, 2, (struct eg_var *const[]){w, t}, saved);
}

static void place(real *p, const real *u, const real *v, size_t n, size_t slots)
{
    real x = 0;
    for (size_t i = 0; i < n; i++)
        x += u[i] * v[i];
    const real e = exp(-fabs(x)); /* e^x would overflow */
    p[0] = (real) (slots - 1) * (x < 0 ? e / (1 + e) : 1 / (1 + e));
}

/* With z = u . v: dz = dp (N - 1) s (1 - s), s = p / (N - 1). */
static void place_back(real *du, real *dv, real dp, real p, const real *u, const real *v, size_t n,
                       size_t slots)
{
    const real last = (real) (slots - 1);
    const real dz = slots > 1 ? dp * p * (1 - p / last) : 0;
    for (size_t i = 0; i < n; i++) {
        if (du)
            du[i] += dz * v[i];
        if (dv)
            dv[i] += dz * u[i];
    }
}

static void place_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *u = node->in[0], *v = node->in[1];
    place(eg_row(node->out, r), eg_row(u, r), eg_row(v, 0), u->cols, saved->n);
}

static void place_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *p = node->out, *u = node->in[0], *v = node->in[1];
    place_back(eg_drow(u, r), eg_drow(v, 0), eg_drow(p, r)[0], eg_row(p, r)[0], eg_row(u, r),
               eg_row(v, 0), u->cols, saved->n);
}

static const struct eg_row_op place_op = {place_row, place_row_back};

struct eg_var *eg_place(struct eg_tape *tape, struct eg_var *u, struct eg_var *v, size_t slots)
{
    if (!u || !v)
        return NULL;
    assert(v->rows == 1 && v->cols == u->cols && slots > 0);
    struct eg_var *p = eg_tape_var(tape, u->rows, 1, 1);
    struct saved *saved = keep(tape, slots, 0);
    if (!p || !saved)
        return NULL;
    return eg_tape_push_rows(tape, &place_op, p, 2, (struct eg_var *const[]){u, v}, saved);
}

/* The slots of a window, [from, to), and what its weights sum to; 0: they count as equal. */
struct view {
    size_t from, to;
    real sum;
};

static struct view look(const real *w, real p, size_t reach, size_t n)
{
    const real d = (real) reach, lo = ceil(p - d), hi = floor(p + d);
    struct view v = {.from = lo > 0 ? (size_t) lo : 0,
                     .to = hi < (real) (n - 1) ? (size_t) hi + 1 : n};
    for (size_t i = v.from; i < v.to; i++)
        v.sum += w[i];
    if (v.sum <= EG_SHARPEN_FLOOR)
        v.sum = 0;
    return v;
}

static real bell(size_t i, real p, size_t reach, int gaussian)
{
    const real z = ((real) i - p) / ((real) reach / 2);
    return gaussian ? exp(-z * z / 2) : 1;
}

static real share(const struct view *v, real w)
{
    return v->sum == 0 ? 1 / (real) (v->to - v->from) : w / v->sum;
}

static void window(real *y, const real *w, real p, size_t reach, int gaussian, size_t n)
{
    const int placed = p >= 0 && p <= (real) (n - 1);
    for (size_t i = 0; i < n; i++)
        y[i] = placed ? 0 : NAN;
    if (!placed)
        return;
    const struct view v = look(w, p, reach, n);
    for (size_t i = v.from; i < v.to; i++)
        y[i] = share(&v, w[i]) * bell(i, p, reach, gaussian);
}

/* With A the sum of w in the window: dw_i = (dy_i G_i - sum_j dy_j y_j) / A in the window;
 * dp = sum_i dy_i y_i (i - p) / sigma^2. */
static void window_back(real *dw, real *dp, const real *dy, const real *y, const real *w, real p,
                        size_t reach, int gaussian, size_t n)
{
    const struct view v = look(w, p, reach, n);
    const real sigma = (real) reach / 2;
    real mean = 0, slope = 0;
    for (size_t i = v.from; i < v.to; i++) {
        mean += dy[i] * y[i];
        slope += dy[i] * y[i] * ((real) i - p);
    }
    for (size_t i = v.from; i < v.to && dw && v.sum > 0; i++)
        dw[i] += (dy[i] * bell(i, p, reach, gaussian) - mean) / v.sum;
    if (dp && gaussian)
        dp[0] += slope / (sigma * sigma);
}

static void window_row(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    window(eg_row(node->out, r), eg_row(node->in[0], r), eg_row(node->in[1], r)[0], saved->n,
           saved->gaussian, node->out->cols);
}

static void window_row_back(const struct eg_node *node, struct eg_tape *tape, size_t r)
{
    (void) tape;
    const struct saved *saved = node->saved;
    const struct eg_var *y = node->out, *w = node->in[0], *p = node->in[1];
    window_back(eg_drow(w, r), eg_drow(p, r), eg_drow(y, r), eg_row(y, r), eg_row(w, r),
                eg_row(p, r)[0], saved->n, saved->gaussian, y->cols);
}

static const struct eg_row_op window_op = {window_row, window_row_back};

struct eg_var *eg_window(struct eg_tape *tape, struct eg_var *w, struct eg_var *place, size_t reach,
                         int gaussian)
{
    if (!w || !place)
        return NULL;
    assert(place->cols == 1 && place->rows == w->rows && reach > 0);
    struct eg_var *y = eg_tape_var(tape, w->rows, w->cols, 1);
    struct saved *saved = keep(tape, reach, gaussian);
    if (!y || !saved)
        return NULL;
    return eg_tape_push_rows(tape, &window_op, y, 2, (struct eg_var *const[]){w, place}, saved);
}
