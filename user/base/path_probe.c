/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread for a list of paths. The asker takes answers as they come; when none comes for too long, it
 * leaves the thread with the path it is at, and begins another one behind that.
 */
#include "base/path_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"

/* What a thread works at: copies, because the asker may be gone when an answer comes. */
struct probe_job {
	pthread_mutex_t mutex;
	pthread_cond_t progress;
	struct probed_path *items;
	size_t count, done;
	bool is_left; /* nobody waits for it any more */
};

/* Paths for which threads wait in vain. */
static pthread_mutex_t stuck_mutex = PTHREAD_MUTEX_INITIALIZER;
static char *stuck_paths[PATH_PROBE_STUCK];

static bool probe_is_stuck(const char *path)
{
	size_t used = 0;
	bool found = false;

	pthread_mutex_lock(&stuck_mutex);
	for (size_t i = 0; i < PATH_PROBE_STUCK; i++) {
		used += stuck_paths[i] != NULL;
		found |= stuck_paths[i] && strcmp(stuck_paths[i], path) == 0;
	}
	pthread_mutex_unlock(&stuck_mutex);
	return found || used == PATH_PROBE_STUCK;
}

static void probe_set_stuck(const char *path, bool is_stuck)
{
	pthread_mutex_lock(&stuck_mutex);
	for (size_t i = 0; i < PATH_PROBE_STUCK; i++) {
		if (is_stuck && !stuck_paths[i]) {
			stuck_paths[i] = xstrdup(path);
			break;
		}
		if (!is_stuck && stuck_paths[i] && strcmp(stuck_paths[i], path) == 0) {
			free(stuck_paths[i]);
			stuck_paths[i] = NULL;
			break;
		}
	}
	pthread_mutex_unlock(&stuck_mutex);
}

/* ---- In the thread ---- */

/* Judged on the way down, and the folder that was opened. */
static bool probe_is_roots(const char *folder, const struct stat *opened)
{
	_cleanup_close_ int fd = foreign_path_open(folder, FOREIGN_OF_ROOT, NULL);
	struct stat judged;

	return fd >= 0 && fstat(fd, &judged) == 0 && judged.st_ino == opened->st_ino &&
	       judged.st_dev == opened->st_dev && !(judged.st_mode & 022);
}

static void probe_open_folder(struct probed_path *item)
{
	char link[64], place[PATH_MAX];
	_cleanup_free_ char *folder = NULL;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", item->fd);
	length = readlink(link, place, sizeof(place) - 1);
	if (length <= 0 || place[0] != '/')
		return;
	place[length] = '\0';
	item->place = xstrdup(place);
	folder = xstrndup(place, (size_t)(strrchr(place, '/') - place));
	item->folder_fd = open(*folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (item->folder_fd >= 0 && fstat(item->folder_fd, &item->folder) < 0)
		(void)close(take_fd(item->folder_fd));
	if (item->folder_fd >= 0)
		item->is_folder_roots = probe_is_roots(*folder ? folder : "/", &item->folder);
}

static void probe_open(struct probed_path *item)
{
	item->answer = PATH_ABSENT;
	/* a link that another put there leads nowhere */
	item->fd = foreign_path_open(item->path, FOREIGN_OF_ANYBODY, NULL);
	if (item->fd < 0)
		return;
	if (fstat(item->fd, &item->file) < 0) {
		(void)close(take_fd(item->fd));
		return;
	}
	if (item->inode && item->file.st_ino == item->inode && item->file.st_dev == item->device) {
		(void)close(take_fd(item->fd));
		item->answer = PATH_SAME;
		return;
	}
	item->answer = PATH_NEW;
	if (item->with_folder)
		probe_open_folder(item);
}

static void probe_release(struct probed_path *item)
{
	if (item->fd >= 0)
		(void)close(take_fd(item->fd));
	if (item->folder_fd >= 0)
		(void)close(take_fd(item->folder_fd));
	free(item->place);
	item->place = NULL;
}

static void probe_job_free(struct probe_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		probe_release(&job->items[i]);
		free((char *)job->items[i].path);
	}
	pthread_mutex_destroy(&job->mutex);
	pthread_cond_destroy(&job->progress);
	free(job->items);
	free(job);
}

