#include "experiments/figure_page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_MM (72 / 25.4)

/* --- text that grows --- */

/* Room for n more bytes and the end of the string. */
static int grow(struct eg_text *text, size_t n)
{
    if (text->failed)
        return 0;
    if (text->size - text->length > n)
        return 1;
    size_t size = text->size > 0 ? text->size : 4096;
    while (size - text->length <= n && size < (size_t) -1 / 4)
        size *= 2;
    char *at = size - text->length > n ? realloc(text->at, size) : NULL;
    if (!at) {
        text->failed = 1;
        return 0;
    }
    text->at = at;
    text->size = size;
    return 1;
}

void eg_text_bytes(struct eg_text *text, const char *bytes, size_t n)
{
    if (!grow(text, n))
        return;
    if (n > 0)
        memcpy(text->at + text->length, bytes, n);
    text->length += n;
    text->at[text->length] = '\0';
}

void eg_text_add(struct eg_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        text->failed = 1;
    else if (grow(text, (size_t) n)) {
        vsnprintf(text->at + text->length, (size_t) n + 1, format, again);
        text->length += (size_t) n;
    }
    va_end(again);
}

void eg_text_free(struct eg_text *text)
{
    free(text->at);
    *text = (struct eg_text){.at = NULL};
}

void eg_page_free(struct eg_page *page)
{
    eg_text_free(&page->script);
    eg_text_free(&page->table);
}

void eg_page_field(struct eg_page *page, double x, const char *after)
{
    if (isfinite(x))
        eg_text_add(&page->table, "%.9g", x);
    eg_text_add(&page->table, "%s", after);
}

/* --- panels --- */

static double across(const struct eg_page *page, double mm)
{
    return mm / eg_page_width(page);
}

static double up(const struct eg_page *page, double mm)
{
    return 1 - mm / page->height;
}

void eg_page_panel(struct eg_page *page, struct eg_box box, double x_min, double x_max, int last)
{
    struct eg_text *s = &page->script;
    eg_text_add(s, "unset label; unset arrow; unset object; unset key\n"
                   "unset logscale; unset colorbox; set pointintervalbox 0\n");
    eg_text_add(s, "set lmargin at screen %.5f; set rmargin at screen %.5f\n",
                across(page, box.left), across(page, box.right));
    eg_text_add(s, "set tmargin at screen %.5f; set bmargin at screen %.5f\n", up(page, box.top),
                up(page, box.bottom));
    eg_text_add(s,
                "set border 15 front lw 0.5 lc rgb 'black'\n"
                "set xtics out nomirror scale 0.5 offset 0,0.35 autofreq format '%s'\n"
                "set ytics out nomirror scale 0.5 offset 0.4,0 autofreq format '%%g'\n"
                "set xrange [%.9g:%.9g] noextend; set yrange [*:*]\n",
                last ? "%g" : "", x_min, x_max);
}

/* viridis of van der Walt & Smith (matplotlib, CC0), every sixteenth of its range. */
static const char viridis[] =
    "0 '#440154', 1 '#481a6c', 2 '#472f7d', 3 '#414487', 4 '#39568c', 5 '#31688e', 6 '#2a788e', "
    "7 '#23888e', 8 '#1f988b', 9 '#22a884', 10 '#35b779', 11 '#54c568', 12 '#7ad151', "
    "13 '#a5db36', 14 '#d2e21b', 15 '#fde725'";

void eg_page_palette(struct eg_page *page, enum eg_palette palette, double low, double high)
{
    static const char *const colours[] = {
        [EG_PALETTE_PLAIN] = viridis,
        [EG_PALETTE_SIGNED] = "-1 '#005A9C', -0.5 '#6FB1DC', 0 '#FFFFFF', 0.5 '#F5A964', "
                              "1 '#C44E00'",
        [EG_PALETTE_BITS] = "0 '#FFFFFF', 1 '" EG_COLOUR_ON "', 2 '" EG_COLOUR_WRONG_OFF
                            "', 3 '" EG_COLOUR_WRONG_ON "'",
    };
    eg_text_add(&page->script, "set palette defined (%s)\nset cbrange [%.9g:%.9g]\n",
                colours[palette], low, high);
}

void eg_page_words(struct eg_page *page, double x, double y, const char *align, const char *text)
{
    eg_text_add(&page->script, "set label \"%s\" at screen %.5f,%.5f %s front\n", text,
                across(page, x), up(page, y), align);
}

void eg_page_foot(struct eg_page *page, struct eg_box box, const char *text)
{
    eg_page_words(page, (box.left + box.right) / 2, box.bottom + 6.8, "center", text);
}

