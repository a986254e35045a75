/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Templates of mail roots: an absolute path with %d (domain), %n (local part), %u (whole account)
 * and %1n (first letter of the local part).
 */
#ifndef WAX_CONFIG_TEMPLATE_H
#define WAX_CONFIG_TEMPLATE_H

#include <stddef.h>

/* Can the sensors watch it (model/mail_root.h)? Returns 0, or -EINVAL with what is wrong in
 * ret_wrong. */
int template_check(const char *text, char *ret_wrong, size_t size);

/*
 * Turns a path with Dovecot's variables (2.3: %u %Ln %1n %{domain}, 2.4: %{user | username}, both:
 * ~/ and %h) into a template; home is the template of the home directory or NULL. Returns 0 with
 * an owned template, -ENOENT (needs the home, which is not known) or -EINVAL (has a variable that
 * no template expresses).
 */
int template_from_dovecot(const char *text, const char *home, char **ret);

#endif
