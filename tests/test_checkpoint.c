#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "record/checkpoint.h"

#include "check.h"

#include "record/crc32.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 1000 };

struct place {
    char folder[64], file[96];
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    strcpy(p->folder, "/tmp/engram-checkpoint-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/run.h5", p->folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *const p = *state;
    const ssize_t open_things = H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL);
    unlink(p->file);
    rmdir(p->folder);
    free(p);
    return open_things == 0 ? 0 : -1;
}

/* A checkpoint whose every number depends on `k`. */
static int put(struct eg_run *run, int64_t k, struct eg_message *message)
{
    static float parameters[N];
    static double moments[N];
    for (int i = 0; i < N; i++) {
        parameters[i] = (float) (i + k) / 3;
        moments[i] = (double) (i - k) / 7;
    }
    const struct eg_counter counters[] = {{"step", "step", "updates done", 10 * k},
                                          {"sequences", "sequence", NULL, 160 * k}};
    const struct eg_vector vectors[] = {
        {"parameters", NULL, "all parameters", EG_RUN_FLOAT32, N, parameters},
        {"moments", NULL, NULL, EG_RUN_FLOAT64, N, moments},
        {"empty", NULL, NULL, EG_RUN_INT64, 0, NULL},
    };
    return eg_checkpoint_put(run, counters, 2, vectors, 3, message);
}

static void expect(const struct eg_checkpoint *c, int64_t k)
{
    static float parameters[N];
    static double moments[N];
    int64_t step;
    assert_int_equal(eg_checkpoint_counter(c, "step", &step, NULL), EG_OK);
    assert_int_equal(step, 10 * k);
    assert_int_equal(eg_checkpoint_vector(c, "parameters", EG_RUN_FLOAT32, parameters, N, NULL),
                     EG_OK);
    assert_int_equal(eg_checkpoint_vector(c, "moments", EG_RUN_FLOAT64, moments, N, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_vector(c, "empty", EG_RUN_INT64, NULL, 0, NULL), EG_OK);
    for (int i = 0; i < N; i++) {
        check_close(parameters[i], (float) (i + k) / 3, 0, 0);
        check_close(moments[i], (double) (i - k) / 7, 0, 0);
    }
}

static void crc_is_the_one_of_zlib(void **state)
{
    (void) state;
    struct eg_crc32 crc;
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char) i;
    eg_crc32_start(&crc);
    assert_int_equal(eg_crc32_value(&crc), 0);
    eg_crc32_add(&crc, "123456789", 9); /* the check value of the catalogues of CRCs */
    assert_int_equal(eg_crc32_value(&crc), 0xCBF43926u);
    eg_crc32_start(&crc);
    eg_crc32_add(&crc, bytes, 256); /* python3: zlib.crc32(bytes(range(256))) */
    assert_int_equal(eg_crc32_value(&crc), 0x29058C73u);
    /* However the bytes come. */
    for (size_t cut = 0; cut <= 64; cut++) {
        eg_crc32_start(&crc);
        eg_crc32_add(&crc, bytes, cut);
        eg_crc32_add(&crc, bytes + cut, 256 - cut);
        assert_int_equal(eg_crc32_value(&crc), 0x29058C73u);
    }
}

static void the_newest_comes_back_and_slots_alternate(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_checkpoint *c;
    size_t size = 0;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_ERR_MISSING);
    for (int64_t k = 1; k <= 6; k++) {
        if (k == 4) { /* as after an interruption */
            eg_run_close(&run);
            assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
        }
        assert_int_equal(put(run, k, NULL), EG_OK);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
        /* In the long run nothing is made anew. */
        if (k == 3 || k == 6) {
            assert_true(size == 0 || eg_run_saved_bytes(run) == size);
            size = eg_run_saved_bytes(run);
        }
        assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
        assert_int_equal(eg_checkpoint_slot(c), k % 2 ? 'a' : 'b');
        assert_int_equal(eg_checkpoint_serial(c), k);
        assert_string_equal(eg_checkpoint_note(c), "");
        expect(c, k);
        eg_checkpoint_free(&c);
        assert_null(c);
    }
    eg_checkpoint_free(&c);
    eg_run_close(&run);
}

