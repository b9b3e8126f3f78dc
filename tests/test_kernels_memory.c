/* The kernels of an LSTM, of a head and of a memory in every table of this machine, against their
 * equations written out in double. */
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels.h"

#include "tests/check.h"
#include "tests/kernel_arrays.h"

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- one LSTM row ---- */

static void lstm_is_its_equations(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    {
        real *z = fresh(4 * n, -4, 4, n), *before = fresh(n, -2, 2, n + 1);
        real *h = fresh(n, 0, 1, 2), *c = fresh(n, 0, 1, 3), *act = fresh(5 * n, 0, 1, 4);
        real *dh = fresh(n, -1, 1, 5), *dc = fresh(n, -1, 1, 6);
        real *dz = fresh(4 * n, -1, 1, 7), *dbefore = fresh(n, -1, 1, 8);
        real *dz0 = copy_of(dz, 4 * n), *dbefore0 = copy_of(dbefore, n), *dz1 = copy_of(dz, 4 * n);
        (*k)->lstm(h, c, act, z, before, n);
        (*k)->lstm_back(dz, dbefore, dh, dc, act, before, n);
        (*k)->lstm_back(dz1, NULL, dh, dc, act, before, n); /* the first state was data */
        assert_memory_equal(dz, dz1, 4 * n * sizeof *dz);
        for (size_t i = 0; i < n; i++) {
            const double in = sigmoid((double) z[i]), forget = sigmoid((double) z[n + i]);
            const double out = sigmoid((double) z[2 * n + i]), cand = tanh((double) z[3 * n + i]);
            const double cell = forget * (double) before[i] + in * cand, t = tanh(cell);
            const double kept[5] = {in, forget, out, cand, t};
            const double d = (double) dc[i] + (double) dh[i] * out * (1 - t * t);
            const double want[4] = {
                d * cand * in * (1 - in), d * (double) before[i] * forget * (1 - forget),
                (double) dh[i] * t * out * (1 - out), d * in * (1 - cand * cand)};
            check_close(c[i], cell, 8 * EG_EPS, 8 * EG_EPS);
            check_close(h[i], out * t, 8 * EG_EPS, 8 * EG_EPS);
            for (size_t g = 0; g < 5; g++)
                check_close(act[g * n + i], kept[g], 8 * EG_EPS, 8 * EG_EPS);
            for (size_t g = 0; g < 4; g++)
                check_close((double) dz[g * n + i], (double) dz0[g * n + i] + want[g], 0,
                            32 * EG_EPS);
            check_close(dbefore[i], (double) dbefore0[i] + d * forget, 0, 32 * EG_EPS);
        }
        real *const all[] = {before, h, c, dh, dc, dbefore, dbefore0};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            done(all[i], n);
        done(z, 4 * n);
        done(dz, 4 * n);
        done(dz0, 4 * n);
        done(dz1, 4 * n);
        done(act, 5 * n);
    }
}

/* ---- one head on one memory ---- */

/* A head, what it leaves, and its gradients, in double and by the paper. */
struct plain {
    size_t n, m, range;
    double *cosine, *w_c, *w_g, *w_s, *w;        /* N                              */
    double *dkey, *dshift, dbeta, dgate, dgamma; /* gradients, from zero           */
    double *dmemory, *dw_prev;
};

static void plain_softmax(double *y, const double *x, double beta, size_t n)
{
    double top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++)
        sum += y[i] = exp(beta * (x[i] - top));
    for (size_t i = 0; i < n; i++)
        y[i] /= sum;
}

static size_t onto(const struct plain *p, size_t i, size_t o)
{
    return (i + o + p->n - p->range) % p->n; /* range <= N here */
}

