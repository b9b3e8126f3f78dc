/* record/run_private.h -- what the files of record/ share; not installed.
 *
 * Functions named eg_h5_ are thin and take HDF5 identifiers: they return 0 or a positive
 * value when all went well, a negative one (with the reason on HDF5's error stack) when not.
 * The caller turns that into a sentence with eg_h5_fail(), before any other HDF5 call than
 * eg_h5_close(), which keeps the reason.  They do not hush HDF5; public functions do, with
 * eg_h5_hush() and eg_h5_unhush(). */
#ifndef EG_RECORD_RUN_PRIVATE_H
#define EG_RECORD_RUN_PRIVATE_H

#include "record/run.h"

#include <hdf5.h>

struct eg_run {
    hid_t file;
    char *path;           /* as the caller said it: for messages                      */
    char *target;         /* absolute, links resolved: what save() replaces           */
    bool writable;        /* in memory, and may be saved                              */
    bool unpublished;     /* made with EG_RUN_LATER, and not saved yet                */
    int first;            /* enum eg_image_mode of the first save                     */
    unsigned char *image; /* of the last save; kept, so that saving asks for no memory */
    size_t image_room, saved_bytes;
    struct eg_run_table *tables;
    char slot;      /* of the newest checkpoint, 'a' or 'b'; 0: not looked for yet */
    int64_t serial; /* of the newest checkpoint                                    */
};

/* ---- h5.c ---- */

struct eg_h5_hush {
    H5E_auto2_t print;
    H5E_auto1_t old_print; /* as programs of HDF5 1.6 set it */
    void *data;
    unsigned is_v2;
};

struct eg_h5_hush eg_h5_hush(void);
void eg_h5_unhush(const struct eg_h5_hush *hush);

/* EG_ERR_IO (or NOMEM, when HDF5 says so): "RUN.h5: cannot <what> <path>: <HDF5's reason>". */
EG_MUST_CHECK int eg_h5_fail(const struct eg_run *run, struct eg_message *message, const char *what,
                             const char *path);

/* HDF5's innermost reason for the last failure, or "". */
void eg_h5_reason(char *text, size_t size);

/* Closes an identifier of any kind and makes it invalid; a second call does nothing. */
void eg_h5_close(hid_t *id);

/* The types of eg_run_type, in the file and in memory: HDF5's own, not to be closed. */
hid_t eg_h5_file_type(enum eg_run_type type);
hid_t eg_h5_memory_type(enum eg_run_type type);
size_t eg_h5_type_size(enum eg_run_type type);
const char *eg_h5_type_name(enum eg_run_type type);

/* A terminated UTF-8 text of up to `length` bytes: to be closed. */
hid_t eg_h5_text_type(size_t length);

/* The nearest of eg_run_type; negative when there is none. */
int eg_h5_nearest_type(hid_t type);

bool eg_h5_exists(hid_t file, const char *path);
hid_t eg_h5_open_dataset(hid_t file, const char *path);

/* Creation property lists without times; with intermediate groups.  To be closed. */
hid_t eg_h5_dataset_plist(void);
hid_t eg_h5_link_plist(void);
int eg_h5_make_group(hid_t file, const char *path);

/* Attributes; each replaces what was there.  `type` is a file type. */
int eg_h5_put_attr(hid_t object, const char *name, hid_t type, hid_t memory_type, int n,
                   const void *value);
int eg_h5_put_attr_text(hid_t object, const char *name, const char *value);
int eg_h5_drop_attr(hid_t object, const char *name);

/* 1 and the text, 0 when there is no such text (or it is too long), negative on failure. */
int eg_h5_get_attr_text(hid_t object, const char *name, char *value, size_t size);

/* EG_ERR_RANGE unless the path is absolute and clean, and the run may be written. */
EG_MUST_CHECK int eg_run_may_put(const struct eg_run *run, const char *path,
                                 struct eg_message *message);

/* The last part of a path; the group it lies in, written into `group`. */
const char *eg_run_leaf(const char *path);
EG_MUST_CHECK int eg_run_parent(const char *path, char *group, size_t size,
                                struct eg_message *message);

enum { EG_RUN_PATH_MAX = 1024 };

/* ---- scale.c: the HDF5 dimension scales specification ---- */

/* Says that a dataset is a scale.  `n` counts for an axis that is nothing but a length. */
int eg_scale_mark(hid_t dataset, const char *name);
int eg_scale_mark_bare(hid_t dataset, size_t n);

/* Whether a dataset is a scale; whether it is an axis without values. */
bool eg_scale_is(hid_t dataset);
bool eg_scale_is_bare(hid_t dataset);

/* Attaches `scales` to the axes of `dataset`, and takes off what was attached before. */
int eg_scale_attach(hid_t dataset, int rank, const hid_t *scales);

/* Takes all scales off: to be called before a dataset is deleted. */
int eg_scale_detach(hid_t dataset, int rank);

/* Opens the scale of an axis; negative when there is none. */
hid_t eg_scale_open(hid_t dataset, int rank, int axis);

/* How many datasets name this scale. */
int eg_scale_users(hid_t scale);

/* ---- table.c ---- */

EG_MUST_CHECK int eg_run_flush_tables(struct eg_run *run, struct eg_message *message);
void eg_run_free_tables(struct eg_run *run);

/* ---- image.c: bytes on disk ---- */

enum eg_image_mode { EG_IMAGE_NEW, EG_IMAGE_REPLACE };

/* The absolute path that `path` stands for; *target is the caller's.  Fails with EG_ERR_IO
 * where the directory is missing or what is there is no regular file. */
EG_MUST_CHECK int eg_image_target(const char *path, char **target, struct eg_message *message);

/* Writes the bytes beside `target` and moves them there in one step. */
EG_MUST_CHECK int eg_image_write(const char *path, const char *target, const void *data, size_t n,
                                 enum eg_image_mode mode, bool sync, struct eg_message *message);

/* Makes sure that eg_image_write() can be expected to work: a trial file beside `target` can be
 * made, and in mode NEW there is nothing at `target`. */
EG_MUST_CHECK int eg_image_try(const char *path, const char *target, enum eg_image_mode mode,
                               struct eg_message *message);

/* Removes what killed processes of this machine left beside `target`. */
void eg_image_sweep(const char *target);

/* All bytes of a file; *data is the caller's. */
EG_MUST_CHECK int eg_image_read(const char *path, unsigned char **data, size_t *n,
                                struct eg_message *message);

/* EG_ERR_FORMAT when the file is empty, no HDF5, or shorter than it says it is. */
EG_MUST_CHECK int eg_image_vet(const char *path, struct eg_message *message);

#endif
