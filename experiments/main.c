/* experiments/main.c -- the program: finds the verb and runs it.  The only place that exits. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <cblas.h>
#include <gsl/gsl_errno.h>

#include "experiments/build.h"
#include "experiments/command.h"
#include "experiments/train.h"

/* clang-format off */
static const struct eg_verb train = {
    "train", "PRESET|FILE.yaml", "train a model on a task",
    "Trains, evaluates on fresh sequences, and keeps all of it in a run file (-o, or PRESET with '-'\n"
    "for '/'.h5).  Options: engram describe PRESET lists them; engram train PRESET --print-config\n"
    "prints them as a file that can be edited and trained.\n"
    "--seeds trains several seeds at a time, each in a process of its own, and says how many were solved\n"
    "(train.solved), with an interval.  The same command again counts those that are done and goes on\n"
    "with those that were stopped.", "sonStJqjdpfDr", 1, 1, eg_verb_train};
static const struct eg_verb resume = {
    "resume", "RUN.h5", "go on where a run stopped",
    "Goes on from the last checkpoint to the same bits as a run that was never stopped; a recall or\n"
    "a measurement of capacity with what is not yet done.\n"
    "-s train.sequences=N trains longer than was planned.", "stqjr", 1, 1, eg_verb_resume};
static const struct eg_verb evaluate = {
    "evaluate", "RUN.h5", "cost at other lengths, or on your own data",
    "Evaluates the newest checkpoint on fresh sequences; the file is not changed.\n"
    "-s evaluate.lengths=10,20 -s evaluate.sequences=1000 say on what; -s task.type=file\n"
    "-s task.path=DATA.h5 takes your own sequences.", "stqj", 1, 1, eg_verb_evaluate};
static const struct eg_verb ask = {
    "ask", "RUN.h5 [FILE]", "your own story and question, and where each hop looked",
    "Answers questions about stories with a model that was trained on some (task babi, babi-like or\n"
    "stories): the likeliest answers, the weight of each statement in each hop of a memory network,\n"
    "and the words that are not known.  FILE, or else standard input, has sentences in plain text or\n"
    "lines as in docs/stories.md; what ends in '?' asks about the statements before it, and an empty\n"
    "line begins another story.  -s task.path=DIR says where the data of the training are now.", "sqj", 1, 2, eg_verb_ask};
static const struct eg_verb recall = {
    "recall", "PRESET|FILE.yaml", "associative recall, energy tracked",
    "Stores patterns, corrupts one a trial (cue.*), recalls it (dynamics.*) and says where it ended:\n"
    "target, inverse, another pattern, mixture, spurious, 2-cycle.  Shows the first trial as pictures,\n"
    "with energy and overlap, and keeps all of it in a run file (-o, or PRESET with '-' for '/'.h5).\n"
    "Your own patterns: -s patterns.type=file -s patterns.path=FILE (HDF5, PBM, PGM, CSV).", "sontqjdpf", 1, 1, eg_verb_recall};
static const struct eg_verb capacity = {
    "capacity", "PRESET|FILE.yaml", "storage capacity, theory beside it",
    "Sweeps loads; at each, independent networks of random patterns are asked for some of them.\n"
    "Overlap, retrieved fraction, errors and sweeps with standard errors, the criterion stated, theory\n"
    "beside them.  Sizes and loads are capacity.*; patterns.sites, patterns.count and cue.target are not used.\n"
    "--sizes 1000,2000,4000 adds finite-size scaling.  The file is PRESET with '-' for '/',\n"
    "-capacity.h5, or -o.  engram resume goes on where Ctrl-C stopped it.", "sonztqjdpf", 1, 1, eg_verb_capacity};
static const struct eg_verb basin = {
    "basin", "PRESET|FILE.yaml", "basins of attraction: final against initial overlap",
    "As capacity, from cues at given overlaps with the pattern (basin.starts) for each load and size.", "sonZtqjdpf", 1, 1, eg_verb_basin};
static const struct eg_verb plot = {
    "plot", "RUN.h5...", "figures as SVG, PNG or PDF",
    "Draws what the run file has numbers for with gnuplot: learning curve, sequences, head traces and\n"
    "generalisation, predictions of N-grams and places of a sort; energy, states and weights of a recall; overlap, retrieved fraction, scaling,\n"
    "census and wrong bits of a measurement of capacity; basins.  The numbers stand beside each figure\n"
    "as CSV.\n"
    "Several run files are compared: learning curves and generalisation of each preset, median and\n"
    "quartiles over its seeds.  Of a comparison (engram compare): sequences until solved, schemes as rows\n"
    "and tasks as panels, and the traces of their heads side by side.  Of engram bench --slots: time and\n"
    "memory of a step against the number of slots.  -o is what the names of these figures begin with.", "oFwfqj", 1, EG_TARGETS_MAX, eg_verb_plot};
