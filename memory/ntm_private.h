/* memory/ntm_private.h -- the parts of the memories that are built from one head; not installed.
 *
 * ntm, lrua and key-value are the same code with other defaults.  What a head does at each stage
 * is an option of its own; what an option leaves out takes no columns of the control, has no
 * parameters and no fields.  docs/equations.md, part N. */
#ifndef EG_MEMORY_NTM_PRIVATE_H
#define EG_MEMORY_NTM_PRIVATE_H

#include "attention/normalise.h"
#include "attention/scores.h"
#include "memory/memory.h"
#include "tensor/activate.h"

enum { EG_NTM_HEADS_MAX = EG_WRITES_MAX };

enum eg_ntm_order { EG_NTM_WRITE_READ, EG_NTM_READ_WRITE };
enum eg_ntm_start { EG_NTM_START_CONSTANT, EG_NTM_START_RANDOM, EG_NTM_START_LEARNED };
enum eg_ntm_weighting { EG_NTM_FIRST, EG_NTM_UNIFORM, EG_NTM_LEARNED };
enum eg_ntm_read_start { EG_NTM_READ_ZERO, EG_NTM_READ_LEARNED };
enum eg_ntm_location {
    EG_NTM_STAY,
    EG_NTM_SHIFT,
    EG_NTM_SHIFT_REAL,
    EG_NTM_LOCAL_M,
    EG_NTM_LOCAL_P
};
enum eg_ntm_allocation { EG_NTM_ALLOCATE_NONE, EG_NTM_ALLOCATE_LRU, EG_NTM_ALLOCATE_USAGE };
enum eg_ntm_write { EG_NTM_ERASE_ADD, EG_NTM_ADD, EG_NTM_OVERWRITE, EG_NTM_APPEND };
enum eg_ntm_add { EG_NTM_ADD_VECTOR, EG_NTM_ADD_KEY };

struct eg_ntm_options {
    long slots, width, key_width, read_heads, write_heads, shift_range, window;
    long score_hidden, power, top_k;
    int score, normaliser, straight_through, content, strength, location, gate, sharpening,
        allocation, write, add;
    double temperature, usage_decay;
    int order, start, weighting, read_start;
    double start_value, start_scale, gate_bias, write_gate_offset, sharpening_bias;
};

extern const struct eg_option eg_ntm_option_rows[], eg_lrua_option_rows[], eg_kv_option_rows[];

/* A head's parts in the control columns, in their order. */
enum eg_ntm_part {
    EG_NTM_P_KEY,
    EG_NTM_P_BETA,
    EG_NTM_P_PLACE,
    EG_NTM_P_GATE,
    EG_NTM_P_SHIFT,
    EG_NTM_P_MOVE,
    EG_NTM_P_GAMMA,
    EG_NTM_P_FREE,
    EG_NTM_P_ALPHA,
    EG_NTM_P_AMOUNT,
    EG_NTM_P_ERASE,
    EG_NTM_P_ADD,
    EG_NTM_PARTS
};

enum { EG_NTM_FIELDS_MAX = 32 };

struct eg_ntm_segment {
    size_t head;
    enum eg_ntm_part part;
};

struct eg_ntm {
    struct eg_ntm_options o;
    size_t n, m, k, r, w; /* slots, width, numbers of a slot that are its key, heads */
    struct eg_param memory_start, read_init, weighting_start, place;
    struct eg_score scores[2 * EG_NTM_HEADS_MAX]; /* of heads that steer */
    struct eg_normaliser normaliser;
    int by_rows; /* all ops of a step work row by row */
    struct eg_segment segments[2 * EG_NTM_HEADS_MAX * EG_NTM_PARTS];
    struct eg_ntm_segment parts[2 * EG_NTM_HEADS_MAX * EG_NTM_PARTS];
    size_t segment_count;
    struct eg_field fields[EG_NTM_FIELDS_MAX + 1];
    /* of the current step */
    size_t t; /* steps done */
    struct eg_var *memory, *keys, *control, *zero, *one, *unit, *even, *usage, *used, *none, *all;
    struct eg_var *reads[EG_NTM_HEADS_MAX], *before[EG_NTM_HEADS_MAX];
    struct eg_var *weights[2 * EG_NTM_HEADS_MAX]; /* read heads first */
    struct eg_var *last[2 * EG_NTM_HEADS_MAX];    /* what addressing alone gave */
    struct eg_var *places[2 * EG_NTM_HEADS_MAX];
};

/* memory/ntm_layout.c: columns, parameters, what is shown.  Heads are numbered reads first; a
 * part that a head does not have has size 0. */
int eg_ntm_init(void *state, const void *options, struct eg_params *params,
                struct eg_memory_size *size, struct eg_message *message);
size_t eg_ntm_part_size(const struct eg_ntm *s, size_t head, enum eg_ntm_part part);
size_t eg_ntm_part_from(const struct eg_ntm *s, size_t head, enum eg_ntm_part part);
int eg_ntm_control_part(const void *state, size_t i, char *name, size_t room, size_t *from,
                        size_t *n, const char **activation);
void eg_ntm_control_start(const void *state, real *bias);
/* Whether a write head is told where to write, so that it has no addressing of its own; whether a
 * head looks at its last weighting, and at which row of memory/weighting_start. */
int eg_ntm_is_told(const struct eg_ntm *s, size_t head);
int eg_ntm_uses_last(const struct eg_ntm *s, size_t head);
size_t eg_ntm_last_row(const struct eg_ntm *s, size_t head);

/* memory/ntm_fields.c */
void eg_ntm_choose_fields(struct eg_ntm *s);
const struct eg_field *eg_ntm_fields(const void *state);
extern const struct eg_field eg_ntm_field_rows[];
size_t eg_ntm_extent(const void *state, char letter);
void eg_ntm_copy(const void *state, int field, size_t row, real *out);

/* memory/ntm_head.c: the new weighting of a head, from the memory as it is. */
struct eg_var *eg_ntm_part(const struct eg_ntm *s, struct eg_tape *tape, size_t head,
                           enum eg_ntm_part part);
struct eg_var *eg_ntm_weigh(struct eg_ntm *s, struct eg_tape *tape, size_t head);

#endif
