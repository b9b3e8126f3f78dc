#include "record/run.h"

#include "record/run_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *eg_run_path(const struct eg_run *run)
{
    return run->path;
}

size_t eg_run_saved_bytes(const struct eg_run *run)
{
    return run->saved_bytes;
}

static int new_run(struct eg_run **run, const char *path)
{
    *run = calloc(1, sizeof **run);
    if (!*run)
        return EG_RAISE(EG_ERR_NOMEM);
    (*run)->file = H5I_INVALID_HID;
    (*run)->path = malloc(strlen(path) + 1);
    if (!(*run)->path) {
        eg_run_close(run);
        return EG_RAISE(EG_ERR_NOMEM);
    }
    strcpy((*run)->path, path);
    return EG_OK;
}

void eg_run_close(struct eg_run **run)
{
    if (!run || !*run)
        return;
    const struct eg_h5_hush hush = eg_h5_hush();
    eg_h5_close(&(*run)->file);
    eg_h5_unhush(&hush);
    eg_run_free_tables(*run);
    free((*run)->path);
    free((*run)->target);
    free((*run)->image);
    free(*run);
    *run = NULL;
}

static hid_t memory_plist(void *image, size_t n)
{
    hid_t plist = H5Pcreate(H5P_FILE_ACCESS);
    if (plist >= 0
        && (H5Pset_fapl_core(plist, (size_t) 1 << 20, false) < 0
            || H5Pset_libver_bounds(plist, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST) < 0
            || (image && H5Pset_file_image(plist, image, n) < 0)))
        eg_h5_close(&plist);
    return plist;
}

/* HDF5 takes two files in memory of one name for the same file. */
static void memory_name(const struct eg_run *run, char *name, size_t size)
{
    snprintf(name, size, "engram-run-%p", (const void *) run);
}

/* 2026-08-01T12:34:56+02:00 */
static void now_text(char *text, size_t size)
{
    const time_t now = time(NULL);
    struct tm local;
    char zone[16] = "";
    if (!localtime_r(&now, &local) || !strftime(text, size, "%Y-%m-%dT%H:%M:%S", &local)
        || !strftime(zone, sizeof zone, "%z", &local) || strlen(zone) != 5) {
        snprintf(text, size, "1970-01-01T00:00:00+00:00");
        return;
    }
    const size_t n = strlen(text);
    snprintf(text + n, size - n, "%.3s:%s", zone, zone + 3);
}

static int begin_file(struct eg_run *run, const char *created, struct eg_message *message)
{
    int status = EG_OK;
    char name[48], now[40];
    memory_name(run, name, sizeof name);
    hid_t access = memory_plist(NULL, 0), create = H5Pcreate(H5P_FILE_CREATE);
    hid_t root = H5I_INVALID_HID;
    if (!created) {
        now_text(now, sizeof now);
        created = now;
    }
    const int64_t version = EG_RUN_FORMAT_VERSION;
    if (access >= 0 && create >= 0 && H5Pset_obj_track_times(create, false) >= 0)
        run->file = H5Fcreate(name, H5F_ACC_TRUNC, create, access);
    if (run->file >= 0)
        root = H5Gopen2(run->file, "/", H5P_DEFAULT);
    if (root < 0 || eg_h5_put_attr_text(root, "NX_class", "NXroot") < 0
        || eg_h5_put_attr_text(root, "format", EG_RUN_FORMAT) < 0
        || eg_h5_put_attr(root, "format_version", H5T_STD_I64LE, H5T_NATIVE_INT64, 0, &version) < 0
        || eg_h5_put_attr_text(root, "created", created) < 0
        || eg_h5_put_attr_text(root, "status", "running") < 0)
        status = eg_h5_fail(run, message, "begin", "the file");
    eg_h5_close(&root);
    eg_h5_close(&create);
    eg_h5_close(&access);
    return status;
}

static int put_on_disk(struct eg_run *run, enum eg_image_mode mode, bool sync,
                       struct eg_message *message)
{
    ssize_t n = -1;
    if (H5Fflush(run->file, H5F_SCOPE_LOCAL) >= 0)
        n = H5Fget_file_image(run->file, NULL, 0);
    if (n < 0)
        return eg_h5_fail(run, message, "put together", "the file");
    if (run->image_room < (size_t) n) {
        /* Some to spare: the file grows with every chunk of a table. */
        const size_t room = (size_t) n + (size_t) n / 8;
        unsigned char *const image = realloc(run->image, room);
        if (!image)
            return EG_RAISE(EG_ERR_NOMEM);
        run->image = image;
        run->image_room = room;
    }
    n = H5Fget_file_image(run->file, run->image, run->image_room);
    if (n < 0)
        return eg_h5_fail(run, message, "put together", "the file");
    const int status =
        eg_image_write(run->path, run->target, run->image, (size_t) n, mode, sync, message);
    if (status == EG_OK)
        run->saved_bytes = (size_t) n;
    return status;
}

