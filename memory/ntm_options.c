/* memory/ntm_options.c -- what can be chosen of a head, and what is chosen where nobody does.
 *
 * The types built from the head have the same keys; a row says what they mean once, and the table
 * of a type what is its own. */
#include <stddef.h>

#include "memory/ntm_private.h"

static const char *const orders[] = {"write-read", "read-write", NULL};
static const char *const starts[] = {"constant", "random", "learned", NULL};
static const char *const weightings[] = {"first", "uniform", "learned", NULL};
static const char *const read_starts[] = {"zero", "learned", NULL};
static const char *const locations[] = {"none", "shift", "real-shift", "local-m", "local-p", NULL};
static const char *const allocations[] = {"none", "lru", "usage", NULL};
static const char *const writes[] = {"erase-add", "add", "overwrite", "append", NULL};
static const char *const adds[] = {"vector", "key", NULL};

enum { HEADS_MAX = EG_NTM_HEADS_MAX };

#define AT(field) offsetof(struct eg_ntm_options, field)
/* clang-format off */
#define ROWS(WIDTH, KEY_WIDTH, SCORE, STRENGTH, LOCATION, GATE, SHARPENING, ALLOCATION, WRITE, ADD, ORDER) { \
    /* key          unit      help                                      field            type */ \
    {"slots",       "slot",   "slots of the memory, N",                 AT(slots),       EG_OPT_INT,    128,  1, 16777216, NULL, NULL}, \
    {"width",       "number", "numbers in a slot, M",                   AT(width),       EG_OPT_INT,    WIDTH, 1, 65536,   NULL, NULL}, \
    {"key_width",   "number", "the first numbers of a slot, which are its key: they are compared, the others read; 0: all are both", \
                                                                        AT(key_width),   EG_OPT_INT,    KEY_WIDTH, 0, 65535, NULL, NULL}, \
    {"read_heads",  "head",   "read heads, R",                          AT(read_heads),  EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL}, \
    {"write_heads", "head",   "write heads, W",                         AT(write_heads), EG_OPT_INT,    1,    1, HEADS_MAX, NULL, NULL}, \
    {"score",       "",       "how alike a key and a slot are", \
                                                                        AT(score),       EG_OPT_CHOICE, SCORE, 0, 0, eg_score_names, NULL}, \
    {"score_hidden", "number", "hidden layer of additive and concat",   AT(score_hidden), EG_OPT_INT,   20,   1, 65536,    NULL, NULL}, \
    {"power",       "1",      "k of k-body; of an even one opposite is as good as equal", \
                                                                        AT(power),       EG_OPT_INT,    3,    1, 64,       NULL, NULL}, \
    {"normaliser",  "",       "from scores to a weighting",             AT(normaliser),  EG_OPT_CHOICE, EG_NORM_SOFTMAX, 0, 0, eg_normaliser_names, NULL}, \
    {"top_k",       "slot",   "how many slots top-k leaves",            AT(top_k),       EG_OPT_INT,    4,    1, 16777216, NULL, NULL}, \
    {"temperature", "1",      "of gumbel",                              AT(temperature), EG_OPT_REAL,   1,    1e-3, 1e3,   NULL, NULL}, \
    {"straight_through", "",  "gumbel weighs one slot, and learns as if it weighed them all", \
                                                                        AT(straight_through), EG_OPT_BOOL, 0, 0, 0,        NULL, NULL}, \
    {"content",     "",       "weigh slots by what is in them; off: by place alone", \
                                                                        AT(content),     EG_OPT_BOOL,   1,    0, 0,        NULL, NULL}, \
    {"strength",    "",       "a key strength, given by the controller; off: it is 1", \
                                                                        AT(strength),    EG_OPT_BOOL,   STRENGTH, 0, 0,    NULL, NULL}, \
    {"location",    "",       "how a head finds a place: by distance from its last one, or in a window around a place", \
                                                                        AT(location),    EG_OPT_CHOICE, LOCATION, 0, 0, locations, NULL}, \
    {"shift_range", "slot",   "a head may move up to so far in a step; of shift and real-shift", \
                                                                        AT(shift_range), EG_OPT_INT,    1,    0, 1024,     NULL, NULL}, \
    {"window",      "slot",   "reach of the window of local-m and local-p, D", \
                                                                        AT(window),      EG_OPT_INT,    10,   1, 16777216, NULL, NULL}, \
    {"gate",        "",       "a gate between the last weighting and the new one; off: the new one alone", \
                                                                        AT(gate),        EG_OPT_BOOL,   GATE, 0, 0,        NULL, NULL}, \
    {"sharpening",  "",       "sharpen the weighting at the end",       AT(sharpening),  EG_OPT_BOOL,   SHARPENING, 0, 0,  NULL, NULL}, \
    {"allocation",  "",       "where to write: by addressing alone, the least recently used slot, or also a slot that is free", \
                                                                        AT(allocation),  EG_OPT_CHOICE, ALLOCATION, 0, 0, allocations, NULL}, \
    {"usage_decay", "1",      "what is left of a slot's usage after a step; of allocation = lru", \
                                                                        AT(usage_decay), EG_OPT_REAL,   0.95, 0, 1,        NULL, NULL}, \
    {"write",       "",       "what a write does to a slot; append: to the next slot, whatever is in the memory", \
                                                                        AT(write),       EG_OPT_CHOICE, WRITE, 0, 0,       writes, NULL}, \
    {"add",         "",       "what a write head adds: a vector of its own, or the key of the read head beside it", \
                                                                        AT(add),         EG_OPT_CHOICE, ADD,  0, 0,        adds, NULL}, \
    {"order",       "",       "which comes first in a step; the second of write-read sees what was written", \
                                                                        AT(order),       EG_OPT_CHOICE, ORDER, 0, 0, orders, NULL}, \
    {"start",       "",       "memory before the first step",           AT(start),       EG_OPT_CHOICE, EG_NTM_START_CONSTANT, 0, 0, starts, NULL}, \
    {"start_value", "1",      "every number of a constant start",       AT(start_value), EG_OPT_REAL,   1e-6, -1e6, 1e6,   NULL, NULL}, \
    {"start_scale", "1",      "half-width of random and learned starts; 0: 1/sqrt(N + M)", \
                                                                        AT(start_scale), EG_OPT_REAL,   0,    0, 1e6,      NULL, NULL}, \
    {"weighting",   "",       "weightings before the first step",       AT(weighting),   EG_OPT_CHOICE, EG_NTM_FIRST,   0, 0, weightings, NULL}, \
    {"read_start",  "",       "what counts as read before the first step", \
                                                                        AT(read_start),  EG_OPT_CHOICE, EG_NTM_READ_LEARNED, 0, 0, read_starts, NULL}, \
    {"gate_bias",   "1",      "initial bias of the gates; below 0 a head starts out moving by location", \
                                                                        AT(gate_bias),   EG_OPT_REAL,   -2,   -20, 20,     NULL, NULL}, \
    {"write_gate_offset", "1", "added to gate_bias for write heads",     AT(write_gate_offset), EG_OPT_REAL, 0, -20, 20,    NULL, NULL}, \
    {"sharpening_bias", "1",  "initial bias of the sharpening; above 0 a head starts out sharp", \
                                                                        AT(sharpening_bias), EG_OPT_REAL, 0, -20, 20,      NULL, NULL}, \
    EG_OPTION_END, \
}

/*                                                  width key score            strength location      gate sharpening allocation            write             add                order */
const struct eg_option eg_ntm_option_rows[]  = ROWS(20,   0,  EG_SCORE_COSINE, 1,       EG_NTM_SHIFT, 1,   1,         EG_NTM_ALLOCATE_NONE, EG_NTM_ERASE_ADD, EG_NTM_ADD_VECTOR, EG_NTM_WRITE_READ);
const struct eg_option eg_lrua_option_rows[] = ROWS(20,   0,  EG_SCORE_COSINE, 1,       EG_NTM_STAY,  0,   0,         EG_NTM_ALLOCATE_LRU,  EG_NTM_ADD,       EG_NTM_ADD_KEY,    EG_NTM_WRITE_READ);
const struct eg_option eg_kv_option_rows[]   = ROWS(40,   20, EG_SCORE_COSINE, 1,       EG_NTM_STAY,  0,   0,         EG_NTM_ALLOCATE_NONE, EG_NTM_APPEND,    EG_NTM_ADD_VECTOR, EG_NTM_WRITE_READ);
/* clang-format on */
