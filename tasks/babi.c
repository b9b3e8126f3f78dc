/* tasks/babi.c -- the task `babi`: the 20 bAbI tasks, from their original files.
 *
 * Weston et al. 2015 (arXiv:1502.05698).  The data are not part of this project; docs/stories.md
 * says where they are from and what is odd about them.  Several tasks are trained jointly: one
 * vocabulary, one list of answers, and every question as likely as any other; each task is a
 * group. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tasks/stories.h"

enum { TASKS = 20 };

struct options {
    const char *path, *number;
    double validation;
};

#define AT(field) offsetof(struct options, field)
/* clang-format off */
static const struct eg_option option_rows[] = {
    {"path",       "",  "folder of the files qaN_NAME_train.txt and qaN_NAME_test.txt", AT(path), EG_OPT_TEXT, 0, 0, 0, NULL, ""},
    {"number",     "",  "which tasks: 1 to 20, a list as 1,2,15 or 1-3,15, or joint (or 0): all", AT(number), EG_OPT_TEXT, 0, 0, 0, NULL, "1"},
    {"validation", "1", "part of the training questions that is kept to validate", AT(validation), EG_OPT_REAL, 0.1, 0, 0.9, NULL, NULL},
    EG_OPTION_END,
};
/* clang-format on */

/* --- which tasks --- */

static int refuse_number(const char *text, const char *why, struct eg_message *message)
{
    return EG_FAIL(EG_ERR_RANGE, message,
                   "task.number = %s %s; allowed are numbers from 1 to %d, lists as 1,2,15 and "
                   "1-3,15, and joint (or 0): all",
                   text, why, TASKS);
}

/* One or two digits. */
static bool read_digits(const char **at, size_t *n)
{
    size_t digits = 0;
    for (*n = 0; digits < 3 && **at >= '0' && **at <= '9'; digits++, (*at)++)
        *n = 10 * *n + (size_t) (**at - '0');
    return digits > 0 && *n >= 1 && *n <= TASKS;
}

static int read_numbers(const char *text, bool chosen[TASKS + 1], struct eg_message *message)
{
    if (!strcmp(text, "joint") || !strcmp(text, "0")) {
        for (size_t n = 1; n <= TASKS; n++)
            chosen[n] = true;
        return EG_OK;
    }
    for (const char *at = text;;) {
        size_t from, to;
        at += strspn(at, " ");
        if (!read_digits(&at, &from))
            return refuse_number(text, "has no number of a task where one should be", message);
        to = from;
        if (*at == '-') {
            at++;
            if (!read_digits(&at, &to) || to < from)
                return refuse_number(text, "has a range that is none", message);
        }
        for (size_t n = from; n <= to; n++) {
            if (chosen[n])
                return refuse_number(text, "has a task twice", message);
            chosen[n] = true;
        }
        at += strspn(at, " ");
        if (!*at)
            return EG_OK;
        if (*at++ != ',')
            return refuse_number(text, "is no list", message);
    }
}

/* --- their files --- */

struct found {
    char *train[TASKS + 1], *test[TASKS + 1]; /* names within the folder */
};

/* "qa12_NAME_train.txt" has the number 12; 0: it is no file of ours. */
static size_t number_of(const char *name, const char *suffix)
{
    const size_t size = strlen(name), end = strlen(suffix);
    const char *at = name + 2;
    size_t n;
    if (size < end + 4 || strncmp(name, "qa", 2) || strcmp(name + size - end, suffix))
        return 0;
    return read_digits(&at, &n) && name[2] != '0' && *at == '_' && at < name + size - end ? n : 0;
}

static int keep_name(const char *path, const char *name, char **kept, struct eg_arena *arena,
                     struct eg_message *message)
{
    if (*kept)
        return EG_FAIL(EG_ERR_DATA, message, "%s has both %s and %s; one of them is allowed", path,
                       *kept, name);
    *kept = eg_arena_string(arena, name);
    return *kept ? EG_OK : EG_RAISE(EG_ERR_NOMEM);
}