/* Text upwards, its middle line at x. */
static void upwards(struct eg_page *page, double x, double y, const char *text)
{
    eg_text_add(&page->script, "set label \"%s\" at screen %.5f,%.5f center rotate by 90 front\n",
                text, across(page, x), up(page, y));
}

void eg_page_side(struct eg_page *page, struct eg_box box, const char *outer, const char *inner)
{
    const double y = (box.top + box.bottom) / 2;
    if (outer)
        upwards(page, inner ? 2.0 : 3.2, y, outer);
    if (inner)
        upwards(page, 5.1, y, inner);
}

void eg_page_colour_bar(struct eg_page *page, struct eg_box box, double tic, const char *label,
                        const char *second)
{
    eg_text_add(&page->script,
                "set colorbox vertical user origin screen %.5f,%.5f size %.5f,%.5f front\n"
                "set format cb '%%g'\nset cbtics out scale 0.5 offset -0.8,0 %.6g\n",
                across(page, box.left), up(page, box.bottom), across(page, box.right - box.left),
                (box.bottom - box.top) / page->height, tic);
    const double y = (box.top + box.bottom) / 2;
    upwards(page, box.right + 7.6, y, label);
    if (second)
        upwards(page, box.right + 10.7, y, second);
}

unsigned eg_page_block(struct eg_page *page)
{
    eg_text_add(&page->script, "$d%u << EOD\n", page->blocks);
    return page->blocks++;
}

void eg_page_block_end(struct eg_page *page)
{
    eg_text_add(&page->script, "EOD\n");
}

/* Viewers of svg and pdf smooth an image of few pixels until nothing can be told apart.  So a
 * pixel is given as many small ones, of which none is larger than 1/300 inch or so. */
static size_t enlarged(double mm, size_t pixels)
{
    const double wanted = mm * 300 / 25.4;
    const size_t n = (size_t) ceil(wanted / (double) pixels);
    return n > 0 ? n : 1;
}

void eg_page_image(struct eg_page *page, struct eg_box box, const double *x, size_t rows,
                   size_t stride, size_t first, size_t n, const double *mask, double x0, double y0)
{
    struct eg_text *s = &page->script;
    const size_t wide = enlarged(box.right - box.left, rows),
                 high = enlarged(box.bottom - box.top, n);
    const double dx = 1.0 / (double) wide, dy = 1.0 / (double) high;
    eg_text_add(s,
                "set object rectangle from graph 0,0 to graph 1,1 behind fillstyle solid 1 "
                "noborder fillcolor rgb '" EG_COLOUR_SHADE "'\n"
                "set yrange [%.9g:%.9g] noextend\n"
                "plot '-' binary array=(%zu,%zu) format='%%float32' dx=%.12g dy=%.12g "
                "origin=(%.12g,%.12g) with image notitle\n",
                y0 - 0.5, y0 + (double) n - 0.5, wide * rows, high * n, dx, dy, x0 - 0.5 + dx / 2,
                y0 - 0.5 + dy / 2);
    for (size_t i = first; i < first + n; i++) {
        const size_t begin = s->length;
        for (size_t t = 0; t < rows; t++) {
            const double v = x[t * stride + i];
            const float pixel = (mask && mask[t] == 0) || !isfinite(v) ? NAN : (float) v;
            for (size_t k = 0; k < wide; k++)
                eg_text_bytes(s, (const char *) &pixel, sizeof pixel);
        }
        const size_t line = s->length - begin;
        for (size_t k = 1; k < high; k++) {
            if (!grow(s, line))
                return;
            eg_text_bytes(s, s->at + begin, line);
        }
    }
    eg_text_add(s, "\n");
}

void eg_page_phases(struct eg_page *page, const struct eg_figure_probe *probe, struct eg_box box,
                    const char *colour, int named)
{
    if (!probe->phase)
        return;
    struct eg_text *s = &page->script;
    const double step = (box.right - box.left) / (double) probe->steps; /* mm */
    double free_from = box.left - 5, weight = 0.5;
    /* Around a phase that is hardly wider than a line, lines are thin, and leave it to be seen. */
    for (size_t t = 0; t < probe->steps; t = eg_figure_phase_end(probe, t))
        if (step * (double) (eg_figure_phase_end(probe, t) - t) < 0.6)
            weight = 0.2;
    for (size_t t = 0; t < probe->steps;) {
        const size_t end = eg_figure_phase_end(probe, t);
        if (t > 0)
            eg_text_add(s,
                        "set arrow from first %.9g,graph 0 to first %.9g,graph 1 nohead front "
                        "lw %.1f lc rgb '%s'\n",
                        probe->start + (double) t - 0.5, probe->start + (double) t - 0.5, weight,
                        colour);
        char name[64];
        eg_figure_phase_name(probe, t, name, sizeof name);
        const double middle = box.left + step * (double) (t + end) / 2;
        const double half = 0.75 * (double) strlen(name); /* mm, about */
        if (named && name[0] && middle - half >= free_from) {
            eg_page_words(page, middle, box.top - 1.9, "center", name);
            free_from = middle + half + 1;
        }
        t = end;
    }
}