static const struct eg_verb list = {
    "list", "[tasks|memories|controllers|patterns|presets|comparisons]", "what there is",
    "Lists tasks, memories, controllers, sources of patterns, presets and comparisons, each with its source.", "j", 0, 1, eg_verb_list};
static const struct eg_verb describe = {
    "describe", "PRESET|FILE.yaml", "tensors, shapes, parameters, cost, options",
    "Every tensor with symbol, shape, unit and equation; the control columns of the memory; what the\n"
    "probe records; the parameter count; and every option with unit and range.", "sj", 1, 1, eg_verb_describe};
static const struct eg_verb gradcheck = {
    "gradcheck", "PRESET|FILE.yaml", "gradients against central differences",
    "Compares the gradient of a batch with central differences, in double precision, component by\n"
    "component, and prints the largest error of every tensor.  Exit 4 when one is above 1e-6.", "sncj", 1, 1, eg_verb_gradcheck};
static const struct eg_verb bench = {
    "bench", "PRESET|FILE.yaml [...]", "sequences per second",
    "Times full updates on sequences of the longest training length, and the matrix product there\n"
    "and then.  The median of several runs is printed.\n"
    "--slots 64,1024,16384 times forward and backward for each size of the memory, and says how much\n"
    "memory they take; presets can then be several: sam/scaling beside ntm/scaling.  A size that does\n"
    "not fit into memory is left out.  -o FILE.h5 keeps the rows, and engram plot FILE.h5 draws them; the\n"
    "same file again takes further rows, and those of a preset and size that it has are replaced.", "sotjlf", 1, EG_TARGETS_MAX, eg_verb_bench};
static const struct eg_verb rerun = {
    "rerun", "RUN.h5", "repeat a run from its file, and compare",
    "Trains again from the configuration and seed in the file, and says whether the two are equal\n"
    "to the last bit.  Exit 1 when they differ.", "otqjf", 1, 1, eg_verb_rerun};
static const struct eg_verb diff = {
    "diff", "A.h5 B.h5", "first difference of two runs",
    "Names the options that differ, then the first row and the first numbers that differ.  Exit 1\n"
    "when there are any.", "j", 2, 2, eg_verb_diff};
static const struct eg_verb check = {
    "check", "RUN.h5", "is the file whole?",
    "Looks at every dataset, the tables and both checkpoints.  Exit 5 when something is wrong.", "j", 1, 1, eg_verb_check};
static const struct eg_verb compare = {
    "compare", "NAME|PRESET|FILE.yaml [SCHEME...]", "schemes side by side, on equal terms",
    "Trains every scheme on every task with every seed, and prints a table: solved with interval, sequences\n"
    "until then, cost beyond training, seconds, parameters, and differences to the first scheme with the same\n"
    "seed.  NAME is built in (engram compare lists them); FILE.yaml has tasks and schemes (--print-config shows\n"
    "how); a PRESET is compared with itself changed by each SCHEME, \"[LABEL: ]KEY=VALUE[ KEY=VALUE...]\".\n"
    "-s changes what all share.  Run files are kept in the folder of -o (compare-NAME.h5) without its \".h5\";\n"
    "those done count, and the same command goes on where Ctrl-C stopped it.  A run file of another\n"
    "configuration is an error; --force makes it anew.  engram plot draws the table and the head traces.", "soStJqjdpf", 0, EG_TARGETS_MAX, eg_verb_compare};
static const struct eg_verb verify = {
    "verify", "[NAME]", "published numbers: PASS or FAIL",
    "Trains the presets over ten seeds and holds the results against stated bands.  Without a name,\n"
    "lists what can be verified.  Every run file is kept, in the current directory, and counts the next\n"
    "time.  -s says where the data are, for what needs some.", "stJqSf", 0, 1, eg_verb_verify};
/* clang-format on */

const struct eg_verb *const eg_verbs[] = {
    &train,    &resume,    &evaluate, &ask,     &recall, &capacity, &basin, &plot,   &list,
    &describe, &gradcheck, &bench,    &compare, &rerun,  &diff,     &check, &verify, NULL,
};

int main(int argc, char **argv)
{
    struct eg_command command;
    struct eg_message message = {{0}};
    const struct eg_verb *verb;
    gsl_set_error_handler_off();
    openblas_set_num_threads(1);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, not an end */
    signal(SIGXFSZ, SIG_IGN); /* so is a file over its limit                 */
    if (argc == 2 && !strcmp(argv[1], "--version")) {
        printf("engram %s (%s)\n", EG_VERSION, EG_GIT_REVISION);
        return EG_EXIT_DONE;
    }
    const int ret = eg_command_parse(&command, argc, argv, &verb, &message);
    if (ret)
        return eg_command_fail(ret, &message);
    int exit = EG_EXIT_DONE;
    if (command.help)
        eg_command_help(verb);
    else
        exit = verb->run(&command);
    if ((fflush(stdout) || ferror(stdout)) && !exit) {
        fprintf(stderr, "engram: standard output cannot be written\n");
        exit = EG_EXIT_IO;
    }
    return exit;
}