static void plain_address(struct plain *p, const struct eg_head_row *head, const real *memory,
                          const real *w_prev)
{
    double *logs = doubles(p->n), kk = 1e-8;
    for (size_t m = 0; m < p->m; m++)
        kk += (double) head->key[m] * (double) head->key[m];
    for (size_t i = 0; i < p->n; i++) {
        double km = 0, mm = 1e-8;
        for (size_t m = 0; m < p->m; m++) {
            const double x = (double) memory[m * p->n + i];
            km += (double) head->key[m] * x;
            mm += x * x;
        }
        p->cosine[i] = km / (sqrt(kk) * sqrt(mm));
    }
    plain_softmax(p->w_c, p->cosine, (double) head->beta, p->n);
    const double g = (double) head->gate;
    for (size_t i = 0; i < p->n; i++)
        p->w_g[i] = g * p->w_c[i] + (1 - g) * (double) w_prev[i];
    for (size_t o = 0; o <= 2 * p->range; o++)
        for (size_t i = 0; i < p->n; i++)
            p->w_s[onto(p, i, o)] += p->w_g[i] * (double) head->shift[o];
    for (size_t i = 0; i < p->n; i++)
        logs[i] = log(p->w_s[i]);
    plain_softmax(p->w, logs, (double) head->gamma, p->n);
    free(logs);
}

/* The chain rule through eq. 9, 8, 7, 5 and 6 in turn. */
static void plain_address_back(struct plain *p, const real *dw, const struct eg_head_row *head,
                               const real *memory, const real *w_prev)
{
    const size_t n = p->n;
    double *d_s = doubles(n), *d_g = doubles(n), *d_k = doubles(n);
    double mean = 0, content = 0, kk = 1e-8;
    for (size_t i = 0; i < n; i++)
        mean += (double) dw[i] * p->w[i];
    for (size_t i = 0; i < n; i++) {
        const double d = p->w[i] * ((double) dw[i] - mean);
        d_s[i] = (double) head->gamma * d / p->w_s[i];
        p->dgamma += d * log(p->w_s[i]);
    }
    for (size_t o = 0; o <= 2 * p->range; o++)
        for (size_t i = 0; i < n; i++) {
            p->dshift[o] += d_s[onto(p, i, o)] * p->w_g[i];
            d_g[i] += d_s[onto(p, i, o)] * (double) head->shift[o];
        }
    const double g = (double) head->gate, beta = (double) head->beta;
    for (size_t i = 0; i < n; i++) {
        p->dgate += d_g[i] * (p->w_c[i] - (double) w_prev[i]);
        p->dw_prev[i] = d_g[i] * (1 - g);
        content += d_g[i] * g * p->w_c[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double d = p->w_c[i] * (g * d_g[i] - content);
        p->dbeta += d * p->cosine[i];
        d_k[i] = beta * d;
    }
    for (size_t m = 0; m < p->m; m++)
        kk += (double) head->key[m] * (double) head->key[m];
    for (size_t i = 0; i < n; i++) {
        double mm = 1e-8;
        for (size_t m = 0; m < p->m; m++)
            mm += (double) memory[m * n + i] * (double) memory[m * n + i];
        for (size_t m = 0; m < p->m; m++) {
            const double x = (double) memory[m * n + i], key = (double) head->key[m];
            const double both = sqrt(kk) * sqrt(mm);
            p->dkey[m] += d_k[i] * (x / both - p->cosine[i] * key / kk);
            p->dmemory[m * n + i] += d_k[i] * (key / both - p->cosine[i] * x / mm);
        }
    }
    free(d_s);
    free(d_g);
    free(d_k);
}

static void normalise(real *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double) x[i];
    for (size_t i = 0; i < n; i++)
        x[i] = (real) ((double) x[i] / sum);
}

static void same(const char *what, const real *got, const real *start, const double *want, size_t n,
                 double tolerance)
{
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = fabs(want[i]) > top ? fabs(want[i]) : top;
    for (size_t i = 0; i < n; i++) {
        const double added = (double) got[i] - (start ? (double) start[i] : 0);
        if (!(fabs(added - want[i]) <= tolerance * (top + 1))) {
            print_error("%s[%zu of %zu] = %.9g, expected %.9g\n", what, i, n, added, want[i]);
            fail();
        }
    }
}