void eg_page_log_tics(struct eg_page *page, double low, double high)
{
    const int from = (int) ceil(log10(low) - 1e-9), to = (int) floor(log10(high) + 1e-9);
    const int every = (to - from) / 8 + 1;
    eg_text_add(&page->script, "set logscale y\nset ytics ('' 1e-300");
    for (int k = from; k <= to; k++) {
        const double x = pow(10, k);
        if ((k - to) % every != 0)
            eg_text_add(&page->script, ", '' %.3g 1", x);
        else if (k >= -3 && k <= 4)
            eg_text_add(&page->script, ", '%.10g' %.3g", x, x);
        else
            eg_text_add(&page->script, ", '1e%d' %.3g", k, x);
    }
    eg_text_add(&page->script, ")\nset yrange [%.9g:%.9g] noextend\n", low, high);
}

void eg_page_level(struct eg_page *page, double y, const char *name, const char *colour, int place)
{
    const int right = place & EG_PLACE_RIGHT;
    eg_text_add(&page->script,
                "set arrow from graph 0,first %.9g to graph 1,first %.9g nohead back lw 1 "
                "dt (6,4) lc rgb '%s'\n"
                "set label '%s' at graph %.3f,first %.9g %s offset 0,%s front tc rgb '%s'\n",
                y, y, colour, name, right ? 0.985 : 0.015, y, right ? "right" : "left",
                place & EG_PLACE_BELOW ? "-0.55" : "0.5", colour);
}

/* --- drawing --- */

/* Sizes of text and lines mean different things to different terminals: svg is told points, the
 * others reckon fonts at 96 dots an inch. */
static void terminal(struct eg_text *s, enum eg_plot_format format, double width, double height)
{
    const double points = width * POINTS_PER_MM;
    const double dpi = 300;
    eg_text_add(s, "set encoding utf8\n");
    switch (format) {
    case EG_PLOT_SVG:
        eg_text_add(s, "set terminal svg size %.0f,%.0f fixed enhanced font 'Helvetica,7.2'\n",
                    points, height * POINTS_PER_MM);
        break;
    case EG_PLOT_PNG:
        eg_text_add(s,
                    "set terminal pngcairo size %.0f,%.0f enhanced font 'Helvetica,7.2' "
                    "fontscale %.6g linewidth %.6g pointscale %.6g background rgb 'white'\n",
                    width / 25.4 * dpi, height / 25.4 * dpi, dpi / 96, dpi / 72, dpi / 72);
        break;
    case EG_PLOT_PDF:
        eg_text_add(s,
                    "set terminal pdfcairo size %.4fcm,%.4fcm enhanced font 'Helvetica,7.2' "
                    "fontscale 0.75 linewidth 2 pointscale 1\n",
                    width / 10, height / 10);
        break;
    }
    eg_text_add(s, "set multiplot\n");
}

/* Copies `n` bytes, each `from` replaced by its `to`. */
static void replaced(struct eg_text *out, const char *bytes, size_t n, const char *const pairs[][2],
                     size_t n_pairs)
{
    size_t kept = 0;
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        for (; k < n_pairs; k++)
            if (bytes[i] == pairs[k][0][0]
                && strncmp(bytes + i, pairs[k][0], strlen(pairs[k][0])) == 0)
                break;
        if (k == n_pairs) {
            i++;
            continue;
        }
        eg_text_bytes(out, bytes + kept, i - kept);
        eg_text_add(out, "%s", pairs[k][1]);
        i += strlen(pairs[k][0]);
        kept = i;
    }
    eg_text_bytes(out, bytes + kept, n - kept);
}

/* gnuplot's svg says neither how large a user unit is nor that blanks between two fonts count,
 * and it names one font, which few systems have under that name. */
