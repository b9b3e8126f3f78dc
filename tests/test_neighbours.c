/* The index of rows: what it finds, and what it misses. */
#include <string.h>
#include <tgmath.h>

#include "memory/neighbours.h"

#include "tests/check.h"
#include "tests/fixture.h"

enum { WIDTH = 32 };

struct fixture {
    struct eg_arena *arena;
    struct eg_neighbours_plan plan;
    struct eg_neighbours index;
    const struct eg_kernels *kernels;
    real *x;
    size_t rows;
};

static void open_fixture(struct fixture *f, size_t rows, size_t tables, size_t probes, size_t scan)
{
    *f = (struct fixture){.arena = new_arena(), .kernels = eg_kernels_best(), .rows = rows};
    const size_t planes = WIDTH * tables * EG_NEIGHBOURS_BITS;
    real *p = eg_arena_take(f->arena, planes * sizeof *p);
    f->x = eg_arena_take(f->arena, rows * WIDTH * sizeof *f->x);
    assert_true(p && f->x);
    draw_normal(p, planes, 1, 11);
    draw_normal(f->x, rows * WIDTH, 1, 12);
    f->plan = (struct eg_neighbours_plan){.kind = EG_NEIGHBOURS_LSH,
                                          .width = WIDTH,
                                          .tables = tables,
                                          .probes = probes,
                                          .scan = scan,
                                          .planes = p};
    eg_neighbours_plan(&f->plan);
    f->index = (struct eg_neighbours){.plan = &f->plan};
}

/* Room is asked for a few rows at a time, as a step does. */
static void put_rows(struct fixture *f)
{
    for (size_t i = 0; i < f->rows; i++) {
        assert_int_equal(
            eg_neighbours_reserve(&f->index, f->arena, f->kernels, i + 3 - i % 3, f->x), EG_OK);
        eg_neighbours_put(&f->index, f->kernels, i, f->x + i * WIDTH);
    }
}

static double cosine(const struct fixture *f, const real *key, size_t row)
{
    double dot = 0, keys = 0, rows = 0;
    for (size_t m = 0; m < WIDTH; m++) {
        const double k = (double) key[m], x = (double) f->x[row * WIDTH + m];
        dot += k * x;
        keys += k * k;
        rows += x * x;
    }
    return dot / sqrt(keys * rows);
}

static int found(const struct fixture *f, const uint32_t *list, size_t n, size_t row)
{
    if (!list)
        return row < f->index.count;
    for (size_t i = 0; i < n; i++)
        if (list[i] == row)
            return 1;
    return 0;
}

static void a_linear_index_finds_all_rows(void **state)
{
    (void) state;
    struct fixture f;
    const uint32_t *list;
    open_fixture(&f, 100, 1, 0, 0);
    f.plan.kind = EG_NEIGHBOURS_LINEAR;
    put_rows(&f);
    assert_int_equal(eg_neighbours_find(&f.index, f.kernels, f.x, &list), 100);
    assert_null(list);
    eg_arena_free(&f.arena);
}

static void few_rows_are_searched_one_by_one(void **state)
{
    (void) state;
    struct fixture f;
    const uint32_t *list;
    open_fixture(&f, 60, 2, 0, 63);
    put_rows(&f);
    assert_int_equal(eg_neighbours_find(&f.index, f.kernels, f.x, &list), 60);
    assert_null(list);
    eg_arena_free(&f.arena);
}

static void no_row_is_found_twice(void **state)
{
    (void) state;
    struct fixture f;
    open_fixture(&f, 500, 8, 16, 0);
    put_rows(&f);
    for (size_t q = 0; q < 50; q++) {
        const uint32_t *list;
        uint8_t seen[500] = {0};
        const size_t n = eg_neighbours_find(&f.index, f.kernels, f.x + q * WIDTH, &list);
        assert_true(list && n > 0 && n <= 500);
        for (size_t i = 0; i < n; i++)
            assert_true(list[i] < 500 && !seen[list[i]]++);
    }
    eg_arena_free(&f.arena);
}

/* A key that is a row, to scale, lies in its bucket; one that has moved, in the new one. */
static void a_row_is_found_where_it_is_and_not_where_it_was(void **state)
{
    (void) state;
    struct fixture f;
    open_fixture(&f, 300, 4, 0, 0);
    put_rows(&f);
    size_t still = 0;
    for (size_t row = 0; row < 300; row += 7) {
        const uint32_t *list;
        real key[WIDTH], was[WIDTH];
        memcpy(was, f.x + row * WIDTH, sizeof was);
        for (size_t m = 0; m < WIDTH; m++) {
            key[m] = (real) 0.25 * was[m];
            f.x[row * WIDTH + m] = -was[m];
        }
        size_t n = eg_neighbours_find(&f.index, f.kernels, key, &list);
        assert_true(found(&f, list, n, row));
        eg_neighbours_put(&f.index, f.kernels, row, f.x + row * WIDTH);
        n = eg_neighbours_find(&f.index, f.kernels, key, &list);
        still += (size_t) found(&f, list, n, row);
        n = eg_neighbours_find(&f.index, f.kernels, f.x + row * WIDTH, &list);
        assert_true(found(&f, list, n, row));
    }
    assert_int_equal(still, 0); /* no bit of the opposite is the same */
    eg_arena_free(&f.arena);
}