int eg_run_create(struct eg_run **run, const char *path, const char *created, unsigned flags,
                  struct eg_message *message)
{
    int status = new_run(run, path);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    (*run)->writable = true;
    status = eg_image_target(path, &(*run)->target, message);
    if (status)
        goto out;
    eg_image_sweep((*run)->target);
    status = begin_file(*run, created, message);
    if (status)
        goto out;
    (*run)->first = flags & EG_RUN_FORCE ? EG_IMAGE_REPLACE : EG_IMAGE_NEW;
    (*run)->unpublished = (flags & EG_RUN_LATER) != 0;
    status = (*run)->unpublished
                 ? eg_image_try(path, (*run)->target, (enum eg_image_mode)(*run)->first, message)
                 : put_on_disk(*run, (enum eg_image_mode)(*run)->first, (flags & EG_RUN_SYNC) != 0,
                               message);
out:
    if (status)
        eg_run_close(run);
    eg_h5_unhush(&hush);
    return status;
}

int eg_run_save(struct eg_run *run, unsigned flags, struct eg_message *message)
{
    if (!run->writable)
        return EG_FAIL(EG_ERR_RANGE, message, "%s is open for reading only", run->path);
    const struct eg_h5_hush hush = eg_h5_hush();
    int status = eg_run_flush_tables(run, message);
    if (status == EG_OK)
        status =
            put_on_disk(run, run->unpublished ? (enum eg_image_mode) run->first : EG_IMAGE_REPLACE,
                        (flags & EG_RUN_SYNC) != 0, message);
    if (status == EG_OK)
        run->unpublished = false;
    eg_h5_unhush(&hush);
    return status;
}

/* From disk, without a lock: the file is replaced as a whole or not at all, and on network
 * file systems locks may be missing. */
static hid_t open_on_disk(const char *path)
{
    hid_t plist = H5Pcreate(H5P_FILE_ACCESS), file = H5I_INVALID_HID;
    herr_t set = plist < 0 ? -1 : H5Pset_fapl_sec2(plist);
#if H5_VERSION_GE(1, 14, 0) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
    if (set >= 0)
        set = H5Pset_file_locking(plist, false, true);
#endif
    if (set >= 0)
        file = H5Fopen(path, H5F_ACC_RDONLY, plist);
    eg_h5_close(&plist);
    return file;
}

static int open_in_memory(struct eg_run *run, struct eg_message *message)
{
    unsigned char *image = NULL;
    size_t n = 0;
    char name[48];
    memory_name(run, name, sizeof name);
    const int status = eg_image_read(run->path, &image, &n, message);
    if (status)
        return status;
    hid_t plist = memory_plist(image, n);
    if (plist >= 0)
        run->file = H5Fopen(name, H5F_ACC_RDWR, plist);
    eg_h5_close(&plist);
    free(image);
    return EG_OK;
}

static int check_format(struct eg_run *run, struct eg_message *message)
{
    int status = EG_OK;
    char format[64] = "";
    int64_t version = 0;
    hid_t root = H5Gopen2(run->file, "/", H5P_DEFAULT);
    if (root < 0 || eg_h5_get_attr_text(root, "format", format, sizeof format) < 0)
        format[0] = '\0';
    eg_h5_close(&root);
    if (strcmp(format, EG_RUN_FORMAT) != 0)
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s is an HDF5 file, but not a run file of engram: the attribute format of "
                       "the root is %s%s",
                       run->path, format[0] ? "" : "missing", format);
    status = eg_run_get_attr_int(run, "/", "format_version", &version, message);
    if (status)
        return status;
    if (version > EG_RUN_FORMAT_VERSION)
        return EG_FAIL(EG_ERR_FORMAT, message,
                       "%s was written by a newer engram (format %lld; this one reads up to %d)",
                       run->path, (long long) version, EG_RUN_FORMAT_VERSION);
    if (version < 1)
        return EG_FAIL(EG_ERR_FORMAT, message, "%s: format_version is %lld", run->path,
                       (long long) version);
    return EG_OK;
}

int eg_run_open(struct eg_run **run, const char *path, enum eg_run_mode mode,
                struct eg_message *message)
{
    int status = new_run(run, path);
    if (status)
        return status;
    const struct eg_h5_hush hush = eg_h5_hush();
    status = eg_image_vet(path, message);
    if (status)
        goto out;
    if (mode == EG_RUN_UPDATE) {
        (*run)->writable = true;
        status = eg_image_target(path, &(*run)->target, message);
        if (status)
            goto out;
        eg_image_sweep((*run)->target);
        status = open_in_memory(*run, message);
        if (status)
            goto out;
    } else {
        (*run)->file = open_on_disk(path);
    }
    if ((*run)->file < 0) {
        char reason[300];
        eg_h5_reason(reason, sizeof reason);
        status =
            EG_FAIL(EG_ERR_FORMAT, message, "%s is damaged: HDF5 cannot open it: %s", path, reason);
        goto out;
    }
    if (mode != EG_RUN_READ_ANY)
        status = check_format(*run, message);
out:
    if (status)
        eg_run_close(run);
    eg_h5_unhush(&hush);
    return status;
}