static void finish_svg(struct eg_text *out, const struct eg_text *svg, double width, double height,
                       const char *name)
{
    char size[2][80], title[300];
    snprintf(size[0], sizeof size[0], "width=\"%.0f\" height=\"%.0f\"", width * POINTS_PER_MM,
             height * POINTS_PER_MM);
    snprintf(size[1], sizeof size[1], "width=\"%.0fmm\" height=\"%.2fmm\"", width,
             height * POINTS_PER_MM * width / round(width * POINTS_PER_MM));
    size_t n = 0;
    n += (size_t) snprintf(title, sizeof title, "<title>");
    for (; *name && n + 20 < sizeof title; name++)
        if (*name != '<' && *name != '>' && *name != '&')
            title[n++] = *name;
    snprintf(title + n, sizeof title - n, "</title>");
    const char *const pairs[][2] = {
        {size[0], size[1]},
        {"<title>Gnuplot</title>", title},
        {"<text><tspan", "<text xml:space=\"preserve\"><tspan"},
        {"font-family=\"Helvetica\"",
         "font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\""},
    };
    replaced(out, svg->at, svg->length, pairs, sizeof pairs / sizeof *pairs);
}

/* How large a pixel is: 300 to the inch, which gnuplot does not say. */
static void finish_png(struct eg_text *out, const struct eg_text *png)
{
    static const char size[] = "\0\0\0\011pHYs\0\0\056\043\0\0\056\043\001\170\245\077\166";
    const size_t head = 8 + 25; /* signature and first chunk */
    if (png->length < head)
        return;
    eg_text_bytes(out, png->at, head);
    eg_text_bytes(out, size, sizeof size - 1);
    eg_text_bytes(out, png->at + head, png->length - head);
}

static int contains(const struct eg_text *text, const char *words)
{
    return text->length > 0 && strstr(text->at, words) != NULL;
}

/* Whether the drawing is whole: all three formats end with a mark. */
static int is_whole(const struct eg_text *drawing, enum eg_plot_format format)
{
    static const char *const ends[] = {"</svg>", "IEND", "%%EOF"};
    const size_t n = drawing->length < 64 ? drawing->length : 64, m = strlen(ends[format]);
    const char *tail = n > 0 ? drawing->at + (drawing->length - n) : "";
    for (size_t i = 0; i + m <= n; i++)
        if (memcmp(tail + i, ends[format], m) == 0)
            return 1;
    return 0;
}

#define INSTALL                                                                 \
    "Debian and Ubuntu: apt install gnuplot-nox; Fedora: dnf install gnuplot; " \
    "macOS: brew install gnuplot; conda: conda install gnuplot"

/* The first line of what gnuplot says that is not an echo of the script. */
static void complaint(const struct eg_text *err, char *line, size_t size)
{
    line[0] = '\0';
    const char *at = err->length > 0 ? err->at : "";
    const char *mark = strstr(at, "line ");
    const char *from = mark ? mark : at;
    from += strspn(from, " \t\r\n");
    size_t n = strcspn(from, "\n");
    if (n >= size)
        n = size - 1;
    memcpy(line, from, n);
    line[n] = '\0';
}

int eg_page_draw(const struct eg_page *page, enum eg_plot_format format, const char *name,
                 struct eg_text *drawing, struct eg_message *message)
{
    static const char *const command[] = {"gnuplot", "--default-settings", "-", NULL};
    struct eg_text script = {.at = NULL}, out = {.at = NULL}, err = {.at = NULL};
    int code = 0;
    terminal(&script, format, eg_page_width(page), page->height);
    eg_text_bytes(&script, page->script.at, page->script.length);
    eg_text_add(&script, "unset multiplot\n");

    int rc = EG_OK;
    if (script.failed || page->script.failed || page->table.failed) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory for %s", name);
        goto out;
    }
    rc = eg_page_run(command, script.at, script.length, &out, &err, &code, message);
    if (rc == EG_ERR_MISSING)
        rc = EG_FAIL(EG_ERR_MISSING, message,
                     "gnuplot is not installed, and it draws the figures (" INSTALL ")");
    if (rc != EG_OK)
        goto out;
    if (contains(&err, "unknown or ambiguous terminal")) {
        rc = EG_FAIL(EG_ERR_MISSING, message,
                     "this gnuplot cannot draw %s: it was built without cairo; take svg, or "
                     "another gnuplot (" INSTALL ")",
                     eg_plot_formats[format]);
        goto out;
    }
    if (code != 0 || !is_whole(&out, format)) {
        char line[512];
        complaint(&err, line, sizeof line);
        rc = EG_FAIL(EG_ERR_IO, message, "gnuplot failed at %s (exit %d): %s", name, code,
                     line[0] ? line : "it says nothing");
        goto out;
    }
    if (format == EG_PLOT_SVG)
        finish_svg(drawing, &out, eg_page_width(page), page->height, name);
    else if (format == EG_PLOT_PNG)
        finish_png(drawing, &out);
    else
        eg_text_bytes(drawing, out.at, out.length);
    if (drawing->failed || out.failed)
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory for %s", name);
out:
    eg_text_free(&script);
    eg_text_free(&out);
    eg_text_free(&err);
    return rc;
}
