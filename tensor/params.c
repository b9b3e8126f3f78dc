#include "tensor/params.h"

#include <math.h>
#include <string.h>

enum { STRIDE = 16 };

void eg_init_zero(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    (void) stream;
    memset(x, 0, row->rows * row->cols * sizeof *x);
}

void eg_init_constant(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    (void) stream;
    for (size_t i = 0; i < row->rows * row->cols; i++)
        x[i] = (real) row->scale;
}

static void uniform(real *x, size_t n, double a, struct eg_stream *stream)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (real) (a * (2 * eg_stream_uniform(stream) - 1));
}

void eg_init_uniform(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    uniform(x, row->rows * row->cols, row->scale, stream);
}

void eg_init_normal(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    for (size_t i = 0; i < row->rows * row->cols; i++)
        x[i] = (real) (row->scale * eg_stream_normal(stream));
}

void eg_init_glorot(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    const double fans = (double) (row->rows + row->cols);
    uniform(x, row->rows * row->cols, row->scale * sqrt(6 / fans), stream);
}

void eg_init_fan_in(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    uniform(x, row->rows * row->cols, row->scale / sqrt((double) row->rows), stream);
}

void eg_init_pattern(real *x, const struct eg_param_row *row, struct eg_stream *stream)
{
    (void) stream;
    memcpy(x, row->pattern, row->rows * row->cols * sizeof *x);
}

void eg_params_init(struct eg_params *params, struct eg_arena *arena)
{
    memset(params, 0, sizeof *params);
    params->arena = arena;
}

int eg_params_add(struct eg_params *params, const char *prefix, const struct eg_param_row *row,
                  struct eg_param *out)
{
    if (row->rows == 0 || row->cols == 0 || row->cols > SIZE_MAX / sizeof(real) / row->rows)
        return EG_RAISE(EG_ERR_SHAPE);
    if (params->count == EG_PARAMS_MAX)
        return EG_RAISE(EG_ERR_NOMEM);
    const size_t head = prefix ? strlen(prefix) + 1 : 0;
    const size_t tail = strlen(row->name) + 1;
    char *name = eg_arena_take(params->arena, head + tail);
    if (!name)
        return EG_RAISE(EG_ERR_NOMEM);
    if (prefix) {
        memcpy(name, prefix, head - 1);
        name[head - 1] = '/';
    }
    memcpy(name + head, row->name, tail);

    struct eg_param_row *kept = &params->rows[params->count++];
    *kept = *row;
    kept->name = name;
    kept->offset = params->size;
    const size_t n = row->rows * row->cols;
    params->total += n;
    params->size += (n + STRIDE - 1) / STRIDE * STRIDE;
    if (out)
        *out = (struct eg_param){.offset = kept->offset, .rows = row->rows, .cols = row->cols};
    return EG_OK;
}

void eg_params_fill(const struct eg_params *params, real *x, uint64_t seed)
{
    memset(x, 0, params->size * sizeof *x);
    for (size_t i = 0; i < params->count; i++) {
        const struct eg_param_row *row = &params->rows[i];
        struct eg_stream stream;
        eg_stream_open(&stream, seed, EG_FOR_PARAMETERS, 0, i);
        row->init(x + row->offset, row, &stream);
    }
}

void eg_params_shrink(const struct eg_params *params, real *x, real keep)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct eg_param_row *row = &params->rows[i];
        for (size_t k = 0; k < row->rows * row->cols && !row->fixed; k++)
            x[row->offset + k] *= keep;
    }
}

const struct eg_param_row *eg_params_find(const struct eg_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++)
        if (!strcmp(params->rows[i].name, name))
            return &params->rows[i];
    return NULL;
}
