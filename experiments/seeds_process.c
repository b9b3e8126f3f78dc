#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/seeds.h"

enum { OUT, ERR, STREAMS, JOBS_MAX = 256 };

/* What a run has said and is not a whole line yet. */
struct line {
    int fd; /* -1: it will say no more */
    size_t n;
    char text[4096];
};

struct job {
    pid_t pid; /* 0: this place is free */
    int threads;
    struct eg_seed_run *run;
    struct line line[STREAMS];
};

size_t eg_seeds_jobs(size_t todo, int threads, long asked)
{
    size_t jobs = asked > 0 ? (size_t) asked : (size_t) (threads > 0 ? threads : 1);
    jobs = jobs < todo ? jobs : todo;
    jobs = jobs < JOBS_MAX ? jobs : JOBS_MAX;
    return jobs ? jobs : 1;
}

int eg_seeds_share(size_t jobs, int threads, size_t nth)
{
    const int share = threads / (int) jobs + ((int) nth < threads % (int) jobs);
    return share > 0 ? share : 1;
}

static void say(const struct eg_seeds *s, const struct job *job, int stream, const char *text,
                size_t n)
{
    FILE *const to = stream == OUT ? stdout : stderr;
    if (stream == OUT && s->command->json && n > 0 && text[0] == '{')
        fprintf(to, "{\"seed\": %ld, %.*s\n", job->run->seed, (int) n - 1, text + 1);
    else if (job->run->label)
        fprintf(to, "%s: %.*s\n", job->run->label, (int) n, text);
    else
        fprintf(to, "seed %ld: %.*s\n", job->run->seed, (int) n, text);
    fflush(to);
}

/* Whole lines are passed on; at the end also what is none. */
static void listen(const struct eg_seeds *s, struct job *job, int stream)
{
    struct line *l = &job->line[stream];
    const ssize_t got = read(l->fd, l->text + l->n, sizeof l->text - l->n);
    if (got < 0 && errno == EINTR)
        return;
    l->n += got > 0 ? (size_t) got : 0;
    size_t from = 0;
    for (char *end; (end = memchr(l->text + from, '\n', l->n - from));) {
        const size_t to = (size_t) (end - l->text);
        say(s, job, stream, l->text + from, to - from);
        from = to + 1;
    }
    l->n -= from;
    memmove(l->text, l->text + from, l->n);
    if (l->n == sizeof l->text || (got <= 0 && l->n > 0)) {
        say(s, job, stream, l->text, l->n);
        l->n = 0;
    }
    if (got <= 0) {
        close(l->fd);
        l->fd = -1;
    }
}

/* The arguments of a single run; *n of them.  NULL when out of memory. */
static const char **arguments(const struct eg_seeds *s, const struct job *job, char *seed,
                              char *threads)
{
    const struct eg_command *c = s->command;
    const char **argv = calloc(2 * c->n_settings + 16, sizeof *argv);
    size_t n = 0;
    if (!argv)
        return NULL;
    argv[n++] = c->argv[0];
    if (job->run->state == EG_SEED_GO_ON) {
        argv[n++] = "resume";
        argv[n++] = job->run->path;
    } else {
        argv[n++] = "train";
        argv[n++] = job->run->name ? job->run->name : s->name;
        for (size_t i = 0; i < c->n_settings; i++)
            if (!strcmp(c->settings[i].origin, "-s")) {
                argv[n++] = "-s";
                argv[n++] = c->settings[i].text;
            }
        argv[n++] = "--seed";
        argv[n++] = seed;
        argv[n++] = "-o";
        argv[n++] = job->run->path;
        if (c->force || job->run->replace)
            argv[n++] = "--force";
    }
    argv[n++] = "--threads";
    argv[n++] = threads;
    if (c->quiet)
        argv[n++] = "-q";
    if (c->json)
        argv[n++] = "--json";
    return argv;
}

