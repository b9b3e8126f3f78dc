#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hdf5.h>

#include "tasks/patterns.h"
#include "tests/fixture.h"

static const struct eg_pattern_type *const source = &eg_patterns_file;

struct fixture {
    char folder[64], a[96], b[96], h5[96];
    struct eg_arena *arena;
    struct eg_patterns p;
    struct eg_message message;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const char *const tmp = getenv("TMPDIR");
    snprintf(f->folder, sizeof f->folder, "%.40s/engram-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->a, sizeof f->a, "%s/a.txt", f->folder);
    snprintf(f->b, sizeof f->b, "%s/b.txt", f->folder);
    snprintf(f->h5, sizeof f->h5, "%s/c.h5", f->folder);
    f->arena = new_arena();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    eg_arena_free(&f->arena);
    unlink(f->a);
    unlink(f->b);
    unlink(f->h5);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

/* `settings` are "key=value" with blanks in between. */
static int load(struct fixture *f, const char *path, const char *settings)
{
    struct eg_config *config;
    char words[256], assignment[300];
    void *options = calloc(1, source->options_size);
    assert_non_null(options);
    assert_int_equal(eg_config_init(&config), EG_OK);
    assert_int_equal(eg_config_set(config, "patterns.path", path, "test", NULL), EG_OK);
    snprintf(words, sizeof words, "%s", settings);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        snprintf(assignment, sizeof assignment, "patterns.%s", word);
        assert_int_equal(eg_config_assign(config, assignment, "test", &f->message), EG_OK);
    }
    if (eg_config_bind(config, "patterns", source->options, options, &f->message) != EG_OK)
        fail_msg("%s", f->message.text);
    f->message.text[0] = '\0';
    const int status = source->make(options, &f->p, 0, 0, f->arena, &f->message);
    free(options);
    eg_config_free(&config);
    assert_int_equal(H5Fget_obj_count((hid_t) H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    return status;
}

/* Patterns as "110 001": a word a pattern. */
static void reads(struct fixture *f, const char *path, const char *settings, const char *want)
{
    if (load(f, path, settings) != EG_OK)
        fail_msg("%s", f->message.text);
    char got[512] = "";
    size_t n = 0;
    for (size_t mu = 0; mu < f->p.count; mu++) {
        for (size_t i = 0; i < f->p.sites; i++)
            got[n++] = eg_bits_get(&f->p.bits, i, mu) ? '1' : '0';
        got[n++] = ' ';
    }
    got[n ? n - 1 : 0] = '\0';
    assert_string_equal(got, want);
}

/* The message names the file (or the key), and says `want`. */
static void refuses(struct fixture *f, const char *path, const char *settings, int status,
                    const char *want)
{
    const int got = load(f, path, settings);
    if (!strstr(f->message.text, want))
        fail_msg("\"%s\" does not say \"%s\"", f->message.text, want);
    if (!strstr(f->message.text, f->folder) && !strstr(f->message.text, "patterns."))
        fail_msg("\"%s\" names neither file nor key", f->message.text);
    assert_int_equal(got, status);
}

static void text_reads(struct fixture *f, const char *text, const char *settings, const char *want)
{
    write_text(f->a, text);
    reads(f, f->a, settings, want);
}

static void text_refused(struct fixture *f, const char *text, const char *settings, int status,
                         const char *want)
{
    write_text(f->a, text);
    refuses(f, f->a, settings, status, want);
}

/* --- texts --- */

static void a_line_of_a_text_is_a_pattern(void **state)
{
    struct fixture *f = *state;
    text_reads(f, "0,1,1\n1,0,0\n", "", "011 100");
    text_reads(f, "0 1 1\n1\t0  0", "", "011 100");
    text_reads(f,
               "\xef\xbb\xbf"
               "0;1;1\r\n1; 0 ;0\r\n",
               "", "011 100");
    text_reads(f, "# digits\n\n -1 1 +1  # the first\n\n1.0, -1e0, -1\n#", "", "011 100");
    assert_int_equal(f->p.first, 3);
    assert_int_equal(f->p.height, 0);
    assert_null(f->p.values);
    assert_int_equal(f->p.cyclic, 0);
    check_close(f->p.activity, 0.5, 0, 0);
    text_reads(f, "1,1\n1,1\n", "cyclic=true", "11 11"); /* one state is two or fewer */
    assert_int_equal(f->p.cyclic, 1);
}

static void more_than_two_states_need_a_threshold(void **state)
{
    struct fixture *f = *state;
    text_refused(f, "0,1,1\n1,0,2\n", "", EG_ERR_DATA, "line 2, column 3 is 2; two states");
    assert_non_null(strstr(f->message.text, "patterns.threshold"));
    text_refused(f, "0,1,1\n1,-1,1\n", "", EG_ERR_DATA, "line 2, column 2 is -1; this is a third");
    text_refused(f, "-1,1\n1,0\n", "", EG_ERR_DATA, "line 2, column 2 is 0; this is a third");
    text_refused(f, "0.5", "", EG_ERR_DATA, "line 1, column 1 is 0.5;");
    text_refused(f, "0 nan", "", EG_ERR_DATA, "column 2 is nan; numbers must be finite");
    text_refused(f, "0 nan", "threshold=0", EG_ERR_DATA, "numbers must be finite");
    text_refused(f, "0 -inf", "real=true", EG_ERR_DATA, "numbers must be finite");
    text_refused(f, "0 1e999", "threshold=0", EG_ERR_DATA, "numbers must be finite");
    text_reads(f, "0 0.5 7\n-3 .51 0.49", "threshold=0.5", "001 010");
    text_reads(f, "-3 -1 0 4", "threshold=-2", "0111");
    text_refused(f, "0 1", "threshold=x", EG_ERR_CONFIG, "patterns.threshold = x is not a number");
}

static void patterns_of_another_length_are_refused(void **state)
{
    struct fixture *f = *state;
    text_refused(f, "0,1,1\n\n1,0\n", "", EG_ERR_DATA,
                 "line 3 has 2 sites, those before it have 3");
    text_refused(f, "0,1,1\n1,0,1,1,1\n", "", EG_ERR_DATA,
                 "line 2 has 5 sites, those before it have 3");
}

static void what_is_no_number_is_refused(void **state)
{
    struct fixture *f = *state;
    text_refused(f, "x1,x2\n0,1\n", "", EG_ERR_DATA, "line 1, column 1 is \"x1\"; a number is");
    text_refused(f, "0,1\n0,,1\n", "", EG_ERR_DATA, "line 2, column 2 is empty");
    text_refused(f, "0,1,\n", "", EG_ERR_DATA, "line 1, column 3 is empty");
    text_refused(f, ",1\n", "", EG_ERR_DATA, "line 1, column 1 is empty");
    text_refused(f, "0,0x1\n", "", EG_ERR_DATA, "column 2 is \"0x1\"");
    text_refused(f, "0,1-1\n", "", EG_ERR_DATA, "column 2 is \"1-1\"");
    text_refused(f, "0,\xc3\xa9\n", "", EG_ERR_DATA, "column 2 is \"??\"");
    text_refused(f, "111111111111111111111111111111111111111111111111111111111111111111111", "",
                 EG_ERR_DATA, "column 1 is \"1111111111111111111111111111111\"");
    text_refused(f, "# nothing\n\n", "", EG_ERR_DATA, "there are no patterns");
}

/* 130 sites are three words of bits. */
static void long_patterns_keep_all_their_sites(void **state)
{
    struct fixture *f = *state;
    char text[3 * 300] = "", want[3 * 131] = "";
    size_t n = 0, k = 0;
    for (unsigned mu = 0; mu < 3; mu++) {
        for (unsigned i = 0; i < 130; i++) {
            const char bit = (char) ('0' + (i * i + mu * i) % 7 % 2);
            text[n++] = bit;
            text[n++] = ' ';
            want[k++] = bit;
        }
        text[n++] = '\n';
        want[k++] = ' ';
    }
    want[k - 1] = '\0';
    text_reads(f, text, "", want);
    text_reads(f, text, "real=true", want);
    for (size_t j = 0; j < 390; j++)
        check_close(f->p.values[j], want[j + j / 130] - '0', 0, 0);
}

static void real_patterns_keep_their_numbers(void **state)
{
    struct fixture *f = *state;
    const double want[] = {0.25, -3, 1e-3, 0, 2, -0.5};
    text_reads(f, "0.25 -3 1e-3\n0 2 -0.5\n", "real=true", "101 010");
    for (int i = 0; i < 6; i++)
        check_close(f->p.values[i], want[i], 0, 0);
    text_reads(f, "0.25 -3 1e-3\n0 2 -0.5\n", "real=true threshold=0.1", "100 010");
    check_close(f->p.values[2], 1e-3, 0, 0);
}

static void options_choose_layers_pictures_and_patterns(void **state)
{
    struct fixture *f = *state;
    const char *const text = "1 0 0 1 1 0\n0 0 1 1 1 1\n0 1 0 0 0 1\n";
    text_reads(f, text, "pair_sites=2 height=2 count=2", "100110 001111");
    assert_int_equal(f->p.sites, 6);
    assert_int_equal(f->p.first, 4);
    assert_int_equal(f->p.height, 2);
    assert_int_equal(f->p.width, 2);
    text_reads(f, text, "activity=0.2", "100110 001111 010001");
    check_close(f->p.activity, 0.2, 0, 0);
    text_reads(f, text, "activity=0", "100110 001111 010001");
    check_close(f->p.activity, 0.5, 0, 0);
    text_reads(f, text, "activity=0 count=2", "100110 001111");
    check_close(f->p.activity, 7 / 12., 1e-15, 0);
    refuses(f, f->a, "pair_sites=6", EG_ERR_RANGE, "patterns.pair_sites = 6: the patterns of");
    refuses(f, f->a, "count=4", EG_ERR_RANGE, "has only 3 patterns");
    refuses(f, f->a, "height=4", EG_ERR_RANGE, "patterns.height = 4 does not divide the 6 sites");
    refuses(f, f->a, "pairs=/b", EG_ERR_RANGE, "patterns.pairs = /b needs HDF5");
    refuses(f, f->a, "pairs=/b pair_sites=1", EG_ERR_RANGE, "both name a second layer");
    refuses(f, f->a, "dataset=", EG_ERR_RANGE, "patterns.dataset is needed");
    refuses(f, "", "", EG_ERR_RANGE, "patterns.path is needed");
    text_refused(f, "0 0", "activity=0", EG_ERR_DATA, "no site of the patterns is +1");
    text_refused(f, "1 1", "activity=0", EG_ERR_DATA, "every site of the patterns is +1");
}

/* --- pictures --- */

static void all_four_kinds_of_picture_are_read(void **state)
{
    struct fixture *f = *state;
    text_reads(f, "P1\n# a comment\n3 2\n1 0 1\n011\n", "", "101011");
    assert_int_equal(f->p.height, 2);
    assert_int_equal(f->p.width, 3);
    text_reads(f, "P2 3 2 # three by two\n9\n0 5 9\n4 6 0\n", "threshold=4", "011010");
    assert_int_equal(f->p.height, 2);
    text_reads(f, "P2 3 1 1\n0 1 1", "", "011");
    /* A row of ten pixels takes two bytes, the last six bits mean nothing. */
    write_bytes(f->a, "P4\n10 2\n\xa5\x7f\x0f\x80", 12);
    reads(f, f->a, "", "10100101010000111110");
    write_bytes(f->a, "P5 2 2 255\n\x00\x80\x7f\xff", 15);
    reads(f, f->a, "threshold=127", "0101");
    write_bytes(f->a, "P5 2 1 65535\n\x01\x00\x00\xff", 17);
    reads(f, f->a, "threshold=255.5", "10");
    reads(f, f->a, "threshold=255.5 real=yes", "10");
    check_close(f->p.values[0], 256, 0, 0);
    check_close(f->p.values[1], 255, 0, 0);
}

static void several_pictures_are_several_patterns(void **state)
{
    struct fixture *f = *state;
    text_reads(f, "P1 2 1\n1 0\nP1 2 1 0 1", "", "10 01");
    write_bytes(f->b, "P4 2 1\n\x40P4 2 1\n\xc0\n", 17);
    reads(f, f->b, "", "01 11");
    char paths[256];
    snprintf(paths, sizeof paths, "%s, %s", f->a, f->b);
    reads(f, paths, "", "10 01 01 11");
    assert_int_equal(f->p.width, 2);
    write_text(f->b, "P1 1 2 1 0");
    refuses(f, paths, "", EG_ERR_DATA,
            "a picture of 2 x 1 (height x width), those before it have 1 x 2");
    write_text(f->b, "1 0\n");
    reads(f, paths, "", "10 01 10");
    snprintf(paths, sizeof paths, "%s,", f->a);
    refuses(f, paths, "", EG_ERR_RANGE, "there is nothing before or after a comma");
    snprintf(paths, sizeof paths, "%s,%s", f->a, f->h5);
    refuses(f, paths, "", EG_ERR_IO, "No such file");
}

static void damaged_pictures_are_refused(void **state)
{
    struct fixture *f = *state;
    /* clang-format off */
    const struct { int status; const char *text, *want; } bad[] = {
        {EG_ERR_FORMAT, "P1 3",                          "the file ends within the header"},
        {EG_ERR_FORMAT, "P1 3 x",                        "a number was expected"},
        {EG_ERR_FORMAT, "P1 0 3 ",                       "its width is 0; allowed are 1 to"},
        {EG_ERR_FORMAT, "P1 3 -1 1",                     "a number was expected"},
        {EG_ERR_FORMAT, "P1 3 2 1 0 1 0",                "truncated"},
        {EG_ERR_FORMAT, "P1 3 1 1 0            ",        "row 1, column 3: the file is truncated"},
        {EG_ERR_FORMAT, "P1 3 1 1 0 x ",                 "row 1, column 3: this is not a number"},
        {EG_ERR_DATA,   "P1 3 1 1 0 2 ",                 "row 1, column 3 is 2; the header allows"},
        {EG_ERR_FORMAT, "P2 3 1 70000 1 0 2",            "largest grey is larger; allowed are 1 to"},
        {EG_ERR_DATA,   "P2 3 1 1 1 0 2",                "row 1, column 3 is 2; the header allows"},
        {EG_ERR_DATA,   "P2 3 1 9 1 0 2",                "row 1, column 3 is 2; two states"},
        {EG_ERR_FORMAT, "P2 1000000000 1000000000 1 0",  "truncated: a picture of 1000000000 x"},
        {EG_ERR_FORMAT, "P5 1000000000 1000000000 255 ", "truncated"},
        {EG_ERR_FORMAT, "P4 2147483648 2147483648 0",    "truncated"},
        {EG_ERR_FORMAT, "P5 2147483648 2147483648 65535 0", "truncated"},
        {EG_ERR_FORMAT, "P5 9 2 255 abcde",              "truncated: a picture of 2 x 9"},
        {EG_ERR_FORMAT, "P4 17 2 abcde",                 "takes 6 bytes or more, and 5 are left"},
        {EG_ERR_FORMAT, "P4 99999999999999999999999 1 0", "its width is larger; allowed"},
        {EG_ERR_FORMAT, "P5 2 1 255",                    "the file ends within the header"},
        {EG_ERR_FORMAT, "P5 2 1 255x01",                 "the header is damaged"},
        {EG_ERR_FORMAT, "P1 2 1 1 0 1 1",                "picture 2: it does not begin with"},
        {EG_ERR_FORMAT, "P1 2 1 1 0 P3 1 1",             "picture 2: only PBM"},
        {EG_ERR_FORMAT, "P6 1 1 255 abc",                "only PBM (P1, P4) and PGM (P2, P5)"},
        {EG_ERR_DATA,   "P1 2 1 1 0 P1 1 2 1 0",         "a picture of 2 x 1"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        text_refused(f, bad[i].text, "", bad[i].status, bad[i].want);
}

/* --- HDF5 --- */

static void write_set(const char *path, const char *name, hid_t on_disk, int rank,
                      const hsize_t *dims, const double *values)
{
    struct stat info;
    const hid_t file = stat(path, &info) == 0
                           ? H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT)
                           : H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, on_disk, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0);
    if (values)
        assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
}

static const double spins[] = {1, -1, -1, 1, 1, 1, -1, 1, -1, 1, 1, -1};

static void datasets_of_any_number_type_are_read(void **state)
{
    struct fixture *f = *state;
    const hid_t types[] = {H5T_STD_I8LE,   H5T_STD_I64BE,  H5T_NATIVE_INT,
                           H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_NATIVE_LDOUBLE};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        unlink(f->h5);
        write_set(f->h5, "patterns", types[k], 2, (const hsize_t[]){3, 4}, spins);
        reads(f, f->h5, "", "1001 1101 0110");
        assert_int_equal(f->p.height, 0);
        write_set(f->h5, "pictures", types[k], 3, (const hsize_t[]){2, 3, 2}, spins);
        reads(f, f->h5, "dataset=/pictures", "100111 010110");
        assert_int_equal(f->p.height, 3);
        assert_int_equal(f->p.width, 2);
    }
}

static void booleans_of_h5py_are_read(void **state)
{
    struct fixture *f = *state;
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    assert_true(H5Tenum_insert(type, "FALSE", &(signed char){0}) >= 0);
    assert_true(H5Tenum_insert(type, "TRUE", &(signed char){1}) >= 0);
    write_set(f->h5, "patterns", type, 2, (const hsize_t[]){2, 2}, NULL);
    const signed char bits[4] = {0, 1, 1, 1};
    const hid_t file = H5Fopen(f->h5, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t set = H5Dopen2(file, "patterns", H5P_DEFAULT);
    assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bits) >= 0);
    H5Dclose(set);
    H5Fclose(file);
    H5Tclose(type);
    reads(f, f->h5, "", "01 11");
}

static void pairs_have_a_dataset_of_their_own(void **state)
{
    struct fixture *f = *state;
    const double codes[] = {0, 1, 1, 0, 1, 1};
    write_set(f->h5, "patterns", H5T_STD_I8LE, 3, (const hsize_t[]){3, 2, 2}, spins);
    write_set(f->h5, "codes", H5T_STD_U8LE, 2, (const hsize_t[]){3, 2}, codes);
    reads(f, f->h5, "pairs=/codes real=true", "100101 110110 011011");
    assert_int_equal(f->p.first, 4);
    assert_int_equal(f->p.sites, 6);
    assert_int_equal(f->p.height, 2);
    const double want[] = {1, -1, -1, 1, 0, 1, 1, 1, -1, 1, 1, 0, -1, 1, 1, -1, 1, 1};
    for (int i = 0; i < 18; i++)
        check_close(f->p.values[i], want[i], 0, 0);
    write_set(f->h5, "short", H5T_STD_U8LE, 2, (const hsize_t[]){2, 2}, codes);
    refuses(f, f->h5, "pairs=/short", EG_ERR_DATA,
            "dataset /short has 2 patterns and /patterns has 3");
    refuses(f, f->h5, "pairs=/none", EG_ERR_DATA, "there is no dataset /none");
}

static void large_datasets_are_read_in_blocks(void **state)
{
    struct fixture *f = *state;
    enum { P = 5, N = 600000 };
    double *const values = calloc(P * N, sizeof *values);
    assert_non_null(values);
    for (size_t k = 0; k < P * N; k++)
        values[k] = k % 11 % 3 == 1;
    write_set(f->h5, "patterns", H5T_STD_U8LE, 2, (const hsize_t[]){P, N}, values);
    assert_int_equal(load(f, f->h5, ""), EG_OK);
    for (size_t k = 0; k < P * N; k++)
        assert_true(eg_bits_get(&f->p.bits, k % N, k / N) == (values[k] > 0));
    free(values);
}

static void datasets_that_hold_no_patterns_are_refused(void **state)
{
    struct fixture *f = *state;
    /* clang-format off */
    const struct { hid_t type; int rank; hsize_t dims[4]; const char *want; } bad[] = {
        {H5T_STD_I8LE, 1, {4},          "has 1 axes; it must have 2, (pattern, site), or 3"},
        {H5T_STD_I8LE, 4, {1, 1, 1, 1}, "has 4 axes"},
        {H5T_STD_I8LE, 2, {0, 4},       "has no patterns"},
        {H5T_STD_I8LE, 2, {4, 0},       "have 0 sites"},
        {H5T_STD_I8LE, 3, {4, 2, 0},    "have 0 sites"},
        {H5T_C_S1,     2, {2, 2},       "does not hold numbers"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unlink(f->h5);
        write_set(f->h5, "patterns", bad[i].type, bad[i].rank, bad[i].dims, NULL);
        refuses(f, f->h5, "", EG_ERR_DATA, bad[i].want);
    }
    refuses(f, f->h5, "dataset=/other", EG_ERR_DATA, "there is no dataset /other");
    refuses(f, f->h5, "dataset=/", EG_ERR_DATA, "there is no dataset /");
}

static void wrong_values_of_a_dataset_are_placed(void **state)
{
    struct fixture *f = *state;
    const double values[] = {1, 0, 1, 0, 0.5, 1, NAN, 1, 1, 1, 1, 1};
    write_set(f->h5, "patterns", H5T_IEEE_F64LE, 2, (const hsize_t[]){3, 4}, values);
    write_set(f->h5, "pictures", H5T_IEEE_F64LE, 3, (const hsize_t[]){2, 2, 3}, values);
    refuses(f, f->h5, "", EG_ERR_DATA, "dataset /patterns, pattern 2, site 1 is 0.5; two states");
    refuses(f, f->h5, "threshold=0", EG_ERR_DATA,
            "pattern 2, site 3 is nan; numbers must be finite");
    refuses(f, f->h5, "dataset=/pictures", EG_ERR_DATA, "pattern 1, row 2, column 2 is 0.5;");
}

/* A chunked dataset takes no room before it is written. */
static void absurd_sizes_of_a_dataset_are_refused(void **state)
{
    struct fixture *f = *state;
    const hsize_t sizes[][2] = {{(hsize_t) 1 << 45, 4096}, {1, (hsize_t) 1 << 40}};
    const int want[] = {EG_ERR_NOMEM, EG_ERR_DATA};
    for (int k = 0; k < 2; k++) {
        const hid_t file = H5Fcreate(f->h5, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hid_t space = H5Screate_simple(2, sizes[k], NULL);
        const hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(chunked, 2, (const hsize_t[]){1, 4096});
        const hid_t set =
            H5Dcreate2(file, "patterns", H5T_STD_I8LE, space, H5P_DEFAULT, chunked, H5P_DEFAULT);
        assert_true(set >= 0);
        H5Dclose(set);
        H5Pclose(chunked);
        H5Sclose(space);
        H5Fclose(file);
        refuses(f, f->h5, "", want[k], k ? "allowed are 1 to 2^31" : "do not fit into memory");
    }
}

/* --- any file --- */

static void what_is_no_file_of_patterns_is_refused(void **state)
{
    struct fixture *f = *state;
    refuses(f, f->a, "", EG_ERR_IO, "No such file");
    refuses(f, f->folder, "", EG_ERR_IO, "is a directory, not a file");
    assert_int_equal(load(f, "/dev/zero", ""), EG_ERR_IO);
    text_refused(f, "", "", EG_ERR_FORMAT, "is empty");
    write_bytes(f->a, "0 1\0 1", 6);
    refuses(f, f->a, "", EG_ERR_FORMAT, "is none of HDF5, PBM, PGM and a text of numbers");
    write_bytes(f->a, "\x89PNG\r\n\x1a\n", 8);
    refuses(f, f->a, "", EG_ERR_FORMAT, "is none of HDF5");
    if (geteuid() != 0) {
        assert_int_equal(chmod(f->a, 0), 0);
        refuses(f, f->a, "", EG_ERR_IO, "Permission denied");
    }
}

static void running_out_of_memory_is_survived(void **state)
{
    struct fixture *f = *state;
    write_text(f->a, "0 1\n");
    for (size_t after = 0; after < 2; after++) {
        eg_arena_fail_after(f->arena, after);
        refuses(f, f->a, "real=true", EG_ERR_NOMEM, "do not fit into memory");
    }
}

/* Cut and overwritten anywhere, a file is read or refused in words, and nothing is touched that is
 * not ours. */
static void mutated_files_do_no_harm(void **state)
{
    struct fixture *f = *state;
    char hdf5[8192];
    write_set(f->h5, "patterns", H5T_STD_I8LE, 2, (const hsize_t[]){3, 4}, spins);
    FILE *file = fopen(f->h5, "rb");
    assert_non_null(file);
    const size_t hdf5_size = fread(hdf5, 1, sizeof hdf5, file);
    fclose(file);
    /* HDF5 1.10 forgets to close a file with damaged metadata, and complains when the program ends;
     * so only the twelve numbers are damaged here.  Files cut anywhere it closes. */
    const struct {
        const char *bytes;
        size_t size, from;
    } whole[] = {
        {"# text\n0 1 1\n1 0,1\n", 19, 0},
        {"P1 3 2\n101\n010\nP1 3 2 1 1 1 0 0 0", 33, 0},
        {"P2 3 2\n1\n1 0 1 0 1 0\n", 21, 0},
        {"P4 10 2\n\xa5\x40\x0f\x80P4 10 2\n\xa5\x40\x0f\x80", 24, 0},
        {"P5 2 2 300\n\x00\x01\x00\x00\x00\x01\x00\x01", 19, 0},
        {hdf5, hdf5_size, hdf5_size - 12},
    };
    struct eg_stream stream;
    eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, 0);
    const struct eg_arena_mark mark = eg_arena_mark(f->arena);
    char bytes[sizeof hdf5];
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
        for (int repeat = 0; repeat < 300; repeat++) {
            size_t size = whole[k].size;
            memcpy(bytes, whole[k].bytes, size);
            for (long n = eg_stream_between(&stream, 0, 3); n > 0; n--)
                bytes[eg_stream_between(&stream, (long) whole[k].from, (long) size - 1)] =
                    repeat % 2 ? (char) eg_stream_between(&stream, -128, 127)
                               : "0129 \n#P,-.e"[eg_stream_between(&stream, 0, 11)];
            if (repeat % 3 == 0)
                size = (size_t) eg_stream_between(&stream, 0, (long) size);
            write_bytes(f->b, bytes, size);
            eg_arena_rewind(f->arena, mark);
            const int status = load(f, f->b, repeat % 5 ? "" : "real=true");
            if (status)
                assert_non_null(strstr(f->message.text, f->b));
            else
                assert_true(f->p.count > 0 && f->p.sites > 0);
        }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(a_line_of_a_text_is_a_pattern),
        T(more_than_two_states_need_a_threshold),
        T(patterns_of_another_length_are_refused),
        T(what_is_no_number_is_refused),
        T(long_patterns_keep_all_their_sites),
        T(real_patterns_keep_their_numbers),
        T(options_choose_layers_pictures_and_patterns),
        T(all_four_kinds_of_picture_are_read),
        T(several_pictures_are_several_patterns),
        T(damaged_pictures_are_refused),
        T(datasets_of_any_number_type_are_read),
        T(booleans_of_h5py_are_read),
        T(pairs_have_a_dataset_of_their_own),
        T(large_datasets_are_read_in_blocks),
        T(datasets_that_hold_no_patterns_are_refused),
        T(wrong_values_of_a_dataset_are_placed),
        T(absurd_sizes_of_a_dataset_are_refused),
        T(what_is_no_file_of_patterns_is_refused),
        T(running_out_of_memory_is_survived),
        T(mutated_files_do_no_harm),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
