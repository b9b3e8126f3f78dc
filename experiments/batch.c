#include "experiments/batch.h"

#include <string.h>

#include <gsl/gsl_heapsort.h>

static struct eg_extent draw_extent(const struct eg_source *source, const struct eg_draw *draw,
                                    struct eg_stream *stream)
{
    return eg_curriculum_draw(&source->curriculum, source->task, source->state, &source->shape,
                              draw->seen, stream);
}

void eg_draw_lengths(const struct eg_source *source, struct eg_draw *draws, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct eg_draw *d = &draws[i];
        if (d->extent.length == 0) {
            struct eg_stream stream;
            eg_stream_open(&stream, d->seed, d->purpose, d->step, d->item);
            d->extent = draw_extent(source, d, &stream);
        }
        d->steps = source->task->steps(source->state, d->extent);
    }
}

static int longest_first(const void *a, const void *b)
{
    const struct eg_draw *x = a, *y = b;
    if (x->steps != y->steps)
        return x->steps < y->steps ? 1 : -1;
    return x->item < y->item ? -1 : x->item > y->item;
}

void eg_draw_sort(struct eg_draw *draws, size_t n)
{
    /* The C library's qsort() may ask malloc for room. */
    gsl_heapsort(draws, n, sizeof *draws, longest_first);
}

/* The numbers of a sequence come after those that decided its size, whether or not it was
 * drawn: item 3 of step 7 is the same sequence in every use. */
int eg_sequence_make(struct eg_sequence *s, struct eg_arena *arena, const struct eg_source *source,
                     const struct eg_draw *draw)
{
    const size_t steps = draw->steps;
    *s = (struct eg_sequence){.steps = steps, .extent = draw->extent};
    s->input = eg_arena_take(arena, steps * source->shape.inputs * sizeof *s->input);
    s->target = eg_arena_take(arena, steps * eg_targets(&source->shape) * sizeof *s->target);
    s->mask = eg_arena_take(arena, steps * sizeof *s->mask);
    s->phase = eg_arena_take(arena, steps * sizeof *s->phase);
    if (!s->input || !s->target || !s->mask || !s->phase)
        return EG_RAISE(EG_ERR_NOMEM);
    struct eg_stream stream;
    eg_stream_open(&stream, draw->seed, draw->purpose, draw->step, draw->item);
    if (draw->purpose == EG_FOR_TRAINING)
        (void) draw_extent(source, draw, &stream);
    source->task->draw(source->state, &stream, s);
    return EG_OK;
}

int eg_block_make(struct eg_block *block, size_t members[EG_BLOCK], struct eg_arena *arena,
                  const struct eg_source *source, const struct eg_draw *draws, size_t n, size_t k,
                  size_t blocks)
{
    const size_t inputs = source->shape.inputs, targets = eg_targets(&source->shape);
    size_t count = 0, total = 0;
    for (size_t i = k; i < n; i += blocks) {
        members[count++] = i;
        total += draws[i].steps;
    }
    const size_t steps = draws[k].steps;
    size_t *rows = eg_arena_take(arena, steps * sizeof *rows);
    size_t *from = eg_arena_take(arena, steps * sizeof *from);
    uint8_t *asked = eg_arena_zeros(arena, steps, sizeof *asked);
    real *input = eg_arena_take(arena, total * inputs * sizeof *input);
    real *target = eg_arena_take(arena, total * targets * sizeof *target);
    real *mask = eg_arena_take(arena, total * sizeof *mask);
    struct eg_draw_key *keys = eg_arena_take(arena, count * sizeof *keys);
    if (!rows || !from || !asked || !input || !target || !mask || !keys)
        return EG_RAISE(EG_ERR_NOMEM);
    size_t at = 0, running = count;
    for (size_t t = 0; t < steps; t++) {
        while (draws[members[running - 1]].steps <= t)
            running--;
        rows[t] = running;
        from[t] = at;
        at += running;
    }
    for (size_t b = 0; b < count; b++) {
        struct eg_sequence s;
        const struct eg_draw *d = &draws[members[b]];
        const int ret = eg_sequence_make(&s, arena, source, d);
        if (ret)
            return ret;
        keys[b] = (struct eg_draw_key){d->seed, d->step, d->item, d->purpose};
        for (size_t t = 0; t < s.steps; t++) {
            const size_t row = from[t] + b;
            memcpy(input + row * inputs, s.input + t * inputs, inputs * sizeof *input);
            memcpy(target + row * targets, s.target + t * targets, targets * sizeof *target);
            mask[row] = s.mask[t];
            asked[t] |= s.mask[t] != 0;
        }
    }
    *block = (struct eg_block){.count = count,
                               .steps = steps,
                               .rows = rows,
                               .from = from,
                               .total = total,
                               .input = input,
                               .target = target,
                               .mask = mask,
                               .asked = asked,
                               .targets = targets,
                               .seen = EG_SEEN_ALL,
                               .keys = keys};
    return EG_OK;
}
