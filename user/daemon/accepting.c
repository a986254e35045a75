/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An operator answers an alert: its reader is known from now on. The ledger has it first, then the
 * sensors, then the alert is over.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/name_lookup.h"
#include "base/time.h"
#include "daemon/daemon.h"

#define PASSWD_BYTES_MAX (16 * 1024 * 1024)

int daemon_load_accepted(struct daemon *daemon)
{
	struct acceptances acceptances = {};
	int r = ledger_read_accepted(daemon->ledger, time_now_us(), &acceptances);

	if (r < 0) {
		acceptances_done(&acceptances);
		return log_error_errno(r, "cannot read the accepted readers");
	}
	known_readers_done(&daemon->accepted);
	acceptances_done(&daemon->acceptances);
	daemon->acceptances = acceptances;
	acceptances_list_readers(&daemon->acceptances, &daemon->accepted);
	return 0;
}

/* Of a user of this host. NULL: there is none, another database may know him. */
static char *accepting_local_name(uint32_t uid)
{
	int fd = foreign_file_open("/etc/passwd", FOREIGN_OF_ROOT, PASSWD_BYTES_MAX, NULL);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	const struct passwd *entry;
	char *name = NULL;

	if (!file) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	while (!name && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid)
			name = xstrdup(entry->pw_name);
	(void)fclose(file);
	return name;
}

/* A name that comes later is written into the ledger then. */
static char *accepting_user_name(struct daemon *daemon, uint32_t uid)
{
	char *local = accepting_local_name(uid);
	struct name_answer answer;

	if (local)
		return local;
	answer = name_lookup(NAME_OF_UID, NULL, uid, 0);
	if (answer.state == NAME_WAITS && daemon->n_unnamed < ARRAY_LENGTH(daemon->unnamed))
		daemon->unnamed[daemon->n_unnamed++] = uid;
	return xstrdup(answer.state == NAME_FOUND ? answer.name : "");
}

void daemon_name_acceptances(struct daemon *daemon)
{
	size_t kept = 0;

	for (size_t i = 0; i < daemon->n_unnamed; i++) {
		uint32_t uid = daemon->unnamed[i];
		struct name_answer answer = name_lookup(NAME_OF_UID, NULL, uid, 0);

		if (answer.state == NAME_WAITS)
			daemon->unnamed[kept++] = uid;
		else if (answer.state == NAME_FOUND)
			(void)ledger_name_accepting(daemon->ledger, uid, answer.name);
	}
	if (kept < daemon->n_unnamed)
		(void)daemon_load_accepted(daemon);
	daemon->n_unnamed = kept;
}

/* A group of the user's own has his number. */
static bool accepting_is_open_to_others(const struct stat *file, bool is_program, uint32_t uid)
{
	if (file->st_uid != 0 && file->st_uid != uid)
		return true;
	/* in a folder like /tmp each file is its owner's */
	if (!is_program && (file->st_mode & S_ISVTX))
		return false;
	return (file->st_mode & S_IWOTH) ||
	       ((file->st_mode & S_IWGRP) && file->st_gid != 0 && file->st_gid != uid);
}

/* Somebody else who can put his own program there would be accepted with it. */
static int accepting_check_place(const char *program, uint32_t uid, char *ret_problem, size_t size)
{
	_cleanup_free_ char *path = xstrdup(program);
	struct stat file;

	for (bool is_program = true; *path; is_program = false) {
		if (lstat(path, &file) == 0 && accepting_is_open_to_others(&file, is_program, uid)) {
			snprintf(ret_problem, size,
				 "others than root and uid %u can replace %s and would be accepted "
				 "with it: see owner and mode of %s",
				 uid, program, path);
			return -EINVAL;
		}
		*strrchr(path, '/') = '\0';
	}
	return 0;
}

static int accepting_save(struct daemon *daemon, struct acceptance *acceptance,
			  char *ret_problem, size_t size)
{
	int r = ledger_accept(daemon->ledger, acceptance);

	if (r == -ENOSPC)
		snprintf(ret_problem, size, "%d readers are accepted already; revoke some",
			 ACCEPTANCES_CAP);
	else if (r < 0)
		snprintf(ret_problem, size, "the ledger does not take it: %s", strerror(-r));
	if (r < 0)
		return r == -ENOSPC ? -EINVAL : -EIO;
	r = daemon_load_accepted(daemon);
	if (r < 0)
		snprintf(ret_problem, size, "the ledger cannot be read: %s", strerror(-r));
	return r < 0 ? -EIO : 0;
}

