/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files and programs that somebody else wrote, opened in the one way that is safe for all of them.
 *
 * The path is walked component by component, by descriptors, so that what was looked at is what is opened.
 * Nothing but a regular file is ever opened, by a descriptor that cannot wait: no FIFO, device, lease or
 * socket stops us. A symbolic link is followed only where root, or we, put it: link and all folders above it
 * are ours or root's and nobody else may write there.
 *
 * A sticky folder (/tmp) may lead to a folder of root's in the same file system, which nobody else can move or
 * replace there. A file or link that lies in it is nobody's: others can move files of root's into it.
 */
#ifndef WAX_BASE_FOREIGN_FILE_H
#define WAX_BASE_FOREIGN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define FOREIGN_FILE_WHY_BYTES 512

enum foreign_trust {
	FOREIGN_OF_ANYBODY, /* who reads it does not believe it */
	FOREIGN_OF_ROOT,    /* it and all above it belong to root or to us, and only the owner may write */
};

/*
 * A descriptor of the last component for use by descriptor only (O_PATH), or -errno: -EPERM: not root's,
 * -ELOOP: a link that is not followed. ret_why (FOREIGN_FILE_WHY_BYTES, or NULL) then says which component
 * and what is wrong with it; "" for errors that strerror(3) explains. A relative path begins where we are.
 */
int foreign_path_open(const char *path, enum foreign_trust trust, char *ret_why);

/* For reading. Besides: -EINVAL: not a regular file, -EFBIG: it has more than max_bytes. */
int foreign_file_open(const char *path, enum foreign_trust trust, uint64_t max_bytes, char *ret_why);

/* To append to, created with mode if it is missing. Links are followed as above, so that nobody else makes us
 * write to another file. Whatever it is, nothing waits. */
int foreign_file_open_end(const char *path, mode_t mode);

/*
 * All of it, as it is now: an owned text that ends with a NUL beyond its ret_bytes. -EFBIG: more than
 * max_bytes.
 */
int foreign_file_read(int fd, size_t max_bytes, char **ret_text, size_t *ret_bytes);

/* Root's or ours, and for nobody else to write? */
bool foreign_file_is_roots(const struct stat *file);

/* Takes the mark off a path that the kernel gives for a file that was replaced or removed, " (deleted)". Returns
 * whether there was one. */
bool foreign_file_cut_deleted(char *place);

/* Where the kernel says that the file of a descriptor lies. Returns 0 or -errno. */
int foreign_file_place(int fd, char *ret_path, size_t size);

#endif