static void wrong_names_types_and_lengths_are_refused(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_checkpoint *c;
    struct eg_message message;
    static double x[N];
    int64_t number;
    const struct eg_counter bad[][2] = {
        {{"crc32", NULL, NULL, 1}, {"x", NULL, NULL, 1}},
        {{"serial", NULL, NULL, 1}, {"x", NULL, NULL, 1}},
        {{"x", NULL, NULL, 1}, {"x", NULL, NULL, 1}},
        {{"", NULL, NULL, 1}, {"x", NULL, NULL, 1}},
        {{"a/b", NULL, NULL, 1}, {"x", NULL, NULL, 1}},
    };
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(eg_checkpoint_put(run, bad[i], 2, NULL, 0, NULL), EG_ERR_RANGE);
    assert_false(eg_run_exists(run, "/checkpoint"));
    assert_int_equal(put(run, 1, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_vector(c, "parameters", EG_RUN_FLOAT64, x, N, &message),
                     EG_ERR_FORMAT);
    assert_string_equal(message.text, "parameters is float32 in the checkpoint, but float64 here");
    assert_int_equal(eg_checkpoint_vector(c, "moments", EG_RUN_FLOAT64, x, N - 1, &message),
                     EG_ERR_SHAPE);
    assert_int_equal(eg_checkpoint_counter(c, "epoch", &number, &message), EG_ERR_MISSING);
    assert_string_equal(message.text, "the checkpoint has no epoch");
    eg_checkpoint_free(&c);
    eg_run_close(&run);
}

static void what_is_no_longer_in_it_leaves_the_slot(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_checkpoint *c;
    const float short_vector[3] = {1, 2, 3};
    const struct eg_vector vectors[] = {
        {"parameters", NULL, NULL, EG_RUN_FLOAT32, 3, short_vector}};
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    for (int64_t k = 1; k <= 2; k++)
        assert_int_equal(put(run, k, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_put(run, NULL, 0, vectors, 1, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_serial(c), 3);
    assert_string_equal(eg_checkpoint_name(c, 0), "parameters");
    assert_string_equal(eg_checkpoint_name(c, 1), "serial");
    assert_null(eg_checkpoint_name(c, 2));
    eg_checkpoint_free(&c);
    assert_false(eg_run_exists(run, "/checkpoint/a/moments_axis_0"));
    eg_run_close(&run);
}

/* Where the numbers of a dataset lie in the file. */
static long place_of(const char *file, const char *dataset)
{
    const hid_t f = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t d = H5Dopen2(f, dataset, H5P_DEFAULT);
    const haddr_t at = H5Dget_offset(d);
    H5Dclose(d);
    H5Fclose(f);
    assert_true(at != HADDR_UNDEF);
    return (long) at;
}

static void flip(const char *file, long at, int bit)
{
    FILE *const f = fopen(file, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    const int c = fgetc(f);
    assert_true(c != EOF);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_true(fputc(c ^ (1 << bit), f) != EOF);
    assert_int_equal(fclose(f), 0);
}

static void a_flipped_bit_hands_over_to_the_other_slot(void **state)
{
    const struct place *const p = *state;
    static const struct {
        const char *name;
        long bytes;
    } parts[] = {{"parameters", 4L * N}, {"moments", 8L * N}, {"step", 8}, {"serial", 8}};
    struct eg_run *run;
    struct eg_checkpoint *c;
    struct eg_message message;
    unsigned random = 12345;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(put(run, 1, NULL), EG_OK);
    assert_int_equal(put(run, 2, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    for (int k = 0; k < 100; k++) {
        char path[64];
        const int part = k % 4;
        const char slot = k % 3 ? 'b' : 'a';
        random = random * 1664525u + 1013904223u;
        snprintf(path, sizeof path, "/checkpoint/%c/%s", slot, parts[part].name);
        const long at = place_of(p->file, path) + (long) (random >> 8) % parts[part].bytes;
        flip(p->file, at, k % 8);
        assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
        assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
        assert_int_equal(eg_checkpoint_slot(c), slot == 'a' ? 'b' : 'a');
        assert_non_null(strstr(eg_checkpoint_note(c),
                               slot == 'a' ? "slot a was left out" : "slot b was left out"));
        expect(c, slot == 'a' ? 2 : 1);
        eg_checkpoint_free(&c);
        assert_int_equal(eg_checkpoint_verify(run, slot, NULL), EG_ERR_FORMAT);
        eg_run_close(&run);
        flip(p->file, at, k % 8);
    }

    /* Both: an error that says why, for each. */
    flip(p->file, place_of(p->file, "/checkpoint/a/step"), 0);
    flip(p->file, place_of(p->file, "/checkpoint/b/parameters"), 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, &message), EG_ERR_FORMAT);
    assert_non_null(strstr(message.text, "slot a: its CRC-32 is"));
    assert_non_null(strstr(message.text, "slot b: its CRC-32 is"));
    assert_null(c);
    /* And a run may still begin again in such a file. */
    assert_int_equal(put(run, 5, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
    expect(c, 5);
    eg_checkpoint_free(&c);
    eg_run_close(&run);
}

static void the_older_slot_is_the_one_that_is_written(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_checkpoint *c;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    for (int64_t k = 1; k <= 3; k++)
        assert_int_equal(put(run, k, NULL), EG_OK); /* a 3, b 2 */
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    flip(p->file, place_of(p->file, "/checkpoint/a/step"), 3);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(put(run, 7, NULL), EG_OK); /* over the broken a, not over b */
    assert_int_equal(eg_checkpoint_verify(run, 'a', NULL), EG_OK);
    assert_int_equal(eg_checkpoint_verify(run, 'b', NULL), EG_OK);
    assert_int_equal(eg_checkpoint_get(&c, run, NULL), EG_OK);
    assert_int_equal(eg_checkpoint_slot(c), 'a');
    assert_int_equal(eg_checkpoint_serial(c), 3);
    expect(c, 7);
    eg_checkpoint_free(&c);
    eg_run_close(&run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(crc_is_the_one_of_zlib),
        TEST(the_newest_comes_back_and_slots_alternate),
        TEST(wrong_names_types_and_lengths_are_refused),
        TEST(what_is_no_longer_in_it_leaves_the_slot),
        TEST(a_flipped_bit_hands_over_to_the_other_slot),
        TEST(the_older_slot_is_the_one_that_is_written),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
