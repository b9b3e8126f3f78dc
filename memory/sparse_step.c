/* memory/sparse_step.c -- a step of a sparse memory, and its undoing. */
#include <assert.h>
#include <string.h>
#include <tgmath.h>

#include <gsl/gsl_heapsort.h>

#include "memory/sparse.h"

/* A head of a step, for one sequence: its numbers from the controller, or their gradients. */
struct head {
    real *key, *strength, *gate, *interpolation, *add;
};

static struct head head_of(const struct eg_sparse_plan *plan, real *control, size_t h)
{
    const struct eg_sparse_columns c = eg_sparse_columns(plan);
    real *const at = control + h * c.all;
    return (struct head){.key = at + c.key,
                         .strength = at + c.strength,
                         .gate = at + c.gate,
                         .interpolation = at + c.interpolation,
                         .add = at + c.add};
}

/* Rows that a step can overwrite. */
static size_t most_changed(const struct eg_sparse_plan *plan)
{
    return plan->heads * (plan->reads + 1);
}

static void keep_row(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t b,
                     size_t slot)
{
    const size_t m = memory->plan->width;
    if (!eg_sparse_touch(memory, slot))
        return;
    const size_t i = b * most_changed(memory->plan) + step->changed[b]++;
    step->row[i] = (uint32_t) slot;
    if (!memory->dx)
        return;
    memcpy(step->was + i * m, memory->x + slot * m, m * sizeof *step->was);
    step->inv_was[i] = memory->inv[slot];
}

static void put_back(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t b)
{
    const size_t m = memory->plan->width, first = b * most_changed(memory->plan);
    for (size_t i = first; i < first + step->changed[b]; i++) {
        memcpy(memory->x + step->row[i] * m, step->was + i * m, m * sizeof *step->was);
        memory->inv[step->row[i]] = step->inv_was[i];
    }
}

static void write_all(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t b,
                      real *control, const struct eg_kernels *kernels)
{
    const struct eg_sparse_plan *plan = memory->plan;
    const struct eg_sparse_step *before = step->before;
    const size_t m = plan->width, heads = plan->heads, k = plan->reads;
    const uint32_t *oldest = step->oldest + b * heads;
    eg_ring_first(&memory->ring, heads, step->oldest + b * heads);
    for (size_t h = 0; h < heads; h++)
        keep_row(memory, step, b, oldest[h]);
    for (size_t i = b * heads * k; before && i < (b + 1) * heads * k; i++)
        keep_row(memory, step, b, before->slot[i]);
    for (size_t h = 0; h < heads; h++)
        memset(memory->x + oldest[h] * m, 0, m * sizeof *memory->x);
    for (size_t h = 0; h < heads; h++) {
        const struct head head = head_of(plan, control, h);
        const real alpha = head.gate[0], gamma = head.interpolation[0];
        const size_t first = (b * heads + h) * k;
        for (size_t i = first; before && i < first + k; i++) {
            const real w = alpha * gamma * before->weight[i];
            kernels->axpy(memory->x + before->slot[i] * m, w, head.add, m);
            memory->sum[before->slot[i]] += w;
        }
        kernels->axpy(memory->x + oldest[h] * m, alpha * (1 - gamma), head.add, m);
        memory->sum[oldest[h]] += alpha * (1 - gamma);
    }
    for (size_t i = 0; i < step->changed[b]; i++) {
        const size_t slot = step->row[b * most_changed(plan) + i];
        const real *x = memory->x + slot * m;
        memory->inv[slot] = 1 / sqrt(kernels->dot(x, x, m) + EG_COSINE_EPS);
    }
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

/* Those not in the index yet come one after the other; all of them are among the touched. */
static void index_all(struct eg_sparse *memory, const struct eg_kernels *kernels)
{
    const size_t m = memory->plan->width, known = memory->index.count;
    for (size_t i = 0; i < memory->touched_count; i++)
        if (memory->touched[i] < known)
            eg_neighbours_put(&memory->index, kernels, memory->touched[i],
                              memory->x + memory->touched[i] * m);
    for (size_t i = known; i < memory->ring.count; i++)
        eg_neighbours_put(&memory->index, kernels, i, memory->x + i * m);
}

/* Of those accessed at once the first is the older one. */
static void access_all(struct eg_sparse *memory)
{
    gsl_heapsort(memory->touched, memory->touched_count, sizeof *memory->touched, by_number);
    for (size_t i = 0; i < memory->touched_count; i++)
        if (memory->sum[memory->touched[i]] > memory->plan->delta)
            eg_ring_access(&memory->ring, memory->touched[i]);
}

static void softmax(real *weight, real *score, const real *cosine, real strength, size_t n,
                    const struct eg_kernels *kernels)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        score[i] = strength * (cosine[i] - cosine[0]); /* the first is the largest */
    (kernels->exp)(weight, score, n);
    for (size_t i = 0; i < n; i++)
        sum += weight[i];
    for (size_t i = 0; i < n; i++)
        weight[i] /= sum;
}