/* All 2^b buckets of a table are looked into: nothing can be missed. */
static void looking_into_every_bucket_finds_every_row(void **state)
{
    (void) state;
    struct fixture f;
    open_fixture(&f, 64, 1, 63, 0);
    put_rows(&f);
    assert_true(f.index.bits >= 3 && f.index.bits <= 5);
    for (size_t q = 0; q < 64; q++) {
        const uint32_t *list;
        assert_int_equal(eg_neighbours_find(&f.index, f.kernels, f.x + q * WIDTH, &list), 64);
    }
    eg_arena_free(&f.arena);
}

/* Of 20,000 random rows, width 32, with the presets of memory/sam.c.  A key at a cosine of 0.9 with
 * its row: all 400 rows are found, 0.95 at least are asked for.  At 0.8: 0.92, at least 0.8.  A
 * random key, whose nearest rows are much less like it: 0.58 of the four nearest, at least 0.5. 655
 * rows are looked at for a key, one in thirty, fewer than one in twenty are asked for. */
static void most_of_what_is_near_is_found(void **state)
{
    (void) state;
    enum { ROWS = 20000, KEYS = 400 };
    static const double at[] = {0.9, 0.8}, least[] = {0.95, 0.8};
    struct fixture f;
    open_fixture(&f, ROWS, 8, 16, 512);
    put_rows(&f);
    real noise[KEYS * WIDTH];
    draw_normal(noise, KEYS * WIDTH, 1, 13);
    size_t looked = 0;
    for (size_t c = 0; c < 2; c++) {
        size_t hits = 0;
        for (size_t q = 0; q < KEYS; q++) {
            const uint32_t *list;
            real key[WIDTH];
            const size_t row = q * 49 % ROWS;
            const double across = sqrt(1 / (at[c] * at[c]) - 1);
            for (size_t m = 0; m < WIDTH; m++)
                key[m] = f.x[row * WIDTH + m] + (real) across * noise[q * WIDTH + m];
            const size_t n = eg_neighbours_find(&f.index, f.kernels, key, &list);
            assert_non_null(list);
            hits += (size_t) found(&f, list, n, row);
            looked += n;
        }
        print_message("at a cosine of %g: %g of the rows found\n", at[c], (double) hits / KEYS);
        assert_true((double) hits >= least[c] * KEYS);
    }
    size_t hits = 0;
    for (size_t q = 0; q < KEYS; q++) {
        const uint32_t *list;
        const real *key = noise + q * WIDTH;
        size_t best[4] = {0};
        double like[4] = {-2, -2, -2, -2};
        for (size_t i = 0; i < ROWS; i++) {
            const double c = cosine(&f, key, i);
            size_t place = 4;
            for (; place > 0 && c > like[place - 1]; place--)
                if (place < 4) {
                    like[place] = like[place - 1];
                    best[place] = best[place - 1];
                }
            if (place < 4) {
                like[place] = c;
                best[place] = i;
            }
        }
        const size_t n = eg_neighbours_find(&f.index, f.kernels, key, &list);
        for (size_t k = 0; k < 4; k++)
            hits += (size_t) found(&f, list, n, best[k]);
        looked += n;
    }
    print_message("of a random key: %g of the four nearest found; rows looked at: %g\n",
                  (double) hits / (4 * KEYS), (double) looked / (3 * KEYS));
    assert_true((double) hits >= 0.5 * 4 * KEYS);
    assert_true((double) looked / (3 * KEYS) < ROWS / 20.0);
    eg_arena_free(&f.arena);
}

static void equal_calls_find_the_same_in_the_same_order(void **state)
{
    (void) state;
    struct fixture a, b;
    open_fixture(&a, 700, 3, 5, 100);
    open_fixture(&b, 700, 3, 5, 100);
    put_rows(&a);
    put_rows(&b);
    for (size_t q = 0; q < 700; q += 9) {
        const uint32_t *one, *two;
        const size_t n = eg_neighbours_find(&a.index, a.kernels, a.x + q * WIDTH, &one);
        assert_int_equal(eg_neighbours_find(&b.index, b.kernels, a.x + q * WIDTH, &two), n);
        assert_memory_equal(one, two, n * sizeof *one);
    }
    eg_arena_free(&a.arena);
    eg_arena_free(&b.arena);
}

static void running_out_of_memory_is_an_error(void **state)
{
    (void) state;
    for (size_t n = 0; n < 7; n++) {
        struct fixture f;
        open_fixture(&f, 10, 2, 1, 0);
        eg_arena_fail_after(f.arena, n);
        assert_int_equal(eg_neighbours_reserve(&f.index, f.arena, f.kernels, 10, f.x),
                         EG_ERR_NOMEM);
        eg_arena_fail_after(f.arena, (size_t) -1);
        put_rows(&f); /* nothing was left half done */
        eg_arena_free(&f.arena);
    }
}

int main(int argc, char **argv)
{
    CHECK_FILTER(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_index_finds_all_rows),
        cmocka_unit_test(few_rows_are_searched_one_by_one),
        cmocka_unit_test(no_row_is_found_twice),
        cmocka_unit_test(a_row_is_found_where_it_is_and_not_where_it_was),
        cmocka_unit_test(looking_into_every_bucket_finds_every_row),
        cmocka_unit_test(most_of_what_is_near_is_found),
        cmocka_unit_test(equal_calls_find_the_same_in_the_same_order),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