static void *probe_work(void *context)
{
	struct probe_job *job = context;
	bool is_left = false;
	size_t at = 0;

	for (; at < job->count && !is_left; at++) {
		probe_open(&job->items[at]);
		pthread_mutex_lock(&job->mutex);
		is_left = job->is_left;
		if (!is_left)
			job->done = at + 1;
		pthread_cond_signal(&job->progress);
		pthread_mutex_unlock(&job->mutex);
	}
	if (is_left) {
		probe_set_stuck(job->items[at - 1].path, false);
		probe_job_free(job);
	}
	return NULL;
}

/* ---- The asker ---- */

static struct probe_job *probe_job_new(const struct probed_path *paths, size_t count)
{
	struct probe_job *job = xcalloc(1, sizeof(*job));
	pthread_condattr_t attributes;

	job->items = xcalloc(count, sizeof(*job->items));
	job->count = count;
	for (size_t i = 0; i < count; i++) {
		job->items[i] = paths[i];
		job->items[i].path = xstrdup(paths[i].path);
		job->items[i].fd = job->items[i].folder_fd = -1;
		job->items[i].place = NULL;
	}
	pthread_mutex_init(&job->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&job->progress, &attributes);
	pthread_condattr_destroy(&attributes);
	return job;
}

static struct timespec probe_deadline(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now.tv_nsec += PATH_PROBE_MS % 1000 * 1000000L;
	now.tv_sec += PATH_PROBE_MS / 1000 + now.tv_nsec / 1000000000;
	now.tv_nsec %= 1000000000;
	return now;
}

/* Waits until all answers are there, or none comes for too long. */
static void probe_wait(struct probe_job *job)
{
	struct timespec deadline = probe_deadline();
	size_t done = 0;

	while (job->done < job->count) {
		int r = pthread_cond_timedwait(&job->progress, &job->mutex, &deadline);

		if (r == ETIMEDOUT && job->done == done)
			return;
		if (job->done > done)
			deadline = probe_deadline();
		done = job->done;
	}
}

/* The answers become the asker's; what is done the thread does not touch again. */
static void probe_take(struct probe_job *job, struct probed_path *paths)
{
	for (size_t i = 0; i < job->done; i++) {
		struct probed_path *from = &job->items[i];
		const char *path = paths[i].path;

		paths[i] = *from;
		paths[i].path = path;
		from->fd = from->folder_fd = -1;
		from->place = NULL;
	}
}

/* Asks for as many as answer, and remembers the one that does not. Returns how many answers came, or -errno. */
static int probe_some(struct probed_path *paths, size_t count)
{
	struct probe_job *job = probe_job_new(paths, count);
	pthread_t thread;
	size_t done;
	int r = -pthread_create(&thread, NULL, probe_work, job);

	if (r < 0) {
		probe_job_free(job);
		return r;
	}
	pthread_mutex_lock(&job->mutex);
	probe_wait(job);
	probe_take(job, paths);
	done = job->done;
	if (done < count) {
		probe_set_stuck(paths[done].path, true);
		(void)pthread_detach(thread);
		job->is_left = true;
	}
	/* from here on a job that is left is the thread's */
	pthread_mutex_unlock(&job->mutex);
	if (done == count) {
		(void)pthread_join(thread, NULL);
		probe_job_free(job);
	}
	return (int)done;
}

void path_probe(struct probed_path *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		paths[i].answer = PATH_STUCK;
		paths[i].fd = paths[i].folder_fd = -1;
		paths[i].place = NULL;
	}
	for (size_t at = 0; at < count; at++) {
		size_t end = at;
		int done;

		while (end < count && !probe_is_stuck(paths[end].path))
			end++;
		done = end > at ? probe_some(paths + at, end - at) : 0;
		if (done < 0)
			return;
		/* behind the one that does not answer, or did not before */
		at += (size_t)done;
	}
}
