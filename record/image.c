/* The disk side of a run file: whole images in, whole images out.  No HDF5 here. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "record/run_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What the temporary name has after the target's: ".tmp-HOST-".  With the host in it, a
 * number of a process means something on a file system that machines share. */
static void temporary_suffix(char *text, size_t size)
{
    struct utsname name;
    if (uname(&name) < 0)
        name.nodename[0] = '\0';
    name.nodename[strcspn(name.nodename, "./")] = '\0';
    snprintf(text, size, ".tmp-%.40s-", name.nodename[0] ? name.nodename : "host");
}

int eg_image_target(const char *path, char **target, struct eg_message *message)
{
    int status = EG_OK;
    char *folder = NULL, *real_folder = NULL;
    *target = realpath(path, NULL);
    if (*target) {
        struct stat info;
        if (stat(*target, &info) < 0) {
            status = EG_FAIL(EG_ERR_IO, message, "%s: %s", path, strerror(errno));
        } else if (!S_ISREG(info.st_mode)) {
            status = EG_FAIL(EG_ERR_IO, message, "%s is %s, not a file", path,
                             S_ISDIR(info.st_mode) ? "a directory" : "a device or a pipe");
        }
        goto out;
    }
    if (errno != ENOENT) {
        status = EG_FAIL(EG_ERR_IO, message, "%s: %s", path, strerror(errno));
        goto out;
    }

    /* Not there yet: its directory must be. */
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    if (*name == '\0') {
        status = EG_FAIL(EG_ERR_IO, message, "%s names a directory, not a file", path);
        goto out;
    }
    const size_t length = slash ? (size_t) (slash - path) : 0;
    folder = malloc(length + 2);
    if (!folder) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    memcpy(folder, path, length);
    strcpy(folder + length, !slash ? "." : length ? "" : "/");
    real_folder = realpath(folder, NULL);
    if (!real_folder) {
        status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: the directory %s: %s", path, folder,
                         strerror(errno));
        goto out;
    }
    const size_t room = strlen(real_folder) + 1 + strlen(name) + 1;
    *target = malloc(room);
    if (!*target) {
        status = EG_RAISE(EG_ERR_NOMEM);
        goto out;
    }
    snprintf(*target, room, "%s/%s", strcmp(real_folder, "/") == 0 ? "" : real_folder, name);
out:
    free(folder);
    free(real_folder);
    if (status) {
        free(*target);
        *target = NULL;
    }
    return status;
}

static int write_all(int fd, const unsigned char *data, size_t n)
{
    while (n) {
        const ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0) {
            if (done == 0)
                errno = ENOSPC;
            return -1;
        }
        data += done;
        n -= (size_t) done;
    }
    return 0;
}

/* The name of the new file itself is safe only when its directory is, too. */
static int sync_folder(const char *target)
{
    char *folder = malloc(strlen(target) + 2);
    if (!folder)
        return -1;
    strcpy(folder, target);
    char *const slash = strrchr(folder, '/');
    slash[slash == folder ? 1 : 0] = '\0';
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return -1;
    /* Some file systems refuse to sync a directory (EINVAL): then there is nothing to do. */
    const int bad = fsync(fd) < 0 && errno != EINVAL;
    const int why = errno;
    close(fd);
    errno = why;
    return bad ? -1 : 0;
}

/* Gives the temporary file its name, unless there is a file of that name. */
static int name_new(const char *temporary, const char *target)
{
    if (link(temporary, target) == 0)
        return unlink(temporary);
    if (errno == EEXIST)
        return -1;
    /* No hard links on this file system: claim the name, then replace the empty file. */
    const int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    close(fd);
    if (rename(temporary, target) == 0)
        return 0;
    const int why = errno;
    unlink(target);
    errno = why;
    return -1;
}

int eg_image_write(const char *path, const char *target, const void *data, size_t n,
                   enum eg_image_mode mode, bool sync, struct eg_message *message)
{
    int status = EG_OK, fd = -1;
    char suffix[64];
    temporary_suffix(suffix, sizeof suffix);
    const size_t room = strlen(target) + sizeof suffix + 24;
    char *const temporary = malloc(room);
    if (!temporary)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(temporary, room, "%s%s%ld", target, suffix, (long) getpid());

    unlink(temporary); /* of a process that had our number and was killed */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s: %s", path, temporary,
                         strerror(errno));
        goto out;
    }
    struct stat old;
    if (mode == EG_IMAGE_REPLACE && stat(target, &old) == 0)
        (void) !fchmod(fd, old.st_mode & 0777); /* a nicety: not worth failing for */

    int bad = write_all(fd, data, n) < 0 || (sync && fsync(fd) < 0);
    int why = errno;
    /* Network file systems tell of a full disk as late as here. */
    if (close(fd) < 0 && !bad) {
        bad = 1;
        why = errno;
    }
    if (!bad) {
        bad = (mode == EG_IMAGE_NEW ? name_new(temporary, target) : rename(temporary, target)) < 0;
        why = errno;
    }
    if (bad) {
        unlink(temporary);
        if (mode == EG_IMAGE_NEW && why == EEXIST)
            status = EG_FAIL(EG_ERR_EXISTS, message, "%s exists already", path);
        else
            status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s", path, strerror(why));
        goto out;
    }
    if (sync && sync_folder(target) < 0)
        status = EG_FAIL(EG_ERR_IO, message, "cannot sync the directory of %s: %s", path,
                         strerror(errno));
