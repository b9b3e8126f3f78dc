/* experiments/figure_page.h -- a page of panels, and gnuplot that draws it.
 *
 * A figure is written as a gnuplot script and, beside it, a table of its numbers.  Places on the
 * page are in millimetres from its upper left corner; the page is EG_PAGE_WIDTH wide, one column
 * of a journal, unless it says EG_PAGE_WIDE, two columns.  Text
 * is 7 points or larger.
 *
 * The texts grow; out of memory is remembered in `failed` and told once, by eg_page_draw(). */
#ifndef EG_EXPERIMENTS_FIGURE_PAGE_H
#define EG_EXPERIMENTS_FIGURE_PAGE_H

#include <stddef.h>

#include "core/status.h"
#include "experiments/figure.h"
#include "experiments/figure_data.h"

#define EG_PAGE_WIDTH 85.0
#define EG_PAGE_WIDE 174.0

/* Colours that people with any of the colour deficiencies tell apart: Okabe & Ito 2008 (Color
 * Universal Design), the green a little darker, since it is used for words too. */
#define EG_COLOUR_BLUE "#0072B2"
#define EG_COLOUR_SKY "#56B4E9"
#define EG_COLOUR_GREEN "#007A5A"
#define EG_COLOUR_VERMILLION "#D55E00"
#define EG_COLOUR_ORANGE "#E69F00"
#define EG_COLOUR_PURPLE "#CC79A7"
#define EG_COLOUR_YELLOW "#F0E442"
#define EG_COLOUR_BLACK "#000000"
#define EG_COLOUR_ON "#303030"        /* a bit that is on                */
#define EG_COLOUR_WRONG_OFF "#FFD9B8" /* off, where it should be on      */
#define EG_COLOUR_WRONG_ON "#D55E00"  /* on, where it should be off      */
#define EG_COLOUR_GREY "#707070"      /* lines that are no data */
#define EG_COLOUR_SHADE "#E4E4E4"     /* areas that are no data */

struct eg_text {
    char *at; /* always terminated once something was added */
    size_t length, size;
    int failed;
};

void eg_text_add(struct eg_text *text, const char *format, ...) EG_PRINTF(2, 3);
void eg_text_bytes(struct eg_text *text, const char *bytes, size_t n);
void eg_text_free(struct eg_text *text);

struct eg_page {
    double height;         /* mm */
    double width;          /* mm; 0: EG_PAGE_WIDTH */
    struct eg_text script; /* without the terminal   */
    struct eg_text table;  /* CSV                    */
    unsigned blocks;       /* of data, so far        */
};

void eg_page_free(struct eg_page *page);

static inline double eg_page_width(const struct eg_page *page)
{
    return page->width > 0 ? page->width : EG_PAGE_WIDTH;
}

struct eg_box {
    double left, right, top, bottom; /* mm from the upper left corner */
};

/* A new panel: forgets labels, lines and tics of the one before.  `last` says whether it is the
 * one that carries the numbers of the x axis. */
void eg_page_panel(struct eg_page *page, struct eg_box box, double x_min, double x_max, int last);

/* One line of text, its middle at `y`; `align` is left, center or right. */
void eg_page_words(struct eg_page *page, double x, double y, const char *align, const char *text);

/* The label of the x axis. */
void eg_page_foot(struct eg_page *page, struct eg_box box, const char *text);

/* Up to two lines of text, upwards, in the left margin of a panel; NULL: none. */
void eg_page_side(struct eg_page *page, struct eg_box box, const char *outer, const char *inner);

/* The colours of images: 0..1 (viridis), signed (blue, white, orange), or of bits compared with
 * what they should be (0 and 1: as they should be, off and on; 2 and 3: wrong, off and on), over
 * [low, high]. */
enum eg_palette { EG_PALETTE_PLAIN, EG_PALETTE_SIGNED, EG_PALETTE_BITS };
void eg_page_palette(struct eg_page *page, enum eg_palette palette, double low, double high);

/* The scale of the palette set last, in `box`, with a tic every `tic`; its label, of one or two
 * lines, stands to the right of it. */
void eg_page_colour_bar(struct eg_page *page, struct eg_box box, double tic, const char *label,
                        const char *second);

/* An image of columns first to first + n - 1 of x (rows, stride), which fills the panel `box`:
 * rows go to the right, columns upwards, and the lower left pixel has its centre at (x0, y0).
 * Where `mask` (rows; or NULL) is 0, and where a number is not finite, the panel is shaded. */
void eg_page_image(struct eg_page *page, struct eg_box box, const double *x, size_t rows,
                   size_t stride, size_t first, size_t n, const double *mask, double x0, double y0);

/* Begins a block of data and answers its number N, for "$dN" in a plot command. */
unsigned eg_page_block(struct eg_page *page);
void eg_page_block_end(struct eg_page *page);