static void read_all(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t b,
                     real *control, real *read, const struct eg_kernels *kernels)
{
    const struct eg_sparse_plan *plan = memory->plan;
    const size_t m = plan->width, k = plan->reads, written = memory->ring.count;
    for (size_t h = 0; h < plan->heads; h++, read += m) {
        const struct head head = head_of(plan, control, h);
        const size_t at = b * plan->heads + h;
        uint32_t *slot = step->slot + at * k;
        real *weight = step->weight + at * k, *cosine = step->cosine + at * k;
        const real inv_key = 1 / sqrt(kernels->dot(head.key, head.key, m) + EG_COSINE_EPS);
        step->inv_key[at] = inv_key;
        eg_sparse_nearest(memory, kernels, head.key, inv_key, written, slot, cosine);
        softmax(weight, memory->score, cosine, head.strength[0], k, kernels);
        memset(read, 0, m * sizeof *read);
        for (size_t i = 0; i < k; i++) {
            (void) eg_sparse_touch(memory, slot[i]);
            memory->sum[slot[i]] += weight[i];
            kernels->axpy(read, weight[i], memory->x + slot[i] * m, m);
        }
    }
}

static void step_forward(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct eg_sparse_step *step = node->saved;
    struct eg_sparse *memory = &step->memory[b];
    real *control = eg_row(node->in[1], b);
    memory->step++;
    memory->touched_count = 0;
    write_all(memory, step, b, control, tape->kernels);
    index_all(memory, tape->kernels);
    read_all(memory, step, b, control, eg_row(node->out, b), tape->kernels);
    access_all(memory);
}

/* With s = beta c:  dw_i += dr . M_i;  ds_i = w_i (dw_i - sum_j w_j dw_j);  dM_i += w_i dr, and
 * with dc_i = beta ds_i, eps under the roots of |k| and |M_i|:
 *
 *     dk   += dc_i (M_i / |M_i| - c_i k / |k|) / |k|
 *     dM_i += dc_i (k / |k| - c_i M_i / |M_i|) / |M_i| */
static void read_back(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t at,
                      const struct head *head, const struct head *dhead, const real *dread,
                      const struct eg_kernels *kernels)
{
    const size_t m = memory->plan->width, k = memory->plan->reads;
    const uint32_t *slot = step->slot + at * k;
    const real *weight = step->weight + at * k, *cosine = step->cosine + at * k;
    real *dweight = step->dweight + at * k, mean = 0, owed = 0;
    const real inv_key = step->inv_key[at];
    for (size_t i = 0; i < k; i++) {
        dweight[i] += kernels->dot(dread, memory->x + slot[i] * m, m);
        mean += weight[i] * dweight[i];
    }
    for (size_t i = 0; i < k; i++) {
        const real *x = memory->x + slot[i] * m;
        real *dx = memory->dx + slot[i] * m;
        const real inv = memory->inv[slot[i]], dscore = weight[i] * (dweight[i] - mean);
        const real dcosine = head->strength[0] * dscore;
        dhead->strength[0] += dscore * cosine[i];
        owed += dcosine * cosine[i];
        kernels->axpy(dhead->key, dcosine * inv * inv_key, x, m);
        kernels->axpy(dx, weight[i], dread, m);
        kernels->axpy(dx, dcosine * inv * inv_key, head->key, m);
        kernels->axpy(dx, -dcosine * cosine[i] * inv * inv, x, m);
    }
    kernels->axpy(dhead->key, -owed * inv_key * inv_key, head->key, m);
}

/* With p_i = dM_i . a:  dalpha += sum_i p_i (gamma w_i + (1 - gamma) [i = U]),
 * dgamma += alpha (sum_i p_i w_i - p_U),  dw_i += alpha gamma p_i,  da += sum_i w^W_i dM_i. */