static void check_address(const struct eg_kernels *k, size_t n, size_t m, size_t range)
{
    const size_t shifts = 2 * range + 1;
    real *key = fresh(m, -1, 1, 1), *shift = fresh(shifts, 0.1, 1, 2);
    real *memory = fresh(m * n, -1, 1, 3), *w_prev = fresh(n, 0, 1, 4), *dw = fresh(n, -1, 1, 5);
    real *kept = fresh(5 * n, 0, 1, 6), *inv = fresh(n, 0, 1, 7), *w = fresh(n, 0, 1, 8);
    real *work = fresh(EG_ADDRESS_WORK(n, m, range), 0, 1, 9);
    normalise(shift, shifts);
    normalise(w_prev, n);
    const struct eg_head_row head = {
        .key = key, .shift = shift, .beta = (real) 3.5, .gate = (real) 0.7, .gamma = (real) 1.5};
    struct eg_address_saved saved = {.cosine = kept,
                                     .w_c = kept + n,
                                     .w_g = kept + 2 * n,
                                     .w_s = kept + 3 * n,
                                     .logs = kept + 4 * n,
                                     .inv = inv};
    struct plain p = {.n = n, .m = m, .range = range};
    double *const rooms[] = {
        p.cosine = doubles(n),      p.w_c = doubles(n),         p.w_g = doubles(n),
        p.w_s = doubles(n),         p.w = doubles(n),           p.dkey = doubles(m),
        p.dshift = doubles(shifts), p.dmemory = doubles(m * n), p.dw_prev = doubles(n)};
    plain_address(&p, &head, memory, w_prev);
    plain_address_back(&p, dw, &head, memory, w_prev);

    const double tolerance = 64 * EG_EPS;
    k->inverse_norms(inv, memory, n, m);
    for (size_t i = 0; i < n; i++) {
        double mm = 1e-8;
        for (size_t c = 0; c < m; c++)
            mm += (double) memory[c * n + i] * (double) memory[c * n + i];
        check_close(inv[i], 1 / sqrt(mm), 8 * EG_EPS, 0);
    }
    k->address(w, &saved, &head, memory, w_prev, work, n, m, range);
    same("cosine", saved.cosine, NULL, p.cosine, n, tolerance);
    same("w_c", saved.w_c, NULL, p.w_c, n, tolerance);
    same("w_g", saved.w_g, NULL, p.w_g, n, tolerance);
    same("w_s", saved.w_s, NULL, p.w_s, n, tolerance);
    same("w", w, NULL, p.w, n, tolerance);

    real *dkey = fresh(m, -1, 1, 11), *dshift = fresh(shifts, -1, 1, 12);
    real *dmemory = fresh(m * n, -1, 1, 13), *dw_prev = fresh(n, -1, 1, 14);
    real *dkey0 = copy_of(dkey, m), *dshift0 = copy_of(dshift, shifts);
    real *dmemory0 = copy_of(dmemory, m * n), *dw_prev0 = copy_of(dw_prev, n);
    struct eg_head_row dhead = {.key = dkey, .shift = dshift, .beta = 5, .gate = 6, .gamma = 7};
    k->address_back(&dhead, dmemory, dw_prev, dw, w, &saved, &head, memory, w_prev, work, n, m,
                    range);
    /* dw~ is divided by w~, of the order 1 / N, and added up over N slots. */
    const double loose = tolerance * (4 + (double) n);
    same("dkey", dkey, dkey0, p.dkey, m, loose);
    same("dshift", dshift, dshift0, p.dshift, shifts, loose);
    same("dmemory", dmemory, dmemory0, p.dmemory, m * n, loose);
    same("dw_prev", dw_prev, dw_prev0, p.dw_prev, n, loose);
    check_close((double) dhead.beta - 5, p.dbeta, loose, loose);
    check_close((double) dhead.gate - 6, p.dgate, loose, loose);
    check_close((double) dhead.gamma - 7, p.dgamma, loose, loose);

    /* Without a place for the memory's and the last weighting's gradient, the rest is the same. */
    real *dkey1 = copy_of(dkey0, m), *dshift1 = copy_of(dshift0, shifts);
    struct eg_head_row alone = {.key = dkey1, .shift = dshift1, .beta = 5, .gate = 6, .gamma = 7};
    k->address_back(&alone, NULL, NULL, dw, w, &saved, &head, memory, w_prev, work, n, m, range);
    same("dkey alone", dkey1, dkey0, p.dkey, m, loose);
    same("dshift alone", dshift1, dshift0, p.dshift, shifts, loose);

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        free(rooms[i]);
    real *const of_n[] = {w_prev, dw, inv, w, dw_prev, dw_prev0};
    for (size_t i = 0; i < sizeof of_n / sizeof of_n[0]; i++)
        done(of_n[i], n);
    real *const of_m[] = {key, dkey, dkey0, dkey1};
    for (size_t i = 0; i < sizeof of_m / sizeof of_m[0]; i++)
        done(of_m[i], m);
    real *const of_s[] = {shift, dshift, dshift0, dshift1};
    for (size_t i = 0; i < sizeof of_s / sizeof of_s[0]; i++)
        done(of_s[i], shifts);
    real *const of_mn[] = {memory, dmemory, dmemory0};
    for (size_t i = 0; i < sizeof of_mn / sizeof of_mn[0]; i++)
        done(of_mn[i], m * n);
    done(kept, 5 * n);
    done(work, EG_ADDRESS_WORK(n, m, range));
}