out:
    free(temporary);
    return status;
}

int eg_image_try(const char *path, const char *target, enum eg_image_mode mode,
                 struct eg_message *message)
{
    char suffix[64];
    temporary_suffix(suffix, sizeof suffix);
    if (mode == EG_IMAGE_NEW && access(target, F_OK) == 0)
        return EG_FAIL(EG_ERR_EXISTS, message, "%s exists already", path);
    const size_t room = strlen(target) + sizeof suffix + 24;
    char *const temporary = malloc(room);
    if (!temporary)
        return EG_RAISE(EG_ERR_NOMEM);
    snprintf(temporary, room, "%s%s%ld", target, suffix, (long) getpid());
    unlink(temporary);
    int status = EG_OK;
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        status = EG_FAIL(EG_ERR_IO, message, "cannot write %s: %s: %s", path, temporary,
                         strerror(errno));
    else {
        close(fd);
        unlink(temporary);
    }
    free(temporary);
    return status;
}

void eg_image_sweep(const char *target)
{
    char suffix[64];
    temporary_suffix(suffix, sizeof suffix);
    const char *const slash = strrchr(target, '/');
    const char *const name = slash + 1;
    const size_t name_length = strlen(name), suffix_length = strlen(suffix);
    char *const path = malloc(strlen(target) + 256 + 2);
    if (!path)
        return;
    memcpy(path, target, (size_t) (name - target));
    path[name - target] = '\0';
    DIR *const folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        const char *const found = entry->d_name;
        if (strlen(found) > 255 || strncmp(found, name, name_length) != 0
            || strncmp(found + name_length, suffix, suffix_length) != 0)
            continue;
        char *end;
        const long process = strtol(found + name_length + suffix_length, &end, 10);
        if (*end || process <= 0 || kill((pid_t) process, 0) == 0 || errno != ESRCH)
            continue;
        strcpy(path + (name - target), found);
        unlink(path);
    }
    if (folder)
        closedir(folder);
    free(path);
}

int eg_image_read(const char *path, unsigned char **data, size_t *n, struct eg_message *message)
{
    *data = NULL;
    FILE *const file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) < 0) {
        const int why = errno;
        if (file)
            fclose(file);
        return EG_FAIL(EG_ERR_IO, message, "cannot read %s: %s", path, strerror(why));
    }
    int status = EG_OK;
    *n = (size_t) info.st_size;
    *data = malloc(*n ? *n : 1);
    if (!*data)
        status = EG_RAISE(EG_ERR_NOMEM);
    else if (fread(*data, 1, *n, file) != *n)
        status = EG_FAIL(EG_ERR_IO, message, "cannot read %s: %s", path,
                         ferror(file) ? strerror(errno) : "it became shorter meanwhile");
    fclose(file);
    if (status) {
        free(*data);
        *data = NULL;
    }
    return status;
}

int eg_image_vet(const char *path, struct eg_message *message)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    unsigned char head[52] = {0};
    FILE *const file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) < 0) {
        const int why = errno;
        if (file)
            fclose(file);
        return EG_FAIL(EG_ERR_IO, message, "cannot read %s: %s", path, strerror(why));
    }
    if (!S_ISREG(info.st_mode)) {
        fclose(file);
        return EG_FAIL(EG_ERR_IO, message, "%s is not a file", path);
    }
    /* HDF5 allows a block of somebody else's in front, of 512, 1024, 2048 ... bytes: Matlab
     * makes use of it. */
    size_t got = 0;
    long at_block = 0;
    bool found = false, bad = false;
    while (!found && !bad && at_block <= info.st_size) {
        bad = fseek(file, at_block, SEEK_SET) != 0;
        got = bad ? 0 : fread(head, 1, sizeof head, file);
        bad = bad || ferror(file);
        const size_t known = got < sizeof signature ? got : sizeof signature;
        found = known > 0 && memcmp(head, signature, known) == 0;
        if (!found)
            at_block = at_block ? 2 * at_block : 512;
    }
    fclose(file);
    if (bad)
        return EG_FAIL(EG_ERR_IO, message, "cannot read %s", path);
    if (info.st_size == 0)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is empty", path);
    if (!found)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is not an HDF5 file", path);
    if (got < sizeof head)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is truncated: it has only %lld bytes", path,
                       (long long) info.st_size);

    /* The superblock says how long the file is: versions 0 and 1 at byte 40 and 44 when an
     * address has 8 bytes, versions 2 and 3 at byte 28 (HDF5 file format, II.A). */
    const size_t at = head[8] == 0 ? 40 : head[8] == 1 ? 44 : 28;
    const bool eight = (head[8] < 2 ? head[13] : head[9]) == 8;
    uint64_t stored = 0;
    for (size_t i = 8; i-- > 0;)
        stored = stored << 8 | head[at + i];
    if (at_block == 0 && eight && (uint64_t) info.st_size < stored)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s is truncated: it has %llu of %llu bytes", path,
                       (unsigned long long) info.st_size, (unsigned long long) stored);
    return EG_OK;
}