static void write_back(struct eg_sparse *memory, const struct eg_sparse_step *step, size_t at,
                       const struct head *head, const struct head *dhead,
                       const struct eg_kernels *kernels)
{
    const struct eg_sparse_step *before = step->before;
    const size_t m = memory->plan->width, k = memory->plan->reads;
    const real alpha = head->gate[0], gamma = head->interpolation[0];
    const real *doldest = memory->dx + step->oldest[at] * m;
    const real p_oldest = kernels->dot(doldest, head->add, m);
    real p_read = 0;
    for (size_t i = at * k; before && i < (at + 1) * k; i++) {
        const real *dx = memory->dx + before->slot[i] * m;
        const real p = kernels->dot(dx, head->add, m);
        p_read += p * before->weight[i];
        before->dweight[i] += alpha * gamma * p;
        kernels->axpy(dhead->add, alpha * gamma * before->weight[i], dx, m);
    }
    kernels->axpy(dhead->add, alpha * (1 - gamma), doldest, m);
    dhead->gate[0] += gamma * p_read + (1 - gamma) * p_oldest;
    dhead->interpolation[0] += alpha * (p_read - p_oldest);
}

static void step_back(const struct eg_node *node, struct eg_tape *tape, size_t b)
{
    const struct eg_sparse_step *step = node->saved;
    struct eg_sparse *memory = &step->memory[b];
    const struct eg_sparse_plan *plan = memory->plan;
    const size_t m = plan->width, heads = plan->heads;
    real *control = eg_row(node->in[1], b), *dcontrol = eg_drow(node->in[1], b);
    for (size_t h = 0; h < heads; h++) {
        const struct head head = head_of(plan, control, h), dhead = head_of(plan, dcontrol, h);
        read_back(memory, step, b * heads + h, &head, &dhead, eg_drow(node->out, b) + h * m,
                  tape->kernels);
    }
    for (size_t h = 0; h < heads; h++) {
        const struct head head = head_of(plan, control, h), dhead = head_of(plan, dcontrol, h);
        write_back(memory, step, b * heads + h, &head, &dhead, tape->kernels);
    }
    for (size_t h = 0; h < heads; h++) /* what is erased has no part in what comes after */
        memset(memory->dx + step->oldest[b * heads + h] * m, 0, m * sizeof *memory->dx);
    put_back(memory, step, b);
}

static const struct eg_row_op step_op = {step_forward, step_back};

static struct eg_sparse_step *new_step(struct eg_tape *tape, const struct eg_sparse_plan *plan,
                                       size_t rows)
{
    struct eg_arena *arena = tape->arena;
    const size_t heads = rows * plan->heads, reads = heads * plan->reads;
    const size_t changed = rows * most_changed(plan);
    struct eg_sparse_step *step = eg_arena_zeros(arena, 1, sizeof *step);
    if (!step)
        return NULL;
    step->oldest = eg_arena_take(arena, heads * sizeof *step->oldest);
    step->slot = eg_arena_take(arena, reads * sizeof *step->slot);
    step->weight = eg_arena_take(arena, reads * sizeof *step->weight);
    step->cosine = eg_arena_take(arena, reads * sizeof *step->cosine);
    step->inv_key = eg_arena_take(arena, heads * sizeof *step->inv_key);
    step->changed = eg_arena_zeros(arena, rows, sizeof *step->changed);
    step->row = eg_arena_take(arena, changed * sizeof *step->row);
    if (!step->oldest || !step->slot || !step->weight || !step->cosine || !step->inv_key
        || !step->changed || !step->row)
        return NULL;
    if (!eg_tape_records(tape))
        return step;
    step->dweight = eg_arena_zeros(arena, reads, sizeof *step->dweight);
    step->was = eg_arena_take(arena, changed * plan->width * sizeof *step->was);
    step->inv_was = eg_arena_take(arena, changed * sizeof *step->inv_was);
    return step->dweight && step->was && step->inv_was ? step : NULL;
}

struct eg_var *eg_sparse_step(struct eg_tape *tape, const struct eg_sparse_plan *plan,
                              struct eg_sparse *memory, struct eg_sparse_step **step,
                              struct eg_var *control)
{
    if (!memory || !control)
        return NULL;
    assert(control->cols == plan->heads * eg_sparse_columns(plan).all);
    assert(control->dx || !eg_tape_records(tape));
    struct eg_var *read = eg_tape_var(tape, control->rows, plan->heads * plan->width, 1);
    struct eg_sparse_step *this = new_step(tape, plan, control->rows);
    if (!read || !this)
        return NULL;
    for (size_t b = 0; b < control->rows; b++)
        if (eg_sparse_reserve(&memory[b], tape->kernels))
            return NULL;
    this->before = *step;
    this->memory = memory;
    *step = this;
    /* The gradients of slots go over into those of the step before, which a walk that calls a
     * backward twice knows by an input that shares its gradient with the output. */
    return eg_tape_push_rows(tape, &step_op, read, 2, (struct eg_var *const[]){read, control},
                             this);
}