static void addressing_is_its_equations(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    for (size_t range = 0; range <= 3 && 2 * range + 1 <= n; range++)
        check_address(*k, n, 1 + (n + range) % 5, range);
}

/* ---- reading and writing ---- */

static void check_read(const struct eg_kernels *k, size_t n, size_t m)
{
    real *memory = fresh(m * n, -1, 1, 1), *w = fresh(n, 0, 1, 2), *dr = fresh(m, -1, 1, 3);
    real *r = fresh(m, 0, 1, 4), *dw = fresh(n, -1, 1, 5), *dmemory = fresh(m * n, -1, 1, 6);
    real *dw0 = copy_of(dw, n), *dmemory0 = copy_of(dmemory, m * n);
    double *want = doubles(m + n + m * n), *want_w = want + m, *want_memory = want_w + n;
    for (size_t c = 0; c < m; c++)
        for (size_t i = 0; i < n; i++) {
            want[c] += (double) w[i] * (double) memory[c * n + i];
            want_w[i] += (double) dr[c] * (double) memory[c * n + i];
            want_memory[c * n + i] = (double) dr[c] * (double) w[i];
        }
    k->read(r, w, memory, n, m);
    same("r", r, NULL, want, m, 4 * EG_EPS * (double) n);
    k->read_back(dw, dmemory, dr, w, memory, n, m);
    same("dw", dw, dw0, want_w, n, 32 * EG_EPS);
    same("dmemory", dmemory, dmemory0, want_memory, m * n, 32 * EG_EPS);
    free(want);
    done(memory, m * n);
    done(dmemory, m * n);
    done(dmemory0, m * n);
    done(w, n);
    done(dw, n);
    done(dw0, n);
    done(r, m);
    done(dr, m);
}

