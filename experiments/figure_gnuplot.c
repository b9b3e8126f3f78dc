/* The process that draws.  gnuplot gets the script on its standard input and answers with the
 * picture on its standard output, so no path of the user's ever passes through its language,
 * and what is on the disk is our business alone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/figure_page.h"

extern char **environ;

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Our ends must not live on in the child, or its input would never end. */
static int keep_ours(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Takes what is there.  At the end of the stream, and on failure, *fd is closed. */
static void take(int *fd, struct eg_text *text)
{
    char bytes[16384];
    const ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n > 0)
        eg_text_bytes(text, bytes, (size_t) n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        shut(fd);
}

/* Sends on a socket and not through a pipe, so that a child which has gone is an error here and
 * not a SIGPIPE for the program that uses the library. */
static void give(int *fd, const char **input, size_t *n)
{
    const ssize_t sent = send(*fd, *input, *n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
        *input += sent;
        *n -= (size_t) sent;
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
        *n = 0;
    }
    if (*n == 0)
        shut(fd);
}

/* Talks until the child has closed both of its outputs. */
static int talk(int *to, int *from, int *from_err, const char *input, size_t n, struct eg_text *out,
                struct eg_text *err)
{
    while (*from >= 0 || *from_err >= 0) {
        struct pollfd fds[3] = {
            {.fd = *to, .events = POLLOUT},
            {.fd = *from, .events = POLLIN},
            {.fd = *from_err, .events = POLLIN},
        };
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (fds[0].revents)
            give(to, &input, &n);
        if (fds[1].revents)
            take(from, out);
        if (fds[2].revents)
            take(from_err, err);
    }
    return 0;
}

int eg_page_run(const char *const *command, const char *input, size_t n, struct eg_text *out,
                struct eg_text *err, int *code, struct eg_message *message)
{
    int rc = EG_OK;
    int in[2] = {-1, -1}, answer[2] = {-1, -1}, complaint[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return EG_FAIL(EG_ERR_NOMEM, message, "out of memory");

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, in) != 0 || pipe(answer) != 0 || pipe(complaint) != 0
        || keep_ours(in[0]) != 0 || keep_ours(answer[0]) != 0 || keep_ours(complaint[0]) != 0
        || keep_ours(in[1]) != 0 || keep_ours(answer[1]) != 0 || keep_ours(complaint[1]) != 0) {
        rc = EG_FAIL(EG_ERR_IO, message, "cannot talk to %s: %s", command[0], strerror(errno));
        goto out;
    }
    if (posix_spawn_file_actions_adddup2(&actions, in[1], STDIN_FILENO) != 0
        || posix_spawn_file_actions_adddup2(&actions, answer[1], STDOUT_FILENO) != 0
        || posix_spawn_file_actions_adddup2(&actions, complaint[1], STDERR_FILENO) != 0) {
        rc = EG_FAIL(EG_ERR_NOMEM, message, "out of memory");
        goto out;
    }

    /* The interface is older than const; the strings are not written to. */
    char *argv[8];
    size_t k = 0;
    for (; command[k] && k + 1 < sizeof argv / sizeof *argv; k++)
        memcpy(&argv[k], &command[k], sizeof argv[k]);
    argv[k] = NULL;
    pid_t child;
    const int spawned = posix_spawnp(&child, command[0], &actions, NULL, argv, environ);
    if (spawned != 0) {
        const int missing = spawned == ENOENT || spawned == EACCES || spawned == ENOTDIR;
        rc = EG_FAIL(missing ? EG_ERR_MISSING : EG_ERR_IO, message, "cannot start %s: %s",
                     command[0], strerror(spawned));
        goto out;
    }
    shut(&in[1]);
    shut(&answer[1]);
    shut(&complaint[1]);
    if (talk(&in[0], &answer[0], &complaint[0], input, n, out, err) != 0)
        rc = EG_FAIL(EG_ERR_IO, message, "cannot talk to %s: %s", command[0], strerror(errno));

    /* Should we have stopped listening early, the child must not wait for us for ever. */
    shut(&in[0]);
    shut(&answer[0]);
    shut(&complaint[0]);
    int status = 0;
    pid_t ended;
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    /* Where the program ignores SIGCHLD there is no status to be had; the drawing itself is
     * looked at as well. */
    if (ended < 0)
        status = 0;
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
out:
    for (int i = 0; i < 2; i++) {
        shut(&in[i]);
        shut(&answer[i]);
        shut(&complaint[i]);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}
