/* experiments/figure_chart.h -- what figures of measured points share: colours of a series of
 * curves, keys, captions, axes, points with their intervals, and lines with names.
 *
 * Words of a run file come through eg_figure_plain(), and are marked up only by eg_chart_rich(),
 * so that nothing a file says reaches gnuplot as a command.  Places are in mm, as on the page. */
#ifndef EG_EXPERIMENTS_FIGURE_CHART_H
#define EG_EXPERIMENTS_FIGURE_CHART_H

#include <stddef.h>

#include "experiments/figure_page.h"

/* --- words --- */

enum { EG_CHART_WORDS = 512, EG_CHART_LINE = 3 /* mm from line to line */ };

/* Width of a text in the figures' font, in mm, about and rather too much. */
double eg_chart_width(const char *plain);

/* Only what is safe in a label: letters of all scripts, digits, blanks and some signs.  Up to a
 * blank where it must be cut. */
void eg_chart_plain(char *plain, size_t size, const char *text);

/* An attribute's text, made plain; `otherwise` where there is none. */
void eg_figure_plain(struct eg_run *run, const char *path, const char *name, const char *otherwise,
                     char *plain, size_t size);

/* Plain text as gnuplot's markup: N^2, N^(n-1) and alpha_c with raised and lowered letters, >= and
 * <= as one sign, alpha and beta as letters. */
void eg_chart_rich(char *rich, size_t size, const char *plain);

/* A number with its standard error, as many decimals as two digits of the error need; plain. */
void eg_chart_measure(char *plain, size_t size, double x, double error);

/* "network, rule" of a group; "" where it has neither. */
void eg_figure_network(struct eg_run *run, const char *group, char *plain, size_t size);

/* Plain text over as many lines of `width` as it needs, 6 at most; the height of it in mm. */
double eg_chart_caption_height(const char *plain, double width);
/* The same text drawn, from `top` on down. */
void eg_chart_caption(struct eg_page *page, double left, double right, double top,
                      const char *plain);

/* --- keys --- */

/* The colour of series k, and the point that tells it apart in print without colour. */
const char *eg_chart_colour(size_t k);
int eg_chart_point(size_t k);
enum { EG_CHART_COLOURS = 7 };

enum eg_mark { EG_MARK_LINE, EG_MARK_POINT, EG_MARK_AREA };
struct eg_key {
    const char *name; /* plain */
    const char *colour;
    enum eg_mark mark;
    int point; /* gnuplot's number, for EG_MARK_POINT */
};

/* Keys one after the other in rows; their height in mm. */
double eg_chart_keys_height(const struct eg_key *keys, size_t n, double width);
void eg_chart_keys(struct eg_page *page, double left, double right, double top,
                   const struct eg_key *keys, size_t n);

/* --- axes --- */

struct eg_axis {
    double low, high;
    int log;
};

/* Round x (n), with a margin; logarithmic where the numbers span more than `span` times the
 * smallest (0: never).  From 0 to 1 where no number is finite. */
struct eg_axis eg_chart_axis(const double *x, size_t n, double span);
/* Of the panel set last. */
void eg_chart_axis_x(struct eg_page *page, const struct eg_axis *axis, int numbers);
double eg_chart_axis_at(const struct eg_axis *axis, struct eg_box box, double x);

/* --- curves --- */

/* What one plot command draws: blocks go to the page, and clauses gather here. */
struct eg_curves {
    struct eg_page *page;
    struct eg_text clauses;
};

/* Points with intervals from low to high (NULL: none), joined by a thin line where `joined`.
 * What is not finite is left out, and so are y <= 0 with a positive `floor`, which is where the
 * intervals of a logarithmic axis end. */
void eg_curves_points(struct eg_curves *c, const double *x, const double *y, const double *low,
                      const double *high, size_t n, const char *colour, int point, int joined,
                      double floor);

/* A line, broken where it is not finite. */
void eg_curves_line(struct eg_curves *c, const double *x, const double *y, size_t n,
                    const char *colour, double weight, int dashed);

/* The area from low to high, pale; where either is not finite it ends. */
void eg_curves_band(struct eg_curves *c, const double *x, const double *low, const double *high,
                    size_t n, const char *colour);

/* Draws them; the panel is empty where there are none. */
void eg_curves_draw(struct eg_curves *c);

/* --- lines with names --- */

/* A line upwards through the panel at x, and above the panel its name, where no other name and
 * no line is in its way. */
struct eg_named {
    double x;
    char name[96]; /* plain */
    const char *colour;
    int row;           /* set by eg_chart_names_height() */
    double from, upto; /* mm, of the name               */
};

/* Sets the rows of the names; their height in mm.  Of `box` left and right count. */
double eg_chart_names_height(struct eg_named *names, size_t n, const struct eg_axis *axis,
                             struct eg_box box);
void eg_chart_names_draw(struct eg_page *page, const struct eg_named *names, size_t n,
                         const struct eg_axis *axis, struct eg_box box);

#endif