static void check_write(const struct eg_kernels *k, size_t n, size_t m)
{
    real *in = fresh(m * n, -1, 1, 1), *w = fresh(n, 0, 1, 2), *e = fresh(m, 0, 1, 3);
    real *a = fresh(m, -1, 1, 4), *out = fresh(m * n, 0, 1, 5), *place = copy_of(in, m * n);
    real *dout = fresh(m * n, -1, 1, 6), *din = fresh(m * n, -1, 1, 7),
         *stored = copy_of(din, m * n);
    real *dw = fresh(n, -1, 1, 8), *de = fresh(m, -1, 1, 9), *da = fresh(m, -1, 1, 10);
    real *din0 = copy_of(din, m * n), *dw0 = copy_of(dw, n), *de0 = copy_of(de, m);
    real *da0 = copy_of(da, m), *dw1 = copy_of(dw, n), *de1 = copy_of(de, m), *da1 = copy_of(da, m);
    real *same_place = copy_of(dout, m * n);
    double *want = doubles(2 * m * n + n + 2 * m), *want_in = want + m * n;
    double *want_w = want_in + m * n, *want_e = want_w + n, *want_a = want_e + m;
    for (size_t c = 0; c < m; c++)
        for (size_t i = 0; i < n; i++) {
            const double x = (double) in[c * n + i], d = (double) dout[c * n + i];
            const double keep = 1 - (double) w[i] * (double) e[c];
            want[c * n + i] = x * keep + (double) w[i] * (double) a[c];
            want_in[c * n + i] = d * keep;
            want_w[i] += d * ((double) a[c] - (double) e[c] * x);
            want_e[c] -= d * x * (double) w[i];
            want_a[c] += d * (double) w[i];
        }
    k->write(out, in, w, e, a, n, m);
    same("out", out, NULL, want, m * n, 8 * EG_EPS);
    k->write(place, place, w, e, a, n, m); /* `out` may be `in` */
    assert_memory_equal(place, out, m * n * sizeof *out);

    const double sum = 8 * EG_EPS * (double) n;
    k->write_back(din, dw, de, da, dout, in, w, e, a, n, m, 1);
    same("din", din, din0, want_in, m * n, 32 * EG_EPS);
    same("dw", dw, dw0, want_w, n, 32 * EG_EPS);
    same("derase", de, de0, want_e, m, sum + 32 * EG_EPS);
    same("dadd", da, da0, want_a, m, sum + 32 * EG_EPS);
    k->write_back(stored, dw1, de1, da1, dout, in, w, e, a, n, m, 0);
    same("din, stored", stored, NULL, want_in, m * n, 32 * EG_EPS);
    same("dw, stored", dw1, dw0, want_w, n, 32 * EG_EPS);
    memcpy(dw1, dw0, n * sizeof *dw1);
    k->write_back(same_place, dw1, de1, da1, same_place, in, w, e, a, n, m, 0);
    same("din, in place", same_place, NULL, want_in, m * n, 32 * EG_EPS);
    same("dw, in place", dw1, dw0, want_w, n, 32 * EG_EPS);

    free(want);
    real *const of_mn[] = {in, out, place, dout, din, stored, din0, same_place};
    for (size_t i = 0; i < sizeof of_mn / sizeof of_mn[0]; i++)
        done(of_mn[i], m * n);
    real *const of_n[] = {w, dw, dw0, dw1}, *const of_m[] = {e, a, de, da, de0, da0, de1, da1};
    for (size_t i = 0; i < sizeof of_n / sizeof of_n[0]; i++)
        done(of_n[i], n);
    for (size_t i = 0; i < sizeof of_m / sizeof of_m[0]; i++)
        done(of_m[i], m);
}

static void reading_and_writing_are_their_equations(void **state)
{
    (void) state;
    EACH_TABLE
    EACH_SIZE
    for (size_t m = 1; m <= 20; m += m < 4 ? 1 : 8) {
        check_read(*k, n, m);
        check_write(*k, n, m);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lstm_is_its_equations),
        cmocka_unit_test(addressing_is_its_equations),
        cmocka_unit_test(reading_and_writing_are_their_equations),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