/* Marks the phases of a probe: lines through the panel, and, where `named`, words above it. */
void eg_page_phases(struct eg_page *page, const struct eg_figure_probe *probe, struct eg_box box,
                    const char *colour, int named);

/* Tics of a logarithmic y axis from low to high, as numbers in full size. */
void eg_page_log_tics(struct eg_page *page, double low, double high);

/* A line across the panel at y with its name, above or below it, at its right or left end:
 * `place` is a sum. */
enum eg_place { EG_PLACE_LEFT = 0, EG_PLACE_RIGHT = 1, EG_PLACE_BELOW = 2 };
void eg_page_level(struct eg_page *page, double y, const char *name, const char *colour, int place);

/* One field of the table: a number, empty where it is not finite. */
void eg_page_field(struct eg_page *page, double x, const char *after);

/* Lets gnuplot draw the page into *drawing, which grows by the whole file.  Fails with
 * EG_ERR_MISSING where gnuplot, or what it needs for this format, is not there; EG_ERR_IO with
 * its words where it fails; EG_ERR_NOMEM. */
EG_MUST_CHECK int eg_page_draw(const struct eg_page *page, enum eg_plot_format format,
                               const char *name, struct eg_text *drawing,
                               struct eg_message *message);

/* Runs PROGRAM ARGUMENTS (found through PATH, NULL-ended) with `input` on its standard input
 * and takes what it says.  *code is its exit status, or 128 + signal.  EG_ERR_MISSING: there is
 * no such program. */
EG_MUST_CHECK int eg_page_run(const char *const *command, const char *input, size_t n,
                              struct eg_text *out, struct eg_text *err, int *code,
                              struct eg_message *message);

/* The figures.  Each fills in the page; EG_ERR_MISSING where the run file has no numbers for it,
 * and the page is not to be drawn then. */
EG_MUST_CHECK int eg_figure_curve(struct eg_page *page, struct eg_run *run,
                                  struct eg_message *message);
EG_MUST_CHECK int eg_figure_generalisation(struct eg_page *page, struct eg_run *run,
                                           struct eg_message *message);
EG_MUST_CHECK int eg_figure_sequence(struct eg_page *page, struct eg_run *run, const char *group,
                                     struct eg_message *message);
EG_MUST_CHECK int eg_figure_heads(struct eg_page *page, struct eg_run *run, const char *group,
                                  struct eg_message *message);
EG_MUST_CHECK int eg_figure_prediction(struct eg_page *page, struct eg_run *run, const char *group,
                                       struct eg_message *message);
EG_MUST_CHECK int eg_figure_priority(struct eg_page *page, struct eg_run *run, const char *group,
                                     struct eg_message *message);
EG_MUST_CHECK int eg_figure_energy(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_figure_states(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_figure_weights(struct eg_page *page, struct eg_run *run,
                                    struct eg_message *message);
EG_MUST_CHECK int eg_figure_capacity(struct eg_page *page, struct eg_run *run,
                                     struct eg_message *message);
EG_MUST_CHECK int eg_figure_retrieved(struct eg_page *page, struct eg_run *run,
                                      struct eg_message *message);
EG_MUST_CHECK int eg_figure_scaling(struct eg_page *page, struct eg_run *run,
                                    struct eg_message *message);
EG_MUST_CHECK int eg_figure_census(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_figure_error(struct eg_page *page, struct eg_run *run,
                                  struct eg_message *message);
EG_MUST_CHECK int eg_figure_basin(struct eg_page *page, struct eg_run *run,
                                  struct eg_message *message);
EG_MUST_CHECK int eg_figure_attention(struct eg_page *page, struct eg_run *run, const char *group,
                                      struct eg_message *message);
EG_MUST_CHECK int eg_figure_positions(struct eg_page *page, struct eg_run *run, const char *group,
                                      struct eg_message *message);
EG_MUST_CHECK int eg_figure_tasks(struct eg_page *page, struct eg_run *run,
                                  struct eg_message *message);
EG_MUST_CHECK int eg_figure_splits(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_figure_schemes(struct eg_page *page, struct eg_run *run,
                                    struct eg_message *message);
EG_MUST_CHECK int eg_figure_traces(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);
EG_MUST_CHECK int eg_figure_cost(struct eg_page *page, struct eg_run *run,
                                 struct eg_message *message);

EG_MUST_CHECK int eg_figure_health(struct eg_page *page, struct eg_run *run,
                                   struct eg_message *message);

/* Of n run files.  EG_ERR_RANGE: they cannot stand in one figure. */
EG_MUST_CHECK int eg_figure_compare(struct eg_page *page, const char *const *paths, size_t n,
                                    struct eg_message *message);
EG_MUST_CHECK int eg_figure_generalisations(struct eg_page *page, const char *const *paths,
                                            size_t n, struct eg_message *message);

#endif
