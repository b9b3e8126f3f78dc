/* memory/ntm_fields.c -- what the memories built from the head show of themselves. */
#include <string.h>

#include "memory/ntm_private.h"

enum field {
    MEMORY,
    READ,
    READ_WEIGHTS,
    WRITE_WEIGHTS,
    READ_KEY,
    READ_STRENGTH,
    READ_PLACE,
    READ_GATE,
    READ_SHIFT,
    READ_DISPLACEMENT,
    READ_SHARPENING,
    WRITE_KEY,
    WRITE_STRENGTH,
    WRITE_PLACE,
    WRITE_GATE,
    WRITE_SHIFT,
    WRITE_DISPLACEMENT,
    WRITE_SHARPENING,
    FREE_GATE,
    ALLOCATION_GATE,
    AMOUNT,
    USAGE,
    ERASE,
    ADD,
    FIELDS
};

/* clang-format off */
const struct eg_field eg_ntm_field_rows[] = {
    {"memory",           "M",       "NM",  "1", "memory after the step",                    "N11", MEMORY, 1},
    {"read",             "r",       "RV",  "1", "vectors read in the step",                 "N9",  READ, 1},
    {"read_weights",     "w^r",     "RN",  "1", "weighting of each read head",              "N8",  READ_WEIGHTS, 1},
    {"write_weights",    "w^w",     "WN",  "1", "weighting of each write head",             "N8",  WRITE_WEIGHTS, 1},
    {"read_key",         "k^r",     "RQ",  "1", "key of each read head",                    "N1",  READ_KEY, 0},
    {"read_strength",    "beta^r",  "R",   "1", "key strength of each read head",           "N2",  READ_STRENGTH, 0},
    {"read_place",       "p^r",     "R",   "slot", "middle of the window of each read head", "N16", READ_PLACE, 0},
    {"read_gate",        "g^r",     "R",   "1", "interpolation gate of each read head",     "N3",  READ_GATE, 0},
    {"read_shift",       "s^r",     "RS",  "1", "shift weighting of each read head",        "N4",  READ_SHIFT, 0},
    {"read_displacement", "x^r",    "R",   "slot", "how far each read head moves",          "N15", READ_DISPLACEMENT, 0},
    {"read_sharpening",  "gamma^r", "R",   "1", "sharpening of each read head",             "N5",  READ_SHARPENING, 0},
    {"write_key",        "k^w",     "WQ",  "1", "key of each write head",                   "N1",  WRITE_KEY, 0},
    {"write_strength",   "beta^w",  "W",   "1", "key strength of each write head",          "N2",  WRITE_STRENGTH, 0},
    {"write_place",      "p^w",     "W",   "slot", "middle of the window of each write head", "N16", WRITE_PLACE, 0},
    {"write_gate",       "g^w",     "W",   "1", "interpolation gate of each write head",    "N3",  WRITE_GATE, 0},
    {"write_shift",      "s^w",     "WS",  "1", "shift weighting of each write head",       "N4",  WRITE_SHIFT, 0},
    {"write_displacement", "x^w",   "W",   "slot", "how far each write head moves",         "N15", WRITE_DISPLACEMENT, 0},
    {"write_sharpening", "gamma^w", "W",   "1", "sharpening of each write head",            "N5",  WRITE_SHARPENING, 0},
    {"free_gate",        "f",       "R",   "1", "how far each read head lets go of what it read", "N21", FREE_GATE, 0},
    {"allocation_gate",  "alpha",   "W",   "1", "lru, 1: where the read head was, 0: the least used slot; usage, 1: a free slot, 0: by addressing", "N17", ALLOCATION_GATE, 0},
    {"write_amount",     "q",       "W",   "1", "how much each write head writes at all",   "N21", AMOUNT, 0},
    {"usage",            "u",       "N",   "1", "how much each slot was used of late, or is in use",      "N18", USAGE, 1},
    {"erase",            "e",       "WM",  "1", "erase vector of each write head",          "N6",  ERASE, 0},
    {"add",              "a",       "WM",  "1", "add vector of each write head",            "N7",  ADD, 0},
    EG_FIELD_END,
};
/* clang-format on */

