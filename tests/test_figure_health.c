/* The figure of how heads fared: lines of each head, points where one is in trouble, and panels
 * only of what there is. */
#include <math.h>

#include "tests/figure_fixture.h"

enum { COLUMNS = 16 };
static const char *const names[COLUMNS] = {
    "step",     "sequences", "kind",       "head",           "diagnosis",  "entropy",
    "strength", "gate",      "gate_least", "gate_most",      "sharpening", "alignment",
    "movement", "written",   "memory",     "effective_slots"};

static int setup(void **state)
{
    *state = fixture_open("net");
    return 0;
}

static int teardown(void **state)
{
    return fixture_close(*state);
}

/* Two reports of a read and a write head; `kind` is that of the first row. */
static void write_run(struct fixture *f, double kind)
{
    const double rows[4][COLUMNS] = {
        {10, 1000, kind, 0, 1, 6, 0.5, 0.1, 0, 1, NAN, 0.25, 0, NAN, 2, 64},
        {10, 1000, 1, 0, 0, 0, 5, 0.9, 0, 1, NAN, 0.5, 1, 0.75, 2, 1},
        {20, 2000, 0, 0, 0, 1, 3, 0.4, 0, 1, NAN, 0.75, 0.5, NAN, 3, 2},
        {20, 2000, 1, 0, 0, 0, 6, 0.8, 0, 1, NAN, 0.5, 1, 0.875, 3, 1}};
    struct eg_run_column columns[COLUMNS];
    struct eg_run *run = NULL;
    struct eg_run_table *table = NULL;
    for (int k = 0; k < COLUMNS; k++)
        columns[k] =
            (struct eg_run_column){names[k], "1", names[k], k < 5 ? EG_RUN_INT64 : EG_RUN_FLOAT64};
    assert_int_equal(eg_run_create(&run, f->run, NULL, EG_RUN_FORCE, NULL), EG_OK);
    assert_int_equal(eg_run_table(run, &table, "/heads", columns, COLUMNS, "step", NULL, NULL),
                     EG_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(eg_run_append(table, rows[i], NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
}

static void each_head_has_a_line_and_each_number_a_panel(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    write_run(f, 0);
    if (plot(f, EG_PLOT_SVG, EG_PLOT_HEALTH, 1, &message))
        fail_msg("%s", message.text);
    SAYS(
        f, "net-health.csv",
        "sequences,kind,head,diagnosis,effective_slots,strength,gate,sharpening,movement,alignment,"
        "written,memory\n1000,read,0,uniform,64,0.5,0.1,,0,0.25,,2\n1000,write,0,well,1,5,0.9,,1,0."
        "5,"
        "0.75,2\n2000,read,0,well,2,3,0.4,,0.5,0.75,,3\n");
    SAYS(f, "net-health.svg", "read 0", "write 0 (dashed)", "uniform, dead or saturated",
         "effective", "strength", "gate", "movement", "alignment", "written", "memory", "sequences",
         "</svg>");
    size_t n;
    char *svg = contents(f, "net-health.svg", &n);
    assert_null(strstr(svg, "sharpening")); /* no head has one */
    free(svg);
}

static void a_file_without_heads_or_with_strange_ones_is_told(void **state)
{
    struct fixture *f = *state;
    struct eg_message message;
    struct eg_run *run = NULL;
    write_run(f, 7);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_HEALTH, 1, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "row 0 is of no kind of head"));
    assert_int_equal(eg_run_create(&run, f->run, NULL, EG_RUN_FORCE, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(plot(f, EG_PLOT_SVG, EG_PLOT_HEALTH, 1, &message), EG_ERR_MISSING);
    assert_non_null(strstr(message.text, "train.telemetry"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_head_has_a_line_and_each_number_a_panel, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_without_heads_or_with_strange_ones_is_told, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
