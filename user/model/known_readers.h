/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers that are neither mail sessions nor strangers: helpers and allowed readers as the
 * configuration lists them, and those that an operator accepted.
 */
#ifndef WAX_MODEL_KNOWN_READERS_H
#define WAX_MODEL_KNOWN_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What tells one reader from another. Texts are never NULL: what is unknown is "". */
struct reader_id {
	const char *program; /* path of the executable */
	uint32_t uid;
	const char *unit;   /* as unit_of_group() names it */
	const char *script; /* path of the script that an interpreter runs */
};

enum known_role {
	KNOWN_MAIL = 1,	  /* opens messages */
	KNOWN_STORES = 2, /* opens credential stores */
};

#define KNOWN_ANY_UID (-1)

/* What is NULL, or KNOWN_ANY_UID, does not matter. */
struct known_reader {
	uint64_t id; /* of its acceptance; 0: the configuration lists it */
	unsigned int roles;
	char *program, *unit, *script;
	int64_t uid;
	int64_t until_us; /* 0: it has no end */
};

/* Zero-initialised it is empty. */
struct known_readers {
	struct known_reader *items;
	size_t count;
};

/* Copies the texts. */
void known_readers_add(struct known_readers *readers, const struct known_reader *reader);
/* A value of [mail] helper or [credentials] allow: PATH, unit:NAME.service, script:PATH or
 * user:NAME:PATH. Returns 0, or -EINVAL with what is wrong in ret_wrong (a static text). */
int known_readers_add_text(struct known_readers *readers, enum known_role role, const char *text,
			   const char **ret_wrong);
/* Who says that this reader is known; NULL: nobody. */
const struct known_reader *known_readers_find(const struct known_readers *readers,
					      enum known_role role, const struct reader_id *reader,
					      int64_t now_us);
void known_readers_done(struct known_readers *readers);

/*
 * The unit by which a reader is distinguished from others: a system service by its name, also a scope
 * of a container. Sessions and the units of users have changing names, which a user can choose: they
 * all count as "", no unit.
 */
const char *reader_id_unit(const char *unit);
bool reader_id_equals(const struct reader_id *a, const struct reader_id *b);
/* By its name: python3.11, bash, perl ... */
bool program_is_interpreter(const char *path);

#endif