/* In the new process: nothing but system calls before the program is executed. */
static void become(const char **argv, const int to[STREAMS], pid_t parent)
{
    /* Were the parent killed, nobody would know of the run. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent && dup2(to[OUT], STDOUT_FILENO) >= 0
        && dup2(to[ERR], STDERR_FILENO) >= 0) {
        union {
            const char **in;
            char **out;
        } arguments = {.in = argv};
        execv("/proc/self/exe", arguments.out);
    }
    _exit(EG_EXIT_IO);
}

static int open_pipe(int ends[2])
{
    if (pipe(ends))
        return 0;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 1;
}

static void start(const struct eg_seeds *s, struct job *job)
{
    char seed[32], threads[32];
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    snprintf(seed, sizeof seed, "%ld", job->run->seed);
    snprintf(threads, sizeof threads, "%d", job->threads);
    const char **argv = arguments(s, job, seed, threads);
    const pid_t self = getpid();
    pid_t pid = -1;
    fflush(stdout);
    if (argv && open_pipe(out) && open_pipe(err) && (pid = fork()) == 0)
        become(argv, (const int[]){out[1], err[1]}, self);
    const int error = errno;
    free(argv);
    if (out[1] >= 0)
        close(out[1]);
    if (err[1] >= 0)
        close(err[1]);
    if (pid > 0) {
        job->pid = pid;
        job->line[OUT] = (struct line){.fd = out[0]};
        job->line[ERR] = (struct line){.fd = err[0]};
        return;
    }
    if (out[0] >= 0)
        close(out[0]);
    if (err[0] >= 0)
        close(err[0]);
    fprintf(stderr, "engram: seed %ld cannot be run: %s\n", job->run->seed, strerror(error));
    job->run->outcome.exit = EG_EXIT_IO;
}

static void finish(struct job *job)
{
    int status = 0;
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        ;
    struct eg_outcome *o = &job->run->outcome;
    if (WIFEXITED(status)) {
        o->exit = WEXITSTATUS(status);
    } else if (eg_interrupted() && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM)) {
        o->exit = EG_EXIT_INTERRUPTED; /* before it could take notice of it */
    } else {
        fprintf(stderr, "engram: %s%sseed %ld was ended by signal %d\n",
                job->run->label ? job->run->label : "", job->run->label ? ": " : "", job->run->seed,
                WTERMSIG(status));
        o->exit = EG_EXIT_IO;
    }
    job->pid = 0;
}

/* Passes on what is said within a fifth of a second: a signal that comes between two looks at
 * eg_interrupted() is seen after that time. */
static void attend(const struct eg_seeds *s, struct job *jobs)
{
    struct pollfd polled[JOBS_MAX * STREAMS];
    size_t who[JOBS_MAX * STREAMS];
    nfds_t n = 0;
    for (size_t i = 0; i < s->jobs * STREAMS; i++) {
        const struct job *job = &jobs[i / STREAMS];
        if (job->pid && job->line[i % STREAMS].fd >= 0) {
            polled[n] = (struct pollfd){.fd = job->line[i % STREAMS].fd, .events = POLLIN};
            who[n++] = i;
        }
    }
    if (poll(polled, n, 200) <= 0)
        return;
    for (nfds_t k = 0; k < n; k++)
        if (polled[k].revents)
            listen(s, &jobs[who[k] / STREAMS], (int) (who[k] % STREAMS));
}

void eg_seeds_run(struct eg_seeds *s)
{
    struct job *jobs = calloc(s->jobs, sizeof *jobs);
    size_t next = 0, running = 0;
    int told = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->runs[i].state != EG_SEED_KEPT)
            s->runs[i].outcome.exit = jobs ? EG_EXIT_INTERRUPTED : EG_EXIT_IO; /* not begun */
    if (!jobs) {
        eg_command_fail(EG_ERR_NOMEM, NULL);
        return;
    }
    do {
        for (size_t k = 0; k < s->jobs; k++) {
            while (next < s->n && s->runs[next].state == EG_SEED_KEPT)
                next++;
            if (jobs[k].pid || next == s->n || eg_interrupted())
                continue;
            jobs[k].run = &s->runs[next++];
            jobs[k].threads = eg_seeds_share(s->jobs, s->threads, k);
            start(s, &jobs[k]);
            running += jobs[k].pid != 0;
        }
        if (running)
            attend(s, jobs);
        for (size_t k = 0; k < s->jobs; k++) {
            struct job *job = &jobs[k];
            if (job->pid && job->line[OUT].fd < 0 && job->line[ERR].fd < 0) {
                finish(job);
                running--;
                if (s->over)
                    s->over(s->context, job->run);
            }
        }
        /* A terminal tells the whole group; kill tells only this process. */
        for (size_t k = 0; k < s->jobs && eg_interrupted() && !told; k++)
            if (jobs[k].pid)
                kill(jobs[k].pid, eg_interrupted());
        told = eg_interrupted() != 0;
    } while (running > 0 || (next < s->n && !eg_interrupted()));
    free(jobs);
}