static int list_folder(const char *path, const bool chosen[TASKS + 1], struct found *found,
                       struct eg_arena *arena, struct eg_message *message)
{
    int status = EG_OK;
    const struct dirent *entry;
    DIR *const folder = opendir(path);
    if (!folder)
        return EG_FAIL(EG_ERR_IO, message, "cannot open the folder %s (task.path): %s", path,
                       strerror(errno));
    while (!status && (entry = readdir(folder))) {
        const size_t train = number_of(entry->d_name, "_train.txt");
        const size_t test = number_of(entry->d_name, "_test.txt");
        if (train && chosen[train])
            status = keep_name(path, entry->d_name, &found->train[train], arena, message);
        else if (test && chosen[test])
            status = keep_name(path, entry->d_name, &found->test[test], arena, message);
    }
    closedir(folder);
    for (size_t n = 1; n <= TASKS && !status; n++)
        if (chosen[n] && (!found->train[n] || !found->test[n]))
            status = EG_FAIL(EG_ERR_IO, message,
                             "the folder %s (task.path) has no file qa%zu_..._%s.txt; without it "
                             "task %zu cannot be chosen (task.number)",
                             path, n, found->train[n] ? "test" : "train", n);
    return status;
}

static const char *join(const char *path, const char *name, struct eg_arena *arena)
{
    const size_t n = strlen(path);
    char *const whole = eg_arena_zeros(arena, n + strlen(name) + 2, 1);
    if (whole) {
        strcpy(whole, path);
        strcat(whole, n && path[n - 1] == '/' ? "" : "/");
        strcat(whole, name);
    }
    return whole;
}

/* "qa12_some-name_train.txt" is the group "12 some-name". */
static const char *group_name(const char *file, struct eg_arena *arena)
{
    char *const name = eg_arena_string(arena, file + 2);
    if (name) {
        name[strlen(name) - strlen("_train.txt")] = '\0';
        *strchr(name, '_') = ' ';
    }
    return name;
}

static int init(void *state, const void *values, struct eg_arena *arena,
                struct eg_task_shape *shape, struct eg_message *message)
{
    const struct options *const o = values;
    bool chosen[TASKS + 1] = {false};
    struct found found = {{NULL}, {NULL}};
    struct eg_stories_text files[2 * TASKS] = {{0}};
    size_t groups = 0, n = 0;
    int status;
    if (!o->path || !*o->path)
        return EG_FAIL(EG_ERR_RANGE, message,
                       "task.path is needed: the folder of the bAbI files qaN_..._train.txt and "
                       "qaN_..._test.txt");
    if ((status = read_numbers(o->number ? o->number : "1", chosen, message))
        || (status = list_folder(o->path, chosen, &found, arena, message)))
        return status;
    const char **const words = eg_arena_zeros(arena, TASKS, sizeof *words);
    if (!words)
        return EG_RAISE(EG_ERR_NOMEM);
    for (size_t k = 1; k <= TASKS; k++)
        groups += chosen[k];
    for (size_t k = 1; k <= TASKS; k++) {
        if (!chosen[k])
            continue;
        words[n] = group_name(found.train[k], arena);
        files[n] =
            (struct eg_stories_text){.name = join(o->path, found.train[k], arena), .group = n};
        files[groups + n] = (struct eg_stories_text){
            .name = join(o->path, found.test[k], arena), .group = n, .test = true};
        if (!words[n] || !files[n].name || !files[groups + n].name)
            return EG_RAISE(EG_ERR_NOMEM);
        n++;
    }
    if ((status = eg_stories_read(state, files, 2 * groups, arena, message))
        || (status = eg_stories_settle(state, o->validation, groups, arena, shape)))
        return status;
    shape->group_words = words;
    return EG_OK;
}

const struct eg_task_type eg_task_babi = {
    .name = "babi",
    .summary = "the bAbI questions about stories, from their original files",
    .source = "Weston et al. 2015 (arXiv:1502.05698); docs/stories.md",
    .options = option_rows,
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct eg_stories),
    .init = init,
    .draw_length = eg_stories_draw_length,
    .steps = eg_stories_steps,
    .draw = eg_stories_draw,
    .chance = eg_stories_chance,
    .group = eg_stories_group,
    .story = eg_stories_story,
    .read_text = eg_stories_read_text,
};
