/* core/field.h -- what a plug-in shows of itself at each step.
 *
 * One row yields a dataset of the probe, a panel of a figure and a line of `describe`.
 * Shapes are letters of the paper: N slots, M width, R read heads, W write heads, S shift
 * offsets, H cells of a controller layer, K hops. */
#ifndef EG_CORE_FIELD_H
#define EG_CORE_FIELD_H

struct eg_field {
    const char *name;     /* dataset: "read_weights"                                   */
    const char *symbol;   /* the paper's letter: "w^r"                                 */
    const char *shape;    /* "RN"; "" for one number                                   */
    const char *units;    /* "1" when dimensionless                                    */
    const char *help;     /* one sentence; becomes `long_name` in HDF5                 */
    const char *equation; /* label in docs/equations.md                                */
    int id;               /* of the plug-in's own                                      */
    int has_start;        /* the value before the first step is kept as NAME_start     */
};

/* clang-format off */
#define EG_FIELD_END {.name = 0}
/* clang-format on */

#endif
