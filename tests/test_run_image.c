#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "record/run.h"

#include "run_sample.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static unsigned char *bytes_of(const char *path, size_t *n)
{
    struct stat info;
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &info), 0);
    *n = (size_t) info.st_size;
    unsigned char *const data = malloc(*n + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *n, f), *n);
    fclose(f);
    return data;
}

static void same_bytes(const char *a, const char *b)
{
    size_t n_a, n_b;
    unsigned char *const x = bytes_of(a, &n_a), *const y = bytes_of(b, &n_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(x, y, n_a);
    free(x);
    free(y);
}

static void equal_content_gives_equal_bytes(void **state)
{
    const struct place *const p = *state;
    write_sample(p->file, 0);
    /* Another history of the heap must not show in the padding of anything. */
    void *junk[200];
    for (size_t i = 0; i < 200; i++) {
        junk[i] = malloc(64 + 97 * i);
        assert_non_null(junk[i]);
        memset(junk[i], 0xA5, 64 + 97 * i);
    }
    for (size_t i = 0; i < 200; i++)
        free(junk[i]);
    write_sample(p->other, 0);
    same_bytes(p->file, p->other);
}

static void nothing_is_overwritten_without_force(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    put_bytes(p->file, "precious", 8);
    assert_int_equal(eg_run_create(&run, p->file, sample_created, 0, &message), EG_ERR_EXISTS);
    assert_null(run);
    assert_non_null(strstr(message.text, "exists already"));
    size_t n;
    unsigned char *const data = bytes_of(p->file, &n);
    assert_int_equal(n, 8);
    free(data);
    assert_int_equal(entries(p->folder, false), 1);
    write_sample(p->file, EG_RUN_FORCE);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    eg_run_close(&run);
}

static void a_bad_place_is_an_error_at_creation(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    char path[160];
    snprintf(path, sizeof path, "%s/missing/run.h5", p->folder);
    assert_int_equal(eg_run_create(&run, path, NULL, 0, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "the directory"));
    assert_non_null(strstr(message.text, strerror(ENOENT)));
    assert_int_equal(eg_run_create(&run, p->folder, NULL, EG_RUN_FORCE, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "a directory"));
    /* Else a superuser's --force would replace the device. */
    assert_int_equal(eg_run_create(&run, "/dev/null", NULL, EG_RUN_FORCE, &message), EG_ERR_IO);
    assert_non_null(strstr(message.text, "a device"));
    if (geteuid() != 0) {
        assert_int_equal(chmod(p->folder, 0500), 0);
        assert_int_equal(eg_run_create(&run, p->file, NULL, 0, &message), EG_ERR_IO);
        assert_int_equal(chmod(p->folder, 0700), 0);
    }
    assert_int_equal(entries(p->folder, false), 0);
}

static void what_is_on_disk_is_whole_between_saves(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run, *reader;
    struct eg_run_table *train;
    double *cost;
    size_t rows;
    assert_int_equal(eg_run_create(&run, p->file, NULL, 0, NULL), EG_OK);
    assert_int_equal(
        eg_run_table(run, &train, "/train", sample_columns, 3, "sequences", NULL, NULL), EG_OK);
    assert_int_equal(eg_run_save(run, EG_RUN_SYNC, NULL), EG_OK);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(eg_run_append(train, (const double[3]){i, i, i}, NULL), EG_OK);
        if (i % 1000 != 500)
            continue;
        /* A reader sees the last save, and keeps seeing it after the next one. */
        assert_int_equal(eg_run_open(&reader, p->file, EG_RUN_READ, NULL), EG_OK);
        assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
        assert_int_equal(eg_run_get_column(reader, "/train/cost", &cost, &rows, NULL), EG_OK);
        assert_int_equal(rows, i < 1000 ? 0 : i - 999);
        free(cost);
        eg_run_close(&reader);
    }
    assert_int_equal(eg_run_rows(train), 3000);
    assert_int_equal(eg_run_get_column(run, "/train/cost", &cost, &rows, NULL), EG_OK);
    assert_int_equal(rows, 3000);
    for (size_t i = 0; i < rows; i++)
        check_close(cost[i], i, 0, 0);
    free(cost);
    eg_run_close(&run);
    assert_int_equal(entries(p->folder, false), 1);
}