/* The part a field shows; of the read heads or of the write heads. */
static int shows_part(int field, enum eg_ntm_part *part, int *writes)
{
    static const int parts[FIELDS] = {
        [READ_KEY] = 1 + EG_NTM_P_KEY,
        [READ_STRENGTH] = 1 + EG_NTM_P_BETA,
        [READ_PLACE] = 1 + EG_NTM_P_PLACE,
        [READ_GATE] = 1 + EG_NTM_P_GATE,
        [READ_SHIFT] = 1 + EG_NTM_P_SHIFT,
        [READ_DISPLACEMENT] = 1 + EG_NTM_P_MOVE,
        [READ_SHARPENING] = 1 + EG_NTM_P_GAMMA,
        [FREE_GATE] = 1 + EG_NTM_P_FREE,
        [WRITE_KEY] = 1 + EG_NTM_P_KEY,
        [WRITE_STRENGTH] = 1 + EG_NTM_P_BETA,
        [WRITE_PLACE] = 1 + EG_NTM_P_PLACE,
        [WRITE_GATE] = 1 + EG_NTM_P_GATE,
        [WRITE_SHIFT] = 1 + EG_NTM_P_SHIFT,
        [WRITE_DISPLACEMENT] = 1 + EG_NTM_P_MOVE,
        [WRITE_SHARPENING] = 1 + EG_NTM_P_GAMMA,
        [ALLOCATION_GATE] = 1 + EG_NTM_P_ALPHA,
        [AMOUNT] = 1 + EG_NTM_P_AMOUNT,
        [ERASE] = 1 + EG_NTM_P_ERASE,
        [ADD] = 1 + EG_NTM_P_ADD,
    };
    *part = (enum eg_ntm_part)(parts[field] - 1);
    *writes = field >= WRITE_KEY && field != FREE_GATE;
    return parts[field] > 0;
}

void eg_ntm_choose_fields(struct eg_ntm *s)
{
    struct eg_field *to = s->fields;
    for (const struct eg_field *f = eg_ntm_field_rows; f->name; f++) {
        enum eg_ntm_part part;
        int writes;
        if (shows_part(f->id, &part, &writes)
                ? eg_ntm_part_size(s, writes ? s->r : 0, part) == 0
                : f->id == USAGE && s->o.allocation == EG_NTM_ALLOCATE_NONE)
            continue;
        *to = *f;
        /* A slot that is not divided is as wide as it is wide. */
        if (!s->o.key_width && !strcmp(f->shape, "RV"))
            to->shape = "RM";
        if (!s->o.key_width && !strcmp(f->shape, "RQ"))
            to->shape = "RM";
        if (!s->o.key_width && !strcmp(f->shape, "WQ"))
            to->shape = "WM";
        to++;
    }
    *to = (struct eg_field) EG_FIELD_END;
}

const struct eg_field *eg_ntm_fields(const void *state)
{
    const struct eg_ntm *s = state;
    return s->fields;
}

size_t eg_ntm_extent(const void *state, char letter)
{
    const struct eg_ntm *s = state;
    switch (letter) {
    case 'N':
        return s->n;
    case 'M':
        return s->m;
    case 'Q':
        return s->k;
    case 'V':
        return s->o.key_width ? s->m - s->k : s->m;
    case 'R':
        return s->r;
    case 'W':
        return s->w;
    case 'S':
        return 2 * (size_t) s->o.shift_range + 1;
    default:
        return 0;
    }
}

/* Row `row` of several variables, one after the other. */
static void copy_rows(struct eg_var *const v[], size_t count, size_t row, real *out)
{
    for (size_t i = 0; i < count; i++, out += v[0]->cols)
        memcpy(out, eg_row(v[i], row), v[0]->cols * sizeof *out);
}

void eg_ntm_copy(const void *state, int field, size_t row, real *out)
{
    const struct eg_ntm *s = state;
    enum eg_ntm_part part;
    int writes;
    switch (field) {
    case MEMORY: /* the file has one slot a row */
        for (size_t i = 0; i < s->n; i++)
            for (size_t m = 0; m < s->m; m++)
                out[i * s->m + m] = eg_row(s->memory, row)[m * s->n + i];
        return;
    case READ:
        copy_rows(s->reads, s->r, row, out);
        return;
    case READ_WEIGHTS:
        copy_rows(s->weights, s->r, row, out);
        return;
    case WRITE_WEIGHTS:
        copy_rows(s->weights + s->r, s->w, row, out);
        return;
    case READ_PLACE:
        copy_rows(s->places, s->r, row, out);
        return;
    case WRITE_PLACE:
        copy_rows(s->places + s->r, s->w, row, out);
        return;
    case USAGE:
        copy_rows(&s->usage, 1, row, out);
        return;
    default:
        break;
    }
    shows_part(field, &part, &writes);
    for (size_t h = writes ? s->r : 0; h < (writes ? s->r + s->w : s->r); h++) {
        const size_t n = eg_ntm_part_size(s, h, part);
        const real *from = eg_row(s->control, row) + eg_ntm_part_from(s, h, part);
        for (size_t i = 0; i < n; i++)
            out[i] = part == EG_NTM_P_MOVE ? from[i] * (real) s->o.shift_range : from[i];
        out += n;
    }
}
