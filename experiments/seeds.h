/* experiments/seeds.h -- one configuration trained with several seeds, some of them at a time.
 *
 * Every run is a process of its own: this program, executed again with the arguments of a single
 * run, so that the bits, the file and the behaviour on a signal are those of a single run, and what
 * befalls one seed does not stop the others.  Its output comes through pipes, each line with its
 * seed in front.  What a run has come to is read from its file; so runs that are done already
 * count, those that were stopped go on, and the outcome does not depend on which is which.
 *
 * Threads are shared out: `jobs` runs at a time, by default as many as there are threads or seeds,
 * have T / jobs threads each.  Memory is `jobs` times that of one run. */
#ifndef EG_EXPERIMENTS_SEEDS_H
#define EG_EXPERIMENTS_SEEDS_H

#include <stddef.h>

#include "experiments/train.h"

/* What is to be done for a seed. */
enum eg_seed_state {
    EG_SEED_NEW,   /* no file yet, or one that is replaced            */
    EG_SEED_GO_ON, /* the file is of this configuration and not ended */
    EG_SEED_KEPT   /* it is, and has ended                            */
};

struct eg_seed_run {
    long seed;
    const char *name;  /* preset or file; NULL: that of all                       */
    const char *label; /* stands before each line it says; NULL: "seed N"         */
    char *path;        /* the run file                                            */
    enum eg_seed_state state;
    int replace;               /* a file that is there is written over, as with --force */
    int ended;                 /* done or diverged; otherwise `outcome` has only `exit` */
    struct eg_outcome outcome; /* of the file                                            */
};

struct eg_seeds {
    const struct eg_command *command;
    const char *name; /* of the preset or file                                    */
    double threshold; /* train.solved: a cost below it is solved [bit/sequence]   */
    struct eg_seed_run *runs;
    size_t n, jobs; /* runs; how many at a time */
    int threads;    /* of all together          */
    /* Called with each run that is over; NULL: nobody is told. */
    void (*over)(void *context, struct eg_seed_run *run);
    void *context;
};

/* How many of `todo` runs go at a time with `threads` threads in all, where `asked` were asked for
 * (0: not said), and the threads of the `nth` of them. */
size_t eg_seeds_jobs(size_t todo, int threads, long asked);
int eg_seeds_share(size_t jobs, int threads, size_t nth);

/* Trains seeds first .. last of the preset or file `name` with the command's settings, threads,
 * jobs, force, quiet, json; files are named after -o or `name`, each with its seed.  Nothing is
 * begun when a file there is of another configuration.  Prints its own errors.  Answers an exit
 * status: the gravest of all runs; `seeds` is to be freed in any case.  --require is not looked
 * at. */
int eg_seeds_train(struct eg_seeds *seeds, const struct eg_command *command, const char *name,
                   long first, long last);
void eg_seeds_free(struct eg_seeds *seeds);

/* The graver of two exit statuses. */
int eg_seeds_worse(int a, int b);

/* Runs what is not kept, and fills in the exit statuses (seeds_process.c).  Of `seeds` it reads
 * command, name, runs, n, jobs, threads and over. */
void eg_seeds_run(struct eg_seeds *seeds);

/* What the run file says: whether the run has ended, and how (seeds_file.c). */
EG_MUST_CHECK int eg_seeds_read(struct eg_seed_run *run, double threshold,
                                struct eg_message *message);

/* The state of a run whose file may be there.  EG_ERR_EXISTS with a message: it is of another
 * configuration than that of `wanted`, or cannot be read. */
EG_MUST_CHECK int eg_seeds_look(struct eg_seed_run *run, const struct eg_experiment *wanted,
                                struct eg_message *message);

/* The verb train with --seeds: trains and prints a summary. */
int eg_seeds_verb(const struct eg_command *command, const char *name);

#endif