static void a_full_disk_leaves_the_last_good_file(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct eg_message message;
    struct rlimit old, small;
    static const float zeros[65536];
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 1, .dims = {65536}, .data = zeros};
    write_sample(p->other, 0);
    write_sample(p->file, 0);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put(run, "/parameters/w", &array, NULL), EG_OK);
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int status = eg_run_save(run, 0, &message);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, EG_ERR_IO);
    assert_non_null(strstr(message.text, p->file));
    assert_non_null(strstr(message.text, strerror(EFBIG)));
    same_bytes(p->file, p->other);
    assert_int_equal(entries(p->folder, false), 2);
    /* There is room again: the run goes on as if nothing had been. */
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_true(eg_run_exists(run, "/parameters/w"));
    eg_run_close(&run);
}

static void each_truncation_is_an_error_with_a_reason(void **state)
{
    const struct place *const p = *state;
    size_t n;
    write_sample(p->file, 0);
    unsigned char *const data = bytes_of(p->file, &n);
    for (size_t part = 0; part <= 40; part++) {
        const size_t left = part < 20 ? n * part / 20 : part == 20 ? n - 1 : part - 20;
        struct eg_message message;
        put_bytes(p->other, data, left);
        for (int mode = EG_RUN_READ; mode <= EG_RUN_READ_ANY; mode++) {
            struct eg_run *run;
            message.text[0] = '\0';
            assert_int_equal(eg_run_open(&run, p->other, (enum eg_run_mode) mode, &message),
                             EG_ERR_FORMAT);
            assert_null(run);
            assert_non_null(strstr(message.text, left ? "is truncated" : "is empty"));
        }
    }
    free(data);
}

static void a_process_killed_while_saving_leaves_a_whole_file(void **state)
{
    const struct place *const p = *state;
    static float w[200000];
    const struct eg_run_array array = {
        .type = EG_RUN_FLOAT32, .rank = 1, .dims = {200000}, .data = w};
    write_sample(p->file, 0);
    for (unsigned i = 0; i < 10; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct eg_run *run;
            if (eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL))
                _exit(1);
            for (;;)
                if (eg_run_put(run, "/parameters/w", &array, NULL) || eg_run_save(run, 0, NULL))
                    _exit(1);
        }
        const struct timespec pause = {0, 9000000 + 1700000 * (long) i};
        nanosleep(&pause, NULL);
        int how;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how)); /* it had not failed by itself */
        struct eg_run *run;
        assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
        eg_run_close(&run);
    }
    /* Who goes on with the run sweeps up what the dead left. */
    struct eg_run *run;
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_UPDATE, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(entries(p->folder, false), 1);
}

static void a_link_is_followed_and_stays(void **state)
{
    const struct place *const p = *state;
    struct eg_run *run;
    struct stat info;
    write_sample(p->file, 0);
    assert_int_equal(chmod(p->file, 0640), 0);
    assert_int_equal(symlink(p->file, p->other), 0);
    assert_int_equal(eg_run_open(&run, p->other, EG_RUN_UPDATE, NULL), EG_OK);
    assert_int_equal(eg_run_put_attr_text(run, "/", "status", "done", NULL), EG_OK);
    assert_int_equal(eg_run_save(run, 0, NULL), EG_OK);
    eg_run_close(&run);
    assert_int_equal(lstat(p->other, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(p->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    char text[16];
    assert_int_equal(eg_run_open(&run, p->file, EG_RUN_READ, NULL), EG_OK);
    assert_int_equal(eg_run_get_attr_text(run, "/", "status", text, sizeof text, NULL), EG_OK);
    assert_string_equal(text, "done");
    eg_run_close(&run);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(equal_content_gives_equal_bytes),
        TEST(nothing_is_overwritten_without_force),
        TEST(a_bad_place_is_an_error_at_creation),
        TEST(what_is_on_disk_is_whole_between_saves),
        TEST(a_full_disk_leaves_the_last_good_file),
        TEST(each_truncation_is_an_error_with_a_reason),
        TEST(a_process_killed_while_saving_leaves_a_whole_file),
        TEST(a_link_is_followed_and_stays),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
