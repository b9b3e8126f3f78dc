/* tests/figure_fixture.h -- a directory with a run file in it, and what is looked into when it was
 * drawn. */
#ifndef EG_TESTS_FIGURE_FIXTURE_H
#define EG_TESTS_FIGURE_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/figure.h"
#include "record/run.h"
#include "tests/check.h"

enum { MAX_FILES = 32 };

struct fixture {
    char directory[64], run[128];
    char *path; /* of the environment */
    char written[MAX_FILES][256];
    int n_written;
};

static inline struct fixture *fixture_open(const char *run)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->directory, "/tmp/test_figure.XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->run, sizeof f->run, "%s/%s.h5", f->directory, run);
    const char *path = getenv("PATH");
    f->path = strdup(path ? path : "");
    assert_non_null(f->path);
    return f;
}

static inline int fixture_close(struct fixture *f)
{
    setenv("PATH", f->path, 1);
    free(f->path);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", f->directory);
    free(f);
    return system(command);
}

static inline void note(void *context, const char *path)
{
    struct fixture *f = context;
    assert_true(f->n_written < MAX_FILES);
    snprintf(f->written[f->n_written++], sizeof f->written[0], "%s", path);
}

static inline int plot(struct fixture *f, enum eg_plot_format format, unsigned figures, int force,
                       struct eg_message *message)
{
    const struct eg_plot_options options = {.run = f->run,
                                            .format = format,
                                            .figures = figures,
                                            .force = force,
                                            .written = note,
                                            .context = f};
    f->n_written = 0;
    message->text[0] = '\0';
    return eg_plot_run(&options, message);
}

static inline void must_plot(struct fixture *f, enum eg_plot_format format)
{
    struct eg_message message;
    if (plot(f, format, EG_PLOT_ALL, 1, &message) != EG_OK)
        fail_msg("%s", message.text);
}

/* All of a file of the fixture; the caller frees it. */
static inline char *contents(const struct fixture *f, const char *name, size_t *n)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->directory, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    char *bytes = calloc(1, 1 << 24);
    assert_non_null(bytes);
    *n = fread(bytes, 1, (1 << 24) - 1, file);
    fclose(file);
    return bytes;
}

static inline void says(const struct fixture *f, const char *name, const char *const *words)
{
    size_t n;
    char *text = contents(f, name, &n);
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("%s does not say '%s'", name, *words);
    free(text);
}

#define SAYS(f, name, ...) says((f), (name), (const char *const[]){__VA_ARGS__, NULL})

static inline int file_exists(const struct fixture *f, const char *name)
{
    char path[256];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", f->directory, name);
    return lstat(path, &info) == 0;
}

/* Files in the directory whose name has `part` in it. */
static inline int count_files(const struct fixture *f, const char *part)
{
    DIR *directory = opendir(f->directory);
    assert_non_null(directory);
    int n = 0;
    for (const struct dirent *entry; (entry = readdir(directory));)
        n += entry->d_name[0] != '.' && strstr(entry->d_name, part);
    closedir(directory);
    return n;
}

/* There is the run file, and maybe the gnuplot of the test. */
static inline void nothing_was_left(const struct fixture *f)
{
    assert_int_equal(count_files(f, "") - count_files(f, "bin"), 1);
}

static inline void has(const struct fixture *f, const char *name)
{
    char file[64];
    for (int k = 0; k < 2; k++) {
        snprintf(file, sizeof file, "net-%s.%s", name, k ? "csv" : "svg");
        if (!file_exists(f, file))
            fail_msg("%s was not drawn", file);
    }
}

/* How often `part` stands in a file. */
static inline size_t times(const struct fixture *f, const char *name, const char *part)
{
    size_t n, found = 0;
    char *text = contents(f, name, &n);
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        found++;
    free(text);
    return found;
}

static inline void letters_are_seven_points_or_more(const struct fixture *f)
{
    for (int i = 0; i < f->n_written; i += 2) {
        size_t n, found = 0;
        char *text = contents(f, f->written[i] + strlen(f->directory) + 1, &n);
        for (char *at = text; (at = strstr(at, "font-size=\"")); found++) {
            at += strlen("font-size=\"");
            /* Raised and lowered letters of a formula are smaller; nothing else is. */
            char *after;
            const double size = strtod(at, &after);
            const int is_script = strncmp(after, "\" dy=", strlen("\" dy=")) == 0;
            if (!(size >= (is_script ? 5.5 : 7)))
                fail_msg("%s has letters of %g", f->written[i], size);
        }
        assert_true(found > 0);
        free(text);
    }
}

/* What a spoilt run file must be told of. */
struct contradiction {
    void (*spoil)(struct eg_run *run);
    unsigned figure;
    const char *words;
};

#endif