/* Twice would take back what the first one said, without a word. */
static int accepting_check_new(const struct daemon *daemon, const char *alert, char *ret_problem,
			       size_t size)
{
	int64_t now_us = time_now_us();
	const struct acceptance *before = acceptances_find(&daemon->acceptances, alert, now_us);
	char until[TIME_TEXT_BYTES] = "";

	if (!before)
		return 0;
	if (before->until_us)
		time_format(before->until_us, until);
	snprintf(ret_problem, size, "alert %s is already accepted as %lld %s%s; first: waxseal accept --revoke %lld",
		 alert, (long long)before->id, *until ? "until " : "without end", until,
		 (long long)before->id);
	return -EEXIST;
}

static int accepting_prepare(struct daemon *daemon, const struct accept_request *request,
			     struct acceptance *ret, char *ret_problem, size_t size)
{
	struct alert alert = {};
	int r = ledger_find_alert(daemon->ledger, request->alert, &alert);

	if (r < 0) {
		snprintf(ret_problem, size, "there is no alert %s", request->alert);
		return r == -ENOENT ? r : -EIO;
	}
	r = accepting_check_new(daemon, alert.id, ret_problem, size);
	if (r == 0)
		r = acceptance_of_alert(&alert, ret, ret_problem, size);
	alert_done(&alert);
	if (r < 0)
		return r;
	r = accepting_check_place(ret->program, ret->uid, ret_problem, size);
	if (r == 0 && *ret->script)
		r = accepting_check_place(ret->script, ret->uid, ret_problem, size);
	if (r < 0)
		acceptance_done(ret);
	return r;
}

/* What the new one ends; it stays in the ledger. */
static json_t *accepting_replaced(const struct daemon *daemon, const struct acceptance *acceptance,
				  int64_t now_us)
{
	const struct acceptance *before =
		acceptances_find_same(&daemon->acceptances, acceptance, now_us);

	return before ? acceptance_to_json(before) : json_null();
}

static int accepting_accept(struct daemon *daemon, const struct accept_request *request,
			    json_t **ret, char *ret_problem, size_t size)
{
	struct acceptance acceptance = {};
	int64_t now_us = time_now_us();
	json_t *replaced;
	int r = accepting_prepare(daemon, request, &acceptance, ret_problem, size);

	if (r < 0)
		return r;
	free(acceptance.note);
	free(acceptance.by_name);
	acceptance.note = xstrdup(request->note);
	acceptance.by_uid = request->by_uid;
	acceptance.by_name = accepting_user_name(daemon, request->by_uid);
	acceptance.at_us = now_us;
	acceptance.until_us = request->for_us ? now_us + (int64_t)request->for_us : 0;
	replaced = accepting_replaced(daemon, &acceptance, now_us);
	r = accepting_save(daemon, &acceptance, ret_problem, size);
	if (r == 0) {
		registry_answer(daemon->registry, acceptance.alert, now_us);
		log_info("uid %u accepted %s of uid %u for %s", acceptance.by_uid,
			 acceptance.program, acceptance.uid, acceptance.detector);
		*ret = acceptance_to_json(&acceptance);
		json_object_set(*ret, "replaces", replaced);
	}
	json_decref(replaced);
	acceptance_done(&acceptance);
	return r;
}

static int accepting_revoke(struct daemon *daemon, const struct accept_request *request,
			    json_t **ret, char *ret_problem, size_t size)
{
	_cleanup_free_ char *name = accepting_user_name(daemon, request->by_uid);
	int r = ledger_revoke(daemon->ledger, request->revoke, request->by_uid, name, time_now_us());

	if (r == 0)
		r = daemon_load_accepted(daemon);
	if (r < 0) {
		snprintf(ret_problem, size, r == -ENOENT ? "no acceptance %lld is in force"
							  : "acceptance %lld cannot be taken back",
			 (long long)request->revoke);
		return r == -ENOENT ? r : -EIO;
	}
	log_info("acceptance %lld is taken back by uid %u", (long long)request->revoke,
		 request->by_uid);
	*ret = json_pack("{s:I}", "revoked", (json_int_t)request->revoke);
	return 0;
}

int daemon_accept(void *context, const struct accept_request *request, json_t **ret,
		  char *ret_problem, size_t size)
{
	return request->alert ? accepting_accept(context, request, ret, ret_problem, size)
			      : accepting_revoke(context, request, ret, ret_problem, size);
}

void daemon_apply_findings(struct daemon *daemon, struct finding_list *findings, int64_t now_us)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		struct finding finding = findings->items[i];

		if (acceptances_answer(&daemon->acceptances, &finding, now_us))
			continue; /* its memory is freed with those behind the last one that is kept */
		findings->items[i] = findings->items[kept];
		findings->items[kept++] = finding;
	}
	registry_apply(daemon->registry,
		       &(const struct finding_list){.items = findings->items, .count = kept}, now_us);
}
